"""Non-interference (V2): changing only what a contact may not see changes nothing of what they get."""

import random
import re
from collections.abc import Iterator
from functools import partial

import attrs
import pytest

from actionplans.model import Plan
from actionplans.sharing import View
from actionplans.workspace import Workspace
from tests.sharing import gotten, oracle, worlds
from tests.sharing.changes import hidden_changes
from tests.sharing.worlds import CONTACTS, World
from tests.size import SOAK, size

PARTS = 4
SEEDS = range(size(1_000))
SHARE, VERBS = (1, 25) if SOAK else (0.15, 4)
"""How much is asked in each world, and how many verbs are tried."""
MOVED = ("start", "due", "end", "status", "reached_on")
"""A visible task's own dates and status are its own, whatever moved them (V2)."""


def ids_of(*several: World) -> list[str]:
    """The ids of everything in these worlds, in one order."""
    found = {one.id for world in several for one in world.records}
    found |= {item.id for world in several for plan in world.of(Plan) for item in plan.items()}
    return sorted(found)


def chosen(world: World, seed: int) -> str:
    """A contact of the world, one who sees something where there is one."""
    looking = [one for one in CONTACTS if oracle.everything(world, one)] or CONTACTS
    return random.Random(seed).choice([*looking])


@pytest.mark.parametrize("part", range(PARTS))
def test_what_contacts_read_does_not_depend_on_what_is_hidden(part: int) -> None:
    """Views, lists, pages, counts, progress, exports, decisions and errors are the same text."""
    changed = 0
    for seed in SEEDS[part::PARTS]:
        before = worlds.world(seed)
        who = chosen(before, seed)
        after = hidden_changes(before, who, f"read {seed}", still=False, most=20)
        changed += before != after
        ids = ids_of(before, after)
        with worlds.opened(before) as one, worlds.opened(after) as other:
            first, second = (gotten.reads(worlds.acting(ws, who), ids, str(seed), SHARE) for ws in (one, other))
        assert first.keys() == second.keys()
        for name in first:
            assert first[name] == second[name], f"world {seed}, {who}: {name}"
    assert changed > 0.9 * len(SEEDS[part::PARTS])


def calls(world: World, who: str, ids: list[str], dice: random.Random, most: int) -> list[tuple[str, tuple]]:
    """Some verbs on some plans: most of them what a contact may do with what is theirs."""
    seen = oracle.everything(world, who)
    theirs = [(plan_id, id) for plan_id, one in seen.items() for id in one[4]]
    waiting = [(plan_id, id) for plan_id, id in theirs if seen[plan_id][0].task(id).status == "waiting"]
    shown = [(plan_id, id) for plan_id, one in seen.items() for id in (item.id for item in one[0].items())]
    found = []
    for _ in range(most):
        plan_id, id = dice.choice(dice.choice((waiting, theirs)) or theirs or shown or [("p0", "nowhere")])
        found.append((plan_id, dice.choice(gotten.verbs([id], dice)[:5])))
    plan_id, id = dice.choice([*shown, ("p1", dice.choice(ids)), ("p2", "nowhere")])
    found.append((plan_id, dice.choice(gotten.verbs([id], dice))))
    return found


@pytest.mark.parametrize("part", range(PARTS))
def test_what_contacts_do_gives_the_same_whatever_is_hidden(part: int) -> None:
    """One command after the other: each is refused in the same words, or gives the same to the letter.

    What moves dates is as it was: a visible item's own dates and status are its own, whatever moved them (V2).
    """
    for seed in SEEDS[part::PARTS]:
        before = worlds.world(seed)
        who = chosen(before, seed)
        after = hidden_changes(before, who, f"still {seed}", still=True, most=16)
        with worlds.opened(before) as one, worlds.opened(after) as other:
            for plan_id, call in calls(before, who, ids_of(before, after), random.Random(seed), 8):
                for how in ("preview", "change") if SOAK else ("change",):
                    first, second = (gotten.done(worlds.acting(ws, who), plan_id, call, how)[0] for ws in (one, other))
                    assert first == second, f"world {seed}, {who}: {how} {call}"


