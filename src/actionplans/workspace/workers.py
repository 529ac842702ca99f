"""What the workers of a bulk launch do: they compute chunks, from values alone, and have nothing of the store (T11)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import chain
from operator import attrgetter
from typing import Any

import attrs
from attrs import frozen

from actionplans import launch as launching
from actionplans.errors import ActionPlansError
from actionplans.ids import NewIds
from actionplans.model import Account, Draft, Plan, Task, Template
from actionplans.settings import Settings


@frozen
class Work:
    """What is needed to compute a chunk: nothing of the store, and in a pickle the template once."""

    drafts: tuple[Draft, ...]
    plan_ids: tuple[str, ...]
    accounts: Mapping[str, Account]
    settings: Settings
    directory: launching.Directory
    applier_id: str
    now: dt.datetime


@frozen
class Computed:
    """The plans of a chunk, or what stands in the way of each. It pickles as rows, which takes half the time."""

    found: tuple[Plan | ActionPlansError, ...]

    def __reduce__(self) -> tuple[Any, ...]:
        """The fields of each plan, and of each of its tasks, in their order."""
        return _computed_from, ([_packed(one) if isinstance(one, Plan) else one for one in self.found],)


def compute(work: Work, new_id: Callable[[], str]) -> Computed:
    """The plans of a chunk; each gets the id that was made for it, what stands in it gets new ones."""
    found: list[Plan | ActionPlansError] = []
    for draft, plan_id in zip(work.drafts, work.plan_ids, strict=True):
        try:
            found.append(
                launching.launch(
                    draft,
                    work.accounts[draft.account_id],
                    work.settings,
                    directory=work.directory,
                    applier_id=work.applier_id,
                    now=work.now,
                    new_id=chain((plan_id,), iter(new_id, None)).__next__,
                )
            )
        except ActionPlansError as error:
            found.append(bare(error))
    return Computed(tuple(found))


def in_worker(work: Work) -> Computed:
    """`compute`, in a worker."""
    return compute(known(work), _item_id)


def known(work: Work) -> Work:
    """The work with the templates that this worker has met before, so that what it found out then serves again."""
    kept = {id(draft.template): draft.template for draft in work.drafts}
    kept = {name: _kept(template) for name, template in kept.items()}
    drafts = (attrs.evolve(draft, template=kept[id(draft.template)]) for draft in work.drafts)
    return attrs.evolve(work, drafts=tuple(drafts))


def bare(error: ActionPlansError) -> ActionPlansError:
    """The error without the frames it went through, which would hold its whole chunk as long as it is kept."""
    error.__context__ = error.__cause__ = None
    return error.with_traceback(None)


_PLAN_FIELDS = tuple(one.name for one in attrs.fields(Plan))
_TASKS = _PLAN_FIELDS.index("tasks")
_plan_values = attrgetter(*_PLAN_FIELDS)
_task_values = attrgetter(*(one.name for one in attrs.fields(Task)))

_item_id = NewIds()
"""Ids of this process for items; those of plans are made by the process that launches, in the order of the stream."""

_MOST_KEPT = 8
_templates: dict[str, Template] = {}
"""The templates that this worker has met lately, by all that is in them."""


def _packed(plan: Plan) -> tuple[Any, ...]:
    values = _plan_values(plan)
    return (*values[:_TASKS], tuple([_task_values(task) for task in plan.tasks]), *values[_TASKS + 1 :])


def _computed_from(rows: Iterable[Any]) -> Computed:
    return Computed(tuple([one if isinstance(one, ActionPlansError) else _plan_from(one) for one in rows]))


def _plan_from(values: Sequence[Any]) -> Plan:
    given = dict(zip(_PLAN_FIELDS, values, strict=True))
    return Plan(**{**given, "tasks": tuple([Task(*task) for task in given["tasks"]])})


def _kept(template: Template) -> Template:
    """The same object for the same template, so that what a worker found out for one chunk serves the next."""
    text = repr(template)
    if len(_templates) >= _MOST_KEPT and text not in _templates:
        _templates.clear()
    return _templates.setdefault(text, template)
