"""The accounts, persons and teams of a workspace."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Callable, Iterator, Mapping
from itertools import count, islice
from typing import Any, Generic, TypeVar, cast
from urllib.parse import urlsplit

import attrs
from attrs import define

from actionplans.accounts import check_parent, name_key
from actionplans.checks import FrozenMap, advice, shown, wanted
from actionplans.edit.following import followed
from actionplans.errors import Invalid, NotFound, Problem, Refused
from actionplans.launch import following
from actionplans.lookalikes import flags, plain_keys
from actionplans.model import Account, Erasure, Person, Plan, Team, Warn
from actionplans.permissions import everywhere, subject
from actionplans.settings import Settings, known_roles
from actionplans.storage import AccountQuery, Record, RecordQuery, TaskQuery
from actionplans.storing import LONGEST
from actionplans.vocabularies import custom_problems, seen_fields, touched_custom, touched_fields, with_defaults
from actionplans.workdays import resolve, today
from actionplans.workspace.administrators import one_staying
from actionplans.workspace.desk import Change, Desk
from actionplans.workspace.fields import admit_fields, admit_names

P = TypeVar("P", bound=Person | Team)
R = TypeVar("R", bound=Record)


KEY_LENGTH = 1000
"""How long a name key may be that is looked for; few signs, each of which stands for many, may have a longer one."""

NOT_GIVEN = frozenset({"id", "name", "website", "revision", "created_by"})
"""The fields of a new account that are not among the others: two are arguments, the rest is the library's own."""


