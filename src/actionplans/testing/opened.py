"""What the tests of the store contract share: an open store, and short words for what they do all the time."""

from __future__ import annotations

import datetime as dt
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any, get_args

import pytest
from hypothesis import HealthCheck, settings

from actionplans.accounts import name_key
from actionplans.checks import FrozenMap
from actionplans.journal import Entry
from actionplans.model import Account, Plan, Task, Touchpoint
from actionplans.storage import (
    KINDS,
    AccountQuery,
    Batch,
    Delivery,
    DeliveryQuery,
    DeliveryState,
    FoundObjective,
    FoundTask,
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
    head_of,
    id_of,
    kind_of,
    matches,
    sort_text,
)
from actionplans.testing.samples import NOW
from actionplans.workspace.journal import links

tenants: Iterator[str] = map("tenant-{}".format, count())
"""Each the name of a tenant that no other example of this process has."""

shared: settings = settings(
    max_examples=settings.default.max_examples // 4 + 1 if settings.default else 25,
    suppress_health_check=[
        HealthCheck.function_scoped_fixture,
        HealthCheck.differing_executors,
        HealthCheck.too_slow,
    ],
)
"""For properties that several stores inherit and whose examples share the place, each with a tenant of its own.

A quarter of the examples that the loaded profile asks for: each of them commits."""


class OpenedStore:
    """A store to test: what a contract begins with."""

    def open_store(self, place: Path, tenant: str = "") -> Store:
        """A store at this place, which other calls of one test may have opened before."""
        raise NotImplementedError

    @pytest.fixture
    def place(self, tmp_path: Path) -> Path:
        """Where the stores of one test are."""
        return tmp_path

    @pytest.fixture
    def store(self, place: Path) -> Iterator[Store]:
        """An empty store."""
        store = self.open_store(place)
        yield store
        store.close()


@contextmanager
def impatient_threads() -> Iterator[None]:
    """Threads take turns a thousand times as often as usual, so that they meet in the middle of things."""
    patience = sys.getswitchinterval()
    sys.setswitchinterval(5e-6)
    try:
        yield
    finally:
        sys.setswitchinterval(patience)


def plan(id: str = "p1", *tasks: Task, **more: Any) -> Plan:
    """A plan of the account `acme`."""
    return Plan(
        id, "acme", more.pop("title", "Follow up"), FrozenMap({"start": dt.date(2026, 1, 5)}), tasks=tasks, **more
    )


def save(store: Store, *records: Record) -> None:
    """Commit these records in one batch, each as read at the revision it carries."""
    store.commit(Batch(tuple(Write(one, one.revision) for one in records)))


def entry(record: Record, revision: int, action: str = "changed", **more: Any) -> Entry:
    """The journal entry of a change that made this revision."""
    return Entry(kind_of(type(record)), id_of(record), revision, NOW, "ana", action, **more)


def every(store: Store, query: Query, limit: int = 1000) -> list[Any]:
    """All that the query finds, page by page; no page but the last is short."""
    found: list[Any] = []
    page: Page[Any] = store.find(query, limit=limit)
    found += page.items
    while page.next is not None:
        assert limit == len(page.items)
        page = store.find(query, limit=limit, after=page.next)
        assert page.items
        found += page.items
    return found


def expected(query: Query, records: Iterable[Record | Delivery]) -> list[Any]:
    """What the query means (C8), worked out the slow way."""
    everything = tuple(records)
    mine = [one for one in everything if isinstance(one, Plan)]
    match query:
        case PlanQuery():
            return sorted((one for one in map(head_of, mine) if matches(query, one)), key=lambda one: one.id)
        case TaskQuery():
            seen = [one for one in mine if one.status != "merged" and not one.archived]
            tasks = [(FoundTask(one.id, one.account_id, task), head_of(one)) for one in seen for task in one.tasks]
            return sorted((one for one, head in tasks if matches(query, one, head)), key=_by_due)
        case ObjectiveQuery():
            goals = [
                (FoundObjective(one.id, one.account_id, goal), head_of(one)) for one in mine for goal in one.objectives
            ]
            return sorted((one for one, head in goals if matches(query, one, head)), key=_by_end)
        case TouchpointQuery():
            touched = [one for one in everything if isinstance(one, Touchpoint) and matches(query, one)]
            return sorted(sorted(touched, key=lambda one: one.id), key=lambda one: one.at, reverse=True)
        case AccountQuery():
            found = [one for one in everything if isinstance(one, Account) and matches(query, one)]
            return sorted(found, key=lambda one: (name_key(one.name), one.id))
        case DeliveryQuery():
            told = [one for one in everything if isinstance(one, Delivery) and matches(query, one)]
            return sorted(told, key=lambda one: (one.moment, one.message.key))
        case RecordQuery():
            return sorted(
                (one for one in everything if not isinstance(one, Delivery) and matches(query, one)),
                key=lambda one: (sort_text(one), id_of(one)),
            )


def everything(store: Store) -> dict[str, list[Any]]:
    """All that a store shows: records by kind, the journal's links, the outbox."""
    heads = every(store, PlanQuery(archived=None)) + every(store, PlanQuery(archived=None, statuses=("merged",)))
    found: dict[str, list[Any]] = {
        "heads": heads,
        "plan": list(store.get_many(Plan, (one.id for one in heads)).values()),
        "account": every(store, AccountQuery()),
        "journal": list(links(store)),
        "messages": list(store.messages()),
    }
    for kind in sorted(KINDS.keys() - {"plan", "account"}):
        found[kind] = every(store, RecordQuery(kind))
    for state in get_args(DeliveryState):
        found[state] = every(store, DeliveryQuery(state))
    return found


def _by_end(found: FoundObjective) -> tuple[bool, dt.date, str, str]:
    end = found.objective.end
    return end is None, end or dt.date.min, found.objective.id, found.plan_id


def _by_due(found: FoundTask) -> tuple[bool, dt.date, str, str]:
    due = found.task.due
    return due is None, due or dt.date.min, found.task.id, found.plan_id
