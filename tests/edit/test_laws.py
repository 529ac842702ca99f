"""What holds for every sequence of verbs: rules kept, waiting set right, nothing changed in place, inverses."""

import copy

import attrs
import pytest
from hypothesis import given, settings

from actionplans import edit
from actionplans.errors import Refused
from actionplans.journal import diff
from actionplans.model import Milestone, Plan, Task
from actionplans.model.rules import check
from tests.edit import scene
from tests.edit.moves import Step, Walk, steps, walked
from tests.size import size


def waits(plan: Plan, task: Task) -> bool:
    """P3, read slowly: whether a task has an FS predecessor that is not done, cancelled or deleted."""
    before = [link.predecessor_id for link in task.dependencies if link.kind == "FS"]
    for offset in (task.offset, task.start_offset):
        if offset is not None and offset.anchor.split(":")[0] == "task":
            before.append(offset.anchor.split(":", 1)[1])
    for one in plan.items():
        if one.id in before:
            if isinstance(one, Task) and one.status not in ("done", "cancelled"):
                return True
            if isinstance(one, Milestone):
                members = [task for task in plan.tasks if task.milestone_id == one.id]
                if any(member.status not in ("done", "cancelled") for member in members):
                    return True
                if not members and one.reached_on is None:
                    return True
    return False


@settings(max_examples=size(3000))
@given(steps())
def test_every_verb_leaves_a_sound_plan_or_raises_one_of_our_errors(taken: list[Step]) -> None:
    """A step either keeps all rules of a plan, or is refused and leaves the plan as it was."""
    walk = Walk(scene.plan())
    for step in taken:
        before = walk.plan
        if walk.step(step) is not None:
            assert walk.plan is before
        check(walk.plan)


@settings(max_examples=size(3000))
@given(steps())
def test_waiting_is_set_exactly_when_a_predecessor_is_open(taken: list[Step]) -> None:
    """P3: whatever happened, a task that was not started waits if and only if an FS predecessor is open."""
    walk = Walk(scene.plan())
    for step in taken:
        walk.step(step)
        fresh = [task for task in walk.plan.tasks if task.status in ("waiting", "open")]
        assert [task.id for task in fresh if waits(walk.plan, task)] == [
            task.id for task in fresh if task.status == "waiting"
        ]


@settings(max_examples=size(1000))
@given(steps())
def test_a_started_task_never_goes_back_by_itself(taken: list[Step]) -> None:
    """P3: only reopening, cancelling, completing and deleting change a task in progress, and only that one."""
    walk = Walk(scene.plan())
    for step in taken:
        started = {task.id for task in walk.plan.tasks if task.status == "in_progress"}
        walk.step(step)
        left = [task for task in walk.plan.tasks if task.id in started and task.status != "in_progress"]
        if left:
            assert step[0] in ("complete", "cancel", "life")
            assert all(task.status in ("done", "cancelled") for task in left)


@settings(max_examples=size(1000))
@given(steps(8))
def test_no_verb_changes_its_input(taken: list[Step]) -> None:
    """A verb returns a new plan; the one it was given is as it was."""
    walk = Walk(scene.plan())
    for step in taken:
        before, kept = walk.plan, copy.deepcopy(walk.plan)
        walk.step(step)
        assert kept == before


@settings(max_examples=size(2000))
@given(steps())
def test_complete_then_reopen_is_identity(taken: list[Step]) -> None:
    """P7: with nothing between, reopening gives back the same plan but for the completion count."""
    walk = walked(taken)
    plan = walk.plan
    if plan.status != "active":
        plan = edit.reopen_plan(plan, walk.context)
    points = [one for one in plan.milestones if not any(task.milestone_id == one.id for task in plan.tasks)]
    for item in (*(task for task in plan.tasks if task.is_open), *(one for one in points if one.reached_on is None)):
        done = edit.complete(plan, walk.context, item.id, override=True)
        assert done != plan
        again = edit.reopen(done, walk.context, item.id)
        tasks = tuple(
            attrs.evolve(task, completions=task.completions - 1) if task.id == item.id else task for task in again.tasks
        )
        assert plan == attrs.evolve(again, tasks=tasks)


