"""The rules that a plan must keep, each a function from a plan to the problems it finds.

Verbs check what they touch with the same functions; the whole list runs where a plan comes from outside.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple, Protocol

from actionplans.checks import problems, shown
from actionplans.errors import Invalid, Problem
from actionplans.model.plan import Item, Milestone, Plan, Play, Task, id_wanted
from actionplans.ordering import order

Known = Mapping[str, Mapping[str, Item]]
"""The items of a plan by kind and id."""


class Rule(Protocol):
    """A rule: everything in a plan that breaks it."""

    def __call__(self, plan: Plan) -> Iterator[Problem]:
        """The problems, each with its place."""
        ...


def check(plan: Plan) -> None:
    """Raise `Invalid` with everything in the plan that breaks a rule, each with its place."""
    found = tuple(problem for rule in PLAN_RULES for problem in rule(plan))
    if found:
        raise Invalid("Plan", found)


def sound_items(plan: Plan) -> Iterator[Problem]:
    """Every field of every task holds what it may (tasks check only the essentials when they are made)."""
    for n, task in enumerate(plan.tasks):
        for problem in problems(task):
            yield problem.under(f"tasks[{n}]")


def ids_once(plan: Plan) -> Iterator[Problem]:
    """Every item has an id, no two the same, and none the plan's own."""
    for item_id, times in Counter(item.id for item in plan.items()).items():
        if not item_id:
            yield Problem("items", "an item has no id")
        elif item_id == plan.id:
            yield Problem("items", f"an item has the id of the plan itself, {item_id!r}")
        elif times > 1:
            yield Problem("items", f"{times} items have the id {item_id!r}")


def ids_of(plan: Plan) -> Known:
    """The items of the plan that others may name, by kind and id."""
    return {
        "objective": {one.id: one for one in plan.objectives},
        "milestone": {one.id: one for one in plan.milestones},
        "play": {one.id: one for one in plan.plays},
        "task": {one.id: one for one in plan.tasks},
    }


def known_places(plan: Plan) -> Iterator[Problem]:
    """What an item stands under, and what its dates count from, is in the plan."""
    known = ids_of(plan)
    for item in plan.items():
        yield from places_of(plan, item, known)


def places_of(plan: Plan, item: Item, known: Known) -> Iterator[Problem]:
    """What one item stands under and counts from is there, and of the right kind; `known` is `ids_of(plan)`."""
    place = f"{item.kind} {item.id!r}"
    if isinstance(item, Play | Milestone) and item.objective_id is not None:
        yield from _there(f"{place}.objective_id", item.objective_id, known, "objective")
    if isinstance(item, Task):
        if item.parent_id is not None:
            yield from _there(f"{place}.parent_id", item.parent_id, known, "play", "objective")
        if item.milestone_id is not None:
            yield from _there(f"{place}.milestone_id", item.milestone_id, known, "milestone")
    yield from _anchors_of(plan, item, place, known)


def _there(place: str, item_id: str, known: Known, *kinds: str) -> Iterator[Problem]:
    """That an item of one of these kinds is in the plan; a key or title instead of an id is told as such."""
    if not any(item_id in known[kind] for kind in kinds):
        hint = id_wanted(item_id, (one for kind in kinds for one in known[kind].values()))
        message = f"there is no {' or '.join(kinds)} {item_id!r} in this plan"
        yield Problem(place, f"{message}: {hint}" if hint else message)


def sound_links(plan: Plan) -> Iterator[Problem]:
    """Links name other tasks or milestones of the same plan, each once (P2)."""
    known = ids_of(plan)
    for task in plan.tasks:
        if task.dependencies:
            yield from links_of(task, known)


