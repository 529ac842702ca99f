"""What a plan, or a play of it, that is saved as a template says, and what it does not (T8)."""

import datetime as dt
from decimal import Decimal
from typing import Any

import attrs
import pytest

import actionplans as ap
from actionplans.errors import Invalid, NotFound
from actionplans.launch import save_as_template
from actionplans.model import (
    Comment,
    CompletionEmail,
    Dependency,
    Launch,
    Metric,
    Milestone,
    Objective,
    Offset,
    Plan,
    Play,
    Reading,
    Stage,
    Task,
    TemplatePlay,
)
from actionplans.settings import Settings
from tests.dates import plans
from tests.launch.samples import ACME, MONDAY, NOW, day, launched, places
from tests.launch.test_laws import SETTINGS
from tests.launch.working import SHIPPED, again, saved, with_calendars
from tests.size import size

LIVE = ap.FrozenMap({"start": MONDAY, "go_live": day(2, 2)})


def plan_of(*tasks: Task, **fields: Any) -> Plan:
    """A plan of Acme with these tasks."""
    return Plan("plan", "acme", "Renewal", fields.pop("anchors", LIVE), tasks=tasks, **fields)


def test_an_offset_that_stands_stays_and_one_moved_since_is_days_from_the_start() -> None:
    """Working days before the go-live are that again; the anchors are the template's."""
    before = Offset(-3, "working_days", "go_live")
    counted = Task("a", "Counted", due=day(1, 28), offset=before)
    moved = Task("b", "Moved", due=day(1, 30), offset=before, hand_dated=True)
    plan = plan_of(counted, moved, anchors=LIVE.having("renewal", day(9, 1)))
    template = saved(plan)
    assert [before, Offset(25)] == [task.due for task in template.tasks]
    assert ("go_live", "renewal") == template.anchors
    later = launched(template, anchors={"go_live": day(3, 2), "renewal": day(9, 1)}, start=day(1, 12))
    assert [day(2, 25), day(2, 6)] == [task.due for task in later.tasks]


OWN_START = Offset(2, anchor="own_start")
BY_GO_LIVE = Offset(-24, anchor="go_live")


@pytest.mark.parametrize(
    "said,expected",
    [
        ({"start_offset": Offset(2), "offset": BY_GO_LIVE}, (Offset(2), BY_GO_LIVE, None)),
        ({"start_offset": Offset(2)}, (Offset(2), None, 3)),
        ({"offset": BY_GO_LIVE}, (None, BY_GO_LIVE, 3)),
        ({"offset": OWN_START}, (Offset(2), OWN_START, None)),
        ({"start_offset": Offset(2), "offset": OWN_START}, (Offset(2), OWN_START, None)),
        ({"start_offset": Offset(9), "offset": OWN_START}, (Offset(2), OWN_START, None)),
        ({"start_offset": Offset(9), "offset": BY_GO_LIVE}, (None, BY_GO_LIVE, 3)),
        ({"start_offset": Offset(2), "offset": Offset(9)}, (Offset(2), None, 3)),
        ({"start_offset": Offset(9), "offset": Offset(9)}, (Offset(2), None, 3)),
        ({}, (Offset(2), None, 3)),
        ({"duration": 9}, (Offset(2), Offset(4), None)),
        ({"duration": 9, "offset": BY_GO_LIVE}, (Offset(2), BY_GO_LIVE, None)),
    ],
)
def test_as_much_as_stands_of_start_due_and_duration_stays(
    said: dict[str, Any], expected: tuple[Offset | None, Offset | None, int | None]
) -> None:
    """From Wednesday to Friday in a plan that begins on Monday; never all three (D8)."""
    task = Task("a", "A", **{"start": day(1, 7), "due": day(1, 9), "duration": 3, **said})
    found = saved(plan_of(task)).tasks[0]
    assert expected == (found.start, found.due, found.duration)


def test_a_date_that_was_cleared_stays_away() -> None:
    """An offset or link that would give it one is left out, and so is what others counted from it."""
    cleared = Task("a", "Cleared", offset=Offset(3))
    after = Task("b", "After", due=day(1, 9), offset=Offset(1, anchor="task:a"))
    waiting = Task("c", "Waiting", duration=2, dependencies=(Dependency("b"),), locked=True)
    plan = plan_of(cleared, after, waiting)
    first, second, third = saved(plan).tasks
    assert (None, Offset(4)) == (first.due, second.due)
    assert (2, ()) == (third.duration, third.after)


