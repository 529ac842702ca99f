"""The nouns: frozen, checked when they are made, every problem at once with its place (RULES 1, S1, D11)."""

import datetime as dt
import pickle
from collections.abc import Callable
from decimal import Decimal
from typing import Any, get_args

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import actionplans.model as model
from actionplans.checks import Value, as_held, verify
from actionplans.errors import Invalid, NotFound
from actionplans.journal import Edit, Entry
from actionplans.model import (
    Account,
    Actor,
    Completion,
    Dependency,
    Draft,
    FrozenMap,
    Item,
    Milestone,
    Objective,
    Offset,
    Override,
    Person,
    Plan,
    Play,
    Stage,
    Task,
    Template,
    TemplateTask,
    WorkCalendar,
)
from actionplans.settings import CustomField, Section, Settings
from actionplans.storage import PlanQuery, TaskQuery
from actionplans.testing.strategies import nouns
from tests.edit.scene import MONDAY, NOW, TODAY, days, plan
from tests.nasty import NASTY
from tests.size import size

NOUNS = [
    *(cls for cls in vars(model).values() if isinstance(cls, type) and attrs.has(cls)),
    *(Settings, Section, CustomField, Edit, Entry),
]


def places(make: Callable[[], object]) -> list[str]:
    """Where the problems stand that making it raises."""
    with pytest.raises(Invalid) as error:
        make()
    return [problem.place for problem in error.value.problems]


def test_all_nouns_are_here() -> None:
    """Every class that the package's model names is a value that checks itself."""
    assert len(NOUNS) > 40
    assert all(issubclass(cls, Value) or cls is Task for cls in NOUNS)


@pytest.mark.parametrize("cls", NOUNS, ids=lambda cls: cls.__name__)
def test_a_noun_is_frozen_hashes_and_pickles(cls: type[Any]) -> None:
    """A value: equal to its copy, and never changed in place."""

    @settings(max_examples=size(100))
    @given(nouns(cls))
    def law(value: Any) -> None:
        again = pickle.loads(pickle.dumps(value))
        assert (value, hash(value)) == (again, hash(again))
        verify(value)
        with pytest.raises(attrs.exceptions.FrozenInstanceError):
            setattr(value, attrs.fields(cls)[0].name, "x")
        with pytest.raises(AttributeError):
            value.nonsense = 1

    law()


@pytest.mark.parametrize("cls", NOUNS, ids=lambda cls: cls.__name__)
def test_every_wrong_value_in_every_field_is_refused_with_its_place(cls: type[Any]) -> None:
    """Or it is one the field may hold, and then the whole is sound; nothing else of Python's comes out."""

    @settings(max_examples=1)
    @given(nouns(cls))
    def law(value: Any) -> None:
        for field in attrs.fields(cls):
            for nasty in NASTY.values():
                try:
                    changed = attrs.evolve(value, **{field.name: nasty})
                    verify(changed)
                except Invalid as error:
                    assert error.problems
                    assert str(error)
                else:
                    taken = field.converter(nasty) if field.converter is not None else nasty
                    held = as_held(cls, {field.name: taken})[field.name]
                    assert getattr(changed, field.name) in (taken, held) or nasty != nasty

    law()


@pytest.mark.parametrize("cls", NOUNS, ids=lambda cls: cls.__name__)
def test_all_problems_of_a_noun_are_said_at_once(cls: type[Any]) -> None:
    """In the order of its fields; a task names all of them too, though it checks the essentials first."""
    free = {"before", "after", "default"} if cls in (Edit, CustomField) else set()
    fields = [field.name for field in attrs.fields(cls) if field.name not in free]
    found = places(lambda: cls(**dict.fromkeys(fields, object())))
    assert fields == found


