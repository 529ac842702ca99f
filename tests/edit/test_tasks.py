"""Starting, completing, reopening, cancelling, assigning and linking (L2, L10, P2 to P4, P7)."""

import pytest

from actionplans import edit
from actionplans.errors import Invalid, NotFound, Refused, Waiting
from actionplans.model import Completion, Dependency, Milestone, Offset, Shift, Task, Warn
from tests.edit.scene import NOW, TODAY, context, days, plan, status


def test_completing_records_who_when_and_how_often() -> None:
    """L2: the server's clock, the plan's day, a number that goes on counting."""
    done = edit.complete(plan(), context(), "call")
    moved = Shift("ring", days(0), days(2), days(2), days(4), 3)
    assert Completion(1, NOW, TODAY, "ana", "open", False, (moved,)) == done.task("call").completion
    again = edit.complete(edit.reopen(done, context(), "call"), context(), "call")
    completion = again.task("call").completion
    assert completion is not None
    assert (2, 2) == (completion.number, again.task("call").completions)


def test_completing_opens_those_that_waited_only_for_it() -> None:
    """P3: one after the other, and through milestones."""
    after = edit.complete(plan(), context(), "call")
    assert ["open", "waiting", "waiting"] == status(after, "mail", "sign", "bill")
    after = edit.complete(after, context(), "mail")
    assert ["waiting"] == status(after, "sign")
    after = edit.complete(after, context(), "end")
    assert ["open", "waiting"] == status(after, "sign", "bill")
    assert ["open"] == status(edit.complete(after, context(), "sign"), "bill")


def test_verbs_that_have_nothing_to_do_return_the_very_plan() -> None:
    """L2: twice is once."""
    ctx = context()
    started = edit.start(plan(), ctx, "call")
    done = edit.complete(plan(), ctx, "call")
    gone = edit.cancel(plan(), ctx, "call")
    reached = edit.complete(plan(), ctx, "end")
    shared = edit.share(plan(), ctx, "call")
    owned = edit.assign(plan(), ctx, "call", "ben", helpers=["ana"])
    fresh = plan()
    assert started is edit.start(started, ctx, "call")
    assert done is edit.complete(done, ctx, "call")
    assert gone is edit.cancel(gone, ctx, "call")
    assert reached is edit.complete(reached, ctx, "end")
    assert shared is edit.share(shared, ctx, "call")
    assert owned is edit.assign(owned, ctx, "call", "ben", helpers=["ana", "ana"])
    assert owned is edit.assign(owned, ctx, "call", "ben")
    assert fresh is edit.reopen(fresh, ctx, "call")
    assert fresh is edit.reopen(fresh, ctx, "end")
    assert fresh is edit.update(fresh, ctx, "call", title="Call", due=days(1))
    assert fresh is edit.update(fresh, ctx, "tidy", custom={"size": 3, "note": None})
    assert fresh is edit.move(fresh, ctx, "mail", parent_id="play", stage_id="own")
    assert fresh is edit.assign(fresh, ctx, "why", None)


def test_a_milestone_is_done_with_its_tasks_or_when_it_is_reached() -> None:
    """P3: one with tasks cannot be marked; one whose tasks are all done is done already."""
    reached = edit.complete(plan(), context(), "end").item("end")
    assert isinstance(reached, Milestone)
    assert TODAY == reached.reached_on
    with pytest.raises(Refused, match="is done when its tasks are"):
        edit.complete(plan(), context(), "live")
    done = edit.complete(plan(), context(), "train")
    assert done is edit.complete(done, context(), "live")
    assert ["open"] == status(done, "party")
    assert ["open"] == status(edit.cancel(plan(), context(), "train"), "party")


def test_a_milestone_can_be_reopened() -> None:
    """Those after it wait again."""
    done = edit.complete(plan(), context(), "mail", override=True)
    done = edit.complete(done, context(), "end")
    assert ["open"] == status(done, "sign")
    assert ["waiting"] == status(edit.reopen(done, context(), "end"), "sign")


