"""The workspace: the one place that reads the clock, asks, edits, commits and tells.

Every command has one shape, read → decide → edit → commit → tell, so a new verb needs nothing here.
"""

from __future__ import annotations

import datetime as dt
import inspect
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Concatenate, ParamSpec

import attrs

from actionplans import edit
from actionplans import launch as launching
from actionplans.checks import EMPTY, FrozenMap, shown
from actionplans.errors import (
    Invalid,
    NotAllowed,
    NotFound,
    PluginError,
    Problem,
    Refused,
    StoreUnknown,
)
from actionplans.ids import NewIds
from actionplans.journal import Entry
from actionplans.model import Account, Actor, Decision, Draft, Impact, Person, Plan, Team, Template
from actionplans.model.rules import check
from actionplans.permissions import subject
from actionplans.plugins import Plugins, load
from actionplans.settings import Settings
from actionplans.sharing import View
from actionplans.storage import FoundTask, PlanHead, PlanQuery, TaskQuery
from actionplans.workspace.accounts import Accounts, Records, SettingsDesk, evolved, to_call, wanted, zone_problems
from actionplans.workspace.changes import Changer
from actionplans.workspace.desk import Desk, owners_of
from actionplans.workspace.files import path_of, written
from actionplans.workspace.plans import Launched, Launcher, Progress, Views
from actionplans.workspace.templates import Templates

P = ParamSpec("P")


def utc_now() -> dt.datetime:
    """The computer's clock; the only place where the library reads it."""
    return dt.datetime.now(dt.UTC)


def open_workspace(
    url: str,
    *,
    actor: Actor,
    tenant: str = "",
    plugins: Plugins | None = None,
    clock: Callable[[], dt.datetime] = utc_now,
    new_id: Callable[[], str] | None = None,
    **options: Any,
) -> Workspace:
    """A workspace on the store at `url`, for `actor`; close it, or use it in a `with`.

    `url` is `memory:`, `sqlite:///path/to/file.db`, or what a plug-in registers; `tenant` keeps apart what belongs to
    different customers of a host; `options` go to the store (`busy_timeout=` in seconds for SQLite). `clock` and
    `new_id` are for tests. Raises a `StoreError`, or `PluginError`.
    """
    if not isinstance(url, str):
        raise StoreUnknown(shown(url), "a URL is text")
    if not isinstance(actor, Actor):
        raise Invalid("open", (Problem("actor", "an Actor is wanted: ap.Actor('your-id', roles={'manager'})"),))
    to_call(clock, "clock")
    if new_id is not None:
        to_call(new_id, "new_id")
    found = wanted(Plugins, plugins, "plugins") if plugins is not None else load()
    scheme = url.partition(":")[0]
    opener = found.stores.get(scheme) if ":" in url else None
    if opener is None:
        raise StoreUnknown(scheme, f"no store is installed for this; there are {', '.join(sorted(found.stores))}")
    try:
        inspect.signature(opener).bind(url, tenant=tenant, **options)
    except TypeError as error:
        raise Invalid("open", (Problem("options", f"the store does not take them: {error}"),)) from error
    store = opener(url, tenant=tenant, **options)
    return Workspace(Desk(store, found, actor, clock, new_id or NewIds()))


