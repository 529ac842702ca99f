"""Small worlds for the tests of stores: few ids, few words and few dates, so that records and queries often meet.

`plans()`, `accounts()` and `others()` make records, `queries()` asks for them.
"""

from __future__ import annotations

import datetime as dt
from typing import Any, get_args

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

from actionplans.checks import FrozenMap
from actionplans.model import (
    Account,
    Completion,
    Dependency,
    Job,
    Launch,
    Objective,
    Offset,
    Person,
    Plan,
    Reference,
    Shortcut,
    Task,
    Team,
    Touchpoint,
)
from actionplans.model.words import PlanStatus, TaskStatus
from actionplans.permissions import Reach, Within
from actionplans.storage import (
    AccountQuery,
    DeliveryQuery,
    DeliveryState,
    ObjectiveQuery,
    PlanQuery,
    Query,
    RecordQuery,
    TaskQuery,
    TouchpointQuery,
)

NOW = dt.datetime(2026, 1, 5, 9, tzinfo=dt.UTC)
DAYS = tuple(dt.date(2026, 1, 5) + dt.timedelta(n) for n in range(4)) + (dt.date.min, dt.date.max)
WORDS = (
    "Call",
    "call the CLIENT",
    "caller",
    "50% off_",
    "5\\0% of",
    "O'Neil; DROP TABLE task; --",
    '"quoted"',
    "Ünïcode İstanbul ß ﬁ",
    "Un\u0308icode",
    "👩‍👩‍👧 family",
    "𝔘pper",
    "\uffff last",
    "שלום \u202eabc\u202c",
    "zero\u200bwidth",
    "\U0010ffff\U0010ffff",
)
"""Titles and names; some begin alike, some differ only for people."""

PREFIXES = ("", "c", "CALL", "call ", "50%", "_", "5\\", "Ün", "u\u0308", "👩", "𝔘", "\uffff", "\U0010ffff", "zero w")
PEOPLE = ("ana", "bo", "team:é", "any_contact")
ACCOUNTS = ("acme", "Acme", "a%", "ü")
PLANS = ("p1", "p2", "p%", "P1", "𝔘1")
MOMENTS = tuple(dt.datetime.combine(day, dt.time(12), dt.UTC) for day in DAYS)
STATUSES: tuple[TaskStatus, ...] = ("waiting", "open", "in_progress", "done", "cancelled")

_text, _day = st.sampled_from(WORDS), st.sampled_from(DAYS)
_person, _account, _plan = st.sampled_from(PEOPLE), st.sampled_from(ACCOUNTS), st.sampled_from(PLANS)


def _or_none(strategy: SearchStrategy[Any]) -> SearchStrategy[Any]:
    return st.none() | strategy


@st.composite
def tasks(draw: DrawFn, id: str) -> Task:
    """A task of that id."""
    status = draw(st.sampled_from(STATUSES))
    return Task(
        id,
        draw(_text),
        status,
        draw(_or_none(_person)),
        due=draw(_or_none(_day)),
        type=draw(st.sampled_from(("task", "tactic"))),
        stage_id=draw(_or_none(st.sampled_from(("s1", "s2")))),
        dependencies=draw(st.sampled_from(((), (Dependency("t0"),), (Dependency("t0", lag=-1), Dependency("m"))))),
        offset=draw(_or_none(st.builds(Offset, st.integers(-3, 3)))),
        helpers=draw(st.sampled_from(((), ("bo",), ("ana", "team:é")))),
        created_by=draw(_or_none(_person)),
        description=draw(_text),
        completion=Completion(1, NOW, DAYS[0], "ana") if status == "done" else None,
        custom=draw(st.sampled_from((FrozenMap(), FrozenMap({"size": 3, "first": DAYS[1]})))),
    )


@st.composite
def plans(draw: DrawFn, ids: SearchStrategy[str] = _plan) -> Plan:
    """A plan with up to four tasks, whose ids other plans have too, in any order."""
    status: PlanStatus = draw(st.sampled_from(("active", "paused", "completed", "merged")))
    names = draw(st.lists(st.sampled_from(("t0", "t1", "t%", "T1")), unique=True, max_size=4))
    goals = draw(st.lists(st.sampled_from(("o1", "o2")), unique=True))
    launch = draw(_or_none(st.builds(_launch, st.sampled_from(("", "j1", "j2")), st.sampled_from(("", "r1")))))
    return Plan(
        draw(ids),
        draw(_account),
        draw(_text),
        FrozenMap({"start": draw(_day)}),
        section=draw(st.sampled_from(("", "growth"))),
        stage_id=draw(_or_none(st.sampled_from(("s1", "s2")))),
        status=status,
        archived=draw(st.integers(0, 3)) == 0,
        owner_id=draw(_or_none(_person)),
        objectives=tuple(draw(objectives(id)) for id in goals),
        tasks=tuple(draw(tasks(id)) for id in names),
        launch=launch,
        merged_into="elsewhere" if status == "merged" else None,
        created_by=draw(_or_none(_person)),
    )


