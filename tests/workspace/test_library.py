"""What somebody keeps for the next launch: shortcuts, and drafts between a wizard's pages (T4)."""

from collections.abc import Callable
from typing import Any

import attrs
import pytest

import actionplans as ap
from actionplans import codec, launch
from actionplans.errors import Invalid, NotAllowed, NotFound, Refused, Stale
from actionplans.model import Template, TemplateTask
from actionplans.settings import Collection, Grant
from actionplans.storage import StoredDraft
from actionplans.template import change
from actionplans.workspace import Workspace
from tests.nasty import NASTY
from tests.workspace.world import MONDAY, snapshot, store_of, watched


@pytest.fixture
def ana(ws: Workspace) -> Workspace:
    """Ana, a member, who owns the account Acme."""
    return ws.acting_as(ap.Actor("ana", roles={"member"}))


def draft(ws: Workspace, **fields: Any) -> ap.Draft:
    """A draft of the follow-up for Acme, as a wizard has it."""
    return attrs.evolve(ws.draft("follow-up", "acme", start=MONDAY), **fields)


KINDS = pytest.mark.parametrize("kind", ["shortcuts", "drafts"])


def kept(ws: Workspace, kind: str) -> tuple[Any, Any]:
    """One of the two desks, and something that was kept in it."""
    if kind == "shortcuts":
        return ws.shortcuts, ws.shortcuts.add("Follow up Acme", "acme", stage_id="proposal", template_id="follow-up")
    return ws.drafts, ws.drafts.save(draft(ws))


@KINDS
def test_what_is_kept_is_ones_own(ws: Workspace, ana: Workspace, kind: str) -> None:
    """Whatever rights others have, it is not there for them: the words are those of an id that is unknown (V7)."""
    desk, one = kept(ana, kind)
    assert one == desk.get(one.id)
    assert [one] == list(desk.all())
    before = snapshot(store_of(ws))
    for other in (ws, ws.acting_as(ap.Actor("ben", roles={"manager"}))):
        mine = getattr(other, kind)
        assert [] == list(mine.all())
        commands: list[Callable[[str], object]] = [mine.get, mine.delete]
        commands += [mine.draft, lambda id, mine=mine: mine.rename(id, "Mine")] if kind == "shortcuts" else []
        for command in commands:
            said = []
            for id in (one.id, "unknown"):
                with pytest.raises(NotFound) as error:
                    command(id)
                said.append(str(error.value).replace(repr(id), "ID"))
            assert said[0] == said[1]
    assert before == snapshot(store_of(ws))


@KINDS
def test_what_is_thrown_away_is_gone(ana: Workspace, kind: str) -> None:
    """Without a trace: it was no part of what was done."""
    before = snapshot(store_of(ana))
    desk, one = kept(ana, kind)
    desk.delete(one.id)
    assert [] == list(desk.all())
    for command in (desk.get, desk.delete):
        with pytest.raises(NotFound):
            command(one.id)
    assert before == snapshot(store_of(ana))
    assert [] == list(store_of(ana).journal("shortcut", one.id)) + list(store_of(ana).journal("draft", one.id))


@KINDS
def test_it_takes_the_right_to_launch(ws: Workspace, ana: Workspace, kind: str) -> None:
    """On the account that it is for, when it is kept and when it is read; throwing away takes nothing (R1)."""
    zoe = ws.acting_as(ap.Actor("zoe", roles={"member"}))
    with pytest.raises(NotAllowed, match=r"plan\.launch"):
        kept(zoe, kind)
    contact = ws.acting_as(ap.Actor("zoe", roles={"contact"}))
    for command in (
        lambda: contact.drafts.save(draft(ws)),
        lambda: contact.shortcuts.add("Follow up", "acme"),
        lambda: contact.shortcuts.add("Follow up", "unknown"),
    ):
        with pytest.raises(NotFound):
            command()
    desk, one = kept(ana, kind)
    ws.accounts.update("acme", owner_id="ben")
    assert [] == list(desk.all())
    with pytest.raises(NotFound):
        desk.get(one.id)
    ws.people.update("ana", active=False)
    desk.delete(one.id)
    ws.people.update("ana", active=True)
    ws.accounts.update("acme", owner_id="ana")
    assert [] == list(desk.all())


