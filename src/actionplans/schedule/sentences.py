"""Days and distances in words."""

from __future__ import annotations

import datetime as dt

from actionplans.model import Dependency, Offset

ANCHORS = {"start": "the plan's start", "own_start": "its start"}
"""What people call anchors that every plan or task has."""


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


def anchor_named(anchor: str) -> str:
    """What people call a named date of a plan: the go live date."""
    return ANCHORS.get(anchor) or f"the {anchor.replace('_', ' ')} date"


def allowed(link: Dependency) -> str:
    """What a link allows, to be followed by the predecessor's title: it may start 2 working days after."""
    end = "start" if link.kind in ("FS", "SS") else "be due"
    count, unit = abs(link.lag), link.unit.replace("_", " ")
    if not count:
        return f"it may {end} only {'after' if link.kind == 'FS' else 'when'}"
    unit = unit.removesuffix("s") if count == 1 else unit
    return f"it may {end} only {count} {unit} {'after' if link.lag > 0 else 'before'}"


def base_of_link(link: Dependency) -> str:
    """What the predecessor does on the day that a link counts from."""
    return "starts" if link.kind in ("SS", "SF") else "ends"
