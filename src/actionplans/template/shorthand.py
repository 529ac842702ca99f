"""What a person may write shorter in a template file, expanded into the plain form that the codec reads.

    on_day = 3                         due = { count = 3 }         day 1 is the day after the start (D2)
    start = 5, due = 5, end = 5        a table with that count
    owner = "account_owner"            a list of one; helpers too
    after = ["call", { task = "kick", lag = 2 }]     links with predecessor_id
    condition = 'account.type == "enterprise"'       conditions = [{ field, comparison, value }]
    completion_email = "thanks"        a table with that template_id
    metric = { target = 50 }           whole numbers as decimals

What is wrong in a shorthand, and which keys are neither fields nor shorthands, is told here; everything else is left as
it is for the codec to judge.
"""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from collections.abc import Callable
from decimal import Decimal
from functools import cache
from typing import Any

import attrs

from actionplans.checks import check_of, shown, strange_key
from actionplans.errors import Problem
from actionplans.model import (
    Dependency,
    Template,
    TemplateMilestone,
    TemplateObjective,
    TemplatePlay,
    TemplateStage,
    TemplateTask,
)
from actionplans.model.words import Days

Found = list[Problem]

_ITEMS: dict[str, type] = {
    "stages": TemplateStage,
    "objectives": TemplateObjective,
    "milestones": TemplateMilestone,
    "plays": TemplatePlay,
    "tasks": TemplateTask,
}
_STANDS_FOR = {"on_day": "due", "condition": "conditions", "task": "predecessor_id", "milestone": "predecessor_id"}
"""The shorthands that are keys of their own, each with the field that it fills."""

_OFFSETS = ("start", "due", "end")
_day_problems = check_of(Days)


def expanded(plain: dict[str, Any]) -> tuple[dict[str, Any], Found]:
    """The same data in full, and what is wrong in their shorthands."""
    found: Found = []
    full = _known(plain, Template, "", found)
    if "id" not in full:
        full["id"] = _id(full.get("title"), found)
    for name, cls in _ITEMS.items():
        if isinstance(full.get(name), list):
            full[name] = [_item(one, cls, f"{name}[{n}]", found) for n, one in enumerate(full[name])]
    return full, found


def slug(title: str) -> str:
    """A title as an id: letters and digits of any script in small, joined by `-`."""
    return re.sub(r"[\W_]+", "-", unicodedata.normalize("NFKC", title).casefold()).strip("-")[:100]


def _id(title: object, found: Found) -> str:
    made = slug(title) if isinstance(title, str) else "untitled"
    if not made:
        found.append(Problem("id", f"give the template an id: none can be made from the title {shown(title)}"))
    return made or "untitled"


_MEANT = {"play": "parent", "objective": "parent", "parent": "objective"}
"""What an item stands under by the wrong name, and the field that says it: `parent` of tasks, `objective` of others."""


def _known(given: dict[str, Any], cls: type, place: str, found: Found) -> dict[str, Any]:
    """A copy with those keys that are fields of the class or stand for one; the others are told, with what is near."""
    known = _keys(cls)
    for key in given:
        if key not in known:
            problem = strange_key(key, known)
            if _MEANT.get(key) in known:
                problem = Problem(problem.place, f"no such field: is it {_MEANT[key]}?")
            found.append(problem.under(place) if place else problem)
    return {key: value for key, value in given.items() if key in known}


@cache
def _keys(cls: type) -> frozenset[str]:
    fields = frozenset(one.name for one in attrs.fields(cls))
    return fields | {key for key, field in _STANDS_FOR.items() if field in fields}


def _item(item: Any, cls: type, place: str, found: Found) -> Any:
    if not isinstance(item, dict):
        return item
    full = _known(item, cls, place, found)
    for name in _OFFSETS:
        if type(full.get(name)) is int:
            full[name] = {"count": full[name]}
    for name in ("owner", "helpers"):
        if isinstance(full.get(name), str):
            full[name] = [full[name]]
    for name, expand in _EXPANDED.items():
        if name in full:
            expand(full, place, found)
    return full


def _on_day(full: dict[str, Any], place: str, found: Found) -> None:
    day = full.pop("on_day")
    if "due" in full:
        found.append(Problem(f"{place}.on_day", "says the due date as well: give on_day or due"))
        return
    wrong = [problem.under(f"{place}.on_day") for problem in _day_problems(day)]
    found += wrong
    full["due"] = {"count": 0 if wrong else day}


