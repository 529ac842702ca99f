"""Taking merges back: what was edited since is kept, or named (M8)."""

import datetime as dt
import random
from typing import Any

import attrs
import pytest

from actionplans import edit
from actionplans.checks import FrozenMap
from actionplans.edit import impact
from actionplans.errors import ActionPlansError, Invalid, Refused
from actionplans.merge import Merge, Unmerge, merge, unmerge
from actionplans.model import Comment, Dependency, Milestone, Objective, Plan, Play, Stage, Task
from actionplans.model.rules import PLAN_RULES
from tests.merge.pairs import FIRST, NOW, Pair, context, pair
from tests.size import size

BLOCKS = 10
LINKS = ("objective_id", "parent_id", "milestone_id", "stage_id", "dependencies")
OFFSETS = ("offset", "start_offset", "end_offset")
MARKS = ("shared", "withheld")
TOGETHER = (
    {"start", "due", "end", "duration", "start_offset", "offset", "end_offset", "original_due", "hand_dated"},
    {"status", "status_name", "completion", "completions", "was"},
    {"owner_id", "owner_rule", "owner_by_hand"},
    {"reached_on", "shifts"},
)
"""Fields that come or go together: editing one of them keeps all."""


class Worker:
    """Does what people do in a plan, by chance."""

    def __init__(self, plan: Plan, seed: int) -> None:
        """Begins with a plan."""
        self.plan, self.dice, self.number = plan, random.Random(seed), 0

    def work(self, steps: int) -> Plan:
        """The plan after so many steps, of which some are refused."""
        for _ in range(steps):
            try:
                self.plan = self.step()
            except ActionPlansError:
                continue
        return self.plan

    def step(self) -> Plan:
        """One step."""
        plan, dice, ctx = self.plan, self.dice, attrs.evolve(context(), new_id=self.new)
        nobody = Task("nobody", "There is none")
        item = dice.choice([one for one in plan.items() if not isinstance(one, Stage)] or [nobody])
        tasks = plan.tasks or (nobody,)
        plays, goals = [one.id for one in plan.plays], [one.id for one in plan.objectives]
        match dice.randint(0, 11):
            case 0:
                return edit.update(plan, ctx, item.id, title=f"edited {dice.randint(0, 99)}")
            case 1:
                return edit.update(plan, ctx, dice.choice(tasks).id, due=FIRST + dt.timedelta(dice.randint(0, 60)))
            case 2:
                return edit.assign(plan, ctx, dice.choice(tasks).id, dice.choice((None, "u0", "c1", "c2")))
            case 3:
                return edit.complete(plan, ctx, dice.choice(tasks).id, override=True)
            case 4:
                made = Task(title="new", parent_id=dice.choice((None, *plays, *goals)))
                return edit.add(plan, ctx, made)
            case 5:
                made = Play(self.new(), "new play", objective_id=dice.choice((None, *goals)))
                return edit.add(plan, ctx, made)
            case 6:
                gone = impact(plan, item.id)
                return edit.delete(plan, ctx, item.id, confirmed=gone)
            case 7:
                return edit.link(plan, ctx, dice.choice(tasks).id, Dependency(dice.choice(tasks).id))
            case 8:
                return edit.move(plan, ctx, dice.choice(tasks).id, parent_id=dice.choice((None, *plays, *goals)))
            case 9:
                return edit.comment(plan, ctx, dice.choice(tasks).id, "a note", internal=dice.choice((True, False)))
            case 10:
                return edit.share(plan, ctx, item.id, dice.choice((True, False)))
        return edit.reopen(plan, ctx, dice.choice(tasks).id)

    def new(self) -> str:
        """A new id."""
        self.number += 1
        return f"new-{self.number}"


