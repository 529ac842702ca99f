"""Moving a launch to another version of its template (T9): laws over random templates, versions and edits; by hand."""

from __future__ import annotations

import datetime as dt
from random import Random
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from actionplans import edit, journal
from actionplans.errors import Invalid
from actionplans.launch import Upgrade, upgrade
from actionplans.model import (
    Plan,
    Template,
)
from actionplans.model.rules import check
from tests.launch import versions
from tests.launch.samples import ACME, places
from tests.launch.versions import START, WHO, context, edited, launched, revised, template
from tests.size import size

SEEDS = st.integers(0, 2**32)
CASES = int(size(2000))


def upgraded(plan: Plan, before: Template, after: Template, today: dt.date = START, **given: Any) -> Upgrade:
    """What the upgrade does."""
    return upgrade(plan, context(today), ACME, before, after, directory=WHO, **given)


def answered(rng: Random, plan: Plan, before: Template, after: Template) -> Upgrade:
    """The upgrade with every conflict answered at random."""
    answers: dict[str, Any] = {}
    while (found := upgraded(plan, before, after, answers=answers)).conflicts:
        answers |= {one.place: rng.choice(["ours", "theirs"]) for one in found.conflicts}
    return found


def bare(plan: Plan, *, launch: bool = True) -> dict[str, Any]:
    """The plan with places instead of ids, without original due dates and who launched it when."""
    ids = {plan.id: "plan"} | {one.id: f"{one.kind} {n}" for n, one in enumerate(plan.items())}

    def named(value: Any) -> Any:
        if isinstance(value, str):
            head, mark, tail = value.partition(":")
            return f"{head}:{ids.get(tail, tail)}" if mark else ids.get(value, value)
        if isinstance(value, tuple):
            return tuple(named(one) for one in value)
        if attrs.has(type(value)):
            return {one.name: named(getattr(value, one.name)) for one in attrs.fields(type(value))}
        return value

    told: dict[str, Any] = named(attrs.evolve(plan, launch=None, changed_at=None, created_at=None, revision=0))
    for item in (*told["tasks"], *told["milestones"]):
        del item["original_due"]
    for item in told["tasks"]:
        item["dependencies"] = sorted(item["dependencies"], key=str)
    told["dropped"] = plan.launch.dropped if plan.launch is not None else None
    told["version"] = plan.launch.version if plan.launch is not None else None
    return told


def without_version(plan: Plan) -> Plan:
    """The plan without what the launch says of the version."""
    return attrs.evolve(plan, launch=None)


@pytest.mark.parametrize("seed", range(CASES))
def test_without_edits_it_equals_a_fresh_launch_of_the_new_version(seed: int) -> None:
    """At the same anchors, but for ids and original due dates."""
    rng = Random(seed)
    before = template(rng)
    after = revised(rng, before)
    plan = launched(before)
    found = upgraded(plan, before, after)
    assert () == found.conflicts
    check(found.decided())
    assert bare(launched(after)) == bare(found.decided())


@pytest.mark.parametrize("seed", range(CASES))
def test_without_template_changes_it_keeps_all_edits(seed: int) -> None:
    """To the same version, or to a new one that says the same."""
    rng = Random(seed)
    before = template(rng)
    plan = edited(rng, launched(before))
    for after in (before, attrs.evolve(before, version=2)):
        found = upgraded(plan, before, after)
        assert {"stays"} >= {one.outcome for one in found.differences}
        assert without_version(plan) == without_version(found.decided())
        assert found.decided().launch is not None and after.version == found.decided().launch.version


@pytest.mark.parametrize("seed", range(CASES))
def test_whatever_was_edited_the_upgrade_is_a_sound_plan_that_can_be_undone(seed: int) -> None:
    """Done and cancelled work is as it was, custom items are still there, and a second upgrade finds nothing to do."""
    rng = Random(seed)
    before = template(rng)
    after = revised(rng, before)
    plan = edited(rng, launched(before))
    found = answered(rng, plan, before, after)
    try:
        now = found.decided()
    except Invalid as error:
        assert "is a cycle" in str(error)  # a link of the plan's and one of the template's
        return
    held = {one.id: one for one in now.tasks}
    loose: dict[str, Any] = {"parent_id": None, "stage_id": None, "milestone_id": None, "dependencies": ()}
    loose |= {"offset": None, "start_offset": None}  # what they stood under or hung on may have gone
    for task in plan.tasks:
        if not task.is_open:
            assert attrs.evolve(task, **loose) == attrs.evolve(held[task.id], **loose)
        if not task.key:
            assert task.id in held
    assert plan == journal.undone(now, journal.diff(plan, now))
    again = upgraded(now, after, after)
    assert without_version(now) == without_version(again.after)


@given(SEEDS)
def test_what_only_one_side_changed_wins(seed: int) -> None:
    """Words that the template changed follow, words that the plan changed stay, both: a conflict."""
    rng = Random(seed)
    before = template(rng)
    plan = launched(before)
    task = rng.choice(before.tasks)
    other = versions.with_item(attrs.evolve(before, version=2), task, title="Theirs")
    mine = edit.update(plan, context(), plan.task(task.key).id, description="Ours")
    now = upgraded(mine, before, other).decided().task(task.key)
    assert ("Theirs", "Ours") == (now.title, now.description)
    both = edit.update(mine, context(), plan.task(task.key).id, title="Mine")
    found = upgraded(both, before, other)
    (conflict,) = found.conflicts
    assert (f"{task.key}:title", task.title, "Mine", "Theirs") == (
        conflict.place,
        conflict.base,
        conflict.ours,
        conflict.theirs,
    )
    with pytest.raises(Invalid) as error:
        found.decided()
    assert [conflict.place] == places(error.value)
    for answer, title in (("ours", "Mine"), ("theirs", "Theirs")):
        assert title == upgraded(both, before, other, answers={conflict.place: answer}).decided().task(task.key).title