def _after(full: dict[str, Any], place: str, found: Found) -> None:
    if isinstance(full["after"], str):
        full["after"] = [full["after"]]
    if isinstance(full["after"], list):
        full["after"] = [_link(one, f"{place}.after[{n}]", found) for n, one in enumerate(full["after"])]


def _link(link: Any, place: str, found: Found) -> Any:
    if isinstance(link, str):
        return {"predecessor_id": link}
    if not isinstance(link, dict):
        return link
    full = _known(link, Dependency, place, found)
    named = [name for name in ("task", "milestone", "predecessor_id") if name in full]
    if len(named) != 1:
        found.append(Problem(place, "names one predecessor: task = KEY or milestone = KEY"))
    keys = [full.pop(name) for name in named]
    return {**full, "predecessor_id": keys[0] if keys else "-"}


def _condition(full: dict[str, Any], place: str, found: Found) -> None:
    one = full.pop("condition")
    if "conditions" in full:
        found.append(Problem(f"{place}.condition", "stands beside conditions: put it in there"))
        return
    full["conditions"] = [one if isinstance(one, dict) else comparison(one, f"{place}.condition", found)]


def _conditions(full: dict[str, Any], place: str, found: Found) -> None:
    if isinstance(full["conditions"], list):
        full["conditions"] = [
            comparison(one, f"{place}.conditions[{n}]", found) if isinstance(one, str) else one
            for n, one in enumerate(full["conditions"])
        ]


def _completion_email(full: dict[str, Any], place: str, found: Found) -> None:
    if isinstance(full["completion_email"], str):
        full["completion_email"] = {"template_id": full["completion_email"]}


def _metric(full: dict[str, Any], place: str, found: Found) -> None:
    if isinstance(full["metric"], dict):
        full["metric"] = {
            name: Decimal(str(value)) if name in ("target", "start") and type(value) in (int, float) else value
            for name, value in full["metric"].items()
        }


_EXPANDED: dict[str, Callable[[dict[str, Any], str, Found], None]] = {
    "on_day": _on_day,
    "after": _after,
    "conditions": _conditions,
    "condition": _condition,
    "completion_email": _completion_email,
    "metric": _metric,
}

_COMPARISON = re.compile(r"\s*([A-Za-z_][\w.]*)\s*(==|!=|<=|>=|<|>|in(?!\w))\s*(\S.*?)\s*", re.ASCII | re.DOTALL)
_TEXT = r"""(?:"[^"\\]*"|'[^']*')"""
_LIST = re.compile(rf"\[\s*(?:{_TEXT}\s*(?:,\s*{_TEXT}\s*)*,?\s*)?\]")
_NUMBER = re.compile(r"-?[0-9]{1,18}(\.[0-9]{1,18})?")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def comparison(text: object, place: str, found: Found) -> dict[str, Any]:
    """One comparison as data: FIELD, one of `== != < <= > >= in`, and a literal. Nothing is ever run (T10)."""
    match = _COMPARISON.fullmatch(text) if isinstance(text, str) and len(text) <= 2_000 else None
    if match is not None:
        value = _literal(match[3])
        if value is not None:
            return {"field": match[1], "comparison": match[2], "value": value}
    form = """one comparison like account.type == "enterprise", with a text in quotes, a number, a date, true, false """
    form += "or a list of texts (several must all hold: put them in conditions)"
    found.append(Problem(place, f"{form}, not {shown(text)}"))
    return {"field": "account.type", "comparison": "==", "value": ""}


def _literal(text: str) -> str | bool | int | Decimal | dt.date | list[str] | None:
    """The value that a literal stands for, or None where it is none."""
    if re.fullmatch(_TEXT, text):
        return text[1:-1]
    if _LIST.fullmatch(text):
        return [one[1:-1] for one in re.findall(_TEXT, text)]
    if text in ("true", "false"):
        return text == "true"
    if number := _NUMBER.fullmatch(text):
        return Decimal(text) if number[1] else int(text)
    if _DATE.fullmatch(text):
        try:
            return dt.date.fromisoformat(text)
        except ValueError:
            return None
    return None
