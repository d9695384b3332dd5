"""The pictures of the documentation show what the program prints today."""

import json
from pathlib import Path

import pytest

from reconciler.plan.plan import Plan
from tests.pictures.digests import DIGESTS, FOLDER, digest_of
from tests.pictures.sources import SOURCES
from tests.pictures.story import planned
from tests.support.projects import ROOT

MOST_BYTES = 150_000
NEW = "take the pictures anew: python -m tests.pictures"


@pytest.fixture(scope="module")
def plan(tmp_path_factory: pytest.TempPathFactory) -> Plan:
    return planned(tmp_path_factory.mktemp("pictures"))


@pytest.mark.parametrize("name", SOURCES)
def test_a_picture_shows_what_the_program_prints_today(plan: Plan, name: str) -> None:
    assert json.loads(DIGESTS.read_text()).get(name) == digest_of(SOURCES[name](plan)), NEW


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", SOURCES)
def test_every_picture_is_there_small_and_used(name: str, scheme: str) -> None:
    picture = FOLDER / f"{name}-{scheme}.png"

    data = picture.read_bytes()
    assert data.startswith(b"\x89PNG")
    assert len(data) < MOST_BYTES
    pages = [ROOT / "README.md", *(ROOT / "docs").glob("*.md")]
    assert any(f"pictures/{picture.name}" in path.read_text() for path in pages)


def test_no_picture_is_left_that_nobody_takes() -> None:
    taken = {f"{name}-{scheme}.png" for name in SOURCES for scheme in ("light", "dark")}

    assert {path.name for path in Path(FOLDER).glob("*.png")} == taken
