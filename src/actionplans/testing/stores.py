"""The contract of `actionplans.storage` as tests. A store's own tests inherit them:

    class TestMyStore(StoreContract):
        def open_store(self, place, tenant=""):
            return open_my_store(f"mine:///{place}/plans", tenant=tenant)

`place` is a folder of the test's own; a durable store opened there again has what was committed. Put
`pytest.register_assert_rewrite("actionplans.testing")` into `conftest.py` to see why an assertion fails. It wants the
extra `test`: without it the import raises `MissingExtra`.

A store that does what `upkeep.Maintained` says inherits both: `class TestMyStore(StoreContract, MaintainedContract)`.

C12, what happens when the storage fails, is the store's own to prove: only it can make its storage fail.
"""

from __future__ import annotations

from actionplans.errors import MissingExtra

try:
    from actionplans.testing.chaining import ChainingContract
    from actionplans.testing.committing import CommittingContract
    from actionplans.testing.delivering import DeliveringContract
    from actionplans.testing.finding import FindingContract
    from actionplans.testing.maintaining import MaintainingContract
except ModuleNotFoundError as _error:
    if _error.name not in ("pytest", "hypothesis"):
        raise
    raise MissingExtra(_error.name, "test") from _error


class StoreContract(CommittingContract, ChainingContract, DeliveringContract, FindingContract):
    """One test or more for each numbered sentence. Inherit it and say how a store is opened."""


class MaintainedContract(MaintainingContract):
    """One test or more for each sentence of `upkeep.Maintained`. Inherit it beside `StoreContract`."""
