"""Offsets, durations and links to dates (D2 to D10, P1), and why a date is what it is."""

from __future__ import annotations

import datetime as dt
from typing import Literal, NoReturn

from attrs import frozen

from actionplans.checks import Value
from actionplans.errors import Invalid, Problem
from actionplans.model import Dependency, Offset
from actionplans.model.words import Line
from actionplans.workdays import WorkDays, a_date

End = Literal["start", "due"]


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


def bound(link: Dependency, start: dt.date | None, due: dt.date | None, days: WorkDays) -> tuple[End, dt.date] | None:
    """The earliest start or due of the successor that a link allows (P1); None where it binds nothing.

    `start` and `due` are the predecessor's; a missing one is replaced by the other. `days` are the successor's.
    A start means the beginning of its day, a due the end of its day.
    """
    from_start = link.kind in ("SS", "SF")
    base = (start or due) if from_start else (due or start)
    if base is None:
        return None
    end: End = "start" if link.kind in ("FS", "SS") else "due"
    lag = link.lag
    if link.unit == "days":
        gap = {"FS": lag + 1, "SS": lag, "FF": lag, "SF": lag - 1}[link.kind]
        return end, days.roll(shifted(base, gap, "days"), "next")
    return end, _counted(link.kind, base, lag, days)


def _counted(kind: str, base: dt.date, lag: int, days: WorkDays) -> dt.date:
    """Working days by D5, from a base that stands at the end (FS, FF) or the beginning (SS, SF) of its day."""
    step = {"FS": lag + 1, "SS": lag, "FF": lag, "SF": lag - 1}[kind]
    return days.add(base, step)


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
        text = f"{_shown(self.date)} is {self._distance()} {self.anchor_name} ({_shown(self.anchor)})"
        if self.counted_from != self.anchor and self.offset.count:
            text += f", counted from {_shown(self.counted_from)}"
        if self.landed != self.date:
            text += f", moved from {_shown(self.landed)}"
        if self.skipped:
            text += f"; {'not counted' if self.landed == self.date else 'not worked'}: {_listed(self.skipped)}"
        return text + "."

    def _distance(self) -> str:
        count, unit = self.offset.count, self.offset.unit.replace("_", " ")
        if count == 0:
            if self.date == self.anchor or self.landed != self.date:
                return "the day of"
            return "the first working day after" if self.date > self.anchor else "the last working day before"
        unit = unit.removesuffix("s") if abs(count) == 1 else unit
        return f"{abs(count)} {unit} {'before' if count < 0 else 'after'}"


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


def _shown(day: dt.date) -> str:
    return f"{day:%A} {day.day} {day:%B} {day.year}"


def _listed(skipped: tuple[Skipped, ...]) -> str:
    if len(skipped) > 6:
        holidays = sum(one.reason == "holiday" for one in skipped)
        weekends = len(skipped) - holidays
        parts = [f"{weekends} days off in the week"] * bool(weekends) + [f"{holidays} holidays"] * bool(holidays)
        return " and ".join(parts)
    return ", ".join(
        f"{_shown(one.day)} ({one.reason})" if one.reason == "holiday" else _shown(one.day) for one in skipped
    )


def _duration(duration: int) -> int:
    if type(duration) is not int or not 1 <= duration <= 36_500:
        _refuse("duration", f"a whole number of working days from 1 to 36500 is wanted, not {duration!r}")
    return duration


def _refuse(place: str, message: str) -> NoReturn:
    raise Invalid("dates", (Problem(place, message),))
