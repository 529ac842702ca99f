"""Why dates are what they are, what conflicts, and why something moved: as data and in words (D10, P5, V2)."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from random import Random
from typing import NamedTuple, get_args

import attrs
import pytest

from actionplans import edit
from actionplans.errors import NotFound, Refused
from actionplans.model import Dependency, Milestone, Objective, Offset, Plan, Play, Stage, Task, Warn, WorkCalendar
from actionplans.schedule import Cause, Moved, Reason, Why, beyond, bound, conflicts, offset_date, reschedule, why
from actionplans.schedule.bases import timed
from actionplans.settings import Settings
from tests.dates import changes, plans
from tests.dates.plans import POLICIES, completion, context
from tests.dates.test_reschedule import jan, plan, task
from tests.size import size

A, B = Dependency("a"), Dependency("b")


def asked(plan: Plan, item_id: str, names: dict[str, str] | None = None) -> Why:
    """Why that item's dates are what they are."""
    return why(plan, item_id, context(jan(5)).calendars_of(plan), names)


def says(words: str, *wanted: str) -> None:
    """One line with all of these in it, and nothing of Python's."""
    assert [] == [one for one in wanted if one not in words], words
    assert "\n" not in words and "None" not in words and words.endswith("."), words


# One item


def test_an_end_that_stands_where_its_offset_puts_it_is_explained() -> None:
    """Counted from an anchor, a milestone, a task and the own start; in the calendar of the task."""
    before = plan(
        Milestone("m", "m", due=jan(8)),
        task("anchor", None, 27, offset=Offset(1, anchor="go_live")),
        task("point", None, 11, offset=Offset(1, "working_days", "milestone:m"), calendar="gulf"),
        task("task", 10, 13, start_offset=Offset(2, anchor="task:anchor")),
        task("own", 8, 12, offset=Offset(4, anchor="own_start")),
    )
    (told,) = asked(before, "anchor").counted
    assert (Offset(1, anchor="go_live"), jan(26), jan(27)) == (told.offset, told.anchor, told.date)
    says(asked(before, "anchor").sentence(), "“anchor” is due on Tuesday 27 January 2026", "1 day after", "go live")
    (told,) = asked(before, "point").counted
    assert (jan(8), jan(11), [jan(9), jan(10)]) == (told.anchor, told.date, [one.day for one in told.skipped])
    says(asked(before, "point").sentence(), "1 working day after “m”", "not counted", "Saturday 10 January 2026")
    assert () == asked(before, "task").counted
    (told,) = asked(before, "own").counted
    assert (jan(8), jan(12)) == (told.anchor, told.date)
    says(asked(before, "own").sentence(), "starts on Thursday 8 January 2026", "4 days after its start")


def test_an_end_that_was_moved_since_says_where_its_offset_would_put_it() -> None:
    """It is told beside, not as the reason."""
    told = asked(plan(task("a", None, 9, offset=Offset(1), hand_dated=True)), "a")
    assert ((), [jan(6)]) == (told.counted, [one.date for one in told.moved])
    says(told.sentence(), "is due on Friday 9 January 2026", "Tuesday 6 January 2026", "by hand")


def test_links_bind_leave_room_or_are_broken() -> None:
    """Each with the day it allows, what it counts from, and whether the task stands there, later or earlier."""
    before = plan(
        Milestone("m", "The end", due=jan(8)),
        task("a", 5, 6),
        task("b", 7, 8, A, Dependency("m", "SS"), Dependency("a", "SF", 2), Dependency("a", "FF", 1)),
    )
    told = asked(before, "b", {"a": "Call", "b": "Visit", "m": "The end"})
    assert [
        ("start", jan(7), "a", "Call", jan(6), "binding"),
        ("start", jan(8), "m", "The end", jan(8), "broken"),
        ("due", jan(6), "a", "Call", jan(5), "room"),
        ("due", jan(7), "a", "Call", jan(6), "room"),
    ] == [(one.end, one.date, one.source, one.title, one.base, one.state) for one in told.limits]
    assert before.task("b").dependencies == tuple(one.link for one in told.limits)
    says(
        told.sentence(), "“Visit” starts on Wednesday 7 January 2026", "“Call”", "“The end”", "Thursday 8 January 2026"
    )
    assert "Monday 5" not in told.sentence(), "what leaves room is data only"


def test_an_offset_from_a_task_is_a_limit_too() -> None:
    """It has no link, and binds where the task stands at it."""
    before = plan(task("a", 5, 6), task("b", None, 8, offset=Offset(2, anchor="task:a")))
    (limit,) = asked(before, "b").limits
    assert ("due", jan(8), "a", jan(6), "binding", None) == (
        limit.end,
        limit.date,
        limit.source,
        limit.base,
        limit.state,
        limit.link,
    )


