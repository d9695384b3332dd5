from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reconciler.errors import StateError
from reconciler.model.addresses import RECORD_ID, RecordAddress, RecordId
from reconciler.model.associations import Association, AssociationsAfter
from reconciler.model.desired_records import Prune, PruneRule
from reconciler.model.owned import OwnedRecord, StateVersion
from reconciler.model.references import RecordIdentity
from reconciler.plan.change import Reason
from reconciler.plan.owned_changes import release_thing
from reconciler.state.store import Store
from tests.state.conftest import PORTAL
from tests.support.journals import (
    UPDATE,
    adopt,
    applied,
    owned,
    ownership,
    pair,
    start,
    update,
    value,
    writer,
)
from tests.support.postgres import Postgres
from tests.support.states import open_state

GROUP = ("companies", "external_id")


def remember(store: Store, *records: OwnedRecord) -> None:
    """Store ``records`` as owned, in a new run."""
    with writer(store) as pen:
        run_id = pen.begin_run(start(len(records)))
        pen.record_uncalled(
            run_id,
            [
                (number, adopt(record.key.value, record.record_id), applied(record.record_id))
                for number, record in enumerate(records)
            ],
            ownership(records),
        )


def test_a_new_state_is_empty_and_has_no_lineage(store: Store) -> None:
    assert store.version() == StateVersion(None, 0)
    assert store.owned(*GROUP, ["acme"]) == {}
    assert store.owned_groups() == ()
    assert store.count() == 0
    assert store.runs() == ()


def test_owned_records_come_back_by_key_as_they_were(store: Store) -> None:
    acme = replace(
        owned("acme", "9001", {"name": "Acme GmbH", "phone": None}, {"name": "Acme"}), is_protected=True
    )
    globex = owned("globex", "9002", {"name": "Zażółć 😀 \u0000 \ud800"})
    remember(store, acme, globex)

    assert store.owned(*GROUP, ["acme", "globex", "initech"]) == {"acme": acme, "globex": globex}


def test_keys_between_those_that_are_asked_for_are_others(store: Store) -> None:
    """The query also has the range of the keys, to be fast on PostgreSQL; keys in between must not match."""
    acme, beta, globex = owned("acme", "9001"), owned("beta", "9002"), owned("globex", "9003")
    remember(store, acme, beta, globex)

    assert store.owned(*GROUP, ["globex", "acme"]) == {"acme": acme, "globex": globex}
    assert store.owned(*GROUP, ["aaa", "zzz"]) == {}
    assert store.owned(*GROUP, []) == {}
    assert store.moved_since(0, *GROUP, ["acme", "globex"]) == {"acme", "globex"}
    assert store.moved_since(0, *GROUP, []) == frozenset()


def test_what_is_read_is_of_one_portal_type_and_key_property(store: Store, url: str, tmp_path: Path) -> None:
    acme = owned("acme", "9001", {"name": "Ours"})
    remember(store, acme)
    seen = store.version().serial
    by_number = owned("acme", "9002", by="erp_no")
    ticket = owned("acme", "9001", object_name="tickets")
    remember(store, by_number, ticket)
    with closing(open_state(url, tmp_path, PORTAL + 1)) as other:
        for name in ("Theirs", "Later"):  # so that its serial is higher than that of the first store
            remember(other, owned("acme", "9001", {"name": name}), owned("globex", "9003"))

    assert store.owned(*GROUP, ["acme", "globex"]) == {"acme": acme}
    assert store.owned("tickets", "external_id", ["acme"]) == {"acme": ticket}
    assert store.owned("companies", "erp_no", ["acme"]) == {"acme": by_number}
    ids = [RecordId("9001"), RecordId("9003")]
    assert store.owned_by_id("companies", ids) == {acme.record_id: acme}
    assert store.owned_by_id("tickets", ids) == {ticket.record_id: ticket}
    assert store.moved_since(seen, *GROUP, ["acme", "globex"]) == frozenset()
    assert store.ids_moved_since(seen, "companies", ids) == frozenset()
    assert store.owned_in_order(*GROUP, None, 9) == (acme,)


def test_an_owned_record_is_replaced_by_what_was_applied_last(
    store: Store, reopened: Callable[[], Store]
) -> None:
    remember(store, owned("acme", "9001", {"name": "Acme"}, {"name": "ACME"}))
    remember(store, owned("acme", "9001", {"name": "Acme GmbH"}))

    assert reopened().owned(*GROUP, ["acme"]) == {"acme": owned("acme", "9001", {"name": "Acme GmbH"})}


def test_a_renamed_record_may_take_over_the_key_of_another(store: Store) -> None:
    acme, globex = owned("acme", "9001"), owned("globex", "9002")
    remember(store, acme, globex)

    with writer(store) as pen:
        run_id = pen.begin_run(start(1))
        renamed = replace(
            update("globex", "9001", value("external_id", "acme", "globex")), moved_from=acme.key
        )
        pen.intend(run_id, 0, "companies", UPDATE, [(0, renamed)])
        pen.record(
            run_id,
            0,
            {0: applied("9001")},
            ownership([owned("globex", "9001")], [RecordIdentity("companies", globex.record_id)]),
        )

    assert store.owned(*GROUP, ["acme", "globex"]) == {"globex": owned("globex", "9001")}


