"""The nouns: frozen values that check themselves when they are made.

    Account ─ parent ─ Account            Settings (settings/)
    │  roles ─ Person ─ member of ─ Team  │  vocabularies, custom fields, policy,
    │  Partnership, primary contact       │  calendars, sections, stages, limits
    ├─ Summary                            Template ─ version 1, 2, …
    ├─ Touchpoint ─ Reference             │  Stage, Objective, Milestone, Play, Task,
    ├─ Shortcut                           │  each with a key, offsets, rules, conditions
    └─ Plan ◄──────────── Launch ◄────────┘  (through a Draft, or a Job of many)
       │  anchors: start, go_live, …
       │  Comment, Invitation, Erasure
       ├─ Stage                (custom ones; the library's are in the settings)
       ├─ Objective            why, with status, category, Metric ─ Reading
       │  └─ Play              launched together, with a Launch of its own
       │     └─ Task           how: owner, helpers, dates, Dependency, Metric, Comment, Completion
       ├─ Milestone            a point or grouping; tasks name it
       ├─ Play ─ Task          straight under the plan
       └─ Task                 a loose one

    Preference, QuietHours, MessageTemplate, CompletionEmail, Reminder: what is sent, to whom and when
    Actor asks, a Decision answers, an Impact is shown before a deletion, a Warn goes with what was done all the same, a
    Move with what moved because of it

Everything is a tuple, a frozenset or a `FrozenMap`; a change is a new value (`attrs.evolve`, or a verb in `edit`).
"""

from actionplans.checks import EMPTY, FrozenMap
from actionplans.model.dates import Dependency, Offset, WorkCalendar
from actionplans.model.people import SYSTEM, Account, Actor, Partnership, Person, Preference, QuietHours, Team
from actionplans.model.plan import Item, Milestone, Objective, Plan, Play, Stage, Task
from actionplans.model.records import (
    Decision,
    Erasure,
    Impact,
    Invitation,
    Job,
    MessageTemplate,
    Move,
    Reference,
    Shortcut,
    Summary,
    SummaryRevision,
    Touchpoint,
    Warn,
)
from actionplans.model.template import (
    Added,
    Choices,
    Condition,
    Draft,
    Override,
    Row,
    Template,
    TemplateItem,
    TemplateMilestone,
    TemplateObjective,
    TemplatePlay,
    TemplateStage,
    TemplateTask,
)
from actionplans.model.words import ANY_CONTACT, CLOSED, TEAM
from actionplans.model.work import (
    Comment,
    Completion,
    CompletionEmail,
    Launch,
    Metric,
    Origin,
    Reading,
    Reminder,
    Shift,
)

__all__ = [
    "ANY_CONTACT",
    "CLOSED",
    "EMPTY",
    "SYSTEM",
    "TEAM",
    "Account",
    "Actor",
    "Comment",
    "Completion",
    "CompletionEmail",
    "Condition",
    "Decision",
    "Erasure",
    "Dependency",
    "Draft",
    "FrozenMap",
    "Impact",
    "Invitation",
    "Item",
    "Job",
    "Launch",
    "MessageTemplate",
    "Metric",
    "Milestone",
    "Move",
    "Objective",
    "Offset",
    "Origin",
    "Added",
    "Choices",
    "Override",
    "Partnership",
    "Person",
    "Plan",
    "Play",
    "Preference",
    "QuietHours",
    "Reading",
    "Reference",
    "Reminder",
    "Row",
    "Shift",
    "Shortcut",
    "Stage",
    "Summary",
    "SummaryRevision",
    "Task",
    "Team",
    "Template",
    "TemplateItem",
    "TemplateMilestone",
    "TemplateObjective",
    "TemplatePlay",
    "TemplateStage",
    "TemplateTask",
    "Touchpoint",
    "Warn",
    "WorkCalendar",
]
