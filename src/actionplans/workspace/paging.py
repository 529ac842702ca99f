"""One page of a list, as a screen shows it: what the actor may see, and where to go on (L14)."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Any, overload

from attrs import define

from actionplans.checks import shown
from actionplans.errors import Invalid, Problem
from actionplans.model import Account, Touchpoint
from actionplans.storage import (
    AccountQuery,
    FoundObjective,
    FoundTask,
    ObjectiveQuery,
    Page,
    PlanHead,
    PlanQuery,
    TaskQuery,
    TouchpointQuery,
)
from actionplans.storing import LONGEST, page_of, start_of
from actionplans.workspace.accounts import Accounts
from actionplans.workspace.desk import Desk
from actionplans.workspace.touchpoints import Touchpoints
from actionplans.workspace.views import Views

Asked = PlanQuery | TaskQuery | ObjectiveQuery | TouchpointQuery | AccountQuery


@define
class Paging:
    """What `Workspace.page` is: call it with a query."""

    desk: Desk

    @overload
    def __call__(self, query: PlanQuery, *, limit: int = 50, after: str | None = None) -> Page[PlanHead]: ...
    @overload
    def __call__(self, query: TaskQuery, *, limit: int = 50, after: str | None = None) -> Page[FoundTask]: ...
    @overload
    def __call__(self, query: ObjectiveQuery, *, limit: int = 50, after: str | None = None) -> Page[FoundObjective]: ...
    @overload
    def __call__(self, query: TouchpointQuery, *, limit: int = 50, after: str | None = None) -> Page[Touchpoint]: ...
    @overload
    def __call__(self, query: AccountQuery, *, limit: int = 50, after: str | None = None) -> Page[Account]: ...
    def __call__(self, query: Asked, *, limit: int = 50, after: str | None = None) -> Page[Any]:
        """One page of what a query asks for and the actor may see, in its order: at most `limit`, from 1 to 1,000.

        The page's `next` as `after` goes on behind it, whatever was stored meanwhile; it is None on the last page.
        """
        if not isinstance(query, Asked):
            told = f"a query for plans, tasks, objectives, touchpoints or accounts is wanted, not {shown(query)}"
            raise Invalid("page", (Problem("query", told),))
        start_of(query, limit, after)
        found = islice(_found(self.desk, query, min(limit + 1, LONGEST), after), limit + 1)
        return page_of(query, list(found), limit)


def _found(desk: Desk, query: Asked, many: int, after: str | None) -> Iterator[Any]:
    lists = Views(desk, after, many)
    match query:
        case PlanQuery():
            return lists.heads(query)
        case TaskQuery():
            return lists.tasks(query)
        case ObjectiveQuery():
            return lists.objectives(query)
        case TouchpointQuery():
            return Touchpoints(desk).stream(query, after=after, many=many)
        case AccountQuery():
            return Accounts(desk).stream(query, desk.settings(), after=after, many=many)
