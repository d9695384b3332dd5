"""The changes of a value since it was last applied, and automations that change it back."""

from datetime import UTC, datetime, timedelta

import pytest

from reconciler.model.addresses import RecordId
from reconciler.model.definitions import Kind
from reconciler.model.drift import HistoryStart
from reconciler.model.property_history import ChangeSource, PropertyHistory, ValueVersion
from reconciler.model.references import PropertyRef
from reconciler.model.runs import RunHeader
from reconciler.plan.drift.provenance import Edits, our_runs, trail_of

MONDAY = datetime(2026, 11, 16, 9, 0, tzinfo=UTC)
SPOT = PropertyRef("companies", RecordId("9001"), "name")


def hours(number: float) -> datetime:
    return MONDAY + timedelta(hours=number)


def ours(value: str | None, hour: float) -> ValueVersion:
    return ValueVersion(ChangeSource.INTEGRATION, "77", hours(hour), value)


def ada(value: str | None, hour: float) -> ValueVersion:
    return ValueVersion(ChangeSource.PERSON, "Ada Lovelace <ada@acme.example>", hours(hour), value)


def filler(value: str | None, hour: float) -> ValueVersion:
    return ValueVersion(ChangeSource.WORKFLOW, "Fill names (55)", hours(hour), value)


def runs(*starts: float, last_ended: bool = True) -> list[RunHeader]:
    """Build runs of a minute each, newest first, as in the journal."""
    return [
        RunHeader(
            f"run-{start}",
            1,
            "production",
            "sha256:0",
            "0",
            {},
            hours(start),
            hours(start + 1 / 60) if last_ended or start != starts[-1] else None,
            "finished",
        )
        for start in reversed(starts)
    ]


def trail(
    *versions: ValueVersion, at: tuple[float, ...] = (0,), live: str | None = "X", is_cut: bool = False
) -> object:
    found = trail_of(
        PropertyHistory(versions, is_cut), Kind.TEXT, "A", live, our_runs(runs(*at), hours(1000))
    )
    return "".join(version.value or "-" for version in found.versions), found.since


def test_the_list_begins_after_our_own_write() -> None:
    assert trail(ada("0", -9), ours("A", 0), filler("B", 1), ada("X", 2)) == ("BX", HistoryStart.APPLIED)


def test_a_value_that_came_back_without_us_is_one_of_the_hands() -> None:
    assert trail(ours("A", 0), ada("B", 1), filler("A", 2), ada("X", 3)) == ("BAX", HistoryStart.APPLIED)


def test_a_value_that_was_adopted_begins_where_a_run_saw_it_in_step() -> None:
    assert trail(ada("A", -50), ada("B", 1), ada("X", 2)) == ("BX", HistoryStart.APPLIED)
    assert trail(ours("A", 0), ada("B", 1), ada("A", 2), ada("X", 9), at=(0, 5)) == (
        "X",
        HistoryStart.APPLIED,
    )


def test_an_unknown_run_is_reported() -> None:
    assert trail(ours("A", 0), ada("X", 3), at=()) == ("X", HistoryStart.SEEN)


def test_a_value_missing_in_the_history_is_explained() -> None:
    assert trail(ada("B", 1), ada("X", 2)) == ("BX", HistoryStart.UNKNOWN)
    assert trail(ada("B", 1), ada("X", 2), is_cut=True) == ("BX", HistoryStart.CUT)
    assert trail() == ("", HistoryStart.UNKNOWN)
    assert trail_of(None, Kind.TEXT, "A", "X", our_runs([], MONDAY)).versions == ()


def test_edits_after_the_value_was_read_are_no_part_of_it() -> None:
    assert trail(ours("A", 0), ada("X", 1), ada("Y", 2)) == ("X", HistoryStart.APPLIED)


def test_values_are_compared_in_canonical_form() -> None:
    history = PropertyHistory((ours("12.10", 0), ada("13.0", 1)), is_truncated=False)
    found = trail_of(history, Kind.NUMBER, "12.1", "13", our_runs(runs(0), hours(9)))
    assert (len(found.versions), found.since) == (1, HistoryStart.APPLIED)


def test_a_run_that_never_ended_was_under_way_until_the_next() -> None:
    known = our_runs(runs(0, 10, last_ended=False), hours(20))
    assert known.cover(hours(15))
    assert not known.cover(hours(5))
    assert not known.cover(hours(25))


def rounds(*versions: ValueVersion, at: tuple[float, ...]) -> int:
    edits = Edits({SPOT: PropertyHistory(versions, is_truncated=False)}, our_runs(runs(*at), hours(1000)))
    edit = edits.edit(SPOT, Kind.TEXT, "A", "X")
    assert edit.by
    assert edit.is_contested is (edit.rounds >= 2)
    return edit.rounds


@pytest.mark.parametrize(
    ("versions", "expected"),
    [
        ((ours("A", 0), filler("X", 1)), 1),
        ((ours("A", 0), filler("X", 1), ours("A", 5), filler("X", 6)), 2),
        ((ours("A", 0), filler("X", 1), ours("A", 5), filler("X", 6), ours("A", 7), filler("X", 8)), 3),
        ((ours("A", 0), ada("P", 1), filler("X", 2), ours("A", 5), ada("Q", 6), filler("X", 7)), 2),
    ],
    ids=["once", "twice", "thrice", "with others between"],
)
def test_rounds_are_writes_of_ours_after_which_the_automation_had_the_last_word(
    versions: tuple[ValueVersion, ...], expected: int
) -> None:
    assert rounds(*versions, at=(0, 5, 7)) == expected


@pytest.mark.parametrize(
    "versions",
    [
        (ours("A", 0), ada("X", 1), ours("A", 5), ada("X", 6)),
        (ours("A", 0), filler("X", 1), ours("A", 5), ada("X", 6)),
        (ours("A", 0), filler("Z", 1), ours("A", 5), filler("X", 6)),
        (
            ours("A", 0),
            ValueVersion(ChangeSource.WORKFLOW, "Other (56)", hours(1), "X"),
            ours("A", 5),
            filler("X", 6),
        ),
        (ours("B", 0), filler("X", 1), ours("A", 5), filler("X", 6)),
        (ours("A", 0), filler("X", 1), ada("A", 3), filler("X", 4)),
    ],
    ids=["people", "people last", "another value", "another automation", "another value of ours", "not ours"],
)
def test_it_is_no_fight_unless_the_same_automation_repeats_itself_against_the_same_value(
    versions: tuple[ValueVersion, ...],
) -> None:
    assert rounds(*versions, at=(0, 5)) < 2
