"""Queries as SQL, one statement for each, in the order and with the meaning that `storage` states (C8)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache, partial
from itertools import chain
from typing import Any

from attrs import define, field

from actionplans.accounts import name_key
from actionplans.backends.store.dialect import Dialect, Question
from actionplans.backends.store.rows import ACCOUNT, DELIVERY, OBJECTIVE_READ, PLAN, RECORD, TASK_READ, day_text
from actionplans.permissions import Reach, Within
from actionplans.storage import (
    OPEN,
    AccountQuery,
    DeliveryQuery,
    ObjectiveQuery,
    PlanQuery,
    Query,
    RecordQuery,
    TaskQuery,
    TouchpointQuery,
    newest_first,
    text_key,
)
from actionplans.storing import Position, undated


@define
class Statement:
    """A `select` that grows: conditions that must all hold, and their values in the same order."""

    dialect: Dialect
    table: str
    columns: tuple[str, ...]
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
            self.where(*one_of(self.dialect, column, wanted))

    def behind(self, position: Position | None) -> None:
        """That a row stands behind this position in the order."""
        if position is not None:
            marks = ", ".join("?" * len(self.order))
            self.where(f"({', '.join(self.order)}) > ({marks})", *position)

    def text(self) -> str:
        """The SQL."""
        return _text(self.table, self.columns, tuple(self.conditions), self.order)

    def question(self, most: int | None = None) -> Question:
        """The SQL and the values, for so many rows at the most."""
        if most is None:
            return self.text(), self.values
        return f"{self.text()} limit ?", (*self.values, most)


@lru_cache(maxsize=512)
def _text(table: str, columns: tuple[str, ...], conditions: tuple[str, ...], order: tuple[str, ...]) -> str:
    named = ", ".join(f'"{name}"' for name in columns)
    ordered = f" order by {', '.join(order)}" if order else ""
    return f"select {named} from @{table} as {table} where {' and '.join(conditions)}{ordered}"


def one_of(dialect: Dialect, column: str, values: Iterable[str]) -> tuple[str, Any]:
    """That a column has one of these values."""
    return dialect.one_of.format(column, "?"), dialect.list_of(tuple(values))


def statements(dialect: Dialect, tenant: str, query: Query, start: Position | None) -> Iterator[Statement]:
    """What to ask, one after the other until the page is full: the first statement's rows stand before the second's."""
    match query:
        case PlanQuery():
            yield _plans(dialect, tenant, query, start)
        case TaskQuery():
            yield from _tasks(dialect, tenant, query, start)
        case ObjectiveQuery():
            yield from _objectives(dialect, tenant, query, start)
        case TouchpointQuery():
            yield _touchpoints(dialect, tenant, query, start)
        case AccountQuery():
            yield _accounts(dialect, tenant, query, start)
        case RecordQuery():
            yield _records(dialect, tenant, query, start)
        case DeliveryQuery():
            yield _deliveries(dialect, tenant, query, start)


def _plans(dialect: Dialect, tenant: str, query: PlanQuery, start: Position | None) -> Statement:
    several = query.account_ids is not None and len(query.account_ids) > 1
    asked = Statement(dialect, "plan", PLAN[:16], (dialect.unindexed.format("id") if several else "id",))
    asked.equal("tenant", tenant)
    asked.among("account_id", query.account_ids)
    if query.statuses is None:
        asked.where("status <> 'merged'")
    asked.among("status", query.statuses)
    asked.equal("section", query.section)
    asked.equal("stage_id", query.stage_id)
    asked.equal("owner_id", query.owner_id)
    asked.equal("template_id", query.template_id)
    asked.equal("archived", None if query.archived is None else int(query.archived))
    _between(asked, "start", query.start_from, query.start_before)
    _words(asked, query.words)
    if query.within is not None:
        _limit(asked, query.within, _plan_reach)
    asked.behind(start)
    return asked


def _tasks(dialect: Dialect, tenant: str, query: TaskQuery, start: Position | None) -> Iterator[Statement]:
    ask = partial(_some_tasks, dialect, tenant, query)
    return _dated("due", ask, start, query.due_from, query.due_before)


def _dated(
    day: str,
    ask: Callable[[tuple[str, ...]], Statement],
    start: Position | None,
    low: dt.date | None,
    high: dt.date | None,
) -> Iterator[Statement]:
    """Those that have that day and then those without it, so that both go through an index."""
    if start is None or not undated(start):
        asked = ask((day, "id", "plan_id"))
        asked.where(f"{day} is not null")
        _between(asked, day, low, high)
        asked.behind(start)
        yield asked
    if low is None and high is None:
        asked = ask(("id", "plan_id"))
        asked.where(f"{day} is null")
        asked.behind(start[1:] if start is not None and undated(start) else None)
        yield asked


def _some_tasks(dialect: Dialect, tenant: str, query: TaskQuery, order: tuple[str, ...]) -> Statement:
    asked = Statement(dialect, "task", TASK_READ, order)
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
    if query.section is not None or query.template_id is not None:
        _of_plans(asked, section=query.section, template_id=query.template_id)
    _words(asked, query.words)
    if query.within is not None:
        _limit(asked, query.within, _task_reach)
    return asked


def _objectives(dialect: Dialect, tenant: str, query: ObjectiveQuery, start: Position | None) -> Iterator[Statement]:
    ask = partial(_some_objectives, dialect, tenant, query)
    return _dated('"end"', ask, start, query.end_from, query.end_before)


def _some_objectives(dialect: Dialect, tenant: str, query: ObjectiveQuery, order: tuple[str, ...]) -> Statement:
    asked = Statement(dialect, "objective", OBJECTIVE_READ, order)
    asked.equal("tenant", tenant)
    asked.among("owner_id", query.owner_ids)
    asked.among("account_id", query.account_ids)
    asked.among("plan_id", query.plan_ids)
    asked.among("status", query.statuses)
    asked.among("category", query.categories)
    plan = {"section": query.section, "stage_id": query.stage_id, "template_id": query.template_id}
    _of_plans(asked, "status <> 'merged'", "archived = 0", **plan)
    _words(asked, query.words)
    if query.within is not None:
        _limit(asked, query.within, _objective_reach)
    return asked


def _of_plans(asked: Statement, *conditions: str, **columns: str | None) -> None:
    """That the plan an item stands in is such a one; looked up row by row, as few rows of a list are asked for."""
    wanted = {name: value for name, value in columns.items() if value is not None}
    told = (*conditions, *(f"{name} = ?" for name in wanted))
    same = f"plan.tenant = {asked.table}.tenant and plan.id = {asked.table}.plan_id"
    alike = "".join(f" and plan.{one}" for one in told)
    asked.where(f"exists (select 1 from @plan as plan where {same}{alike})", *wanted.values())


def _between(asked: Statement, column: str, first: dt.date | None, before: dt.date | None) -> None:
    if first is not None:
        asked.where(f"{column} >= ?", day_text(first))
    if before is not None:
        asked.where(f"{column} < ?", day_text(before))


def _touchpoints(dialect: Dialect, tenant: str, query: TouchpointQuery, start: Position | None) -> Statement:
    """The `sort` of touchpoints runs backwards, so that the newest come first."""
    asked = Statement(dialect, "record", RECORD, ("sort", "id"))
    asked.equal("tenant", tenant)
    asked.equal("kind", "touchpoint")
    asked.among("account_id", query.account_ids)
    asked.among(f"coalesce({_member(dialect, 'type')}, 'note')", query.types)
    asked.among(_member(dialect, "author_id"), query.author_ids)
    if query.participant_ids is not None:
        asked.where(*_some_member(dialect, "record.data", "participants", query.participant_ids))
    if query.at_from is not None:
        asked.where("sort <= ?", newest_first(query.at_from))
    if query.at_before is not None:
        asked.where("sort > ?", newest_first(query.at_before))
    if query.refers_to is not None:
        ids = f"{_member(dialect, 'id', 'one.value')}, {_member(dialect, 'plan_id', 'one.value')}"
        members = dialect.members.format("record.data", "references")
        asked.where(f"exists (select 1 from {members} as one where ? in ({ids}))", query.refers_to)
    subject, text = _member(dialect, "subject"), _member(dialect, "text")
    _words(asked, query.words, f"{subject} || ' ' || coalesce({text}, '')")
    if query.within is not None:
        _limit(asked, query.within, _touchpoint_reach)
    asked.behind(start)
    return asked


def _accounts(dialect: Dialect, tenant: str, query: AccountQuery, start: Position | None) -> Statement:
    asked = Statement(dialect, "account", ACCOUNT, ("key", "id"))
    asked.equal("tenant", tenant)
    prefix = name_key(query.prefix)
    if prefix:
        asked.where("key >= ?", prefix)
        if (end := _end_of(prefix)) is not None:
            asked.where("key < ?", end)
    asked.equal("key", None if query.key is None else name_key(query.key))
    asked.among("parent_id", query.parent_ids)
    asked.among("owner_id", query.owner_ids)
    if query.people is not None:
        one, people = one_of(dialect, "person_id", query.people)
        asked.where(f"id in (select account_id from @account_person where tenant = ? and {one})", tenant, people)
    asked.among("type", query.types)
    asked.behind(start)
    return asked


def _records(dialect: Dialect, tenant: str, query: RecordQuery, start: Position | None) -> Statement:
    asked = Statement(dialect, "record", RECORD, ("sort", "id"))
    asked.equal("tenant", tenant)
    asked.equal("kind", query.kind)
    asked.equal("account_id", query.account_id)
    asked.equal("sort", text_key(query))
    asked.behind(start)
    return asked


def _deliveries(dialect: Dialect, tenant: str, query: DeliveryQuery, start: Position | None) -> Statement:
    asked = Statement(dialect, "outbox", DELIVERY, ("moment", "key"))
    asked.equal("tenant", tenant)
    asked.equal("state", query.state)
    asked.behind(start)
    return asked


Condition = tuple[str, tuple[Any, ...]]
"""A part of a `where`, and its values."""


def _limit(asked: Statement, rights: Within, reach: Callable[[Statement, Reach], Condition]) -> None:
    """Only what the rights take in (R6). Columns that may be null are compared so that null is no."""
    plans = _with_plan if asked.table in ("task", "objective") else _without_plan
    granted = _any_of(reach(asked, rights.granted), plans(asked, rights.plans_granted))
    forbidden = _any_of(reach(asked, rights.forbidden), plans(asked, rights.plans_forbidden))
    asked.where(granted[0], *granted[1])
    asked.where(f"not {forbidden[0]}", *forbidden[1])


def _plan_reach(asked: Statement, reach: Reach) -> Condition:
    return _any_of(_everything(reach), _in(asked, "account_id", reach.account_ids), *_plan_people(asked, reach))


def _task_reach(asked: Statement, reach: Reach) -> Condition:
    helpers = _some_member(asked.dialect, "task.data", "helpers", sorted(reach.helpers)) if reach.helpers else None
    return _any_of(_objective_reach(asked, reach), helpers and (helpers[0], (helpers[1],)))


def _objective_reach(asked: Statement, reach: Reach) -> Condition:
    return _any_of(
        _with_plan(asked, reach),
        _in(asked, "owner_id", reach.owners),
        _in(asked, _member(asked.dialect, "created_by"), reach.makers),
    )


def _touchpoint_reach(asked: Statement, reach: Reach) -> Condition:
    author = _in(asked, _member(asked.dialect, "author_id"), reach.makers)
    return _any_of(_everything(reach), _in(asked, "account_id", reach.account_ids), author)


def _with_plan(asked: Statement, reach: Reach) -> Condition:
    return _any_of(_everything(reach), _in(asked, "account_id", reach.account_ids), *_in_plans(asked, reach))


def _without_plan(asked: Statement, reach: Reach) -> Condition:
    """What stands in no plan is in the rights of plans only where these take in everything."""
    return _any_of(_everything(reach))


def _plan_people(asked: Statement, reach: Reach) -> tuple[Condition | None, ...]:
    return _in(asked, "owner_id", reach.owners), _in(asked, "created_by", reach.makers)


def _in_plans(asked: Statement, reach: Reach) -> Iterator[Condition]:
    """That the plan a task stands in is one of these persons'."""
    found = [one for one in _plan_people(asked, reach) if one is not None]
    if found:
        text, values = _any_of(*found)
        yield f"plan_id in (select id from @plan where tenant = ? and {text})", (asked.values[0], *values)


