"""The recorded contacts with accounts, and what of their plans they refer to (L13)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from typing import Any

import attrs
from attrs import define, field, frozen

from actionplans.checks import field_problems, shown, wanted
from actionplans.errors import Invalid, NotFound, Problem
from actionplans.model import Account, Item, Objective, Person, Plan, Play, Reference, Task, Touchpoint
from actionplans.permissions import Asker, Subject, Within, everywhere, subject
from actionplans.settings import Settings
from actionplans.sharing import sees_everything
from actionplans.storage import PlanQuery, TouchpointQuery, matches
from actionplans.workspace.accounts import Accounts, evolved
from actionplans.workspace.desk import Change, Desk
from actionplans.workspace.plans import chunks
from actionplans.workspace.views import reaches_of

About = str | tuple[str, str] | Reference
"""What a touchpoint is to refer to: a plan by its id, an item by its plan's and its own, or as another refers to it."""

MOST = 100
"""How many references, and how many participants, one touchpoint has at most."""

_FIXED = frozenset({"id", "account_id", "author_id", "revision"})


@frozen
class Referred:
    """What a reference of a touchpoint refers to today: `stands` is false for what has been deleted since (L13).

    `title` and `plan_id` are those that it has now; of what is gone those that it had.
    """

    reference: Reference
    stands: bool
    title: str
    plan_id: str


@define
class _Sight:
    """The plans that references name, as the actor sees them; each is read once."""

    desk: Desk
    settings: Settings
    plans: dict[str, Plan | None] = field(factory=dict)
    seen: dict[str, tuple[Plan, bool] | None] = field(factory=dict)

    def read(self, ids: Iterable[str]) -> None:
        """Read these plans at once."""
        new = {one for one in ids if one not in self.plans}
        found = self.desk.store.get_many(Plan, new) if new else {}
        self.plans |= {one: found.get(one) for one in new}

    def plan(self, plan_id: str) -> tuple[Plan, bool] | None:
        """What the actor sees of a plan, and whether that is a part only; None where that is nothing."""
        if plan_id not in self.seen:
            self.read((plan_id,))
            plan = self.plans[plan_id]
            self.seen[plan_id] = self._seen(plan) if plan is not None else None
        return self.seen[plan_id]

    def _seen(self, plan: Plan) -> tuple[Plan, bool] | None:
        try:
            return self.desk.as_seen(plan, self.desk.store.get(Account, plan.account_id), self.settings)
        except NotFound:
            return None

    def shows(self, reference: Reference) -> bool:
        """Whether the actor may know of a reference: of what they see, and of what is gone from where they see all."""
        self.read((reference.plan_id,))
        plan = self.plans[reference.plan_id]
        if plan is None:
            return True
        seen = self.plan(reference.plan_id)
        if seen is None or seen[0] is plan:
            return seen is not None
        there = any(held(one, reference.id) for one in self.homes(seen[0]))
        return there or not seen[1] and held(plan, reference.id) is None

    def homes(self, plan: Plan) -> Iterator[Plan]:
        """What is seen of a plan, and of those that it was merged into since, one after the other (M5)."""
        known = {plan.id}
        while True:
            yield plan
            seen = self.plan(plan.merged_into) if plan.merged_into not in (None, *known) else None  # type: ignore[arg-type]
            if seen is None:
                return
            plan = seen[0]
            known.add(plan.id)


