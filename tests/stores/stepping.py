"""Made-up migrations, for tests of the real machinery, and processes that go through them."""

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from actionplans.backends.store import postgresql_server, schema, sqlite_dialect, sqlite_steps
from actionplans.backends.store.dialect import Dialect

Step = tuple[str, ...]

MORE: tuple[Step, ...] = (
    ("alter table @task add column colour text", "update @task set colour = 'red'"),
    ("create table @later (tenant text not null, id text not null, primary key (tenant, id))",),
    ("create index task_colour on @task (tenant, colour)", "insert into @later values ('', 'once')"),
)
"""Steps that no library has."""

BROKEN: Step = ("create table @broken (id text)", "insert into @broken values (nothing)")
"""A step that fails half way."""

MODULES = (schema, sqlite_steps, sqlite_dialect, postgresql_server)


@contextmanager
def stepped(many: int, *last: Step) -> Iterator[None]:
    """A library that knows so many steps, the `last` of them these."""
    known = schema.STEPS
    steps = (*known[:1], *MORE)[: many - len(last)] + last
    assert many == len(steps)
    for module in MODULES:
        module.STEPS = steps  # type: ignore[attr-defined]
    try:
        yield
    finally:
        for module in MODULES:
            module.STEPS = known  # type: ignore[attr-defined]


@contextmanager
def killed(after: int) -> Iterator[None]:
    """This process is killed after so many statements of a migration of a file, at the latest when all are done."""
    left = [after]

    def said(step: Step, dialect: Dialect) -> Iterator[str]:
        for statement in schema.said(step, dialect):
            if not left[0]:
                os.kill(os.getpid(), signal.SIGKILL)
            left[0] -= 1
            yield statement
        if not left[0]:
            os.kill(os.getpid(), signal.SIGKILL)

    sqlite_steps.said = said  # type: ignore[assignment]
    yield


def forked(work: Callable[[], object], begin: int, end: int) -> int:
    """The id of a child that does this as soon as the pipe is closed, and says with its code whether it could."""
    child = os.fork()
    if child:
        return child
    code = 1
    try:
        os.close(end)
        os.read(begin, 1)
        work()
        code = 0
    finally:
        os._exit(code)
