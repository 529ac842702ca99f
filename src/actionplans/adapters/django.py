"""Action plans in Django's transactions: what is changed commits and rolls back with the host's own rows (S9).

    from actionplans.adapters import django as actionplans_django

    with transaction.atomic():
        order.save()
        with actionplans_django.open(actor=actor) as ws:
            ws.launch(draft)

It works with the back ends `sqlite3` and `postgresql`, the latter with psycopg 3.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from actionplans.errors import MissingExtra, Refused
from actionplans.model import Actor
from actionplans.workspace import Workspace
from actionplans.workspace.lending import Lending
from actionplans.workspace.opening import open_workspace

try:
    from django.db import connections, transaction
except ModuleNotFoundError as _error:
    if (_error.name or "").partition(".")[0] != "django":
        raise
    raise MissingExtra("django", "django") from _error


def open(*, actor: Actor, using: str = "default", **options: Any) -> Workspace:
    """A workspace on the connection that Django has to the database `using`; `options` are those of `actionplans.open`.

    It works inside `transaction.atomic()` only, elsewhere it raises `Refused`. Listeners hear of a change when the
    outermost block has committed, and of none that a block has rolled back: Django says so itself. The workspace may be
    kept, and used in any thread: each use takes the connection and the transaction that Django has there.
    """

    def taken() -> Any:
        connection = connections[using]
        if not connection.in_atomic_block:
            raise Refused("using Django's connection", "no transaction is begun: do it inside transaction.atomic()")
        if connection.needs_rollback:
            raise Refused("using Django's connection", "its transaction has failed: leave the atomic() block first")
        connection.ensure_connection()
        return connection.connection

    def later(call: Callable[[], None]) -> None:
        transaction.on_commit(call, using=using)

    return open_workspace(connection=Lending(taken, later), actor=actor, **options)
