"""Adding items, editing their fields (L8, R4, R5, D8, D12)."""

import datetime as dt
from decimal import Decimal

import attrs
import pytest

from actionplans import edit
from actionplans.errors import Invalid
from actionplans.model import (
    Completion,
    Dependency,
    FrozenMap,
    Milestone,
    Objective,
    Offset,
    Play,
    Stage,
    Task,
)
from actionplans.settings import CustomField, Limits
from tests.edit.scene import NOW, SETTINGS, TODAY, context, days, plan, status

FRIDAY = days(4)


def places(error: pytest.ExceptionInfo[Invalid]) -> list[str]:
    """Where the problems stand."""
    return [problem.place for problem in error.value.problems]


def test_a_new_task_gets_an_id_a_maker_and_stands_last() -> None:
    """Custom work is added by hand: it has no template key."""
    after = edit.add(plan(), context(), Task("", "Thank them"))
    task = after.tasks[-1]
    assert ("new-1", "ana", "", "open") == (task.id, task.created_by, task.key, task.status)
    assert plan().tasks == after.tasks[:-1]


def test_a_given_id_is_kept_and_a_taken_one_refused() -> None:
    """Ids are one space over all kinds of items, the plan itself and, for stages, the library."""
    assert "mine" == edit.add(plan(), context(), Task("mine", "Mine")).tasks[-1].id
    for item in (Task("why", "x"), Task("plan", "x"), Play("call", "x", custom=PHASE), Stage("proposal", "x")):
        with pytest.raises(Invalid) as error:
            edit.add(plan(), context(), item)
        assert ["id"] == places(error)


PHASE: FrozenMap[str, object] = FrozenMap({"phase": "one"})


@pytest.mark.parametrize(
    ("given", "start", "due", "duration"),
    [
        ({"start": days(0), "duration": 3}, days(0), days(2), 3),
        ({"due": days(7), "duration": 2}, FRIDAY, days(7), 2),
        ({"start": days(5), "due": days(8)}, days(5), days(8), 2),
        ({"start": days(5), "duration": 1}, days(5), days(7), 1),
        ({"due": days(5)}, None, days(5), None),
        ({"duration": 4}, None, None, 4),
    ],
)
def test_any_two_of_start_due_and_duration_give_the_third(
    given: dict[str, object], start: dt.date | None, due: dt.date | None, duration: int | None
) -> None:
    """D8: durations are inclusive; from a Saturday the Monday is day 1 and the start stays."""
    task = edit.add(plan(), context(), Task("", "x", **given)).tasks[-1]  # type: ignore[arg-type]
    assert (start, due, duration) == (task.start, task.due, task.duration)
    assert due == task.original_due


def test_three_dates_that_disagree_are_refused() -> None:
    """D8: the message has the figure that would be right."""
    with pytest.raises(Invalid, match="3 working days, not 5") as error:
        edit.add(plan(), context(), Task("", "x", start=days(0), due=days(2), duration=5))
    assert ["duration"] == places(error)


def test_the_owners_calendar_counts_and_the_tasks_own_before_it() -> None:
    """D7: Ben works Sunday to Thursday, so that two days from Thursday end on Sunday."""
    task = edit.add(plan(), context(), Task("", "x", start=days(3), duration=2, owner_id="ben")).tasks[-1]
    assert days(6) == task.due
    own = Task("", "x", start=days(3), duration=2, owner_id="ben", calendar="default")
    assert days(4) == edit.add(plan(), context(), own).tasks[-1].due
    assert days(4) == edit.add(plan(), context(), attrs.evolve(own, owner_id="ana", calendar="")).tasks[-1].due
    gulf = plan(calendar="gulf")
    assert days(6) == edit.add(gulf, context(), attrs.evolve(own, owner_id=None, calendar="")).tasks[-1].due


def test_a_new_task_waits_when_a_predecessor_is_open() -> None:
    """P3, P1: by an FS link, or by an offset counted from a task; not by other kinds of links."""
    for waiting, item in (
        ("waiting", Task("t", "x", dependencies=(Dependency("call"),))),
        ("waiting", Task("t", "x", dependencies=(Dependency("live"),))),
        ("waiting", Task("t", "x", offset=Offset(1, anchor="task:call"))),
        ("open", Task("t", "x", "waiting")),
        ("open", Task("t", "x", dependencies=(Dependency("call", "SS"), Dependency("call", "FF")))),
        ("open", Task("t", "x", offset=Offset(1, anchor="milestone:live"))),
    ):
        assert [waiting] == status(edit.add(plan(), context(), item), "t")


