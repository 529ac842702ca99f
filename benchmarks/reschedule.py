"""What a late task moves in a plan of 1 000, 10 000 and 100 000, against a bare depth-first order of the same plan."""

from __future__ import annotations

import datetime as dt
import random

import attrs

from actionplans.model import Dependency, FrozenMap, Plan, Task, WorkCalendar
from actionplans.schedule import due_of, reschedule
from actionplans.workdays import WorkDays, work_days
from benchmarks.measure import paired, seconds

START = dt.date(2026, 1, 5)


def reschedule_1000(repeats: int = 15) -> dict[str, float]:
    """A plan of 1 000 tasks."""
    return _measured(1_000, repeats)


def reschedule_10000(repeats: int = 9) -> dict[str, float]:
    """A plan of 10 000 tasks."""
    return _measured(10_000, repeats)


def reschedule_100000(repeats: int = 5) -> dict[str, float]:
    """A plan of 100 000 tasks."""
    return _measured(100_000, repeats)


def _measured(many: int, repeats: int) -> dict[str, float]:
    days = work_days(WorkCalendar())
    before = plan_of(many, days)
    first = before.tasks[0]
    late = attrs.evolve(first, due=days.add(first.due or START, 1), duration=2)
    after = attrs.evolve(before, tasks=(late, *before.tasks[1:]))

    def ours() -> None:
        found = reschedule(before, after, days=lambda task: days, today=START)
        assert len(found.moves) == many - 1

    def floor() -> None:
        assert len(ordered(after)) == many

    return paired(lambda: seconds(ours), lambda: seconds(floor), repeats)


def plan_of(many: int, days: WorkDays, reach: int = 400) -> Plan:
    """A plan in which every task but the first comes right after one or two of the `reach` before it."""
    chance = random.Random(1)
    tasks = [Task("t0", "Task 0", start=START, due=START, duration=1)]
    for n in range(1, many):
        names = {max(0, n - chance.randint(1, reach)) for _ in range(chance.randint(1, 2))}
        start = max(days.add(tasks[one].due or START, 1) for one in names)
        length = chance.randint(1, 2)
        links = tuple(Dependency(f"t{one}") for one in sorted(names))
        due = due_of(start, length, days)
        tasks.append(Task(f"t{n}", f"Task {n}", start=start, due=due, duration=length, dependencies=links))
    return Plan("plan", "account", "A plan", FrozenMap({"start": START}), tasks=tuple(tasks))


def ordered(plan: Plan) -> list[str]:
    """The ids of the tasks of a plan, predecessors first; depth first, and nothing else."""
    ahead = {task.id: [link.predecessor_id for link in task.dependencies] for task in plan.tasks}
    seen: set[str] = set()
    done: list[str] = []
    for root in ahead:
        if root in seen:
            continue
        seen.add(root)
        trail, left = [root], [iter(ahead[root])]
        while trail:
            for one in left[-1]:
                if one not in seen:
                    seen.add(one)
                    trail.append(one)
                    left.append(iter(ahead[one]))
                    break
            else:
                done.append(trail.pop())
                left.pop()
    return done
