"""A workspace in memory, with people, an account and a published template."""

from collections.abc import Iterator

import pytest

from actionplans.workspace import Workspace
from tests.workspace.world import opened, peopled


@pytest.fixture
def ws() -> Iterator[Workspace]:
    """For an administrator."""
    with opened() as ws:
        yield peopled(ws)
