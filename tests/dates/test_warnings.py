"""What stays where it is and now conflicts is warned of, by what is new in it (P5, P6)."""

from __future__ import annotations

import attrs
import pytest

from actionplans.model import Dependency, Milestone, Offset, Plan
from tests.dates.changes import put
from tests.dates.plans import POLICIES
from tests.dates.test_reschedule import anchored, found, jan, plan, task

A = Dependency("a")


def warned(before: Plan, after: Plan) -> dict[str, str]:
    """What is warned of, by id."""
    return {one.item_id: one.message for one in found(before, after).warnings}


@pytest.mark.parametrize("policy", POLICIES)
def test_a_locked_task_is_warned_of_under_every_policy(policy: str) -> None:
    """And a done one; what is open is not, also under `hold`: conflicts are listed."""
    before = plan(task("a", 5, 6), task("b", 7, 7, A, locked=True), task("c", 7, 7, A), policy=policy)
    assert {"b"} == warned(before, put(before, task("a", 5, 12))).keys()
    assert {} == warned(before, put(before, task("a", 5, 5)))


def test_a_locked_milestone_is_warned_of() -> None:
    """Against the anchor, milestone or task it is counted from, where it would have followed."""
    before = plan(
        task("a", 5, 6),
        Milestone("p", "p", due=jan(8)),
        Milestone("m", "m", due=jan(25), offset=Offset(-1, anchor="go_live"), locked=True),
        Milestone("n", "n", due=jan(7), offset=Offset(1, anchor="task:a"), locked=True),
        Milestone("o", "o", due=jan(9), offset=Offset(1, anchor="milestone:p"), locked=True),
        Milestone("r", "r", due=jan(25), offset=Offset(-1, anchor="go_live"), reached_on=jan(5)),
    )
    told = warned(before, anchored(before, go_live=27))
    assert {"m"} == told.keys() and "the anchor go_live" in told["m"]
    assert {"n"} == warned(before, put(before, task("a", 5, 7))).keys()
    assert {} == warned(before, put(before, task("a", 5, 5))), "links push later only"
    assert {"o"} == warned(before, put(before, Milestone("p", "p", due=jan(7)))).keys()


def test_a_task_in_progress_that_now_starts_too_early_is_warned_of() -> None:
    """It keeps its start; what it broke before is not told again."""
    links = A, Dependency("x")
    before = plan(task("a", 5, 6), task("x", 5, 9), task("b", 7, 7, *links, status="in_progress"))
    told = warned(before, put(before, task("a", 5, 8)))
    assert {"b"} == told.keys() and "'a'" in told["b"] and "in progress" in told["b"]
    assert {} == warned(before, put(before, task("a", 5, 5)))
    held = attrs.evolve(before, link_policy="hold")
    assert {} == warned(held, put(held, task("a", 5, 8)))


def test_the_warning_names_the_conflict_that_is_new() -> None:
    """b stands against a already, which lets it be later still; now x is in its way too."""
    before = plan(task("a", 5, 20), task("x", 5, 6), task("b", 7, 7, A, Dependency("x"), locked=True))
    told = warned(before, put(before, task("x", 5, 9)))
    assert {"b"} == told.keys() and "'x'" in told["b"]
    assert {} == warned(before, put(before, task("x", 5, 5))), "an old conflict is none of this change's"


def test_a_locked_task_on_a_day_that_is_no_longer_worked_is_warned_of() -> None:
    """The Gulf rests on Fridays; a day that was not worked before either is nothing new."""
    before = plan(
        task("friday", 9, 9, locked=True),
        task("due", None, 9, locked=True),
        task("saturday", 10, 12, locked=True),
        task("open", 9, 9),
        task("monday", 12, 12, locked=True),
    )
    told = warned(before, attrs.evolve(before, calendar="gulf"))
    assert {"friday", "due"} == told.keys()
    assert all("Friday 9 January 2026" in one for one in told.values())
