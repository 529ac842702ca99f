"""What uses the words and fields that an administrator changes, so that a change says what it touches (L1, L6, R5).

`keys_changed` names what two settings differ in, `uses_of` counts where one record uses it; a workspace streams its
records through (`ws.settings.impact`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any, Final, Literal, NamedTuple

from attrs import frozen

from actionplans.checks import Value
from actionplans.model import (
    Account,
    Condition,
    Objective,
    Person,
    Plan,
    Play,
    Task,
    Template,
    TemplateObjective,
    TemplatePlay,
    TemplateTask,
)
from actionplans.model.words import Count, Id, Line, Word, counted
from actionplans.settings import CustomField, Settings

Change = Literal["removed", "altered", "unfit"]
"""What becomes of a key: it goes, it means something else, or it is a custom field that stored values do not fit."""

LEAST_IDS: Final = 5
"""How many ids of records a use names, where the asker may see so many."""

HOLDERS: Final = ("plan", "template", "account", "person")
"""What uses words itself and is named by its id; of other items the plans are named that they stand in."""

Kept = Plan | Template | Account | Person
"""The records that use words of the settings. Drafts and shortcuts do too, but are asked again when they are used."""


@frozen
class Use(Value):
    """That a key which a change of the settings touches is in use.

    `vocabulary` is the field of the settings and `key` the key in it: `growth_plans`, `task.size` for a custom field,
    a role for a policy. `kind` is what uses it (plan, objective, play, task, account, person or template) and `count`
    how many of these; of templates each version counts. `ids` are of some of the plans, templates (`ID@VERSION`),
    accounts or persons that hold them, as far as the asker may see those.
    """

    vocabulary: Word
    key: Line
    change: Change
    kind: Word
    count: Count
    ids: tuple[Id, ...] = ()

    def sentence(self) -> str:
        """The use in words, for whoever is asked to confirm it."""
        told = {"removed": "goes", "altered": "changes", "unfit": "will not hold their values"}[self.change]
        where = "" if self.kind in HOLDERS else "in plan " if len(self.ids) == 1 else "in plans "
        named = f" ({where}{', '.join(self.ids)}{', …' if len(self.ids) < self.count else ''})" if self.ids else ""
        return f"{self.vocabulary} {self.key!r} {told}: used by {counted(self.count, self.kind)}{named}"


class Found(NamedTuple):
    """A word that something uses: in which vocabulary, which, what uses it, and the value that a custom field holds."""

    vocabulary: str
    key: str
    kind: str
    value: object = None


_KEYED: Mapping[str, str] = {
    "sections": "key",
    "stages": "id",
    "objective_statuses": "key",
    "task_statuses": "key",
    "collections": "key",
    "calendars": "name",
}
_WORDS = ("objective_categories", "task_types", "priorities", "roles")


def keys_changed(before: Settings, after: Settings) -> dict[tuple[str, str], Change]:
    """Each key that one has and the other has not, or has otherwise; what is new is used by nothing yet."""
    changed: dict[tuple[str, str], Change] = {}
    for vocabulary, was in _keys(before).items():
        now = _keys(after)[vocabulary]
        for key, held in was.items():
            if key not in now:
                changed[vocabulary, key] = "removed"
            elif now[key] != held:
                changed[vocabulary, key] = "altered"
    return changed


def _keys(settings: Settings) -> dict[str, dict[str, Any]]:
    """Every key of every vocabulary, with what it stands for."""
    found: dict[str, dict[str, Any]] = {
        name: {getattr(one, key): one for one in getattr(settings, name)} for name, key in _KEYED.items()
    }
    found |= {name: dict.fromkeys(getattr(settings, name)) for name in _WORDS}
    found["custom_fields"] = {f"{one.of}.{one.name}": one for one in settings.custom_fields}
    roles: dict[str, set[Any]] = {}
    for grant in settings.policy:
        roles.setdefault(grant.role, set()).add(grant)
    found["policy"] = dict(roles)
    return found


READ_FOR: Mapping[str, frozenset[str]] = {
    "sections": frozenset({"plan", "template"}),
    "stages": frozenset({"plan", "template"}),
    "objective_statuses": frozenset({"plan", "template"}),
    "objective_categories": frozenset({"plan", "template"}),
    "task_statuses": frozenset({"plan"}),
    "task_types": frozenset({"plan", "template"}),
    "priorities": frozenset({"plan", "template"}),
    "roles": frozenset({"account", "template"}),
    "custom_fields": frozenset({"plan", "template", "account"}),
    "collections": frozenset({"template"}),
    "calendars": frozenset({"plan", "template", "person"}),
    "policy": frozenset({"person"}),
}
"""The kinds of records that may use a word of each vocabulary."""


def uses_of(
    record: Kept, changed: Mapping[tuple[str, str], Change], before: Settings, after: Settings
) -> Counter[tuple[str, str, str, Change]]:
    """How often a record uses each changed key: by vocabulary, key, what uses it, and what becomes of it.

    A template counts once for each key.
    """
    fields = {f"{one.of}.{one.name}": one for one in after.custom_fields}
    found = (
        (one.vocabulary, one.key, one.kind, _fitting(one, changed[one.vocabulary, one.key], fields))
        for one in words_of(record, before)
        if (one.vocabulary, one.key) in changed
    )
    return Counter(set(found) if isinstance(record, Template) else found)


def _fitting(found: Found, change: Change, fields: Mapping[str, CustomField]) -> Change:
    """What becomes of a value: where its field still is there, it may fit no more."""
    if found.vocabulary != "custom_fields" or change == "removed" or found.value is None:
        return change
    return change if fields[found.key].fits(found.value) else "unfit"


def words_of(record: Kept, settings: Settings) -> Iterator[Found]:
    """Every word of the settings that a record uses."""
    match record:
        case Plan():
            yield from _of_plan(record)
        case Template():
            stages = {one.key: one.id for one in settings.stages if one.key}
            yield from (one._replace(kind="template") for one in _of_template(record, stages))
        case Account():
            yield from (Found("roles", role, "account") for role in record.roles)
            yield from _custom("account", record.custom)
        case Person():
            yield from (Found("policy", role, "person") for role in record.roles)
            yield from _calendars(record.calendar, "person")


def _of_plan(plan: Plan) -> Iterator[Found]:
    yield Found("sections", plan.section, "plan")
    yield Found("stages", plan.stage_id or "", "plan")
    yield from _calendars(plan.calendar, "plan")
    yield from _custom("plan", plan.custom)
    for objective in plan.objectives:
        yield from _of_item(objective)
    for play in plan.plays:
        yield from _of_item(play)
    for task in plan.tasks:
        yield from _of_item(task)
        yield Found("task_statuses", task.status_name, "task")
        yield Found("stages", task.stage_id or "", "task")


def _of_template(template: Template, stages: Mapping[str, str]) -> Iterator[Found]:
    yield Found("sections", template.section, "template")
    yield Found("collections", template.collection, "template")
    yield from _calendars(template.calendar, "template")
    yield from (Found("stages", stages[one.key], "template") for one in template.stages if one.key in stages)
    for item in template.items():
        if isinstance(item, TemplateObjective | TemplatePlay | TemplateTask):
            yield from _of_item(item)
            rules = (*item.owner, *getattr(item, "helpers", ()))
            yield from (Found("roles", one.removeprefix("role:"), "template") for one in rules if one[:5] == "role:")
        conditions: tuple[Condition, ...] = getattr(item, "conditions", ())
        for condition in conditions:
            of, _, name = condition.field.rpartition(".")
            if of == "account.custom":
                yield Found("custom_fields", f"account.{name}", "template")


def _of_item(
    item: Objective | Play | Task | TemplateObjective | TemplatePlay | TemplateTask,
) -> Iterator[Found]:
    if isinstance(item, Objective | TemplateObjective):
        yield Found("objective_statuses", item.status, item.kind)
        yield Found("objective_categories", item.category, item.kind)
    elif isinstance(item, Task | TemplateTask):
        yield Found("task_types", item.type, item.kind)
        yield Found("priorities", item.priority, item.kind)
        yield from _calendars(item.calendar, item.kind)
    yield from _custom(item.kind, item.custom)


def _custom(kind: str, custom: Mapping[str, Any]) -> Iterator[Found]:
    yield from (Found("custom_fields", f"{kind}.{name}", kind, value) for name, value in custom.items())


def _calendars(names: str, kind: str) -> Iterator[Found]:
    """A calendar, or each of those that are combined (D7)."""
    yield from (Found("calendars", one.strip(), kind) for one in names.split("&") if one.strip())
