"""The store contract on records and their journal (C1 to C5, C7, C13, C14, C16)."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import suppress
from decimal import Decimal
from pathlib import Path
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from actionplans.checks import FrozenMap
from actionplans.errors import ActionPlansError, Invalid, NotFound, Refused, Stale
from actionplans.journal import Edit, Entry
from actionplans.model import Account, Launch, Objective, Person, Plan, Stage, Task, Team
from actionplans.storage import (
    KINDS,
    Batch,
    Message,
    PlanQuery,
    Record,
    Removal,
    Store,
    TaskQuery,
    Write,
    id_of,
    kind_of,
)
from actionplans.testing.opened import OpenedStore, entry, every, everything, expected, plan, save, shared, tenants
from actionplans.testing.samples import NOW, plans
from actionplans.testing.strategies import kinds, nouns


class CommittingContract(OpenedStore):
    """One test or more for each numbered sentence."""

    # C1: `get` gives the record exactly as it was committed, or raises `NotFound`

    @shared
    @given(record=kinds(list(KINDS.values())))
    def test_c1_a_record_comes_back_as_it_was_committed(self, place: Path, store: Store, record: Record) -> None:
        """Every kind of record, with whatever its fields may hold."""
        mine = self.open_store(place, next(tenants))
        mine.commit(Batch((Write(record),)))
        kept = attrs.evolve(record, revision=1)
        assert kept == mine.get(type(record), id_of(record))
        assert {id_of(record): kept} == mine.get_many(type(record), [id_of(record)])
        mine.close()

    def test_c1_values_that_are_equal_and_not_the_same_come_back_as_they_were(self, store: Store) -> None:
        """1.50 does not become 1.5 because another task, equal to this one, was stored before."""
        amounts: list[Any] = [Decimal("1.5"), Decimal("1.50"), 1, True, Decimal(1)]
        tasks = [Task(f"t{n}", "Pay", custom=FrozenMap({"amount": one})) for n, one in enumerate(amounts)]
        save(store, plan("p1", *tasks))
        assert list(map(repr, amounts)) == [repr(one.custom["amount"]) for one in store.get(Plan, "p1").tasks]

    @pytest.mark.parametrize("id", ["", "p2", "P1", "p1 ", "p1\0", "\ud800", "%", "p_", "x" * 100_000])
    def test_c1_an_unknown_id_is_not_found(self, store: Store, id: str) -> None:
        """Whatever text it is; `get_many` leaves it out."""
        save(store, plan("p1"))
        with pytest.raises(NotFound) as caught:
            store.get(Plan, id)
        assert ("plan", id) == (caught.value.kind, caught.value.id)
        assert {} == store.get_many(Plan, [id])

    def test_c1_a_record_is_found_by_its_kind_and_id(self, store: Store) -> None:
        """The same id may belong to records of several kinds."""
        save(store, Person("x", "Ana"), Team("x", "Sales"), Account("x", "Acme"), plan("x"))
        assert ["Ana", "Sales", "Acme"] == [
            store.get(Person, "x").name,
            store.get(Team, "x").name,
            store.get(Account, "x").name,
        ]
        with pytest.raises(NotFound):
            store.get(KINDS["shortcut"], "x")

    def test_c1_get_many_gives_those_that_are_there(self, store: Store) -> None:
        """Many at once, each once, in the order asked for; an iterator will do."""
        save(store, *(plan(f"p{n}", Task(f"t{n}", "Call")) for n in range(1200)))
        wanted = [f"p{n}" for n in (1100, 3, 5000, 3, 0)]
        found = store.get_many(Plan, iter(wanted))
        assert ["p1100", "p3", "p0"] == list(found)
        assert all((f"t{id[1:]}",) == tuple(task.id for task in one.tasks) for id, one in found.items())
        assert 1200 == len(store.get_many(Plan, (f"p{n}" for n in range(2000))))

    @pytest.mark.parametrize(("cls", "ids"), [(Task, ["x"]), (Plan, [1]), (Plan, "p1"), (Plan, None), (Plan, [None])])
    def test_c1_what_is_no_class_or_id_is_invalid(self, store: Store, cls: Any, ids: Any) -> None:
        """No guessing: a number is no id and a text is not several."""
        with pytest.raises(Invalid):
            store.get_many(cls, ids)

    # C2: `commit` does the whole batch or nothing of it

    def test_c2_nothing_of_a_refused_batch_is_done(self, store: Store) -> None:
        """Writes, removals, entries and messages, however late the trouble comes."""
        save(store, plan("p1", Task("t1", "Call")), Account("acme", "Acme"), Team("x", "Sales"))
        before = everything(store)
        writes = (
            Write(plan("p1", title="New"), 1),
            Write(plan("p2", Task("t2", "New"))),
            Write(Account("acme", "New"), 1),
            Write(Team("y", "Stale"), 7),
        )
        removals = (Removal("team", "x", 1),)
        told = (Message("k", "launched", "ana", NOW, "plan", "p2"),)
        with pytest.raises(Stale):
            store.commit(Batch(writes, removals, (entry(plan("p2"), 1),), told))
        assert before == everything(store)
        assert [] == [*store.journal("plan", "p2"), *store.messages()]

    def test_c2_all_of_a_batch_is_done(self, store: Store) -> None:
        """Several kinds of records, removals, entries and messages in one commit."""
        save(store, Team("x", "Sales"))
        told = Message("k", "launched", "ana", NOW, "plan", "p1", detail="naïve 👩‍👩‍👧")
        made = entry(plan("p1"), 1, "launched")
        batch = Batch((Write(plan("p1")), Write(Account("acme", "Acme"))), (Removal("team", "x", 1),), (made,), (told,))
        store.commit(batch)
        found = everything(store)
        assert [["p1"], ["acme"], []] == [[one.id for one in found[kind]] for kind in ("plan", "account", "team")]
        assert ([made], [told]) == (list(store.journal("plan", "p1")), list(store.messages()))

    def test_c2_an_empty_batch_does_nothing(self, store: Store) -> None:
        """And is no error."""
        store.commit(Batch())
        assert [] == list(store.messages())

    # C3: a write or removal whose `read` is not the stored revision raises `Stale`

    @pytest.mark.parametrize("cls", [Plan, Account, Team])
    def test_c3_a_stale_write_or_removal_is_refused(self, store: Store, cls: type[Any]) -> None:
        """Making what is there, changing what is newer, older or not there, removing likewise: both revisions told."""
        made: Callable[[str], Record] = plan if cls is Plan else lambda id: cls(id, "A name")
        kind = kind_of(cls)
        save(store, made("x"))
        save(store, attrs.evolve(made("x"), revision=1))
        attempts: list[tuple[Batch, str, int, int]] = [
            (Batch((Write(made("x"), read),)), "x", read, 2) for read in (0, 1, 3, 10**12)
        ]
        attempts += [(Batch(removals=(Removal(kind, "x", read),)), "x", read, 2) for read in (1, 3)]
        attempts += [(Batch((Write(made("y"), 1),)), "y", 1, 0), (Batch(removals=(Removal(kind, "y", 1),)), "y", 1, 0)]
        for batch, id, read, current in attempts:
            with pytest.raises(Stale) as caught:
                store.commit(batch)
            assert (kind, id, read, current) == attrs.astuple(caught.value)
        assert 2 == store.get(cls, "x").revision

    def test_c3_a_removed_record_is_gone_and_may_be_made_again(self, store: Store) -> None:
        """With all that stood in it; its revisions begin again."""
        save(store, plan("p1", Task("t1", "Call"), objectives=(Objective("o1", "Grow"),)))
        store.commit(Batch(removals=(Removal("plan", "p1", 1),)))
        with pytest.raises(NotFound):
            store.get(Plan, "p1")
        assert [] == [*every(store, PlanQuery()), *every(store, TaskQuery())]
        save(store, plan("p1"))
        assert ((), (), 1) == attrs.astuple(
            store.get(Plan, "p1"), filter=lambda field, _: field.name in ("objectives", "tasks", "revision")
        )

    # C4: the stored record has the revision `read` + 1

    def test_c4_the_stored_revision_is_one_more_than_was_read(self, store: Store) -> None:
        """Whatever revision the record carries."""
        for record in (plan("x", revision=40), Account("x", "Acme", revision=40), Team("x", "Sales", revision=40)):
            for read in (0, 1):
                store.commit(Batch((Write(record, read),)))
                assert read + 1 == store.get(type(record), "x").revision

    @shared
    @given(versions=st.lists(plans(st.just("p1")), min_size=2, max_size=5))
    def test_c4_a_change_leaves_nothing_of_what_was_before(
        self, place: Path, store: Store, versions: list[Plan]
    ) -> None:
        """Items added, changed, moved and taken out, whole plans turned into others."""
        mine = self.open_store(place, next(tenants))
        for read, version in enumerate(versions):
            mine.commit(Batch((Write(version, read),)))
            kept = attrs.evolve(version, revision=read + 1)
            assert kept == mine.get(Plan, "p1")
            statuses = tuple({task.status for task in kept.tasks}) or ("open",)
            assert expected(TaskQuery(statuses=statuses), [kept]) == every(mine, TaskQuery(statuses=statuses))
        mine.close()

    # C5: journal entries come back by record in the order of their revisions

    def test_c5_entries_come_back_in_order(self, store: Store) -> None:
        """By record, as they were, from any revision on; commits without an entry leave no trace."""
        made = [entry(plan("p1"), n, f"step {n}", edits=(Edit("record", "", "title", n, "é"),)) for n in (1, 2, 3, 5)]
        for n in range(5):
            mine = tuple(one for one in made if one.revision == n + 1)
            store.commit(Batch((Write(plan("p1"), n), Write(plan("p2"), n)), entries=mine))
        assert made == list(store.journal("plan", "p1"))
        assert made[2:] == list(store.journal("plan", "p1", after=2))
        assert [] == [*store.journal("plan", "p1", after=10**30), *store.journal("plan", "p2")]
        assert [] == [*store.journal("team", "p1"), *store.journal("plan", "P1"), *store.journal("plan", "p1\0")]

    @shared
    @given(written=nouns(Entry))
    def test_c5_an_entry_comes_back_as_it_was(self, place: Path, store: Store, written: Entry) -> None:
        """Whatever its edits hold."""
        mine = self.open_store(place, next(tenants))
        made = attrs.evolve(written, record="team", id="x", revision=1)
        mine.commit(Batch((Write(Team("x", "Sales")),), entries=(made,)))
        assert [made] == list(mine.journal("team", "x"))
        mine.close()

    def test_c5_the_journal_of_a_removed_record_stays(self, store: Store) -> None:
        """Its removal can be its last entry, and its id is not used again."""
        store.commit(Batch((Write(Team("x", "Sales")),), entries=(entry(Team("x", "Sales"), 1),)))
        gone = entry(Team("x", "Sales"), 2, "removed")
        store.commit(Batch(removals=(Removal("team", "x", 1),), entries=(gone,)))
        assert gone == list(store.journal("team", "x"))[-1]
        with pytest.raises(Refused):
            store.commit(Batch((Write(Team("x", "Other")),), entries=(entry(Team("x", "Other"), 1),)))
        assert {} == store.get_many(Team, ["x"])

    @pytest.mark.parametrize(
        ("kind", "id", "after"), [("task", "x", 0), ("plan", 1, 0), ("plan", "x", -1), ("plan", "x", True)]
    )
    def test_c5_what_no_journal_can_have_is_invalid(self, store: Store, kind: Any, id: Any, after: Any) -> None:
        """An unknown kind, an id that is no text, a revision below 0."""
        with pytest.raises(Invalid):
            store.journal(kind, id, after=after)

    # C7: when `commit` returns, the change survives what the store's `durable` promises

    def test_c7_a_durable_store_has_everything_when_it_is_opened_again(self, place: Path, store: Store) -> None:
        """Records, journal and messages; a store that is not durable says so."""
        told = Message("k", "launched", "ana", NOW, "plan", "p1")
        store.commit(Batch((Write(plan("p1", Task("t1", "Call"))),), entries=(entry(plan("p1"), 1),), messages=(told,)))
        before = everything(store)
        assert type(store.durable) is bool
        if store.durable:
            store.close()
            again = self.open_store(place)
            assert before == everything(again)
            again.close()

    # C13: (job, row) of a launch is unique in a tenant

    def test_c13_a_row_of_a_job_is_launched_once(self, store: Store) -> None:
        """Not in a later batch and not twice in one; nothing else of the batch is done. No job, no row to repeat."""
        save(store, _launched("p1", "j", "r"))
        twice = (_launched("p3", "j", "new"), _launched("p4", "j", "new"))
        for some in ((_launched("p2", "j", "r"), Team("x", "Sales")), twice):
            with pytest.raises(Refused):
                save(store, *some)
        found = everything(store)
        assert [["p1"], [], []] == [[one.id for one in found[kind]] for kind in ("plan", "account", "team")]
        save(
            store,
            _launched("p2", "j", ""),
            _launched("p3", "", "r"),
            _launched("p4", "", "r"),
            _launched("p5", "i", "r"),
        )
        with pytest.raises(Refused):
            save(store, _launched("p6", "j", ""))

    def test_c13_a_launched_plan_may_change(self, store: Store) -> None:
        """It keeps its row; when it is removed the row may be launched again, even in the same batch."""
        save(store, _launched("p1", "j", "r"))
        save(store, attrs.evolve(_launched("p1", "j", "r"), title="Changed", revision=1))
        with pytest.raises(Refused):
            save(store, _launched("p2", "j", "r"))
        store.commit(Batch((Write(_launched("p2", "j", "r")),), (Removal("plan", "p1", 2),)))
        assert ["p2"] == [one.id for one in every(store, PlanQuery())]

    def test_c13_rows_may_change_hands(self, store: Store) -> None:
        """What counts is how things stand after the batch."""
        save(store, _launched("p1", "j", "1"), _launched("p2", "j", "2"))
        swapped = [attrs.evolve(_launched(id, "j", row), revision=1) for id, row in (("p1", "2"), ("p2", "1"))]
        save(store, *swapped)
        rows = [store.get(Plan, id).launch for id in ("p1", "p2")]
        assert ["2", "1"] == [one.row for one in rows if one is not None]
        with pytest.raises(Refused):
            save(store, _launched("p3", "j", "1"))

    def test_c13_what_a_job_has_launched_is_found_by_row(self, store: Store) -> None:
        """Those of the rows asked for, in their order, however many; not those of plans that were removed."""
        assert {} == store.launched("j", ["1"])
        save(store, *(_launched(f"p{n}", "j", str(n)) for n in range(1200)), _launched("q", "i", "r"), plan("x"))
        save(store, _launched("y", "j", ""))
        asked = ("r", *map(str, reversed(range(1100, 1300))), "", "1199", "\0", "\ud800", "%")
        assert [*((str(n), f"p{n}") for n in reversed(range(1100, 1200))), ("", "y")] == [
            *store.launched("j", iter(asked)).items()
        ]
        store.commit(Batch(removals=(Removal("plan", "p1199", 1),)))
        assert ["p1198"] == list(store.launched("j", ["1199", "1198"]).values())
        assert {} == store.launched("\ud800", ["1"]) == store.launched("j", []) == store.launched("J", ["1"])

    @pytest.mark.parametrize(
        ("job", "rows", "places"),
        [
            ("j", "rows", ["rows"]),
            ("j", None, ["rows"]),
            ("", ["r"], ["job"]),
            (None, ["r", 1, None], ["job", "rows", "rows"]),
        ],
    )
    def test_c13_what_is_no_row_or_job_is_invalid(self, store: Store, job: Any, rows: Any, places: list[str]) -> None:
        """Several texts, and the id of a job."""
        with pytest.raises(Invalid) as error:
            store.launched(job, rows)
        assert places == [one.place for one in error.value.problems]

    # C14: a batch that contradicts itself raises `Invalid` with all problems

    @pytest.mark.parametrize(
        "batch",
        [
            Batch((Write(plan("p1")), Write(plan("p1", title="Again")))),
            Batch((Write(plan("p1"), 1),), (Removal("plan", "p1", 1),)),
            Batch((Write(plan("p1"), -1),)),
            Batch((Write(plan("p1"), True),)),
            Batch((Write(plan("p1"), 2**53),)),
            Batch((Write("p1"),)),  # type: ignore[arg-type]
            Batch(removals=(Removal("plan", "p1", 0),)),
            Batch(removals=(Removal("task", "p1", 1),)),
            Batch(removals=(Removal("plan", "\ud800", 1),)),
            Batch((Write(plan("p1", Task("", "Call"))),)),
            Batch((Write(plan("p1", Task("t", "Call"), Task("t", "Call"))),)),
            Batch((Write(plan("p1", Task("t", "Call"), stages=(Stage("t", "First"),))),)),
            Batch((Write(plan("p1")),), entries=(entry(plan("p1"), 2),)),
            Batch((Write(plan("p1")),), entries=(entry(plan("p2"), 1),)),
            Batch((Write(plan("p1")),), entries=(entry(plan("p1"), 1), entry(plan("p1"), 1))),
        ],
    )
    def test_c14_a_batch_that_contradicts_itself_is_invalid(self, store: Store, batch: Batch) -> None:
        """And nothing of it is done."""
        with pytest.raises(Invalid) as caught:
            store.commit(batch)
        assert caught.value.problems
        assert not any(everything(store).values())

    def test_c14_all_problems_are_told_at_once(self, store: Store) -> None:
        """Each with its place."""
        two = Batch((Write(plan("p1", Task("", "Call"))), Write(Team("x", "Sales"), -1)), (Removal("task", "t", 1),))
        with pytest.raises(Invalid) as caught:
            store.commit(two)
        assert ["writes[0].record", "writes[1].read", "removals[0].kind"] == [
            one.place for one in caught.value.problems
        ]

    def test_c14_invalid_goes_before_stale_and_stale_before_refused(self, store: Store) -> None:
        """So that all stores raise the same of several errors, the first write before the next and the removals."""
        save(store, _launched("p1", "j", "r"))
        again, stale, gone = _launched("p2", "j", "r"), Write(Team("x", "Sales"), 3), Removal("team", "y", 4)
        twins = Write(_launched("p3", "j", "new")), Write(_launched("p4", "j", "new"))
        with pytest.raises(Invalid):
            store.commit(Batch((Write(again), stale, Write(plan("p3", Task("", "Call"))))))
        with pytest.raises(Stale) as caught:
            store.commit(Batch((Write(again), stale), (gone,)))
        assert ("team", "x", 3, 0) == attrs.astuple(caught.value)
        with pytest.raises(Stale):
            store.commit(Batch((*twins, stale)))
        with pytest.raises(Refused):
            store.commit(Batch((Write(again),)))

    # C16: what is committed has been verified; of a task that is unsound a store promises C2 and one of our errors

    @pytest.mark.parametrize(
        "fields",
        [
            *({"id": value} for value in (5, None, True, ("t",), ["t"])),
            *(
                {name: object()}
                for name in ("owner_id", "type", "stage_id", "calendar", "offset", "weight", "original_due")
            ),
            *({"owner_id": value} for value in ("\0", "\ud800", 10**30)),
            *({name: (object(),)} for name in ("tags", "helpers", "comments", "dependencies")),
            {"custom": FrozenMap({"x": object()})},
        ],
        ids=lambda fields: re.sub(" at 0x[0-9a-f]+", "", ascii(fields)),
    )
    def test_c16_an_unsound_task_is_refused_or_kept_and_breaks_nothing(
        self, store: Store, fields: dict[str, Any]
    ) -> None:
        """Other plans are written, found and listed as before."""
        unsound = Task(**{"id": "t1", "title": "Call", **fields})
        with suppress(ActionPlansError):
            save(store, plan("p1", unsound), Team("x", "Sales"))
        assert len(store.get_many(Plan, ["p1"])) == len(store.get_many(Team, ["x"]))
        save(store, plan("p2", Task("t2", "Visit"), Task("t3", "Mail")))
        assert ["p2"] == [one.id for one in every(store, PlanQuery()) if one.id != "p1"]
        assert ["t2", "t3"] == [one.task.id for one in every(store, TaskQuery()) if one.plan_id != "p1"]


def _launched(id: str, job: str, row: str) -> Plan:
    return plan(id, launch=Launch("template-1", 1, NOW, "ana", job=job, row=row))
