"""The workspace: the one place that reads the clock, asks, edits, commits and tells.

Every command has one shape, read → decide → edit → commit → tell, so a new verb needs nothing here.
"""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec

import attrs

from actionplans import edit
from actionplans import launch as launching
from actionplans.checks import EMPTY, FrozenMap, wanted
from actionplans.errors import Invalid, NotFound, Problem, Refused
from actionplans.journal import Entry
from actionplans.launch import Outline
from actionplans.model import (
    Account,
    Actor,
    Decision,
    Draft,
    Impact,
    Job,
    Person,
    Plan,
    Row,
    Team,
    Template,
)
from actionplans.permissions import everywhere, subject
from actionplans.settings import Settings, no_action
from actionplans.sharing import View
from actionplans.storage import (
    FoundObjective,
    FoundTask,
    ObjectiveQuery,
    PlanHead,
    PlanQuery,
    TaskQuery,
)
from actionplans.workspace.accounts import Accounts, Records, evolved, to_call
from actionplans.workspace.adding import added
from actionplans.workspace.bulk import Bulk, Launched, begun, checked, same_template
from actionplans.workspace.changes import Changer
from actionplans.workspace.dates import Dates
from actionplans.workspace.desk import Desk, asked_about
from actionplans.workspace.files import exporter_of, path_of, written
from actionplans.workspace.journal import Journal
from actionplans.workspace.lending import Waiting
from actionplans.workspace.library import Drafts, Shortcuts
from actionplans.workspace.merging import Merging
from actionplans.workspace.paging import Paging
from actionplans.workspace.plans import Launcher, Progress, chunks
from actionplans.workspace.plays import Plays
from actionplans.workspace.privacy import Privacy
from actionplans.workspace.running import Runner
from actionplans.workspace.saving import save_as_template
from actionplans.workspace.settings import SettingsDesk
from actionplans.workspace.sharing import Sharing
from actionplans.workspace.summaries import Summaries
from actionplans.workspace.templates import Templates, stored_template
from actionplans.workspace.touchpoints import Touchpoints
from actionplans.workspace.upgrades import Upgrades
from actionplans.workspace.upkeep import Upkeep
from actionplans.workspace.views import Views

if TYPE_CHECKING:
    from concurrent.futures import Executor

P = ParamSpec("P")


