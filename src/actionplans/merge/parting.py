"""Parting the target's half of a joined item from what the source's brought (M8)."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any

import attrs
from attrs import define, field

from actionplans.checks import EMPTY, FrozenMap
from actionplans.merge.fields import KEYS, MARKS, WHOLE, definition, reading_key
from actionplans.merge.outcome import Kept


@define
class Parting:
    """One item as it was before the merge, as the merge left it, and as it is now.

    `unseen` says that it was edited while a merge hid it from customers, and does not get its mark back.
    """

    before: Any
    merged: Any
    now: Any
    kept: list[Kept] = field(factory=list)
    unseen: bool = False
    given: dict[str, Any] = field(factory=dict)

    def parted(self) -> Any:
        """The item without what the merge gave it, but with what was edited since."""
        if self.now is self.merged or self.now == self.merged:
            return self.before
        names = [one.name for one in attrs.fields(type(self.now)) if one.name != "id"]
        done = {*MARKS, "metric", "custom", *KEYS}
        for group in WHOLE[self.now.kind]:
            self._together(group)
            done.update(group)
        for name in names:
            if name not in done:
                self._together((name,))
            elif name in KEYS:
                self.given[name] = self._members(name, KEYS[name])
            elif name == "metric":
                self.given[name] = self._metric()
            elif name == "custom":
                self.given[name] = self._custom()
        self._marks(names)
        return attrs.evolve(self.now, **self.given)

    def _of(self, name: str) -> tuple[Any, Any, Any]:
        return getattr(self.before, name), getattr(self.merged, name), getattr(self.now, name)

    def _together(self, names: tuple[str, ...]) -> None:
        """Fields that go back to what they were, or stay where one of them was edited since."""
        values = {name: self._of(name) for name in names}
        if all(now == merged for _, merged, now in values.values()):
            self.given |= {name: before for name, (before, _, _) in values.items()}
            return
        for name, (before, merged, now) in values.items():
            if merged != before:
                self._keep(name, merged, now)

    def _keep(self, name: str, came: Any, now: Any) -> None:
        self.kept.append(Kept(self.now.kind, self.now.id, self.now.title, name, came, now))

    def _members(self, name: str, key: Callable[[Any], Hashable]) -> tuple[Any, ...]:
        """A list without the members that came, but for those that were changed since."""
        return _without(*self._of(name), key)

    def _metric(self) -> Any:
        before, merged, now = self._of("metric")
        if now == merged:
            return before
        if now is None or merged is None:
            return now
        measured = definition(before) if definition(now) == definition(merged) else definition(now)
        readings = _without(before.readings if before is not None else (), merged.readings, now.readings, reading_key)
        if measured is None and readings:
            measured = definition(now)
        if definition(merged) != definition(before) and measured == definition(now):
            self._keep("metric", definition(merged), definition(now))
        return attrs.evolve(measured, readings=readings) if measured is not None else None

    def _custom(self) -> FrozenMap[str, Any]:
        before, merged, now = self._of("custom")
        if now == merged:
            return before  # type: ignore[no-any-return]
        kept = {}
        for name in dict.fromkeys((*before, *now)):
            same = (name in now) == (name in merged) and now.get(name) == merged.get(name)
            if same and name in before:
                kept[name] = before[name]
            elif not same and name in now:
                kept[name] = now[name]
            if not same and merged.get(name) != before.get(name):
                self._keep(f"custom.{name}", merged.get(name), now.get(name))
        return FrozenMap(kept) if kept else EMPTY

    def _marks(self, names: list[str]) -> None:
        """The marks that it had; but not where it was edited while customers did not see it."""
        given = {}
        for name in (one for one in MARKS if one in names):
            before, merged, now = self._of(name)
            given[name] = before if now == merged else now
        now = {name: getattr(self.now, name) for name in given}
        edited = any(getattr(self.now, name) != getattr(self.merged, name) for name in names if name not in MARKS)
        shown = given.get("shared", False) and not now["shared"] or now.get("withheld", False) and not given["withheld"]
        self.unseen = edited and shown
        self.given |= now if self.unseen else given


def _without(
    before: tuple[Any, ...], merged: tuple[Any, ...], now: tuple[Any, ...], key: Callable[[Any], Hashable]
) -> tuple[Any, ...]:
    if now == merged:
        return before
    old, left = {key(one): one for one in before}, {key(one): one for one in merged}
    kept = []
    for one in now:
        same = left.get(key(one)) == one
        if not same:
            kept.append(one)
        elif key(one) in old:
            kept.append(old[key(one)])
    return tuple(kept)
