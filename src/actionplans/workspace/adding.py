"""Adding plans that were made without a template: checked in full, since they come from outside."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs

from actionplans.edit import items
from actionplans.edit.context import known_stage, stage_problems, too_many
from actionplans.errors import Invalid, NotAllowed, Problem, Refused
from actionplans.model import Account, Plan, Task
from actionplans.model.rules import check
from actionplans.permissions import subject
from actionplans.settings import Settings
from actionplans.sharing import View
from actionplans.vocabularies import custom_problems, item_problems, section_problems, touched_in_plan, with_defaults
from actionplans.workspace.accounts import zone_problems
from actionplans.workspace.desk import Desk, owners_of
from actionplans.workspace.fields import admit_fields

MOST_TOLD = 20
"""How many things that it may not bring a refused plan is told."""


def added(desk: Desk, plan: Plan, account: Account) -> View:
    """As `Workspace.add_plan`."""
    settings = desk.settings()
    filled = _with_defaults(plan, settings)
    made = attrs.evolve(filled, revision=0, created_by=desk.actor.id, created_at=desk.now())
    desk.need(settings, "plan.create", subject(account))
    desk.need(settings, "plan.see", subject(account, made))
    check(made)
    _brings(desk, made, settings, account)
    _fits(desk, made, settings)
    admit_fields(desk, settings, touched_in_plan(None, made, settings))
    if desk.store.get_many(Plan, (made.id,)):
        raise Refused("adding", f"there is a plan {made.id!r} already: change that one")
    return desk.seen(desk.keep(None, made, "plan.create"), account, settings)


NEVER_GIVEN: Mapping[str, object] = {
    "launch": None,
    "shared": False,
    "archived": False,
    "comments": (),
    "paused_on": None,
    "was": None,
    "merged_into": None,
    "joined": {},
    "completed_at": None,
}
"""What only launches and verbs give a plan, and what it is without them."""


def _brings(desk: Desk, plan: Plan, settings: Settings, account: Account) -> None:
    """A plan that brings along what only launches, completions and other verbs give is imported: a right of its own."""
    brought = [name for name, default in NEVER_GIVEN.items() if getattr(plan, name) != default]
    brought += ["status"] if plan.status not in ("draft", "active") else []
    for item in plan.items():
        metric = getattr(item, "metric", None)
        names = [name for name, default in items.NEVER_GIVEN.items() if getattr(item, name, default) != default]
        names += ["status"] if isinstance(item, Task) and item.status not in ("open", "waiting") else []
        names += ["metric.readings"] if metric is not None and metric.readings else []
        brought += (f"{item.kind} {item.id!r}.{name}" for name in names)
    decision = desk.may(settings, "plan.import", subject(account)) if brought else None
    if decision is not None and not decision.allowed:
        named = ", ".join(brought[:MOST_TOLD]) + (", …" if len(brought) > MOST_TOLD else "")
        raise NotAllowed(attrs.evolve(decision, reason=f"{decision.reason}; or leave out {named}"[:900]))


def _fits(desk: Desk, plan: Plan, settings: Settings) -> None:
    """What a plan names outside itself is there, its words and custom fields are the settings' (L1, L8, R5)."""
    found = list(zone_problems(plan.time_zone))
    found += [
        Problem("owners", f"there is no active person or team {owner!r}")
        for owner in sorted(owners_of(plan))
        if not desk.known_owner(owner)
    ]
    found += (*section_problems(plan.section, settings), *custom_problems("plan", plan.custom, settings))
    if plan.stage_id is not None and not known_stage(plan, settings, plan.stage_id):
        found.append(Problem("stage_id", f"{plan.stage_id!r} is no stage of the settings or this plan"))
    found += too_many(plan, settings)
    for item in plan.items():
        wrong = [*item_problems(item, settings)]
        if isinstance(item, Task) and not any(one.place == "section" for one in found):
            wrong += stage_problems(plan, settings, item)
        found += [one.under(f"{item.kind} {item.id!r}") for one in wrong]
    if found:
        raise Invalid("plan", tuple(found))


def _with_defaults(plan: Plan, settings: Settings) -> Plan:
    """The plan and its items with the custom fields that were left out (R5)."""
    fields: dict[str, Any] = {"custom": with_defaults("plan", plan.custom, settings)}
    for kind, name in (("objective", "objectives"), ("play", "plays"), ("task", "tasks")):
        if settings.defaults(kind):
            fields[name] = tuple(
                attrs.evolve(one, custom=with_defaults(kind, one.custom, settings)) for one in getattr(plan, name)
            )
    return attrs.evolve(plan, **fields)
