"""Nouns as rows and back. What a list filters or sorts by has a column; the codec writes the rest as JSON.

The rows of a launch differ in few of their fields, so a text that was made once is kept for the next item that has
the same values in those fields.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from operator import attrgetter, is_, itemgetter
from typing import Any

import attrs

from actionplans.accounts import name_key
from actionplans.backends.store.dialect import Row
from actionplans.backends.store.link_texts import links_of, links_text
from actionplans.backends.store.sums import Texts, is_sealed, sealed
from actionplans.chain import Link
from actionplans.codec import Rest, rest_of
from actionplans.errors import StoreCorrupt
from actionplans.lists import touchpoint_text
from actionplans.making import trusted
from actionplans.messages import Delivery, moment_from, oldest_first
from actionplans.model import Account, Objective, Plan, Task, Touchpoint
from actionplans.model.words import TASK_STATUSES
from actionplans.permissions import people_of
from actionplans.storage import (
    KINDS,
    OPEN,
    FoundObjective,
    FoundTask,
    Message,
    PlanHead,
    Record,
    account_of,
    head_of,
    id_of,
    kind_of,
    sort_text,
)
from actionplans.storing import job_of


def _names(text: str) -> tuple[str, ...]:
    return tuple(text.split())


PLAN = _names(
    "tenant id account_id title section stage_id status archived owner_id template_id start open done total "
    "revision created_by job job_row words data sum"
)
OBJECTIVE = _names("tenant plan_id account_id position id title status category start end owner_id words data")
TASK = _names(
    "tenant plan_id account_id position id title status owner_id start due original_due type parent_id milestone_id "
    "stage_id live is_open words links offsets data"
)
ACCOUNT = _names("tenant id key name parent_id type owner_id revision data sum")
ACCOUNT_PERSON = _names("tenant person_id account_id")
RECORD = _names("tenant kind id account_id sort revision words data sum")
JOURNAL = _names("tenant record id revision data hash personal")
DELIVERY = _names("key state moment tries reason data")
OUTBOX = ("tenant", *DELIVERY, "sum")
"""The columns of each table, in order; a row is a tuple of them."""

_FOLLOWING = frozenset(_names("tenant position live is_open words"))
OBJECTIVE_READ, TASK_READ = (tuple(one for one in of if one not in _FOLLOWING) for of in (OBJECTIVE, TASK))
"""What is read of them to make an objective or a task; the other columns are for finding it, and follow from these."""

objective_read: Callable[[Row], Row] = itemgetter(*map(OBJECTIVE.index, OBJECTIVE_READ))
task_read: Callable[[Row], Row] = itemgetter(*map(TASK.index, TASK_READ))
"""What is read, of a whole row."""

DAMAGED = (ValueError, TypeError, LookupError, AttributeError, OverflowError, RecursionError)
"""What comes of making values of rows that have been damaged, or written by somebody else."""


class Decoding:
    """A block in which what is stored and is no value of ours is damage: it raises `StoreCorrupt`."""

    def __init__(self, store: str) -> None:
        """In the store of that name; it holds nothing, so one is enough for all."""
        self._store = store

    def __enter__(self) -> None:
        """Nothing."""

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        """Say what was wrong."""
        if isinstance(error, DAMAGED):
            raise StoreCorrupt(self._store, str(error)) from error


_MOST, _LONGEST = 4096, 2000
_EXACT = frozenset({"metric", "custom", "comments", "completion", "reminder"})
"""Fields whose values may be equal and not the same text, like 1.0 and 1.00: these must be the same objects."""

TASK_SUM = Texts(TASK, _names("tenant plan_id account_id position live is_open words"))
OBJECTIVE_SUM = Texts(OBJECTIVE, _names("tenant plan_id account_id position words"))

_LINKS, _OFFSETS = frozenset({"dependencies"}), frozenset({"offset", "start_offset"})


class Parts:
    """Some fields of a class as one JSON text or several, each made once while it is in use."""

    def __init__(self, cls: type, *fields: frozenset[str]) -> None:
        """The parts of `cls` that these fields are."""
        self.rests: tuple[Rest, ...] = tuple(rest_of(cls, _others(cls, some)) for some in fields)
        every = frozenset[str]().union(*fields)
        self._plain, self._exact = _getter(cls, every - _EXACT), _getter(cls, every & _EXACT)
        self._texts: dict[Row, tuple[Any, Any, tuple[str, ...]]] = {}

    def dump(self, item: Any, slot: Row) -> tuple[str, ...]:
        """The texts for an item: those of the last one in this slot, if it has the same values."""
        plain, exact = self._plain(item), self._exact(item)
        known = self._texts.get(slot)
        if known is not None and known[0] == plain and all(map(is_, known[1], exact)):
            return known[2]
        texts = tuple([rest.dump(item) for rest in self.rests])
        if sum(map(len, texts)) <= _LONGEST:
            if len(self._texts) >= _MOST:
                self._texts.clear()
            self._texts[slot] = (plain, exact, texts)
        return texts


def _others(cls: type, columns: Iterable[str]) -> frozenset[str]:
    return frozenset(one.name for one in attrs.fields(cls)) - frozenset(columns)


def _getter(cls: type, fields: frozenset[str]) -> Callable[[Any], Row]:
    names = [one.name for one in attrs.fields(cls) if one.name in fields]
    if not names:
        return lambda item: ()
    return attrgetter(*names, names[-1])  # one twice, because of a single name it would make no tuple


_TASK_PARTS = Parts(Task, _OFFSETS, _others(Task, TASK) - _LINKS - _OFFSETS)
_TASK_OFFSETS, _TASK_REST = _TASK_PARTS.rests
_OBJECTIVE_PARTS = Parts(Objective, _others(Objective, OBJECTIVE))
(_OBJECTIVE_REST,) = _OBJECTIVE_PARTS.rests
_PLAN_REST = rest_of(
    Plan,
    frozenset(
        _names("id account_id title section stage_id status archived owner_id revision created_by objectives tasks")
    ),
)
_ACCOUNT_REST = rest_of(Account, frozenset(_names("id name parent_id type owner_id revision")))
_MESSAGE_REST = rest_of(Message, frozenset({"key"}))

_columns = attrgetter(
    *_names("id title status owner_id start due original_due type parent_id milestone_id stage_id key description")
)
_head_columns = attrgetter(*(one.name for one in attrs.fields(PlanHead)))

day_text: Callable[[dt.date], str] = lru_cache(maxsize=8192)(dt.date.isoformat)
"""A date as columns have it: years of four digits, so that text sorts like dates."""


@lru_cache(maxsize=8192)
def day(text: str) -> dt.date:
    """The day that `day_text` wrote; other forms of a date would sort elsewhere."""
    if len(text) != 10 or text[4] + text[7] != "--":
        raise ValueError(f"{text!r} is no date as it is stored")
    return dt.date.fromisoformat(text)


def words_of(text: str) -> str | None:
    """What words are looked for in: None where the databases' own lower case, which is one of ASCII, will do."""
    return None if text.isascii() else name_key(text)


