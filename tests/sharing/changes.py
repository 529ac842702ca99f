"""Random changes of what a contact may not see: whatever leaves the slow reference's answer as it was."""

import datetime as dt
import random
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import attrs

from actionplans.checks import FrozenMap, Text
from actionplans.errors import Invalid
from actionplans.journal import Edit, Entry
from actionplans.model import (
    Account,
    Comment,
    Dependency,
    Invitation,
    MessageTemplate,
    Milestone,
    Objective,
    Offset,
    Person,
    Plan,
    Play,
    Shortcut,
    Stage,
    Summary,
    SummaryRevision,
    Task,
    Team,
    Template,
    Touchpoint,
)
from actionplans.model.rules import check
from actionplans.settings import CustomField
from actionplans.storage import invitation_id
from tests.sharing import filling, oracle
from tests.sharing.worlds import ACCOUNTS, CONTACTS, EVERYBODY, NOW, WORDS, World

STILL = frozenset(
    "title description priority category tags helpers owner_rule owner_by_hand required reminder completion_email"
    " comments custom key fixed origin created_by type status_name weight created_at completed_at".split()
)
"""Fields that never move a date or a status: after changing only these, even what a command does is the same."""

PATTERNS = {
    "letters, digits, '_', '.' and '-' after a first letter or digit": "key-{}",
    "an address like ana@example.com": "{}@else.example",
    "a time zone like Europe/Lisbon": "Asia/Tokyo",
}
"""Texts for the patterns that there are, by their forms; {} is a word."""

Change = Callable[["Dice", World], World]


class Dice(filling.Leaves):
    """Leaves by chance, and the changes that can be made of them."""

    def __init__(self, seed: str) -> None:
        """The same every time."""
        self.dice = random.Random(seed)

    def text(self, rule: Text) -> str:
        """Some words, or what the pattern wants."""
        word = (
            " ".join(self.dice.choices(WORDS, k=self.dice.randint(1, 3)))
            if not rule.pattern
            else self.dice.choice(WORDS)
        )
        return PATTERNS[rule.form].format(word) if rule.pattern else word

    def whole(self, least: int, most: int) -> int:
        """Not too large, so that dates stay in our years."""
        return self.dice.randint(max(least, -20), min(most, 20))

    def number(self) -> Decimal:
        """A small one."""
        return Decimal(self.dice.randint(0, 20))

    def day(self) -> dt.date:
        """Around the days of the worlds."""
        return dt.date(2026, 1, 1) + dt.timedelta(self.dice.randint(0, 120))

    def moment(self) -> dt.datetime:
        """In the past or future."""
        return NOW + dt.timedelta(hours=self.dice.randint(-2000, 2000))

    def time(self) -> dt.time:
        """A full hour."""
        return dt.time(self.dice.randint(0, 23))

    def one_of(self, choices: tuple[Any, ...]) -> Any:
        """Any of them."""
        return self.dice.choice(choices)

    def count(self) -> int:
        """None, one or two."""
        return self.dice.randint(0, 2)


def hidden_changes(world: World, contact: str, seed: str, *, still: bool, most: int) -> World:
    """The world after some changes that the contact must not notice; `still` ones move nothing either."""
    dice, before = Dice(seed), oracle.everything(world, contact)
    made = 0
    for _ in range(most * 3):
        try:
            after = dice.one_of(KINDS)(dice, world, still)
            for plan in after.of(Plan):
                if plan is not world.get(Plan, plan.id):
                    check(plan)
        except Invalid:  # a value that the noun refuses: try another
            continue
        if after is not world and unseen(world, after, contact, before):
            world, made = after, made + 1
        if made == most:
            break
    return world


