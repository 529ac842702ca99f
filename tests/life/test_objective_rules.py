"""Statuses of objectives: by hand, and by a rule only where one is switched on (L6, P7)."""

import datetime as dt
from decimal import Decimal
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings

from actionplans import edit
from actionplans.edit import Context
from actionplans.errors import Invalid
from actionplans.model import (
    Metric,
    Objective,
    Offset,
    Plan,
    Task,
    Template,
    TemplateObjective,
    TemplatePlay,
    TemplateTask,
)
from actionplans.settings import ObjectiveRule, Settings
from actionplans.workspace import Workspace
from tests.edit.moves import Step, Walk, steps
from tests.edit.scene import NOW, SETTINGS, TODAY, context, days, plan
from tests.size import size
from tests.workspace.world import opened, peopled

DONE, OVERDUE = ObjectiveRule("done", "achieved"), ObjectiveRule("overdue", "at_risk")
BOTH = attrs.evolve(SETTINGS, objective_rules=(DONE, OVERDUE))


def to(settings: Settings = BOTH, today: dt.date = TODAY) -> Context:
    """Ana asks, under rules."""
    return attrs.evolve(context(settings), today=today, now=NOW + (today - TODAY))


def small(*tasks: Task, **fields: Any) -> Plan:
    """One objective with these tasks."""
    made = {"status": "on_track", **fields}
    return plan(objectives=(Objective("o", "O", **made),), plays=(), milestones=(), stages=(), tasks=tasks)


def two(**fields: Any) -> Plan:
    """One objective with two open tasks."""
    return small(Task("a", "A", parent_id="o"), Task("b", "B", parent_id="o"), **fields)


def status(plan: Plan) -> tuple[str, str | None]:
    """The status of the objective, and the one before the rule."""
    one = plan.objectives[0]
    return one.status, one.was


def test_no_rule_ships() -> None:
    """L6: progress never changes a status by itself."""
    assert () == Settings().objective_rules
    after = edit.complete(edit.complete(two(), context(), "a"), context(), "b")
    assert ("on_track", None) == status(after)


def test_when_all_is_done() -> None:
    """The last task gives the status, reopening takes it back (P7); tasks that are all cancelled are not done."""
    half = edit.complete(two(), to(), "a")
    done = edit.complete(half, to(), "b")
    assert [("on_track", None), ("achieved", "on_track")] == [status(half), status(done)]
    back = edit.reopen(done, to(), "b")
    assert half.objectives == back.objectives
    assert ("achieved", "on_track") == status(edit.cancel(half, to(), "b"))
    assert ("on_track", None) == status(edit.cancel(edit.cancel(two(), to(), "a"), to(), "b"))
    assert ("on_track", None) == status(edit.add(done, to(), Task("", "More", parent_id="o")))


def test_a_metric_is_part_of_it() -> None:
    """Where there is one it must be met, whichever comes last."""
    made = two(metric=Metric(Decimal(5)))
    done = edit.complete(edit.complete(made, to(), "a"), to(), "b")
    assert ("on_track", None) == status(done)
    met = edit.measure(done, to(), "o", 5)
    assert ("achieved", "on_track") == status(met)
    assert ("on_track", None) == status(edit.remove_reading(met, to(), "o", NOW))


@pytest.mark.parametrize("by_hand", ["missed", "achieved"])
def test_a_status_that_is_closed_stays(by_hand: str) -> None:
    """A rule changes only what is open."""
    done = edit.complete(edit.complete(two(status=by_hand), to(), "a"), to(), "b")
    assert (by_hand, None) == status(done)


def test_what_is_set_by_hand_stays_until_something_changes() -> None:
    """The rule does not speak again while what it asks for has been true all along."""
    done = edit.complete(edit.complete(two(), to(), "a"), to(), "b")
    mine = edit.update(done, to(), "o", status="at_risk")
    assert ("at_risk", None) == status(mine)
    assert ("at_risk", None) == status(edit.update(mine, to(), "a", title="Another"))
    again = edit.complete(edit.reopen(mine, to(), "a"), to(), "a")
    assert ("achieved", "at_risk") == status(again)


