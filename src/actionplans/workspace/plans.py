"""Launching many plans, and streaming what somebody may see of them."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from typing import Any, TypeVar

import attrs
from attrs import define, frozen

from actionplans import launch as launching
from actionplans.checks import FrozenMap
from actionplans.errors import ActionPlansError, NotFound, Refused, Stale, StoreError
from actionplans.model import Account, Draft, Person, Plan, Team, Template
from actionplans.permissions import Asker, Subject, everywhere, names, subject
from actionplans.settings import Settings
from actionplans.sharing import View, view
from actionplans.storage import FoundTask, PlanHead, PlanQuery, RecordQuery, TaskQuery, id_of
from actionplans.workspace.accounts import wanted
from actionplans.workspace.desk import Change, Desk, owners_of

T = TypeVar("T")

Progress = Callable[[int, int | None], None]
"""Told how many are done, and how many there are where that is known."""


@frozen
class Launched:
    """What became of one draft of a bulk launch: a plan's id, or the error that stood in its way.

    `draft` is what was given, also where that is no Draft.
    """

    draft: Draft
    plan_id: str | None
    error: ActionPlansError | None = None


@define
class Reading:
    """What a chunk of launches reads at once: settings, who asks, accounts, directory, and the templates as stored."""

    settings: Settings
    asker: Asker
    accounts: dict[str, Account]
    directory: launching.Directory
    templates: dict[str, Template]


@define
class Launcher:
    """Makes plans from drafts: reads whom they name, decides, launches and commits."""

    desk: Desk

    def one(self, draft: Draft, *, trial: bool = False) -> View:
        """Launch one draft and store it, all or nothing (T4); refused to those who would not see the plan."""
        desk, read = self.desk, self._read((draft,))
        plan = self._plan(draft, read, trial)
        account = read.accounts[plan.account_id]
        desk.need(read.settings, "plan.see", subject(account, plan))
        desk.commit(_change(plan))
        return desk.seen(plan, account, read.settings, written=True)

    def many(self, drafts: Iterable[Draft], chunk: int, progress: Progress | None) -> Iterator[Launched]:
        """Launch a stream of drafts, one transaction a chunk; those that fail are told and leave the others alone."""
        done, total = 0, len(drafts) if isinstance(drafts, Sequence) else None
        for part in chunks(drafts, chunk):
            yield from self._chunk(part)
            done += len(part)
            if progress is not None:
                progress(done, total)

    def _chunk(self, drafts: list[Any]) -> list[Launched]:
        read = self._read([one for one in drafts if isinstance(one, Draft)])
        told, changes = [], []
        for draft in drafts:
            try:
                plan = self._plan(wanted(Draft, draft, "draft"), read, False)
            except StoreError:
                raise
            except ActionPlansError as error:
                told.append(Launched(draft, None, error))
            else:
                changes.append(_change(plan))
                told.append(Launched(draft, plan.id))
        if not changes:
            return told
        try:
            self.desk.commit(*changes)
        except (Refused, Stale):
            wrong = self._one_by_one(changes)
            told = [Launched(one.draft, None, wrong[one.plan_id]) if one.plan_id in wrong else one for one in told]
        return told

    def _one_by_one(self, changes: list[Change]) -> dict[str | None, ActionPlansError]:
        """Store what can be stored of a chunk that was refused for some of it (T11); gives the others' errors by id."""
        wrong: dict[str | None, ActionPlansError] = {}
        for change in changes:
            try:
                self.desk.commit(change)
            except (Refused, Stale) as error:
                wrong[id_of(change.after)] = error
        return wrong

    def _read(self, drafts: Sequence[Draft]) -> Reading:
        desk, settings = self.desk, self.desk.settings()
        asker = desk.asker(settings)
        found = desk.store.get_many(Account, {draft.account_id for draft in drafts})
        accounts = {
            one.id: one for one in found.values() if desk.may(settings, "account.see", subject(one), asker).allowed
        }
        templates = desk.store.get_many(Template, {id_of(draft.template) for draft in drafts})
        return Reading(settings, asker, accounts, self._directory(drafts, accounts), templates)

    def _plan(self, draft: Draft, read: Reading, trial: bool) -> Plan:
        desk, account = self.desk, read.accounts.get(draft.account_id)
        if account is None:
            raise NotFound("account", draft.account_id)
        needed = ["plan.launch"]
        if trial:
            needed.append("template.edit")
        if _changes_fixed(draft):
            needed.append("library.edit")
        for action in needed:
            desk.need(read.settings, action, subject(account), read.asker)
        if not trial:
            self._as_stored(draft.template, read)
        return launching.launch(
            draft,
            account,
            read.settings,
            directory=read.directory,
            applier_id=desk.actor.id,
            now=desk.now(),
            new_id=desk.new_id,
            trial=trial,
        )

    def _as_stored(self, template: Template, read: Reading) -> None:
        """Refuse a template that the store does not have like this: never published, or retired since (T1)."""
        key = id_of(template)
        stored = read.templates.get(key)
        if stored is None:
            raise NotFound("template", template.id)
        if stored is template:
            return
        if stored.state == template.state and stored != template:
            raise Refused("launching", f"{template.title!r} differs from what is stored: make the draft again")
        if stored.state != template.state:
            raise Refused("launching", f"{template.title!r} is {stored.state} by now: make a draft of another version")
        read.templates[key] = template

    def _directory(self, drafts: Sequence[Draft], accounts: dict[str, Account]) -> launching.Directory:
        persons: set[str] = set()
        teams: set[str] = set()
        emails: set[str] = set()
        for draft in drafts:
            account = accounts.get(draft.account_id)
            if account is not None:
                asked = launching.asked_for(draft, account, self.desk.actor.id)
                persons |= asked.persons
                teams |= asked.teams
                emails |= asked.emails
        store = self.desk.store
        found = store.get_many(Person, persons)
        for email in emails | {one.casefold() for one in emails}:
            found |= {one.id: one for one in self.desk.every(RecordQuery("person", text=email))}
        return launching.Directory(found, store.get_many(Team, teams))


