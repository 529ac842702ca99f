"""How far each task may slip before the plan ends later, and what the end depends on (P9)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from functools import partial

from attrs import define, field, frozen

from actionplans.checks import Value
from actionplans.errors import Invalid
from actionplans.model import Dependency, Milestone, Offset, Plan, Task
from actionplans.model.words import Id
from actionplans.ordering import downstream
from actionplans.schedule.bases import Base, Timed, dates, done_days, ends, successors, timed
from actionplans.schedule.change import Calendars
from actionplans.schedule.dates import due_of, duration_of, offset_date, start_of
from actionplans.schedule.links import ENDS, KINDS, End, bound
from actionplans.schedule.reasons import gone
from actionplans.schedule.reschedule import Alone

Way = tuple[Timed, End, Dependency | Offset]
"""What hangs on an item: which one, by which of its ends, and by what."""

FAR = dt.timedelta(36_500)
"""How far behind the plan's end a play or objective may start, as far as an offset in days reaches back from it."""


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

    `ways` are, for each item, those who hang on it, each with the end of theirs that does, and by what. `room` has for
    each of those the last start and the last due that lets all behind them be, each by itself, `latest` the last ones
    to which a link may push it, where one moves with the other.
    """

    plan: Plan
    days: Calendars
    end: dt.date
    ways: dict[str, list[Way]] = field(factory=dict)
    room: dict[str, Base] = field(factory=dict)
    latest: dict[str, Base] = field(factory=dict)
    alone: Alone = field(init=False)
    likely: int = 0

    def found(self) -> dict[str, Slack]:
        items, done = {one.id: one for one in timed(self.plan)}, done_days(self.plan)
        self.alone = Alone(self.plan, items, done, self.days)
        after = successors(items)
        slips: dict[str, Slack] = {}
        for item_id in reversed(downstream(items, after)):
            item = items[item_id]
            start, due = dates(item)
            if isinstance(item, Task):
                if item.is_open and (due is not None or start is not None and not _begun(item)):
                    latest = self._latest(item)
                    slips[item_id] = self._slack(item, latest)
                    if not item.locked:
                        self._hangs(item, latest)
            elif isinstance(item, Milestone):
                if due is not None and not (item.locked or item.reached_on is not None or item_id in done):
                    self._hangs(item, (None, self._until(due, partial(self._fits, item_id))))
            elif start is not None and item_id in after:
                far = self.end + min(FAR, dt.date.max - self.end)  # where it ends is not the plan's end
                self._hangs(item, (self._until(start, partial(self._fits, item_id), far), None))
        return slips

    def _hangs(self, item: Timed, latest: Base) -> None:
        """Note how late an item may be, with all that it hangs on."""
        self.latest[item.id] = latest
        self.room.setdefault(item.id, latest)
        if isinstance(item, Task):
            for link in item.dependencies:
                self.ways.setdefault(link.predecessor_id, []).append((item, KINDS[link.kind][1], link))
        for end, (_, offset) in zip(ENDS, ends(item), strict=True):
            if offset is not None and offset.item_id:
                self.ways.setdefault(offset.item_id, []).append((item, end, offset))

    def _latest(self, task: Task) -> Base:
        """The last start and the last due of a task for which nothing breaks, each as it moves with the other."""
        days, (start, due) = self.days(task), dates(task)
        if start is None or due is None:
            day = self._until(start or due or self.end, partial(self._fits, task.id))
            return (day, None) if due is None else (None, day)
        last_start = self._room(start, partial(self._fits, task.id, end="start"))
        last = self._room(due, partial(self._fits, task.id, end="due"))
        self.room[task.id] = last_start, last
        if _begun(task):  # its start stays
            return None, max(due, last) if start <= last_start else due
        lasts = task.duration or duration_of(start, due, days)
        return (
            self._until(start, lambda day: day <= last_start and due_of(day, lasts, days) <= last),
            self._until(due, lambda day: day <= last and start_of(day, lasts, days) <= last_start),
        )

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

    def _until(self, day: dt.date, fits: Callable[[dt.date], bool], end: dt.date | None = None) -> dt.date:
        """The last day up to the plan's end on which it fits, by halving: what fits on a day fits before it.

        What hangs together often has the same room, so that of the one before is tried first.
        """
        first, high = day.toordinal(), max(day, end or self.end).toordinal()
        low, tries = first, [first + self.likely + 1, first + self.likely]
        while low < high:
            middle = tries.pop() if tries else (low + high + 1) // 2
            if low < middle <= high:
                low, high = (middle, high) if _good(fits, dt.date.fromordinal(middle)) else (low, middle - 1)
        self.likely = low - first
        return dt.date.fromordinal(low)

    def _room(self, day: dt.date, fits: Callable[[dt.date], bool]) -> dt.date:
        """The same, and the day before where it does not even fit on that day."""
        last = self._until(day, fits)
        broken = last == day > dt.date.min and not (day <= self.end and _good(fits, day))
        return day - dt.timedelta(1) if broken else last

    def _fits(self, item_id: str, day: dt.date, end: End | None = None) -> bool:
        """Whether the plan ends as it does with an item, or one end of it, on that day."""
        return all(self._allows(way, item_id, day) for way in self.ways.get(item_id, ()) if end in (None, _from(way)))

    def _allows(self, way: Way, source: str, day: dt.date) -> bool:
        """Whether what hangs on `source` can take that one end of it stands on that day."""
        item, end, by = way
        if isinstance(by, Offset) and not by.anchor.startswith("task:"):  # it follows, under every policy
            there = self.alone.goes(item, source, day)
            return there is None or all(
                last is None or to is None or to <= last for to, last in zip(there, self.room[item.id], strict=True)
            )
        latest = self.latest[item.id]
        leading = latest[end == "due"] or ((latest[0] or latest[1]) if isinstance(item, Task) else None)
        if leading is None or _begun(item) and end == "start":
            return True
        days = self.days(item if isinstance(item, Task) else None)
        if isinstance(by, Offset):
            return offset_date(by, day, days) <= leading
        limit = bound(by, day, day, days)
        return limit is None or limit[1] <= leading


def _good(fits: Callable[[dt.date], bool], day: dt.date) -> bool:
    try:
        return fits(day)
    except Invalid:  # something would leave the years 1 to 9999
        return False


def _from(way: Way) -> End:
    """The end of what it hangs on from which it is counted."""
    by = way[2]
    return "start" if isinstance(by, Dependency) and KINDS[by.kind][0] else "due"


def _begun(item: Timed) -> bool:
    return isinstance(item, Task) and item.status == "in_progress"
