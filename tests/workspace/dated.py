"""A small plan with dates, for the tests of dates through the workspace."""

import datetime as dt
from typing import Any

import attrs

import actionplans as ap
from actionplans.checks import FrozenMap
from actionplans.model import Dependency, Milestone, Offset, Plan, Task
from actionplans.sharing import View
from actionplans.workspace import Workspace
from tests.workspace.world import MONDAY

GULF = ap.WorkCalendar("gulf", frozenset({7, 1, 2, 3, 4}))
OUTSIDER = ap.Actor("zoe")


def jan(n: int) -> dt.date:
    """A day of January 2026; the 5th, 12th and 19th are Mondays."""
    return dt.date(2026, 1, n)


def task(item_id: str, first: int, last: int, *links: Dependency, **fields: Any) -> Task:
    """A task from one day of January to another."""
    start, due = jan(first), jan(last)
    lasts = sum((start + dt.timedelta(n)).isoweekday() < 6 for n in range((due - start).days + 1))
    return Task(
        item_id, f"Task {item_id}", start=start, due=due, original_due=due, duration=lasts, dependencies=links, **fields
    )


def stored(ws: Workspace, plan_id: str = "plan", **fields: Any) -> View:
    """A chain of three tasks, a milestone with what is counted from it, and a task nothing hangs on."""
    return ws.add_plan(
        Plan(
            plan_id,
            "acme",
            "Renewal",
            FrozenMap({"start": MONDAY, "go_live": jan(26)}),
            milestones=(Milestone("m", "The end", due=jan(19), original_due=jan(19)),),
            tasks=(
                task("a", 5, 5),
                task("b", 6, 7, Dependency("a"), status="waiting"),
                task("c", 8, 8, Dependency("b"), status="waiting"),
                Task("d", "Task d", due=jan(20), original_due=jan(20), offset=Offset(1, anchor="milestone:m")),
                Task("e", "Task e", due=jan(27), original_due=jan(27), offset=Offset(1, "working_days", "go_live")),
                task("free", 8, 9),
            ),
            **fields,
        )
    )


def dues(view: View) -> str:
    """The days of January on which the tasks are due, in plan order, with February after them."""
    return " ".join(str((one.due - jan(1)).days + 1) if one.due else "-" for one in view.tasks)


def plain(plan: Plan) -> Plan:
    """The plan but for what every commit sets."""
    return attrs.evolve(plan, revision=0, changed_at=None)


def tick(ws: Workspace, days: int) -> None:
    """Time goes by."""
    ws._desk.clock.tick(days=days)  # type: ignore[attr-defined]


def gulfed(ws: Workspace) -> View:
    """The plan, two days on, where Ben works as the Gulf does."""
    ws.settings.update(calendars=(*ws.settings.get().calendars, GULF))
    ws.people.update("ben", calendar="gulf")
    plan = stored(ws)
    tick(ws, 2)
    return plan
