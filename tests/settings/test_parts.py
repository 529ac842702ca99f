"""Each part of the settings is a right of its own, and a field belongs to one part (R3)."""

from typing import Any

import attrs
import pytest

import actionplans as ap
from actionplans.errors import Invalid, NotAllowed
from actionplans.model import Stage, WorkCalendar
from actionplans.settings import (
    ACTIONS,
    PART_OF,
    PARTS,
    Collection,
    CustomField,
    Grant,
    Limits,
    ObjectiveRule,
    ObjectiveStatus,
    Section,
    Settings,
    TaskStatusName,
    parts_changed,
)
from actionplans.workspace import Workspace
from tests.workspace.world import snapshot, store_of, watched

S = Settings()
EXAMPLES: dict[str, Any] = {
    "sections": (*S.sections, Section("new", "New")),
    "stages": (*S.stages, Stage("new", "New", key="new")),
    "objective_statuses": (*S.objective_statuses, ObjectiveStatus("new", "New")),
    "objective_rules": (ObjectiveRule("done", "achieved"),),
    "objective_categories": (*S.objective_categories, "New"),
    "task_statuses": (TaskStatusName("blocked", "Blocked", "waiting"),),
    "task_types": (*S.task_types, "call"),
    "priorities": (*S.priorities, "urgent"),
    "roles": (*S.roles, "legal"),
    "labels": ap.FrozenMap({"plan": "Success plan"}),
    "custom_fields": (CustomField("size", "Size"),),
    "policy": (*S.policy, Grant("auditor", "*.see")),
    "actions": ("task.approve",),
    "collections": (Collection("sales", "Sales"),),
    "contacts_see_each_other": True,
    "calendars": (*S.calendars, WorkCalendar("gulf", frozenset({7, 1, 2, 3, 4}))),
    "calendar": "default & default",
    "time_zone": "Europe/Lisbon",
    "link_policy": "hold",
    "merge_rules": ("never",),
    "limits": Limits(tasks_per_plan=5),
    "reassignment": "none",
    "double_launch": "refuse",
}
"""Another value for every field."""


def test_every_field_has_a_part_and_every_part_an_action() -> None:
    """A field that is added belongs to nobody until somebody says whose it is."""
    fields = {one.name for one in attrs.fields(Settings)} - {"id", "revision"}
    assert fields == PART_OF.keys() == EXAMPLES.keys()
    assert {*PARTS} == {*PART_OF.values()}
    assert {"see", *PARTS} == {one.partition(".")[2] for one in ACTIONS if one.startswith("settings.")}


@pytest.mark.parametrize("name", EXAMPLES)
def test_a_field_asks_for_the_right_to_its_part_alone(ws: Workspace, name: str) -> None:
    """Whoever has that right may, whoever has all others may not, and then nothing has changed."""
    part = f"settings.{PART_OF[name]}"
    others = tuple(Grant("most", f"settings.{one}") for one in ("see", *PARTS) if f"settings.{one}" != part)
    ws.settings.update(policy=(*S.policy, Grant("one", part), *others))
    value = (*ws.settings.get().policy, Grant("auditor", "*.see")) if name == "policy" else EXAMPLES[name]
    one, most = (ws.acting_as(ap.Actor("zoe", roles={role})) for role in ("one", "most"))
    before = snapshot(store_of(ws))
    with pytest.raises(NotAllowed, match=part):
        most.settings.update(**{name: value})
    with pytest.raises(NotAllowed, match=part):
        most.settings.impact(**{name: value})
    assert before == snapshot(store_of(ws))
    assert value == getattr(one.settings.update(**{name: value}), name)


def test_how_a_section_is_shared_is_a_part_of_sharing() -> None:
    """What else it says is a vocabulary's; a new one is shared as it ships unless somebody may share (V4)."""
    first, *rest = S.sections

    def parts(*sections: Section) -> tuple[str, ...]:
        return parts_changed(S, attrs.evolve(S, sections=sections))

    assert () == parts(*S.sections)
    assert ("sharing",) == parts(attrs.evolve(first, profile="none"), *rest)
    assert ("vocabularies",) == parts(attrs.evolve(first, title="New"), *rest)
    assert ("vocabularies", "sharing") == parts(attrs.evolve(first, title="New", profile="none"), *rest)
    assert ("vocabularies",) == parts(*S.sections, Section("new", "New")) == parts(*rest)
    assert ("vocabularies", "sharing") == parts(*S.sections, Section("new", "New", profile="ancestors"))


