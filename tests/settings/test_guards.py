"""Nobody locks everybody out, and what is not there is refused, with everything as it was (R3, R5, R6)."""

from collections.abc import Callable
from typing import Any

import attrs
import pytest

import actionplans as ap
from actionplans import edit
from actionplans.errors import ActionPlansError, Invalid, NotAllowed, Refused, Stale
from actionplans.model import Decision
from actionplans.settings import Collection, CustomField, Grant, Section, Settings
from actionplans.workspace import Workspace
from tests.workspace.world import FOLLOW_UP, MONDAY, opened, peopled, snapshot, store_of, watched

SHIPPED = Settings().policy
WITHOUT = tuple(one for one in SHIPPED if one.role != "administrator")
CHIEFS = (*WITHOUT, Grant("chief", "*"))
HARMFUL: dict[str, tuple[Grant, ...]] = {
    "none": (),
    "the role's grants": WITHOUT,
    "a prohibition": (*SHIPPED, Grant("administrator", "settings.policy", allow=False)),
    "a prohibition of all": (*SHIPPED, Grant("administrator", "*", allow=False)),
    "a scope": (*WITHOUT, Grant("administrator", "*", "own")),
    "a role that nobody has": CHIEFS,
}
"""Policies that nobody could change again."""


@pytest.mark.parametrize("stored", [True, False], ids=["stored", "by the host alone"])
@pytest.mark.parametrize("harm", HARMFUL)
def test_a_policy_leaves_somebody_who_could_change_it(ws: Workspace, harm: str, stored: bool) -> None:
    """An administrator that is stored; where none was, whoever changes it (R6)."""
    if stored:
        ws.people.update("ana", roles={"administrator"})
    before = snapshot(store_of(ws))
    with pytest.raises(Refused, match=r"keep a grant of settings\.policy"):
        ws.settings.update(policy=HARMFUL[harm])
    with pytest.raises(Refused, match=r"keep a grant of settings\.policy"):
        ws.settings.replace(attrs.evolve(ws.settings.get(), policy=HARMFUL[harm]))
    assert before == snapshot(store_of(ws))


def test_somebody_stored_is_enough(ws: Workspace) -> None:
    """The one who changes the policy may give the right away, and a contact or one who has left is nobody (R6)."""
    ws.people.update("ana", roles={"administrator"})
    ws.settings.update(policy=(*SHIPPED, Grant("chief", "*")))
    ws.people.update("ben", roles={"chief"}, active=False)
    ws.people.update("cleo", roles={"chief"}, kind="contact", account_id="acme")
    lost = {"policy": CHIEFS}
    with pytest.raises(Refused):
        ws.settings.update(**lost, confirmed=ws.settings.impact(**lost))
    ws.people.update("ben", active=True)
    ws.settings.update(**lost, confirmed=ws.settings.impact(**lost))
    with pytest.raises(NotAllowed):
        ws.settings.update(time_zone="Europe/Lisbon")
    ben = ws.acting_as(ap.Actor("ben"))
    with pytest.raises(Refused, match="last administrator"):
        ben.people.update("ben", active=False)
    with pytest.raises(Refused, match="last administrator"):
        ben.people.update("ben", roles={"administrator"})
    assert (
        Settings().policy == ben.settings.update(policy=SHIPPED, confirmed=ben.settings.impact(policy=SHIPPED)).policy
    )


def test_of_two_who_take_the_right_from_different_sides_one_is_refused(ws: Workspace) -> None:
    """The policy from one administrator and the role from the other, at once: the store decides (R6)."""
    ws.settings.update(policy=(*SHIPPED, Grant("chief", "*")))
    ws.people.update("ana", roles={"administrator"})
    ws.people.update("ben", roles={"chief"})
    lost = {"policy": CHIEFS}
    shown = ws.settings.impact(**lost)
    other, store = watched(ws)
    store.before_commit.append(lambda: ws.people.update("ben", roles=frozenset()))
    with pytest.raises(Refused, match="no administrator that is stored"):
        other.settings.update(**lost, confirmed=shown)
    ws.people.update("ben", roles={"chief"})
    store.before_commit.append(lambda: ws.settings.update(**lost, confirmed=shown))
    with pytest.raises(Stale):
        other.people.update("ben", roles=frozenset())
    with pytest.raises(Refused, match="last administrator"):
        ws.acting_as(ap.Actor("zoe", roles={"chief"})).people.update("ben", roles=frozenset())
    assert {"chief"} == store_of(ws).get(ap.Person, "ben").roles


def test_a_host_s_own_policy_decides_who_is_an_administrator() -> None:
    """And which roles there are (R7)."""

    def decide(policy: Any, asker: Any, action: str, about: Any) -> Decision:
        return Decision("boss" in asker.roles, action, "the host says so")

    with opened(actor=ap.Actor("root", roles={"boss"}), policies={"host": decide}) as ws:
        peopled(ws)
        ws.people.update("ana", roles={"boss"})
        assert () == ws.settings.update(policy=()).policy
        with pytest.raises(Refused, match="last administrator"):
            ws.people.update("ana", roles=frozenset())


FIELD = CustomField("size", "Size", "account", "number")