def test_a_waiting_task_is_not_started_or_completed_without_an_override() -> None:
    """P4: the error names what it waits for; the completion says that it was overridden."""
    for verb in (edit.start, edit.complete):
        with pytest.raises(Waiting, match="'Sign' waits for 'Mail', 'The end': finish that first") as error:
            verb(plan(), context(), "sign")
        assert ("mail", "end") == error.value.predecessors
    done = edit.complete(plan(), context(), "sign", override=True).task("sign").completion
    assert done == Completion(
        1, NOW, TODAY, "ana", "waiting", True, (Shift("bill", None, None, None, days(4), first=True),)
    )
    assert ["in_progress"] == status(edit.start(plan(), context(), "sign", override=True), "sign")
    free = edit.complete(plan(), context(), "call", override=True).task("call").completion
    assert free is not None
    assert not free.override


def test_a_long_list_of_predecessors_is_cut_in_the_message() -> None:
    """The error carries all of them."""
    many = tuple(Task(f"t{n}", "x" * 500) for n in range(30))
    last = Task("last", "y" * 500, "waiting", dependencies=tuple(Dependency(one.id) for one in many))
    with pytest.raises(Waiting, match="and 20 more") as error:
        edit.complete(plan(tasks=(*many, last)), context(), "last")
    assert 30 == len(error.value.predecessors)
    assert len(str(error.value)) < 2_000


def test_only_fs_links_hold_a_task_up() -> None:
    """P3: `ring` starts with `call` and waits for nothing."""
    assert ["done"] == status(edit.complete(plan(), context(), "ring"), "ring")


def test_reopening_gives_back_the_status_it_had() -> None:
    """P7: open, in progress, or waiting; of cancelled ones too."""
    started = edit.start(plan(), context(), "call")
    for verb in (edit.complete, edit.cancel):
        assert ["in_progress"] == status(edit.reopen(verb(started, context(), "call"), context(), "call"), "call")
        assert ["open"] == status(edit.reopen(verb(plan(), context(), "call"), context(), "call"), "call")
    assert plan() == edit.reopen(edit.cancel(plan(), context(), "sign"), context(), "sign")


def test_a_reopened_task_waits_by_its_links_as_they_are_now() -> None:
    """P3: done while waiting, it is open where its predecessor has been finished since; and the other way round."""
    done = edit.complete(plan(), context(), "mail", override=True)
    done = edit.complete(done, context(), "call")
    assert ["open"] == status(edit.reopen(done, context(), "mail"), "mail")
    both = edit.complete(edit.complete(plan(), context(), "call"), context(), "mail")
    assert ["waiting"] == status(edit.reopen(edit.reopen(both, context(), "call"), context(), "mail"), "mail")


def test_reopening_sends_back_those_not_started_and_warns_of_the_others() -> None:
    """P7: started and finished successors stay and are named."""
    heard: list[Warn] = []
    done = edit.complete(plan(), context(), "call")
    assert ["waiting"] == status(edit.reopen(done, context(warn=heard.append), "call"), "mail")
    assert [] == heard
    for verb, state in ((edit.start, "in progress"), (edit.complete, "done")):
        heard.clear()
        went_on = verb(done, context(), "mail")
        assert went_on.task("mail") == edit.reopen(went_on, context(warn=heard.append), "call").task("mail")
        assert [Warn("mail", f"'Mail' is {state} though 'Call' is open again")] == heard


def test_a_warning_about_long_titles_is_cut() -> None:
    """Two titles of 500 characters do not fit into one warning; reopening must go on all the same."""
    first, second = Task("a", "x" * 500), Task("b", "'" * 499 + "é", "waiting", dependencies=(Dependency("a"),))
    done = edit.complete(plan(tasks=(first, second)), context(), "a")
    done = edit.complete(done, context(), "b")
    heard: list[Warn] = []
    edit.reopen(done, context(warn=heard.append), "a")
    assert ["b"] == [one.item_id for one in heard]


