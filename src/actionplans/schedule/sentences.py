"""Days and distances in words."""

from __future__ import annotations

import datetime as dt

from actionplans.model import Offset


def day_of(day: dt.date) -> str:
    """A day as a person writes it: Monday 5 January 2026."""
    return f"{day:%A} {day.day} {day:%B} {day.year}"


def distance(offset: Offset) -> str:
    """How far an offset is from its anchor: 3 working days after."""
    count, unit = offset.count, offset.unit.replace("_", " ")
    if count == 0:
        return "on the day of"
    unit = unit.removesuffix("s") if abs(count) == 1 else unit
    return f"{abs(count)} {unit} {'before' if count < 0 else 'after'}"
