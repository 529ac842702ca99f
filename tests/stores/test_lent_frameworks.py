"""Inside Django's and SQLAlchemy's transactions our changes commit and roll back with the host's rows (S9)."""

import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

import actionplans as ap
from actionplans import edit, plugins
from actionplans.errors import Invalid, Refused, Stale
from tests.stores.asking import schema_of
from tests.stores.hosts import ANA, Host, planned, postgresql_host, sqlite_host

django = pytest.importorskip("django")
sqlalchemy = pytest.importorskip("sqlalchemy")
orm = pytest.importorskip("sqlalchemy.orm")

from django.conf import settings  # noqa: E402

if not settings.configured:
    settings.configure(DATABASES={}, USE_TZ=True)
    django.setup()

from django.db import IntegrityError, connections, models, transaction  # noqa: E402

from actionplans.adapters import django as in_django  # noqa: E402
from actionplans.adapters import sqlalchemy as in_sqlalchemy  # noqa: E402


class Deal(models.Model):
    """The host's rows, in Django."""

    name = models.TextField(primary_key=True)

    class Meta:
        """The table that the tests make."""

        app_label = "crm"
        db_table = "deal"
        managed = False


class Base(orm.DeclarativeBase):
    """The host's tables, in SQLAlchemy."""


class Sold(Base):
    """The host's rows, in SQLAlchemy."""

    __tablename__ = "deal"
    name: orm.Mapped[str] = orm.mapped_column(primary_key=True)


@pytest.fixture(params=["sqlite", "postgresql"])
def host(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Host]:
    """A host with a database of its own, whose names are unique."""
    if request.param == "sqlite":
        found = sqlite_host(tmp_path)
    else:
        found = next(postgresql_host(request.getfixturevalue("postgresql")))
    with found.connect() as db:
        db.execute(f"create unique index deal_name on {found.place}deal (name)")
    db.close()
    yield found


# Django


@pytest.fixture
def served(host: Host) -> Iterator[Host]:
    """Django's connection `default` leads to the host's database."""
    if host.url.startswith("sqlite"):
        told: dict[str, Any] = {"ENGINE": "django.db.backends.sqlite3", "NAME": host.url.removeprefix("sqlite:///")}
    else:
        asked = sqlalchemy.make_url(host.url)
        options = {"options": f"-c search_path={schema_of(host.url)}"}
        told = {"ENGINE": "django.db.backends.postgresql", "NAME": asked.database, "OPTIONS": options}
        told |= {"USER": asked.username, "PASSWORD": asked.password or "", "HOST": asked.host, "PORT": asked.port}
    connections.settings = connections.configure_settings({"default": told})
    yield host
    connections.close_all()
    del connections["default"]


def django_workspace(host: Host) -> ap.Workspace:
    """A workspace in Django's transaction."""
    return in_django.open(actor=ANA, plugins=plugins.load(host.ears), **host.options)


def test_in_an_atomic_block_both_commit_or_neither(served: Host) -> None:
    """Listeners hear when the block has committed, and nothing of one that was rolled back."""
    with transaction.atomic():
        Deal.objects.create(name="one")
        with django_workspace(served) as ws:
            planned(ws, "One")
        assert ([], []) == served.seen() and [] == served.ears.heard
    assert (["one"], ["One"]) == served.seen()
    assert ["account.create", "plan.create"] == served.ears.heard
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        Deal.objects.create(name="two")
        planned(django_workspace(served), "Two")
        1 / 0  # noqa: B018
    assert (["one"], ["One"]) == served.seen()
    assert 2 == len(served.ears.heard)


def test_an_inner_block_that_is_rolled_back_takes_ours_with_it(served: Host) -> None:
    """And what listeners would have heard of it."""
    with transaction.atomic():
        ws = django_workspace(served)
        id = planned(ws, "One")
        old = ws.view(id)
        with pytest.raises(ZeroDivisionError), transaction.atomic():
            Deal.objects.create(name="lost")
            ws.change(id, edit.update_plan, title="Lost")
            1 / 0  # noqa: B018
        with transaction.atomic():
            Deal.objects.create(name="kept")
            ws.change(id, edit.archive_plan)
            with pytest.raises(Stale):
                ws.change_read(old, edit.update_plan, title="Stale")
    assert ["account.create", "plan.create", "plan.archive"] == served.ears.heard
    assert (["kept"], []) == served.seen()


def test_outside_of_a_block_django_would_commit_so_it_is_refused(served: Host) -> None:
    """And in one whose transaction has failed; a workspace that is kept works in the next block."""
    with pytest.raises(Refused, match=r"inside transaction\.atomic\(\)"):
        django_workspace(served)
    with transaction.atomic():
        ws = django_workspace(served)
        Deal.objects.create(name="one")
    for call in (lambda: list(ws.plans()), lambda: planned(ws, "One")):
        with pytest.raises(Refused, match=r"inside transaction\.atomic\(\)"):
            call()
    with transaction.atomic():
        with pytest.raises(IntegrityError), transaction.atomic(savepoint=False):
            Deal.objects.create(name="one")
        with pytest.raises(Refused, match="leave the atomic"):
            planned(ws, "One")
    with transaction.atomic():
        planned(ws, "Two")
        with pytest.raises(Refused, match="the adapter hears"):
            ws.committed()
    assert (["one"], ["Two"]) == served.seen()


