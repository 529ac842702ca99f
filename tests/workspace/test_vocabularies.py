"""Words and custom fields are the settings' wherever something comes in; one function decides (L1, L6, L8, R5)."""

from typing import Any

import attrs
import pytest

import actionplans as ap
from actionplans import edit
from actionplans.errors import Invalid
from actionplans.model import Offset, Override, Template, TemplateObjective, TemplatePlay, TemplateTask
from actionplans.settings import CustomField, ObjectiveStatus
from actionplans.workspace import Workspace
from tests.workspace.world import MONDAY, snapshot, store_of

FIELDS = (
    CustomField("size", "Size", "account", "number"),
    CustomField("region", "Region", "plan", "one_of", ("north", "south"), required=True, default="north"),
    CustomField("score", "Score", "task", "number"),
    CustomField("phase", "Phase", "play"),
)

STRANGE = Template(
    "strange",
    "Strange",
    section="nothing",
    objectives=(TemplateObjective("o", "O", status="fine", category="Fun"),),
    plays=(TemplatePlay("p", "P", custom=ap.FrozenMap({"phase": 5})),),
    tasks=(
        TemplateTask("a", "A", type="chore", priority="urgent"),
        TemplateTask("b", "B", custom=ap.FrozenMap({"score": "many", "none": 1})),
    ),
)
WRONG = {
    "objectives[0].status": "one of not_started, on_track, at_risk, achieved, missed (settings), not str 'fine'",
    "objectives[0].category": "one of Adoption, Efficiency, Growth, Satisfaction (settings), not str 'Fun'",
    "plays[0].custom['phase']": "text is wanted, not int 5",
    "tasks[0].type": "one of task, tactic, action, activity (settings), not str 'chore'",
    "tasks[0].priority": "one of low, normal, high (settings), not str 'urgent'",
    "tasks[1].custom['score']": "number is wanted, not str 'many'",
    "tasks[1].custom['none']": "there is no such field for a task (settings)",
}
SECTION = "one of growth_plans, client_commitments, sales_plan (settings), not str 'nothing'"


def said(call: Any) -> dict[str, str]:
    """The problems of what is refused, by place."""
    with pytest.raises(Invalid) as error:
        call()
    return {one.place: one.message for one in error.value.problems}


@pytest.fixture(autouse=True)
def fields(ws: Workspace) -> None:
    """Every workspace here has these custom fields."""
    ws.settings.update(custom_fields=FIELDS)


def test_publishing_names_every_word_that_there_is_not(ws: Workspace) -> None:
    """All at once, with places, beside what is wrong with the template itself; nothing is stored."""
    before = snapshot(store_of(ws))
    assert {"section": SECTION, **WRONG} == said(lambda: ws.templates.publish(STRANGE))
    broken = attrs.evolve(STRANGE, tasks=(TemplateTask("", "No key", type="chore"),))
    assert {"tasks[0].key", "tasks[0].type"} < said(lambda: ws.templates.publish(broken)).keys()
    assert before == snapshot(store_of(ws))


def test_a_section_that_wants_stages_is_told_when_publishing(ws: Workspace) -> None:
    """Every task without one (L8)."""
    tasks = (TemplateTask("a", "A"), TemplateTask("b", "B"))
    given = Template("staged", "Staged", section="sales_plan", tasks=tasks)
    assert {"tasks[0].stage", "tasks[1].stage"} == said(lambda: ws.templates.publish(given)).keys()


def test_launching_asks_again_because_settings_change(ws: Workspace) -> None:
    """Of the items that are taken, in the words of publishing, by key."""
    statuses = (*ws.settings.get().objective_statuses, ObjectiveStatus("fine", "Fine"))
    good = attrs.evolve(
        STRANGE,
        section="",
        objectives=(TemplateObjective("o", "O", status="fine"), TemplateObjective("left", "Left", status="fine")),
        plays=(),
        tasks=(TemplateTask("a", "A", type="chore"),),
    )
    ws.settings.update(objective_statuses=statuses, task_types=("task", "chore"))
    ws.templates.publish(good)
    draft = attrs.evolve(ws.draft("strange", "acme", start=MONDAY), dropped=frozenset({"left"}))
    assert 1 == len(ws.launch(draft).tasks)
    lost = {"objective_statuses": statuses[:-1], "task_types": ("task",)}
    ws.settings.update(**lost, confirmed=ws.settings.impact(**lost))
    wrong = said(lambda: ws.launch(attrs.evolve(draft, section="nothing", title="T")))
    assert {
        "items['o'].status": WRONG["objectives[0].status"],
        "items['a'].type": "one of task (settings), not str 'chore'",
        "section": SECTION,
    } == wrong
    (told,) = ws.launch_many([draft])
    assert {"items['o'].status", "items['a'].type"} == {one.place for one in getattr(told.error, "problems", ())}


def test_a_draft_brings_the_plan_s_custom_fields(ws: Workspace) -> None:
    """Checked like the plan's own; what is left out is at its default, and required where there is none (R5)."""
    draft = ws.draft("follow-up", "acme", start=MONDAY)
    assert {"region": "north"} == dict(ws.launch(draft).plan.custom)
    south = attrs.evolve(draft, custom=ap.FrozenMap({"region": "south"}))
    assert {"region": "south"} == dict(ws.launch(south).plan.custom)
    for custom, place in (({"region": "west"}, "region"), ({"other": 1}, "other")):
        wrong = said(lambda given=custom: ws.launch(attrs.evolve(draft, custom=ap.FrozenMap(given))))  # type: ignore[misc]
        assert [f"custom['{place}']"] == list(wrong)
    ws.settings.update(custom_fields=(attrs.evolve(FIELDS[1], default=None),))
    assert {"custom['region']": "is required: give it a value"} == said(lambda: ws.launch(draft))
    assert {"region": "south"} == dict(ws.launch(south).plan.custom)


