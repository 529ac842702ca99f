"""When what is launched starts and is due (D3, D7 to D9, D12, P1, P3)."""

import datetime as dt

import attrs
import pytest

import actionplans as ap
from actionplans.errors import Invalid, MissingAnchors
from actionplans.launch import Directory
from actionplans.model import (
    Dependency,
    Offset,
    TemplateMilestone,
    TemplateObjective,
    TemplatePlay,
    TemplateTask,
)
from actionplans.settings import Settings
from tests.launch.samples import MONDAY, PEOPLE, by_key, changed, day, launched, places, template

Dates = tuple[dt.date | None, dt.date | None, int | None]


def dates(plan: ap.Plan, key: str) -> Dates:
    """Start, due and duration of a task."""
    task = by_key(plan)[key]
    return task.start, task.due, task.duration


def test_on_day_1_is_the_day_after() -> None:
    """Day 0 is the anchor day (D2); the first due date a task gets is kept for ever (D12)."""
    plan = launched(template(TemplateTask("t", "T", due=Offset(1))))
    assert (day(1, 6), day(1, 6), 0) == (plan.tasks[0].due, plan.tasks[0].original_due, plan.tasks[0].variance)


@pytest.mark.parametrize(
    "fields,expected",
    [
        ({}, (None, None, None)),
        ({"duration": 3}, (None, None, 3)),
        ({"due": Offset(4)}, (None, day(1, 9), None)),
        ({"start": Offset(4)}, (day(1, 9), None, None)),
        ({"start": Offset(4), "duration": 2}, (day(1, 9), day(1, 12), 2)),
        ({"start": Offset(5), "duration": 2}, (day(1, 10), day(1, 13), 2)),
        ({"due": Offset(7), "duration": 2}, (day(1, 9), day(1, 12), 2)),
        ({"start": Offset(0), "due": Offset(4)}, (day(1, 5), day(1, 9), 5)),
        ({"start": Offset(4), "due": Offset(3, anchor="own_start", roll="next")}, (day(1, 9), day(1, 12), 2)),
        ({"due": Offset(-1, "working_days")}, (None, day(1, 2), None)),
        ({"due": Offset(1, "months")}, (None, day(2, 5), None)),
    ],
)
def test_two_of_start_due_and_duration_give_the_third(fields: dict[str, object], expected: Dates) -> None:
    """A start on a Saturday stays and Monday is day 1 (D8); what is given once stays once."""
    assert expected == dates(launched(template(TemplateTask("t", "T", **fields))), "t")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "fields,expected",
    [
        ({"due": Offset(1)}, (None, day(1, 15), None)),
        ({"due": Offset(20)}, (None, day(1, 25), None)),
        ({"start": Offset(1)}, (day(1, 15), None, None)),
        ({"start": Offset(1), "duration": 3}, (day(1, 15), day(1, 19), 3)),
        ({"start": Offset(14), "duration": 2}, (day(1, 19), day(1, 20), 2)),
        ({"due": Offset(1), "duration": 3}, (day(1, 15), day(1, 19), 3)),
        ({"duration": 2}, (day(1, 15), day(1, 16), 2)),
        ({}, (None, None, None)),
    ],
)
def test_a_link_and_an_offset_give_the_later_of_the_two(fields: dict[str, object], expected: Dates) -> None:
    """Only a duration gets its dates from the link; nothing at all gets none (D9, P1)."""
    first = TemplateTask("first", "First", due=Offset(9))
    then = TemplateTask("then", "Then", after=(Dependency("first"),), **fields)  # type: ignore[arg-type]
    assert expected == dates(launched(template(first, then)), "then")