@pytest.mark.parametrize("part", range(PARTS))
def test_what_contacts_do_tells_no_more_where_hidden_dates_move_seen_ones(part: int) -> None:
    """Whatever is hidden may be otherwise: errors are the same, and all that is given but for what has moved."""
    given = 0
    for seed in SEEDS[part::PARTS]:
        before = worlds.world(seed)
        who = chosen(before, seed)
        after = hidden_changes(before, who, f"moving {seed}", still=False, most=12)
        for plan_id, call in calls(before, who, ids_of(before, after), random.Random(seed), 2):
            with worlds.opened(before) as one, worlds.opened(after) as other:
                first, second = (gotten.done(worlds.acting(ws, who), plan_id, call) for ws in (one, other))
            about = f"world {seed}, {who}: {call} {first[0]} {second[0]}"
            if first[1] is None or second[1] is None:
                assert first == second, about
                continue
            given += 1
            assert still_told(first[1]) == still_told(second[1]), about
    assert given


def still_told(view: View) -> str:
    """A view without the dates and status that a command may have moved, and without what it says of moving."""
    parts = {
        f"{kind}s": tuple(_undated(one) for one in getattr(view.plan, f"{kind}s"))
        for kind in ("objective", "milestone", "play", "task")
    }
    plan = attrs.evolve(view.plan, status="active", **parts)
    return repr(attrs.evolve(view, plan=plan, moves=()))


def _undated(item: object) -> object:
    without = {name: None for name in MOVED if hasattr(item, name) and name != "status"}
    if hasattr(item, "status"):
        without |= {"status": "open" if hasattr(item, "completion") else ""}
    if hasattr(item, "completion"):
        without |= {"completion": None}
    return attrs.evolve(item, **without)


def asked_of(ws: Workspace, place: str, item: str, n: int) -> list[str]:
    """What the n-th verb and a decision about an item say, and once everything else that takes both ids."""
    said = [gotten.done(ws, place, gotten.verbs([item], random.Random(n))[n])[0]]
    said.append(gotten.told(partial(ws.can, "task.complete", place, item)))
    if n == 0:
        said += [gotten.told(ask) for _, ask in gotten.asked_of_plans(ws, place, item)]
    return [re.sub(rf"\b({re.escape(item)}|{re.escape(place)})\b", "ID", one) for one in said]


def hidden_places(world: World, who: str, dice: random.Random) -> Iterator[tuple[tuple[str, str], tuple[str, str]]]:
    """A hidden item of a plan that is seen, and a hidden plan, each with what is not there at all."""
    seen = oracle.everything(world, who)
    for plan in world.of(Plan):
        shown = {one.id for one in seen[plan.id][0].items()} if plan.id in seen else set()
        hidden = [one.id for one in plan.items() if one.id not in shown]
        if plan.id not in seen:
            yield (plan.id, dice.choice(hidden)), ("nowhere", "never")
        elif hidden:
            yield (plan.id, dice.choice(hidden)), (plan.id, "never")


@pytest.mark.parametrize("part", range(PARTS))
def test_hidden_and_unknown_ids_give_the_same_error(part: int) -> None:
    """V7: for reading, deciding and every verb, in the same words but for the id itself."""
    compared = 0
    for seed in SEEDS[part::PARTS]:
        world, dice = worlds.world(seed), random.Random(seed)
        who = chosen(world, seed)
        with worlds.opened(world) as inside:
            ws = worlds.acting(inside, who)
            for hidden, unknown in dice.sample([*hidden_places(world, who, dice)], 2):
                for n in [0, *dice.sample(range(1, 25), VERBS - 1)]:
                    assert asked_of(ws, *hidden, n) == asked_of(ws, *unknown, n), f"world {seed}, {who}, {hidden}, {n}"
                    compared += 1
    assert compared