def test_a_done_predecessor_counts_from_the_day_it_was_done_and_a_cancelled_one_not() -> None:
    """P5; a milestone from the last completion of its tasks."""
    done = {"status": "done", "completion": completion(jan(8)), "completions": 1}
    before = plan(
        Milestone("m", "m", due=jan(2)),
        task("a", 5, 6, milestone_id="m", **done),
        task("gone", 5, 20, status="cancelled", was="open"),
        task("b", 9, 9, A, Dependency("gone"), Dependency("m")),
    )
    assert [("a", jan(8)), ("m", jan(8))] == [(one.source, one.base) for one in asked(before, "b").limits]


def test_duration_lock_hand_and_first_due_date_are_told() -> None:
    """The first due date only where it is another one (D12)."""
    before = plan(
        task("a", 5, 6, locked=True, hand_dated=True, original_due=jan(2)),
        task("b", None, 6, original_due=jan(6)),
        Milestone("m", "m", due=jan(8), original_due=jan(7), locked=True),
    )
    told = asked(before, "a")
    assert (2, True, True, jan(2)) == (told.duration, told.by_hand, told.locked, told.original_due)
    says(told.sentence(), "2 working days", "by hand", "locked", "first due on Friday 2 January 2026")
    told = asked(before, "b")
    assert (None, False, False, jan(6)) == (told.duration, told.by_hand, told.locked, told.original_due)
    assert "“b” is due on Tuesday 6 January 2026." == told.sentence()
    told = asked(before, "m")
    assert (None, True, jan(7)) == (told.duration, told.locked, told.original_due)
    says(told.sentence(), "“m” is due on Thursday 8 January 2026", "locked", "first due on Wednesday 7 January 2026")


def test_objectives_and_plays_are_explained_and_stages_and_strangers_refused() -> None:
    """Of an objective the due is its end; a stage has no dates."""
    before = plan(
        objectives=(Objective("why", "Why", start=jan(5), end=jan(27), end_offset=Offset(1, anchor="go_live")),),
        plays=(Play("play", "Play", start=jan(6), start_offset=Offset(1)),),
        stages=(Stage("stage", "Stage"),),
    )
    told = asked(before, "why")
    assert (jan(5), jan(27), [jan(27)]) == (told.start, told.due, [one.date for one in told.counted])
    says(asked(before, "play").sentence(), "“Play” starts on Tuesday 6 January 2026", "1 day after")
    with pytest.raises(Refused, match="a stage has no dates"):
        asked(before, "stage")
    with pytest.raises(NotFound):
        asked(before, "nobody")


def test_without_any_date_there_is_little_to_say() -> None:
    """Not even what its links would allow."""
    before = plan(task("a", 5, 6), task("b", None, None, A))
    assert ("“b” has no date.", ()) == (asked(before, "b").sentence(), asked(before, "b").limits)


# Conflicts


def test_conflicts_are_all_that_open_tasks_stand_earlier_than_their_links_allow() -> None:
    """Worked out one by one from `bound` and the offsets from tasks, in plan order."""
    seen = 0
    for seed in range(size(4_000)):
        before = plans.plan(Random(seed), POLICIES[seed % 4])
        days = context(jan(5)).calendars_of(before)
        wanted = []
        for one in before.tasks:
            if one.is_open:
                wanted += [(one.id, *broken) for broken in _broken(before, one)]
        found = [(one.task_id, one.limit.end, one.limit.date, one.limit.source) for one in conflicts(before, days)]
        assert wanted == found, f"plans.plan(Random({seed}), {POLICIES[seed % 4]!r})"
        assert all(one.limit.state == "broken" for one in conflicts(before, days))
        seen += len(found)
    assert seen


def _broken(before: Plan, one: Task) -> Iterator[tuple[str, dt.date, str]]:
    days = context(jan(5)).days(before, one)
    for link in one.dependencies:
        allowed = bound(link, *_base(before, link.predecessor_id), days)
        if allowed is not None and (stands := _stands(one, allowed[0])) is not None and stands < allowed[1]:
            yield *allowed, link.predecessor_id
    for end, offset in (("start", one.start_offset), ("due", one.offset)):
        if offset is not None and offset.anchor.startswith("task:"):
            due = _base(before, offset.item_id)[1]
            stands = _stands(one, end)
            if due is not None and stands is not None and stands < offset_date(offset, due, days):
                yield end, offset_date(offset, due, days), offset.item_id


