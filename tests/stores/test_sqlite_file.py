"""The file under the SQLite store: whose it is, how it is set up, what is said when it fails (S4, S6, S7, C12)."""

import hashlib
import os
import pickle
import sqlite3
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import attrs
import pytest

from actionplans import errors
from actionplans.backends.store import queries, rows, schema, sqlite_dialect, sqlite_file, sqlite_steps
from actionplans.backends.store.sqlite import SqliteStore, open_sqlite
from actionplans.backends.store.sqlite_dialect import DIALECT
from actionplans.errors import (
    Invalid,
    StoreClosed,
    StoreCorrupt,
    StoreError,
    StoreForeign,
    StoreMissing,
    StoreNewer,
    StoreUnavailable,
)
from actionplans.model import Objective, Plan, Task, Team
from actionplans.storage import Batch, PlanQuery, Store, TaskQuery, Write
from actionplans.testing.opened import plan, save


def opened(path: Path, **options: Any) -> Store:
    """The store in that file."""
    return open_sqlite(f"sqlite:///{path}", **options)


def fingerprint(folder: Path) -> dict[str, str]:
    """Every file in a folder, by a digest of what it holds."""
    return {one.name: hashlib.sha256(one.read_bytes()).hexdigest() for one in sorted(folder.iterdir())}


# How it is set up


def test_a_file_that_the_log_is_being_carried_over_into_is_ours(tmp_path: Path) -> None:
    """S6: its first page speaks of pages that stand in the log only, as after a kill in the middle of that."""
    path = tmp_path / "plans.db"
    store = opened(path)
    plans = [plan(f"p{n}", *(Task(f"t{k}", "Call") for k in range(20))) for n in range(20)]
    save(store, *plans)
    log, size = (tmp_path / "plans.db-wal").read_bytes(), path.stat().st_size
    store.close()
    path.write_bytes(path.read_bytes()[:size])
    assert sqlite_file.look(str(path), "store")
    with pytest.raises(StoreCorrupt):
        opened(path)
    (tmp_path / "plans.db-wal").write_bytes(log)
    store = opened(path)
    assert [attrs.evolve(one, revision=1) for one in plans] == list(
        store.get_many(Plan, [p.id for p in plans]).values()
    )
    store.close()


@pytest.mark.parametrize("first", [bytes(512), b"\xa5" * 512, bytes(100)])
def test_a_file_that_was_being_made_when_the_power_failed_is_made_anew(tmp_path: Path, first: bytes) -> None:
    """Its journal, which was synced before, says that it was empty; without that it is no file of ours."""
    path = tmp_path / "plans.db"
    opened(path).close()
    path.write_bytes(first + path.read_bytes()[512:5000])
    journal = bytes.fromhex("d9d505f920a163d7") + bytes(4) + b"\x12\x34\x56\x78" + bytes(4)
    header = journal + (512).to_bytes(4, "big") + (4096).to_bytes(4, "big")
    for wrong in (None, b"", header[:16] + b"\0\0\0\1" + header[20:], bytes(512)):
        if wrong is not None:
            (tmp_path / "plans.db-journal").write_bytes(wrong.ljust(512, b"\0") if wrong else b"")
        with pytest.raises(StoreForeign):
            opened(path)
    (tmp_path / "plans.db-journal").write_bytes(header.ljust(512, b"\0"))
    store = opened(path)
    save(store, Team("x", "Sales"))
    store.close()
    assert ["plans.db"] == [one.name for one in tmp_path.iterdir()]


