"""What an administrator's words and fields are made of (L1, L4, L6, L8, R2, R5, T14)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from decimal import Decimal
from typing import Annotated, Literal

from attrs import field, frozen

from actionplans.checks import Text, Value, Whole, frozen_set, shown
from actionplans.errors import Problem
from actionplans.model.words import Count, CustomValue, Id, Name, Prose, Scope, TaskStatus, Word

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
class ObjectiveRule(Value):
    """When progress changes the status of an objective by itself; none does that as shipped (L6).

    `done`: all tasks under it are finished, at least one of them done, and its metric is met where it has one.
    `overdue`: its end is past and it is not done.
    """

    when: Literal["done", "overdue"]
    status: Word


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
        """There is something to choose from, and the default is what the field may hold."""
        if self.type in ("one_of", "several_of") and not self.choices:
            yield Problem("choices", f"{self.type} needs some: give the words to choose from")
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
    """How much is too much.

    A plan is behind where at least `behind_percent` of its open tasks are overdue, and stuck where nothing of it has
    changed for `stuck_days` (L9).
    """

    tasks_per_plan: Count = 10_000
    search_characters: Count = 4
    comments_per_item: Count = 1000
    readings_per_metric: Count = 1000
    behind_percent: Annotated[int, Whole(0, 100)] = 25
    stuck_days: Count = 30
