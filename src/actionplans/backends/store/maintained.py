"""What the stores in SQL databases do for backups and checks (S8)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import cast

from actionplans.backends.store import schema
from actionplans.backends.store.dialect import Access, Database, Dialect, Question, Row, answers
from actionplans.storage import Store
from actionplans.storing import not_empty
from actionplans.upkeep import Progress, Report, heard


class Maintenance:
    """The part of a store in an SQL database that looks after it: `upkeep.Maintained`."""

    name: str
    _base: Database
    _tenant: str

    def backup(self, path: Path, *, overwrite: bool = False, progress: Progress | None = None) -> None:
        """As `Maintained.backup`: from one transaction that reads."""
        from actionplans.backends.store.backup import chunks, counted, write_file

        with heard(progress) as told, self._base.reading() as db:
            many = sum(counted(db, self._tenant).values())
            tables = {table: chunks(db.rows, self._tenant, table) for table in schema.TABLES}
            write_file(path, many, tables, overwrite=overwrite, progress=told)

    def restore(
        self,
        path: Path,
        finish: Callable[[Store], None],
        *,
        replace: bool = False,
        progress: Progress | None = None,
    ) -> None:
        """As `Maintained.restore`: in one transaction that writes."""
        from actionplans.backends.store.backup import sound_backup

        with heard(progress) as told, sound_backup(path, self._tenant) as (backup, tenant):

            def work(db: Access) -> None:
                self._clear(db, replace)
                with backup.reading() as source:
                    self._copy(source, tenant, db, told)
                finish(self._inside(db))

            self._base.write(work)

    def examine(self, progress: Progress | None = None) -> Report:
        """As `Maintained.examine`."""
        from actionplans.backends.store.checkup import examined

        with heard(progress) as told:
            return examined(self._base, self.name, self._tenant, told)

    def conditions(self) -> dict[str, str]:
        """As `Maintained.conditions`."""
        dialect = self._base.dialect
        with self._base.reading() as db:
            found = {"database": next(iter(db.rows(dialect.version)))[0]}
            return found | {str(name): str(value) for name, value in db.rows(dialect.settings)}

    def _inside(self, db: Access) -> Store:
        """The store as it is inside this transaction."""
        from actionplans.backends.store.sql import SqlStore

        return cast(Store, SqlStore(Inside(self._base, db), self.name, self._tenant))

    def _clear(self, db: Access, replace: bool) -> None:
        """Have nothing of the tenant, if that may be replaced."""
        for table in reversed(schema.TABLES):
            if not replace and list(db.rows(f"select 1 from @{table} where tenant = ? limit 1", (self._tenant,))):
                raise not_empty()
            db.each(f"delete from @{table} where tenant = ?", [(self._tenant,)])

    def _copy(self, source: Access, tenant: str, db: Access, progress: Progress) -> None:
        from actionplans.backends.store.backup import chunks, counted

        done, many = 0, sum(counted(source, tenant).values())
        for table in schema.TABLES:
            columns = schema.columns_of(table)
            for some in chunks(source.rows, tenant, table):
                db.add(table, columns, ((self._tenant, *row[1:]) for row in some))
                done += len(some)
                progress(done, many)


class Inside:
    """A database as it is inside a transaction: all that is done goes with that."""

    def __init__(self, base: Database, db: Access) -> None:
        """The transaction `db` of `base`."""
        self.dialect: Dialect = base.dialect
        self.unfit: tuple[type[Exception], ...] = base.unfit
        self._db = db

    def reading(self) -> AbstractContextManager[Access]:
        """As `Database.reading`."""
        return nullcontext(self._db)

    def ask(self, *asked: Question) -> Sequence[Sequence[Row]]:
        """As `Database.ask`."""
        return answers(self._db, asked)

    def write(self, work: Callable[[Access], None]) -> None:
        """As `Database.write`."""
        work(self._db)

    def purge(self) -> None:
        """As `Database.purge`: that is for when the transaction has ended."""

    def close(self) -> None:
        """As `Database.close`: it ends with the transaction."""
