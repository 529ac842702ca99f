"""How every annotation is written and read; cattrs makes the code for the classes.

Strict reading checks everything and gathers the problems; the other way trusts what a store wrote itself.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, TypeVar, Union, cast, get_args, get_origin

import attrs
from cattrs import Converter
from cattrs.errors import AttributeValidationNote, ClassValidationError, ForbiddenExtraKeysError
from cattrs.fns import identity
from cattrs.gen import make_dict_structure_fn, make_dict_unstructure_fn, override

from actionplans.checks import FrozenMap, Value, check_of, named, shown, strange_key, verify
from actionplans.codec.forms import HELD, LEAVES, PLAIN, Leaf, always_written, hints_of, leaf_of
from actionplans.errors import Invalid, Problem
from actionplans.journal import Edit
from actionplans.model import Item
from actionplans.model.words import Id, with_article

F = TypeVar("F", bound=Callable[..., Any])
Write = Callable[[Any], Any]
Read = Callable[..., Any]
"""A reader takes the data; cattrs calls it with the type as well."""

ITEMS: dict[str, type] = {cls.kind: cls for cls in get_args(Item)}


def _once(make: F) -> F:
    """`functools.cache` that keeps the types of what it wraps."""
    return cast(F, cache(make))


@_once
def class_writer(cls: type, strict: bool, without: frozenset[str] = frozenset()) -> Write:
    """From a value of that class to a dict of its fields, those in `without` left out."""
    hints = hints_of(cls)
    ways: dict[str, Any] = {
        one.name: override(
            omit=one.name in without,
            omit_if_default=not always_written(one),
            unstruct_hook=None if one.name in without else writer_of(hints[one.name], strict),
        )
        for one in attrs.fields(cls)
    }
    made: Write = make_dict_unstructure_fn(cls, Converter(), **ways)
    if not strict or issubclass(cls, Value):
        return made

    def write(value: Any) -> Any:
        verify(value)
        return made(value)

    return write


@_once
def writer_of(hint: Any, strict: bool) -> Write:
    """How a value with that annotation is written."""
    origin, args = get_origin(hint), get_args(hint)
    if origin is Annotated:
        return writer_of(args[0], strict)
    if origin is Literal or hint in PLAIN:
        return identity
    if hint in LEAVES:
        return LEAVES[hint].write
    if hint is Any or len(_members(hint)) > 1:
        return lambda value: tagged(value, strict)
    if origin in (Union, UnionType):
        inner = writer_of(_members(hint)[0], strict)
        return identity if inner is identity else lambda value: None if value is None else inner(value)
    if origin in (tuple, frozenset):
        inner, order = writer_of(args[0], strict), sorted if origin is frozenset else identity
        return lambda value: [inner(one) for one in order(value)]
    if origin is FrozenMap:
        inner = writer_of(args[1], strict)
        return lambda value: {key: inner(value[key]) for key in sorted(value)}
    return class_writer(hint, strict)


def tagged(value: Any, strict: bool) -> Any:
    """A value that may be of several types: plain where JSON has its type, else an object with the type as its key."""
    if value is None or isinstance(value, PLAIN):
        return value
    if isinstance(value, tuple):
        return [tagged(one, strict) for one in value]
    if leaf := leaf_of(value):
        return {leaf.tag: leaf.write(value)}
    if isinstance(value, frozenset):
        return {"set": [tagged(one, strict) for one in sorted(value)]}
    if isinstance(value, FrozenMap):
        return {"map": {key: tagged(value[key], strict) for key in sorted(value)}}
    return {type(value).__name__: class_writer(type(value), strict)(value)}


@_once
def class_reader(cls: type, strict: bool) -> Read:
    """From a dict to a value of that class; the strict one raises `Invalid` with all problems, seen from the value."""
    readers = {name: reader_of(hint, strict) for name, hint in hints_of(cls).items()}
    if not strict and set(readers.values()) == {_as_it_is}:
        return lambda data, _=None: cls(**data)
    ways: dict[str, Any] = {name: override(struct_hook=read) for name, read in readers.items()}
    made: Read = make_dict_structure_fn(cls, Converter(detailed_validation=strict, forbid_extra_keys=strict), **ways)
    if not strict:
        return lambda data, _=None: made(data, cls)

    def read(data: Any, _: Any = None) -> Any:
        if not isinstance(data, dict):
            raise _wrong(f"an object with the fields of {named(cls)} is wanted, not {shown(data)}")
        try:
            value = made(data, cls)
        except ClassValidationError as group:
            raise Invalid(cls.__name__, tuple(_unwrapped(group, tuple(ways)))) from None
        if not isinstance(value, Value):
            verify(value)
        if isinstance(value, Edit) and (found := tuple(_misfits(value))):
            raise Invalid("Edit", found)
        return value

    return read


@_once
def reader_of(hint: Any, strict: bool) -> Read:
    """How data are read where that annotation stands."""
    origin, args = get_origin(hint), get_args(hint)
    base = args[0] if origin is Annotated else hint
    if get_origin(base) is Literal or base in PLAIN:
        return _checked(hint) if strict else _as_it_is
    if base in LEAVES:
        return _leaf(LEAVES[base], strict)
    if hint is Any or len(_members(hint)) > 1:
        return _several(hint, strict)
    if origin in (Union, UnionType):
        inner = reader_of(_members(hint)[0], strict)
        return lambda data, _=None: None if data is None else inner(data)
    if origin in (tuple, frozenset):
        return _array(origin, reader_of(args[0], strict), strict)
    if origin is FrozenMap:
        return _object(reader_of(args[0], strict), reader_of(args[1], strict), strict)
    return class_reader(hint, strict)


def _members(hint: Any) -> tuple[Any, ...]:
    if get_origin(hint) not in (Union, UnionType):
        return (hint,)
    return tuple(one for one in get_args(hint) if one is not NoneType)


def _as_it_is(data: Any, _: Any = None) -> Any:
    return data


def _wrong(message: str) -> Invalid:
    return Invalid("JSON", (Problem("", message),))


def _checked(hint: Any) -> Read:
    check = check_of(hint)

    def read(data: Any, _: Any = None) -> Any:
        if found := tuple(check(data)):
            raise Invalid("JSON", found)
        return data

    return read


def _leaf(leaf: Leaf, strict: bool) -> Read:
    parse, check, pattern = leaf.read, _checked(leaf.kind), re.compile(leaf.pattern)
    if not strict:
        return lambda data, _=None: parse(data)

    def read(data: Any, _: Any = None) -> Any:
        if isinstance(data, leaf.kind):
            return check(data)
        if not isinstance(data, str) or not pattern.fullmatch(data):
            raise _wrong(f"{leaf.form} is wanted, not {shown(data)}")
        try:
            value = parse(data)
        except ValueError as error:
            raise _wrong(f"{leaf.form} is wanted, not {shown(data)}: {error}") from None
        return check(value)

    return read


def _array(kind: type, inner: Read, strict: bool) -> Read:
    if not strict:
        return lambda data, _=None: kind(map(inner, data))

    def read(data: Any, _: Any = None) -> Any:
        if not isinstance(data, list | tuple):
            raise _wrong(f"a list is wanted, not {shown(data)}")
        values = _gathered((f"[{n}]", inner, one) for n, one in enumerate(data))
        made = kind(values)
        if len(made) < len(values):
            twice = next(n for n, one in enumerate(values) if one in values[:n])
            raise Invalid("JSON", (Problem(f"[{twice}]", f"{shown(values[twice])} stands here twice"),))
        return made

    return read


def _object(key: Read, inner: Read, strict: bool) -> Read:
    if not strict:
        return lambda data, _=None: FrozenMap({name: inner(one) for name, one in data.items()})

    def read(data: Any, _: Any = None) -> Any:
        if not isinstance(data, dict | FrozenMap):
            raise _wrong(f"an object is wanted, not {shown(data)}")
        pairs = ((f"[{name!r}]", lambda one: (key(one[0]), inner(one[1])), (name, held)) for name, held in data.items())
        return FrozenMap(dict(_gathered(pairs)))

    return read


def _gathered(parts: Iterable[tuple[str, Read, Any]]) -> list[Any]:
    """The values of all parts, or `Invalid` with the problems of all, each under the place of its part."""
    values, found = [], []
    for place, read, data in parts:
        try:
            values.append(read(data))
        except Invalid as error:
            found += [problem.under(place) for problem in error.problems]
    if found:
        raise Invalid("JSON", tuple(found))
    return values


def _several(hint: Any, strict: bool) -> Read:
    """Reads what `tagged` writes; the strict one takes only the types that the annotation names."""
    read = _untagged(strict)
    if not strict:
        return read
    fits = _checked(hint)
    return lambda data, _=None: fits(read(data))


@_once
def _untagged(strict: bool) -> Read:
    tags: dict[str, Read] = {leaf.tag: _leaf(leaf, strict) for leaf in LEAVES.values()}

    def read(data: Any, _: Any = None) -> Any:
        if data is None or isinstance(data, PLAIN):
            return data
        if isinstance(data, list | tuple):
            return sequence(data)
        if isinstance(data, dict) and len(data) == 1:
            [(tag, held)] = data.items()
            inner = tags.get(tag) or (class_reader(HELD[tag], strict) if tag in HELD else None)
            if inner:
                return _gathered([(tag, inner, held)])[0]
        if strict and leaf_of(data):
            return data
        raise _wrong(f'text, a whole number, yes/no, a list or {{"date": "2026-01-05"}} is wanted, not {shown(data)}')

    sequence = _array(tuple, read, strict)
    tags["set"] = _array(frozenset, read, strict)
    tags["map"] = _object(reader_of(str, strict), read, strict)
    return read


def _unwrapped(group: ClassValidationError, known: tuple[str, ...]) -> Iterator[Problem]:
    """The problems inside what cattrs raises for one object, in the order of its fields."""
    for error in group.exceptions:
        notes = getattr(error, "__notes__", ())
        place = next((note.name for note in notes if isinstance(note, AttributeValidationNote)), "")
        if isinstance(error, Invalid):
            yield from (problem.under(place) if place else problem for problem in error.problems)
        elif isinstance(error, ForbiddenExtraKeysError):
            for key in sorted(error.extra_fields, key=repr):
                yield strange_key(key, known)
        elif isinstance(error, KeyError):
            yield Problem(place, "is missing")
        else:
            raise error


def _misfits(edit: Edit) -> Iterator[Problem]:
    """An edit of a plan's item holds what that field of that item holds, a whole item, or an order of ids.

    The fields of a record are checked where the edit is applied: an edit does not say which class its record has.
    """
    cls = ITEMS.get(edit.kind)
    if cls is None:
        return
    hint = {"": cls | None, "order": tuple[Id, ...], **hints_of(cls)}.get(edit.field)
    if hint is None:
        yield Problem("field", f"{with_article(edit.kind)} has no field {edit.field!r}")
        return
    for name in ("before", "after"):
        for problem in check_of(hint)(getattr(edit, name)):
            yield problem.under(name)
