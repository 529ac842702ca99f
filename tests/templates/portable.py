"""A strategy for templates that can be written as files: whole, and with no ids of persons."""

from typing import Any

import attrs
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from actionplans.codec.forms import hints_of
from actionplans.errors import Invalid
from actionplans.model import (
    Condition,
    Dependency,
    Template,
    TemplateMilestone,
    TemplateObjective,
    TemplatePlay,
    TemplateStage,
    TemplateTask,
)
from actionplans.template.rules import ACCOUNT_FIELDS, PORTABLE_RULES, TEMPLATE_RULES, check_template
from actionplans.testing.strategies import nouns, values

CLASSES = (TemplateStage, TemplateObjective, TemplateMilestone, TemplatePlay, TemplateTask)
NAMES = ("stages", "objectives", "milestones", "plays", "tasks")
REFERRING = ("key", "anchors", "objective", "milestone", "stage", "parent", "owner", "helpers", "conditions", "after")
WHOLE = (*TEMPLATE_RULES, *PORTABLE_RULES)


@st.composite
def portable(draw: DrawFn) -> Template:
    """Any template, its items brought together: keys of their own, parents and predecessors that are there."""
    template: Template = draw(_some(Template, "id", "title"))
    anchors = ("go_live", "kickoff")[: draw(st.integers(0, 2))]
    items: dict[str, list[Any]] = {name: [] for name in NAMES}
    dated = ["start", *anchors]
    for name, cls in zip(NAMES, CLASSES, strict=True):
        for n in range(draw(st.integers(0, 3 if cls is TemplateTask else 2))):
            one = draw(_some(cls, "title"))
            key = f"{draw(st.sampled_from(('a', 'A-b.c', '9_')))}{name}{n}"
            items[name].append(attrs.evolve(one, key=key, **_references(draw, one, items, dated)))
            if getattr(one, "due", None) is not None:
                dated += [f"{one.kind}:{key}"] if one.kind in ("milestone", "task") else []
    whole = attrs.evolve(template, anchors=anchors, **{name: tuple(held) for name, held in items.items()})
    try:
        check_template(whole, WHOLE)
    except Invalid:
        whole = attrs.evolve(whole, kind="plan")  # the other kinds are of a shape
        check_template(whole, WHOLE)
    return whole


@st.composite
def _some(draw: DrawFn, cls: type, *needed: str) -> Any:
    """A value of the class with a few fields away from their defaults, none of which refers to anything."""
    hints = hints_of(cls)
    optional = sorted(hints.keys() - {*needed, *NAMES, *REFERRING})
    chosen = draw(st.lists(st.sampled_from(optional), max_size=5, unique=True))
    held = {name: draw(values(hints[name])) for name in (*needed, *chosen)}
    if held.keys() >= {"start", "due", "duration"}:
        del held["duration"]
    if held.get("completion_email") is not None:
        held["completion_email"] = attrs.evolve(held["completion_email"], contact_id=None)
    if held.get("metric") is not None:
        held["metric"] = attrs.evolve(held["metric"], readings=())
    for name in ("start", "due", "end"):
        if held.get(name) is not None:
            held[name] = attrs.evolve(held[name], anchor="start")
    return cls(**({"key": "later"} if "key" in hints else {}), **held)


def _references(draw: DrawFn, item: Any, items: dict[str, list[Any]], dated: list[str]) -> dict[str, Any]:
    """What the item refers to: anything before it, and nobody by an id."""
    above = {"objective": ("objectives",), "milestone": ("milestones",), "stage": ("stages",)}
    above["parent"] = ("objectives", "plays")
    fields: dict[str, Any] = {
        name: draw(st.sampled_from(["", *(one.key for kind in kinds for one in items[kind])]))
        for name, kinds in above.items()
        if hasattr(item, name)
    }
    for name, strategy in (("owner", _rules), ("helpers", _rules), ("conditions", _conditions)):
        if hasattr(item, name):
            fields[name] = tuple(draw(st.lists(strategy, max_size=2)))
    for name in ("start", "due", "end"):
        if getattr(item, name, None) is not None:
            fields[name] = attrs.evolve(getattr(item, name), anchor=draw(st.sampled_from(dated)))
    if isinstance(item, TemplateTask):
        fields["after"] = draw(_after([one.key for one in (*items["milestones"], *items["tasks"])]))
        if fields["after"] or any(one.after for one in items["tasks"]):
            fields["milestone"] = ""  # or the milestone might wait for what waits for it
    return fields


@st.composite
def _after(draw: DrawFn, keys: list[str]) -> tuple[Dependency, ...]:
    links = draw(st.lists(st.sampled_from(keys), max_size=3, unique=True)) if keys else []
    return tuple(attrs.evolve(draw(nouns(Dependency)), predecessor_id=key) for key in links)


_rules = st.sampled_from(("applier", "account_owner", "email:ana@example.com", "team:field", 'role:"a" #\\', "partner"))


@st.composite
def _condition(draw: DrawFn) -> Condition:
    field = draw(st.sampled_from(sorted(ACCOUNT_FIELDS - {"owner_id"})).map("account.{}".format) | st.just(""))
    made = attrs.evolve(draw(nouns(Condition)), field=field or "account.custom.size")
    value = made.value
    if field and not isinstance(value, str | tuple):
        value = draw(st.sampled_from(("enterprise", "it's", 'a "b"', "c\\d", "'\"", "two\nlines")))
    comparison = "==" if isinstance(value, bool) else "in" if isinstance(value, tuple) else "!="
    ordered = not isinstance(value, bool | tuple) and made.comparison != "in"
    return attrs.evolve(made, value=value, comparison=made.comparison if ordered else comparison)


_conditions = _condition()
