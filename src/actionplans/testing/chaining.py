"""The store contract on the chains of the journal, and on what is personal in it (C17, C18)."""

from __future__ import annotations

import datetime as dt
import hashlib
from pathlib import Path
from typing import Any, get_args

import pytest

from actionplans.chain import Link, followed
from actionplans.errors import Invalid
from actionplans.journal import Entry, diff
from actionplans.model import Account, Erasure, Person, Plan, Team
from actionplans.storage import (
    Batch,
    DeliveryQuery,
    DeliveryState,
    Message,
    Record,
    Removal,
    Store,
    Write,
    id_of,
    kind_of,
)
from actionplans.testing.opened import OpenedStore, entry, plan
from actionplans.testing.samples import NOW

ANA, MET = Person("p1", "Ana Lima", email="ana@example.com"), Person("p1", "Ana Metz", email="metz@example.com")


class ChainingContract(OpenedStore):
    """One test or more for each numbered sentence."""

    # C17: `links` gives the journal as `chain.linked` makes it

    def test_c17_each_entry_is_linked_to_the_one_before(self, store: Store) -> None:
        """The hash covers where it stands, its text and the hash before it; the text is the entry."""
        titles = [plan("p1", title=title) for title in ("One", "Two", "Three")]
        told = [
            entry(after, n + 1, edits=diff(before, after) if before is not None else ())
            for n, (before, after) in enumerate(zip([None, *titles], titles, strict=False))
        ]
        for n, (record, one) in enumerate(zip(titles, told, strict=True)):
            commit(store, one, record, read=n)
        found = store.links()
        before = ""
        for one, link in zip(told, found, strict=True):
            assert (one, None) == (link.entry(), link.personal)
            text = f"{before}\nplan\np1\n{one.revision}\n{link.text}"
            assert hashlib.sha256(text.encode()).hexdigest() == link.hash
            before = link.hash
        assert followed(found).flaw is None

    def test_c17_all_entries_come_in_order_and_in_pages(self, store: Store) -> None:
        """By kind, id and revision, those of removed records too; `after` goes on behind one."""
        for id in ("b", "B", "a", "é", "a\n1"):
            commit(store, entry(Team(id, "Sales"), 1), Team(id, "Sales"))
        commit(store, entry(plan("b"), 1), plan("b"))
        commit(store, entry(Team("b", "More"), 2), Team("b", "More"), read=1)
        store.commit(Batch(removals=(Removal("team", "a", 1),), entries=(entry(Team("a", "Sales"), 2),)))
        keys = [key(one) for one in store.links()]
        pages: list[tuple[str, str, int]] = []
        while page := store.links(after=pages[-1] if pages else None, limit=3):
            pages += map(key, page)
        assert keys == pages == sorted(keys)
        assert 8 == len(keys)
        assert [] == [*store.links(after=("template", "", 0))]

    @pytest.mark.parametrize("after", ["x", ("team", "x"), ("nothing", "x", 1), ("team", 1, 1), ("team", "x", -1)])
    def test_c17_what_is_no_place_is_invalid(self, store: Store, after: Any) -> None:
        """Nor is a limit below 1 or above 1,000."""
        with pytest.raises(Invalid):
            store.links(after=after)
        for limit in (0, 1001, None, True):
            with pytest.raises(Invalid):
                store.links(limit=limit)  # type: ignore[arg-type]

    def test_c17_what_is_personal_is_kept_apart(self, store: Store) -> None:
        """Of persons, and of accounts, which may be or become one: the text has a salted digest of it, no more."""
        lead, other = Account("a1", "Bo Lind", "lead"), Account("a1", "Bo Lund", "lead")
        firm, named = Account("a2", "Acme"), Account("a2", "Bolte")
        for before, after in ((ANA, MET), (lead, other), (other, Account("a1", "Bolt", "company")), (firm, named)):
            read = store.revisions(kind_of(type(before)), (id_of(before),)).get(id_of(before), 0)
            if not read:
                commit(store, entry(before, 1), before)
            made = entry(after, max(read, 1) + 1, edits=diff(before, after))
            commit(store, made, after, read=max(read, 1))
            assert made == list(store.journal(made.record, made.id))[-1]
        apart = [one for one in store.links() if one.personal is not None]
        told = [("account", "a1", 2), ("account", "a1", 3), ("account", "a2", 2), ("person", "p1", 2)]
        assert told == list(map(key, apart))
        for one in apart:
            assert not any(name in one.text for name in ("Lima", "Metz", "Lind", "Lund", "Bolt", "example.com"))
            assert hashlib.sha256((one.personal or "").encode()).hexdigest() in one.text

    def test_c17_every_salt_is_its_own(self, store: Store) -> None:
        """Equal values have other digests, so that nobody can find out by trying."""
        for id in ("p1", "p2"):
            commit(store, entry(Person(id, "Ana"), 1), Person(id, "Ana"))
            for n, name in enumerate(("Eva", "Ana", "Eva")):
                before, after = Person(id, "Ana" if name == "Eva" else "Eva"), Person(id, name)
                commit(store, entry(after, n + 2, edits=diff(before, after)), after, read=n + 1)
        salts = [one.personal.partition("\n")[0] for one in store.links() if one.personal is not None]
        assert 6 == len(set(salts))
        assert all(len(one) >= 32 for one in salts)

    def test_c17_where_records_stand(self, store: Store) -> None:
        """Of each kind those that are there, and which of them have no journal."""
        for record in (plan("x"), Account("x", "Acme"), Team("x", "Sales"), Person("x", "Ana")):
            store.commit(Batch((Write(record),)))
            commit(store, entry(record, 2), record, read=1)
            other: Any = type(record)
            store.commit(Batch((Write(plan("y") if other is Plan else other("y", "Other")),)))
            kind = kind_of(other)
            assert {"x": 2, "y": 1} == store.revisions(kind, ["x", "z", "y", "x"])
            assert ("y",) == store.unrecorded(kind)
        assert () == store.unrecorded("job")
        for wrong in (lambda: store.revisions("nothing", ["x"]), lambda: store.unrecorded("nothing")):
            with pytest.raises(Invalid):
                wrong()

    def test_c17_a_tenant_has_chains_of_its_own(self, place: Path, store: Store) -> None:
        """As C9 says of everything."""
        other = self.open_store(place, "another")
        commit(other, entry(Team("x", "Sales"), 1), Team("x", "Sales"))
        other.commit(Batch((Write(Team("y", "Sales")),)))
        assert ((), {}, ()) == (store.links(), store.revisions("team", ["x"]), store.unrecorded("team"))
        other.close()

    # C18: a batch that makes an `Erasure` takes all that was kept apart out of the entries of that person

    def test_c18_what_was_personal_is_gone_and_the_chain_is_true(self, place: Path, store: Store) -> None:
        """The entries are there without edits; those of others, and in other tenants, are as they were."""
        other = self.open_store(place, "another")
        for one in (store, other):
            for id in ("p1", "p2"):
                for n, (before, after) in enumerate(
                    ((None, Person(id, "Ana")), (Person(id, "Ana"), Person(id, "Eva")))
                ):
                    made = entry(after, n + 1, edits=diff(before, after) if before is not None else ())
                    commit(one, made, after, read=n)
        others = [list(other.journal("person", "p1")), list(store.journal("person", "p2"))]
        hashes = [one.hash for one in store.links()]
        erasure = Erasure("person", "p1", "u1", NOW)
        entries = (entry(Person("p1", "Ana"), 3, "person.erase"), entry(erasure, 1, "person.erase"))
        store.commit(Batch((Write(erasure),), (Removal("person", "p1", 2),), entries))
        store.purge()
        assert [(), (), ()] == [one.edits for one in store.journal("person", "p1")]
        erased = [bool(one.erased) for one in store.journal("person", "p1")]
        assert [False, True, False] == erased
        assert others == [list(other.journal("person", "p1")), list(store.journal("person", "p2"))]
        links = [one for one in store.links() if (one.record, one.id) == ("person", "p1")]
        assert followed(links, {("person", "p1")}).flaw is None
        assert "nobody erased it" in str(followed(links).flaw)
        assert set(hashes) <= {one.hash for one in store.links()}
        assert erasure.id == store.get(Erasure, "person:p1").id
        other.close()

    def test_c18_messages_to_the_erased_lose_their_words(self, store: Store) -> None:
        """Those that wait, those that came to an end and those about them; all others stay as they are."""
        told = [
            Message("k1", "told", "p1", NOW, "plan", "p1", detail="Ana"),
            Message("k2", "told", "u2", NOW, "person", "p1", detail="Ana"),
            Message("k3", "told", "p2", NOW, "plan", "p1", detail="for p1"),
            Message("k4", "told", "p1", NOW, "plan", "p2", detail="Ana again"),
        ]
        store.commit(Batch((Write(Person("p1", "Ana")),), messages=tuple(told)))
        later = NOW + dt.timedelta(hours=1)
        held = {one.message.key: one for one in store.claim(NOW, later)}
        ends = held["k1"].failed(later, "no such mailbox: ana@example.com"), held["k3"].skipped(later, "opted out")
        store.settle([*ends, held["k4"].again(NOW)])
        erasure = Erasure("person", "p1", "u1", NOW)
        store.commit(Batch((Write(erasure),), (Removal("person", "p1", 1),)))
        found = {
            one.message.key: one
            for state in get_args(DeliveryState)
            for one in store.find(DeliveryQuery(state=state)).items
        }
        assert ("", "erased", "failed") == (found["k1"].message.detail, found["k1"].reason, found["k1"].state)
        assert ("", "") == (found["k2"].message.detail, found["k4"].message.detail)
        assert ends[1] == found["k3"]
        assert {one.key: one.at for one in told} == {key: one.message.at for key, one in found.items()}
        assert ["k4"] == [one.message.key for one in store.claim(NOW, later)], "what waits may be taken still"
        assert ("k2",) == store.settle([held["k2"].failed(later, "Ana is away")]), "who has it brings no words back"


def commit(store: Store, told: Entry, record: Record, *, read: int = 0) -> None:
    """Commit a record with its entry."""
    store.commit(Batch((Write(record, read),), entries=(told,)))


def key(link: Link) -> tuple[str, str, int]:
    """Where a link stands."""
    return link.record, link.id, link.revision
