"""The server under the PostgreSQL store: whose the tables are, connections to it, what its driver says in our words.

Nothing here outlives a transaction: no prepared statement, setting, lock or cursor of a session. So a pooler between
us and the server (PgBouncer) may give every transaction another connection.
"""

from __future__ import annotations

import math
import os
import random
import re
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, nullcontext, suppress
from itertools import chain, islice
from typing import Any, TypeVar
from urllib.parse import unquote

import attrs

from actionplans.backends.store.dialect import Access, Dialect, Question, Row
from actionplans.backends.store.schema import BELONGING, STEPS, failed, said
from actionplans.backends.store.sql import insertion
from actionplans.errors import (
    MissingExtra,
    StoreBusy,
    StoreClosed,
    StoreCorrupt,
    StoreError,
    StoreForeign,
    StoreFull,
    StoreMissing,
    StoreNewer,
    StoreReadOnly,
    StoreUnavailable,
    StoreUnknown,
)

try:
    import psycopg
    import psycopg_pool
    from psycopg.conninfo import conninfo_to_dict, make_conninfo
    from psycopg.pq import PipelineStatus

    from actionplans.backends.store.postgresql_cursors import LegibleCursor
except ModuleNotFoundError as _error:
    if _error.name not in ("psycopg", "psycopg_pool"):
        raise
    raise MissingExtra(_error.name, "postgres") from _error

_SETTINGS = ("fsync", "synchronous_commit", "full_page_writes", "data_checksums", "wal_sync_method", "server_encoding")


def _damage(db: Access) -> Iterator[tuple[str, str]]:
    """What the server knows of itself: constraints and indexes that do not hold."""
    here = "select relnamespace from pg_class where oid = '@plan'::regclass"
    ours = f"in (select oid from pg_class where relnamespace = ({here}))"
    for (name,) in db.rows(f"select conname::text from pg_constraint where not convalidated and conrelid {ours}"):
        yield f"constraint {name}", "was never proved"
    broken = "select indexrelid::regclass::text from pg_index where not (indisvalid and indisready)"
    for (name,) in db.rows(f"{broken} and indrelid {ours}"):
        yield f"index {name}", "is not valid: build it again"


DIALECT = Dialect(
    mark="%s",
    place="",
    text='text collate "C"',
    number="bigint generated always as identity",
    one_of="{} = any({})",
    list_of=list,
    member="({}::json ->> '{}') collate \"C\"",
    members="json_array_elements({}::json -> '{}')",
    member_text="({} #>> '{{}}')",
    position="strpos({}, {})",
    unindexed="{}",
    locked=" for update",
    skipping=" for update skip locked",
    version="select 'PostgreSQL ' || current_setting('server_version')",
    settings=f"select name, setting from pg_settings where name in {_SETTINGS!r}",
    damage=_damage,
)
"""What PostgreSQL says otherwise. Its collation `C` is the order of code points where the encoding is UTF-8."""

ERRORS: dict[str, type[StoreError]] = {
    "08": StoreUnavailable,
    "22": StoreCorrupt,
    "23": StoreCorrupt,
    "25006": StoreReadOnly,
    "28": StoreUnavailable,
    "3D000": StoreMissing,
    "3F000": StoreMissing,
    "40001": StoreBusy,
    "40P01": StoreBusy,
    "42": StoreCorrupt,
    "42501": StoreReadOnly,
    "53100": StoreFull,
    "53300": StoreBusy,
    "55P03": StoreBusy,
    "57014": StoreBusy,
    "58P01": StoreCorrupt,
    "XX001": StoreCorrupt,
    "XX002": StoreCorrupt,
}
"""Our error for the server's codes; a whole code goes before its class, all others are `StoreUnavailable`.

The statements are ours and the values checked, so an error in one (42, 22) or a broken constraint (23) means that
somebody else has changed the tables.
"""

