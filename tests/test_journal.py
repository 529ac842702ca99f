"""Changes as data: what differs, its inverse, and putting it into effect (J1, J2)."""

import datetime as dt
from typing import Any

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.strategies import DataObject

from actionplans import edit
from actionplans.errors import ActionPlansError, Invalid
from actionplans.journal import BOOKKEEPING, COLLECTIONS, Edit, apply, diff, inverse
from actionplans.model import Account, Dependency, FrozenMap, Person, Plan, Task, Template
from actionplans.settings import Settings
from actionplans.testing.strategies import nouns
from tests.edit.moves import Step, steps, walked
from tests.edit.scene import context, plan
from tests.nasty import NASTY
from tests.size import size


def leads_back_and_forth(before: Any, after: Any) -> None:
    """The laws of a change, for one pair."""
    edits = diff(before, after)
    assert after == apply(before, edits)
    assert before == apply(after, inverse(edits))
    assert edits == inverse(inverse(edits))
    assert bool(edits) == (before != after)


@settings(max_examples=size(2000))
@given(steps(12), steps(12))
def test_between_any_two_plans_that_verbs_have_made(first: list[Step], second: list[Step]) -> None:
    """apply(a, diff(a, b)) is b, and the inverse leads back."""
    leads_back_and_forth(walked(first).plan, walked(second).plan)


@settings(max_examples=size(2000))
@given(st.data())
def test_between_plans_of_the_same_items_in_any_order_some_gone_and_some_new(data: DataObject) -> None:
    """Reordering, removing, adding and changing at once, of every kind of item."""
    before = plan()
    fields: dict[str, Any] = {}
    for name in COLLECTIONS:
        held = getattr(before, name)
        left = data.draw(st.lists(st.sampled_from(held), unique_by=lambda one: one.id, max_size=len(held)))
        new = [attrs.evolve(held[0], id=f"{name}-{n}") for n in range(data.draw(st.integers(0, 3)))]
        mixed = data.draw(st.permutations([*left, *new]))
        titles = data.draw(
            st.lists(st.sampled_from(["A", "B", held[0].title]), min_size=len(mixed), max_size=len(mixed))
        )
        fields[name] = tuple(attrs.evolve(one, title=title) for one, title in zip(mixed, titles, strict=True))
    after = attrs.evolve(before, **fields)
    leads_back_and_forth(before, after)
    third = walked(data.draw(steps(5))).plan
    leads_back_and_forth(after, third)


@settings(max_examples=size(600))
@given(nouns(Plan), nouns(Plan))
def test_between_any_two_plans_at_all(before: Plan, after: Plan) -> None:
    """Every field of the plan and of its items; what every commit sets is no part of a change."""
    bookkeeping = {name: getattr(before, name) for name in BOOKKEEPING}
    leads_back_and_forth(before, attrs.evolve(after, **bookkeeping))


@pytest.mark.parametrize("cls", [Account, Person, Template, Settings])
def test_between_records_without_items(cls: type[Any]) -> None:
    """Every field is one edit."""

    @settings(max_examples=size(400))
    @given(nouns(cls), nouns(cls))
    def law(before: Any, after: Any) -> None:
        leads_back_and_forth(before, attrs.evolve(after, revision=before.revision))

    law()


def test_a_change_holds_changed_fields_only() -> None:
    """J1: nothing of the rest; the moment and the number of the change are the entry's."""
    before = plan()
    after = attrs.evolve(
        edit.update(before, context(), "tidy", title="Neat"),
        revision=7,
        changed_at=dt.datetime.now(dt.UTC),
        title="New",
    )
    assert (
        Edit("record", "", "title", "Renewal", "New"),
        Edit("task", "tidy", "title", "Tidy", "Neat"),
    ) == diff(before, after)
    assert () == diff(before, before) == diff(before, plan())


def test_items_that_come_and_go_are_whole_with_their_place() -> None:
    """So that they can be put back where they were."""
    before = plan()
    call, *rest = before.tasks
    edits = diff(before, attrs.evolve(before, tasks=tuple(rest)))
    assert (Edit("task", "call", "", call, None, 0),) == edits
    assert (Edit("task", "call", "", None, call, 0),) == inverse(edits)


def test_a_new_order_is_one_edit() -> None:
    """Only where those that stayed have changed places: adding and removing alone is none."""
    before = plan()
    after = attrs.evolve(before, tasks=before.tasks[::-1])
    ids = tuple(one.id for one in before.tasks)
    assert (Edit("task", "", "order", ids, ids[::-1]),) == diff(before, after)
    new = Task("new", "New")
    assert ["", ""] == [one.field for one in diff(before, attrs.evolve(before, tasks=(new, *before.tasks[1:])))]


def test_an_undo_is_the_inverse_applied_where_other_things_have_changed_since() -> None:
    """J2: what the step did not touch stays as it is now."""
    before = plan()
    step = edit.update(before, context(), "tidy", title="Neat")
    later = edit.add(edit.update(step, context(), "call", title="Ring"), context(), Task("new", "New"))
    after = apply(later, inverse(diff(before, step)))
    assert ("Tidy", "Ring", "New") == (after.task("tidy").title, after.task("call").title, after.task("new").title)


