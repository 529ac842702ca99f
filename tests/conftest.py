"""How all tests run: Hypothesis's profiles, and `assert` explained in the contracts that the package ships."""

import os

import pytest
from hypothesis import HealthCheck, settings

from tests.size import SOAK

pytest.register_assert_rewrite("actionplans.testing")

settings.register_profile("plain", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("checks", settings.get_profile("plain"), derandomize=True, database=None, print_blob=True)
settings.register_profile("soak", settings.get_profile("plain"), max_examples=2_000)
if SOAK:
    os.environ.setdefault("PYTEST_TIMEOUT", "3600")  # before the limit of pyproject.toml is read
settings.load_profile("soak" if SOAK else "checks" if os.environ.get("CI") else "plain")
