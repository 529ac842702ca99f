"""Launching many: a chunk is a transaction, and what fails leaves the others alone (T4, T11)."""

import datetime as dt
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import islice

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import actionplans as ap
from actionplans.errors import Invalid, NotAllowed, NotFound, Refused, StoreFull, Unresolved
from actionplans.model import Draft, Offset, Override, Row, Template, TemplateTask
from actionplans.settings import Grant
from actionplans.workspace import Workspace
from tests.size import size
from tests.workspace.executors import Later
from tests.workspace.test_races import Interrupted
from tests.workspace.world import FOLLOW_UP, MONDAY, opened, peopled, snapshot, store_of, watched


def drafts(ws: Workspace, number: int) -> list[Draft]:
    """Drafts of the follow-up on Acme, a day apart."""
    return [ws.draft("follow-up", "acme", start=MONDAY + dt.timedelta(n)) for n in range(number)]


def unnamed(plan: ap.Plan) -> ap.Plan:
    """The plan with keys and numbers in the place of ids, to compare two launches."""
    names = {plan.id: "plan"} | {one.id: getattr(one, "key", "") for one in plan.items()}
    tasks = tuple(
        attrs.evolve(
            one,
            id=names[one.id],
            dependencies=tuple(
                attrs.evolve(link, predecessor_id=names[link.predecessor_id]) for link in one.dependencies
            ),
        )
        for one in plan.tasks
    )
    return attrs.evolve(plan, id="plan", tasks=tasks)


def test_many_launches_give_what_single_ones_give(ws: Workspace) -> None:
    """Only the ids differ."""
    wanted = drafts(ws, 7)
    single = [unnamed(ws.launch(one).plan) for one in wanted]
    many = [unnamed(ws.view(one.plan_id or "").plan) for one in ws.launch_many(wanted, chunk=3)]
    assert single == many


def test_a_chunk_is_one_transaction(ws: Workspace) -> None:
    """And progress is told after each, with the total where it is known."""
    through, store = watched(ws)
    told: list[tuple[int, int | None]] = []
    results = list(through.launch_many(drafts(ws, 7), chunk=3, progress=lambda *one: told.append(one)))
    assert (7, 3) == (len({one.plan_id for one in results}), store.commits)
    assert [(3, 7), (6, 7), (7, 7)] == told
    told.clear()
    list(through.launch_many(iter(drafts(ws, 2)), progress=lambda *one: told.append(one)))
    assert [(2, None)] == told


def test_chunks_are_launched_as_results_are_taken(ws: Workspace) -> None:
    """The stream is read a chunk at a time, so it may be endless."""
    taken = []

    def endless() -> Iterator[Draft]:
        while True:
            taken.append(1)
            yield ws.draft("follow-up", "acme", start=MONDAY)

    results = ws.launch_many(endless(), chunk=5)
    assert [] == taken
    assert 5 == len([next(results) for _ in range(5)]) == len(taken) == len(list(ws.plans()))


def test_whoever_a_launch_names_is_looked_up(ws: Workspace) -> None:
    """By id, team, address and role, for a single launch and for many (T5)."""
    ws.accounts.update("acme", roles={"csm": "cleo"})
    rules = ("person:ben", "team:cs", "email:ben@example.com", "email:CLEO@Example.com", "role:csm", "account_owner")
    tasks = tuple(TemplateTask(f"t{n}", "T", due=Offset(1), owner=(rule,)) for n, rule in enumerate(rules))
    ws.templates.publish(Template("named", "Named", tasks=tasks))
    draft = ws.draft("named", "acme", start=MONDAY)
    (many,) = ws.launch_many([draft])
    for plan in (ws.launch(draft), ws.view(many.plan_id or "")):
        assert ["ben", "team:cs", "ben", "cleo", "cleo", "ana"] == [task.owner_id for task in plan.tasks]
        assert {"Ben", "Customer Success", "Cleo", "Ana"} == {plan.name(task.owner_id) for task in plan.tasks}


def test_what_fails_is_told_and_leaves_the_others_alone(ws: Workspace) -> None:
    """Each with its own error, in the order of the drafts."""
    good = drafts(ws, 1)[0]
    ws.templates.publish(Template("csm", "CSM", tasks=(TemplateTask("a", "A", due=Offset(1), owner=("role:csm",)),)))
    stream = [
        good,
        attrs.evolve(good, account_id="nothing"),
        ws.draft("csm", "acme", start=MONDAY),
        attrs.evolve(good, dropped=frozenset({"nothing"})),
        "no draft",
        None,
        good,
    ]
    results = list(ws.launch_many(stream, chunk=10))  # type: ignore[arg-type]
    assert [None, NotFound, Unresolved, Invalid, Invalid, Invalid, None] == [
        type(one.error) if one.error else None for one in results
    ]
    assert stream == [one.given for one in results]
    assert {one.plan_id for one in results if one.plan_id} == {one.id for one in ws.plans()}
    assert 2 == len(list(ws.plans()))