def test_reopening_a_task_of_a_completed_plan_reopens_the_plan() -> None:
    """L10: and only where there is something to reopen."""
    done = edit.complete_plan(plan(), context(), cancel_open=True)
    after = edit.reopen(done, context(), "call")
    assert ("active", None) == (after.status, after.completed_at)
    assert ["open", "cancelled"] == status(after, "call", "mail")
    assert done is edit.reopen(done, context(), "end")
    with pytest.raises(Refused, match="archived"):
        edit.reopen(edit.archive_plan(done, context()), context(), "call")
    with pytest.raises(Refused, match="cancelled: reopen it first"):
        edit.reopen(edit.cancel_plan(plan(), context()), context(), "call")


def test_what_cannot_be_done_in_this_state() -> None:
    """Each refusal says what would help."""
    done = edit.complete(plan(), context(), "call")
    gone = edit.cancel(plan(), context(), "call")
    with pytest.raises(Refused, match="'Call' is done: reopen it first"):
        edit.start(done, context(), "call")
    with pytest.raises(Refused, match="'Call' is done: reopen it first"):
        edit.cancel(done, context(), "call")
    with pytest.raises(Refused, match="'Call' is cancelled: reopen it first"):
        edit.complete(gone, context(), "call")
    for verb in (edit.complete, edit.reopen):
        with pytest.raises(Refused, match="tasks"):
            verb(plan(), context(), "why")


def test_assigning_to_a_person_a_team_any_contact_or_nobody() -> None:
    """T6 wants to know that it was by hand; helpers stay unless they are given."""
    for owner in ("ben", "team:east", "any_contact", None):
        task = edit.assign(plan(), context(), "bill", owner).task("bill")
        assert (owner, ("ben",), True) == (task.owner_id, task.helpers, task.owner_by_hand)
    assert ("ana",) == edit.assign(plan(), context(), "bill", None, helpers=["ana", "ana"]).task("bill").helpers
    assert () == edit.assign(plan(), context(), "bill", None, helpers=[]).task("bill").helpers
    assert "ben" == edit.assign(plan(), context(), "why", "ben").objective("why").owner_id


def test_only_new_names_are_looked_up() -> None:
    """A helper who has left is no obstacle to a new owner."""
    after = edit.assign(plan(), context(people=frozenset({"ana"})), "bill", "ana").task("bill")
    assert ("ana", ("ben",)) == (after.owner_id, after.helpers)
    with pytest.raises(Invalid, match="no active person or team str 'ben'"):
        edit.assign(plan(), context(people=frozenset({"ana"})), "call", "ben")


@pytest.mark.parametrize(
    ("item_id", "owner", "helpers", "places"),
    [
        ("call", "stranger", None, ["owner_id"]),
        ("call", "stranger", ["ghost"], ["owner_id", "helpers"]),
        ("call", 5, None, ["owner_id"]),
        ("call", "", None, ["owner_id"]),
        ("call", "ana", "ben", ["helpers"]),
        ("call", "ana", 5, ["helpers"]),
        ("call", "ana", ["ben", 7, ""], ["helpers[1]", "helpers[2]"]),
        ("call", "ana", [[]], ["helpers[0]"]),
        ("why", "ana", ["ben"], ["helpers"]),
        ("play", [], ["ben"], ["owner_id", "helpers"]),
    ],
)
def test_wrong_owners_and_helpers(item_id: str, owner: str, helpers: list[str] | None, places: list[str]) -> None:
    """A text is no list of helpers, and nobody is nobody."""
    with pytest.raises(Invalid) as error:
        edit.assign(plan(), context(), item_id, owner, helpers=helpers)
    assert places == [problem.place for problem in error.value.problems]


