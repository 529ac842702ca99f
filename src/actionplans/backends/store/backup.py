"""Backups: the rows of a tenant in a SQLite file of ours, whatever database they are from (S8)."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import uuid4

from actionplans.backends.store import schema
from actionplans.backends.store.dialect import Access, Dialect, Question, Reading, Row, answers
from actionplans.backends.store.sql import insertion
from actionplans.backends.store.sqlite_dialect import DIALECT, FAILURES, Rows, translated
from actionplans.backends.store.sqlite_file import PRAGMAS, look, read_only
from actionplans.backends.store.sqlite_steps import migrate
from actionplans.errors import (
    Refused,
    StoreCorrupt,
    StoreError,
    StoreFull,
    StoreMissing,
    StoreReadOnly,
    StoreUnavailable,
)
from actionplans.upkeep import Progress

CHUNK = 1000
"""So many rows are held at a time."""

PAGES = 2**32 - 2
"""So many pages a file has at most, which is what SQLite takes."""

Chunks = Iterable[list[Row]]
"""Rows of one table, some at a time, their tenant first."""

_ERRNO: dict[int, type[StoreError]] = {
    28: StoreFull,  # ENOSPC
    122: StoreFull,  # EDQUOT
    1: StoreReadOnly,  # EPERM
    13: StoreReadOnly,  # EACCES
    30: StoreReadOnly,  # EROFS
    2: StoreMissing,  # ENOENT
}


def chunks(read: Reading, tenant: str, table: str) -> Iterator[list[Row]]:
    """The rows of a tenant in a table, in the order of their keys."""
    columns, key = schema.columns_of(table), schema.KEYS[table]
    names = ", ".join(f'"{one}"' for one in (*columns, *key))
    place, marks = ", ".join(key), ", ".join("?" * len(key))
    after: Row = ()
    while True:
        behind = f" and ({place}) > ({marks})" if after else ""
        sql = f"select {names} from @{table} where tenant = ?{behind} order by {place} limit {CHUNK}"
        found = list(read(sql, (tenant, *after)))
        if found:
            yield [row[: len(columns)] for row in found]
            after = found[-1][len(columns) :]
        if len(found) < CHUNK:
            return


def counted(db: Access, tenant: str) -> dict[str, int]:
    """How many rows a tenant has in each table."""
    sql = "select count(*) from @{} where tenant = ?"
    return {table: next(iter(db.rows(sql.format(table), (tenant,))))[0] for table in schema.TABLES}


def write_file(path: Path, many: int, tables: Mapping[str, Chunks], *, overwrite: bool, progress: Progress) -> None:
    """Write the rows into a file of ours, which appears at `path` whole, or not at all."""
    with _told(path):
        path = Path(os.path.realpath(path))
        _may_write(path, overwrite)
    part = path.with_name(f".{path.name[:100]}.{uuid4().hex[:12]}.part")
    try:
        with _told(path):
            db = sqlite3.connect(part, isolation_level=None, check_same_thread=False)
        with closing(db):
            with _told(path):
                for pragma in ("journal_mode = off", "synchronous = off", f"max_page_count = {PAGES}"):
                    db.execute(f"pragma {pragma}")  # the file is thrown away if it is not finished
                migrate(db, str(path))
                db.execute("pragma foreign_keys = off")  # damage is copied as it is
                db.execute("begin")
            done = 0
            for table, of_table in tables.items():
                sql = DIALECT.said(insertion(table, schema.columns_of(table)))
                for some in of_table:  # what fails here is the store that the rows come from
                    with _told(path):
                        db.executemany(sql, some)
                    done += len(some)
                    progress(done, many)
            with _told(path):
                db.execute("commit")
        with _told(path):
            _sync(part)
            _put(part, path, overwrite)
            _sync(path.parent)
    finally:
        for left in (part, Path(f"{part}-journal")):
            with suppress(FileNotFoundError):
                left.unlink()


class BackupFile:
    """A file of ours to be read, which is left as it is: an older one is migrated as a copy."""

    dialect: Dialect = DIALECT
    unfit: tuple[type[Exception], ...] = ()

    def __init__(self, path: Path) -> None:
        """Open it; raises a `StoreError`."""
        self.name: str = str(path)
        self._copied: TemporaryDirectory[str] | None = None
        if not path.exists() or not look(str(path), self.name):
            raise StoreMissing(self.name, "there is no backup in it" if path.exists() else "there is no such file")
        with _told(path):
            self._db = read_only(str(path), 10.0, PRAGMAS)
            try:
                if self._db.execute("pragma user_version").fetchone()[0] < len(schema.STEPS):
                    self._db = self._migrated()
            except BaseException:
                self.close()
                raise

    @contextmanager
    def reading(self) -> Iterator[Access]:
        """As `Database.reading`; one may be read in another."""
        with _told(Path(self.name)):
            if self._db.in_transaction:
                yield Rows(self._db)
                return
            self._db.execute("begin")
            try:
                yield Rows(self._db)
            finally:
                if self._db.in_transaction:
                    self._db.execute("rollback")

    def ask(self, *asked: Question) -> Sequence[Sequence[Row]]:
        """As `Database.ask`."""
        with self.reading() as db:
            return answers(db, asked)

    def write(self, work: Callable[[Access], None]) -> None:
        """A backup is only read."""
        raise StoreReadOnly(self.name, "a backup is only read")

    def purge(self) -> None:
        """As `Database.purge`: nothing is removed."""

    def tenants(self) -> tuple[str, ...]:
        """Whose rows there are."""
        tables = ("plan", "account", "record", "journal", "outbox")
        asked = " union ".join(f"select tenant from {table}" for table in tables)
        with self.reading() as db:
            return tuple(sorted(tenant for (tenant,) in db.rows(asked)))

    def close(self) -> None:
        """As `Database.close`."""
        self._db.close()
        if self._copied is not None:
            self._copied.cleanup()

    def _migrated(self) -> sqlite3.Connection:
        self._copied = TemporaryDirectory()
        copy = sqlite3.connect(Path(self._copied.name, "copy.db"), isolation_level=None, check_same_thread=False)
        self._db.backup(copy)
        self._db.close()
        migrate(copy, self.name)
        return copy


@contextmanager
def sound_backup(path: Path, tenant: str) -> Iterator[tuple[BackupFile, str]]:
    """A backup, and whose rows of it go to this tenant; raises `StoreCorrupt` where anything is wrong with it."""
    from actionplans.backends.store.checkup import examined

    with closing(BackupFile(path)) as backup:
        theirs = tenant_of(backup, tenant)
        report = examined(backup, backup.name, theirs)
        if not report.sound:
            raise StoreCorrupt(backup.name, f"{report.problems[0]}; nothing was restored")
        yield backup, theirs


def tenant_of(backup: BackupFile, tenant: str) -> str:
    """Whose rows of a backup go to this tenant: its own, or those of the only one that there is."""
    found = backup.tenants()
    if not found:
        raise Refused("store.restore", f"{backup.name} holds nothing that could be brought back: take another backup")
    if tenant in found:
        return tenant
    if len(found) > 1:
        told = f"{backup.name} has {', '.join(map(repr, found))}, and not {tenant!r}"
        raise Refused("store.restore", f"nobody knows which tenant is meant: {told}")
    return found[0]


def _may_write(path: Path, overwrite: bool) -> None:
    """Raise what stands in the way of a file there; another database's log beside it would be read into it."""
    name = str(path)
    if not path.parent.is_dir():
        raise StoreMissing(name, f"there is no folder {path.parent}")
    if path.is_dir():
        raise StoreMissing(name, "this is a folder, not a file")
    if path.exists() and not overwrite:
        raise _there(path)
    beside = [end for end in ("-wal", "-shm", "-journal") if os.path.exists(f"{path}{end}")]
    if beside:
        told = f"{path.name} is in use, or was not closed: there is {path.name}{beside[0]} beside it"
        raise Refused("store.backup", f"{told}; take another name")


def _there(path: Path) -> Refused:
    return Refused("store.backup", f"there is {path} already: take another name, or pass overwrite=True")


def _put(part: Path, path: Path, overwrite: bool) -> None:
    if overwrite:
        os.replace(part, path)
        return
    try:
        os.link(part, path)
    except FileExistsError as error:
        raise _there(path) from error
    except OSError as error:  # a file system without links
        if path.exists():
            raise _there(path) from error
        part.rename(path)


def _sync(path: Path) -> None:
    """Have the disk keep a file, or the names in a folder."""
    if path.is_dir() and os.name == "nt":
        return
    handle = os.open(path, os.O_RDONLY if path.is_dir() else os.O_RDWR)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def _told(path: Path) -> Iterator[None]:
    """What the file's driver and the system say of it, in our words."""
    try:
        yield
    except FAILURES as error:
        raise translated(error, str(path)) from error
    except OSError as error:
        kind = _ERRNO.get(error.errno or 0, StoreUnavailable)
        raise kind(str(path), error.strerror or str(error)) from error