def test_a_record_has_one_entry_and_moves_to_its_new_key_from_wherever_it_was(store: Store) -> None:
    """This is true whether or not the caller passes the previous key."""
    remember(store, owned("acme", "9001", {"name": "Acme"}), owned("globex", "9002"))
    moved = owned("E1", "9001", {"name": "Acme"}, by="erp_no")

    remember(store, moved)

    assert store.owned(*GROUP, ["acme", "globex"]) == {"globex": owned("globex", "9002")}
    assert store.owned_by_id("companies", [moved.record_id]) == {moved.record_id: moved}
    assert store.count() == 2


def test_two_keys_that_hubspot_took_for_one_record_are_one_entry(store: Store) -> None:
    """HubSpot may compare unique values without case; both keys were sent in one call."""
    remember(store, owned("acme", "9001", {"name": "Before"}), owned("z", "9002"))
    with writer(store) as pen:
        run_id = pen.begin_run(start(0))
        pen.record_uncalled(
            run_id, [], ownership([owned("acme", "9001")], pairs=AssociationsAfter([pair("acme", "ada")]))
        )

    remember(store, owned("Acme", "9001", {"name": "One"}), owned("ACME", "9001"), owned("z", "9003"))

    assert store.owned(*GROUP, ["acme", "Acme", "ACME", "z"]) == {
        "ACME": owned("ACME", "9001"),
        "z": owned("z", "9003"),
    }
    assert [each.source.address.value for each in store.pairs("companies", "contacts")] == ["ACME"]

    remember(store, owned("ACME", "9001"), owned("acme", "9001"), owned("ACME", "9001"))

    assert store.owned(*GROUP, ["acme", "ACME"]) == {"ACME": owned("ACME", "9001")}
    assert [each.source.address.value for each in store.pairs("companies", "contacts")] == ["ACME"]


def test_associations_of_a_record_that_moves_are_known_by_its_new_key_from_both_ends(store: Store) -> None:
    there = pair("acme", "ada", "9001", "501")
    back = replace(there, association=Association(there.target, there.source))
    other = pair("globex", "ada", "9002", "501")
    with writer(store) as pen:
        run_id = pen.begin_run(start(0))
        pen.record_uncalled(
            run_id, [], ownership([owned("acme", "9001")], pairs=AssociationsAfter([there, back, other]))
        )
        pen.record_uncalled(run_id, [], ownership([owned("E1", "9001", by="erp_no")]))

    new = RecordAddress("companies", "erp_no", "E1")
    assert set(store.pairs("companies", "contacts")) == {
        there.renamed({RecordIdentity("companies", RecordId("9001")): new}),
        back.renamed({RecordIdentity("companies", RecordId("9001")): new}),
        other,
    }


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_records_that_exchange_their_keys_are_both_there_whatever_is_recorded_first(
    store: Store, order: tuple[int, int]
) -> None:
    one, other = owned("acme", "9001", {"name": "One"}), owned("globex", "9002", {"name": "Other"})
    remember(store, one, other)
    after = (replace(one, key=other.key), replace(other, key=one.key))

    with writer(store) as pen:
        run_id = pen.begin_run(start(0))
        pen.set_aside(
            [RecordIdentity("companies", one.record_id), RecordIdentity("companies", other.record_id)]
        )
        assert store.count() == 2
        for index in order:
            pen.record_uncalled(run_id, [], ownership([after[index]]))
            assert store.count() == 2

    assert store.owned(*GROUP, ["acme", "globex"]) == {"acme": after[1], "globex": after[0]}


def test_a_released_record_is_no_longer_owned(store: Store) -> None:
    acme, globex = owned("acme", "9001"), owned("globex", "9002")
    remember(store, acme, globex)

    with writer(store) as pen:
        run_id = pen.begin_run(start(1))
        released = release_thing(acme, Reason.PRUNED)
        pen.record_uncalled(
            run_id,
            [(0, released, applied("9001"))],
            ownership(disowned=[RecordIdentity("companies", acme.record_id)]),
        )

    assert store.owned(*GROUP, ["acme", "globex"]) == {"globex": globex}
    assert store.run(run_id).rows[0].action == "release"


def test_prune_rules_are_kept_by_group(store: Store, reopened: Callable[[], Store]) -> None:
    companies, tickets = (PruneRule(name, "code", Prune.OURS) for name in ("companies", "tickets"))
    with writer(store) as pen:
        pen.remember_pruning([tickets, companies])
        pen.remember_pruning([replace(tickets, prune=Prune.ALL)])

    assert reopened().prune_rules() == (companies, replace(tickets, prune=Prune.ALL))


