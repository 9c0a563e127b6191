"""What every test may ask for: a fresh database of either kind, a browser; and what none may do: leave this machine."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import hypothesis
import pytest
from playwright.async_api import Browser

from storage.upgrades import migrate
from tests import browser as browsers
from tests import compiled_once, lending, loopback, postgres, scratch
from tests.crash_worker import Hire, Worker

hypothesis.settings.register_profile("untimed", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow])
hypothesis.settings.load_profile("untimed")
"""How long an example takes tells how busy the machine is."""
BACKENDS = ("sqlite", "postgresql")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What is marked `sqlite_first` is long on PostgreSQL."""
    for item in items:
        if item.get_closest_marker("sqlite_first") is not None and _database_of(item) == "postgresql":
            item.add_marker(pytest.mark.long)


def _database_of(item: pytest.Item) -> str:
    params = item.callspec.params if isinstance(item, pytest.Function) and hasattr(item, "callspec") else {}
    return str(params.get("database_url", ""))


@pytest.fixture(scope="session", autouse=True)
def _this_machine_only() -> Iterator[None]:
    with loopback.only():
        yield


@pytest.fixture(scope="session", autouse=True)
def _statements_are_compiled_once() -> Iterator[None]:
    with compiled_once.for_all_engines():
        yield


@pytest.fixture(autouse=True)
def _no_attempt_to_leave() -> Iterator[None]:
    loopback.attempts.clear()
    yield
    assert not loopback.attempts, f"a test tried to reach {loopback.attempts}; tests speak to this machine only"


@pytest.fixture(scope="session")
def scratch_place() -> Path:
    """The folder below which databases lie."""
    return scratch.place()


@pytest.fixture(scope="session")
def postgres_server(scratch_place: Path) -> Iterator[postgres.Server]:
    """One PostgreSQL server for each process that runs tests, started when first asked for."""
    with postgres.serve((*postgres.QUICK, *postgres.SMALL), place=scratch_place) as server:
        yield server


@pytest.fixture(scope="session")
def postgres_url(postgres_server: postgres.Server) -> str:
    """The server's own database, as `postgresql+psycopg://…`; `postgres.plain` spells it `postgresql://…`."""
    return postgres_server.url.render_as_string(hide_password=False)


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An SQLite database with tables and no rows, to be copied."""
    path = tmp_path_factory.mktemp("sqlite") / "template.db"
    migrate(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def migrated_template(postgres_server: postgres.Server) -> Iterator[str]:
    """The name of a PostgreSQL database with tables and no rows, to be copied."""
    name = postgres_server.create()
    migrate(postgres_server.address(name))
    yield name
    postgres_server.drop(name)


@pytest.fixture(scope="session")
def library(postgres_server: postgres.Server, migrated_template: str) -> Iterator[lending.Library]:
    """Databases with tables and no rows, for one test after the other."""
    made = lending.Library(postgres_server, migrated_template)
    yield made
    made.close()


@pytest.fixture
def sqlite_database(migrated_file: Path, scratch_place: Path) -> Iterator[str]:
    """The url of an SQLite database of the test's own, with tables and no rows."""
    with tempfile.TemporaryDirectory(prefix="congdoan-", dir=scratch_place) as folder:
        yield f"sqlite:///{shutil.copy(migrated_file, Path(folder, 'congdoan.db'))}"


@pytest.fixture
def postgresql_database(postgres_server: postgres.Server, library: lending.Library) -> Iterator[str]:
    """The url of a PostgreSQL database that is the test's own meanwhile, with tables and no rows."""
    name = library.lend()
    yield postgres_server.address(name)
    library.take_back(name)


@pytest.fixture(params=BACKENDS)
def database_url(request: pytest.FixtureRequest) -> str:
    """The test runs once on each kind of database, fresh: tables and no rows."""
    url: str = request.getfixturevalue(f"{request.param}_database")
    return url


@pytest.fixture(params=BACKENDS)
def blank_database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The test runs once on each kind of database, without any table yet."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'blank.db'}"
        return
    server: postgres.Server = request.getfixturevalue("postgres_server")
    name = server.create()
    yield server.address(name)
    server.drop(name)


@pytest.fixture
async def hire() -> AsyncIterator[Hire]:
    """Makes serving processes; none outlives the test."""
    hired: list[Worker] = []

    def make(home: Path, database_url: str, **settings: str) -> Worker:
        hired.append(Worker(home, database_url, **settings))
        return hired[-1]

    yield make
    for each in hired:
        await each.end()


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    """Chromium, for this test alone."""
    async with browsers.launch() as launched:
        yield launched
