"""Launching into running plans, and plays that move from one plan of an account to another (T7, T13)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import cast

import attrs
from attrs import define

from actionplans import launch as launching
from actionplans.checks import FrozenMap
from actionplans.edit.objectives import ruled
from actionplans.errors import Invalid, NotAllowed, NotFound, Problem, Refused
from actionplans.model import Account, Draft, Plan, Play, Warn
from actionplans.permissions import subject
from actionplans.sharing import View
from actionplans.workspace.desk import Change, Desk, unknown_years
from actionplans.workspace.fields import admit_fields
from actionplans.workspace.plans import (
    MOST_NAMED,
    Launcher,
    Reading,
    detail_of,
    launch_action,
    needed_for,
    open_already,
    touched,
)
from actionplans.workspace.plays import active_plays


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
            return attrs.evolve(desk.seen(stored, account, read.settings, before=plan), warnings=warnings)

        return self.desk.repeated(launched)

    def preview(self, draft: Draft, *, trial: bool = False) -> View:
        """What `one` would store and give; nothing is stored."""
        read, plan, account = self._read(draft)
        after, warnings = self._launched(draft, read, plan, account, trial)
        return attrs.evolve(self.desk.seen(after, account, read.settings), warnings=warnings)

    def summary(self, draft: Draft, *, trial: bool = False) -> launching.Outline:
        """As `Workspace.summary`, for a plan of its own too; what may not be seen is not found (V7)."""
        desk = self.desk
        read, plan, account = self._read(draft) if draft.plan_id is not None else self._read_for_itself(draft)
        draft = Launcher(desk).whole(draft, read)
        for action in (launch_action(draft), *(("template.edit",) if trial else ())):
            desk.need(read.settings, action, subject(account, plan), read.asker)
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
        denied = self._denied(draft, account, plan, read, trial)
        refused = self._refused(draft, account, plan, read, trial)
        return attrs.evolve(told, obstacles=(*told.obstacles, *denied, *refused))

    def _denied(
        self, draft: Draft, account: Account, plan: Plan | None, read: Reading, trial: bool
    ) -> Iterator[Problem]:
        """What else the launch takes that the actor may not do, seeing the plan that is made among it."""
        asked = [(action, subject(account, plan)) for action in needed_for(draft, trial)]
        if plan is None:
            owners, me = frozenset(filter(None, (draft.owner_id,))), frozenset({self.desk.actor.id})
            asked.append(("plan.see", attrs.evolve(subject(account), owners=owners, makers=me)))
        for action, about in asked:
            decision = self.desk.may(read.settings, action, about, read.asker)
            if not decision.allowed:
                yield Problem("", str(NotAllowed(decision)))
        try:
            admit_fields(self.desk, read.settings, touched(draft, read, trial), read.asker)
        except NotAllowed as error:
            yield Problem("", str(error))
        except Invalid as error:
            yield from error.problems

    def _refused(
        self, draft: Draft, account: Account, plan: Plan | None, read: Reading, trial: bool
    ) -> Iterator[Problem]:
        """That the template is not stored like this any more (T1), or is open on the account already (T7)."""
        launcher = Launcher(self.desk)
        beside: Launcher | Runner = launcher if plan is None else self
        looks: list[Callable[[], object]] = [lambda: beside.doubled(draft, account, read)]
        if not trial:
            looks.insert(0, lambda: launcher.as_stored(draft.template, read))
        for look in looks:
            try:
                look()
            except Refused as error:
                yield Problem("", str(error))

    def _read(self, draft: Draft) -> tuple[Reading, Plan, Account]:
        desk, read = self.desk, Launcher(self.desk).read((draft,))
        plan, account, _ = desk.plan(draft.plan_id or "", read.settings)
        return read, plan, account

    def _read_for_itself(self, draft: Draft) -> tuple[Reading, None, Account]:
        read = Launcher(self.desk).read((draft,))
        account = read.accounts.get(draft.account_id)
        if account is None:
            raise NotFound("account", draft.account_id)
        return read, None, account

    def _launched(
        self, draft: Draft, read: Reading, plan: Plan, account: Account, trial: bool
    ) -> tuple[Plan, tuple[Warn, ...]]:
        launcher = Launcher(self.desk)
        draft = launcher.whole(draft, read)
        launcher.permit(draft, account, read, trial=trial, plan=plan)
        after = launcher.made(draft, account, read, trial=trial, plan=plan)
        context = self.desk.context(after, account, read.settings)
        warnings = self.doubled(draft, account, read) + unknown_years(after, context, plan)
        return ruled(plan, after, context), warnings

    def doubled(self, draft: Draft, account: Account, read: Reading) -> tuple[Warn, ...]:
        """The warning that the play is open on the account already, or its refusal (T7).

        It names the plays in plans that the actor may see; a warning of others would tell too much (V7).
        """
        found, named = False, dict[str, str]()
        for plan, play in self._running(account, draft.template.id) if _asked(draft) else ():
            found = True
            if self.desk.may(read.settings, "plan.see", subject(account, plan), read.asker).allowed:
                named[play.id] = f"{play.title!r} in {plan.title!r}"
                if len(named) == MOST_NAMED:
                    break
        return open_already(draft, account, read, named, "finish or delete it first") if found else ()

    def _running(self, account: Account, template_id: str) -> Iterator[tuple[Plan, Play]]:
        """The plays of the account that were launched from this template and are active."""
        for plan, plays in active_plays(self.desk, account.id):
            for play in plays:
                if play.launch is not None and play.launch.template_id == template_id:
                    yield plan, play


def _asked(draft: Draft) -> bool:
    """Whether it is asked if the same is open on the account: of plays and objectives (T7)."""
    return draft.template.kind in ("play", "objective")
