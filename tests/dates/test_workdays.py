"""Working days (D5 to D7, D11): is it one, roll, add, count, why not; alone and combined."""

from __future__ import annotations

import datetime as dt
import random
from calendar import isleap, monthrange
from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actionplans.errors import Invalid, NotFound
from actionplans.model import WorkCalendar
from actionplans.settings import Settings
from actionplans.workdays import WorkDays, resolve, work_days
from tests.dates.oracle import ONE, NoDate, Oracle
from tests.dates.strategies import CALENDARS, FIRST, LAST, NEARBY, ROLL_ANCHORS, ROLLS, SMALL, near, runs
from tests.size import size

pytestmark = pytest.mark.timeout(900)  # a soak takes minutes

Drawn = tuple[dt.date, tuple[WorkCalendar, ...]]

MON_TO_FRI = work_days(WorkCalendar())
SATURDAY = dt.date(2026, 1, 3)


@runs(size(400))
@given(CALENDARS)
def test_each_day_is_worked_as_the_rule_says(drawn: Drawn) -> None:
    """D6: for every day near the entries, dated beats yearly beats weekday, and all calendars must agree."""
    around, made = drawn
    days, oracle = work_days(*made), Oracle(*made)
    for distance in range(-70, 71):
        day = near(around, distance)
        assert oracle.works(day) == days.is_working(day), day
        assert (days.reason(day) is None) == oracle.works(day), day


@runs(size(400))
@given(CALENDARS, st.lists(st.tuples(NEARBY, st.sampled_from(ROLLS)), min_size=10, max_size=10))
def test_rolls_agree_with_a_walk(drawn: Drawn, tried: list[tuple[int, Any]]) -> None:
    """D4: every roll gives the walk's day, or none where the years end."""
    around, made = drawn
    days, oracle = work_days(*made), Oracle(*made)
    for distance, roll in tried:
        day = near(around, distance)
        try:
            expected = oracle.roll(day, roll)
        except NoDate:
            with pytest.raises(Invalid):
                days.roll(day, roll)
        else:
            assert expected == days.roll(day, roll), (day, roll)
            assert expected == days.roll(expected, roll), "a roll is done after the first time"


@runs(size(400))
@given(CALENDARS, st.lists(st.tuples(NEARBY, st.integers(-200, 1200)), min_size=10, max_size=10))
def test_counts_agree_with_a_walk(drawn: Drawn, tried: list[tuple[int, int]]) -> None:
    """D8's count: both ends included; nothing where the last is before the first."""
    around, made = drawn
    days, oracle = work_days(*made), Oracle(*made)
    for distance, length in tried:
        first = near(around, distance)
        last = near(first, length)
        assert oracle.count(first, last) == days.count(first, last), (first, last)


@runs(size(400))
@given(CALENDARS, st.lists(st.tuples(NEARBY, SMALL), min_size=10, max_size=10))
def test_adding_and_taking_away_is_identity_on_working_days(drawn: Drawn, tried: list[tuple[int, int]]) -> None:
    """D5: from a working day, n there and n back is the same day."""
    around, made = drawn
    days, oracle = work_days(*made), Oracle(*made)
    for distance, n in tried:
        day = near(around, distance)
        if not oracle.works(day):
            continue
        try:
            there = days.add(day, n)
        except Invalid:
            with pytest.raises(NoDate):
                oracle.add(day, n)
            continue
        assert day == days.add(there, -n), (day, n)


@runs(size(400))
@given(CALENDARS, NEARBY, st.integers(1, 300), st.integers(1, 300))
def test_adding_in_two_steps_is_adding_once(drawn: Drawn, distance: int, few: int, more: int) -> None:
    """D5: n and then m working days is n + m working days, from any day, both ways."""
    around, made = drawn
    day, days = near(around, distance), work_days(*made)
    for sign in (1, -1):
        try:
            once = days.add(day, sign * (few + more))
        except Invalid:
            continue
        assert once == days.add(days.add(day, sign * few), sign * more)


