"""Merging through a workspace: candidates, rights, one command, and what others hear of it (M1, M2, M5 to M9)."""

from typing import Any

import attrs
import pytest

import actionplans as ap
from actionplans import edit
from actionplans.errors import Invalid, NotAllowed, NotFound, Refused, Stale
from actionplans.merge import MergeNews
from actionplans.model import Dependency, Invitation, Objective, Origin, Play, Stage, Task
from actionplans.settings import CustomField, Grant
from actionplans.storage import Batch, PlanQuery, TaskQuery, Write
from actionplans.workspace import Workspace
from tests.merge.pairs import SETTINGS, Pair, pair
from tests.size import size
from tests.workspace.world import MONDAY, opened, peopled, snapshot, store_of, watched


def planned(ws: Workspace, id: str, account: str = "acme", **fields: Any) -> ap.Plan:
    """A plan with an objective, a play and two tasks, all with keys; ids begin with the plan's."""
    made = ap.Plan(
        id,
        account,
        f"Plan {id}",
        ap.FrozenMap({"start": MONDAY}),
        objectives=(Objective(f"{id}-why", "Renew", key="why"),),
        plays=(Play(f"{id}-play", "Convince them", objective_id=f"{id}-why", key="play"),),
        tasks=(
            Task(f"{id}-call", "Call", parent_id=f"{id}-play", key="call"),
            Task(f"{id}-mail", "Mail", "waiting", dependencies=(Dependency(f"{id}-call"),)),
        ),
    )
    return ws.add_plan(attrs.evolve(made, **fields)).plan


def two(ws: Workspace) -> None:
    """The plans `t` and `s` of one account."""
    planned(ws, "t")
    planned(ws, "s")


def test_a_merge_end_to_end(ws: Workspace) -> None:
    """One command: the target has each item once, the source points to it, both journals tell; then back again."""
    two(ws)
    before = [ws.view(one).plan for one in "ts"]
    shown = ws.merging.preview("t", "s")
    assert before == [ws.view(one).plan for one in "ts"]
    done = ws.merging.merge("t", "s")
    assert ["s-mail"] == [one.item_id for one in done.added]
    assert {"s-why": "t-why", "s-play": "t-play", "s-call": "t-call"} == {
        one.source_id: one.item_id for one in done.joined
    }
    same(shown, done)
    view = ws.view("t")
    assert ["t-call", "t-mail", "s-mail"] == [one.id for one in view.tasks]
    assert (Dependency("t-call"),) == view.task("s-mail").dependencies
    assert "t-call" == view.task("s-call").id
    assert Origin("acme", "s") == view.task("s-mail").origin
    source = ws.view("s").plan
    assert ("merged", "t", []) == (source.status, source.merged_into, [*source.items()])
    assert ["t"] == [one.id for one in ws.plans()]
    assert ["t-call", "s-mail", "t-mail"] == sorted((one.task.id for one in ws.tasks()), key=lambda one: one[2:] + one)
    for one in "ts":
        last = [*ws.history(one)][-1]
        assert ("plan.merge", {"target": "t", "source": "s", "policy": "target"}) == (last.action, dict(last.detail))
    back = ws.merging.unmerge("t")
    assert before == [plain(one.plan) for one in (back.view, back.source)] == [plain(ws.view(one).plan) for one in "ts"]
    assert [2, 2] == [[one.action for one in ws.history(name)].index("plan.unmerge") for name in "ts"]


def plain(plan: ap.Plan) -> ap.Plan:
    """A plan at the revision and moment of a new one."""
    return attrs.evolve(plan, revision=1, changed_at=plan.created_at)


def same(shown: Any, done: Any) -> None:
    """A preview and a result say the same; but for the number of the change."""
    for name in ("source_id", "added", "joined", "filled", "conflicts", "hidden", "warnings"):
        assert getattr(shown, name) == getattr(done, name), name
    assert plain(shown.view.plan) == plain(done.view.plan)


