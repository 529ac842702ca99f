"""The JSON Schemas: good schemas, true to what the codec writes, and false for what it refuses."""

import copy
from functools import cache
from typing import Any

import attrs
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator, SchemaError

from actionplans import codec
from actionplans.errors import Invalid
from actionplans.model import Condition, Offset, Person, Plan, Stage, Task, WorkCalendar
from actionplans.testing.strategies import nouns
from tests.size import size
from tests.test_codec import EVERY

EACH = pytest.mark.parametrize("cls", EVERY, ids=lambda cls: cls.__name__)
JUNK = st.sampled_from([[[3]], {"no such tag": [[3]]}, 1.5, "\ud800" * 200_000])
"""Of no field's type: a list of lists of numbers, an object of no class, a fraction, a text longer than any field."""


schema = cache(codec.schema)


def valid(cls: type, data: object) -> bool:
    """Whether the schema of the class takes the data."""
    return bool(Draft202012Validator(schema(cls)).is_valid(data))


def refused(cls: type, data: object) -> bool:
    """Whether the codec refuses the data."""
    try:
        codec.from_plain(cls, data)
    except Invalid:
        return True
    return False


def objects_of(data: Any, schema: dict[str, Any], defs: dict[str, Any]) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    """Every noun inside plain data with the schema that describes it: itself, and those in its fields and lists."""
    schema = defs[schema["$ref"].rpartition("/")[2]] if "$ref" in schema else schema
    if isinstance(data, list) and "items" in schema:
        return [found for one in data for found in objects_of(one, schema["items"], defs)]
    if not isinstance(data, dict) or "properties" not in schema:
        return []
    inner = [pair for name, one in data.items() for pair in objects_of(one, schema["properties"][name], defs)]
    return [(data, schema), *inner]


DIALECT = "https://json-schema.org/draft/2020-12/schema"


def test_schemas_are_schemas() -> None:
    """All in one, since they share most of their parts: each class is described in one way, wherever it stands."""
    parts: dict[str, Any] = {}
    for cls in EVERY:
        whole = codec.schema(cls, envelope=True)
        assert all(one == parts.setdefault(name, one) for name, one in whole.pop("$defs").items())
        parts[f"whole {cls.__name__}"] = whole
    Draft202012Validator.check_schema({"$schema": DIALECT, "$defs": parts})
    with pytest.raises(SchemaError):
        Draft202012Validator.check_schema({"$defs": {"Task": parts["Task"] | {"type": "tsak"}}})


@EACH
def test_a_schema_says_what_it_is(cls: type) -> None:
    """Of the dialect it names, the same in both forms, every class described."""
    made, whole = schema(cls), codec.schema(cls, envelope=True)
    assert DIALECT == made["$schema"] == whole["$schema"]
    assert cls.__name__ == made["title"]
    plain = {name: one for name, one in made.items() if name not in ("$schema", "title", "$defs")}
    assert plain == whole["$defs"][cls.__name__]
    assert all(one == whole["$defs"][name] for name, one in made["$defs"].items())
    assert all(one["description"] for one in whole["$defs"].values())


@EACH
def test_whatever_is_written_is_valid(cls: type) -> None:
    """The schema takes every value of the class, as plain data and as a whole text."""
    plain, whole = (Draft202012Validator(codec.schema(cls, envelope)) for envelope in (False, True))

    @given(nouns(cls))
    @settings(max_examples=size(240))
    def law(value: Any) -> None:
        data = codec.to_plain(value)
        plain.validate(data)
        whole.validate({"format": "actionplans", "version": 1, "type": cls.__name__, "data": data})

    law()


@given(st.sampled_from(EVERY), st.data())
@settings(max_examples=size(1_500))
def test_an_unknown_key_is_refused_by_both(cls: type, data: st.DataObject) -> None:
    """At any depth: the schema and the codec agree that fields are spelt right."""
    plain = copy.deepcopy(codec.to_plain(data.draw(nouns(cls))))
    inner, _ = data.draw(st.sampled_from(objects_of(plain, schema(cls), schema(cls)["$defs"])))
    inner["no_such_field"] = 1
    assert not valid(cls, plain)
    assert refused(cls, plain)


