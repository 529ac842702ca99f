"""Statuses of objectives that follow progress, where the settings' rules say so (L6)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import TYPE_CHECKING

import attrs
from attrs import frozen

from actionplans.model import Objective, Plan, Task
from actionplans.progress import by_objective, met
from actionplans.settings import ObjectiveRule, Settings
from actionplans.workdays import today

if TYPE_CHECKING:
    from actionplans.edit.context import Context


def ruled(before: Plan, after: Plan, context: Context) -> Plan:
    """The plan after a step, with the statuses that the rules give to objectives for what the step changed (L6).

    A rule speaks when what it asks for becomes true, so a status that somebody sets by hand afterwards stays; when it
    is true no more, the status that it gave goes back. It changes only statuses that mean open. Whatever became overdue
    since the last change of the plan is seen by the next one, but not in a plan that is paused or closed (D12).
    """
    if not context.settings.objective_rules or after is before:
        return after
    was, now = _State.of(before, _last_day(before, context)), _State.of(after, context.today)
    objectives = tuple(_ruled(one, was, now, context.settings) for one in after.objectives)
    return after if objectives == after.objectives else attrs.evolve(after, objectives=objectives)


@frozen
class _State:
    """What the rules ask a plan about, on one day. In one that `stands` nothing becomes overdue."""

    objectives: dict[str, Objective]
    under: dict[str, list[Task]]
    day: dt.date | None
    stands: bool

    @classmethod
    def of(cls, plan: Plan, day: dt.date | None) -> _State:
        """The plan on that day; None for one of which no day is known."""
        stands = plan.status not in ("draft", "active")
        return cls({one.id: one for one in plan.objectives}, by_objective(plan)[0], day, stands)

    def holds(self, rule: ObjectiveRule, objective_id: str) -> bool:
        """Whether what the rule asks for is true of an objective."""
        one = self.objectives[objective_id]
        done = _done(one, self.under[one.id])
        if rule.when == "done":
            return done
        return not done and one.end is not None and self.day is not None and one.end < self.day


def _ruled(objective: Objective, was: _State, now: _State, settings: Settings) -> Objective:
    before, rules = was.objectives.get(objective.id), settings.objective_rules
    if before is None or before.status != objective.status:
        return objective
    true = [rule for rule in rules if now.holds(rule, objective.id)]
    new = [rule for rule in true if not was.holds(rule, objective.id)]
    if was.stands and now.stands:
        new = [rule for rule in new if rule.when == "done"]
    if new and _means_open(objective.status, settings):
        base = objective.status if objective.was is None else objective.was
        return attrs.evolve(objective, status=new[0].status, was=base)
    gave = [rule for rule in rules if rule.status == objective.status]
    if objective.was is None or not gave or any(rule in true for rule in gave):
        return objective
    if true:
        return attrs.evolve(objective, status=true[0].status)
    return attrs.evolve(objective, status=objective.was, was=None)


def _done(objective: Objective, tasks: Iterable[Task]) -> bool:
    statuses = {task.status for task in tasks}
    finished = "done" in statuses and statuses <= {"done", "cancelled"}
    return finished and (objective.metric is None or met(objective.metric) is True)


def _means_open(status: str, settings: Settings) -> bool:
    return all(one.means == "open" for one in settings.objective_statuses if one.key == status)


def _last_day(plan: Plan, context: Context) -> dt.date | None:
    """The day of the plan's last change, when the rules were last asked."""
    zone = plan.time_zone or context.settings.time_zone
    return today(plan.changed_at, zone) if plan.changed_at is not None else None
