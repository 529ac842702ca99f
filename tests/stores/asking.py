"""What the tests of the PostgreSQL store share: a store, the server asked directly, calls at the same time."""

import threading
import time
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

from actionplans.backends.store.postgresql import PostgresqlStore
from actionplans.model import Team
from actionplans.testing.opened import save
from tests import servers
from tests.size import size

K = TypeVar("K")


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


def killed_under_load(
    real: servers.Server, step: Callable[[K], None], acknowledged: dict[K, int], *, within: float
) -> None:
    """A thread for each of those who count takes step after step, while the server is killed and started 20 times.

    Each time everybody has another number acknowledged within so many seconds, and nothing else is raised.
    """
    stop, raw = threading.Event(), list[BaseException]()

    def work(key: K) -> None:
        try:
            while not stop.is_set():
                step(key)
        except BaseException as error:
            raw.append(error)

    workers = [threading.Thread(target=work, args=(key,)) for key in acknowledged]
    for one in workers:
        one.start()
    for _ in range(size(20)):
        time.sleep(0.5)
        before = dict(acknowledged)
        real.kill()
        real.start()
        until = time.monotonic() + within
        while any(acknowledged[key] <= before[key] for key in before) and not raw:
            assert time.monotonic() < until, "work did not go on"
            time.sleep(0.02)
    stop.set()
    for one in workers:
        one.join()
    assert [] == raw
