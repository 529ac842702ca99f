"""Where an upgrade puts items: in which order, and on which dates (T9, P6)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from actionplans.model import Item, Milestone, Objective, Offset, Play, Task
from actionplans.schedule.bases import Timed, dates, ends
from actionplans.schedule.change import went
from actionplans.schedule.dates import due_of
from actionplans.schedule.links import ENDS, End
from actionplans.schedule.reasons import gone
from actionplans.workdays import WorkDays

I = TypeVar("I", bound=Item)  # noqa: E741


def ordered(
    stayed: Sequence[I], made: Sequence[I], keys: Mapping[str, str], was: Mapping[str, int], wanted: Mapping[str, int]
) -> tuple[I, ...]:
    """Items of one kind in the new version's order, where the plan had them in the old one's; what is the plan's own
    stays behind what it stood behind.

    `keys` are the keys of a launch's items by their ids, `was` and `wanted` the places of keys in both versions. Where
    the plan has an order of its own, each new item goes behind what stands before it in the new version.
    """
    keyed = [one for one in stayed if keys.get(one.id) in wanted]
    ours = [was[keys[one.id]] for one in keyed if keys[one.id] in was]
    new = sorted(made, key=lambda one: wanted[keys[one.id]])
    if ours == sorted(ours):
        together = sorted([*keyed, *new], key=lambda one: wanted[keys[one.id]])
    else:
        together = _behind(keyed, new, {one.id: wanted[keys[one.id]] for one in (*keyed, *new)})
    own: dict[str, list[I]] = {}
    ahead = ""
    for one in stayed:
        if keys.get(one.id) in wanted:
            ahead = one.id
        else:
            own.setdefault(ahead, []).append(one)
    return (*own.get("", ()), *(held for one in together for held in (one, *own.get(one.id, ()))))


def _behind(held: Sequence[I], new: Sequence[I], ranks: Mapping[str, int]) -> list[I]:
    """Each new one behind the last of those held that stand before it in the new version; `new` are in its order."""
    ranked = sorted((ranks[one.id], n) for n, one in enumerate(held))
    places: dict[int, list[I]] = {}
    last, seen = -1, 0
    for one in new:
        while seen < len(ranked) and ranked[seen][0] < ranks[one.id]:
            last, seen = max(last, ranked[seen][1]), seen + 1
        places.setdefault(last, []).append(one)
    return [*places.get(-1, ()), *(two for n, one in enumerate(held) for two in (one, *places.get(n, ())))]


def dated(ours: Timed, base: Timed, theirs: Timed, days: WorkDays, *, redated: bool) -> dict[str, Any]:
    """The dates of an item that stands where its version put it (`base`), or that the new one counts otherwise.

    One that was moved since, by a pause or with an anchor, goes as far as the version's date does (P6).
    """
    moved = dates(ours) != dates(base) and not ours.hand_dated
    if moved and not redated:
        return {}
    (start, due), duration = dates(theirs), getattr(theirs, "duration", None)
    if moved:
        offsets = [offset for _, offset in ends(theirs)]
        start, due = (
            now if old is None or stood is None or now is None else _shifted(old, now, stood, offset, end, days)
            for old, now, stood, offset, end in zip(dates(base), (start, due), dates(ours), offsets, ENDS, strict=True)
        )
        if isinstance(ours, Task) and start is not None and duration is not None:
            due = due_of(start, duration, days)
    if isinstance(ours, Objective):
        return {"start": start, "end": due}
    if isinstance(ours, Milestone):
        return {"due": due, "original_due": ours.original_due or due}
    if isinstance(ours, Play):
        return {"start": start, "due": due}
    return {"start": start, "due": due, "duration": duration, "original_due": ours.original_due or due}


def _shifted(was: dt.date, now: dt.date, day: dt.date, offset: Offset | None, end: End, days: WorkDays) -> dt.date:
    """A date that goes as far as its version's went."""
    if offset is not None and offset.unit == "working_days":
        return gone(day, went(was, now, days), "working_days", end, days)
    return gone(day, (now - was).days, "days", end, days, offset.roll if offset is not None else "none")
