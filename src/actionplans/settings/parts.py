"""Which part of the settings each field belongs to, so that each part is a right of its own (R3)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

import attrs

from actionplans.checks import advice
from actionplans.errors import Problem
from actionplans.settings.actions import PARTS
from actionplans.settings.nouns import Profile, Section
from actionplans.settings.policy import shipped_policy
from actionplans.settings.value import Settings

PART_OF: Mapping[str, str] = {
    "sections": "vocabularies",
    "stages": "vocabularies",
    "objective_statuses": "vocabularies",
    "objective_rules": "vocabularies",
    "objective_categories": "vocabularies",
    "task_statuses": "vocabularies",
    "task_types": "vocabularies",
    "priorities": "vocabularies",
    "roles": "vocabularies",
    "labels": "vocabularies",
    "custom_fields": "fields",
    "policy": "policy",
    "actions": "policy",
    "collections": "policy",
    "contacts_see_each_other": "sharing",
    "calendars": "calendars",
    "calendar": "calendars",
    "time_zone": "calendars",
    "link_policy": "calendars",
    "merge_rules": "merging",
    "limits": "limits",
    "reassignment": "launching",
    "double_launch": "launching",
}
"""The part of each field; of sections, how they are shared is a matter of sharing besides."""

NEW_PROFILE: Final[Profile] = "plays"
"""How a new section may be shared by whoever may add it."""


def parts_changed(before: Settings, after: Settings) -> tuple[str, ...]:
    """The parts in which two settings differ: whoever makes one of the other needs the right to each."""
    parts = {part for name, part in PART_OF.items() if name != "sections" and _differ(name, before, after)}
    if _but_for_profiles(before) != _but_for_profiles(after):
        parts.add(PART_OF["sections"])
    profiles = {one.key: one.profile for one in before.sections}
    if any(one.profile != profiles.get(one.key, NEW_PROFILE) for one in after.sections):
        parts.add("sharing")
    return tuple(part for part in PARTS if part in parts)


def known_roles(settings: Settings) -> frozenset[str]:
    """The roles that there are: those that ship, and whatever is granted something or opens a collection (R2, T14)."""
    granted = (grant.role for grant in (*shipped_policy(), *settings.policy))
    return frozenset(granted).union(*(one.roles for one in settings.collections))


def strange_roles(before: Settings, after: Settings) -> Iterator[Problem]:
    """The roles that custom fields name and that there are not, where a change may be why: a misspelt one hides."""
    if (before.custom_fields, before.policy, before.collections) != (
        after.custom_fields,
        after.policy,
        after.collections,
    ):
        known = known_roles(after)
        for n, field in enumerate(after.custom_fields):
            for name in ("seen_by", "edited_by"):
                for role in sorted(getattr(field, name) - known):
                    yield Problem(f"custom_fields[{n}].{name}", f"there is no role {role!r}: {advice(role, known)}")


def _differ(name: str, before: Settings, after: Settings) -> bool:
    return bool(getattr(before, name) != getattr(after, name))


def _but_for_profiles(settings: Settings) -> tuple[Section, ...]:
    return tuple(attrs.evolve(one, profile=NEW_PROFILE) for one in settings.sections)