def test_a_row_that_names_no_account_or_has_no_template_is_told_as_that_row(ws: Workspace) -> None:
    """By its key, with the field, or the argument that is lacking (T11)."""
    unknown, nameless = Row("k-1", "nope", MONDAY), Row("", "nope", MONDAY)
    for row, called in ((unknown, "row 'k-1'"), (nameless, "the row")):
        (told,) = ws.launch_many([row], template="follow-up")
        assert NotFound is type(told.error)
        assert f"there is no account 'nope' here: the account_id of {called} names none" in str(told.error)
    (told,) = ws.launch_many([unknown])
    assert "row 'k-1': template: rows say nothing of it: give launch_many the one" in str(told.error)


def test_a_draft_that_was_launched_before_is_told_with_its_plan(ws: Workspace) -> None:
    """Drafts may bring a job and a row of their own; launched again one by one they are refused (T11, C13)."""
    rows = [attrs.evolve(one, job="import", row=str(n)) for n, one in enumerate(drafts(ws, 4))]
    first = list(ws.launch_many(rows[1:2]))
    again = list(ws.launch_many([*rows, rows[0]]))
    assert [None, None, None, None, Refused] == [type(one.error) if one.error else None for one in again]
    assert [False, True, False, False, False] == [one.already for one in again]
    stored = {one.id for one in ws.plans()}
    assert {one.plan_id for one in (*first, *again) if one.plan_id} == stored
    assert 4 == len(stored)
    with pytest.raises(Refused, match="already"):
        ws.launch(rows[2])


def test_a_store_that_fails_stops_the_stream(ws: Workspace) -> None:
    """The error comes out; finished chunks are stored, the failed one is not."""
    through, store = watched(ws)

    def full() -> None:
        raise StoreFull("disk", "no space left")

    store.before_commit = [lambda: None, full]
    results, taken = through.launch_many(drafts(ws, 6), chunk=2), []
    with pytest.raises(StoreFull):
        for one in results:
            taken.append(one)
    assert (2, 2) == (len(taken), len(list(ws.plans())))


def test_who_may_not_launch_launches_nothing(ws: Workspace) -> None:
    """Each draft is refused with the reason."""
    viewer = ws.acting_as(ap.Actor("zoe", roles={"viewer"}))
    stream, before = drafts(ws, 3), snapshot(store_of(ws))
    assert [NotAllowed] * 3 == [type(one.error) for one in viewer.launch_many(stream)]
    assert before == snapshot(store_of(ws))


def test_who_would_not_see_the_plan_launches_none(ws: Workspace) -> None:
    """As in a single launch; those that they would see are launched."""
    grants = Grant("seller", "*.launch"), Grant("seller", "account.see"), Grant("seller", "template.see")
    forbidden = Grant("seller", "plan.see", "account", allow=False)
    ws.settings.update(policy=(*ws.settings.get().policy, *grants, Grant("seller", "plan.see", "own"), forbidden))
    seller = ws.acting_as(ap.Actor("ana", roles={"seller"}))
    ws.accounts.add(ap.Account("other", "Other", owner_id="ben"))
    stream = [ws.draft("follow-up", account, start=MONDAY) for account in ("acme", "other", "acme")]
    with pytest.raises(NotAllowed, match=r"plan\.see"):
        seller.launch(stream[0])
    told = [*seller.launch_many(stream)]
    assert [True, False, True] == [isinstance(one.error, NotAllowed) for one in told]
    assert [told[1].plan_id] == [one.id for one in ws.plans()]


# Rows


