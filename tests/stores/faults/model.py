"""What must stand in the file after every commit of the script, and what is said of a file that was found otherwise."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

from attrs import Factory, define, frozen

from tests.stores.faults.script import NAME, STEPS, Script
from tests.workspace.world import snapshot, store_of

State = tuple[tuple[Any, ...], ...]
"""Every row of every table, each behind the name of its table. A file that is not there yet has none."""


def found_in(folder: Path, check: bool = True) -> State:
    """What stands in the file of this folder, read past our own code; raises SQLite's error where it is damaged."""
    if not (folder / NAME).exists():
        return ()
    db = sqlite3.connect(folder / NAME)
    try:
        if check:
            told = [row[0] for row in (*db.execute("pragma integrity_check"), *db.execute("pragma foreign_key_check"))]
            if told != ["ok"]:
                raise sqlite3.DatabaseError(f"damaged: {told}")
        tables = [row[0] for row in db.execute("select name from sqlite_master where type = 'table' order by name")]
        rows = ((table, *row) for table in tables for row in db.execute(f"select * from {table}"))
        return tuple(sorted(rows, key=lambda row: str(row[:5])))
    finally:
        db.close()


@frozen
class Outcome:
    """What is wrong, nothing if nothing is, and whether the step that was under way had been done."""

    wrong: str
    ended: bool = False


@define
class Model:
    """All states that the script goes through, in their order, and which of them each step ends with."""

    states: list[State] = Factory(lambda: [()])
    ends: list[int] = Factory(list)
    ids: dict[str, str] = Factory(dict)

    def before(self, step: int) -> int:
        """The number of the state that a step begins with."""
        return self.ends[step - 1] if step else 0

    def wrong(self, done: int, state: State) -> str:
        """What is wrong with a state that is found where so many steps were acknowledged and the next one was under
        way; nothing, if nothing is."""
        first, last = self.before(done), self.ends[min(done, len(self.ends) - 1)]
        if state in self.states[first : last + 1]:
            return ""
        return "lost" if state in self.states[:first] else "half done" if state not in self.states else "too early"

    def goes_on(self, done: int, folder: Path) -> Outcome:
        """What is found in a folder through the public API, and whether work goes on there."""
        script, ended = Script(folder, dict(self.ids)), False
        try:
            snapshot(store_of(script.ws))
            state = found_in(folder)
            if wrong := self.wrong(done, state):
                return Outcome(wrong)
            ended = done < len(STEPS) and self.before(done) < self.ends[done] == self.states.index(state)
            step = done + ended
            if step < len(STEPS):
                script.do(step)
                if found_in(folder) != self.states[self.ends[step]]:
                    return Outcome(f"step {step} does not go on", ended)
        except Exception as error:  # whatever it is, it is told with where it came
            return Outcome(f"{type(error).__name__}: {error}", ended)
        finally:
            script.close()
        return Outcome("", ended)


def unharmed(folder: Path, told: Callable[[int], None] = lambda step: None, **options: Any) -> Model:
    """What becomes of the script when nothing happens to it; each step that is done is told."""
    folder.mkdir(exist_ok=True)
    script, model = Script(folder, **options), Model()
    script.committed = lambda: model.states.append(found_in(folder, check=False))
    for step in range(len(STEPS)):
        script.do(step)
        told(step)
        model.ends.append(len(model.states) - 1)
    model.ids = script.ids
    assert found_in(folder) == model.states[-1]
    assert len(set(model.states)) == len(model.states), "every commit changes something"
    return model
