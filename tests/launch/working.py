"""Templates with a bit of everything, plans that are worked on day by day; short ways to save and launch again."""

import datetime as dt
from collections import Counter
from collections.abc import Mapping
from random import Random
from typing import Any

import attrs

from actionplans import edit
from actionplans.edit import Context
from actionplans.errors import ActionPlansError
from actionplans.launch import Directory, draft, launch, save_as_template
from actionplans.model import (
    Dependency,
    Milestone,
    Objective,
    Offset,
    Plan,
    Play,
    Stage,
    Task,
    Template,
    TemplateObjective,
    TemplatePlay,
    TemplateStage,
)
from actionplans.settings import Settings
from actionplans.template import check_template
from tests.launch.samples import ACME, DIRECTORY, MONDAY, NOW, PEOPLE, numbers

LINKS = ("FS", "FS", "SS", "FF", "SF")
POLICIES = ("hold", "push", "keep", "asap")
CALENDARS = ("", "six", "odd")
PERSONS = ("ana", "ben", "cleo", "me", None)


def enriched(given: Template, rng: Random) -> Template:
    """The template with objectives, plays and stages; tasks stand under them, and some count from their starts."""
    plays = (
        TemplatePlay("set", "Set", objective="aim", start=_offset(rng, "go_live"), due=Offset(90), owner=("applier",)),
        TemplatePlay("loose", "Loose", start=Offset(3, "working_days"), shared=True),
        TemplatePlay("bare", "Bare"),
    )
    aim = TemplateObjective("aim", "Aim", start=_offset(rng, "start"), end=Offset(200), owner=("role:csm",), weight=2)
    tasks = []
    for task in given.tasks:
        parent = rng.choice(("", "set", "loose", "bare", "aim"))
        fields: dict[str, Any] = {"parent": parent, "stage": rng.choice(("", "onboarding", "own"))}
        if task.start is None and task.due is None and not task.after:
            fields["start"] = _offset(rng, rng.choice(("play:set", "play:loose", "objective:aim")))
        tasks.append(attrs.evolve(task, **fields, shared=rng.random() < 0.5, tags=("a",)))
    stages = (TemplateStage("onboarding", "Onboarding"), TemplateStage("own", "Own stage", fixed=True))
    return attrs.evolve(given, objectives=(aim,), plays=plays, stages=stages, tasks=tuple(tasks))


def as_play(given: Template, rng: Random) -> Template:
    """The same tasks and milestones as a play, with the objective that it brings."""
    start = rng.choice((None, None, Offset(3), _offset(rng, "go_live")))
    root = TemplatePlay("root", "Root", objective="aim", start=start, due=Offset(150), owner=("account_owner",))
    tasks = tuple(
        attrs.evolve(task, parent="root", stage=rng.choice(("", "onboarding", "own"))) for task in given.tasks
    )
    stages = (TemplateStage("onboarding", "Onboarding"), TemplateStage("own", "Own stage"))
    aim = TemplateObjective("aim", "Aim")
    return attrs.evolve(given, kind="play", plays=(root,), objectives=(aim,), tasks=tasks, stages=stages)


def _offset(rng: Random, anchor: str) -> Offset:
    number = rng.randint(-9, 30)
    if rng.random() < 0.5:
        return Offset(number, "working_days", anchor)
    return Offset(number, "days", anchor, rng.choice(("none", "next", "previous")))  # type: ignore[arg-type]


SHIPPED = Settings()


def with_calendars(calendars: Mapping[str, str]) -> Directory:
    """Everybody, those named with calendars of their own."""
    people = {one: attrs.evolve(PEOPLE[one], calendar=name) for one, name in calendars.items()}
    return Directory(PEOPLE | people, DIRECTORY.teams)


def saved(plan: Plan, settings: Settings = SHIPPED, **changes: Any) -> Template:
    """The plan as a published template."""
    made = save_as_template(plan, ACME, settings, **{"directory": DIRECTORY, **changes})
    assert ("editing", 1) == (made.state, made.version)
    check_template(made)
    return attrs.evolve(made, state="published")


def again(given: Template, plan: Plan, settings: Settings = SHIPPED, directory: Directory = DIRECTORY) -> Plan:
    """What `me` launches from it on the plan's own anchors."""
    anchors = {name: date for name, date in plan.anchors.items() if name != "start"}
    begun = draft(given, ACME, start=plan.start, anchors=anchors)
    return launch(begun, ACME, settings, directory=directory, applier_id="me", now=NOW, new_id=numbers())


