"""A pooler in transaction mode, which may run every transaction on another connection, breaks nothing (C2, C6)."""

import datetime as dt
import os
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

import actionplans as ap
from actionplans.backends.store.postgresql import open_postgresql
from actionplans.storage import Store
from actionplans.testing.stores import StoreContract
from tests.servers import Pooler, pooler
from tests.size import SOAK, size
from tests.stores.asking import ask, schema_of, together
from tests.stores.desk_worker import count_up, counting_plan, number_of, opened

psycopg = pytest.importorskip("psycopg")
pytestmark = pytest.mark.skipif(pooler() is None, reason="there is no program `pgbouncer` here")

WORKERS, EACH = 6, size(200)
NOW = dt.datetime(2026, 1, 5, tzinfo=dt.UTC)


@pytest.fixture(name="pooled", scope="session")
def _pooled(postgresql_server: str) -> Iterator[str]:
    """The server behind a pooler."""
    if "ACTIONPLANS_POSTGRESQL" in os.environ:
        pytest.skip("the pooler of the tests stands before a server of the tests only")
    one = Pooler(postgresql_server)
    yield one.url
    one.close()


def test_transactions_of_one_client_run_on_several_connections(pooled: str) -> None:
    """So what the other tests here show is worth something: nothing that a session was told is there later."""
    with psycopg.connect(pooled, autocommit=True) as one, psycopg.connect(pooled, autocommit=True) as other:
        mine = one.execute("select pg_backend_pid()").fetchone()
        other.execute("begin")
        assert mine == other.execute("select pg_backend_pid()").fetchone()
        assert mine != one.execute("select pg_backend_pid()").fetchone()


def test_many_workers_share_two_connections(pooled: str, postgresql: str) -> None:
    """Every change of each is kept, once; and so are plans that are written by COPY."""
    tasks = tuple(ap.Task(f"t{n}", f"Step {n}") for n in range(40))
    with opened(f"{pooled}?schema={schema_of(postgresql)}", busy_timeout=60) as ws:
        plan_id, item_id = counting_plan(ws)

        def work(name: str) -> None:
            for n in range(EACH):
                ws.change(plan_id, count_up, item_id)
                ws.add_plan(ap.Plan(f"{name}-{n}", "acme", "Onboarding", {"start": NOW.date()}, tasks=tasks))
                assert number_of(ws.view(plan_id)) > n

        together(*(partial(work, f"w{n}") for n in range(WORKERS)))
        assert WORKERS * EACH == number_of(ws.view(plan_id))
        assert WORKERS * EACH + 1 == sum(1 for _ in ws.plans())
        assert 40 * WORKERS * EACH + 1 == sum(1 for _ in ws.tasks())
        assert ws.store.check().sound


def test_reading_goes_on_where_a_connection_was_cut_in_the_middle(pooled: str, postgresql: str) -> None:
    """Of several questions in one: the driver does not know then that its connection is of no more use."""
    name = schema_of(postgresql)
    store: Any = open_postgresql(f"{pooled}?schema={name}&application_name={name}")
    cut = (
        "select pg_terminate_backend(pid) from pg_stat_activity where application_name = %s and wait_event = 'PgSleep'"
    )

    def cut_once() -> None:
        while not ask(postgresql, cut, name):
            pass

    told: list[Any] = []
    for _ in range(size(100)):
        together(cut_once, lambda: told.append(store._base.ask(("select pg_sleep(0.3)", ()), ("select 7", ()))))
    assert [[(7,)]] * size(100) == [second for _, second in told]
    store.close()


class TestContract(StoreContract):
    """The contract of the port behind the pooler, in tenants of the test's own; it runs at the size of a soak only."""

    __test__ = SOAK

    @pytest.fixture(autouse=True)
    def tables(self, pooled: str, postgresql_tables: str) -> None:
        """Where they are, and what the names of this test's tenants begin with."""
        self.url, self.mine = f"{pooled}?schema={schema_of(postgresql_tables)}", uuid4().hex

    def open_store(self, place: Path, tenant: str = "") -> Store:
        """One more door to a tenant of this test."""
        return open_postgresql(self.url, tenant=f"{self.mine} {tenant}" if isinstance(tenant, str) else tenant)
