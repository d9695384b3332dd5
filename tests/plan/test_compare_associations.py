"""Associations are compared as docs/verdicts.md says, for each row of its table."""

import itertools
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.errors import UnplacedProblem
from reconciler.model.addresses import RecordAddress, RecordId
from reconciler.model.associations import Association, OwnedAssociation, RecordRef
from reconciler.model.definitions import Account, ObjectSchema, PortalSchema
from reconciler.model.desired import Desired
from reconciler.model.desired_records import DesiredAssociation, DesiredRecord, Drift, Prune
from reconciler.model.labels import Label
from reconciler.model.object_references import Direction
from reconciler.model.owned import Origin
from reconciler.model.selection import EVERYTHING
from reconciler.plan.associations.changes import is_whole
from reconciler.plan.associations.compare import AssociationContext, AssociationPlanner
from reconciler.plan.associations.endpoints import Endpoint, Endpoints, Presence
from reconciler.plan.associations.labels import Labels, directions_of_labels
from reconciler.plan.associations.resolve import AssociationResolver
from reconciler.plan.change import Action, Change
from reconciler.plan.plan import Held
from reconciler.plan.records.policy import Policy
from tests.house.test_verdicts_page import table
from tests.support.nouns import COMPANIES, FILES, at, definition, desired, document

CONTACTS = ObjectSchema("contacts", "contacts", {"email": definition("email", is_unique=True)})
PORTAL = PortalSchema(Account(1, "STANDARD"), "v3", {"companies": COMPANIES, "contacts": CONTACTS})
ACME = RecordAddress("companies", "external_id", "acme")
ADA = RecordAddress("contacts", "email", "ada")
IDS = (RecordId("901"), RecordId("501"))
COMPANY, CONTACT = RecordRef(ACME, IDS[0]), RecordRef(ADA, IDS[1])
TO_CONTACTS = Direction("companies", "contacts")
BILLING = Label("USER_DEFINED", 7, "Billing")


def decision(
    *,
    is_named: bool,
    owned: Origin | None,
    live: frozenset[Label] | None,
    drift: Drift = Drift.REVERT,
    prune: Prune = Prune.OFF,
    is_elsewhere: bool = False,
) -> Change | Held | None:
    """Return the decision about the unlabelled association of Acme with Ada."""
    wanted = DesiredAssociation("contacts", "email", "ada", None, at(12))
    record = desired("acme", {}, document())
    ends = Endpoints(PORTAL)
    for key, record_id in zip((ACME, ADA), IDS, strict=True):
        ends.note(key, Endpoint(Presence.LIVE, record_id))
    resolver = AssociationResolver(ends, Labels(), FILES, frozenset())
    elsewhere = frozenset({(ACME.object, ACME.by, ACME.value)}) if is_elsewhere else frozenset()
    manifests = Desired((), FILES, "", elsewhere)
    rules = AssociationContext(Policy(drift), EVERYTHING, manifests, {ACME.group: prune})
    pairs = [OwnedAssociation(Association(COMPANY, CONTACT), owned, is_whole=True)] if owned else []
    named = resolver.resolve([(record, wanted)] if is_named else [])
    found = {} if live is None else {IDS[0]: {IDS[1]: live}}
    changes = list(AssociationPlanner(rules, resolver, named, pairs).decide({TO_CONTACTS: found}))
    assert len(changes) <= 1
    return changes[0] if changes else None


TOLD: dict[str, set[Action | str]] = {
    "nothing": {"nothing"},
    "left alone": {"nothing", "held"},
    "left alone and reported": {"held"},
    "adopted": {Action.ADOPT},
    "created": {Action.CREATE},
    "removed": {Action.ARCHIVE},
    "released": {Action.RELEASE},
}


def became(found: Change | Held | None) -> Action | str:
    """Return the decision in the words of docs/verdicts.md."""
    if found is None:
        return "nothing"
    return found.action if isinstance(found, Change) else "held"


