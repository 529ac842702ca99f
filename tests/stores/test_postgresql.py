"""The server under the PostgreSQL store: whose its tables are, and what is said when it fails (S4, S6, S7, C12)."""

import datetime as dt
import pickle
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Any

import attrs
import pytest

from actionplans import errors
from actionplans.backends.store import queries, rows, schema
from actionplans.backends.store.postgresql import PostgresqlStore, open_postgresql
from actionplans.errors import (
    Invalid,
    StoreBusy,
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
from tests.stores.asking import ask, schema_of, served, together

psycopg = pytest.importorskip("psycopg")
server = pytest.importorskip("actionplans.backends.store.postgresql_server")


@pytest.fixture(name="store")
def _store(postgresql: str) -> Iterator[PostgresqlStore]:
    yield from served(postgresql)


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


def test_lists_of_open_tasks_go_through_their_indexes(store: PostgresqlStore, postgresql: str) -> None:
    """Of an owner and of an account, the first page and the next, dated and not."""
    days = [dt.date(2026, 1, 1) + dt.timedelta(n) for n in range(50)]
    for n in range(40):
        tasks = [
            Task(f"t{k}", "Call", owner_id=f"u{(k + n) % 97}", due=days[k] if k < 50 else None) for k in range(100)
        ]
        save(store, attrs.evolve(plan(f"p{n}", *tasks), account_id=f"a{n}"))
    ask(postgresql, "analyze @task")
    found: dict[str, list[str]] = {}
    for query, index in ((TaskQuery(owner_ids=("u5",)), "owner"), (TaskQuery(account_ids=("a7",)), "account")):
        for start in (None, ("2026-01-05", "t1", "p1")):
            for asked in queries.statements(store._server.dialect, "", query, start):
                with store._server.reading() as db:
                    told = db.rows(f"explain {asked.text()} limit 50", asked.values)
                    found.setdefault(index, []).append("\n".join(row[0] for row in told))
    for index, plans in found.items():
        assert 4 == len(plans)
        assert all(f"task_{index} " in one and "Seq Scan" not in one for one in plans), "\n\n".join(plans)


def test_a_plan_is_looked_up_by_its_key_once_there_are_many(postgresql: str) -> None:
    """For each new task, also on a connection that first did so among few, where any index was as good."""
    if ask(postgresql, "select to_regproc('pg_stat_force_next_flush')") == [(None,)]:
        pytest.skip("before version 15 a server says late what it has read")
    store = open_postgresql(postgresql, max_connections=1)
    asked = "select idx_scan from pg_stat_user_indexes where schemaname = %s and indexrelname = %s"
    seen: dict[int, dict[str, int]] = {}
    for chunk in range(40):
        save(store, *(plan(f"p{chunk:02}{n:02}", Task("t", "Call")) for n in range(100)))
        if chunk in (34, 39):
            with store._server.reading() as db:
                db.rows("select pg_stat_force_next_flush()")
            names = ("plan_pkey", "plan_account")
            seen[chunk] = {name: int(ask(postgresql, asked, schema_of(postgresql), name)[0][0]) for name in names}
    store.close()
    assert seen[39]["plan_account"] - seen[34]["plan_account"] < 100, "what a commit asks itself"
    assert seen[39]["plan_pkey"] - seen[34]["plan_pkey"] >= 5 * 100, seen


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


# How it is used


def test_a_connection_is_given_back_whatever_interrupts(postgresql: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where undoing is interrupted: the only one can be used again."""
    store = open_postgresql(postgresql, max_connections=1, busy_timeout=2)

    undo = psycopg.Connection.rollback

    def interrupted(db: Any) -> None:
        monkeypatch.setattr(psycopg.Connection, "rollback", undo)
        raise KeyboardInterrupt

    monkeypatch.setattr(psycopg.Connection, "rollback", interrupted)
    with pytest.raises(KeyboardInterrupt), store._server.reading():
        raise ValueError("while it is read")
    assert {} == store.get_many(Team, ("x",))
    assert 0 == store._server._lent
    store.close()


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
