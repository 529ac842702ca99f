"""What the tests of the PostgreSQL store share: a store, the server asked directly, calls at the same time."""

import threading
from collections.abc import Callable, Iterator
from typing import Any

from actionplans.backends.store.postgresql import PostgresqlStore
from actionplans.model import Team
from actionplans.testing.opened import save


def schema_of(url: str) -> str:
    """The name of the schema in a URL of the tests."""
    return url.partition("schema=")[2]


def ask(url: str, sql: str, *values: Any) -> list[tuple[Any, ...]]:
    """What the server answers, in a connection of our own; `@` stands before the name of a table."""
    import psycopg

    with psycopg.connect(url.partition("?")[0], autocommit=True) as db:
        found = db.execute(sql.replace("@", f"{schema_of(url)}."), values)
        return found.fetchall() if found.description else []


def served(postgresql: str) -> Iterator[PostgresqlStore]:
    """A store that waits no longer than a second, with one team."""
    store = PostgresqlStore(postgresql, busy_timeout=1)
    save(store, Team("x", "Sales"))
    yield store
    store.close()


def together(*calls: Callable[[], Any]) -> None:
    """All at once, each in a thread."""
    threads = [threading.Thread(target=one) for one in calls]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
