"""A clock that stands still until it is told to move."""

from __future__ import annotations

import datetime as dt


class FrozenClock:
    """The moment it is, for everything that asks: `clock()`. It moves only by `tick`."""

    def __init__(self, now: dt.datetime = dt.datetime(2026, 1, 5, 9, tzinfo=dt.UTC)) -> None:
        """Begin at a moment with a time zone: a Monday morning unless told otherwise."""
        self.now: dt.datetime = now

    def __call__(self) -> dt.datetime:
        """The moment it is."""
        return self.now

    def tick(self, days: float = 0, **more: float) -> dt.datetime:
        """Move by so many days, hours, minutes, ... as `datetime.timedelta` takes them; gives the new moment."""
        self.now += dt.timedelta(days, **more)
        return self.now
