"""Launching many: a chunk is a transaction, and what fails leaves the others alone (T4, T11)."""

import datetime as dt
from collections.abc import Iterator

import attrs
import pytest

import actionplans as ap
from actionplans.errors import Invalid, NotAllowed, NotFound, Refused, StoreFull, Unresolved
from actionplans.model import Draft, Offset, Template, TemplateTask
from actionplans.workspace import Workspace
from tests.workspace.world import MONDAY, snapshot, store_of, watched


def drafts(ws: Workspace, number: int) -> list[Draft]:
    """Drafts of the follow-up on Acme, a day apart."""
    return [ws.draft("follow-up", "acme", start=MONDAY + dt.timedelta(n)) for n in range(number)]


def unnamed(plan: ap.Plan) -> ap.Plan:
    """The plan with keys and numbers in the place of ids, to compare two launches."""
    names = {plan.id: "plan"} | {one.id: getattr(one, "key", "") for one in plan.items()}
    tasks = tuple(
        attrs.evolve(
            one,
            id=names[one.id],
            dependencies=tuple(
                attrs.evolve(link, predecessor_id=names[link.predecessor_id]) for link in one.dependencies
            ),
        )
        for one in plan.tasks
    )
    return attrs.evolve(plan, id="plan", tasks=tasks)


def test_many_launches_give_what_single_ones_give(ws: Workspace) -> None:
    """Only the ids differ."""
    wanted = drafts(ws, 7)
    single = [unnamed(ws.launch(one).plan) for one in wanted]
    many = [unnamed(ws.view(one.plan_id or "").plan) for one in ws.launch_many(wanted, chunk=3)]
    assert single == many


def test_a_chunk_is_one_transaction(ws: Workspace) -> None:
    """And progress is told after each, with the total where it is known."""
    through, store = watched(ws)
    told: list[tuple[int, int | None]] = []
    results = list(through.launch_many(drafts(ws, 7), chunk=3, progress=lambda *one: told.append(one)))
    assert (7, 3) == (len({one.plan_id for one in results}), store.commits)
    assert [(3, 7), (6, 7), (7, 7)] == told
    told.clear()
    list(through.launch_many(iter(drafts(ws, 2)), progress=lambda *one: told.append(one)))
    assert [(2, None)] == told


def test_chunks_are_launched_as_results_are_taken(ws: Workspace) -> None:
    """The stream is read a chunk at a time, so it may be endless."""
    taken = []

    def endless() -> Iterator[Draft]:
        while True:
            taken.append(1)
            yield ws.draft("follow-up", "acme", start=MONDAY)

    results = ws.launch_many(endless(), chunk=5)
    assert [] == taken
    assert 5 == len([next(results) for _ in range(5)]) == len(taken) == len(list(ws.plans()))


def test_whoever_a_launch_names_is_looked_up(ws: Workspace) -> None:
    """By id, team, address and role, for a single launch and for many (T5)."""
    ws.accounts.update("acme", roles={"csm": "cleo"})
    rules = ("person:ben", "team:cs", "email:ben@example.com", "email:CLEO@Example.com", "role:csm", "account_owner")
    tasks = tuple(TemplateTask(f"t{n}", "T", due=Offset(1), owner=(rule,)) for n, rule in enumerate(rules))
    ws.templates.publish(Template("named", "Named", tasks=tasks))
    draft = ws.draft("named", "acme", start=MONDAY)
    (many,) = ws.launch_many([draft])
    for plan in (ws.launch(draft), ws.view(many.plan_id or "")):
        assert ["ben", "team:cs", "ben", "cleo", "cleo", "ana"] == [task.owner_id for task in plan.tasks]
        assert {"Ben", "Customer Success", "Cleo", "Ana"} == {plan.name(task.owner_id) for task in plan.tasks}


def test_what_fails_is_told_and_leaves_the_others_alone(ws: Workspace) -> None:
    """Each with its own error, in the order of the drafts."""
    good = drafts(ws, 1)[0]
    ws.templates.publish(Template("csm", "CSM", tasks=(TemplateTask("a", "A", due=Offset(1), owner=("role:csm",)),)))
    stream = [
        good,
        attrs.evolve(good, account_id="nothing"),
        ws.draft("csm", "acme", start=MONDAY),
        attrs.evolve(good, dropped=frozenset({"nothing"})),
        "no draft",
        None,
        good,
    ]
    results = list(ws.launch_many(stream, chunk=10))  # type: ignore[arg-type]
    assert [None, NotFound, Unresolved, Invalid, Invalid, Invalid, None] == [
        type(one.error) if one.error else None for one in results
    ]
    assert stream == [one.draft for one in results]
    assert {one.plan_id for one in results if one.plan_id} == {one.id for one in ws.plans()}
    assert 2 == len(list(ws.plans()))


def test_a_row_that_was_launched_before_is_told_alone(ws: Workspace) -> None:
    """A job that is started again launches the rest of its chunk, and no row twice (T11)."""
    rows = [attrs.evolve(one, job="import", row=str(n)) for n, one in enumerate(drafts(ws, 4))]
    first = list(ws.launch_many(rows[1:2]))
    again = list(ws.launch_many([*rows, rows[0]]))
    assert [None, Refused, None, None, Refused] == [type(one.error) if one.error else None for one in again]
    stored = {one.id for one in ws.plans()}
    assert {one.plan_id for one in (*first, *again) if one.plan_id} == stored
    assert 4 == len(stored)
    with pytest.raises(Refused, match="already"):
        ws.launch(rows[2])


def test_a_store_that_fails_stops_the_stream(ws: Workspace) -> None:
    """The error comes out; finished chunks are stored, the failed one is not."""
    through, store = watched(ws)

    def full() -> None:
        raise StoreFull("disk", "no space left")

    store.before_commit = [lambda: None, full]
    results, taken = through.launch_many(drafts(ws, 6), chunk=2), []
    with pytest.raises(StoreFull):
        for one in results:
            taken.append(one)
    assert (2, 2) == (len(taken), len(list(ws.plans())))


def test_who_may_not_launch_launches_nothing(ws: Workspace) -> None:
    """Each draft is refused with the reason."""
    viewer = ws.acting_as(ap.Actor("zoe", roles={"viewer"}))
    stream, before = drafts(ws, 3), snapshot(store_of(ws))
    assert [NotAllowed] * 3 == [type(one.error) for one in viewer.launch_many(stream)]
    assert before == snapshot(store_of(ws))
