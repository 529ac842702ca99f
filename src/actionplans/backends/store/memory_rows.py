"""What the store in memory has as rows of the tables, and back: for backups (S8)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import chain, count, islice
from typing import TYPE_CHECKING, Any

from actionplans.backends.store import rows, schema
from actionplans.backends.store.backup import CHUNK, BackupFile, chunks, counted
from actionplans.backends.store.dialect import Row
from actionplans.backends.store.sql import SqlStore
from actionplans.model import Account, Plan
from actionplans.storage import KINDS, head_of, id_of
from actionplans.storing import job_of

if TYPE_CHECKING:
    from actionplans.backends.store.memory import Shelf


def tables_of(shelf: Shelf, tenant: str) -> tuple[int, dict[str, Iterator[list[Row]]]]:
    """How many rows a shelf makes, and the rows of each table; the values are those of one moment."""
    with shelf.lock:
        records = {kind: tuple(of_kind.values()) for kind, of_kind in shelf.records.items()}
        links, outbox = tuple(chain.from_iterable(shelf.journal.values())), tuple(shelf.outbox.values())
    plans: tuple[Plan, ...] = records.pop("plan")
    accounts: tuple[Account, ...] = records.pop("account")
    others = tuple(chain.from_iterable(records.values()))
    made: dict[str, Iterable[Row]] = {
        "plan": (_plan(tenant, one) for one in plans),
        "objective": chain.from_iterable(rows.objective_rows(tenant, one, count()) for one in plans),
        "task": chain.from_iterable(rows.task_rows(tenant, one, count()) for one in plans),
        "account": (rows.account_row(tenant, one, one.revision) for one in accounts),
        "account_person": chain.from_iterable(rows.account_people(tenant, one) for one in accounts),
        "record": (rows.record_row(tenant, one, one.revision) for one in others),
        "journal": (rows.link_row(tenant, one) for one in links),
        "outbox": (rows.delivery_row(tenant, one) for one in outbox),
    }
    parts = sum(len(plan.objectives) + len(plan.tasks) for plan in plans)
    people = sum(len(rows.account_people(tenant, one)) for one in accounts)
    many = sum(map(len, (plans, accounts, others, links, outbox))) + parts + people
    return many, {table: _some(made[table]) for table in schema.TABLES}


def fill(shelf: Shelf, backup: BackupFile, tenant: str) -> Iterator[tuple[int, int]]:
    """Put what a backup has on an empty shelf; tells how many rows are done, and how many there are."""
    store = SqlStore(backup, backup.name, tenant)
    with backup.reading() as db:
        done, many = 0, sum(counted(db, tenant).values())
    for table in schema.TABLES:
        with backup.reading() as db:
            for some in chunks(db.rows, tenant, table):
                for record in _records(store, table, some):
                    _put(shelf, table, record)
                done += len(some)
                yield done, many


def _records(store: SqlStore, table: str, some: list[Row]) -> Iterable[Any]:
    if table == "plan":
        return store.get_many(Plan, (row[1] for row in some)).values()
    return map(_MADE[table], some) if table in _MADE else ()  # the others are read with their plan or account


def _put(shelf: Shelf, table: str, record: Any) -> None:
    if table == "journal":
        shelf.journal.setdefault((record.record, record.id), []).append(record)
    elif table == "outbox":
        shelf.outbox[record.message.key] = record
    else:
        kind = next(kind for kind, cls in KINDS.items() if type(record) is cls)
        shelf.records[kind][id_of(record)] = record
    if table == "plan":
        shelf.heads[record.id] = head_of(record)
        if (job := job_of(record)) is not None:
            shelf.launches[job] = record.id


_MADE: dict[str, Callable[[Row], Any]] = {
    "account": rows.account_from,
    "record": rows.record_of,
    "journal": rows.link_of,
    "outbox": lambda row: rows.delivery_of(row[1:-1]),
}


def _plan(tenant: str, plan: Plan) -> Row:
    parts = rows.objective_rows(tenant, plan, count()), rows.task_rows(tenant, plan, count())
    return rows.plan_row(tenant, plan, plan.revision, *parts)


def _some(made: Iterable[Row]) -> Iterator[list[Row]]:
    made = iter(made)
    while some := list(islice(made, CHUNK)):
        yield some
