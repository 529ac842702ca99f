"""The file under the SQLite store: whose it is, connections to it, and what its driver says in our words.

A file is looked at without touching it before it is opened: `immutable=1` takes no lock and makes no file beside it.
(Reading it with `open()` would be worse: closing it drops the locks that SQLite holds for the whole process.)
"""

from __future__ import annotations

import math
import os
import sqlite3
import threading
import time
import weakref
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from actionplans.backends.store.dialect import Access, Dialect, Question, Row, answers
from actionplans.backends.store.file_locks import reading_processes
from actionplans.backends.store.sqlite_dialect import DIALECT, FAILURES, Rows, translated
from actionplans.backends.store.sqlite_steps import APPLICATION as APPLICATION
from actionplans.backends.store.sqlite_steps import check_migrated, check_version, migrate, number, transaction
from actionplans.errors import (
    StoreBusy,
    StoreClosed,
    StoreError,
    StoreForeign,
    StoreFull,
    StoreMissing,
    StoreReadOnly,
    StoreUnavailable,
    StoreUnknown,
)
from actionplans.storing import path_in

PRAGMAS = (
    "trusted_schema = off",
    "foreign_keys = on",
    "synchronous = full",
    "secure_delete = on",
)
"""Set on every connection, besides the busy time-out. WAL is a property of the file."""

_SMALLEST = 512  # bytes: less is no database, but SQLite would take it for an empty one
_JOURNAL = bytes.fromhex("d9d505f920a163d7")  # what the journal of a transaction begins with
_KEEP_OPEN = (StoreBusy, StoreFull, StoreReadOnly)
_locks: dict[tuple[int, str], threading.Lock] = {}
_inherited: list[sqlite3.Connection] = []
_files: dict[int, weakref.ref[File]] = {}
_files_lock = threading.Lock()
_held: list[threading.Lock] = []


def path_of(url: str) -> str:
    """The path in `sqlite:///relative/path` or `sqlite:////absolute/path`; raises `StoreUnknown` for any other URL."""
    path = path_in(url, "sqlite", "plans.db")
    if path == ":memory:":
        raise StoreUnknown(url, "this is no path of a file")
    return path


def write_lock(path: str) -> threading.Lock:
    """The one lock of this process for writing to a file: SQLite's own waiting starves threads."""
    return _locks.setdefault((os.getpid(), os.path.realpath(path)), threading.Lock())


def look(path: str, store: str) -> bool:
    """Whether an existing file is ours, without touching it (S6); False for one that is empty or not there yet.

    Raises `StoreMissing`, `StoreForeign`, `StoreNewer` or `StoreCorrupt`.
    """
    folder = os.path.dirname(os.path.abspath(path))
    if not os.path.isdir(folder):
        raise StoreMissing(store, f"there is no folder {folder}")
    if os.path.isdir(path):
        raise StoreMissing(store, "this is a folder, not a file")
    if not os.path.exists(path):
        if not os.access(folder, os.W_OK):
            raise StoreReadOnly(store, f"the file is not there, and no file can be made in {folder}")
        return False
    if not os.access(path, os.R_OK):
        raise StoreUnavailable(store, "the file may not be read: permission denied")
    size = os.path.getsize(path)
    if size == 0 or _unborn(path):
        return False
    if size < _SMALLEST:
        raise StoreForeign(store, "the file is no database")
    try:
        db = _immutable(path)
    except FAILURES as error:
        raise _told(error, path, store) from error
    try:
        # Its first page may speak of pages that still stand in the log only, while that is carried over, or after a
        # kill in the middle: SQLite takes that for damage, and says nothing of the file but to those who may repair it.
        db.execute("pragma writable_schema = on")
        if number(db, "application_id") == APPLICATION:
            check_version(db, store)
            return True
        tables = db.execute("select count(*) from sqlite_master").fetchone()[0]
        waiting = any(os.path.exists(path + end) and os.path.getsize(path + end) for end in ("-wal", "-journal"))
        if tables or waiting or number(db, "application_id") or number(db, "user_version"):
            raise StoreForeign(store, "the file belongs to another program")
        return False
    except FAILURES as error:
        raise _told(error, path, store) from error
    finally:
        db.close()


