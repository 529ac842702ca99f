"""How far each task may slip before the plan ends later, and what the end depends on (P9)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping

import attrs
from attrs import define, field, frozen

from actionplans.checks import Value
from actionplans.errors import Invalid
from actionplans.model import Milestone, Plan, Task
from actionplans.model.words import Id
from actionplans.ordering import downstream
from actionplans.schedule.bases import NOWHERE, Base, Timed, dates, done_days, ends, sources, successors, timed
from actionplans.schedule.change import Calendars
from actionplans.schedule.dates import due_of, duration_of, start_of
from actionplans.schedule.links import limits
from actionplans.schedule.reasons import gone
from actionplans.schedule.reschedule import reschedule


@frozen
class Slack(Value):
    """How many working days of its calendar an open task may slip before the plan's last due date moves (P9).

    `latest_start` and `latest_due` are its dates after slipping so far. It counts on links that push, whatever the
    plan's policy is: what has room takes the slip up, and what is locked, done or cancelled does not move; a locked one
    has the slack that it would have if it were moved by hand.
    """

    task_id: Id
    days: int
    latest_start: dt.date | None
    latest_due: dt.date | None


def last_due(plan: Plan) -> dt.date | None:
    """The plan's last due date: of all milestones and tasks but the cancelled ones."""
    counted: tuple[Timed, ...] = (*plan.milestones, *(task for task in plan.tasks if task.status != "cancelled"))
    return max((day for one in counted if (day := _last(one)) is not None), default=None)


def slack(plan: Plan, days: Calendars) -> tuple[Slack, ...]:
    """The slack of every open task that has a date to slip by, in plan order (P9).

    One in progress keeps its start, so that without a due it has none.
    """
    end = last_due(plan)
    if end is None:
        return ()
    found = _Slips(plan, days, end).found()
    return tuple(found[task.id] for task in plan.tasks if task.id in found)


def critical_path(plan: Plan, days: Calendars) -> tuple[Task, ...]:
    """The open tasks with the least slack, each after what it hangs on (P9)."""
    slips = {one.task_id: one.days for one in slack(plan, days)}
    if not slips:
        return ()
    least = min(slips.values())
    tasks = {task.id: task for task in plan.tasks if slips.get(task.id) == least}
    known = {one.id: one for one in timed(plan)}
    latest_first = sorted(known.values(), key=lambda one: _last(one) or dt.date.min, reverse=True)
    ordered = downstream((one.id for one in latest_first), successors(known))
    return tuple(tasks[one] for one in ordered if one in tasks)


def _last(item: Timed) -> dt.date | None:
    start, due = dates(item)
    return due or start


