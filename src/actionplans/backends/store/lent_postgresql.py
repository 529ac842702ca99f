"""The store on a `psycopg.Connection` that a host lends (S9)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from typing import Any

import attrs
import psycopg
from psycopg.pq import PipelineStatus, TransactionStatus

from actionplans.backends.store.dialect import Access, Dialect, Row
from actionplans.backends.store.lent import Lent, check_version, no_transaction, savepoint
from actionplans.backends.store.postgresql_cursors import OwnCursor
from actionplans.backends.store.postgresql_server import (
    DIALECT,
    FAILURES,
    VERSION_ASKED,
    Rows,
    lock_of,
    look,
    translated,
    version_of,
)
from actionplans.backends.store.sql import SqlStore
from actionplans.checks import shown
from actionplans.errors import Invalid, Problem, Refused, StoreBusy, StoreClosed, StoreError
from actionplans.model import Plan

_TRIES = 20
"""How often plans are read again that others commit meanwhile."""


class LentPostgresqlStore(SqlStore):
    """Rows in a schema of the database of a connection."""

    durable = False

    def __init__(
        self, lend: Callable[[], psycopg.Connection[Any]], *, tenant: str = "", schema: str = "actionplans"
    ) -> None:
        """Look whether the tables are there; raises a `StoreError`, or `Invalid` for the arguments."""
        if not isinstance(schema, str) or not re.fullmatch("[a-z_][a-z0-9_]{0,62}", schema):
            told = f"the name of a schema is wanted, of small letters, digits and _, not {shown(schema)}"
            raise Invalid("open", (Problem("schema", told),))
        self._connection = LentPostgresql(lend, schema)
        super().__init__(self._connection, self._connection.name, tenant)
        self._connection.check()

    def _plans(self, ids: Sequence[str]) -> Iterator[Plan]:
        """Each as one commit left it (C6): where the host lets every statement see what others have just committed,
        those whose row, which is read last, has not the revision that it had first are read again.
        """
        for _ in range(_TRIES):
            first: dict[str, int] = dict(self._found(self._asked("plan", ("id", "revision"), "id", ids)))
            found = {plan.id: plan for plan in super()._plans(tuple(first))}
            yield from (plan for plan in found.values() if plan.revision == first[plan.id])
            ids = tuple(id for id, plan in found.items() if plan.revision != first[id])
            if not ids:
                return
        raise StoreBusy(self.name, f"others have changed {ids[0]!r} {_TRIES} times while it was read")


class LentPostgresql(Lent):
    """A `psycopg.Connection` of the host's, as a `Database`."""

    unfit: tuple[type[Exception], ...] = (psycopg.DataError, psycopg.ProgrammingError)

    def __init__(self, lend: Callable[[], psycopg.Connection[Any]], schema: str) -> None:
        """It is not used yet."""
        super().__init__("the lent psycopg.Connection", lend)
        self._schema = schema
        self.dialect: Dialect = attrs.evolve(DIALECT, place=f'"{schema}".')

    def check(self) -> None:
        """Raise where the tables are not ours; no transaction is left open that was not there."""
        connection = self._ready()
        idle = connection.info.transaction_status == TransactionStatus.IDLE
        try:
            with self._using(writing=False) as db:
                version, _ = look(db, self._schema, self.name)  # type: ignore[arg-type]
                check_version(version, self.name)
        finally:
            if idle and not connection.closed:
                connection.rollback()

    def _version(self, db: Access) -> int:
        """As above; who migrates waits for what the host has read, so nobody waits for them here.

        Where the host sees a state of before, the row says whether it has changed since.
        """
        held = f"select pg_try_advisory_xact_lock_shared({lock_of(self._schema)}), "
        ((free, isolation),) = db.rows(f"{held}current_setting('transaction_isolation')")
        if not free:
            raise StoreBusy(
                self.name, "the tables are being migrated, which may be waiting for this transaction: end it first"
            )
        latest = "" if isolation == "read committed" else " for share"
        return version_of(db.rows(f"{VERSION_ASKED}{latest}"), self.name)

    @contextmanager
    def _using(self, *, writing: bool) -> Iterator[Access]:
        connection = self._ready()
        rows = LentRows(connection, self.dialect)
        alone = connection.autocommit and connection.info.transaction_status == TransactionStatus.IDLE
        if alone and writing:
            raise no_transaction()
        try:
            with nullcontext(rows) if alone else savepoint(rows, psycopg.Error):
                yield rows
        except FAILURES as error:
            raise self._told(error) from error

    def _told(self, error: Exception) -> StoreError:
        if isinstance(error, psycopg.errors.UniqueViolation):
            return StoreBusy(self.name, f"somebody else has made the same at the same time ({error.sqlstate})")
        return translated(error, self.name)

    def _ready(self) -> psycopg.Connection[Any]:
        """The connection, where statements of ours can be run on it."""
        connection: psycopg.Connection[Any] = self._lent()
        if connection.closed:
            raise StoreClosed(self.name, "the host has closed its connection")
        status, using = connection.info.transaction_status, "using the lent connection"
        if status == TransactionStatus.INERROR:
            raise Refused(using, "its transaction has failed: roll it back first")
        if connection.info.pipeline_status != PipelineStatus.OFF:
            raise Refused(using, "it is in pipeline mode: leave that first")
        if connection.info.encoding != "utf-8":
            raise Refused(using, f"its client_encoding is {connection.info.encoding}: set it to UTF8 first")
        return connection


class LentRows(Rows):
    """What can be done in the host's transaction, without preparing statements on its connection."""

    def rows(self, sql: str, values: Sequence[Any] = ()) -> Iterable[Row]:
        """As `Access.rows`."""
        with self._cursor() as cursor:
            return cursor.execute(self._dialect.said(sql).encode(), values, prepare=False).fetchall()

    def each(self, sql: str, rows: Iterable[Row]) -> None:
        """As `Access.each`; the driver's own way prepares the statement, which would stay."""
        if some := list(rows):
            said = self._dialect.said(sql).encode()
            together = self._db.pipeline() if psycopg.Pipeline.is_supported() and len(some) > 1 else nullcontext()
            with self._cursor() as cursor, together:
                for row in some:
                    cursor.execute(said, row, prepare=False)

    def say(self, sql: str) -> None:
        """As `Speaking.say`."""
        with self._cursor() as cursor:
            cursor.execute(sql.encode(), prepare=False)

    def _cursor(self) -> psycopg.Cursor[Row]:
        return OwnCursor(self._db)
