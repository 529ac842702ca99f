"""What a pause does to a plan (P8): worked by hand, and laws over random plans."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from random import Random
from typing import Any, NamedTuple

import attrs
import pytest

from actionplans import edit, journal, progress
from actionplans.errors import Refused
from actionplans.model import CLOSED, Dependency, FrozenMap, Item, Milestone, Objective, Offset, Plan, Play, Task, Warn
from actionplans.model.words import LinkPolicy, Roll
from actionplans.schedule import Moved, reschedule
from actionplans.schedule.bases import dates, ends, timed
from tests.dates import plans
from tests.dates.plans import POLICIES, completion, context
from tests.dates.test_reschedule import jan, plan, task
from tests.size import size

Days = tuple[int | None, int | None]


def resumed(before: Plan, first: int = 7, last: int = 14, **heard: Any) -> Plan:
    """The plan paused on one day of January and resumed on another: Wednesday to Wednesday unless said otherwise."""
    return edit.resume_plan(edit.pause_plan(before, context(jan(first))), context(jan(last), **heard))


def moved(before: Plan, first: int = 7, last: int = 14) -> dict[str, Days]:
    """The new start and due of all that a pause moved, as days of January."""
    old = {one.id: dates(one) for one in timed(before)}
    after = {one.id: dates(one) for one in timed(resumed(before, first, last))}
    return {one: (_n(new[0]), _n(new[1])) for one, new in after.items() if new != old[one]}


def _n(day: dt.date | None) -> int | None:
    return None if day is None else (day - jan(1)).days + 1


# Worked by hand


def test_a_task_moves_by_the_calendar_days_of_the_pause() -> None:
    """From the day of the pause up to, not including, the day of resuming; the duration stays."""
    before = plan(task("a", 8, 9), task("b", None, 12), task("c", 13, None))
    assert {"a": (15, 16), "b": (None, 19), "c": (20, None)} == moved(before)
    assert {"a": (9, 12), "b": (None, 13), "c": (14, None)} == moved(before, 7, 8)


def test_without_a_roll_a_start_stays_on_a_day_that_is_not_worked() -> None:
    """The first working day after it is day 1 (D8)."""
    assert {"a": (10, 13)} == moved(plan(task("a", 8, 9)), 7, 9)


def test_a_duration_alone_or_no_date_at_all_moves_nowhere() -> None:
    """There is nothing to move."""
    assert {} == moved(plan(task("a", None, None), task("b", None, None, duration=3)))


@pytest.mark.parametrize(("first", "last", "due"), [(7, 9, 14), (7, 14, 19), (9, 12, 13), (10, 12, None), (8, 13, 15)])
def test_an_offset_in_working_days_moves_by_the_working_days_of_the_pause(
    first: int, last: int, due: int | None
) -> None:
    """Due on Monday the 12th; over a week-end alone it does not move."""
    before = plan(task("a", None, 12, offset=Offset(5, "working_days")))
    assert ({} if due is None else {"a": (None, due)}) == moved(before, first, last)


def test_the_working_days_of_a_pause_are_those_of_the_task_s_calendar() -> None:
    """The Gulf rests on Friday and Saturday: from Thursday to Sunday it misses one day, others two."""
    offset = Offset(4, "working_days")
    before = plan(task("a", None, 12, offset=offset, calendar="gulf"), task("b", None, 12, offset=offset))
    assert {"a": (None, 13), "b": (None, 14)} == moved(before, 8, 11)


@pytest.mark.parametrize(
    ("roll", "due"),
    [("none", 31), ("next", 33), ("previous", None), ("modified_next", None), ("modified_previous", None)],
)
def test_rolls_are_applied_again(roll: Roll, due: int | None) -> None:
    """From Friday the 30th a pause of one day leads to Saturday the 31st, the month's last day."""
    before = plan(task("a", None, 30, offset=Offset(25, roll=roll)))
    assert ({} if due is None else {"a": (None, due)}) == moved(before, 7, 8)


def test_a_roll_leads_to_no_day_before_the_one_it_had() -> None:
    """From Saturday, where it was put by hand, on to Sunday, and not back to Friday."""
    before = plan(task("a", None, 10, offset=Offset(3, roll="previous"), hand_dated=True))
    assert {"a": (None, 12)} == moved(before, 7, 8)


