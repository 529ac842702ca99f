"""What each kind of vector asks, and how the library answers it.

An answer is a dict with the keys of `expected`. What is not asked of this library, or not yet, is skipped by kind
and shape with the reason.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from itertools import count
from typing import Any

from actionplans import launch, schedule
from actionplans.model import Account, Completion, Dependency, FrozenMap, Offset, Plan, Task, Template, TemplateTask
from actionplans.settings import Settings
from actionplans.workdays import WorkDays, work_days
from tests.replay import plans
from tests.replay.vectors import ROLLS, NotOurs, Vector, as_calendar, as_date, as_list, as_number

Answer = dict[str, Any]

KINDS: dict[str, Callable[[Vector], Answer]] = {}
"""Every kind that is answered."""

LATER: dict[str, str] = {
    "hierarchy": "a parent has no dates out of its children's here: those of objectives and plays are their own (D9)",
    "rollup": "these methods of progress are the peers' own; ours is L5, tested by itself",
    "assignment": "the peers' ways to name an owner; ours are T5, tested by themselves",
    "lifecycle": "an outcome in words; ours are L1 to L3, P3, P4 and T3, tested by themselves",
    "reminder": "reminders come with the notices, a later issue's (N1)",
    "default_anchor": "no default date: a launch that lacks an anchor is refused (D9)",
}
"""Kinds that are skipped, by the beginning of their name, with the reason."""

NO_RULE: dict[str, str] = {
    "add_task": "how many tasks a plan may have is a setting, not a date rule",
    "save_item": "an offset may be negative here (D3)",
    "set_parent": "parents are plays and objectives here, never tasks: the case cannot be built",
    "save_task": "a task may be planned outside of its plan's dates here (D9)",
    "set_manual_progress": "progress is counted here, never typed in (L5)",
    "create_plan": "a plan has exactly one account here by its type",
}
"""Operations of `validation` that have no like here, with the reason."""


def answer(vector: Vector) -> Answer:
    """What the library says; raises `NotOurs` with the reason where it is not asked."""
    if vector.replay == "negative":
        raise NotOurs("a peer's mistake, kept as an example (replay: negative)")
    kind = KINDS.get(vector.kind)
    if kind is None:
        later = next((reason for start, reason in LATER.items() if vector.kind.startswith(start)), None)
        raise NotOurs(later or "unknown kind")
    return kind(vector)


def _kind(function: Callable[[Vector], Answer]) -> Callable[[Vector], Answer]:
    KINDS[function.__name__] = function
    return function


@_kind
def is_working_day(vector: Vector) -> Answer:
    """D6."""
    vector.known("date", "calendar calendars")
    return {"working": vector.days().is_working(vector.date("date"))}


@_kind
def adjust_to_working_day(vector: Vector) -> Answer:
    """D4: a roll alone."""
    vector.known("date mode", "calendar calendars")
    return {"date": vector.days().roll(vector.date("date"), vector.roll("mode"))}


@_kind
def add_working_days(vector: Vector) -> Answer:
    """D5. The anchor may be moved by any roll first; three of them are `roll_anchor`s, the others roll by D4."""
    vector.known("start working_days", "start_adjust calendar calendars")
    start, number, days = vector.date("start"), vector.number("working_days"), vector.days()
    words = {None: "none", "raise": "refuse", "refuse": "refuse", **{roll: roll for roll in ROLLS}}
    adjust = vector.word("start_adjust", words)
    if adjust.startswith("modified"):
        return {"date": days.add(days.roll(start, adjust), number)}
    return {"date": days.add(start, number, adjust)}


@_kind
def count_working_days_between(vector: Vector) -> Answer:
    """The working days between two dates, each end taken along or not; negative when the second is the earlier one."""
    ends = [("from_inclusive", "from_exclusive"), ("to_inclusive", "to_exclusive")]
    vector.known("", "calendar calendars " + " ".join(ends[0] + ends[1]))
    if any(len(set(names) & set(vector.input)) != 1 for names in ends):
        raise NotOurs("unknown shape: one from and one to are wanted")
    (first, first_in), (last, last_in) = (_end(vector, *names) for names in ends)
    days = vector.days()
    if last < first:
        return {"working_days": -_between(last, last_in, first, first_in, days)}
    return {"working_days": _between(first, first_in, last, last_in, days)}


def _end(vector: Vector, inclusive: str, exclusive: str) -> tuple[dt.date, bool]:
    return (vector.date(inclusive), True) if inclusive in vector.input else (vector.date(exclusive), False)


def _between(first: dt.date, first_in: bool, last: dt.date, last_in: bool, days: WorkDays) -> int:
    if first == last and not (first_in and last_in):
        return 0
    outside = (not first_in and days.is_working(first)) + (not last_in and days.is_working(last))
    return days.count(first, last) - outside


def _offset(given: Any, roll: str, anchor: str = "start") -> Offset:
    """An offset out of count, unit and direction."""
    units = {
        "day": ("days", 1),
        "week": ("weeks", 1),
        "month": ("months", 1),
        "year": ("months", 12),
        "working_day": ("working_days", 1),
    }
    unit, direction = given.get("unit", "days"), given.get("direction")
    if not isinstance(unit, str) or unit.removesuffix("s") not in units:
        raise NotOurs(f"unknown shape: unit {unit!r} has no meaning here (D3)")
    if direction not in (None, "after", "before"):
        raise NotOurs(f"unknown shape: direction {direction!r} has no meaning here")
    ours, times = units[unit.removesuffix("s")]
    number = as_number("count", given.get("count"))
    number = -number if direction == "before" else number
    return Offset(number * times if times > 1 else number, ours, anchor, roll)


@_kind
def offset_calendar(vector: Vector) -> Answer:
    """D3, and D4 where the landing day is rolled."""
    vector.known("anchor count unit", "direction adjust calendar calendars")
    return _rolled(vector, _offset(vector.input, vector.roll("adjust")))


@_kind
def offset_then_adjust(vector: Vector) -> Answer:
    """D4: calendar days, then a roll."""
    vector.known("anchor offset_days", "adjust calendar calendars")
    return _rolled(vector, Offset(vector.number("offset_days"), roll=vector.roll("adjust")))


def _rolled(vector: Vector, offset: Offset) -> Answer:
    anchor, days = vector.date("anchor"), vector.days()
    date = schedule.offset_date(offset, anchor, days)
    if offset.roll != "none":
        landed = schedule.offset_date(Offset(offset.count, offset.unit), anchor, days)
        plain = days.roll(landed, offset.roll)
        if plain != date and vector.expected == {"date": plain.isoformat()}:
            raise NotOurs("the peer rolls past the anchor; here it is rolled the other way (D4)")
    return {"date": date}


@_kind
def due_from_duration(vector: Vector) -> Answer:
    """D8: the due date out of start and duration; without one of them there is none."""
    vector.known("start duration_working_days", "calendar calendars")
    start, duration = vector.date_or_none("start"), _duration(vector)
    if start is None or duration is None:
        return {"due": schedule.settle(start, None, duration, vector.days())[1]}
    return {"due": schedule.due_of(start, duration, vector.days())}


@_kind
def start_from_duration(vector: Vector) -> Answer:
    """D8: the start out of due date and duration; without one of them there is none."""
    vector.known("due duration_working_days", "calendar calendars")
    due, duration = vector.date_or_none("due"), _duration(vector)
    if due is None or duration is None:
        return {"start": schedule.settle(None, due, duration, vector.days())[0]}
    return {"start": schedule.start_of(due, duration, vector.days())}


def _duration(vector: Vector) -> Any:
    given = vector.input["duration_working_days"]
    return None if given is None else as_number("duration_working_days", given)


@_kind
def working_duration(vector: Vector) -> Answer:
    """D8: working days from start to due, both included. None at all is a count (0) but no duration."""
    vector.known("start due", "calendar calendars")
    start, due, days = vector.date_or_none("start"), vector.date_or_none("due"), vector.days()
    if start is None or due is None:
        return {"days": schedule.settle(start, due, None, days)[2]}
    if start <= due and days.count(start, due) == 0:
        return {"days": 0}
    return {"days": schedule.duration_of(start, due, days)}


@_kind
def task_dates_from_template(vector: Vector) -> Answer:
    """D9: start and due are offsets rolled `next`; the due counts from the task's own start or from the anchor."""
    vector.known("anchor start_offset_days duration_days", "end_basis adjust calendar calendars")
    roll = vector.roll("adjust") if "adjust" in vector.input else "next"
    basis = vector.word("end_basis", {None: "own_start", "rolled_start": "own_start", "anchor": "start"})
    first, length = vector.input["start_offset_days"], vector.input["duration_days"]
    if first is None and length is not None:
        raise NotOurs("unknown shape: a due date without a start to count from")
    start = None if first is None else Offset(as_number("start_offset_days", first), roll=roll)
    due = None
    if start is not None and length is not None:
        number = as_number("duration_days", length) + (start.count if basis == "start" else 0)
        due = Offset(number, anchor=basis, roll=roll)
    (task,) = _launched(vector, {"start": vector.date("anchor")}, TemplateTask("task", "A task", start=start, due=due))
    return {"start": task.start, "due": task.due}