@st.composite
def objectives(draw: DrawFn, id: str) -> Objective:
    """An objective of that id."""
    start = draw(_or_none(_day))
    return Objective(
        id,
        draw(_text),
        status=draw(st.sampled_from(("", "at_risk"))),
        category=draw(st.sampled_from(("", "Growth"))),
        start=start,
        end=draw(_or_none(_day.filter(lambda day: start is None or day >= start))),
        owner_id=draw(_or_none(_person)),
        created_by=draw(_or_none(_person)),
    )


def _launch(job: str, row: str) -> Launch:
    return Launch("template-1", 1, NOW, "ana", job=job, row=row)


@st.composite
def accounts(draw: DrawFn, ids: SearchStrategy[str] = _account) -> Account:
    """An account."""
    return Account(
        draw(ids),
        draw(_text),
        parent_id=draw(_or_none(_account)),
        type=draw(st.sampled_from(("", "gold"))),
        owner_id=draw(_or_none(_person)),
    )


def others() -> SearchStrategy[Any]:
    """A record of one of the other kinds."""
    ids, moments = st.sampled_from(("x", "X", "é")), st.sampled_from(MOMENTS)
    return st.one_of(
        st.builds(
            Person,
            ids,
            _text,
            email=st.sampled_from(("", "ana@example.com", "Ana@example.com", "B@example.com")),
            account_id=_or_none(_account),
        ),
        st.builds(Team, ids, _text, st.frozensets(_person, max_size=2)),
        st.builds(
            Touchpoint,
            ids,
            _account,
            _text,
            moments,
            _person,
            st.sampled_from(("note", "", "call")),
            st.just("") | _text,
            st.sampled_from(((), ("ana",), ("bo", "team:é"))),
            st.lists(
                st.builds(Reference, st.just("task"), _plan, st.sampled_from(("t0", "t1")), _text), max_size=2
            ).map(tuple),
        ),
        st.builds(Shortcut, ids, _text, _account, owner_id=_or_none(_person)),
        st.builds(Job, ids, st.just("template-1"), st.just(1), moments, _person),
    )


def queries() -> SearchStrategy[Query]:
    """A query of any sort, most of its conditions left out."""
    people, some_accounts, words = _some(PEOPLE), _some(ACCOUNTS), st.sampled_from(("", "", "call", "CLIENT c", "%"))
    stage = _seldom(("s1", "s2"))
    return st.one_of(
        st.builds(
            PlanQuery,
            some_accounts,
            _some(("active", "paused", "merged")),
            _seldom(("", "growth")),
            stage,
            _seldom(PEOPLE),
            _seldom(("template-1",)),
            st.sampled_from((None, False, True)),
            words,
            within=_rights,
            start_from=_seldom(DAYS),
            start_before=_seldom(DAYS),
        ),
        st.builds(
            TaskQuery,
            people,
            some_accounts,
            _some(PLANS),
            _some(STATUSES),
            _some(("task", "tactic")),
            stage,
            _seldom(DAYS),
            _seldom(DAYS),
            words,
            within=_rights,
            section=_seldom(("", "growth")),
            template_id=_seldom(("template-1",)),
        ),
        st.builds(
            ObjectiveQuery,
            people,
            some_accounts,
            _some(PLANS),
            _some(("", "at_risk")),
            _some(("", "Growth")),
            _seldom(("", "growth")),
            stage,
            _seldom(("template-1",)),
            _seldom(DAYS),
            _seldom(DAYS),
            words,
            _rights,
        ),
        st.builds(DeliveryQuery, st.sampled_from(get_args(DeliveryState))),
        st.builds(
            TouchpointQuery,
            some_accounts,
            _some(("note", "", "call")),
            people,
            people,
            _seldom(MOMENTS),
            _seldom(MOMENTS),
            _seldom(("t0", "p1")),
            words,
            _rights,
        ),
        st.builds(
            AccountQuery,
            st.sampled_from(PREFIXES),
            _seldom(WORDS),
            some_accounts,
            people,
            people,
            _some(("gold",)),
        ),
        st.builds(
            RecordQuery,
            st.sampled_from(("person", "team", "touchpoint", "shortcut", "job")),
            _seldom(ACCOUNTS),
            _seldom((*WORDS, *PEOPLE, "ana@example.com", "ANA@example.com", "")),
        ),
    )


_SOME = frozenset(ACCOUNTS[:2])
_ANA, _TEAM = frozenset({"ana"}), frozenset({"bo", "team:é"})
_reaches = (
    Reach(everything=True),
    Reach(),
    Reach(account_ids=_SOME),
    Reach(owners=_TEAM),
    Reach(makers=_ANA),
    Reach(helpers=_ANA | _TEAM),
    Reach(False, _SOME, _ANA, _ANA, _TEAM),
)
_rights = st.none() | st.builds(
    Within,
    st.sampled_from(_reaches),
    st.sampled_from(_reaches[1:]),
    st.sampled_from((Reach(), *_reaches)),
    st.sampled_from(_reaches[1:]),
)


def _seldom(values: tuple[Any, ...]) -> SearchStrategy[Any]:
    return st.sampled_from((None,) * 2 * len(values) + values)


def _some(values: tuple[str, ...]) -> SearchStrategy[tuple[str, ...] | None]:
    """Any (None), or one or several of them, seldom none at all."""
    several = ((), *((one,) for one in values), *zip(values, values[1:], strict=False))
    return st.sampled_from((None,) * 2 * len(several) + several)
