"""What a change moves (P5, P6), the slow and obvious way, to hold against the library.

Every item's dates are worked out from scratch, from what the change itself left and from where the others now are;
over and over, until nothing changes any more. Days are counted one by one (`Oracle`). Nothing here is shared with the
library but the nouns that carry the data.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Set
from typing import NamedTuple

from actionplans.model import Dependency, Milestone, Objective, Offset, Plan, Play, Task
from tests.dates.oracle import Oracle, moved

Item = Task | Milestone | Play | Objective
Calendars = Callable[[Plan, Task | None], Oracle]
Base = tuple[dt.date, dt.date] | None
"""From when to when an item stands in the eyes of those behind it; None binds nothing."""


class Dates(NamedTuple):
    """Start, due and working days of an item."""

    start: dt.date | None
    due: dt.date | None
    duration: int | None


class Hanging(NamedTuple):
    """One thing an item hangs on by a link or an offset from a task: on which of its ends, and what."""

    end: str
    source: str
    link: Dependency | Offset

    @property
    def by_start(self) -> bool:
        """Whether the predecessor's start counts, not its due."""
        return isinstance(self.link, Dependency) and self.link.kind in ("SS", "SF")


class SlowReschedule:
    """`before` and `after` one change; `dates` are where everything stands when all has moved."""

    def __init__(
        self,
        before: Plan,
        after: Plan,
        calendars: Calendars,
        today: dt.date,
        look_at: Set[str] = frozenset(),
        policy: str | None = None,
    ) -> None:
        self.before, self.after, self.today, self.look_at = before, after, today, look_at
        self.calendars = calendars
        self.policy = policy or after.link_policy
        self.was = {one.id: one for one in items(before)}
        self.now = {one.id: one for one in items(after)}
        self.days_was = {one.id: calendars(before, one if isinstance(one, Task) else None) for one in items(before)}
        self.days_now = {one.id: calendars(after, one if isinstance(one, Task) else None) for one in items(after)}
        self.own = {one.id: dates(one) for one in items(after)}
        self.dates = dict(self.own)
        self.settle()

    def settle(self) -> None:
        """Once more over all items, until nothing changes any more."""
        while True:
            new = {item_id: self.placed(item) for item_id, item in self.now.items()}
            if new == self.dates:
                return
            self.dates = new

    def moves(self) -> dict[str, Dates]:
        """What the change moves besides itself."""
        return {
            one: new
            for one, new in self.dates.items()
            if new[:2] != self.own[one][:2] or self.own[one].duration not in (None, new.duration) and self.in_days(one)
        }

    def in_days(self, item_id: str) -> bool:
        """Whether it is a task that is open, in other days than before."""
        item = self.now[item_id]
        return isinstance(item, Task) and item.is_open and self.new_calendar(item)

    # What an item hangs on

    def base_was(self, item_id: str) -> Base:
        """Where an item stood before the change."""
        item = self.was.get(item_id)
        return base(self.before, item, dates(item)) if item is not None else None

    def base_now(self, item_id: str) -> Base:
        """Where an item stands by now."""
        item = self.now.get(item_id)
        return base(self.after, item, self.dates[item_id]) if item is not None else None

    def anchor_was(self, name: str) -> dt.date | None:
        """The day of an anchor, milestone or task before the change."""
        head, mark, item_id = name.partition(":")
        if not mark:
            return self.before.anchors.get(name)
        stood = self.base_was(item_id)
        return stood[1] if stood else None

    def anchor_now(self, name: str) -> dt.date | None:
        """The day of an anchor, milestone or task by now."""
        head, mark, item_id = name.partition(":")
        if not mark:
            return self.after.anchors.get(name)
        stands = self.base_now(item_id)
        return stands[1] if stands else None

    def new_calendar(self, item: Item) -> bool:
        """Whether other days count than before."""
        return item.id in self.was and self.days_was[item.id].calendars != self.days_now[item.id].calendars

    def looked_at(self, item: Item) -> bool:
        """Whether the change has anything to do with the item."""
        was = self.was.get(item.id)
        if was is None or item.id in self.look_at or self.new_calendar(item):
            return True
        if set(hangings(was)) != set(hangings(item)) or offsets(was) != offsets(item):
            return True
        if any(self.went(one) is not None for one in hangings(item)):
            return True
        return any(self.anchor_was(one.anchor) != self.anchor_now(one.anchor) for one in anchored(item).values())

    def went(self, one: Hanging) -> tuple[Base, Base] | None:
        """From where to where a predecessor moved; None where it did not, or was cancelled."""
        was, now = self.base_was(one.source), self.base_now(one.source)
        return (was, now) if was != now else None

    # Where an item goes

    def placed(self, item: Item) -> Dates:
        """The item's dates, out of its own and those of what it hangs on."""
        own, was = self.own[item.id], self.was.get(item.id)
        if fixed(self.after, item) or not self.looked_at(item):
            if self.in_days(item.id) and own.start is not None and own.due is not None:  # locked: only what it takes
                return own._replace(duration=max(1, self.days_now[item.id].count(own.start, own.due)))
            return own
        by_hand = was is not None and dates(was) != own
        if by_hand and set(hangings(was)) == set(hangings(item)):
            return own
        redated = not by_hand and self.redated(item, own)
        if not by_hand:
            own = self.followed(item, own)
        if self.policy == "hold":
            return self.pushed(item, own) if self.own[item.id][:2] == (None, None) else own
        if self.policy == "keep" and not redated:
            own = self.kept(item, own)
        undated = self.own[item.id][:2] == (None, None)
        if self.policy == "asap" and (undated or not started(item)):
            return self.earliest(item, own)
        return self.pushed(item, own)

    def redated(self, item: Item, own: Dates) -> bool:
        """Whether an anchor, a milestone or its calendar says where it goes; it is not shifted on top of that."""
        starts = not started(item) or own[:2] == (None, None)
        carried = [self.carried(item, end, one, own) for end, one in offsets(item).items() if end == "due" or starts]
        return self.new_calendar(item) or any(one is not None for one in carried)

    def followed(self, item: Item, own: Dates) -> Dates:
        """After anchors, milestones and the calendar have moved it (P6)."""
        days, starts = self.days_now[item.id], not started(item) or own[:2] == (None, None)
        new: dict[str, dt.date] = {}
        for end, offset in offsets(item).items():
            date = self.carried(item, end, offset, own) if end == "due" or starts else None
            if date is not None:
                new[end] = date
        start, due = new.get("start", own.start), new.get("due", own.due)
        if not isinstance(item, Task):
            return self.whole(item, start, due, own)
        if not new and self.new_calendar(item):
            if start is None:
                due = days.roll(due, "next") if due is not None else None
            elif starts:
                start = days.roll(start, "next")
        if own.start is None or own.due is None:
            counted = offsets(item).get("due")
            if due is None and own.start is None and start is not None and counted and counted.anchor == "own_start":
                due = days.offset(counted, start)
            if own[:2] == (None, None) and own.duration is not None:  # any two of the three give the third (D8)
                start = days.start_of(due, own.duration) if start is None and due is not None else start
                due = days.due_of(start, own.duration) if due is None and start is not None else due
            return self.whole(item, start, due, own)
        length = took(own, self.days_was_of(item))
        if "due" not in new and not self.stands(item, "due", own) and (start != own.start or self.new_calendar(item)):
            due = self.by_own_start(item, own, start) or days.due_of(start, length)
        if "due" in new and "start" not in new and starts:
            stands = self.stands(item, "start", own)
            start = self.beside(item, "start", own) if stands else days.start_of(due, length)
        if "start" in new and "due" not in new and self.stands(item, "due", own):
            due = self.beside(item, "due", own)
        return self.whole(item, start, due, own)

    def beside(self, item: Item, end: str, own: Dates) -> dt.date:
        """The end that stands at an offset of its own, where the other goes with an anchor: it is counted for itself.

        From a task that is a link: never under `hold`, only later under `push` and `keep`, both ways under `asap`.
        """
        offset, date = offsets(item)[end], getattr(own, end)
        if self.policy == "hold" or not offset.anchor.startswith("task:"):
            return date
        counted = self.days_now[item.id].offset(offset, self.anchor_now(offset.anchor))
        return self.not_past(counted, end, own, item) if self.policy == "asap" else max(date, counted)

    def carried(self, item: Item, end: str, offset: Offset, own: Dates) -> dt.date | None:
        """Where an end goes because of its own offset; None where it stays. An offset from a task is a link (P1)."""
        if offset.anchor == "own_start":
            return None
        days, date = self.days_now[item.id], getattr(own, end)
        was, now = self.anchor_was(offset.anchor), self.anchor_now(offset.anchor)
        if now is None or was == now and not self.new_calendar(item):
            return None
        if was is None:
            return days.offset(offset, now) if date is None else None
        if date is None or offset.anchor.startswith("task:") and not self.new_calendar(item):
            return None
        if date == self.days_was_of(item).offset(offset, was):
            return days.offset(offset, now)
        if was == now or offset.anchor.startswith("task:"):
            return None
        if offset.unit == "working_days":
            n = days.count(moved(was, 1), now) - days.count(moved(now, 1), was)
            return shifted(date, n, end, days)
        return days.offset(Offset((now - was).days, roll=offset.roll), date)

    def stands(self, item: Item, end: str, own: Dates) -> bool:
        """Whether an end stands where its own offset puts it, and so does not follow the other end."""
        offset = offsets(item).get(end)
        if offset is None or offset.anchor == "own_start":
            return False
        was = self.anchor_was(offset.anchor)
        return was is not None and getattr(own, end) == self.days_was_of(item).offset(offset, was)

    def by_own_start(self, item: Item, own: Dates, start: dt.date) -> dt.date | None:
        """The due that is counted from the task's own start, where it stood there."""
        offset = offsets(item).get("due")
        if offset is None or offset.anchor != "own_start" or own.start is None:
            return None
        if own.due != self.days_was_of(item).offset(offset, own.start):
            return None
        return self.days_now[item.id].offset(offset, start)

    def days_was_of(self, item: Item) -> Oracle:
        """The days that counted for the item before the change; for a new one those of now."""
        return self.days_was.get(item.id) or self.days_now[item.id]

    def bounds(self, item: Item) -> dict[str, list[dt.date]]:
        """The earliest start and due that links and offsets from tasks allow, on the end that they move."""
        days, found = self.days_now[item.id], {"start": [], "due": []}
        for one in hangings(item):
            stands = self.base_now(one.source)
            if stands is None or one.end == "start" and started(item) and self.own[item.id][:2] != (None, None):
                continue
            if isinstance(one.link, Offset):
                found[one.end].append(days.offset(one.link, stands[1]))
            else:
                limit = days.bound(one.link, *stands)
                found[one.end].append(limit[1])
        return found

    def pushed(self, item: Item, own: Dates) -> Dates:
        """Later, as far as the latest bound forces it; the duration stays (P5)."""
        return self.forced(item, own, **self.bounds(item))

    def forced(self, item: Item, own: Dates, start: list[dt.date], due: list[dt.date]) -> Dates:
        """On or after all of these."""
        days = self.days_now[item.id]
        if own.start is None and own.due is None:
            if not (start or due) or own.duration is None:
                return own
            first = max([*start, *(days.start_of(one, own.duration) for one in due)])
            return Dates(first, max([days.due_of(first, own.duration), *due]), own.duration)
        if own.start is None or own.due is None:
            if own.start is not None:
                return own if started(item) else own._replace(start=max([own.start, *start, *due]))
            return own._replace(due=max([own.due, *start, *due]))
        if started(item) and self.own[item.id][:2] != (None, None):
            return self.whole(item, own.start, max([own.due, *due]), own)
        if not start and not due:
            return own
        length = took(own, days)
        first, last = own.start, own.due
        for one in start:
            if one > first:
                first, last = one, days.due_of(one, length)
        for one in due:
            if one > last:
                first, last = max(first, days.start_of(one, length)), one
        return Dates(first, last, length)

    def kept(self, item: Item, own: Dates) -> Dates:
        """As many working days on or back as what it hangs on went (P5)."""
        days = self.days_now[item.id]
        far = []
        for one in hangings(item):
            went = self.went(one)
            if went is None or None in went or started(item) and one.end == "start":
                continue
            old, new = (went[n][0 if one.by_start else 1] for n in (0, 1))
            if old == new:
                continue
            if one.by_start:
                far.append(days.count(old, moved(new, -1)) - days.count(new, moved(old, -1)))
            else:
                far.append(days.count(moved(old, 1), new) - days.count(moved(new, 1), old))
        n = max(far, default=0)
        if n == 0 or own.start is None and own.due is None:
            return own
        if own.start is None or started(item):
            if own.due is None:
                return own
            return self.whole(item, own.start, shifted(own.due, n, "due", days), own)
        start = shifted(own.start, n, "start", days)
        if own.due is None:
            return own._replace(start=start)
        length = took(own, days)
        return Dates(start, days.due_of(start, length), length)

    def earliest(self, item: Item, own: Dates) -> Dates:
        """The earliest day that links and offsets allow, and never before today unless it stood there (P5)."""
        days, bounds = self.days_now[item.id], self.bounds(item)
        if not bounds["start"] and not bounds["due"]:
            return own
        for end, offset in anchored(item).items():
            anchor = self.anchor_now(offset.anchor)
            if anchor is not None:
                bounds[end].append(days.offset(offset, anchor))
        start, due = bounds["start"], bounds["due"]
        if own.start is None and own.due is None:
            new = self.forced(item, own, start, due)
            if new.start is not None and new.start < self.today:
                return self.at_start(item, days.roll(self.today, "next"), own)
            if new.start is None and new.due is not None and new.due < self.today:
                return new._replace(due=days.roll(self.today, "next"))
            return new
        if own.start is None or own.due is None:
            end = "due" if own.start is None else "start"
            return own._replace(**{end: self.not_past(max([*start, *due]), end, own, item)})
        length = took(own, days)
        first = max(start, default=None) or days.start_of(max(due), length)
        last = days.due_of(first, length) if start else max(due)
        binding = "start"
        if not start or due and max(due) > last:
            first, last, binding = days.start_of(max(due), length), max(due), "due"
        if getattr(own, binding) == (first if binding == "start" else last):
            first, last = own.start, own.due  # the other end may lie on a day that is not worked
        allowed = self.not_past(first, "start", own, item)
        if allowed == first:
            return Dates(first, last, length)
        return own if allowed == own.start else Dates(allowed, days.due_of(allowed, length), length)

    def not_past(self, result: dt.date, end: str, own: Dates, item: Item) -> dt.date:
        """Before today only where it stood."""
        stands, had = getattr(own, end), getattr(self.own[item.id], end)
        if result >= self.today or result == had:
            return result
        if stands is not None and result <= stands < self.today:
            return stands
        return self.days_now[item.id].roll(self.today, "next")

    def at_start(self, item: Item, start: dt.date, own: Dates) -> Dates:
        """From that day on for as long as it takes."""
        return Dates(start, self.days_now[item.id].due_of(start, own.duration), own.duration)

    def whole(self, item: Item, start: dt.date | None, due: dt.date | None, own: Dates) -> Dates:
        """Dates in order, and a duration that agrees with them (D8)."""
        days = self.days_now[item.id]
        if start is None or due is None:
            return Dates(start, due, own.duration)
        if not isinstance(item, Task):
            return Dates(start, due if due >= start else days.due_of(start, 1), None)
        if due < start:
            due = days.due_of(start, took(own, self.days_was_of(item)))
        return Dates(start, due, max(1, days.count(start, due)))


