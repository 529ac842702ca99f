"""Messages that wait to be sent, and what becomes of them (N1, N2, N4). The outbox of a store keeps both.

A dispatcher takes some with `Store.claim`, sends them, and says with `Store.settle` what became of each:

    for one in store.claim(now, now + lease):
        store.settle([one.sent(now)])               # or one.skipped(now, "opted out"), one.failed(now, "no such host"),
                                                    # one.again(now + pause, "time-out")
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from typing import Literal

import attrs
from attrs import frozen

from actionplans.checks import Value
from actionplans.errors import Problem
from actionplans.model.words import Count, Id, Line, NewId, Word

DeliveryState = Literal["waiting", "sent", "skipped", "failed"]
"""What has become of a message: it waits (also while a dispatcher has it), or one of the three ends."""

_FIRST = dt.datetime.min.replace(tzinfo=dt.UTC)
_LAST = dt.datetime.max.replace(tzinfo=dt.UTC)
_TICK = dt.timedelta(microseconds=1)
_DAY = dt.timedelta(days=1)


@frozen
class Message(Value):
    """One row of the outbox (N1): what happened, for whom. `key` is stable, so that it is sent once."""

    key: Id
    event: Word
    recipient_id: Id
    at: dt.datetime
    record: Word
    record_id: Id
    item_id: NewId = ""
    detail: Line = ""


@frozen
class Delivery(Value):
    """A message and what has become of it.

    `moment` is from when on it may be taken, of one that waits; of any other when it was settled. `tries` counts how
    often it was taken, and tells a dispatcher that has lost it from the one that has it now. `reason` says why the
    last try failed, or why it was skipped.
    """

    message: Message
    state: DeliveryState
    moment: dt.datetime
    tries: Count = 0
    reason: Line = ""

    def problems(self) -> Iterator[Problem]:
        """What is not sent has a reason (N2, N4)."""
        if self.state in ("skipped", "failed") and not self.reason.strip():
            yield Problem("reason", f"why it is {self.state} is wanted")

    def sent(self, at: dt.datetime) -> Delivery:
        """It was sent."""
        return attrs.evolve(self, state="sent", moment=at, reason="")

    def skipped(self, at: dt.datetime, reason: str) -> Delivery:
        """It is not to be sent: no address, opted out (N2)."""
        return attrs.evolve(self, state="skipped", moment=at, reason=reason)

    def failed(self, at: dt.datetime, reason: str) -> Delivery:
        """It could not be sent and is given up (N4)."""
        return attrs.evolve(self, state="failed", moment=at, reason=reason)

    def is_about(self, persons: Iterable[tuple[str, str]]) -> bool:
        """Whether it is to or about one of these persons, by kind and id (C18)."""
        about = (self.message.record, self.message.record_id)
        return any(id == self.message.recipient_id or about == (kind, id) for kind, id in persons)

    def blank(self) -> Delivery:
        """Without its words, which may name somebody who is erased: what was done, and when, stays (J4).

        Whoever has it loses it, and so brings no words back.
        """
        reason, lost = "erased" if self.reason else "", self.state == "waiting" and self.tries > 0
        return attrs.evolve(self, message=attrs.evolve(self.message, detail=""), reason=reason, tries=self.tries + lost)

    def again(self, due: dt.datetime, reason: str = "") -> Delivery:
        """It could not be sent and is to be tried again from that moment on; without a reason it was not tried."""
        return attrs.evolve(self, state="waiting", moment=due, reason=reason)


@frozen
class DeliveryQuery(Value):
    """Messages in one state, ordered by `moment`, those of one moment by key."""

    state: DeliveryState = "waiting"


def oldest_first(moment: dt.datetime) -> str:
    """A text by which moments sort, whatever their zones: the microseconds since the beginning of all time."""
    return f"{(moment - _FIRST + _DAY) // _TICK:018}"  # no zone is a day away


def moment_from(text: str) -> dt.datetime:
    """The moment in UTC again, within the years that there are."""
    passed = dt.timedelta(microseconds=int(text)) - _DAY
    return _FIRST + min(max(passed, dt.timedelta(0)), _LAST - _FIRST)


def posted(message: Message) -> Delivery:
    """A message that nobody has taken yet: it is due from when it happened on."""
    return Delivery(message, "waiting", moment_from(oldest_first(message.at)))
