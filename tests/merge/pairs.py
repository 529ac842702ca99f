"""Random pairs of plans that may be merged: of one account or two, of one template or two, shared in every way."""

import datetime as dt
import random
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

import attrs
from attrs import frozen

from actionplans.checks import FrozenMap
from actionplans.edit import Context
from actionplans.edit.tasks import settled
from actionplans.merge import Audience
from actionplans.model import (
    ANY_CONTACT,
    Account,
    Comment,
    Completion,
    Dependency,
    Invitation,
    Launch,
    Metric,
    Milestone,
    Objective,
    Offset,
    Person,
    Plan,
    Play,
    Reading,
    Stage,
    Task,
)
from actionplans.model.rules import PLAN_RULES
from actionplans.settings import CustomField, ObjectiveRule, Section, Settings
from actionplans.storage import invitation_id

NOW = dt.datetime(2026, 2, 2, 9, tzinfo=dt.UTC)
FIRST = dt.date(2026, 1, 5)
WORDS = ("call", "Call", "mail", "visit", "renew", "import", "train", "review")
USERS = ("u0", "u1")
CONTACTS = ("c0", "c1", "c2")
OWNERS = (None, *USERS, *CONTACTS, ANY_CONTACT, "team:cs")
SETTINGS = Settings(
    sections=(*Settings().sections, Section("secret", "Secret", profile="none")),
    custom_fields=tuple(
        CustomField(name, name, of=of, shown_to_contacts=name == "open")
        for of in ("objective", "play", "task")
        for name in ("open", "inside")
    ),
)


@frozen
class Pair:
    """Two plans, their accounts, who is invited to them, and the settings they live by."""

    target: Plan
    source: Plan
    accounts: tuple[Account, ...]
    people: tuple[Person, ...]
    invitations: tuple[Invitation, ...]
    settings: Settings

    def account(self, plan: Plan) -> Account:
        """The account of one of the plans."""
        return next(one for one in self.accounts if one.id == plan.account_id)

    def invited(self, plan: Plan) -> frozenset[str]:
        """The contacts who are invited to a plan, and count: active, of its account or of the one above it (V3)."""
        account = self.account(plan)
        near = {account.id, account.parent_id}
        known = {one.id for one in self.people if one.active and one.account_id in near}
        return frozenset(one.contact_id for one in self.invitations if one.plan_id == plan.id) & known

    def audience(self) -> Audience:
        """The customers of both plans."""
        own = {one.id for one in self.people if one.account_id in (self.target.account_id, self.source.account_id)}
        one_account = self.target.account_id == self.source.account_id
        return Audience(
            self.invited(self.target),
            self.invited(self.source),
            frozenset(one.id for one in self.people),
            frozenset(own if one_account else ()),
        )


def context(settings: Settings = SETTINGS) -> Context:
    """What the pure functions are given."""
    return Context("u0", NOW, NOW.date(), settings, lambda: "never")


def pair(seed: int) -> Pair:
    """A random pair."""
    return _Maker(random.Random(seed)).pair()


