"""What a merge gives, said again slowly: from the rules (M3, M4) alone, without a look at the library's own way.

Nothing of `actionplans.merge` is used here.
"""

import unicodedata
from typing import Any

from actionplans.model import Item, Milestone, Plan, Play, Task

KINDS = ("stages", "objectives", "milestones", "plays", "tasks")

SINGLE = {
    "stage": ("title", "description"),
    "objective": ("title", "description", "category", "owner_id", "weight", "status", "metric"),
    "milestone": ("title", "description", "locked", "objective_id", "reached_on"),
    "play": ("title", "description", "objective_id", "owner_id", "weight"),
    "task": (
        *("title", "description", "type", "priority", "category", "owner_id", "locked", "required", "weight"),
        *("parent_id", "milestone_id", "stage_id", "metric"),
    ),
}
"""The fields that M4 speaks of one by one; of a metric all but its readings."""

DATES = {
    "stage": (),
    "objective": ("start", "end"),
    "milestone": ("due",),
    "play": ("start", "due"),
    "task": ("start", "due"),
}


def template_of(plan: Plan, item: Item) -> str:
    """The template an item was launched from: what it remembers, its play's launch, or the plan's."""
    if item.origin is not None:
        return item.origin.template_id
    play = item if isinstance(item, Play) else None
    for one in plan.plays:
        if isinstance(item, Task) and item.parent_id == one.id:
            play = one
    launch = play.launch if play is not None and play.launch is not None else plan.launch
    return launch.template_id if launch is not None else ""


def title_key(title: str) -> str:
    """A title as names are compared (A1), for the plain words of these tests."""
    return " ".join(unicodedata.normalize("NFKC", title).casefold().split())


def same_items(target: Plan, source: Plan, titles: bool) -> dict[str, str]:
    """M3: the same key of the same template in the same stage; else, if asked, the same title in the same stage."""
    found: dict[str, str] = {}
    for name in KINDS:
        for by_title in (False, True) if titles else (False,):
            for theirs in getattr(source, name):
                if theirs.id in found:
                    continue
                for ours in getattr(target, name):
                    if ours.id not in found.values() and _same(target, ours, source, theirs, found, by_title):
                        found[theirs.id] = ours.id
                        break
    return found


def _same(target: Plan, ours: Item, source: Plan, theirs: Item, found: dict[str, str], by_title: bool) -> bool:
    if isinstance(ours, Task) and isinstance(theirs, Task):
        stage = found.get(theirs.stage_id or "", theirs.stage_id)
        if ours.stage_id != stage:
            return False
    if by_title:
        return title_key(ours.title) == title_key(theirs.title)
    if not ours.key or not theirs.key:
        return False
    return (ours.key, template_of(target, ours)) == (theirs.key, template_of(source, theirs))


def union(target: Plan, source: Plan, pairs: dict[str, str]) -> list[tuple[str, str]]:
    """Every item of the merged plan, by kind and id: the target's, and what of the source is the same as none."""
    ours = [(one.kind, one.id) for one in target.items()]
    return sorted(ours + [(one.kind, one.id) for one in source.items() if one.id not in pairs])


def blank(value: Any) -> bool:
    """Whether a field says nothing."""
    return value is None or value == "" or value == ()


def expected(
    ours: Any, theirs: Any, pairs: dict[str, str], policy: str, newer: bool
) -> tuple[dict[str, Any], set[str]]:
    """M4: the fields of a joined item, and those that are in conflict; `newer` says that the source's changed later."""
    values, conflicts = {}, set()
    for name in SINGLE[ours.kind]:
        mine, other = getattr(ours, name), getattr(theirs, name)
        if name == "metric":
            mine, other = bare(mine), bare(other)
        if name in ("objective_id", "parent_id", "milestone_id", "stage_id"):
            other = pairs.get(other or "", other)
        if blank(other) or mine == other:
            values[name] = mine
        elif ours.fixed and name in ("title", "description"):
            values[name] = mine
            conflicts.add(name)
        elif blank(mine):
            values[name] = other
        else:
            conflicts.add(name)
            takes = policy == "source" or policy == "newest" and newer
            values[name] = other if takes else mine
    return values, conflicts


def bare(metric: Any) -> Any:
    """A metric without its readings."""
    return None if metric is None else (metric.target, metric.comparison, metric.unit, metric.start)


def done(item: Any) -> bool:
    """Whether it is done, or reached."""
    return item.reached_on is not None if isinstance(item, Milestone) else getattr(item, "status", "") == "done"


def circle(target: Plan, source: Plan, pairs: dict[str, str], milestones: dict[str, Any], *, offsets: bool) -> bool:
    """P2, D9: whether dates or completions of both plans together go round; found by walking on from every item.

    `milestones` has the milestone that each task of the merged plan is in. With `offsets` also what dates are counted
    from, of both halves, though only one of them holds.
    """
    dates: dict[str, set[str]] = {}
    waits: dict[str, set[str]] = {}
    for plan, known in ((target, {}), (source, pairs)):
        for item in plan.items():
            mine = known.get(item.id, item.id)
            for link in getattr(item, "dependencies", ()):
                there = known.get(link.predecessor_id, link.predecessor_id)
                dates.setdefault(mine, set()).add(there)
                if link.kind == "FS":
                    waits.setdefault(mine, set()).add(there)
            for name in ("offset", "start_offset", "end_offset") if offsets else ():
                head, _, named = getattr(getattr(item, name, None), "anchor", "").partition(":")
                if named:
                    dates.setdefault(mine, set()).add(known.get(named, named))
                    if head == "task":
                        waits.setdefault(mine, set()).add(known.get(named, named))
    for task_id, milestone in milestones.items():
        if milestone is not None:
            waits.setdefault(milestone, set()).add(task_id)
    return any(_comes_back(start, after) for after in (dates, waits) for start in after)


def _comes_back(start: str, after: dict[str, set[str]]) -> bool:
    seen: set[str] = set()
    waiting = list(after[start])
    while waiting:
        at = waiting.pop()
        if at == start:
            return True
        if at not in seen:
            seen.add(at)
            waiting += after.get(at, ())
    return False


def content(item: Any) -> dict[str, Any]:
    """What an item says besides where it stands, what it counts from, who sees it, and whether it waits."""
    hidden = {
        *("objective_id", "parent_id", "milestone_id", "stage_id", "dependencies", "offset", "start_offset"),
        *("end_offset", "shared", "withheld", "origin", "shifts"),
    }
    names = [name for name in type(item).__slots__ if not name.startswith("__") and name not in hidden]
    values = {name: getattr(item, name) for name in names if hasattr(item, name)}
    if values.get("status") == "waiting" and isinstance(item, Task):
        values["status"] = "open"
    return values
