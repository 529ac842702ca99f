"""The XML of SalesforceLabs ActionPlans (T12)."""

import datetime as dt
from pathlib import Path

import pytest

from actionplans.errors import InvalidFile, Problem
from actionplans.model import Offset, Reminder, Template
from actionplans.template import read_template
from tests.project import PROJECT
from tests.templates.samples import HERE

NURTURE = (HERE / "nurture.xml").read_text()
SHARED = PROJECT.parent / "shared" / "data" / "templates"


def read(text: str, warned: list[Problem] | None = None) -> Template:
    """The template of that text; warnings go to the list."""
    return read_template(text.encode(), warn=[].append if warned is None else warned.append)


def refused(text: str) -> dict[str, str]:
    """The problems by place."""
    with pytest.raises(InvalidFile) as caught:
        read(text)
    return {problem.place: problem.message for problem in caught.value.problems}


def changed(old: str, new: str) -> str:
    """The sample with one passage replaced."""
    assert 1 == NURTURE.count(old)
    return NURTURE.replace(old, new)


def test_every_field_is_taken() -> None:
    """Values are decoded, `null` is nothing, tasks stand in the order of their index."""
    template = read(NURTURE)
    assert ("a020000000000001", "Nurture & grow", "", "editing") == (
        template.id,
        template.title,
        template.description,
        template.state,
    )
    first, second = template.tasks
    assert ("a010000000000001", "Write", "Someday", "", None) == (
        first.key,
        first.title,
        first.priority,
        first.category,
        first.reminder,
    )
    assert ("Call back", "high", "Call", "Café? 1+1") == (
        second.title,
        second.priority,
        second.category,
        second.description,
    )
    assert Reminder(at=dt.time(8, 30)) == second.reminder
    assert ("applier",) == first.owner == second.owner


def test_days_count_from_the_start_or_from_the_controller() -> None:
    """A dependent task is due so many days after the one that controls it, off the weekend as the export says."""
    first, second = read(NURTURE).tasks
    assert Offset(0, roll="previous") == first.due
    assert Offset(3, anchor="task:a010000000000001", roll="previous") == second.due


@pytest.mark.parametrize(
    ("skip", "day", "roll"),
    [
        ("true", "Start+of+next+week", "next"),
        ("true", "End+of+previous+week", "previous"),
        ("true", "null", "none"),
        ("false", "null", "none"),
        ("false", "Start+of+next+week", "none"),
    ],
)
def test_weekends_are_skipped_as_the_export_says(skip: str, day: str, roll: str) -> None:
    """To the start of the next week or the end of the one before."""
    text = changed("<skipWeekend>true</skipWeekend>", f"<skipWeekend>{skip}</skipWeekend>")
    text = text.replace("<skipday>End+of+previous+week</skipday>", f"<skipday>{day}</skipday>")
    assert {roll} == {task.due.roll for task in read(text).tasks}


def test_what_has_no_place_is_told() -> None:
    """E-mail to the owner is a preference of persons here: it is warned of by call-back, or as a Python warning."""
    warned: list[Problem] = []
    read(NURTURE, warned)
    assert ["TaskTemplate[0].sendEmail"] == [problem.place for problem in warned]
    assert "Call back" in warned[0].message
    with pytest.warns(UserWarning, match="sendEmail"):
        read_template(NURTURE.encode())
    assert 0 == read(changed("<daysFromStart>0<", "<daysFromStart>-2<"), warned).tasks[0].due.count
    assert ["TaskTemplate[1].daysFromStart", "TaskTemplate[0].sendEmail"] == [problem.place for problem in warned[1:]]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("<dependent>0</dependent>", "<dependent>null</dependent>"),
        ("<taskcontroller>a010000000000001</taskcontroller>", "<taskcontroller>null</taskcontroller>"),
    ],
)
def test_a_controller_is_known_by_id_or_by_index(old: str, new: str) -> None:
    """One of them is enough; the word for none depends on the language of the app."""
    assert "task:a010000000000001" == read(changed(old, new)).tasks[1].due.anchor
    assert "start" == read(changed("<dependent>None<", "<dependent>Ninguno<")).tasks[0].due.anchor


