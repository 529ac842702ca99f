"""What was joined is found by the id that the source had for it, and only by whoever sees it (M3, V7)."""

import datetime as dt
from typing import Any

import pytest

import actionplans as ap
from actionplans import edit
from actionplans.errors import ActionPlansError, Invalid, NotFound
from actionplans.model import Dependency, Offset, Play, Stage, Task
from actionplans.settings import Grant
from actionplans.workspace import Workspace
from tests.merge.test_workspace import planned, two


def test_links_find_what_they_lead_to(ws: Workspace) -> None:
    """M3: a link that is made, one that is taken away, and an offset that counts from an item."""
    two(ws)
    ws.merging.merge("t", "s")
    made = ws.change("t", edit.add, Task("new", "New"))
    assert () == made.task("new").dependencies
    linked = ws.change("t", edit.link, "new", Dependency("s-call"))
    assert ("t-call",) == tuple(one.predecessor_id for one in linked.task("new").dependencies)
    freed = ws.change("t", edit.unlink, "new", predecessor_id="s-call")
    assert () == freed.task("new").dependencies
    ws.change("t", edit.update, "s-call", due=dt.date(2026, 1, 7))
    for done in (ws.preview, ws.change):
        counted = done("t", edit.update, "new", offset=Offset(2, anchor="task:s-call")).task("new")
        assert (Offset(2, anchor="task:t-call"), dt.date(2026, 1, 9)) == (counted.offset, counted.due)
    freed = ws.change("t", edit.unlink, "new", "s-call")
    assert freed.task("new").offset is None
    ws.change("t", edit.reschedule, ["s-call", "s-mail"])
    ws.change("t", edit.reschedule, item_ids={"s-call"})


def test_what_is_new_finds_its_places(ws: Workspace) -> None:
    """M3: an item that is added names others as a host still knows them."""
    for one in "ts":
        planned(ws, one, stages=(Stage(f"{one}-own", "Own", key="own"),))
    ws.merging.merge("t", "s")
    ws.change("t", edit.update, "t-call", due=dt.date(2026, 1, 7))
    task = Task(
        "new",
        "New",
        parent_id="s-play",
        stage_id="s-own",
        offset=Offset(1, anchor="task:s-call"),
        dependencies=(Dependency("s-call"), Dependency("s-mail")),
    )
    found = ws.change("t", edit.add, task).task("new")
    assert ("t-play", "t-own") == (found.parent_id, found.stage_id)
    assert found.offset == Offset(1, anchor="task:t-call")
    assert ("t-call", "s-mail") == tuple(one.predecessor_id for one in found.dependencies)
    made = ws.change("t", edit.add, Play("p", "More", objective_id="s-why"))
    assert "t-why" == made.play("p").objective_id


def test_what_stands_under_an_item_is_found(ws: Workspace) -> None:
    """M3: of an objective, a play and a stage."""
    for one in "ts":
        planned(ws, one, stages=(Stage(f"{one}-own", "Own", key="own"),))
    ws.merging.merge("t", "s")
    plan = ws.change("t", edit.move, "t-mail", stage_id="s-own").plan
    for name in ("why", "play", "own"):
        assert plan.under(f"t-{name}") == plan.under(f"s-{name}") != ()
    assert () == plan.under("nothing")


HIDDEN: tuple[tuple[Any, ...], ...] = (
    (edit.complete, "?"),
    (edit.update, "?"),
    (edit.comment, "?", "Hello"),
    (edit.link, "t-mail", Dependency("?")),
    (edit.unlink, "t-mail", "?"),
    (edit.add, Task("new", "New", parent_id="?")),
    (edit.add, Task("new", "New", dependencies=(Dependency("?"),))),
    (edit.add, Task("new", "New", offset=Offset(1, anchor="task:?"))),
    (edit.move, "t-mail", {"parent_id": "?"}),
    (edit.move, "t-mail", {"before": "?"}),
    (edit.reschedule, ["?"]),
)
"""Verbs that name an item in every way."""


@pytest.mark.parametrize("asked", HIDDEN, ids=lambda one: one[0].__name__)
def test_what_is_hidden_is_like_what_there_never_was(ws: Workspace, asked: tuple[Any, ...]) -> None:
    """V7: the same words for the old id of a hidden item and for one that is nobody's."""
    two(ws)
    ws.merging.merge("t", "s")
    ws.settings.update(policy=(*ws.settings.get().policy, Grant("manager", "play.see", "all", False)))
    eve = ws.acting_as(ap.Actor("eve"))
    ws.people.add(ap.Person("eve", "Eve", "contact", account_id="acme"))
    ws.change("t", edit.share_plan)
    ws.change("t", edit.assign, "t-mail", "eve")
    ws.sharing.invite("t", "eve")
    mia = ws.acting_as(ap.Actor("mia", roles={"manager"}))
    for who, name in ((eve, "call"), (eve, "play"), (mia, "play")):
        assert f"t-{name}" not in repr(who.view("t").plan)
        old, nobodys = f"s-{name}", "nope"
        assert said(who, asked, old).replace(old, "?") == said(who, asked, nobodys).replace(nobodys, "?")


def said(who: Workspace, asked: tuple[Any, ...], id: str) -> str:
    """What they are told who name that id."""
    verb, *args = named(asked, id)
    given = args.pop() if isinstance(args[-1], dict) else {}
    with pytest.raises(ActionPlansError) as caught:
        who.change("t", verb, *args, **given)
    return repr(caught.value)


def named(value: Any, id: str) -> Any:
    """The arguments with that id in them."""
    match value:
        case str():
            return value.replace("?", id)
        case Dependency():
            return Dependency(id)
        case Task():
            offset = Offset(1, anchor=f"task:{id}") if value.offset else None
            parent, links = value.parent_id and id, tuple(named(one, id) for one in value.dependencies)
            return Task("new", "New", parent_id=parent, offset=offset, dependencies=links)
        case tuple() | list():
            return [named(one, id) for one in value]
        case dict():
            return {name: named(one, id) for name, one in value.items()}
    return value


def test_an_id_that_leads_to_what_is_gone_is_named_as_it_was_asked(ws: Workspace) -> None:
    """V7: not by the id that it had since the merge."""
    two(ws)
    ws.merging.merge("t", "s")
    ws.change("t", edit.delete, "s-call", confirmed=edit.impact(ws.view("t").plan, "t-call"))
    with pytest.raises(NotFound, match="'s-call'"):
        ws.change("t", edit.complete, "s-call")
    with pytest.raises(Invalid, match="'s-call'"):
        ws.change("t", edit.link, "t-mail", Dependency("s-call"))
