"""What a field may hold, read from its annotation: `title: Title` is enough for type, length and JSON Schema.

`verify(value)` looks at every field of one of our values and raises `Invalid` with all problems and their places.
A marker inside `Annotated` narrows a type: `Text` a string, `Whole` an integer.

Fields hold tuples, frozensets and FrozenMaps; plain lists, sets and dicts given for them are taken for what they stand
for (`as_held`), once the field's check has found them. The converters `frozen_map` and `frozen_set` do the same
where type checkers should let a dict or a set pass as well.
"""

from __future__ import annotations

import datetime as dt
import decimal
from collections.abc import Callable, ItemsView, Iterable, Iterator, KeysView, Mapping, ValuesView
from functools import cache
from operator import attrgetter
from types import UnionType
from typing import Annotated, Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints, overload

import attrs
from attrs import frozen

from actionplans.errors import Invalid, Problem

Check = Callable[[Any], tuple[Problem, ...]]
K = TypeVar("K")
V = TypeVar("V")
D = TypeVar("D")


DIGITS = 100
"""How long a Decimal may be: far more than any amount needs, and no `1E+999999999` that fills the memory later."""


@frozen
class Text:
    """A string of at most `most` characters, without NUL and lone surrogates (S1); `filled` ones are not blank.

    `pattern` is a regular expression that the whole text matches, `form` says it in words.
    """

    most: int
    filled: bool = False
    pattern: str = ""
    form: str = ""


@frozen
class Whole:
    """An integer from `least` to `most`, both included; never a bool (D11)."""

    least: int
    most: int


class FrozenMap(Mapping[K, V]):
    """A mapping that is never written: it hashes, pickles and compares equal to any mapping with the same items."""

    __slots__ = ("_items",)
    _items: dict[K, V]

    def __init__(self, items: Mapping[K, V] | None = None) -> None:
        """A copy of `items`, or empty. Raises `Invalid` for what is no mapping."""
        if not (type(items) is dict or items is None or isinstance(items, Mapping)):
            raise Invalid("FrozenMap", (Problem("", f"a mapping is wanted, not {shown(items)}"),))
        object.__setattr__(self, "_items", dict(items) if items else {})

    def __setattr__(self, name: str, value: object) -> None:
        """Refused."""
        raise AttributeError(f"a FrozenMap is never written: make a new one to change {name}")

    def __delattr__(self, name: str) -> None:
        """Refused."""
        raise AttributeError(f"a FrozenMap is never written: make a new one without {name}")

    def __getitem__(self, key: K) -> V:
        """The value of `key`, or KeyError."""
        return self._items[key]

    @overload
    def get(self, key: K, /) -> V | None: ...
    @overload
    def get(self, key: K, /, default: V | D) -> V | D: ...
    def get(self, key: K, default: object = None) -> object:
        """The value of `key`, or `default`."""
        return self._items.get(key, default)

    def __contains__(self, key: object) -> bool:
        """Whether there is such a key."""
        return key in self._items

    def __iter__(self) -> Iterator[K]:
        """The keys, in the order they came in."""
        return iter(self._items)

    def __len__(self) -> int:
        """How many keys there are."""
        return len(self._items)

    def keys(self) -> KeysView[K]:
        """The keys, in the order they came in; as fast as a dict's."""
        return self._items.keys()

    def values(self) -> ValuesView[V]:
        """The values, in the order of their keys."""
        return self._items.values()

    def items(self) -> ItemsView[K, V]:
        """Keys with their values, in the order they came in."""
        return self._items.items()

    def __eq__(self, other: object) -> bool:
        """The same items as any other mapping, in whatever order."""
        if self is other:
            return True
        if isinstance(other, FrozenMap):
            return self._items == other._items
        return self._items == other if isinstance(other, Mapping) else NotImplemented

    def __hash__(self) -> int:
        """Independent of the order of the keys, like equality."""
        return hash(frozenset(self._items.items()))

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickles as a plain dict and comes back frozen."""
        return FrozenMap, (self._items,)

    def __repr__(self) -> str:
        """`FrozenMap({...})`."""
        return f"FrozenMap({self._items!r})"

    def having(self, key: K, value: V) -> FrozenMap[K, V]:
        """A new map in which `key` is `value`."""
        return FrozenMap({**self._items, key: value})


EMPTY: FrozenMap[Any, Any] = FrozenMap()


def frozen_map(given: Mapping[Any, Any]) -> FrozenMap[Any, Any]:
    """A mapping as nouns hold it; anything else is left for the field's check to name."""
    return given if isinstance(given, FrozenMap) or not isinstance(given, Mapping) else FrozenMap(given)