def test_a_file_is_looked_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Threads that come later open the file that is known; where it is gone, they make no new one."""
    path, looked, told = tmp_path / "plans.db", list[str](), list[object]()
    look = sqlite_file.look
    monkeypatch.setattr(sqlite_file, "look", lambda path, store: looked.append(path) or look(path, store))
    store = opened(path)

    def called() -> None:
        try:
            told.append(store.get_many(Team, ["x"]))
        except StoreError as error:
            told.append(type(error))

    def from_a_thread() -> None:
        thread = threading.Thread(target=called)
        thread.start()
        thread.join()

    from_a_thread()
    assert 1 == len(looked)
    path.rename(tmp_path / "away.db")
    from_a_thread()
    opened(tmp_path / "other.db").close()
    os.replace(tmp_path / "other.db", path)
    from_a_thread()
    assert [{}, StoreMissing, {}] == told
    assert 3 == len(looked)
    store.close()


def test_every_connection_has_the_pragmas(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of the first thread and of others; the time-out is what is left of it, and here no time passes."""
    monkeypatch.setattr(sqlite_file.time, "monotonic", lambda: 0.0)
    file = sqlite_file.File(str(tmp_path / "plans.db"), "store", 3.5)
    wanted = {
        "journal_mode": "wal",
        "synchronous": 2,
        "foreign_keys": 1,
        "trusted_schema": 0,
        "secure_delete": 1,
        "busy_timeout": 3500,
        "application_id": sqlite_file.APPLICATION,
        "user_version": len(schema.STEPS),
    }
    seen: list[dict[str, Any]] = []

    def ask() -> None:
        with file.reading() as db:
            seen.append({name: next(iter(db.rows(f"pragma {name}")))[0] for name in wanted})

    other = threading.Thread(target=ask)
    other.start()
    other.join()
    ask()
    file.close()
    assert [wanted, wanted] == seen


def test_the_tables_have_the_columns_that_rows_have(tmp_path: Path) -> None:
    """In their order: rows are tuples. The tenant is the first column of every key and index."""
    opened(tmp_path / "plans.db").close()
    db = sqlite3.connect(tmp_path / "plans.db")
    for table in ("plan", "objective", "task", "account", "record"):
        found = [row[1] for row in db.execute(f"pragma table_info({table})")]
        assert list(getattr(rows, table.upper())) == found
    indexes = db.execute("select name from sqlite_master where type = 'index'").fetchall()
    assert len(indexes) >= len(schema.TABLES) + len(schema.INDEXES)
    for (name,) in indexes:
        assert "tenant" == db.execute(f'pragma index_info("{name}")').fetchone()[2]
    db.close()


def test_lists_of_open_tasks_go_through_their_indexes(tmp_path: Path) -> None:
    """Of an owner and of an account, the first page and the next, dated and not, sorting nothing but ties."""
    opened(tmp_path / "plans.db").close()
    db = sqlite3.connect(tmp_path / "plans.db")
    for query, index in ((TaskQuery(owner_ids=("u",)), "task_owner"), (TaskQuery(account_ids=("a",)), "task_account")):
        for start in (None, ("2026-01-05", "t1", "p1")):
            for asked in queries.statements(DIALECT, "", query, start):
                steps = db.execute(DIALECT.said(f"explain query plan {asked.text()} limit 50"), asked.values).fetchall()
                assert f"USING INDEX {index}" in steps[0][3]
                assert "id" not in asked.order[:1] or "due=?" in steps[0][3]
    db.close()


def test_everybodys_open_tasks_are_read_from_the_index_of_open_ones_and_sorted(tmp_path: Path) -> None:
    """They have no index of their own, which costs more than it gives; closed tasks are not read for them."""
    opened(tmp_path / "plans.db").close()
    db = sqlite3.connect(tmp_path / "plans.db")
    for asked in queries.statements(DIALECT, "", TaskQuery(), None):
        steps = [
            row[3] for row in db.execute(DIALECT.said(f"explain query plan {asked.text()} limit 50"), asked.values)
        ]
        assert ["SEARCH task USING INDEX task_account (tenant=?)", "USE TEMP B-TREE FOR ORDER BY"] == steps
    db.close()


