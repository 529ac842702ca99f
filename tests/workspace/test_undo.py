"""Taking steps back through the workspace: what comes back, who may, and what was changed since (J2, P6)."""

import pytest

import actionplans as ap
from actionplans import edit
from actionplans.checks import FrozenMap
from actionplans.errors import Invalid, NotAllowed, NotFound, Refused
from actionplans.model import (
    Plan,
)
from actionplans.settings import Grant
from actionplans.workspace import Workspace
from tests.workspace.dated import OUTSIDER, dues, jan, plain, stored, task, tick
from tests.workspace.world import MONDAY, snapshot, store_of, watched


def test_undoing_takes_back_the_last_step_with_all_that_it_moved(ws: Workspace) -> None:
    """As a change of its own, with an entry that says what it took back (J2, P6)."""
    before = stored(ws)
    tick(ws, 2)
    done = ws.change("plan", edit.complete, "a")
    assert "5 9 12 20 27 9" == dues(done)
    undone = ws.undo("plan")
    assert (plain(before.plan), 3) == (plain(undone.plan), undone.plan.revision)
    *_, last = ws.history("plan")
    assert ("plan.undo", {"undone": "task.complete", "revision": "2", "item": "a"}, 3) == (
        last.action,
        dict(last.detail),
        last.revision,
    )
    assert undone.plan == ws.view("plan").plan


def test_an_older_step_is_undone_alone(ws: Workspace) -> None:
    """Where nothing has changed its fields since; what came after it stays."""
    stored(ws)
    moved = ws.change("plan", edit.update, "m", due=jan(21))
    ws.change("plan", edit.update, "free", title="Later")
    after = ws.undo("plan", moved.plan.revision)
    assert ("5 7 8 20 27 9", "Later") == (dues(after), after.task("free").title)


def test_an_undo_can_be_undone(ws: Workspace) -> None:
    """And that one again; each names the step that it is about."""
    stored(ws)
    done = ws.change("plan", edit.update, "a", due=jan(9))
    first = ws.undo("plan")
    again = ws.undo("plan")
    assert plain(done.plan) == plain(again.plan)
    assert plain(first.plan) == plain(ws.undo("plan").plan)
    assert ["task.edit"] * 3 == [one.detail["undone"] for one in ws.history("plan") if one.action == "plan.undo"]


def test_the_step_that_began_a_plan_is_not_undone(ws: Workspace) -> None:
    """Nor one that there is not; whether it was added or launched."""
    stored(ws)
    launched = ws.launch(ws.draft("follow-up", "acme", start=MONDAY))
    before = snapshot(store_of(ws))
    for plan_id in ("plan", launched.id):
        for revision in (None, 1):
            with pytest.raises(Refused, match="began this plan"):
                ws.undo(plan_id, revision)
        for revision in (0, 2, -1):
            with pytest.raises(NotFound):
                ws.undo(plan_id, revision)
    assert before == snapshot(store_of(ws))


def test_what_was_changed_since_is_named_and_nothing_is_undone(ws: Workspace) -> None:
    """Every field of it (J2)."""
    stored(ws)
    done = ws.change("plan", edit.update, "a", start=jan(8), due=jan(9))
    ws.change("plan", edit.update, "b", start=jan(14), due=jan(15))
    before = snapshot(store_of(ws))
    with pytest.raises(Invalid) as error:
        ws.undo("plan", done.plan.revision)
    places = {one.place for one in error.value.problems}
    assert {"tasks['b'].start", "tasks['b'].due", "tasks['c'].start", "tasks['c'].due"} == places
    assert before == snapshot(store_of(ws))


def test_who_may_not_take_a_step_may_not_take_it_back(ws: Workspace) -> None:
    """Whatever it was, also where it is an undo that is undone (R1)."""
    ws.people.update("ben", roles={"member"})
    ws.people.add(ap.Person("vera", "Vera", roles=frozenset({"viewer"})))
    stored(ws)
    ws.change("plan", edit.assign, "a", "ben")
    ws.change("plan", edit.complete, "a")
    viewer, ben = (ws.acting_as(ap.Actor(name)) for name in ("vera", "ben"))
    with pytest.raises(NotAllowed, match=r"task\.complete"):
        viewer.undo("plan")
    with pytest.raises(NotFound):
        ws.acting_as(OUTSIDER).undo("plan")
    ben.undo("plan")
    with pytest.raises(NotAllowed, match=r"task\.complete"):
        viewer.undo("plan")
    ben.undo("plan")
    ws.change("plan", edit.update_plan, title="Theirs")
    with pytest.raises(NotAllowed, match=r"plan\.edit"):
        ben.undo("plan")
    assert "Theirs" == ws.view("plan").plan.title


