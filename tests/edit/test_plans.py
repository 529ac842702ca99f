"""The life of a plan as a whole (L1, L8, L10, R5)."""

import attrs
import pytest

from actionplans import edit
from actionplans.errors import Invalid, Refused
from actionplans.model import FrozenMap, Task
from tests.edit.scene import NOW, SETTINGS, TODAY, context, plan, status


def places(error: pytest.ExceptionInfo[Invalid]) -> list[str]:
    """Where the problems stand."""
    return [problem.place for problem in error.value.problems]


def test_a_plan_is_completed_by_hand_and_only_when_its_tasks_are() -> None:
    """L10: unless the caller says to cancel those that are not."""
    with pytest.raises(Refused, match="8 tasks not finished: finish what is open, or say cancel_open=True"):
        edit.complete_plan(plan(), context())
    done = edit.complete_plan(edit.complete(plan(), context(), "call"), context(), cancel_open=True)
    assert ("completed", NOW) == (done.status, done.completed_at)
    assert ["done", "cancelled", "cancelled"] == status(done, "call", "mail", "tidy")
    assert ("open", "waiting") == (done.task("mail").was, done.task("sign").was)
    assert done is edit.complete_plan(done, context())
    assert "completed" == edit.complete_plan(plan(tasks=()), context()).status


def test_a_closed_plan_opens_again() -> None:
    """L10: its tasks stay as they are; one that is open is left alone."""
    for closed in (edit.cancel_plan(plan(), context()), edit.complete_plan(plan(tasks=()), context())):
        again = edit.reopen_plan(closed, context())
        assert ("active", None, closed.tasks) == (again.status, again.completed_at, again.tasks)
        assert again is edit.reopen_plan(again, context())
    assert plan() == edit.reopen_plan(edit.cancel_plan(plan(), context()), context())


def test_a_pause_ends_with_the_plan() -> None:
    """A plan that is closed while it is paused is not paused when it opens again."""
    paused = plan(status="paused", paused_on=TODAY, tasks=())
    for closed in (edit.cancel_plan(paused, context()), edit.complete_plan(paused, context())):
        assert None is edit.reopen_plan(closed, context()).paused_on


def test_repeating_a_verb_of_the_plan_changes_nothing() -> None:
    """The very plan comes back."""
    ctx = context()
    cancelled, archived = edit.cancel_plan(plan(), ctx), edit.archive_plan(plan(), ctx)
    shared, fresh = edit.share_plan(plan(), ctx), plan()
    assert cancelled is edit.cancel_plan(cancelled, ctx)
    assert archived is edit.archive_plan(archived, ctx)
    assert fresh is edit.archive_plan(fresh, ctx, False)
    assert shared is edit.share_plan(shared, ctx)
    assert fresh is edit.share_plan(fresh, ctx, False)
    assert fresh is edit.update_plan(fresh, ctx, title="Renewal", custom={})
    assert plan() == edit.archive_plan(archived, ctx, False)


def test_closed_archived_and_merged_plans_say_what_would_help() -> None:
    """M2, L1, L10."""
    merged = plan(status="merged", merged_into="other")
    for closed, message in (
        (merged, "merged into 'other': change that one"),
        (plan(archived=True), "archived: take it out of the archive first"),
        (plan(status="completed"), "completed: reopen it first"),
        (plan(status="cancelled"), "cancelled: reopen it first"),
    ):
        with pytest.raises(Refused, match=message):
            edit.update_plan(closed, context(), title="x")
        with pytest.raises(Refused, match=message):
            edit.share_plan(closed, context())
    for verb in (edit.archive_plan, edit.reopen_plan, edit.cancel_plan, edit.complete_plan):
        with pytest.raises(Refused, match="merged"):
            verb(merged, context())
    for closed_verb in (edit.reopen_plan, edit.cancel_plan, edit.complete_plan):
        with pytest.raises(Refused, match="archive"):
            closed_verb(plan(archived=True, status="cancelled"), context())


def test_a_plans_own_fields() -> None:
    """Words from the settings, people that are known, calendars and zones that exist."""
    after = edit.update_plan(
        plan(),
        context(),
        title="Grow",
        section="growth_plans",
        stage_id="own",
        owner_id="ben",
        calendar="gulf",
        time_zone="Europe/Lisbon",
        link_policy="keep",
        tags=("a",),
        custom={"region": "north"},
    )
    assert ("Grow", "own", "gulf", {"region": "north"}) == (after.title, after.stage_id, after.calendar, after.custom)
    assert {} == edit.update_plan(after, context(), custom={"region": None}).custom


@pytest.mark.parametrize(
    "fields",
    [
        *({name: None} for name in ("status", "archived", "shared", "revision", "account_id", "id", "created_by")),
        *({name: None} for name in ("tasks", "anchors", "launch", "paused_on", "merged_into", "completed_at")),
        {"nonsense": 1},
    ],
)
def test_only_a_plans_editable_fields_can_be_updated(fields: dict[str, object]) -> None:
    """No mass assignment."""
    with pytest.raises(Invalid, match="verbs of its own|not changed by hand|no such field") as error:
        edit.update_plan(plan(), context(), **fields)
    assert list(fields) == places(error)


def test_all_that_is_wrong_with_a_plans_fields_is_said_at_once() -> None:
    """First what is no value of the field, then what the settings and the plan do not know."""
    with pytest.raises(Invalid) as error:
        edit.update_plan(plan(), context(), title="\0", owner_id=5, stage_id=[], time_zone="a b", custom=3, status="x")
    assert ["status", "custom", "title", "stage_id", "owner_id", "time_zone"] == places(error)
    with pytest.raises(Invalid) as error:
        edit.update_plan(
            plan(),
            context(),
            section="nonsense",
            stage_id="nowhere",
            owner_id="stranger",
            calendar="gulf & mars",
            time_zone="Mars/Olympus",
            custom={"region": "east", "nope": 1},
        )
    assert [
        *("section", "stage_id", "owner_id", "calendar", "time_zone", "custom['region']", "custom['nope']")
    ] == places(error)


def test_a_section_that_wants_stages_takes_no_plan_with_loose_tasks() -> None:
    """L8: give them one first; a plan of a section that the settings lost stays editable."""
    with pytest.raises(Invalid, match="'Sales plan' wants a stage for every task"):
        edit.update_plan(plan(), context(), section="sales_plan")
    staged = plan(tasks=(Task("a", "A", stage_id="own"),))
    assert "sales_plan" == edit.update_plan(staged, context(), section="sales_plan").section
    bare = attrs.evolve(SETTINGS, sections=())
    lost = plan(section="growth_plans", custom=FrozenMap({"old": 1}), stage_id="gone", owner_id="gone")
    assert "x" == edit.update_plan(lost, context(bare), title="x").title


@pytest.mark.parametrize("verb", [edit.share_plan, edit.archive_plan])
def test_marks_are_yes_or_no(verb: object) -> None:
    """Nothing else is taken for one."""
    for value in ("yes", 1, None):
        with pytest.raises(Invalid):
            verb(plan(), context(), value)  # type: ignore[operator]
