"""The server under the PostgreSQL store: whose its tables are, and what is said when it fails (S4, S6, S7, C12)."""

import pickle
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import attrs
import pytest

from actionplans import errors
from actionplans.backends.store import queries, rows, schema
from actionplans.backends.store.postgresql import PostgresqlStore, open_postgresql
from actionplans.errors import (
    Invalid,
    Stale,
    StoreBusy,
    StoreClosed,
    StoreCorrupt,
    StoreError,
    StoreForeign,
    StoreMissing,
    StoreNewer,
    StoreReadOnly,
    StoreUnavailable,
    StoreUnknown,
)
from actionplans.model import Account, Plan, Task, Team
from actionplans.storage import TaskQuery
from actionplans.testing.opened import plan, save
from tests import servers
from tests.size import size

psycopg = pytest.importorskip("psycopg")
server = pytest.importorskip("actionplans.backends.store.postgresql_server")


def schema_of(url: str) -> str:
    """The name of the schema in a URL of the tests."""
    return url.partition("schema=")[2]


def ask(url: str, sql: str, *values: Any) -> list[tuple[Any, ...]]:
    """What the server answers, in a connection of our own; `@` stands before the name of a table."""
    with psycopg.connect(url.partition("?")[0], autocommit=True) as db:
        found = db.execute(sql.replace("@", f"{schema_of(url)}."), values)
        return found.fetchall() if found.description else []


@pytest.fixture
def store(postgresql: str) -> Iterator[PostgresqlStore]:
    """A store that waits no longer than a second, with one team."""
    store = PostgresqlStore(postgresql, busy_timeout=1)
    save(store, Team("x", "Sales"))
    yield store
    store.close()


# What stands in a URL


def test_a_url_without_its_password_is_the_name() -> None:
    """Whatever else stands in it goes to the driver."""
    asked, where, name = server.parts_of("postgresql://ana:s%40crt@host:5433/plans?sslmode=require&schema=crm")
    assert {"user": "ana", "password": "s@crt", "host": "host", "port": "5433", "dbname": "plans"} == {
        key: value for key, value in asked.items() if key != "sslmode"
    }
    assert ("crm", "postgresql://ana@host:5433/plans?schema=crm") == (where, name)
    assert ("actionplans", "postgresql://host/plans") == server.parts_of("postgresql://host/plans?password=s")[1:]


@pytest.mark.parametrize(
    "url",
    [
        "postgres://u:s3cret@host/plans",
        "postgresql:plans",
        "postgresql://u:s3cret@host/plans?schema=",
        "postgresql://u:s3cret@host/plans?schema=Odd",
        "postgresql://u:s3cret@host/plans?schema=pg_catalog",
        "postgresql://u:s3cret@host/plans?schema=a&schema=b",
        "postgresql://u:s3cret@host/plans?colour=red",
        "postgresql://u:s3cret@host:port/plans",
        "postgresql://u:s3cret%zz@host/plans",
        "postgresql://u:s3cret@host/plans%00",
        "postgresql://u:s3cret@host/\ud800",
        "postgresql://[::1/plans",
    ],
)
def test_a_url_that_makes_no_sense_is_unknown(url: str) -> None:
    """And its password is not told."""
    with pytest.raises(StoreUnknown) as caught:
        open_postgresql(url)
    assert "s3cret" not in str(caught.value)


@pytest.mark.parametrize(
    "options", [{"tenant": "\0"}, {"busy_timeout": -1}, {"max_connections": 0}, {"max_connections": True}]
)
def test_arguments_that_make_no_sense_are_invalid(options: dict[str, Any]) -> None:
    """Before anything is asked of a server."""
    with pytest.raises(Invalid):
        open_postgresql("postgresql://nowhere.invalid/plans", **options)


@pytest.mark.parametrize("library", ["psycopg", "psycopg_pool"])
def test_a_missing_driver_names_the_extra(library: str) -> None:
    """And how to install it; the module that offers the store can be imported without it."""
    code = f"""
import sys
sys.modules[{library!r}] = None
from actionplans.backends.store.postgresql import open_postgresql
try:
    open_postgresql("postgresql://host/plans")
except ImportError as error:
    print(type(error).__name__, error)
"""
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert f"MissingExtra {library} is not installed: pip install 'actionplans[postgres]'\n" == run.stdout


