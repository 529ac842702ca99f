"""How messages are taken out of the outbox and put down as sent (C15, C19 to C21).

A row waits or has come to an end (`state`), and `moment` is from when on it may be taken: a claim sets it to the end
of the lease, so one that is held is one that is not due yet, and is due again when its dispatcher was killed. `tries`
counts the claims, and so tells the last one from those before it.
"""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Iterable, Iterator, Sequence
from json.encoder import encode_basestring
from typing import Any

from actionplans.backends.store import rows
from actionplans.backends.store.dialect import Access, Database, Dialect, Row
from actionplans.backends.store.queries import Statement
from actionplans.backends.store.sums import is_sealed, sealed
from actionplans.errors import StoreCorrupt
from actionplans.messages import Delivery, DeliveryState, Message, oldest_first
from actionplans.storing import Key, checked_deliveries, checked_end, checked_lease

log: logging.Logger = logging.getLogger("actionplans")

_ROW = ("number", *rows.OUTBOX)
_KEY, _TRIES = (_ROW.index(name) for name in ("key", "tries"))


class SqlOutbox:
    """The part of a store in an SQL database that is its outbox."""

    name: str
    _base: Database
    _tenant: str
    _decoding: rows.Decoding

    def messages(self) -> Iterator[Message]:
        """As `Store.messages`."""
        sql = "select key, data from @outbox where tenant = ? and state = 'waiting' order by number"
        with self._decoding:
            (found,) = self._base.ask((sql, (self._tenant,)))
            return iter([rows.message_of(*row) for row in found])

    def claim(self, now: dt.datetime, until: dt.datetime, *, limit: int = 100) -> tuple[Delivery, ...]:
        """As `Store.claim`: rows that another dispatcher is just claiming or settling are passed over.

        So is a damaged one, which is logged and found by `ws.store.check`: it must not stop all others, and nobody
        gets words that were altered.
        """
        due, held = checked_lease(now, until, limit)
        claimed: list[Delivery] = []
        while len(claimed) < limit:
            found = self._taken(due, held, limit - len(claimed))
            readable = tuple(self._readable(found))
            claimed += readable
            if len(readable) == len(found):
                break
        return tuple(claimed)

    def _taken(self, due: str, held: str, limit: int) -> list[Row]:
        """The rows of so many messages that are due, which nobody else gets until the end of the lease."""
        found: list[Row] = []

        def work(db: Access) -> None:
            sql, values = due_first(self._base.dialect, self._tenant, due).question(limit)
            due_now = db.legible(sql + self._base.dialect.skipping, values)
            found[:] = [_changed(row, moment=held, tries=_one_more(row[_TRIES])) for row in due_now]
            taken = "update @outbox set moment = ?, tries = ?, sum = ? where number = ?"
            db.each(taken, [(moment, tries, sum, number) for number, *_, moment, tries, _, _, sum in found])

        self._base.write(work)
        return found

    def _readable(self, found: Iterable[Row]) -> Iterator[Delivery]:
        for _, *row in found:
            try:
                with self._decoding:
                    if not is_sealed(tuple(row)):
                        raise ValueError("the row has another sum: something in it was altered")
                    one = rows.delivery_of(tuple(row[1:-1]))
            except StoreCorrupt:
                log.exception("message %r is damaged and was not sent: see ws.store.check", row[1])
            else:
                yield one

    def settle(self, deliveries: Iterable[Delivery]) -> tuple[str, ...]:
        """As `Store.settle`."""
        wanted = checked_deliveries(deliveries)
        lost: list[str] = []

        def work(db: Access) -> None:
            asked = Statement(self._base.dialect, "outbox", _ROW, ("key",))
            asked.equal("tenant", self._tenant)
            asked.where("state = 'waiting'")
            asked.among("key", wanted)
            found = db.legible(asked.text() + self._base.dialect.locked, asked.values)
            held = {(row[_KEY], row[_TRIES]): row for row in found}
            lost[:] = [key for key, one in wanted.items() if (key, one.tries) not in held]
            made = [
                _changed(row, state=one.state, moment=oldest_first(one.moment), reason=one.reason)
                for (key, tries), row in held.items()
                if (one := wanted[key]).tries == tries
            ]
            sql = "update @outbox set state = ?, moment = ?, reason = ?, sum = ? where number = ?"
            db.each(
                sql, [(state, moment, reason, sum, number) for number, _, _, state, moment, _, reason, _, sum in made]
            )

        self._base.write(work)
        return tuple(lost)

    def forget(self, state: DeliveryState, before: dt.datetime) -> None:
        """As `Store.forget`."""
        gone = (self._tenant, state, checked_end(state, before))
        sql = "delete from @outbox where tenant = ? and state = ? and moment < ?"
        self._base.write(lambda db: db.each(sql, [gone]))

    def _blank(self, db: Access, gone: Sequence[Key]) -> None:
        """Have no words stay in messages to or about those who are erased (C18).

        They are looked for as text, so that a damaged one is in nobody's way; of one that names somebody all goes.
        """
        dialect, made = self._base.dialect, list[Row]()
        for one in gone:
            asked = Statement(dialect, "outbox", _ROW, ("key",))
            asked.equal("tenant", self._tenant)
            asked.where(f"{dialect.position.format('data', '?')} > 0", encode_basestring(one[1]))
            for number, *row in db.legible(asked.text() + dialect.locked, asked.values):
                made += [(number, *blank) for blank in rows.blanked(tuple(row), one)]
        sql = "update @outbox set tries = ?, reason = ?, data = ?, sum = ? where number = ?"
        db.each(sql, [(*row[_TRIES:], row[0]) for row in made])


def due_first(dialect: Dialect, tenant: str, due: str) -> Statement:
    """The messages that may be taken, in the order in which they are (C19)."""
    asked = Statement(dialect, "outbox", _ROW, ("moment", "number"))
    asked.equal("tenant", tenant)
    asked.where("state = 'waiting'")
    asked.where("moment <= ?", due)
    return asked


def _changed(row: Row, **columns: Any) -> Row:
    """The row with other values; the sum of a damaged one stays wrong, so that `check` finds it."""
    number, *before, sum = map(columns.get, _ROW, row)
    if not is_sealed(row[1:]):
        return (number, *before, sum)
    return (number, *sealed(tuple(before)))


def _one_more(tries: Any) -> Any:
    """How often a message has been taken now; what is no number stays what it is."""
    return tries + 1 if isinstance(tries, int) else tries
