"""The reference pages agree with the program; ``--rewrite-golden`` writes them again."""

import re

import pytest

from tests.conftest import Golden
from tests.reference import api, commands, settings
from tests.support.projects import ROOT

SETTINGS_PAGE = ROOT / "docs" / "settings.md"


def test_the_page_of_commands_is_what_the_command_line_has(golden: Golden) -> None:
    golden(ROOT / "docs" / "commands.md", commands.page())


def test_the_page_of_the_python_api_is_what_the_docstrings_say(golden: Golden) -> None:
    golden(ROOT / "docs" / "python-api.md", api.page())


@pytest.mark.parametrize(("name", "table"), settings.tables().items())
def test_the_tables_of_settings_are_those_of_the_schema(name: str, table: str, golden: Golden) -> None:
    page = SETTINGS_PAGE.read_text()
    place = re.compile(rf"(?<=<!-- {name} -->\n\n).*?(?=\n\n|\Z)", re.DOTALL)
    assert place.search(page), f"the page has no place for {name}"
    golden(SETTINGS_PAGE, place.sub(lambda _: table.rstrip("\n"), page))


def test_pages_have_no_table_with_a_broken_row() -> None:
    for text in (commands.page(), *settings.tables().values()):
        for line in text.splitlines():
            if line.startswith("|"):
                assert len(re.findall(r"(?<!\\)\|", line)) in {3, 4}, line