# Whose the tables are


def test_the_tables_have_the_columns_that_rows_have(store: PostgresqlStore, postgresql: str) -> None:
    """In their order: rows are tuples. Every text sorts by code point."""
    asked = "select column_name, collation_name, data_type from information_schema.columns"
    for table in ("plan", "objective", "task", "account", "account_person", "record", "journal"):
        found = ask(
            postgresql,
            f"{asked} where table_schema = %s and table_name = %s order by ordinal_position",
            schema_of(postgresql),
            table,
        )
        assert list(getattr(rows, table.upper())) == [name for name, _, _ in found]
        assert {"C"} == {collation for _, collation, kind in found if kind == "text"}


def test_lists_of_open_tasks_go_through_their_indexes(store: PostgresqlStore) -> None:
    """Of an owner and of an account, the first page and the next, dated and not."""
    found = []
    for query in (TaskQuery(owner_ids=("u",)), TaskQuery(account_ids=("a",))):
        for start in (None, ("2026-01-05", "t1", "p1")):
            for asked in queries.statements(store._server.dialect, "", query, start):
                with store._server.reading() as db:
                    list(db.rows("select set_config('enable_seqscan', 'off', true)"))
                    told = db.rows(f"explain {asked.text()} limit 50", asked.values)
                    found.append("\n".join(row[0] for row in told))
    assert all("Index Scan using task_owner" in one for one in found[:4]), found
    assert all("Index Scan using task_account" in one for one in found[4:]), found


def test_a_schema_of_another_program_is_refused_untouched(postgresql: str) -> None:
    """One that is there and empty is taken."""
    ask(postgresql, f"create schema {schema_of(postgresql)}")
    ask(postgresql, "create table @task (id text)")
    with pytest.raises(StoreForeign):
        open_postgresql(postgresql)
    tables = "select count(*) from pg_tables where schemaname = %s"
    assert [(1,)] == ask(postgresql, tables, schema_of(postgresql))
    ask(postgresql, "drop table @task")
    open_postgresql(postgresql).close()


def test_a_newer_schema_is_refused(store: PostgresqlStore, postgresql: str) -> None:
    """Whatever it holds."""
    ask(postgresql, f"update @{server.VERSION} set version = version + 1")
    with pytest.raises(StoreNewer):
        open_postgresql(postgresql)


