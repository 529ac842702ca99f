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
    C15  `messages` gives what waits, held by a dispatcher or not, in the order of the commits. One whose key is there
         already, in whatever state, is not stored again (N1).
    C16  What is committed has been verified by whoever made it. Every noun checks itself when it is made, but a task,
         of which there are very many, only its essentials; `checks.verify` does the rest where one comes from outside.
         A store does not look at all fields of all tasks again, which would cost half as much as all its own work. An
         unsound one may be refused with `Invalid` or come back otherwise; the batch is whole all the same (C2), and
         nothing else in the store suffers.
    C17  `links` gives the journal as `chain.linked` makes it: each entry linked to that of the revision before, the
         edits of a personal one kept apart behind a salt of its own (J3, J4). `revisions` gives where records stand,
         and `unrecorded` those without any entry.
    C18  A batch that makes an `Erasure` takes all that was kept apart out of the entries of that person, and out of
         messages to or about them every `detail`, and every `reason` but that (`Delivery.blank`, J4). After `purge`
         nothing that was removed or overwritten stands in the store's own files, or it raises `StoreBusy` with whom it
         waits for.
    C19  `claim` gives the messages that wait and are due, those due first before the others, of one moment in the order
         of the commits: a new one is due from its `at` on, one to be tried again from when that was said. Nobody else
         gets them until the moment that the caller names; whoever has not settled one by then may lose it. Of several
         who claim at once each gets others, and none waits for another. A store reads no clock.
    C20  `settle` puts down what became of claimed messages, all or nothing. Where a message was claimed again since, it
         has no effect, and the key is returned. One that waits again or was given up stands in the way of no other.
    C21  What was sent, skipped or given up stays, and is found by a `DeliveryQuery`, until `forget` removes it; so long
         its key is known (C15).

`actionplans.testing.stores.StoreContract` proves each sentence; a store's own tests inherit it.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterable, Iterator
from typing import Any, Generic, Protocol, TypeVar, overload

from attrs import frozen

from actionplans.accounts import name_key
from actionplans.chain import Link
from actionplans.checks import Value
from actionplans.errors import Problem
from actionplans.journal import Entry
from actionplans.lists import AccountQuery as AccountQuery
from actionplans.lists import FoundObjective as FoundObjective
from actionplans.lists import FoundTask as FoundTask
from actionplans.lists import ObjectiveQuery as ObjectiveQuery
from actionplans.lists import PlanHead as PlanHead
from actionplans.lists import TouchpointQuery as TouchpointQuery
from actionplans.lists import among, objective_asked, touchpoint_asked
from actionplans.lists import has_words as has_words
from actionplans.lists import item_subject as item_subject
from actionplans.lists import newest_first as newest_first
from actionplans.lists import plan_subject as plan_subject
from actionplans.messages import Delivery as Delivery
from actionplans.messages import DeliveryQuery as DeliveryQuery
from actionplans.messages import DeliveryState as DeliveryState
from actionplans.messages import Message as Message
from actionplans.model import (
    Account,
    Draft,
    Erasure,
    Invitation,
    Job,
    MessageTemplate,
    Person,
    Plan,
    Shortcut,
    Summary,
    Team,
    Template,
    Touchpoint,
)
from actionplans.model.words import Count, Id, Line, TaskStatus, Word
from actionplans.permissions import Within, people_of
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
    | Erasure
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
    "erasure": Erasure,
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
class Batch:
    """What one commit does, all or nothing (S1)."""

    writes: tuple[Write, ...] = ()
    removals: tuple[Removal, ...] = ()
    entries: tuple[Entry, ...] = ()
    messages: tuple[Message, ...] = ()


@frozen
class PlanQuery(Value):
    """Plans as heads, ordered by id (the order of making). None asks for any; merged ones only by name (M2).

    `within` limits a list to what somebody has a right to see (R6); a workspace sets it. A plan that starts on
    `start_from` is asked for, one that starts on `start_before` is not.
    """

    account_ids: tuple[Id, ...] | None = None
    statuses: tuple[Word, ...] | None = None
    section: Word | None = None
    stage_id: Id | None = None
    owner_id: Id | None = None
    template_id: Id | None = None
    archived: bool | None = False
    words: Line = ""
    within: Within | None = None
    start_from: dt.date | None = None
    start_before: dt.date | None = None