def test_a_plan_that_is_added_holds_no_other_words(ws: Workspace) -> None:
    """Its own and its items', with the defaults of both (L1, L6, L8, R5)."""
    score = attrs.evolve(FIELDS[2], default=3)
    ws.settings.update(custom_fields=(*FIELDS[:2], score))
    plan = ap.Plan("mine", "acme", "Mine", {"start": MONDAY}, tasks=(ap.Task("t", "T"),))
    good = ws.add_plan(plan)
    assert ({"region": "north"}, {"score": 3}) == (dict(good.plan.custom), dict(good.tasks[0].custom))
    bad = attrs.evolve(
        plan,
        id="bad",
        section="nothing",
        custom=ap.FrozenMap({"region": 5}),
        objectives=(ap.Objective("o", "O", status="fine"),),
        tasks=(ap.Task("t", "T", type="chore", stage_id="nothing", custom=ap.FrozenMap({"score": "x"})),),
    )
    wrong = said(lambda: ws.add_plan(bad))
    assert {
        "section",
        "custom['region']",
        "objective 'o'.status",
        "task 't'.type",
        "task 't'.custom['score']",
    } == wrong.keys()
    staged = said(lambda: ws.add_plan(attrs.evolve(bad, section="sales_plan")))
    assert {"task 't'.stage_id"} == staged.keys() - wrong.keys()
    assert {"custom['region']"} == said(lambda: ws.new_plan("acme", "T", custom={"region": "west"})).keys()


def test_accounts_hold_what_their_fields_may(ws: Workspace) -> None:
    """When they are made and when they are changed; what was not touched stays though the settings changed (R5)."""
    assert {"custom['size']": "number is wanted, not str 'big'"} == said(
        lambda: ws.accounts.update("acme", custom={"size": "big"})
    )
    assert {"custom['colour']"} == said(lambda: ws.accounts.get_or_create("New", custom={"colour": "red"})).keys()
    assert {"custom['size']"} == said(lambda: ws.accounts.add(ap.Account("n", "N", custom={"size": True}))).keys()
    ws.accounts.update("acme", custom={"size": 5})
    ws.settings.update(custom_fields=(), confirmed=ws.settings.impact(custom_fields=()))
    assert "smb" == ws.accounts.update("acme", type="smb").type
    ws.settings.update(custom_fields=(CustomField("since", "Since", "account", "date", required=True),))
    assert {"custom['since']": "is required: give it a value"} == said(lambda: ws.accounts.get_or_create("New"))
    assert "enterprise" == ws.accounts.update("acme", type="enterprise").type


def test_a_verb_says_the_same_words(ws: Workspace) -> None:
    """Adding an item is refused as publishing it would be."""
    plan = ws.launch(ws.draft("follow-up", "acme", start=MONDAY))
    task = ap.Task(title="A", type="chore", priority="urgent")
    found = said(lambda: ws.change(plan.id, edit.add, task))
    assert {"type": WRONG["tasks[0].type"], "priority": WRONG["tasks[0].priority"]} == found


def test_required_tasks_are_not_dropped(ws: Workspace) -> None:
    """By themselves; with what they stand under they go, and optional ones go as they like (T2)."""
    tasks = (
        TemplateTask("must", "Must", due=Offset(1), parent="play"),
        TemplateTask("may", "May", due=Offset(1), required=False),
        TemplateTask("loose", "Loose", due=Offset(1)),
    )
    ws.templates.publish(Template("t", "T", plays=(TemplatePlay("play", "Play"),), tasks=tasks))

    def dropping(*keys: str) -> set[str]:
        draft = attrs.evolve(ws.draft("t", "acme", start=MONDAY), dropped=frozenset(keys))
        return {task.key for task in ws.launch(draft).tasks}

    wrong = said(lambda: dropping("must", "loose", "may"))
    assert {"items['must']", "items['loose']"} == wrong.keys()
    assert "is required: keep it" in wrong["items['must']"]
    assert {"must", "loose"} == dropping("may")
    assert {"may", "loose"} == dropping("play", "must") == dropping("play")


def test_a_required_task_may_be_deleted_from_a_running_plan(ws: Workspace) -> None:
    """Required is a word of launching; a running plan is its owner's (T2, L3)."""
    plan = ws.launch(ws.draft("follow-up", "acme", start=MONDAY))
    call = plan.task("call")
    assert call.required
    after = ws.change(plan.id, edit.delete, call.id, confirmed=ws.impact(plan.id, call.id))
    assert {"mail", "visit"} == {task.key for task in after.tasks}


def test_an_anchor_that_the_template_does_not_have_is_refused(ws: Workspace) -> None:
    """When the draft is made and when it is launched, with a guess, beside those that are missing (D9)."""
    ws.templates.publish(Template("t", "T", anchors=("go_live",), tasks=(TemplateTask("a", "A"),)))
    guess = {"anchors['go_liv']": "the template has no such date: is it go_live?"}
    assert guess == said(lambda: ws.draft("t", "acme", start=MONDAY, anchors={"go_liv": MONDAY, "go_live": MONDAY}))
    draft = ws.draft("t", "acme", start=MONDAY, anchors={"go_live": MONDAY})
    wrong = attrs.evolve(draft, anchors=draft.anchors.having("go_liv", MONDAY), overrides={"b": Override()})
    assert {*guess, "items['b']"} == said(lambda: ws.launch(wrong)).keys()
    both = attrs.evolve(draft, anchors=ap.FrozenMap({"start": MONDAY, "go_liv": MONDAY}))
    assert {"anchors['go_live']", *guess} == said(lambda: ws.launch(both)).keys()
