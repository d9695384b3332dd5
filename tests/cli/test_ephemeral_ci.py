"""A CI job that would lose its state must not write to a portal."""

from contextlib import closing
from pathlib import Path
from types import MappingProxyType

import pytest

from reconciler.errors import UsageError
from reconciler.project.ephemeral_state import refuse_ephemeral_state
from reconciler.project.settings import EnvironmentSettings, load_settings
from reconciler.state.store import Store, open_state
from tests.support.journals import start, writer

PORTAL = 7654321
SQLITE = "sqlite:///state.db"
CI = MappingProxyType({"CI": "true"})


def environment(folder: Path, line: str) -> EnvironmentSettings:
    text = f"version: 1\nenvironments:\n  it: {{{line}}}\n"
    (folder / "reconciler.yaml").write_text(text)
    return load_settings(folder, {"HUBSPOT_TOKEN": "pat-x"}, "it").environment


@pytest.fixture
def real(tmp_path: Path) -> EnvironmentSettings:
    return environment(tmp_path, f'portal_id: {PORTAL}, token: "${{HUBSPOT_TOKEN}}"')


@pytest.fixture
def empty(tmp_path: Path) -> Store:
    return open_state(SQLITE, tmp_path, PORTAL)


def test_an_empty_file_is_refused(real: EnvironmentSettings, empty: Store) -> None:
    with closing(empty), pytest.raises(UsageError) as caught:
        refuse_ephemeral_state(real, SQLITE, empty, CI)
    assert "postgresql+psycopg://" in str(caught.value)
    assert "git:refs/reconciler" in str(caught.value)


@pytest.mark.parametrize(
    ("url", "environ"),
    [(None, CI), ("postgresql+psycopg://db/state", CI), (SQLITE, {}), (SQLITE, {"CI": ""})],
)
def test_a_state_elsewhere_or_outside_ci_passes(
    real: EnvironmentSettings, empty: Store, url: str | None, environ: dict[str, str]
) -> None:
    with closing(empty):
        refuse_ephemeral_state(real, url, empty, environ)


@pytest.mark.parametrize("host", ["http://localhost:8765", "http://127.0.0.1:1", "http://[::1]:1"])
def test_this_machine_passes(tmp_path: Path, empty: Store, host: str) -> None:
    line = f'portal_id: {PORTAL}, token: "${{HUBSPOT_TOKEN}}", base_url: "{host}"'
    with closing(empty):
        refuse_ephemeral_state(environment(tmp_path, line), SQLITE, empty, CI)


def test_a_state_that_was_brought_along_passes(real: EnvironmentSettings, empty: Store) -> None:
    with closing(empty):
        with writer(empty) as pen:
            pen.begin_run(start(0))
        refuse_ephemeral_state(real, SQLITE, empty, CI)
