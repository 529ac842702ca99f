"""What the halves of a joined item are made of: which fields go together, which are lists to be united (M4)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Hashable, Mapping
from typing import Any

import attrs

from actionplans.model import Dependency, Item, Metric, Milestone, Reading, Task

ALONE: Mapping[str, tuple[str, ...]] = {
    "stage": ("title", "description"),
    "objective": ("title", "description", "category", "owner_id", "weight"),
    "milestone": ("title", "description", "locked", "objective_id"),
    "play": ("title", "description", "objective_id", "owner_id", "weight"),
    "task": (
        *("title", "description", "type", "priority", "category", "calendar", "locked", "required", "weight"),
        *("reminder", "completion_email", "parent_id", "milestone_id", "stage_id"),
    ),
}
"""By kind the fields that are compared one by one."""

TOGETHER: Mapping[str, tuple[tuple[str, ...], ...]] = {
    "stage": (),
    "objective": (("status", "was"),),
    "milestone": (("reached_on", "shifts"),),
    "play": (),
    "task": (("owner_id", "owner_rule", "owner_by_hand"),),
}
"""By kind the fields that come from one side together: they are compared by the first of them."""

ENDS: Mapping[str, tuple[tuple[str, str], ...]] = {
    "stage": (),
    "objective": (("start", "start_offset"), ("end", "end_offset")),
    "milestone": (("due", "offset"),),
    "play": (("start", "start_offset"), ("due", "offset")),
    "task": (("start", "start_offset"), ("due", "offset")),
}
"""By kind the dates, each with the offset that counts it."""

RELATIONS = ("parent_id", "objective_id", "milestone_id", "stage_id")
"""The fields of items that name another item of the plan."""

OFFSETS = ("start_offset", "offset", "end_offset")
"""The fields of items that may count from another item or from an anchor."""

WORDS = frozenset({"title", "description"})
"""The fields that a fixed item keeps (R4)."""

WHOLE: Mapping[str, tuple[tuple[str, ...], ...]] = {
    "stage": (),
    "objective": (("start", "end", "start_offset", "end_offset", "hand_dated"), ("status", "was")),
    "milestone": (("due", "offset", "original_due", "hand_dated"), ("reached_on", "shifts")),
    "play": (("start", "due", "start_offset", "offset", "hand_dated"),),
    "task": (
        ("start", "due", "duration", "start_offset", "offset", "original_due", "hand_dated"),
        ("status", "status_name", "completion", "completions", "was"),
        ("owner_id", "owner_rule", "owner_by_hand"),
    ),
}
"""By kind the fields that are taken back together or, once one of them was edited, not at all (M8)."""

MARKS = ("shared", "withheld")
"""The fields that say whether customers see an item (M6)."""


def blank(value: Any) -> bool:
    """Whether a field says nothing: None, no text, an empty list; no and nought say something."""
    return value is None or isinstance(value, str | tuple | Mapping) and not value


def _of_link(link: Dependency) -> Hashable:
    return link.predecessor_id, link.kind


KEYS: Mapping[str, Callable[[Any], Hashable]] = {
    "helpers": lambda one: one,
    "tags": lambda one: one,
    "comments": lambda one: one.id,
    "dependencies": _of_link,
}
"""The lists of a task that are united, each with what tells its members apart."""


def reading_key(reading: Reading) -> dt.datetime:
    """A moment has one reading (L7)."""
    return reading.at


def definition(metric: Metric | None) -> Metric | None:
    """A metric without its readings: what is compared of two."""
    return attrs.evolve(metric, readings=()) if metric is not None and metric.readings else metric


def is_done(item: Item) -> bool:
    """Whether a task is done or a milestone marked reached: that wins over what is not (M4)."""
    if isinstance(item, Milestone):
        return item.reached_on is not None
    return isinstance(item, Task) and item.status == "done"
