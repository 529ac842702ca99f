"""Lists of objectives, of plans and of tasks over many plans (L14, R6)."""

import datetime as dt
from collections.abc import Iterable
from contextlib import suppress
from typing import Any

import attrs
import pytest

import actionplans as ap
from actionplans import edit
from actionplans.errors import Invalid, NotFound
from actionplans.model import Launch, Objective, Task
from actionplans.settings import CustomField, Grant
from actionplans.storage import FoundObjective, ObjectiveQuery, PlanQuery, TaskQuery
from actionplans.testing.samples import NOW
from actionplans.workspace import Workspace
from tests.life.conftest import acting
from tests.workspace.world import MONDAY


def day(n: int) -> dt.date:
    """So many days after the Monday."""
    return MONDAY + dt.timedelta(days=n)


def plan(ws: Workspace, plan_id: str, *objectives: Objective, **fields: Any) -> None:
    """A plan with these objectives and a task."""
    start = fields.pop("start", MONDAY)
    made = ap.Plan(plan_id, fields.pop("account_id", "acme"), plan_id, ap.FrozenMap({"start": start}), **fields)
    ws.add_plan(attrs.evolve(made, objectives=objectives, tasks=(Task(f"t-{plan_id}", "Call", stage_id="closing"),)))


@pytest.fixture
def many(ws: Workspace) -> Workspace:
    """Three plans with objectives; one is archived."""
    ws.accounts.add(ap.Account("sub", "Sub", parent_id="acme", owner_id="ben"))
    grow = Objective("grow", "Grow in Lisbon", status="at_risk", category="Growth", end=day(9), owner_id="ben")
    plan(ws, "a", Objective("renew", "Renew", end=day(3), owner_id="ana"), grow, owner_id="ana", stage_id="closing")
    plan(ws, "b", Objective("loose", "Adopt it"), account_id="sub", section="growth_plans", start=day(5))
    plan(ws, "c", Objective("renew", "Renew", end=day(3)), launch=Launch("tpl", 1, NOW, "ana"), start=day(9))
    plan(ws, "d", Objective("old", "Old"))
    ws.change("d", edit.archive_plan)
    return ws


def told(found: Iterable[FoundObjective]) -> list[str]:
    """Where each stands."""
    return [f"{one.plan_id}.{one.objective.id}" for one in found]


def test_objectives_by_their_end(many: Workspace) -> None:
    """Those without one last, then by id and plan; none of an archived plan."""
    assert ["a.renew", "c.renew", "a.grow", "b.loose"] == told(many.objectives())


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({"account_ids": ("sub",)}, ["b.loose"]),
        ({"owner_ids": ("ana", "ben")}, ["a.renew", "a.grow"]),
        ({"plan_ids": ("c", "b")}, ["c.renew", "b.loose"]),
        ({"statuses": ("at_risk",)}, ["a.grow"]),
        ({"categories": ("Growth",)}, ["a.grow"]),
        ({"section": "growth_plans"}, ["b.loose"]),
        ({"stage_id": "closing"}, ["a.renew", "a.grow"]),
        ({"template_id": "tpl"}, ["c.renew"]),
        ({"end_from": day(4)}, ["a.grow"]),
        ({"end_before": day(9)}, ["a.renew", "c.renew"]),
        ({"words": "LISBON grow"}, ["a.grow"]),
        ({"account_ids": ()}, []),
    ],
)
def test_a_list_of_objectives_is_filtered(many: Workspace, asked: dict[str, Any], found: list[str]) -> None:
    """L14: by each of its fields."""
    assert found == told(many.objectives(ObjectiveQuery(**asked)))


def test_lists_of_an_account_with_those_below_it(many: Workspace) -> None:
    """L14: the ids that `below` gives go into any query."""
    below = many.accounts.below("acme")
    assert ["a.renew", "c.renew", "a.grow", "b.loose"] == told(many.objectives(ObjectiveQuery(account_ids=below)))
    assert ["a", "b", "c"] == [one.id for one in many.plans(PlanQuery(account_ids=below))]
    assert ["b"] == [one.id for one in many.plans(PlanQuery(account_ids=many.accounts.below("sub")))]