@given(st.sampled_from(EVERY), st.data())
@settings(max_examples=size(1_500))
def test_a_missing_field_is_refused_by_both(cls: type, data: st.DataObject) -> None:
    """What has no default must be there, at any depth."""
    plain = copy.deepcopy(codec.to_plain(data.draw(nouns(cls))))
    having = [pair for pair in objects_of(plain, schema(cls), schema(cls)["$defs"]) if pair[1]["required"]]
    assume(having)
    inner, its = data.draw(st.sampled_from(having))
    del inner[data.draw(st.sampled_from(its["required"]))]
    assert not valid(cls, plain)
    assert refused(cls, plain)


@EACH
def test_what_has_no_default_is_required(cls: type) -> None:
    """And a task's title, whose default is no title."""
    required = [one.name for one in attrs.fields(cls) if one.default is attrs.NOTHING]
    assert (["title"] if cls is Task else required) == schema(cls)["required"]


@given(st.sampled_from(EVERY), JUNK, st.data())
@settings(max_examples=size(1_500))
def test_a_wrong_type_is_refused_by_both(cls: type, junk: Any, data: st.DataObject) -> None:
    """Junk in any field of the class; an edit's `before` and `after` take lists and texts of any kind."""
    name = data.draw(st.sampled_from([one.name for one in attrs.fields(cls)]))
    assume(not (name in ("before", "after") and (junk == [[3]] or isinstance(junk, str))))
    plain = {**codec.to_plain(data.draw(nouns(cls))), name: junk}
    assert not valid(cls, plain)
    assert refused(cls, plain)


@pytest.mark.parametrize(
    ("cls", "data"),
    [
        (Offset, {"count": "2"}),
        (Offset, {"count": True}),
        (Offset, {"count": 36_501}),
        (Offset, {"unit": "dogs"}),
        (Offset, {"anchor": ""}),
        (Offset, {"anchor": "start\n"}),
        (Stage, {"id": "s", "title": ""}),
        (Stage, {"id": "s", "title": "\u2003"}),
        (Stage, {"id": "s", "title": "x" * 501}),
        (Person, {"id": "p", "name": "P", "email": "a@b\n"}),
        (Person, {"id": "p", "name": "P", "roles": ["a", "a"]}),
        (WorkCalendar, {"name": " "}),
        (WorkCalendar, {"name": "a & b"}),
        (WorkCalendar, {"holidays": ["2026-1-5"]}),
        (WorkCalendar, {"weekdays": [0]}),
        (Condition, {"field": "account.type", "comparison": "==", "value": {"date": 5}}),
        (Condition, {"field": "account.type", "comparison": "==", "value": {"time": "09:00:00"}}),
        (Condition, {"field": "account.type", "comparison": "==", "value": None}),
        (Plan, {"id": "p", "account_id": "a", "title": "T", "anchors": {"start": "tomorrow"}}),
        (
            Plan,
            {"id": "p", "account_id": "a", "title": "T", "anchors": {"start": "2026-01-05", "x" * 101: "2026-01-05"}},
        ),
    ],
)
def test_the_limits_of_fields_are_in_the_schema(cls: type, data: Any) -> None:
    """Lengths, ranges, patterns and choices, not types alone."""
    assert not valid(cls, data)
    assert refused(cls, data)


@EACH
def test_a_default_in_the_schema_is_what_a_field_left_out_means(cls: type) -> None:
    """A reader of the JSON that knows only the schema can fill them in."""
    for name, made in schema(cls)["properties"].items():
        if "default" in made:
            its = {**made, "$defs": schema(cls)["$defs"]}
            assert Draft202012Validator(its).is_valid(made["default"]), name


def test_defaults_are_shown() -> None:
    """As plain data."""
    made = schema(Offset)["properties"]
    defaults = {"count": 0, "unit": "days", "anchor": "start", "roll": "none", "roll_anchor": "none"}
    assert defaults == {name: one["default"] for name, one in made.items()}