def test_a_draft_into_a_running_plan_takes_the_right_to_launch_there(ws: Workspace) -> None:
    """Whoever made the plan may, though the account is somebody else's (R2, T13)."""
    ben = ws.acting_as(ap.Actor("ben", roles={"member"}))
    into = draft(ws, plan_id=ws.new_plan("acme", "Ben's", owner_id="ben").id)
    kept = ben.drafts.save(into)
    assert [kept] == list(ben.drafts.all()) == [ben.drafts.get(kept.id)]
    with pytest.raises(NotAllowed, match=r"task\.launch"):
        ben.drafts.save(attrs.evolve(into, plan_id=ws.new_plan("acme", "Root's").id))
    contact = ws.acting_as(ap.Actor("zoe", roles={"contact"}))
    for plan_id in (str(into.plan_id), "unknown"):
        with pytest.raises(NotFound) as error:
            contact.drafts.save(attrs.evolve(into, plan_id=plan_id))
        assert ("plan", plan_id) == (error.value.kind, error.value.id)


def test_a_draft_comes_back_as_it_was_kept(ana: Workspace) -> None:
    """With every choice, and the template that it was begun with; each is a record of its own."""
    first = draft(ana, dropped=frozenset({"visit"}), custom=ap.FrozenMap({"size": 3}))
    one, other = ana.drafts.save(first), ana.drafts.save(draft(ana))
    assert ("ana", 1, first) == (one.owner_id, one.revision, one.draft)
    assert {one.id, other.id} == {stored.id for stored in ana.drafts.all()}
    assert first == ana.drafts.get(one.id).draft
    assert first == codec.loads(codec.dumps(one.draft)), "or the host keeps it as JSON"


def test_a_kept_draft_is_not_the_draft_itself(ws: Workspace, ana: Workspace) -> None:
    """Whoever launches what is kept is told what to pass."""
    one = ana.drafts.save(draft(ana))
    calls: tuple[Callable[..., object], ...] = (ana.launch, ana.preview_launch, ana.summary, launch.back)
    for call in calls:
        with pytest.raises(Invalid, match=r"a Draft is wanted, not StoredDraft .*: pass its \.draft"):
            call(one)
    assert [] == list(ws.plans())


def test_a_later_page_takes_the_place_of_an_earlier_one(ana: Workspace) -> None:
    """Unless another window was faster: nothing is overwritten silently (S2)."""
    one = ana.drafts.save(draft(ana))
    two = ana.drafts.save(attrs.evolve(one.draft, title="Second page"), one)
    assert (one.id, 2, "Second page") == (two.id, two.revision, two.draft.title)
    assert two == ana.drafts.save(two.draft, two) == ana.drafts.get(one.id), "the same again is no change"
    for late in (attrs.evolve(one.draft, title="Other window"), one.draft, two.draft):
        with pytest.raises(Stale):
            ana.drafts.save(late, one)
    assert [two] == list(ana.drafts.all())


def test_a_kept_draft_cannot_be_taken_over(ws: Workspace, ana: Workspace) -> None:
    """Saving over somebody else's, or with a forged owner, is saving over one that is not there (V7)."""
    one = ana.drafts.save(draft(ana))
    for given in (one, attrs.evolve(one, owner_id="root"), attrs.evolve(one, id="unknown")):
        with pytest.raises(NotFound) as error:
            ws.drafts.save(draft(ws), given)
        assert "draft" == error.value.kind
    mine = ws.drafts.save(draft(ws))
    assert "root" == ws.drafts.save(draft(ws, title="T"), attrs.evolve(mine, owner_id="ana")).owner_id
    assert [one] == list(ana.drafts.all())


def test_a_draft_of_a_template_that_went_on_is_given_back_and_refused(ws: Workspace, ana: Workspace) -> None:
    """What was kept is what was chosen; whether it may be launched is asked when it is (T1, T14)."""
    one = ana.drafts.save(draft(ana))
    ws.templates.publish(ws.templates.save(change(ws.templates.revise("follow-up"), title="Second")))
    assert "Follow up" == ana.launch(ana.drafts.get(one.id).draft).plan.title, "version 1 is still published"
    ws.templates.retire("follow-up", 1)
    again = ana.drafts.get(one.id)
    assert one == again
    with pytest.raises(Refused, match="retired by now"):
        ana.launch(again.draft)


def test_a_shortcut_starts_a_draft(ana: Workspace) -> None:
    """For its account, at its stage, from its template or from one that is chosen then."""
    one = ana.shortcuts.add("Follow up Acme", "acme", stage_id="proposal", template_id="follow-up")
    assert ("ana", "acme", "proposal") == (one.owner_id, one.account_id, one.stage_id)
    made = ana.shortcuts.draft(one.id, start=MONDAY)
    assert draft(ana, stage_id="proposal") == made
    assert "proposal" == ana.launch(made).plan.stage_id
    titled = ana.shortcuts.draft(one.id, ana.templates.get("follow-up"), start=MONDAY, title="Again")
    assert ("Again", "proposal") == (titled.title, titled.stage_id)
    bare = ana.shortcuts.add("Acme", "acme")
    with pytest.raises(Invalid, match="'Acme' has none: say which one"):
        ana.shortcuts.draft(bare.id)
    assert draft(ana) == ana.shortcuts.draft(bare.id, "follow-up", anchors={"start": MONDAY})