@define
class Touchpoints:
    """The touchpoints of the accounts. Contacts never see any (V5)."""

    desk: Desk

    def get(self, id: str) -> Touchpoint:
        """The touchpoint of that id, with the references that the actor may see.

        Raises `NotFound`, also for one that they may not see (V7).
        """
        settings = self.desk.settings()
        return _shown(self._found(id, settings)[0], _Sight(self.desk, settings))

    def all(self, query: TouchpointQuery | None = None) -> Iterator[Touchpoint]:
        """The touchpoints the query asks for that the actor may see, the newest first (L14)."""
        return self.stream(TouchpointQuery() if query is None else wanted(TouchpointQuery, query, "query"))

    def stream(self, query: TouchpointQuery, *, after: str | None = None, many: int = 500) -> Iterator[Touchpoint]:
        """The same behind a page of theirs, so many read at once."""
        desk = self.desk
        while True:
            settings = desk.settings()
            asker = desk.asker(settings)
            page = desk.store.find(self._limited(query, asker, settings), limit=many, after=after)
            yield from (one for one in self._seen(page.items, asker, settings) if matches(query, one))
            after = page.next
            if after is None:
                return

    def add(
        self,
        account_id: str,
        subject: str,
        *,
        text: str = "",
        type: str = "note",
        at: dt.datetime | None = None,
        participants: Iterable[str] = (),
        references: Iterable[About] = (),
    ) -> Touchpoint:
        """Record a contact with an account, by the actor: now, or at another moment that is given.

        `references` name plans, and objectives, plays and tasks in them, that the actor sees; they keep their titles.
        Participants are persons by their ids. Raises `Invalid` with all problems.
        """
        desk, settings = self.desk, self.desk.settings()
        account, asker = Accounts(desk).get(account_id), desk.asker(settings)
        if asker.kind == "contact":
            raise NotFound("account", account_id)
        desk.need(settings, "touchpoint.create", _subject(account), asker)
        moment = desk.now() if at is None else at
        made = Touchpoint(desk.new_id(), account.id, subject, moment, desk.actor.id, type, text)
        return desk.keep(None, self._with(made, participants, references, settings), "touchpoint.create")

    def update(self, id: str, /, **fields: Any) -> Touchpoint:
        """Change subject, text, type, moment (`at`), participants or references; these take the place of those before.

        References that it has already stay as they are, also those to what is gone, and those that the actor does not
        see stay in any case. Raises `Invalid` naming every field that cannot be given.
        """
        desk = self.desk

        def updated() -> Touchpoint:
            settings = desk.settings()
            before, account = self._found(id, settings)
            desk.need(settings, "touchpoint.edit", _subject(account, before))
            given = dict(fields)
            participants, references = given.pop("participants", before.participants), given.pop("references", None)
            after = self._with(evolved(before, given, _FIXED), participants, references, settings)
            return _shown(desk.keep(before, after, "touchpoint.edit"), _Sight(desk, settings))

        return desk.repeated(updated, but_for=id)

    def delete(self, id: str) -> None:
        """Delete it. All that it said stays in its journal, for those who may read that (J1)."""
        desk = self.desk

        def deleted() -> None:
            settings = desk.settings()
            before, account = self._found(id, settings)
            desk.need(settings, "touchpoint.delete", _subject(account, before))
            desk.commit(Change(before, None, "touchpoint.delete"))

        desk.repeated(deleted)

    def references(self, id: str) -> tuple[Referred, ...]:
        """What a touchpoint refers to as it is today; what is gone is a tombstone with the title that it had.

        What has moved to another plan of its account since, with its play or by a merge, is found there.
        """
        settings = self.desk.settings()
        sight = _Sight(self.desk, settings)
        return tuple(self._referred(one, sight) for one in _shown(self._found(id, settings)[0], sight).references)

    def _found(self, id: str, settings: Settings) -> tuple[Touchpoint, Account]:
        desk = self.desk
        found = desk.store.get(Touchpoint, wanted(str, id, "touchpoint"))
        account = desk.store.get_many(Account, (found.account_id,)).get(found.account_id)
        if account is None or not self._sees(found, account, desk.asker(settings), settings):
            raise NotFound("touchpoint", id)
        return found, account

    def _sees(self, found: Touchpoint, account: Account, asker: Asker, settings: Settings) -> bool:
        may = self.desk.may
        return (
            asker.kind != "contact"
            and may(settings, "account.see", subject(account), asker).allowed
            and may(settings, "touchpoint.see", _subject(account, found), asker).allowed
        )

    def _limited(self, query: TouchpointQuery, asker: Asker, settings: Settings) -> TouchpointQuery:
        """The query within the actor's rights; a host's own policy is asked one by one instead (R6, R7)."""
        if self.desk.plugins.policies or everywhere(settings.policy, asker, "touchpoint.see"):
            return query
        return attrs.evolve(query, within=Within(*reaches_of(self.desk, settings, asker, "touchpoint.see")))

    def _seen(self, page: tuple[Touchpoint, ...], asker: Asker, settings: Settings) -> Iterator[Touchpoint]:
        """Those of a page that the actor sees, with the references that they may see."""
        accounts = self.desk.store.get_many(Account, {one.account_id for one in page})
        mine = [one for one in page if self._sees(one, accounts[one.account_id], asker, settings)]
        if not self.desk.plugins.policies and sees_everything(settings.policy, asker):
            yield from mine
            return
        for part in chunks(mine, 50):
            sight = _Sight(self.desk, settings)
            sight.read(reference.plan_id for one in part for reference in one.references)
            yield from (_shown(one, sight) for one in part)

    def _with(
        self, made: Touchpoint, participants: object, references: Iterable[About] | None, settings: Settings
    ) -> Touchpoint:
        """The touchpoint with these participants and references; raises `Invalid` with all that is wrong with them."""
        found: list[Problem] = []
        persons = _several(participants, "participants", found)
        found += field_problems(Touchpoint, {"participants": persons})
        if not found and persons != made.participants:
            known = self.desk.store.get_many(Person, persons)
            found += (
                Problem(f"participants[{n}]", f"there is no person {one!r}: add them first")
                for n, one in enumerate(persons)
                if one not in known and one not in made.participants
            )
        referred = made.references
        if references is not None:
            referred = self._refers(made, _several(references, "references", found), found, _Sight(self.desk, settings))
        if found:
            raise Invalid("touchpoint", tuple(found))
        return attrs.evolve(made, participants=tuple(dict.fromkeys(persons)), references=referred)

    def _refers(
        self, made: Touchpoint, given: tuple[Any, ...], found: list[Problem], sight: _Sight
    ) -> tuple[Reference, ...]:
        old = {(one.plan_id, one.id): one for one in made.references if sight.shows(one)}
        hidden = [one for one in made.references if (one.plan_id, one.id) not in old]
        new: dict[tuple[str, str], Reference] = {}
        for n, about in enumerate(given):
            key = _key(about)
            reference = old.get(key) if key is not None else None
            if key is not None and reference is None:
                reference = _reference(*key, sight)
            if key is None or reference is None:
                told = f"there is no plan, objective, play or task {shown(about)} here: a plan's id, or (plan, item)"
                found.append(Problem(f"references[{n}]", told))
            else:
                new[key] = reference
        return (*new.values(), *hidden)

    def _referred(self, reference: Reference, sight: _Sight) -> Referred:
        own = sight.plan(reference.plan_id)
        if reference.kind == "plan" and own is not None:
            *_, plan = sight.homes(own[0])
            return Referred(reference, True, plan.title, plan.id)
        for plan in self._places(reference, sight):
            item = held(plan, reference.id)
            if item is not None:
                return Referred(reference, True, item.title, plan.id)
        return Referred(reference, False, reference.title, reference.plan_id)

    def _places(self, reference: Reference, sight: _Sight) -> Iterator[Plan]:
        """The plans in which it may stand: its own, what that was merged into, the others of the account; as far as
        the actor sees them.
        """
        sight.read((reference.plan_id,))
        own = sight.plans[reference.plan_id]
        if own is None:
            return
        seen = sight.plan(own.id)
        if seen is not None:
            yield from sight.homes(seen[0])
        for part in chunks(self.desk.every(PlanQuery(account_ids=(own.account_id,), archived=None)), 50):
            ids = [head.id for head in part if head.id != own.id]
            sight.read(ids)
            yield from (seen[0] for one in ids if (seen := sight.plan(one)) is not None)


