"""The store in memory: it keeps nothing past the process, and says so. For tests, trials and notebooks."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from typing import Any, TypeVar, cast

import attrs
from attrs import define, field

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
)
from actionplans.backends.store.pages import page_of, position, start_of
from actionplans.errors import NotFound, StoreClosed, StoreUnknown
from actionplans.journal import Entry
from actionplans.model import Plan
from actionplans.plugins import hookimpl
from actionplans.storage import (
    KINDS,
    AccountQuery,
    Batch,
    FoundObjective,
    FoundTask,
    Message,
    ObjectiveQuery,
    Page,
    PlanHead,
    PlanQuery,
    Query,
    Record,
    RecordQuery,
    Store,
    TouchpointQuery,
    head_of,
    id_of,
    kind_of,
    matches,
)

R = TypeVar("R", bound=Record)


@hookimpl
def actionplans_stores() -> dict[str, Callable[..., Store]]:
    """The URL scheme `memory`."""
    return {"memory": open_memory}


def open_memory(url: str, *, tenant: str = "", busy_timeout: float = 10.0) -> Store:
    """An empty store in memory: the URL is `memory:` and nothing more. Nobody waits here, so the time-out is unused."""
    if url != "memory:":
        raise StoreUnknown(url, "a store in memory has no name or path")
    return cast(Store, MemoryStore(tenant=tenant))


@define
class Shelf:
    """What one tenant has. `launches` are the plans of bulk launches by (job, row)."""

    records: dict[str, dict[str, Any]] = field(factory=lambda: {kind: {} for kind in KINDS})
    heads: dict[str, PlanHead] = field(factory=dict)
    launches: dict[Key, str] = field(factory=dict)
    journal: dict[Key, list[Entry]] = field(factory=dict)
    outbox: dict[str, Message] = field(factory=dict)
    lock: threading.Lock = field(factory=threading.Lock)


class MemoryStore:
    """Records in dictionaries, by tenant. Stores that are given the same `shelves` share what they keep.

    The lock is held only while ready values are put in their places or taken out, so readers wait for no work.
    """

    durable = False

    def __init__(self, *, tenant: str = "", shelves: dict[str, Shelf] | None = None) -> None:
        """An empty store, or one more door to `shelves`."""
        self.name = "memory:"
        self._shelf = ({} if shelves is None else shelves).setdefault(check_tenant(tenant), Shelf())
        self._closed = False

    def get(self, cls: type[R], id: str) -> R:
        """As `Store.get`."""
        for found in self.get_many(cls, (id,)).values():
            return found
        raise NotFound(kind_of(cast(type[Record], cls)), id)

    def get_many(self, cls: type[R], ids: Iterable[str]) -> dict[str, R]:
        """As `Store.get_many`."""
        shelf = self._open()
        kind, wanted = checked_ids(cls, ids)
        with shelf.lock:
            records = shelf.records[kind]
            return {id: records[id] for id in wanted if id in records}

    def find(self, query: Query, *, limit: int = 100, after: str | None = None) -> Page[Any]:
        """As `Store.find`: everything there is, asked one by one and sorted."""
        shelf, start = self._open(), start_of(query, limit, after)
        found = [(position(one), one) for one, plan in _candidates(shelf, query) if matches(query, one, plan)]
        found = sorted((pair for pair in found if start is None or pair[0] > start), key=lambda pair: pair[0])
        return page_of(query, [one for _, one in found[: limit + 1]], limit)

    def commit(self, batch: Batch) -> None:
        """As `Store.commit`."""
        shelf = self._open()
        read, mine = check_batch(batch), launched(batch)
        records = [attrs.evolve(write.record, revision=write.read + 1) for write in batch.writes]
        heads = {record.id: head_of(record) for record in records if isinstance(record, Plan)}
        with shelf.lock:
            check_revisions(read, {key: _revision(shelf, key) for key in read})
            check_launched(batch, mine, shelf.launches)
            check_new_entries(batch, {key: entries[-1].revision for key, entries in shelf.journal.items()})
            for key in read:
                _take_out(shelf, key)
            for record in records:
                shelf.records[kind_of(type(record))][id_of(record)] = record
            shelf.heads.update(heads)
            shelf.launches.update(mine)
            for entry in batch.entries:
                shelf.journal.setdefault((entry.record, entry.id), []).append(entry)
            for message in batch.messages:
                shelf.outbox.setdefault(message.key, message)

    def launched(self, job: str, rows: Iterable[str]) -> dict[str, str]:
        """As `Store.launched`."""
        shelf = self._open()
        keys = checked_rows(job, rows)
        with shelf.lock:
            return {key[1]: shelf.launches[key] for key in keys if key in shelf.launches}

    def journal(self, kind: str, id: str, *, after: int = 0) -> Iterator[Entry]:
        """As `Store.journal`."""
        shelf = self._open()
        check_record(kind, id, after)
        with shelf.lock:
            entries = tuple(shelf.journal.get((kind, id), ()))
        return iter([entry for entry in entries if entry.revision > after])

    def messages(self) -> Iterator[Message]:
        """As `Store.messages`."""
        shelf = self._open()
        with shelf.lock:
            return iter(tuple(shelf.outbox.values()))

    def close(self) -> None:
        """As `Store.close`; what was kept is gone with the last store that has these shelves."""
        self._closed = True

    def _open(self) -> Shelf:
        if self._closed:
            raise StoreClosed(self.name, "it was closed")
        return self._shelf


def _revision(shelf: Shelf, key: Key) -> int:
    record = shelf.records[key[0]].get(key[1])
    return record.revision if record is not None else 0


def _take_out(shelf: Shelf, key: Key) -> None:
    record = shelf.records[key[0]].pop(key[1], None)
    if isinstance(record, Plan):
        del shelf.heads[record.id]
        if (job := job_of(record)) is not None:
            del shelf.launches[job]


def _candidates(shelf: Shelf, query: Query) -> Iterable[tuple[Any, PlanHead | None]]:
    """What a query may ask for; a task or objective with the row of its plan."""
    with shelf.lock:
        heads, plans = tuple(shelf.heads.values()), dict(shelf.records["plan"])
        if isinstance(query, AccountQuery | RecordQuery | TouchpointQuery):
            kinds = {AccountQuery: "account", TouchpointQuery: "touchpoint"}
            records = shelf.records[query.kind if isinstance(query, RecordQuery) else kinds[type(query)]]
            return [(record, None) for record in records.values()]
    if isinstance(query, PlanQuery):
        return ((head, None) for head in heads)
    seen = (head for head in heads if head.status != "merged" and not head.archived)
    if isinstance(query, ObjectiveQuery):
        return (
            (FoundObjective(one.id, one.account_id, held), one) for one in seen for held in plans[one.id].objectives
        )
    return ((FoundTask(one.id, one.account_id, held), one) for one in seen for held in plans[one.id].tasks)
