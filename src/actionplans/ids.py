"""New ids: UUIDv7 text, so that the order of ids is the order of making (SHELL: it reads the clock)."""

from __future__ import annotations

import os
import threading
import time
import weakref

_LAST = (1 << 48) - 1


class NewIds:
    """Makes strictly increasing UUIDv7 texts; threads may share one, and a forked process starts its own sequence.

    Each millisecond starts at a random number; ids of the same millisecond count on from it in their last 48 bits.
    """

    __slots__ = ("__weakref__", "_head", "_lock", "_millisecond", "_number")

    def __init__(self) -> None:
        """Nothing is read before the first id."""
        self._lock = threading.Lock()
        self._millisecond, self._number, self._head = 0, _LAST, ""
        _LIVING.add(self)

    def __call__(self) -> str:
        """A new id, like `0199c0de-7a1b-7c3d-8e4f-0123456789ab`."""
        now = time.time_ns() // 1_000_000
        with self._lock:
            if now > self._millisecond or self._number >= _LAST:
                self._begin(max(now, self._millisecond + 1))
            self._number += 1
            return self._head + self._number.to_bytes(6, "big").hex()  # half the time of a format

    def _begin(self, millisecond: int) -> None:
        chance = int.from_bytes(os.urandom(9), "big")
        a, b = chance & 0xFFF, chance >> 12 & 0x3FFF
        self._millisecond = millisecond
        self._head = f"{millisecond >> 16:08x}-{millisecond & 0xFFFF:04x}-{0x7000 | a:04x}-{0x8000 | b:04x}-"
        self._number = chance >> 26 & (_LAST >> 1)


_LIVING: weakref.WeakSet[NewIds] = weakref.WeakSet()


def _after_fork() -> None:
    """In the child another thread's lock is nobody's to let go of, and the parent's sequence goes on elsewhere."""
    for one in _LIVING:
        one._lock = threading.Lock()
        one._number = _LAST


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
