"""What differs between the databases, and what a transaction of either can do; all other SQL is written once.

In that SQL a `?` stands for a value, and an `@` before the name of each table for the place where ours are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from typing import Any, Protocol

from attrs import frozen

Row = tuple[Any, ...]
"""A row of a table, or the values of a statement."""


@frozen
class Dialect:
    """How one database says what the others say otherwise: forms with a `{}` for each part."""

    mark: str
    """A place for a value."""
    place: str
    """What stands before the name of a table."""
    text: str
    """The type of text that sorts by code point."""
    number: str
    """The type of a number that counts up by itself."""
    one_of: str
    """That the first is one of the second, a list of texts in one value."""
    list_of: Callable[[Sequence[str]], Any]
    """The value for such a list."""
    member: str
    """The text that a JSON object has under a name."""
    members: str
    """The rows of an array that a JSON object has under a name, each in the column `value`."""
    member_text: str
    """The text that such a row is."""
    position: str
    """Where in the first text the second one stands; 0 when it does not."""
    unindexed: str
    """A column to sort by, but not to look up by."""
    locked: str
    """What has the rows of a `select` wait for nobody else until the transaction ends."""
    skipping: str
    """The same, without those that others have locked."""
    version: str
    """What asks for the name and version of the database, in one text."""
    settings: str
    """What asks for the settings that its promises hang on: names and values, as texts."""
    damage: Callable[[Access], Iterator[tuple[str, str]]]
    """What it finds wrong with itself: places and what is wrong there."""

    def said(self, sql: str) -> str:
        """SQL that all share, as this database takes it."""
        return sql.replace("@", self.place).replace("?", self.mark)


Question = tuple[str, Sequence[Any]]
"""A `select` and its values."""


Reading = Callable[[str, Sequence[Any]], Iterable[Row]]
"""What finds the rows of a `select` with these values."""


class Access(Protocol):
    """What can be done inside a transaction."""

    def rows(self, sql: str, values: Sequence[Any] = ()) -> Iterable[Row]:
        """What a `select` finds."""
        ...

    def legible(self, sql: str, values: Sequence[Any] = ()) -> Iterable[Row]:
        """The same of rows that may be damaged: what is no text any more has a mark, and fails nobody."""
        ...

    def each(self, sql: str, rows: Iterable[Row]) -> None:
        """The statement once for every row."""
        ...

    def add(self, table: str, columns: Sequence[str], rows: Iterable[Row]) -> None:
        """New rows, the fastest way there is."""
        ...


class Database(Protocol):
    """Where the tables are: connections to it, and transactions."""

    dialect: Dialect

    unfit: tuple[type[Exception], ...]
    """What its driver says of values that a column cannot hold."""

    def reading(self) -> AbstractContextManager[Access]:
        """A transaction that sees one state until the end of the block (C6)."""
        ...

    def ask(self, *asked: Question) -> Sequence[Sequence[Row]]:
        """What each `select` finds, all of one state (C6): cheaper than `reading` where nothing hangs on an answer."""
        ...

    def write(self, work: Callable[[Access], None]) -> None:
        """Do the work in one transaction: all of it is kept, or nothing after any exception (C2).

        The work is done again, from its beginning, when others were in its way.
        """
        ...

    def purge(self) -> None:
        """Have no file keep what was removed or overwritten, as far as that is ours to do (C18)."""
        ...

    def close(self) -> None:
        """Let go of every connection (C11)."""
        ...


def answers(db: Access, asked: Iterable[Question]) -> list[Sequence[Row]]:
    """What each `select` finds in this transaction."""
    return [list(db.rows(*one)) for one in asked]
