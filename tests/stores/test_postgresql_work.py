"""Work in a workspace goes on whatever becomes of its PostgreSQL: cut, busy, in conflict, killed (S4, S7, C2, C12)."""

import re
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

import actionplans as ap
from actionplans import edit
from actionplans.errors import StoreBusy, StoreUnavailable
from actionplans.model import Metric
from actionplans.workspace import Workspace
from tests import servers
from tests.stores.asking import ask, killed_under_load, schema_of, together
from tests.stores.desk_worker import THEN, count_up, counting_plan, number_of, opened

pytest.importorskip("psycopg")

CUT = "select pg_terminate_backend(pid) from pg_stat_activity where application_name = %s"


@pytest.fixture(name="ws")
def _ws(postgresql: str) -> Iterator[Workspace]:
    """A workspace with one connection, which waits no longer than a second; the server knows it by its schema."""
    with opened(f"{postgresql}&application_name={schema_of(postgresql)}", busy_timeout=1, max_connections=1) as ws:
        yield ws


@pytest.fixture(name="ids")
def _ids(ws: Workspace) -> tuple[str, str]:
    """Of a plan and of its task, whose metric stands at 0."""
    return counting_plan(ws)


def test_nobody_notices_that_a_connection_was_cut(ws: Workspace, ids: tuple[str, str], postgresql: str) -> None:
    """While it waited, before reading and before writing; the command is done, and done once."""

    @edit.verb("measure")
    def cut_and_count(plan: ap.Plan, context: edit.Context, item_id: str) -> ap.Plan:
        ask(postgresql, CUT, schema_of(postgresql))
        return count_up(plan, context, item_id)

    ask(postgresql, CUT, schema_of(postgresql))
    assert 0 == number_of(ws.view(ids[0]))
    ask(postgresql, CUT, schema_of(postgresql))
    assert 1 == number_of(ws.change(ids[0], count_up, ids[1]))
    assert 2 == number_of(ws.change(ids[0], cut_and_count, ids[1]))
    assert [1, 2, 3, 4, 5] == [one.revision for one in ws.history(ids[0])]


def test_a_command_on_a_locked_plan_is_refused_and_can_be_given_again(
    ws: Workspace, ids: tuple[str, str], postgresql: str
) -> None:
    """When another program has had it for too long."""
    with _locked(postgresql, ids[0]), pytest.raises(StoreBusy, match="lock timeout"):
        ws.change(ids[0], count_up, ids[1])
    assert 1 == number_of(ws.change(ids[0], count_up, ids[1]))


def test_a_command_for_which_there_is_no_connection_is_refused_and_can_be_given_again(
    ws: Workspace, ids: tuple[str, str], postgresql: str
) -> None:
    """While another thread of the same workspace has the only one, and for longer than it may wait."""
    ask(
        postgresql,
        "create function @dawdle() returns trigger language plpgsql as "
        "$$ begin perform pg_sleep(2); return new; end $$",
    )
    ask(postgresql, "create trigger slow before insert on @journal for each row execute function @dawdle()")
    slow = threading.Thread(target=lambda: ws.change(ids[0], count_up, ids[1]))
    slow.start()
    time.sleep(0.4)
    with pytest.raises(StoreBusy, match="other threads used all 1 connections"):
        ws.view(ids[0])
    slow.join()
    ask(postgresql, "drop trigger slow on @journal")
    assert 2 == number_of(ws.change(ids[0], count_up, ids[1]))


@contextmanager
def _locked(url: str, plan_id: str) -> Iterator[None]:
    import psycopg

    with psycopg.connect(url.partition("?")[0]) as other:
        sql = f"select 1 from {schema_of(url)}.plan where id = %s for update"
        other.execute(sql.encode(), (plan_id,))
        yield


@pytest.mark.parametrize("code", ["40001", "40P01"])
def test_what_the_server_calls_off_is_tried_again(
    ws: Workspace, ids: tuple[str, str], postgresql: str, code: str
) -> None:
    """A conflict or deadlock, twice: the command is done, and done once. One that never ends is our own error."""
    ask(postgresql, "create sequence @tries")
    ask(
        postgresql,
        f"create function @call_off() returns trigger language plpgsql as $$ begin if nextval('@tries') < 3 then "
        f"raise exception 'called off' using errcode = '{code}'; end if; return new; end $$",
    )
    ask(postgresql, "create trigger off before insert on @journal for each row execute function @call_off()")
    assert 1 == number_of(ws.change(ids[0], count_up, ids[1]))
    assert [(3,)] == ask(postgresql, "select last_value from @tries")
    ask(postgresql, "alter sequence @tries minvalue -1000000 restart with -1000000")
    with pytest.raises(StoreBusy):
        ws.change(ids[0], count_up, ids[1])
    ask(postgresql, "drop trigger off on @journal")
    assert 2 == number_of(ws.change(ids[0], count_up, ids[1]))


