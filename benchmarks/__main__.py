"""Run the benchmarks: all of them, or those named; a table for people, or one JSON object with `--json`."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable

from benchmarks.accounts import prefix_search
from benchmarks.commands import complete_durable, load_plan
from benchmarks.imports import imports
from benchmarks.launch_memory import launch_memory
from benchmarks.launch_postgresql import launch_postgresql
from benchmarks.launch_sqlite import launch_sqlite
from benchmarks.lists import open_tasks_page
from benchmarks.merging import merge_1000, merge_plans
from benchmarks.offsets import offsets
from benchmarks.reschedule import reschedule_1000, reschedule_10000, reschedule_100000
from benchmarks.rights import decisions, my_plans, views
from benchmarks.xlsx import xlsx

ALL: dict[str, tuple[Callable[..., dict[str, float]], float]] = {
    "launch_sqlite": (launch_sqlite, 1.3),
    "launch_postgresql": (launch_postgresql, 1.5),
    "launch_memory": (launch_memory, 1.2),
    "offsets": (offsets, 3.0),
    "reschedule_1000": (reschedule_1000, 4.0),
    "reschedule_10000": (reschedule_10000, 4.0),
    "reschedule": (reschedule_100000, 4.0),
    "merge_1000": (merge_1000, 100.0),
    "merge_plans": (merge_plans, 100.0),
    "prefix_search": (prefix_search, 2.0),
    "complete_durable": (complete_durable, 2.5),
    "open_tasks_page": (open_tasks_page, 2.0),
    "load_plan": (load_plan, 4.0),
    "import": (imports, 1.7),
    "xlsx": (xlsx, 1.2),
    "decide": (decisions, 10.0),
    "view": (views, 2.0),
    "my_plans": (my_plans, 1.5),
}
"""Each benchmark with the ratio that is wanted."""


def main() -> int:
    """Run what the command line asks for."""
    asked = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    asked.add_argument("names", nargs="*", metavar="NAME", help=f"one of {', '.join(ALL)}; all without one")
    asked.add_argument("--json", action="store_true", help="print one JSON object")
    asked.add_argument(
        "--repeats", type=int, default=None, help="pairs of runs, instead of each benchmark's own number"
    )
    given = asked.parse_args()
    unknown = [name for name in given.names if name not in ALL]
    if unknown:
        asked.error(f"no benchmark is called {unknown[0]}: there are {', '.join(ALL)}")
    found = {}
    for name in given.names or ALL:
        run, wanted = ALL[name]
        found[name] = {**(run() if given.repeats is None else run(given.repeats)), "wanted": wanted}
        if not given.json:
            row = found[name]
            unit = "MB" if name.endswith("memory") else "s "
            print(f"{name:15} ours {row['ours']:8.3f} {unit}  floor {row['floor']:8.3f} {unit}", end="")
            print(f"  ratio {row['ratio']:5.2f}", end="")
            print(f"   ({row.get('least', 0):.2f} to {row.get('most', 0):.2f}; wanted ≤ {wanted})")
            for other in ("microseconds", "contact", "partner", "p99"):
                if other in row:
                    print(f"    {other:22} {row[other]:8.2f} µs")
            if "growth" in row:
                print(f"    {'growth':22} {row['growth']:8.2f} times what it is at the smaller size (see its text)")
            for other, ratio in row.items():
                if other.endswith("_ratio"):
                    print(f"    {other.removesuffix('_ratio'):22} ratio {ratio:5.2f}")
    if given.json:
        json.dump(found, sys.stdout, indent=1)
        print()
    return 0


if __name__ == "__main__":
    sys.exit(main())
