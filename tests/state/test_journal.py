from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from reconciler.errors import StateError
from reconciler.model.addresses import RecordAddress, RecordId
from reconciler.model.names import (
    NO_DISPLAY_NAMES,
    NO_NAMES,
    DisplayNames,
    Names,
    ObjectNames,
    PropertyNames,
)
from reconciler.model.object_references import ObjectProperty
from reconciler.model.outcomes import Applied, Outcome, Rejected, Skipped, Stale, Unknown
from reconciler.model.owned import Origin
from reconciler.model.runs import RunRow
from reconciler.plan.change import Change, Owned, Reason, ValueChange
from reconciler.plan.records.changes import archive_record, update_record
from reconciler.source import SourceRef
from reconciler.state.run_types import RunStatus, UnfinishedBatch
from reconciler.state.store import Store
from tests.support.journals import (
    UPDATE,
    UPSERT,
    Clock,
    adopt,
    applied,
    at,
    create,
    key,
    owned,
    ownership,
    start,
    update,
    value,
    writer,
)

NAMES = Names(
    "https://app.hubspot.com/contacts/7654321/record/",
    {"companies": ObjectNames("0-2", ("name",), {"tier": PropertyNames("Level", {"a": "Gold"})})},
)
CALLED = DisplayNames("Globex Inc.")

GROUP = ("companies", "external_id")


def test_a_run_begins_with_its_header(store: Store) -> None:
    with writer(store) as pen:
        run_id = pen.begin_run(
            replace(
                start(3),
                masked_properties=(ObjectProperty("companies", "phone"), ObjectProperty("contacts", "email")),
                names=NAMES,
            )
        )

    (header,) = store.runs()

    assert run_id == "20261122T164500Z-0001"
    assert header.id == run_id
    assert header.portal_id == 7654321
    assert header.environment == "production"
    assert header.plan_digest == "sha256:1a2b"
    assert header.tool_version == "0.1.0"
    assert header.actor == {
        "user": "ada",
        "host": "build-7",
        "pid": "4242",
        "run_url": "https://ci.example/runs/1",
    }
    assert header.started_at == datetime(2026, 11, 22, 16, 45, tzinfo=UTC)
    assert header.finished_at is None
    assert header.status == "running"
    assert header.masked_properties == (("companies", "phone"), ("contacts", "email"))
    assert header.names == NAMES


def test_the_commit_that_was_applied_last_is_that_of_the_newest_run_that_has_one(store: Store) -> None:
    assert store.last_commit() is None
    with writer(store) as pen:
        for commit in ("5f0c2e1", "9ab41c7", None):
            pen.begin_run(replace(start(0), commit=commit))

    assert store.last_commit() == "9ab41c7"


def test_runs_come_newest_first_even_within_a_second(store: Store) -> None:
    with writer(store) as pen:
        begun = [pen.begin_run(start(0)) for _ in range(3)]

    assert [header.id for header in store.runs()] == begun[::-1]
    assert begun == sorted(begun)


def test_an_intent_is_unfinished_until_its_outcome_is_recorded(
    store: Store, reopened: Callable[[], Store]
) -> None:
    changes: tuple[Change, ...] = (
        create("acme", name="Acme", phone=None),
        replace(
            update(
                "globex",
                "9002",
                value("phone", "1", None, Reason.DRIFT),
                in_step=(value("name", "G ", "G", Reason.IN_STEP),),
            ),
            operation=UPSERT,
            owned=Owned(Origin.ADOPTED, is_protected=True),
            moved_from=RecordAddress("companies", "legacy_id", "globus"),
        ),
    )
    entries = tuple(enumerate(changes, start=5))
    with writer(store) as pen:
        run_id = pen.begin_run(start(2))
        pen.intend(run_id, 3, "companies", UPSERT, entries, twice={6})

        intended_at = datetime(2026, 11, 22, 16, 45, tzinfo=UTC)
        batch = UnfinishedBatch(
            run_id, 3, "companies", UPSERT, intended_at, entries, {(5, 1): None, (6, 1): None, (6, 2): None}
        )
        assert reopened().unfinished() == (batch,)

        first, second = (intended_at + timedelta(seconds=seconds) for seconds in (1, 2))
        pen.record_sending(run_id, [(1, [6], first)])
        pen.record_sending(run_id, [(2, [6], second), (1, [5], second)])
        sent = {(5, 1): second, (6, 1): first, (6, 2): second}
        assert reopened().unfinished() == (replace(batch, sent=sent),)

        pen.record(run_id, 3, {5: applied("9001"), 6: Rejected("no")}, ownership([owned("acme")]))

    assert reopened().unfinished() == ()
    assert list(reopened().owned(*GROUP, ["acme", "globex"])) == ["acme"]


