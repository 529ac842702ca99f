"""Who gets what a template launches: assignee rules with fallbacks, all that name nobody told together (T5).

And who has it when the account gets another owner (T6).
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

import attrs
from attrs import define, field, frozen

from actionplans.checks import EMPTY
from actionplans.errors import Problem
from actionplans.launch.blueprint import Owned, blueprint, rules_of
from actionplans.model import ANY_CONTACT, TEAM, Account, Draft, Person, Plan, Task, Team, TemplateTask
from actionplans.settings import Reassignment


@frozen
class Directory:
    """The persons and teams that a launch may name, by id; the caller looks them up first (`asked_for` says whom)."""

    persons: Mapping[str, Person] = EMPTY
    teams: Mapping[str, Team] = EMPTY

    def calendar_of(self, owner_id: str | None) -> str:
        """The name of the owner's own calendar, empty where there is none (D7)."""
        person = self.persons.get(owner_id) if owner_id else None
        return person.calendar if person else ""


@frozen
class Asked:
    """Whom a launch will look for: ids of persons and teams, and e-mail addresses."""

    persons: frozenset[str]
    teams: frozenset[str]
    emails: frozenset[str]


def asked_for(draft: Draft, account: Account, applier_id: str) -> Asked:
    """Whom `launch` will look for in the directory."""
    rules, own = blueprint(draft.template).rules, rules_of(draft.added.items())
    named = _named_by(rules | own if own else rules)
    persons = {applier_id, *account.roles.values(), *(one.partner_id for one in account.partners)}
    persons |= {one for one in (account.owner_id, account.primary_contact_id, draft.owner_id) if one}
    persons |= {one.owner_id for one in draft.overrides.values() if one.owner_id}
    teams = {one for one in persons if one.startswith(TEAM)}
    return Asked(
        named.persons | (persons - teams), named.teams | {one.removeprefix(TEAM) for one in teams}, named.emails
    )


@lru_cache(maxsize=64)
def _named_by(rules: frozenset[str]) -> Asked:
    """Whom rules name by themselves, whatever the account."""

    def after(word: str) -> frozenset[str]:
        return frozenset(one.removeprefix(word) for one in rules if one.startswith(word))

    persons = after("person:")
    return Asked(
        frozenset(one for one in persons if not one.startswith(TEAM)),
        after(TEAM) | frozenset(one.removeprefix(TEAM) for one in persons if one.startswith(TEAM)),
        after("email:"),
    )


@define
class Owners:
    """The owners and helpers of one launch; `unresolved` gathers every rule and choice that names nobody."""

    draft: Draft
    account: Account
    directory: Directory
    applier_id: str
    unresolved: list[Problem] = field(factory=list)
    resolved: dict[tuple[str, ...], str] = field(factory=dict)

    def of_plan(self) -> str | None:
        """The owner of the plan, as the draft says."""
        return self._chosen(self.draft.owner_id, "owner_id")

    def of(self, item: Owned) -> str | None:
        """The owner of an item: the one chosen in the draft, else the first that its rules name."""
        override = self.draft.overrides.get(item.key) if self.draft.overrides else None
        if override is not None and override.owner_id is not None:
            return self._chosen(override.owner_id, f"items[{item.key!r}].owner")
        return self.resolved.get(item.owner) or self._first(item.owner, f"items[{item.key!r}].owner")

    def helpers(self, item: TemplateTask) -> tuple[str, ...]:
        """The helpers of a task, each once."""
        if not item.helpers:
            return ()
        known, place = self.resolved.get, f"items[{item.key!r}].helpers"
        found = (known((rule,)) or self._first((rule,), place) for rule in item.helpers)
        return tuple(dict.fromkeys(one for one in found if one))

    def _chosen(self, owner_id: str | None, place: str) -> str | None:
        if owner_id is not None and not self._known(owner_id):
            self.unresolved.append(Problem(place, f"there is no active person or team {owner_id!r}: choose another"))
        return owner_id

    def _first(self, rules: tuple[str, ...], place: str) -> str | None:
        """The first rule that names somebody active (T5); None for no rules at all."""
        for rule in rules:
            found = self._named(rule)
            if found is not None and self._known(found):
                self.resolved[rules] = found
                return found
        if rules:
            told = f"{' or '.join(rules)} names nobody active for {self.account.name!r}: fill it there, or choose"
            self.unresolved.append(Problem(place, told))
        return None

    def _named(self, rule: str) -> str | None:
        word, _, name = rule.partition(":")
        match word:
            case "applier":
                return self.applier_id
            case "account_owner":
                return self.account.owner_id
            case "primary_contact":
                return self.account.primary_contact_id
            case "any_contact":
                return ANY_CONTACT
            case "role":
                return self.account.roles.get(name)
            case "person":
                return name
            case "team":
                return rule
            case "email":
                return self._only({one.id for one in self.directory.persons.values() if _answers(one, name)})
            case "partner":
                mine = (one for one in self.account.partners if one.accepted and one.user_id == self.applier_id)
                return self._only({one.partner_id for one in mine})
        return None

    def _only(self, found: set[str]) -> str | None:
        """The one that is active, where there is just one: with several nobody is meant until one is chosen (T5)."""
        known = [one for one in found if self._known(one)]
        return known[0] if len(known) == 1 else None

    def _known(self, owner_id: str) -> bool:
        if owner_id in (ANY_CONTACT, self.applier_id):
            return True
        if owner_id.startswith(TEAM):
            return owner_id.removeprefix(TEAM) in self.directory.teams
        person = self.directory.persons.get(owner_id)
        return person is not None and person.active


def following(plan: Plan, before: str, after: str, policy: Reassignment) -> Plan:
    """The plan after its account's owner changed: which open tasks of the old one are now the new one's (T6).

    `open_unless_manual` takes those that the rule `account_owner` gave and nobody assigned by hand, `all_open` all.
    A completed, cancelled, merged or archived plan takes no changes.
    """
    if plan.archived or plan.status in ("completed", "cancelled", "merged"):
        return plan

    def follows(task: Task) -> bool:
        ruled = "account_owner" in task.owner_rule and not task.owner_by_hand
        return task.is_open and task.owner_id == before and (policy == "all_open" or ruled)

    if policy == "none" or not any(map(follows, plan.tasks)):
        return plan
    tasks = (attrs.evolve(task, owner_id=after) if follows(task) else task for task in plan.tasks)
    return attrs.evolve(plan, tasks=tuple(tasks))


def _answers(person: Person, address: str) -> bool:
    return person.email.casefold() == address.casefold()
