"""Invitations, and what contacts do with what they see (V3, V6, V7, V8)."""

from collections.abc import Callable
from typing import Any

import pytest

from actionplans import edit
from actionplans.errors import Invalid, NotAllowed, NotFound, Refused, Stale, Waiting
from actionplans.model import Invitation, Plan, Task
from actionplans.storage import RecordQuery
from actionplans.workspace import Workspace
from tests.sharing.scene import of
from tests.workspace.world import snapshot, store_of, watched


def invitations(ws: Workspace) -> list[Invitation]:
    """All that the store has."""
    return list(store_of(ws).find(RecordQuery("invitation"), limit=100).items)


def sees(ws: Workspace, who: str) -> list[str] | None:
    """The tasks that somebody sees of the plan, None for nothing at all; lists and `why` say the same."""
    theirs, allowed = of(ws, who), ws.sharing.why(who, "plan").allowed
    assert ["plan"] * allowed == [one.id for one in theirs.plans()] == [one.id for one in theirs.views()]
    try:
        view = theirs.view("plan")
    except NotFound:
        assert not allowed
        assert [] == list(theirs.tasks())
        return None
    assert allowed
    return [one.id for one in view.tasks]


def test_a_contact_sees_a_plan_from_the_invitation_until_it_is_revoked(ws: Workspace) -> None:
    """V3: there is one record of it, with a journal, however often it is given and taken."""
    assert sees(ws, "eve") is None
    ana = of(ws, "ana")
    first = ana.sharing.invite("plan", "eve")
    assert first == ana.sharing.invite("plan", "eve") == invitations(ws)[0]
    assert sees(ws, "eve") == ["sign", "ship", "anyone"]
    gone = ana.sharing.revoke("plan", "eve")
    assert gone == ana.sharing.revoke("plan", "eve")
    assert gone.revoked_at is not None
    assert sees(ws, "eve") is None
    again = ws.sharing.invite("plan", "eve")
    assert (again.id, again.by, again.revoked_at, again.revision) == (first.id, "root", None, 3)
    assert sees(ws, "eve") == ["sign", "ship", "anyone"]
    assert [again] == list(ana.sharing.invitations("plan"))
    journal = list(store_of(ws).journal("invitation", again.id))
    assert [("plan.invite", "ana"), ("plan.invite", "ana"), ("plan.invite", "root")] == [
        (e.action, e.by) for e in journal
    ]


def test_it_may_come_before_the_plan_is_shared(ws: Workspace) -> None:
    """It counts from when the plan is shared, and no longer when it is not any more."""
    ws.sharing.invite("plan", "eve")
    ws.change("plan", edit.share_plan, False)
    assert sees(ws, "eve") is None
    ws.change("plan", edit.share_plan)
    assert sees(ws, "eve") == ["sign", "ship", "anyone"]


def test_contacts_of_accounts_above_may_be_invited_and_others_not(ws: Workspace) -> None:
    """The account of the contact is the plan's, or stands above it."""
    ws.sharing.invite("plan", "gus")
    assert sees(ws, "gus") == ["anyone"]
    with pytest.raises(Refused, match="'hal' is no contact of account 'acme'"):
        ws.sharing.invite("plan", "hal")
    with pytest.raises(NotAllowed):
        of(ws, "gus").change("plan", edit.complete, "anyone")  # any contact of the plan's own account may (V6)


@pytest.mark.parametrize("who", ["ida", "ana", "pat", "nobody", ""])
def test_only_active_contacts_are_invited(ws: Workspace, who: str) -> None:
    """Nobody else, stored or not; nothing is stored then."""
    before = snapshot(store_of(ws))
    with pytest.raises(Invalid, match="no active contact"):
        ws.sharing.invite("plan", who)
    assert before == snapshot(store_of(ws))


def test_revoking_needs_an_invitation(ws: Workspace) -> None:
    """Of a contact as of somebody unknown."""
    for who in ("eve", "nobody"):
        with pytest.raises(NotFound):
            ws.sharing.revoke("plan", who)


@pytest.mark.parametrize("who", ["ben", "pat", "quin", "eve", "fay"])
def test_others_neither_invite_nor_ask(ws: Workspace, who: str) -> None:
    """Inviting takes `plan.invite`, asking `permission.ask`; for whom the plan is hidden there is none (V7)."""
    ws.sharing.invite("plan", "eve")
    before, theirs = snapshot(store_of(ws)), of(ws, who)
    asks: list[Callable[[], Any]] = [
        lambda: theirs.sharing.invite("plan", "fay"),
        lambda: theirs.sharing.revoke("plan", "eve"),
        lambda: list(theirs.sharing.invitations("plan")),
        lambda: theirs.sharing.why("eve", "plan"),
        lambda: theirs.sharing.preview("eve", "plan"),
        lambda: list(theirs.who_can("task.complete", "plan")),
    ]
    for ask in asks:
        with pytest.raises(NotFound if who in ("fay", "quin") else NotAllowed):
            ask()
    assert before == snapshot(store_of(ws))


