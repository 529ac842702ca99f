"""Touchpoints: recorded contacts, what they refer to, who may (L13, L14, V5, V7)."""

import datetime as dt
from collections.abc import Iterable
from typing import Any

import attrs
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

import actionplans as ap
from actionplans import edit
from actionplans.errors import Invalid, NotAllowed, NotFound, Stale
from actionplans.lists import newest_first
from actionplans.model import Decision, Objective, Person, Play, Reference, Task, Touchpoint
from actionplans.settings import Grant
from actionplans.storage import TouchpointQuery
from actionplans.testing.clock import FrozenClock
from actionplans.workspace import Workspace
from tests.life.conftest import acting
from tests.size import size
from tests.workspace.world import MONDAY, store_of, watched

MOMENTS = st.datetimes(
    timezones=st.integers(-14 * 60, 14 * 60).map(lambda minutes: dt.timezone(dt.timedelta(minutes=minutes)))
)


def planned(ws: Workspace, plan_id: str = "p", **fields: Any) -> ap.Plan:
    """A plan with an objective, a play under it and two tasks."""
    made = ap.Plan(
        plan_id,
        "acme",
        "Renewal",
        ap.FrozenMap({"start": MONDAY}),
        objectives=(Objective("why", "Renew"),),
        plays=(Play("play", "Convince them", objective_id="why"),),
        tasks=(Task("call", "Call", parent_id="play"), Task("mail", "Mail")),
    )
    return ws.add_plan(attrs.evolve(made, **fields)).plan


def deleted(ws: Workspace, item_id: str, plan_id: str = "p") -> None:
    """An item goes, confirmed."""
    ws.change(plan_id, edit.delete, item_id, confirmed=ws.impact(plan_id, item_id))


def ids(found: Iterable[Touchpoint]) -> list[str]:
    """The subjects of touchpoints."""
    return [one.subject for one in found]


@settings(max_examples=size(4000))
@given(MOMENTS, MOMENTS)
@example(*(dt.datetime.max.replace(tzinfo=dt.timezone(dt.timedelta(hours=-hours))) for hours in (5, 6)))
def test_a_later_moment_sorts_before_an_earlier_one(first: dt.datetime, second: dt.datetime) -> None:
    """In whatever zones they were told."""
    texts = newest_first(first), newest_first(second)
    assert (first < second, first == second) == (texts[0] > texts[1], texts[0] == texts[1])
    assert {18} == {len(text) for text in texts}


def test_a_touchpoint_is_recorded_and_kept(ws: Workspace, clock: FrozenClock) -> None:
    """By whoever records it, now or at a moment of theirs, with the titles of what it refers to."""
    planned(ws)
    about = ["p", ("p", "why"), ("p", "play"), ("p", "call")]
    made = ws.touchpoints.add(
        "acme", "Quarterly call", text="*Well*", participants=["ana", "ben", "ana"], references=about
    )
    assert made == ws.touchpoints.get(made.id)
    assert ("acme", "root", clock(), "note", ("ana", "ben"), 1) == (
        *(made.account_id, made.author_id, made.at, made.type, made.participants, made.revision),
    )
    titles = [("plan", "Renewal"), ("objective", "Renew"), ("play", "Convince them"), ("task", "Call")]
    assert titles == [(one.kind, one.title) for one in made.references]
    past = clock() - dt.timedelta(days=40)
    assert past == ws.touchpoints.add("acme", "Long ago", at=past, type="visit").at


@pytest.mark.parametrize(
    ("fields", "places"),
    [
        ({"participants": ["nobody", "ana"]}, ["participants[0]"]),
        ({"participants": "ana"}, ["participants"]),
        ({"participants": [1]}, ["participants[0]"]),
        ({"participants": ["ana"] * 101}, ["participants"]),
        (
            {"references": ["nowhere", ("p", "gone"), ("gone", "why"), 7, ("p",)]},
            [f"references[{n}]" for n in range(5)],
        ),
        ({"references": [("p", "why")] * 101}, ["references"]),
        ({"participants": ["nobody"], "references": ["nowhere"]}, ["participants[0]", "references[0]"]),
        ({"at": dt.datetime(2026, 1, 5)}, ["at"]),
        ({"text": "x" * 100_001}, ["text"]),
        ({"type": "x" * 101}, ["type"]),
    ],
)
def test_what_is_wrong_is_told_with_its_place(ws: Workspace, fields: dict[str, Any], places: list[str]) -> None:
    """All at once, when it is made and when it is changed; nothing is stored."""
    planned(ws)
    with pytest.raises(Invalid) as error:
        ws.touchpoints.add("acme", "Call", **fields)
    assert places == [one.place for one in error.value.problems]
    made = ws.touchpoints.add("acme", "Call")
    with pytest.raises(Invalid) as error:
        ws.touchpoints.update(made.id, **fields)
    assert places == [one.place for one in error.value.problems]
    assert [made] == [*ws.touchpoints.all()]


