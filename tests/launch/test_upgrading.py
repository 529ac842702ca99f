"""Upgrades worked by hand (T9): what follows, stays, comes, goes and conflicts; plays; what is refused."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from random import Random
from typing import Any

import attrs
import pytest

import actionplans as ap
from actionplans import edit
from actionplans.errors import Invalid, MissingAnchors, Refused, Unresolved
from actionplans.launch import Changed, compare, draft, launch
from actionplans.model import (
    Comment,
    Condition,
    Dependency,
    Metric,
    Offset,
    Plan,
    Reading,
    Template,
    TemplateMilestone,
    TemplateObjective,
    TemplatePlay,
    TemplateTask,
)
from actionplans.model.rules import check
from tests.launch.samples import ACME, NOW, day, places
from tests.launch.test_upgrade import bare, upgraded, without_version
from tests.launch.versions import IDS, SETTINGS, START, WHO, context, launched, play_template, revised, run
from tests.size import size

FIRST = Template(
    "t",
    "Onboarding",
    state="published",
    objectives=(TemplateObjective("why", "Why"),),
    milestones=(TemplateMilestone("live", "Live", due=Offset(14)),),
    plays=(TemplatePlay("play", "Play", objective="why"),),
    tasks=(
        TemplateTask("call", "Call", parent="play", due=Offset(1), owner=("account_owner",)),
        TemplateTask("plan", "Plan", parent="play", duration=2, after=(Dependency("call"),)),
        TemplateTask("train", "Train", due=Offset(2, anchor="milestone:live"), metric=Metric(Decimal(5))),
        TemplateTask("party", "Party", due=Offset(20), required=False),
    ),
)


def second(**changes: dict[str, Any]) -> Template:
    """The second version, with other fields of these tasks."""
    tasks = tuple(attrs.evolve(one, **changes.get(one.key, {})) for one in FIRST.tasks)
    return attrs.evolve(FIRST, version=2, tasks=tasks)


def without(*keys: str) -> Template:
    """The second version without these items."""
    lists = {
        name: tuple(one for one in getattr(FIRST, name) if one.key not in keys)
        for name in ("objectives", "milestones", "plays", "tasks")
    }
    return attrs.evolve(FIRST, version=2, **lists)


def outcomes(found: Any) -> dict[str, str]:
    """What becomes of each difference, by its place."""
    return {one.place: one.outcome for one in found.differences}


def changed(plan: Plan, verb: Any, key: str, *args: Any, today: dt.date = START, **fields: Any) -> Plan:
    """The plan after a verb on the item of that key."""
    item = next(one for one in plan.items() if one.key == key)
    return verb(plan, context(today), item.id, *args, **fields)


def test_new_offsets_are_counted_and_what_hangs_on_them_follows() -> None:
    """From the plan's anchors as they are now; a custom task after them follows too (P6)."""
    plan = edit.add(launched(FIRST), context(), ap.Task(title="Mine", duration=1))
    mine = plan.tasks[-1].id
    plan = edit.link(plan, context(), mine, Dependency(plan.task("plan").id))
    plan = edit.set_anchor(plan, context(), "start", day(1, 12))
    found = upgraded(plan, FIRST, second(call={"due": Offset(4)}))
    assert {
        "call:offset": "follows",
        "call:due": "follows",
        "plan:start": "follows",
        "plan:due": "follows",
    } == outcomes(found)
    now = found.decided()
    assert [day(1, 16), day(1, 20), day(1, 21)] == [now.task(one).due for one in ("call", "plan", mine)]
    assert [mine] == [one.item_id for one in found.moves]


def test_a_date_moved_by_a_link_is_no_change_of_the_plan_s() -> None:
    """Done late, it pushed its successor: a new offset of that one follows and stands where the links let it."""
    plan = changed(launched(FIRST), edit.complete, "call", today=day(1, 14))
    assert day(1, 16) == plan.task("plan").due
    found = upgraded(plan, FIRST, second(plan={"duration": 3}, call={"title": "Phone"}), today=day(1, 14))
    assert () == found.conflicts
    assert (day(1, 15), day(1, 19)) == (found.decided().task("plan").start, found.decided().task("plan").due)
    assert plan.task("call") == found.decided().task("call"), "done: never changes"


