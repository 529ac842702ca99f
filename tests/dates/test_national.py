"""Ready-made calendars of countries (D6), against the package that they come from."""

from __future__ import annotations

import datetime as dt
import sys
from itertools import count
from typing import Any

import attrs
import pytest

import actionplans as ap
from actionplans import edit
from actionplans.errors import Invalid, MissingExtra
from actionplans.model import Dependency, Offset, Template, TemplateTask
from actionplans.national import national_calendar
from actionplans.workdays import work_days
from actionplans.workspace import Workspace
from tests.size import size
from tests.workspace.world import opened, peopled

holidays = pytest.importorskip("holidays", reason="the package holidays is not installed")

SEVERAL = [
    ("DE", ""),
    ("DE", "BY"),
    ("US", "CA"),
    ("CN", ""),
    ("IL", ""),
    ("SA", ""),
    ("AE", ""),
    ("HK", ""),
    ("BR", "SP"),
    ("JP", ""),
]
YEARS = range(2019, 2027)


def days_of(years: range) -> list[dt.date]:
    """Every day of these years."""
    first, last = dt.date(years[0], 1, 1), dt.date(years[-1], 12, 31)
    return [first + dt.timedelta(n) for n in range((last - first).days + 1)]


@pytest.mark.parametrize(("country", "part"), SEVERAL)
def test_a_day_is_worked_where_the_package_says_so(country: str, part: str) -> None:
    """Day by day over eight years: weekends as they were, holidays, days that are made up."""
    calendar = national_calendar(country, part, years=YEARS)
    ours, theirs = work_days(calendar), holidays.country_holidays(country, subdiv=part or None, years=YEARS)
    assert [] == [day for day in days_of(YEARS) if ours.is_working(day) != theirs.is_working_day(day)]
    assert {day for day in theirs if day.year in YEARS} <= calendar.holidays


