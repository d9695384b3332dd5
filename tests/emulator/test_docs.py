"""The documentation of the emulator is true."""

import json
import re
from pathlib import Path

import pytest

from reconciler.emulator.edits import SOURCE_TYPES
from reconciler.emulator.faults import Kind, parse
from reconciler.emulator.guess_settings import SETTINGS, GuessSetting
from reconciler.emulator.seeds import KEYS
from tests.conftest import Golden
from tests.emulator.portal import PORTAL_ID, Portal

PATH = Path(__file__).parents[2] / "docs" / "emulator.md"
PAGE = PATH.read_text()
GUESSES = "| setting | default | or | what it decides | what is known |\n|---|---|---|---|---|\n"


def first_column(heading: str) -> set[str]:
    """Return the code words in the first column of the table under a heading."""
    section = PAGE.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    rows = [line.split("|")[1] for line in section.splitlines() if line.startswith("| `")]
    return {word for row in rows for word in re.findall(r"`([^`]+)`", row)}


def test_every_guess_is_listed_with_its_default_and_what_is_known(golden: Golden) -> None:
    before, head, after = PAGE.partition(GUESSES)
    _, end, after = after.partition("\n\nThree guesses are not settings")
    assert end
    rows = "\n".join(
        f"| `{each.name}` | `{each.default}` | {choices(each)} | {each.about} | {each.source} |"
        for each in SETTINGS.values()
    )
    golden(PATH, before + head + rows + end + after)


def choices(setting: GuessSetting) -> str:
    return ", ".join(f"`{other}`" for other in setting.others) or "another number"


def test_every_key_of_a_seed_and_every_kind_of_fault_is_described() -> None:
    assert first_column("Seeding a portal") == set(KEYS)
    assert first_column("Faults") == set(Kind)
    assert set(SOURCE_TYPES) <= set(re.findall(r"`([A-Z_]+)`", PAGE))


def test_the_first_section_is_about_what_is_not_imitated() -> None:
    assert re.findall(r"^## (.+)$", PAGE, re.MULTILINE)[0] == "What it does not imitate"


def test_the_python_example_runs(capsys: pytest.CaptureFixture[str]) -> None:
    (example,) = re.findall(r"```python\n(.+?)```", PAGE, re.DOTALL)
    exec(
        example + "\nprint(client.get('/crm/v3/objects/companies').json())\nclient.close()\nemulator.close()",
        {},
    )
    assert capsys.readouterr().out == "{'results': []}\n"


def test_the_edit_example_is_taken(portal: Portal) -> None:
    (example,) = re.findall(r"```json\n(.+?)```", PAGE, re.DOTALL)
    edit = {**json.loads(example), "id": portal.create("companies", name="N")}
    answer = portal.post(f"/_emulator/portals/{PORTAL_ID}/edits", edit)
    assert answer.json()["properties"]["phone"] == "030 1"
    assert parse("latency:ms=200").kind is Kind.LATENCY
