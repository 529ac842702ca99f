"""Action plans in SQLAlchemy's transactions: what is changed commits and rolls back with the host's own rows (S9).

    from actionplans.adapters import sqlalchemy as actionplans_sqlalchemy

    with Session(engine) as session, session.begin():
        session.add(order)
        with actionplans_sqlalchemy.open(session, actor=actor) as ws:
            ws.launch(draft)

It works with the drivers `sqlite` (pysqlite) and `postgresql+psycopg`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from actionplans.errors import Invalid, MissingExtra, Problem
from actionplans.model import Actor
from actionplans.workspace import Workspace
from actionplans.workspace.lending import Lending
from actionplans.workspace.opening import open_workspace

try:
    from sqlalchemy import Connection, event
    from sqlalchemy.orm import Session, SessionTransaction
except ModuleNotFoundError as _error:
    if _error.name != "sqlalchemy":
        raise
    raise MissingExtra(_error.name, "sqlalchemy") from _error

_KEY = "actionplans"


def open(source: Session | Connection, *, actor: Actor, **options: Any) -> Workspace:
    """A workspace on the connection of a `Session`, or on a `Connection`; `options` are those of `actionplans.open`.

    Like the host's own statements, a call begins the transaction of `source` where none is begun. Of a session,
    listeners hear of a change when it has committed, and of none that it, or a `begin_nested()` of it, has rolled back.
    A `Connection` tells nobody when it has committed: say `ws.committed()` then, and `ws.rolled_back()` otherwise.
    """
    match source:
        case Session():
            lending = Lending(lambda: _driver(source.connection()), _news(source).later)
        case Connection():
            lending = Lending(lambda: _driver(source))
        case _:
            told = f"a Session or a Connection is wanted, no engine, nothing asynchronous, no {type(source).__name__}"
            raise Invalid("open", (Problem("source", told),))
    return open_workspace(connection=lending, actor=actor, **options)


def _driver(connection: Connection) -> Any:
    """The driver's connection, in a transaction that SQLAlchemy knows of."""
    if not connection.in_transaction():
        connection.begin()
    return connection.connection.driver_connection


class _News:
    """What listeners are told when a session has committed, each with the part of the transaction it was made in."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._calls: list[tuple[SessionTransaction | None, Callable[[], None]]] = []
        event.listen(session, "after_commit", self._committed)
        event.listen(session, "after_soft_rollback", self._rolled_back)
        event.listen(session, "after_transaction_end", self._ended)

    def later(self, call: Callable[[], None]) -> None:
        """Have this called after the commit."""
        self._calls.append((self._session.get_nested_transaction() or self._session.get_transaction(), call))

    def _committed(self, session: Session) -> None:
        if not session.in_nested_transaction():
            calls, self._calls = self._calls, []
            for _, call in calls:
                call()

    def _rolled_back(self, session: Session, ended: SessionTransaction) -> None:
        self._calls = [(made, call) for made, call in self._calls if not _within(made, ended)]

    def _ended(self, session: Session, ended: SessionTransaction) -> None:
        if ended.parent is None:  # closed, or it was committed and all is told
            self._calls = []


def _news(session: Session) -> _News:
    """The one of this session."""
    if _KEY not in session.info:
        session.info[_KEY] = _News(session)
    found: _News = session.info[_KEY]
    return found


def _within(part: SessionTransaction | None, whole: SessionTransaction) -> bool:
    while part is not None and part is not whole:
        part = part.parent
    return part is whole
