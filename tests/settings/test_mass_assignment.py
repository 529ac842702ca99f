"""What comes from outside changes what it may and nothing else: every field of every record is decided here."""

import datetime as dt
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from typing import Any

import attrs
import pytest

import actionplans as ap
from actionplans import edit
from actionplans.errors import Invalid, NotAllowed
from actionplans.model import (
    Comment,
    Completion,
    Launch,
    Metric,
    Milestone,
    Objective,
    Origin,
    Play,
    Reading,
    Shift,
    Stage,
    Template,
    TemplateTask,
)
from actionplans.settings import Grant, Settings
from actionplans.workspace import Workspace
from tests.workspace.world import MONDAY, opened, peopled, snapshot, store_of

PLAN = ap.Plan(
    "plan",
    "acme",
    "Plan",
    ap.FrozenMap({"start": MONDAY}),
    stages=(Stage("s", "S"),),
    objectives=(Objective("o", "O"),),
    milestones=(Milestone("m", "M"),),
    plays=(Play("p", "P"),),
    tasks=(ap.Task("t", "T", metric=Metric(Decimal(5))),),
)
OF_PLAN = "description section stage_id owner_id category tags custom calendar link_policy time_zone"
OF_ACCOUNT = "name kind parent_id type website email time_zone owner_id roles primary_contact_id partners custom"

Call = Callable[[Workspace, Mapping[str, Any]], object]
UPDATES: dict[str, tuple[object, str, Call]] = {
    "stage": (PLAN.stages[0], "title description", lambda ws, given: ws.change("plan", edit.update, "s", **given)),
    "objective": (
        PLAN.objectives[0],
        "title description status category start end start_offset end_offset weight metric custom",
        lambda ws, given: ws.change("plan", edit.update, "o", **given),
    ),
    "milestone": (
        PLAN.milestones[0],
        "title description due offset locked",
        lambda ws, given: ws.change("plan", edit.update, "m", **given),
    ),
    "play": (
        PLAN.plays[0],
        "title description start due start_offset offset weight custom",
        lambda ws, given: ws.change("plan", edit.update, "p", **given),
    ),
    "task": (
        PLAN.tasks[0],
        "title description type priority category status_name start due duration start_offset offset calendar locked "
        "required weight reminder completion_email metric tags custom",
        lambda ws, given: ws.change("plan", edit.update, "t", **given),
    ),
    "plan": (PLAN, f"title {OF_PLAN}", lambda ws, given: ws.change("plan", edit.update_plan, **given)),
    "new plan": (PLAN, f"anchors {OF_PLAN}", lambda ws, given: ws.new_plan("acme", **{"title": "New", **given})),
    "account": (ap.Account("acme", "Acme"), OF_ACCOUNT, lambda ws, given: ws.accounts.update("acme", **given)),
    "found account": (
        ap.Account("acme", "Acme"),
        OF_ACCOUNT,
        lambda ws, given: ws.accounts.get_or_create(**{"name": "Acme", "website": "", **given}),
    ),
    "new account": (
        ap.Account("acme", "Other"),
        OF_ACCOUNT,
        lambda ws, given: ws.accounts.get_or_create(**{"name": "New", "website": "", **given}),
    ),
    "person": (
        ap.Person("ana", "Ana"),
        "name kind email account_id firm time_zone calendar active roles preferences quiet_hours opted_out",
        lambda ws, given: ws.people.update("ana", **given),
    ),
    "team": (ap.Team("cs", "CS"), "name members", lambda ws, given: ws.teams.update("cs", **given)),
    "settings": (
        Settings(),
        "sections stages objective_statuses objective_rules objective_categories task_statuses task_types priorities "
        "roles custom_fields policy actions collections calendars calendar time_zone link_policy merge_rules "
        "reassignment double_launch contacts_see_each_other labels limits",
        lambda ws, given: ws.settings.update(**given),
    ),
}
"""For each update: a record, the fields that it takes, and the call."""

