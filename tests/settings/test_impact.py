"""A change of the settings says what it touches, and takes nothing away that is in use without being told to."""

from collections.abc import Mapping
from typing import Any

import attrs
import pytest

import actionplans as ap
from actionplans import edit
from actionplans.errors import Invalid, NotAllowed, Refused, Unconfirmed
from actionplans.model import Condition, Stage, Template, TemplateObjective, TemplatePlay, TemplateStage, TemplateTask
from actionplans.settings import Collection, CustomField, Grant, ObjectiveStatus, Section, Settings, TaskStatusName
from actionplans.uses import Use, words_of
from actionplans.workspace import Workspace
from actionplans.workspace import settings as desk
from tests.workspace.world import MONDAY, Watched, snapshot, store_of, watched

GULF = ap.WorkCalendar("gulf", frozenset({7, 1, 2, 3, 4}))
SHIPPED = Settings()
RICH: dict[str, Any] = {
    "sections": (*SHIPPED.sections, Section("pilot", "Pilot", depth=1)),
    "stages": (*SHIPPED.stages, Stage("trial-id", "Trial", key="trial")),
    "objective_statuses": (*SHIPPED.objective_statuses, ObjectiveStatus("fine", "Fine")),
    "objective_categories": (*SHIPPED.objective_categories, "Fun"),
    "task_statuses": (TaskStatusName("blocked", "Blocked", "open"),),
    "task_types": (*SHIPPED.task_types, "chore"),
    "priorities": (*SHIPPED.priorities, "urgent"),
    "roles": (*SHIPPED.roles, "legal"),
    "custom_fields": (
        CustomField("size", "Size", "account", "number"),
        CustomField("region", "Region", "plan", "one_of", ("north", "south")),
        CustomField("score", "Score", "task", "number"),
        CustomField("phase", "Phase", "play"),
        CustomField("aim", "Aim", "objective"),
    ),
    "collections": (Collection("sales", "Sales"),),
    "calendars": (ap.WorkCalendar(), GULF),
    "policy": (*SHIPPED.policy, Grant("auditor", "*.see")),
}
"""Each vocabulary with one key more than it ships with, which something uses; custom fields of all kinds."""

USED = Template(
    "used",
    "Used",
    section="pilot",
    collection="sales",
    calendar="gulf",
    stages=(TemplateStage("trial", "Trial"),),
    objectives=(TemplateObjective("o", "O", status="fine", category="Fun", custom=ap.FrozenMap({"aim": "far"})),),
    plays=(TemplatePlay("p", "P", custom=ap.FrozenMap({"phase": "one"})),),
    tasks=(
        TemplateTask("a", "A", type="chore", priority="urgent", custom=ap.FrozenMap({"score": 5}), stage="trial"),
        TemplateTask("b", "B", owner=("role:legal", "applier"), calendar="gulf"),
        TemplateTask("c", "C", conditions=(Condition("account.custom.size", "==", 1),)),
    ),
)
PLAN = ap.Plan(
    "plan",
    "acme",
    "Plan",
    ap.FrozenMap({"start": MONDAY}),
    section="pilot",
    stage_id="trial-id",
    calendar="gulf & default",
    custom=ap.FrozenMap({"region": "north"}),
    objectives=(ap.Objective("o", "O", status="fine", category="Fun", custom=ap.FrozenMap({"aim": "far"})),),
    plays=(ap.Play("p", "P", custom=ap.FrozenMap({"phase": "one"})),),
    tasks=(
        ap.Task("a", "A", type="chore", priority="urgent", status_name="blocked", stage_id="trial-id"),
        ap.Task("b", "B", type="chore", custom=ap.FrozenMap({"score": 5}), calendar="gulf"),
    ),
)


@pytest.fixture
def rich(ws: Workspace) -> Workspace:
    """A workspace in which something uses every key."""
    ws.settings.update(**RICH)
    ws.templates.publish(USED)
    ws.add_plan(PLAN)
    ws.accounts.update("acme", roles={"legal": "ben"}, custom={"size": 5})
    ws.people.update("cleo", roles={"auditor"}, calendar="gulf")
    return ws


