"""Which plans may be merged: rules that say why not, by name, and what they say of two plans (M1)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from attrs import frozen

from actionplans.accounts import name_key
from actionplans.model import Account, Plan

PREFIX = 4
"""How many characters of two names must be alike (M1)."""

SAME_TITLE = "same_title"
"""The name of the rule that is about items: custom ones of one title, kind and stage are the same item (M3)."""

Rule = Callable[[Plan, Plan, Account, Account], str | None]
"""Asked for target, source and their accounts: why the two may not be merged, or None."""


@frozen
class Verdict:
    """What one rule says of two plans; `reason` is empty where it agrees."""

    rule: str
    reason: str = ""

    @property
    def agrees(self) -> bool:
        """Whether the rule has nothing against it."""
        return not self.reason


def same_name_prefix(target: Plan, source: Plan, target_account: Account, source_account: Account) -> str | None:
    """The first four characters of the accounts' name keys match; shorter names are equal in full (M1)."""
    one, other = (name_key(account.name) for account in (target_account, source_account))
    if not one or not other:
        return "an account without a readable name matches none"
    if one == other or min(len(one), len(other)) >= PREFIX and one[:PREFIX] == other[:PREFIX]:
        return None
    return f"the accounts' names begin differently: {target_account.name!r} and {source_account.name!r}"


def same_website_host(target: Plan, source: Plan, target_account: Account, source_account: Account) -> str | None:
    """The accounts' websites have the same host, with or without `www.`."""
    one, other = (website_host(account.website) for account in (target_account, source_account))
    if one and one == other:
        return None
    return f"the accounts' websites differ: {one or 'none'} and {other or 'none'}"


def same_stage(target: Plan, source: Plan, target_account: Account, source_account: Account) -> str | None:
    """Both plans stand in the same stage."""
    if target.stage_id is not None and target.stage_id == source.stage_id:
        return None
    return f"the plans are in different stages: {target.stage_id or 'none'} and {source.stage_id or 'none'}"


def same_template(target: Plan, source: Plan, target_account: Account, source_account: Account) -> str | None:
    """Both plans were launched from the same template, in whatever version."""
    one, other = (plan.launch.template_id if plan.launch is not None else "" for plan in (target, source))
    if one and one == other:
        return None
    return f"the plans come from different templates: {one or 'none'} and {other or 'none'}"


def same_title(target: Plan, source: Plan, target_account: Account, source_account: Account) -> str | None:
    """Nothing against any plans: with this rule custom items of one title, kind and stage are the same item (M3)."""
    return None


SHIPPED: Mapping[str, Rule] = {
    "same_name_prefix": same_name_prefix,
    "same_website_host": same_website_host,
    "same_stage": same_stage,
    "same_template": same_template,
    SAME_TITLE: same_title,
}
"""The rules that ship, by the name that `Settings.merge_rules` switches on; the first is on by default."""


def verdicts(
    names: Iterable[str], rules: Mapping[str, Rule], plans: tuple[Plan, Plan], accounts: tuple[Account, Account]
) -> tuple[Verdict, ...]:
    """What each of these rules says of a target and a source: all must agree (M1).

    `rules` are those that ship and the host's. A rule that is switched on and not there agrees to nothing.
    """
    missing = "there is no such rule: install the plug-in that has it, or take it out of the settings"
    found = []
    for name in names:
        reason = rules[name](*plans, *accounts) if name in rules else missing
        found.append(Verdict(name, reason or ""))
    return tuple(found)


def impossible(target: Plan, source: Plan) -> str | None:
    """Why these two are never merged, whatever the rules say; None where they may be (M2, M9)."""
    if target.id == source.id:
        return "a plan is not merged with itself: choose another"
    for name, plan in (("target", target), ("source", source)):
        if plan.status == "merged":
            return f"the {name} was merged into {plan.merged_into!r} already: take that one"
        if plan.archived:
            return f"the {name} is archived: take it out of the archive first"
        if plan.status in ("completed", "cancelled"):
            return f"the {name} is {plan.status}: reopen it first"
    return None


def website_host(website: str) -> str:
    """The host of a website without `www.` and its port, whatever the case; empty for none."""
    text = website.strip().partition("//")[2] if "//" in website else website.strip()
    place = min((n for n in map(text.find, "/?#") if n >= 0), default=len(text))
    host = text[:place].rpartition("@")[2]
    if host.startswith("["):
        return host[1:].partition("]")[0].lower()
    return host.partition(":")[0].lower().removeprefix("www.")
