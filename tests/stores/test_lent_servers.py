"""What a lent connection meets: others who write meanwhile, isolation levels, modes, a full file (S2, S7, S9)."""

import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import attrs
import pytest

import actionplans as ap
from actionplans import edit
from actionplans.errors import (
    Refused,
    Stale,
    StoreBusy,
    StoreClosed,
    StoreError,
    StoreFull,
    StoreReadOnly,
    StoreUnavailable,
)
from actionplans.model import Plan, Team
from actionplans.storage import Batch, Write
from actionplans.testing.opened import plan, save
from tests.stores.hosts import ANA, Host, planned, postgresql_host, sqlite_host

psycopg = pytest.importorskip("psycopg")
lent = pytest.importorskip("actionplans.backends.store.lent_postgresql")


@pytest.fixture
def host(postgresql: str) -> Iterator[Host]:
    """A host with a schema of its own."""
    yield from postgresql_host(postgresql)


@contextmanager
def lending(host: Host, **how: Any) -> Iterator[tuple[Any, ap.Workspace]]:
    """A connection of the host's, and a workspace on it."""
    with closing(host.connect(**how)) as db:
        yield db, host.lend(db)


# What the host has set


def test_whatever_the_host_has_set_on_postgresql_is_no_matter(host: Host) -> None:
    """Rows as dicts, cursors with other marks, dumpers and loaders of its own, preparing at once, a search path."""

    class Odd(psycopg.types.string.StrDumper):
        def dump(self, obj: Any) -> Any:
            return b"odd"

    class Wrong(psycopg.adapt.Loader):
        def load(self, data: Any) -> Any:
            return "wrong"

    for cursors in (psycopg.ClientCursor, psycopg.RawCursor):
        how = {"row_factory": psycopg.rows.dict_row, "cursor_factory": cursors, "prepare_threshold": 0}
        with lending(host, **how) as (db, ws):
            for name in ("text", "int4", "int8", "json", "bool", "oid"):
                db.adapters.register_loader(name, Wrong)
            db.adapters.register_dumper(str, Odd)
            db.execute("set search_path to pg_temp")
            db.execute("create temp table plan (id text)")
            id = planned(ws, "Ünï'\"%?@{}")
            for n in range(30):
                view = ws.change(id, edit.add, ap.Task("", f"T{n} %s é"))
            assert [f"T{n} %s é" for n in range(30)] == [task.title for task in view.plan.tasks]
            assert view.plan == ws.view(id).plan and 31 == len(list(ws.history(id)))
            save(ws._desk.store, plan("many", *(ap.Task(f"t{n}", "\\.\t\n") for n in range(50))))
            assert 50 == len(ws._desk.store.get(Plan, "many").tasks)
            assert {"odd": "wrong"} == db.execute("select 1 as odd").fetchone()


def test_what_no_statement_of_ours_could_be_run_in_is_refused(host: Host) -> None:
    """A transaction that has failed, a pipeline, an encoding that does not hold all texts: each says what to do."""
    with lending(host) as (db, ws):
        with pytest.raises(psycopg.Error):
            db.execute("select nonsense")
        for call in (lambda: list(ws.plans()), lambda: planned(ws, "One"), lambda: host.lend(db)):
            with pytest.raises(Refused, match="has failed: roll it back first"):
                call()
        db.rollback()
        with db.pipeline(), pytest.raises(Refused, match="pipeline mode: leave that first"):
            list(ws.plans())
        db.execute("set client_encoding to latin1")
        with pytest.raises(Refused, match="set it to UTF8"):
            list(ws.plans())
        db.rollback()
        assert [] == list(ws.plans())


def test_a_connection_that_is_lost_is_told(host: Host) -> None:
    """As closed from then on."""
    with lending(host) as (db, ws):
        host.sell(db, "one")
        with closing(host.connect(autocommit=True)) as other:
            other.execute("select pg_terminate_backend(%s)", (db.info.backend_pid,))
        with pytest.raises(StoreUnavailable):
            planned(ws, "One")
        with pytest.raises(StoreClosed):
            planned(ws, "One")
    assert ([], []) == host.seen()


