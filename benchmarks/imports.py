"""`import actionplans` in a new process, against `import attrs, pluggy`."""

from __future__ import annotations

import subprocess
import sys

from benchmarks.measure import paired

TIMED = "import time; begun = time.perf_counter(); {}; print(time.perf_counter() - begun)"


def imports(repeats: int = 9) -> dict[str, float]:
    """The import alone, and (`opened`, `opened_ratio`) with all that `actionplans.open` needs."""
    _seconds("import actionplans; actionplans.open")
    found = paired(lambda: _seconds("import actionplans"), lambda: _seconds("import attrs, pluggy"), repeats)
    opened = paired(
        lambda: _seconds("import actionplans; actionplans.open"), lambda: _seconds("import attrs, pluggy"), repeats
    )
    return found | {"opened": opened["ours"], "opened_ratio": opened["ratio"]}


def _seconds(statement: str) -> float:
    run = subprocess.run([sys.executable, "-c", TIMED.format(statement)], capture_output=True, text=True, check=True)
    return float(run.stdout)
