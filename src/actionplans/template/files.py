"""Portable files: TOML, JSON and the XML of SalesforceLabs ActionPlans, read strictly into a template (T12).

Whatever is wrong with a file is one `InvalidFile`: with all problems and their places, or, where the text itself is
broken, the line and column. A file is untrusted: its size is bounded, keys stand in it once, nothing is expanded,
nothing is run.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import attrs

from actionplans.checks import shown
from actionplans.errors import Invalid, InvalidFile, Problem
from actionplans.model import Template
from actionplans.template.rules import PORTABLE_RULES, TEMPLATE_RULES, check_template

if TYPE_CHECKING:
    from os import PathLike

FORMATS = ("toml", "json", "xml")
"""The formats that can be read."""

MOST_BYTES = 16 * 2**20
"""The greatest size of a file, 16 MiB: room for 100 000 tasks."""

_WORD = r"""(?:[\w-]++|"(?:[^"\\\n]++|\\.)*+"|'[^'\n]*+')"""
_TEXTS = (
    r'"""(?:[^"\\]++|\\[\s\S]|"{1,2}+(?!"))*+"{0,5}+',
    r"'''(?:[^']++|'{1,2}+(?!'))*+'{0,5}+",
    r'"(?:[^"\\\n]++|\\.)*+"?+',
    r"'[^'\n]*+'?+",
    r"#[^\n]*+",
)
_DEEP_KEY = rf"""(?a)(?<![\w"'-])(?P<deep>(?:{_WORD}[ \t]*+\.[ \t]*+){{64}})|{"|".join(_TEXTS)}"""
"""A dotted TOML key of more than 64 parts: none of ours, and the time to parse one grows with their square.

What stands in texts and comments is no key, and is passed over.
"""

_CONTENT = r"""\A\s*[{<]|\n|\A[\w-]+\s*=\s*["'\[{]"""
"""How a template's text is told from a path that leads nowhere."""


def read_template(
    source: str | PathLike[str] | bytes,
    *,
    format: str | None = None,
    warn: Callable[[Problem], None] | None = None,
) -> Template:
    """The template that a file holds, in state `editing` (T1, T12). `source` is a path, or the content as bytes.

    `format` is one of `FORMATS`; without it the name's ending says, or else the first character. The id is the file's
    `id`, or made from the title (`Lead follow-up` → `lead-follow-up`); the host may give it another. What a store
    adds (`state`, `published_at`, `created_by`, `revision`) is left behind. `warn` is called with everything in the
    file that a template has no place for, which only the XML can have; without it each becomes a Python warning.

    Raises `InvalidFile` with every problem: nothing of a bad file is taken.
    """
    name, data = _opened(source)
    text = _text(name, data)
    read = _READERS[_format(name, text, format)]
    try:
        template = read(text, warn or _warned)
        check_template(template, (*TEMPLATE_RULES, *PORTABLE_RULES))
    except Invalid as error:
        raise InvalidFile(name, error.problems) from None
    return template


def _opened(source: str | PathLike[str] | bytes) -> tuple[str, bytes]:
    """The name and the content: the one place where a pure module opens a file, the one it is asked to read."""
    if isinstance(source, bytes):
        return "the template", source
    if not (isinstance(source, str) or hasattr(source, "__fspath__")):
        raise InvalidFile(
            "the template", (Problem("", f"a path, or the content as bytes, is wanted, not {shown(source)}"),)
        )
    name = str(source).encode("utf-8", "backslashreplace").decode()
    try:
        with open(source, "rb") as file:
            return name, file.read(MOST_BYTES + 1)
    except OSError as error:
        reason = f"{error.strerror or error}: check the path (a content is given as bytes)"
    except (ValueError, TypeError) as error:
        reason = f"is no path: {error} (a content is given as bytes)"
    if isinstance(source, str) and re.search(_CONTENT, name):
        reason = "this text is a template itself, not the path of one: give it as bytes, text.encode()"
        raise InvalidFile("the template", (Problem("", reason),))
    raise InvalidFile(name if len(name) <= 200 else name[:197] + "...", (Problem("", reason),))


def _text(name: str, data: bytes) -> str:
    if len(data) > MOST_BYTES:
        problem = f"is larger than {MOST_BYTES // 2**20} MiB: divide it into several templates"
    elif not data.strip():
        problem = "is empty"
    else:
        try:
            return data.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            line = data.count(b"\n", 0, error.start) + 1
            problem = f"is not UTF-8 (byte {error.start}, line {line}): save it as UTF-8"
    raise InvalidFile(name, (Problem("", problem),))


def _format(name: str, text: str, wanted: str | None) -> str:
    if wanted is not None:
        if wanted not in _READERS:
            raise InvalidFile(name, (Problem("format", f"one of {', '.join(FORMATS)}, not {shown(wanted)}"),))
        return wanted
    ending = name.rpartition(".")[2].lower()
    return ending if ending in _READERS else {"<": "xml", "{": "json"}.get(text.lstrip()[:1], "toml")


def _warned(problem: Problem) -> None:
    warnings.warn(str(problem), stacklevel=4)


def _from_toml(text: str, _: Callable[[Problem], None]) -> Template:
    import tomllib
    from decimal import Decimal

    deep = next((found for found in re.finditer(_DEEP_KEY, text) if found["deep"]), None)
    if deep:
        line = text.count("\n", 0, deep.start()) + 1
        raise Invalid(
            "TOML", (Problem("", f"line {line} has a key of more than 64 parts: tables go a few levels only"),)
        )
    try:
        plain = tomllib.loads(text, parse_float=Decimal)
    except RecursionError:
        raise Invalid("TOML", (Problem("", "is nested too deeply: tables go a few levels only"),)) from None
    except (ValueError, ArithmeticError) as error:
        raise Invalid("TOML", (Problem("", f"is no TOML: {_said(error)}"),)) from None
    return _from_plain(plain)


def _said(error: Exception) -> str:
    """A parser's own words, cut to a line."""
    text = " ".join(str(error).split()) or type(error).__name__
    return text if len(text) <= 200 else text[:197] + "..."


def _from_json(text: str, _: Callable[[Problem], None]) -> Template:
    from actionplans.codec.envelope import opened, parsed

    data = parsed(text)
    if isinstance(data, dict) and "format" in data:
        data = opened(data, Template)[1]
    return _from_plain(data)


def _from_plain(plain: Any) -> Template:
    """The template of plain data, shorthands expanded first; the problems of both are told together."""
    from actionplans.codec import from_plain
    from actionplans.template.shorthand import expanded

    if not isinstance(plain, dict):
        raise Invalid(
            "Template", (Problem("", f"an object with the fields of a Template is wanted, not {shown(plain)}"),)
        )
    full, found = expanded(plain)
    try:
        template = from_plain(Template, full)
    except Invalid as error:
        found += error.problems
    if found:
        raise Invalid("Template", tuple(found))
    return attrs.evolve(template, state="editing", published_at=None, created_by="", revision=0)


def _from_xml(text: str, warn: Callable[[Problem], None]) -> Template:
    from actionplans.template.salesforce import template_of

    return template_of(text, warn)


_READERS = {"toml": _from_toml, "json": _from_json, "xml": _from_xml}
