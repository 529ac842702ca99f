"""Launching into running plans, and plays that move from one plan of an account to another (T7, T13)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import cast

import attrs
from attrs import define

from actionplans import launch as launching
from actionplans.checks import FrozenMap
from actionplans.edit.carrying import is_active
from actionplans.errors import NotAllowed, NotFound, Problem, Refused
from actionplans.model import Account, Draft, Plan, Play, Warn
from actionplans.permissions import subject
from actionplans.sharing import View
from actionplans.storage import PlanQuery
from actionplans.workspace.desk import Change, Desk, unknown_years
from actionplans.workspace.plans import MOST_NAMED, OPEN_PLANS, Launcher, Reading, detail_of, launch_action, needed_for


@define
class Runner:
    """Launches drafts into running plans: reads, decides, launches and commits as for a plan of its own."""

    desk: Desk

    def one(self, draft: Draft, *, trial: bool = False) -> View:
        """Launch a draft into its plan and store it, all or nothing.

        Where doubles are refused the account is stored again as it was read, so that of two at once the second looks
        again (T7).
        """

        def launched() -> View:
            desk, (read, plan, account) = self.desk, self._read(draft)
            after, warnings = self._launched(draft, read, plan, account, trial)
            new = attrs.evolve(after, tasks=after.tasks[len(plan.tasks) :])
            action = launch_action(draft)
            held = Change(account, account, action, FrozenMap({"plans": plan.id}))
            alone = (held,) if _asked(draft) and read.settings.double_launch == "refuse" else ()
            stored = cast(Plan, desk.commit(Change(plan, after, action, FrozenMap(detail_of(new, draft))), *alone)[0])
            return attrs.evolve(desk.seen(stored, account, read.settings, written=True), warnings=warnings)

        return self.desk.repeated(launched)

    def preview(self, draft: Draft, *, trial: bool = False) -> View:
        """What `one` would store and give; nothing is stored."""
        read, plan, account = self._read(draft)
        after, warnings = self._launched(draft, read, plan, account, trial)
        return attrs.evolve(self.desk.seen(after, account, read.settings), warnings=warnings)

    def summary(self, draft: Draft, *, trial: bool = False) -> launching.Outline:
        """As `Workspace.summary`, for a plan of its own too; what may not be seen is not found (V7)."""
        desk = self.desk
        read, plan = Launcher(desk).read((draft,)), None
        account = read.accounts.get(draft.account_id)
        if draft.plan_id is not None:
            read, plan, account = self._read(draft)
        if account is None:
            raise NotFound("account", draft.account_id)
        for action in (launch_action(draft), *(("template.edit",) if trial else ())):
            desk.need(read.settings, action, subject(account, plan), read.asker)
        if not trial:
            Launcher(desk).as_stored(draft.template, read)
        told = launching.summary(
            draft,
            account,
            read.settings,
            directory=read.directory,
            applier_id=desk.actor.id,
            now=desk.now(),
            trial=trial,
            plan=plan,
        )
        more = self._denied(draft, account, plan, read), self._refused(draft, account, plan, read)
        return attrs.evolve(told, obstacles=(*told.obstacles, *more[0], *more[1]))

    def _denied(self, draft: Draft, account: Account, plan: Plan | None, read: Reading) -> Iterator[Problem]:
        """What else the launch takes that the actor may not do, seeing the plan that is made among it."""
        asked = [(action, subject(account, plan)) for action in needed_for(draft, False)]
        if plan is None:
            owners, me = frozenset(filter(None, (draft.owner_id,))), frozenset({self.desk.actor.id})
            asked.append(("plan.see", attrs.evolve(subject(account), owners=owners, makers=me)))
        for action, about in asked:
            decision = self.desk.may(read.settings, action, about, read.asker)
            if not decision.allowed:
                yield Problem("", str(NotAllowed(decision)))

    def _refused(self, draft: Draft, account: Account, plan: Plan | None, read: Reading) -> Iterator[Problem]:
        """That the same is open on the account already, where that is refused (T7)."""
        try:
            if plan is None:
                Launcher(self.desk).doubled(draft, account, read)
            else:
                self._doubled(draft, account, read)
        except Refused as error:
            yield Problem("", str(error))

    def _read(self, draft: Draft) -> tuple[Reading, Plan, Account]:
        desk, read = self.desk, Launcher(self.desk).read((draft,))
        plan = desk.store.get(Plan, draft.plan_id or "")
        account = read.accounts.get(plan.account_id) or desk.store.get(Account, plan.account_id)
        desk.seen(plan, account, read.settings)
        return read, plan, account

    def _launched(
        self, draft: Draft, read: Reading, plan: Plan, account: Account, trial: bool
    ) -> tuple[Plan, tuple[Warn, ...]]:
        desk = self.desk
        for action in needed_for(draft, trial):
            desk.need(read.settings, action, subject(account, plan), read.asker)
        if not trial:
            Launcher(desk).as_stored(draft.template, read)
        after = launching.launch(
            draft,
            account,
            read.settings,
            directory=read.directory,
            applier_id=desk.actor.id,
            now=desk.now(),
            new_id=desk.new_id,
            trial=trial,
            plan=plan,
        )
        warnings = self._doubled(draft, account, read)
        return after, warnings + unknown_years(after, desk.context(after, account, read.settings), plan)

    def _doubled(self, draft: Draft, account: Account, read: Reading) -> tuple[Warn, ...]:
        """The warning that the play is open on the account already, or its refusal (T7).

        It names the plays in plans that the actor may see; a warning of others would tell too much (V7).
        """
        found, seen = False, list[tuple[Plan, Play]]()
        for plan, play in self._running(account, draft.template.id) if _asked(draft) else ():
            found = True
            if self.desk.may(read.settings, "plan.see", subject(account, plan), read.asker).allowed:
                seen.append((plan, play))
                if len(seen) == MOST_NAMED:
                    break
        if not found:
            return ()
        named = f" as {' and '.join(f'{play.title!r} in {plan.title!r}' for plan, play in seen)}" if seen else ""
        told = f"{draft.template.title!r} is open on {account.name!r} already{named}"[:900]
        if read.settings.double_launch == "refuse":
            raise Refused("launching", f"{told}: finish or delete it first")
        return (Warn(seen[0][1].id, told),) if seen else ()

    def _running(self, account: Account, template_id: str) -> Iterator[tuple[Plan, Play]]:
        """The plays of the account that were launched from this template and have open tasks."""
        store = self.desk.store
        for head in self.desk.every(PlanQuery(account_ids=(account.id,), statuses=OPEN_PLANS)):
            plan = store.get_many(Plan, (head.id,)).get(head.id)
            for play in plan.plays if plan is not None else ():
                if (
                    play.launch is not None
                    and play.launch.template_id == template_id
                    and is_active(cast(Plan, plan), play)
                ):
                    yield cast(Plan, plan), play


def _asked(draft: Draft) -> bool:
    """Whether it is asked if the same is open on the account: of plays and objectives (T7)."""
    return draft.template.kind in ("play", "objective")
