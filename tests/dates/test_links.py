"""Links (P1, D11): the earliest day of a successor, against a walk and against the words of the rule."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actionplans.errors import Invalid
from actionplans.model import Dependency, WorkCalendar
from actionplans.schedule import bound
from actionplans.workdays import work_days
from tests.dates.oracle import ONE, NoDate, Oracle
from tests.dates.strategies import CALENDARS, FIRST, KINDS, LAST, LINKS, NEARBY, near, runs
from tests.size import size

pytestmark = pytest.mark.timeout(900)  # a soak takes minutes

Drawn = tuple[dt.date, tuple[WorkCalendar, ...]]

MON_TO_FRI = work_days(WorkCalendar())
THURSDAY, FRIDAY, SATURDAY, MONDAY, TUESDAY, WEDNESDAY = (dt.date(2026, 1, n) for n in (1, 2, 3, 5, 6, 7))


@runs(size(400))
@given(
    CALENDARS, st.lists(st.tuples(LINKS, NEARBY, st.integers(0, 40), st.sampled_from("sdb")), min_size=10, max_size=10)
)
def test_bounds_agree_with_a_walk(drawn: Drawn, tried: list[tuple[Dependency, int, int, str]]) -> None:
    """P1: every kind, lag and unit, with both of the predecessor's dates or only one of them."""
    around, made = drawn
    days, oracle = work_days(*made), Oracle(*made)
    for link, distance, length, has in tried:
        first = near(around, distance)
        start, due = (None if has == "d" else first), (None if has == "s" else near(first, length))
        try:
            expected = oracle.bound(link, start, due)
        except NoDate:
            with pytest.raises(Invalid):
                bound(link, start, due, days)
        else:
            assert expected == bound(link, start, due, days), (link, start, due)


@runs(size(400))
@given(CALENDARS, st.lists(st.tuples(NEARBY, st.integers(-60, 300)), min_size=10, max_size=10))
def test_a_lag_is_what_lies_between(drawn: Drawn, tried: list[tuple[int, int]]) -> None:
    """P1: FS lag n leaves n working days strictly between due and start; −n overlaps by n, both ends included."""
    around, made = drawn
    days, oracle = work_days(*made), Oracle(*made)
    for distance, lag in tried:
        due = near(around, distance)
        try:
            end, start = bound(Dependency("before", "FS", lag), None, due, days) or ("", due)
        except Invalid:
            continue
        assert "start" == end and oracle.works(start)
        if lag >= 0:
            assert lag == oracle.count(due + ONE, start - ONE), (due, lag)
        elif oracle.works(due):
            assert -lag == oracle.count(start, due), (due, lag)


@pytest.mark.parametrize(
    ("kind", "lag", "expected"),
    [
        ("FS", 0, ("start", MONDAY)),
        ("FS", 1, ("start", TUESDAY)),
        ("FS", -1, ("start", FRIDAY)),
        ("FS", -2, ("start", THURSDAY)),
        ("SS", 0, ("start", THURSDAY)),
        ("SS", 1, ("start", FRIDAY)),
        ("SS", 2, ("start", MONDAY)),
        ("FF", 0, ("due", FRIDAY)),
        ("FF", 1, ("due", MONDAY)),
        ("SF", 0, ("due", dt.date(2025, 12, 31))),
        ("SF", 1, ("due", THURSDAY)),
        ("SF", 2, ("due", FRIDAY)),
    ],
)
def test_the_four_kinds_of_link(kind: Any, lag: int, expected: tuple[str, dt.date]) -> None:
    """P1: from a predecessor of Thursday and Friday, by working days."""
    assert expected == bound(Dependency("before", kind, lag), THURSDAY, FRIDAY, MON_TO_FRI)


@pytest.mark.parametrize(
    ("kind", "lag", "expected"),
    [
        ("FS", 0, ("start", MONDAY)),
        ("FS", 4, ("start", WEDNESDAY)),
        ("FS", -1, ("start", FRIDAY)),
        ("SS", 2, ("start", MONDAY)),
        ("FF", 1, ("due", MONDAY)),
        ("FF", 4, ("due", TUESDAY)),
        ("SF", 0, ("due", dt.date(2025, 12, 31))),
        ("SF", 3, ("due", MONDAY)),
    ],
)
def test_a_lag_in_days_counts_calendar_days_and_rolls(kind: Any, lag: int, expected: tuple[str, dt.date]) -> None:
    """P1: the same predecessor, by calendar days rolled next."""
    assert expected == bound(Dependency("before", kind, lag, "days"), THURSDAY, FRIDAY, MON_TO_FRI)


@pytest.mark.parametrize("kind", KINDS)
def test_a_predecessor_without_dates_binds_nothing(kind: Any) -> None:
    """P1: a task without any date."""
    assert bound(Dependency("before", kind), None, None, MON_TO_FRI) is None


@pytest.mark.parametrize("kind", KINDS)
def test_a_missing_date_is_replaced_by_the_other(kind: Any) -> None:
    """P1: a predecessor with only one date has it as start and as due."""
    link = Dependency("before", kind, 2)
    both = bound(link, FRIDAY, FRIDAY, MON_TO_FRI)
    assert both == bound(link, FRIDAY, None, MON_TO_FRI) == bound(link, None, FRIDAY, MON_TO_FRI)


@pytest.mark.parametrize("lag", [True, 1.0, 36_501, -36_501, "1", None])
def test_a_lag_is_a_whole_number_within_reason(lag: Any) -> None:
    """D11: refused, naming the field."""
    with pytest.raises(Invalid, match="lag"):
        Dependency("before", "FS", lag)


@pytest.mark.parametrize("unit", ["days", "working_days"])
@pytest.mark.parametrize(
    ("kind", "lag", "day"), [("FS", 0, LAST), ("FF", 1, LAST), ("SF", 0, FIRST), ("SS", -1, FIRST)]
)
def test_a_bound_beyond_the_years_is_refused(kind: Any, lag: int, day: dt.date, unit: Any) -> None:
    """D11: `Invalid`, not an `OverflowError`."""
    with pytest.raises(Invalid):
        bound(Dependency("before", kind, lag, unit), day, day, MON_TO_FRI)


@pytest.mark.parametrize("day", [dt.datetime(2026, 1, 5), "2026-01-05", 5])
def test_a_predecessor_has_dates_and_nothing_else(day: Any) -> None:
    """D11: a datetime where a date belongs is refused."""
    for unit in ("days", "working_days"):
        with pytest.raises(Invalid):
            bound(Dependency("before", "FS", 1, unit), None, day, MON_TO_FRI)  # type: ignore[arg-type]
