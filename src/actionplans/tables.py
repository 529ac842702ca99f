"""Views as rows and columns: what spreadsheets and data frames are made of (X1).

Everything here takes a `View` and nothing else (V1), reads the views once, as a stream, and never holds more than
one of them.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import Any, Literal

from attrs import frozen

from actionplans import progress
from actionplans.checks import Value, named
from actionplans.errors import Invalid, Problem
from actionplans.model import Metric, Plan, Task
from actionplans.model.words import ANY_CONTACT
from actionplans.settings import CustomField
from actionplans.sharing import View

Cell = str | bool | int | Decimal | dt.date | None
"""What one cell of a table holds; None is an empty one."""

Row = tuple[Cell, ...]
Kind = Literal["text", "date", "number", "flag"]


@frozen
class Column(Value):
    """One column: `name` is for programs and stays, `title` is for people, `width` is in characters.

    `kind` is what its cells hold as a rule. A hidden column is there for coming back (X2), not for reading.
    """

    name: str
    title: str
    width: int
    kind: Kind = "text"
    hidden: bool = False


@frozen
class Table:
    """Columns, and rows that are made while they are read: once, in order."""

    columns: tuple[Column, ...]
    rows: Iterator[Row]


SUMMARY_COLUMNS: tuple[Column, ...] = (
    Column("account", "Account", 28),
    Column("plan", "Plan", 36),
    Column("section", "Section", 20),
    Column("stage", "Stage", 16),
    Column("owner", "Owner", 24),
    Column("status", "Status", 12),
    Column("start", "Start", 12, "date"),
    Column("open", "Open", 8, "number"),
    Column("done", "Done", 8, "number"),
    Column("total", "Total", 8, "number"),
    Column("progress", "Progress %", 12, "number"),
    Column("overdue", "Overdue", 10, "number"),
)
"""The columns of `summary_table`."""

_BEFORE_FIELDS = (
    Column("account", "Account", 28),
    Column("website", "Website", 24),
    Column("section", "Section", 20),
    Column("stage", "Stage", 16),
    Column("objective", "Objective", 28),
    Column("milestone", "Milestone", 24),
    Column("play", "Play", 24),
    Column("kind", "Kind", 10),
    Column("title", "Title", 40),
    Column("description", "Description", 48),
    Column("status", "Status", 13),
    Column("start", "Start", 12, "date"),
    Column("due", "Due", 12, "date"),
    Column("done", "Done", 12, "date"),
    Column("owners", "Owners", 28),
    Column("metric", "Metric", 24),
    Column("priority", "Priority", 10),
    Column("category", "Category", 16),
)
_AFTER_FIELDS = (
    Column("plan_id", "Plan id", 38, hidden=True),
    Column("task_id", "Task id", 38, hidden=True),
    Column("plan_revision", "Plan revision", 14, "number", hidden=True),
)
_KINDS: dict[str, Kind] = {"number": "number", "money": "number", "date": "date", "yes_no": "flag"}


def task_table(views: Iterable[View]) -> Table:
    """One row per task, in plan order, plan after plan (X1).

    The custom fields are those that the first view shows; all views are those of one viewer. Raises `Invalid` where
    something is not a `View` or shows a field that the first one does not: at once for the first, else when the rows
    come to it.
    """
    fields, stream = opened(views)
    return Table(task_columns(fields), (row for view in stream for row in task_rows(view, fields)))


def summary_table(views: Iterable[View]) -> Table:
    """One row per plan: who, where it stands, and its counts, progress (L5) and overdue tasks (D12)."""
    return Table(SUMMARY_COLUMNS, (summary_row(view) for view in opened(views)[1]))


def opened(views: Iterable[View]) -> tuple[tuple[CustomField, ...], Iterator[View]]:
    """The custom fields of tasks that the first view shows, and all the views, each checked to be one (V1)."""
    stream = _checked(views)
    first = next(stream, None)
    if first is None:
        return (), stream
    return fields_of(first), _again(first, stream)


def fields_of(view: View) -> tuple[CustomField, ...]:
    """The custom fields of tasks that the viewer may see (R5)."""
    return tuple(one for one in view.fields if one.of == "task")


def task_columns(fields: Iterable[CustomField] = ()) -> tuple[Column, ...]:
    """The columns of `task_table` with these custom fields between the last visible and the first hidden one."""
    custom = (Column(f"custom.{one.name}", one.title, 20, _KINDS.get(one.type, "text")) for one in fields)
    return (*_BEFORE_FIELDS, *custom, *_AFTER_FIELDS)


def task_rows(view: View, fields: tuple[CustomField, ...]) -> Iterator[Row]:
    """The rows of one plan's tasks, with the cells of these custom fields."""
    known = {one.name for one in fields}
    more = [one.name for one in fields_of(view) if one.name not in known]
    if more:
        message = f"shows the custom fields {', '.join(more)}, the first view does not: export them apart"
        raise Invalid("tables", (Problem(f"the view of plan {view.id!r}", message),))
    plan, account = view.plan, view.account
    head = (account.name, account.website or None, _section(view))
    places = _Places(plan)
    for task in plan.tasks:
        completion = task.completion
        yield (
            *head,
            _stage(view, task.stage_id),
            *places.of(task),
            task.type,
            task.title,
            task.description or None,
            view.status(task),
            task.start,
            task.due,
            completion.on if completion else None,
            "; ".join(_owners(view, task)) or None,
            metric_text(task.metric) if task.metric else None,
            task.priority or None,
            task.category or None,
            *[_custom(view, one, task.custom.get(one.name)) for one in fields],
            plan.id,
            task.id,
            plan.revision,
        )


