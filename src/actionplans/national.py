"""Ready-made working calendars of countries, from the `holidays` package where it is installed (D6)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any, NoReturn

from actionplans.checks import advice, shown
from actionplans.errors import Invalid, MissingExtra, Problem
from actionplans.model import WorkCalendar


def national_calendar(
    country: str, subdivision: str = "", *, years: Iterable[int] | int, name: str = ""
) -> WorkCalendar:
    """The working calendar of a country, or of a part of it, for some years: weekends, public holidays, days made up.

    `country` is an ISO 3166 code (`DE`), `subdivision` the code of a part (`BY`); `name` is what plans and persons call
    the calendar, by default `DE` or `DE-BY`. It remembers its `years`: dates beyond them are warned of, for their
    holidays are not known. Raises `MissingExtra` without the package, and `Invalid` for a country, a part or a year
    that it does not know; a year without holidays is one of those.
    """
    try:
        import holidays
    except ImportError as error:
        raise MissingExtra("holidays", "holidays") from error
    asked = _years(years)
    known: dict[str, list[str]] = holidays.list_supported_countries(include_aliases=False)
    if not isinstance(country, str) or country not in known:
        _refuse("country", f"there is none with the code {shown(country)}: {advice(str(country).upper(), known)}")
    if subdivision and subdivision not in known[country]:
        parts = known[country]
        told = advice(str(subdivision).upper(), parts) if parts else "it has none"
        _refuse("subdivision", f"{country} has no part with the code {shown(subdivision)}: {told}")
    found: Any = holidays.country_holidays(country, subdiv=subdivision or None, years=asked)
    _covered(found, asked, country)
    weekdays = frozenset(range(1, 8)) - {day + 1 for day in found.weekend}
    days = [day for year in asked for day in _days_of(year)]
    worked = {day for day in days if found.is_working_day(day)}  # weekends have changed: the Emirates' in 2022
    return WorkCalendar(
        name or "-".join(filter(None, (country, subdivision))),
        weekdays,
        holidays=frozenset(day for day in days if day in found or day not in worked and day.isoweekday() in weekdays),
        working_days=frozenset(day for day in worked if day.isoweekday() not in weekdays),
        years=asked,
    )


def _days_of(year: int) -> Iterator[dt.date]:
    first = dt.date(year, 1, 1).toordinal()
    return map(dt.date.fromordinal, range(first, dt.date(year, 12, 31).toordinal() + 1))


def _years(years: object) -> frozenset[int]:
    given = [years] if isinstance(years, int) else list(islice(years, 501)) if isinstance(years, Iterable) else []
    wrong = [one for one in given if type(one) is not int or not dt.MINYEAR <= one <= dt.MAXYEAR]
    if wrong or not given:
        _refuse("years", f"years are wanted, like range(2026, 2031), not {shown(wrong[0] if wrong else years)}")
    if len(given) > 500:
        _refuse("years", "at most 500 at once")
    return frozenset(given)


def _covered(found: Any, years: frozenset[int], country: str) -> None:
    """Nobody takes a year that the package knows nothing of for one without holidays."""
    there = {day.year for day in found}
    first, last = found.start_year, found.end_year
    beyond = sorted(year for year in years if not first <= year <= last or year not in there)
    if beyond:
        told = ", ".join(map(str, beyond[:5])) + (f" and {len(beyond) - 5} more" if len(beyond) > 5 else "")
        _refuse("years", f"the holidays of {country} in {told} are not known: they are from {first} to {last}")


def _refuse(place: str, message: str) -> NoReturn:
    raise Invalid("national calendar", (Problem(place, message),))