def test_a_step_is_taken_back_by_those_who_may_take_it_on_what_it_was_about(ws: Workspace) -> None:
    """Not on what it moved besides; what the owner of an account gave others, by those who may assign each (T6)."""
    for name in ("ben", "cleo"):
        ws.people.update(name, roles={"member"})
    ben, cleo = (ws.acting_as(ap.Actor(name)) for name in ("ben", "cleo"))
    stored(ws)
    ws.change("plan", edit.assign, "b", "ben")
    ws.change("plan", edit.assign, "c", "cleo")
    tick(ws, 5)
    ws.change("plan", edit.complete, "a")
    tick(ws, 5)
    ben.change("plan", edit.complete, "b")
    assert {"c"} == {shift.item_id for shift in ws.view("plan").task("b").completion.shifts}  # type: ignore[union-attr]
    with pytest.raises(NotAllowed, match=r"task\.complete"):
        cleo.undo("plan")
    ben.undo("plan")
    with pytest.raises(NotAllowed, match=r"task\.complete"):
        ben.undo("plan", ws.view("plan").plan.revision - 2)  # where a was done, which moved b
    grant = Grant("member", "task.assign", "assigned")
    ws.settings.update(reassignment="all_open", policy=(*ws.settings.get().policy, grant))
    ws.change("plan", edit.assign, "b", "ana", helpers=["cleo"])
    ws.change("plan", edit.assign, "free", "ana")
    ws.accounts.update("acme", owner_id="ben")
    assert cleo.can("task.assign", "plan", "b") and not cleo.can("task.assign", "plan", "free")
    with pytest.raises(NotAllowed, match=r"task\.assign"):
        cleo.undo("plan")
    assert ["ana", "ana"] == [ws.undo("plan").task("b").owner_id, ws.view("plan").task("free").owner_id]


def test_an_override_is_done_again_only_by_those_who_may_override(ws: Workspace) -> None:
    """Undoing the undo of a completion that went past what it waited for (P4)."""
    ws.people.update("ben", roles={"member"})
    stored(ws)
    ws.change("plan", edit.assign, "b", "ben")
    ws.change("plan", edit.complete, "b", override=True)
    ben = ws.acting_as(ap.Actor("ben"))
    ben.undo("plan")
    with pytest.raises(NotAllowed, match=r"task\.override"):
        ben.undo("plan")
    assert "done" == ws.undo("plan").task("b").status


def test_the_words_of_a_fixed_item_are_taken_back_by_those_who_may_edit_the_library(ws: Workspace) -> None:
    """R4: its dates by everybody who may edit it."""
    bare = Plan("bare", "acme", "Plan", FrozenMap({"start": MONDAY}), tasks=(task("fixed", 5, 6, fixed=True),))
    ws.add_plan(bare)
    manager = ws.acting_as(ap.Actor("max", roles={"manager"}))
    ws.change("bare", edit.update, "fixed", title="Another")
    with pytest.raises(NotAllowed, match=r"library\.edit"):
        manager.undo("bare")
    ws.change("bare", edit.update, "fixed", start=jan(6), due=jan(7))
    assert (jan(6), "Another") == (manager.undo("bare").task("fixed").due, ws.view("bare").task("fixed").title)


def test_deleted_items_come_back_with_their_links(ws: Workspace) -> None:
    """As if they had never been gone (L3)."""
    before = stored(ws)
    ws.change("plan", edit.delete, "b", confirmed=ws.impact("plan", "b"))
    ws.change("plan", edit.delete, "m", confirmed=ws.impact("plan", "m"))
    ws.undo("plan")
    assert plain(before.plan) == plain(ws.undo("plan", 2).plan)


def test_undoing_does_not_take_back_what_another_did_meanwhile(ws: Workspace) -> None:
    """The step that was the last one when it was asked for is meant, on the plan as it is by then (S2)."""
    stored(ws)
    ws.change("plan", edit.update, "a", due=jan(9))
    through, store = watched(ws)
    store.before_commit = [lambda: ws.change("plan", edit.update, "free", title="Theirs")]
    after = through.undo("plan")
    assert ("5 7 8 20 27 9", "Theirs", 4) == (dues(after), after.task("free").title, after.plan.revision)
    ws.change("plan", edit.update, "a", due=jan(9))
    store.before_commit = [lambda: ws.change("plan", edit.update, "a", due=jan(12))]
    with pytest.raises(Invalid, match="has changed since"):
        through.undo("plan")
    assert jan(12) == ws.view("plan").task("a").due