def held(plan: Plan, id: str) -> Plan | Item | None:
    """The plan, for its own id, or the objective, play or task of that id in it, or that was joined with one (M3)."""
    if id == plan.id:
        return plan
    items: Iterable[Item] = (*plan.objectives, *plan.plays, *plan.tasks)
    known = plan.joined.get(id) if plan.joined else None
    found = next((one for one in items if one.id == id), None)
    return found or next((one for one in items if one.id == known), None) if known is not None else found


def _reference(plan_id: str, id: str, sight: _Sight) -> Reference | None:
    seen = sight.plan(plan_id)
    item = held(seen[0], id) if seen is not None else None
    match item:
        case Plan():
            return Reference("plan", plan_id, id, item.title)
        case Objective() | Play() | Task():
            return Reference(item.kind, plan_id, id, item.title)  # type: ignore[arg-type]
    return None


def _key(about: object) -> tuple[str, str] | None:
    """The ids of a plan and of an item in it, where that is what was given."""
    match about:
        case str():
            return about, about
        case Reference():
            return about.plan_id, about.id
        case (str() as plan_id, str() as id):
            return plan_id, id
    return None


def _several(given: object, place: str, found: list[Problem]) -> tuple[Any, ...]:
    if isinstance(given, str) or not isinstance(given, Iterable):
        found.append(Problem(place, f"several are wanted, not {shown(given)}"))
        return ()
    several = tuple(given)
    if len(several) > MOST:
        found.append(Problem(place, f"at most {MOST}, not {len(several)}"))
        return ()
    return several


def _shown(found: Touchpoint, sight: _Sight) -> Touchpoint:
    """The touchpoint without the references that the actor may not see."""
    seen = tuple(one for one in found.references if sight.shows(one))
    return found if len(seen) == len(found.references) else attrs.evolve(found, references=seen)


def _subject(account: Account, found: Touchpoint | None = None) -> Subject:
    """What a decision knows of a touchpoint of an account, or of a new one: who made it, and whose account it is."""
    makers = frozenset((found.author_id,)) if found is not None else frozenset[str]()
    return attrs.evolve(subject(account), owners=frozenset[str](), makers=makers)
