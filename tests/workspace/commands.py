"""The same work in several stores at once: worlds with equal clocks and ids, and what verbs are called with."""

import datetime as dt
from collections.abc import Callable, Iterator, Mapping
from itertools import count
from typing import Any

import attrs

import actionplans as ap
from actionplans import edit
from actionplans.errors import ActionPlansError
from actionplans.journal import Entry
from actionplans.model import Dependency, Offset, Plan, Task, Template, TemplatePlay, TemplateTask
from actionplans.plugins import Plugins
from actionplans.storage import KINDS, AccountQuery, DeliveryQuery, PlanQuery, RecordQuery, Store
from actionplans.testing.clock import FrozenClock
from actionplans.testing.opened import every
from actionplans.workspace import Workspace
from tests.edit import scene
from tests.edit.moves import PHASE, VERBS, Walk
from tests.workspace.world import ADMIN, MONDAY, STATUSES

ACTORS = {
    "root": ADMIN,
    "ana": ap.Actor("ana", roles={"manager"}),
    "ben": ap.Actor("ben", roles={"member"}),
    "cleo": ap.Actor("cleo", roles={"viewer"}),
    "pat": ap.Actor("pat", roles={"partner"}),
    "carl": ap.Actor("carl"),
    "nobody": ap.Actor("nobody", roles={"member"}),
}
ACCOUNTS = ("acme", "branch", "lead")
PEOPLE = ("ana", "ben", "cleo", "pat", "carl", "team:cs", "any_contact")

PLAN_VERBS: Mapping[str, Callable[[int, bool], tuple[Any, ...]]] = {
    "update_plan": lambda n, flag: (edit.update_plan, {"title": f"Plan {n}", "owner_id": PEOPLE[n % 3]}),
    "calendar": lambda n, flag: (edit.update_plan, {"calendar": "gulf" if flag else "default"}),
    "region": lambda n, flag: (edit.update_plan, {"custom": {"region": ("north", "south", "east")[n % 3]}}),
    "pause": lambda n, flag: (edit.pause_plan, {}),
    "resume": lambda n, flag: (edit.resume_plan, {}),
    "archive": lambda n, flag: (edit.archive_plan, {"archived": n % 3 == 0}),
    "share_plan": lambda n, flag: (edit.share_plan, {"shared": flag}),
    "set_anchor": lambda n, flag: (edit.set_anchor, {"name": "start", "date": MONDAY + dt.timedelta(n)}),
    "reschedule": lambda n, flag: (edit.reschedule, {"policy": ("push", "keep", None)[n % 3]}),
    "plan_comment": lambda n, flag: (edit.comment, {"item_id": "plan", "text": f"Note {n}", "internal": flag}),
    "reopen_plan": lambda n, flag: (edit.reopen_plan, {}),
}
"""The verbs on a plan as a whole, which a walk does not take."""

WORK = (*VERBS, *PLAN_VERBS, "delete_comment", "remove_reading")


class Taken(Exception):
    """What a walk would call: a verb, and what goes in beside the plan and the context."""

    def __init__(self, verb: Any, args: tuple[Any, ...], fields: dict[str, Any]) -> None:
        """Of one call."""
        self.call = verb, args, fields


class Recorder:
    """Stands in for `edit` in a walk."""

    def __getattr__(self, name: str) -> Any:
        """Tells what is called instead of doing it."""

        def taken(plan: Plan, context: object, *args: Any, **fields: Any) -> Plan:
            raise Taken(getattr(edit, name), args, fields)

        return taken


class Asked(Walk):
    """A walk that says what it would do next."""

    verbs = Recorder()


Call = tuple[Any, tuple[Any, ...], dict[str, Any]]


def call_of(plan: Plan, name: str, first: int, second: int, flag: bool) -> Call | None:
    """The verb that a step stands for, and what it is given besides the plan; None where there is nothing to do."""
    if name in PLAN_VERBS:
        verb, fields = PLAN_VERBS[name](first, flag)
        return verb, (), {**fields, **({"item_id": plan.id} if "item_id" in fields else {})}
    if name in ("delete_comment", "remove_reading"):
        args = list(_comments(plan) if name == "delete_comment" else _readings(plan))
        return (getattr(edit, name), args[first % len(args)], {}) if args else None
    try:
        getattr(Asked(plan), name)(first, second, flag)
    except Taken as taken:
        return taken.call
    except ActionPlansError:
        pass
    return None


def _comments(plan: Plan) -> Iterator[tuple[str, str]]:
    for item in (plan, *plan.items()):
        yield from ((item.id, one.id) for one in getattr(item, "comments", ()))


def _readings(plan: Plan) -> Iterator[tuple[str, dt.datetime]]:
    for item in plan.items():
        if (metric := getattr(item, "metric", None)) is not None:
            yield from ((item.id, one.at) for one in metric.readings)


