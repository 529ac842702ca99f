"""Carrying a play with its tasks from one plan of an account to another (T13)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, TypeVar

import attrs
from attrs import frozen

from actionplans.edit.context import Context, changeable, refuse, sound, stage_problems, too_many, wrong
from actionplans.edit.objectives import ruled
from actionplans.edit.removal import without
from actionplans.edit.tasks import settled
from actionplans.errors import Invalid, NotFound, Problem
from actionplans.model import Offset, Plan, Play, Stage, Task
from actionplans.schedule.bases import ends, timed

S = TypeVar("S", Play, Task)


@frozen
class Carried:
    """Two plans after a play went from one to the other; `lost` is what its tasks let go of, in words."""

    source: Plan
    target: Plan
    lost: tuple[tuple[str, str], ...] = ()


def carry(source: Plan, target: Plan, context: Context, play_id: str, objective_id: str | None) -> Carried:
    """A play and its tasks out of one plan and into another of the same account, under an objective there or none.

    They keep their ids and dates, their work and their launch. What they hung on in the old plan they let go of: links
    to other tasks, milestones, named dates that the new plan does not have on the same day; and what hung on them lets
    go of them. Custom stages come along. Raises `Refused` for a play that is complete, and for plans that take no
    change; `Invalid` for what the new plan does not allow.
    """
    changeable(source, "carrying a play")
    changeable(target, "carrying a play")
    if source.account_id != target.account_id:
        refuse("carrying a play", "the other plan is of another account: launch the play there")
    play = next((one for one in source.plays if one.id == play_id), None)
    if play is None:
        raise NotFound("play", play_id)
    if not is_active(source, play):
        refuse("carrying a play", f"{play.title!r} is complete: only active plays are linked")
    if objective_id is not None and all(one.id != objective_id for one in target.objectives):
        wrong("carrying a play", "objective_id", f"there is no objective {objective_id!r} in that plan")
    tasks = tuple(task for task in source.tasks if task.parent_id == play.id)
    hand = _Carrying(source, target, frozenset({play.id, *(task.id for task in tasks)}), play.launch is not None)
    moved = tuple(hand.task(task) for task in tasks)
    after = attrs.evolve(
        target,
        stages=(*target.stages, *hand.stages()),
        plays=(*target.plays, attrs.evolve(hand.item(play), objective_id=objective_id)),
        tasks=(*target.tasks, *moved),
    )
    found = [*too_many(after, context.settings), *_there_already(hand.ids, target)]
    if found:
        raise Invalid("carrying a play", tuple(found))
    for task in moved:
        found += stage_problems(after, context.settings, task)
    after = sound(after, after.plays[-1:] + moved, links=True, found=found)
    left = without(source, hand.ids)
    left, after = settled(left, {task.id for task in left.tasks}), settled(after, {one.id for one in moved})
    return Carried(ruled(source, left, context), ruled(target, after, context), tuple(hand.lost()))


def _there_already(ids: frozenset[str], target: Plan) -> Iterator[Problem]:
    """What stands in the other plan under its id already."""
    for one in target.items():
        if one.id in ids:
            yield Problem(f"{one.kind} {one.id!r}", "stands in that plan already: delete it in one of the two")


def is_active(plan: Plan, play: Play) -> bool:
    """Whether a play is active: it has open tasks, or none at all yet (T7, T13)."""
    tasks = [task for task in plan.tasks if task.parent_id == play.id]
    return not tasks or any(task.is_open for task in tasks)


class _Carrying:
    """What goes over, and what it lets go of."""

    def __init__(self, source: Plan, target: Plan, ids: frozenset[str], launched: bool) -> None:
        self.source, self.target, self.ids, self.launched = source, target, ids, launched
        self.own = {one.id: one for one in source.stages}
        self.there = {one.key: one.id for one in target.stages if one.key}
        self.came = frozenset(one.id for one in target.stages)

    def task(self, task: Task) -> Task:
        """A task as it stands in the other plan."""
        links = tuple(one for one in task.dependencies if one.predecessor_id in self.ids)
        stage = self.own.get(task.stage_id or "")
        stage_id = self.there.get(stage.key, stage.id) if stage is not None else task.stage_id
        return attrs.evolve(self.item(task), milestone_id=None, dependencies=links, stage_id=stage_id)

    def item(self, item: S) -> S:
        """With those offsets that count there too, and its key where it brings the launch that the key belongs to."""
        fields: dict[str, Any] = {"offset": self._kept(item.offset), "start_offset": self._kept(item.start_offset)}
        if not self.launched:
            fields["key"] = ""
        return attrs.evolve(item, **fields)

    def stages(self) -> Iterator[Stage]:
        """The custom stages that come along."""
        named = {task.stage_id for task in self.source.tasks if task.id in self.ids}
        new = (one for one in self.source.stages if one.id in named and one.key not in self.there)
        return (one for one in new if one.id not in self.came)

    def lost(self) -> Iterator[tuple[str, str]]:
        """By the id of an item, what it lets go of."""
        for task in self.source.tasks:
            if task.id in self.ids:
                gone = sum(one.predecessor_id not in self.ids for one in task.dependencies)
                if gone:
                    yield task.id, f"lost {gone} link{'s' * (gone != 1)} to what stays in the other plan"
                if task.milestone_id is not None:
                    yield task.id, "lost its milestone, which stays in the other plan"
            elif any(one.predecessor_id in self.ids for one in task.dependencies):
                yield task.id, "lost its links to what went to the other plan"
        for item in timed(self.source):
            for _, offset in ends(item):
                if offset is not None and self._let_go(item.id, offset):
                    yield item.id, f"keeps its dates, and no longer follows {offset.anchor.partition(':')[0]}"

    def _let_go(self, item_id: str, offset: Offset) -> bool:
        """Whether an offset no longer counts, of what goes or of what stays behind."""
        return self._kept(offset) is None if item_id in self.ids else offset.item_id in self.ids

    def _kept(self, offset: Offset | None) -> Offset | None:
        if offset is None or offset.anchor == "own_start":
            return offset
        if offset.item_id:
            return offset if offset.item_id in self.ids else None
        same = self.target.anchors.get(offset.anchor) == self.source.anchors.get(offset.anchor)
        return offset if same else None
