"""A running plan, or one of its plays, as the template of the next ones like it (T8).

What the plan counts by stays where it gives the dates that the plan has: offsets, durations and links. Everything else
is said in days from the start. So a launch on the same dates and with the same people gives the same dates again.
"""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from collections import Counter
from collections.abc import Iterator
from typing import Any

import attrs
from attrs import define, field

from actionplans.checks import FrozenMap, field_problems, shown
from actionplans.errors import Invalid, Problem
from actionplans.launch.blueprint import Dated, Dates, blueprint
from actionplans.launch.dates import Dating
from actionplans.launch.items import Items
from actionplans.launch.owners import Directory
from actionplans.launch.said import Saying, rules_for
from actionplans.model import (
    Account,
    Draft,
    Item,
    Objective,
    Offset,
    Plan,
    Play,
    Stage,
    Task,
    Template,
    TemplateStage,
    TemplateTask,
)
from actionplans.schedule.bases import Timed, ends
from actionplans.settings import Settings
from actionplans.template import check_template
from actionplans.template.shorthand import slug
from actionplans.workdays import WorkDays

_NOBODY = Directory()

_ENDS = {"objective": ("start", "end"), "milestone": ("", "due"), "play": ("start", "due")}
"""The names that a template has for the start and the due of what is no task."""


def save_as_template(
    plan: Plan,
    account: Account,
    settings: Settings,
    *,
    id: str = "",
    title: str = "",
    play_id: str | None = None,
    directory: Directory = _NOBODY,
) -> Template:
    """The plan as a template for editing, or with `play_id` one of its plays (T8).

    Planned dates become offsets from the plan's anchors, of a play from its start; persons become rules. Launching it
    for the same account, on the same anchors, gives every item the dates that it has now. Cancelled tasks are left out,
    and all that is life: statuses, comments, readings, completions, locks. A link that would move a task later than it
    stands is left out too. `directory` has the owners whose calendars count (D7). The id is made from the title where
    none is given, the title is the plan's or the play's.

    Raises `NotFound` for a play that there is not, and `Invalid` with everything that a template cannot say.
    """
    play = plan.play(play_id) if play_id is not None else None
    return _Saving(plan, account, settings, directory, play, _saved(plan, settings, play)).template(id, title)


def _saved(plan: Plan, settings: Settings, play: Play | None) -> Items:
    """All of a plan but its cancelled tasks; of a play its tasks, and the milestones and stages that these name.

    The stages of the library that tasks stand in are among them.
    """
    own = (task for task in plan.tasks if play is None or task.parent_id == play.id)
    tasks = tuple(task for task in own if task.status != "cancelled")
    stood = {task.stage_id for task in tasks}
    library = tuple(one for one in settings.stages if one.id in stood)
    if play is None:
        return Items((*library, *plan.stages), plan.objectives, plan.milestones, plan.plays, tasks)
    named = {task.milestone_id for task in tasks}
    named |= {link.predecessor_id for task in tasks for link in task.dependencies}
    dated: tuple[Timed, ...] = (play, *tasks)
    named |= {offset.item_id for one in dated for _, offset in ends(one) if offset is not None}
    stages = tuple(one for one in plan.stages if one.id in stood)
    return Items((*library, *stages), (), tuple(one for one in plan.milestones if one.id in named), (play,), tasks)