def _unborn(path: str) -> bool:
    """Whether a file was being made when the power failed: its journal says to SQLite that there was nothing before."""
    try:
        with open(f"{path}-journal", "rb") as journal:
            header = journal.read(20)
    except OSError:
        return False
    return header[:8] == _JOURNAL and header[16:] == bytes(4)


class Patience:
    """How long one call waits for others, all in all: for locks of ours and of SQLite, one after the other."""

    def __init__(self, seconds: float) -> None:
        """From now on."""
        self._until = time.monotonic() + seconds

    @property
    def left(self) -> float:
        """The seconds that are left, in hundredths, the last one begun counted whole; none when the time is up."""
        return max(0.0, math.ceil((self._until - time.monotonic()) * 100) / 100)


class Connection:
    """One thread's connection. `lock` is held while it is used, so that another thread can close it in between.

    `passing` says that the file can only be read, and must be opened anew for every use: see `read_only`.
    """

    def __init__(
        self,
        path: str,
        store: str,
        patience: Patience,
        pragmas: tuple[str, ...],
        known: tuple[int, int] | None = None,
    ) -> None:
        """Look at the file, if it is not `known`, open it, make or migrate the tables; raises a `StoreError`."""
        self.lock: threading.Lock = threading.Lock()
        self.is_open: bool = False
        self.thread: str = threading.current_thread().name
        self.user: int = 0
        self.db: sqlite3.Connection
        self._pid = os.getpid()
        self._waits = patience.left
        ours = known is not None and _identity(path, store) == known or look(path, store)
        self.passing: bool = ours and not _writable(path)
        try:
            self.db = (read_only if self.passing else _connected)(path, self._waits, pragmas)
            self.is_open = True
            if self.passing:
                check_migrated(self.db, store)
            else:
                self.wait(patience)
                migrate(self.db, store)
                self.wait(patience)
                _use_wal(self.db, store, patience)
            self.file: tuple[int, int] = _identity(path, store)
        except FAILURES as error:
            self.close()
            raise _told(error, path, store) from error
        except StoreError:
            self.close()
            raise

    def wait(self, patience: Patience) -> None:
        """Have SQLite wait no longer than this for others."""
        left = patience.left
        if left != self._waits:
            self.db.execute(f"pragma busy_timeout = {int(left * 1000)}")
            self._waits = left

    def is_usable(self, path: str, store: str) -> bool:
        """Whether the file is still the one that was opened; raises `StoreMissing` when it is gone."""
        return self.is_open and not self.passing and _identity(path, store) == self.file

    def close(self) -> None:
        """Close it, unless it belongs to the process that this one was forked from: SQLite forbids even that."""
        if not self.is_open:
            return
        self.is_open = False
        if self._pid == os.getpid():
            self.db.close()
        else:
            _inherited.append(self.db)

    def __del__(self) -> None:
        """A thread that ends closes its connection."""
        self.close()


