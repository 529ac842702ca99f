"""When what a template launches starts and is due (D7 to D9, P1)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence

from attrs import define, field

from actionplans.checks import EMPTY, FrozenMap
from actionplans.errors import Invalid, Problem
from actionplans.launch.blueprint import Blueprint, Dated, Dates, Mould
from actionplans.launch.drafted import AS_IT_IS, Place
from actionplans.launch.owners import Directory
from actionplans.model import Draft, Offset, TemplateMilestone, TemplateObjective, TemplateTask
from actionplans.schedule import bound, offset_date, settle
from actionplans.schedule.moving import Moving
from actionplans.settings import Settings
from actionplans.workdays import WorkDays, resolve

KEPT = 4096
"""How many different answers a blueprint keeps."""


@define
class Dating:
    """The dates of one launch; `problems` gathers what cannot be counted.

    In a running plan (`place`) the plan's anchors and calendar count, and `start` is the start of what is launched.
    """

    blueprint: Blueprint
    draft: Draft
    settings: Settings
    directory: Directory
    problems: list[Problem]
    place: Place | None = None
    anchors: FrozenMap[str, dt.date] = EMPTY
    calendar: str = ""
    calendars: dict[str, WorkDays] = field(factory=dict)

    def __attrs_post_init__(self) -> None:
        """The anchors and the calendar that count."""
        if self.place is None:
            self.anchors, self.calendar = self.draft.anchors, self.blueprint.template.calendar
        else:
            self.anchors, self.calendar = self.place.anchors, self.place.plan.calendar

    def of_items(self, taken: frozenset[str], owners: Mapping[str, str | None]) -> dict[str, Dates]:
        """The dates of every item that has some, by key; the same question is worked out once for all launches."""
        mould = self.blueprint.mould(self.settings, taken)
        if self.draft.overrides or self.problems or self.place is not None:
            return self._worked_out(mould.in_order, owners)
        asked = self.anchors, self._calendars_of(mould, owners)
        known = mould.dated.get(asked)
        if known is None:
            known = self._worked_out(mould.in_order, owners)
            if not self.problems and len(mould.dated) < KEPT:
                mould.dated[asked] = known
        return known

    def _calendars_of(self, mould: Mould, owners: Mapping[str, str | None]) -> tuple[str, ...]:
        """The names of the owners' own calendars, item by item; none where nobody has one, as nearly always."""
        named = self.directory.calendar_of
        if not any(map(named, set(owners.values()))):
            return ()
        return tuple([named(owners.get(item.key)) for item in mould.in_order])

    def days_of(self, item: Dated, owners: Mapping[str, str | None]) -> WorkDays:
        """The task's calendar, else its owner's, else the plan's, else the settings' (D7); of others the plan's."""
        name = self.calendar
        if isinstance(item, TemplateTask):
            name = item.calendar or self.directory.calendar_of(owners.get(item.key)) or name
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

    def begin(self) -> None:
        """What is launched into a running plan starts where its root does, and that is its `start` (D9, T13)."""
        place = self.place
        root = place.root if place is not None else None
        if place is None or root is None:
            return
        given = self.draft.overrides.get(root.key, AS_IT_IS)
        try:
            start = given.start or self.counted(root.start, {}, self._named(self.calendar), None)
        except Invalid as error:
            self.problems += [one.under(f"items[{root.key!r}]") for one in error.problems]
            return
        if start is not None:
            self.anchors = self.anchors.having("start", start)

    def _there(self) -> dict[str, Dates]:
        """The dates of what the plan has already and what is launched may count from."""
        place = self.place
        if place is None:
            return {}
        reused = {item_id: key for key, item_id in place.reused.items()}
        held = (one for one in place.plan.objectives if one.id in reused)
        return {reused[one.id]: (one.start, one.end, None) for one in held} | dict(place.known)

    def _worked_out(self, items: Sequence[Dated], owners: Mapping[str, str | None]) -> dict[str, Dates]:
        dates, calendars = self._there(), [self.days_of(item, owners) for item in items]
        for item, days in zip(items, calendars, strict=True):
            if item.key in dates:
                continue
            try:
                dates[item.key] = self.dated(item, dates, days)
            except Invalid as error:
                dates[item.key] = (None, None, None)
                self.problems += [one.under(f"items[{item.key!r}]") for one in error.problems]
        return dates

    def dated(self, item: Dated, dates: Mapping[str, Dates], days: WorkDays) -> Dates:
        """What the draft says by hand, else the offsets; then the links, which only move later (D9)."""
        given = self.draft.overrides.get(item.key, AS_IT_IS)
        if isinstance(item, TemplateMilestone):
            return None, given.due or self.counted(item.due, dates, days, None), None
        if not isinstance(item, TemplateTask):
            last = item.end if isinstance(item, TemplateObjective) else item.due
            root = self.place.root if self.place is not None else None
            first = self.anchors["start"] if root is not None and item.key == root.key else None
            start = first or given.start or self.counted(item.start, dates, days, None)
            return start, given.due or self.counted(last, dates, days, None), None
        start = given.start or self.counted(item.start, dates, days, None)
        due, duration = given.due, item.duration
        if due is not None and start is not None:
            duration = None
        elif due is None and not (given.start and duration):
            due = self.counted(item.due, dates, days, start)
        at = Moving(*settle(start, due, duration, days), False, days)
        for link in item.after:
            base = dates.get(link.predecessor_id)
            limit = bound(link, base[0], base[1], days) if base else None
            if limit is not None:
                at.push(*limit)
        return at.start, at.due, at.duration

    def counted(
        self, offset: Offset | None, dates: Mapping[str, Dates], days: WorkDays, own_start: dt.date | None
    ) -> dt.date | None:
        """The date that an offset gives; raises `Invalid` where what it counts from has none."""
        if offset is None:
            return None
        if offset.anchor == "own_start":
            anchor = own_start
        elif offset.item_id:
            start, due, _ = dates.get(offset.item_id, (None, None, None))
            anchor = start if offset.anchor.startswith(("play:", "objective:")) else due or start
        else:
            anchor = self.anchors[offset.anchor]
        if anchor is None and offset.item_id and self.place is not None and self.place.here:
            return None  # what the plan does not have any more
        if anchor is None:
            told = f"counts from {offset.anchor}, which has no date here: choose it too, or give a date"
            raise Invalid("offset", (Problem("offset", told),))
        return offset_date(offset, anchor, days)