def test_a_new_task_in_a_milestone_holds_up_those_after_it() -> None:
    """P3: a milestone that was done is not once it has an open task; `party` waits again."""
    done = edit.complete(plan(), context(), "train")
    assert ["open"] == status(done, "party")
    assert ["waiting"] == status(edit.add(done, context(), Task("", "More", milestone_id="live")), "party")


@pytest.mark.parametrize(
    ("item", "place"),
    [
        (Task("", "x", key="call"), "key"),
        (Task("", "x", fixed=True), "fixed"),
        (Task("", "x", shared=True), "shared"),
        (Task("", "x", created_by="eve"), "created_by"),
        (Task("", "x", completions=1), "completions"),
        (Task("", "x", was="open"), "was"),
        (Task("", "x", original_due=TODAY), "original_due"),
        (Task("", "x", owner_rule=("applier",)), "owner_rule"),
        (Task("", "x", "in_progress"), "status"),
        (Task("", "x", "cancelled"), "status"),
        (Milestone("", "x", reached_on=TODAY), "reached_on"),
        (Stage("", "x", key="k"), "key"),
        (Objective("", "x", shared=True), "shared"),
    ],
)
def test_what_other_verbs_give_cannot_be_brought_along(item: Task, place: str) -> None:
    """No way in for a status, a completion, a mark or a maker by the back door."""
    with pytest.raises(Invalid) as error:
        edit.add(plan(), context(), item)
    assert [place] == places(error)


def test_a_done_task_cannot_be_added() -> None:
    """Completions are recorded, not brought."""
    with pytest.raises(Invalid) as error:
        edit.add(plan(), context(), Task("", "x", "done", completion=Completion(1, NOW, TODAY, "eve")))
    assert ["completion", "status"] == places(error)


def test_all_that_is_wrong_with_a_new_task_is_said_at_once() -> None:
    """Fields, words, owner, dates, places and stage in one error."""
    with pytest.raises(Invalid) as error:
        edit.add(
            plan(section="sales_plan"),
            context(),
            Task(
                "",
                "x",
                type="nonsense",
                priority="huge",
                key="k",
                owner_id="stranger",
                helpers=("ben", "ghost"),
                start=days(0),
                due=days(2),
                duration=9,
                parent_id="nowhere",
                milestone_id="nope",
                dependencies=(Dependency("nobody"),),
                custom=FrozenMap({"size": "big", "unknown": 1}),
            ),
        )
    assert [
        *("key", "duration", "type", "priority", "custom['size']", "custom['unknown']"),
        *("owner_id", "helpers", "stage_id", "task 'new-1'.parent_id", "task 'new-1'.milestone_id"),
        "task 'new-1'.dependencies[0]",
    ] == places(error)


def test_a_section_that_wants_stages_takes_no_loose_task() -> None:
    """L8: in a sales plan every task has a stage, of the library or the plan's own; elsewhere tasks may be loose."""
    sales = plan(section="sales_plan")
    for stage in ("own", "proposal"):
        assert stage == edit.add(sales, context(), Task("", "x", stage_id=stage)).tasks[-1].stage_id
    for stage_id in (None, "nowhere"):
        with pytest.raises(Invalid) as error:
            edit.add(sales, context(), Task("", "x", stage_id=stage_id))
        assert ["stage_id"] == places(error)
    edit.add(plan(), context(), Task("", "x"))


def test_a_plan_holds_only_so_many_tasks() -> None:
    """The limit is a setting."""
    settings = attrs.evolve(SETTINGS, limits=Limits(tasks_per_plan=8))
    with pytest.raises(Invalid, match="at most 8") as error:
        edit.add(plan(), context(settings), Task("", "x"))
    assert ["tasks"] == places(error)
    edit.move(plan(), context(attrs.evolve(SETTINGS, limits=Limits(tasks_per_plan=2))), "tidy", before=None)


