"""What a template gives to every launch of it, worked out once."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Any, NamedTuple

from attrs import define, field

from actionplans.checks import FrozenMap, advice
from actionplans.errors import Problem
from actionplans.model import (
    Comment,
    CompletionEmail,
    Dependency,
    Metric,
    Offset,
    Plan,
    Reminder,
    Template,
    TemplateItem,
    TemplateMilestone,
    TemplateObjective,
    TemplatePlay,
    TemplateTask,
)
from actionplans.model.words import LagUnit, LinkKind, TaskStatus
from actionplans.ordering import order
from actionplans.settings import Settings
from actionplans.vocabularies import item_problems

Dates = tuple[dt.date | None, dt.date | None, int | None]
"""Start, due and duration of a task; of a milestone only the due, of a play or objective its ends."""

Dated = TemplateObjective | TemplateMilestone | TemplatePlay | TemplateTask
"""The items of a template that have dates, and that others may count from."""

Owned = TemplateObjective | TemplatePlay | TemplateTask
"""The items of a template that have an owner."""

Rest = tuple[
    bool,
    int | None,
    Reminder | None,
    CompletionEmail | None,
    Metric | None,
    tuple[Comment, ...],
    tuple[str, ...],
    bool,
    FrozenMap[str, Any],
]
"""The fields of a launched task that are the same in every plan, from `required` to `custom`, as Task has them."""

MOULDS = 64
"""How many choices of items of one template are kept."""


class Shape(NamedTuple):
    """What a task of a template is in every plan, before it has ids, an owner and dates there.

    `links` are those to items that are taken, as Dependency has their fields. `relative` says that its offsets name
    items.
    """

    item: TemplateTask
    status: TaskStatus
    links: tuple[tuple[str, LinkKind, int, LagUnit], ...]
    relative: bool
    rest: Rest


@define
class Mould:
    """What launches have in common that take the same items of a template under the same settings.

    `keys` are those of the items in their order, `in_order` comes before what counts from it, `dated` are dates that
    were worked out before.
    """

    keys: tuple[str, ...]
    in_order: tuple[Dated, ...]
    owned: tuple[Owned, ...]
    tasks: tuple[Shape, ...]
    dated: dict[Any, dict[str, Dates]] = field(factory=dict)


@define
class Settled:
    """A blueprint under certain settings: what its items hold that these do not have, by key, and the moulds made."""

    settings: Settings
    strange: Mapping[str, tuple[Problem, ...]]
    moulds: dict[frozenset[str], Mould] = field(factory=dict)


@define
class Blueprint:
    """What a template gives to every launch of it: its rules, anchors, the order of its dates, and what it made before.

    `anchors` are all names that a launch must give, `in_order` comes before what counts from it, `keys` are all items'.
    """

    template: Template
    rules: frozenset[str]
    anchors: tuple[str, ...]
    in_order: tuple[Dated, ...]
    keys: frozenset[str]
    conditional: bool
    settled: Settled | None = None

    def under(self, settings: Settings) -> Settled:
        """What the template gives under these settings; kept for the next launch under the same."""
        known = self.settled
        if known is None or known.settings is not settings:
            found = ((item.key, tuple(item_problems(item, settings))) for item in self.template.items())
            known = self.settled = Settled(settings, {key: problems for key, problems in found if problems})
        return known

    def mould(self, settings: Settings, keys: frozenset[str]) -> Mould:
        """What is the same in every launch of these items; kept for the next one that takes the same."""
        moulds = self.under(settings).moulds
        known = moulds.get(keys)
        if known is None:
            if len(moulds) >= MOULDS:
                moulds.clear()
            known = moulds[keys] = self._mould(settings, keys)
        return known

    def _mould(self, settings: Settings, keys: frozenset[str]) -> Mould:
        template, defaults = self.template, settings.defaults("task")
        owned: tuple[Owned, ...] = (*template.objectives, *template.plays, *template.tasks)
        return Mould(
            tuple(one.key for one in template.items() if one.key in keys),
            tuple(one for one in self.in_order if one.key in keys),
            tuple(one for one in owned if one.key in keys),
            tuple(_shape(one, keys, defaults) for one in template.tasks if one.key in keys),
        )


class _ById:
    """A template as a key of a cache: the same object, not an equal one, so that looking it up costs nothing."""

    __slots__ = ("template",)

    def __init__(self, template: Template) -> None:
        self.template = template

    def __hash__(self) -> int:
        return id(self.template)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _ById) and self.template is other.template


def blueprint(template: Template) -> Blueprint:
    """The template's blueprint, worked out once and kept for the next launch. Raises `Invalid` for a circle (P2)."""
    return _kept(_ById(template))


