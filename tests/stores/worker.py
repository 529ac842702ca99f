"""What other processes do to a store in the tests: `python -m tests.stores.worker WHAT URL ...`; JSON tells.

It imports little, for many of them start at once.
"""

import datetime as dt
import json
import os
import random
import signal
import sys
import threading
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import attrs

from actionplans.backends.store.postgresql import open_postgresql
from actionplans.backends.store.sqlite import open_sqlite
from actionplans.errors import ActionPlansError, Stale, StoreBusy
from actionplans.journal import Entry, diff
from actionplans.model import Completion, FrozenMap, Plan, Task, Team
from actionplans.storage import Batch, Store, Write

NOW = dt.datetime(2026, 1, 5, 9, tzinfo=dt.UTC)


def plan(id: str, *tasks: Task, title: str = "Follow up") -> Plan:
    """A plan of the account `acme`."""
    return Plan(id, "acme", title, FrozenMap({"start": NOW.date()}), tasks=tasks)


def save(store: Store, *records: Plan | Team) -> None:
    """Commit these records in one batch, each as read at the revision it carries."""
    store.commit(Batch(tuple(Write(one, one.revision) for one in records)))


def complete(store: Store, who: int, plans: int, share: int) -> dict[str, Any]:
    """Complete this worker's share of the tasks of each plan, each in a commit of its own, in any order."""
    todo = [(f"p{n}", f"t{who}-{k}") for n in range(plans) for k in range(share)]
    random.Random(who).shuffle(todo)
    told: dict[str, Any] = {"done": 0, "stale": 0, "busy": 0, "raw": []}
    for plan_id, task_id in todo:
        while True:
            try:
                _complete(store, plan_id, task_id, f"w{who}")
            except Stale:
                told["stale"] += 1
            except StoreBusy:
                told["busy"] += 1
            except Exception as error:
                told["raw"].append(repr(error))
                break
            else:
                told["done"] += 1
                break
    return told


def _complete(store: Store, plan_id: str, task_id: str, by: str) -> None:
    now = store.get(Plan, plan_id)
    done = Completion(1, NOW, NOW.date(), by)
    tasks = (attrs.evolve(one, status="done", completion=done) if one.id == task_id else one for one in now.tasks)
    after = attrs.evolve(now, tasks=tuple(tasks))
    entry = Entry("plan", plan_id, now.revision + 1, NOW, by, "task.complete", diff(now, after))
    store.commit(Batch((Write(after, now.revision),), entries=(entry,)))


def count(store: Store, plans: int) -> None:
    """Count up for ever, in several plans and a team at once; each number is told when its commit has returned."""
    revision = 0
    while True:
        revision += 1
        save(store, *(attrs.evolve(one, revision=revision - 1) for one in counted(revision, plans)))
        say(str(revision))


def counted(number: int, plans: int) -> list[Plan | Team]:
    """What `count` commits with a number."""
    tasks = [Task(f"t{k}", f"number {number}", description="x" * 200) for k in range(10 + number % 3)]
    return [Team("x", str(number)), *(plan(f"p{n}", *tasks, title=str(number)) for n in range(plans))]


def deliver(url: str, lease: float, pause: bool) -> None:
    """Send what waits until nothing does: each message is told when it is sent, and again when that is put down.

    Where there is to be a `pause`, it waits for `SIGUSR1` with its first message sent and not put down.
    """
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGUSR1})
    store = opened(url)
    while True:
        now = dt.datetime.now(dt.UTC)
        claimed = store.claim(now, now + dt.timedelta(seconds=lease), limit=20)
        for one in claimed:
            say(f"{os.getpid()} sent {one.message.key}")
            if pause:
                pause = False
                signal.sigwait({signal.SIGUSR1})
            if not store.settle([one.sent(dt.datetime.now(dt.UTC))]):
                say(f"{os.getpid()} settled {one.message.key}")
        if not claimed:
            if not any(store.messages()):
                return
            time.sleep(0.05)


def say(text: str) -> None:
    """A line to whoever has started this process."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def forked(count: int, work: Callable[[int], object]) -> list[int]:
    """How so many processes end that begin as this one and do the work at the same time: -9 for one that was killed."""
    children = []
    for n in range(count):
        child = os.fork()
        if child == 0:
            try:
                work(n)
                os._exit(0)
            except BaseException as error:
                sys.stderr.write(repr(error))
                os._exit(1)
        children.append(child)
    return [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children]


def read_only(store: Store, folders: list[str]) -> list[str]:
    """What an ordinary user may do with the files in these folders: reading, then writing, then reading again."""
    save(store, plan("warm", Task("t", "up")))
    store.get(Plan, "warm")
    if os.getuid() == 0:
        os.setuid(65534)
    told = []
    for folder in folders:
        try:
            with_it = open_sqlite(f"sqlite:///{folder}/plans.db", busy_timeout=0.2)
        except ActionPlansError as error:
            told.append(type(error).__name__)
            continue
        steps = [with_it.get(Team, "x").name]
        try:
            save(with_it, Team("y", "New"))
        except ActionPlansError as error:
            steps.append(type(error).__name__)
        steps.append(with_it.get(Team, "x").name)
        with_it.close()
        told.append(" ".join(steps))
    return told


def fork(store: Store) -> list[str]:
    """A process that is forked while it uses a store, in two threads: parent and child go on with it."""
    save(store, Team("x", "0"))
    stop = threading.Event()
    other = threading.Thread(target=lambda: [_add(store) for _ in iter(stop.is_set, True)])
    other.start()
    codes = []
    warnings.filterwarnings("ignore", "This process .* is multi-threaded", DeprecationWarning)  # which is the point
    for _ in range(5):
        child = os.fork()
        if child == 0:
            try:
                for _ in range(10):
                    _add(store)
                store.close()
                os._exit(0)
            except BaseException as error:
                sys.stderr.write(repr(error))
                os._exit(1)
        codes.append(os.waitpid(child, 0)[1])
        _add(store)
    stop.set()
    other.join()
    now = store.get(Team, "x")
    return [str(codes), str(int(now.name) + 1 - now.revision), str(int(now.name) >= 55)]


def _add(store: Store) -> None:
    while True:
        now = store.get(Team, "x")
        try:
            save(store, attrs.evolve(now, name=str(int(now.name) + 1)))
        except Stale:
            continue
        return


def opened(url: str) -> Store:
    """The store at that URL, with patience."""
    return (open_sqlite if url.startswith("sqlite") else open_postgresql)(url, busy_timeout=60)


def main(what: str, url: str, *given: str) -> None:
    """Do it and tell."""
    store = opened(url)
    told: Any
    match what:
        case "complete":
            told = complete(store, *map(int, given))
        case "count":
            told = count(store, int(given[0]))
        case "deliver":
            told = forked(int(given[0]), lambda n: deliver(url, float(given[1]), given[2:] == ("pause",)))
        case "read_only":
            told = read_only(store, list(given))
        case "fork":
            told = fork(store)
        case _:
            raise SystemExit(f"{Path(__file__).stem}: {what}?")
    sys.stdout.write(json.dumps(told) + "\n")
    store.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
