"""What stands in the rows and columns that are made of views."""

import datetime as dt
from collections.abc import Iterator
from decimal import Decimal

import pytest
from attrs import evolve

from actionplans.checks import FrozenMap
from actionplans.errors import Invalid
from actionplans.model import Metric, Task
from actionplans.settings import CustomField
from actionplans.sharing import View
from actionplans.tables import metric_text, summary_table, task_table
from tests.export.samples import DONE, FIELDS, TODAY, full, small


def columns(view: View) -> list[dict[str, object]]:
    """The rows of one plan's tasks by the names of their columns."""
    table = task_table([view])
    return [dict(zip([column.name for column in table.columns], row, strict=True)) for row in table.rows]


def test_the_columns_stand_in_the_order_of_the_rule() -> None:
    """X1: from the account to the category, then the custom fields of tasks, then the hidden ids and revision."""
    table = task_table([full()])
    names = "account website section stage objective milestone play kind title description status start due done owners"
    custom = "custom.region custom.price custom.signed custom.vip custom.areas custom.sponsor"
    hidden = "plan_id task_id plan_revision"
    expected = [*names.split(), "metric", "priority", "category", *custom.split(), *hidden.split()]
    assert expected == [column.name for column in table.columns]
    assert hidden.split() == [column.name for column in table.columns if column.hidden]
    assert ["text", "number", "date", "flag", "text", "text"] == [column.kind for column in table.columns[18:24]]


def test_a_task_with_everything_fills_every_column() -> None:
    """Each field stands in its column, persons by name, owner before helpers."""
    assert {
        "account": "Acme",
        "website": "https://acme.example",
        "section": "Client Commitments",
        "stage": "Proposal",
        "objective": "Grow",
        "milestone": "Go live",
        "play": "Run it",
        "kind": "action",
        "title": "Call",
        "description": "Ask\nand listen",
        "status": "done",
        "start": dt.date(2026, 1, 5),
        "due": dt.date(2026, 1, 9),
        "done": dt.date(2026, 1, 12),
        "owners": "Ana Sá; Smith, Ben; Customer Success",
        "metric": "target >= 100 logins; last 80",
        "priority": "high",
        "category": "Adoption",
        "custom.region": "North",
        "custom.price": Decimal("99.50"),
        "custom.signed": dt.date(2026, 1, 3),
        "custom.vip": True,
        "custom.areas": "a; b",
        "custom.sponsor": "Smith, Ben",
        "plan_id": "p-1",
        "task_id": "t-call",
        "plan_revision": 7,
    } == columns(full())[0]


def test_what_a_task_does_not_have_is_empty() -> None:
    """An empty cell is None, never an empty text."""
    view = small()
    tasks = (evolve(view.tasks[0], custom=FrozenMap({"region": "", "areas": ()})),)
    row = columns(evolve(view, plan=evolve(view.plan, tasks=tasks)))[0]
    assert {"account", "kind", "title", "status", "priority", "plan_id", "task_id", "plan_revision"} == {
        name for name, cell in row.items() if cell is not None
    }


def test_the_objective_is_the_tasks_own_or_its_plays_or_its_milestones() -> None:
    """A task counts under an objective as `Plan.under` says."""
    rows = columns(full())
    assert ["Grow", "Grow", "Grow", None] == [row["objective"] for row in rows]
    assert ["Run it", None, None, "Loose play"] == [row["play"] for row in rows]


def test_a_parent_that_is_not_seen_is_not_named() -> None:
    """V4: a task whose objective, play, milestone and stage the view does not hold tells nothing of them."""
    view = full()
    plan = evolve(view.plan, objectives=(), plays=(), milestones=())
    row = columns(evolve(view, plan=plan, stages=FrozenMap()))[0]
    assert [None, None, None, None] == [row[name] for name in ("objective", "play", "milestone", "stage")]


def test_owners_that_are_no_person() -> None:
    """Any contact is said in words; somebody without a known name keeps the id."""
    assert ["any contact", "gone"] == [row["owners"] for row in columns(full())[1:3]]


def test_a_hosts_own_word_for_a_status_is_shown() -> None:
    """L1: the word, where there is one, else the status it stands for."""
    assert ["done", "in_progress", "blocked", "cancelled"] == [row["status"] for row in columns(full())]