def test_a_transaction_that_only_reads_is_read_only(host: Host) -> None:
    """Reading works in it; a write is refused and leaves it as it was."""
    with lending(host) as (db, ws):
        db.read_only = True
        with pytest.raises(StoreReadOnly):
            planned(ws, "One")
        assert [] == list(ws.plans())


# Others who write at the same time


def test_a_conflict_is_busy_and_for_the_host_to_repeat(host: Host) -> None:
    """Under the isolation that the host has chosen: it is not tried again, and the transaction can still be used."""
    with ap.open(host.url, actor=ANA) as others, lending(host) as (db, ws):
        id = planned(others, "One")
        for level in (psycopg.IsolationLevel.REPEATABLE_READ, psycopg.IsolationLevel.SERIALIZABLE):
            db.isolation_level = level
            host.sell(db, "one")
            ws.view(id)
            others.change(id, edit.update_plan, title=f"Theirs {level.name}")
            with pytest.raises(StoreBusy, match="40001"):
                ws.change(id, edit.update_plan, title=f"Ours {level.name}")
            assert f"Theirs {level.name}" != ws.view(id).plan.title
            db.rollback()
            ws.change(id, edit.update_plan, title=f"Ours {level.name}")
            db.commit()
            assert f"Ours {level.name}" == others.view(id).plan.title
    assert ([], ["Ours SERIALIZABLE"]) == host.seen()


def test_a_lock_of_others_is_waited_for_as_the_host_says(host: Host) -> None:
    """No time-out of ours; with the host's own it is busy, and the transaction goes on."""
    with ap.open(host.url, actor=ANA) as others, lending(host) as (db, ws), lending(host) as (first, holding):
        id = planned(others, "One")
        holding.change(id, edit.update_plan, title="Theirs")
        db.execute("set local lock_timeout = 50")
        host.sell(db, "one")
        with pytest.raises(StoreBusy, match="55P03"):
            ws.change(id, edit.update_plan, title="Ours")
        planned(ws, "Other")
        first.rollback()
        ws.change(id, edit.update_plan, title="Ours")
        db.commit()
    assert (["one"], ["Other", "Ours"]) == host.seen()


def test_what_two_make_at_once_is_there_once(host: Host) -> None:
    """The second waits for the first, and is then told to repeat its transaction."""
    found: list[BaseException] = []
    with lending(host) as (db, ws), lending(host) as (second, other):
        save(ws._desk.store, Team("x", "Sales"))

        def make() -> None:
            try:
                save(other._desk.store, Team("x", "Support"))
            except Exception as error:
                found.append(error)

        waiting = threading.Thread(target=make)
        waiting.start()
        _until(lambda: _waits(host))
        db.commit()
        waiting.join()
        assert [StoreBusy] == [type(one) for one in found]
        assert "Sales" == other._desk.store.get(Team, "x").name
        second.commit()


