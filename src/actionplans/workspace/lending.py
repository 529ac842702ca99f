"""Which store a workspace is opened on: at a URL, or on a connection that the host lends (S9)."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any

from attrs import frozen

from actionplans.checks import shown
from actionplans.errors import Invalid, Problem, Refused, StoreUnknown
from actionplans.plugins import LendStore, OpenStore, Plugins
from actionplans.storage import Store

INSTEAD: Mapping[str, str] = {
    "django": "use actionplans.adapters.django.open(actor=…, using=…) inside transaction.atomic()",
    "sqlalchemy": "use actionplans.adapters.sqlalchemy.open(session, actor=…) with a Session or a Connection",
    "psycopg2": "its successor psycopg is wanted: pip install 'actionplans[postgres]' and connect with psycopg.connect",
    "psycopg_pool": "lend a connection of the pool: with pool.connection() as connection",
    "psycopg": "lend a psycopg.Connection: no asynchronous one, no cursor",
    "asyncpg": "no asynchronous connection can be lent: connect with psycopg.connect",
    "aiosqlite": "no asynchronous connection can be lent: connect with sqlite3.connect",
    "sqlite3": "lend the sqlite3.Connection itself, no cursor",
    "apsw": "only the standard library's connections can be lent: connect with sqlite3.connect",
    "pg8000": "connect with psycopg.connect",
}
"""What to do instead, by the library whose objects cannot be lent."""


class Waiting:
    """What listeners are told when the host has committed what a lent connection wrote, in the order of the changes."""

    def __init__(self, later: Callable[[Callable[[], None]], object] | None = None) -> None:
        """`later` has something called after the host's commit; without it the host says `committed`."""
        self._calls: list[Callable[[], None]] = []
        self._later = later

    def add(self, call: Callable[[], None]) -> None:
        """Have this called once the host has committed."""
        (self._later or self._calls.append)(call)

    def told(self) -> None:
        """Call all of them: they are committed."""
        self._by_hand("committed")
        calls, self._calls = self._calls, []
        for call in calls:
            call()

    def dropped(self) -> None:
        """Forget them: they were rolled back."""
        self._by_hand("rolled_back")
        self._calls = []

    def _by_hand(self, said: str) -> None:
        if self._later is not None:
            raise Refused(said, "the adapter hears of the end of the transaction by itself: leave this call out")


@frozen
class Lending:
    """For adapters of libraries that keep the connection to themselves: `ap.open(connection=Lending(…), …)`.

    `taken` gives the connection in whose transaction the host is now, and raises `Refused` where it is in none; it is
    asked for every use. `later` has a function called once that transaction is committed, and never where it, or the
    part of it that the host is in now, is rolled back; without it the host says `ws.committed()` and `rolled_back()`.
    """

    taken: Callable[[], Any]
    later: Callable[[Callable[[], None]], object] | None = None


def opened(
    plugins: Plugins, url: str | None, connection: object, tenant: str, options: Mapping[str, Any]
) -> tuple[Store, Waiting | None]:
    """The store, and what waits for the host's commit where it is lent; raises as `open_workspace`."""
    if (url is None) == (connection is None):
        told = "give the URL of a store, or lend a connection= of yours: one of both"
        raise Invalid("open", (Problem("url" if url is None else "connection", told),))
    if connection is not None:
        lending = connection if isinstance(connection, Lending) else Lending(lambda: connection)
        lend = _lender(plugins, lending.taken())
        _taken_by(lend, lending.taken, tenant, options)
        return lend(lending.taken, tenant=tenant, **options), Waiting(lending.later)
    if not isinstance(url, str):
        raise StoreUnknown(shown(url), "a URL is text")
    scheme = url.partition(":")[0]
    opener = plugins.stores.get(scheme) if ":" in url else None
    if opener is None:
        raise StoreUnknown(scheme, f"no store is installed for this; there are {', '.join(sorted(plugins.stores))}")
    _taken_by(opener, url, tenant, options)
    return opener(url, tenant=tenant, **options), None


def _taken_by(opener: OpenStore | LendStore, first: object, tenant: str, options: Mapping[str, Any]) -> None:
    try:
        inspect.signature(opener).bind(first, tenant=tenant, **options)
    except TypeError as error:
        raise Invalid("open", (Problem("options", f"the store does not take them: {error}"),)) from error


def _lender(plugins: Plugins, connection: object) -> LendStore:
    """What makes a store of a connection of this class, or of one above it; others are refused by name (S9)."""
    names = [f"{cls.__module__}.{cls.__qualname__}" for cls in type(connection).__mro__]
    for name in names:
        if name in plugins.connections:
            return plugins.connections[name]
    libraries = [name.partition(".")[0] for name in names]
    instead = next((INSTEAD[one] for one in libraries if one in INSTEAD), "connect with one of these, or open by a URL")
    told = f"one of {', '.join(sorted(plugins.connections))} can be lent, not a {names[0]}: {instead}"
    raise Invalid("open", (Problem("connection", told),))
