"""What a template says of an item of a plan, compared three ways: as it was launched, as it is, as it would be (T9)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import attrs
from attrs import frozen

from actionplans.checks import FrozenMap
from actionplans.launch.said import bare
from actionplans.model import Dependency, Item, Objective, Play, Task, TemplateItem, TemplateTask

FIELDS: Mapping[str, tuple[str, ...]] = {
    "stage": ("title", "description", "fixed"),
    "objective": ("title", "description", "category", "start_offset", "end_offset", "weight", "shared", "fixed"),
    "milestone": ("title", "description", "objective_id", "offset", "shared", "fixed"),
    "play": ("title", "description", "objective_id", "start_offset", "offset", "weight", "shared", "fixed"),
    "task": (
        "title",
        "description",
        "type",
        "parent_id",
        "milestone_id",
        "stage_id",
        "start_offset",
        "offset",
        "calendar",
        "priority",
        "category",
        "required",
        "weight",
        "reminder",
        "completion_email",
        "tags",
        "shared",
        "fixed",
    ),
}
"""The fields of items that a template gives as they stand, by kind; the others are compared in their own ways."""

DATING = frozenset({"start_offset", "offset", "end_offset", "duration", "calendar"})
"""The fields that dates follow from, besides links."""


@frozen
class Three:
    """One field three ways. `sets` are the fields of the item that following the template gives, beside it."""

    field: str
    base: Any
    ours: Any
    theirs: Any
    sets: Mapping[str, Any]

    @property
    def ours_changed(self) -> bool:
        """Whether the plan says otherwise than the version it was launched from."""
        return bool(self.ours != self.base)

    @property
    def theirs_changed(self) -> bool:
        """Whether the new version does."""
        return bool(self.theirs != self.base)

    @property
    def dates(self) -> bool:
        """Whether dates follow from it."""
        return self.field in DATING or self.field.startswith("after ")


@frozen
class Compared:
    """An item as it was launched (`base`), as it is (`ours`), and as the new version would launch it (`theirs`), with
    what the two versions say of it.
    """

    base: Item
    ours: Item
    theirs: Item
    said: TemplateItem
    saying: TemplateItem

    def fields(self) -> Iterator[Three]:
        """Every field that a template says, three ways."""
        for name in FIELDS[self.ours.kind]:
            yield self._plain(name)
        if hasattr(self.ours, "metric"):
            yield self._metric()
        if hasattr(self.ours, "custom"):
            sides = (self.base, self.ours, self.theirs)
            yield from self._mapped("custom", *(dict(getattr(one, "custom", {})) for one in sides))
        if isinstance(self.ours, Objective | Play | Task):
            yield self._owner()
        if isinstance(self.ours, Task):
            yield self._ruled("helpers", self.ours.helpers)
            yield self._duration()
            yield from self._mapped("after", *(_links(one) for one in (self.base, self.ours, self.theirs)))

    def _plain(self, name: str) -> Three:
        base, ours, theirs = (getattr(one, name) for one in (self.base, self.ours, self.theirs))
        return Three(name, base, ours, theirs, {name: theirs})

    def _metric(self) -> Three:
        """What was read since stays."""
        base, ours, theirs = (bare(getattr(one, "metric", None)) for one in (self.base, self.ours, self.theirs))
        held = getattr(self.ours, "metric", None)
        kept = attrs.evolve(theirs, readings=held.readings) if theirs is not None and held is not None else theirs
        return Three("metric", base, ours, theirs, {"metric": kept})

    def _owner(self) -> Three:
        """The rules, and who was chosen otherwise by hand."""
        before, after = getattr(self.said, "owner", ()), getattr(self.saying, "owner", ())
        held = getattr(self.ours, "owner_id", None)
        by_hand = getattr(self.ours, "owner_by_hand", held != getattr(self.base, "owner_id", None))
        sets = {"owner_id": getattr(self.theirs, "owner_id", None)}
        if isinstance(self.ours, Task):
            sets |= {"owner_rule": after, "owner_by_hand": False}
        return Three("owner", before, held if by_hand else before, after, sets)

    def _ruled(self, name: str, held: Any) -> Three:
        before, after = getattr(self.said, name), getattr(self.saying, name)
        ours = before if held == getattr(self.base, name) else held
        return Three(name, before, ours, after, {name: getattr(self.theirs, name)})

    def _duration(self) -> Three:
        """Only where the template gives one: else it follows from the dates."""
        before, after = _lasts(self.said), _lasts(self.saying)
        held = getattr(self.ours, "duration", None)
        ours = before if before is None or held == getattr(self.base, "duration", None) else held
        return Three("duration", before, ours, after, {})

    def _mapped(self, name: str, base: dict[Any, Any], ours: dict[Any, Any], theirs: dict[Any, Any]) -> Iterator[Three]:
        """One by one what stands under a name of its own; what follows is put together by `put_together`."""
        for key in dict.fromkeys((*base, *ours, *theirs)):
            told = key if isinstance(key, str) else " ".join(key)
            yield Three(f"{name} {told}", base.get(key), ours.get(key), theirs.get(key), {name: (key, theirs.get(key))})


def put_together(item: Item, theirs: Item, followed: list[Three]) -> dict[str, Any]:
    """The fields that an item gets from what follows the template; links stand in its order, the item's own last."""
    fields: dict[str, Any] = {}
    links = _links(item)
    custom = dict(getattr(item, "custom", {}))
    for one in followed:
        for name, value in one.sets.items():
            if name in ("after", "custom") and one.field.startswith(f"{name} "):
                _put(links if name == "after" else custom, *value)
            else:
                fields[name] = value
    if links != _links(item):
        first = [key for key in _links(theirs) if key in links]
        fields["dependencies"] = tuple(links[key] for key in dict.fromkeys((*first, *links)))
    if custom != dict(getattr(item, "custom", {})):
        fields["custom"] = FrozenMap(custom)
    return fields


def _put(held: dict[Any, Any], key: Any, value: Any) -> None:
    if value is None:
        held.pop(key, None)
    else:
        held[key] = value


def _links(item: Item) -> dict[tuple[str, str], Dependency]:
    return {(one.predecessor_id, one.kind): one for one in getattr(item, "dependencies", ())}


def _lasts(item: TemplateItem) -> int | None:
    return item.duration if isinstance(item, TemplateTask) else None
