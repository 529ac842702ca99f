"""Launching plans, and streaming what somebody may see of them."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import accumulate, islice
from typing import TypeVar

import attrs
from attrs import define, field

from actionplans import launch as launching
from actionplans.checks import FrozenMap
from actionplans.errors import NotFound, Refused
from actionplans.model import Account, Draft, Override, Person, Plan, Team, Template, Warn
from actionplans.permissions import Asker, Subject, applying, everywhere, subject
from actionplans.settings import Settings
from actionplans.sharing import View, view
from actionplans.storage import FoundTask, PlanHead, PlanQuery, RecordQuery, TaskQuery, id_of
from actionplans.workspace.desk import Change, Desk, owners_of, unknown_years
from actionplans.workspace.templates import sight

T = TypeVar("T")

Progress = Callable[[int, int | None], None]
"""Told how many are done, and how many there are where that is known."""

OPEN_PLANS = ("draft", "active", "paused")
"""The statuses of plans that are still open (T7)."""

MOST_NAMED = 3
"""How many plans a warning names."""

MOST_LOOKED_AT = 1000
"""How many open plans of an account are looked at for those that a warning names."""


@define
class Reading:
    """What launches read at once: settings, who asks, accounts, the templates as stored; then whom the drafts name.

    `standing` has the plans that are open, by account and template; what is launched itself is added to them.
    """

    settings: Settings
    asker: Asker
    accounts: dict[str, Account]
    templates: dict[str, Template]
    directory: launching.Directory = field(factory=launching.Directory)
    standing: dict[tuple[str, str], list[PlanHead | Plan]] = field(factory=dict)


@define
class Launcher:
    """Makes plans from drafts: reads whom they name, decides, launches and commits."""

    desk: Desk

    def one(self, draft: Draft, *, trial: bool = False) -> View:
        """Launch one draft and store it, all or nothing (T4); refused to those who would not see the plan."""

        def launched() -> View:
            desk, read = self.desk, self.read((draft,))
            plan, warnings = self._plan(draft, read, trial)
            account = read.accounts[plan.account_id]
            desk.need(read.settings, "plan.see", subject(account, plan))
            desk.commit(*changes(((draft, plan),), read))
            return attrs.evolve(desk.seen(plan, account, read.settings, written=True), warnings=warnings)

        return self.desk.repeated(launched)

    def preview(self, draft: Draft, *, trial: bool = False) -> View:
        """What `one` would store and give, decided and worked out in the same way; nothing is stored."""
        read = self.read((draft,))
        plan, warnings = self._plan(draft, read, trial)
        view = self.desk.seen(plan, read.accounts[plan.account_id], read.settings)
        return attrs.evolve(view, warnings=warnings)

    def opened(self, account_ids: Iterable[str], templates: Iterable[Template]) -> Reading:
        """What is asked of every launch, and these accounts and templates, as far as the actor may see them."""
        desk, settings = self.desk, self.desk.settings()
        asker = desk.asker(settings)
        found = desk.store.get_many(Account, account_ids)
        accounts = {
            one.id: one for one in found.values() if desk.may(settings, "account.see", subject(one), asker).allowed
        }
        stored = desk.store.get_many(Template, {id_of(one) for one in templates})
        if any(one.collection for one in stored.values()):
            mine = sight(desk, settings, asker)
            stored = {key: one for key, one in stored.items() if not one.collection or mine.sees(one)}
        return Reading(settings, asker, accounts, stored)

    def look_up(self, read: Reading, drafts: Sequence[Draft], asked: launching.Asked) -> None:
        """Add to what was read whom these drafts ask for, and what they are launched beside.

        That comes after the accounts: who launches meanwhile makes them stale (T7).
        """
        read.standing = self._standing(drafts, read)
        read.directory = self._directory(asked)

    def admit(self, draft: Draft, read: Reading, *, trial: bool = False) -> Account:
        """The account, where this actor may launch this draft now; raises what stands in the way."""
        desk, account = self.desk, read.accounts.get(draft.account_id)
        if account is None:
            raise NotFound("account", draft.account_id)
        for action in needed_for(draft, trial):
            desk.need(read.settings, action, subject(account), read.asker)
        if not trial:
            self.as_stored(draft.template, read)
        return account

    def asked(self, draft: Draft, account: Account) -> launching.Asked:
        """Whom the draft will look for."""
        return launching.asked_for(draft, account, self.desk.actor.id)

    def warned(self, draft: Draft, plan: Plan, read: Reading) -> tuple[Warn, ...]:
        """What the user should know of the plan; what it is launched beside is decided here (T7)."""
        account = read.accounts[plan.account_id]
        warnings = self.doubled(draft, account, read)
        read.standing.setdefault((account.id, draft.template.id), []).append(plan)
        if any(one.years for one in read.settings.calendars):
            warnings += unknown_years(plan, self.desk.context(plan, account, read.settings))
        return warnings

    def read(self, drafts: Sequence[Draft]) -> Reading:
        """All that these drafts need, at once."""
        read = self.opened(
            {one.account_id for one in drafts}, {id_of(one.template): one.template for one in drafts}.values()
        )
        asked = (self.asked(one, read.accounts[one.account_id]) for one in drafts if one.account_id in read.accounts)
        self.look_up(read, drafts, together(asked))
        return read

    def _standing(self, drafts: Sequence[Draft], read: Reading) -> dict[tuple[str, str], list[PlanHead | Plan]]:
        """The plans launched from these templates, in whatever version, that are open on their accounts (T7).

        Of each account as many as a warning names that the actor may see; or one, where they see none.
        """
        found: dict[tuple[str, str], list[PlanHead | Plan]] = {}
        for template_id in {draft.template.id for draft in drafts}:
            mine = {one.account_id for one in drafts if one.template.id == template_id}
            ids = sorted(mine.intersection(read.accounts))
            for account_id, heads in self._open_plans(tuple(ids), template_id) if ids else ():
                account = read.accounts[account_id]
                seen = islice((one for one in heads if self._sees(one, account, read)), MOST_NAMED)
                found[account_id, template_id] = [*seen] or [*heads[:1]]
        return found

    def _open_plans(self, account_ids: tuple[str, ...], template_id: str) -> Iterator[tuple[str, list[PlanHead]]]:
        """By account: all accounts' at once; where those are more than a page, a page of each account."""
        query = PlanQuery(account_ids=account_ids, statuses=OPEN_PLANS, template_id=template_id)
        page = self.desk.store.find(query, limit=MOST_LOOKED_AT)
        if page.next is None:
            heads: dict[str, list[PlanHead]] = {}
            for head in page.items:
                heads.setdefault(head.account_id, []).append(head)
            yield from heads.items()
            return
        for one in account_ids:
            its = self.desk.store.find(attrs.evolve(query, account_ids=(one,)), limit=MOST_LOOKED_AT).items
            if its:
                yield one, [*its]

    def _plan(self, draft: Draft, read: Reading, trial: bool) -> tuple[Plan, tuple[Warn, ...]]:
        desk, account = self.desk, self.admit(draft, read, trial=trial)
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
        return plan, self.warned(draft, plan, read)

    def doubled(self, draft: Draft, account: Account, read: Reading) -> tuple[Warn, ...]:
        """The warning that the template is open on the account already, or its refusal (T7).

        It names what the actor may see; a warning of plans that they may see none of would tell too much (V7).
        """
        beside = read.standing.get((account.id, draft.template.id), ())
        if not beside:
            return ()
        seen = [*islice((head for head in beside if self._sees(head, account, read)), MOST_NAMED)]
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

    def as_stored(self, template: Template, read: Reading) -> None:
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

    def _directory(self, asked: launching.Asked) -> launching.Directory:
        store = self.desk.store
        found = store.get_many(Person, asked.persons)
        for email in asked.emails:
            found |= {one.id: one for one in self.desk.every(RecordQuery("person", text=email))}
        return launching.Directory(found, store.get_many(Team, asked.teams))


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


