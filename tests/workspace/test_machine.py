"""All stores under a workspace, worked on in the same way, give the same: results, errors with their fields, order.

The same commands, by several actors of different roles, go to a workspace on each store, with equal clocks and ids.
`ACTIONPLANS_SOAK=1` runs 1,000 × 40 commands on all of them, `pytest` alone a few, each on two;
`ACTIONPLANS_MACHINE=5000` runs so many times 40.
"""

import datetime as dt
import importlib
import os
import sys
import tempfile
from collections.abc import Callable
from functools import partial
from itertools import count, islice
from typing import Any

import attrs
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

import actionplans as ap
from actionplans.backends.store import memory, postgresql, sqlite
from actionplans.model import Plan, Row, Template
from actionplans.model.words import LinkPolicy
from actionplans.plugins import load
from actionplans.storage import (
    AccountQuery,
    ObjectiveQuery,
    PlanQuery,
    RecordQuery,
    StoredDraft,
    TaskQuery,
    TouchpointQuery,
)
from actionplans.workspace import Workspace
from tests import servers
from tests.edit.moves import chosen
from tests.project import PROJECT
from tests.size import SOAK
from tests.workspace.commands import (
    ACCOUNTS,
    ACTORS,
    PEOPLE,
    WORK,
    Call,
    World,
    call_of,
    fields_of,
    kept,
    peopled,
    template,
)
from tests.workspace.world import MONDAY, STATUSES, store_of

RUNS = int(os.environ.get("ACTIONPLANS_MACHINE", 1_000 if SOAK else 20))

_who = st.sampled_from((*["root"] * 4, *["ana"] * 3, *["ben"] * 2, *ACTORS))
_n, _flag = st.integers(0, 40), st.booleans()
_account, _person = st.sampled_from((*ACCOUNTS, *ACCOUNTS, "nowhere")), st.sampled_from((*PEOPLE, "stranger"))
_words = st.sampled_from(("", "", "call", "task A", "%", "acme"))
_day = st.integers(-3, 40).map(lambda n: MONDAY + dt.timedelta(n))
_limit = st.sampled_from((1, 3, 1000))
_tenants = map("work-{}".format, count())


def _some(values: tuple[str, ...]) -> st.SearchStrategy[Any]:
    return st.none() | st.lists(st.sampled_from(values), max_size=2).map(tuple)


