"""What an administrator decides: one versioned value (L4, L6, L8, R2, R5, D6).

Settings
├── sections, stages, objective statuses, task statuses, categories, priorities, types   vocabularies
├── custom_fields                                                                        R5
├── policy                                                                               grants and prohibitions, R1, R2
├── calendars, calendar, time_zone                                                       D1, D6, D7
├── link_policy, merge rules, reassignment, sharing                                      P5, M1, T6, V6
└── limits
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal

from attrs import Factory, frozen

from actionplans.checks import EMPTY, FrozenMap, Value, Whole
from actionplans.errors import NotFound, Problem
from actionplans.model.dates import WorkCalendar
from actionplans.model.people import TimeZone
from actionplans.model.plan import Stage
from actionplans.model.words import Count, CustomValue, Id, Line, LinkPolicy, Name, Prose, Scope, TaskStatus, Word

Profile = Literal["none", "plays", "ancestors"]
Depth = Annotated[int, Whole(1, 3)]


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


@frozen
class Grant(Value):
    """That a role may do an action within a scope (R2); with `allow` false it may not, whatever else says (R1).

    `action` is like `task.complete`; `task.*`, `*.see` and `*` take several.
    """

    role: Word
    action: Word
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


def shipped_policy() -> tuple[Grant, ...]:
    """The roles of R2 as they ship: an administrator may do everything, everybody else what the role's name says."""
    grants = [Grant("administrator", "*")]
    items = ("stage", "objective", "milestone", "play", "task", "plan")
    for item in items:
        for verb in ITEM_VERBS:
            grants.append(Grant("manager", f"{item}.{verb}", "all"))
            grants.append(Grant("member", f"{item}.{verb}", "account"))
            grants.append(Grant("member", f"{item}.{verb}", "own"))
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


@frozen
class Settings(Value):
    """Everything an administrator decides. A store has one; without one these defaults hold."""

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
    calendars: tuple[WorkCalendar, ...] = Factory(lambda: (WorkCalendar(),))
    calendar: Line = "default"
    time_zone: TimeZone = "UTC"
    link_policy: LinkPolicy = "push"
    merge_rules: tuple[Word, ...] = ("same_name_prefix",)
    reassignment: Literal["none", "open_unless_manual", "all_open"] = "open_unless_manual"
    double_launch: Literal["warn", "refuse"] = "warn"
    contacts_see_each_other: bool = False
    labels: FrozenMap[Word, Name] = EMPTY
    limits: Limits = Factory(Limits)
    revision: Count = 0

    def problems(self) -> Iterator[Problem]:
        """Every key once, and the calendar in use is there."""
        for name in ("sections", "stages", "objective_statuses", "task_statuses", "custom_fields", "calendars"):
            seen: set[str] = set()
            for n, one in enumerate(getattr(self, name)):
                key = one.id if name == "stages" else one.name if name in ("custom_fields", "calendars") else one.key
                key = f"{one.of}.{key}" if name == "custom_fields" else key
                if key in seen:
                    yield Problem(f"{name}[{n}]", f"{key!r} stands here twice")
                seen.add(key)
        known = {one.name for one in self.calendars}
        for part in self.calendar.split("&"):
            if part.strip() not in known:
                yield Problem(
                    "calendar", f"there is no calendar {part.strip()!r}; there are {', '.join(sorted(known))}"
                )

    def section(self, key: str) -> Section:
        """The section of that key; the plain one for a plan without; raises `NotFound`."""
        if not key:
            return Section("none", "No section", depth=1)
        for one in self.sections:
            if one.key == key:
                return one
        raise NotFound("section", key)

    def stage(self, stage_id: str) -> Stage | None:
        """The library's stage of that id, or None."""
        return next((one for one in self.stages if one.id == stage_id), None)

    def defaults(self, of: str) -> dict[str, CustomValue]:
        """What the custom fields of one kind of item hold where nothing was given (R5)."""
        return {one.name: one.default for one in self.custom_fields if one.of == of and one.default is not None}
