"""Journal and owned records agree with a simple model, whatever runs do and wherever they are killed."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from reconciler.errors import StateError
from reconciler.model.outcomes import OUTCOME_WORDS, Applied, Outcome, Rejected, Skipped, Stale, Unknown
from reconciler.model.owned import OwnedRecord, StateVersion
from reconciler.plan.change import Change
from reconciler.state.export_reader import parse_export
from reconciler.state.run_types import RunStatus
from reconciler.state.store import Store
from reconciler.state.writer import StateWriter
from tests.support.journals import UPSERT, Clock, applied, create, owned, ownership, start, writer
from tests.support.states import open_state

GROUP = ("companies", "external_id")
KEYS = st.sampled_from(["acme", "Acme", "ключ", "😀", "z"])
PLANNED = 8

OUTCOMES: st.SearchStrategy[Outcome] = st.sampled_from(
    [
        applied("9001", name="A"),
        applied("9002", name="A"),
        Rejected("no", "CONFLICT"),
        Stale("moved"),
        Unknown("no answer"),
        Skipped("stop"),
    ]
)
FINAL = (Applied, Rejected, Stale, Skipped)


@dataclass
class Run:
    """The facts about one run in the model."""

    id: str
    entries: dict[int, Change] = field(default_factory=dict)
    outcomes: dict[int, Outcome] = field(default_factory=dict)
    batches: dict[int, list[int]] = field(default_factory=dict)
    status: RunStatus = RunStatus.RUNNING

    def open_numbers(self, batch: int) -> list[int]:
        return [n for n in self.batches[batch] if not isinstance(self.outcomes.get(n), FINAL)]


class Runs(RuleBasedStateMachine):
    """Begins runs, journals intents and outcomes, stops before a run is finished, and reopens the state."""

    url: str
    folder: Path
    portals: Iterator[int]

    @initialize()
    def open_fresh(self) -> None:
        self.portal = next(self.portals)
        self.clock = Clock()
        self.runs: list[Run] = []
        self.owned: dict[str, OwnedRecord] = {}
        self.store, self.pen = self.opened()

    def opened(self) -> tuple[Store, StateWriter]:
        store = open_state(self.url, self.folder, self.portal)
        return store, writer(store, self.clock)

    def teardown(self) -> None:
        if hasattr(self, "store"):
            self.store.close()

    @property
    def latest(self) -> Run:
        return self.runs[-1]

    def is_running(self) -> bool:
        return bool(self.runs) and self.latest.status is RunStatus.RUNNING

    @rule()
    def begin(self) -> None:
        self.runs.append(Run(self.pen.begin_run(start(PLANNED))))

    @precondition(is_running)
    @rule(keys=st.lists(KEYS, min_size=1, max_size=3))
    def intend(self, keys: list[str]) -> None:
        run = self.latest
        free = [number for number in range(PLANNED) if number not in run.entries][: len(keys)]
        entries = {number: create(key, name=key) for number, key in zip(free, keys, strict=False)}
        if entries:
            number = len(run.batches)
            self.pen.intend(run.id, number, "companies", UPSERT, list(entries.items()))
            run.entries |= entries
            run.batches[number] = list(entries)

    @precondition(lambda self: any(run.open_numbers(batch) for run in self.runs for batch in run.batches))
    @rule(data=st.data())
    def record(self, data: st.DataObject) -> None:
        unfinished = [(run, batch) for run in self.runs for batch in run.batches if run.open_numbers(batch)]
        run, batch = data.draw(st.sampled_from(unfinished))
        known: dict[int, Outcome] = data.draw(
            st.dictionaries(st.sampled_from(run.open_numbers(batch)), OUTCOMES, min_size=1), label="outcomes"
        )
        possessed = [
            owned(run.entries[number].record.value, "9001", {"name": f"{run.id}/{number}"})
            for number, outcome in known.items()
            if isinstance(outcome, Applied)
        ]
        self.pen.record(run.id, batch, known, ownership(possessed))
        run.outcomes |= known
        for record in possessed:  # state has one key for each record, and one record for each key
            others = {key: other for key, other in self.owned.items() if other.record_id != record.record_id}
            self.owned = others | {record.key.value: record}

    @precondition(lambda self: any(run.outcomes for run in self.runs))
    @rule(data=st.data())
    def record_twice(self, data: st.DataObject) -> None:
        final = [
            (run, batch, number)
            for run in self.runs
            for batch, numbers in run.batches.items()
            for number in numbers
            if isinstance(run.outcomes.get(number), FINAL)
        ]
        if final:
            run, batch, number = data.draw(st.sampled_from(final))
            with pytest.raises(StateError):
                self.pen.record(run.id, batch, {number: applied("1")}, ownership([owned("acme", "1")]))

    @precondition(is_running)
    @rule(keys=st.lists(KEYS, min_size=1, max_size=3))
    def skip(self, keys: list[str]) -> None:
        run = self.latest
        free = [number for number in range(PLANNED) if number not in run.entries][: len(keys)]
        skipped = {number: create(key) for number, key in zip(free, keys, strict=False)}
        self.pen.record_uncalled(run.id, [(n, change, Skipped("stop")) for n, change in skipped.items()])
        run.entries |= skipped
        run.outcomes |= dict.fromkeys(skipped, Skipped("stop"))

    @precondition(is_running)
    @rule(status=st.sampled_from([RunStatus.FINISHED, RunStatus.INTERRUPTED]))
    def finish(self, status: RunStatus) -> None:
        run = self.latest
        if status is RunStatus.FINISHED and len(run.entries) < PLANNED:
            with pytest.raises(StateError):
                self.pen.finish_run(run.id, status)
        else:
            self.pen.finish_run(run.id, status)
            run.status = status

    @rule()
    def die_and_open_again(self) -> None:
        self.store.close()
        unlocker = open_state(self.url, self.folder, self.portal)
        unlocker.unlock()
        unlocker.close()
        self.store, self.pen = self.opened()

    @precondition(is_running)
    @rule(key=KEYS)
    def die_while_recording(self, key: str) -> None:
        def halfway() -> Iterator[OwnedRecord]:
            yield owned(key, "half")
            raise ZeroDivisionError

        change = (PLANNED + 1, create(key), Skipped("stop"))
        with pytest.raises(ZeroDivisionError):
            self.pen.record_uncalled(self.latest.id, [change], ownership(halfway()))

    @invariant()
    def owned_records_are_those_that_were_applied_last(self) -> None:
        assert self.store.owned(*GROUP, ["acme", "Acme", "ключ", "😀", "z"]) == self.owned
        listed = self.store.owned_in_order(*GROUP, None, 100)
        assert [record.key.value for record in listed] == sorted(self.owned)
        assert self.store.count() == len(self.owned)

    @invariant()
    def unfinished_are_exactly_the_changes_without_a_final_outcome(self) -> None:
        assert [(batch.run_id, batch.number, batch.entries) for batch in self.store.unfinished()] == [
            (run.id, batch, tuple((number, run.entries[number]) for number in sorted(numbers)))
            for run in self.runs
            for batch in run.batches
            if (numbers := run.open_numbers(batch))
        ]

    @invariant()
    def every_run_accounts_for_every_entry(self) -> None:
        assert [header.id for header in self.store.runs()] == [run.id for run in reversed(self.runs)]
        for run in self.runs:
            detail = self.store.run(run.id)
            assert detail.header.status == run.status
            assert [(row.number, row.key.value) for row in detail.rows] == [
                (number, change.record.value) for number, change in sorted(run.entries.items())
            ]
            accounting = dict(detail.accounting())
            assert accounting.pop("planned") == sum(accounting.values()) == PLANNED
            assert detail.never_attempted == PLANNED - len(run.entries)
            assert tuple(accounting) == OUTCOME_WORDS
            counted = self.store.run(run.id, lists_applied=False)
            assert counted.rows == tuple(row for row in detail.rows if row.outcome != "applied")
            assert counted.accounting() == detail.accounting()

    @invariant()
    def the_serial_counts_runs_and_the_export_is_the_state(self) -> None:
        version = self.store.version()
        export = parse_export("".join(self.store.export()))
        assert version.serial == len(self.runs)
        assert (version == StateVersion(None, 0)) == (not self.runs)
        assert export.version == version
        assert {record.key.value: record for record in export.owned} == self.owned


def test_random_runs_keep_the_invariants(url: str, tmp_path: Path) -> None:
    numbers = iter(range(1, 1_000_000))

    class HereAndNow(Runs):
        portals = numbers

    HereAndNow.url, HereAndNow.folder = url, tmp_path
    run_state_machine_as_test(
        HereAndNow,
        settings=settings(
            max_examples=4 if url.startswith("git:") else 15,  # each transaction is a slow push
            stateful_step_count=15,
            deadline=None,
            suppress_health_check=[HealthCheck.too_slow],
        ),
    )
    with closing(open_state(url, tmp_path, next(numbers))) as untouched:
        assert untouched.count() == 0
