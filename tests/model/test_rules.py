"""The rules of a whole plan, each seen to find what it is for (P2, D9, S1)."""

import pytest

from actionplans.errors import Invalid
from actionplans.model import Completion, Dependency, Milestone, Objective, Offset, Plan, Play, Task
from actionplans.model.rules import PLAN_RULES, check
from tests.edit.scene import NOW, TODAY, plan


def found(made: Plan) -> dict[str, str]:
    """The problems that `check` raises, by place."""
    with pytest.raises(Invalid) as error:
        check(made)
    return {problem.place: problem.message for problem in error.value.problems}


def test_a_sound_plan_passes() -> None:
    """The scene of the tests is one."""
    check(plan())


@pytest.mark.parametrize(
    ("fields", "place", "message"),
    [
        ({"tasks": (Task("a", "A", tags=(5,)),)}, "tasks[0].tags[0]", "text is wanted"),  # type: ignore[arg-type]
        ({"tasks": (Task("a", "A", "done"),)}, "tasks[0].completion", "a done task has one"),
        ({"tasks": (Task("a", "A", completion=Completion(1, NOW, TODAY, "x")),)}, "tasks[0].completion", "only a done"),
        ({"tasks": (Task("a", "A"), Task("a", "B"))}, "items", "2 items have the id 'a'"),
        ({"tasks": (Task("live", "A"),)}, "items", "2 items have the id 'live'"),
        ({"tasks": (Task("", "A"),)}, "items", "an item has no id"),
        ({"tasks": (Task("plan", "A"),)}, "items", "the id of the plan itself"),
        ({"tasks": (Task("a", "A", parent_id="live"),)}, "task 'a'.parent_id", "no play or objective 'live'"),
        ({"tasks": (Task("a", "A", milestone_id="why"),)}, "task 'a'.milestone_id", "no milestone 'why'"),
        ({"plays": (Play("p", "P", objective_id="x"),), "tasks": ()}, "play 'p'.objective_id", "no objective 'x'"),
        ({"milestones": (Milestone("m", "M", objective_id="play"),), "tasks": ()}, "milestone 'm'.objective_id", "no"),
        ({"tasks": (Task("a", "A", dependencies=(Dependency("a"),)),)}, "task 'a'.dependencies[0]", "wait for itself"),
        ({"tasks": (Task("a", "A", dependencies=(Dependency("b"),)),)}, "task 'a'.dependencies[0]", "no task or miles"),
        (
            {"tasks": (Task("a", "A"), Task("b", "B", dependencies=(Dependency("a"), Dependency("a", lag=1))))},
            "task 'b'.dependencies[1]",
            "FS 'a' stands here twice",
        ),
        ({"tasks": (Task("a", "A", offset=Offset(1, anchor="go_live")),)}, "task 'a'.offset.anchor", "it has start"),
        (
            {"tasks": (Task("a", "A", offset=Offset(1, anchor="task:live")),)},
            "task 'a'.offset.anchor",
            "no task 'live'",
        ),
        (
            {"tasks": (Task("a", "A", start_offset=Offset(1, anchor="milestone:why")),)},
            "task 'a'.start_offset.anchor",
            "no milestone 'why'",
        ),
        (
            {"tasks": (Task("a", "A", start_offset=Offset(1, anchor="own_start")),)},
            "task 'a'.start_offset.anchor",
            "own_start is for the due of a task",
        ),
        (
            {"objectives": (Objective("o", "O", end_offset=Offset(1, anchor="x")),), "tasks": (), "plays": ()},
            "objective 'o'.end_offset.anchor",
            "no anchor",
        ),
        ({"tasks": (Task("a", "A", offset=Offset(1, anchor="task:a")),)}, "dependencies", "'A' → 'A' is a cycle"),
        (
            {
                "tasks": (
                    Task("a", "A", dependencies=(Dependency("b"),)),
                    Task("b", "B", dependencies=(Dependency("a"),)),
                )
            },
            "dependencies",
            "'A' → 'B' → 'A' is a cycle",
        ),
        (
            {
                "milestones": (Milestone("m", "M", offset=Offset(1, anchor="task:a")),),
                "tasks": (Task("a", "A", offset=Offset(1, anchor="milestone:m")),),
            },
            "dependencies",
            "'M' → 'A' → 'M' is a cycle",
        ),
        (
            {"tasks": (Task("a", "A", milestone_id="live", dependencies=(Dependency("live"),)),)},
            "dependencies",
            "'Go live' → 'A' → 'Go live' is a cycle",
        ),
        (
            {
                "tasks": (
                    Task("x", "X", milestone_id="live", offset=Offset(1, anchor="task:y")),
                    Task("y", "Y", dependencies=(Dependency("live"),)),
                )
            },
            "dependencies",
            "is a cycle",
        ),
    ],
)
def test_each_rule_finds_what_it_is_for(fields: dict[str, object], place: str, message: str) -> None:
    """At its place, and nothing else."""
    problems = found(plan(**fields))
    assert [place] == list(problems)
    assert message in problems[place]


