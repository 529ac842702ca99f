"""Whatever is given to a public method, what comes out is a result or one of our errors, and nothing half done."""

import datetime as dt
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import actionplans as ap
from actionplans import edit
from actionplans.errors import ActionPlansError, Invalid
from actionplans.plugins import Plugins
from actionplans.sharing import View
from actionplans.workspace import Workspace
from tests.workspace.world import ADMIN, MONDAY, PLUGINS, opened, peopled, snapshot, store_of

NASTY = (
    *(None, True, False, 0, 1, -1, 1.5, float("nan"), "", " ", "x", "a\0b", "\ud800", "x" * 2000, b"", b"acme"),
    *(object(), [], (), {}, {"a": 1}, [1], {"start": 5}, frozenset({1}), len, int, lambda: 5),
    *(dt.datetime(2026, 1, 5), dt.datetime(2026, 1, 5, tzinfo=dt.UTC), MONDAY, dt.time(9)),
    *(ap.Account("zeta", "Zeta"), ap.Person("zeta", "Zeta"), ap.Team("zeta", "Zeta"), ap.PlanQuery(), ap.TaskQuery()),
)

Call = Callable[[Workspace, View, Any], object]


def spent(result: object) -> object:
    """A stream is asked for its first results, so that what it does is done."""
    if isinstance(result, Iterator):
        for _ in zip(range(3), result, strict=False):
            pass
    return result


CALLS: dict[str, Call] = {
    "acting_as": lambda ws, _, x: ws.acting_as(x),
    "draft template": lambda ws, _, x: ws.draft(x, "acme"),
    "draft account": lambda ws, _, x: ws.draft("follow-up", x),
    "draft start": lambda ws, _, x: ws.draft("follow-up", "acme", start=x),
    "draft anchors": lambda ws, _, x: ws.draft("follow-up", "acme", anchors=x),
    "draft anchor": lambda ws, _, x: ws.draft("follow-up", "acme", anchors={"go_live": x}),
    "draft title": lambda ws, _, x: ws.draft("follow-up", "acme", title=x),
    "draft owner": lambda ws, _, x: ws.draft("follow-up", "acme", owner_id=x),
    "launch owner": lambda ws, _, x: ws.launch(ws.draft("follow-up", "acme", owner_id=x)),
    "launch": lambda ws, _, x: ws.launch(x),
    "launch_many": lambda ws, _, x: ws.launch_many(x),
    "launch_many chunk": lambda ws, _, x: ws.launch_many([], chunk=x),
    "launch_many progress": lambda ws, _, x: ws.launch_many([], progress=x),
    "add_plan": lambda ws, _, x: ws.add_plan(x),
    "new_plan account": lambda ws, _, x: ws.new_plan(x, "Title"),
    "new_plan title": lambda ws, _, x: ws.new_plan("acme", x),
    "new_plan start": lambda ws, _, x: ws.new_plan("acme", "Title", start=x),
    "new_plan anchors": lambda ws, _, x: ws.new_plan("acme", "Title", anchors=x),
    "new_plan section": lambda ws, _, x: ws.new_plan("acme", "Title", section=x),
    "new_plan stage": lambda ws, _, x: ws.new_plan("acme", "Title", stage_id=x),
    "new_plan owner": lambda ws, _, x: ws.new_plan("acme", "Title", owner_id=x),
    "new_plan zone": lambda ws, _, x: ws.new_plan("acme", "Title", time_zone=x),
    "new_plan custom": lambda ws, _, x: ws.new_plan("acme", "Title", custom=x),
    "new_plan tasks": lambda ws, _, x: ws.new_plan("acme", "Title", tasks=x),
    "new_plan task": lambda ws, _, x: ws.new_plan("acme", "Title", tasks=(x,)),
    "view": lambda ws, _, x: ws.view(x),
    "views": lambda ws, _, x: ws.views(x),
    "views progress": lambda ws, _, x: ws.views(progress=x if not callable(x) else None),
    "plans": lambda ws, _, x: ws.plans(x),
    "tasks": lambda ws, _, x: ws.tasks(x),
    "change plan": lambda ws, _, x: ws.change(x, edit.share_plan),
    "change verb": lambda ws, plan, x: ws.change(plan.id, x),
    "change item": lambda ws, plan, x: ws.change(plan.id, edit.complete, x),
    "change argument": lambda ws, plan, x: ws.change(plan.id, edit.add, x),
    "change_read": lambda ws, _, x: ws.change_read(x, edit.share_plan),
    "impact plan": lambda ws, _, x: ws.impact(x, "y"),
    "impact item": lambda ws, plan, x: ws.impact(plan.id, x),
    "restore plan": lambda ws, _, x: ws.restore(x, "y"),
    "restore item": lambda ws, plan, x: ws.restore(plan.id, x),
    "restore edits": lambda ws, plan, x: ws.change(plan.id, edit.restore, "y", x),
    "history": lambda ws, _, x: ws.history(x),
    "can action": lambda ws, plan, x: ws.can(x, plan.id),
    "can plan": lambda ws, _, x: ws.can("plan.see", x),
    "can item": lambda ws, plan, x: ws.can("plan.see", plan.id, x),
    "accounts.get": lambda ws, _, x: ws.accounts.get(x),
    "accounts.find": lambda ws, _, x: ws.accounts.find(x),
    "accounts.find limit": lambda ws, _, x: ws.accounts.find("acme", limit=x),
    "accounts.all": lambda ws, _, x: ws.accounts.all(x),
    "accounts.below": lambda ws, _, x: ws.accounts.below(x),
    "get_or_create name": lambda ws, _, x: ws.accounts.get_or_create(x),
    "get_or_create website": lambda ws, _, x: ws.accounts.get_or_create("Nova", x),
    "get_or_create field": lambda ws, _, x: ws.accounts.get_or_create("Nova", roles=x),
    "get_or_create id": lambda ws, _, x: ws.accounts.get_or_create("Nova", id=x),
    "get_or_create warn": lambda ws, _, x: ws.accounts.get_or_create(
        "Acme", "third.example", warn=x if not callable(x) else None
    ),
    "accounts.add": lambda ws, _, x: ws.accounts.add(x),
    "accounts.update": lambda ws, _, x: ws.accounts.update(x, name="New"),
    "accounts.update name": lambda ws, _, x: ws.accounts.update("acme", name=x),
    "accounts.update zone": lambda ws, _, x: ws.accounts.update("acme", time_zone=x),
    "accounts.update parent": lambda ws, _, x: ws.accounts.update("acme", parent_id=x),
    "accounts.update roles": lambda ws, _, x: ws.accounts.update("acme", roles=x),
    "people.get": lambda ws, _, x: ws.people.get(x),
    "people.add": lambda ws, _, x: ws.people.add(x),
    "people.update": lambda ws, _, x: ws.people.update(x, name="New"),
    "people.update roles": lambda ws, _, x: ws.people.update("ana", roles=x),
    "people.update calendar": lambda ws, _, x: ws.people.update("ana", calendar=x),
    "people.update account": lambda ws, _, x: ws.people.update("ana", account_id=x),
    "teams.add": lambda ws, _, x: ws.teams.add(x),
    "teams.update members": lambda ws, _, x: ws.teams.update("cs", members=x),
    "templates.get": lambda ws, _, x: ws.templates.get(x),
    "templates.get version": lambda ws, _, x: ws.templates.get("follow-up", x),
    "templates.add": lambda ws, _, x: ws.templates.add(x),
    "templates.save": lambda ws, _, x: ws.templates.save(x),
    "templates.publish": lambda ws, _, x: ws.templates.publish(x),
    "templates.revise": lambda ws, _, x: ws.templates.revise(x),
    "templates.retire": lambda ws, _, x: ws.templates.retire(x, 1),
    "templates.retire version": lambda ws, _, x: ws.templates.retire("follow-up", x) if x != 1 else None,
    "settings.update": lambda ws, _, x: ws.settings.update(time_zone=x),
    "settings.update policy": lambda ws, _, x: ws.settings.update(policy=x),
    "settings.update grants": lambda ws, _, x: ws.settings.update(policy=(x,)),
    "settings.update calendars": lambda ws, _, x: ws.settings.update(calendars=x),
}