@pytest.mark.parametrize(
    "kind,lag,unit,expected",
    [
        ("FS", 0, "working_days", (day(1, 15), day(1, 16), 2)),
        ("FS", 2, "working_days", (day(1, 19), day(1, 20), 2)),
        ("FS", -1, "working_days", (day(1, 14), day(1, 15), 2)),
        ("FS", 3, "days", (day(1, 19), day(1, 20), 2)),
        ("SS", 1, "working_days", (day(1, 13), day(1, 14), 2)),
        ("FF", 0, "working_days", (day(1, 13), day(1, 14), 2)),
        ("FF", 3, "working_days", (day(1, 16), day(1, 19), 2)),
        ("SF", 0, "working_days", (day(1, 8), day(1, 9), 2)),
    ],
)
def test_each_kind_of_link_counts_as_it_says(kind: str, lag: int, unit: str, expected: Dates) -> None:
    """From a predecessor of Monday 12 to Wednesday 14 January to a task with only a duration (P1)."""
    first = TemplateTask("first", "First", start=Offset(7), due=Offset(9))
    link = Dependency("first", kind, lag, unit)  # type: ignore[arg-type]
    assert expected == dates(launched(template(first, TemplateTask("then", "Then", duration=2, after=(link,)))), "then")


def test_several_links_give_the_latest_whatever_their_order() -> None:
    """Each moves later only as far as it forces (P1, P5)."""
    tasks = [TemplateTask(f"p{n}", f"P{n}", start=Offset(n), due=Offset(2 * n)) for n in (1, 9, 4)]
    links = [Dependency("p1"), Dependency("p9", "FF", 2), Dependency("p4", "SS", 5)]
    seen = set()
    for order in (links, links[::-1], links[1:] + links[:1]):
        seen.add(dates(launched(template(*tasks, TemplateTask("t", "T", duration=3, after=tuple(order)))), "t"))
    assert {(day(1, 23), day(1, 27), 3)} == seen


def test_a_link_to_what_has_no_date_binds_nothing() -> None:
    """All tasks exist from launch; a date may still be missing (P1, P3)."""
    plan = launched(template(TemplateTask("a", "A"), TemplateTask("b", "B", duration=2, after=(Dependency("a"),))))
    assert [(None, "open"), (None, "waiting")] == [(task.due, task.status) for task in plan.tasks]


def test_milestones_and_predecessors_are_anchors() -> None:
    """Used after their roll, wherever they stand in the template (D9)."""
    plan = launched(
        template(
            TemplateTask("last", "Last", due=Offset(1, "working_days", anchor="task:middle")),
            TemplateTask("middle", "Middle", start=Offset(2, anchor="milestone:point"), duration=3),
            milestones=(
                TemplateMilestone("next", "Next", due=Offset(1, "weeks", anchor="milestone:point")),
                TemplateMilestone("point", "Point", due=Offset(5, roll="next")),
                TemplateMilestone("open", "Open"),
            ),
            objectives=(TemplateObjective("o", "O", start=Offset(0), end=Offset(1, anchor="task:last")),),
            plays=(
                TemplatePlay("p", "P", start=Offset(0, anchor="milestone:point"), due=Offset(0, anchor="task:last")),
            ),
        )
    )
    items = by_key(plan)
    assert (day(1, 12), day(1, 19), None) == (items["point"].due, items["next"].due, items["open"].due)
    assert (day(1, 12), None) == (items["point"].original_due, items["open"].original_due)
    assert ((day(1, 14), day(1, 16), 3), (None, day(1, 19), None)) == (dates(plan, "middle"), dates(plan, "last"))
    assert (day(1, 5), day(1, 20)) == (items["o"].start, items["o"].end)
    assert (day(1, 12), day(1, 19)) == (items["p"].start, items["p"].due)
    point, middle = items["point"].id, items["middle"].id
    assert (f"task:{middle}", f"milestone:{point}") == (
        items["last"].offset.anchor,
        items["middle"].start_offset.anchor,
    )
    assert f"milestone:{point}" == items["p"].start_offset.anchor == items["next"].offset.anchor


