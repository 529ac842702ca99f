"""What every store looks at before it does what it is asked, so that all refuse the same things the same way."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Annotated, Any

from actionplans.checks import Text, check_of, plain_text, shown
from actionplans.checks import problems as problems_of
from actionplans.errors import Invalid, Problem, Refused, Stale
from actionplans.model import Plan, Task
from actionplans.storage import KINDS, Batch, Record, id_of, kind_of

Tenant = Annotated[str, Text(200)]

Key = tuple[str, str]
"""Kind and id: what a store finds a record by."""


def checked_ids(cls: Any, ids: Any) -> tuple[str, tuple[str, ...]]:
    """The kind of the class, and the ids, each once, without those that nothing can have; raises `Invalid`."""
    kind = next((name for name, known in KINDS.items() if known is cls), "")
    if not kind:
        raise Invalid("get", (Problem("cls", f"the class of one of {', '.join(KINDS)} is wanted, not {shown(cls)}"),))
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


def check_batch(batch: Batch) -> dict[Key, int]:
    """The revision each record of the batch was read at; raises `Invalid` with all that is wrong with the batch itself.

    A record stands in a batch once. What stands in a plan has an id that nothing else in it has. An entry belongs to
    a write or removal of the batch, has the revision that this one makes, and is its only one (C5).
    """
    read: dict[Key, int] = {}
    problems = [*_writes(batch, read), *_removals(batch, read), *_entries(batch, read)]
    if problems:
        raise Invalid("batch", tuple(problems))
    return read


def check_revisions(read: Mapping[Key, int], current: Mapping[Key, int]) -> None:
    """Raise `Stale` for the first record that is not at the revision it was read at (C3)."""
    for key, revision in read.items():
        if current.get(key, 0) != revision:
            raise Stale(*key, revision, current.get(key, 0))


def launched(batch: Batch) -> dict[Key, str]:
    """The plans of the batch that bulk launches made, by (job, row) (C13); raises `Refused` when two share one."""
    found: dict[Key, str] = {}
    for write in batch.writes:
        key = job_of(write.record) if isinstance(write.record, Plan) else None
        if key is not None and found.setdefault(key, write.record.id) != write.record.id:
            raise twice(key, found[key])
    return found


def job_of(plan: Plan) -> Key | None:
    """The job and row of the bulk launch that made a plan, or None."""
    launch = plan.launch
    return (launch.job, launch.row) if launch is not None and launch.job else None


def check_launched(batch: Batch, mine: Mapping[Key, str], stored: Mapping[Key, str]) -> None:
    """Raise `Refused` when a stored plan that the batch leaves alone was launched by the same job for the same row."""
    touched = {write.record.id for write in batch.writes if isinstance(write.record, Plan)}
    touched |= {removal.id for removal in batch.removals if removal.kind == "plan"}
    for key in mine:
        if key in stored and stored[key] not in touched:
            raise twice(key, stored[key])


def twice(key: Key, plan_id: str) -> Refused:
    """That a row of a job was launched already (T11)."""
    job, row = key
    return Refused("plan.launch", f"job {job!r} has launched row {row!r} already, as plan {plan_id!r}: leave it out")


def check_new_entries(batch: Batch, recorded: Mapping[Key, int]) -> None:
    """Raise `Refused` for an entry whose number the journal of that record has passed (C5)."""
    for entry in batch.entries:
        if recorded.get((entry.record, entry.id), 0) >= entry.revision:
            raise Refused(
                f"{entry.record}.create",
                f"the journal has a removed {entry.record} {entry.id!r} with changes of its own: take a new id",
            )


def unsound(batch: Batch) -> tuple[Problem, ...]:
    """Which values of a batch hold what they may not: tasks that nobody has verified (C16)."""
    return tuple(
        problem.under(name).under(f"writes[{n}].record") if name else problem.under(f"writes[{n}].record")
        for n, write in enumerate(batch.writes)
        for name, value in (("", write.record), *((f"tasks[{m}]", one) for m, one in enumerate(_tasks(write.record))))
        for problem in problems_of(value)
    )


def _tasks(record: Record) -> tuple[Task, ...]:
    return record.tasks if isinstance(record, Plan) else ()


def _writes(batch: Batch, read: dict[Key, int]) -> Iterator[Problem]:
    for n, write in enumerate(batch.writes):
        place = f"writes[{n}]"
        if type(write.record) not in KINDS.values():
            yield Problem(f"{place}.record", f"one of {', '.join(KINDS)} is wanted, not {shown(write.record)}")
            continue
        yield from _read(place, (kind_of(type(write.record)), id_of(write.record)), write.read, 0, read)
        if isinstance(write.record, Plan):
            yield from _item_ids(f"{place}.record", write.record)


def _item_ids(place: str, plan: Plan) -> Iterator[Problem]:
    ids = [item.id for item in plan.items()]
    strange = [one for one in ids if not isinstance(one, str)]
    if strange:
        yield from (Problem(place, f"the id of an item is text, not {shown(one)}") for one in strange)
        return
    if "" in ids:
        yield Problem(place, f"{ids.count('')} items have no id yet")
    if len(set(ids)) != len(ids):
        for item_id, count in Counter(ids).items():
            if item_id and count > 1:
                yield Problem(place, f"the id {item_id!r} stands here {count} times")


def _removals(batch: Batch, read: dict[Key, int]) -> Iterator[Problem]:
    for n, removal in enumerate(batch.removals):
        place = f"removals[{n}]"
        if removal.kind not in KINDS:
            yield Problem(f"{place}.kind", f"one of {', '.join(KINDS)} is wanted, not {shown(removal.kind)}")
        elif not plain_text(removal.id):
            yield Problem(f"{place}.id", f"an id is wanted, not {shown(removal.id)}")
        else:
            yield from _read(place, (removal.kind, removal.id), removal.read, 1, read)


def _read(place: str, key: Key, revision: int, least: int, read: dict[Key, int]) -> Iterator[Problem]:
    if type(revision) is not int or not least <= revision < 2**53:
        yield Problem(f"{place}.read", f"a revision from {least} on is wanted, not {shown(revision)}")
    elif key in read:
        yield Problem(place, f"{key[0]} {key[1]!r} stands in the batch twice")
    else:
        read[key] = revision


def _entries(batch: Batch, read: Mapping[Key, int]) -> Iterator[Problem]:
    seen: set[Key] = set()
    for n, entry in enumerate(batch.entries):
        key = (entry.record, entry.id)
        if key not in read:
            yield Problem(f"entries[{n}]", f"{entry.record} {entry.id!r} is neither written nor removed by this batch")
        elif entry.revision != read[key] + 1:
            yield Problem(f"entries[{n}].revision", f"{read[key] + 1} is what the batch makes, not {entry.revision}")
        elif key in seen:
            yield Problem(f"entries[{n}]", f"{entry.record} {entry.id!r} has an entry in this batch already")
        seen.add(key)
