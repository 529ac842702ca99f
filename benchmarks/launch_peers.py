"""Others writing the very rows that a bulk launch writes: what an object mapper takes for the storing alone.

Each is given the rows made, a chunk at a time, makes its own objects of them and commits. They work out no dates, find
no owners and write no journal of their own.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

Chunks = list[list[tuple[str, list[tuple[Any, ...]]]]]
"""What each transaction writes: for each table its rows."""

Peer = Callable[[Path, Chunks], float]
"""Seconds to write the chunks into a file that has the tables."""

Columns = dict[str, list[tuple[str, str, int]]]
"""The columns of each table: name, type, place in the primary key."""


def peers() -> Iterator[tuple[str, Peer]]:
    """Those that are installed (extra `bench`), by name."""
    with suppress(ImportError):
        import django  # noqa: F401

        yield "django_bulk_create", django_bulk_create
    with suppress(ImportError):
        import sqlalchemy  # noqa: F401

        yield "sqlalchemy_core", sqlalchemy_core
        yield "sqlalchemy_orm", sqlalchemy_orm


def columns_of(path: Path, chunks: Chunks) -> Columns:
    """The columns of the tables that are written."""
    base = sqlite3.connect(path)
    tables = dict.fromkeys(table for chunk in chunks for table, _ in chunk)
    found = {table: [row[1:3] + row[5:6] for row in base.execute(f"pragma table_info({table})")] for table in tables}
    base.close()
    return found


def django_bulk_create(path: Path, chunks: Chunks) -> float:
    """Django's `bulk_create`, one `atomic` a chunk."""
    from django.conf import settings
    from django.db import connection, transaction

    if not settings.configured:
        import django

        databases = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": str(path)}}
        settings.configure(DATABASES=databases, INSTALLED_APPS=())
        django.setup()
    connection.close()
    connection.settings_dict["NAME"] = str(path)
    models = {table: _django_model(table, columns) for table, columns in columns_of(path, chunks).items()}
    begun = time.perf_counter()
    for chunk in chunks:
        with transaction.atomic():
            for table, rows in chunk:
                model, names = models[table]
                model.objects.bulk_create([model(**dict(zip(names, row, strict=True))) for row in rows])
    took = time.perf_counter() - begun
    connection.close()
    return took


_models: dict[str, tuple[Any, list[str]]] = {}


def _django_model(table: str, columns: list[tuple[str, str, int]]) -> tuple[Any, list[str]]:
    from django.db import models

    if table not in _models:
        kinds = {"TEXT": models.TextField, "INTEGER": models.IntegerField}
        body: dict[str, Any] = {name: kinds[kind.upper()](null=True) for name, kind, _ in columns}
        key = [name for name, _, place in sorted(columns, key=lambda one: one[2]) if place]
        body["pk"] = models.CompositePrimaryKey(*key)
        body["Meta"] = type("Meta", (), {"app_label": "bench", "managed": False, "db_table": table})
        body["__module__"] = __name__
        _models[table] = type(table.title(), (models.Model,), body), [name for name, _, _ in columns]
    return _models[table]


def sqlalchemy_core(path: Path, chunks: Chunks) -> float:
    """SQLAlchemy Core: an `insert` of many parameters for each table of a chunk."""
    import sqlalchemy

    engine = sqlalchemy.create_engine(f"sqlite:///{path}")
    tables = _alchemy_tables(path, chunks)
    begun = time.perf_counter()
    for chunk in chunks:
        with engine.begin() as connection:
            for name, rows in chunk:
                table = tables[name]
                names = table.columns.keys()
                connection.execute(table.insert(), [dict(zip(names, row, strict=True)) for row in rows])
    took = time.perf_counter() - begun
    engine.dispose()
    return took


def sqlalchemy_orm(path: Path, chunks: Chunks) -> float:
    """SQLAlchemy's ORM: objects added to a session, one session a chunk."""
    import sqlalchemy
    from sqlalchemy.orm import Session, registry

    engine = sqlalchemy.create_engine(f"sqlite:///{path}")
    mapped, names = {}, {}
    for name, table in _alchemy_tables(path, chunks).items():
        mapped[name], names[name] = type(name.title(), (), {}), table.columns.keys()
        registry().map_imperatively(mapped[name], table)
    begun = time.perf_counter()
    for chunk in chunks:
        with Session(engine) as session:
            for name, rows in chunk:
                cls = mapped[name]
                session.add_all([cls(**dict(zip(names[name], row, strict=True))) for row in rows])
                session.flush()
            session.commit()
    took = time.perf_counter() - begun
    engine.dispose()
    return took


def _alchemy_tables(path: Path, chunks: Chunks) -> dict[str, Any]:
    import sqlalchemy

    kinds = {"TEXT": sqlalchemy.Text, "INTEGER": sqlalchemy.Integer}
    known = sqlalchemy.MetaData()
    return {
        table: sqlalchemy.Table(
            table,
            known,
            *(sqlalchemy.Column(name, kinds[kind.upper()], primary_key=bool(place)) for name, kind, place in columns),
        )
        for table, columns in columns_of(path, chunks).items()
    }
