"""Questions about a plan: progress, missing marks, overdue, metrics (L4, L5, L7, D12, P3)."""

import datetime as dt
from decimal import Decimal, localcontext
from fractions import Fraction

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from actionplans import progress
from actionplans.model import (
    Completion,
    FrozenMap,
    Metric,
    Milestone,
    Objective,
    Plan,
    Play,
    Reading,
    Task,
)
from actionplans.progress import Missing
from actionplans.settings import Section
from tests.edit.moves import Step, steps, walked
from tests.edit.scene import MONDAY, NOW, TODAY, days, plan
from tests.size import size

BY_TASKS = Section("s", "S")
BY_OBJECTIVES = Section("s", "S", progress_by="objectives")


def task(task_id: str, status: str = "open", **fields: object) -> Task:
    """A task in that state."""
    done = Completion(1, NOW, TODAY, "ana") if status == "done" else None
    return Task(task_id, "T", status, completion=done, **fields)  # type: ignore[arg-type]


def mean(tasks: list[Task]) -> Fraction | None:
    """L5, read slowly."""
    counted = [(one.weight or 1, one.status == "done") for one in tasks if one.status != "cancelled"]
    if not counted:
        return None
    return Fraction(sum(weight for weight, done in counted if done), sum(weight for weight, _ in counted))


def of_plan_by_objectives(plan: Plan) -> Fraction | None:
    """L5 for 002, read slowly: each objective and each loose task is one part."""
    parts, under = [], set()
    for objective in plan.objectives:
        tasks = list(plan.under(objective.id))
        under |= {one.id for one in tasks}
        share = mean(tasks)
        if share is not None:
            parts.append((share, objective.weight or 1))
    for one in plan.tasks:
        share = mean([one])
        if one.id not in under and share is not None:
            parts.append((share, one.weight or 1))
    return sum((s * w for s, w in parts), Fraction(0)) / sum(w for _, w in parts) if parts else None


@settings(max_examples=size(2000))
@given(steps())
def test_progress_is_the_weighted_mean_over_what_is_under_an_item(taken: list[Step]) -> None:
    """L5: whatever verbs have done; between 0 and 1, and 100 % is never shown while something is open."""
    made = walked(taken).plan
    for item in (*made.objectives, *made.plays, *made.milestones, *made.stages):
        under = list(made.under(item.id))
        share = progress.of_item(made, item)
        assert mean(under) == share
        assert share is None or 0 <= share <= 1
        shown = progress.percent(share, anything_open=any(one.is_open for one in under))
        assert (shown is None) == (share is None)
        assert shown is None or 0 <= shown <= (99 if any(one.is_open for one in under) else 100)
    assert mean(list(made.tasks)) == progress.of_plan(made, BY_TASKS)
    assert of_plan_by_objectives(made) == progress.of_plan(made, BY_OBJECTIVES)


@settings(max_examples=size(2000))
@given(st.fractions(0, 1), st.booleans())
def test_a_display_rounds_half_up(share: Fraction, anything_open: bool) -> None:
    """L5: exactly, however long the fraction is."""
    shown = progress.percent(share, anything_open=anything_open)
    assert shown is not None
    if anything_open and share >= Fraction(995, 1000):
        assert 99 == shown
    else:
        assert Fraction(-1, 2) < shown - share * 100 <= Fraction(1, 2)


@pytest.mark.parametrize(
    ("share", "anything_open", "shown"),
    [
        (Fraction(1, 200), True, 1),
        (Fraction(1, 201), True, 0),
        (Fraction(5, 8), True, 63),
        (Fraction(1, 3), True, 33),
        (Fraction(995, 1000), True, 99),
        (Fraction(995, 1000), False, 100),
        (Fraction(1), True, 99),
        (Fraction(1), False, 100),
        (Fraction(0), False, 0),
        (None, True, None),
    ],
)
def test_per_cent(share: Fraction | None, anything_open: bool, shown: int | None) -> None:
    """L5: 1/200 is half a per cent and shown as 1."""
    assert shown == progress.percent(share, anything_open=anything_open)


def test_per_cent_does_not_hang_on_the_hosts_decimal_context() -> None:
    """A fraction just under a half stays under it, with more digits than a Decimal has."""
    just_under = Fraction(5 * 10**40 - 1, 10**43)
    assert 0 == progress.percent(just_under, anything_open=True)
    with localcontext() as context:
        context.prec = 2
        assert 67 == progress.percent(Fraction(2, 3), anything_open=True)


def test_weights_and_cancelled_tasks() -> None:
    """L5: one without a weight counts as 1; cancelled ones are left out; nothing is None, not 0."""
    tasks = [task("a", "done", weight=3), task("b"), task("c", "cancelled", weight=100)]
    assert Fraction(3, 4) == progress.ratio(tasks)
    assert None is progress.ratio([]) is progress.ratio([task("a", "cancelled")])


