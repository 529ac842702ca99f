"""How far tasks may slip, and what the end of a plan depends on (P9): worked by hand, and against really slipping."""

from __future__ import annotations

import datetime as dt
import sys
from collections.abc import Iterator
from random import Random
from typing import Any

import attrs
import pytest

from actionplans.model import Dependency, Milestone, Objective, Offset, Plan, Play, Task
from actionplans.schedule import Slack, critical_path, last_due, links, reschedule, slack
from actionplans.schedule.bases import dates, sources, timed
from tests.dates import plans
from tests.dates.changes import put
from tests.dates.plans import POLICIES, calendar_of, completion, context
from tests.dates.test_reschedule import jan, plan, task
from tests.size import size

slack_module = sys.modules[Slack.__module__]
A, B = Dependency("a"), Dependency("b")


def room(plan: Plan) -> dict[str, int]:
    """The slack of every task that has one."""
    return {one.task_id: one.days for one in slack(plan, context(jan(5)).calendars_of(plan))}


def critical(plan: Plan) -> str:
    """The ids on the critical path."""
    return " ".join(one.id for one in critical_path(plan, context(jan(5)).calendars_of(plan)))


# Worked by hand


def test_a_chain_to_the_end_has_none_and_what_stands_beside_it_has_some() -> None:
    """Working days, not calendar days: from Wednesday the 7th to Tuesday the 13th there are four more."""
    before = plan(
        task("c", 12, 13, B),
        task("b", 8, 9, A),
        task("a", 5, 7),
        task("side", 6, 7, A),
        task("loose", None, 7),
    )
    assert {"c": 0, "b": 0, "a": 0, "side": 4, "loose": 4} == room(before)
    assert "a b c" == critical(before)


def test_room_between_two_tasks_takes_a_slip_up() -> None:
    """a may go on to the day before b starts, and as far as b itself may slip besides."""
    before = plan(task("a", 5, 5), task("b", 8, 8, A), task("c", 12, 13))
    assert {"a": 5, "b": 3, "c": 0} == room(before)
    (first, *_) = slack(before, context(jan(5)).calendars_of(before))
    assert Slack("a", 5, jan(12), jan(12)) == first
    assert "c" == critical(before)


def test_each_task_slips_by_days_of_its_own_calendar() -> None:
    """To Thursday the 15th: the Gulf works on Sundays, and the thin week on Mondays, Wednesdays and Fridays."""
    before = plan(
        task("office", 8, 8),
        task("gulf", 8, 8, calendar="gulf"),
        task("thin", 7, 7, calendar="thin"),
        task("end", None, 15),
    )
    assert {"office": 5, "gulf": 5, "thin": 2, "end": 0} == room(before)


def test_what_does_not_move_takes_no_slip_over() -> None:
    """Locked, done and cancelled tasks, reached and locked milestones, and those that their tasks finished."""
    done = {"status": "done", "completion": completion(jan(6)), "completions": 1}
    before = plan(
        task("a", 5, 5),
        task("locked", 6, 16, A, locked=True),
        task("done", 6, 16, A, **done),
        task("gone", 6, 20, A, status="cancelled", was="open"),
        Milestone("reached", "reached", due=jan(16), offset=Offset(9, anchor="task:a"), reached_on=jan(5)),
        Milestone("fixed", "fixed", due=jan(16), offset=Offset(9, anchor="task:a"), locked=True),
        Milestone("finished", "finished", due=jan(16), offset=Offset(9, anchor="task:a")),
        task("all", 5, 6, milestone_id="finished", **done),
    )
    assert jan(16) == last_due(before)
    assert {"a": 9, "locked": 0} == room(before)


def test_a_milestone_may_be_late_as_far_as_what_follows_it() -> None:
    """What stands at its offset goes with it, and what was moved since by as many days, also where it had room."""
    before = plan(
        task("a", 5, 5),
        Milestone("m", "m", due=jan(5), offset=Offset(0, anchor="task:a")),
        task("b", None, 12, offset=Offset(7, anchor="milestone:m")),
        task("c", None, 14, offset=Offset(7, anchor="milestone:m")),
        task("end", None, 16),
    )
    assert {"a": 2, "b": 4, "c": 2, "end": 0} == room(before)


def test_a_task_in_progress_slips_by_its_due_alone() -> None:
    """Its start is history; without a due there is nothing to slip by."""
    before = plan(
        task("a", 5, 7, status="in_progress"),
        task("b", 5, None, status="in_progress"),
        task("c", 8, 8, Dependency("a", "SS")),
        task("end", None, 9),
    )
    assert {"a": 2, "c": 1, "end": 0} == room(before)
    assert Slack("a", 2, jan(5), jan(9)) == slack(before, context(jan(5)).calendars_of(before))[0]


