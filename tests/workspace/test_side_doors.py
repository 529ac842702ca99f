"""What is hidden comes out by no side door: upgrades, links, drafts, templates, the journal (V4, V7, R5)."""

from collections.abc import Callable
from typing import Any

import attrs
import pytest

import actionplans as ap
from actionplans import edit
from actionplans.errors import Invalid, NotAllowed, NotFound
from actionplans.model import Added, Objective, Offset, Override, Row, Template, TemplatePlay, TemplateTask
from actionplans.settings import CustomField, Grant
from actionplans.workspace import Workspace
from tests.workspace.world import MONDAY, snapshot, store_of

PLAY = Template(
    "hiring",
    "Hiring",
    kind="play",
    plays=(TemplatePlay("play", "Hiring play"),),
    tasks=(TemplateTask("call", "Call", parent="play", due=Offset(2)),),
)
NOWHERE = "01a20370-0000-7000-8000-000000000000"
Command = Callable[[Workspace, str], object]


def told(command: Command, ws: Workspace, id: str) -> tuple[type, str]:
    """The error of a command, without the id that it was given."""
    with pytest.raises(ap.errors.ActionPlansError) as found:
        command(ws, id)
    return type(found.value), str(found.value).replace(repr(id), "ID")


def with_roles(ws: Workspace, *grants: Grant) -> None:
    """More grants and prohibitions."""
    ws.settings.update(policy=(*ws.settings.get().policy, *grants))


def two_plans(ws: Workspace) -> tuple[Any, Any]:
    """A plan with a play that is run in it and an objective, and another with an objective."""
    ws.templates.publish(PLAY)
    here, there = (ws.new_plan("acme", title, start=MONDAY, owner_id="ana") for title in ("Here", "There"))
    here = ws.launch(ws.draft("hiring", plan_id=here.id))
    return ws.change(here.id, edit.add, Objective("", "Why")), ws.change(there.id, edit.add, Objective("", "Why"))


# Hidden and unknown ids


def test_hidden_plays_and_objectives_are_as_unknown_ones_to_upgrades_and_links(ws: Workspace) -> None:
    """Whether or not the actor may upgrade and move plays (V7)."""
    here, there = two_plans(ws)
    play, objective = here.play("play"), there.plan.objectives[0]
    with_roles(ws, *(Grant("blind", f"{kind}.see", allow=False) for kind in ("play", "objective")))
    hidden: list[tuple[Command, str]] = [
        (lambda ws, id: ws.upgrades.preview(here.id, play_id=id), play.id),
        (lambda ws, id: ws.upgrades.apply(here.id, play_id=id), play.id),
        (lambda ws, id: ws.upgrades.preview(here.id, play_id=id), play.title),
        (lambda ws, id: ws.upgrades.preview(here.id, play_id=id), play.key),
        (lambda ws, id: ws.plays.link(here.id, id, None), play.id),
        (lambda ws, id: ws.plays.link(here.id, id, None, to=there.id), play.id),
        (lambda ws, id: ws.plays.link(here.id, id, None, to=there.id), play.title),
    ]
    for roles in ({"viewer", "blind"}, {"manager", "blind"}):
        blind = ws.acting_as(ap.Actor("cleo", roles=roles))
        for command, id in hidden:
            assert told(command, blind, NOWHERE) == told(command, blind, id)
            assert NotFound is told(command, blind, id)[0]
        assert [] == [*blind.plays.active("acme")]
    blinder = ws.acting_as(ap.Actor("cleo", roles={"manager", "half"}))
    with_roles(ws, Grant("half", "objective.see", allow=False))
    for to in (objective.id, objective.title):
        command: Command = lambda ws, id: ws.plays.link(here.id, play.id, id, to=there.id)  # noqa: E731
        assert (told(command, blinder, NOWHERE), NotFound) == (
            told(command, blinder, to),
            told(command, blinder, to)[0],
        )
    assert objective.id == ws.plays.link(here.id, play.id, objective.id, to=there.id).play("play").objective_id