TOUCHED: dict[str, tuple[dict[str, Any], set[tuple[str, str, int]]]] = {
    "sections": ({"sections": SHIPPED.sections}, {("pilot", "plan", 1), ("pilot", "template", 1)}),
    "stages": (
        {"stages": SHIPPED.stages},
        {("trial-id", "plan", 1), ("trial-id", "task", 1), ("trial-id", "template", 1)},
    ),
    "objective_statuses": (
        {"objective_statuses": SHIPPED.objective_statuses},
        {("fine", "objective", 1), ("fine", "template", 1)},
    ),
    "objective_categories": (
        {"objective_categories": SHIPPED.objective_categories},
        {("Fun", "objective", 1), ("Fun", "template", 1)},
    ),
    "task_statuses": ({"task_statuses": ()}, {("blocked", "task", 1)}),
    "task_types": ({"task_types": SHIPPED.task_types}, {("chore", "task", 2), ("chore", "template", 1)}),
    "priorities": ({"priorities": SHIPPED.priorities}, {("urgent", "task", 1), ("urgent", "template", 1)}),
    "roles": ({"roles": SHIPPED.roles}, {("legal", "account", 1), ("legal", "template", 1)}),
    "custom_fields": (
        {"custom_fields": ()},
        {
            *(("account.size", "account", 1), ("account.size", "template", 1), ("plan.region", "plan", 1)),
            *(("task.score", "task", 1), ("task.score", "template", 1), ("play.phase", "play", 1)),
            *(("play.phase", "template", 1), ("objective.aim", "objective", 1), ("objective.aim", "template", 1)),
        },
    ),
    "collections": ({"collections": ()}, {("sales", "template", 1)}),
    "calendars": (
        {"calendars": (ap.WorkCalendar(),)},
        {("gulf", "plan", 1), ("gulf", "task", 1), ("gulf", "person", 1), ("gulf", "template", 1)},
    ),
    "policy": ({"policy": SHIPPED.policy}, {("auditor", "person", 1)}),
}
"""For every vocabulary: what takes its key away, and what uses that."""

HOLDERS = {"plan": "plan", "objective": "plan", "play": "plan", "task": "plan", "account": "acme"}
HOLDERS |= {"person": "cleo", "template": "used@1"}
NEVER = {"sections"}


def told(uses: tuple[Use, ...]) -> set[tuple[str, str, int]]:
    """Key, what uses it, how many."""
    return {(one.key, one.kind, one.count) for one in uses}


def test_every_vocabulary_is_here() -> None:
    """A word that records use belongs to one of them."""
    found = [*words_of(PLAN, Settings(**RICH)), *words_of(USED, Settings(**RICH))]
    assert {one.vocabulary for one in found} < TOUCHED.keys() == RICH.keys()


@pytest.mark.parametrize("name", TOUCHED)
def test_what_is_in_use_is_taken_away_only_when_that_is_confirmed(rich: Workspace, name: str) -> None:
    """It is told by whom and where, nothing changes before, and what used it is still there to be worked on after."""
    fields, expected = TOUCHED[name]
    before = snapshot(store_of(rich))
    found = rich.settings.impact(**fields)
    assert expected == told(found)
    assert {(name, "removed", (HOLDERS[one.kind],)) for one in found} == {
        (one.vocabulary, one.change, one.ids) for one in found
    }
    with pytest.raises(Refused) as error:
        rich.settings.update(**fields)
    for one in found if name not in NEVER else found[:1]:
        assert one.key in str(error.value) and HOLDERS[one.kind] in str(error.value)
    assert before == snapshot(store_of(rich))
    if name in NEVER:
        with pytest.raises(Refused, match="another section first"):
            rich.settings.update(**fields, confirmed=found)
        assert before == snapshot(store_of(rich))
        rich.change("plan", edit.update_plan, section="")
        found = rich.settings.impact(**fields)
    else:
        assert isinstance(error.value, Unconfirmed) and found == error.value.impact
    after = rich.settings.update(**fields, confirmed=found)
    assert fields[name] == getattr(after, name)
    view = rich.change("plan", edit.update, "a", title="New")
    assert ("New", ["A", "B"]) == (view.task("a").title, [one.title for one in USED.tasks][:2])
    assert rich.change("plan", edit.update_plan, description="Still here").plan.description
    assert "used" == rich.templates.get("used", 1).id


