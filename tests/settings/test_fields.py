"""Which role may see and which may edit a custom field, wherever a value comes in (R5)."""

from collections.abc import Callable
from itertools import product
from typing import Any

import attrs
import pytest

import actionplans as ap
from actionplans import edit
from actionplans.checks import EMPTY
from actionplans.errors import Invalid, NotAllowed
from actionplans.model import Added, Draft, Override, Row, Template, TemplateObjective, TemplatePlay, TemplateTask
from actionplans.settings import CustomField, Settings
from actionplans.vocabularies import may_edit_field, may_see_field, touched_in_plan, watched
from actionplans.workspace import Workspace
from tests.workspace.world import MONDAY, snapshot, store_of

KINDS = ("account", "plan", "objective", "play", "task")
ROLES: tuple[frozenset[str], ...] = tuple(
    frozenset(one) for one in ((), ("manager",), ("member",), ("manager", "member"), ("administrator",))
)
NAMED: tuple[frozenset[str], ...] = tuple(frozenset(one) for one in ((), ("manager",), ("manager", "auditor")))


@pytest.mark.parametrize("contact", [False, True])
@pytest.mark.parametrize("shown", [False, True])
@pytest.mark.parametrize(("seen_by", "edited_by"), [*product(NAMED, NAMED)])
def test_who_may_see_and_edit_a_field(
    seen_by: frozenset[str], edited_by: frozenset[str], shown: bool, contact: bool
) -> None:
    """No role named is everybody inside; an administrator always; a contact sees what is shown to contacts, no more."""
    field = CustomField("f", "F", seen_by=seen_by, edited_by=edited_by, shown_to_contacts=shown)
    for roles in ROLES:
        inside = "administrator" in roles
        sees = shown if contact else inside or seen_by == frozenset() or seen_by & roles != frozenset()
        edits = sees and not contact and (inside or edited_by == frozenset() or edited_by & roles != frozenset())
        assert (sees, edits) == (
            may_see_field(field, roles, contact=contact),
            may_edit_field(field, roles, contact=contact),
        )


MANAGER = frozenset({"manager"})
FIELDS = tuple(
    field
    for kind in KINDS
    for field in (
        CustomField("open", "Open", kind, default="as it is"),  # type: ignore[arg-type]
        CustomField("price", "Price", kind, "number", edited_by=MANAGER),  # type: ignore[arg-type]
        CustomField("cost", "Cost", kind, "number", seen_by=MANAGER, default=1),  # type: ignore[arg-type]
        CustomField("who", "Who", kind, "person"),  # type: ignore[arg-type]
    )
)
TEMPLATE = Template(
    "t",
    "T",
    objectives=(TemplateObjective("o", "O"),),
    plays=(TemplatePlay("p", "P"),),
    tasks=(TemplateTask("a", "A"),),
)
PLAY = Template(
    "play", "Play", kind="play", plays=(TemplatePlay("p", "P"),), tasks=(TemplateTask("a", "A", parent="p"),)
)


@pytest.fixture
def ws(ws: Workspace) -> Workspace:
    """With fields of every kind, and a plan and an account that Ben works on."""
    ws.settings.update(custom_fields=FIELDS)
    ws.templates.publish(TEMPLATE)
    ws.templates.publish(PLAY)
    ws.accounts.update("acme", owner_id="ben", custom={"cost": 1})
    plan = ap.Plan(
        "plan",
        "acme",
        "Plan",
        ap.FrozenMap({"start": MONDAY}),
        objectives=(ap.Objective("o", "O"),),
        plays=(ap.Play("p", "P"),),
        tasks=(ap.Task("a", "A"), ap.Task("z", "Z", custom=ap.FrozenMap({"price": 9}))),
    )
    ws.add_plan(plan)
    return ws


def drafted(ws: Workspace, **changes: Any) -> Draft:
    """A draft of the template for the account."""
    return attrs.evolve(ws.draft("t", "acme", start=MONDAY), **changes)


def run(ws: Workspace, given: Any) -> None:
    """Launch the play into the running plan, with the values on its task."""
    draft = ws.draft("play", plan_id="plan", start=MONDAY)
    ws.launch(attrs.evolve(draft, overrides={"a": Override(custom=given)}))


def own(given: Any) -> Added:
    """A task of one's own."""
    return Added(tasks=(TemplateTask("own", "Own", custom=given),))


