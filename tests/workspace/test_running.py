"""Through the workspace: plays run in plans, linked to objectives, and launches that are upgraded (T7, T9, T13)."""

import datetime as dt
from typing import Any

import attrs
import pytest

import actionplans as ap
from actionplans import edit, launch
from actionplans.errors import Invalid, NotAllowed, NotFound, Refused
from actionplans.model import Objective, Offset, Template, TemplateObjective, TemplatePlay, TemplateTask
from actionplans.settings import Grant
from actionplans.sharing import View
from actionplans.workspace import Workspace
from tests.workspace.dated import plain
from tests.workspace.world import MONDAY, snapshot, store_of, watched

HIRING = Template(
    "hiring",
    "Hiring",
    kind="play",
    objectives=(TemplateObjective("faster", "Hire faster"),),
    plays=(TemplatePlay("play", "Hiring play", objective="faster"),),
    tasks=(
        TemplateTask("call", "Call", parent="play", due=Offset(2), owner=("account_owner",)),
        TemplateTask("report", "Report", parent="play", due=Offset(4), required=False),
    ),
)
OUTSIDER, VIEWER = ap.Actor("zoe"), ap.Actor("vera", roles={"viewer"})


def day(n: int) -> dt.date:
    """A day after Monday."""
    return MONDAY + dt.timedelta(n)


@pytest.fixture
def plan(ws: Workspace) -> View:
    """A plan with an objective, and the template published."""
    ws.templates.publish(HIRING)
    made = ws.new_plan("acme", "Renewal", start=day(-7))
    return ws.change(made.id, edit.add, Objective("why", "Why"))


def running(ws: Workspace, plan: View, **given: Any) -> View:
    """The plan after the play was run in it."""
    return ws.launch(ws.draft("hiring", plan_id=plan.id, **given))


def test_a_play_is_run_from_today_and_undone_as_one_step(ws: Workspace, plan: View) -> None:
    """As it was previewed; the journal says what was launched."""
    draft = ws.draft("hiring", plan_id=plan.id)
    preview, before = ws.preview_launch(draft), snapshot(store_of(ws))
    assert before == snapshot(store_of(ws))
    after = ws.launch(draft)
    assert [day(2), day(4)] == [one.due for one in after.tasks] == [one.due for one in preview.tasks]
    assert ("ana", day(0)) == (after.task("call").owner_id, after.play("play").start)
    *_, entry = ws.history(plan.id)
    assert ("play.launch", "hiring", "1") == (entry.action, entry.detail["template"], entry.detail["version"])
    assert plain(plan.plan) == plain(ws.undo(plan.id).plan)


def test_a_play_goes_where_the_draft_says(ws: Workspace, plan: View) -> None:
    """Under an objective of the plan; its own is not made."""
    after = running(ws, plan, parent_id="why", start=day(7))
    assert ("why", day(9), 1) == (after.play("play").objective_id, after.task("call").due, len(after.plan.objectives))


def test_a_play_that_is_open_on_the_account_warns(ws: Workspace, plan: View) -> None:
    """Or is refused, as the setting says; once it is done neither (T7)."""
    assert () == running(ws, plan).warnings
    (warning,) = running(ws, plan).warnings
    assert "'Hiring' is open on 'Acme' already as 'Hiring play' in 'Renewal'" in warning.message
    ws.settings.update(double_launch="refuse")
    other = ws.new_plan("acme", "Other")
    with pytest.raises(Refused, match="open on 'Acme'"):
        running(ws, other)
    for task in ws.view(plan.id).tasks:
        ws.change(plan.id, edit.complete, task.id)
    assert running(ws, other)


def test_who_may_not_run_plays_is_refused(ws: Workspace, plan: View) -> None:
    """Items of one's own take the right to create them (R4); a hidden plan is not found (V7)."""
    draft = ws.draft("hiring", plan_id=plan.id)
    with pytest.raises(NotAllowed, match=r"play\.launch"):
        ws.acting_as(VIEWER).launch(draft)
    with pytest.raises(NotFound):
        ws.acting_as(OUTSIDER).launch(draft)
    seller = ap.Actor("sam", roles={"seller"})
    grants = (Grant("seller", "*.see"), Grant("seller", "play.launch"), Grant("seller", "plan.launch"))
    ws.settings.update(policy=(*ws.settings.get().policy, *grants))
    own = launch.add(draft, TemplateTask("", "Mine", parent="play"))
    with pytest.raises(NotAllowed, match=r"task\.create"):
        ws.acting_as(seller).launch(own)
    with pytest.raises(NotAllowed, match=r"task\.create"):
        ws.acting_as(seller).launch(launch.add(ws.draft("follow-up", "acme"), TemplateTask("", "Mine")))
    assert 2 == len(ws.acting_as(seller).launch(draft).tasks)
    assert ["", "Mine"] == [ws.launch(own).tasks[-1].key, ws.view(plan.id).tasks[-1].title]


