"""Every test of the workspace runs over every store."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from actionplans.workspace import Workspace
from tests.workspace.world import opened, peopled


@pytest.fixture(params=["memory", "sqlite"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of an empty store."""
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
    if url != "memory:":
        shutil.copy(prepared, url.removeprefix("sqlite:///"))
    with opened(url) as ws:
        yield ws if url != "memory:" else peopled(ws)
