"""What a launch takes, leaves out, refuses and copies (T1 to T4, T10, R4, R5, L8)."""

import datetime as dt
from decimal import Decimal
from typing import Any

import attrs
import pytest

import actionplans as ap
from actionplans.errors import Invalid, MissingAnchors, Refused
from actionplans.launch import blueprint, draft, holds, launch
from actionplans.model import (
    Condition,
    Dependency,
    Launch,
    Metric,
    Offset,
    Stage,
    Template,
    TemplateMilestone,
    TemplateObjective,
    TemplatePlay,
    TemplateStage,
    TemplateTask,
)
from actionplans.settings import CustomField, Limits, Settings
from actionplans.template import check_template
from tests.launch.samples import ACME, DIRECTORY, MONDAY, NOW, by_key, changed, day, drafted, launched, places, template

TREE = template(
    TemplateTask("loose", "Loose", required=False),
    TemplateTask("of-objective", "Of objective", parent="objective"),
    TemplateTask("of-play", "Of play", parent="play", milestone="milestone", stage="stage", required=False),
    TemplateTask("of-free-play", "Of free play", parent="free-play"),
    TemplateTask("of-milestone", "Of milestone", milestone="milestone"),
    TemplateTask("of-stage", "Of stage", stage="stage"),
    stages=(TemplateStage("stage", "Stage", fixed=True),),
    objectives=(TemplateObjective("objective", "Objective"),),
    milestones=(TemplateMilestone("milestone", "Milestone", objective="objective"),),
    plays=(TemplatePlay("play", "Play", objective="objective"), TemplatePlay("free-play", "Free play")),
)


@pytest.mark.parametrize(
    "dropped,gone",
    [
        ("loose", {"loose"}),
        ("play", {"play", "of-play"}),
        ("milestone", {"milestone", "of-play", "of-milestone"}),
        ("stage", {"stage", "of-play", "of-stage"}),
        ("objective", {"objective", "play", "milestone", "of-objective", "of-play", "of-milestone"}),
        ("of-play", {"of-play"}),
    ],
)
def test_children_go_with_their_parents(dropped: str, gone: set[str]) -> None:
    """Whatever kind of parent it is; nothing is left hanging, and the launch says all that was left out (T4)."""
    plan = launched(TREE, dropped=frozenset({dropped}))
    assert {item.key for item in TREE.items()} - gone == by_key(plan).keys()
    assert plan.launch is not None and gone == plan.launch.dropped


def test_the_whole_tree_is_copied_with_its_places() -> None:
    """Every item under what it stood under, by the plan's own ids, with its key (T3)."""
    plan = launched(TREE)
    items = by_key(plan)
    task = items["of-play"]
    assert (items["play"].id, items["milestone"].id, items["stage"].id) == (
        task.parent_id,
        task.milestone_id,
        task.stage_id,
    )
    assert items["objective"].id == items["play"].objective_id == items["milestone"].objective_id
    assert items["objective"].id == items["of-objective"].parent_id
    assert None is items["free-play"].objective_id is items["loose"].parent_id
    assert [task.key for task in TREE.tasks] == [task.key for task in plan.tasks], "in the template's order"
    assert len({item.id for item in plan.items()} | {plan.id}) == len(list(plan.items())) + 1
    assert Launch("t", 1, NOW, "me", plan.anchors) == plan.launch
    assert ("me", NOW, NOW, "active") == (plan.created_by, plan.created_at, plan.changed_at, plan.status)
    assert {"me"} == {item.created_by for item in plan.items() if not isinstance(item, Stage)}