def test_upgrades_are_for_those_who_see_the_whole_plan(ws: Workspace) -> None:
    """What is moved hangs on what is hidden (V1, T9)."""
    here, _ = two_plans(ws)
    with_roles(ws, Grant("blind", "objective.see", allow=False))
    opened = ws.templates.revise("hiring")
    ws.templates.publish(ws.templates.save(attrs.evolve(opened, description="Newer")))
    before = snapshot(store_of(ws))
    upgrades = ws.acting_as(ap.Actor("cleo", roles={"manager", "blind"})).upgrades
    for command in (upgrades.preview, upgrades.apply):
        with pytest.raises(NotAllowed, match="who see all that stands in the plan"):
            command(here.id, play_id=here.play("play").id)
    assert before == snapshot(store_of(ws))
    ws.acting_as(ap.Actor("cleo", roles={"manager"})).upgrades.apply(here.id, play_id=here.play("play").id)


def test_history_is_for_those_who_see_the_whole_plan(ws: Workspace) -> None:
    """Whoever sees single items of it is refused, whatever they may read (V2)."""
    made = ws.launch(ws.draft("follow-up", "acme"))
    ws.people.add(ap.Person("pia", "Pia", kind="partner"))
    ws.change(made.id, edit.assign, made.task("call").id, "pia")
    with_roles(ws, Grant("partner", "journal.read"))
    pia = ws.acting_as(ap.Actor("pia"))
    assert ["Call"] == [one.title for one in pia.view(made.id).tasks]
    with pytest.raises(NotAllowed, match="who see the whole plan"):
        pia.history(made.id)


# Marks


MARKED = Override(shared=True)
MARKS: dict[str, Callable[[Workspace], object]] = {
    "launched": lambda ws: ws.launch(attrs.evolve(drafted(ws), overrides={"call": MARKED})),
    "in bulk": lambda ws: one_of(ws.launch_many([attrs.evolve(drafted(ws), overrides={"call": MARKED})])),
    "in a row": lambda ws: one_of(
        ws.launch_many([Row("r", "acme", MONDAY, overrides=ap.FrozenMap({"call": MARKED}))], template="follow-up")
    ),
    "of one's own": lambda ws: ws.launch(
        attrs.evolve(drafted(ws), added=Added(tasks=(TemplateTask("own", "Own", shared=True),)))
    ),
    "of one's own, overridden": lambda ws: ws.launch(
        attrs.evolve(drafted(ws), added=Added(tasks=(TemplateTask("own", "Own"),)), overrides={"own": MARKED})
    ),
    "on trial": lambda ws: ws.launch(
        attrs.evolve(drafted(ws), template=attrs.evolve(ws.templates.get("follow-up"), shared=True)), trial=True
    ),
    "in a template": lambda ws: ws.templates.add(Template("n", "N", tasks=(TemplateTask("a", "A", shared=True),))),
    "in a published one": lambda ws: ws.templates.publish(Template("n", "N", shared=True)),
}


def drafted(ws: Workspace) -> Any:
    """A draft of the follow-up."""
    return ws.draft("follow-up", "acme", start=MONDAY)


def one_of(found: Any) -> None:
    """What was told of one row; its error is raised."""
    (told,) = found
    if told.error is not None:
        raise told.error


@pytest.mark.parametrize("way", MARKS)
def test_the_mark_takes_the_right_to_share(ws: Workspace, way: str) -> None:
    """However it comes in (V4)."""
    forbidden = [Grant("discreet", f"{kind}.share", allow=False) for kind in ("plan", "task")]
    with_roles(ws, *forbidden, Grant("manager", "task.create"))
    before = snapshot(store_of(ws))
    if way == "on trial":
        draft = attrs.evolve(drafted(ws), template=attrs.evolve(ws.templates.get("follow-up"), shared=True))
        discreet = ws.acting_as(ap.Actor("ben", roles={"manager", "discreet"}))
        assert any("plan.share" in one.message for one in discreet.summary(draft, trial=True).obstacles)
    with pytest.raises(NotAllowed, match=r"(task|plan)\.share"):
        MARKS[way](ws.acting_as(ap.Actor("ben", roles={"manager", "discreet"})))
    assert before == snapshot(store_of(ws))
    MARKS[way](ws.acting_as(ap.Actor("ben", roles={"manager"})))
    assert before != snapshot(store_of(ws))


