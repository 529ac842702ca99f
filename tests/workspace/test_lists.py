"""Lists, single reads and `can` agree on every state (R6)."""

import datetime as dt
from collections.abc import Iterator
from itertools import count
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import actionplans as ap
from actionplans import edit
from actionplans.errors import Invalid, NotFound
from actionplans.model import Offset, Template, TemplateTask
from actionplans.settings import Grant, Settings
from actionplans.storage import PlanQuery, RecordQuery, TaskQuery
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


@given(
    policy=st.lists(grants, max_size=4),
    person=st.sampled_from(PERSONS),
    limit=st.sampled_from((1, 2, 7, 50)),
    query=st.sampled_from(
        (
            PlanQuery(),
            TaskQuery(),
            TaskQuery(owner_ids=("cleo", "ana")),
            ap.ObjectiveQuery(),
            ap.AccountQuery(),
            ap.TouchpointQuery(),
        )
    ),
)
@settings(max_examples=size(500), deadline=None)
def test_pages_have_what_the_list_has(
    many: Workspace, policy: list[Grant], person: str, limit: int, query: Any
) -> None:
    """All of it, once, in its order, each page full but the last, whatever the rights (L14, R6)."""
    many.settings.update(policy=(*Settings().policy, *policy))
    ws = many.acting_as(ap.Actor(person, roles={"reader", "seller"}))
    whole = list(listed(ws, query))
    found, after = [], None
    while True:
        page = ws.page(query, limit=limit, after=after)
        found += page.items
        after = page.next
        if after is None:
            break
        assert limit == len(page.items)
    assert whole == found


def listed(ws: Workspace, query: Any) -> Iterator[Any]:
    """The whole list."""
    lists: dict[type, Any] = {
        PlanQuery: ws.plans,
        TaskQuery: ws.tasks,
        ap.ObjectiveQuery: ws.objectives,
        ap.AccountQuery: ws.accounts.all,
        ap.TouchpointQuery: ws.touchpoints.all,
    }
    return iter(lists[type(query)](query))


def test_a_contact_has_pages_too(ws: Workspace) -> None:
    """Made of their views; the place to go on stays good when something is stored in between."""
    ws.people.add(ap.Person("cora", "Cora", "contact", account_id="acme"))
    ids = []
    for n in range(3):
        plan = ws.new_plan("acme", f"Plan {n}")
        for m in range(3):
            task = ap.Task(title=f"Task {m}", owner_id="cora", due=MONDAY + dt.timedelta(days=3 - m))
            added = ws.change(plan.id, edit.add, task).plan.tasks[-1]
            ws.change(plan.id, edit.share, added.id)
        ws.change(plan.id, edit.share_plan)
        ws.sharing.invite(plan.id, "cora")
        ids.append(plan.id)
    cora = ws.acting_as(ap.Actor("cora"))
    assert 9 == len(list(cora.tasks()))
    first = cora.page(TaskQuery(), limit=4)
    last = list(cora.tasks())[-1]
    ws.change(last.plan_id, edit.complete, last.task.id)
    second = cora.page(TaskQuery(), limit=8, after=first.next)
    assert [*first.items, *second.items] == list(cora.tasks())
    assert second.next is None
    heads = cora.page(PlanQuery(), limit=2)
    assert [*heads.items, *cora.page(PlanQuery(), after=heads.next).items] == list(cora.plans())


def test_what_is_no_page_is_invalid(ws: Workspace) -> None:
    """A query of another kind, a limit that is none, a place of another list."""
    place = ws.page(ap.AccountQuery(), limit=1).next or "x"
    for query, more in (
        ("x", {}),
        (None, {}),
        (RecordQuery("person"), {}),
        (TaskQuery(), {"limit": 0}),
        (TaskQuery(), {"limit": 1001}),
        (TaskQuery(), {"after": "x"}),
        (TaskQuery(), {"after": place}),
    ):
        with pytest.raises(Invalid):
            ws.page(query, **more)  # type: ignore[call-overload]
