"""Running a verb on a plan: read → decide → edit → commit, again where somebody else was faster (S2)."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, cast

import attrs
from attrs import define, field, frozen

from actionplans import edit
from actionplans.checks import EMPTY, FrozenMap, shown, wanted
from actionplans.edit.context import changeable
from actionplans.edit.undoing import taken
from actionplans.errors import Invalid, NotAllowed, NotFound, Problem, Refused, Stale, Waiting
from actionplans.journal import CHANGED, Edit, Entry
from actionplans.model import Account, Comment, Completion, Decision, Item, Plan, Warn
from actionplans.model.rules import check
from actionplans.permissions import Subject, subject
from actionplans.schedule import Moved
from actionplans.settings import Settings
from actionplans.sharing import View, moves_seen, section_of, warnings_seen
from actionplans.vocabularies import touched_in_plan
from actionplans.workspace.desk import TRIES, Change, Desk, unknown_years
from actionplans.workspace.fields import admit_fields, admit_names
from actionplans.workspace.hiding import hiding
from actionplans.workspace.joined import as_joined

ELSEWHERE = frozenset({"play.move", "plan.merge", "plan.unmerge"})
"""The steps by which items leave a plan for another: they are not deleted."""


@define
class Told:
    """What a verb told its context while it ran."""

    warnings: list[Warn] = field(factory=list)
    moves: list[Moved] = field(factory=list)


@frozen
class Step:
    """One verb run on one plan: what it was, what it is, about which item of it, and what the verb told."""

    plan: Plan
    after: Plan
    account: Account
    settings: Settings
    action: str
    item_id: str
    told: Told

    def seen(self, desk: Desk, plan: Plan) -> View:
        """What the actor sees of the plan afterwards, with what the verb told."""
        view = desk.seen(plan, self.account, self.settings, before=self.plan)
        if not (self.told.warnings or self.told.moves):
            return view
        told = warnings_seen(view, self.told.warnings)
        return attrs.evolve(view, warnings=told, moves=moves_seen(view, self.told.moves))


@define
class Changer:
    """Runs verbs of `actionplans.edit`, and those that hosts write."""

    desk: Desk

    def change(
        self,
        plan_id: str,
        read: View | None,
        verb: Any,
        args: tuple[Any, ...],
        kwargs: Mapping[str, Any],
    ) -> View:
        """As `Workspace.change`; with a view only on what was read (S2).

        That is the plan; of a limited viewer the item alone, so that nothing they do not see plays a part (V2).
        """
        for attempt in range(TRIES):
            step = self._run(plan_id, read, verb, args, kwargs)
            if step.after == step.plan:
                return step.seen(self.desk, step.after)
            try:
                detail = FrozenMap({"item": step.item_id}) if step.item_id else EMPTY
                stored = cast(Plan, self.desk.commit(Change(step.plan, step.after, step.action, detail))[0])
            except Stale:
                if read is not None and not read.limited or attempt + 1 == TRIES:
                    raise
                continue
            return step.seen(self.desk, stored)
        raise AssertionError("the last try returns or raises")

    def preview(self, plan_id: str, verb: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> View:
        """As `change`, decided and run in the same way, but nothing is stored (P6)."""
        step = self._run(plan_id, None, verb, args, kwargs)
        return step.seen(self.desk, step.after)

    def undo(self, plan_id: str, revision: int | None) -> View:
        """As `Workspace.undo`; decided as the step itself, also where it is an undo that is undone."""
        desk = self.desk
        if revision is not None and type(revision) is not int:
            raise Invalid("undoing", (Problem("revision", f"a whole number is wanted, not {shown(revision)}"),))
        last = desk.store.get(Plan, plan_id).revision  # also where somebody else takes a step meanwhile

        def taken_back() -> View:
            plan, account, settings = self.read_whole(plan_id, "plan.undo")
            entry = self._entry(plan, last if revision is None else revision)
            name = _name(entry)
            for action, about in _needed(plan, account, settings, name, entry):
                desk.need(settings, action, about)
            if not entry.edits:
                raise Refused("undoing", f"{entry.action} began this plan: cancel or archive it instead")
            if any(one.author_id != desk.actor.id for one in _comments(entry)):
                raise Refused("undoing", "people take back and bring back only comments that they wrote themselves")
            self._stands_elsewhere(plan, entry, name)
            told = Told()
            context = desk.context(plan, account, settings, warn=told.warnings.append, moved=told.moves.append)
            try:
                after = taken(plan, context, entry.edits, name)
            except Invalid as error:
                titles = {one.id: one.title for one in desk.seen(plan, account, settings).plan.items()}
                since = [one for one in desk.store.journal("plan", plan.id) if one.revision > entry.revision]
                raise Invalid("undoing", tuple(_said(one, titles, since) for one in error.problems)) from None
            admit_fields(desk, settings, touched_in_plan(plan, after, settings, new=False))
            told.warnings += unknown_years(after, context, plan)
            item = {"item": entry.detail["item"]} if "item" in entry.detail else {}
            detail = FrozenMap({"undone": name, "revision": str(entry.revision), **item})
            step = Step(plan, after, account, settings, name, item.get("item", ""), told)
            return step.seen(desk, cast(Plan, desk.commit(Change(plan, after, "plan.undo", detail))[0]))

        return desk.repeated(taken_back)

    def restore(self, plan_id: str, item_id: str) -> View:
        """As `Workspace.restore`; what went to another plan with its play was not deleted."""
        self.read_whole(plan_id, "plan.restore")
        entry = self._removal(plan_id, item_id)
        if entry is None or _name(entry) in ELSEWHERE:
            raise NotFound("deleted item", item_id)
        return self.change(plan_id, None, edit.restore, (item_id, entry.edits), {})

    def history(self, plan_id: str) -> Iterator[Entry]:
        """As `Workspace.history`."""
        desk = self.desk
        plan, account, settings = self.read_whole(plan_id, "journal.read")
        desk.need(settings, "journal.read", subject(account, plan))
        hidden = hiding(settings, desk.asker(settings))
        found = desk.store.journal("plan", plan.id)
        return (attrs.evolve(one, edits=tuple(hidden.edits(one.edits))) for one in found)

    def read_whole(self, plan_id: str, action: str) -> tuple[Plan, Account, Settings]:
        """A plan for what looks into its past, which is not for those who see only a part of it (V2)."""
        plan, account, settings, _, limited = self.desk.opened(plan_id)
        if limited:
            raise NotAllowed(Decision(False, action, "this is for those who see the whole plan"))
        return plan, account, settings

    def _removal(self, plan_id: str, item_id: str) -> Entry | None:
        """The step that took an item out of the plan last."""
        for entry in reversed(tuple(self.desk.store.journal("plan", plan_id))):
            if any(one.item_id == item_id and one.field == "" and one.after is None for one in entry.edits):
                return entry
        return None

    def _stands_elsewhere(self, plan: Plan, entry: Entry, name: str) -> None:
        """Refuse to take back what moved items between plans, and to bring back what went away since (T13, M8).

        Each plan knows its own half alone: an item would stand in both, or in none.
        """
        if name in ("plan.merge", "plan.unmerge"):
            told = "take the merge back with ws.merging.unmerge" if name == "plan.merge" else "merge the plans again"
            raise Refused("undoing", f"that is about two plans: {told}")
        whole = [one for one in entry.edits if one.field == "" and one.kind in ("play", "task")]
        carried = name == "play.move" and bool(whole)
        for one in () if carried else whole:
            gone = self._removal(plan.id, one.item_id) if one.after is None else None
            carried = carried or gone is not None and _name(gone) in ELSEWHERE
        if carried:
            raise Refused(
                "undoing", "it went from one plan to another: link it back (ws.plays.link), or see ws.merging"
            )

    def _entry(self, plan: Plan, revision: int) -> Entry:
        for entry in self.desk.store.journal("plan", plan.id):
            if entry.revision == revision:
                return entry
        raise NotFound("step", str(revision))

    def _was_deleted(self, plan: Plan, given: Mapping[str, Any]) -> None:
        """Refuse what never was deleted like this: a restored item brings along what only verbs may give."""
        entry = self._removal(plan.id, given["item_id"])
        if entry is None or given["deletion"] != entry.edits:
            told = "is not the change that deleted it: use ws.restore, which finds that"
            raise Invalid("edit.restore", (Problem("deletion", told),))

    def _run(
        self, plan_id: str, read: View | None, verb: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any]
    ) -> Step:
        """Read, decide and edit; nothing is stored. What a host's own verb gives is checked in full."""
        action = getattr(verb, "action", None)
        if not isinstance(action, str) or not callable(verb):
            raise Invalid("change", (Problem("verb", f"a verb of actionplans.edit is wanted, not {shown(verb)}"),))
        desk = self.desk
        plan, account, settings, seen, limited = desk.opened(plan_id)
        args, kwargs = as_joined(plan, seen, verb, args, kwargs)
        given = _given(verb, args, kwargs)
        if read is not None and not limited and plan.revision != read.plan.revision:
            raise Stale("plan", plan_id, read.plan.revision, plan.revision)
        name, item_id = self._decided(action, (plan, seen), account, settings, given)
        if read is not None and limited and item_id and _other(read.plan, seen, item_id):
            raise Stale("item", item_id, 0, 0)
        told = Told()
        brought = (getattr(one, "owner_id", one) for one in given.values())
        warn, moved = told.warnings.append, told.moves.append
        context = desk.context(plan, account, settings, brought, warn=warn, moved=moved, outside=limited)
        if verb is edit.restore:
            self._was_deleted(plan, given)
        if verb is edit.delete and seen is not plan:  # they confirm what they were shown, which is less than goes
            quiet = attrs.evolve(context, warn=lambda told: None, moved=lambda told: None)
            edit.delete(seen, quiet, *args, **kwargs)
            kwargs = {**kwargs, "confirmed": edit.impact(plan, item_id)}
        with telling_nothing_hidden(limited):
            after = verb(plan, context, *args, **kwargs)
        if not isinstance(after, Plan) or (after.id, after.account_id) != (plan.id, plan.account_id):
            raise Invalid("change", (Problem("verb", f"gives {shown(after)} instead of the plan, changed"),))
        if getattr(edit, getattr(verb, "__name__", ""), None) is not verb:
            check(after)
        admit_fields(desk, settings, touched_in_plan(plan, after, settings, new=verb is not edit.restore))
        desk.today(settings, account, after)  # a time zone that is none is refused before it is stored
        if after is not plan:
            told.warnings += unknown_years(after, context, plan)
        return Step(plan, after, account, settings, name, item_id, told)

    def _decided(
        self, action: str, plans: tuple[Plan, Plan], account: Account, settings: Settings, given: Mapping[str, Any]
    ) -> tuple[str, str]:
        """Ask for the action on what the verb is about, and for what it asks besides; of the plan as it is and is seen.

        Gives the action's full name, and the id of the item that it is about, where it is not the plan or new.

        Adding an item is decided by the plan it comes into: what a new item says of its owner proves nothing.
        """
        plan, seen = plans
        item = _about(plan, seen, action, given)
        about = subject(account, plan, None if action == "create" else item)
        needed = [f"{item.kind if item is not None else 'plan'}.{action}"]
        if given.get("override"):
            needed.append("task.override")
        if item is not None and item.fixed and given.get("fields", EMPTY).keys() & {"title", "description"}:
            needed.append("library.edit")
        if item is None and action == "edit":
            needed += _of_plan(plan, given.get("fields", EMPTY), settings)
        for one in needed:
            self.desk.need(settings, one, about)
        if item is not None and action == "delete":
            self._with_it(item, plan, seen, account, settings)
        fields = given.get("fields", EMPTY)
        admit_names(self.desk, settings, item.kind if item is not None else "plan", fields.get("custom"))
        return needed[0], item.id if item is not None and action != "create" else ""

    def _with_it(self, item: Item, plan: Plan, seen: Plan, account: Account, settings: Settings) -> None:
        """What goes with a deleted item takes the right to delete that too (L3, R1)."""
        known = {one.id: one for one in plan.items()}
        for gone in edit.impact(plan, item.id).deleted:
            if gone != item.id:
                self.desk.need(settings, f"{known[gone].kind}.delete", subject(account, plan, known[gone]))
                if not any(one.id == gone for one in seen.items()):
                    told = "it holds work that you do not see: ask somebody who sees the whole plan"
                    raise NotAllowed(Decision(False, f"{item.kind}.delete", told))


