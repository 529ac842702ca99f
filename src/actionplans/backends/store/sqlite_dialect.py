"""What SQLite says otherwise than other databases, and what can be done in a transaction of its."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Sequence
from typing import Any

from actionplans.backends.store.dialect import Dialect, Row
from actionplans.backends.store.sql import insertion

DIALECT = Dialect(
    mark="?",
    place="",
    text="text",
    number="integer",
    one_of="{} in (select value from json_each({}))",
    list_of=json.dumps,
    member="json_extract({}, '$.{}')",
    members="json_each({}, '$.{}')",
    member_text="{}",
    position="instr({}, {})",
    unindexed="+{}",
    locked="",
)
"""What SQLite says otherwise. The `+` lets it look up by another column and sort then; a writer has the file alone."""


class Rows:
    """What can be done in a transaction."""

    def __init__(self, db: sqlite3.Connection) -> None:
        """The one that this connection is in."""
        self._db = db

    def rows(self, sql: str, values: Sequence[Any] = ()) -> Iterable[Row]:
        """As `Access.rows`."""
        return self._db.execute(DIALECT.said(sql), values)

    def each(self, sql: str, rows: Iterable[Row]) -> None:
        """As `Access.each`."""
        self._db.executemany(DIALECT.said(sql), rows)

    def add(self, table: str, columns: Sequence[str], rows: Iterable[Row]) -> None:
        """As `Access.add`."""
        self.each(insertion(table, columns), rows)