def test_every_field_of_the_template_arrives() -> None:
    """What the template says of an item and no launch changes is on the item as it stood (T2, T3)."""
    metric = Metric(Decimal(5), ">=", "logins")
    said: dict[str, Any] = {
        "description": "Text",
        "type": "action",
        "priority": "high",
        "category": "Growth",
        "calendar": "default",
        "required": False,
        "weight": 3,
        "metric": metric,
        "tags": ("a", "b"),
        "shared": True,
        "fixed": True,
        "custom": ap.FrozenMap({"x": 1}),
    }
    fields = tuple(CustomField("x", "X", of=of, type="number") for of in ("play", "task"))  # type: ignore[arg-type]
    settings = Settings(custom_fields=fields)
    task = launched(template(TemplateTask("t", "T", **said)), settings=settings).tasks[0]
    assert said == {name: getattr(task, name) for name in said}
    for collection, item in (
        ("objectives", TemplateObjective("o", "O", "Text", "at_risk", "Growth", weight=2, metric=metric, shared=True)),
        ("milestones", TemplateMilestone("m", "M", "Text", shared=True, fixed=True)),
        ("plays", TemplatePlay("p", "P", "Text", weight=2, shared=True, fixed=True, custom=said["custom"])),
        ("stages", TemplateStage("s", "S", "Text", True)),
    ):
        (made,) = getattr(launched(template(**{collection: (item,)}), settings=settings), collection)
        for one in attrs.fields(type(item)):
            if hasattr(made, one.name) and one.name not in ("start", "end", "due"):
                assert getattr(item, one.name) == getattr(made, one.name), one.name
    own = {"description": "Text", "category": "Sales", "calendar": "default", "shared": True, "link_policy": "hold"}
    plan = launched(template(**own))
    assert own == {name: getattr(plan, name) for name in own}
    assert "push" == launched(template()).link_policy, "the settings' where the template says nothing (P5)"


def test_launching_copies() -> None:
    """Nothing that happens to the plan changes the template, nor the other way round (T3)."""
    before = attrs.evolve(TREE)
    plan = launched(TREE)
    attrs.evolve(plan, tasks=())
    launched(TREE, dropped=frozenset({"play"}), overrides={"loose": changed(title="Other")})
    assert before == TREE
    assert plan == launched(TREE), "the same draft with the same ids is the same plan"


def test_counting_from_what_is_dropped_is_refused_with_what_to_do() -> None:
    """Unless a date is given by hand (D9)."""
    given = template(
        TemplateTask("a", "A", due=Offset(1), required=False),
        TemplateTask("b", "B", due=Offset(1, anchor="task:a")),
        TemplateTask("c", "C", start=Offset(1, anchor="milestone:m"), duration=1),
        TemplateTask("d", "D", due=Offset(3), after=(Dependency("a"),)),
        milestones=(TemplateMilestone("m", "M", due=Offset(1)),),
        objectives=(TemplateObjective("o", "O", end=Offset(1, anchor="task:a")),),
    )
    with pytest.raises(
        Invalid, match="counts from task:a, which has no date here: choose it too, or give a date"
    ) as error:
        launched(given, dropped=frozenset({"a", "m"}))
    assert ["items['b'].offset", "items['c'].offset", "items['o'].offset"] == sorted(places(error.value))
    by_hand = {"b": changed(due=day(1, 9)), "c": changed(start=day(1, 9)), "o": changed(due=day(1, 9))}
    plan = launched(given, dropped=frozenset({"a", "m"}), overrides=by_hand)
    items = by_key(plan)
    assert (day(1, 9), day(1, 9), day(1, 9)) == (items["b"].due, items["c"].due, items["o"].end)
    assert (None, None) == (items["b"].offset, items["c"].start_offset), "nothing points to what is not there"
    assert ((), day(1, 8), "open") == (items["d"].dependencies, items["d"].due, items["d"].status)


def test_what_a_draft_says_of_nothing_is_refused() -> None:
    """Keys that the template does not have, and what this kind of item has not; all at once (T4)."""
    wrong = {
        "nothing": changed(title="x"),
        "stage": changed(due=MONDAY),
        "milestone": changed(start=MONDAY, owner_id="me"),
    }
    with pytest.raises(Invalid) as error:
        launched(TREE, dropped=frozenset({"no-such"}), overrides=wrong)
    assert {
        "items['no-such']",
        "items['nothing']",
        "items['stage'].due",
        "items['milestone'].start",
        "items['milestone'].owner_id",
    } == set(places(error.value))


