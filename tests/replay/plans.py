"""Vectors about whole plans: what a change of dates, links, calendars, anchors or completions moves (P1, P5, P6)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

import attrs

from actionplans import edit
from actionplans.model import Dependency, FrozenMap, Milestone, Offset, Plan, Task, WorkCalendar
from actionplans.schedule import due_of, reschedule, slack
from actionplans.settings import Settings
from actionplans.workdays import WorkDays, resolve
from tests.replay.vectors import NotOurs, Vector, as_date, as_list, as_number

POLICIES: dict[str | None, str] = {"push_only": "push", "asap": "asap"}
"""The peers' policies and ours (P5)."""

TASK_KEYS = {"start", "due", "duration_working_days", "scheduling", "not_before"}


def rescheduled(vector: Vector, policy: str) -> dict[str, Any]:
    """The dates of all tasks after some of them changed, or after their links were added where nothing did."""
    tasks, links = _read(vector, policy)
    changed = _objects("change", vector.input.get("change"))
    if set(changed) - set(tasks):
        raise NotOurs("unknown shape: a change of a task that is not among the tasks")
    days = vector.days()
    linked = _plan(tasks, links, policy)
    if changed:
        dates = {name: _dates(name, one) for name, one in changed.items()}
        after = attrs.evolve(
            linked,
            tasks=tuple(
                attrs.evolve(task, start=dates[task.id][0], due=dates[task.id][1], duration=None)
                if task.id in dates
                else task
                for task in linked.tasks
            ),
        )
        return _told(linked, after, days, days, vector)
    return _told(_plan(tasks, {}, policy), linked, days, days, vector)


def recalendared(vector: Vector, policy: str, before: WorkDays, after: WorkDays) -> dict[str, Any]:
    """The dates of all tasks after the calendar changed (P6)."""
    tasks, links = _read(vector, policy)
    plan = _plan(tasks, links, policy)
    return _told(plan, plan, before, after, vector)


def _told(before: Plan, after: Plan, days_before: WorkDays, days: WorkDays, vector: Vector) -> dict[str, Any]:
    was = None if days_before is days else (lambda task: days_before)
    today = vector.date_or_none("today") or dt.date.min
    found = reschedule(before, after, days=lambda task: days, days_before=was, today=today)
    dated = found.applied(after)
    return {"tasks": {task.id: {"start": _text(task.start), "due": _text(task.due)} for task in dated.tasks}}


def _text(day: dt.date | None) -> str | None:
    return None if day is None else day.isoformat()


def _objects(name: str, value: Any) -> dict[str, dict[str, Any]]:
    """An object of objects, null being an empty one."""
    value = {} if value is None else value
    if not isinstance(value, dict) or not all(isinstance(one, dict) for one in value.values()):
        raise NotOurs(f"unknown shape: {name} is no object of objects")
    return value


def _dates(name: str, given: Mapping[str, Any]) -> tuple[dt.date | None, dt.date | None]:
    if set(given) - {"start", "due"}:
        raise NotOurs(f"unknown shape: {name} has more than start and due")
    start, due = (None if given.get(one) is None else as_date(f"{name}.{one}", given[one]) for one in ("start", "due"))
    return start, due


