"""Looking at every row of a tenant: that it can be read, and says the same in all its columns (S8).

What the database itself sees is `Dialect.damage`; what it cannot see, since the damage left it readable, the sums show.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import groupby
from operator import itemgetter
from typing import Any

from actionplans import __version__
from actionplans.backends.store import rows, schema
from actionplans.backends.store.backup import chunks, counted
from actionplans.backends.store.dialect import Access, Database, Reading, Row
from actionplans.backends.store.queries import Statement
from actionplans.backends.store.sums import is_sealed
from actionplans.checks import problems
from actionplans.errors import StoreBusy, StoreClosed, StoreCorrupt, StoreError
from actionplans.journal import Entry
from actionplans.model import Plan
from actionplans.storage import kind_of
from actionplans.upkeep import Findings, Progress, Report

_REVISION = rows.PLAN.index("revision")
_CALLED = {"journal": "entries", "outbox": "messages"}

TEXTS = frozenset({"links", "offsets", "data", "sum"})
"""Columns that are not worked out again: sums cover the texts, and another release may write them otherwise."""


def examined(base: Database, name: str, tenant: str, progress: Progress = lambda done, many: None) -> Report:
    """The report on the rows of a tenant, and on the database as far as it looks at itself."""
    checkup = Checkup(base, tenant, progress)
    versions = {"library": __version__, "schema": str(len(schema.STEPS))}
    checkup.part("database", lambda db: versions.update(database=next(iter(db.rows(base.dialect.version)))[0]))
    checkup.part("database", lambda db: checkup.tell(base.dialect.damage(db)))
    checkup.part("database", checkup.begin)
    for table, look in checkup.looks.items():
        checkup.part(table, look)
    return checkup.found.report(name, versions)


class Checkup:
    """What is found, part by part: each is one transaction, so that others may go on writing."""

    def __init__(self, base: Database, tenant: str, progress: Progress) -> None:
        """Of one tenant's rows."""
        self._base, self._tenant, self._progress = base, tenant, progress
        self._done = self._many = 0
        self.found: Findings = Findings()
        self.looks: dict[str, Callable[[Access], None]] = {
            "plan": self._plans,
            "account": self._accounts,
            "record": self._records,
            "journal": self._journal,
            "outbox": self._outbox,
            "objective": lambda db: self._orphans(db, "objective", "plan_id", "plan"),
            "task": lambda db: self._orphans(db, "task", "plan_id", "plan"),
            "account_person": lambda db: self._orphans(db, "account_person", "account_id", "account"),
        }

    def part(self, place: str, look: Callable[[Access], None]) -> None:
        """Look at one part; what the database cannot read is a finding, and the other parts are looked at as well."""
        try:
            with self._base.reading() as db:
                look(db)
        except (StoreBusy, StoreClosed):
            raise
        except StoreError as error:
            self.found.wrong(place, f"cannot be read: {error.reason}")

    def tell(self, wrong: Iterator[tuple[str, str]]) -> None:
        """All of this is wrong."""
        for place, message in wrong:
            self.found.wrong(place, message)

    def begin(self, db: Access) -> None:
        """Count the rows, for whoever wants to know how far this is."""
        self._many = sum(counted(db, self._tenant).values())

    def _chunks(self, read: Reading, table: str) -> Iterator[list[Row]]:
        for some in chunks(read, self._tenant, table):
            yield some
            self._done += len(some)
            self.found.count(_CALLED.get(table, f"{table}s"), len(some))
            self._progress(min(self._done, self._many), self._many)

    def _plans(self, db: Access) -> None:
        for some in self._chunks(db.rows, "plan"):
            for n in range(0, len(some), 100):
                self._some_plans(db, some[n : n + 100])

    def _some_plans(self, db: Access, some: Sequence[Row]) -> None:
        ids = [row[1] for row in some if isinstance(row[1], str)]
        parts: list[dict[str, list[Row]]] = []
        for table, columns in (("objective", rows.OBJECTIVE), ("task", rows.TASK)):
            found = self._beside(db, table, columns, "plan_id", ids, "plan_id", "position")
            parts.append({id: list(of_plan) for id, of_plan in groupby(found, key=itemgetter(1))})
        for row in some:
            objectives, tasks = (of.get(row[1], []) for of in parts)
            self._done += len(objectives) + len(tasks)
            self.found.count("objectives", len(objectives))
            self.found.count("tasks", len(tasks))
            self._plan(row, objectives, tasks)

    def _plan(self, row: Row, objectives: Sequence[Row], tasks: Sequence[Row]) -> None:
        place = f"plan {row[1]!r}"
        with_sum = self._made(place, rows.plan_sum, row[:-1], objectives, tasks)
        if with_sum is not None and with_sum != row[-1]:
            self.found.wrong(place, "has another sum than its rows: something in it was altered")
        read = map(rows.objective_read, objectives), map(rows.task_read, tasks)
        plan = self._made(place, rows.plan_of, row, *read)
        if plan is None:
            return
        for task in plan.tasks:  # reading trusts them
            for problem in problems(task):
                self.found.wrong(f"{place}, task {task.id!r}", str(problem))
        made = (
            ("", rows.PLAN, [row], lambda: [rows.plan_row(self._tenant, plan, row[_REVISION], (), ())]),
            ("objective", rows.OBJECTIVE, objectives, self._again(rows.objective_rows, plan, objectives)),
            ("task", rows.TASK, tasks, self._again(rows.task_rows, plan, tasks)),
        )
        for kind, columns, stored, make in made:
            for one, wanted in zip(stored, self._made(place, make) or stored, strict=True):
                self._same(f"{place}, {kind} {one[4]!r}" if kind else place, columns, one, wanted)

    def _again(self, rows_of: Any, plan: Plan, stored: Sequence[Row]) -> Callable[[], list[Row]]:
        return lambda: rows_of(self._tenant, plan, [row[3] for row in stored])

    def _accounts(self, db: Access) -> None:
        for some in self._chunks(db.rows, "account"):
            ids = [row[1] for row in some if isinstance(row[1], str)]
            people: dict[str, set[str]] = {}
            for _, person_id, account_id in self._beside(db, "account_person", rows.ACCOUNT_PERSON, "account_id", ids):
                people.setdefault(account_id, set()).add(person_id)
            for row in some:
                account = self._record("account", row, rows.account_from)
                if account is None:
                    continue
                wanted = {person_id for _, person_id, _ in rows.account_people(self._tenant, account)}
                if wanted != people.get(row[1], set()):
                    self.found.wrong(f"account {row[1]!r}", "is listed under other people than it names")

    def _records(self, db: Access) -> None:
        for some in self._chunks(db.rows, "record"):
            for row in some:
                self._record(f"{row[1]}", row, rows.record_of)

    def _record(self, kind: str, row: Row, of: Callable[[Row], Any]) -> Any:
        """The record of a row, which is looked at; None where it cannot be read."""
        place = f"{kind} {row[1 if kind == 'account' else 2]!r}"
        self._sealed(place, row)
        record = self._made(place, of, row)
        if record is None:
            return None
        if kind != "account" and kind_of(type(record)) != kind:
            self.found.wrong(place, f"is a {kind_of(type(record))}")
        again, columns = (rows.account_row, rows.ACCOUNT) if kind == "account" else (rows.record_row, rows.RECORD)
        wanted = self._made(place, again, self._tenant, record, row[columns.index("revision")])
        if wanted is not None:
            self._same(place, columns, row, wanted)
        return record

    def _sealed(self, place: str, row: Row) -> None:
        if not is_sealed(row):
            self.found.wrong(place, "has another sum than its row: something in it was altered")

    def _journal(self, db: Access) -> None:
        for some in self._chunks(db.rows, "journal"):
            for row in some:
                place = f"journal of {row[1]} {row[2]!r}, revision {row[3]}"
                entry = self._made(place, _entry, row)
                if entry is not None and (entry.record, entry.id, entry.revision) != row[1:4]:
                    self.found.wrong(place, f"is the entry of {entry.record} {entry.id!r}, revision {entry.revision}")

    def _outbox(self, db: Access) -> None:
        for some in self._chunks(db.legible, "outbox"):
            for row in some:
                place = f"message {row[1]!r}"
                self._sealed(place, row)
                self._made(place, rows.delivery_of, row[1:-1])

    def _orphans(self, db: Access, table: str, column: str, parent: str) -> None:
        sql = f"""select "{schema.KEYS[table][-1]}", "{column}" from @{table} as one where tenant = ? and not exists (
            select 1 from @{parent} as other where other.tenant = one.tenant and other.id = one.{column})"""
        for id, owner in db.rows(sql, (self._tenant,)):
            self.found.wrong(f"{table} {id!r}", f"belongs to {parent} {owner!r}, which is not there")

    def _beside(
        self, db: Access, table: str, columns: tuple[str, ...], key: str, ids: Sequence[str], *order: str
    ) -> list[Row]:
        found: list[Row] = []
        for n in range(0, len(ids), 500):
            asked = Statement(self._base.dialect, table, columns, order)
            asked.equal("tenant", self._tenant)
            asked.among(key, ids[n : n + 500])
            found += db.rows(asked.text(), asked.values)
        return found

    def _made(self, place: str, make: Callable[..., Any], *given: Any) -> Any:
        """What can be made of a row; None, and a finding, where nothing can."""
        try:
            return make(*given)
        except StoreCorrupt as error:
            self.found.wrong(place, error.reason)
        except rows.DAMAGED as error:
            self.found.wrong(place, f"cannot be read: {error}")
        return None

    def _same(self, place: str, columns: Sequence[str], stored: Row, wanted: Row) -> None:
        for column, held, ours in zip(columns, stored, wanted, strict=True):
            if held != ours and column not in TEXTS:
                self.found.wrong(place, f"has {held!r} in {column}, and {ours!r} follows from the rest")


def _entry(row: Row) -> Entry:
    return rows.link_of(row).entry()
