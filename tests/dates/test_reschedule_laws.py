"""Laws that every rescheduling keeps, whatever the plan and the change (P5 to P7)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from random import Random
from typing import TypeVar

import attrs
import pytest

from actionplans import edit, journal
from actionplans.edit.tasks import settled
from actionplans.model import Dependency, FrozenMap, Item, Milestone, Objective, Plan, Play, Task
from actionplans.schedule import Moved, Reschedule, reschedule
from tests.dates import changes, plans
from tests.dates.changes import Case, put
from tests.dates.plans import POLICIES
from tests.size import size

X = TypeVar("X")

CALENDAR_CHANGES = ("owner_changed", "calendar_changed", "plan_calendar_changed")


def cases(count: int, policies: tuple[str, ...] = POLICIES) -> Iterator[Case]:
    """So many cases, the policies by turns; other ones than the oracle's."""
    for n in range(size(count)):
        yield changes.case(1_000_000 + n, policies[n % len(policies)])


def found(case: Case, before: Plan | None = None, after: Plan | None = None) -> Reschedule:
    """What the change of the case moves, or that between two other plans."""
    before, after, context = before or case.before, after or case.after, case.context()
    return reschedule(
        before,
        after,
        days=context.calendars_of(after),
        days_before=context.calendars_of(before),
        today=case.today,
    )


def named(case: Case) -> str:
    """How to make the case of a failure again."""
    return f"changes.case({case.seed}, {case.before.link_policy!r}): {case.change}, today {case.today}"


def dates(plan: Plan) -> dict[str, tuple[dt.date | None, dt.date | None]]:
    """Where everything stands."""
    return {one.id: _dates(one) for one in plan.items() if isinstance(one, Objective | Milestone | Play | Task)}


def _dates(one: Item) -> tuple[dt.date | None, dt.date | None]:
    return getattr(one, "start", None), one.end if isinstance(one, Objective) else getattr(one, "due", None)


def new_dates(moves: tuple[Moved, ...]) -> dict[str, tuple[dt.date | None, dt.date | None, int | None]]:
    """The dates that a rescheduling gives."""
    return {one.item_id: (one.start, one.due, one.duration) for one in moves}


def test_rescheduling_by_nothing_moves_nothing() -> None:
    """Whatever conflicts there are in the plan."""
    for case in cases(2_000):
        assert Reschedule() == found(case, case.before, case.before), named(case)
        assert Reschedule() == found(case, case.after, case.after), named(case)


def test_the_order_of_tasks_and_of_their_links_does_not_matter() -> None:
    """The same dates come out of the same plan in another order."""

    def shuffled(plan: Plan, seed: int) -> Plan:
        tasks = [attrs.evolve(one, dependencies=_shuffled(seed, one.dependencies)) for one in plan.tasks]
        return attrs.evolve(plan, tasks=_shuffled(seed, tasks), milestones=_shuffled(seed, plan.milestones))

    for case in cases(4_000):
        before, after = shuffled(case.before, case.seed), shuffled(case.after, case.seed)
        again = found(case, before, after)
        assert new_dates(found(case).moves) == new_dates(again.moves), named(case)
        warned = [{one.item_id for one in result.warnings} for result in (found(case), again)]
        assert warned[0] == warned[1], named(case)


def _shuffled(seed: int, items: Sequence[X]) -> tuple[X, ...]:
    return tuple(Random(seed).sample(list(items), len(items)))


def test_what_has_no_offset_is_moved_to_working_days_only() -> None:
    """Of its own calendar; only an offset without a roll may name a day that is not worked."""
    for case in cases(4_000):
        days = case.context().calendars_of(case.after)
        for move in found(case).moves:
            item = case.after.item(move.item_id)
            if any(getattr(item, name, None) for name in ("offset", "start_offset", "end_offset")):
                continue
            works = days(item if isinstance(item, Task) else None).is_working
            for old, new in ((move.old_start, move.start), (move.old_due, move.due)):
                assert new is None or old == new or works(new), f"{named(case)}: {move}"


def test_under_push_no_link_moves_anything_earlier() -> None:
    """What has no offset and keeps its calendar moves by links only."""
    for case in cases(4_000, ("push",)):
        for move in found(case).moves if case.change not in CALENDAR_CHANGES else ():
            item = case.after.item(move.item_id)
            if isinstance(item, Task) and item.offset is item.start_offset is None:
                assert move.old_start is None or move.old_start <= (move.start or dt.date.min), f"{named(case)}: {move}"
                assert move.old_due is None or move.old_due <= (move.due or dt.date.min), f"{named(case)}: {move}"


def test_under_hold_no_link_moves_anything_that_has_dates() -> None:
    """What has no offset and keeps its calendar stays."""
    for case in cases(2_000, ("hold",)):
        for move in found(case).moves if case.change not in CALENDAR_CHANGES else ():
            item = case.after.item(move.item_id)
            if isinstance(item, Task) and item.offset is item.start_offset is None:
                assert move.old_start is move.old_due is None, f"{named(case)}: {move}"