def test_an_older_schema_is_migrated_or_left_as_it_is(
    store: PostgresqlStore, postgresql: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In one transaction: a step that fails leaves the version and tables that were."""
    more = ("create table @more (id text)",)
    monkeypatch.setattr(server, "STEPS", (*schema.STEPS, more, more))
    with pytest.raises(StoreError):
        open_postgresql(postgresql)
    assert [(len(schema.STEPS),)] == ask(postgresql, f"select version from @{server.VERSION}")
    monkeypatch.setattr(server, "STEPS", (*schema.STEPS, more))
    again = open_postgresql(postgresql)
    assert "Sales" == again.get(Team, "x").name
    assert [] == ask(postgresql, "select id from @more")
    again.close()


def test_a_database_of_another_encoding_is_refused(postgresql: str) -> None:
    """It cannot hold what people write, nor sort it by code point."""
    name = f"latin_{schema_of(postgresql)}"[:60]
    ask(postgresql, f"create database {name} encoding 'LATIN1' locale 'C' template template0")
    with pytest.raises(StoreForeign, match="LATIN1"):
        open_postgresql(f"{postgresql.partition('?')[0].rpartition('/')[0]}/{name}")
    ask(postgresql, f"drop database {name}")


def test_of_several_who_open_a_new_schema_one_makes_the_tables(postgresql: str) -> None:
    """The others wait for it."""
    found: list[Any] = []

    def opened(n: int) -> None:
        try:
            one = open_postgresql(postgresql)
            save(one, Team(f"x{n}", "Sales"))
            one.close()
        except Exception as error:
            found.append(error)

    together(*(lambda n=n: opened(n) for n in range(6)))
    assert [] == found
    assert [(6,)] == ask(postgresql, "select count(*) from @record")


def together(*calls: Callable[[], Any]) -> None:
    """All at once, each in a thread."""
    threads = [threading.Thread(target=one) for one in calls]
    for one in threads:
        one.start()
    for one in threads:
        one.join()


# How it is used


def test_nothing_outlives_a_transaction(postgresql: str) -> None:
    """No prepared statement, setting or lock of a session, which a pooler that gives away connections would break."""
    store = PostgresqlStore(postgresql, max_connections=1)
    asked = """
        select name, setting from pg_settings where source = 'session'
        union all select name, statement from pg_prepared_statements
        union all select name, statement from pg_cursors where name <> ''
        union all select locktype, mode from pg_locks where pid = pg_backend_pid() and locktype = 'advisory'"""
    begun = "select setting from pg_settings where name = 'lock_timeout'"
    for n in range(30):
        save(store, plan(f"p{n}", *(Task(f"t{k}", "Call") for k in range(n))))
        store.get(Plan, f"p{n}")
        store.find(TaskQuery())
    with store._server.reading() as db:
        own = {"transaction_isolation", "transaction_read_only"}
        assert [] == [row for row in db.rows(asked) if row[0] not in own]
        assert [("0",)] == list(db.rows(begun))
    store.close()


def test_many_rows_are_copied_and_few_inserted_and_both_are_there(store: PostgresqlStore) -> None:
    """Whatever stands in them: what COPY would take for an end, a null or an escape."""
    odd = ["\\.", "\\N", "a\tb", "a\nb\r", "\\", "x\\ty", "\x08\x0b", "é👩", "null", " "]
    for count in (1, 5, 50):
        tasks = [Task(f"t{n}", f"x{odd[n % 10]}", description=odd[n % 10]) for n in range(count)]
        save(store, plan(f"p{count}", *tasks))
        assert tuple(tasks) == store.get(Plan, f"p{count}").tasks


# What is said when it fails


def test_every_error_of_the_server_is_one_of_ours() -> None:
    """The table, and for all codes that are not in it the general one; it pickles and says what to do."""
    classes = [one for one in vars(psycopg.errors).values() if isinstance(getattr(one, "sqlstate", None), str)]
    codes = {one.sqlstate for one in classes}
    assert len(codes) > 200
    assert server.ERRORS.keys() <= codes | {code[:2] for code in codes}
    assert codes >= server.AGAIN
    for one in classes:
        told = server.translated(one(f"about {one.__name__}\nDETAIL: secret"), "postgresql://x")
        wanted = server.ERRORS.get(one.sqlstate, server.ERRORS.get(one.sqlstate[:2], errors.StoreUnavailable))
        assert type(told) is wanted
        assert one.sqlstate in str(told) and told.advice in str(told) and "secret" not in str(told)
        assert attrs.astuple(told) == attrs.astuple(pickle.loads(pickle.dumps(told)))
    told = {
        "no answer": StoreUnavailable,
        'FATAL:  database "plans" does not exist': StoreMissing,
        "FATAL:  sorry, too many clients already": StoreBusy,
    }
    assert told == {text: type(server.translated(psycopg.OperationalError(text), "")) for text in told}


def test_no_server_no_database_and_no_rights_are_told(store: PostgresqlStore, postgresql: str) -> None:
    """Each its own error."""
    place = postgresql.partition("?")[0]
    with pytest.raises(StoreUnavailable):
        open_postgresql("postgresql://127.0.0.1:1/plans")
    with pytest.raises(StoreMissing):
        open_postgresql(f"{place.rpartition('/')[0]}/not_there")
    role = f"reader_{schema_of(postgresql)}"[:60]
    ask(postgresql, f"create role {role} login")
    ask(postgresql, f"grant usage on schema {schema_of(postgresql)} to {role}")
    ask(postgresql, f"grant select on all tables in schema {schema_of(postgresql)} to {role}")
    reading = open_postgresql(f"{postgresql}&options=-crole%3D{role}")
    assert "Sales" == reading.get(Team, "x").name
    with pytest.raises(StoreReadOnly):
        save(reading, Team("y", "Support"))
    reading.close()
    only = open_postgresql(f"{postgresql}&options=-cdefault_transaction_read_only%3Don")
    with pytest.raises(StoreReadOnly):
        save(only, Team("y", "Support"))
    only.close()
    ask(postgresql, f"drop owned by {role}")
    ask(postgresql, f"drop role {role}")


def test_a_lock_that_others_hold_is_busy_and_then_not(store: PostgresqlStore, postgresql: str) -> None:
    """Of another program; readers do not wait, and work goes on when the lock is gone."""
    now = store.get(Team, "x")
    with psycopg.connect(postgresql.partition("?")[0]) as other:
        other.execute(f"select * from {schema_of(postgresql)}.record for update")
        begun = time.monotonic()
        with pytest.raises(StoreBusy):
            save(store, attrs.evolve(now, name="New"))
        assert 0.9 < time.monotonic() - begun < 3
        assert now == store.get(Team, "x")
    save(store, attrs.evolve(now, name="New"))


def test_a_pool_that_is_used_up_is_busy_and_then_not(postgresql: str) -> None:
    """Other threads have all connections for longer than the time-out."""
    store = PostgresqlStore(postgresql, busy_timeout=0.2, max_connections=2)
    with store._server.reading(), store._server.reading(), pytest.raises(StoreBusy, match="all 2 connections"):
        store.get_many(Team, ["x"])
    assert {} == store.get_many(Team, ["x"])
    store.close()


def test_damage_is_corrupt(store: PostgresqlStore, postgresql: str) -> None:
    """Values that are none of ours, tables gone: each call says so and none invents anything."""
    save(store, plan("p1", Task("t1", "Call")), Account("a", "Acme"))
    for damage in ("update @task set data = '{'", "update @task set due = 'soon'", "drop table @task"):
        ask(postgresql, damage)
        with pytest.raises(StoreCorrupt):
            store.get(Plan, "p1")
    assert "Acme" == store.get(Account, "a").name


def test_what_fails_in_the_middle_is_undone(store: PostgresqlStore) -> None:
    """A value that nobody checked, among few rows and among many: `Invalid`, and nothing of the batch is there."""
    for tasks in (1, 100):
        for odd in ("a\0b", "\ud800"):
            wrong = attrs.evolve(Task("t", "Call"))
            object.__setattr__(wrong, "description", odd)
            object.__setattr__(wrong, "owner_id", odd)
            with pytest.raises(Invalid):
                save(store, Team("y", "New"), plan("p1", *(Task(f"t{n}", "Call") for n in range(tasks)), wrong))
    assert {} == store.get_many(Plan, ["p1"]) | store.get_many(Team, ["y"])


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
    threads, acknowledged = 3, [0] * 3
    save(store, *(Team(f"x{n}", "0") for n in range(threads)), *(plan(f"p{n}", title="0") for n in range(threads)))
    stop = threading.Event()
    raw: list[BaseException] = []

    def count(n: int) -> None:
        try:
            while not stop.is_set():
                try:
                    team, held = store.get(Team, f"x{n}"), store.get(Plan, f"p{n}")
                    assert team.name == held.title
                    assert int(team.name) >= acknowledged[n]
                    number = int(team.name) + 1
                    save(store, attrs.evolve(team, name=str(number)), attrs.evolve(held, title=str(number)))
                    acknowledged[n] = number
                except StoreUnavailable:
                    continue
        except BaseException as error:
            raw.append(error)

    workers = [threading.Thread(target=count, args=(n,)) for n in range(threads)]
    for one in workers:
        one.start()
    for _ in range(size(20)):
        time.sleep(0.5)
        before = list(acknowledged)
        real.kill()
        real.start()
        until = time.monotonic() + 30
        while any(now <= then for now, then in zip(acknowledged, before, strict=True)) and not raw:
            assert time.monotonic() < until, "the store did not come back"
            time.sleep(0.02)
    stop.set()
    for one in workers:
        one.join()
    assert [] == raw
    for n in range(threads):
        assert acknowledged[n] <= int(store.get(Team, f"x{n}").name) <= acknowledged[n] + 1
    store.close()
    real.close()
