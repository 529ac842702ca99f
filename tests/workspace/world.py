"""What the tests of the workspace share: a workspace with people in it, and ways to look at the whole store."""

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Any

import attrs

import actionplans as ap
from actionplans.backends.export import xlsx
from actionplans.backends.store import memory, postgresql, sqlite
from actionplans.model import Dependency, Offset, Template, TemplateTask
from actionplans.plugins import Listener, Plugins, load
from actionplans.storage import KINDS, AccountQuery, Batch, PlanQuery, RecordQuery, Store
from actionplans.testing.clock import FrozenClock
from actionplans.workspace import Workspace

PLUGINS = load(memory, sqlite, postgresql, xlsx, entry_points=False)
ADMIN = ap.Actor("root", roles={"administrator"})
MONDAY = dt.date(2026, 1, 5)
STATUSES = ("draft", "active", "paused", "completed", "cancelled", "merged")

FOLLOW_UP = Template(
    "follow-up",
    "Follow up",
    tasks=(
        TemplateTask("call", "Call", due=Offset(1), owner=("applier",)),
        TemplateTask("mail", "Mail", due=Offset(2, "working_days"), after=(Dependency("call"),)),
        TemplateTask("visit", "Visit", due=Offset(9), owner=("account_owner", "applier")),
    ),
)


def opened(url: str = "memory:", actor: ap.Actor = ADMIN, **changes: Any) -> Workspace:
    """A workspace on that store, with a clock that stands still on a Monday morning."""
    plugins = attrs.evolve(PLUGINS, **changes) if changes else PLUGINS
    return ap.open(url, actor=actor, plugins=plugins, clock=FrozenClock())


def peopled(ws: Workspace) -> Workspace:
    """With an account of Ana's, her colleague Ben, their team, and the follow-up template published."""
    for name in ("ana", "ben", "cleo"):
        ws.people.add(ap.Person(name, name.title(), email=f"{name}@example.com"))
    ws.teams.add(ap.Team("cs", "Customer Success", frozenset({"ana", "ben"})))
    ws.accounts.add(ap.Account("acme", "Acme", website="acme.example", owner_id="ana"))
    ws.templates.publish(FOLLOW_UP)
    return ws


def snapshot(store: Store) -> dict[str, Any]:
    """Everything a store keeps: all records, the journal of each, the outbox."""
    records: dict[str, Any] = {}
    queries = [AccountQuery(), PlanQuery(statuses=STATUSES, archived=None)]
    queries += [RecordQuery(kind) for kind in KINDS if kind not in ("account", "plan")]
    for query in queries:
        after = None
        while True:
            page = store.find(query, limit=1000, after=after)
            for one in page.items:
                records[f"{type(query).__name__} {getattr(query, 'kind', '')} {one!r}"] = one
            after = page.next
            if after is None:
                break
    plans = [one.id for one in records.values() if type(one).__name__ == "PlanHead"]
    records["plans"] = store.get_many(ap.Plan, plans)
    named = [("plan", one) for one in plans] + [("account", one.id) for one in records.values() if is_account(one)]
    records["journal"] = {key: tuple(store.journal(*key)) for key in named}
    records["messages"] = tuple(store.messages())
    return records


def is_account(record: object) -> bool:
    """Whether it is an account."""
    return isinstance(record, ap.Account)


def store_of(ws: Workspace) -> Store:
    """The store behind a workspace."""
    return ws._desk.store


class Watched:
    """A store that counts commits and can do something just before one: a race, or a failure."""

    def __init__(self, store: Store) -> None:
        """A door to the same store."""
        self.store, self.commits, self.before_commit = store, 0, list[Any]()

    def __getattr__(self, name: str) -> Any:
        """Everything else is the store's."""
        return getattr(self.store, name)

    def commit(self, batch: Batch) -> None:
        """What waits to happen happens once, then the commit."""
        if self.before_commit:
            self.before_commit.pop(0)()
        self.store.commit(batch)
        self.commits += 1


def watched(ws: Workspace) -> tuple[Workspace, Watched]:
    """The same workspace through a watched store."""
    store = Watched(store_of(ws))
    return Workspace(attrs.evolve(ws._desk, store=store)), store


def heard_by(listeners: Mapping[str, Listener]) -> Plugins:
    """The plug-ins with these listeners."""
    return attrs.evolve(PLUGINS, listeners=listeners)


def titles(tasks: Iterable[ap.Task]) -> list[str]:
    """The titles of tasks."""
    return [task.title for task in tasks]
