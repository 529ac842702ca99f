"""What a field may hold, and the mapping that is never written (S1, D11)."""

import copy
import datetime as dt
import pickle
from decimal import Decimal
from types import MappingProxyType
from typing import Annotated, Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actionplans.checks import EMPTY, FrozenMap, Whole, check_of, field_problems, plain_text, shown
from actionplans.errors import Invalid
from actionplans.model import Offset, Plan, Task
from actionplans.model.words import CustomValue, Id, Key, Title
from actionplans.settings import no_actions
from tests.nasty import NASTY, Unshowable


def said(hint: Any, value: object) -> list[tuple[str, str]]:
    """The problems of a value under an annotation."""
    return [(problem.place, problem.message) for problem in check_of(hint)(value)]


@pytest.mark.parametrize(
    ("hint", "right"),
    [
        (Title, ["x", " x ", "naïve", "👩‍👩‍👧", "a\nb", "x" * 500]),
        (Key, ["", "a", "a-b_c.1"]),
        (Annotated[int, Whole(1, 3)], [1, 2, 3]),
        (Literal["a", "b"], ["a", "b"]),
        (dt.date, [dt.date.min, dt.date.max]),
        (dt.datetime, [dt.datetime(2026, 1, 1, tzinfo=dt.UTC)]),
        (dt.time, [dt.time(9)]),
        (Decimal, [Decimal(0), Decimal("1E+50"), Decimal("-1.50")]),
        (bool, [True, False]),
        (str | None, [None, "x"]),
        (tuple[Id, ...], [(), ("a", "b")]),
        (frozenset[Id], [frozenset(), frozenset("a")]),
        (FrozenMap[Id, int], [EMPTY, FrozenMap({"a": 1})]),
        (CustomValue, ["", "x", True, 5, Decimal("1.5"), dt.date(2026, 1, 1), ("a", "b"), ()]),
        (Offset, [Offset()]),
        (Any, [None, object()]),
    ],
)
def test_what_fits(hint: Any, right: list[object]) -> None:
    """No problem."""
    for value in right:
        assert [] == said(hint, value)


@pytest.mark.parametrize(
    ("hint", "value", "problem"),
    [
        (Title, "", ("", "must not be blank")),
        (Title, " \t", ("", "must not be blank")),
        (Title, "x" * 501, ("", "at most 500 characters, not 501")),
        (Title, "a\0b", ("", "no NUL and no lone surrogates: str 'a\\x00b'")),
        (Title, "\ud800", ("", "no NUL and no lone surrogates: str '\\ud800'")),
        (Title, 5, ("", "text is wanted, not int 5")),
        (Title, None, ("", "text is wanted, not NoneType None")),
        (Title, b"x", ("", "text is wanted, not bytes b'x'")),
        (Key, "-a", ("", "letters, digits, '_', '.' and '-' after a first letter or digit, not str '-a'")),
        (Key, "a\n", ("", "letters, digits, '_', '.' and '-' after a first letter or digit, not str 'a\\n'")),
        (Annotated[int, Whole(1, 3)], 4, ("", "from 1 to 3, not int 4")),
        (Annotated[int, Whole(1, 3)], True, ("", "a whole number is wanted, not bool True")),
        (Annotated[int, Whole(1, 3)], 1.0, ("", "a whole number is wanted, not float 1.0")),
        (Annotated[int, Whole(1, 3)], "2", ("", "a whole number is wanted, not str '2'")),
        pytest.param(
            *(Annotated[int, Whole(1, 3)], 10**5000, ("", "from 1 to 3, not int something that cannot be shown")),
            id="a huge number",
        ),
        (Literal["a", "b"], "c", ("", "one of a, b, not str 'c'")),
        (Literal["a", "b"], ["a"], ("", "one of a, b, not list ['a']")),
        (dt.date, dt.datetime(2026, 1, 1), ("", "a date is wanted, not datetime datetime.datetime(2026, 1, 1, 0, 0)")),
        (dt.date, "2026-01-01", ("", "a date is wanted, not str '2026-01-01'")),
        (dt.datetime, dt.datetime(2026, 1, 1), ("", "a moment with a time zone is wanted, not datetime datetime.dat")),
        (dt.datetime, dt.date(2026, 1, 1), ("", "a moment with a time zone is wanted, not date datetime.date(2026, 1")),
        (Decimal, Decimal("NaN"), ("", "a finite Decimal is wanted, not Decimal Decimal('NaN')")),
        (Decimal, Decimal("Infinity"), ("", "a finite Decimal is wanted, not Decimal Decimal('Infinity')")),
        (Decimal, Decimal("1E+101"), ("", "at most 100 digits before and behind the point")),
        (Decimal, Decimal("0E-999999"), ("", "at most 100 digits before and behind the point")),
        (Decimal, 1, ("", "a finite Decimal is wanted, not int 1")),
        (bool, 1, ("", "a bool is wanted, not int 1")),
        (str | None, 5, ("", "text is wanted, not int 5")),
        (tuple[Id, ...], ["a"], ("", "a tuple is wanted, not list ['a']")),
        (tuple[Id, ...], ("a", 5), ("[1]", "text is wanted, not int 5")),
        (tuple[Id, ...], "ab", ("", "a tuple is wanted, not str 'ab'")),
        (frozenset[Id], {"a"}, ("", "a frozenset is wanted, not set {'a'}")),
        (FrozenMap[Id, int], {"a": 1}, ("", "a FrozenMap is wanted, not dict {'a': 1}")),
        (FrozenMap[Id, int], FrozenMap({"a": "b"}), ("['a']", "a whole number is wanted, not str 'b'")),
        (FrozenMap[Id, int], FrozenMap({7: 1}), ("[int 7]", "text is wanted, not int 7")),
        (CustomValue, 1.5, ("", "str, bool, int, Decimal, date or tuple is wanted, not float 1.5")),
        (CustomValue, None, ("", "str, bool, int, Decimal, date or tuple is wanted, not NoneType None")),
        (CustomValue, Decimal("NaN"), ("", "a finite Decimal is wanted, not Decimal Decimal('NaN')")),
        (CustomValue, ("a", 5), ("[1]", "text is wanted, not int 5")),
        (CustomValue, 2**60, ("", "from -9007199254740992 to 9007199254740992, not int 1152921504606846976")),
        (CustomValue, dt.datetime(2026, 1, 1), ("", "str, bool, int, Decimal, date or tuple is wanted, not datetime")),
        (Offset, 5, ("", "an Offset is wanted, not int 5")),
    ],
)
def test_what_does_not_fit(hint: Any, value: object, problem: tuple[str, str]) -> None:
    """The place inside the value, what is wanted, and what was given."""
    ((place, message),) = said(hint, value)
    assert problem[0] == place
    assert message.startswith(problem[1])


