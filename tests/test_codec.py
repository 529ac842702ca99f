"""The codec: what is written comes back, and what comes from outside is taken at its word or refused with reasons."""

import datetime as dt
import json
import subprocess
import sys
from decimal import Decimal
from typing import Any

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from actionplans import codec, storage
from actionplans.codec.forms import always_written
from actionplans.errors import Invalid
from actionplans.journal import Edit, Entry, diff
from actionplans.model import (
    Account,
    Comment,
    Condition,
    Draft,
    FrozenMap,
    Offset,
    Person,
    Plan,
    Reading,
    Reminder,
    Stage,
    Task,
    Template,
    WorkCalendar,
)
from actionplans.settings import Settings
from actionplans.sharing import View
from actionplans.testing.strategies import NASTY, kinds, nouns
from tests.size import size

BESIDE = [
    storage.StoredDraft,
    storage.Message,
    storage.PlanHead,
    storage.FoundTask,
    storage.PlanQuery,
    storage.TaskQuery,
    storage.AccountQuery,
    storage.RecordQuery,
]
"""Nouns of the layers above the codec: a text of one is read with its class given."""

EVERY = [*codec.NOUNS.values(), *BESIDE]
RECORDS = list(storage.KINDS.values())

START = dt.date(2026, 1, 5)
MOMENT = dt.datetime(2026, 1, 5, 9, 0, tzinfo=dt.UTC)
PLAN = Plan("p", "a", "A plan", FrozenMap({"start": START}), tasks=(Task("t0", "One"), Task("t1", "Two", due=START)))
NO_TEXT = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8)
ANY_JSON = st.recursive(NO_TEXT, lambda one: st.lists(one, max_size=4) | st.dictionaries(st.text(max_size=8), one))


def is_plain(data: object) -> bool:
    """Whether JSON has it: exact types, text as keys."""
    if type(data) is dict:
        return all(type(key) is str and is_plain(one) for key, one in data.items())
    if type(data) is list:
        return all(map(is_plain, data))
    return data is None or type(data) in (str, int, bool)


class TestLaws:
    """What holds for every value of every noun."""

    @pytest.mark.parametrize("cls", EVERY, ids=lambda cls: cls.__name__)
    def test_what_is_written_comes_back(self, cls: type) -> None:
        """loads(dumps(x)) == x, to the last zero of a decimal; the plain form is pure JSON; the text is the same."""

        @given(nouns(cls))
        @settings(max_examples=size(300))
        def law(value: Any) -> None:
            text = codec.dumps(value)
            back = codec.loads(text, cls)
            assert value == back
            assert text == codec.dumps(back)
            assert is_plain(codec.to_plain(value))

        law()

    @given(nouns(View))
    @settings(max_examples=size(300))
    def test_a_view_comes_back_as_plain_data_only(self, view: View) -> None:
        """It is what one viewer sees on one day: no text of its own that says what it is."""
        assert view == codec.from_plain(View, codec.to_plain(view))
        with pytest.raises(Invalid, match=r"give view\.plan"):
            codec.dumps(view)

    @given(kinds(list(codec.NOUNS.values())), st.integers(0, 4))
    @settings(max_examples=size(2_000))
    def test_a_text_says_what_it_is(self, value: Any, indent: int) -> None:
        """The class need not be given, and indenting changes no value."""
        assert value == codec.loads(codec.dumps(value, indent))
        assert value == codec.loads(codec.dumps(value).encode())

    @given(kinds(list(codec.NOUNS.values())))
    @settings(max_examples=size(2_000))
    def test_only_what_differs_from_a_default_is_written(self, value: Any) -> None:
        """But what has no default, an id, and what the settings ship with always is."""
        for field in attrs.fields(type(value)):
            written = field.name in codec.to_plain(value)
            assert written is (always_written(field) or getattr(value, field.name) != field.default)

    @given(kinds(RECORDS))
    @settings(max_examples=size(2_000))
    def test_a_stored_record_comes_back(self, record: Any) -> None:
        """decode(encode(x)) == x, in the short form too."""
        assert record == codec.decode_record(type(record), codec.encode_record(record))

    @given(nouns(Entry))
    @settings(max_examples=size(2_000))
    def test_a_stored_entry_comes_back(self, entry: Entry) -> None:
        """decode(encode(x)) == x for journal entries, whole items in their edits included."""
        assert entry == codec.decode_entry(codec.encode_entry(entry))

    @given(nouns(Plan), nouns(Plan))
    @settings(max_examples=size(1_000))
    def test_any_difference_of_plans_comes_back(self, one: Plan, other: Plan) -> None:
        """Whatever `diff` finds can be written and is read as the same edits."""
        entry = Entry("plan", one.id, 1, MOMENT, "u", "test", diff(one, other))
        assert entry == codec.loads(codec.dumps(entry))

    @given(st.data())
    @settings(max_examples=size(2_000))
    def test_columns_and_rest_make_the_value(self, data: st.DataObject) -> None:
        """Whichever fields have columns, those and the loaded rest are all that the constructor needs."""
        cls = data.draw(st.sampled_from([Task, Plan, Account, Person, Template]))
        names = [field.name for field in attrs.fields(cls)]
        columns = data.draw(st.frozensets(st.sampled_from(names)))
        value = data.draw(nouns(cls))
        rest = codec.rest_of(cls, columns)
        text = rest.dump(value)
        held = rest.load(text)
        assert not columns & held.keys()
        assert value == cls(**{name: getattr(value, name) for name in columns}, **held)
        assert text == rest.dump(cls(**{name: getattr(value, name) for name in columns}, **held))

    @given(st.data())
    @settings(max_examples=size(2_000))
    def test_junk_never_raises_anything_but_invalid(self, data: st.DataObject) -> None:
        """Any JSON in any field of any noun is either taken or refused by our own error."""
        cls = data.draw(st.sampled_from(EVERY))
        plain = codec.to_plain(data.draw(nouns(cls)))
        name = data.draw(st.sampled_from([field.name for field in attrs.fields(cls)]) | st.text())
        plain[name] = data.draw(ANY_JSON)
        try:
            taken = codec.from_plain(cls, plain)
        except Invalid as error:
            assert error.problems
        else:
            assert taken == codec.loads(codec.dumps(taken), cls)

    @given(st.text() | st.binary() | ANY_JSON.map(json.dumps))
    @settings(max_examples=size(2_000))
    def test_any_text_is_taken_or_refused(self, text: str | bytes) -> None:
        """No error of the JSON library gets out."""
        with pytest.raises(Invalid):
            codec.loads(text)


