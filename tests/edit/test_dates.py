"""Verbs on dates: counting new items, other offsets, anchors, letting links move what conflicts (D8, D9, P5, P6)."""

import datetime as dt

import attrs
import pytest

from actionplans import edit
from actionplans.errors import Invalid, Refused
from actionplans.model import (
    Dependency,
    FrozenMap,
    Milestone,
    Objective,
    Offset,
    Plan,
    Play,
    Task,
    Warn,
    WorkCalendar,
)
from actionplans.schedule import conflicts
from tests.edit.scene import MONDAY, context, days, status


def bare(*tasks: Task, **fields: object) -> Plan:
    """A plan of these tasks that starts on a Monday."""
    made = Plan("plan", "acme", "A plan", FrozenMap({"start": MONDAY, "go_live": days(14)}), tasks=tasks)
    return attrs.evolve(made, **fields)  # type: ignore[arg-type]


def dated(plan: Plan, item_id: str) -> tuple[dt.date | None, dt.date | None, int | None]:
    """Start, due and duration of a task."""
    task = plan.task(item_id)
    return task.start, task.due, task.duration


@pytest.mark.parametrize(
    ("task", "dates"),
    [
        (Task("t", "T", duration=2, start_offset=Offset(1, "working_days")), (days(1), days(2), 2)),
        (Task("t", "T", duration=2, offset=Offset(-4, "working_days", "go_live")), (days(7), days(8), 2)),
        (Task("t", "T", start=days(0), offset=Offset(2, "working_days", "own_start")), (days(0), days(2), 3)),
        (
            Task("t", "T", start_offset=Offset(1), offset=Offset(2, "working_days", "own_start")),
            (days(1), days(3), 3),
        ),
        (Task("t", "T", offset=Offset(3, anchor="go_live")), (None, days(17), None)),
        (Task("t", "T", duration=3, dependencies=(Dependency("a"),)), (days(1), days(3), 3)),
        (Task("t", "T", offset=Offset(1, "working_days", "task:a")), (None, days(1), None)),
        (Task("t", "T", start=days(2), due=days(3), offset=Offset(9)), (days(2), days(3), 2)),
    ],
)
def test_a_new_task_gets_the_dates_that_a_launch_would_give(
    task: Task, dates: tuple[dt.date | None, dt.date | None, int | None]
) -> None:
    """D8, D9, P1: out of offsets, duration and links; dates that are given stay (P6)."""
    plan = edit.add(bare(Task("a", "A", due=days(0))), context(), task)
    assert dates == dated(plan, "t")
    assert dates[1] == plan.task("t").original_due


def test_new_milestones_plays_and_objectives_are_counted_too() -> None:
    """D9."""
    plan, ctx = bare(), context()
    plan = edit.add(plan, ctx, Milestone("m", "M", offset=Offset(1, "weeks")))
    plan = edit.add(
        plan,
        ctx,
        Play(
            "p",
            "P",
            custom=FrozenMap({"phase": "x"}),
            start_offset=Offset(2, anchor="milestone:m"),
            offset=Offset(1, "months"),
        ),
    )
    plan = edit.add(plan, ctx, Objective("o", "O", start_offset=Offset(), end_offset=Offset(0, anchor="go_live")))
    assert days(7) == plan.milestone("m").due == plan.milestone("m").original_due
    assert (days(9), dt.date(2026, 2, 5)) == (plan.play("p").start, plan.play("p").due)
    assert (days(0), days(14)) == (plan.objective("o").start, plan.objective("o").end)


def test_another_offset_counts_the_date_anew() -> None:
    """P6: also one that was moved by hand; without an offset the date stays, and what hangs on it follows."""
    ctx = context()
    plan = edit.add(bare(), ctx, Task("t", "T", offset=Offset(2)))
    plan = edit.add(plan, ctx, Task("then", "Then", offset=Offset(1, "working_days", "task:t")))
    plan = edit.update(plan, ctx, "t", due=days(9))
    plan = edit.update(plan, ctx, "t", offset=Offset(0, anchor="go_live"))
    assert (days(14), days(15)) == (plan.task("t").due, plan.task("then").due)
    free = edit.update(plan, ctx, "t", offset=None)
    assert days(14) == free.task("t").due
    assert free.tasks == edit.set_anchor(free, ctx, "go_live", days(20)).tasks
    with pytest.raises(Invalid, match="cycle"):
        edit.update(plan, ctx, "t", offset=Offset(1, anchor="task:then"))
    with pytest.raises(Invalid, match="no anchor 'golive'|no anchor str 'golive'"):
        edit.update(plan, ctx, "t", offset=Offset(1, anchor="golive"))


def test_an_offset_from_a_task_makes_it_wait() -> None:
    """P3: it is a link."""
    ctx = context()
    plan = bare(Task("a", "A", due=days(0)), Task("b", "B", due=days(1)))
    after = edit.update(plan, ctx, "b", offset=Offset(3, anchor="task:a"))
    assert ["waiting"] == status(after, "b")
    assert ["open"] == status(edit.update(after, ctx, "b", offset=Offset(3)), "b")


def test_anchors_come_move_and_go() -> None:
    """D9: `start` stays, and so does one that something is counted from."""
    ctx = context()
    plan = edit.set_anchor(bare(), ctx, "renewal", days(30))
    assert days(30) == plan.anchors["renewal"]
    assert plan is edit.set_anchor(plan, ctx, "renewal", days(30))
    assert bare() == edit.set_anchor(plan, ctx, "renewal", None)
    assert plan is edit.set_anchor(plan, ctx, "kickoff", None)
    counted = edit.add(plan, ctx, Task("t", "T", offset=Offset(-1, anchor="renewal")))
    for name, held in (("start", plan), ("renewal", counted)):
        with pytest.raises(Refused, match="dates are counted from"):
            edit.set_anchor(held, ctx, name, None)
    for name in ("Start", "own_start", "milestone:m", ""):
        with pytest.raises(Invalid, match="a name like start"):
            edit.set_anchor(plan, ctx, name, days(1))


