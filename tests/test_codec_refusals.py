"""What the codec refuses: every near miss of a type, all problems at once, each with its place."""

import datetime as dt
from collections.abc import Callable
from typing import Any

import attrs
import pytest

from actionplans import codec, sharing
from actionplans.errors import Invalid
from actionplans.journal import Edit
from actionplans.model import (
    Account,
    Comment,
    Condition,
    FrozenMap,
    Metric,
    Offset,
    Plan,
    Reminder,
    Stage,
    Task,
    Template,
    WorkCalendar,
)
from actionplans.permissions import Asker
from actionplans.settings import Settings

PLAN = Plan(
    "p",
    "a",
    "A plan",
    FrozenMap({"start": dt.date(2026, 1, 5)}),
    tasks=(Task("t0", "One"), Task("t1", "Two", due=dt.date(2026, 1, 5))),
)


def problems(run: Callable[[], object]) -> dict[str, str]:
    """The problems of the `Invalid` that `run()` raises, message by place."""
    with pytest.raises(Invalid) as caught:
        run()
    return {problem.place: problem.message for problem in caught.value.problems}


def test_all_problems_come_at_once_with_their_places() -> None:
    """However deep they stand, in one error."""
    data = codec.to_plain(PLAN)
    data["anchors"]["go"] = "2026-02-30"
    data["tasks"][0] |= {"titel": "x", "due": 5, "custom": {"size": {"decimal": "1,5"}}}
    data["tasks"][1] |= {"offset": {"count": "2", "unit": "dogs"}, "title": " ", "tags": ["a", 1]}
    data["shared"] = 1
    del data["account_id"]
    found = problems(lambda: codec.from_plain(Plan, data))
    assert {
        "account_id",
        "anchors['go']",
        "shared",
        "tasks[0].titel",
        "tasks[0].due",
        "tasks[0].custom['size'].decimal",
        "tasks[1].offset.count",
        "tasks[1].offset.unit",
        "tasks[1].title",
        "tasks[1].tags[1]",
    } == found.keys()
    assert "is missing" == found["account_id"]
    assert "no such field: is it title?" == found["tasks[0].titel"]


def test_limits_are_told_along_with_wrong_types() -> None:
    """What only the checks of a value find does not wait until its other fields can be read."""
    metric = {"target": "1E+101", "unit": 5}
    assert {"target", "unit"} == problems(lambda: codec.from_plain(Metric, metric)).keys()
    condition = {"field": "account.type", "comparison": 3, "value": {"time": "09:00:00"}}
    assert {"comparison", "value"} == problems(lambda: codec.from_plain(Condition, condition)).keys()


def test_a_value_that_contradicts_itself_has_its_place() -> None:
    """The rules between fields speak with the place of the value that breaks them."""
    data = codec.to_plain(PLAN)
    data["tasks"][1]["offset"] = {"unit": "working_days", "roll": "next"}
    assert ["tasks[1].offset.roll"] == list(problems(lambda: codec.from_plain(Plan, data)))


@pytest.mark.parametrize(
    ("name", "held"),
    [
        ("description", "a\0b"),
        ("priority", 3),
        ("category", "x" * 101),
        ("completion", {"number": 1, "at": "2026-01-05T09:00:00Z", "on": "2026-01-05", "by": "u"}),
        ("duration", 0),
        ("helpers", [""]),
        ("original_due", "2026-01-05T00:00:00Z"),
    ],
)
def test_a_task_from_outside_is_checked_in_full(name: str, held: Any) -> None:
    """A task checks only the essentials when it is made; the codec checks the rest."""
    data = codec.to_plain(PLAN)
    data["tasks"][1][name] = held
    [place] = problems(lambda: codec.from_plain(Plan, data))
    assert place.startswith(f"tasks[1].{name}")


def test_a_task_that_breaks_rules_is_not_written() -> None:
    """Nothing is written that could not be read again."""
    task = Task("t", "T", description="a\0b")
    assert ["description"] == list(problems(lambda: codec.dumps(attrs.evolve(PLAN, tasks=(task,)))))


