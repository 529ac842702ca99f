"""The rules that span the items of a template: a broken one for each thing they look for (T2, T5, T10, D9, P2)."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actionplans.errors import Invalid
from actionplans.model import (
    CompletionEmail,
    Condition,
    Dependency,
    Metric,
    Offset,
    Reading,
    Template,
    TemplateMilestone,
    TemplateObjective,
    TemplatePlay,
    TemplateStage,
    TemplateTask,
)
from actionplans.template import PORTABLE_RULES, TEMPLATE_RULES, check_template, rules
from tests.counting import calls
from tests.size import size
from tests.templates.samples import MOMENT

T, M, P, G, S = TemplateTask, TemplateMilestone, TemplatePlay, TemplateObjective, TemplateStage


def template(*items, anchors=(), kind="plan") -> Template:
    """A template of these items."""
    lists = {"stage": [], "objective": [], "milestone": [], "play": [], "task": []}
    for item in items:
        lists[item.kind].append(item)
    return Template("t", "T", kind=kind, anchors=anchors, **{f"{one}s": tuple(found) for one, found in lists.items()})


def after(*keys: str, kind: str = "FS") -> tuple[Dependency, ...]:
    """Links to these predecessors."""
    return tuple(Dependency(key, kind) for key in keys)


def due(anchor: str, count: int = 0) -> Offset:
    """An offset from that anchor."""
    return Offset(count, anchor=anchor)


def account(field: str, comparison: str, value: object) -> tuple[Condition, ...]:
    """One condition."""
    return (Condition(f"account.{field}", comparison, value),)


BROKEN = [
    ("shape", template(kind="play"), {"plays": "has 1 play, not 0"}),
    (
        "shape",
        template(P("p", "P", start=due("milestone:m")), M("m", "M", due=due("start")), T("t", "T"), kind="play"),
        {"plays[0].start.anchor": "by a date of the plan", "tasks[0].parent": "stands under the play, 'p'"},
    ),
    (
        "shape",
        template(G("a", "A"), G("b", "B"), P("p", "P"), P("q", "Q"), kind="play"),
        {"objectives": "at most 1 objective, not 2", "plays": "has 1 play, not 2"},
    ),
    (
        "shape",
        template(G("a", "A"), P("p", "P"), T("t", "T", parent="p"), kind="objective"),
        {"plays[0].objective": "stands under the objective, 'a'"},
    ),
    (
        "shape",
        template(M("m", "M"), T("a", "A"), T("b", "B"), kind="task"),
        {"milestones": "has no milestones", "tasks": "has 1 task, not 2"},
    ),
    ("shape", template(P("p", "P"), kind="stage_library"), {"plays": "has no plays"}),
    ("keys", template(T("a", "A"), T("a", "B")), {"tasks[1].key": "key of tasks[0]"}),
    ("keys", template(S("a", "A"), P("a", "B")), {"plays[0].key": "key of stages[0]"}),
    ("keys", template(T("", "A")), {"tasks[0].key": "needs a key"}),
    ("anchors", template(anchors=("go_live", "go_live")), {"anchors[1]": "twice"}),
    (
        "anchors",
        template(anchors=("Go live", "own_start", "")),
        {"anchors[0]": "small", "anchors[1]": "small", "anchors[2]": "small"},
    ),
    ("parents", template(T("a", "A", parent="b")), {"tasks[0].parent": "there is no play or objective 'b'"}),
    (
        "parents",
        template(T("a", "A", parent="b"), T("b", "B")),
        {"tasks[0].parent": "'b' is a task, not a play or objective"},
    ),
    (
        "parents",
        template(T("a", "A", milestone="x", stage="y")),
        {"tasks[0].milestone": "no milestone", "tasks[0].stage": "no stage"},
    ),
    ("parents", template(T("a", "A", milestone="s"), S("s", "S")), {"tasks[0].milestone": "'s' is a stage"}),
    ("parents", template(M("m", "M", objective="x")), {"milestones[0].objective": "no objective"}),
    ("parents", template(P("p", "P", objective="m"), M("m", "M")), {"plays[0].objective": "is a milestone"}),
    ("links", template(T("a", "A", after=after("a"))), {"tasks[0].after[0]": "after itself"}),
    ("links", template(T("a", "A"), T("b", "B", after=after("a", "a"))), {"tasks[1].after[1]": "twice"}),
    ("links", template(T("a", "A", after=after("x"))), {"tasks[0].after[0]": "no task or milestone 'x'"}),
    ("links", template(T("a", "A", after=after("p")), P("p", "P")), {"tasks[0].after[0]": "'p' is a play"}),
    ("offsets", template(T("a", "A", due=due("go_live"))), {"tasks[0].due.anchor": "add it to its anchors"}),
    ("offsets", template(T("a", "A", start=due("milestone:m"))), {"tasks[0].start.anchor": "no milestone 'm'"}),
    ("offsets", template(T("a", "A", due=due("milestone:m")), M("m", "M")), {"tasks[0].due.anchor": "give it a due"}),
    ("offsets", template(T("a", "A", due=due("task:b")), T("b", "B")), {"tasks[0].due.anchor": "give it a due"}),
    ("offsets", template(T("a", "A", due=due("task:b")), M("b", "B")), {"tasks[0].due.anchor": "is a milestone"}),
    ("offsets", template(P("p", "P", start=due("start"), due=due("own_start"))), {"plays[0].due.anchor": "own_start"}),
    ("offsets", template(M("m", "M", due=due("own_start"))), {"milestones[0].due.anchor": "own_start"}),
    ("offsets", template(G("o", "O", end=due("end"))), {"objectives[0].end.anchor": "add it to its anchors"}),
    ("owners", template(T("a", "A", owner=("email:ana",))), {"tasks[0].owner[0]": "an address"}),
    ("owners", template(T("a", "A", helpers=("applier", "email:@"))), {"tasks[0].helpers[1]": "an address"}),
    (
        "conditions",
        template(T("a", "A", conditions=account("size", "==", "L"))),
        {"tasks[0].conditions[0].field": "custom.NAME"},
    ),
    (
        "conditions",
        template(P("p", "P", conditions=account("type", "==", 3))),
        {"plays[0].conditions[0].value": "is text"},
    ),
    (
        "conditions",
        template(G("o", "O", conditions=account("type", "in", "L"))),
        {"objectives[0].conditions[0].value": "a list"},
    ),
    (
        "conditions",
        template(M("m", "M", conditions=account("custom.x", "<", True))),
        {"milestones[0].conditions[0].value": "a number"},
    ),
    ("cycles", template(T("a", "A", after=after("b")), T("b", "B", after=after("a"))), {"tasks[0]": "a → b → a"}),
    ("cycles", template(T("a", "A", due=due("task:a"))), {"tasks[0]": "a → a"}),
    (
        "cycles",
        template(M("m", "M", due=due("task:a")), T("a", "A", due=due("milestone:m"))),
        {"milestones[0]": "m → a → m"},
    ),
    (
        "cycles",
        template(
            T("a", "A", duration=1, after=after("b", kind="SS")),
            T("b", "B", due=due("task:c")),
            T("c", "C", start=due("task:a")),
        ),
        {"tasks[0]": "a → c → b → a"},
    ),
    (
        "cycles",
        template(M("m", "M"), T("a", "A", milestone="m", after=after("b")), T("b", "B", after=after("m"))),
        {"milestones[0]": "m → b → a → m"},
    ),
]


@pytest.mark.parametrize(("rule", "broken", "wanted"), BROKEN, ids=lambda one: one if isinstance(one, str) else "")
def test_a_rule_names_what_breaks_it(rule: str, broken: Template, wanted: dict[str, str]) -> None:
    """Each problem has its place and says what is wrong; the other rules are content."""
    with pytest.raises(Invalid) as caught:
        check_template(broken)
    found = {problem.place: problem.message for problem in caught.value.problems}
    assert list(wanted) == list(found)
    assert [] == [place for place, words in wanted.items() if words not in found[place]]
    assert set(caught.value.problems) == set(getattr(TEMPLATE_RULES, rule)(broken))


def test_every_rule_has_been_seen_broken() -> None:
    """A rule that nothing breaks checks nothing."""
    assert set(TEMPLATE_RULES._fields) == {rule for rule, _, _ in BROKEN}


def test_all_problems_come_at_once() -> None:
    """Rules do not wait for one another."""
    broken = template(
        T("a", "A", parent="x", after=after("a"), due=due("never"), owner=("email:z",)),
        T("a", "B", conditions=account("size", "==", 1)),
        anchors=("A",),
    )
    with pytest.raises(Invalid) as caught:
        check_template(broken)
    assert 7 == len(caught.value.problems)


def test_what_is_right_passes() -> None:
    """Two kinds of link to one predecessor, a date counted from one's own milestone, one's own start: all in order."""
    check_template(
        template(
            S("s", "S"),
            G("o", "O", start=due("start"), end=due("renewal")),
            M("m", "M", objective="o", due=due("renewal", -5)),
            P("p", "P", objective="o", due=due("milestone:m")),
            T("a", "A", parent="p", milestone="m", stage="s", start=due("milestone:m", -9), due=due("own_start", 2)),
            T("d", "D", milestone="m", after=after("m", kind="SS"), due=due("milestone:m", -1)),
            T("b", "B", parent="o", after=(*after("a"), *after("a", kind="SS")), duration=2),
            T("c", "C", due=due("task:b", 1), after=after("m"), owner=("email:ana@example.com", "team:x", "person:7")),
            anchors=("start", "renewal"),
        )
    )


@pytest.mark.parametrize(
    ("task", "place"),
    [
        (T("a", "A", owner=("applier", "person:7")), "tasks[0].owner[1]"),
        (T("a", "A", helpers=("person:7",)), "tasks[0].helpers[0]"),
        (T("a", "A", completion_email=CompletionEmail("thanks", "c-1")), "tasks[0].completion_email.contact_id"),
        (
            T("a", "A", metric=Metric(Decimal(1), readings=(Reading(MOMENT, Decimal(1), "u"),))),
            "tasks[0].metric.readings",
        ),
        (T("a", "A", conditions=account("owner_id", "==", "u-7")), "tasks[0].conditions[0]"),
    ],
)
def test_a_portable_template_names_no_person_by_id(task: TemplateTask, place: str) -> None:
    """In a store such a template is in order; in a file that travels the id means nothing (T12)."""
    check_template(template(task))
    with pytest.raises(Invalid) as caught:
        check_template(template(task), PORTABLE_RULES)
    assert [place] == [problem.place for problem in caught.value.problems]


def test_many_tasks_are_checked_in_linear_time() -> None:
    """Ten times the tasks, all linked in one chain, take about ten times as many calls, not a hundred."""

    def counted(n: int) -> int:
        tasks = tuple(
            T(
                f"t{k}",
                "T",
                milestone="m",
                due=due(f"task:t{k - 1}") if k else due("start"),
                after=after(f"t{k - 2}") if k > 1 else (),
            )
            for k in range(n)
        )
        big = template(M("m", "M", due=due("start")), *tasks)
        return calls(lambda: check_template(big))

    n = size(400_000)
    assert counted(n) < 15 * counted(n // 10)


KEYS = st.sampled_from("abcd")
ANCHORS = st.sampled_from(["start", "own_start", "end", "task:a", "task:b", "milestone:a", "milestone:c"])
OFFSETS = st.none() | st.builds(Offset, st.integers(-3, 3), anchor=ANCHORS)
TASKS = st.builds(
    lambda key, parent, milestone, before, offset: T(
        key,
        key,
        parent=parent,
        milestone=milestone,
        after=after(*before),
        due=None if offset and offset.anchor == "own_start" else offset,
    ),
    KEYS,
    KEYS | st.just(""),
    KEYS | st.just(""),
    st.lists(KEYS, max_size=2),
    OFFSETS,
)
MILESTONES = st.builds(lambda key, offset: M(key, key, due=offset), KEYS, OFFSETS)
TEMPLATES = st.builds(
    lambda tasks, milestones: template(*milestones, *tasks),
    st.lists(TASKS, max_size=4),
    st.lists(MILESTONES, max_size=2),
)


@given(TEMPLATES)
def test_any_template_is_in_order_or_invalid(any_template: Template) -> None:
    """No heap of dangling and doubled keys makes a rule stumble, and what passes has an order for its dates."""
    try:
        check_template(any_template)
    except Invalid as error:
        assert error.problems
    else:
        assert not list(rules.cycles(any_template))
        assert len({item.key for item in any_template.items()}) == len(list(any_template.items()))
