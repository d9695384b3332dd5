from pathlib import Path

import pytest

from tests.crash.world import Beginning, begin
from tests.state.conftest import postgres

__all__ = ["postgres", "start"]


@pytest.fixture(scope="session")
def start(tmp_path_factory: pytest.TempPathFactory) -> Beginning:
    """The moment before the story that everybody dies in."""
    folder: Path = tmp_path_factory.mktemp("beginning")
    return begin(folder)