def test_a_start_with_an_offset_leads_and_a_due_with_one_too() -> None:
    """The other date follows by the duration; a due from the own start is counted again where it stood there."""
    before = plan(
        task("a", 8, 9, start_offset=Offset(3, "working_days")),
        task("b", 8, 9, offset=Offset(4, "working_days")),
        task("c", 8, 9, offset=Offset(1, anchor="own_start", roll="next")),
        task("d", 8, 12, offset=Offset(1, anchor="own_start", roll="next")),
    )
    assert {"a": (12, 13), "b": (12, 13), "c": (10, 12), "d": (10, 14)} == moved(before, 7, 9)


def test_what_was_overdue_when_the_plan_was_paused_moves_too() -> None:
    """As far as everything else."""
    assert {"a": (9, 9), "b": (None, 13)} == moved(plan(task("a", 2, 2), task("b", None, 6)))


def test_anchors_on_or_after_the_day_of_the_pause_move() -> None:
    """By calendar days, whatever is counted from them; what lies before the pause is history."""
    named = FrozenMap({"start": jan(5), "kickoff": jan(6), "demo": jan(7), "go_live": jan(26)})
    later = {"demo": jan(14), "go_live": dt.date(2026, 2, 2)}
    assert {**named, **later} == dict(resumed(attrs.evolve(plan(), anchors=named)).anchors)


def test_a_task_moves_once_with_the_anchor_it_is_counted_from() -> None:
    """And stands where its offset puts it again; one counted from an anchor that stayed moves all the same."""
    before = plan(task("a", None, 27, offset=Offset(1, anchor="go_live")), task("b", None, 12, offset=Offset(7)))
    after = resumed(before)
    assert {"a": (None, 34), "b": (None, 19)} == moved(before)
    assert after.anchors["go_live"] + dt.timedelta(1) == after.task("a").due


def test_what_is_locked_or_closed_stays_and_what_has_begun_keeps_its_start() -> None:
    """The duration of what has begun grows."""
    before = plan(
        task("locked", 8, 9, locked=True),
        task("done", 5, 6, status="done", completion=completion(jan(6)), completions=1),
        task("gone", 8, 9, status="cancelled", was="open"),
        task("begun", 6, 8, status="in_progress"),
        task("due", None, 8, status="in_progress"),
        task("only", 6, None, status="in_progress"),
        task("waits", 8, 9, status="waiting"),
    )
    assert {"begun": (6, 15), "due": (None, 15), "waits": (15, 16)} == moved(before)
    assert 8 == resumed(before).task("begun").duration


def test_milestones_move_where_they_are_still_to_come() -> None:
    """Dated on or after the day of the pause, not locked, not reached, not done by their tasks."""
    done = {"status": "done", "completion": completion(jan(6)), "completions": 1}
    before = plan(
        Milestone("past", "past", due=jan(6)),
        Milestone("on", "on", due=jan(7)),
        Milestone("later", "later", due=jan(12), offset=Offset(5, "working_days")),
        Milestone("rolled", "rolled", due=jan(12), offset=Offset(7, roll="next")),
        Milestone("locked", "locked", due=jan(12), locked=True),
        Milestone("reached", "reached", due=jan(12), reached_on=jan(6)),
        Milestone("finished", "finished", due=jan(12)),
        Milestone("undated", "undated"),
        task("a", 5, 6, milestone_id="finished", **done),
    )
    assert {"on": (None, 14), "later": (None, 19), "rolled": (None, 19)} == moved(before)
    assert {"on": (None, 12), "later": (None, 15), "rolled": (None, 19)} == moved(before, 7, 12)


def test_objectives_and_plays_move_by_the_dates_that_are_still_to_come() -> None:
    """A start before the pause stays."""
    before = attrs.evolve(
        plan(),
        objectives=(Objective("why", "why", start=jan(5), end=jan(20)), Objective("was", "was", end=jan(6))),
        plays=(
            Play("play", "play", start=jan(8), due=jan(12)),
            Play("late", "late", due=jan(8), offset=Offset(3, "working_days")),
        ),
    )
    assert {"why": (5, 27), "play": (15, 19), "late": (None, 15)} == moved(before)
    assert {"why": (5, 22), "play": (10, 14), "late": (None, 12)} == moved(before, 7, 9)


