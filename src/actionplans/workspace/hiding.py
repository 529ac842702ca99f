"""Custom fields that somebody may not see, taken out of what is no view: templates, differences, the journal (R5)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, TypeVar

import attrs
from attrs import frozen

from actionplans.checks import EMPTY, FrozenMap
from actionplans.journal import Edit
from actionplans.launch.differences import Difference
from actionplans.model import Draft, Template
from actionplans.permissions import Asker
from actionplans.settings import Settings
from actionplans.sharing import sees_field
from actionplans.vocabularies import ALWAYS

T = TypeVar("T")

HOLDING = {"objective": "objectives", "play": "plays", "task": "tasks"}
"""The kinds of items that hold custom fields, and where they stand in a template."""


@frozen
class Hiding:
    """The custom fields that somebody sees, by kind; None where they see whatever is held."""

    seen: Mapping[str, frozenset[str]] | None

    def custom(self, kind: str, held: FrozenMap[str, Any]) -> FrozenMap[str, Any]:
        """The custom fields of an item, or of the plan, without those that are hidden."""
        return held if self._shows(kind, held) else FrozenMap({one: held[one] for one in held if self._sees(kind, one)})

    def item(self, item: T) -> T:
        """An item of a plan or of a template without them; anything else as it is."""
        kind, held = getattr(item, "kind", ""), getattr(item, "custom", EMPTY)
        if kind not in HOLDING or self._shows(kind, held):
            return item
        return attrs.evolve(item, custom=self.custom(kind, held))  # type: ignore[misc]

    def template(self, template: Template) -> Template:
        """A template without them; the very same where it holds none."""
        given: dict[str, Any] = {name: tuple(map(self.item, getattr(template, name))) for name in HOLDING.values()}
        same = all(one is was for name in given for one, was in zip(given[name], getattr(template, name), strict=True))
        return template if same else attrs.evolve(template, **given)

    def whole(self, given: Template, stored: Template) -> Template:
        """The stored template with what somebody made of what they were shown of it: what they did not see stays."""
        held = {(one.kind, one.key): one for one in stored.items()}

        def filled(item: T) -> T:
            was = held.get((item.kind, item.key))  # type: ignore[attr-defined]
            kept = {} if was is None else self._hidden(was)
            return attrs.evolve(item, custom=FrozenMap({**kept, **item.custom})) if kept else item  # type: ignore[misc, attr-defined]

        if self.seen is None:
            return given
        items: dict[str, Any] = {name: tuple(map(filled, getattr(given, name))) for name in HOLDING.values()}
        return attrs.evolve(given, **items)

    def draft(self, draft: Draft, stored: Template) -> Draft:
        """A draft of a template as it was shown, as one of the template as it is stored; any other as it is."""
        if self.seen is None or draft.template == stored or draft.template != self.template(stored):
            return draft
        kept = {one.key: self._hidden(one) for one in stored.items()}
        overrides = {
            key: one if one.custom is None else attrs.evolve(one, custom=FrozenMap({**kept.get(key, {}), **one.custom}))
            for key, one in draft.overrides.items()
        }
        return attrs.evolve(draft, template=stored, overrides=FrozenMap(overrides))

    def difference(self, one: Difference) -> Difference:
        """A difference between versions and plan; of a field that is hidden it says that there is one, and no more."""
        if self.seen is None:
            return one
        group, _, name = one.field.partition(" ")
        if group == "custom" and not self._sees(one.kind, name):
            return attrs.evolve(one, base=None, ours=None, theirs=None)
        sides = {side: self.item(getattr(one, side)) for side in ("base", "ours", "theirs")}
        return attrs.evolve(one, **sides) if not one.field else one

    def edits(self, edits: Iterable[Edit], of: str = "plan") -> Iterator[Edit]:
        """What a step changed on a plan, or a record of another kind, without them.

        An edit of them alone is left out.
        """
        for one in edits:
            if self.seen is None or one.field not in ("", "custom"):
                yield one
            elif one.field == "":
                yield attrs.evolve(one, before=self.item(one.before), after=self.item(one.after))
            else:
                kind = of if one.kind == "record" else one.kind
                before, after = self.custom(kind, one.before), self.custom(kind, one.after)
                if before != after:
                    yield attrs.evolve(one, before=before, after=after)

    def _hidden(self, item: Any) -> dict[str, Any]:
        held: Mapping[str, Any] = getattr(item, "custom", EMPTY)
        return {name: value for name, value in held.items() if not self._sees(item.kind, name)}

    def _sees(self, kind: str, name: str) -> bool:
        return self.seen is None or name in self.seen.get(kind, ())

    def _shows(self, kind: str, held: Mapping[str, Any]) -> bool:
        return self.seen is None or held.keys() <= self.seen.get(kind, frozenset())


def hiding(settings: Settings, asker: Asker) -> Hiding:
    """What is hidden from somebody: from an administrator nothing (R5)."""
    if ALWAYS in asker.roles and asker.kind != "contact":
        return Hiding(None)
    seen: dict[str, set[str]] = {}
    for one in settings.custom_fields:
        if sees_field(one, asker):
            seen.setdefault(one.of, set()).add(one.name)
    return Hiding({kind: frozenset(names) for kind, names in seen.items()})