def test_places_and_values_of_any_text_come_back(store: Store) -> None:
    elsewhere = SourceRef('manifests/we:ird "näme".yaml', 3, 1)
    odd = update_record(
        RecordAddress("p_car", "vin", "ключ / # 😀"),
        RecordId("1"),
        (
            ValueChange("a", "\u0000 \ud800", "ü", Reason.CONFLICT, elsewhere),
            ValueChange("b", None, "2", Reason.CHANGED, None),
        ),
        Reason.CONFLICT,
        operation=UPDATE,
        source=at(),
        owned=Owned(Origin.CREATED),
    )
    with writer(store) as pen:
        run_id = pen.begin_run(start(1))
        pen.intend(run_id, 0, "p_car", UPDATE, [(0, odd)])

    assert store.unfinished()[0].entries == ((0, odd),)


def test_an_unknown_outcome_stays_unfinished_and_is_settled_by_a_later_run(
    store: Store, reopened: Callable[[], Store]
) -> None:
    with writer(store) as pen:
        first = pen.begin_run(start(2))
        pen.intend(first, 0, "companies", UPSERT, [(0, create("acme")), (1, create("globex"))])
        pen.record(first, 0, {0: applied("9001"), 1: Unknown("no answer")}, ownership([owned("acme")]))
        pen.finish_run(first, RunStatus.FINISHED)

    later = reopened()
    (batch,) = later.unfinished()
    with writer(later) as pen:
        pen.record(batch.run_id, batch.number, {1: applied("9002")}, ownership([owned("globex", "9002")]))

    assert batch.entries == ((1, create("globex")),)
    assert later.unfinished() == ()
    assert [row.outcome for row in later.run(first).rows] == ["applied", "applied"]
    assert sorted(later.owned(*GROUP, ["acme", "globex"])) == ["acme", "globex"]


def test_outcomes_may_arrive_in_parts(store: Store) -> None:
    with writer(store) as pen:
        run_id = pen.begin_run(start(2))
        pen.intend(run_id, 0, "companies", UPSERT, [(0, create("acme")), (1, create("globex"))])
        pen.record(run_id, 0, {1: applied("9002")})

        assert [number for number, _ in store.unfinished()[0].entries] == [0]


@pytest.mark.parametrize("number", [0, 7])
def test_a_final_or_foreign_change_is_not_recorded_again(store: Store, number: int) -> None:
    with writer(store) as pen:
        run_id = pen.begin_run(start(2))
        pen.intend(run_id, 0, "companies", UPSERT, [(0, create("acme")), (1, create("globex"))])
        pen.record(run_id, 0, {0: Rejected("no")})

        with pytest.raises(StateError, match=f"batch 0 of run {run_id} has no open change {number}: this is"):
            pen.record(run_id, 0, {number: applied("9001"), 1: applied("9002")}, ownership([owned("acme")]))

    assert [row.outcome for row in store.run(run_id).rows] == ["rejected", None]
    assert store.count() == 0


def test_the_run_that_last_applied_a_property_is_the_newest_that_wrote_it_or_found_it_in_step(
    store: Store,
) -> None:
    clock = Clock()
    there = tuple(value(name, "A", "A", Reason.IN_STEP) for name in ("name", "city"))
    entries: list[tuple[int, Change, Outcome]] = [
        (0, adopt("acme", "9001", *there), applied("9001")),
        (0, update("acme", "9001", value("name", "A", "B")), applied("9001")),
        (0, update("acme", "9001", value("city", "A", "B")), Rejected("too long")),
    ]
    runs = []
    with writer(store, clock) as pen:
        for entry in entries:
            clock.sleep(60)
            runs.append(pen.begin_run(start(1)))
            pen.record_uncalled(runs[-1], [entry])
    acme = owned("acme", "9001")

    assert {name: run.id for name, run in store.last_runs(acme).items()} == {
        "city": runs[0],
        "name": runs[1],
    }
    assert store.last_runs(owned("globex", "9002")) == {}


