"""Hosts that lend a connection, on both databases."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.stores.hosts import Host, postgresql_host, sqlite_host


@pytest.fixture(params=["sqlite", "postgresql"])
def host(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Host]:
    """A host with a database of its own."""
    if request.param == "sqlite":
        yield sqlite_host(tmp_path)
    else:
        yield from postgresql_host(request.getfixturevalue("postgresql"))


@pytest.fixture
def db(host: Host) -> Iterator[Any]:
    """A connection of the host's."""
    with closing(host.connect()) as db:
        yield db
