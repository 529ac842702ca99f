"""The shipped roles do what their names say, and nothing else (R2, R4, V7)."""

from collections.abc import Callable

import attrs
import pytest

import actionplans as ap
from actionplans import edit
from actionplans.checks import FrozenMap
from actionplans.errors import ActionPlansError, Invalid, NotAllowed, NotFound
from actionplans.model import Decision, Override, Template, TemplateTask
from actionplans.permissions import Asker, Subject
from actionplans.settings import Grant, Settings
from actionplans.sharing import View
from actionplans.workspace import Workspace
from tests.workspace.world import MONDAY, snapshot, store_of

Command = Callable[[Workspace, View], object]

COMMANDS: dict[str, Command] = {
    "see": lambda ws, plan: ws.view(plan.id),
    "list": lambda ws, plan: next(ws.plans()),
    "tasks": lambda ws, plan: next(ws.tasks()),
    "launch": lambda ws, plan: ws.launch(ws.draft("follow-up", plan.account.id, start=MONDAY)),
    "create": lambda ws, plan: ws.new_plan(plan.account, "New"),
    "edit": lambda ws, plan: ws.change(plan.id, edit.update_plan, title="New"),
    "add": lambda ws, plan: ws.change(plan.id, edit.add, ap.Task(title="New")),
    "complete": lambda ws, plan: ws.change(plan.id, edit.complete, plan.task("call").id),
    "assign": lambda ws, plan: ws.change(plan.id, edit.assign, plan.task("call").id, "ana"),
    "override": lambda ws, plan: ws.change(plan.id, edit.complete, plan.task("mail").id, override=True),
    "delete": lambda ws, plan: ws.change(
        plan.id, edit.delete, plan.task("call").id, confirmed=ws.impact(plan.id, plan.task("call").id)
    ),
    "publish": lambda ws, plan: ws.templates.publish(Template("new", "New")),
    "history": lambda ws, plan: ws.history(plan.id),
    "person": lambda ws, plan: ws.people.update("cleo", name="Cleopatra"),
    "settings": lambda ws, plan: ws.settings.update(time_zone="Europe/Lisbon"),
}

SEES = {"see", "list", "tasks"}
MANAGES = SEES | {"launch", "create", "edit", "add", "complete", "assign", "override", "delete", "publish", "person"}
OWNS = SEES | {"launch", "create", "edit", "add", "complete", "assign", "delete"}

MAY: dict[tuple[str, str], set[str]] = {
    ("administrator", "zoe"): set(COMMANDS),
    ("manager", "zoe"): MANAGES,
    ("member", "ana"): OWNS,
    ("member", "ben"): SEES | {"complete", "assign", "delete"},
    ("member", "zoe"): SEES,
    ("viewer", "ana"): SEES,
    ("partner", "ben"): {"see", "tasks", "complete"},
    ("partner", "zoe"): set(),
    ("contact", "ana"): set(),
    ("nobody", "ana"): set(),
}
"""What each role may do to a plan on Ana's account whose call is Ben's, by who has the role."""


@pytest.fixture
def plan(ws: Workspace) -> View:
    """A plan of nobody's on Ana's account; Ben has the call."""
    plan = ws.launch(attrs.evolve(ws.draft("follow-up", "acme", start=MONDAY), owner_id=None))
    ws.change(plan.id, edit.assign, plan.task("call").id, "ben")
    return ws.change(plan.id, edit.assign, plan.task("mail").id, "cleo")


@pytest.mark.parametrize("role,person", MAY, ids=lambda one: one)
def test_each_role_may_what_it_may(ws: Workspace, plan: View, role: str, person: str) -> None:
    """Every other command is refused and changes nothing; `can` said so before (R1, R2, R6)."""
    before = snapshot(store_of(ws))
    acting = ws.acting_as(ap.Actor(person, roles={role}))
    refused = set()
    for name, command in COMMANDS.items():
        if name not in MAY[role, person]:
            with pytest.raises((NotAllowed, NotFound, StopIteration)):
                command(acting, plan)
            refused.add(name)
            assert before == snapshot(store_of(ws)), name
    for name in COMMANDS.keys() - refused:
        fresh = ws.launch(attrs.evolve(ws.draft("follow-up", "acme", start=MONDAY), owner_id=None))
        ws.change(fresh.id, edit.assign, fresh.task("call").id, "ben")
        COMMANDS[name](acting, ws.view(fresh.id))


