"""What an administrator decides: one versioned value (L4, L6, L8, R2, R5, D6).

Settings
├── sections, stages, objective statuses, task statuses, categories, priorities, types   vocabularies
├── custom_fields                                                                        R5
├── policy, actions                                                                      grants and prohibitions, R1, R2
├── collections                                                                          libraries of templates, T14
├── calendars, calendar, time_zone                                                       D1, D6, D7
├── link_policy, merge rules, reassignment, double_launch, sharing                       P5, M1, T6, T7, V6
└── limits
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Set
from decimal import Decimal
from functools import cache
from typing import Annotated, Literal

from attrs import Factory, field, frozen

from actionplans.checks import EMPTY, FrozenMap, Text, Value, Whole, advice, frozen_set, shown
from actionplans.errors import Invalid, NotFound, Problem
from actionplans.model.dates import WorkCalendar
from actionplans.model.people import TimeZone
from actionplans.model.plan import Stage
from actionplans.model.words import Count, CustomValue, Id, Line, LinkPolicy, Name, Prose, Scope, TaskStatus, Word
from actionplans.workdays import work_days

Profile = Literal["none", "plays", "ancestors"]
Depth = Annotated[int, Whole(1, 3)]
Reassignment = Literal["none", "open_unless_manual", "all_open"]


@frozen
class Section(Value):
    """A grouping of plans on an account.

    `depth` is how many levels a plan of it wants before nothing is missing (L4): 1 the plan alone, 2 an objective
    too, 3 actions under each objective. `profile` is how it is shared (V4). `tasks_need_stage` refuses loose tasks
    (L8). `progress_by` is what a plan's progress is taken over (L5).
    """

    key: Word
    title: Name
    description: Prose = ""
    depth: Depth = 3
    profile: Profile = "plays"
    tasks_need_stage: bool = False
    progress_by: Literal["tasks", "objectives"] = "tasks"


@frozen
class ObjectiveStatus(Value):
    """A status an objective may have, and what it means (L6)."""

    key: Word
    title: Name
    means: Literal["open", "achieved", "missed"] = "open"


@frozen
class TaskStatusName(Value):
    """A host's own word for a status of tasks, and the one it stands for (L1)."""

    key: Word
    title: Name
    means: TaskStatus


ActionPattern = Annotated[
    str,
    Text(
        100,
        filled=True,
        pattern=r"\*|(\*|[a-z][a-z0-9_]*)\.(\*|[a-z][a-z0-9_]*)",
        form="KIND.VERB like task.complete, or several by task.*, *.see or *",
    ),
]
Action = Annotated[
    str,
    Text(100, filled=True, pattern=r"[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*", form="KIND.VERB like task.complete"),
]


@frozen
class CustomField(Value):
    """A field that an administrator added to one kind of item (R5). Roles left empty: everybody inside."""

    name: Word
    title: Name
    of: Literal["account", "plan", "objective", "play", "task"] = "task"
    type: Literal["text", "number", "money", "date", "yes_no", "one_of", "several_of", "link", "person"] = "text"
    choices: tuple[Word, ...] = ()
    required: bool = False
    default: CustomValue | None = None
    seen_by: frozenset[Word] = frozenset()
    edited_by: frozenset[Word] = frozenset()
    shown_to_contacts: bool = False

    def problems(self) -> Iterator[Problem]:
        """The default is what the field may hold."""
        if self.default is not None and not self.fits(self.default):
            yield Problem("default", self.misfit(self.default))

    def fits(self, value: object) -> bool:
        """Whether a value is of the field's type, and among its choices (R5)."""
        match self.type:
            case "number" | "money":
                return isinstance(value, int | Decimal) and not isinstance(value, bool)
            case "date":
                return type(value) is dt.date
            case "yes_no":
                return isinstance(value, bool)
            case "one_of":
                return value in self.choices
            case "several_of":
                return isinstance(value, tuple) and all(one in self.choices for one in value)
            case "link":
                return isinstance(value, str) and value.startswith(("https://", "http://", "mailto:"))
        return isinstance(value, str)

    def misfit(self, value: object) -> str:
        """What to say of a value that does not fit."""
        choices = f" of {', '.join(self.choices)}" if self.choices else ""
        return f"{self.type}{choices} is wanted, not {shown(value)}"


@frozen
class Collection(Value):
    """A library that templates stand in by its key (T14).

    It is open to whoever has one of its `roles` or is in one of its `teams`; with neither, to everybody who may see
    templates. Those who may edit templates see all collections.
    """

    key: Word
    title: Name
    description: Prose = ""
    roles: frozenset[Word] = field(default=frozenset(), converter=frozen_set)
    teams: frozenset[Id] = field(default=frozenset(), converter=frozen_set)

    def problems(self) -> Iterator[Problem]:
        """It has a key: a template that names none stands in no collection."""
        if not self.key.strip():
            yield Problem("key", "must not be blank")


@frozen
class Grant(Value):
    """That a role may do an action within a scope (R2); with `allow` false it may not, whatever else says (R1).

    `action` is like `task.complete`; `task.*`, `*.see` and `*` take several. The settings that it stands in refuse one
    that nothing asks for.
    """

    role: Word
    action: ActionPattern
    scope: Scope = "all"
    allow: bool = True


@frozen
class Limits(Value):
    """How much is too much."""

    tasks_per_plan: Count = 10_000
    search_characters: Count = 4


