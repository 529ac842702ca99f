"""The plays of an account: which are active, and linking one to an objective of any of its plans (T13)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import cast

import attrs
from attrs import define, frozen

from actionplans import edit
from actionplans.checks import FrozenMap
from actionplans.edit.carrying import carry, is_active
from actionplans.errors import Refused
from actionplans.model import Account, Plan, Play, Warn
from actionplans.permissions import subject
from actionplans.sharing import View
from actionplans.storage import PlanQuery
from actionplans.workspace.accounts import Accounts
from actionplans.workspace.changes import Changer
from actionplans.workspace.desk import Change, Desk
from actionplans.workspace.plans import OPEN_PLANS


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
        asker = desk.asker(settings)
        for head in desk.every(PlanQuery(account_ids=(account_id,), statuses=OPEN_PLANS)):
            for plan in desk.store.get_many(Plan, (head.id,)).values():
                if desk.may(settings, "plan.see", subject(account, plan), asker).allowed:
                    yield from (ActivePlay(plan.id, plan.title, one) for one in plan.plays if is_active(plan, one))

    def link(self, plan_id: str, play_id: str, objective_id: str | None, *, to: str | None = None) -> View:
        """Put an active play of a plan under an objective, or under none (T13); gives the plan where it then is.

        With `to`, the id of another plan of the account, it goes there with its tasks, both plans in one step; the
        view's `warnings` say what they let go of. It takes the right to move the play, and there to create one.
        """
        if to is not None and to != plan_id:
            return self.desk.repeated(lambda: self._carried(plan_id, play_id, objective_id, to))
        plan = self.desk.store.get(Plan, plan_id)
        self.desk.seen(plan, self.desk.store.get(Account, plan.account_id), self.desk.settings())
        play = plan.play(play_id)
        if objective_id is not None and not is_active(plan, play):
            raise Refused("linking", f"{play.title!r} is complete: only active plays are linked")
        return Changer(self.desk).change(plan_id, None, edit.move, (play.id,), {"objective_id": objective_id})

    def _carried(self, plan_id: str, play_id: str, objective_id: str | None, to: str) -> View:
        desk, settings = self.desk, self.desk.settings()
        plans = []
        for one in (plan_id, to):
            plan = desk.store.get(Plan, one)
            desk.seen(plan, desk.store.get(Account, plan.account_id), settings)
            plans.append(plan)
        source, target = plans
        account = desk.store.get(Account, source.account_id)
        desk.need(settings, "play.move", subject(account, source, source.play(play_id)))
        desk.need(settings, "play.create", subject(account, target))
        done = carry(source, target, desk.context(target, account, settings), play_id, objective_id)
        detail = {"item": play_id, "from": source.id, "to": target.id}
        stored = desk.commit(
            Change(source, done.source, "play.move", FrozenMap(detail)),
            Change(target, done.target, "play.move", FrozenMap(detail)),
        )
        view = desk.seen(cast(Plan, stored[1]), account, settings, written=True)
        return attrs.evolve(view, warnings=tuple(Warn(item_id, told) for item_id, told in done.lost))
