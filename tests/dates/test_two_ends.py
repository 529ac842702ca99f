"""Tasks whose two ends hang on different things, and durations in days that changed (P5, P6, D8)."""

from __future__ import annotations

import attrs
import pytest

from actionplans.model import Dependency, FrozenMap, Milestone, Offset, Plan, Task
from actionplans.schedule import Moved
from tests.dates.changes import put
from tests.dates.plans import POLICIES, context
from tests.dates.test_reschedule import anchored, found, jan, moved, plan, task

AFTER_A = Offset(1, "working_days", "task:a")


def both(policy: str, **fields: object) -> Plan:
    """a ends on Friday the 9th; m is three working days later; t starts after a and is due on the day of m."""
    return plan(
        task("a", 5, 9),
        Milestone("m", "m", due=jan(14), offset=Offset(3, "working_days", "task:a")),
        task("t", 12, 14, start_offset=AFTER_A, offset=Offset(0, anchor="milestone:m"), **fields),
        policy=policy,
    )


@pytest.mark.parametrize("policy", ["push", "keep", "asap"])
def test_where_both_ends_go_on_together_the_task_is_as_long_as_it_was(policy: str) -> None:
    """a is a week late: so is t, whose start is counted from a and whose due from m (P6)."""
    before = both(policy)
    (row,) = [one for one in found(before, put(before, task("a", 5, 16))).moves if one.item_id == "t"]
    assert (jan(19), jan(21), 3) == (row.start, row.due, row.duration)


def test_under_hold_a_link_moves_neither() -> None:
    """An offset from a task is a link; where m is moved by hand, the due follows and the start stays (P5)."""
    before = both("hold")
    assert {} == moved(before, put(before, task("a", 5, 16)))
    later = attrs.evolve(before.milestone("m"), due=jan(21))
    assert {"t": (12, 21)} == moved(before, put(put(before, task("a", 5, 16)), later))


def test_a_task_in_progress_keeps_its_start_there_too() -> None:
    """Only its due goes on (P5)."""
    before = both("push", status="in_progress")
    assert {"m": (None, 21), "t": (12, 21)} == moved(before, put(before, task("a", 5, 16)))


@pytest.mark.parametrize(("policy", "start"), [("push", 12), ("keep", 12), ("asap", 7)])
def test_earlier_the_start_goes_only_as_the_policy_says(policy: str, start: int) -> None:
    """a ends on Tuesday, m is put on the 13th: only `asap` takes the start back to where it is counted."""
    before = both(policy)
    after = put(put(before, task("a", 5, 6)), attrs.evolve(before.milestone("m"), due=jan(13)))
    assert (start, 13) == moved(before, after)["t"]


@pytest.mark.parametrize("policy", ["push", "keep", "asap"])
def test_the_other_way_round_too(policy: str) -> None:
    """The start is counted from an anchor, the due from a task that goes on with the anchor as well."""
    first = Offset(-5, "working_days", "go_live")
    before = plan(
        task("a", 19, 20, start_offset=first),
        task("t", 19, 23, start_offset=first, offset=Offset(3, "working_days", "task:a")),
        policy=policy,
    )
    before = attrs.evolve(before, anchors=FrozenMap({"start": jan(5), "go_live": jan(26)}))
    (row,) = [one for one in found(before, anchored(before, go_live=30)).moves if one.item_id == "t"]
    assert (jan(23), jan(29), 5) == (row.start, row.due, row.duration)


def test_the_start_of_a_task_without_working_days_goes_no_earlier() -> None:
    """From a Saturday to that Saturday, pushed to the Sunday, it starts no earlier than it did (P5)."""
    before = plan(
        task("a", 5, 10),
        Task("b", "b", start=jan(10), due=jan(10), duration=1, offset=Offset(0, anchor="task:a")),
    )
    assert {"b": (10, 11)} == moved(before, put(before, task("a", 5, 11)))


# Durations


def calendar_changed(before: Plan) -> dict[str, Moved]:
    """What moves where the plan counts in the Gulf's days."""
    return {one.item_id: one for one in found(before, attrs.evolve(before, calendar="gulf")).moves}


@pytest.mark.parametrize("policy", POLICIES)
def test_a_task_whose_dates_stay_in_another_calendar_is_measured_again(policy: str) -> None:
    """Start, due and duration agree (D8): both ends at their offsets, or locked; what is done stays as it was."""
    before = plan(
        task("ends", 8, 20, start_offset=Offset(3), offset=Offset(15)),
        task("locked", 8, 20, locked=True),
        task("begun", 8, 20, status="in_progress", offset=Offset(15)),
        task("gone", 8, 20, status="cancelled", was="open", start_offset=Offset(3), offset=Offset(15)),
        task("free", None, None, Dependency("ends"), duration=2) if policy == "push" else task("same", 12, 14),
        policy=policy,
    )
    told = calendar_changed(before)
    assert {"ends", "locked", "begun"} == told.keys() - {"free", "same"}
    days = context(jan(1)).calendars_of(attrs.evolve(before, calendar="gulf"))(None)
    for one in ("ends", "locked", "begun"):
        held = told[one]
        assert (jan(8), jan(20), jan(8), jan(20)) == held[1:5]
        assert held.duration == days.count(jan(8), jan(20)) != before.task(one).duration
        assert "measured" == held.reason.cause and jan(20) == held.reason.replay(days)


def test_where_the_days_are_the_same_nothing_is_measured() -> None:
    """A duration that disagrees is not the change's doing, nor one that was never given."""
    odd = attrs.evolve(task("odd", 8, 20, offset=Offset(15)), duration=2)
    before = plan(odd, attrs.evolve(task("none", 8, 20, locked=True), duration=None))
    assert {} == moved(before, attrs.evolve(before, anchors=FrozenMap({**before.anchors, "new": jan(5)})))
    assert {"odd"} == calendar_changed(before).keys()