def _everything(reach: Reach) -> Condition | None:
    return ("true", ()) if reach.everything else None


def _in(asked: Statement, column: str, ids: frozenset[str]) -> Condition | None:
    if not ids:
        return None
    text, value = one_of(asked.dialect, column, sorted(ids))
    return f"coalesce({text}, false)", (value,)


def _any_of(*conditions: Condition | None) -> Condition:
    found = [one for one in conditions if one is not None]
    return f"({' or '.join(text for text, _ in found) or 'false'})", tuple(chain.from_iterable(of for _, of in found))


def _member(dialect: Dialect, name: str, of: str = "data") -> str:
    """The text that a JSON object has under a name, as SQL."""
    return dialect.member.format(of, name)


def _some_member(dialect: Dialect, data: str, name: str, wanted: Iterable[str]) -> tuple[str, Any]:
    """That an array which the object has under a name holds one of these texts."""
    text, value = one_of(dialect, dialect.member_text.format("one.value"), wanted)
    return f"exists (select 1 from {dialect.members.format(data, name)} as one where {text})", value


def _words(asked: Statement, words: str, text: str = "title") -> None:
    """As `has_words`: where `words` is null the text is ASCII, and its key has the same words as its lower case."""
    for word in name_key(words).split():
        asked.where(f"{asked.dialect.position.format(f'coalesce(words, lower({text}))', '?')} > 0", word)


def _end_of(prefix: str) -> str | None:
    """The first text behind all that begin with `prefix`, by code point; None when nothing can stand there."""
    left = prefix.rstrip("\U0010ffff")
    if not left:
        return None
    following = ord(left[-1]) + 1
    return left[:-1] + chr(0xE000 if following == 0xD800 else following)
