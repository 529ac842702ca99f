"""The example of a store by somebody else: installed as a package, proved by its own five lines, and by its faults."""

import errno
import importlib
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from actionplans.errors import (
    StoreBusy,
    StoreClosed,
    StoreCorrupt,
    StoreError,
    StoreForeign,
    StoreFull,
    StoreMissing,
    StoreNewer,
    StoreReadOnly,
    StoreUnavailable,
    StoreUnknown,
)
from actionplans.model import Person, Team
from actionplans.storage import Batch, Removal, Store
from actionplans.testing.opened import plan, save
from tests.project import PROJECT
from tests.size import size

EXAMPLE = PROJECT / "examples" / "json_store"
FEWER = """
from hypothesis import settings

settings.register_profile("fewer", max_examples={})
settings.load_profile("fewer")
"""


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the package, its metadata and entry point, as pip puts them there."""
    for tool in ("pip", "hatchling"):
        if find_spec(tool) is None:
            pytest.skip(f"{tool} is not installed, which installs the example")
    copied = shutil.copytree(EXAMPLE, tmp_path_factory.mktemp("example") / "json_store")
    target = tmp_path_factory.mktemp("site")
    how = "--quiet --disable-pip-version-check --no-index --no-deps --no-build-isolation --no-compile --target"
    subprocess.run([sys.executable, "-m", "pip", "install", *how.split(), str(target), str(copied)], check=True)
    return target


def run(installed: Path, folder: Path, *command: str) -> str:
    """What Python says with the package on its path."""
    path = os.pathsep.join((str(installed), *filter(None, sys.path)))
    environment = {**os.environ, "PYTHONPATH": path, "PYTHONDONTWRITEBYTECODE": "1", "PYTEST_ADDOPTS": ""}
    done = subprocess.run([sys.executable, *command], cwd=folder, env=environment, capture_output=True, text=True)
    assert 0 == done.returncode, done.stdout[-3000:] + done.stderr[-3000:]
    return done.stdout


def test_its_own_five_lines_prove_the_contract(installed: Path, tmp_path: Path) -> None:
    """Every test of the contract, and no fewer than there are."""
    (installed / "fewer.py").write_text(FEWER.format(size(80)))
    how = f"-q -p fewer -p no:cacheprovider -p no:xdist -c {EXAMPLE}/pyproject.toml {EXAMPLE}/test_json_store.py"
    told = run(installed, tmp_path, "-m", "pytest", *how.split()).splitlines()[-1]
    assert int(told.split()[0]) > 200 and "skipped" not in told and "failed" not in told


PAGE = PROJECT / "docs" / "how-to" / "write-a-store.md"
SOURCES = ("pyproject.toml", "test_json_store.py", "json_store/file.py", "json_store/__init__.py")


@pytest.mark.parametrize("name", SOURCES)
def test_the_page_that_builds_it_has_all_of_it(name: str) -> None:
    """Line by line, and nothing else: each block of the page stands in one of the files as it is."""
    texts = {one: (EXAMPLE / one).read_text() for one in SOURCES}
    blocks = re.findall(r"^```(?:py|toml)\n(.*?)^```$", PAGE.read_text(), re.M | re.S)
    assert [] == [block for block in blocks if not any(block in text for text in texts.values())]
    told = "".join(block for block in blocks if block in texts[name])
    assert _lines(texts[name]) == _lines(told)


def _lines(text: str) -> list[str]:
    return [line for line in text.splitlines() if line]


OPENING = """
import datetime as dt
import actionplans as ap
from actionplans import edit

with ap.open("json:///plans", actor=ap.Actor("ana", roles={"administrator"}), tenant="acme/é") as ws:
    assert ws.durable
    account = ws.accounts.get_or_create("Acme Corporation")
    plan = next(ws.plans(), None) or ws.new_plan(account, "Renew", start=dt.date(2026, 1, 5))
    for _ in range(5):
        ws.change(plan.id, edit.add, ap.Task(title="Call"))
    assert not ws.journal.verify()
"""


def test_it_opens_by_its_scheme_in_several_processes(installed: Path, tmp_path: Path) -> None:
    """Two of them lose nothing of each other's work, and a third finds all of it."""
    (tmp_path / "plans").mkdir()
    run(installed, tmp_path, "-c", OPENING.replace("range(5)", "range(0)"))
    path = os.pathsep.join((str(installed), *filter(None, sys.path)))
    environment = {**os.environ, "PYTHONPATH": path}
    several = [subprocess.Popen([sys.executable, "-c", OPENING], cwd=tmp_path, env=environment) for _ in range(2)]
    assert [0, 0] == [one.wait(60) for one in several]
    counted = OPENING.replace("range(5)", "range(0)") + "    print(len(list(ws.tasks())), len(list(ws.plans())))"
    assert "10 1\n" == run(installed, tmp_path, "-c", counted)


