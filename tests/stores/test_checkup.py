"""`check` finds what was altered, each with its place, in both databases; `doctor` says what puts data at risk (S8)."""

import shutil
import sqlite3
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import actionplans as ap
from actionplans import health
from actionplans.errors import MissingExtra, StoreBusy, StoreCorrupt
from actionplans.storage import Batch, Write
from actionplans.upkeep import MOST
from actionplans.workspace import Workspace
from tests.project import PROJECT
from tests.size import SOAK
from tests.stores.asking import ask
from tests.stores.kept import filled, opened
from tests.workspace.world import store_of


@pytest.fixture(name="made", scope="module")
def _made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A backup of a store with a little of everything, made once."""
    folder = tmp_path_factory.mktemp("made")
    with filled(f"sqlite:///{folder}/first.db") as ws:
        return ws.store.backup(folder / "kept.db")


@pytest.fixture(params=["sqlite", "postgresql"], name="url", scope="module")
def _url(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The URL of an empty store."""
    if request.param == "postgresql":
        return str(request.getfixturevalue("postgresql_tables"))
    return f"sqlite:///{tmp_path_factory.mktemp('checked')}/plans.db"


@pytest.fixture(name="ws")
def _ws(url: str, made: Path) -> Iterator[Workspace]:
    """A workspace with a little of everything."""
    with opened(url, "checked") as ws:
        ws.store.restore(made, replace=True)
        yield ws


def alter(url: str, *statements: str) -> None:
    """Somebody else changes the tables."""
    if not url.startswith("sqlite"):
        for statement in statements:
            ask(url, statement)
        return
    db = sqlite3.connect(url.removeprefix("sqlite:///"))
    for statement in statements:
        db.execute(statement.replace("@", ""))
    db.commit()
    db.close()


ALTERED = [
    ("update @plan set title = 'Follow down' where id = 'p1'", "plan 'p1': has another sum"),
    ("update @plan set done = done + 1 where id = 'p1'", "plan 'p1': has 1 in done, and 0 follows"),
    ("update @plan set sum = sum + 1 where id = 'p1'", "plan 'p1': has another sum"),
    ("update @plan set data = '{' where id = 'p1'", "plan 'p1': cannot be read"),
    ("update @plan set words = 'x' where id = 'p1'", "plan 'p1': has 'x' in words, and None"),
    ("update @task set title = 'Call 77' where id = 't7'", "plan 'p1': has another sum"),
    ("update @task set due = '2026-01-06' where id = 't7'", "plan 'p1': has another sum"),
    ("update @task set due = null where id = 't7'", "plan 'p1': has another sum"),
    ("update @task set is_open = 0 where id = 't7'", "plan 'p1', task 't7': has 0 in is_open, and 1 follows"),
    ("update @task set live = 0 where id = 't7'", "plan 'p1', task 't7': has 0 in live, and 1 follows"),
    ("update @task set due = '' where id = 't7'", "plan 'p1': cannot be read: "),
    ("update @task set title = ' ' where id = 't7'", "plan 'p1', task 't7': title: must not be blank"),
    (
        "update @task set status = 'lost' where id = 't7'",
        "plan 'p1': cannot be read: the task 't7'",
    ),
    (
        "update @task set start = '2099-01-01' where id = 't7'",
        "plan 'p1': cannot be read: the task 't7'",
    ),
    ("update @task set account_id = 'x' where id = 't7'", "plan 'p1', task 't7': has 'x' in account_id"),
    ("update @task set position = 99 where id = 't7'", "plan 'p1': has another sum"),
    ("update @task set data = '{\"gone\":1}' where id = 't7'", "plan 'p1': cannot be read"),
    ("delete from @task where id = 't7'", "plan 'p1': has 12 in open, and 11 follows"),
    ("update @objective set status = 'lost' where id = 'o2'", "plan 'p1': has another sum"),
    ("delete from @objective where id = 'o2'", "plan 'p1': has another sum"),
    ("update @account set name = 'Acne'", "account 'acme': has 'acme' in key, and 'acne' follows"),
    ("update @account set owner_id = 'ben'", "account 'acme': is listed under other people"),
    ("update @account set data = '{}'", "account 'acme': has another sum"),
    ("delete from @account_person", "account 'acme': is listed under other people"),
    ("update @record set sort = 'x' where kind = 'team'", "team 'cs': has 'x' in sort"),
    ("update @record set revision = 7 where kind = 'team'", "team 'cs': has another sum"),
    ("update @record set kind = 'nonsense' where kind = 'team'", "nonsense 'cs': cannot be read"),
    ("update @journal set data = replace(data, 'create', 'delete') where record = 'team'", "journal of team 'cs'"),
    (
        "delete from @journal where record = 'plan' and id = 'p1'",
        "journal of plan 'p1', revision 1: this entry was removed",
    ),
    ("update @journal set id = 'p3' where record = 'plan' and id = 'p1'", "journal of plan 'p3', revision 1"),
    ("update @outbox set reason = 'such a host' where key = 'm1'", "message 'm1': has another sum"),
    ("update @outbox set moment = 'soon' where key = 'm2'", "message 'm2': cannot be read"),
    ("update @outbox set data = '{}' where key = 'm0'", "message 'm0': cannot be read"),
]


