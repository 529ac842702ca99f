"""Templates in a workspace: versions, publishing, retiring (T1)."""

import attrs
import pytest

import actionplans as ap
from actionplans.errors import Invalid, NotAllowed, NotFound, Refused, Stale
from actionplans.model import Offset, Template, TemplateTask
from actionplans.template import change
from actionplans.workspace import Workspace
from tests.workspace.world import FOLLOW_UP, MONDAY, snapshot, store_of, watched


def states(ws: Workspace, template_id: str) -> list[tuple[int, str]]:
    """The versions of a template and their states."""
    return [(one.version, one.state) for one in ws.templates.all() if one.id == template_id]


def test_publishing_the_same_again_is_no_change(ws: Workspace) -> None:
    """So a program that publishes its templates may run twice."""
    before = snapshot(store_of(ws))
    first = ws.templates.publish(FOLLOW_UP)
    assert first == ws.templates.publish(FOLLOW_UP) == ws.templates.publish(first)
    assert ("published", 1, "root") == (first.state, first.version, first.created_by)
    assert before == snapshot(store_of(ws))


def test_something_else_under_a_published_number_is_refused(ws: Workspace) -> None:
    """A published version never changes; the message says how to go on (T1)."""
    before = snapshot(store_of(ws))
    with pytest.raises(Refused, match="differs: revise it"):
        ws.templates.publish(attrs.evolve(FOLLOW_UP, title="Other"))
    assert before == snapshot(store_of(ws))


def test_a_template_goes_through_its_versions(ws: Workspace) -> None:
    """Revise, save, publish, retire; the plans of the first version stay as they are (T1, T3)."""
    plan = ws.launch(ws.draft("follow-up", "acme", start=MONDAY))
    second = ws.templates.revise("follow-up")
    assert [(1, "published"), (2, "editing")] == states(ws, "follow-up")
    assert 1 == ws.templates.get("follow-up").version, "launching goes on with what is published"
    with pytest.raises(Refused, match="open for editing already"):
        ws.templates.revise("follow-up")
    saved = ws.templates.save(change(second, tasks=(TemplateTask("ring", "Ring", due=Offset(3)),)))
    with pytest.raises(Stale):
        ws.templates.save(second)
    with pytest.raises(Stale):
        ws.templates.publish(second)
    assert 2 == ws.templates.publish(saved).version
    assert ["ring"] == [task.key for task in ws.launch(ws.draft("follow-up", "acme", start=MONDAY)).tasks]
    assert plan == ws.view(plan.id)
    ws.templates.retire("follow-up", 2)
    assert [(1, "published"), (2, "retired")] == states(ws, "follow-up")
    assert 1 == ws.templates.get("follow-up").version
    assert "retired" == ws.templates.get("follow-up", 2).state
    with pytest.raises(Refused, match="retired"):
        ws.templates.retire("follow-up", 2)


def test_a_new_template_becomes_version_one(ws: Workspace) -> None:
    """Whatever number, state and revision its file says."""
    given = Template("file", "From a file", version=7, revision=3)
    published = ws.templates.publish(given)
    assert (1, "published", 1) == (published.version, published.state, published.revision)
    assert published == ws.templates.get("file") == ws.templates.get("file", 1)
    assert 1 == ws.templates.add(attrs.evolve(given, id="other")).version


def test_publishing_needs_both_rights_for_a_new_template(ws: Workspace) -> None:
    """Creating one is an action of its own (R3)."""
    policy = ws.settings.get().policy
    ws.settings.update(policy=tuple(one for one in policy if one.action != "template.create"))
    manager = ws.acting_as(ap.Actor("ben", roles={"manager"}))
    with pytest.raises(NotAllowed, match=r"template\.create"):
        manager.templates.publish(Template("new", "New"))
    member = ws.acting_as(ap.Actor("ben", roles={"member"}))
    for command in (
        lambda: member.templates.publish(FOLLOW_UP),
        lambda: member.templates.add(Template("new", "New")),
        lambda: member.templates.save(FOLLOW_UP),
        lambda: member.templates.revise("follow-up"),
        lambda: member.templates.retire("follow-up", 1),
    ):
        with pytest.raises(NotAllowed):
            command()


def test_an_unfinished_template_may_be_saved_but_not_published(ws: Workspace) -> None:
    """All its problems are told at once, and it stays as it was."""
    tasks = (TemplateTask("a", "A", parent="nothing"), TemplateTask("a", "Again", due=Offset(1, anchor="kickoff")))
    added = ws.templates.add(Template("rough", "Rough", tasks=tasks))
    with pytest.raises(Invalid) as error:
        ws.templates.publish(added)
    assert 3 == len(error.value.problems)
    assert added == ws.templates.get("rough")


def test_hidden_and_unknown_templates_are_alike(ws: Workspace) -> None:
    """For those who may not see any (V7)."""
    contact = ws.acting_as(ap.Actor("zoe", roles={"contact"}))
    for template_id in ("follow-up", "nothing"):
        with pytest.raises(NotFound) as error:
            contact.templates.get(template_id)
        assert ("template", template_id) == (error.value.kind, error.value.id)
    for unknown in (lambda: ws.templates.get("nothing"), lambda: ws.templates.get("follow-up", 9)):
        with pytest.raises(NotFound):
            unknown()
    for command in (ws.templates.revise, lambda one: ws.templates.retire(one, 1)):
        with pytest.raises(NotFound):
            command("nothing")


def test_a_template_added_by_two_at_once_is_there_once(ws: Workspace) -> None:
    """The second one is refused by the store, and the first is not overwritten (S2)."""
    through, store = watched(ws)
    store.before_commit = [lambda: ws.templates.add(Template("race", "First"))]
    with pytest.raises(Stale):
        through.templates.add(Template("race", "Second"))
    assert "First" == ws.templates.get("race").title
