"""Every test of the workspace runs over every store; over PostgreSQL, which takes longer, in the soak."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from actionplans.workspace import Workspace
from tests.size import SOAK
from tests.workspace.world import opened, peopled


@pytest.fixture(params=["memory", "sqlite", *["postgresql"] * SOAK])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of an empty store."""
    if request.param == "postgresql":
        return str(request.getfixturevalue("postgresql"))
    return "memory:" if request.param == "memory" else f"sqlite:///{tmp_path}/plans.db"


@pytest.fixture(scope="session")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file with people, an account and a published template, made once."""
    path = tmp_path_factory.mktemp("prepared") / "plans.db"
    with opened(f"sqlite:///{path}") as ws:
        peopled(ws)
    return path


@pytest.fixture
def ws(url: str, prepared: Path) -> Iterator[Workspace]:
    """A workspace with people, an account and a published template, for an administrator."""
    copied = url.startswith("sqlite")
    if copied:
        shutil.copy(prepared, url.removeprefix("sqlite:///"))
    with opened(url) as ws:
        yield ws if copied else peopled(ws)
