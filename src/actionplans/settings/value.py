"""The settings themselves: one versioned value."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from attrs import Factory, frozen

from actionplans.checks import EMPTY, FrozenMap, Value, advice
from actionplans.errors import Invalid, NotFound, Problem
from actionplans.model.dates import WorkCalendar
from actionplans.model.people import TimeZone
from actionplans.model.plan import Stage
from actionplans.model.words import Count, CustomValue, Id, Line, LinkPolicy, Name, Word
from actionplans.settings.actions import no_actions
from actionplans.settings.nouns import (
    Action,
    Collection,
    CustomField,
    Grant,
    Limits,
    ObjectiveRule,
    ObjectiveStatus,
    Section,
    TaskStatusName,
)
from actionplans.settings.policy import shipped_policy
from actionplans.settings.shipped import shipped_objective_statuses, shipped_sections, shipped_stages
from actionplans.workdays import work_days

Reassignment = Literal["none", "open_unless_manual", "all_open"]

_KEYED = ("sections", "stages", "objective_statuses", "task_statuses", "custom_fields", "collections", "calendars")
_WORDS = ("objective_categories", "task_types", "priorities", "roles", "actions", "merge_rules")


@frozen
class Settings(Value):
    """Everything an administrator decides. A store has one; without one these defaults hold.

    `actions` are the host's own, which its verbs ask for beside ours (`ACTIONS`). `reassignment` says which open tasks
    follow when an account gets another owner (T6): none; those of the old owner that their rules gave and nobody
    assigned by hand; all of the old owner's. `double_launch` says what happens to the launch of a template that is
    still open on the account (T7).
    """

    id: Id = "settings"
    sections: tuple[Section, ...] = Factory(shipped_sections)
    stages: tuple[Stage, ...] = Factory(shipped_stages)
    objective_statuses: tuple[ObjectiveStatus, ...] = Factory(shipped_objective_statuses)
    objective_rules: tuple[ObjectiveRule, ...] = ()
    objective_categories: tuple[Word, ...] = ("Adoption", "Efficiency", "Growth", "Satisfaction")
    task_statuses: tuple[TaskStatusName, ...] = ()
    task_types: tuple[Word, ...] = ("task", "tactic", "action", "activity")
    priorities: tuple[Word, ...] = ("low", "normal", "high")
    roles: tuple[Word, ...] = ("csm", "sales", "implementation", "support")
    custom_fields: tuple[CustomField, ...] = ()
    policy: tuple[Grant, ...] = Factory(shipped_policy)
    actions: tuple[Action, ...] = ()
    collections: tuple[Collection, ...] = ()
    calendars: tuple[WorkCalendar, ...] = Factory(lambda: (WorkCalendar(),))
    calendar: Line = "default"
    time_zone: TimeZone = "UTC"
    link_policy: LinkPolicy = "push"
    merge_rules: tuple[Word, ...] = ("same_name_prefix",)
    reassignment: Reassignment = "open_unless_manual"
    double_launch: Literal["warn", "refuse"] = "warn"
    contacts_see_each_other: bool = False
    labels: FrozenMap[Word, Name] = EMPTY
    limits: Limits = Factory(Limits)
    revision: Count = 0

    def problems(self) -> Iterator[Problem]:
        """Every key once, the calendar in use is there, and grants name actions that there are."""
        for name in _KEYED:
            seen: set[str] = set()
            for n, one in enumerate(getattr(self, name)):
                key = one.id if name == "stages" else one.name if name in ("custom_fields", "calendars") else one.key
                key = f"{one.of}.{key}" if name == "custom_fields" else key
                if key in seen:
                    yield Problem(f"{name}[{n}]", f"{key!r} stands here twice")
                seen.add(key)
        for name in _WORDS:
            words, known = getattr(self, name), set[str]()
            for n, word in enumerate(words if isinstance(words, tuple) else ()):
                if word in known:
                    yield Problem(f"{name}[{n}]", f"{word!r} stands here twice")
                known.add(word)
        yield from self._rules()
        yield from self._calendar()
        own = frozenset(self.actions)
        for n, grant in enumerate(self.policy):
            for problem in no_actions(grant.action, own):
                yield problem.under(f"policy[{n}].action")

    def _rules(self) -> Iterator[Problem]:
        """Rules give objectives a status that there is, one for each case (L6)."""
        known = {one.key for one in self.objective_statuses}
        for n, rule in enumerate(self.objective_rules):
            if rule.status not in known:
                told = f"there is no objective status {rule.status!r}: {advice(rule.status, known)}"
                yield Problem(f"objective_rules[{n}].status", told)
            if any(rule.when == one.when for one in self.objective_rules[:n]):
                yield Problem(f"objective_rules[{n}].when", f"{rule.when!r} stands here twice")

    def _calendar(self) -> Iterator[Problem]:
        """The calendar in use is there; combined ones have a day that works in all (D6, D7)."""
        known = {one.name: one for one in self.calendars}
        parts = [part.strip() for part in self.calendar.split("&")]
        unknown = [part for part in parts if part not in known]
        for part in unknown:
            yield Problem("calendar", f"there is no calendar {part!r}; there are {', '.join(sorted(known))}")
        if len(parts) > 1 and not unknown:
            try:
                work_days(*(known[part] for part in parts))
            except Invalid as error:
                yield from (Problem("calendar", one.message) for one in error.problems)

    def section(self, key: str) -> Section:
        """The section of that key; the plain one for a plan without; raises `NotFound`."""
        if not key:
            return Section("none", "No section", depth=1)
        for one in self.sections:
            if one.key == key:
                return one
        meant = next((one.key for one in self.sections if one.title == key), None)
        told = f"{key!r} is the title of {meant!r}" if meant else advice(key, (one.key for one in self.sections))
        raise NotFound("section", key, f"sections go by their keys; {told}")

    def collection(self, key: str) -> Collection | None:
        """The collection of that key, or None."""
        return next((one for one in self.collections if one.key == key), None)

    def stage(self, stage_id: str) -> Stage | None:
        """The library's stage of that id, or None."""
        return next((one for one in self.stages if one.id == stage_id), None)

    def defaults(self, of: str) -> dict[str, CustomValue]:
        """What the custom fields of one kind of item hold where nothing was given (R5)."""
        return {one.name: one.default for one in self.custom_fields if one.of == of and one.default is not None}
