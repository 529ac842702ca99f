"""What cannot be lent is refused by name, and a database that is not ours with what to do (S6, S9)."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

import actionplans as ap
from actionplans import edit
from actionplans.backends.store import lent
from actionplans.backends.store.schema import STEPS
from actionplans.errors import (
    Invalid,
    StoreClosed,
    StoreForeign,
    StoreMissing,
    StoreNewer,
    StoreOlder,
    StoreUnavailable,
    StoreUnknown,
)
from actionplans.workspace.lending import INSTEAD
from tests.stores.hosts import ANA, Host, begun, planned, sqlite_host

# What cannot be lent


def _named(name: str) -> Any:
    """An object of a class with this name."""
    module, _, short = name.rpartition(".")
    return type(short, (), {"__module__": module})()


@pytest.mark.parametrize(
    ("name", "advice"),
    [
        ("psycopg2.extensions.connection", "connect with psycopg.connect"),
        ("psycopg.AsyncConnection", "no asynchronous one"),
        ("psycopg_pool.pool.ConnectionPool", "with pool.connection"),
        ("asyncpg.connection.Connection", "asynchronous"),
        ("aiosqlite.core.Connection", "asynchronous"),
        ("django.db.backends.sqlite3.base.DatabaseWrapper", "actionplans.adapters.django"),
        ("sqlalchemy.orm.session.Session", "actionplans.adapters.sqlalchemy"),
        ("sqlalchemy.engine.base.Engine", "actionplans.adapters.sqlalchemy"),
        ("MySQLdb.connections.Connection", "connect with one of these"),
        ("sqlite3.Cursor", "itself, no cursor"),
        ("builtins.str", "connect with one of these"),
    ],
)
def test_other_connections_are_refused_by_name(name: str, advice: str) -> None:
    """With what to do instead."""
    with pytest.raises(Invalid, match=advice) as caught:
        ap.open(connection=_named(name), actor=ANA)
    assert name in str(caught.value) and "psycopg.Connection, sqlite3.Connection" in str(caught.value)


def test_the_advice_is_for_libraries_that_there_are() -> None:
    """Real objects of those that are installed are known by the names above."""
    psycopg, sqlalchemy = pytest.importorskip("psycopg"), pytest.importorskip("sqlalchemy")
    django = pytest.importorskip("django.db.backends.sqlite3.base")
    classes = (psycopg.AsyncConnection, psycopg.Cursor, sqlalchemy.Engine, django.DatabaseWrapper, sqlite3.Cursor)
    assert all(any(above.__module__.partition(".")[0] in INSTEAD for above in one.__mro__) for one in classes)


def test_a_url_and_a_connection_are_one_too_many_and_neither_is_too_few(tmp_path: Path) -> None:
    """Both say so."""
    unused = sqlite3.connect(":memory:")
    unused.close()
    for given in ({}, {"url": "memory:", "connection": unused}):
        with pytest.raises(Invalid, match="give the URL of a store, or lend a connection"):
            ap.open(actor=ANA, **given)
    with pytest.raises(StoreUnknown):
        ap.open(7, actor=ANA)


def test_options_that_make_no_sense_are_invalid(host: Host, db: Any) -> None:
    """Those of a URL, odd schemas and tenants."""
    for options in ({"busy_timeout": 1}, {"schema": "x y"}, {"schema": None}, {"schema": 'a"b'}, {"tenant": "\0"}):
        with pytest.raises(Invalid):
            host.lend(db, **options)
    assert not begun(db)


def test_tables_that_are_not_ours_are_refused_untouched(host: Host, db: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Missing, older, newer, another program's: each its own error that says what to do, and none is made by us."""
    schema = host.options.get("schema", "main")
    version = f'update "{schema}".actionplans_version set version = {{}}'
    version = "pragma user_version = {}" if host.url.startswith("sqlite") else version
    monkeypatch.setattr(lent, "STEPS", (*STEPS, ("create table @more (id text)",)))
    with pytest.raises(StoreOlder, match="open it once by its URL, which migrates it"):
        host.lend(db)
    monkeypatch.undo()
    ws = host.lend(db)
    for other, error, advice in ((len(STEPS) + 1, StoreNewer, "upgrade"), (0, StoreMissing, "by its URL")):
        db.execute(version.format(other))
        db.commit()
        with pytest.raises(error, match=advice):
            host.lend(db)
        assert not begun(db)
        host.sell(db, f"beside {other}")
        with pytest.raises(error, match=advice):  # it was lent before somebody migrated them
            planned(ws, "Onboarding")
        db.commit()


