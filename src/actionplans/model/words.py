"""The closed lists of words that RULES names, and the plain types that most fields are made of."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Annotated, Literal, get_args

from actionplans.checks import Text, Whole

Id = Annotated[str, Text(200, filled=True)]
"""The id of a record or item: made by the library (UUIDv7 text) or the host's own."""

NewId = Annotated[str, Text(200)]
"""The id of an item that may still be new: empty until the verb that adds it gives it one."""

Word = Annotated[str, Text(100)]
"""A word from one of the administrator's vocabularies, or empty."""

Key = Annotated[
    str,
    Text(
        100,
        pattern=r"[A-Za-z0-9][A-Za-z0-9_.-]*",
        form="letters, digits, '_', '.' and '-' after a first letter or digit",
    ),
]
"""A stable name inside a template (T2); empty where there is none."""

Title = Annotated[str, Text(500, filled=True)]
Name = Annotated[str, Text(500, filled=True)]
Line = Annotated[str, Text(1000)]
Prose = Annotated[str, Text(100_000)]
"""Plain text in a small Markdown (L11)."""

Count = Annotated[int, Whole(0, 2**53)]
Days = Annotated[int, Whole(-36_500, 36_500)]
"""How many days, weeks or months an offset or lag counts (D11)."""
Duration = Annotated[int, Whole(1, 36_500)]
"""How many working days a task takes, both ends included (D8)."""
IsoWeekday = Annotated[int, Whole(1, 7)]
Weight = Annotated[int, Whole(1, 1_000_000)]

CustomValue = (
    Annotated[str, Text(100_000)]
    | bool
    | Annotated[int, Whole(-(2**53), 2**53)]
    | Decimal
    | dt.date
    | tuple[Annotated[str, Text(1000)], ...]
)
"""What a custom field holds (R5): text, yes/no, number, money, date, several of."""

Unit = Literal["days", "working_days", "weeks", "months"]
Roll = Literal["none", "next", "previous", "modified_next", "modified_previous"]
RollAnchor = Literal["none", "next", "previous", "refuse"]
LinkKind = Literal["FS", "SS", "FF", "SF"]
LagUnit = Literal["days", "working_days"]
LinkPolicy = Literal["hold", "push", "keep", "asap"]
PlanStatus = Literal["draft", "active", "paused", "completed", "cancelled", "merged"]
TaskStatus = Literal["waiting", "open", "in_progress", "done", "cancelled"]
PersonKind = Literal["user", "contact", "partner"]
TemplateState = Literal["editing", "published", "retired"]
TemplateKind = Literal["plan", "play", "objective", "task", "stage_library"]
Comparison = Literal["==", "!=", "<", "<=", ">", ">=", "in"]
ItemKind = Literal["stage", "objective", "milestone", "play", "task"]
Scope = Literal["all", "team", "account", "own", "assigned"]

TASK_STATUSES: frozenset[str] = frozenset(get_args(TaskStatus))
"""Every status that a task can have."""

CLOSED: frozenset[str] = frozenset({"done", "cancelled"})
"""The statuses of a task that is no longer open (L14)."""

ANY_CONTACT = "any_contact"
"""The owner of a task that any contact of the account may do (V6)."""

TEAM = "team:"
"""What an owner starts with when it is a team: `team:ID`."""


def plainly_id(value: object) -> bool:
    """Whether it is one of the ids that most are, in ASCII; an `Id` may be another text too."""
    return (
        type(value) is str and 0 < len(value) <= 200 and value.isascii() and "\0" not in value and not value.isspace()
    )


def with_article(noun: str) -> str:
    """A noun as messages say it: `a task`, `an objective`."""
    return f"{'an' if noun[:1] in 'aeiou' else 'a'} {noun}"


def counted(count: int, noun: str) -> str:
    """So many of a noun as messages say it: `1 task`, `2 tasks`."""
    return f"{count} {noun}{'s' if count != 1 else ''}"
