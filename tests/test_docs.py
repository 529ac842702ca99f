"""What is written is true: blocks run, links lead somewhere, every public name and module is documented."""

import ast
import inspect
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from sybil import Sybil
from sybil.parsers.markdown import PythonCodeBlockParser
from sybil.parsers.rest import DocTestParser

import actionplans as ap
from actionplans.plugins import Hooks
from actionplans.settings import Grant, shipped_policy
from tests.project import PROJECT, module_name, modules

DOCS = PROJECT / "docs"
PAGES = [PROJECT / "README.md", PROJECT / "CHANGELOG.md", *sorted(DOCS.rglob("*.md"))]
WITH_BLOCKS = [page for page in PAGES if "```python" in page.read_text()]


@pytest.mark.parametrize("page", WITH_BLOCKS, ids=lambda page: str(page.relative_to(PROJECT)))
def test_every_block_of_a_page_runs(page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """From top to bottom, in one namespace and an empty folder; a block that must not run is not called `python`."""
    monkeypatch.chdir(tmp_path)
    for example in Sybil([PythonCodeBlockParser()], filenames=[page.name], encoding="utf-8").parse(page).examples():
        example.evaluate()


def test_every_example_of_a_docstring_holds() -> None:
    """What stands behind `>>>` gives what stands below it."""
    for path in modules():
        for example in Sybil([DocTestParser()], filenames=[path.name], encoding="utf-8").parse(path).examples():
            example.evaluate()


def test_readme_has_exactly_the_two_commands() -> None:
    """All the set-up that a newcomer needs, in two lines that other programs read out of the page."""
    found = [
        line.split("`")[0] for line in re.findall(r"pip install -e [^`]*&& .*", (PROJECT / "README.md").read_text())
    ]
    assert ["pip install -e . && python examples/quickstart.py", "pip install -e '.[test]' && pytest"] == found


LINK = re.compile(r"\]\(([^)#\s]+)[^)\s]*\)")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(PROJECT)))
def test_every_link_inside_the_project_leads_somewhere(page: Path) -> None:
    """A link to a file names one that is there."""
    links = [link for link in LINK.findall(page.read_text()) if "://" not in link and not link.startswith("mailto:")]
    assert [] == [link for link in links if not (page.parent / link).exists()]


@pytest.mark.parametrize("page", ["README.md", "docs/index.md"])
def test_every_how_to_is_found(page: str) -> None:
    """Where one begins to read, all of them are named."""
    text = (PROJECT / page).read_text()
    assert [] == [one.stem for one in (DOCS / "how-to").glob("*.md") if not re.search(rf"how-to/{one.stem}\b", text)]


def undocumented(tree: ast.Module, name: str) -> Iterator[str]:
    """The public names of a module without a docstring: itself, its classes and functions, and their methods."""
    if ast.get_docstring(tree) is None:
        yield name
    for node, path in _public(tree, name):
        overload = any("overload" in ast.unparse(one) for one in node.decorator_list)
        if ast.get_docstring(node) is None and not overload:
            yield path


def _public(tree: ast.AST, name: str) -> Iterator[tuple[ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef, str]]:
    for node in ast.iter_child_nodes(tree):
        match node:
            case ast.ClassDef() | ast.FunctionDef() | ast.AsyncFunctionDef() if not _private(node.name):
                yield node, f"{name}.{node.name}"
                if isinstance(node, ast.ClassDef):
                    yield from _public(node, f"{name}.{node.name}")
            case ast.If() | ast.Try():
                yield from _public(node, name)


def _private(name: str) -> bool:
    return name.startswith("_") and not (name.startswith("__") and name.endswith("__"))


@pytest.mark.parametrize("path", modules(), ids=module_name)
def test_every_public_name_has_a_docstring(path: Path) -> None:
    """What a stranger can call says what it is for."""
    assert [] == list(undocumented(ast.parse(path.read_text()), module_name(path)))


