"""The rules D3 to D8 and P1 said the slow and obvious way, out of the rules' text alone, to hold against the library.

Nothing here is shared with the library but the nouns that carry the data. A day is asked by itself, a count is a
walk over days; beyond `NEAR` days a table of whole years is counted through instead, which is itself held against
the walk.
"""

from __future__ import annotations

import calendar
import datetime as dt
from collections.abc import Iterator

from actionplans.model import Dependency, Offset, WorkCalendar

ONE = dt.timedelta(days=1)
NEAR = 400


class NoDate(Exception):
    """There is no such day: beyond the years 1 to 9999, no working day left, or an anchor that is refused."""


class Oracle:
    """The working days of some calendars together, worked out day by day."""

    def __init__(self, *calendars: WorkCalendar) -> None:
        self.calendars = calendars
        self._known: dict[dt.date, bool] = {}
        self._years: dict[int, list[dt.date]] = {}

    def works(self, day: dt.date) -> bool:
        """D6: a day works if it works in all calendars."""
        if day not in self._known:
            self._known[day] = all(works_in(one, day) for one in self.calendars)
        return self._known[day]

    def walk(self, day: dt.date, step: int) -> Iterator[dt.date]:
        """The working days strictly after (`step` 1) or before (−1) a day, one by one."""
        while True:
            day = moved(day, step)
            if self.works(day):
                yield day

    def next(self, day: dt.date) -> dt.date:
        """The day itself if it works, else the next working day."""
        return day if self.works(day) else next(self.walk(day, 1))

    def previous(self, day: dt.date) -> dt.date:
        """The day itself if it works, else the working day before it."""
        return day if self.works(day) else next(self.walk(day, -1))

    def add(self, day: dt.date, n: int, roll_anchor: str = "none") -> dt.date:
        """D5."""
        if roll_anchor == "refuse" and not self.works(day):
            raise NoDate(f"{day} does not work")
        if n == 0:
            return self.previous(day) if roll_anchor == "previous" else self.next(day)
        if roll_anchor == "next":
            day = self.next(day)
        if roll_anchor == "previous":
            day = self.previous(day)
        return self.near(day, n) if abs(n) <= NEAR else self.far(day, n)

    def near(self, day: dt.date, n: int) -> dt.date:
        """The n-th working day strictly after the day, or the −n-th strictly before it, walking."""
        walk = self.walk(day, 1 if n > 0 else -1)
        for _ in range(abs(n) - 1):
            next(walk)
        return next(walk)

    def far(self, day: dt.date, n: int) -> dt.date:
        """The same by whole years: how many working days each has, added up until the year with the n-th."""
        if n > 0:
            rest = [one for one in self.year(day.year) if one > day]
        else:
            rest = [one for one in self.year(day.year) if one < day][::-1]
        year, left = day.year, abs(n)
        while left > len(rest):
            left -= len(rest)
            year += 1 if n > 0 else -1
            if not 1 <= year <= 9999:
                raise NoDate(f"the working days end before the {n}-th after {day}")
            rest = self.year(year) if n > 0 else self.year(year)[::-1]
        return rest[left - 1]

    def year(self, year: int) -> list[dt.date]:
        """All working days of a year."""
        if year not in self._years:
            first = dt.date(year, 1, 1).toordinal()
            length = 366 if calendar.isleap(year) else 365
            self._years[year] = [one for n in range(length) if self.works(one := dt.date.fromordinal(first + n))]
        return self._years[year]

    def count(self, first: dt.date, last: dt.date) -> int:
        """The working days from first to last, both included."""
        return sum(self.works(dt.date.fromordinal(n)) for n in range(first.toordinal(), last.toordinal() + 1))

    def roll(self, day: dt.date, roll: str) -> dt.date:
        """D4: off a non-working day; the modified rolls turn round rather than leave the month."""
        if roll == "none":
            return day
        if roll == "next":
            return self.next(day)
        if roll == "previous":
            return self.previous(day)
        first, second = (self.next, self.previous) if roll == "modified_next" else (self.previous, self.next)
        try:
            rolled = first(day)
        except NoDate:
            return second(day)
        return rolled if rolled.month == day.month and rolled.year == day.year else second(day)

    def offset(self, offset: Offset, anchor: dt.date) -> dt.date:
        """D3 to D5: count, then roll, and never past the anchor."""
        if offset.unit == "working_days":
            return self.add(anchor, offset.count, offset.roll_anchor)
        landed = counted(anchor, offset.count, offset.unit)
        rolled = self.roll(landed, offset.roll)
        if offset.count >= 0 and rolled < anchor:
            return self.next(landed)
        if offset.count < 0 and rolled > anchor:
            return self.previous(landed)
        return rolled

    def due_of(self, start: dt.date, duration: int) -> dt.date:
        """D8: day 1 is the start, or the first working day after it where it does not work."""
        day = self.next(start)
        for _ in range(duration - 1):
            day = next(self.walk(day, 1))
        return day

    def start_of(self, due: dt.date, duration: int) -> dt.date:
        """D8, from the other end."""
        day = self.previous(due)
        for _ in range(duration - 1):
            day = next(self.walk(day, -1))
        return day

    def bound(self, link: Dependency, start: dt.date | None, due: dt.date | None) -> tuple[str, dt.date] | None:
        """P1: what the link says about the successor, and from which day on."""
        begins, ends = start or due, due or start
        if begins is None or ends is None:
            return None
        base = ends if link.kind in ("FS", "FF") else begins
        n = {"FS": link.lag + 1, "SS": link.lag, "FF": link.lag, "SF": link.lag - 1}[link.kind]
        side = "start" if link.kind in ("FS", "SS") else "due"
        return side, self.add(base, n) if link.unit == "working_days" else self.next(moved(base, n))


def works_in(one: WorkCalendar, day: dt.date) -> bool:
    """D6: a dated entry beats a yearly one, a yearly one beats the weekday."""
    if day in one.holidays:
        return False
    if day in one.working_days:
        return True
    yearly = f"{day.month:02}-{day.day:02}"
    if yearly in one.yearly_holidays:
        return False
    if yearly in one.yearly_working_days:
        return True
    return day.isoweekday() in one.weekdays


def moved(day: dt.date, n: int) -> dt.date:
    """So many calendar days on or back."""
    try:
        return day + dt.timedelta(days=n)
    except OverflowError:
        raise NoDate(f"{n} days from {day}") from None


def counted(anchor: dt.date, n: int, unit: str) -> dt.date:
    """D3: calendar units; months clamp at the month's end."""
    if unit == "days":
        return moved(anchor, n)
    if unit == "weeks":
        return moved(anchor, 7 * n)
    year, month = anchor.year, anchor.month
    years, months = divmod(abs(n), 12)
    year += years if n >= 0 else -years
    for _ in range(months):
        month += 1 if n >= 0 else -1
        if month == 13:
            year, month = year + 1, 1
        if month == 0:
            year, month = year - 1, 12
    if not 1 <= year <= 9999:
        raise NoDate(f"{n} months from {anchor}")
    last = calendar.monthrange(year, month)[1]
    return dt.date(year, month, min(anchor.day, last))
