from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from reconciler.errors import StateError
from reconciler.model.addresses import RECORD_ID, RecordAddress
from reconciler.model.outcomes import Rejected, Skipped
from reconciler.state.erase import NamedThing
from reconciler.state.store import Store
from tests.support.journals import (
    UPDATE,
    UPSERT,
    applied,
    create,
    owned,
    ownership,
    start,
    update,
    value,
    writer,
)
from tests.support.states import open_state

GROUP = ("companies", "external_id")
SECRET = "grace-hopper"


def leave_traces(store: Store) -> str:
    """Create and rename the company SECRET, skip a change of it, and create others; return the run's id."""
    with writer(store) as pen:
        run_id = pen.begin_run(start(5))
        pen.intend(run_id, 0, "companies", UPSERT, [(0, create(SECRET, phone=SECRET)), (1, create("acme"))])
        pen.record(
            run_id,
            0,
            {0: applied("9001", phone=SECRET), 1: applied("9002")},
            ownership([owned(SECRET, "9001", {"phone": SECRET}), owned("acme", "9002")]),
        )
        former = RecordAddress("companies", "external_id", SECRET)
        renamed = replace(update(f"{SECRET}-2", "9001", value("phone", SECRET, None)), moved_from=former)
        pen.intend(run_id, 1, "companies", UPDATE, [(2, renamed)])
        pen.record(run_id, 1, {2: applied("9001")}, ownership([owned(f"{SECRET}-2", "9001")]))
        pen.record_uncalled(
            run_id,
            [
                (3, create(SECRET), Skipped(f"{SECRET} is there")),
                (4, create("initech"), Rejected("too long")),
            ],
        )
    return run_id


def test_a_forgotten_record_is_erased_and_the_accounting_still_adds_up(store: Store) -> None:
    run_id = leave_traces(store)

    with writer(store) as pen:
        count = pen.forget(NamedThing("companies", SECRET))

    detail = store.run(run_id)
    assert count == 4
    assert sorted(store.owned(*GROUP, [SECRET, f"{SECRET}-2", "acme"])) == ["acme"]
    assert [(row.key.value, row.action, row.outcome) for row in detail.rows] == [
        ("(forgotten)", "create", "applied"),
        ("acme", "create", "applied"),
        ("(forgotten)", "update", "applied"),
        ("(forgotten)", "create", "skipped"),
        ("initech", "create", "rejected"),
    ]
    assert SECRET not in repr(detail)
    assert "9001" not in repr(detail)
    assert detail.rows[1].record_id == "9002"


def test_a_record_is_forgotten_by_its_record_id_too(store: Store) -> None:
    run_id = leave_traces(store)

    with writer(store) as pen:
        count = pen.forget(NamedThing("companies", "9001", by_record_id=True))

    assert count == 4
    assert SECRET not in repr(store.run(run_id))


def test_a_record_keyed_by_record_id_is_not_found_by_an_equal_key(store: Store) -> None:
    by_id = owned("9002", "9002", by=RECORD_ID)
    with writer(store) as pen:
        pen.record_uncalled(pen.begin_run(start(0)), [], ownership([by_id, owned("9002", "9003")]))
        count = pen.forget(NamedThing("companies", "9002"))

    assert count == 1
    assert store.find("companies", by_record_id=True, value="9002") == (by_id,)


def test_other_portals_and_objects_keep_theirs(store: Store, url: str, tmp_path: Path) -> None:
    with closing(open_state(url, tmp_path, 1)) as other, writer(other) as pen:
        pen.record_uncalled(pen.begin_run(start(0)), [], ownership([owned(SECRET)]))
        with writer(store) as here:
            here.record_uncalled(
                here.begin_run(start(0)), [], ownership([owned(SECRET, object_name="tickets")])
            )
            assert here.forget(NamedThing("companies", SECRET)) == 0

        assert (store.count(), other.count()) == (1, 1)


def test_a_record_of_an_unfinished_call_is_not_forgotten(store: Store, reopened: Callable[[], Store]) -> None:
    with writer(store) as pen:
        run_id = pen.begin_run(start(1))
        pen.intend(run_id, 0, "companies", UPSERT, [(0, create(SECRET))])

        with pytest.raises(StateError, match="an unfinished call names this record: run `reconciler apply`"):
            pen.forget(NamedThing("companies", SECRET))

    assert reopened().unfinished()[0].entries[0][1].record.value == SECRET


def test_no_trace_of_a_forgotten_record_is_left_in_the_files(tmp_path: Path) -> None:
    with closing(open_state("sqlite:///state.db", tmp_path, 1)) as store:
        leave_traces(store)
        present = [SECRET.encode() in path.read_bytes() for path in tmp_path.iterdir()]
        with writer(store) as pen:
            pen.forget(NamedThing("companies", SECRET))
        left = [SECRET.encode() in path.read_bytes() for path in tmp_path.iterdir()]

    assert any(present)
    assert not any(left)


def test_a_reader_that_keeps_old_pages_is_told_of(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("reconciler.state.database._BUSY_TIMEOUT_S", 0.05)
    with closing(open_state("sqlite:///state.db", tmp_path, 1)) as store:
        leave_traces(store)
        reading = store.export()
        next(reading)
        with (
            writer(store) as pen,
            pytest.raises(StateError, match=r"still in .*state\.db-wal, which another"),
        ):
            pen.forget(NamedThing("companies", SECRET))
        assert list(reading)

        with writer(store) as pen:
            assert pen.forget(NamedThing("companies", SECRET)) == 0
        assert not any(SECRET.encode() in path.read_bytes() for path in tmp_path.iterdir())
