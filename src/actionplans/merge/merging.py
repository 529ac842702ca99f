"""Merging two plans: the target survives, and has what both had (M2 to M7)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Set
from typing import Any

import attrs

from actionplans.checks import EMPTY, FrozenMap, advice, shown, wanted
from actionplans.edit.context import Context, refuse, too_many
from actionplans.edit.objectives import ruled
from actionplans.edit.tasks import unfinished
from actionplans.errors import Invalid, Problem
from actionplans.journal import COLLECTIONS
from actionplans.merge.fields import ENDS, OFFSETS
from actionplans.merge.joining import Joining
from actionplans.merge.outcome import POLICIES, SIDES, Joined, Merge, Policy, Side, added_of
from actionplans.merge.pairing import Templates, pairs
from actionplans.merge.rules import SAME_TITLE, impossible
from actionplans.merge.sight import NO_AUDIENCE, Audience, Sight
from actionplans.merge.translating import other_days, translated
from actionplans.model import Item, Objective, Origin, Plan, Task, Warn
from actionplans.model.rules import no_circles, waited_for
from actionplans.settings import Settings
from actionplans.vocabularies import STAGE_WANTED, wants_stages


def merge(
    target: Plan,
    source: Plan,
    context: Context,
    *,
    policy: Policy = "target",
    answers: Mapping[str, Side] = EMPTY,
    changed: Mapping[str, dt.datetime] = EMPTY,
    audience: Audience = NO_AUDIENCE,
    closed: Set[tuple[str, str]] = frozenset(),
    unseen: Set[tuple[str, str]] = frozenset(),
) -> Merge:
    """What merging the source into the target does: a preview that is also the result (M7).

    Where both sides say something, the `policy` holds, or for single places (`ID:FIELD`) an answer. `changed` has the
    moment of each item's last change (for `newest`), `audience` the customers of both plans (M6), `closed` the custom
    fields that whoever merges may not edit: there the target's value stays (R5). Answers to those of them that are
    `unseen` are refused in the same words whether there is a conflict or not. No date is moved, and what waits is told
    anew where what it waits for is done or open by now (P3).

    Raises `Refused` for plans that are never merged (M2, M9), `Invalid` with everything that the merged plan would
    break: links that go round in a circle (P2), limits, an id that both have for different items, answers to no
    conflict.
    """
    _asked(target, source, policy, answers)
    reason = impossible(target, source)
    if reason is not None:
        refuse("merging", reason)
    joined = pairs(target, source, titles=SAME_TITLE in context.settings.merge_rules)
    warnings: list[Warn] = []
    joining = Joining(policy, answers, changed, closed, context.calendars_of(target))
    merged = _together(target, source, joined, joining, warnings)
    merged, hidden = Sight(target, source, context.settings, audience).marked(merged, joined)
    merged = ruled(target, _settled(target, source, merged, joined), context)
    added = [one for one in source.items() if one.id not in joined]
    found = [*_unfit(target, merged, added, context.settings), *_strange(answers, joining, unseen)]
    if found:
        raise Invalid("this merge", tuple(found))
    warnings += _told(target, source, joined)
    titles = {one.id: one for one in target.items()}
    return Merge(
        target=merged,
        source=emptied(source, target.id),
        added=added_of(added),
        joined=tuple(Joined(titles[ours].kind, ours, theirs, titles[ours].title) for theirs, ours in joined.items()),
        filled=tuple(joining.filled),
        conflicts=tuple(joining.conflicts),
        hidden=hidden,
        warnings=tuple(warnings),
    )


def emptied(source: Plan, target_id: str) -> Plan:
    """The source as it is after a merge: it points to the target and holds nothing (M2, M3)."""
    fields: dict[str, Any] = dict.fromkeys(COLLECTIONS, ())
    return attrs.evolve(source, status="merged", merged_into=target_id, joined=EMPTY, **fields)


def _asked(target: Plan, source: Plan, policy: object, answers: object) -> None:
    wanted(Plan, target, "target")
    wanted(Plan, source, "source")
    found = []
    if policy not in POLICIES:
        found.append(Problem("policy", f"one of {', '.join(POLICIES)} is wanted, not {shown(policy)}"))
    if not isinstance(answers, Mapping):
        found.append(Problem("answers", f"a mapping from places to sides is wanted, not {shown(answers)}"))
    else:
        wrong = ((place, side) for place, side in answers.items() if side not in SIDES)
        found += [Problem(f"answers[{place!r}]", f"target or source, not {shown(side)}") for place, side in wrong]
    if found:
        raise Invalid("this merge", tuple(found))


def _together(target: Plan, source: Plan, joined: Mapping[str, str], joining: Joining, warnings: list[Warn]) -> Plan:
    """The target with what the source adds to it, before marks and statuses are seen to."""
    barred = other_days(source.anchors, target.anchors, known=False)
    left: list[tuple[Item, str, str]] = []

    def lost(item: Item, name: str, named: str) -> None:
        left.append((item, name, named))

    def there(item_id: str) -> str:
        return joined.get(item_id, item_id)

    templates = Templates(source)
    partner = {ours: theirs for theirs, ours in joined.items()}
    fields: dict[str, Any] = {}
    for name in COLLECTIONS:
        came: dict[str, Any] = {one.id: translated(one, there, barred, lost) for one in getattr(source, name)}
        if came:
            held = getattr(target, name)
            both = (joining.joined(one, came[partner[one.id]]) if one.id in partner else one for one in held)
            mine = (one for one in getattr(source, name) if one.id not in joined)
            new = (_from(source, came[one.id], templates.of(one)) for one in mine)
            fields[name] = (*both, *new)
    if not fields:
        return target
    merged = attrs.evolve(target, joined=_known(target, source, joined), **fields)
    now = {one.id: one for one in merged.items()} if left else {}
    for item, name, named in left:
        if _stands_alone(item, now[there(item.id)], name):
            told = f"keeps its date and no longer follows {named!r}, which is another day in the target"
            warnings.append(Warn(there(item.id), told))
    counted = {offset.anchor for item in merged.items() for offset in _offsets(item)}
    missing = {name: day for name, day in source.anchors.items() if name in counted and name not in target.anchors}
    return attrs.evolve(merged, anchors=FrozenMap({**target.anchors, **missing})) if missing else merged


def _stands_alone(item: Item, now: Item, name: str) -> bool:
    """Whether the date that an offset counted came along without it: not where the target's half says when."""
    date = next(one for one, offset in ENDS[item.kind] if offset == name)
    return getattr(now, name) is None and getattr(now, date) == getattr(item, date)


