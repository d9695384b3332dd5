"""Numbers with a decimal comma are accepted only in cells of number properties."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.errors import Problem
from reconciler.model.live import LiveRecord
from reconciler.model.tables import Format, TableForm
from reconciler.plan.values.numbers import number_as_cell, number_in_cell
from reconciler.plan.values.resolve import Resolver
from reconciler.source import Place, SourceFiles, place_of
from tests.support.nouns import COMPANIES, desired, document, live

COMMAS = TableForm(Format.CSV, decimal=",")
POINTS = TableForm(Format.CSV)
FILES = SourceFiles(("companies.yaml", "companies.csv"))
CELL, SHARED = place_of(1, 2, 3), place_of(0, 4, 1)


def resolve(
    text: str,
    form: TableForm = COMMAS,
    name: str = "annualrevenue",
    place: Place = CELL,
    found: LiveRecord | None = None,
) -> tuple[list[str | None], list[Problem]]:
    about = replace(document(), table=form, place=place_of(0, 1, 1))
    record = replace(desired("acme", {name: text}), document=about, places=(place,))
    problems: list[Problem] = []
    resolved = Resolver(COMPANIES, FILES, {}).resolve(record, found, problems)
    return [value.text for value in resolved], problems


@pytest.mark.parametrize(
    ("cell", "number"), [("12,50", "12.50"), (" -,5 ", "-.5"), ("1200000", "1200000"), ("7,", "7.")]
)
def test_a_decimal_comma_is_read(cell: str, number: str) -> None:
    assert resolve(cell) == ([number], [])


def test_a_text_and_a_value_for_all_rows_keep_their_commas_and_points() -> None:
    assert resolve("12,50", name="name") == (["12,50"], [])
    assert resolve("12.50", place=SHARED) == (["12.50"], [])


@pytest.mark.parametrize(
    ("cell", "advice"),
    [
        ("1.234,50", "remove the thousands separators: 1234,50"),
        ("1 234 567", "remove the thousands separators: 1234567"),
        ("1.234", "remove the thousands separators: 1234"),
        ("12.5", "write only digits and a decimal comma, without thousands separators, exponents or units"),
        (
            "12,50 €",
            "write only digits and a decimal comma, without thousands separators, exponents or units",
        ),
    ],
)
def test_anything_else_is_told_with_its_line(cell: str, advice: str) -> None:
    texts, (problem,) = resolve(cell, found=live("acme", {"annualrevenue": cell}))
    assert texts == []
    assert str(problem.source) == "companies.csv:2:3"
    assert str.__str__(problem.message) == f'annualrevenue takes a number such as 1200000,50, not "{cell}"'
    assert str.__str__(problem.advice or "") == advice


def test_a_comma_that_the_source_does_not_announce_is_told_with_the_key_to_write() -> None:
    texts, (problem,) = resolve("12,50", POINTS)
    assert texts == []
    assert (
        problem.advice
        == "write `decimal: ','` under `source:` if the numbers of this file have a decimal comma"
    )


@given(st.decimals(allow_nan=False, allow_infinity=False, places=3).map(lambda number: format(number, "f")))
def test_every_number_is_read_back_from_its_cell(number: str) -> None:
    for form in (COMMAS, POINTS):
        assert number_in_cell("amount", number_as_cell(number, form), form) == number
