"""Both stores keep the contract of the port."""

from pathlib import Path

from actionplans.backends.store.memory import MemoryStore
from actionplans.backends.store.sqlite import open_sqlite
from actionplans.storage import Store
from actionplans.testing.stores import StoreContract


class TestMemory(StoreContract):
    """In memory: two stores of one test share their shelves."""

    def open_store(self, place: Path, tenant: str = "") -> Store:
        """One more door to the shelves of this test."""
        return MemoryStore(tenant=tenant, shelves=self.__dict__.setdefault("shelves", {}))


class TestSqlite(StoreContract):
    """In a file."""

    def open_store(self, place: Path, tenant: str = "") -> Store:
        """One more door to the file of this test."""
        return open_sqlite(f"sqlite:///{place}/plans.db", tenant=tenant)
