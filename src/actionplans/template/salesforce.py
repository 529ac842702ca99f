"""The XML that the ActionPlans app of SalesforceLabs exports, as a template (T12).

    export
    ├── meta                      who exported, where and when: no part of a template
    ├── ActionPlanTemplate        id, name, description, skipWeekend, skipday
    └── ActionPlanTemplateTasks
        └── TaskTemplate …        id, subject, dependent, taskIndex, taskcontroller, daysFromStart, category,
                                  priority, sendEmail, reminder, reminderTime, comments

Values are URL-encoded; `null` stands for nothing. `daysFromStart` counts from the start of the plan or, for a task
with a controller, from the day that one is done: its due is an offset from that task, which waits for it (P1).
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from typing import Any

from attrs import Factory, define

from actionplans.checks import shown
from actionplans.errors import Invalid, Problem
from actionplans.model import Offset, Reminder, Template, TemplateTask
from actionplans.model.words import Roll

_META = ("exportPackage", "exportAuthor", "exportOrganization", "exportCreateDate")
_TEMPLATE = ("id", "name", "description", "skipWeekend", "skipday")
_TASK = (
    *("id", "templateId", "subject", "dependent", "taskIndex", "taskcontroller", "daysFromStart"),
    *("category", "priority", "sendEmail", "reminder", "reminderTime", "comments"),
)
_INSIDE: dict[tuple[str, ...], tuple[str, ...]] = {
    (): ("export",),
    ("export",): ("meta", "ActionPlanTemplate", "ActionPlanTemplateTasks"),
    ("export", "meta"): _META,
    ("export", "ActionPlanTemplate"): _TEMPLATE,
    ("export", "ActionPlanTemplateTasks"): ("TaskTemplate",),
    ("export", "ActionPlanTemplateTasks", "TaskTemplate"): _TASK,
}
"""Which elements may stand in which."""

_NOTHING = ("", "null")
_WHOLE = re.compile(r"-?[0-9]{1,9}(\.0+)?")

Fields = dict[str, str]


@define
class _Export:
    """The elements of one export, filled while expat reads; entities and document types never get that far."""

    parser: Any
    trail: tuple[str, ...] = ()
    written: list[str] = Factory(list)
    fields: Fields = Factory(dict)
    templates: list[Fields] = Factory(list)
    tasks: list[Fields] = Factory(list)

    def start(self, name: str, attributes: dict[str, str]) -> None:
        allowed = _INSIDE.get(self.trail, ())
        if name not in allowed or attributes:
            self._refuse(
                f"<{name[:100]}> {'with attributes ' if name in allowed else ''}has no place in {self._here()}"
            )
        if name in self.fields and (*self.trail, name) not in _INSIDE:
            self._refuse(f"<{name}> stands twice in {self._here()}")
        self._between()
        self.trail = (*self.trail, name)
        if name in ("meta", "ActionPlanTemplate", "TaskTemplate"):
            self.fields = {}

    def text(self, text: str) -> None:
        self.written.append(text)

    def end(self, name: str) -> None:
        if self.trail not in _INSIDE:
            self.fields[name] = "".join(self.written)
            self.written.clear()
        self._between()
        self.trail = self.trail[:-1]
        if name == "ActionPlanTemplate":
            self.templates.append(self.fields)
        elif name == "TaskTemplate":
            self.tasks.append(self.fields)

    def _between(self) -> None:
        """Between two elements stands nothing but white space."""
        text = "".join(self.written).strip()
        self.written.clear()
        if text:
            self._refuse(f"text between the elements of {self._here()}: {shown(text)}")

    def doctype(self, *_: object) -> None:
        self._refuse("a document type (DOCTYPE) is refused: entities are never expanded")

    def _here(self) -> str:
        return f"<{self.trail[-1]}>" if self.trail else "an ActionPlans export"

    def _refuse(self, message: str) -> None:
        raise _wrong(f"line {self.parser.CurrentLineNumber}, column {self.parser.CurrentColumnNumber + 1}: {message}")


def _wrong(message: str) -> Invalid:
    return Invalid("XML", (Problem("", message),))


def _parsed(text: str) -> _Export:
    from xml.parsers import expat

    parser = expat.ParserCreate()
    parser.buffer_text = True
    export = _Export(parser)
    parser.StartElementHandler = export.start
    parser.EndElementHandler = export.end
    parser.CharacterDataHandler = export.text
    parser.StartDoctypeDeclHandler = export.doctype
    try:
        parser.Parse(text, True)
    except expat.ExpatError as error:
        raise _wrong(f"is no XML: {error}") from None
    if len(export.templates) != 1:
        raise _wrong(f"an export has one <ActionPlanTemplate>, not {len(export.templates)}")
    return export


def template_of(text: str, warn: Callable[[Problem], None]) -> Template:
    """The template of one export; raises `Invalid` with every problem. `warn` gets what a template has no place for.

    The ids of the app become the ids and keys here, so that a later export of the same template meets its items
    again. A task belongs to whoever applies the plan, as it does in the app.
    """
    export = _parsed(text)
    found: list[Problem] = []
    head = _Record(export.templates[0], "ActionPlanTemplate", found)
    rows = [_Record(one, f"TaskTemplate[{n}]", found) for n, one in enumerate(export.tasks)]
    roll = _roll(head)
    numbered = [(row.whole("taskIndex", n), n, row) for n, row in enumerate(rows)]
    by_index = {index: row.filled("id") for index, _, row in numbered}
    if len(by_index) < len(rows):
        found.append(Problem("ActionPlanTemplateTasks", "two tasks have the same taskIndex"))
    numbered.sort(key=lambda one: one[:2])
    tasks = [_task(row, roll, by_index, warn) for _, _, row in numbered]
    template_id, title = head.filled("id"), head.filled("name")
    if not found:
        try:
            return Template(
                template_id, title, description=head.text("description"), tasks=tuple(t for t in tasks if t)
            )
        except Invalid as error:
            found += [problem.under("ActionPlanTemplate") for problem in error.problems]
    raise Invalid("XML", tuple(found))


@define
class _Record:
    """The fields of one element, decoded; what is wrong goes to `found` under its place."""

    fields: Fields
    place: str
    found: list[Problem]

    def wrong(self, name: str, message: str) -> None:
        self.found.append(Problem(f"{self.place}.{name}", message))

    def text(self, name: str) -> str:
        """The field's text, empty where it is absent or `null`."""
        raw = self.fields.get(name, "").strip()
        if raw in _NOTHING:
            return ""
        try:
            return _decoded(raw)
        except UnicodeDecodeError:
            self.wrong(name, f"is not URL-encoded UTF-8: {shown(raw)}")
            return ""

    def filled(self, name: str) -> str:
        """The field's text, which must be there."""
        if self.fields.get(name, "").strip() in _NOTHING:
            self.wrong(name, "is missing")
        return self.text(name)

    def whole(self, name: str, default: int) -> int:
        """The field's whole number; the app writes some as `1.0`."""
        text = self.text(name)
        if not text:
            return default
        if not _WHOLE.fullmatch(text):
            self.wrong(name, f"a whole number is wanted, not {shown(text)}")
            return default
        return int(text.partition(".")[0])

    def true(self, name: str) -> bool:
        """The field's yes or no; nothing is no."""
        text = self.text(name).lower()
        if text not in ("true", "false", ""):
            self.wrong(name, f"true or false is wanted, not {shown(text)}")
        return text == "true"


