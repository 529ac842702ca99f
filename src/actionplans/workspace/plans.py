"""Launching plans."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import accumulate, islice
from typing import TypeVar

import attrs
from attrs import define, field

from actionplans import launch as launching
from actionplans.checks import EMPTY, FrozenMap
from actionplans.errors import NotFound, Refused
from actionplans.model import Account, Draft, Override, Person, Plan, Team, Template, Warn
from actionplans.permissions import Asker, subject
from actionplans.settings import Settings
from actionplans.sharing import View
from actionplans.storage import PlanHead, PlanQuery, RecordQuery, id_of, plan_subject
from actionplans.vocabularies import Touched, touched_in_draft, touched_in_template
from actionplans.workspace.desk import Change, Desk, unknown_years
from actionplans.workspace.fields import admit_fields, admit_names
from actionplans.workspace.hiding import hiding
from actionplans.workspace.templates import marked, sight

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
            return attrs.evolve(desk.seen(plan, account, read.settings), warnings=warnings)

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

    def whole(self, draft: Draft, read: Reading) -> Draft:
        """The draft of the template as it is stored, where it was made of what the actor is shown of it (R5).

        Raises `NotAllowed` where it gives hidden custom fields that an item of the template holds, whatever the value.
        """
        stored = read.templates.get(id_of(draft.template))
        if stored is None:
            return draft
        for item in stored.items() if draft.overrides else ():
            held, given = getattr(item, "custom", EMPTY), draft.overrides.get(item.key)
            if held and given is not None and given.custom:
                admit_names(self.desk, read.settings, item.kind, {one: None for one in given.custom if one in held})
        if stored is draft.template:
            return draft
        return hiding(read.settings, read.asker).draft(draft, stored)

    def look_up(self, read: Reading, drafts: Sequence[Draft], asked: launching.Asked) -> None:
        """Add to what was read whom these drafts ask for, and what they are launched beside.

        That comes after the accounts: who launches meanwhile makes them stale (T7).
        """
        read.standing = self._standing(drafts, read)
        read.directory = self._directory(asked)

    def admit(self, draft: Draft, read: Reading, *, trial: bool = False) -> Account:
        """The account, where this actor may launch this draft now; raises what stands in the way."""
        account = read.accounts.get(draft.account_id)
        if account is None:
            raise NotFound("account", draft.account_id)
        self.permit(draft, account, read, trial=trial)
        return account

    def permit(self, draft: Draft, account: Account, read: Reading, *, trial: bool, plan: Plan | None = None) -> None:
        """Raise what stands in this actor's way, on the account or in the running plan that the draft goes into."""
        for action in needed_for(draft, trial):
            self.desk.need(read.settings, action, subject(account, plan), read.asker)
        admit_fields(self.desk, read.settings, touched(draft, read, trial), read.asker)
        if not trial:
            self.as_stored(draft.template, read)

    def made(self, draft: Draft, account: Account, read: Reading, *, trial: bool, plan: Plan | None = None) -> Plan:
        """The plan that the draft makes, or the running one with what it adds; decided before."""
        desk = self.desk
        return launching.launch(
            draft,
            account,
            read.settings,
            directory=read.directory,
            applier_id=desk.actor.id,
            now=desk.now(),
            new_id=desk.new_id,
            trial=trial,
            plan=plan,
        )

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
        draft = self.whole(draft, read)
        plan = self.made(draft, self.admit(draft, read, trial=trial), read, trial=trial)
        return plan, self.warned(draft, plan, read)

    def doubled(self, draft: Draft, account: Account, read: Reading) -> tuple[Warn, ...]:
        """The warning that the template is open on the account already, or its refusal (T7).

        It names what the actor may see; a warning of plans that they may see none of would tell too much (V7).
        """
        beside = read.standing.get((account.id, draft.template.id), ())
        if not beside:
            return ()
        seen = islice((head for head in beside if self._sees(head, account, read)), MOST_NAMED)
        named = {head.id: f"{head.title!r} ({head.id})" for head in seen}
        return open_already(draft, account, read, named, "finish, cancel or archive it first")

    def _sees(self, head: PlanHead | Plan, account: Account, read: Reading) -> bool:
        about = subject(account, head) if isinstance(head, Plan) else plan_subject(head, account)
        return self.desk.may(read.settings, "plan.see", about, read.asker).allowed

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


def open_already(
    draft: Draft, account: Account, read: Reading, named: Mapping[str, str], advice: str
) -> tuple[Warn, ...]:
    """The warning that the template is open on the account already, or its refusal, which ends with `advice` (T7).

    `named` says, by id, how what the actor may see of that is called.
    """
    where = f" as {' and '.join(named.values())}" if named else ""
    told = f"{draft.template.title!r} is open on {account.name!r} already{where}"[:900]
    if read.settings.double_launch == "refuse":
        raise Refused("launching", f"{told}: {advice}")
    return tuple(Warn(one, told) for one in islice(named, 1))


def together(asked: Iterable[launching.Asked]) -> launching.Asked:
    """Whom several drafts will look for."""
    persons, teams, emails = set[str](), set[str](), set[str]()
    for one in asked:
        persons |= one.persons
        teams |= one.teams
        emails |= one.emails
    return launching.Asked(frozenset(persons), frozenset(teams), frozenset(emails))


def launch_action(draft: Draft) -> str:
    """The action that launching this draft is: of a plan; or into one, of a play, an objective, or tasks (R2, T13)."""
    kind = draft.template.kind
    if draft.plan_id is None:
        return "plan.launch"
    return f"{kind}.launch" if kind in ("play", "objective") else "task.launch"


def needed_for(draft: Draft, trial: bool) -> Iterator[str]:
    """What somebody must be allowed who launches this draft: the launch itself, and what else it takes (R4, T1, V4)."""
    yield launch_action(draft)
    if trial:
        yield "template.edit"
    if _changes_fixed(draft):
        yield "library.edit"
    yield from dict.fromkeys(f"{one.kind}.create" for one in draft.added.items())
    yield from dict.fromkeys(f"{kind}.share" for kind in _marked(draft, trial))


def touched(draft: Draft, read: Reading, trial: bool) -> Iterator[Touched]:
    """The custom fields that the draft gives: of a `trial` its template's too, which nobody need have stored (R5)."""
    yield from touched_in_draft(draft, read.settings)
    if trial:
        yield from touched_in_template(read.templates.get(id_of(draft.template)), draft.template, read.settings)


def _marked(draft: Draft, trial: bool) -> Iterator[str]:
    """The kinds of what the draft marks as shown to customers (V4).

    What its template marks comes along, but for a `trial`, whose template nobody need have stored.
    """
    if trial:
        yield from (kind for kind, _ in marked(draft.template) if kind != "plan" or draft.plan_id is None)
    for own, items in ((False, draft.template.items() if draft.overrides else ()), (True, draft.added.items())):
        for item in items:
            mark = getattr(item, "shared", False)
            given = draft.overrides[item.key].shared if item.key in draft.overrides else None
            if (mark if given is None else given) and (own or not mark):
                yield item.kind


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
    rows = "\n".join(
        f"{task.id}|{task.title}|{task.owner_id}|{_told(task.start)}|{_told(task.due)}" for task in plan.tasks
    )
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


_told: Callable[[object], str] = lru_cache(maxsize=8192)(str)
"""A date as text: making it takes long, and launches on the same days want the same ones."""


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