def test_a_preview_is_the_result_and_unmerge_is_the_way_back() -> None:
    """M7, M8: on random pairs, stored and read again; the customers are found by the workspace itself."""
    for seed in range(size(2_000)):
        one = pair(seed)
        ws = opened()
        stored(ws, one)
        before = [ws._desk.store.get(ap.Plan, name) for name in "ts"]
        try:
            shown = ws.merging.preview("t", "s", policy="newest")
        except Invalid:
            with pytest.raises(Invalid):
                ws.merging.merge("t", "s", policy="newest")
            assert before == [ws._desk.store.get(ap.Plan, name) for name in "ts"]
            continue
        same(shown, ws.merging.merge("t", "s", policy="newest"))
        ws.merging.unmerge("t")
        back = [ws._desk.store.get(ap.Plan, name) for name in "ts"]
        assert [attrs.evolve(plan, revision=3, changed_at=None) for plan in before] == [
            attrs.evolve(plan, changed_at=None) for plan in back
        ], seed


def stored(ws: Workspace, one: Pair) -> None:
    """A random pair in a store."""
    settings = attrs.evolve(one.settings, id="settings")
    records = (settings, *one.accounts, *one.people, *one.invitations, one.target, one.source)
    kept = [invitation(record, one) if isinstance(record, Invitation) else record for record in records]
    store_of(ws).commit(Batch(tuple(Write(record) for record in kept)))


def invitation(record: Invitation, one: Pair) -> Invitation:
    """An invitation to one of the plans, of that plan's account."""
    plan = one.target if record.plan_id == "t" else one.source
    return attrs.evolve(record, account_id=plan.account_id)


def bad(ws: Workspace) -> dict[str, tuple[tuple[str, str], type[Exception], str]]:
    """What is never merged: by name target and source, the error, and what it says."""
    two(ws)
    for name, verb in (("old", edit.archive_plan), ("over", edit.complete_plan), ("off", edit.cancel_plan)):
        ws.add_plan(ap.Plan(name, "acme", name, ap.FrozenMap({"start": MONDAY})))
        ws.change(name, verb)
    ws.add_plan(ap.Plan("gone", "acme", "gone", ap.FrozenMap({"start": MONDAY})))
    ws.add_plan(ap.Plan("home", "acme", "home", ap.FrozenMap({"start": MONDAY})))
    ws.merging.merge("home", "gone")
    ws.accounts.add(ap.Account("else", "Somebody else"))
    ws.add_plan(ap.Plan("far", "else", "far", ap.FrozenMap({"start": MONDAY})))
    return {
        "itself": (("t", "t"), Refused, "itself"),
        "a merged source": (("t", "gone"), Refused, "was merged into 'home'"),
        "a merged target": (("gone", "s"), Refused, "was merged into 'home'"),
        "an archived source": (("t", "old"), Refused, "archived"),
        "an archived target": (("old", "s"), Refused, "archived"),
        "a completed one": (("t", "over"), Refused, "completed: reopen"),
        "a cancelled one": (("off", "s"), Refused, "cancelled: reopen"),
        "an unknown source": (("t", "nobody"), NotFound, "no plan"),
        "an unknown target": (("nobody", "s"), NotFound, "no plan"),
        "a rule against it": (("t", "far"), Refused, "same_name_prefix: the accounts' names begin differently"),
    }


def test_what_is_never_merged_is_refused_and_nothing_changes(ws: Workspace) -> None:
    """M9, M1: each with its reason, in previews too."""
    table = bad(ws)
    before = snapshot(store_of(ws))
    for name, (ids, error, told) in table.items():
        for asked in (ws.merging.preview, ws.merging.merge):
            with pytest.raises(error, match=told):
                asked(*ids)
        assert before == snapshot(store_of(ws)), name


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"policy": "ours"}, "policy: one of target, source, newest, ask"),
        ({"policy": None}, "policy"),
        ({"answers": [1]}, "a mapping from places"),
        ({"answers": {"t-call:title": "mine"}}, "target or source"),
        ({"answers": {"t-call:color": "source"}}, "there is no such conflict"),
        ({"policy": "ask"}, "t-call:title: of 'Call' the target says Call, the source Ring: answer target or source"),
        ({"policy": "ask", "answers": {"t-call:title": "target"}}, "t-call:description"),
    ],
)
def test_unanswered_and_strange_answers_are_refused(ws: Workspace, given: dict[str, Any], told: str) -> None:
    """M4: every problem with its place; nothing is stored."""
    two(ws)
    ws.change("t", edit.update, "t-call", description="one")
    ws.change("s", edit.update, "s-call", title="Ring", description="two")
    before = snapshot(store_of(ws))
    with pytest.raises(Invalid, match=told):
        ws.merging.merge("t", "s", **given)
    assert before == snapshot(store_of(ws))


