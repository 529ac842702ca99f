"""Plans saved as templates in a workspace, by those who may (T8)."""

import pytest

import actionplans as ap
from actionplans import edit
from actionplans.errors import Invalid, NotAllowed, NotFound, Refused
from actionplans.model import Offset, Play, Task
from actionplans.workspace import Workspace
from tests.workspace.world import MONDAY, store_of


def test_a_plan_becomes_a_template_for_editing_that_launches_the_same(ws: Workspace) -> None:
    """Stored as version 1, by who saved it; published and launched it gives the dates again."""
    view = ws.launch(ws.draft("follow-up", "acme", start=MONDAY))
    view = ws.change(view.id, edit.update, view.task("visit").id, due=view.today)
    view = ws.change(view.id, edit.add, Task("", "Thank them", due=view.today, owner_id="ben"))
    made = ws.save_as_template(view.id, id="thanks", title="With thanks")
    assert ("thanks", "With thanks", "editing", 1, "root") == (
        made.id,
        made.title,
        made.state,
        made.version,
        made.created_by,
    )
    assert ws.templates.get("thanks") == made
    assert [("person:ben",), "thank-them"] == [made.tasks[-1].owner, made.tasks[-1].key]
    second = ws.launch(ws.draft(ws.templates.publish(made), "acme", start=MONDAY))
    assert [(one.title, one.due, one.owner_id) for one in view.tasks] == [
        (one.title, one.due, one.owner_id) for one in second.tasks
    ]


def test_a_play_becomes_one_too(ws: Workspace) -> None:
    """By its id or key; the plan's other tasks stay out."""
    view = ws.launch(ws.draft("follow-up", "acme", start=MONDAY))
    view = ws.change(view.id, edit.add, Play("", "Set", start=view.today))
    play = view.plan.plays[0]
    view = ws.change(view.id, edit.move, view.task("mail").id, parent_id=play.id)
    made = ws.save_as_template(view.id, play_id=play.id)
    assert ("set", "play", ["mail"]) == (made.id, made.kind, [task.key for task in made.tasks])
    with pytest.raises(NotFound):
        ws.save_as_template(view.id, play_id="other")


def test_the_calendars_of_owners_are_looked_up(ws: Workspace) -> None:
    """So that what stands by its offset stays said so (D7)."""
    gulf = ap.WorkCalendar("gulf", frozenset({7, 1, 2, 3, 4}))
    ws.settings.update(calendars=(ap.WorkCalendar(), gulf))
    ws.people.update("ana", calendar="gulf")
    four = Offset(4, "working_days")
    task = Task("", "A", owner_id="ana", offset=four)
    view = ws.change(ws.new_plan("acme", "New", start=MONDAY).id, edit.add, task)
    assert 11 == getattr(view.tasks[0].due, "day", None), "a Sunday"
    assert four == ws.save_as_template(view.id).tasks[0].due


def test_it_takes_the_rights_to_see_the_plan_and_to_make_templates(ws: Workspace) -> None:
    """A plan that is hidden and one that there is not are the same (V7)."""
    plan_id = ws.launch(ws.draft("follow-up", "acme", start=MONDAY)).id
    ben = ws.acting_as(ap.Actor("ben", roles={"viewer"}))
    with pytest.raises(NotAllowed, match=r"template\.create"):
        ben.save_as_template(plan_id, play_id="no-such-play")
    stranger = ws.acting_as(ap.Actor("nobody"))
    for one in (plan_id, "no-such-plan"):
        with pytest.raises(NotFound) as error:
            stranger.save_as_template(one)
        assert one == error.value.id
    assert ["follow-up"] == [one.id for one in ws.templates.all()]


def test_a_taken_id_and_what_cannot_be_said_are_refused(ws: Workspace) -> None:
    """And nothing is stored, of the plan neither."""
    view = ws.launch(ws.draft("follow-up", "acme", start=MONDAY))
    with pytest.raises(Refused, match="there is a template 'follow-up' already"):
        ws.save_as_template(view.id, id="follow-up")
    with pytest.raises(Refused, match="already"):
        ws.save_as_template(view.id)
    far = ws.change(view.id, edit.update, view.task("visit").id, due=view.today.replace(year=2300))
    with pytest.raises(Invalid, match="too far from the start"):
        ws.save_as_template(view.id, id="far")
    assert ["follow-up"] == [one.id for one in ws.templates.all()]
    assert far.plan == store_of(ws).get(ap.Plan, view.id)