@pytest.mark.parametrize(
    ("make", "place"),
    [
        (lambda: Task("t", ""), "title"),
        (lambda: Task("t", "x", status="finished"), "status"),  # type: ignore[arg-type]
        (lambda: Task("t", "x", status=[]), "status"),  # type: ignore[arg-type]
        (lambda: Task("t", "x", due=NOW), "due"),
        (lambda: Task("t", "x", start=NOW), "start"),
        (lambda: Task("t", "x", start="2026-01-01", due=TODAY), "start"),  # type: ignore[arg-type]
        (lambda: Task("t", "x", start=days(2), due=days(1)), "due"),
        (lambda: Task("t", "x", dependencies={}), "dependencies"),  # type: ignore[arg-type]
        (lambda: verify(Task("t", "x", "done")), "completion"),
        (lambda: verify(Task("t", "x", completion=Completion(1, NOW, TODAY, "ana"))), "completion"),
        (lambda: verify(Task("t", "x", tags=("a", 5))), "tags[1]"),  # type: ignore[arg-type]
        (lambda: Objective("o", "x", start=days(2), end=days(1)), "end"),
        (lambda: Play("p", "x", start=days(2), due=days(1)), "due"),
        (lambda: Plan("p", "a", "x", FrozenMap({"go_live": TODAY})), "anchors"),
        (lambda: plan(status="merged"), "merged_into"),
        (lambda: plan(merged_into="other"), "merged_into"),
        (lambda: plan(anchors=[("start", MONDAY)]), "anchors"),
        (lambda: plan(tasks=(plan(),)), "tasks[0]"),
        (lambda: Offset(True), "count"),
        (lambda: Offset(1.0), "count"),  # type: ignore[arg-type]
        (lambda: Offset(36_501), "count"),
        (lambda: Offset(1, "working_days", roll="next"), "roll"),
        (lambda: Offset(1, "days", roll_anchor="next"), "roll_anchor"),
        (lambda: Offset(1, anchor="Go Live"), "anchor"),
        (lambda: Offset(1, anchor="task:"), "anchor"),
        (lambda: Dependency("t", lag=-36_501), "lag"),
        (lambda: Dependency("t", unit="weeks"), "unit"),  # type: ignore[arg-type]
        (lambda: Task("t", "x", start=TODAY, due=dt.datetime.max), "due"),
        (lambda: WorkCalendar(weekdays=frozenset()), "weekdays"),
        (lambda: WorkCalendar(weekdays=frozenset({0})), "weekdays[0]"),
        (lambda: WorkCalendar(yearly_holidays=frozenset({"02-30"})), "yearly_holidays"),
        (lambda: WorkCalendar(yearly_holidays=frozenset({"٠١-٠٢"})), "yearly_holidays"),
        (lambda: WorkCalendar(holidays=frozenset({TODAY}), working_days=frozenset({TODAY})), "working_days"),
        (lambda: WorkCalendar("a & b"), "name"),
        (lambda: Account("a", "x", email="nobody"), "email"),
        (lambda: Account("a", "x", custom=FrozenMap({"size": 1.5})), "custom['size']"),  # type: ignore[dict-item]
        (lambda: TemplateTask("k", "x", start=Offset(), due=Offset(), duration=2), "duration"),
        (lambda: TemplateTask("k", "x", start=Offset(anchor="own_start")), "start.anchor"),
        (lambda: TemplateTask("k", "x", due=Offset(anchor="own_start")), "due.anchor"),
    ],
)
def test_rules_of_single_nouns(make: Callable[[], object], place: str) -> None:
    """What no field alone can tell, and some that one could get wrong."""
    assert [place] == places(make)


def test_29_february_is_a_day_of_the_year() -> None:
    """D6: it counts in leap years."""
    assert {"02-29"} == WorkCalendar(yearly_holidays=frozenset({"02-29"})).yearly_holidays


def test_roles_of_an_actor_come_in_any_collection_but_a_text() -> None:
    """`roles="admin"` is no set of five letters."""
    for roles in ({"manager"}, ["manager"], ("manager",), frozenset({"manager"})):
        assert frozenset({"manager"}) == Actor("ana", roles=roles).roles  # type: ignore[arg-type]
    for wrong in ("admin", 5, None, {"manager": 1}, [[]], ["a", 5]):
        assert places(lambda wrong=wrong: Actor("ana", roles=wrong))  # type: ignore[misc]