def _stands(one: Task, end: str) -> dt.date | None:
    return one.start or one.due if end == "start" else one.due or one.start


def _base(before: Plan, item_id: str) -> tuple[dt.date | None, dt.date | None]:
    """P5: the day it was done, else planned; nothing of a cancelled one."""
    one = before.item(item_id)
    if isinstance(one, Milestone):
        mine = [task for task in before.tasks if task.milestone_id == one.id]
        days = [task.completion.on for task in mine if task.completion is not None]
        by_tasks = max(days) if days and not any(task.is_open for task in mine) else None
        day = one.reached_on or by_tasks or one.due
        return day, day
    assert isinstance(one, Task)
    if one.status == "cancelled":
        return None, None
    if one.completion is not None:
        return min(one.start or dt.date.max, one.completion.on), one.completion.on
    return one.start or one.due, one.due or one.start


def test_a_finished_task_is_judged_by_the_day_it_was_done_and_a_cancelled_one_not() -> None:
    """As in warnings (P5)."""
    done = {"status": "done", "completion": completion(jan(12)), "completions": 1}
    finish = Dependency("a", "FF")
    before = plan(
        task("a", 5, 9),
        task("late", 7, 7, finish, **done),
        task("early", 12, 13, finish, status="done", completion=completion(jan(8)), completions=1),
        task("gone", 7, 7, finish, status="cancelled", was="open"),
    )
    assert ["room"] == [one.state for one in asked(before, "late").limits]
    assert ["broken"] == [one.state for one in asked(before, "early").limits]
    assert () == asked(before, "gone").limits


def test_a_plan_after_everything_was_pushed_has_only_conflicts_of_what_does_not_move() -> None:
    """Locked ones, and starts in progress."""
    for seed in range(size(2_000)):
        before = plans.plan(Random(seed), "push")
        days = context(jan(5)).calendars_of(before)
        found = reschedule(before, before, days=days, today=jan(5), look_at={one.id for one in timed(before)})
        after = found.applied(before)
        for one in conflicts(after, days):
            held = after.task(one.task_id)
            assert held.locked or held.status == "in_progress", f"seed {seed}: {one}"


# Years whose holidays are not known


def test_dates_in_years_that_a_calendar_does_not_know_are_named() -> None:
    """Of open tasks, each once, in their own calendars (D6); a calendar without years knows them all."""
    known = WorkCalendar("known", years=frozenset({2026}))
    ctx = attrs.evolve(context(jan(5)), settings=Settings(calendars=(WorkCalendar(), known)))
    far = dt.date(2027, 1, 4)
    before = Plan(
        "plan",
        "acme",
        "Plan",
        plan().anchors,
        calendar="known",
        tasks=(
            Task("near", "near", start=jan(5), due=dt.date(2026, 12, 31)),
            Task("far", "far", due=far),
            Task("over", "over", start=jan(5), due=far),
            Task("both", "both", start=far, due=dt.date(2028, 1, 3)),
            Task("other", "other", due=far, calendar="default"),
            Task("mixed", "mixed", due=far, calendar="default & known"),
            Task("done", "done", "done", due=far, completion=completion(jan(5))),
            Task("gone", "gone", "cancelled", due=far),
            Task("undated", "undated"),
        ),
    )
    found = beyond(before, ctx.calendars_of(before))
    assert ["far", "over", "both", "mixed"] == [one.item_id for one in found]
    assert all(isinstance(one, Warn) and "2027" in one.message for one in found)


# Reasons in words

