"""What a verb is given besides the plan, and what makes a function a verb."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import wraps
from inspect import signature
from typing import Any, NoReturn, ParamSpec

import attrs
from attrs import frozen

from actionplans.checks import EMPTY, problems, shown
from actionplans.edit.objectives import ruled
from actionplans.errors import Invalid, NotFound, Problem, Refused
from actionplans.model import Item, Plan, Task, Warn
from actionplans.model.plan import id_wanted
from actionplans.model.rules import ids_of, links_of, no_circles, places_of
from actionplans.model.words import PlanStatus
from actionplans.schedule import Calendars, Moved
from actionplans.settings import Settings
from actionplans.vocabularies import STAGE_WANTED, wants_stages
from actionplans.workdays import WorkDays, resolve

P = ParamSpec("P")


def _anybody(owner_id: str) -> bool:
    """Without a directory, everybody is known."""
    return True


def _unheard(told: Warn | Moved) -> None:
    """Where nobody listens, what is told is no more than that."""


@frozen
class Context:
    """Everything a verb may not find out by itself: who asks, when, in which settings, and where new ids come from.

    `today` is the day in the plan's time zone (D1), `calendars` the names of owners' own calendars by their id (D7).
    `known_owner` says whether work may be assigned to a person, `team:ID` or `any_contact`; by default to anybody.
    `warn` hears what was not refused but the user should know, `moved` each item that a change moved besides itself,
    with the reason (P6). `outside` says that who asks sees only a part of the plan: a contact or partner (V5, V6).
    """

    actor_id: str
    now: dt.datetime
    today: dt.date
    settings: Settings
    new_id: Callable[[], str]
    calendars: Mapping[str, str] = EMPTY
    known_owner: Callable[[str], bool] = _anybody
    warn: Callable[[Warn], None] = _unheard
    moved: Callable[[Moved], None] = _unheard
    outside: bool = False

    def days(self, plan: Plan, task: Task | None = None) -> WorkDays:
        """The calendar that counts for a task: its own, its owner's, the plan's, the settings' (D7).

        A name that the settings have no more counts as none; `lost_calendars` warns of it.
        """
        return self.calendars_of(plan)(task)

    def calendars_of(self, plan: Plan) -> Calendars:
        """The same for very many tasks of one plan: every name is looked up once."""
        known: dict[tuple[str, str], WorkDays] = {}
        names, calendar = self.calendars, plan.calendar

        def days(task: Task | None) -> WorkDays:
            own = ("", "") if task is None else (task.calendar, names.get(task.owner_id or "", ""))
            found = known.get(own)
            if found is None:
                there = (name for name in (*own, calendar) if name and not any(no_calendar(self.settings, name)))
                found = known[own] = resolve(self.settings, *there)
            return found

        return days

    def lost_calendars(self, plan: Plan) -> Iterator[Warn]:
        """Warnings of calendars that a plan, its open tasks or their owners name and the settings have no more (D7).

        Each is named once, with the first that names it.
        """
        lost = {"": False}
        open_tasks = [task for task in plan.tasks if task.is_open]
        of_tasks = ((task.id, "the task", task.calendar) for task in open_tasks)
        of_owners = ((task.id, "its owner", self.calendars.get(task.owner_id or "", "")) for task in open_tasks)
        for item_id, who, name in ((plan.id, "the plan", plan.calendar), *of_tasks, *of_owners):
            if name not in lost:
                lost[name] = any(no_calendar(self.settings, name))
                if lost[name]:
                    told = f"{who} names the calendar {name!r}, which does not work any more: the next that is named"
                    yield Warn(item_id, f"{told} counts, else the settings'; clear it, or add it to the settings again")


def verb(action: str) -> Callable[[Callable[P, Plan]], Callable[P, Plan]]:
    """Mark a function as a verb; with the item's kind its action is what `decide` is asked for: `task.complete`.

    What the settings' rules say of objectives follows in the same step (L6).
    """

    def mark(function: Callable[P, Plan]) -> Callable[P, Plan]:
        @wraps(function)
        def run(*args: P.args, **kwargs: P.kwargs) -> Plan:
            after = function(*args, **kwargs)
            plan, context = _given(function, args, kwargs)
            return ruled(plan, after, context) if isinstance(after, Plan) else after

        run.action = action  # type: ignore[attr-defined]
        return run

    return mark


def _given(function: Callable[..., Plan], args: Sequence[Any], kwargs: Mapping[str, Any]) -> Sequence[Any]:
    """The plan and the context that a verb was given, in whichever way."""
    return args[:2] if len(args) > 1 else tuple(signature(function).bind(*args, **kwargs).arguments.values())[:2]


def refuse(action: str, reason: str) -> NoReturn:
    """Raise `Refused`."""
    raise Refused(action, reason)


def wrong(what: str, place: str, message: str) -> NoReturn:
    """Raise `Invalid` with one problem."""
    raise Invalid(what, (Problem(place, message),))


def changeable(plan: Plan, action: str) -> None:
    """Refuse to change a plan that is merged, archived or closed (M2, L10)."""
    if plan.status == "merged":
        refuse(action, f"this plan was merged into {plan.merged_into!r}: change that one")
    if plan.archived:
        refuse(action, "this plan is archived: take it out of the archive first")
    if plan.status in ("completed", "cancelled"):
        refuse(action, f"this plan is {plan.status}: reopen it first")


def began_as(plan: Plan) -> PlanStatus | None:
    """The status that a plan goes back to when it is resumed or reopened; None for active."""
    return "draft" if plan.status == "draft" else plan.was


def opened(plan: Plan) -> Plan:
    """A paused or closed plan that goes on."""
    return attrs.evolve(plan, status=plan.was or "active", was=None, completed_at=None, paused_on=None)


COLLECTION = {
    "stage": "stages",
    "objective": "objectives",
    "milestone": "milestones",
    "play": "plays",
    "task": "tasks",
}
"""Where items of each kind stand in a plan."""


def replaced(plan: Plan, *items: Item) -> Plan:
    """The plan with these items in the places of those with their ids."""
    new = {item.id: item for item in items}
    fields: dict[str, Any] = {}
    for name in {COLLECTION[item.kind] for item in items}:
        fields[name] = tuple(new.get(one.id, one) for one in getattr(plan, name))
    return attrs.evolve(plan, **fields)


def rearranged(plan: Plan, kind: str, items: Iterable[Item]) -> Plan:
    """The plan with these as all its items of one kind."""
    fields: dict[str, Any] = {COLLECTION[kind]: tuple(items)}
    return attrs.evolve(plan, **fields)


def task_of(plan: Plan, task_id: str) -> Task:
    """The task of that id; raises `NotFound`."""
    for task in plan.tasks:
        if task.id == task_id:
            return task
    raise NotFound("task", task_id, id_wanted(task_id, plan.tasks))


def unknown_owners(context: Context, item: Item, before: Item | None = None) -> Iterator[Problem]:
    """Owner and helpers of an item that are nobody known; those it had `before` are not asked for again."""
    held = _named(before) if before is not None else ()
    for place, owner_id in _named(item):
        if (place, owner_id) not in held and not context.known_owner(owner_id):
            yield Problem(
                place, f"there is no active person or team {shown(owner_id)}: choose another, or add them first"
            )


def no_calendar(settings: Settings, name: str) -> Iterator[Problem]:
    """Why a calendar cannot be named: the settings do not have it, or no day is left that works in all of it (D7)."""
    try:
        resolve(settings, name)
    except Invalid as error:
        yield from (Problem("calendar", one.message) for one in error.problems)


def _named(item: Item) -> tuple[tuple[str, str], ...]:
    owner_id = getattr(item, "owner_id", None)
    owner = (("owner_id", owner_id),) if owner_id is not None else ()
    return (*owner, *(("helpers", one) for one in getattr(item, "helpers", ())))


def stage_problems(plan: Plan, settings: Settings, task: Task) -> Iterator[Problem]:
    """A task's stage is in the settings or the plan, and is there where the plan's section wants one (L8)."""
    if task.stage_id is None:
        if wants_stages(plan.section, settings):
            yield Problem("stage_id", STAGE_WANTED)
    elif not known_stage(plan, settings, task.stage_id):
        yield Problem("stage_id", f"there is no stage {shown(task.stage_id)} in the settings or this plan")


def known_stage(plan: Plan, settings: Settings, stage_id: str) -> bool:
    """Whether there is such a stage, in the library or of the plan's own."""
    return any(one.id == stage_id for one in (*settings.stages, *plan.stages))


def too_many(plan: Plan, settings: Settings) -> Iterator[Problem]:
    """A plan that tasks were added to holds no more of them than the settings allow."""
    most = settings.limits.tasks_per_plan
    if len(plan.tasks) > most:
        yield Problem("tasks", f"at most {most} in a plan (settings, limits): start another plan")


def sound(plan: Plan, items: Iterable[Item], *, links: bool = False, found: Iterable[Problem] = ()) -> Plan:
    """The plan, after the rules were run over the items a verb touched (P2, D9); `found` is what the verb found itself.

    Raises `Invalid` with all problems.
    """
    all_found = list(found)
    known = ids_of(plan)
    for item in items:
        wrong_fields = problems(item)
        all_found += wrong_fields or places_of(plan, item, known)
        if isinstance(item, Task) and not wrong_fields:
            all_found += links_of(item, known)
    if links and not all_found:
        all_found += no_circles(plan)
    if all_found:
        raise Invalid("this change", tuple(all_found))
    return plan