class File:
    """A SQLite file of ours and the connections of this process to it, one a thread.

    They are closed before the process forks, and both sides open new ones: SQLite cannot take a connection, nor its
    locks, across a fork. Where something forks without telling Python, the child's connections are new all the same.
    """

    dialect: Dialect = DIALECT
    unfit: tuple[type[Exception], ...] = (sqlite3.InterfaceError, sqlite3.ProgrammingError)

    def __init__(self, path: str, store: str, busy_timeout: float, pragmas: tuple[str, ...] = PRAGMAS) -> None:
        """Open it, or make it; raises a `StoreError`."""
        self._path, self._store, self._busy_timeout, self._pragmas = os.path.abspath(path), store, busy_timeout, pragmas
        self._closed = False
        self._identity: tuple[int, int] | None = None
        self._known: list[weakref.ref[Connection]] = []
        self._start()
        _watch(self)
        with self._using(Patience(busy_timeout)):
            pass

    @contextmanager
    def reading(self) -> Iterator[Rows]:
        """As `Database.reading`."""
        with self._using(Patience(self._busy_timeout)) as db, transaction(db, "begin"):
            yield Rows(db)

    def ask(self, *asked: Question) -> Sequence[Sequence[Row]]:
        """As `Database.ask`."""
        if len(asked) > 1:
            with self.reading() as rows:
                return answers(rows, asked)
        with self._using(Patience(self._busy_timeout)) as db:
            return answers(Rows(db), asked)

    def write(self, work: Callable[[Access], None]) -> None:
        """As `Database.write`; nobody else writes beside it."""
        with self.writing() as db:
            work(Rows(db))

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """A connection that nobody else writes beside; what was done is kept, or undone after any exception (C2)."""
        patience = Patience(self._busy_timeout)
        with (
            self._locked(write_lock(self._path), patience),
            self._using(patience) as db,
            transaction(db, "begin immediate"),
        ):
            check_version(db, self._store)  # a newer library may have migrated it meanwhile
            yield db

    def purge(self) -> None:
        """As `Database.purge`: carry the log over into the file, which keeps nothing of what was deleted, and empty it.

        Raises `StoreBusy` with who still reads what was before.
        """
        patience = Patience(self._busy_timeout)
        with self._locked(write_lock(self._path), patience), self._using(patience) as db:
            (busy, _, _) = db.execute("pragma wal_checkpoint(truncate)").fetchone()
        if busy:
            raise StoreBusy(self._store, f"{self._readers()} for longer than {self._busy_timeout:g} seconds")

    def close(self) -> None:
        """Close every connection, each as soon as nobody uses it (C11)."""
        if self._pid != os.getpid():
            self._start()
        with self._guard:
            self._closed = True
            known, self._known = self._known, []
        for reference in known:
            connection = reference()
            if connection is not None:
                with connection.lock:
                    connection.close()

    def hold(self) -> Iterator[threading.Lock]:
        """Wait until nobody uses the file and close its connections; gives the locks that keep it so."""
        self._guard.acquire()
        yield self._guard
        for reference in self._known:
            connection = reference()
            if connection is not None:
                connection.lock.acquire()
                yield connection.lock
                connection.close()

    def _readers(self) -> str:
        """Who still reads: threads of this process, and other processes as far as the system tells."""
        known = (reference() for reference in self._known)
        threads = [f"thread {one.thread!r}" for one in known if one is not None and one.lock.locked()]
        mine = threading.current_thread().name
        found = [one for one in threads if one != f"thread {mine!r}"]
        found += [f"process {pid}" for pid in reading_processes(f"{self._path}-shm")]
        return f"what was before is still read by {', '.join(found) or 'another process'}"

    def _start(self) -> None:
        """Begin without connections: at first, and in a forked process, where the old ones must not be touched."""
        self._pid, self._guard, self._mine = os.getpid(), threading.Lock(), threading.local()
        self._known = []

    @contextmanager
    def _locked(self, lock: threading.Lock, patience: Patience) -> Iterator[None]:
        if not lock.acquire(timeout=patience.left):
            raise StoreBusy(self._store, f"other threads held it for longer than {self._busy_timeout:g} seconds")
        try:
            yield
        finally:
            lock.release()

    @contextmanager
    def _using(self, patience: Patience) -> Iterator[sqlite3.Connection]:
        connection = self._taken(patience)
        try:
            connection.wait(patience)
            yield connection.db
        except FAILURES as error:
            told = _told(error, self._path, self._store)
            if not isinstance(told, _KEEP_OPEN):
                connection.close()
            raise told from error
        finally:
            if connection.passing:
                connection.close()
            connection.user = 0
            connection.lock.release()

    def _taken(self, patience: Patience) -> Connection:
        """This thread's connection, open and locked."""
        while True:
            connection = self._connection(patience)
            if connection.user == threading.get_ident():
                told = "this thread is in the middle of reading it: ask when it is done, or another workspace"
                raise StoreBusy(self._store, told)
            connection.lock.acquire()
            if connection.is_open:
                connection.user = threading.get_ident()
                return connection
            connection.lock.release()

    def _connection(self, patience: Patience) -> Connection:
        if self._pid != os.getpid():
            self._start()
        if self._closed:
            raise StoreClosed(self._store, "it was closed")
        connection: Connection | None = getattr(self._mine, "connection", None)
        if connection is not None and connection.is_usable(self._path, self._store):
            return connection
        with self._locked(self._guard, patience):
            connection = Connection(self._path, self._store, patience, self._pragmas, self._identity)
            self._identity = connection.file
            self._known = [one for one in self._known if one() is not None]
            self._known.append(weakref.ref(connection))
        self._mine.connection = connection
        return connection


