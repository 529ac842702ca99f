"""Backups while eight others write: each is one state, in which what every commit keeps true is true (S8)."""

import os
import random
from pathlib import Path

import attrs
import pytest

from actionplans.errors import Stale, StoreBusy
from actionplans.model import Plan, Task, Team
from actionplans.storage import RecordQuery
from actionplans.testing.opened import every, plan
from actionplans.workspace import Workspace
from actionplans.workspace.desk import Change
from tests.size import size
from tests.stores.kept import opened
from tests.stores.stepping import forked

WRITERS, TEAMS, TASKS = 8, 12, 10
MOVES = bytes(60)
"""So many moves the writers make beside each backup: what they have written is looked at whole, again and again."""


def begun(ws: Workspace) -> None:
    """Teams whose names are numbers, 100 in all for each, and a plan whose tasks are all called the same."""
    desk = ws._desk
    desk.commit(*(Change(None, Team(f"team{n}", "100"), "team.create") for n in range(TEAMS)))
    desk.commit(Change(None, called("p", 0), "plan.create"))


def called(id: str, number: int) -> Plan:
    """The plan whose tasks have this number for a title."""
    return plan(id, *(Task(f"t{n}", f"Number {number}") for n in range(TASKS)), title=f"Number {number}")


def move(ws: Workspace, chance: random.Random, number: int) -> None:
    """Some of one team's number to another's and all tasks renamed, in one commit."""
    desk = ws._desk
    one, other = (desk.store.get(Team, f"team{n}") for n in chance.sample(range(TEAMS), 2))
    many, now = chance.randint(-9, 9), desk.store.get(Plan, "p")
    desk.commit(
        Change(one, attrs.evolve(one, name=str(int(one.name) - many)), "team.edit"),
        Change(other, attrs.evolve(other, name=str(int(other.name) + many)), "team.edit"),
        Change(now, attrs.evolve(called("p", number), revision=now.revision), "plan.edit"),
    )


def write(url: str, seed: int, told: int) -> None:
    """Move once for each byte that comes out of the pipe, until that is closed."""
    chance, number = random.Random(seed), 0
    with opened(url) as ws:
        while os.read(told, 1):
            number += 1
            try:
                move(ws, chance, seed * 1_000_000 + number)
            except (Stale, StoreBusy):
                continue


def looked_at(path: Path) -> int:
    """How many commits a backup has, after a look at all that they keep true."""
    with opened(f"sqlite:///{path}") as ws:
        report = ws.store.check()
        assert report.sound, report.sentence()
        teams = every(ws._desk.store, RecordQuery("team"))
        assert 100 * TEAMS == sum(int(team.name) for team in teams)
        held = ws._desk.store.get(Plan, "p")
        assert {held.title} == {task.title for task in held.tasks}
        assert 2 * (held.revision - 1) == sum(team.revision - 1 for team in teams)
        return held.revision


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_every_backup_is_one_state_while_eight_write(kind: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    """And a later one is never behind an earlier one."""
    url = f"sqlite:///{tmp_path}/plans.db" if kind == "sqlite" else str(request.getfixturevalue("postgresql"))
    with opened(url) as ws:
        begun(ws)
    told, end = os.pipe()
    hold, release = os.pipe()
    os.close(release)  # nobody waits to begin
    writers = [forked(lambda n=n: write(url, n, told), hold, end) for n in range(WRITERS)]  # type: ignore[misc]
    last, advanced = 0, 0
    try:
        with opened(url) as ws:
            for n in range(size(200)):
                os.write(end, MOVES)
                path = ws.store.backup(tmp_path / f"backup{n}.db")
                revision = looked_at(path)
                assert last <= revision
                advanced, last = advanced + (last < revision), revision
                path.unlink()
    finally:
        os.close(end)
        ended = [os.waitstatus_to_exitcode(os.waitpid(one, 0)[1]) for one in writers]
    assert [0] * WRITERS == ended
    assert advanced > size(200) // 2
