"""The port to storage: what a store keeps, and the contract that every store keeps to.

    C1   `get` gives the record exactly as it was committed, or raises `NotFound`.
    C2   `commit` does the whole batch or nothing of it (S1).
    C3   A write or removal whose `read` is not the stored revision raises `Stale` with both, and nothing of its batch
         is done (S2). A record that is not there has revision 0.
    C4   The stored record has the revision `read` + 1, whatever it carried.
    C5   Journal entries come back by record in the order of their revisions, as they were committed (J1). An entry
         belongs to a write or removal of its batch and has the revision that this one makes. The id of a removed
         record that has a journal is not used again: an entry for a new one raises `Refused`.
    C6   A read sees whole commits only; readers do not wait for writers (S3).
    C7   When `commit` returns, the change survives whatever the store's `durable` promises (S4).
    C8   `find` gives exactly the records for which `matches(query, record)` holds, in the order its query states,
         in pages: `page.next` as the next call's `after` goes on behind the last one, until it is None (S5, L14).
    C9   One tenant sees and writes nothing of another.
    C10  Text comes back as it was given, character by character; lists sort by code point, persons by their case-folded
         addresses, accounts by their name keys.
    C11  A store may be used by several threads at once. After `close` every call raises `StoreClosed`; closing twice
         is no error.
    C12  Whatever goes wrong in the storage comes out as one of our `StoreError`s; nothing is half written and the
         store goes on working when the cause is gone (S7).
    C13  (job, row) of a launch is unique in a tenant: committing it twice raises `Refused` and stores nothing (T11).
         `launched` gives the plans that a job has launched, by row.
    C14  A batch that contradicts itself raises `Invalid` with all problems: a record that stands in it twice, an item
         of a plan without an id of its own, an entry that C5 does not allow, an unknown kind. Of several errors a
         batch could raise, `Invalid` goes first, then `Stale` in the order of writes and removals, then `Refused`.
    C15  Messages wait in the order of their commits; one whose key is there already is not stored again (N1).
    C16  What is committed has been verified by whoever made it. Every noun checks itself when it is made, but a task,
         of which there are very many, only its essentials; `checks.verify` does the rest where one comes from outside.
         A store does not look at all fields of all tasks again, which would cost half as much as all its own work. An
         unsound one may be refused with `Invalid` or come back otherwise; the batch is whole all the same (C2), and
         nothing else in the store suffers.

`actionplans.testing.stores.StoreContract` proves each sentence; a store's own tests inherit it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from typing import Generic, Protocol, TypeVar, overload

from attrs import frozen

from actionplans.accounts import name_key
from actionplans.checks import Value
from actionplans.errors import Problem
from actionplans.journal import Entry
from actionplans.model import (
    Account,
    Draft,
    Invitation,
    Job,
    MessageTemplate,
    Person,
    Plan,
    Shortcut,
    Summary,
    Task,
    Team,
    Template,
    Touchpoint,
)
from actionplans.model.words import Count, Id, Line, NewId, TaskStatus, Word
from actionplans.settings import Settings


@frozen
class StoredDraft(Value):
    """A draft that a wizard put away between its pages."""

    id: Id
    draft: Draft
    owner_id: Id
    revision: Count = 0


Record = (
    Account
    | Person
    | Team
    | Plan
    | Template
    | MessageTemplate
    | Settings
    | Summary
    | Touchpoint
    | Invitation
    | Shortcut
    | Job
    | StoredDraft
)
"""What a store keeps under an id, each with a `revision`."""

KINDS: dict[str, type[Record]] = {
    "account": Account,
    "person": Person,
    "team": Team,
    "plan": Plan,
    "template": Template,
    "message_template": MessageTemplate,
    "settings": Settings,
    "summary": Summary,
    "touchpoint": Touchpoint,
    "invitation": Invitation,
    "shortcut": Shortcut,
    "job": Job,
    "draft": StoredDraft,
}
"""Every kind of record by the name that errors, journal entries and rows use."""

_NAMES = {cls: name for name, cls in KINDS.items()}

T = TypeVar("T")
R = TypeVar("R", bound=Record)


def kind_of(cls: type[Record]) -> str:
    """The name of a class of records."""
    return _NAMES[cls]


def id_of(record: Record) -> str:
    """What a record is stored under: its id; every version of a template is a record of its own, `ID@VERSION` (T1)."""
    return f"{record.id}@{record.version}" if isinstance(record, Template) else record.id


@frozen
class Write:
    """A record to store, and the revision it was read at: 0 for a new one (S2)."""

    record: Record
    read: int = 0


@frozen
class Removal:
    """A record to remove, and the revision it was read at."""

    kind: str
    id: str
    read: int


@frozen
class Message(Value):
    """One row of the outbox (N1): what happened, for whom. `key` is stable, so that it is sent once."""

    key: Id
    event: Word
    recipient_id: Id
    at: dt.datetime
    record: Word
    record_id: Id
    item_id: NewId = ""
    detail: Line = ""


@frozen
class Batch:
    """What one commit does, all or nothing (S1)."""

    writes: tuple[Write, ...] = ()
    removals: tuple[Removal, ...] = ()
    entries: tuple[Entry, ...] = ()
    messages: tuple[Message, ...] = ()


@frozen
class PlanHead(Value):
    """A plan's row without its items: what lists and roll-ups read. The counts are of tasks."""

    id: Id
    account_id: Id
    title: Line
    section: Word
    stage_id: Id | None
    status: Word
    archived: bool
    owner_id: Id | None
    template_id: NewId
    start: dt.date
    open: Count
    done: Count
    total: Count
    revision: Count


