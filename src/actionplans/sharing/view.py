"""What one viewer sees of one plan, made by one function (V1)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Literal

import attrs
from attrs import frozen

from actionplans.checks import EMPTY, FrozenMap
from actionplans.model import (
    Account,
    Decision,
    Item,
    Milestone,
    Move,
    Objective,
    Plan,
    Play,
    Task,
    Warn,
)
from actionplans.model.words import Id, Line, Name, TaskStatus, Word
from actionplans.permissions import Asker, Subject, decide, everywhere, rules_of, subject
from actionplans.schedule import Moved
from actionplans.settings import CustomField, Grant, Section, Settings
from actionplans.sharing.contacts import NOT_INVITED, Sight, section_of, sight_of
from actionplans.sharing.shown import LISTED, detached, item_shown, only, people_in, title_shown, without_fields
from actionplans.vocabularies import ALWAYS, may_see_field

Decider = Callable[[Iterable[Grant], Asker, str, Subject], Decision]
"""`permissions.decide`, or a host's own policy (R7)."""

KINDS = ("stage", "objective", "milestone", "play", "task")
SEE: dict[str, str] = {kind: f"{kind}.see" for kind in KINDS}
"""What is asked of each kind of item that is seen."""


@frozen
class People:
    """The persons and teams that a plan names: their names by id, and which of them are contacts (V6)."""

    names: Mapping[str, str] = EMPTY
    contacts: frozenset[str] = frozenset()

    def of(self, ids: frozenset[str]) -> People:
        """Those of these ids."""
        return People({one: name for one, name in self.names.items() if one in ids}, self.contacts & ids)


NOBODY = People()


@frozen
class View:
    """What one viewer may see of one plan, on one day.

    `plan` and `account` hold only what the viewer may see. `names` gives the names of the persons and teams in it,
    `stages` the titles of the stages by id, `status_names` the statuses that the host's own words stand for, `fields`
    the custom fields the viewer may see. `limited` says that the viewer is a contact, or sees only single items.
    `warnings` is what the command that gave this view did not refuse but the user should know, `moves` what else moved,
    each with its reason (P6). Made by `view()` only.
    """

    viewer_id: Id
    plan: Plan
    account: Account
    section: Section
    today: dt.date
    names: FrozenMap[Id, Name] = EMPTY
    stages: FrozenMap[Id, Line] = EMPTY
    status_names: FrozenMap[Word, TaskStatus] = EMPTY
    fields: tuple[CustomField, ...] = ()
    warnings: tuple[Warn, ...] = ()
    moves: tuple[Move, ...] = ()
    limited: bool = False

    @property
    def id(self) -> str:
        """The plan's id."""
        return self.plan.id

    @property
    def tasks(self) -> tuple[Task, ...]:
        """The tasks seen, in plan order."""
        return self.plan.tasks

    @property
    def todo(self) -> tuple[Task, ...]:
        """A limited viewer's own list: the tasks that are seen without anything that they stand under (V4)."""
        return tuple(one for one in self.plan.tasks if one.parent_id is None) if self.limited else ()

    def task(self, id_or_key: str) -> Task:
        """The task of that id or template key; raises `NotFound`, also for a hidden one (V7)."""
        return self.plan.task(id_or_key)

    def objective(self, id_or_key: str) -> Objective:
        """The objective of that id or template key; raises `NotFound`, also for a hidden one (V7)."""
        return self.plan.objective(id_or_key)

    def milestone(self, id_or_key: str) -> Milestone:
        """The milestone of that id or template key; raises `NotFound`, also for a hidden one (V7)."""
        return self.plan.milestone(id_or_key)

    def play(self, id_or_key: str) -> Play:
        """The play of that id or template key; raises `NotFound`, also for a hidden one (V7)."""
        return self.plan.play(id_or_key)

    def item(self, item_id: str) -> Item:
        """The item of that id; raises `NotFound`, also for a hidden one (V7)."""
        return self.plan.item(item_id)

    def name(self, owner_id: str | None) -> str:
        """The name of a person or team for display; the id where no name is known, empty for nobody."""
        return self.names.get(owner_id, owner_id) if owner_id else ""

    def status(self, task: Task) -> str:
        """The task's status for display: the host's own word where it stands for that status today, else ours (L1).

        A word outlives what it said: a task set `blocked` while it waited may be done by now.
        """
        fits = self.status_names.get(task.status_name) == task.status
        return task.status_name if fits else task.status


