"""Deciding, viewing and listing with rights, against the same without them."""

from __future__ import annotations

import datetime as dt
import tempfile
from pathlib import Path

import attrs

import actionplans as ap
from actionplans.model import Plan
from actionplans.permissions import Asker, Subject, decide
from actionplans.settings import Grant, Settings
from actionplans.sharing import People, Viewer, view
from actionplans.storage import Batch, PlanQuery, Write
from benchmarks.measure import paired, seconds

MANY = 100_000
VIEWS = 2_000
LISTED = 10_000
DAY = dt.date(2026, 1, 5)


def decisions(repeats: int = 7) -> dict[str, float]:
    """A hundred thousand decisions about a task, in microseconds each; the floor looks in a table of actions."""
    policy = Settings().policy
    asker = Asker("ana", frozenset({"member"}))
    about = Subject(frozenset({"ben"}), frozenset({"ben"}), frozenset(), "ana", frozenset({"ana"}), "acme")
    table = {("member", "task.complete"): frozenset({"account", "own", "assigned"})}
    member, action = "member", "task.complete"

    def ours() -> None:
        for _ in range(MANY):
            decide(policy, asker, action, about)

    def floor() -> None:
        for _ in range(MANY):
            _ = "account" in table[member, action] and "ana" in about.account_people

    return _each(paired(lambda: seconds(ours), lambda: seconds(floor), repeats), MANY)


def views(repeats: int = 5) -> dict[str, float]:
    """A member's view of a plan of 20 tasks, in microseconds; the floor makes the list of its tasks once more.

    `contact` and `partner` are what theirs take, in microseconds: they are made of listed fields, task by task.
    """
    account, plan = ap.Account("acme", "Acme", owner_id="ana"), _plan()
    settings, people = Settings(), People({"ana": "Ana", "cleo": "Cleo"}, frozenset({"cleo"}))
    member = Viewer(Asker("ana", frozenset({"member"})))
    contact = Viewer(Asker("cleo", frozenset({"contact"}), kind="contact", account_id="acme"), uninvited=None)
    partner = Viewer(Asker("cleo", frozenset({"partner"}), kind="partner"))

    def look(viewer: Viewer) -> None:
        for _ in range(VIEWS):
            view(plan, account, settings, viewer, today=DAY, people=people)

    def floor() -> None:
        for _ in range(VIEWS):
            _ = [attrs.evolve(task) for task in plan.tasks]

    found = _each(paired(lambda: seconds(lambda: look(member)), lambda: seconds(floor), repeats), VIEWS)
    for name, viewer in (("contact", contact), ("partner", partner)):
        found[name] = min(seconds(lambda who=viewer: look(who)) for _ in range(repeats)) / VIEWS * 1e6  # type: ignore[misc]
    return found


def my_plans(repeats: int = 5) -> dict[str, float]:
    """The 10 000 plans of a member who sees their own accounts; the floor lists them for an administrator."""
    with tempfile.TemporaryDirectory() as place:
        url = f"sqlite:///{Path(place) / 'plans.db'}"
        with ap.open(url, actor=ap.Actor("root", roles={"administrator"})) as ws:
            policy = tuple(one for one in ws.settings.get().policy if (one.role, one.action) != ("member", "*.see"))
            ws.settings.update(policy=(*policy, Grant("member", "*.see", "account")))
            ws.people.add(ap.Person("ana", "Ana", roles=frozenset({"member"})))
            accounts = [ws.accounts.add(ap.Account(f"a{n}", f"Account {n}", owner_id="ana")).id for n in range(100)]
            store = ws._desk.store
            anchors = ap.FrozenMap({"start": DAY})
            plans = [ap.Plan(f"plan-{n:05}", accounts[n % 100], f"Plan {n}", anchors) for n in range(LISTED)]
            store.commit(Batch(tuple(Write(one) for one in plans)))
            mine = ws.acting_as(ap.Actor("ana"))

            def listed(who: ap.Workspace) -> None:
                assert LISTED == sum(1 for _ in who.plans(PlanQuery()))

            return paired(lambda: seconds(lambda: listed(mine)), lambda: seconds(lambda: listed(ws)), repeats)


def _plan() -> Plan:
    plays = tuple(ap.Play(f"p{n}", f"Play {n}", objective_id="o", shared=True) for n in range(2))
    tasks = tuple(
        ap.Task(f"t{n}", f"Task {n}", owner_id="ana" if n % 2 else "cleo", due=DAY, parent_id=f"p{n % 2}", shared=True)
        for n in range(20)
    )
    goal = ap.Objective("o", "Goal", shared=True)
    anchors = ap.FrozenMap({"start": DAY})
    return Plan("plan", "acme", "Plan", anchors, objectives=(goal,), plays=plays, tasks=tasks, shared=True)


def _each(found: dict[str, float], many: int) -> dict[str, float]:
    return {**found, "microseconds": found["ours"] / many * 1e6}