@runs(size(400))
@given(CALENDARS, NEARBY, st.integers(1, 300))
def test_counting_and_adding_say_the_same(drawn: Drawn, distance: int, n: int) -> None:
    """D5, D8: the n-th working day after a day has n working days from the next day up to itself, and works."""
    around, made = drawn
    day, days = near(around, distance), work_days(*made)
    try:
        last = days.add(day, n)
    except Invalid:
        return
    assert n == days.count(day + ONE, last)
    assert n - 1 == days.count(day + ONE, last - ONE)
    try:
        first = days.add(day, -n)
    except Invalid:
        return
    assert n == days.count(first, day - ONE)


def in_every_year(wanted: Any) -> list[dt.date]:
    """The days of all years that `wanted` gives for one."""
    return [day for year in range(1, 10_000) for day in wanted(year)]


SPARSE: list[tuple[WorkCalendar, list[dt.date]]] = [
    (
        WorkCalendar("leap days", frozenset(), yearly_working_days=frozenset({"02-29"})),
        in_every_year(lambda year: [dt.date(year, 2, 29)] if isleap(year) else []),
    ),
    (
        WorkCalendar("new year", frozenset(), yearly_working_days=frozenset({"01-01"})),
        in_every_year(lambda year: [dt.date(year, 1, 1)]),
    ),
    (
        WorkCalendar("three days", frozenset(), working_days=frozenset(dt.date(2026, 1, n) for n in (5, 6, 20))),
        [dt.date(2026, 1, n) for n in (5, 6, 20)],
    ),
    (WorkCalendar("the ends", frozenset(), working_days=frozenset({FIRST, LAST})), [FIRST, LAST]),
]


@pytest.mark.parametrize(("sparse", "all_days"), SPARSE, ids=lambda one: getattr(one, "name", ""))
def test_calendars_with_few_days_agree_too(sparse: WorkCalendar, all_days: list[dt.date]) -> None:
    """D5, D6: where years lie between two working days, or none are left, a list of them all says the same."""
    days = work_days(sparse)
    for start in (FIRST, dt.date(1900, 2, 28), dt.date(2026, 1, 5), dt.date(2026, 1, 7), LAST):
        after, before = [day for day in all_days if day > start], [day for day in all_days if day < start][::-1]
        for n, (sign, left) in product((1, 2, 60, 3000), ((1, after), (-1, before))):
            if n <= len(left):
                assert left[n - 1] == days.add(start, sign * n)
            else:
                with pytest.raises(Invalid):
                    days.add(start, sign * n)
        assert len([day for day in all_days if day >= start]) == days.count(start, LAST)


def test_a_dated_entry_beats_a_yearly_one_and_that_the_weekday() -> None:
    """D6, on one calendar with all four kinds of entry."""
    days = work_days(
        WorkCalendar(
            weekdays=frozenset({1, 2, 3, 4, 5}),
            yearly_holidays=frozenset({"01-01", "05-01"}),
            holidays=frozenset({dt.date(2026, 12, 26)}),
            working_days=frozenset({dt.date(2026, 1, 1), dt.date(2026, 1, 3)}),
            yearly_working_days=frozenset({"12-26"}),
        )
    )
    assert days.is_working(dt.date(2026, 1, 1)), "a dated working day beats the yearly holiday"
    assert not days.is_working(dt.date(2027, 1, 1)), "the yearly holiday beats the weekday, a Friday"
    assert days.is_working(dt.date(2026, 1, 3)), "a dated working day beats the weekday, a Saturday"
    assert not days.is_working(dt.date(2026, 12, 26)), "a dated holiday beats the yearly working day"
    assert days.is_working(dt.date(2027, 12, 26)), "a yearly working day beats the weekday, a Sunday"


def test_the_29th_of_february_is_a_yearly_day_in_leap_years_only() -> None:
    """D6: it takes nothing away from 28 February or 1 March in the other years."""
    days = work_days(WorkCalendar(weekdays=frozenset(range(1, 8)), yearly_holidays=frozenset({"02-29"})))
    assert not days.is_working(dt.date(2024, 2, 29))
    assert days.is_working(dt.date(2025, 2, 28)) and days.is_working(dt.date(2025, 3, 1))