def test_shortcuts_stand_by_name(ana: Workspace) -> None:
    """Whatever the case and the accents' writing; of one name by their age."""
    names = ["zebra", "Ant", "a\u0308rger", "Ärger", "ant"]
    ids = {ana.shortcuts.add(name, "acme").id: name for name in names}
    assert ["Ant", "ant", "zebra", "a\u0308rger", "Ärger"] == [ids[one.id] for one in ana.shortcuts.all()]


def test_a_shortcut_gets_another_name(ana: Workspace) -> None:
    """And stays what it is; the name it has is no change."""
    one = ana.shortcuts.add("Acme", "acme", stage_id="proposal")
    renamed = ana.shortcuts.rename(one.id, "Acme, proposal")
    assert attrs.evolve(one, name="Acme, proposal", revision=2) == renamed == ana.shortcuts.get(one.id)
    assert renamed == ana.shortcuts.rename(one.id, "Acme, proposal")
    with pytest.raises(Invalid, match="name: must not be blank"):
        ana.shortcuts.rename(one.id, " ")


def test_a_shortcut_renamed_by_two_windows_has_the_later_name(ana: Workspace) -> None:
    """The one that was slower looks again; neither fails."""
    one = ana.shortcuts.add("Acme", "acme")
    through, store = watched(ana)
    store.before_commit = [lambda: ana.shortcuts.rename(one.id, "First")]
    assert ("Second", 3) == (lambda it: (it.name, it.revision))(through.shortcuts.rename(one.id, "Second"))
    store.before_commit = [lambda: ana.shortcuts.rename(one.id, "Third")]
    through.shortcuts.delete(one.id)
    assert [] == list(ana.shortcuts.all())


def test_a_shortcut_leads_only_where_one_may_go(ws: Workspace, ana: Workspace) -> None:
    """To a stage that there is, an account and a template that its owner may see (V7, T14)."""
    ws.settings.update(collections=(Collection("secret", "Secret", roles={"nobody"}),))
    ws.templates.publish(Template("hidden", "Hidden", collection="secret", tasks=(TemplateTask("a", "A"),)))
    before = snapshot(store_of(ws))
    with pytest.raises(Invalid, match="stage_id: 'nothing' is no stage"):
        ana.shortcuts.add("Acme", "acme", stage_id="nothing")
    for template_id in ("hidden", "unknown"):
        with pytest.raises(NotFound) as error:
            ana.shortcuts.add("Acme", "acme", template_id=template_id)
        assert ("template", template_id) == (error.value.kind, error.value.id)
    assert before == snapshot(store_of(ws))
    ana.shortcuts.add("Acme", "acme", template_id="follow-up")
    moved = change(ws.templates.revise("follow-up"), collection="secret")
    ws.templates.publish(ws.templates.save(moved))
    (one,) = ana.shortcuts.all()
    with pytest.raises(NotFound) as error:
        ana.shortcuts.draft(one.id)
    assert ("template", "follow-up") == (error.value.kind, error.value.id)


def test_a_host_grants_launching_to_a_role_of_its_own(ws: Workspace) -> None:
    """Then that role keeps shortcuts and drafts too; no other right is asked for."""
    grants = (Grant("starter", "plan.launch"), Grant("starter", "account.see"), Grant("starter", "template.see"))
    ws.settings.update(policy=(*ws.settings.get().policy, *grants))
    starter = ws.acting_as(ap.Actor("cleo", roles={"starter"}))
    for kind in ("shortcuts", "drafts"):
        desk, one = kept(starter, kind)
        assert one == desk.get(one.id)
        desk.delete(one.id)


@pytest.mark.parametrize("value", NASTY.values(), ids=list(NASTY))
def test_what_makes_no_sense_is_refused(ana: Workspace, value: Any) -> None:
    """With one of our errors, and nothing is stored."""
    before = snapshot(store_of(ana))
    for command in (
        lambda: ana.shortcuts.add(value, value, stage_id=value, template_id=value),
        lambda: ana.shortcuts.get(value),
        lambda: ana.shortcuts.rename(value, value),
        lambda: ana.shortcuts.delete(value),
        lambda: ana.shortcuts.draft(value, value),
        lambda: ana.drafts.save(value),
        lambda: ana.drafts.save(draft(ana), value if value is not None else StoredDraft("x", draft(ana), "ana")),
        lambda: ana.drafts.get(value),
        lambda: ana.drafts.delete(value),
    ):
        with pytest.raises((Invalid, NotFound)) as error:
            command()
        assert str(error.value)
    assert before == snapshot(store_of(ana))
