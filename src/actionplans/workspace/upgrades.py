"""Upgrading running launches to newer versions of their templates: a dry run first, then the step, undoable (T9)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import cast

import attrs
from attrs import define

from actionplans import launch as launching
from actionplans.checks import EMPTY, FrozenMap
from actionplans.edit.objectives import ruled
from actionplans.errors import NotAllowed
from actionplans.launch import Answer, Upgrade
from actionplans.launch.scope import launch_of
from actionplans.model import Account, Decision, Draft, Person, Plan, Template
from actionplans.permissions import subject
from actionplans.settings import Settings
from actionplans.sharing import View, moves_seen, warnings_seen
from actionplans.workspace.desk import Change, Desk, owners_of, unknown_years
from actionplans.workspace.hiding import hiding
from actionplans.workspace.plans import Launcher
from actionplans.workspace.templates import stored_template


@define
class Upgrades:
    """Moves a plan, or a play of it, to another version of the template that it was launched from."""

    desk: Desk

    def preview(
        self,
        plan_id: str,
        version: int | None = None,
        *,
        play_id: str | None = None,
        anchors: Mapping[str, dt.date] = EMPTY,
        answers: Mapping[str, Answer] = EMPTY,
    ) -> Upgrade:
        """What `apply` would do: what follows, comes, goes and stays, and the conflicts to be answered (T9).

        Without a version it is the newest published one. Nothing is stored. It holds the plan before and after as the
        actor sees it; of custom fields that they do not see it says that they differ, and no values (R5).
        """
        found, account, settings = self._worked_out(plan_id, version, play_id, anchors, answers)
        before, after = (self.desk.seen(one, account, settings, before=found.plan) for one in (found.plan, found.after))
        return attrs.evolve(self._told(found, settings), plan=before.plan, after=after.plan)

    def apply(
        self,
        plan_id: str,
        version: int | None = None,
        *,
        play_id: str | None = None,
        anchors: Mapping[str, dt.date] = EMPTY,
        answers: Mapping[str, Answer] = EMPTY,
    ) -> View:
        """Move the launch to that version and store it as one step, which `undo` takes back (T9).

        `answers` say by place (`KEY:FIELD`, as in `preview`) what holds where both sides changed: `ours` or `theirs`.
        Raises `Invalid` naming every conflict that has none, and whatever a launch would be refused for.
        """

        def applied() -> View:
            desk = self.desk
            found, account, settings = self._worked_out(plan_id, version, play_id, anchors, answers)
            decided = self._told(found, settings).decided()
            context = desk.context(decided, account, settings)
            after = ruled(found.plan, decided, context)
            detail = {"template": launch_of(found.plan, found.play_id).template_id, "version": str(found.version)}
            if found.play_id is not None:
                detail["item"] = found.play_id
            change = Change(found.plan, after, _action(play_id), FrozenMap(detail))
            stored = cast(Plan, desk.commit(change)[0]) if after != found.plan else after
            view = desk.seen(stored, account, settings, before=found.plan)
            told = found.warnings + unknown_years(after, context, found.plan)
            return attrs.evolve(view, warnings=warnings_seen(view, told), moves=moves_seen(view, found.moves))

        return self.desk.repeated(applied)

    def _worked_out(
        self,
        plan_id: str,
        version: int | None,
        play_id: str | None,
        anchors: Mapping[str, dt.date],
        answers: Mapping[str, Answer],
    ) -> tuple[Upgrade, Account, Settings]:
        desk = self.desk
        plan, account, settings = desk.plan(plan_id)
        seen, limited = desk.as_seen(plan, account, settings)
        play = plan.item(seen.play(play_id).id) if play_id is not None else None
        desk.need(settings, _action(play_id), subject(account, plan, play))
        if limited or sum(1 for _ in seen.items()) != sum(1 for _ in plan.items()):
            told = "this is for those who see all that stands in the plan"
            raise NotAllowed(Decision(False, _action(play_id), told))
        play_id = play.id if play is not None else None
        launch = launch_of(plan, play_id)
        before = desk.store.get(Template, f"{launch.template_id}@{launch.version}")
        after = stored_template(desk, launch.template_id, version)
        read = Launcher(desk).read([_draft(one, plan) for one in (before, after)])
        persons = desk.store.get_many(Person, {launch.by, *owners_of(plan)}) | dict(read.directory.persons)
        context = desk.context(plan, account, settings, persons)
        found = launching.upgrade(
            plan,
            context,
            account,
            before,
            after,
            directory=attrs.evolve(read.directory, persons=persons),
            play_id=play_id,
            anchors=anchors,
            answers=answers,
        )
        return found, account, settings

    def _told(self, found: Upgrade, settings: Settings) -> Upgrade:
        """With differences that say nothing of what hidden custom fields hold (R5)."""
        hidden = hiding(settings, self.desk.asker(settings))
        return attrs.evolve(found, differences=tuple(map(hidden.difference, found.differences)))


def _action(play_id: str | None) -> str:
    return "plan.upgrade" if play_id is None else "play.upgrade"


def _draft(template: Template, plan: Plan) -> Draft:
    """A draft that names all whom the version does."""
    return Draft(template=template, account_id=plan.account_id, anchors=plan.anchors, title=template.title)
