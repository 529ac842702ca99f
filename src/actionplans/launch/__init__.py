"""From a template to a dated plan: template → Draft → Plan (T3 to T5, D9, P1).

`draft` makes the value that a wizard edits, `launch` makes the plan, all or nothing. What does not depend on the
account is worked out once a template (`Blueprint`), so that a bulk launch only fills in ids, owners and dates.

    wizard       the steps that edit a draft, and its summary (T4)
    drafted      what is launched: the template with what the draft adds and changes; where in a running plan (T13)
    blueprint    what a template gives to every launch of it
    conditions   which items are taken (T10)
    owners       who gets them (T5)
    dates        when they start and are due (D9, P1)
    items        the items themselves, and the plan (T3)
    saving       a plan, or a play of it, as a template (T8)
    versions     what two versions say differently
    upgrade      moving a launch to another version: scope, fields, differences (T9)
    said         the way back, from a plan to a template's terms
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from itertools import count

import attrs

from actionplans.checks import EMPTY, FrozenMap, shown, wanted
from actionplans.edit.context import changeable
from actionplans.errors import Invalid, MissingAnchors, Problem, Refused
from actionplans.launch.blueprint import Blueprint, blueprint, strange_anchors, waits
from actionplans.launch.conditions import holds
from actionplans.launch.differences import Answer, Difference, Outcome, Upgrade
from actionplans.launch.drafted import Place, drafted, placed
from actionplans.launch.items import Launching
from actionplans.launch.owners import Asked, Directory, asked_for, following
from actionplans.launch.saving import save_as_template
from actionplans.launch.upgrade import upgrade
from actionplans.launch.versions import Changed, compare
from actionplans.launch.wizard import Line, Outline, add, back, change, choose, drop, only, outline, update
from actionplans.model import Account, Draft, Plan, Template
from actionplans.settings import Settings
from actionplans.template import check_template


def draft(
    template: Template,
    account: Account,
    *,
    start: dt.date,
    anchors: Mapping[str, dt.date] = EMPTY,
    title: str = "",
    owner_id: str | None = None,
    plan_id: str | None = None,
    parent_id: str | None = None,
    joins: bool = False,
) -> Draft:
    """The value that a wizard edits before it launches (T4). `anchors` are the named dates besides `start` (D9).

    With `plan_id` it goes into that running plan, under the objective or play `parent_id` (T13); see `Draft`.
    """
    if not isinstance(anchors, Mapping):
        raise Invalid("draft", (Problem("anchors", f"a mapping from name to date is wanted, not {shown(anchors)}"),))
    if anchors.get("start", start) != start:
        raise Invalid("draft", (Problem("anchors['start']", f"differs from the start, {start}: give one of them"),))
    made = Draft(
        template=wanted(Template, template, "template"),
        account_id=wanted(Account, account, "account").id,
        anchors=FrozenMap({**anchors, "start": start}),
        title=title or template.title,
        section=template.section,
        owner_id=owner_id or account.owner_id,
        plan_id=plan_id,
        parent_id=parent_id,
        joins=joins,
    )
    strange = strange_anchors(made.anchors, blueprint(template).anchors) if len(made.anchors) > 1 else ()
    if strange:
        raise Invalid("draft", strange)
    return made


def launch(
    draft: Draft,
    account: Account,
    settings: Settings,
    *,
    directory: Directory,
    applier_id: str,
    now: dt.datetime,
    new_id: Callable[[], str],
    trial: bool = False,
    plan: Plan | None = None,
) -> Plan:
    """The plan that a draft describes, with ids, owners and dates; nothing is stored here (T3, T4).

    A draft with a `plan_id` gives that running `plan` with a play, objective or tasks more: their `start` is the play's
    or objective's own, the calendar and the other anchors are the plan's (D9, T13).

    Only published templates launch; `trial` tries one that is being edited (T1). Raises `Refused` for another state,
    `MissingAnchors` with all that are missing (D9), `Unresolved` with all rules that name nobody (T5), and `Invalid`
    for anything else that stands in the way, all problems at once.
    """
    return _launching(draft, account, settings, directory, applier_id, now, new_id, trial, plan).plan()


def summary(
    draft: Draft,
    account: Account,
    settings: Settings,
    *,
    directory: Directory,
    applier_id: str,
    now: dt.datetime,
    trial: bool = False,
    plan: Plan | None = None,
) -> Outline:
    """What the draft would launch, or all that stands in its way, for the last page of a wizard (T4)."""
    ids = (f"new-{n}" for n in count(1))
    try:
        under_way = _launching(draft, account, settings, directory, applier_id, now, ids.__next__, trial, plan)
        items = {one.id: one for one in under_way.plan().items()}
    except MissingAnchors as error:
        some_day = dict.fromkeys(error.anchors, draft.anchors.get("start") or now.date())
        given = attrs.evolve(draft, anchors=FrozenMap({**some_day, **draft.anchors}))
        rest = summary(
            given, account, settings, directory=directory, applier_id=applier_id, now=now, trial=trial, plan=plan
        ).obstacles
        return outline(draft, {}, (*error.problems, *(one for one in rest if one not in error.problems)))
    except Invalid as error:
        return outline(draft, {}, error.problems)
    except Refused as error:
        return outline(draft, {}, (Problem("", str(error)),))
    return outline(draft, {key: items[one] for key, one in under_way.ids.items() if one in items})


def _launching(
    draft: Draft,
    account: Account,
    settings: Settings,
    directory: Directory,
    applier_id: str,
    now: dt.datetime,
    new_id: Callable[[], str],
    trial: bool,
    plan: Plan | None,
) -> Launching:
    """A launch that may begin: the state, the account, the anchors and the place are as they must be."""
    template = wanted(Draft, draft, "draft").template
    if template.state != "published" and not (trial and template.state == "editing"):
        advice = "publish it first" if template.state == "editing" else "launch another version"
        raise Refused("launching", f"version {template.version} of {template.title!r} is {template.state}: {advice}")
    if template.state == "editing":
        check_template(template)
    if draft.account_id != account.id:
        raise Invalid("draft", (Problem("account_id", f"is {draft.account_id!r}, not {account.id!r}"),))
    made_of = blueprint(drafted(draft))
    place = _placed(draft, made_of.template, plan, settings)
    strange = strange_anchors(draft.anchors, made_of.anchors)
    given = draft.anchors if place is None else place.anchors
    missing = tuple(name for name in made_of.anchors if name not in given)
    if missing:
        told = tuple(Problem(f"anchors[{name!r}]", "give a date: the template counts from it") for name in missing)
        raise MissingAnchors(f"the launch of {template.title!r}", (*told, *strange), missing)
    problems = [*strange]
    return Launching(made_of, draft, account, settings, directory, applier_id, now, new_id, problems, place)


def _placed(draft: Draft, template: Template, plan: Plan | None, settings: Settings) -> Place | None:
    """Where in a running plan the draft goes, if it goes into one."""
    if plan is None and draft.plan_id is None:
        return None
    if plan is None or draft.plan_id != plan.id:
        given = "none is given" if plan is None else f"{plan.id!r} is given"
        raise Invalid("the draft", (Problem("plan_id", f"the plan {draft.plan_id!r} is wanted, {given}"),))
    changeable(plan, "launching into it")
    return placed(draft, template, plan, settings)


__all__ = [
    "Answer",
    "Asked",
    "Blueprint",
    "Changed",
    "Difference",
    "Directory",
    "Line",
    "Outcome",
    "Outline",
    "Upgrade",
    "add",
    "asked_for",
    "back",
    "blueprint",
    "change",
    "choose",
    "compare",
    "draft",
    "drop",
    "following",
    "holds",
    "launch",
    "only",
    "save_as_template",
    "summary",
    "update",
    "upgrade",
    "waits",
]
