"""Templates: what they must keep, their life, and the portable files that they come in and go out by (T1, T2, T12).

    file ── read_template ──► Template (editing) ── publish ──► published ── retire ──► retired
                                    ▲                               │
                                    └──────────── revise ───────────┘   the next version; the published one stays

`write_template` makes the file again. `check_template` runs the rules that span several items; each value has checked
its own fields when it was made.
"""

from actionplans.template.files import FORMATS, MOST_BYTES, read_template
from actionplans.template.finding import TemplateQuery, asks_for
from actionplans.template.life import change, publish, retire, revise
from actionplans.template.rules import PORTABLE_RULES, TEMPLATE_RULES, check_template
from actionplans.template.writing import WRITTEN, persons_named, write_template

__all__ = [
    "FORMATS",
    "MOST_BYTES",
    "PORTABLE_RULES",
    "TEMPLATE_RULES",
    "WRITTEN",
    "TemplateQuery",
    "asks_for",
    "change",
    "check_template",
    "persons_named",
    "publish",
    "read_template",
    "retire",
    "revise",
    "write_template",
]
