"""Where items stand: moving, order, sharing and commenting, and what deadlocks (L8, P2, V4)."""

import attrs
import pytest

from actionplans import edit
from actionplans.errors import Invalid, NotFound, Refused
from actionplans.model import (
    Dependency,
    Milestone,
    Offset,
    Plan,
    Stage,
    Task,
)
from tests.edit.scene import NOW, context, plan, status


def places(error: pytest.ExceptionInfo[Invalid]) -> list[str]:
    """Where the problems stand."""
    return [problem.place for problem in error.value.problems]


def test_moving_a_task_changes_only_the_places_named() -> None:
    """What is not named stays."""
    after = edit.move(plan(), context(), "mail", parent_id="free", milestone_id="end").task("mail")
    assert ("free", "end", "own") == (after.parent_id, after.milestone_id, after.stage_id)
    assert None is edit.move(plan(), context(), "mail", parent_id=None).task("mail").parent_id


def test_moving_into_and_out_of_a_milestone_says_who_waits() -> None:
    """P3: `party` waits for the milestone, which is done when its tasks are."""
    done = edit.complete(plan(), context(), "train")
    after = edit.move(done, context(), "tidy", milestone_id="live")
    assert ["waiting"] == status(after, "party")
    assert ["open"] == status(edit.move(after, context(), "tidy", milestone_id=None), "party")
    assert ["open"] == status(edit.move(after, context(), "tidy", milestone_id="end"), "party")


def test_a_task_cannot_move_into_a_milestone_it_waits_for() -> None:
    """P2: the path is named."""
    with pytest.raises(Invalid, match="'Go live' → 'Party' → 'Go live'|'Party' → 'Go live' → 'Party'"):
        edit.move(plan(), context(), "party", milestone_id="live")
    with pytest.raises(Invalid, match="cycle"):
        edit.move(plan(), context(), "call", milestone_id="end") and edit.move(
            plan(), context(), "bill", milestone_id="end"
        )


def test_order_within_a_kind() -> None:
    """Before another of the kind, or last; before itself is where it is."""
    ids = [one.id for one in plan().tasks]
    after = edit.move(plan(), context(), "tidy", before="mail")
    assert ["call", "tidy", "mail"] == [one.id for one in after.tasks][:3]
    after = edit.move(plan(), context(), "call", before=None)
    assert [*ids[1:], "call"] == [one.id for one in after.tasks]
    same = plan()
    assert same is edit.move(same, context(), "mail", before="mail")
    assert same is edit.move(same, context(), "call", before="mail")
    with pytest.raises(NotFound):
        edit.move(plan(), context(), "mail", before="why")


@pytest.mark.parametrize(
    ("item_id", "places_given", "wrong"),
    [
        ("call", {"parent_id": "live"}, ["task 'call'.parent_id"]),
        ("call", {"milestone_id": "play"}, ["task 'call'.milestone_id"]),
        ("call", {"stage_id": "nowhere"}, ["stage_id"]),
        ("call", {"objective_id": "why"}, ["objective_id"]),
        ("play", {"objective_id": "free"}, ["play 'play'.objective_id"]),
        ("live", {"objective_id": 7}, ["objective_id"]),
        ("call", {"parent_id": "call", "milestone_id": "x"}, ["task 'call'.parent_id", "task 'call'.milestone_id"]),
        ("why", {"parent_id": "play", "stage_id": "own"}, ["parent_id", "stage_id"]),
        ("call", {"stage_id": [], "parent_id": 5}, ["parent_id", "stage_id"]),
    ],
)
def test_a_place_is_there_and_of_the_right_kind(item_id: str, places_given: dict[str, str], wrong: list[str]) -> None:
    """All wrong places are named."""
    with pytest.raises(Invalid) as error:
        edit.move(plan(), context(), item_id, **places_given)  # type: ignore[arg-type]
    assert wrong == places(error)


def test_a_loose_task_can_be_put_in_order_where_the_section_came_to_want_stages() -> None:
    """Only what a verb touches is checked; taking the stage away is refused (L8)."""
    sales = plan(section="sales_plan")
    assert "ring" == edit.move(sales, context(), "ring", before="call").tasks[0].id
    with pytest.raises(Invalid, match="wants a stage"):
        edit.move(sales, context(), "tidy", stage_id=None)


