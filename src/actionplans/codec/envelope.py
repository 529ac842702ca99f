"""JSON text that says what it is: `{"format": "actionplans", "version": 1, "type": "Plan", "data": {…}}`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from actionplans.checks import shown
from actionplans.codec.forms import NOUNS
from actionplans.errors import Invalid, Problem

FORMAT = "actionplans"
VERSION = 1
"""The newest version of the format that this release reads, and the one it writes."""

KEYS = ("format", "version", "type", "data")
DIGITS = 20
"""Whole numbers with more digits than this are refused before they are made."""


def wrapped(name: str, data: object, indent: int | None) -> str:
    """The text for one noun."""
    import json

    outer = {"format": FORMAT, "version": VERSION, "type": name, "data": data}
    return json.dumps(outer, indent=indent, ensure_ascii=False, separators=(",", ": " if indent else ":"))


def parsed(text: str | bytes) -> Any:
    """Any JSON text as plain data; raises `Invalid` for what is no JSON, has a key twice or is nested too deeply."""
    import json

    twice: list[str] = []

    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        made = dict(pairs)
        if len(made) < len(pairs):
            seen: set[str] = set()
            twice.extend(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]
        return made

    try:
        if isinstance(text, bytes):
            text = text.decode("utf-8-sig")
        data = json.loads(text, object_pairs_hook=once, parse_int=_whole, parse_constant=_no_number)
    except UnicodeDecodeError as error:
        raise _refused(f"is no UTF-8 at byte {error.start}: save it as UTF-8") from None
    except json.JSONDecodeError as error:
        raise _refused(f"is no JSON: line {error.lineno}, column {error.colno}: {error.msg}") from None
    except RecursionError:
        raise _refused("is nested too deeply") from None
    if twice:
        found = (Problem("", f"the key {shown(key)} stands twice in one object") for key in twice)
        raise Invalid("the text", tuple(found))
    return data


def opened(outer: object, cls: type | None) -> tuple[str, Any]:
    """The name of the class and the data inside the envelope; raises `Invalid` with everything wrong with it."""
    if not isinstance(outer, dict) or "format" not in outer:
        raise _refused('is not in this format: {"format": "actionplans", …} is wanted, as dumps writes it')
    if outer["format"] != FORMAT:
        raise Invalid("the text", (Problem("format", f"{FORMAT!r} is wanted, not {shown(outer['format'])}"),))
    version = outer.get("version")
    if type(version) is int and version > VERSION:
        advice = f"version {version} is newer than {VERSION}, the newest that is known here: upgrade actionplans"
        raise Invalid("the text", (Problem("version", advice),))
    if found := tuple(_faults(outer, cls)):
        raise Invalid("the text", found)
    return outer["type"], outer["data"]


def _faults(outer: dict[str, Any], cls: type | None) -> Iterator[Problem]:
    for key in KEYS:
        if key not in outer:
            yield Problem(key, "is missing")
    for key in outer:
        if key not in KEYS:
            yield Problem("", f"no such key here: {shown(key)}; there are {', '.join(KEYS)}")
    if "version" in outer and (type(outer["version"]) is not int or outer["version"] < 1):
        yield Problem("version", f"a whole number from 1 is wanted, not {shown(outer['version'])}")
    if "type" in outer:
        yield from _wrong_type(outer["type"], cls)


def _wrong_type(name: object, cls: type | None) -> Iterator[Problem]:
    if cls is not None:
        if name != cls.__name__:
            yield Problem("type", f"{cls.__name__!r} is wanted, not {shown(name)}")
    elif not isinstance(name, str) or name not in NOUNS:
        yield Problem("type", f"there is no type {shown(name)}; there are {', '.join(sorted(NOUNS))}")


def _refused(message: str) -> Invalid:
    return Invalid("the text", (Problem("", message),))


def _whole(digits: str) -> int:
    if len(digits) > DIGITS:
        raise _refused(f"holds a number of {len(digits)} digits: at most {DIGITS}")
    return int(digits)


def _no_number(name: str) -> Any:
    raise _refused(f"holds {name}, which is no number in JSON")