BAD: dict[str, tuple[type[ActionPlansError], str, Callable[[Workspace], object]]] = {
    "role of a person": (
        Invalid,
        "roles: there is no role 'managr' .settings.: is it manager",
        lambda ws: ws.people.update("ana", roles={"managr"}),
    ),
    "role of a new person": (
        Invalid,
        "no role 'bos'",
        lambda ws: ws.people.add(ap.Person("new", "New", roles=frozenset({"bos"}))),
    ),
    "role on an account": (
        Invalid,
        "roles.'cms'.: is it csm",
        lambda ws: ws.accounts.update("acme", roles={"cms": "ana"}),
    ),
    "role that may see a field": (
        Invalid,
        r"custom_fields.0..seen_by: there is no role 'managr': is it manager",
        lambda ws: ws.settings.update(custom_fields=(attrs.evolve(FIELD, seen_by=frozenset({"managr"})),)),
    ),
    "role that may edit a field": (
        Invalid,
        "edited_by: there is no role",
        lambda ws: ws.settings.update(custom_fields=(attrs.evolve(FIELD, edited_by=frozenset({"nobody"})),)),
    ),
    "action": (
        Invalid,
        "is it task.complete",
        lambda ws: ws.settings.update(policy=(*SHIPPED, Grant("member", "task.complet"))),
    ),
    "action of a rule of ours that is gone": (
        Invalid,
        "is it settings.see",
        lambda ws: ws.settings.update(policy=(*SHIPPED, Grant("member", "settings.edit"))),
    ),
    "field of the settings": (Invalid, "colour", lambda ws: ws.settings.update(colour="red")),
    "value of a field of the settings": (
        Invalid,
        "double_launch",
        lambda ws: ws.settings.update(double_launch="maybe"),
    ),
    "type of a field of the settings": (Invalid, "sections", lambda ws: ws.settings.update(sections="growth")),
    "section that stands twice": (
        Invalid,
        "stands here twice",
        lambda ws: ws.settings.update(sections=(Section("a", "A"), Section("a", "B"))),
    ),
    "word that stands twice": (
        Invalid,
        r"priorities.1.: 'low' stands here twice",
        lambda ws: ws.settings.update(priorities=("low", "low")),
    ),
    "choices": (
        Invalid,
        "choices",
        lambda ws: ws.settings.update(custom_fields=(CustomField("a", "A", type="one_of"),)),
    ),
    "team of a collection": (
        Invalid,
        r"collections.0..teams: there is no team 'nobody'",
        lambda ws: ws.settings.update(collections=(Collection("a", "A", teams=frozenset({"nobody"})),)),
    ),
    "person as a default": (
        Invalid,
        r"custom_fields.0..default: there is no person 'nobody'",
        lambda ws: ws.settings.update(custom_fields=(CustomField("a", "A", type="person", default="nobody"),)),
    ),
    "time zone": (Invalid, "time_zone", lambda ws: ws.settings.update(time_zone="Mars/Base")),
    "calendar": (Invalid, "no calendar 'gulf'", lambda ws: ws.settings.update(calendar="gulf")),
    "settings that are none": (Invalid, "Settings is wanted", lambda ws: ws.settings.replace({"calendar": "default"})),  # type: ignore[arg-type]
    "settings that were read too early": (
        Stale,
        "read it again",
        lambda ws: ws.settings.replace(attrs.evolve(ws.settings.get(), revision=9, time_zone="Europe/Lisbon")),
    ),
    "field of an account": (Invalid, "no such field", lambda ws: ws.accounts.update("acme", custom={"colour": "red"})),
    "value of a field": (Invalid, "number is wanted", lambda ws: ws.accounts.update("acme", custom={"size": "big"})),
    "word of an item": (
        Invalid,
        "priority: one of low, normal, high",
        lambda ws: ws.change("plan", edit.update, "t", priority="urgent"),
    ),
    "asking for an action": (Invalid, "is it task.complete", lambda ws: ws.can("task.complet", "plan")),
}
"""What is refused, with which error, in which words."""


@pytest.mark.parametrize("case", BAD)
def test_what_is_not_there_is_refused(ws: Workspace, case: str) -> None:
    """In words that say what there is, and nothing changes."""
    ws.settings.update(custom_fields=(FIELD,))
    ws.add_plan(ap.Plan("plan", "acme", "Plan", ap.FrozenMap({"start": MONDAY}), tasks=(ap.Task("t", "T"),)))
    before, (error, words, call) = snapshot(store_of(ws)), BAD[case]
    with pytest.raises(error, match=words):
        call(ws)
    assert before == snapshot(store_of(ws))


def test_a_role_is_known_by_what_it_is_granted_or_opens(ws: Workspace) -> None:
    """So a host makes one by granting it something (R2)."""
    ws.settings.update(
        policy=(*SHIPPED, Grant("auditor", "*.see")),
        collections=(Collection("sales", "Sales", roles=frozenset({"seller"})),),
    )
    ws.people.update("ana", roles={"auditor", "seller", "partner", "contact"})
    fields = (attrs.evolve(FIELD, seen_by=frozenset({"auditor"}), edited_by=frozenset({"seller"})),)
    assert fields == ws.settings.update(custom_fields=fields).custom_fields
    lost = {"collections": ()}
    with pytest.raises(Invalid, match="edited_by: there is no role 'seller'"):
        ws.settings.update(**lost)
    ws.settings.update(custom_fields=(FIELD,))
    ws.settings.update(**lost, confirmed=ws.settings.impact(**lost))
    kept = ws.people.update("ana", name="Ana Lima")
    assert "seller" in kept.roles, "what somebody has stays until it is touched"


def test_templates_are_not_touched_by_a_role_that_goes(ws: Workspace) -> None:
    """The follow-up of this workspace is launched as before."""
    ws.settings.update(roles=("csm",))
    assert 3 == len(ws.launch(ws.draft(FOLLOW_UP.id, "acme", start=MONDAY)).tasks)
