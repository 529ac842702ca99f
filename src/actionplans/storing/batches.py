"""What a commit has to look at besides what it stores: the batch itself, revisions, rows of jobs, the journal."""

from __future__ import annotations

import secrets
from collections import Counter
from collections.abc import Iterator, Mapping

from actionplans.chain import Link, is_personal, linked
from actionplans.checks import plain_text, shown
from actionplans.checks import problems as problems_of
from actionplans.errors import Invalid, Problem, Refused, Stale
from actionplans.model import Erasure, Plan, Task
from actionplans.storage import KINDS, Batch, Record, id_of, kind_of
from actionplans.storing.asking import Key


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
    """The plans of the batch that bulk launches made, by (job, row) (C13)."""
    return dict(_launches(batch))


def job_of(plan: Plan) -> Key | None:
    """The job and row of the bulk launch that made a plan, or None."""
    launch = plan.launch
    return (launch.job, launch.row) if launch is not None and launch.job else None


def check_launched(batch: Batch, stored: Mapping[Key, str]) -> None:
    """Raise `Refused` when two plans are launched by one job for the same row (C13).

    Both of the batch, or one of it and one that is stored, which the batch leaves alone.
    """
    touched = {write.record.id for write in batch.writes if isinstance(write.record, Plan)}
    touched |= {removal.id for removal in batch.removals if removal.kind == "plan"}
    found = {key: id for key, id in stored.items() if id not in touched}
    for key, id in _launches(batch):
        if found.setdefault(key, id) != id:
            raise twice(key, found[key])


def _launches(batch: Batch) -> Iterator[tuple[Key, str]]:
    for write in batch.writes:
        if isinstance(write.record, Plan) and (key := job_of(write.record)) is not None:
            yield key, write.record.id


def twice(key: Key, plan_id: str) -> Refused:
    """That a row of a job was launched already (T11)."""
    job, row = key
    return Refused("plan.launch", f"job {job!r} has launched row {row!r} already, as plan {plan_id!r}: leave it out")


def new_links(batch: Batch, recorded: Mapping[Key, tuple[int, str]]) -> tuple[Link, ...]:
    """The links of a batch's entries, behind the last revision and hash that the journal has of each record (C17).

    Raises `Refused` for an entry whose number the journal of that record has passed (C5).
    """
    links = []
    for entry in batch.entries:
        revision, before = recorded.get((entry.record, entry.id), (0, ""))
        if revision >= entry.revision:
            raise Refused(
                f"{entry.record}.create",
                f"the journal has a removed {entry.record} {entry.id!r} with changes of its own: take a new id",
            )
        salt = secrets.token_hex(16) if is_personal(entry) else ""
        links.append(linked(entry, before if revision == entry.revision - 1 else "", salt=salt))
    return tuple(links)


def erased(batch: Batch) -> tuple[Key, ...]:
    """Who is erased by a batch (C18)."""
    return tuple((one.record.record, one.record.of) for one in batch.writes if isinstance(one.record, Erasure))


def not_empty() -> Refused:
    """That a backup is brought back where there is something (S8)."""
    told = "there is something already: take an empty tenant, or pass replace=True, which removes all of it"
    return Refused("store.restore", told)


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