def test_threads_that_change_one_plan_lose_nothing(ids: tuple[str, str], postgresql: str) -> None:
    """Whoever was faster, the verb is run again on what is there then."""
    with opened(postgresql, busy_timeout=30, max_connections=2) as ws:

        def count() -> None:
            for _ in range(5):
                ws.change(ids[0], count_up, ids[1])

        together(*[count] * 4)
        assert 20 == number_of(ws.view(ids[0]))


@pytest.mark.skipif(sys.platform != "linux", reason="the driver writes down what it sends on Linux only")
def test_nothing_is_sent_behind_the_end_of_a_transaction(ws: Workspace, ids: tuple[str, str], tmp_path: Path) -> None:
    """A pooler would take it for the next transaction, and keep a connection to the server for it."""
    store: Any = ws._desk.store
    tasks = tuple(ap.Task(f"t{n}", f"Step {n}") for n in range(40))
    told = tmp_path / "told"
    with told.open("w") as written:
        with store._server._pool().connection() as db:
            db.pgconn.trace(written.fileno())
        ws.change(ids[0], count_up, ids[1])
        ws.add_plan(ap.Plan("p", "acme", "Onboarding", {"start": THEN.date()}, tasks=tasks))
        ws.change("p", edit.complete, "t1")
        assert 40 == len(list(ws.tasks()))
        with store._server._pool().connection() as db:
            db.pgconn.untrace()
    short = _short(told.read_text("utf-8"))
    assert short.count("I") > 10, "and what was traced is what was sent"
    assert re.search("I+F|F[^QT]*I", short) is None, short


def _short(trace: str) -> str:
    """A sign for each message: F(lush), Q(uery or Sync), what the server is ready for (T, I, E); a dot for others."""
    signs = {"Flush": "F", "Sync": "Q", "Query": "Q"}
    found = ""
    for line in trace.splitlines():
        _, sender, _, name, *values = line.split("\t")
        if sender == "F":
            found += signs.get(name, ".")
        elif name == "ReadyForQuery":
            found += values[0].strip()
    return found


@pytest.mark.timeout(3600)
@pytest.mark.skipif(servers.missing() is not None, reason=str(servers.missing()))
def test_work_goes_on_when_the_server_was_killed() -> None:
    """`kill -9` under load and a new start, again and again: every change that was acknowledged is there, and whole."""
    real = servers.Server().start()
    with opened(real.url, busy_timeout=30) as ws:
        plans = _plans_of_three(ws)
        acknowledged = dict.fromkeys(plans, 0)
        killed_under_load(real, lambda plan_id: _count_on(ws, plan_id, acknowledged), acknowledged, within=60)
        for one in plans:
            assert acknowledged[one] <= _number(ws, one) <= acknowledged[one] + 1
    real.close()
    print(acknowledged)  # how much was under way, for those who ask with -s


def _plans_of_three(ws: Workspace) -> list[str]:
    """The ids of plans of three tasks, whose metrics stand at 0."""
    ws.accounts.add(ap.Account("acme", "Acme"))
    found = []
    for n in range(3):
        plan_id = ws.new_plan("acme", f"Count {n}").id
        for _ in range(3):
            added = ws.change(plan_id, edit.add, ap.Task("", "Count", metric=Metric(Decimal(10**6))))
            ws.change(plan_id, edit.measure, added.tasks[-1].id, 0, at=THEN)
        found.append(plan_id)
    return found


@edit.verb("measure")
def count_all(plan: ap.Plan, context: edit.Context) -> ap.Plan:
    """Every task's metric at the next number."""
    number = number_of(plan) + 1
    for task in plan.tasks:
        plan = edit.measure(plan, context, task.id, number, at=THEN)
    return plan


def _count_on(ws: Workspace, plan_id: str, acknowledged: dict[str, int]) -> None:
    """One step, or none where the server did not answer; what was acknowledged before it is there."""
    try:
        number = _number(ws, plan_id)
        assert acknowledged[plan_id] <= number <= acknowledged[plan_id] + 1
        ws.change(plan_id, count_all)
        acknowledged[plan_id] = number + 1
    except StoreUnavailable:
        time.sleep(0.01)


def _number(ws: Workspace, plan_id: str) -> int:
    """What all metrics of a plan stand at, as its revision and its journal say too."""
    plan = ws.view(plan_id).plan
    (number,) = {int(task.metric.readings[-1].value) for task in plan.tasks if task.metric is not None}
    entries = list(ws.history(plan_id))
    assert plan.revision == entries[-1].revision == len(entries) == 7 + number
    return number
