"""What nobody is shown by a merge, by the way back, or by what is said of them: rights and customers (M6, M8, R5)."""

import random
import re
from typing import Any

import pytest

import actionplans as ap
from actionplans import edit
from actionplans.errors import ActionPlansError, Invalid, NotFound
from actionplans.model import Account, Milestone, Objective, Offset, Person, Play, Task
from actionplans.settings import CustomField
from actionplans.testing.clock import FrozenClock
from actionplans.workspace import Workspace
from tests.merge.pairs import CONTACTS, pair
from tests.merge.test_workspace import stored
from tests.size import size
from tests.workspace.world import ADMIN, MONDAY, PLUGINS, opened, peopled, store_of

HIDDEN = "stays hidden"


def planned(ws: Workspace, id: str, *tasks: Task, account: str = "acme", **fields: Any) -> None:
    """A plan of these tasks."""
    ws.add_plan(ap.Plan(id, account, f"Plan {id}", ap.FrozenMap({"start": MONDAY}), tasks=tasks, **fields))


def contact(ws: Workspace, *plan_ids: str, account: str = "acme") -> Workspace:
    """The workspace as Eve has it, a customer who is invited to these plans."""
    ws.people.add(Person("eve", "Eve", "contact", account_id=account))
    for one in plan_ids:
        ws.sharing.invite(one, "eve")
    return ws.acting_as(ap.Actor("eve"))


def titles(eve: Workspace, plan_id: str) -> set[str]:
    """The titles of all that she sees of a plan."""
    return {one.title for one in eve.view(plan_id).plan.items()}


def test_work_for_a_customer_that_was_edited_unseen_does_not_come_back_to_them(ws: Workspace) -> None:
    """M8: they see it without a mark, because it is theirs; nobody meant them to read what was written meanwhile."""
    ws.accounts.add(Account("acme2", "Acme Two"))
    eve = contact(ws, account="acme2")
    planned(ws, "t", Task("t-1", "Ours"))
    mine = (Task("edited", "Sign", owner_id="eve"), Task("left", "Read", owner_id="eve"), Task("given", "Pay"))
    planned(ws, "s", *mine, account="acme2", shared=True)
    ws.sharing.invite("s", "eve")
    ws.merging.merge("t", "s")
    ws.change("t", edit.update, "edited", title="They are about to leave")
    ws.change("t", edit.assign, "given", "eve")
    back = ws.merging.unmerge("t")
    assert {"edited", "given"} == {one.item_id for one in back.warnings if HIDDEN in one.message}
    assert {"Read"} == titles(eve, "s")
    ws.change("s", edit.share, "edited")
    assert {"Read", "They are about to leave"} == titles(eve, "s")


def test_new_work_in_a_play_of_the_target_that_is_shown_again_is_not(ws: Workspace) -> None:
    """M8: of the target's plays as of the source's."""
    fields: dict[str, Any] = {"shared": True}
    planned(ws, "t", Task("t-1", "Call", parent_id="t-p"), plays=(Play("t-p", "P", key="p", shared=True),), **fields)
    planned(ws, "s", plays=(Play("s-p", "P", key="p"),), **fields)
    eve = contact(ws, "t", "s")
    assert {"P", "Call"} == titles(eve, "t")
    ws.merging.merge("t", "s")
    assert set() == titles(eve, "t")
    ws.change("t", edit.add, Task("new", "What we think of them", parent_id="t-p"))
    back = ws.merging.unmerge("t")
    assert ["new"] == [one.item_id for one in back.warnings if HIDDEN in one.message]
    assert {"P", "Call"} == titles(eve, "t")


