"""Merging plans, and taking merges back (section 6 of the rules).

rules        which plans may be merged, and why not
pairing      which items of two plans are the same
joining      one item of two halves, field by field
sight        what customers see afterwards
translating  how an item names things in the other plan
merging      the whole of it: `merge`
parting      the target's half without what the source's brought
unmerging    back again: `unmerge`
outcome      what a merge and an unmerge do, as data
"""

from actionplans.merge.merging import merge
from actionplans.merge.outcome import (
    Added,
    By,
    Conflict,
    Dropped,
    Filled,
    Joined,
    Kept,
    Merge,
    MergeLists,
    MergeNews,
    Policy,
    Side,
    Unmerge,
    UnmergeLists,
)
from actionplans.merge.pairing import pairs
from actionplans.merge.rules import (
    PREFIX,
    SHIPPED,
    Rule,
    Verdict,
    impossible,
    same_name_prefix,
    same_stage,
    same_template,
    same_title,
    same_website_host,
    verdicts,
)
from actionplans.merge.sight import Audience
from actionplans.merge.unmerging import unmerge

__all__ = [
    "PREFIX",
    "SHIPPED",
    "Added",
    "Audience",
    "By",
    "Conflict",
    "Dropped",
    "Filled",
    "Joined",
    "Kept",
    "Merge",
    "MergeLists",
    "MergeNews",
    "Policy",
    "Rule",
    "Side",
    "Unmerge",
    "UnmergeLists",
    "Verdict",
    "impossible",
    "merge",
    "pairs",
    "same_name_prefix",
    "same_stage",
    "same_template",
    "same_title",
    "same_website_host",
    "unmerge",
    "verdicts",
]