def test_when_it_is_overdue() -> None:
    """The first change after its end gives the status, a later end takes it back; a pause counts for nothing."""
    made = attrs.evolve(two(end=days(1)), changed_at=NOW - dt.timedelta(days=1))
    late = edit.complete(made, to(), "a")
    assert [("on_track", None), ("at_risk", "on_track")] == [
        status(edit.complete(made, to(today=days(1)), "a")),
        status(late),
    ]
    assert ("on_track", None) == status(edit.update(late, to(), "o", end=TODAY))
    assert ("achieved", "on_track") == status(edit.complete(late, to(), "b"))
    assert late.objectives == edit.reopen(edit.complete(late, to(), "b"), to(), "b").objectives
    paused = edit.pause_plan(made, to(today=days(1)))
    assert ("on_track", None) == status(edit.update_plan(paused, to(), title="Another"))
    mine = attrs.evolve(edit.update(late, to(), "o", status="on_track"), changed_at=NOW)
    assert ("on_track", None) == status(edit.update(mine, to(), "a", title="Another"))


@hypothesis_settings(max_examples=size(2000))
@given(steps())
def test_completing_and_reopening_is_identity_under_rules_too(taken: list[Step]) -> None:
    """P7: for the objectives of any plan that verbs have made, of any open task."""
    walk = Walk(plan(changed_at=NOW))
    walk.context = to()
    for step in taken:
        walk.step(step)
    made = walk.plan
    for task in made.tasks if made.status in ("active", "draft") and not made.archived else ():
        if task.is_open:
            done = edit.complete(made, to(), task.id, override=True)
            assert made.objectives == edit.reopen(done, to(), task.id).objectives


@hypothesis_settings(max_examples=size(2000))
@given(steps())
def test_without_rules_only_editing_changes_a_status(taken: list[Step]) -> None:
    """L6: whatever else is done."""
    walk = Walk(plan())
    for step in taken:
        before = {one.id: one.status for one in walk.plan.objectives}
        walk.step(step)
        if step[0] != "update":
            after = {one.id: one.status for one in walk.plan.objectives}
            assert all(after[one] == before[one] for one in before.keys() & after.keys())


def test_undo_takes_the_status_back_with_the_step() -> None:
    """J2: one step, one undo."""
    with opened() as ws:
        peopled(ws).settings.update(objective_rules=(DONE,))
        ws.add_plan(attrs.evolve(two(), id="p", account_id="acme"))
        half = ws.change("p", edit.complete, "a")
        done = ws.change("p", edit.complete, "b")
        assert ["on_track", "achieved"] == [one.objective("o").status for one in (half, done)]
        assert half.plan.objectives == ws.undo("p").plan.objectives
        ws.change("p", edit.complete, "b")
        assert ("on_track", None) == status(ws.undo("p", half.plan.revision).plan)


@pytest.mark.parametrize(
    ("rules", "place"),
    [
        ((ObjectiveRule("done", "achived"),), "objective_rules[0].status"),
        ((DONE, ObjectiveRule("done", "missed")), "objective_rules[1].when"),
    ],
)
def test_a_rule_gives_a_status_that_there_is(rules: tuple[ObjectiveRule, ...], place: str) -> None:
    """With a guess where it is misspelt; one rule for each case."""
    with pytest.raises(Invalid) as error:
        Settings(objective_rules=rules)
    assert [place] == [one.place for one in error.value.problems]


PLAY = Template(
    "training",
    "Training",
    kind="play",
    plays=(TemplatePlay("training", "Training"),),
    tasks=(TemplateTask("train", "Train", parent="training", due=Offset(3)),),
)
GOAL = Template(
    "goal",
    "Goal",
    objectives=(TemplateObjective("o", "O"),),
    tasks=(TemplateTask("a", "A", parent="o", due=Offset(1)), TemplateTask("b", "B", parent="o", due=Offset(2))),
)


def test_rules_hear_of_what_is_launched_carried_and_upgraded(ws: Workspace) -> None:
    """L6: a play that comes under an objective, one that leaves it, and a version without the open task."""
    ws.settings.update(objective_rules=(DONE,))
    for template in (PLAY, GOAL):
        ws.templates.publish(template)
    for plan_id in ("p", "q"):
        ws.add_plan(attrs.evolve(two(), id=plan_id, account_id="acme", tasks=(Task("a", "A", parent_id="o"),)))
    assert ("achieved", "on_track") == status(ws.change("p", edit.complete, "a").plan)
    launched = ws.launch(ws.draft("training", plan_id="p", parent_id="o")).plan
    assert ("on_track", None) == status(launched)
    ws.plays.link("p", launched.plays[0].id, "o", to="q")
    assert ("achieved", "on_track") == status(ws.view("p").plan)
    goal = ws.launch(ws.draft("goal", "acme")).plan
    assert ("not_started", None) == status(ws.change(goal.id, edit.complete, goal.task("a").id).plan)
    second = ws.templates.revise("goal")
    ws.templates.publish(ws.templates.save(attrs.evolve(second, tasks=second.tasks[:1])))
    assert ("achieved", "not_started") == status(ws.upgrades.apply(goal.id).plan)
