"""Random worlds: accounts in a hierarchy, contacts, plans in all profiles, with marks and invitations by chance."""

import datetime as dt
import itertools
import random
from collections.abc import Iterator
from decimal import Decimal
from functools import lru_cache
from typing import Any

import attrs
from attrs import frozen

import actionplans as ap
from actionplans.checks import FrozenMap
from actionplans.journal import Edit, Entry
from actionplans.model import (
    ANY_CONTACT,
    Account,
    Comment,
    Completion,
    Dependency,
    Invitation,
    Metric,
    Milestone,
    Objective,
    Offset,
    Person,
    Plan,
    Play,
    Reading,
    Reference,
    Stage,
    Summary,
    SummaryRevision,
    Task,
    Team,
    Touchpoint,
)
from actionplans.settings import CustomField, Limits, ObjectiveRule, Section, Settings, TaskStatusName
from actionplans.storage import Batch, Record, Write, id_of, invitation_id
from actionplans.testing.clock import FrozenClock
from actionplans.workspace import Workspace
from tests.workspace.world import PLUGINS, store_of

NOW = dt.datetime(2026, 2, 2, 9, tzinfo=dt.UTC)
FIRST = dt.date(2026, 1, 5)
WORDS = ("call", "mail", "visit", "renew", "import", "train", "review", "sign", "grow", "adopt", "launch", "plan")
ACCOUNTS = ("group", "acme", "site")
CONTACTS = ("c0", "c1", "c2", "c3", "c4")
USERS = ("u0", "u1")
EVERYBODY = (*USERS, *CONTACTS, "partner", "team:cs", ANY_CONTACT)
SECTIONS = ("", "", "growth_plans", "growth_plans", "client_commitments", "sales_plan", "secret", "gone")

FIELDS = tuple(
    CustomField(f"{shown}_{n}", f"{shown} {n}", of=of, seen_by=roles, shown_to_contacts=shown == "open")
    for of in ("account", "plan", "objective", "play", "task")
    for n, (shown, roles) in enumerate(
        (
            ("open", frozenset()),
            ("open", frozenset({"manager"})),
            ("inside", frozenset()),
            ("inside", frozenset({"contact"})),
        )
    )
)

SETTINGS = Settings(
    sections=(*Settings().sections, Section("secret", "Secret", profile="none")),
    custom_fields=FIELDS,
    limits=Limits(comments_per_item=3),
    task_statuses=(TaskStatusName("blocked", "Blocked", "waiting"), TaskStatusName("doing", "Doing", "in_progress")),
)


@frozen
class World:
    """Everything that a store holds, as values; `again` says how often each plan was stored since."""

    settings: Settings
    records: tuple[Record, ...]
    entries: tuple[Entry, ...] = ()
    again: int = 0

    def of(self, cls: type) -> list[Any]:
        """All records of one class."""
        return [one for one in self.records if type(one) is cls]

    def get(self, cls: type, id: str | None) -> Any:
        """The record of that id, or None."""
        return next((one for one in self.of(cls) if one.id == id), None)

    def having(self, record: Record) -> "World":
        """The world with this record instead of the one of its id, or beside the others."""
        here = [id_of(one) == id_of(record) and type(one) is type(record) for one in self.records]
        if not any(here):
            return attrs.evolve(self, records=(*self.records, record))
        kept = (record if same else one for one, same in zip(self.records, here, strict=True))
        return attrs.evolve(self, records=tuple(kept))

    def without(self, record: Record) -> "World":
        """The world without a record."""
        return attrs.evolve(self, records=tuple(one for one in self.records if one is not record))


def opened(world: World, url: str = "memory:", now: dt.datetime = NOW) -> Workspace:
    """A workspace of the system's on a store that holds the world; ids and moments are the same every time."""
    ids = map("made-{:06}".format, itertools.count())
    ws = ap.open(url, actor=ap.SYSTEM, plugins=PLUGINS, clock=FrozenClock(now), new_id=lambda: next(ids))
    store = store_of(ws)
    records = (world.settings, *world.records)
    store.commit(Batch(tuple(Write(one) for one in records), entries=world.entries))
    for n in range(world.again):
        plans = store.get_many(Plan, [one.id for one in world.of(Plan)])
        store.commit(Batch(tuple(Write(attrs.evolve(one, revision=0), n + 1) for one in plans.values())))
    return ws


def acting(ws: Workspace, person_id: str) -> Workspace:
    """The workspace for somebody who is stored."""
    return ws.acting_as(ap.Actor(person_id))


@lru_cache(64)
def world(seed: int) -> World:
    """A random world."""
    return _Maker(random.Random(seed)).world()


