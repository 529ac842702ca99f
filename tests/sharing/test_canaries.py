"""Long strange words in every field that a contact may not see, looked for in everything that they can get (V5).

Fields and records are found by reflection: one that is added later gets its word by itself, or the test fails.
"""

import base64
import datetime as dt
import html
import itertools
import re
import urllib.parse
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import attrs
import pytest

import actionplans as ap
from actionplans import edit
from actionplans.checks import FrozenMap, Text
from actionplans.journal import Edit, Entry
from actionplans.model import (
    Account,
    Comment,
    Completion,
    Dependency,
    Invitation,
    Milestone,
    Objective,
    Offset,
    Person,
    Plan,
    Play,
    Reference,
    Shift,
    Stage,
    Task,
    TemplateTask,
)
from actionplans.settings import CustomField, Settings
from actionplans.storage import KINDS, Batch, Message, id_of, invitation_id, kind_of
from tests.sharing import filling, gotten, oracle, worlds
from tests.sharing.worlds import NOW, World
from tests.workspace.world import store_of

BIRD = "Kanarienvogel"
"""Begins every canary."""

NUMBERS = re.compile(r"(?<![\d.])(77\d{7}|777\d{3}|345\d\d)(?!\d)")
DAYS = re.compile(r"(?<!\d)3\d{3}-\d\d-\d\d|date(time)?\(3\d{3}, |time\(23, 59, |<v>[4-7]\d{5}(\.0)?</v>")
"""What canaries that are no text look like, also as Excel counts days."""

FORMS = {
    "letters, digits, '_', '.' and '-' after a first letter or digit": BIRD + "{}",
    "an address like ana@example.com": BIRD + "{}@kanarienvogel.example",
    "a time zone like Europe/Lisbon": "Asia/Tokyo",  # must be one that there is
    "applier, account_owner, role:NAME, partner, primary_contact, any_contact, person:ID, team:ID or email:ADDRESS": (
        "person:" + BIRD + "{}"
    ),
    "a field like account.type or account.custom.size": "account.custom." + BIRD + "{}",
}


class Canaries(filling.Leaves):
    """Leaves that are all of a kind that is found again."""

    def __init__(self) -> None:
        """From the first number on."""
        self.numbers = itertools.count()

    def text(self, rule: Text) -> str:
        """The bird's name, a number, and signs that each encoding writes in its own way."""
        n = next(self.numbers)
        return FORMS[rule.form].format(n) if rule.pattern else f"{BIRD}{n} <&\"é'>"

    def whole(self, least: int, most: int) -> int:
        """A number that nothing else is."""
        n = next(self.numbers)
        for first, room in ((770_000_000, 10**6), (777_000, 1000), (34_500, 100)):
            if most >= first + room:
                return first + n % room
        return most

    def number(self) -> Decimal:
        """A number that nothing else is."""
        return Decimal(770_000_000 + next(self.numbers))

    def day(self) -> dt.date:
        """Far away; each later than the one before, so that ends come after starts."""
        return dt.date(3000, 1, 1) + dt.timedelta(next(self.numbers))

    def moment(self) -> dt.datetime:
        """Far away."""
        return dt.datetime(3000, 1, 1, tzinfo=dt.UTC) + dt.timedelta(next(self.numbers))

    def time(self) -> dt.time:
        """Late."""
        return dt.time(23, 59, next(self.numbers) % 60)

    def one_of(self, choices: tuple[Any, ...]) -> Any:
        """The last: seldom the default."""
        return choices[-1]

    def count(self) -> int:
        """One of everything."""
        return 1


def found_in(text: str) -> list[str]:
    """The canaries in a text: plain, Base64 in all three alignments, URL- and HTML-encoded, or as a number or day."""
    looked, found = text.casefold(), []
    for form, sign in _forms(BIRD):
        at = looked.find(sign.casefold()) if form != "base64" else text.find(sign)
        if at >= 0:
            found.append(f"{form}: {text[max(at - 80, 0) : at + 80]}")
    found += [f"{one[0]}: {text[max(one.start() - 80, 0) : one.end() + 80]}" for one in NUMBERS.finditer(text)]
    found += [f"{one[0]}: {text[max(one.start() - 80, 0) : one.end() + 80]}" for one in DAYS.finditer(text)]
    return found


