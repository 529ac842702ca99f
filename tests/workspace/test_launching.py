"""Launching beside a plan that is open, and what the journal keeps of a launch (T7, J1)."""

import attrs
import pytest

import actionplans as ap
from actionplans import edit
from actionplans.errors import NotFound, Refused
from actionplans.model import Draft, Offset, Override, Template, TemplateTask, Warn
from actionplans.settings import Grant, Settings
from actionplans.workspace import Workspace, plans
from tests.workspace.world import FOLLOW_UP, MONDAY, snapshot, store_of, watched


def draft(ws: Workspace, account: str = "acme") -> Draft:
    """The follow-up on that account."""
    return ws.draft("follow-up", account, start=MONDAY)


def refusing(ws: Workspace) -> Workspace:
    """The workspace, where the same template is not launched twice."""
    ws.settings.update(double_launch="refuse")
    return ws


def test_the_summary_lists_a_template_that_went_on(ws: Workspace) -> None:
    """One that is retired or not stored like this stands in the way; the rest is shown all the same (T1, T4)."""
    mine, unknown = draft(ws), attrs.evolve(FOLLOW_UP, id="nope", state="published")
    other = attrs.evolve(mine, template=attrs.evolve(mine.template, description="Another"))
    (obstacle,) = ws.summary(other).obstacles
    assert "'Follow up' differs from what is stored: make the draft again" in obstacle.message
    ws.templates.retire("follow-up", 1)
    told = ws.summary(mine)
    assert ["launching is refused: 'Follow up' is retired by now: make a draft of another version"] == [
        one.message for one in told.obstacles
    ]
    assert ["call", "mail", "visit"] == [one.key for one in told.taken]
    with pytest.raises(NotFound):
        ws.summary(attrs.evolve(mine, template=unknown))


def test_a_second_launch_warns(ws: Workspace) -> None:
    """It names the plan that is open, and launches all the same; another version is the same template (T7)."""
    first = ws.launch(draft(ws))
    assert () == first.warnings
    second = ws.launch(draft(ws))
    (warning,) = second.warnings
    assert first.id == warning.item_id
    assert f"'Follow up' is open on 'Acme' already as 'Follow up' ({first.id})" == warning.message
    ws.templates.publish(ws.templates.revise("follow-up"))
    assert 1 == len(ws.launch(draft(ws)).warnings)
    assert 3 == len(list(ws.plans()))


@pytest.mark.parametrize("verb", [edit.complete_plan, edit.cancel_plan, edit.archive_plan])
@pytest.mark.parametrize("setting", ["warn", "refuse"])
def test_a_plan_that_is_over_is_no_double(ws: Workspace, verb: object, setting: str) -> None:
    """Completed, cancelled or archived; nor is one of another template or on another account (T7)."""
    ws.settings.update(double_launch=setting)
    ws.accounts.add(ap.Account("other", "Other", owner_id="ana"))
    first = ws.launch(draft(ws))
    for task in first.tasks:
        ws.change(first.id, edit.cancel, task.id)
    ws.change(first.id, verb)  # type: ignore[arg-type]
    ws.templates.publish(Template("new", "New"))
    again = (ws.launch(one) for one in (draft(ws), draft(ws, "other"), ws.draft("new", "acme", start=MONDAY)))
    assert [()] * 3 == [one.warnings for one in again]


def test_the_setting_refuses_it(ws: Workspace) -> None:
    """A single launch, and in a bulk launch also beside another of the same chunk; nothing is stored of it (T7)."""
    ws = refusing(ws)
    ws.accounts.add(ap.Account("other", "Other", owner_id="ana"))
    first = ws.launch(draft(ws))
    before = snapshot(store_of(ws))
    with pytest.raises(Refused, match=f"already as 'Follow up' .{first.id}.: finish, cancel or archive it first"):
        ws.launch(draft(ws))
    assert before == snapshot(store_of(ws))
    told = list(ws.launch_many([draft(ws, "other"), draft(ws), draft(ws, "other")]))
    assert [None, Refused, Refused] == [one.error and type(one.error) for one in told]
    assert 2 == len(list(ws.plans()))


@pytest.mark.parametrize("many", [False, True])
def test_of_two_who_launch_at_once_one_is_refused(ws: Workspace, many: bool) -> None:
    """The store decides between them: the second looks again and finds the first's plan (T7)."""
    through, store = watched(refusing(ws))
    store.before_commit = [lambda: ws.launch(draft(ws))]
    if many:
        (told,) = through.launch_many([draft(ws)])
        assert isinstance(told.error, Refused)
        assert "already" in str(told.error)
    else:
        with pytest.raises(Refused, match="already"):
            through.launch(draft(ws))
    assert 1 == len(list(ws.plans()))


def test_two_who_launch_different_templates_at_once_both_may(ws: Workspace) -> None:
    """The second tries again; the account's journal names both, without a gap (T7, J1)."""
    ws.templates.publish(Template("new", "New"))
    through, store = watched(refusing(ws))
    store.before_commit = [lambda: ws.launch(ws.draft("new", "acme", start=MONDAY))]
    mine = through.launch(draft(ws))
    entries = list(store_of(ws).journal("account", "acme"))
    assert [1, 2, 3] == [one.revision for one in entries]
    assert {one.id for one in ws.plans()} == {one.detail["plans"] for one in entries[1:]}
    assert mine.id == entries[-1].detail["plans"]