@pytest.mark.parametrize("name", ["id", "account_id", "author_id", "revision", "author", "shared"])
def test_extra_fields_are_refused(ws: Workspace, name: str) -> None:
    """Whose it is, and about which account, stays."""
    made = ws.touchpoints.add("acme", "Call")
    with pytest.raises(Invalid, match=name):
        ws.touchpoints.update(made.id, **{name: "x", "subject": "Changed"})
    assert made == ws.touchpoints.get(made.id)


def test_what_is_deleted_stays_as_a_tombstone(ws: Workspace) -> None:
    """L13: with the title it had when it was referred to; what stands is told by its title now; restored, it stands."""
    planned(ws)
    made = ws.touchpoints.add("acme", "Call", references=[("p", "call"), ("p", "mail"), "p"])
    deleted(ws, "call")
    ws.change("p", edit.update, "mail", title="Write")
    told = [(one.stands, one.title, one.plan_id) for one in ws.touchpoints.references(made.id)]
    assert [(False, "Call", "p"), (True, "Write", "p"), (True, "Renewal", "p")] == told
    assert made == ws.touchpoints.get(made.id)
    kept = ws.touchpoints.update(made.id, references=made.references[:2])
    assert made.references[:2] == kept.references
    with pytest.raises(Invalid):
        ws.touchpoints.add("acme", "Again", references=[("p", "call")])
    ws.restore("p", "call")
    assert [True, True] == [one.stands for one in ws.touchpoints.references(made.id)]


def test_what_moved_to_another_plan_of_the_account_is_found_there(ws: Workspace) -> None:
    """T13: a play that was linked to an objective elsewhere, with its tasks."""
    planned(ws)
    planned(ws, "q", objectives=(Objective("goal", "Grow"),), plays=(), tasks=())
    made = ws.touchpoints.add("acme", "Call", references=[("p", "play"), ("p", "call")])
    ws.plays.link("p", "play", "goal", to="q")
    assert [(True, "q")] * 2 == [(one.stands, one.plan_id) for one in ws.touchpoints.references(made.id)]


def test_a_list_is_filtered_and_newest_first(ws: Workspace, clock: FrozenClock) -> None:
    """L14: by account, with those below it, by type, author, participant, moments, what it refers to, and words."""
    planned(ws)
    ws.accounts.add(ap.Account("sub", "Acme Sub", parent_id="acme", owner_id="ben"))
    first = clock()
    ws.touchpoints.add("acme", "One", text="the BUDGET is fixed", references=[("p", "why")], participants=["ana"])
    clock.tick(1)
    acting(ws, "ben", "manager").touchpoints.add("sub", "Two", type="visit", references=["p"])
    clock.tick(1)
    ws.touchpoints.add("acme", "Three", type="call", participants=["ben", "cleo"])

    def found(**asked: Any) -> list[str]:
        return ids(ws.touchpoints.all(TouchpointQuery(**asked)))

    assert ["Three", "Two", "One"] == ids(ws.touchpoints.all())
    assert ["Three", "One"] == found(account_ids=("acme",))
    assert ["Three", "Two", "One"] == found(account_ids=ws.accounts.below("acme"))
    assert [["Two"], ["One"]] == [found(types=("visit",)), found(types=("note",))]
    assert [["Two"], ["Three"]] == [found(author_ids=("ben",)), found(participant_ids=("cleo", "nobody"))]
    assert [["Two", "One"], ["One"]] == [found(refers_to="p"), found(refers_to="why")]
    assert [["One"], ["Three"]] == [found(words="budget fix"), found(words="three")]
    day = dt.timedelta(days=1)
    assert [["Two"], ["One"]] == [found(at_from=first + day, at_before=first + 2 * day), found(at_before=first + day)]


def test_changing_and_deleting(ws: Workspace) -> None:
    """The journal keeps what was; the id is gone; two at once are told."""
    made = ws.touchpoints.add("acme", "Call", text="Old")
    assert made == ws.touchpoints.update(made.id, text="Old")
    after = ws.touchpoints.update(made.id, text="New", participants=["ana"])
    assert ("New", ("ana",), 2) == (after.text, after.participants, after.revision)
    slow, store = watched(ws)
    store.before_commit.append(lambda: ws.touchpoints.update(made.id, text="Faster"))
    with pytest.raises(Stale):
        slow.touchpoints.update(made.id, text="Slower")
    ws.touchpoints.delete(made.id)
    for call in (ws.touchpoints.get, ws.touchpoints.delete, ws.touchpoints.references):
        with pytest.raises(NotFound):
            call(made.id)
    assert [] == [*ws.touchpoints.all()]
    entries = [*store_of(ws).journal("touchpoint", made.id)]
    assert ["create", "edit", "edit", "delete"] == [one.action.partition(".")[2] for one in entries]
    gone = {one.field: one.before for one in entries[-1].edits}
    assert ("Call", "Faster", ("ana",)) == (gone["subject"], gone["text"], gone["participants"])


