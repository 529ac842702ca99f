"""What a contact sees, said again slowly: written from the rules (V2 to V6), not from the library's own way.

Nothing of `actionplans.sharing` is used here.
"""

from collections.abc import Iterable
from typing import Any

from actionplans.checks import FrozenMap
from actionplans.model import (
    ANY_CONTACT,
    Account,
    Completion,
    Invitation,
    Milestone,
    Objective,
    Person,
    Plan,
    Play,
    Task,
    Team,
)
from actionplans.settings import Settings
from actionplans.workdays import today
from tests.sharing.worlds import NOW, World

LISTED: dict[type, frozenset[str]] = {
    Plan: frozenset("id account_id title section status archived owner_id time_zone shared anchors custom".split()),
    Objective: frozenset("id title description status start end owner_id weight shared custom".split()),
    Milestone: frozenset("id title description due objective_id reached_on shared".split()),
    Play: frozenset("id title description start due objective_id owner_id weight shared custom".split()),
    Task: frozenset(
        "id title description status status_name type owner_id start due parent_id milestone_id weight shared custom"
        " comments completion helpers".split()
    ),
    Completion: frozenset(("number", "at", "on", "by")),
    Account: frozenset(("id", "name", "kind", "custom")),
}
"""The fields that may be shown at all, in whatever profile; their items and plans lie beside them."""

ANCESTORS: dict[type, frozenset[str]] = {
    Plan: frozenset({"description"}),
    Objective: frozenset({"metric"}),
    Task: frozenset({"metric"}),
}
"""The fields that profile `ancestors` shows besides."""

PARTS = ("stages", "objectives", "milestones", "plays", "tasks")


def seen(world: World, contact_id: str, plan: Plan) -> Plan | None:
    """The plan as that contact sees it, or None."""
    contact = world.get(Person, contact_id)
    profile = profile_of(world.settings, plan)
    if not may_look(world, contact, plan) or profile == "none":
        return None
    shown = {one.id for one in plan.items() if is_shown(world, contact, plan, profile, one)}
    items = {
        part: tuple(masked(world, contact, plan, profile, one, shown) for one in getattr(plan, part) if one.id in shown)
        for part in PARTS
    }
    return Plan(**listed(world, plan, profile), anchors=FrozenMap({"start": plan.anchors["start"]}), **items)


def may_look(world: World, contact: Person | None, plan: Plan) -> bool:
    """V3: an active contact of the plan's account or of one above, invited to a plan that is shared and not merged."""
    if contact is None or contact.kind != "contact" or not contact.active or contact.account_id is None:
        return False
    if not plan.shared or plan.status == "merged":
        return False
    invited = any(
        (one.plan_id, one.contact_id, one.revoked_at) == (plan.id, contact.id, None) for one in world.of(Invitation)
    )
    return invited and contact.account_id in lineage(world, plan.account_id)


def lineage(world: World, account_id: str) -> list[str]:
    """An account and all above it."""
    path: list[str] = []
    at: str | None = account_id
    while at is not None and at not in path and world.get(Account, at) is not None:
        path.append(at)
        at = world.get(Account, at).parent_id
    return path


def profile_of(settings: Settings, plan: Plan) -> str:
    """V4: that of the section; `plays` without a section; a section that is gone is shared with nobody."""
    if plan.section == "":
        return "plays"
    return next((one.profile for one in settings.sections if one.key == plan.section), "none")


def is_shown(world: World, contact: Person, plan: Plan, profile: str, item: Any) -> bool:
    """V4: whether one item shows."""
    if item.kind == "stage" or getattr(item, "withheld", False):
        return False
    if isinstance(item, Task) and not others_allow(world, contact, plan, item):
        return False
    if profile == "ancestors":
        return item.shared and all(one.shared for one in parents(plan, item))
    match item:
        case Play():
            return item.shared
        case Objective():
            return item.shared or any(one.shared and one.objective_id == item.id for one in plan.plays)
        case Task():
            return in_shared_play(plan, item) or is_theirs(contact, plan, item)
    return False


