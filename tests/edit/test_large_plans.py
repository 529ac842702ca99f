"""Verbs on large plans: each looks at every task a few times, never at every pair."""

from collections.abc import Callable
from functools import partial
from typing import Any

import attrs
import pytest

from actionplans import edit, progress
from actionplans.journal import apply, diff, inverse
from actionplans.model import Dependency, FrozenMap, Milestone, Objective, Plan, Play, Task
from actionplans.settings import Limits, Section
from tests.counting import calls
from tests.edit import scene

SETTINGS = attrs.evolve(scene.SETTINGS, limits=Limits(tasks_per_plan=100_000))


def large(count: int) -> Plan:
    """Tasks that all wait for the first, for the one before and for a milestone; plays and objectives in between."""
    many = range(count)
    links = [
        () if n == 0 else (Dependency("t0"),) if n == 1 else (Dependency("t0"), Dependency(f"t{n - 1}")) for n in many
    ]
    return Plan(
        "plan",
        "acme",
        "Large",
        FrozenMap({"start": scene.MONDAY}),
        objectives=tuple(Objective(f"o{n}", "o", custom=FrozenMap({"value": 1})) for n in range(count // 50)),
        milestones=tuple(Milestone(f"m{n}", "m") for n in range(count // 50)),
        plays=tuple(Play(f"p{n}", "p", objective_id=f"o{n}") for n in range(count // 50)),
        tasks=tuple(
            Task(
                f"t{n}",
                "t",
                "waiting" if n else "open",
                dependencies=links[n],
                parent_id="p0" if n % 2 else f"p{n // 2 % (count // 50)}",
                milestone_id=f"m{n % (count // 50)}",
            )
            for n in many
        ),
    )


def restored(plan: Plan, context: edit.Context) -> Plan:
    """A play with half of the tasks, deleted and restored."""
    gone = edit.delete(plan, context, "p0", confirmed=edit.impact(plan, "p0"))
    return edit.restore(gone, context, "p0", diff(plan, gone))


def undone(plan: Plan, context: edit.Context) -> Plan:
    """The deletion of a play, undone by its inverse."""
    gone = edit.delete(plan, context, "p0", confirmed=edit.impact(plan, "p0"))
    return apply(gone, inverse(diff(plan, gone)))


def reordered(plan: Plan, context: edit.Context) -> Plan:
    """All tasks the other way round, by a change and its inverse."""
    after = attrs.evolve(plan, tasks=plan.tasks[::-1])
    return apply(after, inverse(diff(plan, after)))


def questions(plan: Plan, context: edit.Context) -> Any:
    """What a page about the plan asks."""
    section = Section("s", "S", progress_by="objectives")
    return progress.of_plan(plan, section), progress.missing(plan, section), progress.counts(plan, scene.TODAY)


WORK: dict[str, Callable[[Plan, edit.Context], Any]] = {
    "add": lambda plan, context: edit.add(plan, context, Task("", "x", milestone_id="m1")),
    "update": lambda plan, context: edit.update(plan, context, "t7", due=scene.days(3)),
    "move": lambda plan, context: edit.move(plan, context, "t7", milestone_id="m1", before="t3"),
    "complete": lambda plan, context: edit.complete(plan, context, "t0"),
    "reopen": lambda plan, context: edit.reopen(edit.complete(plan, context, "t0"), context, "t0"),
    "link": lambda plan, context: edit.link(plan, context, "t9", Dependency("t5")),
    "restore": restored,
    "undo": undone,
    "order": reordered,
    "complete_plan": lambda plan, context: edit.complete_plan(plan, context, cancel_open=True),
    "questions": questions,
}


@pytest.mark.parametrize("name", WORK)
def test_work_grows_with_the_plan_and_not_with_its_square(name: str) -> None:
    """Four times the tasks are about four times the calls; twice that would be a loop in a loop."""
    context = scene.context(SETTINGS)
    plans = (large(250), large(1000))
    small, big = (calls(partial(WORK[name], plan, context)) for plan in plans)
    assert big < 6 * small


def test_ten_thousand_tasks_in_one_chain() -> None:
    """The shipped limit, each waiting for the one before: no recursion, and only the next one becomes open."""
    after = edit.complete(large(10_000), scene.context(SETTINGS), "t0")
    assert 9_999 == sum(task.is_open for task in after.tasks)
