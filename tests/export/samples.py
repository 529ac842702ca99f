"""Views to export: plain ones, one with everything in it, and one of nothing but nasty text."""

import datetime as dt
import json
from collections.abc import Iterator
from decimal import Decimal

import pytest

from actionplans.checks import FrozenMap
from actionplans.model import Account, Completion, Metric, Milestone, Objective, Plan, Play, Reading, Stage, Task
from actionplans.permissions import Asker
from actionplans.settings import CustomField, Section, Settings, TaskStatusName
from actionplans.sharing import People, View, Viewer, view
from tests.project import PROJECT

TODAY = dt.date(2026, 2, 2)
START = dt.date(2026, 1, 5)
AT = dt.datetime(2026, 1, 12, 9, tzinfo=dt.UTC)
DONE = Completion(1, AT, AT.date(), "ana")
NAMES = {"ana": "Ana Sá", "ben": "Smith, Ben", "team:cs": "Customer Success"}
FIELDS = (
    CustomField("region", "Region"),
    CustomField("price", "Price", type="money"),
    CustomField("signed", "Signed on", type="date"),
    CustomField("vip", "VIP", type="yes_no"),
    CustomField("areas", "Areas", type="several_of", choices=("a", "b")),
    CustomField("sponsor", "Sponsor", type="person"),
    CustomField("segment", "Segment", of="account"),
)
SETTINGS = Settings(custom_fields=FIELDS, task_statuses=(TaskStatusName("blocked", "Blocked", "waiting"),))


def seen(plan: Plan, account: Account, settings: Settings = SETTINGS, names: dict[str, str] = NAMES) -> View:
    """The view of somebody who may see all of it, on 2 February 2026."""
    viewer = Viewer(Asker("ana", frozenset({"administrator"})))
    made = view(plan, account, settings, viewer, today=TODAY, people=People(names))
    assert made is not None
    return made


def full() -> View:
    """A plan with a task of every status, and every column filled somewhere."""
    metric = Metric(Decimal("1E+2"), unit="logins", readings=(Reading(AT, Decimal(80), "ana"),))
    custom = {
        "region": "North",
        "price": Decimal("99.50"),
        "signed": dt.date(2026, 1, 3),
        "vip": True,
        "areas": ("a", "b"),
        "sponsor": "ben",
    }
    tasks = (
        Task(
            "t-call",
            "Call",
            "done",
            "ana",
            START,
            dt.date(2026, 1, 9),
            type="action",
            parent_id="run",
            milestone_id="live",
            stage_id="proposal",
            description="Ask\nand listen",
            priority="high",
            category="Adoption",
            helpers=("ben", "team:cs"),
            metric=metric,
            custom=FrozenMap(custom),
            completion=DONE,
            completions=1,
        ),
        Task("t-mail", "Mail", "in_progress", "any_contact", due=dt.date(2026, 2, 1), parent_id="grow", priority=""),
        Task("t-wait", "Wait", "waiting", "gone", due=TODAY, milestone_id="live", status_name="blocked"),
        Task("t-drop", "Drop", "cancelled", due=dt.date(2026, 1, 6), parent_id="loose"),
    )
    plan = Plan(
        "p-1",
        "acme",
        "Grow Acme",
        FrozenMap({"start": START}),
        section="client_commitments",
        stage_id="own",
        owner_id="ana",
        stages=(Stage("own", "Our own stage"),),
        objectives=(Objective("grow", "Grow"),),
        milestones=(Milestone("live", "Go live", objective_id="grow"),),
        plays=(Play("run", "Run it", objective_id="grow"), Play("loose", "Loose play")),
        tasks=tasks,
        revision=7,
    )
    return seen(plan, Account("acme", "Acme", website="https://acme.example"))