@pytest.mark.parametrize(
    "fields",
    [
        {"weekdays": frozenset()},
        {"weekdays": frozenset(), "holidays": frozenset({SATURDAY})},
        {
            "yearly_holidays": frozenset(
                f"{m:02}-{d:02}" for m in range(1, 13) for d in range(1, 1 + monthrange(2000, m)[1])
            )
        },
    ],
)
def test_a_calendar_with_no_working_day_is_refused(fields: dict[str, Any]) -> None:
    """D6: it would make every count run for ever."""
    with pytest.raises(Invalid, match="working day"):
        WorkCalendar(**fields)


def test_calendars_with_no_day_in_common_are_refused() -> None:
    """D6, D7: each may work alone, together they do not."""
    first = WorkCalendar("first", frozenset({1, 2, 3}))
    last = WorkCalendar("last", frozenset({4, 5}))
    with pytest.raises(Invalid):
        work_days(first, last)


def test_one_common_day_is_enough() -> None:
    """D6: two calendars that meet on one dated day have that day and no other."""
    day = LAST - 300 * ONE
    days = work_days(
        WorkCalendar("first", frozenset({2}), working_days=frozenset({day})),
        WorkCalendar("last", frozenset({3}), working_days=frozenset({day})),
    )
    assert day == days.add(day - 40 * ONE, 1) == days.add(LAST, -1) == days.roll(day - ONE, "next")
    with pytest.raises(Invalid):
        days.add(day, 1)


OFFICE = WorkCalendar("office")
SHOP = WorkCalendar("shop", frozenset({2, 3, 4, 5, 6}))
NEVER = WorkCalendar("weekend", frozenset({6, 7}))
SETTINGS = Settings(calendars=(WorkCalendar(), OFFICE, SHOP, NEVER), calendar="shop")


def test_the_first_calendar_that_is_named_counts() -> None:
    """D7: the task's, else the owner's, else the plan's, else the settings'."""
    monday = dt.date(2026, 1, 5)
    assert resolve(SETTINGS, "", "office", "shop").is_working(monday)
    assert not resolve(SETTINGS, "shop", "office", "").is_working(monday)
    assert not resolve(SETTINGS, "", "", "").is_working(monday)


def test_calendars_are_combined_by_name() -> None:
    """D7: `a & b` works where both do, with or without spaces."""
    for name in ("office & shop", "office&shop", "shop & office"):
        days = resolve(SETTINGS, name)
        assert [False, True, True, True, True, False, False] == [
            days.is_working(dt.date(2026, 1, 5) + n * ONE) for n in range(7)
        ]


def test_a_combination_without_a_day_left_is_refused() -> None:
    """D7: an office and a weekend have nothing in common."""
    with pytest.raises(Invalid):
        resolve(SETTINGS, "office & weekend")


@pytest.mark.parametrize("name", ["nowhere", "office & nowhere", "office &", "&"])
def test_an_unknown_calendar_is_an_error(name: str) -> None:
    """D7: nothing is taken in place of a name that is not there."""
    with pytest.raises((Invalid, NotFound)):
        resolve(SETTINGS, name)


def test_a_day_off_says_why() -> None:
    """D10: the weekday's name, or a holiday; nothing for a working day."""
    days = work_days(WorkCalendar(holidays=frozenset({dt.date(2026, 1, 6)}), yearly_holidays=frozenset({"01-01"})))
    assert "Saturday" in str(days.reason(SATURDAY))
    assert "holiday" in str(days.reason(dt.date(2026, 1, 6)))
    assert "holiday" in str(days.reason(dt.date(2026, 1, 1)))
    assert days.reason(dt.date(2026, 1, 5)) is None