def _decoded(raw: str) -> str:
    """A value as it was before it was URL-encoded: `+` is a space, `%3E` a byte of UTF-8."""
    data = raw.replace("+", " ").encode()
    return re.sub(rb"%([0-9A-Fa-f]{2})", lambda found: bytes.fromhex(found[1].decode()), data).decode().strip()


def _roll(head: _Record) -> Roll:
    """Where a due date goes that falls on a weekend; the app knows two ways."""
    day = head.text("skipday").lower()
    if not head.true("skipWeekend") or not day:
        return "none"
    if day.startswith("start"):
        return "next"
    if not day.startswith("end"):
        head.wrong("skipday", f"'Start of next week' or 'End of previous week' is wanted, not {shown(day)}")
    return "previous"


def _task(row: _Record, roll: Roll, by_index: dict[int, str], warn: Callable[[Problem], None]) -> TemplateTask | None:
    key, title = row.filled("id"), row.filled("subject")
    days = row.whole("daysFromStart", 0)
    if row.true("sendEmail"):
        warn(
            Problem(
                f"{row.place}.sendEmail",
                f"{title!r} told its owner by e-mail: that is each person's own preference here",
            )
        )
    if days < 0:
        warn(Problem(f"{row.place}.daysFromStart", f"{title!r} has {days}, which the app counts as 0"))
    controller = _controller(row, by_index)
    priority = row.text("priority") or "normal"
    category, comments, reminder = row.text("category"), row.text("comments"), _reminder(row)
    try:
        return TemplateTask(
            key,
            title,
            comments,
            due=Offset(max(days, 0), anchor=f"task:{controller}" if controller else "start", roll=roll),
            owner=("applier",),
            priority=priority.lower() if priority.lower() in ("low", "normal", "high") else priority,
            category=category,
            reminder=reminder,
        )
    except Invalid as error:
        missing = {name for name, text in (("key", key), ("title", title)) if not text}
        row.found += [problem.under(row.place) for problem in error.problems if problem.place not in missing]
        return None


def _controller(row: _Record, by_index: dict[int, str]) -> str:
    """The id of the task that this one waits for, empty for none: named by id, or by index, or by both alike."""
    named, text = row.text("taskcontroller"), row.text("dependent")
    if not _WHOLE.fullmatch(text):
        return named
    index = row.whole("dependent", -1)
    if index not in by_index:
        row.wrong("dependent", f"there is no task of index {index}")
    elif named and named != by_index[index]:
        row.wrong("dependent", f"the task of index {index} is {by_index[index]!r}, the controller is {named!r}")
    return named or by_index.get(index, "")


def _reminder(row: _Record) -> Reminder | None:
    """When to remind on the due day: `reminderTime` is in minutes after midnight."""
    if not row.true("reminder"):
        return None
    minutes = row.whole("reminderTime", 480)
    if not 0 <= minutes < 24 * 60:
        row.wrong("reminderTime", f"minutes after midnight, 0 to 1439, are wanted, not {minutes}")
        return None
    return Reminder(at=dt.time(minutes // 60, minutes % 60))
