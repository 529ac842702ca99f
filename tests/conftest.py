"""How all tests run: Hypothesis's profiles, and `assert` explained in the contracts that the package ships."""

import gc
import os
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, settings

from tests import servers
from tests.size import SOAK, size

pytest.register_assert_rewrite("actionplans.testing")

settings.register_profile(
    "plain", deadline=None, max_examples=size(2_000), suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile("checks", settings.get_profile("plain"), derandomize=True, database=None, print_blob=True)
if SOAK:
    os.environ.setdefault("PYTEST_TIMEOUT", "3600")  # before the limit of pyproject.toml is read
settings.load_profile("checks" if os.environ.get("CI") and not SOAK else "plain")


def pytest_xdist_auto_num_workers() -> int:
    """One more than there are processors: many tests wait for a disk, a server or another process."""
    return (os.cpu_count() or 1) + 1


def pytest_collection_finish() -> None:
    """Thousands of collected tests stay to the end: nobody need look for garbage among them again and again."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session")
def postgresql_server(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The URL of a real PostgreSQL, one for all processes of a test run."""
    if reason := servers.missing():
        pytest.skip(reason)
    folder = tmp_path_factory.getbasetemp()
    return servers.shared_url((folder.parent if "PYTEST_XDIST_WORKER" in os.environ else folder) / "postgresql")


@pytest.fixture(scope="session")
def postgresql_tables(postgresql_server: str) -> Iterator[str]:
    """The URL of a schema for tests that need no more than a tenant of their own: making tables takes a while."""
    with _schema(postgresql_server) as url:
        yield url


@pytest.fixture
def postgresql(postgresql_server: str) -> Iterator[str]:
    """The URL of a schema that this test has alone."""
    with _schema(postgresql_server) as url:
        yield url


@contextmanager
def _schema(server: str) -> Iterator[str]:
    name = f"test_{uuid4().hex}"
    yield f"{server}{'&' if '?' in server else '?'}schema={name}"
    servers.drop(server, name)