def test_somebody_who_is_inactive_or_moved_sees_nothing(ws: Workspace) -> None:
    """The invitation stays, and counts again when they are back."""
    ws.sharing.invite("plan", "eve")
    for change, back in (({"active": False}, {"active": True}), ({"account_id": "other"}, {"account_id": "acme"})):
        ws.people.update("eve", **change)
        assert sees(ws, "eve") is None
        with pytest.raises(NotFound):
            of(ws, "eve").change("plan", edit.complete, "sign")
        ws.people.update("eve", **back)
        assert sees(ws, "eve") == ["sign", "ship", "anyone"]


def test_an_account_that_goes_elsewhere_takes_the_sight_of_those_above(ws: Workspace) -> None:
    """The hierarchy as it is counts, not as it was when they were invited."""
    ws.sharing.invite("plan", "gus")
    ws.accounts.update("acme", parent_id="other")
    assert sees(ws, "gus") is None


def test_two_who_invite_at_once_make_one_record(ws: Workspace) -> None:
    """Who comes second finds the first one's."""
    slow, store = watched(of(ws, "ana"))
    store.before_commit.append(lambda: ws.sharing.invite("plan", "eve"))
    assert "root" == slow.sharing.invite("plan", "eve").by
    assert ["eve"] == [one.contact_id for one in invitations(ws)]


def test_of_revoking_and_inviting_at_once_the_later_holds(ws: Workspace) -> None:
    """Nothing is overwritten unseen (S2): the invitation is given anew after it was revoked."""
    ws.sharing.invite("plan", "eve")
    ws.sharing.revoke("plan", "eve")
    slow, store = watched(of(ws, "ana"))
    store.before_commit += [lambda: [ws.sharing.invite("plan", "eve"), ws.sharing.revoke("plan", "eve")]]
    assert (None, 5) == (slow.sharing.invite("plan", "eve").revoked_at, invitations(ws)[0].revision)


def test_preview_is_what_the_contact_gets_and_says_why_it_is_nothing(ws: Workspace) -> None:
    """V8."""
    with pytest.raises(Refused, match="not invited"):
        ws.sharing.preview("eve", "plan")
    with pytest.raises(Refused, match="contacts and partners"):
        ws.sharing.preview("ana", "plan")
    with pytest.raises(NotFound):
        ws.sharing.preview("nobody", "plan")
    ws.sharing.invite("plan", "eve")
    assert of(ws, "eve").view("plan") == ws.sharing.preview("eve", "plan")


def test_why_and_who_can_agree_with_what_happens(ws: Workspace) -> None:
    """R6: for each person and task, seeing and completing."""
    for who in ("eve", "gus"):
        ws.sharing.invite("plan", who)
    people = [one.id for one in ws.people.all()]
    for item in ("sign", "ship", "anyone", "rival", "price", "train", "helped"):
        can = {one.id for one in ws.who_can("task.complete", "plan", item)}
        see = {one.id for one in ws.who_can("task.see", "plan", item)}
        for who in people:
            assert ws.sharing.why(who, "plan", item).allowed == (who in see)
            theirs = of(ws, who)
            try:
                assert theirs.can("task.complete", "plan", item).allowed == (who in can)
                assert theirs.view("plan").task(item).id == item
                assert who in see
            except NotFound:
                assert who not in see | can
    assert {"eve", "ana"} <= {one.id for one in ws.who_can("task.complete", "plan", "sign")}
    assert "fay" not in {one.id for one in ws.who_can("task.see", "plan", "rival")}


def test_contacts_complete_reopen_and_comment_on_what_is_theirs_and_nothing_else(ws: Workspace) -> None:
    """V6; what they write is never internal, and nothing that they get back names what is hidden."""
    ws.sharing.invite("plan", "eve")
    eve = of(ws, "eve")
    assert "done" == eve.change("plan", edit.complete, "sign").task("sign").status
    assert "open" == eve.change("plan", edit.reopen, "sign").task("sign").status
    view = eve.change("plan", edit.comment, "sign", "Thanks")
    assert [("Thanks", False, "eve")] == [(one.text, one.internal, one.author_id) for one in view.task("sign").comments]
    assert () == eve.change("plan", edit.delete_comment, "sign", view.task("sign").comments[0].id).task("sign").comments
    assert "done" == eve.change("plan", edit.complete, "anyone").task("anyone").status
    with pytest.raises(Refused):
        eve.change("plan", edit.comment, "sign", "Psst", internal=True)
    with pytest.raises(Waiting) as waiting:
        eve.change("plan", edit.complete, "ship")
    assert (waiting.value.predecessors, "price" in str(waiting.value).casefold()) == ((), False)
    refused: list[tuple[Any, ...]] = [
        (edit.complete, "ship", True),
        (edit.update, "sign", "title"),
        (edit.assign, "sign", "eve"),
        (edit.share, "sign"),
        (edit.share_plan,),
        (edit.start, "sign"),
        (edit.comment, "plan", "Hello"),
        (edit.delete, "sign"),
        (edit.add, Task(title="Mine", owner_id="eve", parent_id="run")),
    ]
    for verb, *args in refused:
        named = {"override": True} if args[-1:] == [True] else {"title": "Mine"} if args[-1:] == ["title"] else {}
        with pytest.raises(NotAllowed):
            eve.change("plan", verb, *args[: len(args) - bool(named)], **named)
    for id in ("rival", "price", "train", "secret", "own", "nowhere"):
        with pytest.raises(NotFound):
            eve.change("plan", edit.complete, id)


