"""What stays where it is, and is warned of where that conflicts with what it hangs on (P5, P6)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Set

from attrs import define, field

from actionplans.errors import Invalid
from actionplans.model import Milestone, Task, Warn
from actionplans.model.words import LinkPolicy
from actionplans.schedule.bases import Timed, base_of, dates, ends
from actionplans.schedule.change import Change, went
from actionplans.schedule.dates import duration_of
from actionplans.schedule.links import ENDS, End, Limit, Uncounted, limits, source_of
from actionplans.schedule.moving import Moving
from actionplans.schedule.reasons import Reason, Row, gone, staying
from actionplans.schedule.sentences import day_of, short
from actionplans.workdays import WorkDays


@define(kw_only=True)
class Staying(Change):
    """A change with the policy for its links and the day it is; `moves` and `warnings` are what comes of it.

    `asked` are the items that are to be looked at in any case.
    """

    today: dt.date
    policy: LinkPolicy
    asked: Set[str] = frozenset()
    moves: list[Row] = field(factory=list)
    warnings: list[Warn] = field(factory=list)

    def measured(self, task: Task, at: Moving) -> None:
        """Note the working days of a task whose dates stay in a calendar that changed (D8)."""
        stays = (task.start, task.due) == (at.start, at.due)
        if stays and at.start is not None and at.due is not None and task.duration is not None:
            lasts = duration_of(at.start, at.due, at.days)
            if lasts != task.duration:
                because = tuple(Reason("measured", "due", now=at.due))
                self.moves.append((task.id, at.start, at.due, at.start, at.due, lasts, because))

    def not_past(self, day: dt.date, stood: dt.date, days: WorkDays) -> dt.date:
        """A day under `asap`: before today only where the date stood there, or stays as near to it as it is (P5)."""
        if day >= self.today or day == stood:
            return day
        return stood if day < stood < self.today else days.roll(self.today, "next")

    def linked(self, item: Timed, end: End, days_old: WorkDays, days: WorkDays) -> tuple[dt.date, Reason] | None:
        """One end of a milestone, objective or play that is counted from a task, as the policy moves it (P5)."""
        date, offset = ends(item)[end == "due"]
        if offset is None or date is None or not offset.anchor.startswith("task:") or self.policy == "hold":
            return None
        was, now = self.went(offset)
        if now is None:
            return None
        counted = self.counted(offset, now, days)
        if counted is None:
            return None
        if self.policy == "keep" and was is not None and days is days_old:
            count = went(was, now, days)
            reason = Reason("shift", end, offset.item_id, was, now, own=date, shift=count)
            shifted = gone(date, count, "working_days", end, days)
            if shifted >= counted:
                return shifted, reason
            return counted, Reason("offset", end, offset.item_id, was, now, offset)
        if self.policy == "asap" and counted != (day := self.not_past(counted, date, days)):
            return None if day == date else (day, Reason("today", end, now=self.today))
        if counted <= date and self.policy != "asap":
            return None
        return counted, Reason("offset", end, offset.item_id, was, now, offset)

    def warn_of_uncounted(self, item: Timed) -> None:
        """Warn of an item that cannot be counted from what was just done."""
        for source in self.uncounted:
            on = self.base(source)[1]
            if source in self.now and on is not None:
                told = f"is not counted from {self._called(source)}, which was done on {day_of(on)}"
                self.warnings.append(Warn(item.id, f"{short(item.title)!r} {told}"))
                break
        self.uncounted.clear()

    def allowed(self, task: Task, days: WorkDays) -> list[Limit]:
        """What the links of a task allow; raises `Invalid` where this very change makes one that cannot be counted."""
        uncounted: list[Uncounted] = []
        found = limits(task, self.base, days, uncounted)
        for source, error in uncounted:
            if task.id in self.relinked or source in self.now and not self.finished(source):
                raise error
            self.uncounted.append(source)
        return found

    def stays(self, task: Task, at: Moving, days_old: WorkDays) -> None:
        """Warn of a task that does not move and now conflicts with what it hangs on (P5, P6)."""
        if task.status == "cancelled":
            return
        state = "done" if task.status == "done" else "locked" if task.locked else "dated by hand"
        if task.status == "done":
            at.start, at.due = base_of(task)
        against = self._against(task, at, state, days_old)
        if against:
            self._warn(task, state, against)
        if state == "locked" and at.days is not days_old:
            at.start, at.due = dates(task)
            self.measured(task, at)
            stands = at.due if at.start is None else at.start
            if not against and stands is not None and days_old.is_working(stands) > at.days.is_working(stands):
                told = f"{short(task.title)!r} is locked and stays on {day_of(stands)}, which is no longer worked"
                self.warnings.append(Warn(task.id, told))

    def _against(self, task: Task, at: Moving, state: str, days_old: WorkDays) -> str:
        """The name of an anchor, or id of an item, with which a task that stays now conflicts; else empty."""
        if state == "locked" and task.id in self.old:
            for end in ENDS:
                followed = self._followed(task, end, days_old, at.days)
                if followed:
                    return followed
        uncounted: list[Uncounted] = []
        linked = [] if self.policy == "hold" and state == "dated by hand" else self._new(task, at, days_old, uncounted)
        for limit in sorted(linked, key=lambda one: (one[1], source_of(one[2])), reverse=True):
            if at.push(limit[0], limit[1]):
                return source_of(limit[2])
        return next((source for source, _ in uncounted if source in self.now), "")

    def _followed(self, item: Timed, end: End, days_old: WorkDays, days: WorkDays) -> str:
        """What a locked item does not follow with one end, though it would; else empty."""
        try:
            followed = self.followed(item, end, days_old, days)
            if followed is None and isinstance(item, Milestone):
                followed = self.linked(item, end, days_old, days)
        except Invalid:
            offset = ends(item)[end == "due"][1]
            return (offset.item_id or offset.anchor) if offset is not None else ""
        return followed[1].source if followed is not None and followed[0] != dates(item)[end == "due"] else ""

    def _new(self, task: Task, at: Moving, days_old: WorkDays, uncounted: list[Uncounted]) -> list[Limit]:
        """The limits of a task that stays, of what this change moved; all, where it changed or asked for the task."""
        found = limits(task, self.base, at.days, uncounted)
        old = self.old.get(task.id)
        changed = old is None or dates(old) != dates(task) or days_old is not at.days or task.id in self.relinked
        if changed or task.id in self.asked:
            return found
        return [one for one in found if source_of(one[2]) in self.now]

    def begun(self, task: Task, at: Moving, days_old: WorkDays) -> None:
        """Warn of a task in progress that now starts before its links allow (P5)."""
        for limit in self._new(task, at, days_old, []):
            if limit[0] == "start" and at.start is not None and at.start < limit[1]:
                self._warn(task, "in progress", source_of(limit[2]))
                return

    def _warn(self, item: Timed, state: str, source: str) -> None:
        self.warnings.append(staying(item, state, self._called(source)))

    def _called(self, source: str) -> str:
        named = self.items.get(source)
        return repr(short(named.title)) if named is not None else f"the anchor {source}"
