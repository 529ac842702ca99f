"""What is stored about a person: given out, and erased without a trace (J4)."""

import json
import random
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import attrs
import pytest

import actionplans as ap
from actionplans import edit
from actionplans.backends.store.sqlite import open_sqlite
from actionplans.errors import Invalid, NotAllowed, NotFound, Refused, StoreBusy
from actionplans.model import Account, Erasure, Person, Play, Task
from actionplans.workspace import Workspace
from tests.size import size
from tests.workspace.world import ADMIN, MONDAY, PLUGINS, opened, peopled, snapshot

SECRETS = ("Zoë Quuxley", "zoe@quux.example", "z@quuxley.example", "Quux & Sons", "Europe/Quux")


def known(ws: Workspace) -> str:
    """A plan on which Zoë works, of whom much is stored, after some changes."""
    ws.people.add(Person("zoe", "Zoë Quuxley", email="zoe@quux.example", firm="Quux & Sons", roles={"manager"}))
    ws.people.update("zoe", email="z@quuxley.example")
    ws.people.update("zoe", firm="")
    ws.teams.update("cs", members=frozenset({"ana", "zoe"}))
    ws.accounts.update("acme", owner_id="zoe")
    plan = ws.launch(ws.draft("follow-up", "acme", start=MONDAY, owner_id="zoe")).plan
    zoe = ws.acting_as(ap.Actor("zoe", roles={"administrator"}))
    zoe.change(plan.id, edit.assign, plan.tasks[0].id, "zoe")
    zoe.change(plan.id, edit.comment, plan.tasks[0].id, "I called them")
    zoe.change(plan.id, edit.complete, plan.tasks[0].id)
    zoe.touchpoints.add("acme", "A call", text="They said yes")
    zoe.summaries.save("acme", "Going well")
    zoe.shortcuts.add("Quuxcut", "acme")
    zoe.drafts.save(zoe.draft("follow-up", "acme", start=MONDAY, title="Quuxdraft"))
    return plan.id


def test_all_that_is_stored_about_a_person_is_given_out(ws: Workspace) -> None:
    """Ready for JSON: the record and its history, where they stand, what they wrote, kept and did."""
    plan_id = known(ws)
    found = json.loads(json.dumps(ws.privacy.export_person("zoe")))
    assert ("person", "zoe", "z@quuxley.example") == (found["kind"], found["record"]["id"], found["record"]["email"])
    assert 3 == len(found["history"])
    assert "zoe@quux.example" in json.dumps(found["history"])
    assert (["cs"], ["acme"], [plan_id]) == (
        found["teams"],
        found["accounts"],
        [one["plan_id"] for one in found["plans"]],
    )
    assert "Call" in [one["title"] for one in found["tasks"]]
    assert ["I called them"] == [one["text"] for one in found["comments"]]
    assert ["They said yes"] == [one["text"] for one in found["touchpoints"]]
    assert ["Going well"] == [one["text"] for one in found["summaries"]]
    assert ["Quuxcut"] == [one["name"] for one in found["shortcuts"]]
    assert ["Quuxdraft"] == [one["draft"]["title"] for one in found["drafts"]]
    assert {"task.assign", "task.comment", "task.complete"} <= {one["action"] for one in found["actions"]}
    assert [] == ws.privacy.export_person("ben")["actions"]


def test_an_erased_person_leaves_no_trace_and_the_rest_stays(ws: Workspace) -> None:
    """Counts, history and chain are true: what they did stands by their id."""
    plan_id = known(ws)
    before, history = ws.view(plan_id).plan, list(ws.history(plan_id))
    head = ws.journal.head()
    kept = list(ws.journal.entries("person", "ana"))
    erased = ws.privacy.erase_person("zoe")
    assert ("person", "zoe", "root") == (erased.record, erased.of, erased.by)
    with pytest.raises(NotFound):
        ws.people.get("zoe")
    told = repr(snapshot(ws._desk.store))
    assert not [one for one in (*SECRETS, "Quuxcut", "Quuxdraft") if one in told]
    assert (before, history) == (ws.view(plan_id).plan, list(ws.history(plan_id)))
    assert kept == list(ws.journal.entries("person", "ana"))
    entries = list(ws.journal.entries("person", "zoe"))
    assert ["person.create", "person.edit", "person.edit", "person.erase"] == [one.action for one in entries]
    assert not any(one.edits for one in entries)
    assert () == ws.journal.verify(head)
    assert () == ws.journal.verify()
    assert erased == ws.privacy.erase_person("zoe")
    with pytest.raises(NotFound):
        ws.privacy.export_person("zoe")