def test_a_task_is_open_until_it_is_done_or_cancelled() -> None:
    """L14: a waiting one is open."""
    done = Completion(1, NOW, TODAY, "ana")
    assert [True, True, True, False, False] == [
        Task("t", "x", status, completion=done if status == "done" else None).is_open  # type: ignore[arg-type]
        for status in ("waiting", "open", "in_progress", "cancelled", "done")
    ]


def test_the_variance_is_the_due_less_the_first_due() -> None:
    """D12: late is positive; without both there is none."""
    assert 3 == Task("t", "x", due=days(4), original_due=days(1)).variance
    assert -1 == Task("t", "x", due=days(0), original_due=days(1)).variance
    assert None is Task("t", "x", due=days(1)).variance is Task("t", "x", original_due=days(1)).variance


def test_plain_collections_are_taken_for_frozen_ones() -> None:
    """Lists, sets and dicts, in whichever field holds a tuple, a frozenset or a FrozenMap; a set for a tuple sorted."""
    task = Task(
        "t",
        "Call",
        dependencies=[Dependency("a")],
        helpers={"cleo", "ben"},
        tags=["x"],
        custom={"sizes": ["a", "b"], "size": 3},
    )
    assert ((Dependency("a"),), ("ben", "cleo"), ("x",)) == (task.dependencies, task.helpers, task.tags)
    assert FrozenMap({"sizes": ("a", "b"), "size": 3}) == task.custom
    assert hash(task)
    verify(task)
    for name in ("dependencies", "helpers", "tags", "owner_rule", "comments"):
        assert () == getattr(Task("t", "Call", **{name: []}), name)
    assert isinstance(Task("t", "Call", custom={"size": 3}).custom, FrozenMap)
    assert (task,) == Plan("p", "acme", "Plan", {"start": MONDAY}, tasks=[task]).tasks
    assert (WorkCalendar("a"),) == Settings(calendars=[WorkCalendar("a")], calendar="a").calendars
    assert FrozenMap({"task": "To-do"}) == Settings(labels={"task": "To-do"}).labels
    made = Draft(
        template=Template("t", "T"),
        account_id="acme",
        anchors={"start": MONDAY},
        title="T",
        dropped=["a"],
        overrides={"b": Override(title="B")},
    )
    assert (frozenset("a"), FrozenMap({"b": Override(title="B")})) == (made.dropped, made.overrides)
    assert ("acme",) == PlanQuery(account_ids=["acme"]).account_ids
    assert ("done", "open") == TaskQuery(statuses={"open", "done"}).statuses


@pytest.mark.parametrize(
    ("make", "place"),
    [
        (lambda: Person("p", "P", roles="admin"), "roles"),
        (lambda: PlanQuery(account_ids="acme"), "account_ids"),
        (lambda: PlanQuery(account_ids={"acme": 1}), "account_ids"),
        (lambda: PlanQuery(account_ids=[["acme"]]), "account_ids[0]"),
        (lambda: plan(tasks={Task("b", "B"), Task("a", "A")}), "tasks"),
        (lambda: Task("t", "x", tags=[["x"]]), "tags[0]"),
        (lambda: Settings(calendars={"a": WorkCalendar("a")}), "calendars"),
    ],
)
def test_what_could_be_meant_otherwise_is_no_collection(make: Callable[[], object], place: str) -> None:
    """A text for its letters, a dict for its keys, a set that has no order."""
    assert [place] == places(make)


def test_a_wrong_field_hides_no_other_problem() -> None:
    """What a noun says of its fields together is told beside what is wrong with single ones."""
    assert ["owner_id", "title", "completion", "due"] == places(
        lambda: Task("t", "", "done", owner_id=3, start=days(2), due=days(1))
    )
    assert ["due", "title", "completion"] == places(lambda: Task("t", "", "done", start=days(2), due="soon"))
    assert ["roll"] == places(lambda: Offset(1, "working_days", roll="x")), "once, though two rules see it"


