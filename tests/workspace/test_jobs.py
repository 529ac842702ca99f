"""Jobs: a bulk launch that is killed and started again launches each row once, whoever computes it (T11)."""

from __future__ import annotations

import importlib.util
import json
import multiprocessing
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import pytest

import actionplans as ap
from actionplans.errors import ExecutorFailed
from actionplans.model import Job, Plan
from actionplans.storage import PlanQuery
from actionplans.workspace import Launched
from tests.project import PROJECT
from tests.size import size
from tests.workspace import job_worker
from tests.workspace.job_worker import ACTOR, CRM, JOB, TEMPLATE, opportunities, prepare, rows
from tests.workspace.world import store_of

pytestmark = pytest.mark.skipif(not CRM.exists(), reason="the sample CRM is not beside the project")

MOST = size(8_800)
"""How many of the 8 800 opportunities are launched."""

NO_ACCOUNT, NO_START = "account_id: is empty: name an account", "start: give the day to start from"


@pytest.fixture
def url(tmp_path: Path) -> str:
    """A file with the accounts of the CRM."""
    url = f"sqlite:///{tmp_path}/plans.db"
    prepare(url, CRM)
    return url


def whole() -> set[str]:
    """The keys of the opportunities that have an account and an engage date."""
    return {one["opportunity_id"] for one in opportunities(CRM, MOST) if one["account"] and one["engage_date"]}


def started(what: str, url: str, chunk: int) -> subprocess.Popen[str]:
    """A process that launches them, as far as it is let."""
    command = [sys.executable, "-m", job_worker.__name__, what, url, str(CRM), str(chunk), str(MOST)]
    pipe = subprocess.PIPE
    return subprocess.Popen(command, cwd=PROJECT, stdin=pipe, stdout=pipe, stderr=pipe, text=True)


def ended(worker: subprocess.Popen[str]) -> dict[str, int]:
    """What it says at its end."""
    out, err = worker.communicate()
    assert 0 == worker.returncode, err
    told: dict[str, int] = json.loads(out.splitlines()[-1])
    return told


def stored(url: str) -> tuple[list[Plan], Job | None]:
    """The plans there are, every one whole and with its journal entry, and the job."""
    with ap.open(url, actor=ACTOR) as ws:
        plans = [ws.view(one.id).plan for one in ws.plans(PlanQuery())]
        ids = [id for plan in plans for id in (plan.id, *(item.id for item in plan.items()))]
        assert len(ids) == len(set(ids))
        for one in plans:
            assert {"call", "show", "offer"} == {task.key for task in one.tasks}
            assert ["won"] == [milestone.key for milestone in one.milestones]
            (entry,) = store_of(ws).journal("plan", one.id)
            assert ("plan.launch", TEMPLATE.id) == (entry.action, entry.detail["template"])
        return plans, store_of(ws).get_many(Job, (JOB,)).get(JOB)


def keys(plans: list[Plan]) -> list[str]:
    """The rows that they were launched for."""
    return [one.launch.row for one in plans if one.launch is not None and one.launch.job == JOB]


def each_once(url: str) -> None:
    """Every row that can be launched is one plan, of its account and day, and the job is finished."""
    plans, job = stored(url)
    assert (len(whole()), whole()) == (len(plans), set(keys(plans)))
    said = {one["opportunity_id"]: (one["account"], one["engage_date"]) for one in opportunities(CRM, MOST)}
    assert [] == [one.id for one in plans if one.launch and said[one.launch.row] != (one.account_id, str(one.start))]
    assert job is not None
    assert job.finished_at is not None
    assert (TEMPLATE.id, 1, len(whole())) == (job.template_id, job.version, job.done)


def reasons(told: dict[str, int]) -> dict[str, int]:
    """What the launch says of those that it cannot launch, as the file has it."""
    expected = Counter(
        "; ".join(said for said, name in ((NO_ACCOUNT, "account"), (NO_START, "engage_date")) if not one[name])
        for one in opportunities(CRM, MOST)
    )
    assert len(whole()) == expected.pop("") == told.get("launched", 0) + told.get("already", 0)
    assert expected == {said: number for said, number in told.items() if said not in ("launched", "already")}
    return told


@pytest.mark.timeout(1800)
def test_a_job_that_is_killed_and_started_again_launches_each_row_once(url: str) -> None:
    """`kill -9` at any moment, again and again; in the end all are there, none twice, the rest told why."""
    chance, kills, chunk = random.Random(11), size(20), max(10, MOST // 100)
    steps = 80 * MOST // 100 // chunk
    for n in range(kills):
        worker = started("alone", url, chunk)
        assert worker.stdin is not None
        assert worker.stdout is not None
        worker.stdin.write("\n" * (steps + 2))
        worker.stdin.flush()
        for _ in range(chance.randrange(n * steps // kills, (n + 1) * steps // kills)):
            worker.stdout.readline()
        time.sleep(chance.random() * 0.1)
        worker.send_signal(signal.SIGKILL)
        worker.communicate()
        assert -signal.SIGKILL == worker.returncode
        plans, job = stored(url)
        assert len(plans) == len(set(keys(plans))) < len(whole())
        assert len(plans) == (job.done if job is not None else 0)
        assert job is None or job.finished_at is None
    before = len(stored(url)[0])
    told = reasons(ended(started("alone", url, chunk)))
    assert (before, len(whole()) - before) == (told.get("already", 0), told["launched"])
    each_once(url)
    assert len(whole()) == ended(started("alone", url, chunk))["already"]
    each_once(url)


@pytest.mark.timeout(1800)
def test_a_pool_that_loses_a_worker_says_so_and_the_job_goes_on(url: str) -> None:
    """What was told is stored; with a new pool the job launches the rest."""
    found, told = opportunities(CRM, MOST), list[Launched]()
    context = multiprocessing.get_context("spawn")
    with ap.open(url, actor=ACTOR) as ws:

        def launched(pool: ProcessPoolExecutor) -> Any:
            return ws.launch_many(rows(found), template=TEMPLATE.id, job=JOB, chunk=MOST // 20, executor=pool)

        with ProcessPoolExecutor(2, mp_context=context) as pool:
            with pytest.raises(ExecutorFailed, match="BrokenProcessPool.*start the job 'crm' again"):
                for one in launched(pool):
                    told.append(one)
                    if len(told) == 1:
                        os.kill(next(iter(pool._processes)), signal.SIGKILL)
            with pytest.raises(ExecutorFailed, match="check the workers"):
                list(launched(pool))
        assert {one.plan_id for one in told if one.plan_id} == {one.id for one in stored(url)[0]}
        assert 0 < len(told) < MOST
        with ProcessPoolExecutor(2, mp_context=context) as pool:
            again = list(launched(pool))
    reasons(job_worker.summary(again))
    assert sum(one.already for one in again) == sum(one.plan_id is not None for one in told)
    each_once(url)


@pytest.mark.timeout(1800)
@pytest.mark.skipif(importlib.util.find_spec("distributed") is None, reason="dask[distributed] is not installed")
def test_a_cluster_that_loses_a_worker_goes_on(url: str) -> None:
    """Dask gives the lost work to the other one; each row is launched once."""
    told = ended(started("dask", url, MOST // 20))
    assert told.pop("killed")
    assert len(whole()) == told["launched"]
    reasons(told)
    each_once(url)
