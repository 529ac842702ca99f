"""Pages of a person's open tasks among very many, against the bare query of the same rows.

Object mappers that are installed (extra `bench`) ask for them in the same run.
"""

from __future__ import annotations

import datetime as dt
import sqlite3
import tempfile
from contextlib import closing
from functools import partial
from pathlib import Path

import actionplans as ap
from actionplans.storage import TaskQuery
from benchmarks.mappers import Mapper, Opened, mappers
from benchmarks.measure import beside, paired, seconds

OWNERS_TASKS, EACH, PAGES = 2_000, 20, 20
RECORD = "select * from record where tenant = '' and kind = ? and id = ?"
PAGE = """select * from task where tenant = '' and owner_id = ? and is_open = 1 and live = 1 and due is not null
          and (due, id, plan_id) > (?, ?, ?) order by due, id, plan_id limit 51"""


def open_tasks_page(repeats: int = 7, tasks: int = 2_000_000) -> dict[str, float]:
    """Twenty pages of 50, one behind the other, of the 2,000 open tasks that a person has among two million.

    The floor asks bare SQL for the settings, the person and the same rows. `growth` is our time against that at a
    hundredth of the tasks, where each person has as many (wanted ≤ 1.3).
    """
    large, small = _measured(repeats, tasks), _measured(repeats, max(tasks // 100, OWNERS_TASKS))
    grown = large["ours"] / small["ours"]
    return {**large, "microseconds": large["ours"] / PAGES * 1e6, "growth": grown}


def _measured(repeats: int, tasks: int) -> dict[str, float]:
    with tempfile.TemporaryDirectory() as place:
        path = Path(place, "plans.db")
        _filled(path, tasks)
        with ap.open(f"sqlite:///{path}", actor=ap.Actor("u0")) as ws:
            query = TaskQuery(owner_ids=("u0",))
            bare = sqlite3.connect(path, isolation_level=None)
            looked = {"ours": _ours(ws, query), "bare": _bare(bare)}
            assert looked["ours"] == looked["bare"], looked

            def peer(opened: Opened) -> float:
                with closing(opened(f"sqlite:///{path}")) as its:
                    assert looked["ours"] == _mapped(its)
                    return seconds(lambda: _mapped(its))

            floor = partial(seconds, partial(_bare, bare))
            ours = paired(partial(seconds, partial(_ours, ws, query)), floor, repeats)
            peers = ((name, partial(peer, opened)) for name, opened in mappers())
            found = beside(ours, floor, peers, repeats)
            bare.close()
    return found


def _ours(ws: ap.Workspace, query: TaskQuery) -> list[str]:
    found, after = [], None
    for _ in range(PAGES):
        page = ws.page(query, limit=50, after=after)
        found += [one.task.id for one in page.items]
        after = page.next
    return found


def _bare(db: sqlite3.Connection) -> list[str]:
    found: list[str] = []
    place = ("", "", "")
    for _ in range(PAGES):
        for kind, id in (("settings", "settings"), ("person", "u0")):
            db.execute(RECORD, (kind, id)).fetchall()
        rows = db.execute(PAGE, ("u0", *place)).fetchall()[:50]
        found += [row[4] for row in rows]
        place = (rows[-1][9], rows[-1][4], rows[-1][1])
    return found


def _mapped(mapper: Mapper) -> list[str]:
    found: list[str] = []
    place = ("", "", "")
    order = ("due", "id", "plan_id")
    for _ in range(PAGES):
        with mapper.transaction():
            for kind, id in (("settings", "settings"), ("person", "u0")):
                mapper.find("record", (), tenant="", kind=kind, id=id)
            rows = mapper.find("task", order, (order, place), 51, tenant="", owner_id="u0", is_open=1, live=1)[:50]
            found += [row.id for row in rows]
            place = (rows[-1].due, rows[-1].id, rows[-1].plan_id)
    return found


def _filled(path: Path, tasks: int) -> None:
    """A plan of 20 tasks a hundred days long, copied in SQL until there are so many, with as many for each person."""
    start = dt.date(2026, 1, 5)
    with ap.open(f"sqlite:///{path}", actor=ap.SYSTEM) as ws:
        ws.people.add(ap.Person("u0", "Ana", roles={"manager"}))
        account = ap.Account("acme", "Acme", owner_id="u0")
        own = tuple(ap.Task(f"t{n}", f"Step {n}", owner_id="u0", due=start + dt.timedelta(n)) for n in range(EACH))
        ws.add_plan(ap.Plan("p", ws.accounts.add(account).id, "Onboarding", {"start": start}, tasks=own))
        ws.settings.update(time_zone="Europe/Lisbon")
    db = sqlite3.connect(path)
    owners = tasks // OWNERS_TASKS
    db.execute("create temp table copy (n integer primary key)")
    db.executemany("insert into copy values (?)", ((n,) for n in range(1, tasks // EACH)))
    for table, key in (("plan", "id"), ("task", "plan_id")):
        names = [row[1] for row in db.execute(f"pragma table_info({table})")]
        given = {key: f"one.{key} || printf('%07d', copy.n)", "owner_id": f"'u' || (copy.n % {owners})"}
        if table == "task":
            given |= {"id": "one.id || printf('%07d', copy.n)", "due": "date(one.due, '+' || (copy.n % 97) || ' days')"}
        columns, values = ", ".join(names), ", ".join(given.get(name, f"one.{name}") for name in names)
        db.execute(
            f"insert into {table} ({columns}) select {values} from copy cross join {table} as one where one.{key} = 'p'"
        )
    db.commit()
    db.close()
