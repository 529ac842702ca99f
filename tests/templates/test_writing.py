"""Portable files written: what a person would write, and what reads back as the same value (T12)."""

import datetime as dt
import json
import sys
import tomllib
from decimal import Decimal
from pathlib import Path
from typing import Any

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import actionplans as ap
from actionplans import codec
from actionplans.errors import Invalid, InvalidFile, MissingExtra
from actionplans.model import (
    CompletionEmail,
    Condition,
    Dependency,
    FrozenMap,
    Metric,
    Offset,
    Reminder,
    Template,
    TemplateMilestone,
    TemplateObjective,
    TemplatePlay,
    TemplateTask,
)
from actionplans.settings import CustomField, Settings
from actionplans.template import WRITTEN, check_template, publish, read_template, write_template
from actionplans.template.rules import PORTABLE_RULES, TEMPLATE_RULES
from actionplans.template.shorthand import expanded
from actionplans.testing.strategies import NASTY, nouns
from tests.counting import calls
from tests.nasty import NASTY as UNFIT
from tests.size import size
from tests.templates.portable import portable
from tests.templates.samples import EXAMPLES, GOOD, MOMENT

BOTH = pytest.mark.parametrize("format", WRITTEN)


def unstored(template: Template) -> Template:
    """The template without what belongs to a store, as a file gives it."""
    return attrs.evolve(template, state="editing", published_at=None, created_by="", revision=0)


def exactly(template: Template) -> str:
    """A text that tells any two templates apart, also where they are equal to Python (1.50 and 1.5, True and 1)."""
    return codec.dumps(template)


def back(template: Template, format: str = "toml", **options: Any) -> Template:
    """The template, written and read."""
    return read_template(write_template(template, format=format, **options).encode(), format=format)


def task(**fields: Any) -> Template:
    """A template of one task with these fields."""
    return Template("call", "Call", tasks=(TemplateTask("call", "Call", **fields),))


def written(**fields: Any) -> list[str]:
    """The lines that a task's fields make in TOML, besides its key and title."""
    text = write_template(task(**fields))
    return [line for line in text.split("[[tasks]]\n")[1].splitlines() if not line.startswith(("key =", "title ="))]


def refused(template: Template, **options: Any) -> dict[str, str]:
    """The problems of writing a template by place."""
    with pytest.raises(Invalid) as caught:
        write_template(template, **options)
    assert not isinstance(caught.value, InvalidFile)
    return {problem.place: problem.message for problem in caught.value.problems}


@settings(max_examples=size(2_000))
@given(portable(), st.sampled_from(WRITTEN))
def test_reading_back_gives_the_same_value(template: Template, format: str) -> None:
    """To the last digit and the last sign, but for what belongs to a store; and writing that again the same text."""
    text = write_template(template, format=format)
    again = read_template(text.encode())
    assert exactly(unstored(template)) == exactly(again)
    assert text == write_template(again, format=format)


@settings(max_examples=size(2_000))
@given(nouns(Template), st.sampled_from(WRITTEN))
def test_what_would_not_come_back_is_refused(template: Template, format: str) -> None:
    """Whatever the template is, either its file is read as the same or there is no file, and all problems are told."""
    try:
        text = write_template(template, format=format)
    except Invalid as error:
        with pytest.raises(Invalid) as caught:
            check_template(template, (*TEMPLATE_RULES, *PORTABLE_RULES))
        assert [one.place for one in caught.value.problems] == [one.place for one in error.problems]
    else:
        assert exactly(unstored(template)) == exactly(read_template(text.encode()))


@BOTH
@pytest.mark.parametrize("path", GOOD, ids=lambda path: path.name)
def test_every_sample_comes_back(path: Path, format: str) -> None:
    """Those of the library, of the tests and of the app; what is published too, as being edited."""
    template = read_template(path, warn=lambda problem: None)
    assert template == back(template, format) == back(publish(template, MOMENT), format)