def _name(entry: Entry) -> str:
    """What a step did; of an undo, what it took back."""
    return entry.detail.get("undone", entry.action)


_PLACE = re.compile(r"(\w+)(?:(?:\[| )'(?P<id>[^']+)'\]?)?(?:\.(?P<field>\w+).*)?")
"""Where an undo is stopped: `status`, `tasks`, `tasks['ID'].due` or `task 'ID'.owner_id`."""


def _said(problem: Problem, titles: Mapping[str, str], since: Sequence[Entry]) -> Problem:
    """What stops an undo, with the title of its item where that is seen, and with the last step that changed it since.

    Undoing that one first lets this one through, or names the one before; merges are taken back in another way.
    """
    place = _PLACE.fullmatch(problem.place)
    if place is None:
        return problem
    item_id, field = place["id"] or "", place["field"]

    def changed(edit: Edit) -> bool:
        if item_id:
            return edit.item_id == item_id and (not field or edit.field in ("", field))
        return edit.item_id == "" and (edit.field == problem.place or f"{edit.kind}s" == problem.place)

    steps = [one for one in since if any(map(changed, one.edits))]
    told = problem.message
    if steps:
        told = told.replace(CHANGED, f"has changed since: {_first(steps)}")
    return Problem(problem.place, f"{titles[item_id]!r} {told}" if item_id in titles else told)