def test_ask_takes_answers(ws: Workspace) -> None:
    """M4: a preview names each conflict with both values; answered, the merge is done."""
    two(ws)
    ws.change("t", edit.update, "t-call", description="one")
    ws.change("s", edit.update, "s-call", title="Ring", description="two")
    shown = ws.merging.preview("t", "s", policy="ask")
    told = {one.place: (one.target, one.source, one.answer) for one in shown.conflicts}
    assert {"t-call:title": ("Call", "Ring", ""), "t-call:description": ("one", "two", "")} == told
    answers = {"t-call:title": "source", "t-call:description": "target"}
    done = ws.merging.merge("t", "s", policy="ask", answers=answers)  # type: ignore[arg-type]
    assert ("Ring", "one") == (done.view.task("t-call").title, done.view.task("t-call").description)
    assert {"answer"} == {one.by for one in done.conflicts}


def test_newest_goes_by_the_last_change(ws: Workspace) -> None:
    """M4: of the item, as the journals have it."""
    two(ws)
    ws._desk.clock.tick(hours=1)  # type: ignore[attr-defined]
    ws.change("s", edit.update, "s-call", title="Ring")
    ws._desk.clock.tick(hours=1)  # type: ignore[attr-defined]
    ws.change("t", edit.update, "t-play", title="Convince all")
    ws.change("s", edit.update, "s-mail", title="Write")
    done = ws.merging.merge("t", "s", policy="newest")
    assert ("Ring", "Convince all") == (done.view.task("t-call").title, done.view.play("t-play").title)


def test_candidates_come_by_the_names_of_accounts(ws: Workspace) -> None:
    """M1: the first four characters; merged, archived and closed plans and the plan itself are never offered."""
    bad(ws)
    ws.accounts.add(ap.Account("acme2", "ACMÉ Holding"))
    ws.accounts.add(ap.Account("acme3", "Acme\u200b Ltd"))
    planned(ws, "same", "acme3")
    planned(ws, "other", "acme2")
    offered = [one.plan.id for one in ws.merging.candidates("t")]
    assert ["home", "s", "same"] == sorted(offered)
    assert all(one.agreed and one.target_id == "t" for one in ws.merging.candidates("t"))
    of_account = {(one.target_id, one.plan.id) for one in ws.merging.candidates(account_id="acme3")}
    assert {("same", one) for one in ("home", "s", "t")} == of_account


def test_all_rules_must_agree_and_each_says_why(ws: Workspace) -> None:
    """M1: those that are switched on; one that is not installed is against everything."""
    two(ws)
    ws.accounts.update("acme", website="https://www.acme.example/about")
    ws.accounts.add(ap.Account("acme2", "Acme Two", website="acme.example:443"))
    planned(ws, "u", "acme2", stage_id="proposal")
    rules = ("same_name_prefix", "same_website_host", "same_stage", "same_template", "nowhere")
    ws.settings.update(merge_rules=rules)
    assert [] == list(ws.merging.candidates("t"))
    found = next(one for one in ws.merging.candidates("t", refused=True) if one.plan.id == "u")
    assert not found.agreed
    assert [True, True, False, False, False] == [one.agrees for one in found.verdicts]
    assert "the plans are in different stages: none and proposal" == found.verdicts[2].reason
    with pytest.raises(Refused, match=r"same_stage: .*; same_template: .*; nowhere: there is no such rule"):
        ws.merging.merge("t", "u")


def test_short_names_match_in_full_and_empty_ones_never(ws: Workspace) -> None:
    """M1: a name of three characters only the same; one of signs that nobody sees none."""
    for id, name in (("a1", "IBM"), ("a2", "ibm "), ("a3", "IBMX"), ("a4", "\u200b\u2060"), ("a5", "\u00ad")):
        ws.accounts.add(ap.Account(id, name))
        planned(ws, f"p-{id}", id)
    assert ["p-a2"] == [one.plan.id for one in ws.merging.candidates("p-a1")]
    assert [] == list(ws.merging.candidates("p-a4"))
    for source in ("p-a5", "p-a1"):
        with pytest.raises(Refused, match="matches none"):
            ws.merging.merge("p-a4", source)


