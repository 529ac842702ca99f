"""What the stores in SQL databases share: rows read and written, all that goes with one commit, in one order.

A database is asked in a transaction that it begins and ends itself: see `dialect`.
"""

from __future__ import annotations

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
from actionplans.backends.store.dialect import Access, Database, Row
from actionplans.backends.store.pages import page_of, start_of
from actionplans.codec import decode_entry, encode_entry
from actionplans.errors import Invalid, NotFound, StoreCorrupt
from actionplans.journal import Entry
from actionplans.model import Account, Plan
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
    TaskQuery,
    TouchpointQuery,
    Write,
    id_of,
    kind_of,
)

R = TypeVar("R", bound=Record)

_CHUNK = 500
_UNFIT = (TypeError, ValueError, AttributeError, OverflowError)
"""What comes of values that nobody has verified (C16), besides what the driver says of them."""


class SqlStore:
    """Records as rows of the tables of `schema`."""

    durable = True

    def __init__(self, base: Database, name: str, tenant: str) -> None:
        """The tenant's part of a database that has the tables."""
        self.name = name
        self._base, self._tenant = base, check_tenant(tenant)

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
            with self._decoding(), self._base.reading() as db:
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
        with self._decoding(), self._base.reading() as db:
            for asked in queries.statements(self._base.dialect, self._tenant, query, start):
                if len(found) <= limit:
                    found += map(make, db.rows(f"{asked.text()} limit ?", (*asked.values, limit + 1 - len(found))))
        return page_of(query, found, limit)

    def commit(self, batch: Batch) -> None:
        """As `Store.commit`: one transaction (C2)."""
        read, mine = check_batch(batch), launched(batch)
        unfit: tuple[type[Exception], ...] = (*_UNFIT, *self._base.unfit)

        def work(db: Access) -> None:
            current, jobs = self._current(db, read)
            check_revisions(read, current)
            check_launched(batch, mine, self._launched(db, mine))
            check_new_entries(batch, self._recorded(db, batch.entries))
            try:
                self._remove(db, batch)
                self._write(db, batch.writes, jobs)
                self._tell(db, batch)
            except unfit as error:
                found = unsound(batch)
                if not found:
                    raise
                raise Invalid("batch", found) from error

        self._base.write(work)

    def launched(self, job: str, rows: Iterable[str]) -> dict[str, str]:
        """As `Store.launched`."""
        keys = checked_rows(job, rows)
        with self._decoding(), self._base.reading() as db:
            found = self._launched(db, keys)
        return {row: found[job, row] for job, row in keys if (job, row) in found}

    def journal(self, kind: str, id: str, *, after: int = 0) -> Iterator[Entry]:
        """As `Store.journal`."""
        if not check_record(kind, id, after):
            return iter(())
        sql = "select data from @journal where tenant = ? and record = ? and id = ? and revision > ? order by revision"
        with self._decoding(), self._base.reading() as db:
            return iter([decode_entry(data) for (data,) in db.rows(sql, (self._tenant, kind, id, after))])

    def messages(self) -> Iterator[Message]:
        """As `Store.messages`."""
        with self._decoding(), self._base.reading() as db:
            found = db.rows("select key, data from @outbox where tenant = ? order by number", (self._tenant,))
            return iter([rows.message_of(*row) for row in found])

    def close(self) -> None:
        """As `Store.close`."""
        self._base.close()

    @contextmanager
    def _decoding(self) -> Iterator[None]:
        """What is stored and is no value of ours has been damaged, or written by somebody else."""
        try:
            yield
        except (ValueError, TypeError, LookupError, AttributeError) as error:
            raise StoreCorrupt(self.name, str(error)) from error

    def _asked(
        self, table: str, columns: Iterable[str], key: str, ids: Iterable[str], *order: str, **equal: str
    ) -> queries.Statement:
        """The rows of this tenant with one of the ids in the column `key`."""
        asked = queries.Statement(self._base.dialect, table, columns, order)
        asked.equal("tenant", self._tenant)
        for column, value in equal.items():
            asked.equal(column, value)
        asked.among(key, ids)
        return asked

    def _select(
        self, db: Access, table: str, columns: Iterable[str], key: str, ids: Iterable[str], *order: str, **equal: str
    ) -> Iterable[Row]:
        asked = self._asked(table, columns, key, ids, *order, **equal)
        return db.rows(asked.text(), asked.values)

    def _plans(self, db: Access, ids: Iterable[str]) -> Iterator[Plan]:
        ids = tuple(ids)
        parts = []
        for table, columns in (("objective", rows.OBJECTIVE), ("task", rows.TASK)):
            found = self._select(db, table, columns, "plan_id", ids, "plan_id", "position")
            parts.append({id: tuple(some) for id, some in groupby(found, key=itemgetter(1))})
        objectives, tasks = parts
        for row in self._select(db, "plan", rows.PLAN, "id", ids):
            yield rows.plan_of(row, objectives.get(row[1], ()), tasks.get(row[1], ()))

    def _current(self, db: Access, read: Iterable[Key]) -> tuple[dict[Key, int], dict[str, Key]]:
        """The revisions of those of the records that are there, and the (job, row) of launched plans by id.

        Two that change the same records lock them in one order, so that neither waits for the other.
        """
        current: dict[Key, int] = {}
        jobs: dict[str, Key] = {}
        for kind, ids in _by_kind(sorted(read)).items():
            columns = ("id", "revision", "job", "job_row") if kind == "plan" else ("id", "revision")
            table = kind if kind in ("plan", "account") else "record"
            of_kind = {"kind": kind} if table == "record" else {}
            asked = self._asked(table, columns, "id", ids, "id", **of_kind)
            for id, revision, *job in db.rows(asked.text() + self._base.dialect.locked, asked.values):
                current[kind, id] = revision
                if job and job[0] is not None:
                    jobs[id] = (job[0], job[1])
        return current, jobs

    def _launched(self, db: Access, mine: Iterable[Key]) -> dict[Key, str]:
        """Those of the rows of bulk launches that a stored plan has, with its id."""
        found: dict[Key, str] = {}
        for job, job_rows in _by_kind(mine).items():
            chosen = self._select(db, "plan", ("job_row", "id"), "job_row", job_rows, job=job)
            found.update(((job, row), id) for row, id in chosen)
        return found

    def _recorded(self, db: Access, entries: Iterable[Entry]) -> dict[Key, int]:
        """A revision that the journal has of each of the records, where it is not below that of the entry."""
        found: dict[Key, int] = {}
        alike: dict[tuple[str, int], list[str]] = {}
        for entry in entries:
            alike.setdefault((entry.record, entry.revision), []).append(entry.id)
        for (kind, revision), ids in alike.items():
            asked = self._asked("journal", ("id", "revision"), "id", ids, record=kind)
            asked.where("revision >= ?", revision)
            found.update(((kind, id), known) for id, known in db.rows(asked.text(), asked.values))
        return found

    def _remove(self, db: Access, batch: Batch) -> None:
        gone = [(self._tenant, one.kind, one.id) for one in batch.removals]
        for table in ("plan", "account"):
            keys = [(tenant, id) for tenant, kind, id in gone if kind == table]
            db.each(f"delete from @{table} where tenant = ? and id = ?", keys)
        others = [key for key in gone if key[1] not in ("plan", "account")]
        db.each("delete from @record where tenant = ? and kind = ? and id = ?", others)

    def _write(self, db: Access, writes: Iterable[Write], jobs: Mapping[str, Key]) -> None:
        plans: list[tuple[Plan, int]] = []
        accounts: list[tuple[Account, int]] = []
        others: list[tuple[Record, int]] = []
        for write in writes:
            match write.record:
                case Plan() as plan:
                    plans.append((plan, write.read))
                case Account() as account:
                    accounts.append((account, write.read))
                case record:
                    others.append((record, write.read))
        tenant = self._tenant
        if plans:
            self._write_plans(db, plans, jobs)
        self._store(db, "account", [(rows.account_row(tenant, one, read + 1), read) for one, read in accounts])
        gone = "delete from @account_person where tenant = ? and account_id = ?"
        db.each(gone, [(tenant, one.id) for one, read in accounts if read])
        people = chain.from_iterable(rows.account_people(tenant, one) for one, _ in accounts)
        db.add("account_person", rows.ACCOUNT_PERSON, people)
        self._store(db, "record", [(rows.record_row(tenant, one, read + 1), read) for one, read in others])

    def _store(self, db: Access, table: str, found: Sequence[tuple[Row, int]]) -> None:
        """New rows, and those that take the place of what was read."""
        db.add(table, _COLUMNS[table], (row for row, read in found if not read))
        db.each(_PUT[table], (row for row, read in found if read))

    def _write_plans(self, db: Access, plans: Sequence[tuple[Plan, int]], jobs: Mapping[str, Key]) -> None:
        """The rows of plans; of those that are stored already, the rows that differ."""
        # A row of a job may pass from one plan to another in one batch, so it is given up first.
        moved = [(self._tenant, plan.id) for plan, _ in plans if plan.id in jobs and jobs[plan.id] != job_of(plan)]
        db.each("update @plan set job = null, job_row = null where tenant = ? and id = ?", moved)
        self._store(db, "plan", [(rows.plan_row(self._tenant, plan, read + 1), read) for plan, read in plans])
        for table, rows_of in _PARTS:
            new = (rows_of(self._tenant, plan, count()) for plan, read in plans if read == 0)
            db.add(table, _COLUMNS[table], chain.from_iterable(new))
            for plan, read in plans:
                if read:
                    self._write_parts(db, table, rows_of, plan)

    def _write_parts(self, db: Access, table: str, rows_of: RowsOf, plan: Plan) -> None:
        """The rows of the tasks or objectives of a stored plan: only those that differ."""
        stored = {row[_ID]: row for row in self._select(db, table, _COLUMNS[table], "plan_id", (plan.id,))}
        ids = [one.id for one in getattr(plan, f"{table}s")]
        places = rows.positions(ids, {id: row[_POSITION] for id, row in stored.items()})
        changed = [row for row in rows_of(self._tenant, plan, places) if row != stored.get(row[_ID])]
        gone = [(self._tenant, plan.id, id) for id in stored.keys() - set(ids)]
        db.each(f"delete from @{table} where tenant = ? and plan_id = ? and id = ?", gone)
        db.each(_PUT[table], changed)

    def _tell(self, db: Access, batch: Batch) -> None:
        entries = ((self._tenant, one.record, one.id, one.revision, encode_entry(one)) for one in batch.entries)
        db.add("journal", rows.JOURNAL, entries)
        messages = (rows.message_row(self._tenant, one) for one in batch.messages)
        sql = "insert into @outbox (tenant, key, data) values (?, ?, ?) on conflict (tenant, key) do nothing"
        db.each(sql, messages)


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


def insertion(table: str, columns: Sequence[str]) -> str:
    """The statement that adds a row."""
    names, marks = ", ".join(f'"{name}"' for name in columns), ", ".join("?" * len(columns))
    return f"insert into @{table} ({names}) values ({marks})"


def _put(table: str) -> str:
    values = ", ".join(f'"{name}" = excluded."{name}"' for name in _COLUMNS[table] if name not in _KEYS[table])
    key = ", ".join(_KEYS[table])
    return f"{insertion(table, _COLUMNS[table])} on conflict ({key}) do update set {values}"


_PUT = {table: _put(table) for table in _COLUMNS}


def _by_kind(keys: Iterable[Key]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for kind, id in keys:
        found.setdefault(kind, []).append(id)
    return found