def frozen_set(given: Iterable[Any]) -> frozenset[Any]:
    """A set, list or tuple as nouns hold it; anything else is left for the field's check to name."""
    try:
        return frozenset(given) if isinstance(given, set | list | tuple) else given  # type: ignore[return-value]
    except TypeError:  # something in it cannot be in a set
        return given  # type: ignore[return-value]


class Value:
    """What every noun is: frozen, and checked against its own annotations when it is made."""

    __slots__ = ()

    def __attrs_post_init__(self) -> None:
        """Take plain collections for frozen ones; raise `Invalid` with every problem of every field."""
        settle_fields(self)


def settle_fields(value: Any) -> None:
    """What a value does when it is made: like `verify`, after plain collections in its fields were frozen.

    Only a value that is still being made may be given here.
    """
    if problems(value):
        cls: type = type(value)
        for name, held in as_held(cls, {one: getattr(value, one) for one in _hints(cls)}).items():
            object.__setattr__(value, name, held)
        verify(value)


def as_held(cls: type, given: Mapping[str, Any]) -> dict[str, Any]:
    """Values for fields of `cls`: lists, sets and dicts as the tuples, frozensets and FrozenMaps that these hold.

    A set for a tuple is sorted. Everything else stays as it is, for the field's check to name.
    """
    hints = _hints(cls)
    return {name: _as_held(hints[name], one) if name in hints else one for name, one in given.items()}


def _as_held(hint: Any, value: Any) -> Any:
    """The value as a field with that annotation holds it, one level inside mappings too."""
    plain = type(value)
    if plain not in (list, tuple, set, frozenset, dict, FrozenMap):
        return value
    origin, args = get_origin(hint), get_args(hint)
    if origin is Annotated:
        return _as_held(args[0], value)
    if origin in (Union, UnionType):
        return next((made for one in args if (made := _as_held(one, value)) is not value), value)
    try:
        if origin is tuple and plain in (list, set, frozenset):
            return tuple(value if plain is list else sorted(value))
        if origin is frozenset and plain in (list, tuple, set):
            return frozenset(value)
        if origin is FrozenMap and plain in (dict, FrozenMap):
            return FrozenMap({key: _as_held(args[1], one) for key, one in value.items()})
    except TypeError:  # something in it cannot be sorted, or be in a set
        return value
    return value


def verify(value: Any) -> None:
    """Check every field of `value` against its annotation, and its own `problems()`; raise `Invalid` with all."""
    found = problems(value)
    if found:
        raise Invalid(type(value).__name__, found)


def problems(value: Any) -> tuple[Problem, ...]:
    """Everything wrong with the fields of `value`; values inside it have checked themselves."""
    cls: type = type(value)
    all_held, defaults, checks = _looked_at(cls)
    for held, default, check in zip(all_held(value), defaults, checks, strict=False):
        if held is not default and check(held):
            known = zip(_fields(cls), all_held(value), strict=False)
            found = tuple(field_problems(cls, {name: one for (name, usual, _), one in known if one is not usual}))
            return (*found, *_besides(value, frozenset(problem.place for problem in found)))
    more = getattr(value, "problems", None)
    return tuple(more()) if more is not None else _SOUND


def _besides(value: Any, places: frozenset[str]) -> Iterator[Problem]:
    """What a value finds itself besides the wrong fields, as far as it comes: it may stumble over one of those."""
    try:
        for problem in getattr(value, "problems", tuple)():
            if problem.place not in places:
                yield problem
    except Exception:
        return


def field_problems(cls: type, given: Mapping[str, Any]) -> Iterator[Problem]:
    """Everything wrong with values that fields of `cls` are to get; names that are no fields of it are passed over."""
    for name, _, check in _fields(cls):
        if name in given:
            for problem in check(given[name]):
                yield problem.under(name)


def plain_text(value: str) -> bool:
    """Whether `value` has neither NUL nor a lone surrogate (S1)."""
    if "\0" in value:
        return False
    if value.isascii():
        return True
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


@cache
def _hints(cls: type) -> Mapping[str, Any]:
    hints = get_type_hints(cls, include_extras=True)
    return {one.name: hints[one.name] for one in attrs.fields(cls)}


