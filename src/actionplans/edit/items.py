"""Adding items, editing their fields, moving them (L8, R4, R5, D8, D12)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from enum import Enum
from typing import Any, TypeVar

import attrs

from actionplans.checks import field_problems, problems, shown
from actionplans.edit.context import (
    COLLECTION,
    Context,
    changeable,
    no_calendar,
    rearranged,
    refuse,
    replaced,
    sound,
    stage_problems,
    too_many,
    unknown_owners,
    verb,
    wrong,
)
from actionplans.edit.following import followed
from actionplans.edit.tasks import waiting_again
from actionplans.edit.words import editable, touched
from actionplans.errors import Invalid, NotFound, Problem
from actionplans.model import Item, Milestone, Objective, Plan, Play, Stage, Task
from actionplans.model.plan import id_wanted
from actionplans.model.words import with_article
from actionplans.schedule import settle
from actionplans.schedule.bases import ends
from actionplans.vocabularies import (
    custom_problems,
    item_problems,
    touched_custom,
    vocabulary_problems,
    with_defaults,
)
from actionplans.workdays import WorkDays

I = TypeVar("I", bound=Item)  # noqa: E741

Dates = tuple[dt.date | None, dt.date | None, int | None]
"""Start, due and duration of a task (D8)."""

DATES = ("start", "due", "duration")
SPAN = frozenset({"start", "due", "end"})
OFFSETS = frozenset({"offset", "start_offset", "end_offset"})


READINGS = "readings come from edit.measure and edit.remove_reading: leave them out"


class Keep(Enum):
    """What `move` takes for a place that stays as it is."""

    KEEP = "keep"


KEEP = Keep.KEEP

EDITABLE: Mapping[str, frozenset[str]] = {
    "stage": frozenset({"title", "description"}),
    "objective": frozenset(
        {
            "title",
            "description",
            "status",
            "category",
            "start",
            "end",
            "start_offset",
            "end_offset",
            "weight",
            "metric",
            "custom",
        }
    ),
    "milestone": frozenset({"title", "description", "due", "offset", "locked"}),
    "play": frozenset({"title", "description", "start", "due", "start_offset", "offset", "weight", "custom"}),
    "task": frozenset(
        {
            "title",
            "description",
            "type",
            "priority",
            "category",
            "status_name",
            "start",
            "due",
            "duration",
            "start_offset",
            "offset",
            "calendar",
            "locked",
            "required",
            "weight",
            "reminder",
            "completion_email",
            "metric",
            "tags",
            "custom",
        }
    ),
}
"""The fields that `update` takes for each kind; the others have verbs of their own (owner, status, place, sharing)."""

NEVER_GIVEN: Mapping[str, object] = {
    "completion": None,
    "completions": 0,
    "was": None,
    "reached_on": None,
    "shifts": (),
    "key": "",
    "fixed": False,
    "origin": None,
    "launch": None,
    "original_due": None,
    "owner_rule": (),
    "comments": (),
    "created_by": None,
    "shared": False,
    "withheld": False,
}
"""What only launches, completions and other verbs give an item, and what it is without them."""


@verb("create")
def add(plan: Plan, context: Context, item: Item) -> Plan:
    """The plan with a new item at the end of its kind; it gets an id if it has none, dates that agree (D8), a status.

    One without dates gets those that its offsets and links give (D9, P1).

    The item is a custom one: what only launches, completions and other verbs give (`key`, `completion`, `shared`, …)
    is refused. Raises `Invalid` with all problems.
    """
    changeable(plan, "adding")
    if not isinstance(item, Item):
        wrong("adding", "item", f"a Stage, Objective, Milestone, Play or Task is wanted, not {shown(item)}")
    found = list(problems(item))
    if found:
        raise Invalid(f"this {item.kind}", tuple(found))
    found += _not_new(plan, context, item)
    added = _made(plan, context, item, found)
    found += (*item_problems(added, context.settings), *unknown_owners(context, added))
    found += _calendar(added, context)
    after = rearranged(plan, added.kind, (*getattr(plan, COLLECTION[added.kind]), added))
    if isinstance(added, Task):
        found += (*stage_problems(after, context.settings, added), *too_many(after, context.settings))
    after = sound(after, (added,), links=isinstance(added, Task | Milestone), found=found)
    after = followed(plan, after, context)
    return waiting_again(after, {added.id}, itself=True) if isinstance(added, Task) else after


@verb("edit")
def update(plan: Plan, context: Context, item_id: str, **fields: Any) -> Plan:
    """The item with these fields changed; raises `Invalid` naming every field that cannot be given here.

    A date given here is set by hand (P6): with a new start the duration stays and the due date follows, a new due date
    changes the duration, a new duration the due date (D8). None clears a date, and the duration with it. In another
    calendar its offsets are counted again, or the start is rolled and the duration stays. A new offset counts the date
    anew, None leaves the date where it is. What hangs on it follows.
    `custom` changes the fields it names, None clears one.
    """
    changeable(plan, "editing")
    item = plan.item(item_id)
    given = editable(item, EDITABLE[item.kind], fields, f"this {item.kind}")
    if isinstance(item, Task) and given.keys() & {*DATES}:
        given |= _redated(item, given, context, plan)
    if isinstance(item, Milestone) and item.original_due is None:
        given["original_due"] = item.due or given.get("due")
    spanned = () if isinstance(item, Stage | Task) else SPAN & given.keys()
    if any(given[name] != getattr(item, name) for name in spanned):
        given["hand_dated"] = True
    if isinstance(item, Objective) and given.get("status", item.status) != item.status:
        given["was"] = None
    given |= _metric(item, given)
    changed = _evolved(item, given)
    found = [*vocabulary_problems(changed, context.settings, touched(item, changed))]
    if isinstance(item, Objective | Play | Task) and "custom" in given:
        found += custom_problems(
            item.kind, given["custom"], context.settings, touched_custom(item.custom, given["custom"])
        )
    found += _calendar(changed, context) if "calendar" in given and changed != item else ()
    if changed == item and not found:
        return plan
    counted = bool(given.keys() & OFFSETS)
    after = followed(plan, sound(replaced(plan, changed), (changed,), links=counted, found=found), context)
    return waiting_again(after, {item_id}, itself=True) if counted and isinstance(item, Task) else after


@verb("move")
def move(
    plan: Plan,
    context: Context,
    item_id: str,
    *,
    parent_id: str | None | Keep = KEEP,
    milestone_id: str | None | Keep = KEEP,
    stage_id: str | None | Keep = KEEP,
    objective_id: str | None | Keep = KEEP,
    before: str | None | Keep = KEEP,
) -> Plan:
    """The item in another place: a task under a play or objective, in a milestone or stage; a play or milestone under
    an objective; any item before another of its kind, or last (`before` None). What is not named stays.
    """
    changeable(plan, "moving")
    item = plan.item(item_id)
    places = {"parent_id": parent_id, "milestone_id": milestone_id, "stage_id": stage_id, "objective_id": objective_id}
    wanted = {name: value for name, value in places.items() if value is not KEEP}
    found = [
        Problem(name, f"{with_article(item.kind)} has no such place") for name in wanted if not hasattr(item, name)
    ]
    found += field_problems(type(item), wanted)
    if found:
        raise Invalid("moving", tuple(found))
    moved = _evolved(item, wanted)
    if isinstance(moved, Task) and "stage_id" in wanted:
        found += stage_problems(plan, context.settings, moved)
    after = replaced(plan, moved)
    if not isinstance(before, Keep):
        after = _reordered(after, moved, before)
    after = sound(after, (moved,), links="milestone_id" in wanted, found=found)
    if after == plan:
        return plan
    left = {item.milestone_id} if isinstance(item, Task) and item.milestone_id else set()
    return waiting_again(followed(plan, after, context), {item_id, *left}) if "milestone_id" in wanted else after


@verb("share")
def share(plan: Plan, context: Context, item_id: str, shared: bool = True) -> Plan:
    """The item's *show customer* mark (V4); what it lets contacts see also depends on the plan and its section.

    Where the section shares plays, an objective without any is refused. Sharing shows again what a merge withheld: the
    item, and the tasks of a play (M6).
    """
    changeable(plan, "sharing")
    item = plan.item(item_id)
    if isinstance(item, Stage):
        refuse("sharing", f"{with_article(item.kind)} has no mark of its own: share what stands in it")
    bare = isinstance(item, Objective) and all(one.objective_id != item.id for one in plan.plays)
    if bare and shared is True and _shares_plays(plan, context):
        refuse("sharing", f"{item.title!r} holds no play yet: run one under it first (V4)")
    found = tuple(field_problems(type(item), {"shared": shared}))
    if found:
        raise Invalid(f"this {item.kind}", found)
    changed: list[Item] = [] if item.shared == shared else [_evolved(item, {"shared": shared})]
    if shared:
        within = (task for task in plan.tasks if isinstance(item, Play) and task.parent_id == item.id)
        held = (one for one in (*(changed or [item]), *within) if isinstance(one, Objective | Task) and one.withheld)
        changed += [attrs.evolve(one, withheld=False) for one in held]
    return replaced(plan, *changed) if changed else plan


def _metric(item: Item, given: Mapping[str, Any]) -> dict[str, Any]:
    """A metric that is given keeps the readings that there are; it can bring none of its own (L7)."""
    metric, held = given.get("metric"), getattr(item, "metric", None)
    if metric is None:
        return {}
    readings = held.readings if held is not None else ()
    if metric.readings not in ((), readings):
        wrong(f"this {item.kind}", "metric.readings", READINGS)
    return {"metric": attrs.evolve(metric, readings=readings)}


def _calendar(item: Item, context: Context) -> Iterator[Problem]:
    """A calendar that is named for an item is there (D7)."""
    if isinstance(item, Task) and item.calendar:
        yield from no_calendar(context.settings, item.calendar)


def _evolved(item: I, fields: Mapping[str, Any]) -> I:
    return attrs.evolve(item, **fields) if fields else item


def _shares_plays(plan: Plan, context: Context) -> bool:
    """Whether the plan's section is shared by the profile `plays` (V4); one that is gone shares nothing."""
    known = not plan.section or any(one.key == plan.section for one in context.settings.sections)
    return known and context.settings.section(plan.section).profile == "plays"