def _seldom(values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.sampled_from((False, False, True)).flatmap(lambda given: values if given else st.none())


_tasks = ("waiting", "open", "in_progress", "done", "cancelled")
_queries = st.one_of(
    st.builds(
        PlanQuery,
        account_ids=_some(ACCOUNTS),
        statuses=_some(STATUSES),
        owner_id=_seldom(_person),
        template_id=_seldom(st.just("follow-up")),
        archived=st.sampled_from((False, None, True)),
        words=_words,
        start_from=_seldom(_day),
        start_before=_seldom(_day),
    ),
    st.builds(
        TaskQuery,
        owner_ids=_some(PEOPLE),
        account_ids=_some(ACCOUNTS),
        statuses=_some(_tasks),
        stage_id=_seldom(st.just("own")),
        due_from=_seldom(_day),
        due_before=_seldom(_day),
        words=_words,
        template_id=_seldom(st.just("follow-up")),
    ),
    st.builds(ObjectiveQuery, owner_ids=_some(PEOPLE), account_ids=_some(ACCOUNTS), words=_words),
    st.builds(
        TouchpointQuery,
        account_ids=_some(ACCOUNTS),
        author_ids=_some(PEOPLE),
        participant_ids=_some(PEOPLE),
        refers_to=_seldom(st.sampled_from(("plan", "call", "new-000001"))),
        words=_words,
    ),
    st.builds(AccountQuery, prefix=st.sampled_from(("", "acme", "ACME B", "%")), owner_ids=_some(PEOPLE)),
)
_asked: dict[type, Callable[[Workspace], Callable[[Any], Any]]] = {
    PlanQuery: lambda ws: ws.plans,
    TaskQuery: lambda ws: ws.tasks,
    ObjectiveQuery: lambda ws: ws.objectives,
    TouchpointQuery: lambda ws: ws.touchpoints.all,
    AccountQuery: lambda ws: ws.accounts.all,
}


_step = st.tuples(st.sampled_from(WORK), _n, _n, _flag)
_working = rule(
    who=_who,
    n=_n,
    steps=st.lists(_step, min_size=2, max_size=6),
    how=st.sampled_from(("change", "change", "change", "change", "preview", "change_read")),
)
"""Verbs on a plan: the rule of which there are several, so that it comes often."""


@pytest.fixture(autouse=True)
def schema(request: pytest.FixtureRequest) -> None:
    """Where there is a PostgreSQL, it takes part, with a tenant for each run."""
    Work.url = None if servers.missing() else request.getfixturevalue("postgresql_tables")


def plugins() -> Any:
    """The stores of this project, and that of the example."""
    folder = str(PROJECT / "examples" / "json_store")
    if folder not in sys.path:
        sys.path.append(folder)
    return load(memory, sqlite, postgresql, importlib.import_module("json_store"), entry_points=False)


class Work(RuleBasedStateMachine):
    """A world on each sort of store, and every command given to all."""

    url: str | None = None

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.worlds: list[World] = []

    @initialize(turn=st.integers(0, 2), steps=st.lists(_step, min_size=10, max_size=10))
    def open(self, turn: int, steps: list[tuple[str, int, int, bool]]) -> None:
        """The store in memory, and all others; one of them where there is less time. Some work is done already."""
        here, found = self.folder.name, plugins()
        others = [(f"sqlite:///{here}/plans.db", ""), (f"json:///{here}", "")]
        if self.url is not None:
            others.insert(0, (self.url, next(_tenants)))
        self.worlds += [World(*one, found) for one in (("memory:", ""), *(others if SOAK else [chosen(others, turn)]))]
        for world in self.worlds:
            peopled(world.ws)
        for n, step in enumerate(steps):
            self.working("root", n, [step], "change")

    def teardown(self) -> None:
        """All that is stored is the same at the end, and no journal has a flaw; nothing is left behind."""
        try:
            self.all(lambda ws: [ws.privacy.export_person("pat"), ws.privacy.erase_person("pat")])
            self.all(lambda ws: list(ws.journal.verify()))
            for id in self.ids(PlanQuery(archived=None, statuses=STATUSES)):
                self.all(lambda ws, id=id: list(ws.history(id)))  # type: ignore[misc]
            for who in ("root", "ben", "pat", "carl"):
                self.all(lambda ws: [list(ask(ws)()) for ask in _asked.values()], who)
            days = {one.task.due for one in self.all(lambda ws: list(ws.tasks(TaskQuery(due_from=dt.date.min))))}
            for day in sorted(days)[:3]:
                self.all(lambda ws, day=day: list(ws.tasks(TaskQuery(due_before=day))))  # type: ignore[misc]
            self.all(lambda ws: list(ws.tasks(TaskQuery(words="task A"))))
            first, *others = [kept(store_of(one.ws)) for one in self.worlds]
            for world, other in zip(self.worlds[1:], others, strict=True):
                for name, wanted in first.items():
                    assert wanted == other[name], f"{world.ws}: {name}"
        finally:
            for world in self.worlds:
                world.ws.close()
            self.folder.cleanup()

    def all(self, call: Callable[[Workspace], Any], who: str = "root") -> Any:
        """What the command gives on all of them, or None where it is refused."""
        (outcome, wanted), *others = [world.answer(call, who) for world in self.worlds]
        for world, answer in zip(self.worlds[1:], others, strict=True):
            assert (outcome, wanted) == answer, f"{world.ws} for {who}"
        return wanted if outcome == "gave" else None

    def ids(self, query: PlanQuery | RecordQuery) -> list[str]:
        """The ids of what there is."""
        return [one.id for one in store_of(self.worlds[0].ws).find(query, limit=1000).items]

    def plan(self, n: int) -> str:
        """The id of some plan, merged and archived ones too."""
        return str(chosen(self.ids(PlanQuery(archived=None, statuses=STATUSES)), n))

    def read(self, n: int) -> Plan | None:
        """Some plan, as it is stored."""
        found = store_of(self.worlds[0].ws).get_many(Plan, [self.plan(n)])
        return next(iter(found.values()), None)

    @rule(
        who=_who,
        account=_account,
        start=_day,
        owner=st.none() | _person,
        version=st.sampled_from((None, None, None, 1, 2)),
    )
    def launch(self, who: str, account: str, start: dt.date, owner: str | None, version: int | None) -> None:
        """A template, published or not, for an account."""

        def launched(ws: Workspace) -> Any:
            found = ws.templates.get("follow-up", version)
            draft = ws.draft(found, account, start=start, owner_id=owner)
            return [ws.summary(draft), ws.launch(draft, trial=found.state != "published")]

        self.all(launched, who)

    @rule(who=_who, n=_n, joins=_flag, item=_n)
    def launch_into(self, who: str, n: int, joins: bool, item: int) -> None:
        """A template into a running plan (T13)."""
        plan = self.read(n)
        parent = chosen([None, *(one.id for one in (*plan.objectives, *plan.plays))], item) if plan else None
        target = plan.id if plan else "nowhere"
        self.all(lambda ws: ws.launch(ws.draft("follow-up", plan_id=target, parent_id=parent, joins=joins)), who)

    @rule(who=_who, job=st.sampled_from(("", "job-1", "job-2")), rows=st.lists(st.tuples(_account, _n), max_size=4))
    def launch_many(self, who: str, job: str, rows: list[tuple[str, int]]) -> None:
        """Some rows, some of them launched by the job already."""
        many = [Row(f"row-{n}", account, MONDAY + dt.timedelta(n)) for account, n in rows]
        self.all(lambda ws: list(map(fields_of, ws.launch_many(many, template="follow-up", job=job, chunk=2))), who)
        self.all(lambda ws: ws.job(job), who)

    @rule(who=_who, account=_account, title=_words, owner=st.none() | _person)
    def new_plan(self, who: str, account: str, title: str, owner: str | None) -> None:
        """A plan without a template."""
        self.all(lambda ws: ws.new_plan(account, f"Plan {title}", start=MONDAY, owner_id=owner), who)

    def working(self, who: str, n: int, steps: list[tuple[str, int, int, bool]], how: str) -> None:
        """Some verbs on a plan."""
        for step in steps:
            plan = self.read(n)
            call = call_of(plan, *step) if plan is not None else None
            if plan is not None and call is not None:
                self.all(partial(_worked, how=how, plan_id=plan.id, call=call), who)

    work_on, go_on, work_more = _working(working), _working(working), _working(working)

    @rule(who=_who, n=_n, back=st.integers(0, 3))
    def undo(self, who: str, n: int, back: int) -> None:
        """The last step of a plan, or one before it."""
        plan = self.read(n)
        if plan is not None:
            self.all(lambda ws: ws.undo(plan.id, plan.revision - back if back else None), who)

    @rule(who=_who, n=_n, item=_n)
    def delete_and_restore(self, who: str, n: int, item: int) -> None:
        """An item goes and comes back, or one that is there is asked for."""
        plan = self.read(n)
        if plan is not None:
            one = str(chosen([one.id for one in plan.items()], item))
            impact = self.all(lambda ws: ws.impact(plan.id, one), who)
            self.all(lambda ws: ws.change(plan.id, ap.edit.delete, one, confirmed=impact), who)
            self.all(lambda ws: ws.restore(plan.id, one), who)

    @rule(who=_who, n=_n, m=_n, policy=st.sampled_from(("target", "source", "newest", "ask")))
    def merge(self, who: str, n: int, m: int, policy: Any) -> None:
        """Two plans, conflicts answered or not."""
        open_ones = self.ids(PlanQuery())
        target, source = str(chosen(open_ones, n)), str(chosen(open_ones, m))
        self.all(lambda ws: list(ws.merging.candidates(target, refused=True)), who)
        told = self.all(lambda ws: ws.merging.preview(target, source, policy=policy), who)
        answers = {one.place: ("target", "source")[k % 2] for k, one in enumerate(told.conflicts)} if told else {}
        self.all(lambda ws: ws.merging.merge(target, source, policy=policy, answers=answers), who)

    @rule(who=_who, n=_n)
    def unmerge(self, who: str, n: int) -> None:
        """The last merge of some plan."""
        merged = self.ids(PlanQuery(archived=None, statuses=("merged",)))
        into = [store_of(self.worlds[0].ws).get(Plan, one).merged_into for one in merged]
        self.all(lambda ws: ws.merging.unmerge(str(chosen(into, n))), who)

    @rule(who=_who, version=st.integers(1, 4), what=st.sampled_from(("publish", "revise", "retire", "save", "find")))
    def template(self, who: str, version: int, what: str) -> None:
        """Another version of the template, published, in work or retired."""
        calls: dict[str, Callable[[Workspace], Any]] = {
            "publish": lambda ws: ws.templates.publish(attrs.evolve(template(version), version=version)),
            "revise": lambda ws: ws.templates.revise("follow-up"),
            "retire": lambda ws: ws.templates.retire("follow-up", version),
            "save": lambda ws: ws.templates.save(_next(ws, version)),
            "find": lambda ws: [list(ws.templates.all()), list(ws.templates.find("follow"))],
        }
        self.all(calls[what], who)

    @rule(who=_who, n=_n, version=st.none() | st.integers(1, 4), ours=_flag)
    def upgrade(self, who: str, n: int, version: int | None, ours: bool) -> None:
        """A launched plan to another version of its template."""
        plan = self.plan(n)
        told = self.all(lambda ws: ws.upgrades.preview(plan, version), who)
        answers: Any = {one.place: "ours" if ours else "theirs" for one in told.conflicts} if told else {}
        self.all(lambda ws: ws.upgrades.apply(plan, version, answers=answers), who)

    @rule(who=_who, n=_n, play=_n, to=_n)
    def carry(self, who: str, n: int, play: int, to: int) -> None:
        """A play to an objective of its plan or another; what runs at an account; what becomes a template."""
        plan, other = self.read(n), self.read(to)
        if plan is not None and other is not None:
            one, goal = str(chosen([one.id for one in plan.plays], play)), chosen([None, *_ids(other.objectives)], to)
            self.all(lambda ws: ws.plays.link(plan.id, one, goal, to=None if other is plan else other.id), who)
            self.all(lambda ws: list(ws.plays.active(plan.account_id)), who)
            self.all(lambda ws: ws.save_as_template(plan.id, id=f"saved-{play % 3}", title="Saved"), who)

    @rule(who=_who, account=_account, n=_n, text=_words, change=st.sampled_from(("add", "add", "update", "delete")))
    def touchpoint(self, who: str, account: str, n: int, text: str, change: str) -> None:
        """What was said to the customer, with what it refers to, changed and taken back."""
        known, plan, at = self.ids(RecordQuery("touchpoint")), self.plan(n), MONDAY + dt.timedelta(n)
        when = dt.datetime.combine(at, dt.time(9), dt.UTC)
        one = str(chosen(known, n))
        calls: dict[str, Callable[[Workspace], Any]] = {
            "add": lambda ws: ws.touchpoints.add(
                account, f"Met {text}", text=text, at=when, participants=PEOPLE[: n % 3]
            ),
            "update": lambda ws: ws.touchpoints.update(one, text=text, subject=f"Changed {n}"),
            "delete": lambda ws: ws.touchpoints.delete(one),
        }
        self.all(calls[change], who)
        self.all(lambda ws: [ws.touchpoints.get(one), ws.touchpoints.references(one)], who)
        self.all(lambda ws: list(ws.touchpoints.all(TouchpointQuery(refers_to=plan))), who)

    @rule(who=_who, account=_account, text=_words, read=st.none() | st.integers(0, 3))
    def summary(self, who: str, account: str, text: str, read: int | None) -> None:
        """What is noted of an account, read before or not."""
        self.all(lambda ws: ws.summaries.save(account, text, read=read), who)
        self.all(lambda ws: ws.summaries.get(account), who)

    @rule(
        who=_who,
        policy=st.sampled_from(("hold", "push", "keep", "asap")),
        zone=st.sampled_from(("UTC", "Europe/Oslo", "Asia/Tokyo", "Nowhere")),
        twice=st.sampled_from(("warn", "refuse")),
        seen=_flag,
        fewer=_flag,
    )
    def setting(self, who: str, policy: LinkPolicy, zone: str, twice: Any, seen: bool, fewer: bool) -> None:
        """How dates move, where days begin, what contacts see; a priority that is in use or not."""
        given: dict[str, Any] = {
            "link_policy": policy,
            "time_zone": zone,
            "double_launch": twice,
            "contacts_see_each_other": seen,
            "priorities": ("low", "normal") if fewer else ("low", "normal", "high"),
        }
        uses = self.all(lambda ws: ws.settings.impact(**given), who)
        self.all(lambda ws: ws.settings.update(confirmed=uses or (), **given), who)
        self.all(lambda ws: ws.settings.get(), who)

    @rule(who=_who, person=_person, n=_n, change=st.sampled_from(("name", "email", "out", "again", "team")))
    def person(self, who: str, person: str, n: int, change: str) -> None:
        """Somebody has another name or address, leaves, comes back, or joins the team."""
        fields = {"name": f"Name {n}", "email": f"n{n}@example.com"}
        calls: dict[str, Callable[[Workspace], Any]] = {
            "out": lambda ws: ws.people.update(person, active=False),
            "again": lambda ws: ws.people.update(person, active=True),
            "team": lambda ws: ws.teams.update("cs", members=frozenset({"ana", person})),
        }
        wanted = calls.get(change, lambda ws: ws.people.update(person, **{change: fields[change]}))
        self.all(wanted, who)
        self.all(lambda ws: [list(ws.people.all()), list(ws.teams.all())], who)

    @rule(who=_who, person=st.sampled_from(("cleo", "carl", "pat", "lead", "acme", "stranger")), sure=st.integers(0, 3))
    def erase(self, who: str, person: str, sure: int) -> None:
        """All that is stored about somebody, and now and then nothing any more."""
        self.all(lambda ws: ws.privacy.export_person(person), who)
        if not sure:
            desk = "accounts" if person in ACCOUNTS else "people"
            self.all(lambda ws: getattr(ws, desk).update(person, name="Somebody Else"))
            self.all(lambda ws: ws.privacy.erase_person(person), who)

    @rule(who=_who, account=_account, n=_n, owner=_person)
    def account(self, who: str, account: str, n: int, owner: str) -> None:
        """Accounts change hands, names and parents, and are made."""
        parent = chosen((None, *ACCOUNTS), n)
        self.all(lambda ws: ws.accounts.update(account, owner_id=owner), who)
        self.all(lambda ws: ws.accounts.update(account, parent_id=parent, name=f"Acme {n % 3}"), who)
        self.all(lambda ws: ws.accounts.get_or_create(f"New {n % 4}", f"new{n % 2}.example"), who)
        self.all(lambda ws: [ws.accounts.find("acme"), ws.accounts.below("acme")], who)

    @rule(who=_who, n=_n, revoke=_flag)
    def invite(self, who: str, n: int, revoke: bool) -> None:
        """The contact is invited to a plan or no more."""
        plan = self.plan(n)
        self.all(lambda ws: (ws.sharing.revoke if revoke else ws.sharing.invite)(plan, "carl"), who)
        self.all(lambda ws: [list(ws.sharing.invitations(plan)), ws.sharing.preview("carl", plan)], who)

    @rule(who=_who, account=_account, n=_n, what=st.sampled_from(("draft", "over", "forget", "shortcut", "launch")))
    def put_away(self, who: str, account: str, n: int, what: str) -> None:
        """Drafts and shortcuts, which are their owner's."""
        mine, cuts = self.ids(RecordQuery("draft")), self.ids(RecordQuery("shortcut"))
        one, cut = str(chosen(mine, n)), str(chosen(cuts, n))
        calls: dict[str, Callable[[Workspace], Any]] = {
            "draft": lambda ws: ws.drafts.save(ws.draft("follow-up", account, start=MONDAY)),
            "over": lambda ws: _saved_over(ws, one, f"Title {n}"),
            "forget": lambda ws: ws.drafts.delete(one),
            "shortcut": lambda ws: ws.shortcuts.add(f"Cut {n % 3}", account, template_id="follow-up"),
            "launch": lambda ws: ws.launch(ws.shortcuts.draft(cut, start=MONDAY)),
        }
        self.all(calls[what], who)
        self.all(lambda ws: [list(ws.drafts.all()), list(ws.shortcuts.all())], who)

    @rule(who=_who, queries=st.lists(_queries, min_size=2, max_size=5), most=_limit)
    def lists(self, who: str, queries: list[Any], most: int) -> None:
        """Some of each list, of all that the actor may see."""
        for query in queries:
            self.all(lambda ws, query=query: list(islice(_asked[type(query)](ws)(query), most)), who)  # type: ignore[misc]

    @rule(who=_who, n=_n, item=_n, back=st.integers(0, 9))
    def look(self, who: str, n: int, item: int, back: int) -> None:
        """A plan now and then, what happened to it, why its dates are so, and who may do what."""
        plan = self.read(n)
        if plan is not None:
            one = str(chosen([one.id for one in plan.items()], item))
            when = MONDAY + dt.timedelta(back / 2)
            moment = dt.datetime.combine(when, dt.time(9), dt.UTC)
            self.all(lambda ws: ws.view(plan.id), who)
            self.all(lambda ws: list(ws.history(plan.id)), who)
            self.all(lambda ws: ws.journal.as_of(plan.id, max(1, plan.revision - back)), who)
            self.all(lambda ws: ws.journal.as_of(plan.id, moment), who)
            self.all(lambda ws: [ws.dates.explain(plan.id, one), ws.dates.slack(plan.id)], who)
            self.all(lambda ws: [ws.can("task.complete", plan.id, one), list(ws.who_can("plan.edit", plan.id))], who)

    @rule(kind=st.sampled_from(("account", "person", "settings", "touchpoint", "erasure")), who=_who, n=_n)
    def entries(self, kind: str, who: str, n: int) -> None:
        """The journal of any record."""
        ids = {"account": [*ACCOUNTS], "person": [*PEOPLE], "settings": ["settings"]}
        one = str(chosen(ids.get(kind) or self.ids(RecordQuery(kind)), n))
        self.all(lambda ws: list(ws.journal.entries(kind, one)), who)

    @rule(hours=st.sampled_from((1, 24, 24, 72)))
    def later(self, hours: int) -> None:
        """Time goes on."""
        for world in self.worlds:
            world.clock.tick(hours=hours)

    @rule()
    def open_again(self) -> None:
        """What is durable is there still."""
        for world in self.worlds:
            world.again()


def _worked(ws: Workspace, how: str, plan_id: str, call: Call) -> Any:
    verb, args, fields = call
    if how == "change_read":
        return ws.change_read(ws.view(plan_id), verb, *args, **fields)
    return getattr(ws, how)(plan_id, verb, *args, **fields)


def _next(ws: Workspace, version: int) -> Template:
    newest = max(ws.templates.all(), key=lambda one: one.version)
    return attrs.evolve(newest, title=f"Saved {version}", tasks=template(version).tasks)


def _saved_over(ws: Workspace, id: str, title: str) -> StoredDraft:
    known = ws.drafts.get(id)
    return ws.drafts.save(attrs.evolve(known.draft, title=title), known)


def _ids(items: Any) -> list[str]:
    return [one.id for one in items]


TestWork = Work.TestCase
TestWork.settings = settings(
    max_examples=RUNS,
    stateful_step_count=40,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
