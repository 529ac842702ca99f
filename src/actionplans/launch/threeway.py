"""The three-way merge behind an upgrade: a plan, the version it was launched from, and the new one (T9)."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

import attrs
from attrs import define, field

from actionplans.checks import FrozenMap, advice, shown
from actionplans.edit.context import COLLECTION, Context, replaced, stage_problems, too_many
from actionplans.edit.following import hanging_on, one_after_the_other
from actionplans.edit.removal import PLACES, without
from actionplans.edit.tasks import settled
from actionplans.errors import Invalid, MissingAnchors, Problem, Refused, Unresolved
from actionplans.launch.blueprint import Dates, blueprint
from actionplans.launch.conditions import PARENTS, met
from actionplans.launch.differences import Answer, Difference, Outcome, Upgrade, place_of
from actionplans.launch.drafted import Place, Root
from actionplans.launch.fields import DATING, Compared, Three, put_together
from actionplans.launch.items import Launching
from actionplans.launch.merging import dated, ordered
from actionplans.launch.owners import Directory
from actionplans.launch.scope import (
    brought,
    is_closed,
    is_fixed,
    is_touched,
    items_of,
    launch_of,
    moved_out,
    said_of,
    stands,
)
from actionplans.model import (
    Account,
    Draft,
    Item,
    Launch,
    Plan,
    Stage,
    Task,
    Template,
    TemplateItem,
    Warn,
)
from actionplans.schedule import Moved, reschedule
from actionplans.schedule.bases import dates, done_days, timed
from actionplans.vocabularies import section_problems

LEAVES_FIRST = ("task", "milestone", "play", "objective", "stage")
"""The kinds of items in the order in which they may go."""

ANSWERS: Mapping[str, Outcome] = {"ours": "stays", "theirs": "follows"}
"""What an answer makes of a conflict."""

OF_PLAN = ("title", "description", "section", "category", "calendar", "link_policy", "shared")
"""What a template says of the plan as a whole."""


@define
class Merge:
    """One upgrade under way. `items` are those of the launch, by key, `base` and `theirs` the same as either version
    launches them in their places; `found` are the differences, `asked` the places of those that want an answer,
    `counted` the ids of items that stand where the new version puts them, `brought` what is new in that version and was
    brought by a merge with a plan of it (M3), `reached` when milestones were completed.
    """

    plan: Plan
    context: Context
    account: Account
    before: Template
    after: Template
    directory: Directory
    play_id: str | None
    anchors: FrozenMap[str, dt.date]
    answers: dict[str, Answer]
    launch: Launch = field(init=False)
    items: dict[str, Item] = field(factory=dict)
    old: dict[str, TemplateItem] = field(factory=dict)
    new: dict[str, TemplateItem] = field(factory=dict)
    base: dict[str, Item] = field(factory=dict)
    theirs: dict[str, Item] = field(factory=dict)
    found: list[Difference] = field(factory=list)
    asked: set[str] = field(factory=set)
    counted: set[str] = field(factory=set)
    brought: dict[str, Item] = field(factory=dict)
    elsewhere: set[str] = field(factory=set)
    reached: dict[str, dt.date] = field(factory=dict)

    def upgrade(self) -> Upgrade:
        """Compare, merge, date and tell."""
        self.launch = self._launch()
        play = self.plan.play(self.play_id).key if self.play_id is not None else None
        self.old, self.new = said_of(self.before, play), said_of(self.after, play)
        self.items = items_of(self.plan, self.play_id, self.old)
        self.brought = brought(self.plan, self.play_id, self.new, self.items)
        self.elsewhere = moved_out(self.plan, self.play_id)
        self.reached = done_days(self.plan)
        record = self._record()
        held = {key for key, one in self.items.items() if is_fixed(one, self.reached)}
        known = {key: stands(self.items[key], self.reached) for key in held}
        self.base, problems = self._launched(self.before, self.items.keys(), known, self.plan.calendar)
        for key, item in self.items.items():
            if key not in known and any(one.ours_changed and one.dates for one in self._alone(key, item)):
                known[key] = stands(item, self.reached)
        if known.keys() > held:
            self.base, problems = self._launched(self.before, self.items.keys(), known, self.plan.calendar)
        if self.items.keys() - self.base.keys():
            raise Invalid(f"version {self.before.version} of {self.before.title!r}", tuple(problems))
        coming = self._coming()
        kept = [key for key, item in self.items.items() if self._there(key, item)]
        calendar = record.get("calendar", self.plan.calendar)
        known = {key: one for key, one in known.items() if not self._given_up(key)}
        there = known | {key: stands(one, self.reached) for key, one in self.brought.items()}
        self.theirs, problems = self._launched(self.after, [*kept, *self.brought, *coming], there, calendar)
        merged = {key: self._merged(key, known) for key in kept}
        going = self._going(merged)
        self._refuse(problems, coming)
        self._unanswered()
        return self._assembled(record, merged, coming, going)

    def _launch(self) -> Launch:
        """What is moved; raises `Refused` where there is no such launch of that template and version."""
        launch = launch_of(self.plan, self.play_id)
        if (launch.template_id, launch.version) != (self.before.id, self.before.version):
            told = f"version {launch.version} of {launch.template_id!r}"
            raise Refused("upgrading", f"it was launched from {told}: give that as before")
        if self.after.id != self.before.id:
            raise Refused("upgrading", f"{self.after.id!r} is another template, not a version of {self.before.id!r}")
        if self.after.kind != self.before.kind:
            told = f"version {self.after.version} is a template of a {self.after.kind}, not of a {self.before.kind}"
            raise Refused("upgrading", f"{told}: launch it anew")
        back = self.after.version <= self.before.version
        if self.after.state == "editing" or self.after.state == "retired" and not back:
            raise Refused("upgrading", f"version {self.after.version} is {self.after.state}: choose a published one")
        return launch

    def _record(self) -> dict[str, Any]:
        """What the plan as a whole gets; nothing where it is a play that is upgraded."""
        followed: list[Three] = []
        for name in OF_PLAN if self.play_id is None else ():
            base, theirs = (_of_plan(one, name, self.context) for one in (self.before, self.after))
            three = Three(name, base, getattr(self.plan, name), theirs, {name: theirs})
            if self._decided("", "plan", self.plan.title, three):
                followed.append(three)
        return {one.field: one.theirs for one in followed}

    def _launched(
        self, template: Template, keys: Iterable[str], known: Mapping[str, Dates], calendar: str
    ) -> tuple[dict[str, Item], list[Problem]]:
        """These items as that version launches them in the places of the plan's, and what is wrong with them."""
        plan = attrs.evolve(self.plan, calendar=calendar)
        there = {**self.anchors, **plan.anchors}
        root: Root | None = None
        if self.play_id is not None:
            root = template.plays[0] if template.kind == "play" else template.objectives[0]
            if root.key not in self.items:
                raise Refused("upgrading", f"the {root.kind} {root.key!r} of version {template.version} is not here")
            there["start"] = getattr(self.items[root.key], "start", None) or self.launch.anchors["start"]
        made_of = blueprint(template)
        self._given(made_of.anchors, there)
        kinds = {one.key: one.kind for one in template.items()}
        here = {key: one.id for key, one in self._here().items() if kinds.get(key) == one.kind}
        held = self._held_by(template)
        place = Place(plan, root, FrozenMap(there), here=here, known=known, held=held, whole=root is None)
        draft = Draft(template=template, account_id=self.account.id, anchors=place.anchors, title=template.title)
        context = self.context
        under_way = Launching(
            made_of,
            draft,
            self.account,
            context.settings,
            self.directory,
            self.launch.by,
            context.now,
            context.new_id,
            [],
            place,
        )
        under_way.keys = frozenset(keys)
        made = {one.id: one for items in under_way.made() for one in items}
        problems = [*under_way.owners.unresolved, *under_way.problems]
        return {key: made[one] for key, one in under_way.ids.items() if one in made}, problems

    def _held_by(self, template: Template) -> dict[str, str | None]:
        """The owners of the plan's tasks, but of those whose rule follows the new version."""
        follows = {
            key
            for key, one in self.items.items()
            if template is self.after
            and isinstance(one, Task)
            and getattr(self.new.get(key), "owner", ()) != getattr(self.old[key], "owner", ())
            and (not one.owner_by_hand or self.answers.get(f"{key}:owner") == "theirs")
        }
        return {key: one.owner_id for key, one in self._here().items() if isinstance(one, Task) and key not in follows}

    def _here(self) -> dict[str, Item]:
        """The plan's items of either version, by key."""
        return {**self.brought, **self.items}

    def _given(self, wanted: Iterable[str], given: Mapping[str, dt.date]) -> None:
        missing = tuple(name for name in wanted if name not in given)
        if missing:
            told = (Problem(f"anchors[{name!r}]", "give a date: the new version counts from it") for name in missing)
            raise MissingAnchors(f"the upgrade to version {self.after.version}", tuple(told), missing)

    def _alone(self, key: str, item: Item) -> Iterator[Three]:
        """What the plan says of an item otherwise than its version, before the new one is looked at."""
        base, said = self.base.get(key), self.old[key]
        return Compared(base, item, base, said, said).fields() if base is not None else iter(())

    def _coming(self) -> dict[str, TemplateItem]:
        """The items of the new version that the plan does not have and gets (T10)."""
        coming: dict[str, TemplateItem] = {}
        for key, item in self.new.items():
            was = self.old.get(key)
            if key in self.items and was is not None and was.kind == item.kind or key in self.launch.dropped:
                continue
            if key in self.brought:
                continue
            if item.kind == "stage" and self.context.settings.stage(key) is not None:
                continue
            above = [one for name in PARENTS if (one := getattr(item, name, "")) and one in self.new]
            if not all(one in coming or self._stays_with(one) for one in above):
                continue
            if was is None or was.kind != item.kind:
                problems: list[Problem] = []
                if all(met(one, key, self.account, problems) for one in getattr(item, "conditions", ())):
                    self.found.append(Difference(key, item.kind, item.title, "", None, None, item, "comes"))
                    coming[key] = item
                if problems:
                    raise Invalid("this upgrade", tuple(problems))
            elif was != item and key not in self.elsewhere:
                three = Three("", was, None, item, {})
                if self._decided(key, item.kind, item.title, three):
                    coming[key] = item
        return coming

    def _stays_with(self, key: str) -> bool:
        """Whether the plan has an item for others to stand under: its own, or a stage of the library."""
        held = self.brought.get(key, self.items.get(key))
        there = held is not None and held.kind == self.new[key].kind
        return there or self.new[key].kind == "stage" and self.context.settings.stage(key) is not None

    def _there(self, key: str, item: Item) -> bool:
        """Whether an item of the plan is in the new version too."""
        return key in self.new and self.new[key].kind == item.kind

    def _given_up(self, key: str) -> bool:
        """Whether somebody has answered that dates set by hand give way to the template's."""
        item = self.items[key]
        answers = {answer for place, answer in self.answers.items() if place in {place_of(key, one) for one in DATING}}
        return "theirs" in answers and getattr(item, "hand_dated", False) and not is_closed(item, self.reached)

    def _merged(self, key: str, known: Mapping[str, Dates]) -> Item:
        """An item with what follows the template."""
        ours, base, theirs = self.items[key], self.base[key], self.theirs.get(key, self.base[key])
        compared = Compared(base, ours, theirs, self.old[key], self.new[key])
        if is_closed(ours, self.reached):
            self.found += [
                Difference(key, ours.kind, ours.title, one.field, one.base, one.ours, one.theirs, "stays")
                for one in compared.fields()
                if one.theirs_changed and one.ours != one.theirs
            ]
            return ours
        followed: list[Three] = []
        redated = False
        for one in compared.fields():
            by_hand = one.dates and one.theirs_changed and getattr(ours, "hand_dated", False)
            three = attrs.evolve(one, ours=_shown(ours)) if by_hand and not one.field.startswith("after ") else one
            if self._decided(key, ours.kind, ours.title, three):
                followed.append(three)
                redated = redated or one.dates
        fields = put_together(ours, theirs, followed)
        if key not in known and (counted := self._dated(ours, base, theirs, redated=redated)):
            self.counted.add(ours.id)
            fields |= counted
            if redated and getattr(ours, "hand_dated", False):
                fields["hand_dated"] = False
        changed = attrs.evolve(ours, **fields) if fields else ours
        self._tell_dates(key, ours, changed)
        return changed

    def _dated(self, ours: Item, base: Item, theirs: Item, *, redated: bool) -> dict[str, Any]:
        """The dates of an item that stands where its version put it, or that the new one counts otherwise."""
        if isinstance(ours, Stage) or isinstance(base, Stage) or isinstance(theirs, Stage):
            return {}
        days = self.context.days(self.plan, ours if isinstance(ours, Task) else None)
        return dated(ours, base, theirs, days, redated=redated)

    def _tell_dates(self, key: str, ours: Item, changed: Item) -> None:
        if isinstance(ours, Stage) or isinstance(changed, Stage):
            return
        stood = self.base[key]
        for n, name in enumerate(("start", "due")):
            was, now = dates(ours)[n], dates(changed)[n]
            if was != now:
                base = dates(stood)[n] if not isinstance(stood, Stage) else None
                self.found.append(Difference(key, ours.kind, ours.title, name, base, was, now, "follows"))

    def _decided(self, key: str, kind: str, title: str, three: Three) -> bool:
        """Whether the template wins; notes the difference, if there is one."""
        if three.ours == three.theirs or not (three.ours_changed or three.theirs_changed):
            return False
        outcome: Outcome = "follows"
        if not three.theirs_changed:
            outcome = "stays"
        elif three.ours_changed:
            place = place_of(key, three.field)
            self.asked.add(place)
            answer = self.answers.get(place)
            outcome = ANSWERS.get(answer, "conflict") if isinstance(answer, str) else "conflict"
        if not three.field and outcome == "follows":
            outcome = "comes" if three.ours is None else "goes"
        self.found.append(Difference(key, kind, title, three.field, three.base, three.ours, three.theirs, outcome))
        return outcome in ("follows", "comes", "goes")

    def _going(self, merged: Mapping[str, Item]) -> set[str]:
        """The ids of the items that the new version has no more and that nobody has touched: tasks first."""
        gone: set[str] = set()
        left = [(key, one) for key, one in self.items.items() if not self._there(key, one)]
        items = {one.id: one for one in self.plan.items()} | {one.id: one for one in merged.values()}
        under = Counter(place for one in items.values() for place in _places(one) if place is not None)
        for key, item in sorted(left, key=lambda one: LEAVES_FIRST.index(one[1].kind)):
            if is_closed(item, self.reached) or under[item.id]:
                self.found.append(Difference(key, item.kind, item.title, "", self.old[key], item, None, "stays"))
                continue
            touched = is_touched(item) or any(one.ours_changed for one in self._alone(key, item))
            three = Three("", self.old[key], item if touched else self.old[key], None, {})
            if self._decided(key, item.kind, item.title, three):
                gone.add(item.id)
                under.subtract(place for place in _places(items[item.id]) if place is not None)
        return gone

    def _refuse(self, problems: Iterable[Problem], coming: Mapping[str, TemplateItem]) -> None:
        """Raise what is wrong with what comes or follows; what stays as it is may be as it is."""
        followed = {(one.key, _SAID.get(one.field, one.field)) for one in self.found if one.outcome == "follows"}
        followed |= {(one.key, one.field.partition(" ")[0]) for one in self.found if one.outcome == "follows"}
        wrong = (one for one in problems if _key_of(one.place) in coming or _said_at(one.place) in followed)
        told = tuple({one.place: one for one in wrong}.values())
        if told:
            unresolved = all(one.place.endswith((".owner", ".helpers")) for one in told)
            raise (Unresolved if unresolved else Invalid)(f"the upgrade to version {self.after.version}", told)

    def _unanswered(self) -> None:
        """Refuse answers to what was not asked, and answers that are none."""
        found = [
            Problem(f"answers[{place!r}]", f"there is no such conflict: {advice(str(place), self.asked)}")
            for place in self.answers.keys() - self.asked
        ]
        found += [
            Problem(f"answers[{place!r}]", f"ours or theirs, not {shown(answer)}")
            for place, answer in self.answers.items()
            if place in self.asked and not (isinstance(answer, str) and answer in ANSWERS)
        ]
        if found:
            raise Invalid("this upgrade", tuple(found))

    def _assembled(
        self, record: dict[str, Any], merged: Mapping[str, Item], coming: Collection[str], going: set[str]
    ) -> Upgrade:
        """The plan with what was merged, came and went, in order, after all else has followed (P6)."""
        made = [self._new_one(self.theirs[key]) for key in coming if key in self.theirs]
        after = without(replaced(self.plan, *merged.values()), going)
        lists: dict[str, Any] = {}
        keys = {one.id: key for key, one in (*self.items.items(), *self.theirs.items())}
        orders = {
            name: tuple(
                {one.key: n for n, one in enumerate(getattr(version, name))} for version in (self.before, self.after)
            )
            for name in COLLECTION.values()
        }
        for kind, name in COLLECTION.items():
            lists[name] = ordered(getattr(after, name), [one for one in made if one.kind == kind], keys, *orders[name])
        new = {name: day for name, day in self.anchors.items() if name in self.after.anchors}
        after = attrs.evolve(after, **lists, **record, anchors=FrozenMap({**new, **self.plan.anchors}))
        touched = {one.id for key, one in merged.items() if one != self.items[key]} | {one.id for one in made}
        self.counted |= {one.id for one in made}
        self._fits(after, touched, record)
        after = settled(self._relaunched(after), {one.id for one in (*merged.values(), *made)})
        after, moves, warnings = self._followed(after, touched)
        warnings += tuple(self._without_date(coming))
        return Upgrade(self.plan, after, self.play_id, self.after.version, tuple(self.found), moves, warnings)

    def _new_one(self, item: Item) -> Item:
        """An item that comes was made by whoever upgrades."""
        return item if isinstance(item, Stage) else attrs.evolve(item, created_by=self.context.actor_id)

    def _fits(self, after: Plan, touched: set[str], record: Mapping[str, Any]) -> None:
        """The upgraded plan keeps the limits of the settings and the rules of its section (L8)."""
        settings = self.context.settings
        found = [*too_many(after, settings)]
        if "section" in record:
            found += section_problems(record["section"], settings)
        if not found:
            for task in after.tasks:
                if task.id in touched or "section" in record and task.is_open:
                    found += (one.under(f"task {task.title!r}") for one in stage_problems(after, settings, task))
        if found:
            raise Invalid(f"the upgrade to version {self.after.version}", tuple(found))

    def _without_date(self, coming: Iterable[str]) -> Iterator[Warn]:
        """New items that count from something that this plan does not have."""
        for key in coming:
            for name in ("start", "due", "end"):
                offset = getattr(self.new[key], name, None)
                if key in self.theirs and offset is not None and offset.item_id and offset.item_id not in self.theirs:
                    told = f"counts from {offset.anchor}, which this plan does not have: give it a date"
                    yield Warn(self.theirs[key].id, told)
            day = getattr(self.theirs.get(key), "due", None)
            if day is not None and day < self.context.today:
                yield Warn(self.theirs[key].id, f"is new, and was due on {day}: give it another date, or cancel it")

    def _relaunched(self, plan: Plan) -> Plan:
        """The launch says which version it is now, and what of it was left out."""
        ids = {one.id for one in plan.items()}
        present = {key for key, one in self.theirs.items() if one.id in ids}
        present |= {key for key, one in self.new.items() if one.kind == "stage" and self.context.settings.stage(key)}
        left = (self.new.keys() - self.old.keys() | self.launch.dropped & self.new.keys()) - present
        launch = attrs.evolve(self.launch, version=self.after.version, dropped=frozenset(left))
        if self.play_id is None:
            return attrs.evolve(plan, launch=launch)
        plays = (attrs.evolve(one, launch=launch) if one.id == self.play_id else one for one in plan.plays)
        return attrs.evolve(plan, plays=tuple(plays))

    def _followed(self, after: Plan, ids: set[str]) -> tuple[Plan, tuple[Moved, ...], tuple[Warn, ...]]:
        """The plan after what hangs on the upgraded items has followed, and they have made room for each other.

        What stands where the new version puts it stays there, unless links push it.
        """
        context = self.context
        days_before, days = context.calendars_of(self.plan), context.calendars_of(after)
        held = attrs.evolve(after, tasks=tuple(self._held(task) for task in after.tasks))
        first = reschedule(self.plan, held, days=days, days_before=days_before, today=context.today)
        moved = first.applied(after)
        others = tuple(one for one in first.warnings if one.item_id not in ids | self.counted)
        if after.link_policy == "hold":
            return moved, first.moves, others
        pushed = hanging_on(after, {move.item_id for move in first.moves}) & self.counted
        looked = {one.id for one in timed(moved)} & (ids | pushed)
        second = reschedule(moved, moved, days=days, today=context.today, look_at=looked, policy="push")
        return second.applied(moved), one_after_the_other(first.moves, second.moves), others + second.warnings

    def _held(self, task: Task) -> Task:
        """A task that is counted already does not move with the others."""
        return attrs.evolve(task, locked=True) if task.id in self.counted else task


def _shown(item: Item) -> str:
    """The dates that somebody set, for a conflict."""
    start, due = dates(item) if not isinstance(item, Stage) else (None, None)
    return f"set by hand: {' to '.join(str(one) for one in (start, due) if one is not None) or 'no date'}"


def _places(item: Item) -> tuple[str | None, ...]:
    return tuple(getattr(item, name, None) for name in PLACES)


def _of_plan(template: Template, name: str, context: Context) -> Any:
    """What a version says of the plan as a whole."""
    if name == "link_policy":
        return template.link_policy or context.settings.link_policy
    return getattr(template, name)


_SAID = {"stage_id": "stage", "parent_id": "parent", "offset": "due", "start_offset": "start", "end_offset": "end"}
"""What a template calls a field of an item that has another name there."""


def _said_at(place: str) -> tuple[str, str]:
    """The key and the field in a place like `items['KEY'].owner`."""
    return _key_of(place), place.partition("].")[2].partition("[")[0].partition(".")[0]


def _key_of(place: str) -> str:
    """The key in a place like `items['KEY'].owner`."""
    return place.partition("'")[2].partition("'")[0] if place.startswith("items[") else ""
