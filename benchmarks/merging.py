"""Merging two plans, against a bare join of the same keys (section 6 of the rules)."""

from __future__ import annotations

import datetime as dt

from actionplans.checks import FrozenMap
from actionplans.edit import Context
from actionplans.merge import merge
from actionplans.model import Dependency, Launch, Plan, Task
from actionplans.settings import Limits, Settings
from benchmarks.measure import paired, seconds

NOW = dt.datetime(2026, 1, 5, 9, tzinfo=dt.UTC)
DAY = dt.date(2026, 1, 5)


def merge_1000(repeats: int = 7) -> dict[str, float]:
    """Two plans of 1 000 tasks, of which half are the same; the floor joins their keys in a dictionary."""
    return _merged(1_000, repeats, 10)


def merge_plans(repeats: int = 7) -> dict[str, float]:
    """Two plans of 10 000 tasks, of which half are the same; the floor joins their keys in a dictionary.

    `growth` is how many times larger the ratio is than at 1 000 tasks: 1 where a merge grows as the join does.
    """
    small, large = _merged(1_000, repeats, 10), _merged(10_000, repeats, 1)
    return {**large, "growth": large["ratio"] / small["ratio"]}


def _merged(many: int, repeats: int, times: int) -> dict[str, float]:
    target, source = _plan("t", many, 0), _plan("s", many, many // 2)
    settings = Settings(limits=Limits(tasks_per_plan=100_000))
    context = Context("ana", NOW, DAY, settings, lambda: "never")

    def ours() -> None:
        for _ in range(times):
            done = merge(target, source, context, policy="source")
            assert (many // 2, many // 2) == (len(done.joined), len(done.added))

    def floor() -> None:
        for _ in range(times):
            known = {("launched", one.key, one.stage_id): one for one in target.tasks}
            same = {one.id: known.get(("launched", one.key, one.stage_id)) for one in source.tasks}
            joined = {theirs: ours.id for theirs, ours in same.items() if ours is not None}
            union = [*target.tasks, *(one for one in source.tasks if one.id not in joined)]
            assert many + many // 2 == len(union)

    return paired(lambda: seconds(ours), lambda: seconds(floor), repeats)


def _plan(name: str, many: int, first: int) -> Plan:
    """A chain of tasks with keys from a number on, each with its own words."""
    tasks = tuple(
        Task(
            f"{name}-{n}",
            f"Task {n}",
            "waiting" if n > first else "open",
            due=DAY + dt.timedelta(n % 300),
            key=f"k{n}",
            description=f"{name} says {n}",
            dependencies=(Dependency(f"{name}-{n - 1}"),) if n > first else (),
        )
        for n in range(first, first + many)
    )
    launch = Launch("launched", 1, NOW, "ana")
    return Plan(name, "acme", name, FrozenMap({"start": DAY}), tasks=tasks, launch=launch)
