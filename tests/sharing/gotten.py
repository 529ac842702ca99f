"""Everything that a contact or partner can get out of a workspace, each answer or error as text."""

import datetime as dt
import io
import json
import random
import re
import zipfile
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from itertools import islice
from typing import Any

from actionplans import codec, edit, progress, tables
from actionplans.backends.export.xlsx import write_xlsx
from actionplans.errors import ActionPlansError
from actionplans.model import Dependency, Row, Task
from actionplans.settings import ACTIONS, Limits
from actionplans.sharing import View
from actionplans.storage import AccountQuery, ObjectiveQuery, PlanQuery, TaskQuery, TouchpointQuery
from actionplans.workspace import Workspace
from tests.sharing.worlds import ACCOUNTS, CONTACTS, WORDS

Gotten = dict[str, str]
"""What was asked, and what came."""

STATUSES = ("waiting", "open", "in_progress", "done", "cancelled")
LIFE = ("draft", "active", "paused", "completed", "cancelled", "merged")


def told(ask: Callable[[], Any]) -> str:
    """What a call gives, read to its end, or the error with its type, text and fields."""
    try:
        found = ask()
        return repr(list(found) if isinstance(found, Iterator) else found)
    except ActionPlansError as error:
        return f"{type(error).__name__}: {error} {vars(error)!r}"


def queries(dice: random.Random, ids: list[str]) -> Iterator[PlanQuery | TaskQuery | ObjectiveQuery]:
    """Lists by everything that they can be asked by, also by what is hidden."""
    day = dt.date(2026, 1, 5) + dt.timedelta(dice.randint(0, 60))
    word, some = dice.choice(WORDS), tuple(dice.sample(ids, min(5, len(ids))))
    yield PlanQuery()
    yield PlanQuery(statuses=LIFE, archived=None)
    yield PlanQuery(words=word, archived=None)
    yield PlanQuery(section=dice.choice(("", "growth_plans", "secret")), start_from=day)
    yield PlanQuery(account_ids=(dice.choice(ACCOUNTS),), start_before=day)
    yield PlanQuery(stage_id="proposal", archived=None)
    yield PlanQuery(owner_id=dice.choice(("u0", "u1")), template_id=dice.choice((None, "t1")))
    yield TaskQuery()
    yield TaskQuery(statuses=STATUSES)
    yield TaskQuery(statuses=STATUSES, words=word)
    yield TaskQuery(statuses=(dice.choice(STATUSES),), due_from=day)
    yield TaskQuery(due_before=day, types=("task",))
    yield TaskQuery(owner_ids=(dice.choice(CONTACTS), "any_contact"), statuses=STATUSES)
    yield TaskQuery(stage_id="proposal", statuses=STATUSES)
    yield TaskQuery(plan_ids=some, account_ids=ACCOUNTS[:2])
    yield TaskQuery(section=dice.choice(("", "growth_plans")), template_id=dice.choice((None, "t1")))
    yield ObjectiveQuery()
    yield ObjectiveQuery(words=word, plan_ids=some)
    yield ObjectiveQuery(categories=("Growth",), end_from=day)
    yield ObjectiveQuery(statuses=("on_track", "achieved"), owner_ids=(dice.choice(CONTACTS), "u0"))
    yield ObjectiveQuery(stage_id="proposal", account_ids=ACCOUNTS[:2])
    yield ObjectiveQuery(
        section=dice.choice(("", "growth_plans")), template_id=dice.choice((None, "t1")), end_before=day
    )


def plain(view: View) -> str:
    """A view as JSON, by the codec, with what stands beside the plan."""
    parts = [codec.to_plain(view.plan), codec.to_plain(view.account), codec.to_plain(view.section)]
    parts += [codec.to_plain(one) for one in (*view.fields, *view.warnings, *view.moves)]
    return json.dumps([*parts, repr(view)])


def figures(view: View) -> str:
    """Progress and everything else that is counted over a view."""
    plan, day = view.plan, view.today
    items = (*plan.objectives, *plan.plays, *plan.milestones)
    found = [progress.of_plan(plan, view.section), progress.counts(plan, day), progress.overdue(plan, day)]
    found += [progress.missing(plan, view.section), progress.health(plan, Limits(), day)]
    found += [(one.id, progress.of_item(plan, one), plan.under(one.id)) for one in items]
    found += [(one.id, view.status(one), one.variance, view.name(one.owner_id)) for one in view.tasks]
    return repr([*found, view.todo])


