"""From a template to a dated plan: template → Draft → Plan (T3 to T5, D9, P1).

`draft` makes the value that a wizard edits, `launch` makes the plan, all or nothing. What does not depend on the
account is worked out once a template (`Blueprint`), so that a bulk launch only fills in ids, owners and dates.

    blueprint    what a template gives to every launch of it
    conditions   which items are taken (T10)
    owners       who gets them (T5)
    dates        when they start and are due (D9, P1)
    items        the items themselves, and the plan (T3)
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping

from actionplans.checks import EMPTY, FrozenMap, advice, shown
from actionplans.errors import Invalid, MissingAnchors, Problem, Refused
from actionplans.launch.blueprint import Blueprint, blueprint
from actionplans.launch.conditions import holds
from actionplans.launch.dates import waits
from actionplans.launch.items import Launching
from actionplans.launch.owners import Asked, Directory, asked_for, following
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
) -> Draft:
    """The value that a wizard edits before it launches (T4). `anchors` are the named dates besides `start` (D9)."""
    if not isinstance(anchors, Mapping):
        raise Invalid("draft", (Problem("anchors", f"a mapping from name to date is wanted, not {shown(anchors)}"),))
    if anchors.get("start", start) != start:
        raise Invalid("draft", (Problem("anchors['start']", f"differs from the start, {start}: give one of them"),))
    made = Draft(
        template,
        account.id,
        FrozenMap({**anchors, "start": start}),
        title or template.title,
        section=template.section,
        owner_id=owner_id or account.owner_id,
    )
    strange = _strange_anchors(made, blueprint(template)) if len(made.anchors) > 1 else ()
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
) -> Plan:
    """The plan that a draft describes, with ids, owners and dates; nothing is stored here (T3, T4).

    Only published templates launch; `trial` tries one that is being edited (T1). Raises `Refused` for another state,
    `MissingAnchors` with all that are missing (D9), `Unresolved` with all rules that name nobody (T5), and `Invalid`
    for anything else that stands in the way, all problems at once.
    """
    template = draft.template
    if template.state != "published" and not (trial and template.state == "editing"):
        advice = "publish it first" if template.state == "editing" else "launch another version"
        raise Refused("launching", f"version {template.version} of {template.title!r} is {template.state}: {advice}")
    if template.state == "editing":
        check_template(template)
    if draft.account_id != account.id:
        raise Invalid("draft", (Problem("account_id", f"is {draft.account_id!r}, not {account.id!r}"),))
    plan = blueprint(template)
    strange = _strange_anchors(draft, plan)
    missing = tuple(name for name in plan.anchors if name not in draft.anchors)
    if missing:
        told = tuple(Problem(f"anchors[{name!r}]", "give a date: the template counts from it") for name in missing)
        raise MissingAnchors(f"the launch of {template.title!r}", (*told, *strange), missing)
    return Launching(plan, draft, account, settings, directory, applier_id, now, new_id, [*strange]).plan()


def _strange_anchors(draft: Draft, plan: Blueprint) -> tuple[Problem, ...]:
    """The dates that the draft gives and the template does not have (D9)."""
    strange = sorted(draft.anchors.keys() - frozenset(plan.anchors))
    return tuple(
        Problem(f"anchors[{name!r}]", f"the template has no such date: {advice(name, plan.anchors)}")
        for name in strange
    )


__all__ = [
    "Asked",
    "Blueprint",
    "Directory",
    "asked_for",
    "blueprint",
    "draft",
    "following",
    "holds",
    "launch",
    "waits",
]
