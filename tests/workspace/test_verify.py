"""The chains of the journal: what was changed, removed, added or moved in the storage is named (J3)."""

import random
import sqlite3
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import attrs
import pytest

import actionplans as ap
from actionplans import edit
from actionplans.chain import REMOVING, Flaw, Head, digest_over, hash_of
from actionplans.codec import dumps, loads
from actionplans.codec.stored import decode_entry
from actionplans.errors import Invalid, NotAllowed, Refused
from actionplans.model import Account, Task
from actionplans.workspace import Workspace
from tests.size import size
from tests.workspace.world import MONDAY, opened, peopled

Key = tuple[str, str, int]


def worked(ws: Workspace) -> None:
    """Some plans with changes, an account that is a person, a person who is erased, a touchpoint that is deleted."""
    for _ in range(3):
        plan = ws.launch(ws.draft("follow-up", "acme", start=MONDAY)).plan
        ws.change(plan.id, edit.complete, plan.tasks[0].id)
        for n in range(3):
            ws.change(plan.id, edit.add, Task("", f"More {n}"))
    ws.accounts.add(Account("lead", "Bo Lind", "lead"))
    ws.accounts.update("lead", email="bo@example.com")
    ws.people.update("ben", email="b@example.com")
    ws.people.add(ap.Person("gone", "Gone"))
    ws.people.update("gone", name="Soon gone")
    ws.privacy.erase_person("gone")
    ws.touchpoints.delete(ws.touchpoints.add("acme", "Call").id)


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with work in it."""
    path = tmp_path_factory.mktemp("verify") / "plans.db"
    with opened(f"sqlite:///{path}") as ws:
        worked(peopled(ws))
    return path


def verified(path: Path, head: Head | None = None) -> list[Key]:
    """Where the flaws are."""
    with opened(f"sqlite:///{path}") as ws:
        return [(one.record, one.id, one.revision) for one in ws.journal.verify(head)]


class Tampering:
    """Somebody at the database with a program of their own."""

    def __init__(self, path: Path, chance: random.Random) -> None:
        self.db = sqlite3.connect(path)
        self.chance = chance
        self.rows: list[Any] = self.db.execute(
            "select record, id, revision, data, hash, personal from journal order by 1, 2, 3"
        ).fetchall()
        self.lasts = {row[:2]: row[2] for row in self.rows}
        self.marked = dict(self.lasts)

    def one(self, fits: Callable[[Any], bool] = lambda row: True) -> Any:
        """A row of the journal."""
        return self.chance.choice([row for row in self.rows if fits(row)])

    def put(self, key: Key, **columns: Any) -> None:
        """Give a row other values."""
        names = ", ".join(f"{name} = ?" for name in columns)
        self.db.execute(
            f"update journal set {names} where record = ? and id = ? and revision = ?", (*columns.values(), *key)
        )

    def changed(self) -> Key:
        """A character of the text."""
        row = self.one()
        n = self.chance.randrange(len(row[3]))
        other = "x" if row[3][n] != "x" else "y"
        self.put(row[:3], data=row[3][:n] + other + row[3][n + 1 :])
        return row[0], row[1], row[2]

    def another_hash(self) -> Key:
        """A hash made anew for a changed text, but not the ones behind it."""
        row = self.one(lambda row: row[2] < self.lasts[row[:2]])
        text = row[3].replace('"by":"root"', '"by":"eve"')
        before = next((one[4] for one in self.rows if one[:2] == row[:2] and one[2] == row[2] - 1), "")
        self.put(row[:3], data=text, hash=hash_of(before, *row[:3], text))
        return row[0], row[1], row[2] + 1

    def removed(self) -> Key:
        """An entry, wherever it stands in its record's journal; of a whole journal that is the first one.

        But not the one that says that the record was removed: what is named then is the one before, which does not.
        """
        row = self.one(lambda row: (row[0], decode_entry(row[3]).action) not in REMOVING)
        self.db.execute("delete from journal where record = ? and id = ? and revision = ?", row[:3])
        return row[0], row[1], row[2]

    def added(self) -> Key:
        """One more at the end, well linked."""
        row = self.one(lambda row: row[2] == self.lasts[row[:2]] and row[0] == "plan")
        key, text = (*row[:2], row[2] + 1), row[3].replace(f'"revision":{row[2]}', f'"revision":{row[2] + 1}')
        self.db.execute(
            "insert into journal values ('', ?, ?, ?, ?, ?, null)", (*key, text, hash_of(row[4], *key, text))
        )
        return row[0], row[1], row[2] + 1

    def moved(self) -> Key:
        """Two entries of a record stand where the other one stood."""
        first = self.one(lambda row: row[0] == "plan" and row[2] < self.lasts[row[:2]])
        second = self.one(lambda row: row[:2] == first[:2] and row[2] > first[2])
        self.put(first[:3], data=second[3], hash=second[4])
        self.put(second[:3], data=first[3], hash=first[4])
        return first[0], first[1], first[2]

    def to_another_record(self) -> Key:
        """An entry with its hash in the place of another record's."""
        first = self.one(lambda row: row[0] == "plan")
        second = self.one(lambda row: row[0] == "plan" and row[1] != first[1] and row[2] == first[2])
        self.put(first[:3], data=second[3], hash=second[4])
        if first[3:5] == second[3:5]:
            raise AssertionError("two entries are the same")
        return first[0], first[1], first[2]

    def another_person(self) -> Key:
        """What was kept apart is something else, or gone though nobody erased it."""
        row = self.one(lambda row: row[5] is not None)
        self.put(row[:3], personal=self.chance.choice([None, row[5] + " ", row[5].replace("example", "exomple")]))
        return row[0], row[1], row[2]

    def record_set_back(self) -> Key:
        """The last entry of a plan is gone, and its row says that there was none."""
        row = self.one(lambda row: row[0] == "plan" and row[2] == self.lasts[row[:2]])
        self.db.execute("delete from journal where record = ? and id = ? and revision = ?", row[:3])
        self.db.execute("update plan set revision = revision - 1 where id = ?", (row[1],))
        return row[0], row[1], row[2]

    def written_anew(self) -> Key:
        """All hashes from a changed entry on, of those that the head has seen."""
        row = self.one(lambda row: '"by":"root"' in row[3] and row[2] <= self.marked[row[:2]])
        before = next((one[4] for one in self.rows if one[:2] == row[:2] and one[2] == row[2] - 1), "")
        for one in self.rows:
            if one[:2] == row[:2] and one[2] >= row[2]:
                text = one[3].replace('"by":"root"', '"by":"eve"') if one is row else one[3]
                before = hash_of(before, *one[:3], text)
                self.put(one[:3], data=text, hash=before)
        return row[0], row[1], self.lasts[row[:2]]

    def all_gone(self) -> Key:
        """A plan and its journal."""
        row = self.one(lambda row: row[0] == "plan" and row[2] == self.lasts[row[:2]])
        self.db.execute("delete from journal where record = ? and id = ?", row[:2])
        self.db.execute("delete from plan where id = ?", row[1:2])
        return row[0], row[1], row[2]


