"""Who sees what: the one function that turns a plan into what a person may see (V1).

Exports, tables, lists, pages and messages take a `View` and nothing else. `contacts` decides what a customer is shown,
`shown` lists the fields, `view` puts it together.
"""

from actionplans.sharing.contacts import section_of
from actionplans.sharing.shown import SHOWN, people_in
from actionplans.sharing.view import (
    NOBODY,
    Decider,
    People,
    View,
    Viewer,
    moves_seen,
    plan_seen,
    sees_field,
    task_seen,
    view,
    warnings_seen,
    why,
)

__all__ = [
    "NOBODY",
    "SHOWN",
    "Decider",
    "People",
    "View",
    "Viewer",
    "moves_seen",
    "people_in",
    "plan_seen",
    "section_of",
    "sees_field",
    "task_seen",
    "view",
    "warnings_seen",
    "why",
]
