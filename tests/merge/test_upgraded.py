"""Upgrades of merged plans: what a merge brought of the new version is not launched once more (M3, T9)."""

import datetime as dt

import attrs

import actionplans as ap
from actionplans import edit
from actionplans.model import Offset, Plan, TemplatePlay, TemplateTask
from actionplans.workspace import Workspace
from tests.workspace.world import MONDAY


def versions(ws: Workspace, *third: TemplateTask) -> tuple[str, str]:
    """A plan of the first version of a template, and one of the second, which has a task more; a third has these."""
    first = ap.Template("tpl", "Renewal", tasks=(TemplateTask("call", "Call", due=Offset(2)),))
    target = ws.launch(ws.draft(ws.templates.publish(first), "acme", start=MONDAY))
    new = TemplateTask("new", "New in v2", due=Offset(3))
    second = attrs.evolve(ws.templates.revise("tpl"), tasks=(*first.tasks, new))
    source = ws.launch(ws.draft(ws.templates.publish(second), "acme", start=MONDAY))
    if third:
        ws.templates.publish(attrs.evolve(ws.templates.revise("tpl"), tasks=(*first.tasks, *third)))
    return target.id, source.id


def titles(plan: Plan) -> list[str]:
    """The titles of its tasks, in order."""
    return [one.title for one in plan.tasks]


def test_what_came_of_the_new_version_is_not_launched_again(ws: Workspace) -> None:
    """It is that key's, in its place, as the plan has it, and follows the version after."""
    target, source = versions(ws)
    ws.change(target, edit.add, ap.Task(title="Our own"))
    ws.merging.merge(target, source)
    came = ws.view(target).tasks[-1]
    ws.change(target, edit.update, came.id, description="As we do it")
    shown = ws.upgrades.preview(target, version=2)
    assert [] == [one.key for one in shown.differences if one.key == "new"]
    done = ws.upgrades.apply(target, version=2)
    assert ["Call", "New in v2", "Our own"] == sorted(titles(done.plan))
    assert ("As we do it", 2) == (done.task(came.id).description, done.plan.launch.version)  # type: ignore[union-attr]
    assert frozenset() == done.plan.launch.dropped  # type: ignore[union-attr]
    third = ws.templates.revise("tpl")
    loud = tuple(attrs.evolve(one, title=one.title + "!") for one in third.tasks)
    ws.templates.publish(attrs.evolve(third, tasks=loud))
    after = ws.upgrades.apply(target, version=3)
    assert ["Call!", "New in v2!", "Our own"] == sorted(titles(after.plan))
    assert "As we do it" == after.task(came.id).description


def test_what_is_new_leads_to_what_came(ws: Workspace) -> None:
    """Links and offsets of items that come lead to the one that is there, where it stands."""
    new = TemplateTask("new", "New in v2", due=Offset(3))
    then = TemplateTask("then", "Then", due=Offset(2, anchor="task:new"))
    target, source = versions(ws, new, then)
    ws.merging.merge(target, source)
    came = next(one for one in ws.view(target).tasks if one.key == "new")
    ws.change(target, edit.update, came.id, due=dt.date(2026, 1, 20))
    done = ws.upgrades.apply(target, version=3)
    assert ["Call", "New in v2", "Then"] == titles(done.plan)
    made = done.task("then")
    assert (f"task:{came.id}", dt.date(2026, 1, 22)) == (made.offset.anchor, made.due)  # type: ignore[union-attr]


def test_a_play_is_upgraded_with_what_came_to_it(ws: Workspace) -> None:
    """As a plan is: two plays of two versions that were joined."""
    play = TemplatePlay("run", "Run")
    first = ap.Template("tpl", "Run", kind="play", plays=(play,), tasks=(TemplateTask("call", "Call", parent="run"),))
    target, source = (ws.new_plan("acme", title, start=MONDAY).id for title in ("Target", "Source"))
    ws.launch(ws.draft(ws.templates.publish(first), plan_id=target))
    new = TemplateTask("new", "New in v2", parent="run")
    second = ws.templates.publish(attrs.evolve(ws.templates.revise("tpl"), tasks=(*first.tasks, new)))
    ws.launch(ws.draft(second, plan_id=source))
    ws.merging.merge(target, source)
    (joined,) = ws.view(target).plan.plays
    done = ws.upgrades.apply(target, version=2, play_id=joined.id)
    assert ["Call", "New in v2"] == titles(done.plan)
