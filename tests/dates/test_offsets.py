"""Offsets (D3 to D5, D11) against the oracle, and their laws."""

from __future__ import annotations

import datetime as dt
from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actionplans.errors import Invalid
from actionplans.model import Offset, WorkCalendar
from actionplans.schedule import offset_date
from actionplans.workdays import WorkDays, work_days
from tests.dates.oracle import NoDate, Oracle
from tests.dates.strategies import (
    CALENDARS,
    FIRST,
    LARGE,
    LAST,
    NEARBY,
    ROLL_ANCHORS,
    ROLLS,
    SMALL,
    near,
    offsets,
    runs,
)
from tests.size import size

pytestmark = pytest.mark.timeout(900)  # a soak takes minutes

BATCH = 100
"""Offsets drawn for each set of calendars, so that a case costs less than its calendar."""

MON_TO_FRI = work_days(WorkCalendar())

Case = tuple[tuple[dt.date, tuple[WorkCalendar, ...]], list[tuple[int, Offset]]]


def cases(counts: st.SearchStrategy[int], batch: int) -> st.SearchStrategy[Case]:
    """Calendars, with a batch of anchors and offsets near their entries."""
    pairs = st.tuples(NEARBY, offsets(counts))
    return st.tuples(CALENDARS, st.lists(pairs, min_size=batch, max_size=batch))


def unpacked(case: Case) -> tuple[WorkDays, Oracle, list[tuple[dt.date, Offset]]]:
    """The library's working days, the oracle's, and the anchors with their offsets."""
    (around, made), batch = case
    return work_days(*made), Oracle(*made), [(near(around, distance), offset) for distance, offset in batch]


def ours(offset: Offset, anchor: dt.date, days: WorkDays) -> dt.date | None:
    """The library's date; None where it refuses."""
    try:
        return offset_date(offset, anchor, days)
    except Invalid:
        return None


def expected(offset: Offset, anchor: dt.date, oracle: Oracle) -> dt.date | None:
    """The oracle's date; None where there is none."""
    try:
        return oracle.offset(offset, anchor)
    except NoDate:
        return None