def test_custom_fields_get_their_defaults_and_required_ones_are_asked_for() -> None:
    """R5: for every kind of item that has custom fields."""
    made = edit.add(plan(), context(), Objective("", "x")).objectives[-1]
    assert {"value": 0} == made.custom
    with pytest.raises(Invalid, match="is required") as error:
        edit.add(plan(), context(), Play("", "x"))
    assert ["custom['phase']"] == places(error)
    assert PHASE == edit.add(plan(), context(), Play("", "x", custom=PHASE)).plays[-1].custom  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("name", "right", "wrong"),
    [
        ("size", [1, Decimal("1.5")], ["1", True, TODAY]),
        ("price", [0, Decimal("9.99")], ["free", False]),
        ("note", ["", "text"], [1, ("a",)]),
        ("seen", [TODAY], ["2026-01-01", 1]),
        ("sure", [True, False], ["yes", 1]),
        ("colour", ["red"], ["green", 1, ("red",)]),
        ("tags", [("a",), ("a", "b"), ()], ["a", ("c",), ("a", "c")]),
        ("page", ["https://example.com", "mailto:a@b.example"], ["javascript:alert(1)", "example.com", 5]),
        ("who", ["ana"], [7]),
    ],
)
def test_custom_fields_hold_what_their_type_says(name: str, right: list[object], wrong: list[object]) -> None:
    """R5: each type, by update as by add."""
    for value in right:
        assert value == edit.update(plan(), context(), "tidy", custom={name: value}).task("tidy").custom[name]
    held = edit.update(plan(), context(), "tidy", custom={name: right[0]})
    for value in wrong:
        with pytest.raises(Invalid) as error:
            edit.update(held, context(), "tidy", custom={name: value})
        assert [f"custom[{name!r}]"] == places(error)


def test_custom_changes_only_the_fields_it_names_and_none_clears() -> None:
    """R5: a required one cannot be cleared, an unknown one not set; one that the settings no longer have may go."""
    after = edit.update(plan(), context(), "tidy", custom={"note": "hello"})
    assert {"size": 3, "note": "hello"} == after.task("tidy").custom
    assert {"note": "hello"} == edit.update(after, context(), "tidy", custom={"size": None}).task("tidy").custom
    with pytest.raises(Invalid, match="required"):
        edit.update(plan(), context(), "why", custom={"value": None})
    with pytest.raises(Invalid, match="no such field"):
        edit.update(plan(), context(), "tidy", custom={"nonsense": 1})
    bare = attrs.evolve(SETTINGS, custom_fields=())
    assert {} == edit.update(plan(), context(bare), "tidy", custom={"size": None}).task("tidy").custom


def test_an_item_stays_editable_after_the_settings_changed() -> None:
    """Only what a verb touches is checked: an old word or field is no obstacle to a new title."""
    bare = attrs.evolve(
        SETTINGS,
        custom_fields=(CustomField("new", "New", "task", required=True),),
        task_types=("other",),
        priorities=("p1",),
        objective_categories=(),
    )
    assert "Neat" == edit.update(plan(), context(bare), "tidy", title="Neat").task("tidy").title
    same = edit.update(plan(), context(bare), "tidy", priority="normal", custom={"size": 3}, title="Neat")
    assert "Neat" == same.task("tidy").title
    with pytest.raises(Invalid, match="one of p1"):
        edit.update(plan(), context(bare), "tidy", priority="high")
    old = plan(objectives=(Objective("why", "Renew", category="Gone"),))
    assert "Keep" == edit.update(old, context(bare), "why", title="Keep").objective("why").title


@pytest.mark.parametrize(
    ("given", "start", "due", "duration"),
    [
        ({"start": days(1)}, days(1), days(3), 3),
        ({"due": days(4)}, days(0), days(4), 5),
        ({"duration": 1}, days(0), days(0), 1),
        ({"start": days(1), "due": days(1)}, days(1), days(1), 1),
        ({"start": days(2), "duration": 2}, days(2), days(3), 2),
        ({"due": days(4), "duration": 2}, days(3), days(4), 2),
        ({"start": days(0), "due": days(1), "duration": 2}, days(0), days(1), 2),
        ({"due": None}, days(0), None, None),
        ({"start": None}, None, days(2), None),
        ({"start": None, "due": None}, None, None, None),
        ({"start": None, "due": None, "duration": None}, None, None, None),
        ({"duration": None}, days(0), days(2), 3),
        ({"start": None, "due": days(3), "duration": 2}, days(2), days(3), 2),
        ({"start": days(1), "duration": None}, days(1), days(2), 2),
        ({"due": None, "duration": 2}, days(0), days(1), 2),
    ],
)
def test_dates_set_by_hand(
    given: dict[str, object], start: dt.date | None, due: dt.date | None, duration: int | None
) -> None:
    """D8: what was given stays, the third follows; clearing a date takes the duration along."""
    task = edit.update(plan(), context(), "ring", **given).task("ring")
    assert (start, due, duration) == (task.start, task.due, task.duration)
    assert days(1) == task.original_due


