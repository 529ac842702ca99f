"""Which items of two plans are the same (M3)."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Callable, Hashable, Iterable, Mapping

from actionplans.accounts import name_key
from actionplans.journal import COLLECTIONS
from actionplans.model import Item, Plan, Play, Task

Key = Callable[[Item], Hashable | None]
"""What an item is told apart by; None for one that is like no other."""


def pairs(target: Plan, source: Plan, *, titles: bool = False) -> dict[str, str]:
    """The target's item for each item of the source that is the same, by their ids.

    The same are two of one kind from the same key of the same template, in the same stage. They pair one to one, in
    plan order. With `titles` also two of those left over that have the same title, as names are compared (A1).
    """
    found: dict[str, str] = {}
    ours, theirs = Templates(target), Templates(source)
    for name in COLLECTIONS:
        here, there = getattr(target, name), getattr(source, name)
        _pair(here, there, ours.key, lambda item: theirs.key(item, found), found)
        if titles:
            taken = set(found.values())
            left = [one for one in here if one.id not in taken]
            rest = [one for one in there if one.id not in found]
            _pair(left, rest, _title, lambda item: _title(item, found), found)
    return found


class Templates:
    """From which template each item of one plan came."""

    def __init__(self, plan: Plan) -> None:
        """Read off the plan once."""
        self._own = plan.launch.template_id if plan.launch is not None else ""
        self._plays = {one.id: one.launch.template_id for one in plan.plays if one.launch is not None}

    def of(self, item: Item) -> str:
        """The template an item was launched from: its play's, else the plan's; what a merge brought says it itself."""
        if item.origin is not None:
            return item.origin.template_id
        if isinstance(item, Play) and item.launch is not None:
            return item.launch.template_id
        return self._plays.get(item.parent_id or "", self._own) if isinstance(item, Task) else self._own

    def key(self, item: Item, stages: Mapping[str, str] | None = None) -> Hashable | None:
        """What two items are the same by; None for a custom one. `stages` are the target's, by the source's id."""
        if not item.key:
            return None
        return self.of(item), item.key, _stage(item, stages)


def _title(item: Item, stages: Mapping[str, str] | None = None) -> Hashable:
    return name_key(item.title), _stage(item, stages)


def _stage(item: Item, stages: Mapping[str, str] | None) -> str | None:
    stage_id = item.stage_id if isinstance(item, Task) else None
    return stages.get(stage_id, stage_id) if stages and stage_id is not None else stage_id


def _pair(here: Iterable[Item], there: Iterable[Item], ours: Key, theirs: Key, found: dict[str, str]) -> None:
    waiting: defaultdict[Hashable, deque[str]] = defaultdict(deque)
    for item in here:
        key = ours(item)
        if key is not None:
            waiting[key].append(item.id)
    for item in there:
        key = theirs(item)
        if key is not None and waiting.get(key):
            found[item.id] = waiting[key].popleft()