def test_a_milestone_whose_tasks_are_done_never_changes() -> None:
    """As one that somebody has reached by hand; while a task is open it follows."""
    first = attrs.evolve(FIRST, tasks=(attrs.evolve(FIRST.tasks[0], milestone="live"), *FIRST.tasks[1:]))
    live = attrs.evolve(FIRST.milestones[0], title="Lively", due=Offset(30))
    later = attrs.evolve(first, version=2, milestones=(live,))
    plan = launched(first)
    follows = upgraded(plan, first, later).decided().milestone("live")
    assert ("Lively", START + dt.timedelta(30)) == (follows.title, follows.due)
    done = changed(plan, edit.complete, "call")
    assert done.milestone("live").reached_on is None
    assert done.milestone("live") == upgraded(done, first, later).decided().milestone("live")


def test_a_date_set_by_hand_is() -> None:
    """A conflict where the template counts it otherwise, and stays where it does not."""
    plan = changed(launched(FIRST), edit.update, "call", due=day(1, 8))
    assert day(1, 8) == upgraded(plan, FIRST, second(call={"title": "Phone"})).decided().task("call").due
    later = second(call={"due": Offset(4)})
    found = upgraded(plan, FIRST, later)
    assert ["call:offset"] == [one.place for one in found.conflicts]
    for answer, due, by_hand in (("ours", day(1, 8), True), ("theirs", day(1, 9), False)):
        now = upgraded(plan, FIRST, later, answers={"call:offset": answer}).decided()
        assert (due, by_hand) == (now.task("call").due, now.task("call").hand_dated)
        assert day(1, 12 if answer == "ours" else 13) == now.task("plan").due


def test_an_owner_chosen_by_hand_stays_and_a_rule_follows() -> None:
    """Both: a conflict; a rule that names nobody is told where it would be followed."""
    other = second(call={"owner": ("person:cleo",)})
    assert "cleo" == upgraded(launched(FIRST), FIRST, other).decided().task("call").owner_id
    plan = launched(FIRST)
    assigned = edit.assign(plan, context(), plan.task("call").id, "ben")
    assert ["call:owner"] == [one.place for one in upgraded(assigned, FIRST, other).conflicts]
    assert "ben" == upgraded(assigned, FIRST, second(call={"title": "Phone"})).decided().task("call").owner_id
    with pytest.raises(Unresolved) as error:
        upgraded(plan, FIRST, second(call={"owner": ("role:nobody",)}))
    assert ["items['call'].owner"] == places(error.value)


def test_what_is_gone_in_the_template_goes_unless_somebody_worked_on_it() -> None:
    """Done work stays, started work, comments and readings are a conflict."""
    plan = launched(FIRST)
    now = upgraded(plan, FIRST, without("party")).decided()
    assert ["call", "plan", "train"] == [one.key for one in now.tasks]
    done = changed(plan, edit.complete, "party")
    assert "party" in [one.key for one in upgraded(done, FIRST, without("party")).decided().tasks]
    read = attrs.evolve(plan.task("party"), metric=Metric(Decimal(1), readings=(Reading(NOW, Decimal(1), "me"),)))
    for touched in (
        changed(plan, edit.start, "party"),
        changed(plan, edit.comment, "party", "Yes"),
        changed(plan, edit.update, "party", title="My party"),
        edit.context.replaced(plan, read),
    ):
        assert ["party"] == [one.place for one in upgraded(touched, FIRST, without("party")).conflicts]
        gone = upgraded(touched, FIRST, without("party"), answers={"party": "theirs"}).decided()
        assert "party" not in [one.key for one in gone.tasks]
        kept = upgraded(touched, FIRST, without("party"), answers={"party": "ours"}).decided()
        assert "party" in [one.key for one in kept.tasks]


def test_a_parent_stays_while_something_stays_under_it() -> None:
    """And goes with its last item."""
    plan = launched(FIRST)
    after = attrs.evolve(without("play", "call", "plan"), version=2)
    assert () == upgraded(plan, FIRST, after).decided().plays
    mine = edit.add(plan, context(), ap.Task(title="Mine", parent_id=plan.play("play").id))
    assert 1 == len(upgraded(mine, FIRST, after).decided().plays)


