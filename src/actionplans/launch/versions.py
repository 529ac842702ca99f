"""What two versions of a template say differently, item by item and field by field (T9)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import attrs
from attrs import frozen

from actionplans.checks import wanted
from actionplans.model import Template, TemplateItem
from actionplans.template.rules import LISTS

OF_TEMPLATE = ("title", "description", "section", "category", "calendar", "link_policy", "anchors", "shared")
"""What a template says of a plan as a whole."""


@frozen
class Changed:
    """One thing that two versions say differently: a field of an item, or of the template itself (`key` empty).

    Of an item that came or went `field` is empty, and `before` or `after` None.
    """

    key: str
    kind: str
    field: str
    before: Any
    after: Any


def compare(before: Template, after: Template) -> tuple[Changed, ...]:
    """Everything that the second version says otherwise than the first, in the order of its items; then what went."""
    return tuple(_changes(wanted(Template, before, "before"), wanted(Template, after, "after")))


def _changes(before: Template, after: Template) -> Iterator[Changed]:
    for name in OF_TEMPLATE:
        if getattr(before, name) != getattr(after, name):
            yield Changed("", "template", name, getattr(before, name), getattr(after, name))
    old, new = by_key(before), by_key(after)
    for key, item in new.items():
        was = old.get(key)
        if was is None or was.kind != item.kind:
            yield Changed(key, item.kind, "", None, item)
        elif was != item:
            for one in attrs.fields(type(item)):
                if getattr(was, one.name) != getattr(item, one.name):
                    yield Changed(key, item.kind, one.name, getattr(was, one.name), getattr(item, one.name))
    for key, item in old.items():
        if key not in new or new[key].kind != item.kind:
            yield Changed(key, item.kind, "", item, None)
    for name in LISTS:
        had, has = (tuple(one.key for one in getattr(version, name)) for version in (before, after))
        if tuple(key for key in had if key in has) != tuple(key for key in has if key in had):
            yield Changed("", name, "order", had, has)


def by_key(template: Template) -> dict[str, TemplateItem]:
    """The items of a template by their keys."""
    return {item.key: item for item in template.items()}
