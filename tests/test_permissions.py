"""Denied unless granted, a prohibition beats a grant, and the order of the rules does not matter (R1, R2)."""

import datetime as dt
from typing import Any

import pytest
from attrs import evolve
from hypothesis import given, settings
from hypothesis import strategies as st

import actionplans as ap
from actionplans.model import Decision
from actionplans.permissions import (
    CONTACT_ACTIONS,
    Asker,
    Subject,
    Within,
    decide,
    everywhere,
    names,
    reaches,
    subject,
    within,
)
from actionplans.settings import Grant, Settings
from tests.size import size

ROLES = ("member", "viewer")
ACTIONS = ("task.complete", "task.see", "plan.see")
PATTERNS = (*ACTIONS, "*", "task.*", "*.see")
PEOPLE = ("ana", "ben")

grants = st.builds(
    Grant,
    st.sampled_from(ROLES),
    st.sampled_from(PATTERNS),
    st.sampled_from(("all", "team", "account", "own", "assigned")),
    st.booleans(),
)
policies = st.lists(grants, max_size=8)
some = st.frozensets(st.sampled_from(PEOPLE), max_size=2)
askers = st.builds(
    Asker,
    st.sampled_from(PEOPLE),
    st.frozensets(st.sampled_from(ROLES)),
    st.frozensets(st.sampled_from(("cs", "sales"))),
    some,
)
owners = st.frozensets(st.sampled_from((*PEOPLE, "team:cs", "team:sales", "any_contact")), max_size=2)
subjects = st.builds(Subject, owners, some, some, st.none() | st.sampled_from(PEOPLE), some)
actions = st.sampled_from(ACTIONS)
runs = settings(max_examples=size(1_000))


def allowed(policy: list[Grant], asker: Asker, action: str, about: Subject) -> bool:
    """The rules R1 and R2 again, as they stand there."""

    def takes_in(pattern: str) -> bool:
        if pattern == "*":
            return True
        parts, wanted = pattern.split("."), action.split(".")
        return len(parts) == 2 and all(part in ("*", one) for part, one in zip(parts, wanted, strict=True))

    reach = {
        "all": True,
        "own": asker.id in about.owners | about.makers,
        "assigned": bool(({asker.id} | {f"team:{one}" for one in asker.teams}) & about.owners)
        or asker.id in about.helpers,
        "account": asker.id in about.account_people,
        "team": about.account_owner_id in asker.colleagues,
    }
    votes = [one.allow for one in policy if one.role in asker.roles and takes_in(one.action) and reach[one.scope]]
    return bool(votes) and all(votes)


@runs
@given(policies, askers, actions, subjects)
def test_a_decision_is_what_the_rules_say(policy: list[Grant], asker: Asker, action: str, about: Subject) -> None:
    """For every policy, asker, action and subject, with the action and a reason."""
    decision = decide(policy, asker, action, about)
    assert allowed(policy, asker, action, about) == decision.allowed == bool(decision)
    assert (action, True) == (decision.action, bool(decision.reason))


@runs
@given(policies, askers, actions, subjects)
def test_a_prohibition_beats_every_grant(policy: list[Grant], asker: Asker, action: str, about: Subject) -> None:
    """One that holds for everything forbids it to whoever has the role, whatever else is granted."""
    for role in asker.roles:
        assert not decide([*policy, Grant(role, action, "all", False)], asker, action, about)


@runs
@given(policies, askers, actions, subjects)
def test_nothing_is_allowed_that_no_grant_allows(
    policy: list[Grant], asker: Asker, action: str, about: Subject
) -> None:
    """Without any policy, without any role, or with prohibitions alone."""
    assert not decide([], asker, action, about)
    assert not decide(policy, Asker(asker.id, frozenset(), asker.teams, asker.colleagues), action, about)
    assert not decide([one for one in policy if not one.allow], asker, action, about)


@runs
@given(policies.flatmap(lambda one: st.tuples(st.just(one), st.permutations(one))), askers, actions, subjects)
def test_the_order_of_the_rules_does_not_matter(
    policies: tuple[list[Grant], list[Grant]], asker: Asker, action: str, about: Subject
) -> None:
    """Neither for the answer nor for the reason."""
    first, second = policies
    assert decide(first, asker, action, about) == decide(second, asker, action, about)