def test_the_summary_of_a_draft_is_what_it_would_launch(ws: Workspace, plan: View) -> None:
    """For a plan of its own and for a running one; nothing is stored, and what may not be seen is not found."""
    before = snapshot(store_of(ws))
    told = ws.summary(ws.draft("hiring", plan_id=plan.id))
    assert [("faster", None), ("play", None), ("call", day(2)), ("report", day(4))] == [
        (one.key, one.due) for one in told.taken
    ]
    assert () == ws.summary(ws.draft("follow-up", "acme")).obstacles
    wrong = launch.change(ws.draft("hiring", plan_id=plan.id), "call", owner_id="nobody")
    assert ["items['call'].owner"] == [one.place for one in ws.summary(wrong).obstacles]
    assert before == snapshot(store_of(ws))
    with pytest.raises(NotFound):
        ws.acting_as(OUTSIDER).summary(wrong)
    with pytest.raises(NotAllowed):
        ws.acting_as(VIEWER).summary(wrong)


def test_a_draft_wants_an_account_or_a_plan(ws: Workspace) -> None:
    """One of the two."""
    with pytest.raises(Invalid, match="account"):
        ws.draft("follow-up")


def test_a_draft_goes_under_an_item_by_its_id(ws: Workspace, plan: View) -> None:
    """Whoever gives a key or title instead is told the id."""
    there = running(ws, plan).plan.objectives[-1]
    for said in ("faster", "Hire faster"):
        with pytest.raises(NotFound, match=f"ids are wanted; the objective with the .* is '{there.id}'"):
            ws.draft("hiring", plan_id=plan.id, parent_id=said)
    assert there.id == ws.draft("hiring", plan_id=plan.id, parent_id=there.id).parent_id


# Linking


def test_active_plays_of_an_account_are_found_and_linked(ws: Workspace, plan: View) -> None:
    """Of this plan, and of another one, from which they go over (001, T13)."""
    here = running(ws, plan)
    other = ws.new_plan("acme", "Other")
    there = running(ws, other).play("play")
    assert {(plan.id, here.play("play").id), (other.id, there.id)} == {
        (one.plan_id, one.play.id) for one in ws.plays.active("acme")
    }
    linked = ws.plays.link(plan.id, here.play("play").id, "why")
    assert "why" == linked.play("play").objective_id
    assert ws.plays.link(plan.id, here.play("play").id, None).play("play").objective_id is None
    moved = ws.plays.link(other.id, there.id, "why", to=plan.id)
    assert (plan.id, 4, "why") == (moved.id, len(moved.tasks), moved.plan.plays[1].objective_id)
    assert () == ws.view(other.id).plan.plays
    assert ["play.move"] * 2 == [[*ws.history(one)][-1].action for one in (plan.id, other.id)]


def test_linking_without_the_plan_of_the_objective_says_how(ws: Workspace, plan: View) -> None:
    """An objective of another plan wants `to`, a key or title the id."""
    there = ws.new_plan("acme", "Other")
    play, before = running(ws, there).play("play"), snapshot(store_of(ws))
    with pytest.raises(NotFound, match="give to=, the id of its plan"):
        ws.plays.link(there.id, play.id, "why")
    with pytest.raises(NotFound, match="ids are wanted; the objective with the key 'faster' is"):
        ws.plays.link(there.id, play.id, "faster")
    assert before == snapshot(store_of(ws))


def test_only_those_who_may_move_a_play_link_it(ws: Workspace, plan: View) -> None:
    """And complete ones are not linked at all."""
    view = running(ws, plan)
    play = view.play("play")
    other = ws.new_plan("acme", "Other")
    viewer = ws.acting_as(VIEWER)
    with pytest.raises(NotAllowed):
        viewer.plays.link(plan.id, play.id, "why")
    with pytest.raises(NotAllowed):
        viewer.plays.link(plan.id, play.id, None, to=other.id)
    with pytest.raises(NotFound):
        ws.acting_as(OUTSIDER).plays.link(plan.id, play.id, "why")
    for account in ("acme", "nobody"):  # a hidden account and none at all (V7)
        with pytest.raises(NotFound, match=f"no account '{account}'"):
            [*ws.acting_as(OUTSIDER).plays.active(account)]
    for task in view.tasks:
        ws.change(plan.id, edit.complete, task.id)
    for to in (None, other.id):
        with pytest.raises(Refused, match="complete"):
            ws.plays.link(plan.id, play.id, "why", to=to)
    assert [] == [*ws.plays.active("acme")]


