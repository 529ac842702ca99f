"""The steps of a launch wizard (T4): choosing, leaving out, adding, changing, the summary, and the way back."""

import datetime as dt
import time
from collections.abc import Callable

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

import actionplans as ap
from actionplans import codec
from actionplans.errors import Invalid, Refused
from actionplans.launch import add, back, change, choose, compare, draft, drop, launch, only, summary, update
from actionplans.launch.wizard import MOST_STEPS
from actionplans.model import (
    Draft,
    Offset,
    TemplateMilestone,
    TemplateObjective,
    TemplatePlay,
    TemplateStage,
    TemplateTask,
)
from actionplans.settings import Settings
from tests.launch.samples import ACME, DIRECTORY, MONDAY, NOW, by_key, day, numbers, template
from tests.size import size

OF_A_DRAFT: dict[str, Callable[..., object]] = {
    "choose": lambda x: choose(x, "play"),
    "drop": lambda x: drop(x, "play"),
    "only": lambda x: only(x, "play"),
    "add": lambda x: add(x, TemplateTask("", "Mine")),
    "change": lambda x: change(x, "play", title="Other"),
    "update": lambda x: update(x, title="Other"),
    "back": back,
    "launch": lambda x: launch(x, ACME, Settings(), directory=DIRECTORY, applier_id="ana", now=NOW, new_id=numbers()),
    "summary": lambda x: summary(x, ACME, Settings(), directory=DIRECTORY, applier_id="ana", now=NOW),
}

TREE = template(
    TemplateTask("first", "First", parent="play", due=Offset(1), owner=("applier",)),
    TemplateTask("second", "Second", parent="play", due=Offset(2), required=False),
    TemplateTask("grouped", "Grouped", parent="play", milestone="point", stage="stage", required=False),
    TemplateTask("loose", "Loose", required=False),
    TemplateTask("other", "Other", parent="other-play"),
    stages=(TemplateStage("stage", "Stage"),),
    objectives=(TemplateObjective("why", "Why"),),
    milestones=(TemplateMilestone("point", "Point", due=Offset(9)),),
    plays=(TemplatePlay("play", "Play", objective="why"), TemplatePlay("other-play", "Other play")),
)
KEYS = [one.key for one in TREE.items()]


def start() -> Draft:
    """A draft in which everything is chosen."""
    return draft(TREE, ACME, start=MONDAY)


def launched(made: Draft, settings: Settings = Settings()) -> ap.Plan:  # noqa: B008
    """The plan that `me` launches."""
    return launch(made, ACME, settings, directory=DIRECTORY, applier_id="me", now=NOW, new_id=numbers())


def chosen(made: Draft) -> set[str]:
    """The keys that are not left out."""
    return set(KEYS) - made.dropped


def test_dropping_takes_what_stands_under_it_along() -> None:
    """And the launch has none of it."""
    made = drop(start(), "why")
    assert {"other-play", "other", "loose", "stage", "point"} == chosen(made)
    assert {"other-play", "other", "loose", "stage", "point"} == by_key(launched(made)).keys()


def test_choosing_a_task_takes_its_parents_along_with_their_required_tasks() -> None:
    """But nothing else of theirs (T2, T4)."""
    assert {"why", "play", "first", "second"} == chosen(choose(drop(start(), *KEYS), "second"))
    made = only(start(), "grouped")
    assert {"why", "play", "first", "grouped", "point", "stage"} == chosen(made) == by_key(launched(made)).keys()


def test_choosing_a_play_takes_its_tasks() -> None:
    """Whatever was left out of it before."""
    made = choose(drop(drop(start(), "second"), "play"), "play")
    assert {"first", "second", "grouped"} <= chosen(made)


def test_a_required_task_is_left_out_only_with_its_parents() -> None:
    """T2."""
    with pytest.raises(Refused, match="'First' is required"):
        drop(start(), "first")
    assert "first" not in chosen(drop(start(), "first", "play"))
    library = attrs.evolve(TREE, kind="stage_library")
    assert frozenset({"first"}) == drop(draft(library, ACME, start=MONDAY), "first").dropped


def test_items_of_ones_own_are_launched_without_a_key() -> None:
    """They are custom ones (T3, R4), stand where they say, and may be followed and dropped like the others."""
    made = add(
        start(),
        TemplateTask("", "Mine", parent="play", due=Offset(4)),
        TemplatePlay("my-play", "My play", objective="why"),
        TemplateTask("", "Under mine", parent="my-play"),
        TemplateStage("", "My stage"),
    )
    assert ["own-3", "my-play", "own-1", "own-2"] == [one.key for one in made.added.items()]
    plan = launched(made)
    mine, under = plan.tasks[-2:]
    assert ("Mine", "", plan.play("play").id, day(1, 9)) == (mine.title, mine.key, mine.parent_id, mine.due)
    assert ("Under mine", plan.plays[-1].id, "") == (under.title, under.parent_id, plan.plays[-1].key)
    assert plan.launch is not None and frozenset() == plan.launch.dropped
    without = drop(made, "my-play")
    assert ["own-3", "own-1"] == [one.key for one in without.added.items()]
    assert frozenset() == without.dropped