def test_what_does_not_move_keeps_its_other_end_too() -> None:
    """Over a week-end a start in working days stays, and a due on a day off is not put where the duration ends."""
    counted = Offset(1, "working_days", "go_live")
    assert {} == moved(plan(task("a", 27, 31, start_offset=counted), task("b", 24, 27, offset=counted)), 10, 12)


def test_the_reason_is_that_of_the_end_that_moves() -> None:
    """Over a Saturday the start goes on by a day, the end, counted in working days, by none."""
    counted = Offset(2, "working_days", "go_live")
    before = plan(objectives=(Objective("why", "Why", start=jan(10), end=jan(28), end_offset=counted),))
    told: list[Moved] = []
    resumed(before, 10, 11, moved=told.append)
    assert [("start", jan(11), jan(28))] == [(one.reason.end, one.start, one.due) for one in told]


FIRST = Dependency("a")


@pytest.mark.parametrize(
    ("policy", "b", "c"), [("push", 14, 15), ("keep", 14, 15), ("asap", 14, 15), ("hold", 13, None)]
)
def test_then_links_push_unless_the_policy_is_hold(policy: str, b: int, c: int | None) -> None:
    """a is locked until the 13th, b moves by a day onto it and is pushed on; c, begun, and d, locked, are warned of."""
    before = plan(
        task("a", 12, 13, locked=True),
        task("b", 12, 12, FIRST),
        task("c", 13, 13, Dependency("b"), status="in_progress"),
        task("d", 14, 14, Dependency("b"), locked=True),
        policy=policy,
    )
    assert {"b": (b, b), "c": (13, 14)} == moved(before, 7, 8)
    heard: list[Warn] = []
    told: list[Moved] = []
    resumed(before, 7, 8, warn=heard.append, moved=told.append)
    assert ([] if policy == "hold" else ["c", "d"]) == sorted(one.item_id for one in heard)
    assert [("b", jan(12), jan(b)), ("c", jan(13), jan(14))] == [(one.item_id, one.old_due, one.due) for one in told]
    assert ["link" if policy != "hold" else "pause", "pause"] == [one.reason.cause for one in told]


def test_a_task_without_dates_gets_them_from_links_that_moved() -> None:
    """Where it has a duration (P1)."""
    before = plan(task("a", 8, 8), task("b", None, None, FIRST, duration=2))
    assert {"a": (15, 15), "b": (16, 19)} == moved(before)


def test_resuming_on_the_day_of_the_pause_changes_only_the_status() -> None:
    """And changes it back; the same where the day went back, in another time zone."""
    for seed in range(size(1_000)):
        before = plans.plan(Random(seed), POLICIES[seed % 4])
        paused = edit.pause_plan(before, context(jan(7)))
        assert ("paused", jan(7)) == (paused.status, paused.paused_on)
        assert before == attrs.evolve(paused, status="active", paused_on=None)
        assert before == edit.resume_plan(paused, context(jan(7))) == edit.resume_plan(paused, context(jan(6)))


def test_a_plan_that_is_not_paused_is_not_resumed_and_a_paused_one_not_paused_again() -> None:
    """Each is the very plan that was given; a closed one is refused."""
    active = plan(task("a", 8, 9))
    assert active is edit.resume_plan(active, context(jan(14)))
    paused = edit.pause_plan(active, context(jan(7)))
    assert paused is edit.pause_plan(paused, context(jan(9)))
    for closed in (edit.cancel_plan(paused, context(jan(8))), edit.archive_plan(paused, context(jan(8)))):
        for verb in (edit.pause_plan, edit.resume_plan):
            with pytest.raises(Refused):
                verb(closed, context(jan(14)))
    again = edit.reopen_plan(edit.cancel_plan(paused, context(jan(8))), context(jan(9)))
    assert again is edit.resume_plan(again, context(jan(14)))