@runs
@given(policies, policies, askers, actions, subjects)
def test_a_grant_more_never_takes_anything_away(
    policy: list[Grant], more: list[Grant], asker: Asker, action: str, about: Subject
) -> None:
    """Nor does a prohibition more ever give anything."""
    before = decide(policy, asker, action, about).allowed
    assert before <= decide([*policy, *(one for one in more if one.allow)], asker, action, about).allowed
    assert before >= decide([*policy, *(one for one in more if not one.allow)], asker, action, about).allowed


@pytest.mark.parametrize(
    "pattern,actions",
    [
        ("*", {"task.see", "task.edit", "plan.see", "erase"}),
        ("*.*", {"task.see", "task.edit", "plan.see", "erase"}),
        ("task.*", {"task.see", "task.edit"}),
        ("*.see", {"task.see", "plan.see"}),
        ("task.see", {"task.see"}),
        ("erase", {"erase"}),
        ("task", set()),
        ("see", set()),
        ("", set()),
        ("task.", set()),
    ],
)
def test_a_grant_names_actions_by_kind_and_verb(pattern: str, actions: set[str]) -> None:
    """Either may be any; a part of a name is no pattern (R2)."""
    assert actions == {one for one in ("task.see", "task.edit", "plan.see", "erase") if names(pattern, one)}


@pytest.mark.parametrize(
    "scope,about",
    [
        ("all", Subject()),
        ("own", Subject(owners=frozenset({"ana"}))),
        ("own", Subject(makers=frozenset({"ana"}))),
        ("assigned", Subject(owners=frozenset({"ana"}))),
        ("assigned", Subject(owners=frozenset({"team:cs"}))),
        ("assigned", Subject(helpers=frozenset({"ana"}))),
        ("account", Subject(account_people=frozenset({"ana"}))),
        ("team", Subject(account_owner_id="ben")),
    ],
)
def test_each_way_into_a_scope(scope: Any, about: Subject) -> None:
    """One alone is enough, and for a stranger none is (R2)."""
    ana, stranger = Asker("ana", frozenset(), frozenset({"cs"}), frozenset({"ana", "ben"})), Asker("zoe", frozenset())
    assert within(scope, ana, about)
    assert (scope == "all") == within(scope, stranger, about)


def test_the_reason_does_not_depend_on_the_order() -> None:
    """Of several that allow or forbid, always the same is named."""
    asker = Asker("ana", frozenset(ROLES))
    policy = [Grant(role, action, scope) for role in ROLES for action in ("*", "task.*") for scope in ("all", "own")]
    mine = Subject(frozenset({"ana"}))
    for allow in (True, False):
        rules = [Grant(one.role, one.action, one.scope, allow) for one in policy]
        reasons = {decide(one, asker, "task.see", mine).reason for one in (rules, rules[::-1], rules[3:] + rules[:3])}
        assert 1 == len(reasons)


def test_the_reason_says_which_rule_and_what_would_help() -> None:
    """Allowed, forbidden, not for this one, not at all."""
    policy = (Grant("member", "task.*", "own"), Grant("viewer", "task.delete", "own", allow=False))
    member = Asker("ana", frozenset({"member"}))
    both, mine = Asker("ana", frozenset({"member", "viewer"})), Subject(frozenset({"ana"}))
    assert "the role member may task.* (own)" == decide(policy, member, "task.delete", mine).reason
    assert "the role viewer is forbidden task.delete (own)" == decide(policy, both, "task.delete", mine).reason
    assert "not for this one" in decide(policy, member, "task.delete").reason
    assert (
        "no role of yours allows it (you have: member): ask an administrator"
        == decide(policy, member, "plan.edit").reason
    )
    only = Asker("ana", frozenset({"viewer"}))
    assert "no role of yours" in decide(policy, only, "task.delete").reason, "a prohibition elsewhere allows nothing"


def test_somebody_with_very_many_roles_is_answered() -> None:
    """The reason stays short enough to be one."""
    roles = frozenset(f"{n:03} {'long' * 20}" for n in range(100))
    assert isinstance(decide((), Asker("ana", roles), "plan.see"), Decision)


