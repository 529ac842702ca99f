"""A script of commands through the public API, under which the disk is watched.

Ids, the clock and what is random belong to a step, so that a step that is repeated does the same again.
"""

from __future__ import annotations

import datetime as dt
import secrets
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest.mock import patch

import attrs

import actionplans as ap
from actionplans import edit
from actionplans.backends.store.sqlite import SqliteStore
from actionplans.model import Dependency, Offset, Row, Task, Template, TemplateTask
from actionplans.plugins import hookimpl, load
from actionplans.storage import Batch, Message, Store
from actionplans.workspace import Workspace
from tests.workspace.world import ADMIN, MONDAY

EXAMPLES = Path(__file__).parents[3] / "examples" / "templates"
NAME = "plans.db"
PRAGMAS = ("wal_autocheckpoint = 40",)
"""The log is carried over into the file often, so that the script gets there several times."""


class Script:
    """The workspace that the steps are done in, and the ids that they made."""

    def __init__(
        self,
        folder: Path,
        ids: dict[str, str] | None = None,
        *,
        pragmas: tuple[str, ...] = PRAGMAS,
        store: type[SqliteStore] | None = None,
    ) -> None:
        """In a folder of its own; `ids` are those that another run of the script has made."""
        self.path = folder / NAME
        self.ids = {} if ids is None else ids
        self.pragmas, self.store = pragmas, store or Telling
        self.number, self.made = 0, 0
        self.committed: Callable[[], None] = lambda: None
        self._ws: Workspace | None = None

    @property
    def ws(self) -> Workspace:
        """The workspace, opened when it is not."""
        if self._ws is None:
            clock, plugins = (
                (lambda: dt.datetime(2026, 1, 5, 9, self.number, tzinfo=dt.UTC)),
                load(self, entry_points=False),
            )
            self._ws = ap.open(f"sqlite:///{self.path}", actor=ADMIN, plugins=plugins, clock=clock, new_id=self._new_id)
        return self._ws

    def close(self) -> None:
        """Close the workspace, if it is open."""
        ws, self._ws = self._ws, None
        if ws is not None:
            ws.close()

    def do(self, number: int) -> None:
        """One step."""
        self.number, self.made = number, 0
        with patch.object(secrets, "token_hex", lambda size: self._new_id()):  # the salts of the journal
            STEPS[number](self)

    @hookimpl
    def actionplans_stores(self) -> dict[str, Any]:
        """The store with this run's settings."""
        return {"sqlite": self._opened}

    def _opened(self, url: str, *, tenant: str = "") -> Store:
        made = self.store(url, tenant=tenant, busy_timeout=1, pragmas=self.pragmas)
        made.script = self  # type: ignore[attr-defined]
        return made  # type: ignore[return-value]

    def _new_id(self) -> str:
        self.made += 1
        return f"step-{self.number:03}-{self.made:04}"


class Telling(SqliteStore):
    """With a message in the outbox for every entry, and a script that hears of each commit."""

    script: Script

    def commit(self, batch: Batch) -> None:
        """The batch, with its messages."""
        super().commit(with_messages(batch))
        self.script.committed()


def with_messages(batch: Batch) -> Batch:
    """The batch with a message for every entry of it."""
    told = (
        Message(f"{one.record}-{one.id}-{one.revision}", one.action, "ana", one.at, one.record, one.id)
        for one in batch.entries
    )
    return attrs.evolve(batch, messages=(*batch.messages, *told))


def _open(script: Script) -> None:
    script.ws  # noqa: B018 - it is opened


def _close(script: Script) -> None:
    script.close()


def _people(script: Script) -> None:
    script.ws.people.add(ap.Person("ana", "Ana", email="ana@example.com"))


def _colleague(script: Script) -> None:
    script.ws.people.add(ap.Person("ben", "Ben", email="ben@example.com"))


def _newcomer(script: Script) -> None:
    script.ws.people.add(ap.Person("cleo", "Cleo", email="cleo@example.com"))


def _renamed(script: Script) -> None:
    script.ws.people.update("cleo", name="Cleopatra", email="cleopatra@example.com")


def _erased(script: Script) -> None:
    script.ws.privacy.erase_person("cleo")


def _team(script: Script) -> None:
    script.ws.teams.add(ap.Team("cs", "Customer Success", frozenset({"ana", "ben"})))


def _account(script: Script) -> None:
    script.ws.accounts.add(ap.Account("acme", "Acme", website="acme.example", owner_id="ana"))


def _daughter(script: Script) -> None:
    script.ws.accounts.add(ap.Account("north", "Acme North", parent_id="acme", owner_id="ben"))


def _settings(script: Script) -> None:
    script.ws.settings.update(time_zone="Europe/Berlin")


def _imported(name: str) -> Callable[[Script], None]:
    def imported(script: Script) -> None:
        script.ws.templates.publish(ap.read_template(EXAMPLES / f"{name}.toml"))

    return imported


