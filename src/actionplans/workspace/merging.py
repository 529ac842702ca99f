"""Merging plans and taking merges back, with rights on both, as one command (M1 to M9)."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeVar, cast

import attrs
from attrs import define, frozen

from actionplans import merge as merging
from actionplans.accounts import name_key
from actionplans.checks import EMPTY, FrozenMap
from actionplans.errors import Invalid, NotAllowed, NotFound, Problem, Refused, Stale
from actionplans.journal import Entry, rewound
from actionplans.merge import Added as Added  # these four stand in the lists that `Preview` and `Parted` inherit
from actionplans.merge import (
    Audience,
    Conflict,
    Filled,
    Kept,
    Merge,
    MergeLists,
    MergeNews,
    Policy,
    Side,
    Unmerge,
    UnmergeLists,
    Verdict,
)
from actionplans.merge import Dropped as Dropped
from actionplans.merge import Joined as Joined
from actionplans.merge.joining import LONG_AGO
from actionplans.model import Account, Decision, Invitation, Person, Plan
from actionplans.model import Warn as Warn
from actionplans.permissions import subject
from actionplans.settings import Settings
from actionplans.sharing import View
from actionplans.storage import AccountQuery, PlanHead, PlanQuery, RecordQuery, plan_subject
from actionplans.vocabularies import may_edit_field, seen_fields
from actionplans.workspace.accounts import Accounts
from actionplans.workspace.desk import Change, Desk, above, owners_of
from actionplans.workspace.plans import OPEN_PLANS, chunks

F = TypeVar("F", Filled, Conflict, Kept)

Named = tuple[str, str]
"""A custom field of items: their kind and its name."""

PREFIX = merging.PREFIX
"""How many characters of a name accounts are looked up by (M1)."""


@frozen
class Candidate:
    """A plan that could be merged into another one, and what each rule says of the two (M1)."""

    target_id: str
    plan: PlanHead
    account: Account
    verdicts: tuple[Verdict, ...]

    @property
    def agreed(self) -> bool:
        """Whether all rules agree: then it is offered."""
        return all(one.agrees for one in self.verdicts)


@frozen(kw_only=True)
class Preview(MergeLists):
    """What a merge does, as whoever merges may see it: `view` is the target as it is then (M7)."""

    view: View
    source_id: str


@frozen(kw_only=True)
class Parted(UnmergeLists):
    """What an unmerge did, as whoever parts may see it: both plans as they are now (M8)."""

    view: View
    source: View


@frozen
class _Read:
    """Two plans that are to be merged or parted, with their accounts, as they were read."""

    target: Plan
    source: Plan
    target_account: Account
    source_account: Account
    settings: Settings


@define
class Merging:
    """Candidates, previews, merges and the way back. It takes `plan.merge` or `plan.unmerge` on both plans (M6)."""

    desk: Desk

    def candidates(
        self, plan_id: str | None = None, *, account_id: str | None = None, refused: bool = False
    ) -> Iterator[Candidate]:
        """The open plans that could be merged into a plan, or into each open plan of an account, by account name (M1).

        Offered are those that all rules agree to and that the actor may merge; with `refused` also those that a rule is
        against, each with its reasons. With the rule `same_name_prefix` only accounts of such names are looked at, else
        all. Raises `NotFound` for what the actor may not see (V7).
        """
        if (plan_id is None) == (account_id is None):
            raise Invalid("candidates", (Problem("plan_id", "give a plan or an account, one of the two"),))
        desk, settings = self.desk, self.desk.settings()
        if plan_id is not None:
            plan, account, _ = desk.plan(plan_id, settings)
            desk.need(settings, "plan.merge", subject(account, plan))
            yield from self._into(plan, account, settings, refused)
            return
        account = Accounts(desk).get(str(account_id))
        for head in desk.every(PlanQuery(account_ids=(account.id,), statuses=OPEN_PLANS)):
            if self._may(head, account, settings):
                yield from self._into(desk.store.get(Plan, head.id), account, settings, refused)

    def preview(
        self, target_id: str, source_id: str, *, policy: Policy = "target", answers: Mapping[str, Side] = EMPTY
    ) -> Preview:
        """What `merge` would do: all that would be added, joined, filled and in conflict; nothing is stored (M7).

        Under the policy `ask` conflicts without an answer have an empty one; `answers` say by place (`ID:FIELD`) whose
        value holds, also under the other policies.
        """
        read = self._read(target_id, source_id, "plan.merge")
        return self._told(read, self._worked_out(read, policy, answers))

    def merge(
        self, target_id: str, source_id: str, *, policy: Policy = "target", answers: Mapping[str, Side] = EMPTY
    ) -> Preview:
        """Merge the source into the target, both in one step, and tell what that did as `preview` does.

        What others store meanwhile is not lost: the merge is worked out again on that. Raises `Refused` with the reason
        of each rule that is against it, `Invalid` naming every conflict that has no answer.
        """
        desk = self.desk

        def merged() -> Preview:
            read = self._read(target_id, source_id, "plan.merge")
            found = self._worked_out(read, policy, answers).decided()
            about = {"target": read.target.id, "source": read.source.id, "policy": policy}
            stored = desk.commit(
                Change(read.target, found.target, "plan.merge", FrozenMap(about)),
                Change(read.source, found.source, "plan.merge", FrozenMap(about)),
            )
            pairs = FrozenMap({one.source_id: one.item_id for one in found.joined})
            moved = tuple(one.item_id for one in found.added)
            news = MergeNews("merge", read.target.id, read.source.id, moved, pairs)
            desk.hand(desk.plugins.merge_listeners, news)
            return self._told(read, attrs.evolve(found, target=cast(Plan, stored[0])))

        return desk.repeated(merged)

    def unmerge(self, target_id: str, source_id: str | None = None) -> Parted:
        """Take the last merge off a plan, or that of the source, which must be the last (M8).

        Raises `Refused` where there is none, or another must come off first.
        """
        desk = self.desk

        def parted() -> Parted:
            plan, account, settings = desk.plan(target_id)
            desk.need(settings, "plan.unmerge", subject(account, plan))
            last, later = self._last_merge(plan, source_id)
            try:
                read = self._read(plan.id, last.detail["source"], "plan.unmerge")
            except NotFound:  # whoever sees one plan alone is not told the other's id (V7)
                told = "" if source_id else "what was merged into it is not for you to see: ask who sees both plans"
                raise NotFound("merged plan", source_id or plan.id, told) from None
            if read.target.revision != plan.revision:
                raise Stale("plan", plan.id, plan.revision, read.target.revision)
            merged = rewound(read.target, later)
            before = rewound(merged, (last,))
            source = self._as_merged(read.source, read.target.id)
            audience = self._audience(attrs.evolve(read, source=source), parting=True)
            found = merging.unmerge(before, merged, read.target, source, self._context(read), audience=audience)
            about = FrozenMap({"target": read.target.id, "source": read.source.id})
            ours, theirs = desk.commit(
                Change(read.target, found.target, "plan.unmerge", about),
                Change(read.source, found.source, "plan.unmerge", about),
            )
            pairs = FrozenMap({there: here for here, there in found.parted.items()})
            back = (*found.returned, *found.along)
            desk.hand(desk.plugins.merge_listeners, MergeNews("unmerge", read.target.id, read.source.id, back, pairs))
            return self._shown(read, found, cast(Plan, ours), cast(Plan, theirs))

        return desk.repeated(parted)

    def _into(self, target: Plan, account: Account, settings: Settings, refused: bool) -> Iterator[Candidate]:
        """The candidates for one target."""
        for accounts in chunks(self._alike(account, settings), 50):
            known = {one.id: one for one in accounts}
            heads = self.desk.every(PlanQuery(account_ids=tuple(known), statuses=OPEN_PLANS))
            mine = (one for one in heads if one.id != target.id and self._may(one, known[one.account_id], settings))
            for part in chunks(mine, 50):
                plans = self.desk.store.get_many(Plan, [one.id for one in part])
                whole = self.desk.store.get_many(Account, {account.id, *(one.account_id for one in part)})
                for head in (one for one in part if one.id in plans):
                    source, theirs = plans[head.id], known[head.account_id]
                    if merging.impossible(target, source) is None:
                        both = (whole[account.id], whole[theirs.id])
                        said = self._verdicts((target, source), both, settings)
                        found = Candidate(target.id, head, theirs, said)
                        if found.agreed or refused:
                            yield found

    def _alike(self, account: Account, settings: Settings) -> Iterator[Account]:
        """The accounts whose plans are looked at: those of such names where the rule about names is on, else all."""
        query = AccountQuery()
        if "same_name_prefix" in settings.merge_rules:
            key = name_key(account.name)
            if not key:
                return
            query = AccountQuery(prefix=key[:PREFIX]) if len(key) >= PREFIX else AccountQuery(key=key)
        yield from Accounts(self.desk).all(query)

    def _may(self, head: PlanHead, account: Account, settings: Settings) -> bool:
        about = plan_subject(head, account)
        return all(self.desk.may(settings, action, about).allowed for action in ("plan.see", "plan.merge"))

    def _verdicts(
        self, plans: tuple[Plan, Plan], accounts: tuple[Account, Account], settings: Settings
    ) -> tuple[Verdict, ...]:
        rules = {**self.desk.plugins.merge_rules, **merging.SHIPPED}
        return merging.verdicts(settings.merge_rules, rules, plans, accounts)

    def _read(self, target_id: str, source_id: str, action: str) -> _Read:
        """Both plans at one moment, where the actor may do this to them and sees all of both (M6, V2)."""
        desk, settings = self.desk, self.desk.settings()
        plans = desk.store.get_many(Plan, (target_id, source_id))
        accounts = desk.store.get_many(Account, {one.account_id for one in plans.values()})
        seen = {}
        for id in (target_id, source_id):
            if id not in plans:
                raise NotFound("plan", id)
            seen[id] = desk.as_seen(plans[id], accounts[plans[id].account_id], settings)
        for id, (shown, limited) in seen.items():
            desk.need(settings, action, subject(accounts[plans[id].account_id], plans[id]))
            if limited or sum(1 for _ in shown.items()) != sum(1 for _ in plans[id].items()):
                raise NotAllowed(Decision(False, action, "this is for those who see all that stands in both plans"))
        target, source = plans[target_id], plans[source_id]
        return _Read(target, source, accounts[target.account_id], accounts[source.account_id], settings)

    def _worked_out(self, read: _Read, policy: Policy, answers: Mapping[str, Side]) -> Merge:
        reason = merging.impossible(read.target, read.source)
        if reason is not None:
            raise Refused("merging", reason)
        said = self._verdicts((read.target, read.source), (read.target_account, read.source_account), read.settings)
        against = [f"{one.rule}: {one.reason}" for one in said if not one.agrees]
        if against:
            raise Refused("merging", "; ".join(against))
        closed, unseen = self._closed(read)
        return merging.merge(
            read.target,
            read.source,
            self._context(read),
            policy=policy,
            answers=answers,
            changed=self._changed(read) if policy == "newest" else EMPTY,
            audience=self._audience(read),
            closed=closed,
            unseen=unseen,
        )

    def _closed(self, read: _Read) -> tuple[frozenset[Named], frozenset[Named]]:
        """The custom fields of items, by kind and name, that the actor may not edit, and those they may not see (R5).

        What is held of a field that the settings have no more is nobody's but an administrator's.
        """
        roles, fields = self.desk.asker(read.settings).roles, read.settings.custom_fields
        sees = self._sees(read.settings)
        items = (*read.target.items(), *read.source.items())
        unseen = {(one.kind, name) for one in items for name in getattr(one, "custom", ()) if not sees(one.kind, name)}
        closed = {(one.of, one.name) for one in fields if not may_edit_field(one, roles)}
        return frozenset[Named](closed | unseen), frozenset[Named](unseen)

    def _sees(self, settings: Settings) -> Callable[[str, str], bool]:
        """Whether the actor sees a custom field of a kind, by its name (R5)."""
        roles = self.desk.asker(settings).roles
        seen = {kind: seen_fields(kind, settings, roles) for kind in ("objective", "play", "task")}

        def sees(kind: str, name: str) -> bool:
            known = seen.get(kind)
            return known is None or name in known

        return sees

    def _context(self, read: _Read) -> Any:
        owners = owners_of(read.target) | owners_of(read.source)
        return self.desk.context(read.target, read.target_account, read.settings, owners)

    def _audience(self, read: _Read, *, parting: bool = False) -> Audience:
        """Who among the customers sees each of the two plans, where they are shared (V3).

        For parting `own` are those of the source's account, whatever the target's is.
        """
        desk = self.desk
        invited, own = list[frozenset[str]](), list[frozenset[str]]()
        for plan, account in ((read.target, read.target_account), (read.source, read.source_account)):
            records = cast("Iterator[Invitation]", desk.every(RecordQuery("invitation", account_id=account.id)))
            ids = {one.contact_id for one in records if one.plan_id == plan.id and one.revoked_at is None}
            near = above(desk.store, account)
            persons = desk.store.get_many(Person, ids).values()
            count = [one for one in persons if one.active and one.kind == "contact" and one.account_id in near]
            invited.append(frozenset(one.id for one in count))
            own.append(frozenset(one.id for one in count if one.account_id == account.id))
        named = owners_of(read.target) | owners_of(read.source)
        one_account = read.target.account_id == read.source.account_id
        target, source = invited
        mine = own[1] if parting else own[0] | own[1] if one_account else frozenset[str]()
        return Audience(target, source, desk.people(named).contacts, mine)

    def _changed(self, read: _Read) -> dict[str, dt.datetime]:
        """When each item of the two plans was changed last, by their journals; coming along in a merge is no change."""
        found: dict[str, dt.datetime] = {}
        for plan in (read.target, read.source):
            changes, began = self._changes(plan.id)
            found |= {one.id: changes.get(one.id, began) for one in plan.items()}
        return found

    def _changes(self, plan_id: str, into: str = "", nth: int = 0) -> tuple[dict[str, dt.datetime], dt.datetime]:
        """When what has stood in a plan was changed last, and when the plan began: up to the nth merge into another.

        What came by a merge was changed last where it came from, unless it was changed here since.
        """
        found, began, merges = dict[str, dt.datetime](), LONG_AGO, Counter[tuple[str, str]]()
        for entry in self.desk.store.journal("plan", plan_id):
            about = entry.detail.get("target", ""), entry.detail.get("source", "")
            merges[about] += entry.action == "plan.merge"
            if entry.revision == 1:
                began = entry.at
            if entry.action == "plan.merge" and about == (into, plan_id) and merges[about] == nth:
                break
            moved = entry.action in ("plan.merge", "plan.unmerge")
            came = {one.item_id for one in entry.edits if moved and one.item_id and one.field == ""}
            if came and entry.action == "plan.merge" and about[0] == plan_id:
                theirs, first = self._changes(about[1], plan_id, merges[about])
                found |= {one: theirs.get(one, first) for one in came}
            found |= {one.item_id: entry.at for one in entry.edits if one.item_id and one.item_id not in came}
        return found, began

    def _told(self, read: _Read, found: Merge) -> Preview:
        """What the merge does without the values of custom fields that the actor may not see (R5)."""
        view = self.desk.seen(found.target, read.target_account, read.settings, before=read.target)
        return Preview(
            view=view,
            source_id=read.source.id,
            added=found.added,
            joined=found.joined,
            filled=self._admitted(found.filled, read.settings),
            conflicts=self._admitted(found.conflicts, read.settings),
            hidden=found.hidden,
            warnings=found.warnings,
        )

    def _shown(self, read: _Read, found: Unmerge, ours: Plan, theirs: Plan) -> Parted:
        """What an unmerge did, without the values of custom fields that the actor may not see (R5)."""
        desk, settings = self.desk, read.settings
        view = desk.seen(ours, read.target_account, settings, before=read.target)
        source = desk.seen(theirs, read.source_account, settings, before=read.source)
        return Parted(
            view=view,
            source=source,
            returned=found.returned,
            along=found.along,
            gone=found.gone,
            parted=found.parted,
            dropped=found.dropped,
            kept=self._admitted(found.kept, settings),
            warnings=found.warnings,
        )

    def _admitted(self, found: tuple[F, ...], settings: Settings) -> tuple[F, ...]:
        """What is told of fields, without the custom fields that the actor may not see (R5)."""
        sees = self._sees(settings)
        return tuple(
            one
            for one in found
            if not one.field.startswith("custom.") or sees(one.kind, one.field.removeprefix("custom."))
        )

    def _last_merge(self, plan: Plan, source_id: str | None) -> tuple[Entry, tuple[Entry, ...]]:
        """The entry of the merge that comes off next, and those of all that was done to the target since."""
        entries = tuple(one for one in self.desk.store.journal("plan", plan.id) if one.revision <= plan.revision)
        standing: list[Entry] = []
        for entry in entries:
            if entry.detail.get("target") == plan.id and entry.action == "plan.merge":
                standing.append(entry)
            elif entry.detail.get("target") == plan.id and entry.action == "plan.unmerge":
                standing.pop()
        if not standing:
            raise Refused("unmerging", "no plan was merged into this one, or all are parted again")
        last = standing[-1]
        if source_id is not None and last.detail["source"] != source_id:
            if all(one.detail["source"] != source_id for one in standing) or not self._is_seen(source_id):
                raise NotFound("merged plan", source_id)
            other = repr(last.detail["source"]) if self._is_seen(last.detail["source"]) else "another plan"
            raise Refused("unmerging", f"{other} was merged later: take that off first")
        return last, tuple(one for one in entries if one.revision > last.revision)

    def _is_seen(self, plan_id: str) -> bool:
        """Whether the actor may be told of a plan (V7)."""
        try:
            self.desk.plan(plan_id)
        except NotFound:
            return False
        return True

    def _as_merged(self, source: Plan, target_id: str) -> Plan:
        """The source as the merge found it."""
        later: list[Entry] = []
        for entry in reversed(tuple(self.desk.store.journal("plan", source.id))):
            if entry.revision <= source.revision:
                later.insert(0, entry)
                if entry.action == "plan.merge" and entry.detail.get("source") == source.id:
                    break
        if source.merged_into != target_id:
            raise Refused("unmerging", f"{source.title!r} is not merged into that plan")
        return rewound(source, later)
