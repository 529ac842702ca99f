"""Which fields are shown to whom does not see a whole plan (V4, V5): what is not listed here is hidden.

A field that is added to a noun is hidden until it is listed. What an item says of others is shown only as far as these
are seen themselves.
"""

from __future__ import annotations

from collections.abc import Iterable, Set
from operator import attrgetter
from typing import Any, TypeVar

import attrs

from actionplans.checks import EMPTY, FrozenMap
from actionplans.model import Account, Comment, Completion, Item, Milestone, Objective, Plan, Play, Shift, Task
from actionplans.model.dates import Offset

I = TypeVar("I", Objective, Milestone, Play, Task)  # noqa: E741
C = TypeVar("C", Account, Plan, Objective, Play, Task)

SHOWN: dict[type, tuple[str, ...]] = {
    Plan: (
        *"id account_id title anchors section status archived owner_id time_zone shared custom".split(),
        *"objectives milestones plays tasks".split(),
    ),
    Objective: (*"id title description status start end owner_id weight shared custom".split(),),
    Milestone: (*"id title description due objective_id reached_on shared".split(),),
    Play: (*"id title description start due objective_id owner_id weight shared custom".split(),),
    Task: (
        *"id title description status status_name type owner_id start due parent_id milestone_id weight".split(),
        *"comments completion helpers shared custom".split(),
    ),
}
"""The fields of each noun that a contact may see, and of a task that a partner may; of some of them only a part."""

OF_ANCESTORS: dict[type, tuple[str, ...]] = {Plan: ("description",), Objective: ("metric",), Task: ("metric",)}
"""What the profile `ancestors` shows besides (V4): there the customer tracks the plan along."""

_RELATIONS = ("parent_id", "objective_id", "milestone_id")


class Listed:
    """Makes of a value one that has its listed fields, and all others as they are by default."""

    def __init__(self, cls: type, names: tuple[str, ...]) -> None:
        """What to take over of a class, and where among its fields that stands."""
        fields = attrs.fields(cls)
        places = {one.name: n for n, one in enumerate(fields)}
        self.cls: type = cls
        self.places: dict[str, int] = {name: places[name] for name in names}
        self.relations: tuple[int, ...] = tuple(places[name] for name in _RELATIONS if name in names)
        self.custom: int | None = places["custom"] if "custom" in names else None
        self._order = tuple(self.places.values())
        self._defaults = [_default(one) for one in fields]
        self._getter = attrgetter(*names)

    def values(self, value: Any) -> list[Any]:
        """The fields of the new value in their order, to be changed and given to `cls`."""
        made = self._defaults.copy()
        for place, held in zip(self._order, self._getter(value), strict=True):
            made[place] = held
        return made


def _default(one: Any) -> Any:
    """What a field holds by default; of one that must be given, None."""
    if isinstance(one.default, attrs.Factory):  # type: ignore[arg-type]
        return one.default.factory()
    return None if one.default is attrs.NOTHING else one.default


LISTED: dict[str, dict[type, Listed]] = {
    "plays": {cls: Listed(cls, names) for cls, names in SHOWN.items()},
    "ancestors": {cls: Listed(cls, (*names, *OF_ANCESTORS.get(cls, ()))) for cls, names in SHOWN.items()},
}
"""By profile and class; what a partner sees of a task is what `plays` lists."""


def item_shown(item: I, seen: Set[str], listed: Listed, me: str, custom: Set[str]) -> I:
    """The item with its listed fields, of which each says nothing of what is not seen: parents, helpers, notes.

    `seen` are the ids of the items that are seen, `me` the viewer, `custom` the custom fields that they see.
    """
    made = listed.values(item)
    for place in listed.relations:
        if made[place] is not None and made[place] not in seen:
            made[place] = None
    if listed.custom is not None and made[listed.custom]:
        made[listed.custom] = only(made[listed.custom], custom)
    if type(item) is Task:
        places = listed.places
        if item.comments:
            made[places["comments"]] = public(item.comments)
        if item.helpers:
            made[places["helpers"]] = (me,) if me in item.helpers else ()
        if item.completion is not None:
            made[places["completion"]] = bare_completion(item.completion)
    shown: I = listed.cls(*made)
    return shown


def title_shown(item: I, seen: Set[str]) -> I:
    """The item as the parent of something that is seen: its title, and what it stands under itself (V5)."""
    given = {name: getattr(item, name) for name in _RELATIONS if getattr(item, name, None) in seen}
    return type(item)(id=item.id, title=item.title, **given)


def public(comments: tuple[Comment, ...]) -> tuple[Comment, ...]:
    """The notes that are not internal (V5)."""
    return tuple(one for one in comments if not one.internal)


def bare_completion(completion: Completion) -> Completion:
    """That a task is done, when and by whom, without what it was and what completing it moved."""
    if not (completion.shifts or completion.override or completion.before != "open"):
        return completion
    return Completion(completion.number, completion.at, completion.on, completion.by)


def only(custom: FrozenMap[str, Any], names: Set[str]) -> FrozenMap[str, Any]:
    """Those custom fields that are seen (R5)."""
    if custom.keys() <= names:
        return custom
    return FrozenMap({name: value for name, value in custom.items() if name in names}) if names else EMPTY


def without_fields(value: C, names: Set[str]) -> C:
    """An account, plan or item as somebody sees it who does not see all its custom fields (R5)."""
    kept = only(value.custom, names)
    return value if kept is value.custom else attrs.evolve(value, custom=kept)


def detached(item: Item, seen: Set[str]) -> Item:
    """An item that is seen in full, but for what it says of items that are not seen."""
    given: dict[str, Any] = {}
    for name in _RELATIONS:
        if getattr(item, name, None) is not None and getattr(item, name) not in seen:
            given[name] = None
    for name in ("offset", "start_offset", "end_offset"):
        offset: Offset | None = getattr(item, name, None)
        if offset is not None and offset.item_id and offset.item_id not in seen:
            given[name] = None
    if isinstance(item, Task):
        given |= _links_seen(item, seen)
    shifts: tuple[Shift, ...] = getattr(item, "shifts", ())
    if any(one.item_id not in seen for one in shifts):
        given["shifts"] = tuple(one for one in shifts if one.item_id in seen)
    return attrs.evolve(item, **given) if given else item


def _links_seen(task: Task, seen: Set[str]) -> dict[str, Any]:
    given: dict[str, Any] = {}
    if any(one.predecessor_id not in seen for one in task.dependencies):
        given["dependencies"] = tuple(one for one in task.dependencies if one.predecessor_id in seen)
    done = task.completion
    if done is not None and any(one.item_id not in seen for one in done.shifts):
        kept = tuple(one for one in done.shifts if one.item_id in seen)
        given["completion"] = attrs.evolve(done, shifts=kept)
    return given


def people_in(plan: Plan) -> frozenset[str]:
    """Everybody whom a plan, as it is seen, names: owners, helpers, who did and said what in it."""
    named: set[str | None] = {plan.owner_id}
    items: Iterable[Item] = (*plan.objectives, *plan.plays)
    named.update(getattr(one, "owner_id", None) for one in items)
    named.update(note.author_id for note in plan.comments)
    for task in plan.tasks:
        named.add(task.owner_id)
        named.update(task.helpers)
        named.update(note.author_id for note in task.comments)
        if task.completion is not None:
            named.add(task.completion.by)
    return frozenset(one for one in named if one)
