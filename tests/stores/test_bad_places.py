"""Places that are none, and places that cease to be: each its own error, through the public door (S6, S7)."""

import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from uuid import uuid4

import pytest

import actionplans as ap
from actionplans.backends.store import schema
from actionplans.errors import (
    ActionPlansError,
    MissingExtra,
    PluginError,
    StoreCorrupt,
    StoreForeign,
    StoreMissing,
    StoreNewer,
    StoreReadOnly,
    StoreUnavailable,
    StoreUnknown,
)
from actionplans.plugins import hookimpl, load
from tests.stores.asking import ask, schema_of
from tests.stores.kept import opened
from tests.workspace.world import ADMIN, PLUGINS

Spoil = Callable[[Path], object]


def altered(*statements: str) -> Spoil:
    """Somebody else changes the file."""

    def alter(path: Path) -> None:
        db = sqlite3.connect(path)
        for statement in statements:
            db.execute(statement)
        db.commit()
        db.close()

    return alter


SPOILT: dict[str, tuple[Spoil, type[ActionPlansError]]] = {
    "another's": (altered("pragma application_id = 77"), StoreForeign),
    "newer": (altered(f"pragma user_version = {len(schema.STEPS) + 1}"), StoreNewer),
    "no database": (lambda path: path.write_bytes(b"Dear customer" * 100), StoreForeign),
    "cut": (lambda path: path.write_bytes(path.read_bytes()[:8192]), StoreCorrupt),
    "without a table": (altered("drop table record"), StoreCorrupt),
    "a folder": (lambda path: (path.unlink(), path.mkdir()), StoreMissing),
    "in no folder": (lambda path: shutil.rmtree(path.parent), StoreMissing),
}


@pytest.mark.parametrize(
    ("when", "name"),
    [*(("before", name) for name in SPOILT)]
    + [("in the middle", name) for name in ("newer", "without a table", "a folder", "in no folder")],
)
def test_a_file_that_will_not_do_has_its_own_error(tmp_path: Path, name: str, when: str) -> None:
    """Whether it is opened so or becomes so while it is open; what can be done about it stands in the message."""
    path, (spoil, error) = tmp_path / "there" / "plans.db", SPOILT[name]
    path.parent.mkdir()
    url = f"sqlite:///{path}"
    ws = opened(url)
    ws.people.add(ap.Person("ana", "Ana"))
    if when == "before":
        ws.close()
    else:  # its log is carried over first, as it is by and by
        ws._desk.store.purge()
    spoil(path)
    for end in ("-wal", "-shm"):
        if name != "without a table":
            Path(f"{path}{end}").unlink(missing_ok=True)
    with pytest.raises(error) as caught:
        (opened(url) if when == "before" else ws).people.add(ap.Person("ben", "Ben"))
    assert type(caught.value) is error
    assert error.advice in str(caught.value)  # type: ignore[attr-defined]
    ws.close()


def test_a_schema_that_is_dropped_in_the_middle_is_told(postgresql: str) -> None:
    """And is made again, empty, by whoever opens it next."""
    ws = opened(postgresql)
    ws.people.add(ap.Person("ana", "Ana"))
    ask(postgresql, f"drop schema {schema_of(postgresql)} cascade")
    with pytest.raises(StoreCorrupt, match="restore a backup"):
        ws.people.get("ana")
    ws.close()
    with opened(postgresql) as ws, pytest.raises(ap.errors.NotFound):
        ws.people.get("ana")


def test_a_database_that_is_dropped_in_the_middle_is_missing(postgresql: str) -> None:
    """Connections to it are cut, and no new one is given."""
    place, name = postgresql.partition("?")[0].rpartition("/")[0], f"gone_{uuid4().hex}"
    ask(postgresql, f"create database {name} template template0 encoding 'UTF8'")
    ws = opened(f"{place}/{name}", busy_timeout=1)
    ws.people.add(ap.Person("ana", "Ana"))
    ask(postgresql, f"drop database {name} with (force)")
    with pytest.raises((StoreMissing, StoreUnavailable)):
        ws.people.get("ana")
    with pytest.raises(StoreMissing):
        ws.people.get("ana")
    ws.close()


@pytest.mark.parametrize(
    "url",
    ["", "plans.db", "sqlite", "sqlite:", "sqlite:plans.db", "sqlite://host/plans.db", "SQLITE:///plans.db"]
    + ["mysql://host/plans", "memory", "memory:x", "postgresql:", "postgresql:///plans?colour=red", " sqlite:///x.db"]
    + ["sqlite:///plans.db?mode=ro", "sqlite:///plans.db#x", "sqlite:///%zz", "sqlite:///a%00b", "\0", "\ud800:x"],
)
def test_a_url_that_makes_no_sense_is_unknown(url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever is odd about it; no file is made."""
    monkeypatch.chdir(tmp_path)
    with pytest.raises(StoreUnknown):
        opened(url)
    assert [] == list(tmp_path.iterdir())


def test_two_plugins_for_one_scheme_are_refused() -> None:
    """Both are named, before anything is opened: also one that claims a scheme of ours."""
    mine = ModuleType("mine")
    mine.actionplans_stores = hookimpl(lambda: {"sqlite": PLUGINS.stores["memory"]})  # type: ignore[attr-defined]
    with pytest.raises(PluginError, match="(?s)'sqlite' of actionplans_stores is claimed by.*uninstall one"):
        load(mine)


def test_a_missing_driver_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    """And the command that installs it."""

    def missing(url: str, *, tenant: str = "") -> None:
        raise MissingExtra("psycopg", "postgres")

    mine = ModuleType("mine")
    mine.actionplans_stores = hookimpl(lambda: {"other": missing})  # type: ignore[attr-defined]
    with pytest.raises(MissingExtra, match=r"pip install 'actionplans\[postgres\]'"):
        ap.open("other:x", actor=ADMIN, plugins=load(mine, entry_points=False))
    assert issubclass(MissingExtra, ImportError)
    assert not issubclass(MissingExtra, StoreReadOnly)
