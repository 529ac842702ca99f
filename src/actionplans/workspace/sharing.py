"""Sharing plans with contacts: invitations, why somebody sees something, and what a contact gets (V3, V8)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import cast

import attrs
from attrs import define

from actionplans.errors import Invalid, NotFound, Problem, Refused
from actionplans.model import Account, Actor, Decision, Invitation, Person, Plan
from actionplans.permissions import subject
from actionplans.sharing import View
from actionplans.storage import RecordQuery, invitation_id
from actionplans.workspace.desk import Desk, above


@define
class Sharing:
    """What customers see of plans. What is shared at all stands in the plans: `edit.share_plan` and `edit.share`."""

    desk: Desk

    def invite(self, plan_id: str, contact_id: str) -> Invitation:
        """Let a contact see what is shared of a plan (V3); inviting them twice changes nothing.

        They are a contact of the plan's account or of one above it. Takes the right to `plan.invite`. It may come
        before the plan is shared, and counts from when it is.
        """
        desk = self.desk

        def invited() -> Invitation:
            plan, account = self._invitable(plan_id)
            person = desk.store.get_many(Person, (contact_id,)).get(contact_id)
            if person is None or not person.active or person.kind != "contact":
                raise Invalid("invitation", (Problem("contact_id", f"there is no active contact {contact_id!r}"),))
            if person.account_id not in above(desk.store, account):
                told = f"{person.id!r} is no contact of account {account.id!r} or of one above it"
                raise Refused("inviting", f"{told}: give them that account first")
            id = invitation_id(plan.id, person.id)
            before = desk.store.get_many(Invitation, (id,)).get(id)
            if before is not None and before.revoked_at is None:
                return before
            made = Invitation(id, plan.id, account.id, person.id, desk.actor.id, desk.now())
            return desk.keep(before, attrs.evolve(made, revision=before.revision if before else 0), "plan.invite")

        return desk.repeated(invited)

    def revoke(self, plan_id: str, contact_id: str) -> Invitation:
        """Take an invitation back; one that is revoked already stays. Raises `NotFound` where there is none."""
        desk = self.desk

        def revoked() -> Invitation:
            plan, _ = self._invitable(plan_id)
            id = invitation_id(plan.id, contact_id)
            before = desk.store.get_many(Invitation, (id,)).get(id)
            if before is None:
                raise NotFound("invitation", contact_id)
            if before.revoked_at is not None:
                return before
            return desk.keep(before, attrs.evolve(before, revoked_at=desk.now()), "plan.invite")

        return desk.repeated(revoked)

    def invitations(self, plan_id: str) -> Iterator[Invitation]:
        """The invitations to a plan, revoked ones too, by contact; takes the right to `plan.invite`."""
        plan, account = self._invitable(plan_id)
        found = cast("Iterator[Invitation]", self.desk.every(RecordQuery("invitation", account_id=account.id)))
        return (one for one in found if one.plan_id == plan.id)

    def why(self, person_id: str, plan_id: str, item_id: str | None = None) -> Decision:
        """Why a person sees a plan, or an item of it, or why not (V8). Takes the right to `permission.ask`.

        The item is one that the actor sees.
        """
        desk = self.desk
        plan, account, settings = desk.plan(plan_id)
        desk.need(settings, "permission.ask", subject(account, plan))
        item = desk.item(plan, account, settings, item_id) if item_id is not None else None
        return self._acting_as(person_id).why(plan, account, settings, item)

    def preview(self, contact_id: str, plan_id: str) -> View:
        """Exactly what a contact or partner gets to see of a plan (V8). Takes the right to `permission.ask`.

        Raises `Refused` with the reason where that is nothing.
        """
        desk = self.desk
        plan, account, settings = desk.plan(plan_id)
        desk.need(settings, "permission.ask", subject(account, plan))
        theirs = self._acting_as(contact_id)
        if desk.store.get(Person, contact_id).kind == "user":
            raise Refused("previewing", "this shows what contacts and partners see; ask `why` for others")
        found = theirs.looked_at(plan, account, settings)
        if found is None:
            raise Refused("previewing", f"they see nothing of it: {theirs.why(plan, account, settings).reason}")
        return found

    def who_can(self, action: str, plan_id: str, item_id: str | None = None) -> Iterator[Person]:
        """As `Workspace.who_can`."""
        desk = self.desk
        plan, account, settings = desk.plan(plan_id)
        desk.need(settings, "permission.ask", subject(account, plan))
        desk.need(settings, "person.see")
        item = desk.item(plan, account, settings, item_id) if item_id is not None else None
        teams = tuple(desk.every(RecordQuery("team")))
        for person in cast("Iterator[Person]", desk.every(RecordQuery("person"))):
            theirs = attrs.evolve(desk, actor=Actor(person.id), teams=teams)
            try:
                seen, _ = theirs.as_seen(plan, account, settings)
                _ = item and seen.item(item.id)
            except NotFound:
                continue
            if theirs.decision(action, plan, account, settings, item).allowed:
                yield person

    def _acting_as(self, person_id: str) -> Desk:
        """The desk of a stored person, with their stored roles."""
        self.desk.need(self.desk.settings(), "person.see")
        person = self.desk.store.get(Person, person_id)
        return attrs.evolve(self.desk, actor=Actor(person.id))

    def _invitable(self, plan_id: str) -> tuple[Plan, Account]:
        plan, account, settings = self.desk.plan(plan_id)
        self.desk.need(settings, "plan.invite", subject(account, plan))
        return plan, account
