"""Upgrades of plans that were lived with (T9): calendars, stages, pauses, limits, deletions, and odd versions."""

from __future__ import annotations

import datetime as dt
from typing import Any

import attrs
import pytest

import actionplans as ap
from actionplans import edit
from actionplans.errors import ActionPlansError, Invalid, Refused
from actionplans.launch import Directory, draft, launch, upgrade
from actionplans.model import Offset, Plan, Template, TemplateMilestone, TemplatePlay, TemplateStage, TemplateTask
from actionplans.model.rules import check
from actionplans.settings import Limits, Settings
from tests.counting import calls
from tests.launch.samples import ACME, NOW, day
from tests.launch.test_upgrade import upgraded, without_version
from tests.launch.versions import IDS, START, WHO, context, launched, run

WEEKENDS = ap.WorkCalendar("weekends", frozenset({6, 7}))


def template(*tasks: TemplateTask, **fields: Any) -> Template:
    """The first version."""
    return Template("t", "T", state="published", tasks=tasks, **fields)


def version(before: Template, *tasks: TemplateTask, **fields: Any) -> Template:
    """The second one."""
    return attrs.evolve(before, version=2, tasks=tasks, **fields)


def task(plan: Plan, key: str) -> ap.Task:
    """The task of that key."""
    return plan.task(key)


def test_dates_are_counted_in_the_calendars_of_those_who_have_the_work() -> None:
    """Not of whoever upgrades, and of the hand that has it now (D7); `applier` is still who launched (T5)."""
    two, three = Offset(2, "working_days"), Offset(3, "working_days")
    before = template(TemplateTask("a", "A", due=two, owner=("applier",)), TemplateTask("b", "B", due=two))
    after = version(
        before,
        TemplateTask("a", "A", due=three, owner=("applier",)),
        TemplateTask("b", "B", due=three),
        TemplateTask("c", "C", owner=("applier",)),
    )
    settings = Settings(calendars=(*Settings().calendars, WEEKENDS))
    people = {**WHO.persons, "bob": ap.Person("bob", "Bob", calendar="weekends")}
    to = attrs.evolve(context(), actor_id="bob", settings=settings, calendars={"bob": "weekends"})
    plan = launched(before)
    plan = edit.assign(plan, to, task(plan, "b").id, "bob")
    assert (day(1, 7), day(1, 11)) == (task(plan, "a").due, task(plan, "b").due)
    now = upgrade(plan, to, ACME, before, after, directory=Directory(people)).decided()
    assert (day(1, 8), day(1, 17)) == (task(now, "a").due, task(now, "b").due)
    assert ("me", "bob") == (task(now, "c").owner_id, task(now, "c").created_by)


def test_stages_of_the_library_are_followed_like_the_plan_s_own() -> None:
    """They are referred to, not copied (T3); one that became the library's meanwhile stays the plan's."""
    shipped = [one.id for one in Settings().stages][:2]
    stages = tuple(TemplateStage(one, one) for one in shipped)
    before = template(TemplateTask("a", "A", stage=shipped[0]), stages=stages)
    renamed = (stages[0], attrs.evolve(stages[1], title="Renamed"))
    after = version(
        before, TemplateTask("a", "A", stage=shipped[1]), TemplateTask("n", "N", stage=shipped[0]), stages=renamed
    )
    found = upgraded(launched(before), before, after)
    assert {"a:stage_id": "follows", "n": "comes"} == {one.place: one.outcome for one in found.differences}
    assert [shipped[1], shipped[0]] == [one.stage_id for one in found.decided().tasks]
    own = template(TemplateTask("a", "A", stage="pilot"), stages=(TemplateStage("pilot", "Pilot"),))
    plan = launched(own)
    grown = Settings(stages=(*Settings().stages, ap.Stage("pilot", "Pilot")))
    to = attrs.evolve(context(), settings=grown)
    later = version(own, TemplateTask("a", "Phone", stage="pilot"))
    now = upgrade(plan, to, ACME, own, later, directory=WHO).decided()
    assert ("Phone", plan.stages[0].id) == (now.tasks[0].title, now.tasks[0].stage_id)