def _first(steps: Sequence[Entry]) -> str:
    """What to do before an undo, by the steps that changed the same since.

    An unmerge set things to what they were before its merge, so what counts is what was done before or after the two.
    """
    last = steps[-1]
    if last.action == "plan.unmerge":
        others = [one for one in steps if one.action not in ("plan.merge", "plan.unmerge")]
        if not others:
            return "a merge was taken back since, which is not undone: change it where it stands now (ws.change)"
        last = others[-1]
    if last.action == "plan.merge":
        return "take back the merge first (ws.merging.unmerge)"
    return f"undo revision {last.revision} ({last.action}) first"


def _needed(plan: Plan, account: Account, settings: Settings, name: str, entry: Entry) -> Iterator[tuple[str, Subject]]:
    """What taking back a step needs: to be allowed the step itself, on what it was about, and what it asked besides.

    Where a step does not say which item it was about, that is all of its kind that it touched.
    """
    items = {one.id: one for one in plan.items()}
    kind, _, action = name.partition(".")
    ids = [entry.detail["item"]] if "item" in entry.detail else [] if action == "create" else _ids(entry, kind)
    about = [subject(account, plan, items[one]) for one in ids if one in items] or [subject(account, plan)]
    for one in about:
        yield name, one
        if any(isinstance(back.before, Completion) and back.before.override for back in entry.edits):
            yield "task.override", one
    words = (back.item_id for back in entry.edits if back.field in ("title", "description"))
    if any(one in items and items[one].fixed for one in words):
        yield "library.edit", subject(account, plan)
    fields = {back.field: back.before for back in entry.edits if back.kind == "record"}
    for besides in _of_plan(plan, fields, settings):
        yield besides, subject(account, plan)