def test_groups_are_counted_apart(store: Store) -> None:
    remember(
        store,
        owned("acme"),
        owned("globex"),
        owned("9003", "9003", by=RECORD_ID),
        owned("T-1", object_name="tickets"),
    )

    assert store.owned_groups() == (
        ("companies", "external_id", 2),
        ("companies", RECORD_ID, 1),
        ("tickets", "external_id", 1),
    )
    assert store.count() == 4


def test_reading_in_order_goes_on_after_a_key(store: Store) -> None:
    remember(store, *(owned(name) for name in ("b", "a", "d", "c")))

    first = store.owned_in_order(*GROUP, None, 3)
    rest = store.owned_in_order(*GROUP, first[-1].key.value, 3)

    assert [record.key.value for record in first] == ["a", "b", "c"]
    assert [record.key.value for record in rest] == ["d"]


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(keys=st.sets(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1)))
def test_keys_sort_by_code_point(store: Store, keys: set[str]) -> None:
    remember(store, *(owned(name) for name in keys))

    listed = [record.key.value for record in store.owned_in_order(*GROUP, None, 10_000)]

    assert listed == sorted(listed)
    assert keys <= set(listed)


def test_keys_that_only_look_alike_are_different_records(store: Store) -> None:
    alike = [owned("acme"), owned("Acme"), owned("acme "), owned("açme"), owned("ac\u0327me")]
    remember(store, *alike)

    assert len(store.owned(*GROUP, [record.key.value for record in alike])) == 5


def test_an_address_finds_by_key_and_by_record_id(store: Store) -> None:
    acme = owned("acme", "9001")
    by_id = owned("9002", "9002", by=RECORD_ID)
    remember(store, acme, by_id)

    assert store.find("companies", by_record_id=False, value="acme") == (acme,)
    assert store.find("companies", by_record_id=True, value="9001") == (acme,)
    assert store.find("companies", by_record_id=True, value="9002") == (by_id,)
    assert store.find("companies", by_record_id=False, value="9002") == ()
    assert store.find("tickets", by_record_id=False, value="acme") == ()


def test_entries_written_after_a_serial_have_moved(store: Store) -> None:
    remember(store, owned("acme"), owned("globex"))
    seen = store.version().serial
    remember(store, owned("globex", sent={"name": "Globex"}), owned("initech"))

    assert store.moved_since(seen, *GROUP, ["acme", "globex", "initech", "umbrella"]) == {"globex", "initech"}
    assert store.moved_since(store.version().serial, *GROUP, ["acme", "globex"]) == frozenset()
    ids = {name: owned(name).record_id for name in ("acme", "globex", "initech")}
    moved = store.ids_moved_since(seen, "companies", list(ids.values()))
    assert moved == {ids["globex"], ids["initech"]}
    assert store.ids_moved_since(store.version().serial, "companies", list(ids.values())) == frozenset()


def test_lineage_is_made_once_and_serial_rises_with_every_run(
    store: Store, reopened: Callable[[], Store]
) -> None:
    remember(store, owned("acme"))
    first = store.version()
    remember(reopened(), owned("acme"))

    assert first.lineage is not None
    assert first.serial == 1
    assert reopened().version() == StateVersion(first.lineage, 2)


def test_hundreds_of_keys_are_read_at_once(store: Store) -> None:
    keys = [f"{number:04}" for number in range(900)]
    remember(store, *map(owned, keys))

    assert sorted(store.owned(*GROUP, keys)) == keys


def test_a_key_that_postgresql_cannot_store_is_called_so(postgres: Postgres, tmp_path: Path) -> None:
    with (
        closing(open_state(postgres.new_database(), tmp_path, 1)) as store,
        pytest.raises(StateError, match=r"PostgreSQL cannot store \(NUL\): change that key"),
    ):
        remember(store, owned("ac\0me"))


def test_a_record_that_was_set_aside_in_vain_is_put_back_where_its_key_is_free(
    store: Store,
) -> None:
    one, other = owned("acme", "9001", {"name": "One"}), owned("globex", "9002", {"name": "Other"})
    third = owned("initech", "9003")
    keys = {
        RecordIdentity("companies", entry.record_id): (entry.key, to)
        for entry, to in ((one, other.key), (other, third.key), (third, one.key))
    }
    remember(store, one, other, third)

    with writer(store) as pen:
        run_id = pen.begin_run(start(0))
        pen.set_aside(keys)
        pen.record_uncalled(run_id, [], ownership([replace(one, key=other.key)]))
        pen.put_back(keys)

    found = store.owned(*GROUP, ["acme", "globex", "initech"])
    assert found == {"globex": replace(one, key=other.key), "initech": third}
    (aside,) = store.owned_by_id("companies", [other.record_id]).values()
    assert aside == replace(other, key=RecordAddress("companies", RECORD_ID, other.record_id))

    with writer(store) as pen:
        pen.begin_run(start(0))
        pen.put_back({RecordIdentity("companies", other.record_id): (other.key, one.key)})

    assert store.count() == 3
    assert store.owned_by_id("companies", [other.record_id]) == {other.record_id: replace(other, key=one.key)}