def test_a_plan_that_came_paused_without_a_day_goes_on_as_it_is() -> None:
    """Nothing says for how long it stood still."""
    paused = plan(task("a", 8, 9), status="paused")
    assert attrs.evolve(paused, status="active") == edit.resume_plan(paused, context(jan(14)))


def test_what_is_locked_at_an_anchor_that_a_pause_moves_is_warned_of() -> None:
    """Where it stood there (P6); what is done, or was moved since, is not, nor where the anchor stays."""
    offset = Offset(-1, anchor="go_live")
    done = {"status": "done", "completion": completion(jan(6)), "completions": 1}
    before = plan(
        task("a", None, 25, offset=offset, locked=True),
        task("b", None, 24, offset=offset, locked=True),
        task("c", None, 25, offset=offset, **done),
        task("d", None, 5, offset=Offset(), locked=True),
        Milestone("m", "m", due=jan(25), offset=offset, locked=True),
    )
    heard: list[Warn] = []
    resumed(before, warn=heard.append)
    assert ["a", "m"] == sorted(one.item_id for one in heard)
    assert all("the anchor go_live" in one.message for one in heard)


def test_under_hold_too_a_lock_that_now_conflicts_is_warned_of() -> None:
    """And nothing gets a first date by resuming: no link moves anything."""
    before = plan(
        task("a", 8, 9),
        task("b", 12, 12, FIRST, locked=True),
        task("c", None, None, FIRST, duration=2),
        policy="hold",
    )
    heard: list[Warn] = []
    assert {"a": (15, 16)} == moved(before)
    resumed(before, warn=heard.append)
    assert ["b"] == [one.item_id for one in heard]


@pytest.mark.parametrize("status", ["draft", "active"])
def test_a_plan_goes_back_to_what_it_was(status: str) -> None:
    """A draft that was paused, completed or cancelled is a draft again, also where one came after the other (L1)."""
    before = plan(status=status)
    assert before == resumed(before, 7, 7)
    for close in (edit.complete_plan, edit.cancel_plan):
        for way in (before, edit.pause_plan(before, context(jan(7)))):
            assert before == edit.reopen_plan(close(way, context(jan(8))), context(jan(9)))
    done = edit.complete(plan(task("a", 5, 5), status=status), context(jan(5)), "a")
    assert status == edit.reopen(edit.complete_plan(done, context(jan(5))), context(jan(6)), "a").status


# Laws


class Paused(NamedTuple):
    """A random plan, the same after a pause, and what was told of it."""

    seed: int
    before: Plan
    after: Plan
    first: dt.date
    last: dt.date
    told: tuple[Moved, ...]

    def named(self) -> str:
        """How to make it again."""
        return f"paused({self.seed}, {self.before.link_policy!r}): from {self.first} to {self.last}"


def paused(seed: int, policy: LinkPolicy) -> Paused:
    """The pause of that number."""
    rng = Random(seed)
    before = plans.plan(rng, policy)
    first = plans.day(rng.randint(0, 30))
    last = first + dt.timedelta(rng.choice((1, 1, 2, 3, 5, 7, 10, 20)))
    told: list[Moved] = []
    after = edit.resume_plan(edit.pause_plan(before, context(first)), context(last, moved=told.append))
    return Paused(seed, before, after, first, last, tuple(told))


def pauses(count: int) -> Iterator[Paused]:
    """So many, the policies by turns."""
    for seed in range(size(count)):
        yield paused(seed, POLICIES[seed % 4])


def test_what_is_told_is_all_that_happened() -> None:
    """Each item once, from its dates before to those after; nothing but dates, anchors and durations changes."""
    for one in pauses(2_000):
        old, new = ({item.id: dates(item) for item in timed(plan)} for plan in (one.before, one.after))
        assert len(one.told) == len({move.item_id for move in one.told}), one.named()
        assert {item_id: (old[item_id], new[item_id]) for item_id in old if old[item_id] != new[item_id]} == {
            move.item_id: ((move.old_start, move.old_due), (move.start, move.due)) for move in one.told
        }, one.named()
        fields = {"start", "due", "end", "duration", "original_due", "anchors"}
        assert {change.field for change in journal.diff(one.before, one.after)} <= fields, one.named()


