"""What a rescheduling says: which dates move, each with a reason that can be worked out again (P6, D10)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import Any, Literal, NamedTuple, TypeVar

import attrs
from attrs import frozen

from actionplans.checks import EMPTY
from actionplans.model import Dependency, Milestone, Objective, Offset, Plan, Play, Shift, Task, Warn
from actionplans.model.words import Roll
from actionplans.schedule.bases import Timed, timed
from actionplans.schedule.dates import due_of, offset_date, shifted
from actionplans.schedule.links import End, bound
from actionplans.schedule.sentences import (
    allowed,
    anchor_named,
    base_of_link,
    between,
    day_of,
    distance,
    short,
    titled,
    working_days,
)
from actionplans.workdays import WorkDays

Cause = Literal["offset", "shift", "link", "calendar", "duration", "measured", "today", "pause", "reopened", "undone"]
"""Why a date moves.

`offset`: it is counted again from what it hangs on. `shift`: it was moved since it was counted, or its policy is
`keep`, and goes as far as what it hangs on went. `link`: a link allows no earlier day. `calendar`: its day is no longer
worked. `duration`: its start stays, and the working days to its end fall otherwise. `measured`: both its dates stay,
and there are more or fewer working days between them. `today`: nothing goes into the past. `pause`: the plan stood
still. `reopened`: what completing had moved goes back. `undone`: a step was taken back.
"""

T = TypeVar("T", Task, Milestone, Play, Objective)


class Reason(NamedTuple):
    """Why one date of an item moves, with all that is needed to work it out again (`replay`).

    `end` is the date that is given; the item's other date follows by its duration. `source` is the name of an anchor
    or the id of the item that it hangs on, `was` and `now` that one's dates before and after; of a pause, its first day
    and the day of resuming. `own` is the item's own date where that is shifted or rolled, `shift` how far, in `unit`.
    """

    cause: Cause
    end: End
    source: str = ""
    was: dt.date | None = None
    now: dt.date | None = None
    offset: Offset | None = None
    link: Dependency | None = None
    own: dt.date | None = None
    shift: int = 0
    unit: str = "working_days"

    def replay(self, days: WorkDays) -> dt.date | None:
        """The date again, in the item's calendar; equal to what the rescheduling gave."""
        match self.cause:
            case "offset" if self.offset is not None and self.now is not None:
                return offset_date(self.offset, self.now, days)
            case "link" if self.link is not None:
                limit = bound(self.link, self.now, self.now, days)
                return limit[1] if limit is not None else None
            case "shift" | "pause" if self.own is not None:
                roll = self.offset.roll if self.offset is not None else "none"
                return gone(self.own, self.shift, self.unit, self.end, days, roll)
            case "calendar" if self.own is not None:
                return days.roll(self.own, "next")
            case "duration" if self.own is not None:
                return due_of(self.own, self.shift, days)
            case "today" if self.now is not None:
                return days.roll(self.now, "next")
        return self.now

    def clause(self, names: Mapping[str, str] = EMPTY) -> str:
        """The reason in words, to follow "because"; items that are not in `names` are called another item (V2)."""
        source = self._named(names)
        match self.cause:
            case "offset" if self.offset is not None:
                return f"it is {distance(self.offset)} {source}, which {self._went()}"
            case "shift":
                return f"it moves with {source}, which {self._went()}"
            case "link" if self.link is not None:
                told = f"{allowed(self.link)} {source} {base_of_link(self.link)}, on {_shown(self.now)}"
                return f"{told}{between(self.link)}"
            case "calendar":
                return f"{_shown(self.own)} is no longer worked"
            case "duration":
                return f"it takes {working_days(self.shift)} from {_shown(self.own)}"
            case "today":
                return "an earlier day would lie in the past"
            case "pause":
                return f"the plan was paused on {_shown(self.was)} and resumed on {_shown(self.now)}"
            case "measured":
                return "other days are worked"
            case "undone":
                return "an earlier step was taken back"
        return f"{source} is open again"

    def _named(self, names: Mapping[str, str]) -> str:
        if self.source in names:
            return titled(self.offset, names[self.source])
        counted = self.offset is not None and not self.offset.item_id and self.link is None
        return anchor_named(self.source) if counted and self.source else "another item"

    def _went(self) -> str:
        if self.was is None or self.now is None or self.was == self.now:
            return f"is on {_shown(self.now)}"
        return f"moved from {_shown(self.was)} to {_shown(self.now)}"


Row = tuple[str, dt.date | None, dt.date | None, dt.date | None, dt.date | None, int | None, tuple[Any, ...]]
"""The fields of a move.

A row of plain values alone is let go by the garbage collector, which otherwise looks at the rows of a large plan again
and again: a third of the time at 100,000 tasks.
"""