@pytest.mark.parametrize(("statement", "told"), ALTERED)
def test_what_somebody_altered_is_found(made: Path, tmp_path: Path, statement: str, told: str) -> None:
    """In every table, in what a database cannot see; the rest is looked at as well, and nothing is mended."""
    shutil.copy(made, tmp_path)
    found_when_altered(f"sqlite:///{tmp_path}/kept.db", "", statement, told)


@pytest.mark.parametrize(("statement", "told"), ALTERED if SOAK else ALTERED[::6])
def test_what_somebody_altered_on_a_server_is_found(
    postgresql_tables: str, made: Path, statement: str, told: str
) -> None:
    """In the same way."""
    with opened(postgresql_tables, "checked") as ws:
        ws.store.restore(made, replace=True)
    found_when_altered(postgresql_tables, "checked", statement, told)


def found_when_altered(url: str, tenant: str, statement: str, told: str) -> None:
    """What `check` finds after that statement."""
    with opened(url, tenant) as ws:
        assert ws.store.check().sound
        alter(url, statement)
        report = ws.store.check()
        assert any(str(one).startswith(told) for one in report.problems), report.sentence()
        assert told in report.sentence()
        assert report == ws.store.check()


def test_every_table_is_looked_at(ws: Workspace) -> None:
    """And counted; whoever waits is told how far it is."""
    seen: list[tuple[int, int | None]] = []
    report = ws.store.check(progress=lambda *done: seen.append(done))
    assert {"plans": 3, "objectives": 2, "accounts": 1, "messages": 4}.items() <= report.counted.items()
    assert all(report.counted[name] for name in ("tasks", "records", "entries"))
    assert {"library", "schema", "database"} == set(report.versions)
    assert seen
    assert [one for one, _ in seen] == sorted(one for one, _ in seen)
    assert "all is as it should be" in report.sentence()


def test_a_report_names_a_thousand_problems_at_most(ws: Workspace, url: str) -> None:
    """A file that is broken all over has more."""
    rows = ", ".join(f"('checked', 'team', 'x{n}', '', 1, '{{}}', 0)" for n in range(MOST))
    alter(url, f"insert into @record (tenant, kind, id, sort, revision, data, sum) values {rows}")
    report = ws.store.check()
    assert MOST == len(report.problems)
    assert "1000 problems and more" in report.sentence()


def test_an_index_that_is_not_ours_is_found(tmp_path: Path, made: Path) -> None:
    """Or one that is gone: lists would be slow, and orphans of another program's making are named."""
    url = f"sqlite:///{tmp_path}/plans.db"
    with opened(url) as ws:
        ws.store.restore(made)
        alter(url, "drop index account_key", "create index mine on plan (title)", "delete from plan where id = 'p1'")
        told = ws.store.check().sentence()
    for wanted in ("index account_key", "index mine", "task 't3': belongs to plan 'p1'"):
        assert wanted in told