def test_a_file_is_what_a_person_would_write() -> None:
    """A sample with the same keys in the same order, line by line, but for comments and for what its author chose."""
    path = EXAMPLES / "customer_onboarding.toml"
    ours = write_template(read_template(path)).splitlines()
    theirs = [line for line in path.read_text().splitlines() if not line.startswith("#")]
    alike = set(ours) & set(theirs)
    assert len(alike) >= 0.8 * len(set(theirs)), sorted(set(theirs) - alike)


@pytest.mark.parametrize(
    ("fields", "lines"),
    [
        ({}, []),
        ({"due": Offset(3)}, ["on_day = 3"]),
        ({"due": Offset()}, ["on_day = 0"]),
        ({"due": Offset(-3), "start": Offset(-5)}, ["start = -5", "due = -3"]),
        ({"due": Offset(3, "working_days")}, ['due = { count = 3, unit = "working_days" }']),
        ({"due": Offset(roll="next")}, ['due = { roll = "next" }']),
        ({"owner": ("applier",)}, ['owner = "applier"']),
        ({"owner": ("role:csm", "applier")}, ['owner = ["role:csm", "applier"]']),
        ({"completion_email": CompletionEmail("thanks")}, ['completion_email = "thanks"']),
        ({"reminder": Reminder()}, ["reminder = {}"]),
        ({"reminder": Reminder(2, dt.time(8, 30))}, ["reminder = { days_before = 2, at = 08:30:00 }"]),
        ({"metric": Metric(Decimal("50"))}, ["metric = { target = 50 }"]),
        ({"metric": Metric(Decimal("8.10"), start=Decimal("-0"))}, ['metric = { target = 8.10, start = "-0" }']),
        ({"required": False, "duration": 2}, ["duration = 2", "required = false"]),
        ({"tags": ("a", "b")}, ['tags = ["a", "b"]']),
        (
            {"custom": FrozenMap({"a b": Decimal("1.50"), "c": Decimal(5), "d": dt.date(2026, 1, 5), "e": True})},
            ['custom = { "a b" = 1.50, c = { decimal = "5" }, d = 2026-01-05, e = true }'],
        ),
        ({"conditions": (Condition("account.type", "==", "a"),)}, ["condition = \"account.type == 'a'\""]),
        (
            {
                "conditions": (
                    Condition("account.custom.x", ">", Decimal("1.5")),
                    Condition("account.type", "==", "'\""),
                )
            },
            ['conditions = ["account.custom.x > 1.5", { field = "account.type", comparison = "==", value = "\'\\"" }]'],
        ),
        (
            {"conditions": (Condition("account.custom.x", ">", Decimal(5)),)},
            ['conditions = [{ field = "account.custom.x", comparison = ">", value = { decimal = "5" } }]'],
        ),
        ({"description": 'One.\n\nTwo "quoted".'}, ['description = """', "One.", "", 'Two \\"quoted\\"."""']),
        ({"description": "Ends in a blank \nand goes on"}, ['description = "Ends in a blank \\nand goes on"']),
        ({"description": "Of Windows\r\nand older"}, ['description = "Of Windows\\r\\nand older"']),
    ],
    ids=str,
)
def test_what_is_written_shorter(fields: dict[str, Any], lines: list[str]) -> None:
    """The shorthands of the reader, where they read back the same; nothing that is at its default."""
    assert lines == written(**fields)
    assert exactly(task(**fields)) == exactly(back(task(**fields)))


def test_links_are_written_by_what_they_name() -> None:
    """A key alone, or a table that says task or milestone; many stand on lines of their own."""
    links = (Dependency("a"), Dependency("b", lag=2, unit="days"), Dependency("m", "SS"))
    tasks = (
        TemplateTask("a", "A"),
        TemplateTask("b", "B", after=(Dependency("a"),)),
        TemplateTask("c", "C", after=links),
    )
    template = Template("t", "T", milestones=(TemplateMilestone("m", "M"),), tasks=tasks)
    text = write_template(template)
    assert 'after = "a"\n' in text
    assert 'after = ["a", { task = "b", lag = 2, unit = "days" }, { milestone = "m", kind = "SS" }]\n' in text
    assert template == back(template)
    many = tuple(TemplateTask(f"task-{n}", "T") for n in range(20))
    last = TemplateTask("last", "Last", after=tuple(Dependency(one.key) for one in many))
    assert 'after = [\n    "task-0",\n    "task-1",\n' in write_template(Template("t", "T", tasks=(*many, last)))


