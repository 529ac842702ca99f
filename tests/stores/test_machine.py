"""All stores, asked the same, answer the same: results, order and errors with their fields (S5).

`ACTIONPLANS_SOAK=1` runs 200 × 30 steps; `ACTIONPLANS_MACHINE=5000` runs so many times 30.
"""

import datetime as dt
import os
import tempfile
from collections.abc import Callable
from itertools import count
from typing import Any, get_args

import attrs
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule

from actionplans.backends.store.memory import open_memory
from actionplans.backends.store.postgresql import open_postgresql
from actionplans.backends.store.sqlite import open_sqlite
from actionplans.errors import ActionPlansError
from actionplans.journal import Edit, Entry
from actionplans.model import Account, Person, Plan, Team
from actionplans.storage import (
    KINDS,
    Batch,
    Delivery,
    DeliveryState,
    Message,
    Query,
    Record,
    Removal,
    Store,
    Write,
    id_of,
    kind_of,
)
from actionplans.testing.samples import ACCOUNTS, NOW, PLANS, WORDS, accounts, others, plans, queries
from tests import servers
from tests.size import size

RUNS = int(os.environ.get("ACTIONPLANS_MACHINE", size(200)))

_records = plans() | plans() | accounts() | others()
_keys = st.tuples(st.just("plan"), st.sampled_from(PLANS)) | st.tuples(
    st.sampled_from(("account", "team", "person", "shortcut")), st.sampled_from((*ACCOUNTS, "x", "X"))
)
_missed = st.sampled_from((0, 0, 0, 0, 0, 0, 1, -1))
"""How far from the stored revision a write is: mostly not at all."""


_tenants = map("machine-{}".format, count())


@pytest.fixture(autouse=True)
def schema(request: pytest.FixtureRequest) -> None:
    """Where there is a PostgreSQL, it takes part, with a tenant for each run."""
    Stores.url = None if servers.missing() else request.getfixturevalue("postgresql_tables")