class _Maker:
    """Makes one pair."""

    def __init__(self, dice: random.Random) -> None:
        self.dice = dice
        self.number = 0

    def chance(self, share: float) -> bool:
        return self.dice.random() < share

    def maybe(self, one: Any, share: float = 0.5) -> Any:
        return one if self.chance(share) else None

    def words(self) -> str:
        return " ".join(self.dice.choices(WORDS, k=self.dice.randint(1, 2)))

    def day(self) -> dt.date:
        return FIRST + dt.timedelta(self.dice.randint(0, 40))

    def moment(self) -> dt.datetime:
        return NOW - dt.timedelta(hours=self.dice.randint(1, 500))

    def new(self, kind: str) -> str:
        self.number += 1
        return f"{kind}-{self.number}"

    def pair(self) -> Pair:
        same = self.chance(0.7)
        accounts = (
            Account("acme", "Acme", parent_id=self.maybe("group", 0.3)),
            Account("acme2", "Acme Two"),
            Account("group", "Group"),
        )
        section = self.dice.choice(("", "", "growth_plans", "secret"))
        target = self.plan("t", "acme", section)
        source = self.plan("s", "acme" if same else "acme2", section if self.chance(0.9) else "growth_plans")
        if self.chance(0.05):
            source = attrs.evolve(source, stages=(), objectives=(), milestones=(), plays=(), tasks=())
        people = tuple(
            Person(one, one, "contact", account_id=self.dice.choice(("acme", "acme", "acme2", "group")))
            for one in CONTACTS
        )
        if self.chance(0.6):
            invited = [(plan, one) for one in CONTACTS if self.chance(0.6) for plan in ("t", "s")]
        else:
            invited = [(plan, one) for plan in ("t", "s") for one in CONTACTS if self.chance(0.6)]
        settings = attrs.evolve(
            SETTINGS,
            contacts_see_each_other=self.chance(0.3),
            merge_rules=("same_title",) if self.chance(0.3) else (),
            objective_rules=(ObjectiveRule("done", "achieved"),) if self.chance(0.3) else (),
        )
        made = (Invitation(invitation_id(plan, one), plan, "acme", one, "u0", NOW) for plan, one in invited)
        return Pair(target, source, accounts, people, tuple(made), settings)

    def plan(self, name: str, account: str, section: str) -> Plan:
        while True:
            made = self._plan(name, account, section)
            if not any(problem for rule in PLAN_RULES for problem in rule(made)):
                return settled(made, {task.id for task in made.tasks})

    def _plan(self, name: str, account: str, section: str) -> Plan:
        template = self.dice.choice(("launched", "launched", "launched", "launched", "other"))
        stages = tuple(self.stage(name, n) for n in range(self.dice.randint(0, 2)))
        objectives = tuple(self.objective(name, n) for n in range(self.dice.randint(0, 2)))
        whys = [one.id for one in objectives]
        points = tuple(self.milestone(name, n, whys) for n in range(self.dice.randint(0, 2)))
        plays = tuple(self.play(name, n, whys) for n in range(self.dice.randint(0, 2)))
        tasks: list[Task] = []
        for n in range(self.dice.randint(0, 7)):
            tasks.append(self.task(name, n, [*whys, *(one.id for one in plays)], points, stages, tasks))
        anchors = {"start": FIRST if self.chance(0.5) else self.day()}
        if self.chance(0.5):
            anchors["go_live"] = self.dice.choice((FIRST + dt.timedelta(30), self.day()))
        made = Plan(
            name,
            account,
            f"Plan {name}",
            FrozenMap(anchors),
            section=section,
            stages=stages,
            objectives=objectives,
            milestones=points,
            plays=plays,
            tasks=tuple(tasks),
            launch=self.maybe(Launch(template, 1, NOW, "u0"), 0.9),
            shared=self.chance(0.9),
            description=self.words(),
            status=self.dice.choice(("active", "active", "draft", "paused")),
            created_by="u0",
        )
        lost = {offset.anchor for one in made.items() for offset in offsets(one)} - anchors.keys()
        return attrs.evolve(made, anchors=FrozenMap({**anchors, **{one: self.day() for one in lost if ":" not in one}}))

    def same(self, name: str, n: int) -> dict[str, Any]:
        """What every item has: an id of its own, a key that the other plan's may have too, words."""
        return {
            "id": self.new(name),
            "title": self.words(),
            "description": self.dice.choice(("", self.words())),
            "key": f"key{self.dice.choice((n, n, n, 0))}" if self.chance(0.75) else "",
            "fixed": self.chance(0.1),
        }

    def stage(self, name: str, n: int) -> Stage:
        return Stage(**self.same(name, n))

    def objective(self, name: str, n: int) -> Objective:
        start = self.maybe(self.day())
        return Objective(
            **self.same(name, n),
            status=self.dice.choice(("", "on_track", "at_risk")),
            start=start,
            end=self.maybe((start or FIRST) + dt.timedelta(self.dice.randint(0, 20))),
            start_offset=self.offset(0.2),
            owner_id=self.dice.choice((None, *USERS)),
            weight=self.maybe(self.dice.randint(1, 3)),
            metric=self.metric(),
            shared=self.chance(0.6),
            custom=self.custom(),
        )

    def milestone(self, name: str, n: int, whys: list[str]) -> Milestone:
        return Milestone(
            **self.same(name, n),
            due=self.maybe(self.day()),
            offset=self.offset(0.3),
            objective_id=self.dice.choice((None, *whys)),
            reached_on=self.maybe(self.day(), 0.2),
            shared=self.chance(0.7),
        )

    def play(self, name: str, n: int, whys: list[str]) -> Play:
        start = self.maybe(self.day())
        return Play(
            **self.same(name, n),
            objective_id=self.dice.choice((None, *whys, *whys)),
            owner_id=self.dice.choice((None, *USERS)),
            start=start,
            due=self.maybe((start or FIRST) + dt.timedelta(self.dice.randint(0, 20))),
            launch=self.maybe(Launch("play", 1, NOW, "u0"), 0.2),
            shared=self.chance(0.7),
            custom=self.custom(),
        )

    def task(
        self,
        name: str,
        n: int,
        parents: list[str],
        points: Iterable[Milestone],
        stages: Iterable[Stage],
        held: list[Task],
    ) -> Task:
        start = self.maybe(self.day())
        due = self.maybe((start or FIRST) + dt.timedelta(self.dice.randint(0, 20)), 0.7)
        status = self.dice.choice(("open", "open", "open", "in_progress", "done", "done", "cancelled"))
        named = [*(one.id for one in held), *(one.id for one in points)]
        links = self.dice.sample(named, min(len(named), self.dice.choice((0, 0, 1, 2))))
        kinds = ("FS", "FS", "FS", "SS")
        return Task(
            **self.same(name, n),
            status=status,
            owner_id=self.dice.choice(OWNERS),
            start=start,
            due=due,
            original_due=due,
            type=self.dice.choice(("task", "action")),
            parent_id=self.dice.choice((None, *parents, *parents)),
            milestone_id=self.dice.choice((None, None, *(one.id for one in points))),
            stage_id=self.dice.choice((None, None, None, "proposal", *(one.id for one in stages))),
            dependencies=tuple(Dependency(one, self.dice.choice(kinds), self.dice.choice((0, 0, 1))) for one in links),
            offset=self.offset(0.3, held),
            locked=self.chance(0.1),
            hand_dated=self.chance(0.2),
            helpers=tuple(self.dice.sample((*USERS, *CONTACTS), self.dice.choice((0, 0, 1, 2)))),
            priority=self.dice.choice(("normal", "high")),
            category=self.dice.choice(("", "a", "b")),
            metric=self.metric(),
            comments=tuple(self.comment() for _ in range(self.dice.randint(0, 2))),
            tags=tuple(self.dice.sample(WORDS, self.dice.randint(0, 2))),
            shared=self.chance(0.6),
            custom=self.custom(),
            completion=Completion(1, self.moment(), self.day(), "u1") if status == "done" else None,
            completions=1 if status == "done" else self.dice.choice((0, 0, 2)),
            was="open" if status == "cancelled" else None,
            created_by=self.dice.choice(USERS),
        )

    def offset(self, share: float, held: Iterable[Task] = ()) -> Offset | None:
        if not self.chance(share):
            return None
        named = [f"task:{one.id}" for one in held]
        return Offset(self.dice.randint(0, 5), anchor=self.dice.choice(("start", "go_live", "kickoff", *named)))

    def custom(self) -> FrozenMap[str, Any]:
        return FrozenMap({name: self.words() for name in ("open", "inside") if self.chance(0.5)})

    def comment(self) -> Comment:
        by = self.dice.choice((*USERS, *CONTACTS))
        return Comment(self.new("note"), by, self.moment(), self.words(), self.chance(0.5))

    def metric(self) -> Metric | None:
        readings = tuple(Reading(self.moment(), Decimal(self.dice.randint(0, 9)), "u0") for _ in range(2))
        one_each = {reading.at: reading for reading in readings}
        made = Metric(Decimal(self.dice.choice((5, 9))), readings=tuple(one_each[at] for at in sorted(one_each)))
        return self.maybe(made, 0.4)


def offsets(item: Any) -> Iterable[Offset]:
    """The offsets that an item's dates are counted by."""
    found = (getattr(item, name, None) for name in ("offset", "start_offset", "end_offset"))
    return [one for one in found if one is not None]
