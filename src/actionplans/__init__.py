"""Action plans: objectives, milestones, plays and tasks for an account, launched from templates and dated.

    import actionplans as ap
    from actionplans import edit

    with ap.open("sqlite:///plans.db", actor=ap.Actor("u-17", roles={"manager"})) as ws:
        acme = ws.accounts.get_or_create("Acme Corporation", website="acme.example")
        plan = ws.launch(ws.draft("follow-up", acme))
        plan = ws.change(plan.id, edit.complete, plan.task("call").id)

The nouns are here, with what templates are made of, rows of bulk launches, collections and grants; the verbs in
`actionplans.edit`, the questions in `actionplans.progress`, every error in `actionplans.errors`. Each is loaded when it
is first used.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from actionplans.checks import FrozenMap as FrozenMap
    from actionplans.health import doctor as doctor
    from actionplans.model import ANY_CONTACT as ANY_CONTACT
    from actionplans.model import SYSTEM as SYSTEM
    from actionplans.model import Account as Account
    from actionplans.model import Actor as Actor
    from actionplans.model import Dependency as Dependency
    from actionplans.model import Draft as Draft
    from actionplans.model import Metric as Metric
    from actionplans.model import Milestone as Milestone
    from actionplans.model import Objective as Objective
    from actionplans.model import Offset as Offset
    from actionplans.model import Person as Person
    from actionplans.model import Plan as Plan
    from actionplans.model import Play as Play
    from actionplans.model import Row as Row
    from actionplans.model import Stage as Stage
    from actionplans.model import Task as Task
    from actionplans.model import Team as Team
    from actionplans.model import Template as Template
    from actionplans.model import TemplateMilestone as TemplateMilestone
    from actionplans.model import TemplateObjective as TemplateObjective
    from actionplans.model import TemplatePlay as TemplatePlay
    from actionplans.model import TemplateStage as TemplateStage
    from actionplans.model import TemplateTask as TemplateTask
    from actionplans.model import WorkCalendar as WorkCalendar
    from actionplans.national import national_calendar as national_calendar
    from actionplans.settings import Collection as Collection
    from actionplans.settings import Grant as Grant
    from actionplans.settings import Settings as Settings
    from actionplans.storage import AccountQuery as AccountQuery
    from actionplans.storage import ObjectiveQuery as ObjectiveQuery
    from actionplans.storage import PlanQuery as PlanQuery
    from actionplans.storage import TaskQuery as TaskQuery
    from actionplans.storage import TouchpointQuery as TouchpointQuery
    from actionplans.template import read_template as read_template
    from actionplans.template import write_template as write_template
    from actionplans.workspace import Workspace as Workspace
    from actionplans.workspace.opening import open_workspace

    open = open_workspace

__version__ = "0.1.0"

_MODEL = (
    "ANY_CONTACT SYSTEM Account Actor Dependency Draft FrozenMap Metric Milestone Objective Offset Person Plan Play "
    "Row Stage Task Team Template TemplateMilestone TemplateObjective TemplatePlay TemplateStage TemplateTask "
    "WorkCalendar"
).split()

_HOMES = {
    **dict.fromkeys(_MODEL, "actionplans.model"),
    **dict.fromkeys(
        ("AccountQuery", "ObjectiveQuery", "PlanQuery", "TaskQuery", "TouchpointQuery"), "actionplans.storage"
    ),
    **dict.fromkeys(("Collection", "Grant", "Settings"), "actionplans.settings"),
    "doctor": "actionplans.health",
    "national_calendar": "actionplans.national",
    "Workspace": "actionplans.workspace",
    "open": "actionplans.workspace.opening",
    "read_template": "actionplans.template",
    "write_template": "actionplans.template",
}

__all__ = [*_HOMES]


def __getattr__(name: str) -> Any:
    """A public name, loaded from its module on first use."""
    if name not in _HOMES:
        raise AttributeError(f"module 'actionplans' has no attribute {name!r}")
    home = import_module(_HOMES[name])
    value = getattr(home, "open_workspace" if name == "open" else name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """The public names, loaded or not."""
    return sorted({*globals(), *_HOMES})
