"""A host lends its connection: what we do stands in its transaction, and nothing else of the host's changes (S9)."""

import sqlite3
import sys
from collections.abc import Callable
from contextlib import closing, suppress
from datetime import date
from pathlib import Path
from typing import Any

import pytest

import actionplans as ap
from actionplans import edit
from actionplans.errors import (
    ActionPlansError,
    NotFound,
    Refused,
    Stale,
)
from actionplans.storage import Batch, Write
from tests.stores.hosts import ANA, Host, begun, planned, sqlite_host

# One transaction


def test_what_we_do_commits_and_rolls_back_with_the_hosts_rows(host: Host, db: Any) -> None:
    """Others see both or neither; the connection is used again and again."""
    ws = host.lend(db)
    assert not ws.durable
    host.sell(db, "one")
    planned(ws, "One")
    assert ([], []) == host.seen()
    db.commit()
    assert (["one"], ["One"]) == host.seen()
    host.sell(db, "two")
    planned(ws, "Two")
    db.rollback()
    assert (["one"], ["One"]) == host.seen()
    planned(ws, "Three")
    host.sell(db, "three")
    ws.close()
    db.commit()
    assert (["one", "three"], ["One", "Three"]) == host.seen()


def test_a_savepoint_of_the_hosts_takes_ours_back(host: Host, db: Any) -> None:
    """Also one that is called as ours are."""
    ws = host.lend(db)
    planned(ws, "Kept")
    for name in ("part", "actionplans"):
        db.execute(f"savepoint {name}")
        lost = planned(ws, "Lost")
        host.sell(db, "lost")
        db.execute(f"rollback to savepoint {name}")
        with pytest.raises(NotFound):
            ws.view(lost)
    db.commit()
    assert ([], ["Kept"]) == host.seen()


def test_a_refused_command_leaves_the_transaction_as_it_was(host: Host, db: Any) -> None:
    """Stale, invalid, refused or not found: what the host and we did before and after it is committed."""
    ws = host.lend(db)
    host.sell(db, "before")
    id = planned(ws, "One")
    old = ws.view(id)
    ws.change(id, edit.update_plan, title="Two")
    with pytest.raises(Stale):
        ws.change_read(old, edit.update_plan, title="Three")
    for wrong in (lambda: ws.view("x"), lambda: ws.change(id, edit.update_plan, title=""), lambda: ws.undo(id, 99)):
        with pytest.raises(ActionPlansError):
            wrong()
    host.sell(db, "after")
    planned(ws, "Other")
    db.commit()
    assert (["after", "before"], ["Other", "Two"]) == host.seen()


def test_what_fails_in_the_database_leaves_the_transaction_as_it_was(host: Host, db: Any) -> None:
    """A table that is gone, for a read and for a write: the host's row and the rest of ours are committed."""
    ws = host.lend(db)
    id = planned(ws, "One")
    host.sell(db, "one")
    journal = f'"{host.options["schema"]}".journal' if host.options else "journal"
    db.execute("savepoint broken")
    db.execute(f"alter table {journal} rename to gone")
    for _ in range(2):
        with pytest.raises(ap.errors.StoreCorrupt):
            ws.change(id, edit.update_plan, title="Two")
        with pytest.raises(ap.errors.StoreCorrupt):
            list(ws.history(id))
        assert "One" == ws.view(id).plan.title
    db.execute("rollback to savepoint broken")
    ws.change(id, edit.update_plan, title="Three")
    db.commit()
    assert (["one"], ["Three"]) == host.seen()


def test_a_stream_of_launches_is_in_the_transaction_too(host: Host, db: Any) -> None:
    """However many chunks it takes; started again after a rollback, the job begins anew."""
    ws = host.lend(db)
    task = ap.TemplateTask("call", "Call")
    template = ws.templates.publish(ap.Template("t", "Follow up", tasks=(task,)))
    accounts = [ws.accounts.get_or_create(f"Company {n}").id for n in range(3)]
    db.commit()
    rows = [ap.Row(id, id, date(2026, 1, 5)) for id in accounts]
    for _ in range(2):
        told = list(ws.launch_many(rows, template=template, job="j", chunk=2))
        assert [None] * 3 == [one.error for one in told] and not any(one.already for one in told)
        assert ([], []) == host.seen()
        db.rollback()
    list(ws.launch_many(rows, template=template, job="j", chunk=2))
    db.commit()
    assert 3 == len(host.seen()[1])


def test_tenants_are_apart(host: Host, db: Any) -> None:
    """As on a URL."""
    planned(host.lend(db, tenant="a"), "Theirs")
    assert [] == list(host.lend(db, tenant="b").plans())
    db.commit()
    assert ([], []) == host.seen()


