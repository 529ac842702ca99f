"""The one shape of every command, and what it promises when something goes wrong."""

import datetime as dt
import logging
from collections.abc import Callable

import attrs
import pytest

import actionplans as ap
from actionplans import edit
from actionplans.errors import (
    ActionPlansError,
    Invalid,
    NotAllowed,
    NotFound,
    Refused,
    Stale,
    StoreClosed,
    StoreFull,
    Unresolved,
    Waiting,
)
from actionplans.journal import apply, inverse
from actionplans.model import (
    Item,
    Offset,
    Template,
    TemplateMilestone,
    TemplateObjective,
    TemplatePlay,
    TemplateTask,
)
from actionplans.settings import Grant
from actionplans.sharing import View
from actionplans.workspace import Workspace
from actionplans.workspace.changes import TRIES
from tests.workspace.world import FOLLOW_UP, MONDAY, heard_by, opened, peopled, snapshot, store_of, watched


def launched(ws: Workspace) -> View:
    """A plan of Acme's from the follow-up template."""
    return ws.launch(ws.draft("follow-up", "acme", start=MONDAY))


WRITES: dict[str, Callable[[Workspace, View], object]] = {
    "launch": lambda ws, _: launched(ws),
    "new_plan": lambda ws, _: ws.new_plan("acme", "Another"),
    "add_plan": lambda ws, _: ws.add_plan(ap.Plan("p9", "acme", "Own", ap.FrozenMap({"start": MONDAY}))),
    "change": lambda ws, plan: ws.change(plan.id, edit.complete, plan.task("call").id),
    "change_read": lambda ws, plan: ws.change_read(plan, edit.update_plan, title="Read"),
    "get_or_create": lambda ws, _: ws.accounts.get_or_create("Globex", website="globex.example"),
    "accounts.add": lambda ws, _: ws.accounts.add(ap.Account("umbrella", "Umbrella")),
    "accounts.update": lambda ws, _: ws.accounts.update("acme", type="enterprise"),
    "people.add": lambda ws, _: ws.people.add(ap.Person("dee", "Dee", roles=frozenset({"member"}))),
    "people.update": lambda ws, _: ws.people.update("ben", name="Benedict"),
    "teams.add": lambda ws, _: ws.teams.add(ap.Team("new", "New", frozenset({"ana"}))),
    "teams.update": lambda ws, _: ws.teams.update("cs", members=frozenset({"ana"})),
    "templates.add": lambda ws, _: ws.templates.add(Template("second", "Second")),
    "templates.publish": lambda ws, _: ws.templates.publish(Template("third", "Third")),
    "templates.revise": lambda ws, _: ws.templates.revise("follow-up"),
    "templates.retire": lambda ws, _: ws.templates.retire("follow-up", 1),
    "settings.update": lambda ws, _: ws.settings.update(time_zone="Europe/Lisbon"),
}


@pytest.mark.parametrize("name", WRITES)
def test_every_command_is_one_commit(ws: Workspace, name: str) -> None:
    """Whatever a command does, it is stored in one transaction or not at all (S1)."""
    plan = launched(ws)
    through, store = watched(ws)
    WRITES[name](through, plan)
    assert 1 == store.commits


@pytest.mark.parametrize("name", WRITES)
def test_a_commit_that_fails_stores_nothing_and_tells_nobody(ws: Workspace, name: str) -> None:
    """The store's own error comes out; the store is as it was, and the command works when it is repeated."""
    plan, heard = launched(ws), list[object]()
    through, store = watched(ws)
    through._desk.plugins = heard_by({"ear": heard.append})
    before = snapshot(store_of(ws))

    def full() -> None:
        raise StoreFull("disk", "no space left")

    store.before_commit = [full]
    with pytest.raises(StoreFull):
        WRITES[name](through, plan)
    assert (before, []) == (snapshot(store_of(ws)), heard)
    WRITES[name](through, plan)
    assert 1 == len(heard)