def test_a_date_by_hand_is_marked_and_one_that_stays_is_not() -> None:
    """P6, T9: a form that sends all its fields back has set no date by hand."""
    before = plan()
    assert edit.update(before, context(), "call", due=days(2)).task("call").hand_dated
    assert before is edit.update(before, context(), "ring", start=days(0), due=days(2), duration=3)
    assert not edit.update(before, context(), "ring", due=days(2), title="Ring them").task("ring").hand_dated


def test_the_original_due_date_is_the_first_one_for_ever() -> None:
    """D12: of tasks and milestones; the variance counts from it."""
    after = edit.update(plan(), context(), "tidy", due=days(3))
    after = edit.update(after, context(), "tidy", due=days(9))
    assert (days(3), 6) == (after.task("tidy").original_due, after.task("tidy").variance)
    after = edit.update(edit.update(plan(), context(), "end", due=days(3)), context(), "end", due=days(5))
    end = after.item("end")
    assert isinstance(end, Milestone)
    assert (days(3), days(5)) == (end.original_due, end.due)


def test_a_due_before_the_start_is_refused() -> None:
    """Give both to move both."""
    with pytest.raises(Invalid) as error:
        edit.update(plan(), context(), "ring", due=days(-1))
    assert ["due"] == places(error)


def test_another_calendar_moves_the_due_and_an_unknown_one_is_refused() -> None:
    """D8: start and duration stay; D7: the name must be in the settings."""
    wednesday = edit.update(plan(), context(), "ring", start=days(2))
    assert days(4) == wednesday.task("ring").due
    after = edit.update(wednesday, context(), "ring", calendar="gulf").task("ring")
    assert (days(2), days(6), 3) == (after.start, after.due, after.duration)
    assert not edit.update(plan(), context(), "ring", calendar="gulf").task("ring").hand_dated
    with pytest.raises(Invalid, match="no calendar 'nonsense'") as error:
        edit.update(plan(), context(), "tidy", calendar="nonsense")
    assert ["calendar"] == places(error)


@pytest.mark.parametrize(
    "fields",
    [
        {"status": "done"},
        {"owner_id": "eve"},
        {"shared": True},
        {"completion": None},
        {"completions": 3},
        {"key": "k"},
        {"id": "other"},
        {"created_by": "eve"},
        {"parent_id": "play"},
        {"dependencies": ()},
        {"original_due": days(1)},
        {"fixed": True},
        {"revision": 5},
        {"version": 5},
        {"nonsense": 1},
        {"__class__": Task},
    ],
)
def test_only_editable_fields_can_be_updated(fields: dict[str, object]) -> None:
    """No mass assignment: everything else has a verb of its own, or none."""
    with pytest.raises(Invalid, match="verbs of its own|not changed by hand.*title|no such field") as error:
        edit.update(plan(), context(), "tidy", **fields)
    assert list(fields) == places(error)


def test_all_wrong_fields_of_an_update_are_named_at_once() -> None:
    """Unknown ones and those of wrong type together."""
    with pytest.raises(Invalid) as error:
        edit.update(plan(), context(), "tidy", status="done", title="", duration=True, due=NOW, tags=["a"], custom=5)
    assert ["status", "custom", "title", "due", "duration"] == places(error)


def test_plain_collections_may_be_given_for_fields() -> None:
    """A list of tags, a dict of custom fields with a list in it."""
    after = edit.update(plan(), context(), "tidy", tags=["a", "b"], custom={"tags": ["a"]}).task("tidy")
    assert (("a", "b"), ("a",)) == (after.tags, after.custom["tags"])


def test_a_hosts_own_status_fits_the_status_of_the_task() -> None:
    """L1: each name is mapped to one status, and stands only on tasks of that status."""
    assert "queued" == edit.update(plan(), context(), "tidy", status_name="queued").task("tidy").status_name
    with pytest.raises(Invalid, match="one of queued"):
        edit.update(plan(), context(), "tidy", status_name="blocked")
    assert "blocked" == edit.update(plan(), context(), "mail", status_name="blocked").task("mail").status_name


def test_objective_statuses_and_categories_come_from_the_settings() -> None:
    """L6: from the administrator's lists, or empty."""
    after = edit.update(plan(), context(), "why", status="achieved", category="Growth")
    assert ("achieved", "Growth") == (after.objective("why").status, after.objective("why").category)
    assert "" == edit.update(after, context(), "why", status="").objective("why").status
    with pytest.raises(Invalid) as error:
        edit.update(plan(), context(), "why", status="done", category="Nonsense")
    assert ["status", "category"] == places(error)