SEEN = ("changed", "another_hash", "removed", "added", "moved", "to_another_record", "another_person")
BY_HEAD = ("record_set_back", "written_anew", "all_gone")


@pytest.mark.parametrize("seed", range(size(400)))
def test_the_first_entry_that_was_touched_is_named(file: Path, tmp_path: Path, seed: int) -> None:
    """Whatever was done to it, and nothing else is named."""
    chance = random.Random(seed)
    path = tmp_path / "plans.db"
    path.write_bytes(file.read_bytes())
    assert [] == verified(path)
    at_it = Tampering(path, chance)
    touched = getattr(at_it, SEEN[seed % len(SEEN)])()
    at_it.db.commit()
    at_it.db.close()
    assert [touched] == verified(path)
    with opened(f"sqlite:///{path}") as ws, pytest.raises(Refused, match="has a flaw"):
        ws.journal.head()


def test_no_head_is_taken_where_a_record_has_lost_all_its_entries(file: Path, tmp_path: Path) -> None:
    """Nobody would find out by that head that there ever was one."""
    path = tmp_path / "plans.db"
    path.write_bytes(file.read_bytes())
    db = sqlite3.connect(path)
    db.execute("delete from journal where record = 'team' and id = 'cs'")
    db.commit()
    db.close()
    assert [("team", "cs", 1)] == verified(path)
    with opened(f"sqlite:///{path}") as ws, pytest.raises(Refused, match="team 'cs'.*removed"):
        ws.journal.head()


@pytest.mark.parametrize("seed", range(size(200)))
def test_a_saved_head_shows_what_the_chain_alone_cannot(file: Path, tmp_path: Path, seed: int) -> None:
    """A cut tail, a history written anew, a record that is gone; also when work has gone on since."""
    chance = random.Random(seed)
    path = tmp_path / "plans.db"
    path.write_bytes(file.read_bytes())
    with opened(f"sqlite:///{path}") as ws:
        head = loads(dumps(ws.journal.head()), Head)
        if seed % 2:
            worked_on(ws)
        assert () == ws.journal.verify(head)
    at_it = Tampering(path, chance)
    at_it.lasts = {row: last for row, last in at_it.lasts.items() if f"{row[0]} {row[1]}" in head.marks}
    at_it.rows = [row for row in at_it.rows if row[:2] in at_it.lasts]
    at_it.marked = {row: head.marks[f"{row[0]} {row[1]}"].revision for row in at_it.lasts}
    touched = getattr(at_it, BY_HEAD[seed % len(BY_HEAD)])()
    at_it.db.commit()
    at_it.db.close()
    mark = head.marks[f"{touched[0]} {touched[1]}"]
    if touched[2] > mark.revision and BY_HEAD[seed % len(BY_HEAD)] == "record_set_back":
        assert [] == verified(path, head)  # it was made since: a later head would show it
        return
    assert [] == verified(path)
    assert [(touched[0], touched[1], min(touched[2], mark.revision))] == verified(path, head)