@define
class _Saving:
    """One plan on its way to a template; `problems` gathers what a template cannot say.

    `dates` are those that the items have, by key, `owners` whose tasks they are.
    """

    plan: Plan
    account: Account
    settings: Settings
    directory: Directory
    play: Play | None
    saved: Items
    problems: list[Problem] = field(factory=list)
    dates: dict[str, Dates] = field(factory=dict)
    owners: dict[str, str | None] = field(factory=dict)
    anchors: FrozenMap[str, dt.date] = field(init=False)
    keys: _Keys = field(init=False)
    applier_id: str = field(init=False)
    dating: Dating = field(init=False)

    def __attrs_post_init__(self) -> None:
        """What everything else is said by: the start, the keys, who launched it."""
        plan, play = self.plan, self.play
        self.anchors = plan.anchors if play is None else plan.anchors.having("start", _start_of(self.saved, play, plan))
        self.keys = _Keys(self.saved, self.settings)
        launch = play.launch if play is not None and play.launch is not None else plan.launch
        self.applier_id = (launch.by if launch is not None else plan.created_by) or ""

    def template(self, id: str, title: str) -> Template:
        """The template, or everything that it cannot say."""
        said = self._said()
        bare = self._bare(id, title, said)
        draft = Draft(template=bare, account_id=self.account.id, anchors=self.anchors, title=bare.title)
        self.dating = Dating(blueprint(bare), draft, self.settings, self.directory, self.problems)
        lists: dict[str, Any] = {"stages": tuple(said["stages"].values())}
        for name in ("objectives", "milestones", "plays", "tasks"):
            items = (one for one in getattr(self.saved, name) if one.id in said[name])
            lists[name] = tuple(self._redated(one, said[name][one.id]) for one in items)
        self._refuse(bare.title)
        made = attrs.evolve(bare, **lists)
        made = attrs.evolve(made, anchors=tuple(self._named_anchors(made)))
        check_template(made)
        return made

    def _refuse(self, title: str) -> None:
        if self.problems:
            raise Invalid(f"saving {title!r} as a template", tuple(self.problems))

    def _bare(self, id: str, title: str, said: dict[str, dict[str, Any]]) -> Template:
        """The template before its dates were looked at."""
        plan, play = self.plan, self.play
        named: dict[str, Any] = {"title": title or (plan if play is None else play).title}
        named["id"] = id or (slug(named["title"]) if isinstance(named["title"], str) else "-")
        if not named["id"]:
            self.problems.append(Problem("id", f"give one: none can be made from the title {shown(named['title'])}"))
        wrong = tuple(field_problems(Template, named)) if named["id"] else ()
        self.problems += wrong
        lists: dict[str, Any] = {name: tuple(items.values()) for name, items in said.items()}
        if wrong or not named["id"]:
            named = {"id": "-", "title": plan.title}  # it is refused at the end, with all else that is wrong
        return Template(
            **named,
            kind="plan" if play is None else "play",
            description=(plan if play is None else play).description,
            section=plan.section,
            category=plan.category,
            calendar=plan.calendar,
            link_policy=plan.link_policy,
            shared=plan.shared,
            **lists,
        )

    def _said(self) -> dict[str, dict[str, Any]]:
        """Every item in a template's terms, by kind and id; dates as the plan counts them."""
        saying = Saying(self.keys.all, self.play.id if self.play is not None else "")
        said: dict[str, dict[str, Any]] = {}
        for name, items in self.saved._asdict().items():
            said[name] = {}
            for item in items:
                try:
                    said[name][item.id] = attrs.evolve(self._item(item, saying), **self._more(item))
                except Invalid as error:
                    self.problems += [one.under(_place(item)) for one in error.problems]
                if not isinstance(item, Stage):
                    key = self.keys.all[item.id]
                    start, due = (date for date, _ in ends(item))
                    self.dates[key] = start, due, item.duration if isinstance(item, Task) else None
                    self.owners[key] = getattr(item, "owner_id", None)
        return said

    def _item(self, item: Item, saying: Saying) -> Any:
        """An item as the plan counts its dates, without people."""
        if isinstance(item, Stage):
            return TemplateStage(self.keys.stages[item.id], item.title, item.description, item.fixed)
        return saying.item(item)

    def _more(self, item: Item) -> dict[str, Any]:
        """The rules for who has it, those that its owner came from or else what the owner is to the account (T5).

        Of a task the stage too, unless that is gone from the settings. A message goes to the contact who is chosen for
        the next account, not to this one's.
        """
        if isinstance(item, Objective | Play):
            return {"owner": self._rules(item.owner_id)}
        if not isinstance(item, Task):
            return {}
        ruled = item.owner_rule if item.owner_id is not None and not item.owner_by_hand else ()
        email = item.completion_email
        return {
            "stage": self.keys.stages.get(item.stage_id or "", ""),
            "owner": ruled or self._rules(item.owner_id),
            "helpers": tuple(rule for one in item.helpers for rule in self._rules(one)),
            "completion_email": attrs.evolve(email, contact_id=None) if email is not None else None,
        }

    def _rules(self, owner_id: str | None) -> tuple[str, ...]:
        return rules_for(owner_id, self.account, self.applier_id)

    def _redated(self, item: Timed, said: Dated) -> Dated:
        """The item as a launch gives it the dates that it has."""
        days = self.dating.days_of(said, self.owners)
        if not isinstance(item, Task) or not isinstance(said, TemplateTask):
            return self._spanned(item, said, days)
        if self._gives(said, days):
            return said
        for start, due, duration in self._forms(item, said, days):
            bare = attrs.evolve(said, start=start, due=due, duration=duration, after=())
            if self._gives(bare, days):
                break
        links = (link for link in said.after if self._gives(attrs.evolve(bare, after=(link,)), days))
        return attrs.evolve(bare, after=tuple(links))

    def _gives(self, said: TemplateTask, days: WorkDays) -> bool:
        """Whether a launch gives a task its dates; without any, its duration."""
        start, due, duration = self.dates[said.key]
        try:
            given = self.dating.dated(said, self.dates, days)
        except Invalid:
            return False
        return given[:2] == (start, due) and (start is not None or due is not None or given[2] == duration)

    def _forms(
        self, item: Task, said: TemplateTask, days: WorkDays
    ) -> Iterator[tuple[Offset | None, Offset | None, int | None]]:
        """Start, due and duration as they may be said: what keeps most offsets first, what is sure last."""
        start = self._standing(said.start, item.start, days)
        by_start = item.offset is not None and item.offset.anchor == "own_start"
        due = self._standing(item.offset if by_start else said.due, item.due, days, item.start)
        if start is not None:
            yield start, due, None
            yield start, None, item.duration
        if due is None or not by_start:
            yield None, due, item.duration
        first = start or self._from_start(item.start, item, "start")
        if due is not None:
            yield first, due, None
        yield first, None, item.duration
        yield first, due or self._from_start(item.due, item, "due"), None

    def _spanned(self, item: Timed, said: Dated, days: WorkDays) -> Dated:
        """A milestone, objective or play: each of its dates stands by itself."""
        fields: dict[str, Any] = {}
        for name, (date, _) in zip(_ENDS[item.kind], ends(item), strict=True):
            if name:
                offset = getattr(said, name)
                if item is self.play and name == "start" and offset is not None and offset.item_id:
                    offset = None  # what is launched starts by a date of the plan
                fields[name] = self._standing(offset, date, days) or self._from_start(date, item, name)
        return attrs.evolve(said, **fields)

    def _standing(
        self, offset: Offset | None, date: dt.date | None, days: WorkDays, own_start: dt.date | None = None
    ) -> Offset | None:
        """The offset where it gives that date."""
        try:
            counted = self.dating.counted(offset, self.dates, days, own_start)
        except Invalid:
            return None
        return offset if counted == date else None

    def _from_start(self, date: dt.date | None, item: Timed, name: str) -> Offset | None:
        """The date as days from the start."""
        if date is None:
            return None
        start = self.anchors["start"]
        try:
            return Offset((date - start).days)
        except Invalid as error:
            self.problems += [
                Problem(f"{_place(item)}.{name}", f"{date} is too far from the start, {start}: {one.message}")
                for one in error.problems
            ]
            return None

    def _named_anchors(self, made: Template) -> Iterator[str]:
        """The named dates besides the start: those of a plan that have a name to count from, of a play the counted."""
        offsets = (getattr(one, name, None) for one in made.items() for name in ("start", "due", "end"))
        counted = {one.anchor for one in offsets if one is not None}
        for name in sorted(self.anchors):
            fits = re.fullmatch("[a-z][a-z0-9_]*", name) and name not in ("start", "own_start")
            if fits and (self.play is None or name in counted):
                yield name


