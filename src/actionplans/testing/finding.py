"""The store contract on lists, other tenants and threads (C6, C8 to C11)."""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import chain
from pathlib import Path
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from actionplans.errors import Invalid, Stale, StoreClosed
from actionplans.model import Account, Launch, Objective, Person, Plan, Task, Team, Touchpoint
from actionplans.storage import (
    AccountQuery,
    Batch,
    Message,
    ObjectiveQuery,
    PlanQuery,
    Query,
    Record,
    RecordQuery,
    Store,
    TaskQuery,
    TouchpointQuery,
    Write,
    id_of,
    kind_of,
)
from actionplans.testing.opened import (
    OpenedStore,
    entry,
    every,
    everything,
    expected,
    impatient_threads,
    plan,
    save,
    shared,
    tenants,
)
from actionplans.testing.samples import NOW, accounts, others, plans, queries
from actionplans.testing.strategies import NASTY

QUERIES: tuple[Query, ...] = (
    PlanQuery(),
    TaskQuery(),
    ObjectiveQuery(),
    TouchpointQuery(),
    AccountQuery(),
    RecordQuery("team"),
)

_LONG = ("x" * 500, "👩" * 500, "\U0010ffff" * 500, "é" * 499 + "!")


def _lists(strategy: SearchStrategy[Any]) -> SearchStrategy[list[Any]]:
    return st.lists(strategy, max_size=5, unique_by=lambda one: (kind_of(type(one)), one.id))


_records = st.tuples(_lists(plans()), _lists(accounts()), _lists(others())).map(lambda some: [*chain(*some)])


