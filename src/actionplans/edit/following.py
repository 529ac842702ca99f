"""What every verb that touches dates does at its end: the rest of the plan follows, and what happened is told (P6)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Set

import attrs

from actionplans.edit.context import Context
from actionplans.model import Milestone, Plan, Shift, Task
from actionplans.model.words import LinkPolicy
from actionplans.schedule import Calendars, Moved, Reason, Reschedule, reschedule
from actionplans.schedule.bases import Timed, dates, fixed, sources, timed
from actionplans.schedule.reasons import dated


def follow(
    before: Plan,
    after: Plan,
    context: Context,
    *,
    calendars_before: Calendars | None = None,
    look_at: Set[str] = frozenset(),
    policy: LinkPolicy | None = None,
) -> tuple[Plan, Reschedule]:
    """The plan after what the change moves has moved, and what that was; moves and warnings are told to the context."""
    found = reschedule(
        before,
        after,
        days=context.calendars_of(after),
        days_before=calendars_before,
        today=context.today,
        look_at=look_at,
        policy=policy,
    )
    told(context, found)
    for warning in context.lost_calendars(after):
        context.warn(warning)
    return found.applied(after), found


def followed(before: Plan, after: Plan, context: Context) -> Plan:
    """The plan after what the change moves has moved (P6)."""
    return after if after is before else follow(before, after, context)[0]


def told(context: Context, found: Reschedule) -> None:
    """Tell the context what moved and what is warned of."""
    for move in found.moves:
        context.moved(move)
    for warning in found.warnings:
        context.warn(warning)


def quiet(context: Context) -> Context:
    """The context that hears of no moves: the caller tells them, together with others."""
    return attrs.evolve(context, moved=lambda move: None)


def one_after_the_other(first: Iterable[Moved], then: Iterable[Moved]) -> tuple[Moved, ...]:
    """Moves of the same items in two steps as one: the dates before from the first, the dates after from the last.

    What comes back to where it was has not moved.
    """
    moves = {move.item_id: move for move in first}
    for move in then:
        was = moves.get(move.item_id)
        moves[move.item_id] = move if was is None else move._replace(old_start=was.old_start, old_due=was.old_due)
    return tuple(one for one in moves.values() if (one.old_start, one.old_due) != (one.start, one.due))


def taken_back(plan: Plan, context: Context, source: Task | Milestone, shifts: Collection[Shift]) -> Plan:
    """The plan with the dates that completing moved as they were, where nothing has changed them since (P7).

    One that was started since keeps its start. Where some stayed, what went back moves on again as far as links force
    it.
    """
    items = {one.id: one for one in timed(plan)}
    moves, stayed = [], False
    for shift in shifts:
        item = items.get(shift.item_id)
        if item is None or dates(item) != (shift.to_start, shift.to_due) or fixed(item, ()) or _begun(item, shift):
            stayed = True
            continue
        reason = Reason("reopened", "start" if shift.due == shift.to_due else "due", source.id)
        reason = reason._replace(now=shift.start if reason.end == "start" else shift.due)
        old = dates(item)
        moves.append(Moved(item.id, *old, shift.start, shift.due, shift.duration, tuple(reason)))
    never_due = frozenset(one.item_id for one in shifts if one.first) & {move.item_id for move in moves}
    plan = _without_first_due(dated(plan, moves), never_due)
    if stayed and moves and plan.link_policy != "hold":
        back = frozenset(one.item_id for one in moves)
        plan, linked = follow(plan, plan, quiet(context), look_at=back, policy="push")
        moves = list(one_after_the_other(moves, linked.moves))
    told(context, Reschedule(tuple(moves)))
    return plan


def _without_first_due(plan: Plan, ids: Set[str]) -> Plan:
    """The plan in which these have not had a due date yet (D12)."""
    if not ids:
        return plan
    return attrs.evolve(
        plan,
        milestones=tuple(attrs.evolve(one, original_due=None) if one.id in ids else one for one in plan.milestones),
        tasks=tuple(attrs.evolve(one, original_due=None) if one.id in ids else one for one in plan.tasks),
    )


def hanging_on(plan: Plan, ids: Set[str]) -> frozenset[str]:
    """The ids of all items whose dates hang straight on one of these."""
    return frozenset(one.id for one in timed(plan) if not ids.isdisjoint(sources(one)))


def _begun(item: Timed, shift: Shift) -> bool:
    """Whether an item was started since, on the day that it was moved to (P5)."""
    since = isinstance(item, Task) and item.status == "in_progress" and not shift.begun
    return since and shift.start != shift.to_start


def with_shifts(item: Task | Milestone, shifts: tuple[Shift, ...]) -> Task | Milestone:
    """A completed task or reached milestone that remembers what completing it moved."""
    if isinstance(item, Milestone):
        return attrs.evolve(item, shifts=shifts)
    return attrs.evolve(item, completion=attrs.evolve(item.completion, shifts=shifts)) if item.completion else item