@pytest.mark.parametrize(
    ("old", "new", "place", "words"),
    [
        ("<dependent>0<", "<dependent>7<", "TaskTemplate[0].dependent", "no task of index 7"),
        (
            ">a010000000000001</taskcontroller>",
            ">x</taskcontroller>",
            "TaskTemplate[0].dependent",
            "the controller is 'x'",
        ),
        ("<taskIndex>1.0<", "<taskIndex>0<", "ActionPlanTemplateTasks", "same taskIndex"),
        ("<daysFromStart>3.0<", "<daysFromStart>3.5<", "TaskTemplate[0].daysFromStart", "whole number"),
        ("<daysFromStart>3.0<", "<daysFromStart>99999<", "TaskTemplate[0].count", "36500"),
        ("<reminderTime>510<", "<reminderTime>1440<", "TaskTemplate[0].reminderTime", "0 to 1439"),
        ("<sendEmail>true<", "<sendEmail>perhaps<", "TaskTemplate[0].sendEmail", "true or false"),
        ("<subject>Write<", "<subject>null<", "TaskTemplate[1].subject", "is missing"),
        ("<id>a010000000000001<", "<id><", "TaskTemplate[1].id", "is missing"),
        ("<name>Nurture+%26+grow<", "<name>%FF<", "ActionPlanTemplate.name", "URL-encoded UTF-8"),
        ("<skipday>End+of+previous+week<", "<skipday>Sunday<", "ActionPlanTemplate.skipday", "Start of next week"),
        ("<meta>", "<meta><extra/>", "", "<extra> has no place in <meta>"),
        ("<meta>", "<meta a='1'>", "", "with attributes"),
        ("<export>", "<import>", "", "no place in an ActionPlans export"),
        ("<description>null</description>", "<description/><description/>", "", "<description> stands twice"),
        ("<description>null", "<description><b>x</b>", "", "line 12, column 18: <b> has no place in <description>"),
        ("<meta>", "hello <meta>", "", "text between the elements of <export>"),
        ("</export>", "", "", "is no XML: no element found: line"),
        ("</export>", "</export>x", "", "is no XML"),
        (
            "<ActionPlanTemplate>",
            "<ActionPlanTemplate></ActionPlanTemplate><ActionPlanTemplate>",
            "",
            "one <ActionPlanTemplate>, not 2",
        ),
    ],
)
def test_what_is_wrong_in_an_export_is_told(old: str, new: str, place: str, words: str) -> None:
    """With its place, or with line and column where the XML itself is broken."""
    found = refused(changed(old, new))
    assert place in found
    assert words in found[place]


def test_a_cycle_of_controllers_is_refused() -> None:
    """Two tasks that wait for each other never begin (P2)."""
    text = changed("<dependent>None</dependent>", "<dependent>1</dependent>")
    assert ["tasks[0]"] == list(refused(text))


BOMB = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10 if n else "lol"}">' for n in range(10))


@pytest.mark.parametrize(
    "doctype",
    [
        f"<!DOCTYPE export [{BOMB}]>",
        '<!DOCTYPE export [<!ENTITY x SYSTEM "file:///etc/hostname">]>',
        '<!DOCTYPE export SYSTEM "http://127.0.0.1:9/x.dtd">',
        "<!DOCTYPE export>",
    ],
    ids=["nested entities", "a file", "a server", "bare"],
)
def test_document_types_are_refused_before_anything_is_expanded(doctype: str) -> None:
    """No entity, however deep, outside or harmless."""
    text = changed('<?xml version="1.0" encoding="UTF-8"?>', doctype).replace("Write", "&e9;&x;")
    assert {"": refused(text)[""]} == refused(text)
    assert "DOCTYPE" in refused(text)[""]
    assert "line 1" in refused(text)[""]


def test_undeclared_entities_are_refused() -> None:
    """Only those of XML itself are known."""
    assert "undefined entity" in refused(changed("Write", "&nbsp;"))[""]
    assert "A & B" == read(changed("Write", "A+&amp;+B")).tasks[0].title


def test_a_deep_or_wide_file_is_refused_at_once() -> None:
    """A million elements cost nothing: the first that has no place ends it."""
    assert "no place" in refused("<export>" * 1_000_000)[""]
    assert "no place" in refused("<export>" + "<a/>" * 1_000_000)[""]


@pytest.mark.skipif(not SHARED.exists(), reason="the folder of real samples beside the project is not there")
@pytest.mark.parametrize("path", sorted(SHARED.glob("*.xml")), ids=lambda path: path.stem)
def test_a_real_export_is_read(path: Path) -> None:
    """The app's own sample: a chain of three tasks, each counted from the one before, off the weekends."""
    template = read_template(path)
    assert ("New Customer Onboarding", "When Prospect -> Customer, do these tasks") == (
        template.title,
        template.description,
    )
    first, second, third = template.tasks
    assert ["Send welcome gift", "Enable Customer Community User"] == [first.title, second.title]
    assert "Contact our branded product provider to ship appropriate gift" == first.description
    assert ["high", "normal", "normal"] == [one.priority for one in template.tasks]
    assert Offset(1, roll="next") == first.due
    assert Offset(2, anchor=f"task:{first.key}", roll="next") == second.due
    assert Offset(1, anchor=f"task:{second.key}", roll="next") == third.due