def together(asked: Iterable[launching.Asked]) -> launching.Asked:
    """Whom several drafts will look for."""
    persons, teams, emails = set[str](), set[str](), set[str]()
    for one in asked:
        persons |= one.persons
        teams |= one.teams
        emails |= one.emails
    return launching.Asked(frozenset(persons), frozenset(teams), frozenset(emails))


def by_maker(desk: Desk, settings: Settings, asker: Asker) -> bool:
    """Whether the row of a plan is too little to decide by: it does not say who made the plan (R2, R6)."""
    mine = applying(settings.policy, asker, "plan.see")
    return bool(desk.plugins.policies) or any(grant.scope == "own" for grant in mine)


def _subject(head: PlanHead, account: Account, plan: Plan | None) -> Subject:
    if plan is not None:
        return subject(account, plan)
    owners = frozenset((head.owner_id,)) if head.owner_id else frozenset()
    return attrs.evolve(subject(account), owners=owners, makers=frozenset())


def launch_action(draft: Draft) -> str:
    """The action that launching this draft is: of a plan; or into one, of a play, an objective, or tasks (R2, T13)."""
    kind = draft.template.kind
    if draft.plan_id is None:
        return "plan.launch"
    return f"{kind}.launch" if kind in ("play", "objective") else "task.launch"


def needed_for(draft: Draft, trial: bool) -> Iterator[str]:
    """What somebody must be allowed who launches this draft: the launch itself, and what else it takes (R4, T1)."""
    yield launch_action(draft)
    if trial:
        yield "template.edit"
    if _changes_fixed(draft):
        yield "library.edit"
    yield from dict.fromkeys(f"{one.kind}.create" for one in draft.added.items())


def _changes_fixed(draft: Draft) -> bool:
    """Whether the draft changes the title or description of a fixed item, which belongs to the library (R4)."""
    overrides = draft.overrides
    return bool(overrides) and any(
        item.fixed
        and item.key in overrides
        and (overrides[item.key].title is not None or overrides[item.key].description is not None)
        for item in draft.template.items()
    )


def changes(launched: Sequence[tuple[Draft, Plan]], read: Reading, run: str = "") -> Iterator[Change]:
    """The launches, each with its choices; where doubles are refused, the accounts too, stored again as they were read.

    So the store refuses the second of two who launch on one account at once, and it looks again (T7). `run` names the
    bulk launch that a row of a job is launched by (T11).
    """
    for draft, plan in launched:
        detail = detail_of(plan, draft)
        if run and draft.job:
            detail["run"] = run
        yield Change(None, plan, "plan.launch", FrozenMap(detail))
    if read.settings.double_launch == "refuse":
        ids: dict[str, list[str]] = {}
        for _, plan in launched:
            ids.setdefault(plan.account_id, []).append(plan.id)
        for account_id, its in ids.items():
            account = read.accounts[account_id]
            yield Change(account, account, "plan.launch", FrozenMap({"plans": _listed(its)}))


def detail_of(plan: Plan, draft: Draft) -> dict[str, str]:
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
