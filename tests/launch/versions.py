"""Random templates, their next versions, and random edits of plans launched from them, each from one number alone."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from itertools import count
from random import Random
from typing import Any

import attrs

import actionplans as ap
from actionplans import edit
from actionplans.edit import Context
from actionplans.errors import ActionPlansError, Invalid
from actionplans.launch import Directory, draft, launch
from actionplans.model import (
    Dependency,
    Offset,
    Plan,
    Template,
    TemplateItem,
    TemplateMilestone,
    TemplateObjective,
    TemplatePlay,
    TemplateStage,
    TemplateTask,
)
from actionplans.settings import CustomField, Settings
from actionplans.template import check_template
from tests.launch.samples import ACME, NOW, PEOPLE

CALENDARS = (
    ap.WorkCalendar(),
    ap.WorkCalendar("six", frozenset({1, 2, 3, 4, 5, 6}), holidays=frozenset({dt.date(2026, 1, 14)})),
)
SETTINGS = Settings(
    calendars=CALENDARS, custom_fields=(CustomField("size", "Size", type="number"), CustomField("note", "Note"))
)
WHO = Directory({**PEOPLE, "ben": attrs.evolve(PEOPLE["ben"], calendar="six")}, {})
START = dt.date(2026, 1, 5)
ANCHORS = ap.FrozenMap({"start": START, "go_live": dt.date(2026, 2, 10)})
LISTS = ("stages", "objectives", "milestones", "plays", "tasks")
RULES = ((), ("applier",), ("account_owner",), ("person:cleo",), ("role:csm",), ("person:ben", "applier"))
IDS = count(1)


def offset(rng: Random, anchors: list[str]) -> Offset:
    """An offset of a few days."""
    if rng.random() < 0.3:
        return Offset(rng.randint(-3, 8), "working_days", rng.choice(anchors))
    return Offset(rng.randint(0, 15), "days", rng.choice(anchors), rng.choice(["none", "next"]))  # type: ignore[arg-type]


def template(rng: Random) -> Template:
    """A published template with something of everything."""
    anchors = ["start", "start", "go_live"]
    objectives = tuple(
        TemplateObjective(f"o{n}", f"O{n}", start=offset(rng, ["start"]), owner=rng.choice(RULES))
        for n in range(rng.randint(0, 2))
    )
    milestones = tuple(
        TemplateMilestone(f"m{n}", f"M{n}", due=offset(rng, anchors), objective=some(rng, objectives))
        for n in range(rng.randint(0, 2))
    )
    plays = tuple(
        TemplatePlay(
            f"p{n}", f"P{n}", objective=some(rng, objectives), start=offset(rng, ["start"]), owner=rng.choice(RULES)
        )
        for n in range(rng.randint(0, 2))
    )
    made = Template(
        "t",
        "Template",
        state="published",
        anchors=("go_live",),
        stages=(TemplateStage("s0", "S0"),) if rng.random() < 0.5 else (),
        objectives=objectives,
        milestones=milestones,
        plays=plays,
    )
    for n in range(rng.randint(1, 7)):
        made = attrs.evolve(made, tasks=(*made.tasks, task(rng, made, f"t{n}")))
    check_template(made)
    return made


def some(rng: Random, items: Any) -> str:
    """The key of one of these, or none."""
    return rng.choice(items).key if items and rng.random() < 0.5 else ""


def task(rng: Random, made: Template, key: str) -> TemplateTask:
    """A task that may hang on all that is in the template."""
    anchors = ["start", "start", "go_live", *(f"milestone:{one.key}" for one in made.milestones)]
    anchors += [f"play:{one.key}" for one in made.plays]
    form = rng.choice(["due", "due", "start+duration", "due+duration", "duration", "start"])
    links = [one.key for one in (*made.tasks, *made.milestones)]
    after = tuple(
        Dependency(one, rng.choice(["FS", "FS", "SS", "FF"]), rng.randint(-1, 2))  # type: ignore[arg-type]
        for one in rng.sample(links, min(len(links), rng.randint(0, 2)))
    )
    return TemplateTask(
        key,
        key.upper(),
        parent=some(rng, (*made.plays, *made.objectives)),
        milestone="",
        stage=some(rng, made.stages),
        start=offset(rng, anchors) if "start" in form else None,
        due=offset(rng, anchors) if "due" in form else None,
        duration=rng.randint(1, 4) if "duration" in form else None,
        after=after,
        owner=rng.choice(RULES),
        helpers=rng.choice([(), (), ("person:cleo",)]),
        calendar=rng.choice(["", "", "", "six"]),
        required=rng.random() < 0.5,
        tags=rng.choice([(), ("a",)]),
        custom=ap.FrozenMap({"size": rng.randint(1, 3)} if rng.random() < 0.3 else {}),
    )


def revised(rng: Random, before: Template, most: int = 4) -> Template:
    """The next version, with a few changes."""
    for _ in range(50):
        after = attrs.evolve(before, version=before.version + 1)
        for _ in range(rng.randint(1, most)):
            after = rng.choice(REVISIONS)(rng, after)
        try:
            check_template(after)
        except Invalid:
            continue
        return after
    return attrs.evolve(before, version=before.version + 1)


def with_item(made: Template, item: TemplateItem, **fields: Any) -> Template:
    """The template with other fields of one item."""
    name = f"{item.kind}s"
    return attrs.evolve(
        made,
        **{name: tuple(attrs.evolve(one, **fields) if one.key == item.key else one for one in getattr(made, name))},
    )


def reworded(rng: Random, made: Template) -> Template:
    """Another title or description."""
    item = rng.choice([*made.items()])
    return with_item(made, item, **{rng.choice(["title", "description"]): f"Said {rng.randint(1, 9)}"})


def recounted(rng: Random, made: Template) -> Template:
    """Other offsets, a duration or links."""
    item = rng.choice(made.tasks)
    rest = attrs.evolve(made, tasks=made.tasks[: made.tasks.index(item)])
    new = task(rng, rest, item.key)
    return with_item(made, item, start=new.start, due=new.due, duration=new.duration, after=new.after)


def reowned(rng: Random, made: Template) -> Template:
    """Another owner rule."""
    item = rng.choice([one for one in made.items() if hasattr(one, "owner")])
    return with_item(made, item, owner=rng.choice(RULES))


def marked(rng: Random, made: Template) -> Template:
    """Another mark of a task."""
    fields: dict[str, Any] = rng.choice(
        [
            {"priority": "high"},
            {"tags": ("b",)},
            {"shared": True},
            {"custom": ap.FrozenMap({"note": "x"})},
            {"stage": ""},
            {"parent": some(rng, made.plays)},
            {"calendar": "six"},
            {"helpers": ("person:ben",)},
        ]
    )
    return with_item(made, rng.choice(made.tasks), **fields)


def grown(rng: Random, made: Template) -> Template:
    """A new task somewhere."""
    at = rng.randint(0, len(made.tasks))
    new = task(rng, attrs.evolve(made, tasks=made.tasks[:at]), f"n{next(IDS)}")
    return attrs.evolve(made, tasks=(*made.tasks[:at], new, *made.tasks[at:]))


def shrunk(rng: Random, made: Template) -> Template:
    """An item less, with all that named it (where that is still a template)."""
    gone = rng.choice([*made.items()])
    tasks = tuple(
        attrs.evolve(
            one,
            after=tuple(link for link in one.after if link.predecessor_id != gone.key),
            parent="" if one.parent == gone.key else one.parent,
            stage="" if one.stage == gone.key else one.stage,
        )
        for one in made.tasks
        if one.key != gone.key
    )
    if not tasks:
        return made
    name = f"{gone.kind}s"
    rest = attrs.evolve(made, **{name: tuple(one for one in getattr(made, name) if one.key != gone.key)})
    under = {"milestones": rest.milestones, "plays": rest.plays}
    lists: dict[str, Any] = {
        one: tuple(attrs.evolve(held, objective="") if held.objective == gone.key else held for held in items)
        for one, items in under.items()
    }
    return attrs.evolve(rest, tasks=tasks if gone.kind != "task" else tasks, **lists)


def shuffled(rng: Random, made: Template) -> Template:
    """The tasks in another order."""
    return attrs.evolve(made, tasks=tuple(rng.sample(made.tasks, len(made.tasks))))


def retitled(rng: Random, made: Template) -> Template:
    """Another title, description or calendar of the whole."""
    fields: dict[str, Any] = rng.choice(
        [{"title": "New"}, {"description": "New"}, {"calendar": "six"}, {"shared": True}]
    )
    return attrs.evolve(made, **fields)


REVISIONS: list[Callable[[Random, Template], Template]] = [
    reworded,
    recounted,
    recounted,
    reowned,
    marked,
    grown,
    shrunk,
    shuffled,
    retitled,
]


def launched(made: Template, anchors: ap.FrozenMap[str, dt.date] = ANCHORS) -> Plan:
    """The plan that `me` launches."""
    named = {name: day for name, day in anchors.items() if name in made.anchors}
    asked = draft(made, ACME, start=anchors["start"], anchors=named)
    return launch(asked, ACME, SETTINGS, directory=WHO, applier_id="me", now=NOW, new_id=lambda: f"id{next(IDS)}")


def context(today: dt.date = START) -> Context:
    """What verbs are given."""
    calendars = {one.id: one.calendar for one in WHO.persons.values()}
    return Context("me", NOW, today, SETTINGS, lambda: f"new{next(IDS)}", calendars)


def edited(rng: Random, plan: Plan, most: int = 5, edits: Any = None) -> Plan:
    """The plan after a few random edits; those that are refused are none."""
    for _ in range(rng.randint(1, most)):
        if not plan.tasks:
            break
        try:
            plan = rng.choice(edits or EDITS)(rng, plan, context(START + dt.timedelta(rng.randint(0, 30))))
        except ActionPlansError:
            continue
    return plan


def any_task(rng: Random, plan: Plan) -> ap.Task:
    """One of the tasks."""
    return rng.choice(plan.tasks)


def confirmed(plan: Plan, to: Context, item_id: str) -> Plan:
    """Without an item."""
    return edit.delete(plan, to, item_id, confirmed=edit.impact(plan, item_id))


EDITS: list[Callable[[Random, Plan, Context], Plan]] = [
    lambda rng, plan, to: edit.update(plan, to, rng.choice([*plan.items()]).id, title=f"Mine {rng.randint(1, 9)}"),
    lambda rng, plan, to: edit.update(plan, to, any_task(rng, plan).id, due=START + dt.timedelta(rng.randint(0, 40))),
    lambda rng, plan, to: edit.update(plan, to, any_task(rng, plan).id, duration=rng.randint(1, 6)),
    lambda rng, plan, to: edit.update(plan, to, any_task(rng, plan).id, offset=Offset(rng.randint(0, 9))),
    lambda rng, plan, to: edit.update(plan, to, any_task(rng, plan).id, priority="low", tags=("mine",)),
    lambda rng, plan, to: edit.update(plan, to, any_task(rng, plan).id, custom={"note": "mine"}),
    lambda rng, plan, to: edit.update(plan, to, any_task(rng, plan).id, locked=True),
    lambda rng, plan, to: edit.assign(plan, to, any_task(rng, plan).id, rng.choice(["cleo", "ben", "me"])),
    lambda rng, plan, to: edit.link(plan, to, any_task(rng, plan).id, Dependency(any_task(rng, plan).id)),
    lambda rng, plan, to: edit.start(plan, to, any_task(rng, plan).id, override=True),
    lambda rng, plan, to: edit.complete(plan, to, any_task(rng, plan).id, override=True),
    lambda rng, plan, to: edit.complete(plan, to, any_task(rng, plan).id, override=True),
    lambda rng, plan, to: edit.cancel(plan, to, any_task(rng, plan).id),
    lambda rng, plan, to: edit.comment(plan, to, any_task(rng, plan).id, "Mine"),
    lambda rng, plan, to: edit.add(
        plan, to, ap.Task(title="Mine", due=START, parent_id=rng.choice([None, *(one.id for one in plan.plays)]))
    ),
    lambda rng, plan, to: edit.add(
        plan, to, ap.Task(title="After", duration=2, dependencies=(Dependency(any_task(rng, plan).id),))
    ),
    lambda rng, plan, to: confirmed(plan, to, rng.choice([*plan.items()]).id),
    lambda rng, plan, to: edit.set_anchor(plan, to, "go_live", dt.date(2026, 2, rng.randint(1, 28))),
    lambda rng, plan, to: edit.set_anchor(plan, to, "start", dt.date(2026, 1, rng.randint(1, 28))),
    lambda rng, plan, to: edit.move(
        plan, to, any_task(rng, plan).id, parent_id=rng.choice([None, *(one.id for one in plan.plays)])
    ),
    lambda rng, plan, to: edit.update_plan(plan, to, title="My title"),
    lambda rng, plan, to: edit.resume_plan(
        edit.pause_plan(plan, to), attrs.evolve(to, today=to.today + dt.timedelta(5))
    ),
    lambda rng, plan, to: edit.share(plan, to, any_task(rng, plan).id),
]


def play_template(rng: Random) -> Template:
    """A template of a play, with what it may hold."""
    made = template(rng)
    play = TemplatePlay("p0", "P0", start=Offset(0), owner=rng.choice(RULES))
    loose = attrs.evolve(made, plays=(play,), objectives=(), milestones=(), tasks=(), kind="play")
    milestones = tuple(TemplateMilestone(f"m{n}", f"M{n}", due=offset(rng, ["start", "go_live"])) for n in range(2))
    loose = attrs.evolve(loose, milestones=milestones)
    for n in range(rng.randint(1, 6)):
        loose = attrs.evolve(loose, tasks=(*loose.tasks, attrs.evolve(task(rng, loose, f"t{n}"), parent="p0")))
    used = {one.anchor for item in loose.tasks for one in (item.start, item.due) if one is not None}
    used |= {f"milestone:{link.predecessor_id}" for item in loose.tasks for link in item.after}
    loose = attrs.evolve(loose, milestones=tuple(one for one in milestones if f"milestone:{one.key}" in used))
    check_template(loose)
    return loose


def run(made: Template, plan: Plan, start: dt.date) -> Plan:
    """The plan after `me` ran a play in it."""
    asked = draft(made, ACME, start=start, plan_id=plan.id)
    return launch(
        asked,
        ACME,
        SETTINGS,
        directory=WHO,
        applier_id="me",
        now=NOW,
        new_id=lambda: f"id{next(IDS)}",
        plan=plan,
    )
