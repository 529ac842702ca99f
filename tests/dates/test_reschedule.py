"""What a change moves besides itself (P1, P5, P6, D8): worked by hand, and held against the slow oracle."""

from __future__ import annotations

import datetime as dt
import gc
from typing import Any

import attrs
import pytest

from actionplans.model import Dependency, FrozenMap, Milestone, Offset, Plan, Task, WorkCalendar
from actionplans.schedule import Reschedule, reschedule
from actionplans.workdays import work_days
from tests.dates import changes, plans
from tests.dates.changes import put
from tests.dates.plans import POLICIES, calendar_of, completion
from tests.dates.reschedule_oracle import SlowReschedule
from tests.size import size


def jan(n: int) -> dt.date:
    """A day of January 2026; the 5th, 12th, 19th and 26th are Mondays."""
    return dt.date(2026, 1, n)


NEW_YEAR = jan(1)


def found(before: Plan, after: Plan, today: dt.date = NEW_YEAR) -> Reschedule:
    """What the library says."""
    context = plans.context(today)
    return reschedule(
        before,
        after,
        days=context.calendars_of(after),
        days_before=context.calendars_of(before),
        today=today,
    )


def moved(before: Plan, after: Plan, today: dt.date = NEW_YEAR) -> dict[str, tuple[int | None, int | None]]:
    """The new start and due of all that moves, as days of January."""
    return {one.item_id: (_n(one.start), _n(one.due)) for one in found(before, after, today).moves}


def _n(day: dt.date | None) -> int | None:
    return None if day is None else (day - jan(1)).days + 1


def plan(*items: Task | Milestone, policy: str = "push", **fields: Any) -> Plan:
    """A plan that starts on Monday the 5th."""
    return Plan(
        "plan",
        "acme",
        "Renewal",
        FrozenMap({"start": jan(5), "go_live": jan(26)}),
        link_policy=policy,
        tasks=tuple(one for one in items if isinstance(one, Task)),
        milestones=tuple(one for one in items if isinstance(one, Milestone)),
        **fields,
    )


def task(item_id: str, start: int | None, due: int | None, *links: Dependency, **fields: Any) -> Task:
    """A task from one day of January to another, in the default calendar unless it says otherwise."""
    first, last = (None if n is None else jan(n) for n in (start, due))
    if first and last:
        probe = Task(title="probe", calendar=fields.get("calendar", ""), owner_id=fields.get("owner_id"))
        fields.setdefault("duration", max(1, calendar_of(plan(), probe).count(first, last)))
    return Task(item_id, item_id, start=first, due=last, dependencies=links, **fields)


def anchored(before: Plan, **days: int) -> Plan:
    """The plan with named anchors on other days."""
    return attrs.evolve(before, anchors=FrozenMap({**before.anchors, **{name: jan(n) for name, n in days.items()}}))


# The slow oracle


@pytest.mark.parametrize("policy", POLICIES)
def test_the_slow_oracle_moves_the_same_items_to_the_same_dates(policy: str) -> None:
    """10^4 random changes to random plans; a failing one is made again by `changes.case(seed, policy)`."""
    for seed in range(size(10_000)):
        case = changes.case(seed, policy)
        slow = SlowReschedule(case.before, case.after, calendar_of, case.today).moves()
        fast = {one.item_id: (one.start, one.due, one.duration) for one in found(*case[1:4]).moves}
        wrong = {
            one: f"slow {tuple(map(str, slow.get(one, ())))}, fast {tuple(map(str, fast.get(one, ())))}"
            for one in {*slow, *fast}
            if fast.get(one) != slow.get(one)
        }
        assert not wrong, f"changes.case({seed}, {policy!r}), {case.change}, today {case.today}: {wrong}"


# P1: what each kind of link forces


@pytest.mark.parametrize(
    ("link", "expected"),
    [
        (Dependency("a", "FS"), (12, 13)),
        (Dependency("a", "FS", 2), (14, 15)),
        (Dependency("a", "FS", -1), (9, 12)),
        (Dependency("a", "FS", -3), None),
        (Dependency("a", "FS", 1, "days"), (12, 13)),
        (Dependency("a", "FS", 3, "days"), (13, 14)),
        (Dependency("a", "SS"), None),
        (Dependency("a", "SS", 2), (9, 12)),
        (Dependency("a", "SS", 3, "days"), (12, 13)),
        (Dependency("a", "FF"), None),
        (Dependency("a", "FF", 1), (9, 12)),
        (Dependency("a", "FF", 4, "days"), (12, 13)),
        (Dependency("a", "SF"), None),
        (Dependency("a", "SF", 5), (12, 13)),
        (Dependency("a", "SF", 6, "days"), (9, 12)),
    ],
)
def test_each_kind_of_link_pushes_only_as_far_as_it_forces(link: Dependency, expected: tuple[int, int] | None) -> None:
    """a goes from Monday to Wednesday, the 5th to 7th, to Wednesday to Friday; b stood on Thursday and Friday."""
    before = plan(task("a", 5, 7), task("b", 8, 9, link))
    after = put(before, task("a", 7, 9))
    assert ({} if expected is None else {"b": expected}) == moved(before, after)