def test_a_pause_is_not_forgotten() -> None:
    """What it moved goes as far as the template's date does; what is new and past is warned of (P8)."""
    before = template(TemplateTask("a", "A", due=Offset(20)), TemplateTask("b", "B", due=Offset(20)))
    paused = edit.pause_plan(launched(before), context(day(1, 10)))
    plan = edit.resume_plan(paused, context(day(2, 10)))
    assert [day(2, 25)] * 2 == [one.due for one in plan.tasks]
    after = version(
        before, TemplateTask("a", "A", due=Offset(22)), before.tasks[1], TemplateTask("n", "N", due=Offset(3))
    )
    found = upgraded(plan, before, after, today=day(2, 10))
    assert [day(2, 27), day(2, 25)] == [one.due for one in found.decided().tasks[:2]]
    assert ["is new, and was due on 2026-01-08: give it another date, or cancel it"] == [
        one.message for one in found.warnings
    ]


def test_the_settings_limits_and_sections_hold_for_upgrades_too() -> None:
    """L8, L1."""
    before = template(TemplateTask("a", "A"))
    many = version(before, *(TemplateTask(f"n{n}", "N") for n in range(4)))
    plan = launched(before)
    few = attrs.evolve(context(), settings=Settings(limits=Limits(tasks_per_plan=3)))
    with pytest.raises(Invalid, match="at most 3"):
        upgrade(plan, few, ACME, before, many, directory=WHO)
    with pytest.raises(Invalid, match="stage"):
        upgraded(
            attrs.evolve(plan, section="sales_plan"), before, version(before, before.tasks[0], TemplateTask("n", "N"))
        )
    with pytest.raises(Invalid, match="priority"):
        upgraded(plan, before, version(before, attrs.evolve(before.tasks[0], priority="extra")))


def test_the_same_version_changes_nothing_after_deletions() -> None:
    """And the conflict of a later version is still one."""
    before = template(TemplateTask("a", "A"), TemplateTask("b", "B"))
    plan = launched(before)
    plan = edit.delete(plan, context(), task(plan, "b").id, confirmed=edit.impact(plan, task(plan, "b").id))
    assert plan == upgraded(plan, before, before).decided()
    second = version(before, attrs.evolve(before.tasks[0], title="Phone"), before.tasks[1])
    now = upgraded(plan, before, second).decided()
    third = attrs.evolve(second, version=3, tasks=(second.tasks[0], attrs.evolve(second.tasks[1], title="New")))
    assert ["b"] == [one.place for one in upgraded(now, second, third).conflicts]


def test_a_key_that_names_another_kind_is_another_item() -> None:
    """It gets an id of its own, whether the old one goes or stays."""
    before = template(TemplateTask("a", "A"), plays=(TemplatePlay("x", "X"),))
    after = version(before, TemplateTask("a", "A"), TemplateTask("x", "X"), plays=())
    for mine in (False, True):
        plan = launched(before)
        if mine:
            plan = edit.add(plan, context(), ap.Task(title="Mine", parent_id=plan.plays[0].id))
        now = upgraded(plan, before, after).decided()
        check(now)
        assert (mine, True) == (bool(now.plays), plan.plays[0].id not in [one.id for one in now.tasks])


def test_places_of_answers_are_never_two_things() -> None:
    """A task may be called as a field of the plan."""
    before = template(TemplateTask("title", "A"), TemplateTask("b", "B"))
    after = version(before, before.tasks[1], title="New")
    plan = edit.update_plan(launched(before), context(), title="Mine")
    plan = edit.comment(plan, context(), task(plan, "title").id, "Yes")
    assert [":title", "title"] == [one.place for one in upgraded(plan, before, after).conflicts]


def test_done_work_that_the_template_changed_is_listed_as_staying() -> None:
    """So that nobody wonders."""
    before = template(TemplateTask("a", "A"))
    plan = launched(before)
    plan = edit.complete(plan, context(), plan.tasks[0].id)
    found = upgraded(plan, before, version(before, TemplateTask("a", "Phone")))
    assert {"a:title": "stays"} == {one.place: one.outcome for one in found.differences}


def test_a_parent_that_only_sounds_like_a_stage_is_not_there() -> None:
    """A task under a play that was deleted does not come."""
    name = Settings().stages[0].id
    before = template(TemplateTask("a", "A"), plays=(TemplatePlay(name, "P"),))
    plan = launched(before)
    gone = edit.delete(plan, context(), plan.plays[0].id, confirmed=edit.impact(plan, plan.plays[0].id))
    after = version(before, before.tasks[0], TemplateTask("n", "N", parent=name))
    assert ["a"] == [one.key for one in upgraded(gone, before, after).decided().tasks]


PLAY = Template(
    "p",
    "P",
    state="published",
    kind="play",
    milestones=(TemplateMilestone("loose", "Loose", due=Offset(5)),),
    plays=(TemplatePlay("play", "Play"),),
    tasks=(TemplateTask("call", "Call", parent="play", due=Offset(1)),),
)