def unseen(world: World, after: World, contact: str, before: dict[str, Any]) -> bool:
    """Whether the contact gets the same as `before`; the slow reference is asked for what may differ."""
    if after.get(Person, contact) != world.get(Person, contact):
        return False
    old, new = ({one.id: one for one in these.of(Plan)} for these in (world, after))
    others = [[one for one in these.records if not isinstance(one, Plan)] for these in (world, after)]
    if others[0] != others[1] or world.settings != after.settings or old.keys() - new.keys():
        return oracle.everything(after, contact) == before
    changed = [one for one in new.values() if one is not old.get(one.id)]
    return oracle.everything(after, contact, changed) == {one.id: before[one.id] for one in changed if one.id in before}


def _given(dice: Dice, plan: Plan | None = None) -> filling.Given:
    """What names other things names such as there are."""
    ids: dict[str, Any] = {part: [one.id for one in getattr(plan, part)] if plan else [] for part in oracle.PARTS}
    owner = lambda: dice.one_of((None, *EVERYBODY))  # noqa: E731
    given: dict[tuple[type, str], Callable[[], Any]] = {
        (Offset, "anchor"): lambda: dice.one_of(("start", *(f"task:{one}" for one in ids["tasks"]))),
        (Task, "parent_id"): lambda: dice.one_of((None, *ids["objectives"], *ids["plays"])),
        (Task, "milestone_id"): lambda: dice.one_of((None, *ids["milestones"])),
        (Task, "stage_id"): lambda: dice.one_of((None, "proposal", *ids["stages"])),
        (Task, "dependencies"): lambda: tuple(Dependency(one) for one in ids["tasks"] if dice.dice.random() < 0.2),
        (Task, "helpers"): lambda: tuple(dice.dice.sample(EVERYBODY[:8], dice.count())),
        (Task, "calendar"): lambda: "default",
        (Plan, "calendar"): lambda: "default",
        (Person, "calendar"): lambda: "default",
        (Plan, "anchors"): lambda: FrozenMap(
            {**(plan.anchors if plan else {}), dice.one_of(("go_live", "end")): dice.day()}
        ),
        (Plan, "account_id"): lambda: dice.one_of(ACCOUNTS),
        (Plan, "section"): lambda: dice.one_of(("", "growth_plans", "sales_plan", "secret", "gone")),
        (Account, "parent_id"): lambda: dice.one_of((None, *ACCOUNTS)),
        (Person, "account_id"): lambda: dice.one_of((None, *ACCOUNTS)),
        (Person, "kind"): lambda: "contact",
    }
    for cls in (Milestone, Play):
        given[cls, "objective_id"] = lambda: dice.one_of((None, *ids["objectives"]))
    for cls in (Objective, Milestone, Play, Task):
        given[cls, "withheld"] = lambda: False
    for cls in (Plan, Objective, Play, Task):
        given[cls, "owner_id"] = owner
        of = cls.__name__.casefold()
        given[cls, "custom"] = lambda of=of: FrozenMap(
            {f"{word}_{n}": dice.text(Text(100)) for word in ("open", "inside") for n in range(4) if of}
        )
    return given


def _field(dice: Dice, world: World, still: bool) -> World:
    """A field of an item gets another value."""
    plan = dice.one_of(tuple(world.of(Plan)))
    if not plan.tasks:
        return world
    item = dice.one_of(tuple(plan.items()))
    names = [one.name for one in attrs.fields(type(item)) if one.name != "id" and (not still or one.name in STILL)]
    name = _rather_hidden(dice, type(item), names)
    value = filling.field(type(item), name, dice, _given(dice, plan))
    if name == "custom":
        value = item.custom.having("inside_2", dice.text(Text(100)))
    if name == "comments":
        value = (*item.comments, *(attrs.evolve(one, internal=True) for one in value))
    return world.having(_with(plan, attrs.evolve(item, **{name: value})))


def _rather_hidden(dice: Dice, cls: type, names: list[str]) -> str:
    """Mostly a field that is not listed: the others may be changed in what is hidden as a whole."""
    partly = {"comments", "custom", "anchors", "helpers", "completion"}
    hidden = [one for one in names if one not in oracle.LISTED.get(cls, ()) or one in partly]
    return str(dice.one_of(tuple(hidden if dice.dice.random() < 0.7 else names)))


