"""An executor whose work is done when a test wants it."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from concurrent.futures import Executor, Future
from typing import Any


class Later(Executor):
    """Works when it is asked for the result; `before` happens first, once. It counts what it was given."""

    def __init__(self, before: Callable[[], object] = lambda: None) -> None:
        """With what shall happen between reading and computing."""
        self.before, self.given, self.futures = before, list[Any](), list[Asked]()

    def submit(self, work: Any, /, *args: Any, **kwargs: Any) -> Asked:
        """As executors do; a pickle passes between."""
        self.given.append(args)
        made = Asked(self, pickle.loads(pickle.dumps((work, args))))
        self.futures.append(made)
        return made


class Asked(Future):  # type: ignore[type-arg]
    """What `Later` was given."""

    def __init__(self, executor: Later, work: tuple[Any, tuple[Any, ...]]) -> None:
        """Not begun."""
        super().__init__()
        self.executor, self.work = executor, work

    def result(self, timeout: float | None = None) -> Any:
        """Work, and hand back a pickle."""
        before, self.executor.before = self.executor.before, lambda: None
        before()
        work, args = self.work
        return pickle.loads(pickle.dumps(work(*args)))
