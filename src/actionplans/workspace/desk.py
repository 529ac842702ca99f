"""What every command of a workspace goes through: read → decide → edit → commit → tell."""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache, partial
from typing import Any, TypeVar, cast

import attrs
from attrs import define, frozen

from actionplans.checks import EMPTY, FrozenMap, shown
from actionplans.edit import Context
from actionplans.errors import Invalid, NotAllowed, NotFound, PluginError, Problem, Stale
from actionplans.journal import Edit, Entry, diff, removed
from actionplans.model import (
    ANY_CONTACT,
    TEAM,
    Account,
    Actor,
    Decision,
    Erasure,
    Invitation,
    Item,
    Person,
    Plan,
    Team,
    Warn,
)
from actionplans.permissions import NOBODYS, Asker, Subject, decide, inactive, scopes
from actionplans.permissions import subject as subject_of
from actionplans.plugins import Plugins, Policy
from actionplans.schedule import Moved, beyond
from actionplans.settings import Grant, Settings
from actionplans.sharing import NOBODY, Decider, People, View, Viewer, people_in, plan_seen, view, why
from actionplans.sharing.contacts import ELSEWHERE, INACTIVE, NOT_INVITED
from actionplans.storage import (
    Batch,
    Message,
    Query,
    Record,
    RecordQuery,
    Removal,
    Store,
    Write,
    id_of,
    invitation_id,
    kind_of,
)
from actionplans.workdays import today
from actionplans.workspace.lending import Waiting
from actionplans.workspace.remembering import Remembering

log: logging.Logger = logging.getLogger("actionplans")

R = TypeVar("R", bound=Record)
T = TypeVar("T")

TRIES = 20
"""How often a command is repeated on what others stored in between, before `Stale` comes out."""


@frozen
class Change:
    """One record to commit: what it was (None for a new one), what it is (None where it goes), the action, and details
    for the journal.
    """

    before: Record | None
    after: Record | None
    action: str
    detail: FrozenMap[str, str] = EMPTY


