"""The summary of an account: revisions, autosave, who may (L12, V5)."""

import datetime as dt

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import actionplans as ap
from actionplans.errors import Invalid, NotAllowed, NotFound, Stale
from actionplans.journal import apply, diff, inverse
from actionplans.model import Person, Summary, SummaryRevision
from actionplans.model.records import KEPT_REVISIONS
from actionplans.settings import Grant
from actionplans.testing.clock import FrozenClock
from actionplans.workspace import Workspace
from tests.life.conftest import acting
from tests.size import size
from tests.workspace.world import store_of, watched

NOON = dt.datetime(2026, 1, 5, 12, tzinfo=dt.UTC)

Save = tuple[str, str, int]
"""Who saves what, so many minutes after the save before."""

saves = st.lists(st.tuples(st.sampled_from("ab"), st.sampled_from(["", "x", "y"]), st.sampled_from([0, 1, 10, 11])))


def revised(taken: list[Save]) -> list[tuple[str, str]]:
    """L12, read slowly: by whom and what, each revision."""
    made: list[tuple[str, str]] = []
    present, last, minute = "", -1000, 0
    for by, text, minutes in taken:
        minute += minutes
        if text != present:
            if made and made[-1][0] == by and minute - last <= 10:
                made.pop()
            made.append((by, text))
            present, last = text, minute
    return made


@settings(max_examples=size(4000))
@given(saves)
def test_saves_of_one_person_within_ten_minutes_are_one_revision(taken: list[Save]) -> None:
    """L12: whoever else saves in between begins a revision, and so does the next save after that."""
    summary, now = Summary("acme"), NOON
    for by, text, minutes in taken:
        now += dt.timedelta(minutes=minutes)
        before, summary = summary, summary.saved(text, by, now)
        assert text == summary.text
        edits = diff(before, summary)
        assert (summary, before) == (apply(before, edits), apply(summary, inverse(edits)))
    assert revised(taken) == [(one.by, one.text) for one in summary.revisions]
    assert [*range(1, len(summary.revisions) + 1)] == [one.number for one in summary.revisions]


def test_a_clock_that_goes_back_takes_no_moment_back() -> None:
    """The moments of revisions never fall."""
    summary = Summary("acme").saved("a", "ana", NOON).saved("b", "ben", NOON - dt.timedelta(hours=1))
    assert [NOON, NOON] == [one.at for one in summary.revisions]
    assert NOON == summary.saved("c", "ben", NOON - dt.timedelta(hours=2)).edited_at


def test_a_summary_holds_the_last_hundred_revisions() -> None:
    """And the journal tells one by one which came and which went."""
    summary = Summary("acme")
    for n in range(KEPT_REVISIONS + 5):
        before, summary = summary, summary.saved(str(n), "ab"[n % 2], NOON)
    assert (6, KEPT_REVISIONS + 5) == (summary.revisions[0].number, summary.revisions[-1].number)
    edits = diff(before, summary)
    assert [("5", None), (str(KEPT_REVISIONS + 5), 99)] == [(e.item_id, None if e.after is None else 99) for e in edits]
    assert summary == apply(before, edits)


def test_the_last_editor_and_time_are_kept(ws: Workspace, clock: FrozenClock) -> None:
    """L12: autosave in one session is one revision, the next day's another; the same text again is none."""
    ana = acting(ws, "ana", "member")
    assert ("", None, None) == (ana.summaries.get("acme").text, *edited(ana))
    for text in ("Gr", "Grow", "Grow in Lisbon"):
        ana.summaries.save("acme", text)
        clock.tick(minutes=4)
    assert 1 == len(ana.summaries.get("acme").revisions)
    clock.tick(1)
    saved = ana.summaries.save("acme", "Grow in Porto")
    assert ["Grow in Lisbon", "Grow in Porto"] == [one.text for one in saved.revisions]
    assert ("ana", clock()) == edited(ana)
    assert saved == ana.summaries.save("acme", "Grow in Porto") == ana.summaries.get("acme")
    entries = [*store_of(ws).journal("summary", "acme")]
    assert [("ana", "summary.edit")] * 4 == [(one.by, one.action) for one in entries]
    assert ["text", "at"] == [one.field for one in entries[1].edits]


