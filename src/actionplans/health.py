"""What this library runs on, what that may do to the data, and what is not installed (S8).

`doctor()` looks at the machine; `ws.store.doctor()` also at how the store's database is set up.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping

from attrs import field, frozen

from actionplans.checks import EMPTY, FrozenMap, frozen_map

LIBRARIES = ("actionplans", "attrs", "cattrs", "openpyxl", "pluggy", "python-dateutil")
"""What the library always needs, and itself."""

EXTRAS: dict[str, tuple[tuple[str, ...], str]] = {
    "postgres": (("psycopg", "psycopg_pool"), "stores in PostgreSQL"),
    "holidays": (("holidays",), "the public holidays of some 250 countries in working calendars"),
    "toml": (("tomli_w",), "writing templates as TOML"),
    "django": (("django",), "working inside the transactions of a Django project"),
    "sqlalchemy": (("sqlalchemy",), "working inside the transactions of a SQLAlchemy session"),
    "test": (("hypothesis", "pytest"), "the contract of a store as tests to inherit"),
}
"""What each extra brings: the modules that it is there by, and what for."""

WAL_RESET = (
    "SQLite {} can damage a file that several processes or threads write to, if rarely: its WAL-reset bug, in all "
    "versions from 3.7.0 to 3.51.2 but for 3.44.6 and 3.50.7, where it was mended too. Upgrade to 3.51.3 or later"
)

FAR = frozenset(
    "9p afs beegfs ceph cifs davfs fuse.ceph fuse.davfs2 fuse.glusterfs fuse.rclone fuse.s3fs fuse.sshfs glusterfs "
    "lustre ncpfs nfs nfs4 smb3 smbfs".split()
)
"""File systems over a network, where locks and shared memory are not what SQLite needs."""


@frozen
class Extra:
    """One of the extras: what it gives, and which of its libraries are missing."""

    name: str
    gives: str
    missing: tuple[str, ...] = ()

    def sentence(self) -> str:
        """For people."""
        if not self.missing:
            return f"{self.name}: installed"
        return f"{self.name}: not installed; pip install 'actionplans[{self.name}]' gives {self.gives}"


@frozen
class Health:
    """What was found: versions, what the database promises, extras, and what puts the data at risk."""

    versions: FrozenMap[str, str] = field(default=EMPTY, converter=frozen_map)
    """Of Python, the libraries and SQLite."""
    conditions: FrozenMap[str, str] = field(default=EMPTY, converter=frozen_map)
    """Of the store: its database and the settings that it keeps its promises by."""
    extras: tuple[Extra, ...] = ()
    warnings: tuple[str, ...] = ()
    """What puts the data at risk, and what to do about it."""

    def sentence(self) -> str:
        """All of it for people, a line each."""
        told = [f"{name}: {value}" for part in (self.versions, self.conditions) for name, value in part.items()]
        told += [one.sentence() for one in self.extras]
        told += [f"Warning: {one}." for one in self.warnings] or ["Nothing puts the data at risk."]
        return "\n".join(told)


def doctor() -> Health:
    """What this process runs on: versions, extras, and known faults of the SQLite that Python has here (S8)."""
    import sqlite3

    versions = {"python": sys.version.partition(" ")[0], **dict(_versions()), "sqlite": sqlite3.sqlite_version}
    versions["sqlite threads"] = ("one", "one a connection", "", "any")[sqlite3.threadsafety]
    return Health(versions, extras=tuple(_extras()), warnings=tuple(_of_sqlite(sqlite3.sqlite_version)))


def health_of(conditions: Mapping[str, str]) -> Health:
    """The same, beside how a store is set up: what its `conditions` are."""
    found = doctor()
    kept = () if conditions.get("database", "").startswith("PostgreSQL") else found.warnings
    return Health(found.versions, dict(conditions), found.extras, (*kept, *_of_store(conditions)))


def file_system(path: str, mounts: str = "/proc/mounts") -> str:
    """What kind of file system a file is on, where the system tells; else empty."""
    try:
        with open(mounts, encoding="utf-8", errors="replace") as stream:
            lines = [line.split() for line in stream]
    except OSError:
        return ""
    real = os.path.realpath(path)
    points = [(_unescaped(line[1]), line[2]) for line in lines if len(line) > 2]
    over = [(len(point), kind) for point, kind in points if real == point or real.startswith(point.rstrip("/") + "/")]
    return max(over, default=(0, ""), key=lambda one: one[0])[1]


def _unescaped(point: str) -> str:
    """A mount point as it is: spaces and the like are written in octal there."""
    return point.encode("latin-1", "backslashreplace").decode("unicode_escape") if "\\" in point else point


def _versions() -> Iterator[tuple[str, str]]:
    from importlib.metadata import PackageNotFoundError, version

    for name in LIBRARIES:
        try:
            yield name, version(name)
        except PackageNotFoundError:
            yield name, "not installed as a package"


def _extras() -> Iterator[Extra]:
    from importlib.util import find_spec

    for name, (modules, gives) in EXTRAS.items():
        yield Extra(
            name, gives, tuple(one for one in modules if sys.modules.get(one, one) is None or not find_spec(one))
        )


def _of_sqlite(version: str) -> Iterator[str]:
    found = tuple(int(part) for part in version.split("."))
    mended = found >= (3, 51, 3) or (3, 50, 7) <= found < (3, 51) or (3, 44, 6) <= found < (3, 45)
    if not mended and found >= (3, 7):
        yield WAL_RESET.format(version)


def _of_store(conditions: Mapping[str, str]) -> Iterator[str]:
    database = conditions.get("database", "")
    if database == "memory":
        yield "the store in memory keeps nothing when the process ends: open a file or a database"
    if database.startswith("SQLite"):
        yield from _of_file(conditions)
    if database.startswith("PostgreSQL"):
        yield from _of_server(conditions)


def _of_file(conditions: Mapping[str, str]) -> Iterator[str]:
    if conditions.get("synchronous", "2") not in ("2", "3"):
        yield "changes may be lost with the power, for `synchronous` is not FULL: set it on the lent connection"
    if conditions.get("journal_mode", "wal") != "wal":
        yield "readers and writers wait for each other, for the file is not in WAL mode: open it once by its URL"
    if sys.platform == "darwin" and conditions.get("fullfsync") == "0":
        yield "changes may be lost with the power, for macOS leaves them in the disk's cache: keep it on a battery"
    kind = file_system(conditions.get("file", ""))
    if kind in FAR:
        yield f"the file is on {kind}, over a network, where SQLite cannot lock it: move it to a local disk"


def _of_server(conditions: Mapping[str, str]) -> Iterator[str]:
    for name, risk in (
        ("fsync", "everything may be lost with the power"),
        ("synchronous_commit", "the last changes may be lost in a crash"),
        ("full_page_writes", "pages may be torn by a loss of power"),
    ):
        if conditions.get(name) == "off":
            yield f"{risk}, for `{name}` is off: turn it on in the server's settings"
    if conditions.get("data_checksums") == "off":
        yield "damage on the disk goes unseen by the server, for `data_checksums` is off: run pg_checksums --enable"
