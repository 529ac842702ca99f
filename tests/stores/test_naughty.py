"""The Big List of Naughty Strings, where it is there beside the project, and worse (C10)."""

import json
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any
from uuid import uuid4

import attrs
import pytest

import actionplans as ap
from actionplans import edit
from actionplans.accounts import name_key
from actionplans.backends.store.memory import open_memory
from actionplans.backends.store.postgresql import open_postgresql
from actionplans.backends.store.sqlite import open_sqlite
from actionplans.model import Account, Plan, Task
from actionplans.storage import AccountQuery, Store, TaskQuery
from actionplans.testing.opened import every, plan, save
from actionplans.workspace import Workspace
from tests import servers
from tests.size import SOAK
from tests.workspace.commands import World
from tests.workspace.world import MONDAY, PLUGINS

LIST = Path(__file__).resolve().parents[3] / "shared" / "corpora" / "blns" / "blns.json"


@pytest.fixture(params=["memory", "sqlite", "postgresql"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    """Each of the stores."""
    if request.param == "postgresql":
        return open_postgresql(request.getfixturevalue("postgresql_tables"), tenant="naughty")
    return open_memory("memory:") if request.param == "memory" else open_sqlite(f"sqlite:///{tmp_path}/plans.db")


@pytest.mark.skipif(not LIST.exists(), reason="the list of naughty strings is not beside the project")
def test_naughty_strings_come_back_and_are_found(store: Store) -> None:
    """As titles, descriptions, owners and names; each name is found by itself and by its beginning."""
    naughty = list(dict.fromkeys(one if one.strip() else f"x{one}" for one in json.loads(LIST.read_text("utf-8"))))
    assert len(naughty) > 400
    held = plan("p1", *(Task(f"t{n}", one[:500], owner_id=one[:200], description=one) for n, one in enumerate(naughty)))
    save(store, held, *(Account(f"a{n:04}", one[:500]) for n, one in enumerate(naughty)))
    assert attrs.evolve(held, revision=1) == store.get(Plan, "p1")
    for n, one in enumerate(naughty):
        assert f"t{n}" in {found.task.id for found in every(store, TaskQuery(owner_ids=(one[:200],)))}
        if key := name_key(one[:500]):
            found = every(store, AccountQuery(key=one[:500]))
            assert f"a{n:04}" in {account.id for account in found}
            assert {key} == {name_key(account.name) for account in found}
            assert f"a{n:04}" in {account.id for account in every(store, AccountQuery(prefix=key[:4]))}
    store.close()


WORSE = (
    *("", " ", "\0", "a\0b", "\ud800", "a\udfff", "\ud83d \ude00", "\ufeff"),
    *("x" * 501, "x" * 200_001, "x" * 1_000_000, "👩" * 250_000, "\n" * 1_000_000),
)
"""What is no text at all, or too much of it: a title has at most 500 characters."""


@pytest.fixture
def worlds(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[list[World]]:
    """A workspace on each store."""
    found = [World("memory:", "", PLUGINS), World(f"sqlite:///{tmp_path}/plans.db", "", PLUGINS)]
    if not servers.missing():
        found.append(World(request.getfixturevalue("postgresql_tables"), uuid4().hex, PLUGINS))
    yield found
    for world in found:
        world.ws.close()


COMMANDS: dict[str, Callable[[Workspace, str], Any]] = {
    "account": lambda ws, text: ws.accounts.get(ws.accounts.get_or_create(text).id).name,
    "plan": lambda ws, text: ws.view(ws.new_plan("acme", text, start=MONDAY).id).plan.title,
    "task": lambda ws, text: ws.change("plan", edit.add, Task(title=text)).plan.tasks[-1].title,
    "description": lambda ws, text: ws.change("plan", edit.update, "task", description=text).task("task").description,
    "comment": lambda ws, text: ws.change("plan", edit.comment, "task", text).task("task").comments[-1].text,
    "touchpoint": lambda ws, text: ws.touchpoints.get(ws.touchpoints.add("acme", text).id).subject,
    "prose": lambda ws, text: ws.touchpoints.get(ws.touchpoints.add("acme", "Met", text=text).id).text,
    "summary": lambda ws, text: [ws.summaries.save("acme", text), ws.summaries.get("acme").text][1],
    "person": lambda ws, text: [ws.people.update("ana", name=text), ws.people.get("ana").name][1],
}
"""Ways in, each giving what is stored then."""
ASKING: dict[str, Callable[[Workspace, str], Any]] = {
    "find": lambda ws, text: [one.name for one in ws.accounts.find(text)],
    "names": lambda ws, text: [one.id for one in ws.accounts.all(AccountQuery(prefix=text))],
    "words": lambda ws, text: [one.task.title for one in ws.tasks(TaskQuery(words=text))],
    "owners": lambda ws, text: [one.task.title for one in ws.tasks(TaskQuery(owner_ids=(text,)))],
    "unknown": lambda ws, text: ws.view(text),
    "job": lambda ws, text: ws.job(text),
    "history": lambda ws, text: list(ws.journal.entries("team", text)),
}
"""Ways to ask for it."""


def test_every_store_gives_back_what_it_took_and_refuses_the_same(worlds: list[World]) -> None:
    """By every way in: what comes back is what was given, or the same error with the same fields (S5)."""
    for world in worlds:
        world.ws.people.add(ap.Person("ana", "Ana"))
        world.ws.accounts.add(Account("acme", "Acme"))
        world.ws.add_plan(plan("plan", Task("task", "Call")))
    naughty = json.loads(LIST.read_text("utf-8")) if LIST.exists() else []
    refused = dict.fromkeys(COMMANDS, 0)
    for text in (*WORSE, *naughty[:: 1 if SOAK else 60]):
        for name, call in (COMMANDS | ASKING).items():
            first, *others = [world.answer(partial(call, text=text), "root") for world in worlds]
            assert [first] * len(others) == others, (name, text[:50])
            if name in COMMANDS and first[0] == "gave":
                assert text == first[1] or name in ("account", "person") and name_key(text) == name_key(first[1])
            elif name in COMMANDS:
                refused[name] += 1
    assert all(refused.values()), refused
