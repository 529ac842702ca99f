"""Deleting with impact and confirmation, and restoring (L3, L10)."""

import attrs
import pytest

from actionplans import edit
from actionplans.errors import Invalid, NotFound, Refused, Unconfirmed
from actionplans.journal import Edit, diff
from actionplans.model import Dependency, Impact, Milestone, Plan, Play, Task
from actionplans.settings import Limits
from tests.edit.scene import SETTINGS, context, days, plan, status


def deleted(before: Plan, item_id: str) -> Plan:
    """The plan without the item, its impact confirmed."""
    return edit.delete(before, context(), item_id, confirmed=edit.impact(before, item_id))


def test_nothing_is_deleted_that_was_not_confirmed() -> None:
    """L3: the error shows the impact; one that has changed since is no confirmation."""
    before = plan()
    shown = edit.impact(before, "play")
    for confirmed in (None, attrs.evolve(shown, kept=("x",)), True):
        with pytest.raises(
            Unconfirmed, match="'Convince them' goes, with 3 tasks under it; 0 stay and 1 lose"
        ) as error:
            edit.delete(before, context(), "play", confirmed=confirmed)  # type: ignore[arg-type]
        assert shown == error.value.impact
        assert "pass confirmed=error.impact, the impact in this error" in str(error.value)
    done = edit.complete(before, context(), "call")
    with pytest.raises(Unconfirmed, match="has changed since it was shown") as error:
        edit.delete(done, context(), "play", confirmed=shown)
    assert "play" not in {one.id for one in edit.delete(done, context(), "play", confirmed=error.value.impact).plays}


def test_the_impact_of_each_kind() -> None:
    """L3: by id, in plan order."""
    before = edit.complete(plan(), context(), "call")
    assert Impact("play", "Convince them", ("play", "mail", "ring"), ("call",), ("call", "sign")) == edit.impact(
        before, "play"
    )
    assert Impact("why", "Renew", ("why",), (), ("play", "sign")) == edit.impact(before, "why")
    assert Impact("live", "Go live", ("live",), (), ("train", "party")) == edit.impact(before, "live")
    assert Impact("sign", "Sign", ("sign",), (), ("bill",)) == edit.impact(before, "sign")
    assert Impact("own", "Our stage", ("own",), (), ("mail",)) == edit.impact(before, "own")


def test_deleting_an_objective_unlinks_its_plays_and_tasks() -> None:
    """L3: nothing else goes."""
    after = deleted(plan(), "why")
    play = after.item("play")
    assert isinstance(play, Play)
    assert (None, None) == (play.objective_id, after.task("sign").parent_id)
    assert plan().tasks[:3] == after.tasks[:3]


def test_deleting_a_play_takes_its_open_tasks_and_keeps_the_done_ones() -> None:
    """L3: what was done stays where the play stood; a cancelled one is not open."""
    before = edit.cancel(edit.complete(plan(), context(), "call"), context(), "ring")
    after = deleted(before, "play")
    assert ["why", "why"] == [after.task(one).parent_id for one in ("call", "ring")]
    assert ["call", "ring", "sign", "train", "party", "bill", "tidy"] == [one.id for one in after.tasks]


def test_deleting_a_task_takes_only_itself_and_frees_those_after_it() -> None:
    """L3, P3: successors lose the link and keep their dates; one counted from it keeps its date too."""
    dated = edit.update(plan(), context(), "bill", due=days(9))
    after = deleted(dated, "sign")
    assert (None, days(9), "open") == (after.task("bill").offset, after.task("bill").due, after.task("bill").status)
    after = deleted(plan(), "call")
    assert ["open", "waiting"] == status(after, "mail", "sign")
    assert () == after.task("mail").dependencies == after.task("ring").dependencies


def test_deleting_the_last_open_task_of_a_milestone_reaches_it() -> None:
    """P3: those that waited for the milestone go on, or wait for its own mark."""
    two = edit.add(edit.complete(plan(), context(), "train"), context(), Task("more", "x", milestone_id="live"))
    assert ["waiting"] == status(two, "party")
    assert ["open"] == status(deleted(two, "more"), "party")
    assert ["waiting"] == status(deleted(plan(), "train"), "party")


def test_deleting_a_milestone_frees_those_after_it() -> None:
    """P3: its tasks stay, without a milestone."""
    after = deleted(plan(), "live")
    assert ("open", None) == (after.task("party").status, after.task("train").milestone_id)


def test_deleting_a_stage_leaves_no_trace_of_it() -> None:
    """Not on tasks, nor on the plan itself; where the section wants stages, tasks are moved out first (L8)."""
    after = deleted(plan(stage_id="own"), "own")
    assert (None, None) == (after.stage_id, after.task("mail").stage_id)
    sales = plan(section="sales_plan")
    with pytest.raises(Refused, match="move the tasks out of 'Our stage' first"):
        deleted(sales, "own")
    deleted(edit.move(sales, context(), "mail", stage_id="proposal"), "own")