@define
class Desk:
    """A store, the clock, the source of ids and who asks; every desk of a workspace works through one."""

    store: Store
    plugins: Plugins
    actor: Actor
    clock: Callable[[], dt.datetime]
    new_id: Callable[[], str]
    teams: tuple[Team, ...] | None = None
    """Every team, for who asks about many actors at once; else they are read where they are needed."""
    waiting: Waiting | None = None
    """What listeners are told when a host commits that lends its connection; None where every commit is ours (S9)."""

    def now(self) -> dt.datetime:
        """The injected clock's moment, in UTC."""
        moment = self.clock()
        if getattr(moment, "tzinfo", None) is None:
            raise Invalid("clock", (Problem("", f"must give moments with a time zone, not {shown(moment)}"),))
        return moment.astimezone(dt.UTC)

    def kept_settings(self) -> Settings:
        """The stored settings, or the shipped ones."""
        try:
            return self.store.get(Settings, "settings")
        except NotFound:
            return shipped_settings()

    def settings(self) -> Settings:
        """The settings with the calendars that plug-ins add; those are used, but not stored."""
        kept = self.kept_settings()
        if not self.plugins.calendars:
            return kept
        own = {one.name for one in kept.calendars}
        more = (attrs.evolve(one, name=name) for name, one in self.plugins.calendars.items() if name not in own)
        return attrs.evolve(kept, calendars=(*kept.calendars, *more))

    def today(self, settings: Settings, account: Account | None = None, plan: Plan | None = None) -> dt.date:
        """The day it is for the plan, else the account, else the settings (D1)."""
        zone = (plan.time_zone if plan else "") or (account.time_zone if account else "") or settings.time_zone
        return today(self.now(), zone or "UTC")

    def asker(self, settings: Settings, about: Subject | None = None) -> Asker:
        """Who asks, with the stored roles beside the given ones (R2); of a contact the role `contact` alone (V6).

        Teams are looked up where a scope needs them; who decides about many subjects leaves `about` out.
        """
        id, roles = self.actor.id, self.actor.roles
        person = None if self.actor.system else self.store.get_many(Person, (id,)).get(id)
        if person is not None:
            if not person.active:
                return Asker(id, frozenset(), kind=person.kind, account_id=person.account_id, active=False)
            if person.kind == "contact":
                return Asker(id, frozenset({"contact"}), kind="contact", account_id=person.account_id)
            roles = roles | person.roles | ({"partner"} if person.kind == "partner" else set())
        elif not self.actor.system and self.store.get_many(Erasure, (f"person:{id}",)):
            return Asker(id, frozenset(), active=False)
        in_scopes = scopes(settings.policy, roles)
        of_teams = about is None or any(owner.startswith(TEAM) for owner in about.owners)
        kind = person.kind if person is not None else "user"
        if not (self.plugins.policies or "team" in in_scopes or "assigned" in in_scopes and of_teams):
            return Asker(id, roles, kind=kind)
        mine = self.my_teams()
        colleagues = frozenset(member for team in mine for member in team.members)
        return Asker(id, roles, frozenset(team.id for team in mine), colleagues, kind)

    def my_teams(self) -> tuple[Team, ...]:
        """The teams that the actor is a member of."""
        teams: Iterable[Team] = self.every(RecordQuery("team")) if self.teams is None else self.teams
        return tuple(one for one in teams if self.actor.id in one.members)

    @property
    def decider(self) -> Decider:
        """Our own policy, or the host's where one is installed (R7), which is asked of those who are active."""
        for name, policy in self.plugins.policies.items():
            return asked_of(name, policy)
        return decide

    def may(self, settings: Settings, action: str, about: Subject = NOBODYS, asker: Asker | None = None) -> Decision:
        """The decision: the host's own policy where one is installed (R7), else ours."""
        return self.decider(settings.policy, asker or self.asker(settings, about), action, about)

    def need(self, settings: Settings, action: str, about: Subject = NOBODYS, asker: Asker | None = None) -> None:
        """Raise `NotAllowed` unless it is allowed."""
        decision = self.may(settings, action, about, asker)
        if not decision.allowed:
            raise NotAllowed(decision)

    def plan(self, plan_id: str, settings: Settings | None = None) -> tuple[Plan, Account, Settings]:
        """A plan, its account and the settings, for a command on it: whole, and without the names that `seen` reads.

        Raises the `NotFound` of an unknown id where the actor may see nothing of it (V7).
        """
        return self.opened(plan_id, settings)[:3]

    def opened(self, plan_id: str, settings: Settings | None = None) -> tuple[Plan, Account, Settings, Plan, bool]:
        """As `plan`, and beside it what `as_seen` gives."""
        settings = settings or self.settings()
        plan = self.store.get(Plan, plan_id)
        account = self.store.get(Account, plan.account_id)
        return plan, account, settings, *self.as_seen(plan, account, settings)

    def as_seen(self, plan: Plan, account: Account, settings: Settings) -> tuple[Plan, bool]:
        """The plan as the actor sees it, and whether they are a contact or see single items only (V5).

        Raises the `NotFound` of an unknown id where they see nothing of it (V7).
        """
        viewer, people, day = self._looking(plan, account, settings, None, named=False)
        seen, limited = plan_seen(plan, account, settings, viewer, today=day, people=people)
        if seen is None:
            raise NotFound("plan", plan.id)
        return seen, limited

    def seen(self, plan: Plan, account: Account, settings: Settings, *, before: Plan | None = None) -> View:
        """What the actor may see of a plan; raises the `NotFound` of an unknown id where that is nothing (V1, V7).

        Who could see the plan as it was `before` has just changed it, and is shown that even where the change hides it
        from them.
        """
        found = self.looked_at(plan, account, settings, before=before)
        if found is None:
            raise NotFound("plan", plan.id)
        return found

    def looked_at(
        self,
        plan: Plan,
        account: Account,
        settings: Settings,
        *,
        before: Plan | None = None,
        today: dt.date | None = None,
    ) -> View | None:
        """As `seen`, on a day that is today where none is given; None where that is nothing."""
        viewer, people, day = self._looking(plan, account, settings, before, named=True)
        return view(plan, account, settings, viewer, today=today or day, people=people)

    def why(self, plan: Plan, account: Account, settings: Settings, item: Item | None = None) -> Decision:
        """Whether the actor sees a plan, or an item of it, and why or why not (V8)."""
        viewer, people, _ = self._looking(plan, account, settings, None, named=False)
        return why(plan, account, settings, viewer, item, people=people)

    def item(self, plan: Plan, account: Account, settings: Settings, item_id: str) -> Item:
        """An item of a plan, whole; raises the `NotFound` of an unknown one where the actor does not see it (V7)."""
        seen, _ = self.as_seen(plan, account, settings)
        return plan.item(seen.item(item_id).id)

    def decision(
        self, action: str, plan: Plan, account: Account, settings: Settings, item: Item | None = None
    ) -> Decision:
        """Whether the actor may do this to a plan or an item of it; what they see is told by `why` (R1, R6)."""
        if action == f"{item.kind if item is not None else 'plan'}.see":
            return self.why(plan, account, settings, item)
        return self.may(settings, action, asked_about(action, account, plan, item))

    def _looking(
        self, plan: Plan, account: Account, settings: Settings, before: Plan | None, *, named: bool
    ) -> tuple[Viewer, People, dt.date]:
        """Who looks at a plan, whom they may find in it, and on which day."""
        asker = self.asker(settings)
        viewer = Viewer(asker, decider=self.decider)
        if asker.kind == "contact":
            kept = before is not None and before is not plan  # they were invited when they began to change it
            viewer = Viewer(asker, None if kept else self.uninvited(asker, plan.id, account), decider=self.decider)
        elif before is not None and before is not plan:
            whole = why(before, account, settings, viewer).allowed
            viewer = Viewer(asker, sure="whole" if whole else "part", decider=self.decider)
        people = self.people(people_in(plan)) if named or asker.kind == "contact" else NOBODY
        return viewer, people, self.today(settings, account, plan)

    def uninvited(self, asker: Asker, plan_id: str, account: Account) -> str | None:
        """Why a contact has no invitation to a plan that counts: of its account, or of one above; None for one (V3)."""
        if not asker.active:
            return INACTIVE
        if asker.account_id is None or asker.account_id not in above(self.store, account):
            return ELSEWHERE
        id = invitation_id(plan_id, asker.id)
        found = self.store.get_many(Invitation, (id,)).get(id)
        return None if found is not None and found.revoked_at is None else NOT_INVITED

    def people(self, ids: Iterable[str]) -> People:
        """The persons and teams of these ids, as owners write them: their names, and which of them are contacts."""
        wanted = frozenset(ids)
        persons = self.store.get_many(Person, (one for one in wanted if not one.startswith(TEAM)))
        teams = self.store.get_many(Team, (one.removeprefix(TEAM) for one in wanted if one.startswith(TEAM)))
        names = {one.id: one.name for one in persons.values()} | {TEAM + one.id: one.name for one in teams.values()}
        contacts = frozenset(one.id for one in persons.values() if one.kind == "contact")
        return People(FrozenMap(names | ({ANY_CONTACT: "Any contact"} if ANY_CONTACT in wanted else {})), contacts)

    def known_owner(self, owner_id: str) -> bool:
        """Whether work may be assigned to this person, team or any contact; the actor need not be stored for that."""
        if owner_id == ANY_CONTACT or owner_id == self.actor.id and not self.actor.system:
            return True
        if owner_id.startswith(TEAM):
            return bool(self.store.get_many(Team, (owner_id.removeprefix(TEAM),)))
        person = self.store.get_many(Person, (owner_id,)).get(owner_id)
        return person is not None and person.active

    def keep(self, before: R | None, after: R, action: str) -> R:
        """Store one record, new or changed, and give it as it is stored; what did not change is not stored again."""
        if after == before:
            return after
        return cast(R, self.commit(Change(before, after, action))[0])

    def commit(
        self, *changes: Change, messages: tuple[Message, ...] = (), removals: tuple[Removal, ...] = ()
    ) -> tuple[Record, ...]:
        """Store all of it in one transaction with its journal entries, then tell the listeners (J1, N1).

        Gives the records as they are stored. `removals` are of what has no journal; of who is erased nothing is told.
        """
        now, writes, gone, entries = self.now(), [], list(removals), []
        erased = {(one.after.record, one.after.of) for one in changes if isinstance(one.after, Erasure)}
        for change in changes:
            record = change.after if change.after is not None else change.before
            assert record is not None
            kind, id, read = kind_of(type(record)), id_of(record), change.before.revision if change.before else 0
            edits: tuple[Edit, ...] = ()
            if change.after is None:
                gone.append(Removal(kind, id, read))
                edits = removed(record)
            else:
                writes.append(Write(stamped(record, read + 1, now), read))
                edits = diff(change.before, record) if change.before is not None else ()
            edits = () if (kind, id) in erased else edits
            entries.append(Entry(kind, id, read + 1, now, self.actor.id, change.action, edits, change.detail))
        self.store.commit(Batch(tuple(writes), tuple(gone), tuple(entries), messages))
        self.tell(tuple(entries))
        return tuple(write.record for write in writes)

    def context(
        self,
        plan: Plan,
        account: Account,
        settings: Settings,
        brought: Iterable[object] = (),
        *,
        warn: Callable[[Warn], None] = lambda told: None,
        moved: Callable[[Moved], None] = lambda told: None,
        outside: bool = False,
    ) -> Context:
        """What a verb is given; the owners it knows are the plan's and whomever its arguments bring (D7)."""
        owners = {one for one in (*(task.owner_id for task in plan.tasks), *brought) if isinstance(one, str)}
        calendars = {one.id: one.calendar for one in self.store.get_many(Person, owners).values() if one.calendar}
        day, known = self.today(settings, account, plan), self.known_owner
        return Context(self.actor.id, self.now(), day, settings, self.new_id, calendars, known, warn, moved, outside)

    def repeated(self, step: Callable[[], T], *, but_for: str | None = None) -> T:
        """What a step from reading to committing gives, run again where others stored something in between.

        `Stale` comes out after many tries, and at once where it is about the record with the id `but_for`, which the
        caller asked to change (S2).
        """
        for _ in range(TRIES - 1):
            try:
                return step()
            except Stale as error:
                if error.id == but_for:
                    raise
                if isinstance(self.store, Remembering):
                    self.store.forget()
        return step()

    def remembering(self) -> Desk:
        """The same desk for one command, which reads who asks, the settings and the like once."""
        return attrs.evolve(self, store=cast(Store, Remembering(self.store)))

    def tell(self, entries: tuple[Entry, ...]) -> None:
        """Hand the entries to every listener."""
        self.hand(self.plugins.listeners, entries)

    def hand(self, listeners: Mapping[str, Callable[[T], None]], news: T) -> None:
        """Tell listeners what is stored: at once, or when the host has committed that lends its connection (S9)."""
        for name, listener in listeners.items():
            told = partial(_tell, name, listener, news)
            if self.waiting is None:
                told()
            else:
                self.waiting.add(told)

    def every(self, query: Query, many: int = 1000, after: str | None = None) -> Iterator[Any]:
        """All results of a query, or those behind a page of them, page by page, so many on one."""
        while True:
            page = self.store.find(query, limit=many, after=after)
            yield from page.items
            if page.next is None:
                return
            after = page.next

    def heed(self, warning: Warn) -> None:
        """What happens to a warning when the caller gives no `warn`: it is logged."""
        log.warning("%s: %s", warning.item_id, warning.message)


