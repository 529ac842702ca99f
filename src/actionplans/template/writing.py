"""Templates as portable files: TOML and JSON that people read and edit, with no ids of persons (T12).

    Template ── codec.to_plain ──► plain data ── shortened ──► what a person would write ──► TOML or JSON

What is at its default is left out, and what `shorthand` expands is written short wherever it reads back the same. Of
TOML the library `tomli_w` writes every value and key; the layout is ours: `[[tasks]]` for each task, with the tables
inside it on one line, and texts of several lines as such.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from typing import Any

from actionplans.checks import EMPTY, check_of, shown
from actionplans.errors import Invalid, MissingExtra, Problem
from actionplans.model import Template
from actionplans.model.people import Email
from actionplans.settings import Settings
from actionplans.template.files import MOST_BYTES
from actionplans.template.rules import LISTS, PORTABLE_RULES, TEMPLATE_RULES, check_template, owner_rules, personal
from actionplans.template.shorthand import comparison

Plain = dict[str, Any]
Dumps = Callable[..., str]

WRITTEN = ("toml", "json")
"""The formats that can be written; the XML is only read."""

PERSON = "person:"

_LEFT_BEHIND = ("state", "published_at", "created_by", "revision")
_WIDTH = 100


def write_template(
    template: Template,
    *,
    format: str = "toml",
    emails: Mapping[str, str] = EMPTY,
    settings: Settings | None = None,
) -> str:
    """The template as the text of a file in one of the formats `WRITTEN`; `read_template` gives it back (T12).

    A rule that names a person by id is written as `email:ADDRESS`, with the address that `emails` has for the id. What
    belongs to a store (`state`, `published_at`, `created_by`, `revision`) is not written. With `settings` the custom
    fields that hold persons are known, and refused.

    Raises `Invalid` with everything that would not come back, and with every id of a person that has no address; and
    `MissingExtra` where TOML is wanted and the extra `toml` is not installed.
    """
    found = [*_misused(template, format, emails)]
    if found:
        raise Invalid("writing a template", tuple(found))

    def addressed(template: Template) -> Iterator[Problem]:
        return _without_address(template, emails)

    rules = [*TEMPLATE_RULES, *PORTABLE_RULES._replace(persons=addressed)]
    if settings is not None:
        rules.append(lambda template: personal(template, settings))
    check_template(template, rules)
    text = _WRITERS[format](_short(template, emails))
    if len(text.encode()) > MOST_BYTES:
        told = f"would be a file larger than {MOST_BYTES // 2**20} MiB: divide it into several templates"
        raise Invalid(f"the template {template.title!r}", (Problem("", told),))
    return text


def persons_named(template: Template) -> frozenset[str]:
    """The ids of the persons that its rules name: those whose addresses `write_template` wants."""
    return frozenset(rule.removeprefix(PERSON) for _, rule in owner_rules(template, PERSON))


def _misused(template: object, format: object, emails: object) -> Iterator[Problem]:
    if not isinstance(template, Template):
        yield Problem("template", f"a Template is wanted, not {shown(template)}")
    if format not in WRITTEN:
        yield Problem("format", f"one of {', '.join(WRITTEN)}, not {shown(format)}")
    if not isinstance(emails, Mapping):
        yield Problem("emails", f"a mapping from a person's id to an address is wanted, not {shown(emails)}")


def _without_address(template: Template, emails: Mapping[str, str]) -> Iterator[Problem]:
    """The rules that name a person for whom there is no address."""
    for place, rule in owner_rules(template, PERSON):
        address = emails.get(rule.removeprefix(PERSON), "")
        if not address:
            yield Problem(place, f"{rule!r} has no e-mail address to be written by: give one, or a role like role:csm")
            continue
        for problem in check_of(Email)(address):
            yield Problem(place, f"the address of {rule!r}: {problem.message}")


def _short(template: Template, emails: Mapping[str, str]) -> Plain:
    """The template as plain data in which everything is as short as it may be; the inverse of `shorthand.expanded`."""
    from actionplans.codec import to_plain

    plain = to_plain(template)
    for name in _LEFT_BEHIND:
        plain.pop(name, None)
    kinds = {item.key: item.kind for item in template.items()}
    for name in LISTS:
        if name in plain:
            plain[name] = [_item(one, kinds, emails) for one in plain[name]]
    return plain


def _item(full: Plain, kinds: Mapping[str, str], emails: Mapping[str, str]) -> Plain:
    """One item, its fields in their order, each as short as it may be."""
    item: Plain = {}
    for name, value in full.items():
        match name:
            case "start" | "due" | "end" if not value.keys() - {"count"}:
                count = value.get("count", 0)
                item["on_day" if name == "due" and count >= 0 else name] = count
            case "owner" | "helpers":
                item[name] = _one_or_all([_addressed(rule, emails) for rule in value])
            case "after":
                item[name] = _one_or_all([_link(link, kinds) for link in value])
            case "conditions" if len(value) == 1 and isinstance(said := _said(value[0]), str):
                item["condition"] = said
            case "conditions":
                item[name] = [_said(one) for one in value]
            case "completion_email":
                item[name] = value["template_id"]
            case "metric":
                item[name] = {key: _number(one) if key in ("target", "start") else one for key, one in value.items()}
            case _:
                item[name] = value
    return item


def _one_or_all(values: list[Any]) -> Any:
    return values[0] if len(values) == 1 and isinstance(values[0], str) else values


def _addressed(rule: str, emails: Mapping[str, str]) -> str:
    return f"email:{emails[rule.removeprefix(PERSON)]}" if rule.startswith(PERSON) else rule


def _link(link: Plain, kinds: Mapping[str, str]) -> str | Plain:
    rest = {**link}
    key: str = rest.pop("predecessor_id")
    return {kinds[key]: key, **rest} if rest else key


def _number(text: str) -> int | str:
    """A whole number as such; any other stays the text that the codec wrote, exact to the last digit."""
    return int(text) if re.fullmatch("0|-?[1-9][0-9]*", text) else text


def _said(condition: Plain) -> str | Plain:
    """A condition in one line, where that line is read as the same condition."""
    value = condition["value"]
    said = f"{condition['field']} {condition['comparison']} {_literal(value)}"
    wrong: list[Problem] = []
    again = comparison(said, "", wrong)
    alike = _tagged(again["value"]) == _tagged(value) and {**again, "value": value} == condition
    return said if alike and not wrong else condition


def _literal(value: Any) -> str:
    """What stands for the value in a condition, if anything can."""
    match value:
        case bool():
            return "true" if value else "false"
        case int():
            return str(value)
        case str():
            return f'"{value}"' if "'" in value else f"'{value}'"  # neither TOML nor JSON has to escape a '
        case list():
            return f"[{', '.join(map(_literal, value))}]"
        case {"date": text} | {"decimal": text}:
            return str(text)
    return ""


def _tagged(value: Any) -> tuple[str, str]:
    """A value by its type and exact text, whether it is plain data of the codec or what a literal was read as."""
    if isinstance(value, dict):
        [(tag, text)] = value.items()
        return tag, text
    return type(value).__name__.lower(), str(value)


def _json(plain: Plain) -> str:
    import json

    return json.dumps(plain, ensure_ascii=False, indent=2) + "\n"


def _toml(plain: Plain) -> str:
    """The fields of the template, then every item as a table of its own."""
    try:
        from tomli_w import dumps
    except ImportError as error:
        raise MissingExtra("tomli-w", "toml") from error
    head = {name: value for name, value in plain.items() if name not in LISTS}
    tables = ["".join(_lines(head, dumps))]
    for name in LISTS:
        tables += (f"[[{name}]]\n{''.join(_lines(_native(item), dumps))}" for item in plain.get(name, ()))
    return "\n".join(tables)


def _native(item: Plain) -> Plain:
    """An item with dates, times and decimals as TOML has them."""
    native = {**item}
    for name, value in item.items():
        match name, value:
            case "custom", dict():
                native[name] = {key: _untagged(one) for key, one in value.items()}
            case "conditions", list():
                native[name] = [_untagged_condition(one) for one in value]
            case "metric", dict():
                native[name] = {key: _decimal(one) if key in ("target", "start") else one for key, one in value.items()}
            case "reminder", {"at": str(text)} if len(text) == len("09:00:00"):
                native[name] = {**value, "at": dt.time.fromisoformat(text)}
    return native


def _untagged(value: Any) -> Any:
    match value:
        case {"date": str(text)}:
            return dt.date.fromisoformat(text)
        case {"decimal": str(text)}:
            number = _decimal(text)
            return value if number is text else number
    return value


def _untagged_condition(condition: str | Plain) -> str | Plain:
    return condition if isinstance(condition, str) else {**condition, "value": _untagged(condition["value"])}


def _decimal(number: int | str) -> int | str | Decimal:
    """Exact to the last zero; what has neither point nor exponent stays a text, for it would get a `.0` in TOML."""
    return Decimal(number) if isinstance(number, str) and re.search("[.E]", number) else number


def _lines(table: Plain, dumps: Dumps) -> Iterator[str]:
    """The fields of a table, a line each; long lists and texts of several lines get more."""
    for name, value in table.items():
        if isinstance(value, str):
            yield dumps({name: value}, multiline_strings=_of_lines(value))
            continue
        said = _value(value, dumps)
        if isinstance(value, list) and len(said) > _WIDTH:
            said = "".join(("[\n", *(f"    {_value(one, dumps)},\n" for one in value), "]"))
        yield f"{name} = {said}\n"


def _of_lines(text: str) -> bool:
    """Whether a text has several lines that come through every editor as they are: none ends in white space."""
    return "\n" in text and all(line == line.rstrip() for line in text.split("\n"))


def _value(value: Any, dumps: Dumps) -> str:
    """A value as it stands behind `=`, on one line."""
    match value:
        case list():
            return f"[{', '.join(_value(one, dumps) for one in value)}]"
        case dict():
            fields = (f"{_key(name, dumps)} = {_value(one, dumps)}" for name, one in value.items())
            return f"{{ {', '.join(fields)} }}" if value else "{}"
    return dumps({"x": value}).removeprefix("x = ").removesuffix("\n")


def _key(name: str, dumps: Dumps) -> str:
    return dumps({name: 0}).removesuffix(" = 0\n")


_WRITERS: dict[str, Callable[[Plain], str]] = {"toml": _toml, "json": _json}