def test_rows_give_what_drafts_give(ws: Workspace) -> None:
    """With their own dates, titles, owners and changes, or those of the template and the account."""
    changed = {"call": Override(title="Ring", owner_id="ben")}
    ws.templates.publish(Template("two", "Two", anchors=("go_live",), tasks=(optional("a"), optional("b"))))
    rows = [
        Row("1", "acme", MONDAY),
        Row("2", "acme", MONDAY, changed, title="Mine", owner_id="ben"),  # type: ignore[arg-type]
        Row("3", "acme", anchors={"start": MONDAY}),  # type: ignore[arg-type]
    ]
    draft = ws.draft("follow-up", "acme", start=MONDAY)
    drafts = [draft, attrs.evolve(draft, overrides=changed, title="Mine", owner_id="ben"), draft]
    told = list(ws.launch_many(rows, template="follow-up"))
    assert [[], ["1", "2", "3"]] == [[one.error for one in told if one.error], [one.key for one in told]]
    expected = [unnamed(ws.launch(one).plan) for one in drafts]
    assert expected == [unkeyed(unnamed(ws.view(one.plan_id or "").plan)) for one in told]
    (one,) = ws.launch_many(
        [Row("4", "acme", MONDAY, {}, {"go_live": MONDAY}, {"b"}, custom={})],  # type: ignore[arg-type]
        template=ws.templates.get("two"),
    )
    assert ["a"] == [task.key for task in ws.view(one.plan_id or "").tasks]


def optional(key: str) -> TemplateTask:
    """A task that may be dropped."""
    return TemplateTask(key, key, due=Offset(1, anchor="go_live"), required=False)


def unkeyed(plan: ap.Plan) -> ap.Plan:
    """The plan without the key of its row."""
    assert plan.launch is not None
    return attrs.evolve(plan, launch=attrs.evolve(plan.launch, row=""))


def test_what_a_row_lacks_is_told_at_once(ws: Workspace) -> None:
    """And what it names that is not there; the rest is launched."""
    draft = ws.draft("follow-up", "acme", start=MONDAY)
    stream = [
        Row(),
        Row("a", " ", MONDAY),
        Row("b", "acme"),
        Row("c", "akme", MONDAY),
        Row("d", "acme", MONDAY, title=" "),
        Row("e", "acme", MONDAY, owner_id="nobody"),
        Row("f", "acme", MONDAY, anchors={"live": MONDAY}),  # type: ignore[arg-type]
        draft,
        Row("g", "acme", MONDAY),
    ]
    told = list(ws.launch_many(stream, template="follow-up", job="import"))  # type: ignore[arg-type]
    said = [[one.place for one in getattr(one.error, "problems", ())] for one in told]
    assert [
        ["key", "account_id", "start"],
        ["account_id"],
        ["start"],
        [],
        ["title"],
        ["owner_id"],
        ["anchors['live']"],
        [""],
        [],
    ] == said
    assert (NotFound, None) == (type(told[3].error), told[8].error)
    assert [told[8].plan_id] == [one.id for one in ws.plans()]


def test_all_that_is_wrong_with_the_call_is_told_at_once(ws: Workspace) -> None:
    """Before anything is read of the stream."""
    with pytest.raises(Invalid) as error:
        ws.launch_many(1, template=2, job=" ", chunk=0, executor=3, progress=4)  # type: ignore[arg-type]
    assert ["rows", "template", "job", "chunk", "executor", "progress"] == [one.place for one in error.value.problems]
    with pytest.raises(Invalid, match="goes with rows"):
        ws.launch_many([], job="import")
    with pytest.raises(NotFound):
        ws.launch_many([], template="nothing")


# Jobs


def rows(number: int, first: int = 0) -> list[Row]:
    """Rows of the follow-up on Acme, a day apart."""
    return [Row(f"r{n}", "acme", MONDAY + dt.timedelta(n)) for n in range(first, first + number)]


def test_a_job_that_is_started_again_goes_on(ws: Workspace) -> None:
    """What is launched is told with its plan's id, and nothing is done again."""
    begun = ws.launch_many(rows(9), template="follow-up", job="import", chunk=2)
    first = [next(begun) for _ in range(3)]
    begun.close()  # type: ignore[attr-defined]
    assert ({one.id for one in ws.plans()}, 4) == ({one.id for one in ws.plans()}, len(list(ws.plans())))
    job = ws.job("import")
    assert ("follow-up", 1, "root", 4, None) == (job.template_id, job.version, job.by, job.done, job.finished_at)
    told = list(ws.launch_many(rows(9), template="follow-up", job="import", chunk=4))
    assert [one.plan_id for one in first] == [one.plan_id for one in told][:3]
    assert [True] * 4 + [False] * 5 == [one.already for one in told]
    assert [] == [one for one in told if one.error]
    assert {one.plan_id for one in told} == {one.id for one in ws.plans()}
    job, before = ws.job("import"), snapshot(store_of(ws))
    assert (9, True) == (job.done, job.finished_at is not None)
    assert all(one.already for one in ws.launch_many(rows(9), template="follow-up", job="import"))
    assert before == snapshot(store_of(ws))
    assert [False] == [one.already for one in ws.launch_many(rows(1, 9), template="follow-up", job="import")]
    assert (10, True) == (ws.job("import").done, ws.job("import").finished_at is not None)