def _watch(file: File) -> None:
    """See to it that no other thread is in SQLite when this process forks: the child would find its locks taken."""
    _watch_forks()
    with _files_lock:
        gone = [key for key, reference in _files.items() if reference() is None]
        for key in gone:
            del _files[key]
        _files[id(file)] = weakref.ref(file)


@cache
def _watch_forks() -> None:
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(before=_hold_all, after_in_parent=_release_all, after_in_child=_release_all)


def _hold_all() -> None:
    _files_lock.acquire()
    _held.append(_files_lock)
    for reference in _files.values():
        file = reference()
        if file is not None:
            _held.extend(file.hold())


def _release_all() -> None:
    while _held:
        _held.pop().release()


def _connected(path: str, waits: float, pragmas: tuple[str, ...]) -> sqlite3.Connection:
    return _prepared(sqlite3.connect(path, timeout=waits, isolation_level=None, check_same_thread=False), pragmas)


def _writable(path: str) -> bool:
    """Whether a file in WAL mode can be written: itself, and the files beside it, there or to be made."""
    beside = os.path.exists(path + "-wal") or os.access(os.path.dirname(path), os.W_OK)
    return os.access(path, os.W_OK) and beside


def read_only(path: str, waits: float, pragmas: tuple[str, ...]) -> sqlite3.Connection:
    """A connection that makes no files beside the file, which would be in the way of those who may write it.

    While there is no `-wal` file nobody writes, so it can be taken for immutable; for one use only, then we look again.
    """
    if os.path.exists(path + "-wal"):
        uri = f"{Path(path).absolute().as_uri()}?mode=ro"
        return _prepared(
            sqlite3.connect(uri, uri=True, timeout=waits, isolation_level=None, check_same_thread=False), pragmas
        )
    return _prepared(_immutable(path), pragmas)


def _prepared(db: sqlite3.Connection, pragmas: tuple[str, ...]) -> sqlite3.Connection:
    try:
        for pragma in pragmas:
            db.execute(f"pragma {pragma}")
        number(db, "user_version")
    except FAILURES:
        db.close()
        raise
    return db


def _immutable(path: str) -> sqlite3.Connection:
    uri = f"{Path(path).absolute().as_uri()}?mode=ro&immutable=1"
    return sqlite3.connect(uri, uri=True, isolation_level=None, check_same_thread=False)


def _use_wal(db: sqlite3.Connection, store: str, patience: Patience) -> None:
    """Have the file in WAL mode. Switching to it needs the file for itself, and SQLite does not wait for that."""
    while db.execute("pragma journal_mode").fetchone()[0] != "wal":
        try:
            mode = db.execute("pragma journal_mode = wal").fetchone()[0]
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_READONLY:
                return
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or not patience.left:
                raise
            time.sleep(0.01)
        else:
            if mode != "wal":
                raise StoreUnavailable(store, "this file system cannot share a file between processes (no WAL)")


def _told(error: Exception, path: str, store: str) -> StoreError:
    """SQLite's error as ours. Where there is a folder, what cannot be opened is not missing, but a file too many."""
    told = translated(error, store)
    unopened = getattr(error, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_CANTOPEN
    if unopened and os.path.isdir(os.path.dirname(os.path.abspath(path))):
        return StoreUnavailable(store, told.reason)
    if isinstance(told, StoreUnavailable):  # whole in the log, a change may come back from there
        told.reason = "; ".join((told.reason, *getattr(error, "__notes__", ())))
    return told


def _identity(path: str, store: str) -> tuple[int, int]:
    try:
        found = os.stat(path)
    except FileNotFoundError as error:
        raise StoreMissing(store, "the file is gone") from error
    except OSError as error:
        raise StoreUnavailable(store, str(error)) from error
    return found.st_dev, found.st_ino
