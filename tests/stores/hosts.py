"""Hosts that lend a connection: a table of their own beside ours, and what they see of both after a commit."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import actionplans as ap
from actionplans import plugins
from actionplans.plugins import hookimpl
from tests.stores.asking import schema_of

ANA = ap.Actor("ana", roles={"administrator"})


class Ears:
    """Listeners that remember what they heard: the actions of entries, what merges did."""

    def __init__(self) -> None:
        """They have heard nothing."""
        self.heard: list[str] = []

    @hookimpl
    def actionplans_listeners(self) -> dict[str, Any]:
        """Of every change."""
        return {"ear": lambda entries: self.heard.extend(one.action for one in entries)}

    @hookimpl
    def actionplans_merge_listeners(self) -> dict[str, Any]:
        """Of merges."""
        return {"seam": lambda news: self.heard.append(f"told of {news.action}")}


class Host:
    """A database with a table `deal` of the host's and our tables, made by opening it once by its URL."""

    def __init__(self, url: str, place: str) -> None:
        """Make all of them; `place` is where the host's table is."""
        self.url, self.place = url, place
        self.options: dict[str, Any] = {"schema": schema_of(url)} if "schema=" in url else {}
        self.ears = Ears()
        ap.open(url, actor=ANA).close()
        with closing(self.connect()) as db:
            db.execute(f"create table {place}deal (name text)")
            db.commit()

    def connect(self, **how: Any) -> Any:
        """A connection as the driver makes it."""
        if self.url.startswith("sqlite"):
            return sqlite3.connect(self.url.removeprefix("sqlite:///"), **how)
        import psycopg

        return psycopg.connect(self.url.partition("?")[0], **how)

    def lend(self, connection: Any, **more: Any) -> ap.Workspace:
        """A workspace on a connection."""
        plugged = plugins.load(self.ears)
        return ap.open(connection=connection, actor=ANA, plugins=plugged, **{**self.options, **more})

    def sell(self, connection: Any, name: str) -> None:
        """A row of the host's."""
        connection.execute(f"insert into {self.place}deal values ('{name}')")

    def seen(self) -> tuple[list[str], list[str]]:
        """What others see: the host's rows, and the titles of our plans."""
        with closing(self.connect()) as db, ap.open(self.url, actor=ANA) as ws:
            deals = [name for (name,) in db.execute(f"select name from {self.place}deal order by name").fetchall()]
            return deals, sorted(plan.title for plan in ws.plans())


def sqlite_host(folder: Path) -> Host:
    """In a file of ours, to which the host has added its table."""
    return Host(f"sqlite:///{folder}/host.db", "")


def postgresql_host(url: str) -> Iterator[Host]:
    """In a database where the host has its table in the schema of this test too."""
    yield Host(url, f"{schema_of(url)}.")


def planned(ws: ap.Workspace, title: str) -> str:
    """A new plan, by its id."""
    return ws.new_plan(ws.accounts.get_or_create("Acme"), title).id


def begun(db: Any) -> bool:
    """Whether a transaction is open on a connection."""
    return bool(db.in_transaction if isinstance(db, sqlite3.Connection) else db.info.transaction_status)