def test_what_stands_under_an_objective() -> None:
    """L5: straight, through its plays and through its milestones, each task once."""
    made = Plan(
        "p",
        "a",
        "P",
        FrozenMap({"start": MONDAY}),
        objectives=(Objective("o", "O"), Objective("empty", "E")),
        plays=(Play("in", "In", objective_id="o"), Play("out", "Out")),
        milestones=(Milestone("m", "M", objective_id="o"),),
        tasks=(
            task("1", "done", parent_id="o"),
            task("2", "done", parent_id="in", milestone_id="m"),
            task("3", milestone_id="m"),
            task("4", parent_id="out"),
            task("5", "cancelled"),
        ),
    )
    assert Fraction(2, 3) == progress.of_item(made, made.objectives[0])
    assert None is progress.of_item(made, made.objectives[1])
    assert Fraction(1, 2) == progress.of_plan(made, BY_TASKS)
    assert Fraction(1, 3) == progress.of_plan(made, BY_OBJECTIVES)
    heavy = attrs.evolve(made, objectives=(Objective("o", "O", weight=3),))
    assert Fraction(1, 2) == progress.of_plan(heavy, BY_OBJECTIVES)


@pytest.mark.parametrize(
    ("status", "overdue"),
    [
        ("active", ["late", "started", "stuck"]),
        ("draft", ["late", "started", "stuck"]),
        ("paused", []),
        ("completed", []),
        ("cancelled", []),
    ],
)
def test_overdue(status: str, overdue: list[str]) -> None:
    """D12: due before today and neither done nor cancelled; nothing is overdue in a paused or closed plan."""
    late = days(1)
    made = plan(
        status=status,
        tasks=(
            task("late", due=late),
            task("started", "in_progress", due=late),
            task("stuck", "waiting", due=late),
            task("finished", "done", due=late),
            task("given up", "cancelled", due=late),
            task("today", due=TODAY),
            task("undated"),
        ),
    )
    assert overdue == [one.id for one in progress.overdue(made, TODAY)]
    counts = progress.counts(made, TODAY)
    assert (5, 1, 1, len(overdue), 7) == (counts.open, counts.done, counts.cancelled, counts.overdue, counts.total)


def test_missing_marks_know_the_depth_of_the_section() -> None:
    """L4: 1 asks for nothing, 2 for an objective, 3 for actions under each."""
    deep = {depth: Section("s", "S", depth=depth) for depth in (1, 2, 3)}
    bare = plan(objectives=(), plays=(), tasks=(), milestones=())
    wanted = Missing("objective", "plan")
    assert [(), (wanted,), (wanted,)] == [progress.missing(bare, deep[depth]) for depth in (1, 2, 3)]
    wanted = Missing("actions", "else")
    assert [(), (), (wanted,)] == [progress.missing(plan(), deep[depth]) for depth in (1, 2, 3)]


@pytest.mark.parametrize(
    ("members", "marked", "reached"),
    [
        ([], None, False),
        ([], TODAY, True),
        (["done", "cancelled"], None, True),
        (["done", "open"], None, False),
        (["waiting"], TODAY, False),
    ],
)
def test_a_milestone_is_reached(members: list[str], marked: dt.date | None, reached: bool) -> None:
    """P3: with tasks when all are done or cancelled, without when it is marked."""
    milestone = Milestone("m", "M", reached_on=marked)
    tasks = tuple(task(str(n), status, milestone_id="m") for n, status in enumerate(members))
    assert reached is progress.reached(plan(milestones=(milestone,), tasks=(*tasks, task("x"))), milestone)


@pytest.mark.parametrize(
    ("comparison", "below", "at", "above"),
    [
        (">=", False, True, True),
        (">", False, False, True),
        ("<=", True, True, False),
        ("<", True, False, False),
        ("==", False, True, False),
        ("!=", True, False, True),
        ("in", False, True, False),
    ],
)
def test_a_metric_is_met_when_its_last_reading_compares(comparison: str, below: bool, at: bool, above: bool) -> None:
    """L7: the one of the latest moment, whenever it was written down; without a reading there is no answer."""
    metric = Metric(Decimal(10), comparison)  # type: ignore[arg-type]
    assert None is progress.met(metric)
    for value, met in ((9, below), (10, at), (11, above)):
        old = Reading(NOW - dt.timedelta(days=1), Decimal(999), "ana")
        last = Reading(NOW, Decimal(value), "ana")
        for readings in ((last,), (old, last), (last, old)):
            assert met is progress.met(attrs.evolve(metric, readings=readings))