@define
class Accounts:
    """The accounts: found by name, made, changed."""

    desk: Desk

    def get(self, account_id: str) -> Account:
        """The account of that id; raises `NotFound`, also for one the actor may not see (V7).

        Custom fields that the actor's roles may not see are left out, here and in every list (R5).
        """
        settings = self.desk.settings()
        return _with(self._get(account_id, settings), self._seen(settings))

    def _get(self, account_id: str, settings: Settings) -> Account:
        """The whole of it, as stored."""
        account = self.desk.store.get(Account, account_id)
        if not self.desk.may(settings, "account.see", subject(account)).allowed:
            raise NotFound("account", account_id)
        return account

    def _seen(self, settings: Settings) -> frozenset[str] | None:
        """The custom fields of accounts that the actor sees; None where they see whatever is held (R5)."""
        return seen_fields("account", settings, self.desk.asker(settings).roles)

    def find(self, name: str, *, limit: int = 10) -> tuple[Account, ...]:
        """Accounts whose name begins with these characters, in order; fewer than the setting's number (4) are compared
        with whole names (A2). Wildcards are literal.
        """
        wanted(str, name, "name")
        if type(limit) is not int or limit < 1:
            raise Invalid("accounts", (Problem("limit", f"a number from 1 on is wanted, not {shown(limit)}"),))
        key, settings = name_key(name), self.desk.settings()
        if not key:
            return ()
        short = len(key) < settings.limits.search_characters
        query = AccountQuery(key=name) if short else AccountQuery(prefix=name)
        return tuple(islice(self.stream(query, settings, many=min(limit, LONGEST)), limit))

    def all(self, query: AccountQuery | None = None) -> Iterator[Account]:
        """Every account the actor may see that the query asks for, in the order of names."""
        query = AccountQuery() if query is None else wanted(AccountQuery, query, "query")
        return self.stream(query, self.desk.settings())

    def stream(
        self, query: AccountQuery, settings: Settings, *, after: str | None = None, many: int = LONGEST
    ) -> Iterator[Account]:
        """The same behind a page of theirs, so many read at once; who sees all accounts is not asked about each."""
        desk = self.desk
        asker = desk.asker(settings)
        seen, found = seen_fields("account", settings, asker.roles), desk.every(query, many, after)
        if not desk.plugins.policies and everywhere(settings.policy, asker, "account.see"):
            return found if seen is None else (_with(one, seen) for one in found)
        return (_with(one, seen) for one in found if desk.may(settings, "account.see", subject(one), asker).allowed)

    def below(self, account_id: str) -> tuple[str, ...]:
        """The ids of an account and of all below it that the actor may see, safe against circles (O1).

        They are what queries take as `account_ids` to ask for an account with its descendants (L14).
        """
        level = [self.get(account_id).id]
        found = dict.fromkeys(level)
        while level:
            children = (one.id for one in self.all(AccountQuery(parent_ids=tuple(level))))
            level = [one for one in children if one not in found]
            found |= dict.fromkeys(level)
        return tuple(found)

    def get_or_create(
        self, name: str, website: str = "", *, warn: Callable[[Warn], None] | None = None, **fields: Any
    ) -> Account:
        """The account of that name and website host, made with these other `fields` where there is none (A3).

        An account of that name is taken for the same where one of the two has no website. The same name with another
        host is a new account. `warn` hears of that, where several could be meant, and of a new name that looks like
        another or holds signs that cannot be seen; without it, it is logged.

        Two who make the same company at once get the same account. Persons, and accounts that the actor may not see,
        may come twice.
        """
        host_of(website)
        wanted(str, name, "name")
        if warn is not None:
            to_call(warn, "warn")
        if not name_key(name):
            raise Invalid("account", (Problem("name", f"must not be blank: {shown(name)}"),))
        evolved(Account("new", name, website=website), fields, NOT_GIVEN)  # told before it is looked for

        def found_or_made() -> Account:
            made = self._new_id(name, website, fields)  # before it is looked for: who takes the id meanwhile is found
            found = self._named(name, host_of(website), warn or self.desk.heed)
            return self._new(made, name, website, fields, warn or self.desk.heed) if found is None else found

        return self.desk.repeated(found_or_made)

    def _named(self, name: str, host: str, warn: Callable[[Warn], None]) -> Account | None:
        """The account that `get_or_create` takes, if there is one (A3)."""
        named = tuple(self.all(AccountQuery(key=name)))
        alike = [one for one in named if host and host_of(one.website) == host]
        alike += [one for one in named if not host or not host_of(one.website)]
        if alike and (len(alike) == 1 or host):
            return alike[0]
        others = ", ".join(one.website or "no website" for one in named)
        if named:
            told = (
                f"several are called {name!r}, the first is taken" if alike else f"another is called {name!r} already"
            )
            warn(Warn("", f"{told}: {others}"[:1000]))
        return alike[0] if alike else None

    def add(self, account: Account) -> Account:
        """Store a new account; raises `Refused` where its id is taken."""
        self.desk.need(self.desk.settings(), "account.create")
        if self.desk.store.get_many(Account, (wanted(Account, account, "account").id,)):
            raise Refused("adding", f"there is an account {account.id!r} already: update it")
        added = self._added(account)
        self._flag(added, self.desk.heed)
        return added

    def update(self, account_id: str, **fields: Any) -> Account:
        """Change fields of an account; raises `Invalid` naming every field that cannot be given.

        `custom` takes the place of all custom fields that the actor may see; those they may not see stay (R5).
        With another owner the open tasks of the old one follow, in all its plans and in the same transaction, as the
        setting `reassignment` says (T6), and are dated in the new owner's calendar (D7). That is the administrator's
        decision: it takes no right to assign tasks.
        """
        desk = self.desk

        def updated() -> Account:
            settings = desk.settings()
            before, seen = self._get(account_id, settings), self._seen(settings)
            desk.need(settings, "account.edit", subject(before))
            admit_names(desk, settings, "account", fields.get("custom"))
            after = evolved(before, fields, frozenset({"id", "revision", "created_by"}))
            if seen is not None and "custom" in fields:
                kept = {name: value for name, value in before.custom.items() if name not in seen}
                after = attrs.evolve(after, custom=FrozenMap({**kept, **after.custom}))
            self._fits(before, after, settings)
            if after == before:
                return _with(after, seen)
            changes = self._followed(before, after, settings)
            stored = cast(Account, desk.commit(Change(before, after, "account.edit"), *changes)[0])
            if after.name != before.name:
                self._flag(stored, desk.heed)
            return _with(stored, seen)

        return desk.repeated(updated, but_for=account_id)

    def _followed(self, before: Account, after: Account, settings: Settings) -> Iterator[Change]:
        """What changes in the account's plans with its owner: nothing where the new one takes no work (T6)."""
        old, new = before.owner_id, after.owner_id
        if settings.reassignment == "none" or None in (old, new) or old == new or not self.desk.known_owner(str(new)):
            return
        tasks = self.desk.every(TaskQuery(owner_ids=(str(old),), account_ids=(after.id,)))
        for plan in self.desk.store.get_many(Plan, sorted({found.plan_id for found in tasks})).values():
            now = following(plan, str(old), str(new), settings.reassignment)
            if now is not plan:
                now = followed(plan, now, self.desk.context(plan, after, settings, (new,)))
                yield Change(plan, now, "task.assign", FrozenMap({"account": after.id}))

    def _new(
        self, id: str, name: str, website: str, fields: Mapping[str, Any], warn: Callable[[Warn], None]
    ) -> Account:
        bare = Account(id, name, website=website)
        added = self._added(evolved(bare, fields, NOT_GIVEN))
        self._flag(added, warn)
        return added

    def _flag(self, account: Account, warn: Callable[[Warn], None]) -> None:
        """Tell of a name that looks like another, or like what it is not (A3)."""
        told = list(flags(account.name))
        for key in (one for one in plain_keys(account.name) if len(one) <= KEY_LENGTH):
            alike = next((one for one in self.all(AccountQuery(key=key)) if one.id != account.id), None)
            told += [f"it looks like {alike.name!r} ({alike.id})"] if alike is not None else []
        if told:
            warn(Warn(account.id, f"look twice at {account.name!r}: {'; '.join(told)}"[:1000]))

    def _new_id(self, name: str, website: str, fields: Mapping[str, Any]) -> str:
        """For a company an id that its name and website give: the store refuses it to the second of two who make the
        same one at once. A person's name must not show through an id (J4), so these get any.
        """
        if fields.get("kind", "company") != "company":
            return self.desk.new_id()
        for n in count():
            told = f"{name_key(name)}\n{host_of(website)}\n{n}"
            made = f"account-{hashlib.sha256(told.encode()).hexdigest()[:32]}"
            if not self.desk.store.get_many(Account, (made,)):  # else one that has got another name since
                return made
        raise AssertionError("there is always another number")

    def _added(self, account: Account) -> Account:
        desk, settings = self.desk, self.desk.settings()
        desk.need(settings, "account.create")
        not_erased(desk, account.id, "adding")
        custom = with_defaults("account", account.custom, settings)
        made = attrs.evolve(account, custom=custom, created_by=desk.actor.id, revision=0)
        self._fits(None, made, settings)
        return _with(desk.keep(None, made, "account.create"), self._seen(settings))

    def _fits(self, before: Account | None, account: Account, settings: Settings) -> None:
        """Whom and what an account names is there, its time zone is one, and its custom fields are the settings'."""
        found = list(zone_problems(account.time_zone))
        changed = None if before is None else touched_custom(before.custom, account.custom)
        found += custom_problems("account", account.custom, settings, changed)
        strange = account.roles.keys() - (before.roles.keys() if before is not None else set()) - {*settings.roles}
        found += [Problem(f"roles[{one!r}]", advice(one, settings.roles)) for one in sorted(strange)]
        if before is not None and any(getattr(before, one) != getattr(account, one) for one in PERSONAL):
            not_erased(self.desk, account.id, "changing the account")
        held = frozenset(_persons(before).values()) if before is not None else frozenset[Named]()
        named = {place: one for place, one in _persons(account).items() if one not in held}
        known = self.desk.store.get_many(Person, {person for _, person in named.values()})
        for place, (_, person) in named.items():
            if person not in known:
                found.append(Problem(place, f"there is no person {person!r}: add them first"))
        if account.parent_id is not None and (before is None or account.parent_id != before.parent_id):
            try:
                self.get(account.parent_id)
            except NotFound as error:
                found.append(Problem("parent_id", str(error)))
        if found:
            raise Invalid("account", tuple(found))
        custom = before.custom if before is not None else None
        admit_fields(self.desk, settings, touched_fields("account", custom, account.custom, settings))
        check_parent(self._above(account.parent_id), account.id, account.parent_id)

    def _above(self, at: str | None) -> dict[str, Account]:
        path: dict[str, Account] = {}
        while at is not None and at not in path:
            found = self.desk.store.get_many(Account, (at,)).get(at)
            if found is None:
                break
            path[at], at = found, found.parent_id
        return path