STRANGE = {"is_admin": True, "_revision": 1, "__class__": object, "account": "other", "assignee": "ben", "id_": "x"}


@pytest.fixture(scope="module")
def ready() -> Iterator[Workspace]:
    """A workspace that nothing here changes."""
    with opened() as ws:
        peopled(ws).add_plan(PLAN)
        yield ws


@pytest.mark.parametrize("name", UPDATES)
def test_every_field_is_editable_or_refused(ready: Workspace, name: str) -> None:
    """All that cannot be given are named in one error, each is refused by itself too, and nothing changes."""
    record, listed, call = UPDATES[name]
    taken = {*listed.split()}
    fields = {one.name: getattr(record, one.name) for one in attrs.fields(type(record))}  # type: ignore[arg-type]
    assert taken <= fields.keys()
    refused = {one: value for one, value in fields.items() if one not in taken} | STRANGE
    if name == "new plan":
        refused = {one: value for one, value in refused.items() if one not in ("account", "title")}  # parameters
    before = snapshot(store_of(ready))
    with pytest.raises(Invalid) as error:
        call(ready, {**refused, **{one: fields[one] for one in taken if one in ("description", "name", "time_zone")}})
    assert refused.keys() == {one.place for one in error.value.problems}
    for one, value in refused.items():
        with pytest.raises(Invalid):
            call(ready, {one: value})
    assert before == snapshot(store_of(ready))


@pytest.mark.parametrize("name", [one for one in UPDATES if one.split()[0] not in ("new", "found")])
def test_every_field_that_is_listed_can_be_given(ready: Workspace, name: str) -> None:
    """As it is: the list promises no more than there is."""
    record, listed, call = UPDATES[name]
    if name == "settings":
        record = ready.settings.get()
    if name in ("account", "person", "team"):
        record = getattr(ready, {"account": "accounts", "person": "people", "team": "teams"}[name]).get(record.id)  # type: ignore[attr-defined]
    before = snapshot(store_of(ready))
    for one in listed.split():
        call(ready, {one: getattr(record, one)})
    assert before == snapshot(store_of(ready))


NOW = dt.datetime(2026, 1, 5, tzinfo=dt.UTC)
DONE = Completion(1, NOW, MONDAY, "ana")
LAUNCH = Launch("follow-up", 1, NOW, "ana")
ORIGIN = Origin("acme", "other")
NOTE = Comment("c", "ana", NOW, "Hello")
READ = Metric(Decimal(5), readings=(Reading(NOW, Decimal(1), "ana"),))
SHIFTS = (Shift("x", None, None, None, MONDAY),)
FREE = "id title description hand_dated"
NEW: dict[str, tuple[Any, str]] = {
    "stage": (Stage("", "New"), FREE),
    "objective": (
        Objective("", "New"),
        f"{FREE} status category start end owner_id weight metric custom start_offset end_offset",
    ),
    "milestone": (Milestone("", "New"), f"{FREE} due objective_id offset locked"),
    "play": (Play("", "New"), f"{FREE} objective_id owner_id start due weight custom start_offset offset"),
    "task": (
        ap.Task("", "New"),
        f"{FREE} type parent_id milestone_id stage_id dependencies owner_id priority category status_name start due "
        "duration offset start_offset calendar locked helpers owner_by_hand required weight reminder completion_email "
        "metric tags custom",
    ),
}
"""For each kind: a new item, and what it may bring, or what the verb works out by itself."""

SAMPLES: dict[str, dict[str, Any]] = {
    "completion": {"completion": DONE, "status": "done"},
    "completions": {"completions": 3},
    "status": {"status": "in_progress"},
    "was": {"was": "open"},
    "reached_on": {"reached_on": MONDAY},
    "original_due": {"original_due": MONDAY},
    "shifts": {"shifts": SHIFTS},
    "key": {"key": "k"},
    "fixed": {"fixed": True},
    "origin": {"origin": ORIGIN},
    "launch": {"launch": LAUNCH},
    "owner_rule": {"owner_rule": ("applier",)},
    "comments": {"comments": (NOTE,)},
    "created_by": {"created_by": "zoe"},
    "shared": {"shared": True},
    "withheld": {"withheld": True},
}