class Walk:
    """A plan that is worked on; what is refused is passed over, and `done` counts what was not."""

    def __init__(self, plan: Plan, settings: Settings, directory: Directory, rng: Random) -> None:
        """Begins on the plan's first Monday."""
        self.plan, self.settings, self.rng, self.on = plan, settings, rng, MONDAY
        self.ids, self.done = numbers(), Counter[str]()
        self.calendars = {one.id: one.calendar for one in directory.persons.values() if one.calendar}

    def go(self, steps: int) -> Plan:
        """So many changes of any kind."""
        for _ in range(steps):
            self.step()
        return self.plan

    def step(self) -> bool:
        """One change; whether it was one."""
        verb, args, fields = self.change()
        try:
            after = verb(self.plan, self.context(), *args, **fields)
        except ActionPlansError:
            return False
        changed, self.plan = after is not self.plan, after
        self.done[verb.__name__] += changed
        return changed

    def context(self) -> Context:
        """`me` asks, on some days more than once."""
        self.on += dt.timedelta(days=self.rng.choice((0, 0, 1, 2)))
        now = dt.datetime.combine(self.on, dt.time(9), dt.UTC)
        return Context("me", now, self.on, self.settings, lambda: f"new-{self.ids()}", calendars=self.calendars)

    def change(self) -> tuple[Any, tuple[Any, ...], dict[str, Any]]:
        """A verb with what it is given besides the plan."""
        rng, plan = self.rng, self.plan
        date = MONDAY + dt.timedelta(days=rng.randint(-10, 60))
        items = [one for one in plan.items() if not isinstance(one, Stage)]
        tasks = [one.id for one in plan.tasks]
        if not tasks or len(items) < 4 or rng.random() < 0.1 and len(items) < 40:
            return edit.add, (self.new(date, items),), {}
        task, item, other = rng.choice(tasks), rng.choice(items), rng.choice(items)
        last = "end" if isinstance(item, Objective) else "due"
        link = Dependency(other.id, rng.choice(LINKS), rng.randint(-3, 4))  # type: ignore[arg-type]
        helpers = rng.choice((None, (), ("ben", "carl")))
        changes: list[tuple[Any, tuple[Any, ...], dict[str, Any]]] = [
            (edit.update, (task,), {"start": date}),
            (edit.update, (item.id,), {last: rng.choice((date, date, None))}),
            (edit.update, (task,), {"duration": rng.randint(1, 9)}),
            (edit.update, (rng.choice(items).id,), {"start_offset": _offset(rng, "go_live")}),
            (edit.update, (task,), {"calendar": rng.choice(CALENDARS), "locked": rng.random() < 0.3}),
            (edit.update, (item.id,), {"title": f"Title {rng.randint(0, 9)}", "description": "Said"}),
            (edit.complete, (item.id,), {"override": True}),
            (edit.reopen, (item.id,), {}),
            (edit.cancel, (task,), {}),
            (edit.set_anchor, (rng.choice(("start", "go_live", "renewal")), date), {}),
            (edit.assign, (rng.choice((task, item.id)), rng.choice(PERSONS)), {"helpers": helpers}),
            (edit.link, (task, link), {}),
            (edit.move, (task,), {"parent_id": other.id if isinstance(other, Objective | Play) else None}),
            (edit.move, (task,), {"milestone_id": other.id if isinstance(other, Milestone) else None}),
            (edit.update_plan, (), {"link_policy": rng.choice(POLICIES), "calendar": rng.choice(CALENDARS)}),
            (edit.comment, (task, "A note"), {}),
            (edit.pause_plan if plan.status == "active" else edit.resume_plan, (), {}),
        ]
        if rng.random() < 0.1:
            return edit.delete, (item.id,), {"confirmed": edit.impact(plan, item.id)}
        return rng.choice(changes)

    def new(self, date: dt.date, items: list[Any]) -> Any:
        """Something of one's own."""
        rng = self.rng
        after = tuple(Dependency(one.id) for one in items[:1] if isinstance(one, Task | Milestone))
        counted = Offset(rng.randint(0, 9), anchor=f"{items[-1].kind}:{items[-1].id}") if items else None
        found: tuple[Any, ...] = (
            Task("", "Own", due=date, duration=rng.randint(1, 4)),
            Task("", "Own", duration=2, dependencies=after),
            Task("", "Own", start=date, offset=Offset(rng.randint(0, 9), anchor="own_start")),
            Task("", "Own", offset=counted, owner_id="ana", helpers=("ben",)),
            Task("", "Own", start_offset=Offset(2, "working_days"), offset=Offset(5, anchor="own_start")),
            Milestone("", "Point", offset=Offset(5, anchor="go_live")),
            Objective("", "Goal", start=date),
            Play("", "More", start=date, owner_id="cleo"),
            Stage("", "Onboarding"),
        )
        return rng.choice(found)