def test_only_rows_that_differ_are_written(tmp_path: Path) -> None:
    """A command on one task of a plan writes that row and the plan's; the order of the others is kept."""
    store = opened(tmp_path / "plans.db")
    tasks = [Task(f"t{n}", "Call", description="About", custom=plan("x").custom) for n in range(50)]
    save(store, plan("p1", *tasks, objectives=tuple(Objective(f"o{n}", "Grow") for n in range(9))))
    db = sqlite3.connect(tmp_path / "plans.db")
    db.executescript(
        "create table log (what text);"
        + "".join(
            f"create trigger {table}_{verb} after {verb} on {table} begin "
            f"insert into log values ('{verb} {table}'); end;"
            for table in ("plan", "task", "objective")
            for verb in ("insert", "update", "delete")
        )
    )

    def written(change: Callable[[Plan], Plan]) -> list[str]:
        now = store.get(Plan, "p1")
        save(store, change(now))
        assert attrs.evolve(change(now), revision=now.revision + 1) == store.get(Plan, "p1")
        found = sorted(what for (what,) in db.execute("select what from log"))
        db.execute("delete from log")
        db.commit()
        return found

    def with_tasks(*made: Task) -> Callable[[Plan], Plan]:
        return lambda now: attrs.evolve(now, tasks=made)

    first = attrs.evolve(tasks[0], title="Write")
    assert ["update plan"] == written(lambda now: now)
    assert ["update plan", "update task"] == written(with_tasks(first, *tasks[1:]))
    assert ["insert task", "update plan"] == written(with_tasks(first, *tasks[1:], Task("new", "Last")))
    assert ["delete task", "delete task", "update plan"] == written(with_tasks(first, *tasks[2:]))
    assert ["insert task", "update plan"] == written(with_tasks(first, Task("new", "In a gap"), *tasks[2:]))
    store.close()
    db.close()


# Whose it is


def _foreign(path: Path, *statements: str) -> None:
    db = sqlite3.connect(path)
    for statement in statements:
        db.execute(statement)
    db.commit()
    db.close()


@pytest.mark.parametrize(
    "make",
    [
        lambda path: _foreign(path, "create table task (id)"),
        lambda path: _foreign(path, "pragma journal_mode = wal", "create table task (id)"),
        lambda path: _foreign(path, "pragma application_id = 77"),
        lambda path: _foreign(path, "pragma user_version = 1"),
        lambda path: path.write_text("not a database, but long enough to have been one\n" * 100),
        lambda path: path.write_bytes(b"x"),
        lambda path: path.write_bytes(b"PK\3\4" + bytes(5000)),
    ],
)
def test_a_file_of_another_program_is_refused_untouched(tmp_path: Path, make: Callable[[Path], Any]) -> None:
    """Not a byte of it changes and no file is left beside it."""
    make(tmp_path / "plans.db")
    before = fingerprint(tmp_path)
    with pytest.raises(StoreForeign):
        opened(tmp_path / "plans.db")
    assert before == fingerprint(tmp_path)


def test_a_file_in_use_by_another_program_is_refused_untouched(tmp_path: Path) -> None:
    """Even when all that it has stands in its `-wal` file still."""
    db = sqlite3.connect(tmp_path / "plans.db", isolation_level=None)
    db.execute("pragma journal_mode = wal")
    db.execute("create table task (id)")
    before = fingerprint(tmp_path)
    with pytest.raises(StoreForeign):
        opened(tmp_path / "plans.db")
    assert before == fingerprint(tmp_path)
    assert [] == db.execute("select * from task").fetchall()
    db.close()


def test_an_empty_file_is_taken(tmp_path: Path) -> None:
    """Somebody made it for us."""
    (tmp_path / "plans.db").touch()
    store = opened(tmp_path / "plans.db")
    save(store, Team("x", "Sales"))
    store.close()


def test_a_newer_file_is_refused_untouched(tmp_path: Path) -> None:
    """Whether or not its version has reached the file itself."""
    path = tmp_path / "plans.db"
    opened(path).close()
    _foreign(path, f"pragma user_version = {len(schema.STEPS) + 1}")
    before = fingerprint(tmp_path)
    with pytest.raises(StoreNewer):
        opened(path)
    assert before == fingerprint(tmp_path)


