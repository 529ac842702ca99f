"""What an upgrade does, as data: what follows the template, what stays, and what must be answered (T9)."""

from __future__ import annotations

from typing import Any, Literal

from attrs import frozen

from actionplans.checks import shown
from actionplans.errors import Invalid, Problem
from actionplans.model import (
    Plan,
    Warn,
)
from actionplans.model.rules import check
from actionplans.schedule import Moved

Outcome = Literal["follows", "comes", "goes", "stays", "conflict"]
"""What becomes of a difference: the plan follows the template, an item comes or goes, the plan's own stays, or somebody
must say which of two it is."""

Answer = Literal["ours", "theirs"]
"""What a conflict is answered with: what the plan says, or what the template does."""


@frozen
class Difference:
    """One thing that the plan, the version it was launched from and the new version do not say alike.

    `key` is the item's in the template, empty for the plan itself. `field` is what differs, empty where the item itself
    came or went. `place` names it, for an answer.
    """

    key: str
    kind: str
    title: str
    field: str
    base: Any
    ours: Any
    theirs: Any
    outcome: Outcome

    @property
    def place(self) -> str:
        """`KEY:FIELD`, `KEY` for an item that came or went, `:FIELD` for the plan itself."""
        return place_of(self.key, self.field)


@frozen
class Upgrade:
    """What moving a launch to another version does: a dry run, until `after` is stored (T9).

    `differences` says what follows, comes, goes, stays, and what is in conflict; `moves` what that moves besides,
    with reasons (P6).
    """

    plan: Plan
    after: Plan
    play_id: str | None
    version: int
    differences: tuple[Difference, ...] = ()
    moves: tuple[Moved, ...] = ()
    warnings: tuple[Warn, ...] = ()

    @property
    def conflicts(self) -> tuple[Difference, ...]:
        """What must be answered before it can be stored."""
        return tuple(one for one in self.differences if one.outcome == "conflict")

    def decided(self) -> Plan:
        """The plan as it is upgraded.

        Raises `Invalid` naming every conflict that has no answer, and what the two sides together would break: links of
        both may go round in a circle (P2).
        """
        if self.conflicts:
            told = "the plan says {0}, the template {1}: answer ours or theirs"
            raise Invalid(
                "this upgrade",
                tuple(Problem(one.place, told.format(_short(one.ours), _short(one.theirs))) for one in self.conflicts),
            )
        check(self.after)
        return self.after


def _short(value: Any) -> str:
    """A value for a message, in one line."""
    if value is None or isinstance(value, str):
        return "nothing" if not value else value if len(value) <= 80 else value[:77] + "..."
    title = getattr(value, "title", None)
    return repr(title) if isinstance(title, str) else shown(value)


def place_of(key: str, field: str) -> str:
    """How a difference is named for an answer; keys have no colon."""
    return f"{key}:{field}" if field else key