def test_links_move_what_conflicts_when_they_are_let() -> None:
    """P5: a policy and a lock that change move nothing by themselves."""
    ctx = context()
    tasks = (
        Task("a", "A", start=days(0), due=days(2), duration=3),
        Task("b", "B", start=days(0), due=days(1), duration=2, locked=True, dependencies=(Dependency("a"),)),
        Task("c", "C", start=days(0), due=days(0), duration=1, dependencies=(Dependency("b"),)),
    )
    plan = edit.update(bare(*tasks, link_policy="hold"), ctx, "b", locked=False)
    plan = edit.update_plan(plan, ctx, link_policy="push")
    assert tasks[2] == plan.task("c")
    assert ["b", "c"] == [one.task_id for one in conflicts(plan, ctx.calendars_of(plan))]
    only = edit.reschedule(plan, ctx, ["b"])
    assert [(days(3), days(4), 2), (days(7), days(7), 1)] == [dated(only, "b"), dated(only, "c")]
    assert () == conflicts(only, ctx.calendars_of(only))
    assert only == edit.reschedule(plan, ctx)
    assert plan == edit.reschedule(plan, ctx, policy="hold")
    assert plan == edit.reschedule(plan, ctx, [])
    late = edit.update(only, ctx, "c", start=days(14))
    assert (days(7), days(7), 1) == dated(edit.reschedule(late, ctx, policy="asap"), "c")
    with pytest.raises(Invalid, match="no item"):
        edit.reschedule(plan, ctx, ["nobody"])
    with pytest.raises(Invalid, match="one of hold, push, keep, asap"):
        edit.reschedule(plan, ctx, policy="later")  # type: ignore[arg-type]


def test_a_calendar_that_is_gone_counts_as_none_and_is_warned_of() -> None:
    """D7: the task's, its owner's or the plan's; the next one that is named counts, and each can be cleared."""
    gulf = context()
    gone = attrs.evolve(gulf, settings=attrs.evolve(gulf.settings, calendars=(WorkCalendar(),)))
    plan = bare(
        Task("a", "A", start=days(0), due=days(3), duration=4, calendar="gulf"),
        Task("b", "B", start=days(6), due=days(7), duration=2, owner_id="ben", dependencies=(Dependency("a"),)),
        Task("c", "C", due=days(9), offset=Offset(7, "working_days")),
        calendar="gulf",
    )
    heard: list[Warn] = []
    after = edit.update(plan, attrs.evolve(gone, warn=heard.append), "a", due=days(4))
    assert (days(4), 5) == (after.task("a").due, after.task("a").duration)
    assert (days(7), days(8)) == (after.task("b").start, after.task("b").due)
    assert ["plan"] == [one.item_id for one in heard] and "'gulf'" in heard[0].message
    heard.clear()
    for verb, args, fields in (
        (edit.update_plan, (), {"calendar": ""}),
        (edit.update, ("a",), {"calendar": ""}),
        (edit.assign, ("b", None), {}),
    ):
        plan = verb(plan, attrs.evolve(gone, warn=heard.append), *args, **fields)  # type: ignore[operator]
    assert ["a", "b"] == [one.item_id for one in heard], "first what still names it, then nothing"
    assert ("", "", None) == (plan.calendar, plan.task("a").calendar, plan.task("b").owner_id)
    whole = bare(calendar="gulf")
    assert (days(0), days(1)) == dated(edit.add(whole, gone, Task("t", "T", start=days(0), duration=2)), "t")[:2]


def test_a_calendar_that_is_not_there_is_not_named() -> None:
    """D7: neither for a plan nor for a task, nor one in which no day is left; what already names it may be edited."""
    ctx = context()
    ctx = attrs.evolve(
        ctx, settings=attrs.evolve(ctx.settings, calendars=(WorkCalendar(), WorkCalendar("rest", frozenset({6, 7}))))
    )
    plan = bare(Task("t", "T", due=days(0)))
    for name, said in (("gulf", "no calendar 'gulf'"), ("default & rest", "no working day is left")):
        with pytest.raises(Invalid, match=said):
            edit.update_plan(plan, ctx, calendar=name)
        with pytest.raises(Invalid, match=said):
            edit.update(plan, ctx, "t", calendar=name, due=days(1))
        with pytest.raises(Invalid, match=said):
            edit.add(plan, ctx, Task("u", "U", calendar=name))
        old = bare(Task("t", "T", due=days(0), calendar=name), calendar=name)
        assert "New" == edit.update_plan(old, ctx, title="New").title
        assert "New" == edit.update(old, ctx, "t", title="New", due=days(2)).task("t").title


def test_a_plan_is_counted_again_when_a_calendar_goes() -> None:
    """`recount` with the settings as they were: the next one that is named counts now (P6)."""
    ctx = context()
    plan = edit.add(bare(calendar="gulf"), ctx, Task("t", "T", offset=Offset(5, "working_days")))
    assert days(7) == plan.task("t").due
    gone = attrs.evolve(ctx, settings=attrs.evolve(ctx.settings, calendars=(WorkCalendar(),)))
    assert days(7) == edit.update(plan, gone, "t", title="Same").task("t").due
    assert days(7) == edit.recount(plan, gone, ctx.settings).task("t").due
    later = edit.add(plan, ctx, Task("u", "U", offset=Offset(9, "working_days")))
    assert (days(13), days(11)) == (later.task("u").due, edit.recount(later, gone, ctx.settings).task("u").due)
