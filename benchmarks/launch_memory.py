"""The memory of a bulk launch: the peak of a process that launches 100,000 plans, against one that launches 10,000."""

from __future__ import annotations

import datetime as dt
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import actionplans as ap
from actionplans.model import Row
from actionplans.storage import Batch, Write
from benchmarks.launch_sqlite import ACTOR, CHUNK, START, template

FEW, MANY = 10_000, 100_000


def launch_memory(repeats: int = 1, few: int = FEW, many: int = MANY) -> dict[str, float]:
    """Peaks in MB, of whole processes that launch rows as a job; not in seconds (Linux)."""
    peaks = [(_peak(many), _peak(few)) for _ in range(repeats)]
    ratios = sorted(one / other for one, other in peaks)
    ours, floor = peaks[0]
    return {
        "ours": ours,
        "floor": floor,
        "ratio": ratios[len(ratios) // 2],
        "least": ratios[0],
        "most": ratios[-1],
    }


def launched(path: Path, plans: int) -> None:
    """Launch so many plans of 20 tasks, each on an account of its own; nothing but a chunk is held at a time."""
    with ap.open(f"sqlite:///{path}", actor=ACTOR) as ws:
        people = [ws.people.add(ap.Person(f"u{n}", f"Person {n}")) for n in range(40)]
        made = (Write(ap.Account(f"a{n}", f"Company {n}", owner_id=people[n % 40].id)) for n in range(plans))
        while part := tuple(islice(made, CHUNK)):
            ws._desk.store.commit(Batch(part))
        published = ws.templates.publish(template())
        told = ws.launch_many(_rows(plans), template=published, job="bench", chunk=CHUNK)
        if sum(one.plan_id is not None for one in told) != plans:
            raise AssertionError("a launch failed")


def _rows(plans: int) -> Iterator[Row]:
    return (Row(f"row {n}", f"a{n}", START + dt.timedelta(n % 250)) for n in range(plans))


def _peak(plans: int) -> float:
    """In MB. Not by `getrusage`: there a child starts with its parent's peak."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", __name__, str(Path(folder, "plans.db")), str(plans)]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
    return float(done.stdout)


if __name__ == "__main__":
    launched(Path(sys.argv[1]), int(sys.argv[2]))
    print(int(re.search(r"VmHWM:\s+(\d+)", Path("/proc/self/status").read_text())[1]) / 1024)  # type: ignore[index]
