"""The contract of `upkeep.Maintained` as tests: backups, restores and checks (U1 to U8)."""

from __future__ import annotations

import datetime as dt
import sqlite3
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

import attrs
import pytest

import actionplans as ap
from actionplans.errors import Refused, StoreCorrupt, StoreError, StoreFull
from actionplans.model import Account, Erasure, Launch, Objective, Person, Task, Team
from actionplans.storage import Batch, Message, Store, Write
from actionplans.testing.opened import OpenedStore, entry, everything, plan, save
from actionplans.testing.samples import NOW
from actionplans.upkeep import Maintained, Report

HOUR = dt.timedelta(hours=1)


class MaintainingContract(OpenedStore):
    """One test or more for each numbered sentence."""

    # U1, U2: a backup is a file with all of one tenant

    def test_u1_a_backup_has_everything(self, place: Path, store: Store) -> None:
        """Records of many kinds, the journal, messages in every state, and nothing of another tenant."""
        filled(store)
        other = self.open_store(place, "another")
        save(other, Team("secret", "Not ours"))
        backup = folder(place) / "kept.db"
        maintained(store).backup(backup)
        assert everything(store) == everything_in(backup)
        assert b"Not ours" not in backup.read_bytes()
        other.close()

    def test_u1_a_backup_is_one_state(self, place: Path, store: Store) -> None:
        """Records, entries and messages that are always committed together are all there, or none, in each."""
        count_up(store, 1)
        done, seen = threading.Event(), list[int]()
        with ThreadPoolExecutor(1) as pool:
            counting = pool.submit(lambda: count_on(self.open_store(place), done))
            try:
                while len(seen) < 5 or seen[0] == seen[-1] and not counting.done():
                    backup = folder(place) / f"{len(seen)}.db"
                    maintained(store).backup(backup)
                    found = everything_in(backup)
                    first, second = found["team"]
                    seen.append(int(first.name))
                    assert [second.name] + [str(len(found[one])) for one in ("journal", "messages")] == [first.name] * 3
            finally:
                done.set()
            assert counting.result() >= seen[-1] > seen[0], "it was written meanwhile"
        assert sorted(seen) == seen

    def test_u2_a_file_is_overwritten_only_when_that_is_said(self, place: Path, store: Store) -> None:
        """And nothing else is left beside it."""
        filled(store)
        backup = folder(place) / "kept.db"
        maintained(store).backup(backup)
        held = backup.read_bytes()
        save(store, Team("late", "Came later"))
        with pytest.raises(Refused):
            maintained(store).backup(backup)
        assert held == backup.read_bytes()
        with pytest.raises(ZeroDivisionError):
            maintained(store).backup(backup, overwrite=True, progress=fail)
        assert held == backup.read_bytes()
        maintained(store).backup(backup, overwrite=True)
        assert everything(store) == everything_in(backup)
        assert [backup] == list(backup.parent.iterdir())

    def test_u2_what_fails_leaves_no_file(self, place: Path, store: Store) -> None:
        """Where there is no folder, and where whoever is told of it fails."""
        filled(store)
        with pytest.raises(StoreError):
            maintained(store).backup(folder(place) / "nowhere" / "kept.db")
        with pytest.raises(ZeroDivisionError):
            maintained(store).backup(folder(place) / "kept.db", progress=fail)
        assert [] == list(folder(place).iterdir())

    # U3 to U5: it is brought back

    def test_u3_what_is_brought_back_is_everything(self, place: Path, store: Store) -> None:
        """Into another tenant, which goes on from there; the backup stays as it is."""
        backup, wanted = self.kept(place, store)
        held = backup.read_bytes()
        other, seen = self.open_store(place, "another"), list[dict[str, Any]]()
        maintained(other).restore(backup, lambda inside: seen.append(everything(inside)))
        assert wanted == everything(other) == seen[0]
        assert {"row": "p1"} == other.launched("job", ["row", "none"])
        team = other.get(Team, "cs")
        save(other, attrs.evolve(team, name="Goes on"))
        assert (wanted, "Goes on") == (everything(store), other.get(Team, "cs").name)
        assert held == backup.read_bytes()
        other.close()

    def test_u3_a_backup_of_another_kind_of_store_is_brought_back(self, place: Path, store: Store) -> None:
        """One that was made of a SQLite file, of a tenant of another name."""
        with ap.open(f"sqlite:///{folder(place)}/other.db", actor=ap.SYSTEM, tenant="elsewhere") as ws:
            filled(ws._desk.store)
            wanted = everything(ws._desk.store)
            backup = ws.store.backup(folder(place) / "kept.db")
        maintained(store).restore(backup, nothing)
        assert wanted == everything(store)

    def test_u3_what_is_done_inside_goes_with_it(self, place: Path, store: Store) -> None:
        """`finish` may commit; where it fails nothing was brought back, and what it did is undone."""
        backup, _ = self.kept(place, store)
        other = self.open_store(place, "another")
        before = everything(other)

        def broken(inside: Store) -> None:
            save(inside, Team("late", "Came later"))
            raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            maintained(other).restore(backup, broken)
        assert before == everything(other)
        maintained(other).restore(backup, lambda inside: save(inside, Team("late", "Came later")))
        assert "Came later" == other.get(Team, "late").name
        other.close()

    def test_u4_what_is_there_is_replaced_only_when_that_is_said(self, place: Path, store: Store) -> None:
        """Then nothing of it is left; another tenant keeps what it has."""
        backup, wanted = self.kept(place, store)
        other = self.open_store(place, "another")
        save(other, Team("x", "Another's"))
        filled(store, "late-")
        before = everything(store)
        with pytest.raises(Refused):
            maintained(store).restore(backup, nothing)
        assert before == everything(store)
        maintained(store).restore(backup, nothing, replace=True)
        assert wanted == everything(store)
        assert "Another's" == other.get(Team, "x").name
        other.close()

    @pytest.mark.parametrize("content", [None, b"", b"not a database" * 100])
    def test_u5_what_is_no_backup_is_refused(self, place: Path, store: Store, content: bytes | None) -> None:
        """Nothing there, nothing in it, something else; what there is stays."""
        filled(store)
        before, path = everything(store), folder(place) / "other.db"
        if content is not None:
            path.write_bytes(content)
        with pytest.raises(StoreError):
            maintained(store).restore(path, nothing, replace=True)
        assert before == everything(store)
        assert content == (path.read_bytes() if path.exists() else None)

    def test_u5_a_damaged_backup_is_refused(self, place: Path, store: Store) -> None:
        """A letter in a title is enough."""
        backup, wanted = self.kept(place, store)
        with closing(sqlite3.connect(backup)) as db, db:
            db.execute("update task set title = replace(title, 'Call', 'Cull')")
        with pytest.raises(StoreCorrupt):
            maintained(store).restore(backup, nothing, replace=True)
        assert wanted == everything(store)

    # U6 to U8

    def test_u6_what_was_committed_is_sound(self, store: Store) -> None:
        """All of it is looked at, and stays as it is."""
        filled(store)
        before, found = everything(store), maintained(store).examine()
        assert isinstance(found, Report)
        assert (store.name, ()) == (found.store, found.problems)
        assert (2, 2) == (found.counted["plans"], found.counted["accounts"])
        assert before == everything(store)

    def test_u7_conditions_are_texts(self, store: Store) -> None:
        """The database is among them."""
        found = maintained(store).conditions()
        assert found["database"]
        assert all(isinstance(one, str) for pair in found.items() for one in pair)

    def test_u8_who_asks_is_told_how_far_it_is(self, place: Path, store: Store) -> None:
        """All at the end, and never less than before."""
        backup, _ = self.kept(place, store)
        other = self.open_store(place, "another")
        steps: tuple[Callable[[Any], object], ...] = (
            lambda told: maintained(store).backup(folder(place) / "again.db", progress=told),
            lambda told: maintained(other).restore(backup, nothing, progress=told),
            lambda told: maintained(store).examine(told),
        )
        for step in steps:
            told: list[tuple[int, int | None]] = []
            step(lambda *done, told=told: told.append(done))
            assert sorted(told, key=lambda one: one[0]) == told
            assert 0 < told[-1][0] == told[-1][1]
        with pytest.raises(ZeroDivisionError):
            maintained(other).restore(backup, nothing, replace=True, progress=fail)
        assert everything(store) == everything(other)
        other.close()

    @pytest.mark.parametrize("error", [ZeroDivisionError(), StoreFull("other", "its own"), UnicodeError(), KeyError()])
    def test_u8_what_it_raises_comes_out(self, place: Path, store: Store, error: Exception) -> None:
        """As it is: nobody takes it for an error of the storage."""
        backup, wanted = self.kept(place, store)

        def failing(done: int, many: int | None) -> None:
            raise error

        steps: tuple[Callable[[], object], ...] = (
            lambda: maintained(store).backup(folder(place) / "again.db", progress=failing),
            lambda: maintained(store).restore(backup, nothing, replace=True, progress=failing),
            lambda: maintained(store).examine(failing),
        )
        for step in steps:
            with pytest.raises(type(error)) as caught:
                step()
            assert error is caught.value
        assert wanted == everything(store)

    def kept(self, place: Path, store: Store) -> tuple[Path, dict[str, list[Any]]]:
        """A backup of a store with a little of everything, and that."""
        filled(store)
        backup = folder(place) / "kept.db"
        maintained(store).backup(backup)
        return backup, everything(store)


