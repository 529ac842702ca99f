"""Several processes that change one plan through workspaces, each retrying where another was faster (S2, C3, C6)."""

import json
import os

import pytest

from actionplans.model import Metric
from tests.size import SOAK
from tests.stores.desk_worker import counting_plan, number_of, opened
from tests.stores.test_processes import start
from tests.stores.test_processes import url as url


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
@pytest.mark.timeout(7200)
def test_no_increment_of_a_metric_is_lost(url: str) -> None:
    """By eight processes: one stores what it has read plus one, one has a verb of its own count up, six ask the store.

    The two that go through the workspace, with rights and views, take a twentieth of the soak.
    """
    each = (2_500, 15_834) if SOAK else (5, 10)
    shares = [("read", each[0]), ("found", each[0]), *[("store", each[1])] * 6]
    times = sum(share for _, share in shares)
    with opened(url) as ws:
        plan_id, item_id = counting_plan(ws)
        before = ws.view(plan_id).plan.revision
        running = start(url, plan_id, item_id, json.dumps(shares), worker="desk_worker")
        out, err = running.communicate()
        assert (0, "") == (running.returncode, err)
        assert sorted(share for _, share in shares) == sorted(json.loads(line)["done"] for line in out.splitlines())
        after = ws.view(plan_id).plan
        assert (times, before + times) == (number_of(after), after.revision)
        metrics = [one.edits[0].after for one in ws.history(plan_id) if one.revision > before]
        numbers = [int(one.readings[-1].value) for one in metrics if isinstance(one, Metric)]
        assert list(range(1, times + 1)) == numbers
    print(out)  # how often they met, for those who ask with -s