def test_what_was_edited_under_something_hidden_is_not_shown_with_it_again(ws: Workspace) -> None:
    """M8: where every parent must be marked, on both sides."""
    fields: dict[str, Any] = {"shared": True, "section": "growth_plans"}
    for name, mark in (("t", True), ("s", False)):
        planned(
            ws,
            name,
            objectives=(Objective(f"{name}-o", "Why", key="o", shared=mark),),
            milestones=(Milestone(f"{name}-m", "When", objective_id=f"{name}-o", shared=True),),
            **fields,
        )
    eve = contact(ws, "t", "s")
    ws.merging.merge("t", "s")
    ws.change("t", edit.update, "t-m", title="When they have paid")
    back = ws.merging.unmerge("t")
    assert ["t-m"] == [one.item_id for one in back.warnings if HIDDEN in one.message]
    assert {"Why"} == titles(eve, "t")


def test_nothing_written_unseen_is_ever_shown_by_merging_or_parting() -> None:
    """M6, M8: on random pairs with random work in between, word by word."""
    shown = 0
    for seed in range(size(1_000)):
        dice, one, ws = random.Random(seed), pair(seed), opened()
        stored(ws, one)
        known = words_seen(ws)
        steps = ("merge", "work", "unmerge", "work", "merge", "unmerge")
        for number, step in enumerate(steps):
            try:
                if step == "work":
                    for plan in "ts":
                        work(ws, plan, dice, f"{seed}x{number}")
                else:
                    ws.merging.merge("t", "s") if step == "merge" else ws.merging.unmerge("t")
            except ActionPlansError:
                pass
            now = words_seen(ws)
            for name, words in now.items():
                assert step == "work" or words <= known[name], (seed, number, name, words - known[name])
                known[name] |= words
                shown += len(words)
    assert shown > 0


def work(ws: Workspace, plan_id: str, dice: random.Random, told: str) -> None:
    """Half of a plan's items are edited or commented on, or get something new below."""
    for n, item in enumerate(store_of(ws).get(ap.Plan, plan_id).items()):
        word = f"WORD{told}x{n}{plan_id}"
        match dice.randint(0, 5):
            case 0 | 1:
                ws.change(plan_id, edit.update, item.id, title=word)
            case 2 if isinstance(item, Task):
                ws.change(plan_id, edit.comment, item.id, word, internal=False)
            case 3:
                under = item.id if isinstance(item, Play | Objective) else None
                ws.change(plan_id, edit.add, Task(title=word, parent_id=under))


def words_seen(ws: Workspace) -> dict[str, set[str]]:
    """The words that each customer reads in the two plans."""
    found: dict[str, set[str]] = {name: set() for name in CONTACTS}
    for name in CONTACTS:
        for plan in "ts":
            try:
                found[name] |= set(re.findall(r"WORD\w+", repr(ws.acting_as(ap.Actor(name)).view(plan))))
            except NotFound:
                continue
    return found


def custom(ws: Workspace) -> Workspace:
    """Two plans whose halves of one task differ in the custom field `secret`; the workspace as a manager has it."""
    ws.settings.update(custom_fields=(CustomField("secret", "Secret", seen_by=frozenset({"administrator"})),))
    for name, value in (("t", "OURS"), ("s", "THEIRS")):
        told: ap.FrozenMap[str, Any] = ap.FrozenMap({"secret": value})
        planned(ws, name, Task(f"{name}-c", "Call", key="call", description=name, custom=told))
    return ws.acting_as(ap.Actor("mia", roles={"manager"}))


@pytest.mark.parametrize("place", ["t-c:custom.secret", "t-c:custom.secrex"])
@pytest.mark.parametrize("side", ["target", "source"])
def test_answers_tell_nothing_of_fields_that_are_hidden(ws: Workspace, place: str, side: Any) -> None:
    """R5: an answer to a conflict that they may not see is one to none, and it is not offered for another."""
    mia = custom(ws)
    with pytest.raises(Invalid, match="no such conflict") as caught:
        mia.merging.preview("t", "s", answers={place: side})
    assert "custom.secret:" not in str(caught.value).replace(f"answers[{place!r}]", "")
    assert "is it t-c:custom" not in str(caught.value)


