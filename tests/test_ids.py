"""New ids are UUIDv7 texts, strictly increasing, and nobody gets the same one twice."""

import itertools
import os
import re
import sys
import threading
import time
import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest

from actionplans import ids
from actionplans.ids import NewIds
from tests.size import size

FORM = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
FORKS = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")


def test_an_id_is_a_uuid_of_version_7_with_the_time_in_front() -> None:
    """As RFC 9562 lays it out, in small letters."""
    before, new, after = time.time_ns() // 10**6, NewIds()(), time.time_ns() // 10**6
    assert FORM.fullmatch(new)
    read = uuid.UUID(new)
    assert (7, uuid.RFC_4122, new) == (read.version, read.variant, str(read))
    assert before <= int(new.replace("-", "")[:12], 16) <= after


def test_ids_are_strictly_increasing() -> None:
    """Many in one millisecond too, as text."""
    new = NewIds()
    made = [new() for _ in range(size(2_000_000))]
    assert all(first < second for first, second in itertools.pairwise(made))
    assert all(map(FORM.fullmatch, made))


def test_a_clock_that_goes_back_or_stands_still_does_no_harm(monkeypatch: pytest.MonkeyPatch) -> None:
    """The next id still is a greater one."""
    new, now = NewIds(), [1_800_000_000_000]
    monkeypatch.setattr(ids.time, "time_ns", lambda: now[0] * 10**6)
    made = []
    for step in (0, 0, -1, -3_600_000, 0, 1, -1, 3_700_000, 0):
        now[0] += step
        made += [new(), new(), new()]
    assert sorted(set(made)) == made


def test_a_millisecond_that_is_used_up_goes_over_into_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    """However many ids are made in it."""
    new = NewIds()
    monkeypatch.setattr(ids.time, "time_ns", lambda: 1_800_000_000_000 * 10**6)
    made = [new()]
    new._number = ids._LAST - 1
    made += [new() for _ in range(4)]
    assert sorted(set(made)) == made
    assert all(map(FORM.fullmatch, made))


def test_threads_that_share_one_get_different_ids() -> None:
    """And each sees its own increase."""
    new, number = NewIds(), size(200_000)
    switch = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        with ThreadPoolExecutor(8) as pool:
            lists = list(pool.map(lambda _: [new() for _ in range(number // 8)], range(8)))
    finally:
        sys.setswitchinterval(switch)
    assert len(set(itertools.chain(*lists))) == 8 * (number // 8)
    assert all(first < second for made in lists for first, second in itertools.pairwise(made))


def test_two_generators_never_agree() -> None:
    """Two processes that open the same store at the same moment make different ids."""
    one, other = NewIds(), NewIds()
    assert set() == {one() for _ in range(1000)} & {other() for _ in range(1000)}


def in_child(new: NewIds, number: int) -> list[str]:
    """What a forked child makes."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(writer, "\n".join(new() for _ in range(number)).encode())
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader) as lines:
        made = lines.read().split()
    os.waitpid(child, 0)
    return made


@FORKS
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_parent_and_child_make_different_ids(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where both go on in the same millisecond (S2)."""
    monkeypatch.setattr(ids.time, "time_ns", lambda: 1_800_000_000_000 * 10**6)
    new = NewIds()
    new()
    child = in_child(new, 100)
    mine = [new() for _ in range(100)]
    assert 200 == len(set(child) | set(mine))
    assert sorted(set(child)) == child


@FORKS
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_fork_while_another_thread_makes_an_id_does_not_hang() -> None:
    """In the child nobody would let go of the lock that the other thread held."""
    new = NewIds()
    held, done = threading.Event(), threading.Event()

    def hold() -> None:
        with new._lock:
            held.set()
            done.wait(10)

    thread = threading.Thread(target=hold)
    thread.start()
    held.wait(10)
    try:
        reader, writer = os.pipe()
        child = os.fork()
        if child == 0:
            os.write(writer, new().encode())
            os._exit(0)
        os.close(writer)
        deadline = time.monotonic() + 10
        while os.waitpid(child, os.WNOHANG)[0] == 0:
            if time.monotonic() > deadline:
                os.kill(child, 9)
                os.waitpid(child, 0)
                pytest.fail("the child waits for a lock that nobody holds")
            time.sleep(0.01)
        with os.fdopen(reader) as lines:
            assert FORM.fullmatch(lines.read())
    finally:
        done.set()
        thread.join()