def _forms(word: str) -> Iterator[tuple[str, str]]:
    yield "plain", word
    yield "URL", urllib.parse.quote(word, safe="")
    yield "URL, every byte", "".join(f"%{byte:02x}" for byte in word.encode())
    yield "HTML", html.escape(word)
    yield "HTML, every sign", "".join(f"&#{ord(sign)};" for sign in word)
    yield "hexadecimal", word.encode().hex()
    for shift in range(3):
        whole = base64.b64encode(b"\0" * shift + word.encode())
        first, last = (0, 2, 3)[shift], len(whole) - 4 * ((shift + len(word.encode())) % 3 > 0)
        yield "base64", whole[first:last].decode()


ENCODINGS = {
    "plain": str,
    "base64": lambda text: base64.b64encode(text.encode()).decode(),
    "base64 for URLs": lambda text: base64.urlsafe_b64encode(text.encode()).decode(),
    "URL": lambda text: urllib.parse.quote_plus(text),
    "HTML": html.escape,
    "HTML with signs": lambda text: text.encode("ascii", "xmlcharrefreplace").decode(),
    "small": str.lower,
}


@pytest.mark.parametrize("name", ENCODINGS)
def test_the_search_sees_canaries(name: str) -> None:
    """In every encoding and at every place; and none where there is none."""
    word = Canaries().text(Text(100))
    for n in range(7):
        assert found_in(f"<a>{ENCODINGS[name]('x' * n + word + 'y' * n)}</a>")
    assert not found_in(ENCODINGS[name]("a plan of 2026-01-05 with 777 tasks, 77 of them done, 34512345"))
    leaves = Canaries()
    for one in (leaves.day(), leaves.moment(), leaves.number(), leaves.whole(0, 10**6), leaves.whole(1, 36_500)):
        assert found_in(str(one)) and found_in(repr([one]))


