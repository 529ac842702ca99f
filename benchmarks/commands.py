"""Single commands and reads on a SQLite file, against the bare SQL that reads and writes the same rows.

Object mappers that are installed (extra `bench`) read and write them in the same run.
"""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import actionplans as ap
from actionplans import edit
from benchmarks.launch_sqlite import START, template
from benchmarks.mappers import Mapper, Opened, mappers
from benchmarks.measure import beside, paired, seconds

PLANS = 200
ME = ap.Actor("ana", roles={"manager"})
RECORD = "select * from record where tenant = '' and kind = ? and id = ?"
PLAN = "select * from plan where tenant = '' and id = ?"
OBJECTIVES = "select * from objective where tenant = '' and plan_id = ? order by position"
TASKS = "select * from task where tenant = '' and plan_id = ? order by position"
ACCOUNT = "select * from account where tenant = '' and id = ?"
REVISION = "select id, revision from plan where tenant = '' and id = ?"
LAST = "select id, revision, hash from journal where tenant = '' and record = 'plan' and id = ? and revision >= ?"


def complete_durable(repeats: int = 7) -> dict[str, float]:
    """200 plans, one task of each completed in a durable commit of its own, by somebody whose rights are asked.

    The floor reads and writes the very same rows with `sqlite3` and `synchronous = full`: settings, person, plan with
    its tasks, account; the plan's and the tasks' rows that change, and the journal's.
    """
    with tempfile.TemporaryDirectory() as place:
        kept = _filled(Path(place, "kept.db"))
        with _opened(kept) as ws:
            firsts = [(one.id, ws._desk.store.get(ap.Plan, one.id).tasks[0].id) for one in ws.plans()]
        written = _written(kept, Path(place, "after.db"), firsts)
        runs = iter(range(1_000_000))

        def ours() -> float:
            with _copied(kept, Path(place, f"ours{next(runs)}.db")) as path, _opened(path) as ws:
                return seconds(lambda: _complete(ws, firsts))

        def bare() -> float:
            with _copied(kept, Path(place, f"bare{next(runs)}.db")) as path:
                db = sqlite3.connect(path, isolation_level=None)
                for pragma in ("synchronous = full", "foreign_keys = on", "secure_delete = on"):
                    db.execute(f"pragma {pragma}")
                took = seconds(lambda: _floor(db, written))
                db.close()
                return took

        def peer(opened: Opened) -> float:
            with (
                _copied(kept, Path(place, f"peer{next(runs)}.db")) as path,
                closing(opened(f"sqlite:///{path}")) as its,
            ):
                return seconds(lambda: _complete_mapped(its, written))

        found = beside(paired(ours, bare, repeats), bare, _peers(peer), repeats)
    return {**found, "microseconds": found["ours"] / PLANS * 1e6}


def load_plan(repeats: int = 7) -> dict[str, float]:
    """200 plans of 20 tasks, read one by one from the store; the floor fetches the rows of each in a transaction."""
    with tempfile.TemporaryDirectory() as place:
        kept = _filled(Path(place, "kept.db"))
        with _opened(kept) as ws:
            ids = [one.id for one in ws.plans()]
            store = ws._desk.store
            db = sqlite3.connect(kept, isolation_level=None)

            def ours() -> None:
                for id in ids:
                    assert 20 == len(store.get(ap.Plan, id).tasks)

            def bare() -> None:
                for id in ids:
                    db.execute("begin")
                    for sql in (OBJECTIVES, TASKS, PLAN):
                        rows = db.execute(sql, (id,)).fetchall()
                    assert 1 == len(rows)
                    db.execute("commit")

            def peer(opened: Opened) -> float:
                with closing(opened(f"sqlite:///{kept}")) as its:
                    return seconds(lambda: [_load_mapped(its, id) for id in ids])

            floor = partial(seconds, bare)
            found = beside(paired(partial(seconds, ours), floor, repeats), floor, _peers(peer), repeats)
            db.close()
    return {**found, "microseconds": found["ours"] / PLANS * 1e6}


def _peers(run: Callable[[Opened], float]) -> Iterator[tuple[str, Callable[[], float]]]:
    for name, opened in mappers():
        yield name, partial(run, opened)