def maintained(store: Store) -> Maintained:
    """The same store."""
    assert isinstance(store, Maintained)
    return store


def folder(place: Path) -> Path:
    """Where backups go, apart from what the store has there."""
    found = place / "backups"
    found.mkdir(exist_ok=True)
    return found


def nothing(store: Store) -> None:
    """No more than what is brought back."""


def fail(done: int, many: int | None) -> None:
    """Whoever is told of it fails."""
    raise ZeroDivisionError


def filled(store: Store, mark: str = "") -> None:
    """A little of everything: plans, accounts, one who is erased, a journal, messages in every state."""
    tasks = tuple(Task(f"t{n}", f"Call {n}", due=dt.date(2026, 1, 5)) for n in range(12))
    by = Launch("onboarding", 1, NOW, "ana", job=f"{mark}job", row="row")
    big = attrs.evolve(plan(f"{mark}p1", *tasks), objectives=(Objective("o1", "Grow"),), launch=by)
    small = plan(f"{mark}p2", title="Ünïcode İstanbul")
    records = (big, small, Account(f"{mark}acme", "Acme"), Account(f"{mark}zeta", "Zeta"))
    more = (Person(f"{mark}ana", "Ana"), Team(f"{mark}cs", "Success"), Erasure("person", f"{mark}eve", "ana", NOW))
    told = tuple(Message(f"{mark}m{n}", "launched", "ana", NOW, "plan", f"{mark}p1") for n in range(4))
    writes = tuple(Write(one) for one in (*records, *more))
    store.commit(Batch(writes, entries=tuple(entry(write.record, 1) for write in writes), messages=told))
    first, second, third = store.claim(NOW, NOW + HOUR, limit=3)
    store.settle((first.sent(NOW), second.failed(NOW, "no such host"), third.again(NOW + HOUR, "time-out")))


def everything_in(backup: Path) -> dict[str, list[Any]]:
    """All that a backup has, opened as a store of its own."""
    with closing(sqlite3.connect(backup)) as db:
        ((tenant,),) = db.execute("select distinct tenant from record").fetchall()
    with ap.open(f"sqlite:///{backup}", actor=ap.SYSTEM, tenant=tenant) as ws:
        return everything(ws._desk.store)


def count_up(store: Store, number: int) -> None:
    """Two teams, an entry and a message, all in one commit."""
    teams = [Team(id, str(number), revision=number - 1) for id in ("a", "b")]
    told = Message(f"m{number}", "launched", "ana", NOW, "team", "a")
    writes = tuple(Write(one, one.revision) for one in teams)
    store.commit(Batch(writes, entries=(entry(teams[0], number),), messages=(told,)))


def count_on(store: Store, done: threading.Event) -> int:
    """From 2 on until it is enough; gives the last number."""
    number = 1
    while not done.wait(0.001):
        number += 1
        count_up(store, number)
    store.close()
    return number
