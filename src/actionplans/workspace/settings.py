"""The settings of a workspace: one versioned value, each part a right of its own (R3), with what a change touches."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final, cast, get_args

import attrs
from attrs import define

from actionplans.checks import shown, wanted
from actionplans.errors import Invalid, Problem, Refused, Stale, Unconfirmed
from actionplans.model import Account, Person, Plan, Team, Template
from actionplans.model.words import PlanStatus
from actionplans.permissions import Asker, subject
from actionplans.settings import Settings, parts_changed, strange_roles
from actionplans.storage import AccountQuery, PlanQuery, RecordQuery, id_of
from actionplans.uses import LEAST_IDS, READ_FOR, Change, Kept, Use, keys_changed, uses_of
from actionplans.workspace.accounts import evolved, zone_problems
from actionplans.workspace.administrators import one_keeping
from actionplans.workspace.desk import Change as Write
from actionplans.workspace.desk import Desk
from actionplans.workspace.plans import chunks
from actionplans.workspace.templates import sight

NEVER: Final = {("sections", "plan", "removed"): "give these plans another section first"}
"""What is not taken away while it is used, whatever is confirmed, and what to do: a section decides who sees (V4)."""

AT_ONCE = 200
"""How many plans are held while a change looks for what it touches."""

Changed = Mapping[tuple[str, str], Change]


@define
class SettingsDesk:
    """The settings of a workspace: one versioned value."""

    desk: Desk

    def get(self) -> Settings:
        """The settings as they are now, with the calendars of plug-ins; needs the right to `settings.see`."""
        settings = self.desk.settings()
        self.desk.need(settings, "settings.see")
        return settings

    def update(self, *, confirmed: Iterable[Use] = (), **fields: Any) -> Settings:
        """Change fields of the settings; needs the right to each part that changes, such as `settings.vocabularies`.

        Of two who change them at once both are heard: the fields that are given are set on what is there by then.
        Taking away what is in use raises `Unconfirmed`, whose impact is passed as `confirmed` to do it all the same; a
        section that plans stand in is `Refused`, and so is leaving nobody who could change the policy (R6). Raises
        `Invalid` naming every field that cannot be given and all that does not fit.

        Calendars of plug-ins are not stored; to change one, give one of its name.
        """
        given = _uses(confirmed)

        def updated() -> Settings:
            before = self.desk.kept_settings()
            return self._stored(before, _with(before, fields), given)

        return self.desk.repeated(updated)

    def replace(self, settings: Settings, *, confirmed: Iterable[Use] = ()) -> Settings:
        """Store settings that were read and changed: as `update`, but `Stale` where they have changed since (S2)."""
        given, read = _uses(confirmed), wanted(Settings, settings, "settings").revision

        def replaced() -> Settings:
            before, seen = self.desk.kept_settings(), self.desk.settings()
            if read != before.revision:
                raise Stale("settings", before.id, read, before.revision)
            names = (one.name for one in attrs.fields(Settings))
            fields = {one: getattr(settings, one) for one in names if getattr(settings, one) != getattr(seen, one)}
            return self._stored(before, _with(before, fields), given)

        return self.desk.repeated(replaced, but_for="settings")

    def impact(self, **fields: Any) -> tuple[Use, ...]:
        """What a change of these fields would touch: each key that it takes away or alters and that is in use.

        Needs the right to each part that would change. Nothing is stored. All plans, templates, accounts or persons
        that may use such a key are read, some at a time.
        """
        before = self.desk.kept_settings()
        after = _with(before, fields)
        self._allowed(before, after)
        return self._touched(before, after, keys_changed(before, after))

    def _stored(self, before: Settings, after: Settings, confirmed: frozenset[_Key]) -> Settings:
        self._allowed(before, after)
        found = tuple(self._strange(before, after))
        if found:
            raise Invalid("settings", found)
        if after == before:
            return after
        keeping = tuple(one_keeping(self.desk, before, after))
        self._confirmed(before, after, confirmed)
        return cast(Settings, self.desk.commit(Write(before, after, "settings.edit"), *keeping)[0])

    def _allowed(self, before: Settings, after: Settings) -> None:
        """Ask for the right to each part that changes; to none, for the right to see what comes back."""
        asker = self.desk.asker(before)
        for action in [f"settings.{part}" for part in parts_changed(before, after)] or ["settings.see"]:
            self.desk.need(before, action, asker=asker)

    def _strange(self, before: Settings, after: Settings) -> Iterator[Problem]:
        """What the settings name that is not there: a time zone, roles, teams, persons."""
        yield from zone_problems(after.time_zone)
        if not self.desk.plugins.policies:
            yield from strange_roles(before, after)
        store = self.desk.store
        teams = store.get_many(Team, {team for one in after.collections for team in one.teams})
        for n, collection in enumerate(after.collections):
            if collection not in before.collections:
                for team in sorted(collection.teams - teams.keys()):
                    yield Problem(f"collections[{n}].teams", f"there is no team {team!r}: add it first")
        named = [one for one in after.custom_fields if one.type == "person" and isinstance(one.default, str)]
        persons = store.get_many(Person, {str(one.default) for one in named})
        for one in named:
            if one not in before.custom_fields and one.default not in persons:
                place = f"custom_fields[{after.custom_fields.index(one)}].default"
                yield Problem(place, f"there is no person {one.default!r}: add them first")

    def _confirmed(self, before: Settings, after: Settings, confirmed: frozenset[_Key]) -> None:
        """Raise what stands in the way where something is taken from what uses it, unless it was confirmed."""
        taken = {
            key: change for key, change in keys_changed(before, after).items() if _takes(key, change, before, after)
        }
        found = [one for one in self._touched(before, after, taken) if one.change != "altered"]
        never = [one for one in found if (one.vocabulary, one.kind, one.change) in NEVER]
        if never:
            told = NEVER[never[0].vocabulary, never[0].kind, never[0].change]
            raise Refused("changing the settings", f"{_listed(never)}: {told}")
        if any(_key(one) not in confirmed for one in found):
            raise Unconfirmed(
                "changing the settings",
                f"{_listed(found)}: they keep what they hold; show it, then pass confirmed=error.impact, the impact in "
                "this error (ws.settings.impact gives the same)",
                tuple(found),
            )

    def _touched(self, before: Settings, after: Settings, changed: Changed) -> tuple[Use, ...]:
        """What uses the changed keys, read in a stream, with ids of some that the actor may see."""
        asker, ids = self.desk.asker(before), dict[_Key, list[str]]()
        counts: Counter[_Key] = Counter()
        for record in self._reading(changed):
            found = uses_of(record, changed, before, after)
            for key, count in found.items():
                counts[key] += count
                some = ids.setdefault(key, [])
                if len(some) < LEAST_IDS and self._sees(record, before, asker):
                    some.append(id_of(record))
        return tuple(
            Use(vocabulary, key, change, kind, count, tuple(ids[vocabulary, key, kind, change]))
            for (vocabulary, key, kind, change), count in sorted(counts.items())
        )

    def _reading(self, changed: Changed) -> Iterator[Kept]:
        """The records that may use one of the changed keys, each once."""
        desk, kinds = self.desk, {kind for vocabulary, _ in changed for kind in READ_FOR[vocabulary]}
        if "plan" in kinds:
            sections = {key for vocabulary, key in changed if vocabulary == "sections"}
            alone = all("plan" not in READ_FOR[vocabulary] for vocabulary, _ in changed if vocabulary != "sections")
            for section in sorted(sections) if alone else (None,):
                query = PlanQuery(section=section, archived=None, statuses=get_args(PlanStatus))
                for heads in chunks(desk.every(query), AT_ONCE):
                    yield from desk.store.get_many(Plan, [head.id for head in heads]).values()
        for kind in ("template", "person"):
            if kind in kinds:
                yield from desk.every(RecordQuery(kind))
        if "account" in kinds:
            yield from desk.every(AccountQuery())

    def _sees(self, record: Kept, settings: Settings, asker: Asker) -> bool:
        desk = self.desk
        match record:
            case Plan():
                account = desk.store.get(Account, record.account_id)
                return desk.may(settings, "plan.see", subject(account, record), asker).allowed
            case Account():
                return desk.may(settings, "account.see", subject(record), asker).allowed
            case Template():
                return sight(desk, settings, asker).sees(record)
        return desk.may(settings, "person.see", asker=asker).allowed


_Key = tuple[str, str, str, Change]
"""What makes a use the same as one that was shown: vocabulary, key, what uses it, what becomes of it."""


def _key(use: Use) -> _Key:
    return use.vocabulary, use.key, use.kind, use.change


def _uses(confirmed: object) -> frozenset[_Key]:
    """What was confirmed; how many there were may have changed since."""
    uses = confirmed if isinstance(confirmed, tuple | list) else (confirmed,)
    if not all(isinstance(one, Use) for one in uses):
        told = f"the impact that was shown is wanted, not {shown(confirmed)}"
        raise Invalid("settings", (Problem("confirmed", told),))
    return frozenset(_key(one) for one in uses)


def _listed(uses: Iterable[Use]) -> str:
    return "; ".join(one.sentence() for one in uses)


def _with(before: Settings, fields: Mapping[str, Any]) -> Settings:
    return evolved(before, fields, frozenset({"id", "revision"}))


def _takes(key: tuple[str, str], change: Change, before: Settings, after: Settings) -> bool:
    """Whether a change takes something away: a key, or values from what a custom field may hold."""
    if change == "removed" or key[0] != "custom_fields":
        return change == "removed"
    was, now = (
        next((one.type, one.choices) for one in settings.custom_fields if f"{one.of}.{one.name}" == key[1])
        for settings in (before, after)
    )
    return was != now