def test_what_the_template_marks_comes_along(ws: Workspace) -> None:
    """Its author shared it; a template saved by somebody who may not share is without marks."""
    with_roles(ws, Grant("discreet", "task.share", allow=False))
    ws.templates.publish(Template("m", "M", shared=True, tasks=(TemplateTask("a", "A", shared=True),)))
    ben = ws.acting_as(ap.Actor("ben", roles={"manager", "discreet"}))
    made = ben.launch(attrs.evolve(ben.draft("m", "acme"), overrides={"a": MARKED}))
    assert (True, True) == (made.plan.shared, made.task("a").shared)
    assert [(True, False), (True, True)] == [
        (one.shared, one.tasks[0].shared)
        for one in (who.save_as_template(made.id, id=name) for who, name in ((ben, "b"), (ws, "c")))
    ]
    opened = ben.templates.revise("m")
    assert "Other" == ben.templates.save(attrs.evolve(opened, title="Other")).title, "the mark was there before"


def test_a_shared_play_is_carried_by_those_who_may_share_it_there(ws: Workspace) -> None:
    """And tasks of it too (V4, T13)."""
    here, there = two_plans(ws)
    play = here.play("play")
    with_roles(ws, *(Grant(f"no-{kind}s", f"{kind}.share", allow=False) for kind in ("play", "task")))
    ws.change(here.id, edit.share, play.id)
    before = snapshot(store_of(ws))
    with pytest.raises(NotAllowed, match=r"play\.share"):
        ws.acting_as(ap.Actor("ben", roles={"manager", "no-plays"})).plays.link(here.id, play.id, None, to=there.id)
    assert before == snapshot(store_of(ws))
    assert ws.change(here.id, edit.share, here.task("call").id).task("call").shared
    with pytest.raises(NotAllowed, match=r"task\.share"):
        ws.acting_as(ap.Actor("ben", roles={"manager", "no-tasks"})).plays.link(here.id, play.id, None, to=there.id)
    assert ws.acting_as(ap.Actor("ben", roles={"manager"})).plays.link(here.id, play.id, None, to=there.id).plan.plays


# Custom fields


COST = tuple(
    CustomField("cost", "Cost", of, seen_by=frozenset({"manager"}))  # type: ignore[arg-type]
    for of in ("task", "play", "plan")
) + (CustomField("note", "Note", "task"),)
COSTLY = attrs.evolve(
    PLAY,
    plays=(TemplatePlay("play", "Hiring play", custom=ap.FrozenMap({"cost": "hush 1"})),),
    tasks=(
        TemplateTask("call", "Call", parent="play", custom=ap.FrozenMap({"cost": "hush 2", "note": "open"})),
        TemplateTask("gone", "Gone", parent="play", custom=ap.FrozenMap({"cost": "hush 3"})),
    ),
)
EDITOR = ap.Actor("ben", roles={"member", "editor"})


@pytest.fixture
def costly(ws: Workspace) -> Workspace:
    """With a field that managers alone see, a template that gives it and somebody who edits templates."""
    ws.settings.update(custom_fields=COST)
    ws.accounts.update("acme", owner_id="ben")
    with_roles(ws, *(Grant("editor", f"template.{verb}") for verb in ("create", "edit", "publish")))
    with_roles(ws, *(Grant("editor", one) for one in ("journal.read", "play.upgrade", "play.share", "task.share")))
    ws.templates.publish(COSTLY)
    return ws


def test_what_is_hidden_of_plans_and_templates_is_in_nothing_that_is_given(costly: Workspace) -> None:
    """Not in drafts, active plays, upgrades, differences, the journal either (R5)."""
    ws, ben = costly, costly.acting_as(EDITOR)
    plan = ben.new_plan("acme", "Plan", start=MONDAY)
    view = ben.launch(ben.draft("hiring", plan_id=plan.id))
    play = view.play("play")
    whole = ws.view(plan.id)
    assert ["hush 1", "hush 2", "hush 3"] == [one.custom["cost"] for one in (*whole.plan.plays, *whole.tasks)]
    ws.change(plan.id, edit.update, view.task("call").id, custom={"cost": "hush 4", "note": "shut"})
    ws.change(plan.id, edit.update, view.task("call").id, custom={"cost": "hush 5", "note": "shut"})
    ws.change(plan.id, edit.update_plan, custom={"cost": "hush 6"})
    opened = ws.templates.revise("hiring")
    call = attrs.evolve(opened.tasks[0], custom=ap.FrozenMap({"cost": "hush 7", "note": "open"}))
    new = TemplateTask("new", "New", parent="play", custom=ap.FrozenMap({"cost": "hush 8"}))
    ws.templates.publish(ws.templates.save(attrs.evolve(opened, tasks=(call, new))))

    def given(ws: Workspace) -> list[object]:
        found = ws.upgrades.preview(plan.id, play_id=play.id)
        return [
            ws.templates.get("hiring"),
            ws.templates.get("hiring", 1),
            *ws.templates.find(),
            *ws.templates.all(),
            ws.templates.export("hiring"),
            ws.draft("hiring", "acme"),
            *ws.plays.active("acme"),
            found,
            *ws.history(plan.id),
        ]

    told = repr(given(ws))
    assert [] == [n for n in range(1, 9) if f"hush {n}" not in told], "an administrator is given each"
    assert "hush" not in repr(given(ben))
    preview = ben.upgrades.preview(plan.id, play_id=play.id)
    assert {"call:custom cost"} == {one.place for one in preview.conflicts}
    assert {(None, None, None)} == {(one.base, one.ours, one.theirs) for one in preview.conflicts}
    with pytest.raises(Invalid, match="call:custom cost") as refused:
        ben.upgrades.apply(plan.id, play_id=play.id)
    assert "hush" not in str(refused.value)
    *_, noted, costed, planned = ben.history(plan.id)
    assert [{"note": "open"}, {"note": "shut"}] == [dict(one) for one in (noted.edits[0].before, noted.edits[0].after)]
    assert [(), ()] == [costed.edits, planned.edits]


