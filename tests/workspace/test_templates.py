"""Templates in a workspace: versions, publishing, retiring (T1), collections and search (T14), files (T12)."""

from collections.abc import Callable
from typing import Any

import attrs
import pytest

import actionplans as ap
from actionplans.errors import Invalid, NotAllowed, NotFound, Refused, Stale
from actionplans.model import Offset, Template, TemplateStage, TemplateTask
from actionplans.settings import Collection, CustomField, Grant
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


LIBRARY = (
    Collection("all", "For all"),
    Collection("sales", "Sales", roles=frozenset({"seller"})),
    Collection("service", "Service", teams=frozenset({"cs"})),
    Collection("both", "Both", roles=frozenset({"seller"}), teams=frozenset({"cs"})),
)

SEEN: dict[tuple[str, str], set[str]] = {
    ("cleo", "member"): {"", "all"},
    ("cleo", "seller"): {"", "all", "sales", "both"},
    ("ben", "member"): {"", "all", "service", "both"},
    ("ben", "seller"): {"", "all", "sales", "service", "both"},
    ("zoe", "administrator"): {"", "all", "sales", "service", "both", "gone"},
    ("zoe", "contact"): set(),
}
"""The collections whose templates somebody sees, by person and role; `gone` is one that the settings had once."""


@pytest.fixture
def library(ws: Workspace) -> Workspace:
    """A workspace in which a template stands in each collection."""
    policy = (*ws.settings.get().policy, Grant("seller", "*.see"), Grant("seller", "plan.launch"))
    ws.settings.update(policy=(*policy, Grant("author", "template.*"), Grant("author", "template.edit", allow=False)))
    ws.settings.update(collections=(*LIBRARY, Collection("gone", "Gone")))
    for one in ws.settings.get().collections:
        ws.templates.publish(attrs.evolve(FOLLOW_UP, id=one.key, title=f"Of {one.title}", collection=one.key))
    ws.settings.update(collections=LIBRARY, confirmed=ws.settings.impact(collections=LIBRARY))
    return ws


def told(command: Callable[[str], object], template_id: str) -> str:
    """The words of the `NotFound` of a command, the id left aside."""
    with pytest.raises(NotFound) as error:
        command(template_id)
    return str(error.value).replace(repr(template_id), "ID").replace(repr(f"{template_id}@1"), "ID@1")


@pytest.mark.parametrize("who", SEEN, ids=" ".join)
def test_a_template_is_there_for_those_who_may_see_its_collection(library: Workspace, who: tuple[str, str]) -> None:
    """In whatever way it is asked for; for all others it is as if it were not there (T14, V7)."""
    ws = library.acting_as(ap.Actor(who[0], roles={who[1]}))
    if not SEEN[who]:
        for command in (ws.templates.all, ws.templates.find):
            with pytest.raises(NotAllowed):
                list(command())
    else:
        assert SEEN[who] == {one.collection for one in ws.templates.all()}
        assert SEEN[who] == {one.collection for one in ws.templates.find()}
    assert SEEN[who] - {"", "gone"} == {one.key for one in ws.templates.collections()}
    for key in ("all", "sales", "service", "both", "gone"):
        commands = (
            lambda id: ws.templates.get(id),
            lambda id: ws.templates.get(id, 1),
            lambda id: ws.templates.export(id),
            lambda id: ws.draft(id, ws.accounts.get("acme"), start=MONDAY),
        )
        for command in commands[: 4 if SEEN[who] else 3]:
            if key in SEEN[who]:
                assert command(key)
            else:
                assert told(command, "unknown") == told(command, key)


def test_a_hidden_template_is_not_launched(library: Workspace) -> None:
    """Not even by who has it from elsewhere; the error is that of one which is not there (T14, V7)."""
    hidden, shown = library.templates.get("service"), library.templates.get("sales")
    unknown = attrs.evolve(hidden, id="unknown")
    seller = library.acting_as(ap.Actor("cleo", roles={"seller"}))
    before = snapshot(store_of(library))
    for act in (seller.launch, seller.preview_launch, lambda draft: next(seller.launch_many([draft])).error):
        said = []
        for template in (hidden, unknown):
            try:
                error = act(seller.draft(template, "acme", start=MONDAY))
            except NotFound as raised:
                error = raised
            assert isinstance(error, NotFound)
            said.append(str(error).replace(repr(template.id), "ID"))
        assert said[0] == said[1]
    assert before == snapshot(store_of(library))
    assert seller.launch(seller.draft(shown, "acme", start=MONDAY))


