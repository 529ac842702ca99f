"""Those who see a part of a plan, or not all its fields, find out nothing of the rest by another way (V1, R1, R5)."""

from typing import Any

import attrs
import pytest

import actionplans as ap
from actionplans import edit
from actionplans.errors import NotAllowed, NotFound, PluginError, Unconfirmed
from actionplans.model import Decision, Milestone, Objective, Play, Reference
from actionplans.settings import CustomField, Grant
from actionplans.storage import Batch, ObjectiveQuery, PlanQuery, TaskQuery, TouchpointQuery, Write
from actionplans.workspace import Workspace
from tests.workspace.world import MONDAY, opened, peopled, store_of

FIELDS = (
    CustomField("pay", "Pay", of="task", type="number", seen_by=frozenset({"manager"})),
    CustomField("margin", "Margin", of="account", type="number", seen_by=frozenset({"manager"})),
)


@pytest.fixture
def ws() -> Workspace:
    """A plan with a play of two tasks, one of them secret, and custom fields for managers."""
    ws = peopled(opened())
    ws.settings.update(custom_fields=FIELDS)
    ws.accounts.update("acme", custom={"margin": 7})
    plan = ap.Plan(
        "plan",
        "acme",
        "Plan",
        ap.FrozenMap({"start": MONDAY}),
        objectives=(Objective("goal", "Goal", category="Growth", owner_id="ben"),),
        milestones=(Milestone("live", "Go live", due=MONDAY),),
        plays=(Play("play", "Play", objective_id="goal"),),
        tasks=(
            ap.Task("open", "Call", parent_id="play", milestone_id="live", custom=ap.FrozenMap({"pay": 5})),
            ap.Task("secret", "Raise the price", parent_id="play", owner_id="cleo"),
        ),
    )
    ws.add_plan(plan)
    return ws


def granted(ws: Workspace, *grants: Grant, name: str = "mia") -> Workspace:
    """Somebody of a role with these grants alone."""
    settings = ws.settings.get()
    ws.settings.update(policy=(*settings.policy, *grants), roles=(*settings.roles, "own"))
    return ws.acting_as(ap.Actor(name, roles={"own"}))


def blind(ws: Workspace) -> Workspace:
    """A manager who is forbidden to see the tasks of their own team."""
    ws.people.add(ap.Person("mia", "Mia"))
    ws.teams.add(ap.Team("theirs", "Theirs", frozenset({"mia"})))
    ws.change("plan", edit.assign, "secret", "team:theirs")
    policy = (*ws.settings.get().policy, Grant("manager", "task.see", "assigned", False))
    ws.settings.update(policy=policy)
    return ws.acting_as(ap.Actor("mia", roles={"manager"}))


def test_counts_serve_those_who_see_every_task(ws: Workspace) -> None:
    """The row of a plan counts what its view shows."""
    mia = blind(ws)
    assert ["open"] == [one.id for one in mia.view("plan").tasks] == [one.task.id for one in mia.tasks()]
    assert [(1, 1)] == [(one.open, one.total) for one in mia.plans(PlanQuery())]
    assert [(2, 2)] == [(one.open, one.total) for one in ws.plans(PlanQuery())]


def test_a_deletion_is_confirmed_by_what_was_shown(ws: Workspace) -> None:
    """And takes nothing along that is not seen; nor what may not be deleted by itself (L3, R1)."""
    mia = blind(ws)
    assert ("play", "open") == mia.impact("plan", "play").deleted
    with pytest.raises(NotAllowed, match="you do not see"):
        mia.change("plan", edit.delete, "play", confirmed=mia.impact("plan", "play"))
    with pytest.raises(Unconfirmed) as error:
        mia.change("plan", edit.delete, "goal")
    assert mia.impact("plan", "goal") == error.value.impact
    assert not mia.change("plan", edit.delete, "goal", confirmed=mia.impact("plan", "goal")).plan.objectives


def test_what_goes_with_a_play_takes_the_right_to_delete_it(ws: Workspace) -> None:
    """A prohibition of deleting tasks holds for a play's tasks too (R1)."""
    grants = (Grant("own", "*.see"), Grant("own", "*.delete"), Grant("own", "task.delete", "all", False))
    mia = granted(ws, *grants)
    with pytest.raises(NotAllowed, match=r"task\.delete"):
        mia.change("plan", edit.delete, "play", confirmed=mia.impact("plan", "play"))
    assert 2 == len(ws.view("plan").tasks)
    assert not mia.change("plan", edit.delete, "goal", confirmed=mia.impact("plan", "goal")).plan.objectives


def test_touchpoints_name_only_what_is_seen(ws: Workspace) -> None:
    """A reference to a hidden task is left out, also by a filter for it; one that is gone stays (L13)."""
    references = tuple(Reference("task", "plan", one, "x") for one in ("open", "secret"))
    made = ws.touchpoints.add("acme", "Met", references=references)
    mia = blind(ws)
    assert ["open"] == [one.id for one in mia.touchpoints.get(made.id).references]
    assert [] == list(mia.touchpoints.all(TouchpointQuery(refers_to="secret")))
    ws.change("plan", edit.delete, "open", confirmed=ws.impact("plan", "open"))
    assert ["open"] == [one.id for one in mia.touchpoints.get(made.id).references]