def test_what_was_deleted_here_and_changed_there_is_a_conflict() -> None:
    """What was deleted and not changed stays away, and so does what the launch left out."""
    plan = launched(FIRST)
    gone = edit.delete(plan, context(), plan.task("party").id, confirmed=edit.impact(plan, plan.task("party").id))
    assert 3 == len(upgraded(gone, FIRST, second(call={"title": "Phone"})).decided().tasks)
    bigger = second(party={"title": "Big party"})
    assert ["party"] == [one.place for one in upgraded(gone, FIRST, bigger).conflicts]
    assert 3 == len(upgraded(gone, FIRST, bigger, answers={"party": "ours"}).decided().tasks)
    back = upgraded(gone, FIRST, bigger, answers={"party": "theirs"}).decided()
    assert ("Big party", day(1, 25)) == (back.task("party").title, back.task("party").due)
    left = attrs.evolve(draft(FIRST, ACME, start=START), dropped=frozenset({"party"}))
    plan = launch(left, ACME, SETTINGS, directory=WHO, applier_id="me", now=NOW, new_id=lambda: f"x{next(IDS)}")
    now = upgraded(plan, FIRST, bigger)
    assert () == now.conflicts and 3 == len(now.decided().tasks)
    assert now.decided().launch is not None and frozenset({"party"}) == now.decided().launch.dropped


def test_conditions_are_asked_only_for_what_is_new() -> None:
    """T10: what is there stays, whatever its condition says by now."""
    yes, no = Condition("account.type", "==", "enterprise"), Condition("account.type", "==", "smb")
    tasks = (
        attrs.evolve(FIRST.tasks[0], conditions=(no,)),
        TemplateTask("new-yes", "Y", conditions=(yes,)),
        TemplateTask("new-no", "N", conditions=(no,)),
    )
    after = attrs.evolve(FIRST, version=2, tasks=(*tasks, *FIRST.tasks[1:]))
    found = upgraded(launched(FIRST), FIRST, after)
    assert {"new-yes": "comes"} == outcomes(found)
    now = found.decided()
    assert ["call", "new-yes", "plan", "train", "party"] == [one.key for one in now.tasks]
    assert now.launch is not None and frozenset({"new-no"}) == now.launch.dropped


def test_a_new_anchor_must_be_given() -> None:
    """And becomes the plan's (D9)."""
    after = attrs.evolve(second(train={"due": Offset(1, anchor="go_live")}), anchors=("go_live",))
    with pytest.raises(MissingAnchors) as error:
        upgraded(launched(FIRST), FIRST, after)
    assert ("go_live",) == error.value.anchors
    now = upgraded(launched(FIRST), FIRST, after, anchors={"go_live": day(2, 2)}).decided()
    assert (day(2, 2), day(2, 3)) == (now.anchors["go_live"], now.task("train").due)


def test_readings_comments_and_work_are_kept() -> None:
    """Only what the template says follows it."""
    plan = launched(FIRST)
    task = plan.task("train")
    read = attrs.evolve(
        task,
        metric=Metric(Decimal(5), readings=(Reading(NOW, Decimal(2), "me"),)),
        comments=(Comment("c", "me", NOW, "Hm"),),
        status="in_progress",
    )
    now = (
        upgraded(edit.context.replaced(plan, read), FIRST, second(train={"metric": Metric(Decimal(9)), "tags": ("x",)}))
        .decided()
        .task("train")
    )
    assert (Decimal(9), 1, 1, "in_progress", ("x",)) == (
        now.metric.target,  # type: ignore[union-attr]
        len(now.metric.readings),  # type: ignore[union-attr]
        len(now.comments),
        now.status,
        now.tags,
    )


def test_links_are_merged_one_by_one() -> None:
    """The template's new one and the plan's own both stand."""
    plan = launched(FIRST)
    mine = edit.link(plan, context(), plan.task("train").id, Dependency(plan.task("party").id))
    now = upgraded(mine, FIRST, second(train={"after": (Dependency("call"),)})).decided().task("train")
    assert [plan.task("call").id, plan.task("party").id] == [one.predecessor_id for one in now.dependencies]


