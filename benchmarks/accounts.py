"""Finding accounts by the beginning of their names, against the bare SQL (A2)."""

from __future__ import annotations

import random
import sqlite3
import statistics
import tempfile
from pathlib import Path

import actionplans as ap
from actionplans.accounts import name_key
from actionplans.backends.store import rows
from benchmarks.measure import paired, seconds

NAMES = 1_000_000
SEARCHES = 1_000
ROWS = 10
SQL = (
    f"SELECT {', '.join(rows.ACCOUNT)} FROM account WHERE tenant = ? AND key >= ? AND key < ? ORDER BY key, id LIMIT ?"
)
RECORD = f"SELECT {', '.join(rows.RECORD)} FROM record WHERE tenant = ? AND kind = ? AND id = ?"


def prefix_search(repeats: int = 5) -> dict[str, float]:
    """A thousand searches by four letters among a million names in SQLite, ten results each; the floor is the bare
    SQL of the same: the settings, who asks, the names.

    `p99` is what the slowest of a hundred takes, in microseconds.
    """
    with tempfile.TemporaryDirectory() as place:
        path = Path(place) / "plans.db"
        with ap.open(f"sqlite:///{path}", actor=ap.Actor("root", roles={"administrator"})) as ws:
            names = _filled(path)
            asked = random.Random(3).sample(names, SEARCHES)
            bare = sqlite3.connect(path)

            def ours() -> None:
                for name in asked:
                    assert ROWS == len(ws.accounts.find(name[:4], limit=ROWS))

            def floor() -> None:
                for name in asked:
                    key = name_key(name[:4])
                    for kind, id in (("settings", "settings"), ("person", "root")):
                        bare.execute(RECORD, ("", kind, id)).fetchall()
                    assert ROWS == len(bare.execute(SQL, ("", key, key[:-1] + chr(ord(key[-1]) + 1), ROWS)).fetchall())

            found = paired(lambda: seconds(ours), lambda: seconds(floor), repeats)
            each = [seconds(lambda name=name: ws.accounts.find(name[:4], limit=ROWS)) for name in asked]  # type: ignore[misc]
            bare.close()
    return {**found, "microseconds": found["ours"] / SEARCHES * 1e6, "p99": statistics.quantiles(each, n=100)[98] * 1e6}


def _filled(path: Path) -> list[str]:
    """A million accounts, with names as companies have them; every beginning of four letters has ten or more.

    They are put in as rows, which takes seconds instead of minutes.
    """
    dice = random.Random(2)
    parts = "ba ce di fo gu ha je ki lo mu na pe ri so tu va we xi yo zu".split()
    names = []
    with sqlite3.connect(path) as db:
        for n in range(NAMES):
            names.append("".join(dice.choices(parts, k=4)).title() + f" {n}")
        insert = f"INSERT INTO account ({', '.join(rows.ACCOUNT)}) VALUES ({', '.join('?' * len(rows.ACCOUNT))})"
        accounts = (ap.Account(f"account-{n:07}", name, type="smb") for n, name in enumerate(names))
        db.executemany(insert, (rows.account_row("", one, 1) for one in accounts))
    db.close()
    return names
