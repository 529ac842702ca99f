"""Launching a stream of rows: a transaction a chunk, resumable, worked out here or by an executor's workers (T11).

    stream ─ chunk ─ read and decide ─ compute ─ look again, commit ─ told, in the order of the stream
                                       └ here, or by a worker that has nothing of the store

What is held at a time is a chunk, with an executor a few: nothing is kept for each row of the stream.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import closing
from typing import TYPE_CHECKING, Any

import attrs
from attrs import define, field, frozen

from actionplans import launch as launching
from actionplans.checks import check_of, shown, wanted
from actionplans.errors import ActionPlansError, ExecutorFailed, Invalid, NotFound, Problem, Refused, Stale, StoreError
from actionplans.model import Account, Draft, Job, Plan, Row, Template, Warn
from actionplans.model.words import Id
from actionplans.permissions import Asker, Subject, subject
from actionplans.settings import Settings
from actionplans.storage import id_of
from actionplans.workspace.desk import TRIES, Change, Desk
from actionplans.workspace.plans import Launcher, Progress, Reading, changes, chunks, together
from actionplans.workspace.workers import Computed, Work, bare, compute, in_worker

if TYPE_CHECKING:
    from concurrent.futures import Executor, Future

MOST_AHEAD = 16
"""How many chunks are under way at most, however many workers there are: one process commits them all."""


@frozen
class Launched:
    """What became of one row of a bulk launch, or one draft: its plan's id, or the error that stood in its way.

    `given` is what stood in the stream, also where that is neither. `already` says that it was launched before, by an
    earlier run of the job or by another process, and that nothing was done again. `warnings` is what the user should
    know of the plan (T7).
    """

    given: Row | Draft
    plan_id: str | None
    error: ActionPlansError | None = None
    warnings: tuple[Warn, ...] = ()
    already: bool = False

    @property
    def key(self) -> str:
        """The caller's own key of the row, empty where it has none."""
        return self.given.key if isinstance(self.given, Row) else getattr(self.given, "row", "")


@define
class Part:
    """A chunk on its way: what was given, and where workers compute it, what was read for them and who does."""

    given: list[Any]
    ready: Ready | None = None
    future: Future[Computed] | None = None


@define
class Ready:
    """A chunk that was read and decided: what is told of it already, and what is still to be launched, by place.

    `asked` is whom the drafts that are to be launched look for.
    """

    read: Reading
    told: dict[int, Launched] = field(factory=dict)
    todo: dict[int, Draft] = field(factory=dict)
    asked: launching.Asked | None = None