def test_named_anchors_are_given_at_launch() -> None:
    """They stand in the plan, and dates count from them (D9)."""
    given = template(TemplateTask("t", "T", due=Offset(-2, anchor="go_live")), anchors=("go_live", "renewal"))
    plan = launched(given, anchors={"go_live": day(3, 2), "renewal": day(9, 1)})
    assert day(2, 28) == plan.tasks[0].due
    assert {"start": MONDAY, "go_live": day(3, 2), "renewal": day(9, 1)} == dict(plan.anchors)
    assert plan.launch is not None and plan.anchors == plan.launch.anchors


def test_all_missing_anchors_are_named() -> None:
    """Those declared and those that only an offset names, each once, of every kind of item (D9)."""
    given = template(
        TemplateTask("t", "T", start=Offset(1, anchor="kickoff"), due=Offset(1, anchor="go_live")),
        anchors=("go_live", "renewal"),
        milestones=(TemplateMilestone("m", "M", due=Offset(1, anchor="end")),),
        objectives=(TemplateObjective("o", "O", end=Offset(1, anchor="review")),),
        plays=(TemplatePlay("p", "P", start=Offset(1, anchor="handover")),),
    )
    with pytest.raises(MissingAnchors) as error:
        launched(given, anchors={"end": MONDAY})
    assert {"go_live", "renewal", "kickoff", "review", "handover"} == set(error.value.anchors)
    assert 5 == len(error.value.anchors) == len(error.value.problems)


CALENDARS = (
    ap.WorkCalendar(),
    ap.WorkCalendar("six", weekdays=frozenset({1, 2, 3, 4, 5, 6})),
    ap.WorkCalendar("sundays", weekdays=frozenset({7})),
    ap.WorkCalendar("holidays", holidays=frozenset({day(1, 6)})),
)
SETTINGS = Settings(calendars=CALENDARS)


@pytest.mark.parametrize(
    "own,owners,plans,settings,expected",
    [
        ("", "", "", "default", day(1, 12)),
        ("", "", "", "six", day(1, 10)),
        ("", "", "six", "sundays", day(1, 10)),
        ("", "six", "sundays", "sundays", day(1, 10)),
        ("six", "sundays", "sundays", "sundays", day(1, 10)),
        ("six & holidays", "", "", "default", day(1, 13)),
    ],
)
def test_the_nearest_calendar_counts(own: str, owners: str, plans: str, settings: str, expected: dt.date) -> None:
    """The task's, else its owner's, else the plan's, else the settings' (D7): five working days from a Monday."""
    people = PEOPLE | {"me": attrs.evolve(PEOPLE["me"], calendar=owners)}
    task = TemplateTask("t", "T", due=Offset(5, "working_days"), owner=("applier",), calendar=own)
    given = template(task, calendar=plans)
    plan = launched(given, settings=attrs.evolve(SETTINGS, calendar=settings), directory=Directory(people))
    assert expected == plan.tasks[0].due


def test_an_unknown_calendar_is_told_with_the_item() -> None:
    """All of them at once: a task's own, an owner's, the template's."""
    people = PEOPLE | {"me": attrs.evolve(PEOPLE["me"], calendar="venus")}
    tasks = (
        TemplateTask("a", "A", calendar="mars"),
        TemplateTask("b", "B", owner=("applier",)),
        TemplateTask("c", "C", calendar="default"),
    )
    with pytest.raises(Invalid) as error:
        launched(template(*tasks), directory=Directory(people))
    assert ["items['a'].calendar", "items['b'].calendar"] == places(error.value)


def test_dates_that_cannot_be_are_told_with_the_item() -> None:
    """All at once, and no date is made up (D8, D11)."""
    tasks = (
        TemplateTask("early", "Early", start=Offset(5), due=Offset(1)),
        TemplateTask("far", "Far", due=Offset(-36_500, "months")),
        TemplateTask("off", "Off", due=Offset(1, "working_days", roll_anchor="refuse")),
        TemplateTask("fine", "Fine", due=Offset(1)),
    )
    objectives = (TemplateObjective("o", "O", start=Offset(5), end=Offset(1)),)
    plays = (TemplatePlay("p", "P", start=Offset(5), due=Offset(1)),)
    with pytest.raises(Invalid) as error:
        launched(template(*tasks, objectives=objectives, plays=plays), start=day(1, 10))
    assert {
        "items['early'].due",
        "items['far'].count",
        "items['off'].anchor",
        "items['o'].end",
        "items['p'].due",
    } == set(places(error.value))


