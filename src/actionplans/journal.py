"""Changes as data: what differs between two values of one record, its inverse, and putting it into effect (J1, J2).

`diff(before, after)` is a tuple of `Edit`s. `apply(before, edits)` gives `after` again, and `inverse(edits)` leads
back, so an undo is `apply(after, inverse(edits))`: refused where a field has changed since.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from typing import Annotated, Any, TypeVar

import attrs
from attrs import frozen

from actionplans.checks import EMPTY, FrozenMap, Text, Value, check_of, named, shown
from actionplans.errors import Invalid, Problem
from actionplans.model import Plan, Summary
from actionplans.model.rules import check
from actionplans.model.words import Count, Id, Line, NewId, Word

R = TypeVar("R")

COLLECTIONS = ("stages", "objectives", "milestones", "plays", "tasks")
"""The parts of a plan that are compared item by item, by id."""

BOOKKEEPING = frozenset({"revision", "changed_at"})
"""Fields that every commit sets; they are no part of a change."""

CHANGED = "has changed since: undo that first"
"""What is said of a field that a step cannot be taken back from."""

RecordId = Annotated[str, Text(220, filled=True)]
"""The id a record is stored under: its own, and for a template `ID@VERSION`."""

Held = Any
"""A field's value or a whole item: whatever the noun's field is annotated with."""


@frozen
class Edit(Value):
    """One field of one item that changed, or one item that came or went.

    `item_id` is empty for the record's own fields. `kind` is the item's (`task`, …) or `record`. An item that came has
    `field` empty, `before` None and `position` its index among its kind; one that went has `after` None. A changed
    order is one edit with `field` `order` and both orders as ids.
    """

    kind: Word
    item_id: NewId
    field: Word
    before: Held = None
    after: Held = None
    position: Count | None = None

    def problems(self) -> Iterator[Problem]:
        """An item either came or went, and is of the edit's kind; an order is a tuple of ids."""
        if self.field == "" and (self.before is None) == (self.after is None):
            yield Problem("after", "an item either comes or goes: give it as before or as after")
        elif self.field == "" and self.kind not in [getattr(one, "kind", "") for one in (self.before, self.after)]:
            yield Problem("before" if self.after is None else "after", f"the item that came or went is no {self.kind}")
        if self.field == "order" and self.kind != "record":
            for name in ("before", "after"):
                yield from (problem.under(name) for problem in check_of(tuple[Id, ...])(getattr(self, name)))


@frozen
class Entry(Value):
    """One journal row: what one commit did to one record (J1).

    `revision` is the record's own number for it, without gaps. `edits` hold changed fields only. The entry of a launch
    has no edits: `detail` holds template, version, choices and a digest of the new rows. What was personal in an entry
    may have been erased since (J4): it has no edits then, and `erased` is the salted digest of what it was.
    """

    record: Word
    id: RecordId
    revision: Count
    at: dt.datetime
    by: Id
    action: Line
    edits: tuple[Edit, ...] = ()
    detail: FrozenMap[Word, Line] = EMPTY
    erased: Line = ""


def diff(before: R, after: R) -> tuple[Edit, ...]:
    """What changed from one value of a record to another of the same class; empty when nothing did."""
    if not attrs.has(type(before)):
        raise Invalid("diff", (Problem("before", f"a record is wanted, not {shown(before)}"),))
    if before is after:
        return ()
    if type(before) is not type(after):
        raise Invalid("diff", (Problem("after", f"{named(type(before))} is wanted, not {type(after).__name__}"),))
    apart = _collections(before)
    edits = [*_fields("record", "", before, after, skip=frozenset(apart) | BOOKKEEPING)]
    for name in apart:
        edits += _items(getattr(before, name), getattr(after, name))
    return tuple(edits)


def removed(record: Any) -> tuple[Edit, ...]:
    """All that a record held when it went, as edits."""
    fields = (one.name for one in attrs.fields(type(record)) if one.name not in ("id", *BOOKKEEPING))
    return tuple(Edit("record", "", name, getattr(record, name), None) for name in fields)


def inverse(edits: Iterable[Edit]) -> tuple[Edit, ...]:
    """The edits that lead back."""
    return tuple(attrs.evolve(edit, before=edit.after, after=edit.before) for edit in edits)


