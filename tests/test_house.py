"""The rules of the house that no linter knows: purity, what an import costs, names, sizes, a tree that stands alone."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.project import PACKAGE, PROJECT, modules

PURE = (
    *(
        "checks",
        "model",
        "settings",
        "uses",
        "vocabularies",
        "ordering",
        "workdays",
        "schedule",
        "template",
        "launch",
        "edit",
        "progress",
    ),
    *("accounts", "lookalikes", "lists", "merge", "permissions", "sharing", "journal", "notices", "report"),
    *("codec", "tables"),
)
"""Modules and folders that take the clock, the ids and the calendar as arguments. Some are still to come."""

IMPURE_MODULES = frozenset(
    "asyncio ftplib glob http importlib io logging multiprocessing os pathlib random secrets select selectors shutil "
    "signal smtplib socket sqlite3 ssl subprocess tempfile threading time urllib uuid".split()
)
IMPURE_CALLS = frozenset({"open", "input", "print", "eval", "exec", "compile", "__import__"})
READS_FILES = frozenset({"open", "read_text", "read_bytes", "write_text", "write_bytes", "iterdir", "rglob"})
READS_CLOCK = frozenset({"now", "utcnow", "today"})

MAY_READ = ("files.py", "_opened")
"""The one function of a PURE module that opens a file: in `template.files`, the one that it is asked to read (T12)."""

HEAVY = frozenset(
    "asyncio cattrs csv dateutil email http importlib.metadata json multiprocessing openpyxl sqlite3 "
    "ssl subprocess tempfile tomllib uuid xml zipfile zoneinfo".split()
)
"""What waits until somebody asks for it, each for more than a millisecond."""


def pure_files() -> list[Path]:
    """The sources of the PURE modules that are there."""
    alone = [PACKAGE / f"{name}.py" for name in PURE]
    return [path for path in alone if path.exists()] + [path for name in PURE for path in modules(PACKAGE / name)]


def impurities(tree: ast.AST, file: str = "") -> Iterator[str]:
    """What a module's code has to do with the world, by line; what only a type checker reads is left out."""
    for node in ast.iter_child_nodes(tree):
        match node:
            case ast.If(test=ast.Name("TYPE_CHECKING") | ast.Attribute(attr="TYPE_CHECKING")):
                continue
            case ast.FunctionDef(name=name) if (file, name) == MAY_READ:
                continue
            case ast.Import(names=names):
                for alias in names:
                    if alias.name.split(".")[0] in IMPURE_MODULES:
                        yield f"line {node.lineno}: import {alias.name}"
            case ast.ImportFrom(module=str(name), level=0) if name.split(".")[0] in IMPURE_MODULES:
                yield f"line {node.lineno}: from {name} import"
            case ast.Call(func=ast.Name(name)) if name in IMPURE_CALLS:
                yield f"line {node.lineno}: {name}()"
            case ast.Call(func=ast.Attribute(attr=name)) if name in READS_FILES | READS_CLOCK:
                yield f"line {node.lineno}: .{name}()"
            case ast.Attribute(
                value=ast.Name("date" | "datetime") | ast.Attribute(attr="date" | "datetime"), attr=name
            ):
                if name in READS_CLOCK:
                    yield f"line {node.lineno}: {ast.unparse(node)}"
        yield from impurities(node, file)