SITUATIONS: dict[str, tuple[Prune, frozenset[Label] | None, bool]] = {
    "no prune": (Prune.OFF, frozenset(), False),
    "prune: true": (Prune.OURS, frozenset(), False),
    "prune: all": (Prune.ALL, frozenset(), False),
    "pruned, and HubSpot does not have it any more": (Prune.OURS, None, False),
    "pruned, and somebody gave it a label": (Prune.OURS, frozenset({BILLING}), False),
    "the manifests contain the record under which it was written, but only for other environments": (
        Prune.OFF,
        frozenset(),
        True,
    ),
}


@pytest.mark.parametrize("row", table("association"), ids=" ".join)
def test_each_verdict_on_an_association_is_as_the_page_says(row: list[str]) -> None:
    verdict, known, named, live, reverting, holding = row
    for drift, reported in ((Drift.REVERT, reverting), (Drift.HOLD, holding)):
        found = decision(
            is_named=named == "yes",
            owned=Origin.CREATED if known == "yes" else None,
            live=frozenset() if live == "yes" else None,
            drift=drift,
        )
        assert became(found) in TOLD[reported]
        assert found is None or found.reason == verdict


@pytest.mark.parametrize("row", table("no longer named"), ids=" ".join)
def test_associations_not_named_any_more_follow_the_page(row: list[str]) -> None:
    prune, live, is_elsewhere = SITUATIONS[row[0].replace("`", "")]
    for origin, reported in zip((Origin.CREATED, Origin.ADOPTED), row[1:], strict=True):
        found = decision(is_named=False, owned=origin, live=live, prune=prune, is_elsewhere=is_elsewhere)
        assert became(found) in TOLD[reported], (origin, found)


def labels(*there: Label, back: tuple[Label, ...] = ()) -> Labels:
    return Labels({TO_CONTACTS: there, TO_CONTACTS.back: back})


def user(number: int, text: str) -> Label:
    return Label("USER_DEFINED", number, text)


@pytest.mark.parametrize(
    ("type_id", "inverse"),
    [(1, 2), (3, 4), (6, 5), (7, 8), (20, None), (30, None)],
)
def test_the_two_ends_of_a_label_are_found_by_text_then_by_following_numbers(
    type_id: int, inverse: int | None
) -> None:
    known = labels(
        user(1, "Billing"),
        user(3, "Manager"),
        user(6, "Parent"),
        user(7, "Buyer"),
        user(20, "Alone"),
        user(30, "Twice"),
        user(32, "Twice"),
        back=(user(2, "Billing"), user(4, "Employee"), user(5, "Child"), user(8, "Seller")),
    )
    found = known.inverse(TO_CONTACTS, ("USER_DEFINED", type_id))
    assert found == (("USER_DEFINED", inverse) if inverse else None)


def test_a_label_is_named_by_text_in_any_case_or_by_number() -> None:
    known = labels(user(1, "Billing"), user(2, "Twice"), user(3, "twice"))
    assert known.named(TO_CONTACTS, "billing ") == user(1, "Billing")
    assert known.named(TO_CONTACTS, "3") == user(3, "twice")
    assert isinstance(known.named(TO_CONTACTS, "twice"), UnplacedProblem)
    assert known.named(TO_CONTACTS, "Bilin") == UnplacedProblem(
        'the portal has no label "Bilin" for associations of companies with contacts',
        'did you mean "Billing"?',
    )


def test_labels_are_read_where_they_are_named_and_both_ways_where_both_ends_bear_some() -> None:
    record = desired("acme", {})
    plain = DesiredAssociation("contacts", None, "ada", None, at(12))
    labelled = DesiredAssociation("contacts", None, "ada", "Billing", at(12))
    turned = OwnedAssociation(Association(CONTACT, COMPANY, BILLING), Origin.CREATED, is_whole=True)
    assert directions_of_labels([(record, plain)], [turned]) == frozenset()
    assert directions_of_labels([(record, labelled)], []) == {TO_CONTACTS}
    assert directions_of_labels([(record, labelled)], [turned]) == {TO_CONTACTS, TO_CONTACTS.back}