def made(given: Any, kind: str) -> ap.Plan:
    """A plan made by hand, with the values on one thing of that kind."""
    held = {kind: given}
    return ap.Plan(
        "made",
        "acme",
        "Made",
        ap.FrozenMap({"start": MONDAY}),
        custom=held.get("plan", EMPTY),
        objectives=(ap.Objective("o", "O", custom=held.get("objective", EMPTY)),),
        plays=(ap.Play("p", "P", custom=held.get("play", EMPTY)),),
        tasks=(ap.Task("a", "A", custom=held.get("task", EMPTY)),),
    )


def launched(ws: Workspace, draft: Draft) -> None:
    """Launch one in bulk, and raise what was told of it."""
    (told,) = ws.launch_many([draft])
    if told.error is not None:
        raise told.error


def rowed(ws: Workspace, **fields: Any) -> None:
    """The same, as a row."""
    (told,) = ws.launch_many([Row("r", "acme", MONDAY, **fields)], template="t")
    if told.error is not None:
        raise told.error


Way = Callable[[Workspace, Any], object]
WAYS: dict[str, Way] = {
    "account, updated": lambda ws, given: ws.accounts.update("acme", custom=given),
    "account, made": lambda ws, given: ws.accounts.get_or_create("New", owner_id="ben", custom=given),
    "account, added": lambda ws, given: ws.accounts.add(ap.Account("n", "N", custom=given)),
    "plan, updated": lambda ws, given: ws.change("plan", edit.update_plan, custom=given),
    "plan, new": lambda ws, given: ws.new_plan("acme", "New", custom=given),
    "plan, launched": lambda ws, given: ws.launch(drafted(ws, custom=given)),
    "plan, previewed": lambda ws, given: ws.preview_launch(drafted(ws, custom=given)),
    "plan, in bulk": lambda ws, given: launched(ws, drafted(ws, custom=given)),
    "plan, in a row": lambda ws, given: rowed(ws, custom=given),
    "task, updated": lambda ws, given: ws.change("plan", edit.update, "a", custom=given),
    "task, previewed": lambda ws, given: ws.preview("plan", edit.update, "a", custom=given),
    "task, added": lambda ws, given: ws.change("plan", edit.add, ap.Task(title="New", custom=given)),
    "task, overridden": lambda ws, given: ws.launch(drafted(ws, overrides={"a": Override(custom=given)})),
    "task, of one's own": lambda ws, given: ws.launch(drafted(ws, added=own(given))),
    "task, in a row": lambda ws, given: rowed(ws, overrides=ap.FrozenMap({"a": Override(custom=given)})),
    "task, of a play that is run": run,
    "objective, updated": lambda ws, given: ws.change("plan", edit.update, "o", custom=given),
    "objective, added": lambda ws, given: ws.change("plan", edit.add, ap.Objective("", "New", custom=given)),
    "play, updated": lambda ws, given: ws.change("plan", edit.update, "p", custom=given),
    "play, overridden": lambda ws, given: ws.launch(drafted(ws, overrides={"p": Override(custom=given)})),
    **{
        f"{kind}, added whole": lambda ws, given, kind=kind: ws.add_plan(made(given, kind))  # type: ignore[misc]
        for kind in ("plan", "objective", "play", "task")
    },
}
"""Every way in which a custom field gets a value."""

TEMPLATES: dict[str, Way] = {
    "added": lambda ws, given: ws.templates.add(attrs.evolve(TEMPLATE, id="n", tasks=own(given).tasks)),
    "published": lambda ws, given: ws.templates.publish(attrs.evolve(TEMPLATE, id="n", tasks=own(given).tasks)),
    "saved": lambda ws, given: ws.templates.save(attrs.evolve(ws.templates.revise("t"), tasks=own(given).tasks)),
    "revised": lambda ws, given: ws.templates.publish(attrs.evolve(ws.templates.revise("t"), tasks=own(given).tasks)),
}


@pytest.mark.parametrize("way", WAYS)
def test_a_field_is_edited_by_its_roles_alone(ws: Workspace, way: str) -> None:
    """Others are refused with its name and the role to ask, and nothing changes; what is not given is no edit."""
    call, before = WAYS[way], snapshot(store_of(ws))
    member = ws.acting_as(ap.Actor("ben", roles={"member"}))
    for name in ("price", "cost"):
        with pytest.raises(NotAllowed, match=f"{name}.*manager"):
            call(member, ap.FrozenMap({"open": "new", name: 5}))
        assert before == snapshot(store_of(ws))
    if way.endswith("updated") or way == "task, previewed":
        with pytest.raises(NotAllowed, match="cost"):  # the value that it has: who is refused another would know it
            call(member, ap.FrozenMap({"open": "new", "cost": 1}))
        assert before == snapshot(store_of(ws))
        call(member, ap.FrozenMap({"open": "new"}))
    else:
        call(member, ap.FrozenMap({"open": "new", "cost": 1}))
    assert before != snapshot(store_of(ws)) or "previewed" in way


