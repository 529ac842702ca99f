"""What settings refuse: defaults that do not fit their field, grants of what nobody asks for (R2, R3, R5)."""

import datetime as dt
from typing import Any

import pytest

from actionplans.errors import Invalid
from actionplans.settings import ACTIONS, Collection, CustomField, Grant, Settings, shipped_policy


@pytest.mark.parametrize(
    ("type", "choices", "good", "bad"),
    [
        ("text", (), "a", 5),
        ("number", (), 5, True),
        ("money", (), 5, "5"),
        ("date", (), dt.date(2026, 1, 5), "2026-01-05"),
        ("yes_no", (), False, 0),
        ("one_of", ("a", "b"), "b", "c"),
        ("several_of", ("a", "b"), ("a", "b"), ("a", "c")),
        ("link", (), "https://a.example", "javascript:1"),
        ("person", (), "ana", 5),
    ],
)
def test_a_default_is_what_the_field_may_hold(type: Any, choices: tuple[str, ...], good: Any, bad: Any) -> None:
    """It is checked when the field is made, not when the first item gets it (R5)."""
    assert good == CustomField("f", "F", type=type, choices=choices, default=good).default
    with pytest.raises(Invalid, match=f"default: {type}.* is wanted"):
        CustomField("f", "F", type=type, choices=choices, default=bad)


@pytest.mark.parametrize(
    ("action", "guess"),
    [
        ("task.complet", "is it task.complete?"),
        ("tsak.complete", "is it task.complete?"),
        ("template.retire", "is it template.create?"),
        ("tsk.*", "is it task?"),
        ("*.sea", "is it see?"),
    ],
)
def test_a_grant_of_nothing_is_refused_with_a_guess(action: str, guess: str) -> None:
    """A misspelt one would allow nothing, or, worse, forbid nothing (R1, R3)."""
    with pytest.raises(Invalid) as error:
        Settings(policy=(*shipped_policy(), Grant("member", action, allow=False)))
    (problem,) = error.value.problems
    assert f"policy[{len(shipped_policy())}].action" == problem.place
    assert problem.message.endswith(guess)


@pytest.mark.parametrize("action", ["", "task", "task.", ".see", "Task.See", "task.complete.now", "**", "task.**"])
def test_a_grant_has_the_form_of_an_action(action: str) -> None:
    """`KIND.VERB`, or a star for either or both."""
    with pytest.raises(Invalid):
        Grant("member", action)


@pytest.mark.parametrize("action", sorted({*ACTIONS, "*", "*.*", "task.*", "*.see", "library.*"}))
def test_every_action_can_be_granted(action: str) -> None:
    """Each of ours, and each star that takes in one."""
    assert action == Settings(policy=(Grant("member", action),)).policy[0].action


def test_a_host_has_actions_of_its_own() -> None:
    """Those that its verbs ask for; stars take them in too (R3)."""
    own = ("task.approve", "risk.accept")
    for action in (*own, "risk.*", "*.approve"):
        assert Settings(policy=(Grant("member", action),), actions=own)
        with pytest.raises(Invalid, match="there is no action"):
            Settings(policy=(Grant("member", action),))
    with pytest.raises(Invalid, match=r"actions\[0\]"):
        Settings(actions=("task.*",))


def test_a_collection_has_a_key_of_its_own() -> None:
    """A template that names none stands in none, so no collection is called that (T14)."""
    assert "Sales" == Settings(collections=(Collection("sales", "Sales", roles={"seller"}),)).collection("sales").title
    assert Settings().collection("sales") is None
    with pytest.raises(Invalid, match="key: must not be blank"):
        Collection(" ", "Sales")
    with pytest.raises(Invalid, match=r"collections\[1\]: 'sales' stands here twice"):
        Settings(collections=(Collection("sales", "Sales"), Collection("sales", "Other")))
