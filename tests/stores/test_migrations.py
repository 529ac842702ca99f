"""Older files and schemas are migrated when they are opened, in one transaction or not at all (S6)."""

import os
import signal
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve

from actionplans.backends.store import schema, sqlite_file
from actionplans.backends.store.postgresql import open_postgresql
from actionplans.backends.store.sqlite import open_sqlite
from actionplans.errors import StoreBusy, StoreCorrupt, StoreError, StoreNewer, StoreReadOnly
from actionplans.model import Task, Team
from actionplans.storage import Store
from actionplans.testing.opened import everything, plan, save
from tests.stores.asking import ask, schema_of
from tests.stores.stepping import BROKEN, MORE, forked, killed, stepped

FIRST = Team("x", "Sales"), *(plan(f"p{n}", *(Task(f"t{k}", f"Call {k}") for k in range(20))) for n in range(10))


@pytest.fixture(params=["sqlite", "postgresql"], name="url")
def _url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of an empty store."""
    if request.param == "postgresql":
        return str(request.getfixturevalue("postgresql"))
    return f"sqlite:///{tmp_path}/plans.db"


def opened(url: str) -> Store:
    """The store there."""
    return (open_sqlite if url.startswith("sqlite") else open_postgresql)(url)


def asked(url: str, sql: str) -> list[tuple[Any, ...]]:
    """What the database answers to another connection."""
    if not url.startswith("sqlite"):
        return ask(url, sql)
    db = sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None)
    try:
        return db.execute(sql.replace("@", "")).fetchall()
    finally:
        db.close()


def shape(url: str) -> list[tuple[Any, ...]]:
    """The tables, columns, indexes and constraints that there are, and the version."""
    if url.startswith("sqlite"):
        return [
            *asked(url, "select * from pragma_user_version"),
            *asked(url, "select name, sql from sqlite_master order by 1"),
        ]
    of = f"'{schema_of(url)}'"
    columns = "table_name, column_name, data_type, is_nullable, collation_name, ordinal_position"
    found = asked(url, f"select {columns} from information_schema.columns where table_schema = {of} order by 1, 6")
    found += asked(url, f"select indexname, indexdef from pg_indexes where schemaname = {of} order by 1")
    kept = "select conname, pg_get_constraintdef(oid) from pg_constraint where connamespace = to_regnamespace({})"
    found += asked(url, f"{kept.format(of)} order by 1, 2") + asked(url, "select version from @actionplans_version")
    return [tuple(str(one).replace(schema_of(url), "") for one in row) for row in found]


def begun(url: str) -> str:
    """This URL, with a store that has had the first step alone."""
    with stepped(1):
        store = opened(url)
        save(store, *FIRST)
        store.close()
    return url


def migrate(url: str) -> None:
    """Open the store with all the steps."""
    with stepped(1 + len(MORE)):
        opened(url).close()


@pytest.fixture(name="older")
def _older(url: str) -> str:
    """The URL of a store that has had the first step alone."""
    return begun(url)


def test_an_older_one_is_migrated_and_keeps_all(older: str) -> None:
    """Every step that it has not had, in order, once."""
    before = shape(older)
    with stepped(1 + len(MORE)):
        store = opened(older)
        assert [one.name for one in everything(store)["team"]] == ["Sales"]
        assert 10 == len(everything(store)["plan"])
        store.close()
        opened(older).close()
        assert [("red", 200)] == asked(older, "select colour, count(*) from @task group by colour")
    assert before != shape(older)


def test_a_new_one_is_as_a_migrated_one(older: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    """In tables, columns, indexes, constraints and version, whatever the versions are that it came by."""
    for steps in range(2, 2 + len(MORE)):
        with stepped(steps):
            opened(older).close()
    with stepped(1 + len(MORE)):
        if older.startswith("sqlite"):
            new = f"sqlite:///{tmp_path}/new.db"
            opened(new).close()
            assert shape(new) == shape(older)
        else:
            new = f"{older}_new"
            opened(new).close()
            found = shape(new)
            ask(new, f"drop schema {schema_of(new)} cascade")
            assert found == shape(older)


def test_a_step_that_fails_leaves_all_as_it_was_and_is_named(older: str) -> None:
    """The steps before it too; with a step that works it goes on from there."""
    before = shape(older)
    with (
        stepped(2 + len(MORE), BROKEN),
        pytest.raises(StoreError, match=rf"step {2 + len(MORE)} of its migration failed"),
    ):
        opened(older)
    assert before == shape(older)
    with stepped(1):
        store = opened(older)
        assert 10 == len(everything(store)["plan"])
        store.close()
    migrate(older)


def test_a_newer_one_is_refused_untouched(older: str) -> None:
    """What had more steps than this library knows."""
    migrate(older)
    before = shape(older)
    with stepped(1), pytest.raises(StoreNewer, match=f"version {1 + len(MORE)}"):
        opened(older)
    assert before == shape(older)


def test_who_has_an_older_one_open_writes_no_more_once_it_is_migrated(older: str) -> None:
    """Neither new rows nor changed ones: it does not know what belongs to them now. It may read on."""
    with stepped(1):
        store = opened(older)
        save(store, Team("y", "Support"))
    migrate(older)
    with stepped(1):
        for change in (Team("z", "New"), evolve(store.get(Team, "y"), name="Other")):
            with pytest.raises(StoreNewer, match=f"version {1 + len(MORE)}"):
                save(store, change)
        assert ["Sales", "Support"] == sorted(one.name for one in everything(store)["team"])
        store.close()


def test_nobody_migrates_what_is_being_written(older: str) -> None:
    """A writer that has begun is waited for: what it writes is migrated with the rest."""
    with stepped(1):
        store: Any = opened(older)
        other = threading.Thread(target=migrate, args=(older,))

        def work(db: Any) -> None:
            other.start()
            other.join(0.5)
            assert other.is_alive()
            db.each("update @task set title = ? where id = ?", [("Written late", "t0")])

        store._base.write(work)
        other.join()
        store.close()
    assert [("red", 200)] == asked(older, "select colour, count(*) from @task group by colour")
    assert [(10,)] == asked(older, "select count(*) from @task where title = 'Written late'")


# A lent connection of PostgreSQL, whose transaction is the host's


@pytest.fixture(name="ours")
def _ours(postgresql: str) -> str:
    """The URL of an older schema."""
    return begun(postgresql)


@contextmanager
def lent(url: str, isolation: Any = None) -> Iterator[tuple[Any, Store]]:
    """A connection of a host's, and the store on it."""
    import psycopg

    from actionplans.backends.store.lent_postgresql import LentPostgresqlStore

    with stepped(1), closing(psycopg.connect(url.partition("?")[0])) as db:
        db.isolation_level = isolation
        yield db, LentPostgresqlStore(lambda: db, schema=schema_of(url))


