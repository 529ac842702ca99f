"""Lists, single reads and `can` agree on every state (R6)."""

import datetime as dt
from itertools import count

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import actionplans as ap
from actionplans import edit
from actionplans.errors import NotFound
from actionplans.model import Offset, Template, TemplateTask
from actionplans.settings import Grant, Settings
from actionplans.storage import PlanQuery, TaskQuery
from actionplans.workspace import Workspace
from tests.size import size
from tests.workspace.world import MONDAY, opened

PERSONS = ("ana", "ben", "cleo")
OWNERS = (None, *PERSONS, "team:cs", "team:sales")
TEMPLATE = Template("one", "One", tasks=(TemplateTask("a", "A", due=Offset(1)),))

grants = st.builds(
    Grant,
    st.sampled_from(["reader", "seller"]),
    st.sampled_from(["plan.see", "plan.*", "*.see", "*", "task.see", "plan.edit"]),
    st.sampled_from(["all", "team", "account", "own", "assigned"]),
    st.booleans() | st.just(True),
)


def world() -> Workspace:
    """Plans of every owner and maker, on accounts of every owner, with and without persons in roles."""
    ws = opened()
    for name in PERSONS:
        ws.people.add(ap.Person(name, name.title()))
    ws.teams.add(ap.Team("cs", "Success", frozenset({"ana", "ben"})))
    ws.teams.add(ap.Team("sales", "Sales", frozenset({"cleo"})))
    numbers = count()
    ws.templates.publish(TEMPLATE)
    for account_owner in (None, *PERSONS):
        for helper in (None, "cleo"):
            roles = {"csm": helper} if helper else {}
            account = ws.accounts.get_or_create(f"Account {next(numbers)}", owner_id=account_owner, roles=roles)
            for maker in ("root", "ana"):
                acting = ws.acting_as(ap.Actor(maker, roles={"administrator"}))
                for owner in OWNERS:
                    plan = acting.new_plan(account, f"Plan {next(numbers)}", owner_id=owner)
                    other = OWNERS[next(numbers) % len(OWNERS)]
                    helpers = ("cleo",) if next(numbers) % 3 else ()
                    acting.change(plan.id, edit.add, ap.Task(title="Call", owner_id=other, helpers=helpers))
                acting.launch(acting.draft("one", account, start=MONDAY))
    return ws


@pytest.fixture(scope="module")
def many() -> Workspace:
    """The same plans for every policy."""
    return world()


@settings(max_examples=size(600))
@given(policy=st.lists(grants, max_size=5), person=st.sampled_from([*PERSONS, "zoe"]))
def test_lists_and_single_reads_agree(many: Workspace, policy: list[Grant], person: str) -> None:
    """Whatever the policy: what is in the lists is what `can` says may be seen, and what views show (R6, V7)."""
    many.settings.update(policy=(*Settings().policy, *policy))
    acting = many.acting_as(ap.Actor(person, roles={"reader"}))
    whole, tasks = [], {}
    for plan_id in [head.id for head in many.plans()]:
        try:
            view = acting.view(plan_id)
        except NotFound:
            with pytest.raises(NotFound):
                acting.can("plan.see", plan_id)
            continue
        whole += [plan_id] if acting.can("plan.see", plan_id) else []
        assert view.limited == (plan_id not in whole)
        tasks |= {(plan_id, task.id): task for task in view.tasks}
        assert all(acting.can("task.see", plan_id, task.id) for task in view.tasks)
    assert whole == [head.id for head in acting.plans()]
    assert whole == [view.id for view in acting.views()]
    assert tasks == {(one.plan_id, one.task.id): one.task for one in acting.tasks()}


def test_lists_ask_what_the_query_asks(ws: Workspace) -> None:
    """Filters, order, and nothing of archived plans unless asked (L14)."""
    made = [ws.launch(ws.draft("follow-up", "acme", start=MONDAY + dt.timedelta(n))) for n in range(3)]
    assert [one.id for one in made] == [one.id for one in ws.plans()] == [one.id for one in ws.views()]
    assert [] == list(ws.plans(PlanQuery(owner_id="ben")))
    found = list(ws.tasks(TaskQuery(due_before=MONDAY + dt.timedelta(3))))
    assert sorted((one.task.due, one.task.id) for one in found) == [(one.task.due, one.task.id) for one in found]
    assert {"call", "mail"} == {one.task.key for one in found}


def test_progress_is_told_while_a_list_is_read(ws: Workspace) -> None:
    """After each page, with how many were looked at."""
    for _ in range(3):
        ws.launch(ws.draft("follow-up", "acme", start=MONDAY))
    told: list[tuple[int, int | None]] = []
    assert 3 == len(list(ws.views(progress=lambda done, total: told.append((done, total)))))
    assert [(3, None)] == told
