"""What a type checker must see of the nouns; mypy and pyright read this file, nothing runs it."""

from datetime import date
from typing import assert_type

from actionplans.errors import ActionPlansError, Invalid, Problem
from actionplans.model import Actor, FrozenMap, Offset, Plan, Task
from actionplans.settings import Section, Settings
from actionplans.workdays import WorkDays, resolve

task = Task("t1", "Call", due=date(2026, 1, 6))
assert_type(task.due, date | None)
assert_type(task.is_open, bool)
assert_type(task.variance, int | None)

plan = Plan("p1", "a1", "Follow up", FrozenMap({"start": date(2026, 1, 5)}), tasks=(task,))
assert_type(plan.start, date)
assert_type(plan.task("call"), Task)
assert_type(plan.under("o1"), tuple[Task, ...])
plan.title = "Another"  # type: ignore[misc]  # pyright: ignore[reportAttributeAccessIssue]

assert_type(Settings().section("growth_plans"), Section)
assert_type(resolve(Settings(), "office"), WorkDays)
assert_type(resolve(Settings()).add(date(2026, 1, 2), 2), date)

Actor("u-17", roles={"manager"})
Offset(2, "working_days")
Offset(2, "fortnights")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


def problems_of(error: ActionPlansError) -> tuple[Problem, ...]:
    """The fields of an error are typed as well."""
    if isinstance(error, Invalid):
        assert_type(error.problems, tuple[Problem, ...])
        return error.problems
    return ()