@define
class _Slips:
    """From the end of the plan backwards: each item may go as far as all that hangs on it lets it.

    `latest` has for each item that links can move the last days on which they may put its start and its due.
    """

    plan: Plan
    days: Calendars
    end: dt.date
    items: Mapping[str, Timed] = field(factory=dict)
    after: Mapping[str, list[str]] = field(factory=dict)
    done: Mapping[str, dt.date] = field(factory=dict)
    latest: dict[str, Base] = field(factory=dict)

    def found(self) -> dict[str, Slack]:
        self.items = {one.id: one for one in timed(self.plan)}
        self.after, self.done = successors(self.items), done_days(self.plan)
        slips: dict[str, Slack] = {}
        for item_id in reversed(downstream(self.items, self.after)):
            item = self.items[item_id]
            if isinstance(item, Task):
                start, due = dates(item)
                if item.is_open and (due is not None or start is not None and not _begun(item)):
                    latest = self._latest(item)
                    slips[item_id] = self._slack(item, latest)
                    if not item.locked:
                        self.latest[item_id] = latest
            elif isinstance(item, Milestone) and not self._fixed(item) and item.due is not None:
                self.latest[item_id] = None, self._latest_point(item, item.due)
        return slips

    def _fixed(self, point: Milestone) -> bool:
        return point.locked or point.reached_on is not None or point.id in self.done

    def _latest(self, task: Task) -> Base:
        """The last start and the last due of a task for which nothing breaks, each as it moves with the other."""
        days, (start, due) = self.days(task), dates(task)
        if start is None or due is None or _begun(task):
            first = start if due is not None else None  # of what has begun: it stays
            day = self._until(due or start or self.end, lambda day: self._fits(task.id, (first or day, day)))
            return (day, None) if due is None else (None, day)
        lasts = task.duration or duration_of(start, due, days)
        return (
            self._until(start, lambda day: self._fits(task.id, (day, due_of(day, lasts, days)))),
            self._until(due, lambda day: self._fits(task.id, (start_of(day, lasts, days), day))),
        )

    def _latest_point(self, point: Milestone, due: dt.date) -> dt.date:
        """The last day of a milestone for which nothing breaks."""
        return self._until(due, lambda day: self._fits(point.id, (day, day)))

    def _slack(self, task: Task, latest: Base) -> Slack:
        """How many working days there are up to its latest dates, and where it stands after slipping so far."""
        days, (start, due), (last_start, last) = self.days(task), dates(task), latest
        if last_start is None or start is None:
            n = days.count(due, last) - days.is_working(due) if due is not None and last is not None else 0
            return Slack(task.id, n, start, due and gone(due, n, "working_days", "due", days))
        n = max(0, days.count(start, last_start) - 1)
        later = gone(start, n, "working_days", "start", days)
        if due is not None and n:
            due = due_of(later, task.duration or duration_of(start, due, days), days)
        return Slack(task.id, n, later, due)

    def _until(self, day: dt.date, fits: Callable[[dt.date], bool]) -> dt.date:
        """The last day up to the plan's end on which it fits, by halving: what fits on a day fits before it."""
        low, high = day.toordinal(), max(day, self.end).toordinal()
        while low < high:
            middle = (low + high + 1) // 2
            try:
                good = fits(dt.date.fromordinal(middle))
            except Invalid:  # something would leave the years 1 to 9999
                good = False
            low, high = (middle, high) if good else (low, middle - 1)
        return dt.date.fromordinal(low)

    def _fits(self, item_id: str, base: tuple[dt.date, dt.date]) -> bool:
        """Whether the plan ends as it does with an item there."""
        return base[1] <= self.end and all(self._allows(one, item_id, base) for one in self.after.get(item_id, ()))

    def _allows(self, item_id: str, source: str, base: Base) -> bool:
        """Whether a successor can take what hangs on `source` where that stands at `base`."""
        latest = self.latest.get(item_id)
        if latest is None:
            return True
        item = self.items[item_id]
        if any(offset is not None and offset.anchor == f"milestone:{source}" for _, offset in ends(item)):
            return self._follows(item, source, base[1])
        days = self.days(item if isinstance(item, Task) else None)
        for end, limit, _, _ in limits(item, lambda one: base if one == source else NOWHERE, days):
            leading = latest[end == "due"] or latest[0] or latest[1]
            if leading is not None and limit > leading and not (_begun(item) and end == "start"):
                return False
        return True

    def _follows(self, item: Timed, point_id: str, due: dt.date | None) -> bool:
        """Whether what is counted from a milestone, and follows it under every policy, can do so up to that day."""
        near = (self.items[one] for one in dict.fromkeys((point_id, item.id, *sources(item))) if one in self.items)
        points = [
            attrs.evolve(one, reached_on=one.reached_on or self.done.get(one.id))
            for one in near
            if isinstance(one, Milestone)
        ]
        alone = (item,) if isinstance(item, Task) else ()
        before = attrs.evolve(self.plan, objectives=(), plays=(), milestones=tuple(points), tasks=alone)
        moved = (attrs.evolve(one, due=due) if one.id == point_id else one for one in points)
        after = attrs.evolve(before, milestones=tuple(moved))
        found = reschedule(before, after, days=self.days, today=dt.date.min, policy="push")
        for move in found.moves:
            if move.item_id == item.id:
                last = move.due or move.start
                return last is None or self._fits(item.id, (move.start or last, last))
        return True


def _begun(item: Timed) -> bool:
    return isinstance(item, Task) and item.status == "in_progress"
