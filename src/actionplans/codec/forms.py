"""What plain data look like: the types that JSON lacks, as text, and the nouns by name."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Hashable, Mapping
from decimal import Decimal
from functools import cache
from types import MappingProxyType
from typing import Any, get_type_hints

import attrs
from attrs import frozen

from actionplans import journal, model, settings
from actionplans.errors import Invalid, Problem

PLAIN = (str, int, bool)
"""Types that are the same in JSON."""

_DAY = r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
_HOURS = r"[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,6})?"
_OFFSET = r"(Z|[+-][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,6})?)?)"


@frozen
class Leaf:
    """A type that JSON writes as text: the tag it has among other types, its pattern, and the two ways."""

    kind: type
    tag: str
    form: str
    pattern: str
    write: Callable[[Any], str]
    read: Callable[[str], Any]


LEAVES = {
    leaf.kind: leaf
    for leaf in (
        Leaf(
            dt.datetime,
            "moment",
            "a moment like 2026-01-05T09:00:00+00:00",
            f"{_DAY}T{_HOURS}{_OFFSET}",
            dt.datetime.isoformat,
            dt.datetime.fromisoformat,
        ),
        Leaf(dt.date, "date", "a date like 2026-01-05", _DAY, dt.date.isoformat, dt.date.fromisoformat),
        Leaf(dt.time, "time", "a time like 09:00:00", f"{_HOURS}{_OFFSET}?", dt.time.isoformat, dt.time.fromisoformat),
        Leaf(
            Decimal,
            "decimal",
            'a decimal number in quotes, like "1.50"',
            r"-?[0-9]{1,210}(\.[0-9]{1,210})?(E[+-][0-9]{1,3})?",
            str,
            Decimal,
        ),
    )
}
"""Those types; a moment stands before a date because every moment is a date to Python."""


def leaf_of(value: object) -> Leaf | None:
    """The leaf that writes this value, or None."""
    return LEAVES.get(type(value)) or next((one for one in LEAVES.values() if isinstance(value, one.kind)), None)


NOUNS: dict[str, type] = {
    name: held
    for module in (model, settings, journal)
    for name, held in vars(module).items()
    if isinstance(held, type) and attrs.has(held) and held.__module__.startswith(module.__name__)
}
"""Every class that a text may name by itself, by its name."""

HELD: dict[str, type] = {name: cls for name, cls in NOUNS.items() if cls.__module__ != journal.__name__}
"""Those that an edit's `before` and `after` may hold."""


def always_written(attribute: attrs.Attribute[Any]) -> bool:
    """Whether a field is written even at its default: what has none, the id, and what the settings ship with."""
    default = attribute.default
    return default is attrs.NOTHING or attribute.name == "id" or isinstance(default, attrs.Factory)  # type: ignore[arg-type]


@cache
def hints_of(cls: Hashable) -> Mapping[str, Any]:
    """The annotations of one of our classes by field, markers included; raises `Invalid` for any other class."""
    if not (isinstance(cls, type) and attrs.has(cls)):
        name = getattr(cls, "__name__", repr(cls))
        raise Invalid(name, (Problem("", "has no JSON form: a plan, an account or another noun is wanted"),))
    hints = get_type_hints(cls, include_extras=True)
    return MappingProxyType({attribute.name: hints[attribute.name] for attribute in attrs.fields(cls)})