def test_each_thread_has_its_own_transaction_in_django(served: Host) -> None:
    """With one workspace for all: here one is rolled back, and the other is not."""
    with transaction.atomic():
        ws = django_workspace(served)

    def planned_there() -> None:
        with transaction.atomic():
            planned(ws, "There")
        connections.close_all()

    with pytest.raises(ZeroDivisionError), transaction.atomic():
        list(ws.plans())
        with ThreadPoolExecutor(1) as pool:
            pool.submit(planned_there).result()
        1 / 0  # noqa: B018
    assert ([], ["There"]) == served.seen()


# SQLAlchemy


@pytest.fixture
def engine(host: Host) -> Iterator[Any]:
    """SQLAlchemy's engine for the host's database."""
    if host.url.startswith("sqlite"):
        engine = sqlalchemy.create_engine(host.url)
    else:
        url = sqlalchemy.make_url(host.url.partition("?")[0]).set(drivername="postgresql+psycopg")
        options = {"options": f"-c search_path={schema_of(host.url)}"}
        engine = sqlalchemy.create_engine(url, connect_args=options)
    yield engine
    engine.dispose()


def alchemy(host: Host, source: Any) -> ap.Workspace:
    """A workspace in SQLAlchemy's transaction."""
    return in_sqlalchemy.open(source, actor=ANA, plugins=plugins.load(host.ears), **host.options)


def test_in_a_session_both_commit_or_neither(host: Host, engine: Any) -> None:
    """Listeners hear when it has committed; it goes on with whatever connection it has then."""
    with orm.Session(engine) as session:
        ws = alchemy(host, session)
        for commit in (True, False, True):
            session.add(Sold(name=f"{commit} {len(host.ears.heard)}"))
            planned(ws, f"{commit}")
            before = list(host.ears.heard)
            (session.commit if commit else session.rollback)()
            assert ["account.create"] * (not before) + ["plan.create"] * commit == host.ears.heard[len(before) :]
        planned(alchemy(host, session), "Lost")
    assert (["True 0", "True 2"], ["True", "True"]) == host.seen()
    assert 3 == len(host.ears.heard)


def test_a_nested_part_that_is_rolled_back_takes_ours_with_it(host: Host, engine: Any) -> None:
    """And what listeners would have heard of it, also of parts of that part that were kept."""
    with orm.Session(engine) as session, session.begin():
        ws = alchemy(host, session)
        id = planned(ws, "One")
        part = session.begin_nested()
        session.add(Sold(name="lost"))
        session.flush()
        with session.begin_nested():
            ws.change(id, edit.update_plan, title="Lost")
        part.rollback()
        with session.begin_nested():
            session.add(Sold(name="kept"))
            ws.change(id, edit.archive_plan)
        assert [] == host.ears.heard
    assert ["account.create", "plan.create", "plan.archive"] == host.ears.heard
    assert (["kept"], []) == host.seen()


def test_a_session_whose_flush_fails_takes_ours_back(host: Host, engine: Any) -> None:
    """When it is rolled back, as it must be then; closed without a word it keeps nothing either."""
    with orm.Session(engine) as session:
        session.add(Sold(name="one"))
        session.commit()
        ws = alchemy(host, session)
        planned(ws, "Lost")
        session.add(Sold(name="one"))
        with pytest.raises(sqlalchemy.exc.IntegrityError):
            session.flush()
        session.rollback()
        session.commit()
        planned(ws, "Lost too")
        session.close()
        session.commit()
    assert [] == host.ears.heard
    assert (["one"], []) == host.seen()


def test_on_a_connection_the_host_says_when_it_has_committed(host: Host, engine: Any) -> None:
    """For SQLAlchemy tells nobody."""
    with engine.connect() as connection:
        ws = alchemy(host, connection)
        for end, say in ((connection.rollback, ws.rolled_back), (connection.commit, ws.committed)):
            planned(ws, "One")
            connection.execute(sqlalchemy.insert(Sold).values(name="one"))
            end()
            assert [] == host.ears.heard
            say()
        assert ["account.create", "plan.create"] == host.ears.heard
        planned(ws, "Alone")
        connection.commit()
    with engine.begin() as connection:
        planned(alchemy(host, connection), "Two")
    assert (["one"], ["Alone", "One", "Two"]) == host.seen()


def test_an_engine_that_commits_by_itself_is_refused(host: Host, engine: Any) -> None:
    """Every statement of ours would be committed alone."""
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        with pytest.raises(Refused, match="autocommit"):
            planned(alchemy(host, connection), "One")
        connection.rollback()
    assert ([], []) == host.seen()


@pytest.mark.parametrize("make", [lambda: sqlalchemy.create_engine("sqlite://"), orm.sessionmaker, object])
def test_what_is_no_session_or_connection_is_refused(make: Any) -> None:
    """An engine, a factory, anything."""
    with pytest.raises(Invalid, match="a Session or a Connection is wanted, no engine, nothing asynchronous, no "):
        in_sqlalchemy.open(make(), actor=ANA)


# Without them


@pytest.mark.parametrize("library", ["django", "sqlalchemy"])
def test_an_adapter_whose_library_is_missing_names_the_extra(library: str) -> None:
    """The library itself is imported by nothing else."""
    code = f"""
import sys
sys.modules[{library!r}] = None
import actionplans, actionplans.adapters, actionplans.workspace.opening
try:
    import actionplans.adapters.{library}
except ImportError as error:
    print(type(error).__name__, error)
"""
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert f"MissingExtra {library} is not installed: pip install 'actionplans[{library}]'\n" == run.stdout
