"""Opening a workspace: the store at a URL or on a lent connection, the plug-ins, the clock and the source of ids."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

from actionplans.errors import Invalid, Problem
from actionplans.ids import NewIds
from actionplans.model import Actor
from actionplans.plugins import Plugins, load, loaded
from actionplans.workspace import Workspace
from actionplans.workspace.accounts import to_call
from actionplans.workspace.desk import Desk
from actionplans.workspace.lending import opened


def utc_now() -> dt.datetime:
    """The computer's clock; the only place where the library reads it."""
    return dt.datetime.now(dt.UTC)


def open_workspace(
    url: str | None = None,
    *,
    actor: Actor,
    connection: object = None,
    tenant: str = "",
    plugins: Plugins | None = None,
    clock: Callable[[], dt.datetime] = utc_now,
    new_id: Callable[[], str] | None = None,
    **options: Any,
) -> Workspace:
    """A workspace on the store at `url`, for `actor`; close it, or use it in a `with`.

    `url` is `memory:`, `sqlite:///path/to/file.db`, `postgresql://user@host/database`, or what a plug-in registers;
    `tenant` keeps apart what belongs to different customers of a host; `options` go to the store (`busy_timeout=` in
    seconds, for all; `max_connections=` for PostgreSQL). `clock` and `new_id` are for tests; ids of your own must sort
    in the order in which they are made, as ours do (T11).

    Instead of a URL, a host lends its own `connection`, of `sqlite3` or psycopg 3, with `schema=` where our tables are:
    every command is a savepoint in its transaction, which the host commits (S9).
    Raises a `StoreError`, or `PluginError`.
    """
    if not isinstance(actor, Actor):
        raise Invalid("open", (Problem("actor", "an Actor is wanted: ap.Actor('your-id', roles={'manager'})"),))
    to_call(clock, "clock")
    if new_id is not None:
        to_call(new_id, "new_id")
    found = loaded(plugins) if plugins is not None else load()
    store, waiting = opened(found, url, connection, tenant, options)
    return Workspace(Desk(store, found, actor, clock, new_id or NewIds(), waiting=waiting))
