"""Two who do the same at once: the store decides between them, or it is written down that nobody does (A3, R6)."""

import threading
from collections.abc import Callable
from typing import Any

import attrs
import pytest

import actionplans as ap
from actionplans.errors import NotFound, Refused
from actionplans.storage import Store
from actionplans.workspace import Workspace
from tests.workspace.world import opened, snapshot, store_of, watched


def test_two_who_make_the_same_company_get_the_same(ws: Workspace) -> None:
    """The second finds the first's, whatever the case of the name and the path of the website (A3)."""
    through, store = watched(ws)
    made: list[ap.Account] = []
    store.before_commit = [lambda: made.append(ws.accounts.get_or_create("New Co", "www.new.example", type="smb"))]
    second = through.accounts.get_or_create("NEW  co", "https://new.example/about")
    assert [second] == made == list(ws.accounts.find("new co"))
    assert 1 == second.revision


def test_whenever_the_first_makes_it_the_second_gets_the_same() -> None:
    """Before every single call of the store by the second in turn (A3)."""
    for n in range(100):
        with opened() as ws:
            store = Interrupted(store_of(ws), n, lambda ws: ws.accounts.get_or_create("Co", "co.example"), ws)
            second = Workspace(attrs.evolve(ws._desk, store=store)).accounts.get_or_create("Co", "co.example")
            if store.left >= 0:
                break
            assert (second,) == ws.accounts.find("co")
            assert 1 == second.revision
    assert 5 <= n < 100


class Interrupted:
    """A store before whose call of that number something happens."""

    def __init__(self, store: Store, number: int, happens: Callable[[Workspace], object], ws: Workspace) -> None:
        """A door to the same store."""
        self.store, self.left, self.happens, self.ws = store, number, happens, ws

    def __getattr__(self, name: str) -> Any:
        """What is called is the store's."""

        def called(*args: Any, **kwargs: Any) -> Any:
            if self.left == 0:
                self.happens(self.ws)
            self.left -= 1
            return getattr(self.store, name)(*args, **kwargs)

        return called


def test_many_threads_make_one_company(ws: Workspace) -> None:
    """On every store, not only where the moments are chosen."""
    barrier, found = threading.Barrier(8), list[str]()

    def make() -> None:
        barrier.wait()
        found.append(ws.accounts.get_or_create("Racing Ltd", "racing.example").id)

    threads = [threading.Thread(target=make) for _ in range(8)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert (8, 1) == (len(found), len(set(found)))
    assert 1 == len(ws.accounts.find("Racing Ltd"))


def test_a_renamed_company_gives_its_old_name_free(ws: Workspace) -> None:
    """Another may be called so; ids of companies hold no text, and those of persons do not even depend on it (J4)."""
    first = ws.accounts.get_or_create("Old Name", "name.example")
    ws.accounts.update(first.id, name="New Name")
    second = ws.accounts.get_or_create("Old Name", "name.example")
    assert first.id != second.id
    assert second == ws.accounts.get_or_create("Old Name", "name.example")
    assert "old" not in second.id
    ids = set[str]()
    for _ in range(2):
        with opened() as other:
            ids.add(other.accounts.get_or_create("Maria Silva", kind="person").id)
    assert 2 == len(ids)


def test_the_last_two_administrators_cannot_go_at_once(ws: Workspace) -> None:
    """Each would be the last without the other: the second is refused (R6)."""
    for name in ("ana", "ben"):
        ws.people.update(name, roles={"administrator"})
    through, store = watched(ws)
    store.before_commit = [lambda: ws.people.update("ana", roles={"member"})]
    with pytest.raises(Refused, match="the last administrator"):
        through.people.update("ben", active=False)
    assert {"ben"} == {one.id for one in ws.people.all() if "administrator" in one.roles and one.active}


def test_of_three_administrators_two_may_go_at_once(ws: Workspace) -> None:
    """The one who stays says so in their journal, and nothing else of them changes (R6, J1)."""
    for name in ("ana", "ben", "cleo"):
        ws.people.update(name, roles={"administrator"})
    cleo = ws.people.get("cleo")
    through, store = watched(ws)
    store.before_commit = [lambda: ws.people.update("ana", roles={"member"})]
    through.people.update("ben", roles={"member"})
    stays = ws.people.get("cleo")
    assert (cleo.roles, cleo.name) == (stays.roles, stays.name)
    last = list(store_of(ws).journal("person", "cleo"))[-1]
    assert ("person.stay", {"instead_of": "ben"}, ()) == (last.action, dict(last.detail), last.edits)


def test_the_last_administrator_stays(ws: Workspace) -> None:
    """Also where there never was a race; nothing is stored."""
    ws.people.update("ana", roles={"administrator"})
    before = snapshot(store_of(ws))
    with pytest.raises(Refused, match="'Ana' is the last administrator: make another one first"):
        ws.people.update("ana", roles={"member"})
    assert before == snapshot(store_of(ws))
    with pytest.raises(NotFound):
        ws.people.update("nobody", roles={"member"})