def test_restoring_after_other_changes() -> None:
    """L10: the links come back where both ends are there, whatever else has changed."""
    before = plan()
    first = deleted(before, "mail")
    second = deleted(first, "end")
    back = edit.restore(second, context(), "mail", diff(before, first))
    assert (Dependency("mail"),) == back.task("sign").dependencies
    assert before.tasks[1] == back.tasks[1]
    whole = edit.restore(back, context(), "end", diff(first, second))
    assert {Dependency("mail"), Dependency("end")} == set(whole.task("sign").dependencies)
    assert before.milestones == whole.milestones


def test_what_others_lost_they_get_back_only_where_nobody_changed_it() -> None:
    """L10: a task that found another home keeps it."""
    before = plan()
    gone = deleted(before, "live")
    moved = edit.move(gone, context(), "train", milestone_id="end")
    after = edit.restore(moved, context(), "live", diff(before, gone))
    assert ("end", "waiting") == (after.task("train").milestone_id, after.task("party").status)
    changed = edit.update(gone, context(), "party", title="Celebrate")
    assert (Dependency("live"),) == edit.restore(changed, context(), "live", diff(before, gone)).task(
        "party"
    ).dependencies


def test_restoring_what_stood_under_something_that_is_gone() -> None:
    """L10: a parent or predecessor that is no longer there stays away."""
    before = plan()
    gone = deleted(before, "mail")
    further = deleted(deleted(gone, "play"), "own")
    task = edit.restore(further, context(), "mail", diff(before, gone)).task("mail")
    assert (None, None, (), "open") == (task.parent_id, task.stage_id, task.dependencies, task.status)


def test_a_play_brings_back_the_tasks_that_went_with_it() -> None:
    """L10: and a task of it can be restored alone."""
    before = edit.complete(plan(), context(), "call")
    gone = deleted(before, "play")
    deletion = diff(before, gone)
    assert before == edit.restore(gone, context(), "play", deletion)
    alone = edit.restore(gone, context(), "ring", deletion)
    assert None is alone.task("ring").parent_id
    whole = edit.restore(alone, context(), "play", deletion)
    assert {one.id for one in before.items()} == {one.id for one in whole.items()}


def test_the_plans_own_stage_comes_back() -> None:
    """It was the plan's before the stage was deleted."""
    before = plan(stage_id="own")
    gone = deleted(before, "own")
    assert before == edit.restore(gone, context(), "own", diff(before, gone))
    elsewhere = edit.update_plan(gone, context(), stage_id="proposal")
    assert "proposal" == edit.restore(elsewhere, context(), "own", diff(before, gone)).stage_id


def test_a_restored_task_waits_by_its_links_as_they_are_now() -> None:
    """P3: `call` was done while `mail` was away."""
    before = plan()
    gone = deleted(before, "mail")
    after = edit.restore(edit.complete(gone, context(), "call"), context(), "mail", diff(before, gone))
    assert ["open", "waiting"] == status(after, "mail", "sign")


def test_a_restore_that_would_break_a_rule_is_refused() -> None:
    """P2: with `sign` away a link the other way round was made; L8: the section wants stages; and the limit."""
    before = plan()
    gone = deleted(before, "sign")
    crossed = edit.link(gone, context(), "mail", Dependency("bill"))
    with pytest.raises(Invalid, match="cycle"):
        edit.restore(crossed, context(), "sign", diff(before, gone))
    sales = attrs.evolve(gone, section="sales_plan")
    with pytest.raises(Invalid, match="wants a stage"):
        edit.restore(sales, context(), "sign", diff(before, gone))
    few = attrs.evolve(SETTINGS, limits=Limits(tasks_per_plan=7))
    with pytest.raises(Invalid, match="at most 7"):
        edit.restore(gone, context(few), "sign", diff(before, gone))


def test_what_was_not_deleted_cannot_be_restored() -> None:
    """Not found, or there already."""
    before = plan()
    gone = deleted(before, "mail")
    with pytest.raises(NotFound, match="no deleted item 'call'"):
        edit.restore(gone, context(), "call", diff(before, gone))
    with pytest.raises(Refused, match="'Mail' is in the plan"):
        edit.restore(before, context(), "mail", diff(before, gone))


@pytest.mark.parametrize("deletion", [None, 5, "mail", [], [1], {"a": 1}])
def test_a_restore_wants_the_edits_of_the_deletion(deletion: object) -> None:
    """Anything else is said as such."""
    with pytest.raises(Invalid) as error:
        edit.restore(plan(), context(), "mail", deletion)  # type: ignore[arg-type]
    assert ["deletion"] == [problem.place for problem in error.value.problems]


def test_edits_of_another_change_do_no_harm() -> None:
    """Fields that no deletion touches are left alone; links that are none are refused."""
    before = plan()
    gone = deleted(before, "mail")
    other = (*diff(before, gone), Edit("task", "tidy", "tags", ("a",), ()), Edit("task", "tidy", "nonsense", 1, 2))
    assert before == edit.restore(gone, context(), "mail", other)
    with pytest.raises(Invalid):
        edit.restore(gone, context(), "mail", (*diff(before, gone), Edit("task", "tidy", "dependencies", (1,), ())))


def test_milestones_keep_their_mark() -> None:
    """A reached one comes back reached."""
    before = edit.complete(plan(), context(), "end")
    gone = deleted(before, "end")
    end = edit.restore(gone, context(), "end", diff(before, gone)).item("end")
    assert isinstance(end, Milestone)
    assert end.reached_on is not None
