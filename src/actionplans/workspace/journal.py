"""The past of what a store keeps: reading it, and proving that nobody has changed it (J1 to J3)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import groupby, islice, takewhile

import attrs
from attrs import define

from actionplans.chain import UNRECORDED, Chain, Flaw, Head, Link, digest_over, followed, head_of, lost
from actionplans.checks import shown
from actionplans.errors import Invalid, NotFound, Problem, Refused
from actionplans.journal import Entry, rewound
from actionplans.model import Account, Touchpoint
from actionplans.permissions import NOBODYS, subject
from actionplans.settings import ACTIONS
from actionplans.sharing import View
from actionplans.storage import KINDS, RecordQuery, Store
from actionplans.workdays import today
from actionplans.workspace.changes import Changer
from actionplans.workspace.desk import Desk
from actionplans.workspace.hiding import hiding

_AT_ONCE = 1000

Told = Callable[[int, int | None], None]


@define
class Journal:
    """What was done, when and by whom: as entries, as plans of back then, and as chains that can be verified."""

    desk: Desk

    def entries(self, kind: str, id: str) -> Iterator[Entry]:
        """The entries of a record of any kind, oldest first: `settings`, a `template` version as `ID@VERSION`, an
        `account`, a `person`, a `touchpoint` that is deleted, ... (J1)

        Takes the right to see such records, and `journal.read`; the journal of a plan is `Workspace.history`.
        """
        desk, settings = self.desk, self.desk.settings()
        if kind == "plan":
            return Changer(desk).history(id)
        if kind not in KINDS:
            raise Invalid("journal", (Problem("kind", f"one of {', '.join(KINDS)} is wanted, not {shown(kind)}"),))
        told = list(desk.store.journal(kind, id))
        account_id = _account_of(kind, id, told, desk.store)
        account = None if account_id is None else desk.store.get_many(Account, (account_id,)).get(account_id)
        about = subject(account) if account is not None else NOBODYS
        asker = desk.asker(settings)
        sees = ["account.see"] if account is not None else []
        sees += [f"{kind}.see"] if f"{kind}.see" in ACTIONS else []
        if asker.kind == "contact" or not all(desk.may(settings, one, about, asker).allowed for one in sees):
            raise NotFound(kind, id)
        desk.need(settings, "journal.read", about, asker)
        hidden = hiding(settings, asker)
        return (attrs.evolve(one, edits=tuple(hidden.edits(one.edits, kind))) for one in told)

    def as_of(self, plan_id: str, when: dt.datetime | int) -> View:
        """A plan as it was at a moment, or at one of its revisions, as the actor sees it (J2).

        Takes the right to `journal.read`, and to see the whole plan today. What is not the plan's own, like the names
        of persons and the account, is as it is today. Raises `Refused` for a moment before the plan was made.
        """
        changer, desk = Changer(self.desk), self.desk
        plan, account, settings = changer.read_whole(plan_id, "journal.read")
        desk.need(settings, "journal.read", subject(account, plan))
        entries = tuple(one for one in desk.store.journal("plan", plan.id) if one.revision <= plan.revision)
        last = _last(entries, when)
        later = [one for one in entries if one.revision > last.revision]
        then = attrs.evolve(rewound(plan, later), revision=last.revision, changed_at=last.at)
        zone = then.time_zone or account.time_zone or settings.time_zone or "UTC"
        day = today(when if isinstance(when, dt.datetime) else last.at, zone)
        seen = desk.looked_at(then, account, settings, today=day)
        if seen is None:
            raise NotFound("plan", plan_id)
        return seen

    def head(self, progress: Told = lambda done, total: None) -> Head:
        """Where the journals of all records stand, as one digest: keep it elsewhere, for `verify` (J3).

        Raises `Refused` where the journal has a flaw already. `progress` is called with the entries looked at so far
        and None, for nobody knows how many there are. Takes the right to `journal.verify`.
        """
        self.desk.need(self.desk.settings(), "journal.verify")
        chains = []
        for chain, flaw in self._chains(None, progress):
            if flaw is not None:
                raise _flawed(flaw)
            chains.append(chain)
        for flaw in self._unrecorded():
            raise _flawed(flaw)
        return head_of(chains)

    def verify(self, head: Head | None = None, progress: Told = lambda done, total: None) -> tuple[Flaw, ...]:
        """The first flaw of each record's journal, in the order of kinds and ids: none where all is as it was (J3).

        An entry that was changed, removed, added or moved is named. With the `head` that was taken before, also what
        was written anew from some entry on, records whose last entries are missing, and records that are gone.
        Others may go on working. Takes the right to `journal.verify`.
        """
        if head is not None and not isinstance(head, Head):
            raise Invalid("verify", (Problem("head", f"a Head is wanted, not {shown(head)}: loads(text, Head)"),))
        if head is not None and digest_over(head.marks) != head.digest:
            raise Invalid("verify", (Problem("head", "its marks are not those that its digest was made of"),))
        self.desk.need(self.desk.settings(), "journal.verify")
        return tuple(self.flaws(head, progress))

    def flaws(self, head: Head | None = None, progress: Told = lambda done, total: None) -> Sequence[Flaw]:
        """As `verify`, for who has the right to look at everything."""
        seen, found = set(), []
        for chain, flaw in self._chains(head, progress):
            seen.add(chain.key)
            found += [flaw] if flaw is not None else []
        for flaw in self._unrecorded():
            seen.add(f"{flaw.record} {flaw.id}")
            found.append(flaw)
        found += lost(head, seen) if head is not None else ()
        return sorted(found, key=lambda one: (one.record, one.id))

    def _unrecorded(self) -> Iterator[Flaw]:
        """The flaws of records that have no entry at all."""
        for kind in sorted(KINDS.keys() - UNRECORDED):
            for id in self.desk.store.unrecorded(kind):
                yield Flaw(kind, id, 1, "this entry was removed, and all that came after it")

    def _chains(self, saved: Head | None, progress: Told) -> Iterator[tuple[Chain, Flaw | None]]:
        """The chain of each record, and its flaw."""
        desk = self.desk
        erased = frozenset((one.record, one.of) for one in desk.every(RecordQuery("erasure")))
        by_record = groupby(links(desk.store), key=lambda one: (one.record, one.id))
        chains = (followed(its, erased, saved) for _, its in by_record)
        done = 0
        while some := list(islice(chains, _AT_ONCE)):
            done += sum(chain.count for chain in some)
            stand = {kind: desk.store.revisions(kind, ids) for kind, ids in _ids(some).items()}
            for chain in some:
                flaw = chain.beside(stand[chain.last.record].get(chain.last.id, 0))
                yield (chain, flaw) if flaw is None else self._again(chain, erased, saved)
            progress(done, None)

    def _again(self, chain: Chain, erased: frozenset[tuple[str, str]], saved: Head | None) -> tuple[Chain, Flaw | None]:
        """A chain that seems to have a flaw, looked at alone: the record may have been changed meanwhile."""
        kind, id, store = chain.last.record, chain.last.id, self.desk.store
        least = store.revisions(kind, (id,)).get(id, 0)
        its = tuple(takewhile(lambda one: (one.record, one.id) == (kind, id), links(store, (kind, id, 0))))
        if not its:
            return chain, chain.flaw or Flaw(kind, id, chain.last.revision, "this entry is not found where it stands")
        chain = followed(its, erased, saved)
        most = store.revisions(kind, (id,)).get(id, 0)
        last = chain.last.revision
        return chain, chain.beside(last if least <= last <= most else least if last < least else most)


def _flawed(flaw: Flaw) -> Refused:
    return Refused("taking the head of the journal", f"it has a flaw already: {flaw.sentence()}")


def _account_of(kind: str, id: str, told: Sequence[Entry], store: Store) -> str | None:
    """The account that a record belongs to or belonged to; None for what is of none."""
    if kind in ("account", "summary"):
        return id
    if kind == "touchpoint":
        gone = [edit.before for entry in told for edit in entry.edits if edit.field == "account_id"]
        return next((one.account_id for one in store.get_many(Touchpoint, (id,)).values()), gone[-1] if gone else None)
    return None


def links(store: Store, after: tuple[str, str, int] | None = None) -> Iterator[Link]:
    """All links, or those from a place on, page by page."""
    while page := store.links(after=after, limit=_AT_ONCE):
        yield from page
        after = (page[-1].record, page[-1].id, page[-1].revision)


def _ids(chains: Iterable[Chain]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for chain in chains:
        found.setdefault(chain.last.record, []).append(chain.last.id)
    return found


def _last(entries: Sequence[Entry], when: dt.datetime | int) -> Entry:
    """The last of a plan's entries at a moment, or the one of a revision."""
    if isinstance(when, dt.datetime):
        if when.tzinfo is None:
            raise Invalid("as_of", (Problem("when", f"a moment with a time zone is wanted, not {when!r}"),))
        found = next((one for one in reversed(entries) if one.at <= when), None)
        if found is None:
            raise Refused("reading the plan as of a moment", f"it was made later, on {entries[0].at.isoformat()}")
        return found
    if type(when) is not int:
        raise Invalid("as_of", (Problem("when", f"a moment or a revision is wanted, not {shown(when)}"),))
    found = next((one for one in entries if one.revision == when), None)
    if found is None:
        told = f"from 1 to {entries[-1].revision} is wanted, not {when}"
        raise Invalid("as_of", (Problem("when", told),))
    return found