@frozen
class Viewer:
    """Who looks, and how it is decided what they see: by the policy in the settings, or by a host's own (R7).

    `uninvited` is why a contact has no invitation to this plan that counts (V3), or None where they have one. `sure`
    says that they have just changed the plan, of which they saw a part or the whole, and are shown as much of it though
    that may be hidden from them by now.
    """

    asker: Asker
    uninvited: str | None = NOT_INVITED
    sure: Literal["", "part", "whole"] = ""
    decider: Decider = decide


def view(
    plan: Plan,
    account: Account,
    settings: Settings,
    viewer: Viewer,
    *,
    today: dt.date,
    people: People = NOBODY,
) -> View | None:
    """What the viewer may see of the plan, or None where that is nothing (V1).

    A contact sees what the section's profile shows to customers (V3 to V6). Everybody else sees what they are granted:
    who may see a plan sees all that stands in it but for what a prohibition of `KIND.see` takes in; who may not sees
    the single items that they may see, with the titles of what these stand under (V5). The caller turns None into the
    `NotFound` that an unknown id gives (V7).
    """
    custom = _custom(settings, viewer.asker)
    seen, limited = _seen(plan, account, settings, viewer, custom, today, people)
    if seen is None:
        return None
    return View(
        viewer.asker.id,
        seen,
        _account(account, settings, viewer, custom),
        section_of(plan, settings),
        today,
        FrozenMap(people.names) if seen is plan else _names(seen, people),
        EMPTY if limited else _stages(plan, seen, settings),
        FrozenMap({one.key: one.means for one in settings.task_statuses}),
        custom.fields,
        limited=limited,
    )


def plan_seen(
    plan: Plan,
    account: Account,
    settings: Settings,
    viewer: Viewer,
    *,
    today: dt.date,
    people: People = NOBODY,
) -> tuple[Plan | None, bool]:
    """The plan of `view` alone, or None, and whether the viewer is limited."""
    return _seen(plan, account, settings, viewer, _custom(settings, viewer.asker), today, people)


def why(
    plan: Plan,
    account: Account,
    settings: Settings,
    viewer: Viewer,
    item: Item | None = None,
    *,
    people: People = NOBODY,
) -> Decision:
    """Whether the viewer sees the plan, or an item of it, and why or why not (V8); `view` decides in the same way."""
    action = f"{item.kind if item is not None else 'plan'}.see"
    if viewer.asker.kind != "contact":
        seeing = _seeing(plan, account, settings, viewer)
        return seeing.plan if item is None else seeing.decision(item)
    sight = sight_of(plan, account, settings, viewer.asker, people.contacts, uninvited=viewer.uninvited)
    if isinstance(sight, str):
        return Decision(False, action, sight)
    if item is None:
        return Decision(True, action, "the plan is shared, and they are invited")
    refused = sight.refusal(item)
    return Decision(refused is None, action, sight.reason(item) if refused is None else refused)


def sees_everything(policy: Iterable[Grant], asker: Asker) -> bool:
    """Whether somebody sees every plan, and all that stands in it: nothing is forbidden them anywhere (V1)."""
    free = all(rule.decision.allowed for see in SEE.values() for rule in rules_of(policy, asker, see))
    return free and everywhere(policy, asker, "plan.see")


def sees_field(field: CustomField, asker: Asker) -> bool:
    """Whether a custom field is shown: to contacts where it says so, else to its roles, or to everybody inside (R5)."""
    return may_see_field(field, asker.roles, contact=asker.kind == "contact")


def _seen(
    plan: Plan,
    account: Account,
    settings: Settings,
    viewer: Viewer,
    custom: _Custom,
    today: dt.date,
    people: People,
) -> tuple[Plan | None, bool]:
    if viewer.asker.kind != "contact":
        return _for_insider(plan, account, settings, viewer, custom, today)
    sight = sight_of(plan, account, settings, viewer.asker, people.contacts, uninvited=viewer.uninvited)
    return (None if isinstance(sight, str) else _for_contact(plan, sight, custom)), True