def test_what_nobody_uses_goes_at_once(rich: Workspace) -> None:
    """And what is new, or as it was, is in nobody's way."""
    assert () == rich.settings.impact(priorities=(*RICH["priorities"][1:], "never"))
    assert "low" not in rich.settings.update(priorities=(*RICH["priorities"][1:], "never")).priorities
    assert () == rich.settings.impact()


def test_a_key_that_changes_its_meaning_says_whom_it_touches(rich: Workspace) -> None:
    """Nothing is taken away, so nothing needs to be confirmed."""
    deep = tuple(attrs.evolve(one, depth=3) if one.key == "pilot" else one for one in RICH["sections"])
    uses = rich.settings.impact(sections=deep)
    assert {("altered", "plan", 1), ("altered", "template", 1)} == {(one.change, one.kind, one.count) for one in uses}
    assert 3 == rich.settings.update(sections=deep).section("pilot").depth
    fine = tuple(
        attrs.evolve(one, means="achieved") if one.key == "fine" else one for one in RICH["objective_statuses"]
    )
    assert {("fine", "objective", 1), ("fine", "template", 1)} == told(rich.settings.impact(objective_statuses=fine))
    rich.settings.update(objective_statuses=fine)


def fields_with(name: str, **changes: Any) -> Mapping[str, Any]:
    """The custom fields, one of them changed."""
    changed = tuple(attrs.evolve(one, **changes) if one.name == name else one for one in RICH["custom_fields"])
    return {"custom_fields": changed}


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        (fields_with("score", type="yes_no"), {("task.score", "task", 1), ("task.score", "template", 1)}),
        (fields_with("region", choices=("south",)), {("plan.region", "plan", 1)}),
        (fields_with("size", type="text"), {("account.size", "account", 1)}),
        (
            fields_with("aim", type="one_of", choices=("near",)),
            {("objective.aim", "objective", 1), ("objective.aim", "template", 1)},
        ),
    ],
    ids=["type", "choice", "account", "free text to choices"],
)
def test_a_field_that_will_not_hold_its_values_is_confirmed_first(
    rich: Workspace, changes: dict[str, Any], expected: set[tuple[str, str, int]]
) -> None:
    """They stay as they are until somebody touches them (R5)."""
    before = snapshot(store_of(rich))
    with pytest.raises(Unconfirmed) as error:
        rich.settings.update(**changes)
    unfit = error.value.impact
    assert isinstance(unfit, tuple) and {"unfit"} == {one.change for one in unfit}
    assert expected == told(unfit)
    assert {*unfit} <= {*rich.settings.impact(**changes)}
    assert before == snapshot(store_of(rich))
    assert changes["custom_fields"] == rich.settings.update(**changes, confirmed=unfit).custom_fields
    assert (5, "north") == (rich.view("plan").task("b").custom["score"], rich.view("plan").plan.custom["region"])


def test_a_field_that_still_holds_its_values_is_changed_at_once(rich: Workspace) -> None:
    """Another title, more choices, a number that becomes money."""
    for changes in (
        fields_with("score", title="Points"),
        fields_with("score", type="money"),
        fields_with("region", choices=("north", "south", "west")),
    ):
        assert {"altered"} == {one.change for one in rich.settings.impact(**changes)}
        assert changes["custom_fields"] == rich.settings.update(**changes).custom_fields


