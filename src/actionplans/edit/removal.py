"""Deleting with impact and confirmation, and restoring (L3, L10)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Set
from typing import Any, TypeVar

import attrs

from actionplans.checks import field_problems, shown
from actionplans.edit.context import (
    COLLECTION,
    Context,
    changeable,
    refuse,
    replaced,
    sound,
    stage_problems,
    too_many,
    verb,
    wrong,
)
from actionplans.edit.tasks import settled, successors
from actionplans.errors import Invalid, NotFound, Refused, Unconfirmed
from actionplans.journal import Edit
from actionplans.model import Impact, Item, Plan, Play, Stage, Task
from actionplans.model.words import counted
from actionplans.vocabularies import wants_stages

I = TypeVar("I", bound=Item)  # noqa: E741

PLACES = ("objective_id", "parent_id", "milestone_id", "stage_id")
"""The fields of items that name another item."""

OFFSETS = ("offset", "start_offset", "end_offset")
"""The fields of items that may count from another item."""


def impact(plan: Plan, item_id: str) -> Impact:
    """What deleting the item would do: show it, and pass it to `delete` as `confirmed` (L3)."""
    item = plan.item(item_id)
    deleted: list[Item] = [item]
    kept: list[Item] = []
    if isinstance(item, Play):
        for task in plan.tasks:
            if task.parent_id == item.id:
                (deleted if task.is_open else kept).append(task)
    gone = {one.id for one in deleted}
    unlinked = [one.id for one in plan.items() if one.id not in gone and not gone.isdisjoint(_pointed(one))]
    return Impact(item.id, item.title, tuple(one.id for one in deleted), tuple(one.id for one in kept), tuple(unlinked))


@verb("delete")
def delete(plan: Plan, context: Context, item_id: str, *, confirmed: Impact | None = None) -> Plan:
    """The plan without the item; `confirmed` is the impact that was shown (L3).

    Without it, or where the impact has changed since, raises `Unconfirmed` with the present one. An objective lets go
    of its plays and tasks, a play takes its open tasks along and leaves the others where the play stood, a task takes
    only itself; successors lose the dependency and keep their dates.
    """
    changeable(plan, "deleting")
    now = impact(plan, item_id)
    if confirmed != now:
        others = counted(len(now.deleted) - 1, "task")
        again = "this has changed since it was shown: " if isinstance(confirmed, Impact) else ""
        raise Unconfirmed(
            "deleting",
            f"{now.title!r} goes, with {others} under it; {len(now.kept)} stay and {len(now.unlinked)} lose a "
            f"link: {again}show it, then pass confirmed=error.impact, the impact in this error (edit.impact gives the "
            "same); True is not enough",
            now,
        )
    item = plan.item(item_id)
    if (
        isinstance(item, Stage)
        and any(task.stage_id == item.id for task in plan.tasks)
        and wants_stages(plan.section, context.settings)
    ):
        refuse("deleting", f"the section wants a stage for every task: move the tasks out of {item.title!r} first")
    gone = frozenset(now.deleted)
    after = without(plan, gone, item.objective_id if isinstance(item, Play) else None)
    return settled(after, {task.id for task in successors(plan, gone)})


def without(plan: Plan, gone: Set[str], heir: str | None = None) -> Plan:
    """The plan without these items and without what pointed to them; tasks of a play go to its `heir`."""
    fields: dict[str, Any] = {}
    for name in COLLECTION.values():
        held = getattr(plan, name)
        left = tuple(_without(one, gone, heir) for one in held if one.id not in gone)
        if left != held:
            fields[name] = left
    if plan.stage_id in gone:
        fields["stage_id"] = None
    return attrs.evolve(plan, **fields) if fields else plan


@verb("restore")
def restore(plan: Plan, context: Context, item_id: str, deletion: Iterable[Edit]) -> Plan:
    """The deleted item back in its place with the links it had; `deletion` is the change that removed it (L10).

    A play brings back the tasks that went with it. What others lost with the item they get back where nobody has
    changed it since; a parent or link that is no longer there stays away. Raises `NotFound` where that change did not
    remove the item, `Refused` where it is there already.
    """
    changeable(plan, "restoring")
    edits = _edits(deletion)
    removed = {edit.item_id: edit for edit in edits if edit.field == "" and isinstance(edit.before, Item)}
    asked = next((edit for edit in removed.values() if edit.item_id == item_id), None)
    if asked is None:
        raise NotFound("deleted item", item_id)
    present = {one.id for one in plan.items()}
    if item_id in present:
        raise Refused("restoring", f"{asked.before.title!r} is in the plan: nothing was done")
    whole = asked.kind == "play"
    wanted = [edit for edit in removed.values() if (whole or edit.item_id == item_id) and edit.item_id not in present]
    plan = _put_back(plan, wanted, present | {one.id for one in context.settings.stages})
    ids = {edit.item_id for edit in wanted}
    plan, linked = _linked_again(plan, edits, ids)
    back = [one for one in plan.items() if one.id in ids]
    found = [*too_many(plan, context.settings)]
    for one in back:
        if isinstance(one, Task):
            found += stage_problems(plan, context.settings, one)
    plan = sound(plan, (*back, *linked), links=True, found=found)
    return settled(plan, {task.id for task in successors(plan, ids)} | ids)


def _edits(deletion: object) -> tuple[Edit, ...]:
    edits = tuple(deletion) if isinstance(deletion, Iterable) else ()
    if not edits or not all(isinstance(one, Edit) for one in edits):
        wrong("restoring", "deletion", f"the edits of the change that deleted it are wanted, not {shown(deletion)}")
    return edits


def _put_back(plan: Plan, wanted: Iterable[Edit], known: Set[str]) -> Plan:
    """The deleted items in their places again, without what they pointed to that is no longer there."""
    edits = sorted(wanted, key=lambda one: one.position or 0)
    known = known | {edit.item_id for edit in edits}
    held: dict[str, list[Item]] = {}
    for edit in edits:
        name = COLLECTION[edit.before.kind]
        items = held.setdefault(name, list(getattr(plan, name)))
        at = len(items) if edit.position is None else edit.position
        items.insert(at, _without(edit.before, _pointed(edit.before) - known, None))
    fields: dict[str, Any] = {name: tuple(items) for name, items in held.items()}
    return attrs.evolve(plan, **fields)


def _linked_again(plan: Plan, edits: Iterable[Edit], back: Set[str]) -> tuple[Plan, tuple[Item, ...]]:
    """What others lost in the deletion, given back where they still are as it left them; and those who got some."""
    items = {one.id: one for one in plan.items()}
    changed: dict[str, Item] = {}
    for edit in edits:
        if edit.kind == "record" and edit.field == "stage_id":
            if edit.before in back and plan.stage_id == edit.after:
                plan = attrs.evolve(plan, stage_id=edit.before)
        elif edit.item_id in items and edit.item_id not in back:
            held = changed.get(edit.item_id, items[edit.item_id])
            again = _given_back(held, edit, back)
            if again is not held:
                changed[held.id] = again
    return (replaced(plan, *changed.values()) if changed else plan), tuple(changed.values())


def _given_back(item: I, edit: Edit, back: Set[str]) -> I:
    if edit.field not in (*PLACES, *OFFSETS, "dependencies") or not hasattr(item, edit.field):
        return item
    found = tuple(field_problems(type(item), {edit.field: edit.before}))
    if found:
        raise Invalid("this deletion", found)
    if edit.field == "dependencies" and isinstance(item, Task):
        links = list(item.dependencies)
        there = {(one.predecessor_id, one.kind) for one in links}
        for n, link in enumerate(edit.before):
            if link.predecessor_id in back and (link.predecessor_id, link.kind) not in there:
                links.insert(n, link)
        return attrs.evolve(item, dependencies=tuple(links)) if len(links) > len(item.dependencies) else item
    named = edit.before.item_id if edit.field in OFFSETS and edit.before is not None else edit.before
    if named in back and getattr(item, edit.field) == edit.after:
        return attrs.evolve(item, **{edit.field: edit.before})
    return item


def _without(item: I, gone: Set[str], heir: str | None) -> I:
    """The item without what pointed to things that are gone; a task of a deleted play goes to the play's `heir`."""
    if gone.isdisjoint(_pointed(item)):
        return item
    fields: dict[str, Any] = {}
    for name in PLACES:
        if getattr(item, name, None) in gone:
            fields[name] = heir if name == "parent_id" else None
    for name in OFFSETS:
        offset = getattr(item, name, None)
        if offset is not None and offset.item_id in gone:
            fields[name] = None
    if isinstance(item, Task):
        fields["dependencies"] = tuple(one for one in item.dependencies if one.predecessor_id not in gone)
    return attrs.evolve(item, **fields)


def _pointed(item: Item) -> frozenset[str]:
    """The ids of everything an item stands under, counts from or waits for."""
    return frozenset(one for one in _pointers(item) if one)


def _pointers(item: Item) -> Iterator[str | None]:
    for name in PLACES:
        yield getattr(item, name, None)
    for name in OFFSETS:
        offset = getattr(item, name, None)
        yield offset.item_id if offset is not None else None
    if isinstance(item, Task):
        yield from (one.predecessor_id for one in item.dependencies)