def worked_on(ws: Workspace) -> None:
    """Changes of some of the plans, and a new one."""
    for head in list(ws.plans())[:2]:
        ws.change(head.id, edit.add, Task("", "Later"))
    ws.launch(ws.draft("follow-up", "acme", start=MONDAY))


def test_work_leaves_a_chain_without_flaws(ws: Workspace) -> None:
    """On every store; what was erased is no flaw, nor what was deleted. The head changes with every change."""
    worked(ws)
    calls: list[tuple[int, int | None]] = []
    assert () == ws.journal.verify(progress=lambda done, total: calls.append((done, total)))
    first = ws.journal.head()
    assert calls[-1] == (first.entries, None)
    assert first == ws.journal.head()
    worked_on(ws)
    second = ws.journal.head()
    assert (first.digest, first.entries + 3) != (second.digest, second.entries)
    assert first.entries + 3 == second.entries
    assert () == ws.journal.verify(first)
    marks = {**first.marks, "plan nobody": first.marks["account acme"]}
    ahead = attrs.evolve(first, marks=marks, digest=digest_over(marks))
    assert (Flaw("plan", "nobody", 1, "the record and its journal are gone"),) == ws.journal.verify(ahead)
    assert "plan 'nobody', revision 1" in ws.journal.verify(ahead)[0].sentence()


def test_verifying_takes_a_right_and_a_head(ws: Workspace) -> None:
    """Not everybody reads everything."""
    for other in (ap.Actor("ben", roles={"member"}), ap.Actor("x")):
        for call in (ws.acting_as(other).journal.verify, ws.acting_as(other).journal.head):
            with pytest.raises(NotAllowed):
                call()
    with pytest.raises(Invalid, match="a Head is wanted"):
        ws.journal.verify("abc")  # type: ignore[arg-type]


def test_others_may_work_while_it_is_verified(ws: Workspace) -> None:
    """What changes meanwhile is no flaw."""
    worked(ws)
    ids = [one.id for one in ws.plans()]
    stop, moves, done, failed = threading.Event(), threading.Semaphore(0), [], []

    def work() -> None:
        n = 0
        while not stop.is_set():
            if not moves.acquire(timeout=0.01):
                continue
            try:
                one = ids[n % len(ids)]
                ws.change(one, edit.update_plan, title=f"Title {n}")
                ws.touchpoints.delete(ws.touchpoints.add("acme", f"Call {n}").id)
            except Exception as error:
                failed.append(error)
                return
            n += 1
            done.append(n)

    found: list[tuple[Flaw, ...]] = []
    workers = [threading.Thread(target=work) for _ in range(2)]
    for one in workers:
        one.start()
    try:
        while not failed and (len(found) < size(200) or len(done) < size(400)):
            moves.release(5)  # so many beside each look, else there is ever more to verify
            found.append(ws.journal.verify(ws.journal.head()))
    finally:
        stop.set()
        for one in workers:
            one.join()
    assert [] == failed
    assert {()} == set(found)


@pytest.mark.parametrize("kind", ["erasure", "plan"])
def test_only_what_may_go_goes_unnoticed(file: Path, tmp_path: Path, kind: str) -> None:
    """The list of the erased cannot be emptied, nor a plan taken away by a forged last entry."""
    path = tmp_path / "plans.db"
    path.write_bytes(file.read_bytes())
    with opened(f"sqlite:///{path}") as ws:
        head = ws.journal.head()
    at_it = Tampering(path, random.Random(1))
    row = at_it.one(lambda row: row[0] == kind and row[2] == at_it.lasts[row[:2]])
    if kind == "plan":
        key = (*row[:2], row[2] + 1)
        text = f'{{"record":"plan","id":"{row[1]}","revision":{key[2]},"at":"2026-01-05T09:00:00+00:00","by":"x",'
        text += '"action":"touchpoint.delete"}'
        columns = (*key, text, hash_of(row[4], *key, text))
        at_it.db.execute("insert into journal values ('', ?, ?, ?, ?, ?, null)", columns)
        at_it.db.execute("delete from task where plan_id = ?", row[1:2])
        at_it.db.execute("delete from plan where id = ?", row[1:2])
    else:
        at_it.db.execute("delete from record where kind = 'erasure'")
    at_it.db.commit()
    at_it.db.close()
    assert [(kind, row[1])] == [one[:2] for one in verified(path, head) if one[0] != "person"]


def test_a_head_whose_marks_were_changed_is_no_head(ws: Workspace) -> None:
    """Its digest says so."""
    worked(ws)
    head = ws.journal.head()
    with pytest.raises(Invalid, match="its marks"):
        ws.journal.verify(attrs.evolve(head, marks={}))
