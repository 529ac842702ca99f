"""Words that an administrator decides: vocabularies and custom fields, as items must hold them (L1, L6, L8, R5).

The same functions decide wherever something comes in: a verb, a launch, the publishing of a template, a plan or an
account that is added. A verb asks only for what it touched, so that an item stays editable after the settings have
changed.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Set
from typing import Any, NamedTuple

import attrs

from actionplans.checks import EMPTY, FrozenMap, advice, shown
from actionplans.errors import Problem
from actionplans.model import (
    Condition,
    Draft,
    Item,
    Objective,
    Plan,
    Play,
    Task,
    Template,
    TemplateItem,
    TemplateObjective,
    TemplatePlay,
    TemplateTask,
)
from actionplans.model.words import with_article
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
                yield Problem(place, f"there is no such field for {with_article(kind)} (settings)")
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


ALWAYS = "administrator"
"""The role that sees and edits every custom field, whatever the field says: it defines them (R5)."""


def may_see_field(field: CustomField, roles: Set[str], *, contact: bool = False) -> bool:
    """Whether somebody of these roles may see a custom field: with none named, everybody inside (R5).

    Of contacts no role counts: they see what is `shown_to_contacts` (V5).
    """
    if contact:
        return field.shown_to_contacts
    return not field.seen_by or ALWAYS in roles or not field.seen_by.isdisjoint(roles)


def may_edit_field(field: CustomField, roles: Set[str], *, contact: bool = False) -> bool:
    """Whether somebody of these roles may edit a custom field; who may not see it may not, nor a contact (R5, V6)."""
    if contact or not may_see_field(field, roles):
        return False
    return not field.edited_by or ALWAYS in roles or not field.edited_by.isdisjoint(roles)


def seen_fields(kind: str, settings: Settings, roles: Set[str]) -> frozenset[str] | None:
    """The custom fields of a kind that somebody inside, of these roles, sees; None for whatever is held (R5).

    That is an administrator's: what is held of a field that is gone is nobody else's to see any more.
    """
    if ALWAYS in roles:
        return None
    return frozenset(one.name for one in fields_of(kind, settings).values() if may_see_field(one, roles))


class Touched(NamedTuple):
    """A custom field that was given another value: which, where it stands, and the value, None where it was cleared."""

    field: CustomField
    place: str
    value: Any


def watched(settings: Settings) -> frozenset[str]:
    """The kinds that have custom fields of which more is asked than their type: rights, or a person that is stored."""
    return frozenset(one.of for one in settings.custom_fields if one.edited_by or one.seen_by or one.type == "person")


def touched_fields(
    kind: str, before: Mapping[str, Any] | None, after: Mapping[str, Any], settings: Settings, place: str = ""
) -> Iterator[Touched]:
    """The custom fields that were given: of something new (`before` None) those that are not at their defaults (R5)."""
    fields = fields_of(kind, settings)
    for name in touched_custom(settings.defaults(kind) if before is None else before, after):
        if name in fields:
            yield Touched(fields[name], f"{place}custom[{name!r}]", after.get(name))


def touched_in_plan(before: Plan | None, after: Plan, settings: Settings, *, new: bool = True) -> Iterator[Touched]:
    """The custom fields of a plan and its items that a change gave; without `new`, of those that were there before."""
    kinds = watched(settings)
    if "plan" in kinds and (before is not None or new):
        yield from touched_fields("plan", before.custom if before is not None else None, after.custom, settings)
    for kind, name in _HOLDING.items():
        if kind in kinds:
            held = {one.id: one for one in getattr(before, name)} if before is not None else {}
            for item in getattr(after, name):
                was = held.get(item.id)
                if was is not item and (was is not None or new):
                    place = f"{kind} {item.id!r}."
                    yield from touched_fields(
                        kind, was.custom if was is not None else None, item.custom, settings, place
                    )


def touched_in_draft(draft: Draft, settings: Settings) -> Iterator[Touched]:
    """The custom fields that a draft gives beside its template: the plan's, overrides, its own items' (T4, R5)."""
    kinds = watched(settings)
    if not kinds:
        return
    if draft.plan_id is None:
        yield from touched_fields("plan", None, with_defaults("plan", draft.custom, settings), settings)
    templates = draft.template.items() if draft.overrides else ()
    for own, items in ((False, templates), (True, draft.added.items())):
        for item in items:
            override = draft.overrides.get(item.key)
            given = override.custom if override is not None else None
            if item.kind in kinds and (own or given is not None):
                held = _custom_of(item)
                was = None if own else with_defaults(item.kind, held, settings)
                now = with_defaults(item.kind, held if given is None else given, settings)
                yield from touched_fields(item.kind, was, now, settings, f"items[{item.key!r}].")


def touched_in_template(before: Template | None, after: Template, settings: Settings) -> Iterator[Touched]:
    """The custom fields of its items that somebody gave a template, by key (R5)."""
    kinds = watched(settings)
    held = {(one.kind, one.key): one for one in before.items()} if before is not None and kinds else {}
    for item in after.items() if kinds else ():
        before_it = held.get((item.kind, item.key))
        if item.kind in kinds and before_it is not item:
            held_custom = _custom_of(before_it) if before_it is not None else EMPTY
            was, now = (with_defaults(item.kind, one, settings) for one in (held_custom, _custom_of(item)))
            yield from touched_fields(item.kind, was, now, settings, f"{_HOLDING[item.kind]}[{item.key!r}].")


def with_editable_fields(template: Template, settings: Settings, roles: Set[str]) -> Template:
    """The template without the custom fields that somebody of these roles may not edit, as they may make it (R5)."""
    mine = {(one.of, one.name) for one in settings.custom_fields if may_edit_field(one, roles)}
    if len(mine) == len(settings.custom_fields):
        return template
    changed: dict[str, Any] = {}
    for kind, name in _HOLDING.items():
        changed[name] = tuple(
            attrs.evolve(
                item, custom=FrozenMap({key: value for key, value in item.custom.items() if (kind, key) in mine})
            )
            for item in getattr(template, name)
        )
    return attrs.evolve(template, **changed)


_HOLDING: Mapping[str, str] = {"objective": "objectives", "play": "plays", "task": "tasks"}
"""The kinds of items that have custom fields, and where they stand in a plan or template."""


def _custom_of(item: TemplateItem) -> FrozenMap[str, Any]:
    held: FrozenMap[str, Any] = getattr(item, "custom", EMPTY)
    return held


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
