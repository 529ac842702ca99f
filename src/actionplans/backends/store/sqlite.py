"""The store in a SQLite file: durable, many readers and one writer at a time, in as many processes as you like."""

from __future__ import annotations

import math
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import chain, count, groupby
from operator import itemgetter
from typing import Any, TypeVar, cast

from actionplans.backends.store import queries, rows
from actionplans.backends.store.asked import (
    Key,
    check_batch,
    check_launched,
    check_new_entries,
    check_record,
    check_revisions,
    check_tenant,
    checked_ids,
    checked_rows,
    job_of,
    launched,
    unsound,
)
from actionplans.backends.store.pages import page_of, start_of
from actionplans.backends.store.rows import Row
from actionplans.backends.store.sqlite_file import PRAGMAS, File, path_of
from actionplans.checks import shown
from actionplans.codec import decode_entry, encode_entry
from actionplans.errors import Invalid, NotFound, Problem, StoreCorrupt
from actionplans.journal import Entry
from actionplans.model import Account, Plan
from actionplans.plugins import hookimpl
from actionplans.storage import (
    AccountQuery,
    Batch,
    Message,
    ObjectiveQuery,
    Page,
    PlanQuery,
    Query,
    Record,
    RecordQuery,
    Store,
    TaskQuery,
    TouchpointQuery,
    Write,
    id_of,
    kind_of,
)

R = TypeVar("R", bound=Record)

_CHUNK = 500
_UNFIT = (TypeError, ValueError, AttributeError, OverflowError)
"""What comes of values that nobody has verified (C16), besides what SQLite says of them."""


@hookimpl
def actionplans_stores() -> dict[str, Callable[..., Store]]:
    """The URL scheme `sqlite`."""
    return {"sqlite": open_sqlite}


def open_sqlite(url: str, *, tenant: str = "", busy_timeout: float = 10.0) -> Store:
    """The store in a file, made if it is not there: `sqlite:///relative/path`, `sqlite:////absolute/path`.

    Odd signs in the path are percent-encoded. `busy_timeout` is how many seconds a call waits for others, all in
    all, before it raises `StoreBusy`.
    Raises a `StoreError`, or `Invalid` for the arguments.
    """
    return cast(Store, SqliteStore(url, tenant=tenant, busy_timeout=busy_timeout))


