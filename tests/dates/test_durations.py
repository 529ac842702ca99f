"""Durations (D8, D11): working days from start to due, both included."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actionplans.errors import Invalid
from actionplans.model import Task, TemplateTask, WorkCalendar
from actionplans.schedule import due_of, duration_of, settle, start_of
from actionplans.workdays import work_days
from tests.dates.oracle import NoDate, Oracle
from tests.dates.strategies import CALENDARS, FIRST, LAST, NEARBY, near, runs
from tests.size import size

pytestmark = pytest.mark.timeout(900)  # a soak takes minutes

Drawn = tuple[dt.date, tuple[WorkCalendar, ...]]
TRIED = st.lists(st.tuples(NEARBY, st.one_of(st.integers(1, 12), st.integers(1, 400))), min_size=8, max_size=8)

MON_TO_FRI = work_days(WorkCalendar())
FRIDAY, SATURDAY, MONDAY, TUESDAY = (dt.date(2026, 1, n) for n in (2, 3, 5, 6))


@runs(size(400))
@given(CALENDARS, TRIED)
def test_start_and_due_agree_with_a_walk(drawn: Drawn, tried: list[tuple[int, int]]) -> None:
    """D8: the due out of start and duration and the start out of due and duration, or `Invalid` beyond the years."""
    around, made = drawn
    days, oracle = work_days(*made), Oracle(*made)
    for distance, duration in tried:
        day = near(around, distance)
        for ours, theirs in ((due_of, oracle.due_of), (start_of, oracle.start_of)):
            try:
                expected = theirs(day, duration)
            except NoDate:
                with pytest.raises(Invalid):
                    ours(day, duration, days)
            else:
                assert expected == ours(day, duration, days), (ours, day, duration)


@runs(size(400))
@given(CALENDARS, TRIED)
def test_any_two_give_the_third_back(drawn: Drawn, tried: list[tuple[int, int]]) -> None:
    """D8: duration_of undoes due_of and start_of, and start_of undoes due_of up to the first working day."""
    around, made = drawn
    days, oracle = work_days(*made), Oracle(*made)
    for distance, duration in tried:
        day = near(around, distance)
        try:
            due = due_of(day, duration, days)
        except Invalid:
            continue
        assert duration == duration_of(day, due, days) == oracle.count(day, due)
        assert oracle.next(day) == start_of(due, duration, days)
        assert (day, due, duration) == settle(day, due, None, days) == settle(day, None, duration, days)
        assert (oracle.next(day), due, duration) == settle(None, due, duration, days)


@runs(size(400))
@given(CALENDARS, NEARBY, st.integers(1, 60), st.integers(1, 60))
def test_three_that_disagree_are_refused(drawn: Drawn, distance: int, duration: int, other: int) -> None:
    """D8: all three are taken only where the count from start to due is the duration."""
    around, made = drawn
    start, days = near(around, distance), work_days(*made)
    try:
        due = due_of(start, duration, days)
    except Invalid:
        return
    if duration == other:
        assert (start, due, duration) == settle(start, due, duration, days)
    else:
        with pytest.raises(Invalid):
            settle(start, due, other, days)


def test_a_duration_of_one_starts_and_ends_on_the_same_day() -> None:
    """D8: a Monday for one day is that Monday."""
    assert MONDAY == due_of(MONDAY, 1, MON_TO_FRI) == start_of(MONDAY, 1, MON_TO_FRI)
    assert 1 == duration_of(MONDAY, MONDAY, MON_TO_FRI)


def test_a_start_on_a_day_off_stays_and_the_next_working_day_is_day_one() -> None:
    """D8: from Saturday for one day is due on Monday; the start stays on Saturday."""
    assert (SATURDAY, MONDAY, 1) == settle(SATURDAY, None, 1, MON_TO_FRI)
    assert (SATURDAY, TUESDAY, 2) == settle(SATURDAY, None, 2, MON_TO_FRI)
    assert 1 == duration_of(SATURDAY, MONDAY, MON_TO_FRI)


def test_a_due_on_a_day_off_counts_back_from_the_working_day_before() -> None:
    """D8: due on Saturday after one day's work started on Friday."""
    assert FRIDAY == start_of(SATURDAY, 1, MON_TO_FRI)


@pytest.mark.parametrize("given", [(None, None, None), (MONDAY, None, None), (None, MONDAY, None), (None, None, 3)])
def test_fewer_than_two_stay_as_they_are(given: tuple[Any, Any, Any]) -> None:
    """D8: nothing is made up out of one."""
    assert given == settle(*given, MON_TO_FRI)


def test_a_due_before_its_start_is_refused() -> None:
    """D8: a duration is at least 1."""
    for refused in (
        lambda: settle(TUESDAY, MONDAY, None, MON_TO_FRI),
        lambda: duration_of(TUESDAY, MONDAY, MON_TO_FRI),
    ):
        with pytest.raises(Invalid):
            refused()


def test_days_beyond_the_years_are_refused() -> None:
    """D11: `Invalid`, not an `OverflowError`."""
    with pytest.raises(Invalid):
        due_of(LAST, 2, MON_TO_FRI)
    with pytest.raises(Invalid):
        start_of(FIRST, 2, MON_TO_FRI)
    assert (LAST, FIRST) == (due_of(LAST, 1, MON_TO_FRI), start_of(FIRST, 1, MON_TO_FRI))


@pytest.mark.parametrize("duration", [0, -1, True, 1.0, 36_501, "1", 10**30])
def test_a_duration_is_a_whole_number_from_one_on(duration: Any) -> None:
    """D8, D11: by every way in."""
    refused = [
        lambda: due_of(MONDAY, duration, MON_TO_FRI),
        lambda: start_of(MONDAY, duration, MON_TO_FRI),
        lambda: settle(MONDAY, None, duration, MON_TO_FRI),
        lambda: settle(MONDAY, due_of(MONDAY, 1, MON_TO_FRI), duration, MON_TO_FRI),
        lambda: settle(None, None, duration, MON_TO_FRI),
        lambda: TemplateTask("key", "A task", duration=duration),
    ]
    for ask in refused:
        with pytest.raises(Invalid):
            ask()


@pytest.mark.parametrize("day", [dt.datetime(2026, 1, 5), "2026-01-05", 5])
def test_start_and_due_are_dates(day: Any) -> None:
    """D11: a datetime where a date belongs is refused."""
    refused = [
        lambda: due_of(day, 1, MON_TO_FRI),
        lambda: start_of(day, 1, MON_TO_FRI),
        lambda: duration_of(day, TUESDAY, MON_TO_FRI),
        lambda: duration_of(MONDAY, day, MON_TO_FRI),
        lambda: settle(day, None, 1, MON_TO_FRI),
        lambda: settle(None, day, 1, MON_TO_FRI),
        lambda: Task("id", "A task", start=day),
        lambda: Task("id", "A task", due=day),
    ]
    for ask in refused:
        with pytest.raises(Invalid):
            ask()
