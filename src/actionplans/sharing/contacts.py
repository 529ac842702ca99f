"""What contacts may see of a plan: the profiles that a section is shared by (V3, V4, V6).

One function decides about an item, `refusal`; what it says is None for what is seen and the reason for what is not, so
that `view` and `why` can never differ.
"""

from __future__ import annotations

from collections.abc import Mapping

from attrs import frozen

from actionplans.model import Account, Item, Objective, Plan, Play, Stage, Task
from actionplans.permissions import Asker, subject, within
from actionplans.settings import Section, Settings

PLAN_NOT_SHARED = "the plan is not shared with customers: mark it (edit.share_plan)"
NOT_INVITED = "they are not invited to the plan: invite them (ws.sharing.invite)"
NO_PROFILE = "plans of this section are shared with nobody: its profile is none (settings)"
MERGED = "the plan was merged into another one: look at that"
INACTIVE = "they are not active: make them active again (ws.people.update)"
ELSEWHERE = "they are no contact of the plan's account or of one above it: give them that account first"
STAGES_INSIDE = "stages are never shown to customers"
MILESTONES_INSIDE = "in this section milestones are not shown, only shared plays with their tasks"
NOT_SHARED = "it is not marked as shared: mark it (edit.share)"
NO_SHARED_PLAY = "it holds no shared play and is not marked itself: share a play under it (edit.share)"
LOOSE = "it stands in no shared play and is not assigned to them: share its play, or assign it"
PARENT_HIDDEN = "what it stands under is not shared: share that too (edit.share)"
ANOTHERS = "it is assigned to another contact, and contacts do not see each other's tasks (settings)"
SHARED = "it is shared, and so is what it stands under"
SHARED_PLAY = "it is shared, or holds or stands in a shared play"
THEIRS = "it is assigned to them"


@frozen
class Sight:
    """What a contact's view of one plan is decided by: read off the plan once, asked for every item.

    `others` are the contacts whose tasks they do not see, `holding` the objectives that hold a shared play.
    """

    asker: Asker
    account: Account
    profile: str
    others: frozenset[str]
    plays: Mapping[str, Play]
    holding: frozenset[str]
    parents: Mapping[str, Item]

    def refusal(self, item: Item) -> str | None:
        """Why the contact does not see an item of a plan that they see; None where they do."""
        if isinstance(item, Stage):
            return STAGES_INSIDE
        if isinstance(item, Objective | Task) and item.withheld:
            return NOT_SHARED
        if isinstance(item, Task) and self._is_anothers(item) and not self.is_theirs(item):
            return ANOTHERS
        return self._of_ancestors(item) if self.profile == "ancestors" else self._of_plays(item)

    def reason(self, item: Item) -> str:
        """Why the contact sees an item that they see."""
        if self.profile == "ancestors":
            return SHARED
        return THEIRS if isinstance(item, Task) and not self._in_shared_play(item) else SHARED_PLAY

    def is_theirs(self, task: Task) -> bool:
        """Whether a task is assigned to the contact, as one of them, as any contact of the account, or as a helper."""
        return within("assigned", self.asker, subject(self.account, None, task))

    def _is_anothers(self, task: Task) -> bool:
        """Whether another contact owns the task or helps with it (R2, V6)."""
        return bool(self.others) and not self.others.isdisjoint((task.owner_id, *task.helpers))

    def _of_ancestors(self, item: Item) -> str | None:
        """It and all its parents are marked (V4). A task's milestone is one of its parents."""
        if not getattr(item, "shared", False):
            return NOT_SHARED
        for name in ("parent_id", "objective_id", "milestone_id"):
            parent = self.parents.get(getattr(item, name, None) or "")
            if parent is not None and self._of_ancestors(parent) is not None:
                return PARENT_HIDDEN
        return None

    def _of_plays(self, item: Item) -> str | None:
        match item:
            case Play():
                return None if item.shared else NOT_SHARED
            case Objective():
                return None if item.shared or item.id in self.holding else NO_SHARED_PLAY
            case Task():
                return None if self._in_shared_play(item) or self.is_theirs(item) else LOOSE
        return MILESTONES_INSIDE

    def _in_shared_play(self, task: Task) -> bool:
        play = self.plays.get(task.parent_id or "")
        return play is not None and play.shared


def sight_of(
    plan: Plan, account: Account, settings: Settings, asker: Asker, contacts: frozenset[str], *, uninvited: str | None
) -> Sight | str:
    """By what a contact's view of a plan is decided, or why they see nothing of it (V3).

    `contacts` are those of the plan's owners that are contacts; whose tasks they may not see is told from that (V6).
    """
    profile = section_of(plan, settings).profile
    refused = (
        (plan.status == "merged", MERGED),
        (profile == "none", NO_PROFILE),
        (not plan.shared, PLAN_NOT_SHARED),
    )
    for holds, reason in refused:
        if holds:
            return reason
    if uninvited is not None:
        return uninvited
    others = frozenset[str]() if settings.contacts_see_each_other else contacts - {asker.id}
    plays = {one.id: one for one in plan.plays}
    holding = frozenset(one.objective_id for one in plan.plays if one.shared and one.objective_id is not None)
    above: tuple[Item, ...] = (*plan.objectives, *plan.milestones, *plan.plays)
    parents = {one.id: one for one in above}
    return Sight(asker, account, profile, others, plays, holding, parents)


def section_of(plan: Plan, settings: Settings) -> Section:
    """The plan's section; one that the settings have no more is shared with nobody."""
    known = not plan.section or any(one.key == plan.section for one in settings.sections)
    return settings.section(plan.section) if known else Section(plan.section, plan.section, depth=1, profile="none")