def test_plans_by_their_start_and_tasks_by_their_plan(many: Workspace) -> None:
    """L14: a start that is asked for is included, the day before which is not; a task's section is its plan's."""

    def plans(**asked: Any) -> list[str]:
        return [one.id for one in many.plans(PlanQuery(**asked))]

    assert [["b", "c"], ["a", "b"], ["b"]] == [
        plans(start_from=day(5)),
        plans(start_before=day(9)),
        plans(start_from=day(5), start_before=day(6)),
    ]
    tasks = {"section": "growth_plans"}, {"section": ""}, {"template_id": "tpl"}, {"template_id": "other"}
    found = [[one.plan_id for one in many.tasks(TaskQuery(**asked))] for asked in tasks]
    assert [["b"], ["a", "c"], ["c"], []] == found


@pytest.mark.parametrize(
    ("policy", "found"),
    [
        ((Grant("x", "plan.see", "own"),), ["a.renew", "a.grow"]),
        ((Grant("x", "plan.see", "account"),), ["a.renew", "c.renew", "a.grow"]),
        ((Grant("x", "objective.see", "own"),), ["a.renew", "a.grow"]),
        ((Grant("x", "plan.see"), Grant("x", "objective.see", "own", False)), ["c.renew", "b.loose"]),
        ((Grant("x", "plan.see"), Grant("x", "plan.see", "account", False)), ["b.loose"]),
        ((), []),
    ],
)
def test_a_list_has_what_its_reader_may_see(many: Workspace, policy: tuple[Grant, ...], found: list[str]) -> None:
    """R6: as the views of the plans have it, whichever way it is granted or forbidden."""
    many.settings.update(policy=(*policy, *many.settings.get().policy))
    ana = acting(many, "ana", "x")
    assert found == told(ana.objectives())
    seen = []
    for plan_id in "abc":
        with suppress(NotFound):
            seen += [f"{plan_id}.{one.id}" for one in ana.view(plan_id).plan.objectives]
    assert sorted(found) == sorted(seen)


def test_a_field_that_is_not_for_everybody_is_not_in_the_list(many: Workspace) -> None:
    """R5: as little as in the view of the plan."""
    many.settings.update(custom_fields=(CustomField("value", "Value", "objective", seen_by=frozenset({"manager"})),))
    many.change("a", edit.update, "grow", custom={"value": "secret"})
    asked = ObjectiveQuery(statuses=("at_risk",))
    shown = [[dict(one.objective.custom) for one in acting(many, "vic", role).objectives(asked)] for role in ROLES]
    assert [[{"value": "secret"}], [{}]] == shown


ROLES = ("manager", "viewer")


@pytest.mark.parametrize("query", [PlanQuery(), "all", 1])
def test_what_is_no_query_for_objectives_is_refused(ws: Workspace, query: object) -> None:
    """With what is wanted."""
    with pytest.raises(Invalid, match="ObjectiveQuery"):
        ws.objectives(query)  # type: ignore[arg-type]


def test_a_contact_lists_what_their_views_show(ws: Workspace) -> None:
    """V2: shared objectives of the plans they are invited to, found by nothing that they may not see."""
    ws.people.add(ap.Person("cora", "Cora", "contact", account_id="acme"))
    shown, hidden = Objective("o1", "Shown", end=day(3), category="Growth"), Objective("o2", "Hidden", end=day(2))
    for plan_id in ("invited", "shared"):
        plan(ws, plan_id, shown, hidden, section="growth_plans")
        ws.change(plan_id, edit.share_plan)
        ws.change(plan_id, edit.share, "o1")
    ws.sharing.invite("invited", "cora")
    cora = acting(ws, "cora", "contact")
    assert ["invited.o1"] == told(cora.objectives())
    assert [one.objective for one in cora.objectives()] == [*cora.view("invited").plan.objectives]
    assert [] == told(cora.objectives(ObjectiveQuery(categories=("Growth",))))
    assert ["invited.o1"] == told(cora.objectives(ObjectiveQuery(end_from=day(3))))