def test_without_the_rule_about_names_every_account_is_looked_at(ws: Workspace) -> None:
    """M1: then other rules decide."""
    ws.accounts.add(ap.Account("zeta", "Zeta", website="acme.example"))
    two(ws)
    planned(ws, "z", "zeta")
    ws.settings.update(merge_rules=("same_website_host",))
    assert ["s", "z"] == sorted(one.plan.id for one in ws.merging.candidates("t"))


def test_a_host_adds_rules_and_hears_of_merges(ws: Workspace) -> None:
    """M1: through hooks; a listener that fails is logged, and the merge stands."""
    heard: list[MergeNews] = []

    def broken(news: MergeNews) -> None:
        raise RuntimeError("no")

    def weekdays(target: ap.Plan, source: ap.Plan, ours: ap.Account, theirs: ap.Account) -> str | None:
        return None if (ours.owner_id, theirs.owner_id) == ("ana", "ana") else "not hers"

    desk = ws._desk
    desk.plugins = attrs.evolve(
        desk.plugins, merge_rules={"hers": weekdays}, merge_listeners={"broken": broken, "ear": heard.append}
    )
    two(ws)
    ws.settings.update(merge_rules=("hers",))
    ws.accounts.add(ap.Account("acme2", "Acme Two"))
    planned(ws, "u", "acme2")
    with pytest.raises(Refused, match="hers: not hers"):
        ws.merging.merge("t", "u")
    ws.merging.merge("t", "s")
    ws.merging.unmerge("t")
    joined = {"s-why": "t-why", "s-play": "t-play", "s-call": "t-call"}
    assert [
        MergeNews("merge", "t", "s", ("s-mail",), ap.FrozenMap(joined)),
        MergeNews("unmerge", "t", "s", ("s-mail",), ap.FrozenMap(joined)),
    ] == heard


def test_it_takes_rights_on_both_plans(ws: Workspace) -> None:
    """M6: and a plan that is not seen is not there (V7)."""
    planned(ws, "t", owner_id="ben")
    planned(ws, "s")
    policy = (*ws.settings.get().policy, Grant("merger", "plan.merge", "own"), Grant("merger", "*.see"))
    ws.settings.update(policy=policy)
    ben = ws.acting_as(ap.Actor("ben", roles={"merger"}))
    for asked in (ben.merging.merge, ben.merging.preview):
        for ids in (("t", "s"), ("s", "t")):
            with pytest.raises(NotAllowed, match=r"plan\.merge"):
                asked(*ids)
    assert [] == list(ben.merging.candidates("t"))
    nobody = ws.acting_as(ap.Actor("cleo"))
    with pytest.raises(NotFound):
        nobody.merging.merge("t", "s")
    with pytest.raises(NotFound):
        next(nobody.merging.candidates("t"))
    ws.change("s", edit.update_plan, owner_id="ben")
    ben.merging.merge("t", "s")
    with pytest.raises(NotAllowed, match=r"plan\.unmerge"):
        ben.merging.unmerge("t")
    viewer = ws.acting_as(ap.Actor("cleo", roles={"viewer"}))
    with pytest.raises(NotAllowed):
        viewer.merging.unmerge("t")


def test_who_sees_a_part_only_may_not(ws: Workspace) -> None:
    """M6, V2: a merge would tell of what is hidden from them."""
    two(ws)
    policy = (*ws.settings.get().policy, Grant("manager", "objective.see", "all", False))
    ws.settings.update(policy=policy)
    with pytest.raises(NotAllowed, match="all that stands in both"):
        ws.acting_as(ap.Actor("mia", roles={"manager"})).merging.preview("t", "s")


def test_fields_that_the_actor_may_not_edit_stay(ws: Workspace) -> None:
    """R5: in a conflict the target's value holds; values that they may not see are not told."""
    fields = (
        CustomField("secret", "Secret", "task", seen_by=frozenset({"administrator"})),
        CustomField("open", "Open", "task"),
    )
    ws.settings.update(custom_fields=fields)
    two(ws)
    for one, told in (("t", "ours"), ("s", "theirs")):
        ws.change(one, edit.update, f"{one}-call", custom={"secret": told, "open": told})
    mia = ws.acting_as(ap.Actor("mia", roles={"manager"}))
    done = mia.merging.merge("t", "s", policy="source")
    assert ["custom.open"] == [one.field for one in done.conflicts]
    assert {"secret": "ours", "open": "theirs"} == ws.view("t").task("t-call").custom