@frozen
class FoundTask(Value):
    """A task in a list over many plans, with where it stands."""

    plan_id: Id
    account_id: Id
    task: Task


@frozen
class PlanQuery(Value):
    """Plans as heads, ordered by id (the order of making). None asks for any; merged ones only by name (M2)."""

    account_ids: tuple[Id, ...] | None = None
    statuses: tuple[Word, ...] | None = None
    section: Word | None = None
    stage_id: Id | None = None
    owner_id: Id | None = None
    template_id: Id | None = None
    archived: bool | None = False
    words: Line = ""


@frozen
class TaskQuery(Value):
    """Tasks of plans that are neither merged nor archived, by due date, those without one last, then id, then plan.

    `due_from` is included and `due_before` is not; either leaves out tasks without a due date. `statuses` None asks
    for the open ones (L14).
    """

    owner_ids: tuple[Id, ...] | None = None
    account_ids: tuple[Id, ...] | None = None
    plan_ids: tuple[Id, ...] | None = None
    statuses: tuple[TaskStatus, ...] | None = None
    types: tuple[Word, ...] | None = None
    stage_id: Id | None = None
    due_from: dt.date | None = None
    due_before: dt.date | None = None
    words: Line = ""


@frozen
class AccountQuery(Value):
    """Accounts ordered by name key, then id. `prefix` and `key` are compared as name keys (A1, A2), literally."""

    prefix: Line = ""
    key: Line | None = None
    parent_id: Id | None = None
    owner_id: Id | None = None
    types: tuple[Word, ...] | None = None


@frozen
class RecordQuery(Value):
    """Records of any other kind, ordered by `sort_text`, then id; `account_id` asks for those of one account.

    `text` asks for those with that `sort_text`; a person's address is found in whatever case (`text_key`).
    """

    kind: Word
    account_id: Id | None = None
    text: Line | None = None

    def problems(self) -> Iterator[Problem]:
        """Accounts and plans have queries of their own."""
        if self.kind not in KINDS or self.kind in ("account", "plan"):
            others = ", ".join(kind for kind in KINDS if kind not in ("account", "plan"))
            yield Problem("kind", f"one of {others}, not {self.kind!r}; accounts and plans have their own queries")


Query = PlanQuery | TaskQuery | AccountQuery | RecordQuery


@frozen
class Page(Generic[T]):
    """Some results, and where to go on: `next` is None at the end."""

    items: tuple[T, ...]
    next: str | None = None


OPEN: frozenset[str] = frozenset({"waiting", "open", "in_progress"})


def matches(query: Query, found: PlanHead | FoundTask | Record) -> bool:
    """Whether a query asks for this: the meaning of every query, which stores translate (S5)."""
    match query, found:
        case PlanQuery(), PlanHead():
            return (
                _among(query.account_ids, found.account_id)
                and (found.status != "merged" if query.statuses is None else found.status in query.statuses)
                and query.section in (None, found.section)
                and query.stage_id in (None, found.stage_id)
                and query.owner_id in (None, found.owner_id)
                and query.template_id in (None, found.template_id)
                and query.archived in (None, found.archived)
                and has_words(query.words, found.title)
            )
        case TaskQuery(), FoundTask():
            task = found.task
            return (
                _among(query.owner_ids, task.owner_id)
                and _among(query.account_ids, found.account_id)
                and _among(query.plan_ids, found.plan_id)
                and task.status in (OPEN if query.statuses is None else query.statuses)
                and _among(query.types, task.type)
                and query.stage_id in (None, task.stage_id)
                and (query.due_from is None or task.due is not None and task.due >= query.due_from)
                and (query.due_before is None or task.due is not None and task.due < query.due_before)
                and has_words(query.words, task.title)
            )
        case AccountQuery(), Account():
            key = name_key(found.name)
            return (
                key.startswith(name_key(query.prefix))
                and (query.key is None or key == name_key(query.key))
                and query.parent_id in (None, found.parent_id)
                and query.owner_id in (None, found.owner_id)
                and _among(query.types, found.type)
            )
        case RecordQuery(), _:
            return (
                not isinstance(found, PlanHead | FoundTask)
                and kind_of(type(found)) == query.kind
                and query.account_id in (None, account_of(found))
                and (query.text is None or text_key(query) == sort_text(found))
            )
    return False


