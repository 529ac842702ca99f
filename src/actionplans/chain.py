"""The journal as chains: each entry is linked to the one before it, so that nobody can change the past unseen (J3).

A store keeps a `Link` for each entry. Its `hash` covers the text of the entry, where it stands, and the hash before it.
What is personal in an entry is kept beside the text, which holds a salted digest of it, so that it can be erased and
the chain stays true (J4).

`followed` looks for what was changed, removed, added or moved. Whoever can write to the storage could also make all
hashes of a record anew, or leave its last entries out: a `Head` that was saved elsewhere shows that too.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Set

import attrs
from attrs import field, frozen

from actionplans.checks import EMPTY, FrozenMap, Value, frozen_map
from actionplans.codec import decode_entry, encode_entry
from actionplans.journal import Entry, RecordId
from actionplans.model.words import Count, Line, Word

UNRECORDED = frozenset({"draft", "shortcut"})
"""The kinds of records that have no journal: what somebody keeps for themselves is no part of what was done."""

REMOVING = frozenset({("touchpoint", "touchpoint.delete"), ("person", "person.erase")})
"""The kinds of records that may go, each with the action whose entry is its last one."""


@frozen
class Link:
    """One entry as a store keeps it. `personal` is what was kept apart, None where nothing was or it is erased."""

    record: str
    id: str
    revision: int
    text: str
    hash: str
    personal: str | None = None

    def entry(self) -> Entry:
        """The entry as it was committed, or without what has been erased of it."""
        return decode_entry(self.text if self.personal is None else self.personal.partition("\n")[2])


@frozen
class Flaw(Value):
    """The first thing that is wrong with the journal of one record: at which revision, and what."""

    record: Word
    id: RecordId
    revision: Count
    reason: Line

    def sentence(self) -> str:
        """For people."""
        return f"{self.record} {self.id!r}, revision {self.revision}: {self.reason}"


@frozen
class Mark(Value):
    """The last entry of one record when a head was taken."""

    revision: Count
    hash: Line


@frozen
class Head(Value):
    """Where the journal of a tenant stood: a digest over the last hashes of all its records (J3).

    Keep it away from the store. `marks` say how far each record was, so that it can be used when work has gone on;
    they are by kind and id with a space between. `dumps` and `loads` make it text and back.
    """

    digest: Line
    entries: Count
    marks: FrozenMap[Line, Mark] = field(default=EMPTY, converter=frozen_map)


def is_personal(entry: Entry) -> bool:
    """Whether an entry is about a person: what changed on one, or on an account, which may be or become one (J4)."""
    return entry.record in ("person", "account") and bool(entry.edits)


def linked(entry: Entry, before: str, *, salt: str) -> Link:
    """The link for an entry behind the one with the hash `before`, which is empty for the first.

    The edits of a personal one are kept apart with `salt`, which must be random and not be used again.
    """
    apart = f"{salt}\n{encode_entry(entry)}" if is_personal(entry) else None
    text = encode_entry(attrs.evolve(entry, edits=(), erased=digest_of(apart)) if apart is not None else entry)
    hash = hash_of(before, entry.record, entry.id, entry.revision, text)
    return Link(entry.record, entry.id, entry.revision, text, hash, apart)


def hash_of(before: str, record: str, id: str, revision: int, text: str) -> str:
    """What links an entry to the one before it, and to where it stands."""
    return hashlib.sha256(f"{before}\n{record}\n{id}\n{revision}\n{text}".encode()).hexdigest()


def digest_of(personal: str) -> str:
    """What stands in an entry for what is kept apart."""
    return hashlib.sha256(personal.encode()).hexdigest()


@frozen
class Chain:
    """The links of one record, followed to the last one: how many there are, and the first flaw."""

    last: Link
    count: int
    flaw: Flaw | None

    @property
    def key(self) -> str:
        """What a head calls the record."""
        return f"{self.last.record} {self.last.id}"

    def beside(self, revision: int) -> Flaw | None:
        """The flaw of the chain, or that the record stands elsewhere: at this revision, 0 where there is none."""
        last = self.last
        if self.flaw is not None:
            return self.flaw
        removed = (last.record, decode_entry(last.text).action) in REMOVING if revision != last.revision else False
        if revision == last.revision or removed and not revision:
            return None
        if not revision:
            return Flaw(last.record, last.id, last.revision, "the record is gone, and its journal does not say why")
        if removed:
            return Flaw(last.record, last.id, last.revision, f"this removed the record, which is at {revision} still")
        if revision > last.revision:
            told = f"this entry was removed: the record is at revision {revision}"
            return Flaw(last.record, last.id, last.revision + 1, told)
        return Flaw(last.record, last.id, revision + 1, f"this entry was added: the record is at revision {revision}")


def followed(links: Iterable[Link], erased: Set[tuple[str, str]] = frozenset(), saved: Head | None = None) -> Chain:
    """All the links of one record, in order, and at least one of them. `erased` are those who are, by kind and id."""
    before, revision, count, flaw = "", 0, 0, None
    for link in links:
        count += 1
        reason = _wrong(link, before, revision, erased)
        if not reason and saved is not None:
            mark = saved.marks.get(f"{link.record} {link.id}")
            if mark is not None and mark.revision == link.revision and mark.hash != link.hash:
                reason = "up to this entry the journal is not that of the saved head"
        if reason and flaw is None:
            flaw = Flaw(link.record, link.id, min(revision + 1, link.revision), reason)
        before, revision = link.hash, link.revision
    chain = Chain(link, count, flaw)
    mark = saved.marks.get(chain.key) if saved is not None else None
    if mark is not None and revision < mark.revision and flaw is None:
        told = f"this entry was removed: the saved head has entries up to {mark.revision}"
        return attrs.evolve(chain, flaw=Flaw(link.record, link.id, revision + 1, told))
    return chain


def head_of(chains: Iterable[Chain]) -> Head:
    """The head over the chains of all records."""
    entries, marks = 0, {}
    for chain in chains:
        entries += chain.count
        marks[chain.key] = Mark(chain.last.revision, chain.last.hash)
    return Head(digest_over(marks), entries, FrozenMap(marks))


def digest_over(marks: Mapping[str, Mark]) -> str:
    """The digest of a head with these marks."""
    told = "\n".join(f"{len(key)} {key} {marks[key].revision} {marks[key].hash}" for key in sorted(marks))
    return hashlib.sha256(told.encode()).hexdigest()


def lost(saved: Head, seen: Set[str]) -> Iterator[Flaw]:
    """The records of a saved head of which nothing is left among those that were seen."""
    for key, mark in saved.marks.items():
        if key not in seen:
            record, _, id = key.partition(" ")
            yield Flaw(record, id, mark.revision, "the record and its journal are gone")


def _wrong(link: Link, before: str, revision: int, erased: Set[tuple[str, str]]) -> str:
    if link.revision != revision + 1:
        return "this entry was removed"
    if link.hash != hash_of(before, link.record, link.id, link.revision, link.text):
        return "this entry was changed or moved"
    if link.personal is None and '"erased":' not in link.text:
        return ""
    digest = decode_entry(link.text).erased
    if link.personal is not None:
        return "" if digest_of(link.personal) == digest else "what is personal in this entry was changed"
    known = not digest or (link.record, link.id) in erased
    return "" if known else "what is personal in this entry was removed, and nobody erased it"
