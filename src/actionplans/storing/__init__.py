"""What every store does the same way, for whoever writes one: `storage` says what is promised, this helps to keep it.

A store looks at what it is asked (`checked_ids`, `check_batch`, ...), so that all refuse the same things with the same
words; it has the links of a batch made (`new_links`), and cuts what it found into pages (`start_of`, `page_of`).
"""

from __future__ import annotations

from actionplans.storing.asking import (
    Key,
    Tenant,
    check_links,
    check_record,
    check_tenant,
    check_timeout,
    checked_deliveries,
    checked_end,
    checked_ids,
    checked_lease,
    checked_rows,
    kept,
)
from actionplans.storing.batches import (
    check_batch,
    check_launched,
    check_revisions,
    erased,
    job_of,
    launched,
    new_links,
    not_empty,
    twice,
    unsound,
)
from actionplans.storing.pages import (
    LONGEST,
    Position,
    page_of,
    position,
    start_of,
    undated,
)
from actionplans.storing.urls import path_in

__all__ = [
    "Key",
    "LONGEST",
    "Position",
    "Tenant",
    "check_batch",
    "check_launched",
    "check_links",
    "check_record",
    "check_revisions",
    "check_tenant",
    "check_timeout",
    "checked_deliveries",
    "checked_end",
    "checked_ids",
    "checked_lease",
    "checked_rows",
    "erased",
    "job_of",
    "kept",
    "launched",
    "new_links",
    "not_empty",
    "page_of",
    "path_in",
    "position",
    "start_of",
    "twice",
    "undated",
    "unsound",
]