def _known(target: Plan, source: Plan, joined: Mapping[str, str]) -> FrozenMap[str, str]:
    """By which ids items are found from now on: those of the source, and those that were joined into it before."""
    earlier = {old: joined.get(now, now) for old, now in source.joined.items()}
    return FrozenMap({**target.joined, **earlier, **joined})


def _offsets(item: Item) -> Iterator[Any]:
    for name in OFFSETS:
        offset = getattr(item, name, None)
        if offset is not None:
            yield offset


def _from(source: Plan, item: Any, template_id: str) -> Any:
    """An item that remembers where it came from, where it does not remember an earlier place (M3)."""
    if item.origin is not None:
        return item
    return attrs.evolve(item, origin=Origin(source.account_id, source.id, template_id))


def _settled(target: Plan, source: Plan, merged: Plan, joined: Mapping[str, str]) -> Plan:
    """The merged plan after `waiting` and `open` were set anew where it is another question now whether a task is
    held up: by what it was joined with, or by what it waits for in the other plan (P3).
    """
    partner = {ours: theirs for theirs, ours in joined.items()}
    before, came = {one.id: one for one in target.tasks}, {one.id: one for one in source.tasks}
    here, there, now = (unfinished(plan) for plan in (target, source, merged))
    changed: dict[str, Task] = {}
    for task in merged.tasks:
        if task.status not in ("waiting", "open"):
            continue
        was, ahead = (before[task.id], here) if task.id in before else (came[task.id], there)
        if was.status != task.status and task.id in partner:
            was, ahead = came[partner[task.id]], there
        held = not now.isdisjoint(waited_for(task))
        if held != (not ahead.isdisjoint(waited_for(was))) and held != (task.status == "waiting"):
            changed[task.id] = attrs.evolve(task, status="waiting" if held else "open")
    if not changed:
        return merged
    return attrs.evolve(merged, tasks=tuple(changed.get(one.id, one) for one in merged.tasks))