class World:
    """One store, with a clock and ids of its own that go as those of all others do."""

    def __init__(self, url: str, tenant: str, plugins: Plugins) -> None:
        """Open it."""
        self.clock, numbers = FrozenClock(), count(1)
        self.how: dict[str, Any] = {
            "url": url,
            "plugins": plugins,
            "tenant": tenant,
            "clock": self.clock,
            "new_id": lambda: f"new-{next(numbers):06}",
        }
        self.ws: Workspace = ap.open(actor=ADMIN, **self.how)

    def again(self) -> None:
        """The same store, opened once more."""
        if self.how["url"] != "memory:":
            self.ws.close()
            self.ws = ap.open(actor=ADMIN, **self.how)

    def answer(self, call: Callable[[Workspace], Any], who: str) -> tuple[str, Any]:
        """What a command gives, or the error with its fields."""
        try:
            return "gave", call(self.ws.acting_as(ACTORS[who]))
        except ActionPlansError as error:
            return type(error).__name__, fields_of(error)


def fields_of(value: Any) -> dict[str, Any]:
    """The fields of a value, errors as what they say: no error equals another."""
    found = {one.name: getattr(value, one.name) for one in attrs.fields(type(value))}
    return {name: repr(one) if isinstance(one, Exception) else one for name, one in found.items()}


def kept(store: Store) -> dict[str, Any]:
    """Everything a store keeps; of the journal what was done, without hashes and salts, which differ by nature."""
    found: dict[str, Any] = {kind: every(store, RecordQuery(kind)) for kind in KINDS if kind not in ("account", "plan")}
    found["accounts"] = every(store, AccountQuery())
    found["heads"] = every(store, PlanQuery(statuses=STATUSES, archived=None))
    found["plans"] = store.get_many(Plan, [one.id for one in found["heads"]])
    found["journal"] = [(_entry(link.entry()), link.personal is None) for link in _links(store)]
    for state in ("waiting", "sent", "skipped", "failed"):
        found[state] = every(store, DeliveryQuery(state))
    found["unrecorded"] = {kind: store.unrecorded(kind) for kind in KINDS}
    return found


def _entry(entry: Entry) -> Entry:
    return attrs.evolve(entry, erased=bool(entry.erased) * "erased")


def _links(store: Store) -> list[Any]:
    links, page = [], store.links()
    while page:
        links += page
        page = store.links(after=(page[-1].record, page[-1].id, page[-1].revision))
    return links


def template(version: int = 1) -> Template:
    """A small template with a play, links and anchors; each version differs a little from the one before."""
    return Template(
        "follow-up",
        f"Follow up {version}",
        plays=(TemplatePlay("convince", "Convince", custom=PHASE),),
        tasks=(
            TemplateTask("call", f"Call {version}", due=Offset(version), owner=("applier",)),
            TemplateTask("mail", "Mail", due=Offset(2, "working_days"), after=(Dependency("call"),), parent="convince"),
            TemplateTask("visit", "Visit", due=Offset(9 + version), owner=("account_owner", "applier")),
            *(TemplateTask(f"more{n}", "More", after=(Dependency("visit"),)) for n in range(version % 3)),
        ),
    )


def peopled(ws: Workspace) -> None:
    """People, a team, accounts, settings with fields of their own, and a template."""
    ws.settings.update(
        **{name: getattr(scene.SETTINGS, name) for name in ("calendars", "task_statuses", "custom_fields", "limits")}
    )
    for name in ("ana", "ben", "cleo", "pat", "root"):
        ws.people.add(ap.Person(name, name.title(), email=f"{name}@example.com"))
    ws.teams.add(ap.Team("cs", "Customer Success", frozenset({"ana", "ben"})))
    ws.accounts.add(ap.Account("acme", "Acme", website="acme.example", owner_id="ana"))
    ws.accounts.add(ap.Account("branch", "Acme Branch", parent_id="acme", owner_id="ben"))
    ws.accounts.add(ap.Account("lead", "Lea Lead", kind="lead", owner_id="ana"))
    ws.people.add(ap.Person("carl", "Carl", kind="contact", account_id="acme"))
    ws.templates.publish(template())
    plan = scene.plan()
    ws.add_plan(attrs.evolve(plan, plays=tuple(attrs.evolve(one, custom=PHASE) for one in plan.plays)))
    ws.sharing.invite("plan", "carl")
    first, second, _ = (ws.launch(ws.draft("follow-up", one, start=MONDAY)) for one in ("acme", "branch", "acme"))
    ws.merging.merge(first.id, second.id)
    ws.change("plan", edit.add, Task(title="A task"))
    for hour in (9, 7, 8):
        ws.touchpoints.add("acme", "Met", at=dt.datetime.combine(MONDAY, dt.time(hour), dt.UTC), participants=("carl",))
    for name in ("carl", "cleo", "pat"):
        ws.people.update(name, email=f"{name}@new.example.com")
