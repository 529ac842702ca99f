"""The actions that the library asks for, each a right of its own (R3)."""

from __future__ import annotations

from collections.abc import Iterator, Set
from functools import lru_cache

from actionplans.checks import advice, shown
from actionplans.errors import Problem

ITEM_VERBS = (
    "create",
    "edit",
    "delete",
    "restore",
    "start",
    "complete",
    "reopen",
    "cancel",
    "assign",
    "move",
    "share",
    "comment",
    "archive",
)
"""What may be done to the items of a plan and to the plan itself, each an action of its own (R3)."""

ITEM_KINDS = ("stage", "objective", "milestone", "play", "task", "plan")

PARTS = ("vocabularies", "fields", "policy", "sharing", "calendars", "merging", "limits", "launching")
"""The parts of the settings; whoever changes one needs `settings.PART` (R3)."""

ACTIONS: frozenset[str] = frozenset(
    {f"{kind}.{verb}" for kind in ITEM_KINDS for verb in (*ITEM_VERBS, "see")}
    | {"task.override", "objective.measure", "task.measure", "library.edit", "report.see"}
    | {"journal.read", "journal.verify", "store.backup", "store.restore", "store.check"}
    | {"objective.launch", "play.launch", "task.launch", "plan.launch", "plan.upgrade", "play.upgrade"}
    | {"plan.invite", "plan.merge", "plan.unmerge", "plan.import", "plan.export"}
    | {"account.see", "account.create", "account.edit", "summary.see", "summary.edit", "team.see", "team.edit"}
    | {f"{kind}.{verb}" for kind in ("touchpoint", "message_template") for verb in ("see", "create", "edit", "delete")}
    | {"person.see", "person.edit", "person.grant_roles", "person.export", "person.erase"}
    | {"template.see", "template.create", "template.edit", "template.publish"}
    | {"settings.see", *(f"settings.{part}" for part in PARTS)}
    | {"permission.ask"}
)
"""Every action that the library asks for (R3); a host's own stand in `Settings.actions`.

`permission.ask` is to ask who may do what and why somebody sees something; its name keeps it out of `*.see`.
"""


def no_action(action: str, own: Set[str] = frozenset()) -> Iterator[Problem]:
    """Why this is no action: neither ours nor among the host's `own` (R3)."""
    if action not in ACTIONS and action not in own:
        yield Problem("", f"there is no action {shown(action)}: {advice(action, ACTIONS | own)}")


def no_actions(pattern: str, own: Set[str] = frozenset()) -> tuple[Problem, ...]:
    """Why a grant's action takes in nothing: there is no such action, or none of that kind or verb (R2, R3)."""
    return _no_actions(pattern, frozenset(own))


@lru_cache(maxsize=1024)
def _no_actions(pattern: str, own: frozenset[str]) -> tuple[Problem, ...]:
    kind, _, verb = pattern.partition(".")
    if "*" not in (kind, verb):
        return tuple(no_action(pattern, own))
    found = []
    for n, word in enumerate((kind, verb)):
        if word not in ("*", ""):
            known = {one.split(".")[n] for one in ACTIONS | own}
            if word not in known:
                found.append(Problem("", f"there is no action {shown(pattern)}: {advice(word, known)}"))
    return tuple(found)
