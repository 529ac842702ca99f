"""A plan and what stands in it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from typing import ClassVar, TypeVar, final

from attrs import field, frozen

from actionplans.checks import EMPTY, FrozenMap, Value, advice, frozen_map, plain_text, settle_fields
from actionplans.errors import NotFound, Problem
from actionplans.making import quickly_made
from actionplans.model.dates import Dependency, Offset
from actionplans.model.people import TimeZone
from actionplans.model.words import (
    CLOSED,
    TASK_STATUSES,
    Count,
    CustomValue,
    Duration,
    Id,
    ItemKind,
    Key,
    Line,
    LinkPolicy,
    NewId,
    PlanStatus,
    Prose,
    TaskStatus,
    Title,
    Weight,
    Word,
)
from actionplans.model.work import Comment, Completion, CompletionEmail, Launch, Metric, Origin, Reminder, Shift


@frozen
class Stage(Value):
    """Where the account stands; in a plan it groups tasks. The library's are in the settings, custom ones in plans."""

    kind: ClassVar[ItemKind] = "stage"

    id: NewId
    title: Title
    description: Prose = ""
    key: Key = ""
    fixed: bool = False
    origin: Origin | None = None


@frozen
class Objective(Value):
    """Why: what the customer wants to reach. Its status never follows progress by itself, unless a rule of the settings
    is switched on (L6); `was` is then the status before the rule. `hand_dated` says that its dates were set by hand,
    here as on a milestone and a play. `withheld` says, as on a task, that a merge hides it from customers until
    somebody shares it (M6).
    """

    kind: ClassVar[ItemKind] = "objective"

    id: NewId
    title: Title
    description: Prose = ""
    status: Word = ""
    category: Word = ""
    start: dt.date | None = None
    end: dt.date | None = None
    owner_id: Id | None = None
    weight: Weight | None = None
    metric: Metric | None = None
    shared: bool = False
    custom: FrozenMap[Word, CustomValue] = EMPTY
    key: Key = ""
    fixed: bool = False
    origin: Origin | None = None
    start_offset: Offset | None = None
    end_offset: Offset | None = None
    created_by: Id | None = None
    hand_dated: bool = False
    was: Word | None = None
    withheld: bool = False

    def problems(self) -> Iterator[Problem]:
        """It does not end before it starts."""
        yield from _in_order("end", self.start, self.end)


@frozen
class Milestone(Value):
    """A point or grouping on the way, an anchor for dates (D9).

    `reached_on` marks one without tasks (P3), `shifts` are the dates that reaching it moved (P7).
    """

    kind: ClassVar[ItemKind] = "milestone"

    id: NewId
    title: Title
    description: Prose = ""
    due: dt.date | None = None
    original_due: dt.date | None = None
    objective_id: Id | None = None
    offset: Offset | None = None
    locked: bool = False
    reached_on: dt.date | None = None
    shifts: tuple[Shift, ...] = ()
    shared: bool = False
    key: Key = ""
    fixed: bool = False
    origin: Origin | None = None
    created_by: Id | None = None
    hand_dated: bool = False


@frozen
class Play(Value):
    """A set of tasks launched together, under an objective or straight under the plan."""

    kind: ClassVar[ItemKind] = "play"

    id: NewId
    title: Title
    description: Prose = ""
    objective_id: Id | None = None
    owner_id: Id | None = None
    start: dt.date | None = None
    due: dt.date | None = None
    launch: Launch | None = None
    shared: bool = False
    weight: Weight | None = None
    custom: FrozenMap[Word, CustomValue] = EMPTY
    key: Key = ""
    fixed: bool = False
    origin: Origin | None = None
    start_offset: Offset | None = None
    offset: Offset | None = None
    created_by: Id | None = None
    hand_dated: bool = False

    def problems(self) -> Iterator[Problem]:
        """It is not due before it starts."""
        yield from _in_order("due", self.start, self.due)


