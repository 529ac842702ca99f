"""Pages of a list: where one ends and the next goes on. All stores write the same cursors."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from functools import lru_cache
from typing import TypeVar, cast

from actionplans.accounts import name_key
from actionplans.checks import plain_text, shown
from actionplans.codec.stored import encoder
from actionplans.errors import Invalid, Problem
from actionplans.messages import oldest_first
from actionplans.model import Account
from actionplans.storage import (
    AccountQuery,
    Delivery,
    DeliveryQuery,
    Found,
    FoundObjective,
    FoundTask,
    ObjectiveQuery,
    Page,
    PlanHead,
    PlanQuery,
    Query,
    RecordQuery,
    TaskQuery,
    TouchpointQuery,
    id_of,
    sort_text,
)

T = TypeVar("T", bound=Found)

Position = tuple[str, ...]
"""Where something stands in its list; positions compare as their list is ordered."""

LONGEST = 1000
"""The greatest number of results on one page."""

_LENGTHS: dict[type, tuple[str, int]] = {
    PlanQuery: ("p", 1),
    TaskQuery: ("t", 3),
    ObjectiveQuery: ("o", 3),
    TouchpointQuery: ("n", 2),
    AccountQuery: ("a", 2),
    RecordQuery: ("r", 2),
    DeliveryQuery: ("d", 2),
}
_SHORT = 500
_UNDATED = "~"
"""Sorts behind every date."""


def position(found: Found) -> Position:
    """Where `found` stands among what its query finds (C8)."""
    match found:
        case PlanHead():
            return (found.id,)
        case FoundTask():
            due = found.task.due
            return (due.isoformat() if due else _UNDATED, found.task.id, found.plan_id)
        case FoundObjective():
            end = found.objective.end
            return (end.isoformat() if end else _UNDATED, found.objective.id, found.plan_id)
        case Account():
            return (name_key(found.name), found.id)
        case Delivery():
            return (oldest_first(found.moment), found.message.key)
    return (sort_text(found), id_of(found))


def undated(position: Position) -> bool:
    """Whether a position is among those of tasks without a due date, or objectives without an end."""
    return position[0] == _UNDATED


def start_of(query: Query, limit: int, after: str | None) -> Position | None:
    """The position to go on behind, or None at the start; raises `Invalid` for what `find` does not take."""
    problems = []
    if type(query) not in _LENGTHS:
        problems.append(Problem("query", f"one of the queries of actionplans.storage is wanted, not {shown(query)}"))
    if type(limit) is not int or not 1 <= limit <= LONGEST:
        problems.append(Problem("limit", f"from 1 to {LONGEST}, not {shown(limit)}"))
    start = None if problems or after is None else _decoded(query, after)
    if after is not None and start is None and not problems:
        problems.append(
            Problem("after", f"the `next` of an earlier page of the same list is wanted, not {shown(after)}")
        )
    if problems:
        raise Invalid("find", tuple(problems))
    return start


def page_of(query: Query, found: Sequence[T], limit: int) -> Page[T]:
    """The page that begins with `found`, which holds one result more than `limit` where there is one."""
    if len(found) <= limit:
        return Page(tuple(found))
    items = tuple(found[:limit])
    return Page(items, _encoded(query, position(items[-1])))


def _encoded(query: Query, position: Position) -> str:
    text = encoder()([_LENGTHS[type(query)][0], *position])
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _decoded(query: Query, cursor: str) -> Position | None:
    if not isinstance(cursor, str):
        return None
    kept = type(cursor) is str and len(cursor) <= _SHORT
    return (_read if kept else _read.__wrapped__)(cursor, *_LENGTHS[type(query)])


@lru_cache(maxsize=64)
def _read(cursor: str, mark: str, length: int) -> Position | None:
    """The position that a cursor says, if it is one of that kind; kept for those to whom the question is handed on."""
    import json

    try:
        parts = json.loads(base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True))
    except (TypeError, ValueError, binascii.Error, RecursionError):
        return None
    if not isinstance(parts, list) or len(parts) != length + 1 or parts[0] != mark:
        return None
    if not all(isinstance(part, str) and plain_text(part) for part in parts):
        return None
    return cast(Position, tuple(parts[1:]))
