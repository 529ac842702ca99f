"""The rules that say which plans may be merged, and which items are the same (M1, M3)."""

import attrs
import pytest

from actionplans.checks import FrozenMap
from actionplans.merge import merge, pairs, same_name_prefix, same_website_host, unmerge, verdicts
from actionplans.merge.rules import website_host
from actionplans.model import Account, Completion, Dependency, Launch, Milestone, Origin, Plan, Play, Stage, Task
from actionplans.workspace.accounts import host_of
from tests.merge.pairs import FIRST, NOW, SETTINGS, context


def plan(id: str, *tasks: Task, template: str = "template", **fields: object) -> Plan:
    """A plan that was launched, with these tasks."""
    launch = Launch(template, 1, NOW, "u0")
    made = Plan(id, "acme", id, FrozenMap({"start": FIRST}), tasks=tasks, launch=launch)
    return attrs.evolve(made, **fields)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("one", "other", "agrees"),
    [
        ("Acme Corporation", "ACME Ltd", True),
        ("Acme", "acme", True),
        ("Acm", "Acme", False),
        ("IBM", "ibm", True),
        ("The Alpha", "The Beta", True),
        ("Ａｃｍｅ Corp", "Ac\u200bme Ltd", True),
        ("Straßen", "STRASSE", True),
        ("Acme", "Zeta", False),
        ("\u200b", "\u200b", False),
        ("Acme", "\u2060", False),
        ("A %B", "A _B", False),
        ("日本電気", "日本電気株式会社", True),
        ("日本電", "日本電気", False),
    ],
)
def test_names_that_begin_alike(one: str, other: str, agrees: bool) -> None:
    """M1: four characters of the key; shorter ones in full; an empty one never."""
    found = same_name_prefix(plan("t"), plan("s"), Account("a", one), Account("b", other))
    assert agrees == (found is None)
    again = same_name_prefix(plan("s"), plan("t"), Account("b", other), Account("a", one))
    assert agrees == (again is None)


@pytest.mark.parametrize(
    "website",
    [
        "",
        "acme.example",
        "ACME.example/about?x=1#y",
        "https://www.acme.example:8443/a@b",
        "http://user:word@acme.example",
        "//acme.example/",
        "acme.example:443",
        " acme.example ",
        "https://[2001:db8::1]:80/x",
        "www.acme.example",
    ],
)
def test_the_host_of_a_website_is_the_same_everywhere(website: str) -> None:
    """A rule finds the host that `get_or_create` finds."""
    assert host_of(website) == website_host(website)


def test_no_website_is_like_no_other() -> None:
    """M1: two accounts without one are not alike by it."""
    accounts = Account("a", "A"), Account("b", "B")
    assert "none and none" in str(same_website_host(plan("t"), plan("s"), *accounts))


def test_an_unknown_rule_agrees_to_nothing() -> None:
    """M1: rather than to everything."""
    (found,) = verdicts(("gone",), {}, (plan("t"), plan("s")), (Account("a", "A"), Account("b", "B")))
    assert (False, "gone") == (found.agrees, found.rule)


def test_the_same_key_of_the_same_template_in_the_same_stage() -> None:
    """M3: one to one, in plan order; all else is kept."""
    ours = [Task(f"t{n}", "T", key=key, stage_id=stage) for n, (key, stage) in enumerate((("a", None), ("a", None)))]
    ours += [Task("t2", "T", key="b", stage_id="proposal"), Task("t3", "T")]
    theirs = [Task(f"s{n}", "S", key="a") for n in range(3)]
    theirs += [Task("s3", "S", key="b"), Task("s4", "S", key="b", stage_id="proposal"), Task("s5", "T")]
    target, source = plan("t", *ours), plan("s", *theirs)
    assert {"s0": "t0", "s1": "t1", "s4": "t2"} == pairs(target, source)
    assert {} == pairs(target, attrs.evolve(source, launch=Launch("other", 1, NOW, "u0")))
    assert {"s0": "t0", "s1": "t1", "s4": "t2", "s5": "t3"} == pairs(target, source, titles=True)


