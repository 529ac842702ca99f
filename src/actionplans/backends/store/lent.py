"""What the stores on lent connections share: every call is a savepoint in the host's transaction (S9).

Nothing is set on the connection, and nothing is committed, tried again or migrated. A transaction is begun only as the
driver itself begins one for the host's own statements; in autocommit mode the host begins it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from typing import Any, Protocol, TypeVar

from actionplans.backends.store.dialect import Access, Dialect, Question, Row, answers
from actionplans.backends.store.schema import STEPS
from actionplans.errors import Refused, StoreClosed, StoreMissing, StoreNewer, StoreOlder

NO_TABLES = "it has no tables of this library: open the database once by its URL, which makes them"


class Speaking(Access, Protocol):
    """A transaction that is also told where to set and take back savepoints."""

    def say(self, sql: str) -> None:
        """Run a statement that gives nothing."""
        ...


A = TypeVar("A", bound=Speaking)


class Lent:
    """A connection of the host's, as a `Database`; `lend` gives it, for every use."""

    dialect: Dialect
    unfit: tuple[type[Exception], ...]

    def __init__(self, name: str, lend: Callable[[], Any]) -> None:
        """It is not used yet."""
        self.name: str = name
        self._lend, self._closed = lend, False

    def reading(self) -> AbstractContextManager[Access]:
        """As `Database.reading`: in the host's transaction, with what it sees."""
        return self._using(writing=False)

    def ask(self, *asked: Question) -> Sequence[Sequence[Row]]:
        """As `Database.ask`."""
        with self.reading() as db:
            return answers(db, asked)

    def write(self, work: Callable[[Access], None]) -> None:
        """As `Database.write`, once: the host keeps it, or takes it back with all its own.

        Tables that somebody has migrated since the connection was looked at are left alone (S6).
        """
        with self._using(writing=True) as db:
            check_version(self._version(db), self.name)
            work(db)

    def purge(self) -> None:
        """As `Database.purge`: the files are the host's, who has still to commit."""

    def close(self) -> None:
        """As `Database.close`: the connection stays as it is."""
        self._closed = True

    def _using(self, *, writing: bool) -> AbstractContextManager[Access]:
        """The host's connection, ready for statements of ours, until the end of the block."""
        raise NotImplementedError

    def _version(self, db: Access) -> int:
        """The version of the tables, which nobody migrates until the transaction ends."""
        raise NotImplementedError

    def _lent(self) -> Any:
        if self._closed:
            raise StoreClosed(self.name, "it was closed")
        return self._lend()


@contextmanager
def savepoint(db: A, failure: type[Exception]) -> Iterator[A]:
    """A part of the transaction that is taken back after any exception, and leaves the rest as it was.

    Where the database has given up the whole transaction, there is nothing to take back.
    """
    db.say("savepoint actionplans")
    try:
        yield db
    except BaseException:
        with suppress(failure):
            db.say("rollback to savepoint actionplans")
            db.say("release savepoint actionplans")
        raise
    db.say("release savepoint actionplans")


def no_transaction() -> Refused:
    """Of a write that would be committed at once."""
    told = "it is in autocommit mode and no transaction is begun, so this would be committed at once: begin one first"
    return Refused("writing on the lent connection", told)


def check_version(version: int, store: str) -> None:
    """Raise where the tables are not this library's: missing, older or newer (S6)."""
    if not version:
        raise StoreMissing(store, NO_TABLES)
    told = f"the tables have version {version} and this library "
    if version < len(STEPS):
        raise StoreOlder(store, f"{told}wants version {len(STEPS)}")
    if version > len(STEPS):
        raise StoreNewer(store, f"{told}knows versions up to {len(STEPS)}")
