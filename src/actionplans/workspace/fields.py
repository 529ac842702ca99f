"""Custom fields as somebody gives them: whether they may, and whether the persons that they name are there (R5)."""

from __future__ import annotations

from collections.abc import Iterable

from actionplans.errors import Invalid, NotAllowed, Problem
from actionplans.model import Decision, Person
from actionplans.permissions import Asker
from actionplans.settings import Settings
from actionplans.vocabularies import Touched, may_edit_field
from actionplans.workspace.desk import Desk

MOST_TOLD = 300
"""How many characters of a list of fields a reason holds."""


def admit_fields(desk: Desk, settings: Settings, touched: Iterable[Touched], asker: Asker | None = None) -> None:
    """Raise `NotAllowed` for fields that the asker's roles may not edit, `Invalid` for persons that there are not.

    Everything that comes in through a workspace goes through this, after the verb or launch has checked the values.
    """
    given = tuple(touched)
    if not given:
        return
    who = asker or desk.asker(settings)
    denied = [one for one in given if not may_edit_field(one.field, who.roles, contact=who.kind == "contact")]
    if denied:
        raise NotAllowed(Decision(False, f"{denied[0].field.of}.edit", _reason(denied)))
    named = [one for one in given if one.field.type == "person" and one.value is not None]
    persons = desk.store.get_many(Person, {str(one.value) for one in named}) if named else {}
    lost = [
        Problem(one.place, f"there is no person {one.value!r}: add them first")
        for one in named
        if one.value not in persons
    ]
    if lost:
        raise Invalid("custom fields", tuple(lost))


def _reason(denied: Iterable[Touched]) -> str:
    """Which fields, and whom to ask."""
    names = ", ".join(dict.fromkeys(one.place.removesuffix(".") for one in denied))
    shown = names if len(names) <= MOST_TOLD else names[: MOST_TOLD - 1] + "…"
    roles = sorted({role for one in denied for role in one.field.edited_by or one.field.seen_by})
    return f"no role of yours may edit {shown}: ask a person with one of the roles {', '.join(roles)}"[:900]