def _read(vector: Vector, policy: str) -> tuple[dict[str, dict[str, Any]], dict[str, tuple[Dependency, ...]]]:
    """The tasks, and the links that move them; what is never moved by links has none (`scheduling: manual`)."""
    tasks = _objects("tasks", vector.input["tasks"])
    for given in tasks.values():
        if given.get("parent") is not None:
            raise NotOurs("tasks do not stand under tasks here (D9): a parent has no dates out of its children's")
        if given.get("day_count") == "calendar":
            raise NotOurs("a duration counts working days here, never calendar days (D8)")
        if set(given) - TASK_KEYS - {"parent", "day_count"}:
            raise NotOurs("unknown shape: nobody here knows all that a task has")
        if given.get("scheduling") not in (None, "manual", "automatic"):
            raise NotOurs(f"unknown shape: scheduling {given['scheduling']!r} has no meaning here")
        if given.get("not_before") is not None and policy != "asap":
            raise NotOurs("an own earliest day counts under asap only (P5)")
    links: dict[str, list[Dependency]] = {}
    for one in as_list("dependencies", vector.input["dependencies"]):
        successor, link = _link(one)
        if successor not in tasks or link.predecessor_id not in tasks:
            raise NotOurs("unknown shape: a link of a task that is not among the tasks")
        if tasks[successor].get("scheduling") == "manual":
            continue
        given = tasks[successor]
        if given.get("start") is None and given.get("duration_working_days") is None:
            raise NotOurs("a successor without a start and a duration gets no start from a link here (P1)")
        links.setdefault(successor, []).append(link)
    return tasks, {name: tuple(held) for name, held in links.items()}


def _link(given: Any) -> tuple[str, Dependency]:
    units = {"lag_working_days": "working_days", "lag_days": "days"}
    if not isinstance(given, dict) or not {"predecessor", "successor"} <= set(given):
        raise NotOurs("unknown shape: a link has a predecessor and a successor")
    if set(given) - {"predecessor", "successor", "type", *units} or len(set(units) & set(given)) > 1:
        raise NotOurs("unknown shape: nobody here knows all that a link has")
    lag = next((name for name in units if name in given), None)
    number = 0 if lag is None else as_number(lag, given[lag])
    unit = units[lag] if lag else "working_days"
    kind = given.get("type", "FS")
    return str(given["successor"]), Dependency(str(given["predecessor"]), kind, number, unit)


def _plan(tasks: Mapping[str, dict[str, Any]], links: Mapping[str, tuple[Dependency, ...]], policy: str) -> Plan:
    anchors = {"start": dt.date(2000, 1, 1)}
    made = []
    for n, (name, given) in enumerate(tasks.items()):
        start, due = _dates(name, {key: given.get(key) for key in ("start", "due")})
        duration, earliest = given.get("duration_working_days"), given.get("not_before")
        offset = None
        if earliest is not None:
            anchors[f"not_before_{n}"] = as_date(f"{name}.not_before", earliest)
            offset = Offset(0, anchor=f"not_before_{n}")
        count = None if duration is None else as_number("duration_working_days", duration)
        made.append(
            Task(
                name,
                f"Task {name}",
                start=start,
                due=due,
                original_due=due,
                duration=count,
                start_offset=offset,
                dependencies=links.get(name, ()),
            )
        )
    return Plan("plan", "account", "A plan", FrozenMap(anchors), tasks=tuple(made), link_policy=policy)


def context(settings: Settings, today: dt.date) -> edit.Context:
    """What a verb is given besides the plan."""
    return edit.Context(
        "somebody",
        dt.datetime.combine(today, dt.time(12), dt.UTC),
        today,
        settings,
        iter(map(str, range(10**6))).__next__,
    )


def settings_of(calendars: tuple[WorkCalendar, ...]) -> Settings:
    """Settings in which these calendars together count (D6)."""
    return Settings(calendars=calendars, calendar=" & ".join(one.name for one in calendars))


def completed(vector: Vector) -> Plan:
    """A plan of items that are counted from each other, after one was completed (P5, P6)."""
    items = _objects("items", vector.input["items"])
    held = vector.input.get("existing_due") or {}
    follows = vector.input["recalculate_on_completion"]
    if not isinstance(held, dict) or not isinstance(follows, bool):
        raise NotOurs("unknown shape: existing_due is an object, recalculate_on_completion yes or no")
    roll, name = vector.roll("adjust"), vector.input["completed"]
    if name not in items:
        raise NotOurs("unknown shape: what was completed is not among the items")
    today = vector.date("completed_on")
    tasks = []
    for key, given in items.items():
        if set(given) - {"days", "after"} or given.get("after") not in (None, *items):
            raise NotOurs("unknown shape: an item has days, and is after another one")
        after = given.get("after")
        offset = Offset(
            as_number("days", given.get("days", 0)), anchor=f"task:{after}" if after else "start", roll=roll
        )
        due = None if held.get(key) is None else as_date(f"existing_due.{key}", held[key])
        status = "waiting" if after else "open"
        tasks.append(Task(key, f"Task {key}", status, due=due, original_due=due, offset=offset))
    policy = "asap" if follows else "hold"
    plan = Plan("plan", "account", "A plan", FrozenMap({"start": today}), tasks=tuple(tasks), link_policy=policy)
    settings = settings_of(vector.calendars())
    resolve(settings)
    return edit.complete(plan, context(settings, today), name, override=True)


