"""What one command asks, every way to the same end asks; and `can` says what the command does (R1, R3, R6)."""

from typing import Any

import attrs
import pytest

import actionplans as ap
from actionplans import edit
from actionplans.errors import Invalid, NotAllowed, NotFound, PluginError, Refused
from actionplans.model import Decision, Person
from actionplans.settings import Grant, Section, shipped_policy
from actionplans.storage import AccountQuery, Page, Query, RecordQuery
from actionplans.workspace import Workspace
from tests.workspace.dated import stored
from tests.workspace.world import opened, snapshot, store_of


def granted(ws: Workspace, role: str, *actions: str, scope: Any = "all") -> Workspace:
    """The workspace for somebody with a role of their own, who may do these, and see everything."""
    grants = (Grant(role, "*.see"), *(Grant(role, one, scope) for one in actions))
    ws.settings.update(policy=(*ws.settings.get().policy, *grants))
    return ws.acting_as(ap.Actor("zoe", roles={role}))


def test_undoing_a_change_of_section_asks_for_the_right_to_share(ws: Workspace) -> None:
    """As the change itself does: it may show the plan to customers (V4, J2)."""
    stored(ws, section="growth_plans")
    editor, sharer = granted(ws, "editor", "plan.edit"), granted(ws, "sharer", "plan.edit", "plan.share")
    ws.change("plan", edit.update_plan, section="")
    with pytest.raises(NotAllowed, match=r"plan\.share"):
        editor.undo("plan")
    assert "growth_plans" == sharer.undo("plan").plan.section
    with pytest.raises(NotAllowed, match=r"plan\.share"):
        editor.undo("plan")
    ws.change("plan", edit.update_plan, section="client_commitments")
    assert "growth_plans" == editor.undo("plan").plan.section  # shared in the same way


def test_undoing_back_to_a_section_that_is_gone_asks_for_the_right_to_share(ws: Workspace) -> None:
    """What stands there is shared with nobody (V4, J2)."""
    shipped = ws.settings.get().sections
    ws.settings.update(sections=(*shipped, Section("pilots", "Pilots", depth=1)))
    stored(ws, section="pilots")
    editor = granted(ws, "editor", "plan.edit")
    editor.change("plan", edit.update_plan, section="")
    ws.settings.update(sections=shipped)
    with pytest.raises(NotAllowed, match=r"plan\.share"):
        editor.undo("plan")


def test_undoing_a_change_of_owner_asks_for_the_right_to_assign(ws: Workspace) -> None:
    """As the change itself does (R3, J2)."""
    stored(ws, owner_id="ana")
    editor, assigner = granted(ws, "editor", "plan.edit"), granted(ws, "assigner", "plan.edit", "plan.assign")
    ws.change("plan", edit.update_plan, owner_id="ben", title="Other")
    with pytest.raises(NotAllowed, match=r"plan\.assign"):
        editor.undo("plan")
    assert "ana" == assigner.undo("plan").plan.owner_id


@pytest.mark.parametrize("item", ["plan", "a"])
def test_people_take_back_what_they_wrote_themselves(ws: Workspace, item: str) -> None:
    """A comment is deleted by its author alone, in whatever way (V5, J2)."""
    stored(ws)
    ben = ws.acting_as(ap.Actor("ben", roles={"manager"}))
    written = ben.change("plan", edit.comment, item, "Ring them")
    for other in (ws, ws.acting_as(ap.Actor("cleo", roles={"manager"}))):
        with pytest.raises(Refused, match="wrote themselves"):
            other.undo("plan", written.plan.revision)
    ben.undo("plan", written.plan.revision)
    with pytest.raises(Refused, match="wrote themselves"):
        ws.undo("plan")  # nor does anybody else say it again for them
    again = ben.undo("plan")
    texts = [one.text for held in (again.plan, *again.tasks) for one in held.comments]
    assert ["Ring them"] == texts