def _not_new(plan: Plan, context: Context, item: Item) -> Iterator[Problem]:
    """What a new item may not bring along: fields that other verbs give, and an id that is taken."""
    for name, default in NEVER_GIVEN.items():
        if getattr(item, name, default) != default:
            yield Problem(name, "comes from another verb: leave it out")
    metric = getattr(item, "metric", None)
    if metric is not None and metric.readings:
        yield Problem("metric.readings", READINGS)
    if isinstance(item, Task) and item.status not in ("open", "waiting"):
        yield Problem("status", f"a new task is open, not {item.status}: add it, then start or complete it")
    library = context.settings.stages if isinstance(item, Stage) else ()
    if item.id and (item.id == plan.id or any(one.id == item.id for one in (*plan.items(), *library))):
        yield Problem("id", f"{item.id!r} is taken in this plan: leave the id out")


def _made(plan: Plan, context: Context, item: Item, found: list[Problem]) -> Item:
    """The new item with what the verb gives it; what is wrong with its dates is added to `found`."""
    fields: dict[str, Any] = {"id": item.id or context.new_id()}
    if not isinstance(item, Stage):
        fields["created_by"] = context.actor_id
    if isinstance(item, Objective | Play | Task):
        fields["custom"] = with_defaults(item.kind, item.custom, context.settings)
    if isinstance(item, Milestone):
        fields["original_due"] = item.due
    if isinstance(item, Objective | Milestone | Play):
        fields["hand_dated"] = any(date is not None and offset is None for date, offset in ends(item))
    if isinstance(item, Task):
        start, due, duration = item.start, item.due, item.duration
        try:
            start, due, duration = settle(start, due, duration, context.days(plan, item))
        except Invalid as error:
            found += error.problems
        fields |= {
            "start": start,
            "due": due,
            "duration": duration,
            "original_due": due,
            "hand_dated": item.offset is None and (start or due) is not None,
            "owner_by_hand": item.owner_id is not None,
            "status": "open" if item.is_open else item.status,
        }
    return _evolved(item, fields)


