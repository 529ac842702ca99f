"""Object mappers that are installed (extra `bench`), on the tables of a store: what they take for the rows alone.

They make objects of their own of the rows and write such objects; they work out no dates, find no owners, decide
nothing and keep no journal of their own.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import Any, Protocol

from actionplans.backends.store.schema import KEYS
from actionplans.backends.store.sqlite import open_sqlite

Row = tuple[Any, ...]

Chunks = list[list[tuple[str, list[str], list[Row]]]]
"""The rows of each transaction: table, columns, rows."""

Place = tuple[tuple[str, ...], Row]
"""Behind what a list goes on: the columns of its order, and their values."""


class Mapper(Protocol):
    """One of them, on one database."""

    def transaction(self) -> AbstractContextManager[object]:
        """All that is done inside is committed together."""
        ...

    def find(
        self, table: str, order: Sequence[str], after: Place | None = None, limit: int | None = None, **equal: Any
    ) -> list[Any]:
        """Objects of the rows that have these values."""
        ...

    def add(self, table: str, names: list[str], rows: Iterable[Row]) -> None:
        """New rows, in bulk."""
        ...

    def change(self, table: str, names: list[str], row: Row) -> None:
        """A row in the place of one that was found."""
        ...

    def close(self) -> None:
        """Let go of the connection."""
        ...


Opened = Callable[[str], Mapper]
"""Opens `sqlite:///path`, or `postgresql://user@host:port/database?schema=name`."""


def mappers() -> Iterator[tuple[str, Opened]]:
    """Those that are installed, by name."""
    with suppress(ImportError):
        import django  # noqa: F401

        yield "django", DjangoModels
    with suppress(ImportError):
        import sqlalchemy  # noqa: F401

        yield "sqlalchemy_core", SqlAlchemyCore
        yield "sqlalchemy_orm", SqlAlchemyOrm


def written(opened: Opened, url: str, chunks: Chunks) -> float:
    """The seconds of writing each chunk in a transaction of its own."""
    mapper = opened(url)
    begun = time.perf_counter()
    for chunk in chunks:
        with mapper.transaction():
            for table, names, rows in chunk:
                mapper.add(table, names, rows)
    took = time.perf_counter() - begun
    mapper.close()
    return took


@cache
def _columns() -> dict[str, list[tuple[str, bool]]]:
    """The columns of every table, and whether they hold numbers."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "plans.db")
        store = open_sqlite(f"sqlite:///{path}")
        with store._base.reading() as db:
            found = {
                table: [(name, "int" in kind.lower()) for _, name, kind, *_ in db.rows(f"pragma table_info({table})")]
                for table in KEYS
            }
        store.close()
    return found


def _keys(table: str) -> tuple[str, ...]:
    return ("tenant", *KEYS[table])


def _parts(url: str) -> tuple[str, str, str]:
    """The backend, where the database is, and our schema."""
    backend, _, where = url.partition("://")
    where, _, schema = where.partition("?schema=")
    return backend, where, schema


class DjangoModels:
    """Django's models: `filter` and `order_by`, `bulk_create`, `save`, each transaction an `atomic`."""

    def __init__(self, url: str) -> None:
        """Django knows one database at a time."""
        from django.conf import settings
        from django.db import connections

        backend, where, schema = _parts(url)
        if backend == "sqlite":
            known = {"ENGINE": "django.db.backends.sqlite3", "NAME": where.removeprefix("/")}
            said = "pragma synchronous = full; pragma secure_delete = on; pragma foreign_keys = on"
            known["OPTIONS"] = {"init_command": said}  # type: ignore[assignment]
        else:
            user, _, place = where.partition("@")
            host, _, name = place.partition("/")
            host, _, port = host.partition(":")
            known = {"ENGINE": "django.db.backends.postgresql", "NAME": name, "USER": user, "HOST": host, "PORT": port}
            known["OPTIONS"] = {"options": f"-c search_path={schema}"}  # type: ignore[assignment]
        if not settings.configured:
            import django

            settings.configure(INSTALLED_APPS=())
            django.setup()
        with suppress(AttributeError):
            del connections["default"]
        connections.settings = connections.configure_settings({"default": known})
        for table in KEYS:
            _model(table)

    def transaction(self) -> AbstractContextManager[object]:
        from django.db import transaction

        return transaction.atomic()

    def find(
        self, table: str, order: Sequence[str], after: Place | None = None, limit: int | None = None, **equal: Any
    ) -> list[Any]:
        found = _model(table).objects.filter(**equal).order_by(*order)
        if after is not None:
            names, values = after
            marks = ", ".join(["%s"] * len(values))
            found = found.extra(where=[f"({', '.join(names)}) > ({marks})"], params=values)
        return list(found if limit is None else found[:limit])

    def add(self, table: str, names: list[str], rows: Iterable[Row]) -> None:
        model = _model(table)
        model.objects.bulk_create([model(**dict(zip(names, row, strict=True))) for row in rows])

    def change(self, table: str, names: list[str], row: Row) -> None:
        _model(table)(**dict(zip(names, row, strict=True))).save(force_update=True)

    def close(self) -> None:
        from django.db import connection

        connection.close()


