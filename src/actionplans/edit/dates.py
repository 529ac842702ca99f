"""The dates of a plan as a whole: anchors, calendars, pausing and resuming (D7, D9, P6, P8)."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import get_args

import attrs

from actionplans.checks import EMPTY, FrozenMap, advice, shown
from actionplans.edit.context import Context, began_as, changeable, opened, refuse, verb, wrong
from actionplans.edit.following import follow, hanging_on, one_after_the_other, quiet, told
from actionplans.errors import Invalid, Problem
from actionplans.model import Plan, Task, Warn
from actionplans.model.words import LinkPolicy
from actionplans.schedule import Reschedule, beyond, offset_date
from actionplans.schedule.bases import done_days, ends, fixed, timed
from actionplans.schedule.pause import anchors_after, left_behind, resumed
from actionplans.schedule.reasons import dated
from actionplans.settings import Settings
from actionplans.workdays import a_date


@verb("edit")
def set_anchor(plan: Plan, context: Context, name: str, date: dt.date | None) -> Plan:
    """A named date of the plan (`start`, `go_live`) is on another day, or is new; None removes it (D9).

    Everything that is counted from it follows, under every policy, and then what hangs on that (P6). Raises `Invalid`
    for a name or date that is none, and for a day from which something that is counted from it cannot be; `start`
    stays, and so does an anchor that something is counted from.
    """
    changeable(plan, "moving an anchor")
    if not isinstance(name, str) or not re.fullmatch("[a-z][a-z0-9_]{0,99}", name) or name == "own_start":
        wrong("this plan", "name", f"a name like start or go_live is wanted, in small letters, not {shown(name)}")
    if date is not None:
        a_date(date, f"anchors[{name!r}]")
    elif name not in plan.anchors:
        return plan
    elif name == "start" or any(offset and offset.anchor == name for one in timed(plan) for _, offset in ends(one)):
        refuse("removing an anchor", f"dates are counted from {name!r}: give another date, or change those first")
    if name not in plan.anchors and (near := advice(name, plan.anchors)).startswith("is it"):
        context.warn(Warn("", f"{name!r} is a new date of this plan: {near}"))
    anchors = {**plan.anchors, name: date}
    after = attrs.evolve(plan, anchors=FrozenMap({one: day for one, day in anchors.items() if day is not None}))
    if after == plan:
        return plan
    found = tuple(_uncounted(after, context, name, date)) if date is not None else ()
    if found:
        raise Invalid("moving an anchor", found)
    return follow(plan, after, context)[0]


def _uncounted(plan: Plan, context: Context, name: str, day: dt.date) -> Iterator[Problem]:
    """What cannot be counted from an anchor on that day (D5, D11); what does not move is only warned of (P5)."""
    days, done = context.calendars_of(plan), done_days(plan)
    for item in timed(plan):
        if not fixed(item, done):
            for _, offset in ends(item):
                if offset is not None and offset.anchor == name:
                    try:
                        offset_date(offset, day, days(item if isinstance(item, Task) else None))
                    except Invalid as error:
                        problem = error.problems[0]
                        yield Problem("date", f"{item.kind} {item.title!r} is counted from it: {problem.message}")


@verb("edit")
def pause_plan(plan: Plan, context: Context) -> Plan:
    """The plan stands still from today on: nothing in it is overdue and nobody is reminded (P8)."""
    if plan.status == "paused" and not plan.archived:
        return plan
    changeable(plan, "pausing")
    return attrs.evolve(plan, status="paused", was=began_as(plan), paused_on=context.today)


@verb("edit")
def resume_plan(plan: Plan, context: Context) -> Plan:
    """The plan goes on today: all that is still to come moves by the time it stood still (P8).

    Anchors on or after the day of the pause move, and every task that is neither done, cancelled nor locked, overdue
    ones too: by calendar days, or by the working days among them for an offset in working days. Rolls are applied
    again, then links push, unless the policy is `hold`. A plan that is not paused stays as it is.
    """
    changeable(plan, "resuming")
    if plan.status != "paused":
        return plan
    today = context.today
    paused_on = plan.paused_on or today
    moves = resumed(plan, paused_on=paused_on, today=today, days=context.calendars_of(plan))
    anchors = anchors_after(plan, paused_on, today) if today > paused_on else plan.anchors
    again = attrs.evolve(opened(dated(plan, moves)), anchors=anchors)
    for warning in left_behind(plan, again, context.calendars_of(plan)):
        context.warn(warning)
    ids = frozenset(move.item_id for move in moves)
    look, policy = ids | hanging_on(again, ids), plan.link_policy
    if policy == "hold":  # only what does not move is looked at, for the warnings
        look = frozenset(one.id for one in timed(again) if one.id in look and fixed(one, ()))
    else:
        policy = "push"
    after, linked = follow(again, again, quiet(context), look_at=look, policy=policy)
    told(context, Reschedule(one_after_the_other(moves, linked.moves)))
    return after


@verb("edit")
def reschedule(
    plan: Plan, context: Context, item_ids: Iterable[str] | None = None, *, policy: LinkPolicy | None = None
) -> Plan:
    """Let links move these items, or all, as the plan's policy or another says: conflicts end where that moves (P5).

    Locked, done and cancelled tasks stay. Raises `Invalid` for an id that is none here, and for an unknown policy.
    """
    changeable(plan, "rescheduling")
    known = {one.id for one in timed(plan)}
    given = known if item_ids is None else _ids(item_ids)
    found = [Problem("item_ids", f"there is no item {shown(one)} with dates in this plan") for one in given - known]
    if policy is not None and policy not in get_args(LinkPolicy):
        found.append(Problem("policy", f"one of {', '.join(get_args(LinkPolicy))}, not {shown(policy)}"))
    if found:
        raise Invalid("rescheduling", tuple(found))
    return follow(plan, plan, context, look_at=given, policy=policy)[0]


def _ids(given: object) -> set[str]:
    ids = list(given) if isinstance(given, Iterable) and not isinstance(given, str | bytes) else [None]
    if not all(isinstance(one, str) for one in ids):
        wrong("rescheduling", "item_ids", f"ids of items are wanted, not {shown(given)}")
    return {one for one in ids if isinstance(one, str)}


@verb("edit")
def recount(plan: Plan, context: Context, before: Settings, calendars: Mapping[str, str] = EMPTY) -> Plan:
    """The plan's dates after calendars outside of it changed: those of the settings, or of persons (D7, P6).

    `before` are the settings as they were, `calendars` the names of the persons' calendars by the persons' id, where
    those were others. Offsets are counted again, all other tasks keep their start, rolled `next`, and their duration;
    then links move as the plan's policy says. Warns of dates that stand in years whose holidays the calendars that are
    new do not know (D6).
    """
    changeable(plan, "counting again")
    if not isinstance(before, Settings):
        wrong("counting again", "before", f"the settings as they were are wanted, not {shown(before)}")
    if not isinstance(calendars, Mapping) or not all(
        isinstance(one, str) for pair in calendars.items() for one in pair
    ):
        wrong(
            "counting again", "calendars", f"names of calendars by the persons' id are wanted, not {shown(calendars)}"
        )
    was = attrs.evolve(context, settings=before, calendars=FrozenMap({**context.calendars, **calendars}))
    then, now = was.calendars_of(plan), context.calendars_of(plan)
    after, _ = follow(plan, plan, context, calendars_before=then)
    stood, held = beyond(plan, now), beyond(plan, then)
    for warning in beyond(after, now):
        if warning in stood and warning not in held:  # of those that moved the workspace tells
            context.warn(warning)
    return after
