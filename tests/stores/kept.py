"""A little of everything that a store keeps, and all of it again, for tests of backups and checks."""

import datetime as dt
from pathlib import Path
from typing import Any

import actionplans as ap
from actionplans import edit
from actionplans.messages import Message
from actionplans.model import Objective, Person, Plan, Task
from actionplans.storage import (
    Batch,
)
from actionplans.testing.clock import FrozenClock
from actionplans.workspace import Workspace
from tests.workspace.world import ADMIN, MONDAY, PLUGINS, peopled

NOW = dt.datetime(2026, 1, 5, 9, tzinfo=dt.UTC)


def opened(url: str, tenant: str = "", **options: Any) -> Workspace:
    """A workspace for an administrator, with a clock that stands still."""
    return ap.open(url, actor=ADMIN, tenant=tenant, plugins=PLUGINS, clock=FrozenClock(), **options)


def filled(url: str, tenant: str = "") -> Workspace:
    """A workspace whose store has records of many kinds, journals, one who is erased, and messages in every state."""
    ws = peopled(opened(url, tenant))
    ws.people.add(Person("zoe", "Zoë Quuxley", email="zoe@quux.example", roles={"manager"}))
    ws.people.update("zoe", email="z@quuxley.example")
    ws.people.add(Person("eve", "Eve"))
    plan = ws.launch(ws.draft("follow-up", "acme", start=MONDAY, owner_id="zoe")).plan
    ws.change(plan.id, edit.complete, plan.tasks[0].id)
    ws.new_plan("acme", "Ünïcode İstanbul")
    goals = (Objective("o1", "Grow"), Objective("o2", "Grow more"))
    tasks = tuple(Task(f"t{n}", f"Call {n}", due=MONDAY) for n in range(12))
    ws.add_plan(Plan("p1", "acme", "Follow up", ap.FrozenMap({"start": MONDAY}), objectives=goals, tasks=tasks))
    ws.touchpoints.add("acme", "A call", text="They said yes")
    ws.summaries.save("acme", "Going well")
    ws.drafts.save(ws.draft("follow-up", "acme", start=MONDAY))
    ws.privacy.erase_person("eve")
    store, later = ws._desk.store, NOW + dt.timedelta(hours=1)
    told = tuple(Message(f"m{n}", "task.assigned", "zoe", NOW, "plan", plan.id) for n in range(4))
    store.commit(Batch(messages=told))
    first, second, third = store.claim(NOW, later, limit=3)
    store.settle([first.sent(NOW), second.failed(NOW, "no such host"), third.again(later, "time-out")])
    return ws


def beside(path: Path) -> list[str]:
    """The names of all files in the folder of one."""
    return sorted(one.name for one in path.parent.iterdir())
