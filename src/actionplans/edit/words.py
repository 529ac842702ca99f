"""Words that an administrator decides: vocabularies and custom fields, as items must hold them (L1, L6, R5).

Only what a verb touched is looked at, so that an item stays editable after the settings have changed.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterator, Mapping, Set
from decimal import Decimal
from typing import Any

import attrs

from actionplans.checks import EMPTY, FrozenMap, field_problems, shown
from actionplans.errors import Invalid, Problem
from actionplans.model import Item, Objective, Plan, Task
from actionplans.settings import CustomField, Settings


def vocabulary_problems(item: Item, settings: Settings, touched: Collection[str]) -> Iterator[Problem]:
    """The touched fields of an item that hold no word of the administrator's list for them (L1, L6)."""
    for name, known in _vocabularies(item, settings).items():
        value = getattr(item, name)
        if name in touched and value not in known:
            wanted = ", ".join(filter(None, known)) or "none"
            yield Problem(name, f"one of {wanted} (settings), not {shown(value)}")


def custom_problems(
    kind: str, custom: Mapping[str, Any], settings: Settings, touched: Collection[str]
) -> Iterator[Problem]:
    """The touched custom fields that the settings do not have, of the wrong type, or required and left out (R5)."""
    fields = fields_of(kind, settings)
    for name in touched:
        value, place = custom.get(name), f"custom[{name!r}]"
        if name not in fields:
            if value is not None:
                yield Problem(place, f"there is no such field for a {kind} (settings)")
        elif value is None or value == "" or value == ():
            if fields[name].required:
                yield Problem(place, "is required: give it a value")
        elif not fits_field(fields[name], value):
            choices = f" of {', '.join(fields[name].choices)}" if fields[name].choices else ""
            yield Problem(place, f"{fields[name].type}{choices} is wanted, not {shown(value)}")


def touched(before: Item, after: Item) -> tuple[str, ...]:
    """The fields in which two states of an item differ."""
    names = (one.name for one in attrs.fields(type(before)))
    return tuple(name for name in names if getattr(before, name) != getattr(after, name))


def touched_custom(before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[str, ...]:
    """The custom fields that differ, yes and 1 among them."""
    names = dict.fromkeys((*before, *after))
    return tuple(one for one in names if _told_apart(before.get(one)) != _told_apart(after.get(one)))


def _told_apart(value: object) -> tuple[type, object]:
    return type(value), value


def fields_of(kind: str, settings: Settings) -> dict[str, CustomField]:
    """The custom fields of one kind of item, or of plans, by name."""
    return {one.name: one for one in settings.custom_fields if one.of == kind}


def with_defaults(kind: str, custom: FrozenMap[str, Any], settings: Settings) -> FrozenMap[str, Any]:
    """The custom fields of a new item, those that were not given at their defaults (R5)."""
    defaults = {one.name: one.default for one in fields_of(kind, settings).values() if one.default is not None}
    return FrozenMap({**defaults, **custom}) if defaults else custom


def editable(value: Item | Plan, known: Set[str], fields: Mapping[str, Any], what: str) -> dict[str, Any]:
    """The fields to change, `custom` being those held with the given ones changed; None clears one.

    Raises `Invalid` naming every field that is not among the `known`, or whose value it cannot hold.
    """
    names = ", ".join(sorted(known))
    found = [Problem(one, f"cannot be edited here; these can: {names}") for one in sorted(fields.keys() - known)]
    given = {name: one for name, one in fields.items() if name in known}
    if "custom" in given:
        if isinstance(given["custom"], Mapping):
            merged = {**getattr(value, "custom", EMPTY), **given["custom"]}
            given["custom"] = FrozenMap({name: one for name, one in merged.items() if one is not None})
        else:
            wrong = shown(given.pop("custom"))
            found.append(Problem("custom", f"a mapping from field to value is wanted, not {wrong}"))
    found += field_problems(type(value), given)
    if found:
        raise Invalid(what, tuple(found))
    return given


def fits_field(field: CustomField, value: object) -> bool:
    """Whether a value is of the custom field's type, and among its choices (R5)."""
    match field.type:
        case "number" | "money":
            return isinstance(value, int | Decimal) and not isinstance(value, bool)
        case "date":
            return type(value) is dt.date
        case "yes_no":
            return isinstance(value, bool)
        case "one_of":
            return value in field.choices
        case "several_of":
            return isinstance(value, tuple) and all(one in field.choices for one in value)
        case "link":
            return isinstance(value, str) and value.startswith(("https://", "http://", "mailto:"))
    return isinstance(value, str)


def _vocabularies(item: Item, settings: Settings) -> dict[str, tuple[str, ...]]:
    if isinstance(item, Task):
        names = tuple(one.key for one in settings.task_statuses if one.means == item.status)
        return {"type": settings.task_types, "priority": settings.priorities, "status_name": ("", *names)}
    if isinstance(item, Objective):
        statuses = tuple(one.key for one in settings.objective_statuses)
        return {"status": ("", *statuses), "category": ("", *settings.objective_categories)}
    return {}