def _redated(task: Task, fields: Mapping[str, Any], context: Context, plan: Plan) -> dict[str, Any]:
    """The dates of a task after some of them were changed (D8, D12)."""
    days = context.days(plan, attrs.evolve(task, calendar=fields.get("calendar", task.calendar)))
    dates = _agreed(task, fields, days)
    changed: dict[str, Any] = dict(zip(DATES, dates, strict=True))
    if dates != (task.start, task.due, task.duration):
        changed["original_due"] = task.original_due or task.due or dates[1]
        changed["hand_dated"] = task.hand_dated or any(name in fields for name in DATES)
    return changed


def _agreed(task: Task, fields: Mapping[str, Any], days: WorkDays) -> Dates:
    """Start, due and duration, where what was given stays and the third follows from it (D8)."""
    given = {name for name in DATES if name in fields}
    start, due, duration = (fields.get(name, getattr(task, name)) for name in DATES)
    if len(given) < 3:
        if "duration" in given and duration is not None:
            if "due" in given and due is not None:
                start = None
            elif start is not None:
                due = None
        elif "due" in given or "start" in given and start is None:
            duration = None
        elif start is not None and duration is not None:
            due = None
    return settle(start, due, duration, days)


def _reordered(plan: Plan, item: Item, before: str | None) -> Plan:
    if before == item.id:
        return plan
    rest = [one for one in getattr(plan, COLLECTION[item.kind]) if one.id != item.id]
    if before is None:
        return rearranged(plan, item.kind, (*rest, item))
    for n, one in enumerate(rest):
        if one.id == before:
            return rearranged(plan, item.kind, (*rest[:n], item, *rest[n:]))
    raise NotFound(item.kind, before, id_wanted(before, rest))
