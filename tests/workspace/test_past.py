"""Plans as they were, and the journals of all kinds of records (J1, J2)."""

import datetime as dt
from typing import Any

import attrs
import pytest
from hypothesis import HealthCheck, given, settings

import actionplans as ap
from actionplans import edit
from actionplans.errors import Invalid, NotAllowed, NotFound, Refused
from actionplans.model import Account, Plan
from actionplans.settings import CustomField, Grant
from actionplans.testing.clock import FrozenClock
from actionplans.workspace import Workspace
from actionplans.workspace.desk import Change
from tests.edit.moves import Step, Walk, steps
from tests.edit.scene import plan as scene_plan
from tests.size import size
from tests.workspace.world import ADMIN, MONDAY, PLUGINS, opened

NOON = dt.datetime(2026, 1, 5, 12, tzinfo=dt.UTC)


class Clock:
    """A clock that goes on by a minute whenever it is looked at."""

    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> dt.datetime:
        self.now += dt.timedelta(minutes=1)
        return self.now


@settings(max_examples=size(1000), suppress_health_check=list(HealthCheck), deadline=None)
@given(taken=steps(25))
def test_a_plan_is_read_as_it_was_after_each_of_its_steps(taken: list[Step]) -> None:
    """By revision and by moment, whatever was done since; the moment between two steps is the earlier one's."""
    with ap.open("memory:", actor=ADMIN, plugins=PLUGINS, clock=Clock()) as ws:
        desk, walk = ws._desk, Walk(scene_plan())
        ws.accounts.add(Account(walk.plan.account_id, "Acme"))
        (kept,) = desk.commit(Change(None, attrs.evolve(walk.plan, revision=0), "plan.create"))
        states = [kept]
        for step in taken:
            if walk.step(step) is None:
                before = states[-1]
                after = attrs.evolve(walk.plan, revision=before.revision, changed_at=before.changed_at)
                states += desk.commit(Change(before, after, "plan.edit"))
        entries = list(desk.store.journal("plan", walk.plan.id))
        assert len(states) == len(entries)
        for state, entry in zip(states, entries, strict=True):
            assert isinstance(state, Plan)
            then = attrs.evolve(state, changed_at=entry.at)
            assert then == ws.journal.as_of(state.id, state.revision).plan
            assert then == ws.journal.as_of(state.id, entry.at).plan
            assert then == ws.journal.as_of(state.id, entry.at + dt.timedelta(seconds=59)).plan


def launched(ws: Workspace) -> Any:
    """A plan of three tasks, of Monday morning."""
    return ws.launch(ws.draft("follow-up", "acme", start=MONDAY)).plan


def test_the_view_of_back_then_is_of_that_day(ws: Workspace) -> None:
    """What was late then is late in it, and what is late today only is not."""
    plan = launched(ws)
    clock = ws._desk.clock
    assert isinstance(clock, FrozenClock)
    ws.change(plan.id, edit.complete, plan.tasks[0].id)
    clock.now += dt.timedelta(days=30)
    then = ws.journal.as_of(plan.id, 1)
    assert ["open", "waiting", "open"] == [one.status for one in then.plan.tasks]
    assert MONDAY == then.today
    assert ws.view(plan.id).today > then.today
    late = ws.journal.as_of(plan.id, clock.now)
    assert ("done", clock.now.date()) == (late.plan.tasks[0].status, late.today)


def test_a_moment_before_the_plan_and_a_revision_that_is_not_are_refused(ws: Workspace) -> None:
    """As is what is no moment."""
    plan = launched(ws)
    with pytest.raises(Refused, match="made later"):
        ws.journal.as_of(plan.id, dt.datetime(2020, 1, 1, tzinfo=dt.UTC))
    for wrong in (0, 2, -1, True, None, "2026-01-05", dt.datetime(2026, 1, 6), dt.date(2026, 1, 6)):
        with pytest.raises(Invalid):
            ws.journal.as_of(plan.id, wrong)  # type: ignore[arg-type]
    with pytest.raises(NotFound):
        ws.journal.as_of("nothing", 1)