@pytest.mark.parametrize("kind", NEW)
def test_a_new_item_brings_nothing_that_other_verbs_give(ready: Workspace, kind: str) -> None:
    """Every field of it may be given or is refused; so are readings in a metric (L7)."""
    item, listed = NEW[kind]
    before = snapshot(store_of(ready))
    refused = [one.name for one in attrs.fields(type(item)) if one.name not in listed.split()]
    assert refused, "each has some"
    for name in refused:
        with pytest.raises(Invalid) as error:
            ready.change("plan", edit.add, attrs.evolve(item, **SAMPLES[name]))
        assert name in {one.place for one in error.value.problems}
    if "metric" in listed.split():
        with pytest.raises(Invalid, match="readings"):
            ready.change("plan", edit.add, attrs.evolve(item, metric=READ))
    assert before == snapshot(store_of(ready))
    if hasattr(item, "hand_dated"):
        shown = ready.preview("plan", edit.add, attrs.evolve(item, hand_dated=True)).plan.items()
        assert [False] == [one.hand_dated for one in shown if one.title == "New" and not isinstance(one, Stage)]


BROUGHT: dict[str, dict[str, Any]] = {
    "launch": {"launch": LAUNCH},
    "shared": {"shared": True},
    "archived": {"archived": True},
    "comments": {"comments": (NOTE,)},
    "paused_on": {"paused_on": MONDAY, "status": "paused"},
    "was": {"was": "draft", "status": "paused"},
    "merged_into": {"merged_into": "other", "status": "merged"},
    "completed_at": {"completed_at": NOW, "status": "completed"},
    "status": {"status": "completed"},
    "task 't'.completion": {"tasks": (ap.Task("t", "T", "done", completion=DONE),)},
    "task 't'.status": {"tasks": (ap.Task("t", "T", "cancelled"),)},
    "task 't'.shared": {"tasks": (ap.Task("t", "T", shared=True),)},
    "task 't'.comments": {"tasks": (ap.Task("t", "T", comments=(NOTE,)),)},
    "task 't'.created_by": {"tasks": (ap.Task("t", "T", created_by="zoe"),)},
    "task 't'.metric.readings": {"tasks": (ap.Task("t", "T", metric=READ),)},
    "play 'p'.launch": {"plays": (Play("p", "P", launch=LAUNCH),)},
    "milestone 'm'.reached_on": {"milestones": (Milestone("m", "M", reached_on=MONDAY),)},
    "objective 'o'.shared": {"objectives": (Objective("o", "O", shared=True),)},
    "stage 's'.fixed": {"stages": (Stage("s", "S", fixed=True),)},
}


@pytest.mark.parametrize("place", BROUGHT)
def test_a_whole_plan_with_a_past_is_imported(ready: Workspace, place: str) -> None:
    """Who may create plans may not bring in what launches, completions and other verbs give: that is `plan.import`."""
    bare = ap.Plan("other", "acme", "Other", ap.FrozenMap({"start": MONDAY}))
    before = snapshot(store_of(ready))
    member = ready.acting_as(ap.Actor("ana", roles={"member"}))
    with pytest.raises(NotAllowed, match=r"plan\.import") as error:
        member.add_plan(attrs.evolve(bare, **BROUGHT[place]))
    assert f"leave out {place}" in str(error.value) or f", {place}" in str(error.value)
    assert before == snapshot(store_of(ready))


