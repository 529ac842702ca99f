"""Workspaces for the tests of the life of accounts, on every store and on a clock that is told to move."""

from collections.abc import Iterator
from pathlib import Path

import pytest

import actionplans as ap
from actionplans.testing.clock import FrozenClock
from actionplans.workspace import Workspace
from tests.workspace.world import ADMIN, PLUGINS, peopled


@pytest.fixture
def clock() -> FrozenClock:
    """The moment it is."""
    return FrozenClock()


@pytest.fixture(params=["memory", "sqlite"])
def ws(request: pytest.FixtureRequest, tmp_path: Path, clock: FrozenClock) -> Iterator[Workspace]:
    """A workspace with Ana's account, for an administrator."""
    url = "memory:" if request.param == "memory" else f"sqlite:///{tmp_path}/plans.db"
    with ap.open(url, actor=ADMIN, plugins=PLUGINS, clock=clock) as ws:
        yield peopled(ws)


def acting(ws: Workspace, name: str, role: str) -> Workspace:
    """The same for somebody with that role."""
    return ws.acting_as(ap.Actor(name, roles={role}))