@pytest.mark.parametrize(
    "items,place",
    [
        ([TemplateTask("first", "Twice")], "items[0].key"),
        ([TemplateTask("a", "A"), TemplateTask("a", "A")], "items[1].key"),
        (["first"], "items[0]"),
    ],
)
def test_what_cannot_be_added_is_named(items: list[TemplateTask], place: str) -> None:
    """A key that is taken, and what is no item."""
    with pytest.raises(Invalid) as error:
        add(start(), *items)
    assert [place] == [one.place for one in error.value.problems]


def test_added_items_keep_the_rules_of_templates_and_are_free() -> None:
    """Told by the summary and by the launch, all at once."""
    made = add(start(), TemplateTask("a", "A", parent="nowhere"), TemplateTask("b", "B", fixed=True))
    with pytest.raises(Invalid, match="is free"):
        launched(made)
    with pytest.raises(Invalid, match="'nowhere'"):
        launched(drop(made, "b"))
    assert "nowhere" in str(summed(drop(made, "b")).obstacles)


def test_what_a_draft_says_otherwise_is_launched() -> None:
    """Words, dates, owners and the item's other fields; None takes the template's again."""
    made = change(start(), "first", title="Said", due=day(1, 20), owner_id="ben", priority="high", tags=("a", "b"))
    made = change(change(made, "first", category="x"), "first", category=None)
    first = launched(change(made, "why", shared=True)).task("first")
    assert ("Said", day(1, 20), "ben", "high", ("a", "b"), True) == (
        first.title,
        first.due,
        first.owner_id,
        first.priority,
        first.tags,
        first.hand_dated,
    )
    same = change(made, "first", title=None, due=None, owner_id=None, priority=None, tags=None)
    assert start().overrides == same.overrides


@pytest.mark.parametrize(
    "key,fields,place",
    [
        ("fist", {"title": "A"}, "items['fist']"),
        ("first", {"titel": "A"}, "titel"),
        ("first", {"due": "soon"}, "due"),
        ("first", {"title": ""}, "title"),
    ],
)
def test_what_cannot_be_said_is_named(key: str, fields: dict[str, object], place: str) -> None:
    """The key, the field or the value."""
    with pytest.raises(Invalid) as error:
        change(start(), key, **fields)
    assert place in [one.place for one in error.value.problems]


def test_details_that_an_item_has_not_are_refused_at_the_launch() -> None:
    """A stage has no priority."""
    with pytest.raises(Invalid, match=r"priority.*a stage has none"):
        launched(change(start(), "stage", priority="high"))


def test_the_plan_as_a_whole_is_changed() -> None:
    """Anchors and custom fields by name."""
    made = update(start(), title="Plan A", anchors={"start": day(2, 2)}, owner_id="ben", section="growth_plans")
    plan = launched(made)
    assert ("Plan A", day(2, 2), "ben", "growth_plans", day(2, 3)) == (
        plan.title,
        plan.start,
        plan.owner_id,
        plan.section,
        plan.task("first").due,
    )
    for wrong in ({"titel": "A"}, {"dropped": frozenset("a")}, {"title": ""}, {"template": TREE}):
        with pytest.raises(Invalid):
            update(start(), **wrong)


def test_only_dates_that_are_counted_from_are_given() -> None:
    """The template's own, as where the draft is begun (D9)."""
    with pytest.raises(Invalid, match=r"anchors\['go_live'\].*there are start"):
        update(start(), anchors={"go_live": MONDAY})
    with pytest.raises(Invalid, match="anchors"):
        update(start(), anchors={5: MONDAY, "go_live": None})
    live = draft(attrs.evolve(TREE, anchors=("go_live",)), ACME, start=MONDAY)
    made = update(live, anchors={"go_live": day(2, 2)})
    assert {"start": MONDAY, "go_live": day(2, 2)} == dict(launched(made).anchors)


def test_very_many_items_are_added_at_once() -> None:
    """Each gets its number without a search from the first one on, which would take a minute."""
    begun = time.perf_counter()
    taken = add(start(), *(TemplateTask(f"own-{n}", "Taken") for n in (2, 3)))
    made = add(taken, *[TemplateTask("", "Mine")] * 20_000)
    assert time.perf_counter() - begun < 10
    keys = [one.key for one in made.added.items()]
    assert (["own-1", "own-4", f"own-{len(keys)}"], len(keys)) == ([*keys[2:4], keys[-1]], len(set(keys)))


def test_where_in_a_plan_a_draft_goes_is_said_with_the_plan() -> None:
    """Else it would be passed over (T13)."""
    for name, value in (("parent_id", "why"), ("joins", True)):
        with pytest.raises(Invalid, match=f"{name}: goes with a running plan"):
            attrs.evolve(start(), **{name: value})
        assert value == getattr(attrs.evolve(start(), plan_id="plan", **{name: value}), name)


