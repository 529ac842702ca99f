"""The life of tasks and milestones: start, complete, reopen, cancel, assign, link (L2, P2 to P4, P7)."""

from __future__ import annotations

from collections.abc import Iterable, Set
from typing import Any

import attrs

from actionplans.checks import field_problems, shown
from actionplans.edit.context import (
    Context,
    changeable,
    opened,
    refuse,
    replaced,
    sound,
    task_of,
    unknown_owners,
    verb,
    wrong,
)
from actionplans.edit.following import follow, followed, taken_back, with_shifts
from actionplans.errors import Invalid, NotFound, Problem, Waiting
from actionplans.model import Completion, Dependency, Item, Milestone, Objective, Offset, Plan, Play, Task, Warn
from actionplans.model.plan import id_wanted
from actionplans.model.rules import waited_for
from actionplans.model.words import TaskStatus, with_article
from actionplans.progress import reached


@verb("start")
def start(plan: Plan, context: Context, task_id: str, *, override: bool = False) -> Plan:
    """The task is in progress; one that is already stays as it is. A waiting one needs `override` (P4)."""
    changeable(plan, "starting")
    task = task_of(plan, task_id)
    if task.status == "in_progress":
        return plan
    if not task.is_open:
        refuse("starting", f"{task.title!r} is {task.status}: reopen it first")
    _may_go_on(plan, task, "starting", override)
    return replaced(plan, attrs.evolve(task, status="in_progress"))


@verb("complete")
def complete(plan: Plan, context: Context, item_id: str, *, override: bool = False) -> Plan:
    """The task is done, by whom and when is recorded and the completion numbered; a done one stays as it is (L2).

    A waiting task is refused unless `override` says so (P4); raises `Waiting`. A milestone without tasks is marked
    reached; one with tasks is done when they are (P3). Tasks that waited only for this one become open, and what hangs
    on it is counted from the day it was done (P5).
    """
    changeable(plan, "completing")
    item = plan.item(item_id)
    if isinstance(item, Milestone):
        return _reach(plan, context, item)
    if not isinstance(item, Task):
        refuse("completing", f"{with_article(item.kind)} is done when its tasks are: complete those")
    if item.status == "done":
        return plan
    if item.status == "cancelled":
        refuse("completing", f"{item.title!r} is cancelled: reopen it first")
    overridden = _may_go_on(plan, item, "completing", override)
    number = item.completions + 1
    completion = Completion(number, context.now, context.today, context.actor_id, item.status, overridden)
    done = attrs.evolve(item, status="done", completion=completion, completions=number)
    return _finished(plan, context, done)


@verb("reopen")
def reopen(plan: Plan, context: Context, item_id: str) -> Plan:
    """The inverse of completing or cancelling: the task gets back the status it had (P7); an open one stays as it is.

    Where that was waiting or open, its own links say which of the two it is now (P3). Dates that completing it moved go
    back where nothing has changed them since. Successors that have not been started go back to waiting; started and
    finished ones stay and are warned of. A completed plan becomes active again (L10).
    """
    if plan.status != "completed" or plan.archived:
        changeable(plan, "reopening")
    item = plan.item(item_id)
    if isinstance(item, Milestone):
        again: Milestone | Task = item if item.reached_on is None else attrs.evolve(item, reached_on=None, shifts=())
        shifts = item.shifts
    elif isinstance(item, Task):
        before = item.completion.before if item.completion else item.was or "open"
        again = item if item.is_open else attrs.evolve(item, status=before, completion=None, was=None)
        shifts = item.completion.shifts if item.completion else ()
    else:
        refuse("reopening", f"{with_article(item.kind)} is open when one of its tasks is: reopen one of those")
    if again is item:
        return plan
    if plan.status == "completed":
        plan = opened(plan)
    plan = taken_back(replaced(plan, again), context, again, shifts)
    for task in successors(plan, {item_id}):
        if task.status in ("in_progress", "done"):
            state = "in progress" if task.status == "in_progress" else "done"
            context.warn(Warn(task.id, f"{_named(task)} is {state} though {_named(again)} is open again"))
    return waiting_again(plan, {item_id}, itself=True)


@verb("cancel")
def cancel(plan: Plan, context: Context, task_id: str) -> Plan:
    """The task will not be done; those that waited for it go on. A cancelled one stays, a done one is refused."""
    changeable(plan, "cancelling")
    task = task_of(plan, task_id)
    if task.status == "cancelled":
        return plan
    if task.status == "done":
        refuse("cancelling", f"{task.title!r} is done: reopen it first")
    gone = attrs.evolve(task, status="cancelled", was=task.status)
    return waiting_again(replaced(plan, gone), {task_id})


@verb("assign")
def assign(
    plan: Plan, context: Context, item_id: str, owner_id: str | None, *, helpers: Iterable[str] | None = None
) -> Plan:
    """The item's owner is a person, `team:ID`, `any_contact` or nobody, chosen by hand; `helpers` None stay."""
    changeable(plan, "assigning")
    item = plan.item(item_id)
    if not isinstance(item, Objective | Play | Task):
        refuse("assigning", f"{with_article(item.kind)} has no owner: assign what stands in it")
    given: dict[str, Any] = {"owner_id": owner_id}
    if helpers is not None:
        given["helpers"] = helpers if isinstance(helpers, str) or not isinstance(helpers, Iterable) else tuple(helpers)
    found = list(field_problems(type(item), given))
    if helpers is not None and not isinstance(item, Task):
        found.append(Problem("helpers", f"{with_article(item.kind)} has no helpers: leave them out"))
    if found:
        raise Invalid("assigning", tuple(found))
    if isinstance(item, Task):
        given |= {"helpers": tuple(dict.fromkeys(given.get("helpers", item.helpers))), "owner_by_hand": True}
    changed: Objective | Play | Task = attrs.evolve(item, **given)
    if changed == item:
        return plan
    after = sound(replaced(plan, changed), (changed,), found=unknown_owners(context, changed, item))
    return followed(plan, after, context)


