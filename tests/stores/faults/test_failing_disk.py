"""A disk that is full or fails, once or for ever, at any point: our own error, the state whole, work goes on (S7)."""

import shutil
import subprocess
from contextlib import suppress
from pathlib import Path

import pytest
from attrs import Factory, define

from actionplans.backends.store.sqlite import SqliteStore
from actionplans.errors import NotFound, StoreError
from actionplans.storage import Batch
from tests.size import SOAK
from tests.stores.faults.disk import FAILURES, FULL, PASS, SKIP, UNREADABLE, Disk, Operation
from tests.stores.faults.model import Model, found_in
from tests.stores.faults.script import ERASED, STEPS, Script, Telling

STRIDE, READS, ELSEWHERE = (1, 5, 5) if SOAK else (97, 97, 3)
"""A fault at one operation of so many, and of so many that read; after one fault of so many the files are opened
elsewhere as well."""


@define
class Failing:
    """Fails the operation of a number, and where it is `lasting` all after it, until it is mended."""

    codes: dict[str, int]
    lasting: bool
    point: int = 0
    count: int = 0
    reached: bool = False
    works: bool = True

    def __call__(self, operation: Operation) -> int:
        """Only what can fail counts."""
        if self.works or operation.kind not in self.codes:
            return SKIP if operation.kind == "sync" else PASS
        self.count += 1
        if self.count == self.point or self.reached and self.lasting:
            self.reached = True
            return self.codes[operation.kind]
        return SKIP if operation.kind == "sync" else PASS

    def begin(self, point: int) -> None:
        """From now on fail at that operation, counted from 1."""
        self.point, self.count, self.reached, self.works = point, 0, False, False


@define
class Trial:
    """The script, run through once with a fault at every so many of its operations: a step is repeated until it works.

    `wrong` is what was found wrong, by step and operation; `cases` is how many faults there were, and `errors` how
    often each error was raised, without a name where the step worked all the same. `unsaid` are the errors of steps
    that had been done all the same, where they do not say so; but for the erasure, which ends with emptying the log.
    """

    model: Model
    script: Script
    failing: Failing
    stride: int
    cases: int = 0
    errors: dict[str, int] = Factory(dict)
    unsaid: set[str] = Factory(set)
    wrong: dict[tuple[int, int], str] = Factory(dict)

    def run(self, disk: Disk) -> None:
        """All steps."""
        folder = self.script.path.parent
        folder.mkdir(parents=True)
        point = self.stride
        with disk.watched(folder, self.failing, frozenset(self.failing.codes) | {"sync"}):
            for step in range(len(STEPS)):
                done = False
                while not done:
                    done = self._tried(step, point)
                    point += self.stride if self.failing.reached else 0
                point = max(1, point - self.failing.count)
            self.script.close()

    def _tried(self, step: int, point: int) -> bool:
        """Whether the step is done now, or has gone wrong. Whatever happened, the file must be in order."""
        told, message = "", ""
        self.failing.begin(point)
        try:
            self.script.do(step)
        except StoreError as error:
            told, message = type(error).__name__, str(error)
        except Exception as error:
            self.wrong[step, point] = f"raised {error!r}"
            return True
        if self.failing.reached:
            self.cases += 1
            self.errors[told] = self.errors.get(told, 0) + 1
            self._read()
        elif told:
            self.wrong[step, point] = f"raised {told} without a reason"
            return True
        self.failing.works = True
        ended = self._looked_at(step, point, told)
        if told and ended and step != ERASED and "nobody knows whether the change was made" not in message:
            self.unsaid.add(message)
        return ended

    def _looked_at(self, step: int, point: int, told: str) -> bool:
        """Whether the step is done, or something is wrong with what it has left."""
        done = step if told else step + 1
        state = found_in(self.script.path.parent)
        elsewhere = self.failing.reached and self.cases % ELSEWHERE == 0
        wrong = self.model.wrong(done, state) or (self._opens_elsewhere(done) if elsewhere else "")
        if wrong:
            self.wrong[step, point] = f"{wrong} after {told or 'success'}"
        ended = state == self.model.states[self.model.ends[step]] != self.model.states[self.model.before(step)]
        return not told or ended or bool(wrong)

    def _read(self) -> None:
        """What is read while it fails is right, or one of our errors."""
        with suppress(StoreError, NotFound):
            assert "Acme" == self.script.ws.accounts.get("acme").name

    def _opens_elsewhere(self, done: int) -> str:
        """What is wrong with the files as they lie there, for whoever opens them next.

        Another program copies them: if this one closed them, SQLite would lose its locks on them.
        """
        here, there = self.script.path.parent, self.script.path.parent.with_name("elsewhere")
        there.mkdir()
        subprocess.run(["cp", *(one for one in here.iterdir() if not one.name.endswith("-shm")), there], check=True)
        wrong = self.model.goes_on(done, there).wrong
        shutil.rmtree(there)
        return wrong


