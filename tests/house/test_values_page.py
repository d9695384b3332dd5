"""The documented table of equal values is true."""

import re

import pytest

from reconciler.model.definitions import Kind
from reconciler.plan.values.equality import same_value
from tests.support.projects import ROOT

KINDS = {
    "text": Kind.TEXT,
    "HTML": Kind.HTML,
    "phone": Kind.PHONE,
    "e-mail": Kind.EMAIL,
    "domain": Kind.DOMAIN,
    "number, money": Kind.NUMBER,
    "boolean": Kind.BOOLEAN,
    "single choice": Kind.CHOICE,
    "multiple choice": Kind.CHOICES,
    "file": Kind.FILES,
    "date": Kind.DATE,
    "datetime": Kind.DATETIME,
    "nested (JSON)": Kind.JSON,
}
LOOKED_UP = {"owner", "several owners", "pipeline, stage"}

TABLE = (ROOT / "docs" / "values.md").read_text().partition("\n|---|---|---|---|\n")[2].partition("\n\n")[0]
ROWS = [[cell.strip().strip("`") for cell in line.strip("|").split(" | ")] for line in TABLE.splitlines()]


def text_of(cell: str) -> str:
    """Return the text that a table cell means; a list is joined as HubSpot does it."""
    spelled = cell.replace(r"\r", "\r").replace(r"\n", "\n")
    listed = re.fullmatch(r"\[(.*)\]", spelled)
    return ";".join(part.strip() for part in listed[1].split(",")) if listed else spelled


def test_every_kind_of_value_has_its_row() -> None:
    assert {row[0] for row in ROWS} == KINDS.keys() | LOOKED_UP
    assert set(KINDS.values()) == set(Kind) - {Kind.OWNER, Kind.OWNERS, Kind.PIPELINE, Kind.STAGE}


@pytest.mark.parametrize("row", [row for row in ROWS if row[0] in KINDS], ids=lambda row: row[0])
def test_equal_values_in_the_table_are_equal(row: list[str]) -> None:
    kind, written, held, _ = row
    assert same_value(KINDS[kind], text_of(written), text_of(held))