def _custom(settings: Settings, asker: Asker) -> _Custom:
    fields = tuple(one for one in settings.custom_fields if sees_field(one, asker))
    return _Custom(fields, whole=asker.kind != "contact" and ALWAYS in asker.roles)


@frozen
class _Custom:
    """The custom fields that a viewer sees; `whole` where they see whatever is held, also of fields that are gone."""

    fields: tuple[CustomField, ...]
    whole: bool

    def of(self, kind: str) -> frozenset[str]:
        return frozenset(one.name for one in self.fields if one.of == kind)


@frozen
class _Seeing:
    """What an insider's view of one plan is decided by. `asked` are the kinds of items that are decided one by one."""

    plan: Decision
    asked: frozenset[str]
    decided: Callable[[Item], Decision]

    def decision(self, item: Item) -> Decision:
        """A prohibition hides an item, whichever it is of; else one of the two grants is enough."""
        own = self.decided(item)
        if own.forbidden or own.allowed and not self.plan.forbidden:
            return own
        if self.plan.forbidden or self.plan.allowed:
            return attrs.evolve(self.plan, action=own.action)
        return own

    def sees(self, item: Item) -> bool:
        return item.kind not in self.asked or self.decision(item).allowed


def _seeing(plan: Plan, account: Account, settings: Settings, viewer: Viewer) -> _Seeing:
    policy, asker, decider = settings.policy, viewer.asker, viewer.decider
    whole = decider(policy, asker, "plan.see", subject(account, plan))
    if viewer.sure == "whole" and not whole.allowed:
        whole = Decision(True, "plan.see", "they have just changed it")
    kinds: Iterable[str] = KINDS
    if whole.allowed and decider is decide:
        kinds = (kind for kind in KINDS if any(not one.decision.allowed for one in rules_of(policy, asker, SEE[kind])))

    def decided(item: Item) -> Decision:
        return decider(policy, asker, SEE[item.kind], subject(account, plan, item))

    return _Seeing(whole, frozenset(kinds), decided)


def _for_insider(
    plan: Plan, account: Account, settings: Settings, viewer: Viewer, custom: _Custom, today: dt.date
) -> tuple[Plan | None, bool]:
    """The plan as somebody sees it who is no contact, and whether that is single items only."""
    seeing = _seeing(plan, account, settings, viewer)
    if seeing.plan.forbidden and not viewer.sure:
        return None, True
    if seeing.plan.allowed:
        return _whole(plan, seeing, custom), False
    seen = [item for item in plan.items() if item.kind != "stage" and seeing.sees(item)]
    shown = bool(seen) or viewer.sure == "part"
    return (_items_alone(plan, seen, viewer.asker, custom, today) if shown else None), True


def _whole(plan: Plan, seeing: _Seeing, custom: _Custom) -> Plan:
    """The plan without the items that are hidden, and without the custom fields that are."""
    given: dict[str, Any] = {}
    if seeing.asked:
        kept = {kind: tuple(one for one in getattr(plan, f"{kind}s") if seeing.sees(one)) for kind in KINDS}
        seen = {item.id for items in kept.values() for item in items}
        if len(seen) < sum(1 for _ in plan.items()):
            given = {f"{kind}s": tuple(detached(one, seen) for one in items) for kind, items in kept.items()}
            given["joined"] = FrozenMap({there: here for there, here in plan.joined.items() if here in seen})
    if not custom.whole:
        for kind in ("objective", "play", "task"):
            items = given.get(f"{kind}s", getattr(plan, f"{kind}s"))
            if any(one.custom for one in items):
                names = custom.of(kind)
                given[f"{kind}s"] = tuple(without_fields(one, names) for one in items)
        if plan.custom:
            given["custom"] = without_fields(plan, custom.of("plan")).custom
    return attrs.evolve(plan, **given) if given else plan


