"""Running a verb on a plan: read → decide → edit → commit, again where somebody else was faster (S2)."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any

import attrs
from attrs import define

from actionplans.checks import EMPTY, shown
from actionplans.edit import Context
from actionplans.errors import Invalid, Problem, Stale
from actionplans.journal import Edit
from actionplans.model import Account, Item, Person, Plan, Warn
from actionplans.permissions import subject
from actionplans.settings import Settings
from actionplans.sharing import View
from actionplans.workspace.accounts import wanted
from actionplans.workspace.desk import Desk

TRIES = 20
"""How often a command is repeated on what others stored in between, before `Stale` comes out."""


@define
class Changer:
    """Runs verbs of `actionplans.edit`, and those that hosts write."""

    desk: Desk

    def change(
        self,
        plan_id: str,
        revision: int | None,
        verb: Any,
        args: tuple[Any, ...],
        kwargs: Mapping[str, Any],
    ) -> View:
        """As `Workspace.change`; with a `revision` only on the plan as it was read (S2)."""
        action, desk = getattr(verb, "action", None), self.desk
        if not isinstance(action, str) or not callable(verb):
            raise Invalid("change", (Problem("verb", f"a verb of actionplans.edit is wanted, not {shown(verb)}"),))
        given = _given(verb, args, kwargs)
        for attempt in range(TRIES):
            settings = desk.settings()
            plan = desk.store.get(Plan, plan_id)
            account = desk.store.get(Account, plan.account_id)
            view = desk.seen(plan, account, settings)
            if revision is not None and plan.revision != revision:
                raise Stale("plan", plan_id, revision, plan.revision)
            name = self._decided(action, plan, account, settings, given)
            warnings: list[Warn] = []
            after = verb(plan, self._context(plan, account, settings, given, warnings.append), *args, **kwargs)
            if not isinstance(after, Plan) or (after.id, after.account_id) != (plan.id, plan.account_id):
                raise Invalid("change", (Problem("verb", f"gives {shown(after)} instead of the plan, changed"),))
            if after == plan:
                return _warned(view, warnings)
            desk.today(settings, account, after)  # a time zone that is none is refused before it is stored
            try:
                stored = desk.keep(plan, after, name)
            except Stale:
                if revision is not None or attempt + 1 == TRIES:
                    raise
                continue
            return _warned(desk.seen(stored, account, settings, written=True), warnings)
        raise AssertionError("the last try returns or raises")

    def _decided(self, action: str, plan: Plan, account: Account, settings: Settings, given: Mapping[str, Any]) -> str:
        """Ask for the action on what the verb is about, and for what it asks besides; gives the action's full name.

        Adding an item is decided by the plan it comes into: what a new item says of its owner proves nothing.
        """
        item = _about(plan, action, given)
        about = subject(account, plan, None if action == "create" else item)
        needed = [f"{item.kind if item is not None else 'plan'}.{action}"]
        if given.get("override"):
            needed.append("task.override")
        if item is not None and item.fixed and given.get("fields", EMPTY).keys() & {"title", "description"}:
            needed.append("library.edit")
        for one in needed:
            self.desk.need(settings, one, about)
        return needed[0]

    def _context(
        self,
        plan: Plan,
        account: Account,
        settings: Settings,
        given: Mapping[str, Any],
        warn: Callable[[Warn], None],
    ) -> Context:
        """What the verb is given; its owners are the plan's and whomever the arguments bring (D7)."""
        desk = self.desk
        brought = (getattr(one, "owner_id", one) for one in given.values())
        owners = {one for one in (*(task.owner_id for task in plan.tasks), *brought) if isinstance(one, str)}
        persons = desk.store.get_many(Person, owners)
        return Context(
            desk.actor.id,
            desk.now(),
            desk.today(settings, account, plan),
            settings,
            desk.new_id,
            {one.id: one.calendar for one in persons.values() if one.calendar},
            desk.known_owner,
            warn,
        )


def _warned(view: View, warnings: list[Warn]) -> View:
    return attrs.evolve(view, warnings=tuple(warnings)) if warnings else view


def _given(verb: Callable[..., Plan], args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Mapping[str, Any]:
    """The arguments of a verb by name; those it does not take are the caller's mistake and said as such."""
    try:
        bound = inspect.signature(verb).bind(None, None, *args, **kwargs)
    except TypeError as error:
        name = getattr(verb, "__name__", "verb")
        raise Invalid(f"edit.{name}", (Problem("arguments", str(error)),)) from error
    return dict(list(bound.arguments.items())[2:])


def _about(plan: Plan, action: str, given: Mapping[str, Any]) -> Item | None:
    """The item a verb is called for: the one it brings, brings back or names, or None for the plan itself."""
    named = given.get("item_id", given.get("task_id", given.get("item")))
    if isinstance(named, Item):
        return named
    if named is None or named == plan.id:
        return None
    if action == "restore":
        gone = (wanted(Edit, one, "deletion") for one in wanted(tuple, given.get("deletion"), "deletion"))
        return next((one.before for one in gone if one.item_id == named and isinstance(one.before, Item)), None)
    return plan.item(named)
