"""Working calendars: is it a working day, add, count, roll (D4 to D7), and what day it is today (D1).

One table serves all: the working days of a span as a list, and for each day of the span the index of the first
working day on or after it. Every question is two look-ups; outside the span the same is counted year by year.
"""

from __future__ import annotations

import datetime as dt
from array import array
from bisect import bisect_left
from functools import lru_cache
from itertools import compress
from operator import and_
from typing import TYPE_CHECKING, NoReturn

from actionplans.checks import shown
from actionplans.errors import Invalid, Problem
from actionplans.model import WorkCalendar
from actionplans.model.words import Roll, RollAnchor

if TYPE_CHECKING:
    from actionplans.settings import Settings

_FIRST_YEAR, _LAST_YEAR = 2000, 2049
_LOW = dt.date(_FIRST_YEAR, 1, 1).toordinal()
_SPAN = dt.date(_LAST_YEAR, 12, 31).toordinal() - _LOW + 1
_LAST_GROWN = 2999
"""The table covers the years from 2000 to 2049, and grows up to here where dates lead there."""
_KEPT = 1000
"""How many years outside the table are remembered."""
_DATE = dt.date
_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


class WorkDays:
    """The working days of one calendar, or of several at once: a day works only if it works in all (D6).

    Make one with `work_days` or `resolve`; both keep what they made.
    """

    __slots__ = ("_at", "_counts", "_days", "_rules", "_years", "calendars")

    def __init__(self, calendars: tuple[WorkCalendar, ...]) -> None:
        """Raises `Invalid` when no day is left that works in all calendars."""
        self.calendars: tuple[WorkCalendar, ...] = calendars
        self._rules = tuple(map(_Rule, calendars))
        self._counts: dict[int, int] = {}
        self._years: dict[int, list[dt.date]] = {}
        self._days: list[dt.date] = []
        self._at: array[int] = array("i")
        for year in range(_FIRST_YEAR, _LAST_YEAR + 1):
            self._days += self._worked_in(year)
        at, ordinal = self._at, _LOW
        for index, day in enumerate(self._days):
            at.extend([index] * (day.toordinal() - ordinal + 1))
            ordinal = day.toordinal() + 1
        at.extend([len(self._days)] * (_LOW + _SPAN + 1 - ordinal))
        if not self._days and not self._works_some_other_year():
            names = " & ".join(calendar.name for calendar in calendars)
            raise Invalid(
                f"calendar {names}", (Problem("", "no working day is left: work at least one day in all of them"),)
            )

    def is_working(self, day: dt.date) -> bool:
        """Whether the day is worked."""
        day = a_date(day, "day")
        return all(rule.works(day) for rule in self._rules)

    def add(self, day: dt.date, n: int, roll_anchor: RollAnchor = "none") -> dt.date:
        """The `n`-th working day from `day` (D5).

        From a Friday 1 is Monday, from a Saturday too; 0 is the day itself rolled `next`; -1 is the last working day
        strictly before. `roll_anchor` `next` or `previous` first moves `day` onto a working day and counts from there
        (Saturday + 1 is then Tuesday); `refuse` wants it to be one. Raises `Invalid` for anything else, and where the
        count leaves the years 1 to 9999 (D11).
        """
        if type(day) is _DATE and type(n) is int:
            at = day.toordinal() - _LOW
            if at >= 0:
                try:
                    if roll_anchor == "none":
                        index = self._at[at + 1] + n - 1 if n > 0 else self._at[at] + n
                    elif roll_anchor == "next":
                        index = self._at[at] + n
                    else:
                        index = self._at[at + 1] - 1 + n if roll_anchor == "previous" else -1
                    if index >= 0:
                        return self._days[index]
                except IndexError:
                    if self._grown(day, n):
                        return self.add(day, n, roll_anchor)
        return self._add_otherwise(a_date(day, "day"), n, roll_anchor)

    def roll(self, day: dt.date, roll: Roll) -> dt.date:
        """`day` moved onto a working day (D4): `next`, `previous`, or the same within the month where possible."""
        day = a_date(day, "day")
        if roll == "none" or self.is_working(day):
            return day
        if roll == "next":
            return self._nth(day.toordinal(), 0)
        if roll == "previous":
            return self._nth(day.toordinal(), -1)
        if roll in ("modified_next", "modified_previous"):
            there, back = (0, -1) if roll == "modified_next" else (-1, 0)
            try:
                landed = self._nth(day.toordinal(), there)
            except Invalid:  # the years end there, and so does the month
                return self._nth(day.toordinal(), back)
            if (landed.year, landed.month) == (day.year, day.month):
                return landed
            return self._nth(day.toordinal(), back)
        _refuse("roll", f"one of none, next, previous, modified_next, modified_previous, not {roll!r}")

    def count(self, first: dt.date, last: dt.date) -> int:
        """How many working days there are from `first` to `last`, both included; 0 when `last` is before `first`."""
        first, last = a_date(first, "first"), a_date(last, "last")
        low, high = first.toordinal() - _LOW, last.toordinal() - _LOW
        if low > high:
            return 0
        if low >= 0 and high < _SPAN:
            return self._at[high + 1] - self._at[low]
        if first.year == last.year:
            return sum(first <= day <= last for day in self._year(first.year))
        ends = sum(day >= first for day in self._year(first.year)) + sum(day <= last for day in self._year(last.year))
        return ends + sum(self._count_of(year) for year in range(first.year + 1, last.year))

    def knows(self, day: dt.date) -> bool:
        """Whether the holidays of that year are known in all calendars (`WorkCalendar.years`)."""
        return all(not one.years or day.year in one.years for one in self.calendars)

    def reason(self, day: dt.date) -> str | None:
        """Why the day is not worked: the weekday's name, or `holiday`; None when it is."""
        day = a_date(day, "day")
        for rule in self._rules:
            if not rule.works(day):
                return _WEEKDAYS[day.weekday()] if day.isoweekday() not in rule.weekdays else "holiday"
        return None

    def _grown(self, day: dt.date, n: int) -> bool:
        """Make the table longer, for a count that leads behind its end; years too far away are counted one by one.

        Another thread sees the shorter table or the longer one, for both begin alike.
        """
        first = dt.date.fromordinal(_LOW + len(self._at) - 1).year
        last = max(day.year + abs(n) // 50, first) + 50
        if last > _LAST_GROWN or abs(n) > _SPAN:
            return False
        days, at = list(self._days), self._at[:]
        for year in range(first, last + 1):
            for worked in self._worked_in(year):
                at.extend([len(days)] * (worked.toordinal() - _LOW - len(at) + 1))
                days.append(worked)
        at.extend([len(days)] * (dt.date(last + 1, 1, 1).toordinal() - _LOW - len(at) + 1))
        self._days, self._at = days, at
        return True

    def _add_otherwise(self, day: dt.date, n: int, roll_anchor: RollAnchor) -> dt.date:
        if type(n) is not int:
            _refuse("n", f"a whole number is wanted, not {n!r}")
        if roll_anchor == "refuse":
            if not self.is_working(day):
                _refuse("anchor", f"{day} is no working day ({self.reason(day)}): choose another or roll it")
            roll_anchor = "none"
        if roll_anchor == "none":
            return self._nth(day.toordinal() + 1, n - 1) if n > 0 else self._nth(day.toordinal(), n)
        if roll_anchor in ("next", "previous"):
            counted_from = self.roll(day, roll_anchor)
            return self._nth(counted_from.toordinal(), n)
        _refuse("roll_anchor", f"one of none, next, previous, refuse, not {roll_anchor!r}")

    def _nth(self, ordinal: int, n: int) -> dt.date:
        """The working day `n` places from the first one on or after that day; year by year, so any distance goes."""
        if 0 <= ordinal - _LOW <= _SPAN:
            index = self._at[ordinal - _LOW] + n
            if 0 <= index < len(self._days):
                return self._days[index]
        if abs(n) > 3_652_059:
            _refuse("n", f"{n} working days leave the years 1 to 9999")
        if ordinal > dt.date.max.toordinal():
            year, index = 10_000, 0
        else:
            day = dt.date.fromordinal(ordinal)
            year, index = day.year, bisect_left(self._year(day.year), day)
        index += n
        while index < 0:
            year -= 1
            if year < 1:
                _refuse("n", "the date lies before year 1")
            index += self._count_of(year)
        while year <= 9999 and index >= self._count_of(year):
            index -= self._count_of(year)
            year += 1
        if year > 9999:
            _refuse("n", "the date lies after year 9999")
        return self._year(year)[index]

    def _count_of(self, year: int) -> int:
        count = self._counts.get(year)
        if count is None:
            count = self._counts[year] = len(self._year(year))
        return count

    def _year(self, year: int) -> list[dt.date]:
        days = self._years.get(year)
        if days is None:
            if len(self._years) >= _KEPT:
                self._years.clear()
            days = self._years[year] = self._worked_in(year)
        return days

    def _worked_in(self, year: int) -> list[dt.date]:
        first = dt.date(year, 1, 1)
        days = range(first.toordinal(), dt.date(year, 12, 31).toordinal() + 1)
        marks, *others = (rule.marks(first, len(days)) for rule in self._rules)
        for other in others:
            marks = bytearray(map(and_, marks, other))
        return [*map(dt.date.fromordinal, compress(days, marks))]

    def _works_some_other_year(self) -> bool:
        named = {day for calendar in self.calendars for day in calendar.working_days}
        return any(self.is_working(day) for day in named)


class _Rule:
    """What one calendar says of days, the exceptions by year too."""

    __slots__ = ("exceptions", "holidays", "weekdays", "working_days", "yearly_holidays", "yearly_working_days")

    def __init__(self, calendar: WorkCalendar) -> None:
        def yearly(days: frozenset[str]) -> frozenset[tuple[int, int]]:
            return frozenset((int(day[:2]), int(day[3:])) for day in days)

        self.weekdays = calendar.weekdays
        self.holidays, self.working_days = calendar.holidays, calendar.working_days
        self.yearly_holidays = yearly(calendar.yearly_holidays)
        self.yearly_working_days = yearly(calendar.yearly_working_days)
        self.exceptions: dict[int, list[tuple[dt.date, bool]]] = {}
        for works, days in ((True, self.working_days), (False, self.holidays)):
            for day in days:
                self.exceptions.setdefault(day.year, []).append((day, works))

    def works(self, day: dt.date) -> bool:
        """Whether the day is worked."""
        if day in self.holidays:
            return False
        if day in self.working_days:
            return True
        of_year = (day.month, day.day)
        if of_year in self.yearly_holidays:
            return False
        if of_year in self.yearly_working_days:
            return True
        return day.isoweekday() in self.weekdays

    def marks(self, first: dt.date, many: int) -> bytearray:
        """The same for each day of a year, which begins with `first` and has so many: what counts more comes later."""
        year, start, weekday = first.year, first.toordinal(), first.weekday()
        week = bytes((weekday + n) % 7 + 1 in self.weekdays for n in range(7))
        found = bytearray(week * 53)[:many]
        for works, named in ((True, self.yearly_working_days), (False, self.yearly_holidays)):
            for month, day in named:
                if (month, day) != (2, 29) or many == 366:
                    found[dt.date(year, month, day).toordinal() - start] = works
        for one, works in self.exceptions.get(year, ()):
            found[one.toordinal() - start] = works
        return found


@lru_cache(maxsize=64)
def work_days(*calendars: WorkCalendar) -> WorkDays:
    """The working days of these calendars together (D6); made once for each combination."""
    if not calendars:
        _refuse("calendars", "name at least one calendar")
    return WorkDays(calendars)


def resolve(settings: Settings, *names: str) -> WorkDays:
    """The calendar that counts (D7): the first of `names` that is not empty, else the settings' own.

    A name may combine several, as in `office & germany`. Raises `Invalid` for one that the settings do not have.
    """
    name = next(filter(None, names), settings.calendar)
    known = {calendar.name: calendar for calendar in settings.calendars}
    parts = [part.strip() for part in name.split("&")]
    unknown = [part for part in parts if part not in known]
    if unknown:
        _refuse("calendar", f"there is no calendar {unknown[0]!r}; the settings have {', '.join(sorted(known))}")
    return work_days(*(known[part] for part in parts))


def today(moment: dt.datetime, zone: str) -> dt.date:
    """The day it is at `moment` in the time zone (D1). Raises `Invalid` for a naive moment or an unknown zone."""
    from zoneinfo import ZoneInfo

    if not isinstance(moment, dt.datetime) or moment.tzinfo is None:
        _refuse("moment", f"a moment with a time zone is wanted, not {moment!r}")
    try:
        return moment.astimezone(ZoneInfo(zone)).date()
    except (LookupError, ValueError, OSError) as error:
        raise Invalid(
            "today", (Problem("zone", f"there is no time zone {zone!r}: use a name like Europe/Lisbon"),)
        ) from error
    except OverflowError as error:
        raise Invalid("today", (Problem("moment", f"{moment} leaves the years 1 to 9999 in {zone}"),)) from error


def a_date(value: object, place: str) -> dt.date:
    """`value` where it is a date and no datetime; raises `Invalid` otherwise (D11)."""
    if isinstance(value, dt.date) and not isinstance(value, dt.datetime):
        return value
    _refuse(place, f"a date is wanted, not {shown(value)}")


def _refuse(place: str, message: str) -> NoReturn:
    raise Invalid("working days", (Problem(place, message),))
