"""How far each task may slip before the plan ends later, and what the end depends on (P9)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

from attrs import define, field, frozen

from actionplans.checks import Value
from actionplans.model import Milestone, Plan, Task
from actionplans.model.words import Id
from actionplans.ordering import downstream
from actionplans.schedule.bases import NOWHERE, Base, Timed, dates, successors, timed
from actionplans.schedule.dates import due_of, duration_of
from actionplans.schedule.links import limits
from actionplans.schedule.reasons import gone
from actionplans.schedule.reschedule import Calendars


@frozen
class Slack(Value):
    """How many working days of its calendar an open task may slip before the plan's last due date moves (P9).

    `latest_start` and `latest_due` are its dates after slipping so far. It counts on links that push, whatever the
    plan's policy is: what has room takes the slip up, and what is locked, done or cancelled does not move.
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
    """The slack of every open task that has a date, in plan order (P9)."""
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
    """From the end of the plan backwards: each task may slip as far as all that hangs on it lets it."""

    plan: Plan
    days: Calendars
    end: dt.date
    items: Mapping[str, Timed] = field(factory=dict)
    after: Mapping[str, list[str]] = field(factory=dict)
    latest: dict[str, Base] = field(factory=dict)

    def found(self) -> dict[str, Slack]:
        self.items = {one.id: one for one in timed(self.plan)}
        self.after = successors(self.items)
        slips: dict[str, Slack] = {}
        for item_id in reversed(downstream(self.items, self.after)):
            item = self.items[item_id]
            if isinstance(item, Task) and item.is_open and dates(item) != (None, None):
                n = self._most(item)
                self.latest[item_id] = start, due = self._slipped(item, n)
                slips[item_id] = Slack(item_id, n, start, due)
            elif isinstance(item, Milestone) and item.reached_on is None and not item.locked and item.due is not None:
                self.latest[item_id] = None, self._latest_point(item)
        return slips

    def _most(self, task: Task) -> int:
        """The most working days for which nothing breaks, by halving: what fits at n fits at less."""
        last = _last(task)
        low, high = 0, self.days(task).count(last, self.end) + 1 if last is not None else 0
        while low < high:
            middle = (low + high + 1) // 2
            if self._fits(task, middle):
                low = middle
            else:
                high = middle - 1
        return low

    def _slipped(self, task: Task, n: int) -> Base:
        days = self.days(task)
        start, due = dates(task)
        if start is None or task.status == "in_progress":
            return start, due if due is None else gone(due, n, "working_days", "due", days)
        later = gone(start, n, "working_days", "start", days)
        if due is None or n == 0:
            return later, due
        return later, due_of(later, task.duration or duration_of(start, due, days), days)

    def _fits(self, task: Task, n: int) -> bool:
        start, due = self._slipped(task, n)
        last = due or start
        if last is None or last > self.end:
            return False
        base = (start or due, due or start)
        return all(self._allows(one, task.id, base) for one in self.after.get(task.id, ()))

    def _allows(self, item_id: str, source: str, base: Base) -> bool:
        """Whether a successor can take what hangs on `source` where that stands at `base`."""
        latest = self.latest.get(item_id)
        if latest is None:
            return True
        item = self.items[item_id]
        days = self.days(item if isinstance(item, Task) else None)
        for end, limit, _, _ in limits(item, lambda one: base if one == source else NOWHERE, days, points=True):
            leading = latest[end == "due"] or latest[0] or latest[1]
            if leading is not None and limit > leading and not (_begun(item) and end == "start"):
                return False
        return True

    def _latest_point(self, point: Milestone) -> dt.date | None:
        """How late a milestone may be: as late as the plan's end and what hangs on it let it."""
        day = point.due
        if day is None:
            return None
        low, high = day.toordinal(), max(day, self.end).toordinal()
        while low < high:
            middle = (low + high + 1) // 2
            base = (dt.date.fromordinal(middle),) * 2
            if all(self._allows(one, point.id, base) for one in self.after.get(point.id, ())):
                low = middle
            else:
                high = middle - 1
        return dt.date.fromordinal(low)


def _begun(item: Timed) -> bool:
    return isinstance(item, Task) and item.status == "in_progress"