@pytest.mark.parametrize("value", NASTY.values(), ids=NASTY)
def test_any_value_can_be_shown(value: object) -> None:
    """In a message: short, in ASCII, without failing."""
    text = shown(value)
    assert text.isascii()
    assert text.startswith(type(value).__name__)
    assert len(text) <= 62 + len(type(value).__name__)


def test_plain_text() -> None:
    """S1: everything that is Unicode, but NUL and half a pair."""
    assert all(plain_text(text) for text in ("", "a", "é", "\U0010ffff", "\uffff", "\x01"))
    assert not any(plain_text(text) for text in ("\0", "a\0", "é\0", "\ud800", "a\udfff", "\ud800\udc00"))


def test_problems_of_values_that_are_in_no_object_yet() -> None:
    """What `update` asks before it makes the new item; names that are no fields are passed over."""
    given = {"title": "", "due": "tomorrow", "nonsense": 1, "tags": ("a", 5)}
    assert ["title", "due", "tags[1]"] == [problem.place for problem in field_problems(Task, given)]


items = st.dictionaries(st.text(max_size=3), st.integers(), max_size=5)


@given(items, items)
def test_a_frozen_map_equals_any_mapping_with_the_same_items(first: dict[str, int], second: dict[str, int]) -> None:
    """And hashes alike, in whatever order they came."""
    mapped = FrozenMap(first)
    assert first == mapped == FrozenMap(dict(reversed(first.items())))
    assert mapped == MappingProxyType(first)
    assert hash(mapped) == hash(FrozenMap(dict(reversed(first.items()))))
    assert (first == second) == (mapped == FrozenMap(second)) == (mapped == second)
    assert (list(first), len(first)) == (list(mapped), len(mapped))


@given(items)
def test_a_frozen_map_survives_copies_and_pickles(held: dict[str, int]) -> None:
    """And comes back frozen."""
    mapped = FrozenMap(held)
    for again in (copy.copy(mapped), copy.deepcopy(mapped), pickle.loads(pickle.dumps(mapped))):
        assert mapped == again
        assert isinstance(again, FrozenMap)


def test_a_frozen_map_is_never_written() -> None:
    """Not by item, not by attribute, not through the mapping it was made of, not by `having`."""
    source = {"a": 1}
    mapped = FrozenMap(source)
    source["a"] = 2
    more = mapped.having("b", 3)
    with pytest.raises(TypeError):
        mapped["a"] = 2  # type: ignore[index]
    with pytest.raises(AttributeError, match="never written"):
        mapped._items = {}
    with pytest.raises(AttributeError, match="never written"):
        del mapped._items
    assert ({"a": 1}, {"a": 1, "b": 3}) == (mapped, more)
    assert mapped != [("a", 1)]
    assert "FrozenMap({'a': 1})" == repr(mapped)
    with pytest.raises(KeyError):
        mapped["z"]


@pytest.mark.parametrize("value", [5, "ab", [("a", 1)], [], 0, "", {"a"}, Unshowable()])
def test_a_frozen_map_is_made_of_a_mapping(value: Any) -> None:
    """Of nothing else, empty or not."""
    with pytest.raises(Invalid, match="a mapping is wanted"):
        FrozenMap(value)


def test_what_has_a_class_without_a_hash_is_named_too() -> None:
    """Whatever stands in a tuple, the answer is a problem with its place."""

    class Odd(type):
        __hash__ = None  # type: ignore[assignment]

        def __eq__(cls, other: object) -> bool:
            return False

    class Thing(metaclass=Odd):
        pass

    with pytest.raises(Invalid, match=r"tasks\[0\]"):
        Plan("p", "acme", "Title", {"start": dt.date(2026, 1, 5)}, tasks=(Thing(),))  # type: ignore[arg-type]


def test_a_hosts_own_actions_are_any_set() -> None:
    """A set of theirs will do."""
    assert () == no_actions("deal.close", {"deal.close"})
    assert 1 == len(no_actions("deal.open", {"deal.close"}))
