"""Random plans with links, offsets of all kinds and several calendars; sound ones, with dates that agree (D8)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from random import Random
from typing import Any

import attrs

from actionplans.edit import Context
from actionplans.model import (
    Completion,
    Dependency,
    FrozenMap,
    Milestone,
    Objective,
    Offset,
    Plan,
    Play,
    Task,
    WorkCalendar,
)
from actionplans.model.words import LinkPolicy, Roll, TaskStatus, Unit
from actionplans.settings import Settings
from tests.dates.oracle import Oracle

MONDAY = dt.date(2026, 1, 5)
NOON = dt.time(12, tzinfo=dt.UTC)
POLICIES: tuple[LinkPolicy, ...] = ("hold", "push", "keep", "asap")
ROLLS: tuple[Roll, ...] = ("none", "none", "next", "previous", "modified_next", "modified_previous")

CALENDARS = (
    WorkCalendar(),
    WorkCalendar("gulf", frozenset({7, 1, 2, 3, 4}), holidays=frozenset({dt.date(2026, 1, 20), dt.date(2026, 2, 2)})),
    WorkCalendar(
        "thin",
        frozenset({1, 3, 5}),
        frozenset({"01-14", "02-04"}),
        working_days=frozenset({dt.date(2026, 1, 17), dt.date(2026, 2, 7)}),
    ),
)
SETTINGS = Settings(calendars=CALENDARS)
OWNERS = FrozenMap({"ben": "gulf", "cleo": "thin"})
"""Whose own calendar is which; `ana` has none."""


def context(today: dt.date, **fields: Any) -> Context:
    """Ana asks at noon of that day."""
    now = dt.datetime.combine(today, NOON)
    return Context("ana", now, today, SETTINGS, lambda: "new", calendars=OWNERS, **fields)


def day(n: int) -> dt.date:
    """So many days after a Monday."""
    return MONDAY + dt.timedelta(days=n)


def calendar_of(plan: Plan, task: Task | None = None) -> Oracle:
    """The working days that count for a task, or for the plan (D7), one by one."""
    name = plan.calendar if task is None else task.calendar or OWNERS.get(task.owner_id or "", "") or plan.calendar
    return _ORACLES[name or "default"]


_ORACLES = {one.name: Oracle(one) for one in CALENDARS} | {"default & gulf": Oracle(*CALENDARS[:2])}


def plan(rng: Random, policy: LinkPolicy = "push", most: int = 30) -> Plan:
    """A plan of up to so many tasks, in which each item hangs on those made before it."""
    anchors = FrozenMap({"start": day(rng.randint(0, 6)), "go_live": day(rng.randint(14, 35))})
    empty = Plan("plan", "acme", "Renewal", anchors, link_policy=policy, calendar=rng.choice(("", "", "", "gulf")))
    grown = _Growing(rng, empty)
    for n in range(rng.choice((1, 2, 3, 4, 6, 10, rng.randint(1, most)))):
        if rng.random() < 0.12 and len(grown.milestones) < 4:
            grown.add_milestone(f"m{n}")
        grown.add_task(f"t{n}")
    if rng.random() < 0.4:
        grown.add_play("play")
        grown.add_objective("why")
    return grown.plan()


class _Growing:
    """A plan while it is made."""

    def __init__(self, rng: Random, empty: Plan) -> None:
        self.rng = rng
        self.empty = empty
        self.tasks: dict[str, Task] = {}
        self.milestones: dict[str, Milestone] = {}
        self.play: tuple[Play, ...] = ()
        self.objective: tuple[Objective, ...] = ()

    def plan(self) -> Plan:
        """What was made, the tasks in any order, some of them in a milestone that was made after them."""
        tasks = list(self.tasks.values())
        ids = [*self.tasks]
        for point in self.milestones.values():
            if not point.reached_on and self.rng.random() < 0.6:
                earlier = ids[: ids.index("t" + point.id[1:])]
                for one in self.rng.sample(earlier, min(len(earlier), 2)):
                    n = ids.index(one)
                    tasks[n] = attrs.evolve(tasks[n], milestone_id=point.id)
        self.rng.shuffle(tasks)
        return attrs.evolve(
            self.empty,
            milestones=tuple(self.milestones.values()),
            plays=self.play,
            objectives=self.objective,
            tasks=tuple(tasks),
        )

    def add_milestone(self, item_id: str) -> None:
        rng, days = self.rng, calendar_of(self.empty)
        offset = self.offset(on_tasks=rng.random() < 0.2) if rng.random() < 0.6 else None
        due = self.near(self.placed(offset, days)) if rng.random() < 0.9 else None
        self.milestones[item_id] = Milestone(
            item_id,
            item_id,
            due=due,
            original_due=due,
            offset=offset,
            locked=rng.random() < 0.08,
            reached_on=day(rng.randint(0, 30)) if rng.random() < 0.08 else None,
        )

    def add_play(self, item_id: str) -> None:
        start, due, start_offset, offset = self.spanned()
        self.play = (Play(item_id, item_id, start=start, due=due, start_offset=start_offset, offset=offset),)

    def add_objective(self, item_id: str) -> None:
        start, due, start_offset, offset = self.spanned()
        made = Objective(item_id, item_id, start=start, end=due, start_offset=start_offset, end_offset=offset)
        self.objective = (made,)

    def spanned(self) -> tuple[dt.date | None, dt.date | None, Offset | None, Offset | None]:
        """Start, due and offsets of a play or objective."""
        rng, days = self.rng, calendar_of(self.empty)
        start_offset = self.offset() if rng.random() < 0.4 else None
        offset = self.offset() if rng.random() < 0.6 else None
        start = self.near(self.placed(start_offset, days)) if rng.random() < 0.6 else None
        due = self.near(self.placed(offset, days)) if rng.random() < 0.8 else None
        if start and due and due < start:
            start = None
        return start, due, start_offset, offset

    def add_task(self, item_id: str) -> None:
        """A task with links and offsets to what is there, at its place or moved from it."""
        rng = self.rng
        task = Task(
            item_id,
            item_id,
            owner_id=rng.choice((None, None, None, "ana", "ben", "cleo")),
            calendar=rng.choice(("", "", "", "", "default", "gulf", "thin", "default & gulf")),
            dependencies=tuple(self.links()) if rng.random() < 0.7 else (),
        )
        days = calendar_of(self.empty, task)
        start_offset = self.offset(on_tasks=rng.random() < 0.3) if rng.random() < 0.25 else None
        offset = self.offset(on_tasks=rng.random() < 0.3) if rng.random() < 0.35 else None
        if offset is None and rng.random() < 0.12:
            offset = attrs.evolve(self.offset(), anchor="own_start", count=rng.randint(0, 8))
        start, due, duration = self.dates(task, start_offset, offset, days)
        task = attrs.evolve(
            task,
            start=start,
            due=due,
            original_due=due,
            duration=duration,
            start_offset=start_offset,
            offset=offset,
            locked=rng.random() < 0.07,
        )
        self.tasks[item_id] = self.lived(task)

    def dates(self, task: Task, start_offset: Offset | None, offset: Offset | None, days: Oracle) -> Any:
        """Dates that agree: both, one, a duration alone, or none."""
        rng = self.rng
        form = rng.choice(("both", "both", "both", "both", "due", "due", "start", "duration", "none"))
        if form == "none":
            return None, None, None
        duration = rng.choice((1, 1, 2, 3, 5, 8))
        if form == "duration":
            return None, None, duration
        behind = [one for link in task.dependencies if (one := self.end_of(link.predecessor_id))]
        start = self.placed(start_offset, days) if start_offset else self.near(max(behind, default=None))
        if start_offset and rng.random() < 0.3:
            start = self.near(start)
        if form == "start":
            return start, None, None
        due = days.due_of(start, duration)
        if offset is not None:
            due = self.placed(offset, days, start)
            due = self.near(due) if rng.random() < 0.3 else due
        if form == "due":
            return None, due, None
        if start_offset is None and offset is not None and offset.anchor != "own_start":
            start = days.start_of(due, duration)
        if due < start:
            due = days.due_of(start, duration)
        return start, due, max(1, days.count(start, due))

    def lived(self, task: Task) -> Task:
        """The task as it may be by now: waiting, open, in progress, done or cancelled."""
        rng = self.rng
        statuses: tuple[TaskStatus, ...] = ("in_progress", "done", "cancelled")
        status = rng.choice((*("open",) * 9, *("waiting",) * 3, *statuses))
        if status == "done":
            on = self.near(task.due or task.start)
            return attrs.evolve(task, status="done", completion=completion(on), completions=1)
        return attrs.evolve(task, status=status, was="open" if status == "cancelled" else None)

    def links(self) -> Iterator[Dependency]:
        """Links to what is there, each predecessor and kind once."""
        rng, seen = self.rng, set()
        ahead = [*self.tasks, *self.milestones]
        for _ in range(rng.choice((1, 1, 1, 2, 3)) if ahead else 0):
            link = some_link(rng, rng.choice(ahead[-5:] if rng.random() < 0.6 else ahead))
            if (link.predecessor_id, link.kind) not in seen:
                seen.add((link.predecessor_id, link.kind))
                yield link

    def offset(self, *, on_tasks: bool = False) -> Offset:
        """An offset from a named anchor, a milestone or, where asked, a task."""
        rng = self.rng
        anchor = rng.choice(("start", "go_live", *(f"milestone:{one}" for one in self.milestones)))
        if on_tasks and self.tasks:
            anchor = f"task:{rng.choice([*self.tasks])}"
        count = rng.choice((-12, -5, -1, 0, 1, 2, 3, 5, 10))
        if rng.random() < 0.4:
            return Offset(count, "working_days", anchor, roll_anchor=rng.choice(("none", "none", "next", "previous")))
        units: tuple[Unit, ...] = ("days", "days", "weeks", "months")
        unit = rng.choice(units)
        return Offset(count if unit == "days" else (count > 0) - (count < 0), unit, anchor, rng.choice(ROLLS))

    def placed(self, offset: Offset | None, days: Oracle, start: dt.date | None = None) -> dt.date:
        """Where an offset puts its date; any day where there is none."""
        anchor = None
        if offset is not None:
            anchor = start if offset.anchor == "own_start" else self.end_of(offset.item_id or offset.anchor)
        if offset is None or anchor is None:
            return day(self.rng.randint(-5, 40))
        return days.offset(offset, anchor)

    def end_of(self, name: str) -> dt.date | None:
        """The day of an anchor or milestone, or the day a task ends."""
        if name in self.empty.anchors:
            return self.empty.anchors[name]
        if name in self.milestones:
            return self.milestones[name].reached_on or self.milestones[name].due
        task = self.tasks[name]
        return task.completion.on if task.completion else task.due or task.start

    def near(self, one: dt.date | None) -> dt.date:
        """That day or one near it, more often after it."""
        if one is None:
            return day(self.rng.randint(-5, 30))
        return one + dt.timedelta(days=self.rng.choice((0, 0, 0, 1, 1, 2, 3, 5, 9, -1, -3)))


def some_link(rng: Random, predecessor_id: str) -> Dependency:
    """A link of any kind and lag."""
    lag = rng.choice((0, 0, 0, 0, 1, 2, 5, -1, -2, -4))
    return Dependency(
        predecessor_id, rng.choice(("FS", "FS", "FS", "SS", "FF", "SF")), lag, rng.choice(("days", "working_days"))
    )


def completion(on: dt.date) -> Completion:
    """Done by Ana at noon of that day."""
    return Completion(1, dt.datetime.combine(on, NOON), on, "ana")