@BOTH
def test_the_short_form_expands_to_what_the_codec_writes(format: str) -> None:
    """What is short in a file is the plain form of the nouns, key by key."""
    template = read_template(EXAMPLES / "quarterly_growth.toml")
    text = write_template(template, format=format)
    plain = tomllib.loads(text, parse_float=Decimal) if format == "toml" else json.loads(text)
    full, found = expanded(plain)
    assert [] == found
    assert template == codec.from_plain(Template, full)


@BOTH
@pytest.mark.parametrize("nasty", [*NASTY, "".join(map(chr, range(1, 0xA0))), '"""', "'''", "\\", "a\r\nb\r", "\ufeff"])
def test_nasty_text_survives(nasty: str, format: str) -> None:
    """Quotes, control characters, marks of direction, in every place that holds text, names of fields too."""
    filled = f"x{nasty}"
    template = Template(
        filled,
        filled,
        description=nasty,
        section=nasty[:100],
        objectives=(
            TemplateObjective("o", filled, nasty, status=nasty[:100], owner=(f"role:{filled}".replace("\n", ""),)),
        ),
        plays=(TemplatePlay("p", filled, nasty, custom=FrozenMap({nasty[:100]: nasty, "t": (nasty, nasty)})),),
        tasks=(
            TemplateTask(
                "t", filled, nasty, tags=(nasty[:100], "b"), conditions=(Condition("account.name", "==", nasty),)
            ),
        ),
    )
    assert exactly(template) == exactly(back(template, format))


def test_a_long_dotted_text_is_no_deep_key() -> None:
    """The reader's guard against keys of very many parts passes over texts and comments, whatever quotes they have."""
    dotted = "a." * 200
    for text in (dotted, f'"{dotted}', f"'{dotted}", f'"""{dotted}"', f'\\{dotted}\n"{dotted}', f"'''\n{dotted}"):
        assert text == back(task(description=text)).tasks[0].description
    assert "a" == read_template(f"title = 'a' # {dotted}\n# {dotted}\n".encode()).id
    for hidden in ('x = """a"""""\n', "x = '''a''''\n", 'x = "\\""\n', "x = 1 # '''\n", '"a\\".b" = 1\n'):
        with pytest.raises(InvalidFile, match="more than 64 parts"):
            read_template(f"{hidden}{dotted}b = 1".encode())
    for quotes, other in (('"""', '"'), ("'''", "'")):  # the last quote of four ends nothing and begins nothing
        with pytest.raises(InvalidFile, match="more than 64 parts"):
            read_template(f"x = [{quotes}a{quotes}{other}, {{{dotted}b = {other}c{other}}}]".encode())
    with pytest.raises(InvalidFile, match="more than 64 parts"):
        read_template(('"a\\"" . ' * 200 + "b = 1").encode())


PERSONS = Template(
    "t",
    "T",
    plays=(TemplatePlay("p", "P", owner=("person:u-1", "applier")),),
    tasks=(TemplateTask("a", "A", owner=("person:u-2",), helpers=("person:u-1", "team:field")),),
)


@BOTH
def test_a_person_is_written_by_address(format: str) -> None:
    """And is read as a rule that names the address; nothing of the id is in the file."""
    emails = {"u-1": "ana@example.com", "u-2": "ben@example.com", "u-3": "unused"}
    text = write_template(PERSONS, format=format, emails=emails)
    assert "u-1" not in text
    read = read_template(text.encode())
    assert ("email:ana@example.com", "applier") == read.plays[0].owner
    assert ("email:ben@example.com",) == read.tasks[0].owner
    assert ("email:ana@example.com", "team:field") == read.tasks[0].helpers
    plain = attrs.evolve(PERSONS, plays=read.plays, tasks=read.tasks)
    assert plain == read == back(plain, format)