def test_whoever_may_import_brings_it(ready: Workspace) -> None:
    """What the store says of the plan is its own all the same: who made it, when, in which revision."""
    ws = opened()
    try:
        peopled(ws)
        whole = attrs.evolve(PLAN, shared=True, created_by="zoe", created_at=NOW, changed_at=NOW, revision=9)
        stored = ws.acting_as(ap.Actor("cleo", roles={"manager"})).add_plan(whole).plan
        assert (True, "cleo", 1) == (stored.shared, stored.created_by, stored.revision)
        assert NOW not in (stored.created_at, stored.changed_at)
        plain = ws.acting_as(ap.Actor("ana", roles={"member"})).add_plan(attrs.evolve(whole, id="own", shared=False))
        assert ("ana", 1) == (plain.plan.created_by, plain.plan.revision)
    finally:
        ws.close()


def test_records_that_are_given_whole_say_nothing_of_the_store(ready: Workspace) -> None:
    """Who made it, its state and its numbers are the library's own (T1, S2)."""
    ws = opened()
    try:
        peopled(ws)
        forged = {"state": "published", "published_at": NOW, "created_by": "zoe", "revision": 9, "version": 7}
        added = ws.templates.add(Template("t", "T", tasks=(TemplateTask("a", "A"),), **forged))  # type: ignore[arg-type]
        own = (added.state, added.published_at, added.created_by, added.revision, added.version)
        assert ("editing", None, "root", 1, 1) == own
        saved = ws.templates.save(attrs.evolve(added, **{**forged, "version": 1, "revision": 1, "title": "New"}))
        assert ("editing", None, "root") == (saved.state, saved.published_at, saved.created_by)
        published = ws.templates.publish(attrs.evolve(saved, published_at=NOW, created_by="zoe"))
        assert "root" == published.created_by and NOW != published.published_at
        account = ws.accounts.add(ap.Account("n", "N", created_by="zoe", revision=9))
        assert ("root", 1) == (account.created_by, account.revision)
        assert 1 == ws.people.add(ap.Person("new", "New", revision=9)).revision
        assert 1 == ws.teams.add(ap.Team("new", "New", revision=9)).revision
        assert 1 == ws.settings.replace(attrs.evolve(ws.settings.get(), id="mine", time_zone="Europe/Lisbon")).revision
    except Invalid as error:
        assert ["id"] == [one.place for one in error.problems], "of settings there is one"
    finally:
        ws.close()


def test_a_plan_gets_another_owner_by_those_who_may_assign(ready: Workspace) -> None:
    """Editing is not assigning; what is not given is not asked for (R3)."""
    ws = opened()
    try:
        peopled(ws).add_plan(PLAN)
        ws.settings.update(policy=(*Settings().policy, Grant("editor", "plan.edit"), Grant("editor", "plan.see")))
        editor = ws.acting_as(ap.Actor("zoe", roles={"editor"}))
        before = snapshot(store_of(ws))
        with pytest.raises(NotAllowed, match=r"plan\.assign"):
            editor.change("plan", edit.update_plan, title="New", owner_id="ben")
        assert before == snapshot(store_of(ws))
        assert "New" == editor.change("plan", edit.update_plan, title="New").plan.title
        assert "ben" == ws.change("plan", edit.update_plan, owner_id="ben").plan.owner_id
    finally:
        ws.close()


@pytest.mark.parametrize("role", ["manager", "member", "viewer"])
def test_nobody_gives_themselves_a_role(ready: Workspace, role: str) -> None:
    """Neither by changing a person nor by adding one (R6)."""
    acting = ready.acting_as(ap.Actor("ana", roles={role}))
    before = snapshot(store_of(ready))
    for call in (
        lambda: acting.people.update("ana", roles={"administrator"}),
        lambda: acting.people.update("ana", name="Ana", roles={role, "administrator"}),
        lambda: acting.people.add(ap.Person("new", "New", roles=frozenset({"administrator"}))),
        lambda: acting.teams.update("cs", members={"ana"}),
    ):
        with pytest.raises(NotAllowed):
            call()
    assert before == snapshot(store_of(ready))
