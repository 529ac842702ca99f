"""Who gets what is launched: every assignee rule, fallbacks, and everything unresolved told together (T5)."""

import attrs
import pytest

import actionplans as ap
from actionplans.errors import Unresolved
from actionplans.launch import Directory, asked_for
from actionplans.model import Partnership, TemplateObjective, TemplatePlay, TemplateTask
from tests.launch.samples import ACME, DIRECTORY, PEOPLE, by_key, changed, drafted, launched, places, template


@pytest.mark.parametrize(
    "rules,owner",
    [
        ((), None),
        (("applier",), "me"),
        (("account_owner",), "ana"),
        (("primary_contact",), "carl"),
        (("any_contact",), "any_contact"),
        (("role:csm",), "ben"),
        (("partner",), "paul"),
        (("person:cleo",), "cleo"),
        (("team:cs",), "team:cs"),
        (("email:cleo@example.com",), "cleo"),
        (("email:CLEO@Example.Com",), "cleo"),
        (("email:paul@partner.example",), "paul"),
        (("role:sales", "applier"), "me"),
        (("role:nobody", "person:nobody", "person:gone", "team:none", "email:no@example.com", "role:csm"), "ben"),
        (("role:csm", "applier"), "ben"),
    ],
)
def test_each_rule_names_whom_it_names(rules: tuple[str, ...], owner: str | None) -> None:
    """The first rule that names somebody active; for tasks, plays and objectives alike. The rules stay on the task."""
    plan = launched(
        template(
            TemplateTask("t", "T", owner=rules),
            plays=(TemplatePlay("p", "P", owner=rules),),
            objectives=(TemplateObjective("o", "O", owner=rules),),
        )
    )
    assert (owner, owner, owner) == (plan.tasks[0].owner_id, plan.plays[0].owner_id, plan.objectives[0].owner_id)
    assert (rules, False) == (plan.tasks[0].owner_rule, plan.tasks[0].owner_by_hand)


BARE = attrs.evolve(ACME, owner_id=None, roles=ap.FrozenMap(), primary_contact_id=None, partners=())


@pytest.mark.parametrize(
    "rule",
    [
        *("account_owner", "primary_contact", "role:csm", "partner", "person:nobody", "person:gone", "team:none"),
        *("email:no@example.com", "email:gone@example.com"),
    ],
)
def test_a_rule_that_names_nobody_active_is_refused(rule: str) -> None:
    """With the item, the rules that were tried and the account."""
    with pytest.raises(Unresolved, match=f"{rule} names nobody active for 'Acme'") as error:
        launched(template(TemplateTask("t", "T", owner=(rule,))), BARE)
    assert ["items['t'].owner"] == places(error.value)


@pytest.mark.parametrize(
    "partners,owner",
    [
        ((Partnership("me", "paul", True), Partnership("me", "paul", True)), "paul"),
        ((Partnership("me", "paul", True), Partnership("me", "gone", True)), "paul"),
        ((Partnership("me", "paul", True), Partnership("me", "petra", True)), None),
        ((Partnership("me", "paul", False),), None),
        ((Partnership("ana", "paul", True),), None),
        ((), None),
    ],
)
def test_the_partner_is_the_applier_s_own_accepted_one(partners: tuple[Partnership, ...], owner: str | None) -> None:
    """With none or several it is unresolved until one is chosen in the draft (T5)."""
    account, given = attrs.evolve(ACME, partners=partners), template(TemplateTask("t", "T", owner=("partner",)))
    if owner is not None:
        assert owner == launched(given, account).tasks[0].owner_id
        return
    with pytest.raises(Unresolved):
        launched(given, account)
    chosen = launched(given, account, overrides={"t": changed(owner_id="paul")})
    assert ("paul", True) == (chosen.tasks[0].owner_id, chosen.tasks[0].owner_by_hand)


def test_an_address_of_several_is_the_active_one_s_or_nobody_s() -> None:
    """Who has left does not stand in the way of who took over; two who are there do."""
    given = template(TemplateTask("t", "T", owner=("email:desk@example.com",)))
    old = ap.Person("old", "Old", email="desk@example.com", active=False)
    new, other = (ap.Person(one, one, email="Desk@example.com") for one in ("new", "other"))
    people = PEOPLE | {"old": old, "new": new}
    assert "new" == launched(given, directory=Directory(people)).tasks[0].owner_id
    with pytest.raises(Unresolved):
        launched(given, directory=Directory(people | {"other": other}))


