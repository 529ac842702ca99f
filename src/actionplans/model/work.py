"""What work leaves on items: notes, readings, completions, launches, and where an item came from."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

from attrs import frozen

from actionplans.checks import EMPTY, FrozenMap, Value
from actionplans.model.words import Comparison, Count, Duration, Id, Key, NewId, Prose, TaskStatus, Word


@frozen
class Origin(Value):
    """Where an item came from before it stood in this plan: its account, plan and template (M3)."""

    account_id: Id
    plan_id: Id
    template_id: NewId = ""


@frozen
class Comment(Value):
    """A note on a task or plan; an internal one is never seen by contacts (V5)."""

    id: Id
    author_id: Id
    at: dt.datetime
    text: Prose
    internal: bool = True


@frozen
class Reading(Value):
    """A metric's value at a moment."""

    at: dt.datetime
    value: Decimal
    by: Id


@frozen
class Metric(Value):
    """A number that is tracked on a task or objective; met when the last reading compares with the target (L7)."""

    target: Decimal
    comparison: Comparison = ">="
    unit: Word = ""
    start: Decimal | None = None
    readings: tuple[Reading, ...] = ()


@frozen
class Reminder(Value):
    """When to remind the owner: so many days before the due date, at a time of the owner's day."""

    days_before: Duration | None = None
    at: dt.time = dt.time(9)


@frozen
class CompletionEmail(Value):
    """The message that completing the task sends to the account or the chosen contact (N2)."""

    template_id: Id
    contact_id: Id | None = None


@frozen
class Shift(Value):
    """Dates of one item that completing another one moved, so that reopening can take it back (P7).

    `start`, `due` and `duration` are those before, `to_start` and `to_due` those it got; `first` says that it had never
    had a due date (D12), `begun` that it was in progress. Of an objective the due is its end.
    """

    item_id: Id
    start: dt.date | None
    due: dt.date | None
    to_start: dt.date | None
    to_due: dt.date | None
    duration: Duration | None = None
    first: bool = False
    begun: bool = False


@frozen
class Completion(Value):
    """That a task was done: the `number`-th time (L2), at which moment and day of the plan's zone, by whom.

    `before` is the status it goes back to when it is reopened (P7); `override` that it was done while waiting (P4).
    `shifts` are the dates that completing it moved.
    """

    number: Count
    at: dt.datetime
    on: dt.date
    by: Id
    before: TaskStatus = "open"
    override: bool = False
    shifts: tuple[Shift, ...] = ()


@frozen
class Launch(Value):
    """What a launch leaves: template and version, when and by whom, the anchors and choices it was given (T3).

    `dropped` are the keys that were left out, by choice or by a condition, `job` and `row` the bulk launch's (T11).
    """

    template_id: Id
    version: Count
    at: dt.datetime
    by: Id
    anchors: FrozenMap[Word, dt.date] = EMPTY
    dropped: frozenset[Key] = frozenset()
    job: NewId = ""
    row: NewId = ""