def links_of(task: Task, known: Known) -> Iterator[Problem]:
    """One task's links: none to itself, none twice, none to what is not in the plan (P2)."""
    seen: set[tuple[str, str]] = set()
    for n, link in enumerate(task.dependencies):
        place = f"task {task.id!r}.dependencies[{n}]"
        if link.predecessor_id == task.id:
            yield Problem(place, "a task cannot wait for itself")
        else:
            yield from _there(place, link.predecessor_id, known, "task", "milestone")
        if (link.predecessor_id, link.kind) in seen:
            yield Problem(place, f"{link.kind} {link.predecessor_id!r} stands here twice")
        seen.add((link.predecessor_id, link.kind))


def no_circles(plan: Plan) -> Iterator[Problem]:
    """Neither dates nor completions go round in a circle (P2, D9); the problem names the path by its titles.

    A milestone that tasks come after is done when its own tasks are (P3), so a task of a milestone cannot come after
    it. Such circles are looked for once the dates have none. A link to the task itself is a problem of its own.
    """
    dates: dict[str, list[str]] = {}
    waits: dict[str, list[str]] = {}
    spans: tuple[Item, ...] = (*plan.objectives, *plan.milestones, *plan.plays)
    for one in spans:
        dates[one.id], waits[one.id] = _counted_from(one), []
    for task in plan.tasks:
        links = [link.predecessor_id for link in task.dependencies if link.predecessor_id != task.id]
        dates[task.id] = _counted_from(task) + links
        waits[task.id] = [one for one in waited_for(task) if one != task.id]
        if task.milestone_id in waits:
            waits[task.milestone_id].append(task.id)
    try:
        order(dates, dates.__getitem__, _titles(plan))
        order(waits, waits.__getitem__, _titles(plan))
    except Invalid as circle:
        for problem in circle.problems:
            yield Problem("dependencies", problem.message)


def _counted_from(item: Item) -> list[str]:
    """The ids of the items that an item's offsets count from."""
    offsets = (getattr(item, name, None) for name in ("offset", "start_offset", "end_offset"))
    return [one.item_id for one in offsets if one is not None and one.item_id]


def _titles(plan: Plan) -> Callable[[str], str]:
    """What people call an item: by its title, cut where it is long, and its id where others have it too."""
    held: dict[str, str] = {}
    times: Counter[str] = Counter()

    def called(item_id: str) -> str:
        if not held:
            held.update((one.id, one.title) for one in plan.items())
            times.update(held.values())
        title = held[item_id]
        short = repr(title if len(title) <= 60 else title[:57] + "...")
        return short if times[title] == 1 else f"{short} ({item_id})"

    return called


def waited_for(task: Task) -> tuple[str, ...]:
    """The ids of a task's FS predecessors; an offset counted from a task makes it one (P1, P3)."""
    if not task.dependencies and task.offset is None and task.start_offset is None:
        return ()
    ids = [link.predecessor_id for link in task.dependencies if link.kind == "FS"]
    for offset in (task.offset, task.start_offset):
        if offset is not None and offset.anchor.startswith("task:"):
            ids.append(offset.item_id)
    return tuple(dict.fromkeys(ids))


def _anchors_of(plan: Plan, item: Item, place: str, known: Known) -> Iterator[Problem]:
    for name in ("offset", "start_offset", "end_offset"):
        offset = getattr(item, name, None)
        if offset is None:
            continue
        if offset.anchor == "own_start":
            if not (item.kind == "task" and name == "offset"):
                yield Problem(f"{place}.{name}.anchor", "own_start is for the due of a task: name another anchor")
            continue
        if offset.item_id:
            yield from _there(f"{place}.{name}.anchor", offset.item_id, known, offset.anchor.partition(":")[0])
        elif offset.anchor not in plan.anchors:
            given = ", ".join(sorted(plan.anchors))
            yield Problem(f"{place}.{name}.anchor", f"the plan has no anchor {shown(offset.anchor)}; it has {given}")


class PlanRules(NamedTuple):
    """The list, in the order in which problems are reported."""

    sound_items: Rule = sound_items
    ids_once: Rule = ids_once
    known_places: Rule = known_places
    sound_links: Rule = sound_links
    no_circles: Rule = no_circles


PLAN_RULES = PlanRules()
