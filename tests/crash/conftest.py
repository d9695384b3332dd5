from pathlib import Path

import pytest

from tests.crash.world import Beginning, begin
from tests.state.conftest import postgres

__all__ = ["postgres", "start"]


@pytest.fixture(scope="session")
def start(tmp_path_factory: pytest.TempPathFactory) -> Beginning:
    """Return the portal and state at the beginning of the story in which processes are killed."""
    folder: Path = tmp_path_factory.mktemp("beginning")
    return begin(folder)
