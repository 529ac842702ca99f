"""What dates are made from: offsets, links and working calendars. The counting is in `workdays` and `schedule`."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Annotated, final

from attrs import field, frozen

from actionplans.checks import Text, Value, Whole, frozen_set, verify
from actionplans.errors import Problem
from actionplans.model.words import Days, Id, IsoWeekday, LagUnit, LinkKind, Roll, RollAnchor, Unit, plainly_id

AnchorName = Annotated[
    str,
    Text(
        210,
        filled=True,
        pattern=r"own_start|(milestone|task|play|objective):.+|[a-z][a-z0-9_]*",
        form="an anchor's name in small letters, own_start, milestone:ID, task:ID, play:ID or objective:ID",
    ),
]
"""Where an offset counts from (D9).

A named date of the plan (`start`, `go_live`), `milestone:ID`, `task:ID` (a predecessor's due date), `play:ID` or
`objective:ID` (its start), or, for a due date, `own_start`. In a template the ID is the item's key.
"""

DayOfYear = Annotated[str, Text(5, filled=True, pattern=r"\d\d-\d\d", form="a day of the year as MM-DD")]

Year = Annotated[int, Whole(1, 9999)]

_NO_LAG = 0


@frozen
class Offset(Value):
    """A number of days from an anchor (D3 to D5).

    `count` may be negative: it then counts backwards. `unit` says which days count. `roll` moves a landing day
    that is no working day; it goes with `days`, `weeks` and `months`. `roll_anchor` goes with `working_days`: it
    moves the anchor onto a working day before counting, or refuses one that is not.
    """

    count: Days = 0
    unit: Unit = "days"
    anchor: AnchorName = "start"
    roll: Roll = "none"
    roll_anchor: RollAnchor = "none"

    def problems(self) -> Iterator[Problem]:
        """The two families are never mixed up (D4)."""
        if self.unit == "working_days" and self.roll != "none":
            yield Problem("roll", "working_days always land on a working day: leave roll out, or count days")
        if self.unit != "working_days" and self.roll_anchor != "none":
            yield Problem("roll_anchor", "goes with unit working_days only: use roll")

    @property
    def item_id(self) -> str:
        """The id behind `milestone:`, `task:`, `play:` or `objective:`, else empty."""
        head, mark, tail = self.anchor.partition(":")
        return tail if mark else ""


@final
@frozen
class Dependency(Value):
    """A link to a predecessor, a task or milestone of the same plan (P1). `lag` counts in `unit`, also backwards."""

    predecessor_id: Id
    kind: LinkKind = "FS"
    lag: Days = 0
    unit: LagUnit = "working_days"

    def __attrs_post_init__(self) -> None:
        """The common case at a glance, since a bulk launch makes very many; anything else is looked at in full."""
        usual = self.kind == "FS" and self.lag is _NO_LAG and self.unit == "working_days"
        if not (usual and plainly_id(self.predecessor_id)):
            verify(self)


@frozen
class WorkCalendar(Value):
    """Which days are worked (D6): a dated entry beats a yearly one, a yearly one beats the weekday.

    `weekdays` are ISO numbers, 1 Monday to 7 Sunday. Yearly entries are `MM-DD`; 29 February counts in leap years.
    `years` are those whose holidays it knows, where it does not know all: dates beyond them are warned of.
    """

    name: Annotated[str, Text(100, filled=True, pattern=r"[^&]+", form="a name without '&'")] = "default"
    weekdays: frozenset[IsoWeekday] = field(default=frozenset({1, 2, 3, 4, 5}), converter=frozen_set)
    yearly_holidays: frozenset[DayOfYear] = field(default=frozenset(), converter=frozen_set)
    holidays: frozenset[dt.date] = field(default=frozenset(), converter=frozen_set)
    working_days: frozenset[dt.date] = field(default=frozenset(), converter=frozen_set)
    yearly_working_days: frozenset[DayOfYear] = field(default=frozenset(), converter=frozen_set)
    years: frozenset[Year] = field(default=frozenset(), converter=frozen_set)

    def problems(self) -> Iterator[Problem]:
        """No contradiction, no impossible day, and at least one working day."""
        for name in ("yearly_holidays", "yearly_working_days"):
            for day in sorted(getattr(self, name)):
                try:
                    dt.date.fromisoformat(f"2000-{day}")
                except ValueError:
                    yield Problem(name, f"there is no day {day} in a year")
        for name, off, on in (
            ("working_days", self.holidays, self.working_days),
            ("yearly_working_days", self.yearly_holidays, self.yearly_working_days),
        ):
            for both in sorted(map(str, off & on)):
                yield Problem(name, f"{both} is a holiday as well: name it once")
        if not (self.working_days or self.yearly_working_days or self.weekdays and len(self.yearly_holidays) < 366):
            yield Problem("weekdays", "a calendar needs at least one working day")