@cache
def _model(table: str) -> Any:
    from django.db import models

    body: dict[str, Any] = {
        name: models.BigIntegerField(null=True) if number else models.TextField(null=True)
        for name, number in _columns()[table]
    }
    body["pk"] = models.CompositePrimaryKey(*_keys(table))
    body["Meta"] = type("Meta", (), {"app_label": "bench", "managed": False, "db_table": table})
    body["__module__"] = __name__
    return type(table.title(), (models.Model,), body)


class SqlAlchemyCore:
    """SQLAlchemy without its objects: rows of a `select`, one statement of many parameters for what is added."""

    def __init__(self, url: str) -> None:
        import sqlalchemy

        backend, where, schema = _parts(url)
        if backend == "sqlite":
            self._engine = sqlalchemy.create_engine(url)
            sqlalchemy.event.listen(self._engine, "connect", _set_pragmas)
        else:
            place = f"postgresql+psycopg://{where}"
            self._engine = sqlalchemy.create_engine(place, connect_args={"options": f"-c search_path={schema}"})
        self._connection: Any = None
        for table in KEYS:
            _table(table)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        with self._engine.begin() as self._connection:
            yield

    def find(
        self, table: str, order: Sequence[str], after: Place | None = None, limit: int | None = None, **equal: Any
    ) -> list[Any]:
        known = _table(table)
        return list(self._connection.execute(_select(known, known.c, order, after, limit, equal)).all())

    def add(self, table: str, names: list[str], rows: Iterable[Row]) -> None:
        self._connection.execute(_table(table).insert(), [dict(zip(names, row, strict=True)) for row in rows])

    def change(self, table: str, names: list[str], row: Row) -> None:
        known, values = _table(table), dict(zip(names, row, strict=True))
        mine = [known.c[name] == values[name] for name in _keys(table)]
        self._connection.execute(known.update().where(*mine).values(values))

    def close(self) -> None:
        self._engine.dispose()


class SqlAlchemyOrm(SqlAlchemyCore):
    """SQLAlchemy's objects, with a session for each transaction."""

    def __init__(self, url: str) -> None:
        super().__init__(url)
        for table in KEYS:
            _mapped(table)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        from sqlalchemy.orm import Session

        with Session(self._engine) as self._session, self._session.begin():
            yield

    def find(
        self, table: str, order: Sequence[str], after: Place | None = None, limit: int | None = None, **equal: Any
    ) -> list[Any]:
        cls = _mapped(table)
        return list(self._session.scalars(_select(cls, _Attributes(cls), order, after, limit, equal)).all())

    def add(self, table: str, names: list[str], rows: Iterable[Row]) -> None:
        cls = _mapped(table)
        self._session.add_all([cls(**dict(zip(names, row, strict=True))) for row in rows])
        self._session.flush()

    def change(self, table: str, names: list[str], row: Row) -> None:
        values = dict(zip(names, row, strict=True))
        found = self._session.get_one(_mapped(table), tuple(values[name] for name in _keys(table)))
        for name, value in values.items():
            setattr(found, name, value)


class _Attributes:
    """The attributes of a mapped class by name, as a table has its columns."""

    def __init__(self, cls: Any) -> None:
        self._cls = cls

    def __getitem__(self, name: str) -> Any:
        return getattr(self._cls, name)


def _select(
    what: Any, columns: Any, order: Sequence[str], after: Place | None, limit: int | None, equal: dict[str, Any]
) -> Any:
    import sqlalchemy

    asked = sqlalchemy.select(what).where(*(columns[name] == value for name, value in equal.items()))
    asked = asked.order_by(*(columns[name] for name in order))
    if after is not None:
        names, values = after
        asked = asked.where(sqlalchemy.tuple_(*(columns[name] for name in names)) > sqlalchemy.tuple_(*values))
    return asked if limit is None else asked.limit(limit)


def _set_pragmas(connection: Any, _: Any) -> None:
    for pragma in ("synchronous = full", "secure_delete = on", "foreign_keys = on"):
        connection.execute(f"pragma {pragma}")


@cache
def _table(table: str) -> Any:
    import sqlalchemy

    kinds = {True: sqlalchemy.BigInteger, False: sqlalchemy.Text}
    columns = (
        sqlalchemy.Column(name, kinds[number], primary_key=name in _keys(table)) for name, number in _columns()[table]
    )
    return sqlalchemy.Table(table, sqlalchemy.MetaData(), *columns)


@cache
def _mapped(table: str) -> Any:
    from sqlalchemy.orm import registry

    made = type(table.title(), (), {})
    registry().map_imperatively(made, _table(table))
    return made