@pytest.mark.parametrize("role", ["contact", "partner"])
def test_for_an_outsider_every_id_is_unknown(ws: Workspace, plan: View, role: str) -> None:
    """A hidden plan, its items and a plan that there is not give the same error, whatever is asked (V7)."""
    outsider = ws.acting_as(ap.Actor("ben" if role == "contact" else "zoe", roles={role}))
    asks: tuple[Callable[[str], object], ...] = (
        outsider.view,
        outsider.history,
        lambda one: outsider.can("plan.see", one),
        lambda one: outsider.can("task.complete", one, plan.task("call").id),
        lambda one: outsider.impact(one, plan.task("call").id),
        lambda one: outsider.restore(one, plan.task("call").id),
        lambda one: outsider.change(one, edit.complete, plan.task("call").id),
        lambda one: outsider.change(one, edit.update_plan, title="x"),
        lambda one: outsider.change_read(attrs.evolve(plan, plan=attrs.evolve(plan.plan, id=one)), edit.share_plan),
    )
    for ask in asks:
        errors = []
        for plan_id in (plan.id, "no-such-plan"):
            with pytest.raises(ActionPlansError) as error:
                ask(plan_id)
            errors.append((type(error.value), str(error.value).replace(plan_id, "ID")))
        assert errors[0] == errors[1]
        assert NotFound is errors[0][0]
    assert [] == list(outsider.plans()) == list(outsider.views()) == list(outsider.tasks())
    for account_id in ("acme", "no-such-account"):
        draft = attrs.evolve(ws.draft("follow-up", "acme", start=MONDAY), account_id=account_id)
        with pytest.raises(NotFound) as hidden:
            outsider.launch(draft)
        assert ("account", account_id) == (hidden.value.kind, hidden.value.id)


def test_a_new_item_s_owner_proves_nothing(ws: Workspace, plan: View) -> None:
    """Who may add only to what is theirs cannot add to other plans by putting their own name on the item (R2)."""
    zoe = ws.people.add(ap.Person("zoe", "Zoe"))
    member = ws.acting_as(ap.Actor(zoe.id, roles={"member"}))
    for item in (ap.Task(title="Mine", owner_id="zoe"), ap.Objective("", "Mine", owner_id="zoe")):
        assert not member.can(f"{item.kind}.create", plan.id)
        with pytest.raises(NotAllowed):
            member.change(plan.id, edit.add, item)


def test_the_words_of_a_fixed_item_are_the_library_s(ws: Workspace) -> None:
    """Title and description change only for those who may edit library items, at launch and after (R4)."""
    tasks = (TemplateTask("fixed", "Fixed", fixed=True), TemplateTask("free", "Free"))
    ws.templates.publish(Template("library", "Library", tasks=tasks))
    manager = ws.acting_as(ap.Actor("ben", roles={"manager"}))
    draft = ws.draft("library", "acme", start=MONDAY)
    plan = ws.launch(draft)
    for words in ({"title": "Mine"}, {"description": "Mine"}):
        with pytest.raises(NotAllowed, match=r"library\.edit"):
            manager.change(plan.id, edit.update, plan.task("fixed").id, **words)
        overridden = attrs.evolve(draft, overrides=FrozenMap({"fixed": Override(**words)}))
        with pytest.raises(NotAllowed, match=r"library\.edit"):
            manager.launch(overridden)
        assert ws.launch(overridden)
        manager.change(plan.id, edit.update, plan.task("free").id, **words)
    manager.change(plan.id, edit.update, plan.task("fixed").id, priority="high")
    assert manager.launch(attrs.evolve(draft, overrides=FrozenMap({"fixed": Override(due=MONDAY)})))


def test_restoring_is_asked_for_by_kind(ws: Workspace, plan: View) -> None:
    """Who may not restore tasks may not, though they may restore other things (R3)."""
    call = plan.task("call").id
    ws.change(plan.id, edit.delete, call, confirmed=ws.impact(plan.id, call))
    ws.settings.update(policy=(*ws.settings.get().policy, Grant("manager", "task.restore", allow=False)))
    manager = ws.acting_as(ap.Actor("zoe", roles={"manager"}))
    with pytest.raises(NotAllowed, match=r"task\.restore"):
        manager.restore(plan.id, call)
    assert ws.restore(plan.id, call).task("call")