@cache
def _fields(cls: type) -> tuple[tuple[str, object, Check], ...]:
    return tuple((one.name, one.default, check_of(_hints(cls)[one.name])) for one in attrs.fields(cls))


@cache
def _looked_at(cls: type) -> tuple[Callable[[Any], tuple[Any, ...]], tuple[object, ...], tuple[Check, ...]]:
    """What gives all fields of a value at once, with their defaults and checks.

    It gives the last one twice, since of a single name it would make no tuple.
    """
    names = [one.name for one in attrs.fields(cls)]
    all_held: Callable[[Any], tuple[Any, ...]] = attrgetter(*names, names[-1]) if names else lambda value: ()
    return all_held, tuple(one for _, one, _ in _fields(cls)), tuple(one for _, _, one in _fields(cls))


@cache
def check_of(hint: Any) -> Check:
    """The check for one annotation: a function from a value to the problems it has."""
    origin, args = get_origin(hint), get_args(hint)
    if origin is Annotated:
        for marker in args[1:]:
            if isinstance(marker, Text):
                return _text(marker)
            if isinstance(marker, Whole):
                return _whole(marker)
        return check_of(args[0])
    if origin is Literal:
        return _one_of(args)
    if origin in (Union, UnionType):
        return _any_of(args)
    if origin is tuple:
        return _each(tuple, args[0])
    if origin is frozenset:
        return _each(frozenset, args[0])
    if origin is FrozenMap:
        return _mapping(*args)
    return _exactly(hint)


_SOUND: tuple[Problem, ...] = ()


def _wrong(message: str) -> tuple[Problem, ...]:
    return (Problem("", message),)


def _text(rule: Text) -> Check:
    import re

    matched = re.compile(rule.pattern).fullmatch if rule.pattern else None
    most, filled = rule.most, rule.filled

    def check(value: Any) -> tuple[Problem, ...]:
        if not isinstance(value, str):
            return _wrong(f"text is wanted, not {shown(value)}")
        if len(value) > most:
            return _wrong(f"at most {most} characters, not {len(value)}")
        if not (value.isascii() and "\0" not in value or plain_text(value)):
            return _wrong(f"no NUL and no lone surrogates: {shown(value)}")
        if filled and (not value or value.isspace()):
            return _wrong("must not be blank")
        if matched is not None and value and not matched(value):
            return _wrong(f"{rule.form}, not {shown(value)}")
        return _SOUND

    return check


def _whole(rule: Whole) -> Check:
    def check(value: Any) -> tuple[Problem, ...]:
        if type(value) is not int:
            return _wrong(f"a whole number is wanted, not {shown(value)}")
        if not rule.least <= value <= rule.most:
            return _wrong(f"from {rule.least} to {rule.most}, not {shown(value)}")
        return _SOUND

    return check


def _one_of(words: tuple[Any, ...]) -> Check:
    known = frozenset(words)

    def check(value: Any) -> tuple[Problem, ...]:
        if isinstance(value, str | int) and value in known:
            return _SOUND
        return _wrong(f"one of {', '.join(map(str, words))}, not {shown(value)}")

    return check


def _any_of(hints: tuple[Any, ...]) -> Check:
    kinds = {_class_of(hint): check_of(hint) for hint in hints if hint is not type(None)}
    checks = tuple(kinds.values())
    optional = type(None) in hints
    names = " or ".join(", ".join(cls.__name__ for cls in kinds).rsplit(", ", 1))
    if optional and len(checks) == 1:
        only = checks[0]
        return lambda value: _SOUND if value is None else only(value)

    def check(value: Any) -> tuple[Problem, ...]:
        if value is None and optional:
            return _SOUND
        found = _SOUND
        for one in checks:
            found = one(value)
            if not found:
                return _SOUND
        if len(checks) > 1:
            meant = kinds.get(type(value))
            return meant(value) if meant is not None else _wrong(f"{names} is wanted, not {shown(value)}")
        return found

    return check


def _class_of(hint: Any) -> Any:
    """The class of the values that an annotation takes."""
    origin = get_origin(hint)
    return _class_of(get_args(hint)[0]) if origin is Annotated else origin or hint