def edited(ws: Workspace) -> tuple[str | None, dt.datetime | None]:
    """By whom and when."""
    summary = ws.summaries.get("acme")
    return summary.edited_by, summary.edited_at


def test_two_who_save_at_once_lose_nothing(ws: Workspace) -> None:
    """Both stand as revisions, whoever was faster."""
    mine, store = watched(acting(ws, "ana", "manager"))
    ben = acting(ws, "ben", "manager")
    store.before_commit.append(lambda: ben.summaries.save("acme", "Ben's"))
    mine.summaries.save("acme", "Ana's")
    assert [("ben", "Ben's"), ("ana", "Ana's")] == [(one.by, one.text) for one in ws.summaries.get("acme").revisions]


def test_a_save_of_what_was_read_is_refused_when_others_have_saved_since(ws: Workspace) -> None:
    """S2: before the save and in the midst of it; at the revision that was read it is made."""
    mine, store = watched(acting(ws, "ana", "manager"))
    ben = acting(ws, "ben", "manager")
    read = mine.summaries.get("acme").revision
    store.before_commit.append(lambda: ben.summaries.save("acme", "Ben's"))
    for _ in range(2):
        with pytest.raises(Stale):
            mine.summaries.save("acme", "Ana's", read=read)
    assert "Ben's" == ws.summaries.get("acme").text
    again = mine.summaries.save("acme", "Both", read=mine.summaries.get("acme").revision)
    assert ["Ben's", "Both"] == [one.text for one in again.revisions]


@pytest.mark.parametrize("text", [None, 1, b"x", "x" * 100_001, "\0", "\ud800"])
def test_what_is_no_text_is_refused(ws: Workspace, text: object) -> None:
    """L11, S1; nothing is stored."""
    with pytest.raises(Invalid):
        ws.summaries.save("acme", text)  # type: ignore[arg-type]
    with pytest.raises(Invalid):
        ws.summaries.save("acme", "x", read="1")  # type: ignore[arg-type]
    assert Summary("acme") == ws.summaries.get("acme")


def test_who_may(ws: Workspace) -> None:
    """R3, V5, V7: seeing and editing are rights of their own; contacts and partners are told nothing."""
    ws.summaries.save("acme", "Secret")
    viewer = acting(ws, "vic", "viewer")
    assert "Secret" == viewer.summaries.get("acme").text
    with pytest.raises(NotAllowed):
        viewer.summaries.save("acme", "Mine")
    with pytest.raises(NotAllowed):
        acting(ws, "ben", "member").summaries.save("acme", "Not my account")
    ws.settings.update(policy=(*ws.settings.get().policy, Grant("reader", "account.see")))
    ws.people.add(Person("cora", "Cora", "contact", account_id="acme"))
    ws.people.add(Person("pat", "Pat", "partner"))
    for one in (
        acting(ws, "cora", "contact"),
        acting(ws, "pat", "partner"),
        acting(ws, "cora", "administrator"),
        acting(ws, "rita", "reader"),
    ):
        for call in (
            lambda: one.summaries.get("acme"),  # noqa: B023
            lambda: one.summaries.save("acme", "x"),  # noqa: B023
        ):
            with pytest.raises(NotFound) as hidden:
                call()
            assert "Secret" not in str(hidden.value)
    with pytest.raises(NotFound):
        viewer.summaries.get("nobody")
    assert "Secret" == ws.summaries.get("acme").text


def test_a_revision_is_a_noun_like_any_other() -> None:
    """It goes out as JSON and comes back."""
    made = Summary("acme", (SummaryRevision(1, "x", "ana", NOON),), 1)
    assert made == ap.codec.loads(ap.codec.dumps(made))
