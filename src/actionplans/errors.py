"""Every error the library raises. Catch `ActionPlansError` to catch them all.

    ActionPlansError
    ├── Invalid (ValueError)              values that break rules: every problem at once, each with its place
    │   ├── InvalidFile                   the same, in a file that was read; names the file
    │   ├── MissingAnchors                a launch without all the dates its template counts from (D9)
    │   └── Unresolved                    assignee rules that name nobody (T5)
    ├── NotFound (LookupError)            no such record or item; a hidden one gives the same error (V7)
    ├── NotAllowed (PermissionError)      the policy refuses; carries the decision (R1)
    ├── Refused                           allowed to the asker, but not in this state
    │   ├── Waiting                       completing a task whose predecessors are open (P4)
    │   └── Unconfirmed                   taking away without having confirmed the impact shown (L3)
    ├── Stale                             the record has changed since it was read (S2)
    ├── MissingExtra (ImportError)        an optional library is not installed; names the extra
    ├── PluginError                       a plug-in is misspelt, clashes with another or fails to load
    ├── ExportError (ValueError)          a value that the chosen format cannot hold (X3)
    ├── ExecutorFailed                    the workers of a bulk launch broke off (T11)
    └── StoreError                        the storage cannot do it now (S7); nothing is half written
        ├── StoreUnknown (ValueError)     no store for this URL, or the URL makes no sense
        ├── StoreMissing                  the file, its folder or the database is not there
        ├── StoreForeign                  a file or database of another program (S6)
        ├── StoreNewer                    written by a newer version of this library (S6)
        ├── StoreOlder                    written by an older one, and this is not the way to migrate it (S9)
        ├── StoreReadOnly                 may be read but not written
        ├── StoreFull                     no space left
        ├── StoreBusy                     locked by others for longer than the time-out
        ├── StoreCorrupt                  the data is damaged
        ├── StoreUnavailable              the device or server does not answer
        └── StoreClosed                   used after `close()`

An error is a class with fields; its message is made from them and says what to do next. Errors pickle.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import define, frozen

if TYPE_CHECKING:
    from actionplans.model import Decision, Impact
    from actionplans.uses import Use


@frozen
class Problem:
    """One thing that is wrong: where it stands (`tasks[2].due`), what it is, and the value if that helps."""

    place: str
    message: str

    def __str__(self) -> str:
        """`place: message`."""
        return f"{self.place}: {self.message}" if self.place else self.message

    def under(self, place: str) -> Problem:
        """The same problem seen from one level further out."""
        if not self.place:
            return Problem(place, self.message)
        joint = "" if self.place.startswith("[") else "."
        return Problem(f"{place}{joint}{self.place}", self.message)


class ActionPlansError(Exception):
    """The root of the tree; never raised itself."""

    def message(self) -> str:
        """What happened and what to do next, in one or two sentences."""
        raise NotImplementedError

    def __str__(self) -> str:
        """The message."""
        return self.message()


@define(slots=False)
class Invalid(ActionPlansError, ValueError):
    """Values that break rules. `problems` has all of them, in the order of the fields; `what` names the value."""

    what: str
    problems: tuple[Problem, ...]

    def message(self) -> str:
        """All problems, one a line when there are several."""
        if len(self.problems) == 1:
            return f"{self.what}: {self.problems[0]}"
        lines = "".join(f"\n  {problem}" for problem in self.problems)
        return f"{self.what} has {len(self.problems)} problems:{lines}"


@define(slots=False)
class InvalidFile(Invalid):
    """A file that cannot be taken as it is; `what` is its name and nothing was stored."""


@define(slots=False)
class MissingAnchors(Invalid):
    """A launch that does not give every date its template counts from; `anchors` names all that are missing (D9)."""

    anchors: tuple[str, ...]


@define(slots=False)
class Unresolved(Invalid):
    """Assignee rules that name nobody here; each problem names the task and the rules that were tried (T5)."""


@define(slots=False)
class NotFound(ActionPlansError, LookupError):
    """No such record or item. A hidden one and one that does not exist give this same error (V7).

    `hint` says what may have been meant, from what the asker may see; it is empty where nothing comes near.
    """

    kind: str
    id: str
    hint: str = ""

    def message(self) -> str:
        """Names the kind and the id as they were asked for, and the hint."""
        told = self.hint or "check the id, or ask whoever gave it to you"
        return f"there is no {self.kind} {_named(self.id)} here: {told}"


@define(slots=False)
class NotAllowed(ActionPlansError, PermissionError):
    """The policy refuses the action; `decision.reason` says why (R1)."""

    decision: Decision

    def message(self) -> str:
        """The action and the reason."""
        return f"{self.decision.action} is not allowed: {self.decision.reason}"


@define(slots=False)
class Refused(ActionPlansError):
    """Something the asker may do, but not now: `reason` says why and what would help."""

    action: str
    reason: str

    def message(self) -> str:
        """The action and the reason."""
        return f"{self.action} is refused: {self.reason}"


@define(slots=False)
class Waiting(Refused):
    """Completing a task that waits for others; `predecessors` are the ids of those still open (P4)."""

    predecessors: tuple[str, ...]


@define(slots=False)
class Unconfirmed(Refused):
    """Something that takes away what is there, not confirmed; pass `impact` as `confirmed` to go on (L3).

    Of a change of the settings the impact is a tuple of uses, of a deletion an `Impact`.
    """

    impact: Impact | tuple[Use, ...]


@define(slots=False)
class Stale(ActionPlansError):
    """A write that carries an older revision than the stored one; nothing was overwritten (S2)."""

    kind: str
    id: str
    read: int
    current: int

    def message(self) -> str:
        """Both revisions; none where the reader is shown none (V2)."""
        if not self.read and not self.current:
            return f"{self.kind} {self.id!r} has changed since it was read: read it again and repeat the change"
        return (
            f"{self.kind} {self.id!r} was read at revision {self.read} and is at revision {self.current} now: "
            "read it again and repeat the change"
        )


@define(slots=False)
class MissingExtra(ActionPlansError, ImportError):
    """An optional library is needed; `extra` is what to install it by."""

    library: str
    extra: str

    def message(self) -> str:
        """The command that installs it."""
        return f"{self.library} is not installed: pip install 'actionplans[{self.extra}]'"


@define(slots=False)
class PluginError(ActionPlansError):
    """A plug-in that cannot be taken; `plugin` names it and `reason` says why."""

    plugin: str
    reason: str

    def message(self) -> str:
        """The plug-in and the reason."""
        return f"plug-in {self.plugin}: {self.reason}"


@define(slots=False)
class ExportError(ActionPlansError, ValueError):
    """A value that the chosen format cannot hold; `place` says which one, and nothing was written (X3)."""

    place: str
    reason: str

    def message(self) -> str:
        """The place and the reason."""
        return f"cannot export {self.place}: {self.reason}"


@define(slots=False)
class ExecutorFailed(ActionPlansError):
    """The workers of a bulk launch broke off; `reason` says how, `job` is the job's id where it is one (T11)."""

    reason: str
    job: str = ""

    def message(self) -> str:
        """The reason, and how to go on."""
        again = f"start the job {self.job!r} again" if self.job else "launch the rows that were not told"
        return f"the executor failed: {self.reason}; what was told is stored: check the workers, then {again}"


