"""Looking after what is stored: what a store does for backups and checks besides the port, and what they tell (S8).

A store of a package of its own need not do it; its workspace then says so, and checks what the port shows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol, runtime_checkable

from attrs import field, frozen

from actionplans.checks import EMPTY, FrozenMap, frozen_map
from actionplans.errors import Problem
from actionplans.storage import Store

Progress = Callable[[int, int | None], None]
"""Told how many rows are done, and how many there are where that is known."""

MOST = 1000
"""So many problems a report names; a file that is broken all over has more."""


@frozen
class Report:
    """What a check found (S8): what was looked at, and all that is wrong, each with its place."""

    store: str
    versions: FrozenMap[str, str] = field(default=EMPTY, converter=frozen_map)
    """Of the library, of the tables, of the database."""
    counted: FrozenMap[str, int] = field(default=EMPTY, converter=frozen_map)
    """How many of each were looked at: plans, tasks, entries, ..."""
    problems: tuple[Problem, ...] = ()
    """What is wrong, the first thousand of it."""

    @property
    def sound(self) -> bool:
        """Whether nothing is wrong."""
        return not self.problems

    def sentence(self) -> str:
        """For people: what was looked at, and what is wrong."""
        looked = ", ".join(f"{many} {name}" for name, many in self.counted.items())
        of = ", ".join(f"{name} {version}" for name, version in self.versions.items())
        told = f"{self.store} ({of}): looked at {looked or 'nothing'}"
        if self.sound:
            return f"{told}; all is as it should be."
        more = " and more" if len(self.problems) == MOST else ""
        return "\n".join((f"{told}; {len(self.problems)} problems{more}:", *(f"  {one}" for one in self.problems)))


class Findings:
    """What is found while looking: counts and problems, no more of these than a report names."""

    def __init__(self) -> None:
        """Nothing yet."""
        self.counted: dict[str, int] = {}
        self.problems: list[Problem] = []

    def count(self, name: str, many: int) -> None:
        """So many more were looked at."""
        self.counted[name] = self.counted.get(name, 0) + many

    def wrong(self, place: str, message: str) -> None:
        """One more problem."""
        if len(self.problems) < MOST:
            self.problems.append(Problem(place, message))

    def report(self, store: str, versions: dict[str, str]) -> Report:
        """All of it."""
        return Report(store, FrozenMap(versions), FrozenMap(self.counted), tuple(self.problems))


class _Raised(BaseException):
    """Carries what a caller's own function has raised past all who tell the errors of a database."""

    def __init__(self, error: Exception) -> None:
        super().__init__(error)
        self.error = error


@contextmanager
def heard(progress: Progress | None) -> Iterator[Progress]:
    """A `progress` to call, be there one or not; what it raises comes out of the block as it is (U8)."""

    def told(done: int, many: int | None) -> None:
        if progress is not None:
            try:
                progress(done, many)
            except Exception as error:
                raise _Raised(error) from error

    try:
        yield told
    except _Raised as raised:
        raise raised.error from raised.error.__cause__


@runtime_checkable
class Maintained(Protocol):
    """What a store can do besides the port, where it can copy its rows and look at them itself (S8).

    - U1. `backup` copies all that the tenant has, and nothing of another, as one state, into a file that `sqlite:///`
      opens. Others may read and write meanwhile.
    - U2. The file appears whole or not at all, and nothing else is left beside it. Where there is one, that is
      `Refused`, unless it may be overwritten.
    - U3. `restore` brings back what a backup has, of whatever kind of store and tenant it is, in one transaction, in
      which `finish` is called with the store as it is then; after any exception nothing has changed. The backup stays
      as it is.
    - U4. Where the tenant has anything, that is `Refused`, unless it is to be replaced: then nothing of it is left.
      Other tenants keep what they have.
    - U5. Of a file that is no backup, or that `examine` finds anything wrong in, nothing is brought back: a
      `StoreError`.
    - U6. `examine` looks at everything, changes nothing, and finds nothing wrong with what was committed.
    - U7. `conditions` gives the database, as `database`, and the settings that its promises hang on, by name.
    - U8. `progress` is told how many rows are done and how many there are, all of them at the end; what it raises comes
      out as it is (`heard`), and nothing has been done then.

    `actionplans.testing.stores.MaintainedContract` proves each sentence; a store's own tests inherit it.
    """

    def backup(self, path: Path, *, overwrite: bool = False, progress: Progress | None = None) -> None:
        """Copy all that the tenant has into a file (U1, U2)."""
        ...

    def restore(
        self,
        path: Path,
        finish: Callable[[Store], None],
        *,
        replace: bool = False,
        progress: Progress | None = None,
    ) -> None:
        """Bring back what a backup has (U3 to U5)."""
        ...

    def examine(self, progress: Progress | None = None) -> Report:
        """Look at everything, and tell what is wrong (U6); the journal's chain is looked at by whoever asks."""
        ...

    def conditions(self) -> dict[str, str]:
        """The database and its settings (U7)."""
        ...
