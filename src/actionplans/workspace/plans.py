"""Launching many plans, and streaming what somebody may see of them."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import accumulate, islice
from typing import Any, TypeVar

import attrs
from attrs import define, frozen

from actionplans import launch as launching
from actionplans.checks import FrozenMap
from actionplans.errors import ActionPlansError, NotFound, Refused, Stale, StoreError
from actionplans.model import Account, Draft, Override, Person, Plan, Team, Template, Warn
from actionplans.permissions import Asker, Subject, everywhere, names, subject
from actionplans.settings import Settings
from actionplans.sharing import View, view
from actionplans.storage import FoundTask, PlanHead, PlanQuery, RecordQuery, TaskQuery, id_of
from actionplans.workspace.accounts import wanted
from actionplans.workspace.desk import Change, Desk, owners_of, unknown_years

T = TypeVar("T")

Progress = Callable[[int, int | None], None]
"""Told how many are done, and how many there are where that is known."""

OPEN_PLANS = ("draft", "active", "paused")
"""The statuses of plans that are still open (T7)."""

MOST_NAMED = 3
"""How many plans a warning names."""


@frozen
class Launched:
    """What became of one draft of a bulk launch: a plan's id, or the error that stood in its way.

    `draft` is what was given, also where that is no Draft. `warnings` is what the user should know of the plan (T7).
    """

    draft: Draft
    plan_id: str | None
    error: ActionPlansError | None = None
    warnings: tuple[Warn, ...] = ()


@define
class Reading:
    """What a chunk of launches reads at once: settings, who asks, accounts, directory, and the templates as stored.

    `standing` has the plans that are open, by account and template; what the chunk launches itself is added to them.
    """

    settings: Settings
    asker: Asker
    accounts: dict[str, Account]
    directory: launching.Directory
    templates: dict[str, Template]
    standing: dict[tuple[str, str], list[PlanHead | Plan]]


@define
class Launcher:
    """Makes plans from drafts: reads whom they name, decides, launches and commits."""

    desk: Desk

    def one(self, draft: Draft, *, trial: bool = False) -> View:
        """Launch one draft and store it, all or nothing (T4); refused to those who would not see the plan."""

        def launched() -> View:
            desk, read = self.desk, self._read((draft,))
            plan, warnings = self._plan(draft, read, trial)
            account = read.accounts[plan.account_id]
            desk.need(read.settings, "plan.see", subject(account, plan))
            desk.commit(*_changes(((draft, plan),), read))
            return attrs.evolve(desk.seen(plan, account, read.settings, written=True), warnings=warnings)

        return self.desk.repeated(launched)

    def preview(self, draft: Draft, *, trial: bool = False) -> View:
        """What `one` would store and give, decided and worked out in the same way; nothing is stored."""
        read = self._read((draft,))
        plan, warnings = self._plan(draft, read, trial)
        view = self.desk.seen(plan, read.accounts[plan.account_id], read.settings)
        return attrs.evolve(view, warnings=warnings)

    def many(self, drafts: Iterable[Draft], chunk: int, progress: Progress | None) -> Iterator[Launched]:
        """Launch a stream of drafts, one transaction a chunk; those that fail are told and leave the others alone."""
        done, total = 0, len(drafts) if isinstance(drafts, Sequence) else None
        for part in chunks(drafts, chunk):
            yield from self._chunk(part)
            done += len(part)
            if progress is not None:
                progress(done, total)

    def _chunk(self, drafts: list[Any]) -> list[Launched]:
        """Launch a chunk in one transaction, or, where the store refuses that for some of it, one by one (T11)."""
        read = self._read([one for one in drafts if isinstance(one, Draft)])
        told, launched = list[Launched](), list[tuple[Draft, Plan]]()
        for draft in drafts:
            try:
                plan, warnings = self._plan(wanted(Draft, draft, "draft"), read, False)
            except StoreError:
                raise
            except ActionPlansError as error:
                told.append(Launched(draft, None, error))
            else:
                launched.append((draft, plan))
                told.append(Launched(draft, plan.id, None, warnings))
        try:
            if launched:
                self.desk.commit(*_changes(launched, read))
        except (Refused, Stale):
            return [self._alone(one) for one in drafts]
        return told

    def _alone(self, draft: Any) -> Launched:
        def launched() -> Launched:
            read = self._read((wanted(Draft, draft, "draft"),))
            plan, warnings = self._plan(draft, read, False)
            self.desk.commit(*_changes(((draft, plan),), read))
            return Launched(draft, plan.id, None, warnings)

        try:
            return self.desk.repeated(launched)
        except StoreError:
            raise
        except ActionPlansError as error:
            return Launched(draft, None, error)

    def _read(self, drafts: Sequence[Draft]) -> Reading:
        desk, settings = self.desk, self.desk.settings()
        asker = desk.asker(settings)
        found = desk.store.get_many(Account, {draft.account_id for draft in drafts})
        accounts = {
            one.id: one for one in found.values() if desk.may(settings, "account.see", subject(one), asker).allowed
        }
        templates = desk.store.get_many(Template, {id_of(draft.template) for draft in drafts})
        standing = self._standing(drafts, accounts)  # after the accounts: who launches meanwhile makes them stale
        return Reading(settings, asker, accounts, self._directory(drafts, accounts), templates, standing)

    def _standing(
        self, drafts: Sequence[Draft], accounts: Iterable[str]
    ) -> dict[tuple[str, str], list[PlanHead | Plan]]:
        """The plans launched from these templates, in whatever version, that are open on their accounts (T7)."""
        found: dict[tuple[str, str], list[PlanHead | Plan]] = {}
        for template_id in {draft.template.id for draft in drafts}:
            ids = sorted({one.account_id for one in drafts if one.template.id == template_id}.intersection(accounts))
            for head in self._open_plans(tuple(ids), template_id) if ids else ():
                found.setdefault((head.account_id, template_id), []).append(head)
        return found

    def _open_plans(self, account_ids: tuple[str, ...], template_id: str) -> Iterator[PlanHead]:
        """All of these accounts' at once; where they are very many, as many of each account as a warning names."""
        query = PlanQuery(account_ids=account_ids, statuses=OPEN_PLANS, template_id=template_id)
        page = self.desk.store.find(query, limit=1000)
        if page.next is None:
            yield from page.items
            return
        for one in account_ids:
            yield from self.desk.store.find(attrs.evolve(query, account_ids=(one,)), limit=MOST_NAMED).items

    def _plan(self, draft: Draft, read: Reading, trial: bool) -> tuple[Plan, tuple[Warn, ...]]:
        """The plan, and what the user should know of it; what it is launched beside is decided here (T7)."""
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
        plan = launching.launch(
            draft,
            account,
            read.settings,
            directory=read.directory,
            applier_id=desk.actor.id,
            now=desk.now(),
            new_id=desk.new_id,
            trial=trial,
        )
        beside = read.standing.setdefault((account.id, draft.template.id), [])
        warnings = self._doubled(draft, account, beside, read) if beside else ()
        beside.append(plan)
        if any(one.years for one in read.settings.calendars):
            warnings += unknown_years(plan, desk.context(plan, account, read.settings))
        return plan, warnings

    def _doubled(
        self, draft: Draft, account: Account, beside: Sequence[PlanHead | Plan], read: Reading
    ) -> tuple[Warn, ...]:
        """The warning that the template is open on the account already, or its refusal (T7).

        It names what the actor may see; a warning of plans that they may see none of would tell too much (V7).
        """
        seen = [head for head in beside[:MOST_NAMED] if self._sees(head, account, read)]
        named = f" as {' and '.join(f'{head.title!r} ({head.id})' for head in seen)}" if seen else ""
        told = f"{draft.template.title!r} is open on {account.name!r} already{named}"[:900]
        if read.settings.double_launch == "refuse":
            raise Refused("launching", f"{told}: finish, cancel or archive it first")
        return (Warn(seen[0].id, told),) if seen else ()

    def _sees(self, head: PlanHead | Plan, account: Account, read: Reading) -> bool:
        desk, whole = self.desk, by_maker(self.desk, read.settings, read.asker)
        if isinstance(head, Plan):
            about = subject(account, head)
        else:
            about = _subject(head, account, desk.store.get_many(Plan, (head.id,)).get(head.id) if whole else None)
        return desk.may(read.settings, "plan.see", about, read.asker).allowed

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
        for email in emails:
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
            plans = desk.store.get_many(Plan, [head.id for head in part]) if by_maker(desk, settings, asker) else {}
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


