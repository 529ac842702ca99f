"""What partners see: the tasks assigned to them with the titles of what these stand under, and nothing else (V5)."""

import attrs
import pytest

from actionplans import edit
from actionplans.errors import NotAllowed, NotFound, Waiting
from actionplans.model import Dependency, Launch, Objective, Plan, Play, Task
from actionplans.settings import Grant
from actionplans.storage import TaskQuery
from actionplans.workspace import Workspace
from tests.sharing import gotten, oracle
from tests.sharing.scene import PLAN, of, staged
from tests.sharing.worlds import NOW
from tests.workspace.world import MONDAY, store_of

ALL = ("waiting", "open", "in_progress", "done", "cancelled")


def test_a_partner_sees_their_tasks_and_the_titles_above_them(ws: Workspace) -> None:
    """In the view, the lists of tasks, and `why`; of what is above nothing but titles and what that stands under."""
    pat = of(ws, "pat")
    view = pat.view("plan")
    assert ["train", "helped"] == [one.id for one in view.tasks]
    assert (Play("own", "Our own", objective_id="secret"),) == view.plan.plays
    assert (Objective("why", "Grow"), Objective("secret", "Sell them more")) == view.plan.objectives
    assert {"train", "helped"} == {one.task.id for one in pat.tasks()}
    assert {"train": "own", "helped": "why"} == {one.task.id: one.task.parent_id for one in pat.tasks()}
    assert view == ws.sharing.preview("pat", "plan")
    for item in PLAN.items():
        assert ws.sharing.why("pat", "plan", item.id).allowed == (item.id in ("train", "helped"))
    assert [] == list(pat.plans()) == list(pat.views())


def test_of_a_task_a_partner_sees_the_listed_fields(ws: Workspace) -> None:
    """No internal comment, no other helper, no links; everything that is not listed is at its default."""
    ws.change("plan", edit.link, "train", Dependency("price"))
    ws.change("plan", edit.update, "train", priority="high", tags=("hot",))
    for task in (of(ws, "pat").view("plan").task("train"), next(iter(of(ws, "pat").tasks())).task):
        for one in attrs.fields(Task):
            if one.name not in oracle.LISTED[Task]:
                assert getattr(task, one.name) == getattr(Task("train", "Train"), one.name), one.name
        assert () == task.comments
    assert ("pat",) == of(ws, "pat").view("plan").task("helped").helpers
    plan = of(ws, "pat").view("plan").plan
    assert (0, None, "", None, ()) == (plan.revision, plan.changed_at, plan.description, plan.owner_id, plan.comments)


def test_partners_cannot_ask_for_what_they_are_not_shown(ws: Workspace) -> None:
    """A list by the stage of a task or the template of a plan would tell of them (V5)."""
    ws.change("plan", edit.move, "train", stage_id="proposal")
    plan = store_of(ws).get(Plan, "plan")
    launch = Launch("t1", 1, NOW, "ana")
    ws._desk.keep(plan, attrs.evolve(plan, launch=launch), "plan.edit")
    for query in (TaskQuery(stage_id="proposal"), TaskQuery(template_id="t1")):
        assert [] == list(of(ws, "pat").tasks(query))
        assert "train" in {one.task.id for one in ws.tasks(query)}
    assert ["train"] == [
        one.task.id for one in of(ws, "pat").tasks(TaskQuery(words="train", section="", types=("task",)))
    ]


def test_partners_without_a_task_see_nothing(ws: Workspace) -> None:
    """The plan is not there for them."""
    quin = of(ws, "quin")
    with pytest.raises(NotFound):
        quin.view("plan")
    assert [] == list(quin.tasks(TaskQuery(statuses=ALL)))
    assert not ws.sharing.why("quin", "plan").allowed


def test_partners_complete_and_comment_on_what_is_theirs_and_nothing_else(ws: Workspace) -> None:
    """V5, R2: other items are not found, other actions refused."""
    pat = of(ws, "pat")
    assert "Done" == pat.change("plan", edit.comment, "train", "Done").task("train").comments[-1].text
    assert "done" == pat.change("plan", edit.complete, "train").task("train").status
    assert "open" == pat.change("plan", edit.reopen, "train").task("train").status
    for id in ("sign", "price", "nowhere"):
        with pytest.raises(NotFound):
            pat.change("plan", edit.complete, id)
    for call in ((edit.update, "train", {"title": "Mine"}), (edit.assign, "train", "ana"), (edit.share_plan,)):
        assert gotten.done(pat, "plan", call)[0].startswith("NotAllowed")
    with pytest.raises(NotAllowed):
        pat.dates.slack("plan")


def test_nothing_that_a_partner_is_told_names_what_they_do_not_see() -> None:
    """Neither what moved nor what is warned of, nor why it has to wait (V2, D10)."""
    tasks = (
        Task("first", "First", owner_id="pat", start=MONDAY, due=MONDAY, duration=1),
        Task(
            "between",
            "Squeeze them",
            owner_id="ana",
            start=MONDAY,
            due=MONDAY,
            duration=1,
            dependencies=(Dependency("first"),),
        ),
        Task(
            "last", "Last", owner_id="pat", start=MONDAY, due=MONDAY, duration=1, dependencies=(Dependency("between"),)
        ),
        Task("begun", "Squeezed", "in_progress", "ana", dependencies=(Dependency("first"),)),
        Task("held", "Held", "waiting", "pat", dependencies=(Dependency("between"),)),
    )
    with staged(tasks=tasks) as ws:
        pat = of(ws, "pat")
        for verb in (edit.complete, edit.reopen):
            view = pat.change("plan", verb, "first")
            said = repr((view.warnings, view.moves))
            assert "queeze" not in said and "between" not in said and "begun" not in said
            assert {"last"} >= {one.item_id for one in view.moves}
        with pytest.raises(Waiting) as waiting:
            pat.change("plan", edit.complete, "held")
        assert () == waiting.value.predecessors and "queeze" not in str(waiting.value)


def test_a_partner_who_is_granted_more_sees_more(ws: Workspace) -> None:
    """V5: unless granted."""
    policy = (*ws.settings.get().policy, Grant("partner", "plan.see"))
    ws.settings.update(policy=policy)
    assert [one.id for one in PLAN.tasks] == [one.id for one in of(ws, "pat").view("plan").tasks]
    assert len(PLAN.tasks) == len(list(of(ws, "pat").tasks(TaskQuery(statuses=ALL))))
