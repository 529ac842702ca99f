"""A file of vectors, and the values inside one."""

from __future__ import annotations

import datetime as dt
import json
import re
from pathlib import Path
from typing import Any

from attrs import frozen

from actionplans.model import WorkCalendar
from actionplans.workdays import WorkDays, work_days

CALENDAR = {
    "working_weekdays": "weekdays",
    "holidays": "holidays",
    "holidays_every_year": "yearly_holidays",
    "working_dates": "working_days",
    "working_dates_every_year": "yearly_working_days",
}
"""A calendar's keys in a file, and what they are called in ours."""

ROLLS = frozenset({"none", "next", "previous", "modified_next", "modified_previous"})


class Malformed(Exception):
    """The file is not a file of vectors; the text says where and why."""


class NotOurs(Exception):
    """A vector that is skipped; the text is the reason."""


@frozen
class Vector:
    """One case: what is asked, with which input, and what must come out (values, or `{"error": words}`)."""

    id: str
    kind: str
    input: dict[str, Any]
    expected: dict[str, Any]
    replay: str = "exact"

    def known(self, wanted: str, optional: str = "") -> None:
        """Skips a vector whose input has other keys than these, or lacks one that is wanted."""
        missing = sorted(set(wanted.split()) - set(self.input))
        unknown = sorted(set(self.input) - set(wanted.split()) - set(optional.split()))
        if unknown:
            raise NotOurs(f"unknown shape: nobody here knows the input {', '.join(unknown)}")
        if missing:
            raise NotOurs(f"unknown shape: the input lacks {', '.join(missing)}")

    def date(self, name: str) -> dt.date:
        """The input of that name as a date."""
        return as_date(name, self.input[name])

    def date_or_none(self, name: str) -> dt.date | None:
        """The input of that name as a date; None where it is null or not there."""
        return None if self.input.get(name) is None else self.date(name)

    def number(self, name: str) -> Any:
        """The input of that name as it stands; whether the number will do is the library's to say (D11)."""
        return as_number(name, self.input[name])

    def word(self, name: str, words: dict[str | None, str]) -> str:
        """What the input of that name means, by `words`; None stands for null and not there."""
        value = self.input.get(name)
        if not isinstance(value, str | None) or value not in words:
            raise NotOurs(f"unknown shape: {name} {value!r} has no meaning here")
        return words[value]

    def roll(self, *names: str) -> str:
        """The roll that stands under the first of these names that is there (D4)."""
        name = next((one for one in names if one in self.input), names[0])
        return self.word(name, {None: "none", **{roll: roll for roll in ROLLS}})

    def calendars(self) -> tuple[WorkCalendar, ...]:
        """The input's `calendar`, all of its `calendars`, or the shipped default (D6)."""
        several = as_list("calendars", self.input.get("calendars")) or [self.input.get("calendar")]
        return tuple(as_calendar(one, f"calendar {n + 1}") for n, one in enumerate(several))

    def days(self) -> WorkDays:
        """The working days of the input's calendars together (D6)."""
        return work_days(*self.calendars())


def as_date(name: str, value: object) -> dt.date:
    """A date in ISO form; anything else is an unknown shape."""
    try:
        if isinstance(value, str) and re.fullmatch(r"\d{4}-\d\d-\d\d", value):
            return dt.date.fromisoformat(value)
    except ValueError:
        pass
    raise NotOurs(f"unknown shape: {name} {value!r} is no date like 2026-01-31")


def as_number(name: str, value: object) -> Any:
    """A JSON number or truth value; anything else is an unknown shape."""
    if isinstance(value, int | float):
        return value
    raise NotOurs(f"unknown shape: {name} {value!r} is no number")


def as_list(name: str, value: object) -> list[Any]:
    """A list, null being an empty one."""
    if value is None or isinstance(value, list):
        return value or []
    raise NotOurs(f"unknown shape: {name} {value!r} is no list")


def as_calendar(value: object, name: str) -> WorkCalendar:
    """A calendar of a file; null is the shipped default."""
    if value is None:
        return WorkCalendar(name)
    if not isinstance(value, dict):
        raise NotOurs(f"unknown shape: calendar {value!r} is no object")
    unknown = sorted(set(value) - set(CALENDAR))
    if unknown:
        raise NotOurs(f"unknown shape: nobody here knows the calendar's {', '.join(unknown)}")
    fields: dict[str, Any] = {}
    for key, entries in value.items():
        dated = key in ("holidays", "working_dates")
        listed = as_list(f"calendar.{key}", entries)
        fields[CALENDAR[key]] = frozenset(as_date(f"calendar.{key}", one) if dated else one for one in listed)
    return WorkCalendar(name, **fields)


def read(path: Path) -> list[Vector]:
    """The vectors of a file; raises `Malformed`."""
    try:
        data = json.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise Malformed(f"{path}: cannot be read: {error.strerror or error}") from error
    except (ValueError, RecursionError) as error:
        raise Malformed(f"{path}: is no JSON text: {error}") from error
    entries = data.get("vectors") if isinstance(data, dict) else data
    if not isinstance(entries, list):
        raise Malformed(f"{path}: has no list called 'vectors'")
    return [_vector(f"{path}: vectors[{n}]", n, entry) for n, entry in enumerate(entries)]


def _vector(place: str, n: int, entry: object) -> Vector:
    if not isinstance(entry, dict):
        raise Malformed(f"{place}: is no object")
    for name, kind in (("kind", str), ("input", dict), ("expected", dict)):
        if not isinstance(entry.get(name), kind):
            raise Malformed(f"{place}: wants a {'text' if kind is str else 'JSON object'} called {name!r}")
    replay = entry.get("replay")
    return Vector(
        str(entry.get("id", f"#{n + 1}")),
        entry["kind"],
        entry["input"],
        entry["expected"],
        replay if isinstance(replay, str) else "exact",
    )
