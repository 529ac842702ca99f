"""Every error: its place in the tree, its message with advice, its fields, its pickle."""

import copy
import pickle
import re

import pytest

from actionplans import errors
from actionplans.errors import ActionPlansError, Invalid, MissingAnchors, NotFound, Problem, StoreError, Waiting
from actionplans.model import Decision, Impact
from tests.nasty import NASTY

PROBLEMS = (Problem("tasks[2].due", "is before the start"), Problem("title", "must not be blank"))

STORE_ERRORS = (
    *("StoreError", "StoreUnknown", "StoreMissing", "StoreForeign", "StoreNewer", "StoreOlder"),
    *("StoreReadOnly", "StoreFull", "StoreBusy", "StoreCorrupt", "StoreUnavailable", "StoreClosed"),
)

SAMPLES: dict[str, tuple[object, ...]] = {
    "Invalid": ("Plan", PROBLEMS),
    "InvalidFile": ("plan.toml", PROBLEMS[:1]),
    "MissingAnchors": ("the launch", PROBLEMS, ("go_live", "renewal")),
    "Unresolved": ("the launch", PROBLEMS),
    "NotFound": ("task", "t-1"),
    "NotAllowed": (Decision(False, "task.delete", "no role of yours allows it: ask an administrator"),),
    "Refused": ("starting", "it is done: reopen it first"),
    "Waiting": ("completing", "'Mail' waits for 'Call': finish that first, or override", ("call",)),
    "Unconfirmed": (
        "deleting",
        "'Call' goes: show it, then pass confirmed=error.impact",
        Impact("call", "Call", ("call",)),
    ),
    "Stale": ("plan", "p-1", 3, 5),
    "MissingExtra": ("icalendar", "ical"),
    "PluginError": ("mine", "it misspells a hook: see the list of hooks"),
    "ExecutorFailed": ("a worker died", "import"),
    "ExportError": ("tasks[3].description", "is longer than a cell takes: shorten it"),
    **dict.fromkeys(STORE_ERRORS, ("plans.db", "it did not work")),
}

ALL = {name: cls for name, cls in vars(errors).items() if isinstance(cls, type) and issubclass(cls, ActionPlansError)}


def drawn() -> dict[str, tuple[str, str]]:
    """From the tree at the top of `errors`: each class with its parent and its second parent."""
    found: dict[str, tuple[str, str]] = {}
    above: list[str] = []
    for line in (errors.__doc__ or "").splitlines():
        node = re.match(r"    ((?:│   |    )*)(├── |└── )?(\w+)(?: \((\w+)\))?(?:   |$)", line)
        if node and node[3] in ALL:
            depth = len(node[1]) // 4 + bool(node[2])
            del above[depth:]
            found[node[3]] = (above[-1] if above else "", node[4] or "")
            above.append(node[3])
    return found


def test_the_tree_drawn_is_the_tree() -> None:
    """Every class stands in it once, under its parent, with the built-in that callers expect."""
    tree = {}
    for name, cls in ALL.items():
        ours = [one.__name__ for one in cls.__bases__ if issubclass(one, ActionPlansError)]
        others = [
            one.__name__ for one in cls.__bases__ if not issubclass(one, ActionPlansError) and one is not Exception
        ]
        tree[name] = (ours[0] if ours else "", others[0] if others else "")
    assert tree == drawn()


def test_every_error_has_a_sample() -> None:
    """So that the tests below are about all of them."""
    assert SAMPLES.keys() == ALL.keys() - {"ActionPlansError"}


@pytest.mark.parametrize("name", SAMPLES)
def test_an_error_comes_back_from_a_pickle(name: str) -> None:
    """With its class, its fields and its message: errors cross processes. So they do from a copy."""
    error = ALL[name](*SAMPLES[name])
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        again = pickle.loads(pickle.dumps(error, protocol))
        assert (type(error), str(error), vars(error)) == (type(again), str(again), vars(again))
    for again in (copy.copy(error), copy.deepcopy(error)):
        assert (type(error), str(error)) == (type(again), str(again))


@pytest.mark.parametrize("name", SAMPLES)
def test_an_error_is_caught_by_its_parents_and_can_be_annotated(name: str) -> None:
    """By ours and the built-in; notes, causes and tracebacks work as with any other."""
    parent, other = drawn()[name]
    for caught in (ActionPlansError, ALL[parent], vars(errors)["__builtins__"].get(other, Exception)):
        with pytest.raises(caught) as raised:
            raise ALL[name](*SAMPLES[name]) from KeyError("cause")
        raised.value.add_note("a note")
        assert isinstance(raised.value.__cause__, KeyError)


@pytest.mark.parametrize("name", SAMPLES)
def test_a_message_says_what_to_do_next(name: str) -> None:
    """Made from the fields: each of them that is a text or a number is in it."""
    error = ALL[name](*SAMPLES[name])
    said = str(error)
    assert said == error.message()
    for value in SAMPLES[name]:
        if isinstance(value, str | int):
            assert str(value) in said
    advice = "check|ask|choose|show|finish|reopen|read it again|pip install|see the list|shorten|is before|blank"
    if isinstance(error, StoreError):
        assert len(type(error).advice) > 5
        assert said.endswith(type(error).advice)
    else:
        assert re.search(advice, said), said


def test_each_kind_of_store_error_gives_its_own_advice() -> None:
    """What helps against a full disk does not help against a lock."""
    kinds = [cls for cls in ALL.values() if issubclass(cls, StoreError)]
    assert len(kinds) == len({cls.advice for cls in kinds})


def test_one_problem_is_said_in_one_line_and_several_in_one_each() -> None:
    """With their places; a problem of the whole has none."""
    assert "Plan: title: must not be blank" == str(Invalid("Plan", PROBLEMS[1:]))
    assert "Plan has 2 problems:\n  tasks[2].due: is before the start\n  title: must not be blank" == str(
        Invalid("Plan", PROBLEMS)
    )
    assert "Plan: is no plan" == str(Invalid("Plan", (Problem("", "is no plan"),)))


@pytest.mark.parametrize(
    ("inner", "outer", "place"),
    [
        ("due", "task", "task.due"),
        ("[2]", "tasks", "tasks[2]"),
        ("", "tasks", "tasks"),
        ("[0].due", "a[1]", "a[1][0].due"),
    ],
)
def test_a_problem_seen_from_further_out(inner: str, outer: str, place: str) -> None:
    """Places are joined as one would write them."""
    assert Problem(place, "wrong") == Problem(inner, "wrong").under(outer)


def test_fields_stay_readable() -> None:
    """Callers decide by them, not by the text."""
    assert ("go_live", "renewal") == MissingAnchors("x", PROBLEMS, ("go_live", "renewal")).anchors
    assert ("call",) == Waiting("a", "b", ("call",)).predecessors
    found = NotFound("task", "cal", "is it call?")
    assert ("task", "cal", "is it call?") == (found.kind, found.id, found.hint)
    assert "there is no task 'cal' here: is it call?" == str(found)


@pytest.mark.parametrize("value", NASTY.values(), ids=NASTY)
def test_not_found_can_say_what_was_asked_for_whatever_it_was(value: object) -> None:
    """An error's message never fails itself, and does not grow with its input."""
    assert len(str(NotFound("task", value))) < 400  # type: ignore[arg-type]