def test_backups_and_checks_are_of_what_the_transaction_sees(host: Host, db: Any, tmp_path: Path) -> None:
    """A restore is taken back with it; erasing leaves no trace once the host has committed and the log is emptied."""
    ws = host.lend(db)
    planned(ws, "One")
    ws.store.backup(tmp_path / "backup.db")
    planned(ws, "Two")
    assert ws.store.check().sound and ws.store.doctor()
    ws.store.restore(tmp_path / "backup.db", replace=True)
    assert ["One"] == [plan.title for plan in ws.plans()]
    db.rollback()
    ws.people.add(ap.Person("x", "Zebulon Quux"))
    db.commit()
    db.execute("pragma secure_delete = on" if host.url.startswith("sqlite") else "select 1")
    ws.privacy.erase_person("x")
    db.commit()
    assert ([], []) == host.seen() and ws.store.check().sound
    with ap.open(host.url, actor=ANA) as seen:
        seen.privacy.erase_person("x")
    assert not any(b"Quux" in path.read_bytes() for path in tmp_path.glob("host.db*"))


# Where no transaction is begun


def test_in_autocommit_mode_the_host_begins(host: Host) -> None:
    """Until then reading works and every write is refused, with what to do; nothing is committed by us."""
    how: dict[str, Any] = {"isolation_level": None} if host.url.startswith("sqlite") else {"autocommit": True}
    with closing(host.connect(**how)) as db:
        ws = host.lend(db)
        assert [] == list(ws.plans())
        with pytest.raises(Refused, match="autocommit mode and no transaction is begun.*begin one first"):
            planned(ws, "One")
        assert ([], []) == host.seen()
        db.execute("begin")
        planned(ws, "Two")
        db.execute("rollback")
        db.execute("begin")
        planned(ws, "Three")
        host.sell(db, "three")
        assert ([], []) == host.seen()
        db.execute("commit")
        assert (["three"], ["Three"]) == host.seen()


def test_opening_and_sqlites_reads_leave_no_transaction_behind(host: Host, db: Any) -> None:
    """Where none was: psycopg begins one for whatever is asked, as it does for the host's own statements."""
    ws = host.lend(db)
    assert not begun(db)
    list(ws.plans())
    assert (not host.url.startswith("sqlite")) == begun(db)
    db.rollback()
    planned(ws, "One")
    assert begun(db)


def test_sqlites_first_write_begins_as_the_driver_does(tmp_path: Path) -> None:
    """In the mode that the host has chosen; a write that fails leaves no transaction behind."""
    host = sqlite_host(tmp_path)
    with closing(host.connect(isolation_level="IMMEDIATE")) as db, closing(host.connect(timeout=0)) as other:
        ws = host.lend(db)
        id = planned(ws, "One")
        with pytest.raises(sqlite3.OperationalError, match="locked"):
            other.execute("begin immediate")
        db.commit()
        said: list[str] = []
        db.set_trace_callback(said.append)
        with pytest.raises(Stale):
            ws._desk.store.commit(Batch((Write(ws._desk.store.get(ap.Plan, id), 7),)))
        assert not db.in_transaction and "begin IMMEDIATE" in said and "COMMIT" not in map(str.upper, said)


@pytest.mark.skipif(sys.version_info < (3, 12), reason="sqlite3 has its attribute autocommit from 3.12 on")
@pytest.mark.parametrize("autocommit", [False, True])
def test_sqlites_newer_modes_are_kept_to(tmp_path: Path, autocommit: bool) -> None:
    """With `autocommit=False` a transaction is always open, with `autocommit=True` none is."""
    host = sqlite_host(tmp_path)
    with closing(host.connect(autocommit=autocommit)) as db:
        ws = host.lend(db)
        if autocommit:
            with pytest.raises(Refused):
                planned(ws, "One")
            db.execute("begin")
        planned(ws, "One")
        assert ([], []) == host.seen()
        db.execute("commit") if autocommit else db.commit()
        assert ([], ["One"]) == host.seen()


# Listeners wait


def test_listeners_hear_when_the_host_has_committed(host: Host, db: Any) -> None:
    """In order, of all actors, merges too; of what was rolled back they hear nothing."""
    ws = host.lend(db)
    for _ in range(2):
        one, two = planned(ws, "One"), planned(ws.acting_as(ap.Actor("ben", roles={"administrator"})), "Two")
        ws.merging.merge(one, two)
        assert [] == host.ears.heard
        db.rollback()
        ws.rolled_back()
    ws.committed()
    assert [] == host.ears.heard
    one, two = planned(ws, "One"), planned(ws, "Two")
    ws.merging.merge(one, two)
    ws.close()
    db.commit()
    assert [] == host.ears.heard
    ws.committed()
    made = ["account.create", "plan.create", "plan.create", "plan.merge", "plan.merge", "told of merge"]
    assert made == host.ears.heard
    ws.committed()
    assert made == host.ears.heard


