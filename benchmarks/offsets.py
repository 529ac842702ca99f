"""A million working-day offsets against a bare table look-up."""

from __future__ import annotations

import datetime as dt
import random
from array import array

from actionplans.model import Offset, WorkCalendar
from actionplans.schedule import offset_date
from actionplans.workdays import work_days
from benchmarks.measure import paired, seconds

MANY = 1_000_000


def offsets(repeats: int = 7) -> dict[str, float]:
    """`offset_date` for a million pairs of anchor and offset; the floor is two look-ups in a table of the same days."""
    chance = random.Random(1)
    low = dt.date(2020, 1, 1).toordinal()
    anchors = [dt.date.fromordinal(low + chance.randrange(3650)) for _ in range(MANY)]
    kinds = [Offset(n, "working_days") for n in range(61)]
    asked = [kinds[chance.randrange(61)] for _ in range(MANY)]
    counts = [one.count for one in asked]
    days = work_days(WorkCalendar())
    table, at, first = _table()

    def ours() -> None:
        [offset_date(offset, anchor, days) for offset, anchor in zip(asked, anchors, strict=True)]

    def floor() -> None:
        [table[at[anchor.toordinal() - first] + n] for anchor, n in zip(anchors, counts, strict=True)]

    return paired(lambda: seconds(ours), lambda: seconds(floor), repeats)


def _table() -> tuple[list[dt.date], array[int], int]:
    first = dt.date(2019, 1, 1).toordinal()
    table: list[dt.date] = []
    at = array("i")
    for ordinal in range(first, dt.date(2035, 1, 1).toordinal()):
        day = dt.date.fromordinal(ordinal)
        at.append(len(table))
        if day.weekday() < 5:
            table.append(day)
    return table, at, first