KEYS = [
    [RecordAddress(object_name, by, key) for by in (by, "record_id") for key in keys]
    for object_name, by, keys in (
        ("companies", "external_id", ("c1", "c2")),
        ("contacts", "email", ("p1", "p2")),
    )
]
LIVE_IDS = {"c1": RecordId("901"), "c2": RecordId("902"), "p1": RecordId("501"), "p2": RecordId("502")}
THERE, BACK = user(7, "Led by"), user(8, "Leader of")
ENDS = st.tuples(*map(st.sampled_from, KEYS), st.booleans(), st.booleans())
"""A company and a contact, whether the contact's manifest names the association, and whether with a label."""


def _owned(
    company: RecordAddress, contact: RecordAddress, is_back: bool, is_labelled: bool, is_whole: bool
) -> OwnedAssociation:
    ends = [(company, LIVE_IDS[company.value]), (contact, LIVE_IDS[contact.value])]
    (key, id_), (target, target_id) = reversed(ends) if is_back else ends
    key = replace(key, value=f"old {key.value}")  # the key in state
    label = (BACK if is_back else THERE) if is_labelled else None
    association = Association(RecordRef(key, id_), RecordRef(target, target_id), label)
    return OwnedAssociation(association, Origin.CREATED, is_whole)


def _named(
    company: RecordAddress, contact: RecordAddress, is_back: bool, is_labelled: bool
) -> tuple[DesiredRecord, DesiredAssociation]:
    key, target = (contact, company) if is_back else (company, contact)
    label = (BACK if is_back else THERE).text if is_labelled else None
    wanted = DesiredAssociation(target.object, target.by, target.value, label, at(12))
    return desired(key.value, {}, document(key.object, key.by)), wanted


@given(st.lists(st.tuples(ENDS, st.booleans()), min_size=1, max_size=4), st.lists(ENDS, max_size=3))
def test_a_named_association_is_never_removed(
    known: list[tuple[tuple[RecordAddress, RecordAddress, bool, bool], bool]],
    said: list[tuple[RecordAddress, RecordAddress, bool, bool]],
) -> None:
    """State has both records under old keys, with associations from either end, with and without label."""
    ends = Endpoints(PORTAL)
    for key in itertools.chain(*KEYS):
        ends.note(key, Endpoint(Presence.LIVE, LIVE_IDS[key.value]))
        ends.note(replace(key, value=f"old {key.value}"), Endpoint(Presence.LIVE, LIVE_IDS[key.value]))
    resolver = AssociationResolver(ends, labels(THERE, back=(BACK,)), FILES, frozenset())
    owned = list(
        {(pair := _owned(*each, is_whole=is_whole)).identity: pair for each, is_whole in known}.values()
    )
    live: dict[Direction, dict[RecordId, dict[RecordId, frozenset[Label]]]] = {}
    for pair in owned:
        to = live.setdefault(pair.direction, {}).setdefault(pair.source.id, {})
        to[pair.target.id] = to.get(pair.target.id, frozenset()) | ({pair.label} if pair.label else set())
    prune = {key.group: Prune.ALL for key in itertools.chain(*KEYS)}
    rules = AssociationContext(Policy(Drift.REVERT), EVERYTHING, Desired((), FILES, ""), prune)
    named = resolver.resolve(_named(*each) for each in said)

    changes = list(AssociationPlanner(rules, resolver, named, owned).decide(live))

    removed = [change for change in changes if isinstance(change, Change) and change.action is Action.ARCHIVE]
    for change in removed:
        one = (change.record.object, change.remote.id, "")
        other = (change.association.target.object, change.remote.target_id, "")
        sides = (min(one, other), max(one, other))
        assert not is_whole(change) or sides not in {identity.sides for identity in named}
        assert not change.association.label or (sides, THERE.type) not in named
    if not said and any(pair.label for pair in owned):
        assert removed  # the association is owned, live, and named by no manifest
