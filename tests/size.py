"""How much a test runs: `pytest` alone a twentieth, `ACTIONPLANS_SOAK=1` all of it."""

import os

SOAK = os.environ.get("ACTIONPLANS_SOAK") == "1"


def size(full: int) -> int:
    """The number of cases to run where `full` is the soak's."""
    return full if SOAK else max(1, full // 20)
