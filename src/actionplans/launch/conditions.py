"""Which items of a template are launched: not dropped, conditions met, and so for all their parents (T4, T10)."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

from actionplans.checks import shown
from actionplans.errors import Problem
from actionplans.launch.blueprint import Blueprint
from actionplans.model import Account, Condition, Draft
from actionplans.settings import Settings
from actionplans.template.rules import ACCOUNT_FIELDS
from actionplans.vocabularies import condition_problems

PARENTS = ("objective", "parent", "milestone", "stage")
"""The fields by which an item of a template names what it stands under."""


def taken(
    blueprint: Blueprint, draft: Draft, account: Account, settings: Settings, problems: list[Problem]
) -> frozenset[str]:
    """The keys that are launched; what the draft says of keys that there are not is added to the problems.

    So is what conditions ask for that accounts do not have (T10).

    A required task is dropped only with something that it stands under (T2); else that is a problem too. Of a stage
    library everything may be left out.
    """
    named = draft.dropped | draft.overrides.keys() if draft.overrides else draft.dropped
    for key in sorted(named - blueprint.keys) if named else ():
        problems.append(Problem(f"items[{key!r}]", "the template has no item of this key"))
    if not draft.dropped and not blueprint.conditional:
        return blueprint.keys
    found: set[str] = set()
    for item in blueprint.template.items():
        dropped, above = item.key in draft.dropped, (getattr(item, name, "") for name in PARENTS)
        if dropped and (blueprint.template.kind == "stage_library" or not getattr(item, "required", False)):
            continue
        stands = all(one in found or one not in blueprint.keys for one in above if one)
        if stands:
            problems += [one.under(f"items[{item.key!r}]") for one in condition_problems(item, settings)]
        if stands and all(met(one, item.key, account, problems) for one in getattr(item, "conditions", ())):
            found.add(item.key)
            if dropped and blueprint.template.kind != "stage_library":
                told = "is required: keep it (a template marks what may be left out with required = false, T2)"
                problems.append(Problem(f"items[{item.key!r}]", told))
    return frozenset(found)


def holds(value: Any, comparison: str, wanted: Any) -> bool:
    """Whether one comparison of a condition holds (T10); values of different kinds are never equal, less or more."""
    if comparison == "in":
        return isinstance(wanted, tuple) and any(holds(value, "==", one) for one in wanted)
    alike = _kind(value) == _kind(wanted)
    if comparison in ("==", "!="):
        return (alike and bool(value == wanted)) == (comparison == "==")
    if not alike or _kind(value) not in ("text", "number", "date"):
        return False
    return bool({"<": value < wanted, "<=": value <= wanted, ">": value > wanted, ">=": value >= wanted}[comparison])


def met(condition: Condition, key: str, account: Account, problems: list[Problem]) -> bool:
    """Whether an account meets the condition of an item; what it asks that accounts have not is a problem (T10)."""
    name = condition.field.removeprefix("account.")
    if name.startswith("custom."):
        value = account.custom.get(name.removeprefix("custom."))
    elif name in ACCOUNT_FIELDS:
        value = getattr(account, name)
    else:
        problems.append(Problem(f"items[{key!r}].conditions", f"accounts have no field {shown(name)}"))
        return False
    return holds(value, condition.comparison, condition.value)


def _kind(value: object) -> str:
    match value:
        case bool():
            return "yes_no"
        case int() | Decimal():
            return "number"
        case str():
            return "text"
        case dt.date():
            return "date"
        case tuple():
            return "several"
    return "nothing"
