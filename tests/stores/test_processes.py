"""Several processes on one file or schema, and processes that are killed (S4, C2, C7, C11)."""

import json
import os
import random
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import attrs
import pytest

from actionplans.backends.store.postgresql import open_postgresql
from actionplans.backends.store.sqlite import open_sqlite
from actionplans.model import Plan, Task, Team
from actionplans.storage import PlanQuery, Store, TaskQuery
from actionplans.testing.opened import every, plan, save
from tests import servers
from tests.size import size
from tests.stores.worker import counted

ROOT = Path(__file__).resolve().parents[2]


def start(*given: str, worker: str = "worker") -> "subprocess.Popen[str]":
    """A worker, at work."""
    command = [sys.executable, "-m", f"tests.stores.{worker}", *given]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def told(worker: "subprocess.Popen[str]") -> Any:
    """What a worker has to say at its end."""
    out, err = worker.communicate()
    assert (0, "") == (worker.returncode, err)
    return json.loads(out)


def opened(url: str) -> Store:
    """The store at that URL."""
    return (open_sqlite if url.startswith("sqlite") else open_postgresql)(url)


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Of a file or a schema that nobody else has."""
    if request.param == "postgresql":
        return str(request.getfixturevalue("postgresql"))
    return f"sqlite:///{tmp_path}/plans.db"


@pytest.mark.timeout(900)
def test_eight_processes_lose_nothing_and_hear_nothing_raw(url: str) -> None:
    """500 completions each, in plans they share: every task done once, every revision in the journal once."""
    workers, plans = 8, 25
    share = size(500) // plans
    store = opened(url)
    tasks = [Task(f"t{who}-{k}", "Call", owner_id="ana") for who in range(workers) for k in range(share)]
    save(store, *(plan(f"p{n}", *tasks) for n in range(plans)))
    reports = [
        told(one) for one in [start("complete", url, str(who), str(plans), str(share)) for who in range(workers)]
    ]
    assert [[]] * workers == [one["raw"] for one in reports]
    assert [plans * share] * workers == [one["done"] for one in reports]
    assert [] == every(store, TaskQuery())
    for head in every(store, PlanQuery()):
        assert (0, len(tasks), len(tasks), len(tasks) + 1) == (head.open, head.done, head.total, head.revision)
        entries = list(store.journal("plan", head.id))
        assert list(range(2, len(tasks) + 2)) == [one.revision for one in entries]
        assert {one.id for one in tasks} == {one.edits[0].item_id for one in entries}
    store.close()


@pytest.mark.timeout(900)
def test_a_killed_process_leaves_what_it_was_told_and_nothing_half_done(url: str) -> None:
    """`kill -9` at any moment, again and again in the same place: acknowledged numbers are there, and whole."""
    plans, seed = 5, random.Random(7)
    for _ in range(size(60)):
        _empty(url)
        worker = start("count", _named(url), str(plans))
        assert worker.stdout is not None
        acknowledged = 0
        for _ in range(seed.randrange(1, 40)):
            acknowledged = int(worker.stdout.readline())
        worker.kill()
        rest = worker.stdout.read().split("\n")
        acknowledged = max([acknowledged, *(int(one) for one in rest[:-1])])
        worker.communicate()
        if url.startswith("postgresql"):
            _alone(url)
        store = opened(url)
        number = int(store.get(Team, "x").name)
        assert acknowledged <= number <= acknowledged + 1
        found = [store.get(Team, "x"), *store.get_many(Plan, (f"p{n}" for n in range(plans))).values()]
        assert [attrs.evolve(one, revision=number) for one in counted(number, plans)] == found
        save(store, attrs.evolve(found[1], title="Goes on"))
        store.close()


def _empty(url: str) -> None:
    """Nothing is there any more."""
    if url.startswith("postgresql"):
        servers.drop(*url.split("?schema="))
    else:
        for one in Path(url.removeprefix("sqlite:///")).parent.glob("plans.db*"):
            one.unlink()


def _named(url: str) -> str:
    """The server is told whose connections these are."""
    return f"{url}&application_name={url.split('?schema=')[1]}" if url.startswith("postgresql") else url


def _alone(url: str) -> None:
    """Wait until the server has noticed that the process is gone: a commit that it has begun, it ends."""
    import psycopg

    server, schema = url.split("?schema=")
    with psycopg.connect(server, autocommit=True) as db:
        asked = "select count(*) from pg_stat_activity where application_name = %s"
        while db.execute(asked, (schema,)).fetchone() != (0,):
            time.sleep(0.01)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_a_forked_process_goes_on_with_connections_of_its_own(url: str) -> None:
    """Whatever its parent's threads were doing; nothing is lost on either side."""
    assert ["[0, 0, 0, 0, 0]", "0", "True"] == told(start("fork", url))
