"""Exports appear whole or not at all, and hold what the actor may see and may export (X1, V1)."""

import os
import stat
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, BinaryIO

import attrs
import pytest

import actionplans as ap
from actionplans.errors import ExportError, Invalid, NotAllowed, NotFound, PluginError
from actionplans.settings import Grant
from actionplans.sharing import View
from actionplans.storage import PlanQuery
from actionplans.workspace import Workspace
from tests.workspace.world import MONDAY


def write_ids(
    views: Iterable[View], target: BinaryIO, *, progress: Callable[[int, int | None], None] | None = None
) -> None:
    """A format of one line a plan."""
    for view in views:
        target.write(f"{view.id}\n".encode())


def write_half(views: Iterable[View], target: BinaryIO, **_: Any) -> None:
    """A format that never gets far."""
    target.write(b"half")
    raise ExportError("tasks[1].title", "too long for this format")


@pytest.fixture
def exporting(ws: Workspace) -> Workspace:
    """Two plans, and two formats of the test's own."""
    exporters = {**ws._desk.plugins.exporters, "ids": write_ids, "half": write_half}
    ws._desk.plugins = attrs.evolve(ws._desk.plugins, exporters=exporters)
    ws.new_plan("acme", "First", start=MONDAY, owner_id="ben")
    ws.new_plan("acme", "Second", start=MONDAY)
    return ws


def test_a_plan_and_a_portfolio_are_written(exporting: Workspace, tmp_path: Path) -> None:
    """The format is the file's suffix, or the one that is named."""
    first, second = exporting.plans()
    path = exporting.export(first.id, tmp_path / "one.ids")
    assert (tmp_path / "one.ids", f"{first.id}\n") == (path, path.read_text())
    assert (
        f"{first.id}\n{second.id}\n" == exporting.export(PlanQuery(), str(tmp_path / "all"), format="ids").read_text()
    )
    assert f"{first.id}\n" == exporting.export(PlanQuery(owner_id="ben"), tmp_path / "ben.ids").read_text()
    assert b"PK" == exporting.export(first.id, tmp_path / "one.xlsx").read_bytes()[:2]


def test_a_file_that_is_there_is_replaced_whole(exporting: Workspace, tmp_path: Path) -> None:
    """Who has it open keeps the old one; nothing else is left in the folder, and its rights are those of a new file."""
    (first, _), path = exporting.plans(), tmp_path / "plans.ids"
    path.write_text("old")
    with path.open() as reader:
        exporting.export(first.id, path)
        assert "old" == reader.read()
    plain = tmp_path / "plain"
    plain.touch()
    assert stat.S_IMODE(plain.stat().st_mode) == stat.S_IMODE(path.stat().st_mode)
    assert {"plans.ids", "plain"} == {one.name for one in tmp_path.iterdir()} - {
        "plans.db",
        "plans.db-wal",
        "plans.db-shm",
    }


def test_what_fails_leaves_the_file_as_it_was(exporting: Workspace, tmp_path: Path) -> None:
    """Whoever fails: the format, the rights, the plan that is not there (X3)."""
    (first, second), path = exporting.plans(), tmp_path / "plans.half"
    path.write_text("old")
    policy = [one for one in exporting.settings.get().policy if one.action != "plan.export"]
    exporting.settings.update(policy=(*policy, Grant("member", "plan.export", "own")))
    ben = exporting.acting_as(ap.Actor("ben", roles={"member"}))
    for error, export in (
        (ExportError, lambda: exporting.export(first.id, path)),
        (NotFound, lambda: exporting.export("nothing", path, format="ids")),
        (NotAllowed, lambda: ben.export(second.id, path, format="ids")),
        (NotAllowed, lambda: ben.export(PlanQuery(), path, format="ids")),
        (PluginError, lambda: exporting.export(first.id, path, format="pdf")),
        (PluginError, lambda: exporting.export(first.id, tmp_path / "no-suffix")),
    ):
        with pytest.raises(error) as raised:
            export()
        assert error is type(raised.value)
    assert "old" == path.read_text()
    assert {"plans.half"} == {one.name for one in tmp_path.iterdir()} - {"plans.db", "plans.db-wal", "plans.db-shm"}
    assert ben.export(first.id, path, format="ids").read_text() == f"{first.id}\n"


def test_a_place_that_cannot_be_written_is_named(exporting: Workspace, tmp_path: Path) -> None:
    """A folder that is not there, a folder in the file's place, a path that is none."""
    (first, _) = exporting.plans()
    (tmp_path / "folder.ids").mkdir()
    for target in (tmp_path / "nowhere" / "a.ids", tmp_path / "folder.ids"):
        with pytest.raises(ExportError, match="cannot be written"):
            exporting.export(first.id, target)
    for target in ("", None, 1, "a\0b.ids", "\ud800\ud800.ids", object(), os.sep):
        with pytest.raises(Invalid, match="path of a file"):
            exporting.export(first.id, target)  # type: ignore[arg-type]
    assert [] == [one for one in tmp_path.iterdir() if one.name.endswith(".part")]


def test_a_missing_folder_and_an_unknown_suffix_are_told_with_what_helps(exporting: Workspace, tmp_path: Path) -> None:
    """The folder to make; the suffixes there are, the one that is near, and where others come from."""
    (first, _) = exporting.plans()
    with pytest.raises(ExportError, match=f"there is no folder {tmp_path}/no/where: make it first"):
        exporting.export(first.id, tmp_path / "no" / "where" / "a.ids")
    told = {
        "a.csv": r"plug-in csv: no exporter of this name is installed: there are .*; others come with plug-ins",
        "a.xls": r"plug-in xls: .*: is it xlsx\?; others",
        "a": r"'a' has no suffix: end it in one of \..*\.xlsx, or pass format=",
    }
    for name, words in told.items():
        with pytest.raises(PluginError, match=words):
            exporting.export(first.id, tmp_path / name)


def test_a_contact_exports_nothing(exporting: Workspace, tmp_path: Path) -> None:
    """A hidden plan is an unknown one, and a portfolio of nothing is empty (V7)."""
    (first, _) = exporting.plans()
    contact = exporting.acting_as(ap.Actor("zoe", roles={"contact"}))
    with pytest.raises(NotFound):
        contact.export(first.id, tmp_path / "a.ids")
    assert "" == contact.export(PlanQuery(), tmp_path / "a.ids").read_text()