def reanchored(vector: Vector) -> dict[str, Any]:
    """Items that keep their distance from a start or an end that is elsewhere now (P6)."""
    old, new = vector.input["template"], vector.input["new"]
    items = _objects("items", vector.input["items"])
    for one in (old, new):
        if not isinstance(one, dict) or set(one) - {"start", "end"}:
            raise NotOurs("unknown shape: template and new have start and end")
    name = next((one for one in ("start", "end") if old.get(one) is not None and new.get(one) is not None), None)
    if name is None:
        return {"items": items}
    before, after = as_date(f"template.{name}", old[name]), as_date(f"new.{name}", new[name])
    tasks = []
    for key, given in items.items():
        if not given or set(given) - {"start", "due"} or not all(isinstance(one, str | None) for one in given.values()):
            raise NotOurs("unknown shape: an item has start and due")
        start, due = (given.get(one) and as_date(f"{key}.{one}", given[one][:10]) for one in ("start", "due"))
        start_offset, offset = (day and Offset((day - before).days, anchor="start") for day in (start, due))
        tasks.append(Task(key, key, start=start, due=due, original_due=due, start_offset=start_offset, offset=offset))
    plan = Plan("plan", "account", "A plan", FrozenMap({"start": before}), tasks=tuple(tasks))
    moved = edit.set_anchor(plan, context(settings_of(vector.calendars()), before), "start", after)
    told = {
        task.id: {
            one: None if given is None else f"{getattr(task, one)}{given[10:]}" for one, given in items[task.id].items()
        }
        for task in moved.tasks
    }
    return {"items": told}


def backwards(vector: Vector) -> dict[str, Any]:
    """The latest dates that tasks with nothing but durations and links may have before a plan's end (P9)."""
    ends = [name for name in ("end", "due", "deadline", "finish") if name in vector.input]
    if len(ends) != 1:
        raise NotOurs("unknown shape: one end is wanted")
    end, days = vector.date(ends[0]), vector.days()
    tasks, links = _read(vector, "asap")
    if any(set(one) - {"duration_working_days"} and (one.get("start") or one.get("due")) for one in tasks.values()):
        raise NotOurs("unknown shape: tasks with durations alone are wanted")
    if any(one.get("duration_working_days") is None for one in tasks.values()):
        raise NotOurs("unknown shape: every task has a duration")
    room = sum(as_number("duration", one["duration_working_days"]) for one in tasks.values())
    room += sum(abs(link.lag) + 1 for held in links.values() for link in held)
    first = days.add(end, -room - 1)
    plan = _plan(tasks, {}, "asap")
    early = {task.id: due_of(first, task.duration or 1, days) for task in plan.tasks}
    linked = tuple(
        attrs.evolve(task, start=first, due=early[task.id], dependencies=links.get(task.id, ())) for task in plan.tasks
    )
    plan = attrs.evolve(plan, tasks=linked, milestones=(Milestone("the end", "The end", due=end),))
    found = reschedule(plan, plan, days=lambda task: days, today=first, look_at=frozenset(tasks))
    dated = found.applied(plan)
    told = {one.task_id: one for one in slack(dated, lambda task: days)}
    return {
        "tasks": {
            name: {"start": _text(told[name].latest_start), "due": _text(told[name].latest_due)} for name in tasks
        }
    }
