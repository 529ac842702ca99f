"""When what a template launches starts and is due (D7 to D9, P1)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping

from attrs import define, field

from actionplans.errors import Invalid, Problem
from actionplans.launch.blueprint import Blueprint, Dated, Dates
from actionplans.launch.owners import Directory
from actionplans.model import Dependency, Draft, Offset, Override, TemplateMilestone, TemplateTask
from actionplans.schedule import bound, offset_date, settle
from actionplans.schedule.moving import Moving
from actionplans.settings import Settings
from actionplans.workdays import WorkDays, resolve

AS_IT_IS = Override()
"""What a draft says of an item that nobody touched."""

KEPT = 4096
"""How many different answers a blueprint keeps."""


@define
class Dating:
    """The dates of one launch; `problems` gathers what cannot be counted."""

    blueprint: Blueprint
    draft: Draft
    settings: Settings
    directory: Directory
    problems: list[Problem]
    calendars: dict[str, WorkDays] = field(factory=dict)

    def of_items(self, taken: frozenset[str], owners: Mapping[str, str | None]) -> dict[str, Dates]:
        """The dates of every milestone and task by key; the same question is worked out once for all launches."""
        items = [item for item in self.blueprint.in_order if item.key in taken]
        calendars = tuple(self._days(item, owners) for item in items)
        if self.draft.overrides or self.problems:
            return self._worked_out(items, calendars)
        asked = (taken, self.draft.anchors, calendars)
        known = self.blueprint.dated.get(asked)
        if known is None:
            known = self._worked_out(items, calendars)
            if not self.problems and len(self.blueprint.dated) < KEPT:
                self.blueprint.dated[asked] = known
        return known

    def of(self, offset: Offset | None, dates: Mapping[str, Dates], key: str) -> dt.date | None:
        """The date of an offset of an objective or play, in the plan's calendar."""
        if offset is None:
            return None
        try:
            return self._counted(offset, dates, self._named(self.blueprint.template.calendar), None)
        except Invalid as error:
            self.problems += [one.under(f"items[{key!r}]") for one in error.problems]
            return None

    def _days(self, item: Dated, owners: Mapping[str, str | None]) -> WorkDays:
        """The task's calendar, else its owner's, else the plan's, else the settings' (D7)."""
        own = item.calendar if isinstance(item, TemplateTask) else ""
        name = own or self.directory.calendar_of(owners.get(item.key)) or self.blueprint.template.calendar
        try:
            return self._named(name)
        except Invalid as error:
            self.problems += [one.under(f"items[{item.key!r}]") for one in error.problems]
            return self._named(self.settings.calendar)

    def _named(self, name: str) -> WorkDays:
        days = self.calendars.get(name)
        if days is None:
            days = self.calendars[name] = resolve(self.settings, name)
        return days

    def _worked_out(self, items: Iterable[Dated], calendars: Iterable[WorkDays]) -> dict[str, Dates]:
        dates: dict[str, Dates] = {}
        for item, days in zip(items, calendars, strict=True):
            try:
                dates[item.key] = self._dated(item, dates, days)
            except Invalid as error:
                dates[item.key] = (None, None, None)
                self.problems += [one.under(f"items[{item.key!r}]") for one in error.problems]
        return dates

    def _dated(self, item: Dated, dates: Mapping[str, Dates], days: WorkDays) -> Dates:
        """What the draft says by hand, else the offsets; then the links, which only move later (D9)."""
        given = self.draft.overrides.get(item.key, AS_IT_IS)
        if isinstance(item, TemplateMilestone):
            return None, given.due or self._counted(item.due, dates, days, None), None
        start = given.start or self._counted(item.start, dates, days, None)
        due, duration = given.due, item.duration
        if due is not None and start is not None:
            duration = None
        elif due is None and not (given.start and duration):
            due = self._counted(item.due, dates, days, start)
        at = Moving(*settle(start, due, duration, days), False, days)
        for link in item.after:
            base = dates.get(link.predecessor_id)
            limit = bound(link, base[0], base[1], days) if base else None
            if limit is not None:
                at.push(*limit)
        return at.start, at.due, at.duration

    def _counted(
        self, offset: Offset | None, dates: Mapping[str, Dates], days: WorkDays, own_start: dt.date | None
    ) -> dt.date | None:
        if offset is None:
            return None
        if offset.anchor == "own_start":
            anchor = own_start
        elif offset.item_id:
            base = dates.get(offset.item_id, (None, None, None))
            anchor = base[1] or base[0]
        else:
            anchor = self.draft.anchors[offset.anchor]
        if anchor is None:
            told = f"counts from {offset.anchor}, which has no date here: choose it too, or give a date"
            raise Invalid("offset", (Problem("offset", told),))
        return offset_date(offset, anchor, days)


def waits(links: tuple[Dependency, ...], *offsets: Offset | None) -> bool:
    """Whether anything must be finished before this task: an FS link, or an offset counted from a task (P1, P3)."""
    return any(link.kind == "FS" for link in links) or any(
        offset is not None and offset.anchor.startswith("task:") for offset in offsets
    )
