"""The disk that is watched, and what becomes of the script when nothing happens to it."""

import pytest

from tests.stores.faults.disk import Disk, the_disk
from tests.stores.faults.model import Model, unharmed


@pytest.fixture(scope="package")
def disk() -> Disk:
    """SQLite's way to the disk, through our hands."""
    found = the_disk()
    if isinstance(found, str):
        pytest.skip(found)
    return found


@pytest.fixture(scope="package")
def model(tmp_path_factory: pytest.TempPathFactory) -> Model:
    """All states of the script."""
    return unharmed(tmp_path_factory.mktemp("unharmed"))
