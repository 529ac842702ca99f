"""Launching many with workers: they compute, the calling process reads, looks again and commits (T11)."""

import pickle
import weakref
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import count

import attrs
import pytest

import actionplans as ap
from actionplans.errors import ExecutorFailed, Refused
from actionplans.model import Dependency, Offset, Row, Template, TemplateTask
from actionplans.workspace import Launched, Workspace, workers
from tests.workspace.executors import Later
from tests.workspace.test_bulk import drafts, rows, unnamed
from tests.workspace.world import MONDAY, watched


def became(ws: Workspace, one: Launched) -> object:
    """The plan, ids apart, or what is said in its place."""
    return unnamed(ws.view(one.plan_id).plan) if one.plan_id else str(one.error)


def test_workers_give_what_this_process_gives(ws: Workspace) -> None:
    """The same plans in the same order, ids apart, whether pickled on the way or not; ids grow with the stream."""
    ws.templates.publish(Template("csm", "CSM", tasks=(TemplateTask("a", "A", due=Offset(1), owner=("role:csm",)),)))
    stream = [*drafts(ws, 7), ws.draft("csm", "acme", start=MONDAY), *drafts(ws, 2), "no draft"]
    alone = list(ws.launch_many(stream, chunk=3))  # type: ignore[arg-type]
    with ThreadPoolExecutor(2) as pool:
        for executor in (pool, Later()):
            told = list(ws.launch_many(stream, chunk=3, executor=executor))  # type: ignore[arg-type]
            assert stream == [one.given for one in told]
            assert [str(one.error) for one in alone] == [str(one.error) for one in told]
            made = [one.plan_id for one in told if one.plan_id]
            assert sorted(made) == made
            assert [unnamed(ws.view(one.plan_id).plan) for one in alone if one.plan_id] == [
                unnamed(ws.view(one).plan) for one in made
            ]


def test_what_changes_while_workers_compute_is_seen(ws: Workspace) -> None:
    """What was computed from what no longer holds is computed again, here (T5)."""
    for happens in (
        lambda: ws.accounts.update("acme", owner_id="ben"),
        lambda: ws.settings.update(link_policy="hold"),
        lambda: ws.people.update("ben", active=False),
    ):
        before, told, after = (
            became(ws, next(ws.launch_many(rows(1), template="follow-up", executor=executor)))
            for executor in (None, Later(happens), None)
        )
        assert before != told == after
    ws.people.update("ben", active=True)
    (told,) = ws.launch_many(rows(1), template="follow-up", executor=Later(lambda: ws.templates.retire("follow-up", 1)))
    assert "is retired by now" in str(told.error)


def test_rows_that_others_launch_while_workers_compute_are_not_even_tried(ws: Workspace) -> None:
    """One question for the chunk tells; nothing is committed."""
    through, store = watched(ws)
    executor = Later(lambda: [*ws.launch_many(rows(3), template="follow-up", job="import")])
    store.before_commit = [lambda: pytest.fail("there is nothing to commit")]
    told = list(through.launch_many(rows(3), template="follow-up", job="import", executor=executor))
    assert [True] * 3 == [one.already for one in told]


def test_plans_get_ids_of_the_calling_process_and_their_items_of_the_worker(ws: Workspace) -> None:
    """So that plans are listed in the order of the stream, and few ids travel."""
    mine = Workspace(attrs.evolve(ws._desk, new_id=map("mine-{:03}".format, count()).__next__))
    told = list(mine.launch_many(rows(4), template="follow-up", chunk=2, executor=Later()))
    assert [f"mine-{n:03}" for n in (1, 2, 3, 4)] == [one.plan_id for one in told]
    ids = [task.id for one in told for task in ws.view(one.plan_id or "").tasks]
    assert (12, []) == (len(set(ids)), [one for one in ids if one.startswith("mine-")])


def test_doubles_are_refused_with_workers_too(ws: Workspace) -> None:
    """Of rows on one account that are computed at the same time, the first that is stored stands (T7)."""
    ws.accounts.add(ap.Account("beta", "Beta", owner_id="ana"))
    ws.settings.update(double_launch="refuse")
    stream = [Row(str(n), name, MONDAY) for n, name in enumerate(("acme", "beta", "acme", "beta"))]
    told = list(ws.launch_many(stream, template="follow-up", chunk=1, executor=Later()))
    assert [None, None, Refused, Refused] == [type(one.error) if one.error else None for one in told]
    assert 2 == len(list(ws.plans()))


