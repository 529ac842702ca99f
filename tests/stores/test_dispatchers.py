"""Several dispatchers on one outbox: each message is sent, also when some are killed (N1, N4, C19, C20)."""

import datetime as dt
import json
import os
import signal
import sqlite3
from collections import Counter
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path

import attrs
import pytest

from actionplans.backends.store.outbox import due_first
from actionplans.backends.store.postgresql import open_postgresql
from actionplans.backends.store.sqlite import SqliteStore
from actionplans.backends.store.sqlite_dialect import DIALECT
from actionplans.errors import StoreCorrupt
from actionplans.messages import oldest_first
from actionplans.model import Erasure
from actionplans.storage import Batch, DeliveryQuery, Store, Write
from actionplans.testing.delivering import MINUTE, keys, message, tell
from actionplans.testing.opened import every
from actionplans.testing.samples import NOW
from tests import servers
from tests.size import size
from tests.stores.asking import ask, schema_of
from tests.stores.test_processes import opened, start
from tests.stores.test_processes import url as url

MANY = size(5000)
pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")


def outbox(url: str) -> Store:
    """A store in whose outbox many messages wait."""
    store = opened(url)
    for first in range(0, MANY, 500):
        tell(store, *(message(f"k{n}") for n in range(first, min(first + 500, MANY))))
    return store


@pytest.mark.timeout(900)
def test_of_four_dispatchers_one_sends_each_message(url: str) -> None:
    """Exactly once, for none of them is killed and none loses what it has."""
    store = outbox(url)
    running = start("deliver", url, "4", "600")
    *lines, ends = running.communicate()[0].splitlines()
    assert [0] * 4 == json.loads(ends)
    assert {f"k{n}": 1 for n in range(MANY)} == told("sent", lines) == told("settled", lines)
    assert not list(store.messages())
    assert [1] * MANY == [one.tries for one in every(store, DeliveryQuery("sent"))]
    store.close()


@pytest.mark.timeout(900)
def test_what_killed_dispatchers_had_is_sent_by_others(url: str) -> None:
    """At least once, and put down as sent once; more often only what was claimed again."""
    store = outbox(url)
    running = start("deliver", url, "6", "1", "pause")
    assert running.stdout is not None
    lines = [running.stdout.readline() for _ in range(6)]
    assert ["sent"] * 6 == [line.split()[1] for line in lines]
    for n, line in enumerate(lines):
        os.kill(int(line.split()[0]), signal.SIGKILL if n % 2 else signal.SIGUSR1)
    *rest, ends = running.stdout.read().splitlines()
    running.communicate()
    lines += rest
    assert [-9, -9, -9, 0, 0, 0] == sorted(json.loads(ends))
    sent, settled = told("sent", lines), told("settled", lines)
    tries = {one.message.key: one.tries for one in every(store, DeliveryQuery("sent"))}
    assert {f"k{n}" for n in range(MANY)} == sent.keys() == tries.keys()
    assert not list(store.messages())
    assert {1} == set(settled.values())
    assert all(times <= tries[key] for key, times in sent.items())
    assert all(tries[line.split()[2]] > 1 for line in lines[1:6:2]), "they were killed with a message in their hands"
    store.close()


def told(what: str, lines: Iterable[str]) -> Counter[str]:
    """How often each key was sent, or settled."""
    return Counter(line.split()[2] for line in lines if line.split()[1] == what)


def test_a_claim_waits_for_no_other(postgresql: str) -> None:
    """Rows that another transaction has locked are passed over, and are there when it has ended."""
    import psycopg

    store = open_postgresql(postgresql, busy_timeout=1)
    tell(store, message("a"), message("b"))
    with psycopg.connect(postgresql.partition("?")[0]) as other:
        other.execute(f"select 1 from {schema_of(postgresql)}.outbox where key = 'a' for update")  # type: ignore[arg-type]
        assert ["b"] == keys(store.claim(NOW, NOW + MINUTE))
    assert ["a"] == keys(store.claim(NOW, NOW + MINUTE))
    store.close()


