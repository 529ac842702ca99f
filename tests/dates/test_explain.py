"""Why a date is what it is (D10)."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given

from actionplans.errors import Invalid
from actionplans.model import Offset, WorkCalendar
from actionplans.schedule import Explanation, explain, offset_date
from actionplans.workdays import work_days
from tests.dates.oracle import Oracle
from tests.dates.strategies import SMALL, runs
from tests.dates.test_offsets import Case, cases, unpacked
from tests.size import size

pytestmark = pytest.mark.timeout(900)  # a soak takes minutes

NEW_YEAR = WorkCalendar(yearly_holidays=frozenset({"01-01"}))
WEDNESDAY = dt.date(2025, 12, 31)


def said(offset: Offset, anchor: dt.date, calendar: WorkCalendar = NEW_YEAR) -> Explanation:
    """The explanation of an offset from the start."""
    return explain(offset, "start", anchor, work_days(calendar))


@runs(size(400))
@given(cases(SMALL, 10))
def test_an_explanation_replays_to_the_same_date(case: Case) -> None:
    """D10: its date is the offset's date, and asking again with its own data gives an equal explanation."""
    days, _, batch = unpacked(case)
    for anchor, offset in batch:
        try:
            date = offset_date(offset, anchor, days)
        except Invalid:
            with pytest.raises(Invalid):
                explain(offset, "start", anchor, days)
            continue
        told = explain(offset, "start", anchor, days)
        assert (date, offset, anchor, "start") == (told.date, told.offset, told.anchor, told.anchor_name)
        assert told == explain(told.offset, told.anchor_name, told.anchor, days)
        assert date == offset_date(told.offset, told.anchor, days)


@runs(size(400))
@given(cases(SMALL, 10))
def test_what_was_skipped_was_not_worked_and_lies_on_the_way(case: Case) -> None:
    """D10: each skipped day is a day off with its reason; for working days they are all those counted over."""
    days, oracle, batch = unpacked(case)
    for anchor, offset in batch:
        try:
            told = explain(offset, "start", anchor, days)
        except Invalid:
            continue
        skipped = [one.day for one in told.skipped]
        assert len(set(skipped)) == len(skipped)
        for one in told.skipped:
            assert not oracle.works(one.day) and days.reason(one.day) == one.reason
        if offset.unit == "working_days" and offset.count:
            between = all_off(oracle, anchor, told.date)
            assert set(skipped) <= set(between) | set(all_off_near(oracle, anchor)), (anchor, offset)
            assert set(between) - {anchor} <= set(skipped), (anchor, offset)
        elif offset.roll == "none" and offset.unit != "working_days":
            assert [] == skipped


def all_off(oracle: Oracle, one: dt.date, other: dt.date) -> list[dt.date]:
    """The days off from the one day to the other, whichever comes first, both included."""
    first, last = sorted((one.toordinal(), other.toordinal()))
    return [day for n in range(first, last + 1) if not oracle.works(day := dt.date.fromordinal(n))]


def all_off_near(oracle: Oracle, anchor: dt.date) -> list[dt.date]:
    """The days off between the anchor and the working days it may have been moved to first (D5)."""
    found = []
    for step in (1, -1):
        day = anchor
        while not oracle.works(day) and dt.date.min < day < dt.date.max:
            found.append(day)
            day += dt.timedelta(days=step)
        if not oracle.works(day):
            found.append(day)
    return found


def test_the_sentence_names_the_anchor_the_count_and_the_skipped_days() -> None:
    """D10: 3 working days after Wednesday 31 December 2025, over New Year and a weekend."""
    told = said(Offset(3, "working_days"), WEDNESDAY)
    assert dt.date(2026, 1, 6) == told.date
    assert [dt.date(2026, 1, n) for n in (1, 3, 4)] == [one.day for one in told.skipped]
    words = told.sentence()
    named = ("start", "31 December 2025", "3 working days after", "6 January 2026")
    skipped = ("1 January 2026 (holiday)", "Saturday 3 January 2026", "Sunday 4 January 2026")
    assert [] == [word for word in (*named, *skipped) if word not in words]


def test_the_sentence_names_the_roll_and_where_it_rolled_from() -> None:
    """D10: 3 days after Wednesday is Saturday, rolled to Monday."""
    told = said(Offset(3, roll="next"), WEDNESDAY)
    assert (dt.date(2026, 1, 3), dt.date(2026, 1, 5)) == (told.landed, told.date)
    assert "3 days after" in told.sentence()
    assert "moved from Saturday 3 January 2026" in told.sentence() and "Monday 5 January 2026 is" in told.sentence()


def test_the_sentence_says_before_for_a_negative_offset() -> None:
    """D10: a negative count counts backwards, in words too."""
    words = said(Offset(-2, "weeks"), WEDNESDAY).sentence()
    assert "2 weeks before" in words and "-2" not in words and "17 December 2025" in words


def test_one_is_said_in_the_singular() -> None:
    """D10: a sentence for people."""
    assert "1 month " in said(Offset(1, "months"), WEDNESDAY).sentence()
    assert "1 working day " in said(Offset(1, "working_days"), WEDNESDAY).sentence()


def test_a_roll_that_turned_round_says_so() -> None:
    """D4, D10: 0 days rolled previous from a Saturday would land before its anchor, so it is Monday, and says both."""
    told = said(Offset(0, roll="previous"), dt.date(2026, 1, 3))
    assert dt.date(2026, 1, 5) == told.date
    assert "moved from Saturday 3 January 2026" in told.sentence() and "Monday 5 January 2026 is" in told.sentence()


def test_every_sentence_is_one_line_that_names_anchor_and_date() -> None:
    """D10: for every unit and a few counts."""
    for unit in ("days", "weeks", "months", "working_days"):
        for n in (-400, -1, 0, 1, 400):
            told = explain(Offset(n, unit), "go_live", WEDNESDAY, work_days(NEW_YEAR))  # type: ignore[arg-type]
            words = told.sentence()
            assert "\n" not in words and "go_live" in words and "Wednesday 31 December 2025" in words
            assert f"{told.date.day} {told.date:%B} {told.date.year} is" in words