def test_the_policy_of_the_plan_does_not_matter() -> None:
    """It counts on links that push."""
    found = [room(plan(task("a", 5, 5), task("b", 7, 8, A), policy=policy)) for policy in POLICIES]
    assert [{"a": 1, "b": 0}] * 4 == found


def test_the_last_due_date_is_of_tasks_and_milestones_that_are_not_cancelled() -> None:
    """A task with only a start ends there; objectives, plays and anchors do not count."""
    why = (Objective("why", "why", end=jan(30)),)
    assert jan(9) == last_due(plan(task("a", 9, None), task("b", None, 8), objectives=why))
    assert jan(10) == last_due(plan(task("a", 9, None), Milestone("m", "m", due=jan(10))))
    assert jan(9) == last_due(plan(task("a", 9, None), task("b", 10, 12, status="cancelled", was="open")))
    assert last_due(plan(task("a", None, None))) is None


def test_without_dates_or_open_tasks_there_is_none() -> None:
    """Nothing slips, and nothing is critical."""
    done = task("a", 5, 5, status="done", completion=completion(jan(5)), completions=1)
    for empty in (plan(), plan(task("a", None, None, duration=2)), plan(done), plan(Milestone("m", "m", due=jan(9)))):
        assert ({}, "") == (room(empty), critical(empty))


def test_a_milestone_may_be_the_end_that_everything_has_room_before() -> None:
    """The least slack need not be none."""
    before = plan(task("a", 5, 5), task("b", 6, 6, A), task("c", 5, 5), Milestone("m", "m", due=jan(9)))
    assert {"a": 3, "b": 3, "c": 4} == room(before)
    assert "a b" == critical(before)


def test_a_plan_may_end_on_the_last_day_there_is() -> None:
    """What would be pushed past it has no room there."""
    never = Task("never", "never", due=dt.date.max)
    behind = Task("b", "b", start=dt.date.max, due=dt.date.max, dependencies=(A,))
    before = plan(attrs.evolve(never, id="a", due=dt.date.max - dt.timedelta(4)), behind, never)
    assert {"a": 3, "b": 0, "never": 0} == room(before)


def test_a_long_chain_neither_recurses_nor_drags() -> None:
    """All of it is critical, in order."""
    n = 2_000
    first = task("t0", None, 5)
    rest = [Task(f"t{k}", f"t{k}", due=plans.day(k), dependencies=(Dependency(f"t{k - 1}"),)) for k in range(1, n)]
    settled = pushed(plan(first, *rest))
    assert " ".join(f"t{k}" for k in range(n)) == critical(attrs.evolve(settled, tasks=settled.tasks[::-1]))


def test_a_chain_of_milestones_neither_recurses_nor_drags() -> None:
    """Each counted from the one before: the task that the first hangs on may slip until the last is the plan's end."""
    n = size(10_000)
    points = [Milestone("m0", "m", due=plans.day(0), offset=Offset(0, anchor="task:a"))]
    points += [
        Milestone(f"m{k}", "m", due=plans.day(k), offset=Offset(1, anchor=f"milestone:m{k - 1}")) for k in range(1, n)
    ]
    end = Task("end", "end", due=plans.day(n - 1 + 7))
    assert {"a": 5, "end": 0} == room(plan(*points, task("a", None, 5), end))


def test_each_hanging_is_looked_at_a_few_times_however_many_there_are(monkeypatch: pytest.MonkeyPatch) -> None:
    """One task with very many predecessors: the work grows with their number, and not with its square."""
    asked = []
    monkeypatch.setattr(slack_module, "bound", lambda *given: asked.append(1) or links.bound(*given))
    many = 200
    ahead = [task(f"t{k}", 5, 5) for k in range(many)]
    last = Task("z", "z", start=jan(30), due=jan(30), dependencies=tuple(Dependency(one.id) for one in ahead))
    found = room(plan(*ahead, last))
    assert {18} == {found[one.id] for one in ahead}
    assert many <= len(asked) <= 12 * many


def test_what_follows_a_milestone_keeps_its_other_end_where_that_hangs_elsewhere() -> None:
    """The due stays with x while the start goes with the milestone, so a may slip until both meet."""
    before = plan(
        task("a", 5, 6),
        task("x", 28, 30),
        Milestone("m", "m", due=jan(6), offset=Offset(0, anchor="task:a")),
        task("t", 7, 30, start_offset=Offset(1, "working_days", "milestone:m"), offset=Offset(0, anchor="task:x")),
    )
    assert {"a": 17, "x": 0, "t": 0} == room(before)
    assert not ends_later(before, before.task("a"), 17) and ends_later(before, before.task("a"), 18)


