"""Backups: one state of a tenant in a file, from every store, while others write; and back again (S8)."""

import os
import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import attrs
import pytest

import actionplans as ap
from actionplans.backends.store import backup, schema, sqlite_dialect, sqlite_steps
from actionplans.backends.store.sqlite import SqliteStore
from actionplans.errors import (
    Invalid,
    NotAllowed,
    Refused,
    StoreBusy,
    StoreCorrupt,
    StoreError,
    StoreForeign,
    StoreFull,
    StoreMissing,
    StoreNewer,
    StoreReadOnly,
)
from actionplans.model import Account, Person, Team
from actionplans.testing.opened import everything, plan, save
from actionplans.workspace import Workspace
from tests.stores.kept import beside, filled, opened


@pytest.fixture(params=["memory", "sqlite", "postgresql"], name="url")
def _url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of an empty store."""
    if request.param == "postgresql":
        return str(request.getfixturevalue("postgresql"))
    return "memory:" if request.param == "memory" else f"sqlite:///{tmp_path}/plans.db"


@pytest.fixture(name="made", scope="module")
def _made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a store that has a little of everything, and a backup of it, made once."""
    folder = tmp_path_factory.mktemp("made")
    with filled(f"sqlite:///{folder}/first.db") as ws:
        ws.store.backup(folder / "kept.db")
    return folder


@pytest.fixture(name="kept")
def _kept(made: Path, tmp_path: Path) -> Path:
    """The backup, in a folder of this test with the store that it is of."""
    for name in ("first.db", "kept.db"):
        shutil.copy(made / name, tmp_path)
    return tmp_path / "kept.db"


@pytest.fixture(name="ws")
def _ws(url: str, made: Path) -> Iterator[Workspace]:
    """A workspace with a little of everything, in each store."""
    with opened(url, "ours") as ws:
        ws.store.restore(made / "kept.db")
        yield ws


def test_a_backup_is_a_file_that_opens_with_all_of_one_tenant(ws: Workspace, url: str, tmp_path: Path) -> None:
    """From every store, and nothing of another tenant; nothing else is left in the folder."""
    wanted, told = everything(ws._desk.store), list[tuple[int, int | None]]()
    if url != "memory:":
        with opened(url, tenant="another") as other:
            other.accounts.add(Account("secret", "Not ours"))
    path = tmp_path / "kept" / "backup.db"
    path.parent.mkdir()
    assert path == ws.store.backup(path, progress=lambda *done: told.append(done))
    assert ["backup.db"] == beside(path)
    assert told[-1] == (told[-1][1], told[-1][1])
    with opened(f"sqlite:///{path}", tenant="ours") as back:
        assert wanted == everything(back._desk.store)
        assert back.store.check().sound
        assert () == back.journal.verify(ws.journal.head())
    db = sqlite3.connect(path)
    assert {("ours",)} == {row for table in schema.TABLES for row in db.execute(f"select distinct tenant from {table}")}
    db.close()