def by_maker(desk: Desk, settings: Settings, asker: Asker) -> bool:
    """Whether the row of a plan is too little to decide by: it does not say who made the plan (R2, R6)."""
    return bool(desk.plugins.policies) or any(
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


def _changes(launched: Sequence[tuple[Draft, Plan]], read: Reading) -> Iterator[Change]:
    """The launches, each with its choices; where doubles are refused, the accounts too, stored again as they were read.

    So the store refuses the second of two who launch on one account at once, and it looks again (T7).
    """
    for draft, plan in launched:
        yield Change(None, plan, "plan.launch", FrozenMap(_detail(plan, draft)))
    if read.settings.double_launch == "refuse":
        ids: dict[str, list[str]] = {}
        for _, plan in launched:
            ids.setdefault(plan.account_id, []).append(plan.id)
        for account_id, its in ids.items():
            account = read.accounts[account_id]
            yield Change(account, account, "plan.launch", FrozenMap({"plans": _listed(its)}))


def _detail(plan: Plan, draft: Draft) -> dict[str, str]:
    """A launch for the journal: template, version, the draft's choices, a digest of the new rows, no copy (J1)."""
    rows = "\n".join(f"{task.id}|{task.title}|{task.owner_id}|{task.start}|{task.due}" for task in plan.tasks)
    choices = {
        "anchors": _listed(f"{name}={day}" for name, day in sorted(draft.anchors.items())),
        "dropped": _listed(sorted(draft.dropped)),
        "owner": draft.owner_id or "",
        "owners": _listed(f"{key}={one.owner_id}" for key, one in sorted(draft.overrides.items()) if one.owner_id),
        "overrides": _listed(_overridden(key, one) for key, one in sorted(draft.overrides.items())),
    }
    return {
        "template": draft.template.id,
        "version": str(draft.template.version),
        "digest": hashlib.sha256(rows.encode()).hexdigest(),
        **{name: told for name, told in choices.items() if told},
    }


def _overridden(key: str, override: Override) -> str:
    """What a draft says otherwise of an item: dates as they are, of texts that they changed; owners stand apart."""
    dates = [f"{name}={getattr(override, name)}" for name in ("start", "due") if getattr(override, name) is not None]
    texts = [name for name in ("title", "description") if getattr(override, name) is not None]
    return f"{key}({' '.join((*dates, *texts))})" if dates or texts else ""


def _listed(parts: Iterable[str], most: int = 800) -> str:
    """The parts in one line of bounded length; of more it says how many, and their digest."""
    told = [part for part in parts if part]
    line = ", ".join(told)
    if len(line) <= most:
        return line
    ends = accumulate(len(part) + 2 for part in told)
    kept = sum(end <= most for end in ends)
    digest = hashlib.sha256(line.encode()).hexdigest()
    return f"{', '.join(told[:kept])} and {len(told) - kept} more ({digest})"


def chunks(items: Iterable[T], size: int) -> Iterator[list[T]]:
    """The items in lists of at most `size`, taken as they are asked for."""
    source = iter(items)
    while part := list(islice(source, size)):
        yield part
