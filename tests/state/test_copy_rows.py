"""A state is copied into any other place with its journal, and every row is compared."""

import shutil
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from reconciler.model.outcomes import Outcome, Rejected
from reconciler.state.store import Store
from tests.state.conftest import PORTAL
from tests.support.journals import BOB, UPSERT, applied, create, owned, ownership, start, writer
from tests.support.states import open_state


@pytest.fixture
def source(tmp_path: Path) -> Iterator[Store]:
    """A state in a file, with a record and its run, and another portal beside it."""
    with closing(open_state("sqlite:///source.db", tmp_path, PORTAL)) as store:
        with closing(open_state("sqlite:///source.db", tmp_path, PORTAL + 1)) as other, writer(other) as pen:
            pen.begin_run(start(0))
        with writer(store) as pen:
            run_id = pen.begin_run(start(2))
            pen.intend(run_id, 0, "companies", UPSERT, [(0, create("acme", name="Ä")), (1, create("b"))])
            outcomes: dict[int, Outcome] = {0: applied("9001", name="Ä"), 1: Rejected("no", "CONFLICT")}
            pen.record(run_id, 0, outcomes, ownership([owned("acme", sent={"name": "Ä"})]))
        yield store


def test_every_row_is_copied_and_equal(source: Store, store: Store, url: str, tmp_path: Path) -> None:
    assert store.is_empty()
    with writer(store, actor=BOB) as pen:
        rows = source.copy_into(pen)

    assert rows == 8  # state, record, run, batch, two changes with their intents
    with closing(open_state(url, tmp_path, PORTAL)) as again:
        assert source.difference_from(again) is None
        assert again.version() == source.version()
        assert [run.id for run in again.runs()] == [run.id for run in source.runs()]
        assert not again.is_empty()


def test_a_copy_is_in_its_file_before_it_is_done(source: Store, tmp_path: Path) -> None:
    with closing(open_state("sqlite:///copy.db", tmp_path, PORTAL)) as store, writer(store) as pen:
        source.copy_into(pen)

        alone = tmp_path / "alone.db"  # without the rows that may still be in ``copy.db-wal``
        shutil.copy(tmp_path / "copy.db", alone)
        with closing(open_state("sqlite:///alone.db", tmp_path, PORTAL)) as copy:
            assert source.difference_from(copy) is None


def test_a_row_that_differs_is_noticed(source: Store, store: Store, url: str, tmp_path: Path) -> None:
    with writer(store, actor=BOB) as pen:
        source.copy_into(pen)
        pen.remove([owned("acme").key])

    with closing(open_state(url, tmp_path, PORTAL)) as again:
        assert source.difference_from(again) in {"states", "owned"}