def test_sharing_sets_the_items_own_mark() -> None:
    """V4: of everything but stages; the mark is a yes or no."""
    for item_id in ("why", "play", "live", "call"):
        after = edit.share(plan(), context(), item_id)
        assert after.item(item_id).shared  # type: ignore[union-attr]
        assert plan() == edit.share(after, context(), item_id, False)
    with pytest.raises(Refused, match="no mark"):
        edit.share(plan(), context(), "own")
    with pytest.raises(Invalid) as error:
        edit.share(plan(), context(), "call", "yes")  # type: ignore[arg-type]
    assert ["shared"] == places(error)


def test_an_objective_without_a_play_is_not_shared_where_plays_are() -> None:
    """Where the profile is `plays`; unsharing it is fine, and so is sharing it in a section of another profile (V4)."""
    with pytest.raises(Refused, match="holds no play"):
        edit.share(plan(), context(), "else")
    assert plan() == edit.share(plan(), context(), "else", False)
    for section in ("growth_plans", "gone since"):
        assert edit.share(plan(section=section), context(), "else").objective("else").shared


def test_contacts_notes_are_never_internal() -> None:
    """They would not see them; without a word on it a note is internal for those inside alone (V5, V6)."""
    outside = attrs.evolve(context(), outside=True)
    for ctx, internal in ((context(), True), (outside, False)):
        assert internal == edit.comment(plan(), ctx, "call", "Hello").task("call").comments[-1].internal
    with pytest.raises(Refused, match="not internal"):
        edit.comment(plan(), outside, "call", "Hello", internal=True)


def test_comments_stand_on_tasks_and_on_the_plan() -> None:
    """V5: internal unless said otherwise, with who and when."""
    note = edit.comment(plan(), context(), "call", "Rang twice").task("call").comments[-1]
    assert ("new-1", "ana", NOW, "Rang twice", True) == (note.id, note.author_id, note.at, note.text, note.internal)
    assert not edit.comment(plan(), context(), "plan", "Hello", internal=False).comments[-1].internal
    with pytest.raises(Refused, match="takes no comments"):
        edit.comment(plan(), context(), "why", "x")


@pytest.mark.parametrize("closed", [{"archived": True}, {"status": "merged", "merged_into": "other"}])
def test_merged_and_archived_plans_take_no_comment(closed: dict[str, object]) -> None:
    """M2, L1: they accept no changes; a completed one does take a last word."""
    with pytest.raises(Refused):
        edit.comment(plan(**closed), context(), "plan", "x")
    edit.comment(plan(status="completed"), context(), "plan", "x")


def test_an_own_start_is_for_dues_of_tasks() -> None:
    """D9: a start does not count from itself, and a milestone has none."""
    for item in (Task("", "x", start_offset=Offset(1, anchor="own_start")), Milestone("", "x", offset=OWN)):
        with pytest.raises(Invalid, match="own_start"):
            edit.add(plan(), context(), item)
    edit.add(plan(), context(), Task("", "x", offset=OWN))


OWN = Offset(1, anchor="own_start")


def test_an_offset_from_the_task_itself_is_refused() -> None:
    """P2: an offset counted from a predecessor is a link too, so it cannot be its own."""
    with pytest.raises(Invalid, match="'x' → 'x'"):
        edit.add(plan(), context(), Task("t", "x", offset=Offset(1, anchor="task:t")))


def test_a_deadlock_through_an_offset_and_a_milestone_is_refused() -> None:
    """P2, P3: x is counted from y, y waits for the milestone, which is done when x is."""
    made = edit.add(plan(), context(), Task("y", "y", dependencies=(Dependency("end"),)))
    with pytest.raises(Invalid, match="end"):
        edit.add(made, context(), Task("x", "x", offset=Offset(1, anchor="task:y"), milestone_id="end"))


def test_a_plan_is_returned_by_every_verb() -> None:
    """The annotation holds."""
    assert isinstance(edit.add(plan(), context(), Stage("", "x")), Plan)
