"""Merges that race edits of either plan: a conflict or both effects, and no edit is lost (S2)."""

import random
import threading
from collections.abc import Callable
from pathlib import Path

import attrs

import actionplans as ap
from actionplans import edit
from actionplans.errors import ActionPlansError, Refused, Stale
from actionplans.model import Task
from actionplans.workspace import Workspace
from tests.size import size
from tests.workspace.world import MONDAY, opened, peopled

EDITED = 4
"""How many edits each of two people makes while a third merges and unmerges."""


def both(*works: Callable[[], None]) -> None:
    """Do these at once; whatever one raises is raised."""
    errors: list[BaseException] = []

    def run(work: Callable[[], None]) -> None:
        try:
            work()
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=run, args=(one,)) for one in works]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    if errors:
        raise errors[0]


def test_no_edit_is_lost_whenever_a_merge_comes_between(tmp_path: Path) -> None:
    """Each edit that was accepted stands in the plan that has its task in the end; the others were refused.

    Two people edit a task of the target and one of the source; meanwhile the plans are merged, and every second time
    taken apart again.
    """
    accepted = refused = 0
    with peopled(opened(f"sqlite:///{tmp_path}/plans.db")) as ws:
        for n in range(size(1_000)):
            dice = random.Random(n)
            for name in ("t", "s"):
                tasks = (Task(f"{name}{n}-a", "A", key="a"), Task(f"{name}{n}-b", "B"))
                ws.add_plan(ap.Plan(f"{name}{n}", "acme", name, ap.FrozenMap({"start": MONDAY}), tasks=tasks))
            said: dict[str, list[str]] = {"t": [], "s": []}
            turned: list[str] = []

            def work(name: str, n: int = n, said: dict[str, list[str]] = said, turned: list[str] = turned) -> None:
                mine = Workspace(attrs.evolve(ws._desk))
                for m in range(EDITED):
                    tag = f"{name}-{m}"
                    try:
                        mine.change(f"{name}{n}", edit.comment, f"{name}{n}-b", tag)
                        said[name].append(tag)
                    except (Refused, Stale) as error:
                        turned.append(str(error))

            def merge(n: int = n, apart: bool = bool(dice.randint(0, 1))) -> None:
                mine = Workspace(attrs.evolve(ws._desk))
                mine.merging.merge(f"t{n}", f"s{n}")
                if apart:
                    mine.merging.unmerge(f"t{n}")

            both(lambda: work("t"), lambda: work("s"), merge)
            for name in ("t", "s"):
                home = ws.view(f"{name}{n}").plan
                home = ws.view(home.merged_into).plan if home.merged_into is not None else home
                assert said[name] == [one.text for one in home.task(f"{name}{n}-b").comments], n
            assert all("merged into" in one or "has changed since" in one for one in turned), turned
            accepted += len(said["t"]) + len(said["s"])
            refused += len(turned)
    assert accepted > 0
    assert accepted + refused == 2 * EDITED * size(1_000)


def test_of_two_who_merge_at_once_one_is_told(tmp_path: Path) -> None:
    """The same source into two targets, and two plans into each other: once, and everything stands once."""
    with peopled(opened(f"sqlite:///{tmp_path}/plans.db")) as ws:
        for n in range(size(200)):
            for name in ("t", "u", "s"):
                tasks = (Task(f"{name}{n}-a", "A"),)
                ws.add_plan(ap.Plan(f"{name}{n}", "acme", name, ap.FrozenMap({"start": MONDAY}), tasks=tasks))
            told: list[str] = []

            def merge(target: str, source: str, n: int = n, told: list[str] = told) -> None:
                try:
                    Workspace(attrs.evolve(ws._desk)).merging.merge(f"{target}{n}", f"{source}{n}")
                except ActionPlansError as error:
                    told.append(str(error))

            both(lambda: merge("t", "s"), lambda: merge("u", "s"), lambda: merge("t", "u"), lambda: merge("u", "t"))
            ids = [one.task.id for one in ws.tasks() if one.task.id.partition("-")[0][1:] == str(n)]
            assert sorted(f"{name}{n}-a" for name in "tus") == sorted(ids), told
            assert all("was merged into" in one or "changed" in one for one in told), told
