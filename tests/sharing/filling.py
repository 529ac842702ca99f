"""Values for any field of any noun, made from its annotation: what a test has to know of a field is asked of the field.

A field that somebody adds later is found here by itself; one of a type that is not known here stops the test.
"""

import datetime as dt
from collections.abc import Callable, Mapping
from decimal import Decimal
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Protocol, Union, get_args, get_origin

import attrs

from actionplans.checks import FrozenMap, Text, Whole
from actionplans.codec.forms import hints_of
from actionplans.model.words import CustomValue


class Leaves(Protocol):
    """Where the leaves of a value come from."""

    def text(self, rule: Text) -> str:
        """A text that the rule admits."""

    def whole(self, least: int, most: int) -> int:
        """A whole number."""

    def number(self) -> Decimal:
        """A decimal number."""

    def day(self) -> dt.date:
        """A date."""

    def moment(self) -> dt.datetime:
        """A moment."""

    def time(self) -> dt.time:
        """A time of day."""

    def one_of(self, choices: tuple[Any, ...]) -> Any:
        """One of some words, members or truths."""

    def count(self) -> int:
        """How many a collection holds."""


Given = Mapping[tuple[type, str], Callable[[], Any]]
"""Fields that must fit the rest of a world, by class and name: ids of what is there."""


def made(hint: Any, leaves: Leaves, given: Given) -> Any:
    """A value for that annotation; a type that is not known here raises `LookupError`."""
    origin, args = get_origin(hint), get_args(hint)
    if hint == CustomValue:
        return leaves.text(Text(1000))
    if origin is Annotated:
        return _marked(args[0], args[1:], leaves, given)
    if origin is Literal:
        return leaves.one_of(args)
    if origin in (Union, UnionType):
        members = tuple(one for one in args if one is not NoneType)
        return (
            None
            if len(members) < len(args) and leaves.one_of((False, True)) is False
            else made(leaves.one_of(members), leaves, given)
        )
    if origin is tuple:
        return tuple(made(args[0], leaves, given) for _ in range(leaves.count()))
    if origin is frozenset:
        return frozenset(made(args[0], leaves, given) for _ in range(leaves.count()))
    if origin is FrozenMap:
        pairs = [(made(args[0], leaves, given), made(args[1], leaves, given)) for _ in range(leaves.count())]
        return FrozenMap(dict(pairs))
    return _plain(hint, leaves, given)


def _plain(hint: Any, leaves: Leaves, given: Given) -> Any:
    makers: dict[Any, Callable[[], Any]] = {
        str: lambda: leaves.text(Text(1000)),
        bool: lambda: leaves.one_of((False, True)),
        int: lambda: leaves.whole(0, 2**53),
        Decimal: leaves.number,
        dt.date: leaves.day,
        dt.datetime: leaves.moment,
        dt.time: leaves.time,
    }
    if hint in makers:
        return makers[hint]()
    if isinstance(hint, type) and attrs.has(hint):
        return noun(hint, leaves, given)
    raise LookupError(f"no value is known for {hint!r}: teach tests/sharing/filling.py")


def _marked(base: Any, markers: tuple[Any, ...], leaves: Leaves, given: Given) -> Any:
    for marker in markers:
        if isinstance(marker, Text):
            return leaves.text(marker)
        if isinstance(marker, Whole):
            return leaves.whole(marker.least, marker.most)
    return made(base, leaves, given)


def field(cls: type, name: str, leaves: Leaves, given: Given) -> Any:
    """A value for one field of a noun; of a yes or no the default is the first choice."""
    known, hint = given.get((cls, name)), hints_of(cls)[name]
    if known is None and hint is bool:
        default = bool(getattr(attrs.fields_dict(cls)[name], "default", False))
        return leaves.one_of((default, not default))
    return made(hint, leaves, given) if known is None else known()


def noun(cls: type, leaves: Leaves, given: Given, **held: Any) -> Any:
    """A noun with a value in every field; those in `held` are as they are given."""
    names = [one.name for one in attrs.fields(cls) if one.init and one.name not in held]
    return cls(**held, **{name: field(cls, name, leaves, given) for name in names})