class _Maker:
    """Makes the parts of one world."""

    def __init__(self, dice: random.Random) -> None:
        self.dice = dice
        self.numbers = itertools.count()

    def world(self) -> World:
        people = [*self.people()]
        plans = [self.plan(n) for n in range(4)]
        records: list[Record] = [*self.accounts(), *people, Team("cs", "Success", frozenset(USERS)), *plans]
        records += self.invitations(plans)
        records += [Summary(one, (SummaryRevision(1, self.words(), "u0", NOW),)) for one in ACCOUNTS[:2]]
        records += [self.touchpoint(n, plans) for n in range(3)]
        settings = attrs.evolve(
            SETTINGS,
            contacts_see_each_other=self.chance(0.3),
            objective_rules=(ObjectiveRule("done", "achieved"),) if self.chance(0.3) else (),
        )
        return World(settings, tuple(records), tuple(self.entries(plans)))

    def chance(self, share: float) -> bool:
        return self.dice.random() < share

    def words(self, most: int = 4) -> str:
        return " ".join(self.dice.choices(WORDS, k=self.dice.randint(1, most)))

    def maybe(self, one: Any, share: float = 0.5) -> Any:
        return one if self.chance(share) else None

    def day(self) -> dt.date:
        return FIRST + dt.timedelta(self.dice.randint(0, 60))

    def moment(self) -> dt.datetime:
        return NOW - dt.timedelta(hours=self.dice.randint(1, 2000))

    def number(self) -> str:
        return f"{next(self.numbers):03}"

    def accounts(self) -> Iterator[Account]:
        above: list[str] = []
        for name in ACCOUNTS:
            yield Account(
                name,
                f"{name.title()} Company",
                parent_id=self.dice.choice([*above, *above, None]),
                type=self.dice.choice(("", "enterprise")),
                website=f"{name}.example",
                email=f"{name}@example.com",
                owner_id=self.dice.choice(USERS),
                roles=FrozenMap({"csm": self.dice.choice((*USERS, *CONTACTS))}),
                custom=self.custom("account"),
            )
            above.append(name)

    def people(self) -> Iterator[Person]:
        for name, role in zip(USERS, ("manager", "member"), strict=True):
            yield Person(name, f"User {name}", email=f"{name}@vendor.example", roles=frozenset({role}))
        yield Person("partner", "Partner", "partner", email="partner@firm.example", firm="Firm")
        for name in CONTACTS:
            yield Person(
                name,
                f"Contact {name}",
                "contact",
                email=f"{name}@customer.example",
                account_id=self.dice.choice((*ACCOUNTS, None)) if self.chance(0.2) else self.dice.choice(ACCOUNTS[:2]),
                active=self.chance(0.9),
                roles=frozenset(self.dice.choice(((), (), ("manager",)))),
            )

    def custom(self, of: str) -> FrozenMap[str, Any]:
        names = [one.name for one in FIELDS if one.of == of]
        return FrozenMap({name: self.words() for name in names if self.chance(0.6)})

    def comment(self) -> Comment:
        by = self.dice.choice((*USERS, *CONTACTS, "partner"))
        return Comment(f"note{self.number()}", by, self.moment(), self.words(), self.chance(0.5))

    def metric(self) -> Metric | None:
        readings = tuple(Reading(self.moment(), Decimal(self.dice.randint(0, 9)), "u0") for _ in range(2))
        return self.maybe(Metric(Decimal(9), unit="logins", readings=readings), 0.3)

    def plan(self, n: int) -> Plan:
        section = self.dice.choice(SECTIONS)
        stages = tuple(Stage(f"p{n}-stage{m}", self.words()) for m in range(self.dice.randint(0, 2)))
        objectives = tuple(self.objective(f"p{n}-why{m}") for m in range(self.dice.randint(0, 3)))
        whys = [one.id for one in objectives]
        points = tuple(self.milestone(f"p{n}-point{m}", whys) for m in range(self.dice.randint(0, 2)))
        plays = tuple(self.play(f"p{n}-play{m}", whys) for m in range(self.dice.randint(1, 4)))
        tasks: list[Task] = []
        for m in range(10):
            tasks.append(self.task(f"p{n}-task{m}", [*whys, *(one.id for one in plays)], points, stages, tasks))
        status = self.dice.choice(("draft", "active", "active", "active", "active", "paused", "completed", "cancelled"))
        merged = self.chance(0.05)
        return Plan(
            f"p{n}",
            self.dice.choice(ACCOUNTS),
            f"Plan {self.words(2)}",
            FrozenMap({"start": self.day(), "go_live": self.day()}),
            description=self.words(),
            section=section,
            stage_id=self.dice.choice((None, "proposal", *(one.id for one in stages))),
            status="merged" if merged else status,
            merged_into="elsewhere" if merged else None,
            archived=self.chance(0.08),
            owner_id=self.dice.choice((None, *USERS)),
            time_zone=self.dice.choice(("", "Europe/Lisbon")),
            link_policy=self.dice.choice(("push", "push", "keep", "asap", "hold")),
            stages=stages,
            objectives=objectives,
            milestones=points,
            plays=plays,
            tasks=tuple(tasks),
            shared=self.chance(0.85),
            category=self.dice.choice(("", "Growth")),
            tags=tuple(self.dice.sample(WORDS, self.dice.randint(0, 2))),
            comments=tuple(self.comment() for _ in range(self.dice.randint(0, 2))),
            custom=self.custom("plan"),
            paused_on=self.day() if status == "paused" and not merged else None,
            created_by="u0",
            created_at=self.moment(),
            changed_at=self.moment(),
        )

    def objective(self, id: str) -> Objective:
        start = self.maybe(self.day())
        return Objective(
            id,
            self.words(),
            self.words(),
            self.dice.choice(("", "on_track", "at_risk")),
            self.dice.choice(("", "Growth")),
            start,
            self.maybe((start or FIRST) + dt.timedelta(self.dice.randint(0, 30))),
            self.dice.choice((None, *USERS, *CONTACTS[:2])),
            self.maybe(self.dice.randint(1, 9)),
            self.metric(),
            shared=self.chance(0.6),
            custom=self.custom("objective"),
            created_by="u1",
        )

    def milestone(self, id: str, whys: list[str]) -> Milestone:
        return Milestone(
            id,
            self.words(),
            self.words(),
            self.maybe(self.day()),
            objective_id=self.dice.choice((None, *whys)),
            reached_on=self.maybe(self.day(), 0.2),
            shared=self.chance(0.7),
        )

    def play(self, id: str, whys: list[str]) -> Play:
        start = self.maybe(self.day())
        return Play(
            id,
            self.words(),
            self.words(),
            self.dice.choice((None, *whys)),
            self.dice.choice((None, *USERS)),
            start,
            self.maybe((start or FIRST) + dt.timedelta(self.dice.randint(0, 30))),
            shared=self.chance(0.6),
            weight=self.maybe(self.dice.randint(1, 9)),
            custom=self.custom("play"),
        )

    def task(
        self, id: str, parents: list[str], points: tuple[Milestone, ...], stages: tuple[Stage, ...], before: list[Task]
    ) -> Task:
        start = self.maybe(self.day())
        status = self.dice.choice(("waiting", "open", "open", "in_progress", "done", "cancelled"))
        done = Completion(1, self.moment(), self.day(), self.dice.choice(EVERYBODY[:8]), "open", self.chance(0.2))
        links = tuple(
            Dependency(one.id) for one in self.dice.sample(before, min(len(before), self.dice.choice((0, 0, 1, 2))))
        )
        return Task(
            id,
            self.words(),
            status,
            self.dice.choice((None, *EVERYBODY)),
            start,
            (start or FIRST) + dt.timedelta(self.dice.randint(0, 30)) if self.chance(0.8) else None,
            type=self.dice.choice(("task", "action")),
            parent_id=self.dice.choice((None, *parents, *parents)),
            milestone_id=self.dice.choice((None, None, *(one.id for one in points))),
            stage_id=self.dice.choice((None, "proposal", *(one.id for one in stages))),
            dependencies=links,
            description=self.words(),
            priority=self.dice.choice(("low", "high")),
            status_name=self.dice.choice(("", "blocked", "doing")),
            offset=self.maybe(Offset(self.dice.randint(1, 20)), 0.3),
            locked=self.chance(0.1),
            helpers=tuple(self.dice.sample(EVERYBODY[:8], self.dice.choice((0, 0, 1, 2)))),
            weight=self.maybe(self.dice.randint(1, 9), 0.3),
            metric=self.metric(),
            comments=tuple(self.comment() for _ in range(self.dice.randint(0, 2))),
            tags=tuple(self.dice.sample(WORDS, self.dice.randint(0, 2))),
            shared=self.chance(0.65),
            custom=self.custom("task"),
            completion=done if status == "done" else None,
            completions=1 if status == "done" else 0,
            was="open" if status == "cancelled" else None,
            created_by="u0",
        )

    def invitations(self, plans: list[Plan]) -> Iterator[Invitation]:
        for plan in plans:
            for contact in CONTACTS:
                if self.chance(0.75):
                    revoked = self.moment() if self.chance(0.1) else None
                    id = invitation_id(plan.id, contact)
                    yield Invitation(id, plan.id, plan.account_id, contact, "u0", self.moment(), revoked)

    def touchpoint(self, n: int, plans: list[Plan]) -> Touchpoint:
        plan = self.dice.choice(plans)
        about = Reference("task", plan.id, plan.tasks[0].id, plan.tasks[0].title)
        account = self.dice.choice(ACCOUNTS)
        return Touchpoint(f"tp{n}", account, self.words(), self.moment(), "u0", text=self.words(), references=(about,))

    def entries(self, plans: list[Plan]) -> Iterator[Entry]:
        for plan in plans:
            edits = (Edit("task", plan.tasks[0].id, "title", self.words(), plan.tasks[0].title),)
            yield Entry("plan", plan.id, 1, self.moment(), "u0", "task.edit", edits)