FOLLOW_UP = Template(
    "follow-up",
    "Follow up",
    tasks=tuple(
        TemplateTask(
            f"call-{n}",
            f"Call {n}",
            description="What to ask. " * 40,
            due=Offset(n, "working_days"),
            owner=("account_owner", "applier"),
            after=(Dependency(f"call-{n - 1}"),) if n else (),
        )
        for n in range(12)
    ),
)


def _published(script: Script) -> None:
    script.ws.templates.publish(FOLLOW_UP)


def _revised(script: Script) -> None:
    script.ws.templates.revise("follow-up")


def _retired(script: Script) -> None:
    script.ws.templates.retire("follow-up", 1)


def _launched(name: str, template: str, account: str) -> Callable[[Script], None]:
    def launched(script: Script) -> None:
        ws = script.ws
        script.ids[name] = ws.launch(ws.draft(template, account, start=MONDAY)).id

    return launched


def _changed(name: str, verb: Callable[..., Any], item: str = "", **fields: Any) -> Callable[[Script], None]:
    """A verb on an item of a plan, by the key that it has from its template."""

    def changed(script: Script) -> None:
        ws, plan_id = script.ws, script.ids[name]
        found = [one.id for one in ws.view(plan_id).plan.tasks if item and one.key == item]
        ws.change(plan_id, verb, *found, **fields)

    return changed


def _deleted(script: Script) -> None:
    ws, plan_id = script.ws, script.ids["first"]
    script.ids["gone"] = next(one.id for one in ws.view(plan_id).plan.tasks if one.key == "call-5")
    ws.change(plan_id, edit.delete, script.ids["gone"], confirmed=ws.impact(plan_id, script.ids["gone"]))


def _restored(script: Script) -> None:
    script.ws.restore(script.ids["first"], script.ids["gone"])


def _undone(script: Script) -> None:
    script.ws.undo(script.ids["first"])


def _merged(target: str, source: str) -> Callable[[Script], None]:
    def merged(script: Script) -> None:
        script.ws.merging.merge(script.ids[target], script.ids[source])

    return merged


def _parted(target: str, source: str) -> Callable[[Script], None]:
    def parted(script: Script) -> None:
        script.ws.merging.unmerge(script.ids[target], script.ids[source])

    return parted


def _many(count: int) -> Callable[[Script], None]:
    """Launch so many rows for a job, which has launched some of them before."""

    def many(script: Script) -> None:
        rows = [Row(f"row-{n}", ("acme", "north")[n % 2], MONDAY) for n in range(count)]
        for _ in script.ws.launch_many(rows, template="follow-up", job="spring"):
            pass

    return many


def _added(script: Script) -> None:
    plan = script.ws.new_plan("north", "Review of the year", start=MONDAY)
    script.ids["review"] = plan.id


def _grown(script: Script) -> None:
    script.ws.change(script.ids["review"], edit.add, Task(title="Ask everybody", description="x" * 20_000))


def _noted(script: Script) -> None:
    script.ids["note"] = script.ws.touchpoints.add("acme", "Called", text="All is well. " * 100).id


def _forgotten(script: Script) -> None:
    script.ws.touchpoints.delete(script.ids["note"])


def _summed_up(script: Script) -> None:
    script.ws.summaries.save("acme", "A customer for ten years.")


def _put_away(script: Script) -> None:
    ws = script.ws
    script.ids["draft"] = ws.drafts.save(ws.draft("opportunity", "north", start=MONDAY)).id


def _taken_out(script: Script) -> None:
    script.ws.drafts.delete(script.ids["draft"])


STEPS: tuple[Callable[[Script], None], ...] = (
    _open,
    _people,
    _colleague,
    _newcomer,
    _team,
    _account,
    _daughter,
    _settings,
    _imported("opportunity"),
    _imported("customer_onboarding"),
    _published,
    _launched("first", "follow-up", "acme"),
    _changed("first", edit.complete, "call-0"),
    _changed("first", edit.complete, "call-1"),
    _launched("second", "follow-up", "acme"),
    _changed("second", edit.complete, "call-0"),
    _deleted,
    _restored,
    _undone,
    _merged("first", "second"),
    _parted("first", "second"),
    _close,
    _many(4),
    _many(9),
    _merged("second", "first"),
    _added,
    _grown,
    _noted,
    _put_away,
    _summed_up,
    _renamed,
    _erased,
    _revised,
    _launched("third", "opportunity", "north"),
    _changed("third", edit.complete, "call"),
    _changed("third", edit.archive_plan),
    _merged("second", "review"),
    _forgotten,
    _taken_out,
    _parted("second", "review"),
    _retired,
    _changed("second", edit.complete, "call-2", override=True),
    _close,
)
"""What is done, one after the other: each is one command, and one commit; a bulk launch commits its end as well."""

ERASED = STEPS.index(_erased)
"""When this step is done, `TRACE` stands in no file any more."""

TRACE = b"cleopatra@example.com"
