"""What a type checker must see of the workspace; mypy and pyright read this file, nothing runs it."""

import sqlite3
from datetime import date
from typing import assert_type

import actionplans as ap
from actionplans import edit
from actionplans.sharing import View

assert_type(ap.open(connection=sqlite3.connect("crm.db"), actor=ap.Actor("ana")), ap.Workspace)

with ap.open("memory:", actor=ap.Actor("ana", roles={"manager"})) as ws:
    assert_type(ws, ap.Workspace)
    assert_type(ws.acting_as(ap.Actor("ben")), ap.Workspace)

    account = ws.accounts.get_or_create("Acme Corporation", website="acme.example")
    assert_type(account, ap.Account)
    template = ws.templates.publish(ap.read_template("follow_up.toml"))
    assert_type(template, ap.Template)
    draft = ws.draft(template, account, start=date(2026, 1, 5))
    assert_type(draft, ap.Draft)

    plan = ws.launch(draft)
    assert_type(plan, View)
    assert_type(ws.view(plan.id), View)
    assert_type(ws.change(plan.id, edit.complete, plan.task("call").id), View)
    ws.change(plan.id, edit.complete)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    ws.change(plan.id, edit.complete, 7)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
