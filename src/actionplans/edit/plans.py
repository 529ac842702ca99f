"""The life of a plan as a whole (L1, L10)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import attrs

from actionplans.checks import shown
from actionplans.edit.context import (
    Context,
    began_as,
    changeable,
    known_stage,
    no_calendar,
    opened,
    refuse,
    verb,
)
from actionplans.edit.following import follow
from actionplans.edit.words import editable
from actionplans.errors import Invalid, Problem
from actionplans.model import Plan
from actionplans.model.words import counted
from actionplans.vocabularies import custom_problems, section_problems, touched_custom, wants_stages
from actionplans.workdays import today

EDITABLE_PLAN: frozenset[str] = frozenset(
    {
        "title",
        "description",
        "section",
        "stage_id",
        "owner_id",
        "category",
        "tags",
        "custom",
        "calendar",
        "link_policy",
        "time_zone",
    }
)
"""The fields of a plan that `update_plan` takes; dates, status and sharing have verbs of their own."""


@verb("edit")
def update_plan(plan: Plan, context: Context, **fields: Any) -> Plan:
    """The plan with these fields of its own changed; raises `Invalid` naming every field that cannot be given here.

    `custom` changes the fields it names, None clears one. In another calendar dates are counted again (P6).
    """
    changeable(plan, "editing")
    changed = attrs.evolve(plan, **editable(plan, EDITABLE_PLAN, fields, "this plan"))
    found = [*_strange(changed, context, plan)]
    found += custom_problems("plan", changed.custom, context.settings, touched_custom(plan.custom, changed.custom))
    if found:
        raise Invalid("this plan", tuple(found))
    if changed == plan:
        return plan
    if changed.calendar != plan.calendar:
        changed, _ = follow(plan, changed, context, calendars_before=context.calendars_of(plan))
    return changed


@verb("complete")
def complete_plan(plan: Plan, context: Context, *, cancel_open: bool = False) -> Plan:
    """The plan is completed, by hand; with unfinished tasks it is refused unless `cancel_open` cancels them (L10)."""
    if plan.status == "completed" and not plan.archived:
        return plan
    changeable(plan, "completing")
    unfinished = sum(task.is_open for task in plan.tasks)
    if unfinished and not cancel_open:
        refuse(
            "completing", f"{counted(unfinished, 'task')} not finished: finish what is open, or say cancel_open=True"
        )
    tasks = tuple(
        attrs.evolve(task, status="cancelled", was=task.status) if task.is_open else task for task in plan.tasks
    )
    return attrs.evolve(
        plan, status="completed", was=began_as(plan), completed_at=context.now, paused_on=None, tasks=tasks
    )


@verb("cancel")
def cancel_plan(plan: Plan, context: Context) -> Plan:
    """The plan is given up; its tasks stay as they are and nothing of it is overdue any more."""
    if plan.status == "cancelled" and not plan.archived:
        return plan
    changeable(plan, "cancelling")
    return attrs.evolve(plan, status="cancelled", was=began_as(plan), paused_on=None)


@verb("reopen")
def reopen_plan(plan: Plan, context: Context) -> Plan:
    """A completed or cancelled plan is active again, or a draft where it was one; its tasks stay as they are."""
    if plan.archived or plan.status not in ("completed", "cancelled"):
        changeable(plan, "reopening")
        return plan
    return opened(plan)


@verb("archive")
def archive_plan(plan: Plan, context: Context, archived: bool = True) -> Plan:
    """The plan leaves the lists, or comes back; nothing in it changes while it is archived (L1)."""
    if plan.status == "merged":
        changeable(plan, "archiving")
    changed = attrs.evolve(plan, archived=archived)
    return plan if plan.archived == archived else changed


@verb("share")
def share_plan(plan: Plan, context: Context, shared: bool = True) -> Plan:
    """The plan's own *show customer* mark (V3); contacts see it only when they are invited too."""
    changeable(plan, "sharing")
    changed = attrs.evolve(plan, shared=shared)
    return plan if plan.shared == shared else changed


def _strange(plan: Plan, context: Context, before: Plan) -> Iterator[Problem]:
    """What a change of a plan's own fields names that is not there, or breaks (L8, D1, D7)."""
    settings = context.settings
    if plan.section != before.section:
        yield from section_problems(plan.section, settings)
        if wants_stages(plan.section, settings) and any(task.stage_id is None for task in plan.tasks):
            title = settings.section(plan.section).title
            yield Problem("section", f"{title!r} wants a stage for every task: give them one first (L8)")
    if plan.stage_id not in (before.stage_id, None) and not known_stage(plan, settings, str(plan.stage_id)):
        yield Problem("stage_id", f"there is no stage {shown(plan.stage_id)} in the settings or this plan")
    if plan.owner_id is not None and plan.owner_id != before.owner_id and not context.known_owner(plan.owner_id):
        yield Problem("owner_id", f"there is no active person or team {shown(plan.owner_id)}: choose another")
    if plan.calendar != before.calendar:
        yield from no_calendar(settings, plan.calendar) if plan.calendar else ()
    if plan.time_zone and plan.time_zone != before.time_zone:
        yield from (Problem("time_zone", one.message) for one in _refused(lambda: today(context.now, plan.time_zone)))


def _refused(asked: Callable[[], object]) -> tuple[Problem, ...]:
    """The problems that asking raises."""
    try:
        asked()
    except Invalid as error:
        return error.problems
    return ()
