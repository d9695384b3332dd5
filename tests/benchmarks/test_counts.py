"""Costs of planning as counts, because seconds depend on the machine and its load."""

import gc
import sys
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from math import ceil
from pathlib import Path
from types import FrameType
from typing import Any

import pytest
from sqlalchemy import Engine, event

from reconciler.plan.assemble import assemble
from reconciler.plan.plan import Plan
from tests.benchmarks.measure import portal
from tests.benchmarks.world import TOKEN, write_project
from tests.support.projects import Project

FEW, MANY = 1_000, 3_000


@dataclass(slots=True)
class Counts:
    """The counts of one plan."""

    reads: int = 0
    functions: int = 0  # function calls in the planning thread, including calls of C functions
    statements: int = 0  # number of SQL statements
    updates: int = 0


@contextmanager
def counting(counts: Counts) -> Iterator[None]:
    def function(_frame: FrameType, what: str, _argument: object) -> None:
        counts.functions += what in {"call", "c_call"}

    def statement(*_: object) -> None:
        counts.statements += 1

    listener: Callable[..., None] = statement
    event.listen(Engine, "before_cursor_execute", listener)
    sys.setprofile(function)
    try:
        yield
    finally:
        sys.setprofile(None)
        event.remove(Engine, "before_cursor_execute", listener)


def plan_of(folder: Path, size: int, *, is_table: bool = False) -> Counts:
    counts = Counts()
    with portal(size, 0, 0) as base_url:
        write_project(folder, size, base_url, is_known=True, is_table=is_table)
        project = Project(folder, {"HUBSPOT_TOKEN": TOKEN})
        with counting(counts):
            done = project.run("plan", "--json", "--quiet")
    assert done.code == 0, done.err
    counts.reads = done.document["budget"]["read_calls"]
    counts.updates = len(done.document["changes"])
    return counts


@pytest.fixture(scope="module", params=["manifest", "table"])
def plans(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Counts, Counts]:
    """Return the counts for few records and for many.

    The first plan is not counted, because it imports modules.
    """
    folder = tmp_path_factory.mktemp("counts")
    is_table = request.param == "table"
    plan_of(folder / "first", 1, is_table=is_table)
    few = plan_of(folder / "few", FEW, is_table=is_table)
    return few, plan_of(folder / "many", MANY, is_table=is_table)


def test_a_plan_reads_a_hundred_records_a_call_and_two_things_besides(plans: tuple[Counts, Counts]) -> None:
    assert [counts.reads for counts in plans] == [ceil(FEW / 100) + 2, ceil(MANY / 100) + 2]


def test_the_plan_that_is_counted_finds_what_changed(plans: tuple[Counts, Counts]) -> None:
    assert [counts.updates for counts in plans] == [FEW // 100, MANY // 100]


def test_a_record_more_costs_few_function_calls(plans: tuple[Counts, Counts]) -> None:
    few, many = plans
    a_record = (many.functions - few.functions) / (MANY - FEW)
    assert 20 < a_record < 140, f"{a_record:.0f} function calls a record"


def test_state_is_asked_a_few_statements_a_hundred_records(plans: tuple[Counts, Counts]) -> None:
    few, many = plans
    a_chunk = (many.statements - few.statements) / ((MANY - FEW) / 100)
    assert 0 < a_chunk <= 2, f"{a_chunk} statements a hundred records"


def held_after(folder: Path, size: int, monkeypatch: pytest.MonkeyPatch) -> int:
    """Return the bytes in memory after all rows of a table were compared."""
    held: list[int] = []

    def measure(*parts: Any) -> Plan:
        gc.collect()
        held.append(tracemalloc.get_traced_memory()[0])
        return assemble(*parts)

    monkeypatch.setattr("reconciler.reconcile.plan.assemble", measure)
    with portal(size, 0, 0) as base_url:
        write_project(folder, size, base_url, is_known=True, is_table=True)
        tracemalloc.start()
        try:
            done = Project(folder, {"HUBSPOT_TOKEN": TOKEN}).run("plan", "--quiet")
        finally:
            tracemalloc.stop()
    assert done.code == 0, done.err
    return held[0]


def test_rows_flow_what_stays_in_memory_is_what_changes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A row that stayed in memory would take a kilobyte, and its live record as much.

    Most of the measured memory is pydantic's cache of up to 16,384 short texts.
    """
    held_after(tmp_path / "first", 1, monkeypatch)
    few, many = (held_after(tmp_path / str(size), size, monkeypatch) for size in (FEW, MANY))
    a_row = (many - few) / (MANY - FEW)
    assert a_row < 300, f"{a_row:.0f} bytes a row"
