"""`python -m tests.replay FILE`: one line for each failure, the skipped ones by kind with the reason, and the sums."""

from __future__ import annotations

import datetime as dt
import json
import re
import sys
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

from actionplans.errors import ActionPlansError, Invalid
from tests.replay.kinds import answer
from tests.replay.vectors import Malformed, NotOurs, Vector, read

REFUSALS: tuple[tuple[str, str], ...] = (
    ("self dependency", "itself"),
    ("cycle|circular", "cycle|itself"),
    ("duplicate", "twice|already|duplicate"),
    ("another template|unknown", "no task|no item|not in|unknown|there is no"),
    ("no working day", "working day"),
    ("not a working day", "working day|not worked"),
    ("duration", "duration|from 1|at least 1"),
)
"""What a vector says in words (a pattern), and what our error then has to speak of."""


def outcome(vector: Vector) -> tuple[str, str]:
    """`passed`, `failed` or `skipped`, with what was got or the reason."""
    try:
        got: Any = {name: _plain(value) for name, value in answer(vector).items()}
    except NotOurs as reason:
        return "skipped", str(reason)
    except Invalid as error:
        got = {"error": str(error)}
        if isinstance(vector.expected.get("error"), str):
            return ("passed" if _meant(vector.expected["error"], str(error)) else "failed"), _shown(got)
    except ActionPlansError as error:
        got = {"error": f"{type(error).__name__}: {error}"}
    except Exception as error:
        got = {"raised": f"{type(error).__name__}: {error}"}
    else:
        unknown = set(vector.expected) - set(got) - {"error"}
        if unknown:
            return "skipped", f"unknown shape: nobody here knows the output {', '.join(sorted(unknown))}"
        if vector.expected.get("error", ...) is None:
            got["error"] = None
    same = got.keys() == vector.expected.keys() and all(_same(got[name], vector.expected[name]) for name in got)
    return ("passed" if same else "failed"), _shown(got)


def _same(got: Any, expected: Any) -> bool:
    return type(got) is type(expected) and got == expected


def _meant(words: str, message: str) -> bool:
    """Whether our message refuses for the reason that the vector's words give; words unknown here mean any reason."""
    patterns = [ours for theirs, ours in REFUSALS if re.search(theirs, words, re.IGNORECASE)]
    return not patterns or any(re.search(ours, message, re.IGNORECASE) for ours in patterns)


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, dt.date) else value


def _shown(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def main(arguments: list[str]) -> int:
    """Replays the file and prints; 0 when nothing failed, 1 when something did, 2 for a file that cannot be read."""
    if len(arguments) != 1:
        print("usage: python -m tests.replay FILE", file=sys.stderr)
        return 2
    try:
        vectors = read(Path(arguments[0]))
    except Malformed as error:
        print(error, file=sys.stderr)
        return 2
    sums: Counter[str] = Counter()
    skipped: dict[tuple[str, str], list[str]] = defaultdict(list)
    for vector in vectors:
        result, text = outcome(vector)
        sums[result] += 1
        if result == "failed":
            print(
                f"FAILED {vector.id} {vector.kind} {_shown(vector.input)} expected {_shown(vector.expected)} got {text}"
            )
        elif result == "skipped":
            skipped[vector.kind, text].append(vector.id)
    for (kind, reason), ids in sorted(skipped.items()):
        print(f"skipped {len(ids):4} {kind}: {reason} [{', '.join(ids)}]")
    print(f"{sums['passed']} passed, {sums['failed']} failed, {sums['skipped']} skipped")
    return 1 if sums["failed"] else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
