"""Who could still say who may do what: the last administrator stays (R6)."""

from __future__ import annotations

from collections.abc import Iterator

from actionplans.checks import FrozenMap
from actionplans.errors import Refused
from actionplans.model import Person
from actionplans.permissions import Asker
from actionplans.settings import Settings
from actionplans.storage import RecordQuery
from actionplans.workspace.desk import Change, Desk

RIGHT = "settings.policy"
"""What makes an administrator: whoever may change the policy can give themselves, and others, everything else."""


def administers(desk: Desk, settings: Settings, person: Person) -> bool:
    """Whether a person is an administrator by their stored roles alone, and active (R2, R6)."""
    asker = Asker(person.id, person.roles, kind=person.kind, account_id=person.account_id)
    return person.active and desk.may(settings, RIGHT, asker=asker).allowed


def one_staying(desk: Desk, before: Person, after: Person) -> Iterator[Change]:
    """Another administrator, stored again as they were read, where a person ceases to be one (R6).

    So the store refuses the second of two who take the last two at once, and whoever changes the policy meanwhile.
    """
    settings = desk.settings()
    if not administers(desk, settings, before) or administers(desk, settings, after):
        return
    for one in desk.every(RecordQuery("person")):
        if one.id != after.id and administers(desk, settings, one):
            yield Change(one, one, "person.stay", FrozenMap({"instead_of": after.id}))
            return
    raise Refused("editing a person", f"{after.name!r} is the last administrator: make another one first")


def one_keeping(desk: Desk, before: Settings, after: Settings) -> Iterator[Change]:
    """An administrator under a new policy, stored again as read; where none was stored, the actor must be one (R6)."""
    if before.policy == after.policy:
        return
    was = False
    for one in desk.every(RecordQuery("person")):
        if administers(desk, after, one):
            yield Change(one, one, "person.stay", FrozenMap({"instead_of": "settings"}))
            return
        was = was or administers(desk, before, one)
    if was or not desk.may(after, RIGHT).allowed:
        who = "no administrator that is stored" if was else "neither you nor anybody that is stored"
        raise Refused("changing the settings", f"{who} could change them again: keep a grant of {RIGHT}")
