"""Every argument of every verb with every wrong value: one of our errors, or a plan that keeps the rules."""

import inspect
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import attrs
import pytest

from actionplans import edit
from actionplans.errors import ActionPlansError, Invalid, NotFound
from actionplans.journal import diff
from actionplans.model import Dependency, Metric, Plan, Task
from actionplans.model.rules import check
from actionplans.settings import Settings
from tests.edit.scene import NOW, SETTINGS, context, days, plan
from tests.nasty import NASTY

GONE = edit.delete(plan(), context(), "mail", confirmed=edit.impact(plan(), "mail"))

MEASURED = edit.update(plan(), context(), "tidy", metric=Metric(Decimal(5)))

CALLS: dict[str, tuple[Plan, dict[str, Any]]] = {
    "add": (plan(), {"item": Task("", "x")}),
    "update": (plan(), {"item_id": "tidy"}),
    "move": (
        plan(),
        {"item_id": "tidy", "parent_id": "why", "milestone_id": "end", "stage_id": "own", "before": "call"},
    ),
    "share": (plan(), {"item_id": "tidy", "shared": True}),
    "comment": (plan(), {"item_id": "tidy", "text": "x", "internal": True}),
    "delete_comment": (
        edit.comment(plan(), context(), "tidy", "x"),
        {"item_id": "tidy", "comment_id": "new-1"},
    ),
    "measure": (MEASURED, {"item_id": "tidy", "value": 7, "at": NOW}),
    "remove_reading": (edit.measure(MEASURED, context(), "tidy", 7), {"item_id": "tidy", "at": NOW}),
    "start": (plan(), {"task_id": "tidy", "override": False}),
    "complete": (plan(), {"item_id": "tidy", "override": False}),
    "reopen": (edit.complete(plan(), context(), "tidy"), {"item_id": "tidy"}),
    "cancel": (plan(), {"task_id": "tidy"}),
    "assign": (plan(), {"item_id": "tidy", "owner_id": "ben", "helpers": ["ana"]}),
    "link": (plan(), {"task_id": "tidy", "dependency": Dependency("call")}),
    "unlink": (plan(), {"task_id": "mail", "predecessor_id": "call"}),
    "delete": (plan(), {"item_id": "tidy", "confirmed": edit.impact(plan(), "tidy")}),
    "restore": (GONE, {"item_id": "mail", "deletion": diff(plan(), GONE)}),
    "update_plan": (plan(), {}),
    "complete_plan": (plan(), {"cancel_open": True}),
    "set_anchor": (plan(), {"name": "start", "date": days(3)}),
    "pause_plan": (plan(), {}),
    "resume_plan": (edit.pause_plan(plan(), context()), {}),
    "reschedule": (plan(), {"item_ids": ["ring"], "policy": "asap"}),
    "recount": (plan(), {"before": Settings(calendars=SETTINGS.calendars), "calendars": {"ben": "default"}}),
    "cancel_plan": (plan(), {}),
    "reopen_plan": (plan(), {}),
    "archive_plan": (plan(), {"archived": True}),
    "share_plan": (plan(), {"shared": True}),
}

VERBS: dict[str, Callable[..., Plan]] = {
    name: verb for name in edit.__all__ if hasattr(verb := getattr(edit, name), "action")
}


def outcome(verb: Callable[..., Plan], before: Plan, given: dict[str, Any]) -> ActionPlansError | None:
    """The error of ours, checked to have something to say; None where a sound plan came out. Others are raised."""
    try:
        after = verb(before, context(), **given)
    except ActionPlansError as error:
        assert str(error)
        return error
    check(after)
    for item in after.items():
        attrs.evolve(item)
    return None


def test_all_verbs_are_here() -> None:
    """A new verb needs a call that goes well; each parameter is in it, or in a test of its own."""
    assert VERBS.keys() == CALLS.keys()
    for name, (before, given) in CALLS.items():
        assert outcome(VERBS[name], before, given) is None, name
        parameters = {
            one.name for one in inspect.signature(VERBS[name]).parameters.values() if one.kind is not one.VAR_KEYWORD
        }
        assert parameters - {"plan", "context", "objective_id"} == given.keys()


@pytest.mark.parametrize("value", NASTY.values(), ids=NASTY)
@pytest.mark.parametrize("name", CALLS)
def test_every_argument_of_every_verb(name: str, value: object) -> None:
    """No TypeError, AttributeError or KeyError of Python's own comes out, and nothing unsound gets in."""
    before, given = CALLS[name]
    for argument in given:
        outcome(VERBS[name], before, {**given, argument: value})


@pytest.mark.parametrize("value", NASTY.values(), ids=NASTY)
@pytest.mark.parametrize("item_id", ["own", "why", "live", "play", "ring"])
def test_every_field_of_an_update(item_id: str, value: object) -> None:
    """An error names the field."""
    for name in edit.EDITABLE[plan().item(item_id).kind]:
        error = outcome(edit.update, plan(), {"item_id": item_id, name: value})
        if isinstance(error, Invalid):
            assert all(one.place.startswith(name) for one in error.problems), (name, error)
        else:
            assert error is None


@pytest.mark.parametrize("value", NASTY.values(), ids=NASTY)
def test_every_field_of_an_update_of_the_plan(value: object) -> None:
    """An error names the field."""
    for name in edit.EDITABLE_PLAN:
        error = outcome(edit.update_plan, plan(), {name: value})
        if isinstance(error, Invalid):
            assert all(one.place.startswith(name) for one in error.problems), (name, error)
        else:
            assert error is None


@pytest.mark.parametrize("value", NASTY.values(), ids=NASTY)
def test_every_field_of_a_new_task(value: object) -> None:
    """A task checks little when it is made; `add` finds the rest."""
    for one in attrs.fields(Task):
        try:
            task = Task(**{"id": "", "title": "x", one.name: value})
        except Invalid:
            continue
        error = outcome(edit.add, plan(), {"item": task})
        if isinstance(error, Invalid):
            assert any(one.name in problem.place for problem in error.problems), (one.name, error)


@pytest.mark.parametrize("value", NASTY.values(), ids=NASTY)
def test_every_place_to_move_to(value: object) -> None:
    """Of tasks, plays and milestones."""
    for item_id, place in (
        *(("ring", one) for one in ("parent_id", "milestone_id", "stage_id", "objective_id", "before")),
        *(("play", one) for one in ("objective_id", "parent_id", "before")),
        *(("live", one) for one in ("objective_id", "stage_id", "before")),
    ):
        outcome(edit.move, plan(), {"item_id": item_id, place: value})


@pytest.mark.parametrize("item_id", ["nobody", "", "plan", "proposal"])
def test_an_unknown_item_is_not_found(item_id: str) -> None:
    """By every verb that names one; the error says what was asked for."""
    for name, (before, given) in CALLS.items():
        for argument in given.keys() & {"item_id", "task_id"}:
            if item_id != "plan" or name not in ("comment", "delete_comment"):
                with pytest.raises(NotFound, match=repr(item_id)):
                    VERBS[name](before, context(), **{**given, argument: item_id})


@pytest.mark.parametrize("name", ["start", "cancel", "link", "unlink"])
def test_a_verb_of_tasks_finds_only_tasks(name: str) -> None:
    """A play's id is no task's."""
    before, given = CALLS[name]
    with pytest.raises(NotFound, match="no task 'play'"):
        VERBS[name](before, context(), **{**given, "task_id": "play"})
