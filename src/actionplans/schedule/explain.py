"""Why a date is what it is, as data and as one sentence a customer can read (D10)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Mapping
from typing import Literal

from attrs import frozen

from actionplans.checks import Value
from actionplans.errors import Invalid, Refused
from actionplans.model import Dependency, Milestone, Offset, Plan, Stage, Task, Warn
from actionplans.model.words import Duration, Id, Line
from actionplans.schedule.bases import NOWHERE, Base, Timed, base_of, dates, done_days, ends, timed
from actionplans.schedule.change import Calendars
from actionplans.schedule.dates import offset_date, shifted
from actionplans.schedule.links import End, limits, source_of
from actionplans.schedule.sentences import anchor_named, day_of, distance, titled
from actionplans.workdays import WorkDays

LET = {"start": "start", "due": "be due"}

OTHER = "another item"
"""What an item is called whose title the reader may not see (V2)."""


@frozen
class Skipped(Value):
    """A day that was not counted, and why."""

    day: dt.date
    reason: Line


@frozen
class Explanation(Value):
    """Why a date is what it is (D10): counted from which anchor, what was skipped, where it landed, how it rolled.

    `counted_from` is the anchor after it was moved onto a working day, where the offset asks for that; `landed` the day
    before any roll, `date` the result; `skipped` the non-working days that did not count or were rolled over.
    """

    offset: Offset
    anchor_name: Line
    anchor: dt.date
    counted_from: dt.date
    landed: dt.date
    date: dt.date
    skipped: tuple[Skipped, ...] = ()

    def sentence(self) -> str:
        """One sentence a customer can read."""
        return f"{day_of(self.date)} is {self.clause()}."

    def clause(self) -> str:
        """The sentence without the date that it explains."""
        text = f"{self._distance()} {self.anchor_name}"
        if self.anchor != self.date:
            text += f" ({day_of(self.anchor)})"
        if self.counted_from != self.anchor and self.offset.count:
            text += f", counted from {day_of(self.counted_from)}"
        if self.landed != self.date:
            text += f", moved from {day_of(self.landed)}"
        if self.skipped:
            text += f"; {'not counted' if self.landed == self.date else 'not worked'}: {_listed(self.skipped)}"
        return text

    def _distance(self) -> str:
        if self.offset.count == 0:
            if self.date == self.anchor or self.landed != self.date:
                return "the day of"
            return "the first working day after" if self.date > self.anchor else "the last working day before"
        return distance(self.offset)


def explain(offset: Offset, anchor_name: str, anchor: dt.date, days: WorkDays) -> Explanation:
    """Why `offset_date` gives what it gives, as data; `.sentence()` says it in words (D10)."""
    date = offset_date(offset, anchor, days)
    counted = offset.unit == "working_days"
    counted_from = days.add(anchor, 0, offset.roll_anchor) if counted and offset.roll_anchor != "none" else anchor
    landed = date if counted else shifted(anchor, offset.count, offset.unit)
    first, last = sorted((anchor if counted else landed, date))
    between = map(dt.date.fromordinal, range(first.toordinal(), last.toordinal() + 1))
    off = tuple(Skipped(day, reason) for day in between if (reason := days.reason(day)) is not None)
    return Explanation(
        offset, anchor_name, anchor, counted_from, landed, date, off if counted or landed != date else ()
    )


def _listed(skipped: tuple[Skipped, ...]) -> str:
    if len(skipped) > 6:
        holidays = sum(one.reason == "holiday" for one in skipped)
        weekends = len(skipped) - holidays
        parts = [f"{weekends} days off in the week"] * bool(weekends) + [f"{holidays} holidays"] * bool(holidays)
        return " and ".join(parts)
    return ", ".join(
        f"{day_of(one.day)} ({one.reason})" if one.reason == "holiday" else day_of(one.day) for one in skipped
    )


@frozen
class Limited(Value):
    """What one link, or an offset from a task, allows: no earlier day than `date` for one end of an item (P1).

    `source` is the id of what it counts from, `title` that one's, `base` its date. `state` is `binding` where the item
    stands on that very day, `room` where it is later, and `broken` where it is earlier: a conflict.
    """

    end: End
    date: dt.date
    source: Id
    title: Line
    base: dt.date | None
    state: Literal["binding", "room", "broken"]
    link: Dependency | None = None


@frozen
class Why(Value):
    """Why an item's dates are what they are (D10).

    `counted` explains each end that stands where an offset of its own puts it, `moved` where an offset would put one
    that was moved since (by hand, by a link, an anchor or a pause), `limits` what its links allow. Of a task `duration`
    says how many working days lie between its dates, `by_hand` that somebody set them, `locked` that nothing moves
    them, `original_due` the first due date it had (D12).
    """

    item_id: Id
    title: Line
    start: dt.date | None
    due: dt.date | None
    counted: tuple[Explanation, ...] = ()
    moved: tuple[Explanation, ...] = ()
    limits: tuple[Limited, ...] = ()
    duration: Duration | None = None
    by_hand: bool = False
    locked: bool = False
    original_due: dt.date | None = None

    def sentence(self) -> str:
        """The whole in words that a customer can read."""
        stands = [f"starts on {day_of(self.start)}"] if self.start else []
        stands += [f"is due on {day_of(self.due)}"] if self.due else []
        parts = [f"“{self.title}” {' and '.join(stands) or 'has no date'}"]
        parts += [one.clause() for one in self.counted]
        parts += [f"moved since from {day_of(one.date)}, which is {one.clause()}" for one in self.moved]
        for one in self.limits:
            if one.state == "binding" and one.link is not None:
                parts.append(f"“{one.title}” lets it {LET[one.end]} no earlier")
            elif one.state == "broken":
                parts.append(f"in conflict with “{one.title}”, which lets it {LET[one.end]} on {day_of(one.date)}")
        parts += [f"it takes {self.duration} working day{'s' * (self.duration != 1)}"] if self.duration else []
        parts += ["set by hand"] * self.by_hand + ["locked"] * self.locked
        if self.original_due not in (None, self.due) and self.original_due is not None:
            parts.append(f"first due on {day_of(self.original_due)}")
        return "; ".join(parts) + "."


@frozen
class Conflict(Value):
    """An open task that stands earlier than what one of its links allows (P5)."""

    task_id: Id
    limit: Limited


def why(plan: Plan, item_id: str, days: Calendars, names: Mapping[str, str] | None = None) -> Why:
    """Why the dates of a task, milestone, objective or play are what they are (D10).

    `names` are the titles, by id, of what the reader may see; what is not among them is called another item (V2).
    Raises `NotFound`, and `Refused` for a stage, which has no dates.
    """
    item = plan.item(item_id)
    if isinstance(item, Stage):
        raise Refused("explaining", "a stage has no dates")
    titles = {one.id: one.title for one in plan.items()} if names is None else names
    work, task = days(item if isinstance(item, Task) else None), item if isinstance(item, Task) else None
    start, due = dates(item)
    return Why(
        item.id,
        titles.get(item.id, OTHER),
        start,
        due,
        tuple(one for one, stands in _counted(plan, item, work, titles) if stands),
        tuple(one for one, stands in _counted(plan, item, work, titles) if not stands),
        tuple(_limited(item, _bases(plan), work, titles)),
        task.duration if task is not None and start is not None and due is not None else None,
        task is not None and task.hand_dated,
        isinstance(item, Task | Milestone) and item.locked,
        item.original_due if isinstance(item, Task | Milestone) else None,
    )


def conflicts(plan: Plan, days: Calendars) -> tuple[Conflict, ...]:
    """All that open tasks stand earlier than their links allow, in plan order (P5)."""
    base, titles, found = _bases(plan), {one.id: one.title for one in plan.items()}, []
    for task in plan.tasks:
        if task.is_open:
            limited = _limited(task, base, days(task), titles)
            found += [Conflict(task.id, one) for one in limited if one.state == "broken"]
    return tuple(found)


def beyond(plan: Plan, days: Calendars) -> tuple[Warn, ...]:
    """Warnings of open tasks that are dated in a year whose holidays their calendar does not know (D6)."""
    found = []
    for task in plan.tasks:
        if task.is_open:
            work = days(task)
            unknown = [day for day in (task.start, task.due) if day is not None and not work.knows(day)]
            if unknown:
                told = f"its calendar does not know the holidays of {unknown[0].year}: add them, then recount"
                found.append(Warn(task.id, told))
    return tuple(found)


def _bases(plan: Plan) -> Callable[[str], Base]:
    items, done = {one.id: one for one in timed(plan)}, done_days(plan)
    return lambda item_id: base_of(items[item_id], done.get(item_id)) if item_id in items else NOWHERE


def _counted(plan: Plan, item: Timed, days: WorkDays, titles: Mapping[str, str]) -> Iterator[tuple[Explanation, bool]]:
    """Where the offsets of an item's ends put them, and whether they stand there."""
    base = _bases(plan)
    for date, offset in ends(item):
        if offset is None or date is None:
            continue
        if offset.anchor == "own_start":
            anchor, name = dates(item)[0], anchor_named(offset.anchor)
        elif offset.item_id:
            anchor, name = base(offset.item_id)[1], titled(offset, titles.get(offset.item_id, OTHER))
        else:
            anchor, name = plan.anchors.get(offset.anchor), anchor_named(offset.anchor)
        if anchor is not None:
            try:
                told = explain(offset, name, anchor, days)
            except Invalid:  # the day it counts from is none that it counts from (D5): there is nothing to explain
                continue
            yield told, told.date == date


def _limited(item: Timed, base: Callable[[str], Base], days: WorkDays, titles: Mapping[str, str]) -> Iterator[Limited]:
    """What an item's links allow; a done task is judged by the day it was done, a cancelled one not at all (P5)."""
    start, due = base_of(item) if isinstance(item, Task) and not item.is_open else dates(item)
    for end, date, by, counted in limits(item, base, days, []):
        stands = (start or due) if end == "start" else (due or start)
        if stands is not None:
            state: Literal["binding", "room", "broken"] = "binding" if stands == date else "room"
            link = by if isinstance(by, Dependency) else None
            source = source_of(by)
            from_start = link is not None and link.kind in ("SS", "SF")
            state = "broken" if stands < date else state
            yield Limited(end, date, source, titles.get(source, OTHER), counted[not from_start], state, link)