@pytest.mark.parametrize("fields", [{"kind": "contact"}, {"kind": "partner"}, {"active": False}])
def test_what_takes_somebodys_roles_takes_the_right_to_grant_them(ws: Workspace, fields: dict[str, Any]) -> None:
    """Of a contact no role counts, and who is not active may do nothing (R6)."""
    ws.people.add(Person("abe", "Abe", roles=frozenset({"viewer"})))
    manager = ws.acting_as(ap.Actor("ben", roles={"manager"}))
    with pytest.raises(NotAllowed, match=r"person\.grant_roles"):
        manager.people.update("abe", **fields)
    ws.people.update("abe", **fields)
    back = {"kind": "user", "active": True}
    with pytest.raises(NotAllowed, match=r"person\.grant_roles"):
        manager.people.update("abe", **back)
    ws.people.update("abe", **back)
    assert "Abraham" == manager.people.update("abe", name="Abraham").name
    assert not manager.people.update("cleo", active=False).active  # who has no role


@pytest.mark.parametrize("fields", [{"kind": "contact"}, {"active": False}])
def test_the_last_administrator_becomes_nothing_else(ws: Workspace, fields: dict[str, Any]) -> None:
    """Whatever takes the rights from them (R6)."""
    ws.people.add(Person("abe", "Abe", roles=frozenset({"administrator"})))
    with pytest.raises(Refused, match="last administrator"):
        ws.people.update("abe", **fields)


def test_can_asks_about_an_account(ws: Workspace) -> None:
    """As the command does: whether to show that somebody may launch there, make a plan, edit it or its summary (R6)."""
    ws.accounts.add(ap.Account("other", "Other", owner_id="ben"))
    ana = ws.acting_as(ap.Actor("ana", roles={"member"}))
    for action in ("plan.launch", "plan.create", "account.edit", "summary.edit", "touchpoint.create"):
        assert ana.can(action, account_id="acme")
        assert not ana.can(action, account_id="other")
    assert ana.can("account.create", account_id="other")
    assert ana.new_plan("acme", "Mine")
    with pytest.raises(NotAllowed):
        ana.new_plan("other", "Theirs")
    for actor in (ap.Actor("pat", roles={"partner"}), ap.Actor("ana", roles={"member"})):
        with pytest.raises(NotFound):
            ws.acting_as(actor).can("account.edit", account_id="nowhere" if actor.id == "ana" else "acme")
    with pytest.raises(Invalid, match="account"):
        ana.can("account.edit", "plan", account_id="acme")


def test_can_asks_about_the_account_of_a_plan_as_its_commands_do(ws: Workspace) -> None:
    """Who owns a plan does not therefore own what is noted about its account (R2, R6)."""
    own = granted(ws, "owner", "account.edit", "summary.edit", "touchpoint.create", "plan.launch", scope="own")
    ws.people.add(Person("zoe", "Zoe", roles=frozenset({"owner"})))
    stored(ws, owner_id="zoe")
    for action in ("account.edit", "summary.edit", "touchpoint.create", "plan.launch"):
        assert not own.can(action, "plan")
        assert "zoe" not in {one.id for one in ws.who_can(action, "plan")}
    with pytest.raises(NotAllowed):
        own.accounts.update("acme", name="Mine")
    with pytest.raises(NotAllowed):
        own.summaries.save("acme", "Mine")


def test_exporting_and_history_are_decided_on_what_is_stored(ws: Workspace, tmp_path: Any) -> None:
    """Not on what is shown: somebody who may not see an account still holds a role on it (R6)."""
    stored(ws)
    grants = [Grant("quiet", one, "account") for one in ("plan.see", "plan.export", "journal.read")]
    ws.settings.update(policy=(*shipped_policy(), *grants))
    ana = ws.acting_as(ap.Actor("ana", roles={"quiet"}))
    assert ana.can("plan.export", "plan")
    assert ana.can("journal.read", "plan")
    assert ana.export("plan", tmp_path / "one.xlsx").exists()
    assert ana.export(ap.PlanQuery(), tmp_path / "many.xlsx").exists()
    assert ["plan.create"] == [one.action for one in ana.history("plan")]


