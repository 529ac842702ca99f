"""A process that is killed at any write: nothing acknowledged is lost, nothing is half done (S1, S4)."""

import os
import shutil
import signal
import warnings
from pathlib import Path

import attrs
import pytest

from actionplans.backends.store.sqlite import SqliteStore
from actionplans.storage import Batch
from tests.size import SOAK
from tests.stores.faults.disk import PASS, SKIP, WRITING, Disk, Operation
from tests.stores.faults.model import Model
from tests.stores.faults.script import ERASED, STEPS, TRACE, Script, Telling, with_messages

STRIDES = (1, 53) if SOAK else (97,)
"""One kill at so many operations: at each, or far enough apart for a process to do several steps."""


@attrs.define
class Killed:
    """Kills this process just before it does its operation of that number. What the system was given, it keeps."""

    point: int
    count: int = 0

    def __call__(self, operation: Operation) -> int:
        """Only what changes something counts."""
        if operation.kind not in WRITING:
            return PASS
        self.count += 1
        if self.count == self.point:
            os.kill(os.getpid(), signal.SIGKILL)
        return SKIP if operation.kind == "sync" else PASS


def run(script: Script, disk: Disk, first: int, point: int, told: int, early: bool) -> None:
    """The steps from the `first` on, up to the kill, each told through a pipe: when it is done, or too early."""
    with disk.watched(script.path.parent, Killed(point)):
        for step in range(first, len(STEPS)):
            for acknowledges in (early, not early):
                if acknowledges:
                    os.write(told, b".")
                else:
                    script.do(step)


def killed(disk: Disk, script: Script, first: int, point: int, *, early: bool = False) -> tuple[int, bool]:
    """How many steps a process of its own has acknowledged, and whether it was killed before it was through."""
    read, write = os.pipe()
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "This process .* is multi-threaded", DeprecationWarning)
        child = os.fork()
    if child == 0:
        status = 1
        try:
            os.close(read)
            run(script, disk, first, point, write, early)
            status = 0
        finally:
            os._exit(status)
    os.close(write)
    with os.fdopen(read, "rb") as told:
        acknowledged = first + len(told.read())
    ended = os.waitpid(child, 0)[1]
    assert os.WIFSIGNALED(ended) or os.WEXITSTATUS(ended) == 0, "it failed, and was not killed"
    return acknowledged, os.WIFSIGNALED(ended)


def kills(disk: Disk, model: Model, folder: Path, stride: int) -> tuple[int, dict[tuple[int, int], str]]:
    """How often the script was killed, and what was wrong then, by step and operation.

    Each process goes on with the files that the one before has left; what is there is looked at in a copy.
    """
    here, there, wrong = folder / "script", folder / "copy", dict[tuple[int, int], str]()
    done, point, count = 0, stride, 0
    here.mkdir()
    while True:
        acknowledged, was_killed = killed(disk, Script(here, dict(model.ids)), done, point)
        if not was_killed:
            return count, wrong
        count += 1
        shutil.copytree(here, there)
        if acknowledged > ERASED and any(TRACE in one.read_bytes() for one in there.iterdir()):
            wrong[acknowledged, point] = "not erased"
        outcome = model.goes_on(acknowledged, there)
        if outcome.wrong:
            wrong[acknowledged, point] = outcome.wrong
            return count, wrong
        shutil.rmtree(there)
        before, done = done, acknowledged + (outcome.ended and acknowledged != ERASED)  # which empties the log at last
        point = point + stride if done == before else stride


@pytest.mark.parametrize("stride", STRIDES)
def test_a_killed_process_loses_nothing_that_it_acknowledged_and_leaves_nothing_half_done(
    disk: Disk, model: Model, tmp_path: Path, stride: int
) -> None:
    """Whatever it was doing: the file has the state before or after it, whole, and work goes on there."""
    count, wrong = kills(disk, model, tmp_path, stride)
    assert {} == wrong
    assert count >= 500 // stride


def commits(disk: Disk, folder: Path, store: type[SqliteStore]) -> list[int]:
    """How many operations have been done at each commit of the script."""
    counting, found = Killed(0), list[int]()
    folder.mkdir()
    script = Script(folder, store=store)
    script.committed = lambda: found.append(counting.count)
    with disk.watched(folder, counting):
        for step in range(len(STEPS)):
            script.do(step)
    return found


class Halved(Telling):
    """A broken store: it commits a batch in two transactions."""

    def commit(self, batch: Batch) -> None:
        """The writes with their entries, then the messages."""
        batch = with_messages(batch)
        SqliteStore.commit(self, attrs.evolve(batch, messages=()))
        self.script.committed()
        SqliteStore.commit(self, Batch(messages=batch.messages))


def test_the_check_sees_a_command_that_commits_twice(disk: Disk, model: Model, tmp_path: Path) -> None:
    """Killed between the two, it has done half of it."""
    between = commits(disk, tmp_path / "counted", Halved)[-10]
    (tmp_path / "halved").mkdir()
    acknowledged, _ = killed(disk, Script(tmp_path / "halved", store=Halved), 0, between + 1)
    assert "half done" == model.goes_on(acknowledged, tmp_path / "halved").wrong


def test_the_check_sees_what_is_acknowledged_before_it_is_committed(disk: Disk, model: Model, tmp_path: Path) -> None:
    """Killed in between, it has lost what it had promised."""
    before = commits(disk, tmp_path / "counted", Telling)[-10]
    (tmp_path / "early").mkdir()
    acknowledged, _ = killed(disk, Script(tmp_path / "early"), 0, before + 2, early=True)
    assert "lost" == model.goes_on(acknowledged, tmp_path / "early").wrong


def test_every_step_is_one_commit(model: Model) -> None:
    """So each state that is found is one that the script stopped at."""
    wanted = [{"_open": 0, "_close": 0, "many": 2}.get(step.__name__, 1) for step in STEPS]
    assert wanted == [end - model.before(step) for step, end in enumerate(model.ends)]