def tried(
    disk: Disk,
    model: Model,
    folder: Path,
    codes: dict[str, int],
    lasting: bool = False,
    *,
    stride: int = STRIDE,
    store: type[SqliteStore] = Telling,
) -> Trial:
    """One trial. What a step that raised an error had done all the same has the ids of the model."""
    script = Script(folder / "script", dict(model.ids), store=store)
    trial = Trial(model, script, Failing(codes, lasting), stride)
    trial.run(disk)
    return trial


@pytest.mark.parametrize("lasting", [False, True])
def test_a_full_disk_is_said_to_be_full_and_nothing_is_half_written(
    disk: Disk, model: Model, tmp_path: Path, lasting: bool
) -> None:
    """A command that has no space is not done; the same workspace does it when there is some."""
    trial = tried(disk, model, tmp_path, FULL, lasting)
    assert {} == trial.wrong
    assert {"StoreFull"} == trial.errors.keys() - {""}
    assert set() == trial.unsaid
    assert trial.cases >= 1000 // STRIDE


@pytest.mark.parametrize("lasting", [False, True])
@pytest.mark.parametrize("codes", [FAILURES, UNREADABLE], ids=["writing", "reading"])
def test_a_failing_disk_is_told_and_nothing_is_half_written(
    disk: Disk, model: Model, tmp_path: Path, codes: dict[str, int], lasting: bool
) -> None:
    """A command is done or not done, whole; the same workspace goes on when the disk works again."""
    stride = READS if codes is UNREADABLE else STRIDE
    trial = tried(disk, model, tmp_path, codes, lasting, stride=stride)
    assert {} == trial.wrong
    assert {"StoreUnavailable"} >= trial.errors.keys() - {""}
    assert set() == trial.unsaid
    assert trial.cases >= 500 // stride


class Careless(Telling):
    """A broken store: it takes no notice of a disk that is full."""

    def commit(self, batch: Batch) -> None:
        """As if all were well."""
        with suppress(StoreError):
            super().commit(batch)


def test_the_check_sees_an_error_that_is_swallowed(disk: Disk, model: Model, tmp_path: Path) -> None:
    """What was acknowledged is not there."""
    trial = tried(disk, model, tmp_path, FULL, store=Careless)
    assert "lost after success" in trial.wrong.values()


class Raw(Telling):
    """A broken store: it raises what SQLite raises."""

    def commit(self, batch: Batch) -> None:
        """With its own error."""
        try:
            super().commit(batch)
        except StoreError as error:
            raise error.__cause__ or error from None


def test_the_check_sees_an_error_that_is_not_ours(disk: Disk, model: Model, tmp_path: Path) -> None:
    """As SQLite's own."""
    trial = tried(disk, model, tmp_path, FULL, store=Raw)
    assert any("OperationalError" in one for one in trial.wrong.values())
