"""Dates through the workspace: previews, undo, questions, calendars, pauses, owners (P3 to P9, T6)."""

import datetime as dt
from collections.abc import Callable

import attrs
import pytest

import actionplans as ap
from actionplans import codec, edit, schedule
from actionplans.checks import FrozenMap
from actionplans.errors import Invalid, NotAllowed, NotFound, Refused, Stale
from actionplans.model import (
    Dependency,
    Offset,
    Override,
    Plan,
    Template,
    TemplateMilestone,
    TemplateTask,
)
from actionplans.sharing import View
from actionplans.workspace import Workspace
from tests.workspace.dated import GULF, OUTSIDER, dues, gulfed, jan, plain, stored, tick
from tests.workspace.world import MONDAY, snapshot, store_of, watched

# Previews

CHANGES: dict[str, Callable[[Workspace, Callable[..., View]], View]] = {
    "a date": lambda ws, run: run("plan", edit.update, "a", due=jan(9)),
    "a duration": lambda ws, run: run("plan", edit.update, "b", duration=5),
    "a milestone": lambda ws, run: run("plan", edit.update, "m", due=jan(21)),
    "an anchor": lambda ws, run: run("plan", edit.set_anchor, "go_live", jan(28)),
    "completing": lambda ws, run: run("plan", edit.complete, "a"),
    "completing with an override": lambda ws, run: run("plan", edit.complete, "c", override=True),
    "a link": lambda ws, run: run("plan", edit.link, "free", Dependency("c")),
    "unlinking": lambda ws, run: run("plan", edit.unlink, "b", "a"),
    "an owner": lambda ws, run: run("plan", edit.assign, "b", "ben"),
    "the policy": lambda ws, run: run("plan", edit.update_plan, link_policy="asap"),
    "the calendar": lambda ws, run: run("plan", edit.update_plan, calendar="gulf"),
    "pausing": lambda ws, run: run("plan", edit.pause_plan),
    "deleting": lambda ws, run: run("plan", edit.delete, "b", confirmed=ws.impact("plan", "b")),
    "nothing": lambda ws, run: run("plan", edit.resume_plan),
    "a conflict": lambda ws, run: run("plan", edit.update, "c", start=jan(6), due=jan(6), locked=True),
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_preview_is_what_the_change_then_does_and_stores_nothing(ws: Workspace, name: str) -> None:
    """The plan, what moves and why, and the warnings (P6); only the bookkeeping of a commit is missing."""
    gulfed(ws)
    before, run = snapshot(store_of(ws)), CHANGES[name]
    preview = run(ws, ws.preview)
    assert before == snapshot(store_of(ws))
    assert before["plans"]["plan"].revision == preview.plan.revision
    done = run(ws, ws.change)
    assert plain(done.plan) == plain(preview.plan)
    assert (done.moves, done.warnings, done.names) == (preview.moves, preview.warnings, preview.names)
    assert (name == "nothing") == (before == snapshot(store_of(ws)))


def test_a_preview_says_what_moves_from_where_and_why(ws: Workspace) -> None:
    """Not the task that was changed itself, and in words that a customer can read."""
    stored(ws)
    preview = ws.preview("plan", edit.update, "a", start=jan(8), due=jan(9))
    assert "9 13 14 20 27 9" == dues(preview)
    assert [("b", jan(7), jan(13), "link"), ("c", jan(8), jan(14), "link")] == [
        (one.item_id, one.old_due, one.due, one.cause) for one in preview.moves
    ]
    assert preview.moves[0].sentence.startswith("“Task b” is due on Tuesday 13 January 2026 instead of Wednesday 7 ")
    assert "“Task a”" in preview.moves[0].sentence
    assert "5 7 8 20 27 9" == dues(ws.view("plan"))


def test_a_preview_is_decided_and_refused_like_the_change(ws: Workspace) -> None:
    """Rights, rules, arguments and ids."""
    stored(ws)
    viewer = ws.acting_as(ap.Actor("vera", roles={"viewer"}))
    with pytest.raises(NotAllowed, match=r"task\.edit"):
        viewer.preview("plan", edit.update, "a", due=jan(9))
    with pytest.raises(NotFound) as error:
        ws.acting_as(OUTSIDER).preview("plan", edit.update, "a", due=jan(9))
    assert "plan" in str(error.value)
    with pytest.raises(Invalid, match="is a cycle"):
        ws.preview("plan", edit.link, "a", Dependency("c"))
    with pytest.raises(Invalid):
        ws.preview("plan", edit.update, "a", due="soon")
    with pytest.raises(NotFound):
        ws.preview("plan", edit.complete, "nobody")


def test_a_preview_is_stale_once_somebody_else_changed_the_plan(ws: Workspace) -> None:
    """Otherwise the change that was previewed is made as it was shown."""
    stored(ws)
    preview = ws.preview("plan", edit.update, "a", due=jan(9))
    ws.change("plan", edit.update_plan, title="Theirs")
    with pytest.raises(Stale) as error:
        ws.change_read(preview, edit.update, "a", due=jan(9))
    assert (1, 2) == (error.value.read, error.value.current)
    preview = ws.preview("plan", edit.update, "a", due=jan(9))
    done = ws.change_read(preview, edit.update, "a", due=jan(9))
    assert (plain(preview.plan), preview.moves) == (plain(done.plan), done.moves)


LAUNCHED = Template(
    "dated",
    "Dated",
    anchors=("start", "go_live"),
    milestones=(TemplateMilestone("live", "Live", due=Offset(0, anchor="go_live")),),
    tasks=(
        TemplateTask("first", "First", due=Offset(3, "working_days"), duration=2, owner=("applier",)),
        TemplateTask("then", "Then", duration=3, after=(Dependency("first"),), owner=("person:ben",)),
        TemplateTask("party", "Party", due=Offset(1, anchor="milestone:live"), owner=("account_owner",)),
    ),
)


def unnumbered(plan: Plan) -> str:
    """The plan as text, with places instead of ids and without the moment it was stored."""
    text = codec.dumps(attrs.evolve(plain(plan), created_at=None))
    for n, one in enumerate((plan.id, *(item.id for item in plan.items()))):
        text = text.replace(one, f"id-{n}")
    return text


def test_the_preview_of_a_launch_is_the_launch_but_for_its_ids(ws: Workspace) -> None:
    """With the dates it would have and the same warnings; nothing is stored, nobody is told (T4)."""
    ws.settings.update(calendars=(*ws.settings.get().calendars, GULF))
    ws.people.update("ben", calendar="gulf")
    ws.templates.publish(LAUNCHED)
    draft = ws.draft("dated", "acme", start=MONDAY, anchors={"go_live": jan(28)})
    draft = attrs.evolve(draft, overrides=FrozenMap({"first": Override(due=jan(8))}))
    for warned in (0, 1):
        before = snapshot(store_of(ws))
        preview = ws.preview_launch(draft)
        assert before == snapshot(store_of(ws))
        with pytest.raises(NotFound):
            ws.view(preview.id)
        launched = ws.launch(draft)
        assert unnumbered(launched.plan) == unnumbered(preview.plan)
        assert [one.message for one in launched.warnings] == [one.message for one in preview.warnings]
        assert warned == len(preview.warnings)
    assert [jan(8), jan(13), jan(29)] == [one.due for one in preview.tasks], (
        "by Ben's calendar: Sunday, Monday, Tuesday"
    )


def test_the_preview_of_a_launch_is_refused_like_the_launch(ws: Workspace) -> None:
    """Without the right, to those who would not see the account, and with anchors that are missing."""
    ws.templates.publish(LAUNCHED)
    draft = ws.draft("dated", "acme", start=MONDAY, anchors={"go_live": jan(28)})
    with pytest.raises(NotAllowed, match=r"plan\.launch"):
        ws.acting_as(ap.Actor("vera", roles={"viewer"})).preview_launch(draft)
    with pytest.raises(NotFound):
        ws.acting_as(OUTSIDER).preview_launch(draft)
    with pytest.raises(Invalid, match="go_live"):
        ws.preview_launch(ws.draft("dated", "acme", start=MONDAY))


# Questions


def test_questions_about_dates_are_answered_through_the_workspace(ws: Workspace) -> None:
    """Why, how much room, what is critical, what conflicts: as the plan and its calendars are now."""
    gulfed(ws)
    ws.change("plan", edit.assign, "free", "ben")
    view = ws.change("plan", edit.update, "c", start=jan(7), due=jan(7))
    days = ws._desk.context(view.plan, view.account, ws.settings.get()).calendars_of(view.plan)
    assert schedule.why(view.plan, "b", days) == ws.dates.explain("plan", "b")
    assert "“Task b” starts on Tuesday 6 January 2026" in ws.dates.explain("plan", "b").sentence()
    assert schedule.slack(view.plan, days) == ws.dates.slack("plan")
    assert 12 == next(one.days for one in ws.dates.slack("plan") if one.task_id == "free"), (
        "Ben's week begins on Sunday"
    )
    assert ("e",) == tuple(one.id for one in ws.dates.critical_path("plan"))
    (conflict,) = ws.dates.conflicts("plan")
    assert ("c", "b", jan(8)) == (conflict.task_id, conflict.limit.source, conflict.limit.date)


def test_who_may_not_see_a_plan_is_told_that_there_is_none(ws: Workspace) -> None:
    """In the same words as for an unknown one (V7)."""
    stored(ws)
    outsider = ws.acting_as(OUTSIDER).dates
    asked: list[Callable[[str], object]] = [
        lambda plan_id: outsider.explain(plan_id, "a"),
        outsider.slack,
        outsider.critical_path,
        outsider.conflicts,
    ]
    for ask in asked:
        told = []
        for plan_id in ("plan", "gone"):
            with pytest.raises(NotFound) as error:
                ask(plan_id)
            told.append(str(error.value).replace(repr(plan_id), "…"))
        assert told[0] == told[1]
    with pytest.raises(NotFound):
        ws.dates.explain("plan", "nobody")
    with pytest.raises(Refused):
        ws.change("plan", edit.add, ap.Stage("own", "Our stage"))
        ws.dates.explain("plan", "own")


# Calendars, anchors, pauses


def test_a_plan_is_counted_again_after_the_settings_calendars_changed(ws: Workspace) -> None:
    """When it is asked for, with the settings as they were: what stood at its offset is counted anew (P6)."""
    stored(ws)
    before = ws.settings.get()
    office = attrs.evolve(before.calendars[0], holidays=frozenset({jan(6), jan(27)}))
    ws.settings.update(calendars=(office,))
    assert "5 7 8 20 27 9" == dues(ws.view("plan"))
    after = ws.change("plan", edit.recount, before)
    assert "5 8 9 20 28 9" == dues(after)
    assert {"b": "calendar", "c": "link", "e": "offset"} == {one.item_id: one.cause for one in after.moves}
    assert after.plan == ws.change("plan", edit.recount, ws.settings.get()).plan


def test_a_plan_is_counted_again_after_a_person_s_calendar_changed(ws: Workspace) -> None:
    """Their tasks and what hangs on them; a calendar of the task's own goes before (D7)."""
    ws.settings.update(calendars=(*ws.settings.get().calendars, GULF))
    stored(ws)
    for one in ("b", "free"):
        ws.change("plan", edit.assign, one, "ben")
    ws.change("plan", edit.update, "b", start=jan(8), due=jan(9))
    ws.change("plan", edit.update, "free", calendar="default")
    assert "5 9 12 20 27 9" == dues(ws.view("plan"))
    ws.people.update("ben", calendar="gulf")
    after = ws.change("plan", edit.recount, ws.settings.get(), {"ben": ""})
    assert "5 11 12 20 27 9" == dues(after)
    assert ["b"] == [one.item_id for one in after.moves]


def test_a_plan_that_names_a_calendar_which_is_gone_is_worked_on_and_repaired(ws: Workspace) -> None:
    """D7: it is warned of with what to do, read as before, and not brought back by an undo."""
    gulfed(ws)
    ws.change("plan", edit.update_plan, calendar="gulf")
    ws.change("plan", edit.update, "free", calendar="gulf")
    ws.people.update("ben", calendar="")
    default, _ = ws.settings.get().calendars
    ws.settings.update(calendars=(default,), confirmed=ws.settings.impact(calendars=(default,)))
    after = ws.change("plan", edit.update, "a", due=jan(9))
    assert ["plan"] == [one.item_id for one in after.warnings] and "clear it" in after.warnings[0].message
    assert ws.dates.explain("plan", "e").sentence() and ws.dates.slack("plan") and ws.dates.critical_path("plan")
    free = ws.change("plan", edit.update, "free", calendar="")
    whole = ws.change("plan", edit.update_plan, calendar="")
    assert ("", "", ()) == (whole.plan.calendar, whole.task("free").calendar, whole.warnings)
    for step in (free, whole):
        with pytest.raises(Invalid, match="no calendar 'gulf'"):
            ws.undo("plan", step.plan.revision)
    ws.settings.update(calendars=(default, GULF))
    assert "gulf" == ws.undo("plan").plan.calendar


def test_settings_are_refused_where_no_day_is_left_in_their_own_calendar(ws: Workspace) -> None:
    """D6: also one that is combined of several."""
    rest = ap.WorkCalendar("rest", frozenset({6, 7}))
    (default,) = ws.settings.get().calendars
    with pytest.raises(Invalid, match="no working day is left"):
        ws.settings.update(calendars=(default, rest), calendar="default & rest")
    ws.settings.update(calendars=(default, GULF), calendar="default & gulf")
    with pytest.raises(Invalid, match="no working day is left"):
        ws.settings.update(calendars=(default, attrs.evolve(rest, name="gulf")))


def test_an_anchor_moves_what_is_counted_from_it(ws: Workspace) -> None:
    """And back by one undo; start stays where it is needed."""
    before = stored(ws)
    after = ws.change("plan", edit.set_anchor, "go_live", jan(30))
    assert ("5 7 8 20 33 9", jan(30)) == (dues(after), after.plan.anchors["go_live"])
    assert [("e", "offset")] == [(one.item_id, one.cause) for one in after.moves]
    assert plain(before.plan) == plain(ws.undo("plan").plan)
    for name in ("start", "go_live"):
        with pytest.raises(Refused):
            ws.change("plan", edit.set_anchor, name, None)


def test_a_new_date_that_sounds_like_another_is_warned_of(ws: Workspace) -> None:
    """It may be a slip; a new one that sounds like none is not."""
    stored(ws)
    assert ["'golive' is a new date of this plan: is it go_live?"] == [
        one.message for one in ws.preview("plan", edit.set_anchor, "golive", jan(28)).warnings
    ]
    assert () == ws.change("plan", edit.set_anchor, "renewal", jan(28)).warnings


def test_a_plan_is_paused_and_goes_on_later(ws: Workspace) -> None:
    """By the clock of the workspace, in the plan's time zone (D1); nothing is overdue while it stands still (P8)."""
    stored(ws, time_zone="Pacific/Auckland")
    tick(ws, 2)
    ws._desk.clock.tick(hours=3)  # type: ignore[attr-defined]
    paused = ws.change("plan", edit.pause_plan)
    assert ("paused", jan(8)) == (paused.plan.status, paused.plan.paused_on), "a day later there"
    tick(ws, 7)
    assert () == ap.progress.overdue(ws.view("plan").plan, ws.view("plan").today)
    preview, after = ws.preview("plan", edit.resume_plan), ws.change("plan", edit.resume_plan)
    assert ("active", None, "12 14 15 27 34 16") == (after.plan.status, after.plan.paused_on, dues(after))
    assert preview.moves == after.moves
    assert {"pause"} == {one.cause for one in after.moves}
    assert dt.date(2026, 2, 2) == after.plan.anchors["go_live"]
    assert plain(paused.plan) == plain(ws.undo("plan").plan)


# Other plans, other owners


def test_completing_work_in_one_plan_changes_no_other(ws: Workspace) -> None:
    """Nor does any other change of its dates (P3)."""
    stored(ws)
    others = [stored(ws, "other"), ws.launch(ws.draft("follow-up", "acme", start=MONDAY))]
    tick(ws, 2)
    ws.change("plan", edit.complete, "a")
    ws.change("plan", edit.update, "m", due=jan(28))
    ws.change("plan", edit.reopen, "a")
    ws.undo("plan")
    for one in others:
        assert one.plan == ws.view(one.id).plan
        assert 1 == len(list(ws.history(one.id)))


def test_tasks_that_follow_an_account_s_owner_are_dated_in_the_new_one_s_calendar(ws: Workspace) -> None:
    """In the transaction that changes the account, and what hangs on them follows (T6, D7)."""
    ws.settings.update(calendars=(*ws.settings.get().calendars, GULF), reassignment="all_open")
    ws.people.update("ben", calendar="gulf")
    stored(ws)
    for one in ("a", "b"):
        ws.change("plan", edit.assign, one, "ana")
    ws.change("plan", edit.update, "a", start=jan(8), due=jan(9))
    assert "9 13 14 20 27 9" == dues(ws.view("plan"))
    through, store = watched(ws)
    through.accounts.update("acme", owner_id="ben")
    after = ws.view("plan")
    assert ("11 13 14 20 27 9", 1) == (dues(after), store.commits)
    assert {"ben"} == {after.task(one).owner_id for one in "ab"}
    assert 2 == after.task("a").duration
    *_, last = ws.history("plan")
    assert ("task.assign", {"owner_id", "due"}) == (
        last.action,
        {one.field for one in last.edits if one.item_id == "a"},
    )


def test_assigning_a_task_dates_it_in_the_new_owner_s_calendar(ws: Workspace) -> None:
    """And back when it is undone (P6)."""
    gulfed(ws)
    before = ws.change("plan", edit.update, "a", start=jan(8), due=jan(9))
    after = ws.change("plan", edit.assign, "a", "ben")
    assert ("9 13 14 20 27 9", "11 13 14 20 27 9") == (dues(before), dues(after))
    assert plain(before.plan) == plain(ws.undo("plan").plan)