def _launched(vector: Vector, anchors: dict[str, dt.date], *tasks: TemplateTask) -> tuple[Task, ...]:
    """The tasks of a plan launched from a template of these, on the vector's calendars."""
    calendars, ids, moment = vector.calendars(), count(1), dt.datetime(2000, 1, 1, tzinfo=dt.UTC)
    settings = Settings(calendars=calendars, calendar=" & ".join(one.name for one in calendars))
    account = Account("account", "An account")
    template = Template("template", "A template", state="published", tasks=tasks)
    plan = launch.launch(
        launch.draft(template, account, start=anchors["start"], anchors=anchors),
        account,
        settings,
        directory=launch.Directory(),
        applier_id="somebody",
        now=moment,
        new_id=lambda: f"id {next(ids)}",
    )
    return plan.tasks


@_kind
def dependent_due(vector: Vector) -> Answer:
    """D9: an offset of calendar days from the predecessor's due date, after its roll."""
    vector.known("controller_due days_after", "today skip_weekends calendar calendars")
    controller = vector.date_or_none("controller_due")
    if controller is None:
        raise NotOurs("counts from today where the predecessor has no date; here it binds nothing (P1)")
    offset = Offset(vector.number("days_after"), anchor="task:controller", roll=vector.roll("skip_weekends"))
    return {"date": schedule.offset_date(offset, controller, vector.days())}


