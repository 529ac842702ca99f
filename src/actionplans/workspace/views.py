"""Looking at many plans: lists whose rights stand in the query, and streams of views (L14, R6, V1)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from typing import Any, TypeVar, cast

import attrs
from attrs import define

from actionplans.model import Account, Invitation, Objective, Plan
from actionplans.permissions import Asker, Reach, Within, everywhere, reaches, rules_of
from actionplans.settings import Settings
from actionplans.sharing import NOBODY, View, Viewer, people_in, plan_seen, sees_field, task_seen, view, why
from actionplans.storage import (
    AccountQuery,
    FoundObjective,
    FoundTask,
    ObjectiveQuery,
    PlanHead,
    PlanQuery,
    RecordQuery,
    TaskQuery,
    head_of,
    matches,
    plan_subject,
)
from actionplans.workspace.desk import Desk
from actionplans.workspace.plans import Progress, chunks

Q = TypeVar("Q", PlanQuery, TaskQuery, ObjectiveQuery)
I = TypeVar("I", TaskQuery, ObjectiveQuery)  # noqa: E741


@define
class Views:
    """Streams what the actor may see, a page at a time; rights are read anew for each page.

    A contact's lists are made of the views of the plans they are invited to, so that they are of what these show (V2).
    """

    desk: Desk

    def heads(self, query: PlanQuery) -> Iterator[PlanHead]:
        """The rows of the plans the actor may see that the query asks for, by id."""
        desk = self.desk
        settings = desk.settings()
        if desk.asker(settings).kind == "contact":
            seen = (head_of(one.plan) for one in self._invited(desk.today(settings)))
            yield from (head for head in seen if matches(query, head))
            return
        for page, asker, settings in self._pages(query, self._plans_within):
            if not desk.plugins.policies:
                yield from page
                continue
            accounts = desk.store.get_many(Account, {head.account_id for head in page})
            for head in page:
                about = plan_subject(head, accounts[head.account_id])
                if desk.may(settings, "plan.see", about, asker).allowed:
                    yield head

    def views(self, query: PlanQuery, progress: Progress | None, day: dt.date) -> Iterator[View]:
        """What the actor may see of each plan the query asks for, by id, on one day (D12); a part is held at a time."""
        done, desk = 0, self.desk
        if desk.asker(desk.settings()).kind == "contact":
            for one in self._invited(day):
                if matches(query, head_of(one.plan)):
                    done += 1
                    yield one
            if progress is not None:
                progress(done, None)
            return
        for part in chunks(self.heads(query), 200):
            settings = desk.settings()
            viewer = Viewer(desk.asker(settings), decider=desk.decider)
            accounts = desk.store.get_many(Account, {head.account_id for head in part})
            plans = desk.store.get_many(Plan, [head.id for head in part])
            people = desk.people(one for plan in plans.values() for one in people_in(plan))
            for plan in (plans[head.id] for head in part if head.id in plans):
                its = people.of(people_in(plan))
                seen = view(plan, accounts[plan.account_id], settings, viewer, today=day, people=its)
                if seen is not None:
                    yield seen
            done += len(part)
            if progress is not None:
                progress(done, None)

    def tasks(self, query: TaskQuery) -> Iterator[FoundTask]:
        """The tasks the query asks for that the actor may see, in the query's order (L14)."""
        desk = self.desk
        settings = desk.settings()
        if desk.asker(settings).kind == "contact":
            plans = (one.plan for one in self._invited(desk.today(settings)) if not one.plan.archived)
            found = [(FoundTask(one.id, one.account_id, task), head_of(one)) for one in plans for task in one.tasks]
            asked = (one for one, head in found if matches(query, one, head))
            yield from sorted(asked, key=lambda one: (one.task.due or dt.date.max, one.task.id, one.plan_id))
            return
        for page, asker, settings in self._pages(query, self._tasks_within):
            hidden = query.stage_id is not None or query.template_id is not None  # of a task alone neither is shown
            yield from self._as_seen(page, asker, settings, alone=not hidden)

    def objectives(self, query: ObjectiveQuery) -> Iterator[FoundObjective]:
        """The objectives the query asks for that the actor may see, in the query's order, as their views show them."""
        desk = self.desk
        settings = desk.settings()
        if desk.asker(settings).kind == "contact":
            plans = (one.plan for one in self._invited(desk.today(settings)) if not one.plan.archived)
            found = [
                (FoundObjective(one.id, one.account_id, goal), head_of(one)) for one in plans for goal in one.objectives
            ]
            asked = (one for one, head in found if matches(query, one, head))
            yield from sorted(asked, key=lambda one: (one.objective.end or dt.date.max, one.objective.id, one.plan_id))
            return
        for page, asker, settings in self._pages(query, self._objectives_within):
            of_objectives = [one for one in settings.custom_fields if one.of == "objective"]
            whole = _freely(settings, asker, "objective.see") and all(sees_field(one, asker) for one in of_objectives)
            yield from page if whole and not desk.plugins.policies else self._in_views(page, asker, settings)

    def _in_views(self, page: tuple[FoundObjective, ...], asker: Asker, settings: Settings) -> Iterator[FoundObjective]:
        """The objectives that stand in what the actor sees of their plans."""
        desk, viewer = self.desk, Viewer(asker, decider=self.desk.decider)
        plans = desk.store.get_many(Plan, {one.plan_id for one in page})
        accounts = desk.store.get_many(Account, {one.account_id for one in page})
        seen: dict[tuple[str, str], Objective] = {}
        for plan in plans.values():
            shown, _ = plan_seen(
                plan, accounts[plan.account_id], settings, viewer, today=desk.today(settings), people=NOBODY
            )
            seen |= {(plan.id, one.id): one for one in (shown.objectives if shown is not None else ())}
        for one in page:
            if (one.plan_id, one.objective.id) in seen:
                yield attrs.evolve(one, objective=seen[one.plan_id, one.objective.id])

    def _as_seen(
        self, page: tuple[FoundTask, ...], asker: Asker, settings: Settings, *, alone: bool
    ) -> Iterator[FoundTask]:
        """The tasks with the fields that the actor sees: the whole task in plans that they see, else what is listed.

        Those in other plans only where they may be `alone`, where nothing was asked that is not shown of them.
        Plans are read only where that may differ from plan to plan, or a host's own policy decides.
        """
        desk = self.desk
        of_tasks = [one for one in settings.custom_fields if one.of == "task"]
        custom = frozenset(one.name for one in of_tasks if sees_field(one, asker))
        by_task, by_plan = (_granted(settings, asker, action) for action in ("task.see", "plan.see"))
        alike = "all" in by_plan or by_task <= by_plan & {"account", "team"} or not by_plan
        if alike and not desk.plugins.policies:
            if not by_plan or len(custom) < len(of_tasks):
                page = tuple(_shown(one, asker, custom, whole=bool(by_plan)) for one in page)
            yield from page if by_plan or alone else ()
            return
        viewer = Viewer(asker, decider=desk.decider)
        plans = desk.store.get_many(Plan, {one.plan_id for one in page})
        accounts = desk.store.get_many(Account, {one.account_id for one in page})
        for one in page:
            plan, account = plans.get(one.plan_id), accounts[one.account_id]
            if plan is not None and why(plan, account, settings, viewer, one.task).allowed:
                whole = why(plan, account, settings, viewer).allowed
                if whole or alone:
                    yield _shown(one, asker, custom, whole=whole)

    def _pages(
        self, query: Q, limited: Callable[[Q, Asker, Settings], Q]
    ) -> Iterator[tuple[tuple[Any, ...], Asker, Settings]]:
        """The pages of a query limited to the actor's rights; a host's own policy is asked one by one instead (R7)."""
        desk, after = self.desk, None
        while True:
            settings = desk.settings()
            asker = desk.asker(settings)
            asked = query if desk.plugins.policies else limited(query, asker, settings)
            page = desk.store.find(asked, limit=1000, after=after)
            yield page.items, asker, settings
            after = page.next
            if after is None:
                return

    def _plans_within(self, query: PlanQuery, asker: Asker, settings: Settings) -> PlanQuery:
        if everywhere(settings.policy, asker, "plan.see"):
            return query
        granted, forbidden = reaches_of(self.desk, settings, asker, "plan.see")
        return attrs.evolve(query, within=Within(granted, forbidden))

    def _tasks_within(self, query: TaskQuery, asker: Asker, settings: Settings) -> TaskQuery:
        """Who may see a plan sees the tasks in it, unless they are forbidden; who may not, those that they may see."""
        return query if _freely(settings, asker, "task.see") else self._items_within(query, asker, settings, "task.see")

    def _objectives_within(self, query: ObjectiveQuery, asker: Asker, settings: Settings) -> ObjectiveQuery:
        action = "objective.see"
        return query if _freely(settings, asker, action) else self._items_within(query, asker, settings, action)

    def _items_within(self, query: I, asker: Asker, settings: Settings, action: str) -> I:
        granted, forbidden = reaches_of(self.desk, settings, asker, action)
        plans, plans_forbidden = reaches_of(self.desk, settings, asker, "plan.see")
        return attrs.evolve(query, within=Within(granted, forbidden, plans, plans_forbidden))

    def _invited(self, day: dt.date) -> Iterator[View]:
        """A contact's views of the plans that they are invited to, by the plan's id."""
        desk = self.desk
        settings = desk.settings()
        found = desk.every(RecordQuery("invitation", text=desk.actor.id))
        ids = sorted(one.plan_id for one in cast(Iterator[Invitation], found) if one.revoked_at is None)
        for part in chunks(ids, 50):
            plans = desk.store.get_many(Plan, part)
            accounts = desk.store.get_many(Account, {one.account_id for one in plans.values()})
            for plan in plans.values():
                seen = desk.looked_at(plan, accounts[plan.account_id], settings, today=day)
                if seen is not None:
                    yield seen