def test_only_a_collection_that_there_is_takes_templates(library: Workspace) -> None:
    """A misspelt one is refused when it is published, and one that its author may not see at once (T14)."""
    given = Template("new", "New", collection="sails")
    assert library.templates.add(given), "unfinished templates may be saved"
    with pytest.raises(Invalid, match=r"collection: one of all, sales, service, both \(settings\), not str 'sails'"):
        library.templates.publish(library.templates.get("new"))
    author = library.acting_as(ap.Actor("ben", roles={"author"}))
    before = snapshot(store_of(library))
    for command in (author.templates.add, author.templates.publish):
        with pytest.raises(NotFound) as error:
            command(Template("other", "Other", collection="sales"))
        assert ("collection", "sales") == (error.value.kind, error.value.id)
    for command in (author.templates.publish, author.templates.add):
        with pytest.raises(Refused, match="there is a template 'sales' already"):
            command(attrs.evolve(library.templates.get("sales"), collection=""))
    with pytest.raises(NotFound):
        author.templates.retire("sales", 1)
    assert before == snapshot(store_of(library))
    assert "service" == author.templates.publish(Template("other", "Other", collection="service")).collection
    assert "retired" == author.templates.retire("other", 1).state


def test_a_template_moves_to_another_collection_with_its_next_version(library: Workspace) -> None:
    """Each version stands where it says; the newest published one is what is found (T1, T14)."""
    seller = library.acting_as(ap.Actor("cleo", roles={"seller"}))
    second = library.templates.save(change(library.templates.revise("sales"), collection="service"))
    assert 1 == seller.templates.get("sales").version
    assert ["sales"] == [one.id for one in seller.templates.find("of sales")]
    with pytest.raises(NotFound):
        seller.templates.get("sales", 2)
    library.templates.publish(second)
    assert [] == [one.id for one in seller.templates.find("of sales")]
    with pytest.raises(NotFound):
        seller.templates.get("sales")
    assert 1 == seller.templates.get("sales", 1).version, "to take that back too, retire it"


def test_teams_are_looked_at_as_they_are_now(library: Workspace) -> None:
    """Who leaves a team leaves its collections."""
    ben = library.acting_as(ap.Actor("ben", roles={"viewer"}))
    assert ben.templates.get("service")
    library.teams.update("cs", members=frozenset({"ana"}))
    with pytest.raises(NotFound):
        ben.templates.get("service")


def test_templates_are_found_by_words_and_place(ws: Workspace) -> None:
    """Every word begins one of the title or description; the order is that of titles, then ids (T14)."""
    stage = TemplateStage("closing", "Closing")
    call = TemplateTask("call", "Call", type="tactic", stage="closing")
    for one in (
        Template("t1", "Zoë's calls", description="For renewals in spring"),
        Template("t2", "ärger — call back", section="growth_plans", category="Growth"),
        Template("t4", "Call twice"),
        Template("t3", "call TWICE", kind="task", stages=(stage,), tasks=(call,)),
        Template("t5", "成功計画の立て方"),
    ):
        ws.templates.publish(one)
    ws.templates.add(Template("t6", "Call later"))

    def found(words: str = "", **given: Any) -> list[str]:
        return [one.id for one in ws.templates.find(words, **given)]

    assert ["t3", "t4", "follow-up", "t1", "t2", "t5"] == found() == found("  ")
    assert ["t3", "t4", "t1", "t2"] == found("CALL")
    assert ["t1"] == found("zoe\u0308 SPRING") == found("ren cal")
    assert ["t2"] == found("Ärger") == found("— back")
    assert [] == found("all") == found("call nothing") == found("c*") == found(".")
    assert ["t5"] == found("計画")
    assert ["t3"] == found("call", kind="task") == found(stage="closing") == found(stage="closing", kind="task")
    assert ["t2"] == found(section="growth_plans") == found(category="Growth")
    assert ["t6"] == found("call", state="editing")
    assert ["t6", "t3"] == found("call", state=None)[:2]
    assert [] == found(state="retired")


def test_the_newest_version_in_a_state_is_what_is_found(ws: Workspace) -> None:
    """Each template once; one whose newest version has other words is not found by the old ones."""
    ws.templates.publish(ws.templates.save(change(ws.templates.revise("follow-up"), title="Ring them")))
    assert ws.templates.revise("follow-up")
    assert [("Ring them", 2)] == [(one.title, one.version) for one in ws.templates.find()]
    assert [] == list(ws.templates.find("follow"))
    assert [3] == [one.version for one in ws.templates.find(state="editing")]
    assert [3] == [one.version for one in ws.templates.find(state=None)]
    ws.templates.retire("follow-up", 2)
    assert [1] == [one.version for one in ws.templates.find("follow")]
    assert [2] == [one.version for one in ws.templates.find(state="retired")]


def test_a_wrong_search_is_refused_at_once(ws: Workspace) -> None:
    """With everything that is wrong in it, before anything is read."""
    with pytest.raises(Invalid) as error:
        ws.templates.find(5, kind="tsk", state="open", stage="not a key")  # type: ignore[arg-type]
    assert ["words", "kind", "stage", "state"] == [problem.place for problem in error.value.problems]


