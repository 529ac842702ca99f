"""What is said of merges to those who must answer or cannot do something: in words, with what to do (M4, M8, V7)."""

import attrs
import pytest

import actionplans as ap
from actionplans import edit
from actionplans.errors import Invalid, NotFound
from actionplans.merge import MergeNews
from actionplans.settings import Grant
from actionplans.workspace import Workspace
from tests.merge.test_workspace import planned, two
from tests.workspace.world import MONDAY


def test_an_undo_that_a_merge_is_in_the_way_of_says_what_to_do(ws: Workspace) -> None:
    """J2: the way back from a merge is to unmerge; from an unmerge there is none."""
    two(ws)
    ws.change("s", edit.update, "s-call", description="Ours")
    first = ws.change("t", edit.update, "t-call", title="Ring").plan.revision
    last = ws.change("t", edit.update, "t-call", title="Bell").plan.revision
    ws.merging.merge("t", "s", policy="source")
    with pytest.raises(Invalid, match=r"take back the merge first \(ws\.merging\.unmerge\)"):
        ws.undo("t", last)
    away = ws.change("t", edit.update, "t-call", description="Theirs").plan.revision
    back = ws.change("t", edit.update, "t-call", description="Ours").plan.revision
    assert "" == ws.merging.unmerge("t").view.task("t-call").description
    with pytest.raises(Invalid, match=rf"undo revision {last} \(task\.edit\) first"):
        ws.undo("t", first)
    with pytest.raises(Invalid, match=rf"undo revision {back} "):
        ws.undo("t", away)
    with pytest.raises(Invalid, match="a merge was taken back since, .*: change it where it stands now"):
        ws.undo("t", back)
    ws.undo("t", last)
    assert "Call" == ws.undo("t", first).task("t-call").title


def test_who_does_not_see_the_source_is_not_told_its_id(ws: Workspace) -> None:
    """V7: it is there for them as little as a plan that never was."""
    planned(ws, "t", owner_id="ben")
    for one in ("first", "second"):
        planned(ws, one)
        ws.merging.merge("t", one)
    grants = (Grant("merger", one, "own") for one in ("plan.unmerge", "*.see"))
    ws.settings.update(policy=(*ws.settings.get().policy, *grants))
    ben = ws.acting_as(ap.Actor("ben", roles={"merger"}))
    for named in ("first", "second", "nope"):
        with pytest.raises(NotFound) as caught:
            ben.merging.unmerge("t", named)
        assert ("merged plan", named, "") == (caught.value.kind, caught.value.id, caught.value.hint)
    with pytest.raises(NotFound, match="no merged plan 't' here: .* ask who sees both"):
        ben.merging.unmerge("t")
    ws.merging.unmerge("t")
    ws.change("second", edit.update_plan, owner_id="ben")
    ws.merging.merge("t", "second")
    with pytest.raises(NotFound, match="'first'"):
        ben.merging.unmerge("t", "first")
    assert "second" == ben.merging.unmerge("t").source.plan.id


def test_what_others_are_told_of_an_unmerge_leaves_out_what_is_gone(ws: Workspace) -> None:
    """M8: an item that was joined and deleted since is not two again; it is named."""
    heard: list[MergeNews] = []
    ws._desk.plugins = attrs.evolve(ws._desk.plugins, merge_listeners={"ear": heard.append})
    two(ws)
    ws.merging.merge("t", "s")
    ws.change("t", edit.delete, "t-call", confirmed=ws.impact("t", "t-call"))
    done = ws.merging.unmerge("t")
    assert ("t-call",) == done.gone
    assert {"t-why": "s-why", "t-play": "s-play"} == done.parted
    assert {"s-why": "t-why", "s-play": "t-play"} == heard[-1].joined
    assert "Call" == done.source.task("s-call").title


def test_what_is_to_be_answered_is_asked_in_words(ws: Workspace) -> None:
    """M4: by the item's title, with dates as dates, and whether a mark is on."""
    two(ws)
    for one, day in (("t", 6), ("s", 9)):
        ws.change(one, edit.update, f"{one}-call", due=MONDAY.replace(day=day), required=one == "t", weight=day)
    with pytest.raises(Invalid) as caught:
        ws.merging.merge("t", "s", policy="ask")
    told = "of 'Call' the target says {}, the source {}: answer target or source"
    wanted = {"due": ("2026-01-06", "2026-01-09"), "required": ("yes", "no"), "weight": (6, 9)}
    found = {one.place: one.message for one in caught.value.problems}
    assert {f"t-call:{name}": told.format(*both) for name, both in wanted.items()} == found
