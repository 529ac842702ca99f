"""How an item of one plan names things in the other: relations, links, offsets, recorded moves (M5)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Set
from typing import Any, TypeVar

import attrs

from actionplans.merge.fields import OFFSETS, RELATIONS
from actionplans.model import Dependency, Item, Offset, Shift, Task

I = TypeVar("I", bound=Item)  # noqa: E741

Ids = Callable[[str], str | None]
"""The id that a thing of one plan has in the other; None where it is not there."""

Lost = Callable[[Item, str, str], None]
"""Told an item, the field, and what it named that is not there."""


def translated(item: I, ids: Ids, barred: Set[str], lost: Lost) -> I:
    """The item as it stands in the other plan; `lost` hears of each link that leads to nothing there.

    `barred` are the named dates that cannot be counted from there.
    """
    given: dict[str, Any] = {}
    for name in RELATIONS:
        named = getattr(item, name, None)
        if named is not None:
            given[name] = _followed(item, name, named, ids, lost)
    for name in OFFSETS:
        offset = getattr(item, name, None)
        if offset is not None:
            given[name] = _counted(item, name, offset, ids, barred, lost)
    if isinstance(item, Task):
        links = []
        for link in item.dependencies:
            there = _followed(item, "dependencies", link.predecessor_id, ids, lost)
            if there is not None:
                links.append(link if there == link.predecessor_id else attrs.evolve(link, predecessor_id=there))
        given["dependencies"] = tuple(links)
        if item.completion is not None and item.completion.shifts:
            given["completion"] = attrs.evolve(item.completion, shifts=_shifts(item.completion.shifts, ids))
    elif getattr(item, "shifts", ()):
        given["shifts"] = _shifts(item.shifts, ids)  # type: ignore[union-attr]
    given = {name: value for name, value in given.items() if value != getattr(item, name)}
    return attrs.evolve(item, **given) if given else item


def _followed(item: Item, name: str, named: str, ids: Ids, lost: Lost) -> str | None:
    there = ids(named)
    if there is None:
        lost(item, name, named)
    return there


def _counted(item: Item, name: str, offset: Offset, ids: Ids, barred: Set[str], lost: Lost) -> Offset | None:
    if offset.item_id:
        there = _followed(item, name, offset.item_id, ids, lost)
        return None if there is None else _counted_from(offset, there)
    if offset.anchor in barred:
        lost(item, name, offset.anchor)
        return None
    return offset


def _counted_from(offset: Offset, item_id: str) -> Offset:
    """The offset from that item."""
    kind = offset.anchor.partition(":")[0]
    return offset if offset.item_id == item_id else attrs.evolve(offset, anchor=f"{kind}:{item_id}")


def _shifts(shifts: tuple[Shift, ...], ids: Ids) -> tuple[Shift, ...]:
    """Recorded moves of what is in the other plan; of the rest nothing can be taken back there."""
    return tuple(attrs.evolve(one, item_id=there) for one in shifts if (there := ids(one.item_id)) is not None)


def renamed(value: Any, ids: Callable[[str], str]) -> Any:
    """An item, link or offset that names others by the ids that they have now; anything else as it is (M3)."""
    if isinstance(value, Item):
        return translated(value, ids, frozenset(), _never)
    if isinstance(value, Dependency):
        return attrs.evolve(value, predecessor_id=ids(value.predecessor_id))
    if isinstance(value, Offset) and value.item_id:
        return _counted_from(value, ids(value.item_id))
    return value


def _never(item: Item, name: str, named: str) -> None:
    """Where every id leads somewhere nothing is lost."""
    raise AssertionError(f"{name} of {item.id!r} names {named!r}, which is always found")


def other_days(mine: Mapping[str, dt.date], theirs: Mapping[str, dt.date], *, known: bool) -> frozenset[str]:
    """The named dates of one plan that cannot be counted from in the other, where they stand on another day.

    With `known` also those that the other does not have.
    """
    return frozenset(name for name, day in mine.items() if theirs.get(name, None if known else day) != day)