@settings(max_examples=size(1000))
@given(steps())
def test_cancel_then_reopen_is_identity(taken: list[Step]) -> None:
    """A cancelled task that is reopened at once is as it was, and so are those that waited for it."""
    walk = walked([*taken, ("life", 2, 0, False)])
    for task in walk.plan.tasks:
        if task.is_open:
            gone = edit.cancel(walk.plan, walk.context, task.id)
            assert walk.plan == edit.reopen(gone, walk.context, task.id)


@settings(max_examples=size(2000))
@given(steps())
def test_delete_then_restore_is_identity(taken: list[Step]) -> None:
    """L10: every kind of item comes back in its place with the links it had, and so do the links of others to it."""
    walk = walked(taken)
    plan = walk.plan
    if plan.status != "active":
        plan = edit.reopen_plan(plan, walk.context)
    for item in plan.items():
        gone = edit.delete(plan, walk.context, item.id, confirmed=edit.impact(plan, item.id))
        check(gone)
        assert item.id not in {one.id for one in gone.items()}
        assert plan == edit.restore(gone, walk.context, item.id, diff(plan, gone))


@settings(max_examples=size(1000))
@given(steps())
def test_the_impact_shown_is_what_deleting_does(taken: list[Step]) -> None:
    """L3: `deleted` is what is gone, `kept` stayed, and only those `unlinked` have changed in what they point to."""
    walk = walked([*taken, ("life", 2, 0, False)])
    for item in walk.plan.items():
        impact = edit.impact(walk.plan, item.id)
        after = edit.delete(walk.plan, walk.context, item.id, confirmed=impact)
        left = {one.id: one for one in after.items()}
        assert set(impact.deleted) == {one.id for one in walk.plan.items()} - left.keys()
        assert set(impact.kept) <= left.keys()
        changed = set()
        for one in walk.plan.items():
            if one.id in left:
                other = left[one.id]
                if isinstance(one, Task) and isinstance(other, Task):
                    other = attrs.evolve(other, status=one.status)
                if other != one:
                    changed.add(one.id)
        assert changed == set(impact.unlinked)


@settings(max_examples=size(500))
@given(steps(10))
def test_a_closed_plan_takes_no_change(taken: list[Step]) -> None:
    """M2, L10: merged, archived and cancelled plans refuse every verb but those that open or archive them."""
    plan = walked(taken).plan
    plan = attrs.evolve(plan, status="active", merged_into=None, archived=False)
    for closed in (
        attrs.evolve(plan, status="merged", merged_into="another"),
        attrs.evolve(plan, archived=True),
        attrs.evolve(plan, status="cancelled"),
    ):
        walk = Walk(closed)
        for name in ("add", "update", "move", "start", "complete", "cancel", "assign", "link", "delete", "share"):
            error = walk.step((name, 1, 1, True))
            assert isinstance(error, Refused), (name, error)
            assert walk.plan is closed


def test_the_laws_see_something() -> None:
    """The scene has tasks that wait and some that do not, so that the laws above are about something."""
    plan = scene.plan()
    check(plan)
    assert {"mail", "sign", "party", "bill"} == {task.id for task in plan.tasks if waits(plan, task)}


@pytest.mark.parametrize("name", ["add", "complete", "delete", "restore", "link", "reopen", "move", "life"])
def test_every_kind_of_step_succeeds_now_and_then(name: str) -> None:
    """A walk whose steps are all refused would show nothing."""
    walk = Walk(scene.plan())
    walk.step(("delete", 8, 0, False))
    walk.step(("complete", 1, 1, True))
    assert any(
        Walk(walk.plan).step((name, first, second, flag)) is None
        for first in range(12)
        for second in range(12)
        for flag in (True, False)
    )
