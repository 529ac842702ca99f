"""What a store is asked, looked at before it does it, so that all refuse the same things the same way."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterable, Iterator
from typing import Annotated, Any, get_args

from actionplans.checks import Text, check_of, plain_text, shown
from actionplans.errors import Invalid, Problem
from actionplans.messages import Delivery, DeliveryState, moment_from, oldest_first
from actionplans.storage import KINDS, kind_of
from actionplans.storing.pages import LONGEST

Tenant = Annotated[str, Text(200)]
"""The name of a tenant."""

Key = tuple[str, str]
"""Kind and id: what a store finds a record by."""


def checked_ids(cls: Any, ids: Any) -> tuple[str, tuple[str, ...]]:
    """The kind of the class, and the ids, each once, without those that nothing can have; raises `Invalid`."""
    try:
        kind = kind_of(cls)
    except (LookupError, TypeError):
        told = f"the class of one of {', '.join(KINDS)} is wanted, not {shown(cls)}"
        raise Invalid("get", (Problem("cls", told),)) from None
    if isinstance(ids, str) or not isinstance(ids, Iterable):
        raise Invalid("get", (Problem("ids", f"several ids are wanted, not {shown(ids)}"),))
    wanted = tuple(ids)
    wrong = tuple(Problem("ids", f"ids are text, not {shown(id)}") for id in wanted if not isinstance(id, str))
    if wrong:
        raise Invalid("get", wrong)
    return kind, tuple(dict.fromkeys(filter(plain_text, wanted)))


def checked_rows(job: Any, rows: Any) -> tuple[Key, ...]:
    """(job, row) for each of the rows, each once, without those that no job can have; raises `Invalid`."""
    if isinstance(rows, str) or not isinstance(rows, Iterable):
        raise Invalid("launched", (Problem("rows", f"several rows are wanted, not {shown(rows)}"),))
    wanted = tuple(rows)
    wrong = [Problem("rows", f"rows are text, not {shown(row)}") for row in wanted if not isinstance(row, str)]
    if not isinstance(job, str) or not job:
        wrong.insert(0, Problem("job", f"the id of a job is wanted, not {shown(job)}"))
    if wrong:
        raise Invalid("launched", tuple(wrong))
    return tuple((job, row) for row in dict.fromkeys(wanted) if plain_text(job) and plain_text(row))


def check_record(kind: Any, id: Any, after: Any) -> bool:
    """Whether the journal can have such a record at all; raises `Invalid` for what no record is called."""
    problems = []
    if kind not in KINDS:
        problems.append(Problem("kind", f"one of {', '.join(KINDS)} is wanted, not {shown(kind)}"))
    if not isinstance(id, str):
        problems.append(Problem("id", f"text is wanted, not {shown(id)}"))
    if type(after) is not int or after < 0:
        problems.append(Problem("after", f"a revision from 0 on is wanted, not {shown(after)}"))
    if problems:
        raise Invalid("journal", tuple(problems))
    return plain_text(id) and after < 2**53


def check_links(after: Any, limit: Any) -> tuple[str, str, int]:
    """Where links are asked from; raises `Invalid` for what is no such place, or no limit from 1 to 1,000."""
    if type(limit) is not int or not 1 <= limit <= 1000:
        raise Invalid("links", (Problem("limit", f"from 1 to 1,000 is wanted, not {shown(limit)}"),))
    if after is None:
        return "", "", 0
    if type(after) is not tuple or len(after) != 3 or not check_record(*after):
        raise Invalid("links", (Problem("after", f"(kind, id, revision) is wanted, not {shown(after)}"),))
    return after


def check_tenant(tenant: str) -> str:
    """The tenant, as it is; raises `Invalid` for what is no name of one."""
    problems = tuple(check_of(Tenant)(tenant))
    if problems:
        raise Invalid("tenant", problems)
    return tenant


def check_timeout(busy_timeout: Any) -> float:
    """How many seconds a call waits for others; raises `Invalid` for what is none."""
    if type(busy_timeout) not in (int, float) or not 0 <= busy_timeout <= 3600 or math.isnan(busy_timeout):
        raise Invalid("open", (Problem("busy_timeout", f"from 0 to 3600 seconds, not {shown(busy_timeout)}"),))
    return float(busy_timeout)


def checked_lease(now: Any, until: Any, limit: Any) -> tuple[str, str]:
    """From when to when messages are claimed, as texts that sort; raises `Invalid`."""
    problems = [*_moment("now", now), *_moment("until", until)]
    if not problems and not now < until:
        problems.append(Problem("until", f"a moment after {now.isoformat()} is wanted, not {until.isoformat()}"))
    if type(limit) is not int or not 1 <= limit <= LONGEST:
        problems.append(Problem("limit", f"from 1 to {LONGEST}, not {shown(limit)}"))
    if problems:
        raise Invalid("claim", tuple(problems))
    return oldest_first(now), oldest_first(until)


def checked_deliveries(deliveries: Any) -> dict[str, Delivery]:
    """What is settled, by key; raises `Invalid` for what nobody has claimed, or what stands here twice."""
    if isinstance(deliveries, str) or not isinstance(deliveries, Iterable):
        raise Invalid("settle", (Problem("deliveries", f"several are wanted, not {shown(deliveries)}"),))
    problems: list[Problem] = []
    found: dict[str, Delivery] = {}
    for n, one in enumerate(deliveries):
        place = f"deliveries[{n}]"
        if not isinstance(one, Delivery):
            problems.append(Problem(place, f"a delivery that `claim` gave is wanted, not {shown(one)}"))
        elif not one.tries:
            problems.append(Problem(f"{place}.tries", "nobody has claimed it yet"))
        elif found.setdefault(one.message.key, one) is not one:
            problems.append(Problem(place, f"the message {one.message.key!r} stands here twice"))
    if problems:
        raise Invalid("settle", tuple(problems))
    return found


def checked_end(state: Any, before: Any) -> str:
    """Up to when messages are forgotten, as a text that sorts; raises `Invalid`, also for those that wait."""
    ends = [one for one in get_args(DeliveryState) if one != "waiting"]
    problems = list(_moment("before", before))
    if state not in ends:
        problems.insert(0, Problem("state", f"one of {', '.join(ends)} is wanted, not {shown(state)}"))
    if problems:
        raise Invalid("forget", tuple(problems))
    return oldest_first(before)


def kept(one: Delivery) -> Delivery:
    """A delivery as every store gives it back: its moment in UTC."""
    return Delivery(one.message, one.state, moment_from(oldest_first(one.moment)), one.tries, one.reason)


def _moment(place: str, value: Any) -> Iterator[Problem]:
    yield from (problem.under(place) for problem in check_of(dt.datetime)(value))
