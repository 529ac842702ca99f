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
        claimed, damaged = list[Delivery](), list[tuple[str, Exception]]()

        def work(db: Access) -> None:
            claimed.clear()
            damaged.clear()
            asked, seen = due_first(self._base.dialect, self._tenant, due), set[int]()
            while len(claimed) < limit:
                sql, values = asked.question(limit - len(claimed))
                now_due = {row[0]: row for row in db.legible(sql + self._base.dialect.skipping, values)}
                found = [row for number, row in now_due.items() if number not in seen]
                if not found:  # also where a damaged index goes on giving what is not due any more
                    break
                seen.update(now_due)
                some, passed = _leased(db, found, held)
                claimed.extend(some)
                damaged.extend(passed)

        self._base.write(work)
        for key, error in damaged:
            log.error("message %r is damaged and was not sent (%s): see ws.store.check", key, error)
        return tuple(claimed)

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


def _leased(db: Access, found: Iterable[Row], until: str) -> tuple[list[Delivery], list[tuple[str, Exception]]]:
    """Give these rows out until then: their messages, and the keys of those that are damaged, with what is wrong."""
    claimed, damaged = list[Delivery](), list[tuple[str, Exception]]()
    taken, passed = list[Row](), list[Row]()
    for row in found:
        try:
            made = _changed(_sound(row), moment=until, tries=row[_TRIES] + 1)
            claimed.append(rows.delivery_of(made[2:-1]))
            taken.append((until, made[_TRIES], made[-1], made[0]))
        except rows.DAMAGED as error:
            damaged.append((row[_KEY], error))
            passed.append((until, row[0]))
    db.each("update @outbox set moment = ?, tries = ?, sum = ? where number = ?", taken)
    db.each("update @outbox set moment = ? where number = ?", passed)
    return claimed, damaged


def _sound(row: Row) -> Row:
    """The row, where nothing in it was altered."""
    if not is_sealed(row[1:]):
        raise ValueError("it has another sum than its row")
    return row


def _changed(row: Row, **columns: Any) -> Row:
    """The row with other values; the sum of a damaged one stays wrong, so that `check` finds it."""
    number, *before, sum = map(columns.get, _ROW, row)
    if not is_sealed(row[1:]):
        return (number, *before, sum)
    return (number, *sealed(tuple(before)))
