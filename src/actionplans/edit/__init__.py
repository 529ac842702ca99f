"""The verbs: functions `(plan, context, …) -> plan`. They check what they touch and refuse what breaks a rule.

    items     add, update, move, share
    comments  comment, delete_comment
    measuring measure, remove_reading
    tasks     start, complete, reopen, cancel, assign, link, unlink
    removal   impact, delete, restore
    plans     update_plan, complete_plan, cancel_plan, reopen_plan, archive_plan, share_plan
    dates     set_anchor, pause_plan, resume_plan, reschedule, recount
    undoing   what `ws.undo` does to a plan

Whatever a verb changes, what hangs on it follows in the same step (P6): the context's `moved` hears of each move, with
the reason, and `warn` of what now conflicts.

A verb that has nothing to do returns the very plan it was given. Through a workspace it is
`ws.change(plan_id, edit.complete, task_id)`; alone it wants a `Context`.
"""

from actionplans.edit.comments import comment, delete_comment
from actionplans.edit.context import Context, verb
from actionplans.edit.dates import pause_plan, recount, reschedule, resume_plan, set_anchor
from actionplans.edit.items import EDITABLE, KEEP, Keep, add, move, share, update
from actionplans.edit.measuring import measure, remove_reading
from actionplans.edit.plans import (
    EDITABLE_PLAN,
    archive_plan,
    cancel_plan,
    complete_plan,
    reopen_plan,
    share_plan,
    update_plan,
)
from actionplans.edit.removal import delete, impact, restore
from actionplans.edit.tasks import assign, cancel, complete, link, open_predecessors, reopen, start, unlink

__all__ = [
    "EDITABLE",
    "EDITABLE_PLAN",
    "KEEP",
    "Context",
    "Keep",
    "add",
    "archive_plan",
    "assign",
    "cancel",
    "cancel_plan",
    "comment",
    "complete",
    "complete_plan",
    "delete",
    "delete_comment",
    "impact",
    "link",
    "measure",
    "move",
    "open_predecessors",
    "pause_plan",
    "recount",
    "remove_reading",
    "reopen",
    "reopen_plan",
    "reschedule",
    "restore",
    "resume_plan",
    "set_anchor",
    "share",
    "share_plan",
    "start",
    "unlink",
    "update",
    "update_plan",
    "verb",
]