@define
class Bulk:
    """One bulk launch: of rows, from a template and perhaps for a job, or of drafts that bring their own.

    `run` is an id made before those of its plans: it tells them from what others launch for the same job.
    """

    launcher: Launcher
    template: Template | None
    job: str
    size: int
    executor: Executor | None
    progress: Progress | None
    run: str = ""

    def launched(self, stream: Iterable[Any]) -> Iterator[Launched]:
        """Launch the stream a chunk at a time, and tell of each row as soon as its chunk is stored."""
        self.run = self.launcher.desk.new_id()
        done, total = 0, len(stream) if isinstance(stream, Sequence) else None
        with closing(self._begun(chunks(stream, self.size))) as parts:
            for part in parts:
                yield from self._settled(part)
                done += len(part.given)
                if self.progress is not None:
                    self.progress(done, total)
        if self.job:
            self._finish()

    def _begun(self, parts: Iterator[list[Any]]) -> Generator[Part, None, None]:
        """The chunks in their order; with an executor some are computed ahead, and given up when nobody goes on."""
        if self.executor is None:
            yield from map(Part, parts)
            return
        ahead = min(2 * (getattr(self.executor, "_max_workers", 0) or os.cpu_count() or 1), MOST_AHEAD)
        waiting: deque[Part] = deque()
        try:
            for given in parts:
                waiting.append(self._submitted(given, self.executor))
                while waiting and (len(waiting) >= ahead or waiting[0].future is None or waiting[0].future.done()):
                    yield waiting.popleft()
            while waiting:
                yield waiting.popleft()
        finally:
            for part in waiting:
                if part.future is not None:
                    part.future.cancel()

    def _submitted(self, given: list[Any], executor: Executor) -> Part:
        ready = self._ready(given)
        if not ready.todo:
            return Part(given)
        try:
            return Part(given, ready, executor.submit(in_worker, self._work(ready)))
        except Exception as error:
            raise self._failed(error) from error

    def _failed(self, error: Exception) -> ExecutorFailed:
        return ExecutorFailed(f"{type(error).__name__}: {error}"[:900], self.job)

    def _ready(self, given: list[Any]) -> Ready:
        """What is there, and who may: what is decided of a chunk before anything is computed."""
        templates = {id(one.template): one.template for one in given if isinstance(one, Draft)}
        accounts = {one.account_id for one in given if isinstance(one, Row | Draft)}
        mine = (self.template,) if self.template is not None else templates.values()
        ready = Ready(self.launcher.opened(accounts, mine))
        stored, seen, asked = self._stored(given), set[tuple[str, str]](), list[launching.Asked]()
        for n, one in enumerate(given):
            try:
                draft = self.launcher.whole(self._draft(one, ready.read), ready.read)
                account = self.launcher.admit(draft, ready.read)
                key = (draft.job, draft.row)
                if draft.job and key in seen:
                    raise _twice(key)
                seen.add(key)
                if draft.job and key in stored:
                    ready.told[n] = self._before(one, key, stored[key])
                else:
                    asked.append(self.launcher.asked(draft, account))
                    ready.todo[n] = draft
            except StoreError:
                raise
            except ActionPlansError as error:
                ready.told[n] = Launched(one, None, bare(error))
        if ready.todo:
            ready.asked = together(asked)
            self.launcher.look_up(ready.read, tuple(ready.todo.values()), ready.asked)
        return ready

    def _again(self, ready: Ready, given: list[Any]) -> bool:
        """Whether what a chunk was computed from still holds, looked at anew just before it is stored.

        Accounts may have been stored again as they were; what it is launched beside is read in any case (T7).
        """
        before, drafts = ready.read, tuple(ready.todo.values())
        if ready.asked is None or self._stored([given[n] for n in ready.todo]):
            return False
        now = self.launcher.opened(before.accounts, {id_of(one.template): one.template for one in drafts}.values())
        self.launcher.look_up(now, drafts, ready.asked)
        ready.read = now
        return (
            before.settings == now.settings
            and before.asker == now.asker
            and before.directory == now.directory
            and before.accounts.keys() == now.accounts.keys()
            and all(_same(one, now.accounts[name]) for name, one in before.accounts.items())
            and all(
                now.templates.get(id_of(one)) == one
                for one in {id(one.template): one.template for one in drafts}.values()
            )
        )

    def _draft(self, one: Any, read: Reading) -> Draft:
        """The draft that a row stands for; everything that it lacks is told at once."""
        if self.template is None:
            if isinstance(one, Row):
                told = "rows say nothing of it: give launch_many the one that all are launched from, template=…"
                raise Invalid(_called(one), (Problem("template", told),))
            return wanted(Draft, one, "draft")
        row = wanted(Row, one, "row")
        lacking = tuple(_lacking(row, self.job))
        if lacking:
            raise Invalid(_called(row), lacking)
        account = read.accounts.get(row.account_id)
        if account is None:
            told = f"the account_id of {_called(row)} names none; check it, or add the account first"
            raise NotFound("account", row.account_id, told)
        start = row.start or row.anchors["start"]
        made = launching.draft(
            self.template, account, start=start, anchors=row.anchors, title=row.title, owner_id=row.owner_id
        )
        given = {name: getattr(row, name) for name in _OF_ROWS if getattr(row, name)}
        return attrs.evolve(made, job=self.job, row=row.key, **given) if self.job or row.key or given else made

    def _stored(self, given: list[Any]) -> dict[tuple[str, str], str]:
        """The plans of those of the rows that have been launched, by job and key: one question for each job."""
        rows: dict[str, list[str]] = {}
        for one in given:
            if isinstance(one, Draft) and one.job:
                rows.setdefault(one.job, []).append(one.row)
            elif isinstance(one, Row) and self.job:
                rows.setdefault(self.job, []).append(one.key)
        store = self.launcher.desk.store
        return {(job, row): plan for job, some in rows.items() for row, plan in store.launched(job, some).items()}

    def _before(self, one: Any, key: tuple[str, str], plan_id: str) -> Launched:
        """What is told of a row that is launched: by another run, or by this one, so that its key came twice.

        Only plans that were made since this run began can be its own; the journal says whose they are.
        """
        if plan_id > self.run:
            made = next(iter(self.launcher.desk.store.journal("plan", plan_id)), None)
            if made is not None and made.detail.get("run") == self.run:
                raise _twice(key)
        return Launched(one, plan_id, already=True)

    def _work(self, ready: Ready) -> Work:
        read, desk = ready.read, self.launcher.desk
        drafts = tuple(ready.todo.values())
        ids = tuple([desk.new_id() for _ in drafts])
        named = {draft.account_id for draft in drafts}
        accounts = {id: account for id, account in read.accounts.items() if id in named}
        return Work(drafts, ids, accounts, read.settings, read.directory, desk.actor.id, desk.now())

    def _settled(self, part: Part) -> list[Launched]:
        """Launch a chunk in one transaction; row by row where others stored something in between."""
        try:
            return self._together(part)
        except (Refused, Stale):
            return [self._by_itself(one) for one in part.given]

    def _by_itself(self, one: Any) -> Launched:
        told: ActionPlansError | None = None
        for _ in range(TRIES):
            try:
                return self._together(Part([one]))[0]
            except (Refused, Stale) as error:
                told = bare(error)
        return Launched(one, None, told)

    def _together(self, part: Part) -> list[Launched]:
        """What workers computed is taken only if what they were given still holds when it is stored."""
        computed, ready = self._awaited(part), part.ready
        if ready is None or not self._again(ready, part.given):
            ready = self._ready(part.given)
            computed = dict(zip(ready.todo, compute(self._work(ready), self.launcher.desk.new_id).found, strict=True))
        launched = list[tuple[Draft, Plan]]()
        for n, draft in ready.todo.items():
            try:
                plan = computed[n]
                if not isinstance(plan, Plan):
                    raise plan
                self._seen(plan, ready.read)
                warnings = self.launcher.warned(draft, plan, ready.read)
            except StoreError:
                raise
            except ActionPlansError as error:
                ready.told[n] = Launched(part.given[n], None, bare(error))
            else:
                launched.append((draft, plan))
                ready.told[n] = Launched(part.given[n], plan.id, None, warnings)
        if launched:
            self._store(launched, ready.read)
        return [ready.told[n] for n in range(len(part.given))]

    def _seen(self, plan: Plan, read: Reading) -> None:
        """Refuse a launch to those who would not see the plan, as a single one is."""
        about = subject(read.accounts[plan.account_id], plan)
        self.launcher.desk.need(read.settings, "plan.see", about, read.asker)

    def _awaited(self, part: Part) -> dict[int, Plan | ActionPlansError]:
        if part.future is None or part.ready is None:
            return {}
        try:
            return dict(zip(part.ready.todo, part.future.result().found, strict=True))
        except Exception as error:
            raise self._failed(error) from error

    def _store(self, launched: Sequence[tuple[Draft, Plan]], read: Reading) -> None:
        """Commit the chunk with the job's count, which is read again where another process counted meanwhile."""
        for left in reversed(range(TRIES)):
            try:
                self.launcher.desk.commit(*changes(launched, read, self.run), *self._counted(len(launched), read))
                return
            except Stale as error:
                if error.kind != "job" or not left:
                    raise

    def _counted(self, number: int, read: Reading) -> Iterator[Change]:
        """The job with so many more done; it is made with the first, and left alone where it is not the actor's."""
        if not self.job or self.template is None:
            return
        desk, template = self.launcher.desk, self.template
        job = desk.store.get_many(Job, (self.job,)).get(self.job)
        if job is None:
            made = Job(self.job, template.id, template.version, desk.now(), desk.actor.id, number)
            yield Change(None, made, "plan.launch")
        elif sees_job(desk, job, read.settings, read.asker):
            same_template(job, template)
            yield Change(job, attrs.evolve(job, done=job.done + number, finished_at=None), "plan.launch")

    def _finish(self) -> None:
        def finished() -> None:
            desk = self.launcher.desk
            job = begun(desk, self.job)
            if job is not None and job.finished_at is None:
                desk.keep(job, attrs.evolve(job, finished_at=desk.now()), "plan.launch")

        self.launcher.desk.repeated(finished)