def test_only_a_link_that_would_move_a_task_is_left_out() -> None:
    """The other ones stay, also those to what the task stands long after."""
    first, second = Task("a", "A", due=day(1, 6)), Task("b", "B", due=day(1, 20))
    links = (Dependency("a"), Dependency("b"), Dependency("b", "FF", lag=-9))
    third = Task("c", "C", "waiting", start=day(1, 12), due=day(1, 13), duration=2, dependencies=links)
    assert ("a", "b") == tuple(link.predecessor_id for link in saved(plan_of(first, second, third)).tasks[2].after)


def test_life_is_left_out() -> None:
    """Cancelled tasks, statuses, comments, readings, completions and locks; a done task keeps its planned dates."""
    note, reading = Comment("n", "ana", NOW, "Note"), Reading(NOW, Decimal(7), "ana")
    done = attrs.evolve(
        Task("a", "Done", due=day(1, 8), original_due=day(1, 6), comments=(note,), locked=True),
        status="done",
        completion=plans.completion(day(1, 20)),
        completions=3,
        metric=Metric(Decimal(10), readings=(reading,)),
        completion_email=CompletionEmail("thanks", "carl"),
    )
    gone = Task("b", "Gone", "cancelled", due=day(1, 8), was="open")
    after = Task(
        "c", "After", "waiting", due=day(1, 9), offset=Offset(1, anchor="task:b"), dependencies=(Dependency("b"),)
    )
    point = Milestone("m", "Point", due=day(1, 30), locked=True, reached_on=day(1, 10))
    aim = Objective("o", "Aim", status="achieved")
    template = saved(plan_of(done, gone, after, milestones=(point,), objectives=(aim,)))
    first, second = template.tasks
    assert ("Done", Offset(3), Metric(Decimal(10))) == (first.title, first.due, first.metric)
    assert CompletionEmail("thanks") == first.completion_email, "the contact is another account's"
    assert ("After", Offset(4), ()) == (second.title, second.due, second.after)
    assert (Offset(25), "") == (template.milestones[0].due, template.objectives[0].status)


@pytest.mark.parametrize(
    "owner_id,expected",
    [
        ("ana", ("account_owner",)),
        ("ben", ("role:csm",)),
        ("carl", ("primary_contact",)),
        ("me", ("applier",)),
        ("cleo", ("person:cleo",)),
        ("team:cs", ("team:cs",)),
        ("any_contact", ("any_contact",)),
        (None, ()),
    ],
)
def test_persons_become_rules_where_known(owner_id: str | None, expected: tuple[str, ...]) -> None:
    """What the owner is to the account, or whoever launched the plan; else by name (T5)."""
    helped = (owner_id,) if owner_id else ()
    task = Task("a", "A", owner_id=owner_id, owner_rule=("role:x",), owner_by_hand=True, helpers=helped)
    owned = {"plays": (Play("p", "P", owner_id=owner_id),), "objectives": (Objective("o", "O", owner_id=owner_id),)}
    template = saved(plan_of(task, created_by="me", **owned))
    found = [template.tasks[0].owner, template.tasks[0].helpers, template.plays[0].owner, template.objectives[0].owner]
    assert [expected] * 4 == found


def test_the_rules_that_an_owner_came_from_stay() -> None:
    """With their fallbacks, unless somebody chose otherwise, or nobody has it by now."""
    rules = ("role:csm", "applier")
    given = Task("a", "A", owner_id="ben", owner_rule=rules)
    chosen = attrs.evolve(given, id="b", owner_id="cleo", owner_by_hand=True)
    nobody = attrs.evolve(given, id="c", owner_id=None)
    assert [rules, ("person:cleo",), ()] == [task.owner for task in saved(plan_of(given, chosen, nobody)).tasks]


def test_who_launched_it_is_whoever_launches_it_next() -> None:
    """By the launch of the play, else that of the plan, else who made the plan."""
    mine = Task("a", "A", owner_id="cleo", parent_id="p")
    by = Launch("t", 1, NOW, "cleo")
    play = Play("p", "P", start=MONDAY)
    for plan, play_id in (
        (plan_of(mine, plays=(play,), launch=by, created_by="me"), None),
        (plan_of(mine, plays=(attrs.evolve(play, launch=by),), created_by="me"), "p"),
        (plan_of(mine, plays=(play,), created_by="cleo"), "p"),
    ):
        assert ("applier",) == saved(plan, play_id=play_id).tasks[0].owner