class TestForms:
    """How each kind of value is written."""

    def test_the_envelope(self) -> None:
        """A text names its format, version and type; what is at its default is left out."""
        assert {
            "format": "actionplans",
            "version": 1,
            "type": "Stage",
            "data": {"id": "s", "title": "Closing"},
        } == json.loads(codec.dumps(Stage("s", "Closing")))

    def test_dates_moments_times_and_decimals_are_text(self) -> None:
        """ISO 8601, moments with their offset, decimals with all their digits."""
        east = dt.timezone(dt.timedelta(hours=5, minutes=30))
        reading = Reading(dt.datetime(2026, 1, 5, 9, 0, 0, 5, east), Decimal("1.50"), "u")
        assert {"at": "2026-01-05T09:00:00.000005+05:30", "value": "1.50", "by": "u"} == codec.to_plain(reading)
        assert {"days_before": 1, "at": "08:30:00"} == codec.to_plain(Reminder(1, dt.time(8, 30)))
        assert "2026-01-05T09:00:00+00:00" == codec.to_plain(Comment("c", "u", MOMENT, "hi"))["at"]

    def test_sets_and_maps_are_sorted(self) -> None:
        """So that equal values give equal text."""
        calendar = WorkCalendar(holidays=frozenset({dt.date(2026, 12, 25), START}), weekdays=frozenset({5, 1}))
        assert ["2026-01-05", "2026-12-25"] == codec.to_plain(calendar)["holidays"]
        assert [1, 5] == codec.to_plain(calendar)["weekdays"]
        one = attrs.evolve(PLAN, custom=FrozenMap({"b": 1, "a": 2}))
        other = attrs.evolve(PLAN, custom=FrozenMap({"a": 2, "b": 1}))
        assert one == other
        assert codec.dumps(one) == codec.dumps(other)

    @pytest.mark.parametrize(
        ("held", "plain"),
        [
            ("2026-01-05", "2026-01-05"),
            ("1.5", "1.5"),
            (True, True),
            (1, 1),
            (0, 0),
            (False, False),
            (Decimal("1.50"), {"decimal": "1.50"}),
            (Decimal("-0"), {"decimal": "-0"}),
            (Decimal("1E+3"), {"decimal": "1E+3"}),
            (START, {"date": "2026-01-05"}),
            (("b", "a"), ["b", "a"]),
            ((), []),
        ],
    )
    def test_a_custom_value_keeps_its_type(self, held: Any, plain: Any) -> None:
        """Numbers, amounts, dates, yes/no and texts that look like them are never mixed up."""
        condition = Condition("account.type", "==", held)
        assert plain == codec.to_plain(condition)["value"]
        back = codec.loads(codec.dumps(condition)).value
        assert (type(held), str(held)) == (type(back), str(back))

    @pytest.mark.parametrize("text", NASTY)
    def test_nasty_text_comes_back_sign_by_sign(self, text: str) -> None:
        """Nothing is normalised, escaped for good or stripped (C10)."""
        plan = attrs.evolve(PLAN, description=text, custom=FrozenMap({text: text}))
        assert plan == codec.loads(codec.dumps(plan))
        assert plan == codec.decode_record(Plan, codec.encode_record(plan))

    def test_what_settings_ship_with_is_written(self) -> None:
        """A later release with another policy changes no stored settings."""
        plain = codec.to_plain(Settings())
        assert {"id", "policy", "sections", "stages", "objective_statuses", "calendars", "limits"} == plain.keys()

    def test_an_edit_says_what_it_holds(self) -> None:
        """A date is no text that looks like one, and a whole item goes by its class."""
        edit = Edit("task", "t", "due", None, START)
        assert {"date": "2026-01-05"} == codec.to_plain(edit)["after"]
        went = Edit("stage", "s", "", Stage("s", "Closing"), None, 0)
        assert {"Stage": {"id": "s", "title": "Closing"}} == codec.to_plain(went)["before"]

    def test_what_a_toml_file_gives_is_taken(self) -> None:
        """Dates and times that are no text already, as from `tomllib`."""
        draft = {"template": {"id": "t", "title": "T"}, "account_id": "a", "anchors": {"start": START}, "title": "T"}
        assert START == codec.from_plain(Draft, draft).anchors["start"]
        assert dt.time(8) == codec.from_plain(Reminder, {"at": dt.time(8)}).at
        assert START == codec.from_plain(Condition, {"field": "account.type", "comparison": "<", "value": START}).value

    def test_a_text_from_a_windows_editor_is_taken(self) -> None:
        """A byte order mark is no part of the data."""
        assert PLAN == codec.loads(b"\xef\xbb\xbf" + codec.dumps(PLAN).encode())