def test_merges_come_off_in_reverse_order(ws: Workspace) -> None:
    """M8: and a plan that was merged further brings along what it took in; its ids still find what they name."""
    for one in ("t", "s", "u", "v"):
        planned(ws, one)
    before = {one: ws.view(one).plan for one in "tsuv"}
    ws.merging.merge("s", "v")
    ws.merging.merge("t", "s")
    ws.merging.merge("t", "u")
    assert ["t-call"] * 3 == [ws.view("t").task(f"{one}-call").id for one in "suv"]
    assert ["t-mail", "s-mail", "v-mail", "u-mail"] == [one.id for one in ws.view("t").tasks if one.title == "Mail"]
    assert {"s", "v"} == {one.origin.plan_id for one in ws.view("t").tasks if one.id in ("s-mail", "v-mail")}
    with pytest.raises(Refused, match="'u' was merged later"):
        ws.merging.unmerge("t", "s")
    with pytest.raises(NotFound, match="merged plan"):
        ws.merging.unmerge("t", "v")
    ws.merging.unmerge("t", "u")
    ws.merging.unmerge("t", "s")
    assert "s-call" == ws.view("s").task("v-call").id
    ws.merging.unmerge("s", "v")
    assert before == {one: attrs.evolve(plain(ws.view(one).plan)) for one in "tsuv"}
    for one in "tsuv":
        with pytest.raises(Refused, match="no plan was merged"):
            ws.merging.unmerge(one)
    ws.merging.merge("v", "t")
    assert ["v-call"] == [ws.view("v").task("t-call").id]


def test_a_merge_is_not_undone_step_by_step(ws: Workspace) -> None:
    """J2: each plan knows its own half alone; the way back is to unmerge."""
    two(ws)
    ws.merging.merge("t", "s")
    with pytest.raises(Refused, match="unmerge"):
        ws.undo("t")
    with pytest.raises(Refused, match="merged into 't'"):
        ws.change("s", edit.add, Task(title="No"))
    with pytest.raises(NotFound):
        ws.restore("s", "s-mail")
    ws.merging.unmerge("t")
    with pytest.raises(Refused, match="merge the plans again"):
        ws.undo("t")
    with pytest.raises((NotFound, Refused)):
        ws.restore("t", "s-mail")


def test_verbs_find_a_joined_item_by_the_sources_id(ws: Workspace) -> None:
    """M3: what a host still calls by the old id."""
    two(ws)
    ws.merging.merge("t", "s")
    ws.change("t", edit.complete, "s-call")
    assert ("done", "open") == (ws.view("t").task("t-call").status, ws.view("t").task("s-mail").status)
    ws.change("t", edit.update, "s-call", title="Called")
    assert "Called" == ws.view("t").task("t-call").title
    assert {"item": "t-call"} == dict([*ws.history("t")][-1].detail)
    ws.change("t", edit.move, "t-mail", parent_id="s-play")
    assert "t-play" == ws.view("t").task("t-mail").parent_id


def test_touchpoints_find_what_they_refer_to(ws: Workspace) -> None:
    """M5: in the target, whatever became of it, and in the source again after an unmerge."""
    ws.accounts.add(ap.Account("acme2", "Acme Two"))
    planned(ws, "t", "acme2")
    planned(ws, "s")
    point = ws.touchpoints.add("acme", "Call", references=["s", ("s", "s-call"), ("s", "s-mail"), ("t", "t-mail")])

    def told() -> list[tuple[str, str, bool]]:
        return [(one.plan_id, one.title, one.stands) for one in ws.touchpoints.references(point.id)]

    ws.change("t", edit.update, "t-call", title="Ring")
    assert [("s", "Plan s", True), ("s", "Call", True), ("s", "Mail", True), ("t", "Mail", True)] == told()
    ws.merging.merge("t", "s")
    assert [("t", "Plan t", True), ("t", "Ring", True), ("t", "Mail", True), ("t", "Mail", True)] == told()
    ws.merging.unmerge("t")
    assert [("s", "Plan s", True), ("s", "Call", True), ("s", "Mail", True), ("t", "Mail", True)] == told()