@pytest.mark.parametrize(
    "fields,given,expected",
    [
        ({"due": Offset(4)}, {"due": day(2, 2)}, (None, day(2, 2), None)),
        ({"start": Offset(0), "duration": 2}, {"start": day(2, 2)}, (day(2, 2), day(2, 3), 2)),
        ({"due": Offset(4), "duration": 2}, {"start": day(2, 2)}, (day(2, 2), day(2, 3), 2)),
        ({"start": Offset(0), "duration": 2}, {"due": day(1, 9)}, (day(1, 5), day(1, 9), 5)),
        ({"due": Offset(4), "duration": 2}, {"due": day(1, 13)}, (day(1, 12), day(1, 13), 2)),
        ({"start": Offset(0), "duration": 2}, {"start": day(2, 2), "due": day(2, 6)}, (day(2, 2), day(2, 6), 5)),
        ({"start": Offset(0), "due": Offset(2, anchor="own_start")}, {"start": day(2, 2)}, (day(2, 2), day(2, 4), 3)),
        ({"duration": 2}, {"start": day(2, 2)}, (day(2, 2), day(2, 3), 2)),
        ({}, {"due": day(2, 2)}, (None, day(2, 2), None)),
    ],
)
def test_a_date_by_hand_wins_over_the_template(
    fields: dict[str, object], given: dict[str, dt.date], expected: Dates
) -> None:
    """A new start keeps the duration, a new due date changes it, both give it (D8); the task says so (P6)."""
    task = TemplateTask("t", "T", **fields)  # type: ignore[arg-type]
    plan = launched(template(task, TemplateTask("other", "Other")), overrides={"t": changed(**given)})
    assert expected == dates(plan, "t")
    assert [True, False] == [one.hand_dated for one in plan.tasks]
    assert plan.tasks[0].due == plan.tasks[0].original_due


def test_what_counts_from_a_date_by_hand_follows_it() -> None:
    """Milestones and predecessors that the draft moves take their followers along; a link moves later still (D9)."""
    given = template(
        TemplateTask("a", "A", due=Offset(1, anchor="milestone:m")),
        TemplateTask("b", "B", due=Offset(2), after=(Dependency("a"),)),
        milestones=(TemplateMilestone("m", "M", due=Offset(3)),),
    )
    plan = launched(given, overrides={"m": changed(due=day(2, 5)), "b": changed(due=day(1, 30))})
    assert (day(2, 6), day(2, 9)) == (plan.tasks[0].due, plan.tasks[1].due)


def test_the_same_template_launched_again_is_dated_anew() -> None:
    """What a launch works out is kept by its question: other anchors, owners and choices give other dates (T3)."""
    given = template(
        TemplateTask("a", "A", due=Offset(1, "working_days"), owner=("applier",), required=False),
        TemplateTask("b", "B", due=Offset(1, "working_days"), after=(Dependency("a"),)),
    )
    people = PEOPLE | {"me": attrs.evolve(PEOPLE["me"], calendar="sundays")}

    def dues(**options: object) -> list[dt.date | None]:
        return [task.due for task in launched(given, settings=SETTINGS, **options).tasks]  # type: ignore[arg-type]

    for _ in range(2):
        assert [day(1, 6), day(1, 7)] == dues()
        assert [day(1, 11), day(1, 12)] == dues(directory=Directory(people))
        assert [day(1, 13), day(1, 14)] == dues(start=day(1, 12))
        assert [day(1, 6)] == dues(dropped=frozenset({"a"}))
        assert [day(1, 9), day(1, 12)] == dues(overrides={"a": changed(due=day(1, 9))})
