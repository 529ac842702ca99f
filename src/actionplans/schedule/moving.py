"""The dates of one item while they are being moved, and the reason for the last move (D8, P5)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

import attrs
from attrs import define

from actionplans.schedule.bases import Base
from actionplans.schedule.dates import due_of, duration_of, start_of
from actionplans.schedule.links import End, Limit
from actionplans.schedule.reasons import Reason
from actionplans.workdays import WorkDays


@define
class Moving:
    """Start, due and duration of an item in its calendar; `begun` says that its start is history and stays (P5)."""

    start: dt.date | None
    due: dt.date | None
    duration: int | None
    begun: bool
    days: WorkDays
    reason: Reason | None = None

    def put_start(self, day: dt.date, reason: Reason) -> None:
        """Start on a day; the due follows by the duration."""
        undated = self.start is None and self.due is None
        self.start, self.reason = day, reason
        if (undated or self.due is not None) and self.duration is not None:
            self.due = due_of(day, self.duration, self.days)
        else:
            self.measure()

    def put_due(self, day: dt.date, reason: Reason) -> None:
        """Be due on a day; the start follows by the duration, or, where it stays, the duration by it."""
        undated = self.start is None and self.due is None
        self.due, self.reason = day, reason
        if (undated or self.start is not None) and self.duration is not None and not self.begun:
            self.start = start_of(day, self.duration, self.days)
        else:
            self.measure()

    def put(self, start: dt.date | None, due: dt.date | None, reason: Reason | None) -> None:
        """Both ends, each for a reason of its own; the duration follows."""
        self.start, self.due, self.reason = start, due, reason
        self.measure()

    def lead(self, end: End, day: dt.date, reason: Reason) -> None:
        """Put one end on a day, if it is not there; the other follows, also where there is none yet but a duration."""
        if self.start is None and self.due is None:
            if self.push(end, day):
                self.reason = reason
        elif end == "start" and day != self.start:
            self.put_start(day, reason)
        elif end == "due" and day != self.due:
            self.put_due(day, reason)

    def measure(self) -> None:
        """Take the duration from start and due; a due that would lie before the start is put where it lasts (D8)."""
        if self.start is None or self.due is None:
            return
        if self.due < self.start:
            lasts = self.duration or 1
            self.due = due_of(self.start, lasts, self.days)
            self.reason = Reason("duration", "due", own=self.start, shift=lasts)
        self.duration = duration_of(self.start, self.due, self.days)

    def roll(self) -> None:
        """Keep start, rolled `next`, and duration in a calendar that changed; a due alone is rolled (P6)."""
        leading: End = "due" if self.start is None else "start"
        day = self.due if self.start is None else self.start
        if day is None:
            return
        rolled = day if self.begun and leading == "start" else self.days.roll(day, "next")
        reason = Reason("calendar", leading, own=day)
        if leading == "start":
            self.put_start(rolled, reason)
        else:
            self.put_due(rolled, reason)

    def push(self, end: End, limit: dt.date) -> bool:
        """Move later, only as far as a bound on one end forces it, and say whether it did (P5); the duration stays.

        An item without a start moves by its due and stays without one; one with only a duration gets its dates (P1).
        What has begun keeps its start, and only its due moves.
        """
        if self.begun:
            if end == "start" or self.due is None or self.due >= limit:
                return False
            self.due = limit
            self.measure()
            return True
        there = pushed(self.start, self.due, self.duration, end, limit, self.days)
        if there is None:
            return False
        self.start, self.due = there
        return True

    def allowed(self, limits: Iterable[Limit]) -> bool:
        """Whether the item stands where none of these limits would push it."""
        there = attrs.evolve(self)
        return not any(there.push(end, date) for end, date, *_ in limits)


def pushed(
    start: dt.date | None, due: dt.date | None, duration: int | None, end: End, limit: dt.date, days: WorkDays
) -> Base | None:
    """Start and due later, only as far as a bound on one end forces them; None where it forces nothing (P5).

    The duration stays. What has no start moves by its due and stays without one; what has only a duration gets its
    dates (P1).
    """
    if end == "start" and start is not None:
        if start >= limit:
            return None
        return limit, None if due is None else days.add(limit, (duration or 1) - 1, "next")
    if due is not None:
        if due >= limit:
            return None
        return None if start is None else max(start, start_of(limit, duration or 1, days)), limit
    if start is not None:
        return None if start >= limit else (limit, None)
    if duration is None:
        return None
    return (limit, due_of(limit, duration, days)) if end == "start" else (start_of(limit, duration, days), limit)
