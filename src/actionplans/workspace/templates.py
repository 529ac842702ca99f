"""The templates of a workspace: kept by version, published, revised, retired (T1)."""

from __future__ import annotations

from collections.abc import Iterator

import attrs
from attrs import define

from actionplans import template as life
from actionplans.checks import shown
from actionplans.errors import Invalid, NotFound, Problem, Refused
from actionplans.model import Template
from actionplans.storage import RecordQuery, id_of
from actionplans.workspace.accounts import wanted
from actionplans.workspace.desk import Desk


@define
class Templates:
    """The templates, each version a record of its own; a published one never changes."""

    desk: Desk

    def get(self, template_id: str, version: int | None = None) -> Template:
        """That version, or the newest published one, or the newest of any state; raises `NotFound`."""
        if not self.desk.may(self.desk.settings(), "template.see").allowed:
            raise NotFound("template", wanted(str, template_id, "template_id"))
        if version is not None:
            return self._version(template_id, version)
        versions = self._versions(template_id)
        return max(versions, key=lambda one: (one.state == "published", one.version))

    def all(self) -> Iterator[Template]:
        """Every version of every template, by id."""
        self.desk.need(self.desk.settings(), "template.see")
        return self.desk.every(RecordQuery("template"))

    def add(self, template: Template) -> Template:
        """Store a new template for editing, as version 1; raises `Refused` where the id is taken."""
        return self.desk.keep(None, self._new(template), "template.create")

    def save(self, template: Template) -> Template:
        """Store a changed template that is being edited; raises `Stale` where it has changed since it was read (S2)."""
        self.desk.need(self.desk.settings(), "template.edit")
        before = self.desk.store.get(Template, id_of(wanted(Template, template, "template")))
        if before.state != "editing":
            raise Refused("editing", f"version {before.version} is {before.state}: revise it to open the next one")
        after = attrs.evolve(template, state="editing", published_at=None, created_by=before.created_by)
        return self.desk.keep(_as_read(before, template.revision), after, "template.edit")

    def publish(self, template: Template) -> Template:
        """Publish a template, new or being edited; its problems, and words that the settings do not have, are named all
        at once (T1).

        A new one becomes version 1. Publishing again what is published already changes nothing.
        """
        desk, key = self.desk, id_of(wanted(Template, template, "template"))
        desk.need(desk.settings(), "template.publish")
        known = desk.store.get_many(Template, (key,)).get(key)
        if known is None:
            return desk.keep(None, self._published(self._new(template)), "template.publish")
        if known.state == "published":
            return _same(known, template)
        ready = attrs.evolve(template, state=known.state, published_at=None, created_by=known.created_by)
        read = _as_read(known, template.revision or known.revision)
        return desk.keep(read, self._published(ready), "template.publish")

    def revise(self, template_id: str) -> Template:
        """Open the next version for editing; raises `Refused` where one is open already."""
        self.desk.need(self.desk.settings(), "template.edit")
        newest = max(self._versions(template_id), key=lambda one: one.version)
        if newest.state == "editing":
            raise Refused("revising", f"version {newest.version} is open for editing already")
        after = attrs.evolve(life.revise(newest), created_by=self.desk.actor.id, revision=0)
        return self.desk.keep(None, after, "template.create")

    def retire(self, template_id: str, version: int) -> Template:
        """A published version that is launched no more; its plans go on."""
        self.desk.need(self.desk.settings(), "template.publish")
        before = self._version(template_id, version)
        return self.desk.keep(before, life.retire(before), "template.retire")

    def _published(self, template: Template) -> Template:
        return life.publish(template, self.desk.now(), settings=self.desk.settings())

    def _new(self, template: Template) -> Template:
        self.desk.need(self.desk.settings(), "template.create")
        wanted(Template, template, "template")
        if self.desk.store.find(RecordQuery("template", text=template.id), limit=1).items:
            raise Refused("adding", f"there is a template {template.id!r} already: revise it")
        return attrs.evolve(
            template, version=1, state="editing", published_at=None, created_by=self.desk.actor.id, revision=0
        )

    def _version(self, template_id: str, version: int) -> Template:
        key = f"{wanted(str, template_id, 'template_id')}@{version}"
        if type(version) is not int:
            raise Invalid("templates", (Problem("version", f"a number is wanted, not {shown(version)}"),))
        return self.desk.store.get(Template, key)

    def _versions(self, template_id: str) -> tuple[Template, ...]:
        """All versions, at least one; raises `NotFound`."""
        query = RecordQuery("template", text=wanted(str, template_id, "template_id"))
        versions: tuple[Template, ...] = tuple(self.desk.every(query))
        if not versions:
            raise NotFound("template", template_id)
        return versions


def _as_read(template: Template, revision: int) -> Template:
    """The stored template at the revision that the caller read, for the store to compare (S2)."""
    return attrs.evolve(template, revision=revision)


def _same(known: Template, given: Template) -> Template:
    """Publishing again what is published is no change; anything else under the same number is refused."""
    alike = attrs.evolve(
        given,
        state=known.state,
        published_at=known.published_at,
        created_by=known.created_by,
        revision=known.revision,
    )
    if alike != known:
        raise Refused("publishing", f"version {known.version} of {known.id!r} is published and differs: revise it")
    return known