@_kind
def cumulative_offset(vector: Vector) -> Answer:
    """D9: each offset counts from the date of the one before, after its roll."""
    vector.known("anchor chain", "adjust calendar calendars")
    anchor, roll = vector.date("anchor"), vector.roll("adjust")
    chain = as_list("chain", vector.input["chain"])
    tasks = [
        TemplateTask(
            f"t{n}", "A task", due=Offset(as_number("chain", one), anchor=f"task:t{n - 1}" if n else "start", roll=roll)
        )
        for n, one in enumerate(chain)
    ]
    dates = [anchor, *(task.due for task in _launched(vector, {"start": anchor}, *tasks))]
    return {"date": dates[-1]}


@_kind
def chained_offset(vector: Vector) -> Answer:
    """D9: the second counts from the first's date, from the plan's date or from today."""
    vector.known("plan_date first then", "today adjust calendar calendars")
    roll, anchors = vector.roll("adjust"), {"start": vector.date("plan_date")}
    today = vector.date_or_none("today")
    names = {None: "start", "plan_date": "start", "today": "today", "previous_due": "task:first"}
    tasks = []
    for name in ("first", "then"):
        link = vector.input[name]
        if not isinstance(link, dict) or set(link) - {"count", "unit", "direction", "from"}:
            raise NotOurs("unknown shape: a link has count, unit, direction and from")
        base = names.get(link.get("from"))
        if base is None or base == "today" and today is None or base == "task:first" and name == "first":
            raise NotOurs(f"unknown shape: nothing to count from at {link.get('from')!r}")
        if base == "today" and today is not None:
            anchors["today"] = today
        tasks.append(TemplateTask(name, "A task", due=_offset(link, roll, base)))
    first, then = _launched(vector, anchors, *tasks)
    return {"first": first.due, "then": then.due}


@_kind
def soonest_start_after(vector: Vector) -> Answer:
    """P1: the earliest start that an FS link allows."""
    vector.known("predecessor_due", "lag_working_days lag_days calendar calendars")
    unit = "days" if "lag_days" in vector.input else "working_days"
    if ("lag_days" in vector.input) == ("lag_working_days" in vector.input):
        raise NotOurs("unknown shape: one lag is wanted")
    link = Dependency("predecessor", "FS", vector.number(f"lag_{unit}"), unit)
    bound = schedule.bound(link, None, vector.date_or_none("predecessor_due"), vector.days())
    return {"start": None if bound is None else bound[1]}


