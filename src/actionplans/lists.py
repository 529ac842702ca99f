"""The rows of lists over many plans, and what is asked of lists of accounts, objectives and touchpoints (L13, L14)."""

from __future__ import annotations

import datetime as dt
from typing import final

from attrs import frozen

from actionplans.accounts import name_key
from actionplans.checks import Value, verify
from actionplans.making import quickly_made
from actionplans.model import Account, Objective, Task, Touchpoint
from actionplans.model.words import Count, Id, Line, NewId, Word, plainly_id
from actionplans.permissions import Subject, Within, people_of


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
    created_by: Id | None = None


@final
@quickly_made
@frozen(weakref_slot=False)
class FoundTask(Value):
    """A task in a list over many plans, with where it stands."""

    plan_id: Id
    account_id: Id
    task: Task

    def __attrs_post_init__(self) -> None:
        """The common case at a glance, since lists are long; anything else is looked at in full."""
        if not (plainly_id(self.plan_id) and plainly_id(self.account_id) and type(self.task) is Task):
            verify(self)


@frozen
class FoundObjective(Value):
    """An objective in a list over many plans, with where it stands."""

    plan_id: Id
    account_id: Id
    objective: Objective


@frozen
class ObjectiveQuery(Value):
    """Objectives of plans that are neither merged nor archived, by end, those without one last, then id, then plan.

    None asks for any. `end_from` is included and `end_before` is not; either leaves out objectives without an end.
    `section`, `stage_id` and `template_id` are those of the plan.
    """

    owner_ids: tuple[Id, ...] | None = None
    account_ids: tuple[Id, ...] | None = None
    plan_ids: tuple[Id, ...] | None = None
    statuses: tuple[Word, ...] | None = None
    categories: tuple[Word, ...] | None = None
    section: Word | None = None
    stage_id: Id | None = None
    template_id: Id | None = None
    end_from: dt.date | None = None
    end_before: dt.date | None = None
    words: Line = ""
    within: Within | None = None


@frozen
class AccountQuery(Value):
    """Accounts ordered by name key, then id. `prefix` and `key` are compared as name keys (A1, A2), literally.

    `owner_ids` asks for those that one of them owns, `people` for those that one of them owns or holds a role on.
    """

    prefix: Line = ""
    key: Line | None = None
    parent_ids: tuple[Id, ...] | None = None
    owner_ids: tuple[Id, ...] | None = None
    people: tuple[Id, ...] | None = None
    types: tuple[Word, ...] | None = None


@frozen
class TouchpointQuery(Value):
    """Touchpoints, the newest first, those of one moment by id. None asks for any.

    `at_from` is included and `at_before` is not. `refers_to` is the id of an item, or of a plan: then those that refer
    to one of its items too. `words` are looked for in subject and text.
    """

    account_ids: tuple[Id, ...] | None = None
    types: tuple[Word, ...] | None = None
    author_ids: tuple[Id, ...] | None = None
    participant_ids: tuple[Id, ...] | None = None
    at_from: dt.datetime | None = None
    at_before: dt.datetime | None = None
    refers_to: Id | None = None
    words: Line = ""
    within: Within | None = None


def objective_asked(query: ObjectiveQuery, found: FoundObjective, plan: PlanHead) -> bool:
    """Whether a query asks for an objective of this plan, whatever the rights are."""
    one = found.objective
    return (
        plan.status != "merged"
        and not plan.archived
        and among(query.owner_ids, one.owner_id)
        and among(query.account_ids, found.account_id)
        and among(query.plan_ids, found.plan_id)
        and among(query.statuses, one.status)
        and among(query.categories, one.category)
        and query.section in (None, plan.section)
        and query.stage_id in (None, plan.stage_id)
        and query.template_id in (None, plan.template_id)
        and (query.end_from is None or one.end is not None and one.end >= query.end_from)
        and (query.end_before is None or one.end is not None and one.end < query.end_before)
        and has_words(query.words, one.title)
    )


def touchpoint_asked(query: TouchpointQuery, found: Touchpoint) -> bool:
    """Whether a query asks for a touchpoint."""
    return (
        among(query.account_ids, found.account_id)
        and among(query.types, found.type)
        and among(query.author_ids, found.author_id)
        and (query.participant_ids is None or not set(query.participant_ids).isdisjoint(found.participants))
        and (query.at_from is None or found.at >= query.at_from)
        and (query.at_before is None or found.at < query.at_before)
        and (query.refers_to is None or any(query.refers_to in (one.id, one.plan_id) for one in found.references))
        and has_words(query.words, touchpoint_text(found))
        and (query.within is None or query.within.takes(touchpoint_subject(found)))
    )


def touchpoint_text(found: Touchpoint) -> str:
    """What words are looked for in."""
    return f"{found.subject}\n{found.text}"


def plan_subject(head: PlanHead, account: Account | None = None) -> Subject:
    """What a decision about a plan's row knows of it; without its account no more of that than the id (R2)."""
    owners = frozenset((head.owner_id,)) if head.owner_id else frozenset[str]()
    makers = frozenset((head.created_by,)) if head.created_by else frozenset[str]()
    if account is None:
        return Subject(owners, makers, account_id=head.account_id)
    return Subject(owners, makers, frozenset(), account.owner_id, people_of(account), account.id)


def item_subject(found: FoundTask | FoundObjective, plan: PlanHead) -> Subject:
    """What a decision about a task or objective in a list knows of it (R2)."""
    item, about = found.task if isinstance(found, FoundTask) else found.objective, plan_subject(plan)
    owners = about.owners | {item.owner_id} if item.owner_id else about.owners
    makers = about.makers | {item.created_by} if item.created_by else about.makers
    return Subject(owners, makers, frozenset(getattr(item, "helpers", ())), account_id=found.account_id)


def touchpoint_subject(found: Touchpoint) -> Subject:
    """What a decision about a touchpoint in a list knows of it (R2): its author made it."""
    return Subject(makers=frozenset((found.author_id,)), account_id=found.account_id)


def newest_first(moment: dt.datetime) -> str:
    """A text by which moments sort backwards: the microseconds that are left of all time."""
    left = dt.datetime.max.replace(tzinfo=dt.UTC) - moment + dt.timedelta(days=1)  # no zone is a day away
    return f"{left // dt.timedelta(microseconds=1):018}"


def has_words(words: str, text: str) -> bool:
    """Whether every word asked for stands in the text, whatever the case; no word asks for nothing."""
    if not words:
        return True
    key = name_key(text)
    return all(word in key for word in name_key(words).split())


def among(wanted: tuple[str, ...] | None, value: str | None) -> bool:
    """Whether a value is one of those asked for; None asks for any."""
    return wanted is None or value in wanted