@pytest.mark.parametrize("way", WAYS)
def test_whoever_has_the_role_edits_it(ws: Workspace, way: str) -> None:
    """A manager here, and an administrator whatever the field says."""
    for role in ("manager", "administrator"):
        store = snapshot(store_of(ws))
        try:
            WAYS[way](ws.acting_as(ap.Actor("ben", roles={role})), ap.FrozenMap({"price": len(role), "cost": 5}))
        except ap.errors.Refused as error:
            assert "already" in str(error), "the second of one id"
        assert store != snapshot(store_of(ws)) or "previewed" in way or "whole" in way or "account" in way


@pytest.mark.parametrize("way", [*WAYS, *TEMPLATES])
def test_a_person_in_a_field_is_there(ws: Workspace, way: str) -> None:
    """One that is not is named with its place, and nothing changes (R5)."""
    before = snapshot(store_of(ws))
    call = {**WAYS, **TEMPLATES}[way]
    if way in ("saved", "revised"):
        ws.templates.revise("t")
        before = snapshot(store_of(ws))
        call = {"saved": save, "revised": publish}[way]
    with pytest.raises(Invalid, match=r"custom\['who'\]: there is no person 'nobody'"):
        call(ws, ap.FrozenMap({"who": "nobody"}))
    assert before == snapshot(store_of(ws))
    call(ws, ap.FrozenMap({"who": "cleo"}))


def save(ws: Workspace, given: Any) -> None:
    """Save the open version with the values."""
    ws.templates.save(attrs.evolve(ws.templates.get("t", 2), tasks=own(given).tasks))


def publish(ws: Workspace, given: Any) -> None:
    """Publish the open version with the values."""
    ws.templates.publish(attrs.evolve(ws.templates.get("t", 2), tasks=own(given).tasks))


def test_a_template_gives_what_its_author_may_edit(ws: Workspace) -> None:
    """A launch would fill it in for people who may not; what was there before stays (R5)."""
    author = ws.acting_as(ap.Actor("ben", roles={"manager"}))
    ws.settings.update(
        custom_fields=(*FIELDS, CustomField("budget", "Budget", "task", edited_by=frozenset({"viewer"})))
    )
    given = ap.FrozenMap({"budget": "much"})
    version = attrs.evolve(TEMPLATE, id="n", tasks=own(given).tasks)
    before = snapshot(store_of(ws))
    for call in (author.templates.add, author.templates.publish):
        with pytest.raises(NotAllowed, match="budget.*viewer"):
            call(version)
        assert before == snapshot(store_of(ws))
    ws.templates.publish(version)
    opened = author.templates.revise("n")
    again = author.templates.save(attrs.evolve(opened, title="New title"))
    with pytest.raises(NotAllowed, match="budget"):
        author.templates.save(attrs.evolve(again, tasks=own(EMPTY).tasks))
    with pytest.raises(NotAllowed, match="budget"):
        author.templates.publish(attrs.evolve(again, tasks=own(ap.FrozenMap({"budget": "more"})).tasks))
    assert "much" == author.templates.publish(again).tasks[0].custom["budget"]
    plan = author.launch(author.draft("n", "acme", start=MONDAY))
    assert "much" == plan.task("own").custom["budget"], "the template gives it, not who launches"


def test_a_field_that_may_not_be_edited_is_cleared_by_nobody_else(ws: Workspace) -> None:
    """Clearing is editing, and an untouched value stands in nobody's way."""
    member = ws.acting_as(ap.Actor("ben", roles={"member"}))
    with pytest.raises(NotAllowed, match="price"):
        member.change("plan", edit.update, "z", custom={"price": None})
    assert "New" == member.change("plan", edit.update, "z", title="New", custom={"price": 9}).task("z").title
    assert 9 == ws.view("plan").task("z").custom["price"]


