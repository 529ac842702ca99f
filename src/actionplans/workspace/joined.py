"""What verbs are given by ids that items had before a merge joined them: it is found by these too (M3)."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any

from actionplans.merge.translating import renamed
from actionplans.model import Plan

NAMING = frozenset(
    {"item_id", "task_id", "parent_id", "milestone_id", "stage_id", "objective_id", "predecessor_id", "before"}
)
"""The arguments of verbs that are ids of items."""


def as_joined(
    plan: Plan, seen: Plan, verb: Callable[..., Plan], args: tuple[Any, ...], kwargs: Mapping[str, Any]
) -> tuple[tuple[Any, ...], Mapping[str, Any]]:
    """The arguments with the ids that items have since the merge: where they are ids themselves, and in the items,
    links and offsets that are brought.

    An id that leads to nothing that the actor sees stays as it is, like one that there never was (V7).
    """
    if not plan.joined:
        return args, kwargs
    held, found = ({one.id for one in each.items()} for each in (plan, seen))

    def today(id: str) -> str:
        now = plan.joined.get(id)
        return now if now is not None and now in found and id not in held else id

    def given(name: str, value: Any) -> Any:
        if isinstance(value, str):
            return today(value) if name in NAMING else value
        if name == "item_ids" and isinstance(value, list | tuple | set | frozenset):
            return [today(one) if isinstance(one, str) else one for one in value]
        return renamed(value, today)

    names = list(inspect.signature(verb).parameters)[2:]
    first = tuple(map(given, names, args)) + args[len(names) :]
    return first, {name: given(name, value) for name, value in kwargs.items()}