def test_a_link_counts_in_the_calendar_of_the_successor() -> None:
    """After Thursday the 8th the Gulf goes on on Sunday the 11th."""
    before = plan(task("a", 7, 7), task("b", 8, 8, Dependency("a"), calendar="gulf"))
    assert {"b": (11, 11)} == moved(before, put(before, task("a", 8, 8)))


def test_a_missing_date_on_either_side_is_replaced_by_the_other() -> None:
    """A predecessor with only a start ends there; a successor moves by the one date that it has."""
    before = plan(
        task("a", 5, None),
        task("b", None, 6, Dependency("a", "SS", 1)),
        task("c", 6, None, Dependency("a", "FF", 1)),
    )
    assert {"b": (None, 9), "c": (9, None)} == moved(before, put(before, task("a", 8, None)))


def test_a_task_with_only_a_duration_gets_its_dates_from_its_links() -> None:
    """The latest of them, and later ones from their due back."""
    before = plan(
        task("a", None, None),
        task("b", None, None, Dependency("a"), duration=3),
        task("c", None, None, Dependency("b", "FF", 1), duration=2),
    )
    assert {"b": (8, 12), "c": (12, 13)} == moved(before, put(before, task("a", None, 7)))


def test_a_milestone_is_a_predecessor() -> None:
    """Its due, and the day it was reached once it was."""
    before = plan(Milestone("m", "m", due=jan(7)), task("b", 8, 9, Dependency("m")))
    assert {"b": (13, 14)} == moved(before, put(before, Milestone("m", "m", due=jan(12))))
    assert {"b": (9, 12)} == moved(before, put(before, Milestone("m", "m", due=jan(7), reached_on=jan(8))))


def test_a_cancelled_predecessor_binds_nothing() -> None:
    """Though it would, by its dates, when another one moves."""
    gone = task("x", 19, 20, status="cancelled", was="open")
    before = plan(task("a", 5, 7), gone, task("b", 8, 9, Dependency("a"), Dependency("x")))
    assert {"b": (9, 12)} == moved(before, put(before, task("a", 5, 8)))


# P5: the four policies


@pytest.mark.parametrize(
    ("policy", "later", "earlier", "earlier_with_slack"),
    [
        ("hold", {}, {}, {}),
        ("push", {"b": (14, 15)}, {}, {}),
        ("keep", {"b": (14, 15)}, {"b": (8, 9)}, {"b": (12, 13)}),
        ("asap", {"b": (14, 15)}, {"b": (8, 9)}, {"b": (8, 9)}),
    ],
)
def test_each_policy(policy: str, later: object, earlier: object, earlier_with_slack: object) -> None:
    """The predecessor, due Friday the 9th, goes two working days on or back."""
    before = plan(task("a", 7, 9), task("b", 12, 13, Dependency("a")), policy=policy)
    assert later == moved(before, put(before, task("a", 9, 13)))
    assert earlier == moved(before, put(before, task("a", 5, 7)))
    slack = put(before, task("b", 14, 15, Dependency("a")))
    assert earlier_with_slack == moved(slack, put(slack, task("a", 5, 7)))


def test_push_goes_down_the_chain_and_stops_where_there_is_room() -> None:
    """What is behind a task that did not move is not looked at, even where it conflicts."""
    before = plan(
        task("a", 5, 6),
        task("b", 7, 8, Dependency("a")),
        task("c", 13, 14, Dependency("b")),
        task("d", 7, 7, Dependency("c")),
    )
    assert {"b": (9, 12)} == moved(before, put(before, task("a", 7, 8)))


def test_keep_takes_the_largest_shift_of_those_that_moved() -> None:
    """One goes back by one working day, the other by three: the successor goes back by one."""
    links = Dependency("a"), Dependency("b"), Dependency("c", "SS")
    before = plan(task("a", 8, 9), task("b", 8, 9), task("c", 5, 9), task("d", 19, 20, *links), policy="keep")
    after = put(put(before, task("a", 7, 8)), task("b", 5, 6))
    assert {"d": (16, 19)} == moved(before, after)