def _opened(path: Path) -> ap.Workspace:
    return ap.open(f"sqlite:///{path}", actor=ME)


def _filled(path: Path) -> Path:
    """A file with 200 plans of 20 tasks, all carried over from its log."""
    with ap.open(f"sqlite:///{path}", actor=ap.SYSTEM) as ws:
        ws.people.add(ap.Person("ana", "Ana", roles={"manager"}))
        made = ws.templates.publish(template())
        for n in range(PLANS):
            account = ap.Account(f"acc-{n:04}", f"Account {n}", owner_id="ana", roles={"csm": "ana"})
            ws.launch(ws.draft(made, ws.accounts.add(account), start=START))
        ws.settings.update(time_zone="Europe/Lisbon")
    return path


@contextmanager
def _copied(kept: Path, path: Path) -> Iterator[Path]:
    shutil.copy(kept, path)
    try:
        yield path
    finally:
        for end in ("", "-wal", "-shm"):
            Path(f"{path}{end}").unlink(missing_ok=True)


def _complete(ws: ap.Workspace, firsts: list[tuple[str, str]]) -> None:
    """These tasks of these plans."""
    for plan_id, task_id in firsts:
        ws.change(plan_id, edit.complete, task_id)


def _written(kept: Path, path: Path, firsts: list[tuple[str, str]]) -> dict[str, list[Any]]:
    """By plan, the rows that our commits change or add: (table, columns, values)."""
    with _copied(kept, path), _opened(path) as ws:
        _complete(ws, firsts)
        before, after = sqlite3.connect(kept), sqlite3.connect(path)
        found: dict[str, list[Any]] = {}
        for table, key in (("plan", "id"), ("task", "plan_id"), ("journal", "id")):
            told = after.execute(f"select * from {table}")
            names = [one[0] for one in told.description]
            known = set(before.execute(f"select * from {table}"))
            for row in told:
                if row not in known:
                    found.setdefault(row[names.index(key)], []).append((table, names, row))
        before.close()
        after.close()
    return found


def _load_mapped(mapper: Mapper, id: str) -> None:
    with mapper.transaction():
        for table in ("objective", "task"):
            mapper.find(table, ("position",), tenant="", plan_id=id)
        assert 1 == len(mapper.find("plan", (), tenant="", id=id))


def _complete_mapped(mapper: Mapper, written: dict[str, list[Any]]) -> None:
    """The same rows, each plan's in one transaction; an object mapper looks at no revision and no journal."""
    for id, rows in written.items():
        with mapper.transaction():
            for kind, name in (("settings", "settings"), ("person", "ana")):
                mapper.find("record", (), tenant="", kind=kind, id=name)
            (plan,) = mapper.find("plan", (), tenant="", id=id)
            found = [mapper.find(table, ("position",), tenant="", plan_id=id) for table in ("objective", "task")]
            found.append(mapper.find("account", (), tenant="", id=plan.account_id))
            assert [0, 20, 1] == [len(one) for one in found]  # held, as by who edits them
            for table, names, row in rows:
                if table == "journal":
                    mapper.add(table, names, [row])
                else:
                    mapper.change(table, names, row)


def _floor(db: sqlite3.Connection, written: dict[str, list[Any]]) -> None:
    for id, rows in written.items():
        db.execute("begin")
        for kind, name in (("settings", "settings"), ("person", "ana")):
            db.execute(RECORD, (kind, name)).fetchall()
        for sql in (PLAN, OBJECTIVES, TASKS):
            plan = db.execute(sql, (id,)).fetchall()
        db.execute(ACCOUNT, (plan[0][2],)).fetchall()
        db.execute("commit")
        db.execute("begin immediate")
        ((_, revision),) = db.execute(REVISION, (id,)).fetchall()
        db.execute(LAST, (id, revision)).fetchall()
        for table, names, row in rows:
            columns, marks = ", ".join(f'"{name}"' for name in names), ", ".join("?" * len(names))
            verb = "insert or replace" if table == "task" else "insert"
            if table == "plan":
                sets = ", ".join(f'"{name}" = ?' for name in names)
                db.execute(f"update plan set {sets} where tenant = '' and id = ?", (*row, id))
            else:
                db.execute(f"{verb} into {table} ({columns}) values ({marks})", row)
        db.execute("commit")
