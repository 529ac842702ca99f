"""What plans, objectives, plays and tasks are launched from (T1 to T14)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Annotated, ClassVar

from attrs import frozen

from actionplans.checks import EMPTY, FrozenMap, Text, Value
from actionplans.errors import Problem
from actionplans.model.dates import Dependency, Offset
from actionplans.model.words import (
    Comparison,
    Count,
    CustomValue,
    Duration,
    Id,
    ItemKind,
    Key,
    Line,
    LinkPolicy,
    NewId,
    Prose,
    TemplateKind,
    TemplateState,
    Title,
    Weight,
    Word,
)
from actionplans.model.work import CompletionEmail, Metric, Reminder

AssigneeRule = Annotated[
    str,
    Text(
        300,
        filled=True,
        pattern=r"applier|account_owner|partner|primary_contact|any_contact|(role|person|team|email):.+",
        form="applier, account_owner, role:NAME, partner, primary_contact, any_contact, person:ID, team:ID "
        "or email:ADDRESS",
    ),
]
"""Who gets a task (T5). Several are tried in order: the later ones are fallbacks."""


@frozen
class Condition(Value):
    """One comparison that must hold at launch for the item to be taken (T10); several must all hold.

    `field` is `account.type`, `account.kind`, `account.name`, `account.custom.NAME` and the like.
    """

    field: Annotated[
        str,
        Text(
            200,
            filled=True,
            pattern=r"account\.(custom\.)?[A-Za-z0-9_]+",
            form="a field like account.type or account.custom.size",
        ),
    ]
    comparison: Comparison
    value: CustomValue


@frozen
class TemplateStage(Value):
    """A stage that the launched plan gets, unless the settings have one of the same id."""

    kind: ClassVar[ItemKind] = "stage"

    key: Key
    title: Title
    description: Prose = ""
    fixed: bool = False


@frozen
class TemplateObjective(Value):
    """An objective of the template."""

    kind: ClassVar[ItemKind] = "objective"

    key: Key
    title: Title
    description: Prose = ""
    status: Word = ""
    category: Word = ""
    start: Offset | None = None
    end: Offset | None = None
    owner: tuple[AssigneeRule, ...] = ()
    weight: Weight | None = None
    metric: Metric | None = None
    shared: bool = False
    fixed: bool = False
    custom: FrozenMap[Word, CustomValue] = EMPTY
    conditions: tuple[Condition, ...] = ()


@frozen
class TemplateMilestone(Value):
    """A milestone of the template."""

    kind: ClassVar[ItemKind] = "milestone"

    key: Key
    title: Title
    description: Prose = ""
    objective: Key = ""
    due: Offset | None = None
    shared: bool = False
    fixed: bool = False
    conditions: tuple[Condition, ...] = ()


@frozen
class TemplatePlay(Value):
    """A play of the template."""

    kind: ClassVar[ItemKind] = "play"

    key: Key
    title: Title
    description: Prose = ""
    objective: Key = ""
    start: Offset | None = None
    due: Offset | None = None
    owner: tuple[AssigneeRule, ...] = ()
    weight: Weight | None = None
    shared: bool = False
    fixed: bool = False
    custom: FrozenMap[Word, CustomValue] = EMPTY
    conditions: tuple[Condition, ...] = ()


@frozen
class TemplateTask(Value):
    """A task of the template: `start`, `due` are offsets, `after` its links by key, `parent` a play or objective."""

    kind: ClassVar[ItemKind] = "task"

    key: Key
    title: Title
    description: Prose = ""
    type: Word = "task"
    parent: Key = ""
    milestone: Key = ""
    stage: Key = ""
    start: Offset | None = None
    due: Offset | None = None
    duration: Duration | None = None
    after: tuple[Dependency, ...] = ()
    owner: tuple[AssigneeRule, ...] = ()
    helpers: tuple[AssigneeRule, ...] = ()
    priority: Word = "normal"
    category: Word = ""
    calendar: Line = ""
    required: bool = True
    weight: Weight | None = None
    reminder: Reminder | None = None
    completion_email: CompletionEmail | None = None
    metric: Metric | None = None
    tags: tuple[Word, ...] = ()
    shared: bool = False
    fixed: bool = False
    custom: FrozenMap[Word, CustomValue] = EMPTY
    conditions: tuple[Condition, ...] = ()

    def problems(self) -> Iterator[Problem]:
        """Any two of start, due and duration give the third; all three would say it twice (D8)."""
        if self.start is not None and self.due is not None and self.duration is not None:
            yield Problem("duration", "give two of start, due and duration: the third follows from them")
        if self.start is not None and self.start.anchor == "own_start":
            yield Problem("start.anchor", "a start cannot count from itself")
        if self.due is not None and self.due.anchor == "own_start" and self.start is None:
            yield Problem("due.anchor", "own_start needs a start")


TemplateItem = TemplateStage | TemplateObjective | TemplateMilestone | TemplatePlay | TemplateTask


@frozen
class Template(Value):
    """What is launched. Published versions never change; revising opens the next one for editing (T1).

    `version` is the number it is, or will be, published as. `anchors` are the named dates a launch must give besides
    `start`. `collection` is the library it stands in (T14). `revision` numbers the record's changes (S2).
    """

    id: Id
    title: Title
    version: Count = 1
    state: TemplateState = "editing"
    kind: TemplateKind = "plan"
    description: Prose = ""
    collection: Word = ""
    section: Word = ""
    category: Word = ""
    calendar: Line = ""
    link_policy: LinkPolicy | None = None
    anchors: tuple[Word, ...] = ()
    shared: bool = False
    stages: tuple[TemplateStage, ...] = ()
    objectives: tuple[TemplateObjective, ...] = ()
    milestones: tuple[TemplateMilestone, ...] = ()
    plays: tuple[TemplatePlay, ...] = ()
    tasks: tuple[TemplateTask, ...] = ()
    published_at: dt.datetime | None = None
    created_by: NewId = ""
    revision: Count = 0

    def items(self) -> Iterator[TemplateItem]:
        """Everything that stands in it: stages, objectives, milestones, plays, tasks."""
        return _items(self)


@frozen(kw_only=True)
class Override(Value):
    """What a draft says otherwise than its template for one item; None leaves it as it is (T4).

    `start` and `due` are dates set by hand, an objective's `due` its end. The other fields are the item's own, for the
    kinds of items that have them.
    """

    title: Title | None = None
    description: Prose | None = None
    start: dt.date | None = None
    due: dt.date | None = None
    owner_id: Id | None = None
    type: Word | None = None
    category: Word | None = None
    priority: Word | None = None
    duration: Duration | None = None
    weight: Weight | None = None
    reminder: Reminder | None = None
    completion_email: CompletionEmail | None = None
    metric: Metric | None = None
    tags: tuple[Word, ...] | None = None
    shared: bool | None = None
    custom: FrozenMap[Word, CustomValue] | None = None


@frozen
class Added(Value):
    """Items of somebody's own that a draft adds to its template's, each with a key of the draft (T4, R4)."""

    stages: tuple[TemplateStage, ...] = ()
    objectives: tuple[TemplateObjective, ...] = ()
    milestones: tuple[TemplateMilestone, ...] = ()
    plays: tuple[TemplatePlay, ...] = ()
    tasks: tuple[TemplateTask, ...] = ()

    def items(self) -> Iterator[TemplateItem]:
        """All of them: stages, objectives, milestones, plays, tasks."""
        return _items(self)


def _items(of: Template | Added) -> Iterator[TemplateItem]:
    yield from of.stages
    yield from of.objectives
    yield from of.milestones
    yield from of.plays
    yield from of.tasks


@frozen(kw_only=True)
class Choices(Value):
    """What is chosen in a launch wizard (T4).

    `anchors` are the dates given, `dropped` the keys left out, `overrides` what was changed, by key, `added` the items
    of one's own. `custom` are the plan's custom fields.
    """

    anchors: FrozenMap[Word, dt.date]
    title: Title
    section: Word = ""
    stage_id: Id | None = None
    owner_id: Id | None = None
    dropped: frozenset[Key] = frozenset()
    overrides: FrozenMap[Key, Override] = EMPTY
    added: Added = Added()
    custom: FrozenMap[Word, CustomValue] = EMPTY


@frozen(kw_only=True)
class Draft(Choices):
    """What a launch wizard edits (T4): nothing is stored until it is launched.

    `template` travels with the draft, so that what the wizard showed is what is launched. `past` are the choices before
    each step, oldest first, to go back to.

    With a `plan_id` it is launched into that running plan, which keeps its own title and section: a play or task under
    `parent_id`, if that is given. With `joins` a play goes under the plan's open objective with the key of the one that
    it brings, where there is one (T13). `job` and `row` are the bulk launch's (T11).
    """

    template: Template
    account_id: Id
    plan_id: Id | None = None
    parent_id: Id | None = None
    joins: bool = False
    job: NewId = ""
    row: NewId = ""
    past: tuple[Choices, ...] = ()

    def problems(self) -> Iterator[Problem]:
        """Where something goes in a running plan is said only with that plan (T13)."""
        for name in ("parent_id", "joins") if self.plan_id is None else ():
            if getattr(self, name):
                yield Problem(name, "goes with a running plan: give its plan_id, or leave it out")


@frozen
class Row(Value):
    """One row of a bulk launch (T11): an account, the day to start from, and what a draft says of it otherwise.

    `key` is the caller's own name for the row; a job launches a key once. An account or a start that is left out is
    told when the row is launched, so that a file may be launched as it is. Without a title the plan has the template's,
    without an owner the account's.
    """

    key: NewId = ""
    account_id: NewId = ""
    start: dt.date | None = None
    overrides: FrozenMap[Key, Override] = EMPTY
    anchors: FrozenMap[Word, dt.date] = EMPTY
    dropped: frozenset[Key] = frozenset()
    title: Annotated[str, Text(500)] = ""
    owner_id: Id | None = None
    stage_id: Id | None = None
    custom: FrozenMap[Word, CustomValue] = EMPTY