@frozen
class TaskQuery(Value):
    """Tasks of plans that are neither merged nor archived, by due date, those without one last, then id, then plan.

    `due_from` is included and `due_before` is not; either leaves out tasks without a due date. `statuses` None asks
    for the open ones (L14). `section` and `template_id` are those of the plan.
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
    within: Within | None = None
    section: Word | None = None
    template_id: Id | None = None


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


Query = PlanQuery | TaskQuery | ObjectiveQuery | TouchpointQuery | AccountQuery | RecordQuery | DeliveryQuery

Found = PlanHead | FoundTask | FoundObjective | Record | Delivery
"""What queries find."""


@frozen
class Page(Generic[T]):
    """Some results, and where to go on: `next` is None at the end."""

    items: tuple[T, ...]
    next: str | None = None


OPEN: frozenset[str] = frozenset({"waiting", "open", "in_progress"})


def matches(query: Query, found: Found, plan: PlanHead | None = None) -> bool:
    """Whether a query asks for this: the meaning of every query, which stores translate (S5).

    `plan` is the row of the plan that a task or objective stands in: it is asked by rights, section and template.
    """
    match query, found:
        case PlanQuery(), PlanHead():
            return (
                among(query.account_ids, found.account_id)
                and (found.status != "merged" if query.statuses is None else found.status in query.statuses)
                and query.section in (None, found.section)
                and query.stage_id in (None, found.stage_id)
                and query.owner_id in (None, found.owner_id)
                and query.template_id in (None, found.template_id)
                and query.archived in (None, found.archived)
                and (query.start_from is None or found.start >= query.start_from)
                and (query.start_before is None or found.start < query.start_before)
                and has_words(query.words, found.title)
                and (query.within is None or query.within.takes(plan_subject(found)))
            )
        case TaskQuery(), FoundTask():
            task = found.task
            return (
                among(query.owner_ids, task.owner_id)
                and among(query.account_ids, found.account_id)
                and among(query.plan_ids, found.plan_id)
                and task.status in (OPEN if query.statuses is None else query.statuses)
                and among(query.types, task.type)
                and query.stage_id in (None, task.stage_id)
                and (query.due_from is None or task.due is not None and task.due >= query.due_from)
                and (query.due_before is None or task.due is not None and task.due < query.due_before)
                and has_words(query.words, task.title)
                and _in_plan(query, plan)
                and (query.within is None or plan is not None and _takes(query.within, found, plan))
            )
        case ObjectiveQuery(), FoundObjective():
            if plan is None or not objective_asked(query, found, plan):
                return False
            return query.within is None or _takes(query.within, found, plan)
        case TouchpointQuery(), Touchpoint():
            return touchpoint_asked(query, found)
        case AccountQuery(), Account():
            key = name_key(found.name)
            return (
                key.startswith(name_key(query.prefix))
                and (query.key is None or key == name_key(query.key))
                and among(query.parent_ids, found.parent_id)
                and among(query.owner_ids, found.owner_id)
                and (query.people is None or not people_of(found).isdisjoint(query.people))
                and among(query.types, found.type)
            )
        case RecordQuery(), _:
            return (
                not isinstance(found, PlanHead | FoundTask | FoundObjective | Delivery)
                and kind_of(type(found)) == query.kind
                and query.account_id in (None, account_of(found))
                and (query.text is None or text_key(query) == sort_text(found))
            )
        case DeliveryQuery(), Delivery():
            return query.state == found.state
    return False


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
            return newest_first(record.at)
        case Invitation():
            return record.contact_id
        case Job():
            return record.started_at.astimezone(dt.UTC).isoformat()
        case StoredDraft():
            return record.owner_id
        case Account():
            return name_key(record.name)
    return ""


def invitation_id(plan_id: str, contact_id: str) -> str:
    """The id of a contact's invitation to a plan: there is one, which may be revoked and given again (V3)."""
    return f"invitation-{hashlib.sha256(f'{plan_id}{chr(10)}{contact_id}'.encode()).hexdigest()[:32]}"


def text_key(query: RecordQuery) -> str | None:
    """What a query's `text` is compared with `sort_text` as."""
    return query.text.casefold() if query.text is not None and query.kind == "person" else query.text


def account_of(record: Record) -> str | None:
    """The account a record belongs to, or None."""
    match record:
        case Plan() | Touchpoint() | Shortcut() | Person() | Invitation():
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
        sum(map(OPEN.__contains__, statuses)),
        statuses.count("done"),
        len(statuses),
        plan.revision,
        plan.created_by,
    )


def _takes(rights: Within, found: FoundTask | FoundObjective, plan: PlanHead) -> bool:
    return rights.takes(item_subject(found, plan), plan_subject(plan))


def _in_plan(query: TaskQuery, plan: PlanHead | None) -> bool:
    """Whether a query for tasks asks for those of this plan, by its section and template."""
    if query.section is None and query.template_id is None:
        return True
    return plan is not None and query.section in (None, plan.section) and query.template_id in (None, plan.template_id)


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
    def find(self, query: ObjectiveQuery, *, limit: int = 100, after: str | None = None) -> Page[FoundObjective]: ...
    @overload
    def find(self, query: TouchpointQuery, *, limit: int = 100, after: str | None = None) -> Page[Touchpoint]: ...
    @overload
    def find(self, query: AccountQuery, *, limit: int = 100, after: str | None = None) -> Page[Account]: ...
    @overload
    def find(self, query: RecordQuery, *, limit: int = 100, after: str | None = None) -> Page[Record]: ...
    @overload
    def find(self, query: DeliveryQuery, *, limit: int = 100, after: str | None = None) -> Page[Delivery]: ...
    def find(self, query: Query, *, limit: int = 100, after: str | None = None) -> Page[Any]:
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

    def links(self, *, after: tuple[str, str, int] | None = None, limit: int = 1000) -> tuple[Link, ...]:
        """The journal's links behind the one of this kind, id and revision, in the order of these three (C17)."""
        ...

    def revisions(self, kind: str, ids: Iterable[str]) -> dict[str, int]:
        """The revisions of those of the records that are there, by id (C17)."""
        ...

    def unrecorded(self, kind: str) -> tuple[str, ...]:
        """The ids of the records of a kind whose journal has no entry at all, in order (C17)."""
        ...

    def purge(self) -> None:
        """Have no file keep what was removed or overwritten (C18)."""
        ...

    def messages(self) -> Iterator[Message]:
        """What waits in the outbox, in the order of the commits (C15)."""
        ...

    def claim(self, now: dt.datetime, until: dt.datetime, *, limit: int = 100) -> tuple[Delivery, ...]:
        """The messages due longest that nobody has, for the caller alone until that moment (C19); at most 1,000."""
        ...

    def settle(self, deliveries: Iterable[Delivery]) -> tuple[str, ...]:
        """Put down what became of claimed messages; the keys of those that others have claimed since (C20)."""
        ...

    def forget(self, state: DeliveryState, before: dt.datetime) -> None:
        """Remove the messages in that state, not `waiting`, that were settled before that moment (C21)."""
        ...

    def close(self) -> None:
        """Let go of everything (C11)."""
        ...
