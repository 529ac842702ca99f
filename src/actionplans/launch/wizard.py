"""The steps of a launch wizard: each takes a draft and gives a new one, which remembers the way back (T4)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping
from itertools import count
from typing import Any

import attrs
from attrs import frozen

from actionplans.checks import FrozenMap, Value, advice, field_problems, shown, strange_key, wanted
from actionplans.edit.context import COLLECTION
from actionplans.errors import Invalid, Problem, Refused
from actionplans.launch.blueprint import anchors_of, strange_anchors
from actionplans.launch.conditions import PARENTS
from actionplans.launch.drafted import AS_IT_IS
from actionplans.model import (
    Added,
    Choices,
    Draft,
    Override,
    TemplateItem,
    TemplateMilestone,
    TemplateObjective,
    TemplatePlay,
    TemplateStage,
    TemplateTask,
)
from actionplans.model.words import Key, Title
from actionplans.template.rules import LISTS

MOST_STEPS = 50
"""How many steps back a draft remembers."""

_CHOICES = tuple(one.name for one in attrs.fields(Choices))
_OF_DRAFT = tuple(name for name in _CHOICES if name not in ("dropped", "overrides", "added"))
_ITEMS = (TemplateStage, TemplateObjective, TemplateMilestone, TemplatePlay, TemplateTask)


def choose(draft: Draft, *keys: str) -> Draft:
    """Take these items, what stands under them, and all that they stand under with its required tasks (T2, T4)."""
    tree = _Tree(draft)
    tree.known(keys)
    taken = {below for key in keys for below in tree.below(key)}
    above = {parent for key in keys for parent in tree.above(key)} - taken
    taken |= above | {task for parent in above for task in tree.required(parent)}
    return _step(draft, dropped=draft.dropped - taken)


def drop(draft: Draft, *keys: str) -> Draft:
    """Leave out these items and what stands under them; an item of one's own goes altogether (T4).

    Raises `Refused` for a required task whose parents stay (T2).
    """
    tree = _Tree(draft)
    tree.known(keys)
    own = {one.key for one in draft.added.items()}
    gone = {below for key in keys for below in tree.below(key)}
    for key in keys:
        if key not in own and tree.is_required(key) and not gone.intersection(tree.above(key)):
            title = tree.items[key].title
            raise Refused("dropping", f"{title!r} is required: drop what it stands under, or keep it (T2)")
    kept = FrozenMap({key: one for key, one in draft.overrides.items() if key not in gone & own})
    added = _without(draft.added, gone)
    return _step(draft, dropped=draft.dropped | (gone - own), overrides=kept, added=added)


def only(draft: Draft, *keys: str) -> Draft:
    """Take these items and what goes with them (`choose`), and leave out everything else."""
    tree = _Tree(draft)
    tree.known(keys)
    own = {one.key for one in draft.added.items()}
    bare = attrs.evolve(draft, dropped=frozenset(tree.items.keys() - own))
    return _step(draft, dropped=choose(bare, *keys).dropped)


def add(draft: Draft, *items: TemplateItem) -> Draft:
    """Add items of one's own, which name what they stand under and after by key (T4, R4).

    One without a key gets the next free one, `own-1`, `own-2`, …; whether it all fits together is checked by the launch
    and by `summary`. Raises `Invalid` for what is no item, and for a key that is taken.
    """
    tree, found, lists = _Tree(draft), list[Problem](), {name: list(getattr(draft.added, name)) for name in LISTS}
    taken, numbers = set(tree.items), count(1)
    for n, item in enumerate(items):
        if not isinstance(item, _ITEMS):
            found.append(Problem(f"items[{n}]", f"an item of a template is wanted, not {shown(item)}"))
            continue
        key = item.key or next(name for i in numbers if (name := f"own-{i}") not in taken)
        if key in taken:
            found.append(Problem(f"items[{n}].key", f"{key!r} is taken: choose another, or leave it out"))
        taken.add(key)
        lists[COLLECTION[item.kind]].append(attrs.evolve(item, key=key))
    if found:
        raise Invalid("adding", tuple(found))
    return _step(draft, added=Added(**{name: tuple(held) for name, held in lists.items()}))


def change(draft: Draft, key: str, **fields: Any) -> Draft:
    """Say otherwise of one item: the fields of an `Override`; None takes the template's again (T4).

    Raises `Invalid` naming every field that cannot be given.
    """
    tree = _Tree(draft)
    tree.known((key,))
    names = {one.name for one in attrs.fields(Override)}
    found = [strange_key(name, names) for name in fields if name not in names]
    found += field_problems(Override, {name: value for name, value in fields.items() if name in names})
    if found:
        raise Invalid(f"items[{key!r}]", tuple(found))
    said = attrs.evolve(draft.overrides.get(key, AS_IT_IS), **fields)
    overrides = {**draft.overrides, key: said}
    return _step(draft, overrides=FrozenMap({one: held for one, held in overrides.items() if held != AS_IT_IS}))


def update(draft: Draft, **fields: Any) -> Draft:
    """Change what the draft says of the plan as a whole: title, section, stage, owner, anchors, custom fields (T4).

    `anchors` changes the dates it names: `start`, and those that the template counts from. Raises `Invalid` naming
    every field that cannot be given.
    """
    wanted(Draft, draft, "draft")
    found = [strange_key(name, _OF_DRAFT) for name in fields if name not in _OF_DRAFT]
    given = {name: value for name, value in fields.items() if name in _OF_DRAFT}
    for name in ("anchors", "custom"):
        if name in given and isinstance(given[name], Mapping):
            given[name] = FrozenMap({**getattr(draft, name), **given[name]})
    found += field_problems(Draft, given)
    if not found and "anchors" in given:
        found += strange_anchors(given["anchors"], anchors_of(draft.template))
    if found:
        raise Invalid("the draft", tuple(found))
    return _step(draft, **given)


def back(draft: Draft) -> Draft:
    """The draft before the last step; raises `Refused` where there is none (T4)."""
    if not wanted(Draft, draft, "draft").past:
        raise Refused("going back", "nothing was changed in this draft yet")
    before = {name: getattr(draft.past[-1], name) for name in _CHOICES}
    return attrs.evolve(draft, past=draft.past[:-1], **before)


@frozen
class Line(Value):
    """One item in the summary of a draft: what would be launched, or was left out (`taken` False)."""

    key: Key
    kind: str
    title: Title
    parent: Key = ""
    taken: bool = True
    own: bool = False
    changed: bool = False
    owner_id: str | None = None
    start: dt.date | None = None
    due: dt.date | None = None


@frozen
class Outline(Value):
    """What a draft would launch, for the last page of a wizard: every item, and what stands in the way.

    `obstacles` is what the launch would be refused for; where that is the draft itself the lines have no owners and
    dates.
    """

    title: Title
    lines: tuple[Line, ...]
    obstacles: tuple[Problem, ...] = ()

    @property
    def taken(self) -> tuple[Line, ...]:
        """The items that would be launched."""
        return tuple(one for one in self.lines if one.taken)


def outline(draft: Draft, made: Mapping[str, Any], obstacles: Iterable[Problem] = ()) -> Outline:
    """The summary of a draft: `made` are the items that its launch would make, by key, none where it is refused."""
    tree, own = _Tree(draft), {one.key for one in draft.added.items()}
    lines = []
    for key, item in tree.items.items():
        one, given = made.get(key), draft.overrides.get(key, AS_IT_IS)
        left = key in draft.dropped or not draft.dropped.isdisjoint(tree.above(key))
        lines.append(
            Line(
                key,
                item.kind,
                given.title or item.title,
                next(iter(tree.parents(key)), ""),
                one is not None if made else not left,
                key in own,
                given != AS_IT_IS,
                getattr(one, "owner_id", None),
                getattr(one, "start", None),
                getattr(one, "end" if item.kind == "objective" else "due", None),
            )
        )
    return Outline(draft.title, tuple(lines), tuple(obstacles))


def _step(draft: Draft, **fields: Any) -> Draft:
    if all(getattr(draft, name) == value for name, value in fields.items()):
        return draft
    before = Choices(**{name: getattr(draft, name) for name in _CHOICES})
    return attrs.evolve(draft, past=(*draft.past, before)[-MOST_STEPS:], **fields)


def _without(added: Added, keys: set[str]) -> Added:
    return Added(**{name: tuple(one for one in getattr(added, name) if one.key not in keys) for name in LISTS})


class _Tree:
    """The items of a draft by key, and what stands under what."""

    def __init__(self, draft: Draft) -> None:
        self.free = wanted(Draft, draft, "draft").template.kind == "stage_library"
        self.items: dict[str, TemplateItem] = {one.key: one for one in (*draft.template.items(), *draft.added.items())}
        self.children: dict[str, list[str]] = {}
        for key in self.items:
            for parent in self.parents(key):
                self.children.setdefault(parent, []).append(key)

    def known(self, keys: Iterable[str]) -> None:
        """Raise `Invalid` for keys that there are not."""
        found = [
            Problem(
                f"items[{key!r}]" if isinstance(key, str) else "keys",
                f"there is no item of this key: {advice(key, self.items)}",
            )
            for key in keys
            if not isinstance(key, str) or key not in self.items
        ]
        if found:
            raise Invalid("the draft", tuple(found))

    def parents(self, key: str) -> Iterator[str]:
        """The keys of what an item stands under itself."""
        named = (getattr(self.items[key], name, "") for name in PARENTS)
        return (one for one in named if one in self.items)

    def above(self, key: str) -> set[str]:
        """The keys of all that an item stands under."""
        found: set[str] = set()
        waiting = [*self.parents(key)]
        while waiting:
            one = waiting.pop()
            if one not in found:
                found.add(one)
                waiting += self.parents(one)
        return found

    def below(self, key: str) -> set[str]:
        """The key itself and those of all that stands under it."""
        found: set[str] = set()
        waiting = [key]
        while waiting:
            one = waiting.pop()
            if one not in found:
                found.add(one)
                waiting += self.children.get(one, ())
        return found

    def required(self, parent: str) -> Iterator[str]:
        """The keys of the required tasks that stand straight under an item."""
        return (key for key in self.children.get(parent, ()) if self.is_required(key))

    def is_required(self, key: str) -> bool:
        """Whether it is a task that cannot be left out alone (T2)."""
        return not self.free and getattr(self.items[key], "required", False)