def test_an_older_file_is_migrated_or_left_as_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In one transaction: a step that fails leaves the version and tables that were."""
    path = tmp_path / "plans.db"
    store = opened(path)
    save(store, Team("x", "Sales"))
    store.close()
    for steps in ((("create table more (id)",), ("create table more (id)",)), (("create table more (id)",), ())):
        monkeypatch.setattr(sqlite_steps, "STEPS", (*schema.STEPS, *steps))
        if steps[1]:
            with pytest.raises(StoreError):
                opened(path)
            db = sqlite3.connect(path)
            assert len(schema.STEPS) == db.execute("pragma user_version").fetchone()[0]
            assert [] == db.execute("select * from sqlite_master where name = 'more'").fetchall()
            db.close()
        else:
            store = opened(path)
            assert "Sales" == store.get(Team, "x").name
            store.close()


# What is said when it cannot be used


def test_every_code_of_sqlite_has_our_error() -> None:
    """The table, and for all codes that are not in it the general one; the error pickles and says what to do."""
    codes = {
        name: code
        for name, code in vars(sqlite3).items()
        if name.startswith("SQLITE_") and type(code) is int and _raised(name)
    }
    assert sqlite_dialect.ERRORS.keys() <= set(codes.values())
    for name, code in codes.items():
        error = sqlite3.OperationalError(f"about {name}")
        error.sqlite_errorcode, error.sqlite_errorname = code, name
        told = sqlite_dialect.translated(error, "sqlite:///x")
        wanted = sqlite_dialect.ERRORS.get(code, sqlite_dialect.ERRORS.get(code & 0xFF, errors.StoreUnavailable))
        assert type(told) is wanted
        assert name in str(told) and told.advice in str(told)
        assert attrs.astuple(told) == attrs.astuple(pickle.loads(pickle.dumps(told)))


def _raised(name: str) -> bool:
    others = ("LIMIT", "DENY", "IGNORE", "CREATE", "DROP", "ALTER", "DBCONFIG", "OK", "ROW", "DONE", "INSERT", "DELETE")
    return not any(name.startswith(f"SQLITE_{other}") for other in others)


def test_an_error_without_a_code_is_translated_too() -> None:
    """Python's own, of a closed connection or otherwise."""
    assert StoreClosed is type(
        sqlite_dialect.translated(sqlite3.ProgrammingError("Cannot operate on a closed database."), "")
    )
    assert errors.StoreUnavailable is type(sqlite_dialect.translated(sqlite3.InterfaceError("odd"), ""))


def test_a_missing_folder_is_missing(tmp_path: Path) -> None:
    """It is not made."""
    with pytest.raises(StoreMissing):
        opened(tmp_path / "nowhere" / "plans.db")
    with pytest.raises(StoreMissing):
        opened(tmp_path)
    assert [] == list(tmp_path.iterdir())


def test_a_file_too_many_is_not_missing(tmp_path: Path) -> None:
    """Of a process that may open no more files: nothing is to be created or corrected."""
    resource = pytest.importorskip("resource")
    opened(tmp_path / "plans.db").close()
    limit = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (3, limit[1]))
    try:
        for name in ("plans.db", "new.db"):
            with pytest.raises(StoreUnavailable):
                opened(tmp_path / name)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, limit)
    opened(tmp_path / "new.db").close()


def test_a_file_that_is_gone_is_missing_until_it_is_back(tmp_path: Path) -> None:
    """Nothing is written into a file that has no name any more."""
    path, away = tmp_path / "plans.db", tmp_path / "away"
    store = opened(path)
    save(store, Team("x", "Sales"))
    away.mkdir()
    for one in list(tmp_path.glob("plans.db*")):
        one.rename(away / one.name)
    for call in (lambda: store.get(Team, "x"), lambda: save(store, Team("y", "Lost"))):
        with pytest.raises(StoreMissing):
            call()
    for one in list(away.iterdir()):
        one.rename(tmp_path / one.name)
    save(store, Team("y", "Kept"))
    assert ["Sales", "Kept"] == [one.name for one in store.get_many(Team, ["x", "y"]).values()]
    store.close()


def test_a_file_that_was_replaced_is_opened_anew(tmp_path: Path) -> None:
    """A backup put in its place is what is read from then on; a file of another program is refused."""
    path, backup = tmp_path / "plans.db", tmp_path / "backup.db"
    for one, name in ((path, "Now"), (backup, "Then")):
        store = opened(one)
        save(store, Team("x", name))
        store.close()
    store = opened(path)
    os.replace(backup, path)
    assert "Then" == store.get(Team, "x").name
    _foreign(tmp_path / "other.db", "create table task (id)")
    os.replace(tmp_path / "other.db", path)
    with pytest.raises(StoreForeign):
        store.get(Team, "x")
    store.close()


