"""Readings of metrics on tasks and objectives (L7)."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import attrs

from actionplans.checks import field_problems, shown
from actionplans.edit.context import Context, changeable, refuse, replaced, verb, wrong
from actionplans.errors import Invalid, NotFound
from actionplans.model import Metric, Objective, Plan, Reading, Task


@verb("measure")
def measure(plan: Plan, context: Context, item_id: str, value: Decimal | int, *, at: dt.datetime | None = None) -> Plan:
    """A reading of the metric of a task or objective: at this moment, or at an earlier one that is given.

    A moment has one reading: measuring for it again corrects it. Whatever the reading says, nothing is completed by it
    (L7). Floats are refused, as they are seldom the number that was meant. Raises `Refused` where there is no metric,
    or where it has as many readings as the settings allow.
    """
    item, metric = _measured(plan, item_id)
    moment, given = context.now if at is None else at, Decimal(value) if type(value) is int else value
    found = tuple(field_problems(Reading, {"at": moment, "value": given}))
    if found:
        raise Invalid("this reading", found)
    reading = Reading(moment, Decimal(given), context.actor_id)
    if moment > context.now:
        wrong("this reading", "at", f"{moment.isoformat()} is still to come: it is {context.now.isoformat()}")
    others = tuple(one for one in metric.readings if one.at != moment)
    most = context.settings.limits.readings_per_metric
    if len(others) >= most:
        refuse("measuring", f"{item.title!r} has {most} readings (settings, limits): remove some first")
    held = next((one for one in metric.readings if one.at == moment), None)
    if held == reading:
        return plan
    readings = sorted((*others, reading), key=lambda one: one.at)
    return replaced(plan, attrs.evolve(item, metric=attrs.evolve(metric, readings=tuple(readings))))


@verb("measure")
def remove_reading(plan: Plan, context: Context, item_id: str, at: dt.datetime) -> Plan:
    """The metric without the reading of that moment; raises `NotFound` where it has none."""
    item, metric = _measured(plan, item_id)
    left = tuple(one for one in metric.readings if one.at != at)
    if len(left) == len(metric.readings):
        raise NotFound("reading", at.isoformat() if isinstance(at, dt.datetime) else shown(at))
    return replaced(plan, attrs.evolve(item, metric=attrs.evolve(metric, readings=left)))


def _measured(plan: Plan, item_id: str) -> tuple[Task | Objective, Metric]:
    changeable(plan, "measuring")
    item = plan.item(item_id)
    if not isinstance(item, Task | Objective):
        refuse("measuring", f"a {item.kind} has no metric: measure a task or an objective")
    if item.metric is None:
        refuse("measuring", f"{item.title!r} has no metric: give it one with edit.update(…, metric=Metric(target))")
    return item, item.metric