def test_a_word_that_says_something_else_than_the_status_is_not_shown() -> None:
    """L1: it was set while the task waited, or the settings have no such word any more; the task still holds it."""
    view = full()
    plan = evolve(view.plan, tasks=tuple(evolve(one, status_name="blocked") for one in view.tasks))
    shown = evolve(view, plan=plan)
    assert ["done", "in_progress", "blocked", "cancelled"] == [row["status"] for row in columns(shown)]
    lost = evolve(shown, status_names=FrozenMap())
    assert ["done", "in_progress", "waiting", "cancelled"] == [row["status"] for row in columns(lost)]


def test_the_summary_has_a_row_for_each_plan() -> None:
    """Counts, progress without the cancelled one (1 of 3), and one overdue (due yesterday; today is not late)."""
    table = summary_table([full(), small(1)])
    names = [column.name for column in table.columns]
    first, second = (dict(zip(names, row, strict=True)) for row in table.rows)
    assert {
        "account": "Acme",
        "plan": "Grow Acme",
        "section": "Client Commitments",
        "stage": "Our own stage",
        "owner": "Ana Sá",
        "status": "active",
        "start": dt.date(2026, 1, 5),
        "open": 2,
        "done": 1,
        "total": 4,
        "progress": 33,
        "overdue": 1,
    } == first
    assert ("Plan 1", None, None, 0, 0) == tuple(
        second[name] for name in ("plan", "section", "owner", "progress", "overdue")
    )


def test_progress_is_never_100_while_something_is_open() -> None:
    """L5: 299 of 300 rounds to 100 and shows 99; an empty plan has none."""
    view = small()
    tasks = tuple(Task(str(n), "x", "done", completion=DONE) for n in range(299))
    for more, expected in (((Task("z", "x"),), 99), ((), 100)):
        plan = evolve(view.plan, tasks=tasks + more)
        assert expected == next(summary_table([evolve(view, plan=plan)]).rows)[10]
    assert next(summary_table([evolve(view, plan=evolve(view.plan, tasks=()))]).rows)[10] is None


def test_nothing_is_overdue_in_a_paused_plan() -> None:
    """D12."""
    view = full()
    paused = evolve(view.plan, status="paused", paused_on=TODAY)
    assert [1, 0] == [row[-1] for row in summary_table([view, evolve(view, plan=paused)]).rows]


def test_tables_stream() -> None:
    """A row is there before the views behind it are made, and no view is read twice."""
    made = []

    def source() -> Iterator[View]:
        for n in range(10):
            made.append(n)
            yield small(n, "a", "b")

    table = task_table(source())
    assert [0] == made
    assert ("p0", "t0-1") == [row[-3:-1] for row in (next(table.rows), next(table.rows))][1]
    assert [0] == made
    assert 18 == len(list(table.rows))
    assert list(range(10)) == made


def test_no_views_no_rows() -> None:
    """An empty portfolio has its columns all the same."""
    table = task_table([])
    assert ([], 21) == (list(table.rows), len(table.columns))
    assert [] == list(summary_table([]).rows)


@pytest.mark.parametrize("table", [task_table, summary_table])
def test_a_plan_is_not_a_view(table) -> None:
    """V1: whatever is no view is refused, saying what to do, at its place."""
    plan = full().plan
    for wrong, place in ((plan, "views"), ([plan], "views[0]"), ([None], "views[0]")):
        with pytest.raises(Invalid, match="make a view first") as caught:
            table(wrong)
        assert place == caught.value.problems[0].place
    later = table([full(), plan])
    with pytest.raises(Invalid, match="make a view first") as caught:
        list(later.rows)
    assert "views[1]" == caught.value.problems[0].place
    with pytest.raises(Invalid, match="pass a list"):
        table(full())


def test_a_field_that_only_a_later_view_shows_is_not_left_out_in_silence() -> None:
    """The columns stand before the rows: a field that has none is refused by name."""
    more = evolve(small(1), fields=(*FIELDS, CustomField("late", "Late")))
    with pytest.raises(Invalid, match="late"):
        list(task_table([full(), more]).rows)
    assert 5 == len(list(task_table([full(), evolve(small(1), fields=())]).rows))


@pytest.mark.parametrize(
    ("target", "text"), [("100", "100"), ("1E+3", "1000"), ("0.50", "0.50"), ("-1E-7", "-0.0000001")]
)
def test_a_metric_is_said_in_words(target: str, text: str) -> None:
    """Numbers are written without an exponent."""
    assert f"target < {text}" == metric_text(Metric(Decimal(target), "<"))
