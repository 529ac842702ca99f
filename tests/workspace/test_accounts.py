"""Accounts, persons, teams and settings through a workspace (A2, A3, R4 to R6)."""

import logging

import pytest

import actionplans as ap
from actionplans.errors import Invalid, NotAllowed, NotFound, Refused, Stale
from actionplans.model import Warn
from actionplans.settings import CustomField, Grant
from actionplans.workspace import Workspace
from tests.workspace.world import snapshot, store_of, watched


def test_the_same_name_and_host_is_the_same_account(ws: Workspace) -> None:
    """Names compare by key, hosts without `www.` and whatever the path (A1, A3)."""
    for name, website in (
        ("Acme", "acme.example"),
        ("ACME ", "https://www.acme.example/about"),
        ("  acme", "ACME.example:443"),
        ("Ａｃｍｅ", "acme.example"),
        ("ac\u00adme", "acme.example"),
        ("Acme", ""),
    ):
        assert "acme" == ws.accounts.get_or_create(name, website).id


def test_the_same_name_with_another_host_is_another_account_with_a_warning(ws: Workspace) -> None:
    """It is made, and the caller hears which one was there (A3)."""
    heard: list[Warn] = []
    other = ws.accounts.get_or_create("Acme", "acme.test", warn=heard.append, type="smb")
    assert ("acme.test", "smb", 1) == (other.website, other.type, other.revision)
    assert ["another is called 'Acme' already: acme.example"] == [one.message for one in heard]
    assert other == ws.accounts.get_or_create("Acme", "acme.test", warn=heard.append)
    assert 1 == len(heard)


def test_an_exact_host_wins_over_a_missing_one(ws: Workspace) -> None:
    """An account without a website is the same one only where none has that host."""
    blank = ws.accounts.add(ap.Account("0-blank", "Acme"))
    assert "acme" == ws.accounts.get_or_create("Acme", "acme.example").id
    assert blank == ws.accounts.get_or_create("Acme", "third.example")


def test_without_a_website_several_of_a_name_are_told(ws: Workspace, caplog: pytest.LogCaptureFixture) -> None:
    """The first is taken; without `warn` the warning is logged."""
    ws.accounts.add(ap.Account("acme-2", "Acme", website="acme.test"))
    heard: list[Warn] = []
    assert "acme" == ws.accounts.get_or_create("Acme", warn=heard.append).id
    assert ["several are called 'Acme', the first is taken: acme.example, acme.test"] == [one.message for one in heard]
    with caplog.at_level(logging.WARNING, "actionplans"):
        ws.accounts.get_or_create("Acme")
    assert 1 == len(caplog.records)


def test_searching_takes_prefixes_from_four_characters(ws: Workspace) -> None:
    """Shorter names are found by their full name, wildcards are literal, and a limit leaves out nobody wrongly (A2)."""
    for n, name in enumerate(("Acme Tools", "ACME Toys", "Ace", "Acm", "100% Milk", "100 Miles", "Acm_e")):
        ws.accounts.add(ap.Account(f"a{n}", name))
    found = {text: [one.name for one in ws.accounts.find(text)] for text in ("acme", "acm", "ac", "100%", "acm_", "")}
    assert {
        "acme": ["Acme", "Acme Tools", "ACME Toys"],
        "acm": ["Acm"],
        "ac": [],
        "100%": ["100% Milk"],
        "acm_": ["Acm_e"],
        "": [],
    } == found
    assert ["Acme", "Acme Tools"] == [one.name for one in ws.accounts.find("acme", limit=2)]
    own = (*(one for one in ws.settings.get().policy), Grant("seller", "account.see", "own"))
    ws.settings.update(policy=own)
    ws.accounts.update("a1", owner_id="cleo")
    cleo = ws.acting_as(ap.Actor("cleo", roles={"seller"}))
    assert ["ACME Toys"] == [one.name for one in cleo.accounts.find("acme", limit=1)]


def test_what_may_not_be_seen_is_neither_found_nor_given_nor_named(ws: Workspace) -> None:
    """A hidden account and one that does not exist are alike, in every way to ask (V7)."""
    contact = ws.acting_as(ap.Actor("zoe", roles={"contact"}))
    assert () == contact.accounts.find("acme") == tuple(contact.accounts.all())
    for account_id in ("acme", "nothing"):
        for ask in (contact.accounts.get, contact.accounts.below, lambda one: contact.new_plan(one, "Title")):
            with pytest.raises(NotFound) as error:
                ask(account_id)
            assert ("account", account_id) == (error.value.kind, error.value.id)
    for name in ("Acme", "Nothing"):
        with pytest.raises(NotAllowed, match=r"account\.create"):
            contact.accounts.get_or_create(name, "acme.example")


