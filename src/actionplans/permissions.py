"""Who may do what: denied unless granted, and a prohibition beats a grant (R1, R2).

`decide(policy, asker, action, subject)` is the one function that decides. An action is `KIND.VERB`, such as
`task.complete`, `plan.launch` or `account.see`.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from attrs import frozen

from actionplans.model import TEAM, Account, Decision, Item, Plan
from actionplans.settings import Grant


@frozen
class Asker:
    """Who asks: a person with all roles that count for the call, their teams and those who share a team with them."""

    id: str
    roles: frozenset[str]
    teams: frozenset[str] = frozenset()
    colleagues: frozenset[str] = frozenset()


@frozen
class Subject:
    """What is asked about, in the terms of the scopes (R2). Everything empty is a thing of nobody in particular."""

    owners: frozenset[str] = frozenset()
    makers: frozenset[str] = frozenset()
    helpers: frozenset[str] = frozenset()
    account_owner_id: str | None = None
    account_people: frozenset[str] = frozenset()


NOBODYS = Subject()


def subject(account: Account | None = None, plan: Plan | None = None, item: Item | None = None) -> Subject:
    """What a decision needs to know of an item of a plan of an account, or of a plan or an account alone."""
    things = [one for one in (item, plan) if one is not None]
    owned = [getattr(one, "owner_id", None) for one in things]
    made = [getattr(one, "created_by", None) for one in things]
    if account is not None and not things:
        owned, made = [account.owner_id], [account.created_by]
    people = frozenset(account.roles.values()) if account is not None else frozenset()
    return Subject(
        frozenset(one for one in owned if one),
        frozenset(one for one in made if one),
        frozenset(getattr(item, "helpers", ())),
        account.owner_id if account is not None else None,
        people | ({account.owner_id} if account is not None and account.owner_id else set()),
    )


def decide(policy: Iterable[Grant], asker: Asker, action: str, about: Subject = NOBODYS) -> Decision:
    """Whether the asker may do this, and why or why not (R1). The order of the policy does not matter."""
    mine = applying(policy, asker, action)
    here = [grant for grant in mine if within(grant.scope, asker, about)]
    against = [grant for grant in here if not grant.allow]
    if against:
        grant = min(against, key=_rank)
        return Decision(False, action, f"the role {grant.role} is forbidden {grant.action} ({grant.scope})")
    if here:
        grant = min(here, key=_rank)
        return Decision(True, action, f"the role {grant.role} may {grant.action} ({grant.scope})")
    if any(grant.allow for grant in mine):
        return Decision(False, action, "your roles allow it, but not for this one: ask its owner")
    roles = _shortened(", ".join(sorted(asker.roles)) or "none")
    return Decision(False, action, f"no role of yours allows it (you have: {roles}): ask an administrator")


def applying(policy: Iterable[Grant], asker: Asker, action: str) -> tuple[Grant, ...]:
    """The grants for this action that the asker's roles have; found once for the settings' policy, asked very often."""
    return _found(_ById(policy if isinstance(policy, tuple) else tuple(policy)), asker.roles, action)


class _ById:
    """A policy as a key of a cache: the same object, not an equal one, so that looking it up costs nothing."""

    __slots__ = ("grants",)

    def __init__(self, grants: tuple[Grant, ...]) -> None:
        self.grants = grants

    def __hash__(self) -> int:
        return id(self.grants)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _ById) and self.grants is other.grants


@lru_cache(maxsize=512)
def _found(policy: _ById, roles: frozenset[str], action: str) -> tuple[Grant, ...]:
    return tuple(grant for grant in policy.grants if grant.role in roles and names(grant.action, action))


def _rank(grant: Grant) -> tuple[str, str, str]:
    """Which of several grants a reason names: never the first that happens to stand in the policy."""
    return grant.role, grant.action, grant.scope


def _shortened(text: str, most: int = 300) -> str:
    """What fits into a reason; a cut is seen."""
    return text if len(text) <= most else text[: most - 1] + "…"


def everywhere(policy: Iterable[Grant], asker: Asker, action: str) -> bool:
    """Whether the asker may do this to everything, so that a list need not ask one by one (R6)."""
    mine = applying(policy, asker, action)
    return any(grant.scope == "all" for grant in mine) and all(grant.allow for grant in mine)


def names(pattern: str, action: str) -> bool:
    """Whether a grant's action takes in this one: the same, `*`, `task.*` or `*.see`."""
    if pattern in ("*", action):
        return True
    kind, _, verb = pattern.partition(".")
    of_kind, _, of_verb = action.partition(".")
    return kind in ("*", of_kind) and verb in ("*", of_verb) and "*" in (kind, verb)


def within(scope: str, asker: Asker, about: Subject) -> bool:
    """Whether the subject is in the scope of the asker (R2)."""
    match scope:
        case "all":
            return True
        case "own":
            return asker.id in about.owners or asker.id in about.makers
        case "assigned":
            mine = {asker.id, *(TEAM + team for team in asker.teams)}
            return not mine.isdisjoint(about.owners) or asker.id in about.helpers
        case "account":
            return asker.id in about.account_people
        case "team":
            return about.account_owner_id is not None and about.account_owner_id in asker.colleagues
    return False
