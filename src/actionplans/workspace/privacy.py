"""What is stored about a person: given out, and erased (J4)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any, Literal

import attrs
from attrs import define

from actionplans.checks import wanted
from actionplans.codec import to_plain
from actionplans.errors import NotFound, Refused
from actionplans.model import Account, Erasure, Person, Plan, Touchpoint
from actionplans.permissions import NOBODYS, subject
from actionplans.storage import AccountQuery, PlanQuery, RecordQuery, Removal, TouchpointQuery
from actionplans.workspace.administrators import one_staying
from actionplans.workspace.desk import Change, Desk
from actionplans.workspace.journal import links

NOBODY = "Erased"
"""The name of an account that was a person, and is erased."""

_SOME = 100


@define
class Privacy:
    """All that is stored about one person: a `Person`, or an `Account` that is one, like a lead."""

    desk: Desk

    def export_person(self, id: str) -> dict[str, Any]:
        """All personal data of a person, ready for JSON (J4).

        `record` and its `history` (`also` is an account of the same id); where they stand by their id: `teams`,
        `accounts`, `plans`, `objectives`, `plays`, `tasks`; what they wrote: `comments`, `summaries`, `touchpoints`;
        what they keep: `shortcuts`, `drafts`, and their `invitations`; and `actions`, all that they did, as the journal
        has it. Reads everything there is, piece by
        piece. Takes the right to `person.export`.
        """
        desk = self.desk
        there = self._there(id)
        self._allowed(id, there, "person.export")
        kinds = ["person" if isinstance(one, Person) else "account" for one in there]
        found: dict[str, Any] = {
            "kind": kinds[0],
            "record": to_plain(there[0]),
            "also": [to_plain(one) for one in there[1:]],
            "history": [
                to_plain(attrs.evolve(one, erased="")) for kind in kinds for one in desk.store.journal(kind, id)
            ],
            "teams": [one.id for one in desk.every(RecordQuery("team")) if id in one.members],
            "accounts": [one.id for one in desk.every(AccountQuery()) if id in _named(one)],
            "touchpoints": [to_plain(one) for one in self._touchpoints(id)],
            "summaries": [
                {"account_id": one.id, "text": said.text, "at": said.at.isoformat()}
                for one in desk.every(RecordQuery("summary"))
                for said in one.revisions
                if said.by == id
            ],
        }
        for name, of in (("invitations", "contact_id"), ("shortcuts", "owner_id"), ("drafts", "owner_id")):
            every = desk.every(RecordQuery(name.removesuffix("s")))
            found[name] = [to_plain(one) for one in every if getattr(one, of) == id]
        return found | self._in_plans(id) | {"actions": list(self._actions(id))}

    def erase_person(self, id: str) -> Erasure:
        """Remove a person and all that is personal of them, for good; what they did stands, by their id alone (J4).

        Their row goes, with the drafts and shortcuts that they kept; the values in their journal go, and the chain
        stays true. An account that is a person stays for the sake of its plans, without what was personal. What people
        wrote about their work stays: comments, summaries, touchpoints, and names in them or in titles; look at
        `export_person` before. They can do nothing any more, and no import or restore brings them back.

        When this returns no file of a SQLite database has any of it. Where somebody still reads what was before for
        longer than the time-out, that raises `StoreBusy` with who it is: the person is erased then, and calling this
        again goes on. On PostgreSQL no table has it; dead rows until the next vacuum, the write-ahead log and backups
        are the operator's. Takes the right to `person.erase`. Raises `Refused` for the last administrator.
        """
        desk = self.desk

        def erased() -> Erasure:
            known = desk.store.get_many(Erasure, (f"person:{id}", f"account:{id}"))
            there = self._there(id)
            found = [one for one in there if isinstance(one, Person) or one.kind != "company" and one != _blank(one)]
            if not found and known:
                desk.need(desk.settings(), "person.erase")
                return next(iter(known.values()))
            self._allowed(id, there, "person.erase")
            changes: list[Change] = []
            for person in found:
                kind: Literal["person", "account"] = "person" if isinstance(person, Person) else "account"
                before = known.get(f"{kind}:{id}")
                erasure = Erasure(kind, id, desk.actor.id, desk.now(), before.revision if before is not None else 0)
                changes += [_without(person), Change(before, erasure, "person.erase")]
                if isinstance(person, Person):
                    changes += one_staying(desk, person, attrs.evolve(person, active=False))
            told = desk.commit(*changes, removals=tuple(self._own(id)))
            return next(one for one in told if isinstance(one, Erasure))

        found = desk.repeated(erased)
        desk.store.purge()
        return found

    def erase_again(self, erasures: Iterable[Erasure]) -> None:
        """Have those who were erased stay so in what a backup has brought back, where they are not yet (S8)."""
        desk = self.desk
        known = {one.id for one in desk.every(RecordQuery("erasure"))}
        for one in erasures:
            if one.id not in known:
                of: type[Person | Account] = Person if one.record == "person" else Account
                changes = [_without(person) for person in desk.store.get_many(of, (one.of,)).values()]
                again = Change(None, attrs.evolve(one, revision=0), "person.erase")
                desk.commit(*changes, again, removals=tuple(self._own(one.of)))

    def _there(self, id: str) -> list[Person | Account]:
        """Who has that id: a person, an account, or both."""
        wanted(str, id, "id")
        store = self.desk.store
        return [*store.get_many(Person, (id,)).values(), *store.get_many(Account, (id,)).values()]

    def _allowed(self, id: str, there: list[Person | Account], action: str) -> None:
        """Raise `NotAllowed`, `NotFound`, or `Refused` for what is no person."""
        desk, settings = self.desk, self.desk.settings()
        about = next((subject(one) for one in there if isinstance(one, Account)), NOBODYS)
        desk.need(settings, action, about if len(there) == 1 else NOBODYS)
        if not there:
            raise NotFound("person", id)
        for one in there:
            if isinstance(one, Account) and one.kind == "company" and len(there) == 1:
                raise Refused(action, f"{one.name!r} is a company: persons are the `people`, and accounts that are one")

    def _own(self, id: str) -> Iterator[Removal]:
        """What a person keeps for themselves."""
        for kind in ("draft", "shortcut"):
            for one in self.desk.every(RecordQuery(kind)):
                if one.owner_id == id:
                    yield Removal(kind, one.id, one.revision)

    def _touchpoints(self, id: str) -> Iterator[Touchpoint]:
        found: dict[str, Touchpoint] = {}
        for query in (TouchpointQuery(author_ids=(id,)), TouchpointQuery(participant_ids=(id,))):
            found.update((one.id, one) for one in self.desk.every(query))
        yield from found.values()

    def _in_plans(self, id: str) -> dict[str, list[dict[str, Any]]]:
        """What is theirs in plans, and what they wrote there."""
        kinds = ("plans", "objectives", "plays", "tasks", "comments")
        found: dict[str, list[dict[str, Any]]] = {kind: [] for kind in kinds}
        for plan in self._plans():
            mine = {"plan_id": plan.id}
            if id in (plan.owner_id, plan.account_id, plan.created_by):
                found["plans"].append(mine | {"title": plan.title})
            for item in plan.items():
                at = mine | {"id": item.id, "title": item.title}
                theirs = (getattr(item, "owner_id", None), *getattr(item, "helpers", ()))
                if f"{item.kind}s" in found and id in theirs:
                    found[f"{item.kind}s"].append(at)
                said = (one for one in getattr(item, "comments", ()) if one.author_id == id)
                found["comments"] += [at | {"text": one.text, "at": one.at.isoformat()} for one in said]
        return found

    def _plans(self) -> Iterator[Plan]:
        """All plans, some at a time."""
        for statuses in (None, ("merged",)):
            heads = self.desk.every(PlanQuery(statuses=statuses, archived=None))
            while some := list(islice(heads, _SOME)):
                yield from self.desk.store.get_many(Plan, (one.id for one in some)).values()

    def _actions(self, id: str) -> Iterator[dict[str, Any]]:
        for link in links(self.desk.store):
            entry = link.entry()
            if entry.by == id:
                at = {"revision": entry.revision, "at": entry.at.isoformat(), "action": entry.action}
                yield {"record": entry.record, "id": entry.id} | at


def _without(person: Person | Account) -> Change:
    """What becomes of a person who is erased: they go; an account stays, without what is personal."""
    if isinstance(person, Person):
        return Change(person, None, "person.erase")
    return Change(person, _blank(person), "account.erase")


def _blank(account: Account) -> Account:
    """An account without what is personal."""
    bare = Account(account.id, NOBODY, account.kind, revision=account.revision)
    kept = ("parent_id", "type", "owner_id", "roles", "partners", "created_by")
    return attrs.evolve(bare, **{name: getattr(account, name) for name in kept})


def _named(account: Account) -> set[str | None]:
    """Whom an account names."""
    partners = (id for one in account.partners for id in (one.user_id, one.partner_id))
    return {account.owner_id, account.primary_contact_id, account.created_by, *account.roles.values(), *partners}