class TestStored:
    """The short form of the stores."""

    COLUMNS = frozenset({"id", "title", "status", "due"})

    def test_an_empty_rest_is_an_empty_object(self) -> None:
        """Most tasks cost two characters beside their columns."""
        rest = codec.rest_of(Task, self.COLUMNS)
        assert "{}" == rest.dump(Task("t", "T", "waiting", due=START))
        assert {} == rest.load("{}")

    def test_the_rest_is_compact_and_in_the_order_of_the_fields(self) -> None:
        """Only what is not at its default, without blanks."""
        task = Task("t", "T", key="k", offset=Offset(2), dependencies=())
        assert '{"offset":{"count":2},"key":"k"}' == codec.rest_of(Task, self.COLUMNS).dump(task)

    def test_what_was_loaded_is_the_callers_own(self) -> None:
        """Rows with the same rest share values but no dict."""
        rest = codec.rest_of(Task, self.COLUMNS)
        first = rest.load('{"key":"k"}')
        first["key"] = "changed"
        assert {"key": "k"} == rest.load('{"key":"k"}')

    def test_the_same_columns_give_the_same_rest(self) -> None:
        """It is made once."""
        assert codec.rest_of(Task, self.COLUMNS) is codec.rest_of(Task, frozenset(self.COLUMNS))

    def test_a_column_that_is_no_field(self) -> None:
        """A store's mistake is found when it is loaded."""
        with pytest.raises(Invalid, match="dew: is no field"):
            codec.rest_of(Task, frozenset({"due", "dew"}))

    @pytest.mark.parametrize("text", ["", "{", "[]", "3", '{"dew":1}', '{"offset":5}', '{"offset":{"count":"x"}}'])
    def test_a_damaged_row(self, text: str) -> None:
        """Whatever is wrong with stored text comes out as our own error, which says so."""
        with pytest.raises(Invalid, match="stored Task"):
            codec.rest_of(Task, self.COLUMNS).load(text)

    @pytest.mark.parametrize("text", ["", "[]", "{}", '{"id":"p"}', '{"record":"plan","edits":3}', "[" * 100_000])
    def test_a_damaged_entry(self, text: str) -> None:
        """The same for the journal."""
        with pytest.raises(Invalid, match="stored Entry"):
            codec.decode_entry(text)


def test_importing_the_codec_loads_neither_cattrs_nor_json() -> None:
    """Both wait for the first use."""
    code = (
        "import sys, attrs; before = set(sys.modules); import actionplans.codec as c\n"
        "from actionplans.model import Task\n"
        "c.rest_of(Task, frozenset({'id'}))\n"
        "print({'cattrs', 'json'} & (set(sys.modules) - before))\n"
        "print(c.dumps(Task('t', 'T')))"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ["set()", codec.dumps(Task("t", "T"))] == run.stdout.splitlines()