def test_a_circle_of_accounts_is_refused_with_its_path(ws: Workspace) -> None:
    """However long it is; the hierarchy is as it was (O1)."""
    for name, parent in (("b", "acme"), ("c", "b"), ("d", "c")):
        ws.accounts.add(ap.Account(name, name.upper(), parent_id=parent))
    assert {"acme", "b", "c", "d"} == set(ws.accounts.below("acme"))
    before = snapshot(store_of(ws))
    for child, parent, path in (("acme", "d", "'Acme' → 'D' → 'C' → 'B' → 'Acme'"), ("b", "b", "'B' → 'B'")):
        with pytest.raises(Invalid) as error:
            ws.accounts.update(child, parent_id=parent)
        assert path in str(error.value)
    with pytest.raises(Invalid, match="no account 'nothing'"):
        ws.accounts.update("b", parent_id="nothing")
    with pytest.raises(Invalid, match="no account 'e'"):
        ws.accounts.add(ap.Account("e", "E", parent_id="e"))
    assert before == snapshot(store_of(ws))


def test_everything_wrong_with_an_account_is_told_at_once(ws: Workspace) -> None:
    """Each with its place."""
    with pytest.raises(Invalid) as error:
        ws.accounts.update("acme", owner_id="x", roles={"csm": "y"}, parent_id="z", time_zone="Mars/Base")
    assert {"time_zone", "owner_id", "roles['csm']", "parent_id"} == {one.place for one in error.value.problems}


def test_an_update_that_lost_a_race_is_stale(ws: Workspace) -> None:
    """Nothing is overwritten silently (S2)."""
    through, store = watched(ws)
    store.before_commit = [lambda: ws.accounts.update("acme", type="first")]
    with pytest.raises(Stale):
        through.accounts.update("acme", type="second")
    assert "first" == ws.accounts.get("acme").type


def test_a_new_account_gets_the_defaults_of_custom_fields(ws: Workspace) -> None:
    """Where nothing was given (R5)."""
    fields = (CustomField("size", "Size", of="account", default="small"), CustomField("other", "Other", default="task"))
    ws.settings.update(custom_fields=fields)
    assert {"size": "small"} == dict(ws.accounts.get_or_create("Globex").custom)
    assert {"size": "big"} == dict(ws.accounts.get_or_create("Initech", custom={"size": "big"}).custom)


def test_roles_are_granted_and_taken_by_those_who_may(ws: Workspace) -> None:
    """Editing a person is not enough, in either direction; everything else of them may be edited (R2, R3)."""
    ws.people.update("ana", roles=frozenset({"administrator"}))
    manager = ws.acting_as(ap.Actor("ben", roles={"manager"}))
    for command in (
        lambda: manager.people.update("ben", roles=frozenset({"administrator"})),
        lambda: manager.people.update("ana", roles=frozenset()),
        lambda: manager.people.add(ap.Person("eve", "Eve", roles=frozenset({"administrator"}))),
    ):
        with pytest.raises(NotAllowed, match=r"person\.grant_roles"):
            command()
    assert "Anna" == manager.people.update("ana", name="Anna").name
    assert frozenset({"administrator"}) == ws.people.get("ana").roles


def test_the_last_administrator_stays_one(ws: Workspace) -> None:
    """Neither their role nor their being active can be taken; roles that a host lends do not count (R2, R6)."""
    ws.people.update("ana", roles=frozenset({"administrator"}))
    for fields in ({"roles": frozenset({"member"})}, {"active": False}):
        with pytest.raises(Refused, match="last administrator"):
            ws.people.update("ana", **fields)
    ws.people.update("ben", roles=frozenset({"administrator"}))
    assert not ws.people.update("ana", active=False).active
    with pytest.raises(Refused, match="last administrator"):
        ws.people.update("ben", active=False)


def test_stored_roles_count_beside_given_ones(ws: Workspace) -> None:
    """And somebody who is no longer active has none at all (R2)."""
    nobody = ws.acting_as(ap.Actor("ana"))
    assert not nobody.can("plan.launch")
    ws.people.update("ana", roles=frozenset({"manager"}))
    assert nobody.can("plan.launch")
    ws.people.update("ana", active=False)
    assert not nobody.can("plan.launch")
    assert not ws.acting_as(ap.Actor("ana", roles={"administrator"})).can("plan.launch")


def test_an_administrator_cannot_lock_everybody_out(ws: Workspace) -> None:
    """A policy under which the actor could not edit the settings again is refused, with what to keep (R6)."""
    with pytest.raises(Refused, match=r"keep a grant of settings\.policy"):
        ws.settings.update(policy=(Grant("viewer", "*.see"),))
    with pytest.raises(Refused):
        ws.settings.update(policy=(*ws.settings.get().policy, Grant("administrator", "settings.*", allow=False)))
    with pytest.raises(NotAllowed):
        ws.acting_as(ap.Actor("ben", roles={"manager"})).settings.update(time_zone="Europe/Lisbon")


def test_lists_of_people_and_teams(ws: Workspace) -> None:
    """By address and by name, for those who may see them; hidden and unknown are alike (V7)."""
    assert ["ana", "ben", "cleo"] == [one.id for one in ws.people.all()]
    assert ["cs"] == [one.id for one in ws.teams.all()]
    contact = ws.acting_as(ap.Actor("zoe", roles={"contact"}))
    for desk, known in ((contact.people, "ana"), (contact.teams, "cs")):
        with pytest.raises(NotAllowed):
            desk.all()
        for one in (known, "nothing"):
            with pytest.raises(NotFound):
                desk.get(one)