def _several(dice: Dice, world: World, still: bool) -> World:
    """Many fields of one item get others, each where that alone may be."""
    for _ in range(6):
        try:
            world = _field(dice, world, still)
        except Invalid:  # the next one
            continue
    return world


def _with(plan: Plan, item: Any) -> Plan:
    part = f"{item.kind}s"
    return attrs.evolve(plan, **{part: tuple(item if one.id == item.id else one for one in getattr(plan, part))})


def _of_plan(dice: Dice, world: World, still: bool) -> World:
    """A field of a plan's own gets another value."""
    plan = dice.one_of(tuple(world.of(Plan)))
    skip = {"id", *oracle.PARTS}
    names = [one.name for one in attrs.fields(Plan) if one.name not in skip and (not still or one.name in STILL)]
    name = _rather_hidden(dice, Plan, names)
    return world.having(attrs.evolve(plan, **{name: filling.field(Plan, name, dice, _given(dice, plan))}))


def _linked(dice: Dice, world: World, still: bool) -> World:
    """What a task waits for is called otherwise."""
    plan = dice.one_of(tuple(world.of(Plan)))
    ahead = [plan.task(link.predecessor_id) for task in plan.tasks for link in task.dependencies]
    if not ahead:
        return world
    return world.having(_with(plan, attrs.evolve(dice.one_of(tuple(ahead)), title=dice.text(Text(100)))))


def _noted(dice: Dice, world: World, still: bool) -> World:
    """As many internal notes on a task as it takes."""
    plan = dice.one_of(tuple(world.of(Plan)))
    if not plan.tasks:
        return world
    task = dice.one_of(plan.tasks)
    notes = tuple(filling.noun(Comment, dice, {}, internal=True) for _ in range(3))
    return world.having(_with(plan, attrs.evolve(task, comments=(*task.comments, *notes))))


def _add(dice: Dice, world: World, still: bool) -> World:
    """An item comes, anywhere among those of its kind."""
    plan = dice.one_of(tuple(world.of(Plan)))
    cls = dice.one_of((Stage, Objective, Milestone, Play, Task, Task, Task))
    given = dict(_given(dice, plan))
    if still:
        for name in ("parent_id", "milestone_id", "offset", "start_offset", "objective_id"):
            given[cls, name] = lambda: None
        given[cls, "dependencies"] = lambda: ()
    held: dict[str, Any] = {"id": f"new{dice.dice.randrange(10**9)}"}
    if cls is Task:
        held |= {"status": "open", "completion": None}
    item = filling.noun(cls, dice, given, **held)
    part = f"{item.kind}s"
    items = [*getattr(plan, part)]
    items.insert(dice.dice.randint(0, len(items)), item)
    return world.having(attrs.evolve(plan, **{part: tuple(items)}))


def _delete(dice: Dice, world: World, still: bool) -> World:
    """An item goes; what hung on it lets go."""
    plan = dice.one_of(tuple(world.of(Plan)))
    if not plan.tasks:
        return world
    gone = dice.one_of(tuple(plan.items()))
    left = {
        part: tuple(_freed(one, gone.id) for one in getattr(plan, part) if one.id != gone.id) for part in oracle.PARTS
    }
    hung = any(one not in tuple(plan.items()) for items in left.values() for one in items)
    ties = [getattr(gone, name, None) for name in ("parent_id", "milestone_id", "objective_id")]
    if still and (hung or any(ties)):
        return world
    return world.having(attrs.evolve(plan, **left))


