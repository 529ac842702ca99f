"""What somebody keeps for the next launch, for nobody else to see: shortcuts, and drafts between a wizard's pages."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Mapping
from typing import Generic, TypeVar

import attrs
from attrs import define

from actionplans.accounts import name_key
from actionplans.checks import EMPTY, wanted
from actionplans.errors import Invalid, NotAllowed, NotFound, Problem
from actionplans.model import Account, Draft, Shortcut, Template
from actionplans.permissions import subject
from actionplans.storage import Batch, RecordQuery, Removal, StoredDraft, Write, kind_of
from actionplans.workspace.desk import Desk
from actionplans.workspace.plans import launch_action
from actionplans.workspace.templates import Templates

K = TypeVar("K", Shortcut, StoredDraft)


@define
class Kept(Generic[K]):
    """The actor's own records of one kind. Those of others are not there for them, whatever their rights (V7).

    Keeping and reading them takes the right to launch on the account, or into the plan, that they are for; throwing
    them away takes nothing. They are no part of what was done, so they leave no journal.
    """

    desk: Desk
    cls: type[K]

    def get(self, id: str) -> K:
        """The one of that id; raises `NotFound`, also where the actor may not launch there any more."""
        found = self._own(id)
        if not self._launches(found):
            raise NotFound(kind_of(self.cls), id)
        return found

    def all(self) -> Iterator[K]:
        """All of the actor's own that lead where they may launch: shortcuts by name, drafts as they were begun."""
        own = RecordQuery(kind_of(self.cls), text=self.desk.actor.id)
        return (one for one in self.desk.every(own) if self._launches(one))

    def delete(self, id: str) -> None:
        """Throw it away."""

        def deleted() -> None:
            found = self._own(id)
            self.desk.store.commit(Batch(removals=(Removal(kind_of(self.cls), id, found.revision),)))

        self.desk.repeated(deleted)

    def _own(self, id: str) -> K:
        kind = kind_of(self.cls)
        found = self.desk.store.get(self.cls, wanted(str, id, kind))
        if found.owner_id != self.desk.actor.id:
            raise NotFound(kind, id)
        return found

    def _launches(self, record: K) -> bool:
        """Whether the actor may launch where the record leads."""
        try:
            if isinstance(record, StoredDraft):
                self._for(record.draft.account_id, record.draft)
            else:
                self._for(record.account_id)
        except (NotFound, NotAllowed):
            return False
        return True

    def _for(self, account_id: str, draft: Draft | None = None) -> None:
        """Raise `NotFound` or `NotAllowed` unless the actor may launch on the account, or into the draft's plan."""
        desk, settings = self.desk, self.desk.settings()
        if draft is None or draft.plan_id is None:
            account = desk.store.get(Account, account_id)
            if not desk.may(settings, "account.see", subject(account)).allowed:
                raise NotFound("account", account_id)
            desk.need(settings, "plan.launch", subject(account))
            return
        plan, account, _ = desk.plan(draft.plan_id, settings)
        desk.need(settings, launch_action(draft), subject(account, plan))

    def _stored(self, record: K, read: int) -> K:
        record = attrs.evolve(record, revision=read + 1)
        self.desk.store.commit(Batch((Write(record, read),)))
        return record


@define
class Drafts(Kept[StoredDraft]):
    """The drafts that the actor put away between the pages of a wizard (T4).

    A draft is given back as it was kept, with the template that it was begun with. Whether that may still be launched
    is asked by the launch.
    """

    cls: type[StoredDraft] = StoredDraft

    def save(self, draft: Draft, over: StoredDraft | None = None) -> StoredDraft:
        """Keep a draft, or keep it in place of one that was kept; raises `Stale` where that has been since (S2)."""
        self._for(wanted(Draft, draft, "draft").account_id, draft)
        if over is None:
            return self._stored(StoredDraft(self.desk.new_id(), draft, self.desk.actor.id), 0)
        kept = self._own(wanted(StoredDraft, over, "over").id)
        if kept.draft == draft and kept.revision == over.revision:
            return kept
        return self._stored(attrs.evolve(kept, draft=draft), over.revision)


@define
class Shortcuts(Kept[Shortcut]):
    """The actor's shortcuts: a saved account and stage, and perhaps a template, that start a draft."""

    begin: Callable[..., Draft]
    """How a draft is begun: `Workspace.draft`."""

    cls: type[Shortcut] = Shortcut

    def add(
        self, name: str, account_id: str, *, stage_id: str | None = None, template_id: str | None = None
    ) -> Shortcut:
        """Save an account, a stage of the settings and a template that the actor may see under a name."""
        made = Shortcut(self.desk.new_id(), name, account_id, stage_id, template_id, self.desk.actor.id)
        self._for(account_id)
        if stage_id is not None and self.desk.settings().stage(stage_id) is None:
            raise Invalid("shortcut", (Problem("stage_id", f"{stage_id!r} is no stage of the settings"),))
        if template_id is not None:
            Templates(self.desk).get(template_id)
        return self._stored(made, 0)

    def all(self) -> Iterator[Shortcut]:
        """All of the actor's own that lead where they may launch, by name."""
        return iter(sorted(Kept.all(self), key=lambda one: (name_key(one.name), one.id)))

    def rename(self, id: str, name: str) -> Shortcut:
        """Give it another name."""

        def renamed() -> Shortcut:
            kept = self.get(id)
            after = attrs.evolve(kept, name=name)
            return kept if after == kept else self._stored(after, kept.revision)

        return self.desk.repeated(renamed)

    def draft(
        self,
        id: str,
        template: Template | str | None = None,
        *,
        start: dt.date | None = None,
        anchors: Mapping[str, dt.date] = EMPTY,
        title: str = "",
    ) -> Draft:
        """A draft for the shortcut's account, at its stage, from its template or the one that is given here."""
        kept = self.get(id)
        source = kept.template_id if template is None else template
        if source is None:
            raise Invalid("shortcut", (Problem("template", f"{kept.name!r} has none: say which one to launch"),))
        made = self.begin(source, kept.account_id, start=start, anchors=anchors, title=title)
        return made if kept.stage_id is None else attrs.evolve(made, stage_id=kept.stage_id)
