"""What a change of dates does to the rest of a plan, with a reason for every date it moves (P5, P6).

A change comes as two plans: `after` has the edited dates, anchors, links, calendars, owners or completions, and all
else as it was. `reschedule` walks from what changed, predecessors first, and looks once at each item whose own links,
calendar or owner changed, or that hangs on something that moved. Conflicts elsewhere stay (`conflicts` lists them).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping, Set
from typing import Any

from attrs import define

from actionplans.model import CLOSED, Milestone, Objective, Offset, Plan, Play, Task
from actionplans.model.words import LinkPolicy
from actionplans.ordering import downstream
from actionplans.schedule.bases import Base, Timed, dates, ends, successors
from actionplans.schedule.change import Calendars, placed, went
from actionplans.schedule.dates import due_of, duration_of, offset_date, start_of
from actionplans.schedule.links import ENDS, KINDS, End, Limit, bound, source_of
from actionplans.schedule.moving import Moving, pushed
from actionplans.schedule.reasons import Reason, Reschedule, gone
from actionplans.schedule.staying import Staying
from actionplans.workdays import WorkDays


def reschedule(
    before: Plan,
    after: Plan,
    *,
    days: Calendars,
    days_before: Calendars | None = None,
    today: dt.date,
    look_at: Set[str] = frozenset(),
    policy: LinkPolicy | None = None,
) -> Reschedule:
    """What the difference between two plans moves in the second one; nothing is changed, `applied` does that (P6).

    `days` gives the calendars as they are, `days_before` as they were where the plan's, a person's or the settings'
    changed. `today` is the day before which `asap` moves nothing. `look_at` are ids of items to look at in any case,
    `policy` is another one than the plan's (P5).
    """
    same_days, how = days_before is None, policy or after.link_policy
    walk = _Walk(
        before=before,
        after=after,
        days=days,
        days_before=days_before or days,
        same_days=same_days,
        look=set(look_at),
        today=today,
        policy=how,
        plain=same_days and how == "push",
        asked=frozenset(look_at),
    )
    walk.compare()
    walk.run()
    return Reschedule(tuple(walk.moves), tuple(walk.warnings))


class Alone:
    """Where one item of a plan goes where another one stands elsewhere, links push, and nothing else moves."""

    def __init__(self, plan: Plan, items: Mapping[str, Timed], done: Mapping[str, dt.date], days: Calendars) -> None:
        """`items` are all of the plan's by their ids, `done` the days on which milestones were done by their tasks."""
        self._walk = _Walk(
            before=plan,
            after=plan,
            days=days,
            days_before=days,
            same_days=True,
            look=set(),
            old=items,
            items=items,
            done_before=done,
            done=done,
            today=dt.date.min,
            policy="push",
            plain=True,
        )

    def goes(self, item: Timed, source: str, day: dt.date) -> Base | None:
        """The start and due of an item where `source` stands on that day; None where it does not move."""
        walk = self._walk
        walk.now, walk.moves, walk.warnings = {source: (day, day)}, [], []
        if isinstance(item, Task):
            walk.task(item)
        else:
            walk.span(item)
        return walk.moves[0][3:5] if walk.moves else None