REFUSALS: dict[str, type[StoreError]] = {
    r'database ".*" does not exist': StoreMissing,
    "too many connections|too many clients|remaining connection slots": StoreBusy,
}
"""Our error for what a server says that takes no connection: its driver knows no code then, only the words."""

AGAIN: frozenset[str] = frozenset({"40001", "40P01", "23505"})
"""What is tried again: conflicts, deadlocks, and that somebody has made the same at the same time."""

VERSION = "actionplans_version"
"""The table that says a schema is ours, and how many migrations it has had."""

VERSION_ASKED: str = f"select version from @{VERSION}"
"""What gives the rows for `version_of`."""

_COPIED = 20
"""From so many new rows on COPY is faster than one statement for each."""

_READ = "begin isolation level repeatable read read only"


FAILURES: tuple[type[Exception], ...] = (psycopg.Error, UnicodeDecodeError)
"""What calls of the driver raise: of a damaged table the server may give what is no text."""


def translated(error: Exception, store: str) -> StoreError:
    """The driver's error as ours (S7), without the values that its details may hold."""
    if not isinstance(error, psycopg.Error):
        return StoreCorrupt(store, f"what is stored there is no text: {error}")
    code = error.sqlstate or ""
    reason = error.diag.message_primary or str(error).strip().partition("\n")[0] or type(error).__name__
    said = [] if code else [kind for words, kind in REFUSALS.items() if re.search(words, reason)]
    kind = ERRORS.get(code) or ERRORS.get(code[:2]) or next(iter(said), StoreUnavailable)
    return kind(store, f"{reason} ({code})" if code else reason)


def parts_of(url: str) -> tuple[dict[str, Any], str, str]:
    """What libpq takes, our schema, and a name for messages without the password; raises `StoreUnknown`."""
    head, _, query = url.partition("?")
    pairs = [one for one in query.split("&") if one]
    schemas = [unquote(one.partition("=")[2]) for one in pairs if one.startswith("schema=")]
    rest = "&".join(one for one in pairs if not one.startswith("schema="))
    known = re.sub("//.*@", "//...@", head)
    if not url.startswith("postgresql://"):
        raise StoreUnknown(known, "a URL like postgresql://user@host/database is wanted")
    schema = schemas[-1] if schemas else "actionplans"
    if not re.fullmatch("[a-z_][a-z0-9_]{0,62}", schema) or schema.startswith("pg_") or len(schemas) > 1:
        raise StoreUnknown(known, "one schema is wanted, its name of small letters, digits and _")
    try:
        asked: dict[str, Any] = conninfo_to_dict(f"{head}?{rest}" if rest else head)
        make_conninfo(**asked).encode()
    except (psycopg.Error, ValueError) as error:
        text = str(error).strip()
        why = f": {text}" if "query parameter" in text else ""
        raise StoreUnknown(known, f"this is no URL of PostgreSQL{why}; odd signs are percent-encoded") from error
    if not re.fullmatch("[0-9,]*", str(asked.get("port", ""))):
        raise StoreUnknown(known, "the port of a URL of PostgreSQL is a number")
    if any("\0" in str(value) for value in asked.values()):
        raise StoreUnknown(known, "nothing in a URL of PostgreSQL holds a NUL")
    user, port = (f"{asked['user']}@" if "user" in asked else ""), (f":{asked['port']}" if "port" in asked else "")
    name = f"postgresql://{user}{asked.get('host', '')}{port}/{asked.get('dbname', '')}"
    return asked, schema, name if schema == "actionplans" else f"{name}?schema={schema}"


Pool = psycopg_pool.ConnectionPool[psycopg.Connection[Row]]
T = TypeVar("T")


