"""The store in a SQLite file: durable, many readers and one writer at a time, in as many processes as you like."""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

from actionplans.backends.store.asked import check_tenant, check_timeout
from actionplans.backends.store.sql import SqlStore
from actionplans.backends.store.sqlite_file import PRAGMAS, File, path_of
from actionplans.plugins import hookimpl
from actionplans.storage import Store


@hookimpl
def actionplans_stores() -> dict[str, Callable[..., Store]]:
    """The URL scheme `sqlite`."""
    return {"sqlite": open_sqlite}


def open_sqlite(url: str, *, tenant: str = "", busy_timeout: float = 10.0) -> Store:
    """The store in a file, made if it is not there: `sqlite:///relative/path`, `sqlite:////absolute/path`.

    Odd signs in the path are percent-encoded. `busy_timeout` is how many seconds a call waits for others, all in
    all, before it raises `StoreBusy`.
    Raises a `StoreError`, or `Invalid` for the arguments.
    """
    return cast(Store, SqliteStore(url, tenant=tenant, busy_timeout=busy_timeout))


class SqliteStore(SqlStore):
    """Rows in a SQLite file. `pragmas` adds to those of every connection: `("max_page_count = 1000",)` is a quota."""

    def __init__(
        self, url: str, *, tenant: str = "", busy_timeout: float = 10.0, pragmas: tuple[str, ...] = ()
    ) -> None:
        """Open the file, or make it; raises a `StoreError`, or `Invalid` for the arguments."""
        check_tenant(tenant)
        self._file = File(path_of(url), url, check_timeout(busy_timeout), (*PRAGMAS, *pragmas))
        super().__init__(self._file, url, tenant)
