"""The main job from end to end: companies, a template, a plan for each opportunity, work, reports, Excel.

    python examples/quickstart.py

Takes the sample data beside this file or, where the folder `../shared/data/crm` lies beside the project, the real data
in it. Writes `quickstart.db`, `quickstart-plan.xlsx` and `quickstart-portfolio.xlsx` into the folder it is run in; run
again, it finds what is there and adds nothing twice.
"""

from __future__ import annotations

import csv
import datetime as dt
import difflib
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path

import attrs

import actionplans as ap
from actionplans import edit, progress
from actionplans.accounts import name_key
from actionplans.settings import CustomField

HERE = Path(__file__).resolve().parent
REAL = HERE.parent.parent / "shared" / "data" / "crm"
STORE, PLAN, PORTFOLIO = Path("quickstart.db"), Path("quickstart-plan.xlsx"), Path("quickstart-portfolio.xlsx")
SECTORS = "technology medical retail software entertainment marketing finance employment services telecommunications"
COUNTRIES = (
    "United States",
    "Philippines",
    "Kenya",
    "Japan",
    "Italy",
    "Norway",
    "Korea",
    "Jordan",
    "Brazil",
    "Germany",
)
COUNTRIES += ("Panama", "Belgium", "Romania", "Poland", "China", "Portugal")
WORKED_ON = 20
"""Every so-manieth plan gets its first two tasks done."""

Row = dict[str, str]


def main() -> int:
    """Do it all, and say so."""
    data = REAL if REAL.is_dir() else HERE / "sample_crm"
    rows = {name: read(data / f"{name}.csv") for name in ("accounts", "sales_teams", "products", "sales_pipeline")}
    dates = [row[name] for row in rows["sales_pipeline"] for name in ("engage_date", "close_date") if row[name]]
    last = dt.date.fromisoformat(max(dates))
    print(f"{data.name}: {len(rows['accounts'])} companies, {len(rows['sales_pipeline'])} opportunities, up to {last}")
    corrections: Counter[str] = Counter()
    with opened(last) as ws:
        with part("people and companies"):
            set_up(ws, rows["sales_pipeline"])
            people = add_people(ws, rows["sales_teams"])
            accounts = add_accounts(ws, rows["accounts"], rows["sales_pipeline"], people, corrections)
        with part("template"):
            template = ws.templates.publish(ap.read_template(HERE / "templates" / "opportunity.toml"))
            print(f"  {template.title!r}, version {template.version}: {len(template.tasks)} tasks")
        with part("a plan for each opportunity"):
            launch(ws, template, rows["sales_pipeline"], accounts, people, rows["products"], corrections)
        for correction, times in sorted(corrections.items()):
            print(f"  taken as meant: {correction} ({times} times)")
        with part("some work"):
            work(ws)
        with part("what is overdue"):
            overdue(ws, last)
        with part("progress by company, its subsidiaries included"):
            by_company(ws)
        with part("Excel"):
            export(ws)
        before = census(ws)
    with part("closed and opened again"), opened(last) as ws:
        after = census(ws)
        print(
            f"  {after['plans']} plans, {after['tasks']} tasks, {after['done']} of them done: all there"
            * (after == before)
        )
    return 0 if after == before else 1


def opened(today: dt.date) -> ap.Workspace:
    """The workspace, on the day after the last one in the data."""
    moment = dt.datetime.combine(today, dt.time(12), dt.UTC) + dt.timedelta(days=1)
    return ap.open(f"sqlite:///{STORE}", actor=ap.Actor("quickstart", roles={"administrator"}), clock=lambda: moment)


def read(path: Path) -> list[Row]:
    """The rows of a CSV file."""
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def corrected(word: str, known: Iterable[str], corrections: Counter[str]) -> str:
    """The known word that was meant: the same letters, or nearly so; else the word as it is."""
    named = {name_key(one).replace(" ", ""): one for one in known}
    key = name_key(word).replace(" ", "")
    close = [key] if key in named else difflib.get_close_matches(key, named, n=1, cutoff=0.85)
    meant = named[close[0]] if close and key else word
    if meant != word:
        corrections[f"{word} → {meant}"] += 1
    return meant