def test_a_person_without_an_address_is_refused() -> None:
    """All of them at once, each at its place, and so is what is no address."""
    found = refused(PERSONS)
    assert ["plays[0].owner[0]", "tasks[0].owner[0]", "tasks[0].helpers[0]"] == list(found)
    assert "'person:u-2' has no e-mail address" in found["tasks[0].owner[0]"]
    found = refused(PERSONS, emails={"u-1": "ana", "u-2": "ben@example.com"})
    assert ["plays[0].owner[0]", "tasks[0].helpers[0]"] == list(found)
    assert "an address like" in found["plays[0].owner[0]"]


def test_no_other_id_of_a_person_is_written() -> None:
    """Chosen contacts, conditions on the owner, readings, and custom fields that the settings say hold persons."""
    fields = (
        CustomField("mentor", "Mentor", "task", "person"),
        CustomField("buyer", "Buyer", "account", "person"),
        CustomField("mentor", "Mentor", "play"),
    )
    template = task(
        completion_email=CompletionEmail("thanks", "c-1"),
        custom=FrozenMap({"mentor": "u-1", "note": "n"}),
        conditions=(Condition("account.owner_id", "==", "u-1"), Condition("account.custom.buyer", "==", "c-1")),
        metric=Metric(Decimal(1), readings=(ap.model.Reading(MOMENT, Decimal(1), "u-1"),)),
    )
    template = attrs.evolve(template, plays=(TemplatePlay("p", "P", custom=FrozenMap({"mentor": "text"})),))
    places = ["tasks[0].conditions[0]", "tasks[0].completion_email.contact_id", "tasks[0].metric.readings"]
    assert places == list(refused(template))
    places += ["tasks[0].custom['mentor']", "tasks[0].conditions[1]"]
    assert places == list(refused(template, settings=Settings(custom_fields=fields)))


def test_all_that_would_not_come_back_is_told_at_once() -> None:
    """An unfinished template is no file: what is open and who has no address stand in one error."""
    template = task(parent="nothing", owner=("person:u-1",), after=(Dependency("call"),))
    assert {"tasks[0].parent", "tasks[0].after[0]", "tasks[0].owner[0]"} == set(refused(template))


@pytest.mark.parametrize("value", UNFIT.values(), ids=list(UNFIT))
def test_what_is_no_template_format_or_mapping_is_refused(value: Any) -> None:
    """Each at its place, and all at once."""
    assert {"template", "format"} <= set(refused(value, format=value, emails=UNFIT["object"]))
    if not isinstance(value, dict | FrozenMap):
        assert ["emails"] == list(refused(PERSONS, emails=value))


def test_the_xml_is_only_read() -> None:
    """The message says what can be written."""
    assert "one of toml, json, not" in refused(PERSONS, format="xml")["format"]


def test_a_file_that_could_not_be_read_back_is_not_made() -> None:
    """The reader takes 16 MiB and no more."""
    text = "é" * 100_000
    tasks = tuple(TemplateTask(f"t{n}", "T", text) for n in range(90))
    assert "larger than 16 MiB" in refused(Template("t", "T", tasks=tasks), format="json")[""]


def test_without_the_extra_only_toml_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    """JSON needs nothing; the error names the extra to install."""
    monkeypatch.setitem(sys.modules, "tomli_w", None)
    assert write_template(task(), format="json")
    with pytest.raises(MissingExtra, match=r"actionplans\[toml\]"):
        write_template(task())


def test_many_tasks_are_written_in_linear_time() -> None:
    """Ten times as many take about ten times as many calls, not a hundred."""

    def counted(number: int) -> int:
        tasks = tuple(
            TemplateTask(
                f"t{n}", "T", due=Offset(n % 90), owner=("applier",), after=(Dependency(f"t{n - 1}"),) if n else ()
            )
            for n in range(number)
        )
        template = Template("t", "T", tasks=tasks)
        assert template == read_template(write_template(template).encode())
        return calls(lambda: write_template(template))

    assert counted(1_500) < 12 * counted(150)