def test_the_docstring_check_sees() -> None:
    """A module, a class, a method and a function without one are found; private ones and overloads are not."""
    source = (
        "class A:\n    def b(self): pass\n    def _c(self): pass\n"
        "def d(): pass\ndef _e(): pass\n@overload\ndef f(): ...\ndef g():\n    'Yes.'\n"
    )
    assert ["m", "m.A", "m.A.b", "m.d"] == list(undocumented(ast.parse(source), "m"))


def test_the_reference_has_every_public_module() -> None:
    """Each stands on a page of the reference; a folder with an `__all__` passes on what its files hold."""
    reference = "\n".join(page.read_text() for page in sorted((DOCS / "reference").rglob("*.md")))
    named = set(re.findall(r"automodule:: (\S+)", reference))
    found = {module_name(path): path for path in modules()}
    plugins = tomllib.loads((PROJECT / "pyproject.toml").read_text())["project"]["entry-points"]["actionplans"]
    public = {name for name, path in found.items() if _reached_by_its_name(name, path)} | set(plugins.values())
    assert set() == public - named


def _reached_by_its_name(name: str, path: Path) -> bool:
    if name.count(".") < 2:
        return True
    return ".backends." not in name and "__all__ = [" not in (path.parent / "__init__.py").read_text()


def test_every_page_is_reached_from_the_index() -> None:
    """A page that no table of contents names is a page that nobody reads."""
    index = (DOCS / "index.md").read_text()
    pages = {str(page.relative_to(DOCS).with_suffix("")) for page in DOCS.rglob("*.md")} - {"index"}
    assert set() == {page for page in pages if page not in index}


def rows(page: Path, first: str) -> Iterator[list[str]]:
    """The cells of the table of a page whose head begins with this word, the head included."""
    table = re.search(rf"^\| {first} \|(.+\n)(\|.+\n)+", page.read_text(), re.MULTILINE)
    assert table is not None, f"{page.name} has no such table"
    for line in table[0].splitlines():
        if not line.startswith("|---"):
            yield [cell.strip() for cell in line.strip("|").split("|")]


def test_the_table_of_roles_is_the_shipped_policy() -> None:
    """What the page says of the shipped roles is what they may, no more and no less (R2)."""
    page = DOCS / "how-to/permissions.md"
    words = {
        name: re.findall(r"`(\w+)`", line) for name, line in re.findall(r"^`([A-Z]+)` is (.+)$", page.read_text(), re.M)
    }
    assert {"ITEM", "VERB"} == words.keys()
    (_, *roles), *lines = rows(page, "action")
    said = {
        Grant(role, f"{kind}.{verb}" if verb else kind, scope)
        for actions, *cells in lines
        for action in re.findall(r"`(.+?)`", actions)
        for kinds, _, verbs in [action.partition(".")]
        for kind in words.get(kinds, [kinds])
        for verb in words.get(verbs, [verbs])
        for role, cell in zip(roles, cells, strict=True)
        for scope in cell.split(", ")
        if scope
    }
    assert set(shipped_policy()) == said


def test_the_page_of_the_workspace_has_all_of_it() -> None:
    """Its table names everything that can be asked of a workspace, and nothing else; the docstring does too."""
    with ap.open("memory:", actor=ap.SYSTEM) as ws:
        public = {name for name in dir(ws) if not name.startswith("_")}
    named = [re.findall(r"`ws\.(\w+)`", cells[0]) for cells in rows(DOCS / "reference/workspace.md", "ask")]
    assert public == {name for names in named for name in names}
    listed = re.findall(r"^ {4,}(\w.*?)   ", inspect.cleandoc(ap.Workspace.__doc__ or ""), re.MULTILINE)
    assert public == {name for line in listed for name in line.split(", ")}


def test_the_page_of_plug_ins_has_every_hook() -> None:
    """Whoever writes one finds the hook for it."""
    hooks = {name for name in vars(Hooks) if name.startswith("actionplans_")}
    assert hooks == {
        name for cells in rows(DOCS / "how-to/plug-ins.md", "hook") for name in re.findall(r"actionplans_\w+", cells[0])
    }
