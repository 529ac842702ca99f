"""What a verb says to somebody who does not know it yet: the right verb, the right id, the right confirmation."""

import re
from collections.abc import Mapping

import attrs
import pytest

from actionplans import edit
from actionplans.edit.words import ALSO_CALLED, ITEM_VERBS, PLAN_VERBS
from actionplans.errors import Invalid, NotFound
from actionplans.model import Dependency, Milestone, Objective, Plan, Play, Task
from tests.edit.scene import context, plan


def _told(item_id: str, **fields: object) -> str:
    with pytest.raises(Invalid) as error:
        edit.update(plan(), context(), item_id, **fields)
    return str(error.value)


def test_a_field_with_a_verb_of_its_own_is_told_with_the_verb() -> None:
    """By whatever name people know the field, and where that kind of item has it."""
    told = {
        "status": "edit.start, edit.complete, edit.reopen and edit.cancel",
        **dict.fromkeys(("done", "completed"), "edit.complete and edit.reopen"),
        **dict.fromkeys(("owner_id", "owner", "assignee", "helpers"), "edit.assign"),
        **dict.fromkeys(("parent", "parent_id", "play", "objective", "milestone_id", "stage"), "edit.move"),
        **dict.fromkeys(("dependencies", "after"), "edit.link and edit.unlink"),
        "shared": "edit.share",
        "comments": "edit.comment and edit.delete_comment",
    }
    for name, verbs in told.items():
        assert f"this task: {name}: has verbs of its own: use {verbs}" == _told("tidy", **{name: None})
    assert "done: has verbs of its own: use edit.complete and edit.reopen" in _told("live", done=True)
    assert "owner: there is no such field: there are description, due, locked, offset, title" in _told(
        "live", owner="ben"
    )
    assert "deu: there is no such field: is it due?" in _told("tidy", deu=None)
    assert "key: is not changed by hand; these fields are: calendar, " in _told("tidy", key="x")


@pytest.mark.parametrize(
    ("verbs", "editable", "classes"),
    [
        (ITEM_VERBS, frozenset[str]().union(*edit.EDITABLE.values()), (Objective, Milestone, Play, Task)),
        (PLAN_VERBS, edit.EDITABLE_PLAN, (Plan,)),
    ],
)
def test_the_verbs_that_are_told_are_there(
    verbs: Mapping[str, str], editable: frozenset[str], classes: tuple[type, ...]
) -> None:
    """And so are the fields; those that can be edited (`status` of an objective) are told as such before."""
    fields = {one.name for cls in classes for one in attrs.fields(cls)}
    assert verbs.keys() <= fields
    assert {"status"} >= verbs.keys() & editable
    for told in verbs.values():
        assert all(hasattr(getattr(edit, name), "action") for name in re.findall(r"edit\.(\w+)", told))
    assert {name for names in ALSO_CALLED.values() for name in names} <= ITEM_VERBS.keys() | PLAN_VERBS.keys()


def test_a_key_where_an_id_is_wanted_is_told_as_such() -> None:
    """Of the item itself, of its place, of what it waits for and of what it goes before."""
    made = plan(tasks=(Task("0a", "Call", key="call"), Task("0b", "Mail", key="mail")), plays=())
    told = "ids are wanted; the task with the key 'call' is '0a': use plan.task('call').id"
    with pytest.raises(NotFound) as error:
        edit.update(made, context(), "call", title="Ring")
    assert told in str(error.value)
    with pytest.raises(NotFound) as error:
        edit.move(made, context(), "0b", before="call")
    assert told in str(error.value)
    for change in (
        lambda: edit.link(made, context(), "0b", Dependency("call")),
        lambda: edit.add(made, context(), Task("", "Visit", dependencies=(Dependency("call"),))),
    ):
        with pytest.raises(Invalid, match="ids are wanted; the task with the key 'call' is '0a'"):
            change()


def test_a_circle_is_told_by_titles() -> None:
    """Nobody knows the ids."""
    with pytest.raises(Invalid, match="'Call' → 'Send it' → 'Call' is a cycle"):
        edit.link(
            plan(
                plays=(), tasks=(Task("0a", "Call"), Task("0b", "Send it", "waiting", dependencies=(Dependency("0a"),)))
            ),
            context(),
            "0a",
            Dependency("0b"),
        )
