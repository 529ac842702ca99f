"""What changed between two states of a plan: what is to be looked at, and what others count from (P5, P6)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping

from attrs import define, field

from actionplans.errors import Invalid
from actionplans.model import Milestone, Offset, Plan, Task
from actionplans.schedule.bases import NOWHERE, Base, Timed, base_of, dates, done_days, ends, links, timed
from actionplans.schedule.dates import offset_date
from actionplans.schedule.links import End
from actionplans.schedule.reasons import Reason, gone
from actionplans.workdays import WorkDays

Calendars = Callable[[Task | None], WorkDays]
"""The working days of a task (D7), or of the plan itself (None)."""


@define(kw_only=True)
class Change:
    """A plan before and after a change, with its calendars before and after (`same_days` where they are the same).

    `look` are the ids of what is to be looked at, `relinked` those of items that are new or whose links or offsets
    changed, `now` the bases of what moved: it grows while a walk goes on. `uncounted` are the ids of what is finished,
    on a day from which an item that is looked at cannot be counted.
    """

    before: Plan
    after: Plan
    days: Calendars
    days_before: Calendars
    same_days: bool
    look: set[str]
    old: Mapping[str, Timed] = field(factory=dict)
    items: Mapping[str, Timed] = field(factory=dict)
    done_before: Mapping[str, dt.date] = field(factory=dict)
    done: Mapping[str, dt.date] = field(factory=dict)
    now: dict[str, Base] = field(factory=dict)
    relinked: set[str] = field(factory=set)
    uncounted: list[str] = field(factory=list)

    def compare(self) -> None:
        """Find what changed."""
        before, after = self.before, self.after
        self.items = {one.id: one for one in timed(after)}
        self.old = self.items if before is after else {one.id: one for one in timed(before)}
        self.done_before, self.done = done_days(before), done_days(after)
        old_of = self.old.get
        for item_id, one in self.items.items():
            old = old_of(item_id)
            if old is None:
                self.look.add(item_id)
                self.relinked.add(item_id)
            elif old is not one:
                self._compare(old, one)
            if not self.same_days and old is not None and self.calendar_before(old) is not self.calendar(one):
                self.look.add(item_id)
        for point in after.milestones:
            if self.done_before.get(point.id) != self.done.get(point.id) and point.id in self.old:
                self._based(point)
        moved = {name for name, day in after.anchors.items() if before.anchors.get(name) != day}
        if moved:
            for one in self.items.values():
                if any(offset is not None and offset.anchor in moved for _, offset in ends(one)):
                    self.look.add(one.id)

    def calendar(self, item: Timed) -> WorkDays:
        """The calendar that counts for an item."""
        return self.days(item if isinstance(item, Task) else None)

    def calendar_before(self, item: Timed) -> WorkDays:
        """The one that did before."""
        return self.days_before(item if isinstance(item, Task) else None)

    def _compare(self, old: Timed, new: Timed) -> None:
        """Whether an item is to be looked at for what changed in itself, and whether others are because of it."""
        if links(old) != links(new):
            self.look.add(new.id)
            self.relinked.add(new.id)
        elif dates(old) != dates(new) or self.calendar_before(old) is not self.calendar(new):
            self.look.add(new.id)
        self._based(new)

    def _based(self, item: Timed) -> None:
        now = base_of(item, self.done.get(item.id))
        if now != self.was(item.id):
            self.now[item.id] = now

    def was(self, item_id: str) -> Base:
        """What others counted from in an item before."""
        item = self.old.get(item_id)
        return NOWHERE if item is None else base_of(item, self.done_before.get(item_id))

    def base(self, item_id: str) -> Base:
        """What others count from in an item, as it stands now."""
        known = self.now.get(item_id)
        if known is None:
            item = self.items.get(item_id)
            known = NOWHERE if item is None else base_of(item, self.done.get(item_id))
        return known

    def went(self, offset: Offset) -> tuple[dt.date | None, dt.date | None]:
        """The dates, before and now, of what an offset counts from."""
        name = offset.item_id
        if not name:
            return self.before.anchors.get(offset.anchor), self.after.anchors.get(offset.anchor)
        return self.was(name)[1] if name in self.now else self.base(name)[1], self.base(name)[1]

    def stood(self, own: Offset, task: Task, days_old: WorkDays) -> bool:
        """Whether a task's due stood where an offset from its own start put it."""
        return task.start is not None and placed(own, task.start, days_old) == task.due

    def counted_otherwise(self, item: Timed, end: End, old: Timed | None) -> bool:
        """Whether the change gave one end of an item another offset."""
        return old is not None and old is not item and ends(old)[end == "due"][1] != ends(item)[end == "due"][1]

    def stands(self, item: Timed, end: End, days_old: WorkDays) -> bool:
        """Whether one end of an item stood where an offset of its own put it."""
        date, offset = ends(item)[end == "due"]
        if offset is None or date is None or offset.anchor == "own_start":
            return False
        was, _ = self.went(offset)
        return was is not None and placed(offset, was, days_old) == date

    def finished(self, item_id: str) -> bool:
        """Whether others count from the day on which an item was done."""
        item = self.items.get(item_id)
        if isinstance(item, Milestone):
            return item.reached_on is not None or item_id in self.done
        return isinstance(item, Task) and item.completion is not None

    def counted(self, offset: Offset, anchor: dt.date, days: WorkDays) -> dt.date | None:
        """The date an offset gives; None where what it counts from was done on a day from which it gives none (P5)."""
        try:
            return offset_date(offset, anchor, days)
        except Invalid:
            if not self.finished(offset.item_id):
                raise
            self.uncounted.append(offset.item_id)
            return None

    def followed(self, item: Timed, end: End, days_old: WorkDays, days: WorkDays) -> tuple[dt.date, Reason] | None:
        """One end's date after what its offset counts from, or its calendar, changed; None where nothing did (P6).

        One that stands where its offset put it is counted again; one moved since goes as far as its anchor went. What
        is counted from a task is a link (P1), and only counted again when the calendar changes.
        """
        date, offset = ends(item)[end == "due"]
        if offset is None or offset.anchor == "own_start":
            return None
        was, now = self.went(offset)
        if now is None:
            return None
        reason = Reason("offset", end, offset.item_id or offset.anchor, was, now, offset)
        old = self.old.get(item.id)
        if self.counted_otherwise(item, end, old):
            return offset_date(offset, now, days), reason
        if date is None and was is not None and old is not None:
            return None
        if date is not None and (was is None or days is days_old and (was == now or offset.anchor.startswith("task:"))):
            return None
        if date is None or was is None or placed(offset, was, days_old) == date:
            day = self.counted(offset, now, days)
            return None if day is None else (day, reason)
        if was == now or offset.anchor.startswith("task:"):
            return None
        unit = "working_days" if offset.unit == "working_days" else "days"
        count = went(was, now, days) if unit == "working_days" else (now - was).days
        shift = reason._replace(cause="shift", own=date, shift=count, unit=unit)
        return gone(date, count, unit, end, days, offset.roll), shift


def placed(offset: Offset, anchor: dt.date, days: WorkDays) -> dt.date | None:
    """The date an offset gives; None where it cannot be counted from that day."""
    try:
        return offset_date(offset, anchor, days)
    except Invalid:
        return None


def went(was: dt.date, now: dt.date, days: WorkDays) -> int:
    """By how many working days a day moved: those after it up to where it is now, counted backwards as negative."""
    day = dt.timedelta(days=1)
    return days.count(was + day, now) if now > was else -days.count(now + day, was)
