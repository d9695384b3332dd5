"""Associations are judged as the page of verdicts says, row by row."""

import pytest

from reconciler.model.objects import RecordKey
from reconciler.model.owned import Origin
from reconciler.model.pairs import Label, OwnedPair
from reconciler.model.records import Desired, DesiredAssociation, Drift, Prune, RecordId
from reconciler.model.schema import Account, ObjectSchema, PortalSchema
from reconciler.model.selection import EVERYTHING
from reconciler.plan.changes import AdoptPair, Associate, Dissociate, Held, PairChange, ReleasePair
from reconciler.plan.ends import End, Ends, Fault, Standing
from reconciler.plan.judging import Policy
from reconciler.plan.labels import Labels, directions_of_labels
from reconciler.plan.pairing import Pairing, Rules
from reconciler.plan.wanted import PairResolver
from tests.house.test_verdicts_page import table
from tests.support.nouns import COMPANIES, FILES, at, definition, desired, document

CONTACTS = ObjectSchema("contacts", "contacts", {"email": definition("email", is_unique=True)})
PORTAL = PortalSchema(Account(1, "STANDARD"), "v3", {"companies": COMPANIES, "contacts": CONTACTS})
ACME = RecordKey("companies", "external_id", "acme")
ADA = RecordKey("contacts", "email", "ada")
IDS = (RecordId("901"), RecordId("501"))
BILLING = Label("USER_DEFINED", 7, "Billing")


def judged(
    *,
    is_named: bool,
    owned: Origin | None,
    live: frozenset[Label] | None,
    drift: Drift = Drift.REVERT,
    prune: Prune = Prune.OFF,
    is_elsewhere: bool = False,
) -> PairChange | Held | None:
    """What becomes of the plain association of Acme with Ada."""
    wanted = DesiredAssociation("contacts", "email", "ada", None, at(12))
    record = desired("acme", {}, document())
    ends = Ends(PORTAL)
    for key, record_id in zip((ACME, ADA), IDS, strict=True):
        ends.meet(key, End(Standing.LIVE, record_id))
    resolver = PairResolver(ends, Labels(), FILES, frozenset())
    elsewhere = frozenset({(ACME.object, ACME.by, ACME.value)}) if is_elsewhere else frozenset()
    manifests = Desired((), FILES, "", elsewhere)
    rules = Rules(Policy(drift), EVERYTHING, manifests, {(ACME.object, ACME.by): prune})
    pairs = [OwnedPair(ACME, IDS[0], ADA, IDS[1], None, owned, is_whole=True)] if owned else []
    named = resolver.resolve([(record, wanted)] if is_named else [])
    found = {} if live is None else {IDS[0]: {IDS[1]: live}}
    changes = list(Pairing(rules, resolver, named, pairs).judge({("companies", "contacts"): found}))
    assert len(changes) <= 1
    return changes[0] if changes else None


TOLD: dict[str, type | tuple[type, ...]] = {
    "nothing": type(None),
    "left": (type(None), Held),
    "left, and said so": Held,
    "adopted": AdoptPair,
    "made": Associate,
    "removed": Dissociate,
    "released": ReleasePair,
}
SITUATIONS: dict[str, tuple[Prune, frozenset[Label] | None, bool]] = {
    "no prune": (Prune.OFF, frozenset(), False),
    "prune: true": (Prune.OURS, frozenset(), False),
    "prune: all": (Prune.ALL, frozenset(), False),
    "pruned, and HubSpot has it no longer": (Prune.OURS, None, False),
    "pruned, and somebody gave it a label": (Prune.OURS, frozenset({BILLING}), False),
    "its record is named for other environments only": (Prune.OFF, frozenset(), True),
}


@pytest.mark.parametrize("row", table("association"), ids=" ".join)
def test_each_verdict_on_an_association_is_as_the_page_says(row: list[str]) -> None:
    verdict, known, named, live, reverting, holding = row
    for drift, told in ((Drift.REVERT, reverting), (Drift.HOLD, holding)):
        found = judged(
            is_named=named == "yes",
            owned=Origin.CREATED if known == "yes" else None,
            live=frozenset() if live == "yes" else None,
            drift=drift,
        )
        assert isinstance(found, TOLD[told])
        assert found is None or found.reason == verdict


@pytest.mark.parametrize("row", table("no longer named"), ids=" ".join)
def test_what_is_no_longer_named_is_treated_as_the_page_says(row: list[str]) -> None:
    prune, live, is_elsewhere = SITUATIONS[row[0].replace("`", "")]
    for origin, told in zip((Origin.CREATED, Origin.ADOPTED), row[1:], strict=True):
        found = judged(is_named=False, owned=origin, live=live, prune=prune, is_elsewhere=is_elsewhere)
        assert isinstance(found, TOLD[told]), (origin, found)


def labels(*there: Label, back: tuple[Label, ...] = ()) -> Labels:
    return Labels({("companies", "contacts"): there, ("contacts", "companies"): back})


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
    found = known.inverse("companies", "contacts", ("USER_DEFINED", type_id))
    assert found == (("USER_DEFINED", inverse) if inverse else None)


def test_a_label_is_named_by_text_in_any_case_or_by_number() -> None:
    known = labels(user(1, "Billing"), user(2, "Twice"), user(3, "twice"))
    assert known.named("companies", "contacts", "billing ") == user(1, "Billing")
    assert known.named("companies", "contacts", "3") == user(3, "twice")
    assert isinstance(known.named("companies", "contacts", "twice"), Fault)
    assert known.named("companies", "contacts", "Bilin") == Fault(
        'the portal has no label "Bilin" for associations of companies with contacts',
        'did you mean "Billing"?',
    )


def test_labels_are_read_where_they_are_named_and_both_ways_where_both_ends_bear_some() -> None:
    record = desired("acme", {})
    plain = DesiredAssociation("contacts", None, "ada", None, at(12))
    labelled = DesiredAssociation("contacts", None, "ada", "Billing", at(12))
    turned = OwnedPair(ADA, IDS[1], ACME, IDS[0], BILLING, Origin.CREATED, is_whole=True)
    there, back = ("companies", "contacts"), ("contacts", "companies")
    assert directions_of_labels([(record, plain)], [turned]) == frozenset()
    assert directions_of_labels([(record, labelled)], []) == {there}
    assert directions_of_labels([(record, labelled)], [turned]) == {there, back}
