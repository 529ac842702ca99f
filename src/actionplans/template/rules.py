"""What the items of a template must keep together. Each rule is one function that yields every problem it finds.

A value has checked its own fields when it was made; here are the rules that span several: keys, parents, links,
anchors, cycles (T2, T5, T10, D9, P2), and, for files that travel, that nobody is named by an id (T12).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Set
from typing import Any, NamedTuple, cast

from actionplans.checks import check_of, shown
from actionplans.errors import Invalid, Problem
from actionplans.model import Condition, Offset, Template, TemplateItem, TemplateObjective, TemplatePlay, TemplateTask
from actionplans.model.people import Email
from actionplans.ordering import order
from actionplans.settings import Settings
from actionplans.vocabularies import (
    STAGE_WANTED,
    collection_problems,
    condition_problems,
    item_problems,
    section_problems,
    wants_stages,
)

Rule = Callable[[Template], Iterator[Problem]]

ACCOUNT_FIELDS = frozenset({"email", "id", "kind", "name", "owner_id", "time_zone", "type", "website"})
"""The fields of an account that a condition may ask for besides `custom` ones (T10); all of them are text."""

LISTS = ("stages", "objectives", "milestones", "plays", "tasks")
"""Where the items of a template stand."""

_SHAPES: dict[str, tuple[tuple[str, int, int], ...]] = {
    "play": (("objectives", 0, 1), ("plays", 1, 1)),
    "objective": (("objectives", 1, 1),),
    "task": (("objectives", 0, 0), ("milestones", 0, 0), ("plays", 0, 0), ("tasks", 1, 1)),
    "stage_library": (("objectives", 0, 0), ("milestones", 0, 0), ("plays", 0, 0)),
}
"""For each kind of template, how many items of each kind it has at least and at most."""
_OFFSETS = {"objective": ("start", "end"), "milestone": ("due",), "play": ("start", "due"), "task": ("start", "due")}
_PARENTS: dict[str, dict[str, tuple[str, ...]]] = {
    "milestone": {"objective": ("objective",)},
    "play": {"objective": ("objective",)},
    "task": {"parent": ("play", "objective"), "milestone": ("milestone",), "stage": ("stage",)},
}


class TemplateRules(NamedTuple):
    """The rules that every template keeps once it is published, or when it comes from a file."""

    shape: Rule
    keys: Rule
    anchors: Rule
    parents: Rule
    links: Rule
    offsets: Rule
    owners: Rule
    conditions: Rule
    cycles: Rule


class PortableRules(NamedTuple):
    """The rules for files that travel to where the ids of persons mean nothing."""

    persons: Rule
    others: Rule


def check_template(
    template: Template, rules: Iterable[Rule] | None = None, *, settings: Settings | None = None
) -> None:
    """Raise `Invalid` with every problem that the rules find, or do nothing. The time is linear in the items.

    With `settings` the words and custom fields of its items must be theirs too, as in a plan (L1, L6, L8, R5).
    """
    found = [problem for rule in rules or TEMPLATE_RULES for problem in rule(template)]
    if settings is not None:
        found += words(template, settings)
    if found:
        raise Invalid(f"the template {template.title!r}", tuple(found))


class _Standing(NamedTuple):
    """An item and where it stands."""

    list: str
    n: int
    item: TemplateItem

    def place(self, *fields: str) -> str:
        return ".".join((f"{self.list}[{self.n}]", *fields))


def _standing(template: Template, *lists: str) -> Iterator[_Standing]:
    for name in lists or LISTS:
        for n, item in enumerate(getattr(template, name)):
            yield _Standing(name, n, item)


def _by_key(template: Template) -> dict[str, TemplateItem]:
    return {item.key: item for item in template.items()}


def shape(template: Template) -> Iterator[Problem]:
    """A template of one thing holds that one thing, and what stands under it (T2, T13).

    A play's has one play and at most the objective that it brings, an objective's one objective, a task's one task; a
    stage library has stages and tasks.
    """
    for name, number, most in _SHAPES.get(template.kind, ()):
        items = getattr(template, name)
        if not number <= len(items) <= most:
            wanted = "no" if most == 0 else f"{number}" if number == most else f"at most {most}"
            told = f"a template of kind {template.kind} has {wanted} {name if most != 1 else name[:-1]}"
            yield Problem(name, f"{told}, not {len(items)}: change its kind, or divide it")
    roots: tuple[TemplatePlay | TemplateObjective, ...] = ()
    if template.kind in ("play", "objective"):
        roots = template.plays if template.kind == "play" else template.objectives
    for n, root in enumerate(roots[:1]):
        if root.start is not None and root.start.item_id:
            told = "what is launched starts by a date of the plan, not by an item's"
            yield Problem(f"{root.kind}s[{n}].start.anchor", told)
    for one in _standing(template, "plays", "tasks") if len(roots) == 1 else ():
        if isinstance(one.item, TemplateTask) and not one.item.parent:
            yield Problem(one.place("parent"), f"stands under the {template.kind}, {roots[0].key!r}")
        elif isinstance(one.item, TemplatePlay) and template.kind == "objective" and not one.item.objective:
            yield Problem(one.place("objective"), f"stands under the objective, {roots[0].key!r}")


def keys(template: Template) -> Iterator[Problem]:
    """Every item has a key, and no two have the same, whatever kind they are (T2)."""
    first: dict[str, _Standing] = {}
    for one in _standing(template):
        if not one.item.key:
            yield Problem(
                one.place("key"), f"{one.item.title!r} needs a key: a short name that stays when the title changes"
            )
        elif one.item.key in first:
            other = first[one.item.key].place()
            yield Problem(one.place("key"), f"{one.item.key!r} is the key of {other} already: every item has its own")
        else:
            first[one.item.key] = one


def anchors(template: Template) -> Iterator[Problem]:
    """The named dates have names that an offset can use, each once; `start` is always there (D9)."""
    seen: set[str] = set()
    for n, name in enumerate(template.anchors):
        if not re.fullmatch("[a-z][a-z0-9_]*", name) or name == "own_start":
            yield Problem(f"anchors[{n}]", f"a name in small letters like go_live, not {shown(name)}")
        elif name in seen:
            yield Problem(f"anchors[{n}]", f"{name!r} stands here twice")
        seen.add(name)


def parents(template: Template) -> Iterator[Problem]:
    """What an item says it stands under, is grouped by or belongs to is there and of the right kind (T2)."""
    items = _by_key(template)
    for one in _standing(template, "milestones", "plays", "tasks"):
        for field, kinds in _PARENTS[one.item.kind].items():
            key = getattr(one.item, field)
            if key:
                yield from _fits(one.place(field), key, kinds, items)


def _fits(place: str, key: str, kinds: tuple[str, ...], items: dict[str, TemplateItem]) -> Iterator[Problem]:
    wanted = " or ".join(kinds)
    if key not in items:
        yield Problem(place, f"there is no {wanted} {key!r} in this template: add it, or correct the key")
    elif items[key].kind not in kinds:
        yield Problem(place, f"{key!r} is a {items[key].kind}, not a {wanted}")


def links(template: Template) -> Iterator[Problem]:
    """A link names another task or a milestone of this template, and no two say the same (P2)."""
    items = _by_key(template)
    for one in _standing(template, "tasks"):
        task = cast(TemplateTask, one.item)
        seen: set[tuple[str, str]] = set()
        for n, link in enumerate(task.after):
            key, twice = link.predecessor_id, (link.predecessor_id, link.kind) in seen
            seen.add((key, link.kind))
            if not twice and key != task.key and key in items and items[key].kind in ("task", "milestone"):
                continue
            place = one.place(f"after[{n}]")
            if key == task.key:
                yield Problem(place, f"{key!r} cannot come after itself")
            elif twice:
                yield Problem(place, f"the {link.kind} link to {key!r} stands here twice")
            else:
                yield from _fits(place, key, ("task", "milestone"), items)


def offsets(template: Template) -> Iterator[Problem]:
    """An offset counts from a date that there will be: `start`, a declared anchor, a dated milestone or task (D9)."""
    items, dated = _by_key(template), _dated(template)
    names = {"start", *template.anchors}
    for one in _standing(template, *LISTS[1:]):
        for field in _OFFSETS[one.item.kind]:
            offset: Offset | None = getattr(one.item, field)
            if offset is None or offset.anchor in names:
                continue
            for problem in _counted_from(offset, one.item, field, items, dated):
                yield problem.under(one.place(field, "anchor"))


def _counted_from(
    offset: Offset, item: TemplateItem, field: str, items: dict[str, TemplateItem], dated: Set[str]
) -> Iterator[Problem]:
    if offset.anchor == "own_start":
        if not (item.kind == "task" and field == "due"):
            yield Problem("", "own_start is for the due of a task: name a date of the plan, a milestone or a task")
        return
    if not offset.item_id:
        yield Problem("", f"{offset.anchor!r} is no date of this template: add it to its anchors, or count from start")
        return
    kind, key = offset.anchor.split(":", 1)
    problem = next(_fits("", key, (kind,), items), None)
    if problem is not None:
        yield problem
    elif key not in dated:
        wanted = "start" if kind in ("play", "objective") else "due"
        yield Problem("", f"the {kind} {key!r} has no date to count from: give it a {wanted}")


def _dated(template: Template) -> frozenset[str]:
    """The keys of what a launch gives a date that others can count from: of plays and objectives that is the start.

    By an offset; or, for a task with a duration, by a link to one that has a date. Without a duration a link only moves
    a date that is there already (P1).
    """
    found = [one.key for one in template.milestones if one.due is not None]
    found += [one.key for one in template.objectives if one.start is not None]
    found += [one.key for one in template.plays if one.start is not None]
    found += [one.key for one in template.tasks if one.start is not None or one.due is not None]
    dated, after = set(found), dict[str, list[str]]()
    for task in template.tasks:
        if task.duration is not None and task.key not in dated:
            for link in task.after:
                after.setdefault(link.predecessor_id, []).append(task.key)
    while found:
        new = [key for key in after.pop(found.pop(), ()) if key not in dated]
        dated.update(new)
        found += new
    return frozenset(dated)


def words(template: Template, settings: Settings) -> Iterator[Problem]:
    """Collection, section, types, priorities, statuses, categories and custom fields are those of the settings.

    So are the custom fields that conditions ask for (L1, L6, L8, R5, T10, T14).
    """
    yield from collection_problems(template.collection, settings)
    yield from section_problems(template.section, settings)
    staged = wants_stages(template.section, settings)
    for one in _standing(template):
        for problem in (*item_problems(one.item, settings), *condition_problems(one.item, settings)):
            yield problem.under(one.place())
        if staged and isinstance(one.item, TemplateTask) and not one.item.stage:
            yield Problem(one.place("stage"), STAGE_WANTED)


def owners(template: Template) -> Iterator[Problem]:
    """A rule that names somebody by e-mail address has one (T5)."""
    for place, rule in owner_rules(template, "email:"):
        for problem in check_of(Email)(rule.removeprefix("email:")):
            yield problem.under(place)


def owner_rules(template: Template, prefix: str) -> Iterator[tuple[str, str]]:
    """The rules for owners and helpers that begin so, each with its place."""
    for one in _standing(template, "objectives", "plays", "tasks"):
        for field in ("owner", "helpers"):
            for n, rule in enumerate(getattr(one.item, field, ())):
                if rule.startswith(prefix):
                    yield one.place(f"{field}[{n}]"), rule


def conditions(template: Template) -> Iterator[Problem]:
    """A condition asks for a field that accounts have, and compares it with something it can be compared with (T10)."""
    for one in _standing(template, *LISTS[1:]):
        held: tuple[Condition, ...] = getattr(one.item, "conditions", ())
        for n, condition in enumerate(held):
            for problem in _condition(condition):
                yield problem.under(one.place(f"conditions[{n}]"))


def _condition(condition: Condition) -> Iterator[Problem]:
    name, value = condition.field.removeprefix("account."), condition.value
    if not name.startswith("custom."):
        if name not in ACCOUNT_FIELDS:
            known = ", ".join(sorted(ACCOUNT_FIELDS))
            yield Problem("field", f"accounts have no {name!r}: one of {known}, or custom.NAME")
        elif not isinstance(value, str | tuple):
            yield Problem("value", f"{condition.field} is text and never equals {shown(value)}")
    if condition.comparison == "in" and not isinstance(value, tuple):
        yield Problem("value", f"'in' wants a list, not {shown(value)}")
    if condition.comparison in ("<", "<=", ">", ">=") and isinstance(value, bool | tuple):
        yield Problem("value", f"{condition.comparison!r} wants a number, a date or text, not {shown(value)}")


def cycles(template: Template) -> Iterator[Problem]:
    """Nothing waits for itself: by links, by offsets counted from tasks and milestones, or by both (P2, D9).

    A milestone that tasks come after is done when its own tasks are (P3), so a task of a milestone cannot come
    after it. Such cycles are looked for once the dates have none.
    """
    points = {one.item.key: one.item for one in _standing(template, *LISTS[1:])}
    members: dict[str, list[str]] = {}
    for task in template.tasks:
        if task.milestone:
            members.setdefault(task.milestone, []).append(task.key)

    def finished(key: str) -> Iterable[str]:
        point = points[key]
        return _waited_for(point) if isinstance(point, TemplateTask) else members.get(key, ())

    try:
        order(points, lambda key: _dated_by(points[key]))
        order(points, finished)
    except Invalid as error:
        places = {one.item.key: one.place() for one in _standing(template, *LISTS[1:])}
        for problem in error.problems:
            yield Problem(places[problem.place], problem.message)


def _dated_by(item: TemplateItem) -> Iterator[str]:
    """The keys of what the item's dates are counted from."""
    for field in _OFFSETS[item.kind]:
        offset: Offset | None = getattr(item, field)
        if offset is not None and offset.item_id:
            yield offset.item_id
    if isinstance(item, TemplateTask):
        yield from (link.predecessor_id for link in item.after if link.predecessor_id != item.key)