class Counting:
    """A store that counts what is looked up."""

    def __init__(self, ws: Workspace) -> None:
        """In front of the workspace's own."""
        self.store, self.asked = store_of(ws), list[Query]()

    def __getattr__(self, name: str) -> Any:
        """Everything else is the store's."""
        return getattr(self.store, name)

    def find(self, query: Query, **rest: Any) -> Page[Any]:
        """The page, with a note of what was asked."""
        self.asked.append(query)
        return self.store.find(query, **rest)


def counted(ws: Workspace) -> tuple[Workspace, Counting]:
    """The same workspace through a store that counts."""
    store = Counting(ws)
    return Workspace(attrs.evolve(ws._desk, store=store)), store


def test_who_can_reads_the_teams_once(ws: Workspace) -> None:
    """However many persons there are."""
    stored(ws)
    for n in range(5):
        ws.people.add(Person(f"p{n}", f"P{n}", roles=frozenset({"member"})))
    ws.teams.add(ap.Team("deep", "Deep", frozenset({"p0", "p1"})))
    ws.change("plan", edit.assign, "a", "team:deep")
    counting, store = counted(ws)
    assert ["p0", "p1"] == [one.id for one in counting.who_can("task.complete", "plan", "a")]
    assert 1 == sum(isinstance(one, RecordQuery) and one.kind == "team" for one in store.asked)


def test_a_list_reads_the_asker_s_accounts_once(ws: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    """However many pages it has; and again where what they may has changed meanwhile (R6)."""
    for n in range(4):
        stored(ws, f"plan{n}")
    grants = [Grant("quiet", one, "account") for one in ("plan.see", "task.see")]
    ws.settings.update(policy=(*shipped_policy(), *grants))
    counting, store = counted(ws.acting_as(ap.Actor("ana", roles={"quiet"})))
    find = store.find
    monkeypatch.setattr(store, "find", lambda query, limit, after=None: find(query, limit=min(limit, 2), after=after))
    assert 4 == sum(1 for _ in counting.plans())
    assert 1 == sum(isinstance(one, AccountQuery) for one in store.asked)
    assert 24 == sum(1 for _ in counting.tasks())
    assert 3 == sum(isinstance(one, AccountQuery) for one in store.asked)
    plans = counting.plans()
    assert [next(plans).id, next(plans).id] == ["plan0", "plan1"]
    ws.settings.update(policy=shipped_policy())
    assert [] == list(plans)


def test_a_plan_whose_section_is_gone_is_worked_on(ws: Workspace) -> None:
    """It wants no stages any more (L8); items are added, moved, deleted and brought back."""
    gone = attrs.evolve(ws.settings.get(), revision=0).sections
    ws.settings.update(sections=(*gone, Section("pilots", "Pilots", depth=1, tasks_need_stage=False)))
    stored(ws, section="pilots")
    settings = ws._desk.kept_settings()
    removed = attrs.evolve(settings, sections=gone)
    ws._desk.keep(settings, removed, "settings.edit")  # as one that was stored before this was refused
    view = ws.change("plan", edit.add, ap.Task("new", "New"))
    ws.change("plan", edit.add, ap.Stage("own", "Own"))
    ws.change("plan", edit.move, "new", stage_id="own")
    assert ws.change("plan", edit.move, "new", stage_id=None).task("new").stage_id is None
    ws.change("plan", edit.move, "new", stage_id="own")
    for item in ("own", "new"):
        ws.change("plan", edit.delete, item, confirmed=ws.impact("plan", item))
    assert ws.restore("plan", "new").task("new").title == view.task("new").title


def breaking(*asked: Any) -> Decision:
    """A policy whose directory is down."""
    raise RuntimeError("the directory is down")


@pytest.mark.parametrize(
    ("policy", "said"), [(breaking, "the directory is down"), (lambda *asked: True, "a Decision is wanted")]
)
def test_a_policy_that_fails_is_named_and_nothing_is_done(policy: Any, said: str) -> None:
    """Whatever it raises or gives instead of a decision (R7)."""
    with opened(policies={"crm": policy}) as ws:
        before = snapshot(store_of(ws))
        with pytest.raises(PluginError, match=f"crm: .*{said}"):
            ws.accounts.get_or_create("Acme")
        assert before == snapshot(store_of(ws))
