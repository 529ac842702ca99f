"""What a link forces: the earliest start or due of a successor (P1)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Literal

from actionplans.errors import Invalid
from actionplans.model import Dependency, Offset, Task
from actionplans.schedule.bases import Base, Timed, ends
from actionplans.schedule.dates import offset_date, shifted
from actionplans.workdays import WorkDays

End = Literal["start", "due"]
"""Which date of an item."""

ENDS: tuple[End, End] = ("start", "due")

KINDS: dict[str, tuple[bool, End, int]] = {
    "FS": (False, "start", 1),
    "SS": (True, "start", 0),
    "FF": (False, "due", 0),
    "SF": (True, "due", -1),
}
"""For each kind of link: whether it counts from the predecessor's start, the successor's end that it binds, and the
days between at no lag: a due is the end of its day, a start the beginning (P1)."""


Limit = tuple[End, dt.date, Dependency | Offset, Base]
"""The earliest day that a link, or an offset, allows for one end of an item, and the base it counts from."""


def bound(link: Dependency, start: dt.date | None, due: dt.date | None, days: WorkDays) -> tuple[End, dt.date] | None:
    """The earliest start or due of the successor that a link allows (P1); None where it binds nothing.

    `start` and `due` are the predecessor's; a missing one is replaced by the other. `days` are the successor's.
    A start means the beginning of its day, a due the end of its day.
    """
    from_start, end, step = KINDS[link.kind]
    base = (start or due) if from_start else (due or start)
    if base is None:
        return None
    if link.unit == "days":
        return end, days.roll(shifted(base, link.lag + step, "days"), "next")
    return end, days.add(base, link.lag + step)


Uncounted = tuple[str, Invalid]
"""The id of what a link or an offset cannot be counted from as it stands, and why."""


def limits(item: Timed, base: Callable[[str], Base], days: WorkDays, uncounted: list[Uncounted]) -> list[Limit]:
    """The earliest days that an item's links allow, and its offsets from tasks, which are links too (P1).

    `base` gives what others count from in an item, `days` are the item's. What cannot be counted, as it would leave the
    years 1 to 9999 or refuses the day it counts from (D5), limits nothing and is added to `uncounted`.
    """
    found: list[Limit] = []
    if isinstance(item, Task):
        for link in item.dependencies:
            counted = base(link.predecessor_id)
            try:
                limit = bound(link, counted[0], counted[1], days)
            except Invalid as error:
                uncounted.append((link.predecessor_id, error))
                continue
            if limit is not None:
                found.append((limit[0], limit[1], link, counted))
        if item.offset is None and item.start_offset is None:
            return found
    for end, (_, offset) in zip(ENDS, ends(item), strict=True):
        if offset is not None and offset.anchor.startswith("task:"):
            counted = base(offset.item_id)
            if counted[1] is not None:
                try:
                    found.append((end, offset_date(offset, counted[1], days), offset, counted))
                except Invalid as error:
                    uncounted.append((offset.item_id, error))
    return found


def source_of(by: Dependency | Offset) -> str:
    """The id of the item, or the name of the anchor, that a link or an offset counts from."""
    return by.predecessor_id if isinstance(by, Dependency) else by.item_id or by.anchor
