"""A store that keeps each tenant in one JSON file, for actionplans: `ap.open("json:///folder", ...)`.

Each commit writes the tenant's file anew and puts it in the place of the old one, so what it costs grows with all that
the tenant has: it is meant for hundreds of plans, not for many thousands.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import Any, cast

import attrs

from actionplans import errors, storing
from actionplans.chain import Link
from actionplans.journal import Entry
from actionplans.messages import posted
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
    RecordQuery,
    Store,
    TaskQuery,
    TouchpointQuery,
    head_of,
    kind_of,
    matches,
)
from json_store.file import File, Shelf


@hookimpl
def actionplans_stores() -> dict[str, Callable[..., Store]]:
    """The URL scheme `json`."""
    return {"json": open_json}


def open_json(url: str, *, tenant: str = "", busy_timeout: float = 10.0) -> Store:
    """The store in a folder: `json:///relative/path` or `json:////absolute/path`."""
    return cast(Store, JsonStore(url, tenant, busy_timeout))


class JsonStore:
    """A store as `actionplans.storage` wants it; C1 to C21 are the numbers of its sentences."""

    durable = True

    def __init__(self, url: str, tenant: str = "", busy_timeout: float = 10.0) -> None:
        """Look at the file, if it is there already."""
        self.name = url
        storing.check_tenant(tenant)
        folder = storing.path_in(url, "json", "plans")
        self.file = File(folder, url, tenant, storing.check_timeout(busy_timeout))

    def get(self, cls: type[Any], id: str) -> Any:
        """The record, or `NotFound` (C1)."""
        for found in self.get_many(cls, (id,)).values():
            return found
        raise errors.NotFound(kind_of(cls), id)

    def get_many(self, cls: type[Any] | None, ids: Iterable[str]) -> dict[str, Any]:
        """Those that are there (C1)."""
        (kind, wanted), records = storing.checked_ids(cls, ids), self.file.read().records
        return {id: records[kind, id] for id in wanted if (kind, id) in records}

    def find(self, query: Query, *, limit: int = 100, after: str | None = None) -> Page[Any]:
        """`matches` is asked about everything that there is, and `position` says the order (C8)."""
        shelf, start = self.file.read(), storing.start_of(query, limit, after)
        found = [one for one, plan in candidates(shelf, query) if matches(query, one, plan)]
        behind = [one for one in found if start is None or storing.position(one) > start]
        return storing.page_of(query, sorted(behind, key=storing.position)[: limit + 1], limit)

    def commit(self, batch: Batch) -> None:
        """First what is wrong with the batch itself, then all that may have changed since it was made (C2 to C5)."""
        read = storing.check_batch(batch)
        if wrong := storing.unsound(batch):
            raise errors.Invalid("batch", wrong)
        with self.file.changing() as shelf:
            storing.check_revisions(read, shelf.revisions(read))
            storing.check_launched(batch, shelf.launches())
            links = storing.new_links(batch, shelf.last_links())
            for key in read:
                shelf.records.pop(key, None)
            for write in batch.writes:
                shelf.put(attrs.evolve(write.record, revision=write.read + 1))
            for link in links:
                shelf.put(link)
            gone = storing.erased(batch)
            for key in gone:
                shelf.links[key] = tuple(attrs.evolve(link, personal=None) for link in shelf.links.get(key, ()))
            shelf.outbox |= {key: one.blank() for key, one in shelf.outbox.items() if one.is_about(gone)}
            for message in batch.messages:
                shelf.outbox.setdefault(message.key, posted(message))

    def launched(self, job: str, rows: Iterable[str]) -> dict[str, str]:
        """The plans of some rows of a job (C13)."""
        keys, launches = storing.checked_rows(job, rows), self.file.read().launches()
        return {key[1]: launches[key] for key in keys if key in launches}

    def journal(self, kind: str, id: str, *, after: int = 0) -> Iterator[Entry]:
        """The entries of a record (C5)."""
        storing.check_record(kind, id, after)
        return iter([one.entry() for one in self.file.read().links.get((kind, id), ()) if one.revision > after])

    def links(self, *, after: tuple[str, str, int] | None = None, limit: int = 1000) -> tuple[Link, ...]:
        """The whole journal, page by page (C17)."""
        start, shelf = storing.check_links(after, limit), self.file.read()
        links = (link for _, its in sorted(shelf.links.items()) for link in its)
        return tuple(islice((one for one in links if (one.record, one.id, one.revision) > start), limit))

    def revisions(self, kind: str, ids: Iterable[str]) -> dict[str, int]:
        """Where records stand (C17)."""
        return {id: one.revision for id, one in self.get_many(KINDS.get(kind), ids).items()}

    def unrecorded(self, kind: str) -> tuple[str, ...]:
        """Which records have no journal (C17)."""
        storing.check_record(kind, "", 0)
        shelf = self.file.read()
        return tuple(sorted(id for its, id in shelf.records if its == kind and (its, id) not in shelf.links))

    def purge(self) -> None:
        """What was removed went with the old file (C18); a writer that was killed may have left a part of a new one."""
        with self.file.changing():
            self.file.part.unlink(missing_ok=True)

    def messages(self) -> Iterator[Message]:
        """What waits in the outbox (C15)."""
        return iter([one.message for one in self.file.read().outbox.values() if one.state == "waiting"])

    def claim(self, now: dt.datetime, until: dt.datetime, *, limit: int = 100) -> tuple[Delivery, ...]:
        """Some of what is due, for the caller alone (C19)."""
        storing.checked_lease(now, until, limit)
        with self.file.changing() as shelf:
            due = [one for one in shelf.outbox.values() if one.state == "waiting" and one.moment <= now]
            due = sorted(due, key=lambda one: one.moment)[:limit]
            taken = [storing.kept(attrs.evolve(one, moment=until, tries=one.tries + 1)) for one in due]
            shelf.outbox.update((one.message.key, one) for one in taken)
        return tuple(taken)

    def settle(self, deliveries: Iterable[Delivery]) -> tuple[str, ...]:
        """What became of messages, but for those that others have claimed since (C20)."""
        wanted, lost = storing.checked_deliveries(deliveries), []
        with self.file.changing() as shelf:
            for key, one in wanted.items():
                now = shelf.outbox.get(key)
                if now is None or (now.state, now.tries) != ("waiting", one.tries):
                    lost.append(key)
                else:
                    shelf.outbox[key] = storing.kept(attrs.evolve(one, message=now.message))
        return tuple(lost)

    def forget(self, state: DeliveryState, before: dt.datetime) -> None:
        """What was settled long ago (C21)."""
        storing.checked_end(state, before)
        with self.file.changing() as shelf:
            for key, one in tuple(shelf.outbox.items()):
                if one.state == state and one.moment < before:
                    del shelf.outbox[key]

    def close(self) -> None:
        """No call is answered from now on (C11); there is nothing to let go of."""
        self.file.closed = True


def candidates(shelf: Shelf, query: Query) -> Iterator[tuple[Any, PlanHead | None]]:
    """What a query may ask for, a task or objective with the row of its plan."""
    seen = (plan for plan in shelf.of("plan") if plan.status != "merged" and not plan.archived)
    match query:
        case PlanQuery():
            yield from ((head_of(plan), None) for plan in shelf.of("plan"))
        case TaskQuery():
            for plan, head in ((plan, head_of(plan)) for plan in seen):
                yield from ((FoundTask(plan.id, plan.account_id, task), head) for task in plan.tasks)
        case ObjectiveQuery():
            for plan, head in ((plan, head_of(plan)) for plan in seen):
                yield from ((FoundObjective(plan.id, plan.account_id, one), head) for one in plan.objectives)
        case AccountQuery():
            yield from ((account, None) for account in shelf.of("account"))
        case TouchpointQuery():
            yield from ((touchpoint, None) for touchpoint in shelf.of("touchpoint"))
        case RecordQuery():
            yield from ((record, None) for record in shelf.of(query.kind))
        case DeliveryQuery():
            yield from ((delivery, None) for delivery in shelf.outbox.values())
