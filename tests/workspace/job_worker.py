"""What other processes do with a bulk launch: `python -m tests.workspace.job_worker WHAT URL FOLDER CHUNK MOST`.

`alone` launches the opportunities of a CRM as the job `crm`, telling how far it is and going on for each line that it
is given, so that it cannot be done before it is killed; `dask` does so on a cluster of two workers, one of which it
kills.
"""

from __future__ import annotations

import csv
import datetime as dt
import json
import os
import signal
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import actionplans as ap
from actionplans.errors import Invalid
from actionplans.model import Dependency, Offset, Row, Template, TemplateMilestone, TemplateTask
from actionplans.workspace import Launched, Workspace

CRM = Path(__file__).resolve().parents[3] / "shared" / "data" / "crm"
ACTOR = ap.Actor("import", roles={"administrator"})
JOB = "crm"

TEMPLATE = Template(
    "opportunity",
    "Win the opportunity",
    milestones=(TemplateMilestone("won", "Won", due=Offset(60)),),
    tasks=(
        TemplateTask("call", "Call", due=Offset(1, "working_days"), owner=("account_owner", "applier")),
        TemplateTask("show", "Show the product", due=Offset(9), owner=("applier",), after=(Dependency("call"),)),
        TemplateTask("offer", "Send an offer", milestone="won", due=Offset(20), after=(Dependency("show"),)),
    ),
)


def opportunities(folder: Path, most: int) -> list[dict[str, str]]:
    """The first opportunities of the pipeline, as the file has them."""
    with (folder / "sales_pipeline.csv").open(newline="") as lines:
        return list(islice(csv.DictReader(lines), most))


def rows(found: Iterable[dict[str, str]]) -> Iterator[Row]:
    """Each opportunity as a row, with whatever it lacks."""
    for one in found:
        day = one["engage_date"]
        start = dt.date.fromisoformat(day) if day else None
        yield Row(one["opportunity_id"], one["account"], start, title=f"Win {one['product']}")


def prepare(url: str, folder: Path) -> None:
    """The accounts of the CRM, and the template, in a new store."""
    with ap.open(url, actor=ACTOR) as ws, (folder / "accounts.csv").open(newline="") as lines:
        for one in csv.DictReader(lines):
            ws.accounts.add(ap.Account(one["account"], one["account"]))
        ws.templates.publish(TEMPLATE)


def summary(told: Iterable[Launched]) -> dict[str, Any]:
    """How many were launched, how many had been already, and how many could not be for which reason."""

    def became(one: Launched) -> str:
        if isinstance(one.error, Invalid):
            return "; ".join(map(str, one.error.problems))
        return str(one.error or ("already" if one.already else "launched"))

    return dict(Counter(map(became, told)))


def alone(ws: Workspace, found: list[dict[str, str]], chunk: int) -> dict[str, Any]:
    """The job in this process alone, a line for each chunk, or at will once there are no more lines to come."""

    def progress(done: int, total: int | None) -> None:
        sys.stdout.write(f"{done}\n")
        sys.stdout.flush()
        sys.stdin.readline()

    return summary(ws.launch_many(rows(found), template=TEMPLATE.id, job=JOB, chunk=chunk, progress=progress))


def on_dask(ws: Workspace, found: list[dict[str, str]], chunk: int) -> dict[str, Any]:
    """The job on two workers, one of which is killed after the first chunk."""
    from distributed import Client, LocalCluster

    with (
        LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster,
        Client(cluster) as client,
    ):
        workers = list(client.run(os.getpid).values())

        def progress(done: int, total: int | None) -> None:
            if done == chunk:
                os.kill(workers[0], signal.SIGKILL)

        executor = client.get_executor(pure=False)
        told = ws.launch_many(
            rows(found), template=TEMPLATE.id, job=JOB, chunk=chunk, executor=executor, progress=progress
        )
        return summary(told) | {"killed": workers[0] not in client.run(os.getpid).values()}


def main(what: str, url: str, folder: str, chunk: str, most: str) -> None:
    """Do it and tell."""
    with ap.open(url, actor=ACTOR) as ws:
        found = opportunities(Path(folder), int(most))
        told = (alone if what == "alone" else on_dask)(ws, found, int(chunk))
    sys.stdout.write(json.dumps(told) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