FAR, NEAR = jan(9), jan(6)
REASONS: dict[str, tuple[Reason, tuple[str, ...]]] = {
    "offset": (
        Reason("offset", "due", "go_live", jan(5), NEAR, Offset(3, "working_days", "go_live")),
        ("3 working days after", "go live", "moved from Monday 5 January 2026 to Tuesday 6 January 2026"),
    ),
    "offset, from an item": (
        Reason("offset", "due", "a", NEAR, NEAR, Offset(-1, "weeks", "milestone:a")),
        ("1 week before {}", "Tuesday 6 January 2026"),
    ),
    "offset, from its start": (
        Reason("offset", "due", "own_start", jan(5), NEAR, Offset(0, anchor="own_start")),
        ("on the day of its start",),
    ),
    "offset, new": (Reason("offset", "due", "start", None, NEAR, Offset(1)), ("1 day after", "Tuesday 6 January 2026")),
    "shift": (
        Reason("shift", "start", "a", jan(5), NEAR, own=FAR, shift=1),
        ("with {}", "moved from Monday 5 January 2026 to Tuesday 6 January 2026"),
    ),
    "shift, with an anchor": (
        Reason("shift", "due", "go_live", jan(5), NEAR, Offset(1, anchor="go_live"), own=FAR, shift=1, unit="days"),
        ("go live", "moved from Monday 5 January 2026"),
    ),
    "link": (Reason("link", "start", "a", None, NEAR, link=A), ("{}", "Tuesday 6 January 2026")),
    "link, from a start": (
        Reason("link", "due", "a", None, NEAR, link=Dependency("a", "SF", -2, "days")),
        ("{}", "starts", "Tuesday 6 January 2026"),
    ),
    "calendar": (Reason("calendar", "start", own=NEAR), ("Tuesday 6 January 2026", "no longer worked")),
    "duration": (Reason("duration", "due", own=NEAR, shift=1), ("1 working day from Tuesday 6 January 2026",)),
    "duration, longer": (Reason("duration", "due", own=NEAR, shift=5), ("5 working days from",)),
    "measured": (Reason("measured", "due", now=FAR), ("other days are worked",)),
    "undone": (Reason("undone", "due", now=FAR), ("taken back",)),
    "today": (Reason("today", "start", now=NEAR), ("in the past",)),
    "pause": (
        Reason("pause", "start", "", jan(5), NEAR, own=FAR, shift=1, unit="days"),
        ("Monday 5 January 2026", "Tuesday 6 January 2026"),
    ),
    "reopened": (Reason("reopened", "due", "a", now=NEAR), ("{} is open again",)),
}


@pytest.mark.parametrize("name", REASONS)
def test_a_reason_is_a_clause_that_names_what_may_be_seen(name: str) -> None:
    """To follow “because”; what is hidden is another item, and an id is never shown."""
    reason, wanted = REASONS[name]
    move = Moved("b", jan(7), jan(8), NEAR, FAR, 4, tuple(reason))
    for names in ({"a": "Kick-off", "b": "Visit"}, {"b": "Visit"}, {}):
        shown = f"“{names['a']}”" if "a" in names else "another item"
        clause = reason.clause(names)
        assert [] == [one for one in wanted if one.format(shown) not in clause], clause
        assert not re.search(r"\ba\b|None|_", clause), clause
        title = "“Visit”" if names else "Another item"
        said = f"{title} is due on Friday 9 January 2026 instead of Thursday 8 January 2026, because {clause}."
        assert said == move.sentence(names)


def test_every_cause_has_its_words() -> None:
    """None is missing above."""
    assert set(get_args(Cause)) == {reason.cause for reason, _ in REASONS.values()}
    clauses = [reason.clause({"a": "A"}) for reason, _ in REASONS.values()]
    assert len(set(clauses)) == len(clauses)


LAGS = {
    ("FS", 0, "working_days"): (7, "may start only after “A” ends, on Tuesday 6 January 2026"),
    ("FS", 1, "working_days"): (8, "only after “A” ends, on Tuesday 6 January 2026, with 1 working day between"),
    ("FS", 2, "days"): (9, "only after “A” ends, on Tuesday 6 January 2026, with 2 days between"),
    ("FS", -1, "working_days"): (6, "may start no earlier than the day “A” ends, on Tuesday 6 January 2026"),
    ("FS", -2, "working_days"): (5, "no earlier than 1 working day before “A” ends"),
    ("SS", 0, "days"): (5, "no earlier than the day “A” starts, on Monday 5 January 2026"),
    ("SS", 2, "working_days"): (7, "no earlier than 2 working days after “A” starts"),
    ("FF", -1, "working_days"): (5, "be due no earlier than 1 working day before “A” ends"),
    ("FF", 0, "working_days"): (6, "be due no earlier than the day “A” ends"),
    ("SF", 0, "working_days"): (2, "be due no earlier than 1 working day before “A” starts, on Monday 5 January 2026"),
    ("SF", 1, "working_days"): (5, "be due no earlier than the day “A” starts"),
    ("SF", 3, "days"): (7, "be due no earlier than 2 days after “A” starts"),
}


@pytest.mark.parametrize("lag", LAGS)
def test_the_words_of_a_link_give_the_day_it_allows(lag: tuple[str, int, str]) -> None:
    """A runs from Monday the 5th to Tuesday the 6th: a reader who counts comes to the date that is told (D10)."""
    link = Dependency("a", *lag)  # type: ignore[arg-type]
    before = plan(task("a", 5, 6), task("b", 1, 1))
    after = changes.put(before, attrs.evolve(before.task("b"), dependencies=(link,)))
    (move,) = reschedule(before, after, days=context(jan(1)).calendars_of(after), today=jan(1)).moves
    due, words = LAGS[lag]
    assert jan(due) == move.due
    says(move.sentence({"a": "A", "b": "B"}), words)


