"""Days and distances in words."""

from __future__ import annotations

import datetime as dt

from actionplans.model import Dependency, Offset
from actionplans.schedule.links import KINDS

ANCHORS = {"start": "the plan's start", "own_start": "its start"}
"""What people call anchors that every plan or task has."""


def day_of(day: dt.date) -> str:
    """A day as a person writes it: Monday 5 January 2026."""
    return f"{day:%A} {day.day} {day:%B} {day.year}"


def distance(offset: Offset) -> str:
    """How far an offset is from its anchor: 3 working days after."""
    if offset.count == 0:
        return "on the day of"
    return f"{_counted(offset.count, offset.unit)} {'before' if offset.count < 0 else 'after'}"


def anchor_named(anchor: str) -> str:
    """What people call a named date of a plan: the go live date."""
    return ANCHORS.get(anchor) or f"the {anchor.replace('_', ' ')} date"


def titled(offset: Offset | None, title: str) -> str:
    """What an offset counts from, in words: “Go live”; of a play or objective that is its start."""
    starts = offset is not None and offset.anchor.startswith(("play:", "objective:"))
    return f"the start of “{title}”" if starts else f"“{title}”"


def allowed(link: Dependency) -> str:
    """What a link allows, to be followed by the predecessor's title and what that does: it may start only after."""
    end, far = "start" if link.kind in ("FS", "SS") else "be due", link.lag + KINDS[link.kind][2]
    if link.kind == "FS" and far > 0:
        return f"it may {end} only after"
    if not far:
        return f"it may {end} no earlier than the day"
    return f"it may {end} no earlier than {_counted(far, link.unit)} {'after' if far > 0 else 'before'}"


def between(link: Dependency) -> str:
    """What a link from end to start leaves free, to be put behind the day on which the predecessor ends."""
    return f", with {_counted(link.lag, link.unit)} between" if link.kind == "FS" and link.lag > 0 else ""


def short(title: str) -> str:
    """A title for a message, cut where it is long."""
    return title if len(title) <= 100 else title[:97] + "..."


def working_days(count: int) -> str:
    """1 working day, 2 working days."""
    return _counted(count, "working_days")


def _counted(count: int, unit: str) -> str:
    unit = unit.replace("_", " ")
    return f"{abs(count)} {unit.removesuffix('s') if abs(count) == 1 else unit}"


def base_of_link(link: Dependency) -> str:
    """What the predecessor does on the day that a link counts from."""
    return "starts" if link.kind in ("SS", "SF") else "ends"