def _waited_for(task: TemplateTask) -> Iterator[str]:
    """The keys of what must be done before the task may begin (P1, P3)."""
    for offset in (task.start, task.due):
        if offset is not None and offset.anchor.startswith("task:"):
            yield offset.item_id
    yield from (link.predecessor_id for link in task.after if link.kind == "FS" and link.predecessor_id != task.key)


def persons(template: Template) -> Iterator[Problem]:
    """No owner is named by the id of a person, which means nothing elsewhere: by e-mail address, or by a role (T12)."""
    for place, rule in owner_rules(template, "person:"):
        yield Problem(place, f"{rule!r} is an id of one installation: write email:ADDRESS, or a role like role:csm")


def others(template: Template) -> Iterator[Problem]:
    """Nor does anything else hold the id of a person: conditions, completion e-mails, metrics (T12)."""
    for one in _standing(template, *LISTS[1:]):
        for n, condition in enumerate(getattr(one.item, "conditions", ())):
            if condition.field == "account.owner_id":
                yield Problem(one.place(f"conditions[{n}]"), "compares with the id of a person: ask for something else")
        email: Any = getattr(one.item, "completion_email", None)
        if email is not None and email.contact_id is not None:
            yield Problem(
                one.place("completion_email.contact_id"), "is an id of one installation: leave it out, choose at launch"
            )
        metric: Any = getattr(one.item, "metric", None)
        if metric is not None and metric.readings:
            yield Problem(
                one.place("metric.readings"), "a template has no readings, which name persons: leave them out"
            )


def personal(template: Template, settings: Settings) -> Iterator[Problem]:
    """No custom field, set or asked for in a condition, is one that the settings say holds a person (R5, T12)."""
    held = {(one.of, one.name) for one in settings.custom_fields if one.type == "person"}
    for one in _standing(template, *LISTS[1:]):
        for name in getattr(one.item, "custom", ()):
            if (one.item.kind, name) in held:
                yield Problem(
                    one.place(f"custom[{name!r}]"), "holds the id of a person: leave it out, give it at launch"
                )
        for n, condition in enumerate(getattr(one.item, "conditions", ())):
            if ("account", condition.field.removeprefix("account.custom.")) in held:
                yield Problem(one.place(f"conditions[{n}]"), "compares with the id of a person: ask for something else")


TEMPLATE_RULES = TemplateRules(shape, keys, anchors, parents, links, offsets, owners, conditions, cycles)
PORTABLE_RULES = PortableRules(persons, others)
