"""Taking a step of a plan back: what it changed, what follows from that, and what stands in the way (J2, P3, L10)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from actionplans.checks import shown
from actionplans.edit.context import Context, changeable, no_calendar, refuse, unknown_owners
from actionplans.edit.objectives import ruled
from actionplans.edit.tasks import settled, successors
from actionplans.errors import Invalid, Problem
from actionplans.journal import Edit, undone
from actionplans.model import Item, Plan, Stage, Task
from actionplans.model.words import counted
from actionplans.schedule import Moved, Reason
from actionplans.schedule.bases import dates, timed

_WAITED_FOR = frozenset({"", "status", "dependencies", "offset", "start_offset", "milestone_id", "reached_on"})
"""The fields of items that say what waits for what (P3)."""


def taken(plan: Plan, context: Context, edits: Sequence[Edit], action: str) -> Plan:
    """The plan with one step taken back; `action` is the one that the step is decided as.

    Tasks that have not been started are waiting or open as their links now say (P3). Raises `Refused` where the plan
    takes no change, unless it is the step that closed or archived it; `Invalid` naming what has changed since, and
    owners and calendars that could not be given any more. Tells the context what gets other dates.
    """
    _open(plan, edits, action)
    back = undone(plan, edits)
    if back.status == "completed" != plan.status:
        unfinished = sum(task.is_open for task in back.tasks)
        if unfinished:
            refuse("undoing", f"{counted(unfinished, 'task')} not finished: finish or cancel what is open first")
    found = tuple(_strange(plan, back, context))
    if found:
        raise Invalid("undoing", found)
    for move in _moves(plan, back):
        context.moved(move)
    touched = frozenset(_touched(edits))
    return ruled(plan, settled(back, {task.id for task in successors(back, touched)} | touched), context)


def _open(plan: Plan, edits: Iterable[Edit], action: str) -> None:
    """A plan that is archived or closed takes back only the step that made it so, and a comment while it is closed."""
    own = {one.field for one in edits if one.kind == "record"}
    stuck = plan.status == "merged" or plan.archived and "archived" not in own
    if stuck or not (own & {"status", "archived"} or action.endswith(".comment")):
        changeable(plan, "undoing")


def _touched(edits: Iterable[Edit]) -> Iterator[str]:
    """The ids of what may be waited for otherwise, with the milestones whose tasks come or go."""
    for one in edits:
        if one.field in _WAITED_FOR:
            yield one.item_id
            for held in (one.before, one.after):
                point = held if one.field == "milestone_id" else getattr(held, "milestone_id", None)
                if point is not None:
                    yield point


def _strange(plan: Plan, back: Plan, context: Context) -> Iterator[Problem]:
    """Owners and calendars that come back and could not be given any more; items come back whole as they were (R1)."""
    held: dict[str, Item] = {one.id: one for one in plan.items()}
    if back.owner_id not in (None, plan.owner_id) and not context.known_owner(str(back.owner_id)):
        told = f"there is no active person or team {shown(back.owner_id)}: give it another owner instead"
        yield Problem("owner_id", told)
    if back.calendar not in ("", plan.calendar):
        yield from no_calendar(context.settings, back.calendar)
    for one in back.items():
        before = held.get(one.id)
        if before is not None and before is not one and not isinstance(one, Stage):
            found = [*unknown_owners(context, one, before)]
            if isinstance(one, Task) and isinstance(before, Task) and one.calendar not in ("", before.calendar):
                found += no_calendar(context.settings, one.calendar)
            for problem in found:
                yield problem.under(f"{one.kind} {one.id!r}")


def _moves(plan: Plan, back: Plan) -> Iterator[Moved]:
    """What gets other dates, but for what only comes back or goes."""
    held = {one.id: one for one in timed(plan)}
    for one in timed(back):
        before = held.get(one.id)
        if before is not None and before is not one and dates(before) != dates(one):
            (old_start, old_due), (start, due) = dates(before), dates(one)
            reason = Reason("undone", "start", now=start) if due == old_due else Reason("undone", "due", now=due)
            lasts = one.duration if isinstance(one, Task) else None
            yield Moved(one.id, old_start, old_due, start, due, lasts, tuple(reason))