def begun(desk: Desk, job_id: str) -> Job | None:
    """A job that has begun, as far as the actor may know of it; None for an unknown one too (V7)."""
    job = desk.store.get_many(Job, (job_id,)).get(job_id)
    return job if job is not None and sees_job(desk, job, desk.settings()) else None


def sees_job(desk: Desk, job: Job, settings: Settings, asker: Asker | None = None) -> bool:
    """Whether the actor may know of a job, count in it and end it: who could launch what is its maker's (T11)."""
    mine = frozenset((job.by,))
    theirs = Subject(owners=mine, makers=mine, account_owner_id=job.by, account_people=mine)
    return desk.may(settings, "plan.launch", theirs, asker).allowed


def same_template(job: Job, template: Template) -> None:
    """Raise `Refused` where a job is started again with another template, or another version: it is one of one."""
    if (job.template_id, job.version) != (template.id, template.version):
        told = f"job {job.id!r} launches version {job.version} of {job.template_id!r}"
        raise Refused("launching", f"{told}, not version {template.version} of {template.id!r}: start another job")


_OF_ROWS = ("overrides", "dropped", "stage_id", "custom")


def _same(account: Account, now: Account) -> bool:
    return account == now or attrs.evolve(account, revision=now.revision) == now


def _called(row: Row) -> str:
    """A row for a message, by its key where it has one."""
    return f"row {row.key!r}" if row.key else "the row"


