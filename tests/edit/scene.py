"""One plan that has a bit of everything, and what a verb is given besides it."""

import datetime as dt
from collections.abc import Callable
from itertools import count

import attrs

from actionplans.edit import Context
from actionplans.model import (
    Dependency,
    FrozenMap,
    Milestone,
    Objective,
    Offset,
    Plan,
    Play,
    Stage,
    Task,
    Warn,
    WorkCalendar,
)
from actionplans.settings import CustomField, Limits, Settings, TaskStatusName

MONDAY = dt.date(2026, 1, 5)
NOW = dt.datetime(2026, 1, 7, 12, tzinfo=dt.UTC)
TODAY = NOW.date()

SETTINGS = Settings(
    calendars=(WorkCalendar(), WorkCalendar("gulf", frozenset({7, 1, 2, 3, 4}))),
    task_statuses=(TaskStatusName("blocked", "Blocked", "waiting"), TaskStatusName("queued", "Queued", "open")),
    custom_fields=(
        CustomField("size", "Size", "task", "number"),
        CustomField("price", "Price", "task", "money"),
        CustomField("note", "Note", "task"),
        CustomField("seen", "Seen", "task", "date"),
        CustomField("sure", "Sure", "task", "yes_no"),
        CustomField("colour", "Colour", "task", "one_of", ("red", "blue")),
        CustomField("tags", "Tags", "task", "several_of", ("a", "b")),
        CustomField("page", "Page", "task", "link"),
        CustomField("who", "Who", "task", "person"),
        CustomField("region", "Region", "plan", "one_of", ("north", "south")),
        CustomField("value", "Value", "objective", "money", required=True, default=0),
        CustomField("phase", "Phase", "play", "text", required=True),
    ),
    limits=Limits(tasks_per_plan=60),
)

PEOPLE = frozenset({"ana", "ben", "team:east", "any_contact"})


def days(n: int) -> dt.date:
    """So many days after the plan's start, a Monday."""
    return MONDAY + dt.timedelta(days=n)


def context(
    settings: Settings = SETTINGS,
    *,
    warn: Callable[[Warn], None] = lambda warning: None,
    people: frozenset[str] = PEOPLE,
) -> Context:
    """Ana asks, on the Wednesday after the plan's start; new ids are `new-1`, `new-2`, …"""
    numbers = count(1)
    return Context(
        "ana",
        NOW,
        TODAY,
        settings,
        lambda: f"new-{next(numbers)}",
        calendars={"ben": "gulf"},
        known_owner=people.__contains__,
        warn=warn,
    )


def plan(**fields: object) -> Plan:
    """An objective with a play of three tasks, a milestone with one, and three loose tasks.

    `mail` waits for `call`, `sign` for `mail`; `party` waits for the milestone, which is done when `train` is;
    `bill` is counted from `sign`; `tidy` waits for nobody. `ring` starts when `call` does, and waits for nobody.
    """
    made = Plan(
        "plan",
        "acme",
        "Renewal",
        FrozenMap({"start": MONDAY}),
        stages=(Stage("own", "Our stage"),),
        objectives=(Objective("why", "Renew", custom=FrozenMap({"value": 5})), Objective("else", "Grow", weight=3)),
        milestones=(Milestone("live", "Go live", due=days(10), original_due=days(10)), Milestone("end", "The end")),
        plays=(Play("play", "Convince them", objective_id="why"), Play("free", "On its own")),
        tasks=(
            Task("call", "Call", due=days(1), original_due=days(1), parent_id="play", owner_id="ana"),
            Task("mail", "Mail", "waiting", parent_id="play", dependencies=(Dependency("call"),), stage_id="own"),
            Task(
                "ring",
                "Ring",
                start=days(0),
                due=days(2),
                original_due=days(1),
                duration=3,
                parent_id="play",
                dependencies=(Dependency("call", "SS"),),
            ),
            Task("sign", "Sign", "waiting", dependencies=(Dependency("mail"), Dependency("end")), parent_id="why"),
            Task("train", "Train", milestone_id="live", weight=2),
            Task("party", "Party", "waiting", dependencies=(Dependency("live"),), due=days(11)),
            Task("bill", "Bill", "waiting", offset=Offset(2, anchor="task:sign"), helpers=("ben",)),
            Task("tidy", "Tidy", stage_id="proposal", custom=FrozenMap({"size": 3})),
        ),
    )
    return attrs.evolve(made, **fields)  # type: ignore[arg-type]


def status(plan: Plan, *ids: str) -> list[str]:
    """The statuses of these tasks."""
    return [plan.task(one).status for one in ids]
