"""The internal text about each account's goals, with its revisions (L12)."""

from __future__ import annotations

from attrs import define

from actionplans.checks import shown
from actionplans.errors import Invalid, NotFound, Problem, Stale
from actionplans.model import Account, Summary
from actionplans.permissions import subject
from actionplans.settings import Settings
from actionplans.workspace.accounts import Accounts
from actionplans.workspace.desk import Desk


@define
class Summaries:
    """The summaries of the accounts, one each. Contacts never see any (V5)."""

    desk: Desk

    def get(self, account_id: str) -> Summary:
        """The summary of an account, with its revisions; an empty one where nobody has saved any.

        Raises `NotFound`, also where the actor may not see the account or its summary (V7).
        """
        return self._stored(self._account(account_id, self.desk.settings()))

    def save(self, account_id: str, text: str, *, read: int | None = None) -> Summary:
        """Save the text, as often as a program likes: saves of one person within ten minutes are one revision (L12).

        What others save at the same time is not lost, theirs and this one stand as revisions, and the last one is the
        present text. With `read`, the `revision` that the text was read at, the save is made only if nobody has saved
        since: else raises `Stale`.
        """
        if read is not None and type(read) is not int:
            raise Invalid("summary", (Problem("read", f"a revision is wanted, not {shown(read)}"),))

        def saved() -> Summary:
            settings = self.desk.settings()
            account = self._account(account_id, settings)
            self.desk.need(settings, "summary.edit", subject(account))
            before = self._stored(account)
            if read is not None and read != before.revision:
                raise Stale("summary", account.id, read, before.revision)
            after = before.saved(text, self.desk.actor.id, self.desk.now())
            if after is before:
                return before
            return self.desk.keep(before if before.revision else None, after, "summary.edit")

        return self.desk.repeated(saved, but_for=account_id if read is not None else None)

    def _account(self, account_id: str, settings: Settings) -> Account:
        account, asker = Accounts(self.desk).get(account_id), self.desk.asker(settings)
        may_see = self.desk.may(settings, "summary.see", subject(account), asker).allowed
        if asker.kind == "contact" or not may_see:
            raise NotFound("summary", account_id)
        return account

    def _stored(self, account: Account) -> Summary:
        return self.desk.store.get_many(Summary, (account.id,)).get(account.id) or Summary(account.id)
