"""A template is editing, published, retired, and a published version never changes (T1)."""

import datetime as dt

import pytest

from actionplans.errors import Invalid, Refused
from actionplans.model import Dependency, Template, TemplateTask
from actionplans.template import change, publish, retire, revise

AT = dt.datetime(2026, 1, 5, 9, tzinfo=dt.UTC)
EDITING = Template("follow-up", "Follow-up", tasks=(TemplateTask("call", "Call"),))


def test_a_version_goes_from_editing_to_published_to_retired() -> None:
    """Each step is a new value; the one before is untouched."""
    published = publish(EDITING, AT)
    assert ("published", 1, AT) == (published.state, published.version, published.published_at)
    assert ("editing", None) == (EDITING.state, EDITING.published_at)
    assert "retired" == retire(published).state
    assert published.tasks == retire(published).tasks


def test_revising_opens_the_next_version() -> None:
    """The number counts up, the moment of publishing is gone, the items are the same."""
    second = revise(publish(EDITING, AT))
    assert ("editing", 2, None) == (second.state, second.version, second.published_at)
    assert EDITING.tasks == second.tasks
    assert 2 == publish(second, AT).version


def test_only_what_is_being_edited_may_change() -> None:
    """A change of a published or retired version is refused and says how to go on."""
    assert "Ring up" == change(EDITING, title="Ring up").title
    published = publish(EDITING, AT)
    for fixed in (published, retire(published)):
        with pytest.raises(Refused, match="revise it"):
            change(fixed, title="Ring up")


def test_a_change_takes_fields_and_no_steps_of_the_life() -> None:
    """Unknown fields and those that other verbs set are named together."""
    with pytest.raises(Invalid) as caught:
        change(EDITING, state="published", titel="Ring up", version=3)
    assert {"state", "titel", "version"} == {problem.place for problem in caught.value.problems}


@pytest.mark.parametrize(
    ("step", "states"),
    [
        (lambda one: publish(one, AT), ("published", "retired")),
        (revise, ("editing", "retired")),
        (retire, ("editing", "retired")),
    ],
)
def test_each_step_is_refused_in_the_other_states(step, states) -> None:
    """No step is taken twice or out of turn."""
    published = publish(EDITING, AT)
    of_state = {"editing": EDITING, "published": published, "retired": retire(published)}
    for state in states:
        with pytest.raises(Refused, match=state):
            step(of_state[state])


def test_publishing_checks_the_whole() -> None:
    """An unfinished template may be edited, not published; all problems are named."""
    tasks = (TemplateTask("call", "Call", after=(Dependency("gone"),), parent="nowhere"),)
    unfinished = change(EDITING, tasks=tasks)
    with pytest.raises(Invalid) as caught:
        publish(unfinished, AT)
    assert ["tasks[0].parent", "tasks[0].after[0]"] == [problem.place for problem in caught.value.problems]


def test_publishing_wants_a_moment_with_a_zone() -> None:
    """A naive moment says nothing."""
    with pytest.raises(Invalid, match="published_at"):
        publish(EDITING, dt.datetime(2026, 1, 5))