def test_several_parts_take_the_right_to_each(ws: Workspace) -> None:
    """One that is missing refuses all of it."""
    ws.settings.update(policy=(*S.policy, Grant("words", "settings.vocabularies")))
    words = ws.acting_as(ap.Actor("zoe", roles={"words"}))
    before = snapshot(store_of(ws))
    with pytest.raises(NotAllowed, match=r"settings\.limits"):
        words.settings.update(task_types=EXAMPLES["task_types"], limits=EXAMPLES["limits"])
    assert before == snapshot(store_of(ws))


@pytest.mark.parametrize("role", ["manager", "member", "viewer"])
def test_whoever_works_here_sees_the_settings_and_changes_none(ws: Workspace, role: str) -> None:
    """Forms are made of them; a change that changes nothing gives them too, and no more."""
    acting = ws.acting_as(ap.Actor("zoe", roles={role}))
    assert ws.settings.get() == acting.settings.get()
    assert ws.settings.get() == acting.settings.update(time_zone="UTC")
    for name, value in EXAMPLES.items():
        with pytest.raises(NotAllowed):
            acting.settings.update(**{name: value})


@pytest.mark.parametrize("role", ["partner", "contact", "stranger"])
def test_nobody_outside_sees_the_settings(ws: Workspace, role: str) -> None:
    """They hold the words of plans that such a person has never heard of (V5)."""
    acting = ws.acting_as(ap.Actor("zoe", roles={role}))
    for ask in (acting.settings.get, acting.settings.update, acting.settings.impact):
        with pytest.raises(NotAllowed):
            ask()
    with pytest.raises(NotAllowed):
        acting.settings.replace(S)


def test_two_who_change_different_fields_are_both_heard(ws: Workspace) -> None:
    """Each on what is there by then (S2)."""
    other, store = watched(ws)
    ws.settings.update(labels={"plan": "Plan"})
    store.before_commit.append(lambda: ws.settings.update(time_zone="Europe/Lisbon"))
    after = other.settings.update(link_policy="hold")
    assert ("Europe/Lisbon", "hold", 3) == (after.time_zone, after.link_policy, after.revision)


def test_a_whole_value_is_stored_only_on_what_was_read(ws: Workspace) -> None:
    """`replace` raises `Stale` where somebody was faster, also while it is at it (S2)."""
    read = ws.settings.get()
    assert "hold" == ws.settings.replace(attrs.evolve(read, link_policy="hold")).link_policy
    before = snapshot(store_of(ws))
    with pytest.raises(ap.errors.Stale, match="settings"):
        ws.settings.replace(attrs.evolve(read, link_policy="asap"))
    assert before == snapshot(store_of(ws))
    other, store = watched(ws)
    store.before_commit.append(lambda: ws.settings.update(time_zone="Europe/Lisbon"))
    with pytest.raises(ap.errors.Stale, match="settings"):
        other.settings.replace(attrs.evolve(ws.settings.get(), link_policy="asap"))
    assert ("hold", "Europe/Lisbon") == (ws.settings.get().link_policy, ws.settings.get().time_zone)


def test_a_whole_value_takes_the_rights_to_what_it_changes(ws: Workspace) -> None:
    """And to nothing else."""
    ws.settings.update(policy=(*S.policy, Grant("words", "settings.vocabularies"), Grant("words", "settings.see")))
    words = ws.acting_as(ap.Actor("zoe", roles={"words"}))
    read = words.settings.get()
    assert ("call",) == words.settings.replace(attrs.evolve(read, task_types=("task", "call"))).task_types[1:]
    with pytest.raises(NotAllowed, match=r"settings\.policy"):
        words.settings.replace(attrs.evolve(words.settings.get(), policy=S.policy))


def test_an_id_and_a_revision_are_not_given(ws: Workspace) -> None:
    """All fields that cannot be given, in one error."""
    with pytest.raises(Invalid) as error:
        ws.settings.update(id="mine", revision=9, secret=True)
    assert ["id", "revision", "secret"] == [one.place for one in error.value.problems]