class Stores(RuleBasedStateMachine):
    """One store of each sort, and every call made to all."""

    url: str | None = None

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.tenant = next(_tenants)
        self.memory = open_memory("memory:")
        self.claimed: list[Delivery] = []
        self.durable = self.opened()

    def opened(self) -> list[Store]:
        """The file and the schema, opened once more."""
        found = [open_sqlite(f"sqlite:///{self.folder.name}/plans.db")]
        return found if self.url is None else [*found, open_postgresql(self.url, tenant=self.tenant)]

    def teardown(self) -> None:
        """Leave nothing behind."""
        for store in (self.memory, *self.durable):
            store.close()
        self.folder.cleanup()

    def all(self, call: Callable[[Store], Any]) -> Any:
        """What all stores answer."""
        wanted = _answer(call, self.memory)
        for store in self.durable:
            assert wanted == _answer(call, store), store.name
        return wanted

    def revision(self, kind: str, id: str) -> int:
        """At which revision the record is."""
        found = self.memory.get_many(KINDS[kind], [id])
        return found[id].revision if id in found else 0

    @rule(
        records=st.lists(_records, max_size=4),
        removed=st.lists(_keys, max_size=2),
        missed=st.lists(_missed, min_size=6, max_size=6),
        told=st.lists(st.sampled_from(WORDS), max_size=2),
        noted=st.sets(st.integers(0, 5)),
    )
    def commit(
        self,
        records: list[Record],
        removed: list[tuple[str, str]],
        missed: list[int],
        told: list[str],
        noted: set[int],
    ) -> None:
        """Some records and removals, right or stale, with entries and messages."""
        reads = iter(missed)
        writes = [Write(one, max(0, self.revision(kind_of(type(one)), id_of(one)) + next(reads))) for one in records]
        removals = [Removal(*key, max(1, self.revision(*key) + next(reads))) for key in removed]
        changed = [(kind_of(type(one.record)), id_of(one.record), one.read) for one in writes]
        changed += [(one.kind, one.id, one.read) for one in removals]
        entries = [
            Entry(kind, id, read + 1, NOW, "ana", "changed", (Edit("record", "", "title", read, id),))
            for n, (kind, id, read) in enumerate(changed)
            if n in noted
        ]
        messages = [Message(key, "changed", "ana", NOW, "plan", str(n)) for n, key in enumerate(told)]
        batch = Batch(tuple(writes), tuple(removals), tuple(entries), tuple(messages))
        self.all(lambda store: store.commit(batch))

    @rule(plan=plans(), missed=_missed)
    def write_a_plan(self, plan: Plan, missed: int) -> None:
        """One plan alone, so that most of these are done."""
        read = max(0, self.revision("plan", plan.id) + missed)
        entry = Entry("plan", plan.id, read + 1, NOW, "ana", "changed")
        self.all(lambda store: store.commit(Batch((Write(plan, read),), entries=(entry,))))

    @rule(id=st.sampled_from(PLANS))
    def remove_a_plan(self, id: str) -> None:
        """One plan, where it is there."""
        read = max(1, self.revision("plan", id))
        self.all(lambda store: store.commit(Batch(removals=(Removal("plan", id, read),))))

    @rule(key=_keys)
    def get(self, key: tuple[str, str]) -> None:
        """One record, there or not."""
        self.all(lambda store: store.get(KINDS[key[0]], key[1]))

    @rule(ids=st.lists(st.sampled_from((*PLANS, *ACCOUNTS, "x", "X", "\0", "\ud800"))))
    def get_many(self, ids: list[str]) -> None:
        """Several of a kind."""
        for cls in (Plan, Account, Team, Person):
            self.all(lambda store, cls=cls: list(store.get_many(cls, ids).items()))

    @rule(job=st.sampled_from(("j1", "j2", "", "\0")), rows=st.lists(st.sampled_from(("r1", "r2", "", "\ud800"))))
    def launched(self, job: str, rows: list[str]) -> None:
        """The plans of rows of a job."""
        self.all(lambda store: list(store.launched(job, rows).items()))

    @rule(query=queries(), limit=st.integers(0, 4), pages=st.integers(1, 4))
    def find(self, query: Query, limit: int, pages: int) -> None:
        """Some pages of a query."""
        after = None
        for _ in range(pages):
            outcome, page = self.all(lambda store, after=after: store.find(query, limit=limit, after=after))
            if outcome != "gave" or page.next is None:
                break
            after = page.next

    @rule(query=queries(), after=st.text(max_size=9))
    def find_nonsense(self, query: Query, after: str) -> None:
        """A cursor that no page gave."""
        self.all(lambda store: store.find(query, after=after))

    @rule(key=_keys, after=st.integers(-1, 3))
    def journal(self, key: tuple[str, str], after: int) -> None:
        """The entries of a record."""
        self.all(lambda store: list(store.journal(*key, after=after)))

    @rule()
    def messages(self) -> None:
        """The outbox."""
        self.all(lambda store: list(store.messages()))

    @rule(
        now=st.integers(0, 3),
        held=st.integers(-1, 2),
        limit=st.sampled_from((0, 1, 2, 100)),
        ends=st.lists(st.sampled_from((*get_args(DeliveryState), "held")), max_size=4),
        lost=st.integers(0, 9),
    )
    def deliver(self, now: int, held: int, limit: int, ends: list[str], lost: int) -> None:
        """Some messages claimed and some of them settled, as is some message that was claimed before."""
        moment = NOW + dt.timedelta(minutes=now)
        until = moment + dt.timedelta(minutes=held)
        outcome, claimed = self.all(lambda store: store.claim(moment, until, limit=limit))
        if outcome != "gave":
            return
        told = [
            attrs.evolve(one, state=state, moment=until, reason=f"{state} at {now}")
            for one, state in zip(claimed, ends, strict=False)
            if state != "held"
        ]
        before = self.claimed[lost : lost + 1]
        self.claimed += told
        self.all(lambda store: store.settle(told))
        self.all(lambda store: store.settle(before))

    @rule(state=st.sampled_from(get_args(DeliveryState)), before=st.integers(0, 5))
    def forget(self, state: DeliveryState, before: int) -> None:
        """What was settled a while ago."""
        self.all(lambda store: store.forget(state, NOW + dt.timedelta(minutes=before)))

    @rule()
    def open_again(self) -> None:
        """Everything is there still."""
        for store in self.durable:
            store.close()
        self.durable = self.opened()


def _answer(call: Callable[[Store], Any], store: Store) -> tuple[str, Any]:
    try:
        return "gave", call(store)
    except ActionPlansError as error:
        return type(error).__name__, attrs.astuple(error)


TestStores = Stores.TestCase
TestStores.settings = settings(
    max_examples=RUNS,
    stateful_step_count=30,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