def test_every_item_has_a_key_of_its_own() -> None:
    """Its own one, unless that is another's already; else one from its title, else from its kind."""
    titles = ("Call them", "A", "B", "Übergabe & Größe!", "電話", "電話")
    keys = ("", "call-them", "call-them", "", "", "")
    tasks = [Task(f"id-{n}", title, key=key) for n, (title, key) in enumerate(zip(titles, keys, strict=True))]
    plan = plan_of(*tasks, milestones=(Milestone("m", "Call them"),))
    template = saved(plan)
    assert "call-them-3" == template.milestones[0].key
    assert ["call-them-4", "call-them", "call-them-2", "ubergabe-groe", "task", "task-2"] == [
        task.key for task in template.tasks
    ]
    long = plan_of(*(Task(f"{n}", "x" * 300) for n in range(2)))
    assert [90, 92] == [len(task.key) for task in saved(long).tasks]


def test_stages_of_the_library_are_referred_to_and_custom_ones_come_along() -> None:
    """A custom stage never becomes one of the library by its key, and one that is gone from there is no stage."""
    stages = (Stage("s1", "Onboarding"), Stage("s2", "Ours", key="renewal"), Stage("s3", "Empty"))
    tasks = [Task(f"t{n}", "T", stage_id=one) for n, one in enumerate(("onboarding", "s1", "s2", "gone", None))]
    plan = plan_of(*tasks, stages=stages)
    template = saved(plan)
    assert ["onboarding", "onboarding-2", "renewal-2", "empty"] == [one.key for one in template.stages]
    assert ["onboarding", "onboarding-2", "renewal-2", "", ""] == [task.stage for task in template.tasks]
    second = again(template, plan)
    assert ["Onboarding", "Ours", "Empty"] == [one.title for one in second.stages]
    assert ["onboarding", *(one.id for one in second.stages[:2]), None, None] == [one.stage_id for one in second.tasks]


def test_a_play_is_saved_without_the_rest_of_its_plan() -> None:
    """Its start is the start; what it counts from in the plan becomes days; the milestones it names come along."""
    play = Play("p", "Set", "How", "o", "ana", day(1, 12), day(2, 27), key="set", start_offset=Offset(7), shared=True)
    tasks = (
        Task("a", "By play", due=day(1, 15), parent_id="p", offset=Offset(3, "working_days", "play:p"), key="a"),
        Task("b", "By start", due=day(1, 15), parent_id="p", offset=Offset(10), key="b", stage_id="s1"),
        Task("c", "By go-live", due=day(1, 30), parent_id="p", offset=Offset(-3, anchor="go_live"), key="c"),
        Task("d", "By point", due=day(1, 22), parent_id="p", offset=Offset(1, anchor="milestone:m"), key="d"),
        Task("e", "Outside", due=day(1, 20), key="e"),
        Task("f", "After", due=day(1, 21), parent_id="p", dependencies=(Dependency("e"), Dependency("a")), key="f"),
    )
    points = (
        Milestone("m", "Point", due=day(1, 21), offset=Offset(1, anchor="task:e"), objective_id="o", key="m"),
        Milestone("n", "Other", due=day(1, 21)),
    )
    stages = (Stage("s1", "Ours"), Stage("s2", "Other"))
    aims = (Objective("o", "Aim"),)
    plan = plan_of(*tasks, plays=(play,), milestones=points, objectives=aims, stages=stages, description="Not this")
    template = saved(plan, play_id="set")
    assert ("set", "Set", "How", "play", ("go_live",)) == (
        template.id,
        template.title,
        template.description,
        template.kind,
        template.anchors,
    )
    assert ((), ["m"], ["ours"]) == (
        template.objectives,
        [one.key for one in template.milestones],
        [one.key for one in template.stages],
    )
    assert [TemplatePlay("set", "Set", "How", "", Offset(0), Offset(46), ("account_owner",), shared=True)] == [
        *template.plays
    ]
    assert (Offset(9), "") == (template.milestones[0].due, template.milestones[0].objective)
    said = {task.key: (task.due, [link.predecessor_id for link in task.after]) for task in template.tasks}
    assert {
        "a": (Offset(3, "working_days"), []),
        "b": (Offset(3), []),
        "c": (Offset(-3, anchor="go_live"), []),
        "d": (Offset(1, anchor="milestone:m"), []),
        "f": (Offset(9), ["a"]),
    } == said


def test_a_play_that_starts_by_an_item_s_date_starts_on_that_day() -> None:
    """The plan that it runs in next has no such item; one that starts by a named date goes on doing so (D9)."""
    point = Milestone("m", "Point", due=day(1, 9))
    for offset, expected in ((Offset(3, anchor="milestone:m"), Offset(0)), (Offset(-21, anchor="go_live"),) * 2):
        play = Play("p", "Set", start=day(1, 12), start_offset=offset)
        assert expected == saved(plan_of(plays=(play,), milestones=(point,)), play_id="p").plays[0].start


