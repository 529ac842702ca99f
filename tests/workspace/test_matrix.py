"""Who may do what in every state of a task: the workspace against a short reference of the shipped roles (R1 to R4)."""

import datetime as dt
from collections.abc import Callable
from typing import Any

import attrs
import pytest

import actionplans as ap
from actionplans import edit
from actionplans.errors import ActionPlansError, NotAllowed, NotFound
from actionplans.model import Completion
from actionplans.storage import Batch, Write
from actionplans.workspace import Workspace
from tests.size import size
from tests.workspace.world import MONDAY, opened, peopled, store_of

AT = dt.datetime(2026, 1, 5, tzinfo=dt.UTC)

ASKERS: dict[str, ap.Actor] = {
    "administrator": ap.Actor("zoe", roles={"administrator"}),
    "manager": ap.Actor("zoe", roles={"manager"}),
    "member with the account": ap.Actor("ana", roles={"member"}),
    "member with the plan": ap.Actor("olga", roles={"member"}),
    "member with the task": ap.Actor("ben", roles={"member"}),
    "member who helps": ap.Actor("cleo", roles={"member"}),
    "member of the team": ap.Actor("tom", roles={"member"}),
    "member from elsewhere": ap.Actor("zoe", roles={"member"}),
    "viewer": ap.Actor("ana", roles={"viewer"}),
    "partner with the task": ap.Actor("ben", roles={"partner"}),
    "partner from elsewhere": ap.Actor("zoe", roles={"partner"}),
    "contact with the task": ap.Actor("carl"),
    "contact who is invited": ap.Actor("cora"),
    "contact who is not": ap.Actor("curt"),
    "contact with a role": ap.Actor("carl", roles={"administrator"}),
    "nobody": ap.Actor("ana"),
    "inactive": ap.Actor("ina", roles={"administrator"}),
}

ACTIONS: dict[str, tuple[str, Callable[[str], tuple[Any, tuple[Any, ...], dict[str, Any]]]]] = {
    "task.edit": ("task", lambda task: (edit.update, (task,), {"priority": "high"})),
    "task.start": ("task", lambda task: (edit.start, (task,), {})),
    "task.complete": ("task", lambda task: (edit.complete, (task,), {})),
    "task.override": ("task", lambda task: (edit.complete, (task,), {"override": True})),
    "task.reopen": ("task", lambda task: (edit.reopen, (task,), {})),
    "task.cancel": ("task", lambda task: (edit.cancel, (task,), {})),
    "task.assign": ("task", lambda task: (edit.assign, (task, "ana"), {})),
    "task.share": ("task", lambda task: (edit.share, (task, False), {})),
    "task.comment": ("task", lambda task: (edit.comment, (task, "Hello"), {})),
    "task.create": ("task", lambda task: (edit.add, (ap.Task(title="New"),), {})),
    "plan.edit": ("plan", lambda task: (edit.update_plan, (), {"title": "Other"})),
    "plan.archive": ("plan", lambda task: (edit.archive_plan, (), {})),
    "plan.share": ("plan", lambda task: (edit.share_plan, (False,), {})),
    "plan.comment": ("plan", lambda task: (edit.comment, ("plan", "Hello"), {})),
}

TASKS = ("open", "waiting", "in_progress", "done", "cancelled")
PLANS = ("active", "paused", "completed", "archived")
OWNERS = ("ben", "carl", "team:cs", "any_contact")[: max(2, size(4))]
"""Whose the task is: a user's, a team's, a contact's, any contact's."""


def may(who: str, action: str, owner: str) -> bool | None:
    """The reference: whether the asker may; None where they do not even see the task or plan."""
    kind, _, verb = action.partition(".")
    if who in ("nobody", "inactive", "contact who is not", "partner from elsewhere"):
        return None
    if who.startswith("contact"):
        theirs = owner == "any_contact" or owner == "carl" and who != "contact who is invited"
        if owner == "carl" and not theirs and kind == "task" and verb != "create":
            return None
        return theirs and action in ("task.complete", "task.reopen", "task.comment")
    if who == "partner with the task":
        if owner != "ben":
            return None
        return action in ("task.start", "task.complete", "task.reopen", "task.comment")
    if who in ("administrator", "manager"):
        return True
    if who == "viewer":
        return False
    if action == "task.override":
        return False
    if who in ("member with the account", "member with the plan"):
        return True
    if who == "member with the task":
        return owner == "ben" and kind == "task" and verb != "create"
    assigned = who == "member who helps" or who == "member of the team" and owner == "team:cs"
    return assigned and action in ("task.start", "task.complete", "task.reopen")