def test_items_are_found_by_id_then_by_key() -> None:
    """An id beats a key that reads the same; an empty text is nobody's key."""
    made = plan(
        tasks=(Task("a", "A", key="b"), Task("b", "B"), Task("c", "C", key="d")),
        plays=(),
        objectives=(Objective("x", "X", key="y"), Objective("y", "Y"), Objective("z", "Z")),
        milestones=(Milestone("m", "M", key="live"), Milestone("live", "L")),
    )
    assert ["A", "B", "C"] == [made.task(one).title for one in ("a", "b", "d")]
    assert ["X", "Y"] == [made.objective(one).title for one in ("x", "y")]
    assert ["M", "L"] == [made.milestone(one).title for one in ("m", "live")]
    again = plan(plays=(Play("p", "P", key="q"), Play("q", "Q", key="r")), tasks=())
    assert ["P", "Q", "Q"] == [again.play(one).title for one in ("p", "q", "r")]
    for look in (made.task, made.objective, made.milestone, made.play, made.item):
        for nobody in ("", "nobody"):
            with pytest.raises(NotFound, match=repr(nobody)):
                look(nobody)


@pytest.mark.parametrize("value", NASTY.values(), ids=NASTY)
def test_asking_for_anything_at_all_finds_it_or_not(value: Any) -> None:
    """No error of Python's own."""
    for look in (plan().task, plan().objective, plan().milestone, plan().play, plan().item):
        with pytest.raises(NotFound):
            look(value)


def test_a_key_or_title_where_an_id_is_wanted_is_told_as_such() -> None:
    """With the id that is meant, and the way there where the plan has one."""
    made = plan(
        stages=(Stage("s1", "Proposal", key="proposal"),),
        plays=(),
        tasks=(
            Task("0a", "Call", key="call"),
            Task("0b", "Visit"),
            Task("0c", "Mail", key="mail"),
            Task("0d", "Mail", key="mail"),
        ),
    )
    told = {
        "call": "ids are wanted; the task with the key 'call' is '0a': use plan.task('call').id",
        "VISIT": "ids are wanted; the task with the title 'Visit' is '0b'",
        "mail": "ids are wanted; the task with the key 'mail' is '0c', one of 2",
        "Proposal": "ids are wanted; the stage with the key 'proposal' is 's1'",
        "nobody": "check the id, or ask whoever gave it to you",
    }
    for asked, hint in told.items():
        with pytest.raises(NotFound) as error:
            made.item(asked)
        assert f"there is no item {asked!r} here: {hint}" == str(error.value)


def test_what_is_near_to_a_key_is_guessed() -> None:
    """By `task` and the like, which take ids and keys; a title is told with the key it goes by."""
    made = plan(tasks=(Task("0a", "Call them", key="call"), Task("0b", "Visit")), plays=())
    told = {
        "cal": "is it call? (tasks by their keys)",
        "mail": "there are call (tasks by their keys)",
        "call them": "an id or key is wanted; 'Call them' is the title of 'call'",
        "Visit": "an id or key is wanted; 'Visit' is the title of '0b'",
    }
    for asked, hint in told.items():
        with pytest.raises(NotFound) as error:
            made.task(asked)
        assert f"there is no task {asked!r} here: {hint}" == str(error.value)


def test_what_stands_under_an_item() -> None:
    """L5: under an objective through its plays too; under a play, a milestone, a stage straight."""
    for item_id, ids in (
        ("why", ["call", "mail", "ring", "sign"]),
        ("play", ["call", "mail", "ring"]),
        ("live", ["train"]),
        ("own", ["mail"]),
        ("proposal", ["tidy"]),
        ("free", []),
    ):
        assert ids == [task.id for task in plan().under(item_id)]


def test_kinds_are_told_by_the_class() -> None:
    """So that no field can lie about it."""
    assert ["stage", "objective", "milestone", "play", "task"] == [cls.kind for cls in get_args(Item)]
    assert "kind" not in {field.name for field in attrs.fields(Stage)}
    assert "milestone" == Milestone("m", "M").kind


@settings(max_examples=size(400))
@given(st.text(), st.decimals(allow_nan=True, allow_infinity=True))
def test_texts_and_numbers_either_fit_or_are_named(text: str, number: Decimal) -> None:
    """S1: whatever Hypothesis thinks of."""
    try:
        account = Account("a", text, custom=FrozenMap({"x": number}))
    except Invalid as error:
        assert {problem.place for problem in error.problems} <= {"name", "custom['x']"}
    else:
        assert (text, number) == (account.name, account.custom["x"])
