"""What the items of a plan say in a template's terms: the way back from a plan to what it could be launched from.

Saving as a template (T8) reads a plan so: ids as keys, dates as the offsets they were counted by. What launching works
out (dates, owners, statuses) is not said, nor is the stage, which may be of the library.
"""

from __future__ import annotations

from collections.abc import Mapping

import attrs
from attrs import frozen

from actionplans.launch.blueprint import Dated
from actionplans.model import (
    ANY_CONTACT,
    TEAM,
    Account,
    Dependency,
    Metric,
    Milestone,
    Objective,
    Offset,
    Play,
    Task,
    TemplateMilestone,
    TemplateObjective,
    TemplatePlay,
    TemplateTask,
)
from actionplans.schedule.bases import Timed


@frozen
class Saying:
    """How the items of a plan are named: `keys` by id. `root` is the id of the play whose start is the `start`."""

    keys: Mapping[str, str]
    root: str = ""

    def item(self, item: Timed) -> Dated:
        """The item as a template would say it."""
        match item:
            case Task():
                return self.task(item)
            case Play():
                return self.play(item)
            case Milestone():
                return self.milestone(item)
            case Objective():
                return self.objective(item)

    def objective(self, item: Objective) -> TemplateObjective:
        """An objective; its status is life, not what a template says."""
        return TemplateObjective(
            self.keys[item.id],
            item.title,
            item.description,
            category=item.category,
            start=self.offset(item.start_offset),
            end=self.offset(item.end_offset),
            weight=item.weight,
            metric=bare(item.metric),
            shared=item.shared,
            fixed=item.fixed,
            custom=item.custom,
        )

    def milestone(self, item: Milestone) -> TemplateMilestone:
        """A milestone."""
        return TemplateMilestone(
            self.keys[item.id],
            item.title,
            item.description,
            self.key(item.objective_id),
            self.offset(item.offset),
            item.shared,
            item.fixed,
        )

    def play(self, item: Play) -> TemplatePlay:
        """A play."""
        return TemplatePlay(
            self.keys[item.id],
            item.title,
            item.description,
            self.key(item.objective_id),
            self.offset(item.start_offset),
            self.offset(item.offset),
            weight=item.weight,
            shared=item.shared,
            fixed=item.fixed,
            custom=item.custom,
        )

    def task(self, item: Task) -> TemplateTask:
        """A task: of start, due and duration those that the others follow from."""
        start, due = self.offset(item.start_offset), self.offset(item.offset)
        if start is None and due is not None and due.anchor == "own_start":
            due = None  # a template cannot say how long after a start that it does not say
        return TemplateTask(
            self.keys[item.id],
            item.title,
            item.description,
            item.type,
            self.key(item.parent_id),
            self.key(item.milestone_id),
            "",
            start,
            due,
            None if start is not None and due is not None else item.duration,
            self.links(item),
            (),
            (),
            item.priority,
            item.category,
            item.calendar,
            item.required,
            item.weight,
            item.reminder,
            item.completion_email,
            bare(item.metric),
            item.tags,
            item.shared,
            item.fixed,
            item.custom,
        )

    def key(self, item_id: str | None) -> str:
        """The key of what an item stands under, empty where that has none here."""
        return self.keys.get(item_id or "", "")

    def offset(self, offset: Offset | None) -> Offset | None:
        """An offset with a key in the place of an id, None where what it counts from has none here."""
        if offset is None or not offset.item_id:
            return offset
        if offset.item_id == self.root:
            return attrs.evolve(offset, anchor="start")
        key = self.keys.get(offset.item_id)
        return attrs.evolve(offset, anchor=f"{offset.anchor.partition(':')[0]}:{key}") if key else None

    def links(self, task: Task) -> tuple[Dependency, ...]:
        """A task's links to what has a key here."""
        return tuple(
            attrs.evolve(link, predecessor_id=self.keys[link.predecessor_id])
            for link in task.dependencies
            if link.predecessor_id in self.keys
        )


def bare(metric: Metric | None) -> Metric | None:
    """A metric without what was read since."""
    return attrs.evolve(metric, readings=()) if metric is not None and metric.readings else metric


def rules_for(owner_id: str | None, account: Account, applier_id: str = "") -> tuple[str, ...]:
    """The rules that give this owner: by what they are to that account where it is known, else by name (T8)."""
    if owner_id is None:
        return ()
    if owner_id == ANY_CONTACT or owner_id.startswith(TEAM):
        return (owner_id,)
    if owner_id == account.owner_id:
        return ("account_owner",)
    if owner_id == account.primary_contact_id:
        return ("primary_contact",)
    roles = sorted(role for role, person in account.roles.items() if person == owner_id)
    if roles:
        return (f"role:{roles[0]}",)
    return ("applier",) if owner_id == applier_id else (f"person:{owner_id}",)
