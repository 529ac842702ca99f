"""Values to JSON and back: files that travel, schemas that describe them, and the short form that stores keep.

`dumps(plan)` is a text that says what it is (`{"format": "actionplans", "version": 1, "type": "Plan", "data": …}`),
`loads(text)` the plan again. `to_plain` and `from_plain` do the same with dicts and lists. What comes in is untrusted:
every problem is reported at once, with its place (`tasks[2].offset.count`), and nothing is guessed: `"2"` is not 2,
1 is not true, 1.0 is not 1, a moment is not a date.

    noun                object; a field at its default is left out, ids and what has no default never are
    tuple, frozenset    array; a set is sorted
    FrozenMap           object, its keys sorted
    Decimal, date       string ("1.50", "2026-01-05"); moments and times too, in ISO 8601, moments with their offset
    a value of several  plain where JSON has it, else under a tag: {"decimal": "1.50"}, {"date": "2026-01-05"},
    types               {"set": […]}, {"map": {…}}, {"Offset": {…}} (custom fields, `before` and `after` of an edit)

The defaults are part of the format: version 1 means what they are today. What the settings ship with (sections,
policy and so on) is always written, so that a later release, which may ship others, changes nobody's settings.
"""

from __future__ import annotations

from typing import Any, TypeVar, overload

from actionplans.codec.envelope import FORMAT, VERSION, opened, parsed, wrapped
from actionplans.codec.forms import NOUNS
from actionplans.codec.stored import Rest, decode_entry, decode_record, encode_entry, encode_record, rest_of
from actionplans.errors import Invalid, Problem
from actionplans.sharing import View

__all__ = [
    "FORMAT",
    "NOUNS",
    "VERSION",
    "Rest",
    "decode_entry",
    "decode_record",
    "dumps",
    "encode_entry",
    "encode_record",
    "from_plain",
    "loads",
    "rest_of",
    "schema",
    "to_plain",
]

N = TypeVar("N")


def to_plain(value: Any) -> dict[str, Any]:
    """One of our values as dicts, lists, strings, numbers, booleans and None."""
    from actionplans.codec.convert import class_writer

    plain: dict[str, Any] = class_writer(type(value), True)(value)
    return plain


def from_plain(cls: type[N], data: object) -> N:
    """The value of that class that the data stand for; raises `Invalid` with every problem and its place.

    Dates, times and decimals may also come as such, as a TOML file gives them.
    """
    from actionplans.codec.convert import class_reader

    try:
        value: N = class_reader(cls, True)(data)
    except RecursionError:
        raise Invalid(cls.__name__, (Problem("", "is nested too deeply"),)) from None
    except Invalid as error:
        raise Invalid(cls.__name__, error.problems) from None
    return value


def dumps(value: Any, indent: int | None = None) -> str:
    """The value as JSON text that says what it is; neither the order of a map nor of a set changes the text.

    A view is refused: it is what one viewer sees on one day, and does not come back; its plan and account do.
    """
    if isinstance(value, View):
        raise Invalid("View", (Problem("", "is made for one viewer and is not kept: give view.plan or view.account"),))
    return wrapped(type(value).__name__, to_plain(value), indent)


@overload
def loads(text: str | bytes) -> Any: ...
@overload
def loads(text: str | bytes, cls: type[N]) -> N: ...
def loads(text: str | bytes, cls: type[Any] | None = None) -> Any:
    """What `dumps` wrote, of the class wanted if one is given; raises `Invalid` with every problem and its place.

    Without `cls` it may be any of `NOUNS`. A text of another format, a newer version or another class is refused.
    """
    name, data = opened(parsed(text), cls)
    return from_plain(NOUNS[name] if cls is None else cls, data)


def schema(cls: type, envelope: bool = False) -> dict[str, Any]:
    """The JSON Schema (2020-12) of what `to_plain` writes for a class, or, with `envelope`, of what `dumps` writes."""
    from actionplans.codec.schemas import schema_of

    return schema_of(cls, envelope)