@define
class Views:
    """Streams what the actor may see, a page of plans at a time."""

    desk: Desk

    def heads(self, query: PlanQuery) -> Iterator[PlanHead]:
        """The rows of the plans the actor may see that the query asks for, by id."""
        desk = self.desk
        for part in chunks(desk.every(query), 500):
            settings = desk.settings()
            asker = desk.asker(settings)
            accounts = desk.store.get_many(Account, {head.account_id for head in part})
            plans = desk.store.get_many(Plan, [head.id for head in part]) if self._whole(settings, asker) else {}
            for head in part:
                about = _subject(head, accounts[head.account_id], plans.get(head.id))
                if desk.may(settings, "plan.see", about, asker).allowed:
                    yield head

    def views(self, query: PlanQuery, progress: Progress | None, day: dt.date) -> Iterator[View]:
        """What the actor may see of each plan the query asks for, by id, on one day (D12); a page is held at a time."""
        done, desk = 0, self.desk
        for part in chunks(desk.every(query), 200):
            settings = desk.settings()
            asker = desk.asker(settings)
            accounts = desk.store.get_many(Account, {head.account_id for head in part})
            plans = desk.store.get_many(Plan, [head.id for head in part])
            names = desk.names(owner for plan in plans.values() for owner in owners_of(plan))
            for plan in (plans[head.id] for head in part if head.id in plans):
                account = accounts[plan.account_id]
                may_see = desk.may(settings, "plan.see", subject(account, plan), asker).allowed
                its = FrozenMap({one: names[one] for one in owners_of(plan) if one in names})
                seen = view(plan, account, settings, viewer_id=desk.actor.id, may_see=may_see, today=day, names=its)
                if seen is not None:
                    yield seen
            done += len(part)
            if progress is not None:
                progress(done, None)

    def tasks(self, query: TaskQuery) -> Iterator[FoundTask]:
        """The tasks the query asks for in plans that the actor may see, in the query's order (L14)."""
        desk, seen = self.desk, dict[str, bool]()
        for part in chunks(desk.every(query), 1000):
            settings = desk.settings()
            asker = desk.asker(settings)
            if not desk.plugins.policies and everywhere(settings.policy, asker, "plan.see"):
                yield from part
                continue
            new = {found.plan_id for found in part} - seen.keys()
            plans = desk.store.get_many(Plan, new)
            accounts = desk.store.get_many(Account, {plan.account_id for plan in plans.values()})
            for plan_id in new:
                plan = plans.get(plan_id)
                seen[plan_id] = plan is not None and bool(
                    desk.may(settings, "plan.see", subject(accounts[plan.account_id], plan), asker)
                )
            yield from (found for found in part if seen[found.plan_id])

    def _whole(self, settings: Settings, asker: Asker) -> bool:
        """Whether the row of a plan is too little to decide by: it does not say who made the plan (R2, R6)."""
        return bool(self.desk.plugins.policies) or any(
            grant.scope == "own" and grant.role in asker.roles and names(grant.action, "plan.see")
            for grant in settings.policy
        )


def _subject(head: PlanHead, account: Account, plan: Plan | None) -> Subject:
    if plan is not None:
        return subject(account, plan)
    owners = frozenset((head.owner_id,)) if head.owner_id else frozenset()
    return attrs.evolve(subject(account), owners=owners, makers=frozenset())


def _changes_fixed(draft: Draft) -> bool:
    """Whether the draft changes the title or description of a fixed item, which belongs to the library (R4)."""
    overrides = draft.overrides
    return bool(overrides) and any(
        item.fixed
        and item.key in overrides
        and (overrides[item.key].title is not None or overrides[item.key].description is not None)
        for item in draft.template.items()
    )


def _change(plan: Plan) -> Change:
    """A launch for the journal: template, version and a digest of the new rows, not a copy (J1)."""
    rows = "\n".join(f"{task.id}|{task.title}|{task.owner_id}|{task.start}|{task.due}" for task in plan.tasks)
    detail = {"digest": hashlib.sha256(rows.encode()).hexdigest()}
    if plan.launch is not None:
        detail |= {"template": plan.launch.template_id, "version": str(plan.launch.version)}
    return Change(None, plan, "plan.launch", FrozenMap(detail))


def chunks(items: Iterable[T], size: int) -> Iterator[list[T]]:
    """The items in lists of at most `size`, taken as they are asked for."""
    source = iter(items)
    while part := list(islice(source, size)):
        yield part