def add_people(ws: ap.Workspace, teams: list[Row]) -> dict[str, str]:
    """The agents and their managers as persons; their ids by name."""
    there = {person.name: person.id for person in ws.people.all()}
    names = dict.fromkeys(name for row in teams for name in (row["sales_agent"], row["manager"]))
    for name in names:
        if name not in there:
            there[name] = ws.people.add(ap.Person(name_key(name).replace(" ", "."), name)).id
    for manager in dict.fromkeys(row["manager"] for row in teams):
        members = frozenset(there[row["sales_agent"]] for row in teams if row["manager"] == manager)
        team = ap.Team(f"team-{there[manager]}", f"Team of {manager}", members | {there[manager]})
        if team.id not in {one.id for one in ws.teams.all()}:
            ws.teams.add(team)
    print(f"  {len(there)} persons")
    return there


def add_accounts(
    ws: ap.Workspace, companies: list[Row], opportunities: list[Row], people: dict[str, str], corrections: Counter[str]
) -> dict[str, ap.Account]:
    """The companies with their owners and parents, by name; a parent is made before its subsidiaries."""
    agents: dict[str, Counter[str]] = {}
    for row in opportunities:
        agents.setdefault(row["account"], Counter())[row["sales_agent"]] += 1
    left, made = {row["account"]: row for row in companies}, {}
    while left:
        ready = [row for row in left.values() if row["subsidiary_of"] not in left]
        for row in ready or left.values():
            name, parent = row["account"], row["subsidiary_of"]
            owner = agents[name].most_common(1)[0][0] if name in agents else None
            made[name] = ws.accounts.get_or_create(
                name,
                type=corrected(row["sector"], SECTORS.split(), corrections),
                parent_id=made[parent].id if parent else None,
                owner_id=people[owner] if owner else None,
                custom=ap.FrozenMap({"country": corrected(row["office_location"], COUNTRIES, corrections)}),
            )
        left = {name: row for name, row in left.items() if name not in made}
    subsidiaries = sum(account.parent_id is not None for account in made.values())
    print(f"  {len(made)} companies, {subsidiaries} of them subsidiaries")
    return made


def set_up(ws: ap.Workspace, opportunities: list[Row]) -> None:
    """The stages of the deals, added to the library's, and a field for a company's country."""
    settings = ws.settings.get()
    titles = sorted({row["deal_stage"] for row in opportunities} - {one.title for one in settings.stages})
    stages = tuple(ap.Stage(name_key(one), one, key=name_key(one), fixed=True) for one in titles)
    country = CustomField("country", "Country", of="account")
    ws.settings.update(stages=settings.stages + stages, custom_fields=(country,))


def launch(
    ws: ap.Workspace,
    template: ap.Template,
    opportunities: list[Row],
    accounts: dict[str, ap.Account],
    people: dict[str, str],
    products: list[Row],
    corrections: Counter[str],
) -> None:
    """One plan for each opportunity that has a company and an engage date; the others are told with the reason."""
    there = {head.title for head in ws.plans()}
    stage_ids = {stage.title: stage.id for stage in ws.settings.get().stages}
    names = [row["product"] for row in products]
    left_out: Counter[str] = Counter()

    def drafts() -> Iterator[ap.Draft]:
        for row in opportunities:
            account = corrected(row["account"], accounts, corrections)
            lacks = [what for what, given in (("company", account), ("engage date", row["engage_date"])) if not given]
            lacks += [f"known company ({account})"] * bool(account and account not in accounts)
            product = corrected(row["product"], names, corrections)
            title = f"{product} for {account} ({row['opportunity_id']})"
            if lacks:
                left_out["no " + " and no ".join(lacks)] += 1
            elif title not in there:
                start = dt.date.fromisoformat(row["engage_date"])
                draft = ws.draft(
                    template, accounts[account], start=start, title=title, owner_id=people[row["sales_agent"]]
                )
                yield attrs.evolve(draft, stage_id=stage_ids[row["deal_stage"]])

    begun, launched = time.perf_counter(), 0
    for result in ws.launch_many(drafts(), progress=bar(len(opportunities))):
        if result.error is not None:
            left_out[str(result.error)] += 1
        launched += result.error is None
    took = time.perf_counter() - begun
    print(
        f"  {launched} launched ({launched * len(template.tasks) / took:,.0f} tasks a second), {len(there)} were there"
    )
    for reason, times in sorted(left_out.items()):
        print(f"  {times} not launched: {reason}")
    if launched + len(there) + left_out.total() != len(opportunities):
        raise SystemExit("an opportunity was lost on the way")