def test_a_plan_is_read_as_one_commit_left_it(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    """Although the host's transaction sees what others commit between two statements; so nothing of theirs is lost."""
    before, after = (
        plan("p1", ap.Task("t1", "before"), title="before"),
        plan("p1", ap.Task("t1", "after"), title="after"),
    )
    with ap.open(host.url, actor=ANA) as others, lending(host) as (_, ws):
        store, theirs = ws._desk.store, others._desk.store
        save(theirs, before)
        rows: Callable[..., Any] = lent.LentRows.rows
        for n in range(1, 4):
            calls: list[str] = []

            def between(self: Any, sql: str, values: Any = (), n: int = n, calls: list[str] = calls) -> Any:
                calls.append(sql)
                if len(calls) == n + 1:
                    now = theirs.get(Plan, "p1")
                    save(theirs, attrs.evolve(after if now.title == "before" else before, revision=now.revision))
                return rows(self, sql, values)

            monkeypatch.setattr(lent.LentRows, "rows", between)
            found = store.get(Plan, "p1")
            monkeypatch.undo()
            assert len(calls) > n
            assert (found.title,) == tuple(task.title for task in found.tasks)
            assert found == theirs.get(Plan, "p1")
        with pytest.raises(Stale):
            store.commit(Batch((Write(found, found.revision - 1),)))


def _waits(host: Host) -> bool:
    with closing(host.connect(autocommit=True)) as db:
        (count,) = db.execute("select count(*) from pg_locks where not granted").fetchone()
        return bool(count)


def _until(true: Callable[[], bool]) -> None:
    for _ in range(500):
        if true():
            return
        threading.Event().wait(0.01)
    raise AssertionError("it never came")


# SQLite


def test_a_writer_beside_the_hosts_transaction_is_busy(tmp_path: Path) -> None:
    """It has read what somebody else has changed since: the host rolls back and begins again."""
    host = sqlite_host(tmp_path)
    with ap.open(host.url, actor=ANA) as others, closing(host.connect(isolation_level=None)) as db:
        id = planned(others, "One")
        ws = host.lend(db)
        db.execute("begin")
        ws.view(id)
        others.change(id, edit.update_plan, title="Theirs")
        with pytest.raises(StoreBusy):
            ws.change(id, edit.update_plan, title="Ours")
        assert "One" == ws.view(id).plan.title
        db.execute("rollback")
        db.execute("begin")
        ws.change(id, edit.update_plan, title="Ours")
        db.execute("commit")
        assert "Ours" == others.view(id).plan.title


def test_a_full_file_is_told_and_nothing_is_half_written(tmp_path: Path) -> None:
    """Whether SQLite gives up our savepoint or the host's whole transaction; both go on when there is room."""
    host = sqlite_host(tmp_path)
    with closing(host.connect(isolation_level=None)) as db:
        ws = host.lend(db)
        db.execute("begin")
        id = planned(ws, "One")
        db.execute("commit")
        db.execute("begin")
        host.sell(db, "one")
        (pages,) = db.execute("pragma page_count").fetchone()
        db.execute(f"pragma max_page_count = {pages + 2}")
        with pytest.raises(StoreFull):
            save(ws._desk.store, plan("big", *(ap.Task(f"t{n}", "x" * 400) for n in range(200))))
        assert {} == ws._desk.store.get_many(Plan, ["big"])
        db.execute("pragma max_page_count = 100000")
        if db.in_transaction:
            db.execute("rollback")
        db.execute("begin")
        host.sell(db, "two")
        ws.change(id, edit.update_plan, title="Two")
        db.execute("commit")
    assert (["two"], ["Two"]) == host.seen()


def test_a_transaction_that_sqlite_gives_up_is_told(tmp_path: Path) -> None:
    """As a trigger of the host's may have it; the host's rows are gone with it, and a new one can begin."""
    host = sqlite_host(tmp_path)
    with closing(host.connect(isolation_level=None)) as db:
        ws = host.lend(db)
        trigger = "when new.title = 'big' begin select raise(rollback, 'too big'); end"
        db.execute(f"create temp trigger limited before insert on main.plan {trigger}")
        db.execute("begin")
        host.sell(db, "one")
        with pytest.raises(StoreError, match="too big.*rolled back the whole transaction"):
            planned(ws, "big")
        assert not db.in_transaction
        with pytest.raises(Refused):
            planned(ws, "One")
    assert ([], []) == host.seen()


def test_a_reader_of_a_file_without_rights_says_so(tmp_path: Path) -> None:
    """What the host opened for reading only stays readable."""
    host = sqlite_host(tmp_path)
    with ap.open(host.url, actor=ANA) as others:
        id = planned(others, "One")
        uri = f"{(tmp_path / 'host.db').as_uri()}?mode=ro"
        with closing(sqlite3.connect(uri, uri=True)) as db:
            ws = host.lend(db)
            assert "One" == ws.view(id).plan.title
            with pytest.raises(StoreReadOnly):
                ws.change(id, edit.update_plan, title="Two")
            assert not db.in_transaction
