"""The items of a launched plan, and the plan: copies that keep their keys (T3)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TypeVar

import attrs
from attrs import define, field

from actionplans.checks import FrozenMap
from actionplans.errors import Invalid, Problem, Unresolved
from actionplans.launch.blueprint import Blueprint, Dates, Owned
from actionplans.launch.conditions import taken
from actionplans.launch.dates import AS_IT_IS, Dating, waits
from actionplans.launch.owners import Directory, Owners
from actionplans.model import (
    Account,
    Dependency,
    Draft,
    Launch,
    Milestone,
    Objective,
    Offset,
    Plan,
    Play,
    Stage,
    Task,
    TemplateItem,
    TemplateMilestone,
    TemplateObjective,
    TemplatePlay,
    TemplateStage,
    TemplateTask,
)
from actionplans.settings import Settings
from actionplans.vocabularies import STAGE_WANTED, custom_problems, section_problems, wants_stages, with_defaults

T = TypeVar("T", bound=TemplateItem)
I = TypeVar("I")  # noqa: E741

_NOT_OF = {"stage": ("start", "due", "owner_id"), "milestone": ("start", "owner_id")}
"""What a draft cannot say of these kinds of items: they have none."""


@define
class Launching:
    """One launch under way; `problems` gathers what stands in its way. Call `plan()` once."""

    blueprint: Blueprint
    draft: Draft
    account: Account
    settings: Settings
    directory: Directory
    applier_id: str
    now: dt.datetime
    new_id: Callable[[], str]
    problems: list[Problem] = field(factory=list)
    keys: frozenset[str] = frozenset()
    ids: dict[str, str] = field(factory=dict)
    owner_of: dict[str, str | None] = field(factory=dict)
    dates: Mapping[str, Dates] = field(factory=dict)
    owners: Owners = field(init=False)
    dating: Dating = field(init=False)

    def __attrs_post_init__(self) -> None:
        """The parts that look for owners and dates."""
        self.owners = Owners(self.draft, self.account, self.directory, self.applier_id)
        self.dating = Dating(self.blueprint, self.draft, self.settings, self.directory, self.problems)

    def plan(self) -> Plan:
        """The plan, or everything that is wrong."""
        draft, template = self.draft, self.blueprint.template
        self.keys = taken(self.blueprint, draft, self.account, self.problems)
        plan_id = self.new_id()
        self.ids = {item.key: self.new_id() for item in template.items() if item.key in self.keys}
        stages = self._made(template.stages, self._stage)
        stage_id = self._stage_of_plan()
        self._words()
        self._overrides()
        owner_id = self.owners.of_plan()
        self.owner_of = {item.key: self.owners.of(item) for item in self._owned()}
        self.dates = self.dating.of_items(self.keys, self.owner_of)
        objectives = self._made(template.objectives, self._objective)
        milestones = self._made(template.milestones, self._milestone)
        plays = self._made(template.plays, self._play)
        tasks = self._tasks()
        self._fits(tasks)
        self._refuse()
        return Plan(
            plan_id,
            self.account.id,
            draft.title,
            draft.anchors,
            description=template.description,
            section=draft.section,
            stage_id=stage_id,
            owner_id=owner_id,
            calendar=template.calendar,
            link_policy=template.link_policy or self.settings.link_policy,
            stages=tuple(one for one in stages if one is not None),
            objectives=objectives,
            milestones=milestones,
            plays=plays,
            tasks=tasks,
            launch=self._launch(),
            shared=template.shared,
            category=template.category,
            custom=with_defaults("plan", draft.custom, self.settings),
            created_by=self.applier_id,
            created_at=self.now,
            changed_at=self.now,
            revision=1,
        )

    def _launch(self) -> Launch:
        draft, template = self.draft, self.blueprint.template
        return Launch(
            template.id,
            template.version,
            self.now,
            self.applier_id,
            draft.anchors,
            draft.dropped,
            draft.job,
            draft.row,
        )

    def _refuse(self) -> None:
        """Raise whatever was found, all at once (T5)."""
        what = f"the launch of {self.blueprint.template.title!r}"
        if self.owners.unresolved:
            raise Unresolved(what, (*self.owners.unresolved, *self.problems))
        if self.problems:
            raise Invalid(what, tuple(self.problems))

    def _owned(self) -> Iterator[Owned]:
        template = self.blueprint.template
        owned: tuple[Owned, ...] = (*template.objectives, *template.plays, *template.tasks)
        return (one for one in owned if one.key in self.keys)

    def _made(self, items: Iterable[T], make: Callable[[T], I]) -> tuple[I, ...]:
        """The items that are taken, made one by one; what is wrong with one is told under its key."""
        made = []
        for item in items:
            if item.key in self.keys:
                try:
                    made.append(make(item))
                except Invalid as error:
                    self.problems += [one.under(f"items[{item.key!r}]") for one in error.problems]
        return tuple(made)

    def _words(self) -> None:
        """What the taken items and the plan hold must be in the settings, which may have changed meanwhile (L1, R5)."""
        for key, found in self.blueprint.strange(self.settings).items():
            if key in self.keys:
                self.problems += [one.under(f"items[{key!r}]") for one in found]
        custom = with_defaults("plan", self.draft.custom, self.settings)
        self.problems += (
            *custom_problems("plan", custom, self.settings),
            *section_problems(self.draft.section, self.settings),
        )

    def _overrides(self) -> None:
        """What the draft says of items that have no such thing is a mistake, not a wish to be passed over."""
        for item in self.blueprint.template.items() if self.draft.overrides else ():
            given = self.draft.overrides.get(item.key, AS_IT_IS)
            for name in _NOT_OF.get(item.kind, ()):
                if getattr(given, name) is not None:
                    self.problems.append(Problem(f"items[{item.key!r}].{name}", f"a {item.kind} has none"))

    def _texts(self, item: TemplateItem) -> tuple[str, str]:
        """Title and description, as the draft or else the template says."""
        given = self.draft.overrides.get(item.key, AS_IT_IS)
        return given.title or item.title, item.description if given.description is None else given.description

    def _stage(self, item: TemplateStage) -> Stage | None:
        """A custom stage of the plan, or None for one that the settings have: that is referred to, not copied."""
        if self.settings.stage(item.key) is None:
            return Stage(self.ids[item.key], *self._texts(item), item.key, item.fixed)
        self.ids[item.key] = item.key
        if item.key in self.draft.overrides:
            raise Invalid("stage", (Problem("", "is the library's: change it in the settings"),))
        return None

    def _stage_of_plan(self) -> str | None:
        """Where the account stands: a stage of the library, or a custom one of this template by its key."""
        stage_id = self.draft.stage_id
        if stage_id is None or self.settings.stage(stage_id) is not None:
            return stage_id
        if stage_id in {one.key for one in self.blueprint.template.stages if one.key in self.keys}:
            return self.ids[stage_id]
        self.problems.append(Problem("stage_id", f"there is no stage {stage_id!r} in the settings or the template"))
        return None

    def _objective(self, item: TemplateObjective) -> Objective:
        given = self.draft.overrides.get(item.key, AS_IT_IS)
        return Objective(
            self.ids[item.key],
            *self._texts(item),
            item.status or next((one.key for one in self.settings.objective_statuses), ""),
            item.category,
            given.start or self.dating.of(item.start, self.dates, item.key),
            given.due or self.dating.of(item.end, self.dates, item.key),
            self.owner_of[item.key],
            item.weight,
            item.metric,
            item.shared,
            with_defaults("objective", item.custom, self.settings),
            item.key,
            item.fixed,
            start_offset=self._here(item.start),
            end_offset=self._here(item.end),
            created_by=self.applier_id,
        )

    def _milestone(self, item: TemplateMilestone) -> Milestone:
        due = self.dates[item.key][1]
        return Milestone(
            self.ids[item.key],
            *self._texts(item),
            due,
            due,
            self.ids.get(item.objective),
            self._here(item.due),
            shared=item.shared,
            key=item.key,
            fixed=item.fixed,
            created_by=self.applier_id,
        )

    def _play(self, item: TemplatePlay) -> Play:
        given = self.draft.overrides.get(item.key, AS_IT_IS)
        return Play(
            self.ids[item.key],
            *self._texts(item),
            self.ids.get(item.objective),
            self.owner_of[item.key],
            given.start or self.dating.of(item.start, self.dates, item.key),
            given.due or self.dating.of(item.due, self.dates, item.key),
            shared=item.shared,
            weight=item.weight,
            custom=with_defaults("play", item.custom, self.settings),
            key=item.key,
            fixed=item.fixed,
            start_offset=self._here(item.start),
            offset=self._here(item.due),
            created_by=self.applier_id,
        )

    def _tasks(self) -> tuple[Task, ...]:
        """The tasks; Task is built by position, because there are very many."""
        ids, overrides, made = self.ids, self.draft.overrides, []
        defaults = self.settings.defaults("task")
        for item, tail in zip(self.blueprint.template.tasks, self.blueprint.tails, strict=True):
            if item.key not in self.keys:
                continue
            given = overrides.get(item.key, AS_IT_IS)
            start, due, duration = self.dates[item.key]
            links = self._links(item)
            offset, start_offset = self._here(item.due), self._here(item.start)
            made.append(
                Task(
                    ids[item.key],
                    given.title or item.title,
                    "waiting" if waits(links, offset, start_offset) else "open",
                    self.owner_of[item.key],
                    start,
                    due,
                    due,
                    item.type,
                    ids.get(item.parent),
                    ids.get(item.milestone),
                    ids.get(item.stage),
                    links,
                    item.description if given.description is None else given.description,
                    item.priority,
                    item.category,
                    "",
                    duration,
                    offset,
                    start_offset,
                    item.calendar,
                    False,
                    given.start is not None or given.due is not None,
                    self.owners.helpers(item),
                    item.owner,
                    given.owner_id is not None,
                    *tail,
                    FrozenMap({**defaults, **item.custom}) if defaults else item.custom,
                    item.key,
                    item.fixed,
                    created_by=self.applier_id,
                )
            )
        return tuple(made)

    def _links(self, item: TemplateTask) -> tuple[Dependency, ...]:
        if not item.after:
            return ()
        ids, keys = self.ids, self.keys
        linked = [link for link in item.after if link.predecessor_id in keys]
        return tuple([Dependency(ids[link.predecessor_id], link.kind, link.lag, link.unit) for link in linked])

    def _here(self, offset: Offset | None) -> Offset | None:
        """An offset of the template as it stands in the plan: what it counts from is named by id."""
        if offset is None or ":" not in offset.anchor:
            return offset
        if offset.item_id not in self.ids:
            return None
        return attrs.evolve(offset, anchor=f"{offset.anchor.partition(':')[0]}:{self.ids[offset.item_id]}")

    def _fits(self, tasks: tuple[Task, ...]) -> None:
        """The plan keeps the limits of the settings and the rules of its section (L8)."""
        most = self.settings.limits.tasks_per_plan
        if len(tasks) > most:
            self.problems.append(Problem("tasks", f"at most {most} in a plan, not {len(tasks)} (settings, limits)"))
        if wants_stages(self.draft.section, self.settings):
            self.problems += [
                Problem(f"items[{task.key!r}].stage", STAGE_WANTED) for task in tasks if not task.stage_id
            ]
