"""Verbs that a host writes, run by a workspace like those of the library."""

import attrs
import pytest

import actionplans as ap
from actionplans import edit
from actionplans.errors import Invalid
from actionplans.workspace import Workspace


def test_what_a_hosts_own_verb_gives_is_checked_in_full(ws: Workspace) -> None:
    """A verb of the library checks what it touches; another's may have made anything."""

    @edit.verb("edit")
    def spoil(plan: ap.Plan, context: edit.Context) -> ap.Plan:
        return attrs.evolve(plan, tasks=(ap.Task("t", "A task", dependencies=(ap.Dependency("gone"),)),))

    plan = ws.new_plan("acme", "A plan")
    with pytest.raises(Invalid, match="there is no task or milestone 'gone'"):
        ws.change(plan.id, spoil)