@verb("edit")
def link(plan: Plan, context: Context, task_id: str, dependency: Dependency) -> Plan:
    """The task also waits for another, or for a milestone (P1). Raises `Invalid` for what P2 refuses, with the path."""
    changeable(plan, "linking")
    task = task_of(plan, task_id)
    if not isinstance(dependency, Dependency):
        wrong("linking", "dependency", f"a Dependency is wanted, not {shown(dependency)}")
    linked = attrs.evolve(task, dependencies=(*task.dependencies, dependency))
    after = sound(replaced(plan, linked), (linked,), links=True)
    return settled(followed(plan, after, context), {task_id})


@verb("edit")
def unlink(plan: Plan, context: Context, task_id: str, predecessor_id: str) -> Plan:
    """The task no longer waits for that one; raises `NotFound` where it does not.

    An offset counted from that task is a link too (P1): it goes, and the date it gave stays.
    """
    changeable(plan, "unlinking")
    task = task_of(plan, task_id)
    left: dict[str, Any] = {
        "dependencies": tuple(one for one in task.dependencies if one.predecessor_id != predecessor_id)
    }
    for name in ("offset", "start_offset"):
        offset: Offset | None = getattr(task, name)
        if offset is not None and offset.anchor == f"task:{predecessor_id}":
            left[name] = None
    freed = attrs.evolve(task, **left)
    if freed == task:
        raise NotFound("dependency", predecessor_id, id_wanted(predecessor_id, plan.items()))
    return settled(followed(plan, replaced(plan, freed), context), {task_id})


def open_predecessors(plan: Plan, task: Task) -> tuple[str, ...]:
    """The ids of what a task still waits for: FS predecessors, and tasks its dates count from, that are open (P3)."""
    ahead = unfinished(plan)
    return tuple(one for one in waited_for(task) if one in ahead)


def unfinished(plan: Plan) -> frozenset[str]:
    """The ids of all that is not done yet: open tasks, and milestones that are not reached (P3)."""
    open_tasks = [task for task in plan.tasks if task.is_open]
    holding = {task.milestone_id for task in open_tasks}
    having = {task.milestone_id for task in plan.tasks}
    points = (one.id for one in plan.milestones if one.id in holding or one.reached_on is None and one.id not in having)
    return frozenset((*(task.id for task in open_tasks), *points))


def successors(plan: Plan, ids: Set[str]) -> tuple[Task, ...]:
    """The tasks that wait for one of these, straight or through a milestone that one of these belongs to."""
    through = ids | {task.milestone_id for task in plan.tasks if task.id in ids and task.milestone_id}
    return tuple(task for task in plan.tasks if not through.isdisjoint(waited_for(task)))


def waiting_again(plan: Plan, changed: Set[str], *, itself: bool = False) -> Plan:
    """The plan after `waiting` was set anew for the successors of what changed, and for `itself` where asked (P3)."""
    return settled(plan, {task.id for task in successors(plan, changed)} | (changed if itself else set()))


def settled(plan: Plan, task_ids: Set[str]) -> Plan:
    """The plan after those of these tasks that have not been started were set waiting or open (P3).

    A started task never goes back.
    """
    if not task_ids:
        return plan
    ahead = unfinished(plan)
    changed = []
    for task in plan.tasks:
        if task.id in task_ids and task.status in ("waiting", "open"):
            status: TaskStatus = "open" if ahead.isdisjoint(waited_for(task)) else "waiting"
            if status != task.status:
                changed.append(attrs.evolve(task, status=status))
    return replaced(plan, *changed) if changed else plan


def _may_go_on(plan: Plan, task: Task, action: str, override: bool) -> bool:
    """Whether an override was needed to go on with a waiting task; raises `Waiting` where it was not given (P4)."""
    if task.status != "waiting":
        return False
    if override:
        return True
    ahead = open_predecessors(plan, task)
    titles = {one.id: _named(one) for one in plan.items() if one.id in ahead}
    shown_titles = ", ".join(titles[one] for one in ahead[:10]) or "its links"
    more = f" and {len(ahead) - 10} more" if len(ahead) > 10 else ""
    raise Waiting(
        action, f"{_named(task)} waits for {shown_titles}{more}: finish that first, or pass override=True", ahead
    )


def _named(item: Item) -> str:
    """An item's title for a message, cut where it is long."""
    return repr(item.title if len(item.title) <= 100 else item.title[:97] + "...")


def _reach(plan: Plan, context: Context, milestone: Milestone) -> Plan:
    if reached(plan, milestone):
        return plan
    if any(task.milestone_id == milestone.id for task in plan.tasks):
        refuse("completing", f"{_named(milestone)} is done when its tasks are: complete those")
    return _finished(plan, context, attrs.evolve(milestone, reached_on=context.today))


def _finished(plan: Plan, context: Context, done: Task | Milestone) -> Plan:
    """The plan with something done in it: dates follow (P5, P6), and what waited only for it is open (P3)."""
    finished = replaced(plan, done)
    after, found = follow(plan, finished, context)
    if found:
        after = replaced(after, with_shifts(done, found.shifts(finished)))
    return waiting_again(after, {done.id})
