"""PostgreSQL with others in the way, connections cut and the server killed: tried again, or our own error (C2, C12)."""

import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import attrs
import pytest

from actionplans.backends.store.postgresql import PostgresqlStore, open_postgresql
from actionplans.errors import Stale, StoreClosed, StoreError, StoreUnavailable
from actionplans.model import Account, Plan, Team
from actionplans.testing.opened import plan, save
from tests import servers
from tests.size import size
from tests.stores.asking import ask, killed_under_load, schema_of, served, together

server = pytest.importorskip("actionplans.backends.store.postgresql_server")


@pytest.fixture(name="store")
def _store(postgresql: str) -> Iterator[PostgresqlStore]:
    yield from served(postgresql)


# What is in the way of others


def test_conflicts_and_deadlocks_are_tried_again(store: PostgresqlStore, postgresql: str) -> None:
    """Two that lock the same rows in opposite order are both done; so is work that the server has called off."""
    save(store, Team("y", "Support"))
    met = threading.Barrier(2)
    tries: list[str] = []

    def locking(*ids: str) -> Callable[[Any], None]:
        def work(db: Any) -> None:
            tries.append(ids[0])
            for n, id in enumerate(ids):
                list(db.rows("select 1 from @record where id = ? for update", (id,)))
                if n == 0 and len(tries) <= 2:
                    met.wait(5)
            db.each("update @record set revision = revision + 1 where id = ?", [(id,) for id in ids])

        return work

    patient = PostgresqlStore(postgresql, busy_timeout=20)
    together(*(lambda ids=ids: patient._server.write(locking(*ids)) for ids in (("x", "y"), ("y", "x"))))
    assert 3 <= len(tries)
    assert [3, 3] == [one.revision for one in patient.get_many(Team, ["x", "y"]).values()]
    for code in sorted(server.AGAIN):
        calls: list[str] = []

        def called_off(db: Any, code: str = code, calls: list[str] = calls) -> None:
            calls.append(code)
            if len(calls) < 3:
                db.rows(f"do $$ begin raise exception 'off' using errcode = '{code}'; end $$")

        patient._server.write(called_off)
        assert 3 == len(calls)
    with pytest.raises(StoreError):
        store._server.write(lambda db: db.rows("do $$ begin raise exception 'off' using errcode = '40001'; end $$"))
    patient.close()


def test_of_two_who_make_the_same_at_once_one_is_stale(store: PostgresqlStore) -> None:
    """Never both, and never neither."""
    for n in range(size(400)):
        for made in (Team(f"n{n}", "New"), Account(f"n{n}", "New"), plan(f"n{n}")):
            told = _both_saved(store, made)
            assert ["saved", "stale 1"] == sorted(told)


def _both_saved(store: PostgresqlStore, made: Any) -> list[str]:
    told: list[str] = []

    def saved() -> None:
        try:
            save(store, made)
            told.append("saved")
        except Stale as error:
            told.append(f"stale {error.current}")

    together(saved, saved)
    return told


# What is cut


def test_connections_that_were_cut_are_replaced(store: PostgresqlStore, postgresql: str) -> None:
    """While they waited nobody notices; work that has begun is done again, or nothing of it is done."""
    cut = "select pg_terminate_backend(pid) from pg_stat_activity where application_name = %s"
    named = PostgresqlStore(f"{postgresql}&application_name={schema_of(postgresql)}")
    together(*(lambda: named.get(Team, "x") for _ in range(5)))
    ask(postgresql, cut, schema_of(postgresql))
    assert "Sales" == named.get(Team, "x").name
    ask(postgresql, cut, schema_of(postgresql))
    save(named, Team("y", "Support"))
    calls: list[int] = []

    def work(db: Any) -> None:
        calls.append(1)
        db.each("update @record set revision = revision + 1 where id = ?", [("x",)])
        if len(calls) == 1:
            ask(postgresql, cut, schema_of(postgresql))
        db.each("update @record set revision = revision + 1 where id = ?", [("y",)])

    named._server.write(work)
    assert [2, 2] == [len(calls), named.get(Team, "x").revision]
    with pytest.raises(StoreUnavailable), named._server.reading() as db:
        ask(postgresql, cut, schema_of(postgresql))
        list(db.rows("select 1"))
    assert "Support" == named.get(Team, "y").name
    named.close()


def test_nobody_knows_what_was_cut_while_committing(store: PostgresqlStore, postgresql: str) -> None:
    """So it is not done again, and the error says so."""
    ask(
        postgresql,
        "create function @cut() returns trigger language plpgsql as "
        "$$ begin perform pg_terminate_backend(pg_backend_pid()); return null; end $$",
    )
    ask(
        postgresql,
        "create constraint trigger cut after insert on @record deferrable initially deferred "
        "for each row execute function @cut()",
    )
    with pytest.raises(StoreUnavailable, match="nobody knows"):
        save(store, Team("y", "Support"))
    ask(postgresql, "drop trigger cut on @record")
    assert {} == store.get_many(Team, ["y"])
    save(store, Team("y", "Support"))


def test_a_closed_store_is_closed_whatever_it_was_doing(postgresql: str) -> None:
    """Also while it waits for a connection."""
    store = PostgresqlStore(postgresql, max_connections=1)
    told: list[Any] = []

    def wait() -> None:
        try:
            store.get_many(Team, ["x"])
        except StoreError as error:
            told.append(error)

    with store._server.reading():
        waiting = threading.Thread(target=wait)
        waiting.start()
        time.sleep(0.2)
        store.close()
        waiting.join()
    assert [StoreClosed] == [type(one) for one in told]
    store.close()


@pytest.mark.timeout(900)
@pytest.mark.skipif(servers.missing() is not None, reason=str(servers.missing()))
def test_a_killed_server_has_what_it_acknowledged_and_is_found_again() -> None:
    """`kill -9` under load and a new start, again and again: the store goes on, and nothing is lost or half done."""
    real = servers.Server().start()
    store = open_postgresql(real.url, busy_timeout=30)
    acknowledged = dict.fromkeys(range(3), 0)
    save(store, *(Team(f"x{n}", "0") for n in acknowledged), *(plan(f"p{n}", title="0") for n in acknowledged))

    def count(n: int) -> None:
        try:
            team, held = store.get(Team, f"x{n}"), store.get(Plan, f"p{n}")
            assert team.name == held.title
            assert int(team.name) >= acknowledged[n]
            number = int(team.name) + 1
            save(store, attrs.evolve(team, name=str(number)), attrs.evolve(held, title=str(number)))
            acknowledged[n] = number
        except StoreUnavailable:
            pass

    killed_under_load(real, count, acknowledged, within=30)
    for n in acknowledged:
        assert acknowledged[n] <= int(store.get(Team, f"x{n}").name) <= acknowledged[n] + 1
    store.close()
    real.close()
