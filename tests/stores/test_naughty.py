"""The Big List of Naughty Strings, where it is there beside the project (C10)."""

import json
from pathlib import Path

import attrs
import pytest

from actionplans.accounts import name_key
from actionplans.backends.store.memory import open_memory
from actionplans.backends.store.postgresql import open_postgresql
from actionplans.backends.store.sqlite import open_sqlite
from actionplans.model import Account, Plan, Task
from actionplans.storage import AccountQuery, Store, TaskQuery
from actionplans.testing.opened import every, plan, save

LIST = Path(__file__).resolve().parents[3] / "shared" / "corpora" / "blns" / "blns.json"


@pytest.fixture(params=["memory", "sqlite", "postgresql"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    """Each of the stores."""
    if request.param == "postgresql":
        return open_postgresql(request.getfixturevalue("postgresql_tables"), tenant="naughty")
    return open_memory("memory:") if request.param == "memory" else open_sqlite(f"sqlite:///{tmp_path}/plans.db")


@pytest.mark.skipif(not LIST.exists(), reason="the list of naughty strings is not beside the project")
def test_naughty_strings_come_back_and_are_found(store: Store) -> None:
    """As titles, descriptions, owners and names; each name is found by itself and by its beginning."""
    naughty = list(dict.fromkeys(one if one.strip() else f"x{one}" for one in json.loads(LIST.read_text("utf-8"))))
    assert len(naughty) > 400
    held = plan("p1", *(Task(f"t{n}", one[:500], owner_id=one[:200], description=one) for n, one in enumerate(naughty)))
    save(store, held, *(Account(f"a{n:04}", one[:500]) for n, one in enumerate(naughty)))
    assert attrs.evolve(held, revision=1) == store.get(Plan, "p1")
    for n, one in enumerate(naughty):
        assert f"t{n}" in {found.task.id for found in every(store, TaskQuery(owner_ids=(one[:200],)))}
        if key := name_key(one[:500]):
            found = every(store, AccountQuery(key=one[:500]))
            assert f"a{n:04}" in {account.id for account in found}
            assert {key} == {name_key(account.name) for account in found}
            assert f"a{n:04}" in {account.id for account in every(store, AccountQuery(prefix=key[:4]))}
    store.close()
