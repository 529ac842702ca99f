"""A store for the length of one command: who asks, the settings and the like are read once."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, TypeVar, cast

from actionplans.errors import NotFound
from actionplans.model import Account, Erasure, Invitation, Person, Team
from actionplans.settings import Settings
from actionplans.storage import Batch, Record, Store, id_of, kind_of

R = TypeVar("R", bound=Record)

REMEMBERED = frozenset({Account, Erasure, Invitation, Person, Settings, Team})
"""The kinds of records that one command asks for again and again, and others seldom change."""


class Remembering:
    """A store that remembers what it was asked for, until `forget`. What it commits itself it forgets."""

    def __init__(self, store: Store) -> None:
        """The same store, for one command."""
        self._store = store
        self._known: dict[tuple[str, str], Record | None] = {}

    def __getattr__(self, name: str) -> Any:
        """Everything else is the store's."""
        return getattr(self._store, name)

    def get(self, cls: type[R], id: str) -> R:
        """As `Store.get`."""
        if cls not in REMEMBERED:
            return self._store.get(cls, id)
        for found in self.get_many(cls, (id,)).values():
            return found
        raise NotFound(kind_of(cast(type[Record], cls)), id)

    def get_many(self, cls: type[R], ids: Iterable[str]) -> dict[str, R]:
        """As `Store.get_many`."""
        if cls not in REMEMBERED:
            return self._store.get_many(cls, ids)
        kind, wanted = kind_of(cast(type[Record], cls)), tuple(dict.fromkeys(ids))
        unknown = [id for id in wanted if (kind, id) not in self._known]
        if unknown:
            found = self._store.get_many(cls, unknown)
            self._known.update(((kind, id), found.get(id)) for id in unknown)
        known = ((id, cast(R | None, self._known[kind, id])) for id in wanted)
        return {id: one for id, one in known if one is not None}

    def commit(self, batch: Batch) -> None:
        """As `Store.commit`."""
        self._store.commit(batch)
        for write in batch.writes:
            self._known.pop((kind_of(type(write.record)), id_of(write.record)), None)
        for removal in batch.removals:
            self._known.pop((removal.kind, removal.id), None)

    def forget(self) -> None:
        """Before a command is tried again."""
        self._known.clear()