class SqliteStore:
    """Rows in a SQLite file. `pragmas` adds to those of every connection: `("max_page_count = 1000",)` is a quota."""

    durable = True

    def __init__(
        self, url: str, *, tenant: str = "", busy_timeout: float = 10.0, pragmas: tuple[str, ...] = ()
    ) -> None:
        """Open the file, or make it; raises a `StoreError`, or `Invalid` for the arguments."""
        self.name = url
        self._tenant = check_tenant(tenant)
        if type(busy_timeout) not in (int, float) or not 0 <= busy_timeout <= 3600 or math.isnan(busy_timeout):
            problem = Problem("busy_timeout", f"from 0 to 3600 seconds, not {shown(busy_timeout)}")
            raise Invalid("open", (problem,))
        self._file = File(path_of(url), url, float(busy_timeout), (*PRAGMAS, *pragmas))

    def get(self, cls: type[R], id: str) -> R:
        """As `Store.get`."""
        for found in self.get_many(cls, (id,)).values():
            return found
        raise NotFound(kind_of(cast(type[Record], cls)), id)

    def get_many(self, cls: type[R], ids: Iterable[str]) -> dict[str, R]:
        """As `Store.get_many`."""
        kind, wanted = checked_ids(cls, ids)
        found: dict[str, Any] = {}
        for n in range(0, len(wanted), _CHUNK):
            some = wanted[n : n + _CHUNK]
            with self._decoding(), self._file.reading() as db:
                records: Iterable[Record]
                if kind == "plan":
                    records = self._plans(db, some)
                elif kind == "account":
                    records = map(rows.account_from, self._select(db, "account", rows.ACCOUNT, "id", some))
                else:
                    chosen = self._select(db, "record", rows.RECORD, "id", some, kind=kind)
                    records = map(rows.record_of, chosen)
                found.update((id_of(one), one) for one in records)
        return {id: found[id] for id in wanted if id in found}

    def find(self, query: Query, *, limit: int = 100, after: str | None = None) -> Page[Any]:
        """As `Store.find`."""
        start = start_of(query, limit, after)
        make = _MAKE[type(query)]
        found: list[Any] = []
        with self._decoding(), self._file.reading() as db:
            for asked in queries.statements(self._tenant, query, start):
                if len(found) <= limit:
                    found += map(make, db.execute(f"{asked.text()} limit ?", (*asked.values, limit + 1 - len(found))))
        return page_of(query, found, limit)

    def commit(self, batch: Batch) -> None:
        """As `Store.commit`: one transaction (C2)."""
        read, mine = check_batch(batch), launched(batch)
        with self._file.writing() as db:
            current, jobs = self._current(db, read)
            check_revisions(read, current)
            check_launched(batch, mine, self._launched(db, mine))
            check_new_entries(batch, self._recorded(db, batch.entries))
            try:
                self._remove(db, batch)
                self._write(db, batch.writes, jobs)
                self._tell(db, batch)
            except (*_UNFIT, sqlite3.InterfaceError, sqlite3.ProgrammingError) as error:
                found = unsound(batch)
                if not found:
                    raise
                raise Invalid("batch", found) from error

    def launched(self, job: str, rows: Iterable[str]) -> dict[str, str]:
        """As `Store.launched`."""
        keys = checked_rows(job, rows)
        with self._decoding(), self._file.reading() as db:
            found = self._launched(db, keys)
        return {row: found[job, row] for job, row in keys if (job, row) in found}

    def journal(self, kind: str, id: str, *, after: int = 0) -> Iterator[Entry]:
        """As `Store.journal`."""
        if not check_record(kind, id, after):
            return iter(())
        sql = "select data from journal where tenant = ? and record = ? and id = ? and revision > ? order by revision"
        with self._decoding(), self._file.reading() as db:
            found = db.execute(sql, (self._tenant, kind, id, after))
            return iter([decode_entry(data) for (data,) in found])

    def messages(self) -> Iterator[Message]:
        """As `Store.messages`."""
        with self._decoding(), self._file.reading() as db:
            found = db.execute("select key, data from outbox where tenant = ? order by number", (self._tenant,))
            return iter([rows.message_of(*row) for row in found])

    def close(self) -> None:
        """As `Store.close`."""
        self._file.close()

    @contextmanager
    def _decoding(self) -> Iterator[None]:
        """What is stored and is no value of ours has been damaged, or written by somebody else."""
        try:
            yield
        except (ValueError, TypeError, LookupError, AttributeError) as error:
            raise StoreCorrupt(self.name, str(error)) from error

    def _select(
        self,
        db: sqlite3.Connection,
        table: str,
        columns: Iterable[str],
        key: str,
        ids: Iterable[str],
        *,
        order: tuple[str, ...] = (),
        **equal: str,
    ) -> sqlite3.Cursor:
        asked = queries.Statement(table, columns, order)
        asked.equal("tenant", self._tenant)
        for column, value in equal.items():
            asked.equal(column, value)
        asked.among(key, ids)
        return db.execute(asked.text(), asked.values)

    def _plans(self, db: sqlite3.Connection, ids: Iterable[str]) -> Iterator[Plan]:
        ids = tuple(ids)
        parts = []
        for table, columns in (("objective", rows.OBJECTIVE), ("task", rows.TASK)):
            found = self._select(db, table, columns, "plan_id", ids, order=("plan_id", "position"))
            parts.append({id: tuple(some) for id, some in groupby(found, key=itemgetter(1))})
        objectives, tasks = parts
        for row in self._select(db, "plan", rows.PLAN, "id", ids):
            yield rows.plan_of(row, objectives.get(row[1], ()), tasks.get(row[1], ()))

    def _current(self, db: sqlite3.Connection, read: Iterable[Key]) -> tuple[dict[Key, int], dict[str, Key]]:
        """The revisions of those of the records that are there, and the (job, row) of launched plans by id."""
        current: dict[Key, int] = {}
        jobs: dict[str, Key] = {}
        for kind, ids in _by_kind(read).items():
            if kind == "plan":
                for id, revision, job, row in self._select(db, "plan", ("id", "revision", "job", "job_row"), "id", ids):
                    current[kind, id] = revision
                    if job is not None:
                        jobs[id] = (job, row)
            elif kind == "account":
                found = self._select(db, "account", ("id", "revision"), "id", ids)
                current.update(((kind, id), revision) for id, revision in found)
            else:
                found = self._select(db, "record", ("id", "revision"), "id", ids, kind=kind)
                current.update(((kind, id), revision) for id, revision in found)
        return current, jobs

    def _launched(self, db: sqlite3.Connection, mine: Iterable[Key]) -> dict[Key, str]:
        """Those of the rows of bulk launches that a stored plan has, with its id."""
        found: dict[Key, str] = {}
        for job, job_rows in _by_kind(mine).items():
            chosen = self._select(db, "plan", ("job_row", "id"), "job_row", job_rows, job=job)
            found.update(((job, row), id) for row, id in chosen)
        return found

    def _recorded(self, db: sqlite3.Connection, entries: Iterable[Entry]) -> dict[Key, int]:
        """The last revision that the journal has of each of the records with an entry."""
        found: dict[Key, int] = {}
        for kind, ids in _by_kind((entry.record, entry.id) for entry in entries).items():
            chosen = self._select(db, "journal", ("id", "revision"), "id", ids, order=("id", "revision"), record=kind)
            found.update(((kind, id), revision) for id, revision in chosen)
        return found

    def _remove(self, db: sqlite3.Connection, batch: Batch) -> None:
        for removal in batch.removals:
            if removal.kind in ("plan", "account"):
                db.execute(f"delete from {removal.kind} where tenant = ? and id = ?", (self._tenant, removal.id))
            else:
                key = (self._tenant, removal.kind, removal.id)
                db.execute("delete from record where tenant = ? and kind = ? and id = ?", key)

    def _write(self, db: sqlite3.Connection, writes: Iterable[Write], jobs: Mapping[str, Key]) -> None:
        plans, accounts, people, records = [], [], [], []
        for write in writes:
            match write.record:
                case Plan():
                    plans.append(write)
                case Account() as account:
                    accounts.append(rows.account_row(self._tenant, account, write.read + 1))
                    people += rows.account_people(self._tenant, account)
                case record:
                    records.append(rows.record_row(self._tenant, record, write.read + 1))
        if plans:
            self._write_plans(db, plans, jobs)
        db.executemany(_PUT["account"], accounts)
        gone = "delete from account_person where tenant = ? and account_id = ?"
        db.executemany(gone, ((self._tenant, row[1]) for row in accounts))
        db.executemany("insert into account_person (tenant, person_id, account_id) values (?, ?, ?)", people)
        db.executemany(_PUT["record"], records)

    def _write_plans(self, db: sqlite3.Connection, writes: Sequence[Write], jobs: Mapping[str, Key]) -> None:
        """The rows of plans; of those that are stored already, the rows that differ."""
        plans = [(cast(Plan, write.record), write.read) for write in writes]
        # A row of a job may pass from one plan to another in one batch, so it is given up first.
        moved = [(self._tenant, plan.id) for plan, _ in plans if plan.id in jobs and jobs[plan.id] != job_of(plan)]
        db.executemany("update plan set job = null, job_row = null where tenant = ? and id = ?", moved)
        db.executemany(_PUT["plan"], (rows.plan_row(self._tenant, plan, read + 1) for plan, read in plans))
        for table, rows_of in _PARTS:
            new = (rows_of(self._tenant, plan, count()) for plan, read in plans if read == 0)
            db.executemany(_ADD[table], chain.from_iterable(new))
            for plan, read in plans:
                if read:
                    self._write_parts(db, table, rows_of, plan)

    def _write_parts(self, db: sqlite3.Connection, table: str, rows_of: RowsOf, plan: Plan) -> None:
        """The rows of the tasks or objectives of a stored plan: only those that differ."""
        stored = {row[_ID]: row for row in self._select(db, table, _COLUMNS[table], "plan_id", (plan.id,))}
        ids = [one.id for one in getattr(plan, f"{table}s")]
        places = rows.positions(ids, {id: row[_POSITION] for id, row in stored.items()})
        changed = [row for row in rows_of(self._tenant, plan, places) if row != stored.get(row[_ID])]
        gone = [(self._tenant, plan.id, id) for id in stored.keys() - set(ids)]
        if gone:
            db.executemany(f"delete from {table} where tenant = ? and plan_id = ? and id = ?", gone)
        if changed:
            db.executemany(_PUT[table], changed)

    def _tell(self, db: sqlite3.Connection, batch: Batch) -> None:
        entries = ((self._tenant, one.record, one.id, one.revision, encode_entry(one)) for one in batch.entries)
        db.executemany("insert into journal (tenant, record, id, revision, data) values (?, ?, ?, ?, ?)", entries)
        messages = (rows.message_row(self._tenant, one) for one in batch.messages)
        sql = "insert into outbox (tenant, key, data) values (?, ?, ?) on conflict (tenant, key) do nothing"
        db.executemany(sql, messages)