def small(n: int = 0, *titles: str) -> View:
    """A plan of some open tasks, 'Call' if none are named."""
    tasks = tuple(Task(f"t{n}-{m}", title) for m, title in enumerate(titles or ("Call",)))
    plan = Plan(f"p{n}", f"a{n}", f"Plan {n}", FrozenMap({"start": START}), tasks=tasks)
    return seen(plan, Account(f"a{n}", f"Company {n}"))


HOSTILE = (
    *(
        "=1+1",
        "=",
        "==",
        "=cmd|' /C calc'!A0",
        '=HYPERLINK("http://x.example","x")',
        "{=1+1}",
        "+1",
        "-1",
        "@SUM(1)",
        "%",
        "1",
    ),
    *(
        "#N/A",
        "#NULL!",
        "#DIV/0!",
        "#VALUE!",
        "#REF!",
        "#NAME?",
        "#NUM!",
        "#GETTING_DATA",
        "TRUE",
        "FALSE",
        "2026-01-05",
    ),
    *(
        "http://x.example",
        "mailto:a@x.example",
        "file:///etc/passwd",
        "\\\\host\\share",
        "'quoted",
        "''",
        '"',
        "0123",
        "1E5",
    ),
    *("_x0041_", "_x005F_", "_x005f_x0041_", "_x0041_x0042_", "_x000D_", "_xD800_", "_x", "_", "__x0041_", "_x00e9_"),
    *(
        " ",
        "  lead",
        "trail  ",
        "\t",
        "\n",
        "\r",
        "\r\n",
        "a\rb\r\nc\nd",
        "\ta\t",
        " \n ",
        "\u00a0",
        "\u3000",
        "\u2028",
        "\x85",
    ),
    *(
        "\x01",
        "a\x07b",
        "\x0b\x0c",
        "\x1b[31mred",
        "\x1fx0041_",
        "\x7f",
        "\x9f",
        "\ufffe",
        "\uffff",
        "\ufeffbom",
        "\U0001ffff",
    ),
    *(
        "<",
        "&",
        "&amp;",
        "&#x41;",
        "<b>&lt;</b>",
        "]]>",
        "<![CDATA[x]]>",
        "<!--",
        "<?xml?>",
        "</t></is></c>",
        "</sheetData>",
    ),
    *("é", "e\u0301", "مرحبا", "\u202eevil", "\u200b", "👩‍👩‍👧", "🇵🇹", "\U0010ffff", "\ue000", "İı", "ǆ"),
)
"""Text that has been taken for something else by one program or another."""

BLNS = PROJECT.parent / "shared" / "corpora" / "blns" / "blns.json"


def naughty() -> list[str]:
    """The Big List of Naughty Strings that a spreadsheet can be given; skips where the list is not there."""
    if not BLNS.exists():
        pytest.skip(f"no list of naughty strings at {BLNS}")
    return [text for text in json.loads(BLNS.read_text()) if text]


def nasty(texts: list[str]) -> Iterator[View]:
    """One plan of one task for each text, which stands in every field that is text, as far as the field takes it."""
    for text in texts:
        name = text if text.strip() else f"x{text}"
        word = text[:100]
        settings = Settings(custom_fields=(CustomField("region", "Region"),), sections=(Section("s", name),))
        task = Task(
            name[:200],
            name,
            "open",
            "ana",
            type=word,
            parent_id="play",
            milestone_id="milestone",
            stage_id="stage",
            description=text,
            priority=word,
            category=word,
            helpers=("ben",),
            metric=Metric(Decimal(1), unit=word),
            custom=FrozenMap({"region": text}),
        )
        plan = Plan(
            name[:200],
            "a",
            name,
            FrozenMap({"start": START}),
            section="s",
            stage_id="stage",
            owner_id="ana",
            stages=(Stage("stage", name),),
            objectives=(Objective("objective", name),),
            milestones=(Milestone("milestone", name),),
            plays=(Play("play", name, objective_id="objective"),),
            tasks=(task,),
        )
        yield seen(plan, Account("a", name, website=text), settings, {"ana": name, "ben": name})