def test_milestones_that_no_task_names_are_the_play_s_too() -> None:
    """They follow instead of coming again."""
    plan = run(PLAY, launched(template(TemplateTask("a", "A"))), day(2, 2))
    after = attrs.evolve(PLAY, version=2, milestones=(attrs.evolve(PLAY.milestones[0], title="New"),))
    found = upgraded(plan, PLAY, after, play_id=plan.plays[-1].id)
    assert () == found.conflicts
    assert ["New"] == [one.title for one in found.decided().milestones]


def test_a_task_moved_out_of_its_play_does_not_come_again() -> None:
    """It is not deleted, only elsewhere."""
    plan = run(PLAY, launched(template(TemplateTask("a", "A"))), day(2, 2))
    plan = edit.move(plan, context(), plan.task("call").id, parent_id=None)
    after = attrs.evolve(PLAY, version=2, tasks=(attrs.evolve(PLAY.tasks[0], title="Phone"),))
    found = upgraded(plan, PLAY, after, play_id=plan.plays[-1].id)
    assert ((), 1) == (found.conflicts, sum(one.key == "call" for one in found.decided().tasks))


@pytest.mark.parametrize("kind", ["plan", "stage_library", "objective"])
def test_a_version_of_another_kind_is_refused(kind: str) -> None:
    """It is launched anew."""
    plan = run(PLAY, launched(template(TemplateTask("a", "A"))), day(2, 2))
    other = attrs.evolve(PLAY, version=2, kind=kind)
    with pytest.raises(Refused, match="launch it anew"):
        upgraded(plan, PLAY, other, play_id=plan.plays[-1].id)


def test_only_published_versions_are_upgraded_to() -> None:
    """Back to an earlier one also where it is retired by now (T1)."""
    before = template(TemplateTask("a", "A"))
    plan = launched(before)
    with pytest.raises(Refused, match="retired"):
        upgraded(plan, before, attrs.evolve(before, version=2, state="retired"))
    second = version(before, TemplateTask("a", "B"))
    now = upgraded(plan, before, second).decided()
    back = upgraded(now, second, attrs.evolve(before, state="retired")).decided()
    assert without_version(plan) == without_version(back)


@pytest.mark.parametrize(
    "given,place",
    [
        ({"answers": None}, "answers"),
        ({"answers": [("a", "ours")]}, "answers"),
        ({"answers": {"a:title": ["ours"]}}, "answers['a:title']"),
        ({"anchors": None}, "anchors"),
        ({"anchors": {"nonsense": START}}, "anchors['nonsense']"),
        ({"anchors": {"start": day(2, 2)}}, "anchors['start']"),
    ],
)
def test_wrong_arguments_are_named(given: dict[str, Any], place: str) -> None:
    """And never passed over."""
    before = template(TemplateTask("a", "A"))
    plan = launched(before)
    plan = edit.update(plan, context(), plan.tasks[0].id, title="Mine")
    with pytest.raises(Invalid) as error:
        upgraded(plan, before, version(before, TemplateTask("a", "Phone")), **given)
    assert place in [one.place for one in error.value.problems]


def test_large_plans_are_upgraded_in_linear_time() -> None:
    """All replaced, and all in another order: four times the tasks take not much more than four times the calls."""
    took = []
    for number in (250, 1000):
        before = template(*(TemplateTask(f"a{n}", f"A{n}", due=Offset(n % 50)) for n in range(number)))
        after = version(before, *(TemplateTask(f"b{n}", f"B{n}", due=Offset(n % 50)) for n in range(number)))
        plan = launched(before)
        assert number == len(upgraded(plan, before, after).decided().tasks)
        took.append(calls(lambda: upgraded(plan, before, after).decided()))  # noqa: B023
    assert took[1] < 4.5 * took[0]


def test_an_upgrade_raises_only_our_errors() -> None:
    """For whatever is given as a version."""
    plan = launched(template(TemplateTask("a", "A")))
    for other in (PLAY, attrs.evolve(template(), kind="task", version=2)):
        with pytest.raises(ActionPlansError):
            upgraded(plan, template(TemplateTask("a", "A")), other)
    asked = draft(PLAY, ACME, start=dt.date(2026, 2, 2))
    alone = launch(asked, ACME, Settings(), directory=WHO, applier_id="me", now=NOW, new_id=lambda: f"z{next(IDS)}")
    assert 2 == upgraded(alone, PLAY, attrs.evolve(PLAY, version=2)).decided().launch.version  # type: ignore[union-attr]
