"""The plan that is worked on with a customer, over every store."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from actionplans.workspace import Workspace
from tests.sharing.scene import staged


@pytest.fixture(params=["memory", "sqlite"])
def ws(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Workspace]:
    """A workspace of an administrator's on a new store with the scene in it."""
    with staged("memory:" if request.param == "memory" else f"sqlite:///{tmp_path}/plans.db") as ws:
        yield ws
