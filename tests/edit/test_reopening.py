"""Reopening takes back what completing moved, where nothing has changed it since (P7)."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from random import Random
from typing import Any

import attrs
import pytest

from actionplans import codec, edit, journal
from actionplans.model import (
    Completion,
    Dependency,
    Milestone,
    Objective,
    Offset,
    Plan,
    Play,
    Shift,
    Warn,
)
from actionplans.schedule import Moved
from actionplans.schedule.bases import dates, timed
from actionplans.testing.clock import FrozenClock
from actionplans.workspace import Workspace
from tests.dates import changes, plans
from tests.dates.plans import POLICIES, context
from tests.dates.test_reschedule import jan, plan, task
from tests.size import size
from tests.workspace.world import opened, peopled

A, B, C = Dependency("a"), Dependency("b"), Dependency("c")


def chain(policy: str = "push", **fields: Any) -> Plan:
    """a, b, c and d, one after the other from Monday the 5th to Thursday the 8th."""
    return plan(
        task("a", 5, 5, original_due=jan(5)),
        task("b", 6, 6, A, status="waiting", original_due=jan(6), **fields),
        task("c", 7, 7, B, status="waiting", original_due=jan(7)),
        task("d", 8, 8, C, status="waiting", original_due=jan(8)),
        policy=policy,
    )


def done(before: Plan, item_id: str = "a", on: int = 7) -> Plan:
    """The plan with that item done on a day of January."""
    return edit.complete(before, context(jan(on)), item_id, override=True)


def again(after: Plan, item_id: str = "a", on: int = 9, **heard: Any) -> Plan:
    """The plan with that item reopened, two days later unless said otherwise."""
    return edit.reopen(after, context(jan(on), **heard), item_id)


def dues(plan: Plan) -> str:
    """The days of January on which the tasks are due, in plan order."""
    return " ".join(str(one.due.day) if one.due else "-" for one in plan.tasks)


def test_all_dates_go_back_where_nothing_changed() -> None:
    """Whether completing was late or early, and however far it reached."""
    late, early = done(chain()), done(chain("asap"), on=1)
    assert ("5 8 9 12", "5 2 5 6") == (dues(late), dues(early))
    for after in (late, early):
        assert "5 6 7 8" == dues(again(after))
    assert chain() == _uncounted(again(late))
    assert chain("asap") == _uncounted(again(early))


def _uncounted(plan: Plan) -> Plan:
    """The plan but for how often its tasks were completed."""
    return attrs.evolve(plan, tasks=tuple(attrs.evolve(one, completions=0) for one in plan.tasks))


def test_reopening_a_milestone_is_identity() -> None:
    """It keeps no count."""
    before = plan(
        Milestone("m", "m", due=jan(12), original_due=jan(12)),
        task("b", 13, 14, Dependency("m"), status="waiting"),
        task("c", None, 15, offset=Offset(3, anchor="milestone:m")),
    )
    for on in (9, 12, 15, 20):
        reached = done(before, "m", on)
        assert jan(on) == reached.milestone("m").reached_on
        assert bool(reached.milestone("m").shifts) == (on != 12)
        assert before == again(reached, "m", on)


def test_objectives_and_plays_go_back_too() -> None:
    """What is counted from a milestone or a task follows it, and back."""
    before = attrs.evolve(
        plan(Milestone("m", "m", due=jan(12)), task("a", 5, 5)),
        objectives=(Objective("why", "why", start=jan(5), end=jan(13), end_offset=Offset(1, anchor="milestone:m")),),
        plays=(Play("play", "play", due=jan(6), offset=Offset(1, anchor="task:a")),),
    )
    after = done(done(before, "m", 15), "a", 15)
    assert (jan(16), jan(16)) == (after.objective("why").end, after.play("play").due)
    assert before == _uncounted(again(again(after, "a", 16), "m", 16))


def test_a_date_that_was_changed_since_stays() -> None:
    """Set by hand, it holds; what stands before it goes back, and what stands behind it too."""
    after = edit.update(done(chain()), context(jan(8)), "c", start=jan(14), due=jan(14))
    assert "5 8 14 15" == dues(after)
    assert "5 6 14 15" == dues(again(after))


def test_what_goes_back_moves_on_again_where_something_before_it_stays() -> None:
    """b stays where it was put, so c cannot go back to the 7th, and d behind it neither."""
    after = edit.update(done(chain()), context(jan(8)), "b", start=jan(8), due=jan(9))
    assert "5 9 12 13" == dues(after)
    after = edit.update(after, context(jan(8)), "c", start=jan(9), due=jan(9))
    after = edit.update(after, context(jan(8)), "d", start=jan(12), due=jan(12))
    told: list[Moved] = []
    assert "5 9 12 13" == dues(again(after, moved=told.append))
    assert [("c", jan(9), jan(12), "link"), ("d", jan(12), jan(13), "link")] == [
        (one.item_id, one.old_due, one.due, one.reason.cause) for one in told
    ], "each is told once, from where it was to where it is"
    after = edit.update(done(chain()), context(jan(8)), "b", start=jan(7), due=jan(8))
    told.clear()
    assert "5 8 9 12" == dues(again(after, moved=told.append))
    assert [] == told, "what comes back to where it was has not moved"


def test_under_hold_what_goes_back_stays_there() -> None:
    """Links move nothing, also not on from where it stood."""
    before = plan(
        task("a", 5, 5),
        task("b", None, 6, A, offset=Offset(1, anchor="task:a")),
        task("c", None, 7, offset=Offset(2, anchor="milestone:m")),
        Milestone("m", "m", due=jan(5)),
        policy="hold",
    )
    after = edit.update(done(before, "m", 8), context(jan(8)), "b", due=jan(16))
    assert ("5 16 10", "5 16 7") == (dues(after), dues(again(after, "m")))


@pytest.mark.parametrize("state", ["locked", "done", "cancelled", "deleted"])
def test_what_was_locked_closed_or_deleted_since_stays(state: str) -> None:
    """And what stands behind it goes back as far as it lets it."""
    after, today = done(chain()), context(jan(8))
    match state:
        case "locked":
            after = edit.update(after, today, "b", locked=True)
        case "done":
            after = edit.complete(after, today, "b")
        case "cancelled":
            after = edit.cancel(after, today, "b")
        case "deleted":
            after = edit.delete(after, today, "b", confirmed=edit.impact(after, "b"))
    wanted = {"locked": "5 8 9 12", "done": "5 8 9 12", "cancelled": "5 8 7 8", "deleted": "5 7 8"}[state]
    assert wanted == dues(again(after))


def test_the_moves_are_told_with_the_reason() -> None:
    """That the one they hang on is open again; a hidden one has no name."""
    told: list[Moved] = []
    again(done(chain()), moved=told.append)
    assert ["b", "c", "d"] == [one.item_id for one in told]
    assert {("reopened", "a")} == {(one.reason.cause, one.reason.source) for one in told}
    days = context(jan(9)).days(chain())
    assert all(one.reason.replay(days) == (one.due if one.reason.end == "due" else one.start) for one in told)
    said = "“B” is due on Tuesday 6 January 2026 instead of Thursday 8 January 2026, because {} is open again."
    assert said.format("“A”") == told[0].sentence({"a": "A", "b": "B"})
    assert said.format("another item") == told[0].sentence({"b": "B"})


def test_successors_that_have_been_started_are_warned_of() -> None:
    """They stay as they are, but for their dates; the others wait again and are not named."""
    before = plan(task("a", 5, 5), task("b", 6, 7, A, status="waiting"), task("c", 6, 6, A, status="waiting"))
    after = edit.start(done(before), context(jan(7)), "b")
    heard: list[Warn] = []
    back = again(after, warn=heard.append)
    assert [Warn("b", "'b' is in progress though 'a' is open again")] == heard
    assert ["in_progress", "waiting"] == [back.task(one).status for one in "bc"]
    heard.clear()
    again(edit.complete(after, context(jan(8)), "b"), warn=heard.append)
    assert [Warn("b", "'b' is done though 'a' is open again")] == heard


def test_what_was_started_since_keeps_its_start() -> None:
    """And its due; one that was in progress already gets back the due that completing moved (P5, P7)."""
    after = edit.start(done(chain(), on=12), context(jan(13)), "b")
    assert jan(13) == after.task("b").start
    back = again(after, on=14)
    assert (after.task("b").start, after.task("b").due) == (back.task("b").start, back.task("b").due)
    begun = plan(task("a", 5, 5), task("b", 5, 6, Dependency("a", "FF"), status="in_progress"))
    undated = plan(task("a", None, None), task("b", None, None, A, duration=2, status="in_progress"))
    assert undated == _uncounted(again(done(undated, on=8)))
    late = done(begun, on=8)
    assert (jan(5), jan(8)) == (late.task("b").start, late.task("b").due)
    assert begun == _uncounted(again(late))


def test_what_goes_back_behind_a_lock_that_conflicts_is_warned_of() -> None:
    """b stays on the 8th and c, which went back, is pushed on; d is locked since and in the way."""
    after = edit.update(done(chain()), context(jan(8)), "b", locked=True)
    after = edit.update(after, context(jan(8)), "d", start=jan(8), due=jan(8), locked=True)
    heard: list[Warn] = []
    assert "5 8 9 8" == dues(again(after, warn=heard.append))
    assert ["d"] == [one.item_id for one in heard]


def test_an_original_due_date_that_completing_gave_goes_again() -> None:
    """It was the first one that it got (D12); one that was there before stays."""
    before = plan(
        task("a", None, None),
        task("b", None, None, A, duration=2, status="waiting"),
        task("c", None, None, status="waiting", offset=Offset(1, anchor="task:b")),
        task("e", None, None, A, duration=1, original_due=jan(2), status="waiting"),
        Milestone("m", "m", offset=Offset(1, anchor="task:a")),
    )
    after = done(before)
    assert (jan(9), jan(9)) == (after.task("b").due, after.task("b").original_due)
    assert jan(2) == after.task("e").original_due
    assert before == _uncounted(again(after))
    kept = edit.update(after, context(jan(8)), "b", due=jan(16))
    assert (jan(16), jan(9)) == (again(kept).task("b").due, again(kept).task("b").original_due)


def test_a_second_completion_remembers_its_own_moves() -> None:
    """Done late, reopened, done later: reopened again everything is where it was; each is numbered."""
    first = done(chain())
    second = done(again(first), on=13)
    assert ("5 8 9 12", "5 14 15 16") == (dues(first), dues(second))
    held = second.task("a").completion
    assert held is not None
    assert (2, 2, jan(14)) == (held.number, second.task("a").completions, held.shifts[0].to_due)
    back = again(second, on=14)
    assert (chain(), 2) == (_uncounted(back), back.task("a").completions)


def test_reopening_one_after_another_goes_all_the_way_back() -> None:
    """In the order in which they were done last; in another, what was moved since stays."""
    both = done(done(chain()), "b", 13)
    assert "5 8 14 15" == dues(both)
    assert chain() == _uncounted(again(again(both, "b", 14), "a", 14))
    assert "5 8 14 15" == dues(again(both, "a", 14))


def test_a_completion_that_moved_nothing_takes_nothing_back() -> None:
    """Done on the day it was due; what was moved by hand since stays."""
    after = done(chain(), on=5)
    held = after.task("a").completion
    assert held is not None
    assert () == held.shifts
    by_hand = edit.update(after, context(jan(8)), "b", start=jan(12), due=jan(12))
    assert dues(by_hand) == dues(again(by_hand))


def test_what_completing_moved_goes_back_after_any_other_change_or_stays() -> None:
    """On random plans: each shifted item is where it was, where it has been put since, or where links push it."""
    for seed in range(size(4_000)):
        rng = Random(seed)
        before = plans.plan(rng, POLICIES[seed % 4])
        open_tasks = [one for one in before.tasks if one.is_open]
        if not open_tasks:
            continue
        today, one = plans.day(rng.randint(-5, 45)), rng.choice(open_tasks)
        after = edit.complete(before, context(today), one.id, override=True)
        made = rng.choice((changes.date_by_hand, changes.anchor_moved))(rng, after, today)
        if made is None:
            continue
        changed = made[1](after, context(today))
        told: list[Moved] = []
        if changed.task(one.id).is_open:
            continue
        back = edit.reopen(changed, context(today, moved=told.append), one.id)
        named = f"seed {seed}: {one.id} on {today}"
        held = after.task(one.id).completion
        shifts = {shift.item_id: shift for shift in held.shifts} if held else {}
        was, now = ({item.id: dates(item) for item in timed(plan)} for plan in (changed, back))
        pushed = {move.item_id for move in told if move.reason.cause != "reopened"}
        for item_id, at in now.items():
            shift = shifts.get(item_id)
            untouched = shift is not None and was[item_id] == (shift.to_start, shift.to_due)
            if item_id in pushed:
                continue
            if shift is not None and untouched and item_id in {move.item_id for move in told}:
                assert (shift.start, shift.due) == at, named
            else:
                assert was[item_id] == at, named


def shifted() -> Plan:
    """A plan in which a task is done and a milestone reached, both of which moved something."""
    before = plan(
        Milestone("m", "m", due=jan(12)),
        task("a", 5, 5),
        task("b", 6, 6, A, status="waiting"),
        task("c", None, None, offset=Offset(1, anchor="milestone:m")),
        task("e", None, 14, offset=Offset(2, anchor="milestone:m")),
    )
    return done(done(before), "m", 14)


def test_shifts_survive_the_codec() -> None:
    """In the plan, and in the edits of the journal."""
    after = shifted()
    held = after.task("a").completion
    assert held is not None
    assert (Shift("b", jan(6), jan(6), jan(8), jan(8), 1, first=True),) == held.shifts
    assert {"e"} == {one.item_id for one in after.milestone("m").shifts}
    assert after == codec.loads(codec.dumps(after), Plan)
    entry = journal.Entry("plan", "plan", 2, dt.datetime(2026, 1, 7, tzinfo=dt.UTC), "ana", "task.complete")
    entry = attrs.evolve(entry, edits=journal.diff(plan(*after.tasks[:0]), after))
    assert entry == codec.loads(codec.dumps(entry), journal.Entry)
    for one in (Completion(1, entry.at, jan(7), "ana", shifts=held.shifts), after.milestone("m")):
        assert one == codec.loads(codec.dumps(one))


@pytest.mark.parametrize("url", ["memory:", "sqlite:///{}/plans.db"])
def test_shifts_survive_the_store(url: str, tmp_path: Path) -> None:
    """Completed late, reopened after the store was closed and opened again: everything is where it was."""
    point = task("f", None, 3, offset=Offset(1, anchor="milestone:m"), original_due=jan(3))
    before = attrs.evolve(chain(), milestones=(Milestone("m", "m", due=jan(2)),))
    before = attrs.evolve(before, tasks=(*before.tasks, point))
    clock = FrozenClock(dt.datetime(2026, 1, 7, 9, tzinfo=dt.UTC))
    ws = Workspace(attrs.evolve(peopled(opened(url.format(tmp_path)))._desk, clock=clock))
    stored = ws.add_plan(before)
    for one in ("a", "m"):
        ws.change("plan", edit.complete, one)
    if "sqlite" in url:
        ws.close()
        ws = opened(url.format(tmp_path))
    assert {"f"} == {shift.item_id for shift in ws.view("plan").milestone("m").shifts}
    assert "5 8 9 12 8" == dues(ws.view("plan").plan)
    for one in ("m", "a"):
        ws.change("plan", edit.reopen, one)
    after = ws.view("plan").plan
    assert (stored.tasks, stored.plan.milestones) == (_uncounted(after).tasks, after.milestones)
    edits = [one for entry in ws.history("plan") for one in entry.edits if one.field == "completion" and one.after]
    assert [("b", "c", "d")] == [tuple(shift.item_id for shift in one.after.shifts) for one in edits]
    ws.close()