@final
@quickly_made
@frozen(weakref_slot=False)
class Task:
    """How: one thing to do.

    `owner_id` is a person, `team:ID` or `any_contact`; `owner_rule` the rules the owner came from, tried in order,
    and `owner_by_hand` that somebody chose otherwise since. `parent_id` is the play or objective it stands under.
    `start`, `due` and `duration` (working days) agree (D8); `original_due` is the first due date it got (D12).
    `hand_dated` says that the dates were set by hand, `locked` that nothing moves them (P5). `was` is the status that
    a cancelled task goes back to. `key` is the item's key in the template it was launched from, empty for a custom
    task; `fixed` items keep their title and description (R4). `type` is the host's word for the kind of task.

    There may be very many, so a task checks on being made only what would break a list of tasks; `checks.verify`
    does the rest wherever one comes from outside.
    """

    kind: ClassVar[ItemKind] = "task"

    id: NewId = ""
    title: Title = ""
    status: TaskStatus = "open"
    owner_id: Id | None = None
    start: dt.date | None = None
    due: dt.date | None = None
    original_due: dt.date | None = None
    type: Word = "task"
    parent_id: Id | None = None
    milestone_id: Id | None = None
    stage_id: Id | None = None
    dependencies: tuple[Dependency, ...] = ()
    description: Prose = ""
    priority: Word = "normal"
    category: Word = ""
    status_name: Word = ""
    duration: Duration | None = None
    offset: Offset | None = None
    start_offset: Offset | None = None
    calendar: Line = ""
    locked: bool = False
    hand_dated: bool = False
    helpers: tuple[Id, ...] = ()
    owner_rule: tuple[Line, ...] = ()
    owner_by_hand: bool = False
    required: bool = True
    weight: Weight | None = None
    reminder: Reminder | None = None
    completion_email: CompletionEmail | None = None
    metric: Metric | None = None
    comments: tuple[Comment, ...] = ()
    tags: tuple[Word, ...] = ()
    shared: bool = False
    custom: FrozenMap[Word, CustomValue] = EMPTY
    key: Key = ""
    fixed: bool = False
    origin: Origin | None = None
    completion: Completion | None = None
    completions: Count = 0
    was: TaskStatus | None = None
    created_by: Id | None = None
    withheld: bool = False

    def __attrs_post_init__(self) -> None:
        """The compact check; on any doubt the full one names every problem."""
        title = self.title
        try:
            if (
                type(title) is str
                and 0 < len(title) <= 500
                and not title.isspace()
                and plain_text(title)
                and self.status in TASK_STATUSES
                and type(self.dependencies) is tuple
                and type(self.helpers) is tuple
                and type(self.tags) is tuple
                and type(self.owner_rule) is tuple
                and type(self.comments) is tuple
                and type(self.custom) is FrozenMap
                and (self.due is None or type(self.due) is dt.date)
                and (self.start is None or type(self.start) is dt.date and (self.due is None or self.start <= self.due))
            ):
                return
        except TypeError:  # a status that has no hash: named below
            pass
        settle_fields(self)

    def problems(self) -> Iterator[Problem]:
        """A title; a done task, and only that, has a completion; dates in order."""
        if isinstance(self.title, str) and not self.title.strip():
            yield Problem("title", "must not be blank")
        if (self.status == "done") != (self.completion is not None):
            yield Problem("completion", "a done task has one, and only a done one")
        yield from _in_order("due", self.start, self.due)

    @property
    def is_open(self) -> bool:
        """Neither done nor cancelled (L14); a waiting task is open."""
        return self.status not in CLOSED

    @property
    def variance(self) -> int | None:
        """Days between the first due date and the present one (D12); None without both."""
        if self.due is None or self.original_due is None:
            return None
        return (self.due - self.original_due).days


Item = Stage | Objective | Milestone | Play | Task
"""What stands in a plan."""

I = TypeVar("I", Objective, Milestone, Play, Task)  # noqa: E741


