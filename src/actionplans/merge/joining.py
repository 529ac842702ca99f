"""Making one item of two halves, field by field (M4)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Hashable, Mapping, Set
from typing import Any, Literal, TypeVar

import attrs
from attrs import define, field

from actionplans.checks import EMPTY, FrozenMap
from actionplans.merge.fields import (
    ALONE,
    ENDS,
    KEYS,
    TOGETHER,
    WORDS,
    blank,
    definition,
    is_done,
    reading_key,
)
from actionplans.merge.outcome import By, Conflict, Filled, Policy, Side, place_of
from actionplans.model import Item, Metric, Milestone, Stage, Task
from actionplans.schedule import duration_of
from actionplans.workdays import WorkDays

I = TypeVar("I", bound=Item)  # noqa: E741

Chosen = Literal["same", "target", "source"]
"""From which half a value comes; `same` where both say it."""

LONG_AGO = dt.datetime.min.replace(tzinfo=dt.UTC)


@define
class Joining:
    """What halves are joined by, and what came of it so far.

    `changed` has the moment of each item's last change, for the policy `newest`; `closed` the custom fields, by kind
    and name, that whoever merges may not edit (R5); `days` is the calendar of a task.
    """

    policy: Policy
    answers: Mapping[str, Side]
    changed: Mapping[str, dt.datetime]
    closed: Set[tuple[str, str]]
    days: Callable[[Task], WorkDays]
    filled: list[Filled] = field(factory=list)
    conflicts: list[Conflict] = field(factory=list)

    def joined(self, ours: I, theirs: I) -> I:
        """The target's item with what the source's half adds; this one names the target's items already."""
        given = _Halves(self, ours, theirs).given()
        return attrs.evolve(ours, **given) if given else ours

    def decided(self, conflict: Conflict) -> Conflict:
        """The conflict with its answer, by what was said or by the policy; noted."""
        if conflict.by == "ask":
            if conflict.place in self.answers:
                conflict = attrs.evolve(conflict, answer=self.answers[conflict.place], by="answer")
            elif self.policy == "newest":
                ours, theirs = (self.changed.get(one, LONG_AGO) for one in (conflict.item_id, conflict.source_id))
                conflict = attrs.evolve(conflict, answer="source" if theirs > ours else "target", by="newest")
            elif self.policy != "ask":
                conflict = attrs.evolve(conflict, answer=self.policy, by=self.policy)
        self.conflicts.append(conflict)
        return conflict