def test_the_past_is_for_those_who_may_read_it(ws: Workspace) -> None:
    """As of a moment and history alike (J1, V2); custom fields that are hidden today are hidden then (R5)."""
    kept = ws.settings.get()
    ws.settings.replace(
        attrs.evolve(
            kept,
            policy=(*kept.policy, Grant("reader", "plan.see"), Grant("reader", "journal.read")),
            custom_fields=(CustomField("fee", "Fee", "plan", "text", seen_by=frozenset({"manager"})),),
        )
    )
    plan = launched(ws)
    ws.change(plan.id, edit.update_plan, custom={"fee": "secret"})
    for roles in ({"nobody"}, {"member"}):
        with pytest.raises((NotAllowed, NotFound)):
            ws.acting_as(ap.Actor("x", roles=roles)).journal.as_of(plan.id, 1)
    assert "secret" not in repr(ws.acting_as(ap.Actor("x", roles={"reader"})).journal.as_of(plan.id, 2))
    assert "secret" in repr(ws.journal.as_of(plan.id, 2))


def test_every_kind_of_record_has_its_journal(ws: Workspace) -> None:
    """Settings, accounts, persons, teams, versions of templates, and touchpoints that are gone."""
    ws.accounts.update("acme", name="Acme Ltd")
    touched = ws.touchpoints.add("acme", "Call", text="long talk")
    ws.touchpoints.delete(touched.id)
    told = {kind: list(ws.journal.entries(kind, id)) for kind, id in (("account", "acme"), ("touchpoint", touched.id))}
    assert ["account.create", "account.edit"] == [one.action for one in told["account"]]
    assert "long talk" in repr(told["touchpoint"][-1])
    assert ["template.publish"] == [one.action for one in ws.journal.entries("template", "follow-up@1")]
    for kind, id in (("person", "ana"), ("team", "cs")):
        assert 1 == len(list(ws.journal.entries(kind, id)))
    plan = launched(ws)
    assert list(ws.history(plan.id)) == list(ws.journal.entries("plan", plan.id))
    assert [] == list(ws.journal.entries("account", "nothing"))
    with pytest.raises(Invalid, match="one of account"):
        ws.journal.entries("thing", "x")
    with pytest.raises(NotAllowed):
        ws.acting_as(ap.Actor("ben", roles={"member"})).journal.entries("settings", "settings")


def test_a_contact_reads_no_journal(url: str) -> None:
    """Of nothing."""
    with opened(url) as ws:
        ws.accounts.add(Account("acme", "Acme"))
        ws.people.add(ap.Person("cora", "Cora", "contact", account_id="acme"))
        for kind, id in (("account", "acme"), ("person", "cora"), ("settings", "settings")):
            with pytest.raises(NotFound):
                ws.acting_as(ap.Actor("cora", roles={"administrator"})).journal.entries(kind, id)


def test_a_journal_is_for_those_who_see_the_record(ws: Workspace) -> None:
    """`journal.read` alone shows no summary, no deleted touchpoint, no person."""
    ws.settings.update(policy=(*ws.settings.get().policy, Grant("auditor", "journal.read")))
    ws.summaries.save("acme", "Secret plans")
    gone = ws.touchpoints.add("acme", "Call", text="They told me")
    ws.touchpoints.delete(gone.id)
    auditor = ws.acting_as(ap.Actor("aud", roles={"auditor"}))
    for kind, id in (("summary", "acme"), ("touchpoint", gone.id), ("person", "ana"), ("account", "acme")):
        assert list(ws.journal.entries(kind, id))
        with pytest.raises(NotFound):
            auditor.journal.entries(kind, id)
    whole = ws.acting_as(ap.Actor("aud", roles={"auditor", "manager"}))
    assert list(whole.journal.entries("summary", "acme"))