def test_rows_say_nothing_of_hidden_items(ws: Workspace) -> None:
    """As views do: a milestone that is hidden is no task's milestone (V1)."""
    mia = granted(ws, Grant("own", "*.see"), Grant("own", "milestone.see", "all", False))
    assert {None} == {one.milestone_id for one in mia.view("plan").tasks}
    assert {None} == {one.task.milestone_id for one in mia.tasks()}


def test_filters_find_only_what_is_shown(ws: Workspace) -> None:
    """Of single items, which show less than those of a plan that is seen (V5)."""
    mia = granted(ws, Grant("own", "objective.see", "own"), Grant("own", "task.see", "assigned"), name="ben")
    assert ["goal"] == [one.objective.id for one in mia.objectives()]
    for category in ("Growth", "Adoption"):
        assert [] == list(mia.objectives(ObjectiveQuery(categories=(category,))))
    ws.change("plan", edit.assign, "open", "ben")
    assert ["open"] == [one.task.id for one in mia.tasks()]
    for stage in ("closing", "renewal"):
        assert [] == list(mia.tasks(TaskQuery(stage_id=stage)))


def test_values_of_a_field_that_is_gone_are_the_administrators(ws: Workspace) -> None:
    """Nobody can tell any more who might see them (R5)."""
    ws.settings.update(custom_fields=(), confirmed=ws.settings.impact(custom_fields=()))
    for role, expected in (("viewer", {}), ("manager", {}), ("administrator", {"pay": 5})):
        who = ws.acting_as(ap.Actor("zoe", roles={role}))
        assert expected == dict(who.view("plan").task("open").custom)
        assert expected == next(dict(one.task.custom) for one in who.tasks() if one.task.id == "open")
        assert ({"margin": 7} if expected else {}) == dict(who.accounts.get("acme").custom)
    manager = ws.acting_as(ap.Actor("zoe", roles={"manager"}))
    manager.accounts.update("acme", type="big", custom={})
    assert {"margin": 7} == dict(ws.accounts.get("acme").custom)


@pytest.mark.parametrize("value", [5, 6])
def test_naming_a_hidden_field_is_refused_whatever_the_value(ws: Workspace, value: int) -> None:
    """Otherwise a guess would be told from a hit (R5)."""
    member = ws.acting_as(ap.Actor("ana", roles={"member"}))
    with pytest.raises(NotAllowed, match="pay"):
        member.change("plan", edit.update, "open", custom={"pay": value})
    with pytest.raises(NotAllowed, match="margin"):
        member.accounts.update("acme", custom={"margin": value + 2})


def test_a_change_that_hides_its_result_shows_it_once(ws: Workspace) -> None:
    """A partner who is no longer assigned, and a contact whose invitation is revoked meanwhile (V1)."""
    ws.people.add(ap.Person("pat", "Pat", kind="partner"))
    ws.change("plan", edit.assign, "open", "pat")
    pat = granted(ws, Grant("partner", "task.assign", "assigned"), name="pat")
    assert () == pat.change("plan", edit.assign, "open", "ana").tasks
    with pytest.raises(NotFound):
        pat.view("plan")


def test_nobody_inactive_gets_past_a_policy_of_the_hosts(ws: Workspace) -> None:
    """It is not asked of them; and what it gives is a decision (R7)."""

    def yes(policy: Any, asker: Any, action: str, about: Any) -> Decision:
        return Decision(True, action, "the host says so")

    hosted = peopled(opened(policies={"host": yes}))
    hosted.people.add(ap.Person("ina", "Ina", active=False))
    assert hosted.acting_as(ap.Actor("ben")).can("account.edit")
    assert "not active" in hosted.acting_as(ap.Actor("ina", roles={"administrator"})).can("account.edit").reason
    wrong = opened(policies={"host": lambda *asked: True})
    with pytest.raises(PluginError, match="host: its policy gives bool True"):
        list(wrong.people.all())


def test_why_says_what_would_help(ws: Workspace) -> None:
    """Of those who are not active, and of contacts of other accounts (V8)."""
    ws.accounts.add(ap.Account("beta", "Beta"))
    ws.change("plan", edit.share_plan)
    for name, account_id, active, expected in (
        ("one", "acme", False, "not active"),
        ("two", "beta", True, "no contact of the plan's account"),
        ("three", "acme", True, "not invited"),
    ):
        ws.people.add(ap.Person(name, name, kind="contact", account_id=account_id, active=active))
        assert expected in ws.sharing.why(name, "plan").reason
    ws.people.add(ap.Person("ina", "Ina", active=False, roles=frozenset({"manager"})))
    assert "not active" in ws.sharing.why("ina", "plan").reason


def test_a_stage_that_is_gone_is_called_by_its_id(ws: Workspace) -> None:
    """Its title is gone with it; the task still says where it stood (L1)."""
    plan = store_of(ws).get(ap.Plan, "plan")
    task = ap.Task("staged", "Staged", stage_id="trial")
    store_of(ws).commit(Batch((Write(attrs.evolve(plan, tasks=(*plan.tasks, task)), plan.revision),)))
    assert "trial" == ws.view("plan").stages["trial"]
