"""The records that stand beside plans and accounts, and what decisions and changes are made of."""

from __future__ import annotations

import datetime as dt
from typing import Literal

from attrs import frozen

from actionplans.checks import Value
from actionplans.model.words import Count, Id, Line, Name, NewId, Prose, Title, Word


@frozen
class SummaryRevision(Value):
    """The summary's text as one person left it; saves within ten minutes are one (L12)."""

    text: Prose
    by: Id
    at: dt.datetime


@frozen
class Summary(Value):
    """The internal text about an account's goals, one per account, under its id. Contacts never see it (V5)."""

    id: Id
    revisions: tuple[SummaryRevision, ...] = ()
    revision: Count = 0

    @property
    def text(self) -> str:
        """The present text, empty before the first save."""
        return self.revisions[-1].text if self.revisions else ""


@frozen
class Reference(Value):
    """What a touchpoint refers to; it keeps the title so that a deleted thing stays as a tombstone (L13)."""

    kind: Literal["objective", "play", "task", "plan"]
    plan_id: Id
    id: Id
    title: Title


@frozen
class Touchpoint(Value):
    """A recorded contact with the account (L13)."""

    id: Id
    account_id: Id
    subject: Title
    at: dt.datetime
    author_id: Id
    type: Word = "note"
    text: Prose = ""
    participants: tuple[Id, ...] = ()
    references: tuple[Reference, ...] = ()
    revision: Count = 0


@frozen
class MessageTemplate(Value):
    """A saved e-mail with fields like `{{ account.name }}` (N5)."""

    id: Id
    name: Name
    subject: Line
    body: Prose
    revision: Count = 0


@frozen
class Invitation(Value):
    """A contact's access to one shared plan (V3)."""

    id: Id
    plan_id: Id
    contact_id: Id
    by: Id
    at: dt.datetime
    revoked_at: dt.datetime | None = None
    revision: Count = 0


@frozen
class Shortcut(Value):
    """A saved account and stage that starts a draft."""

    id: Id
    name: Name
    account_id: Id
    stage_id: Id | None = None
    template_id: Id | None = None
    owner_id: Id | None = None
    revision: Count = 0


@frozen
class Job(Value):
    """A bulk launch that can be resumed (T11): (job, row) is stored with each plan it launched."""

    id: Id
    template_id: Id
    version: Count
    started_at: dt.datetime
    by: Id
    done: Count = 0
    finished_at: dt.datetime | None = None
    revision: Count = 0


@frozen
class Decision(Value):
    """Whether an action is allowed, and why or why not (R1)."""

    allowed: bool
    action: Line
    reason: Line

    def __bool__(self) -> bool:
        """`if decide(...)` reads as it should."""
        return self.allowed


@frozen
class Impact(Value):
    """What deleting an item would do (L3), by id: `deleted` goes, `kept` stays, `unlinked` loses a parent or a link.

    `title` is the item's, for the question to the user.
    """

    item_id: Id
    title: Title
    deleted: tuple[Id, ...]
    kept: tuple[Id, ...] = ()
    unlinked: tuple[Id, ...] = ()


@frozen
class Warn(Value):
    """Something a command did not refuse but the user should know: about which item, and what."""

    item_id: NewId
    message: Line


@frozen
class Move(Value):
    """An item that a change moved besides itself, as one viewer may see it: its dates before and after, and why (P6).

    `cause` is what kind of reason it has (`actionplans.schedule.Cause`), `sentence` the whole in words, in which items
    that the viewer may not see have no name (D10, V2). Of an objective the due is its end.
    """

    item_id: Id
    old_start: dt.date | None
    old_due: dt.date | None
    start: dt.date | None
    due: dt.date | None
    cause: Word
    sentence: Prose
