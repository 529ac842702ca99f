"""A power loss: whatever was not synced may be there or not, in any mixture; nothing acknowledged is lost (S4)."""

import random
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from attrs import Factory, define, evolve, frozen

from tests.size import size
from tests.stores.faults.disk import PASS, Disk, Operation
from tests.stores.faults.model import Model, unharmed
from tests.stores.faults.script import NAME, PRAGMAS

SECTORS = (512, 4096)
"""The sizes of what a disk writes at once."""


@define
class Inode:
    """A file, whatever its name: what is on the disk for good, and what it has been told since."""

    synced: bytearray = Factory(bytearray)
    pending: list[Operation] = Factory(list)

    def sync(self) -> None:
        """All of it is on the disk for good."""
        for one in self.pending:
            apply(self.synced, one)
        self.pending.clear()


def apply(data: bytearray, operation: Operation) -> None:
    """Do this to what a file holds; what nobody has written is zero."""
    if operation.kind == "truncate":
        del data[operation.offset :]
    end = operation.offset + len(operation.data)
    data.extend(bytes(max(0, end - len(data))))
    data[operation.offset : end] = operation.data


def sectors(operation: Operation, size: int) -> Iterator[Operation]:
    """The parts of an operation that are on the disk each by itself."""
    data, offset = operation.data, operation.offset
    while data:
        length = size - offset % size
        yield Operation(operation.kind, operation.name, offset, data[:length])
        data, offset = data[length:], offset + length
    if not operation.data:
        yield operation


@define
class Platter:
    """The files of a folder as a disk has them, told one operation after the other.

    `names` are what the folder has for good, `renamed` what has been made and deleted in it since, and `current` what a
    program sees.
    """

    names: dict[str, Inode] = Factory(dict)
    renamed: list[tuple[str, Inode | None]] = Factory(list)
    current: dict[str, Inode] = Factory(dict)

    def told(self, operation: Operation) -> None:
        """Take note of an operation."""
        match operation.kind:
            case "create":
                self.current[operation.name] = Inode()
                self.renamed.append((operation.name, self.current[operation.name]))
            case "delete":
                del self.current[operation.name]
                self.renamed.append((operation.name, None))
            case "write" | "truncate":
                self.current[operation.name].pending.append(operation)
            case "sync":
                self.current[operation.name].sync()
            case "sync_folder":
                self.names, self.renamed = dict(self.current), []

    def after_loss(self, loss: "Loss") -> dict[str, bytes]:
        """What is there when the power was lost, by name."""
        dice, names = random.Random(loss.seed), dict[str, Inode | None](self.names)
        for name, inode in self.renamed:
            if dice.random() < loss.kept:
                names[name] = inode
        return {name: loss.left_of(inode, dice) for name, inode in names.items() if inode is not None}


@frozen
class Loss:
    """A power loss just before the operation of that number, and what it leaves of what was not synced."""

    point: int
    seed: int
    kept: float
    sector: int
    garbage: bool = False

    def left_of(self, inode: Inode, dice: random.Random) -> bytes:
        """What a file holds: of each sector, whatever was written to it and kept, in that order."""
        data = bytearray(inode.synced)
        for operation in inode.pending:
            for part in sectors(operation, self.sector):
                if dice.random() < self.kept:
                    apply(data, part)
                elif self.garbage and part.offset >= len(data):
                    apply(data, evolve(part, data=dice.randbytes(len(part.data))))
        return bytes(data)


def losses(points: int, count: int) -> Iterator[Loss]:
    """So many losses, spread over all points."""
    dice = random.Random(count)
    for n in range(count):
        kept = (0.0, 0.1, 0.5, 0.9, 1.0)[n % 5]
        yield Loss(n * points // count, dice.getrandbits(32), kept, SECTORS[dice.randrange(2)], dice.random() < 0.3)


@define
class Recording:
    """All operations of one run of the script, how many steps had been acknowledged at each, and its states."""

    operations: list[Operation] = Factory(list)
    acknowledged: list[int] = Factory(list)
    done: int = 0
    model: Model = Factory(Model)
    path: Path = Path(NAME)

    def __call__(self, operation: Operation) -> int:
        """Take note, and have it done."""
        if operation.kind != "share":  # that file is made anew from the log
            self.operations.append(operation)
            self.acknowledged.append(self.done)
        return PASS

    def stepped(self, step: int) -> None:
        """A step has returned."""
        self.done = step + 1


def recorded(disk: Disk, folder: Path, pragmas: tuple[str, ...] = PRAGMAS) -> Recording:
    """One run of the script."""
    recording = Recording(path=folder / NAME)
    with disk.watched(folder, recording):
        recording.model = unharmed(folder, recording.stepped, pragmas=pragmas)
    return recording


def replayed(recording: Recording, folder: Path, chosen: Iterator[Loss]) -> dict[Loss, str]:
    """What is wrong after each power loss; they come in the order of their points."""
    platter, told, wrong = Platter(), 0, {}
    for n, loss in enumerate(chosen):
        for operation in recording.operations[told : loss.point]:
            platter.told(operation)
        told = loss.point
        after = folder / str(n)
        after.mkdir()
        for name, data in platter.after_loss(loss).items():
            (after / name).write_bytes(data)
        if found := recording.model.goes_on(recording.acknowledged[loss.point], after).wrong:
            wrong[loss] = found
        shutil.rmtree(after)
    return wrong


@pytest.fixture(scope="module")
def recording(disk: Disk, tmp_path_factory: pytest.TempPathFactory) -> Recording:
    """One run of the script as it is."""
    return recorded(disk, tmp_path_factory.mktemp("recorded"))


def test_what_is_replayed_to_the_end_is_what_sqlite_has_written(recording: Recording) -> None:
    """The check itself: at the end there is one file on the platter, the one that SQLite has left, and it is synced."""
    platter = Platter()
    for operation in recording.operations:
        platter.told(operation)
    assert ["plans.db"] == list(platter.current)
    assert [] == platter.current["plans.db"].pending
    assert recording.path.read_bytes() == platter.current["plans.db"].synced


def test_a_power_loss_loses_nothing_that_was_acknowledged(recording: Recording, tmp_path: Path) -> None:
    """The file opens, is sound, has the state before or after what was under way, and work goes on there."""
    assert {} == replayed(recording, tmp_path, losses(len(recording.operations), size(2000)))


@pytest.mark.parametrize("synchronous", ["normal", "off"])
def test_the_check_sees_that_what_is_not_synced_is_lost(disk: Disk, tmp_path: Path, synchronous: str) -> None:
    """With less than `synchronous = full` a commit is acknowledged before it is on the disk."""
    (tmp_path / "run").mkdir()
    recording = recorded(disk, tmp_path / "run", (*PRAGMAS, f"synchronous = {synchronous}"))
    wrong = replayed(recording, tmp_path, losses(len(recording.operations), 15))
    assert "lost" in wrong.values()