def summed(made: Draft) -> ap.launch.Outline:  # type: ignore[name-defined]
    """The summary that `me` sees."""
    return summary(made, ACME, Settings(), directory=DIRECTORY, applier_id="me", now=NOW)


def test_the_summary_shows_every_item_as_it_would_be_launched() -> None:
    """With its owner and dates; what is left out stands there too."""
    made = change(drop(add(start(), TemplateTask("mine", "Mine", due=Offset(3))), "other-play"), "second", title="New")
    told = {one.key: one for one in summed(made).lines}
    assert [*KEYS[:7], "mine"] != [] and {*KEYS, "mine"} == told.keys()
    assert {"other-play", "other"} == {one.key for one in told.values() if not one.taken}
    assert ("First", "play", "me", day(1, 6)) == (
        told["first"].title,
        told["first"].parent,
        told["first"].owner_id,
        told["first"].due,
    )
    assert ("New", True, False) == (told["second"].title, told["second"].changed, told["second"].own)
    assert (True, day(1, 8)) == (told["mine"].own, told["mine"].due)
    assert () == summed(made).obstacles


def test_the_summary_tells_all_at_once() -> None:
    """Anchors, owners and what is wrong with items of one's own, by their keys; not in rounds."""
    many = attrs.evolve(TREE, anchors=("go_live",), tasks=(*TREE.tasks, TemplateTask("a", "A", owner=("role:none",))))
    made = change(draft(many, ACME, start=MONDAY), "first", owner_id="nobody")
    assert {"anchors['go_live']", "items['a'].owner", "items['first'].owner"} == {
        one.place for one in summed(made).obstacles
    }
    wrong = add(made, TemplateTask("", "Own", parent="ply"))
    assert ["items['own-1'].parent"] == [one.place for one in summed(wrong).obstacles]


def test_the_summary_tells_all_that_stands_in_the_way() -> None:
    """Anchors that are missing, rules that name nobody, retired templates."""
    missing = attrs.evolve(TREE, anchors=("go_live",))
    assert ["anchors['go_live']"] == [one.place for one in summed(draft(missing, ACME, start=MONDAY)).obstacles]
    nobody = template(
        TemplateTask("a", "A", owner=("role:none",)), TemplateTask("b", "B", owner=("email:none@x.example",))
    )
    unresolved = summed(draft(nobody, ACME, start=MONDAY))
    assert ["items['a'].owner", "items['b'].owner"] == [one.place for one in unresolved.obstacles]
    assert ["a", "b"] == [one.key for one in unresolved.taken]
    assert "retired" in str(summed(draft(attrs.evolve(TREE, state="retired"), ACME, start=MONDAY)).obstacles)


STEPS: list[Callable[[Draft], Draft]] = [
    lambda made: drop(made, "play"),
    lambda made: choose(made, "grouped"),
    lambda made: only(made, "loose"),
    lambda made: add(made, TemplateTask("", "Own")),
    lambda made: change(made, "second", due=day(3, 3)),
    lambda made: change(made, "second", due=None),
    lambda made: update(made, title="Other"),
    lambda made: update(made, anchors={"start": made.anchors["start"] + dt.timedelta(1)}),
]


@given(st.lists(st.sampled_from(range(len(STEPS))), max_size=int(size(20) or 1) + 8))
def test_going_back_is_the_inverse_of_every_step(steps: list[int]) -> None:
    """As far as the draft remembers; a step that changes nothing is none. The draft goes through JSON on every page."""
    states = [start()]
    for n in steps:
        after = STEPS[n](states[-1])
        if after != states[-1]:
            states.append(codec.loads(codec.dumps(after), Draft))
    made = states[-1]
    for before in reversed(states[:-1][-MOST_STEPS:]):
        made = back(made)
        assert before == made
    if len(states) <= MOST_STEPS:
        with pytest.raises(Refused, match="nothing was changed"):
            back(made)


def test_a_draft_remembers_so_many_steps() -> None:
    """It does not grow for ever."""
    made = start()
    for n in range(MOST_STEPS + 5):
        made = update(made, title=f"Title {n}")
    assert MOST_STEPS == len(made.past)


@pytest.mark.parametrize("given", [None, "draft", TREE], ids=["nothing", "text", "template"])
@pytest.mark.parametrize("step", OF_A_DRAFT)
def test_a_step_wants_a_draft(step: str, given: object) -> None:
    """And says so, whatever it is given instead."""
    with pytest.raises(Invalid, match="draft: a Draft is wanted, not "):
        OF_A_DRAFT[step](given)


@pytest.mark.parametrize("given", [(None, TREE), (TREE, "b")], ids=["before", "after"])
def test_comparing_wants_two_templates(given: tuple[object, object]) -> None:
    """And says which is none."""
    with pytest.raises(Invalid, match=f"{'before' if given[0] is None else 'after'}: a Template is wanted, not "):
        compare(*given)  # type: ignore[arg-type]