def test_everything_unresolved_is_told_together() -> None:
    """Owners of every kind, helpers, choices of the draft, and what else is wrong with it (T5)."""
    given = template(
        TemplateTask("a", "A", owner=("role:x", "person:gone")),
        TemplateTask("b", "B", owner=("applier",), helpers=("role:y", "applier", "team:none")),
        TemplateTask("c", "C", calendar="mars"),
        TemplateTask("d", "D", owner=("applier",)),
        plays=(TemplatePlay("p", "P", owner=("role:z",)),),
        objectives=(TemplateObjective("o", "O", owner=("role:z",)),),
    )
    with pytest.raises(Unresolved) as error:
        launched(given, owner_id="nobody", overrides={"d": changed(owner_id="gone")}, section="no such")
    expected = {"owner_id", "items['a'].owner", "items['b'].helpers", "items['d'].owner", "items['p'].owner"}
    expected |= {"items['o'].owner", "items['c'].calendar", "section"}
    assert expected == set(places(error.value))
    assert 9 == len(places(error.value)), "two helpers of b"
    assert "role:x or person:gone names nobody active" in str(error.value)


def test_helpers_are_named_once_each() -> None:
    """By the same rules as owners."""
    given = template(TemplateTask("t", "T", helpers=("role:csm", "applier", "person:ben", "team:cs")))
    assert ("ben", "me", "team:cs") == launched(given).tasks[0].helpers


@pytest.mark.parametrize("owner", ["cleo", "team:cs", "any_contact", "me"])
def test_the_draft_s_choice_wins(owner: str) -> None:
    """Over rules that name somebody and over rules that name nobody, and is marked as made by hand."""
    given = template(TemplateTask("a", "A", owner=("role:csm",)), TemplateTask("b", "B", owner=("role:nobody",)))
    plan = launched(given, overrides={"a": changed(owner_id=owner), "b": changed(owner_id=owner)})
    assert [(owner, True)] * 2 == [(task.owner_id, task.owner_by_hand) for task in plan.tasks]


def test_what_is_dropped_needs_no_owner() -> None:
    """Its rules are not asked."""
    given = template(TemplateTask("a", "A", owner=("role:nobody",), required=False), TemplateTask("b", "B"))
    assert ["b"] == [task.key for task in launched(given, dropped=frozenset({"a"})).tasks]


def test_the_plan_s_owner_is_the_account_s_unless_chosen() -> None:
    """Somebody active, or the launch is refused."""
    given = template()
    assert "ana" == launched(given).owner_id
    assert "team:cs" == launched(given, owner_id="team:cs").owner_id
    assert None is launched(given, BARE).owner_id
    for owner in ("gone", "nobody", "team:none"):
        with pytest.raises(Unresolved) as error:
            launched(given, owner_id=owner)
        assert ["owner_id"] == places(error.value)


def test_whoever_may_be_named_is_asked_for() -> None:
    """The caller looks up no more than that, and no less."""
    rules = ("role:csm", "person:zed", "team:cs", "email:A@example.com")
    given = template(TemplateTask("a", "A", owner=rules, helpers=("team:x",)), TemplateTask("b", "B"))
    made = drafted(given, owner_id="team:y", overrides={"b": changed(owner_id="team:z")})
    asked = asked_for(attrs.evolve(made), ACME, "me")
    assert frozenset({"me", "ana", "ben", "gone", "carl", "paul", "petra", "zed"}) == asked.persons
    assert (frozenset({"cs", "x", "y", "z"}), frozenset({"A@example.com"})) == (asked.teams, asked.emails)


def test_the_applier_need_not_be_stored() -> None:
    """A host's own user launches for themselves without a record of ours."""
    given = template(TemplateTask("a", "A", owner=("applier",)))
    assert "me" == launched(given, BARE, directory=Directory()).tasks[0].owner_id
    assert DIRECTORY.calendar_of("me") == DIRECTORY.calendar_of("team:cs") == DIRECTORY.calendar_of(None) == ""
    assert {"a"} == by_key(launched(given)).keys()