def test_bulk_launches_bring_their_warnings(ws: Workspace) -> None:
    """Each names at most three plans, those of its own chunk among them (T7)."""
    told = list(ws.launch_many([draft(ws) for _ in range(5)], chunk=2))
    assert [0, 1, 1, 1, 1] == [len(one.warnings) for one in told]
    assert (told[0].plan_id, 3) == (told[4].warnings[0].item_id, told[4].warnings[0].message.count("'Follow up' ("))


def test_a_warning_names_nothing_that_is_hidden(ws: Workspace) -> None:
    """Of plans that the actor may not see there is no warning; a refusal does not name them (V7)."""
    hidden = ws.launch(draft(ws))
    own = Grant("seller", "plan.see", "own"), Grant("seller", "plan.launch"), Grant("seller", "*.see", "account")
    ws.settings.update(policy=(*Settings().policy, *own))
    seller = ws.acting_as(ap.Actor("cleo", roles={"seller"}))
    ws.accounts.update("acme", owner_id="cleo")
    assert 1 == len(seller.launch(draft(ws)).warnings), "whoever owns the account sees its plans"
    ws.settings.update(policy=(*Settings().policy, *own[:2], Grant("seller", "account.see")))
    ws.accounts.update("acme", owner_id="ana")
    mine = seller.launch(attrs.evolve(draft(ws), owner_id="cleo", title="Mine"))
    assert ["Follow up", "Mine"] == sorted({one.title for one in seller.plans()})
    assert hidden.id not in {one.id for one in seller.plans()}
    (warning,) = seller.launch(attrs.evolve(draft(ws), owner_id="cleo")).warnings
    assert hidden.id not in warning.message
    assert mine.id in warning.message
    for plan in seller.plans():
        ws.change(plan.id, edit.archive_plan)
    assert () == seller.launch(attrs.evolve(draft(ws), owner_id="cleo")).warnings
    refusing(ws)
    with pytest.raises(Refused, match="on 'Acme' already") as error:
        seller.launch(draft(ws))
    assert hidden.id not in str(error.value)


@pytest.mark.parametrize("many", [False, True])
def test_a_warning_names_plans_beyond_hidden_ones(ws: Workspace, monkeypatch: pytest.MonkeyPatch, many: bool) -> None:
    """Three that the actor may see, wherever they stand; also where there are more than are looked at together (T7)."""
    monkeypatch.setattr(plans, "MOST_LOOKED_AT", 8)
    own = Grant("seller", "plan.see", "own"), Grant("seller", "plan.launch"), Grant("seller", "account.see")
    ws.settings.update(policy=(*Settings().policy, *own))
    seller = ws.acting_as(ap.Actor("cleo", roles={"seller"}))
    ws.accounts.add(ap.Account("other", "Other", owner_id="ana"))
    hidden = {ws.launch(draft(ws, account)).id for account in ("acme", "other") for _ in range(4)}
    mine = attrs.evolve(draft(ws), owner_id="cleo")
    told = list[tuple[Warn, ...]]()
    for _ in range(5):
        launched = seller.launch_many([mine, draft(ws, "other")]) if many else [seller.launch(mine)]
        told.append(next(iter(launched)).warnings)
    assert () == told[0]
    assert [1, 2, 3, 3] == [one[0].message.count("'Follow up' (") for one in told[1:]]
    assert not any(id in one[0].message for one in told[1:] for id in hidden)


def test_the_journal_keeps_the_choices_of_a_launch(ws: Workspace) -> None:
    """Template, version, anchors, what was dropped and overridden, owners, a digest of the rows, no copy (J1)."""
    tasks = (
        TemplateTask("a", "A", due=Offset(-1, anchor="go_live"), required=False),
        TemplateTask("b", "B", due=Offset(1)),
        TemplateTask("c", "C", due=Offset(1)),
    )
    ws.templates.publish(Template("t", "T", anchors=("go_live",), tasks=tasks))
    given = attrs.evolve(
        ws.draft("t", "acme", start=MONDAY, anchors={"go_live": MONDAY}),
        dropped=frozenset({"a"}),
        overrides=ap.FrozenMap(
            {
                "c": Override(owner_id="ben"),
                "b": Override(title="Said", start=MONDAY, due=MONDAY, owner_id="team:cs"),
            }
        ),
    )
    plan = ws.launch(given)
    (entry,) = ws.history(plan.id)
    assert ("plan.launch", ()) == (entry.action, entry.edits)
    detail = dict(entry.detail)
    assert 64 == len(detail.pop("digest"))
    assert {
        "template": "t",
        "version": "1",
        "anchors": "go_live=2026-01-05, start=2026-01-05",
        "dropped": "a",
        "owner": "ana",
        "owners": "b=team:cs, c=ben",
        "overrides": "b(start=2026-01-05 due=2026-01-05 title)",
    } == detail


def test_the_journal_s_choices_are_bounded(ws: Workspace) -> None:
    """Of very many it says the first, how many more there are, and a digest that tells them apart (J1)."""
    keys = [f"key-{n:03}-{'x' * 40}" for n in range(300)]
    tasks = tuple(TemplateTask(key, "T", due=Offset(1), required=False) for key in keys)
    ws.templates.publish(Template("long", "Long", tasks=tasks))
    base = ws.draft("long", "acme", start=MONDAY)
    told = [
        next(iter(ws.history(ws.launch(attrs.evolve(base, dropped=frozenset(keys[:n]))).id))).detail["dropped"]
        for n in (298, 299)
    ]
    assert all(one.startswith(f"{keys[0]}, {keys[1]}, ") and len(one) < 1000 for one in told)
    kept = told[0].count("key-")
    assert f" and {298 - kept} more (" in told[0]
    assert told[0][-65:] != told[1][-65:]
