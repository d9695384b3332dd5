"""Every row of the documented tables of verdicts and guards is true."""

import pytest

from reconciler.model.desired_records import Drift
from reconciler.plan.guards import DEFAULT_LIMITS
from reconciler.plan.plan import Guard
from reconciler.plan.records.three_way import three_way
from tests.support.nouns import definition, owned
from tests.support.projects import ROOT

PAGE = "\n".join((ROOT / "docs" / f"{name}.md").read_text() for name in ("verdicts", "pruning", "guards"))


def table(header: str) -> list[list[str]]:
    """Return the rows of the table whose header begins with ``header``, without code marks."""
    lines = PAGE[PAGE.index(f"\n| {header}") + 1 :].split("\n\n", 1)[0].splitlines()[2:]
    return [[cell.strip().strip("`") for cell in line.strip("|").split(" | ")] for line in lines]


def value(cell: str) -> str | None:
    return None if cell == "empty" else cell


@pytest.mark.parametrize("row", table("verdict"), ids=" ".join)
def test_each_verdict_is_as_the_page_says(row: list[str]) -> None:
    verdict, last, desired, live, reverting, holding = row
    known = None if last == "unknown" else owned("acme", "9001", {"name": value(last)})
    for drift, reported in ((Drift.REVERT, reverting), (Drift.HOLD, holding)):
        judged = three_way(definition("name"), value(live), value(desired), known, drift)
        assert judged.reason == verdict
        assert judged.is_written is (reported == "written")


def test_every_guard_is_listed_with_its_limit() -> None:
    listed = {row[0]: row[2] for row in table("guard")}
    assert listed.keys() == set(Guard)
    for guard, limit in DEFAULT_LIMITS.items():
        if limit.percent is not None:
            assert f"{limit.percent:g} %" in listed[guard]
        if limit.count is not None:
            assert f"{limit.count:,}" in listed[guard]