def test_only_so_many_chunks_are_under_way(ws: Workspace) -> None:
    """Twice as many as there are workers; closing the stream gives up the others, and leaves whole chunks."""
    executor, taken = Later(), []
    executor._max_workers = 2  # type: ignore[attr-defined]

    def endless() -> Iterator[Row]:
        for n in count():
            taken.append(n)
            yield Row(str(n), "acme", MONDAY)

    run = ws.launch_many(endless(), template="follow-up", chunk=5, executor=executor)
    told = [next(run) for _ in range(12)]
    assert (6, 30, 15) == (len(executor.given), len(taken), len(list(ws.plans())))
    run.close()  # type: ignore[attr-defined]
    assert [False] * 3 + [True] * 3 == [one.cancelled() for one in executor.futures]
    assert 12 == len({one.plan_id for one in told})
    assert (30, 15) == (len(taken), len(list(ws.plans())))


def test_a_template_travels_once_a_chunk(ws: Workspace) -> None:
    """Not with every row: a chunk that is ten times as long is not even twice as big; a worker knows it again."""
    ws.templates.publish(
        Template("long", "Long", tasks=tuple(TemplateTask(f"t{n}", "T" * 400, due=Offset(n)) for n in range(200)))
    )
    executor = Later()
    list(ws.launch_many(rows(22), template="long", chunk=11, executor=executor))
    list(ws.launch_many(rows(2), template="long", chunk=1, executor=executor))
    whole, same, one, _ = (len(pickle.dumps(given)) for given in executor.given)
    assert abs(whole - same) < 100
    assert whole < 1.2 * one
    first, second = (pickle.loads(pickle.dumps(given))[0] for given in executor.given[:2])
    kept = [{id(draft.template) for draft in workers.known(work).drafts} for work in (first, second)]
    assert 1 == len(kept[0]) == len(kept[0] | kept[1])


@pytest.mark.parametrize("executor", [None, 2])
def test_nothing_is_kept_for_each_row(ws: Workspace, executor: int | None) -> None:
    """Rows go when they are told, whatever the caller keeps of errors."""
    living: weakref.WeakSet[Row] = weakref.WeakSet()

    def stream() -> Iterator[Row]:
        for n in range(400):
            row = Row(f"r{n}", "acme" if n % 2 else "nowhere", MONDAY)
            living.add(row)
            yield row

    errors, most = [], 0
    pool = ThreadPoolExecutor(executor) if executor else None
    for one in ws.launch_many(stream(), template="follow-up", job="import", chunk=10, executor=pool):
        errors.append(one.error)
        del one
        most = max(most, len(living))
    assert (400, 200) == (len(errors), sum(one is not None for one in errors))
    assert most <= 10 * (1 if pool is None else 2 * 2 + 2)
    if pool is not None:
        pool.shutdown()


def test_a_worker_that_fails_is_one_of_our_errors(ws: Workspace) -> None:
    """With what to do next, and the cause; an executor that takes no work too."""

    def die() -> None:
        raise MemoryError("worker 7")

    with pytest.raises(ExecutorFailed, match="MemoryError: worker 7.*launch the rows that were not told") as error:
        list(ws.launch_many(rows(1), template="follow-up", executor=Later(die)))
    assert isinstance(error.value.__cause__, MemoryError)
    pool = ThreadPoolExecutor(1)
    pool.shutdown()
    with pytest.raises(ExecutorFailed, match="shutdown.*start the job 'import' again"):
        list(ws.launch_many(rows(1), template="follow-up", job="import", executor=pool))
    assert [] == list(ws.plans())


def test_a_template_that_goes_in_a_circle_is_told_of_its_own_drafts(ws: Workspace) -> None:
    """Nobody could publish one, but a draft may hold one; the others are launched (P2)."""
    (good,) = drafts(ws, 1)
    tasks = (TemplateTask("a", "A", after=(Dependency("b"),)), TemplateTask("b", "B", after=(Dependency("a"),)))
    circle = attrs.evolve(good, template=attrs.evolve(good.template, tasks=tasks))
    told = list(ws.launch_many([circle, good]))
    assert told[0].error is not None
    assert told[1].plan_id is not None
