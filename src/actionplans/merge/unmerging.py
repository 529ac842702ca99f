"""Taking a merge back: both plans as they would be without it (M8)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from typing import Any

import attrs
from attrs import define, field

from actionplans.checks import FrozenMap
from actionplans.edit.context import Context, changeable
from actionplans.edit.objectives import ruled
from actionplans.edit.tasks import unfinished
from actionplans.errors import Invalid, Problem
from actionplans.journal import COLLECTIONS
from actionplans.merge.fields import MARKS, OFFSETS
from actionplans.merge.outcome import Dropped, Kept, Unmerge
from actionplans.merge.parting import Parting
from actionplans.merge.sight import NO_AUDIENCE, Audience, Shown
from actionplans.merge.translating import other_days, translated
from actionplans.model import Item, Plan, Task, Warn
from actionplans.model.rules import no_circles, waited_for
from actionplans.settings import Settings

EDITED_UNSEEN = "was edited while customers did not see it, and stays hidden: share it if they may see it (edit.share)"
"""What is said of an item that does not get its mark back."""


def unmerge(
    before: Plan, merged: Plan, now: Plan, source: Plan, context: Context, *, audience: Audience = NO_AUDIENCE
) -> Unmerge:
    """The target and the source as they are when a merge is taken back.

    `before` and `merged` are the target as the merge found and left it, `now` as it is today, `source` is the source as
    the merge found it. What was added goes back as it was edited since, with what is new under it. Of a joined item the
    target's half keeps what was edited since, the source's is as it was. Links that would join the two plans are
    dropped; each is named, and so is each later edit of a value that came from the source. `audience` are the customers
    of both plans: what was assigned to them or edited while they did not see it is not shown to them at once.

    Raises `Refused` where the target takes no change, `Invalid` where links would go round in a circle.
    """
    changeable(now, "unmerging")
    hand = _Unmerging(before, merged, now, source, context.settings, audience)
    theirs, ours = hand.source_after(), hand.target_after()
    ours = ruled(before, ours, context)
    found = [problem.under(f"plan {plan.id!r}") for plan in (ours, theirs) for problem in no_circles(plan)]
    if found:
        told = "without the merge {0}: take a link away first"
        raise Invalid("this unmerge", tuple(Problem(one.place, told.format(one.message)) for one in found))
    return Unmerge(
        target=ours,
        source=theirs,
        returned=tuple(one for one in hand.added if one in hand.here),
        along=tuple(hand.along),
        gone=tuple(one for one in (*hand.added, *hand.joined.values()) if one not in hand.here),
        parted=FrozenMap({ours: theirs for theirs, ours in hand.joined.items() if ours in hand.here}),
        dropped=tuple(hand.dropped),
        kept=tuple(hand.kept),
        warnings=tuple(hand.warnings),
    )


@define
class _Unmerging:
    """The two plans on their way apart; `joined` has the target's id of each joined item by the source's."""

    before: Plan
    merged: Plan
    now: Plan
    source: Plan
    settings: Settings
    audience: Audience
    dropped: list[Dropped] = field(factory=list)
    kept: list[Kept] = field(factory=list)
    warnings: list[Warn] = field(factory=list)
    was: dict[str, Any] = field(init=False)
    came: dict[str, Any] = field(init=False)
    here: dict[str, Any] = field(init=False)
    origin: dict[str, Any] = field(init=False)
    joined: dict[str, str] = field(init=False)
    added: list[str] = field(init=False)
    along: list[str] = field(init=False)

    def __attrs_post_init__(self) -> None:
        """Find out what was added, what was joined, and what goes along."""
        plans = (self.before, self.merged, self.now, self.source)
        self.was, self.came, self.here, self.origin = ({one.id: one for one in plan.items()} for plan in plans)
        self.added = [one for one in self.origin if one in self.came and one not in self.was]
        apart = self.origin.keys() - set(self.added)
        self.joined = {one: self.merged.joined.get(one, one) for one in self.origin if one in apart}
        self.along = self._with_their_parents()

    def _with_their_parents(self) -> list[str]:
        """What is new since the merge and stands under something that goes back."""
        going = {one for one in self.added if one in self.here}
        along = []
        for name in ("objectives", "milestones", "plays", "tasks"):
            for item in getattr(self.now, name):
                new = item.id not in self.came and item.id not in self.was
                parent = getattr(item, "parent_id", None) or getattr(item, "objective_id", None)
                if new and parent in going:
                    going.add(item.id)
                    along.append(item.id)
        return along

    def source_after(self) -> Plan:
        """The source with its items again."""
        leaving = {one for one in self.added if one in self.here}.union(self.along)
        halves = {here: there for there, here in self.joined.items()}
        barred = other_days(self.now.anchors, self.source.anchors, known=True)

        def back(item_id: str) -> str | None:
            """Their id there: its own, or that of the other half; library stages are the same in every plan."""
            if item_id in leaving or item_id not in self.here and item_id not in self.came:
                return item_id
            return halves.get(item_id)

        after: dict[str, Any] = {}
        for name in COLLECTIONS:
            items: list[Any] = []
            for one in getattr(self.source, name):
                if one.id in self.joined:
                    items.append(self._half(one, leaving))
                elif one.id in leaving:
                    items.append(self._returned(one, back, barred))
            new = (one for one in getattr(self.now, name) if one.id in self.along)
            items += [translated(one, back, barred, self._losing(self.source.id)) for one in new]
            after[name] = tuple(items)
        plan = self._unshown(self._unseen(attrs.evolve(self.source, **after)), self.audience.source)
        plan = self._straight(plan)
        if plan.stage_id in self.origin and plan.stage_id not in self.joined and plan.stage_id not in leaving:
            self._drop(plan.id, plan, "stage_id", plan.stage_id)
            plan = attrs.evolve(plan, stage_id=None)
        return _settled(plan, self.source, self.now)

    def target_after(self) -> Plan:
        """The target without what goes back, and without what came from it."""
        leaving = {one for one in self.added if one in self.here}.union(self.along)

        def stays(item_id: str) -> str | None:
            gone = item_id in leaving or item_id not in self.here and (item_id in self.was or item_id in self.came)
            return None if gone else item_id

        after: dict[str, Any] = {}
        for name in COLLECTIONS:
            items = []
            for one in getattr(self.now, name):
                if one.id not in leaving:
                    item = self._parted(one) if one.id in self.was and one.id in self.came else one
                    items.append(translated(item, stays, frozenset(), self._losing(self.now.id)))
            after[name] = tuple(items)
        plan = self._unseen(attrs.evolve(self.now, joined=self.before.joined, **after))
        plan = self._unshown(plan, self.audience.target)
        if plan.stage_id in leaving:
            self._drop(plan.id, plan, "stage_id", str(plan.stage_id))
            plan = attrs.evolve(plan, stage_id=None)
        return _settled(self._anchored(plan), self.before, self.now)

    def _parted(self, now: Any) -> Any:
        """The target's half: what came from the source goes, what was edited since stays."""
        parting = Parting(self.was[now.id], self.came[now.id], now)
        item = parting.parted()
        self.kept += parting.kept
        if parting.unseen:
            self.warnings.append(Warn(now.id, EDITED_UNSEEN))
        return item

    def _returned(self, origin: Any, back: Any, barred: Collection[str]) -> Any:
        """An added item as it goes back: what was edited since as it is now, all else as it was."""
        merged, now = self.came[origin.id], self.here[origin.id]
        names = [one.name for one in attrs.fields(type(origin)) if one.name != "id"]
        edited = {name for name in names if getattr(now, name) != getattr(merged, name)}
        if not edited:
            return origin
        lost = self._losing(self.source.id, edited)
        there = translated(now, back, frozenset(barred), lost)
        given = {name: getattr(there if name in edited else origin, name) for name in names}
        if edited - set(MARKS):
            shown = origin.shared and not now.shared if hasattr(now, "shared") else False
            shown = shown or getattr(now, "withheld", False) and not origin.withheld
            if shown:
                self.warnings.append(Warn(now.id, EDITED_UNSEEN))
                given |= {name: getattr(now, name) for name in MARKS if hasattr(now, name)}
        return attrs.evolve(origin, **given)

    def _half(self, origin: Any, leaving: Collection[str]) -> Any:
        """The source's half of a joined item as it was, without links to what is gone by now."""

        def there(item_id: str) -> str | None:
            stands = item_id in self.joined or item_id in leaving or item_id not in self.origin
            return item_id if stands else None

        return translated(origin, there, frozenset(), self._losing(self.source.id))

    def _unseen(self, plan: Plan) -> Plan:
        """The plan, where what was edited or made while its play was hidden is not shown with the play at once."""
        again = {one.id for one in plan.plays if one.shared and one.id in self.here and not self.here[one.id].shared}
        if not again:
            return plan
        holding = {one.objective_id for one in plan.plays if one.id in again}

        def held(item: Any, shows: bool) -> Any:
            if not shows or item.withheld or not (self._is_new(item.id) or self._edited(item.id)):
                return item
            self.warnings.append(Warn(item.id, EDITED_UNSEEN))
            return attrs.evolve(item, withheld=True)

        objectives = tuple(held(one, one.id in holding) for one in plan.objectives)
        tasks = tuple(held(one, one.parent_id in again) for one in plan.tasks)
        return attrs.evolve(plan, objectives=objectives, tasks=tasks)

    def _unshown(self, plan: Plan, contacts: frozenset[str]) -> Plan:
        """The plan, where what was edited or made while these customers did not see it is not shown to them at once."""
        if not contacts:
            return plan
        then = Shown.of(plan, self.settings, contacts, self.audience)
        now = Shown.of(self.now, self.settings, self.audience.target, self.audience)

        def held(item: Any) -> Any:
            if not (self._is_new(item.id) or self._edited(item.id)):
                return item
            here = self.here[item.id]
            if all(now.saw(here, contact) or not then.saw(item, contact) for contact in contacts):
                return item
            if all(one.item_id != item.id for one in self.warnings):
                self.warnings.append(Warn(item.id, EDITED_UNSEEN))
            return attrs.evolve(item, **({"withheld": True} if hasattr(item, "withheld") else {"shared": False}))

        given: dict[str, Any] = {name: tuple(map(held, getattr(plan, name))) for name in COLLECTIONS}
        return attrs.evolve(plan, **given)

    def _is_new(self, item_id: str) -> bool:
        """Whether an item was made since the merge."""
        return item_id in self.here and item_id not in self.came

    def _edited(self, item_id: str) -> bool:
        """Whether an item says something else than the merge left it with."""
        left, now = self.came.get(item_id), self.here.get(item_id)
        marks: dict[str, Any] = {name: getattr(left, name) for name in MARKS if hasattr(left, name)}
        return left is not None and now is not None and left is not now and attrs.evolve(now, **marks) != left

    def _straight(self, plan: Plan) -> Plan:
        """The source without links made since that would close a circle with those its halves had."""
        if not any(no_circles(plan)):
            return plan
        tasks = []
        for task in plan.tasks:
            old = self.origin[task.id].dependencies if task.id in self.origin else ()
            kept = tuple(one for one in task.dependencies if one in old or one.predecessor_id not in self.joined)
            for link in task.dependencies:
                if link not in kept:
                    self._drop(plan.id, task, "dependencies", link.predecessor_id)
            tasks.append(attrs.evolve(task, dependencies=kept) if kept != task.dependencies else task)
        return attrs.evolve(plan, tasks=tuple(tasks))

    def _anchored(self, plan: Plan) -> Plan:
        """The target without the named dates that came with the source and that nothing is counted from any more."""
        new = self.merged.anchors.keys() - self.before.anchors.keys()
        counted = {offset.anchor for offset in _offsets(plan.items())} if new else set()
        gone = {one for one in new if one not in counted and plan.anchors.get(one) == self.merged.anchors[one]}
        kept = {name: day for name, day in plan.anchors.items() if name not in gone}
        return attrs.evolve(plan, anchors=FrozenMap(kept)) if gone else plan

    def _losing(self, plan_id: str, names: Collection[str] | None = None) -> Any:
        """Notes a link that is dropped; where `names` are given only those of these fields."""

        def lost(item: Item, name: str, other_id: str) -> None:
            if names is None or name in names:
                self._drop(plan_id, item, name, other_id)

        return lost

    def _drop(self, plan_id: str, item: Item | Plan, name: str, other_id: str) -> None:
        kind = getattr(item, "kind", "plan")
        self.dropped.append(Dropped(plan_id, kind, item.id, item.title, name, other_id))


def _offsets(items: Iterable[Item]) -> Iterator[Any]:
    for item in items:
        for name in OFFSETS:
            offset = getattr(item, name, None)
            if offset is not None:
                yield offset


def _settled(after: Plan, before: Plan, now: Plan) -> Plan:
    """The plan after `waiting` and `open` were set anew where it is another question than before the merge, and than
    now, whether a task is held up (P3).
    """
    then, today = ({one.id: one for one in plan.tasks} for plan in (before, now))
    ahead, ahead_then, ahead_now = (unfinished(plan) for plan in (after, before, now))

    def settled(task: Task) -> Task:
        if task.status not in ("waiting", "open"):
            return task
        held = not ahead.isdisjoint(waited_for(task))
        was, is_now = then.get(task.id), today.get(task.id)
        if was is not None and was.status == task.status and held != ahead_then.isdisjoint(waited_for(was)):
            return task
        if is_now is not None and is_now.status == task.status and held != ahead_now.isdisjoint(waited_for(is_now)):
            return task
        return attrs.evolve(task, status="waiting" if held else "open")

    tasks = tuple(map(settled, after.tasks))
    return after if tasks == after.tasks else attrs.evolve(after, tasks=tasks)