HIDDEN: dict[str, Callable[[Workspace], Any]] = {
    "another item": lambda ws: ws.change("plan", edit.update, "price", title="Raise it more"),
    "the item's priority": lambda ws: ws.change("plan", edit.update, "sign", priority="high"),
    "an internal comment": lambda ws: ws.change("plan", edit.comment, "sign", "Soon", internal=True),
    "an item that is seen too": lambda ws: ws.change("plan", edit.update, "anyone", title="All of you"),
    "the plan's tags": lambda ws: ws.change("plan", edit.update_plan, tags=("hot",)),
}
SEEN: dict[str, Callable[[Workspace], Any]] = {
    "its title": lambda ws: ws.change("plan", edit.update, "sign", title="Sign soon"),
    "its due date": lambda ws: ws.change("plan", edit.update, "sign", due=None),
    "a comment": lambda ws: ws.change("plan", edit.comment, "sign", "Please", internal=False),
    "its status": lambda ws: ws.change("plan", edit.start, "sign"),
}


@pytest.mark.parametrize("what", HIDDEN)
def test_a_contacts_change_goes_through_when_only_hidden_things_changed(ws: Workspace, what: str) -> None:
    """V2: a command carries what they saw of the item, never the plan's version."""
    ws.sharing.invite("plan", "eve")
    read = of(ws, "eve").view("plan")
    HIDDEN[what](ws)
    assert (0, None) == (read.plan.revision, read.plan.changed_at)
    assert "done" == of(ws, "eve").change_read(read, edit.complete, "sign").task("sign").status


@pytest.mark.parametrize("what", SEEN)
def test_a_contacts_change_is_stale_when_what_they_saw_changed(ws: Workspace, what: str) -> None:
    """And says no number of any revision."""
    ws.sharing.invite("plan", "eve")
    read = of(ws, "eve").view("plan")
    SEEN[what](ws)
    with pytest.raises(Stale) as stale:
        of(ws, "eve").change_read(read, edit.complete, "sign")
    assert "revision" not in str(stale.value)
    assert (0, 0) == (stale.value.read, stale.value.current)


@pytest.mark.parametrize("what", HIDDEN)
def test_a_contacts_change_is_tried_again_when_others_were_faster(ws: Workspace, what: str) -> None:
    """What is stored between reading and writing stays, and so does theirs."""
    ws.sharing.invite("plan", "eve")
    slow, store = watched(of(ws, "eve"))
    read = slow.view("plan")
    store.before_commit.append(lambda: HIDDEN[what](ws))
    assert "done" == slow.change_read(read, edit.complete, "sign").task("sign").status
    assert ["done"] == [one.status for one in store_of(ws).get(Plan, "plan").tasks if one.id == "sign"]


def test_what_is_taken_away_between_reading_and_writing_is_not_changed(ws: Workspace) -> None:
    """The second try finds that the plan is hidden by now."""
    ws.sharing.invite("plan", "eve")
    slow, store = watched(of(ws, "eve"))
    read = slow.view("plan")
    store.before_commit.append(lambda: ws.change("plan", edit.share_plan, False))
    with pytest.raises(NotFound):
        slow.change_read(read, edit.complete, "sign")


def test_contacts_see_each_other_only_where_the_setting_says_so(ws: Workspace) -> None:
    """V6: off by default; a helper sees what they help with either way."""
    ws.sharing.invite("plan", "eve")
    ws.settings.update(contacts_see_each_other=True)
    assert sees(ws, "eve") == ["sign", "ship", "anyone", "rival"]
    ws.settings.update(contacts_see_each_other=False)
    ws.change("plan", edit.assign, "rival", "fay", helpers=("eve",))
    assert sees(ws, "eve") == ["sign", "ship", "anyone", "rival"]
    assert ("eve",) == of(ws, "eve").view("plan").task("rival").helpers