def test_without_a_lent_connection_there_is_nothing_to_say() -> None:
    """What a call has stored is committed already."""
    with ap.open("memory:", actor=ANA) as ws:
        for call in (ws.committed, ws.rolled_back):
            with pytest.raises(Refused, match="no connection is lent"):
                call()


# Nothing is set


def test_no_command_sets_anything(host: Host, db: Any) -> None:
    """Neither one that works nor one that is refused: settings, modes, factories, prepared statements are as before."""
    ws = host.lend(db)
    id = planned(ws, "One")
    view = ws.change(id, edit.add, ap.Task("", "Call"))
    task = view.plan.tasks[0].id
    commands: list[Callable[[], Any]] = [
        lambda: ws.change(id, edit.complete, task),
        lambda: ws.change_read(view, edit.complete, task),
        lambda: [*ws.plans(), *ws.tasks(), *ws.objectives(), *ws.history(id)],
        lambda: [ws.change(id, edit.add, ap.Task("", f"Task {n}")) for n in range(8)],
        lambda: ws.merging.merge(id, planned(ws, "Two")),
        lambda: ws.undo(id),
        lambda: ws.people.add(ap.Person("p", "Ana", "ana@example.com")),
        lambda: ws.settings.update(time_zone="Europe/Paris"),
        lambda: ws.view("x"),
        lambda: host.lend(db).close(),
    ]
    before = _set(db)
    for command in commands:
        with suppress(ActionPlansError):
            command()
        assert before == _set(db)


def _set(db: Any) -> dict[str, Any]:
    """All that can be set on a connection, and what stays on it."""
    if isinstance(db, sqlite3.Connection):
        with closing(sqlite3.connect(":memory:")) as fresh:
            names = [name for (name,) in fresh.execute("select name from pragma_pragma_list")]
        takes = (
            "check",
            "optimize",
            "checkpoint",
            "vacuum",
            "_list",
            "_info",
            "shrink",
            "version",
            "_count",
            "analysis",
        )
        readable = [name for name in names if not any(part in name for part in takes)]
        cursor = sqlite3.Cursor(db)
        found: dict[str, Any] = {name: cursor.execute(f"pragma {name}").fetchall() for name in readable}
        assert 30 < len(readable)
        kept = ("isolation_level", "row_factory", "text_factory", "in_transaction", "autocommit")
    else:
        asked = """
            select name, setting from pg_settings union all select name, statement from pg_prepared_statements
            union all select name, statement from pg_cursors where name <> ''
            union all select locktype, mode from pg_locks where pid = pg_backend_pid() and locktype = 'advisory'"""
        found = dict(db.cursor().execute(asked, prepare=False).fetchall())
        kept = ("isolation_level", "row_factory", "cursor_factory", "server_cursor_factory", "prepare_threshold")
        kept += ("prepared_max", "autocommit", "read_only", "deferrable", "info.transaction_status")
    return found | {name: getattr(db, name, None) for name in kept}


def test_whatever_the_host_has_set_on_sqlite_is_no_matter(tmp_path: Path) -> None:
    """Row and text factories, a class of its own, foreign keys off, triggers: values come back as they are."""

    class Odd(sqlite3.Connection):
        def cursor(self, *args: Any, **more: Any) -> Any:
            raise AssertionError("the host's cursors are its own")

    host = sqlite_host(tmp_path)
    with closing(host.connect(factory=Odd, detect_types=sqlite3.PARSE_DECLTYPES | sqlite3.PARSE_COLNAMES)) as db:
        cursor = sqlite3.Cursor(db)
        cursor.execute("pragma foreign_keys = off")
        cursor.execute("pragma reverse_unordered_selects = on")
        db.row_factory, db.text_factory = sqlite3.Row, bytes
        _odd_names(host.lend(db))
        assert (sqlite3.Row, bytes) == (db.row_factory, db.text_factory)


def test_a_converter_that_would_change_our_values_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The driver offers no way around it; where it does not apply it is no matter."""
    monkeypatch.setitem(sqlite3.converters, "TEXT", lambda text: text.decode().upper())
    host = sqlite_host(tmp_path)
    with (
        closing(host.connect(detect_types=sqlite3.PARSE_DECLTYPES)) as db,
        pytest.raises(Refused, match="detect_types"),
    ):
        host.lend(db)
    with closing(host.connect()) as db:
        _odd_names(host.lend(db))


def _odd_names(ws: ap.Workspace) -> None:
    """Texts, numbers and dates, in every table that we have."""
    account = ws.accounts.get_or_create("Ünï'\"%?@{}")
    id = ws.new_plan(account, "👩‍👩‍👧 %s ? @task").id
    for n in range(30):
        view = ws.change(id, edit.add, ap.Task("", f"T{n} é"))
    assert [f"T{n} é" for n in range(30)] == [task.title for task in view.plan.tasks]
    assert view.plan == ws.view(id).plan and 31 == len(list(ws.history(id)))
    assert 30 == len({found.task.id for found in ws.tasks()})