@pytest.mark.parametrize("isolation", [1, 2, 3, 4])
def test_a_host_that_sees_a_state_of_before_writes_no_more_either(ours: str, isolation: int) -> None:
    """From repeatable read on, the version that it sees is the old one for as long as its transaction goes on."""
    with lent(ours, isolation) as (db, store):
        db.execute("select count(*) from pg_class")
        migrate(ours)
        with pytest.raises(StoreNewer if isolation < 3 else StoreBusy):
            save(store, Team("y", "Support"))
        db.commit()
        with pytest.raises(StoreNewer):
            save(store, Team("y", "Support"))
    assert [("x",)] == asked(ours, "select id from @record where kind = 'team'")


def test_a_host_that_is_waited_for_does_not_wait_itself(ours: str) -> None:
    """It has read what is migrated; its write is refused at once, and the migration goes on when it ends."""
    with lent(ours) as (db, store):
        assert 10 == len(everything(store)["plan"])
        other = threading.Thread(target=migrate, args=(ours,))
        other.start()
        waiting = "select count(*) from pg_locks where not granted and relation = '@task'::regclass"
        while [(0,)] == asked(ours, waiting):
            time.sleep(0.02)
        with stepped(1), pytest.raises(StoreBusy, match="end it first"):
            save(store, Team("y", "Support"))
        assert other.is_alive()
        db.rollback()
        other.join()
    assert [("red", 200)] == asked(ours, "select colour, count(*) from @task group by colour")


