"""Adding plans that were made without a template: checked in full, since they come from outside."""

from __future__ import annotations

from typing import Any

import attrs

from actionplans.edit.context import known_stage, stage_problems, too_many
from actionplans.errors import Invalid, Problem, Refused
from actionplans.model import Account, Plan, Task
from actionplans.model.rules import check
from actionplans.permissions import subject
from actionplans.settings import Settings
from actionplans.sharing import View
from actionplans.vocabularies import custom_problems, item_problems, section_problems, with_defaults
from actionplans.workspace.accounts import zone_problems
from actionplans.workspace.desk import Desk, owners_of


def added(desk: Desk, plan: Plan, account: Account) -> View:
    """As `Workspace.add_plan`."""
    settings = desk.settings()
    filled = _with_defaults(plan, settings)
    made = attrs.evolve(filled, revision=0, created_by=desk.actor.id, created_at=desk.now())
    desk.need(settings, "plan.create", subject(account))
    desk.need(settings, "plan.see", subject(account, made))
    check(made)
    _fits(desk, made, settings)
    if desk.store.get_many(Plan, (made.id,)):
        raise Refused("adding", f"there is a plan {made.id!r} already: change that one")
    return desk.seen(desk.keep(None, made, "plan.create"), account, settings, written=True)


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
            items = getattr(plan, name)
            fields[name] = tuple(attrs.evolve(one, custom=with_defaults(kind, one.custom, settings)) for one in items)
    return attrs.evolve(plan, **fields)
