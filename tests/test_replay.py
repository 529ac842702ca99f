"""The replay tool: vectors of our own pass, wrong ones fail, strange ones are skipped with the reason."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tests.replay.__main__ import main, outcome
from tests.replay.kinds import KINDS
from tests.replay.vectors import Vector, read

ROOT = Path(__file__).parent.parent
OWN = ROOT / "tests" / "dates" / "vectors.json"
SHARED = ROOT.parent / "shared" / "vectors" / "schedule.json"

MON_TO_FRI = {"working_weekdays": [1, 2, 3, 4, 5]}


def replayed(tmp_path: Path, *vectors: Any) -> int:
    """The exit status for a file of these vectors."""
    file = tmp_path / "vectors.json"
    file.write_text(json.dumps({"vectors": vectors}), encoding="utf-8")
    return main([str(file)])


def last_line(capsys: pytest.CaptureFixture[str]) -> str:
    """The last line that was printed."""
    return capsys.readouterr().out.splitlines()[-1]


def test_vectors_worked_out_by_hand_from_the_rules_pass(capsys: pytest.CaptureFixture[str]) -> None:
    """102 vectors of every kind that is answered, and five that are skipped."""
    assert 0 == main([str(OWN)])
    assert "102 passed, 0 failed, 5 skipped" == last_line(capsys)


def test_every_kind_that_is_answered_stands_among_our_own() -> None:
    """No kind is answered that nobody has tried."""
    tried = Counter(vector.kind for vector in read(OWN) if outcome(vector)[0] == "passed")
    assert set(KINDS) == set(tried)


@pytest.mark.skipif(not SHARED.exists(), reason=f"there is no {SHARED.name} in ../shared/vectors")
def test_the_peers_vectors_pass(capsys: pytest.CaptureFixture[str]) -> None:
    """None of them fails, and at least the 102 of the kinds of dates are answered."""
    assert 0 == main([str(SHARED)])
    passed, failed, _ = last_line(capsys).split(", ")
    assert "0 failed" == failed and int(passed.split()[0]) >= 102


def passing() -> list[Vector]:
    """Our own vectors that pass."""
    return [vector for vector in read(OWN) if outcome(vector)[0] == "passed"]


@pytest.mark.parametrize("vector", passing(), ids=lambda one: one.id)
def test_a_wrong_expected_value_fails(vector: Vector) -> None:
    """Every passing vector fails as soon as another value, an error or no error is expected."""
    for name, value in vector.expected.items():
        wrong = {**vector.expected, name: _another(value)}
        assert "failed" == outcome(_expecting(vector, wrong))[0], wrong
    other = {} if "error" in vector.expected else {"error": "it must not be"}
    if vector.expected != {"error": None}:
        assert "failed" == outcome(_expecting(vector, other))[0]


def _another(value: Any) -> Any:
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return value + 1
    if isinstance(value, dict):
        name, one = next(iter(value.items()))
        return {**value, name: _another(one)}
    return "2099-12-31" if value is None or value[:4].isdigit() else None


def _expecting(vector: Vector, expected: dict[str, Any]) -> Vector:
    return Vector(vector.id, vector.kind, vector.input, expected, vector.replay)


def test_a_failure_is_one_line_and_the_exit_status(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It names id, kind, input, what was expected and what came."""
    vector = {
        "id": "X-1",
        "kind": "is_working_day",
        "input": {"date": "2026-01-03", "calendar": MON_TO_FRI},
        "expected": {"working": True},
    }
    assert 1 == replayed(tmp_path, vector)
    failure, sums = capsys.readouterr().out.splitlines()
    for word in ("X-1", "is_working_day", '"2026-01-03"', '{"working": true}', '{"working": false}'):
        assert word in failure
    assert "0 passed, 1 failed, 0 skipped" == sums


def test_a_refusal_for_another_reason_is_a_failure() -> None:
    """A link to itself is refused, but not for being a cycle of others."""
    link = {"predecessor": "a", "successor": "a"}
    given = {"operation": "set_dependencies", "dependencies": [link]}
    assert "passed" == outcome(Vector("1", "validation", given, {"error": "self dependency"}))[0]
    assert "failed" == outcome(Vector("2", "validation", given, {"error": "duplicate"}))[0]


def test_anything_raised_is_a_failure_with_its_text(monkeypatch: pytest.MonkeyPatch) -> None:
    """A bug in the library is no reason for the tool to stop, even where an error was expected."""

    def broken(vector: Vector) -> dict[str, Any]:
        raise ZeroDivisionError("a bug")

    monkeypatch.setitem(KINDS, "is_working_day", broken)
    for expected in ({"working": True}, {"error": "not a date"}):
        result, text = outcome(Vector("1", "is_working_day", {"date": "2026-01-03"}, expected))
        assert "failed" == result and "ZeroDivisionError: a bug" in text