def test_an_erased_person_can_do_nothing_and_does_not_come_back(ws: Workspace) -> None:
    """Whatever roles a host gives to that id."""
    plan_id = known(ws)
    zoe = ws.acting_as(ap.Actor("zoe", roles={"administrator"}))
    zoe.view(plan_id)
    ws.privacy.erase_person("zoe")
    for call in (lambda: zoe.view(plan_id), lambda: zoe.people.get("ana"), lambda: zoe.accounts.get("acme")):
        with pytest.raises((NotFound, NotAllowed)):
            call()
    with pytest.raises(Refused):
        ws.people.add(Person("zoe", "Zoë again"))


def test_an_account_that_is_a_person_stays_for_its_plans(ws: Workspace) -> None:
    """Without what was personal of it; a company is no person."""
    ws.accounts.add(Account("lead", "Zoë Quuxley", "lead", website="quux.example", email="zoe@quux.example"))
    ws.accounts.update("lead", email="z@quuxley.example", owner_id="ana")
    plan = ws.launch(ws.draft("follow-up", "lead", start=MONDAY)).plan
    found = ws.privacy.export_person("lead")
    assert ("account", "z@quuxley.example") == (found["kind"], found["record"]["email"])
    assert [plan.id] == [one["plan_id"] for one in found["plans"]]
    ws.privacy.erase_person("lead")
    account = ws.accounts.get("lead")
    assert ("Erased", "", "", "lead", "ana") == (
        account.name,
        account.email,
        account.website,
        account.kind,
        account.owner_id,
    )
    told = repr(snapshot(ws._desk.store))
    assert not [one for one in (*SECRETS, "quux.example") if one in told]
    assert plan == ws.view(plan.id).plan
    assert () == ws.journal.verify()
    history = ws.privacy.export_person("lead")["history"]
    assert "erased" not in repr(history), "a digest with a random salt says nothing to anybody"
    with pytest.raises(Refused, match="is a company"):
        ws.privacy.erase_person("acme")
    with pytest.raises(NotFound):
        ws.privacy.erase_person("nobody")


def test_exporting_and_erasing_take_rights_of_their_own(ws: Workspace) -> None:
    """The last administrator cannot be erased; nobody hears what was erased."""
    known(ws)
    manager = ws.acting_as(ap.Actor("m", roles={"manager"}))
    for call in (manager.privacy.export_person, manager.privacy.erase_person):
        for id in ("zoe", "nobody", "acme"):
            with pytest.raises(NotAllowed):
                call(id)
    ws.people.add(Person("boss", "Boss", roles={"administrator"}))
    with pytest.raises(Refused, match="last administrator"):
        ws.privacy.erase_person("boss")
    ws.people.update("ana", roles={"administrator"})
    ws.privacy.erase_person("boss")


def test_listeners_do_not_hear_what_was_erased(url: str) -> None:
    """That somebody was, by their id."""
    heard: list[Any] = []
    with opened(url, listeners={"ours": heard.append}) as ws:
        known(peopled(ws))
        heard.clear()
        ws.privacy.erase_person("zoe")
    assert ["person.erase", "person.erase"] == [entry.action for entries in heard for entry in entries]
    assert not any(one in repr(heard) for one in SECRETS)


def bytes_of(folder: Path) -> bytes:
    """All files of a folder, one after the other."""
    return b"\n".join(path.read_bytes() for path in sorted(folder.iterdir()))