@define(kw_only=True)
class _Walk(Staying):
    """One walk through a change; `plain` where links push and the days are the same, as nearly always."""

    plain: bool

    def run(self) -> None:
        """Look at what is to be looked at, predecessors first."""
        look, now, items = self.look, self.now, self.items
        if not look and not now:
            return
        after = successors(items)
        for item_id in downstream((*now, *look), after):
            if item_id in look:
                item = items[item_id]
                if isinstance(item, Task):
                    self.task(item)
                else:
                    self.span(item)
                if self.uncounted:
                    self.warn_of_uncounted(item)
            if item_id in now:
                look.update(after.get(item_id, ()))

    def task(self, task: Task) -> None:
        """Count a task again where it must be, let its links move it as the policy says, and note what came of it."""
        days, old = self.days(task), self.old.get(task.id)
        plain = old is task and self.plain and task.offset is None and task.start_offset is None and not task.locked
        if plain and task.status in ("waiting", "open"):
            self._plain(task, days)
            return
        undated = task.start is None and task.due is None
        at = Moving(task.start, task.due, task.duration, task.status == "in_progress" and not undated, days)
        by_hand = old is not None and old is not task and dates(old) != dates(task)
        days_old = days if old is None or old is task and self.same_days else self.calendar_before(old)
        if task.locked or task.status in CLOSED or by_hand and task.id not in self.relinked:
            self.stays(task, at, days_old)
            return
        if task.duration is None and task.start is not None and task.due is not None:
            at.duration = duration_of(task.start, task.due, days_old)
        if not by_hand:
            self._again(task, old, at, days_old)
        if self.policy == "asap" and not at.begun:
            self._earliest(task, at)
        elif self.policy != "hold" or undated:
            if self.policy == "keep" and at.reason is None:  # else it has followed already
                self._keep(task, at)
            self._push(task, at)
        if at.begun and self.policy != "hold":
            self.begun(task, at, days_old)
        self._move(task.id, (task.start, task.due), at)
        if days is not days_old:
            self.measured(task, at)

    def _plain(self, task: Task, days: WorkDays) -> None:
        """What the rest of `task` and `_push` come to for most tasks of a large plan: links push, nothing else."""
        now, start, due, duration = self.now, task.start, task.due, task.duration
        if duration is None and start is not None and due is not None:
            duration = duration_of(start, due, days)
        by = counted = None
        end, limit = "start", self.today
        for link in task.dependencies:
            base = now.get(link.predecessor_id) or self.base(link.predecessor_id)
            bounded = bound(link, base[0], base[1], days)
            if bounded is not None:
                there = pushed(start, due, duration, bounded[0], bounded[1], days)
                if there is not None:
                    start, due = there
                    (end, limit), by, counted = bounded, link, base
        if by is not None and counted is not None:
            from_start, _, _ = KINDS[by.kind]
            end = "start" if start == limit else "due"
            now_on = counted[not from_start]
            because = "link", end, by.predecessor_id, None, now_on, None, by.kind, by.lag, by.unit
            old_start, old_due = task.start, task.due
            self.moves.append((task.id, old_start, old_due, start, due, duration, because))
            now[task.id] = (due if start is None else start), (start if due is None else due)

    def _move(self, item_id: str, old: Base, at: Moving) -> None:
        """Note that an item moves, unless it does not."""
        (old_start, old_due), start, due, reason = old, at.start, at.due, at.reason
        if reason is None or start == old_start and due == old_due:
            return
        if reason.end == "start" and start == old_start and start is not None:
            reason = Reason("duration", "due", own=start, shift=at.duration or 1)
        self._moved(item_id, old_start, old_due, start, due, at.duration, tuple(reason))

    def _moved(
        self,
        item_id: str,
        old_start: dt.date | None,
        old_due: dt.date | None,
        start: dt.date | None,
        due: dt.date | None,
        duration: int | None,
        because: tuple[Any, ...],
    ) -> None:
        """Note a move, and that all that hangs on it is to be looked at where its base moved."""
        self.moves.append((item_id, old_start, old_due, start, due, duration, because))
        base = (due if start is None else start), (start if due is None else due)
        was = (old_due if old_start is None else old_start), (old_start if old_due is None else old_due)
        if isinstance(self.items[item_id], Play | Objective):
            base, was = (start, start), (old_start, old_start)
        if base != was or item_id in self.now:
            self.now[item_id] = base

    def _again(self, task: Task, old: Timed | None, at: Moving, days_old: WorkDays) -> None:
        """Follow anchors, milestones and calendars, both ways (P6)."""
        if task.offset is None and task.start_offset is None and days_old is at.days:
            return
        start = None if at.begun else self.followed(task, "start", days_old, at.days)
        due = self.followed(task, "due", days_old, at.days)
        if start is None and due is None:
            if days_old is not at.days:
                at.roll()
            self._by_own_start(task, at, old, days_old)
        elif start is None and due is not None:
            if self.stands(task, "start", days_old):
                at.put(at.start if at.begun else self._other(task, "start", at), *due)
            else:
                at.put_due(*due)
        elif start is not None:
            self._start_followed(task, at, start, due, days_old)

    def _start_followed(
        self,
        task: Task,
        at: Moving,
        start: tuple[dt.date, Reason],
        due: tuple[dt.date, Reason] | None,
        days_old: WorkDays,
    ) -> None:
        """The due follows by an offset of its own, also one from the own start, or else by the duration."""
        if due is not None:
            at.put(start[0], due[0], due[1] if start[0] == task.start else start[1])
        elif self.stands(task, "due", days_old):
            at.put(start[0], self._other(task, "due", at), start[1])
        else:
            at.put_start(*start)
            self._by_own_start(task, at, self.old.get(task.id), days_old)

    def _other(self, task: Task, end: End, at: Moving) -> dt.date | None:
        """Where the one end of a task goes that stands at an offset of its own, while the other follows its anchor.

        One counted from a task goes as the policy says, by itself (P5); any other stays.
        """
        date, offset = ends(task)[end == "due"]
        now = self.went(offset)[1] if offset is not None and offset.anchor.startswith("task:") else None
        counted = None if now is None or offset is None else self.counted(offset, now, at.days)
        if date is None or counted is None or self.policy == "hold":
            return date
        return self.not_past(counted, date, at.days) if self.policy == "asap" else max(date, counted)

    def _by_own_start(self, task: Task, at: Moving, old: Timed | None, days_old: WorkDays) -> None:
        """Count a due again from the start it is counted from, unless it was moved since (D9, P6)."""
        own, start = task.offset, at.start
        if own is None or own.anchor != "own_start" or start is None:
            return
        first = task.due is None and (old is None or task.start is None)
        if first or self.counted_otherwise(task, "due", old) or self.stood(own, task, days_old):
            day = offset_date(own, start, at.days)
            if day != at.due:
                reason = Reason("offset", "due", "own_start", task.start, start, own)
                at.put(start, day, reason if start == task.start or at.reason is None else at.reason)

    def _push(self, task: Task, at: Moving) -> None:
        """Move later as far as links force it (P5)."""
        binding: Limit | None = None
        for limit in self.allowed(task, at.days):
            if at.push(limit[0], limit[1]):
                binding = limit
        if binding is not None:
            at.reason = self._reason(binding, "start" if at.start == binding[1] else "due")

    def _keep(self, task: Task, at: Moving) -> None:
        """Shift by as many working days as the predecessors did, the largest of their shifts (P5)."""
        shifts: list[Reason] = []
        for link in task.dependencies:
            now = self.now.get(link.predecessor_id)
            from_start = link.kind in ("SS", "SF")
            if now is not None and not (at.begun and link.kind in ("FS", "SS")):
                was = self.was(link.predecessor_id)
                shifts += self._shift(link.predecessor_id, was[not from_start], now[not from_start], at, from_start)
        for end in ENDS:
            offset = ends(task)[end == "due"][1]
            if offset is not None and offset.anchor.startswith("task:") and not (at.begun and end == "start"):
                shifts += self._shift(offset.item_id, *self.went(offset), at, False)
        if shifts:
            most = max(shifts, key=lambda one: one.shift)
            if most.own is not None and most.shift:
                day = gone(most.own, most.shift, "working_days", most.end, at.days)
                if most.end == "start":
                    at.put_start(day, most)
                else:
                    at.put_due(day, most)

    def _shift(
        self, source: str, was: dt.date | None, now: dt.date | None, at: Moving, from_start: bool
    ) -> Iterator[Reason]:
        if was is None or now is None or was == now:
            return
        end: End = "due" if at.start is None or at.begun else "start"
        own = at.due if end == "due" else at.start
        one = dt.timedelta(days=from_start)
        yield Reason("shift", end, source, was, now, own=own, shift=went(was - one, now - one, at.days))

    def _earliest(self, task: Task, at: Moving) -> None:
        """Go to the earliest day that links and own offsets allow, and to none before today unless it stood there."""
        linked = self.allowed(task, at.days)
        undated = at.start is None and at.due is None
        if not linked or undated and at.duration is None:
            return
        allowed = (*linked, *self._own_limits(task, at.days))
        day, best = _binding(allowed, at)
        end: End = "due" if at.start is None and not undated else "start"
        stood = at.due if end == "due" else at.start
        reason = self._reason(best, end)
        if best[0] == "due" and at.due == best[1] and at.allowed(allowed):
            return  # it stands there, also where its start is not worked and counts as the first day after (D8)
        if day < self.today and day not in (stood, dates(task)[end == "due"]):
            if stood is not None and day < stood < self.today:
                return
            day, reason = at.days.roll(self.today, "next"), Reason("today", end, now=self.today)
        elif best[0] == "due" and end == "start" and (undated or at.due is not None):
            end, day, reason = "due", best[1], self._reason(best, "due")
        at.lead(end, day, reason)
        self._push(task, at)

    def _own_limits(self, task: Task, days: WorkDays) -> Iterator[Limit]:
        """The days that a task's offsets from anchors and milestones give."""
        for end in ENDS:
            offset = ends(task)[end == "due"][1]
            if offset is not None and not offset.anchor.startswith(("task:", "own_start")):
                now = self.went(offset)[1]
                day = None if now is None else placed(offset, now, days)
                if day is not None:
                    yield end, day, offset, (None, now)

    def _reason(self, limit: Limit, end: End) -> Reason:
        """Why a date stands at a limit; `end` is the date that does."""
        return Reason(*self._because(limit, end))

    def _because(self, limit: Limit, end: End) -> tuple[Any, ...]:
        """The fields of that reason."""
        _, _, by, (start, due) = limit
        if isinstance(by, Offset):
            return "offset", end, source_of(by), self.went(by)[0], due, by
        return "link", end, by.predecessor_id, None, start if by.kind in ("SS", "SF") else due, None, by

    def span(self, item: Timed) -> None:
        """Let the dates of a milestone, objective or play follow what each is counted from (P6)."""
        if isinstance(item, Milestone) and (item.reached_on is not None or item.id in self.done):
            return
        old = self.old.get(item.id)
        if old is not None and old is not item and dates(old) != dates(item):
            return
        days = self.days(None)
        days_old = self.calendar_before(old) if old is not None else days
        if isinstance(item, Milestone) and item.locked:
            against = self._followed(item, "due", days_old, days)
            if against:
                self._warn(item, "locked", against)
            return
        at = Moving(*dates(item), None, False, days)
        for end in ENDS:
            followed = self.followed(item, end, days_old, days) or self.linked(item, end, days_old, days)
            if followed is not None:
                day, reason = followed
                why = at.reason if day == dates(item)[end == "due"] else reason
                at.put(day if end == "start" else at.start, day if end == "due" else at.due, why)
        at.duration = None
        self._move(item.id, dates(item), at)


def _binding(allowed: Iterable[Limit], at: Moving) -> tuple[dt.date, Limit]:
    """The limit that allows an item no earlier place, and the day that it gives for the end by which the item moves."""
    latest = {one[0]: one for one in sorted(allowed, key=lambda one: one[1])}
    start, due = latest.get("start"), latest.get("due")
    if (at.start is None) != (at.due is None) or due is None:
        best = max((one for one in (start, due) if one is not None), key=lambda one: one[1])
        return best[1], best
    if start is not None and due[1] <= due_of(start[1], at.duration or 1, at.days):
        return start[1], start
    return start_of(due[1], at.duration or 1, at.days), due