def _lacking(row: Row, job: str) -> Iterator[Problem]:
    if job and not row.key:
        yield Problem("key", "give each row of a job a key: by it the row is known when the job is started again")
    if not row.account_id or row.account_id.isspace():
        yield Problem("account_id", "is empty: name an account")
    if row.start is None and "start" not in row.anchors:
        yield Problem("start", "give the day to start from")


def _twice(key: tuple[str, str]) -> Refused:
    return Refused("launching", f"row {key[1]!r} of job {key[0]!r} stands in the stream twice: give it another key")


def checked(stream: Any, template: Any, job: Any, chunk: Any, executor: Any, progress: Any) -> Iterator[Problem]:
    """Everything that is wrong with what `launch_many` was given."""
    from concurrent.futures import Executor

    if not isinstance(stream, Iterable):
        yield Problem("rows", f"a stream of rows is wanted, not {shown(stream)}")
    if template is not None and not isinstance(template, str | Template):
        yield Problem("template", f"a Template or its id is wanted, not {shown(template)}")
    if job != "":
        yield from (one.under("job") for one in check_of(Id)(job))
    if job and template is None:
        yield Problem("job", "goes with rows and their template; drafts bring a job and row of their own")
    if type(chunk) is not int or not 1 <= chunk <= 10_000:
        yield Problem("chunk", f"from 1 to 10000, not {shown(chunk)}")
    if executor is not None and not isinstance(executor, Executor):
        yield Problem("executor", f"a concurrent.futures.Executor is wanted, not {shown(executor)}")
    if progress is not None and not callable(progress):
        yield Problem("progress", f"something to call is wanted, not {shown(progress)}")