def in_shared_play(plan: Plan, task: Task) -> bool:
    """Whether the task stands in a play that is marked."""
    return any(one.shared and one.id == task.parent_id for one in plan.plays)


def is_theirs(contact: Person, plan: Plan, task: Task) -> bool:
    """V6, R2: they own it, help with it, or any contact of their account may do it."""
    if task.owner_id == ANY_CONTACT:
        return contact.account_id == plan.account_id or contact.id in task.helpers
    return contact.id == task.owner_id or contact.id in task.helpers


def others_allow(world: World, contact: Person, plan: Plan, task: Task) -> bool:
    """V6: tasks of other contacts are hidden unless the setting says otherwise."""
    people = [world.get(Person, one) for one in (task.owner_id, *task.helpers)]
    others = any(one is not None and one.kind == "contact" for one in people) and not is_theirs(contact, plan, task)
    return not others or world.settings.contacts_see_each_other


def parents(plan: Plan, item: Any) -> Iterable[Any]:
    """Everything that an item stands under, at any height: play, objective and milestone."""
    for name in ("parent_id", "milestone_id", "objective_id"):
        above = getattr(item, name, None)
        for one in plan.items():
            if above is not None and one.id == above:
                yield one
                yield from parents(plan, one)


def listed(world: World, item: Any, profile: str) -> dict[str, Any]:
    """The values of the listed fields of an item or a plan, but for `anchors`."""
    names = set(LISTED[type(item)]) | (
        ANCESTORS.get(type(item), frozenset()) if profile == "ancestors" else frozenset()
    )
    values = {name: getattr(item, name) for name in names if name != "anchors"}
    if "custom" in values:
        kind = type(item).__name__.casefold()
        shown = {one.name for one in world.settings.custom_fields if one.of == kind and one.shown_to_contacts}
        values["custom"] = FrozenMap({name: value for name, value in item.custom.items() if name in shown})
    return values


def masked(world: World, contact: Person, plan: Plan, profile: str, item: Any, shown: set[str]) -> Any:
    """An item with the listed fields alone; what it stands under is told only where that is seen itself."""
    values = listed(world, item, profile)
    for name in ("parent_id", "milestone_id", "objective_id"):
        if name in values and values[name] not in shown:
            values[name] = None
    if isinstance(item, Task):
        if profile == "plays" and not in_shared_play(plan, item):
            values["parent_id"] = None
        values["comments"] = tuple(one for one in item.comments if not one.internal)
        values["helpers"] = tuple(one for one in item.helpers if one == contact.id)
        if item.completion is not None:
            values["completion"] = Completion(
                **{name: getattr(item.completion, name) for name in sorted(LISTED[Completion])}
            )
    return type(item)(**values)


def named(world: World, plan: Plan) -> set[str]:
    """Everybody whom a plan names as it is seen: owners, helpers, who said and did what in it."""
    ids = {plan.owner_id}
    for item in plan.items():
        ids |= {getattr(item, "owner_id", None), *getattr(item, "helpers", ())}
        ids |= {one.author_id for one in getattr(item, "comments", ())}
        completion = getattr(item, "completion", None)
        ids |= {completion.by} if completion is not None else set()
    return {one for one in ids if one is not None}


def everything(world: World, contact_id: str, plans: Iterable[Plan] | None = None) -> dict[str, Any]:
    """All stored values that may decide what a contact gets of plans: these, their accounts, names, the day."""
    known = {one.id: one.name for one in (*world.of(Person), *world.of(Team))}
    found: dict[str, Any] = {}
    for plan in world.of(Plan) if plans is None else plans:
        shown = seen(world, contact_id, plan)
        if shown is not None:
            account = world.get(Account, plan.account_id)
            people = sorted(one.removeprefix("team:") for one in named(world, shown))
            names = [(one, known.get(one)) for one in people]
            day = today(NOW, plan.time_zone or account.time_zone or world.settings.time_zone or "UTC")
            theirs = [
                one.id for one in shown.tasks if is_theirs(world.get(Person, contact_id), plan, plan.task(one.id))
            ]
            found[plan.id] = (shown, listed(world, account, "plays"), names, day, theirs)
    return found
