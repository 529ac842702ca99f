"""The roles of R2 as they ship, and what each of them may do."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache

from actionplans.model.words import Scope
from actionplans.settings.actions import ITEM_KINDS, ITEM_VERBS
from actionplans.settings.nouns import Grant

_ITEMS = tuple(f"{item}.{verb}" for item in ITEM_KINDS for verb in ITEM_VERBS)
_MEASURING = ("objective.measure", "task.measure")
_LAUNCHING = ("objective.launch", "play.launch", "task.launch", "plan.upgrade", "play.upgrade")
_WRITING = tuple(
    f"{kind}.{verb}" for kind in ("touchpoint", "message_template") for verb in ("create", "edit", "delete")
)
_MERGING = ("plan.merge", "plan.unmerge", "plan.import")
_TEMPLATES = ("template.create", "template.edit", "template.publish")


@cache
def shipped_policy() -> tuple[Grant, ...]:
    """The roles of R2 as they ship: an administrator may do everything, everybody else what the role's name says."""
    return (Grant("administrator", "*"), *_manager(), *_member(), *_viewer(), *_partner(), *_contact())


def _manager() -> Iterator[Grant]:
    """Everything but what is the administrator's alone."""
    yield from _granted("manager", ("*.see", *_ITEMS, *_LAUNCHING, *_MEASURING, *_WRITING, *_MERGING, *_TEMPLATES))
    yield from _granted("manager", ("task.override", "plan.launch", "plan.export", "plan.invite", "permission.ask"))
    yield from _granted("manager", ("account.create", "account.edit", "summary.edit", "person.edit", "report.see"))


def _member() -> Iterator[Grant]:
    """What is theirs, what is on their accounts, and the work that was given to them."""
    yield from _granted("member", ("*.see", "account.create"))
    yield from _granted("member", (*_ITEMS, *_LAUNCHING, *_MEASURING, "plan.export", "plan.invite"), "account", "own")
    yield from _granted("member", ("task.start", "task.complete", "task.reopen", *_MEASURING), "assigned")
    yield from _granted("member", ("plan.launch", "account.edit", "summary.edit", "touchpoint.create"), "account")
    yield from _granted("member", ("touchpoint.edit", "touchpoint.delete"), "own")


def _viewer() -> Iterator[Grant]:
    yield from _granted("viewer", ("*.see",))


def _partner() -> Iterator[Grant]:
    """The tasks that were given to them, and nothing else (V5)."""
    yield from _granted("partner", ("task.see", "task.start", *_FOR_CONTACTS), "assigned")


def _contact() -> Iterator[Grant]:
    """The tasks that were given to them, and nothing else (V6); what they see of them is decided by the sharing."""
    yield from _granted("contact", _FOR_CONTACTS, "assigned")


_FOR_CONTACTS = ("task.complete", "task.reopen", "task.comment")


def _granted(role: str, actions: Iterable[str], *scopes: Scope) -> Iterator[Grant]:
    for action in actions:
        for scope in scopes or ("all",):
            yield Grant(role, action, scope)
