"""Carrying a play from one plan of an account to another (T13)."""

import datetime as dt
from itertools import count
from typing import Any

import attrs
import pytest

import actionplans as ap
from actionplans.edit import Context
from actionplans.edit.carrying import Carried, carry, is_active
from actionplans.errors import Invalid, NotFound, Refused
from actionplans.model import Completion, Dependency, Launch, Milestone, Objective, Offset, Plan, Play, Stage, Task
from actionplans.model.rules import check
from actionplans.settings import Limits, Settings

NOW = dt.datetime(2026, 1, 5, 9, tzinfo=dt.UTC)
SHIPPED = Settings()


def jan(n: int) -> dt.date:
    """A day of January 2026."""
    return dt.date(2026, 1, n)


def done(task: Task) -> Task:
    """The task, completed."""
    return attrs.evolve(task, status="done", completion=Completion(1, NOW, jan(6), "me"))


SOURCE = Plan(
    "source",
    "acme",
    "Source",
    ap.FrozenMap({"start": jan(5), "go_live": jan(20)}),
    stages=(Stage("ours", "Ours", key="own"), Stage("other", "Other")),
    milestones=(Milestone("m", "M", due=jan(9)),),
    plays=(Play("play", "Play", start=jan(5), launch=Launch("t", 1, NOW, "me")), Play("rest", "Rest")),
    tasks=(
        Task(
            "first",
            "First",
            due=jan(6),
            offset=Offset(1, anchor="play:play"),
            parent_id="play",
            stage_id="ours",
            key="k",
        ),
        Task(
            "then",
            "Then",
            "waiting",
            due=jan(7),
            parent_id="play",
            milestone_id="m",
            dependencies=(Dependency("first"), Dependency("outside")),
        ),
        Task("live", "Live", due=jan(21), offset=Offset(1, anchor="go_live"), parent_id="play"),
        Task("from-start", "S", due=jan(8), offset=Offset(3), parent_id="play"),
        Task("outside", "Outside", due=jan(6)),
        Task("after", "After", "waiting", dependencies=(Dependency("then"),)),
    ),
)
TARGET = Plan(
    "target",
    "acme",
    "Target",
    ap.FrozenMap({"start": jan(12), "go_live": jan(20)}),
    objectives=(Objective("why", "Why"),),
    tasks=(Task("there", "There"),),
)


def carried(
    source: Plan = SOURCE,
    target: Plan = TARGET,
    objective: str | None = "why",
    play: str = "play",
    settings: Settings = SHIPPED,
) -> Carried:
    """Both plans after it."""
    numbers = count(1)
    to = Context("me", NOW, jan(5), settings, lambda: f"n{next(numbers)}")
    return carry(source, target, to, play, objective)


def test_a_play_goes_over_with_its_tasks_their_work_and_its_launch() -> None:
    """Under the objective there, each item with its id; nothing of it stays behind."""
    both = carried()
    check(both.source)
    check(both.target)
    play = both.target.play("play")
    assert ("why", SOURCE.plays[0].launch, jan(5)) == (play.objective_id, play.launch, play.start)
    assert ["there", "first", "then", "live", "from-start"] == [one.id for one in both.target.tasks]
    assert ["outside", "after"] == [one.id for one in both.source.tasks]
    assert ["rest"] == [one.id for one in both.source.plays]
    assert [one.due for one in SOURCE.tasks[:4]] == [one.due for one in both.target.tasks[1:]]
    assert "k" == both.target.task("first").key


def test_what_counts_there_too_is_still_counted() -> None:
    """From the play itself, and from a named date on the same day; else the date stands by itself (D9)."""
    target = carried().target
    assert [Offset(1, anchor="play:play"), None, Offset(1, anchor="go_live"), None] == [
        one.offset for one in target.tasks[1:]
    ]


def test_what_hangs_between_the_plans_is_let_go_of_and_told() -> None:
    """Links, milestones, anchors; those who waited for nothing else are open (P3)."""
    both = carried()
    assert ((Dependency("first"),), None) == (
        both.target.task("then").dependencies,
        both.target.task("then").milestone_id,
    )
    assert ((), "open") == (both.source.task("after").dependencies, both.source.task("after").status)
    told = dict(both.lost)
    assert {"then", "from-start", "after"} == told.keys()
    assert "milestone" in told["then"]
    assert "start" in told["from-start"]


