"""Custom fields as somebody gives them: whether they may, and whether the persons that they name are there (R5)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from actionplans.errors import Invalid, NotAllowed, Problem
from actionplans.model import Decision, Person
from actionplans.permissions import Asker
from actionplans.settings import Settings
from actionplans.vocabularies import Touched, fields_of, may_edit_field, may_see_field
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


def admit_names(desk: Desk, settings: Settings, kind: str, custom: object) -> None:
    """Raise `NotAllowed` for fields of `custom` that are hidden from the asker, whatever value comes with them.

    Otherwise a value that is refused and one that changes nothing would tell what the field holds.
    """
    given = [one for one in custom if isinstance(one, str)] if isinstance(custom, Mapping) else []
    known = fields_of(kind, settings) if given else {}
    named = [known[one] for one in given if one in known]
    if not named:
        return
    who = desk.asker(settings)
    hidden = [one for one in named if not may_see_field(one, who.roles, contact=who.kind == "contact")]
    if hidden:
        touched = [Touched(one, f"custom[{one.name!r}]", None) for one in hidden]
        raise NotAllowed(Decision(False, f"{kind}.edit", _reason(touched)))


def _reason(denied: Iterable[Touched]) -> str:
    """Which fields, and whom to ask."""
    names = ", ".join(dict.fromkeys(one.place.removesuffix(".") for one in denied))
    shown = names if len(names) <= MOST_TOLD else names[: MOST_TOLD - 1] + "…"
    roles = sorted({role for one in denied for role in one.field.edited_by or one.field.seen_by})
    return f"no role of yours may edit {shown}: ask a person with one of the roles {', '.join(roles)}"[:900]