def items(plan: Plan) -> Iterator[Item]:
    """All that has dates."""
    yield from (*plan.objectives, *plan.milestones, *plan.plays, *plan.tasks)


def dates(item: Item) -> Dates:
    """The dates of an item as it is."""
    if isinstance(item, Task):
        return Dates(item.start, item.due, item.duration)
    if isinstance(item, Milestone):
        return Dates(None, item.due, None)
    return Dates(item.start, item.end if isinstance(item, Objective) else item.due, None)


def offsets(item: Item) -> dict[str, Offset]:
    """What each end is counted from."""
    due = item.end_offset if isinstance(item, Objective) else item.offset
    start = None if isinstance(item, Milestone) else item.start_offset
    return {end: one for end, one in (("start", start), ("due", due)) if one is not None}


def anchored(item: Item) -> dict[str, Offset]:
    """The offsets from named anchors and milestones."""
    return {
        end: one
        for end, one in offsets(item).items()
        if one.anchor != "own_start" and not one.anchor.startswith("task:")
    }


def hangings(item: Item) -> list[Hanging]:
    """The links and the offsets from tasks, which are links too (P1)."""
    links = item.dependencies if isinstance(item, Task) else ()
    found = [Hanging("start" if one.kind in ("FS", "SS") else "due", one.predecessor_id, one) for one in links]
    for end, one in offsets(item).items():
        if one.anchor.startswith("task:"):
            found.append(Hanging(end, one.item_id, one))
    return found