def test_an_undo_of_what_has_changed_since_is_refused_with_every_field() -> None:
    """J2: each field still has to hold the value the step gave it."""
    before = plan()
    step = edit.update(
        edit.update(before, context(), "tidy", title="Neat", priority="high"), context(), "call", title="C"
    )
    step = attrs.evolve(step, title="New")
    later = edit.update(step, context(), "tidy", title="Other", priority="low")
    later = attrs.evolve(later, title="Newer", tasks=later.tasks[1:])
    with pytest.raises(Invalid) as error:
        apply(later, inverse(diff(before, step)))
    assert {"title", "tasks['call'].title", "tasks['tidy'].title", "tasks['tidy'].priority"} == {
        problem.place for problem in error.value.problems
    }


def test_an_undo_of_an_order_that_has_changed_since_is_refused() -> None:
    """J2: and one that has not is taken back, new items last."""
    before = plan()
    step = edit.move(before, context(), "tidy", before="call")
    again = edit.move(step, context(), "bill", before="call")
    with pytest.raises(Invalid, match="order has changed since"):
        apply(again, inverse(diff(before, step)))
    more = edit.add(step, context(), Task("new", "New"))
    after = apply(more, inverse(diff(before, step)))
    assert [*(one.id for one in before.tasks), "new"] == [one.id for one in after.tasks]
    fewer = edit.cancel(step, context(), "tidy")
    assert [one.id for one in before.tasks] == [one.id for one in apply(fewer, inverse(diff(before, step))).tasks]


def test_what_is_there_does_not_come_again_and_what_is_gone_does_not_go_again() -> None:
    """Applied twice is refused."""
    before = plan()
    after = edit.add(before, context(), Task("new", "New"))
    edits = diff(before, after)
    with pytest.raises(Invalid, match="is there already"):
        apply(after, edits)
    with pytest.raises(Invalid, match="gone or has changed"):
        apply(before, inverse(edits))


def test_a_change_is_between_values_of_one_class() -> None:
    """And of records."""
    with pytest.raises(Invalid, match="a Plan is wanted, not Account"):
        diff(plan(), Account("a", "A"))  # type: ignore[type-var]
    for value in (1, None, "x", [plan()]):
        with pytest.raises(Invalid, match="a record is wanted"):
            diff(value, value)


@pytest.mark.parametrize(
    "wrong",
    [
        Edit("nonsense", "x", "title", "a", "b"),
        Edit("stage", "own", "nonsense", 1, 2),
        Edit("task", "nobody", "title", "a", "b"),
        Edit("record", "", "nonsense", 1, 2),
        Edit("record", "", "revision", 0, 5),
    ],
)
def test_edits_that_make_no_sense_are_refused(wrong: Edit) -> None:
    """Nothing is passed over in silence."""
    with pytest.raises(Invalid):
        apply(plan(), [wrong])
    with pytest.raises(Invalid):
        apply(Account("a", "A"), [wrong])


@pytest.mark.parametrize(
    ("given", "place"),
    [
        (("task", "call", ""), "after"),
        (("task", "call", "", Task("call", "A"), Task("call", "B")), "after"),
        (("task", "call", "", None, 5), "after"),
        (("stage", "call", "", Task("call", "A")), "before"),
        (("task", "", "order", ("a", "b"), ["b", "a"]), "after"),
        (("task", "", "order", ("a", 2), ()), "before[1]"),
    ],
)
def test_an_edit_is_one_of_three_things(given: tuple[Any, ...], place: str) -> None:
    """A field that changed, an item that came or went, or an order."""
    with pytest.raises(Invalid) as error:
        Edit(*given)
    assert [place] == [problem.place for problem in error.value.problems]


@pytest.mark.parametrize("value", NASTY.values(), ids=NASTY)
def test_wrong_values_in_an_edit(value: object) -> None:
    """One of our errors, or the very value in its field."""
    for kind, item_id in (("record", ""), ("task", "call")):
        before = "Renewal" if kind == "record" else "Call"
        for field, was in (("title", before), ("title", value), ("", value), ("order", value)):
            for after in (value, None):
                try:
                    apply(plan(), [Edit(kind, item_id, field, was, after)])
                except ActionPlansError as error:
                    assert str(error)


def test_a_change_of_links_is_a_change_of_the_task() -> None:
    """Fields are compared whole."""
    before = plan()
    after = edit.link(before, context(), "tidy", Dependency("call"))
    assert {("tidy", "dependencies"), ("tidy", "status")} == {(one.item_id, one.field) for one in diff(before, after)}


def test_nothing_to_apply_gives_the_very_record() -> None:
    """As the verbs do."""
    before = plan()
    assert before is apply(before, ())


def test_custom_fields_in_another_order_are_no_change() -> None:
    """A mapping has no order."""
    first, second = FrozenMap({"a": 1, "b": 2}), FrozenMap({"b": 2, "a": 1})
    assert () == diff(Account("a", "A", custom=first), Account("a", "A", custom=second))
