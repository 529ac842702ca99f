"""Laws of merging, on random pairs, against the slow reference (M2 to M9)."""

import random
from collections import Counter
from typing import Any

import attrs
import pytest

from actionplans.checks import FrozenMap
from actionplans.errors import Invalid
from actionplans.merge import Merge, merge, unmerge
from actionplans.model import Plan, Task
from actionplans.model.rules import PLAN_RULES
from actionplans.permissions import Asker
from actionplans.sharing import People, Viewer, plan_seen
from tests.merge import oracle
from tests.merge.pairs import CONTACTS, NOW, Pair, context, pair
from tests.size import size

POLICIES = ("target", "source", "newest")
BLOCKS = 10
BLOCK = pytest.mark.parametrize("block", range(BLOCKS))


def seeds(block: int) -> range:
    """The pairs of one block; all of them together are as many as the size says."""
    each = max(1, size(10_000) // BLOCKS)
    return range(block * each, (block + 1) * each)


def merged(one: Pair, seed: int, policy: Any = None) -> Merge | None:
    """The merge of a pair, or None where it is refused."""
    dice = random.Random(seed)
    policy = policy or dice.choice(POLICIES)
    try:
        return merge(
            one.target,
            one.source,
            context(one.settings),
            policy=policy,
            changed=moments(one, seed),
            audience=one.audience(),
        )
    except Invalid:
        return None


def moments(one: Pair, seed: int) -> dict[str, Any]:
    """When each item was changed last; of the target's always the same moment."""
    dice = random.Random(seed)
    later = {item.id: NOW.replace(year=dice.choice((2025, 2027))) for item in one.source.items()}
    return later | {item.id: NOW for item in one.target.items()}


def pairs_of(one: Pair) -> dict[str, str]:
    """Which items are the same, as the slow reference finds them."""
    return oracle.same_items(one.target, one.source, "same_title" in one.settings.merge_rules)


@BLOCK
def test_nothing_is_lost_or_doubled(block: int) -> None:
    """M3: the items of the merged plan are the target's and what of the source is the same as none; each once."""
    done = 0
    for seed in seeds(block):
        one = pair(seed)
        found = merged(one, seed)
        if found is None:
            continue
        same = pairs_of(one)
        ids = [(item.kind, item.id) for item in found.target.items()]
        assert oracle.union(one.target, one.source, same) == sorted(ids), seed
        assert same == {each.source_id: each.item_id for each in found.joined}, seed
        assert {each.item_id for each in found.added} == {item.id for item in one.source.items()} - same.keys(), seed
        assert [] == list(found.source.items())
        assert ("merged", "t") == (found.source.status, found.source.merged_into)
        for item in one.source.items():
            assert found.target.item(item.id).id == same.get(item.id, item.id), seed
            if item.id not in same:
                kept, came = oracle.content(found.target.item(item.id)), oracle.content(item)
                assert came == {**kept, "status": came.get("status")} if item.kind == "objective" else came == kept, (
                    seed
                )
        joined = set(same.values())
        for item in one.target.items():
            if item.id not in joined:
                kept, was = oracle.content(found.target.item(item.id)), oracle.content(item)
                if item.kind == "objective":  # its status may follow a rule of the settings (L6)
                    kept["status"], kept["was"] = was["status"], was["was"]
                assert was == kept, seed
        done += 1
    assert done > 0


@BLOCK
def test_every_field_holds_what_the_policy_says(block: int) -> None:
    """M4: equal values stay, a blank is filled, two values are a conflict, lists are united, done wins."""
    fields = 0
    for seed in seeds(block):
        one = pair(seed)
        policy = POLICIES[seed % 3]
        found = merged(one, seed, policy)
        if found is None:
            continue
        same, moment = pairs_of(one), moments(one, seed)
        told = Counter((each.item_id, each.field) for each in found.conflicts)
        for theirs in one.source.items():
            if theirs.id not in same:
                continue
            ours, now = one.target.item(same[theirs.id]), found.target.item(theirs.id)
            newer = moment[theirs.id] > moment[ours.id]
            values, conflicts = oracle.expected(ours, theirs, same, policy, newer)
            held = {name: getattr(now, name) for name in values}
            if "metric" in held:
                held["metric"] = oracle.bare(held["metric"])
            if ours.kind == "objective" and now.was is not None:  # its status follows a rule of the settings (L6)
                held["status"] = values["status"]
            assert values == held, (seed, ours.id)
            assert conflicts <= {name for item_id, name in told if item_id == ours.id}, (seed, ours.id)
            assert oracle.done(now) == (oracle.done(ours) or oracle.done(theirs)), (seed, ours.id)
            fields += len(values)
            if isinstance(ours, Task) and isinstance(theirs, Task) and isinstance(now, Task):
                for name in ("helpers", "tags"):
                    assert {*getattr(ours, name), *getattr(theirs, name)} == set(getattr(now, name)), seed
                    assert len(set(getattr(now, name))) == len(getattr(now, name)), seed
                assert {*ours.comments, *theirs.comments} == set(now.comments), seed
                assert max(ours.completions, theirs.completions) == now.completions
            _readings(ours, theirs, now, seed)
            _dates(ours, theirs, now, policy, newer, seed)
            custom = getattr(now, "custom", {})
            for name in ("open", "inside"):
                mine, other = (getattr(half, "custom", {}).get(name) for half in (ours, theirs))
                source_holds = policy == "source" or policy == "newest" and newer
                want = other if mine is None or other is not None and source_holds else mine
                assert want == custom.get(name), (seed, ours.id)
    assert fields > 0


def _readings(ours: Any, theirs: Any, now: Any, seed: int) -> None:
    """Readings are united, a moment has one."""
    if getattr(now, "metric", None) is None:
        return
    held = [*(ours.metric.readings if ours.metric else ()), *(theirs.metric.readings if theirs.metric else ())]
    assert {one.at for one in held} == {one.at for one in now.metric.readings}, seed
    assert set(now.metric.readings) <= set(held), seed


def _dates(ours: Any, theirs: Any, now: Any, policy: str, newer: bool, seed: int) -> None:
    """Each date is that of a half, as the policy says, unless start and due would be out of order: then of one half."""
    names = oracle.DATES[ours.kind]
    want = {}
    for name in names:
        mine, other = getattr(ours, name), getattr(theirs, name)
        takes = mine is None or other is not None and (policy == "source" or policy == "newest" and newer)
        want[name] = other if takes else mine
    held = {name: getattr(now, name) for name in names}
    if None not in want.values() and sorted(want.values()) != list(want.values()):
        halves = [{name: getattr(half, name) for name in names} for half in (ours, theirs)]
        assert held in halves, seed
    else:
        assert want == held, seed


@BLOCK
def test_done_stays_done_and_nothing_goes_round(block: int) -> None:
    """M4, M5: what was done in either plan is done; a merge that would make a circle is refused, and no other."""
    refused = 0
    for seed in seeds(block):
        one = pair(seed)
        found = merged(one, seed, "target")
        same = pairs_of(one)
        milestone: dict[str, Any] = {}
        for plan in (one.source, one.target):
            for task in plan.tasks:
                held = same.get(task.milestone_id or "", task.milestone_id)
                milestone[same.get(task.id, task.id)] = held or milestone.get(same.get(task.id, task.id))
        plans = (one.target, one.source)
        if found is None:
            assert oracle.circle(*plans, same, milestone, offsets=True), seed
            refused += 1
            continue
        assert not oracle.circle(*plans, same, milestone, offsets=False), seed
        assert [] == [problem for rule in PLAN_RULES for problem in rule(found.target)], seed
        for plan in (one.target, one.source):
            for item in plan.items():
                assert not oracle.done(item) or oracle.done(found.target.item(item.id)), seed


@BLOCK
def test_merge_then_unmerge_is_identity(block: int) -> None:
    """M8: both plans are again what they were, and nothing is named, for nothing was edited."""
    for seed in seeds(block):
        one = pair(seed)
        found = merged(one, seed)
        if found is None:
            continue
        back = unmerge(one.target, found.target, found.target, one.source, context(one.settings))
        assert one.target == back.target, seed
        assert one.source == back.source, seed
        assert ((), (), (), ()) == (back.dropped, back.kept, back.along, back.gone), seed
        assert () == back.warnings, seed


def test_merging_with_an_empty_plan_changes_the_pointer_alone() -> None:
    """M9: the target stays the very same value; the source points to it."""
    for seed in range(size(10_000) // 10):
        one = pair(seed)
        parts: dict[str, Any] = dict.fromkeys(oracle.KINDS, ())
        empty = attrs.evolve(one.source, **parts)
        found = merge(one.target, empty, context(one.settings), audience=one.audience())
        assert one.target is found.target
        assert attrs.evolve(empty, status="merged", merged_into="t") == found.source
        assert ((), (), (), ()) == (found.added, found.joined, found.filled, found.conflicts)


def test_the_same_merge_twice_is_the_same() -> None:
    """M7: a preview is the result: nothing in it depends on anything but what it was given."""
    for seed in range(size(10_000) // 10):
        one = pair(seed)
        assert merged(one, seed) == merged(pair(seed), seed)


@BLOCK
def test_no_customer_sees_more_than_before(block: int) -> None:
    """M6, field by field: what a contact is shown afterwards they saw before, both halves of what was joined."""
    shown = 0
    for seed in seeds(block):
        one = pair(seed)
        found = merged(one, seed)
        if found is None:
            continue
        same = {ours: theirs for theirs, ours in pairs_of(one).items()}
        for contact in CONTACTS:
            mine, theirs = (seen(one, plan, contact) for plan in (one.target, one.source))
            now = seen(one, found.target, contact)
            assert seen(one, found.source, contact) == {}
            for item_id, item in now.items():
                if item_id in same:
                    assert item_id in mine and same[item_id] in theirs, (seed, contact, item_id)
                    halves = [mine[item_id], theirs[same[item_id]]]
                else:
                    assert item_id in mine or item_id in theirs, (seed, contact, item_id)
                    halves = [mine.get(item_id) or theirs[item_id]]
                within(item, halves, (seed, contact, item_id))
                shown += 1
    assert shown > 0


def test_customers_go_on_seeing_what_they_saw_of_both_halves() -> None:
    """M6: among the random pairs there are joined items that stay visible, or the law above would say little."""
    still = 0
    for seed in range(size(10_000)):
        one = pair(seed)
        found = merged(one, seed)
        if found is not None:
            joined = {each.item_id for each in found.joined}
            still += sum(len(joined & seen(one, found.target, contact).keys()) for contact in CONTACTS)
    assert still > size(10_000) / 100


def seen(one: Pair, plan: Plan, contact: str) -> dict[str, Any]:
    """What a contact is shown of a plan, by id; nothing where they are shown nothing."""
    person = next(each for each in one.people if each.id == contact)
    asker = Asker(contact, frozenset({"contact"}), kind="contact", account_id=person.account_id)
    original = one.target if plan.id == "t" else one.source
    viewer = Viewer(asker, None if contact in one.invited(original) else "not invited")
    people = People(FrozenMap(), frozenset(CONTACTS))
    view, _ = plan_seen(plan, one.account(plan), one.settings, viewer, today=NOW.date(), people=people)
    return {} if view is None else {item.id: item for item in view.items()}


OF_PLACE = frozenset({"id", "parent_id", "objective_id", "milestone_id", "shared"})
"""What says where an item stands: only what is seen is named there."""


def within(item: Any, halves: list[Any], told: Any) -> None:
    """Every field of an item is one that the viewer saw; of lists every member."""
    for name in (one.name for one in attrs.fields(type(item))):
        value, before = getattr(item, name), [getattr(half, name) for half in halves]
        if name in ("comments", "helpers"):
            assert set(value) <= {member for held in before for member in held}, told
        elif name == "custom":
            assert all(any(held.get(key) == text for held in before) for key, text in value.items()), told
        elif name == "metric":
            if value is None:
                continue
            readings = {reading for held in before if held is not None for reading in held.readings}
            assert set(value.readings) <= readings, told
            assert any(oracle.bare(value) == oracle.bare(held) for held in before), told
        elif name == "status" and value in ("waiting", "open", "achieved"):
            continue  # its own, whatever moved it (V2)
        elif name not in OF_PLACE:
            assert value in before, (told, name)
