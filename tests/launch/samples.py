"""What the tests of launching share: an account with people round it, and one short way to launch."""

import datetime as dt
from collections.abc import Callable, Mapping
from itertools import count
from typing import Any

import attrs

import actionplans as ap
from actionplans.launch import Directory, draft, launch
from actionplans.model import Draft, Override, Partnership, Template, TemplateTask
from actionplans.settings import Settings

MONDAY = dt.date(2026, 1, 5)
NOW = dt.datetime(2026, 1, 5, 9, tzinfo=dt.UTC)

PEOPLE = {
    **{name: ap.Person(name, name.title(), email=f"{name}@example.com") for name in ("ana", "ben", "cleo", "me")},
    "gone": ap.Person("gone", "Gone", email="gone@example.com", active=False),
    "paul": ap.Person("paul", "Paul", kind="partner", email="Paul@Partner.example"),
    "petra": ap.Person("petra", "Petra", kind="partner"),
    "carl": ap.Person("carl", "Carl", kind="contact", account_id="acme"),
}
DIRECTORY = Directory(PEOPLE, {"cs": ap.Team("cs", "Customer Success")})
ACME = ap.Account(
    "acme",
    "Acme",
    type="enterprise",
    owner_id="ana",
    roles=ap.FrozenMap({"csm": "ben", "sales": "gone"}),
    primary_contact_id="carl",
    partners=(Partnership("me", "paul", True), Partnership("me", "petra"), Partnership("ana", "petra", True)),
    custom=ap.FrozenMap({"size": 500, "vip": True, "since": dt.date(2020, 1, 1), "areas": ("a", "b")}),
)


SHIPPED = Settings()


def template(*tasks: TemplateTask, **fields: Any) -> Template:
    """A published template of these tasks."""
    return Template("t", "Template", state="published", tasks=tasks, **fields)


def numbers() -> Callable[[], str]:
    """Ids that are the same in every run."""
    numbered = count(1)
    return lambda: f"id-{next(numbered):03}"


def drafted(given: Template, account: ap.Account = ACME, start: dt.date = MONDAY, **changes: Any) -> Draft:
    """A draft of it, with these fields of the draft changed."""
    overrides = changes.pop("overrides", {})
    made = draft(given, account, start=start, anchors=changes.pop("anchors", {}))
    return attrs.evolve(made, overrides=ap.FrozenMap(overrides), **changes)


def launched(
    given: Template,
    account: ap.Account = ACME,
    settings: Settings = SHIPPED,
    *,
    start: dt.date = MONDAY,
    directory: Directory = DIRECTORY,
    trial: bool = False,
    **changes: Any,
) -> ap.Plan:
    """The plan that `me` launches from it, now."""
    made = drafted(given, account, start, **changes)
    return launch(made, account, settings, directory=directory, applier_id="me", now=NOW, new_id=numbers(), trial=trial)


def by_key(plan: ap.Plan) -> Mapping[str, Any]:
    """The items of a plan by their keys."""
    return {getattr(one, "key", ""): one for one in plan.items()}


def places(error: BaseException) -> list[str]:
    """Where the problems of an error stand."""
    return [problem.place for problem in getattr(error, "problems", ())]


def day(month: int, number: int) -> dt.date:
    """A day of 2026."""
    return dt.date(2026, month, number)


def changed(**fields: Any) -> Override:
    """What a draft says otherwise."""
    return Override(**fields)