@pytest.fixture
def json_store(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The module, from its source."""
    monkeypatch.syspath_prepend(str(EXAMPLE))
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    return importlib.import_module("json_store")


@pytest.fixture
def opened(json_store: ModuleType, tmp_path: Path) -> Callable[..., Store]:
    """Opens the store of this test."""

    def again(**options: Any) -> Store:
        made: Store = json_store.open_json(f"json:///{tmp_path}", **options)
        return made

    return again


def file_of(folder: Path) -> Path:
    """The one file that the tests of this module make."""
    (path,) = folder.glob("*.json")
    return path


def test_only_committed_states_are_ever_seen(
    opened: Callable[..., Store], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whichever call to the system fails, the old file is there whole, and work goes on afterwards (C2, C7, C12)."""
    store = opened()
    save(store, plan("p0"))
    steps = ("fsync", "replace")
    for n, (step, number) in enumerate((step, number) for step in steps for number in (errno.ENOSPC, errno.EIO)):
        before = file_of(tmp_path).read_bytes()
        with monkeypatch.context() as broken, pytest.raises(StoreFull if number == errno.ENOSPC else StoreUnavailable):
            broken.setattr(os, step, _failing(number))
            save(store, Team(f"t{n}", "Sales"))
        assert before == file_of(tmp_path).read_bytes()
        assert {} == store.get_many(Team, [f"t{n}"]) == opened().get_many(Team, [f"t{n}"])
        save(store, Team(f"u{n}", "Sales"))
        assert f"u{n}" == opened().get(Team, f"u{n}").id
    assert [file_of(tmp_path).with_suffix(end).name for end in (".json", ".lock")] == sorted(os.listdir(tmp_path))


def _failing(number: int) -> Callable[..., None]:
    def fail(*args: Any) -> None:
        raise OSError(number, "no")

    return fail


def test_the_file_is_on_the_disk_before_it_has_its_name(
    opened: Callable[..., Store], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And the name before the commit returns: that is what `durable` promises (C7)."""
    store, seen, fsync, replace = opened(), list[str](), os.fsync, os.replace

    def synced(number: int) -> None:
        seen.append(f"sync {'folder' if os.path.isdir(f'/proc/self/fd/{number}') else 'file'}")
        fsync(number)

    monkeypatch.setattr(os, "fsync", synced)
    monkeypatch.setattr(os, "replace", lambda *paths: [seen.append("replace"), replace(*paths)])
    save(store, Team("x", "Sales"))
    assert ["sync file", "replace", "sync folder"] == seen


def test_what_was_removed_stands_in_no_file(opened: Callable[..., Store], tmp_path: Path) -> None:
    """Not even in what a writer left that was killed (C18)."""
    store = opened()
    save(store, Person("ana", "Ana Lima"))
    part = file_of(tmp_path).with_suffix(".part")
    part.write_bytes(file_of(tmp_path).read_bytes())
    store.commit(Batch(removals=(Removal("person", "ana", 1),)))
    part.write_bytes(b"Ana Lima")
    store.purge()
    assert not any(b"Ana Lima" in one.read_bytes() for one in tmp_path.iterdir())


@pytest.mark.parametrize(
    ("wrong", "error"),
    [
        (lambda text: text.replace(b"Sales", b"Salts"), StoreCorrupt),
        (lambda text: text[:-3], StoreCorrupt),
        (lambda text: text[:60], StoreForeign),
        (lambda text: b"", StoreForeign),
        (lambda text: b"[]", StoreForeign),
        (lambda text: text.replace(b'"version": 1', b'"version": 2'), StoreNewer),
        (lambda text: text.replace(b"actionplans json store", b"something else"), StoreForeign),
    ],
)
def test_a_file_that_is_not_what_was_written_is_refused(
    opened: Callable[..., Store], tmp_path: Path, wrong: Callable[[bytes], bytes], error: type[StoreError]
) -> None:
    """And left as it is, by a store that has it open too."""
    store = opened()
    save(store, Team("x", "Sales"))
    path = file_of(tmp_path)
    path.write_bytes(wrong(path.read_bytes()))
    left = path.read_bytes()
    for call in (opened, lambda: opened().get(Team, "x"), lambda: save(opened(), Team("y", "Sales"))):
        with pytest.raises(error):
            call()
    assert left == path.read_bytes()


def test_others_locks_gone_files_and_odd_urls_are_our_errors(
    opened: Callable[..., Store], json_store: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each its own, saying what to do."""
    store = opened(busy_timeout=0)
    save(store, Team("x", "Sales"))
    with store.file.locked(), pytest.raises(StoreBusy):  # type: ignore[attr-defined]
        save(opened(busy_timeout=0.01), Team("y", "Sales"))
    with monkeypatch.context() as broken, pytest.raises(StoreReadOnly):
        broken.setattr(os, "replace", _failing(errno.EROFS))
        save(store, Team("y", "Sales"))
    file_of(tmp_path).unlink()
    with pytest.raises(StoreMissing):
        store.get(Team, "x")
    store.close()
    with pytest.raises(StoreClosed):
        store.purge()
    for url, error in (("json:plans", StoreUnknown), ("json:///a?b", StoreUnknown), ("json:///nowhere", StoreMissing)):
        with pytest.raises(error):
            json_store.open_json(url)