def started(item: Item) -> bool:
    """A task in progress keeps its start (P5)."""
    return isinstance(item, Task) and item.status == "in_progress"


def fixed(plan: Plan, item: Item) -> bool:
    """Whether nothing moves it."""
    if isinstance(item, Task):
        return item.locked or item.status in ("done", "cancelled")
    return isinstance(item, Milestone) and (item.locked or reached_on(plan, item) is not None)


def reached_on(plan: Plan, point: Milestone) -> dt.date | None:
    """The day a milestone was reached: marked, or with the last of its tasks."""
    if point.reached_on is not None:
        return point.reached_on
    tasks = [task for task in plan.tasks if task.milestone_id == point.id]
    done = [task.completion.on for task in tasks if task.completion is not None]
    return max(done) if done and all(task.status in ("done", "cancelled") for task in tasks) else None


def base(plan: Plan, item: Item, own: Dates) -> Base:
    """Where an item stands in the eyes of those behind it: its actual completion once done, else its dates (P5)."""
    if isinstance(item, Milestone):
        on = reached_on(plan, item) or own.due
        return (on, on) if on else None
    if isinstance(item, Task) and item.status == "cancelled":
        return None
    if isinstance(item, Task) and item.completion is not None:
        on = item.completion.on
        return min(own.start or on, on), on
    start, due = own.start or own.due, own.due or own.start
    return (start, due) if start and due else None


def took(own: Dates, days: Oracle) -> int:
    """How many working days an item takes."""
    if own.duration is not None or own.start is None or own.due is None:
        return own.duration or 1
    return max(1, days.count(own.start, own.due))


def shifted(date: dt.date, n: int, end: str, days: Oracle) -> dt.date:
    """So many working days on or back; a start that is not worked counts as the next, a due as the last one."""
    return days.add(date, n, "next" if end == "start" else "previous") if n else date
