"""The records that stand beside plans and accounts, and what decisions and changes are made of."""

from __future__ import annotations

import datetime as dt
from typing import ClassVar, Literal

import attrs
from attrs import frozen

from actionplans.checks import Value
from actionplans.model.words import Count, Id, Line, Name, NewId, Prose, Title, Word

AUTOSAVE = dt.timedelta(minutes=10)
"""How long after somebody's last save the next one still belongs to the same revision (L12)."""

KEPT_REVISIONS = 100
"""How many revisions a summary holds, the newest; those before are in its journal (L12)."""


@frozen
class SummaryRevision(Value):
    """The summary's text as one person left it, and when; saves within ten minutes are one (L12)."""

    kind: ClassVar[str] = "revision"

    number: Count
    text: Prose
    by: Id
    at: dt.datetime

    @property
    def id(self) -> str:
        """What the journal calls it by: its number."""
        return str(self.number)


@frozen
class Summary(Value):
    """The internal text about an account's goals, one per account, under its id. Contacts never see it (V5).

    `revisions` are the last hundred, oldest first and numbered from 1 on; `revision` counts the saves (S2).
    """

    id: Id
    revisions: tuple[SummaryRevision, ...] = ()
    revision: Count = 0

    @property
    def text(self) -> str:
        """The present text, empty before the first save."""
        return self.revisions[-1].text if self.revisions else ""

    @property
    def edited_by(self) -> str | None:
        """Who saved last; None before the first save."""
        return self.revisions[-1].by if self.revisions else None

    @property
    def edited_at(self) -> dt.datetime | None:
        """The moment of the last save; None before the first."""
        return self.revisions[-1].at if self.revisions else None

    def saved(self, text: str, by: str, at: dt.datetime) -> Summary:
        """The summary after somebody saved a text (L12).

        Within ten minutes of their own save, if that is the last one, it takes the place of that text; else it is a new
        revision. The same text as before changes nothing. Moments never go back, whatever the clock does.
        """
        last = self.revisions[-1] if self.revisions else None
        if text == self.text:
            return self
        if last is None:
            return attrs.evolve(self, revisions=(SummaryRevision(1, text, by, at),))
        again = last.by == by and at - last.at <= AUTOSAVE
        made = SummaryRevision(last.number + (not again), text, by, max(at, last.at))
        before = self.revisions[:-1] if again else self.revisions
        return attrs.evolve(self, revisions=(*before, made)[-KEPT_REVISIONS:])


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
    """A contact's access to one shared plan of an account, until it is revoked (V3)."""

    id: Id
    plan_id: Id
    account_id: Id
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
class Erasure(Value):
    """That a person is erased (J4): the `person` or `account` of that id, which no import brings back."""

    record: Literal["person", "account"]
    of: Id
    by: Id
    at: dt.datetime
    revision: Count = 0

    @property
    def id(self) -> str:
        """The kind and the id of who was erased."""
        return f"{self.record}:{self.of}"


@frozen
class Decision(Value):
    """Whether an action is allowed, and why or why not (R1).

    `forbidden` says that a prohibition refused it, and not only that nothing grants it.
    """

    allowed: bool
    action: Line
    reason: Line
    forbidden: bool = False

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