@pytest.mark.parametrize("seed", range(size(200)))
def test_no_file_has_what_was_erased(tmp_path: Path, seed: int) -> None:
    """Of very many persons with names of all lengths, changed often, some are erased in between: byte by byte."""
    chance = random.Random(seed)
    folder = tmp_path / "store"
    folder.mkdir()
    there: dict[str, list[bytes]] = {}
    with ap.open(f"sqlite:///{folder}/plans.db", actor=ADMIN, plugins=PLUGINS) as ws:

        def named(id: str) -> dict[str, Any]:
            mark = f"{chance.getrandbits(64):016x}"
            there.setdefault(id, []).append(mark.encode())
            long = chance.choice((0, 3, 60, 150))
            return {"name": f"{mark}{'n' * long}", "email": f"{'e' * (long // 3)}{mark}@example.com"}

        for n in range(chance.choice((5, 40, 150))):
            id = f"p{n}"
            ws.people.add(Person(id, **named(id)))
            while chance.random() < 0.5:
                ws.people.update(chance.choice(list(there)))
                ws.people.update(id, **named(id))
            if chance.random() < 0.1:
                ws.accounts.add(Account(f"a{n}", f"Account {n}" * chance.choice((1, 9))))
            if chance.random() < 0.2:
                one = chance.choice(list(there))
                assert all(mark in bytes_of(folder) for mark in there[one][-1:])
                ws.privacy.erase_person(one)
                files = bytes_of(folder)
                assert not [mark for mark in there.pop(one) if mark in files]
        everybody = bytes_of(folder)
        assert all(mark in everybody for marks in there.values() for mark in marks)


READER = """
import sqlite3, sys
db = sqlite3.connect(sys.argv[1], isolation_level=None)
db.execute("begin")
print(db.execute("select count(*) from record").fetchone()[0], flush=True)
sys.stdin.read()
"""


@pytest.mark.skipif(not Path("/proc/locks").exists(), reason="this system does not tell who holds locks")
def test_whoever_still_reads_what_was_erased_is_named(tmp_path: Path) -> None:
    """The person is erased; what is left goes when the reader has gone, by calling it again."""
    path = tmp_path / "plans.db"
    with ap.open(f"sqlite:///{path}", actor=ADMIN, plugins=PLUGINS, busy_timeout=0.3) as ws:
        ws.people.add(Person("zoe", "Zoë Quuxley"))
        ws.people.add(Person("ana", "Ana"))
        with subprocess.Popen([sys.executable, "-c", READER, path], stdin=-1, stdout=-1, text=True) as reader:
            assert reader.stdout is not None
            reader.stdout.readline()
            with pytest.raises(StoreBusy, match=f"still read by process {reader.pid}"):
                ws.privacy.erase_person("zoe")
            reader.communicate("")
        with pytest.raises(NotFound):
            ws.people.get("zoe")
        ws.privacy.erase_person("zoe")
        assert b"Quuxley" not in bytes_of(tmp_path)


def test_a_thread_that_reads_is_named(tmp_path: Path) -> None:
    """One of this process."""
    store = open_sqlite(f"sqlite:///{tmp_path}/plans.db", busy_timeout=0.2)
    reading, done = threading.Event(), threading.Event()

    def read() -> None:
        with store._base.reading() as db:  # type: ignore[attr-defined]
            list(db.rows("select count(*) from @record"))
            reading.set()
            done.wait(20)

    thread = threading.Thread(target=read, name="slow report")
    thread.start()
    reading.wait(20)
    try:
        ws = ap.open("memory:", actor=ADMIN, plugins=PLUGINS)
        ws = Workspace(attrs.evolve(ws._desk, store=store))
        ws.people.add(Person("zoe", "Zoë Quuxley"))
        with pytest.raises(StoreBusy, match="still read by thread 'slow report'"):
            ws.privacy.erase_person("zoe")
    finally:
        done.set()
        thread.join()
    ws.privacy.erase_person("zoe")
    assert b"Quuxley" not in bytes_of(tmp_path)
    ws.close()