def test_a_calendars_own_add_takes_any_number_within_the_years() -> None:
    """D11: more than 36 500 as long as the date is one; beyond, `Invalid` and no `OverflowError`."""
    every = work_days(WorkCalendar(weekdays=frozenset(range(1, 8))))
    length = (LAST - FIRST).days
    assert LAST == every.add(FIRST, length) and FIRST == every.add(LAST, -length)
    for n in (length + 1, 10**9, 10**30, 2**63):
        with pytest.raises(Invalid):
            every.add(FIRST, n)
        with pytest.raises(Invalid):
            every.add(LAST, -n)


@pytest.mark.parametrize("roll_anchor", ROLL_ANCHORS)
def test_nothing_is_left_at_the_ends_of_the_years(roll_anchor: Any) -> None:
    """D11: 1 before the first and 1 after the last working day are refused; the first and last themselves are not."""
    for day, n in ((FIRST, -1), (LAST, 1)):
        assert day == MON_TO_FRI.add(day, 0, roll_anchor)
        with pytest.raises(Invalid):
            MON_TO_FRI.add(day, n, roll_anchor)


@pytest.mark.parametrize("roll", ["next", "previous"])
def test_a_roll_beyond_the_years_is_refused(roll: Any) -> None:
    """D11: where no working day is left that way."""
    only = LAST - 5 * ONE if roll == "next" else FIRST + 5 * ONE
    few = work_days(WorkCalendar(weekdays=frozenset(), working_days=frozenset({only})))
    assert only == few.roll(only, roll)
    with pytest.raises(Invalid):
        few.roll(only + (ONE if roll == "next" else -ONE), roll)


@pytest.mark.parametrize("n", [True, False, 1.0, float("inf"), "1", None])
def test_only_whole_numbers_are_added(n: Any) -> None:
    """D11: truth values, floats and text are refused."""
    with pytest.raises(Invalid):
        MON_TO_FRI.add(SATURDAY, n)


@pytest.mark.parametrize(
    "day", [dt.datetime(2026, 1, 5), dt.datetime(2026, 1, 5, tzinfo=dt.UTC), "2026-01-05", None, 20260105]
)
def test_every_question_is_asked_about_a_date(day: Any) -> None:
    """D11: a datetime or anything else where a date belongs is refused by every question."""
    asked = [
        lambda: MON_TO_FRI.is_working(day),
        lambda: MON_TO_FRI.reason(day),
        lambda: MON_TO_FRI.roll(day, "next"),
        lambda: MON_TO_FRI.add(day, 1),
        lambda: MON_TO_FRI.count(day, SATURDAY),
        lambda: MON_TO_FRI.count(SATURDAY, day),
    ]
    for ask in asked:
        with pytest.raises(Invalid):
            ask()


@pytest.mark.parametrize("word", ["nearest", "", "NEXT", None, 1])
def test_an_unknown_roll_is_refused(word: Any) -> None:
    """D4, D5: only the rolls of the rules."""
    with pytest.raises(Invalid):
        MON_TO_FRI.roll(SATURDAY, word)
    with pytest.raises(Invalid):
        MON_TO_FRI.add(SATURDAY, 1, word)


class Ungrown(WorkDays):
    """One whose table never grows: every date behind it is counted year by year."""

    __slots__ = ()

    def _grown(self, day: dt.date, n: int) -> bool:
        return False


def test_a_table_that_grew_counts_as_one_that_did_not() -> None:
    """D5: behind 2049, from any start and by any roll."""
    chance = random.Random(2)
    calendar = WorkCalendar("thin", frozenset({1, 3, 5}), yearly_holidays=frozenset({"12-25"}))
    grown, slow = WorkDays((calendar,)), Ungrown((calendar,))
    for _ in range(size(4_000)):
        day = dt.date(2040, 1, 1) + dt.timedelta(days=chance.randint(0, 380_000))
        n, roll = chance.randint(-3000, 3000), chance.choice(["none", "next", "previous"])
        assert slow.add(day, n, roll) == grown.add(day, n, roll), (day, n, roll)
