"""Questions about a plan: progress, missing marks, overdue, health, metrics (L4, L5, L7, L9, D12)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from fractions import Fraction
from math import floor
from typing import Literal

from attrs import frozen

from actionplans.checks import Value
from actionplans.model import Metric, Milestone, Objective, Plan, Play, Stage, Task
from actionplans.model.words import Count, Id
from actionplans.settings import Limits, Section

Health = Literal["on_track", "behind", "stuck"]


def ratio(tasks: Iterable[Task]) -> Fraction | None:
    """The exact share that is done, weighted where weights are given; None for nothing (L5).

    Cancelled tasks are left out; a task without a weight counts as 1.
    """
    done = total = 0
    for task in tasks:
        if task.status != "cancelled":
            weight = 1 if task.weight is None else task.weight
            total += weight
            if task.status == "done":
                done += weight
    return Fraction(done, total) if total else None


def percent(share: Fraction | None, *, anything_open: bool) -> int | None:
    """A share as whole per cent, half up; never 100 while something is open (L5). None stays None."""
    if share is None:
        return None
    shown = floor(share * 100 + Fraction(1, 2))
    return min(shown, 99) if anything_open else shown


def of_item(plan: Plan, item: Objective | Play | Milestone | Stage) -> Fraction | None:
    """The progress of an objective, play, milestone or stage: over the tasks under it (L5)."""
    return ratio(plan.under(item.id))


def of_plan(plan: Plan, section: Section) -> Fraction | None:
    """The progress of a plan: over all its tasks, or its objectives and loose tasks where the section says so (L5)."""
    if section.progress_by == "tasks":
        return ratio(plan.tasks)
    under, loose = by_objective(plan)
    shares = [(ratio(under[one.id]), one.weight) for one in plan.objectives]
    shares += [(ratio((task,)), task.weight) for task in loose]
    parts = [(share, weight or 1) for share, weight in shares if share is not None]
    total = sum(weight for _, weight in parts)
    return sum((share * weight for share, weight in parts), Fraction(0)) / total if total else None


def by_objective(plan: Plan) -> tuple[dict[str, list[Task]], list[Task]]:
    """The tasks under each objective, through its plays and milestones too, and the loose ones; in plan order."""
    homes = {play.id: play.objective_id for play in plan.plays}
    homes |= {one.id: one.objective_id for one in plan.milestones}
    under: dict[str, list[Task]] = {one.id: [] for one in plan.objectives}
    loose = []
    for task in plan.tasks:
        named = {homes.get(one, one) for one in (task.parent_id, task.milestone_id) if one is not None}
        places = [one for one in named if one is not None and one in under]
        for place in places:
            under[place].append(task)
        if not places:
            loose.append(task)
    return under, loose


@frozen
class Counts(Value):
    """How many tasks stand where; `total` leaves nothing out."""

    open: Count
    done: Count
    cancelled: Count
    overdue: Count
    total: Count


def counts(plan: Plan, today: dt.date) -> Counts:
    """The tasks of a plan, counted."""
    done = sum(task.status == "done" for task in plan.tasks)
    cancelled = sum(task.status == "cancelled" for task in plan.tasks)
    total = len(plan.tasks)
    return Counts(total - done - cancelled, done, cancelled, len(overdue(plan, today)), total)


def overdue(plan: Plan, today: dt.date) -> tuple[Task, ...]:
    """The tasks due before today that are neither done nor cancelled; none in a paused or closed plan (D12)."""
    if plan.status in ("paused", "completed", "cancelled", "merged"):
        return ()
    return tuple(task for task in plan.tasks if task.due is not None and task.due < today and task.is_open)


def health(plan: Plan, limits: Limits, today: dt.date) -> Health | None:
    """How an active plan or draft is doing, by the settings' limits (L9); None where it is paused, closed or archived.

    `stuck`: nothing of it has changed for so many days, whatever else it is; where the last change is not known, as to
    a contact, it is never stuck. `behind`: so many per cent of its open tasks are overdue, at least one.
    """
    if plan.archived or plan.status not in ("draft", "active"):
        return None
    changed = plan.changed_at
    if changed is not None and (today - changed.astimezone(dt.UTC).date()).days >= limits.stuck_days:
        return "stuck"
    late, still_open = len(overdue(plan, today)), sum(task.is_open for task in plan.tasks)
    return "behind" if late and late * 100 >= limits.behind_percent * still_open else "on_track"


@frozen
class Missing(Value):
    """A mark that something is still to be planned: an objective in the plan, or actions under an objective (L4)."""

    what: Literal["objective", "actions"]
    item_id: Id


def missing(plan: Plan, section: Section) -> tuple[Missing, ...]:
    """The marks of a plan, to the depth its section asks for: 1 none, 2 objectives, 3 actions under each too (L4)."""
    if section.depth < 2:
        return ()
    if not plan.objectives:
        return (Missing("objective", plan.id),)
    if section.depth < 3:
        return ()
    under, _ = by_objective(plan)
    return tuple(Missing("actions", one.id) for one in plan.objectives if not under[one.id])


def reached(plan: Plan, milestone: Milestone) -> bool:
    """Whether a milestone is done: all its tasks are, or, without tasks, it was marked reached (P3)."""
    tasks: Sequence[Task] = [task for task in plan.tasks if task.milestone_id == milestone.id]
    return all(not task.is_open for task in tasks) if tasks else milestone.reached_on is not None


def met(metric: Metric) -> bool | None:
    """Whether the last reading, the one of the latest moment, compares with the target (L7); None without a reading."""
    if not metric.readings:
        return None
    value, target = sorted(metric.readings, key=lambda one: one.at)[-1].value, metric.target
    return {
        "==": value == target,
        "!=": value != target,
        "<": value < target,
        "<=": value <= target,
        ">": value > target,
        ">=": value >= target,
        "in": value == target,
    }[metric.comparison]
