"""What a template gives to every launch of it, worked out once."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Any

from attrs import define, field

from actionplans.checks import advice
from actionplans.errors import Problem
from actionplans.model import (
    Comment,
    CompletionEmail,
    Metric,
    Offset,
    Reminder,
    Template,
    TemplateItem,
    TemplateMilestone,
    TemplateObjective,
    TemplatePlay,
    TemplateTask,
)
from actionplans.ordering import order
from actionplans.settings import Settings
from actionplans.vocabularies import item_problems

Dates = tuple[dt.date | None, dt.date | None, int | None]
"""Start, due and duration of a task; of a milestone only the due, of a play or objective its ends."""

Dated = TemplateObjective | TemplateMilestone | TemplatePlay | TemplateTask
"""The items of a template that have dates, and that others may count from."""

Owned = TemplateObjective | TemplatePlay | TemplateTask
"""The items of a template that have an owner."""

Tail = tuple[
    bool,
    int | None,
    Reminder | None,
    CompletionEmail | None,
    Metric | None,
    tuple[Comment, ...],
    tuple[str, ...],
    bool,
]
"""The fields of a launched task that are the same in every plan, from `required` to `shared`, as Task has them."""


@define
class Blueprint:
    """What a template gives to every launch of it: its rules, anchors, the order of its dates, and dates made before.

    `anchors` are all names that a launch must give, `in_order` comes before what counts from it, `keys` are all items'.
    """

    template: Template
    rules: frozenset[str]
    anchors: tuple[str, ...]
    in_order: tuple[Dated, ...]
    keys: frozenset[str]
    conditional: bool
    tails: tuple[Tail, ...]
    dated: dict[Any, dict[str, Dates]] = field(factory=dict)
    told: tuple[Settings, dict[str, tuple[Problem, ...]]] | None = None

    def strange(self, settings: Settings) -> Mapping[str, tuple[Problem, ...]]:
        """By key, what items hold that the settings do not have; kept for the next launch under the same settings."""
        if self.told is None or self.told[0] is not settings:
            found = ((item.key, tuple(item_problems(item, settings))) for item in self.template.items())
            self.told = settings, {key: problems for key, problems in found if problems}
        return self.told[1]


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
        tuple(_tail(task) for task in template.tasks),
    )


def rules_of(items: Iterable[TemplateItem]) -> frozenset[str]:
    """The assignee rules of these items, their owners' and their helpers' (T5)."""
    return frozenset(rule for one in items for rule in (*getattr(one, "owner", ()), *getattr(one, "helpers", ())))


def anchors_of(template: Template) -> tuple[str, ...]:
    """The dates that a launch of this template is given: `start`, its own, and whatever else is counted from."""
    return tuple(dict.fromkeys(("start", *template.anchors, *_named_anchors(template))))


def strange_anchors(given: Iterable[str], known: Iterable[str]) -> tuple[Problem, ...]:
    """The dates that are given and that the template does not have (D9)."""
    return tuple(
        Problem(f"anchors[{name!r}]", f"the template has no such date: {advice(name, known)}")
        for name in sorted(frozenset(given).difference(known))
    )


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


def _tail(task: TemplateTask) -> Tail:
    return (task.required, task.weight, task.reminder, task.completion_email, task.metric, (), task.tags, task.shared)