def test_a_database_without_our_tables_is_missing_or_foreign(host: Host, tmp_path: Path) -> None:
    """And still has none."""
    if host.url.startswith("sqlite"):
        with closing(sqlite3.connect(tmp_path / "other.db")) as db:
            with pytest.raises(StoreMissing, match="once by its URL"):
                ap.open(connection=db, actor=ANA)
            with pytest.raises(StoreMissing, match="no database is attached"):
                ap.open(connection=db, actor=ANA, schema="plans")
            db.execute("create table task (id text)")
            with pytest.raises(StoreForeign, match="attach"):
                ap.open(connection=db, actor=ANA)
            assert ["task"] == [name for (name,) in db.execute("select name from sqlite_master")]
        return
    with closing(host.connect()) as db:
        with pytest.raises(StoreMissing, match="once by its URL"):
            ap.open(connection=db, actor=ANA, schema="not_there")
        name = f"{host.options['schema'][:40]}_other"
        db.execute(f"create schema {name} create table task (id text)")
        with pytest.raises(StoreForeign, match="another program"):
            ap.open(connection=db, actor=ANA, schema=name)
        db.rollback()


def test_a_file_of_ours_is_attached_to_the_hosts_connection(tmp_path: Path) -> None:
    """Where the host has a file of its own, with tables of whatever name; one transaction for both."""
    ap.open(f"sqlite:///{tmp_path}/plans.db", actor=ANA).close()
    with closing(sqlite3.connect(tmp_path / "crm.db")) as db:
        db.execute("create table task (id text)")
        db.execute("attach ? as plans", (f"{tmp_path}/plans.db",))
        ws = ap.open(connection=db, actor=ANA, schema="plans")
        for end, titles in ((db.rollback, []), (db.commit, ["One"])):
            db.execute("insert into task values ('x')")
            id = planned(ws, "One")
            ws.change(id, edit.add, ap.Task("", "Call"))
            end()
            with ap.open(f"sqlite:///{tmp_path}/plans.db", actor=ANA) as seen:
                assert titles == [plan.title for plan in seen.plans()]
            assert len(titles) == len(db.execute("select * from task").fetchall())


def test_closing_the_workspace_leaves_the_connection_open(host: Host, db: Any) -> None:
    """And a connection that is closed is told as such."""
    ws = host.lend(db)
    id = planned(ws, "One")
    ws.close()
    ws.close()
    with pytest.raises(StoreClosed):
        ws.view(id)
    host.sell(db, "one")
    again = host.lend(db)
    db.commit()
    assert "One" == again.view(id).plan.title
    db.close()
    with pytest.raises(StoreClosed):
        again.view(id)
    with pytest.raises(StoreClosed):
        host.lend(db)


def test_sqlite_is_used_in_the_thread_that_lends_it(tmp_path: Path) -> None:
    """Elsewhere the driver refuses, which is one of our errors."""
    from concurrent.futures import ThreadPoolExecutor

    host = sqlite_host(tmp_path)
    with closing(host.connect()) as db, ThreadPoolExecutor(1) as pool:
        ws = host.lend(db)
        with pytest.raises(StoreUnavailable, match="thread"):
            pool.submit(lambda: list(ws.plans())).result()