class Aviary:
    """A world in which everything that is hidden from the contact `c0` is a canary."""

    def __init__(self, section: str) -> None:
        self.leaves = Canaries()
        self.section = section
        profile = oracle.profile_of(Settings(), Plan("p", "a", "t", FrozenMap({"start": NOW.date()}), section=section))
        more = oracle.ANCESTORS if profile == "ancestors" else {}
        self.listed = {cls: names | more.get(cls, frozenset()) for cls, names in oracle.LISTED.items()}
        self.hidden = "hidden-task"
        none = lambda: None  # noqa: E731
        self.given: dict[tuple[type, str], Any] = {
            (Offset, "anchor"): lambda: "start",
            (Offset, "unit"): lambda: "days",
            (Offset, "roll_anchor"): lambda: "none",
            (Dependency, "predecessor_id"): lambda: self.hidden,
            (Shift, "item_id"): lambda: self.hidden,
            (Task, "calendar"): lambda: "",  # names one of the settings
            (Plan, "calendar"): lambda: "",
            (Person, "calendar"): lambda: "",
            (Plan, "merged_into"): none,
            (Plan, "paused_on"): none,
            (Plan, "was"): lambda: "draft",
            (Plan, "status"): lambda: "active",
            (Plan, "anchors"): lambda: FrozenMap({"start": dt.date(2026, 1, 5), BIRD: self.leaves.day()}),
            (Task, "status"): lambda: "open",
            (Task, "completion"): none,
            (Task, "stage_id"): lambda: "hidden-stage",
            (Task, "parent_id"): none,
            (Task, "withheld"): lambda: False,  # hides an item as a whole
            (Objective, "withheld"): lambda: False,
            (Task, "milestone_id"): none,
            (Play, "objective_id"): none,
            (Milestone, "objective_id"): none,
            (Person, "active"): lambda: True,
            (Entry, "edits"): self.edits,
            (Reference, "kind"): lambda: "task",
            (TemplateTask, "duration"): none,
            (CustomField, "default"): lambda: self.leaves.text(Text(99)),
        }

    def noun(self, cls: type, **held: Any) -> Any:
        """One with a canary in every field that is not given."""
        return filling.noun(cls, self.leaves, self.given, **held)

    def shown(self, cls: type, id: str, **held: Any) -> Any:
        """One that is seen: listed fields are as given or at their defaults, the others are canaries."""
        plain = {one.name: _default(one) for one in attrs.fields(cls) if one.name in self.listed[cls]}
        plain |= {"completions": 2} if cls is Task else {}  # completing tells the number of times
        if "custom" in plain:
            kind = cls.__name__.casefold()
            plain["custom"] = FrozenMap({f"open_{kind}": "seen", f"inside_{kind}": self.leaves.text(Text(99))})
        return self.noun(cls, **{**plain, "id": id, **held})

    def edits(self) -> tuple[Edit, ...]:
        """What a step did, in words that nobody outside may read."""
        return (Edit("task", "theirs", "title", self.leaves.text(Text(99)), self.leaves.text(Text(99))),)

    def comments(self) -> tuple[Comment, ...]:
        """One that is seen and one that is not."""
        return (Comment("note", "u0", NOW, "Welcome", False), self.noun(Comment, internal=True))

    def done(self) -> Completion:
        """A completion whose listed fields are plain."""
        return self.noun(Completion, number=1, at=NOW, on=NOW.date(), by="u0", before="in_progress")

    def plan(self) -> Plan:
        """One that is shared: with items that are seen, and with hidden ones, some of which have a plain id."""
        tasks = (
            self.shown(
                Task,
                "theirs",
                title="Sign",
                owner_id="c0",
                parent_id="play",
                shared=True,
                helpers=("c0", "c1"),
                status="open",
                comments=self.comments(),
                weight=2,
                dependencies=(),
                offset=None,
                start_offset=None,
            ),
            self.shown(
                Task,
                "late",
                title="Wait",
                owner_id="any_contact",
                parent_id="play",
                shared=True,
                status="waiting",
                due=None,
            ),
            self.shown(
                Task,
                "done",
                title="Met",
                owner_id="c0",
                parent_id="play",
                shared=True,
                status="done",
                completion=self.done(),
                comments=self.comments(),
            ),
            self.shown(
                Task,
                "ours",
                title="Ours",
                owner_id="u0",
                parent_id="play",
                shared=True,
                status="open",
                start=NOW.date(),
                due=NOW.date(),
                duration=1,
                locked=False,
                offset=None,
                start_offset=None,
            ),
            self.noun(
                Task,
                id="hidden-task",
                shared=False,
                owner_id="u1",
                dependencies=(Dependency("theirs"),),
                locked=False,
                offset=None,
                start_offset=None,
            ),
            self.noun(Task, id="others", shared=True, owner_id="c1", parent_id="play"),
            self.noun(Task, shared=False),
        )
        return self.shown(
            Plan,
            "p0",
            account_id="acme",
            title="Ours together",
            section=self.section,
            status="active",
            shared=True,
            anchors=self.given[Plan, "anchors"](),
            comments=self.comments(),
            stages=(self.noun(Stage, id="hidden-stage"), self.noun(Stage)),
            objectives=(
                self.shown(Objective, "why", title="Grow", shared=True, owner_id="u0", weight=3),
                self.noun(Objective, id="hidden-why", shared=False),
                self.noun(Objective, shared=False),
            ),
            milestones=(
                self.shown(Milestone, "point", title="Live", shared=True, objective_id="why"),
                self.noun(Milestone, id="hidden-point", shared=False),
                self.noun(Milestone, shared=False),
            ),
            plays=(
                self.shown(Play, "play", title="Start", objective_id="why", owner_id="u0", shared=True),
                self.noun(Play, id="hidden-play", shared=False),
                self.noun(Play, shared=False),
            ),
            tasks=tasks,
        )

    def world(self) -> World:
        """Every kind of record; of the kinds that have no plain part, two made of canaries alone."""
        records: list[Any] = [
            self.shown(Account, "acme", name="Acme Company", kind="company"),
            self.noun(Account, id="group", parent_id=None),
            self.noun(Account, id="site"),
            Person("c0", "Own name", "contact", email="c0@customer.example", account_id="acme"),
            *(
                self.noun(Person, id=one, kind="contact", name=f"Contact {one}", account_id="acme")
                for one in ("c1", "c2")
            ),
            *(self.noun(Person, id=one, kind="user", name=f"User {one}") for one in ("u0", "u1")),
            self.plan(),
            self.noun(Plan, id="p1", account_id="acme"),
            Invitation(invitation_id("p0", "c0"), "p0", "acme", "c0", "u0", NOW),
            self.noun(Invitation, plan_id="p0", account_id="acme", contact_id="c1", revoked_at=None),
        ]
        records += [self.noun(cls) for cls in KINDS.values() if cls is not Settings]
        fields = [CustomField(f"open_{of}", f"Open {of}", of=of, shown_to_contacts=True) for of in OF]
        fields += [
            self.noun(CustomField, name=f"inside_{of}", of=of, type="text", shown_to_contacts=False) for of in OF
        ]
        stages = (*Settings().stages, self.noun(Stage))
        settings = attrs.evolve(Settings(), custom_fields=tuple(fields), stages=stages)
        return World(settings, tuple(attrs.evolve(one, revision=0) for one in records))