def test_both_plans_change_or_none(ws: Workspace, plan: View) -> None:
    """Also where somebody else was faster with one of them (S2)."""
    other = ws.new_plan("acme", "Other")
    play = running(ws, other).play("play")
    through, store = watched(ws)
    store.before_commit = [lambda: ws.change(plan.id, edit.update_plan, title="Theirs")]
    moved = through.plays.link(other.id, play.id, "why", to=plan.id)
    assert ("Theirs", 1) == (moved.plan.title, len(moved.plan.plays))


def standing(ws: Workspace, *plans: View) -> list[int]:
    """How many plays and tasks stand in these plans."""
    return [len(ws.view(one.id).plan.plays) + len(ws.view(one.id).tasks) for one in plans]


def test_linking_to_another_plan_is_taken_back_by_linking_back(ws: Workspace, plan: View) -> None:
    """Neither plan alone can undo it: the play would stand in both, or in none (T13, J2)."""
    other = ws.new_plan("acme", "Other")
    play = running(ws, other).play("play")
    ws.plays.link(other.id, play.id, "why", to=plan.id)
    before = snapshot(store_of(ws))
    for one in (plan, other):
        with pytest.raises(Refused, match="link it back"):
            ws.undo(one.id)
    for item in (play.id, ws.view(plan.id).tasks[0].id):
        with pytest.raises(NotFound, match="no deleted item"):
            ws.restore(other.id, item)
    assert before == snapshot(store_of(ws))
    ws.plays.link(plan.id, play.id, None, to=other.id)
    assert [0, 3] == standing(ws, plan, other)


def test_a_play_that_was_deleted_before_it_was_linked_away_comes_back_in_no_way(ws: Workspace, plan: View) -> None:
    """Neither is that deletion undone or restored once more (T13)."""
    other = ws.new_plan("acme", "Other")
    play = running(ws, other).play("play")
    deleted = ws.change(other.id, edit.delete, play.id, confirmed=ws.impact(other.id, play.id))
    ws.restore(other.id, play.id)
    ws.plays.link(other.id, play.id, None, to=plan.id)
    with pytest.raises(Refused, match="link it back"):
        ws.undo(other.id, deleted.plan.revision)
    with pytest.raises(NotFound):
        ws.restore(other.id, play.id)
    assert [3, 0] == standing(ws, plan, other)
    ws.change(plan.id, edit.delete, play.id, confirmed=ws.impact(plan.id, play.id))
    ws.restore(plan.id, play.id)
    assert [3, 0] == standing(ws, plan, other)


@pytest.mark.parametrize("setting", ["refuse", "warn"])
def test_of_two_plays_that_are_run_at_once_one_is_refused(ws: Workspace, plan: View, setting: str) -> None:
    """In two plans of one account, where the setting refuses: the second looks again (T7)."""
    ws.settings.update(double_launch=setting)
    other = ws.new_plan("acme", "Other")
    through, store = watched(ws)
    store.before_commit = [lambda: running(ws, other)]
    if setting == "refuse":
        with pytest.raises(Refused, match="'Hiring play' in 'Other'"):
            running(through, plan)
    else:
        running(through, plan)
    assert [0 if setting == "refuse" else 3, 3] == standing(ws, plan, other)


def test_a_warning_names_plays_beyond_hidden_ones(ws: Workspace, plan: View) -> None:
    """Three that the actor may see, wherever they stand among the others (T7, V7)."""
    grants = Grant("seller", "plan.see", "own"), Grant("seller", "*.launch"), Grant("seller", "account.see")
    ws.settings.update(policy=(*ws.settings.get().policy, *grants, Grant("seller", "template.see")))
    seller = ws.acting_as(ap.Actor("cleo", roles={"seller"}))
    for n in range(4):
        running(ws, ws.new_plan("acme", f"Hidden {n}"))
    mine = [ws.new_plan("acme", f"Mine {n}", owner_id="cleo") for n in range(5)]
    told = [seller.launch(ws.draft("hiring", plan_id=one.id)).warnings for one in mine]
    assert () == told[0]
    assert [1, 2, 3, 3] == [one[0].message.count("'Mine ") for one in told[1:]]
    assert not any("Hidden" in one[0].message for one in told[1:])


def test_the_summary_tells_rights_and_doubles_too(ws: Workspace, plan: View) -> None:
    """All that the launch would be refused for (T4, T7, R4)."""
    running(ws, plan)
    ws.launch(ws.draft("follow-up", "acme"))
    ws.settings.update(double_launch="refuse")
    drafts = [ws.draft("hiring", plan_id=plan.id), ws.draft("follow-up", "acme")]
    for one in drafts:
        (obstacle,) = ws.summary(one).obstacles
        with pytest.raises(Refused) as error:
            ws.launch(one)
        assert str(error.value) == obstacle.message
    grants = Grant("seller", "account.see"), Grant("seller", "template.see"), Grant("seller", "*.launch")
    ws.settings.update(double_launch="warn", policy=(*ws.settings.get().policy, *grants))
    seller = ws.acting_as(ap.Actor("sam", roles={"seller"}))
    own = launch.add(drafts[1], TemplateTask("", "Mine"))
    assert ["task.create is not", "plan.see is not"] == [
        one.message.partition(" allowed")[0] for one in seller.summary(own).obstacles
    ]
    with pytest.raises(NotAllowed, match=r"template\.edit"):
        seller.summary(own, trial=True)