def _each(kind: Any, hint: Any) -> Check:
    inner = check_of(hint)
    fitting = frozenset({id(hint)} if isinstance(hint, type) and hint.__module__.startswith("actionplans.") else ())

    def check(value: Any) -> tuple[Problem, ...]:
        if not isinstance(value, kind):
            return _wrong(f"{named(kind)} is wanted, not {shown(value)}")
        if fitting.issuperset(map(id, map(type, value))) or not any(map(inner, value)):
            return _SOUND
        return tuple(problem.under(f"[{n}]") for n, one in enumerate(value) for problem in inner(one))

    return check


def _mapping(key: Any, held: Any) -> Check:
    of_key, of_value = check_of(key), check_of(held)

    def check(value: Any) -> tuple[Problem, ...]:
        if not isinstance(value, FrozenMap):
            return _wrong(f"{named(FrozenMap)} is wanted, not {shown(value)}")
        found = _SOUND
        for name, one in value.items():
            wrong = of_key(name) + of_value(one)
            if wrong:
                place = f"[{name!r}]" if isinstance(name, str) and len(name) <= 200 else f"[{shown(name)}]"
                found += tuple(problem.under(place) for problem in wrong)
        return found

    return check


def _exactly(cls: Any) -> Check:
    if cls is dt.datetime:
        return _moment
    if cls is decimal.Decimal:
        return _decimal
    if cls in (Any, object):
        return lambda value: _SOUND
    strict = cls in (bool, int, str, float, dt.date, dt.time)

    def check(value: Any) -> tuple[Problem, ...]:
        if not (type(value) is cls if strict else isinstance(value, cls)):
            return _wrong(f"{named(cls)} is wanted, not {shown(value)}")
        if cls is str and not plain_text(value):
            return _wrong(f"no NUL and no lone surrogates: {shown(value)}")
        return _SOUND

    return check


def _moment(value: Any) -> tuple[Problem, ...]:
    if not isinstance(value, dt.datetime) or value.tzinfo is None:
        return _wrong(f"a moment with a time zone is wanted, not {shown(value)}")
    return _SOUND


def _decimal(value: Any) -> tuple[Problem, ...]:
    if not isinstance(value, decimal.Decimal) or not value.is_finite():
        return _wrong(f"a finite Decimal is wanted, not {shown(value)}")
    if abs(value.adjusted()) > DIGITS or len(value.as_tuple().digits) > DIGITS:
        return _wrong(f"at most {DIGITS} digits before and behind the point, not {shown(value)}")
    return _SOUND


def wanted(cls: type[D], value: object, place: str) -> D:
    """The value, where it is of the class; raises `Invalid` otherwise, which says where in the value one is."""
    if isinstance(value, cls):
        return value
    given: type = type(value)
    held = (one.name for one in attrs.fields(given)) if attrs.has(cls) and attrs.has(given) else ()
    inside = next((name for name in held if isinstance(getattr(value, name, None), cls)), "")
    told = f"{named(cls)} is wanted, not {shown(value)}" + (f": pass its .{inside}" if inside else "")
    raise Invalid(place, (Problem("", told),))


def named(cls: type) -> str:
    """What a value of this class is called in a message, with its article: `an Offset`, `text`, `a whole number`."""
    name = _PLAIN.get(cls) or cls.__name__
    return name if cls is str else f"{'an' if name[0] in 'AEIOUaeiou' else 'a'} {name}"


_PLAIN: Mapping[type, str] = {str: "text", int: "whole number"}


def shown(value: object) -> str:
    """`value` for a message: its kind and at most 60 characters of it, never raising."""
    try:
        text = ascii(value)
    except Exception:
        text = "something that cannot be shown"
    return f"{type(value).__name__} {text if len(text) <= 60 else text[:57] + '...'}"


def advice(name: object, known: Iterable[str], most: int = 20) -> str:
    """For a name that is none: which one is near to it, or else those that there are, up to `most`."""
    from difflib import get_close_matches

    names = sorted(known)
    near = get_close_matches(name[:100], names, 1) if isinstance(name, str) else ()
    if near:
        return f"is it {near[0]}?"
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return f"there are {', '.join(names[:most]) or 'none'}{more}"


def strange_key(key: object, known: Iterable[str]) -> Problem:
    """What to say of a key in a file that is no field: at its place, with the one that is near or all there are."""
    if not isinstance(key, str):
        return Problem("", f"the key {shown(key)} is no text")
    place = key if key.isidentifier() and len(key) <= 100 else f"[{shown(key)}]"
    return Problem(place, f"no such field: {advice(key, known, most=100)}")