@pytest.mark.parametrize("path", pure_files(), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_a_pure_module_knows_no_clock_ids_files_or_log(path: Path) -> None:
    """It takes them as arguments, so that what it gives depends on nothing else."""
    assert [] == list(impurities(ast.parse(path.read_text()), path.name))


@pytest.mark.parametrize(
    "source",
    [
        "import uuid",
        "def f():\n    from secrets import token_hex",
        "import logging.handlers",
        "def f(): return datetime.now()",
        "def f(clock=dt.datetime.now): pass",
        "def f(): return dt.date.today()",
        "def f(path): return open(path)",
        "def f(path): return path.read_text()",
        "def f(text): return eval(text)",
        "print('here')",
    ],
)
def test_the_purity_check_sees(source: str) -> None:
    """Each way out into the world is found where it is planted."""
    assert list(impurities(ast.parse(source)))


@pytest.mark.parametrize(
    "source",
    [
        "from datetime import date, datetime, time",
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from pathlib import Path",
        "def overdue(view): return view.today",
        "import re\nPATTERN = re.compile('a')",
    ],
)
def test_the_purity_check_lets_pass(source: str) -> None:
    """Values of time, and what only a type checker reads, are nothing of the world."""
    assert [] == list(impurities(ast.parse(source)))


@pytest.mark.parametrize("code", ["import actionplans", "import actionplans; actionplans.open, actionplans.Settings"])
def test_import_loads_little(code: str) -> None:
    """The names of the library cost attrs, pluggy and our own modules; what is heavy waits until it is asked for."""
    code = f"import sys, attrs, pluggy; before = set(sys.modules); {code}; print(*sorted(set(sys.modules) - before))"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = run.stdout.split()
    assert "actionplans" in loaded
    assert [] == [name for name in loaded if name in HEAVY or name.split(".")[0] in HEAVY]


def test_import_alone_writes_and_prints_nothing(tmp_path: Path) -> None:
    """Nothing is read, made or said by an import."""
    run = subprocess.run(
        [sys.executable, "-B", "-c", "import actionplans"], capture_output=True, text=True, check=True, cwd=tmp_path
    )
    assert ("", "") == (run.stdout, run.stderr)
    assert [] == list(tmp_path.iterdir())


def test_no_module_shadows_the_standard_library() -> None:
    """A module called `calendar` or `types` is a trap for whoever runs a file beside it."""
    names = {path.stem if path.stem != "__init__" else path.parent.name for path in modules()}
    assert set() == names & sys.stdlib_module_names


def test_no_module_has_a_name_that_says_nothing() -> None:
    """A name says a thing of the domain."""
    empty = {"base", "common", "core", "helpers", "misc", "services", "types", "util", "utils"}
    assert set() == {path.stem for path in modules()} & empty


def test_the_package_is_typed() -> None:
    """Type checkers read our annotations only where `py.typed` says so."""
    assert (PACKAGE / "py.typed").exists()


SKIPPED = frozenset({".git", ".venv", "venv", "_build", "build", "dist", "__pycache__", "node_modules"})
TEXT = frozenset({".py", ".md", ".toml", ".cfg", ".ini", ".json", ".sh", ".txt", ".yml", ".yaml", ".html", ".sql", ""})


def texts() -> Iterator[tuple[Path, str]]:
    """Every text of the project with its path inside it, and every source of the package wherever it is installed."""
    seen = set()
    for path in sorted(PROJECT.rglob("*")):
        inside = path.relative_to(PROJECT)
        hidden = any(
            part in SKIPPED or part.endswith(("_cache", ".egg-info")) or part == ".hypothesis" for part in inside.parts
        )
        if not hidden and path.is_file() and path.suffix in TEXT:
            seen.add(path.resolve())
            yield inside, path.read_text(encoding="utf-8", errors="replace")
    for path in modules():
        if path.resolve() not in seen:
            yield Path("src/actionplans") / path.relative_to(PACKAGE), path.read_text(encoding="utf-8")


def test_no_source_is_longer_than_500_lines() -> None:
    """Past that it is split by noun or verb."""
    long = {str(path): text.count("\n") for path, text in texts() if path.suffix == ".py" and text.count("\n") > 500}
    assert {} == long


MACHINE = re.compile(rf"/(?<![\w.~-]/)(?:{'|'.join(('work', 'tmp', 'root', 'home'))})/")
HOSTS = re.compile("|".join(re.escape(host) for host in ("py" + "pi.org", "python" + "hosted.org", "npm" + "js.org")))
SIBLING = re.compile(re.escape("../" + "shared"))
MAY_NAME_SIBLING = frozenset({"tests", "examples", "benchmarks", ".ci"})


def foreign(path: Path, text: str) -> Iterator[str]:
    """What a text says of the machine it was written on."""
    for pattern in (MACHINE, HOSTS) if path.parts[0] in MAY_NAME_SIBLING else (MACHINE, HOSTS, SIBLING):
        yield from (f"{path}: {found}" for found in pattern.findall(text))


def test_the_tree_stands_alone() -> None:
    """No path of a machine, no registry's host; the folder of samples beside it is named only by what runs on it."""
    assert [] == [said for path, text in texts() for said in foreign(path, text)]


@pytest.mark.parametrize(
    ("path", "text", "found"),
    [
        ("docs/index.md", "see /" + "work/main", 1),
        ("src/a.py", "'../" + "shared'", 1),
        ("tests/a.py", "'../" + "shared'", 0),
        (".ci/run", "https://py" + "pi.org/simple", 1),
        ("src/a.py", "a network/work/flow and sqlite:///home.db", 0),
    ],
)
def test_the_stand_alone_check_sees(path: str, text: str, found: int) -> None:
    """Each thing is found where it may not be, and let pass where it may."""
    assert found == len(list(foreign(Path(path), text)))
