"""The life of a template: editing, published as version 1, 2, …, retired (T1). Each step gives a new value."""

from __future__ import annotations

import datetime as dt
from typing import Any

import attrs

from actionplans.errors import Invalid, Problem, Refused
from actionplans.model import Template
from actionplans.settings import Settings
from actionplans.template.rules import check_template

_OWN_STEPS = {"id": "save it as another template", "version": "revise it", "state": "publish, revise or retire it"}
_OWN_STEPS |= {"published_at": "publish it", "revision": "a store counts it"}


def change(template: Template, **fields: Any) -> Template:
    """The template with other fields; refused unless it is being edited: a published version never changes (T1).

    The result may be unfinished: `publish` checks the whole.
    """
    if template.state != "editing":
        raise Refused("changing", f"{_named(template)} is {template.state}: revise it and change the next version")
    known = {one.name for one in attrs.fields(Template)}
    found = [Problem(name, "a template has no such field") for name in fields if name not in known]
    found += [Problem(name, f"is not changed like this: {_OWN_STEPS[name]}") for name in fields if name in _OWN_STEPS]
    if found:
        raise Invalid("Template", tuple(found))
    return attrs.evolve(template, **fields)


def publish(template: Template, at: dt.datetime, *, settings: Settings | None = None) -> Template:
    """The template as the published version of its number, at that moment; the rules are checked first (T1, T2).

    With `settings` its words must be theirs too. Raises `Refused` for one that is published or retired, `Invalid` with
    every problem of its items.
    """
    if template.state == "published":
        raise Refused("publishing", f"{_named(template)} is published already: revise it to make the next version")
    if template.state == "retired":
        raise Refused("publishing", f"{_named(template)} is retired: save it as another template")
    check_template(template, settings=settings)
    return attrs.evolve(template, state="published", published_at=at)


def revise(template: Template) -> Template:
    """The next version, open for editing; the published one stays as it is and goes on being launched (T1)."""
    if template.state != "published":
        advice = "change it as it is" if template.state == "editing" else "save it as another template"
        raise Refused("revising", f"{_named(template)} is {template.state}: {advice}")
    return attrs.evolve(template, state="editing", version=template.version + 1, published_at=None)


def retire(template: Template) -> Template:
    """The version as one that is launched no more; plans launched from it go on (T1, T3)."""
    if template.state != "published":
        advice = "nothing launches from it yet" if template.state == "editing" else "nothing launches from it any more"
        raise Refused("retiring", f"{_named(template)} is {template.state}: {advice}")
    return attrs.evolve(template, state="retired")


def _named(template: Template) -> str:
    return f"version {template.version} of {template.title!r}"