def test_what_is_hidden_of_a_template_stays_where_the_rest_is_changed(costly: Workspace) -> None:
    """Saved, published and launched as it was shown; naming what is hidden is refused, whatever the value (R5)."""
    ws, ben = costly, costly.acting_as(EDITOR)
    shown = ben.templates.get("hiring")
    assert [{"note": "open"}, {}] == [dict(one.custom) for one in shown.tasks]
    view = ben.launch(ben.draft(shown, "acme"))
    assert ["hush 2", "hush 3"] == [one.custom["cost"] for one in ws.view(view.id).tasks]
    call = Override(custom=ap.FrozenMap({"note": "mine"}))
    changed = attrs.evolve(ben.draft("hiring", "acme"), overrides={"call": call})
    (told,) = ben.launch_many([changed])
    (row,) = ben.launch_many([Row("r", "acme", MONDAY, overrides=ap.FrozenMap({"call": call}))], template=shown)
    for made in (ben.launch(changed).id, told.plan_id, row.plan_id):
        assert {"note": "mine", "cost": "hush 2"} == dict(ws.view(made or "").task("call").custom)
    assert () == ben.summary(changed).obstacles
    for guess in ("hush 2", "other"):
        guessed = Override(custom=ap.FrozenMap({"cost": guess}))
        with pytest.raises(NotAllowed, match="cost"):
            ben.launch(attrs.evolve(changed, overrides={"call": guessed}))

    opened = ben.templates.revise("hiring")
    assert "hush" not in repr(opened)
    said = tuple(attrs.evolve(one, title=f"{one.title}!") for one in opened.tasks)
    saved = ben.templates.save(attrs.evolve(opened, tasks=said))
    for guess in ("hush 2", "other"):
        guessed = (attrs.evolve(said[0], custom=ap.FrozenMap({"cost": guess})), said[1])
        with pytest.raises(NotAllowed, match="cost"):
            ben.templates.save(attrs.evolve(saved, tasks=guessed))
    published = ben.templates.publish(saved)
    assert "hush" not in repr((saved, published, ben.templates.publish(published), ben.templates.retire("hiring", 1)))
    stored = ws.templates.get("hiring")
    assert ["Call!", "Gone!"] == [one.title for one in stored.tasks]
    assert ["hush 1", "hush 2", "hush 3"] == [one.custom["cost"] for one in (*stored.plays, *stored.tasks)]


def test_a_trial_gives_no_fields_that_its_author_may_not_edit(costly: Workspace) -> None:
    """Its template need not be stored, so they are asked for at the launch (R5)."""
    ben, task = costly.acting_as(EDITOR), TemplateTask("a", "A", custom=ap.FrozenMap({"cost": "other"}))
    draft = ben.draft(Template("own", "Own", tasks=(task,)), "acme")
    before = snapshot(store_of(costly))
    (obstacle,) = ben.summary(draft, trial=True).obstacles
    assert "cost" in obstacle.message
    with pytest.raises(NotAllowed, match="cost"):
        ben.launch(draft, trial=True)
    assert before == snapshot(store_of(costly))
    assert "other" == costly.launch(draft, trial=True).task("a").custom["cost"]