def test_who_may(ws: Workspace) -> None:
    """R3, V5, V7: each a right of its own; a member records on their accounts and changes their own."""
    mine, ben, viewer = acting(ws, "ana", "member"), acting(ws, "ben", "member"), acting(ws, "vic", "viewer")
    made = mine.touchpoints.add("acme", "Secret")
    assert made == ben.touchpoints.get(made.id) == viewer.touchpoints.get(made.id)
    for call in (
        lambda: ben.touchpoints.add("acme", "x"),
        lambda: ben.touchpoints.update(made.id, text="x"),
        lambda: ben.touchpoints.delete(made.id),
        lambda: viewer.touchpoints.add("acme", "x"),
    ):
        with pytest.raises(NotAllowed):
            call()
    ws.people.add(Person("cora", "Cora", "contact", account_id="acme"))
    ws.people.add(Person("pat", "Pat", "partner"))
    for outside in (acting(ws, "cora", "contact"), acting(ws, "cora", "administrator"), acting(ws, "pat", "partner")):
        assert [] == [*outside.touchpoints.all()]
        hidden = [str(_raised(lambda id=id: outside.touchpoints.get(id))) for id in (made.id, "none")]  # noqa: B023
        assert hidden[0].replace(made.id, "none") == hidden[1]
        for call in (
            lambda: outside.touchpoints.update(made.id, text="x"),  # noqa: B023
            lambda: outside.touchpoints.delete(made.id),  # noqa: B023
            lambda: outside.touchpoints.references(made.id),  # noqa: B023
            lambda: outside.touchpoints.add("acme", "x"),  # noqa: B023
        ):
            with pytest.raises((NotFound, NotAllowed)):
                call()
    assert "Mine" == mine.touchpoints.update(made.id, text="Mine").text
    mine.touchpoints.delete(made.id)


def test_no_policy_of_a_host_shows_them_to_contacts(ws: Workspace) -> None:
    """V5, R7: whatever it allows."""
    ws.people.add(Person("cora", "Cora", "contact", account_id="acme"))
    made = ws.touchpoints.add("acme", "Secret")
    ws.summaries.save("acme", "Secret")
    policies = {"host": lambda policy, asker, action, about: Decision(True, action, "everybody may")}
    ws._desk.plugins = attrs.evolve(ws._desk.plugins, policies=policies)
    cora, vic = (ws.acting_as(ap.Actor(name)) for name in ("cora", "vic"))
    assert [[], [made]] == [[*one.touchpoints.all()] for one in (cora, vic)]
    for call in (
        lambda: cora.touchpoints.get(made.id),
        lambda: cora.touchpoints.add("acme", "x"),
        lambda: cora.summaries.get("acme"),
        lambda: cora.summaries.save("acme", "x"),
    ):
        with pytest.raises(NotFound):
            call()
    assert "Secret" == vic.summaries.get("acme").text


def _raised(call: Any) -> NotFound:
    with pytest.raises(NotFound) as error:
        call()
    return error.value


def test_references_to_hidden_plans_are_not_there_and_stay(ws: Workspace) -> None:
    """V7: not in lists, not by asking for them, not by editing; whoever sees the plan still has them."""
    planned(ws)
    planned(ws, "q", owner_id="ben", title="Ben's")
    policy = (
        *(Grant("own", action, "own") for action in ("plan.see",)),
        *(Grant("own", action) for action in ("account.see", "touchpoint.see", "touchpoint.edit", "touchpoint.create")),
        *ws.settings.get().policy,
    )
    ws.settings.update(policy=policy)
    ben = acting(ws, "ben", "own")
    made = ws.touchpoints.add("acme", "Call", references=[("p", "why"), ("q", "why"), "q"])
    seen = made.references[1:]
    assert seen == ben.touchpoints.get(made.id).references == next(ben.touchpoints.all()).references
    assert [True, True] == [one.stands for one in ben.touchpoints.references(made.id)]
    assert [1, 0] == [len([*ben.touchpoints.all(TouchpointQuery(refers_to=one))]) for one in ("q", "p")]
    told = [str(_wrong(ben, [(one, "why")])).replace(repr(one), "x") for one in ("p", "nowhere")]
    assert told[0] == told[1]
    assert (seen[1],) == ben.touchpoints.update(made.id, references=["q"]).references
    assert {"p", "q"} == {one.plan_id for one in ws.touchpoints.get(made.id).references}
    assert () == ben.touchpoints.update(made.id, references=()).references
    assert (Reference("objective", "p", "why", "Renew"),) == ws.touchpoints.get(made.id).references


def _wrong(ws: Workspace, references: list[tuple[str, str]]) -> Invalid:
    with pytest.raises(Invalid) as error:
        ws.touchpoints.add("acme", "x", references=references)
    return error.value