def _items_alone(plan: Plan, items: Iterable[Item], asker: Asker, custom: _Custom, today: dt.date) -> Plan:
    """The items with the titles of what they stand under; of the plan its title, section and status (V5)."""
    seen = {item.id: item for item in items}
    known = {item.id: item for item in plan.items()}
    above: dict[str, Item] = {}
    looked_at = list(seen.values())
    while looked_at:
        item = looked_at.pop()
        for name in ("parent_id", "objective_id", "milestone_id"):
            parent = known.get(getattr(item, name, None) or "")
            if parent is not None and parent.id not in seen and parent.id not in above:
                above[parent.id] = parent
                looked_at.append(parent)
    ids = seen.keys() | above.keys()

    def shown(kind: str) -> tuple[Any, ...]:
        names, listed = custom.of(kind), LISTED["plays"]
        found = (one for one in getattr(plan, f"{kind}s") if one.id in ids)
        return tuple(
            item_shown(one, ids, listed[type(one)], asker.id, names) if one.id in seen else title_shown(one, ids)
            for one in found
        )

    parts: dict[str, Any] = {f"{kind}s": shown(kind) for kind in KINDS[1:]}
    days = [day for one in seen.values() for day in (getattr(one, "start", None), getattr(one, "due", None)) if day]
    return Plan(
        plan.id,
        plan.account_id,
        plan.title,
        FrozenMap({"start": min(days, default=today)}),
        section=plan.section,
        status=plan.status,
        archived=plan.archived,
        time_zone=plan.time_zone,
        **parts,
    )


def _for_contact(plan: Plan, sight: Sight, custom: _Custom) -> Plan:
    """The plan as its customer sees it: listed fields of what is shown, and nothing that depends on the rest (V2)."""
    items: dict[str, list[Any]] = {kind: [] for kind in KINDS[1:]}
    for item in plan.items():
        if sight.refusal(item) is None:
            items[item.kind].append(item)
    seen = {one.id for some in items.values() for one in some}
    listed, me = LISTED[sight.profile], sight.asker.id
    of_plan = listed[Plan]
    made, places = of_plan.values(plan), of_plan.places
    made[places["custom"]] = only(plan.custom, custom.of("plan"))
    made[places["anchors"]] = FrozenMap({"start": plan.start})
    for kind, some in items.items():
        names = custom.of(kind) if some else frozenset[str]()
        of = {one.id for one in items["play"]} if kind == "task" and sight.profile == "plays" else seen
        made[places[f"{kind}s"]] = tuple(item_shown(one, of, listed[type(one)], me, names) for one in some)
    return Plan(*made)


def _account(account: Account, settings: Settings, viewer: Viewer, custom: _Custom) -> Account:
    """The account as far as it is seen; of a hidden one, and by contacts, its name and what is shown to them."""
    asker = viewer.asker
    if asker.kind == "contact":
        return Account(account.id, account.name, account.kind, custom=only(account.custom, custom.of("account")))
    if not viewer.decider(settings.policy, asker, "account.see", subject(account)).allowed:
        return Account(account.id, account.name, account.kind)
    return account if custom.whole else without_fields(account, custom.of("account"))


def _stages(plan: Plan, seen: Plan, settings: Settings) -> FrozenMap[str, str]:
    """The titles of the stages that are seen; of one that the settings have no more, what it was called by (L1)."""
    known = {one.id: one.title for one in (*settings.stages, *seen.stages)}
    own = {one.id for one in plan.stages}
    used = (task.stage_id for task in seen.tasks if task.stage_id is not None)
    return FrozenMap({one: one for one in used if one not in own} | known)


def _names(seen: Plan, people: People) -> FrozenMap[str, str]:
    return FrozenMap({one: people.names[one] for one in sorted(people_in(seen)) if one in people.names})


def moves_seen(view: View, moves: Iterable[Moved]) -> tuple[Move, ...]:
    """What moved of what the viewer may see, with reasons that name nothing else (D10, V2).

    A limited viewer is told the dates alone: a reason would tell of what stands behind them.
    """
    titles = {one.id: one.title for one in view.plan.items()}
    return tuple(
        Move(
            one.item_id,
            one.old_start,
            one.old_due,
            one.start,
            one.due,
            "" if view.limited else one.reason.cause,
            "" if view.limited else one.sentence(titles),
        )
        for one in moves
        if one.item_id in titles
    )


def warnings_seen(view: View, warnings: Iterable[Warn]) -> tuple[Warn, ...]:
    """The warnings about what the viewer sees; a limited one is given none, for they name other items (V2)."""
    if view.limited:
        return ()
    seen = {view.plan.id, "", *(one.id for one in view.plan.items())}
    return tuple(one for one in warnings if one.item_id in seen)