def test_keep_counts_in_the_calendar_of_the_successor() -> None:
    """From Thursday to Sunday there is one working day in an office, Friday, and one in the Gulf, Sunday."""
    before = plan(
        task("a", 8, 8),
        task("b", 13, 13, Dependency("a")),
        task("c", 13, 13, Dependency("a"), calendar="gulf"),
        policy="keep",
    )
    assert {"b": (14, 14)} == moved(before, put(before, task("a", 9, 9)))
    assert {"b": (14, 14), "c": (14, 14)} == moved(before, put(before, task("a", 11, 11)))


def test_keep_still_pushes_where_a_link_forces_it() -> None:
    """It goes back with one predecessor only as far as the other one allows."""
    before = plan(
        task("a", 12, 14), task("b", 12, 13), task("c", 15, 16, Dependency("a"), Dependency("b")), policy="keep"
    )
    assert {"c": (14, 15)} == moved(before, put(before, task("a", 7, 9)))


@pytest.mark.parametrize(
    ("stands", "today", "expected"),
    [(14, 1, (8, 8)), (14, 12, (12, 12)), (14, 10, (12, 12)), (9, 12, None), (7, 12, (12, 12)), (8, 12, None)],
)
def test_asap_never_goes_before_today_unless_it_stood_there(
    stands: int, today: int, expected: tuple[int, int] | None
) -> None:
    """The link allows Thursday the 8th."""
    before = plan(task("a", 7, 9), task("b", stands, stands, Dependency("a")), policy="asap")
    after = put(before, task("a", 5, 7))
    assert ({} if expected is None else {"b": expected}) == moved(before, after, jan(today))


def test_asap_gives_a_task_without_dates_none_before_today_either() -> None:
    """It gets its first dates from today on."""
    before = plan(task("a", None, None), task("b", None, None, Dependency("a"), duration=2), policy="asap")
    assert {"b": (12, 13)} == moved(before, put(before, task("a", None, 7)), jan(10))


def test_asap_goes_no_earlier_than_its_own_offset() -> None:
    """The link allows the 8th, the offset the 12th."""
    own = Offset(7)
    before = plan(task("a", 7, 12), task("b", 13, 13, Dependency("a"), start_offset=own), policy="asap")
    assert {"b": (12, 12)} == moved(before, put(before, task("a", 5, 7)))


def test_a_task_in_progress_keeps_its_start() -> None:
    """Links to its start do nothing; one to its due stretches it."""
    before = plan(
        task("a", 5, 6),
        task("b", 7, 8, Dependency("a"), status="in_progress"),
        task("c", 7, 8, Dependency("a", "FF"), status="in_progress"),
    )
    after = put(before, task("a", 8, 9))
    assert {"c": (7, 9)} == moved(before, after)
    assert [3] == [one.duration for one in found(before, after).moves]


@pytest.mark.parametrize("policy", ["push", "keep", "asap"])
@pytest.mark.parametrize("fields", [{"locked": True}, {"status": "done", "completion": completion(jan(9))}])
def test_a_locked_or_done_task_stays_and_is_warned_of(policy: str, fields: Any) -> None:
    """A conflict is never a refusal."""
    before = plan(task("a", 5, 7), task("b", 8, 9, Dependency("a"), **fields), policy=policy)
    result = found(before, put(before, task("a", 12, 14)))
    assert ((), ["b"]) == (result.moves, [one.item_id for one in result.warnings])


def test_a_cancelled_task_stays_and_nobody_is_warned() -> None:
    """It will not be done, so nothing conflicts with it."""
    before = plan(task("a", 5, 7), task("b", 8, 9, Dependency("a"), status="cancelled", was="open"))
    result = found(before, put(before, task("a", 12, 14)))
    assert ((), ()) == (result.moves, result.warnings)


def test_the_base_of_a_done_predecessor_is_its_completion_day() -> None:
    """Early or late; what it was planned for no longer counts."""
    before = plan(task("a", 7, 9), task("b", 12, 13, Dependency("a")), policy="asap")
    for on, expected in ((7, {"b": (8, 9)}), (13, {"b": (14, 15)}), (9, {})):
        done = attrs.evolve(before.task("a"), status="done", completion=completion(jan(on)))
        assert expected == moved(before, put(before, done))


def test_a_date_set_by_hand_stays_and_is_warned_of_where_a_link_forbids_it() -> None:
    """What hangs on it follows."""
    before = plan(task("a", 5, 7), task("b", 8, 9, Dependency("a")), task("c", 12, 12, Dependency("b")))
    result = found(before, put(before, task("b", 6, 13, Dependency("a"))))
    assert ["c"] == [one.item_id for one in result.moves]
    assert ["b"] == [one.item_id for one in result.warnings]