def reaches_of(desk: Desk, settings: Settings, asker: Asker, action: str) -> tuple[Reach, Reach]:
    """What the actor is granted and what forbidden of this action, in terms that a store looks up (R6)."""

    def accounts(scope: str) -> frozenset[str]:
        """The accounts that the scope `account` or `team` takes in (R2)."""
        mine = {"people": (asker.id,)} if scope == "account" else {"owner_ids": tuple(sorted(asker.colleagues))}
        return frozenset(one.id for one in desk.every(AccountQuery(**mine)))

    return reaches(settings.policy, asker, action, accounts)


def _freely(settings: Settings, asker: Asker, action: str) -> bool:
    """Whether they see all items of a kind: every plan, and nothing of that kind is forbidden them anywhere."""
    free = all(one.decision.allowed for one in rules_of(settings.policy, asker, action))
    return free and everywhere(settings.policy, asker, "plan.see")


def _granted(settings: Settings, asker: Asker, action: str) -> frozenset[str]:
    return frozenset(one.scope for one in rules_of(settings.policy, asker, action) if one.decision.allowed)


def _shown(found: FoundTask, asker: Asker, custom: frozenset[str], *, whole: bool) -> FoundTask:
    return attrs.evolve(found, task=task_seen(found.task, asker, custom, whole=whole))
