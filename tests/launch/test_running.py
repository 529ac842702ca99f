"""Launching into a running plan: plays, objectives and single tasks (T3, T13, D9)."""

import datetime as dt
from itertools import count
from typing import Any

import attrs
import pytest

import actionplans as ap
from actionplans import edit
from actionplans.edit import Context
from actionplans.errors import Invalid, MissingAnchors, Refused
from actionplans.launch import add, draft, launch
from actionplans.model import (
    Dependency,
    Draft,
    Launch,
    Objective,
    Offset,
    Override,
    Plan,
    Template,
    TemplateMilestone,
    TemplateObjective,
    TemplatePlay,
    TemplateStage,
    TemplateTask,
)
from actionplans.model.rules import check
from actionplans.settings import Limits, Settings
from tests.launch.samples import ACME, DIRECTORY, NOW, day, numbers, places

SHIPPED = Settings()
IDS = count(1)
START = day(3, 2)

HIRING = Template(
    "hiring",
    "Hiring",
    version=3,
    state="published",
    kind="play",
    objectives=(TemplateObjective("faster", "Hire faster"),),
    milestones=(TemplateMilestone("half", "Half way", due=Offset(7)),),
    plays=(TemplatePlay("play", "Hiring play", objective="faster", due=Offset(30), owner=("account_owner",)),),
    tasks=(
        TemplateTask("call", "Call", parent="play", due=Offset(2, "working_days"), stage="own", owner=("applier",)),
        TemplateTask("then", "Then", parent="play", duration=2, after=(Dependency("call"),)),
        TemplateTask("review", "Review", parent="play", due=Offset(1, anchor="milestone:half")),
    ),
    stages=(TemplateStage("own", "Our stage"),),
)
RUNNING = Plan(
    "plan",
    "acme",
    "Running",
    ap.FrozenMap({"start": day(1, 5), "go_live": day(4, 1)}),
    objectives=(Objective("why", "Why", status="on_track"),),
    tasks=(ap.Task("old", "Old", due=day(1, 6), original_due=day(1, 6), offset=Offset(1)),),
    plays=(ap.Play("running-play", "A play"),),
)


def run(given: Template, plan: Plan = RUNNING, settings: Settings = SHIPPED, **changes: Any) -> Plan:
    """The plan after `me` launched it there on the 2nd of March; the draft with these changes."""
    made = draft(given, ACME, start=START, plan_id=plan.id)
    made = attrs.evolve(made, **changes)
    return into(made, plan, settings)


def into(made: Draft, plan: Plan | None, settings: Settings = SHIPPED) -> Plan:
    """The plan that gives."""
    return launch(
        made, ACME, settings, directory=DIRECTORY, applier_id="me", now=NOW, new_id=lambda: str(next(IDS)), plan=plan
    )


def context(today: dt.date = START) -> Context:
    """What verbs are given."""
    return Context("me", NOW, today, SHIPPED, numbers())


def test_a_play_is_run_in_a_plan_with_its_objective_and_tasks() -> None:
    """The plan stays as it is but for what comes in at the end of each kind; the play keeps the launch (T3)."""
    plan = run(HIRING)
    check(plan)
    play = plan.play("play")
    assert ("Hiring play", START, day(4, 1), "ana") == (play.title, play.start, play.due, play.owner_id)
    assert Launch("hiring", 3, NOW, "me", ap.FrozenMap({"start": START})) == play.launch
    assert plan.objective("faster").id == play.objective_id
    assert [RUNNING.tasks[0], *plan.tasks[1:]] == [*plan.tasks] and 4 == len(plan.tasks)
    assert {play.id} == {task.parent_id for task in plan.tasks[1:]}
    assert [day(3, 4), day(3, 6), day(3, 10)] == [plan.task(key).due for key in ("call", "then", "review")]
    assert "waiting" == plan.task("then").status
    kept = {"objectives", "milestones", "plays", "tasks", "stages"}
    same = {one.name for one in attrs.fields(Plan)} - kept
    assert all(getattr(plan, name) == getattr(RUNNING, name) for name in same)