RowsOf = Callable[[str, Plan, Iterable[int]], list[Row]]

_PARTS: tuple[tuple[str, RowsOf], ...] = (("objective", rows.objective_rows), ("task", rows.task_rows))
_COLUMNS = {
    "plan": rows.PLAN,
    "objective": rows.OBJECTIVE,
    "task": rows.TASK,
    "account": rows.ACCOUNT,
    "record": rows.RECORD,
}
_KEYS = {
    "plan": ("tenant", "id"),
    "objective": ("tenant", "plan_id", "id"),
    "task": ("tenant", "plan_id", "id"),
    "account": ("tenant", "id"),
    "record": ("tenant", "kind", "id"),
}
_ID, _POSITION = (rows.TASK.index(name) for name in ("id", "position"))
_MAKE: dict[type, Callable[[Row], Any]] = {
    PlanQuery: rows.plan_head,
    TaskQuery: rows.found_task,
    ObjectiveQuery: rows.found_objective,
    TouchpointQuery: rows.record_of,
    AccountQuery: rows.account_from,
    RecordQuery: rows.record_of,
}


def _add(table: str) -> str:
    columns = _COLUMNS[table]
    names, marks = ", ".join(f'"{name}"' for name in columns), ", ".join("?" * len(columns))
    return f"insert into {table} ({names}) values ({marks})"


def _put(table: str) -> str:
    values = ", ".join(f'"{name}" = excluded."{name}"' for name in _COLUMNS[table] if name not in _KEYS[table])
    return f"{_add(table)} on conflict ({', '.join(_KEYS[table])}) do update set {values}"


_ADD = {table: _add(table) for table in _COLUMNS}
_PUT = {table: _put(table) for table in _COLUMNS}


def _by_kind(keys: Iterable[Key]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for kind, id in keys:
        found.setdefault(kind, []).append(id)
    return found
