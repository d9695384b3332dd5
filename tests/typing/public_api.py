"""Checks of the types of public names: mypy checks this file, and nothing runs it."""

from collections.abc import Iterable, Mapping
from concurrent.futures import Executor
from pathlib import Path
from typing import assert_type

from reconciler import (
    Acceptance,
    ApplyResult,
    Change,
    DefinitionsImported,
    DriftedValue,
    DriftFound,
    Environment,
    Explanation,
    Held,
    ImportResult,
    KeyCandidate,
    KeysFound,
    LeftOutDefinition,
    MissingOwnedRecord,
    PersonalKeys,
    Plan,
    PlanHeader,
    PlanSummary,
    Problem,
    Project,
    Proof,
    ReconcilerError,
    RemovedAssociation,
    RunDetail,
    RunSummary,
    UnnamedRecord,
    UnnamedRecords,
    Validation,
    WorkResult,
    run_many,
)


def opening() -> None:
    project = assert_type(Project.open("crm"), Project)
    assert_type(project.environments, tuple[str, ...])
    assert_type(project.environment(), Environment)
    assert_type(Project.read_plan(Path("plan.json")), Plan)


def planning(environment: Environment) -> None:
    with environment.plan(target=["companies/*"], allow={"archive": 41}) as plan:
        assert_type(plan, Plan)
        assert_type(plan.header, PlanHeader)
        assert_type(plan.summary, PlanSummary)
        assert_type(plan.changes, Iterable[Change])
        assert_type(plan.held, Iterable[Held])
        assert_type(plan.problems, Iterable[Problem])
        assert_type(plan.is_appliable, bool)
        assert_type(plan.digest, str)
        result = assert_type(environment.apply(plan, on_stale="skip"), ApplyResult)
        assert_type(result.run, RunDetail | None)
        assert_type(result.stopped_by, ReconcilerError | None)
        assert_type(result.accounting(), Mapping[str, int])
    environment.apply(plan, on_stale="retry")  # type: ignore[arg-type]  # there is no such choice
    environment.apply(confirm=lambda made: made.is_empty, progress=lambda _done, _total: None)


def importing(environment: Environment) -> None:
    keys = assert_type(environment.find_keys("companies", properties=["domain"]), KeysFound)
    assert_type(keys.candidates, tuple[KeyCandidate, ...])
    result = assert_type(
        environment.import_records("companies", filters=["city=Bonn"], target="add", confirm=agree),
        ImportResult,
    )
    assert_type(result.proof, Proof | None)
    assert_type(result.is_complete, bool)
    environment.import_records("companies", target="merge")  # type: ignore[arg-type]  # there is no such choice
    definitions = assert_type(
        environment.import_definitions("companies", sections=["groups"], target="replace"),
        DefinitionsImported,
    )
    assert_type(definitions.left_out, tuple[LeftOutDefinition, ...])
    unnamed = assert_type(environment.unnamed_records("companies", limit=10), UnnamedRecords)
    assert_type(unnamed.records, tuple[UnnamedRecord, ...])


def agree(keys: PersonalKeys) -> bool:
    return keys.count < 100


def looking(environment: Environment) -> None:
    found = assert_type(environment.drift(), DriftFound)
    for difference in found.differences:
        assert_type(difference, DriftedValue | MissingOwnedRecord | RemovedAssociation)
    assert_type(environment.accept_drift(["companies/acme"]), Acceptance)
    assert_type(environment.rollback("last"), Plan)
    assert_type(environment.explain("companies/acme"), Explanation)
    assert_type(environment.runs(), tuple[RunSummary, ...])
    assert_type(environment.run(), RunDetail)
    assert_type(environment.validate(online=True), Validation)


def many(environments: list[Environment], executor: Executor) -> None:
    results = run_many(environments, lambda environment: len(environment.runs()), executor=executor)
    assert_type(results, tuple[WorkResult[int], ...])
    assert_type(results[0].unwrap(), int)