def _tell(name: str, listener: Callable[[T], None], news: T) -> None:
    """Tell a listener; what it raises is logged, for the change is stored already."""
    try:
        listener(news)
    except Exception:
        log.exception("listener %s failed after a commit; the change is stored", name)


@cache
def shipped_settings() -> Settings:
    """The settings of a store that keeps none, made once."""
    return Settings()


def unknown_years(plan: Plan, context: Context, before: Plan | None = None) -> tuple[Warn, ...]:
    """Warnings of dates that a change brought into years whose holidays are not known (D6)."""
    if not any(one.years for one in context.settings.calendars):
        return ()
    held = beyond(before, context.calendars_of(before)) if before is not None else ()
    return tuple(one for one in beyond(plan, context.calendars_of(plan)) if one not in held)


def stamped(record: R, revision: int, now: dt.datetime) -> R:
    """The record with its new revision, and a plan with the moment of the change; a launch brings both."""
    if record.revision == revision:
        return record
    if isinstance(record, Plan):
        return attrs.evolve(record, revision=revision, changed_at=now)
    return attrs.evolve(record, revision=revision)


def asked_about(action: str, account: Account, plan: Plan | None = None, item: Item | None = None) -> Subject:
    """What the command that does this to a plan, an item of it or an account asks about (R2).

    Who owns a plan does not therefore own its account and what is noted about that.
    """
    kind = action.partition(".")[0]
    if action == "account.create":
        return NOBODYS
    if kind == "touchpoint":
        return attrs.evolve(subject_of(account), owners=frozenset(), makers=frozenset())
    of_account = kind in ("account", "summary") or action in ("plan.create", "plan.launch")
    return subject_of(account) if of_account else subject_of(account, plan, item)