class Moved(NamedTuple):
    """One item that moves: its dates before and after, and why. Of an objective the due is its end.

    `duration` is what a task takes afterwards, in working days, where that is known; `because` are the fields of its
    `reason`, which is made when it is asked for, since few ever are; a link may stand there as its kind, lag and unit,
    which are the last then.
    """

    item_id: str
    old_start: dt.date | None
    old_due: dt.date | None
    start: dt.date | None
    due: dt.date | None
    duration: int | None
    because: tuple[Any, ...]

    @property
    def reason(self) -> Reason:
        """Why it moves, as data."""
        because, how = self.because, self.because[6:]
        if how and isinstance(how[0], str):
            return Reason(*because[:6])._replace(link=Dependency(because[2], *how))
        return Reason(*because)

    def sentence(self, names: Mapping[str, str] = EMPTY) -> str:
        """One sentence a customer can read; `names` are the titles, by id, of what the reader may see (D10, V2)."""
        title = f"“{names[self.item_id]}”" if self.item_id in names else "Another item"
        if self.start is None and self.due is None:
            return f"{title} has no date any more, because {self.reason.clause(names)}."
        if (self.old_start, self.old_due) == (self.start, self.due):
            return f"{title} takes {working_days(self.duration or 1)} now, because {self.reason.clause(names)}."
        what, old, new = "starts", self.old_start, self.start
        if self.old_due != self.due or new is None:
            what, old, new = "is due", self.old_due, self.due
        instead = f" instead of {_shown(old)}" if old is not None else ""
        return f"{title} {what} on {_shown(new)}{instead}, because {self.reason.clause(names)}."


@frozen(slots=False)
class Reschedule:
    """What a change moves besides itself, what hangs together in order, and what conflicts with it now (P6).

    `rows` are the moves as bare tuples, since one change may move very many.
    """

    rows: tuple[Row, ...] = ()
    warnings: tuple[Warn, ...] = ()

    @cached_property
    def moves(self) -> tuple[Moved, ...]:
        """The moves, in the order in which they were worked out."""
        return tuple(map(Moved._make, self.rows))

    def __bool__(self) -> bool:
        """Whether anything moves."""
        return bool(self.rows)

    def applied(self, plan: Plan) -> Plan:
        """The plan with the moves made; the first due date that an item gets is its original one (D12)."""
        return dated(plan, self.moves)

    def shifts(self, plan: Plan) -> tuple[Shift, ...]:
        """The moves as a completion keeps them, for reopening to take back (P7); `plan` is as it was before them."""
        held = {one.id: one for one in timed(plan)} if self.moves else {}
        return tuple(_shift(one, held[one.item_id]) for one in self.moves)


def staying(item: Timed, state: str, against: str) -> Warn:
    """The warning of an item that does not move and now conflicts with what it hangs on (P5, P6)."""
    told = f"{short(item.title)!r} is {state} and stays where it is, against {against}, which it hangs on"
    return Warn(item.id, told)


def _shift(move: Moved, item: Timed) -> Shift:
    took = item.duration if isinstance(item, Task) else None
    first = isinstance(item, Task | Milestone) and item.original_due is None and move.due is not None
    begun = isinstance(item, Task) and item.status == "in_progress"
    return Shift(move.item_id, move.old_start, move.old_due, move.start, move.due, took, first, begun)


def dated(plan: Plan, moves: Iterable[Moved]) -> Plan:
    """The plan with those items on their new dates."""
    new = {move.item_id: move for move in moves}
    if not new:
        return plan

    def put(items: tuple[T, ...]) -> tuple[T, ...]:
        if new.keys().isdisjoint(one.id for one in items):
            return items
        return tuple(_at(one, new[one.id]) if one.id in new else one for one in items)

    return attrs.evolve(
        plan,
        objectives=put(plan.objectives),
        milestones=put(plan.milestones),
        plays=put(plan.plays),
        tasks=put(plan.tasks),
    )


def gone(day: dt.date, count: int, unit: str, end: End, days: WorkDays, roll: Roll = "none") -> dt.date:
    """A date moved by so many days or working days; calendar days are rolled afterwards (P6, P8).

    A start on a day that is not worked counts as the next working day, a due as the last one (D8). A roll never leads
    back past the day it had, as one of an offset never does past its anchor (D4).
    """
    if count == 0:
        return day
    if unit == "working_days":
        return days.add(day, count, "next" if end == "start" else "previous")
    landed = shifted(day, count, "days")
    rolled = days.roll(landed, roll)
    if (rolled < day) if count > 0 else (rolled > day):
        return days.roll(landed, "next" if count > 0 else "previous")
    return rolled


def _at(item: T, move: Moved) -> T:
    fields: dict[str, Any] = {"start": move.start, "due": move.due}
    if isinstance(item, Objective):
        fields = {"start": move.start, "end": move.due}
    elif isinstance(item, Milestone):
        fields = {"due": move.due, "original_due": item.original_due or move.due}
    elif isinstance(item, Task):
        fields |= {"duration": move.duration, "original_due": item.original_due or move.due}
    return attrs.evolve(item, **fields)


def _shown(day: dt.date | None) -> str:
    return day_of(day) if day is not None else "no day"