def test_all_that_no_longer_follows_is_told() -> None:
    """What stays behind and counted from the play, and the play's own dates too."""
    play = attrs.evolve(SOURCE.plays[0], start_offset=Offset(0), offset=Offset(5, anchor="milestone:m"), due=jan(14))
    stays = attrs.evolve(SOURCE.tasks[4], offset=Offset(1, anchor="play:play"))
    point = attrs.evolve(SOURCE.milestones[0], offset=Offset(2, anchor="task:then"))
    source = attrs.evolve(
        SOURCE, plays=(play, SOURCE.plays[1]), milestones=(point,), tasks=(*SOURCE.tasks[:4], stays, SOURCE.tasks[5])
    )
    both = carried(source)
    told = [one for one in both.lost if "no longer follows" in one[1]]
    assert [("m", "task"), ("play", "start"), ("play", "milestone"), ("from-start", "start"), ("outside", "play")] == [
        (item, words.rpartition(" ")[2]) for item, words in told
    ]
    assert (None, None) == (both.source.task("outside").offset, both.source.milestones[0].offset)


def test_what_stands_there_already_is_not_carried_over_it() -> None:
    """Of the same id, as another store or an older mistake may have it; each is named."""
    target = attrs.evolve(TARGET, plays=(SOURCE.plays[0],), tasks=(*TARGET.tasks, Task("live", "Live")))
    with pytest.raises(Invalid) as error:
        carried(target=target)
    assert ["play 'play'", "task 'live'"] == [one.place for one in error.value.problems]


def test_a_custom_stage_is_there_once_after_going_and_coming_back() -> None:
    """Also one without a key."""
    play = Play("p", "P")
    source = attrs.evolve(
        SOURCE, plays=(play,), milestones=(), tasks=(Task("t", "T", parent_id="p", stage_id="other"),)
    )
    there = carried(source, objective=None, play="p")
    back = carried(there.target, there.source, None, "p")
    assert [["ours", "other"], ["other"]] == [[one.id for one in plan.stages] for plan in (back.target, back.source)]
    check(back.target)


def test_custom_stages_come_along_once() -> None:
    """One of the same key that is there already is taken."""
    target = carried().target
    assert (["ours"], "ours") == ([one.id for one in target.stages], target.task("first").stage_id)
    with_own = attrs.evolve(TARGET, stages=(Stage("theirs", "Theirs", key="own"),))
    target = carried(target=with_own).target
    assert (["theirs"], "theirs") == ([one.id for one in target.stages], target.task("first").stage_id)


def test_without_a_launch_of_its_own_its_items_are_custom_ones_there() -> None:
    """The launch that their keys belong to stays behind (T3)."""
    bare = attrs.evolve(SOURCE, plays=(attrs.evolve(SOURCE.plays[0], launch=None),))
    assert "" == carried(bare, objective=None).target.tasks[1].key


def test_only_active_plays_go() -> None:
    """One with open tasks, or none yet (001)."""
    assert is_active(SOURCE, SOURCE.plays[0]) and is_active(SOURCE, SOURCE.plays[1])
    finished = attrs.evolve(SOURCE, tasks=tuple(done(one) if one.parent_id == "play" else one for one in SOURCE.tasks))
    assert not is_active(finished, SOURCE.plays[0])
    with pytest.raises(Refused, match="'Play' is complete"):
        carried(finished)


@pytest.mark.parametrize(
    "changes,error",
    [
        ({"target": attrs.evolve(TARGET, account_id="other")}, Refused),
        ({"target": attrs.evolve(TARGET, archived=True)}, Refused),
        ({"source": attrs.evolve(SOURCE, status="completed")}, Refused),
        ({"objective": "nobody"}, Invalid),
        ({"play": "nobody"}, NotFound),
        ({"settings": Settings(limits=Limits(tasks_per_plan=3))}, Invalid),
        ({"target": attrs.evolve(TARGET, section="sales_plan")}, Invalid),
    ],
)
def test_what_does_not_fit_is_refused(changes: dict[str, Any], error: type[Exception]) -> None:
    """Another account, closed plans, unknown ids, too many tasks, sections that want stages."""
    with pytest.raises(error):
        carried(**changes)
