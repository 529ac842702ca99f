"""Making and migrating the tables of a SQLite file (S6)."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from actionplans.backends.store.schema import STEPS, failed, said
from actionplans.backends.store.sqlite_dialect import DIALECT, FAILURES, translated
from actionplans.errors import StoreCorrupt, StoreForeign, StoreNewer, StoreReadOnly

APPLICATION = 0x4150_4C4E
"""`APLN`: what a file of ours has as its application_id."""


@contextmanager
def transaction(db: sqlite3.Connection, begin: str) -> Iterator[None]:
    """What is done in the block is kept, or undone after any exception."""
    db.execute(begin)
    try:
        yield
        try:
            db.execute("commit")
        except sqlite3.OperationalError as error:
            error.add_note("it failed while committing, so nobody knows whether the change was made")
            raise
    except BaseException:
        if db.in_transaction:
            db.execute("rollback")
        raise


def number(db: sqlite3.Connection, pragma: str) -> int:
    """The value of a pragma that is a number."""
    return int(db.execute(f"pragma {pragma}").fetchone()[0])


def check_version(db: sqlite3.Connection, store: str) -> int:
    """The version of a file of ours; raises `StoreNewer` (S6)."""
    version = number(db, "user_version")
    if version > len(STEPS):
        raise StoreNewer(store, f"the file has version {version} and this library knows versions up to {len(STEPS)}")
    return version


def check_migrated(db: sqlite3.Connection, store: str) -> None:
    """Raise `StoreReadOnly` for an older file, which somebody must be able to write first."""
    version = check_version(db, store)
    if version < len(STEPS):
        told = f"the file has version {version} and must be brought to {len(STEPS)}, but may not be written"
        raise StoreReadOnly(store, told)


def migrate(db: sqlite3.Connection, store: str) -> None:
    """Bring the tables to this library's version in one transaction, or leave them as they are (S6).

    Rows that belong to others stay when those are moved to a new table, which SQLite does not do with tables alone.
    """
    if number(db, "application_id") == APPLICATION and check_version(db, store) == len(STEPS):
        return
    kept = number(db, "foreign_keys")
    db.execute("pragma foreign_keys = off")
    try:
        _step_up(db, store)
    finally:
        db.execute(f"pragma foreign_keys = {kept}")


def _step_up(db: sqlite3.Connection, store: str) -> None:
    with transaction(db, "begin immediate"):
        if number(db, "application_id") != APPLICATION:
            if db.execute("select count(*) from sqlite_master").fetchone()[0] or number(db, "user_version"):
                raise StoreForeign(store, "the file belongs to another program")
            db.execute(f"pragma application_id = {APPLICATION}")
        version = check_version(db, store)
        for n, step in enumerate(STEPS[version:], version + 1):
            try:
                for statement in said(step, DIALECT):
                    db.execute(statement)
            except FAILURES as error:
                raise failed(n, translated(error, store)) from error
        if version and db.execute("pragma foreign_key_check").fetchone():
            raise failed(len(STEPS), StoreCorrupt(store, "there are rows that belong to none"))
        db.execute(f"pragma user_version = {len(STEPS)}")