def test_a_circle_is_told_by_titles() -> None:
    """Not by ids, which say nothing to people; where several have one title, with the ids that tell them apart."""
    long = "x" * 200
    made = plan(
        tasks=(
            Task("0a", "Call", dependencies=(Dependency("0c"),)),
            Task("0b", "Call", dependencies=(Dependency("0a"),)),
            Task("0c", long, dependencies=(Dependency("0b"),)),
        )
    )
    told = found(made)["dependencies"]
    assert f"'Call' (0a) → 'Call' (0b) → '{'x' * 57}...' → 'Call' (0a) is a cycle" == told.split(":")[0]


def test_a_key_instead_of_an_id_is_told_as_such() -> None:
    """Where a place, a link or an anchor is named by it."""
    made = plan(
        milestones=(Milestone("0m", "Go live", key="live"),),
        plays=(Play("0p", "Training", key="train"),),
        tasks=(
            Task("0a", "Call", key="call", parent_id="train", milestone_id="Go live"),
            Task("0b", "Visit", dependencies=(Dependency("call"),), offset=Offset(1, anchor="task:call")),
        ),
    )
    problems = found(made)
    assert "use plan.play('train').id" in problems["task '0a'.parent_id"]
    assert "the milestone with the title 'Go live' is '0m'" in problems["task '0a'.milestone_id"]
    for place in ("dependencies[0]", "offset.anchor"):
        assert "use plan.task('call').id" in problems[f"task '0b'.{place}"]


def test_all_problems_of_all_rules_are_said_at_once() -> None:
    """In the order of the rules."""
    made = plan(
        plays=(Play("p", "P", objective_id="x"),),
        tasks=(
            Task("a", "A", "done", dependencies=(Dependency("b"), Dependency("zz"))),
            Task("b", "B", dependencies=(Dependency("a"),), parent_id="nowhere"),
            Task("b", "B"),
        ),
    )
    assert [
        *("tasks[0].completion", "items", "play 'p'.objective_id", "task 'b'.parent_id"),
        *("task 'a'.dependencies[1]",),
    ] == [place for place in found(made) if place != "dependencies"]


def test_a_milestone_may_have_tasks_that_start_with_it() -> None:
    """P3: only FS links and offsets from tasks wait; and a milestone's date may be counted from one of its tasks."""
    check(plan(tasks=(Task("a", "A", milestone_id="live", dependencies=(Dependency("live", "SS"),)),)))
    check(
        plan(
            milestones=(Milestone("m", "M", offset=Offset(2, anchor="task:a")),),
            tasks=(Task("a", "A", milestone_id="m"),),
        )
    )


def test_every_rule_stands_in_the_list() -> None:
    """And has a sentence that says what it is."""
    assert ("sound_items", "ids_once", "known_places", "sound_links", "no_circles") == PLAN_RULES._fields
    assert all(rule.__doc__ for rule in PLAN_RULES)
