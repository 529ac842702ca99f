"""Hypothesis strategies for the nouns, made from their annotations: `nouns(Plan)`, `values(Title)`, `texts()`.

    @given(nouns(Plan))
    def test_a_plan_comes_back(plan): ...

Every value keeps the rules of its class; texts are nasty (quotes, formulas, right-to-left marks, emoji, line breaks).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from functools import cache
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, TypeVar, Union, get_args, get_origin

import attrs
from hypothesis import reject
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

from actionplans.checks import FrozenMap, Text, Whole
from actionplans.codec.forms import hints_of
from actionplans.errors import Invalid
from actionplans.journal import COLLECTIONS, Edit
from actionplans.model import Account, Completion, Item, Person, Plan, Task, Template
from actionplans.model.words import CustomValue, Id
from actionplans.settings import Settings
from actionplans.storage import KINDS, RecordQuery

N = TypeVar("N")

NASTY = (
    " ",
    "=1+1",
    "O'Neil; DROP TABLE task; --",
    '"quoted\\"',
    "a\nb\r\tc",
    "naïve e\u0301 İ ß ﬁ",
    "שלום \u202eabc\u202c",
    "zero\u200bwidth\ufeff",
    "👩‍👩‍👧 𝔘",
    "<b>&amp;</b> [x](javascript:1)",
    "{{ account.name }} %s {0}",
    "null",
    "\u2028\x7f\x1f",
    "\uffff\U0010ffff",
)
"""Texts that have broken some program or other; all may be stored."""

_signs = st.characters(codec="utf-8", exclude_characters="\0")

_zones = st.one_of(
    st.just(dt.UTC),
    st.integers(-14 * 60, 14 * 60).map(lambda minutes: dt.timezone(dt.timedelta(minutes=minutes))),
)


def texts(rule: Text) -> SearchStrategy[str]:
    """Texts that a field marked with this rule may hold."""
    if rule.pattern:
        made = st.from_regex(rule.pattern, fullmatch=True, alphabet=_signs)
    else:
        most = min(rule.most, 20)
        made = st.sampled_from([one for one in NASTY if len(one) <= rule.most]) | st.text(_signs, max_size=most)
    made = made.filter(lambda text: len(text) <= rule.most and (not rule.filled or bool(text.strip())))
    return made if rule.filled else st.just("") | made


def days() -> SearchStrategy[dt.date]:
    """Any date; those of our years more often."""
    return st.dates(dt.date(2024, 1, 1), dt.date(2028, 12, 31)) | st.dates()


def moments() -> SearchStrategy[dt.datetime]:
    """Moments with a time zone: UTC or a fixed offset."""
    return st.datetimes(timezones=_zones)


def decimals() -> SearchStrategy[Decimal]:
    """Finite decimals, exact to the last zero: 1.50 is not 1.5 to JSON."""
    parts = st.tuples(st.sampled_from((0, 1)), st.integers(0, 10**30).map(str), st.integers(-60, 60))
    exact = parts.map(lambda one: Decimal((one[0], tuple(map(int, one[1])), one[2])))
    return st.decimals(-(10**9), 10**9, places=2) | exact


@cache
def values(hint: Any) -> SearchStrategy[Any]:
    """What a field with that annotation may hold."""
    origin, args = get_origin(hint), get_args(hint)
    if origin is Annotated:
        return _marked(args[0], args[1:])
    if origin is Literal:
        return st.sampled_from(args)
    if origin in (Union, UnionType):
        return st.one_of([st.none() if one is NoneType else values(one) for one in args])
    if origin is tuple:
        return st.lists(values(args[0]), max_size=3).map(tuple)
    if origin is frozenset:
        return st.frozensets(values(args[0]), max_size=4)
    if origin is FrozenMap:
        return st.dictionaries(values(args[0]), values(args[1]), max_size=3).map(FrozenMap)
    return _LEAVES[hint]() if hint in _LEAVES else nouns(hint)


_LEAVES: dict[Any, Callable[[], SearchStrategy[Any]]] = {
    str: lambda: texts(Text(1000)),
    bool: st.booleans,
    int: lambda: st.integers(-(2**53), 2**53),
    Decimal: decimals,
    dt.date: days,
    dt.datetime: moments,
    dt.time: st.times,
    Any: lambda: values(CustomValue | None),
}


def _marked(base: Any, markers: tuple[Any, ...]) -> SearchStrategy[Any]:
    for marker in markers:
        if isinstance(marker, Text):
            return texts(marker)
        if isinstance(marker, Whole):
            return st.integers(marker.least, marker.most)
    return values(base)


def nouns(cls: type[N]) -> SearchStrategy[N]:
    """Values of one of our classes, each with a few of its fields away from their defaults."""
    return _edits() if cls is Edit else _noun(cls)  # type: ignore[return-value]


def kinds(classes: list[type[N]]) -> SearchStrategy[N]:
    """Values of any of these classes."""
    return st.one_of([nouns(cls) for cls in classes])


@st.composite
def _noun(draw: DrawFn, cls: type) -> Any:
    hints = hints_of(cls)
    fields = attrs.fields(cls)
    optional = [one.name for one in fields if one.default is not attrs.NOTHING]
    given = [one.name for one in fields if one.default is attrs.NOTHING]
    chosen = draw(st.lists(st.sampled_from(optional), max_size=6, unique=True)) if optional else []
    held = {name: draw(values(hints[name])) for name in given + chosen}
    _complete(draw, cls, held)
    while True:
        try:
            return _numbered(cls(**held))
        except Invalid as error:
            wrong = {problem.place.split(".")[0].split("[")[0] for problem in error.problems} & set(chosen)
            if not wrong & held.keys():
                reject()
            held = {name: value for name, value in held.items() if name not in wrong}


def _complete(draw: DrawFn, cls: type, held: dict[str, Any]) -> None:
    """What rules between fields ask for and chance seldom gives."""
    if cls is Plan:
        held["anchors"] = held["anchors"].having("start", draw(days()))
        held.pop("merged_into", None)
        if held.get("status") == "merged":
            held["merged_into"] = draw(values(Id))
    if cls is Task:
        held["id"] = draw(values(Id))
        held["title"] = draw(texts(Text(500, filled=True)))
        held.pop("completion", None)
        if held.get("status") == "done":
            held["completion"] = draw(nouns(Completion))
    if cls is RecordQuery:
        held["kind"] = draw(st.sampled_from(sorted(KINDS.keys() - {"account", "plan"})))
    for first, last in (("start", "due"), ("start", "end")):
        one, other = held.get(first), held.get(last)
        if isinstance(one, dt.date) and isinstance(other, dt.date) and one > other:
            held[first], held[last] = other, one


def _numbered(value: Any) -> Any:
    """In a plan every item has an id of its own."""
    if not isinstance(value, Plan):
        return value
    items: dict[str, Any] = {
        name: tuple(attrs.evolve(one, id=f"{name}-{n}") for n, one in enumerate(getattr(value, name)))
        for name in COLLECTIONS
    }
    return attrs.evolve(value, **items)


@st.composite
def _edits(draw: DrawFn) -> Edit:
    """An edit of a field of an item or record, or of a whole item that came or went."""
    cls = draw(st.sampled_from((*get_args(Item), Plan, Account, Person, Settings, Template)))
    kind = cls.kind if hasattr(cls, "kind") and issubclass(cls, get_args(Item)) else "record"
    item_id = "" if kind == "record" else draw(values(Id))
    if kind != "record" and draw(st.booleans()):
        came, whole = draw(st.booleans()), draw(nouns(cls))
        before, after = (None, whole) if came else (whole, None)
        return Edit(kind, item_id, "", before, after, draw(st.integers(0, 9999)))
    hints = hints_of(cls)
    name = draw(st.sampled_from([one.name for one in attrs.fields(cls)]))
    return Edit(kind, item_id, name, draw(values(hints[name])), draw(values(hints[name])))