def test_an_index_that_does_not_agree_with_its_table_is_found(tmp_path: Path, made: Path) -> None:
    """By the database itself, which alone can see it: all rows are right, and a list would miss one."""
    shutil.copy(made, tmp_path)
    url = f"sqlite:///{tmp_path}/kept.db"
    known = "name = 'task_account'"
    db = sqlite3.connect(tmp_path / "kept.db")
    (held,) = db.execute(f"select * from sqlite_master where {known}")
    db.execute("pragma writable_schema = on")
    db.execute(f"delete from sqlite_master where {known}")
    db.commit()
    db.close()
    alter(url, "update task set rowid = rowid + 1000 where id = 't7'")
    db = sqlite3.connect(tmp_path / "kept.db")
    db.execute("pragma writable_schema = on")
    db.execute("insert into sqlite_master values (?, ?, ?, ?, ?)", held)
    db.commit()
    db.close()
    with opened(url) as ws:
        report = ws.store.check()
    assert report.problems
    assert all("task_account" in one.message for one in report.problems), report.sentence()


def test_settings_that_cannot_be_read_are_found_by_an_administrator(tmp_path: Path, made: Path) -> None:
    """Whom the host calls that: nobody can ask the settings who may."""
    shutil.copy(made, tmp_path)
    url = f"sqlite:///{tmp_path}/kept.db"
    with opened(url) as ws:
        ws.settings.update(time_zone="Europe/Paris")
        alter(url, "update record set data = '{' where kind = 'settings'")
        assert "settings 'settings': cannot be read" in ws.store.check().sentence()
        ws.store.backup(tmp_path / "damaged.db")
        with pytest.raises(StoreCorrupt):
            ws.acting_as(ap.Actor("ana", roles={"manager"})).store.check()