def test_stages_and_milestones_have_no_owner() -> None:
    """Assign what stands in them."""
    for item_id in ("own", "live"):
        with pytest.raises(Refused, match="has no owner"):
            edit.assign(plan(), context(), item_id, "ana")


def test_linking_and_unlinking_say_who_waits() -> None:
    """P3: when its links change."""
    linked = edit.link(plan(), context(), "tidy", Dependency("call"))
    assert ["waiting"] == status(linked, "tidy")
    assert plan() == edit.unlink(linked, context(), "tidy", "call")
    started = edit.start(plan(), context(), "tidy")
    assert ["in_progress"] == status(edit.link(started, context(), "tidy", Dependency("call")), "tidy")
    assert ["open"] == status(edit.link(plan(), context(), "tidy", Dependency("call", "SS")), "tidy")
    done = edit.complete(plan(), context(), "call")
    assert ["open"] == status(edit.link(done, context(), "tidy", Dependency("call")), "tidy")


def test_unlinking_takes_an_offset_from_that_task_along() -> None:
    """P1: an offset counted from a predecessor is a link too; the date stays."""
    dated = edit.update(plan(), context(), "bill", due=days(20))
    after = edit.unlink(dated, context(), "bill", "sign").task("bill")
    assert (None, days(20), "open") == (after.offset, after.due, after.status)
    counted = edit.add(plan(), context(), Task("t", "x", offset=Offset(1, anchor="milestone:live")))
    with pytest.raises(NotFound):
        edit.unlink(counted, context(), "t", "live")


@pytest.mark.parametrize(
    ("task", "link", "message"),
    [
        ("call", Dependency("call"), "cannot wait for itself"),
        ("mail", Dependency("call", lag=3), "FS 'call' stands here twice"),
        ("call", Dependency("why"), "no task or milestone 'why'"),
        ("call", Dependency("elsewhere"), "no task or milestone 'elsewhere'"),
        ("call", Dependency("mail"), "'Call' → 'Mail' → 'Call'"),
        ("call", Dependency("sign"), "'Call' → 'Mail' → 'Sign' → 'Call'"),
        ("call", Dependency("mail", "SS"), "'Call' → 'Mail' → 'Call'"),
        ("train", Dependency("live"), "'Go live' → 'Train' → 'Go live'|'Train' → 'Go live' → 'Train'"),
        ("call", Dependency("bill"), "'Call' → 'Mail' → 'Sign' → 'Bill' → 'Call'"),
        ("mail", "call", "a Dependency is wanted"),
        ("mail", None, "a Dependency is wanted"),
    ],
)
def test_links_that_are_refused(task: str, link: Dependency, message: str) -> None:
    """P2: self, duplicate, unknown, a cycle with its path, also by milestones and offsets."""
    before = plan()
    with pytest.raises(Invalid, match=message):
        edit.link(before, context(), task, link)
    assert plan() == before


def test_a_link_to_the_milestone_a_task_is_in_is_refused_only_where_it_waits() -> None:
    """P3: by FS it would wait for itself; by SS it starts with the milestone's date."""
    after = edit.link(plan(), context(), "train", Dependency("live", "SS"))
    assert ["open"] == status(after, "train")


def test_the_same_predecessor_by_two_kinds_of_links() -> None:
    """P1: several links per task; SS and FF together tie both ends."""
    after = edit.link(plan(), context(), "ring", Dependency("call", "FF"))
    assert 2 == len(after.task("ring").dependencies)


def test_unlinking_what_is_not_linked() -> None:
    """No silent no-op."""
    with pytest.raises(NotFound, match="no dependency 'sign' here"):
        edit.unlink(plan(), context(), "mail", "sign")


def test_open_predecessors_are_those_still_open() -> None:
    """P3: in the order of the links, milestones among them."""
    assert ("mail", "end") == edit.open_predecessors(plan(), plan().task("sign"))
    assert () == edit.open_predecessors(plan(), plan().task("call"))
    assert ("sign",) == edit.open_predecessors(plan(), plan().task("bill"))