@runs(size(100_000) // BATCH)
@given(cases(SMALL, BATCH))
def test_offsets_agree_with_a_walk_over_days(case: Case) -> None:
    """D3 to D5: within ±400, every unit, roll and roll_anchor, on any calendars, a walk gives the same or no date."""
    days, oracle, batch = unpacked(case)
    for anchor, offset in batch:
        assert expected(offset, anchor, oracle) == ours(offset, anchor, days), (anchor, offset)


@runs(size(400))
@given(cases(LARGE, 5))
def test_far_offsets_agree_with_a_table_of_years(case: Case) -> None:
    """D3 to D5, D11: beyond ±400, up to ±36 500, a table of whole years gives the same or no date."""
    days, oracle, batch = unpacked(case)
    for anchor, offset in batch:
        assert expected(offset, anchor, oracle) == ours(offset, anchor, days), (anchor, offset)


@runs(size(400))
@given(CALENDARS, SMALL.filter(bool))
def test_the_table_and_the_walk_of_the_oracle_agree(drawn: tuple[dt.date, tuple[WorkCalendar, ...]], n: int) -> None:
    """The oracle's two ways of counting give the same day, or both none."""
    around, made = drawn
    oracle = Oracle(*made)
    answers = []
    for way in (oracle.near, oracle.far):
        try:
            answers.append(way(around, n))
        except NoDate:
            answers.append(None)
    assert answers[0] == answers[1]


@runs(size(400))
@given(cases(SMALL, 20))
def test_a_rolled_date_is_never_a_non_working_day(case: Case) -> None:
    """D4, D5: only an offset of calendar days with roll none may land on a day that is not worked."""
    days, _, batch = unpacked(case)
    for anchor, offset in batch:
        date = ours(offset, anchor, days)
        if date is not None and (offset.unit == "working_days" or offset.roll != "none"):
            assert days.is_working(date), (anchor, offset)


@runs(size(400))
@given(cases(SMALL, 20))
def test_an_offset_never_lands_on_the_other_side_of_its_anchor(case: Case) -> None:
    """D4: 0 or more never before the anchor, less never after; but 0 working days with previous may (D5)."""
    days, _, batch = unpacked(case)
    for anchor, offset in batch:
        date = ours(offset, anchor, days)
        if date is None:
            continue
        if offset.count < 0:
            assert date <= anchor, (anchor, offset)
        elif offset.roll_anchor != "previous" or offset.count > 0:
            assert date >= anchor, (anchor, offset)


@pytest.mark.parametrize("unit", ["days", "weeks", "months", "working_days"])
@runs(size(400))
@given(drawn=CALENDARS, counts=st.tuples(SMALL, SMALL), roll=st.sampled_from(["none", "next", "previous"]))
def test_a_larger_offset_never_gives_an_earlier_date(unit: Any, drawn: Any, counts: Any, roll: Any) -> None:
    """D3 to D5: dates come in the order of their counts, with no roll, next and previous."""
    anchor, made = drawn
    rolled = {"roll_anchor" if unit == "working_days" else "roll": roll}
    first, last = (ours(Offset(n, unit, **rolled), anchor, work_days(*made)) for n in sorted(counts))
    assert first is None or last is None or first <= last


def test_two_working_days_and_two_days_rolled_are_not_the_same() -> None:
    """D4: from a Friday, 2 working days is Tuesday; 2 days rolled next is Monday."""
    friday = dt.date(2026, 1, 2)
    assert dt.date(2026, 1, 6) == offset_date(Offset(2, "working_days"), friday, MON_TO_FRI)
    assert dt.date(2026, 1, 5) == offset_date(Offset(2, roll="next"), friday, MON_TO_FRI)


def test_day_n_is_the_anchor_plus_n() -> None:
    """D2: day 0 is the anchor itself and On Day 1 the day after it."""
    anchor = dt.date(2026, 1, 2)
    assert [dt.date(2026, 1, 1 + n) for n in (0, 1, 2, 3)] == [
        offset_date(Offset(n), anchor, MON_TO_FRI) for n in (-1, 0, 1, 2)
    ]


@pytest.mark.parametrize(
    ("roll_anchor", "n", "expected"),
    [
        ("none", 1, dt.date(2026, 1, 5)),
        ("next", 1, dt.date(2026, 1, 6)),
        ("previous", 1, dt.date(2026, 1, 5)),
        ("none", 0, dt.date(2026, 1, 5)),
        ("next", 0, dt.date(2026, 1, 5)),
        ("previous", 0, dt.date(2026, 1, 2)),
        ("none", -1, dt.date(2026, 1, 2)),
        ("next", -1, dt.date(2026, 1, 2)),
        ("previous", -1, dt.date(2026, 1, 1)),
    ],
)
def test_working_days_from_a_saturday(roll_anchor: Any, n: int, expected: dt.date) -> None:
    """D5: the spreadsheets' count and the other family's, from Saturday 3 January 2026."""
    offset = Offset(n, "working_days", roll_anchor=roll_anchor)
    assert expected == offset_date(offset, dt.date(2026, 1, 3), MON_TO_FRI)


@pytest.mark.parametrize("n", [-3, 0, 3])
def test_a_non_working_anchor_is_refused_where_that_is_asked_for(n: int) -> None:
    """D5: roll_anchor refuse takes a working anchor and refuses another, naming it."""
    refuse = Offset(n, "working_days", roll_anchor="refuse")
    monday = dt.date(2026, 1, 5)
    assert offset_date(Offset(n, "working_days"), monday, MON_TO_FRI) == offset_date(refuse, monday, MON_TO_FRI)
    with pytest.raises(Invalid, match="2026-01-03|3 January 2026"):
        offset_date(refuse, dt.date(2026, 1, 3), MON_TO_FRI)


@pytest.mark.parametrize(
    ("anchor", "months", "expected"),
    [
        (dt.date(2026, 1, 31), 1, dt.date(2026, 2, 28)),
        (dt.date(2024, 1, 31), 1, dt.date(2024, 2, 29)),
        (dt.date(2024, 3, 31), -1, dt.date(2024, 2, 29)),
        (dt.date(2024, 2, 29), 12, dt.date(2025, 2, 28)),
        (dt.date(2024, 2, 29), 48, dt.date(2028, 2, 29)),
        (dt.date(2024, 2, 29), -1, dt.date(2024, 1, 29)),
        (dt.date(2026, 12, 31), 2, dt.date(2027, 2, 28)),
        (dt.date(2026, 1, 15), -1, dt.date(2025, 12, 15)),
    ],
)
def test_months_clamp_at_the_end_of_the_month(anchor: dt.date, months: int, expected: dt.date) -> None:
    """D3: 31 January and a month is 28 or 29 February."""
    assert expected == offset_date(Offset(months, "months"), anchor, MON_TO_FRI)


LEAP_DAYS = [dt.date(y, 2, 29) for y in range(4, 10_000, 4) if y % 100 or not y % 400]


@pytest.mark.parametrize("months", [-48, -13, -12, -1, 0, 1, 11, 12, 13, 24, 48, 1200])
def test_every_leap_day_gives_a_date(months: int) -> None:
    """D3: from every 29 February of the years 1 to 9999, months and years give the oracle's date."""
    oracle = Oracle(WorkCalendar())
    assert 2424 == len(LEAP_DAYS)
    for leap_day in LEAP_DAYS:
        offset = Offset(months, "months")
        assert expected(offset, leap_day, oracle) == ours(offset, leap_day, MON_TO_FRI), leap_day


def test_every_leap_day_rolls_and_counts() -> None:
    """D4, D5: every 29 February of the years 1 to 9999 rolls and counts as the oracle does."""
    oracle = Oracle(WorkCalendar())
    tried = [Offset(0, roll=roll) for roll in ROLLS]
    tried += [Offset(n, "working_days", roll_anchor=one) for n in (-1, 0, 1) for one in ROLL_ANCHORS]
    for leap_day, offset in product(LEAP_DAYS[:: 1 if size(20) > 1 else 7], tried):
        assert expected(offset, leap_day, oracle) == ours(offset, leap_day, MON_TO_FRI), (leap_day, offset)


@pytest.mark.parametrize("unit", ["days", "weeks", "months", "working_days"])
@pytest.mark.parametrize(("anchor", "n"), [(FIRST, -1), (FIRST, -36_500), (LAST, 1), (LAST, 36_500)])
def test_a_date_beyond_the_years_is_refused(anchor: dt.date, n: int, unit: Any) -> None:
    """D11: outside years 1 to 9999 is `Invalid`, not an `OverflowError`."""
    with pytest.raises(Invalid):
        offset_date(Offset(n, unit), anchor, MON_TO_FRI)


@pytest.mark.parametrize("unit", ["days", "weeks", "months", "working_days"])
def test_the_first_and_the_last_day_are_dates_like_others(unit: Any) -> None:
    """D11: both ends may be reached; they are a Monday and a Friday."""
    offset = Offset(0, unit)
    assert (FIRST, LAST) == (offset_date(offset, FIRST, MON_TO_FRI), offset_date(offset, LAST, MON_TO_FRI))
    assert LAST == offset_date(Offset(1), LAST - dt.timedelta(days=1), MON_TO_FRI)
    assert FIRST == offset_date(Offset(-1), FIRST + dt.timedelta(days=1), MON_TO_FRI)


def test_a_modified_roll_turns_round_at_the_ends_of_the_years() -> None:
    """D4: it stays within the month, also where the other way there are no more days."""
    new_year, last = WorkCalendar(holidays=frozenset({FIRST})), WorkCalendar(holidays=frozenset({LAST}))
    assert dt.date(1, 1, 2) == offset_date(Offset(0, roll="modified_previous"), FIRST, work_days(new_year))
    assert dt.date(9999, 12, 30) == offset_date(Offset(-1, roll="modified_next"), LAST, work_days(last))
    assert dt.date(9999, 12, 30) == work_days(last).roll(LAST, "modified_next")


@pytest.mark.parametrize(
    ("anchor", "n", "roll_anchor"),
    [(LAST, -1, "next"), (LAST, -250, "next"), (FIRST, 1, "previous"), (FIRST, 250, "previous")],
)
def test_an_anchor_that_cannot_be_moved_onto_a_working_day_is_refused(
    anchor: dt.date, n: int, roll_anchor: Any
) -> None:
    """D5, D11: the anchor is moved first, and beyond the years there is no day to move it to."""
    days = work_days(WorkCalendar(holidays=frozenset({FIRST, LAST})))
    with pytest.raises(Invalid):
        offset_date(Offset(n, "working_days", roll_anchor=roll_anchor), anchor, days)


@pytest.mark.parametrize("count", [True, False, 1.0, float("nan"), 36_501, -36_501, "1", None, 10**30])
def test_an_offset_takes_only_a_whole_number_within_reason(count: Any) -> None:
    """D11: truth values, floats, text and numbers beyond ±36 500 are refused, naming the field."""
    with pytest.raises(Invalid, match="count"):
        Offset(count)


@pytest.mark.parametrize(
    "anchor", [dt.datetime(2026, 1, 5), dt.datetime(2026, 1, 5, tzinfo=dt.UTC), "2026-01-05", None, 5]
)
@pytest.mark.parametrize("unit", ["days", "working_days"])
def test_an_anchor_is_a_date_and_nothing_else(anchor: Any, unit: Any) -> None:
    """D11: a datetime, or anything else where a date belongs, is refused."""
    with pytest.raises(Invalid):
        offset_date(Offset(1, unit), anchor, MON_TO_FRI)


def test_the_two_families_are_never_mixed_up() -> None:
    """D4: working days take no roll, calendar days no roll_anchor."""
    with pytest.raises(Invalid, match="roll"):
        Offset(1, "working_days", roll="next")
    with pytest.raises(Invalid, match="roll_anchor"):
        Offset(1, "days", roll_anchor="next")
