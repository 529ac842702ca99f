"""Offsets that refuse the day they count from, and dates at the ends of time: nothing gets stuck (D5, D11, P5)."""

from __future__ import annotations

import datetime as dt

import attrs
import pytest

from actionplans import edit, schedule
from actionplans.edit import Context
from actionplans.errors import Invalid
from actionplans.model import Dependency, FrozenMap, Milestone, Offset, Plan, Task, Warn
from tests.dates.changes import put
from tests.dates.plans import POLICIES, context
from tests.dates.test_reschedule import jan, moved, plan, task

REFUSE = Offset(-2, "working_days", "go_live", roll_anchor="refuse")
FROM_A = Offset(2, "working_days", "task:a", roll_anchor="refuse")


def on(day: int, heard: list[Warn] | None = None) -> Context:
    """Who asks on that day of January."""
    return context(jan(day), warn=[].append if heard is None else heard.append)


@pytest.mark.parametrize("fields", [{"due": 22}, {"due": 15}])
def test_an_anchor_is_not_moved_to_a_day_from_which_something_cannot_be_counted(fields: dict[str, int]) -> None:
    """Also what was moved by hand since, since it could not say why it stands where it does; all are named."""
    before = plan(task("t", None, fields["due"], offset=REFUSE), Milestone("m", "M", due=jan(22), offset=REFUSE))
    with pytest.raises(Invalid) as error:
        edit.set_anchor(before, on(5), "go_live", jan(24))
    assert ["milestone 'M'", "task 't'"] == sorted(
        one.message.partition(" is counted")[0] for one in error.value.problems
    )
    assert all("Saturday" in one.message for one in error.value.problems)
    assert jan(27) == edit.set_anchor(before, on(5), "go_live", jan(27)).anchors["go_live"]


def test_what_does_not_move_is_no_reason_to_refuse() -> None:
    """It is warned of where it is locked (P5)."""
    before = plan(
        task("locked", None, 22, offset=REFUSE, locked=True),
        task("gone", None, 22, offset=REFUSE, status="cancelled", was="open"),
        Milestone("m", "M", due=jan(22), offset=REFUSE, reached_on=jan(5)),
    )
    heard: list[Warn] = []
    assert jan(24) == edit.set_anchor(before, on(5, heard), "go_live", jan(24)).anchors["go_live"]
    assert ["locked"] == [one.item_id for one in heard]


@pytest.mark.parametrize("policy", POLICIES)
def test_a_plan_that_came_with_such_an_anchor_can_be_worked_on(policy: str) -> None:
    """What cannot be counted does not stand at its offset: it goes as far as its anchor does (P6)."""
    before = plan(task("t", None, 15, Dependency("a"), offset=REFUSE), task("a", 5, 6), policy=policy)
    before = attrs.evolve(before, anchors=FrozenMap({**before.anchors, "go_live": jan(24)}))
    ctx = on(5)
    due = 22 if policy == "asap" else 16  # that goes to where its links and its own offset allow
    assert jan(due) == edit.set_anchor(before, ctx, "go_live", jan(26)).task("t").due
    assert jan(7 if policy == "asap" else 15) == edit.reschedule(before, ctx).task("t").due
    assert "thin" == edit.update_plan(before, ctx, calendar="thin").calendar
    assert jan(9) == edit.update(before, ctx, "a", due=jan(9)).task("a").due
    assert jan(24) < edit.resume_plan(edit.pause_plan(before, ctx), on(8)).anchors["go_live"]
    days = ctx.calendars_of(before)
    assert {"t", "a"} == {one.task_id for one in schedule.slack(before, days)}
    told = schedule.why(before, "t", days)
    assert ((), ()) == (told.counted, told.moved)
    assert told.sentence().startswith("“t” is due on Thursday 15 January 2026")


@pytest.mark.parametrize("state", ["open", "locked", "done"])
@pytest.mark.parametrize("policy", ["push", "keep", "asap"])
def test_work_is_completed_on_any_day(state: str, policy: str) -> None:
    """On a Saturday too, though another refuses to be counted from one: that stays, with a warning (P5).

    Under `keep` it is not counted, and goes as far as the other went.
    """
    before = plan(task("a", 5, 6), task("b", None, 8, offset=FROM_A), task("c", 12, 12, Dependency("b")), policy=policy)
    if state == "locked":
        before = edit.update(before, on(5), "b", locked=True)
    if state == "done":
        before = edit.complete(before, on(6), "b", override=True)
    heard: list[Warn] = []
    after = edit.complete(before, on(10, heard), "a")
    due = 13 if (policy, state) == ("keep", "open") else 8
    assert (jan(10), jan(due)) == (after.task("a").completion.on, after.task("b").due)  # type: ignore[union-attr]
    assert ["b"] == [one.item_id for one in heard] and "'a'" in heard[0].message
    heard.clear()
    moved_on = edit.link(after, on(12, heard), "c", Dependency("a"))
    assert jan(15) == edit.update(moved_on, on(12, heard), "c", due=jan(15)).task("c").due
    assert edit.reschedule(moved_on, on(12)).task("b") == moved_on.task("b")
    assert [] == heard, "what is long past is not told again"


def test_a_milestone_is_reached_on_any_day_too() -> None:
    """What follows it stays."""
    follows = Offset(1, "working_days", "milestone:m", roll_anchor="refuse")
    before = plan(
        Milestone("m", "M", due=jan(8)), task("b", None, 9, offset=follows), Milestone("n", "N", offset=FROM_A)
    )
    before = put(before, Milestone("n", "N", due=jan(9), offset=follows))
    heard: list[Warn] = []
    after = edit.complete(before, on(10, heard), "m")
    assert before.tasks == after.tasks and jan(9) == after.milestone("n").due
    assert ["b", "n"] == sorted(one.item_id for one in heard)
    assert before == edit.reopen(after, on(12), "m")


def test_a_date_set_by_hand_to_such_a_day_is_refused_while_it_may_be_another() -> None:
    """The offset says so (D5)."""
    before = plan(task("a", 5, 6), task("b", None, 8, offset=FROM_A))
    with pytest.raises(Invalid, match="Saturday"):
        edit.update(before, on(5), "a", due=jan(10))
    held = put(before, attrs.evolve(before.task("b"), locked=True))
    assert {} == moved(held, put(held, task("a", 5, 10)))


def test_at_the_end_of_time_work_is_completed_and_explained() -> None:
    """A conflict with what does not move is a warning, and what cannot be counted is left out."""
    last = dt.date.max
    a = Task("a", "A", due=last - dt.timedelta(1))
    for fields in ({"locked": True}, {"status": "cancelled"}):
        b = Task("b", "B", start=last, due=last, duration=1, dependencies=(Dependency("a"),), **fields)  # type: ignore[arg-type]
        before = Plan("p", "acme", "P", FrozenMap({"start": last}), tasks=(a, b))
        heard: list[Warn] = []
        after = edit.complete(before, context(last, warn=heard.append), "a")
        assert [one.item_id for one in heard] == (["b"] if b.locked else [])
        assert () == schedule.why(after, "b", context(last).calendars_of(after)).limits
        assert () == schedule.conflicts(after, context(last).calendars_of(after))
    first = plan(Task("t", "T", due=dt.date.min, offset=Offset(-1, anchor="start")))
    first = attrs.evolve(first, anchors=FrozenMap({**first.anchors, "start": dt.date.min}))
    assert () == schedule.why(first, "t", context(jan(5)).calendars_of(first)).counted
