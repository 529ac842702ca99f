"""What SQLite says otherwise than other databases: SQL, errors, and what can be done in a transaction of its."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from functools import partial
from typing import Any

from actionplans.backends.store.dialect import Access, Dialect, Row
from actionplans.backends.store.schema import STEPS, TABLES, said
from actionplans.backends.store.sql import insertion
from actionplans.errors import (
    StoreBusy,
    StoreClosed,
    StoreCorrupt,
    StoreError,
    StoreForeign,
    StoreFull,
    StoreMissing,
    StoreReadOnly,
    StoreUnavailable,
)

_SETTINGS = ("journal_mode", "synchronous", "fullfsync", "checkpoint_fullfsync", "secure_delete", "foreign_keys")


def _damage(db: Access) -> Iterator[tuple[str, str]]:
    """What SQLite finds, and where our tables are not as they should be; a host may have others beside them (S9)."""
    for (told,) in db.rows("select integrity_check from pragma_integrity_check(100)"):
        if told != "ok":
            yield "database", str(told)
    for table, row, parent in db.rows('select "table", rowid, parent from pragma_foreign_key_check'):
        yield str(table), f"row {row} belongs to no {parent}"
    with closing(sqlite3.connect(":memory:")) as fresh:
        for step in STEPS:
            for statement in said(step, DIALECT):
                fresh.execute(statement)
        ours, theirs = _tables(Rows(fresh)), _tables(db)
    for name in sorted(ours.keys() | theirs.keys()):
        if ours.get(name) != theirs.get(name):
            yield f"table or index {name}", "is not as this library makes it"


def _tables(db: Access) -> dict[str, str]:
    found = db.rows("select name, tbl_name, sql from @sqlite_master where sql is not null")
    return {str(name): " ".join(str(sql).split()) for name, of, sql in found if of in TABLES}


DIALECT = Dialect(
    mark="?",
    place="",
    text="text",
    number="integer",
    one_of="{} in (select value from json_each({}))",
    list_of=json.dumps,
    member="json_extract({}, '$.{}')",
    members="json_each({}, '$.{}')",
    member_text="{}",
    position="instr({}, {})",
    unindexed="+{}",
    locked="",
    version="select 'SQLite ' || sqlite_version()",
    settings="select 'file', file from pragma_database_list where name = 'main' union all "
    + " union all ".join(f"select '{one}', cast({one} as text) from pragma_{one}" for one in _SETTINGS),
    damage=_damage,
    skipping="",
)
"""What SQLite says otherwise. The `+` lets it look up by another column and sort then; a writer has the file alone."""


ERRORS: dict[int, type[StoreError]] = {
    sqlite3.SQLITE_BUSY: StoreBusy,
    sqlite3.SQLITE_LOCKED: StoreBusy,
    sqlite3.SQLITE_PROTOCOL: StoreBusy,
    sqlite3.SQLITE_FULL: StoreFull,
    sqlite3.SQLITE_IOERR_SHMSIZE: StoreFull,
    sqlite3.SQLITE_READONLY: StoreReadOnly,
    sqlite3.SQLITE_READONLY_DBMOVED: StoreMissing,
    sqlite3.SQLITE_PERM: StoreReadOnly,
    sqlite3.SQLITE_CORRUPT: StoreCorrupt,
    sqlite3.SQLITE_FORMAT: StoreCorrupt,
    sqlite3.SQLITE_SCHEMA: StoreCorrupt,
    sqlite3.SQLITE_ERROR: StoreCorrupt,
    sqlite3.SQLITE_CONSTRAINT: StoreCorrupt,
    sqlite3.SQLITE_NOTADB: StoreForeign,
    sqlite3.SQLITE_CANTOPEN: StoreMissing,
    sqlite3.SQLITE_MISUSE: StoreClosed,
}
"""Our error for SQLite's codes; an extended code goes before its primary one, all others are `StoreUnavailable`.

The statements are ours and checked, so a plain SQLITE_ERROR (no such table) or a broken constraint means that
somebody else has changed the tables.
"""


FAILURES: tuple[type[Exception], ...] = (sqlite3.Error, UnicodeDecodeError)
"""What calls of the driver raise: of a damaged file it may quote what is no text, and fail at that."""


def translated(error: Exception, store: str) -> StoreError:
    """SQLite's error as ours (S7)."""
    code = getattr(error, "sqlite_errorcode", None)
    if code is None:  # Python's own errors
        text = str(error)
        return (StoreClosed if "closed" in text else StoreCorrupt if "decode" in text else StoreUnavailable)(
            store, text
        )
    kind = ERRORS.get(code) or ERRORS.get(code & 0xFF) or StoreUnavailable
    return kind(store, f"{error} ({getattr(error, 'sqlite_errorname', code)})")


_LEGIBLE = partial(str, encoding="utf-8", errors="replace")


class Rows:
    """What can be done in a transaction."""

    def __init__(self, db: sqlite3.Connection) -> None:
        """The one that this connection is in."""
        self._db = db

    def rows(self, sql: str, values: Sequence[Any] = ()) -> Iterable[Row]:
        """As `Access.rows`."""
        return self._db.execute(DIALECT.said(sql), values)

    def legible(self, sql: str, values: Sequence[Any] = ()) -> Iterable[Row]:
        """As `Access.legible`."""
        factory = self._db.text_factory
        self._db.text_factory = _LEGIBLE
        try:
            return list(self.rows(sql, values))
        finally:
            self._db.text_factory = factory

    def each(self, sql: str, rows: Iterable[Row]) -> None:
        """As `Access.each`."""
        self._db.executemany(DIALECT.said(sql), rows)

    def add(self, table: str, columns: Sequence[str], rows: Iterable[Row]) -> None:
        """As `Access.add`."""
        self.each(insertion(table, columns), rows)