@frozen
class Plan(Value):
    """One action plan of one account: a frozen tree, changed only by verbs that return a new one.

    `anchors` are its named dates, `start` always among them (D9). `link_policy` says what links do when dates move
    (P5). `section` is the administrator's grouping, `stage_id` where the account stands. `shared` is the plan's own
    *show customer* mark (V3). `paused_on` is the day a pause began (P8), `was` the status that a paused or closed plan
    goes back to where that is not active, `merged_into` the plan that took this one over (M2). `joined` has the items
    of merged plans that are one with an item of this one: its id by theirs (M3). `revision` numbers its changes (S2)
    and `changed_at` is the moment of the last one.
    """

    id: Id
    account_id: Id
    title: Title
    anchors: FrozenMap[Word, dt.date] = field(converter=frozen_map)
    description: Prose = ""
    section: Word = ""
    stage_id: Id | None = None
    status: PlanStatus = "active"
    archived: bool = False
    owner_id: Id | None = None
    time_zone: TimeZone = ""
    calendar: Line = ""
    link_policy: LinkPolicy = "push"
    stages: tuple[Stage, ...] = ()
    objectives: tuple[Objective, ...] = ()
    milestones: tuple[Milestone, ...] = ()
    plays: tuple[Play, ...] = ()
    tasks: tuple[Task, ...] = ()
    launch: Launch | None = None
    shared: bool = False
    category: Word = ""
    tags: tuple[Word, ...] = ()
    comments: tuple[Comment, ...] = ()
    custom: FrozenMap[Word, CustomValue] = field(default=EMPTY, converter=frozen_map)
    paused_on: dt.date | None = None
    was: PlanStatus | None = None
    merged_into: Id | None = None
    joined: FrozenMap[Id, Id] = EMPTY
    completed_at: dt.datetime | None = None
    created_by: Id | None = None
    created_at: dt.datetime | None = None
    changed_at: dt.datetime | None = None
    revision: Count = 0

    def problems(self) -> Iterator[Problem]:
        """`start` is there and `merged_into` goes with its status."""
        if "start" not in self.anchors:
            yield Problem("anchors", "a plan has an anchor called start")
        if (self.status == "merged") != (self.merged_into is not None):
            yield Problem("merged_into", "a merged plan points to its target, and only a merged one")

    @property
    def start(self) -> dt.date:
        """The date of the anchor `start`."""
        return self.anchors["start"]

    def items(self) -> Iterator[Item]:
        """Everything that stands in the plan: stages, objectives, milestones, plays, tasks, each in plan order."""
        yield from self.stages
        yield from self.objectives
        yield from self.milestones
        yield from self.plays
        yield from self.tasks

    def item(self, item_id: str) -> Item:
        """The item of that id, or the one that it was joined with (M3); raises `NotFound`."""
        for wanted in self._ids(item_id):
            for one in self.items():
                if one.id == wanted:
                    return one
        raise NotFound("item", item_id, id_wanted(item_id, self.items()))

    def task(self, id_or_key: str) -> Task:
        """The task of that id or, failing that, the first with that template key; raises `NotFound`."""
        return _by_id_or_key(self.tasks, "task", id_or_key, self._ids(id_or_key))

    def objective(self, id_or_key: str) -> Objective:
        """The objective of that id or, failing that, the first with that template key; raises `NotFound`."""
        return _by_id_or_key(self.objectives, "objective", id_or_key, self._ids(id_or_key))

    def milestone(self, id_or_key: str) -> Milestone:
        """The milestone of that id or, failing that, the first with that template key; raises `NotFound`."""
        return _by_id_or_key(self.milestones, "milestone", id_or_key, self._ids(id_or_key))

    def play(self, id_or_key: str) -> Play:
        """The play of that id or, failing that, the first with that template key; raises `NotFound`."""
        return _by_id_or_key(self.plays, "play", id_or_key, self._ids(id_or_key))

    def under(self, item_id: str) -> tuple[Task, ...]:
        """The tasks under an objective (through its plays too), a play, a milestone or a stage, in plan order.

        What was joined is found by the source's id too, as by `item` (M3).
        """
        asked = self._ids(item_id)
        parents = {*asked} | {play.id for play in self.plays if play.objective_id in asked}
        points = {*asked} | {one.id for one in self.milestones if one.objective_id in asked}
        return tuple(
            task
            for task in self.tasks
            if task.parent_id in parents or task.milestone_id in points or task.stage_id in asked
        )

    def _ids(self, asked: str) -> tuple[str, ...]:
        """The id that is asked for, and the one that an item of it has since a merge (M3)."""
        known = self.joined.get(asked) if self.joined and isinstance(asked, str) else None
        return (asked,) if known is None else (asked, known)


def id_wanted(asked: object, items: Iterable[Item]) -> str:
    """What to say to somebody who gave a key or a title where the id of one of these items is wanted; else empty."""
    known = tuple(items)
    for said in ("key", "title"):
        meant = [one for one in known if _alike(getattr(one, said), asked)]
        if meant:
            one, several = meant[0], f", one of {len(meant)}" if len(meant) > 1 else ""
            text = f"ids are wanted; the {one.kind} with the {said} {getattr(one, said)!r} is {one.id!r}{several}"
            alone = sum((other.kind, other.key) == (one.kind, one.key) for other in known) == 1
            return f"{text}: use plan.{one.kind}({one.key!r}).id" if one.key and alone and one.kind != "stage" else text
    return ""


def _by_id_or_key(items: tuple[I, ...], kind: str, id_or_key: str, ids: tuple[str, ...]) -> I:
    """An empty key is nobody's: custom items have none (T3)."""
    if id_or_key:
        for attribute, wanted in (*(("id", one) for one in ids), ("key", id_or_key)):
            for one in items:
                if getattr(one, attribute) == wanted:
                    return one
    raise NotFound(kind, id_or_key, _meant(items, kind, id_or_key))


def _meant(items: Iterable[Item], kind: str, asked: object) -> str:
    """Which item somebody may mean who gave neither an id nor a key: by its title, or by a key that is near."""
    for one in items:
        if _alike(one.title, asked):
            return f"an id or key is wanted; {one.title!r} is the title of {one.key or one.id!r}"
    keys = {one.key for one in items if one.key}
    return f"{advice(asked, keys)} ({kind}s by their keys)" if keys else ""


def _alike(text: str, asked: object) -> bool:
    return isinstance(asked, str) and bool(text) and text.casefold() == asked.casefold()


def _in_order(name: str, first: dt.date | None, last: dt.date | None) -> Iterator[Problem]:
    if first is not None and last is not None and last < first:
        yield Problem(name, f"{last} is before the start, {first}")
