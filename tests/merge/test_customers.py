"""What customers see of merged plans, through a workspace (M6, V8)."""

from collections.abc import Callable

import actionplans as ap
from actionplans import edit
from actionplans.model import Person
from actionplans.workspace import Workspace
from tests.merge.test_workspace import planned, two


def invited(ws: Workspace, *plan_ids: str) -> Callable[[str], set[str]]:
    """A contact of the account who is invited to these plans; gives what they see of a plan."""
    ws.people.add(Person("kim", "Kim", "contact", email="kim@acme.example", account_id="acme"))
    for plan_id in plan_ids:
        ws.change(plan_id, edit.share_plan)
        ws.sharing.invite(plan_id, "kim")
    kim = ws.acting_as(ap.Actor("kim"))
    return lambda plan_id: {one.id for one in kim.view(plan_id).plan.items()}


def test_customers_keep_what_they_saw_of_both(ws: Workspace) -> None:
    """M6: one account, the same contacts: what was shared stays shared, on both sides."""
    two(ws)
    seen = invited(ws, "t", "s")
    for one in "ts":
        ws.change(one, edit.share, f"{one}-play")
    assert {"t-why", "t-play", "t-call"} == seen("t")
    done = ws.merging.merge("t", "s")
    assert ({"t-why", "t-play", "t-call"}, ()) == (seen("t"), done.hidden)


def test_customers_see_no_half_that_they_did_not_see(ws: Workspace) -> None:
    """M6: the source was shared with nobody, so what it fills is not shown; sharing it again shows it (V4)."""
    two(ws)
    seen = invited(ws, "t")
    ws.change("t", edit.share, "t-play")
    ws.change("s", edit.update, "s-call", description="They are late with money")
    ws.change("t", edit.assign, "t-mail", "kim")
    done = ws.merging.merge("t", "s")
    assert {"t-mail"} == seen("t")
    assert {"t-why", "t-play", "t-call"} == set(done.hidden)
    ws.change("t", edit.share, "t-play")
    assert {"t-why", "t-play", "t-call", "t-mail"} == seen("t")
    ws.merging.unmerge("t")
    assert "" == ws.view("t").task("t-call").description


def test_work_assigned_to_a_customer_is_withheld_where_they_did_not_see_it(ws: Workspace) -> None:
    """M6: the source's task for any contact comes from another customer; `share` says that it may be seen."""
    ws.accounts.add(ap.Account("acme2", "Acme Two"))
    planned(ws, "t")
    planned(ws, "s", "acme2")
    seen = invited(ws, "t")
    ws.change("s", edit.assign, "s-mail", ap.ANY_CONTACT)
    ws.merging.merge("t", "s")
    assert set() == seen("t")
    assert "not marked as shared" in ws.sharing.why("kim", "t", "s-mail").reason
    ws.change("t", edit.share, "s-mail")
    assert {"s-mail"} == seen("t")