def test_a_host_s_policy_replaces_ours(ws: Workspace, plan: View) -> None:
    """Everywhere: single plans, lists and commands (R7)."""
    asked: list[tuple[str, Subject]] = []

    def by_weekday(policy: object, asker: Asker, action: str, about: Subject) -> Decision:
        asked.append((action, about))
        return Decision(asker.id == "host" and action != "task.delete", action, "because the host says so")

    ws._desk.plugins = attrs.evolve(ws._desk.plugins, policies={"host": by_weekday})
    host, other = ws.acting_as(ap.Actor("host")), ws.acting_as(ap.Actor("root", roles={"administrator"}))
    assert [plan.id] == [one.id for one in host.plans()] == [one.id for one in host.views()]
    assert "done" == host.change(plan.id, edit.complete, plan.task("call").id).task("call").status
    with pytest.raises(NotAllowed, match="the host says so"):
        host.change(plan.id, edit.delete, plan.task("call").id)
    with pytest.raises(NotFound):
        other.view(plan.id)
    assert all("root" in about.makers for action, about in asked if action == "plan.see"), "lists know as much as views"


def test_a_change_of_the_policy_counts_at_once(ws: Workspace, plan: View) -> None:
    """The next call is decided by the new settings."""
    viewer = ws.acting_as(ap.Actor("zoe", roles={"viewer"}))
    assert not viewer.can("plan.edit", plan.id)
    ws.settings.update(policy=(*Settings().policy, Grant("viewer", "plan.edit")))
    assert viewer.can("plan.edit", plan.id)
    assert "New" == viewer.change(plan.id, edit.update_plan, title="New").plan.title


def test_a_team_s_work_is_each_member_s(ws: Workspace, plan: View) -> None:
    """`assigned` takes in my teams, `team` the accounts of my colleagues; strangers are left out (R2)."""
    visit = plan.task("visit").id
    ws.change(plan.id, edit.assign, visit, "team:cs")
    ben, cleo = (ws.acting_as(ap.Actor(one, roles={"member"})) for one in ("ben", "cleo"))
    assert not cleo.can("task.complete", plan.id, visit)
    assert ben.can("task.complete", plan.id, visit)
    assert "done" == ben.change(plan.id, edit.complete, visit).task("visit").status
    ws.settings.update(policy=(*Settings().policy, Grant("colleague", "plan.edit", "team")))
    for person, may in (("ben", True), ("cleo", False)):
        acting = ws.acting_as(ap.Actor(person, roles={"colleague", "viewer"}))
        assert may == acting.can("plan.edit", plan.id).allowed


def test_asking_for_an_action_that_there_is_not_is_refused_with_a_guess(ws: Workspace) -> None:
    """A typing error is told, not answered with no; a host's own action is known by the settings (R3)."""
    plan = ws.launch(ws.draft("follow-up", "acme", start=MONDAY))
    for ask in (lambda: ws.can("plan.lunch"), lambda: ws.can("plan.lunch", plan.id)):
        with pytest.raises(Invalid, match=r"there is no action str 'plan\.lunch': is it plan\.launch\?"):
            ask()
    with pytest.raises(Invalid):
        ws.can("task.approve")
    ws.settings.update(actions=("task.approve",))
    assert ws.can("task.approve", plan.id, plan.task("call").id)


def test_a_section_that_shares_otherwise_takes_the_right_to_share(ws: Workspace, plan: View) -> None:
    """Moving a plan there may show it to customers, or hide it (V4, R3)."""
    policy = (*ws.settings.get().policy, Grant("editor", "*.see"), Grant("editor", "plan.edit"))
    ws.settings.update(policy=policy, roles=(*ws.settings.get().roles, "editor"))
    editor = ws.acting_as(ap.Actor("zoe", roles={"editor"}))
    assert "Other" == editor.change(plan.id, edit.update_plan, title="Other").plan.title
    with pytest.raises(NotAllowed, match=r"plan\.share|no role"):
        editor.change(plan.id, edit.update_plan, section="growth_plans")
    ws.change(plan.id, edit.update_plan, section="growth_plans")
    assert "client_commitments" == editor.change(plan.id, edit.update_plan, section="client_commitments").plan.section