@define
class _Halves:
    """One item of the target and the same of the source."""

    joining: Joining
    ours: Any
    theirs: Any
    changed: dict[str, Any] = field(factory=dict)

    def given(self) -> dict[str, Any]:
        """The fields of the target's item that the source's half changes."""
        kind = self.ours.kind
        for name in ALONE[kind]:
            self._take((name,), self._fixed(name))
        for names in TOGETHER[kind]:
            self._take(names)
        if not isinstance(self.ours, Stage):
            self._dates()
        if isinstance(self.ours, Task):
            self._status()
            for name, key in KEYS.items():
                self._put(name, self._united(name, getattr(self.ours, name), getattr(self.theirs, name), key))
        if hasattr(self.ours, "metric"):
            self._metric()
        if hasattr(self.ours, "custom"):
            self._custom()
        return self.changed

    def _fixed(self, name: str) -> By:
        return "fixed" if name in WORDS and self.ours.fixed else "ask"

    def _put(self, name: str, value: Any) -> None:
        if value != getattr(self.ours, name):
            self.changed[name] = value

    def _take(self, names: tuple[str, ...], by: By = "ask") -> None:
        """Fields that come from one side, compared by the first."""
        side = self._side(names[0], getattr(self.ours, names[0]), getattr(self.theirs, names[0]), by)
        if side == "source":
            for name in names:
                self._put(name, getattr(self.theirs, name))

    def _side(self, name: str, ours: Any, theirs: Any, by: By = "ask", answer: Side | Literal[""] = "") -> Chosen:
        """Which value holds: a blank is filled, two different ones are a conflict."""
        if ours == theirs and type(ours) is type(theirs):
            return "same"
        if blank(theirs):
            return "target"
        if by == "fixed":
            answer = "target"
        elif blank(ours):
            self._fill(name, theirs)
            return "source"
        conflict = self._conflict(name, ours, theirs, by, answer)
        return self.joining.decided(conflict).answer or "target"

    def _conflict(self, name: str, ours: Any, theirs: Any, by: By, answer: Side | Literal[""]) -> Conflict:
        mine = self.ours
        return Conflict(mine.kind, mine.id, self.theirs.id, mine.title, name, ours, theirs, answer, by)

    def _fill(self, name: str, value: Any) -> None:
        self.joining.filled.append(Filled(self.ours.kind, self.ours.id, self.ours.title, name, value))

    def _dates(self) -> None:
        """Each date with the offset that counts it, which goes with its date; the duration follows (D8)."""
        ours, theirs, ends = self.ours, self.theirs, ENDS[self.ours.kind]
        sides = {name: self._side(name, getattr(ours, name), getattr(theirs, name)) for name, _ in ends}
        dates = [getattr(theirs if sides[name] == "source" else ours, name) for name, _ in ends]
        if len(dates) == 2 and None not in dates and dates[0] > dates[1]:
            sides = self._of_one_side(sides)
        for name, offset in ends:
            if sides[name] == "same":
                self._take((offset,))
            elif sides[name] == "source":
                self._put(name, getattr(theirs, name))
                self._put(offset, getattr(theirs, offset))
        if isinstance(ours, Milestone | Task) and ours.original_due is None:
            self._put("original_due", theirs.original_due)
        used = {side for name, side in sides.items() if side != "same" and getattr(self._half(side), name) is not None}
        if used:
            self._put("hand_dated", any(self._half(side).hand_dated for side in used))
        if isinstance(ours, Task):
            self._duration(ours, theirs)

    def _half(self, side: Chosen) -> Any:
        return self.theirs if side == "source" else self.ours

    def _of_one_side(self, sides: dict[str, Chosen]) -> dict[str, Chosen]:
        """A start of one side and a due of the other that are out of order: both come from one side (D8)."""
        joining, names = self.joining, {place_of(self.ours.id, name) for name in sides}
        last = list(sides)[-1]
        side: Side = "source" if sides[last] == "source" else "target"
        joining.filled[:] = [one for one in joining.filled if place_of(one.item_id, one.field) not in names]
        joining.conflicts[:] = [one for one in joining.conflicts if one.place not in names]
        for name in sides:
            mine, other = getattr(self.ours, name), getattr(self.theirs, name)
            if mine != other:
                joining.conflicts.append(self._conflict(name, mine, other, "dates", side))
        return dict.fromkeys(sides, side)

    def _duration(self, ours: Task, theirs: Task) -> None:
        start, due = self.changed.get("start", ours.start), self.changed.get("due", ours.due)
        if (start, due) == (ours.start, ours.due) == (theirs.start, theirs.due):
            self._take(("duration",))
        elif (start, due) == (theirs.start, theirs.due):
            self._put("duration", theirs.duration)
        elif (start, due) != (ours.start, ours.due):
            counted = None
            if start is not None and due is not None:
                counted = duration_of(start, due, self.joining.days(ours))
            self._put("duration", counted)

    def _status(self) -> None:
        """Done wins over not done; waiting and open are the same here, as links say which of them it is (P3)."""
        ours, theirs = self.ours, self.theirs
        if is_done(ours) != is_done(theirs):
            side = self._side("status", ours.status, theirs.status, "done", "target" if is_done(ours) else "source")
        elif is_done(ours):
            side = self._side("completion", ours.completion, theirs.completion)
        elif _begun(ours.status) != _begun(theirs.status):
            side = self._side("status", ours.status, theirs.status)
        else:
            self._take(("status_name",))
            side = "same"
        if side == "source":
            for name in ("status", "status_name", "completion", "was"):
                self._put(name, getattr(theirs, name))
        self._put("completions", max(ours.completions, theirs.completions))

    def _metric(self) -> None:
        """What is measured is one field; the readings of both are united (M4)."""
        ours: Metric | None = self.ours.metric
        theirs: Metric | None = self.theirs.metric
        side = self._side("metric", definition(ours), definition(theirs))
        chosen = theirs if side == "source" else ours
        if ours is None or theirs is None or chosen is None:
            self._put("metric", chosen)
            return
        readings = self._united("metric.readings", ours.readings, theirs.readings, reading_key)
        self._put("metric", attrs.evolve(chosen, readings=readings))

    def _custom(self) -> None:
        """Custom fields one by one; what may not be edited is filled, and in a conflict stays as it is (R5)."""
        ours, theirs = self.ours.custom, self.theirs.custom
        given = dict(ours)
        for name, value in theirs.items():
            closed = (self.ours.kind, name) in self.joining.closed
            answer: Side | Literal[""] = "target" if closed else ""
            if self._side(f"custom.{name}", ours.get(name), value, "rights" if closed else "ask", answer) == "source":
                given[name] = value
        self._put("custom", FrozenMap(given) if given else EMPTY)

    def _united(self, name: str, ours: Any, theirs: Any, key: Callable[[Any], Hashable]) -> Any:
        """Both lists as one: the target's, then what is new; two that are told apart by the same are a conflict."""
        if not theirs or ours == theirs:
            return ours
        held = {key(one): one for one in ours}
        new = [one for one in theirs if key(one) not in held]
        for one in theirs:
            known = held.get(key(one))
            if known not in (None, one) and self._side(f"{name}[{_told(key(one))}]", known, one) == "source":
                held[key(one)] = one
        mine = tuple(held[key(one)] for one in ours)
        if not new:
            return mine
        self._fill(name, tuple(new))
        by_time = name in ("comments", "metric.readings")
        return tuple(sorted((*mine, *new), key=lambda one: one.at)) if by_time else (*mine, *new)


def _begun(status: str) -> str:
    return "open" if status == "waiting" else status


def _told(key: Hashable) -> str:
    if isinstance(key, tuple):
        return " ".join(map(str, key))
    return key.isoformat() if isinstance(key, dt.datetime) else str(key)