@pytest.mark.parametrize("block", range(BLOCKS))
def test_what_was_edited_since_is_kept_or_named(block: int) -> None:
    """M8, on random work in random merged plans, field by field."""
    each, done = max(1, size(10_000) // BLOCKS), 0
    for seed in range(block * each, (block + 1) * each):
        one = pair(seed)
        try:
            found = merge(one.target, one.source, context(one.settings), audience=one.audience())
        except Invalid:
            continue
        now = Worker(found.target, seed).work(6)
        try:
            back = unmerge(one.target, found.target, now, one.source, context(one.settings))
        except Invalid as error:
            assert "cycle" in str(error), seed
            continue
        stands(one, found, now, back, seed)
        done += 1
    assert done > each / 2


def stands(one: Pair, found: Merge, now: Plan, back: Unmerge, seed: int) -> None:
    """Every sentence of M8 holds."""
    was, came, today, origin = ({item.id: item for item in plan.items()} for plan in _plans(one, found, now))
    added = {each.item_id for each in found.added}
    joined = {each.source_id: each.item_id for each in found.joined}
    ours, theirs = ({item.id: item for item in plan.items()} for plan in (back.target, back.source))
    for plan in (back.target, back.source):
        assert [] == [problem for rule in PLAN_RULES for problem in rule(plan)], seed
    along = set(back.along)
    assert (added & today.keys()) | along | joined.keys() == theirs.keys(), seed
    assert today.keys() - added - along == ours.keys(), seed
    assert (added | set(joined.values())) - today.keys() == set(back.gone), seed
    assert {ours: theirs for theirs, ours in joined.items() if ours in today} == back.parted, seed
    for item_id in along:
        parent = getattr(today[item_id], "parent_id", None) or getattr(today[item_id], "objective_id", None)
        assert parent in added or parent in along, seed
    for item_id in today.keys() - came.keys() - was.keys() - along:
        parent = getattr(today[item_id], "parent_id", None) or getattr(today[item_id], "objective_id", None)
        assert parent not in added, seed
    for item_id in added & today.keys():
        edited = changed(came[item_id], today[item_id])
        for name in fields(theirs[item_id]):
            held = getattr(theirs[item_id], name)
            if name in LINKS or neutral(name, held):
                continue
            want = getattr(today[item_id] if name in edited else origin[item_id], name)
            if name in OFFSETS and name in edited or name in MARKS and edited - {*MARKS}:
                continue
            assert want == held or name == "completion", (seed, item_id, name)
    for theirs_id in joined:
        for name in fields(theirs[theirs_id]):
            held = getattr(theirs[theirs_id], name)
            if not neutral(name, held) and name not in (*LINKS, *OFFSETS, "completion", "shifts"):
                assert getattr(origin[theirs_id], name) == held, (seed, theirs_id, name)
    kept = {(each.item_id, each.field) for each in back.kept}
    for item_id in ours.keys() & was.keys() & came.keys():
        half(was[item_id], came[item_id], today[item_id], ours[item_id], kept, seed)
    links_named(now, back, theirs.keys(), joined, seed)


def _plans(one: Pair, found: Merge, now: Plan) -> tuple[Plan, Plan, Plan, Plan]:
    return one.target, found.target, now, one.source


def half(before: Any, merged: Any, now: Any, held: Any, kept: set[tuple[str, str]], seed: int) -> None:
    """The target's half has what was edited since, and else what it had; what came and was edited is named."""
    edited = changed(merged, now)
    for name in fields(held):
        value = getattr(held, name)
        if name in (*LINKS, *MARKS, "comments", "helpers", "tags", "metric", "custom") or neutral(name, value):
            continue
        group = next((each for each in TOGETHER if name in each), {name})
        touched = bool(group & edited)
        want = getattr(now if touched else before, name)
        assert want == value or name in (*OFFSETS, "completion", "shifts"), (seed, held.id, name)
        if touched and name in edited and getattr(merged, name) != getattr(before, name):
            assert (held.id, name) in kept, (seed, held.id, name)
    if isinstance(held, Task):
        new = {one for one in now.comments if one not in merged.comments}
        assert {one for one in before.comments if one in now.comments} | new == set(held.comments), seed


def changed(before: Any, after: Any) -> set[str]:
    """The fields in which two states of an item differ."""
    return {name for name in fields(before) if getattr(before, name) != getattr(after, name)}


def fields(item: Any) -> list[str]:
    """The names of all its fields but the id."""
    return [one.name for one in attrs.fields(type(item)) if one.name != "id"]


def neutral(name: str, value: Any) -> bool:
    """Whether a value follows from others: whether a task waits (P3), and what a rule says of an objective (L6)."""
    return name == "status" and value in ("waiting", "open", "achieved") or name == "was"


def links_named(now: Plan, back: Unmerge, gone: Any, joined: dict[str, str], seed: int) -> None:
    """Each link between what goes and what stays is named, or leads to the other half of what was joined."""
    named = {(one.item_id, one.other_id) for one in back.dropped}
    halves = set(joined.values())
    leaving = {*back.returned, *back.along}
    for task in now.tasks:
        for link in task.dependencies:
            other = link.predecessor_id
            if task.id in leaving and other not in leaving and other not in halves:
                assert (task.id, other) in named, seed
            if task.id not in leaving and other in leaving and task.id not in halves:
                assert (task.id, other) in named, seed


def scene() -> tuple[Plan, Plan]:
    """Two plans of one template: `call` is the same in both, `mail` and its play are the source's alone."""
    made = {"anchors": FrozenMap({"start": FIRST})}
    target = Plan("t", "acme", "Target", objectives=(Objective("why", "Why"),), tasks=(_call("call"),), **made)
    source = Plan(
        "s",
        "acme",
        "Source",
        plays=(Play("run", "Run"),),
        milestones=(Milestone("point", "Point"),),
        tasks=(
            attrs.evolve(_call("call2"), description="Ask for figures", due=FIRST),
            Task("mail", "Mail", "waiting", parent_id="run", dependencies=(Dependency("call2"),)),
        ),
        **made,
    )
    return target, source


def _call(id: str) -> Task:
    return Task(id, "Call", key="call")


def apart(now: Plan, *, target: Plan | None = None) -> Unmerge:
    """The merge of the scene taken back from the plan as it is now."""
    first, source = scene()
    found = merge(target or first, source, context())
    return unmerge(target or first, found.target, now, source, context())


def together() -> Plan:
    """The scene merged."""
    return merge(*scene(), context()).target


def test_an_added_item_goes_back_as_it_was_edited() -> None:
    """With its title of now; its link leads to the half of the joined task again."""
    now = edit.update(together(), context(), "mail", title="Mail them")
    back = apart(now)
    assert ["Call"] == [one.title for one in back.target.tasks]
    mail = back.source.task("mail")
    assert ("Mail them", "run", (Dependency("call2"),)) == (mail.title, mail.parent_id, mail.dependencies)
    assert ("mail", "run", "point") == tuple(sorted(back.returned, key=("mail", "run", "point").index))


def test_a_joined_item_splits() -> None:
    """The target's half keeps what was edited since, without what came; the source's is as it was."""
    now = edit.update(together(), context(), "call", title="Ring")
    back = apart(now)
    assert ("Ring", "", None) == tuple(
        getattr(back.target.task("call"), name) for name in ("title", "description", "due")
    )
    assert scene()[1].task("call2") == back.source.task("call2")
    assert {"call": "call2"} == back.parted


def test_an_edit_of_what_came_is_named() -> None:
    """It stays as it was edited, and whoever unmerges is told of it."""
    now = edit.update(together(), context(), "call", description="Ask for all figures")
    back = apart(now)
    assert "Ask for all figures" == back.target.task("call").description
    assert [("call", "description", "Ask for figures")] == [(one.item_id, one.field, one.came) for one in back.kept]


def test_new_items_stay_unless_their_parent_goes() -> None:
    """A new task in the play that goes back goes along, one beside it stays."""
    now = edit.add(together(), context(), Task("with", "With it", parent_id="run"))
    now = edit.add(now, context(), Task("beside", "Beside it", parent_id="why"))
    back = apart(now)
    assert ["call", "beside"] == [one.id for one in back.target.tasks]
    assert ["call2", "mail", "with"] == [one.id for one in back.source.tasks]
    assert ("with",) == back.along


def test_links_that_would_join_two_plans_are_dropped_and_named() -> None:
    """A parent that stays, and a link to what goes."""
    now = edit.move(together(), context(), "mail", parent_id="why")
    now = edit.link(now, context(), "call", Dependency("point"))
    back = apart(now)
    assert (None, ()) == (back.source.task("mail").parent_id, back.target.task("call").dependencies)
    told = {(one.plan_id, one.item_id, one.field, one.other_id) for one in back.dropped}
    assert {("s", "mail", "parent_id", "why"), ("t", "call", "dependencies", "point")} == told


def test_what_was_deleted_since_stays_away_and_is_named() -> None:
    """Deleting is an edit; the source's half of a joined item comes back all the same, and is not one of two."""
    merged = together()
    now = edit.delete(merged, context(), "mail", confirmed=impact(merged, "mail"))
    now = edit.delete(now, context(), "call", confirmed=impact(now, "call"))
    back = apart(now)
    assert (["call2"], []) == ([one.id for one in back.source.tasks], [*back.target.tasks])
    assert (("mail", "call"), {}) == (back.gone, back.parted)


def test_work_done_since_stays_done() -> None:
    """In the half that it was done in; the other waits for its own."""
    now = edit.complete(together(), context(), "call")
    back = apart(now)
    assert ("done", "open", "waiting") == (
        back.target.task("call").status,
        back.source.task("call2").status,
        back.source.task("mail").status,
    )


def test_a_comment_that_came_goes_and_one_made_since_stays() -> None:
    """Lists are parted member by member."""
    first, source = scene()
    note = Comment("n1", "u0", NOW, "from the source")
    source = attrs.evolve(source, tasks=(attrs.evolve(source.tasks[0], comments=(note,), tags=("a",)), source.tasks[1]))
    found = merge(first, source, context())
    now = edit.comment(found.target, attrs.evolve(context(), new_id=lambda: "n2"), "call", "since")
    now = edit.update(now, context(), "call", tags=("a", "b"))
    back = unmerge(first, found.target, now, source, context())
    assert ["n2"] == [one.id for one in back.target.task("call").comments]
    assert ("b",) == back.target.task("call").tags
    assert (note,) == back.source.task("call2").comments


def test_what_was_edited_unseen_does_not_become_visible() -> None:
    """The source's play was shared; in the merged plan it was hidden and a task of it edited: customers get neither
    the new text nor the new task.
    """
    first, source = scene()
    source = attrs.evolve(source, shared=True, plays=(Play("run", "Run", shared=True),))
    found = merge(first, source, context())
    assert not found.target.play("run").shared
    now = edit.update(found.target, context(), "mail", description="They are difficult")
    now = edit.add(now, context(), Task("with", "Tell nobody", parent_id="run"))
    back = unmerge(first, found.target, now, source, context())
    assert (True, True) == (back.source.play("run").shared, back.source.task("mail").withheld)
    assert back.source.task("with").withheld
    assert {"mail", "with"} == {one.item_id for one in back.warnings}


def test_a_circle_of_links_made_since_is_cut() -> None:
    """What was linked since and would close a circle with what the source's halves had is dropped and named."""
    made = {"anchors": FrozenMap({"start": FIRST})}
    target = Plan("t", "acme", "Target", tasks=(_call("call"),), **made)
    waits = attrs.evolve(_call("call2"), status="waiting", dependencies=(Dependency("mail"),))
    source = Plan("s", "acme", "Source", tasks=(Task("mail", "Mail"), waits), **made)
    found = merge(target, source, context())
    now = edit.unlink(found.target, context(), "call", "mail")
    now = edit.link(now, context(), "mail", Dependency("call"))
    back = unmerge(target, found.target, now, source, context())
    assert ((), (Dependency("mail"),)) == (
        back.source.task("mail").dependencies,
        back.source.task("call2").dependencies,
    )
    assert [("mail", "call2")] == [(one.item_id, one.other_id) for one in back.dropped]


def test_a_plan_that_takes_no_change_is_not_parted() -> None:
    """A completed or archived target is reopened first (L10)."""
    for given in ({"archived": True}, {"status": "cancelled"}):
        with pytest.raises(Refused, match="first"):
            apart(attrs.evolve(together(), **given))
