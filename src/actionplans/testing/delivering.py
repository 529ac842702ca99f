"""The store contract on the outbox (C15, C19 to C21): messages are claimed, settled and forgotten."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from actionplans.errors import Invalid
from actionplans.storage import Batch, Delivery, DeliveryQuery, DeliveryState, Message, Store
from actionplans.testing.opened import OpenedStore, every, impatient_threads, shared, tenants
from actionplans.testing.samples import NOW
from actionplans.testing.strategies import nouns

MINUTE = dt.timedelta(minutes=1)
ENDS: tuple[DeliveryState, ...] = ("sent", "skipped", "failed")


class DeliveringContract(OpenedStore):
    """One test or more for each numbered sentence."""

    # C15: `messages` gives what waits, in the order of the commits

    def test_c15_messages_wait_in_order_and_each_key_once(self, store: Store) -> None:
        """A key that is there already keeps what it had."""
        told = [message(key, detail=key) for key in ("z", "a", "é", "A")]
        tell(store, *told[:2])
        tell(store, attrs.evolve(told[0], detail="again"), told[2], attrs.evolve(told[2], detail="2"))
        tell(store, told[3])
        assert told == list(store.messages())

    def test_c15_a_key_is_known_whatever_became_of_its_message(self, store: Store) -> None:
        """Committed again it is not stored again; what is held or to be tried again waits still, the rest does not."""
        told = [message(key) for key in ("held", "sent", "skipped", "failed", "again")]
        tell(store, *told)
        _, sent, skipped, failed, again = store.claim(NOW, NOW + MINUTE)
        ends = (sent.sent(NOW), skipped.skipped(NOW, "opted out"), failed.failed(NOW, "no such host"), again.again(NOW))
        assert () == store.settle(ends)
        for _ in range(2):
            assert ["held", "again"] == [one.key for one in store.messages()]
            assert ["again"] == keys(every(store, DeliveryQuery()))[:1]
            tell(store, *(attrs.evolve(one, detail="once more") for one in told))

    @shared
    @given(told=st.lists(nouns(Message), max_size=5, unique_by=lambda one: one.key))
    def test_c15_a_message_comes_back_as_it_was(self, place: Path, store: Store, told: list[Message]) -> None:
        """Whatever its fields hold, waiting and claimed; it is due from its own moment on."""
        mine = self.open_store(place, next(tenants))
        tell(mine, *told)
        assert told == list(mine.messages())
        waiting = every(mine, DeliveryQuery())
        assert sorted(told, key=lambda one: (one.at, one.key)) == [one.message for one in waiting]
        last = max((one.moment for one in waiting), default=NOW)
        if last.year < 9999:
            claimed = mine.claim(last, last + MINUTE)
            assert sorted(told, key=lambda one: one.at) == [one.message for one in claimed]
        mine.close()

    # C19: `claim` gives the messages that wait and are due, for the caller alone

    def test_c19_those_due_first_are_claimed_first(self, store: Store) -> None:
        """By moment, whatever the zone, those of one moment in the order of the commits; no more than asked for."""
        east = dt.timezone(dt.timedelta(hours=14))
        moments = {"z": NOW, "a": NOW, "old": NOW - MINUTE, "east": (NOW - MINUTE / 2).astimezone(east), "m": NOW}
        for key, at in moments.items():
            tell(store, message(key, at=at))
        tell(store, message("later", at=NOW + MINUTE / 60_000_000))
        until = (NOW + MINUTE).astimezone(east)
        claimed = [store.claim(NOW, until, limit=limit) for limit in (3, 1, 1000)]
        assert [["old", "east", "z"], ["a"], ["m"]] == [keys(some) for some in claimed]
        expected = Delivery(message("old", at=NOW - MINUTE), "waiting", NOW + MINUTE, 1)
        assert expected == claimed[0][0]
        assert ["later"] == keys(store.claim(NOW + MINUTE, NOW + 2 * MINUTE, limit=1))

    def test_c19_what_is_claimed_is_held_until_the_moment_that_was_named(self, store: Store) -> None:
        """Nobody else gets it before; then whoever asks first does, so that nothing is lost with a dispatcher."""
        tell(store, message("a"), message("b"))
        assert ["a"] == keys(store.claim(NOW, NOW + MINUTE, limit=1))
        assert ["b"] == keys(store.claim(NOW, NOW + 2 * MINUTE))
        assert [] == keys(store.claim(NOW + MINUTE - dt.timedelta(microseconds=1), NOW + 3 * MINUTE))
        again = store.claim(NOW + MINUTE, NOW + 3 * MINUTE)
        assert [("a", 2)] == [(one.message.key, one.tries) for one in again]
        assert ["b"] == keys(store.claim(NOW + 2 * MINUTE, NOW + 3 * MINUTE))

    def test_c19_of_several_who_claim_at_once_each_gets_others(self, place: Path, store: Store) -> None:
        """Every message is claimed, and none by two of them, whatever door they come through."""
        told = [message(f"k{n}") for n in range(200)]
        tell(store, *told)
        doors = [store, self.open_store(place), self.open_store(place), store]

        def taken(mine: Store) -> list[str]:
            found: list[str] = []
            while some := mine.claim(NOW, NOW + MINUTE, limit=7):
                found += keys(some)
                assert () == mine.settle([one.sent(NOW) for one in some if int(one.message.key[1:]) % 2])
            return found

        with impatient_threads(), ThreadPoolExecutor(len(doors)) as pool:
            claimed = [key for some in pool.map(taken, doors) for key in some]
        assert sorted(one.key for one in told) == sorted(claimed)
        assert 100 == len(list(store.messages())) == len(every(store, DeliveryQuery("sent")))
        for mine in doors[1:3]:
            mine.close()

    @pytest.mark.parametrize(
        ("given", "places"),
        [
            ((NOW, NOW), ["until"]),
            ((NOW, NOW - MINUTE), ["until"]),
            ((NOW.replace(tzinfo=None), NOW), ["now"]),
            (("now", None, 0), ["now", "until", "limit"]),
            ((NOW, NOW + MINUTE, 1001), ["limit"]),
            ((NOW, NOW + MINUTE, True), ["limit"]),
        ],
    )
    def test_c19_what_is_no_lease_is_invalid(self, store: Store, given: tuple[Any, ...], places: list[str]) -> None:
        """Two moments with zones, the second after the first, and from 1 to 1,000 messages."""
        now, until, *limit = given
        with pytest.raises(Invalid) as caught:
            store.claim(now, until, **({"limit": limit[0]} if limit else {}))
        assert places == [one.place for one in caught.value.problems]

    # C20: `settle` puts down what became of claimed messages

    def test_c20_what_became_of_a_message_is_kept(self, store: Store) -> None:
        """Its state, moment, reason and tries; one that waits again is claimed again when it is due, others never."""
        tell(store, *(message(key) for key in ("a", "b", "c", "d", "e")))
        a, b, c, d, _ = store.claim(NOW, NOW + MINUTE)
        told = (a.sent(NOW), b.skipped(NOW, "opted out"), c.failed(NOW, "no such host"), d.again(NOW + MINUTE, "busy"))
        assert () == store.settle(iter(told))
        for state, one in zip((*ENDS, "waiting"), told, strict=True):
            assert one == every(store, DeliveryQuery(state))[0]
        later = NOW + MINUTE
        again = store.claim(later, later + MINUTE)
        assert {"d": (2, "busy"), "e": (2, "")} == {one.message.key: (one.tries, one.reason) for one in again}
        assert () == store.settle([one.again(later + MINUTE) for one in again])
        assert [3, 3] == [one.tries for one in store.claim(later + MINUTE, later + 2 * MINUTE)]

    def test_c20_whoever_has_lost_a_message_settles_nothing_of_it(self, store: Store) -> None:
        """To another, to its own earlier word, or because it is forgotten; the rest is done, and the keys are told."""
        tell(store, *(message(key) for key in ("a", "b", "c")))
        first = store.claim(NOW, NOW + MINUTE)
        later = NOW + MINUTE
        (second,) = store.claim(later, later + MINUTE, limit=1)
        assert ("a",) == store.settle([one.sent(later) for one in first])
        assert [second] == every(store, DeliveryQuery())
        assert ("c", "b") == store.settle([one.failed(later, "too late") for one in reversed(first[1:])])
        assert () == store.settle([second.sent(later + 2 * MINUTE)])  # nobody took it after its time
        assert ("a",) == store.settle([second.again(later)])
        assert ["b", "c", "a"] == keys(every(store, DeliveryQuery("sent"))) and not list(store.messages())
        store.forget("sent", NOW + 10 * MINUTE)
        tell(store, message("a"))
        stranger = Delivery(message("never"), "sent", NOW, 1)
        assert ("a", "never") == store.settle([second.sent(later), stranger])
        assert ["a"] == [one.key for one in store.messages()]

    def test_c20_a_bad_message_stands_in_the_way_of_no_other(self, store: Store) -> None:
        """Whether it is tried again, given up, or kills whoever takes it: the others are claimed before it."""
        for n in range(5):
            tell(store, message(f"good{n}", at=NOW + n * MINUTE), message(f"bad{n}", at=NOW - MINUTE))
            now, seen = NOW + n * MINUTE, set[str]()
            while some := store.claim(now, now + MINUTE, limit=2):
                seen.update(keys(some))
                for one in some:
                    if one.message.key.startswith("good"):
                        assert () == store.settle([one.sent(now)])
                    elif one.message.key != "bad0":
                        store.settle([one.failed(now, "no") if one.tries == 3 else one.again(now + MINUTE, "busy")])
            assert f"good{n}" in seen and "bad0" in seen
        assert 5 == len(every(store, DeliveryQuery("sent")))
        assert [("bad1", 3), ("bad2", 3)] == [
            (one.message.key, one.tries) for one in every(store, DeliveryQuery("failed"))
        ]

    def test_c20_what_nobody_can_have_claimed_is_invalid(self, store: Store) -> None:
        """All problems at once, and nothing is done."""
        tell(store, message("a"), message("b"))
        mine, other = store.claim(NOW, NOW + MINUTE)
        wrong: Any = [mine.sent(NOW), mine.failed(NOW, "no"), attrs.evolve(other, tries=0), mine.message, None]
        with pytest.raises(Invalid) as caught:
            store.settle(wrong)
        assert ["deliveries[1]", "deliveries[2].tries", "deliveries[3]", "deliveries[4]"] == [
            one.place for one in caught.value.problems
        ]
        for nothing in (None, "a", 7):
            with pytest.raises(Invalid):
                store.settle(nothing)  # type: ignore[arg-type]
        assert [mine, other] == every(store, DeliveryQuery())

    # C21: what is settled stays, and is found, until it is forgotten

    def test_c21_what_is_settled_is_found_by_its_state(self, store: Store) -> None:
        """Those settled first before the others, of one moment by key, page by page."""
        tell(store, *(message(f"k{n:03}") for n in range(30)))
        claimed = store.claim(NOW, NOW + MINUTE, limit=20)
        store.settle([one.sent(NOW - n % 3 * MINUTE) for n, one in enumerate(claimed)])
        for state in (*ENDS, "waiting"):
            found = every(store, DeliveryQuery(state), 4)
            assert sorted(found, key=lambda one: (one.moment, one.message.key)) == found
            assert {"sent": 20, "waiting": 10}.get(state, 0) == len(found) == len(set(keys(found)))

    def test_c21_what_is_settled_stays_until_it_is_forgotten(self, store: Store) -> None:
        """By state and moment; whose key is forgotten is stored again, and waits again."""
        told = [message(f"{state}{n}") for state in ENDS for n in range(3)]
        tell(store, *told)
        claimed = store.claim(NOW, NOW + MINUTE)
        made = {"sent": Delivery.sent, "skipped": _skipped, "failed": _failed}
        store.settle([made[one.message.key[:-1]](one, NOW + int(one.message.key[-1]) * MINUTE) for one in claimed])
        left = {state: [f"{state}{n}" for n in range(3)] for state in ENDS}
        for state in ENDS:
            store.forget(state, NOW + MINUTE)
            left[state].pop(0)
            assert left == {one: keys(every(store, DeliveryQuery(one))) for one in ENDS}
        tell(store, *told)
        assert [f"{state}0" for state in ENDS] == [one.key for one in store.messages()]

    @pytest.mark.parametrize(("state", "before"), [("waiting", NOW), ("gone", NOW), (None, NOW), ("sent", "now")])
    def test_c21_what_waits_is_not_forgotten(self, store: Store, state: Any, before: Any) -> None:
        """Only what is settled, before a moment with a zone."""
        with pytest.raises(Invalid):
            store.forget(state, before)

    def test_c21_what_became_of_a_message_is_durable_and_the_tenants_own(self, place: Path, store: Store) -> None:
        """One tenant neither claims nor settles another's; a durable store has all of it when it is opened again."""
        other = self.open_store(place, "other")
        for mine in (store, other):
            tell(mine, message("a"), message("b"), message("c"))
        a, b, _ = store.claim(NOW, NOW + MINUTE)
        store.settle([a.failed(NOW, "no such host"), b.again(NOW + 3 * MINUTE, "busy")])
        store.forget("sent", NOW + MINUTE)
        assert [0, 0, 0] == [one.tries for one in every(other, DeliveryQuery())]
        assert 3 == len(other.claim(NOW, NOW + MINUTE)) == len(list(other.messages()))
        before = [every(store, DeliveryQuery(state)) for state in ("failed", "waiting")]
        other.close()
        if store.durable:
            store.close()
            again = self.open_store(place)
            assert before == [every(again, DeliveryQuery(state)) for state in ("failed", "waiting")]
            again.close()


def _skipped(one: Delivery, at: dt.datetime) -> Delivery:
    return one.skipped(at, "opted out")


def _failed(one: Delivery, at: dt.datetime) -> Delivery:
    return one.failed(at, "no such host")


def message(key: str, **more: Any) -> Message:
    """A message to Ana on the plan `p1`."""
    return attrs.evolve(Message(key, "launched", "ana", NOW, "plan", "p1"), **more)


def tell(store: Store, *messages: Message) -> None:
    """Commit these messages and nothing else."""
    store.commit(Batch(messages=messages))


def keys(deliveries: Iterable[Delivery]) -> list[str]:
    """The keys of the messages."""
    return [one.message.key for one in deliveries]