def asked_of(name: str, policy: Policy) -> Decider:
    """A host's own policy, asked of those who are active; raises `PluginError` where it gives no decision (R7)."""

    def decided(grants: Iterable[Grant], asker: Asker, action: str, about: Subject = NOBODYS) -> Decision:
        if not asker.active:
            return inactive(action)
        try:
            found = policy(grants, asker, action, about)
        except Exception as error:
            raise PluginError(name, f"its policy fails for {action}: {type(error).__name__}: {error}") from error
        if not isinstance(found, Decision):
            raise PluginError(name, f"its policy gives {shown(found)} for {action}: a Decision is wanted")
        return found

    return decided


def above(store: Store, account: Account) -> dict[str, Account]:
    """An account and those above it, by id, nearest first; a circle ends where it closes (A1)."""
    path, at = {account.id: account}, account.parent_id
    while at is not None and at not in path:
        found = store.get_many(Account, (at,)).get(at)
        if found is None:
            break
        path[at], at = found, found.parent_id
    return path


def owners_of(plan: Plan) -> frozenset[str]:
    """Everybody a plan names as owner or helper, of itself or of an item."""
    named: set[str | None] = {plan.owner_id}
    items: Iterable[Item] = (*plan.objectives, *plan.plays, *plan.tasks)
    for item in items:
        named.add(getattr(item, "owner_id", None))
    for task in plan.tasks:
        named.update(task.helpers)
    return frozenset(one for one in named if one)