OF = ("account", "plan", "objective", "play", "task")


def _default(one: Any) -> Any:
    if isinstance(one.default, attrs.Factory):
        return one.default.factory()
    return None if one.default is attrs.NOTHING else one.default


def kept(world: World, aviary: Aviary, url: str = "memory:") -> ap.Workspace:
    """The world in a store, with a journal and messages that are full of canaries too."""
    entries = tuple(aviary.noun(Entry, record=kind_of(type(one)), id=id_of(one), revision=1) for one in world.records)
    ws = worlds.opened(attrs.evolve(world, entries=entries), url)
    store_of(ws).commit(Batch(messages=(aviary.noun(Message, recipient_id="c1"), aviary.noun(Message))))
    return ws


IDS = [
    "p0",
    "p1",
    "theirs",
    "late",
    "done",
    "ours",
    "hidden-task",
    "others",
    "hidden-stage",
    "hidden-why",
    "hidden-point",
]
COMMANDS = [
    ((verb, id, *more), options)
    for id in ("theirs", "late", "done", "ours", "hidden-task", "others")
    for verb, *more in ((edit.complete,), (edit.reopen,), (edit.comment, "Hello"), (edit.delete_comment, "note"))
    for options in ({}, {"override": True})
    if not options or verb is edit.complete
]


@pytest.mark.parametrize("section", ["", "growth_plans"], ids=["plays", "ancestors"])
def test_no_canary_is_ever_seen(section: str) -> None:
    """In views, lists, exports, decisions, errors, and in what each command gives or refuses."""
    aviary = Aviary(section)
    world = aviary.world()
    with kept(world, aviary) as ws:
        theirs = worlds.acting(ws, "c0")
        view = theirs.view("p0")
        assert {"theirs", "late", "done", "ours"} == {one.id for one in view.tasks}
        for name, said in gotten.reads(theirs, IDS, "canaries").items():
            assert [] == found_in(said), name
        for n in range(25):
            for id in ("theirs", "hidden-task", "others", "p0"):
                call = gotten.verbs([id], worlds.random.Random(n))[n]
                assert [] == found_in(gotten.done(theirs, "p0", call, "preview")[0]), call
    came: list[str] = []
    for call, options in COMMANDS:
        with kept(world, aviary) as ws:
            said, after = gotten.done(worlds.acting(ws, "c0"), "p0", (*call, dict(options)))
            assert [] == found_in(said), call
            came.append(said.partition(":")[0] if after is None else "done")
            if after is not None:
                assert [] == found_in(gotten.plain(after)), call
    assert {"done": 8, "Waiting": 1, "NotFound": 13} == {
        one: came.count(one) for one in ("done", "Waiting", "NotFound")
    }