REFUSED: dict[str, tuple[type[ActionPlansError], Callable[[Workspace, View], object]]] = {
    "waiting": (Waiting, lambda ws, plan: ws.change(plan.id, edit.complete, plan.task("mail").id)),
    "no such item": (NotFound, lambda ws, plan: ws.change(plan.id, edit.complete, "nothing")),
    "no such plan": (NotFound, lambda ws, _: ws.change("nothing", edit.complete, "nothing")),
    "no such account": (NotFound, lambda ws, _: ws.new_plan("nothing", "Title")),
    "no such section": (Invalid, lambda ws, _: ws.new_plan("acme", "Title", section="nothing")),
    "no such field": (Invalid, lambda ws, plan: ws.change(plan.id, edit.update_plan, colour="red")),
    "no such argument": (Invalid, lambda ws, plan: ws.change(plan.id, edit.share_plan, colour="red")),
    "no such zone": (Invalid, lambda ws, plan: ws.change(plan.id, edit.update_plan, time_zone="Mars/Base")),
    "zone of an account": (Invalid, lambda ws, _: ws.accounts.update("acme", time_zone="Mars/Base")),
    "zone of a person": (Invalid, lambda ws, _: ws.people.update("ana", time_zone="Mars/Base")),
    "zone of the settings": (Invalid, lambda ws, _: ws.settings.update(time_zone="Mars/Base")),
    "zone of a plan": (Invalid, lambda ws, _: ws.new_plan("acme", "Title", time_zone="Mars/Base")),
    "calendar of a person": (Invalid, lambda ws, _: ws.people.update("ana", calendar="mars")),
    "owner of an account": (Invalid, lambda ws, _: ws.accounts.update("acme", owner_id="nobody")),
    "owner of a plan": (Invalid, lambda ws, _: ws.new_plan("acme", "Title", owner_id="nobody")),
    "stage of a plan": (Invalid, lambda ws, _: ws.new_plan("acme", "Title", stage_id="nothing")),
    "member of a team": (Invalid, lambda ws, _: ws.teams.add(ap.Team("x", "X", frozenset({"nobody"})))),
    "account of a contact": (Invalid, lambda ws, _: ws.people.add(ap.Person("x", "X", account_id="nothing"))),
    "a plan's id": (Invalid, lambda ws, _: ws.new_plan("acme", "Title", id="mine")),
    "taken account": (Refused, lambda ws, _: ws.accounts.add(ap.Account("acme", "Acme"))),
    "taken person": (Refused, lambda ws, _: ws.people.add(ap.Person("ana", "Ana"))),
    "taken template": (Refused, lambda ws, _: ws.templates.add(FOLLOW_UP)),
    "taken plan": (Refused, lambda ws, plan: ws.add_plan(plan.plan)),
    "published template": (Refused, lambda ws, _: ws.templates.save(ws.templates.get("follow-up"))),
    "bad template": (
        Invalid,
        lambda ws, _: ws.templates.publish(Template("x", "X", tasks=(TemplateTask("", "No key"),))),
    ),
    "unresolved": (Unresolved, lambda ws, _: ws.launch(ws.draft("follow-up", "acme", owner_id="nobody"))),
    "shared settings": (Invalid, lambda ws, _: ws.settings.update(revision=9)),
    "lock-out": (Refused, lambda ws, _: ws.settings.update(policy=())),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_refused_stores_nothing(ws: Workspace, name: str) -> None:
    """Every refusal is one of our errors, and the whole store is as it was."""
    plan = launched(ws)
    before = snapshot(store_of(ws))
    error, command = REFUSED[name]
    with pytest.raises(error):
        command(ws, plan)
    assert before == snapshot(store_of(ws))


def test_a_section_by_its_title_is_told_by_its_key(ws: Workspace) -> None:
    """And one that is near is guessed."""
    with pytest.raises(Invalid, match="not str 'Growth Plans', which is the title of growth_plans$"):
        ws.new_plan("acme", "Title", section="Growth Plans")
    told = {
        "Growth Plans": "'Growth Plans' is the title of 'growth_plans'",
        "growth_pl": "is it growth_plans",
        "xyz": "there are client_commitments, growth_plans",
    }
    for asked, words in told.items():
        with pytest.raises(NotFound, match=f"no section '{asked}' here: sections go by their keys; {words}"):
            ws.settings.get().section(asked)


def test_items_of_a_view_are_found_by_id_or_key(ws: Workspace) -> None:
    """Each kind by its own name; what is near to a key is guessed."""
    made = Template(
        "all",
        "All",
        objectives=(TemplateObjective("grow", "Grow"),),
        milestones=(TemplateMilestone("live", "Go live"),),
        plays=(TemplatePlay("train", "Training"),),
        tasks=(TemplateTask("call", "Call", parent="train", milestone="live"),),
    )
    plan = ws.launch(ws.draft(ws.templates.publish(made), "acme", start=MONDAY))
    looks: dict[str, Callable[[str], Item]] = {
        "grow": plan.objective,
        "live": plan.milestone,
        "train": plan.play,
        "call": plan.task,
    }
    for key, look in looks.items():
        assert key == look(key).key
        assert look(key) is look(look(key).id)
        with pytest.raises(NotFound, match=f"is it {key}"):
            look(f"{key}s")


def test_what_changes_nothing_is_not_stored(ws: Workspace) -> None:
    """A verb with nothing to do, fields that are so already, the same template again: no commit, no journal entry."""
    plan = ws.change(launched(ws).id, edit.share_plan)
    through, store = watched(ws)
    assert plan == through.change(plan.id, edit.share_plan)
    assert plan == through.change(plan.id, edit.update_plan, title=plan.plan.title)
    assert plan == through.change(plan.id, edit.share, plan.task("call").id, False)
    assert ws.accounts.get("acme") == through.accounts.update("acme", name="Acme")
    assert ws.people.get("ana") == through.people.update("ana", name="Ana")
    assert ws.settings.get() == through.settings.update(time_zone="UTC")
    assert ws.templates.get("follow-up") == through.templates.publish(FOLLOW_UP)
    assert ws.accounts.get("acme") == through.accounts.get_or_create("ACME", "www.acme.example")
    assert 0 == store.commits


@pytest.mark.parametrize("name", ["launch", "new_plan", "add_plan", "change", "change_read"])
def test_a_command_gives_what_is_stored(ws: Workspace, name: str) -> None:
    """The view that comes back is the view that is read, revision and moment included."""
    given = WRITES[name](ws, launched(ws))
    assert isinstance(given, View)
    assert attrs.evolve(given, warnings=()) == ws.view(given.id)


def test_the_journal_has_every_change_without_gaps(ws: Workspace) -> None:
    """Entries are numbered by the revisions they made, and lead back from today to the launch (J1, J2)."""
    plan = first = launched(ws)
    ws.change(plan.id, edit.complete, plan.task("call").id)
    ws.change(plan.id, edit.update_plan, title="Other")
    ws.change(plan.id, edit.assign, plan.task("visit").id, "ben")
    last = ws.view(plan.id).plan
    entries = list(ws.history(plan.id))
    assert [1, 2, 3, 4] == [one.revision for one in entries]
    assert ["plan.launch", "task.complete", "plan.edit", "task.assign"] == [one.action for one in entries]
    assert {"root"} == {one.by for one in entries}
    assert () == entries[0].edits
    assert {"template": "follow-up", "version": "1"}.items() <= dict(entries[0].detail).items()
    for entry in reversed(entries[1:]):
        last = apply(last, inverse(entry.edits))
    assert attrs.evolve(first.plan, revision=last.revision, changed_at=last.changed_at) == last


def test_the_first_change_of_the_settings_is_in_the_journal(ws: Workspace) -> None:
    """It says what they were before, though nothing was stored before (J1)."""
    ws.settings.update(time_zone="Europe/Lisbon")
    (entry,) = store_of(ws).journal("settings", "settings")
    assert [("time_zone", "UTC", "Europe/Lisbon")] == [(one.field, one.before, one.after) for one in entry.edits]


def test_a_change_that_lost_a_race_is_made_again(ws: Workspace) -> None:
    """Nothing that another stored in between is overwritten, and the caller does not notice (S2)."""
    plan = launched(ws)
    through, store = watched(ws)
    store.before_commit = [
        lambda: ws.change(plan.id, edit.update_plan, description="theirs"),
        lambda: ws.change(plan.id, edit.complete, plan.task("call").id),
    ]
    given = through.change(plan.id, edit.update_plan, title="ours")
    assert ("ours", "theirs", "done") == (given.plan.title, given.plan.description, given.task("call").status)
    assert (1, 4) == (store.commits, given.plan.revision)


def test_what_has_become_wrong_in_a_race_is_refused(ws: Workspace) -> None:
    """The verb runs again on what is there then, rules and rights included."""
    plan = launched(ws)
    through, store = watched(ws)
    store.before_commit = [lambda: ws.change(plan.id, edit.archive_plan)]
    with pytest.raises(Refused, match="archived"):
        through.change(plan.id, edit.update_plan, title="ours")


def test_a_change_that_always_loses_is_stale_in_the_end(ws: Workspace) -> None:
    """After so many tries the caller is told, and nothing is overwritten."""
    plan = launched(ws)
    through, store = watched(ws)
    store.before_commit = [
        lambda n=n: ws.change(plan.id, edit.update_plan, description=str(n)) for n in range(TRIES + 1)
    ]
    with pytest.raises(Stale):
        through.change(plan.id, edit.update_plan, title="ours")
    assert (0, 1) == (store.commits, len(store.before_commit))
    assert "ours" != ws.view(plan.id).plan.title


def test_a_change_of_what_was_read_wants_it_unchanged(ws: Workspace) -> None:
    """`change_read` says which revision it read and which is there now (S2)."""
    read = launched(ws)
    ws.change(read.id, edit.update_plan, title="Theirs")
    with pytest.raises(Stale) as error:
        ws.change_read(read, edit.update_plan, title="Ours")
    assert (1, 2) == (error.value.read, error.value.current)
    through, store = watched(ws)
    store.before_commit = [lambda: ws.change(read.id, edit.update_plan, title="Theirs again")]
    with pytest.raises(Stale):
        through.change_read(ws.view(read.id), edit.update_plan, title="Ours")
    assert "Theirs again" == ws.view(read.id).plan.title


def test_listeners_hear_what_is_stored_already(url: str, caplog: pytest.LogCaptureFixture) -> None:
    """They are called after the commit, with its entries; one that fails is logged and stops nobody (N1)."""
    heard = []

    def fails(entries: object) -> None:
        raise RuntimeError("no ears")

    with opened(
        url, listeners={"broken": fails, "ear": lambda entries: heard.append((entries, ws.view(plan.id)))}
    ) as ws:
        with caplog.at_level(logging.CRITICAL, "actionplans"):
            peopled(ws)
            heard.clear()
            ws._desk.plugins = heard_by({})
            plan = launched(ws)
            ws._desk.plugins = heard_by({"broken": fails, "ear": lambda got: heard.append((got, ws.view(plan.id)))})
        given = ws.change(plan.id, edit.update_plan, title="Heard")
        ((entries, then),) = heard
        assert ("Heard", given) == (then.plan.title, then)
        assert [("plan", plan.id, 2)] == [(one.record, one.id, one.revision) for one in entries]
        assert ["broken"] == [record.args[0] for record in caplog.records]
        with pytest.raises(Waiting):
            ws.change(plan.id, edit.complete, plan.task("mail").id)
        assert 1 == len(heard)


def test_warnings_come_with_the_view(ws: Workspace) -> None:
    """What was not refused but the user should know stands in the view that the command gives (P7)."""
    plan = launched(ws)
    call, mail = plan.task("call").id, plan.task("mail").id
    ws.change(plan.id, edit.complete, call)
    ws.change(plan.id, edit.start, mail)
    (warning,) = ws.change(plan.id, edit.reopen, call).warnings
    assert mail == warning.item_id
    assert () == ws.view(plan.id).warnings


def test_deleting_is_shown_confirmed_and_taken_back(ws: Workspace) -> None:
    """Impact, deletion, restoring from the journal: the item comes back with its links (L3, L10)."""
    plan = launched(ws)
    call = plan.task("call").id
    impact = ws.impact(plan.id, call)
    without = ws.change(plan.id, edit.delete, call, confirmed=impact)
    assert {"mail", "visit"} == {task.key for task in without.tasks}
    with pytest.raises(NotFound):
        ws.restore(plan.id, plan.task("mail").id)
    back = ws.restore(plan.id, call)
    assert plan.tasks == back.tasks
    assert "task.restore" != list(ws.history(plan.id))[0].action
    assert "task.restore" == list(ws.history(plan.id))[-1].action
    with pytest.raises(Refused):
        ws.restore(plan.id, call)


def test_an_archived_plan_takes_no_change(ws: Workspace) -> None:
    """Until it comes back (L1)."""
    plan = launched(ws)
    ws.change(plan.id, edit.archive_plan)
    before = snapshot(store_of(ws))
    for command in (
        lambda: ws.change(plan.id, edit.complete, plan.task("call").id),
        lambda: ws.change(plan.id, edit.update_plan, title="No"),
        lambda: ws.change(plan.id, edit.add, ap.Task(title="No")),
        lambda: ws.change(plan.id, edit.delete, plan.task("call").id),
    ):
        with pytest.raises(Refused, match="archived"):
            command()
    assert before == snapshot(store_of(ws))
    assert not ws.change(plan.id, edit.archive_plan, False).plan.archived


def test_a_merged_plan_takes_no_change(ws: Workspace) -> None:
    """It points to the one that goes on (M2)."""
    target = launched(ws)
    fields = {"status": "merged", "merged_into": target.id}
    merged = ws.add_plan(ap.Plan("old", "acme", "Old", ap.FrozenMap({"start": MONDAY}), **fields))
    for verb in (edit.share_plan, edit.complete_plan, edit.cancel_plan, edit.reopen_plan, edit.archive_plan):
        with pytest.raises(Refused, match="merged into"):
            ws.change(merged.id, verb)


def test_a_verb_of_the_hosts_own_goes_the_same_way(ws: Workspace) -> None:
    """It is decided by its action, and what it gives must be the plan it was given."""
    plan = launched(ws)

    @edit.verb("edit")
    def rename(plan: ap.Plan, context: edit.Context, title: str) -> ap.Plan:
        return attrs.evolve(plan, title=f"{title} by {context.actor_id}")

    @edit.verb("edit")
    def loses(plan: ap.Plan, context: edit.Context) -> ap.Plan:
        return attrs.evolve(plan, id="another")

    @edit.verb("edit")
    def forgets(plan: ap.Plan, context: edit.Context) -> ap.Plan:
        return None  # type: ignore[return-value]

    @edit.verb("edit")
    def emigrates(plan: ap.Plan, context: edit.Context) -> ap.Plan:
        return attrs.evolve(plan, time_zone="Mars/Base")

    assert "Mine by root" == ws.change(plan.id, rename, "Mine").plan.title
    viewer = ws.acting_as(ap.Actor("ben", roles={"viewer"}))
    with pytest.raises(NotAllowed):
        viewer.change(plan.id, rename, "Theirs")
    for verb in (loses, forgets):
        with pytest.raises(Invalid, match="instead of the plan"):
            ws.change(plan.id, verb)
    with pytest.raises(Invalid, match="no time zone 'Mars/Base'"):
        ws.change(plan.id, emigrates)
    assert "Mine by root" == ws.view(plan.id).plan.title
    for no_verb in (len, edit.impact, None, "complete", object()):
        with pytest.raises(Invalid, match="verb"):
            ws.change(plan.id, no_verb)  # type: ignore[arg-type]


def test_what_a_change_hides_from_its_maker_is_shown_once(ws: Workspace) -> None:
    """Handing a plan over is stored, and does not look like a failure; afterwards it is gone (V7)."""
    ws.settings.update(policy=(*ws.settings.get().policy, Grant("keeper", "plan.*", "own")))
    plan = ws.new_plan("acme", "Mine", owner_id="ben")
    ben = ws.acting_as(ap.Actor("ben", roles={"keeper"}))
    given = ben.change(plan.id, edit.update_plan, owner_id="ana")
    assert "ana" == given.plan.owner_id
    with pytest.raises(NotFound):
        ben.view(plan.id)


def test_a_new_owner_s_calendar_counts_at_once(ws: Workspace) -> None:
    """A task that is added for somebody with a calendar of their own is dated by it (D7)."""
    sundays = ap.WorkCalendar("sundays", weekdays=frozenset({7}))
    ws.settings.update(calendars=(*ws.settings.get().calendars, sundays))
    ws.people.update("ben", calendar="sundays")
    plan = ws.new_plan("acme", "Sundays", start=MONDAY)
    task = ap.Task(title="Rest", owner_id="ben", start=dt.date(2026, 1, 11), duration=2)
    assert dt.date(2026, 1, 18) == ws.change(plan.id, edit.add, task).tasks[0].due


def test_closing_twice_is_no_error(ws: Workspace) -> None:
    """And afterwards everything says that it is closed (C11)."""
    plan = launched(ws)
    ws.close()
    ws.close()
    for command in (
        lambda: ws.view(plan.id),
        lambda: list(ws.plans()),
        lambda: ws.accounts.get("acme"),
        lambda: ws.change(plan.id, edit.share_plan),
        lambda: ws.settings.get(),
    ):
        with pytest.raises(StoreClosed):
            command()


def test_acting_as_shares_the_store(ws: Workspace) -> None:
    """The same workspace for somebody else: what one stores the other sees, under their own name."""
    ben = ws.acting_as(ap.Actor("ben", roles={"manager"}))
    plan = ben.launch(ben.draft("follow-up", "acme", start=MONDAY))
    assert ("ben", "ben") == (plan.plan.created_by, plan.task("call").owner_id)
    assert plan.plan == ws.view(plan.id).plan
    assert ("root", "ben") == (ws.actor.id, ben.actor.id)


def test_the_day_is_the_plan_s(ws: Workspace) -> None:
    """Today is the clock's moment where the plan is, else where the account is, else in the settings' zone (D1)."""
    clock = ws._desk.clock
    clock.now = dt.datetime(2026, 1, 5, 23, 30, tzinfo=dt.UTC)  # type: ignore[attr-defined]
    plan = launched(ws)
    assert dt.date(2026, 1, 5) == ws.view(plan.id).today
    ws.accounts.update("acme", time_zone="Pacific/Auckland")
    assert dt.date(2026, 1, 6) == ws.view(plan.id).today == ws.draft("follow-up", "acme").anchors["start"]
    ws.change(plan.id, edit.update_plan, time_zone="America/New_York")
    assert dt.date(2026, 1, 5) == ws.view(plan.id).today
    assert [dt.date(2026, 1, 5)] == [one.today for one in ws.views()]
    ws.settings.update(time_zone="Asia/Tokyo")
    assert [dt.date(2026, 1, 6)] == [one.today for one in ws.views()], "one day for a list over many plans (D12)"


def test_a_naive_clock_is_refused() -> None:
    """A moment without a zone would be nobody's day (D1)."""
    with opened() as ws:
        ws._desk.clock = lambda: dt.datetime(2026, 1, 5)
        with pytest.raises(Invalid, match="time zone"):
            ws.accounts.add(ap.Account("a", "A"))


def test_a_trial_launches_what_is_still_edited(ws: Workspace) -> None:
    """For those who may edit templates; others launch published ones only (T1)."""
    ws.templates.add(Template("new", "New", tasks=(TemplateTask("a", "A", due=Offset(1)),)))
    draft = ws.draft("new", "acme", start=MONDAY)
    with pytest.raises(Refused, match="publish it first"):
        ws.launch(draft)
    assert 1 == len(ws.launch(draft, trial=True).tasks)
    ws.settings.update(policy=tuple(one for one in ws.settings.get().policy if one.action != "template.edit"))
    manager = ws.acting_as(ap.Actor("ben", roles={"manager"}))
    with pytest.raises(NotAllowed, match=r"template\.edit"):
        manager.launch(draft, trial=True)


def test_a_template_that_nobody_published_does_not_launch(ws: Workspace) -> None:
    """What the draft carries is compared with the store: made up, changed, or retired since, it is refused (T1)."""
    draft = ws.draft("follow-up", "acme", start=MONDAY)
    forged = attrs.evolve(draft.template, title="Forged")
    strange = attrs.evolve(draft.template, id="strange")
    before = snapshot(store_of(ws))
    with pytest.raises(Refused, match="differs"):
        ws.launch(attrs.evolve(draft, template=forged))
    with pytest.raises(NotFound):
        ws.launch(attrs.evolve(draft, template=strange))
    editing = ws.templates.add(Template("other", "Other"))
    with pytest.raises(Refused, match="editing by now"):
        ws.launch(attrs.evolve(draft, template=attrs.evolve(editing, state="published")))
    assert before["plans"] == snapshot(store_of(ws))["plans"]
    assert ws.launch(draft).tasks
    ws.templates.retire("follow-up", 1)
    with pytest.raises(Refused, match="retired by now"):
        ws.launch(draft)


def test_the_system_may_do_everything(url: str) -> None:
    """A host's own jobs ask for nobody (R2)."""
    with opened(url, actor=ap.SYSTEM) as ws:
        peopled(ws)
        plan = launched(ws)
        assert ws.change(plan.id, edit.complete, plan.task("call").id).task("call").status == "done"
