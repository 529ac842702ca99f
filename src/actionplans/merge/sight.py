"""What customers see after a merge: never anything that they could not see before (M6).

An item that comes along keeps its mark only where both plans are of one account and shared in the same way with the
same contacts. A joined one keeps it only where whoever sees the target saw both halves. Tasks and objectives that would
be seen without a mark of their own, through a shared play or because they are assigned, are withheld.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any, TypeVar

import attrs
from attrs import define, field, frozen

from actionplans.model import ANY_CONTACT, Item, Objective, Plan, Play, Stage, Task
from actionplans.settings import Settings
from actionplans.sharing import section_of

I = TypeVar("I", bound=Item)  # noqa: E741


@frozen
class Audience:
    """The customers of two plans: who is invited to each, and counts (V3).

    `outside` are all who are named in the plans and are contacts; `own` those of the contacts who belong to the very
    account of their plan, so that work for any contact is theirs (V6).
    """

    target: frozenset[str] = frozenset()
    source: frozenset[str] = frozenset()
    outside: frozenset[str] = frozenset()
    own: frozenset[str] = frozenset()


NO_AUDIENCE = Audience()


@define
class Shown:
    """What the contacts of one plan see of it, read off the plan once (V4, V6)."""

    plan: Plan
    profile: str
    contacts: frozenset[str]
    audience: Audience
    among: bool
    plays: Mapping[str, Play] = field(init=False)
    holding: Collection[str | None] = field(init=False)
    above: Mapping[str, Item] = field(init=False)

    def __attrs_post_init__(self) -> None:
        """Read off the plan."""
        plan = self.plan
        self.plays = {one.id: one for one in plan.plays}
        self.holding = {one.objective_id for one in plan.plays if one.shared}
        items: Iterable[Item] = (*plan.objectives, *plan.milestones, *plan.plays)
        self.above = {one.id: one for one in items}

    @classmethod
    def of(cls, plan: Plan, settings: Settings, contacts: frozenset[str], audience: Audience) -> Shown:
        """What these contacts see of a plan, as its section is shared."""
        return cls(plan, section_of(plan, settings).profile, contacts, audience, settings.contacts_see_each_other)

    def marked(self, item: Item) -> bool:
        """Whether an item shows by the marks, to whoever sees the plan."""
        if isinstance(item, Stage) or getattr(item, "withheld", False):
            return False
        if self.profile == "ancestors":
            return item.shared and all(self.marked(one) for one in self._parents(item))
        if isinstance(item, Task):
            return self.in_shared_play(item)
        return item.shared or isinstance(item, Objective) and item.id in self.holding

    def in_shared_play(self, task: Task) -> bool:
        """Whether a task stands in a play that is marked."""
        play = self.plays.get(task.parent_id or "")
        return play is not None and play.shared

    def _parents(self, item: Item) -> Iterable[Item]:
        for name in ("parent_id", "objective_id", "milestone_id"):
            parent = self.above.get(getattr(item, name, None) or "")
            if parent is not None:
                yield parent

    def saw(self, item: Item, contact: str) -> bool:
        """Whether one of its contacts saw an item, before the merge."""
        if contact not in self.contacts or not self.plan.shared or self.profile == "none":
            return False
        if not isinstance(item, Task):
            return self.marked(item)
        named = (item.owner_id, *item.helpers)
        theirs = contact in named or item.owner_id == ANY_CONTACT and contact in self.audience.own
        if not (theirs or self.among or self.audience.outside.isdisjoint(named)):
            return False
        return self.marked(item) or self.profile == "plays" and theirs and not item.withheld


@define
class Sight:
    """Sets the marks of a merged plan; `hidden` has the ids of what customers no longer see, of either plan."""

    target: Plan
    source: Plan
    settings: Settings
    audience: Audience
    one_account: bool = field(init=False)
    alike: bool = field(init=False)
    ours: Shown = field(init=False)
    theirs: Shown = field(init=False)

    def __attrs_post_init__(self) -> None:
        """Compare how the two plans are shared."""
        target, source, audience = self.target, self.source, self.audience
        among = self.settings.contacts_see_each_other
        mine, other = (section_of(plan, self.settings).profile for plan in (target, source))
        self.ours = Shown(target, mine, audience.target, audience, among)
        self.theirs = Shown(source, other, audience.source, audience, among)
        self.one_account = target.account_id == source.account_id
        self.alike = (
            self.one_account
            and mine == other != "none"
            and target.shared
            and source.shared
            and audience.target == audience.source
        )

    def marked(self, merged: Plan, joined: Mapping[str, str]) -> tuple[Plan, tuple[str, ...]]:
        """The merged plan with the marks that its items keep, and the ids of those that customers no longer see."""
        before, came = {one.id: one for one in self.target.items()}, {one.id: one for one in self.source.items()}
        if not came:
            return merged, ()
        halves: dict[str, tuple[Any, Any]] = {ours: (before[ours], came[theirs]) for theirs, ours in joined.items()}
        for_all = {ours: self._both_seen(*both) for ours, both in halves.items()}
        hidden: list[str] = []
        somebody = self.target.shared or self.source.shared

        def kept(item: Any, shows: bool) -> Any:
            """The item as it is marked now; `shows` says whether it would be seen without a mark of its own."""
            if item.id in halves:
                one, other = halves[item.id]
                free = for_all[item.id]
                mark = free and one.shared and (other.shared or isinstance(item, Objective))
                was = self.ours.marked(one) or self.theirs.marked(other) or shows
            elif item.id in came:
                free, mark = self.alike, self.alike and item.shared
                was = self.theirs.marked(came[item.id]) or shows
            else:
                return item
            if was and not free and somebody:
                hidden.append(item.id)
            given: dict[str, Any] = {"shared": mark} if mark != item.shared else {}
            if isinstance(item, Objective | Task):
                held = getattr(halves[item.id][1], "withheld", False) if item.id in halves else False
                withheld = item.withheld or held or shows and not free
                given |= {"withheld": withheld} if withheld != item.withheld else {}
            return attrs.evolve(item, **given) if given else item

        plays = tuple(kept(one, False) for one in merged.plays)
        shared = {one.id for one in plays if one.shared}
        holding = {one.objective_id for one in plays if one.shared}
        return (
            attrs.evolve(
                merged,
                plays=plays,
                objectives=tuple(kept(one, one.id in holding) for one in merged.objectives),
                milestones=tuple(kept(one, False) for one in merged.milestones),
                tasks=tuple(kept(one, self._shows(one, shared, halves, came)) for one in merged.tasks),
            ),
            tuple(hidden),
        )

    def _shows(
        self, task: Task, shared: Collection[str], halves: Mapping[str, tuple[Any, Any]], came: Mapping[str, Any]
    ) -> bool:
        """Whether a task would be seen by somebody who did not see it before, whatever its own mark says."""
        if task.parent_id in shared:
            return True
        if task.id in halves:
            seen = [(self.ours, halves[task.id][0]), (self.theirs, halves[task.id][1])]
        elif task.id in came:
            seen = [(self.theirs, came[task.id])]
        else:
            return False
        named = {one for one in (task.owner_id, *task.helpers) if one in self.audience.outside}
        if ANY_CONTACT in (task.owner_id, *task.helpers):
            if not self.one_account:
                return True
            named |= self.audience.target
        if self.one_account and not self.target.shared and not self.source.shared:
            return False
        return any(not half.saw(one, contact) for contact in named for half, one in seen)

    def _both_seen(self, one: Item, other: Item) -> bool:
        """Whether everybody who will see the target saw both halves of an item."""
        if isinstance(one, Stage) or self.ours.profile != self.theirs.profile or self.ours.profile == "none":
            return False
        if not (self.ours.marked(one) and self.theirs.marked(other)):
            return False
        viewers = self.audience.target if self.target.shared else frozenset[str]()
        if not viewers:
            return self.one_account and (self.source.shared or not self.target.shared)
        if not viewers <= self.audience.source or not self.source.shared:
            return False
        if not isinstance(one, Task):
            return True
        return all(self.ours.saw(one, contact) and self.theirs.saw(other, contact) for contact in viewers)
