"""What a URL of a store may be, and what it may not (S7)."""

from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from actionplans.backends.store import sqlite_file
from actionplans.backends.store.memory import open_memory
from actionplans.backends.store.sqlite import open_sqlite
from actionplans.errors import Invalid, StoreUnknown
from actionplans.model import Team
from actionplans.storage import Batch
from actionplans.testing.opened import save


@pytest.mark.parametrize(
    ("url", "path"),
    [
        ("sqlite:///plans.db", "plans.db"),
        ("sqlite:////var/plans.db", "/var/plans.db"),
        ("sqlite:///a%20b/%C3%A9%3F%23%25.db", "a b/é?#%.db"),
        ("sqlite:///naïve 👩.db", "naïve 👩.db"),
        ("sqlite:///C:/plans.db", "C:/plans.db"),
        ("sqlite:///a//b.db", "a//b.db"),
    ],
)
def test_a_url_has_a_path(url: str, path: str) -> None:
    """Relative behind three slashes, absolute behind four, odd signs percent-encoded."""
    assert path == sqlite_file.path_of(url)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "sqlite:",
        "sqlite://",
        "sqlite:///",
        "sqlite://plans.db",
        "sqlite://host/plans.db",
        "SQLITE:///plans.db",
        "sqlite:///:memory:",
        "sqlite:///plans.db?mode=ro",
        "sqlite:///plans.db#here",
        "sqlite:///100%.db",
        "sqlite:///%zz.db",
        "sqlite:///%ff.db",
        "sqlite:///a%00b.db",
        "sqlite:///\ud800.db",
        "postgresql://host/plans",
    ],
)
def test_a_url_that_makes_no_sense_is_unknown(url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And makes no file."""
    monkeypatch.chdir(tmp_path)
    with pytest.raises(StoreUnknown):
        open_sqlite(url)
    assert [] == list(tmp_path.iterdir())


@pytest.mark.parametrize("url", ["", "memory", "memory:x", "memory://", "sqlite:///x"])
def test_memory_has_one_url(url: str) -> None:
    """`memory:` and nothing more."""
    with pytest.raises(StoreUnknown):
        open_memory(url)


def test_each_memory_is_its_own() -> None:
    """Two of them share nothing, and neither is durable."""
    one, other = open_memory("memory:"), open_memory("memory:")
    save(one, Team("x", "Sales"))
    assert {} == other.get_many(Team, ["x"])
    assert (False, False) == (one.durable, other.durable)


@pytest.mark.parametrize("timeout", [-1, float("nan"), float("inf"), "5", None, True])
def test_a_bad_timeout_is_invalid(tmp_path: Path, timeout: Any) -> None:
    """From 0 to 3,600 seconds; no file is made."""
    with pytest.raises(Invalid):
        open_sqlite(f"sqlite:///{tmp_path}/plans.db", busy_timeout=timeout)
    assert [] == list(tmp_path.iterdir())


def test_odd_names_of_files_work(tmp_path: Path) -> None:
    """Signs that mean something in a URL."""
    folder = tmp_path / "50% é?#&='\""
    folder.mkdir()
    for _ in range(2):
        store = open_sqlite(f"sqlite:///{quote(str(folder))}/plans.db")
        store.commit(Batch())
        store.close()
    assert ["plans.db"] == [one.name for one in folder.iterdir()]
