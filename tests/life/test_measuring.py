"""Metrics with readings (L7)."""

import datetime as dt
from decimal import Decimal

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from actionplans import edit, progress
from actionplans.errors import Invalid, NotFound, Refused
from actionplans.model import Metric, Plan, Reading, Task
from actionplans.settings import Limits
from tests.edit.scene import NOW, SETTINGS, context, plan
from tests.size import size

HOUR = dt.timedelta(hours=1)


def measured(item_id: str = "call", target: int = 5) -> Plan:
    """A plan in which an item has a metric."""
    return edit.update(plan(), context(), item_id, metric=Metric(Decimal(target)))


def readings(plan: Plan, item_id: str = "call") -> list[tuple[dt.datetime, Decimal]]:
    """When and what."""
    metric = plan.item(item_id).metric  # type: ignore[union-attr]
    assert metric is not None
    return [(one.at, one.value) for one in metric.readings]


@pytest.mark.parametrize("item_id", ["call", "why"])
def test_a_reading_is_of_now_and_of_whoever_measures(item_id: str) -> None:
    """Of a task and of an objective; it completes nothing, however well it is met."""
    after = edit.measure(measured(item_id), context(), item_id, 7)
    assert (Reading(NOW, Decimal(7), "ana"),) == after.item(item_id).metric.readings  # type: ignore[union-attr]
    assert progress.met(after.item(item_id).metric) is True  # type: ignore[union-attr,arg-type]
    assert ["open", ""] == [after.task("call").status, after.objective("why").status]


@settings(max_examples=size(2000))
@given(st.lists(st.tuples(st.integers(0, 5), st.integers(-3, 3)), max_size=12))
def test_readings_stand_in_the_order_of_their_moments_one_for_each(taken: list[tuple[int, int]]) -> None:
    """Whatever the order they come in; measuring again for a moment corrects it, and doing so twice changes nothing."""
    made, last = measured(), dict[dt.datetime, Decimal]()
    for hours, value in taken:
        moment = NOW - hours * HOUR
        made = edit.measure(made, context(), "call", Decimal(value), at=moment)
        assert made is edit.measure(made, context(), "call", Decimal(value), at=moment)
        last[moment] = Decimal(value)
    assert sorted(last.items()) == readings(made)
    for moment in last:
        made = edit.remove_reading(made, context(), "call", moment)
    assert measured() == made


@pytest.mark.parametrize(
    "value", [1.5, True, "7", None, Decimal("NaN"), Decimal("Infinity"), Decimal("1E+200"), 10**200]
)
def test_what_is_no_exact_number_is_refused(value: object) -> None:
    """Floats, yes and no, text, and what is not finite."""
    with pytest.raises(Invalid):
        edit.measure(measured(), context(), "call", value)  # type: ignore[arg-type]


@pytest.mark.parametrize("at", [NOW + dt.timedelta(microseconds=1), NOW.replace(tzinfo=None), NOW.date(), "now"])
def test_a_moment_has_been_and_has_a_time_zone(at: object) -> None:
    """What is still to come cannot be measured."""
    with pytest.raises(Invalid):
        edit.measure(measured(), context(), "call", 1, at=at)  # type: ignore[arg-type]


def test_what_has_no_metric_is_not_measured() -> None:
    """Nor is a play, nor anything of a closed plan; a wrong moment has no reading to remove."""
    for made, item_id, told in (
        (plan(), "call", "has no metric"),
        (plan(), "play", "a play has no metric"),
        (attrs.evolve(measured(), status="completed"), "call", "reopen it first"),
    ):
        with pytest.raises(Refused, match=told):
            edit.measure(made, context(), item_id, 1)
        with pytest.raises(Refused, match=told):
            edit.remove_reading(made, context(), item_id, NOW)
    for at in (NOW, "yesterday", None):
        with pytest.raises(NotFound):
            edit.remove_reading(measured(), context(), "call", at)  # type: ignore[arg-type]


def test_there_are_so_many_as_the_settings_allow() -> None:
    """Correcting one is no new one."""
    to = context(attrs.evolve(SETTINGS, limits=Limits(readings_per_metric=1)))
    full = edit.measure(measured(), to, "call", 1)
    with pytest.raises(Refused, match="1 readings"):
        edit.measure(full, to, "call", 2, at=NOW - HOUR)
    assert [(NOW, Decimal(2))] == readings(edit.measure(full, to, "call", 2))


def test_a_new_target_keeps_the_readings_and_nobody_brings_any_along() -> None:
    """Editing the metric is no way round measuring, nor is adding an item."""
    made = edit.measure(measured(), context(), "call", 7)
    forged = Metric(Decimal(9), readings=(Reading(NOW, Decimal(9), "ben"),))
    again = edit.update(made, context(), "call", metric=Metric(Decimal(9)))
    assert ([(NOW, Decimal(7))], False) == (readings(again), progress.met(again.task("call").metric))  # type: ignore[arg-type]
    assert again == edit.update(again, context(), "call", metric=again.task("call").metric)
    with pytest.raises(Invalid, match=r"edit\.measure"):
        edit.update(made, context(), "call", metric=forged)
    with pytest.raises(Invalid, match=r"edit\.measure"):
        edit.add(made, context(), Task("", "New", metric=forged))
    assert edit.update(made, context(), "call", metric=None).task("call").metric is None