@pytest.mark.parametrize("name", CALLS)
def test_a_wrong_argument_is_one_of_our_errors(name: str) -> None:
    """Nothing raw comes out, and what is refused leaves the store as it was."""
    ws = peopled(opened())
    plan = ws.launch(ws.draft("follow-up", "acme", start=MONDAY))
    refused, before = 0, snapshot(store_of(ws))
    for value in NASTY:
        try:
            spent(CALLS[name](ws, plan, value))
        except ActionPlansError as error:
            assert str(error)
            assert before == snapshot(store_of(ws)), value
            refused += 1
        else:
            before = snapshot(store_of(ws))
    assert refused


@pytest.mark.parametrize("place", ["what", "target", "format", "progress"])
def test_a_wrong_argument_of_an_export_leaves_no_file(place: str, tmp_path: Path) -> None:
    """Nor does it touch one that is there."""
    ws = peopled(opened())
    plan = ws.launch(ws.draft("follow-up", "acme", start=MONDAY))
    for value in NASTY:
        arguments = {"what": plan.id, "target": tmp_path / "a.xlsx", "format": "xlsx", "progress": None} | {
            place: value
        }
        if place == "target" and isinstance(value, str | bytes) and value or place == "progress" and callable(value):
            continue
        try:
            ws.export(**arguments)  # type: ignore[arg-type]
        except ActionPlansError:
            assert [] == list(tmp_path.iterdir()), value
        for path in tmp_path.iterdir():
            path.unlink()


def test_opening_with_wrong_arguments_opens_nothing() -> None:
    """Each is named, and what a store cannot take is not blamed on anything else."""
    for value in NASTY:
        for wrong in ({"url": value}, {"actor": value}, {"tenant": value}, {"plugins": value}, {"clock": value}):
            arguments: dict[str, Any] = {"url": "memory:", "actor": ADMIN, "plugins": PLUGINS, **wrong}
            try:
                ap.open(**arguments).close()
            except ActionPlansError as error:
                assert str(error)
            else:
                assert wrong.keys() & {"tenant", "clock", "plugins"}, wrong
    with pytest.raises(Invalid, match="unexpected keyword argument 'colour'"):
        opened().acting_as(ADMIN) and ap.open("memory:", actor=ADMIN, plugins=PLUGINS, colour="red")

    def broken(url: str, *, tenant: str = "") -> Any:
        raise TypeError("a mistake inside the store")

    with pytest.raises(TypeError, match="a mistake inside the store"):
        ap.open("broken:", actor=ADMIN, plugins=Plugins(stores={"broken": broken}))
