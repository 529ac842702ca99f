"""The plays of an account: which are active, and linking one to an objective of any of its plans (T13)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import cast

import attrs
from attrs import define, frozen

from actionplans import edit
from actionplans.checks import FrozenMap
from actionplans.edit.carrying import carry, is_active
from actionplans.errors import NotFound, Refused
from actionplans.model import Account, Plan, Play, Warn
from actionplans.model.plan import id_wanted
from actionplans.permissions import subject
from actionplans.settings import Settings
from actionplans.sharing import View, warnings_seen
from actionplans.storage import PlanQuery
from actionplans.workspace.accounts import Accounts
from actionplans.workspace.changes import Changer
from actionplans.workspace.desk import Change, Desk
from actionplans.workspace.plans import OPEN_PLANS, chunks

PLANS_AT_ONCE = 50
"""How many whole plans are read at once, where few of them may be asked for."""


@frozen
class ActivePlay:
    """A play that has open tasks, or none yet, and the plan that it runs in."""

    plan_id: str
    plan_title: str
    play: Play


@define
class Plays:
    """The plays that run on accounts."""

    desk: Desk

    def active(self, account_id: str) -> Iterator[ActivePlay]:
        """The active plays of an account, in the open plans that the actor may see: those that can be linked (T13).

        Raises `NotFound`, also for an account that they may not see (V7).
        """
        desk, settings = self.desk, self.desk.settings()
        account = Accounts(desk).get(account_id)
        for plan, plays in active_plays(desk, account_id):
            active = {one.id for one in plays}
            seen = self._seen(plan, account, settings)
            yield from (ActivePlay(plan.id, plan.title, one) for one in seen if one.id in active)

    def _seen(self, plan: Plan, account: Account, settings: Settings) -> tuple[Play, ...]:
        """The plays of a plan as the actor sees them; none where they see single items of it only."""
        try:
            seen, limited = self.desk.as_seen(plan, account, settings)
        except NotFound:
            return ()
        return () if limited else seen.plays

    def link(self, plan_id: str, play_id: str, objective_id: str | None, *, to: str | None = None) -> View:
        """Put an active play of a plan under an objective, or under none (T13); gives the plan where it then is.

        With `to`, the id of another plan of the account, it goes there with its tasks, both plans in one step; the
        view's `warnings` say what they let go of. It takes the right to move the play, and there to create one; for
        what is marked as shown to customers, the right to share it there too (V4).
        """
        if to is not None and to != plan_id:
            return self.desk.repeated(lambda: self._carried(plan_id, play_id, objective_id, to))
        plan, account, settings = self.desk.plan(plan_id)
        seen = self.desk.seen(plan, account, settings)
        play = seen.play(play_id)
        _linkable(plan, play, objective_id, seen.plan)
        return Changer(self.desk).change(plan_id, None, edit.move, (play.id,), {"objective_id": objective_id})

    def _carried(self, plan_id: str, play_id: str, objective_id: str | None, to: str) -> View:
        desk = self.desk
        source, account, settings = desk.plan(plan_id)
        target, _, _ = desk.plan(to, settings)
        play = source.play(desk.as_seen(source, account, settings)[0].play(play_id).id)
        there, _ = desk.as_seen(target, account, settings)
        desk.need(settings, "play.move", subject(account, source, play))
        for action in ("play.create", *_sharing(source, play)):
            desk.need(settings, action, subject(account, target))
        _linkable(source, play, objective_id, there)
        done = carry(source, target, desk.context(target, account, settings), play.id, objective_id)
        detail = {"item": play.id, "from": source.id, "to": target.id}
        stored = desk.commit(
            Change(source, done.source, "play.move", FrozenMap(detail)),
            Change(target, done.target, "play.move", FrozenMap(detail)),
        )
        view = desk.seen(cast(Plan, stored[1]), account, settings, before=target)
        return attrs.evolve(view, warnings=warnings_seen(view, (Warn(item_id, told) for item_id, told in done.lost)))


def _linkable(plan: Plan, play: Play, objective_id: str | None, there: Plan) -> None:
    """Refuse to link a play that is complete, or to what is no objective of the plan as it is seen there (T13, V7)."""
    if objective_id is None:
        return
    if not is_active(plan, play):
        raise Refused("linking", f"{play.title!r} is complete: only active plays are linked")
    if all(one.id != objective_id for one in there.objectives):
        meant = id_wanted(objective_id, there.objectives)
        raise NotFound("objective", objective_id, meant or "give to=, the id of its plan, where it is another's")


def _sharing(plan: Plan, play: Play) -> Iterator[str]:
    """What carrying a play takes besides, where it or tasks of it are marked as shown to customers (V4)."""
    if play.shared:
        yield "play.share"
    if any(task.shared for task in plan.tasks if task.parent_id == play.id):
        yield "task.share"


def active_plays(desk: Desk, account_id: str) -> Iterator[tuple[Plan, tuple[Play, ...]]]:
    """The open plans of an account that have active plays, with those, whoever may see them; by id (T13)."""
    for part in chunks(desk.every(PlanQuery(account_ids=(account_id,), statuses=OPEN_PLANS)), PLANS_AT_ONCE):
        plans = desk.store.get_many(Plan, [head.id for head in part])
        for plan in (plans[head.id] for head in part if head.id in plans):
            plays = tuple(one for one in plan.plays if is_active(plan, one))
            if plays:
                yield plan, plays