def test_no_canary_is_ever_seen_by_a_partner() -> None:
    """In whatever can be asked, and in what each command on their task gives or refuses."""
    aviary = Aviary("")
    world = aviary.world()
    plan = world.get(Plan, "p0")
    tasks = tuple(attrs.evolve(one, owner_id="pat") if one.id == "theirs" else one for one in plan.tasks)
    world = world.having(Person("pat", "Pat", "partner")).having(attrs.evolve(plan, tasks=tasks))
    with kept(world, aviary) as ws:
        pat = worlds.acting(ws, "pat")
        assert ["theirs"] == [one.id for one in pat.view("p0").tasks] == [one.task.id for one in pat.tasks()]
        for name, said in gotten.reads(pat, IDS, "canaries").items():
            assert [] == found_in(said), name
        for verb, *args in ((edit.start,), (edit.comment, "Hello"), (edit.complete,), (edit.reopen,), (edit.cancel,)):
            for id in ("theirs", "hidden-task", "late"):
                assert [] == found_in(gotten.done(pat, "p0", (verb, id, *args))[0]), (verb, id)


@pytest.mark.parametrize("section", ["", "growth_plans"], ids=["plays", "ancestors"])
def test_what_is_not_listed_is_at_its_default(section: str) -> None:
    """A field of a noun is hidden until it is listed (V5); in the store none of these is at its default."""
    aviary = Aviary(section)
    world = aviary.world()
    with kept(world, aviary) as ws:
        view, whole = worlds.acting(ws, "c0").view("p0"), store_of(ws).get(Plan, "p0")
        account = store_of(ws).get(Account, "acme")
    pairs: list[tuple[Any, Any]] = [(view.plan, whole), (view.account, account)]
    pairs += [(one, whole.item(one.id)) for one in view.plan.items()]
    pairs += [(one.completion, whole.item(one.id).completion) for one in view.tasks if one.completion is not None]
    looked_at = set()
    for seen, stored in pairs:
        for one in attrs.fields(type(seen)):
            if one.name in aviary.listed[type(seen)] or isinstance(seen, Plan) and one.name in oracle.PARTS:
                continue
            assert getattr(seen, one.name) == _default(one), f"{type(seen).__name__}.{one.name} of {stored.title}"
            if getattr(stored, one.name) != _default(one):
                looked_at.add((type(seen), one.name))
    classes = {type(seen) for seen, _ in pairs}
    assert {Plan, Account, Objective, Play, Task, Completion} <= classes
    never = {(cls, one.name) for cls in classes for one in attrs.fields(cls)} - looked_at
    never = {(cls, name) for cls, name in never if name not in aviary.listed[cls] and name not in oracle.PARTS}
    assert {name for _, name in never} <= {"merged_into", "paused_on", "calendar", "withheld"}, "must be canaries too"


def test_every_kind_of_record_has_its_canaries() -> None:
    """A kind that is added to what a store keeps is in the world by itself, or stops it."""
    world = Aviary("").world()
    assert {type(one) for one in world.records} | {Settings} == set(KINDS.values())
    for cls in KINDS.values():
        if cls is not Settings:
            assert any(BIRD in repr(one) for one in world.of(cls)), cls.__name__


def test_a_field_of_a_type_that_is_not_known_stops_the_test() -> None:
    """Nobody adds one without a thought of what its canary is."""
    with pytest.raises(LookupError):
        filling.made(tuple[complex, ...], Canaries(), {})
