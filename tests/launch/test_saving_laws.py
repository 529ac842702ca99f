"""What is launched from a plan or play that was saved as a template has the same dates again (T8)."""

import datetime as dt
from random import Random
from typing import Any

import attrs
from hypothesis import assume, event, given, settings
from hypothesis import strategies as st

import actionplans as ap
from actionplans.edit import Context
from actionplans.errors import Invalid
from actionplans.launch import Directory, draft, launch
from actionplans.model import (
    Dependency,
    Milestone,
    Objective,
    Plan,
    Play,
    Task,
    Template,
)
from actionplans.model.rules import check
from actionplans.settings import Settings
from tests.dates import plans
from tests.dates.changes import CASES, Case
from tests.launch.samples import ACME, MONDAY, NOW, day, numbers
from tests.launch.test_laws import SETTINGS, launches, made
from tests.launch.working import Walk, again, as_play, enriched, saved, with_calendars
from tests.size import size


def kept(plan: Plan) -> list[Task]:
    """The tasks that are saved."""
    return [task for task in plan.tasks if task.status != "cancelled"]


def said_of(item: Any) -> tuple[Any, ...]:
    """What a launch gives again: words, marks, owner, dates; a duration where dates or links do not say it."""
    end = item.end if isinstance(item, Objective) else item.due
    common = item.kind, item.title, item.description, item.shared, item.fixed, end
    if isinstance(item, Milestone):
        return common
    common += item.start, item.owner_id, item.weight, item.custom
    if not isinstance(item, Task):
        return common
    alone = item.duration if item.start is None and end is None else None
    more = item.helpers, item.type, item.priority, item.category, item.calendar, item.required, item.tags, item.reminder
    return *common, *more, alone


def stood(plan: Plan, tasks: list[Task]) -> list[tuple[str, ...]]:
    """What each task stands under, by titles; a stage of the library by its id."""
    titles = {one.id: one.title for one in plan.items()}
    names = [(task.parent_id, task.milestone_id, task.stage_id) for task in tasks]
    return [tuple(titles.get(one or "", one or "") for one in under) for under in names]


def links_of(tasks: list[Task], milestones: tuple[Milestone, ...]) -> list[set[tuple[Any, ...]]]:
    """Of each task its links, each predecessor by its place."""
    places = {one.id: n for n, one in enumerate((*milestones, *tasks))}
    return [
        {
            (places[one.predecessor_id], one.kind, one.lag, one.unit)
            for one in task.dependencies
            if one.predecessor_id in places
        }
        for task in tasks
    ]


def assert_alike(plan: Plan, second: Plan, settings: Settings, directory: Directory) -> None:
    """Everything that is saved has its dates, words and people again, and every link that does not move a task."""
    for name in ("anchors", "description", "section", "category", "calendar", "link_policy", "shared"):
        assert getattr(plan, name) == getattr(second, name), name
    for name in ("objectives", "milestones", "plays"):
        assert [said_of(one) for one in getattr(plan, name)] == [said_of(one) for one in getattr(second, name)]
    assert [said_of(one) for one in kept(plan)] == [said_of(one) for one in second.tasks]
    assert stood(plan, kept(plan)) == stood(second, list(second.tasks))
    assert [one.title for one in plan.stages] == [one.title for one in second.stages]
    assert_linked(plan, kept(plan), plan.milestones, second, list(second.tasks), second.milestones, settings, directory)


def assert_linked(
    plan: Plan,
    tasks: list[Task],
    milestones: tuple[Milestone, ...],
    second: Plan,
    new_tasks: list[Task],
    new_milestones: tuple[Milestone, ...],
    settings: Settings,
    directory: Directory,
) -> None:
    """Links are the same, but for those that the dates of the plan stand against."""
    names = {one.id: one.calendar for one in directory.persons.values() if one.calendar}
    days = Context("me", NOW, MONDAY, settings, numbers(), calendars=names)
    was, now = links_of(tasks, milestones), links_of(new_tasks, new_milestones)
    there: tuple[Any, ...] = (*milestones, *tasks)
    for task, before, after in zip(tasks, was, now, strict=True):
        assert after <= before
        for place, kind, lag, unit in before - after:
            base = there[place]
            bound = ap.schedule.bound(
                Dependency("x", kind, lag, unit), getattr(base, "start", None), base.due, days.days(plan, task)
            )
            assert bound is not None
            stands = (task.start or task.due) if bound[0] == "start" else (task.due or task.start)
            assert stands is None or stands < bound[1], "only what would move it"
            event("left a link out")


@st.composite
def launched_plans(draw: st.DrawFn) -> tuple[Plan, Directory, Random]:
    """A plan that was launched from a template with a bit of everything, whom it may name, and a source of numbers."""
    given_template, changes = draw(launches())
    rng = Random(draw(st.integers(0, 2**32)))
    return made((enriched(given_template, rng), changes)), changes["directory"], rng


