"""Damage to a file: what is read is right, or an error of ours comes out, or `check` tells (S7, S8)."""

import os
import random
import signal
import sys
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from actionplans.errors import ActionPlansError, StoreError
from actionplans.testing.opened import everything
from actionplans.workspace import Workspace
from tests.size import size
from tests.stores.kept import filled, opened

PAGE = 4096
LIMIT = 30
"""Seconds that one case may take."""
AT_ONCE = 25
"""So many cases a process goes through."""

Damage = Callable[[random.Random, bytearray], None]


@pytest.fixture(name="whole", scope="module")
def _whole(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A file with a little of everything, closed."""
    path = tmp_path_factory.mktemp("whole") / "plans.db"
    with filled(f"sqlite:///{path}") as ws:
        for n in range(8):
            ws.launch(ws.draft("follow-up", "acme", title=f"Plan {n} of the year 2026"))
    return path.read_bytes()


def flipped(chance: random.Random, held: bytearray) -> None:
    """A few bits."""
    for _ in range(chance.randint(1, 8)):
        held[chance.randrange(len(held))] ^= 1 << chance.randrange(8)


def overwritten(chance: random.Random, held: bytearray) -> None:
    """A stretch of random bytes."""
    many, at = chance.randint(1, 300), chance.randrange(len(held))
    held[at : at + many] = chance.randbytes(len(held[at : at + many]))


def zeroed(chance: random.Random, held: bytearray) -> None:
    """A stretch of zeros, or a page or half of one."""
    many = chance.choice((1, 16, 512, PAGE // 2, PAGE))
    at = chance.randrange(0, len(held), min(many, 512))
    held[at : at + many] = bytes(len(held[at : at + many]))


def swapped(chance: random.Random, held: bytearray) -> None:
    """Two pages, or two sectors, in each other's place."""
    many = chance.choice((512, PAGE))
    one, other = (chance.randrange(len(held) // many) * many for _ in range(2))
    held[one : one + many], held[other : other + many] = held[other : other + many], held[one : one + many]


def copied(chance: random.Random, held: bytearray) -> None:
    """A page, or a sector, over another."""
    many = chance.choice((512, PAGE))
    one, other = (chance.randrange(len(held) // many) * many for _ in range(2))
    held[one : one + many] = held[other : other + many]


def cut(chance: random.Random, held: bytearray) -> None:
    """The end is gone, or there is something behind it. (Of a file with nothing left a saved head alone knows.)"""
    if chance.random() < 0.8:
        del held[chance.choice((chance.randrange(1, len(held)), chance.randrange(1, len(held) // PAGE) * PAGE)) :]
    else:
        held += chance.randbytes(chance.choice((1, 512, PAGE)))


def reworded(chance: random.Random, held: bytearray) -> None:
    """A letter or digit is another one: nothing that a database could see."""
    places = [n for n, byte in enumerate(held) if chr(byte).isalnum() and byte < 128]
    at = chance.choice(places)
    held[at] = ord(chance.choice("0123456789abcdefghijklmnopqrstuvwxyz".replace(chr(held[at]), "")))


KINDS: tuple[Damage, ...] = (flipped, overwritten, zeroed, swapped, copied, cut, reworded, reworded)


def outcome(path: Path, wanted: object) -> str:
    """What comes of opening a file, reading all of it and checking it."""
    try:
        with opened(f"sqlite:///{path}") as ws:
            return read(ws, wanted)
    except StoreError as error:
        return f"refused {type(error).__name__}"


def read(ws: Workspace, wanted: object) -> str:
    """What comes of reading all and of checking it."""
    try:
        found = everything(ws._desk.store)
    except StoreError as error:
        found, told = None, f"refused {type(error).__name__}"
    report = ws.store.check()
    if found == wanted:
        return "right" if report.sound else "right, and told"
    if found is None:
        return told if not report.sound else f"WRONG: {told}, and check finds nothing"
    return "told" if not report.sound else "WRONG: other data, and check finds nothing"


def case(seed: int, whole: bytes, folder: Path, wanted: object) -> str:
    """One damaged file."""
    chance, held, path = random.Random(seed), bytearray(whole), folder / "plans.db"
    damage = KINDS[seed % len(KINDS)]
    damage(chance, held)
    for end in ("", "-wal", "-shm", "-journal"):
        Path(f"{path}{end}").unlink(missing_ok=True)
    path.write_bytes(held)
    signal.alarm(LIMIT)
    try:
        return f"{damage.__name__}: {outcome(path, wanted)}"
    except BaseException as error:
        raw = "ours" if isinstance(error, ActionPlansError) else "raw"
        return f"{damage.__name__}: WRONG: {raw} {error!r} {traceback.format_exc()[-900:]!r}"
    finally:
        signal.alarm(0)


def told(seeds: range, whole: bytes, folder: Path, wanted: object) -> Iterator[str]:
    """What comes of each, in a process of its own: one that hangs is ended by the alarm."""
    begin, end = os.pipe()
    sys.stdout.flush()
    child = os.fork()
    if not child:
        try:
            os.close(begin)
            signal.signal(signal.SIGALRM, signal.SIG_DFL)
            with os.fdopen(end, "w") as stream:
                for seed in seeds:
                    print(f"{seed} {case(seed, whole, folder, wanted)}", file=stream, flush=True)
        finally:
            os._exit(0)
    os.close(end)
    with os.fdopen(begin) as stream:
        yield from stream.read().splitlines()
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    if code:
        yield f"WRONG: one after this ended with {code}"


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
@pytest.mark.parametrize("part", range(2))
def test_damage_is_told_or_does_no_harm(whole: bytes, tmp_path: Path, part: int) -> None:
    """Bits, stretches, pages, ends and letters: right data, an error of ours or a finding, and no hang."""
    path = tmp_path / "plans.db"
    path.write_bytes(whole)
    with opened(f"sqlite:///{path}") as ws:
        wanted = everything(ws._desk.store)
        assert ws.store.check().sound
    many, found = size(2000) // 2, list[str]()
    for first in range(part * many, (part + 1) * many, AT_ONCE):
        seeds = range(first, min(first + AT_ONCE, (part + 1) * many))
        found += told(seeds, whole, tmp_path, wanted)
    assert many == len(found)
    assert [] == [one for one in found if "WRONG" in one]
    sorts = {one.split(" ", 2)[2] for one in found}
    assert {"right", "told"} <= sorts | {"right" for one in sorts if one.startswith("right")}
    assert any("refused" in one for one in sorts)