class Workspace:
    """Accounts, templates and plans in one store, for one actor. Made by `actionplans.open`.

    Whatever is asked, it is asked for that actor: what they may not see is not found, what they may not do is refused.

        accounts, people, teams, templates, settings    desks, each with get, update and the like
        shortcuts, drafts                               what the actor keeps for the next launch
        plays, upgrades                                 running plays, and launches that follow their template
        merging                                         two plans into one, and apart again
        summaries, touchpoints                          what people note about accounts, and not for contacts
        draft, summary, preview_launch, launch          from a template to a plan, or into one
        launch_many                                     from a template to very many
        job                                             how far a bulk launch has come
        new_plan, add_plan                              plans without a template
        save_as_template                                from a plan, or a play of it, to a template
        view, views, history                            looking, at one plan and at many
        journal                                         what was, and proof that it was so
        privacy                                         all that is stored about a person: given out, erased
        store                                           backups, checks, how it is set up
        plans, tasks, objectives, page                  lists over many plans, by a query; a page of one
        change, change_read, preview, undo              working on a plan, with the verbs of `actionplans.edit`
        impact, restore                                 before deleting, and after
        dates                                           why a date is what it is, slack, conflicts
        can, who_can, acting_as                         who may; the same for somebody else
        sharing                                         what customers see: invitations, why, preview
        export                                          handing out
        actor, durable, close                           who asks, what the store promises, letting go of it
        committed, rolled_back                          what the host did that lends its connection
    """

    def __init__(self, desk: Desk) -> None:
        """For the library's own use; call `actionplans.open`."""
        self._desk = desk
        self.accounts: Accounts = Accounts(desk)
        self.people: Records[Person] = Records(desk, Person, "person")
        self.teams: Records[Team] = Records(desk, Team, "team")
        self.templates: Templates = Templates(desk)
        self.settings: SettingsDesk = SettingsDesk(desk)
        self.dates: Dates = Dates(desk)
        self.shortcuts: Shortcuts = Shortcuts(desk, self.draft)
        self.drafts: Drafts = Drafts(desk)
        self.plays: Plays = Plays(desk)
        self.sharing: Sharing = Sharing(desk)
        self.summaries: Summaries = Summaries(desk)
        self.touchpoints: Touchpoints = Touchpoints(desk)
        self.upgrades: Upgrades = Upgrades(desk)
        self.merging: Merging = Merging(desk)
        self.journal: Journal = Journal(desk)
        self.store: Upkeep = Upkeep(desk)
        self.privacy: Privacy = Privacy(desk)
        self.page: Paging = Paging(desk)

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
        """Whether what a call has stored survives a power loss (S4); never on a lent connection: the host commits."""
        return self._desk.store.durable

    def committed(self) -> None:
        """For a host that lends its connection: call it after the commit, and listeners hear what was stored (S9).

        Raises `Refused` where nothing is lent, or the adapter of the host's library does it.
        """
        self._waiting("committed").told()

    def rolled_back(self) -> None:
        """For a host that lends its connection: call it after a rollback; listeners hear nothing of it (S9)."""
        self._waiting("rolled_back").dropped()

    def _waiting(self, said: str) -> Waiting:
        if self._desk.waiting is None:
            raise Refused(said, "no connection is lent: what a call has stored is committed when it returns")
        return self._desk.waiting

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
        account: Account | str | None = None,
        *,
        start: dt.date | None = None,
        anchors: Mapping[str, dt.date] = EMPTY,
        title: str = "",
        owner_id: str | None = None,
        plan_id: str | None = None,
        parent_id: str | None = None,
        joins: bool = False,
    ) -> Draft:
        """The value a launch wizard edits (T4): a template (or its id) for an account (or its id), from `start`, which
        is today where none is given. Nothing is stored. `actionplans.launch` has the steps of a wizard.

        With a `plan_id` it goes into that running plan, under the objective or play `parent_id`; where it `joins`,
        under the plan's open objective with the key of the one that it brings (T13). The account is the plan's then.
        """
        known = self.templates.get(template) if isinstance(template, str) else wanted(Template, template, "template")
        into = self.view(plan_id) if plan_id is not None else None
        if into is not None and parent_id is not None:
            into.item(parent_id)
        if into is None and account is None:
            raise Invalid("draft", (Problem("account", "give an account, or the plan that it goes into"),))
        found = self._account(account) if account is not None else into.account  # type: ignore[union-attr]
        day = start if start is not None or into is None else into.today
        return launching.draft(
            known,
            found,
            start=self._start(day, anchors, found),
            anchors=anchors,
            title=title,
            owner_id=owner_id,
            plan_id=plan_id,
            parent_id=parent_id,
            joins=joins,
        )

    def launch(self, draft: Draft, *, trial: bool = False) -> View:
        """Store the plan that a draft describes, all or nothing, and give what the actor may see of it (T3 to T5).

        Where the template is still open on the account the view's `warnings` say so, or it raises `Refused`, as the
        setting `double_launch` says (T7).
        `trial` launches a template that is still being edited; it takes the right to edit templates (T1).
        A draft for a running plan changes that one (T13).
        """
        into = wanted(Draft, draft, "draft").plan_id is not None
        return (Runner if into else Launcher)(self._desk).one(draft, trial=trial)

    def preview_launch(self, draft: Draft, *, trial: bool = False) -> View:
        """The plan that `launch` would store, with the dates it would have; nothing is stored (T4)."""
        into = wanted(Draft, draft, "draft").plan_id is not None
        return (Runner if into else Launcher)(self._desk).preview(draft, trial=trial)

    def summary(self, draft: Draft, *, trial: bool = False) -> Outline:
        """Each item of a draft as it would be launched, and all that stands in the way: a wizard's last page (T4)."""
        return Runner(self._desk).summary(wanted(Draft, draft, "draft"), trial=trial)

    def launch_many(
        self,
        rows: Iterable[Row] | Iterable[Draft],
        *,
        template: Template | str | None = None,
        job: str = "",
        chunk: int = 500,
        executor: Executor | None = None,
        progress: Progress | None = None,
    ) -> Iterator[Launched]:
        """Launch a stream, one transaction a chunk, telling of each row the plan's id or the error (T11).

        The stream is of `Row`s, all launched from `template`, a published one or its id; or of drafts that bring their
        own. Chunks are launched as the results are taken, which come in the order of the stream; a row that fails
        leaves the others alone.

        With a `job`, an id of yours, each row has a key, and the job launches a key once: started again with the same
        stream after whatever stopped it, it goes on, and tells rows that are launched with `already`. It stays with
        the template's version that it began with, and raises `Refused` for another.

        The workers of an `executor` compute, this process reads and commits; `ExecutorFailed` comes out where they
        break off.
        """
        problems = tuple(checked(rows, template, job, chunk, executor, progress))
        if problems:
            raise Invalid("launch_many", problems)
        known = begun(self._desk, job) if job else None
        if isinstance(template, str):
            same = known is not None and known.template_id == template
            template = stored_template(self._desk, template, known.version if known is not None and same else None)
        if known is not None and template is not None:
            same_template(known, template)
        return Bulk(Launcher(self._desk), template, job, chunk, executor, progress).launched(rows)

    def job(self, job_id: str) -> Job:
        """How far a bulk launch has come: what it launches, how many are done, when it ended (T11).

        A job is stored with its first plan. Raises `NotFound`, also where the actor could not launch what is theirs.
        """
        job = begun(self._desk, job_id)
        if job is None:
            raise NotFound("job", job_id)
        return job

    def add_plan(self, plan: Plan) -> View:
        """Store a plan that was made without a template; the rules are run over the whole of it.

        What only launches, completions and other verbs give (marks, comments, done tasks, …) takes the right to
        `plan.import`. Custom fields that it and its items leave out are at their defaults (R5).
        """
        return added(self._desk, plan, self.accounts.get(wanted(Plan, plan, "plan").account_id))

    def new_plan(self, account: Account | str, title: str, *, start: dt.date | None = None, **fields: Any) -> View:
        """Store an empty plan for an account; `fields` are those that can be edited (`section`, `owner_id`, …)."""
        found, anchors = self._account(account), fields.pop("anchors", EMPTY)
        day = self._start(start, anchors, found)
        bare = Plan(self._desk.new_id(), found.id, title, FrozenMap({**anchors, "start": day}))
        fixed = {one.name for one in attrs.fields(Plan)} - edit.EDITABLE_PLAN
        return self.add_plan(evolved(bare, fields, frozenset({"title", *fixed})))

    def save_as_template(self, plan_id: str, *, id: str = "", title: str = "", play_id: str | None = None) -> Template:
        """Store what the actor sees of a plan, or of one of its plays, as a new template for editing (T8).

        Dates become offsets from the plan's anchors, persons rules; `launch.save_as_template` says what is left out.
        Without an id it gets one made from its title, which is the plan's or play's where none is given. Raises
        `Refused` where the id is taken, and `Invalid` with everything that a template cannot say.
        """
        return save_as_template(self._desk, plan_id, id=id, title=title, play_id=play_id)

    def view(self, plan_id: str) -> View:
        """What the actor may see of a plan; a hidden and an unknown one raise the same `NotFound` (V1, V7)."""
        desk = self._desk.remembering()
        plan = desk.store.get(Plan, plan_id)
        return desk.seen(plan, desk.store.get(Account, plan.account_id), desk.settings())

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

    def objectives(self, query: ObjectiveQuery | None = None) -> Iterator[FoundObjective]:
        """The objectives the query asks for that the actor may see, by their end, those without one last (L14)."""
        query = ObjectiveQuery() if query is None else wanted(ObjectiveQuery, query, "query")
        return Views(self._desk).objectives(query)

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
        the view's `warnings`, what else moved, and why, in its `moves` (P6).
        """
        return Changer(self._desk.remembering()).change(plan_id, None, verb, args, kwargs)

    def change_read(
        self,
        view: View,
        verb: Callable[Concatenate[Plan, edit.Context, P], Plan],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> View:
        """Like `change`, but only if the plan still is at the revision that was seen; else raises `Stale` (S2).

        For a contact or partner, only if the item that it is about still is as they saw it (V2).
        """
        read = wanted(View, view, "view")
        return Changer(self._desk.remembering()).change(read.plan.id, read, verb, args, kwargs)

    def preview(
        self,
        plan_id: str,
        verb: Callable[Concatenate[Plan, edit.Context, P], Plan],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> View:
        """What `change` would give, with the same `moves` and `warnings`; nothing is stored (P6).

        The view still has the revision that the plan has now: `change_read(view, …)` then makes the change only if
        nobody was faster.
        """
        return Changer(self._desk.remembering()).preview(plan_id, verb, args, kwargs)

    def undo(self, plan_id: str, revision: int | None = None) -> View:
        """Take back one step of a plan, the last one or the one that gave `revision`, with all that it moved (J2).

        That is a change of its own, for those who may do the step itself. Raises `Invalid` naming what has changed
        since, and `Refused` for the step that began the plan and for one that carried a play to or from another plan:
        link that back.
        """
        return Changer(self._desk.remembering()).undo(plan_id, revision)

    def impact(self, plan_id: str, item_id: str) -> Impact:
        """What deleting an item would do: show it, then pass it to `edit.delete` as `confirmed` (L3)."""
        return edit.impact(self.view(plan_id).plan, item_id)

    def restore(self, plan_id: str, item_id: str) -> View:
        """A deleted item back in its plan, from the journal, with the links it had (L3, L10)."""
        return Changer(self._desk.remembering()).restore(plan_id, item_id)

    def history(self, plan_id: str) -> Iterator[Entry]:
        """The journal of a plan, oldest first; needs the right to `journal.read`, and to see the whole plan (J1, V2).

        Custom fields that the actor does not see are left out; a step that changed nothing else has no edits (R5).
        """
        return Changer(self._desk.remembering()).history(plan_id)

    def can(
        self, action: str, plan_id: str | None = None, item_id: str | None = None, *, account_id: str | None = None
    ) -> Decision:
        """Whether the actor may do this, with the reason: alone, to a plan, an item of it, or an account (R1).

        `action` is one of `settings.ACTIONS` or of the settings' own; an unknown one raises `Invalid`, unless a host's
        policy decides what it means (R7).
        """
        desk, settings = self._desk, self._known_action(action)
        if account_id is not None:
            if plan_id is not None or item_id is not None:
                raise Invalid(
                    "can", (Problem("account_id", "ask about a plan, which knows its account, or about this"),)
                )
            return desk.may(settings, action, asked_about(action, self.accounts.get(account_id)))
        if plan_id is None:
            return desk.may(settings, action)
        plan, account, _ = desk.plan(plan_id, settings)
        item = desk.item(plan, account, settings, item_id) if item_id is not None else None
        return desk.decision(action, plan, account, settings, item)

    def who_can(self, action: str, plan_id: str, item_id: str | None = None) -> Iterator[Person]:
        """The stored persons who may do this to a plan or an item of it, in the order of `ws.people`: `can` for all.

        With their stored roles; roles that a host gives for a call are not known here. Takes the rights to
        `permission.ask` and to see persons (R6).
        """
        self._known_action(action)
        return Sharing(self._desk).who_can(action, plan_id, item_id)

    def _known_action(self, action: str) -> Settings:
        settings = self._desk.settings()
        own = frozenset(settings.actions)
        strange = () if self._desk.plugins.policies else (*no_action(wanted(str, action, "action"), own),)
        if strange:
            raise Invalid("action", strange)
        return settings

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
        if progress is not None:
            to_call(progress, "progress")
        write = exporter_of(self._desk.plugins.exporters, path, wanted(str, format, "format"))
        views = iter((self.view(what),)) if isinstance(what, str) else self.views(what)
        part = path.with_name(f".{self._desk.new_id()}.part")
        return written(path, part, lambda stream: write(self._exportable(views), stream, progress=progress))

    def _exportable(self, views: Iterable[View]) -> Iterator[View]:
        """The views, where the actor may export the plans that they are of, as these are stored."""
        desk, action = self._desk, "plan.export"
        settings = desk.settings()
        asker = desk.asker(settings)
        if not desk.plugins.policies and everywhere(settings.policy, asker, action):
            yield from views
            return
        for part in chunks(iter(views), 200):
            plans = desk.store.get_many(Plan, [view.id for view in part])
            accounts = desk.store.get_many(Account, {plan.account_id for plan in plans.values()})
            for view, plan in ((view, plans[view.id]) for view in part if view.id in plans):
                desk.need(settings, action, subject(accounts[plan.account_id], plan), asker)
                yield view

    def _account(self, account: Account | str) -> Account:
        return self.accounts.get(account) if isinstance(account, str) else wanted(Account, account, "account")

    def _start(self, start: dt.date | None, anchors: object, account: Account) -> dt.date:
        """The day that was given, in whichever way, else today where the account is."""
        named = wanted(Mapping, anchors, "anchors")  # type: ignore[type-abstract]
        given = named.get("start") if start is None else start
        return given if given is not None else self._desk.today(self._desk.settings(), account)


__all__ = ["Launched", "Progress", "Workspace", "open_workspace", "utc_now"]