@pytest.mark.parametrize("key", ["stage", "objective", "milestone", "play", "loose"])
def test_a_draft_changes_the_words_of_any_item(key: str) -> None:
    """Title and description, also to nothing (T4)."""
    described = attrs.evolve(
        TREE,
        **{
            name: tuple(attrs.evolve(one, description="Old") for one in getattr(TREE, name))
            for name in ("stages", "objectives", "milestones", "plays", "tasks")
        },
    )
    item = by_key(launched(described, overrides={key: changed(title="New", description="")}))[key]
    assert ("New", "") == (item.title, item.description)
    same = by_key(launched(described, overrides={key: changed(title="New")}))[key]
    assert ("New", "Old") == (same.title, same.description)


def test_stages_of_the_library_are_referred_to_and_others_copied() -> None:
    """A custom stage belongs to its plan; the library's belong to the settings."""
    given = template(
        TemplateTask("a", "A", stage="closing"),
        TemplateTask("b", "B", stage="pilot"),
        stages=(TemplateStage("closing", "Whatever"), TemplateStage("pilot", "Pilot", "Text", True)),
    )
    plan = launched(given)
    (pilot,) = plan.stages
    assert ("Pilot", "Text", "pilot", True) == (pilot.title, pilot.description, pilot.key, pilot.fixed)
    assert ["closing", pilot.id] == [task.stage_id for task in plan.tasks]
    with pytest.raises(Invalid, match="is the library's"):
        launched(given, overrides={"closing": changed(title="Mine")})


def test_the_stage_where_the_account_stands_is_one_there_is() -> None:
    """The library's by id, or the template's own by key."""
    given = template(stages=(TemplateStage("pilot", "Pilot"),))
    plan = launched(given, stage_id="pilot")
    assert plan.stages[0].id == plan.stage_id
    assert "closing" == launched(given, stage_id="closing").stage_id
    for stage_id, dropped in (("nothing", frozenset[str]()), ("pilot", frozenset({"pilot"}))):
        with pytest.raises(Invalid) as error:
            launched(given, stage_id=stage_id, dropped=dropped)
        assert ["stage_id"] == places(error.value)


def test_a_section_may_want_a_stage_for_every_task() -> None:
    """Each task without one is named (L8)."""
    free = (TemplateTask(key, key.upper(), required=False) for key in ("b", "c"))
    given = template(
        TemplateTask("a", "A", stage="closing"),
        *free,
        section="sales_plan",
        stages=(TemplateStage("closing", "Closing"),),
    )
    with pytest.raises(Invalid) as error:
        launched(given)
    assert ["items['b'].stage", "items['c'].stage"] == places(error.value)
    assert ["a"] == [task.key for task in launched(given, dropped=frozenset({"b", "c"})).tasks]
    assert 3 == len(launched(given, section="growth_plans").tasks)
    with pytest.raises(Invalid, match="section: one of growth_plans, client_commitments, sales_plan"):
        launched(given, section="nothing")


def test_a_plan_has_no_more_tasks_than_the_settings_allow() -> None:
    """The limit and the number are named."""
    given, few = (
        template(*(TemplateTask(f"t{n}", "T", required=False) for n in range(4))),
        Settings(limits=Limits(tasks_per_plan=3)),
    )
    with pytest.raises(Invalid, match="at most 3 in a plan, not 4"):
        launched(given, settings=few)
    assert 3 == len(launched(given, settings=few, dropped=frozenset({"t0"})).tasks)


def test_only_published_templates_launch() -> None:
    """One that is edited only on trial, and then it must be sound; a retired one never (T1)."""
    good = template(TemplateTask("a", "A"))
    editing, retired = (attrs.evolve(good, state=state) for state in ("editing", "retired"))
    with pytest.raises(Refused, match="is editing: publish it first"):
        launched(editing)
    assert 1 == len(launched(editing, trial=True).tasks)
    for trial in (False, True):
        with pytest.raises(Refused, match="is retired: launch another version"):
            launched(retired, trial=trial)
    rough = attrs.evolve(editing, tasks=(TemplateTask("a", "A", parent="nothing"), TemplateTask("a", "Again")))
    with pytest.raises(Invalid) as error:
        launched(rough, trial=True)
    assert 2 == len(error.value.problems)