@pytest.mark.parametrize(
    ("cls", "data", "place"),
    [
        (Offset, {"count": "2"}, "count"),
        (Offset, {"count": True}, "count"),
        (Offset, {"count": 1.0}, "count"),
        (Offset, {"count": float("nan")}, "count"),
        (Offset, {"count": None}, "count"),
        (Offset, {"count": 36_501}, "count"),
        (Offset, {"anchor": 3}, "anchor"),
        (Offset, [], ""),
        (Offset, "start", ""),
        (Offset, None, ""),
        (Offset, {3: 4}, ""),
        (Offset, {"a b": 4}, "[str 'a b']"),
        (Stage, {"id": "s", "title": "S", "fixed": 1}, "fixed"),
        (Stage, {"id": "s", "title": "S", "fixed": "true"}, "fixed"),
        (Stage, {"id": "s", "title": "S", "fixed": None}, "fixed"),
        (Metric, {"target": 1.5}, "target"),
        (Metric, {"target": 1}, "target"),
        (Metric, {"target": "1,5"}, "target"),
        (Metric, {"target": "NaN"}, "target"),
        (Metric, {"target": "Infinity"}, "target"),
        (Metric, {"target": "1e5"}, "target"),
        (Metric, {"target": "1E+999999999"}, "target"),
        (Metric, {"target": "1E+101"}, "target"),
        (Metric, {"target": "9" * 10_000}, "target"),
        (Metric, {"target": " 1"}, "target"),
        (Metric, {"target": "１"}, "target"),
        (Metric, {"target": "1\n"}, "target"),
        (WorkCalendar, {"holidays": ["2026-01-05T00:00:00Z"]}, "holidays[0]"),
        (WorkCalendar, {"holidays": [dt.datetime(2026, 1, 5)]}, "holidays[0]"),
        (WorkCalendar, {"holidays": ["20260105"]}, "holidays[0]"),
        (WorkCalendar, {"holidays": ["2026-W02-1"]}, "holidays[0]"),
        (WorkCalendar, {"holidays": ["0000-01-01"]}, "holidays[0]"),
        (WorkCalendar, {"holidays": ["2026-01-05", "2026-01-05"]}, "holidays[1]"),
        (WorkCalendar, {"holidays": "2026-01-05"}, "holidays"),
        (WorkCalendar, {"holidays": {"2026-01-05": 1}}, "holidays"),
        (WorkCalendar, {"weekdays": [1, True]}, "weekdays[1]"),
        (Comment, {"id": "c", "author_id": "u", "at": "2026-01-05T09:00:00", "text": ""}, "at"),
        (Comment, {"id": "c", "author_id": "u", "at": "2026-01-05 09:00:00+00:00", "text": ""}, "at"),
        (Comment, {"id": "c", "author_id": "u", "at": "2026-01-05", "text": ""}, "at"),
        (Comment, {"id": "c", "author_id": "u", "at": 1767603600, "text": ""}, "at"),
        (Comment, {"id": "c", "author_id": "u", "at": "2026-01-05T25:00:00Z", "text": ""}, "at"),
        (Reminder, {"at": "9"}, "at"),
        (Reminder, {"at": "09:00"}, "at"),
        (Condition, {"field": "account.type", "comparison": "==", "value": 1.5}, "value"),
        (Condition, {"field": "account.type", "comparison": "==", "value": None}, "value"),
        (Condition, {"field": "account.type", "comparison": "==", "value": [1]}, "value[0]"),
        (Condition, {"field": "account.type", "comparison": "==", "value": {}}, "value"),
        (Condition, {"field": "account.type", "comparison": "==", "value": {"time": "09:00:00"}}, "value"),
        (Condition, {"field": "account.type", "comparison": "==", "value": {"date": "x"}}, "value.date"),
        (
            Condition,
            {"field": "account.type", "comparison": "==", "value": {"Task": {"title": ""}}},
            "value.Task.title",
        ),
        (Condition, {"field": "account.type", "comparison": "==", "value": 2**54}, "value"),
        (Account, {"id": "a", "name": "A", "roles": {"csm": 5}}, "roles['csm']"),
        (Account, {"id": "a", "name": "A", "roles": [["csm", "u"]]}, "roles"),
        (Account, {"id": "a", "name": "A", "email": "no address"}, "email"),
    ],
)
def test_nothing_is_guessed(cls: type, data: Any, place: str) -> None:
    """A near miss of a type is refused where it stands."""
    assert [place] == list(problems(lambda: codec.from_plain(cls, data)))