def test_a_play_may_start_late_as_far_as_what_follows_it() -> None:
    """Its own dates are not the plan's end: what stands before it may let it go on behind that; so with objectives."""
    for kind, name in ((Play, "plays"), (Objective, "objectives")):
        anchor = f"{kind.__name__.lower()}:s"
        spans: dict[str, Any] = {name: (kind("s", "S", start=jan(6), start_offset=Offset(1, anchor="task:a")),)}
        b = task("b", None, 8, offset=Offset(2, anchor=anchor))
        assert {"a": 4, "b": 2, "end": 0} == room(plan(task("a", 5, 5), b, task("end", None, 12), **spans))
        spans = {name: (kind("s", "S", start=jan(9), start_offset=Offset(4, anchor="task:a")),)}
        b = task("b", None, 5, offset=Offset(-4, anchor=anchor))
        assert {"a": 4, "b": 4, "end": 0} == room(plan(task("a", 5, 5), b, task("end", None, 9), **spans))


# Against really slipping


def pushed(before: Plan) -> Plan:
    """The plan without conflicts: everything has moved as far as links force it."""
    ids = {one.id for one in timed(before)}
    days = context(jan(5)).calendars_of(before)
    found = reschedule(before, before, days=days, today=jan(5), look_at=ids, policy="push")
    return found.applied(before)


def slipped(plan: Plan, task: Task, n: int) -> Task | None:
    """The task so many working days of its calendar later, its duration as it was; None where nothing of it can be."""
    days, start, due = calendar_of(plan, task), task.start, task.due
    if start is None or task.status == "in_progress":
        if due is None:
            return None
        due = days.add(due, n, "previous")
        return attrs.evolve(task, due=due, duration=max(1, days.count(start, due)) if start else task.duration)
    start = days.add(start, n, "next")
    return attrs.evolve(task, start=start, due=due and days.due_of(start, task.duration or 1))


def ends_later(plan: Plan, task: Task, n: int) -> bool:
    """Whether the plan's last due date moves on when the task really slips and links push what is behind it.

    It may move back: the due of what is pushed off a day that is not worked follows by the duration (D8).
    """
    new = slipped(plan, task, n)
    assert new is not None
    after = put(plan, new)
    days = context(jan(5)).calendars_of(plan)
    later = last_due(reschedule(plan, after, days=days, today=jan(5), policy="push").applied(after))
    end = last_due(plan)
    assert later is not None and end is not None
    return later > end


def random_plans(count: int) -> Iterator[tuple[str, Plan]]:
    """So many plans without conflicts, each with the way to make it again."""
    for seed in range(size(count)):
        yield f"pushed(plans.plan(Random({seed}), …, 12))", pushed(plans.plan(Random(seed), POLICIES[seed % 4], 12))


def test_slack_is_how_far_each_task_can_really_slip() -> None:
    """One day after the other until the plan ends later."""
    for named, before in random_plans(3_000):
        found = room(before)
        for one in before.tasks:
            may_slip = one.is_open and dates(one) != (None, None) and slipped(before, one, 1) is not None
            assert may_slip == (one.id in found), f"{named}: {one.id}"
            if may_slip:
                n = 0
                while n <= found[one.id] and not ends_later(before, one, n + 1):
                    n += 1
                assert n == found[one.id], f"{named}: {one.id}"


def test_the_latest_dates_are_those_after_slipping_so_far() -> None:
    """As if they were set by hand."""
    for named, before in random_plans(2_000):
        for one in slack(before, context(jan(5)).calendars_of(before)):
            held = before.task(one.task_id)
            new = slipped(before, held, one.days) if one.days else held
            assert new is not None
            assert dates(new) == (one.latest_start, one.latest_due), f"{named}: {one}"


def test_slack_is_never_negative_also_where_links_are_broken() -> None:
    """In plans with conflicts, and in plan order."""
    for seed in range(size(2_000)):
        before = plans.plan(Random(seed), POLICIES[seed % 4], 12)
        found = slack(before, context(jan(5)).calendars_of(before))
        assert all(one.days >= 0 for one in found), f"seed {seed}"
        ids = [task.id for task in before.tasks]
        assert sorted(found, key=lambda one: ids.index(one.task_id)) == list(found), f"seed {seed}"


def test_the_critical_path_are_the_tasks_with_the_least_slack_in_order() -> None:
    """Each after all that it hangs on, also through what is not critical itself."""
    for named, before in random_plans(4_000):
        found = room(before)
        path = [one.id for one in critical_path(before, context(jan(5)).calendars_of(before))]
        least = min(found.values(), default=0)
        assert sorted(path) == sorted(one for one, days in found.items() if days == least), named
        ahead = {one.id: set(sources(one)) for one in timed(before)}
        for n, one in enumerate(path):
            assert not _all_ahead(ahead, one) & set(path[n:]), f"{named}: {path}"


def _all_ahead(ahead: dict[str, set[str]], item_id: str) -> set[str]:
    found: set[str] = set()
    new = ahead[item_id]
    while new:
        found |= new
        new = {one for each in new for one in ahead.get(each, ())} - found
    return found