def plan_row(tenant: str, plan: Plan, revision: int, objectives: Iterable[Row], tasks: Iterable[Row]) -> Row:
    """The row of a plan whose parts have these rows."""
    id, account_id, *middle, archived, owner_id, template_id, start, opened, done, total, _, maker = _head_columns(
        head_of(plan)
    )
    job = job_of(plan) or (None, None)
    row = (
        tenant,
        id,
        account_id,
        *middle,
        int(archived),
        owner_id,
        template_id,
        day_text(start),
        opened,
        done,
        total,
        revision,
        maker,
        *job,
        words_of(plan.title),
        _PLAN_REST.dump(plan),
    )
    return (*row, plan_sum(row, objectives, tasks))


def plan_sum(row: Row, objectives: Iterable[Row], tasks: Iterable[Row]) -> int:
    """The sum over the row of a plan, but for that itself, and the rows of what stands in it."""
    parts = (OBJECTIVE_SUM.sum(objectives), TASK_SUM.sum(tasks))
    return int(sealed((*row, *parts))[-1])


def task_rows(tenant: str, plan: Plan, positions: Iterable[int]) -> list[Row]:
    """The rows of the tasks of a plan."""
    plan_id, account_id = plan.id, plan.account_id
    live = int(plan.status != "merged" and not plan.archived)
    parts = _TASK_PARTS.dump
    made = []
    for position, task in zip(positions, plan.tasks, strict=False):
        id, title, status, owner_id, start, due, original_due, type, parent, milestone, stage, key, about = _columns(
            task
        )
        row = (
            tenant,
            plan_id,
            account_id,
            position,
            id,
            title,
            status,
            owner_id,
            start and day_text(start),
            due and day_text(due),
            original_due and day_text(original_due),
            type,
            parent,
            milestone,
            stage,
            live,
            int(status in OPEN),
            words_of(title),
            links_text(task.dependencies) if task.dependencies else "{}",
            *parts(task, (key, about)),
        )
        made.append(row)
    return made