def test_a_job_is_one_version_of_one_template(ws: Workspace) -> None:
    """By its id the version is the one that it began with; another is refused before a row is read."""
    ws.templates.publish(Template("other", "Other", tasks=(TemplateTask("a", "A", due=Offset(1)),)))
    list(ws.launch_many(rows(1), template="follow-up", job="import"))
    second = ws.templates.publish(ws.templates.revise("follow-up"))
    (told,) = ws.launch_many(rows(1, 1), template="follow-up", job="import")
    assert [1, 2] == [ws.view(told.plan_id or "").plan.launch.version, second.version]  # type: ignore[union-attr]
    for wrong in ("other", second):
        with pytest.raises(Refused, match="start another job"):
            ws.launch_many(rows(1, 2), template=wrong, job="import")
    assert 2 == ws.job("import").done


def test_a_key_that_comes_twice_is_launched_once_and_told(ws: Workspace) -> None:
    """In one chunk or far apart, with workers or without."""
    for n, (chunk, executor) in enumerate(((10, None), (2, None), (2, ThreadPoolExecutor(2)), (10, Later()))):
        stream, (through, store) = [Row("r0", "acme", MONDAY), *rows(4), Row("r1", "acme", MONDAY)], watched(ws)
        told = list(through.launch_many(stream, template="follow-up", job=f"job {n}", chunk=chunk, executor=executor))
        assert [None, Refused, None, None, None, Refused] == [type(one.error) if one.error else None for one in told]
        assert "row 'r0' of job 'job 0' stands in the stream twice".replace("job 0", f"job {n}") in str(told[1].error)
        assert ([], 4, 4) == (
            [one for one in told if one.already],
            ws.job(f"job {n}").done,
            len({one.plan_id for one in told if one.plan_id}),
        )
        assert chunk == 2 or store.commits == 2  # the chunk, and that the job has ended
    assert 16 == len(list(ws.plans()))


def test_whenever_another_process_launches_the_same_job_each_row_is_launched_once() -> None:
    """Before every single call of the store in turn: whoever comes second looks again (C13)."""
    wanted = rows(4)
    for n in range(200):
        with opened() as ws:
            peopled(ws)

            def happens(ws: Workspace) -> None:
                assert 4 == len(list(ws.launch_many(wanted, template="follow-up", job="import", chunk=3)))

            store = Interrupted(store_of(ws), n, happens, ws)
            through = Workspace(attrs.evolve(ws._desk, store=store))
            told = list(through.launch_many(wanted, template="follow-up", job="import", chunk=2))
            if store.left >= 0:
                break
            assert [] == [one for one in told if one.error]
            assert {one.plan_id for one in told} == {one.id for one in ws.plans()}
            assert (4, 4) == (len(list(ws.plans())), ws.job("import").done)
            assert ws.job("import").finished_at is not None
    assert 25 < n < 199


def test_what_others_count_meanwhile_costs_no_chunk(ws: Workspace) -> None:
    """Of two who launch other rows of one job at once, the second counts again and still commits its chunk whole."""
    through, store = watched(ws)
    store.before_commit = [lambda: [*ws.launch_many(rows(3, 10), template="follow-up", job="import")]]
    assert [] == [one for one in through.launch_many(rows(5), template="follow-up", job="import") if one.error]
    assert (2, 8) == (store.commits, ws.job("import").done)


def test_threads_that_run_one_job_launch_each_row_once(ws: Workspace) -> None:
    """On every store, not only where the moments are chosen."""
    with ThreadPoolExecutor(3) as pool:
        runs = [
            pool.submit(lambda: list(ws.launch_many(rows(40), template="follow-up", job="import", chunk=3)))
            for _ in range(3)
        ]
        told = [run.result() for run in runs]
    assert [[]] * 3 == [[one for one in run if one.error] for run in told]
    for run in told:
        assert {one.plan_id for one in run} == {one.id for one in ws.plans()}
    assert (40, 40) == (sum(not one.already for run in told for one in run), ws.job("import").done)