def scene() -> Workspace:
    """An account of Ana's with a shared plan of Olga's, contacts of whom two are invited, and a team."""
    ws = peopled(opened())
    for name in ("olga", "tom", "zoe"):
        ws.people.add(ap.Person(name, name.title()))
    ws.people.add(ap.Person("ina", "Ina", active=False))
    for name in ("carl", "cora", "curt"):
        ws.people.add(ap.Person(name, name.title(), kind="contact", account_id="acme"))
    ws.teams.update("cs", members=frozenset({"tom"}))
    play = ap.Play("play", "Play", shared=True)
    first = ap.Task("first", "First")
    plan = ap.Plan("plan", "acme", "Plan", ap.FrozenMap({"start": MONDAY}), owner_id="olga", shared=True)
    ws.add_plan(attrs.evolve(plan, plays=(play,), tasks=(first, ap.Task("task", "Task", parent_id="play"))))
    for name in ("carl", "cora"):
        ws.sharing.invite("plan", name)
    return ws


def put(ws: Workspace, task_status: str, plan_status: str, owner: str) -> ap.Plan:
    """The plan in that state, straight into the store."""
    store = store_of(ws)
    plan = store.get(ap.Plan, "plan")
    done = Completion(1, AT, MONDAY, "ana") if task_status == "done" else None
    links = (ap.Dependency("first"),) if task_status == "waiting" else ()
    task = ap.Task(
        "task",
        "Task",
        task_status,  # type: ignore[arg-type]
        owner,
        parent_id="play",
        dependencies=links,
        helpers=("cleo",),
        completion=done,
        completions=int(done is not None),
        was="open" if task_status == "cancelled" else None,
    )
    changed = attrs.evolve(
        plan,
        title="Plan",
        shared=True,
        comments=(),
        tasks=(ap.Task("first", "First"), task),
        status="active" if plan_status == "archived" else plan_status,
        archived=plan_status == "archived",
        paused_on=MONDAY if plan_status == "paused" else None,
        completed_at=AT if plan_status == "completed" else None,
    )
    store.commit(Batch((Write(changed, plan.revision),)))
    return store.get(ap.Plan, "plan")


@pytest.mark.parametrize("who", ASKERS)
def test_every_role_in_every_state(who: str) -> None:
    """17 askers by 14 actions by 4 owners by 9 states: denied calls change nothing, and `can` said so before (R6)."""
    ws, cells = scene(), 0
    asker = ws.acting_as(ASKERS[who])
    states = [(task, "active") for task in TASKS] + [("open", plan) for plan in PLANS[1:]] + [("done", "completed")]
    for owner in OWNERS:
        for task_status, plan_status in states:
            before = put(ws, task_status, plan_status, owner)
            for action, (about, call) in ACTIONS.items():
                cells += 1
                expected = may(who, action, owner)
                item = "task" if about == "task" and action != "task.create" else None
                place = f"{who}: {action} of a task of {owner}'s, {task_status} in a plan that is {plan_status}"
                try:
                    told: bool | None = asker.can(action, "plan", item).allowed
                except NotFound:
                    told = None
                assert expected == told, place
                verb, args, kwargs = call("task")
                try:
                    asker.change("plan", verb, *args, **kwargs)
                    done: bool | None = True
                except NotAllowed:
                    done = False
                except NotFound:
                    done = None
                except ActionPlansError:
                    done = True  # allowed, but not in this state
                assert expected == done, place
                if expected:
                    before = put(ws, task_status, plan_status, owner)
                else:
                    assert before == store_of(ws).get(ap.Plan, "plan"), place
    assert len(ACTIONS) * len(OWNERS) * len(states) == cells


def test_the_matrix_is_large_enough() -> None:
    """At least 1,500 cells."""
    assert len(ASKERS) * len(ACTIONS) * len(OWNERS) * (len(TASKS) + len(PLANS)) >= 1500


@pytest.mark.parametrize("owner", OWNERS)
def test_who_can_lists_those_who_can(owner: str) -> None:
    """The stored persons, with their stored roles; asking takes a right of its own (R6)."""
    ws = scene()
    for name, roles in (("ana", {"member"}), ("zoe", {"manager"}), ("ben", {"partner"}), ("tom", {"member"})):
        ws.people.update(name, roles=frozenset(roles))
    put(ws, "open", "active", owner)
    people = [one.id for one in ws.people.all()]
    for action, (about, _) in ACTIONS.items():
        item = "task" if about == "task" and action != "task.create" else None
        can = []
        for one in people:
            try:
                can += [one] if ws.acting_as(ap.Actor(one)).can(action, "plan", item) else []
            except NotFound:
                continue
        assert can == [one.id for one in ws.who_can(action, "plan", item)], action
    with pytest.raises(NotAllowed):
        list(ws.acting_as(ap.Actor("tom")).who_can("task.edit", "plan"))
