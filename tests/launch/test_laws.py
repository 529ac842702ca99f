"""What holds for every launch of every template: an oracle that shares nothing with it, and laws (T3, D9, P1)."""

import datetime as dt
from collections.abc import Mapping
from typing import Any

import attrs
import pytest
from hypothesis import assume, event, given, settings
from hypothesis import strategies as st

import actionplans as ap
from actionplans.errors import Invalid
from actionplans.launch import Directory
from actionplans.model import Dependency, Milestone, Offset, Override, Template, TemplateMilestone, TemplateTask
from actionplans.model.rules import check
from actionplans.settings import Settings
from actionplans.template import check_template
from tests.dates.oracle import Oracle
from tests.launch.samples import PEOPLE, by_key, drafted, launched, template
from tests.size import size

CALENDARS = (
    ap.WorkCalendar(),
    ap.WorkCalendar("six", frozenset({1, 2, 3, 4, 5, 6}), holidays=frozenset({dt.date(2026, 1, 14)})),
    ap.WorkCalendar("odd", frozenset({1, 3}), frozenset({"02-02"}), working_days=frozenset({dt.date(2026, 1, 11)})),
)
SETTINGS = Settings(calendars=CALENDARS)
NAMES = ("", "", "default", "six", "odd", "six & odd")
PERSONS = ("ana", "ben", "cleo")

Dates = tuple[dt.date | None, dt.date | None]


@st.composite
def offsets(draw: st.DrawFn, anchors: list[str], least: int = -15) -> Offset:
    """An offset of any unit and roll, from one of these anchors."""
    anchor, unit = (
        draw(st.sampled_from(anchors)),
        draw(st.sampled_from(["days", "days", "working_days", "weeks", "months"])),
    )
    number = draw(st.integers(least, 20)) if "days" in unit else draw(st.integers(max(least, -2), 3))
    if unit == "working_days":
        return Offset(number, "working_days", anchor, roll_anchor=draw(st.sampled_from(["none", "next", "previous"])))
    roll: Any = draw(st.sampled_from(["none", "next", "previous", "modified_next", "modified_previous"]))
    return Offset(number, unit, anchor, roll)  # type: ignore[arg-type]


@st.composite
def tasks(draw: st.DrawFn, key: str, before: list[str], anchors: list[str]) -> TemplateTask:
    """A task with any two of start, due and duration, or fewer, and links to what stands before it."""
    form = draw(st.sampled_from(["due", "start", "start+duration", "due+duration", "start+due", "duration", "nothing"]))
    kinds = st.sampled_from(["FS", "FS", "SS", "FF", "SF"])
    links = draw(st.lists(st.tuples(st.sampled_from(before), kinds), max_size=3, unique=True)) if before else []
    start = draw(offsets(anchors)) if "start" in form else None
    own = Offset(draw(st.integers(0, 9)), "days", "own_start", draw(st.sampled_from(["none", "next"])))
    return TemplateTask(
        key,
        key.upper(),
        start=start,
        due=own if form == "start+due" else draw(offsets(anchors)) if "due" in form else None,
        duration=draw(st.integers(1, 6)) if "duration" in form else None,
        after=tuple(
            Dependency(one, kind, draw(st.integers(-3, 5)), draw(st.sampled_from(["days", "working_days"])))
            for one, kind in links
        ),
        owner=draw(st.sampled_from([(), ("person:ana",), ("role:csm", "person:ben"), ("person:cleo",)])),
        calendar=draw(st.sampled_from(NAMES)),
        required=False,
    )


@st.composite
def templates(draw: st.DrawFn) -> Template:
    """A published template of milestones and tasks that count from each other, in any order."""
    anchors, before, items = ["start", "go_live"], list[str](), list[TemplateMilestone | TemplateTask]()
    for n in range(draw(st.integers(1, 9))):
        key = f"i{n}"
        if draw(st.integers(0, 4)) == 0:
            items.append(TemplateMilestone(key, key.upper(), due=draw(offsets(anchors))))
            anchors.append(f"milestone:{key}")
        else:
            task = draw(tasks(key, before, anchors))
            items.append(task)
            if task.start or task.due:
                anchors.append(f"task:{key}")
        before.append(key)
    mixed = draw(st.permutations(items))
    return Template(
        "t",
        "Template",
        state="published",
        calendar=draw(st.sampled_from(NAMES)),
        anchors=("go_live",),
        milestones=tuple(one for one in mixed if isinstance(one, TemplateMilestone)),
        tasks=tuple(one for one in mixed if isinstance(one, TemplateTask)),
    )


