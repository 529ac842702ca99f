"""Queries as SQL, one statement for each, in the order and with the meaning that `storage` states (C8)."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Iterable, Iterator
from itertools import chain
from typing import Any

from attrs import define, field

from actionplans.accounts import name_key
from actionplans.backends.store.pages import Position, undated
from actionplans.backends.store.rows import ACCOUNT, OBJECTIVE, PLAN, RECORD, TASK, day_text
from actionplans.permissions import Reach, Within
from actionplans.storage import (
    OPEN,
    AccountQuery,
    ObjectiveQuery,
    PlanQuery,
    Query,
    RecordQuery,
    TaskQuery,
    TouchpointQuery,
    newest_first,
    text_key,
)


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
        case ObjectiveQuery():
            yield from _objectives(tenant, query, start)
        case TouchpointQuery():
            yield _touchpoints(tenant, query, start)
        case AccountQuery():
            yield _accounts(tenant, query, start)
        case RecordQuery():
            yield _records(tenant, query, start)


def _plans(tenant: str, query: PlanQuery, start: Position | None) -> Statement:
    several = query.account_ids is not None and len(query.account_ids) > 1
    asked = Statement("plan", PLAN[:16], ("+id" if several else "id",))  # the + lets SQLite look by account, then sort
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
    _between(asked, "start", query.start_from, query.start_before)
    _words(asked, query.words)
    if query.within is not None:
        _limit(asked, query.within, _plan_reach)
    asked.behind(start)
    return asked


def _tasks(tenant: str, query: TaskQuery, start: Position | None) -> Iterator[Statement]:
    """Those with a due date and then those without, so that both go through an index."""
    if start is None or not undated(start):
        asked = _some_tasks(tenant, query, ("due", "id", "plan_id"))
        asked.where("due is not null")
        _between(asked, "due", query.due_from, query.due_before)
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
    if query.section is not None or query.template_id is not None:
        _of_plans(asked, section=query.section, template_id=query.template_id)
    _words(asked, query.words)
    if query.within is not None:
        _limit(asked, query.within, _task_reach)
    return asked


def _objectives(tenant: str, query: ObjectiveQuery, start: Position | None) -> Iterator[Statement]:
    """Those with an end and then those without, as tasks."""
    if start is None or not undated(start):
        asked = _some_objectives(tenant, query, ('"end"', "id", "plan_id"))
        asked.where('"end" is not null')
        _between(asked, '"end"', query.end_from, query.end_before)
        asked.behind(start)
        yield asked
    if query.end_from is None and query.end_before is None:
        asked = _some_objectives(tenant, query, ("id", "plan_id"))
        asked.where('"end" is null')
        asked.behind(start[1:] if start is not None and undated(start) else None)
        yield asked


def _some_objectives(tenant: str, query: ObjectiveQuery, order: tuple[str, ...]) -> Statement:
    asked = Statement("objective", OBJECTIVE, order)
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
    asked.where(f"exists (select 1 from plan where {same}{alike})", *wanted.values())


def _between(asked: Statement, column: str, first: dt.date | None, before: dt.date | None) -> None:
    if first is not None:
        asked.where(f"{column} >= ?", day_text(first))
    if before is not None:
        asked.where(f"{column} < ?", day_text(before))


def _touchpoints(tenant: str, query: TouchpointQuery, start: Position | None) -> Statement:
    """The `sort` of touchpoints runs backwards, so that the newest come first."""
    asked = Statement("record", RECORD, ("sort", "id"))
    asked.equal("tenant", tenant)
    asked.equal("kind", "touchpoint")
    asked.among("account_id", query.account_ids)
    asked.among("ifnull(json_extract(data, '$.type'), 'note')", query.types)
    asked.among("json_extract(data, '$.author_id')", query.author_ids)
    if query.participant_ids is not None:
        one = "exists (select 1 from json_each(record.data, '$.participants') as p where p.value in ({}))"
        asked.where(one.format("select value from json_each(?)"), json.dumps(query.participant_ids))
    if query.at_from is not None:
        asked.where("sort <= ?", newest_first(query.at_from))
    if query.at_before is not None:
        asked.where("sort > ?", newest_first(query.at_before))
    if query.refers_to is not None:
        ids = "(json_extract(r.value, '$.id'), json_extract(r.value, '$.plan_id'))"
        one = f"exists (select 1 from json_each(record.data, '$.references') as r where ? in {ids})"
        asked.where(one, query.refers_to)
    _words(
        asked, query.words, "json_extract(data, '$.subject') || char(10) || ifnull(json_extract(data, '$.text'), '')"
    )
    if query.within is not None:
        _limit(asked, query.within, _touchpoint_reach)
    asked.behind(start)
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
    asked.among("parent_id", query.parent_ids)
    asked.among("owner_id", query.owner_ids)
    if query.people is not None:
        people = (
            "select account_id from account_person where tenant = ? and person_id in (select value from json_each(?))"
        )
        asked.where(f"id in ({people})", tenant, json.dumps(query.people))
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


Condition = tuple[str, tuple[Any, ...]]
"""A part of a `where`, and its values."""


def _limit(asked: Statement, rights: Within, reach: Callable[[str, Reach], Condition]) -> None:
    """Only what the rights take in (R6). Columns that may be null are compared so that null is no."""
    tenant = asked.values[0]
    plans = _with_plan if asked.table in ("task", "objective") else _without_plan
    granted = _any_of(reach(tenant, rights.granted), plans(tenant, rights.plans_granted))
    forbidden = _any_of(reach(tenant, rights.forbidden), plans(tenant, rights.plans_forbidden))
    asked.where(granted[0], *granted[1])
    asked.where(f"not {forbidden[0]}", *forbidden[1])


def _plan_reach(tenant: str, reach: Reach) -> Condition:
    return _any_of(_everything(reach), _in("account_id", reach.account_ids), *_plan_people(reach))


def _task_reach(tenant: str, reach: Reach) -> Condition:
    helping = "exists (select 1 from json_each(task.data, '$.helpers') as h where h.value in ({}))"
    return _any_of(
        _everything(reach),
        _in("account_id", reach.account_ids),
        _in("owner_id", reach.owners),
        _in("json_extract(data, '$.created_by')", reach.makers),
        _in("", reach.helpers, helping),
        *_in_plans(tenant, _plan_people(reach)),
    )


def _objective_reach(tenant: str, reach: Reach) -> Condition:
    return _any_of(
        _everything(reach),
        _in("account_id", reach.account_ids),
        _in("owner_id", reach.owners),
        _in("json_extract(data, '$.created_by')", reach.makers),
        *_in_plans(tenant, _plan_people(reach)),
    )


def _touchpoint_reach(tenant: str, reach: Reach) -> Condition:
    author = _in("json_extract(data, '$.author_id')", reach.makers)
    return _any_of(_everything(reach), _in("account_id", reach.account_ids), author)


def _with_plan(tenant: str, reach: Reach) -> Condition:
    return _any_of(_everything(reach), _in("account_id", reach.account_ids), *_in_plans(tenant, _plan_people(reach)))


def _without_plan(tenant: str, reach: Reach) -> Condition:
    """What stands in no plan is in the rights of plans only where these take in everything."""
    return _any_of(_everything(reach))


def _plan_people(reach: Reach) -> tuple[Condition | None, ...]:
    return _in("owner_id", reach.owners), _in("created_by", reach.makers)


def _in_plans(tenant: str, people: Iterable[Condition | None]) -> Iterator[Condition]:
    """That the plan a task stands in is one of these persons'."""
    found = [one for one in people if one is not None]
    if found:
        text, values = _any_of(*found)
        yield f"plan_id in (select id from plan where tenant = ? and {text})", (tenant, *values)


def _everything(reach: Reach) -> Condition | None:
    return ("1", ()) if reach.everything else None


def _in(column: str, ids: frozenset[str], form: str = "") -> Condition | None:
    if not ids:
        return None
    listed = "select value from json_each(?)"
    text = form.format(listed) if form else f"ifnull({column} in ({listed}), 0)"
    return text, (json.dumps(sorted(ids)),)


def _any_of(*conditions: Condition | None) -> Condition:
    found = [one for one in conditions if one is not None]
    return f"({' or '.join(text for text, _ in found) or '0'})", tuple(chain.from_iterable(of for _, of in found))


def _words(asked: Statement, words: str, text: str = "title") -> None:
    if words:
        asked.where(f"has_words(?, {text})", words)


def _end_of(prefix: str) -> str | None:
    """The first text behind all that begin with `prefix`, by code point; None when nothing can stand there."""
    left = prefix.rstrip("\U0010ffff")
    if not left:
        return None
    following = ord(left[-1]) + 1
    return left[:-1] + chr(0xE000 if following == 0xD800 else following)