class Rows:
    """What can be done in a transaction."""

    def __init__(self, db: psycopg.Connection[Row], dialect: Dialect) -> None:
        """The one that this connection is in."""
        self._db, self._dialect = db, dialect

    def rows(self, sql: str, values: Sequence[Any] = ()) -> Iterable[Row]:
        """As `Access.rows`."""
        return self._db.execute(self._dialect.said(sql).encode(), values).fetchall()

    def legible(self, sql: str, values: Sequence[Any] = ()) -> Iterable[Row]:
        """As `Access.legible`."""
        with LegibleCursor(self._db) as cursor:
            return cursor.execute(self._dialect.said(sql).encode(), values, prepare=False).fetchall()

    def each(self, sql: str, rows: Iterable[Row]) -> None:
        """As `Access.each`."""
        if some := list(rows):
            with self._db.cursor() as cursor:
                cursor.executemany(self._dialect.said(sql).encode(), some)

    def add(self, table: str, columns: Sequence[str], rows: Iterable[Row]) -> None:
        """As `Access.add`: a few by statements, many by COPY.

        The server looks up whether the plan of each task is there in the way that was best when this connection first
        did so. Among a handful of plans any index is as good, among thousands it is not: so it must choose again. That
        costs a way to the server, which a few rows are not worth: for them it chooses with the next analysis.
        """
        rows = iter(rows)
        first = list(islice(rows, _COPIED))
        if len(first) < _COPIED:
            self.each(insertion(table, columns), first)
            return
        names = ", ".join(f'"{name}"' for name in columns)
        sql = self._dialect.said(f"copy @{table} ({names}) from stdin").encode()
        with self._cursor() as cursor:
            if table in BELONGING:
                cursor.execute(b"discard plans", prepare=False)
            with cursor.copy(sql) as copy:
                for row in chain(first, rows):
                    copy.write_row(row)

    def _cursor(self) -> psycopg.Cursor[Row]:
        return self._db.cursor()


def look(db: Rows, schema: str, store: str) -> tuple[int, bool]:
    """The version of the tables, 0 for none, and whether the server keeps what it has acknowledged (S4).

    Raises `StoreForeign` or `StoreNewer`.
    """
    asked = """
        select current_setting('server_encoding'), current_setting('fsync'),
            current_setting('synchronous_commit'), to_regclass(?) is not null,
            (select count(*) from pg_class where relnamespace = to_regnamespace(?))"""
    ((encoding, fsync, commit, ours, tables),) = db.rows(asked, (f"{schema}.{VERSION}", schema))
    if encoding != "UTF8":
        raise StoreForeign(store, f"the encoding of the database is {encoding}, and UTF8 is wanted")
    if tables and not ours:
        raise StoreForeign(store, f"the schema {schema} belongs to another program")
    version = version_of(db.rows(VERSION_ASKED), store) if ours else 0
    return version, "off" not in (fsync, commit)


def lock_of(schema: str) -> str:
    """The lock that writers of the tables share, and that whoever migrates them has alone."""
    return f"hashtext('actionplans {schema}')"


def version_of(rows: Iterable[Row], store: str) -> int:
    """The version in the rows of its table; raises `StoreNewer` for tables that a newer library has migrated (S6)."""
    found = list(rows)
    if len(found) != 1:
        raise StoreCorrupt(store, f"the table {VERSION} has {len(found)} rows, and one is wanted")
    version = int(found[0][0])
    if version > len(STEPS):
        told = f"the tables have version {version} and this library knows versions up to {len(STEPS)}"
        raise StoreNewer(store, told)
    return version


def lost(db: psycopg.Connection[Any]) -> bool:
    """Whether a connection is of no more use; the driver does not know it yet where one was cut in a pipeline."""
    return db.closed or db.info.pipeline_status != PipelineStatus.OFF