# Upgrades


def revised(ws: Workspace, **fields: Any) -> Template:
    """The next version of the play's template, published, with other fields of its call."""
    opened = ws.templates.revise("hiring")
    tasks = tuple(attrs.evolve(one, **fields) if one.key == "call" else one for one in opened.tasks)
    return ws.templates.publish(ws.templates.save(attrs.evolve(opened, tasks=tasks)))


def test_a_play_follows_its_template_after_a_dry_run_and_back(ws: Workspace, plan: View) -> None:
    """One step with its entry; the undo is identity (T9)."""
    view = running(ws, plan)
    play = view.play("play")
    revised(ws, title="Phone", due=Offset(3))
    before = snapshot(store_of(ws))
    found = ws.upgrades.preview(plan.id, play_id=play.id)
    assert {"call:title": "follows", "call:offset": "follows", "call:due": "follows"} == {
        one.place: one.outcome for one in found.differences
    }
    assert before == snapshot(store_of(ws))
    after = ws.upgrades.apply(plan.id, play_id=play.id)
    assert plain(found.after) == plain(after.plan)
    assert ("Phone", day(3), 2) == (after.task("call").title, after.task("call").due, after.play("play").launch.version)  # type: ignore[union-attr]
    *_, entry = ws.history(plan.id)
    assert ("play.upgrade", "2") == (entry.action, entry.detail["version"])
    assert plain(view.plan) == plain(ws.undo(plan.id).plan)


def test_conflicts_are_answered(ws: Workspace, plan: View) -> None:
    """Nothing is stored before (T9)."""
    view = running(ws, plan)
    ws.change(plan.id, edit.update, view.task("call").id, title="Mine")
    revised(ws, title="Phone")
    before = snapshot(store_of(ws))
    (conflict,) = ws.upgrades.preview(plan.id, play_id=view.play("play").id).conflicts
    with pytest.raises(Invalid, match=r"call:title"):
        ws.upgrades.apply(plan.id, play_id=view.play("play").id)
    assert before == snapshot(store_of(ws))
    after = ws.upgrades.apply(plan.id, play_id=view.play("play").id, answers={conflict.place: "ours"})
    assert "Mine" == after.task("call").title


def test_a_plan_is_upgraded_to_the_newest_or_to_a_version(ws: Workspace) -> None:
    """Backwards too; to the one it has changes nothing."""
    made = ws.launch(ws.draft("follow-up", "acme"))
    for n in (2, 3):
        opened = ws.templates.revise("follow-up")
        ws.templates.publish(ws.templates.save(attrs.evolve(opened, description=f"Version {n}")))
    assert "Version 3" == ws.upgrades.apply(made.id).plan.description
    second = ws.upgrades.apply(made.id, 2)
    assert ("Version 2", 2) == (second.plan.description, second.plan.launch.version)  # type: ignore[union-attr]
    assert second.plan == ws.upgrades.apply(made.id, 2).plan
    assert plain(made.plan) == plain(ws.upgrades.apply(made.id, 1).plan)


def test_who_may_not_upgrade_is_refused(ws: Workspace, plan: View) -> None:
    """And what was not launched cannot be."""
    view = running(ws, plan)
    with pytest.raises(NotAllowed, match=r"play\.upgrade"):
        ws.acting_as(VIEWER).upgrades.preview(plan.id, play_id=view.play("play").id)
    with pytest.raises(NotFound):
        ws.acting_as(OUTSIDER).upgrades.preview(plan.id, play_id=view.play("play").id)
    with pytest.raises(Refused, match="not launched"):
        ws.upgrades.preview(plan.id)
    with pytest.raises(NotFound):
        ws.upgrades.preview(plan.id, play_id="nobody")


def test_a_faster_change_of_somebody_else_is_merged_too(ws: Workspace, plan: View) -> None:
    """The upgrade is worked out again on what is there by then (S2)."""
    view = running(ws, plan)
    revised(ws, title="Phone")
    through, store = watched(ws)
    store.before_commit = [lambda: ws.change(plan.id, edit.update, view.task("report").id, title="Theirs")]
    after = through.upgrades.apply(plan.id, play_id=view.play("play").id)
    assert ("Phone", "Theirs") == (after.task("call").title, after.task("report").title)
