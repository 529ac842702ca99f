"""Taking steps back through the workspace: what comes back, who may, and what was changed since (J2, P6)."""

from collections.abc import Callable

import pytest

import actionplans as ap
from actionplans import edit
from actionplans.checks import FrozenMap
from actionplans.errors import Invalid, NotAllowed, NotFound, Refused
from actionplans.model import Dependency, Milestone, Plan
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
    told = {one.place: one.message for one in error.value.problems}["tasks['b'].due"]
    title = ws.view("plan").task("b").title
    assert f"{title!r} is gone or has changed since: undo revision {done.plan.revision + 1} (task.edit) first" == told
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


CLOSED = [edit.complete_plan, edit.cancel_plan, edit.archive_plan]


@pytest.mark.parametrize("close", CLOSED)
def test_a_plan_that_takes_no_changes_takes_no_undo(ws: Workspace, close: Callable[..., Plan]) -> None:
    """L1, L10, M2: but the step that made it so is taken back, and then the others again."""
    before = stored(ws)
    ws.change("plan", edit.update, "free", title="Later")
    closing = {"cancel_open": True} if close is edit.complete_plan else {}
    ws.change("plan", close, **closing)
    held = snapshot(store_of(ws))
    with pytest.raises(Refused, match="reopen it first|out of the archive first"):
        ws.undo("plan", 2)
    assert held == snapshot(store_of(ws))
    again = ws.undo("plan")
    assert ("active", False) == (again.plan.status, again.plan.archived)
    assert plain(before.plan) == plain(ws.undo("plan", 2).plan)


def test_a_completion_is_not_taken_back_from_a_completed_plan(ws: Workspace) -> None:
    """It would be completed with a task that is open; and it is not completed again over one (L10)."""
    ws.add_plan(Plan("bare", "acme", "Plan", FrozenMap({"start": MONDAY}), tasks=(task("a", 5, 5),)))
    ws.change("bare", edit.complete, "a")
    ws.change("bare", edit.complete_plan)
    with pytest.raises(Refused, match="reopen it first"):
        ws.undo("bare", 2)
    opened = ws.change("bare", edit.reopen_plan)
    ws.change("bare", edit.add, ap.Task("b", "B"))
    with pytest.raises(Refused, match="1 task not finished"):
        ws.undo("bare", opened.plan.revision)
    ws.change("bare", edit.complete, "b")
    assert "completed" == ws.undo("bare", opened.plan.revision).plan.status


def test_a_comment_is_taken_back_where_it_may_be_made(ws: Workspace) -> None:
    """On a completed plan too, but not on an archived one (L1)."""
    stored(ws)
    ws.change("plan", edit.cancel_plan)
    noted = ws.change("plan", edit.comment, "free", "Well")
    assert () == ws.undo("plan").task("free").comments
    ws.change("plan", edit.comment, "free", "Well")
    ws.change("plan", edit.archive_plan)
    with pytest.raises(Refused, match="out of the archive first"):
        ws.undo("plan", noted.plan.revision + 2)


def test_pauses_are_taken_back(ws: Workspace) -> None:
    """The day it began comes back with it (P8)."""
    before = stored(ws)
    paused = ws.change("plan", edit.pause_plan)
    tick(ws, 7)
    ws.change("plan", edit.resume_plan)
    assert plain(paused.plan) == plain(ws.undo("plan").plan)
    assert plain(before.plan) == plain(ws.undo("plan", 2).plan)


def test_what_waits_is_set_anew(ws: Workspace) -> None:
    """P3: by the links there are now, not as it was when the step was taken."""
    stored(ws)
    done = ws.change("plan", edit.complete, "a")
    ws.change("plan", edit.unlink, "b", "a")
    after = ws.undo("plan", done.plan.revision)
    assert ("open", "open") == (after.task("a").status, after.task("b").status)
    stored(ws, "other")
    freed = ws.change("other", edit.unlink, "b", "a")
    ws.change("other", edit.complete, "a")
    after = ws.undo("other", freed.plan.revision)
    assert (("a",), "open") == (
        tuple(one.predecessor_id for one in after.task("b").dependencies),
        after.task("b").status,
    )
    assert "waiting" == ws.undo("other", freed.plan.revision + 1).task("b").status


