"""Everything that has drifted is counted once, and summarised in one line."""

import pytest

from reconciler.model.drift import DriftSummary


@pytest.mark.parametrize(
    ("summary", "headline"),
    [
        (DriftSummary(0, 0, 0, 0), "No drift"),
        (DriftSummary(1, 1, 0, 0), "1 value of 1 record"),
        (DriftSummary(3, 2, 0, 1), "3 values of 2 records, 1 record lost"),
        (DriftSummary(0, 0, 2, 0), "2 associations removed"),
        (
            DriftSummary(1_200, 900, 1, 3),
            "1,200 values of 900 records, 1 association removed, 3 records lost",
        ),
    ],
)
def test_the_headline_counts_what_has_drifted(summary: DriftSummary, headline: str) -> None:
    assert summary.headline == headline
    assert summary.is_empty is (headline == "No drift")