def test_a_field_of_an_account_is_shown_to_its_roles_alone(ws: Workspace) -> None:
    """In whatever way the account is asked for; whoever changes what they see leaves what they do not see as it is."""
    member = ws.acting_as(ap.Actor("ben", roles={"member"}))
    given = {"cost": 7, "open": "x"}
    ws.accounts.update("acme", custom=given)
    shown = (
        member.accounts.get("acme"),
        *member.accounts.all(),
        *member.accounts.find("acme"),
        member.accounts.get_or_create("Acme"),
        member.accounts.update("acme", type="smb"),
        member.accounts.update("acme", custom={"open": "x"}),
    )
    assert [{"open": "x"}] * 6 == [dict(one.custom) for one in shown]
    assert given == dict(ws.accounts.get("acme").custom)
    assert {"open": "as it is"} == dict(member.accounts.get_or_create("New", owner_id="ben").custom)
    assert {} == dict(member.accounts.update("acme", custom={}).custom)
    assert {"cost": 7} == dict(ws.accounts.get("acme").custom)


def test_bringing_an_item_back_is_no_edit_of_its_fields(ws: Workspace) -> None:
    """Restored and undone, it has what it had; but the step that edited a field is taken back by its roles alone."""
    member = ws.acting_as(ap.Actor("ben", roles={"member"}))
    member.change("plan", edit.delete, "z", confirmed=member.impact("plan", "z"))
    member.restore("plan", "z")
    assert 9 == ws.view("plan").task("z").custom["price"]
    member.change("plan", edit.delete, "z", confirmed=member.impact("plan", "z"))
    member.undo("plan")
    assert 9 == ws.view("plan").task("z").custom["price"]
    ws.change("plan", edit.update, "z", custom={"price": 10})
    before = snapshot(store_of(ws))
    with pytest.raises(NotAllowed, match="price"):
        member.undo("plan")
    assert before == snapshot(store_of(ws))
    assert 9 == ws.undo("plan").task("z").custom["price"]


def test_what_was_never_deleted_is_not_restored(ws: Workspace) -> None:
    """A made-up deletion would bring in what only verbs give: a completion, a price."""
    entry_of = ws.change("plan", edit.delete, "z", confirmed=ws.impact("plan", "z"))
    (entry,) = [one for one in ws.history("plan") if one.revision == entry_of.plan.revision]
    forged = tuple(
        attrs.evolve(one, before=attrs.evolve(one.before, custom=ap.FrozenMap({"price": 1})))
        if one.field == ""
        else one
        for one in entry.edits
    )
    before = snapshot(store_of(ws))
    member = ws.acting_as(ap.Actor("ben", roles={"member"}))
    with pytest.raises(Invalid, match=r"deletion: is not the change that deleted it: use ws\.restore"):
        member.change("plan", edit.restore, "z", forged)
    with pytest.raises(Invalid, match="deletion"):
        member.change("plan", edit.restore, "a", tuple(attrs.evolve(one, item_id="a") for one in entry.edits))
    assert before == snapshot(store_of(ws))
    assert 9 == member.change("plan", edit.restore, "z", entry.edits).task("z").custom["price"]


def test_a_saved_template_leaves_out_what_its_author_may_not_edit(ws: Workspace) -> None:
    """They may see it in the plan, but a template of theirs does not spread it (T8)."""
    ws.settings.update(
        custom_fields=(
            *FIELDS[:-3],
            *FIELDS[-3:],
            CustomField("rank", "Rank", "task", "number", edited_by=frozenset({"viewer"})),
        )
    )
    ws.change("plan", edit.update, "a", custom={"rank": 3, "open": "x"})
    manager = ws.acting_as(ap.Actor("ben", roles={"manager"}))
    saved = manager.save_as_template("plan", id="saved")
    assert [{"open": "x", "cost": 1}, {"open": "as it is", "cost": 1, "price": 9}] == [
        dict(one.custom) for one in saved.tasks
    ]
    assert 3 == ws.save_as_template("plan", id="whole").tasks[0].custom["rank"]


def test_a_summary_tells_of_fields_that_may_not_be_given(ws: Workspace) -> None:
    """Among what stands in the way of the launch (T4)."""
    member = ws.acting_as(ap.Actor("ben", roles={"member"}))
    told = member.summary(drafted(ws, custom=ap.FrozenMap({"price": 5})))
    assert ["price"] == ["price" for one in told.obstacles if "custom['price']" in str(one)]
    told = ws.summary(drafted(ws, custom=ap.FrozenMap({"who": "nobody"})))
    assert ["custom['who']"] == [one.place for one in told.obstacles]


def test_settings_without_such_fields_ask_nothing_more() -> None:
    """So that very large plans cost what they did."""
    plain = Settings(custom_fields=(CustomField("open", "Open", "task"),))
    plan = made(ap.FrozenMap({"open": "x"}), "task")
    assert (frozenset(), []) == (watched(plain), [*touched_in_plan(None, plan, plain)])
