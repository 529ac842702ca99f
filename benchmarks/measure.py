"""Measuring two things in turn in one run, so that a machine whose speed drifts spoils no ratio."""

from __future__ import annotations

import gc
import statistics
import time
from collections.abc import Callable, Iterable


def paired(ours: Callable[[], float], floor: Callable[[], float], repeats: int = 5) -> dict[str, float]:
    """Run both in turn, each giving its own seconds; medians, and the median of the ratios pair by pair."""
    mine, bare = [], []
    for turn in range(repeats):
        pair = [(mine, ours), (bare, floor)]
        for kept, run in pair if turn % 2 == 0 else reversed(pair):
            gc.collect()
            kept.append(run())
    ratios = [one / other for one, other in zip(mine, bare, strict=True)]
    return {
        "ours": statistics.median(mine),
        "floor": statistics.median(bare),
        "ratio": statistics.median(ratios),
        "least": min(ratios),
        "most": max(ratios),
    }


def beside(
    found: dict[str, float],
    floor: Callable[[], float],
    peers: Iterable[tuple[str, Callable[[], float]]],
    repeats: int,
) -> dict[str, float]:
    """What was found, with the seconds of each peer and its ratio to the same floor."""
    for name, run in peers:
        its = paired(run, floor, max(1, repeats // 2))
        found |= {name: its["ours"], f"{name}_ratio": its["ratio"]}
    return found


def seconds(run: Callable[[], object]) -> float:
    """How long one call takes."""
    begun = time.perf_counter()
    run()
    return time.perf_counter() - begun
