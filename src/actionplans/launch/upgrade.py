"""Moving a launch to another version of its template, by three-way merge (T9).

The version it was launched from and the new one are both launched again in the places of its items. What the plan says
otherwise than the first was changed in the plan, what the second says otherwise was changed in the template; what only
one side changed wins. So whatever launching works out (owners, defaults, dates) is compared as it would be launched.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping

from actionplans.checks import EMPTY, FrozenMap, shown, wanted
from actionplans.edit.context import Context, changeable
from actionplans.errors import Invalid, Problem
from actionplans.launch.blueprint import blueprint, moved_anchors, strange_anchors
from actionplans.launch.differences import Answer, Upgrade
from actionplans.launch.owners import Directory
from actionplans.launch.threeway import Merge
from actionplans.model import Account, Plan, Template


def upgrade(
    plan: Plan,
    context: Context,
    account: Account,
    before: Template,
    after: Template,
    *,
    directory: Directory,
    play_id: str | None = None,
    anchors: Mapping[str, dt.date] = EMPTY,
    answers: Mapping[str, Answer] = EMPTY,
) -> Upgrade:
    """What moving a launch from the version `before` to `after` does: the plan's own, or that of a play (T9).

    `anchors` are dates for named anchors that the plan does not have yet, `answers` say by place (`KEY:FIELD`) what
    holds where both sides changed. Done, cancelled and reached items never change; conditions are asked only for items
    that are new. Raises `Refused` where there is no such launch, `MissingAnchors`, `Unresolved` and `Invalid` as a
    launch does.
    """
    wanted(Template, before, "before")
    wanted(Template, after, "after")
    changeable(plan, "upgrading")
    found = [*_no_mapping("anchors", anchors), *_no_mapping("answers", answers)]
    found += () if found else _wrong_anchors(plan, after, anchors)
    if found:
        raise Invalid("this upgrade", tuple(found))
    merge = Merge(plan, context, account, before, after, directory, play_id, FrozenMap(anchors), dict(answers))
    return merge.upgrade()


def _no_mapping(name: str, given: object) -> Iterator[Problem]:
    if not isinstance(given, Mapping):
        yield Problem(name, f"a mapping is wanted, not {shown(given)}")


def _wrong_anchors(plan: Plan, after: Template, anchors: Mapping[str, dt.date]) -> Iterator[Problem]:
    """Dates that the new version does not count from, that the plan has on another day, or that are none."""
    names = blueprint(after).anchors
    yield from strange_anchors(anchors, names, "the new version")
    known = {name: day for name, day in anchors.items() if name in names}
    yield from moved_anchors(plan, known)
    for name, day in known.items():
        if name not in plan.anchors and type(day) is not dt.date:
            yield Problem(f"anchors[{name!r}]", f"a date is wanted, not {shown(day)}")