class Server:
    """A schema of ours in a database, and this process's connections to it: a pool that grows as it is asked.

    A forked process has a pool of its own and leaves its parent's connections alone. Connections that were cut are
    replaced: what has begun on one fails, or is done again where that is safe.
    """

    unfit: tuple[type[Exception], ...] = (psycopg.DataError, psycopg.ProgrammingError)

    def __init__(self, url: str, busy_timeout: float, max_connections: int) -> None:
        """Connect, make or migrate the tables; raises a `StoreError`."""
        asked, schema, name = parts_of(url)
        self.name: str = name
        self.dialect: Dialect = attrs.evolve(DIALECT, place=f'"{schema}".')
        self._schema, self._busy_timeout, self._most = schema, busy_timeout, max_connections
        patience = {"connect_timeout": max(2, math.ceil(busy_timeout)), "fallback_application_name": "actionplans"}
        self._conninfo = make_conninfo(**{**patience, **asked, "client_encoding": "utf8"})
        wait = max(1, math.ceil(busy_timeout * 1000))
        begin = f"begin isolation level read committed; set local lock_timeout = {wait}"
        share = f"select pg_advisory_xact_lock_shared({lock_of(schema)})"
        self._begin = begin.encode()
        self._write = f"{begin}; {share}; {self.dialect.said(VERSION_ASKED)}".encode()
        self._closed = False
        self._pools: dict[int, Pool] = {}
        self._lent = 0
        self.durable: bool = self._prepare()

    @contextmanager
    def reading(self) -> Iterator[Rows]:
        """As `Database.reading`."""
        try:
            until = time.monotonic() + self._busy_timeout
            with self._taken(lambda db: db.execute(_READ.encode()), until) as (db, _):
                yield Rows(db, self.dialect)
                db.execute("commit")
        except FAILURES as error:
            raise translated(error, self.name) from error

    def ask(self, *asked: Question) -> Sequence[Sequence[Row]]:
        """As `Database.ask`: two ways to the server and back, where a transaction takes one for each statement.

        The driver ends a pipeline by sending a Flush, which a pooler would take for the next transaction if this one
        were at its end by then. So what ends it comes after the pipeline.
        """
        steps = [(self.dialect.said(sql).encode(), values) for sql, values in asked]

        def told(db: psycopg.Connection[Row]) -> list[Sequence[Row]]:
            if len(steps) == 1:
                return [db.execute(*steps[0]).fetchall()]
            with db.pipeline() if psycopg.Pipeline.is_supported() else nullcontext():
                db.execute(_READ.encode())
                cursors = [db.execute(*one) for one in steps]
            found: list[Sequence[Row]] = [one.fetchall() for one in cursors]
            db.execute("commit")
            return found

        try:
            with self._taken(told, time.monotonic() + self._busy_timeout) as (_, found):
                return found
        except FAILURES as error:
            raise translated(error, self.name) from error

    def write(self, work: Callable[[Access], None]) -> None:
        """As `Database.write`; readers and the writers of other records do not wait for it."""
        until = time.monotonic() + self._busy_timeout
        while not self._written(work, until):
            time.sleep(random.uniform(0.001, 0.02))

    def purge(self) -> None:
        """As `Database.purge`: dead rows and the write-ahead log are the operator's (J4)."""

    def close(self) -> None:
        """As `Database.close`."""
        self._closed = True
        pool = self._pools.pop(os.getpid(), None)
        if pool is not None:
            pool.close()

    def _written(self, work: Callable[[Access], None], until: float) -> bool:
        """Whether the work is done; False when it is to be done again."""
        ending = cut = False
        try:
            with self._taken(self._begin_writing, until) as (db, _):
                try:
                    work(Rows(db, self.dialect))
                    ending = True
                    db.execute("commit")
                    return True
                finally:
                    cut = lost(db)
        except FAILURES as error:
            if cut and ending:
                reason = "the connection was lost while committing, so nobody knows whether the change was made"
                raise StoreUnavailable(self.name, reason) from error
            if (cut or getattr(error, "sqlstate", None) in AGAIN) and time.monotonic() < until:
                return False
            raise translated(error, self.name) from error

    def _begin_writing(self, db: psycopg.Connection[Row]) -> None:
        """One way to the server and back; until the transaction ends nobody migrates the tables.

        Raises `StoreNewer` where somebody has done so since they were opened (S6).
        """
        told = db.execute(self._write)
        while told.nextset():
            pass
        version_of(told, self.name)

    @contextmanager
    def _taken(
        self, first: Callable[[psycopg.Connection[Row]], T], until: float
    ) -> Iterator[tuple[psycopg.Connection[Row], T]]:
        """A connection, and what `first` gives on it, which changes nothing: one that was cut while it waited is given
        back, and it is done on another. A transaction that is open on it at the end is undone.
        """
        pool = self._pool()
        while True:
            try:
                db = pool.getconn(timeout=max(0.01, until - time.monotonic()))
            except psycopg_pool.PoolClosed as error:
                raise StoreClosed(self.name, "it was closed") from error
            except psycopg_pool.PoolTimeout as error:
                raise self._waited() from error
            self._lent += 1
            try:
                try:
                    done = first(db)
                except psycopg.OperationalError:
                    if not lost(db) or time.monotonic() >= until:
                        raise
                else:
                    yield db, done
                    return
            finally:
                try:
                    with suppress(psycopg.Error):  # the connection is lost, and all that was begun on it
                        db.rollback()
                finally:
                    self._lent -= 1
                    pool.putconn(db)

    def _waited(self) -> StoreError:
        """Why there was no connection in time: other threads have them all, or the server gives none."""
        if self._lent >= self._most:
            reason = f"other threads used all {self._most} connections for longer than {self._busy_timeout:g} seconds"
            return StoreBusy(self.name, reason)
        try:
            self._connect().close()
        except psycopg.Error as error:
            return translated(error, self.name)
        return StoreUnavailable(self.name, f"no connection within {self._busy_timeout:g} seconds")

    def _connect(self) -> psycopg.Connection[Row]:
        return psycopg.connect(self._conninfo, autocommit=True, prepare_threshold=None)

    def _pool(self) -> Pool:
        if self._closed:
            raise StoreClosed(self.name, "it was closed")
        pid = os.getpid()
        pool = self._pools.get(pid) or self._pools.setdefault(pid, self._new_pool())
        if pool.closed:
            with suppress(psycopg.OperationalError):  # closed meanwhile, which its next use says
                pool.open()
        return pool

    def _new_pool(self) -> Pool:
        return psycopg_pool.ConnectionPool(
            self._conninfo,
            kwargs={"autocommit": True, "prepare_threshold": None},
            min_size=0,
            max_size=self._most,
            num_workers=1,
            open=False,
        )

    def _prepare(self) -> bool:
        """Have the tables at this library's version (S6); whether the server keeps what it has acknowledged (S4)."""
        try:
            with self._connect() as db:
                version, durable = self._look(db)
                if version < len(STEPS):
                    self._migrate(db)
                return durable
        except psycopg.Error as error:
            raise translated(error, self.name) from error

    def _look(self, db: psycopg.Connection[Row]) -> tuple[int, bool]:
        return look(Rows(db, self.dialect), self._schema, self.name)

    def _migrate(self, db: psycopg.Connection[Row]) -> None:
        """Bring the tables to this library's version in one transaction; of several who try only one does."""
        db.execute(self._begin)
        try:
            db.execute(f"select pg_advisory_xact_lock({lock_of(self._schema)})".encode())
            version, _ = self._look(db)
            if not version:
                db.execute(f'create schema if not exists "{self._schema}"'.encode())
                db.execute(self.dialect.said(f"create table @{VERSION} (version integer not null)").encode())
                db.execute(self.dialect.said(f"insert into @{VERSION} values (0)").encode())
            for number, step in enumerate(STEPS[version:], version + 1):
                try:
                    for statement in said(step, self.dialect):
                        db.execute(statement.encode())
                except psycopg.Error as error:
                    raise failed(number, translated(error, self.name)) from error
            db.execute(self.dialect.said(f"update @{VERSION} set version = ?").encode(), (len(STEPS),))
            db.execute("commit")
        except BaseException:
            with suppress(psycopg.Error):  # the connection is lost, and all that was begun on it
                db.execute("rollback")
            raise
