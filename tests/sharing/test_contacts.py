"""What a contact sees is what the slow reference says, and `why` and `preview` say the same (V3 to V8)."""

from pathlib import Path

import pytest

import actionplans as ap
from actionplans.errors import NotFound, Refused
from actionplans.model import Account, Plan
from actionplans.sharing import View
from tests.sharing import oracle, worlds
from tests.sharing.worlds import CONTACTS, World
from tests.size import SOAK, size

SEEDS = range(size(1_000))


def looked(ws: ap.Workspace, plan_id: str) -> View | None:
    """The view, or None where there is none."""
    try:
        return ws.view(plan_id)
    except NotFound:
        return None


def compared(world: World, ws: ap.Workspace, contact: str, plan: Plan) -> int:
    """Compare one view with the reference; how many items it holds."""
    theirs, expected = worlds.acting(ws, contact), oracle.seen(world, contact, plan)
    view = looked(theirs, plan.id)
    assert expected == (view and view.plan), f"{contact} {plan.id}"
    if view is None or expected is None:
        with pytest.raises(Refused):
            ws.sharing.preview(contact, plan.id)
        return 0
    assert view == ws.sharing.preview(contact, plan.id)
    account = world.get(Account, plan.account_id)
    assert Account(**oracle.listed(world, account, "plays")) == view.account
    known = {one.id: one.name for one in (*world.of(ap.Person), *world.of(ap.Team))}
    known |= {"team:cs": known["cs"], "any_contact": "Any contact"}
    assert {one: known[one] for one in oracle.named(world, expected) if one in known} == dict(view.names)
    shown = tuple(one for one in world.settings.custom_fields if one.shown_to_contacts)
    assert (shown, {}, (), (), True) == (view.fields, dict(view.stages), view.warnings, view.moves, view.limited)
    if oracle.profile_of(world.settings, plan) == "plays":
        loose = [one.id for one in plan.tasks if not oracle.in_shared_play(plan, one)]
        assert [one.id for one in view.todo] == [one.id for one in expected.tasks if one.id in loose]
    return len(tuple(expected.items()))


@pytest.mark.parametrize("part", range(4))
def test_views_are_what_the_rules_say(part: int) -> None:
    """Each contact's view of each plan of each world, and the preview of it for those inside (V1, V8)."""
    items = 0
    for seed in SEEDS[part::4]:
        world = worlds.world(seed)
        with worlds.opened(world) as ws:
            items += sum(compared(world, ws, who, plan) for who in CONTACTS for plan in world.of(Plan))
    assert items > 10 * len(SEEDS[part::4])


@pytest.mark.parametrize("part", range(4))
def test_why_says_of_every_item_what_the_view_shows(part: int) -> None:
    """V8: of one plan for each contact, item by item; the reason of what is hidden is never that of what is seen."""
    said: dict[bool, set[str]] = {True: set(), False: set()}
    for seed in SEEDS[part::4]:
        world = worlds.world(seed)
        plans = world.of(Plan)
        with worlds.opened(world) as ws:
            for n, contact in enumerate(CONTACTS if SOAK else CONTACTS[:2]):
                plan = plans[(seed + n) % len(plans)]
                expected = oracle.seen(world, contact, plan)
                assert ws.sharing.why(contact, plan.id).allowed == (expected is not None)
                shown = set() if expected is None else {one.id for one in expected.items()}
                for item in plan.items():
                    found = ws.sharing.why(contact, plan.id, item.id)
                    assert found.allowed == (item.id in shown), f"world {seed}, {contact}, {item.id}"
                    said[found.allowed].add(found.reason)
    assert not said[True] & said[False]
    assert said[True] and said[False]


def test_a_store_on_disk_shows_the_same(tmp_path: Path) -> None:
    """A few worlds in SQLite."""
    for seed in range(size(60)):
        world = worlds.world(seed)
        with worlds.opened(world, f"sqlite:///{tmp_path}/{seed}.db") as ws:
            for who in CONTACTS:
                for plan in world.of(Plan):
                    compared(world, ws, who, plan)