def test_no_table_of_postgresql_has_what_was_erased(postgresql: str) -> None:
    """Read from the outside."""
    import psycopg

    with opened(postgresql) as ws:
        known(peopled(ws))

        def told() -> str:
            schema = postgresql.partition("schema=")[2]
            with psycopg.connect(postgresql.partition("?")[0]) as db:
                tables = db.execute("select tablename from pg_tables where schemaname = %s", (schema,)).fetchall()
                assert len(tables) > 5
                return repr([db.execute(f'select * from {schema}."{name}"').fetchall() for (name,) in tables])  # type: ignore[arg-type]

        assert all(one in told() for one in ("Quux & Sons", "zoe@quux.example", "z@quuxley.example", "Quuxdraft"))
        ws.privacy.erase_person("zoe")
        assert not [one for one in (*SECRETS, "Quuxcut", "Quuxdraft") if one in told()]
        assert isinstance(ws._desk.store.get(Erasure, "person:zoe"), Erasure)


def test_work_goes_on_where_somebody_was_erased(ws: Workspace, tmp_path: Path) -> None:
    """Lists, views, exports and changes of what is theirs still."""
    plan_id = known(ws)
    ws.privacy.erase_person("zoe")
    view = ws.view(plan_id)
    ws.change(plan_id, edit.assign, view.plan.tasks[1].id, "ana")
    ws.change(plan_id, edit.add, Task("", "More"))
    ws.accounts.update("acme", name="Acme Ltd")
    ws.teams.update("cs", name="Success")
    ws.export(plan_id, tmp_path / "plan.xlsx")
    assert 4 == len(list(ws.plans())) + len([one for one in ws.tasks() if one.plan_id == plan_id])
    with pytest.raises(Invalid):
        ws.accounts.update("acme", primary_contact_id="zoe")
    with pytest.raises(Invalid):
        ws.teams.update("cs", members=frozenset({"zoe", "nobody"}))


def test_whoever_shares_an_id_is_erased_with_it(ws: Workspace) -> None:
    """A lead and the person that has the same id: both, at once; neither comes back, nor does the other kind."""
    ws.accounts.add(Account("zoe", "Zoë Quuxley", "lead", email="zoe@quux.example"))
    known(ws)
    ws.accounts.add(Account("lead", "Zoë Quuxley", "lead"))
    ws.privacy.erase_person("zoe")
    ws.privacy.erase_person("lead")
    assert not [one for one in SECRETS if one in repr(snapshot(ws._desk.store))]
    for again in (
        lambda: ws.people.add(Person("zoe", "Zoë")),
        lambda: ws.people.add(Person("lead", "Zoë")),
        lambda: ws.accounts.add(Account("lead2", "X")) and ws.accounts.update("lead", name="Zoë"),
        lambda: ws.accounts.update("zoe", email="zoe@quux.example"),
    ):
        with pytest.raises(Refused, match="does not come back"):
            again()
    assert () == ws.journal.verify()
    ws.accounts.update("lead", owner_id="ana")


def test_a_company_that_became_a_person_leaves_no_trace_either(ws: Workspace) -> None:
    """What was written of it while it was called a company is kept apart all the same."""
    ws.accounts.add(Account("l1", "Unnamed"))
    ws.accounts.update("l1", name="Zoë Quuxley", email="zoe@quux.example")
    ws.accounts.update("l1", kind="lead")
    ws.privacy.erase_person("l1")
    assert not [one for one in SECRETS if one in repr(snapshot(ws._desk.store))]
    assert () == ws.journal.verify()


def test_the_export_names_every_place(ws: Workspace) -> None:
    """As a helper, as the owner of a play, as a partner or contact of an account."""
    ws.people.add(Person("zoe", "Zoë Quuxley"))
    plan = ws.new_plan("acme", "Plan")
    plan = ws.change(plan.id, edit.add, Task("", "Help", helpers=("zoe",)))
    ws.change(plan.id, edit.add, Play("", "Lead", owner_id="zoe"))
    ws.accounts.update("acme", primary_contact_id="zoe")
    found = ws.privacy.export_person("zoe")
    told = [[one["title"] for one in found["tasks"]], [one["title"] for one in found["plays"]], found["accounts"]]
    assert [["Help"], ["Lead"], ["acme"]] == told
