"""The store in a SQLite file: durable, many readers and one writer at a time, in as many processes as you like."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from typing import cast

from actionplans.backends.store.sql import SqlStore
from actionplans.backends.store.sqlite_file import PRAGMAS, File, path_of
from actionplans.plugins import hookimpl
from actionplans.storage import Store
from actionplans.storing import check_tenant, check_timeout


@hookimpl
def actionplans_stores() -> dict[str, Callable[..., Store]]:
    """The URL scheme `sqlite`."""
    return {"sqlite": open_sqlite}


@hookimpl
def actionplans_connections() -> dict[str, Callable[..., Store]]:
    """Connections of the standard library's driver."""
    return {"sqlite3.Connection": lend_sqlite}


def lend_sqlite(lend: Callable[[], sqlite3.Connection], *, tenant: str = "", schema: str = "main") -> Store:
    """The store on a connection of the host's (S9), in a file that was made by opening its URL.

    `schema` is the name by which that file is attached to the connection, where it is not its main one.
    Raises a `StoreError`, `Refused`, or `Invalid` for the arguments.
    """
    from actionplans.backends.store.lent_sqlite import LentSqliteStore

    return cast(Store, LentSqliteStore(lend, tenant=tenant, schema=schema))


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
