"""Comments on tasks and on the plan: internal ones, and shared ones that contacts may read (V5, L1)."""

from __future__ import annotations

import attrs

from actionplans.edit.context import Context, changeable, refuse, replaced, verb, wrong
from actionplans.errors import NotFound
from actionplans.model import Comment, Plan, Task
from actionplans.model.words import with_article


@verb("comment")
def comment(plan: Plan, context: Context, item_id: str, text: str, *, internal: bool | None = None) -> Plan:
    """A note on a task, or, by its own id, on the plan; contacts never see an internal one (V5).

    Without a word on it a note is internal, but for those of contacts and partners, which never are (V6).
    A completed or cancelled plan still takes comments; a merged or archived one takes no change at all (M2, L1).
    Raises `Refused` where there are as many as the settings allow.
    """
    held = _commented(plan, item_id, "commenting")
    if context.outside and internal:
        refuse("commenting", "a note of yours is not internal, you would not see it: leave that out")
    inside = not context.outside if internal is None else internal
    note = Comment(context.new_id(), context.actor_id, context.now, text, inside)
    if note.text.isspace() or not note.text:
        wrong("this comment", "text", "must not be blank")
    most = context.settings.limits.comments_per_item
    if sum(not (context.outside and one.internal) for one in held.comments) >= most:
        refuse("commenting", f"{held.title!r} has {most} comments (settings, limits): delete some of yours first")
    return _with(plan, held, (*held.comments, note))


@verb("comment")
def delete_comment(plan: Plan, context: Context, item_id: str, comment_id: str) -> Plan:
    """A task, or the plan by its own id, without a comment of the actor's own.

    Raises `NotFound` for one of somebody else's as for one that is not there: it may be hidden (V7).
    """
    held = _commented(plan, item_id, "deleting a comment")
    left = tuple(one for one in held.comments if (one.id, one.author_id) != (comment_id, context.actor_id))
    if len(left) == len(held.comments):
        raise NotFound("comment of yours", comment_id, "people delete what they wrote themselves")
    return _with(plan, held, left)


def _commented(plan: Plan, item_id: str, action: str) -> Plan | Task:
    """What takes the comment: the plan by its own id, or a task."""
    if plan.archived or plan.status == "merged":
        changeable(plan, action)
    if item_id == plan.id:
        return plan
    item = plan.item(item_id)
    if not isinstance(item, Task):
        refuse(action, f"{with_article(item.kind)} takes no comments: comment on its tasks or on the plan")
    return item


def _with(plan: Plan, held: Plan | Task, comments: tuple[Comment, ...]) -> Plan:
    if isinstance(held, Task):
        return replaced(plan, attrs.evolve(held, comments=comments))
    return attrs.evolve(plan, comments=comments)