def test_what_waits_for_a_milestone_is_set_anew_too(ws: Workspace) -> None:
    """A task that comes back into it is one more that is waited for (P3)."""
    tasks = (task("a", 5, 5, milestone_id="m"), task("b", 6, 6, Dependency("m"), status="waiting"))
    points = (Milestone("m", "M", due=jan(5)),)
    ws.add_plan(Plan("bare", "acme", "Plan", FrozenMap({"start": MONDAY}), milestones=points, tasks=tasks))
    gone = ws.change("bare", edit.move, "a", milestone_id=None)
    ws.change("bare", edit.complete, "m")
    assert "open" == ws.view("bare").task("b").status
    after = ws.undo("bare", gone.plan.revision)
    assert ("m", "waiting") == (after.task("a").milestone_id, after.task("b").status)
    deleted = ws.change("bare", edit.delete, "a", confirmed=ws.impact("bare", "a"))
    assert "open" == deleted.task("b").status
    assert "waiting" == ws.undo("bare").task("b").status


def test_nobody_gets_work_back_whom_it_could_not_be_given(ws: Workspace) -> None:
    """Each is named, as where it is assigned (R1, T5); an item that comes back whole keeps its owner (L10)."""
    stored(ws)
    ws.change("plan", edit.assign, "a", "ben", helpers=["cleo"])
    given = ws.change("plan", edit.assign, "a", "ana", helpers=[])
    ws.change("plan", edit.update_plan, owner_id="ben")
    owned = ws.change("plan", edit.update_plan, owner_id="ana")
    ws.change("plan", edit.assign, "free", "ben")
    for one in ("ben", "cleo"):
        ws.people.update(one, active=False)
    with pytest.raises(Invalid) as error:
        ws.undo("plan", given.plan.revision)
    assert ["task 'a'.owner_id", "task 'a'.helpers"] == [one.place for one in error.value.problems]
    with pytest.raises(Invalid, match="no active person or team"):
        ws.undo("plan", owned.plan.revision)
    ws.change("plan", edit.delete, "free", confirmed=ws.impact("plan", "free"))
    assert "ben" == ws.undo("plan").task("free").owner_id
    ws.people.update("ben", active=True)
    ws.people.update("cleo", active=True)
    assert "ben" == ws.undo("plan", given.plan.revision).task("a").owner_id


@pytest.mark.parametrize("revision", [True, 2.0, "2", [2]])
def test_a_step_is_named_by_a_whole_number(ws: Workspace, revision: object) -> None:
    """Anything else is the caller's mistake."""
    stored(ws)
    ws.change("plan", edit.update, "free", title="Later")
    with pytest.raises(Invalid, match="a whole number is wanted"):
        ws.undo("plan", revision)  # type: ignore[arg-type]


def test_who_may_not_undo_is_told_so_first(ws: Workspace) -> None:
    """Before what the step is: also of the one that began the plan (R1)."""
    launched = ws.launch(ws.draft("follow-up", "acme", start=MONDAY))
    viewer = ws.acting_as(ap.Actor("vera", roles={"viewer"}))
    with pytest.raises(NotAllowed, match=r"plan\.launch"):
        viewer.undo(launched.id)


def test_an_undo_tells_what_gets_other_dates(ws: Workspace) -> None:
    """In words, and nothing where no date changes (D10)."""
    stored(ws)
    ws.change("plan", edit.update, "a", due=jan(9))
    after = ws.undo("plan")
    assert [("a", jan(9), jan(5)), ("b", jan(13), jan(7)), ("c", jan(14), jan(8))] == [
        (one.item_id, one.old_due, one.due) for one in after.moves
    ]
    assert {"undone"} == {one.cause for one in after.moves}
    words = "“Task b” is due on Wednesday 7 January 2026 instead of Tuesday 13 January 2026, because an earlier step"
    assert after.moves[1].sentence.startswith(words)
    ws.change("plan", edit.update, "a", title="Other")
    assert () == ws.undo("plan").moves
