"""Comments on tasks and plans (L1, V5, V7)."""

import attrs
import pytest

from actionplans import edit
from actionplans.edit import Context
from actionplans.errors import Invalid, NotFound, Refused
from actionplans.model import Plan
from actionplans.settings import Limits
from tests.edit.scene import SETTINGS, context, plan


def by(person: str) -> Context:
    """Somebody else asks."""
    return attrs.evolve(context(), actor_id=person)


def noted(item_id: str = "call") -> Plan:
    """A plan on which Ana has commented."""
    return edit.comment(plan(), context(), item_id, "Rang twice")


@pytest.mark.parametrize("item_id", ["call", "plan"])
def test_people_delete_their_own_comments_and_no_others(item_id: str) -> None:
    """What is not one's own is not found, as if it were not there: it may be hidden (V7)."""
    with pytest.raises(NotFound) as others:
        edit.delete_comment(noted(item_id), by("ben"), item_id, "new-1")
    with pytest.raises(NotFound) as none:
        edit.delete_comment(plan(), by("ben"), item_id, "new-1")
    assert str(none.value) == str(others.value)
    assert plan() == edit.delete_comment(noted(item_id), context(), item_id, "new-1")


def test_only_the_comment_that_is_named_goes() -> None:
    """The others stay as they are, in their order."""
    to = context()
    three = edit.comment(edit.comment(edit.comment(plan(), to, "call", "a"), to, "call", "b"), to, "call", "c")
    after = edit.delete_comment(three, to, "call", "new-2")
    assert ["a", "c"] == [one.text for one in after.task("call").comments]


@pytest.mark.parametrize("text", ["", "  \n", None, 1, "x" * 100_001, "\0"])
def test_a_comment_says_something(text: object) -> None:
    """Blank ones, and what is no text, are refused."""
    with pytest.raises(Invalid):
        edit.comment(plan(), context(), "call", text)  # type: ignore[arg-type]


@pytest.mark.parametrize("item_id", ["call", "plan"])
def test_there_are_so_many_as_the_settings_allow(item_id: str) -> None:
    """On one task or plan; deleting one makes room."""
    to = context(attrs.evolve(SETTINGS, limits=Limits(comments_per_item=2)))
    full = edit.comment(edit.comment(plan(), to, item_id, "a"), to, item_id, "b")
    with pytest.raises(Refused, match="2 comments"):
        edit.comment(full, to, item_id, "c")
    edit.comment(edit.delete_comment(full, to, item_id, "new-1"), to, item_id, "c")


@pytest.mark.parametrize("closed", [{"archived": True}, {"status": "merged", "merged_into": "other"}])
def test_merged_and_archived_plans_keep_their_comments(closed: dict[str, object]) -> None:
    """M2, L1; a completed one lets go of one."""
    with pytest.raises(Refused):
        edit.delete_comment(attrs.evolve(noted(), **closed), context(), "call", "new-1")
    done = attrs.evolve(noted(), status="completed")
    assert () == edit.delete_comment(done, context(), "call", "new-1").task("call").comments


def test_what_takes_no_comments_has_none_to_delete() -> None:
    """An objective, and an item that is not there."""
    with pytest.raises(Refused, match="an objective takes no comments"):
        edit.delete_comment(plan(), context(), "why", "new-1")
    with pytest.raises(NotFound):
        edit.delete_comment(plan(), context(), "nowhere", "new-1")