def objective_rows(tenant: str, plan: Plan, positions: Iterable[int]) -> list[Row]:
    """The rows of the objectives of a plan."""
    return [
        (
            tenant,
            plan.id,
            plan.account_id,
            position,
            one.id,
            one.title,
            one.status,
            one.category,
            one.start and day_text(one.start),
            one.end and day_text(one.end),
            one.owner_id,
            words_of(one.title),
            *_OBJECTIVE_PARTS.dump(one, (one.key, one.description)),
        )
        for position, one in zip(positions, plan.objectives, strict=False)
    ]


def positions(ids: Iterable[str], stored: Mapping[str, int]) -> list[int]:
    """Ascending positions for items in this order; those that are stored keep theirs where the order allows it.

    So taking one out or adding one at the end leaves the rows of the others as they are.
    """
    found: list[int] = []
    last = -1
    for id in ids:
        last = max(last + 1, stored.get(id, 0))
        found.append(last)
    return found


_task, _found_task = trusted(Task), trusted(FoundTask)
_NOTHING: dict[str, Any] = {}


def task_of(row: Row) -> Task:
    """The task of a row of `TASK_READ`; it was checked before it was stored, and is only asked what others rely on."""
    _, _, id, title, status, owner_id, start, due, original, type, parent, milestone, stage, links, offsets, data = row
    starts, ends = None if start is None else day(start), None if due is None else day(due)
    if status not in TASK_STATUSES or title.__class__ is not str or starts and ends and ends < starts:
        told = f"the status {status!r}, the start {start!r} and the due date {due!r}"
        raise ValueError(f"the task {id!r} with the title {title!r} has {told}")
    return _task(
        id,
        title,
        status,
        owner_id,
        starts,
        ends,
        None if original is None else day(original),
        type,
        parent,
        milestone,
        stage,
        links_of(links) if links != "{}" else (),
        **(_TASK_OFFSETS.held(offsets) if offsets != "{}" else _NOTHING),
        **(_TASK_REST.held(data) if data != "{}" else _NOTHING),
    )


def found_task(row: Row) -> FoundTask:
    """The task of a row of `TASK_READ`, with where it stands."""
    plan_id, account_id = row[:2]
    if not (plan_id and account_id and type(plan_id) is type(account_id) is str):
        raise ValueError(f"the task {row[2]!r} stands in the plan {plan_id!r} of the account {account_id!r}")
    return _found_task(plan_id, account_id, task_of(row))


def found_objective(row: Row) -> FoundObjective:
    """The objective of a row of `OBJECTIVE_READ`, with where it stands."""
    return FoundObjective(row[0], row[1], objective_of(row))


def objective_of(row: Row) -> Objective:
    """The objective of a row of `OBJECTIVE_READ`."""
    _, _, id, title, status, category, start, end, owner_id, data = row
    return Objective(
        id,
        title,
        status=status,
        category=category,
        start=start and day(start),
        end=end and day(end),
        owner_id=owner_id,
        **_OBJECTIVE_REST.held(data),
    )


def plan_of(row: Row, objectives: Iterable[Row], tasks: Iterable[Row]) -> Plan:
    """The plan of a row, and of rows of `OBJECTIVE_READ` and `TASK_READ` in the order of their positions."""
    _, id, account_id, title, section, stage_id, status, archived, owner_id, *_, revision, maker, _, _, _, data, _ = row
    return Plan(
        id,
        account_id,
        title,
        section=section,
        stage_id=stage_id,
        status=status,
        archived=bool(archived),
        owner_id=owner_id,
        objectives=tuple(map(objective_of, objectives)),
        tasks=tuple(map(task_of, tasks)),
        revision=revision,
        created_by=maker,
        **_PLAN_REST.held(data),
    )


