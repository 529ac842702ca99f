"""What dates hang on: the items that have dates, what each counts from, and what others count from in it (D9, P5)."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping

from actionplans.model import Milestone, Objective, Offset, Plan, Play, Task

Timed = Task | Milestone | Play | Objective
"""What has dates in a plan."""

Base = tuple[dt.date | None, dt.date | None]
"""What links and offsets count from in an item: a start and a due."""

NOWHERE: Base = (None, None)

Ends = tuple[tuple[dt.date | None, Offset | None], tuple[dt.date | None, Offset | None]]
"""The start and the due of an item, each with the offset that counts it."""


def timed(plan: Plan) -> Iterable[Timed]:
    """Everything in a plan that has dates."""
    return (*plan.milestones, *plan.objectives, *plan.plays, *plan.tasks)


def ends(item: Timed) -> Ends:
    """The start and the due of an item, each with its offset; of an objective the due is its end."""
    if isinstance(item, Objective):
        return (item.start, item.start_offset), (item.end, item.end_offset)
    if isinstance(item, Milestone):
        return (None, None), (item.due, item.offset)
    return (item.start, item.start_offset), (item.due, item.offset)


def dates(item: Timed) -> Base:
    """The start and the due of an item."""
    (start, _), (due, _) = ends(item)
    return start, due


def sources(item: Timed) -> Iterator[str]:
    """The ids of the items that an item's dates hang on, by links and by offsets."""
    if isinstance(item, Task):
        for link in item.dependencies:
            yield link.predecessor_id
        if item.offset is None and item.start_offset is None:
            return
    for _, offset in ends(item):
        if offset is not None and ":" in offset.anchor:
            yield offset.item_id


def successors(items: Mapping[str, Timed]) -> dict[str, list[str]]:
    """For each id the ids of the items whose dates hang straight on it."""
    found: defaultdict[str, list[str]] = defaultdict(list)
    for one in items.values():
        own = one.id
        if not isinstance(one, Task) or one.offset is not None or one.start_offset is not None:
            for source in sources(one):
                found[source].append(own)
        else:
            for link in one.dependencies:
                found[link.predecessor_id].append(own)
    return found


def links(item: Timed) -> tuple[object, ...]:
    """All that says what an item's dates hang on; two states of it hang on the same when these are equal."""
    (_, start), (_, due) = ends(item)
    return (item.dependencies if isinstance(item, Task) else (), start, due)


def base_of(item: Timed, done_on: dt.date | None = None) -> Base:
    """What others count from in an item (P5): its planned dates, a missing one replaced by the other (P1).

    Once it is done that is its actual completion day; it started then at the latest. A cancelled one gives nothing. Of
    a play or an objective others count from the start only.
    `done_on` is the day a milestone was completed by its tasks.
    """
    if isinstance(item, Task):
        start, due = item.start, item.due
        if item.completion is not None:
            on = item.completion.on
            return (on if start is None or start > on else start), on
        if item.status == "cancelled":
            return NOWHERE
        return (due if start is None else start), (start if due is None else due)
    if isinstance(item, Milestone):
        day = item.reached_on or done_on or item.due
        return day, day
    return item.start, item.start


def fixed(item: Timed, done: Collection[str]) -> bool:
    """Whether an item never moves: done, cancelled, reached or locked (P5); `done` are milestones done by tasks."""
    if isinstance(item, Milestone):
        return item.locked or item.reached_on is not None or item.id in done
    return isinstance(item, Task) and (item.locked or not item.is_open)


def done_days(plan: Plan) -> dict[str, dt.date]:
    """The day on which each milestone was completed whose tasks are all done or cancelled (P3, P5)."""
    last: dict[str, dt.date] = {}
    unfinished: set[str | None] = set()
    for task in plan.tasks if plan.milestones else ():
        if task.milestone_id is not None:
            if task.is_open:
                unfinished.add(task.milestone_id)
            elif task.completion is not None:
                last[task.milestone_id] = max(last.get(task.milestone_id, dt.date.min), task.completion.on)
    return {one: day for one, day in last.items() if one not in unfinished}
