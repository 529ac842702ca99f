"""Which processes read a SQLite database, as the system knows it."""

from __future__ import annotations

import os
import re
from pathlib import Path


def reading_processes(shared: str) -> list[int]:
    """The other processes that read the database with this `-shm` file, where Linux tells of its locks.

    The file is not opened: closing it would drop the locks that SQLite has on it for this process.
    """
    try:
        held, number = Path("/proc/locks").read_text(), os.stat(shared).st_ino
    except OSError:
        return []
    found = set()
    for line in held.splitlines():
        match = _LOCK.search(line)
        if match and int(match["inode"]) == number and int(match["first"]) >= _FIRST_READER:
            found.add(int(match["pid"]))
    return sorted(found - {os.getpid()})


_LOCK = re.compile(r" READ +(?P<pid>\d+) [0-9a-f]+:[0-9a-f]+:(?P<inode>\d+) (?P<first>\d+) ")
_FIRST_READER = 123  # the bytes that SQLite locks in the `-shm` file: 120 to 122 for writing and recovery, then readers
