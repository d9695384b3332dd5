"""The report of a run: its numbers add up, and failures have HubSpot's own messages."""

import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.model.addresses import RecordAddress
from reconciler.model.outcomes import OUTCOME_WORDS
from reconciler.model.runs import RunDetail, RunHeader, RunRow, RunSummary
from reconciler.report.json_report import run_as_json, runs_as_json
from reconciler.report.mask import SHOW
from reconciler.report.terminal import render_run, render_runs
from reconciler.report.text.width import cells
from reconciler.report.view import View
from tests.support.example_run import HEADER, RUN, row
from tests.support.plans import texts

KEY = RecordAddress("deals", "deal_number", "D-1")

rows = st.builds(
    RunRow,
    number=st.integers(0, 9),
    key=st.just(KEY),
    action=st.sampled_from(["create", "update", "teleport"]),
    reason=texts,
    record_id=st.none(),
    before=st.dictionaries(texts, st.none() | texts, max_size=2),
    after=st.dictionaries(texts, st.none() | texts, max_size=2),
    outcome=st.none() | st.sampled_from(OUTCOME_WORDS),
    detail=st.dictionaries(st.sampled_from(["message", "category", "correlation_id"]), texts),
    source=st.none(),
)
runs = st.builds(RunDetail, st.just(HEADER), st.lists(rows, max_size=8).map(tuple))


def lines_of(run: RunDetail, *, width: int = 80) -> list[str]:
    return render_run(run, View(SHOW, width=width)).splitlines()


@given(runs)
def test_the_accounting_always_adds_up(run: RunDetail) -> None:
    planned, *outcomes = run.accounting().values()

    assert planned == sum(outcomes) == len(run.rows)
    assert lines_of(run)[-1] == f"{planned} planned = " + " + ".join(
        f"{count} {word}" for count, word in zip(outcomes, OUTCOME_WORDS, strict=True)
    )


@given(runs)
def test_a_run_reads_the_same_where_what_was_applied_is_only_counted(run: RunDetail) -> None:
    others = tuple(row for row in run.rows if row.outcome != "applied")
    counted = RunDetail(run.header, others, unlisted=len(run.rows) - len(others))

    assert lines_of(counted) == lines_of(run)
    assert counted.never_attempted == run.never_attempted


def test_a_row_without_an_outcome_counts_as_unknown() -> None:
    assert RunDetail(HEADER, (row(0, KEY, None),)).accounting()["unknown"] == 1


def test_open_changes_of_a_running_run_are_under_way() -> None:
    header = replace(HEADER, status="running", finished_at=None, planned={"update": 9})
    ended = (row(0, KEY, "applied"), row(1, KEY, "unknown", message="no answer"))
    run = RunDetail(header, (*ended, row(2, KEY, None), row(3, KEY, None)))

    lines = lines_of(run, width=120)
    assert lines[-1] == "9 planned = 1 applied + 0 rejected + 0 stale + 0 skipped + 1 unknown + 7 under way"
    assert lines[lines.index("2 under way") + 1].strip().startswith("still running")
    assert not any("Never attempted" in line for line in lines)
    summary = RunSummary(header, {"applied": 1, "unknown": 1, None: 2})
    assert "9 to update: 1 applied, 1 unknown, 7 under way" in render_runs([summary], color=False, width=80)
    (reported,) = json.loads(runs_as_json([summary]))
    assert reported["accounting"]["under way"] == 7
    assert reported["accounting"]["skipped"] == 0
    assert json.loads(run_as_json(run, View(SHOW)))["accounting"] == reported["accounting"]


def test_the_last_line_is_the_accounting() -> None:
    rejected = row(10, KEY, "rejected", message="no")
    run = RunDetail(HEADER, (*(row(number, KEY, "applied") for number in range(10)), rejected))

    assert lines_of(run)[-1] == "11 planned = 10 applied + 1 rejected + 0 stale + 0 skipped + 0 unknown"


def test_a_rejection_is_told_in_hubspots_words_with_its_place() -> None:
    assert lines_of(RUN, width=100)[6:9] == [
        f"  x companies/acme{'companies.yaml:20':>82}",
        '      update: Property values were not valid: "industry" has no option "Foo"',
        "      category VALIDATION_ERROR   correlationId 5f0c11d2-8a4e-4d0b-9a53-3f6de1b2c7aa",
    ]


def test_equal_failures_are_grouped() -> None:
    message = "the run was interrupted"
    run = RunDetail(HEADER, tuple(row(number, KEY, "skipped", message=message) for number in range(9)))

    text = "\n".join(lines_of(run))

    assert text.count(message) == 1
    assert "  . 9 deals\n" in text
    assert "… 6 more (--full shows all)" in text


def test_applied_changes_are_only_counted() -> None:
    run = RunDetail(HEADER, (row(0, KEY, "applied"),))

    assert len(lines_of(run)) == 4


@pytest.mark.parametrize(
    ("finished_at", "period"),
    [
        (None, "2026-11-22 09:31:00 UTC"),
        (datetime(2026, 11, 22, 9, 40, tzinfo=UTC), "2026-11-22 09:31:00 to 09:40:00 UTC"),
        (datetime(2026, 11, 23, 9, 40, tzinfo=UTC), "2026-11-22 09:31:00 to 2026-11-23 09:40:00 UTC"),
    ],
)
def test_the_run_says_when_it_was_and_who_ran_it(finished_at: datetime | None, period: str) -> None:
    header: RunHeader = replace(HEADER, finished_at=finished_at)

    assert lines_of(RunDetail(header, ()))[:2] == [
        "Run 20261122T093100Z-5f6b, finished: production, portal 7654321",
        f"{period}, host runner-3, user ada",
    ]


@given(runs, st.integers(50, 160))
def test_nothing_invisible_and_nothing_wide_is_printed(run: RunDetail, width: int) -> None:
    for line in lines_of(run, width=width):
        assert line.isprintable()
        assert cells(line) <= width or max(map(cells, line.split())) > width // 3


@given(runs)
def test_the_json_of_a_run_is_the_same_for_the_same_run(run: RunDetail) -> None:
    text = run_as_json(run, View(SHOW))

    document = json.loads(text)
    assert text == run_as_json(run, View(SHOW))
    assert document["format_version"] == "1.0"
    assert document["accounting"] == run.accounting()
    assert [change["outcome"] for change in document["changes"]] == [one.outcome for one in run.rows]
    assert "masked" not in document