def test_all_links_of_a_task_count_once_one_of_them_changes() -> None:
    """The old conflict with a is solved when the link to x comes."""
    before = plan(task("a", 5, 9), task("x", 5, 5), task("b", 8, 9, Dependency("a")))
    after = put(before, task("b", 8, 9, Dependency("a"), Dependency("x")))
    assert {"b": (12, 13)} == moved(before, after)


# P1, P5: offsets counted from a predecessor


@pytest.mark.parametrize(
    ("policy", "earlier", "later"),
    [
        ("hold", {}, {}),
        ("push", {}, {"b": (14, 14)}),
        ("keep", {"b": (8, 8)}, {"b": (14, 14)}),
        ("asap", {"b": (8, 8)}, {"b": (14, 14)}),
    ],
)
def test_an_offset_from_a_task_is_a_link(policy: str, earlier: object, later: object) -> None:
    """Two days after another one's due: a lower bound when it is pushed, exact when all goes as soon as possible."""
    before = plan(task("a", 7, 7), task("b", 9, 9, offset=Offset(2, anchor="task:a")), policy=policy)
    assert earlier == moved(before, put(before, task("a", 6, 6)))
    assert later == moved(before, put(before, task("a", 12, 12)))


# P6: anchors, both ways, under every policy


@pytest.mark.parametrize("policy", POLICIES)
def test_what_stands_at_its_offset_is_counted_again_both_ways(policy: str) -> None:
    """Two working days, and four days rolled next, after the start; the start of a task follows by its duration."""
    before = plan(
        task("a", None, 7, offset=Offset(2, "working_days")),
        task("b", 8, 9, offset=Offset(4, roll="next")),
        Milestone("m", "m", due=jan(12), offset=Offset(1, "weeks")),
        task("c", None, 14, offset=Offset(2, anchor="milestone:m")),
        policy=policy,
    )
    later = {"a": (None, 13), "b": (12, 13), "m": (None, 16), "c": (None, 18)}
    assert later == moved(before, anchored(before, start=9))
    earlier = {"a": (None, 5), "b": (2, 5), "m": (None, 8), "c": (None, 10)}
    assert earlier == moved(before, anchored(before, start=1))


@pytest.mark.parametrize("policy", POLICIES)
def test_what_was_moved_since_goes_as_far_as_its_anchor_both_ways(policy: str) -> None:
    """By days and then its roll, or by the working days between; the start from Monday the 5th to Thursday the 8th."""
    before = plan(
        task("a", None, 9, offset=Offset(2)),
        task("b", None, 9, offset=Offset(2, roll="next")),
        task("c", None, 9, offset=Offset(2, "working_days")),
        policy=policy,
    )
    assert {"a": (None, 12), "b": (None, 12), "c": (None, 14)} == moved(before, anchored(before, start=8))
    assert {"a": (None, 6), "b": (None, 6), "c": (None, 8)} == moved(before, anchored(before, start=2))


def test_an_anchor_moves_a_locked_done_or_cancelled_task_not() -> None:
    """Nor a reached or locked milestone."""
    fields: list[dict[str, Any]] = [
        {"locked": True},
        {"status": "done", "completion": completion(jan(7))},
        {"status": "cancelled", "was": "open"},
    ]
    tasks = [task(f"t{n}", None, 7, offset=Offset(2), **more) for n, more in enumerate(fields)]
    points = [Milestone("m", "m", due=jan(7), offset=Offset(2), locked=True)]
    points += [Milestone("r", "r", due=jan(7), offset=Offset(2), reached_on=jan(6))]
    before = plan(*tasks, *points)
    assert {} == moved(before, anchored(before, start=12))


def test_an_end_at_its_own_offset_stays_when_the_other_moves() -> None:
    """From Monday the 5th to the day before going live; then the start moves, and the duration with it."""
    own = {"start_offset": Offset(0), "offset": Offset(-3, anchor="go_live")}
    before = plan(task("a", 5, 23, **own))
    result = found(before, anchored(before, start=12))
    assert [("a", jan(12), jan(23), 10)] == [(one.item_id, one.start, one.due, one.duration) for one in result.moves]


def test_a_due_counted_from_the_own_start_is_counted_again() -> None:
    """A week after its start, whatever number of working days that is."""
    before = plan(task("a", 5, 12, start_offset=Offset(0), offset=Offset(7, anchor="own_start")))
    assert {"a": (7, 14)} == moved(before, anchored(before, start=7))


