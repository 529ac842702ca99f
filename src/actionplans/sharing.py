"""Who sees what: the one function that turns a plan into what a person may see (V1).

Exports, tables, lists, pages and messages take a `View` and nothing else.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping

from attrs import frozen

from actionplans.checks import EMPTY, FrozenMap, Value
from actionplans.model import Account, Item, Milestone, Move, Objective, Plan, Play, Task, Warn
from actionplans.model.words import Id, Line, Name, TaskStatus, Word
from actionplans.schedule import Moved
from actionplans.settings import CustomField, Section, Settings


@frozen
class View(Value):
    """What one viewer may see of one plan, on one day.

    `plan` and `account` hold only what the viewer may see. `names` gives the names of the persons and teams in it,
    `stages` the titles of the stages by id, `status_names` the statuses that the host's own words stand for, `fields`
    the custom fields the viewer may see. `warnings` is what the command that gave this view did not refuse but the user
    should know, `moves` what else moved, each with its reason (P6). Made by `view()` only.
    """

    viewer_id: Id
    plan: Plan
    account: Account
    section: Section
    today: dt.date
    names: FrozenMap[Id, Name] = EMPTY
    stages: FrozenMap[Id, Line] = EMPTY
    status_names: FrozenMap[Word, TaskStatus] = EMPTY
    fields: tuple[CustomField, ...] = ()
    warnings: tuple[Warn, ...] = ()
    moves: tuple[Move, ...] = ()

    @property
    def id(self) -> str:
        """The plan's id."""
        return self.plan.id

    @property
    def tasks(self) -> tuple[Task, ...]:
        """The tasks seen, in plan order."""
        return self.plan.tasks

    def task(self, id_or_key: str) -> Task:
        """The task of that id or template key; raises `NotFound`, also for a hidden one (V7)."""
        return self.plan.task(id_or_key)

    def objective(self, id_or_key: str) -> Objective:
        """The objective of that id or template key; raises `NotFound`, also for a hidden one (V7)."""
        return self.plan.objective(id_or_key)

    def milestone(self, id_or_key: str) -> Milestone:
        """The milestone of that id or template key; raises `NotFound`, also for a hidden one (V7)."""
        return self.plan.milestone(id_or_key)

    def play(self, id_or_key: str) -> Play:
        """The play of that id or template key; raises `NotFound`, also for a hidden one (V7)."""
        return self.plan.play(id_or_key)

    def item(self, item_id: str) -> Item:
        """The item of that id; raises `NotFound`, also for a hidden one (V7)."""
        return self.plan.item(item_id)

    def name(self, owner_id: str | None) -> str:
        """The name of a person or team for display; the id where no name is known, empty for nobody."""
        return self.names.get(owner_id, owner_id) if owner_id else ""

    def status(self, task: Task) -> str:
        """The task's status for display: the host's own word where it stands for that status today, else ours (L1).

        A word outlives what it said: a task set `blocked` while it waited may be done by now.
        """
        fits = self.status_names.get(task.status_name) == task.status
        return task.status_name if fits else task.status


def view(
    plan: Plan,
    account: Account,
    settings: Settings,
    *,
    viewer_id: str,
    may_see: bool,
    today: dt.date,
    names: Mapping[str, str] = EMPTY,
) -> View | None:
    """What the viewer may see of the plan: for now all of it, or None where they may not see the plan (V1).

    `may_see` is the answer of `permissions.decide` for `plan.see`. The caller turns None into the `NotFound` that an
    unknown id gives (V7).
    """
    if not may_see:
        return None
    stages = {one.id: one.title for one in (*settings.stages, *plan.stages)}
    return View(
        viewer_id,
        plan,
        account,
        settings.section(plan.section),
        today,
        FrozenMap(names),
        FrozenMap(stages),
        FrozenMap({one.key: one.means for one in settings.task_statuses}),
        settings.custom_fields,
    )


def moves_seen(view: View, moves: Iterable[Moved]) -> tuple[Move, ...]:
    """What moved of what the viewer may see, with reasons that name nothing else (D10, V2)."""
    titles = {one.id: one.title for one in view.plan.items()}
    return tuple(
        Move(
            one.item_id,
            one.old_start,
            one.old_due,
            one.start,
            one.due,
            one.reason.cause,
            one.sentence(titles),
        )
        for one in moves
        if one.item_id in titles
    )