@pytest.mark.parametrize(
    ("damage", "key"),
    [
        ("data = '{bad'", "k1"),
        ("data = replace(data, 'ana', 'ann')", "k1"),
        ("data = cast(x'7bff7d' as text)", "k1"),
        ("reason = 'such a host'", "k1"),
        ("reason = cast(x'ff' as text)", "k1"),
        ("tries = 'many'", "k1"),
        ("tries = tries + 1", "k1"),
        ("tries = 9223372036854775807", "k1"),
        ("moment = '-" + "9" * 30 + "'", "k1"),
        ("key = cast(x'6bff' as text)", "k\N{REPLACEMENT CHARACTER}"),
        ("sum = sum + 1", "k1"),
    ],
)
def test_a_damaged_message_stops_no_other(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, damage: str, key: str
) -> None:
    """Nobody gets it; it is named in the log, again when its lease is over, and `check` finds it before and after."""
    store = SqliteStore(f"sqlite:///{tmp_path}/plans.db")
    tell(store, *(message(f"k{n}") for n in range(3)))
    with closing(sqlite3.connect(tmp_path / "plans.db")) as db, db:
        db.execute(f"update outbox set {damage} where key = 'k1'")
    for n in range(3):
        found = {one.place for one in store.examine().problems}
        assert {f"message {key!r}"} == found
        due = NOW + n * MINUTE
        claimed = store.claim(due, due + MINUTE)
        assert ["k0", "k2", *(f"new{n}" for n in range(n))] == sorted(keys(claimed))
        assert f"message {key!r} is damaged" in caplog.text
        caplog.clear()
        tell(store, message(f"new{n}", at=due))
        assert [f"new{n}"] == keys(store.claim(due, due + MINUTE, limit=1)), "it is not in the way"
    store.close()


@pytest.mark.timeout(20)
def test_a_damaged_index_makes_no_claim_endless(tmp_path: Path) -> None:
    """Where it goes on giving a message that is not due any more, nobody gets that twice."""
    store = SqliteStore(f"sqlite:///{tmp_path}/plans.db")
    tell(store, *(message(f"k{n}") for n in range(6)))
    store.close()
    with closing(sqlite3.connect(tmp_path / "plans.db")) as db:
        db.execute("pragma journal_mode = delete")
        ((root,),) = db.execute("select rootpage from sqlite_master where name = 'outbox_state'").fetchall()
        ((size,),) = db.execute("pragma page_size").fetchall()
    held = bytearray((tmp_path / "plans.db").read_bytes())
    page = (root - 1) * size
    cell = page + int.from_bytes(held[page + 8 + 2 * 2 : page + 8 + 2 * 3], "big")  # the third one
    assert 3 == held[cell + held[cell]], "the number of its row stands at its end"
    held[cell + held[cell]] = 4
    (tmp_path / "plans.db").write_bytes(held)
    store = SqliteStore(f"sqlite:///{tmp_path}/plans.db")
    for limit in (100, 1):
        claimed = keys(store.claim(NOW, NOW + MINUTE, limit=limit))
        assert len(claimed) == len(set(claimed))
    assert not store.examine().sound
    store.close()


@pytest.mark.skipif(servers.missing() is not None, reason=str(servers.missing()))
def test_damage_on_a_server_stops_no_other_message(caplog: pytest.LogCaptureFixture) -> None:
    """Nor an erasure, nor the check: not even text that is none, which a damaged table may give."""
    real = servers.Server().start()
    try:
        store = open_postgresql(real.url)
        tell(store, *(message(f"k{n}") for n in range(4)))
        ask(real.url, "create cast (bytea as text) without function")
        bare = "convert_to(replace(data, 'launched', 'x'), 'utf8') || '\\xff'::bytea"
        ask(real.url, f"update actionplans.outbox set data = ({bare})::text where key = 'k1'")
        ask(real.url, "update actionplans.outbox set tries = 9223372036854775807 where key = 'k2'")
        with pytest.raises(StoreCorrupt, match="no text"):
            list(store.messages())
        for n in range(2):
            assert {"message 'k1'", "message 'k2'"} == {one.place for one in store.examine().problems}
            assert ["k0", "k3"] == keys(store.claim(NOW + n * MINUTE, NOW + (n + 1) * MINUTE))
        assert "message 'k1' is damaged" in caplog.text
        store.commit(Batch((Write(Erasure("person", "ana", "u1", NOW)),)))
        found = [data for (data,) in ask(real.url, "select data from actionplans.outbox order by number")]
        assert ["{}", "{}"] == found[1:3]
        assert not any("ana" in data and "detail" in data for data in found)
        store.close()
    finally:
        real.close()


