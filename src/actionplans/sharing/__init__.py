"""Who sees what: the one function that turns a plan into what a person may see (V1).

Exports, tables, lists, pages and messages take a `View` and nothing else. `contacts` decides what a customer is shown,
`shown` lists the fields, `view` puts it together.
"""

from actionplans.sharing.contacts import section_of
from actionplans.sharing.shown import SHOWN, people_in, without_fields
from actionplans.sharing.view import (
    NOBODY,
    SEE,
    Decider,
    People,
    View,
    Viewer,
    moves_seen,
    plan_seen,
    sees_everything,
    sees_field,
    view,
    warnings_seen,
    why,
)

__all__ = [
    "NOBODY",
    "SEE",
    "SHOWN",
    "Decider",
    "People",
    "View",
    "Viewer",
    "moves_seen",
    "people_in",
    "plan_seen",
    "sees_everything",
    "section_of",
    "sees_field",
    "view",
    "warnings_seen",
    "why",
    "without_fields",
]
