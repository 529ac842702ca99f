"""Values that no caller should give and some will."""

import datetime as dt
from decimal import Decimal
from typing import Any

from actionplans.model import Dependency, FrozenMap, Offset, Task


class Unshowable:
    """Something whose `repr` fails."""

    def __repr__(self) -> str:
        """Fails."""
        raise RuntimeError("no")


NASTY: dict[str, Any] = {
    "None": None,
    "True": True,
    "0": 0,
    "-1": -1,
    "huge": 10**5000,
    "1.5": 1.5,
    "nan": float("nan"),
    "NaN": Decimal("NaN"),
    "1E+99999": Decimal("1E+99999"),
    "empty": "",
    "blank": " \t\n",
    "x": "x",
    "NUL": "a\0b",
    "surrogate": "a\ud800",
    "long": "a" * 200_001,
    "bytes": b"x",
    "list": ["x"],
    "dict": {"x": 1},
    "set": {"x"},
    "tuple": ("x",),
    "tuple of lists": (["x"],),
    "FrozenMap": FrozenMap({7: 7, 10**5000: 1, "\0": "x"}),
    "date": dt.date(2026, 1, 1),
    "text of a date": "2026-01-01",
    "datetime": dt.datetime(2026, 1, 1, tzinfo=dt.UTC),
    "naive": dt.datetime(2026, 1, 1),
    "object": object(),
    "unshowable": Unshowable(),
    "class": int,
    "Task": Task("t", "T"),
    "Offset": Offset(1),
    "Dependency": Dependency("t"),
}
