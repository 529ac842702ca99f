"""What a merge does and what an unmerge does, as data: a preview until it is stored (M4, M7, M8)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from decimal import Decimal
from typing import Any, Literal

from attrs import frozen

from actionplans.checks import EMPTY, FrozenMap, shown
from actionplans.errors import Invalid, Problem
from actionplans.model import Item, Plan, Warn

Side = Literal["target", "source"]
"""One of the two plans: the one that survives, or the one that goes into it."""

SIDES: tuple[str, ...] = ("target", "source")

Policy = Literal["target", "source", "newest", "ask"]
"""What holds where both sides say something: one side's word, that of the item changed last, or somebody's answer."""

POLICIES: tuple[str, ...] = ("target", "source", "newest", "ask")

By = Literal["target", "source", "newest", "ask", "answer", "done", "fixed", "rights", "dates"]
"""What answered a conflict: the policy, an answer that was given, that done wins, that a fixed item keeps its words
(R4), that whoever merges may not edit the field (R5), or that a start and a due must fit together (D8)."""


def place_of(item_id: str, field: str) -> str:
    """How a conflict is named for an answer: the target item's id and the field."""
    return f"{item_id}:{field}"


@frozen
class Added:
    """An item of the source that comes into the target; it keeps its id (M3)."""

    kind: str
    item_id: str
    title: str


@frozen
class Joined:
    """An item of the source that is the same as one of the target; both ids find it from then on (M3)."""

    kind: str
    item_id: str
    source_id: str
    title: str


@frozen
class Filled:
    """A blank field of a joined item that the source's half fills, or what it adds to a list (M4)."""

    kind: str
    item_id: str
    title: str
    field: str
    value: Any


@frozen
class Conflict:
    """Two different values of one field of a joined item, and which of them holds (M4).

    `answer` is empty while nobody has said, under the policy `ask`. `by` says what answered.
    """

    kind: str
    item_id: str
    source_id: str
    title: str
    field: str
    target: Any
    source: Any
    answer: Side | Literal[""]
    by: By

    @property
    def place(self) -> str:
        """What it is answered by: `ID:FIELD`, the id of the target's item."""
        return place_of(self.item_id, self.field)


@frozen(kw_only=True)
class MergeLists:
    """Everything that differs after a merge (M7).

    `hidden` are the ids of items of the merged plan that customers no longer see, of whichever plan (M6).
    """

    added: tuple[Added, ...] = ()
    joined: tuple[Joined, ...] = ()
    filled: tuple[Filled, ...] = ()
    conflicts: tuple[Conflict, ...] = ()
    hidden: tuple[str, ...] = ()
    warnings: tuple[Warn, ...] = ()


@frozen(kw_only=True)
class Merge(MergeLists):
    """What merging two plans does: both plans as they are afterwards, and everything that differs (M7)."""

    target: Plan
    source: Plan

    def unanswered(self) -> tuple[Conflict, ...]:
        """The conflicts that somebody must answer before the merge can be done."""
        return tuple(one for one in self.conflicts if not one.answer)

    def decided(self) -> Merge:
        """The merge itself; raises `Invalid` naming every conflict that has no answer."""
        waiting = self.unanswered()
        if waiting:
            raise Invalid("this merge", tuple(Problem(one.place, _question(one)) for one in waiting))
        return self


@frozen
class Dropped:
    """A link that would join two plans after an unmerge, and therefore goes (M8).

    `plan_id` and `item_id` say whose it was, `field` which one, `other_id` what it led to.
    """

    plan_id: str
    kind: str
    item_id: str
    title: str
    field: str
    other_id: str


@frozen
class Kept:
    """A value that came from the source, was edited since, and stays as it was edited (M8)."""

    kind: str
    item_id: str
    title: str
    field: str
    came: Any
    now: Any


@frozen(kw_only=True)
class UnmergeLists:
    """What goes back when a merge is taken back, and what could not be parted (M8).

    `returned` are the ids of the items that go back, `parted` those of joined ones that are two again, by the target's
    id, `along` the new ones that go with what they stand under. `gone` are those that came with the merge, or were
    joined by it, and were deleted or carried away meanwhile; the source's half of a joined one is there again.
    """

    returned: tuple[str, ...] = ()
    along: tuple[str, ...] = ()
    gone: tuple[str, ...] = ()
    parted: FrozenMap[str, str] = EMPTY
    dropped: tuple[Dropped, ...] = ()
    kept: tuple[Kept, ...] = ()
    warnings: tuple[Warn, ...] = ()


@frozen(kw_only=True)
class Unmerge(UnmergeLists):
    """What taking a merge back does: both plans as they are afterwards, and the lists of what differs (M8)."""

    target: Plan
    source: Plan


def added_of(items: Iterable[Item]) -> tuple[Added, ...]:
    """These items as what is added."""
    return tuple(Added(one.kind, one.id, one.title) for one in items)


def short(value: Any) -> str:
    """A value for a message, in one line."""
    match value:
        case None | "" | ():
            return "nothing"
        case bool():
            return "yes" if value else "no"
        case str() | int() | Decimal() | dt.date():
            text = str(value)
        case tuple():
            text = ", ".join(map(short, value))
        case _:
            return shown(value)
    return text if len(text) <= 80 else text[:77] + "..."


def _question(one: Conflict) -> str:
    """What a conflict without an answer asks."""
    ours, theirs = short(one.target), short(one.source)
    return f"of {short(one.title)!r} the target says {ours}, the source {theirs}: answer target or source"


@frozen
class MergeNews:
    """What a host hears after a merge or unmerge, to carry along what it attached to plans and tasks.

    `moved` are the ids of the items that stand in the other plan now (in the target after a merge, in the source after
    an unmerge), `joined` the target's id for each of the source's that are one item, or are two again.
    """

    action: Literal["merge", "unmerge"]
    target_id: str
    source_id: str
    moved: tuple[str, ...] = ()
    joined: FrozenMap[str, str] = EMPTY
