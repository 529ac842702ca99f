"""The store in memory: it keeps nothing past the process, and says so. For tests, trials and notebooks."""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Callable, Iterable, Iterator
from itertools import chain, islice
from pathlib import Path
from typing import Any, TypeVar, cast

import attrs
from attrs import define, field

from actionplans import __version__
from actionplans.chain import Link
from actionplans.errors import NotFound, StoreClosed, StoreUnknown
from actionplans.journal import Entry
from actionplans.messages import posted
from actionplans.model import Plan
from actionplans.plugins import hookimpl
from actionplans.storage import (
    KINDS,
    AccountQuery,
    Batch,
    Delivery,
    DeliveryQuery,
    DeliveryState,
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
from actionplans.storing import (
    Key,
    check_batch,
    check_launched,
    check_links,
    check_record,
    check_revisions,
    check_tenant,
    checked_deliveries,
    checked_end,
    checked_ids,
    checked_lease,
    checked_rows,
    erased,
    job_of,
    kept,
    launched,
    new_links,
    not_empty,
    page_of,
    position,
    start_of,
)
from actionplans.upkeep import Findings, Progress, Report, heard

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
    journal: dict[Key, list[Link]] = field(factory=dict)
    outbox: dict[str, Delivery] = field(factory=dict)
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
        self._closed, self._tenant = False, tenant

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
            check_launched(batch, shelf.launches)
            links = new_links(batch, {key: (its[-1].revision, its[-1].hash) for key, its in _journals(shelf, batch)})
            for key in read:
                _take_out(shelf, key)
            for record in records:
                shelf.records[kind_of(type(record))][id_of(record)] = record
            shelf.heads.update(heads)
            shelf.launches.update(mine)
            for link in links:
                shelf.journal.setdefault((link.record, link.id), []).append(link)
            gone = erased(batch)
            for key in gone:
                shelf.journal[key] = [attrs.evolve(one, personal=None) for one in shelf.journal.get(key, ())]
            for posting in [one for one in shelf.outbox.values() if one.is_about(gone)] if gone else ():
                shelf.outbox[posting.message.key] = posting.blank()
            for message in batch.messages:
                shelf.outbox.setdefault(message.key, posted(message))

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
            links = tuple(shelf.journal.get((kind, id), ()))
        return iter([link.entry() for link in links if link.revision > after])

    def links(self, *, after: tuple[str, str, int] | None = None, limit: int = 1000) -> tuple[Link, ...]:
        """As `Store.links`: the records are sorted for each page."""
        shelf, start = self._open(), check_links(after, limit)
        with shelf.lock:
            links = chain.from_iterable(its for key, its in sorted(shelf.journal.items()) if key >= start[:2])
            return tuple(islice((one for one in links if (one.record, one.id, one.revision) > start), limit))

    def revisions(self, kind: str, ids: Iterable[str]) -> dict[str, int]:
        """As `Store.revisions`."""
        shelf = self._open()
        kind, wanted = checked_ids(KINDS.get(kind), ids)
        with shelf.lock:
            records = shelf.records[kind]
            return {id: records[id].revision for id in wanted if id in records}

    def unrecorded(self, kind: str) -> tuple[str, ...]:
        """As `Store.unrecorded`."""
        shelf = self._open()
        check_record(kind, "", 0)
        with shelf.lock:
            return tuple(sorted(id for id in shelf.records[kind] if not shelf.journal.get((kind, id))))

    def purge(self) -> None:
        """As `Store.purge`: there are no files."""
        self._open()

    def messages(self) -> Iterator[Message]:
        """As `Store.messages`."""
        shelf = self._open()
        with shelf.lock:
            return iter([one.message for one in shelf.outbox.values() if one.state == "waiting"])

    def claim(self, now: dt.datetime, until: dt.datetime, *, limit: int = 100) -> tuple[Delivery, ...]:
        """As `Store.claim`."""
        shelf = self._open()
        checked_lease(now, until, limit)
        with shelf.lock:
            due = [one for one in shelf.outbox.values() if one.state == "waiting" and one.moment <= now]
            due.sort(key=lambda one: one.moment)
            taken = {one.message.key: kept(attrs.evolve(one, moment=until, tries=one.tries + 1)) for one in due[:limit]}
            shelf.outbox.update(taken)
        return tuple(taken.values())

    def settle(self, deliveries: Iterable[Delivery]) -> tuple[str, ...]:
        """As `Store.settle`."""
        shelf, wanted = self._open(), checked_deliveries(deliveries)
        with shelf.lock:
            known = ((key, one, shelf.outbox.get(key)) for key, one in wanted.items())
            mine = {
                key: kept(attrs.evolve(one, message=now.message))
                for key, one, now in known
                if now is not None and (now.state, now.tries) == ("waiting", one.tries)
            }
            shelf.outbox.update(mine)
        return tuple(key for key in wanted if key not in mine)

    def forget(self, state: DeliveryState, before: dt.datetime) -> None:
        """As `Store.forget`."""
        shelf = self._open()
        checked_end(state, before)
        with shelf.lock:
            for key, one in list(shelf.outbox.items()):
                if one.state == state and one.moment < before:
                    del shelf.outbox[key]

    def backup(self, path: Path, *, overwrite: bool = False, progress: Progress | None = None) -> None:
        """As `Maintained.backup`."""
        from actionplans.backends.store.backup import write_file
        from actionplans.backends.store.memory_rows import tables_of

        many, tables = tables_of(self._open(), self._tenant)
        with heard(progress) as told:
            write_file(path, many, tables, overwrite=overwrite, progress=told)

    def restore(
        self,
        path: Path,
        finish: Callable[[Store], None],
        *,
        replace: bool = False,
        progress: Progress | None = None,
    ) -> None:
        """As `Maintained.restore`."""
        from actionplans.backends.store.backup import sound_backup
        from actionplans.backends.store.memory_rows import fill

        shelf, new = self._open(), Shelf()
        with heard(progress) as told, sound_backup(path, self._tenant) as (backup, tenant):
            for done, many in fill(new, backup, tenant):
                told(done, many)
        finish(cast(Store, MemoryStore(tenant=self._tenant, shelves={self._tenant: new})))
        with shelf.lock:
            if not replace and (any(shelf.records.values()) or shelf.journal or shelf.outbox):
                raise not_empty()
            for name in ("records", "heads", "launches", "journal", "outbox"):
                setattr(shelf, name, getattr(new, name))

    def examine(self, progress: Progress | None = None) -> Report:
        """As `Maintained.examine`: values in memory are what they were when they were checked."""
        shelf, found = self._open(), Findings()
        with shelf.lock:
            for kind, records in shelf.records.items():
                if records:
                    found.count(f"{kind}s", len(records))
        many = sum(found.counted.values())
        with heard(progress) as told:
            told(many, many)
        return found.report(self.name, {"library": __version__})

    def conditions(self) -> dict[str, str]:
        """As `Maintained.conditions`."""
        self._open()
        return {"database": "memory"}

    def close(self) -> None:
        """As `Store.close`; what was kept is gone with the last store that has these shelves."""
        self._closed = True

    def _open(self) -> Shelf:
        if self._closed:
            raise StoreClosed(self.name, "it was closed")
        return self._shelf


def _journals(shelf: Shelf, batch: Batch) -> Iterator[tuple[Key, list[Link]]]:
    """The links of the records that a batch has entries for."""
    for entry in batch.entries:
        key = (entry.record, entry.id)
        if links := shelf.journal.get(key):
            yield key, links


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
        if isinstance(query, DeliveryQuery):
            return [(one, None) for one in shelf.outbox.values()]
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
