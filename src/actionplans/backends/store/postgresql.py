"""The store in a PostgreSQL database: durable, many readers and many writers, on as many machines as you like.

It wants the extra `postgres`. `postgresql_server`, which needs the driver, is loaded when a store is opened.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, cast

from actionplans.backends.store.sql import SqlStore
from actionplans.checks import shown
from actionplans.errors import Invalid, Problem
from actionplans.plugins import hookimpl
from actionplans.storage import Store
from actionplans.storing import check_tenant, check_timeout

if TYPE_CHECKING:
    import psycopg


@hookimpl
def actionplans_stores() -> dict[str, Callable[..., Store]]:
    """The URL scheme `postgresql`."""
    return {"postgresql": open_postgresql}


@hookimpl
def actionplans_connections() -> dict[str, Callable[..., Store]]:
    """Connections of psycopg 3."""
    return {"psycopg.Connection": lend_postgresql}


def lend_postgresql(
    lend: Callable[[], psycopg.Connection[Any]], *, tenant: str = "", schema: str = "actionplans"
) -> Store:
    """The store on a connection of the host's (S9), in a schema that was made by opening its URL.

    Raises a `StoreError`, `MissingExtra`, `Refused`, or `Invalid` for the arguments.
    """
    from actionplans.backends.store.lent_postgresql import LentPostgresqlStore

    return cast(Store, LentPostgresqlStore(lend, tenant=tenant, schema=schema))


def open_postgresql(url: str, *, tenant: str = "", busy_timeout: float = 10.0, max_connections: int = 10) -> Store:
    """The store in a database: `postgresql://user@host:5432/database`, with whatever else libpq takes in a URL.

    The tables are in a schema of their own, `actionplans`, made if it is not there; `?schema=name` says otherwise.
    `busy_timeout` is how many seconds a call waits for a connection, and then again for others' locks, before it
    raises `StoreBusy`. `max_connections` is how many of them a process has at most.
    Raises a `StoreError`, `MissingExtra`, or `Invalid` for the arguments.
    """
    return cast(Store, PostgresqlStore(url, tenant=tenant, busy_timeout=busy_timeout, max_connections=max_connections))


class PostgresqlStore(SqlStore):
    """Rows in a PostgreSQL database."""

    def __init__(self, url: str, *, tenant: str = "", busy_timeout: float = 10.0, max_connections: int = 10) -> None:
        """Connect, and make or migrate the tables; raises as `open_postgresql`."""
        check_tenant(tenant)
        check_timeout(busy_timeout)
        if type(max_connections) is not int or not 1 <= max_connections <= 1000:
            raise Invalid("open", (Problem("max_connections", f"from 1 to 1000, not {shown(max_connections)}"),))
        from actionplans.backends.store.postgresql_server import Server

        self._server = Server(url, float(busy_timeout), max_connections)
        super().__init__(self._server, self._server.name, tenant)
        self.durable: bool = self._server.durable