def test_who_may_not_launch_makes_no_job_and_sees_none(ws: Workspace) -> None:
    """A job is stored with its first plan; whose it is sees it, and who could do as they did."""
    zoe = ws.acting_as(ap.Actor("zoe", roles={"viewer"}))
    before = snapshot(store_of(ws))
    told = list(zoe.launch_many(rows(2), template="follow-up", job="import"))
    assert [NotAllowed] * 2 == [type(one.error) for one in told]
    assert before == snapshot(store_of(ws))
    list(ws.launch_many(rows(2), template="follow-up", job="import"))
    for seen in (ws, ws.acting_as(ap.Actor("ben", roles={"manager"}))):
        assert 2 == seen.job("import").done
    with pytest.raises(NotFound):
        zoe.job("import")
    with pytest.raises(NotFound):
        ws.job("export")
    told = list(zoe.launch_many(rows(2), template="follow-up", job="import"))
    assert [(NotAllowed, None)] * 2 == [(type(one.error), one.plan_id) for one in told]


def test_a_job_of_somebody_else_is_as_one_that_there_is_not(ws: Workspace) -> None:
    """Nobody ends it or is told what it launches who could not launch what is its maker's; who could goes on (V7)."""
    ws.people.add(ap.Person("carla", "Carla", kind="contact", account_id="acme"))
    ws.templates.publish(attrs.evolve(FOLLOW_UP, id="other"))
    stream = ws.launch_many(rows(3), template="follow-up", job="import", chunk=2)
    next(stream)  # stopped after its first chunk
    before = snapshot(store_of(ws))
    for actor in (ap.Actor("carla"), ap.Actor("vera", roles={"viewer"}), ap.Actor("cleo", roles={"member"})):
        mine = ws.acting_as(actor)
        for template in (FOLLOW_UP, attrs.evolve(FOLLOW_UP, id="other"), attrs.evolve(FOLLOW_UP, version=7)):
            found = [list(mine.launch_many([], template=template, job=one)) for one in ("import", "no")]
            assert [[], []] == found
    assert before == snapshot(store_of(ws))
    assert [None, "2"] == [ws.job("import").finished_at, str(ws.job("import").done)]
    list(ws.acting_as(ap.Actor("ben", roles={"manager"})).launch_many(rows(3), template="follow-up", job="import"))
    assert (3, True) == (ws.job("import").done, ws.job("import").finished_at is not None)


def test_the_maker_of_a_job_sees_and_ends_it_who_launches_on_their_own_accounts_only(ws: Workspace) -> None:
    """What a member counts in is theirs; a member whose accounts others are counts in none of it (T11)."""
    ana, cleo = (ws.acting_as(ap.Actor(one, roles={"member"})) for one in ("ana", "cleo"))
    list(ana.launch_many(rows(2), template="follow-up", job="import"))
    assert (2, True) == (ana.job("import").done, ana.job("import").finished_at is not None)
    ws.accounts.add(ap.Account("beta", "Beta", owner_id="cleo"))
    (told,) = cleo.launch_many([Row("own", "beta", MONDAY)], template="follow-up", job="import")
    assert (None, False, 2) == (told.error, told.already, ana.job("import").done)
    with pytest.raises(NotFound):
        cleo.job("import")


@settings(max_examples=size(400))
@given(data=st.data())
def test_however_a_job_is_stopped_and_started_each_row_is_launched_once(data: st.DataObject) -> None:
    """Any chunk sizes, any number taken before the stream is closed, with and without workers, with rows that fail."""
    kinds = data.draw(st.lists(st.sampled_from(("good", "nowhere", "never")), max_size=30))
    stream = [
        Row(f"r{n}", "acme" if kind != "nowhere" else "nowhere", None if kind == "never" else MONDAY)
        for n, kind in enumerate(kinds)
    ]
    good = {f"r{n}" for n, kind in enumerate(kinds) if kind == "good"}
    seen: dict[str, str] = {}
    with opened() as ws, ThreadPoolExecutor(2) as pool:
        peopled(ws)
        for taken in (*data.draw(st.lists(st.integers(0, 30), max_size=4)), len(kinds) + 1):
            chunk, executor = data.draw(st.integers(1, 12)), data.draw(st.sampled_from((None, pool)))
            run = ws.launch_many(stream, template="follow-up", job="import", chunk=chunk, executor=executor)
            for one in islice(run, taken):
                assert (one.key in good) == (one.plan_id is not None)
                if one.plan_id is not None:
                    assert one.plan_id == seen.setdefault(one.key, one.plan_id)
            run.close()  # type: ignore[attr-defined]
        assert good == seen.keys()
        assert set(seen.values()) == {one.id for one in ws.plans()}
        assert not good or len(good) == ws.job("import").done
