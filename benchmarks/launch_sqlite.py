"""Launching a template of 20 tasks on 10,000 accounts, against bare `sqlite3` executemany of the same rows.

Object mappers that are installed (extra `bench`) write the same rows in the same run.
"""

from __future__ import annotations

import datetime as dt
import sqlite3
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import partial
from itertools import groupby, islice
from pathlib import Path

import actionplans as ap
from actionplans.launch import draft
from actionplans.model import Dependency, Offset, TemplateMilestone, TemplateTask
from actionplans.storage import Batch, Write
from benchmarks.mappers import Chunks, Opened, mappers, written
from benchmarks.measure import beside, paired

ACCOUNTS, CHUNK = 10_000, 500
START = dt.date(2026, 1, 5)
ACTOR = ap.Actor("bench", roles={"administrator"})


def template() -> ap.Template:
    """20 tasks with offsets in working days, owners by rule, and a link each but the first."""
    text = "Agree the next step with the customer, write down what was said, and tell the team what has changed since."
    tasks = tuple(
        TemplateTask(
            f"step-{n}",
            f"Step {n} of the onboarding",
            text,
            milestone=f"part-{n // 5}",
            due=Offset(2 * n + 1, "working_days"),
            owner=("role:csm", "account_owner"),
            after=(Dependency(f"step-{n - 1}"),) if n % 5 else (),
        )
        for n in range(20)
    )
    parts = tuple(TemplateMilestone(f"part-{n}", f"Part {n}", due=Offset(10 * n + 10)) for n in range(4))
    return ap.Template("onboarding", "Onboarding", milestones=parts, tasks=tasks)


def launch_sqlite(repeats: int = 5, accounts: int = ACCOUNTS) -> dict[str, float]:
    """Drafts made, launched and committed in chunks of 500 plans; the floor writes the very same rows, made before.

    So do the object mappers, each with its seconds and its ratio to the floor.
    """
    with tempfile.TemporaryDirectory() as folder:
        kept = Path(folder, "kept.db")
        launched(f"sqlite:///{kept}", accounts)
        schema, chunks = _rows(kept)
        runs = iter(range(1_000_000))

        def ours() -> float:
            path = Path(folder, f"ours{next(runs)}.db")
            took = launched(f"sqlite:///{path}", accounts)
            path.unlink()
            return took

        def writes(write: Callable[[Path, Chunks], float]) -> float:
            path = Path(folder, f"floor{next(runs)}.db")
            base = sqlite3.connect(path)
            base.executescript(f"pragma journal_mode = wal; {schema}")
            base.close()
            took = write(path, chunks)
            path.unlink()
            return took

        floor = partial(writes, _bare)
        peers = ((name, partial(writes, partial(_mapped, opened))) for name, opened in mappers())
        found = beside(paired(ours, floor, repeats), floor, peers, repeats)
    return found | {"tasks_per_second": accounts * 20 / found["ours"]}


def launched(url: str, accounts: int) -> float:
    """The seconds of launching the template on so many accounts of a new store."""
    with ap.open(url, actor=ACTOR) as ws:
        people = [ws.people.add(ap.Person(f"u{n}", f"Person {n}")) for n in range(40)]
        made = [ap.Account(f"a{n:06}", f"Company {n}", owner_id=people[n % 40].id, revision=1) for n in range(accounts)]
        for part in _parts(iter(made), 1000):
            ws._desk.store.commit(Batch(tuple(Write(one) for one in part)))
        published = ws.templates.publish(template())
        begun = time.perf_counter()
        drafts = (draft(published, one, start=START + dt.timedelta(n % 250)) for n, one in enumerate(made))
        failed = [one for one in ws.launch_many(drafts, chunk=CHUNK) if one.plan_id is None]
        took = time.perf_counter() - begun
    if failed:
        raise failed[0].error or AssertionError("a launch failed without an error")
    return took


def _rows(path: Path) -> tuple[str, Chunks]:
    """The schema, and what each of our transactions wrote."""
    base = sqlite3.connect(path)
    statements = [row[0] for row in base.execute("select sql from sqlite_master where sql is not null order by rowid")]
    tables = [name for (name,) in base.execute("select name from sqlite_master where type = 'table' order by rowid")]
    held: Chunks = []
    plans = [row[0] for row in base.execute("select id from plan order by id")]
    chunk_of = {plan: n // CHUNK for n, plan in enumerate(plans)}
    for _ in range(-(-len(plans) // CHUNK)):
        held.append([])
    for table in tables:
        names = [row[1] for row in base.execute(f"pragma table_info({table})")]
        key = next((names.index(one) for one in ("plan_id", "id") if one in names and table != "account"), None)
        rows = [row for row in base.execute(f"select * from {table}") if key is not None and row[key] in chunk_of]
        rows.sort(key=lambda row: chunk_of[row[key]])
        for number, some in groupby(rows, key=lambda row: chunk_of[row[key]]):
            held[number].append((table, names, list(some)))
    base.close()
    return ";\n".join(statements), held


def _bare(path: Path, chunks: Chunks) -> float:
    base = sqlite3.connect(path, isolation_level=None)
    base.executescript("pragma synchronous = full; pragma secure_delete = on;")
    begun = time.perf_counter()
    for chunk in chunks:
        base.execute("begin immediate")
        for table, _, rows in chunk:
            base.executemany(f"insert into {table} values ({', '.join('?' * len(rows[0]))})", rows)
        base.execute("commit")
    took = time.perf_counter() - begun
    base.close()
    return took


def _mapped(opened: Opened, path: Path, chunks: Chunks) -> float:
    return written(opened, f"sqlite:///{path}", chunks)


def _parts(items: Iterator[ap.Account], size: int) -> Iterator[list[ap.Account]]:
    while part := list(islice(items, size)):
        yield part
