"""Random changes to random plans: each is a plan before, the same with one change in it, and the verb that makes it.

A case is made from one number alone (`case(seed)`), so that a failing test names the number and anybody gets the same
case again; `CASES` is the same as a strategy.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from random import Random
from typing import Any, NamedTuple

import attrs
from hypothesis import strategies as st

from actionplans import edit
from actionplans.edit import Context
from actionplans.model import FrozenMap, Milestone, Plan, Task
from actionplans.model.words import LinkPolicy
from tests.dates import plans
from tests.dates.plans import POLICIES, calendar_of, completion, context, day, some_link

Verb = Callable[[Plan, Context], Plan]


class Case(NamedTuple):
    """A plan, the same with one change made and nothing else moved, and the verb that makes that change."""

    seed: int
    before: Plan
    after: Plan
    today: dt.date
    change: str
    verb: Verb

    def context(self, **fields: Any) -> Context:
        """Who asks, on the day of the case."""
        return context(self.today, **fields)


def case(seed: int, policy: LinkPolicy = "push") -> Case:
    """The plan and change of that number."""
    rng = Random(seed)
    before = plans.plan(rng, policy)
    today = day(rng.randint(-5, 45))
    while True:
        change = rng.choice(CHANGES)
        made = change(rng, before, today)
        if made is not None:
            return Case(seed, before, made[0], today, change.__name__, made[1])


CASES = st.builds(case, st.integers(0, 2**32), st.sampled_from(POLICIES))


Changed = tuple[Plan, Verb] | None
"""The plan with only that change in it, and the verb that makes it; None where there is nothing to change."""


def nothing(rng: Random, plan: Plan, today: dt.date) -> Changed:
    """No change at all."""
    return plan, lambda plan, context: plan


def date_by_hand(rng: Random, plan: Plan, today: dt.date) -> Changed:
    """A new start, due or duration; the dates agree afterwards."""
    task = rng.choice(plan.tasks)
    days = calendar_of(plan, task)
    start, due, duration = task.start, task.due, task.duration
    fields: dict[str, Any]
    if due is None:
        fields = {"due": day(rng.randint(0, 40))}
        if start is not None and fields["due"] < start:
            return None
        due = fields["due"]
        if start is not None:
            duration = max(1, days.count(start, due))
        elif duration is not None:
            fields, duration = {"due": due, "duration": None}, None
    elif start is None:
        fields = {"due": due + dt.timedelta(days=rng.randint(-9, 9))}
        due, duration = fields["due"], None
    elif rng.random() < 0.5:
        fields = {"start": start + dt.timedelta(days=rng.randint(-9, 9))}
        start = fields["start"]
        due = days.due_of(start, duration or 1)
        fields["duration"] = duration = max(1, days.count(start, due))
    else:
        fields = {"due": max(start, due + dt.timedelta(days=rng.randint(-9, 9)))}
        due = fields["due"]
        duration = max(1, days.count(start, due))
    if (start, due, duration) == (task.start, task.due, task.duration):
        return None
    after = put(plan, attrs.evolve(task, start=start, due=due, duration=duration))
    return after, lambda plan, context: edit.update(plan, context, task.id, **fields)


def dates_cleared(rng: Random, plan: Plan, today: dt.date) -> Changed:
    """A task loses its dates."""
    task = rng.choice(plan.tasks)
    if (task.start, task.due, task.duration) == (None, None, None):
        return None
    none = {"start": None, "due": None, "duration": None}
    after = put(plan, attrs.evolve(task, start=None, due=None, duration=None))
    return after, lambda plan, context: edit.update(plan, context, task.id, **none)


def completed(rng: Random, plan: Plan, today: dt.date) -> Changed:
    """A task is done today, early or late."""
    open_tasks = [task for task in plan.tasks if task.is_open]
    if not open_tasks:
        return None
    task = rng.choice(open_tasks)
    done = attrs.evolve(task, status="done", completion=completion(today), completions=1)
    return put(plan, done), lambda plan, context: edit.complete(plan, context, task.id, override=True)


def anchor_moved(rng: Random, plan: Plan, today: dt.date) -> Changed:
    """A named anchor is on another day."""
    name = rng.choice(("start", "go_live"))
    date = plan.anchors[name] + dt.timedelta(days=rng.choice((-10, -7, -3, -1, 1, 2, 4, 7, 12)))
    after = attrs.evolve(plan, anchors=FrozenMap({**plan.anchors, name: date}))
    return after, lambda plan, context: edit.set_anchor(plan, context, name, date)


def milestone_moved(rng: Random, plan: Plan, today: dt.date) -> Changed:
    """A milestone is due on another day, or gets its first one."""
    if not plan.milestones:
        return None
    point = rng.choice(plan.milestones)
    due = (point.due or day(10)) + dt.timedelta(days=rng.choice((-10, -7, -3, -1, 1, 2, 4, 7, 12)))
    after = put(plan, attrs.evolve(point, due=due))
    return after, lambda plan, context: edit.update(plan, context, point.id, due=due)


def linked(rng: Random, plan: Plan, today: dt.date) -> Changed:
    """A task gets a link to one that does not hang on it."""
    task = rng.choice(plan.tasks)
    ahead = {one.id for one in (*plan.tasks, *plan.milestones)} - behind(plan, task.id)
    if not ahead:
        return None
    link = some_link(rng, rng.choice(sorted(ahead)))
    if any((one.predecessor_id, one.kind) == (link.predecessor_id, link.kind) for one in task.dependencies):
        return None
    after = put(plan, attrs.evolve(task, dependencies=(*task.dependencies, link)))
    return after, lambda plan, context: edit.link(plan, context, task.id, link)


def unlinked(rng: Random, plan: Plan, today: dt.date) -> Changed:
    """A task loses its links to one of its predecessors."""
    having = [task for task in plan.tasks if task.dependencies]
    if not having:
        return None
    task = rng.choice(having)
    gone = rng.choice(task.dependencies).predecessor_id
    if f"task:{gone}" in {one.anchor for one in (task.offset, task.start_offset) if one}:
        return None
    left = tuple(one for one in task.dependencies if one.predecessor_id != gone)
    after = put(plan, attrs.evolve(task, dependencies=left))
    return after, lambda plan, context: edit.unlink(plan, context, task.id, gone)


def owner_changed(rng: Random, plan: Plan, today: dt.date) -> Changed:
    """A task has another owner, and where it has no calendar of its own perhaps another one."""
    task = rng.choice(plan.tasks)
    owner = rng.choice([one for one in (None, "ana", "ben", "cleo") if one != task.owner_id])
    after = put(plan, attrs.evolve(task, owner_id=owner))
    return after, lambda plan, context: edit.assign(plan, context, task.id, owner)


def calendar_changed(rng: Random, plan: Plan, today: dt.date) -> Changed:
    """A task has another calendar."""
    task = rng.choice(plan.tasks)
    name = rng.choice([one for one in ("", "default", "gulf", "thin", "default & gulf") if one != task.calendar])
    after = put(plan, attrs.evolve(task, calendar=name))
    return after, lambda plan, context: edit.update(plan, context, task.id, calendar=name)


def plan_calendar_changed(rng: Random, plan: Plan, today: dt.date) -> Changed:
    """The plan has another calendar."""
    name = rng.choice([one for one in ("", "gulf", "thin", "default & gulf") if one != plan.calendar])
    after = attrs.evolve(plan, calendar=name)
    return after, lambda plan, context: edit.update_plan(plan, context, calendar=name)


def reached(rng: Random, plan: Plan, today: dt.date) -> Changed:
    """A milestone without tasks is reached today."""
    having = {task.milestone_id for task in plan.tasks}
    points = [one for one in plan.milestones if one.id not in having and not one.reached_on]
    if not points:
        return None
    point = rng.choice(points)
    after = put(plan, attrs.evolve(point, reached_on=today))
    return after, lambda plan, context: edit.complete(plan, context, point.id)


def cancelled(rng: Random, plan: Plan, today: dt.date) -> Changed:
    """A task will not be done."""
    open_tasks = [task for task in plan.tasks if task.is_open]
    if not open_tasks:
        return None
    task = rng.choice(open_tasks)
    after = put(plan, attrs.evolve(task, status="cancelled", was=task.status))
    return after, lambda plan, context: edit.cancel(plan, context, task.id)


Change = Callable[[Random, Plan, dt.date], Changed]
CHANGES: tuple[Change, ...] = (
    nothing,
    date_by_hand,
    date_by_hand,
    date_by_hand,
    dates_cleared,
    completed,
    completed,
    completed,
    anchor_moved,
    anchor_moved,
    anchor_moved,
    milestone_moved,
    milestone_moved,
    linked,
    linked,
    unlinked,
    owner_changed,
    calendar_changed,
    plan_calendar_changed,
    reached,
    cancelled,
)


def put(plan: Plan, item: Task | Milestone) -> Plan:
    """The plan with that item in the place of the one with its id."""
    if isinstance(item, Milestone):
        return attrs.evolve(plan, milestones=tuple(item if one.id == item.id else one for one in plan.milestones))
    return attrs.evolve(plan, tasks=tuple(item if one.id == item.id else one for one in plan.tasks))


def behind(plan: Plan, item_id: str) -> set[str]:
    """The item and all that hangs on it, by dates or by waiting (a milestone waits for its tasks)."""
    found = {item_id}
    while True:
        more = {one.id for one in plan.tasks if not found.isdisjoint(_ahead_of(one))}
        more |= {one.id for one in plan.milestones if not found.isdisjoint(_ahead_of(one))}
        more |= {task.milestone_id for task in plan.tasks if task.id in found and task.milestone_id}
        if more <= found:
            return found
        found |= more


def _ahead_of(item: Task | Milestone) -> set[str]:
    links = {link.predecessor_id for link in item.dependencies} if isinstance(item, Task) else set()
    offsets = (item.offset, getattr(item, "start_offset", None))
    return links | {one.item_id for one in offsets if one is not None and one.item_id}
