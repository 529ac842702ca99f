"""Other processes that count through workspaces: `python -m tests.stores.desk_worker URL PLAN ITEM WORKERS TIMES`."""

import datetime as dt
import json
import os
import random
import sys
import time
from decimal import Decimal
from typing import Any

import attrs

import actionplans as ap
from actionplans import edit
from actionplans.backends.store import postgresql, sqlite
from actionplans.errors import Stale, StoreBusy
from actionplans.journal import Entry, diff
from actionplans.model import Metric
from actionplans.plugins import load
from actionplans.sharing import View
from actionplans.storage import Batch, Write
from actionplans.workspace import Workspace
from tests.stores.worker import forked, say

ADMIN = ap.Actor("root", roles={"administrator"})
PLUGINS = load(sqlite, postgresql, entry_points=False)
THEN = dt.datetime(2026, 1, 5, 9, tzinfo=dt.UTC)
"""The moment that is measured for, again and again."""


def opened(url: str, **more: Any) -> Workspace:
    """An administrator's workspace."""
    return ap.open(url, actor=ADMIN, plugins=PLUGINS, **more)


def counting_plan(ws: Workspace) -> tuple[str, str]:
    """The ids of a plan and of its task, whose metric stands at 0."""
    ws.accounts.add(ap.Account("acme", "Acme"))
    plan = ws.new_plan("acme", "Count")
    plan = ws.change(plan.id, edit.add, ap.Task("", "Count", metric=Metric(Decimal(10**6))))
    task = plan.tasks[0]
    ws.change(plan.id, edit.measure, task.id, 0, at=THEN)
    return plan.id, task.id


def number_of(view: View | ap.Plan) -> int:
    """What the metric of the plan's task stands at."""
    metric = view.tasks[0].metric
    assert metric is not None
    return int(metric.readings[-1].value)


@edit.verb("measure")
def count_up(plan: ap.Plan, context: edit.Context, item_id: str) -> ap.Plan:
    """A verb of the host's own, which a workspace runs again on what others have stored meanwhile."""
    return edit.measure(plan, context, item_id, number_of(plan) + 1, at=THEN)


def next_number(ws: Workspace, plan_id: str, item_id: str, way: str) -> None:
    """Store the number after the one that stands there: as it was read, as it is found, or straight at the store."""
    if way == "read":
        seen = ws.view(plan_id)
        ws.change_read(seen, edit.measure, item_id, number_of(seen) + 1, at=THEN)
    elif way == "found":
        ws.change(plan_id, count_up, item_id)
    else:
        store = ws._desk.store
        plan = store.get(ap.Plan, plan_id)
        at = plan.revision + 1
        after = _counted(plan, item_id)
        entry = Entry("plan", plan_id, at, THEN, "root", "task.measure", diff(plan, after))
        store.commit(Batch((Write(after, plan.revision),), entries=(entry,)))


def _counted(plan: ap.Plan, item_id: str) -> ap.Plan:
    """The plan with the number after the one that stands there."""
    tasks = []
    for task in plan.tasks:
        if task.id == item_id and task.metric is not None:
            *kept, last = task.metric.readings
            readings = (*kept, attrs.evolve(last, value=last.value + 1))
            task = attrs.evolve(task, metric=attrs.evolve(task.metric, readings=readings))
        tasks.append(task)
    return attrs.evolve(plan, tasks=tuple(tasks))


def increment(url: str, plan_id: str, item_id: str, times: int, way: str) -> None:
    """The next number so many times, tried again wherever somebody was faster."""
    told, pauses = {"done": 0, "stale": 0, "busy": 0}, random.Random(os.getpid())
    with opened(url, busy_timeout=60) as ws:
        while told["done"] < times:
            try:
                next_number(ws, plan_id, item_id, way)
            except Stale:
                told["stale"] += 1
                time.sleep(pauses.uniform(0, 0.2))
            except StoreBusy:
                told["busy"] += 1
            else:
                told["done"] += 1
    say(json.dumps(told))


def main(url: str, plan_id: str, item_id: str, shares: str) -> None:
    """A process for each share, of a way and how often; a line tells how each of them did."""
    given = [(way, int(times)) for way, times in json.loads(shares)]
    told = forked(len(given), lambda n: increment(url, plan_id, item_id, given[n][1], given[n][0]))
    assert set(told) == {0}, told


if __name__ == "__main__":
    main(*sys.argv[1:])
