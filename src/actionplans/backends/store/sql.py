"""What the stores in SQL databases share: rows read and written, all that goes with one commit, in one order.

A database is asked in a transaction that it begins and ends itself: see `dialect`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import chain, count, groupby
from operator import itemgetter
from typing import Any, TypeVar, cast

from actionplans.backends.store import queries, rows
from actionplans.backends.store.dialect import Access, Database, Row
from actionplans.backends.store.maintained import Maintenance
from actionplans.backends.store.outbox import SqlOutbox
from actionplans.chain import Link
from actionplans.errors import Invalid, NotFound
from actionplans.journal import Entry
from actionplans.messages import posted
from actionplans.model import Account, Plan
from actionplans.storage import (
    KINDS,
    AccountQuery,
    Batch,
    DeliveryQuery,
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
from actionplans.storing import (
    Key,
    check_batch,
    check_launched,
    check_links,
    check_record,
    check_revisions,
    check_tenant,
    checked_ids,
    checked_rows,
    erased,
    job_of,
    launched,
    new_links,
    page_of,
    start_of,
    unsound,
)

R = TypeVar("R", bound=Record)

_CHUNK = 500
_UNFIT = (TypeError, ValueError, AttributeError, OverflowError)
"""What comes of values that nobody has verified (C16), besides what the driver says of them."""


class SqlStore(SqlOutbox, Maintenance):
    """Records as rows of the tables of `schema`."""

    durable = True

    def __init__(self, base: Database, name: str, tenant: str) -> None:
        """The tenant's part of a database that has the tables."""
        self.name = name
        self._base, self._tenant, self._decoding = base, check_tenant(tenant), rows.Decoding(name)

    def get(self, cls: type[R], id: str) -> R:
        """As `Store.get`."""
        for found in self.get_many(cls, (id,)).values():
            return found
        raise NotFound(kind_of(cast(type[Record], cls)), id)

    def get_many(self, cls: type[R], ids: Iterable[str]) -> dict[str, R]:
        """As `Store.get_many`."""
        kind, wanted = checked_ids(cls, ids)
        some = (wanted[n : n + _CHUNK] for n in range(0, len(wanted), _CHUNK))
        with self._decoding:
            found: dict[str, Any] = {id_of(one): one for ids in some for one in self._records(kind, ids)}
        return {id: found[id] for id in wanted if id in found}

    def _records(self, kind: str, ids: Sequence[str]) -> Iterable[Record]:
        if kind == "plan":
            return self._plans(ids)
        if kind == "account":
            return map(rows.account_from, self._found(self._asked("account", rows.ACCOUNT, "id", ids)))
        return map(rows.record_of, self._found(self._asked("record", rows.RECORD, "id", ids, kind=kind)))

    def find(self, query: Query, *, limit: int = 100, after: str | None = None) -> Page[Any]:
        """As `Store.find`."""
        start = start_of(query, limit, after)
        make = _MAKE[type(query)]
        asked = tuple(queries.statements(self._base.dialect, self._tenant, query, start))
        found: list[Any] = []
        with self._decoding:
            if len(asked) == 1:
                found += map(make, self._found(asked[0], limit + 1))
            else:
                with self._base.reading() as db:
                    for one in asked:
                        if len(found) <= limit:
                            found += map(make, db.rows(*one.question(limit + 1 - len(found))))
            return page_of(query, found, limit)

    def commit(self, batch: Batch) -> None:
        """As `Store.commit`: one transaction (C2)."""
        read, mine = check_batch(batch), launched(batch)
        unfit: tuple[type[Exception], ...] = (*_UNFIT, *self._base.unfit)

        def work(db: Access) -> None:
            current, jobs = self._current(db, read)
            check_revisions(read, current)
            check_launched(batch, self._launched(db, mine))
            links = new_links(batch, self._recorded(db, batch.entries))
            try:
                self._remove(db, batch)
                self._write(db, batch.writes, jobs)
                self._tell(db, batch, links)
            except unfit as error:
                found = unsound(batch)
                if not found:
                    raise
                raise Invalid("batch", found) from error

        self._base.write(work)

    def launched(self, job: str, rows: Iterable[str]) -> dict[str, str]:
        """As `Store.launched`."""
        keys = checked_rows(job, rows)
        with self._decoding, self._base.reading() as db:
            found = self._launched(db, keys)
        return {row: found[job, row] for job, row in keys if (job, row) in found}

    def journal(self, kind: str, id: str, *, after: int = 0) -> Iterator[Entry]:
        """As `Store.journal`."""
        if not check_record(kind, id, after):
            return iter(())
        asked = self._asked("journal", rows.JOURNAL, "id", (id,), "revision", record=kind)
        asked.where("revision > ?", after)
        with self._decoding:
            return iter([rows.link_of(row).entry() for row in self._found(asked)])

    def links(self, *, after: tuple[str, str, int] | None = None, limit: int = 1000) -> tuple[Link, ...]:
        """As `Store.links`."""
        asked = queries.Statement(self._base.dialect, "journal", rows.JOURNAL, ("record", "id", "revision"))
        asked.equal("tenant", self._tenant)
        asked.where("(record, id, revision) > (?, ?, ?)", *check_links(after, limit))
        with self._decoding:
            return tuple(map(rows.link_of, self._found(asked, limit)))

    def revisions(self, kind: str, ids: Iterable[str]) -> dict[str, int]:
        """As `Store.revisions`."""
        wanted = checked_ids(KINDS.get(kind), ids)[1]
        with self._base.reading() as db:
            return {id: revision for id, revision, *_ in self._stored(db, kind, wanted)}

    def unrecorded(self, kind: str) -> tuple[str, ...]:
        """As `Store.unrecorded`."""
        check_record(kind, "", 0)
        table = table_of(kind)
        asked = queries.Statement(self._base.dialect, table, ("id",), ("id",))
        asked.equal("tenant", self._tenant)
        if table == "record":
            asked.equal("kind", kind)
        known = "select 1 from @journal as entry where entry.tenant = ? and entry.record = ? and entry.id = {}.id"
        asked.where(f"not exists ({known.format(table)})", self._tenant, kind)
        return tuple(id for (id,) in self._found(asked))

    def purge(self) -> None:
        """As `Store.purge`."""
        self._base.purge()

    def close(self) -> None:
        """As `Store.close`."""
        self._base.close()

    def _found(self, asked: queries.Statement, many: int | None = None) -> Iterable[Row]:
        (found,) = self._base.ask(asked.question(many))
        return found

    def _asked(
        self, table: str, columns: tuple[str, ...], key: str, ids: Iterable[str], *order: str, **equal: str
    ) -> queries.Statement:
        """The rows of this tenant with one of the ids in the column `key`."""
        asked = queries.Statement(self._base.dialect, table, columns, order)
        asked.equal("tenant", self._tenant)
        for column, value in equal.items():
            asked.equal(column, value)
        asked.among(key, ids)
        return asked

    def _select(
        self, db: Access, table: str, columns: tuple[str, ...], key: str, ids: Iterable[str], *order: str, **equal: str
    ) -> Iterable[Row]:
        asked = self._asked(table, columns, key, ids, *order, **equal)
        return db.rows(asked.text(), asked.values)

    def _plans(self, ids: Sequence[str]) -> Iterator[Plan]:
        asked = [self._asked(table, columns, "plan_id", ids, "plan_id", "position") for table, columns in _READ.items()]
        asked.append(self._asked("plan", rows.PLAN, "id", ids))
        *parts, plans = self._base.ask(*(one.question() for one in asked))
        objectives, tasks = ({id: tuple(some) for id, some in groupby(part, key=itemgetter(0))} for part in parts)
        for row in plans:
            yield rows.plan_of(row, objectives.get(row[1], ()), tasks.get(row[1], ()))

    def _current(self, db: Access, read: Iterable[Key]) -> tuple[dict[Key, int], dict[str, Key]]:
        """The revisions of those of the records that are there, and the (job, row) of launched plans by id.

        Two that change the same records lock them in one order, so that neither waits for the other.
        """
        current: dict[Key, int] = {}
        jobs: dict[str, Key] = {}
        for kind, ids in _by_kind(sorted(read)).items():
            for id, revision, *job in self._stored(db, kind, ids, self._base.dialect.locked):
                current[kind, id] = revision
                if job and job[0] is not None:
                    jobs[id] = (job[0], job[1])
        return current, jobs

    def _stored(self, db: Access, kind: str, ids: Iterable[str], locked: str = "") -> Iterable[Row]:
        """Id and revision of those of the records that are there; of plans also the job and row that launched them."""
        columns = ("id", "revision", "job", "job_row") if kind == "plan" else ("id", "revision")
        table = table_of(kind)
        of_kind = {"kind": kind} if table == "record" else {}
        asked = self._asked(table, columns, "id", ids, "id", **of_kind)
        return db.rows(asked.text() + locked, asked.values)

    def _launched(self, db: Access, mine: Iterable[Key]) -> dict[Key, str]:
        """Those of the rows of bulk launches that a stored plan has, with its id."""
        found: dict[Key, str] = {}
        for job, job_rows in _by_kind(mine).items():
            chosen = self._select(db, "plan", ("job_row", "id"), "job_row", job_rows, job=job)
            found.update(((job, row), id) for row, id in chosen)
        return found

    def _recorded(self, db: Access, entries: Iterable[Entry]) -> dict[Key, tuple[int, str]]:
        """The last revision and hash in the journal of each of the records, where it is not below the one before."""
        found: dict[Key, tuple[int, str]] = {}
        alike: dict[tuple[str, int], list[str]] = {}
        for entry in entries:
            alike.setdefault((entry.record, entry.revision), []).append(entry.id)
        for (kind, revision), ids in alike.items():
            asked = self._asked("journal", ("id", "revision", "hash"), "id", ids, "id", "revision", record=kind)
            asked.where("revision >= ?", revision - 1)
            found.update(((kind, id), (known, hash)) for id, known, hash in db.rows(asked.text(), asked.values))
        return found

    def _remove(self, db: Access, batch: Batch) -> None:
        gone = [(self._tenant, one.kind, one.id) for one in batch.removals]
        for table, parts in (("plan", ("task", "objective")), ("account", ("account_person",))):
            keys = [(tenant, id) for tenant, kind, id in gone if kind == table]
            for part in parts:  # a host's SQLite connection may do without foreign keys
                db.each(f"delete from @{part} where tenant = ? and {table}_id = ?", keys)
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
        stored = [[self._parts(db, table, plan) if read else {} for table, _ in _PARTS] for plan, read in plans]
        parts = [self._part_rows(plan, known) for (plan, _), known in zip(plans, stored, strict=True)]
        made = [
            (rows.plan_row(self._tenant, plan, read + 1, *of_plan), read)
            for (plan, read), of_plan in zip(plans, parts, strict=True)
        ]
        self._store(db, "plan", made)
        for n, (table, _) in enumerate(_PARTS):
            new = (of_plan[n] for of_plan, (_, read) in zip(parts, plans, strict=True) if not read)
            db.add(table, _COLUMNS[table], chain.from_iterable(new))
            for (plan, read), known, of_plan in zip(plans, stored, parts, strict=True):
                if read:
                    self._write_parts(db, table, plan, known[n], of_plan[n])

    def _parts(self, db: Access, table: str, plan: Plan) -> dict[str, Row]:
        """The stored rows of the tasks or objectives of a plan, by id."""
        return {row[_ID]: row for row in self._select(db, table, _COLUMNS[table], "plan_id", (plan.id,))}

    def _part_rows(self, plan: Plan, stored: Sequence[Mapping[str, Row]]) -> list[list[Row]]:
        """The rows of the objectives and of the tasks of a plan."""
        found = []
        for (table, rows_of), known in zip(_PARTS, stored, strict=True):
            places: Iterable[int] = count()
            if known:
                ids = [one.id for one in getattr(plan, f"{table}s")]
                places = rows.positions(ids, {id: row[_POSITION] for id, row in known.items()})
            found.append(rows_of(self._tenant, plan, places))
        return found

    def _write_parts(self, db: Access, table: str, plan: Plan, stored: Mapping[str, Row], made: Sequence[Row]) -> None:
        """Of the rows of the tasks or objectives of a stored plan only those that differ."""
        changed = [row for row in made if row != stored.get(row[_ID])]
        gone = [(self._tenant, plan.id, id) for id in stored.keys() - {row[_ID] for row in made}]
        db.each(f"delete from @{table} where tenant = ? and plan_id = ? and id = ?", gone)
        db.each(_PUT[table], changed)

    def _tell(self, db: Access, batch: Batch, links: Iterable[Link]) -> None:
        db.add("journal", rows.JOURNAL, (rows.link_row(self._tenant, one) for one in links))
        if gone := erased(batch):
            sql = "update @journal set personal = null where tenant = ? and record = ? and id = ?"
            db.each(sql, [(self._tenant, *key) for key in gone])
            self._blank(db, gone)
        messages = (rows.delivery_row(self._tenant, posted(one)) for one in batch.messages)
        db.each(f"{insertion('outbox', rows.OUTBOX)} on conflict (tenant, key) do nothing", messages)


RowsOf = Callable[[str, Plan, Iterable[int]], list[Row]]

_PARTS: tuple[tuple[str, RowsOf], ...] = (("objective", rows.objective_rows), ("task", rows.task_rows))
_COLUMNS = {
    "plan": rows.PLAN,
    "objective": rows.OBJECTIVE,
    "task": rows.TASK,
    "account": rows.ACCOUNT,
    "record": rows.RECORD,
}
_READ = {"objective": rows.OBJECTIVE_READ, "task": rows.TASK_READ}
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
    DeliveryQuery: rows.delivery_of,
}


def table_of(kind: str) -> str:
    """Where the records of a kind are."""
    return kind if kind in ("plan", "account") else "record"


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
