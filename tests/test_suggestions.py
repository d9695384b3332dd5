"""Suggestions of known names for an unknown name."""

import pytest

from reconciler.suggestions import did_you_mean, nearest


@pytest.mark.parametrize(
    ("written", "known", "meant"),
    [
        ("industy", ["industry", "industry_2", "name"], ["industry"]),
        ("CAR", ["car", "carts", "cats"], ["car"]),
        ("Name", ["name", "names"], ["name"]),
        ("STRASSE", ["straße", "strasse_2"], ["straße"]),
        ("name", ["Name", "NAME", "names"], ["NAME", "Name"]),
        ("xyz", ["name"], []),
    ],
)
def test_the_nearest_names_are_those_that_differ_least(
    written: str, known: list[str], meant: list[str]
) -> None:
    assert nearest(written, known) == meant
    assert (did_you_mean(written, known) is None) is (not meant)