def test_what_a_decision_knows_of_an_item() -> None:
    """Owner and maker of the item and of its plan, helpers, and the account's people (R2)."""
    account = ap.Account("acme", "Acme", owner_id="ana", roles=ap.FrozenMap({"csm": "ben"}), created_by="dora")
    task = ap.Task("t", "T", owner_id="team:cs", helpers=("eve",), created_by="fay")
    plan = ap.Plan("p", "acme", "P", ap.FrozenMap({"start": dt.date(2026, 1, 5)}), owner_id="gus")
    people = frozenset({"ana", "ben"})
    assert Subject(frozenset({"ana"}), frozenset({"dora"}), frozenset(), "ana", people, "acme") == subject(account)
    assert Subject(frozenset({"gus"}), frozenset(), frozenset(), "ana", people, "acme") == subject(account, plan)
    whole = Subject(frozenset({"gus", "team:cs"}), frozenset({"fay"}), frozenset({"eve"}), "ana", people, "acme")
    assert whole == subject(account, plan, task)
    assert Subject() == subject()


@runs
@given(policies, askers, actions, subjects)
def test_a_list_within_rights_has_what_is_allowed_one_by_one(
    policy: list[Grant], asker: Asker, action: str, about: Subject
) -> None:
    """The rights as a query has them, and as a decision has them (R6)."""
    here = evolve(about, account_id="acme")

    def accounts(scope: str) -> frozenset[str]:
        return frozenset({"acme"}) if within(scope, asker, here) else frozenset()

    rights = Within(*reaches(policy, asker, action, accounts))
    assert allowed(policy, asker, action, here) == rights.takes(here)


@runs
@given(policies, some, subjects, st.sampled_from((*ACTIONS, "task.edit", "task.reopen")))
def test_contacts_do_no_more_than_they_may(
    policy: list[Grant], helpers: frozenset[str], about: Subject, action: str
) -> None:
    """Whatever their role is granted: complete, reopen and comment on what is assigned to them (V6)."""
    contact = Asker("ana", frozenset({"member"}), kind="contact", account_id="acme")
    here = evolve(about, account_id="acme", helpers=helpers)
    theirs = "ana" in here.owners | helpers or "any_contact" in here.owners
    expected = allowed(policy, contact, action, here) and theirs and action in CONTACT_ACTIONS
    if "any_contact" not in here.owners:
        assert expected == decide(policy, contact, action, here).allowed
    for owner in ("x", "any_contact"):
        elsewhere = evolve(here, account_id="other", owners=frozenset({owner}), helpers=frozenset())
        assert not decide(policy, contact, action, elsewhere)
    helping = evolve(here, account_id="other", owners=frozenset({"x"}))
    assert "ana" in helpers and action in CONTACT_ACTIONS or not decide(policy, contact, action, helping)
    assert not everywhere(policy, contact, action)


def test_what_any_contact_may_do_is_for_those_of_the_account() -> None:
    """And for nobody who is a contact of no account (V6)."""
    policy = Settings().policy
    about = Subject(frozenset({"any_contact"}), account_id="acme")
    for account_id, expected in (("acme", True), ("other", False), (None, False)):
        contact = Asker("ana", frozenset({"contact"}), kind="contact", account_id=account_id)
        assert expected == decide(policy, contact, "task.complete", about).allowed
    assert not decide(policy, Asker("ana", frozenset({"contact"}), kind="contact"), "task.complete", Subject())
    assert not decide(policy, Asker("ana", frozenset({"partner"}), kind="partner"), "task.complete", about)


def test_a_prohibition_is_told_apart_from_no_grant() -> None:
    """For what is hidden with its plan and what is only not granted (V5)."""
    asker = Asker("ana", frozenset({"member"}))
    assert decide([Grant("member", "task.see", "all", False)], asker, "task.see").forbidden
    assert not decide([], asker, "task.see").forbidden
    assert not decide([Grant("member", "task.see")], asker, "task.see").forbidden


def test_the_shipped_roles() -> None:
    """An administrator may everything, and nobody else may grant roles, edit settings or the library (R2)."""
    policy = Settings().policy
    everything = Subject(frozenset({"ana"}), frozenset({"ana"}), frozenset({"ana"}), "ana", frozenset({"ana"}))
    for action in ("person.grant_roles", "settings.policy", "library.edit", "journal.read", "erase"):
        assert decide(policy, Asker("ana", frozenset({"administrator"})), action)
        for role in ("manager", "member", "viewer", "partner", "contact", "stranger"):
            assert not decide(
                policy, Asker("ana", frozenset({role}), frozenset(), frozenset({"ana"})), action, everything
            )
    for role in ("contact", "partner"):
        assert not decide(policy, Asker("ana", frozenset({role})), "plan.see", everything)
    assert decide(policy, Asker("ana", frozenset({"partner"})), "task.complete", everything)