TASKS = {"a": {"start": "2026-01-05", "due": "2026-01-06"}, "b": {"start": "2026-01-07", "due": "2026-01-08"}}
LINK = {"predecessor": "a", "successor": "b"}


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"tasks": {**TASKS, "b": {**TASKS["b"], "parent": "a"}}}, "D9"),
        ({"tasks": {**TASKS, "b": {**TASKS["b"], "day_count": "calendar"}}}, "D8"),
        ({"tasks": {**TASKS, "b": {"start": None, "due": "2026-01-08"}}}, "P1"),
        ({"tasks": {**TASKS, "b": {**TASKS["b"], "scheduling": "lunar"}}}, "lunar"),
        ({"tasks": {**TASKS, "b": {**TASKS["b"], "colour": "red"}}}, "all that a task has"),
        ({"tasks": {**TASKS, "b": {**TASKS["b"], "not_before": "2026-01-08"}}}, "asap only"),
        ({"tasks": {"a": TASKS["a"]}}, "not among the tasks"),
        ({"dependencies": [{**LINK, "colour": "red"}]}, "all that a link has"),
        ({"change": {"z": TASKS["a"]}}, "not among the tasks"),
        ({"policy": "keep_all"}, "P5"),
    ],
)
def test_plans_of_another_shape_are_skipped(change: dict[str, Any], reason: str) -> None:
    """By shape, never by name; the same plan without that is answered."""
    plain = {"policy": "push_only", "tasks": TASKS, "dependencies": [LINK]}
    assert "passed" == outcome(Vector("1", "dependency_schedule", plain, {"tasks": TASKS}))[0]
    result, text = outcome(Vector("1", "dependency_schedule", {**plain, **change}, {"tasks": TASKS}))
    assert "skipped" == result and reason in text


@pytest.mark.parametrize(
    ("kind", "given", "expected", "reason"),
    [
        ("moon_phase", {}, {}, "unknown kind"),
        ("rollup_of_another_sort", {}, {}, "L5"),
        ("dependency_schedule", {"policy": "shift_by_delta", "tasks": {}, "dependencies": []}, {"tasks": {}}, "P5"),
        ("calendar_change", {"policy": "asap"}, {"tasks": {}}, "lacks"),
        ("is_working_day", {"date": "2026-01-03", "hour": 3}, {"working": False}, "hour"),
        ("is_working_day", {}, {"working": False}, "lacks date"),
        ("is_working_day", {"date": "2026-02-30"}, {"working": False}, "2026-02-30"),
        ("is_working_day", {"date": ["2026-01-03"]}, {"working": False}, "no date"),
        ("is_working_day", {"date": "2026-01-03", "calendar": {"shifts": []}}, {"working": False}, "shifts"),
        ("is_working_day", {"date": "2026-01-03", "calendar": 5}, {"working": False}, "calendar"),
        ("is_working_day", {"date": "2026-01-03"}, {"working": False, "half": True}, "half"),
        ("add_working_days", {"start": "2026-01-05", "working_days": "2"}, {"date": "2026-01-07"}, "no number"),
        ("adjust_to_working_day", {"date": "2026-01-03", "mode": "nearest"}, {"date": "2026-01-02"}, "nearest"),
        ("count_working_days_between", {"from_inclusive": "2026-01-03"}, {"working_days": 1}, "one to"),
        ("offset_calendar", {"anchor": "2026-01-03", "count": 1, "unit": "hours"}, {"date": "2026-01-03"}, "hours"),
        ("dependent_due", {"controller_due": None, "days_after": 1}, {"date": "2026-01-03"}, "P1"),
        ("status", {"today": "2026-01-03", "task": {"due": None, "status": "odd"}}, {"overdue": True}, "odd"),
        ("validation", {"operation": "paint"}, {"error": "wet"}, "no such operation"),
        ("validation", {"operation": "add_dependency", "hierarchy": {}}, {"error": "parent"}, "P2"),
        (
            "offset_then_adjust",
            {"anchor": "2026-01-03", "offset_days": 0, "adjust": "previous", "calendar": MON_TO_FRI},
            {"date": "2026-01-02"},
            "D4",
        ),
    ],
)
def test_what_is_not_asked_of_us_is_skipped_with_the_reason(kind: str, given: Any, expected: Any, reason: str) -> None:
    """By kind and shape."""
    result, text = outcome(Vector("1", kind, given, expected))
    assert "skipped" == result and reason in text


def test_skipped_ones_are_listed_by_kind_and_reason(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One line for all of a kind that have the same reason."""
    entry = {"kind": "rollup", "input": {}, "expected": {}}
    assert 0 == replayed(tmp_path, {**entry, "id": "A"}, {**entry, "id": "B"})
    listed, sums = capsys.readouterr().out.splitlines()
    assert "2 rollup: " in listed and "L5" in listed and "[A, B]" in listed
    assert "0 passed, 0 failed, 2 skipped" == sums


def test_an_empty_file_of_vectors_passes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing to do is nothing failed."""
    assert 0 == replayed(tmp_path)
    assert "0 passed, 0 failed, 0 skipped" == last_line(capsys)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "no JSON"),
        ("[" * 200_000, "no JSON"),
        ("{}", "vectors"),
        ('{"vectors": {}}', "vectors"),
        ("[5]", "vectors[0]"),
        ('[{"kind": "x", "input": {}}]', "expected"),
        ('[{"kind": 5, "input": {}, "expected": {}}]', "kind"),
    ],
)
def test_a_malformed_file_is_refused(
    text: str, problem: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """With exit status 2 and a message that says where, and nothing replayed."""
    file = tmp_path / "odd.json"
    file.write_text(text, encoding="utf-8")
    assert 2 == main([str(file)])
    told = capsys.readouterr()
    assert "" == told.out and problem in told.err and "odd.json" in told.err


def test_a_file_that_is_not_there_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Exit status 2, naming the file; so is a call without one."""
    assert 2 == main([str(tmp_path / "none.json")])
    assert "none.json" in capsys.readouterr().err
    assert 2 == main([])
    assert "usage" in capsys.readouterr().err


def test_it_runs_as_a_module() -> None:
    """`python -m tests.replay FILE` from the project's root."""
    ran = subprocess.run(
        [sys.executable, "-m", "tests.replay", str(OWN)],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        timeout=100,
    )
    assert (0, "") == (ran.returncode, ran.stderr)
    assert ran.stdout.endswith("102 passed, 0 failed, 5 skipped\n")