def _freed(item: Any, gone: str) -> Any:
    loose: dict[str, Any] = {}
    for name in ("parent_id", "milestone_id", "objective_id", "stage_id"):
        if getattr(item, name, None) == gone:
            loose[name] = None
    for name in ("offset", "start_offset", "end_offset"):
        offset = getattr(item, name, None)
        if offset is not None and offset.item_id == gone:
            loose[name] = None
    if isinstance(item, Task):
        loose["dependencies"] = tuple(one for one in item.dependencies if one.predecessor_id != gone)
    return attrs.evolve(item, **loose)


def _record(dice: Dice, world: World, still: bool) -> World:
    """A field of an account, person, team, invitation, summary or touchpoint gets another value."""
    kinds = (Account, Person, Team, Invitation, Summary, Touchpoint)
    record = dice.one_of(tuple(one for one in world.records if isinstance(one, kinds)))
    skip = {"id", "revision", "plan_id", "contact_id", *({"calendar"} if still else ())}
    name = dice.one_of(tuple(one.name for one in attrs.fields(type(record)) if one.name not in skip))
    return world.having(attrs.evolve(record, **{name: filling.field(type(record), name, dice, _given(dice))}))


def _invitation(dice: Dice, world: World, still: bool) -> World:
    """Somebody's invitation comes or goes."""
    plan, contact = dice.one_of(tuple(world.of(Plan))), dice.one_of(CONTACTS)
    id = invitation_id(plan.id, contact)
    before = world.get(Invitation, id)
    if before is not None:
        return world.without(before)
    return world.having(Invitation(id, plan.id, plan.account_id, contact, "u1", NOW))


def _more(dice: Dice, world: World, still: bool) -> World:
    """Another record: a plan, an account, a person, a template, a shortcut, a message, a summary, a touchpoint."""
    id, words = f"more{dice.dice.randrange(10**9)}", dice.text(Text(100))
    task = Task(f"{id}-task", words, owner_id=dice.one_of(("any_contact", "c0", "u0")), shared=True)
    return world.having(
        dice.one_of(
            (
                Plan(id, dice.one_of(ACCOUNTS), words, FrozenMap({"start": dice.day()}), tasks=(task,), shared=True),
                Account(id, words, parent_id=dice.one_of(ACCOUNTS)),
                Person(id, words, "contact", email=f"{id}@else.example", account_id=dice.one_of(ACCOUNTS)),
                Template(id, words, state="published", version=1),
                Shortcut(id, words, dice.one_of(ACCOUNTS), owner_id="u0"),
                MessageTemplate(id, words, words, words),
                Summary("site", (SummaryRevision(1, words, "u0", NOW),)),
                Touchpoint(id, dice.one_of(ACCOUNTS), words, dice.moment(), "u0", participants=CONTACTS),
            )
        )
    )


def _journal(dice: Dice, world: World, still: bool) -> World:
    """The journal says otherwise, and plans have been stored more often."""
    plan = dice.one_of(tuple(world.of(Plan)))
    edit = Edit("task", plan.tasks[0].id if plan.tasks else "gone", "title", dice.text(Text(9)), dice.text(Text(9)))
    entry = Entry("plan", plan.id, 1, dice.moment(), "u1", "task.edit", (edit,))
    entries = (*(one for one in world.entries if one.id != plan.id), entry)
    return attrs.evolve(world, entries=entries, again=world.again + dice.count())


def _settings(dice: Dice, world: World, still: bool) -> World:
    """Another custom field that contacts are not shown."""
    more = CustomField(
        f"new_{dice.dice.randrange(10**9)}", dice.text(Text(9)), of="task", seen_by=frozenset({"contact"})
    )
    where = dice.dice.randint(0, len(world.settings.custom_fields))
    fields = world.settings.custom_fields
    return attrs.evolve(
        world, settings=attrs.evolve(world.settings, custom_fields=(*fields[:where], more, *fields[where:]))
    )


KINDS = (
    *(_field, _several, _several, _of_plan, _linked, _noted, _add, _delete),
    *(_record, _record, _invitation, _more, _journal, _settings),
)