ITEM_VERBS = (
    "create",
    "edit",
    "delete",
    "restore",
    "start",
    "complete",
    "reopen",
    "cancel",
    "assign",
    "move",
    "share",
    "comment",
    "archive",
)
"""What may be done to the items of a plan and to the plan itself, each an action of its own (R3)."""

ITEM_KINDS = ("stage", "objective", "milestone", "play", "task", "plan")

ACTIONS: frozenset[str] = frozenset(
    {f"{kind}.{verb}" for kind in ITEM_KINDS for verb in (*ITEM_VERBS, "see")}
    | {"task.override", "plan.launch", "plan.export", "library.edit", "journal.read", "report.see", "settings.edit"}
    | {"objective.launch", "play.launch", "task.launch", "plan.upgrade", "play.upgrade"}
    | {"account.see", "account.create", "account.edit", "team.see", "team.edit"}
    | {"person.see", "person.edit", "person.grant_roles"}
    | {"template.see", "template.create", "template.edit", "template.publish"}
)
"""Every action that the library asks for (R3); a host's own stand in `Settings.actions`."""


def no_action(action: str, own: Set[str] = frozenset()) -> Iterator[Problem]:
    """Why this is no action: neither ours nor among the host's `own` (R3)."""
    if action not in ACTIONS and action not in own:
        yield Problem("", f"there is no action {shown(action)}: {advice(action, ACTIONS | own)}")


def no_actions(pattern: str, own: Set[str] = frozenset()) -> Iterator[Problem]:
    """Why a grant's action takes in nothing: there is no such action, or none of that kind or verb (R2, R3)."""
    kind, _, verb = pattern.partition(".")
    if "*" not in (kind, verb):
        yield from no_action(pattern, own)
    for n, word in enumerate((kind, verb)):
        if "*" in (kind, verb) and word not in ("*", ""):
            known = {one.split(".")[n] for one in ACTIONS | own}
            if word not in known:
                yield Problem("", f"there is no action {shown(pattern)}: {advice(word, known)}")


@cache
def shipped_policy() -> tuple[Grant, ...]:
    """The roles of R2 as they ship: an administrator may do everything, everybody else what the role's name says."""
    grants = [Grant("administrator", "*")]
    for item in ITEM_KINDS:
        for verb in ITEM_VERBS:
            grants.append(Grant("manager", f"{item}.{verb}", "all"))
            grants.append(Grant("member", f"{item}.{verb}", "account"))
            grants.append(Grant("member", f"{item}.{verb}", "own"))
    for action in ("objective.launch", "play.launch", "task.launch", "plan.upgrade", "play.upgrade"):
        grants.append(Grant("manager", action, "all"))
        grants.append(Grant("member", action, "account"))
        grants.append(Grant("member", action, "own"))
    for verb in ("start", "complete", "reopen"):
        grants.append(Grant("member", f"task.{verb}", "assigned"))
        grants.append(Grant("partner", f"task.{verb}", "assigned"))
    for action in (
        "task.override",
        "plan.launch",
        "plan.export",
        "account.create",
        "account.edit",
        "person.edit",
        "report.see",
    ):
        grants.append(Grant("manager", action, "all"))
    for action in ("template.create", "template.edit", "template.publish"):
        grants.append(Grant("manager", action, "all"))
    grants += [
        Grant("member", "plan.launch", "account"),
        Grant("member", "plan.export", "account"),
        Grant("member", "plan.export", "own"),
        Grant("member", "account.create", "all"),
        Grant("member", "account.edit", "account"),
    ]
    for role in ("manager", "member", "viewer"):
        grants += [Grant(role, "*.see", "all")]
    return tuple(grants)


def shipped_sections() -> tuple[Section, ...]:
    """The sections that make the walk-throughs work without set-up (L8)."""
    return (
        Section(
            "growth_plans",
            "Growth Plans",
            "Future or forward looking items such as an increase in revenue",
            profile="ancestors",
            progress_by="objectives",
        ),
        Section(
            "client_commitments",
            "Client Commitments",
            "Service delivery and all current contractual obligations",
            profile="ancestors",
            progress_by="objectives",
        ),
        Section("sales_plan", "Sales plan", "Stages with their tasks and tactics", depth=1, tasks_need_stage=True),
    )


def shipped_stages() -> tuple[Stage, ...]:
    """The stages of the library as they ship (L8)."""
    titles = ("Prospecting", "Qualification", "Proposal", "Negotiation", "Closing", "Onboarding", "Renewal")
    return tuple(Stage(title.lower(), title, key=title.lower(), fixed=True) for title in titles)


def shipped_objective_statuses() -> tuple[ObjectiveStatus, ...]:
    """The statuses of objectives as they ship (L6)."""
    return (
        ObjectiveStatus("not_started", "Not started"),
        ObjectiveStatus("on_track", "On track"),
        ObjectiveStatus("at_risk", "At risk"),
        ObjectiveStatus("achieved", "Achieved", "achieved"),
        ObjectiveStatus("missed", "Missed", "missed"),
    )


_KEYED = ("sections", "stages", "objective_statuses", "task_statuses", "custom_fields", "collections", "calendars")


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
        yield from self._calendar()
        own = frozenset(self.actions)
        for n, grant in enumerate(self.policy):
            for problem in no_actions(grant.action, own):
                yield problem.under(f"policy[{n}].action")

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
