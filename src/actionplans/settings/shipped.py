"""The vocabularies as they ship, so that every walk-through works without set-up (L8)."""

from __future__ import annotations

from actionplans.model.plan import Stage
from actionplans.settings.nouns import ObjectiveStatus, Section


def shipped_sections() -> tuple[Section, ...]:
    """The sections that make the walk-throughs work without set-up (L8)."""
    return (
        Section(
            "growth_plans",
            "Growth Plans",
            "Future or forward looking items such as an increase in revenue",
            profile="ancestors",
            progress_by="objectives",
        ),
        Section(
            "client_commitments",
            "Client Commitments",
            "Service delivery and all current contractual obligations",
            profile="ancestors",
            progress_by="objectives",
        ),
        Section("sales_plan", "Sales plan", "Stages with their tasks and tactics", depth=1, tasks_need_stage=True),
    )


def shipped_stages() -> tuple[Stage, ...]:
    """The stages of the library as they ship (L8)."""
    titles = ("Prospecting", "Qualification", "Proposal", "Negotiation", "Closing", "Onboarding", "Renewal")
    return tuple(Stage(title.lower(), title, key=title.lower(), fixed=True) for title in titles)


def shipped_objective_statuses() -> tuple[ObjectiveStatus, ...]:
    """The statuses of objectives as they ship (L6)."""
    return (
        ObjectiveStatus("not_started", "Not started"),
        ObjectiveStatus("on_track", "On track"),
        ObjectiveStatus("at_risk", "At risk"),
        ObjectiveStatus("achieved", "Achieved", "achieved"),
        ObjectiveStatus("missed", "Missed", "missed"),
    )