def test_a_backup_is_brought_back_into_an_empty_tenant(
    ws: Workspace, url: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    """Of another kind of store, whatever the backup's tenant is called; the backup stays as it is."""
    wanted = everything(ws._desk.store)
    path = ws.store.backup(tmp_path / "backup.db")
    held = path.read_bytes()
    target = "memory:" if url.startswith("sqlite") else f"sqlite:///{tmp_path}/back.db"
    target = str(request.getfixturevalue("postgresql")) if url == "memory:" else target
    with opened(target, tenant="theirs") as back:
        assert back.store.restore(path).sound
        assert wanted == everything(back._desk.store)
        assert back.store.check().sound
        back.accounts.update("acme", name="Changed")
        assert () == back.journal.verify()
    assert held == path.read_bytes()


def test_what_is_there_is_replaced_only_when_that_is_said(ws: Workspace, kept: Path, tmp_path: Path) -> None:
    """And then all of it, in every store."""
    ws.accounts.add(Account("late", "Came later"))
    before = everything(ws._desk.store)
    with pytest.raises(Refused, match="replace=True"):
        ws.store.restore(kept)
    assert before == everything(ws._desk.store)
    assert ws.store.restore(kept, replace=True).sound
    with opened(f"sqlite:///{tmp_path}/first.db") as first:
        assert everything(first._desk.store) == everything(ws._desk.store)


def test_a_backup_of_nothing_takes_nothing_away(ws: Workspace, tmp_path: Path) -> None:
    """It is more likely the wrong file than what is meant."""
    with opened(f"sqlite:///{tmp_path}/empty.db") as empty:
        empty.store.backup(tmp_path / "nothing.db")
    before = everything(ws._desk.store)
    with pytest.raises(Refused, match="holds nothing"):
        ws.store.restore(tmp_path / "nothing.db", replace=True)
    assert before == everything(ws._desk.store)


def test_who_was_erased_stays_so(ws: Workspace, kept: Path) -> None:
    """A backup from before brings nobody back: their row goes, and what is personal in their journal (J4)."""
    lead = Account("lead", "Zoë Quuxley", "lead")
    ws.accounts.add(lead)
    older = ws.store.backup(kept.parent / "older.db")
    ws.privacy.erase_person("zoe")
    ws.privacy.erase_person("lead")
    assert ws.store.restore(older, replace=True).sound
    assert () == ws.journal.verify()
    assert ["Erased"] == [one.name for one in ws._desk.store.get_many(Account, ("lead",)).values()]
    assert {} == ws._desk.store.get_many(Person, ("zoe", "eve"))
    ws.store.backup(kept.parent / "again.db")
    assert b"Quuxley" in older.read_bytes()
    assert b"Quuxley" not in (kept.parent / "again.db").read_bytes()
    assert {"person:eve", "person:zoe", "account:lead"} == {one.id for one in everything(ws._desk.store)["erasure"]}


def test_only_an_administrator_may(tmp_path: Path) -> None:
    """Each is a right of its own."""
    ws = opened("memory:")
    ana = ws.acting_as(ap.Actor("ana", roles={"manager"}))
    for ask in (
        lambda: ana.store.backup(tmp_path / "b.db"),
        lambda: ana.store.restore(tmp_path / "b.db"),
        ana.store.check,
        ana.store.doctor,
    ):
        with pytest.raises(NotAllowed):
            ask()
    assert not (tmp_path / "b.db").exists()


def test_a_store_that_has_no_backups_says_so(kept: Path, tmp_path: Path) -> None:
    """One of another package need not have them; it is checked as far as its port shows it."""
    ws = opened("memory:")
    ws.store.restore(kept)

    class Bare:
        def __init__(self, store: Any) -> None:
            for name in ("name", "durable", "get", "get_many", "find", "commit", "journal", "links", "revisions"):
                setattr(self, name, getattr(store, name))
            self.unrecorded = store.unrecorded

    bare = Workspace(attrs.evolve(ws._desk, store=Bare(ws._desk.store)))
    with pytest.raises(Refused, match="no backups of its own"):
        bare.store.backup(tmp_path / "b.db")
    assert bare.store.check().sound
    assert not bare.store.doctor().conditions


# Where it is written


@pytest.mark.parametrize(
    ("name", "error"),
    [("first.db", Refused), ("kept.db", Refused), ("nowhere/b.db", StoreMissing), ("", StoreMissing), ("\0", Invalid)],
)
def test_a_place_that_will_not_do_is_refused(kept: Path, name: str, error: type[Exception]) -> None:
    """A file that is there, one in use, no folder, a folder, no name; and nothing changes there."""
    before = {one: one.read_bytes() for one in kept.parent.iterdir()}
    with opened(f"sqlite:///{kept.parent}/first.db") as ws, pytest.raises(error):
        ws.store.backup(kept.parent / name if name != "\0" else name)
    assert before == {one: one.read_bytes() for one in kept.parent.iterdir()}


def test_a_file_is_overwritten_only_when_that_is_said_and_nobody_uses_it(kept: Path) -> None:
    """The log of one that is in use would be read into the new one."""
    with opened(f"sqlite:///{kept.parent}/first.db") as ws:
        ws.accounts.add(Account("late", "Came later"))
        ws.store.backup(kept, overwrite=True)
        with pytest.raises(Refused, match="in use"):
            ws.store.backup(kept.parent / "first.db", overwrite=True)
    with opened(f"sqlite:///{kept}") as back:
        assert "Came later" == back.accounts.get("late").name


def test_a_log_that_lies_there_is_not_read_into_a_backup(kept: Path) -> None:
    """Of a database that was removed without its log."""
    (kept.parent / "b.db-wal").write_bytes(b"x")
    with opened(f"sqlite:///{kept.parent}/first.db") as ws, pytest.raises(Refused, match="b.db-wal"):
        ws.store.backup(kept.parent / "b.db")


@pytest.mark.parametrize(
    ("failing", "error"),
    [(OSError(28, "No space left on device"), StoreFull), (OSError(13, "Permission denied"), StoreReadOnly)],
)
@pytest.mark.parametrize("at", ["fsync", "link"])
def test_what_fails_leaves_nothing_behind(
    kept: Path, monkeypatch: pytest.MonkeyPatch, failing: OSError, error: type[StoreError], at: str
) -> None:
    """Whatever it is: the system, SQLite, or whoever is told how far it is."""
    before = beside(kept)

    def fail(*_: Any) -> None:
        raise failing

    with opened(f"sqlite:///{kept.parent}/first.db") as ws:
        with (
            monkeypatch.context() as patched,
            pytest.raises(error if at == "fsync" or failing.errno == 28 else Exception),
        ):
            patched.setattr(os, at, fail)
            if at == "link":
                patched.setattr(Path, "rename", fail)
            ws.store.backup(kept.parent / "b.db")
        with pytest.raises(ZeroDivisionError):
            ws.store.backup(kept.parent / "b.db", progress=lambda done, many: 1 // 0)
        with monkeypatch.context() as patched, pytest.raises(StoreFull):
            patched.setattr(backup, "PAGES", 3)
            ws.store.backup(kept.parent / "b.db")
    assert before == beside(kept)


def test_a_file_system_without_links_will_do(kept: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """There a file is renamed, after another look."""
    monkeypatch.setattr(os, "link", lambda *_: (_ for _ in ()).throw(OSError(95, "Operation not supported")))
    with opened(f"sqlite:///{kept.parent}/first.db") as ws:
        ws.store.backup(kept.parent / "b.db")
        with pytest.raises(Refused):
            ws.store.backup(kept.parent / "b.db")
    with opened(f"sqlite:///{kept.parent}/b.db") as back:
        assert back.store.check().sound


# What is brought back


@pytest.mark.parametrize(
    ("content", "error"),
    [(None, StoreMissing), (b"", StoreMissing), (b"not a database" * 100, StoreForeign), (b"x", StoreForeign)],
)
def test_what_is_no_backup_is_refused(kept: Path, content: bytes | None, error: type[Exception]) -> None:
    """Nothing there, nothing in it, something else; what there is stays."""
    path = kept.parent / "other"
    if content is not None:
        path.write_bytes(content)
    with opened(f"sqlite:///{kept.parent}/first.db") as ws:
        before = everything(ws._desk.store)
        with pytest.raises(error):
            ws.store.restore(path, replace=True)
        assert before == everything(ws._desk.store)
    assert not path.exists() or content == path.read_bytes()


def test_a_backup_with_damage_is_refused_before_anything_is_removed(kept: Path) -> None:
    """A letter in a title is enough."""
    kept.write_bytes(kept.read_bytes().replace(b"Going well", b"Going bell"))
    with opened(f"sqlite:///{kept.parent}/first.db") as ws:
        before = everything(ws._desk.store)
        with pytest.raises(StoreCorrupt, match="nothing was restored"):
            ws.store.restore(kept, replace=True)
        assert before == everything(ws._desk.store)


def test_an_older_backup_is_migrated_on_the_way_and_a_newer_one_is_refused(
    kept: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As files that are opened are; neither changes."""
    held = kept.read_bytes()
    more = (*schema.STEPS, ("create index more on @task (tenant, title)",))
    for module in (schema, sqlite_steps, sqlite_dialect):
        monkeypatch.setattr(module, "STEPS", more)
    with opened(f"sqlite:///{kept.parent}/newer.db") as ws:
        assert ws.store.restore(kept).sound
        newer = ws.store.backup(kept.parent / "newer backup.db")
    assert held == kept.read_bytes()
    for module in (schema, sqlite_steps, sqlite_dialect):
        monkeypatch.setattr(module, "STEPS", more[:-1])
    held = newer.read_bytes()
    with opened(f"sqlite:///{kept.parent}/again.db") as ws, pytest.raises(StoreNewer):
        ws.store.restore(newer)
    assert held == newer.read_bytes()


def test_of_a_file_with_several_tenants_the_own_one_is_brought_back(tmp_path: Path) -> None:
    """A file that is no backup of ours but a database of ours; without the own one nobody knows which."""
    for tenant in ("a", "b"):
        store = SqliteStore(f"sqlite:///{tmp_path}/all.db", tenant=tenant)
        save(store, Team("x", f"Sales {tenant}"), plan("p"))
        store.close()
    with opened(f"sqlite:///{tmp_path}/back.db", tenant="b") as ws:
        ws.store.restore(tmp_path / "all.db")
        assert "Sales b" == ws.teams.get("x").name
    with opened(f"sqlite:///{tmp_path}/back.db", tenant="c") as ws, pytest.raises(Refused, match="'a', 'b'"):
        ws.store.restore(tmp_path / "all.db")


def test_what_fails_while_it_is_brought_back_leaves_what_was(ws: Workspace, kept: Path) -> None:
    """All of it is one transaction."""
    before = everything(ws._desk.store)
    with pytest.raises(ZeroDivisionError):
        ws.store.restore(kept, replace=True, progress=lambda done, many: 1 // (done < 40))
    assert before == everything(ws._desk.store)


def test_a_link_to_an_open_database_is_the_database(tmp_path: Path) -> None:
    """It is not overwritten under whoever has it open."""
    (tmp_path / "data").mkdir()
    link = tmp_path / "plans.db"
    link.symlink_to(tmp_path / "data" / "plans.db")
    with opened(f"sqlite:///{link}") as ws:
        ws.people.add(Person("ana", "Ana"))
        with pytest.raises(Refused, match="is in use"):
            ws.store.backup(link, overwrite=True)
        with pytest.raises(StoreError):
            ws.store.backup(tmp_path / ("x" * 300))
    assert link.is_symlink()


def test_who_asks_the_store_while_it_is_copied_is_told_to_wait(tmp_path: Path) -> None:
    """Instead of waiting for itself for ever."""
    with opened(f"sqlite:///{tmp_path}/plans.db") as ws:
        ws.people.add(Person("ana", "Ana"))
        with pytest.raises(StoreBusy, match="in the middle"):
            ws.store.backup(tmp_path / "b.db", progress=lambda done, total: ws.people.get("ana"))
        assert "Ana" == ws.people.get("ana").name
        assert not (tmp_path / "b.db").exists()


def test_a_backup_that_is_open_elsewhere_is_read_by_a_relative_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With its log beside it."""
    monkeypatch.chdir(tmp_path)
    with opened("sqlite:///live.db") as live, opened("sqlite:///new.db") as ws:
        live.people.add(Person("ana", "Ana"))
        ws.store.restore("live.db")
        assert "Ana" == ws.people.get("ana").name