@define(slots=False)
class StoreError(ActionPlansError):
    """The storage cannot do it now; nothing is half written, and the call may be repeated once the cause is gone."""

    store: str
    reason: str

    advice = "look at the reason and try again"

    def message(self) -> str:
        """The store, the reason and the advice for this kind of error."""
        return f"{self.store}: {self.reason}; {self.advice}"


@define(slots=False)
class StoreUnknown(StoreError, ValueError):
    """No store answers to this URL, or the URL makes no sense."""

    advice = (
        "use memory:, sqlite:///path/to/file.db, postgresql://user@host/database or a scheme of an installed plug-in"
    )


@define(slots=False)
class StoreMissing(StoreError):
    """The file, the folder it should be made in, or the database is not there."""

    advice = "create the folder or database, or correct the path"


@define(slots=False)
class StoreForeign(StoreError):
    """A file or database of another program; it was left untouched (S6)."""

    advice = "choose another file"


@define(slots=False)
class StoreNewer(StoreError):
    """Written by a newer version of this library; it was left untouched (S6)."""

    advice = "upgrade actionplans"


@define(slots=False)
class StoreOlder(StoreError):
    """Written by an older version of this library, and lent by a host: nothing is migrated then (S9)."""

    advice = "open it once by its URL, which migrates it"


@define(slots=False)
class StoreReadOnly(StoreError):
    """May be read but not written."""

    advice = "check the permissions of the file and its folder"


@define(slots=False)
class StoreFull(StoreError):
    """No space left where the data lives; the change was not made."""

    advice = "free some space and repeat the call"


@define(slots=False)
class StoreBusy(StoreError):
    """Others held the lock for longer than the time-out; the change was not made."""

    advice = "repeat the call, or open with a longer time-out"


@define(slots=False)
class StoreCorrupt(StoreError):
    """The data is damaged."""

    advice = "restore a backup"


@define(slots=False)
class StoreUnavailable(StoreError):
    """The device or server does not answer as it should."""

    advice = "check the device or server and repeat the call"


@define(slots=False)
class StoreClosed(StoreError):
    """Used after `close()`."""

    advice = "open it again"


def _named(value: object) -> str:
    """An id as it was asked for, which may be anything: cut when long, and never failing itself."""
    try:
        text = repr(value)
    except Exception:
        return f"({type(value).__name__})"
    return text if len(text) <= 220 else text[:217] + "..."