def test_a_busy_store_is_no_damage(ws: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is to be tried again is raised."""
    base = ws._desk.store._base  # type: ignore[attr-defined]

    def busy() -> Any:
        raise StoreBusy("store", "others have it")

    monkeypatch.setattr(base, "reading", busy)
    with pytest.raises(StoreBusy):
        ws._desk.store.examine()  # type: ignore[attr-defined]


# The doctor


def test_the_doctor_tells_what_a_store_runs_on(ws: Workspace, url: str) -> None:
    """Versions, what is set, what is installed."""
    found = ws.store.doctor()
    assert {"python", "actionplans", "attrs", "cattrs", "sqlite"} <= found.versions.keys()
    told = found.sentence()
    if url.startswith("sqlite"):
        assert {"journal_mode": "wal", "synchronous": "2"}.items() <= found.conditions.items()
        assert url.removeprefix("sqlite:///") == found.conditions["file"]
    else:
        assert {"fsync": "on", "synchronous_commit": "on"}.items() <= found.conditions.items()
        assert "full_page_writes" in told
    assert "postgres: installed" in told


def test_the_store_in_memory_is_no_place_to_keep_things() -> None:
    """And says so."""
    with opened("memory:") as ws:
        assert "keeps nothing" in ws.store.doctor().sentence()
        assert ws.store.check().sound


@pytest.mark.parametrize(
    ("version", "faulty"),
    [
        ("3.6.23", False),
        ("3.7.0", True),
        ("3.44.5", True),
        ("3.44.6", False),
        ("3.45.0", True),
        ("3.50.6", True),
        ("3.50.7", False),
        ("3.51.2", True),
        ("3.51.3", False),
        ("3.52.0", False),
    ],
)
def test_the_sqlite_that_can_damage_a_file_is_known(
    version: str, faulty: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The WAL-reset bug, and the releases in which it was mended."""
    monkeypatch.setattr(sqlite3, "sqlite_version", version)
    found = ap.doctor()
    assert faulty == any("WAL-reset" in one for one in found.warnings)
    assert version == found.versions["sqlite"]


@pytest.mark.parametrize(
    ("conditions", "told"),
    [
        ({"database": "PostgreSQL 16", "fsync": "off"}, "`fsync` is off"),
        ({"database": "PostgreSQL 16", "synchronous_commit": "off"}, "`synchronous_commit` is off"),
        ({"database": "PostgreSQL 16", "full_page_writes": "off"}, "`full_page_writes` is off"),
        ({"database": "PostgreSQL 16", "data_checksums": "off"}, "pg_checksums"),
        ({"database": "SQLite 3.51.3", "synchronous": "1"}, "`synchronous` is not FULL"),
        ({"database": "SQLite 3.51.3", "journal_mode": "delete"}, "WAL mode"),
        ({"database": "SQLite 3.51.3", "file": "/far/plans.db"}, "nfs4"),
        ({"database": "SQLite 3.51.3", "file": "/far away/plans.db"}, "cifs"),
    ],
)
def test_what_puts_data_at_risk_is_told(
    conditions: dict[str, str], told: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each with what to do."""
    mounts = tmp_path / "mounts"
    mounts.write_text("/dev/sda / ext4 rw 0 0\nhost:/x /far nfs4 rw 0 0\n//host/y /far\\040away cifs rw 0 0\n")
    real = health.file_system
    monkeypatch.setattr(health, "file_system", lambda path: real(path, str(mounts)))
    assert any(told in one for one in health.health_of(conditions).warnings)
    sound = {**conditions, "file": "/near/plans.db", "synchronous": "2", "journal_mode": "wal"}
    sound |= {
        name: "on"
        for name in conditions
        if name in ("fsync", "synchronous_commit", "full_page_writes", "data_checksums")
    }
    assert not any(told in one for one in health.health_of(sound).warnings)


def test_macos_keeps_what_was_written_in_the_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its `fsync` does not empty the disk's cache."""
    conditions = {"database": "SQLite 3.51.3", "fullfsync": "0", "file": "/plans.db"}
    monkeypatch.setattr(sys, "platform", "darwin")
    assert any("macOS" in one for one in health.health_of(conditions).warnings)
    monkeypatch.setattr(sys, "platform", "linux")
    assert not any("macOS" in one for one in health.health_of(conditions).warnings)


def test_a_missing_extra_says_what_it_would_give(monkeypatch: pytest.MonkeyPatch) -> None:
    """All that the library asks for are known, and are in its own list of extras."""
    import tomllib

    extras = tomllib.loads((PROJECT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    assert health.EXTRAS.keys() <= extras.keys()
    wanted = {
        line.split('"')[-2]
        for path in (PROJECT / "src").rglob("*.py")
        for line in path.read_text().splitlines()
        if "MissingExtra(" in line and '"' in line
    }
    assert wanted <= health.EXTRAS.keys()
    monkeypatch.setitem(sys.modules, "psycopg", None)  # type: ignore[arg-type]
    told = ap.doctor().sentence()
    assert "postgres: not installed; pip install 'actionplans[postgres]' gives stores in PostgreSQL" in told
    assert MissingExtra("psycopg", "postgres").message().split(": ")[1] in told


@pytest.mark.parametrize(
    "damage",
    [
        "due = ''",
        "due = x''",
        "start = ''",
        "original_due = ''",
        "due = '20260101'",
        "due = '2026-W02-1'",
        "status = 'lost'",
        "title = x'7437'",
        "plan_id = x'7031'",
        "account_id = ''",
    ],
)
def test_a_damaged_task_is_listed_by_nobody(made: Path, tmp_path: Path, damage: str) -> None:
    """Reading trusts what is stored, but not what others would stumble over, or lose their place in a list by."""
    shutil.copy(made, tmp_path)
    with opened(f"sqlite:///{tmp_path}/kept.db") as ws:
        assert list(ws.tasks())
        db = sqlite3.connect(tmp_path / "kept.db")
        db.execute(f"update task set {damage} where id = 't7'")
        db.commit()
        db.close()
        with pytest.raises(StoreCorrupt):
            list(ws.tasks())
        assert not ws.store.check().sound


def test_a_record_that_says_that_it_is_another_is_damage(made: Path, tmp_path: Path) -> None:
    """So that nobody changes that one in its place."""
    shutil.copy(made, tmp_path)
    with opened(f"sqlite:///{tmp_path}/kept.db") as ws:
        store = store_of(ws)
        store.commit(Batch(tuple(Write(ap.Person(id, id.title())) for id in ("ada", "dora"))))
        db = sqlite3.connect(tmp_path / "kept.db")
        db.execute("update record set data = replace(data, 'ada', 'dora') where id = 'ada'")
        db.commit()
        db.close()
        for ids in (["ada"], ["dora", "ada"]):
            with pytest.raises(StoreCorrupt, match="says that it is 'dora'"):
                store.get_many(ap.Person, ids)
        with pytest.raises(StoreCorrupt):
            ws.people.update("ada", name="Ada L.")
        assert "Dora" == store.get(ap.Person, "dora").name