@_kind
def cumulative_offset_tree(vector: Vector) -> Answer:
    """D9: like `cumulative_offset`, for items each counted from another one or from the anchor."""
    vector.known("anchor items", "adjust calendar calendars")
    anchor, roll, items = vector.date("anchor"), vector.roll("adjust"), vector.input["items"]
    if not isinstance(items, dict) or not all(isinstance(one, dict) for one in items.values()):
        raise NotOurs("unknown shape: items is no object of objects")
    keys = {name: f"t{n}" for n, name in enumerate(items)}
    tasks = []
    for name, given in items.items():
        if set(given) - {"days", "after"} or given.get("after") not in (None, *items):
            raise NotOurs("unknown shape: an item has days, and is after another one")
        base = "start" if given.get("after") is None else f"task:{keys[given['after']]}"
        due = Offset(as_number("days", given.get("days")), anchor=base, roll=roll)
        tasks.append(TemplateTask(keys[name], "A task", due=due))
    dates = {task.key: task.due for task in _launched(vector, {"start": anchor}, *tasks)}
    return {"due": {name: str(dates[key]) for name, key in keys.items()}}


@_kind
def dependency_schedule(vector: Vector) -> Answer:
    """P1, P5: what a change moves by links, or the links themselves where nothing else changed."""
    vector.known("tasks dependencies policy", "change today calendar calendars")
    policy = vector.input["policy"]
    if policy not in plans.POLICIES:
        raise NotOurs(f"policy {policy!r} is none of P5")
    return plans.rescheduled(vector, plans.POLICIES[policy])


@_kind
def dependency_schedule_other_types(vector: Vector) -> Answer:
    """P1: links of the other kinds, by a policy that goes both ways unless one is named."""
    vector.known("tasks dependencies", "change policy today calendar calendars")
    policy = vector.input.get("policy", "asap")
    if policy not in plans.POLICIES:
        raise NotOurs(f"policy {policy!r} is none of P5")
    return plans.rescheduled(vector, plans.POLICIES[policy])


@_kind
def backward_schedule(vector: Vector) -> Answer:
    """P9: how late everything may be before an end."""
    keys = "end due deadline finish calendar calendars"
    vector.known("tasks dependencies", keys)
    return plans.backwards(vector)


@_kind
def calendar_change(vector: Vector) -> Answer:
    """P6: starts are rolled, durations stay, and links move as the policy says."""
    vector.known("calendar_before calendar_after policy tasks dependencies", "today")
    policy = vector.input["policy"]
    if policy not in plans.POLICIES:
        raise NotOurs(f"policy {policy!r} is none of P5")
    before, after = (work_days(as_calendar(vector.input[f"calendar_{one}"], "calendar")) for one in ("before", "after"))
    return plans.recalendared(vector, plans.POLICIES[policy], before, after)


@_kind
def complete_and_recompute(vector: Vector) -> Answer:
    """P5, P6: what is counted from a task that is done, by a policy that holds or goes both ways."""
    vector.known("items completed completed_on recalculate_on_completion", "existing_due adjust calendar calendars")
    plan = plans.completed(vector)
    tasks = {task.id: task for task in plan.tasks}
    told: Answer = {}
    for name, of in (
        ("due", lambda task: None if task.due is None else str(task.due)),
        ("reminder_set", lambda task: task.status == "open" and task.due is not None),
    ):
        wanted = vector.expected.get(name)
        if wanted is not None:
            if not isinstance(wanted, dict) or not set(wanted) <= set(tasks):
                raise NotOurs("unknown shape: an answer for each of some items is wanted")
            told[name] = {key: of(tasks[key]) for key in wanted}
    return told


@_kind
def reanchor(vector: Vector) -> Answer:
    """P6: what hangs on an anchor follows it; times of day are carried along, for dates have none here (D1)."""
    vector.known("template new items", "calendar calendars")
    return plans.reanchored(vector)


