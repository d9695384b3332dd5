import os
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from reconciler.state.store import Store
from tests.support.git_remotes import bare_repository
from tests.support.postgres import Postgres, running_server, server_programs
from tests.support.states import open_state

PORTAL = 7654321


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """Run a real server; without PostgreSQL, skip, but fail in continuous integration."""
    programs = server_programs()
    if programs is None:
        sentence = "no PostgreSQL server is installed: apt-get install postgresql"
        if "CI" in os.environ:
            pytest.fail(sentence)
        pytest.skip(sentence)
    with running_server(programs) as server:
        yield server


@pytest.fixture(params=["sqlite", "postgresql", "git"])
def url(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> str:
    """Return the address of a state; every test that uses it runs with both databases and a repository."""
    if request.param == "git":
        return f"git:file://{bare_repository(tmp_path_factory.mktemp('remote'))}:refs/reconciler"
    return new_database(request)


def new_database(request: pytest.FixtureRequest) -> str:
    """Return the address of a new SQLite file or PostgreSQL database, as the parameter says."""
    if request.param == "sqlite":
        return "sqlite:///.reconciler/state.db"
    server: Postgres = request.getfixturevalue("postgres")
    return server.new_database()


@pytest.fixture
def store(url: str, tmp_path: Path) -> Iterator[Store]:
    with closing(open_state(url, tmp_path, PORTAL)) as opened:
        yield opened


@pytest.fixture
def reopened(url: str, tmp_path: Path) -> Iterator[Callable[[], Store]]:
    """Return a function that opens the same state again, as another process would."""
    stores: list[Store] = []

    def again() -> Store:
        stores.append(open_state(url, tmp_path, PORTAL))
        return stores[-1]

    yield again
    for each in stores:
        each.close()
