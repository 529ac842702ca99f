"""Accounts and the persons, teams and partners around them."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Literal, final

from attrs import field, frozen

from actionplans.checks import EMPTY, FrozenMap, Text, Value, frozen_map, frozen_set
from actionplans.making import quickly_made
from actionplans.model.words import Count, CustomValue, Id, Line, Name, PersonKind, Word

Email = Annotated[
    str,
    Text(
        254, pattern=r"[^@\s<>,;:\"\x00-\x1f\x7f]+@[^@\s<>,;:\"\x00-\x1f\x7f]+", form="an address like ana@example.com"
    ),
]
TimeZone = Annotated[str, Text(64, pattern=r"[A-Za-z0-9_+/-]+", form="a time zone like Europe/Lisbon")]


@frozen
class Actor(Value):
    """Who is asking: a person, with the roles that the host gives for this call (R2), or the system."""

    id: Id
    roles: frozenset[Word] = field(default=frozenset(), converter=frozen_set)
    system: bool = False


SYSTEM = Actor("system", frozenset({"administrator"}), system=True)
"""The library itself and the host's own jobs: may do everything."""


@frozen
class Partnership(Value):
    """That `partner_id` works with `user_id` on an account; counts once accepted (T5)."""

    user_id: Id
    partner_id: Id
    accepted: bool = False


@final
@quickly_made
@frozen(weakref_slot=False)
class Account(Value):
    """The record that plans are for: a company, or a person such as a contact or lead.

    `roles` fills role names with persons (`csm` → the person's id), `parent_id` makes the hierarchy, `type` is the
    host's segment. `revision` is the number of its last change (S2).
    """

    id: Id
    name: Name
    kind: Word = "company"
    parent_id: Id | None = None
    type: Word = ""
    website: Line = ""
    email: Email = ""
    time_zone: TimeZone = ""
    owner_id: Id | None = None
    roles: FrozenMap[Word, Id] = field(default=EMPTY, converter=frozen_map)
    primary_contact_id: Id | None = None
    partners: tuple[Partnership, ...] = ()
    custom: FrozenMap[Word, CustomValue] = field(default=EMPTY, converter=frozen_map)
    created_by: Id | None = None
    revision: Count = 0


@frozen
class Preference(Value):
    """What one person wants to be told of one kind of event, and when (N3)."""

    event: Word
    delivery: Literal["at_once", "daily", "weekly", "never"] = "at_once"


@frozen
class QuietHours(Value):
    """Hours of the person's own day in which nothing is sent (N3); they may span midnight."""

    start: dt.time
    end: dt.time


@frozen
class Person(Value):
    """Someone who owns, does or sees work: a `user`, a `contact` of one account, a `partner` of an outside firm."""

    id: Id
    name: Name
    kind: PersonKind = "user"
    email: Email = ""
    account_id: Id | None = None
    firm: Line = ""
    time_zone: TimeZone = ""
    calendar: Line = ""
    active: bool = True
    roles: frozenset[Word] = field(default=frozenset(), converter=frozen_set)
    preferences: tuple[Preference, ...] = ()
    quiet_hours: QuietHours | None = None
    opted_out: bool = False
    revision: Count = 0


@frozen
class Team(Value):
    """A named set of persons that can own work as one; as an owner it is written `team:ID`."""

    id: Id
    name: Name
    members: frozenset[Id] = field(default=frozenset(), converter=frozen_set)
    revision: Count = 0