def test_what_was_confirmed_is_what_is_there(rich: Workspace) -> None:
    """Another use than those that were shown asks again; how many there are may have changed meanwhile."""
    fields, _ = TOUCHED["task_types"]
    shown = rich.settings.impact(**fields)
    rich.change("plan", edit.add, ap.Task(title="One more", type="chore"))
    with pytest.raises(Unconfirmed) as error:
        rich.settings.update(**fields, confirmed=shown[:1])
    assert {("chore", "task", 3), ("chore", "template", 1)} == told(error.value.impact)  # type: ignore[arg-type]
    assert SHIPPED.task_types == rich.settings.update(**fields, confirmed=shown).task_types


@pytest.mark.parametrize("confirmed", [True, None, "yes", (1,), [None], {"chore": 1}], ids=repr)
def test_a_confirmation_is_the_impact(rich: Workspace, confirmed: Any) -> None:
    """Saying yes is not enough."""
    before = snapshot(store_of(rich))
    for call in (rich.settings.update, lambda **given: rich.settings.replace(rich.settings.get(), **given)):
        with pytest.raises(Invalid, match="the impact that was shown is wanted"):
            call(confirmed=confirmed)
    assert before == snapshot(store_of(rich))


def test_only_what_the_asker_may_see_is_named(rich: Workspace) -> None:
    """The others are counted: whoever takes a word away must know that somebody uses it (V7)."""
    rich.settings.update(
        policy=(*RICH["policy"], Grant("words", "settings.vocabularies"), Grant("words", "plan.see", "own"))
    )
    rich.add_plan(attrs.evolve(PLAN, id="mine", owner_id="ben"))
    words = rich.acting_as(ap.Actor("ben", roles={"words"}))
    assert {("task", 4, ("mine",)), ("template", 1, ())} == {
        (one.kind, one.count, one.ids) for one in words.settings.impact(task_types=SHIPPED.task_types)
    }


def test_what_is_touched_is_told_to_those_who_may_change_it(rich: Workspace) -> None:
    """Counts tell something too."""
    with pytest.raises(NotAllowed):
        rich.acting_as(ap.Actor("zoe", roles={"manager"})).settings.impact(task_types=())
    with pytest.raises(Invalid):
        rich.settings.impact(nothing=1)


def test_plans_are_read_some_at_a_time(ws: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    """Never all at once, whatever their number; for a section only its own, and few of them are named."""
    monkeypatch.setattr(desk, "AT_ONCE", 3)
    ws.settings.update(**RICH)
    for n in range(20):
        ws.add_plan(attrs.evolve(PLAN, id=f"plan {n:02}", section="pilot" if n < 8 else ""))
    counting, store = watched(ws)
    asked = Counting(store)
    seen = Workspace(attrs.evolve(counting._desk, store=asked))
    (use,) = seen.settings.impact(task_types=SHIPPED.task_types)
    assert (40, ("plan 00", "plan 01", "plan 02", "plan 03", "plan 04")) == (use.count, use.ids)
    assert (20, 3) == (sum(asked.plans), max(asked.plans))
    asked.plans.clear()
    (use,) = seen.settings.impact(sections=SHIPPED.sections)
    assert (8, 8) == (use.count, sum(asked.plans))


class Counting(Watched):
    """A store that counts the plans that it is asked for at once."""

    def __init__(self, store: Any) -> None:
        """A door to the same store."""
        super().__init__(store)
        self.plans: list[int] = []

    def get_many(self, cls: type, ids: Any) -> Any:
        """Counted, then passed on."""
        wanted = list(ids)
        if cls is ap.Plan:
            self.plans.append(len(wanted))
        return self.store.get_many(cls, wanted)


@pytest.mark.parametrize(
    ("use", "said"),
    [
        (Use("task_types", "call", "removed", "task", 1, ("p1",)), "goes: used by 1 task (in plan p1)"),
        (Use("task_types", "call", "removed", "task", 3, ("p1", "p2")), "goes: used by 3 tasks (in plans p1, p2, …)"),
        (Use("sections", "pilots", "altered", "plan", 2, ("p1", "p2")), "changes: used by 2 plans (p1, p2)"),
    ],
)
def test_a_use_says_whose_ids_it_names(use: Use, said: str) -> None:
    """An item is found by its plan."""
    assert use.sentence().endswith(said)
