"""Offsets and durations to dates (D2 to D9)."""

from __future__ import annotations

import datetime as dt
from typing import NoReturn

from actionplans.errors import Invalid, Problem
from actionplans.model import Offset
from actionplans.workdays import WorkDays, a_date

Dates = tuple[dt.date | None, dt.date | None, int | None]
"""Start, due and duration of a task; of a milestone only the due (D8)."""


def offset_date(offset: Offset, anchor: dt.date, days: WorkDays) -> dt.date:
    """The date an offset gives from its anchor (D2 to D5).

    Rolls repeat until a working day; an offset of 0 or more never lands before its anchor and a negative one never
    after it: it then rolls the other way (D4). Raises `Invalid` where the date leaves the years 1 to 9999 (D11).
    """
    if offset.unit == "working_days":
        return days.add(anchor, offset.count, offset.roll_anchor)
    count = offset.count
    landed = shifted(anchor, count, offset.unit)
    if offset.roll == "none":
        return landed
    rolled = days.roll(landed, offset.roll)
    if count >= 0 and rolled < anchor:
        return days.roll(landed, "next")
    if count < 0 and rolled > anchor:
        return days.roll(landed, "previous")
    return rolled


def shifted(day: dt.date, count: int, unit: str) -> dt.date:
    """`day` plus so many calendar days, weeks or months; months clamp at the month's end (D3)."""
    day = a_date(day, "day")
    try:
        if unit == "months":
            from dateutil.relativedelta import relativedelta

            return day + relativedelta(months=count)
        return day + dt.timedelta(weeks=count) if unit == "weeks" else day + dt.timedelta(days=count)
    except (OverflowError, ValueError) as error:
        raise Invalid("offset", (Problem("count", f"{count} {unit} from {day} leave the years 1 to 9999"),)) from error


def due_of(start: dt.date, duration: int, days: WorkDays) -> dt.date:
    """The day a task ends that starts on `start` and takes `duration` working days, both ends included (D8).

    From a start on a non-working day the first working day after it is day 1.
    """
    return days.add(start, _duration(duration) - 1, "next")


def start_of(due: dt.date, duration: int, days: WorkDays) -> dt.date:
    """The day a task starts that ends on `due` and takes `duration` working days (D8)."""
    return days.add(due, 1 - _duration(duration), "previous")


def duration_of(start: dt.date, due: dt.date, days: WorkDays) -> int:
    """How many working days there are from `start` to `due`, both included, at least 1 (D8)."""
    if a_date(due, "due") < a_date(start, "start"):
        _refuse("due", f"{due} is before the start, {start}")
    return max(1, days.count(start, due))


def settle(
    start: dt.date | None, due: dt.date | None, duration: int | None, days: WorkDays
) -> tuple[dt.date | None, dt.date | None, int | None]:
    """Start, due and duration, the third made from any two (D8). Raises `Invalid` when three disagree."""
    if duration is not None:
        _duration(duration)
    for place, day in (("start", start), ("due", due)):
        if day is not None:
            a_date(day, place)
    if start is not None and due is not None:
        counted = duration_of(start, due, days)
        if duration is not None and duration != counted:
            _refuse(
                "duration",
                f"from {start} to {due} there are {counted} working days, not {duration}: give two of the three",
            )
        return start, due, counted if duration is None else duration
    if duration is not None and start is not None:
        return start, due_of(start, duration, days), duration
    if duration is not None and due is not None:
        return start_of(due, duration, days), due, duration
    return start, due, duration


def _duration(duration: int) -> int:
    if type(duration) is not int or not 1 <= duration <= 36_500:
        _refuse("duration", f"a whole number of working days from 1 to 36500 is wanted, not {duration!r}")
    return duration


def _refuse(place: str, message: str) -> NoReturn:
    raise Invalid("dates", (Problem(place, message),))