def test_all_countries_of_the_package_make_a_calendar_or_say_why_not() -> None:
    """None of them silently without holidays; a soak asks all of them, day by day."""
    known = sorted(holidays.list_supported_countries(include_aliases=False))
    for country in known[:: max(1, len(known) // size(len(known)))]:
        theirs = holidays.country_holidays(country, years=(2025, 2026))
        try:
            ours = work_days(national_calendar(country, years=(2025, 2026)))
        except Invalid as error:
            assert ["years"] == [one.place for one in error.problems], country
            assert any(not any(day.year == year for day in theirs) for year in (2025, 2026)), country
        else:
            assert [] == [
                day for day in days_of(range(2025, 2027)) if ours.is_working(day) != theirs.is_working_day(day)
            ]


def test_weekends_are_the_country_s() -> None:
    """Saturday and Sunday, Friday and Saturday, or Sunday alone."""
    weekdays = {country: national_calendar(country, years=2026).weekdays for country in ("DE", "SA", "IL", "HK")}
    workweek = frozenset({7, 1, 2, 3, 4})
    assert {"DE": frozenset(range(1, 6)), "SA": workweek, "IL": workweek, "HK": frozenset(range(1, 7))} == weekdays


def test_a_weekend_that_was_changed_counts_as_it_was() -> None:
    """The Emirates rested on Friday and Saturday until 2021, and rest on Saturday and Sunday since."""
    emirates = work_days(national_calendar("AE", years=(2021, 2022)))
    friday, sunday = dt.date(2021, 6, 4), dt.date(2021, 6, 6)
    later = dt.timedelta(weeks=52)
    worked = [emirates.is_working(day) for day in (friday, sunday, friday + later, sunday + later)]
    assert [False, True, True, False] == worked


def test_days_that_are_made_up_are_worked() -> None:
    """In China some Saturdays and Sundays before and after holidays."""
    china = national_calendar("CN", years=2025)
    made_up = holidays.country_holidays("CN", years=2025).weekend_workdays
    wanted = {day for day in made_up if day.year == 2025}
    assert wanted and wanted == china.working_days
    assert {day.isoweekday() for day in wanted} <= {6, 7}


def test_the_result_is_a_plain_calendar_of_the_years_that_were_asked_for() -> None:
    """With nothing of the years beside them, called by its codes or as it is told, the same each time."""
    bavaria = national_calendar("DE", "BY", years=range(2026, 2028))
    assert ("DE-BY", {2026, 2027}) == (bavaria.name, bavaria.years)
    assert {2026, 2027} == {day.year for day in bavaria.holidays}
    assert bavaria == national_calendar("DE", "BY", years=[2027, 2026])
    assert "office" == national_calendar("DE", years=2026, name="office").name
    alone = national_calendar("DE", "BY", years=2027)
    assert {day for day in bavaria.holidays if day.year == 2027} == alone.holidays
    assert dt.date(2026, 1, 6) in bavaria.holidays - national_calendar("DE", years=2026).holidays, "Epiphany"


WRONG: dict[str, tuple[str, Any]] = {
    "a country that there is not": ("country", {"country": "XX"}),
    "small letters": ("country", {"country": "de"}),
    "a name": ("country", {"country": "Germany"}),
    "no text": ("country", {"country": 49}),
    "nothing": ("country", {"country": ""}),
    "a part that there is not": ("subdivision", {"subdivision": "XX"}),
    "a part of a country without parts": ("subdivision", {"country": "AE", "subdivision": "DU"}),
    "a part that is no text": ("subdivision", {"subdivision": 5}),
    "a year before the first": ("years", {"years": 1900}),
    "some years before the first": ("years", {"years": range(1980, 2000)}),
    "a year after the last": ("years", {"years": 9999}),
    "a year whose holidays are not known": ("years", {"country": "UA", "years": range(2020, 2031)}),
    "no year": ("years", {"years": ()}),
    "year 0": ("years", {"years": 0}),
    "yes": ("years", {"years": True}),
    "text": ("years", {"years": "2026"}),
    "half a year": ("years", {"years": 2026.5}),
    "a list with text": ("years", {"years": [2026, "2027"]}),
    "None": ("years", {"years": None}),
    "all years": ("years", {"years": range(1, 10_000)}),
    "years without an end": ("years", {"years": count(2026)}),
    "a name of two": ("name", {"name": "a & b"}),
    "a name that is no text": ("name", {"name": 5}),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_is_not_known_is_refused_with_its_place(name: str) -> None:
    """Never taken for a country or a year without holidays."""
    place, given = WRONG[name]
    asked: dict[str, Any] = {"country": "DE", "years": 2026} | given
    with pytest.raises(Invalid) as error:
        national_calendar(asked.pop("country"), asked.pop("subdivision", ""), **asked)
    assert [place] == [one.place for one in error.value.problems]


def test_a_country_or_part_that_is_nearly_right_is_guessed() -> None:
    """The message says what there is."""
    with pytest.raises(Invalid, match=r"is it DE\?"):
        national_calendar("de", years=2026)
    with pytest.raises(Invalid, match=r"is it BY\?"):
        national_calendar("DE", "by", years=2026)
    with pytest.raises(Invalid, match="it has none"):
        national_calendar("AE", "DU", years=2026)
    with pytest.raises(Invalid, match="from 1991 to 2100"):
        national_calendar("DE", years=range(1989, 1993))


def test_without_the_package_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever is asked for."""
    monkeypatch.setitem(sys.modules, "holidays", None)
    with pytest.raises(MissingExtra, match=r"actionplans\[holidays\]") as error:
        national_calendar("DE", years=2026)
    assert ("holidays", "holidays") == (error.value.library, error.value.extra)


# Dates beyond the years that a calendar knows

TEMPLATE = Template(
    "two-years",
    "Two years",
    tasks=(
        TemplateTask("near", "Near", due=Offset(5, "working_days"), owner=("applier",)),
        TemplateTask("far", "Far", due=Offset(13, "months"), owner=("applier",)),
        TemplateTask("next", "Next", due=Offset(5, "working_days"), after=(Dependency("near"),), owner=("applier",)),
    ),
)


def german(years: int | range = 2026) -> Workspace:
    """A workspace in which everybody works in Germany, with a template whose second task is due a year later."""
    ws = peopled(opened())
    calendars = (*ws.settings.get().calendars, national_calendar("DE", years=years, name="germany"))
    ws.settings.update(calendars=calendars, calendar="germany")
    ws.templates.publish(TEMPLATE)
    return ws


def test_a_launch_into_years_that_are_not_known_warns() -> None:
    """Told with the view, by a launch, its preview and a bulk launch alike; not where the years are known."""
    with german() as ws:
        draft = ws.draft("two-years", "acme", start=dt.date(2026, 1, 5))
        preview, (bulk,) = ws.preview_launch(draft), ws.launch_many([draft])
        plan = ws.launch(draft)
        assert {"Far"} == {plan.plan.item(one.item_id).title for one in plan.warnings if "2027" in one.message}
        assert ["2027" in one.message for one in preview.warnings] == [True]
        assert ["2027" in one.message for one in bulk.warnings] == [True]
        assert () == ws.view(plan.id).warnings
    with german(range(2026, 2028)) as ws:
        assert () == ws.launch(ws.draft("two-years", "acme", start=dt.date(2026, 1, 5))).warnings


def test_a_change_warns_only_of_what_it_brought() -> None:
    """Not of what stood there, and not again; also of what a change moved besides itself, and where a year changes."""
    with german() as ws:
        plan = ws.launch(ws.draft("two-years", "acme", start=dt.date(2026, 1, 5)))
        near, far, behind = (plan.task(key).id for key in ("near", "far", "next"))
        assert () == ws.change(plan.id, edit.update, near, title="Nearer").warnings
        late = {"due": dt.date(2027, 6, 1)}
        told = ws.preview(plan.id, edit.update, near, **late).warnings
        assert {near, behind} == {one.item_id for one in told}
        assert told == ws.change(plan.id, edit.update, near, **late).warnings
        assert () == ws.change(plan.id, edit.update, near, due=dt.date(2027, 6, 2)).warnings
        (warning,) = ws.change(plan.id, edit.update, far, due=dt.date(2028, 6, 1)).warnings
        assert (far, True) == (warning.item_id, "2028" in warning.message)
        assert () == ws.change(plan.id, edit.update, near, due=dt.date(2026, 6, 1)).warnings
        (warning,) = ws.change(plan.id, edit.update, near, **late).warnings
        assert near == warning.item_id
        new = ap.Task(title="New", due=dt.date(2029, 1, 2))
        assert ["2029" in one.message for one in ws.change(plan.id, edit.add, new).warnings] == [True]
        assert () == ws.change(plan.id, edit.complete, near).warnings
        assert () == ws.change(plan.id, edit.update, near, description="Done").warnings


def test_a_calendar_that_comes_in_warns_of_the_dates_it_does_not_know() -> None:
    """The plan's own, another task's owner's, or after the settings' has changed, when the plan is counted again."""
    with german() as ws:
        ws.settings.update(calendar="default")
        plan = ws.launch(ws.draft("two-years", "acme", start=dt.date(2026, 1, 5)))
        far = plan.task("far").id
        assert () == plan.warnings
        told = ws.preview(plan.id, edit.update_plan, calendar="germany").warnings
        assert [far] == [one.item_id for one in told]
        ws.people.update("ben", calendar="germany")
        assert [far] == [one.item_id for one in ws.preview(plan.id, edit.assign, far, "ben").warnings]
        before = ws.settings.get()
        after = ws.settings.update(calendar="germany")
        assert attrs.evolve(before, calendar="germany", revision=after.revision) == after
        assert [far] == [one.item_id for one in ws.change(plan.id, edit.recount, before).warnings]
