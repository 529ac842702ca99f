"""Sums over the rows of what is stored, which show damage that is no damage to the database itself.

A page that was altered on its way to the disk, or on it, may still be one that the database can read: another digit in
a title. `checkup` works the sums out again. They are no protection against people: the journal's chain is (J3).
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable
from itertools import chain
from operator import itemgetter

from actionplans.backends.store.dialect import Row


def sealed(row: Row) -> Row:
    """The row of a record, its tenant first, with its sum at the end."""
    return (*row, zlib.crc32(ascii(row[1:]).encode()))


def is_sealed(row: Row) -> bool:
    """That the sum at the end of the row of a record is the row's own."""
    return sealed(row[:-1]) == row


class Texts:
    """The sum over rows of a table, in their order: of those columns that others do not follow from, all of them text.

    Joining them and counting what is NULL is several times as fast as `repr`, and a launch writes many rows.
    """

    def __init__(self, columns: tuple[str, ...], derived: Iterable[str]) -> None:
        """Of these columns but for those that are worked out from the others, or numbers."""
        beside = frozenset(derived)
        self._values: Callable[[Row], Row] = itemgetter(*(n for n, one in enumerate(columns) if one not in beside))

    def sum(self, rows: Iterable[Row]) -> int:
        """The same for the same texts in the same order."""
        texts = list(chain.from_iterable(map(self._values, rows)))
        return zlib.crc32("\0".join(filter(None, texts)).encode(), texts.count(None))