def test_a_table_of_the_version_without_its_row_is_damaged(ours: str) -> None:
    """For whoever has it open, lends a connection or opens it anew."""
    store = opened(ours)
    with lent(ours) as (db, host):
        asked(ours, "delete from @actionplans_version")
        for one in (store, host):
            with pytest.raises(StoreCorrupt, match="0 rows"):
                save(one, Team("y", "Support"))
        db.rollback()
    store.close()
    with pytest.raises(StoreCorrupt, match="0 rows"):
        opened(ours)


# Processes


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_of_four_processes_that_open_an_old_one_at_once_one_migrates(older: str) -> None:
    """The others wait for it and find it done: no step is done twice, and nobody hears of it."""
    begin, end = os.pipe()
    running = [forked(lambda: work_on(older), begin, end) for _ in range(4)]
    os.close(end)
    assert [0] * 4 == [os.waitstatus_to_exitcode(os.waitpid(one, 0)[1]) for one in running]
    os.close(begin)
    assert [("red", 200)] == asked(older, "select colour, count(*) from @task group by colour")
    assert [("once",)] == asked(older, "select id from @later")


def work_on(url: str) -> None:
    """Open it with all the steps, and look at what there is."""
    with stepped(1 + len(MORE)):
        store = opened(url)
        assert 10 == len(everything(store)["plan"])
        store.close()


# A file


@pytest.fixture(name="file")
def _file(tmp_path: Path) -> Path:
    """An older file."""
    begun(f"sqlite:///{tmp_path}/plans.db")
    return tmp_path / "plans.db"


def killed_at_work(url: str, after: int) -> None:
    """Open it with all the steps, but no further than so many statements of them."""
    with killed(after):
        work_on(url)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_a_process_killed_while_it_migrates_loses_nothing(file: Path) -> None:
    """After whichever statement: the next one finds the old file, or the new one, and migrates it."""
    held, points = file.read_bytes(), sum(map(len, MORE))
    for after in range(points + 1):
        for end in ("-wal", "-shm"):
            Path(f"{file}{end}").unlink(missing_ok=True)
        file.write_bytes(held)
        begin, end = os.pipe()
        child = forked(partial(killed_at_work, f"sqlite:///{file}", after), begin, end)
        os.close(end)
        assert -signal.SIGKILL == os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        os.close(begin)
        with stepped(1):
            store = opened(f"sqlite:///{file}")
            assert 10 == len(everything(store)["plan"])
            store.close()
        assert held == file.read_bytes()
    migrate(f"sqlite:///{file}")


def test_a_step_may_build_a_table_anew(file: Path) -> None:
    """What belongs to its rows stays, and is looked at."""
    parts = schema.TABLES["plan"]
    anew = (
        f"create table @newer ({parts})",
        "insert into @newer select * from @plan",
        "drop table @plan",
        "alter table @newer rename to plan",
        *(
            f"create {'unique ' * (name in schema.UNIQUE)}index {name} on {of}"
            for name, of in schema.INDEXES.items()
            if "@plan" in of
        ),
    )
    with stepped(2, anew):
        store = opened(f"sqlite:///{file}")
        assert 200 == sum(len(one.tasks) for one in everything(store)["plan"])
        store.close()
    with stepped(3, anew, ("delete from @plan",)), pytest.raises(StoreCorrupt, match="belong to none"):
        opened(f"sqlite:///{file}")


def test_an_older_file_that_may_only_be_read_is_refused(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody can migrate it; before there were more steps it could be read."""
    monkeypatch.setattr(sqlite_file, "_writable", lambda path: False)
    held = file.read_bytes()
    with stepped(1):
        store = opened(f"sqlite:///{file}")
        assert 10 == len(everything(store)["plan"])
        store.close()
    with stepped(2, BROKEN), pytest.raises(StoreReadOnly, match="must be brought to 2"):
        opened(f"sqlite:///{file}")
    assert held == file.read_bytes()