def test_what_is_run_follows_the_start_of_its_play() -> None:
    """Not that of the plan (D9); moving the play's start moves its tasks, and nothing else."""
    plan = run(HIRING)
    play = plan.play("play")
    assert f"play:{play.id}" == plan.task("call").offset.anchor  # type: ignore[union-attr]
    moved = edit.update(plan, context(), play.id, start=day(3, 9))
    assert [day(3, 11), day(3, 13), day(3, 17)] == [moved.task(key).due for key in ("call", "then", "review")]
    assert RUNNING.tasks[0] == moved.tasks[0]
    moved = edit.set_anchor(plan, context(), "start", day(1, 12))
    assert [day(1, 13), day(3, 4)] == [moved.task("old").due, moved.task("call").due]


def test_a_play_starts_where_its_own_offset_puts_it() -> None:
    """After its roll, and that is the start that its tasks are counted from (D9)."""
    late = attrs.evolve(HIRING, plays=(attrs.evolve(HIRING.plays[0], start=Offset(5, roll="next"), due=None),))
    plan = run(late)
    assert (day(3, 9), day(3, 11)) == (plan.play("play").start, plan.task("call").due), "the 7th is a Saturday"
    by_hand = run(late, overrides=ap.FrozenMap({"play": Override(start=day(3, 16))}))
    assert (day(3, 16), day(3, 18)) == (by_hand.play("play").start, by_hand.task("call").due)


def test_a_play_goes_under_an_objective_that_is_named() -> None:
    """Its own is not made then (001, 003)."""
    plan = run(HIRING, parent_id="why")
    assert ("why", 1) == (plan.play("play").objective_id, len(plan.objectives))
    bare = attrs.evolve(HIRING, objectives=(), plays=(TemplatePlay("play", "P"),))
    assert ["why", None] == [run(bare, parent_id=one).play("play").objective_id for one in ("why", None)]


def test_a_play_joins_an_open_objective_of_its_key_where_asked() -> None:
    """Not one that is achieved already (T13)."""
    once = run(HIRING)
    assert 3 == len(run(HIRING, once).objectives)
    joined = run(HIRING, once, joins=True)
    assert (2, once.objectives[1].id) == (len(joined.objectives), joined.plays[-1].objective_id)
    achieved = edit.update(once, context(), once.objectives[1].id, status="achieved")
    assert 3 == len(run(HIRING, achieved, joins=True).objectives)


def test_what_a_draft_says_of_what_the_plan_has_already_is_refused() -> None:
    """It would be lost: the objective that is joined is the plan's, as is a stage of the same key (T4, T13)."""
    once = run(HIRING)
    said = ap.FrozenMap({key: Override(title="Said") for key in ("faster", "own")})
    with pytest.raises(Invalid) as error:
        run(HIRING, once, joins=True, overrides=said)
    assert ["items['faster']", "items['own']"] == places(error.value)
    assert "Said" == run(HIRING, overrides=said).objectives[-1].title


def test_a_play_of_one_s_own_is_of_no_launch() -> None:
    """It is a custom one, which follows no template (T3, T9)."""
    made = add(draft(HIRING, ACME, start=START, plan_id="plan"), TemplatePlay("mine", "Mine"))
    *_, play, mine = into(made, RUNNING).plays
    assert (3, None) == (play.launch and play.launch.version, mine.launch)


def test_a_play_can_be_run_twice() -> None:
    """Each has its own launch, tasks and dates; custom stages of one key are one."""
    twice = run(HIRING, run(HIRING), anchors=ap.FrozenMap({"start": day(5, 4)}))
    check(twice)
    assert [START, day(5, 4)] == [one.start for one in twice.plays[1:]]
    assert [day(3, 4), day(5, 6)] == [one.due for one in twice.tasks if one.key == "call"]
    assert 1 == len(twice.stages)


def test_an_objective_is_launched_with_what_stands_under_it() -> None:
    """Its plays keep the launch; dates count from the objective's start."""
    library = Template(
        "adopt",
        "Adoption",
        state="published",
        kind="objective",
        objectives=(TemplateObjective("why", "Adopt", end=Offset(90)),),
        plays=(TemplatePlay("train", "Train", objective="why", start=Offset(7)),),
        tasks=(
            TemplateTask("kick", "Kick", parent="why", due=Offset(1)),
            TemplateTask("teach", "Teach", parent="train", due=Offset(2, anchor="play:train")),
        ),
    )
    plan = run(library)
    check(plan)
    objective, play = plan.objectives[-1], plan.play("train")
    assert (START, day(5, 31), objective.id) == (objective.start, objective.end, play.objective_id)
    assert (day(3, 9), day(3, 3), day(3, 11)) == (play.start, plan.task("kick").due, plan.task("teach").due)
    assert play.launch is not None and "adopt" == play.launch.template_id
    moved = edit.update(plan, context(), objective.id, start=day(3, 9))
    assert (day(3, 16), day(3, 10), day(3, 18)) == (
        moved.play("train").start,
        moved.task("kick").due,
        moved.task("teach").due,
    )


