"""How an item of one plan names things in the other: relations, links, offsets, recorded moves (M5)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Set
from typing import Any, TypeVar

import attrs

from actionplans.merge.fields import OFFSETS, RELATIONS
from actionplans.model import Item, Offset, Shift, Task

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
        if there is None or there == offset.item_id:
            return None if there is None else offset
        return attrs.evolve(offset, anchor=f"{offset.anchor.partition(':')[0]}:{there}")
    if offset.anchor in barred:
        lost(item, name, offset.anchor)
        return None
    return offset


def _shifts(shifts: tuple[Shift, ...], ids: Ids) -> tuple[Shift, ...]:
    """Recorded moves of what is in the other plan; of the rest nothing can be taken back there."""
    return tuple(attrs.evolve(one, item_id=there) for one in shifts if (there := ids(one.item_id)) is not None)


def other_days(mine: Mapping[str, dt.date], theirs: Mapping[str, dt.date], *, known: bool) -> frozenset[str]:
    """The named dates of one plan that cannot be counted from in the other, where they stand on another day.

    With `known` also those that the other does not have.
    """
    return frozenset(name for name, day in mine.items() if theirs.get(name, None if known else day) != day)
