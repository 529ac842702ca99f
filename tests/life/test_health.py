"""Health of a plan (L9)."""

import datetime as dt

import pytest

from actionplans import progress
from actionplans.model import Plan, Task
from actionplans.settings import Limits
from tests.edit.scene import NOW, TODAY, days, plan
from tests.test_progress import task

QUIET = dt.timedelta(days=30)


def holding(late: int, in_time: int, **fields: object) -> Plan:
    """So many tasks that are overdue, so many that are not, and some that are finished."""
    tasks = [Task(f"l{n}", "T", due=days(0)) for n in range(late)] + [Task(f"t{n}", "T") for n in range(in_time)]
    return plan(**{"tasks": (*tasks, task("d", "done"), task("c", "cancelled")), "changed_at": NOW, **fields})


@pytest.mark.parametrize(
    ("late", "in_time", "per_cent", "health"),
    [
        (0, 0, 25, "on_track"),
        (0, 9, 0, "on_track"),
        (1, 9, 0, "behind"),
        (1, 4, 25, "on_track"),
        (1, 3, 25, "behind"),
        (3, 1, 100, "on_track"),
        (3, 0, 100, "behind"),
    ],
)
def test_behind_is_a_share_of_the_open_tasks(late: int, in_time: int, per_cent: int, health: str) -> None:
    """From the threshold on, and never without anything overdue; finished tasks count for neither side."""
    assert health == progress.health(holding(late, in_time), Limits(behind_percent=per_cent), TODAY)


@pytest.mark.parametrize(("past", "health"), [(QUIET, "stuck"), (QUIET - dt.timedelta(days=1), "behind")])
def test_stuck_is_a_plan_that_nobody_has_touched(past: dt.timedelta, health: str) -> None:
    """Whatever is overdue besides; also where it has no tasks at all."""
    assert health == progress.health(holding(3, 0, changed_at=NOW - past), Limits(), TODAY)
    empty = holding(0, 0, tasks=(), changed_at=NOW - past)
    assert ("stuck" if health == "stuck" else "on_track") == progress.health(empty, Limits(), TODAY)


def test_where_the_last_change_is_not_known_nothing_is_stuck() -> None:
    """V2: to a contact a change that they may not see says nothing."""
    assert "behind" == progress.health(holding(3, 0, changed_at=None), Limits(stuck_days=0), TODAY)


@pytest.mark.parametrize(
    ("fields", "health"),
    [
        ({"status": "active"}, "stuck"),
        ({"status": "draft"}, "stuck"),
        ({"status": "paused"}, None),
        ({"status": "completed"}, None),
        ({"status": "cancelled"}, None),
        ({"status": "merged", "merged_into": "other"}, None),
        ({"archived": True}, None),
    ],
)
def test_only_a_plan_that_goes_on_has_a_health(fields: dict[str, object], health: str | None) -> None:
    """A pause is nobody's delay, and what is closed is over."""
    assert health == progress.health(holding(3, 0, changed_at=NOW - QUIET, **fields), Limits(), TODAY)
