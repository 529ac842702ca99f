"""Cursors that read values in ways of our own, whatever a host has set on its connection or in the driver."""

from __future__ import annotations

from typing import Any, ClassVar

import psycopg
from psycopg.adapt import AdaptersMap, Loader
from psycopg.postgres import register_default_adapters, types
from psycopg.rows import tuple_row

from actionplans.backends.store.dialect import Row


class LegibleText(Loader):
    """Reads text, with a mark in place of what is none: of a damaged table the server may give such."""

    def load(self, data: Any) -> str:
        """What a column holds."""
        return bytes(data).decode("utf-8", "replace")


class OwnCursor(psycopg.Cursor[Row]):
    """Gives rows as tuples of what the driver itself makes of values."""

    ways: ClassVar[AdaptersMap] = AdaptersMap(types=types)

    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        """On this connection."""
        super().__init__(connection, row_factory=tuple_row)

    @property
    def adapters(self) -> AdaptersMap:
        """How values are written and read."""
        return self.ways


class LegibleCursor(OwnCursor):
    """The same, and no text is too damaged to be read."""

    ways: ClassVar[AdaptersMap] = AdaptersMap(types=types)


for _cursor in (OwnCursor, LegibleCursor):
    register_default_adapters(_cursor.ways)
LegibleCursor.ways.register_loader("text", LegibleText)