@lru_cache(maxsize=64)
def _kept(key: _ById) -> Blueprint:
    template = key.template
    points: tuple[Dated, ...] = (*template.objectives, *template.milestones, *template.plays, *template.tasks)
    dated = {one.key: one for one in points}
    ordered = order(dated, lambda name: (one for one in _before(dated[name]) if one in dated))
    items = tuple(template.items())
    return Blueprint(
        template,
        rules_of(items),
        anchors_of(template),
        tuple(dated[name] for name in ordered),
        frozenset(one.key for one in items),
        any(getattr(one, "conditions", ()) for one in items),
    )


def rules_of(items: Iterable[TemplateItem]) -> frozenset[str]:
    """The assignee rules of these items, their owners' and their helpers' (T5)."""
    return frozenset(rule for one in items for rule in (*getattr(one, "owner", ()), *getattr(one, "helpers", ())))


def anchors_of(template: Template) -> tuple[str, ...]:
    """The dates that a launch of this template is given: `start`, its own, and whatever else is counted from."""
    return tuple(dict.fromkeys(("start", *template.anchors, *_named_anchors(template))))


def strange_anchors(given: Iterable[str], known: Iterable[str], of: str = "the template") -> tuple[Problem, ...]:
    """The dates that are given and that the template does not have (D9)."""
    return tuple(
        Problem(f"anchors[{name!r}]", f"{of} has no such date: {advice(str(name), known)}")
        for name in sorted(frozenset(given).difference(known), key=str)
    )


def moved_anchors(plan: Plan, given: Mapping[str, dt.date]) -> Iterator[Problem]:
    """The dates that are given and that the plan has on another day (D9)."""
    for name, day in given.items():
        if plan.anchors.get(name, day) != day:
            told = f"is {plan.anchors[name]} in the plan: leave it out, or move it there (edit.set_anchor)"
            yield Problem(f"anchors[{name!r}]", told)


def _before(item: Dated) -> Iterator[str]:
    for offset in _offsets(item):
        if offset is not None and offset.item_id:
            yield offset.item_id
    if isinstance(item, TemplateTask):
        yield from (link.predecessor_id for link in item.after)


def _offsets(item: TemplateItem) -> Iterator[Offset | None]:
    return (getattr(item, name, None) for name in ("start", "due", "end"))


def _named_anchors(template: Template) -> Iterator[str]:
    for item in template.items():
        for offset in _offsets(item):
            if offset is not None and not offset.item_id and offset.anchor != "own_start":
                yield offset.anchor


def _shape(task: TemplateTask, keys: frozenset[str], defaults: Mapping[str, Any]) -> Shape:
    links = tuple(one for one in task.after if one.predecessor_id in keys)
    offsets = [one for one in (task.start, task.due) if one is not None and one.item_id]
    return Shape(
        task,
        "waiting" if waits(links, *(one for one in offsets if one.item_id in keys)) else "open",
        tuple((one.predecessor_id, one.kind, one.lag, one.unit) for one in links),
        bool(offsets),
        (
            task.required,
            task.weight,
            task.reminder,
            task.completion_email,
            task.metric,
            (),
            task.tags,
            task.shared,
            FrozenMap({**defaults, **task.custom}) if defaults else task.custom,
        ),
    )


def waits(links: Iterable[Dependency], *offsets: Offset | None) -> bool:
    """Whether anything must be finished before this task: an FS link, or an offset counted from a task (P1, P3)."""
    return any(one.kind == "FS" for one in links) or any(
        one is not None and one.anchor.startswith("task:") for one in offsets
    )
