"""Words that an administrator decides: vocabularies and custom fields, as items must hold them (L1, L6, L8, R5).

The same functions decide wherever something comes in: a verb, a launch, the publishing of a template, a plan or an
account that is added. A verb asks only for what it touched, so that an item stays editable after the settings have
changed.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from actionplans.checks import FrozenMap, advice, shown
from actionplans.errors import Problem
from actionplans.model import (
    Condition,
    Item,
    Objective,
    Play,
    Task,
    TemplateItem,
    TemplateObjective,
    TemplatePlay,
    TemplateTask,
)
from actionplans.settings import CustomField, Settings

STAGE_WANTED = "the plan's section wants a stage for every task: name one (L8)"
"""What is said of a task without a stage where there must be one."""


def item_problems(item: Item | TemplateItem, settings: Settings) -> Iterator[Problem]:
    """Everything an item holds that the settings do not have; custom fields that it leaves out are at their defaults.

    An item of a template is asked for what its launched copy will hold.
    """
    yield from vocabulary_problems(item, settings)
    if isinstance(item, Objective | Play | Task | TemplateObjective | TemplatePlay | TemplateTask):
        yield from custom_problems(item.kind, with_defaults(item.kind, item.custom, settings), settings)


def vocabulary_problems(
    item: Item | TemplateItem, settings: Settings, touched: Collection[str] | None = None
) -> Iterator[Problem]:
    """The touched fields of an item, or all, that hold no word of the administrator's list for them (L1, L6)."""
    for name, known in _vocabularies(item, settings).items():
        value = getattr(item, name)
        if (touched is None or name in touched) and value not in known:
            yield _no_word(name, known, value)


def condition_problems(item: TemplateItem, settings: Settings) -> Iterator[Problem]:
    """The conditions of an item that ask for a custom field that accounts do not have (T10, R5)."""
    conditions: tuple[Condition, ...] = getattr(item, "conditions", ())
    for n, condition in enumerate(conditions):
        of, _, name = condition.field.rpartition(".")
        if of == "account.custom" and name not in (known := fields_of("account", settings)):
            told = f"accounts have no custom field {name!r} (settings): {advice(name, known)}"
            yield Problem(f"conditions[{n}].field", told)


def section_problems(section: str, settings: Settings) -> Iterator[Problem]:
    """That a plan's or template's section is none of the settings'; none at all is one (L8)."""
    known = tuple(one.key for one in settings.sections)
    if section and section not in known:
        meant = next((one.key for one in settings.sections if one.title == section), None)
        told = _no_word("section", known, section).message
        yield Problem("section", f"{told}, which is the title of {meant}" if meant else told)


def collection_problems(collection: str, settings: Settings) -> Iterator[Problem]:
    """That a template's collection is none of the settings'; none at all is one (T14)."""
    known = tuple(one.key for one in settings.collections)
    if collection and collection not in known:
        yield _no_word("collection", known, collection)


def wants_stages(section: str, settings: Settings) -> bool:
    """Whether a section wants a stage for every task (L8); one that there is not wants nothing."""
    return any(one.key == section and one.tasks_need_stage for one in settings.sections)


def custom_problems(
    kind: str, custom: Mapping[str, Any], settings: Settings, touched: Collection[str] | None = None
) -> Iterator[Problem]:
    """The touched custom fields, or all, that there are not, of the wrong type, or required and left out (R5)."""
    fields = fields_of(kind, settings)
    for name in {**custom, **fields} if touched is None else touched:
        value, place = custom.get(name), f"custom[{name!r}]"
        if name not in fields:
            if value is not None:
                yield Problem(place, f"there is no such field for a {kind} (settings)")
        elif value is None or value == "" or value == ():
            if fields[name].required:
                yield Problem(place, "is required: give it a value")
        elif not fields[name].fits(value):
            yield Problem(place, fields[name].misfit(value))


def touched_custom(before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[str, ...]:
    """The custom fields that differ, yes and 1 among them."""
    names = dict.fromkeys((*before, *after))
    return tuple(one for one in names if _told_apart(before.get(one)) != _told_apart(after.get(one)))


def fields_of(kind: str, settings: Settings) -> dict[str, CustomField]:
    """The custom fields of one kind of item, of plans or of accounts, by name."""
    return {one.name: one for one in settings.custom_fields if one.of == kind}


def with_defaults(kind: str, custom: FrozenMap[str, Any], settings: Settings) -> FrozenMap[str, Any]:
    """The custom fields of something new, those that were not given at their defaults (R5)."""
    defaults = settings.defaults(kind)
    return FrozenMap({**defaults, **custom}) if defaults else custom


def _no_word(name: str, known: tuple[str, ...], value: object) -> Problem:
    return Problem(name, f"one of {', '.join(filter(None, known)) or 'none'} (settings), not {shown(value)}")


def _told_apart(value: object) -> tuple[type, object]:
    return type(value), value


def _vocabularies(item: Item | TemplateItem, settings: Settings) -> dict[str, tuple[str, ...]]:
    if isinstance(item, Task | TemplateTask):
        lists = {"type": settings.task_types, "priority": settings.priorities}
        if isinstance(item, Task):
            lists["status_name"] = ("", *(one.key for one in settings.task_statuses if one.means == item.status))
        return lists
    if isinstance(item, Objective | TemplateObjective):
        statuses = tuple(one.key for one in settings.objective_statuses)
        return {"status": ("", *statuses), "category": ("", *settings.objective_categories)}
    return {}