def test_a_field_that_the_settings_have_no_more_is_an_administrators(ws: Workspace) -> None:
    """R5: whoever else merges is told no value of it and changes none; an administrator is asked."""
    mia = custom(ws)
    ws.settings.update(custom_fields=(), confirmed=ws.settings.impact(custom_fields=()))
    assert {"description", "custom.secret"} == {
        one.field for one in ws.merging.preview("t", "s", policy="ask").conflicts
    }
    assert {"description"} == {one.field for one in mia.merging.preview("t", "s", policy="ask").conflicts}
    with pytest.raises(Invalid) as caught:
        mia.merging.merge("t", "s", policy="ask")
    assert "OURS" not in str(caught.value)
    mia.merging.merge("t", "s", policy="source")
    assert {"secret": "OURS"} == store_of(ws).get(ap.Plan, "t").task("t-c").custom


def test_rules_judge_candidates_as_they_judge_the_merge() -> None:
    """M1: by the whole accounts, also where the actor does not see all of their fields."""

    def same_tier(target: ap.Plan, source: ap.Plan, ours: Account, theirs: Account) -> str | None:
        return None if ours.custom.get("tier") == theirs.custom.get("tier") else "another tier"

    ws = peopled(opened(merge_rules={"tier": same_tier}))
    tier = CustomField("tier", "Tier", "account", seen_by=frozenset({"administrator"}))
    ws.settings.update(custom_fields=(tier,), merge_rules=("same_name_prefix", "tier"))
    for name, level in (("gold", "gold"), ("lead", "lead")):
        ws.accounts.add(Account(name, f"Acme {name}", custom=ap.FrozenMap({"tier": level})))
        planned(ws, f"of-{name}", account=name)
    ws.accounts.update("acme", custom={"tier": "gold"})
    planned(ws, "t")
    mia = ws.acting_as(ap.Actor("mia", roles={"manager"}))
    for found in (mia.merging.candidates("t"), mia.merging.candidates(account_id="acme")):
        assert [("of-gold", {})] == [(one.plan.id, dict(one.account.custom)) for one in found]


def test_newest_knows_when_it_was_changed_where_it_came_from() -> None:
    """M4: coming along in a merge is no change, neither is that the plan it came into was made later."""
    clock = FrozenClock()
    ws = peopled(ap.open("memory:", actor=ADMIN, plugins=PLUGINS, clock=clock))

    def step(plan_id: str, title: str = "") -> None:
        clock.tick(1)
        if title:
            ws.change(plan_id, edit.update, f"{plan_id}-x", title=title)
        else:
            planned(ws, plan_id, Task(f"{plan_id}-x", "X", key="x" if plan_id in "sou" else ""))

    for plan_id in "tsou":
        step(plan_id)
    for plan_id, title in (("o", "old"), ("u", "mine"), ("s", "new"), ("v", "")):
        step(plan_id, title)
    ws.merging.merge("t", "s")
    ws.merging.merge("v", "o")
    answers = {
        name: [one.answer for one in ws.merging.preview("u", name, policy="newest").conflicts] for name in ("t", "v")
    }
    assert {"t": ["source"], "v": ["target"]} == answers


def test_a_date_that_the_targets_half_says_is_not_told_to_stand_alone(ws: Workspace) -> None:
    """M5: only what comes along without its offset is."""
    for name, days in (("t", 0), ("s", 7)):
        start = ap.FrozenMap({"start": MONDAY.replace(day=5 + days)})
        due = MONDAY.replace(day=7 + days)
        made = (Task(f"{name}-c", "Call", key="call", due=due, offset=Offset(2)),)
        ws.add_plan(ap.Plan(name, "acme", name, start, tasks=made))
    assert () == ws.merging.preview("t", "s", policy="target").warnings
    assert ["t-c"] == [one.item_id for one in ws.merging.preview("t", "s", policy="source").warnings]


def test_a_name_of_signs_that_stand_for_many_is_an_ordinary_name(ws: Workspace) -> None:
    """A1, A3: a key may be longer than what is looked for."""
    name = "\ufdfa" * 400
    made = ws.accounts.get_or_create(name)
    assert made == ws.accounts.get_or_create(name)
    assert (made,) == ws.accounts.find(name[:4])
