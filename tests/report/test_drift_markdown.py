"""Drift as the text of an issue on GitHub.

The text is not longer than GitHub allows, values do not become markup, and the issue is found again.
"""

import re
from collections.abc import Sequence
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from reconciler.model.addresses import RecordAddress, RecordId
from reconciler.model.drift import DriftedValue, DriftFound, MissingOwnedRecord
from reconciler.model.facts import Fact, FactKind
from reconciler.model.live import MissingReason
from reconciler.model.object_references import ObjectProperty
from reconciler.model.owned import StateVersion
from reconciler.report.markdown.drift import render_drift_markdown
from reconciler.report.markdown.summary import MOST_CHARACTERS
from reconciler.report.markdown.truncate import size_of
from reconciler.report.mask import SHOW, Masking
from reconciler.report.view import View
from tests.report.traps import hostile

SEEN_AT = datetime(2026, 11, 24, 6, 30, tzinfo=UTC)


def key(number: int) -> RecordAddress:
    return RecordAddress("companies", "external_id", f"client-{number:06}")


def found(values: Sequence[str] = (), lost: int = 0, environment: str = "production") -> DriftFound:
    """Build drift: for each of ``values``, a record with an empty property that now has this value."""
    return DriftFound(
        tool_version="1.0",
        created_at=SEEN_AT,
        environment=environment,
        portal_id=7654321,
        state=StateVersion("a", 3),
        looked_at=120,
        values=tuple(
            DriftedValue(key(number), RecordId(str(number)), "name", None, value)
            for number, value in enumerate(values)
        ),
        lost=tuple(
            MissingOwnedRecord(
                key(number),
                RecordId(str(number)),
                MissingReason.ARCHIVED,
                (Fact(FactKind.ARCHIVED, RecordId(str(number))),),
            )
            for number in range(lost)
        ),
        read_calls=4,
        masked_properties=(ObjectProperty("companies", "name"),),
    )


def issue(drift: DriftFound, *, full: bool = False) -> str:
    return render_drift_markdown(drift, View(SHOW, full=full))


def test_it_is_found_again_says_what_there_is_and_what_to_do() -> None:
    lines = issue(found(["A"], lost=2)).splitlines()

    assert lines[0] == "<!-- reconciler drift production 7654321 -->"
    assert lines[1] == "### Drift: 1 value of 1 record, 2 records lost"
    folds = [line for line in lines if line.startswith("<details")]
    assert [re.sub("<[^>]+>", "", fold).partition(" changed")[0] for fold in folds] == [
        "companies: 2 lostlost: HubSpot no longer finds these owned records by their keys",
        "companies: 1 value",
    ]
    assert lines[-1].startswith("**Next:** if people are right, `reconciler drift --accept ADDRESS`")
    assert lines[-1].endswith(
        "`plan --recreate ADDRESS` creates a missing record again; without it, a missing record "
        "stays missing."
    )


def test_no_drift_is_reported() -> None:
    lines = issue(found()).splitlines()

    assert lines[1] == "### No drift"
    assert lines[-1] == "**Next:** nothing to do."


@given(st.lists(hostile, max_size=5), hostile.filter(bool), st.booleans())
def test_values_are_nothing_but_text(values: list[str], environment: str, full: bool) -> None:
    text = issue(found(values, environment=environment), full=full)

    tokens = MarkdownIt("commonmark", {"html": True}).parse(text)
    kinds = [token.type for token in tokens]
    assert (kinds.count("fence") > 0) == bool(values)
    assert tokens[-2].content.startswith("**Next:** ")
    assert set(kinds) <= {
        *("html_block", "heading_open", "heading_close", "inline", "paragraph_open", "paragraph_close"),
        "fence",
    }


@pytest.mark.parametrize("full", [False, True])
def test_it_fits_into_an_issue_and_counts_what_does_not(full: bool) -> None:
    text = issue(found([f"{number} 🙂" * 20 for number in range(3_000)], lost=3_000), full=full)

    assert size_of(text) <= MOST_CHARACTERS
    assert ("more, for which an issue has no room:** `reconciler drift --full` prints all." in text) is full


def test_personal_values_are_masked() -> None:
    drift = found(["Ada Lindner"])
    text = render_drift_markdown(drift, View(Masking(b"a key that only tests use")))

    assert "Ada" not in text
    assert "Ada Lindner" in render_drift_markdown(drift, View(SHOW))
    assert "Personal values are masked" in text