@_kind
def status(vector: Vector) -> Answer:
    """D12: overdue."""
    from actionplans import progress

    vector.known("today task")
    if set(vector.expected) - {"overdue", "error"}:
        raise NotOurs("only overdue is a question of dates here (D12)")
    given = vector.input["task"]
    if not isinstance(given, dict) or set(given) - {"start", "due", "status"}:
        raise NotOurs("unknown shape: a task with due and status is wanted")
    due = None if given.get("due") is None else as_date("task.due", given["due"])
    start = None if given.get("start") is None else as_date("task.start", given["start"])
    task = _task(given.get("status", "open"), start, due)
    today = vector.date("today")
    plan = Plan("plan", "account", "A plan", FrozenMap({"start": due or today}), tasks=(task,))
    return {"overdue": bool(progress.overdue(plan, today))}


def _task(word: object, start: dt.date | None, due: dt.date | None) -> Task:
    ours = {"completed": "done", "closed": "done", "done": "done", "cancelled": "cancelled", "canceled": "cancelled"}
    for one in ("open", "waiting", "in_progress"):
        ours[one] = one
    ours |= {"working": "in_progress", "not_started": "open", "overdue": "open"}
    name = str(word).lower().replace(" ", "_")
    if name not in ours:
        raise NotOurs(f"unknown shape: status {word!r} has no meaning here (L1)")
    moment = dt.datetime(2000, 1, 1, tzinfo=dt.UTC)
    done = Completion(1, moment, moment.date(), "somebody") if ours[name] == "done" else None
    return Task("task", "A task", ours[name], start=start, due=due, original_due=due, completion=done)


@_kind
def validation(vector: Vector) -> Answer:
    """What must be refused, where a rule here refuses it too: what another kind refuses, and links (P2)."""
    operation = vector.input.get("operation")
    if not isinstance(operation, str):
        raise NotOurs("unknown shape: an operation is wanted")
    rest = {name: value for name, value in vector.input.items() if name != "operation"}
    if operation in KINDS and operation != "validation":
        return KINDS[operation](Vector(vector.id, operation, rest, vector.expected))
    if operation in ("add_dependency", "set_dependencies"):
        return _links(Vector(vector.id, operation, rest, vector.expected))
    if operation == "add_item" and {"template", "depends_on_item_of"} == set(rest):
        here = {"item", "other"} if rest["template"] == rest["depends_on_item_of"] else {"item"}
        _check([("item", "other", "FS", 0)], here)
        return {}
    raise NotOurs(NO_RULE.get(operation, "no such operation here"))


def _links(vector: Vector) -> Answer:
    if "hierarchy" in vector.input:
        raise NotOurs("tasks do not stand under tasks here, so no link can join parent and child (P2)")
    vector.known("", "tasks dependencies add")
    links = as_list("dependencies", vector.input.get("dependencies"))
    links = links + ([vector.input["add"]] if vector.input.get("add") is not None else [])
    read = [_link(link) for link in links]
    named = vector.input.get("tasks")
    tasks = {end for link in read for end in link[:2]} if named is None else {str(one) for one in named}
    if {link[0] for link in read} - tasks:
        raise NotOurs("unknown shape: a link of a task that is not among the tasks")
    _check(read, tasks)
    return {}


def _link(link: Any) -> tuple[str, str, Any, Any]:
    if not isinstance(link, dict) or not {"predecessor", "successor"} <= set(link) <= {
        "predecessor",
        "successor",
        "type",
        "lag_working_days",
    }:
        raise NotOurs("unknown shape: a link has predecessor, successor, type and lag_working_days")
    return str(link["successor"]), str(link["predecessor"]), link.get("type", "FS"), link.get("lag_working_days", 0)


def _check(links: list[tuple[str, str, Any, Any]], tasks: set[str]) -> None:
    """Checks a template with these tasks and links; it refuses what P2 refuses."""
    from actionplans.template import check_template

    keys = {name: f"t{n}" for n, name in enumerate(sorted(tasks | {end for link in links for end in link[:2]}))}

    def after(task: str) -> Iterator[Dependency]:
        for successor, predecessor, kind, lag in links:
            if successor == task:
                yield Dependency(keys[predecessor], kind, lag)

    made = tuple(TemplateTask(keys[task], task, after=tuple(after(task))) for task in sorted(tasks))
    check_template(Template("template", "A template", tasks=made))
