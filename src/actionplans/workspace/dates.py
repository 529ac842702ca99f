"""Questions about the dates of a plan: why, how much room, what conflicts (D10, P5, P9), and counting them again."""

from __future__ import annotations

from attrs import define

from actionplans import schedule
from actionplans.edit import Context
from actionplans.errors import NotAllowed
from actionplans.model import Account, Decision, Plan, Task
from actionplans.sharing import View
from actionplans.workspace.desk import Desk


@define
class Dates:
    """`workspace.dates`: each answer holds only what the actor may see of the plan.

    It is worked out from all of it, so those who see only a part of it, as contacts do, are refused (V2).
    """

    _desk: Desk

    def explain(self, plan_id: str, item_id: str) -> schedule.Why:
        """Why the dates of an item are what they are, as data; `.sentence()` says it in words (D10)."""
        view, plan, context = self._read(plan_id)
        titles = {one.id: one.title for one in view.plan.items()}
        return schedule.why(plan, view.item(item_id).id, context.calendars_of(plan), titles)

    def slack(self, plan_id: str) -> tuple[schedule.Slack, ...]:
        """How many working days each open task may slip before the plan's last due date moves, in plan order (P9)."""
        view, plan, context = self._read(plan_id)
        seen = {task.id for task in view.tasks}
        return tuple(one for one in schedule.slack(plan, context.calendars_of(plan)) if one.task_id in seen)

    def critical_path(self, plan_id: str) -> tuple[Task, ...]:
        """The tasks with the least slack, each after what it hangs on (P9)."""
        view, plan, context = self._read(plan_id)
        seen = {task.id: task for task in view.tasks}
        path = schedule.critical_path(plan, context.calendars_of(plan))
        return tuple(seen[task.id] for task in path if task.id in seen)

    def conflicts(self, plan_id: str) -> tuple[schedule.Conflict, ...]:
        """The open tasks that stand earlier than their links allow, with the link (P5)."""
        view, plan, context = self._read(plan_id)
        seen = {one.id for one in view.plan.items()}
        found = schedule.conflicts(plan, context.calendars_of(plan))
        return tuple(one for one in found if {one.task_id, one.limit.source} <= seen)

    def _read(self, plan_id: str) -> tuple[View, Plan, Context]:
        desk, settings = self._desk, self._desk.settings()
        plan = desk.store.get(Plan, plan_id)
        account = desk.store.get(Account, plan.account_id)
        view = desk.seen(plan, account, settings)
        if view.limited:
            raise NotAllowed(Decision(False, "plan.dates", "this is for those who see the whole plan"))
        return view, plan, desk.context(plan, account, settings)
