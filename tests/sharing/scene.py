"""One plan that is worked on with a customer and a partner, in a store of its own."""

import datetime as dt
from typing import Any

import attrs

import actionplans as ap
from actionplans.checks import FrozenMap
from actionplans.model import Account, Comment, Dependency, Objective, Person, Plan, Play, Task
from actionplans.storage import Batch, Write
from actionplans.workspace import Workspace
from tests.workspace.world import MONDAY, opened, store_of

NOTE = Comment("inside", "ana", dt.datetime(2026, 1, 5, 9, tzinfo=dt.UTC), "Be quick")

PLAN = Plan(
    "plan",
    "acme",
    "Go live",
    FrozenMap({"start": MONDAY}),
    shared=True,
    owner_id="ana",
    created_by="ana",
    objectives=(Objective("why", "Grow"), Objective("secret", "Sell them more", "At any price", owner_id="ana")),
    plays=(
        Play("run", "Run it", objective_id="why", shared=True),
        Play("own", "Our own", "Quietly", objective_id="secret", owner_id="ana"),
    ),
    tasks=(
        Task("sign", "Sign", owner_id="eve", parent_id="run", due=MONDAY, comments=(NOTE,)),
        Task("ship", "Ship", "waiting", "eve", parent_id="run", dependencies=(Dependency("price"),)),
        Task("anyone", "Anyone", owner_id="any_contact", parent_id="run"),
        Task("rival", "Rival", owner_id="fay", parent_id="run"),
        Task("price", "Raise the price", owner_id="ana", parent_id="own", due=MONDAY),
        Task("train", "Train", owner_id="pat", parent_id="own", start=MONDAY, due=MONDAY, comments=(NOTE,)),
        Task("helped", "Helped", owner_id="ana", helpers=("pat", "ben"), parent_id="why"),
    ),
)


def staged(url: str = "memory:", **changes: Any) -> Workspace:
    """Acme with its contacts Eve and Fay, a partner, Ana who owns the plan, and people of other accounts."""
    ws = opened(url)
    people = (
        Person("ana", "Ana", email="ana@vendor.example", roles=frozenset({"member"})),
        Person("ben", "Ben", email="ben@vendor.example", roles=frozenset({"viewer"})),
        Person("eve", "Eve", "contact", email="eve@acme.example", account_id="acme"),
        Person("fay", "Fay", "contact", email="fay@acme.example", account_id="acme"),
        Person("gus", "Gus", "contact", email="gus@group.example", account_id="group"),
        Person("hal", "Hal", "contact", email="hal@other.example", account_id="other"),
        Person("ida", "Ida", "contact", email="ida@acme.example", account_id="acme", active=False),
        Person("pat", "Pat", "partner", email="pat@firm.example", firm="Firm"),
        Person("quin", "Quin", "partner", email="quin@firm.example"),
    )
    accounts = (Account("group", "Group"), Account("acme", "Acme", parent_id="group", owner_id="ana"))
    records = (*accounts, Account("other", "Other"), *people, attrs.evolve(PLAN, **changes))
    store_of(ws).commit(Batch(tuple(Write(one) for one in records)))
    return ws


def of(ws: Workspace, person_id: str) -> Workspace:
    """The workspace for somebody who is stored."""
    return ws.acting_as(ap.Actor(person_id))
