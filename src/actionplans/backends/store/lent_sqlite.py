"""The store on a `sqlite3.Connection` that a host lends (S9)."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any

import attrs

from actionplans.backends.store.dialect import Access, Dialect, Row
from actionplans.backends.store.lent import NO_TABLES, Lent, check_version, no_transaction, savepoint
from actionplans.backends.store.sql import SqlStore
from actionplans.backends.store.sqlite_dialect import DIALECT, Rows, translated
from actionplans.backends.store.sqlite_steps import APPLICATION
from actionplans.checks import shown
from actionplans.errors import Invalid, Problem, Refused, StoreForeign, StoreMissing

_PROBE = "select tenant, open, revision from @plan where 1 = 0 union all select 'x', 1, 2"
"""A text and two numbers, in columns of the types that the tables have."""

_SCHEMA = "and lend with schema='the name that it is attached by'"


class LentSqliteStore(SqlStore):
    """Rows in the database of a connection, its own or one that is attached to it under the name `schema`."""

    durable = False

    def __init__(self, lend: Callable[[], sqlite3.Connection], *, tenant: str = "", schema: str = "main") -> None:
        """Look whether the tables are there; raises a `StoreError`, or `Invalid` for the arguments."""
        if not isinstance(schema, str) or not re.fullmatch("[A-Za-z_][A-Za-z0-9_]*", schema):
            told = f"the name of a database of the connection is wanted, of letters, digits and _, not {shown(schema)}"
            raise Invalid("open", (Problem("schema", told),))
        self._connection = LentSqlite(lend, schema)
        super().__init__(self._connection, self._connection.name, tenant)
        self._connection.check()


class LentSqlite(Lent):
    """A `sqlite3.Connection` of the host's, as a `Database`."""

    unfit: tuple[type[Exception], ...] = (sqlite3.InterfaceError, sqlite3.ProgrammingError)

    def __init__(self, lend: Callable[[], sqlite3.Connection], schema: str) -> None:
        """It is not used yet."""
        super().__init__("the lent sqlite3.Connection", lend)
        self._schema = schema
        self.dialect: Dialect = attrs.evolve(DIALECT, place=f'"{schema}".')

    def check(self) -> None:
        """Raise where the tables are not ours, or the connection would give us other values than stand in them."""
        with self._using(writing=False) as db:
            if self._schema not in {name for _, name, _ in db.rows("pragma database_list")}:
                raise StoreMissing(self.name, f"no database is attached to it as {self._schema!r}")
            ours = self._number(db, "application_id")
            if ours != APPLICATION:
                ((tables,),) = db.rows("select count(*) from @sqlite_master")
                foreign = f"the tables are another program's: open a file of its own by its URL, attach it, {_SCHEMA}"
                raise StoreForeign(self.name, foreign) if tables or ours else StoreMissing(self.name, NO_TABLES)
            check_version(self._version(db), self.name)
            given = list(db.rows(_PROBE))
        if repr(given) != repr([("x", 1, 2)]):
            told = "a converter of yours changes texts or numbers as they are read: lend one without detect_types"
            raise Refused("lending this connection", told)

    def _version(self, db: Access) -> int:
        return self._number(db, "user_version")

    def _number(self, db: Access, pragma: str) -> int:
        ((found,),) = db.rows(f'pragma "{self._schema}".{pragma}')
        return int(found)

    @contextmanager
    def _using(self, *, writing: bool) -> Iterator[Access]:
        connection: sqlite3.Connection = self._lent()
        begun = False
        try:
            begun = connection.in_transaction
            rows = LentRows(connection, self.dialect)
            with _as_text(connection), _begun(connection, writing), savepoint(rows, sqlite3.Error):
                yield rows
        except sqlite3.Error as error:
            told = translated(error, self.name)
            if begun and not connection.in_transaction:
                told.reason = f"{told.reason}; SQLite has rolled back the whole transaction"
            raise told from error


class LentRows(Rows):
    """What can be done in the host's transaction: in cursors of our own, which know no row factory of the host's."""

    def __init__(self, db: sqlite3.Connection, dialect: Dialect) -> None:
        """The transaction that this connection is in."""
        super().__init__(db)
        self._dialect = dialect
        self._cursors: list[sqlite3.Cursor] = []

    def rows(self, sql: str, values: Sequence[Any] = ()) -> Iterable[Row]:
        """As `Access.rows`."""
        return self._cursor().execute(self._dialect.said(sql), values)

    def each(self, sql: str, rows: Iterable[Row]) -> None:
        """As `Access.each`."""
        self._cursor().executemany(self._dialect.said(sql), rows)

    def say(self, sql: str) -> None:
        """As `Speaking.say`; no other statement of ours stays open, which would be in the way of the host's."""
        for cursor in self._cursors:
            cursor.close()
        sqlite3.Cursor(self._db).execute(sql).close()

    def _cursor(self) -> sqlite3.Cursor:
        self._cursors.append(sqlite3.Cursor(self._db))
        return self._cursors[-1]


@contextmanager
def _as_text(db: sqlite3.Connection) -> Iterator[None]:
    """Read text as text for the length of one call: the driver knows no other way than the connection's own setting."""
    factory = db.text_factory
    if factory is str:
        yield
        return
    db.text_factory = str
    try:
        yield
    finally:
        db.text_factory = factory


@contextmanager
def _begun(db: sqlite3.Connection, writing: bool) -> Iterator[None]:
    """A transaction to write in: the host's, or one as the driver itself begins before a statement that writes.

    What failed leaves none behind that was not there.
    """
    if db.in_transaction or not writing:
        yield
        return
    if db.isolation_level is None or getattr(db, "autocommit", -1) != -1:  # -1: the driver begins transactions
        raise no_transaction()
    sqlite3.Cursor(db).execute(f"begin {db.isolation_level}")
    try:
        yield
    except BaseException:
        with suppress(sqlite3.Error):
            db.rollback()
        raise