def test_a_play_without_a_start_starts_with_its_first_date() -> None:
    """Or with its plan, where it has no date at all."""
    play = Play("p", "Set", due=day(1, 30))
    task = Task("a", "A", due=day(1, 14), parent_id="p")
    template = saved(plan_of(task, plays=(play,)), play_id="p")
    assert (None, Offset(16), Offset(0)) == (template.plays[0].start, template.plays[0].due, template.tasks[0].due)
    point = Milestone("m", "Point", due=day(1, 9))
    undated = attrs.evolve(task, due=None, milestone_id="m")
    bare = plan_of(undated, plays=(attrs.evolve(play, due=None),), milestones=(point,))
    template = saved(bare, play_id="p")
    assert (None, Offset(4), ()) == (template.tasks[0].due, template.milestones[0].due, template.anchors)


def test_a_play_that_was_run_in_the_plan_is_saved_as_one_of_its_plays() -> None:
    """With its launch left out; what counts from its start still does."""
    play = Play("p", "Set", start=day(1, 12), launch=Launch("t", 1, NOW, "me"))
    task = Task("a", "A", due=day(1, 15), parent_id="p", offset=Offset(3, anchor="play:p"))
    template = saved(plan_of(task, plays=(play,)))
    assert (Offset(7), "set") == (template.plays[0].start, template.tasks[0].parent)
    assert Offset(3, anchor="play:set") == template.tasks[0].due
    second = again(template, plan_of())
    assert (day(1, 12), day(1, 15), None) == (second.plays[0].start, second.tasks[0].due, second.plays[0].launch)


def test_the_calendars_of_owners_count() -> None:
    """Which is why the directory is asked for (D7)."""
    task = Task("a", "A", due=day(1, 11), owner_id="ben", offset=Offset(4, "working_days"))
    gulf = ap.WorkCalendar("gulf", frozenset({7, 1, 2, 3, 4}))
    with_gulf, people = Settings(calendars=(ap.WorkCalendar(), gulf)), with_calendars({"ben": "gulf"})
    assert Offset(4, "working_days") == saved(plan_of(task), with_gulf, directory=people).tasks[0].due
    assert Offset(6) == saved(plan_of(task), with_gulf).tasks[0].due


def test_words_of_the_plan_are_the_template_s() -> None:
    """Or those that are given."""
    words = {"description": "How", "section": "growth_plans", "category": "big", "calendar": "six"}
    plan = plan_of(**words, link_policy="keep", shared=True)
    template = saved(plan, SETTINGS)
    assert words == {name: getattr(template, name) for name in words}
    assert ("renewal", "Renewal", "keep", True) == (template.id, template.title, template.link_policy, template.shared)
    named = saved(plan, SETTINGS, id="mine", title="Mine")
    assert ("mine", "Mine", "Renewal", "renewal") == (named.id, named.title, template.title, template.id)
    assert "grösse-電話" == saved(plan, SETTINGS, title="Größe: 電話").id


def test_what_a_template_cannot_say_is_named_all_at_once() -> None:
    """Each with its place in the plan; offsets reach a hundred years."""
    far = dt.date(2200, 1, 1)
    tasks = (
        Task("a", "A", start=far, due=far, duration=1),
        Task("b", "B", owner_id="x", owner_rule=("whoever",)),
        Task("c", "C", calendar="moon"),
    )
    plan = plan_of(*tasks, milestones=(Milestone("m", "M", due=far),))
    with pytest.raises(Invalid) as error:
        save_as_template(plan, ACME, SHIPPED, title="!?")
    assert {"id", "milestone 'm'.due", "task 'a'.start", "task 'b'.owner[0]", "items['c'].calendar"} <= set(
        places(error.value)
    )
    assert "2200-01-01 is too far from the start" in str(error.value)
    for wrong in ({"title": "x" * 501}, {"id": "x" * 201}, {"title": 5}, {"id": 5}):
        with pytest.raises(Invalid) as error:
            save_as_template(plan_of(), ACME, SHIPPED, **wrong)  # type: ignore[arg-type]
        assert [*wrong] == places(error.value)
    with pytest.raises(NotFound):
        save_as_template(plan_of(), ACME, SHIPPED, play_id="")


def test_very_many_of_one_title_have_keys_of_their_own() -> None:
    """And none is where its link puts it."""
    tasks = [
        Task(
            f"t{n}",
            "Call",
            start=day(1, 5) + dt.timedelta(days=n % 300),
            due=day(1, 6) + dt.timedelta(days=n % 300),
            duration=2,
            dependencies=(Dependency(f"t{n - 1}"),) if n else (),
        )
        for n in range(size(20_000))
    ]
    template = saved(plan_of(*tasks))
    assert len(tasks) == len({task.key for task in template.tasks})
