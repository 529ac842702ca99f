"""Values that are made quickly, or of what was checked before, are the same as any others."""

import copy
import pickle
import threading
from typing import Any

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import actionplans as ap
from actionplans.errors import Invalid
from actionplans.lists import FoundTask
from actionplans.making import trusted
from actionplans.testing.strategies import nouns
from tests.size import size

QUICK = (ap.Task, ap.Account, FoundTask)


def values_of(one: Any) -> dict[str, Any]:
    """Its fields by their names."""
    return {field.name: getattr(one, field.name) for field in attrs.fields(type(one))}


def sample(cls: type) -> Any:
    """One of each."""
    task = ap.Task("t", "Call", tags=("x",))
    return {ap.Task: task, ap.Account: ap.Account("acme", "Acme"), FoundTask: FoundTask("p", "acme", task)}[cls]


@given(st.sampled_from((ap.Task, ap.Account)).flatmap(nouns))
@settings(max_examples=size(2_000))
def test_what_is_trusted_is_the_same(one: Any) -> None:
    """Equal, of the same class and hash, and it goes through pickle, copy and evolve."""
    made = trusted(type(one))(**values_of(one))
    assert type(made) is type(one)
    assert (one, hash(one), repr(one)) == (made, hash(made), repr(made))
    for again in (pickle.loads(pickle.dumps(made)), copy.copy(made), copy.deepcopy(made), attrs.evolve(made)):
        assert (one, type(one)) == (again, type(again))


@pytest.mark.parametrize("cls", QUICK)
def test_what_is_trusted_is_frozen(cls: type) -> None:
    """No field of it can be set or taken away."""
    one = trusted(cls)(**values_of(sample(cls)))
    assert sample(cls) == one
    name = attrs.fields(cls)[0].name
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        setattr(one, name, "other")
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        delattr(one, name)
    assert sample(cls) == one


@pytest.mark.parametrize("cls", QUICK)
def test_what_is_made_by_hand_is_checked(cls: type) -> None:
    """And says what it takes."""
    values = values_of(sample(cls))
    name = {ap.Task: "title", ap.Account: "name", FoundTask: "plan_id"}[cls]
    with pytest.raises(Invalid, match=name):
        cls(**{**values, name: 7})
    with pytest.raises(TypeError):
        cls(*values.values(), "one more")
    assert values.keys() == vars(cls)["__init__"].__annotations__.keys() - {"return"}


def test_threads_make_whole_values() -> None:
    """However many of them at once."""
    found: list[Any] = []

    def make() -> None:
        for n in range(2_000):
            made = FoundTask(f"p{n}", "acme", trusted(ap.Task)(f"t{n}", "Call"))
            if (type(made), type(made.task), made.task.id) != (FoundTask, ap.Task, f"t{n}"):
                found.append(made)

    threads = [threading.Thread(target=make) for _ in range(4)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert [] == found
