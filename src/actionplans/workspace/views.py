"""Looking at many plans: lists whose rights stand in the query, and streams of views (L14, R6, V1)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Iterator
from typing import Any, TypeVar, cast

import attrs
from attrs import define

from actionplans.checks import EMPTY
from actionplans.model import Account, Invitation, Objective, Plan, Task
from actionplans.permissions import Asker, Reach, Within, everywhere, reaches, rules_of
from actionplans.settings import Grant, Settings
from actionplans.sharing import NOBODY, SEE, View, Viewer, people_in, plan_seen, sees_everything, view, without_fields
from actionplans.storage import (
    AccountQuery,
    FoundObjective,
    FoundTask,
    ObjectiveQuery,
    PlanHead,
    PlanQuery,
    Query,
    RecordQuery,
    TaskQuery,
    head_of,
    matches,
    plan_subject,
)
from actionplans.storing import LONGEST, position, start_of
from actionplans.vocabularies import seen_fields
from actionplans.workspace.desk import Desk
from actionplans.workspace.plans import Progress, chunks

Q = TypeVar("Q", PlanQuery, TaskQuery, ObjectiveQuery)
F = TypeVar("F", FoundTask, FoundObjective)
L = TypeVar("L", PlanHead, FoundTask, FoundObjective)
I = TypeVar("I", TaskQuery, ObjectiveQuery)  # noqa: E741


@define
class Views:
    """Streams what the actor may see, a page at a time; rights are read anew for each page.

    A contact's lists are made of the views of the plans they are invited to, so that they are of what these show (V2).
    """

    desk: Desk
    after: str | None = None
    """Where a list goes on: the `next` of a page of it."""
    many: int = LONGEST
    """How many are read at once."""

    def heads(self, query: PlanQuery) -> Iterator[PlanHead]:
        """The rows of the plans the actor may see that the query asks for, by id."""
        desk = self.desk
        asker, settings = first = self._asking()
        if asker.kind == "contact":
            seen = (head_of(one.plan) for one in self._invited(desk.today(settings)))
            yield from self._behind(query, (head for head in seen if matches(query, head)))
            return
        for page, asker, settings in self._pages(query, self._plans_within, first):
            if not desk.plugins.policies:
                yield from self._counted(page, asker, settings)
                continue
            accounts = desk.store.get_many(Account, {head.account_id for head in page})
            for head in page:
                about = plan_subject(head, accounts[head.account_id])
                if desk.may(settings, "plan.see", about, asker).allowed:
                    yield head

    def _counted(self, page: tuple[PlanHead, ...], asker: Asker, settings: Settings) -> Iterator[PlanHead]:
        """The rows, of which the counts serve only those who see every task of a plan (V1)."""
        if all(one.decision.allowed for one in rules_of(settings.policy, asker, "task.see")):
            yield from page
            return
        plans = self._plans_seen([head.id for head in page], asker, settings)
        for head in page:
            if head.id in plans:
                counted = head_of(plans[head.id])
                yield attrs.evolve(head, open=counted.open, done=counted.done, total=counted.total)

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
        return self._items(
            query, "task.see", lambda plan: (FoundTask(plan.id, plan.account_id, one) for one in plan.tasks)
        )

    def objectives(self, query: ObjectiveQuery) -> Iterator[FoundObjective]:
        """The objectives the query asks for that the actor may see, in the query's order, as their views show them."""
        return self._items(
            query,
            "objective.see",
            lambda plan: (FoundObjective(plan.id, plan.account_id, one) for one in plan.objectives),
        )

    def _items(self, query: I, action: str, of: Callable[[Plan], Iterable[F]]) -> Iterator[F]:
        """The items of one kind, which `of` takes from a plan."""
        desk = self.desk
        asker, settings = first = self._asking()
        if asker.kind == "contact":
            plans = (one.plan for one in self._invited(desk.today(settings)) if not one.plan.archived)
            found = [(one, head_of(plan)) for plan in plans for one in of(plan)]
            yield from self._behind(query, (one for one, head in found if matches(query, one, head)))
            return
        for page, asker, settings in self._pages(query, self._items_within(action), first):
            if _alike(settings, asker, action) and not desk.plugins.policies:
                yield from _with_fields(page, settings, asker)
            else:
                yield from self._in_views(page, asker, settings, query)

    def _in_views(
        self, page: tuple[F, ...], asker: Asker, settings: Settings, query: TaskQuery | ObjectiveQuery
    ) -> Iterator[F]:
        """Those that stand in what the actor sees of their plans, as they stand there, and are asked for as such.

        So nobody finds out by a filter what they are not shown.
        """
        asked = attrs.evolve(query, within=None)
        found = self._items_seen({one.plan_id for one in page}, asker, settings)
        for one in page:
            held = one.task if isinstance(one, FoundTask) else one.objective
            if (one.plan_id, held.id) in found:
                item, head = found[one.plan_id, held.id]
                given: dict[str, Any] = {item.kind: item}
                told = attrs.evolve(one, **given)
                if matches(asked, told, head):
                    yield told

    def _items_seen(
        self, plan_ids: Iterable[str], asker: Asker, settings: Settings
    ) -> dict[tuple[str, str], tuple[Task | Objective, PlanHead]]:
        """By plan and id, the tasks and objectives that somebody inside sees, with what they see of the plan's row."""
        found: dict[tuple[str, str], tuple[Task | Objective, PlanHead]] = {}
        for seen in self._plans_seen(plan_ids, asker, settings).values():
            head = head_of(seen)
            found |= {(seen.id, one.id): (one, head) for one in seen.tasks}
            found |= {(seen.id, one.id): (one, head) for one in seen.objectives}
        return found

    def _plans_seen(self, plan_ids: Iterable[str], asker: Asker, settings: Settings) -> dict[str, Plan]:
        """Those of these plans of which somebody inside sees anything, as they see them."""
        desk, viewer, day = self.desk, Viewer(asker, decider=self.desk.decider), self.desk.today(settings)
        plans = desk.store.get_many(Plan, plan_ids)
        accounts = desk.store.get_many(Account, {plan.account_id for plan in plans.values()})
        found: dict[str, Plan] = {}
        for plan in plans.values():
            seen, _ = plan_seen(plan, accounts[plan.account_id], settings, viewer, today=day, people=NOBODY)
            if seen is not None:
                found[plan.id] = seen
        return found

    def _pages(
        self, query: Q, limited: Callable[[Q, Asker, Settings], Q], first: tuple[Asker, Settings]
    ) -> Iterator[tuple[tuple[Any, ...], Asker, Settings]]:
        """The pages of a query limited to the actor's rights; a host's own policy is asked one by one instead (R7).

        The `first` is for who asks and by the settings that are given; both are read anew for each page after it. Which
        accounts are theirs is looked up once, and again where their roles, teams or the policy have changed.
        """
        desk, after, asked = self.desk, self.after, query
        rights: tuple[Asker, tuple[Grant, ...]] | None = None
        asker, settings = first
        while True:
            if not desk.plugins.policies and rights != (asker, settings.policy):
                rights, asked = (asker, settings.policy), limited(query, asker, settings)
            page = desk.store.find(asked, limit=self.many, after=after)
            yield page.items, asker, settings
            after = page.next
            if after is None:
                return
            asker, settings = self._asking()

    def _asking(self) -> tuple[Asker, Settings]:
        """Who asks, and by which settings."""
        settings = self.desk.settings()
        return self.desk.asker(settings), settings

    def _behind(self, query: Query, found: Iterable[L]) -> list[L]:
        """Those behind where the list goes on, in its order."""
        start = start_of(query, 1, self.after)
        return [one for one in sorted(found, key=position) if start is None or position(one) > start]

    def _plans_within(self, query: PlanQuery, asker: Asker, settings: Settings) -> PlanQuery:
        if everywhere(settings.policy, asker, "plan.see"):
            return query
        granted, forbidden = reaches_of(self.desk, settings, asker, "plan.see")
        return attrs.evolve(query, within=Within(granted, forbidden))

    def _items_within(self, action: str) -> Callable[[I, Asker, Settings], I]:
        """Who may see a plan sees the items in it, unless they are forbidden; who may not, those that they may see."""

        def limited(query: I, asker: Asker, settings: Settings) -> I:
            if sees_everything(settings.policy, asker):
                return query
            granted, forbidden = reaches_of(self.desk, settings, asker, action)
            plans, plans_forbidden = reaches_of(self.desk, settings, asker, "plan.see")
            return attrs.evolve(query, within=Within(granted, forbidden, plans, plans_forbidden))

        return limited

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


def _alike(settings: Settings, asker: Asker, action: str) -> bool:
    """Whether they see whole what a query within their rights finds: never an item without its plan, none hidden."""
    policy = settings.policy
    if any(not one.decision.allowed for see in SEE.values() for one in rules_of(policy, asker, see)):
        return False
    by_item, by_plan = (
        {one.scope for one in rules_of(policy, asker, see) if one.decision.allowed} for see in (action, "plan.see")
    )
    return "all" in by_plan or bool(by_plan) and by_item <= by_plan & {"account", "team"}


def _with_fields(page: tuple[F, ...], settings: Settings, asker: Asker) -> Iterator[F]:
    """The items with the custom fields that somebody inside sees of them (R5)."""
    kinds = {kind: seen_fields(kind, settings, asker.roles) for kind in ("task", "objective")}
    for one in page:
        item: Any = one.task if isinstance(one, FoundTask) else one.objective
        if item.custom is not EMPTY and (seen := kinds[item.kind]) is not None:
            given: dict[str, Any] = {item.kind: without_fields(item, seen)}
            yield attrs.evolve(one, **given)
        else:
            yield one
