"""Which items of a plan belong to a launch, and which of them can change (T3, T9)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterator, Mapping

from actionplans.errors import Refused
from actionplans.launch.blueprint import Dates
from actionplans.launch.versions import by_key
from actionplans.model import (
    Item,
    Launch,
    Milestone,
    Plan,
    Stage,
    Task,
    Template,
    TemplateItem,
)
from actionplans.schedule.bases import base_of, dates, sources


def launch_of(plan: Plan, play_id: str | None) -> Launch:
    """The launch of the plan itself, or of one of its plays; raises `Refused` where there is none."""
    play = plan.play(play_id) if play_id is not None else None
    launch = plan.launch if play is None else play.launch
    if launch is None:
        what = "this plan" if play is None else f"the play {play.title!r}"
        raise Refused("upgrading", f"{what} was not launched from a template by itself")
    return launch


def items_of(plan: Plan, play_id: str | None, said: Mapping[str, TemplateItem]) -> dict[str, Item]:
    """The items of a launch by key: the first of each key, of the kind that the template has there.

    What a merge brought from the launch of another template is no part of it (M3).
    """
    found: dict[str, Item] = {}
    template_id = launch_of(plan, play_id).template_id
    for item in _launched_items(plan, play_id):
        came_with_it = item.origin is None or item.origin.template_id == template_id
        if came_with_it and item.key in said and said[item.key].kind == item.kind:
            found.setdefault(item.key, item)
    return found


def brought(
    plan: Plan, play_id: str | None, said: Mapping[str, TemplateItem], held: Mapping[str, Item]
) -> dict[str, Item]:
    """By key the items of the new version that are none of those held and came by a merge with a plan of it (M3)."""
    known = {one.id for one in held.values()}
    found = items_of(plan, play_id, said)
    return {key: one for key, one in found.items() if one.origin is not None and one.id not in known}


def said_of(template: Template, play: str | None) -> dict[str, TemplateItem]:
    """What a version says of a launch, by key: all of it, or of an objective's template what belongs to one play."""
    said = by_key(template)
    if play is None or template.kind != "objective":
        return said
    tasks = [task for task in template.tasks if task.parent == play]
    near = {play, *(task.key for task in tasks), *(task.stage for task in tasks), *(task.milestone for task in tasks)}
    near |= {one.key for one in template.objectives}
    links = (link.predecessor_id for task in tasks for link in task.after)
    near |= {one for one in links if said[one].kind == "milestone"}
    return {key: item for key, item in said.items() if key in near}


def _launched_items(plan: Plan, play_id: str | None) -> Iterator[Item]:
    """The items that may be those of a launch: of the plan's all but those of plays run since; of a play its own, its
    tasks, the milestones that these hang on, and what it stands under.
    """
    if play_id is None:
        running = {play.id for play in plan.plays if play.launch is not None}
        for item in plan.items():
            if item.id not in running and getattr(item, "parent_id", None) not in running:
                yield item
        return
    play = plan.play(play_id)
    tasks = [task for task in plan.tasks if task.parent_id == play.id]
    near = {source for task in tasks for source in (*sources(task), task.milestone_id)}
    named = {source for task in plan.tasks for source in (*sources(task), task.milestone_id)}
    yield from plan.stages
    yield from (one for one in plan.objectives if one.id == play.objective_id)
    yield from (one for one in plan.milestones if one.id in near or one.id not in named)
    yield play
    yield from tasks


def moved_out(plan: Plan, play_id: str | None) -> set[str]:
    """The keys of tasks that stand outside of every play with a launch of its own: they were moved there (T9)."""
    if play_id is None:
        return set()
    running = {play.id for play in plan.plays if play.launch is not None}
    return {task.key for task in plan.tasks if task.key and task.parent_id not in running}


def stands(item: Item, reached: Mapping[str, dt.date]) -> Dates:
    """The dates from which others count in an item that does not move; `reached` as for `is_closed`."""
    if isinstance(item, Stage):
        return None, None, None
    start, due = dates(item)
    if isinstance(item, Task) and item.completion is not None:
        start, due = base_of(item)
    if isinstance(item, Milestone):
        start, due = None, base_of(item, reached.get(item.id))[1]
    return start, due, getattr(item, "duration", None)


def is_closed(item: Item, reached: Collection[str]) -> bool:
    """Whether an item is done or over: then nothing of it changes.

    `reached` are the ids of the milestones that their tasks complete (`done_days` of the plan).
    """
    if isinstance(item, Milestone):
        return item.reached_on is not None or item.id in reached
    return isinstance(item, Task) and not item.is_open


def is_fixed(item: Item, reached: Collection[str]) -> bool:
    """Whether an item's dates are its own: done, begun, locked or set by hand; `reached` as for `is_closed`."""
    begun = isinstance(item, Task) and item.status == "in_progress"
    held = getattr(item, "locked", False) or getattr(item, "hand_dated", False)
    return begun or held or is_closed(item, reached)


def is_touched(item: Item) -> bool:
    """Whether somebody has worked on an item, whatever it says."""
    metric = getattr(item, "metric", None)
    return bool(
        getattr(item, "status", "") == "in_progress"
        or getattr(item, "comments", ())
        or getattr(item, "completions", 0)
        or getattr(item, "locked", False)
        or getattr(item, "hand_dated", False)
        or (metric is not None and metric.readings)
    )
