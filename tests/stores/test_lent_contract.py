"""A store on a connection that a host lends keeps the contract too, where that is its own to keep (S9).

All of a test happens in one transaction of the host, which is never committed.
"""

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from actionplans.backends.store.postgresql import lend_postgresql, open_postgresql
from actionplans.backends.store.sqlite import lend_sqlite, open_sqlite
from actionplans.storage import Store
from actionplans.testing.stores import StoreContract
from tests.size import SOAK
from tests.stores.asking import schema_of


@pytest.fixture(scope="module", name="file")
def _file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One of ours, empty again after every test."""
    path = tmp_path_factory.mktemp("lent") / "plans.db"
    open_sqlite(f"sqlite:///{path}").close()
    return path


@pytest.fixture(scope="module", name="tables")
def _tables(postgresql_tables: str) -> str:
    """A schema of ours, in which others have tenants of theirs."""
    open_postgresql(postgresql_tables).close()
    return postgresql_tables


class LentContract(StoreContract):
    """What the host decides is left out: its threads and its isolation."""

    test_c6_a_read_sees_whole_commits_only = None  # what is seen of others is the host's isolation
    test_c11_threads_lose_nothing = None  # a connection is used in the thread that it is lent for
    test_c19_of_several_who_claim_at_once_each_gets_others = None
    if not SOAK:  # the SQL is that of the other stores, and these take longest
        test_c1_a_record_comes_back_as_it_was_committed = None
        test_c5_an_entry_comes_back_as_it_was = None
        test_c15_a_message_comes_back_as_it_was = None
        test_c4_a_change_leaves_nothing_of_what_was_before = None
        test_c8_find_gives_what_matches_in_the_stated_order = None
        test_c8_more_results_than_a_page_can_hold = None


class TestLentSqlite(LentContract):
    """On one connection to a file of ours."""

    @pytest.fixture(autouse=True)
    def connection(self, file: Path) -> Iterator[None]:
        """The host's, in a transaction."""
        self.lent = sqlite3.connect(file, isolation_level=None)
        self.lent.execute("pragma foreign_keys = off")
        self.lent.execute("begin")
        yield
        assert self.lent.in_transaction
        self.lent.close()

    def open_store(self, place: Path, tenant: str = "") -> Store:
        """One more store on it."""
        return lend_sqlite(lambda: self.lent, tenant=tenant)


class TestLentPostgresql(LentContract):
    """On one connection to a schema of ours."""

    @pytest.fixture(autouse=True)
    def connection(self, tables: str) -> Iterator[None]:
        """The host's, in a transaction."""
        psycopg = pytest.importorskip("psycopg")
        self.schema, self.mine = schema_of(tables), uuid4().hex
        with psycopg.connect(tables.partition("?")[0]) as self.lent:
            self.lent.execute("select 1")
            yield
            assert psycopg.pq.TransactionStatus.INTRANS == self.lent.info.transaction_status
            self.lent.rollback()

    def open_store(self, place: Path, tenant: Any = "") -> Store:
        """One more store on it."""
        tenant = f"{self.mine} {tenant}" if isinstance(tenant, str) else tenant
        return lend_postgresql(lambda: self.lent, tenant=tenant, schema=self.schema)
