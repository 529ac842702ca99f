"""Backups, checks, and how a store is set up: what an administrator does for what is stored (S8)."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

import attrs
from attrs import define

from actionplans.errors import Refused, StoreCorrupt
from actionplans.health import Health, health_of
from actionplans.model import Erasure
from actionplans.storage import RecordQuery, Store
from actionplans.upkeep import Findings, Maintained, Progress, Report
from actionplans.vocabularies import ALWAYS
from actionplans.workspace.accounts import to_call
from actionplans.workspace.desk import Desk
from actionplans.workspace.files import path_of
from actionplans.workspace.journal import Journal
from actionplans.workspace.privacy import Privacy


@define
class Upkeep:
    """Looking after the store of a workspace, its tenant's part of it."""

    desk: Desk

    def backup(
        self, path: str | os.PathLike[str], *, overwrite: bool = False, progress: Progress | None = None
    ) -> Path:
        """Copy all that is stored into a file, as it is at one moment, while others go on writing (S8).

        Whatever the store is in, the file is one that `actionplans.open("sqlite:///…")` opens. It appears whole or not
        at all, and is on the disk when this returns. `progress` is called with the rows that are copied and how many
        there are. Takes the right to `store.backup`. Raises `Refused` where there is a file, unless `overwrite` is
        given, and for one that is in use; a `StoreError` where it cannot be written.
        """
        store, target = self._maintained("store.backup"), path_of(path, "backup")
        if progress is not None:
            to_call(progress, "progress")
        store.backup(target, overwrite=overwrite, progress=progress)
        return target

    def restore(
        self, path: str | os.PathLike[str], *, replace: bool = False, progress: Progress | None = None
    ) -> Report:
        """Bring back all that a backup has, in one transaction, and give the report on the backup (S8).

        The tenant must be empty, or is emptied first where `replace` says so; nobody else should be at work in it.
        Whoever was erased stays so: persons on the list of either are erased in what is brought back (J4). The backup
        is looked at first and left as it is; an older one is migrated on the way. It may be another tenant's.
        Takes the right to `store.restore`. Raises `Refused` where there is anything, and `StoreCorrupt` for a backup
        that is damaged.
        """
        store, source = self._maintained("store.restore"), path_of(path, "restore")
        if progress is not None:
            to_call(progress, "progress")
        known = tuple(self.desk.every(RecordQuery("erasure")))
        store.restore(source, lambda inside: self._erase(inside, known), replace=replace, progress=progress)
        self.desk.store.purge()
        return store.examine()

    def check(self, *, progress: Progress | None = None) -> Report:
        """Look at everything that is stored, and report what is wrong, each with its place (S8).

        That the database holds together, each record can be read and was not altered by whatever went wrong below,
        what stands in columns says what the record does, counts are true, nothing belongs to what is not there, and
        the journal's chain is whole (J3). Nothing is raised for damage, and nothing mended: restore a backup.
        Others may go on working. Takes the right to `store.check`.
        """
        desk = self.desk
        self._need("store.check")
        if progress is not None:
            to_call(progress, "progress")
        found, store = Findings(), desk.store
        report = store.examine(progress) if isinstance(store, Maintained) else found.report(store.name, {})
        found.counted.update(report.counted)
        found.problems.extend(report.problems)
        try:
            for flaw in Journal(desk).flaws():
                found.wrong(f"journal of {flaw.record} {flaw.id!r}, revision {flaw.revision}", flaw.reason)
        except (StoreCorrupt, ValueError, TypeError, LookupError, AttributeError) as error:
            found.wrong("journal", f"cannot be read: {error}")
        return found.report(store.name, dict(report.versions))

    def doctor(self) -> Health:
        """What the library and the store run on, and what of that puts the data at risk (S8).

        Takes the right to `store.check`.
        """
        desk = self.desk
        self._need("store.check")
        return health_of(desk.store.conditions() if isinstance(desk.store, Maintained) else {})

    def _need(self, action: str) -> None:
        """Raise `NotAllowed` unless the actor may; where damage keeps the settings from saying, administrators may."""
        try:
            self.desk.need(self.desk.settings(), action)
        except StoreCorrupt:
            if ALWAYS not in self.desk.actor.roles:
                raise

    def _maintained(self, action: str) -> Maintained:
        """The store, where the actor may do this to it, and it can do it."""
        desk = self.desk
        self._need(action)
        if not isinstance(desk.store, Maintained):
            told = f"{desk.store.name} has no backups of its own: use those of what it keeps its data in"
            raise Refused(action, told)
        return desk.store

    def _erase(self, inside: Store, known: Iterable[Erasure]) -> None:
        """Have those on either list of the erased stay so, inside the transaction that brings everything back (J4)."""
        quiet = attrs.evolve(self.desk.plugins, listeners={})
        Privacy(attrs.evolve(self.desk, store=inside, plugins=quiet)).erase_again(known)
