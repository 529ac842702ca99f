"""Who waits for whom in a SQLite file, and how long: once for all, never longer than the time-out (C6, S7)."""

import sqlite3
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from actionplans.backends.store import sqlite_file
from actionplans.backends.store.sqlite import open_sqlite
from actionplans.errors import StoreBusy
from actionplans.model import Team
from actionplans.storage import Store
from actionplans.testing.opened import save


def opened(path: Path, **options: Any) -> Store:
    """The store in that file."""
    return open_sqlite(f"sqlite:///{path}", **options)


def test_a_lock_that_others_hold_is_busy_and_then_not(tmp_path: Path) -> None:
    """Of another program; readers do not wait, and work goes on when the lock is gone."""
    path = tmp_path / "plans.db"
    store = opened(path, busy_timeout=0.05)
    save(store, Team("x", "Sales"))
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("begin immediate")
    with pytest.raises(StoreBusy):
        save(store, Team("y", "Support"))
    assert "Sales" == store.get(Team, "x").name
    other.execute("rollback")
    save(store, Team("y", "Support"))
    other.close()
    store.close()


def test_a_busy_store_is_waited_for_no_longer_than_the_time_out_in_all(tmp_path: Path) -> None:
    """Not once for the threads of this process and then again for other processes: a writer gets what is left."""
    path = tmp_path / "plans.db"
    store = opened(path, busy_timeout=1)
    save(store, Team("x", "Sales"))
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("begin immediate")
    took: list[float] = []

    def write(name: str) -> None:
        store.get(Team, "x")  # so that this thread has its connection
        begun = time.monotonic()
        with pytest.raises(StoreBusy):
            save(store, Team(name, "Support"))
        took.append(time.monotonic() - begun)

    first, second = (threading.Thread(target=write, args=(name,)) for name in "yz")
    first.start()
    time.sleep(0.5)  # so that the second has to wait half its time for the first one, and the rest for the program
    second.start()
    first.join()
    second.join()
    other.execute("rollback")
    other.close()
    save(store, Team("y", "Support"))
    file = sqlite_file.File(str(path), "store", 1)
    with file.reading() as db:
        assert [(1000,)] == list(db.rows("pragma busy_timeout"))
    with file.writing():
        write("v")
    assert 3 == len(took)
    assert all(0.9 < one < 1.4 for one in took), took
    file.close()
    store.close()


def test_threads_that_open_a_busy_file_wait_no_longer_than_the_time_out(tmp_path: Path) -> None:
    """They open one after the other, and the wait for the ones before is part of each one's own."""
    path = tmp_path / "plans.db"
    store = opened(path, busy_timeout=0.6)
    store.get_many(Team, ("x",))
    took: list[float] = []

    def read() -> None:
        begun = time.monotonic()
        with pytest.raises(StoreBusy):
            store.get_many(Team, ("x",))
        took.append(time.monotonic() - begun)

    store._file._mine.connection.close()  # type: ignore[attr-defined]
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("pragma locking_mode = exclusive")
    other.execute("begin immediate")
    threads = [threading.Thread(target=read) for _ in range(3)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    other.execute("rollback")
    other.close()
    assert 3 == len(took)
    assert all(0.5 < one < 1.0 for one in took), took
    assert {} == store.get_many(Team, ("x",))
    store.close()


def test_a_writer_of_this_process_is_waited_for_and_readers_wait_for_nobody(tmp_path: Path) -> None:
    """Two stores of one file share the lock for writing (C6)."""
    path = tmp_path / "plans.db"
    one, other = opened(path), opened(path, busy_timeout=0.05)
    save(one, Team("x", "Sales"))
    file = sqlite_file.File(str(path), "store", 1)
    with file.writing() as db:
        db.execute("delete from record")
        with pytest.raises(StoreBusy):
            save(other, Team("y", "Support"))
        assert "Sales" == other.get(Team, "x").name
        db.execute("rollback")
        db.execute("begin")
    save(other, Team("y", "Support"))
    for store in (one, other, file):
        store.close()
