"""What a pause moves: everything that is still to come, by the time the plan stood still (P8)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

from attrs import frozen

from actionplans.model import CLOSED, FrozenMap, Milestone, Offset, Plan, Task, Warn
from actionplans.schedule.bases import Base, Timed, dates, done_days, ends, timed
from actionplans.schedule.change import Calendars, placed
from actionplans.schedule.links import ENDS, End
from actionplans.schedule.moving import Moving
from actionplans.schedule.reasons import Moved, Reason, gone, staying
from actionplans.workdays import WorkDays


def anchors_after(plan: Plan, paused_on: dt.date, today: dt.date) -> FrozenMap[str, dt.date]:
    """The plan's anchors, those on or after the day of the pause moved by the calendar days up to today (P8)."""
    by = today - paused_on
    return FrozenMap({name: day + by if day >= paused_on else day for name, day in plan.anchors.items()})


def resumed(plan: Plan, *, paused_on: dt.date, today: dt.date, days: Calendars) -> tuple[Moved, ...]:
    """How far each item of a paused plan moves when it is resumed today, before links are looked at (P8).

    Tasks that are neither done, cancelled nor locked move whenever they were due; milestones, objectives and plays
    where they are dated on or after the day of the pause. A task in progress keeps its start.
    """
    if today <= paused_on:
        return ()
    pause = _Pause(paused_on, today, frozenset(done_days(plan)))
    moves = []
    for item in timed(plan):
        at = pause.task(item, days(item)) if isinstance(item, Task) else pause.span(item, days(None))
        if at is not None and at.reason is not None and (at.start, at.due) != dates(item):
            moves.append(Moved(item.id, *dates(item), at.start, at.due, at.duration, tuple(at.reason)))
    return tuple(moves)


def left_behind(before: Plan, after: Plan, days: Calendars) -> Iterator[Warn]:
    """Warnings of what is locked and stood at its offset from an anchor that a pause moved (P6)."""
    for item in timed(before):
        if isinstance(item, Task | Milestone) and item.locked and (not isinstance(item, Task) or item.is_open):
            for date, offset in ends(item):
                was, now = _anchors(before, after, offset)
                if offset is None or date is None or was is None or now is None or was == now:
                    continue
                work = days(item if isinstance(item, Task) else None)
                if placed(offset, was, work) == date != placed(offset, now, work):
                    yield staying(item, "locked", f"the anchor {offset.anchor}")
                    break


def _anchors(before: Plan, after: Plan, offset: Offset | None) -> Base:
    name = "" if offset is None else offset.anchor
    return before.anchors.get(name), after.anchors.get(name)


@frozen
class _Pause:
    first: dt.date
    resumed_on: dt.date
    reached: frozenset[str]

    def task(self, task: Task, days: WorkDays) -> Moving | None:
        """It moves by its start, or by its due where that is counted and the start follows from it."""
        if task.locked or task.status in CLOSED:
            return None
        at = Moving(task.start, task.due, task.duration, task.status == "in_progress", days)
        if at.duration is None:
            at.measure()
        due_leads = task.offset is not None and task.offset.anchor != "own_start" and task.start_offset is None
        if task.start is not None and not at.begun and not (due_leads and task.due is not None):
            day, reason = self.later(task, "start", task.start, days)
            if day != task.start:  # else the other end stays too
                at.put_start(day, reason)
                self.by_own_start(task, at, days)
        elif task.due is not None:
            day, reason = self.later(task, "due", task.due, days)
            if day != task.due:
                at.put_due(day, reason)
        return at

    def by_own_start(self, task: Task, at: Moving, days: WorkDays) -> None:
        """A due counted from the start is counted again where it stood there (P6)."""
        own, was, start = task.offset, task.start, at.start
        if own is None or own.anchor != "own_start" or was is None or start is None:
            return
        due = placed(own, start, days)
        if due is not None and placed(own, was, days) == task.due:
            at.put(start, due, at.reason)

    def span(self, item: Timed, days: WorkDays) -> Moving | None:
        """A milestone, objective or play moves where it is still to come."""
        if isinstance(item, Milestone) and (item.locked or item.reached_on is not None or item.id in self.reached):
            return None
        at = Moving(*dates(item), None, False, days)
        for end, date in zip(ENDS, dates(item), strict=True):
            if date is not None and date >= self.first:
                day, reason = self.later(item, end, date, days)
                why = at.reason if day == date else reason
                at.put(day if end == "start" else at.start, day if end == "due" else at.due, why)
        at.duration = None
        return at

    def later(self, item: Timed, end: End, date: dt.date, days: WorkDays) -> tuple[dt.date, Reason]:
        """One date after the pause, and why: calendar days, or for an offset in working days those among them."""
        offset = ends(item)[end == "due"][1]
        unit, by = "days", (self.resumed_on - self.first).days
        if offset is not None and offset.unit == "working_days":
            unit, by = "working_days", days.count(self.first, self.resumed_on - dt.timedelta(days=1))
        reason = Reason("pause", end, "", self.first, self.resumed_on, offset, None, date, by, unit)
        return gone(date, by, unit, end, days, offset.roll if offset is not None else "none"), reason