def test_damage_is_corrupt(tmp_path: Path) -> None:
    """Pages overwritten, tables gone, values that are none of ours: each call says so and none invents anything."""
    path = tmp_path / "plans.db"
    store = opened(path)
    save(store, *(plan(f"p{n}", *(Task(f"t{k}", "Call") for k in range(20))) for n in range(50)))
    store.close()
    whole = path.read_bytes()
    path.write_bytes(whole[:4096] + b"\xa5" * (len(whole) - 4096))
    with pytest.raises(StoreCorrupt):
        opened(path).get(Plan, "p1")
    for damage in (
        "update task set data = '{'",
        "update task set due = 'soon'",
        "update task set title = cast(x'ff' as text)",
        "drop table task",
    ):
        path.write_bytes(whole)
        _foreign(path, damage)
        store = opened(path)
        with pytest.raises(StoreCorrupt):
            store.get(Plan, "p1")
        assert 50 == len(store.find(PlanQuery()).items)
        store.close()


def test_a_read_keeps_the_state_it_began_with(tmp_path: Path) -> None:
    """Whatever others commit before it ends (C6)."""
    store, file = opened(tmp_path / "plans.db"), sqlite_file.File(str(tmp_path / "plans.db"), "store", 1)
    save(store, Team("x", "Sales"))
    with file.reading() as db:
        before = list(db.rows("select * from @record"))
        save(store, Team("y", "Support"), attrs.evolve(store.get(Team, "x"), name="Other"))
        assert before == list(db.rows("select * from @record"))
    with file.reading() as db:
        assert 2 == len(list(db.rows("select * from @record")))
    store.close()
    file.close()


def test_what_fails_in_the_middle_is_undone(tmp_path: Path) -> None:
    """A value of a wrong type that nobody checked: `Invalid`, and nothing of the batch is there."""
    store = opened(tmp_path / "plans.db")
    odd = Task("t1", "Call", owner_id=["u"])  # type: ignore[arg-type]
    for task in (odd, Task("t1", "Call", owner_id="\ud800"), Task("t1", "Call", description="\ud800")):
        with pytest.raises(Invalid) as caught:
            save(store, Team("x", "Sales"), plan("p0"), plan("p1", task))
        assert caught.value.problems[0].place.startswith("writes[2].record.tasks[0]")
    assert () == store.find(PlanQuery()).items
    assert {} == store.get_many(Team, ["x"])
    store.close()


def test_threads_that_end_close_their_connections(tmp_path: Path) -> None:
    """A server that starts a thread for each request keeps no file open for them."""
    store = opened(tmp_path / "plans.db")
    save(store, Team("x", "Sales"))

    def files() -> int:
        return sum(os.readlink(f"/proc/self/fd/{one}").startswith(str(tmp_path)) for one in _descriptors())

    before = files()
    for _ in range(20):
        thread = threading.Thread(target=lambda: store.get(Team, "x"))
        thread.start()
        thread.join()
    assert files() <= before + 3
    store.close()
    assert 0 == files()


def _descriptors() -> list[str]:
    return [one for one in os.listdir("/proc/self/fd") if os.path.islink(f"/proc/self/fd/{one}")]


def test_a_closed_store_leaves_one_file(tmp_path: Path) -> None:
    """No `-wal` and no `-shm` when the last one closes."""
    stores = [opened(tmp_path / "plans.db") for _ in range(3)]
    for n, store in enumerate(stores):
        save(store, Team(f"x{n}", "Sales"))
        store.close()
    assert ["plans.db"] == [one.name for one in tmp_path.iterdir()]


def test_a_write_that_is_not_a_record_of_ours_is_refused_before_the_file_is_touched(tmp_path: Path) -> None:
    """Not even the lock is taken."""
    store = SqliteStore(f"sqlite:///{tmp_path}/plans.db", busy_timeout=0)
    with sqlite_file.write_lock(str(tmp_path / "plans.db")), pytest.raises(Invalid):
        store.commit(Batch((Write(None),)))  # type: ignore[arg-type]
    store.close()
