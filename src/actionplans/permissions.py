"""Who may do what: denied unless granted, and a prohibition beats a grant (R1, R2).

`decide(policy, asker, action, subject)` is the one function that decides about one thing; `reaches` says the same of
a whole list, in terms that a store looks up (R6). An action is `KIND.VERB`, like `task.complete` or `account.see`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from attrs import frozen

from actionplans.checks import Value
from actionplans.model import ANY_CONTACT, TEAM, Account, Decision, Item, Plan
from actionplans.model.words import Id, PersonKind
from actionplans.settings import Grant

CONTACT_ACTIONS: frozenset[str] = frozenset({"task.complete", "task.reopen", "task.comment"})
"""What a contact may do, with what is assigned to them, where their role is granted it (V6)."""


@frozen
class Asker:
    """Who asks: a person with all roles that count for the call, their teams and those who share a team with them.

    A contact is one of `account_id`; of them no role but `contact` counts (V6). Who is not `active` may do nothing,
    whatever a policy says.
    """

    id: str
    roles: frozenset[str]
    teams: frozenset[str] = frozenset()
    colleagues: frozenset[str] = frozenset()
    kind: PersonKind = "user"
    account_id: str | None = None
    active: bool = True

    @property
    def names(self) -> frozenset[str]:
        """What work that is assigned to them names as its owner: themselves, and each of their teams."""
        return frozenset((self.id, *(TEAM + team for team in self.teams)))


@frozen
class Subject:
    """What is asked about, in the terms of the scopes (R2). Everything empty is a thing of nobody in particular."""

    owners: frozenset[str] = frozenset()
    makers: frozenset[str] = frozenset()
    helpers: frozenset[str] = frozenset()
    account_owner_id: str | None = None
    account_people: frozenset[str] = frozenset()
    account_id: str | None = None


NOBODYS = Subject()


def subject(account: Account | None = None, plan: Plan | None = None, item: Item | None = None) -> Subject:
    """What a decision needs to know of an item of a plan of an account, or of a plan or an account alone."""
    things = [one for one in (item, plan) if one is not None]
    owned = [getattr(one, "owner_id", None) for one in things]
    made = [getattr(one, "created_by", None) for one in things]
    if account is None:
        return Subject(_known(owned), _known(made), frozenset(getattr(item, "helpers", ())))
    if not things:
        owned, made = [account.owner_id], [account.created_by]
    return Subject(
        _known(owned),
        _known(made),
        frozenset(getattr(item, "helpers", ())),
        account.owner_id,
        people_of(account),
        account.id,
    )


def people_of(account: Account) -> frozenset[str]:
    """Whose account it is in the scope `account`: its owner's, and of all who hold a role on it (R2)."""
    return _known((account.owner_id, *account.roles.values()))


def _known(ids: Iterable[str | None]) -> frozenset[str]:
    return frozenset(one for one in ids if one)


@frozen
class Rule:
    """A grant or prohibition of the asker's roles for one action, with what is decided where its scope fits."""

    scope: str
    decision: Decision


def decide(policy: Iterable[Grant], asker: Asker, action: str, about: Subject = NOBODYS) -> Decision:
    """Whether the asker may do this, and why or why not (R1). The order of the policy does not matter.

    Of a contact, whatever their role is granted, only `CONTACT_ACTIONS` with what is assigned to them (V6).
    """
    rules, otherwise = _ruling(policy, asker.roles, action)
    if not asker.active:
        return inactive(action)
    if asker.kind == "contact" and (action not in CONTACT_ACTIONS or not within("assigned", asker, about)):
        return _refused_contact(action)
    for rule in rules:
        if rule.scope == "all" or within(rule.scope, asker, about):
            return rule.decision
    return otherwise


def rules_of(policy: Iterable[Grant], asker: Asker, action: str) -> tuple[Rule, ...]:
    """What the asker's roles are granted and forbidden of this action: prohibitions first, then grants, by name."""
    return _ruling(policy, asker.roles, action)[0]


Ruling = tuple[tuple[Rule, ...], Decision]

_MOST = 4096
_rulings: dict[tuple[int, frozenset[str], str], tuple[tuple[Grant, ...], Ruling]] = {}
"""By the identity of a policy, roles and action. A policy is kept with its rulings, so its identity stays its own."""


def _ruling(policy: Iterable[Grant], roles: frozenset[str], action: str) -> Ruling:
    """Found once for the settings' policy, which is the same object for very many questions."""
    key = (id(policy), roles, action)
    known = _rulings.get(key)
    if known is not None and known[0] is policy:
        return known[1]
    grants = policy if isinstance(policy, tuple) else tuple(policy)
    ruling = _ruled(grants, roles, action)
    if grants is policy:
        if len(_rulings) >= _MOST:
            _rulings.clear()
        _rulings[key] = (grants, ruling)
    return ruling


_scopes: dict[tuple[int, frozenset[str]], tuple[tuple[Grant, ...], frozenset[str]]] = {}


def scopes(policy: tuple[Grant, ...], roles: frozenset[str]) -> frozenset[str]:
    """The scopes in which these roles are granted or forbidden anything; found once, like rulings."""
    key = (id(policy), roles)
    known = _scopes.get(key)
    if known is None or known[0] is not policy:
        if len(_scopes) >= _MOST:
            _scopes.clear()
        known = _scopes[key] = policy, frozenset(grant.scope for grant in policy if grant.role in roles)
    return known[1]