def _unfit(target: Plan, merged: Plan, added: list[Item], settings: Settings) -> Iterator[Problem]:
    """What the merged plan may not be: ids twice, circles, too much, tasks without the stage that its section wants."""
    known = {target.id, *(one.id for one in target.items())}
    twice = [one for one in added if one.id in known]
    for one in twice:
        yield Problem(f"{one.kind} {one.id!r}", "both plans have this id for different things: delete one of the two")
    if not twice:
        yield from no_circles(merged)
    yield from too_many(merged, settings) if len(merged.tasks) > len(target.tasks) else ()
    if wants_stages(target.section, settings):
        loose = (one for one in added if isinstance(one, Task) and one.stage_id is None)
        yield from (Problem(f"task {one.id!r}.stage_id", STAGE_WANTED) for one in loose)
    before = {one.id: one for one in target.items()}
    notes, readings = settings.limits.comments_per_item, settings.limits.readings_per_metric
    for item in _measurable(merged):
        if before.get(item.id, item) is item:
            continue
        if isinstance(item, Task) and len(item.comments) > max(notes, len(before[item.id].comments)):  # type: ignore[union-attr]
            yield Problem(f"task {item.id!r}.comments", f"at most {notes} (settings, limits): delete some first")
        if item.metric is not None and len(item.metric.readings) > readings:
            yield Problem(f"{item.kind} {item.id!r}.metric", f"at most {readings} readings (settings, limits)")


def _strange(answers: Mapping[str, Side], joining: Joining, unseen: Set[tuple[str, str]]) -> Iterator[Problem]:
    """Answers to what is no conflict, or that cannot hold."""
    told = (one for one in joining.conflicts if (one.kind, one.field.removeprefix("custom.")) not in unseen)
    conflicts = {one.place: one for one in told}
    for place, side in answers.items():
        conflict = conflicts.get(place)
        if conflict is None:
            none = f"there is no such conflict (any more): {advice(place, conflicts)}"
            yield Problem(f"answers[{place!r}]", none if conflicts else "nothing is in conflict: leave it out")
        elif conflict.answer != side:
            yield Problem(f"answers[{place!r}]", _WHY[conflict.by])


_WHY: Mapping[str, str] = {
    "done": "done wins over what is not: leave it out, or reopen the task",
    "fixed": "a fixed item keeps its words: leave it out (R4)",
    "rights": "you may not edit this field: the target's value stays",
    "dates": "start and due of two sides are out of order: answer both with the same side",
}
"""Why an answer does not hold, by what answers instead."""


def _told(target: Plan, source: Plan, joined: Mapping[str, str]) -> Iterator[Warn]:
    """What is not refused but should be known."""
    if source.status == "paused" and target.status != "paused":
        yield Warn(target.id, f"{source.title!r} is paused: its dates come as they are, not moved by the pause")
    ours = {one.id: one.metric for one in _measurable(target)}
    for item in _measurable(source):
        same, other = ours.get(joined.get(item.id, "")), item.metric
        if same is None or other is None or not (same.readings and other.readings):
            continue
        if same.unit != other.unit:
            units = f"{same.unit or 'no unit'} and {other.unit or 'no unit'}"
            yield Warn(joined[item.id], f"its readings are of different units now: {units}")


def _measurable(plan: Plan) -> tuple[Objective | Task, ...]:
    return (*plan.objectives, *plan.tasks)