def test_a_merged_plan_is_left_out_everywhere(ws: Workspace) -> None:
    """M2: lists and counts have each item once."""
    two(ws)
    ws.merging.merge("t", "s")
    assert ["t"] == [one.id for one in ws.plans(PlanQuery(archived=None))]
    assert ["s"] == [one.id for one in ws.plans(PlanQuery(statuses=("merged",)))]
    assert 3 == len([*ws.tasks(TaskQuery(account_ids=("acme",)))]) == sum(one.open for one in ws.plans())
    assert 1 == len([*ws.objectives()])


def test_sections_that_want_stages_and_limits_hold(ws: Workspace) -> None:
    """L8: all that stands in the way is told at once."""
    stage = Stage("own", "Own")
    tasks = (Task("a", "A", stage_id="own"),)
    planned(ws, "t", section="sales_plan", stages=(stage,), tasks=tasks)
    planned(ws, "s")
    ws.settings.update(limits=attrs.evolve(ws.settings.get().limits, tasks_per_plan=2))
    with pytest.raises(Invalid) as error:
        ws.merging.merge("t", "s")
    assert {"tasks", "task 's-call'.stage_id", "task 's-mail'.stage_id"} == {one.place for one in error.value.problems}


def test_an_edit_between_reading_and_storing_is_not_lost(ws: Workspace) -> None:
    """S2: the merge is worked out again on what is there then, and answers are looked at again."""
    two(ws)
    through, store = watched(ws)
    store.before_commit = [lambda: ws.change("s", edit.update, "s-mail", title="Write")]
    done = through.merging.merge("t", "s")
    assert "Write" == done.view.task("s-mail").title
    ws.merging.unmerge("t")
    ws.change("s", edit.update, "s-call", title="Ring")
    store.before_commit = [lambda: ws.change("s", edit.update, "s-call", title="Call")]
    with pytest.raises(Invalid, match="nothing is in conflict"):
        through.merging.merge("t", "s", answers={"t-call:title": "source"})
    store.before_commit = [lambda: ws.merging.merge("t", "s")]
    with pytest.raises(Refused, match="was merged into 't'"):
        through.merging.merge("t", "s")


def test_an_edit_while_unmerging_is_not_lost(ws: Workspace) -> None:
    """S2: it is kept in the half that it belongs to."""
    two(ws)
    ws.merging.merge("t", "s")
    through, store = watched(ws)
    store.before_commit = [lambda: ws.change("t", edit.update, "s-mail", title="Write")]
    assert "Write" == through.merging.unmerge("t").source.task("s-mail").title


def test_an_upgrade_leaves_out_what_came_from_another_template(ws: Workspace) -> None:
    """M3, T9: though it has the key of an item of that template."""
    made = [ap.Template(one, one.title(), tasks=(ap.TemplateTask("mail", "Mail"),)) for one in ("first", "other")]
    first, other = (ws.templates.publish(one) for one in made)
    target, source = (ws.launch(ws.draft(one, "acme", start=MONDAY)) for one in (first, other))
    ws.change(target.id, edit.delete, target.tasks[0].id, confirmed=ws.impact(target.id, target.tasks[0].id))
    ws.merging.merge(target.id, source.id)
    again = attrs.evolve(ws.templates.revise("first"), tasks=(ap.TemplateTask("mail", "Write"),))
    ws.templates.publish(again)
    shown = ws.upgrades.preview(target.id)
    assert source.tasks[0].id not in {one.id for one in shown.after.tasks if one.title == "Write"}
    assert "Mail" == shown.after.task(source.tasks[0].id).title


def test_candidates_want_one_of_two(ws: Workspace) -> None:
    """A plan or an account."""
    for given in ({}, {"plan_id": "t", "account_id": "acme"}):
        with pytest.raises(Invalid, match="one of the two"):
            next(ws.merging.candidates(**given))
    with pytest.raises(NotFound):
        next(ws.merging.candidates("nobody"))
    with pytest.raises(NotFound):
        next(ws.merging.candidates(account_id="nobody"))


def test_a_change_read_before_a_merge_is_stale(ws: Workspace) -> None:
    """S2: whoever saw the plan before it was merged changes nothing unseen."""
    two(ws)
    view = ws.view("t")
    ws.merging.merge("t", "s")
    with pytest.raises(Stale):
        ws.change_read(view, edit.update, "t-call", title="Ring")


def test_settings_of_the_pairs_are_sound() -> None:
    """The random pairs live by settings that a workspace takes."""
    with opened() as ws:
        peopled(ws).settings.update(custom_fields=SETTINGS.custom_fields, sections=SETTINGS.sections)
