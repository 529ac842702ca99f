"""The templates of a workspace: kept by version, published, revised, retired (T1), found and handed out (T12, T14)."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby, islice
from operator import attrgetter

import attrs
from attrs import define, frozen

from actionplans import template as life
from actionplans.accounts import name_key
from actionplans.checks import advice, shown, wanted
from actionplans.errors import Invalid, NotFound, Problem, Refused, Stale
from actionplans.model import Person, Template
from actionplans.model.words import TemplateKind, TemplateState
from actionplans.permissions import Asker
from actionplans.settings import Collection, Settings
from actionplans.storage import RecordQuery, id_of
from actionplans.vocabularies import touched_in_template
from actionplans.workspace.desk import Desk
from actionplans.workspace.fields import admit_fields, admit_names
from actionplans.workspace.hiding import Hiding, hiding


@frozen
class Sight:
    """Which templates somebody may see (T14): none, all, or those outside of collections and in these."""

    any: bool
    all: bool
    collections: frozenset[str]

    def sees(self, template: Template) -> bool:
        """Whether they may see this version; it stands in the collection that it names itself."""
        return self.any and (self.all or not template.collection or template.collection in self.collections)


def sight(desk: Desk, settings: Settings, asker: Asker | None = None) -> Sight:
    """Which templates the actor may see: every reading and launching of a template asks this.

    A collection is open to its roles and teams, and to everybody where it has neither. A template of a collection that
    the settings do not have is seen only by those who may edit templates, as are all (T14).
    """
    asker = asker or desk.asker(settings)
    if not desk.may(settings, "template.see", asker=asker).allowed:
        return Sight(False, False, frozenset())
    if desk.may(settings, "template.edit", asker=asker).allowed:
        return Sight(True, True, frozenset(one.key for one in settings.collections))
    opened = {one.key for one in settings.collections if not one.roles and not one.teams or one.roles & asker.roles}
    if any(one.teams and one.key not in opened for one in settings.collections):
        teams = {team.id for team in desk.my_teams()}
        opened |= {one.key for one in settings.collections if not one.teams.isdisjoint(teams)}
    return Sight(True, False, frozenset(opened))


def stored_template(desk: Desk, template_id: str, version: int | None = None) -> Template:
    """The template that `Templates.get` gives, as it is stored: with custom fields that are hidden from the actor."""
    if version is not None:
        key = f"{wanted(str, template_id, 'template_id')}@{version}"
        if type(version) is not int:
            raise Invalid("templates", (Problem("version", f"a number is wanted, not {shown(version)}"),))
        found = desk.store.get_many(Template, (key,)).get(key)
    else:
        key = template_id
        found = max(_versions(desk, template_id), key=lambda one: (one.state == "published", one.version))
    if found is None or not sight(desk, desk.settings()).sees(found):
        raise NotFound("template", key)
    return found


def marked(template: Template | None) -> Iterator[tuple[str, str]]:
    """By kind and key, what a template marks as shown to customers: the plan, without a key, and items (V4)."""
    if template is None:
        return
    if template.shared:
        yield "plan", ""
    yield from ((one.kind, one.key) for one in template.items() if getattr(one, "shared", False))


def _versions(desk: Desk, template_id: str) -> tuple[Template, ...]:
    """All versions, at least one; raises `NotFound`."""
    query = RecordQuery("template", text=wanted(str, template_id, "template_id"))
    versions: tuple[Template, ...] = tuple(desk.every(query))
    if not versions:
        raise NotFound("template", template_id)
    return versions


@define
class Templates:
    """The templates, each version a record of its own; a published one never changes.

    One that stands in a collection which the actor may not see is not there for them (T14). Custom fields that the
    actor may not see are left out, and stay as they are where the rest is changed (R5).
    """

    desk: Desk

    def get(self, template_id: str, version: int | None = None) -> Template:
        """That version, or the newest published one, or the newest of any state; raises `NotFound`, also for one that
        the actor may not see (V7).
        """
        return self._shown(stored_template(self.desk, template_id, version))

    def all(self) -> Iterator[Template]:
        """Every version of every template that the actor may see, by id."""
        self.desk.need(self.desk.settings(), "template.see")
        mine, hidden = self._sight(), self._hiding()
        return (hidden.template(one) for one in self.desk.every(RecordQuery("template")) if mine.sees(one))

    def find(
        self,
        words: str = "",
        *,
        kind: TemplateKind | None = None,
        collection: str | None = None,
        section: str | None = None,
        category: str | None = None,
        stage: str | None = None,
        state: TemplateState | None = "published",
    ) -> Iterator[Template]:
        """The templates that the actor may see and that have all of this, streamed by title, then id (T14).

        Of each template the newest version in that state is looked at, or the newest of all where `state` is None.
        Each of the `words` must begin a word of its title or description, whatever the case. A `stage` is the key of
        one that the template has. Raises `NotFound` for a collection that the actor may not see, or that there is not.
        Take as many as you show: `itertools.islice(ws.templates.find("call"), 20)`.
        """
        query = life.TemplateQuery(
            words=words, kind=kind, collection=collection, section=section, category=category, stage=stage, state=state
        )
        self.desk.need(self.desk.settings(), "template.see")
        mine = self._sight()
        if collection and not self._stands(collection, mine):
            raise NotFound("collection", collection, advice(collection, mine.collections))
        return map(self._hiding().template, self._found(query, mine))

    def collections(self) -> tuple[Collection, ...]:
        """The collections that the actor may see, in the order of the settings (T14)."""
        settings = self.desk.settings()
        mine = sight(self.desk, settings)
        return tuple(one for one in settings.collections if one.key in mine.collections)

    def export(self, template_id: str, version: int | None = None, *, format: str = "toml") -> str:
        """A template as the text of a portable file, `toml` or `json` (T12); `version` as for `get`.

        Persons that its rules name are written by the addresses that the directory has for them, which takes the right
        to see persons. Raises `Invalid` with everything that a file cannot hold.
        """
        desk, settings = self.desk, self.desk.settings()
        template = self.get(template_id, version)
        ids = life.persons_named(template)
        if ids:
            desk.need(settings, "person.see")
        emails = {one.id: one.email for one in desk.store.get_many(Person, ids).values()}
        return life.write_template(template, format=format, emails=emails, settings=settings)

    def add(self, template: Template) -> Template:
        """Store a new template for editing, as version 1; raises `Refused` where the id is taken."""
        return self._kept(None, self._placed(self._new(template), None), "template.create")

    def save(self, template: Template) -> Template:
        """Store a changed template that is being edited; raises `Stale` where it has changed since it was read (S2)."""
        self.desk.need(self.desk.settings(), "template.edit")
        before = self.desk.store.get(Template, id_of(wanted(Template, template, "template")))
        if before.state != "editing":
            raise Refused("editing", f"version {before.version} is {before.state}: revise it to open the next one")
        given = self._whole(template, before)
        after = attrs.evolve(given, state="editing", published_at=None, created_by=before.created_by)
        self._admitted(before, after)
        return self._kept(_as_read(before, template.revision), after, "template.edit")

    def publish(self, template: Template) -> Template:
        """Publish a template, new or being edited; its problems, and words that the settings do not have, are named all
        at once (T1).

        A new one becomes version 1. Publishing again what is published already changes nothing. One that was not read
        from here, as a file, takes the place of an open version that nobody has edited since it was opened; else
        `Stale` is raised (S2).
        """
        desk, key = self.desk, id_of(wanted(Template, template, "template"))
        desk.need(desk.settings(), "template.publish")
        known = desk.store.get_many(Template, (key,)).get(key)
        if known is None or not self._sight().sees(known):
            return self._kept(None, self._placed(self._published(self._new(template)), None), "template.publish")
        template = self._whole(template, known)
        if known.state == "published":
            return self._shown(self._same(known, template))
        ready = attrs.evolve(template, state=known.state, published_at=None, created_by=known.created_by)
        untouched = known.revision == 1  # as `revise` or `add` left it
        read = _as_read(known, template.revision or (known.revision if untouched else 0))
        if read.revision == 0:
            raise Stale("template", key, 0, known.revision)
        return self._kept(read, self._placed(self._published(ready), known), "template.publish")

    def revise(self, template_id: str) -> Template:
        """Open the next version for editing; raises `Refused` where one is open already."""
        self.desk.need(self.desk.settings(), "template.edit")
        newest = max(_versions(self.desk, template_id), key=lambda one: one.version)
        if newest.state == "editing":
            raise Refused("revising", f"version {newest.version} is open for editing already")
        after = attrs.evolve(life.revise(newest), created_by=self.desk.actor.id, revision=0)
        return self._kept(None, after, "template.create")

    def retire(self, template_id: str, version: int) -> Template:
        """A published version that is launched no more; its plans go on."""
        self.desk.need(self.desk.settings(), "template.publish")
        before = stored_template(self.desk, template_id, version)
        return self._kept(before, life.retire(before), "template.retire")

    def _same(self, known: Template, given: Template) -> Template:
        """Publishing again what is published is no change; anything else under the same number is refused."""
        alike = attrs.evolve(
            given,
            state=known.state,
            published_at=known.published_at,
            created_by=known.created_by,
            revision=known.revision,
        )
        if alike != known:
            newest = max(_versions(self.desk, known.id), key=lambda one: one.version)
            open_now = newest.state == "editing"
            told = (
                f"version {newest.version} is open: give that" if open_now else "revise it, and give the next version"
            )
            raise Refused("publishing", f"version {known.version} of {known.id!r} is published and differs: {told}")
        return known

    def _sight(self) -> Sight:
        return sight(self.desk, self.desk.settings())

    def _hiding(self) -> Hiding:
        settings = self.desk.settings()
        return hiding(settings, self.desk.asker(settings))

    def _shown(self, template: Template) -> Template:
        return self._hiding().template(template)

    def _kept(self, before: Template | None, after: Template, action: str) -> Template:
        return self._shown(self.desk.keep(before, after, action))

    def _whole(self, given: Template, stored: Template) -> Template:
        """What somebody made of what they were shown of a template, with what was hidden from them (R5)."""
        settings = self.desk.settings()
        for item in given.items():
            admit_names(self.desk, settings, item.kind, getattr(item, "custom", None))
        return self._hiding().whole(given, stored)

    def _stands(self, collection: str, mine: Sight) -> bool:
        """Whether the actor may look into a collection; who sees all, also where templates alone still name it."""
        every = self.desk.every(RecordQuery("template")) if mine.all else ()
        return collection in mine.collections or any(one.collection == collection for one in every)

    def _placed(self, template: Template, before: Template | None) -> Template:
        """The template, unless it stands where its author may not look, or gives fields that they may not edit."""
        if not self._sight().sees(template):
            raise NotFound("collection", template.collection)
        self._admitted(before, template)
        return template

    def _admitted(self, before: Template | None, after: Template) -> None:
        """Refuse custom fields that the actor may not edit, and marks that they may not set: a launch would fill them
        in (R5), and set them (V4).
        """
        settings = self.desk.settings()
        admit_fields(self.desk, settings, touched_in_template(before, after, settings))
        held = frozenset(marked(before))
        for kind in dict.fromkeys(kind for kind, key in marked(after) if (kind, key) not in held):
            self.desk.need(settings, f"{kind}.share")

    def _found(self, query: life.TemplateQuery, mine: Sight) -> Iterator[Template]:
        """What `find` gives: the order first, then page by page what stands there, so that few are held at once."""

        def asked(one: Template) -> bool:
            return query.state in (None, one.state)

        titles: list[tuple[str, str, str]] = []
        for template_id, versions in groupby(self.desk.every(RecordQuery("template")), attrgetter("id")):
            newest = max(filter(asked, versions), key=attrgetter("version"), default=None)
            if newest is not None and mine.sees(newest) and life.asks_for(query, newest):
                titles.append((name_key(newest.title), template_id, id_of(newest)))
        keys = iter([key for _, _, key in sorted(titles)])
        while page := tuple(islice(keys, 50)):
            there = self.desk.store.get_many(Template, page)
            yield from (there[key] for key in page if key in there and asked(there[key]))

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


def _as_read(template: Template, revision: int) -> Template:
    """The stored template at the revision that the caller read, for the store to compare (S2)."""
    return attrs.evolve(template, revision=revision)
