"""The items of a launched plan, and the plan: copies that keep their keys (T3)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple, TypeVar

import attrs
from attrs import define, field

from actionplans.checks import EMPTY
from actionplans.errors import Invalid, Problem, Unresolved
from actionplans.launch.blueprint import Blueprint, Dates, Shape
from actionplans.launch.conditions import taken
from actionplans.launch.dates import Dating
from actionplans.launch.drafted import AS_IT_IS, Place
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
)
from actionplans.model.words import with_article
from actionplans.settings import Settings
from actionplans.vocabularies import STAGE_WANTED, custom_problems, section_problems, wants_stages, with_defaults

T = TypeVar("T", bound=TemplateItem)
I = TypeVar("I")  # noqa: E741

_NOT_OF = {"stage": ("start", "due", "owner_id"), "milestone": ("start", "owner_id")}
"""What a draft cannot say of these kinds of items: they have none."""


class Items(NamedTuple):
    """Items of a plan, by the names that it has for them."""

    stages: tuple[Stage, ...]
    objectives: tuple[Objective, ...]
    milestones: tuple[Milestone, ...]
    plays: tuple[Play, ...]
    tasks: tuple[Task, ...]


@define
class Launching:
    """One launch under way; `problems` gathers what stands in its way. Call `plan()` once.

    `place` is where in a running plan it goes. `keys` are the items that are made, `own` those that the draft adds.
    """

    blueprint: Blueprint
    draft: Draft
    account: Account
    settings: Settings
    directory: Directory
    applier_id: str
    now: dt.datetime
    new_id: Callable[[], str]
    problems: list[Problem] = field(factory=list)
    place: Place | None = None
    keys: frozenset[str] = frozenset()
    own: frozenset[str] = frozenset()
    ids: dict[str, str] = field(factory=dict)
    owner_of: dict[str, str | None] = field(factory=dict)
    dates: Mapping[str, Dates] = field(factory=dict)
    owners: Owners = field(init=False)
    dating: Dating = field(init=False)

    def __attrs_post_init__(self) -> None:
        """The parts that look for owners and dates."""
        self.owners = Owners(self.draft, self.account, self.directory, self.applier_id)
        self.dating = Dating(self.blueprint, self.draft, self.settings, self.directory, self.problems, self.place)

    def plan(self) -> Plan:
        """The plan, or everything that is wrong; a running one with what is launched into it."""
        place = self.place
        self.own = frozenset(one.key for one in self.draft.added.items())
        self.keys = taken(self.blueprint, self.draft, self.account, self.settings, self.problems)
        if place is None:
            plan_id = self.new_id()
            made = self.made()
            self._fits(made.tasks)
            return self._new(plan_id, made)
        self.keys = self.keys.difference(place.reused)
        if place.root is not None and place.root.key not in self.keys:
            self.problems.append(Problem(f"items[{place.root.key!r}]", "is what is launched: it cannot be left out"))
            self._refuse()
        self.dating.begin()
        made = self.made()
        self._fits(made.tasks)
        return self._into(place, made)

    def made(self) -> Items:
        """The items of the `keys`; what is wrong with them is among the `problems`."""
        template, place, new_id = self.blueprint.template, self.place, self.new_id
        mould = self.blueprint.mould(self.settings, self.keys)
        if place is None:
            self.ids = {key: new_id() for key in mould.keys}
        else:
            here = place.here.get
            self.ids = {key: here(key) or new_id() for key in mould.keys}
            self.ids |= place.reused
            if place.here:
                library = (one.key for one in template.stages if one.key not in place.here)
                self.ids |= {key: key for key in library if self.settings.stage(key) is not None}
        stages = tuple(one for one in self._made(template.stages, self._stage) if one is not None)
        self._words()
        self._overrides()
        owner = self.owners.of
        self.owner_of = {item.key: owner(item) for item in mould.owned}
        held = place.held if place is not None else EMPTY
        self.dates = self.dating.of_items(self.keys, {**self.owner_of, **held} if held else self.owner_of)
        return Items(
            stages,
            self._made(template.objectives, self._objective),
            self._made(template.milestones, self._milestone),
            self._made(template.plays, self._play),
            self._tasks(mould.tasks),
        )

    def _into(self, place: Place, made: Items) -> Plan:
        """The running plan with what was made for it at the end of each kind (T13)."""
        self._refuse()
        plan, anchors = place.plan, place.anchors.having("start", place.plan.start)
        lists: dict[str, Any] = {name: (*getattr(plan, name), *items) for name, items in made._asdict().items()}
        return attrs.evolve(plan, anchors=anchors, **lists)

    def _new(self, plan_id: str, made: Items) -> Plan:
        draft, template = self.draft, self.blueprint.template
        stage_id, owner_id = self._stage_of_plan(), self.owners.of_plan()
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
            **made._asdict(),
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
        left = self.blueprint.keys - self.keys if self.keys is not self.blueprint.keys else frozenset[str]()
        return Launch(
            template.id,
            template.version,
            self.now,
            self.applier_id,
            draft.anchors,
            left - self.own,
            draft.job,
            draft.row,
        )

    def _refuse(self) -> None:
        """Raise whatever was found, all at once (T5)."""
        if not (self.owners.unresolved or self.problems):
            return
        what = f"the launch of {self.blueprint.template.title!r}"
        if self.owners.unresolved:
            raise Unresolved(what, (*self.owners.unresolved, *self.problems))
        raise Invalid(what, tuple(self.problems))

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
        for key, found in self.blueprint.under(self.settings).strange.items():
            if key in self.keys:
                self.problems += [one.under(f"items[{key!r}]") for one in found]
        if self.place is None:
            custom = with_defaults("plan", self.draft.custom, self.settings)
            self.problems += custom_problems("plan", custom, self.settings)
            self.problems += section_problems(self.draft.section, self.settings)

    def _overrides(self) -> None:
        """What the draft says of items that have no such thing, or that are not made, is a mistake: not passed over."""
        for key in sorted(self.draft.overrides.keys() & self.place.reused.keys()) if self.place is not None else ():
            self.problems.append(Problem(f"items[{key!r}]", "is the plan's own already: change it there"))
        for item in self.blueprint.template.items() if self.draft.overrides else ():
            given = self.draft.overrides.get(item.key, AS_IT_IS)
            for name in _NOT_OF.get(item.kind, ()):
                if getattr(given, name) is not None:
                    self.problems.append(Problem(f"items[{item.key!r}].{name}", f"{with_article(item.kind)} has none"))

    def _texts(self, item: TemplateItem) -> tuple[str, str]:
        """Title and description, as the draft or else the template says."""
        given = self.draft.overrides.get(item.key, AS_IT_IS)
        return given.title or item.title, item.description if given.description is None else given.description

    def _stage(self, item: TemplateStage) -> Stage | None:
        """A custom stage of the plan, or None for one that the settings have: that is referred to, not copied."""
        here = self.place is not None and item.key in self.place.here
        if here or self.settings.stage(item.key) is None:
            return Stage(self.ids[item.key], *self._texts(item), self._key(item), item.fixed)
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

    def _key(self, item: TemplateItem) -> str:
        """The item's key in the plan: those that the draft adds have none (T3, R4)."""
        return "" if item.key in self.own else item.key

    def _hand_dated(self, item: TemplateItem) -> bool:
        given = self.draft.overrides.get(item.key, AS_IT_IS)
        return given.start is not None or given.due is not None

    def _objective(self, item: TemplateObjective) -> Objective:
        start, end, _ = self.dates[item.key]
        return Objective(
            self.ids[item.key],
            *self._texts(item),
            item.status or next((one.key for one in self.settings.objective_statuses), ""),
            item.category,
            start,
            end,
            self.owner_of[item.key],
            item.weight,
            item.metric,
            item.shared,
            with_defaults("objective", item.custom, self.settings),
            self._key(item),
            item.fixed,
            start_offset=self._here(item.start, item),
            end_offset=self._here(item.end, item),
            created_by=self.applier_id,
            hand_dated=self._hand_dated(item),
        )

    def _milestone(self, item: TemplateMilestone) -> Milestone:
        due = self.dates[item.key][1]
        return Milestone(
            self.ids[item.key],
            *self._texts(item),
            due,
            due,
            self.ids.get(item.objective),
            self._here(item.due, item),
            shared=item.shared,
            key=self._key(item),
            fixed=item.fixed,
            created_by=self.applier_id,
            hand_dated=self._hand_dated(item),
        )

    def _play(self, item: TemplatePlay) -> Play:
        start, due, _ = self.dates[item.key]
        loose = self.draft.parent_id if self.place is not None else None
        return Play(
            self.ids[item.key],
            *self._texts(item),
            self.ids.get(item.objective) if item.objective else loose,
            self.owner_of[item.key],
            start,
            due,
            self._launch() if self.place is not None and item.key not in self.own else None,
            shared=item.shared,
            weight=item.weight,
            custom=with_defaults("play", item.custom, self.settings),
            key=self._key(item),
            fixed=item.fixed,
            start_offset=self._here(item.start, item),
            offset=self._here(item.due, item),
            created_by=self.applier_id,
            hand_dated=self._hand_dated(item),
        )

    def _tasks(self, shapes: Iterable[Shape]) -> tuple[Task, ...]:
        """The tasks; Task is built by position, because there are very many."""
        ids, overrides, own, made = self.ids, self.draft.overrides, self.own, []
        dates, owner_of, here, owners, applier = self.dates, self.owner_of, self._here, self.owners, self.applier_id
        loose = self.draft.parent_id if self.place is not None else None
        running = self.place is not None
        for item, status, links, relative, rest in shapes:
            key, offset, start_offset = item.key, item.due, item.start
            given = overrides.get(key, AS_IT_IS) if overrides else AS_IT_IS
            start, due, duration = dates[key]
            if relative or running:
                offset, start_offset = here(offset, item), here(start_offset, item)
            made.append(
                Task(
                    ids[key],
                    given.title or item.title,
                    status,
                    owner_of[key],
                    start,
                    due,
                    due,
                    item.type,
                    ids.get(item.parent) if item.parent else loose,
                    ids.get(item.milestone),
                    ids.get(item.stage),
                    tuple([Dependency(ids[one], kind, lag, unit) for one, kind, lag, unit in links]) if links else (),
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
                    owners.helpers(item) if item.helpers else (),
                    item.owner,
                    given.owner_id is not None,
                    *rest,
                    "" if key in own else key,
                    item.fixed,
                    created_by=applier,
                )
            )
        return tuple(made)

    def _here(self, offset: Offset | None, item: TemplateItem) -> Offset | None:
        """An offset of the template as it stands in the plan: what it counts from is named by id.

        In a running plan `start` is the start of the play or objective; where there is none, the date stands alone.
        """
        if offset is None:
            return None
        if ":" not in offset.anchor:
            if self.place is None or self.place.whole or offset.anchor != "start":
                return offset
            root = self.place.root
            if root is None or root.key == item.key:
                return None
            return attrs.evolve(offset, anchor=f"{root.kind}:{self.ids[root.key]}")
        if offset.item_id not in self.ids:
            return None
        return attrs.evolve(offset, anchor=f"{offset.anchor.partition(':')[0]}:{self.ids[offset.item_id]}")

    def _fits(self, tasks: tuple[Task, ...]) -> None:
        """The plan keeps the limits of the settings and the rules of its section (L8)."""
        most, running = self.settings.limits.tasks_per_plan, self.place.plan if self.place is not None else None
        number = len(tasks) + (len(running.tasks) if running is not None else 0)
        if number > most:
            self.problems.append(Problem("tasks", f"at most {most} in a plan, not {number} (settings, limits)"))
        if wants_stages(self.draft.section if running is None else running.section, self.settings):
            self.problems += [
                Problem(f"items[{task.key!r}].stage", STAGE_WANTED) for task in tasks if not task.stage_id
            ]
