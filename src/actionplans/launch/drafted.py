"""What is launched: the draft's template with what the draft adds to it and says otherwise (T4, T13)."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator, Mapping
from typing import Any

import attrs
from attrs import frozen

from actionplans.checks import EMPTY, FrozenMap, shown
from actionplans.errors import Invalid, Problem
from actionplans.launch.blueprint import Dates, moved_anchors
from actionplans.model import (
    Draft,
    Override,
    Plan,
    Template,
    TemplateItem,
    TemplateObjective,
    TemplatePlay,
)
from actionplans.model.words import with_article
from actionplans.settings import Settings
from actionplans.template import check_template
from actionplans.template.rules import LISTS

AS_IT_IS = Override()
"""What a draft says of an item that nobody touched."""

AT_LAUNCH = frozenset({"title", "description", "start", "due", "owner_id"})
"""What an override says that is not a field of the template's item, or that every launch looks at anyway."""

DETAILS = tuple(one.name for one in attrs.fields(Override) if one.name not in AT_LAUNCH)
"""The fields of an override that are the item's own."""

Root = TemplatePlay | TemplateObjective
"""What a template brings into a running plan, and whose start its dates are counted from."""


@frozen
class Place:
    """Where in a running plan a draft is launched: what it brings stands under `root`, or is loose.

    `reused` are the ids of what the plan has already, by the template's key; `anchors` the plan's and the draft's named
    dates together. Where a launch is done again in its place (T9), `here` are the ids of its items, `known` the dates
    of those that are not counted, `held` the owners in whose calendars the others are, and `whole` says that it is that
    of the plan itself.
    """

    plan: Plan
    root: Root | None
    anchors: FrozenMap[str, dt.date]
    reused: Mapping[str, str] = EMPTY
    here: Mapping[str, str] = EMPTY
    known: Mapping[str, Dates] = EMPTY
    held: Mapping[str, str | None] = EMPTY
    whole: bool = False


def details(override: Override) -> dict[str, Any]:
    """The item's own fields that an override gives."""
    given = {name: getattr(override, name) for name in DETAILS}
    return {name: value for name, value in given.items() if value is not None}


def drafted(draft: Draft) -> Template:
    """The draft's template with the items it adds and the details it changes; the very template where there are none.

    Raises `Invalid` naming everything that does not fit together.
    """
    template, added = draft.template, tuple(draft.added.items())
    changed = {key: fields for key, one in draft.overrides.items() if (fields := details(one))}
    if not added and not changed:
        return template
    found = [*_not_of_its_own(draft), *_strange(template, draft, changed)]
    if found:
        raise Invalid("the draft", tuple(found))
    lists: dict[str, Any] = {
        name: tuple(
            attrs.evolve(one, **changed[one.key]) if one.key in changed else one
            for one in (*getattr(template, name), *getattr(draft.added, name))
        )
        for name in LISTS
    }
    merged = attrs.evolve(template, **lists)
    if added:
        try:
            check_template(attrs.evolve(merged, kind="plan"))
        except Invalid as error:
            raise Invalid("the draft", tuple(_by_key(merged, one) for one in error.problems)) from None
    return merged


def _by_key(template: Template, problem: Problem) -> Problem:
    """A problem at its item's key, as every other of a launch: the caller never saw the merged lists."""
    found = re.match(r"(\w+)\[(\d+)\]", problem.place)
    if found is None or found[1] not in LISTS:
        return problem
    item = getattr(template, found[1])[int(found[2])]
    return Problem(f"items[{item.key!r}]{problem.place[found.end() :]}", problem.message)


def _not_of_its_own(draft: Draft) -> Iterator[Problem]:
    """What an item of one's own cannot be (R4)."""
    for one in draft.added.items():
        if one.fixed:
            yield Problem(f"added[{one.key!r}].fixed", "an item of your own is free: leave it out")


def _strange(template: Template, draft: Draft, changed: Mapping[str, Mapping[str, Any]]) -> Iterator[Problem]:
    """Details that items of a kind do not have."""
    items: dict[str, TemplateItem] = {one.key: one for one in (*template.items(), *draft.added.items())}
    for key, fields in changed.items():
        for name in fields:
            if key in items and not hasattr(items[key], name):
                yield Problem(f"items[{key!r}].{name}", f"{with_article(items[key].kind)} has none")


def placed(draft: Draft, template: Template, plan: Plan, settings: Settings) -> Place:
    """Where in the plan the draft goes; raises `Invalid` with everything that stands in its way (T13)."""
    root: Root | None = None
    found: list[Problem] = []
    if template.kind == "play":
        root = template.plays[0]
    elif template.kind == "objective":
        root = template.objectives[0]
    elif template.kind == "plan":
        found.append(Problem("plan_id", "a template of whole plans starts a plan of its own: leave it out"))
    if draft.account_id != plan.account_id:
        found.append(Problem("plan_id", "is a plan of another account"))
    found += moved_anchors(plan, {name: day for name, day in draft.anchors.items() if name != "start"})
    found += _wrong_parent(draft, template, plan)
    if found:
        raise Invalid("the draft", tuple(found))
    anchors = FrozenMap({**plan.anchors, **draft.anchors})
    return Place(plan, root, anchors, _reused(draft, template, plan, settings))


def _wrong_parent(draft: Draft, template: Template, plan: Plan) -> Iterator[Problem]:
    kinds = {"play": ("objective",), "objective": (), "plan": ()}.get(template.kind, ("objective", "play"))
    if draft.parent_id is None:
        return
    if not kinds:
        yield Problem("parent_id", f"a template of {template.kind}s stands under nothing: leave it out")
        return
    held = {"objective": {one.id for one in plan.objectives}, "play": {one.id for one in plan.plays}}
    if not any(draft.parent_id in held[kind] for kind in kinds):
        yield Problem("parent_id", f"there is no {' or '.join(kinds)} {shown(draft.parent_id)} in this plan")


def _reused(draft: Draft, template: Template, plan: Plan, settings: Settings) -> dict[str, str]:
    """What the plan has already: its own stages of the same keys, and the objective that a play goes under."""
    own = {one.key: one.id for one in plan.stages if one.key}
    reused = {one.key: own[one.key] for one in template.stages if one.key in own}
    if template.kind == "play":
        opened = {one.key for one in settings.objective_statuses if one.means == "open"}
        for brought in template.objectives:
            alike = (one for one in plan.objectives if one.key == brought.key and one.status in opened)
            there = next(alike, None) if draft.joins else None
            into = draft.parent_id or (there.id if there is not None else None)
            if into is not None:
                reused[brought.key] = into
    return reused