@pytest.mark.parametrize(
    "before,after,plan,told",
    [
        (FIRST, attrs.evolve(FIRST, version=2, id="other"), None, "another template"),
        (attrs.evolve(FIRST, version=3), attrs.evolve(FIRST, version=4), None, "launched from version 1"),
        (FIRST, attrs.evolve(FIRST, version=2, state="editing"), None, "choose a published one"),
        (FIRST, attrs.evolve(FIRST, version=2), {"archived": True}, "archived"),
        (FIRST, attrs.evolve(FIRST, version=2), {"launch": None}, "not launched"),
    ],
)
def test_what_cannot_be_upgraded_is_refused(before: Template, after: Template, plan: Any, told: str) -> None:
    """With the reason."""
    with pytest.raises(Refused, match=told):
        upgraded(attrs.evolve(launched(FIRST), **(plan or {})), before, after)


def test_answers_to_what_was_not_asked_are_refused() -> None:
    """With a guess; and answers that are none."""
    plan = changed(launched(FIRST), edit.update, "call", title="Mine")
    other = second(call={"title": "Phone"})
    with pytest.raises(Invalid, match="is it call:title"):
        upgraded(plan, FIRST, other, answers={"call:titel": "ours"})
    with pytest.raises(Invalid, match="ours or theirs"):
        upgraded(plan, FIRST, other, answers={"call:title": "mine"})


def test_two_versions_are_compared() -> None:
    """Field by field; what came, what went, and another order."""
    after = attrs.evolve(
        FIRST,
        version=2,
        title="New",
        tasks=(attrs.evolve(FIRST.tasks[1], title="Plans"), FIRST.tasks[0], FIRST.tasks[2], TemplateTask("n", "N")),
    )
    assert [("", "title"), ("plan", "title"), ("n", ""), ("party", ""), ("", "order")] == [
        (one.key, one.field) for one in compare(FIRST, after)
    ]
    assert Changed("plan", "task", "title", "Plan", "Plans") in compare(FIRST, after)
    assert () == compare(FIRST, attrs.evolve(FIRST, version=2))


# Plays

HOST = launched(attrs.evolve(FIRST, id="host"))


@pytest.mark.parametrize("seed", range(int(size(1000))))
def test_a_play_without_edits_equals_a_fresh_run_of_the_new_version(seed: int) -> None:
    """At the same start, beside what else is in the plan; and the same version changes nothing."""
    rng = Random(seed)
    before, start = play_template(rng), day(2, rng.randint(1, 28))
    after = revised(rng, before)
    host = attrs.evolve(HOST, anchors=HOST.anchors.having("go_live", day(3, 3)))
    plan = run(before, host, start)
    now = upgraded(plan, before, after, play_id=plan.plays[-1].id).decided()
    check(now)
    fresh = run(after, host, start)
    assert [one.launch.version for one in now.plays[1:] if one.launch] == [2]
    assert sorted_items(bare(fresh)) == sorted_items(bare(now))
    same = upgraded(plan, before, before, play_id=plan.plays[-1].id).decided()
    assert plan == same


def sorted_items(told: dict[str, Any]) -> dict[str, Any]:
    """Without what the launch of the play says of when it was."""
    plays = []
    for one in told["plays"]:
        launch_told = one["launch"] and {"version": one["launch"]["version"], "dropped": one["launch"]["dropped"]}
        plays.append({**one, "launch": launch_told})
    return {**told, "plays": plays}


def test_a_play_that_runs_twice_is_upgraded_once() -> None:
    """The other one, and the plan's own items of the same keys, stay as they are."""
    before = attrs.evolve(
        FIRST,
        kind="play",
        objectives=(),
        milestones=(),
        plays=(TemplatePlay("play", "Play"),),
        tasks=(TemplateTask("call", "Call", parent="play", due=Offset(1)),),
    )
    after = attrs.evolve(before, version=2, tasks=(attrs.evolve(before.tasks[0], title="Phone", due=Offset(3)),))
    once = run(before, HOST, day(2, 2))
    twice = run(before, once, day(3, 2))
    now = upgraded(twice, before, after, play_id=twice.plays[1].id).decided()
    assert [("Call", day(1, 6)), ("Phone", day(2, 5)), ("Call", day(3, 3))] == [
        (one.title, one.due) for one in now.tasks if one.key == "call"
    ]
    assert [None, 2, 1] == [one.launch.version if one.launch else None for one in now.plays]
    assert without_version(
        upgraded(twice, attrs.evolve(FIRST, id="host"), attrs.evolve(FIRST, id="host", version=2)).decided()
    ) == without_version(twice)
    with pytest.raises(Refused, match="not launched"):
        upgraded(twice, before, after, play_id=twice.plays[0].id)