def _start_of(saved: Items, play: Play, plan: Plan) -> dt.date:
    """The day that the dates of a play count from: its start, else the first in it, else the plan's."""
    if play.start is not None:
        return play.start
    there: tuple[Timed, ...] = (play, *saved.tasks)
    return min((date for one in there for date, _ in ends(one) if date is not None), default=plan.start)


def _place(item: Item) -> str:
    return f"{item.kind} {item.id!r}"


class _Keys:
    """The keys of what is saved, by id: `stages` of the stages, `all` of everything else.

    An item keeps its own; one that has none, or whose own another has, gets one from its title. A stage of the library
    is referred to by its id; a custom one gets no key by which a launch would take it for one of those.
    """

    def __init__(self, saved: Items, settings: Settings) -> None:
        """Give every item its key."""
        self.taken: set[str] = set()
        self.numbers: Counter[str] = Counter()
        library = frozenset(one.id for one in settings.stages)
        self.stages = {one.id: one.id for one in saved.stages if one.id in library}
        self.taken.update(self.stages)
        self.all: dict[str, str] = {}
        mine: list[Item] = [one for held in saved for one in held if not (isinstance(one, Stage) and one.id in library)]
        for item in sorted(mine, key=lambda one: not one.key):
            kept, barred = (self.stages, library) if isinstance(item, Stage) else (self.all, frozenset[str]())
            kept[item.id] = self._free(item.key or _named(item), barred)

    def _free(self, wanted: str, barred: frozenset[str]) -> str:
        key = wanted
        while key in self.taken or key in barred:
            self.numbers[wanted] += 1
            key = f"{wanted[:90]}-{self.numbers[wanted] + 1}"
        self.taken.add(key)
        return key


def _named(item: Item) -> str:
    """A key from the title; one without a letter or digit that a key may have is called after its kind."""
    plain = unicodedata.normalize("NFKD", item.title).encode("ascii", "ignore").decode()
    return slug(plain)[:90].strip("-") or item.kind
