"""Which fields a verb changes, and which may be changed; the words themselves are `actionplans.vocabularies`."""

from __future__ import annotations

from collections.abc import Mapping, Set
from typing import Any

import attrs

from actionplans.checks import EMPTY, FrozenMap, advice, as_held, field_problems, shown
from actionplans.errors import Invalid, Problem
from actionplans.model import Item, Plan


def touched(before: Item, after: Item) -> tuple[str, ...]:
    """The fields in which two states of an item differ."""
    names = (one.name for one in attrs.fields(type(before)))
    return tuple(name for name in names if getattr(before, name) != getattr(after, name))


_MOVE, _DONE = "edit.move", "edit.complete and edit.reopen"
_COMMENT = "edit.comment and edit.delete_comment"
_ADD = "edit.add, edit.update, edit.move and edit.delete"

ITEM_VERBS: Mapping[str, str] = {
    "status": "edit.start, edit.complete, edit.reopen and edit.cancel",
    **dict.fromkeys(("completion", "completions", "reached_on", "was"), _DONE),
    **dict.fromkeys(("owner_id", "owner_by_hand", "helpers"), "edit.assign"),
    **dict.fromkeys(("parent_id", "milestone_id", "stage_id", "objective_id"), _MOVE),
    "dependencies": "edit.link and edit.unlink",
    "shared": "edit.share",
    "comments": _COMMENT,
}
"""What changes the fields of an item that have verbs of their own."""

PLAN_VERBS: Mapping[str, str] = {
    "status": "edit.complete_plan, edit.cancel_plan and edit.reopen_plan",
    "completed_at": "edit.complete_plan and edit.reopen_plan",
    **dict.fromkeys(("paused_on", "was"), "edit.pause_plan and edit.resume_plan"),
    "anchors": "edit.set_anchor",
    "archived": "edit.archive_plan",
    "shared": "edit.share_plan",
    "comments": _COMMENT,
    **dict.fromkeys(("stages", "objectives", "milestones", "plays", "tasks"), _ADD),
}
"""What changes the fields of a plan that have verbs of their own."""

ALSO_CALLED: Mapping[str, tuple[str, ...]] = {
    **dict.fromkeys(("done", "completed", "complete", "finished"), ("completion", "reached_on", "completed_at")),
    **dict.fromkeys(("owner", "assignee", "assigned_to"), ("owner_id",)),
    **dict.fromkeys(("parent", "play", "play_id"), ("parent_id",)),
    "objective": ("objective_id", "parent_id"),
    "milestone": ("milestone_id",),
    "stage": ("stage_id",),
    **dict.fromkeys(("start", "kickoff", "go_live", "end", "due"), ("anchors",)),
    **dict.fromkeys(("after", "predecessors", "depends_on"), ("dependencies",)),
}
"""What people call a field that has another name here."""


def not_editable(value: Item | Plan, name: str, known: Set[str]) -> Problem:
    """That `update` takes no such field, and what does: its own verb, or the field that is meant."""
    verbs = PLAN_VERBS if isinstance(value, Plan) else ITEM_VERBS
    for field in ALSO_CALLED.get(name, (name,)):
        if field in verbs and hasattr(value, field):
            return Problem(name, f"has verbs of its own: use {verbs[field]}")
        if field in known:
            return Problem(name, f"there is no such field: is it {field}?")
    if any(one.name == name for one in attrs.fields(type(value))):
        return Problem(name, f"is not changed by hand; these fields are: {', '.join(sorted(known))}")
    return Problem(name, f"there is no such field: {advice(name, known)}")


def editable(value: Item | Plan, known: Set[str], fields: Mapping[str, Any], what: str) -> dict[str, Any]:
    """The fields to change, `custom` being those held with the given ones changed; None clears one.

    Raises `Invalid` naming every field that is not among the `known`, or whose value it cannot hold.
    """
    found = [not_editable(value, one, known) for one in sorted(fields.keys() - known)]
    given = as_held(type(value), {name: one for name, one in fields.items() if name in known})
    if "custom" in given:
        if isinstance(given["custom"], Mapping):
            merged = {**getattr(value, "custom", EMPTY), **given["custom"]}
            given["custom"] = FrozenMap({name: one for name, one in merged.items() if one is not None})
        else:
            wrong = shown(given.pop("custom"))
            found.append(Problem("custom", f"a mapping from field to value is wanted, not {wrong}"))
    found += field_problems(type(value), given)
    if found:
        raise Invalid(what, tuple(found))
    return given
