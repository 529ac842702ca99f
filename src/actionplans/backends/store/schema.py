"""The tables, as the SQL stores have them.

    plan ─┬─ objective      a plan is its row, its objectives' and its tasks'; what stands in no column is in `data`
          └─ task           links and offsets, which name other items of the plan, stand apart
    account
    record                  all other kinds: persons, templates, settings, ...
    journal                 one row an entry, linked to the one before by its hash; what is personal stands apart
    outbox                  one row a message, with what has become of it; until it is forgotten its key is known

The tenant is part of every key. `is_open` and `live` (the plan is neither merged nor archived) stand on the task, so
that the lists of open tasks have small indexes of their own; queries must name both as literals to use them.
`words` are what words are looked for in where a title is not all ASCII; where it is, its lower case does.
`sum` shows damage: of a row, and of a plan with all that stands in it; see `sums`.
A task's primary key is not its id alone: a plan may be copied or moved with the ids of its items.
"""

from __future__ import annotations

import re
from functools import reduce

from actionplans.backends.store.dialect import Dialect
from actionplans.errors import StoreError

TABLES = {
    "plan": """
        tenant text not null, id text not null, account_id text not null, title text not null, section text not null,
        stage_id text, status text not null, archived integer not null, owner_id text, template_id text not null,
        start text not null, open integer not null, done integer not null, total integer not null,
        revision bigint not null, created_by text, job text, job_row text, words text, data text not null,
        sum bigint not null,
        primary key (tenant, id)""",
    "objective": """
        tenant text not null, plan_id text not null, account_id text not null, position integer not null,
        id text not null, title text not null, status text not null, category text not null, start text,
        "end" text, owner_id text, words text, data text not null,
        primary key (tenant, plan_id, id),
        foreign key (tenant, plan_id) references @plan (tenant, id) on delete cascade""",
    "task": """
        tenant text not null, plan_id text not null, account_id text not null, position integer not null,
        id text not null, title text not null, status text not null, owner_id text, start text, due text,
        original_due text, type text not null, parent_id text, milestone_id text, stage_id text,
        live integer not null, is_open integer not null, words text, links text not null,
        offsets text not null, data text not null,
        primary key (tenant, plan_id, id),
        foreign key (tenant, plan_id) references @plan (tenant, id) on delete cascade""",
    "account": """
        tenant text not null, id text not null, key text not null, name text not null, parent_id text,
        type text not null, owner_id text, revision bigint not null, data text not null, sum bigint not null,
        primary key (tenant, id)""",
    "account_person": """
        tenant text not null, person_id text not null, account_id text not null,
        primary key (tenant, person_id, account_id),
        foreign key (tenant, account_id) references @account (tenant, id) on delete cascade""",
    "record": """
        tenant text not null, kind text not null, id text not null, account_id text, sort text not null,
        revision bigint not null, words text, data text not null, sum bigint not null,
        primary key (tenant, kind, id)""",
    "journal": """
        tenant text not null, record text not null, id text not null, revision bigint not null, data text not null,
        hash text not null, personal text,
        primary key (tenant, record, id, revision)""",
    "outbox": """
        number counting primary key, tenant text not null, key text not null, state text not null,
        moment text not null, tries bigint not null, reason text not null, data text not null, sum bigint not null,
        unique (tenant, key)""",
}
"""What each table is made of."""

INDEXES = {
    "plan_account": "@plan (tenant, account_id, id)",
    "plan_job": "@plan (tenant, job, job_row) where job is not null",
    "task_owner": "@task (tenant, owner_id, due, id) where is_open = 1 and live = 1",
    "task_account": "@task (tenant, account_id, due, id) where is_open = 1 and live = 1",
    "objective_account": '@objective (tenant, account_id, "end", id)',
    "account_key": "@account (tenant, key, id)",
    "account_owner": "@account (tenant, owner_id, key, id) where owner_id is not null",
    "account_people": "@account_person (tenant, account_id)",
    "account_parent": "@account (tenant, parent_id) where parent_id is not null",
    "record_sort": "@record (tenant, kind, sort, id)",
    "record_account": "@record (tenant, account_id, kind, sort, id) where account_id is not null",
    "outbox_state": "@outbox (tenant, state, moment, number)",
}
"""What is found fast: the lists of `storage`, in their order.

The list of everybody's open tasks has no index of its own, `(tenant, due, id)`: it would make a bulk launch 11 %
slower, and lead SQLite to read lists of a plan or of several owners by date. That list reads and sorts all open tasks.
"""

KEYS: dict[str, tuple[str, ...]] = {
    "plan": ("id",),
    "objective": ("plan_id", "id"),
    "task": ("plan_id", "id"),
    "account": ("id",),
    "account_person": ("person_id", "account_id"),
    "record": ("kind", "id"),
    "journal": ("record", "id", "revision"),
    "outbox": ("number",),
}
"""What tells the rows of a tenant apart in each table."""

UNIQUE = frozenset({"plan_job"})

BELONGING = frozenset(name for name, columns in TABLES.items() if "foreign key" in columns)
"""The tables whose rows belong to rows of another one, which a database looks up for each new row."""

STEPS: tuple[tuple[str, ...], ...] = (
    (
        *(f"create table @{name} ({columns})" for name, columns in TABLES.items()),
        *(f"create {'unique ' * (name in UNIQUE)}index {name} on {of}" for name, of in INDEXES.items()),
    ),
)
"""The migrations: a database of version n has had the first n, all that it needs in one transaction (S6)."""


def columns_of(table: str) -> tuple[str, ...]:
    """The columns of a table, in order, but for a number that counts up by itself."""
    columns = re.split(r"(?:primary key|unique) \(", TABLES[table])[0].split(",")
    return tuple(one.split()[0].strip('"') for one in columns if one.strip() and "counting" not in one)


def failed(number: int, error: StoreError) -> StoreError:
    """The error of a migration that failed in this step, which leaves all as it was (S6)."""
    told = f"step {number} of its migration failed, and all is as it was: {error.reason}"
    return type(error)(error.store, told)


def said(step: tuple[str, ...], dialect: Dialect) -> tuple[str, ...]:
    """The statements of a migration, as a database takes them; `text` and `counting` are types of its own."""
    types = ((" text", f" {dialect.text}"), (" counting", f" {dialect.number}"))
    return tuple(dialect.said(reduce(lambda sql, type: sql.replace(*type), types, one)) for one in step)