def test_a_start_moves_its_due_by_the_duration() -> None:
    """Five working days remain five."""
    before = plan(task("a", 5, 9, start_offset=Offset(0)))
    assert {"a": (8, 14)} == moved(before, anchored(before, start=8))


def test_a_due_never_comes_before_the_start() -> None:
    """A task in progress whose due would: it lies where the duration ends, which is where it was."""
    before = plan(task("a", 7, 9, offset=Offset(4), status="in_progress"))
    assert {} == moved(before, anchored(before, start=1))


def test_the_first_day_of_an_anchor_dates_what_waits_for_it() -> None:
    """A milestone without a date gets one."""
    before = plan(Milestone("m", "m"), task("a", None, None, offset=Offset(2, anchor="milestone:m")))
    assert {"a": (None, 14)} == moved(before, put(before, Milestone("m", "m", due=jan(12))))


# D8, P6: calendars


def test_in_another_calendar_a_task_keeps_its_start_rolled_next_and_its_duration() -> None:
    """Friday the 9th is no working day in the Gulf: three days from Sunday the 11th."""
    before = plan(task("a", 9, 13), task("b", None, 9))
    after = attrs.evolve(before, calendar="gulf")
    assert {"a": (11, 13), "b": (None, 11)} == moved(before, after)


def test_in_another_calendar_offsets_are_counted_again() -> None:
    """Four working days after Monday the 5th is Friday, in the Gulf Sunday; one moved since is only rolled."""
    offset = Offset(4, "working_days")
    before = plan(task("a", None, 9, offset=offset), task("b", None, 8, offset=offset))
    assert {"a": (None, 11)} == moved(before, attrs.evolve(before, calendar="gulf"))


def test_in_another_calendar_a_due_from_the_own_start_is_counted_again() -> None:
    """Five days after Monday, rolled: Monday the 12th in an office, Sunday the 11th in the Gulf."""
    own = Offset(5, anchor="own_start", roll="next")
    before = plan(task("a", 5, 12, offset=own))
    assert {"a": (5, 11)} == moved(before, attrs.evolve(before, calendar="gulf"))


def test_another_owner_brings_another_calendar() -> None:
    """Ben works in the Gulf, but not where the task has a calendar of its own."""
    before = plan(task("a", 9, 9), task("b", 9, 9, calendar="default"))
    after = before
    for one in before.tasks:
        after = put(after, attrs.evolve(one, owner_id="ben"))
    assert {"a": (11, 11)} == moved(before, after)


def test_in_another_calendar_a_task_in_progress_keeps_its_start_unrolled() -> None:
    """From a Friday that is not worked, the first of three days is Sunday."""
    before = plan(task("a", 9, 13, status="in_progress"))
    assert {} == moved(before, attrs.evolve(before, calendar="gulf"))
    before = plan(task("a", 9, 12, status="in_progress"))
    assert {} == moved(before, attrs.evolve(before, calendar="gulf"))


# Very large plans


def test_a_long_chain_neither_recurses_nor_loses_anybody() -> None:
    """Every task of a chain comes a day later, one after the other, years behind the table of working days."""
    many = size(100_000)
    days = work_days(WorkCalendar())
    start = dt.date(2026, 1, 5)
    dates = [days.add(start, n) if n else start for n in range(many)]
    tasks = tuple(
        Task(f"t{n}", "A task", start=day, due=day, duration=1, dependencies=(Dependency(f"t{n - 1}"),) * (n > 0))
        for n, day in enumerate(dates)
    )
    before = Plan("plan", "acme", "A chain", FrozenMap({"start": start}), tasks=tasks)
    late = attrs.evolve(tasks[0], due=days.add(start, 1), duration=2)
    after = attrs.evolve(before, tasks=(late, *tasks[1:]))
    moved = reschedule(before, after, days=lambda task: days, today=start).moves
    assert many - 1 == len(moved)
    assert all(days.add(day, 1) == one.due for day, one in zip(dates[1:], moved, strict=True))


def test_what_links_push_is_let_go_by_the_garbage_collector_with_its_links() -> None:
    """Else it looks at all moves of a large plan again and again; the reason has the very link all the same."""
    link = Dependency("a", "SS", 3, "days")
    before = plan(task("a", 5, 5), task("b", 8, 8, link))
    of = work_days(WorkCalendar())
    told = reschedule(before, put(before, task("a", 7, 7)), days=lambda task: of, today=NEW_YEAR)
    for _ in range(3):
        gc.collect()
    assert [False] == [gc.is_tracked(row) for row in told.rows]
    assert [(link, "a")] == [(one.reason.link, one.reason.source) for one in told.moves]