def summary_row(view: View) -> Row:
    """The row of one plan."""
    plan = view.plan
    count = progress.counts(plan, view.today)
    share = progress.of_plan(plan, view.section)
    return (
        view.account.name,
        plan.title,
        _section(view),
        _stage(view, plan.stage_id),
        view.name(plan.owner_id) or None,
        plan.status,
        plan.start,
        count.open,
        count.done,
        count.total,
        progress.percent(share, anything_open=count.open > 0),
        count.overdue,
    )


def owners(view: View) -> set[str]:
    """The names of all who own a task of the plan or help with one."""
    return {name for task in view.tasks for name in _owners(view, task)}


def metric_text(metric: Metric) -> str:
    """A metric in words: `target >= 100 logins; last 80` (L7)."""
    text = f"target {metric.comparison} {metric.target:f} {metric.unit}".rstrip()
    return f"{text}; last {metric.readings[-1].value:f}" if metric.readings else text


class _Places:
    """Where the tasks of one plan stand: the titles of objective, milestone and play."""

    def __init__(self, plan: Plan) -> None:
        self._objectives = {one.id: one.title for one in plan.objectives}
        self._milestones = {one.id: one for one in plan.milestones}
        self._plays = {one.id: one for one in plan.plays}

    def of(self, task: Task) -> tuple[str | None, str | None, str | None]:
        """The objective is the task's own, else its play's, else its milestone's; one not seen is not named (V4)."""
        parent = task.parent_id or ""
        play = self._plays.get(parent)
        milestone = self._milestones.get(task.milestone_id or "")
        if play is not None:
            parent = play.objective_id or ""
        objective = self._objectives.get(parent)
        if objective is None and milestone is not None:
            objective = self._objectives.get(milestone.objective_id or "")
        return objective, milestone.title if milestone else None, play.title if play else None


def _checked(views: Iterable[View]) -> Iterator[View]:
    if isinstance(views, View):
        raise Invalid("tables", (Problem("views", "several views are wanted: pass a list, even of one"),))
    if not isinstance(views, Iterable):
        raise _not_a_view("views", views)
    for n, view in enumerate(views):
        if not isinstance(view, View):
            raise _not_a_view(f"views[{n}]", view)
        yield view


def _not_a_view(place: str, thing: object) -> Invalid:
    message = f"a View is wanted, not {named(type(thing))}: make a view first, with sharing.view"
    return Invalid("tables", (Problem(place, message),))


def _again(first: View, rest: Iterator[View]) -> Iterator[View]:
    yield first
    yield from rest


def _section(view: View) -> str | None:
    return view.section.title if view.plan.section else None


def _stage(view: View, stage_id: str | None) -> str | None:
    return view.stages.get(stage_id) if stage_id else None


def _owners(view: View, task: Task) -> list[str]:
    return [_name(view, one) for one in (task.owner_id, *task.helpers) if one]


def _name(view: View, person_id: str) -> str:
    return view.names.get(person_id, "any contact") if person_id == ANY_CONTACT else view.name(person_id)


def _custom(view: View, field: CustomField, value: Any) -> Cell:
    if field.type == "person" and isinstance(value, str):
        return view.name(value) or None
    if isinstance(value, tuple):
        value = "; ".join(value)
    return None if value == "" else value