class FindingContract(OpenedStore):
    """One test or more for each numbered sentence."""

    # C6: a read sees whole commits only

    def test_c6_a_read_sees_whole_commits_only(self, place: Path, store: Store) -> None:
        """Plans that are always committed together, with all their items, are never seen apart."""
        save(store, *_together(0))
        stop = threading.Event()

        def write() -> None:
            n = 0
            while not stop.is_set():
                n += 1
                save(store, *(attrs.evolve(one, revision=n) for one in _together(n)))

        with impatient_threads(), ThreadPoolExecutor(1) as pool:
            writer = pool.submit(write)
            try:
                for _ in range(100):
                    found = store.get_many(Plan, ["p1", "p2"]).values()
                    seen = {(one.title, *(item.title for item in one.items()), one.revision) for one in found}
                    listed = {(one.task.title, one.task.status) for one in every(store, TaskQuery())}
                    assert (1, 1) == (len(seen), len(listed))
            finally:
                stop.set()
            writer.result()

    # C8: `find` gives exactly the records for which `matches(query, record)` holds, in the order its query states

    @shared
    @given(records=_records, asked=st.lists(queries(), min_size=5, max_size=15), limit=st.integers(1, 7))
    def test_c8_find_gives_what_matches_in_the_stated_order(
        self, place: Path, store: Store, records: list[Any], asked: list[Query], limit: int
    ) -> None:
        """Any query of any records, in pages of any size."""
        mine, tenant = self.open_store(place, next(tenants)), []
        for n, one in enumerate(records):
            job = Launch("template-1", 1, NOW, "ana", job="j", row=str(n))
            tenant.append(attrs.evolve(one, launch=one.launch and job) if isinstance(one, Plan) else one)
        save(mine, *tenant)
        for query in asked:
            stored = [attrs.evolve(one, revision=1) for one in tenant]
            assert expected(query, stored) == every(mine, query, limit)
        mine.close()

    @pytest.mark.parametrize("query", QUERIES)
    def test_c8_a_page_goes_on_behind_the_last_one(self, store: Store, query: Query) -> None:
        """Also when what stood around the joint has come or gone since."""

        def make(n: int) -> Record:
            match query:
                case AccountQuery():
                    return Account(f"x{n}", "Same name")
                case RecordQuery():
                    return Team(f"x{n}", "Same name")
                case TouchpointQuery():
                    return Touchpoint(f"x{n}", "acme", "Called", NOW, "ana")
            goal = Objective(f"o{n}", "Renew", end=dt.date(2026, 1, 5))
            return plan(f"x{n}", Task(f"t{n}", "Call", due=dt.date(2026, 1, 5)), objectives=(goal,))

        save(store, *(make(n) for n in (1, 3, 5, 7)))
        first = store.find(query, limit=2)
        save(store, make(0), make(4), attrs.evolve(make(3), revision=1))
        rest = store.find(query, limit=10, after=first.next)
        assert [["1", "3"], ["4", "5", "7"]] == [[_number(one) for one in page.items] for page in (first, rest)]
        assert rest.next is None

    def test_c8_the_last_page_says_that_it_is_the_last(self, store: Store) -> None:
        """Even when it is full."""
        save(store, *(Team(f"x{n}", "Sales") for n in range(4)))
        first = store.find(RecordQuery("team"), limit=2)
        assert store.find(RecordQuery("team"), limit=2, after=first.next).next is None
        assert store.find(RecordQuery("team"), limit=4).next is None

    def test_c8_more_results_than_a_page_can_hold(self, store: Store) -> None:
        """Dated tasks, then undated ones, over many pages."""
        day = dt.date(2026, 1, 5)
        tasks = [Task(f"t{n:04}", "Call", due=None if n % 3 else day + dt.timedelta(n % 50)) for n in range(2500)]
        kept = plan("p1", *tasks, revision=1)
        save(store, attrs.evolve(kept, revision=0))
        assert expected(TaskQuery(), [kept]) == every(store, TaskQuery(), 1000) == every(store, TaskQuery(), 333)

    @pytest.mark.parametrize("query", QUERIES)
    @pytest.mark.parametrize("after", ["", "x", "é", "W10", "bnVsbA", "WyJ4Il0", "\ud800", 1, "W" * 10_000, "W1tbW1tb"])
    def test_c8_a_bad_cursor_is_invalid(self, store: Store, query: Any, after: Any) -> None:
        """Whatever it is."""
        with pytest.raises(Invalid):
            store.find(query, after=after)

    def test_c8_a_cursor_belongs_to_its_sort_of_list(self, store: Store) -> None:
        """That of a list of accounts is no place in a list of teams."""
        save(store, Account("x1", "Acme"), Account("x2", "Acme"))
        after = store.find(AccountQuery(), limit=1).next
        with pytest.raises(Invalid):
            store.find(RecordQuery("team"), after=after)

    @pytest.mark.parametrize("limit", [0, -1, 1001, True, 2.0, None])
    def test_c8_a_bad_limit_is_invalid(self, store: Store, limit: Any) -> None:
        """From 1 to 1,000."""
        with pytest.raises(Invalid):
            store.find(PlanQuery(), limit=limit)

    @pytest.mark.parametrize("query", [None, "plans", Team("x", "Sales")])
    def test_c8_what_is_no_query_is_invalid(self, store: Store, query: Any) -> None:
        """Of whatever type."""
        with pytest.raises(Invalid):
            store.find(query)

    def test_c8_signs_that_mean_something_to_a_database_mean_themselves(self, store: Store) -> None:
        """In prefixes, names and words."""
        names = ("50% off", "50 off", "5_", "55", "a\\b", "a*b", "a?b", "'; --", '"')
        save(store, *(Account(f"x{n}", name) for n, name in enumerate(names)), *(plan(n, title=n) for n in names))
        for sign in ("50%", "5_", "a\\", "a*", "a?", "'", '"', "%", "_", "*"):
            beginning = sorted(name for name in names if name.startswith(sign))
            assert beginning == [one.name for one in every(store, AccountQuery(prefix=sign))]
            holding = sorted(name for name in names if sign in name)
            assert holding == [one.title for one in every(store, PlanQuery(words=sign))]

    def test_c8_a_prefix_ends_before_the_next_sign(self, store: Store) -> None:
        """Of whatever plane of Unicode, next to a surrogate, at the end of all."""
        begin = ("call", "a", "\ud7ff", "\ue000", "\uffff", "\U00010000", "\U0010fffd", "x\U0010ffff", "\U0010ffff")
        ends = ("", "!", "z", "\ud7ff", "\U0010ffff")
        beside = [one[:-1] + chr(code) for one in begin for code in _around(ord(one[-1]))]
        names = [one + end for one in (*begin, *beside) for end in ends]
        held = [Account(f"a{n:03}", name) for n, name in enumerate(names)]
        save(store, *held)
        kept = [attrs.evolve(one, revision=1) for one in held]
        for one in (*begin, *beside):
            assert expected(AccountQuery(prefix=one), kept) == every(store, AccountQuery(prefix=one))

    def test_c8_what_is_merged_or_archived_is_found_only_by_asking(self, store: Store) -> None:
        """Merged plans by their status, archived ones by `archived`; their tasks in no list (M2)."""
        task, goals = Task("t1", "Call"), (Objective("o1", "Renew"),)
        gone = plan("p1", task, status="merged", merged_into="p3", objectives=goals)
        save(store, gone, plan("p2", task, archived=True, objectives=goals), plan("p3", task, objectives=goals))

        def ids(**asked: Any) -> list[str]:
            return [one.id for one in every(store, PlanQuery(**asked))]

        assert [["p3"], ["p2"], ["p2", "p3"]] == [ids(), ids(archived=True), ids(archived=None)]
        assert [["p1"], ["p1", "p3"]] == [ids(statuses=("merged",)), ids(statuses=("active", "merged"))]
        assert ["p3"] == [one.plan_id for one in every(store, TaskQuery(statuses=("open",)))]
        assert ["p3"] == [one.plan_id for one in every(store, ObjectiveQuery())]

    def test_c8_touchpoints_come_newest_first(self, store: Store) -> None:
        """Whatever zone their moments were told in, to the microsecond, from the first year to the last."""
        west = dt.timezone(dt.timedelta(hours=-5))
        moments = {
            "old": dt.datetime(1, 1, 1, tzinfo=dt.timezone(dt.timedelta(hours=14))),
            "b": NOW,
            "a": NOW,
            "west": dt.datetime(2026, 1, 5, 4, 0, 0, 1, tzinfo=west),
            "last": dt.datetime.max.replace(tzinfo=west),
        }
        save(store, *(Touchpoint(id, "acme", "Called", at, "ana") for id, at in moments.items()))
        assert ["last", "west", "a", "b", "old"] == [one.id for one in every(store, TouchpointQuery(), 2)]
        asked = TouchpointQuery(at_from=NOW, at_before=moments["west"])
        assert ["a", "b"] == [one.id for one in every(store, asked)]

    # C9: one tenant sees and writes nothing of another

    def test_c9_a_tenant_sees_and_writes_nothing_of_another(self, place: Path, store: Store) -> None:
        """The same ids, jobs, keys and revisions side by side."""
        job = Launch("template-1", 1, NOW, "ana", job="j", row="r")
        doors = {tenant: self.open_store(place, tenant) for tenant in ("a", "A", "é", "%")}
        for tenant, mine in doors.items():
            held = (plan("p1", Task("t1", tenant), title=tenant, launch=job), Account("x", tenant), Team("x", tenant))
            told = Message("k", "launched", "ana", NOW, "plan", "p1", detail=tenant)
            made = entry(held[0], 1, tenant)
            mine.commit(Batch(tuple(Write(one) for one in held), entries=(made,), messages=(told,)))
        save(doors["a"], attrs.evolve(plan("p1", title="a"), revision=1))
        for tenant, mine in doors.items():
            found = everything(mine)
            names = [
                [getattr(one, "title", "") or one.name for one in found[kind]] for kind in ("plan", "account", "team")
            ]
            assert [[tenant]] * 3 == names
            assert ([] if tenant == "a" else [tenant]) == [one.task.title for one in every(mine, TaskQuery())]
            assert [tenant] == [one.action for one in mine.journal("plan", "p1")]
            assert [tenant] == [one.detail for one in mine.messages()]
            assert ({} if tenant == "a" else {"r": "p1"}) == mine.launched("j", ["r"])
            mine.close()
        assert not any(everything(store).values())

    @pytest.mark.parametrize("tenant", [None, 1, "\0", "\ud800", "x" * 201])
    def test_c9_what_is_no_tenant_is_invalid(self, place: Path, tenant: Any) -> None:
        """Text of at most 200 characters."""
        with pytest.raises(Invalid):
            self.open_store(place, tenant)

    # C10: text comes back as it was given; lists sort by code point

    @pytest.mark.parametrize("text", (*NASTY, *_LONG), ids=ascii)
    def test_c10_text_comes_back_character_by_character(self, store: Store, text: str) -> None:
        """In columns and in the rest, as an id, as a name to find by."""
        title = text if text.strip() else "x" + text
        held = plan(title[:200], Task(title[:200], title, owner_id=title[:200], description=text * 200), title=title)
        save(store, held, Account(title[:200], title), Team("x", title))
        assert attrs.evolve(held, revision=1) == store.get(Plan, held.id)
        assert [title] == [one.task.title for one in every(store, TaskQuery(owner_ids=(title[:200],)))]
        assert [title] == [one.name for one in every(store, AccountQuery(key=title, prefix=title[:3]))]
        assert [title] == [one.name for one in every(store, RecordQuery("team", text=title))]

    def test_c10_lists_sort_by_code_point(self, store: Store) -> None:
        """Not by a language, not by UTF-16."""
        ids = ("Z", "a", "z", "ä", "\ud7ff", "\ue000", "\uffff", "\U00010000", "\U0010ffff", "a\u0308", "10", "9")
        save(store, *(plan(id) for id in ids), *(Team(id, id) for id in ids), *(Person(id, "Ana") for id in ids))
        assert sorted(ids) == [one.id for one in every(store, PlanQuery(), 5)]
        assert sorted(ids) == [one.id for one in every(store, RecordQuery("team"), 5)]
        assert sorted(ids) == [one.id for one in every(store, RecordQuery("person"), 5)]

    def test_c10_persons_are_found_and_sorted_whatever_the_case_of_their_address(self, store: Store) -> None:
        """Their address comes back as it was given."""
        emails = ("Ben@Example.com", "ana@example.com", "CLEO@example.com", "b@example.com", "STRASSE@x.example", "")
        save(store, *(Person(f"p{n}", "Somebody", email=email) for n, email in enumerate(emails)))
        found = every(store, RecordQuery("person"), 2)
        assert sorted(emails, key=str.casefold) == [one.email for one in found]
        for asked in ("ben@example.com", "BEN@EXAMPLE.COM", "Ben@Example.com"):
            assert ["Ben@Example.com"] == [one.email for one in every(store, RecordQuery("person", text=asked))]
        assert [emails[4]] == [one.email for one in every(store, RecordQuery("person", text="straße@X.example"))]
        assert [""] == [one.email for one in every(store, RecordQuery("person", text=""))]

    # C11: a store may be used by several threads at once; after `close` every call raises `StoreClosed`

    def test_c11_threads_lose_nothing(self, place: Path, store: Store) -> None:
        """Eight of them changing one plan, each change made again when another was faster."""
        save(store, plan("p1", title="0"))

        def add(_: int) -> None:
            for _ in range(10):
                while True:
                    now = store.get(Plan, "p1")
                    try:
                        store.commit(Batch((Write(attrs.evolve(now, title=str(int(now.title) + 1)), now.revision),)))
                    except Stale:
                        continue
                    break

        with impatient_threads(), ThreadPoolExecutor(8) as pool:
            list(pool.map(add, range(8)))
        assert ("80", 81) == (store.get(Plan, "p1").title, store.get(Plan, "p1").revision)

    def test_c11_a_closed_store_says_so(self, store: Store) -> None:
        """To every call; closing it again is no error."""
        save(store, plan("p1"))
        store.close()
        store.close()
        calls: tuple[Callable[[], Any], ...] = (
            lambda: store.get(Plan, "p1"),
            lambda: store.get_many(Plan, ["p1"]),
            lambda: store.find(PlanQuery()),
            lambda: store.commit(Batch()),
            lambda: list(store.journal("plan", "p1")),
            lambda: list(store.messages()),
            lambda: store.claim(NOW, NOW + dt.timedelta(hours=1)),
            lambda: store.settle(()),
            lambda: store.forget("sent", NOW),
            lambda: store.launched("j", ["r"]),
        )
        for call in calls:
            with pytest.raises(StoreClosed):
                call()

    def test_c11_closing_one_store_leaves_another_open(self, place: Path, store: Store) -> None:
        """Of the same place."""
        self.open_store(place).close()
        save(store, plan("p1"))
        assert "p1" == store.get(Plan, "p1").id


def _together(n: int) -> tuple[Plan, Plan]:
    tasks = [Task(f"t{k}", f"title {n}") for k in range(n % 3 + 1)]
    return plan("p1", *tasks, title=f"title {n}"), plan("p2", *tasks, title=f"title {n}")


def _number(found: Any) -> str:
    return str(getattr(found, "plan_id", None) or id_of(found))[-1]


def _around(code: int) -> list[int]:
    """The code points beside one, surrogates and what does not exist left out."""
    below, above = (code - 1, code + 1) if code not in (0xD7FF, 0xE000) else (0xD7FE, 0xE001)
    return [one for one in (below, above) if one <= 0x10FFFF]