def plan_head(row: Row) -> PlanHead:
    """The head of a plan from its row."""
    _, id, account_id, title, section, stage_id, status, archived, owner_id, template_id, start, *rest = row[:16]
    return PlanHead(
        id, account_id, title, section, stage_id, status, bool(archived), owner_id, template_id, day(start), *rest
    )


def account_row(tenant: str, account: Account, revision: int) -> Row:
    """The row of an account."""
    columns = (account.parent_id, account.type, account.owner_id, revision)
    return sealed((tenant, account.id, name_key(account.name), account.name, *columns, _ACCOUNT_REST.dump(account)))


_account = trusted(Account)


def account_from(row: Row) -> Account:
    """The account of a row."""
    _, id, _, name, parent_id, type, owner_id, revision, data, _ = row
    return _account(
        id, name, parent_id=parent_id, type=type, owner_id=owner_id, revision=revision, **_ACCOUNT_REST.held(data)
    )


def account_people(tenant: str, account: Account) -> list[Row]:
    """The rows that say whose an account is (R2)."""
    return [(tenant, person_id, account.id) for person_id in sorted(people_of(account))]


def _rest_of(cls: type) -> Rest:
    return rest_of(cls, frozenset({"revision"}))


def record_row(tenant: str, record: Record, revision: int) -> Row:
    """The row of a record of any other kind."""
    cls = type(record)
    data = _rest_of(cls).dump(record)
    words = words_of(touchpoint_text(record)) if isinstance(record, Touchpoint) else None
    return sealed((tenant, kind_of(cls), id_of(record), account_of(record), sort_text(record), revision, words, data))


def record_of(row: Row) -> Record:
    """The record of a row."""
    _, kind, id, _, _, revision, _, data, _ = row
    record = (_kept if kind in _READ_OFTEN else _made)(kind, revision, data)
    if id_of(record) != id:
        raise ValueError(f"the row of {kind} {id!r} says that it is {id_of(record)!r}")
    return record


_READ_OFTEN = frozenset({"settings", "template", "person"})


def _made(kind: str, revision: int, data: str) -> Record:
    cls = KINDS[kind]
    return cls(revision=revision, **_rest_of(cls).held(data))


_kept = lru_cache(maxsize=64)(_made)
"""Values that every command reads and few change: made once for each text."""


def link_row(tenant: str, link: Link) -> Row:
    """The row of a journal entry."""
    return (tenant, link.record, link.id, link.revision, link.text, link.hash, link.personal)


def link_of(row: Row) -> Link:
    """The link of a row; raises `ValueError` for what no link is made of."""
    _, record, id, revision, text, hash, personal = row
    texts = (id, text, hash, personal if personal is not None else "")
    if record not in KINDS or type(revision) is not int or not all(isinstance(one, str) for one in texts):
        raise ValueError(f"the journal has an entry of {record!r} {id!r}, revision {revision!r}, that is none")
    return Link(record, id, revision, text, hash, personal)


def delivery_row(tenant: str, one: Delivery) -> Row:
    """The row of a message, without its number."""
    data = _MESSAGE_REST.dump(one.message)
    return sealed((tenant, one.message.key, one.state, oldest_first(one.moment), one.tries, one.reason, data))


def blanked(row: Row, person: tuple[str, str]) -> list[Row]:
    """The row of a message without its words, if it is to or about this person; of a damaged one nothing stays."""
    tenant, key, state, moment, tries, _, _, sum = row
    gone = [(tenant, key, state, moment, tries, "erased", "{}", sum)]
    if not is_sealed(row):
        return gone
    try:
        one = delivery_of(row[1:-1])
    except DAMAGED:
        return gone
    if not one.is_about((person,)):
        return []
    one = one.blank()
    return [sealed((tenant, key, state, moment, one.tries, one.reason, _MESSAGE_REST.dump(one.message)))]


def message_of(key: str, data: str) -> Message:
    """The message again."""
    return Message(key, **_MESSAGE_REST.held(data))


def delivery_of(row: Row) -> Delivery:
    """The message and what has become of it."""
    key, state, moment, tries, reason, data = row
    return Delivery(message_of(key, data), state, moment_from(moment), tries, reason)