@pytest.mark.parametrize("kind", ["FS", "FF"])
def test_under_keep_the_working_days_between_two_tasks_stay_the_same(kind: str) -> None:
    """One predecessor moves, by hand or because it is done early or late, and its link does not bind."""
    for seed in range(size(2_000)):
        rng = Random(seed)
        calendar = rng.choice(("default", "gulf", "thin"))
        days = plans.context(plans.MONDAY).calendars_of(_pair("default", kind, 0, 0, 1, calendar))(
            Task(title="x", calendar=calendar)
        )
        due, new = rng.randint(0, 30), rng.randint(0, 30)
        start, duration = due + rng.randint(1, 20), rng.randint(1, 6)
        before = _pair("keep", kind, due, start, duration, calendar)
        after = put(before, attrs.evolve(before.task("a"), due=plans.day(new)))
        case = Case(seed, before, after, plans.day(-30), "by hand", lambda plan, context: plan)
        b = found(case).applied(after).task("b")
        end, was = ("start", before.task("b").start) if kind == "FS" else ("due", before.task("b").due)
        now = getattr(b, end)
        if end == "start":
            was, now = days.roll(was, "next"), days.roll(now, "next")
        gaps = days.count(plans.day(due + 1), was), days.count(plans.day(new + 1), now)
        assert gaps[0] == gaps[1], f"seed {seed}: {gaps}, {before.task('b')} became {b}"


def _pair(policy: str, kind: str, due: int, start: int, duration: int, calendar: str) -> Plan:
    a = Task("a", "a", due=plans.day(due))
    probe = Plan("p", "acme", "P", FrozenMap({"start": plans.day(0)}), link_policy="keep")
    b = Task("b", "b", calendar=calendar, dependencies=(Dependency("a", kind, -30 if kind == "FF" else 0),))
    first = plans.day(start)
    last = plans.calendar_of(probe, b).due_of(first, duration)
    return attrs.evolve(probe, tasks=(a, attrs.evolve(b, start=first, due=last, duration=duration)))


def test_locked_done_and_cancelled_tasks_and_locked_and_reached_milestones_never_move() -> None:
    """Under any policy, by any change; in other days a locked task may take more or fewer of them (D8)."""
    for case in cases(4_000):
        for move in found(case).moves:
            item = case.after.item(move.item_id)
            stays = (move.old_start, move.old_due) == (move.start, move.due)
            assert stays == (move.reason.cause == "measured"), named(case)
            assert stays or not getattr(item, "locked", False), named(case)
            assert not isinstance(item, Task) or item.is_open, named(case)
            assert not isinstance(item, Milestone) or item.reached_on is None, named(case)


def test_a_task_in_progress_keeps_its_start() -> None:
    """If it has one."""
    for case in cases(4_000):
        for move in found(case).moves:
            item = case.after.item(move.item_id)
            if isinstance(item, Task) and item.status == "in_progress" and item.start is not None:
                assert item.start == move.start, named(case)


def test_every_move_has_a_reason_that_gives_its_date_again() -> None:
    """Worked out once more in the calendar of what moves (D10)."""
    for case in cases(8_000):
        days = case.context().calendars_of(case.after)
        for move in found(case).moves:
            item = case.after.item(move.item_id)
            date = move.start if move.reason.end == "start" else move.due
            again = move.reason.replay(days(item if isinstance(item, Task) else None))
            assert date == again, f"{named(case)}: {move}"


def test_the_verbs_do_what_rescheduling_says_and_tell_it() -> None:
    """All dates after the verb are those of the plan with only its change in it, and then the moves."""
    for case in cases(4_000):
        if case.change == "cancelled":
            continue
        told: list[Moved] = []
        after = case.verb(case.before, case.context(moved=told.append))
        said = found(case)
        assert dates(said.applied(case.after)) == dates(after), named(case)
        assert new_dates(said.moves) == new_dates(tuple(told)), named(case)


def test_cancelling_moves_no_dates() -> None:
    """By itself, whichever task it is."""
    for case in cases(4_000):
        for task in [one for one in case.before.tasks if one.is_open][:5]:
            after = edit.cancel(case.before, case.context(), task.id)
            assert dates(case.before) == dates(after), f"{named(case)}, {task.id}"


def test_undoing_it_gives_back_the_plan_there_was() -> None:
    """In one step, from the journal (P6)."""
    for case in cases(2_000):
        after = case.verb(case.before, case.context())
        edits = journal.diff(case.before, after)
        assert case.before == journal.apply(after, journal.inverse(edits)), named(case)


def test_complete_then_reopen_is_identity_but_for_completions() -> None:
    """Dates, statuses, all of it (P7)."""
    for case in cases(8_000):
        if case.change in ("completed", "reached"):
            before = settled(case.before, {task.id for task in case.before.tasks})
            done = case.verb(before, case.context())
            was = {one.id: one for one in before.items()}
            (changed,) = (one.id for one in done.items() if _is_done(one) and not _is_done(was[one.id]))
            again = edit.reopen(done, case.context(), changed)
            plain = tuple(attrs.evolve(one, completions=before.task(one.id).completions) for one in again.tasks)
            assert before == attrs.evolve(again, tasks=plain), named(case)


def _is_done(one: Item) -> bool:
    return isinstance(one, Milestone) and one.reached_on is not None or isinstance(one, Task) and one.status == "done"
