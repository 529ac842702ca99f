"""Templates: what they must keep, their life, and the portable files that they come in (T1, T2, T12).

    file ── read_template ──► Template (editing) ── publish ──► published ── retire ──► retired
                                    ▲                               │
                                    └──────────── revise ───────────┘   the next version; the published one stays

`check_template` runs the rules that span several items; each value has checked its own fields when it was made.
"""

from actionplans.template.files import FORMATS, MOST_BYTES, read_template
from actionplans.template.life import change, publish, retire, revise
from actionplans.template.rules import PORTABLE_RULES, TEMPLATE_RULES, check_template

__all__ = [
    "FORMATS",
    "MOST_BYTES",
    "PORTABLE_RULES",
    "TEMPLATE_RULES",
    "change",
    "check_template",
    "publish",
    "read_template",
    "retire",
    "revise",
]
