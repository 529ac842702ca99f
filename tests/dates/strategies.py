"""What the date tests draw: days, calendars with entries near a day, offsets and links.

Strategies are made once and days are drawn as distances from one day of the case, which is several times faster
than making a strategy for every case.
"""

from __future__ import annotations

import datetime as dt
from typing import Any, get_args

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st

from actionplans.model import Dependency, Offset, WorkCalendar
from actionplans.model.words import LinkKind, Roll, RollAnchor

ROLLS: tuple[Any, ...] = get_args(Roll)
ROLL_ANCHORS: tuple[Any, ...] = get_args(RollAnchor)
KINDS: tuple[Any, ...] = get_args(LinkKind)

FIRST, LAST = dt.date.min, dt.date.max

AROUND = st.one_of(
    st.dates(dt.date(1990, 1, 1), dt.date(2060, 12, 31)),
    st.dates(),
    st.sampled_from([FIRST, LAST, dt.date(2000, 2, 29), dt.date(1900, 2, 28)]),
)
"""The day a case is built around: of our time, of any, or of the edge."""

NEARBY = st.integers(-60, 60)
"""How far from that day another one of the case lies."""

SMALL = st.one_of(st.integers(-12, 12), st.integers(-400, 400))
LARGE = st.one_of(st.integers(-4000, 4000), st.integers(-36_500, 36_500))

LINKS = st.builds(
    Dependency,
    st.just("before"),
    st.sampled_from(KINDS),
    st.one_of(st.integers(-6, 6), st.integers(-300, 300)),
    st.sampled_from(["days", "working_days"]),
)


def near(around: dt.date, distance: int) -> dt.date:
    """The day so far from that one, or the first or last day there is."""
    return dt.date.fromordinal(min(max(around.toordinal() + distance, 1), LAST.toordinal()))


def _calendar(around: dt.date, n: int, common: int, entries: Any) -> WorkCalendar:
    weekdays, dated, working, yearly, yearly_working = entries
    holidays = frozenset(near(around, one) for one in dated)
    return WorkCalendar(
        f"calendar {n}",
        frozenset(weekdays | {common}),
        frozenset(yearly),
        holidays,
        frozenset(near(around, one) for one in working) - holidays,
        frozenset(yearly_working) - frozenset(yearly),
    )


_DAYS_OF_YEAR = st.sampled_from([f"{month:02}-{day:02}" for month in range(1, 13) for day in range(1, 30)])
_ENTRIES = st.tuples(
    st.one_of(st.just({1, 2, 3, 4, 5}), st.sets(st.integers(1, 7))),
    st.sets(NEARBY, max_size=12),
    st.sets(NEARBY, max_size=6),
    st.sets(_DAYS_OF_YEAR, max_size=8),
    st.sets(_DAYS_OF_YEAR, max_size=4),
)
CALENDARS = st.tuples(AROUND, st.integers(1, 7), st.lists(_ENTRIES, min_size=1, max_size=3)).map(
    lambda drawn: (drawn[0], tuple(_calendar(drawn[0], n, drawn[1], one) for n, one in enumerate(drawn[2])))
)
"""A day, and one to three calendars with a common weekday and entries near that day (D6)."""


def offsets(counts: st.SearchStrategy[int]) -> st.SearchStrategy[Offset]:
    """Offsets of every unit, roll and roll_anchor."""
    units = st.sampled_from(["days", "weeks", "months", "working_days"])

    def made(n: int, unit: Any, roll: Any, roll_anchor: Any) -> Offset:
        return Offset(n, unit, roll_anchor=roll_anchor) if unit == "working_days" else Offset(n, unit, roll=roll)

    return st.builds(made, counts, units, st.sampled_from(ROLLS), st.sampled_from(ROLL_ANCHORS))


def runs(examples: int) -> settings:
    """So many cases, without deadlines. A failure names its anchor and offset, so no time goes into shrinking it."""
    phases = (Phase.explicit, Phase.reuse, Phase.generate)
    return settings(max_examples=examples, deadline=None, phases=phases, suppress_health_check=list(HealthCheck))