@define
class Records(Generic[P]):
    """The persons or the teams of a workspace."""

    desk: Desk
    cls: type[P]
    kind: str

    def get(self, id: str) -> P:
        """The one of that id; raises `NotFound`, also where the actor may not see persons and teams (V7)."""
        if not self.desk.may(self.desk.settings(), f"{self.kind}.see").allowed:
            raise NotFound(self.kind, id)
        return self.desk.store.get(self.cls, id)

    def all(self) -> Iterator[P]:
        """Everybody, persons by e-mail address and teams by name."""
        self.desk.need(self.desk.settings(), f"{self.kind}.see")
        return self.desk.every(RecordQuery(self.kind))

    def add(self, record: P) -> P:
        """Store a new one under the id it brings, which may be the host's own; raises `Refused` where it is taken."""
        self.desk.need(self.desk.settings(), f"{self.kind}.edit")
        wanted(self.cls, record, self.kind)
        not_erased(self.desk, record.id, "adding")
        if self.desk.store.get_many(self.cls, (record.id,)):
            raise Refused("adding", f"there is a {self.kind} {record.id!r} already: update it")
        made = attrs.evolve(record, revision=0)
        self._fits(None, made)
        return self.desk.keep(None, made, f"{self.kind}.create")

    def update(self, id: str, /, **fields: Any) -> P:
        """Change fields; raises `Invalid` naming every field that cannot be given."""
        desk, action = self.desk, f"{self.kind}.edit"

        def updated() -> P:
            desk.need(desk.settings(), action)
            before = desk.store.get(self.cls, id)
            after = evolved(before, fields, frozenset({"id", "revision"}))
            self._fits(before, after)
            if after == before:
                return after
            staying = (
                one_staying(desk, before, after) if isinstance(before, Person) and isinstance(after, Person) else ()
            )
            return cast(P, desk.commit(*staying, Change(before, after, action))[-1])

        return desk.repeated(updated, but_for=id)

    def _fits(self, before: P | None, after: P) -> None:
        match before, after:
            case Person() | None, Person():
                self._person(before, after)
            case _, Team():
                known = self.desk.store.get_many(Person, after.members)
                lost = sorted(after.members - known.keys() - (before.members if isinstance(before, Team) else set()))
                if lost:
                    raise Invalid("team", tuple(Problem("members", f"there is no person {one!r}") for one in lost))

    def _person(self, before: Person | None, after: Person) -> None:
        """Roles are granted and taken by those who may (R6), and there are such, unless a host decides (R7)."""
        desk, settings = self.desk, self.desk.settings()
        held = before.roles if before is not None else frozenset[str]()
        if after.roles != held or before is not None and held and _counting(before) != _counting(after):
            desk.need(settings, "person.grant_roles")
        found, known = list(zone_problems(after.time_zone)), known_roles(settings)
        for role in () if desk.plugins.policies else sorted(after.roles - held - known):
            found.append(Problem("roles", f"there is no role {role!r} (settings): {advice(role, known)}"))
        if after.account_id is not None and not desk.store.get_many(Account, (after.account_id,)):
            found.append(Problem("account_id", f"there is no account {after.account_id!r}"))
        if after.calendar:
            try:
                resolve(settings, after.calendar)
            except Invalid as error:
                found += error.problems
        if found:
            raise Invalid("person", tuple(found))


