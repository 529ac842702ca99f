"""A plan and the template that it was launched from go their own ways (T3)."""

import pickle
from collections import Counter
from decimal import Decimal
from random import Random
from typing import Any

import attrs

import actionplans as ap
from actionplans.errors import ActionPlansError
from actionplans.launch import Directory
from actionplans.model import (
    CompletionEmail,
    Dependency,
    Metric,
    Offset,
    Plan,
    Template,
    TemplateMilestone,
    TemplateTask,
)
from actionplans.storage import id_of
from actionplans.workspace import Workspace
from tests.launch.samples import day
from tests.launch.test_laws import CALENDARS
from tests.launch.working import Walk, enriched
from tests.size import size
from tests.workspace.world import MONDAY, opened, peopled, store_of

TASKS = tuple(
    TemplateTask(
        f"t{n}",
        f"Task {n}",
        due=Offset(n + 2, anchor="milestone:point" if n % 3 == 0 else "start") if n % 2 else None,
        duration=1 + n % 4,
        after=(Dependency(f"t{n - 1}"),) if n % 3 else (),
        owner=("account_owner", "applier"),
        metric=Metric(Decimal(n)),
        completion_email=CompletionEmail("thanks"),
    )
    for n in range(8)
)
POINT = TemplateMilestone("point", "Point", due=Offset(3, anchor="go_live"))
BOTH = enriched(Template("both", "Both", anchors=("go_live",), milestones=(POINT,), tasks=TASKS), Random(1))


class Both:
    """A workspace in which plans and templates are worked on in turn, with a copy of everything as it should be."""

    def __init__(self, ws: Workspace, rng: Random) -> None:
        """With people and calendars."""
        ws.settings.update(calendars=CALENDARS)
        ws.accounts.update("acme", roles={"csm": "ben"})
        self.ws, self.rng, self.done = ws, rng, Counter[str]()
        self.walk = Walk(Plan("-", "-", "-", ap.FrozenMap({"start": MONDAY})), ap.Settings(), Directory(), rng)
        self.templates: dict[str, Template] = {}
        self.plans: dict[str, Plan] = {}
        self.begin()

    def begin(self) -> None:
        """A new template, and three plans of it."""
        self.template = self.ws.templates.publish(attrs.evolve(BOTH, id=f"both-{self.rng.random()}"))
        self.templates = {id_of(self.template): copied(self.template)}
        self.launch()

    def launch(self) -> None:
        """Three new plans instead of those that there are."""
        drafts = [
            self.ws.draft(self.template, "acme", start=MONDAY, anchors={"go_live": day(2, n)}) for n in (1, 8, 15)
        ]
        self.plans = {view.id: copied(view.plan) for view in map(self.ws.launch, drafts)}

    def edit_plan(self) -> None:
        """One change of one plan."""
        plan_id = self.rng.choice([*self.plans])
        self.walk.plan = self.ws.view(plan_id).plan
        verb, args, fields = self.walk.change()
        try:
            after = self.ws.change(plan_id, verb, *args, **fields).plan
        except ActionPlansError:
            return
        self.done["edits of plans"] += after.revision > self.walk.plan.revision
        self.plans[plan_id] = copied(after)

    def edit_template(self) -> None:
        """The next version is begun, changed or published, or an old one is retired."""
        desk, rng = self.ws.templates, self.rng
        mine = [desk.get(self.template.id, int(key.partition("@")[2])) for key in self.templates]
        newest = max(mine, key=lambda one: one.version)
        if newest.state == "published" and newest.version > 8:
            return self.begin()
        if newest.state == "published":
            made = desk.revise(newest.id)
        elif rng.random() < 0.9:
            tasks = (attrs.evolve(one, title=f"{rng.random()}", metric=None, duration=9) for one in newest.tasks)
            made = desk.save(attrs.evolve(newest, title="Next", tasks=tuple(tasks)))
        elif rng.random() < 0.5:
            made = desk.publish(newest)
        else:
            old = [one for one in mine if one.state == "published" and one.version > 1]
            if not old:
                return
            made = desk.retire(newest.id, old[0].version)
        self.templates[id_of(made)] = copied(made)
        self.done["edits of templates"] += 1

    def compare(self) -> None:
        """Everything is as its copy is: what was launched, what is stored, and the very template that was launched."""
        store = store_of(self.ws)
        assert self.plans == store.get_many(Plan, self.plans)
        assert self.templates == store.get_many(Template, self.templates)
        assert self.templates[id_of(self.template)] == self.template


def copied(value: Any) -> Any:
    """A value that shares nothing with the given one."""
    return pickle.loads(pickle.dumps(value))


def test_neither_changes_with_the_other() -> None:
    """Whatever is done to plans and to versions of their template, each is as only its own edits left it."""
    with opened() as ws:
        both = Both(peopled(ws), Random(7))
        while both.done.total() < size(10_000):
            for _ in range(4):
                both.edit_plan()
                both.compare()
            both.edit_template()
            both.compare()
            if both.rng.random() < 0.02:
                both.launch()
        assert min(both.done.values()) > both.done.total() / 10, both.done