def test_moves_replay_by_their_reasons() -> None:
    """Worked out once more in the calendar of what moves (D10)."""
    for one in pauses(4_000):
        for move in one.told:
            item = one.after.item(move.item_id)
            days = context(one.last).days(one.after, item if isinstance(item, Task) else None)
            date = move.start if move.reason.end == "start" else move.due
            assert date == move.reason.replay(days), f"{one.named()}: {move}"


def test_nothing_locked_or_closed_moves() -> None:
    """Nor does a start in progress."""
    for one in pauses(2_000):
        for move in one.told:
            item = one.before.item(move.item_id)
            assert not getattr(item, "locked", False), one.named()
            if isinstance(item, Task):
                assert item.status not in CLOSED, one.named()
                assert item.start is None or item.status != "in_progress" or move.start == item.start, one.named()
            assert not isinstance(item, Milestone) or item.reached_on is None, one.named()


def test_no_rolled_date_lands_on_a_day_that_is_not_worked() -> None:
    """Nor one counted in working days."""
    for one in pauses(4_000):
        for move in one.told:
            item = one.after.item(move.item_id)
            offset = move.reason.offset or ends(item)[move.reason.end == "due"][1]  # type: ignore[arg-type]
            if offset is not None and (offset.roll != "none" or offset.unit == "working_days"):
                days = context(one.last).days(one.after, item if isinstance(item, Task) else None)
                assert days.is_working(_led(move, item)), f"{one.named()}: {move}"


def test_nothing_moves_earlier() -> None:
    """The date that leads; one that follows from it may fall onto the last working day of its duration (D8)."""
    for one in pauses(4_000):
        assert all(day <= one.after.anchors[name] for name, day in one.before.anchors.items()), one.named()
        for move in one.told:
            item = one.after.item(move.item_id)
            old = move.old_start if move.reason.end == "start" else move.old_due
            assert old is None or old < _led(move, item), f"{one.named()}: {move}"


def _led(move: Moved, item: Item) -> dt.date:
    day = move.start if move.reason.end == "start" else move.due
    assert day is not None, f"{item.id} has no {move.reason.end}"
    return day


def test_all_that_is_open_and_dated_moves_under_hold_by_no_more_than_the_pause() -> None:
    """Days of calendar, up to a roll; nothing that moves by a pause of whole weeks changes its weekday."""
    for seed in range(0, size(4_000), 4):
        one = paused(seed, POLICIES[0])
        by = one.last - one.first
        for move in one.told:
            item = one.before.item(move.item_id)
            if not any(offset for _, offset in ends(item)):  # type: ignore[arg-type]
                old = move.old_start if move.reason.end == "start" else move.old_due
                assert old is not None and old + by == _led(move, item), f"{one.named()}: {move}"
        told = {move.item_id for move in one.told}
        for held in one.before.tasks:
            if held.is_open and not held.locked and not (held.status == "in_progress" and held.due is None):
                moves = held.id in told or dates(held) == (None, None)
                assert moves or held.offset or held.start_offset, f"{one.named()}: {held}"


def test_nothing_is_overdue_while_a_plan_is_paused() -> None:
    """However late it is (D12); once it goes on, what was to come when it was paused is still to come."""
    for one in pauses(2_000):
        still = edit.pause_plan(one.before, context(one.first))
        assert () == progress.overdue(still, one.last) == progress.overdue(still, dt.date.max), one.named()
        late = {held.id for held in progress.overdue(one.before, one.first)}
        for held in progress.overdue(one.after, one.last):
            calendar_days = not held.locked and held.offset is None and held.start is None
            assert not calendar_days or held.id in late, f"{one.named()}: {held}"


def test_links_hold_afterwards_where_they_held_before() -> None:
    """Under push a plan without conflicts has none after the pause, but those with what does not move."""
    for seed in range(size(2_000)):
        one = paused(seed, "push")
        days = context(one.last).calendars_of(one.after)
        again = reschedule(
            one.after,
            one.after,
            days=days,
            today=one.last,
            look_at={move.item_id for move in one.told},
            policy="push",
        )
        assert () == again.moves, f"{one.named()}: {again.moves}"