def test_a_collection_that_there_is_not_is_no_empty_one(library: Workspace) -> None:
    """A misspelt one is refused with a guess at those that the actor may see; a hidden one in the same words (V7)."""
    seller = library.acting_as(ap.Actor("cleo", roles={"seller"}))
    with pytest.raises(NotFound, match="there is no collection 'sails' here: is it sales?"):
        seller.templates.find(collection="sails")
    assert told(lambda one: seller.templates.find(collection=one), "service") == told(
        lambda one: seller.templates.find(collection=one), "qqq"
    )
    assert ["sales"] == [one.id for one in seller.templates.find(collection="sales")]
    assert ["gone"] == [one.id for one in library.templates.find(collection="gone")], "its templates are still there"
    assert 1 == len(list(seller.templates.find(collection="")))


def test_many_templates_are_streamed(ws: Workspace) -> None:
    """In one order across pages, whatever is retired on the way."""
    for n in range(120):
        ws.templates.publish(Template(f"t{n:03}", f"Number {n % 7}"))
    stream = ws.templates.find("number")
    first = [next(stream).id for _ in range(3)]
    assert ["t000", "t007", "t014"] == first
    ws.templates.retire("t006", 1)
    rest = [one.id for one in stream]
    assert sorted((f"t{n:03}" for n in range(120) if n != 6), key=lambda one: (int(one[1:]) % 7, one)) == first + rest


def test_a_template_is_handed_out_as_a_file(ws: Workspace) -> None:
    """Persons by the addresses of the directory; what the file says is what stood there (T12)."""
    tasks = (TemplateTask("call", "Call", owner=("person:ana", "applier"), helpers=("person:ben",)),)
    ws.templates.publish(Template("named", "Named", tasks=tasks))
    for format in ("toml", "json"):
        read = ap.read_template(ws.templates.export("named", format=format).encode())
        assert ("email:ana@example.com", "applier") == read.tasks[0].owner
        assert ("email:ben@example.com",) == read.tasks[0].helpers
    second = ws.templates.save(change(ws.templates.revise("named"), title="Second"))
    assert "Named" == ap.read_template(ws.templates.export("named").encode()).title
    assert ("Second", 2) == attrs.astuple(ap.read_template(ws.templates.export("named", second.version).encode()))[1:3]


def test_a_person_without_an_address_is_not_handed_out(ws: Workspace) -> None:
    """Nor one that is not there, nor a custom field that holds a person; all are named (T12)."""
    ws.people.update("ben", email="")
    ws.settings.update(custom_fields=(CustomField("mentor", "Mentor", type="person"),))
    task = TemplateTask("a", "A", owner=("person:ben", "person:nobody"), custom=ap.FrozenMap({"mentor": "ana"}))
    ws.templates.publish(Template("named", "Named", tasks=(task,)))
    with pytest.raises(Invalid) as error:
        ws.templates.export("named")
    places = ["tasks[0].owner[0]", "tasks[0].owner[1]", "tasks[0].custom['mentor']"]
    assert places == [problem.place for problem in error.value.problems]
    with pytest.raises(Invalid, match="one of toml, json"):
        ws.templates.export("named", format="xml")


def test_addresses_are_handed_out_only_to_those_who_may_see_persons(ws: Workspace) -> None:
    """A template that names nobody takes no such right."""
    ws.templates.publish(Template("named", "Named", tasks=(TemplateTask("a", "A", owner=("person:ana",)),)))
    ws.settings.update(policy=(*ws.settings.get().policy, Grant("reader", "template.see")))
    reader = ws.acting_as(ap.Actor("zoe", roles={"reader"}))
    assert reader.templates.export("follow-up")
    with pytest.raises(NotAllowed, match=r"person\.see"):
        reader.templates.export("named")


def test_a_file_does_not_take_the_place_of_what_somebody_edits(ws: Workspace) -> None:
    """It does of a version that was only opened (S2, T1)."""
    file = attrs.evolve(ws.templates.get("follow-up"), state="editing", version=2, published_at=None, revision=0)
    with pytest.raises(Refused, match="revise it, and give the next version"):
        ws.templates.publish(attrs.evolve(file, version=1, title="Other"))
    opened = ws.templates.revise("follow-up")
    with pytest.raises(Refused, match="version 2 is open: give that"):
        ws.templates.publish(attrs.evolve(file, version=1, title="Other"))
    ws.templates.save(attrs.evolve(opened, title="A colleague's"))
    with pytest.raises(Stale):
        ws.templates.publish(attrs.evolve(file, title="From the file"))
    assert "A colleague's" == ws.templates.get("follow-up", 2).title
    third = ws.templates.publish(ws.templates.get("follow-up", 2))
    ws.templates.revise("follow-up")
    assert "From the file" == ws.templates.publish(attrs.evolve(file, version=3, title="From the file")).title
    assert 2 == third.version
