"""Random sequences of verbs: each step names a verb and numbers that choose what it is about."""

from decimal import Decimal
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from actionplans import edit
from actionplans.errors import ActionPlansError
from actionplans.journal import Edit, diff
from actionplans.model import Dependency, Metric, Milestone, Objective, Offset, Plan, Play, Stage, Task
from tests.edit import scene

Step = tuple[str, int, int, bool]

_KINDS = ("FS", "SS", "FF", "SF")


def chosen(items: Any, n: int) -> Any:
    """The n-th, counted round and round; an id that is nowhere where there are none."""
    return items[n % len(items)] if items else "nowhere"


def _ids(items: Any) -> list[str | None]:
    return [None, *(one.id for one in items)]


class Walk:
    """A plan on its way; `deletions` are the changes that took items away."""

    verbs: Any = edit
    """What is called: the verbs themselves, or what stands in for them."""

    def __init__(self, plan: Plan) -> None:
        """Starts with nothing deleted."""
        self.plan = plan
        self.context = scene.context()
        self.deletions: list[tuple[str, tuple[Edit, ...]]] = []

    def step(self, step: Step) -> ActionPlansError | None:
        """Take one step; the error that it was refused with, the plan then being as it was."""
        name, first, second, flag = step
        try:
            after = getattr(self, name)(first, second, flag)
        except ActionPlansError as error:
            return error
        self.plan = after
        return None

    def item(self, n: int) -> str:
        """The id of one of the plan's items."""
        return str(chosen([one.id for one in self.plan.items()], n))

    def task(self, n: int) -> str:
        """The id of one of the plan's tasks, more often than not."""
        return str(chosen([one.id for one in self.plan.tasks], n))

    def add(self, first: int, second: int, flag: bool) -> Plan:
        """A task somewhere, or a container."""
        plan = self.plan
        if not flag:
            made = (
                Stage("", "A stage"),
                Objective("", "An objective"),
                Milestone("", "A milestone", objective_id=chosen(_ids(plan.objectives), second)),
                Play("", "A play", objective_id=chosen(_ids(plan.objectives), second), custom=PHASE),
            )
            return self.verbs.add(plan, self.context, made[first % 4])
        before = chosen([one.id for one in (*plan.tasks, *plan.milestones)], first)
        return self.verbs.add(
            plan,
            self.context,
            Task(
                "",
                "A task",
                parent_id=chosen(_ids((*plan.objectives, *plan.plays)), second),
                milestone_id=chosen(_ids(plan.milestones), first + second),
                dependencies=(Dependency(before, _KINDS[second % 4]),) if first % 3 else (),  # type: ignore[arg-type]
                offset=Offset(1, anchor=f"task:{self.task(second)}") if second % 5 == 0 else None,
                due=scene.days(first) if first % 2 else None,
            ),
        )

    def update(self, first: int, second: int, flag: bool) -> Plan:
        """Dates, or words."""
        task = self.task(first)
        if flag:
            fields = chosen(
                [{"start": scene.days(second)}, {"due": scene.days(second)}, {"duration": second + 1}, {"due": None}],
                second,
            )
            return self.verbs.update(self.plan, self.context, task, **fields)
        return self.verbs.update(self.plan, self.context, self.item(first), title=f"Title {second}")

    def move(self, first: int, second: int, flag: bool) -> Plan:
        """A task into a milestone or under something; or anything to another place in its list."""
        plan = self.plan
        if flag:
            return self.verbs.move(plan, self.context, self.item(first), before=chosen(_ids(plan.items()), second))
        if second % 2:
            return self.verbs.move(
                plan, self.context, self.task(first), milestone_id=chosen(_ids(plan.milestones), second)
            )
        places = _ids((*plan.objectives, *plan.plays))
        return self.verbs.move(plan, self.context, self.task(first), parent_id=chosen(places, second))

    def start(self, first: int, second: int, flag: bool) -> Plan:
        """A task begins."""
        return self.verbs.start(self.plan, self.context, self.task(first), override=flag)

    def complete(self, first: int, second: int, flag: bool) -> Plan:
        """A task, or now and then a milestone, is done."""
        if second % 4 == 0:
            one = chosen([one.id for one in self.plan.milestones], first)
            return self.verbs.complete(self.plan, self.context, one)
        return self.verbs.complete(self.plan, self.context, self.task(first), override=flag)

    def reopen(self, first: int, second: int, flag: bool) -> Plan:
        """A closed task, or a milestone, opens again."""
        closed = [one.id for one in self.plan.tasks if not one.is_open] if flag else []
        closed += [one.id for one in self.plan.milestones if one.reached_on]
        return self.verbs.reopen(self.plan, self.context, chosen(closed, first))

    def cancel(self, first: int, second: int, flag: bool) -> Plan:
        """A task is given up."""
        return self.verbs.cancel(self.plan, self.context, self.task(first))

    def assign(self, first: int, second: int, flag: bool) -> Plan:
        """Somebody else, or nobody."""
        who = chosen([None, "ana", "ben", "team:east", "stranger"], second)
        return self.verbs.assign(self.plan, self.context, self.item(first), who)

    def link(self, first: int, second: int, flag: bool) -> Plan:
        """A task after a task or milestone."""
        before = chosen([one.id for one in (*self.plan.milestones, *self.plan.tasks)], second)
        kind: Any = "FS" if flag else _KINDS[first % 4]
        return self.verbs.link(self.plan, self.context, self.task(first), Dependency(before, kind))

    def unlink(self, first: int, second: int, flag: bool) -> Plan:
        """A task after one less."""
        task = self.plan.task(self.task(first))
        before = [one.predecessor_id for one in task.dependencies]
        return self.verbs.unlink(self.plan, self.context, task.id, chosen(before, second))

    def delete(self, first: int, second: int, flag: bool) -> Plan:
        """Any item goes."""
        item_id = self.item(first)
        after = self.verbs.delete(self.plan, self.context, item_id, confirmed=edit.impact(self.plan, item_id))
        self.deletions.append((item_id, diff(self.plan, after)))
        return after

    def restore(self, first: int, second: int, flag: bool) -> Plan:
        """One of those that went comes back."""
        if not self.deletions:
            return self.plan
        return self.verbs.restore(self.plan, self.context, *self.deletions[first % len(self.deletions)])

    def measure(self, first: int, second: int, flag: bool) -> Plan:
        """A reading of a metric, which most items have to be given first."""
        item_id = self.objective(first) if flag else self.task(first)
        if second % 2:
            return self.verbs.update(self.plan, self.context, item_id, metric=Metric(Decimal(second % 5)))
        return self.verbs.measure(self.plan, self.context, item_id, second % 7)

    def objective(self, n: int) -> str:
        """The id of one of the plan's objectives."""
        return str(chosen([one.id for one in self.plan.objectives], n))

    def share(self, first: int, second: int, flag: bool) -> Plan:
        """The mark of an item."""
        return self.verbs.share(self.plan, self.context, self.item(first), flag)

    def comment(self, first: int, second: int, flag: bool) -> Plan:
        """A note."""
        return self.verbs.comment(self.plan, self.context, self.task(first), "A note", internal=flag)

    def life(self, first: int, second: int, flag: bool) -> Plan:
        """The plan as a whole is closed or opened; opened more often, so that the walk goes on."""
        if first % 6 == 0:
            return self.verbs.complete_plan(self.plan, self.context, cancel_open=flag)
        if first % 6 == 1:
            return self.verbs.cancel_plan(self.plan, self.context)
        return self.verbs.reopen_plan(self.plan, self.context)


PHASE = scene.plan().tasks[0].custom.having("phase", "one")

VERBS = (
    *("add", "update", "move", "start", "complete", "reopen", "cancel", "assign", "link", "unlink", "delete"),
    *("restore", "share", "comment", "life", "measure", "complete", "reopen", "link", "move"),
)
"""The steps of a walk; those that change who waits come more often."""


def steps(most: int = 20) -> SearchStrategy[list[Step]]:
    """Sequences of steps."""
    return st.lists(
        st.tuples(st.sampled_from(VERBS), st.integers(0, 40), st.integers(0, 40), st.booleans()), max_size=most
    )


def walked(taken: list[Step]) -> Walk:
    """The scene's plan after these steps, those that were refused left out."""
    walk = Walk(scene.plan())
    for step in taken:
        walk.step(step)
    return walk
