"""The start of a play or an objective as what others count from (D9, P6)."""

from __future__ import annotations

from typing import Any

import attrs
import pytest

from actionplans import edit, schedule
from actionplans.errors import Invalid
from actionplans.model import Objective, Offset, Plan, Play
from tests.dates.plans import POLICIES, context
from tests.dates.test_reschedule import jan, moved, plan, task

KINDS = ["play", "objective"]


def counted(kind: str, policy: str = "push", **fields: Any) -> Plan:
    """t is due two days after the play or objective s starts, and u a working day after t."""
    spans: dict[str, Any] = {
        "play": {"plays": (Play("s", "Convince", start=jan(8), due=jan(20), **fields),)},
        "objective": {"objectives": (Objective("s", "Convince", start=jan(8), end=jan(20), **fields),)},
    }
    return plan(
        task("t", 9, 12, offset=Offset(4, anchor=f"{kind}:s")),
        task("u", None, 13, offset=Offset(1, "working_days", "task:t")),
        policy=policy,
        **spans[kind],
    )


def started(before: Plan, day: int | None) -> Plan:
    """The plan in which s starts on another day of January."""
    start = None if day is None else jan(day)
    return attrs.evolve(
        before,
        plays=tuple(attrs.evolve(one, start=start) for one in before.plays),
        objectives=tuple(attrs.evolve(one, start=start) for one in before.objectives),
    )


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("policy", POLICIES)
def test_what_is_counted_from_a_start_follows_it_both_ways_under_every_policy(kind: str, policy: str) -> None:
    """As with a milestone; what was moved since goes as far (P6)."""
    before = counted(kind, policy)
    assert (12, 13) == moved(before, started(before, 9))["t"]
    assert (7, 8) == moved(before, started(before, 4))["t"]
    by_hand = attrs.evolve(before, tasks=(attrs.evolve(before.task("t"), start=jan(13), due=jan(14)), before.task("u")))
    assert (14, 15) == moved(by_hand, started(by_hand, 9))["t"]
    assert {} == moved(before, attrs.evolve(before, plays=before.plays, objectives=before.objectives))


@pytest.mark.parametrize("kind", KINDS)
def test_its_end_moves_nobody(kind: str) -> None:
    """Others count from the start."""
    before = counted(kind)
    after = attrs.evolve(
        before,
        plays=tuple(attrs.evolve(one, due=jan(27)) for one in before.plays),
        objectives=tuple(attrs.evolve(one, end=jan(27)) for one in before.objectives),
    )
    assert {} == moved(before, after)


@pytest.mark.parametrize("kind", KINDS)
def test_a_start_that_is_counted_itself_passes_it_on(kind: str) -> None:
    """From an anchor, which moves, to the play, to the task, and on by the link; a pause moves each once (P8)."""
    before = counted(kind, start_offset=Offset(3))
    after = edit.set_anchor(before, context(jan(1)), "start", jan(12))
    assert (jan(15), jan(19), jan(20)) == (_start(after), after.task("t").due, after.task("u").due)
    paused = edit.pause_plan(before, context(jan(5)))
    later = edit.resume_plan(paused, context(jan(12)))
    assert (jan(15), jan(19), jan(20)) == (_start(later), later.task("t").due, later.task("u").due)


def _start(plan: Plan) -> object:
    return next(one.start for one in (*plan.plays, *plan.objectives))


@pytest.mark.parametrize("kind", KINDS)
def test_a_circle_through_it_is_refused(kind: str) -> None:
    """By its titles (P2)."""
    with pytest.raises(Invalid, match=r"'Convince' → .*'t'|'t' → .*'Convince'"):
        edit.update(counted(kind), context(jan(1)), "s", start_offset=Offset(1, anchor="task:u"))


@pytest.mark.parametrize("kind", KINDS)
def test_a_date_says_that_it_counts_from_the_start(kind: str) -> None:
    """D10; also in the reason of a move."""
    before, ctx = counted(kind), context(jan(1))
    told = schedule.why(before, "t", ctx.calendars_of(before))
    assert "4 days after the start of “Convince” (Thursday 8 January 2026)" in told.sentence()
    found = schedule.reschedule(before, started(before, 9), days=ctx.calendars_of(before), today=jan(1))
    assert "the start of “Convince”" in found.moves[0].sentence({"s": "Convince", "t": "T"})


@pytest.mark.parametrize("kind", KINDS)
def test_without_it_the_date_stays_and_the_offset_goes(kind: str) -> None:
    """As where any other item is deleted (L3)."""
    before, ctx = counted(kind), context(jan(1))
    after = edit.delete(before, ctx, "s", confirmed=edit.impact(before, "s"))
    assert (None, jan(12)) == (after.task("t").offset, after.task("t").due)