@st.composite
def launches(draw: st.DrawFn) -> tuple[Template, dict[str, Any]]:
    """A template, and how it is launched: dates, persons' calendars, items left out, dates by hand."""
    given_template = draw(templates())
    keys = [item.key for item in given_template.items()]
    around = st.dates(dt.date(2026, 1, 1), dt.date(2026, 2, 28))
    people = {one: attrs.evolve(PEOPLE[one], calendar=draw(st.sampled_from(NAMES))) for one in PERSONS}
    dropped = draw(st.frozensets(st.sampled_from(keys), max_size=2)) if draw(st.booleans()) else frozenset[str]()
    overrides = {
        key: Override(due=draw(around)) for key in draw(st.lists(st.sampled_from(keys), max_size=2, unique=True))
    }
    return given_template, {
        "start": draw(around),
        "anchors": {"go_live": draw(around)},
        "directory": Directory(PEOPLE | people),
        "dropped": dropped,
        "overrides": overrides if draw(st.integers(0, 3)) == 0 else {},
    }


def made(case: tuple[Template, dict[str, Any]]) -> ap.Plan:
    """The plan; a case whose dates contradict each other is no case."""
    check_template(case[0])
    try:
        return launched(case[0], settings=SETTINGS, **case[1])
    except Invalid as error:
        event("refused: " + error.problems[0].message.partition(":")[0][-40:])
        assume(False)
        raise


def days_of(plan: ap.Plan, item: ap.Task | Milestone, people: Mapping[str, ap.Person]) -> Oracle:
    """D7 again."""
    owner = people.get(getattr(item, "owner_id", None) or "")
    name = getattr(item, "calendar", "") or (owner.calendar if owner else "") or plan.calendar or "default"
    known = {one.name: one for one in CALENDARS}
    return ORACLES.setdefault(name, Oracle(*(known[part.strip()] for part in name.split("&"))))


ORACLES: dict[str, Oracle] = {}


def slow(plan: ap.Plan, case: tuple[Template, dict[str, Any]]) -> dict[str, Dates]:
    """Every item's dates by the rules, counted over the launched plan again and again until nothing changes."""
    people, hand = case[1]["directory"].persons, case[1]["overrides"]
    said = {item.key: item for item in case[0].tasks}
    items = [*plan.tasks, *plan.milestones]
    dates: dict[str, Dates] = {item.id: (None, None) for item in items}
    for _ in range(len(items) + 1):
        before = dict(dates)
        for item in items:
            days = days_of(plan, item, people)
            dates[item.id] = (
                one_task(item, said[item.key], hand.get(item.key), plan, days, before)
                if isinstance(item, ap.Task)
                else (None, by_hand_or(hand.get(item.key), item.offset, plan, days, before, None))
            )
        if dates == before:
            return dates
    raise AssertionError("the dates never settle")


def by_hand_or(
    hand: Override | None,
    offset: Offset | None,
    plan: ap.Plan,
    days: Oracle,
    dates: Mapping[str, Dates],
    own_start: dt.date | None,
) -> dt.date | None:
    """The date given in the draft, else the offset's, as far as its anchor is known."""
    if hand is not None and hand.due is not None:
        return hand.due
    if offset is None:
        return None
    if offset.anchor == "own_start":
        anchor = own_start
    elif offset.item_id:
        start, due = dates[offset.item_id]
        anchor = due or start
    else:
        anchor = plan.anchors[offset.anchor]
    return days.offset(offset, anchor) if anchor is not None else None


def one_task(
    task: ap.Task, said: TemplateTask, hand: Override | None, plan: ap.Plan, days: Oracle, dates: Mapping[str, Dates]
) -> Dates:
    """D8 and D9: two give the third, and then the latest of what the links allow."""
    start = by_hand_or(None, task.start_offset, plan, days, dates, None)
    due, duration = by_hand_or(hand, task.offset, plan, days, dates, start), said.duration
    if hand is not None and hand.due is not None and start is not None:
        duration = None
    if start is not None and due is not None:
        duration = max(1, days.count(start, due))
    elif duration is not None and start is not None:
        due = days.due_of(start, duration)
    elif duration is not None and due is not None:
        start = days.start_of(due, duration)
    if task.start_offset is not None and start is None or task.offset is not None and due is None:
        return None, None
    bounds = [days.bound(link, *dates[link.predecessor_id]) for link in task.dependencies]
    starts = [day for bound in bounds if bound for end, day in [bound] if end == "start"]
    dues = [day for bound in bounds if bound for end, day in [bound] if end == "due"]
    if start is None and due is None and duration is None:
        return None, None
    if duration is None:
        latest = max([one for one in (start, due) if one] + starts + dues)
        return (latest, None) if due is None else (None, latest)
    starts += [days.start_of(day, duration) for day in dues if due is None or day > due]
    if starts and (start is None or max(starts) > start):
        return max(starts), days.due_of(max(starts), duration)
    return start, due


