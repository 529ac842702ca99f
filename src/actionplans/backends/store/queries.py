"""Queries as SQL, one statement for each, in the order and with the meaning that `storage` states (C8)."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

from attrs import define, field

from actionplans.accounts import name_key
from actionplans.backends.store.pages import Position, undated
from actionplans.backends.store.rows import ACCOUNT, PLAN, RECORD, TASK, day_text
from actionplans.storage import OPEN, AccountQuery, PlanQuery, Query, RecordQuery, TaskQuery, text_key


@define
class Statement:
    """A `select` that grows: conditions that must all hold, and their values in the same order."""

    table: str
    columns: Iterable[str]
    order: tuple[str, ...]
    conditions: list[str] = field(factory=list)
    values: list[Any] = field(factory=list)

    def where(self, condition: str, *values: Any) -> None:
        """One more condition."""
        self.conditions.append(condition)
        self.values += values

    def equal(self, column: str, value: Any) -> None:
        """That a column has this value; None asks for any."""
        if value is not None:
            self.where(f"{column} = ?", value)

    def among(self, column: str, values: Iterable[str] | None) -> None:
        """That a column has one of these values; None asks for any."""
        if values is None:
            return
        wanted = tuple(values)
        if len(wanted) == 1:
            self.where(f"{column} = ?", *wanted)
        else:
            self.where(f"{column} in (select value from json_each(?))", json.dumps(wanted))

    def behind(self, position: Position | None) -> None:
        """That a row stands behind this position in the order."""
        if position is not None:
            marks = ", ".join("?" * len(self.order))
            self.where(f"({', '.join(self.order)}) > ({marks})", *position)

    def text(self) -> str:
        """The SQL."""
        columns = ", ".join(f'"{name}"' for name in self.columns)
        order = f" order by {', '.join(self.order)}" if self.order else ""
        return f"select {columns} from {self.table} where {' and '.join(self.conditions)}{order}"


def statements(tenant: str, query: Query, start: Position | None) -> Iterator[Statement]:
    """What to ask, one after the other until the page is full: the first statement's rows stand before the second's."""
    match query:
        case PlanQuery():
            yield _plans(tenant, query, start)
        case TaskQuery():
            yield from _tasks(tenant, query, start)
        case AccountQuery():
            yield _accounts(tenant, query, start)
        case RecordQuery():
            yield _records(tenant, query, start)


def _plans(tenant: str, query: PlanQuery, start: Position | None) -> Statement:
    several = query.account_ids is not None and len(query.account_ids) > 1
    asked = Statement("plan", PLAN[:15], ("+id" if several else "id",))  # the + lets SQLite look by account, then sort
    asked.equal("tenant", tenant)
    asked.among("account_id", query.account_ids)
    if query.statuses is None:
        asked.where("status <> 'merged'")
    asked.among("status", query.statuses)
    asked.equal("section", query.section)
    asked.equal("stage_id", query.stage_id)
    asked.equal("owner_id", query.owner_id)
    asked.equal("template_id", query.template_id)
    asked.equal("archived", query.archived)
    _words(asked, query.words)
    asked.behind(start)
    return asked


def _tasks(tenant: str, query: TaskQuery, start: Position | None) -> Iterator[Statement]:
    """Those with a due date and then those without, so that both go through an index."""
    if start is None or not undated(start):
        asked = _some_tasks(tenant, query, ("due", "id", "plan_id"))
        asked.where("due is not null")
        if query.due_from is not None:
            asked.where("due >= ?", day_text(query.due_from))
        if query.due_before is not None:
            asked.where("due < ?", day_text(query.due_before))
        asked.behind(start)
        yield asked
    if query.due_from is None and query.due_before is None:
        asked = _some_tasks(tenant, query, ("id", "plan_id"))
        asked.where("due is null")
        asked.behind(start[1:] if start is not None and undated(start) else None)
        yield asked


def _some_tasks(tenant: str, query: TaskQuery, order: tuple[str, ...]) -> Statement:
    asked = Statement("task", TASK, order)
    asked.equal("tenant", tenant)
    asked.among("owner_id", query.owner_ids)
    asked.among("account_id", query.account_ids)
    asked.among("plan_id", query.plan_ids)
    if query.statuses is None or OPEN.issuperset(query.statuses):
        asked.where("is_open = 1")
    asked.where("live = 1")
    asked.among("status", query.statuses)
    asked.among("type", query.types)
    asked.equal("stage_id", query.stage_id)
    _words(asked, query.words)
    return asked


def _accounts(tenant: str, query: AccountQuery, start: Position | None) -> Statement:
    asked = Statement("account", ACCOUNT, ("key", "id"))
    asked.equal("tenant", tenant)
    prefix = name_key(query.prefix)
    if prefix:
        asked.where("key >= ?", prefix)
        if (end := _end_of(prefix)) is not None:
            asked.where("key < ?", end)
    asked.equal("key", None if query.key is None else name_key(query.key))
    asked.equal("parent_id", query.parent_id)
    asked.equal("owner_id", query.owner_id)
    asked.among("type", query.types)
    asked.behind(start)
    return asked


def _records(tenant: str, query: RecordQuery, start: Position | None) -> Statement:
    asked = Statement("record", RECORD, ("sort", "id"))
    asked.equal("tenant", tenant)
    asked.equal("kind", query.kind)
    asked.equal("account_id", query.account_id)
    asked.equal("sort", text_key(query))
    asked.behind(start)
    return asked


def _words(asked: Statement, words: str) -> None:
    if words:
        asked.where("has_words(?, title)", words)


def _end_of(prefix: str) -> str | None:
    """The first text behind all that begin with `prefix`, by code point; None when nothing can stand there."""
    left = prefix.rstrip("\U0010ffff")
    if not left:
        return None
    following = ord(left[-1]) + 1
    return left[:-1] + chr(0xE000 if following == 0xD800 else following)