Named = tuple[str, str]
"""What somebody is to an account, and who that is."""


def _persons(account: Account) -> dict[str, Named]:
    """Whom an account names, by the place where it does."""
    persons = {"owner_id": account.owner_id, "primary_contact_id": account.primary_contact_id}
    persons |= {f"roles[{role!r}]": person for role, person in account.roles.items()}
    found = {place: (place, person) for place, person in persons.items() if person}
    return found | {f"partners[{n}].partner_id": ("partner", one.partner_id) for n, one in enumerate(account.partners)}


PERSONAL = ("name", "kind", "website", "email", "time_zone", "custom")
"""What is erased of an account that is a person, and not given again (J4)."""


def not_erased(desk: Desk, id: str, what: str) -> None:
    """Refuse an id that stands for somebody who was erased: nobody else gets it, and they do not come back (J4)."""
    if desk.store.get_many(Erasure, (f"person:{id}", f"account:{id}")):
        raise Refused(what, f"{id!r} was erased and does not come back: take a new id")


def _with(account: Account, seen: frozenset[str] | None) -> Account:
    """The account with the custom fields that somebody sees; the very same where it has no others."""
    if seen is None or account.custom.keys() <= seen:
        return account
    return attrs.evolve(account, custom=FrozenMap({name: one for name, one in account.custom.items() if name in seen}))


def _counting(person: Person) -> tuple[str, bool]:
    """What decides which of a person's roles count (R2, R6)."""
    return person.kind, person.active


def host_of(website: str) -> str:
    """The host of a website, without `www.` and whatever the case; empty for none."""
    if not isinstance(website, str):
        raise Invalid("account", (Problem("website", f"text is wanted, not {shown(website)}"),))
    text = website.strip()
    try:
        host = urlsplit(text if "//" in text else f"//{text}").hostname or ""
    except ValueError as error:
        raise Invalid("account", (Problem("website", f"is no address: {shown(website)}"),)) from error
    return host.removeprefix("www.")


def zone_problems(name: str) -> Iterator[Problem]:
    """Why this is no time zone; none for an empty one, which stands for another's (D1)."""
    try:
        today(dt.datetime(2000, 1, 1, tzinfo=dt.UTC), name or "UTC")
    except Invalid as error:
        yield Problem("time_zone", error.problems[0].message)


def to_call(value: object, place: str) -> None:
    """Raise `Invalid` for what cannot be called."""
    if not callable(value):
        raise Invalid(place, (Problem("", f"something to call is wanted, not {shown(value)}"),))


def evolved(record: R, fields: Mapping[str, Any], fixed: frozenset[str]) -> R:
    """The record with these fields; raises `Invalid` for every field that is unknown or not for changing."""
    known = {one.name for one in attrs.fields(type(record))} - fixed
    strange = sorted(fields.keys() - known)
    if strange:
        told = f"cannot be given here; these can: {', '.join(sorted(known))}"
        raise Invalid(type(record).__name__, tuple(Problem(one, told) for one in strange))
    given = {name: FrozenMap(one) if isinstance(one, Mapping) else one for name, one in fields.items()}
    return attrs.evolve(record, **given)  # type: ignore[arg-type]
