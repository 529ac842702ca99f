"""Full and read-only: each its own error, nothing half written, and work goes on when the cause is gone (S7, C12)."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import attrs
import pytest

from actionplans.backends.store.sqlite import SqliteStore, open_sqlite
from actionplans.errors import StoreFull
from actionplans.model import Plan, Task, Team
from actionplans.storage import PlanQuery, Store
from actionplans.testing.opened import every, plan, save
from tests.stores.test_processes import start, told


def big(id: str, tasks: int = 50, **more: Any) -> Plan:
    """A plan of some 100 KB."""
    return plan(id, *(Task(f"t{n}", "Call", description=f"{n}" + "x" * 2000) for n in range(tasks)), **more)


def fill(store: Store) -> int:
    """Save plans until there is no space, and how many were saved."""
    for n in range(10_000):
        try:
            save(store, big(f"p{n:04}"), Team(f"x{n:04}", "Sales"))
        except StoreFull as error:
            assert "space" in str(error)
            return n
    raise AssertionError("this never got full")


def check(store: Store, count: int) -> None:
    """Exactly so many plans and teams are there, whole."""
    ids = [f"p{n:04}" for n in range(count)]
    assert ids == [one.id for one in every(store, PlanQuery())]
    assert [attrs.evolve(big(id), revision=1) for id in ids] == list(store.get_many(Plan, ids).values())
    assert count == len(store.get_many(Team, [f"x{n:04}" for n in range(count + 5)]))


def test_a_quota_that_is_used_up_is_full(tmp_path: Path) -> None:
    """`max_page_count`: what was there is there, reading goes on; more space, more plans."""
    url = f"sqlite:///{tmp_path}/plans.db"
    store = SqliteStore(url, pragmas=("max_page_count = 600",))
    count = fill(store)
    assert count > 2
    check(store, count)
    with pytest.raises(StoreFull):
        save(store, attrs.evolve(big("p0000", 500), revision=1))
    check(store, count)
    store.close()
    store = open_sqlite(url)
    save(store, big(f"p{count:04}"), Team(f"x{count:04}", "Sales"))
    check(store, count + 1)
    store.close()


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 3 MB."""
    if not shutil.which("mount") or os.getuid() != 0:
        pytest.skip("mounting a small disk needs root")
    disk = tmp_path / "disk"
    disk.mkdir()
    made = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", disk], capture_output=True, text=True)
    if made.returncode:
        pytest.skip(f"no small disk can be mounted here: {made.stderr.strip()}")
    yield disk
    subprocess.run(["umount", disk], check=True)


def test_a_full_disk_is_full_until_there_is_space(small_disk: Path) -> None:
    """The same store goes on when something else is deleted."""
    ballast = small_disk / "ballast"
    ballast.write_bytes(bytes(1_000_000))
    store = open_sqlite(f"sqlite:///{small_disk}/plans.db")
    count = fill(store)
    check(store, count)
    ballast.unlink()
    save(store, big(f"p{count:04}"), Team(f"x{count:04}", "Sales"))
    check(store, count + 1)
    store.close()


def test_a_disk_without_space_for_a_new_file_is_full(small_disk: Path) -> None:
    """And the file can be made when there is."""
    ballast = small_disk / "ballast"
    with pytest.raises(OSError):
        ballast.write_bytes(bytes(4_000_000))
    url = f"sqlite:///{small_disk}/plans.db"
    with pytest.raises(StoreFull):
        open_sqlite(url)
    ballast.unlink()
    store = open_sqlite(url)
    save(store, Team("x", "Sales"))
    store.close()


Prepare = Callable[[Path], Any]


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that every user may look into; pytest's own are for its user only."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        yield folder


def test_what_may_not_be_written_can_be_read(open_folder: Path) -> None:
    """Of files and folders without permission to write: writing says so, reading works, and nothing changes."""
    cases: dict[str, tuple[Prepare, str]] = {
        "file": (lambda one: (one / "plans.db").chmod(0o444), "Sales StoreReadOnly Sales"),
        "both": (lambda one: ((one / "plans.db").chmod(0o444), one.chmod(0o555)), "Sales StoreReadOnly Sales"),
        "folder": (lambda one: ((one / "plans.db").chmod(0o666), one.chmod(0o555)), "Sales StoreReadOnly Sales"),
        "live": (lambda one: (one / "plans.db").chmod(0o644), "Support StoreReadOnly Support"),
        "secret": (lambda one: ((one / "plans.db").chmod(0), one.chmod(0o777)), "StoreUnavailable"),
        "nothing": (lambda one: ((one / "plans.db").unlink(), one.chmod(0o555)), "StoreReadOnly"),
    }
    folders = []
    for name, (prepare, _) in cases.items():
        folder = open_folder / name
        folder.mkdir()
        folder.chmod(0o777)
        store = open_sqlite(f"sqlite:///{folder}/plans.db")
        save(store, Team("x", "Sales"))
        store.close()
        prepare(folder)
        folders.append(folder)
    live = open_sqlite(f"sqlite:///{open_folder}/live/plans.db")
    save(live, attrs.evolve(live.get(Team, "x"), name="Support"))
    names = [sorted(one.name for one in folder.iterdir()) for folder in folders]
    assert [wanted for _, wanted in cases.values()] == told(
        start("read_only", f"sqlite:///{open_folder}/warm.db", *map(str, folders))
    )
    assert names == [sorted(one.name for one in folder.iterdir()) for folder in folders]
    live.close()