def _ruled(policy: tuple[Grant, ...], roles: frozenset[str], action: str) -> Ruling:
    mine = [grant for grant in policy if grant.role in roles and names(grant.action, action)]
    against = sorted((one for one in mine if not one.allow), key=_rank)
    granted = sorted((one for one in mine if one.allow), key=_rank)
    told = [(one, f"the role {one.role} is forbidden {one.action} ({one.scope})") for one in against]
    told += [(one, f"the role {one.role} may {one.action} ({one.scope})") for one in granted]
    rules = tuple(Rule(one.scope, Decision(one.allow, action, reason, not one.allow)) for one, reason in told)
    if granted:
        otherwise = "your roles allow it, but not for this one: ask its owner"
    else:
        listed = _shortened(", ".join(sorted(roles)) or "none")
        otherwise = f"no role of yours allows it (you have: {listed}): ask an administrator"
    return rules, Decision(False, action, otherwise)


def inactive(action: str) -> Decision:
    """The decision for persons who are not active."""
    return Decision(False, action, "who is not active may do nothing: ask an administrator")


def _refused_contact(action: str) -> Decision:
    return Decision(False, action, "contacts complete, reopen and comment on what is assigned to them, nothing else")


def _rank(grant: Grant) -> tuple[str, str, str]:
    """Which of several grants a reason names: never the first that happens to stand in the policy."""
    return grant.role, grant.action, grant.scope


def _shortened(text: str, most: int = 300) -> str:
    """What fits into a reason; a cut is seen."""
    return text if len(text) <= most else text[: most - 1] + "…"


def everywhere(policy: Iterable[Grant], asker: Asker, action: str) -> bool:
    """Whether the asker may do this to everything, so that nothing needs to be asked one by one (R6)."""
    if asker.kind == "contact":
        return False
    mine = rules_of(policy, asker, action)
    return any(rule.scope == "all" for rule in mine) and all(rule.decision.allowed for rule in mine)


def names(pattern: str, action: str) -> bool:
    """Whether a grant's action takes in this one: the same, `*`, `task.*` or `*.see`."""
    if pattern in ("*", action):
        return True
    kind, _, verb = pattern.partition(".")
    of_kind, _, of_verb = action.partition(".")
    return kind in ("*", of_kind) and verb in ("*", of_verb) and "*" in (kind, verb)


def within(scope: str, asker: Asker, about: Subject) -> bool:
    """Whether the subject is in the scope of the asker (R2); what any contact may do is assigned to all of them."""
    match scope:
        case "all":
            return True
        case "own":
            return asker.id in about.owners or asker.id in about.makers
        case "assigned":
            if asker.id in about.owners or asker.id in about.helpers:
                return True
            if asker.kind == "contact":
                ours = asker.account_id is not None and asker.account_id == about.account_id
                return ours and ANY_CONTACT in about.owners
            return any(TEAM + team in about.owners for team in asker.teams)
        case "account":
            return asker.id in about.account_people
        case "team":
            return about.account_owner_id is not None and about.account_owner_id in asker.colleagues
    return False


@frozen
class Reach(Value):
    """What some scopes take in, for one asker, in terms that a store looks up (R2): everything, what stands on one of
    these accounts, what one of these owns, made, or helps with.
    """

    everything: bool = False
    account_ids: frozenset[Id] = frozenset()
    owners: frozenset[Id] = frozenset()
    makers: frozenset[Id] = frozenset()
    helpers: frozenset[Id] = frozenset()

    def takes(self, about: Subject) -> bool:
        """Whether the subject is in it."""
        return (
            self.everything
            or about.account_id in self.account_ids
            or not self.owners.isdisjoint(about.owners)
            or not self.makers.isdisjoint(about.makers)
            or not self.helpers.isdisjoint(about.helpers)
        )

    def __bool__(self) -> bool:
        """Whether it can take in anything."""
        return self.everything or bool(self.account_ids or self.owners or self.makers or self.helpers)


NOWHERE = Reach()


@frozen
class Within(Value):
    """The rights that a list is limited to: what is granted and not forbidden, by itself or with its plan (R1, R6)."""

    granted: Reach
    forbidden: Reach = NOWHERE
    plans_granted: Reach = NOWHERE
    plans_forbidden: Reach = NOWHERE

    def takes(self, about: Subject, plan: Subject = NOBODYS) -> bool:
        """Whether a thing in a plan may be in the list, for itself or with its plan."""
        return (
            (self.granted.takes(about) or self.plans_granted.takes(plan))
            and not self.forbidden.takes(about)
            and not self.plans_forbidden.takes(plan)
        )


def reaches(
    policy: Iterable[Grant], asker: Asker, action: str, accounts: Callable[[str], frozenset[str]]
) -> tuple[Reach, Reach]:
    """What the asker is granted and what forbidden of this action.

    `accounts` gives the ids of those that the scope `account` or `team` takes in; it is asked where a grant has it.
    """
    rules = rules_of(policy, asker, action)
    return tuple(  # type: ignore[return-value]
        _reach({rule.scope for rule in rules if rule.decision.allowed is allowed}, asker, accounts)
        for allowed in (True, False)
    )


def _reach(scopes: set[str], asker: Asker, accounts: Callable[[str], frozenset[str]]) -> Reach:
    if "all" in scopes:
        return Reach(everything=True)
    nobody, me = frozenset[str](), frozenset((asker.id,))
    ids = frozenset[str]().union(*(accounts(scope) for scope in ("account", "team") if scope in scopes))
    own, assigned = "own" in scopes, "assigned" in scopes
    owners = (me if own else nobody) | (asker.names if assigned else nobody)
    return Reach(False, ids, owners, me if own else nobody, me if assigned else nobody)