def workbook(views: Iterable[View]) -> Gotten:
    """The parts of the Excel file, without the moment at which it was made."""
    stream = io.BytesIO()
    write_xlsx(views, stream)
    with zipfile.ZipFile(stream) as parts:
        return {name: _timeless(parts.read(name).decode()) for name in parts.namelist()}


def _timeless(text: str) -> str:
    return re.sub(r"(<dcterms:\w+[^>]*>)[^<]*", r"\1", text)


def reads(ws: Workspace, ids: list[str], seed: str, share: float = 1) -> Gotten:
    """All that can be asked without changing anything, or a share of it by chance.

    `ids` are of whatever there is or was in any of the worlds.
    """
    chance = random.Random(seed)
    return {name: told(ask) for name, ask in asked(ws, ids, random.Random(seed)) if chance.random() < share}


Asked = Iterator[tuple[str, Callable[[], Any]]]


def asked(ws: Workspace, ids: list[str], dice: random.Random) -> Asked:
    """Everything that may be asked, by a name for it."""
    lists: dict[type, Any] = {PlanQuery: ws.plans, TaskQuery: ws.tasks, ObjectiveQuery: ws.objectives}
    for n, query in enumerate(queries(dice, ids)):
        ask: Callable[[Any], Iterator[Any]] = lists[type(query)]
        yield f"list {n}", partial(ask, query)
        yield f"page {n}", lambda ask=ask, query=query: iter([*islice(ask(query), 2)])
        if isinstance(query, PlanQuery):
            yield f"views {n}", lambda query=query: [plain(one) for one in ws.views(query)]
    views = list(ws.views(PlanQuery(archived=None)))
    yield "workbook", lambda: workbook(views)
    yield "tables", lambda: [(*map(repr, table(views).rows),) for table in (tables.task_table, tables.summary_table)]
    for view in views:
        yield f"view {view.id}", lambda view=view: plain(ws.view(view.id))
        yield f"figures {view.id}", partial(figures, view)
        for task in view.tasks:
            for action in ("task.see", "task.complete", "task.comment", "task.edit"):
                yield f"can {action} {task.id}", partial(ws.can, action, view.id, task.id)
    plans = sorted(one for one in ids if re.fullmatch(r"p\d|more\d+", one)) + ["nowhere"]
    for action in sorted(ACTIONS):
        yield f"can {action}", partial(ws.can, action)
    for _ in range(60):
        of = (dice.choice(sorted(ACTIONS)), dice.choice(plans), dice.choice((None, *ids, "nowhere")))
        yield f"can {of}", partial(ws.can, *of)
    for plan_id in plans:
        for name, about in asked_of_plans(ws, plan_id, dice.choice(ids)):
            yield f"{name} {plan_id}", about
    for id in (*dice.sample(ids, min(6, len(ids))), *ACCOUNTS, *CONTACTS, "nowhere"):
        for name, about in asked_of_ids(ws, id):
            yield f"{name} {id}", about
    yield from asked_of_nothing(ws)


def asked_of_plans(ws: Workspace, plan_id: str, item_id: str) -> Asked:
    """What may be asked about a plan and an item."""
    yield "looking", lambda: ws.view(plan_id)
    yield "history", lambda: ws.history(plan_id)
    yield "impact", lambda: ws.impact(plan_id, item_id)
    yield "restore", lambda: ws.restore(plan_id, item_id)
    yield "undo", lambda: ws.undo(plan_id)
    yield "undo 1", lambda: ws.undo(plan_id, 1)
    yield "who_can", lambda: ws.who_can("task.complete", plan_id)
    yield "saving", lambda: ws.save_as_template(plan_id)
    yield "exporting", lambda: ws.export(plan_id, "never.xlsx")
    yield "invitations", lambda: ws.sharing.invitations(plan_id)
    yield "inviting", lambda: ws.sharing.invite(plan_id, "c0")
    yield "revoking", lambda: ws.sharing.revoke(plan_id, "c0")
    yield "why", lambda: ws.sharing.why("c0", plan_id)
    yield "why not", lambda: ws.sharing.why("c1", plan_id, item_id)
    yield "preview", lambda: ws.sharing.preview("c0", plan_id)
    yield "explain", lambda: ws.dates.explain(plan_id, item_id)
    yield "slack", lambda: ws.dates.slack(plan_id)
    yield "path", lambda: ws.dates.critical_path(plan_id)
    yield "conflicts", lambda: ws.dates.conflicts(plan_id)
    yield "active", lambda: ws.plays.active(plan_id)
    yield "linking", lambda: ws.plays.link(plan_id, item_id, item_id)
    yield "upgrades", lambda: ws.upgrades.preview(plan_id)
    yield "drafting", lambda: ws.draft("t1", plan_id=plan_id)