@settings(max_examples=size(4_000))
@given(launches())
def test_every_date_is_what_the_rules_say(case: tuple[Template, dict[str, Any]]) -> None:
    """Held against a slow count over the launched plan (D3 to D9, P1)."""
    plan = made(case)
    expected = slow(plan, case)
    found = {task.id: (task.start, task.due) for task in plan.tasks}
    found |= {milestone.id: (None, milestone.due) for milestone in plan.milestones}
    assert expected == found


@settings(max_examples=size(2_000))
@given(launches())
def test_no_rolled_date_is_a_day_off(case: tuple[Template, dict[str, Any]]) -> None:
    """Nor one counted in working days, in the calendar of its task (D4, D5, D7)."""
    plan, people = made(case), case[1]["directory"].persons
    for item in (*plan.tasks, *plan.milestones):
        days, hand = days_of(plan, item, people), item.key in case[1]["overrides"]
        for offset, day in (
            (item.offset, item.due),
            (getattr(item, "start_offset", None), getattr(item, "start", None)),
        ):
            rolled = offset is not None and (offset.roll != "none" or offset.unit == "working_days")
            if rolled and day is not None and not hand:
                assert days.works(day), item.key


@settings(max_examples=size(2_000))
@given(launches())
def test_every_link_is_kept(case: tuple[Template, dict[str, Any]]) -> None:
    """No task of a launched plan starts or is due before its predecessors allow (P1)."""
    plan, people = made(case), case[1]["directory"].persons
    items: dict[str, Any] = {item.id: item for item in plan.items()}
    for task in plan.tasks:
        days = days_of(plan, task, people)
        for link in task.dependencies:
            base = items[link.predecessor_id]
            bound = days.bound(link, getattr(base, "start", None), base.due)
            date = bound and ((task.start or task.due) if bound[0] == "start" else (task.due or task.start))
            if bound and date:
                assert date >= bound[1], (task.key, link)
            elif bound:
                assert task.duration is None, "one with a duration gets its dates from its links"


@settings(max_examples=size(2_000))
@given(launches())
def test_a_launch_is_a_copy_that_keeps_every_rule(case: tuple[Template, dict[str, Any]]) -> None:
    """The same ids give the same plan, the plan keeps the rules of plans, and every item is the template's (T3)."""
    plan = made(case)
    assert plan == launched(case[0], settings=SETTINGS, **case[1])
    check(plan)
    kept = {item.key for item in case[0].items()} - case[1]["dropped"]
    assert kept == by_key(plan).keys()
    for task in plan.tasks:
        assert task.original_due == task.due
        if task.start is not None and task.due is not None:
            assert task.duration == max(
                1, days_of(plan, task, case[1]["directory"].persons).count(task.start, task.due)
            )


@settings(max_examples=size(1_000))
@given(launches(), st.data())
def test_the_order_of_the_items_does_not_matter(case: tuple[Template, dict[str, Any]], data: st.DataObject) -> None:
    """A template whose tasks stand in another order gives the same dates, and so do a task's links."""
    first = made(case)
    mixed = attrs.evolve(
        case[0],
        tasks=tuple(
            attrs.evolve(task, after=tuple(data.draw(st.permutations(task.after))))
            for task in data.draw(st.permutations(case[0].tasks))
        ),
    )
    second = launched(mixed, settings=SETTINGS, **case[1])
    assert {one.key: (one.start, one.due) for one in first.tasks} == {
        one.key: (one.start, one.due) for one in second.tasks
    }
    assert drafted(case[0], start=case[1]["start"]).title == first.title


@st.composite
def half_dated(draw: st.DrawFn) -> Template:
    """Tasks with and without a due, a duration and links, and one that counts from any of them."""
    made: list[TemplateTask] = []
    for n in range(draw(st.integers(1, 6))):
        before = draw(st.lists(st.sampled_from(made), max_size=2, unique=True)) if made else []
        links = tuple(Dependency(one.key, draw(st.sampled_from(("FS", "SS", "FF", "SF")))) for one in before)
        due = Offset(3) if draw(st.integers(0, 3)) == 0 else None
        made.append(TemplateTask(f"i{n}", "T", due=due, duration=draw(st.sampled_from((None, 2))), after=links))
    counts = TemplateTask("counts", "Counts", due=Offset(1, anchor=f"task:{draw(st.sampled_from(made)).key}"))
    return template(*draw(st.permutations((*made, counts))))


@settings(max_examples=size(2_000))
@given(half_dated())
def test_what_may_be_published_may_be_launched(given_template: Template) -> None:
    """Publishing and launching agree on which tasks have a date to count from (P1, D9)."""
    try:
        check_template(given_template)
    except Invalid:
        with pytest.raises(Invalid, match="which has no date here"):
            launched(given_template)
    else:
        assert launched(given_template).task("counts").due is not None
