"""Which open tasks follow when an account gets another owner (T6)."""

import pytest

import actionplans as ap
from actionplans import edit
from actionplans.errors import Invalid, Stale
from actionplans.model import Dependency, Offset, Template, TemplateTask
from actionplans.sharing import View
from actionplans.workspace import Workspace
from tests.workspace.world import MONDAY, snapshot, store_of, watched

TEMPLATE = Template(
    "owned",
    "Owned",
    tasks=(
        TemplateTask("ruled", "Ruled", due=Offset(1), owner=("role:csm", "account_owner")),
        TemplateTask("waits", "Waits", due=Offset(9), after=(Dependency("ruled"),), owner=("account_owner",)),
        TemplateTask("other", "Other", due=Offset(1), owner=("person:ben", "account_owner")),
        TemplateTask("named", "Named", due=Offset(1), owner=("person:ana",)),
        TemplateTask("given", "Given", due=Offset(1), owner=("account_owner",)),
        TemplateTask("by-hand", "By hand", due=Offset(1), owner=("account_owner",)),
        TemplateTask("done", "Done", due=Offset(1), owner=("account_owner",)),
    ),
)
OWNERS = {
    "ruled": "ana",
    "waits": "ana",
    "other": "ben",
    "named": "ana",
    "given": "cleo",
    "by-hand": "ana",
    "done": "ana",
}
FOLLOWED = {
    "none": set[str](),
    "open_unless_manual": {"ruled", "waits"},
    "all_open": {"ruled", "waits", "named", "by-hand"},
}


def running(ws: Workspace) -> View:
    """A plan in which ana, who owns the account, has tasks by its rules, by name and by hand."""
    if "owned" not in {one.id for one in ws.templates.all()}:
        ws.templates.publish(TEMPLATE)
    plan = ws.launch(ws.draft("owned", "acme", start=MONDAY))
    ws.change(plan.id, edit.assign, plan.task("given").id, "cleo")
    ws.change(plan.id, edit.assign, plan.task("by-hand").id, "cleo")
    ws.change(plan.id, edit.assign, plan.task("by-hand").id, "ana")
    return ws.change(plan.id, edit.complete, plan.task("done").id)


def owners(ws: Workspace, plan_id: str) -> dict[str, str | None]:
    """Who has which task."""
    return {task.key: task.owner_id for task in ws.view(plan_id).tasks}


@pytest.mark.parametrize("setting", FOLLOWED)
def test_the_setting_says_which_tasks_follow(ws: Workspace, setting: str) -> None:
    """None, those that their rule gave, all open ones; in one transaction, with an entry in each journal (T6, J1)."""
    ws.settings.update(reassignment=setting)
    plans = [running(ws), running(ws)]
    assert [OWNERS] * 2 == [owners(ws, one.id) for one in plans]
    through, store = watched(ws)
    assert "ben" == through.accounts.update("acme", owner_id="ben", type="smb").owner_id
    wanted = OWNERS | dict.fromkeys(FOLLOWED[setting], "ben")
    assert [wanted] * 2 == [owners(ws, one.id) for one in plans]
    assert 1 == store.commits
    for plan in plans:
        *_, last = ws.history(plan.id)
        if FOLLOWED[setting]:
            assert ("task.assign", {"account": "acme"}, plan.plan.revision + 1) == (
                last.action,
                dict(last.detail),
                last.revision,
            )
            assert {plan.task(key).id for key in FOLLOWED[setting]} == {one.item_id for one in last.edits}
        else:
            assert plan.plan.revision == last.revision


def test_a_plan_that_takes_no_changes_keeps_its_owners(ws: Workspace) -> None:
    """Cancelled or archived; a paused one would follow (L10, T6)."""
    plans = [running(ws) for _ in range(2)]
    ws.change(plans[0].id, edit.cancel_plan)
    ws.change(plans[1].id, edit.archive_plan)
    ws.accounts.update("acme", owner_id="ben")
    assert [OWNERS] * 2 == [owners(ws, one.id) for one in plans]


@pytest.mark.parametrize("fields", [{"type": "smb"}, {"owner_id": None}, {"owner_id": "gone"}])
def test_nothing_follows_without_a_new_owner_who_takes_work(ws: Workspace, fields: dict[str, str | None]) -> None:
    """No change of owner, no owner any more, or one who is not active (T6)."""
    ws.people.add(ap.Person("gone", "Gone", active=False))
    plan = running(ws)
    ws.accounts.update("acme", **fields)
    assert OWNERS == owners(ws, plan.id)


def test_it_takes_no_right_to_assign(ws: Workspace) -> None:
    """The administrator decided it with the setting; who may not edit the account changes nothing."""
    plan = running(ws)
    ws.accounts.update("acme", roles={"sales": "ben"})
    seller = ws.acting_as(ap.Actor("ben", roles={"member"}))
    with pytest.raises(Invalid):
        seller.accounts.update("acme", owner_id="nobody")
    assert OWNERS == owners(ws, plan.id)
    seller.accounts.update("acme", owner_id="ben")
    assert "ben" == owners(ws, plan.id)["ruled"]


def test_a_plan_that_others_work_on_meanwhile_is_read_again(ws: Workspace) -> None:
    """Nothing of theirs is overwritten; a change of the account itself comes out as `Stale` (S2)."""
    plan = running(ws)
    through, store = watched(ws)
    store.before_commit = [lambda: ws.change(plan.id, edit.assign, plan.task("ruled").id, "cleo")]
    through.accounts.update("acme", owner_id="ben")
    assert OWNERS | {"ruled": "cleo", "waits": "ben"} == owners(ws, plan.id)
    store.before_commit = [lambda: ws.accounts.update("acme", type="smb")]
    before = snapshot(store_of(ws))["plans"]
    with pytest.raises(Stale):
        through.accounts.update("acme", owner_id="cleo")
    assert before == snapshot(store_of(ws))["plans"]