def asked_of_ids(ws: Workspace, id: str) -> Asked:
    """What may be asked by any id."""
    for desk in ("accounts", "people", "teams", "templates", "shortcuts", "drafts", "summaries"):
        yield desk, lambda desk=desk: getattr(ws, desk).get(id)
    yield "below", lambda: ws.accounts.below(id)
    yield "job", lambda: ws.job(id)
    yield "draft", lambda: ws.draft("t1", id)
    yield "active plays", lambda: ws.plays.active(id)
    yield "plans of", lambda: ws.plans(PlanQuery(account_ids=(id,), archived=None))
    yield "tasks of", lambda: ws.tasks(TaskQuery(owner_ids=(id,), statuses=STATUSES))
    yield "editing a person", lambda: ws.people.update(id, name="x")
    yield "editing an account", lambda: ws.accounts.update(id, name="x")
    yield "summary", lambda: ws.summaries.save(id, "x")
    yield "touchpoint", lambda: ws.touchpoints.get(id)
    yield "touchpoints of", lambda: ws.touchpoints.all(TouchpointQuery(account_ids=(id,)))
    yield "references", lambda: ws.touchpoints.references(id)
    yield "new touchpoint", lambda: ws.touchpoints.add(id, "Met", references=[id])
    yield "less touchpoints", lambda: ws.touchpoints.delete(id)


def asked_of_nothing(ws: Workspace) -> Asked:
    """Lists of whole desks, and what would make something."""
    yield "accounts", lambda: ws.accounts.all(AccountQuery())
    yield "find accounts", lambda: ws.accounts.find("acme company")
    yield "new account", lambda: ws.accounts.get_or_create("Acme Company")
    yield "people", lambda: ws.people.all()
    yield "teams", lambda: ws.teams.all()
    yield "templates", lambda: ws.templates.all()
    yield "find templates", lambda: ws.templates.find("plan")
    yield "collections", lambda: ws.templates.collections()
    yield "shortcuts", lambda: ws.shortcuts.all()
    yield "drafts", lambda: ws.drafts.all()
    yield "touchpoints", lambda: ws.touchpoints.all()
    yield "settings", lambda: ws.settings.get()
    yield "impact of settings", lambda: ws.settings.impact(stages=())
    yield "other settings", lambda: ws.settings.update(stages=())
    yield "new plan", lambda: ws.new_plan("acme", "Mine")
    yield "launching many", lambda: ws.launch_many([Row("acme", dt.date(2026, 1, 5))], template="t1")


def verbs(ids: list[str], dice: random.Random) -> list[tuple[Any, ...]]:
    """Every verb with arguments that would do for somebody inside, on ids of all kinds."""
    one, other = dice.choice(ids), dice.choice(ids)
    day = dt.date(2026, 3, 3)
    return [
        (edit.complete, one),
        (edit.complete, one, {"override": True}),
        (edit.reopen, one),
        (edit.comment, one, "Hello"),
        (edit.comment, one, "Hello", {"internal": True}),
        (edit.delete_comment, one, dice.choice(("note000", "nowhere"))),
        (edit.start, one),
        (edit.cancel, one),
        (edit.assign, one, "c0"),
        (edit.update, one, {"title": "Mine"}),
        (edit.update, one, {"due": day}),
        (edit.move, one, {"parent_id": other}),
        (edit.share, one),
        (edit.share_plan,),
        (edit.update_plan, {"title": "Mine"}),
        (edit.complete_plan, {"cancel_open": True}),
        (edit.archive_plan,),
        (edit.add, Task("", "Mine", parent_id=one)),
        (edit.link, one, Dependency(other)),
        (edit.unlink, one, other),
        (edit.delete, one),
        (edit.measure, one, 1),
        (edit.set_anchor, "start", day),
        (edit.pause_plan,),
        (edit.reschedule, [one]),
    ]


def done(ws: Workspace, plan_id: str, call: tuple[Any, ...], how: str = "change") -> tuple[str, View | None]:
    """What a verb gives or raises."""
    verb, *args = call
    named = args.pop() if args and isinstance(args[-1], dict) else {}
    held: list[View] = []

    def run() -> View:
        held.append(getattr(ws, how)(plan_id, verb, *args, **named))
        return held[0]

    return told(run), held[0] if held else None