def test_a_draft_is_checked_when_it_is_made() -> None:
    """Dates are dates, anchors a mapping, and `start` is said once (D11)."""
    for arguments in (
        {"start": dt.datetime(2026, 1, 5)},
        {"start": "2026-01-05"},
        {"start": None},
        {"start": MONDAY, "anchors": [("go_live", MONDAY)]},
        {"start": MONDAY, "anchors": {"go_live": NOW}},
        {"start": MONDAY, "anchors": {"start": day(1, 6)}},
        {"start": MONDAY, "owner_id": 5},
    ):
        with pytest.raises(Invalid):
            draft(TREE, ACME, **arguments)
    assert "Template" == draft(TREE, ACME, start=MONDAY, anchors={"start": MONDAY}).title


def test_a_draft_without_a_start_is_refused() -> None:
    """However it was made (D9)."""
    made = attrs.evolve(drafted(TREE), anchors=ap.FrozenMap())
    with pytest.raises(MissingAnchors) as error:
        launch(made, ACME, Settings(), directory=DIRECTORY, applier_id="me", now=NOW, new_id=str)
    assert ("start",) == error.value.anchors
    with pytest.raises(Invalid, match="account_id"):
        launch(
            drafted(TREE),
            attrs.evolve(ACME, id="x"),
            Settings(),
            directory=DIRECTORY,
            applier_id="me",
            now=NOW,
            new_id=str,
        )


def test_tasks_wait_for_what_must_be_done_first() -> None:
    """FS links and offsets counted from a task; not other links, and not what was left out (P1, P3)."""
    given = template(
        TemplateTask("first", "First", due=Offset(1), required=False),
        TemplateTask("fs", "FS", after=(Dependency("first"),)),
        TemplateTask("ss", "SS", after=(Dependency("first", "SS"), Dependency("point", "FF"))),
        TemplateTask("counts", "Counts", due=Offset(1, anchor="task:first")),
        TemplateTask("point", "After the point", after=(Dependency("m"),)),
        TemplateTask("from-point", "From the point", due=Offset(1, anchor="milestone:m")),
        milestones=(TemplateMilestone("m", "M", due=Offset(1)),),
    )
    statuses = {task.key: task.status for task in launched(given).tasks}
    waiting = {"fs", "counts", "point"}
    assert {key: "waiting" if key in waiting else "open" for key in statuses} == statuses
    without = launched(given, dropped=frozenset({"first"}), overrides={"counts": changed(due=MONDAY)})
    assert {"point"} == {task.key for task in without.tasks if task.status == "waiting"}


def test_custom_fields_get_their_defaults() -> None:
    """Of each kind of item its own, where the template says nothing (R5)."""
    kinds = ("plan", "objective", "play", "task", "account")
    fields = tuple(CustomField("size", "Size", of=of, default=f"of a {of}") for of in kinds)
    settings = Settings(custom_fields=(*fields, CustomField("more", "No default", type="number")))
    given = template(
        TemplateTask("a", "A"),
        TemplateTask("b", "B", custom=ap.FrozenMap({"size": "said", "more": 1})),
        plays=(TemplatePlay("p", "P"),),
        objectives=(TemplateObjective("o", "O", custom=ap.FrozenMap({"size": "said"})),),
    )
    plan = launched(given, settings=settings)
    items = by_key(plan)
    assert {"size": "of a plan"} == dict(plan.custom)
    assert [{"size": "of a task"}, {"size": "said", "more": 1}] == [dict(task.custom) for task in plan.tasks]
    assert ({"size": "of a play"}, {"size": "said"}) == (dict(items["p"].custom), dict(items["o"].custom))


def test_an_objective_begins_with_the_first_status() -> None:
    """Of the administrator's list, unless the template says which (L6)."""
    given = template(objectives=(TemplateObjective("a", "A"), TemplateObjective("b", "B", status="at_risk")))
    assert ["not_started", "at_risk"] == [one.status for one in launched(given).objectives]


ASKED = Settings(
    custom_fields=(
        CustomField("size", "Size", "account", "number"),
        CustomField("vip", "VIP", "account", "yes_no"),
        CustomField("since", "Since", "account", "date"),
        CustomField("areas", "Areas", "account", "several_of", ("a", "b")),
        CustomField("missing", "Missing", "account"),
    )
)
"""Settings with the custom fields that conditions ask for."""


