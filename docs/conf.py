"""How the documentation is built: Sphinx, furo, MyST; names inside the package are checked, those outside are not."""

import re
from importlib import import_module
from importlib.metadata import version as version_of
from itertools import groupby
from pkgutil import iter_modules
from textwrap import dedent, indent
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx

import actionplans.model

project = "actionplans"
author = "the actionplans authors"
copyright = "2026, the actionplans authors"
version = release = version_of("actionplans")

extensions = ["myst_parser", "sphinx.ext.autodoc"]
html_theme = "furo"
html_title = f"actionplans {version}"
exclude_patterns = ["_build"]
myst_heading_anchors = 3
nitpicky = True
nitpick_ignore_regex = [(r"py:.*", r"(?!actionplans\.).*")]


def aliases() -> dict[str, str]:
    """The names that stand for a longer annotation, such as `Id`, so that signatures show them as they are written."""
    modules = [import_module(f"actionplans.{name}") for name in ("checks", "settings", "storage")]
    modules += [import_module(f"actionplans.model.{one.name}") for one in iter_modules(actionplans.model.__path__)]
    return {
        name: name for one in modules for name, value in vars(one).items() if name[0].isupper() and unclassed(value)
    }


def unclassed(value: object) -> bool:
    """Whether it is an alias or a type variable: a name of the type checker's, without an entry of its own."""
    return not isinstance(value, type) and type(value).__module__ in ("typing", "types")


autodoc_default_options = {
    "members": True,
    "member-order": "bysource",
    "show-inheritance": True,
    "special-members": "__call__",  # how a port is called that is a function
}
autodoc_typehints_format = "short"
autodoc_type_aliases = aliases()
python_maximum_signature_line_length = 100


def as_written(app: Sphinx, what: str, name: str, obj: Any, options: Any, lines: list[str]) -> None:
    """Our docstrings are plain text: backticks mark code, and an indented block or a drawing is shown as it stands."""

    def drawn(block: str) -> bool:
        return block.startswith("    ") or any(sign in block for sign in "├└│")

    def code(found: re.Match[str]) -> str:
        return f"``{found[1]}``" + (f"\\ {found[2]}" if found[2] else "")

    text = []
    for literal, blocks in groupby("\n".join(lines).split("\n\n"), drawn):
        if literal:
            text.append("::\n\n" + indent(dedent("\n\n".join(blocks)), "    "))
        else:
            text += [re.sub(r"`([^`]+)`(\w?)", code, block) for block in blocks]
    lines[:] = "\n\n".join(text).splitlines()


def named(app: Sphinx, what: str, name: str, obj: Any, options: Any, *signature: str | None) -> tuple[str | None, ...]:
    """Inside a union Sphinx shows an alias by its representation: show its name."""
    return tuple(text and re.sub(r"TypeAliasForwardRef\('(\w+)'\)", r"\1", text) for text in signature)


def public_name(app: Sphinx, env: Any, node: Any, contnode: nodes.Element) -> nodes.Node | None:
    """Link `actionplans.model.plan.Task` to `actionplans.model.Task`, under which the reference has it.

    An alias or a type variable has no entry of its own: its name is enough.
    """
    head, _, name = node.get("reftarget", "").rpartition(".")
    if not head.startswith("actionplans"):
        return None
    while "." in head:
        if unclassed(vars(import_module(head)).get(name)):
            return contnode
        head = head.rpartition(".")[0]
        domain, page = env.get_domain("py"), node.get("refdoc")
        found = domain.resolve_xref(env, page, app.builder, "obj", f"{head}.{name}", node, contnode)
        if found is not None:
            return found
    return None


def setup(app: Sphinx) -> None:
    """Called by Sphinx."""
    app.connect("autodoc-process-docstring", as_written)
    app.connect("autodoc-process-signature", named)
    app.connect("missing-reference", public_name)