class Workspace:
    """Accounts, templates and plans in one store, for one actor. Made by `actionplans.open`."""

    def __init__(self, desk: Desk) -> None:
        """For the library's own use; call `actionplans.open`."""
        self._desk = desk
        self.accounts: Accounts = Accounts(desk)
        self.people: Records[Person] = Records(desk, Person, "person")
        self.teams: Records[Team] = Records(desk, Team, "team")
        self.templates: Templates = Templates(desk)
        self.settings: SettingsDesk = SettingsDesk(desk)

    def __enter__(self) -> Workspace:
        """The workspace itself."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """Close it."""
        self.close()

    def __repr__(self) -> str:
        """The store's name and the actor."""
        return f"<Workspace {self._desk.store.name} for {self.actor.id}>"

    @property
    def actor(self) -> Actor:
        """Who asks."""
        return self._desk.actor

    @property
    def durable(self) -> bool:
        """Whether what a call has stored survives a power loss (S4)."""
        return self._desk.store.durable

    def acting_as(self, actor: Actor) -> Workspace:
        """The same workspace for somebody else; both share the store."""
        if not isinstance(actor, Actor):
            raise Invalid("acting_as", (Problem("actor", "an Actor is wanted"),))
        return Workspace(attrs.evolve(self._desk, actor=actor))

    def close(self) -> None:
        """Let go of the store; closing twice is no error."""
        self._desk.store.close()

    def draft(
        self,
        template: Template | str,
        account: Account | str,
        *,
        start: dt.date | None = None,
        anchors: Mapping[str, dt.date] = EMPTY,
        title: str = "",
        owner_id: str | None = None,
    ) -> Draft:
        """The value a launch wizard edits (T4): a template (or its id) for an account (or its id), from `start`, which
        is today where none is given. Nothing is stored.
        """
        known = self.templates.get(template) if isinstance(template, str) else wanted(Template, template, "template")
        found = self._account(account)
        day = self._start(start, anchors, found)
        return launching.draft(known, found, start=day, anchors=anchors, title=title, owner_id=owner_id)

    def launch(self, draft: Draft, *, trial: bool = False) -> View:
        """Store the plan that a draft describes, all or nothing, and give what the actor may see of it (T3 to T5).

        `trial` launches a template that is still being edited; it takes the right to edit templates (T1).
        """
        return Launcher(self._desk).one(wanted(Draft, draft, "draft"), trial=trial)

    def launch_many(
        self, drafts: Iterable[Draft], *, chunk: int = 500, progress: Progress | None = None
    ) -> Iterator[Launched]:
        """Launch a stream of drafts, one transaction a chunk, telling for each the plan's id or the error.

        Chunks are launched as the results are taken. One that fails leaves the others alone.
        """
        if type(chunk) is not int or not 1 <= chunk <= 10_000:
            raise Invalid("launch_many", (Problem("chunk", f"from 1 to 10000, not {shown(chunk)}"),))
        wanted(Iterable, drafts, "drafts")  # type: ignore[type-abstract]
        if progress is not None:
            to_call(progress, "progress")
        return Launcher(self._desk).many(drafts, chunk, progress)

    def add_plan(self, plan: Plan) -> View:
        """Store a plan that was made without a template; the rules are run over the whole of it."""
        desk, settings = self._desk, self._desk.settings()
        account = self.accounts.get(wanted(Plan, plan, "plan").account_id)
        custom = FrozenMap({**settings.defaults("plan"), **plan.custom})
        made = attrs.evolve(plan, custom=custom, revision=0, created_by=desk.actor.id, created_at=desk.now())
        desk.need(settings, "plan.create", subject(account))
        desk.need(settings, "plan.see", subject(account, made))
        check(made)
        self._fits(made, settings)
        if desk.store.get_many(Plan, (made.id,)):
            raise Refused("adding", f"there is a plan {made.id!r} already: change that one")
        return desk.seen(desk.keep(None, made, "plan.create"), account, settings, written=True)

    def new_plan(self, account: Account | str, title: str, *, start: dt.date | None = None, **fields: Any) -> View:
        """Store an empty plan for an account; `fields` are those of a Plan (`section`, `owner_id`, …)."""
        found, anchors = self._account(account), fields.pop("anchors", EMPTY)
        day = self._start(start, anchors, found)
        bare = Plan(self._desk.new_id(), found.id, title, FrozenMap({**anchors, "start": day}))
        fixed = frozenset({"id", "account_id", "title", "launch", "revision", "created_by", "created_at", "changed_at"})
        return self.add_plan(evolved(bare, fields, fixed))

    def view(self, plan_id: str) -> View:
        """What the actor may see of a plan; a hidden and an unknown one raise the same `NotFound` (V1, V7)."""
        plan = self._desk.store.get(Plan, plan_id)
        return self._desk.seen(plan, self._desk.store.get(Account, plan.account_id), self._desk.settings())

    def views(self, query: PlanQuery | None = None, *, progress: Progress | None = None) -> Iterator[View]:
        """What the actor may see of each plan the query asks for, streamed in the order of ids.

        All of them on the day that it is in the settings' time zone when the stream is begun (D12).
        """
        query = PlanQuery() if query is None else wanted(PlanQuery, query, "query")
        if progress is not None:
            to_call(progress, "progress")
        return Views(self._desk).views(query, progress, self._desk.today(self._desk.settings()))

    def plans(self, query: PlanQuery | None = None) -> Iterator[PlanHead]:
        """The rows of the plans the query asks for that the actor may see, streamed in the order of ids."""
        return Views(self._desk).heads(PlanQuery() if query is None else wanted(PlanQuery, query, "query"))

    def tasks(self, query: TaskQuery | None = None) -> Iterator[FoundTask]:
        """The tasks the query asks for in plans that the actor may see, by due date, those without one last (L14)."""
        query = TaskQuery() if query is None else wanted(TaskQuery, query, "query")
        return Views(self._desk).tasks(query)

    def change(
        self,
        plan_id: str,
        verb: Callable[Concatenate[Plan, edit.Context, P], Plan],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> View:
        """Run a verb of `actionplans.edit` on a plan and store what it changed; gives what the actor then sees.

        What others store in between is not overwritten: the verb is run again on what is there then, and `Stale` comes
        out only after many tries. Where the verb changes nothing, nothing is stored. What the user should know is in
        the view's `warnings`.
        """
        return Changer(self._desk).change(plan_id, None, verb, args, kwargs)

    def change_read(
        self,
        view: View,
        verb: Callable[Concatenate[Plan, edit.Context, P], Plan],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> View:
        """Like `change`, but only if the plan still is at the revision that was seen; else raises `Stale` (S2)."""
        plan = wanted(View, view, "view").plan
        return Changer(self._desk).change(plan.id, plan.revision, verb, args, kwargs)

    def impact(self, plan_id: str, item_id: str) -> Impact:
        """What deleting an item would do: show it, then pass it to `edit.delete` as `confirmed` (L3)."""
        return edit.impact(self.view(plan_id).plan, item_id)

    def restore(self, plan_id: str, item_id: str) -> View:
        """A deleted item back in its plan, from the journal, with the links it had (L3, L10)."""
        self.view(plan_id)
        for entry in reversed(tuple(self._desk.store.journal("plan", plan_id))):
            if any(one.item_id == item_id and one.field == "" and one.after is None for one in entry.edits):
                return self.change(plan_id, edit.restore, item_id, entry.edits)
        raise NotFound("deleted item", item_id)

    def history(self, plan_id: str) -> Iterator[Entry]:
        """The journal of a plan, oldest first; needs the right to `journal.read` (J1)."""
        view = self.view(plan_id)
        self._desk.need(self._desk.settings(), "journal.read", subject(view.account, view.plan))
        return self._desk.store.journal("plan", plan_id)

    def can(self, action: str, plan_id: str | None = None, item_id: str | None = None) -> Decision:
        """Whether the actor may do this, with the reason: alone, to a plan, or to an item of it (R1)."""
        wanted(str, action, "action")
        if plan_id is None:
            return self._desk.may(self._desk.settings(), action)
        view = self.view(plan_id)
        item = view.item(item_id) if item_id is not None else None
        return self._desk.may(self._desk.settings(), action, subject(view.account, view.plan, item))

    def export(
        self,
        what: str | PlanQuery,
        target: str | os.PathLike[str],
        *,
        format: str = "",
        progress: Progress | None = None,
    ) -> Path:
        """Write a plan (by id) or a portfolio (by query) to a file; the format is `format` or the file's suffix (X1).

        The file appears whole or not at all; one that is there is replaced. Raises `ExportError`, `PluginError` for an
        unknown format, `NotFound`.
        """
        path = path_of(target)
        name = wanted(str, format, "format") or path.suffix.removeprefix(".")
        if progress is not None:
            to_call(progress, "progress")
        write = self._desk.plugins.exporters.get(name)
        if write is None:
            there = ", ".join(sorted(self._desk.plugins.exporters))
            raise PluginError(name or "(no format)", f"no exporter of this name is installed; there are {there}")
        views = iter((self.view(what),)) if isinstance(what, str) else self.views(what)
        part = path.with_name(f".{self._desk.new_id()}.part")
        return written(path, part, lambda stream: write(self._exportable(views), stream, progress=progress))

    def _exportable(self, views: Iterable[View]) -> Iterator[View]:
        settings = self._desk.settings()
        asker = self._desk.asker(settings)
        for view in views:
            decision = self._desk.may(settings, "plan.export", subject(view.account, view.plan), asker)
            if not decision.allowed:
                raise NotAllowed(decision)
            yield view

    def _account(self, account: Account | str) -> Account:
        return self.accounts.get(account) if isinstance(account, str) else wanted(Account, account, "account")

    def _start(self, start: dt.date | None, anchors: object, account: Account) -> dt.date:
        """The day that was given, in whichever way, else today where the account is."""
        named = wanted(Mapping, anchors, "anchors")  # type: ignore[type-abstract]
        given = named.get("start") if start is None else start
        return given if given is not None else self._desk.today(self._desk.settings(), account)

    def _fits(self, plan: Plan, settings: Settings) -> None:
        """What a plan names outside itself is there, and it keeps the settings' limits (L8)."""
        found = list(zone_problems(plan.time_zone))
        found += [
            Problem("owners", f"there is no active person or team {owner!r}")
            for owner in sorted(owners_of(plan))
            if not self._desk.known_owner(owner)
        ]
        most = settings.limits.tasks_per_plan
        if len(plan.tasks) > most:
            found.append(Problem("tasks", f"at most {most} in a plan, not {len(plan.tasks)} (settings, limits)"))
        need_stage = settings.section(plan.section).tasks_need_stage
        stages = {one.id for one in (*settings.stages, *plan.stages)} | (set() if need_stage else {None})
        found += [
            Problem(f"{place}.stage_id", f"{stage_id!r} is no stage of the settings or this plan")
            for place, stage_id in (("", plan.stage_id), *((f"task {one.id!r}", one.stage_id) for one in plan.tasks))
            if stage_id not in stages and (place or stage_id is not None)
        ]
        if found:
            raise Invalid("plan", tuple(found))


__all__ = ["Launched", "Progress", "Workspace", "open_workspace", "utc_now"]