def apply(record: R, edits: Iterable[Edit]) -> R:
    """`record` with the edits made; raises `Invalid` naming every field that no longer has the edit's `before` (J2).

    Whether a plan then keeps all its rules is for the caller to see: `model.rules.check`.
    """
    by_kind: dict[str, list[Edit]] = {}
    for edit in edits:
        by_kind.setdefault(edit.kind, []).append(edit)
    wrong: list[Problem] = []
    cls: type = type(record)
    changes: dict[str, Any] = {}
    for edit in by_kind.pop("record", ()):
        if edit.field not in _names(cls) or edit.field in BOOKKEEPING:
            wrong.append(Problem(edit.field, f"is no field of {named(cls)} that edits change"))
        elif getattr(record, edit.field) != edit.before:
            wrong.append(Problem(edit.field, CHANGED))
        changes[edit.field] = edit.after
    for name in _collections(record):
        mine = by_kind.pop(name.removesuffix("s"), None)
        if mine:
            changes[name] = _applied(getattr(record, name), mine, name, wrong)
    wrong += [Problem(kind, f"{named(cls)} has no such items") for kind in by_kind]
    if wrong:
        raise Invalid("this step", tuple(wrong))
    return attrs.evolve(record, **changes) if changes else record  # type: ignore[misc]


def rewound(record: R, entries: Sequence[Entry]) -> R:
    """A record as it was before these entries, the last ones of its journal (J2); its bookkeeping is as it is."""
    for entry in reversed(entries):
        record = apply(record, inverse(entry.edits))
    return record


def undone(plan: Plan, edits: Iterable[Edit]) -> Plan:
    """The plan with one step taken back, by the inverse of its edits (J2).

    Raises `Invalid` naming every field that has changed since, and what a plan without the step would break.
    """
    back = apply(plan, inverse(edits))
    check(back)
    return back


def _collections(record: object) -> tuple[str, ...]:
    """The parts of a record that are compared one by one: a plan's items, a summary's revisions."""
    return COLLECTIONS if isinstance(record, Plan) else ("revisions",) if isinstance(record, Summary) else ()


@cache
def _names(cls: type) -> frozenset[str]:
    return frozenset(one.name for one in attrs.fields(cls))


def _fields(kind: str, item_id: str, before: Any, after: Any, skip: frozenset[str] = frozenset()) -> Iterator[Edit]:
    for attribute in attrs.fields(type(before)):
        name = attribute.name
        if name in skip:
            continue
        old, new = getattr(before, name), getattr(after, name)
        if old is not new and old != new:
            yield Edit(kind, item_id, name, old, new)


def _items(before: Sequence[Any], after: Sequence[Any]) -> Iterator[Edit]:
    if before is after:
        return
    old, new = {one.id: one for one in before}, {one.id: one for one in after}
    for position, one in enumerate(before):
        if one.id not in new:
            yield Edit(one.kind, one.id, "", one, None, position)
    for position, one in enumerate(after):
        if one.id not in old:
            yield Edit(one.kind, one.id, "", None, one, position)
        elif old[one.id] is not one:
            yield from _fields(one.kind, one.id, old[one.id], one)
    stayed_before = tuple(one.id for one in before if one.id in new)
    stayed_after = tuple(one.id for one in after if one.id in old)
    if stayed_before != stayed_after:
        yield Edit(after[0].kind, "", "order", tuple(one.id for one in before), tuple(one.id for one in after))


def _applied(items: Sequence[Any], edits: Sequence[Edit], place: str, wrong: list[Problem]) -> tuple[Any, ...]:
    """One kind's items with its edits made; what stands in the way is added to `wrong`."""
    now = {one.id: one for one in items}
    gone, came = _gone(edits), _came(edits)
    order = next((edit for edit in edits if edit.field == "order"), None)
    changed: dict[str, dict[str, Any]] = {}
    for edit in edits:
        if edit.field == "order":
            ranked = frozenset(edit.before)
            if [one for one in edit.before if one in now] != [one.id for one in items if one.id in ranked]:
                wrong.append(Problem(place, f"their order {CHANGED}"))
        elif edit.field:
            held: Any = now.get(edit.item_id)
            if held is None or edit.field not in _names(held.__class__) or getattr(held, edit.field) != edit.before:
                wrong.append(Problem(f"{place}[{edit.item_id!r}].{edit.field}", f"is gone or {CHANGED}"))
            changed.setdefault(edit.item_id, {})[edit.field] = edit.after
    for item_id, edit in gone.items():
        if now.get(item_id) != edit.before:
            wrong.append(Problem(f"{place}[{item_id!r}]", f"is gone or {CHANGED}"))
    wrong += [Problem(f"{place}[{one!r}]", "is there already") for one in came if one in now]
    if wrong:
        return tuple(items)
    left = [attrs.evolve(one, **changed[one.id]) if one.id in changed else one for one in items if one.id not in gone]
    for edit in sorted(came.values(), key=lambda one: one.position or 0):
        left.insert(len(left) if edit.position is None else edit.position, edit.after)
    if order is not None:
        rank = {item_id: n for n, item_id in enumerate(order.after)}
        left.sort(key=lambda one: rank.get(one.id, len(rank)))
    return tuple(left)


def _gone(edits: Iterable[Edit]) -> dict[str, Edit]:
    return {one.item_id: one for one in edits if one.field == "" and one.after is None}


def _came(edits: Iterable[Edit]) -> dict[str, Edit]:
    return {one.item_id: one for one in edits if one.field == "" and one.before is None}
