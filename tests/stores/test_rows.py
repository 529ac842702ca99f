"""Rows of the tables: what is read without looking at it as JSON is what JSON says."""

import datetime as dt

from hypothesis import example, given, settings
from hypothesis import strategies as st

import actionplans as ap
from actionplans import codec
from actionplans.backends.store import rows
from actionplans.model import Dependency, Task
from actionplans.testing.strategies import nouns
from tests.counting import calls
from tests.size import size

LINKS = rows.TASK_READ.index("links")
JSON = codec.rest_of(Task, frozenset(Task.__slots__) - {"dependencies"})
PLAIN = st.builds(
    Dependency, st.from_regex(r"[\w\" :.\\-]*[\w\"\\-][\w\" ]*", fullmatch=True).filter(lambda id: len(id) <= 200)
)


def row_of(*links: Dependency) -> rows.Row:
    """The row of a task with these links."""
    plan = ap.Plan("p", "acme", "P", {"start": dt.date(2026, 1, 5)}, tasks=(Task("t", "T", dependencies=links),))
    (row,) = rows.task_rows("", plan, [0])
    return rows.task_read(row)


def outcome(text: str, row: rows.Row) -> object:
    """The links that a row has with this text, or that it is damaged."""
    try:
        return rows.task_of((*row[:LINKS], text, *row[LINKS + 1 :])).dependencies
    except rows.DAMAGED:
        return "damaged"


def outcome_of_json(text: str) -> object:
    """What the text says, read as JSON."""
    try:
        return JSON.load(text).get("dependencies", ())
    except rows.DAMAGED:
        return "damaged"


@given(st.lists(PLAIN | nouns(Dependency), max_size=4))
@settings(max_examples=size(4_000))
def test_links_come_back(links: list[Dependency]) -> None:
    """Plain ones and others, whatever their ids hold."""
    row = row_of(*links)
    assert tuple(links) == rows.task_of(row).dependencies
    assert tuple(links) == outcome_of_json(row[LINKS])


def test_plain_links_are_read_without_json() -> None:
    """They take fewer calls than the same text with a blank in it, each for the first time."""

    def row(id: str, found: str, new: str) -> rows.Row:
        made = row_of(Dependency(id), Dependency("other"))
        return (*made[:LINKS], made[LINKS].replace(found, new), *made[LINKS + 1 :])

    rows.task_of(row("x", ":", ": "))
    plain, spaced = row("a", "", ""), row("b", ":", ": ")
    assert calls(lambda: rows.task_of(plain)) < calls(lambda: rows.task_of(spaced))


@given(st.lists(PLAIN, min_size=1, max_size=3), st.integers(0, 200), st.integers(0, 3), st.text(max_size=3))
@example([Dependency("a"), Dependency("b")], 37, 0, '"')
@example([Dependency("a")], 37, 0, "\n")
@example([Dependency("a")], 37, 0, '"},{"predecessor_id":"')
@settings(max_examples=size(4_000))
def test_damaged_links_are_what_json_says(links: list[Dependency], start: int, gone: int, new: str) -> None:
    """No damage makes links that JSON would not read, or refuses what it reads."""
    row = row_of(*links)
    text = row[LINKS][:start] + new + row[LINKS][start + gone :]
    assert outcome_of_json(text) == outcome(text, row)
