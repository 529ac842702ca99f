"""Workspaces for merging, on every store."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from actionplans.workspace import Workspace
from tests.workspace.world import opened, peopled


@pytest.fixture(params=["memory", "sqlite"])
def ws(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Workspace]:
    """A workspace with Ana's account, for an administrator."""
    url = "memory:" if request.param == "memory" else f"sqlite:///{tmp_path}/plans.db"
    with opened(url) as ws:
        yield peopled(ws)
