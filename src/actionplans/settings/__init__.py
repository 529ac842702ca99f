"""What an administrator decides: one versioned value (L4, L6, L8, R2, R5, D6).

Settings
├── sections, stages, objective statuses, task statuses, categories, priorities, types   vocabularies
├── custom_fields                                                                        R5
├── policy, actions                                                                      grants and prohibitions, R1, R2
├── collections                                                                          libraries of templates, T14
├── calendars, calendar, time_zone                                                       D1, D6, D7
├── link_policy, merge rules, reassignment, double_launch, sharing                       P5, M1, T6, T7, V6
└── limits
"""

from actionplans.settings.actions import ACTIONS, ITEM_KINDS, ITEM_VERBS, PARTS, no_action, no_actions
from actionplans.settings.nouns import (
    Action,
    ActionPattern,
    Collection,
    CustomField,
    Depth,
    Grant,
    Limits,
    ObjectiveRule,
    ObjectiveStatus,
    Profile,
    Section,
    TaskStatusName,
)
from actionplans.settings.parts import NEW_PROFILE, PART_OF, known_roles, parts_changed, strange_roles
from actionplans.settings.policy import shipped_policy
from actionplans.settings.shipped import shipped_objective_statuses, shipped_sections, shipped_stages
from actionplans.settings.value import Reassignment, Settings

__all__ = [
    "ACTIONS",
    "ITEM_KINDS",
    "ITEM_VERBS",
    "NEW_PROFILE",
    "PARTS",
    "PART_OF",
    "Action",
    "ActionPattern",
    "Collection",
    "CustomField",
    "Depth",
    "Grant",
    "Limits",
    "ObjectiveRule",
    "ObjectiveStatus",
    "Profile",
    "Reassignment",
    "Section",
    "Settings",
    "TaskStatusName",
    "known_roles",
    "no_action",
    "no_actions",
    "parts_changed",
    "shipped_objective_statuses",
    "shipped_policy",
    "shipped_sections",
    "shipped_stages",
    "strange_roles",
]