@pytest.mark.parametrize(
    ("edit", "place"),
    [
        ({"field": "due", "after": "2026-01-05"}, "after"),
        ({"field": "due", "after": {"moment": "2026-01-05T09:00:00Z"}}, "after"),
        ({"field": "", "after": {"Stage": {"id": "s", "title": "S"}}}, "after"),
        ({"field": "order", "after": [1, 2]}, "after[0]"),
        ({"field": "dew", "after": 1}, "field"),
        ({"field": "custom", "after": {"map": {"a": {"decimal": 5}}}}, "after.map['a'].decimal"),
        ({"field": "custom", "after": {"Plan": {}}}, "after.Plan.id"),
        ({"field": "title", "after": {"Entry": {}}}, "after"),
        ({"field": "title", "after": "T", "position": -1}, "position"),
    ],
)
def test_an_edit_holds_what_its_field_holds(edit: dict[str, Any], place: str) -> None:
    """A change of an item that could not be made is refused when it is read."""
    data = {"kind": "task", "item_id": "t", "before": None, **edit}
    assert place in problems(lambda: codec.from_plain(Edit, data))


@pytest.mark.parametrize(
    ("text", "place", "words"),
    [
        ("", "", "is no JSON: line 1, column 1"),
        ('{"a": 1,}', "", "is no JSON: line 1"),
        ("[]", "", "is not in this format"),
        ("null", "", "is not in this format"),
        ("{}", "", "is not in this format"),
        ("NaN", "", "NaN"),
        ('{"format": "actionplans", "x": -Infinity}', "", "-Infinity"),
        ('{"format": "other"}', "format", "'actionplans' is wanted"),
        ('{"format": "actionplans", "version": 2}', "version", "upgrade actionplans"),
        (
            '{"format": "actionplans", "version": 1, "type": "Dog", "data": {}}',
            "type",
            "there is no type str 'Dog'",
        ),
        ('{"format": "actionplans", "version": 1, "type": [], "data": {}}', "type", "there is no type"),
        ('{"format": "actionplans", "version": 1, "type": "Offset"}', "data", "is missing"),
        ('{"format": "actionplans", "version": true, "type": "Offset", "data": {}}', "version", "whole number"),
        ('{"format": "actionplans", "version": 0, "type": "Offset", "data": {}}', "version", "whole number"),
        ('{"format": "actionplans", "version": 1, "type": "Offset", "data": {}, "x": 1}', "", "no such key"),
        ('{"format": "actionplans", "version": 1, "type": "Offset", "data": {"count": 1.0}}', "count", "whole"),
        (
            '{"format": "actionplans", "version": 1, "type": "Offset", "data": {"count": 1, "count": 1}}',
            "",
            "twice",
        ),
        ("9" * 5_000, "", "5000 digits"),
        ("1e999", "", "is not in this format"),
        ("[" * 200_000, "", "nested too deeply"),
        ('{"a":' * 200_000, "", "nested too deeply"),
        (b"\xff\xfe", "", "is no UTF-8 at byte 0"),
        (codec.dumps(PLAN)[:-3], "", "is no JSON"),
        ('"\\ud800"', "", "is not in this format"),
    ],
    ids=lambda one: one[:60] if isinstance(one, str) else "",
)
def test_a_text_that_is_none_of_ours(text: str | bytes, place: str, words: str) -> None:
    """Each says what is wrong and what is wanted."""
    found = problems(lambda: codec.loads(text))
    assert [place] == list(found)
    assert words in found[place]


def test_another_class_than_the_one_wanted() -> None:
    """A template is not taken for a plan."""
    found = problems(lambda: codec.loads(codec.dumps(PLAN), Template))
    assert {"type": "'Template' is wanted, not str 'Plan'"} == found


def test_lists_in_lists_without_end() -> None:
    """Data nested so deep that Python gives up are refused like any other."""
    deep: Any = "x"
    for _ in range(100_000):
        deep = [deep]
    data = {"kind": "record", "item_id": "", "field": "x", "before": deep}
    assert {"": "is nested too deeply"} == problems(lambda: codec.from_plain(Edit, data))


@pytest.mark.parametrize("value", [None, 3, "plan", (PLAN,), {"id": "p"}, object()])
def test_what_is_no_noun_is_not_written(value: object) -> None:
    """Only values of the library have a form."""
    assert "has no JSON form" in problems(lambda: codec.to_plain(value))[""]


def test_a_view_is_not_written() -> None:
    """It is what one person sees on one day: its plan and its account are written instead."""
    viewer = sharing.Viewer(Asker("ana", frozenset({"administrator"})))
    view = sharing.view(PLAN, Account("a", "Acme"), Settings(), viewer, today=dt.date(2026, 1, 5))
    told = {"": "is made for one viewer and is not kept: give view.plan or view.account"}
    assert told == problems(lambda: codec.dumps(view))
    assert PLAN == codec.loads(codec.dumps(view.plan))


def test_data_for_what_is_no_noun() -> None:
    """Nor can they be read."""
    assert "has no JSON form" in problems(lambda: codec.from_plain(dict, {}))[""]