@settings(max_examples=size(1_600))
@given(launched_plans())
def test_a_saved_plan_launches_again_with_the_same_dates(case: tuple[Plan, Directory, Random]) -> None:
    """Launch, save, launch: dates, titles, owners and links are those of the first (T8)."""
    plan, people, _ = case
    second = again(saved(plan, SETTINGS, directory=people), plan, SETTINGS, people)
    assert_alike(plan, second, SETTINGS, people)


@settings(max_examples=size(1_600))
@given(launched_plans())
def test_so_does_one_that_was_worked_on(case: tuple[Plan, Directory, Random]) -> None:
    """Moved and cleared by hand, completed, paused, linked, with items of its own: all dates again (T8)."""
    walk = Walk(case[0], SETTINGS, case[1], case[2])
    plan = walk.go(20)
    check(plan)
    second = again(saved(plan, SETTINGS, directory=case[1]), plan, SETTINGS, case[1])
    assert_alike(plan, second, SETTINGS, case[1])


GULF = with_calendars(plans.OWNERS)


@settings(max_examples=size(1_600))
@given(CASES)
def test_so_does_any_plan_whatever_its_dates_were_counted_from(case: Case) -> None:
    """One that no launch made, half of it lived, where little stands where its offsets put it."""
    plan = attrs.evolve(case.after, account_id="acme")
    second = again(saved(plan, plans.SETTINGS, directory=GULF), plan, plans.SETTINGS, GULF)
    assert_alike(plan, second, plans.SETTINGS, GULF)


@settings(max_examples=size(1_000))
@given(launches())
def test_what_nobody_touched_is_said_as_its_template_said_it(case: tuple[Template, dict[str, Any]]) -> None:
    """Offsets from anchors, durations and links stay what they were; nothing becomes days from the start by itself."""
    untouched = case[1] | {"dropped": frozenset(), "overrides": {}}
    second = saved(made((case[0], untouched)), SETTINGS, directory=case[1]["directory"])
    assert [*case[0].items()] == [*second.items()]
    assert (case[0].anchors, case[0].calendar, case[0].kind) == (second.anchors, second.calendar, second.kind)


RUNNING = Plan("plan", "acme", "Running", ap.FrozenMap({"start": MONDAY, "go_live": day(2, 2)}))


def run(given_template: Template, plan: Plan, start: dt.date, settings: Settings, directory: Directory) -> Plan:
    """The plan after `me` has launched a play into it."""
    begun = draft(given_template, ACME, start=start, plan_id=plan.id)
    new_id = numbers()
    return launch(
        begun,
        ACME,
        settings,
        directory=directory,
        applier_id="me",
        now=NOW,
        new_id=lambda: f"{len(plan.plays)}-{new_id()}",
        plan=plan,
    )


@settings(max_examples=size(1_600))
@given(launches(), st.integers(0, 2**32))
def test_a_saved_play_runs_again_with_the_same_dates(case: tuple[Template, dict[str, Any]], seed: int) -> None:
    """Run, worked on, saved, run in the same plan: its tasks and what they hang on have the same dates (T8)."""
    rng, people = Random(seed), case[1]["directory"]
    running = attrs.evolve(RUNNING, calendar=rng.choice(("", "six")))
    try:
        before = run(as_play(case[0], rng), running, case[1]["start"], SETTINGS, people)
    except Invalid:
        assume(False)
    plan = Walk(before, SETTINGS, people, rng).go(rng.choice((0, 20)))
    play = next((one for one in plan.plays if one.key == "root"), None)
    assume(play is not None)
    assert play is not None
    template = saved(plan, SETTINGS, directory=people, play_id=play.id)
    assert ("play", 1, ()) == (template.kind, len(template.plays), template.objectives)
    tasks = [task for task in kept(plan) if task.parent_id == play.id]
    dates = [date for one in (play, *tasks) for date in (one.start, one.due) if date]
    start = play.start or min(dates, default=plan.start)
    second = run(template, plan, start, SETTINGS, people)
    anew = second.plays[-1]
    assert said_of(attrs.evolve(play, start=start)) == said_of(anew)
    new_tasks = [task for task in second.tasks if task.parent_id == anew.id]
    assert [said_of(one) for one in tasks] == [said_of(one) for one in new_tasks]
    assert [one[2] for one in stood(plan, tasks)] == [one[2] for one in stood(second, new_tasks)]
    named = {one.key for one in template.milestones}
    points = tuple(one for one in plan.milestones if hangs(one, play, tasks))
    new_points = second.milestones[len(plan.milestones) :]
    assert ([said_of(one) for one in points], len(named)) == ([said_of(one) for one in new_points], len(points))
    assert_linked(plan, tasks, points, second, new_tasks, new_points, SETTINGS, people)


def hangs(point: Milestone, play: Play, tasks: list[Task]) -> bool:
    """Whether the play or one of its tasks hangs on a milestone."""
    offsets = [play.start_offset, play.offset, *(one.offset for one in tasks), *(one.start_offset for one in tasks)]
    named = {one.item_id for one in offsets if one is not None} | {task.milestone_id for task in tasks}
    return point.id in named | {link.predecessor_id for task in tasks for link in task.dependencies}
