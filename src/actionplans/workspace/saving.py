"""Keeping what somebody sees of a plan as a template (T8)."""

from __future__ import annotations

from typing import Any

import attrs

from actionplans import launch as launching
from actionplans.errors import Refused
from actionplans.model import Account, Person, Plan, Template
from actionplans.settings import Settings
from actionplans.sharing import View
from actionplans.storage import RecordQuery
from actionplans.vocabularies import with_editable_fields
from actionplans.workspace.desk import Desk, owners_of
from actionplans.workspace.templates import Templates, marked


def save_as_template(desk: Desk, plan_id: str, *, id: str, title: str, play_id: str | None) -> Template:
    """As `Workspace.save_as_template`."""
    settings = desk.settings()
    plan = desk.store.get(Plan, plan_id)
    seen: View = desk.seen(plan, desk.store.get(Account, plan.account_id), settings)
    desk.need(settings, "template.create")
    people = desk.store.get_many(Person, owners_of(seen.plan))
    made = launching.save_as_template(
        seen.plan,
        seen.account,
        settings,
        id=id,
        title=title,
        play_id=play_id,
        directory=launching.Directory(people),
    )
    if desk.store.find(RecordQuery("template", text=made.id), limit=1).items:
        raise Refused("saving", f"there is a template {made.id!r} already: give another title or id")
    made = _with_own_marks(desk, made, settings)
    return Templates(desk).add(with_editable_fields(made, settings, desk.asker(settings).roles))


def _with_own_marks(desk: Desk, made: Template, settings: Settings) -> Template:
    """The template without the marks that its author may not set: every plan launched from it would have them (V4)."""
    lists: dict[str, Any] = {}
    for kind in {kind for kind, _ in marked(made)}:
        if not desk.may(settings, f"{kind}.share").allowed:
            held = getattr(made, f"{kind}s", ())
            lists |= {f"{kind}s": tuple(attrs.evolve(one, shared=False) for one in held)} if held else {"shared": False}
    return attrs.evolve(made, **lists)