def test_a_run_tells_every_change_in_the_order_of_the_plan(store: Store) -> None:
    with writer(store) as pen:
        run_id = pen.begin_run(start(5))
        pen.record_uncalled(
            run_id,
            [(4, adopt("umbrella", "9005", value("name", "U", "U", Reason.IN_STEP)), applied("9005"))],
            ownership([owned("umbrella", "9005")]),
        )
        pen.intend(
            run_id,
            0,
            "companies",
            UPDATE,
            [
                (1, replace(update("globex", "9002", value("name", "G", "Globex")), display_names=CALLED)),
                (2, update("hooli", "9003", value("name", None, "Hooli"))),
            ],
        )
        pen.intend(run_id, 1, "companies", UPSERT, [(0, create("acme", name="Acme"))])
        pen.record(run_id, 1, {0: Applied(RecordId("9001"), {"name": "Acme"}, is_new=True)})
        pen.record(
            run_id,
            0,
            {
                1: Rejected("too long", "VALIDATION_ERROR", "5f0c", RecordId("9009")),
                2: Stale("it moved"),
            },
        )
        pen.record_uncalled(run_id, [(3, create("initech"), Skipped("the run was interrupted"))])
        pen.finish_run(run_id, RunStatus.FINISHED)

    detail = store.run(run_id)

    assert [
        (row.number, row.address, row.action, row.record_id, row.outcome, dict(row.detail))
        for row in detail.rows
    ] == [
        (0, "companies/acme", "create", "9001", "applied", {}),
        (
            1,
            "companies/globex",
            "update",
            "9002",
            "rejected",
            {"message": "too long", "category": "VALIDATION_ERROR", "correlation_id": "5f0c"},
        ),
        (2, "companies/hooli", "update", "9003", "stale", {"message": "it moved"}),
        (3, "companies/initech", "create", None, "skipped", {"message": "the run was interrupted"}),
        (4, "companies/umbrella", "adopt", "9005", "applied", {}),
    ]
    assert detail.rows[1] == RunRow(
        number=1,
        key=key("globex"),
        action="update",
        reason="changed",
        record_id=RecordId("9002"),
        before={"name": "G"},
        after={"name": "Globex"},
        outcome="rejected",
        detail=detail.rows[1].detail,
        source=at(),
        display_names=CALLED,
    )
    assert detail.rows[4].after == {"name": "U"}
    assert detail.accounting() == {
        "planned": 5,
        "applied": 2,
        "rejected": 1,
        "stale": 1,
        "unknown": 0,
        "skipped": 1,
    }
    counted = store.run(run_id, lists_applied=False)
    assert (counted.rows, counted.unlisted) == (detail.rows[1:4], 2)
    assert counted.accounting() == detail.accounting()
    assert detail.header.status == "finished"
    assert detail.header.finished_at == datetime(2026, 11, 22, 16, 45, tzinfo=UTC)


def test_a_run_cannot_finish_while_planned_changes_have_no_entry(store: Store) -> None:
    with writer(store) as pen:
        run_id = pen.begin_run(start(2))
        pen.record_uncalled(run_id, [(0, create("acme"), Skipped("no"))])

        with pytest.raises(StateError, match="planned 2 changes and its journal has 1: this is a bug"):
            pen.finish_run(run_id, RunStatus.FINISHED)

        assert store.run(run_id).header.status == "running"


def test_a_run_that_journals_more_than_it_planned_is_a_bug(store: Store) -> None:
    with writer(store) as pen:
        run_id = pen.begin_run(start(0))
        pen.record_uncalled(run_id, [(0, create("acme"), Skipped("no"))])

        with pytest.raises(StateError, match="planned 0 changes and its journal has 1"):
            pen.finish_run(run_id, RunStatus.INTERRUPTED)
        with pytest.raises(StateError, match="planned 0 changes and its journal has 1"):
            store.run(run_id)