def work(ws: ap.Workspace) -> None:
    """The first two tasks of every twentieth plan are done; those that are done already stay so."""
    heads = list(ws.plans())[::WORKED_ON]
    tell = bar(len(heads))
    for n, head in enumerate(heads):
        view = ws.view(head.id)
        for key in ("call", "needs"):
            view = ws.change(head.id, edit.complete, view.task(key).id)
        tell(n + 1, len(heads))
    print(f"  {2 * len(heads)} tasks done")


def overdue(ws: ap.Workspace, today: dt.date) -> None:
    """How much is late, and who has most of it."""
    late: Counter[str] = Counter()
    for found in ws.tasks(ap.TaskQuery(due_before=today)):
        late[found.task.owner_id or "nobody"] += 1
    print(
        f"  {late.total()} tasks were due before {today}; most with "
        + ", ".join(f"{who} ({n})" for who, n in late.most_common(3))
    )


def by_company(ws: ap.Workspace) -> None:
    """Open and done work of the companies that have subsidiaries, with all that is below them."""
    totals: dict[str, Counter[str]] = {}
    for head in ws.plans():
        totals.setdefault(head.account_id, Counter()).update(open=head.open, done=head.done, plans=1)
    accounts = list(ws.accounts.all())
    parents = {account.parent_id for account in accounts}
    for account in accounts:
        if account.id in parents:
            below = ws.accounts.below(account.id)
            total = sum((totals.get(one, Counter()) for one in below), Counter())
            share = Fraction(total["done"], (total["done"] + total["open"]) or 1)
            shown = progress.percent(share, anything_open=total["open"] > 0)
            counted = f"{len(below):3} companies {total['plans']:5} plans {total['done']:6} done {shown:4} %"
            print(f"  {account.name:28} {counted}")


def export(ws: ap.Workspace) -> None:
    """One plan, and all of them."""
    first = next(iter(ws.plans()))
    ws.export(first.id, PLAN)
    ws.export(ap.PlanQuery(), PORTFOLIO, progress=bar(None))
    print(f"  {PLAN} ({PLAN.stat().st_size:,} bytes), {PORTFOLIO} ({PORTFOLIO.stat().st_size:,} bytes)")


def census(ws: ap.Workspace) -> Counter[str]:
    """What is in the store."""
    found: Counter[str] = Counter()
    for head in ws.plans():
        found.update(plans=1, tasks=head.total, done=head.done, open=head.open, revisions=head.revision)
    return found


def bar(total: int | None) -> Callable[[int, int | None], None]:
    """A progress bar on a terminal, and nothing elsewhere."""

    def show(done: int, known: int | None) -> None:
        of = known or total
        if sys.stderr.isatty():
            filled = "█" * (30 * done // of) if of else ""
            sys.stderr.write(f"\r  {filled:30} {done}" + (f" of {of}" if of else "") + ("\n" if done == of else ""))

    return show


@contextmanager
def part(name: str) -> Iterator[None]:
    """Print a heading, and how long what follows took."""
    print(f"\n{name}")
    begun = time.perf_counter()
    yield
    print(f"  {time.perf_counter() - begun:.2f} s")


if __name__ == "__main__":
    sys.exit(main())
