"""Today (D1): the injected clock's moment seen in a time zone, also where a midnight does not exist."""

from __future__ import annotations

import datetime as dt
import zoneinfo
from functools import cache
from typing import Any

import pytest

from actionplans.errors import Invalid
from actionplans.model import Offset, WorkCalendar
from actionplans.schedule import offset_date
from actionplans.workdays import today, work_days
from tests.size import SOAK

pytestmark = pytest.mark.timeout(900)  # a soak takes minutes

DAY, SECOND, WEEK = dt.timedelta(days=1), dt.timedelta(seconds=1), dt.timedelta(days=7)
FROM, UNTIL = dt.datetime(1970, 1, 1, tzinfo=dt.UTC), dt.datetime(2038, 1, 1, tzinfo=dt.UTC)

Gap = tuple[str, dt.datetime, dt.timedelta, dt.timedelta]
"""A zone, the moment its clocks jump forward over a midnight, and its distance to UTC before and after."""


KNOWN = {
    ("America/Sao_Paulo", dt.date(2018, 11, 4)),
    ("Asia/Beirut", dt.date(2022, 3, 27)),
    ("America/Havana", dt.date(2020, 3, 8)),
    ("Pacific/Apia", dt.date(2011, 12, 31)),
}
"""Some midnights that do not exist; Samoa's is that of the day it lost, and the next one is there."""


@cache
def gaps() -> tuple[Gap, ...]:
    """Every local midnight of 1970 to 2037 that does not exist, in every zone (in a soak; else in a twentieth)."""
    found: list[Gap] = []
    zones = sorted(zoneinfo.available_timezones())
    for name in zones if SOAK else sorted({*zones[::20], *(name for name, _ in KNOWN)}):
        zone = zoneinfo.ZoneInfo(name)
        moment, before = FROM, FROM.astimezone(zone).utcoffset()
        while moment < UNTIL:
            after = (moment + WEEK).astimezone(zone).utcoffset()
            if before is not None and after is not None and before != after:
                found += [gap for gap in jumps(name, zone, moment) if over_midnight(gap)]
            moment, before = moment + WEEK, after
    return tuple(found)


def jumps(name: str, zone: zoneinfo.ZoneInfo, moment: dt.datetime) -> list[Gap]:
    """The changes of a zone's distance to UTC in the week from a moment on, each found by halving."""
    found = []
    for n in range(7):
        low, high = moment + n * DAY, moment + (n + 1) * DAY
        before, after = (one.astimezone(zone).utcoffset() for one in (low, high))
        if before is None or after is None or before == after:
            continue
        while high - low > SECOND:
            middle = low + ((high - low) // 2 // SECOND) * SECOND
            low, high = (middle, high) if middle.astimezone(zone).utcoffset() == before else (low, middle)
        found.append((name, high, before, after))
    return found


def over_midnight(gap: Gap) -> bool:
    """Whether the clock jumps forward from one day into the next, past its midnight."""
    _, jump, before, after = gap
    last, first = (jump - SECOND + before), (jump + after)
    return (
        after > before and last.date() < first.date() and first.time() != dt.time(0) or first.date() - last.date() > DAY
    )


def test_there_are_midnights_that_do_not_exist() -> None:
    """The search finds the known ones: São Paulo's summer times, Beirut, Havana, and Samoa's lost day."""
    known = {(name, (jump + after).date()) for name, jump, _, after in gaps()}
    assert KNOWN <= known
    assert len(known) > (500 if SOAK else 50)


def test_a_day_without_midnight_begins_when_the_clock_jumps() -> None:
    """D1: a second before the jump it is the day before, at the jump it is the new day, in every zone."""
    for name, jump, before, after in gaps():
        assert (jump - SECOND + before).date() == today(jump - SECOND, name), (name, jump)
        assert (jump + after).date() == today(jump, name), (name, jump)


def test_such_a_day_is_a_date_like_any_other() -> None:
    """D1, D3: counting from it, or to it, never asks for its midnight."""
    days = work_days(WorkCalendar())
    for name, jump, _, after in gaps()[:: 1 if SOAK else 20]:
        day = today(jump, name)
        assert (jump + after).date() == day
        for unit in ("days", "weeks", "months", "working_days"):
            offset_date(Offset(1, unit), day, days)  # type: ignore[arg-type]
        assert day == offset_date(Offset(1), day - DAY, days)


def test_a_lost_day_is_never_today() -> None:
    """D1: Samoa had no 30 December 2011; Kiritimati and Kwajalein lost one too."""
    lost = [("Pacific/Apia", 2011, 12, 30), ("Pacific/Kiritimati", 1994, 12, 31), ("Pacific/Kwajalein", 1993, 8, 21)]
    for name, *day in lost:
        noon = dt.datetime(day[0], day[1], day[2], 12, tzinfo=dt.UTC) - DAY
        seen = {today(noon + dt.timedelta(minutes=10 * n), name) for n in range(6 * 48)}
        assert dt.date(*day) not in seen and {dt.date(*day) - DAY, dt.date(*day) + DAY} <= seen, name


@pytest.mark.parametrize(
    ("zone", "expected"),
    [
        ("UTC", dt.date(2026, 1, 1)),
        ("Pacific/Kiritimati", dt.date(2026, 1, 2)),
        ("Pacific/Pago_Pago", dt.date(2026, 1, 1)),
        ("Asia/Kathmandu", dt.date(2026, 1, 1)),
        ("Asia/Tokyo", dt.date(2026, 1, 1)),
    ],
)
def test_today_differs_by_zone(zone: str, expected: dt.date) -> None:
    """D1: 1 January 2026 at 11:30 UTC is already tomorrow far in the east."""
    assert expected == today(dt.datetime(2026, 1, 1, 11, 30, tzinfo=dt.UTC), zone)


def test_a_moment_may_come_in_any_zone() -> None:
    """D1: the same moment, written with another distance to UTC, is the same today."""
    moment = dt.datetime(2026, 1, 1, 23, 30, tzinfo=dt.UTC)
    for hours in (-11, -3, 0, 5, 14):
        written = moment.astimezone(dt.timezone(dt.timedelta(hours=hours)))
        assert dt.date(2026, 1, 2) == today(written, "Europe/Berlin")


@pytest.mark.parametrize(
    "zone", ["Nowhere/At_All", "", "../etc/passwd", "Europe", "/etc/localtime", "\0", "europe/berlin\n"]
)
def test_an_unknown_zone_is_refused(zone: str) -> None:
    """D1, D11: with our error, naming the zone, and never a file of another kind."""
    with pytest.raises(Invalid):
        today(dt.datetime(2026, 1, 1, tzinfo=dt.UTC), zone)


@pytest.mark.parametrize("moment", [dt.datetime(2026, 1, 1), dt.date(2026, 1, 1), "2026-01-01T00:00Z", None, 0])
def test_a_moment_has_a_zone(moment: Any) -> None:
    """D1: a naive moment could be any day."""
    with pytest.raises(Invalid):
        today(moment, "UTC")


@pytest.mark.parametrize(
    ("moment", "zone"),
    [
        (dt.datetime.min.replace(tzinfo=dt.UTC), "America/New_York"),
        (dt.datetime.max.replace(tzinfo=dt.UTC), "Asia/Tokyo"),
    ],
)
def test_a_today_beyond_the_years_is_refused(moment: dt.datetime, zone: str) -> None:
    """D11: `Invalid`, not an `OverflowError`."""
    with pytest.raises(Invalid):
        today(moment, zone)
