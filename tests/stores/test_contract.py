"""All stores keep the contract of the port, and that of their upkeep."""

import subprocess
import sys
from pathlib import Path
from uuid import uuid4

import pytest

from actionplans.backends.store.memory import MemoryStore
from actionplans.backends.store.postgresql import open_postgresql
from actionplans.backends.store.sqlite import open_sqlite
from actionplans.storage import Store
from actionplans.testing.stores import MaintainedContract, StoreContract


class TestMemory(StoreContract, MaintainedContract):
    """In memory: two stores of one test share their shelves."""

    def open_store(self, place: Path, tenant: str = "") -> Store:
        """One more door to the shelves of this test."""
        return MemoryStore(tenant=tenant, shelves=self.__dict__.setdefault("shelves", {}))


class TestSqlite(StoreContract, MaintainedContract):
    """In a file."""

    def open_store(self, place: Path, tenant: str = "") -> Store:
        """One more door to the file of this test."""
        return open_sqlite(f"sqlite:///{place}/plans.db", tenant=tenant)


class TestPostgresql(StoreContract, MaintainedContract):
    """On a real server, in tenants of the test's own."""

    @pytest.fixture(autouse=True)
    def tables(self, postgresql_tables: str) -> None:
        """Where they are, and what the names of this test's tenants begin with."""
        self.url, self.mine = postgresql_tables, uuid4().hex

    def open_store(self, place: Path, tenant: str = "") -> Store:
        """One more door to a tenant of this test."""
        return open_postgresql(self.url, tenant=f"{self.mine} {tenant}" if isinstance(tenant, str) else tenant)


@pytest.mark.parametrize("library", ["pytest", "hypothesis"])
def test_the_contract_names_the_extra_that_it_wants(library: str) -> None:
    """Where a library of the extra `test` is not installed, the error says how to get it."""
    code = f"""
import sys
sys.modules[{library!r}] = None
from actionplans.errors import MissingExtra
try:
    import actionplans.testing.stores
except MissingExtra as error:
    print(error)
"""
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert f"{library} is not installed: pip install 'actionplans[test]'\n" == run.stdout