def test_single_tasks_and_library_tactics_are_loose_or_go_where_they_are_put() -> None:
    """Their dates stand by themselves: there is nothing they could follow."""
    tactic = Template("t", "T", state="published", kind="task", tasks=(TemplateTask("t", "Tactic", due=Offset(3)),))
    for parent in (None, "why", "running-play"):
        task = run(tactic, parent_id=parent).task("t")
        assert (day(3, 5), None, parent) == (task.due, task.offset, task.parent_id)
    library = Template(
        "l",
        "L",
        state="published",
        kind="stage_library",
        tasks=(TemplateTask("a", "A"), TemplateTask("b", "B")),
    )
    assert ["old", "a"] == [one.key or one.id for one in run(library, dropped=frozenset("b")).tasks]


def test_named_dates_are_the_plan_s() -> None:
    """Those it has need not be given; a new one becomes the plan's; another day for one is refused (D9)."""
    live = attrs.evolve(
        HIRING,
        anchors=("go_live",),
        tasks=(TemplateTask("call", "Call", parent="play", due=Offset(-1, anchor="go_live")),),
    )
    assert day(3, 31) == run(live).task("call").due
    with pytest.raises(Invalid) as error:
        run(live, anchors=ap.FrozenMap({"start": START, "go_live": day(4, 2)}))
    assert ["anchors['go_live']"] == places(error.value)
    bare = attrs.evolve(RUNNING, anchors=ap.FrozenMap({"start": day(1, 5)}))
    with pytest.raises(MissingAnchors):
        run(live, bare)
    given = run(live, bare, anchors=ap.FrozenMap({"start": START, "go_live": day(4, 2)}))
    assert ({"start": day(1, 5), "go_live": day(4, 2)}, day(4, 1)) == (dict(given.anchors), given.task("call").due)


@pytest.mark.parametrize(
    "changes,place",
    [
        ({"parent_id": "nobody"}, "parent_id"),
        ({"parent_id": "running-play"}, "parent_id"),
        ({"template": attrs.evolve(HIRING, kind="plan")}, "plan_id"),
        ({"plan_id": "other"}, "plan_id"),
        ({"dropped": frozenset({"play"})}, "items['play']"),
        ({"overrides": ap.FrozenMap({"call": Override(owner_id="nobody")})}, "items['call'].owner"),
    ],
)
def test_what_stands_in_the_way_is_named(changes: dict[str, Any], place: str) -> None:
    """And nothing is launched."""
    with pytest.raises(Invalid) as error:
        run(HIRING, **changes)
    assert place in places(error.value)


def test_a_plan_that_takes_no_changes_takes_no_play() -> None:
    """Nor one of another account, nor more tasks than the settings allow, nor none at all."""
    for state in ({"archived": True}, {"status": "completed"}, {"status": "merged", "merged_into": "x"}):
        with pytest.raises(Refused):
            run(HIRING, attrs.evolve(RUNNING, **state))
    with pytest.raises(Invalid, match="another account"):
        run(HIRING, attrs.evolve(RUNNING, account_id="other"))
    with pytest.raises(Invalid, match="at most 3"):
        run(HIRING, settings=Settings(limits=Limits(tasks_per_plan=3)))
    with pytest.raises(Invalid, match="none is given"):
        into(draft(HIRING, ACME, start=START, plan_id="plan"), None)
    with pytest.raises(Invalid):
        into(draft(HIRING, ACME, start=START), RUNNING)
    staged = attrs.evolve(RUNNING, section="sales_plan")
    with pytest.raises(Invalid) as error:
        run(HIRING, staged)
    assert {"items['then'].stage", "items['review'].stage"} == set(places(error.value))