def has_words(words: str, text: str) -> bool:
    """Whether every word asked for stands in the text, whatever the case; no word asks for nothing."""
    return not words or all(word in name_key(text) for word in name_key(words).split())


def sort_text(record: Record) -> str:
    """What lists of records of this kind are ordered by before the id: a name, a title, a moment or an address."""
    match record:
        case Person():
            return record.email.casefold()
        case Team() | MessageTemplate():
            return record.name
        case Shortcut():
            return record.owner_id or ""
        case Template():
            return record.id
        case Touchpoint():
            return record.at.astimezone(dt.UTC).isoformat()
        case Invitation():
            return record.plan_id
        case Job():
            return record.started_at.astimezone(dt.UTC).isoformat()
        case StoredDraft():
            return record.owner_id
        case Account():
            return name_key(record.name)
    return ""


def text_key(query: RecordQuery) -> str | None:
    """What a query's `text` is compared with `sort_text` as."""
    return query.text.casefold() if query.text is not None and query.kind == "person" else query.text


def account_of(record: Record) -> str | None:
    """The account a record belongs to, or None."""
    match record:
        case Plan() | Touchpoint() | Shortcut() | Person():
            return record.account_id
        case Summary() | Account():
            return record.id
        case StoredDraft():
            return record.draft.account_id
    return None


def head_of(plan: Plan) -> PlanHead:
    """The row that lists show for a plan."""
    statuses = [task.status for task in plan.tasks]
    return PlanHead(
        plan.id,
        plan.account_id,
        plan.title,
        plan.section,
        plan.stage_id,
        plan.status,
        plan.archived,
        plan.owner_id,
        plan.launch.template_id if plan.launch else "",
        plan.start,
        sum(status in OPEN for status in statuses),
        statuses.count("done"),
        len(statuses),
        plan.revision,
    )


def _among(wanted: tuple[str, ...] | None, value: str | None) -> bool:
    return wanted is None or value in wanted


class Store(Protocol):
    """Where records are kept. The numbered contract is at the top of this module."""

    name: str
    """The URL or another name for messages, without passwords."""

    durable: bool
    """Whether a committed change survives a kill, a crash and a power loss (S4)."""

    def get(self, cls: type[R], id: str) -> R:
        """The record of that class and id (C1). Raises `NotFound`."""
        ...

    def get_many(self, cls: type[R], ids: Iterable[str]) -> dict[str, R]:
        """Those of the ids that are there, by id; cheaper than one by one."""
        ...

    @overload
    def find(self, query: PlanQuery, *, limit: int = 100, after: str | None = None) -> Page[PlanHead]: ...
    @overload
    def find(self, query: TaskQuery, *, limit: int = 100, after: str | None = None) -> Page[FoundTask]: ...
    @overload
    def find(self, query: AccountQuery, *, limit: int = 100, after: str | None = None) -> Page[Account]: ...
    @overload
    def find(self, query: RecordQuery, *, limit: int = 100, after: str | None = None) -> Page[Record]: ...
    def find(
        self, query: Query, *, limit: int = 100, after: str | None = None
    ) -> Page[PlanHead] | Page[FoundTask] | Page[Account] | Page[Record]:
        """One page of what the query asks for (C8). `limit` is from 1 to 1,000; a bad `after` raises `Invalid`."""
        ...

    def commit(self, batch: Batch) -> None:
        """Do all of the batch or nothing (C2 to C4). Raises `Stale`, `Refused` (C13) or a `StoreError`."""
        ...

    def launched(self, job: str, rows: Iterable[str]) -> dict[str, str]:
        """The ids of the plans that a job has launched for these rows, by row, for those of them that it has (C13)."""
        ...

    def journal(self, kind: str, id: str, *, after: int = 0) -> Iterator[Entry]:
        """The entries of one record with a revision above `after`, oldest first (C5)."""
        ...

    def messages(self) -> Iterator[Message]:
        """What waits in the outbox, oldest first (N1)."""
        ...

    def close(self) -> None:
        """Let go of everything (C11)."""
        ...