def test_a_move_that_leaves_both_dates_says_what_changes() -> None:
    """How many working days they now take (D8)."""
    told = Moved("b", NEAR, FAR, NEAR, FAR, 3, tuple(Reason("measured", "due", now=FAR)))
    assert "“B” takes 3 working days now, because other days are worked." == told.sentence({"b": "B"})


def test_a_move_names_the_date_that_changed() -> None:
    """The due, or the start where only that moves; a first date is instead of nothing, and one that goes is gone."""
    because = tuple(Reason("today", "start", now=NEAR))
    start = Moved("b", jan(7), FAR, NEAR, FAR, 4, because).sentence()
    says(start, "Another item starts on Tuesday 6 January 2026 instead of Wednesday 7 January 2026, because")
    first = Moved("b", None, None, NEAR, FAR, 4, because).sentence()
    says(first, "is due on Friday 9 January 2026, because")
    says(Moved("b", None, None, NEAR, None, None, because).sentence(), "starts on Tuesday 6 January 2026, because")
    says(Moved("b", jan(7), FAR, None, None, 4, because).sentence(), "Another item has no date any more, because")


# Nothing hidden is named


class Told(NamedTuple):
    """What was said of a random plan, with its plan and a name for a failure."""

    named: str
    plan: Plan
    moves: tuple[Moved, ...]


def told(count: int) -> Iterator[Told]:
    """All kinds of moves of random plans in which every title tells which item it is."""
    for seed in range(size(count)):
        case = changes.case(seed, POLICIES[seed % 4])
        heard: list[Moved] = []
        after = case.verb(case.before, case.context(moved=heard.append))
        done = [one for one in after.tasks if one.status == "done" and one.completion and one.completion.shifts]
        if done:
            edit.reopen(after, case.context(moved=heard.append), done[0].id)
        later = case.today + dt.timedelta(seed % 20)
        edit.resume_plan(edit.pause_plan(after, case.context()), context(later, moved=heard.append))
        titled = {
            name: tuple(attrs.evolve(one, title=f"Title {name} {n}!") for n, one in enumerate(getattr(after, name)))
            for name in ("objectives", "milestones", "plays", "tasks")
        }
        yield Told(f"changes.case({seed}, {POLICIES[seed % 4]!r})", attrs.evolve(after, **titled), tuple(heard))


def hidden_in(words: str, plan: Plan, names: dict[str, str]) -> list[str]:
    """The titles and ids in these words that are not among the names."""
    titles = [one.title for one in plan.items() if one.id not in names and f"“{one.title}”" in words]
    return titles + re.findall(r"\b[tm]\d+\b|task:|milestone:|None", words)


def test_no_sentence_names_what_may_not_be_seen() -> None:
    """Neither by its title nor by its id, whatever part of a plan is seen (V2)."""
    causes = set()
    for one in told(2_500):
        rng = Random(one.named)
        titles = {item.id: item.title for item in one.plan.items()}
        names = {item_id: titles[item_id] for item_id in titles if rng.random() < 0.5}
        for move in one.moves:
            causes.add(move.reason.cause)
            for words in (move.sentence(names), move.reason.clause(names)):
                assert [] == hidden_in(words, one.plan, names), f"{one.named}: {words}"
        for item_id in titles:
            words = asked(one.plan, item_id, names).sentence()
            assert [] == hidden_in(words, one.plan, names), f"{one.named}: {words}"
            shown = f"“{names.get(item_id, 'another item')}”"
            assert words.startswith(shown), f"{one.named}: {words}"
    assert causes >= {"offset", "shift", "link", "calendar", "duration", "pause", "reopened"}


def test_what_is_not_hidden_is_named() -> None:
    """Without names everything is seen; what a limit or an explanation counts from goes by its title."""
    for one in told(1_000):
        titles = {item.id: item.title for item in one.plan.items()}
        for item_id, title in titles.items():
            found = asked(one.plan, item_id)
            assert title == found.title == asked(one.plan, item_id, titles).title, one.named
            assert all(titles[limit.source] == limit.title for limit in found.limits), one.named
            for told_of in (*found.counted, *found.moved):
                source = told_of.offset.item_id
                assert not source or f"“{titles[source]}”" == told_of.anchor_name, one.named