def _comments(entry: Entry) -> Iterator[Comment]:
    """The comments that a step brought to what was there, or took from it."""
    for one in entry.edits:
        if one.field == "comments":
            yield from (note for note in (*one.before, *one.after) if (note in one.before) != (note in one.after))


def _ids(entry: Entry, kind: str) -> list[str]:
    return list(dict.fromkeys(one.item_id for one in entry.edits if one.kind == kind))


def _given(verb: Callable[..., Plan], args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Mapping[str, Any]:
    """The arguments of a verb by name; those it does not take are the caller's mistake and said as such."""
    try:
        bound = inspect.signature(verb).bind(None, None, *args, **kwargs)
    except TypeError as error:
        name = getattr(verb, "__name__", "verb")
        raise Invalid(f"edit.{name}", (Problem("arguments", str(error)),)) from error
    return dict(list(bound.arguments.items())[2:])


@contextmanager
def telling_nothing_hidden(limited: bool) -> Iterator[None]:
    """What a verb refuses, without what it is refused for, where that may not be seen (V2)."""
    try:
        yield
    except Waiting as error:
        if limited:
            told = "it waits for other work: ask whoever shared the plan with you"
            raise Waiting(error.action, told, ()) from None
        raise


def _of_plan(plan: Plan, fields: Mapping[str, Any], settings: Settings) -> Iterator[str]:
    """What giving these fields of a plan asks besides editing it, by the change itself or by taking one back (V4)."""
    if "owner_id" in fields:
        yield "plan.assign"
    if _shared_otherwise(plan, fields, settings):
        yield "plan.share"


def _shared_otherwise(plan: Plan, fields: Mapping[str, Any], settings: Settings) -> bool:
    """Whether a change of a plan puts it into a section that shares plans in another way (V4)."""
    section = fields.get("section", plan.section)
    if not isinstance(section, str) or section == plan.section:
        return False
    return section_of(attrs.evolve(plan, section=section), settings).profile != section_of(plan, settings).profile


def _other(read: Plan, seen: Plan, item_id: str) -> bool:
    """Whether an item is seen otherwise than it was read, or was not."""
    return seen.item(item_id) not in [one for one in read.items() if one.id == item_id]


def _about(plan: Plan, seen: Plan, action: str, given: Mapping[str, Any]) -> Item | None:
    """The item a verb is called for: the one it brings, brings back or names, or None for the plan itself.

    One that is named is looked for in what the actor sees of the plan (V7).
    """
    named = given.get("item_id", given.get("task_id", given.get("item")))
    if isinstance(named, Item):
        return named
    if named is None or named == plan.id:
        return None
    if action == "restore":
        gone = (wanted(Edit, one, "deletion") for one in wanted(tuple, given.get("deletion"), "deletion"))
        return next((one.before for one in gone if one.item_id == named and isinstance(one.before, Item)), None)
    if plan.status == "merged":  # its items are in another plan, which is better to know than that they are not here
        changeable(plan, "changing")
    return plan.item(seen.item(named).id)