def test_a_run_found_dead_is_interrupted_and_says_what_it_got_to(
    store: Store, reopened: Callable[[], Store]
) -> None:
    with writer(store) as pen:
        dead = pen.begin_run(start(300))
        pen.intend(dead, 0, "companies", UPSERT, [(0, create("acme")), (1, create("globex"))])

    with writer(reopened()) as pen:
        pen.record(dead, 0, {0: applied("9001"), 1: Skipped("it was not there")})
        pen.finish_run(dead, RunStatus.INTERRUPTED)

    detail = reopened().run(dead)
    assert detail.header.status == "interrupted"
    assert [row.outcome for row in detail.rows] == ["applied", "skipped"]


def test_an_unknown_run_is_an_error_that_names_the_list(store: Store) -> None:
    with pytest.raises(StateError, match="there is no run nonsense: `reconciler runs list` shows"):
        store.run("nonsense")
    with writer(store) as pen, pytest.raises(StateError, match="there is no run nonsense"):
        pen.finish_run("nonsense", RunStatus.FINISHED)


def test_values_are_kept_for_ninety_days_and_outcomes_for_ever(store: Store) -> None:
    clock = Clock()

    def run_once() -> str:
        with writer(store, clock) as pen:
            run_id = pen.begin_run(replace(start(1), names=NAMES))
            change = replace(update("acme", "1", value("name", "A", "B")), display_names=CALLED)
            pen.intend(run_id, 0, "companies", UPDATE, [(0, change)])
            pen.record(run_id, 0, {0: Rejected("B is too long")})
            pen.finish_run(run_id, RunStatus.FINISHED)
        return run_id

    first = run_once()
    clock.time += timedelta(days=60)
    second = run_once()
    clock.time += timedelta(days=31)
    run_once()

    (old,), (recent,) = store.run(first).rows, store.run(second).rows
    assert (old.before, old.after, old.detail, old.outcome) == ({}, {}, {}, "rejected")
    assert (recent.before, recent.after) == ({"name": "A"}, {"name": "B"})
    assert recent.detail == {"message": "B is too long"}
    assert (old.display_names, recent.display_names) == (NO_DISPLAY_NAMES, CALLED)
    assert (store.run(first).header.names, store.run(second).header.names) == (NO_NAMES, NAMES)


def test_values_of_what_is_unsettled_are_kept_until_it_is_settled(store: Store) -> None:
    clock = Clock()
    changed = update("acme", "1", value("name", "A", "B"))
    with writer(store, clock) as pen:
        run_id = pen.begin_run(start(1))
        pen.intend(run_id, 0, "companies", UPDATE, [(0, changed)])
    clock.time += timedelta(days=400)

    with writer(store, clock) as pen:
        pen.begin_run(start(0))

        assert store.unfinished()[0].entries == ((0, changed),)

        pen.record(run_id, 0, {0: Stale("gone by now")})
        pen.begin_run(start(0))

    assert store.run(run_id).rows[0].before == {}


def test_dropping_a_state_forgets_everything_and_begins_a_new_lineage(store: Store) -> None:
    with writer(store) as pen:
        run_id = pen.begin_run(start(1))
        pen.intend(run_id, 0, "companies", UPSERT, [(0, create("acme"))])
        pen.record(run_id, 0, {0: applied("9001")}, ownership([owned("acme")]))
        lineage = store.version().lineage
        pen.drop()

        assert (store.count(), store.runs(), store.version().lineage) == (0, (), None)

        pen.begin_run(start(0))

    assert store.version().lineage not in {None, lineage}


@pytest.mark.parametrize(
    "change",
    [
        create("acme"),
        replace(create("acme", name="A"), owned=Owned(Origin.CREATED, is_protected=True)),
        update("acme", "9001", value("name", "A", "B")),
        archive_record(
            key("acme"), RecordId("9001"), Reason.PRUNED, None, owned_before=Owned(Origin.CREATED)
        ),
        archive_record(key("acme"), RecordId("9001"), Reason.ABSENT, at(), owned_before=None),
    ],
)
def test_every_kind_of_writing_comes_back_as_it_was(store: Store, change: Change) -> None:
    with writer(store) as pen:
        run_id = pen.begin_run(start(1))
        pen.intend(run_id, 0, "companies", change.sent_by, [(0, change)])

    assert store.unfinished()[0].entries == ((0, change),)
    assert store.unfinished()[0].operation == change.operation
