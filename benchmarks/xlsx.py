"""The Excel export against bare openpyxl, and what it needs of memory."""

from __future__ import annotations

import datetime as dt
import os
import subprocess
import sys
import time
from collections.abc import Iterator

from actionplans import tables
from actionplans.backends.export.xlsx import write_xlsx
from actionplans.checks import FrozenMap
from actionplans.model import Account, Completion, Objective, Plan, Play, Stage, Task
from actionplans.permissions import Asker
from actionplans.settings import CustomField, Settings
from actionplans.sharing import People, View, Viewer, view
from benchmarks.measure import paired

ROWS = 50_000
TASKS = 20
START = dt.date(2026, 1, 5)
AT = dt.datetime(2026, 1, 20, 9, tzinfo=dt.UTC)
SETTINGS = Settings(custom_fields=(CustomField("region", "Region"), CustomField("paid", "Paid", type="yes_no")))
VIEWER = Viewer(Asker("u0", frozenset({"administrator"})))
NAMES = FrozenMap({f"u{n}": f"Person {n}" for n in range(40)})


def views(rows: int) -> Iterator[View]:
    """Plans of 20 tasks, made one at a time, as many as give so many rows."""
    for n in range(rows // TASKS):
        account = Account(f"a{n}", f"Company {n}", website=f"https://company-{n}.example")
        tasks = tuple(_task(n, m) for m in range(TASKS))
        plan = Plan(
            f"019a0000-0000-7000-8000-{n:012}",
            account.id,
            f"Onboarding of company {n}",
            FrozenMap({"start": START}),
            section="growth_plans",
            owner_id=f"u{n % 40}",
            stages=(Stage("s0", "Kick-off"), Stage("s1", "Roll-out")),
            objectives=(Objective("o", "Every team works with the product"),),
            plays=(Play("p", "Onboarding", objective_id="o"),),
            tasks=tasks,
        )
        seen = view(plan, account, SETTINGS, VIEWER, today=START, people=People(NAMES))
        assert seen is not None
        yield seen


def _task(n: int, m: int) -> Task:
    due = START + dt.timedelta(days=n % 300 + m)
    done = m % 3 == 0
    return Task(
        f"019a0000-0000-7000-9000-{n * TASKS + m:012}",
        f"Step {m}: talk to the customer & write it down",
        "done" if done else "open",
        owner_id=f"u{(n + m) % 40}",
        start=due - dt.timedelta(days=3),
        due=due,
        parent_id="p",
        stage_id=f"s{m % 2}",
        description="Call them, listen, and note what they want to reach by when.",
        custom=FrozenMap({"region": "North", "paid": m % 2 == 0}),
        completion=Completion(1, AT, AT.date(), f"u{n % 40}") if done else None,
        completions=int(done),
    )


def ours(rows: int, seen: list[View] | None = None) -> float:
    """Seconds to write that many tasks; views that are there already, or made while writing."""
    with open(os.devnull, "wb") as target:
        began = time.perf_counter()
        write_xlsx(views(rows) if seen is None else seen, target)
        return time.perf_counter() - began


def floor(columns: tuple[str, ...], rows: list[tables.Row]) -> float:
    """Seconds that bare openpyxl takes in its write-only mode for the same rows, unstyled."""
    from openpyxl import Workbook

    with open(os.devnull, "wb") as target:
        began = time.perf_counter()
        workbook = Workbook(write_only=True)
        sheet = workbook.create_sheet("Tasks")
        sheet.append(columns)
        for row in rows:
            sheet.append(row)
        workbook.save(target)
        return time.perf_counter() - began


def xlsx(repeats: int = 5, rows: int = ROWS) -> dict[str, float]:
    """Medians of seconds, and of the ratio of each pair; the two take turns."""
    seen = list(views(rows))
    table = tables.task_table(seen)
    same = list(table.rows)
    titles = tuple(column.title for column in table.columns)
    return paired(lambda: ours(rows, seen), lambda: floor(titles, same), repeats)


def memory(rows: int) -> float:
    """By how many MB the peak of a fresh process grows over a first small export when it writes that many rows (Linux).

    Not by `getrusage`: there a child starts with its parent's peak.
    """
    code = (
        "import re, sys; from pathlib import Path; from benchmarks.xlsx import ours\n"
        "peak = lambda: int(re.search(r'VmHWM:\\s+(\\d+)', Path('/proc/self/status').read_text())[1]) / 1024\n"
        "ours(100); before = peak(); ours(int(sys.argv[1])); print(peak() - before)"
    )
    done = subprocess.run([sys.executable, "-c", code, str(rows)], check=True, capture_output=True, text=True)
    return float(done.stdout)


if __name__ == "__main__":
    print(xlsx())
    print({rows: f"{memory(rows):.1f} MB" for rows in (ROWS // 10, ROWS)})