def test_a_plays_own_launch_says_where_its_tasks_come_from() -> None:
    """M3: the same play run in two plans of different templates."""
    run = Launch("run", 3, NOW, "u0")
    target = plan(
        "t", Task("t0", "T", key="a", parent_id="tp"), template="one", plays=(Play("tp", "P", launch=run, key="p"),)
    )
    source = plan(
        "s", Task("s0", "T", key="a", parent_id="sp"), template="two", plays=(Play("sp", "P", launch=run, key="p"),)
    )
    assert {"sp": "tp", "s0": "t0"} == pairs(target, source)


def test_what_came_by_a_merge_remembers_its_template() -> None:
    """M3: so that a third plan of that template pairs with it."""
    came = Task("t0", "T", key="a", origin=Origin("acme", "old", "other"))
    assert {"s0": "t0"} == pairs(plan("t", came), plan("s", Task("s0", "T", key="a"), template="other"))
    assert {} == pairs(plan("t", came), plan("s", Task("s0", "T", key="a")))


def test_stages_of_their_own_are_the_same_by_key_and_take_their_tasks_along() -> None:
    """M3: a task of a custom stage that was joined is in the same stage."""
    target = plan("t", Task("t0", "T", key="a", stage_id="ts"), stages=(Stage("ts", "Own", key="own"),))
    source = plan("s", Task("s0", "T", key="a", stage_id="ss"), stages=(Stage("ss", "Own", key="own"),))
    assert {"ss": "ts", "s0": "t0"} == pairs(target, source)
    found = merge(target, source, context()).target
    assert (["ts"], "ts") == ([one.id for one in found.stages], found.tasks[0].stage_id)


def test_same_title_is_a_rule_of_the_settings() -> None:
    """M3: off as it ships: custom items are kept."""
    target, source = plan("t", Task("t0", " Call  them")), plan("s", Task("s0", "CALL them"))
    assert 2 == len(merge(target, source, context()).target.tasks)
    settings = attrs.evolve(SETTINGS, merge_rules=("same_title",))
    assert 1 == len(merge(target, source, context(settings)).target.tasks)


def test_an_id_that_both_have_for_different_things_is_refused() -> None:
    """Hosts that give ids themselves may have it twice; nothing is lost silently."""
    with pytest.raises(ValueError, match="both plans have this id"):
        merge(plan("t", Task("x", "T")), plan("s", Task("x", "S")), context())
    found = merge(plan("t", Task("x", "T", key="a")), plan("s", Task("x", "S", key="a")), context())
    assert ["x"] == [one.id for one in found.target.tasks]


def test_a_merge_that_would_go_round_in_a_circle_is_refused() -> None:
    """M5: with the path; through milestones too (P2)."""
    target = plan("t", Task("t0", "First", key="a"), Task("t1", "Second", key="b", dependencies=(Dependency("t0"),)))
    source = plan("s", Task("s0", "First", key="a", dependencies=(Dependency("s1"),)), Task("s1", "Second", key="b"))
    with pytest.raises(ValueError, match="'First' → 'Second' → 'First'"):
        merge(target, source, context())
    points = (Milestone("tm", "Live", key="m"),)
    target = plan("t", Task("t0", "First", key="a", milestone_id="tm"), milestones=points)
    waits = Task("s0", "First", key="a", dependencies=(Dependency("sm"),))
    source = plan("s", waits, milestones=(Milestone("sm", "Live", key="m"),))
    with pytest.raises(ValueError, match="'Live'"):
        merge(target, source, context())


def test_what_waited_for_work_that_the_other_plan_has_done_goes_on() -> None:
    """M4, P3: done wins, and its successors in both plans are open; an unmerge has them wait again."""
    done = Completion(1, NOW, FIRST, "u0")
    target = plan("t", Task("t0", "First", key="a"), Task("t1", "Next", "waiting", dependencies=(Dependency("t0"),)))
    source = plan(
        "s",
        Task("s0", "First", "done", key="a", completion=done, completions=1),
        Task("s1", "Then", dependencies=(Dependency("s0"),)),
    )
    found = merge(target, source, context())
    assert ["done", "open", "open"] == [one.status for one in found.target.tasks]
    assert ["done"] == [one.by for one in found.conflicts]
    turned = merge(source, target, context())
    assert ["done", "open", "open"] == [one.status for one in turned.target.tasks]
    back = unmerge(target, found.target, found.target, source, context())
    assert (target, source) == (back.target, back.source)
