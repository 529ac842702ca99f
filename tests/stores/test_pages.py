"""Cursors: they are read once for those to whom a question is handed on, and belong to one sort of list (C8)."""

from typing import Any

import pytest

from actionplans.backends.store.memory import MemoryStore
from actionplans.errors import Invalid
from actionplans.model import Task
from actionplans.storage import ObjectiveQuery, Page, Store, TaskQuery
from actionplans.storing import page_of, start_of
from actionplans.testing.opened import plan, save


class Odd(str):
    """A text of the host's own that cannot be looked up."""

    __slots__ = ()
    __hash__ = None  # type: ignore[assignment]


def page() -> Page[Any]:
    """The first of two pages."""
    store: Store = MemoryStore()
    save(store, plan("p", Task("a", "Call"), Task("b", "Call")))
    return store.find(TaskQuery(), limit=1)


def test_a_cursor_that_was_read_is_still_no_place_in_another_list() -> None:
    """However often it is asked for."""
    after = page().next
    for _ in range(2):
        assert ("~", "a", "p") == start_of(TaskQuery(), 1, after)
        with pytest.raises(Invalid, match="after"):
            start_of(ObjectiveQuery(), 1, after)


def test_any_text_that_is_a_cursor_is_taken() -> None:
    """Also one that cannot be looked up, and one of very long ids."""
    after = page().next
    assert after is not None
    assert ("~", "a", "p") == start_of(TaskQuery(), 1, Odd(after))
    found = MemoryStore()
    ids = ["é" * 200, "ö" * 200]
    save(found, plan("ü" * 200, *(Task(id, "Call") for id in ids)))
    first = found.find(TaskQuery(), limit=1)
    assert len(first.next or "") > 500
    assert ids == [one.task.id for one in (*first.items, *found.find(TaskQuery(), after=first.next).items)]
    assert first == page_of(TaskQuery(), [*first.items, *first.items], 1)
