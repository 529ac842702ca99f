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

        `record` and its `history`; where they stand by their id: `teams`, `accounts`, `plans`, `objectives`, `tasks`;
        what they wrote: `comments`, `summaries`, `touchpoints`; what they keep: `shortcuts`, `drafts`, and their
        `invitations`; and `actions`, all that they did, as the journal has it. Reads everything there is, piece by
        piece. Takes the right to `person.export`.
        """
        desk = self.desk
        person = self._person(id, "person.export")
        kind = "person" if isinstance(person, Person) else "account"
        found: dict[str, Any] = {
            "kind": kind,
            "record": to_plain(person),
            "history": [to_plain(one) for one in desk.store.journal(kind, id)],
            "teams": [one.id for one in desk.every(RecordQuery("team")) if id in one.members],
            "accounts": [one.id for one in desk.every(AccountQuery(people=(id,)))],
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
            for one in known.values():
                desk.need(desk.settings(), "person.erase")
                return one
            person = self._person(id, "person.erase")
            changes = [_without(person)]
            if isinstance(person, Person):
                changes += one_staying(desk, person, attrs.evolve(person, active=False))
            kind: Literal["person", "account"] = "person" if isinstance(person, Person) else "account"
            erasure = Erasure(kind, id, desk.actor.id, desk.now())
            told = desk.commit(*changes, Change(None, erasure, "person.erase"), removals=tuple(self._own(id)))
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

    def _person(self, id: str, action: str) -> Person | Account:
        desk, settings = self.desk, self.desk.settings()
        wanted(str, id, "id")
        person = desk.store.get_many(Person, (id,)).get(id)
        account = None if person is not None else desk.store.get_many(Account, (id,)).get(id)
        desk.need(settings, action, subject(account) if account is not None else NOBODYS)
        if person is None and account is None:
            raise NotFound("person", id)
        if account is not None and account.kind == "company":
            raise Refused(action, f"{account.name!r} is a company: persons are the `people`, and accounts that are one")
        return person or account  # type: ignore[return-value]

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
        found: dict[str, list[dict[str, Any]]] = {"plans": [], "objectives": [], "tasks": [], "comments": []}
        for plan in self._plans():
            mine = {"plan_id": plan.id}
            if id in (plan.owner_id, plan.account_id, plan.created_by):
                found["plans"].append(mine | {"title": plan.title})
            for item in plan.items():
                at = mine | {"id": item.id, "title": item.title}
                if f"{item.kind}s" in found and getattr(item, "owner_id", None) == id:
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
    bare = Account(person.id, NOBODY, person.kind, revision=person.revision)
    kept = ("parent_id", "type", "owner_id", "roles", "partners", "created_by")
    return Change(person, attrs.evolve(bare, **{name: getattr(person, name) for name in kept}), "account.erase")
