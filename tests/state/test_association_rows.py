"""Owned associations: stored, found, removed, erased, exported."""

from dataclasses import replace

import pytest

from reconciler.errors import StateError
from reconciler.model.addresses import AssociationAddress, RecordId
from reconciler.model.associations import Association, AssociationsAfter, OwnedAssociation
from reconciler.model.labels import Label
from reconciler.model.outcomes import Applied
from reconciler.model.owned import Origin
from reconciler.model.references import RecordIdentity
from reconciler.plan.associations.changes import associate, dissociate
from reconciler.plan.change import Reason, Remote
from reconciler.state.erase import NamedThing
from reconciler.state.export_reader import parse_export
from reconciler.state.store import Store
from tests.support.journals import BILLING, at, owned, ownership, pair, start, writer

ADA = pair("acme", "ada")
BOB = pair("acme", "bob", target_id="502")


def labelled(owned: OwnedAssociation, label: Label) -> OwnedAssociation:
    return replace(owned, association=owned.association._replace(label=label))


def remember(store: Store, pairs: AssociationsAfter) -> None:
    with writer(store) as pen:
        pen.record_uncalled(pen.begin_run(start(0)), [], ownership(pairs=pairs))


def known(store: Store) -> set[tuple[str, str]]:
    return {
        (each.source.address.value, each.target.address.value)
        for each in store.pairs("contacts", "companies")
    }


def test_a_pair_is_found_from_both_types_and_from_its_record(store: Store) -> None:
    remember(store, AssociationsAfter([BOB, ADA]))

    assert store.paired_types() == {("companies", "contacts")}
    assert (
        set(store.pairs("companies", "contacts")) == set(store.pairs("contacts", "companies")) == {ADA, BOB}
    )
    assert store.pairs_of(owned("acme")) == (ADA, BOB)
    assert store.pairs("companies", "deals") == ()


def test_putting_a_pair_again_replaces_what_was_known_of_it(store: Store) -> None:
    remember(store, AssociationsAfter([ADA]))
    adopted = replace(ADA, origin=Origin.ADOPTED, is_whole=False)
    remember(store, AssociationsAfter([adopted]))

    assert store.pairs("companies", "contacts") == (adopted,)
    assert store.pairs_written_since(1) == (adopted,)
    assert store.pairs_written_since(2) == ()


def test_a_label_takes_the_place_of_the_plain_association_whichever_side_names_it(store: Store) -> None:
    back = replace(ADA, association=Association(ADA.target, ADA.source, BILLING))
    remember(store, AssociationsAfter([ADA, BOB]))
    remember(store, AssociationsAfter([back]))

    assert set(store.pairs("companies", "contacts")) == {back, BOB}


def test_removed_associations_and_those_of_removed_records_are_forgotten(store: Store) -> None:
    remember(store, AssociationsAfter([ADA, BOB, pair("globex", "ada", record_id="9002")]))
    remember(store, AssociationsAfter(disowned=[BOB.identity]))
    assert known(store) == {("acme", "ada"), ("globex", "ada")}

    remember(store, AssociationsAfter(ended=[RecordIdentity("contacts", RecordId("501"))]))
    assert known(store) == set()


def test_a_record_that_is_removed_takes_the_pairs_with_it_that_it_named(store: Store) -> None:
    remember(store, AssociationsAfter([ADA, pair("globex", "ada", record_id="9002")]))
    with writer(store) as pen:
        pen.remove([ADA.source.address])

    assert known(store) == {("globex", "ada")}


def test_a_forgotten_record_is_forgotten_at_both_ends(store: Store) -> None:
    made = associate(
        AssociationAddress(ADA.source.address, ADA.target.address),
        Remote(ADA.source.id, ADA.target.id),
        Reason.MISSING,
        at(),
        is_whole=True,
    )
    with writer(store) as pen:
        run_id = pen.begin_run(start(1))
        outcome = Applied(RecordId("9001"), {})
        pen.record_uncalled(run_id, [(0, made, outcome)], ownership(pairs=AssociationsAfter([ADA, BOB])))
        count = pen.forget(NamedThing("contacts", "ada"))

    assert count == 2
    assert known(store) == {("acme", "bob")}
    (row,) = store.run(run_id).rows
    assert row.target is not None
    assert row.target.value == "(forgotten)"
    assert "ada" not in repr(row)
    assert "501" not in repr(row)


@pytest.mark.parametrize("label", [None, BILLING])
def test_an_intended_pair_comes_back_to_be_settled_as_it_was(store: Store, label: None) -> None:
    address, remote = ADA.association._replace(label=label).address, Remote(ADA.source.id, ADA.target.id)
    made = associate(address, remote, Reason.MISSING, at(), is_whole=True)
    removed = dissociate(address, remote, Reason.PRUNED, is_whole=label is None)
    with writer(store) as pen:
        run_id = pen.begin_run(start(2))
        pen.intend(run_id, 0, "companies", made.sent_by, [(0, made)])
        pen.intend(run_id, 1, "companies", removed.sent_by, [(1, removed)])

    first, second = store.unfinished()
    assert (first.entries, second.entries) == (((0, made),), ((1, removed),))
    assert first.operation == made.operation
    assert first.objects == {"companies", "contacts"}


def test_pairs_are_exported_and_imported(store: Store) -> None:
    remember(store, AssociationsAfter([labelled(BOB, BILLING), ADA]))
    text = "".join(store.export())

    export = parse_export(text)
    with writer(store) as pen:
        pen.import_state(export)

    assert tuple(export.pairs) == (ADA, labelled(BOB, BILLING))
    assert set(store.pairs("companies", "contacts")) == set(export.pairs)


def test_an_export_from_before_associations_is_imported(store: Store) -> None:
    remember(store, AssociationsAfter([ADA]))
    text = "".join(store.export())
    start_of_pairs, end_of_pairs = text.index('"pairs"'), text.index('"portal_id"')
    old = text[:start_of_pairs] + text[end_of_pairs:].replace('"version":3', '"version":1')

    with writer(store) as pen:
        pen.import_state(parse_export(old))

    assert known(store) == set()


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('"target_id":"501"', '"target_id":501', "pairs[0].target_id: text is expected"),
        ('"whole":true', '"whole":1', "pairs[0].whole: must be true or false"),
        ('"object":"contacts"', '"object":""', "pairs[0].target.object: must not be empty"),
        ('"label":null', '"label":{"category":"x","text":"y"}', "pairs[0].label.type_id: is missing"),
    ],
)
def test_an_export_with_a_wrong_pair_says_where(store: Store, old: str, new: str, message: str) -> None:
    remember(store, AssociationsAfter([ADA]))
    text = "".join(store.export())
    assert old in text

    with pytest.raises(StateError) as raised:
        parse_export(text.replace(old, new))
    assert message in str(raised.value)