@pytest.mark.parametrize(
    "field,comparison,value,taken",
    [
        ("account.type", "==", "enterprise", True),
        ("account.type", "==", "Enterprise", False),
        ("account.type", "!=", "smb", True),
        ("account.type", "in", ("smb", "enterprise"), True),
        ("account.type", "in", ("smb",), False),
        ("account.name", "<", "B", True),
        ("account.custom.size", ">=", 500, True),
        ("account.custom.size", ">", 500, False),
        ("account.custom.size", "==", Decimal("500.0"), True),
        ("account.custom.size", ">", "100", False),
        ("account.custom.vip", "==", True, True),
        ("account.custom.vip", "==", 1, False),
        ("account.custom.since", "<", dt.date(2021, 1, 1), True),
        ("account.custom.since", "<", "2021", False),
        ("account.custom.areas", "==", ("a", "b"), True),
        ("account.custom.missing", "==", "x", False),
        ("account.custom.missing", "!=", "x", True),
        ("account.custom.missing", "<", 5, False),
    ],
)
def test_a_condition_is_asked_of_the_account(field: str, comparison: Any, value: Any, taken: bool) -> None:
    """Data, no code; what an account does not have equals nothing (T10)."""
    given = template(TemplateTask("t", "T", conditions=(Condition(field, comparison, value),)), TemplateTask("u", "U"))
    assert taken == ("t" in by_key(launched(given, settings=ASKED)))


def test_a_condition_asks_for_a_custom_field_that_there_is() -> None:
    """A misspelt one would leave its item out for ever without a word; told with a guess (T10)."""
    with_condition = TemplateTask("t", "T", conditions=(Condition("account.custom.sise", ">", 5),), required=False)
    given = template(with_condition, TemplateTask("u", "U"))
    with pytest.raises(Invalid, match="no custom field 'sise'.*is it size"):
        check_template(given, settings=ASKED)
    with pytest.raises(Invalid, match="is it size") as error:
        launched(given, settings=ASKED)
    assert ["items['t'].conditions[0].field"] == places(error.value)
    assert {"u"} == by_key(launched(given, settings=ASKED, dropped=frozenset({"t"}))).keys()


def test_all_conditions_must_hold_and_children_go_with_their_parents() -> None:
    """A play for enterprises takes its tasks along (T10)."""
    enterprise, small = Condition("account.type", "==", "enterprise"), Condition("account.custom.size", "<", 100)
    given = template(
        TemplateTask("a", "A", parent="p"),
        TemplateTask("b", "B", parent="q", conditions=(enterprise,)),
        TemplateTask("c", "C", conditions=(enterprise, small)),
        plays=(TemplatePlay("p", "P", conditions=(enterprise,)), TemplatePlay("q", "Q", conditions=(small,))),
    )
    assert {"a", "p"} == by_key(launched(given, settings=ASKED)).keys()
    smb = attrs.evolve(ACME, type="smb", custom=ap.FrozenMap({"size": 5}))
    assert {"q"} == by_key(launched(given, smb, ASKED)).keys()


@pytest.mark.parametrize("value", [None, True, 1, Decimal(1), "1", dt.date(2026, 1, 1), ("1",)])
@pytest.mark.parametrize("wanted", [True, 1, Decimal(1), "1", dt.date(2026, 1, 1), ("1",)])
def test_values_of_different_kinds_are_never_alike(value: Any, wanted: Any) -> None:
    """They are unequal, and neither less nor more; numbers are one kind, yes and no another (T10)."""
    number = (int, Decimal)

    def kind(one: Any) -> type:
        return bool if type(one) is bool else int if isinstance(one, number) else type(one)

    alike = kind(value) is kind(wanted)
    assert alike == holds(value, "==", wanted) != holds(value, "!=", wanted)
    for comparison in ("<", ">"):
        assert not holds(value, comparison, wanted)
    assert (alike and kind(value) not in (bool, tuple)) == holds(value, "<=", wanted) == holds(value, ">=", wanted)
    assert (value == "1" and wanted == ("1",)) == holds(value, "in", wanted)


def test_a_blueprint_is_drawn_once_a_template() -> None:
    """For the same object, not for an equal one, and only its sound parts are kept."""
    again = attrs.evolve(TREE)
    assert blueprint(TREE) is blueprint(TREE) is not blueprint(again)
    assert Template("x", "X").version == 1