def test_settling_does_not_hide_what_was_altered_meanwhile(tmp_path: Path) -> None:
    """What became of the message is put down, and `check` still finds it."""
    store = SqliteStore(f"sqlite:///{tmp_path}/plans.db")
    tell(store, message("k0"))
    claimed = store.claim(NOW, NOW + MINUTE)
    with closing(sqlite3.connect(tmp_path / "plans.db")) as db, db:
        db.execute("update outbox set data = replace(data, 'ana', 'ann')")
    assert () == store.settle(attrs.evolve(one, state="sent", moment=NOW) for one in claimed)
    assert [] == list(store.messages())
    assert ["message 'k0'"] == [one.place for one in store.examine().problems]
    store.close()


def test_damage_in_the_outbox_is_in_nobodys_way(tmp_path: Path) -> None:
    """Whatever stands in front of it, what is due is claimed; people can be erased, and damage that names them goes."""
    store = SqliteStore(f"sqlite:///{tmp_path}/plans.db")
    tell(store, *(message(f"k{n}") for n in range(5)))
    altered = message("k5", recipient_id="p1", detail="Ana"), message("k6", recipient_id="ana", record_id="p1")
    tell(store, *altered)
    bad = {
        "k0": b"{bad",
        "k1": b'{"recipient_id":"p1","detail":"Ana',
        "k2": b'{"recipient_id":"p1"}',
        "k3": b'{"recipient_id":"p1","detail":"Ana\xff"}',
    }
    with closing(sqlite3.connect(tmp_path / "plans.db")) as db, db:
        for key, data in bad.items():
            db.execute("update outbox set data = cast(? as text) where key = ?", (data, key))
        db.execute("update outbox set key = cast(x'6bff' as text) where key = 'k2'")
        db.execute("update outbox set moment = ? where key = 'k5'", ("9" * 30,))
        db.execute("update outbox set tries = 7, reason = 'Ana' where key = 'k6'")
    assert ["k4"] == keys(store.claim(NOW, NOW + MINUTE, limit=1))
    erasure = Erasure("person", "p1", "u1", NOW)
    store.commit(Batch((Write(erasure),)))
    with closing(sqlite3.connect(tmp_path / "plans.db")) as db:
        found = [data for (data,) in db.execute("select data from outbox order by number")]
        assert not db.execute("select 1 from outbox where reason = 'Ana'").fetchall()
    assert ["{bad", "{}", "{}", "{}"] == found[:4]
    assert ["{}", "{}"] == found[5:]
    assert 6 == len({one.place for one in store.examine().problems}), (
        "what was altered stays to be found, and is sent to nobody"
    )
    assert [] == keys(store.claim(NOW, NOW + MINUTE))
    store.close()


def test_a_message_far_in_the_future_keeps_its_sum_when_it_is_blanked(tmp_path: Path) -> None:
    """Its moment is kept as it is stored."""
    store = SqliteStore(f"sqlite:///{tmp_path}/plans.db")
    tell(store, message("k0"))
    west = dt.timezone(dt.timedelta(hours=-5))
    (one,) = store.claim(NOW, dt.datetime.max.replace(tzinfo=west))
    store.commit(Batch((Write(Erasure("person", one.message.recipient_id, "u1", NOW)),)))
    assert () == tuple(store.examine().problems)
    store.close()


# How they are found


def test_sqlite_finds_what_is_due_through_an_index(tmp_path: Path) -> None:
    """However many were sent, it reads none of them and sorts nothing."""
    store = SqliteStore(f"sqlite:///{tmp_path}/plans.db")
    asked = due_first(DIALECT, "", oldest_first(NOW))
    with store._file.reading() as db:
        steps = [row[3] for row in db.rows(f"explain query plan {asked.text()} limit 9", asked.values)]
    assert ["SEARCH outbox USING INDEX outbox_state (tenant=? AND state=? AND moment<?)"] == steps
    store.close()


def test_postgresql_finds_what_is_due_through_an_index(postgresql: str) -> None:
    """Where many were sent; it sorts nothing."""
    store = open_postgresql(postgresql)
    tell(store, *(message(f"s{n}") for n in range(1000)))
    assert () == store.settle([one.sent(NOW) for one in store.claim(NOW, NOW + MINUTE, limit=1000)])
    tell(store, *(message(f"k{n}") for n in range(9)))
    ask(postgresql, "analyze @outbox")
    sql = (
        "explain select key from @outbox where tenant = '' and state = 'waiting' and moment <= %s "
        "order by moment, number limit 5 for update skip locked"
    )
    steps = "\n".join(row[0] for row in ask(postgresql, sql, oldest_first(NOW)))
    assert "Index Scan using outbox_state" in steps and "Sort" not in steps
    later = NOW + dt.timedelta(days=1)
    assert 9 == len(store.claim(later, later + MINUTE))
    store.close()
