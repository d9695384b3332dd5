"""A label that a record can use only once is for one association, named from either end."""

import itertools

import pytest

from reconciler.model.addresses import RecordAddress, RecordId
from reconciler.model.definitions import Account, PortalSchema
from reconciler.model.labels import Label
from reconciler.plan.associations.endpoints import Endpoint, Endpoints, Presence
from reconciler.plan.associations.labels import Labels
from reconciler.plan.associations.resolve import AssociationResolver, DesiredLink
from reconciler.plan.associations.single_labels import Once, bears_one
from reconciler.source import SourceRef
from tests.support.nouns import COMPANIES, FILES, desired

PRIMARY = Label("HUBSPOT_DEFINED", 1, "Primary")
BILLING = Label("USER_DEFINED", 13, "Billing")
OTHER_OF_HUBSPOT = Label("HUBSPOT_DEFINED", 15, "Child Company")
TO_CHILD, TO_PARENT = Label("HUBSPOT_DEFINED", 13, "Child"), Label("HUBSPOT_DEFINED", 14, "Parent")
OWN_CALLED_PRIMARY = Label("USER_DEFINED", 14, "Primary")


@pytest.mark.parametrize(
    ("one", "other", "label", "bears"),
    [
        ("contacts", "companies", PRIMARY, (True, False)),
        ("companies", "contacts", PRIMARY, (False, True)),
        ("deals", "companies", PRIMARY, (True, False)),
        ("companies", "tickets", PRIMARY, (False, True)),
        ("leads", "companies", PRIMARY, (True, False)),
        ("companies", "leads", PRIMARY, (False, True)),
        ("leads", "contacts", PRIMARY, (True, False)),
        ("contacts", "leads", PRIMARY, (False, True)),
        ("contacts", "deals", PRIMARY, (False, False)),
        ("companies", "companies", PRIMARY, (False, False)),
        ("companies", "companies", TO_PARENT, (True, False)),
        ("companies", "companies", TO_CHILD, (False, True)),
        ("companies", "companies", OTHER_OF_HUBSPOT, (False, False)),
        ("companies", "companies", OWN_CALLED_PRIMARY, (False, False)),
        ("companies", "companies", BILLING, (False, False)),
        ("contacts", "companies", TO_PARENT, (False, False)),
        ("companies", "contacts", TO_CHILD, (False, False)),
        ("contacts", "companies", BILLING, (False, False)),
    ],
)
def test_labels_that_a_record_has_once(one: str, other: str, label: Label, bears: tuple[bool, bool]) -> None:
    assert bears_one(one, other, label) == bears


class Plan:
    """Desired associations, added one after the other."""

    def __init__(self) -> None:
        portal = PortalSchema(Account(1, "STANDARD"), "v3", {"companies": COMPANIES})
        self.resolver = AssociationResolver(Endpoints(portal), Labels(), FILES, frozenset())
        self._once = Once(self.resolver)
        self._lines = itertools.count(1)

    def takes(self, one: str, other: str, label: Label | None) -> bool:
        """Add an association, and return whether it is allowed; records are written as ``contacts/1``."""
        key, end = _found(one)
        target, target_endpoint = _found(other)
        line = SourceRef("c.yaml", next(self._lines), 1)
        wanted = DesiredLink(desired(key.value, {}), key, end, target, target_endpoint, label, line)
        return self._once.allows(self.resolver.identity(wanted), wanted)


def _found(text: str) -> tuple[RecordAddress, Endpoint]:
    object_name, _, record_id = text.partition("/")
    return RecordAddress(object_name, "external_id", f"k{record_id}"), Endpoint(
        Presence.LIVE, RecordId(record_id)
    )


def test_a_record_gets_one_primary_company_and_the_second_is_told_where_the_first_is() -> None:
    plan = Plan()
    assert plan.takes("contacts/1", "companies/8", PRIMARY)
    assert not plan.takes("contacts/1", "companies/9", PRIMARY)
    (problem,) = plan.resolver.problems
    assert problem.message == (
        "a record of contacts can be associated with only one record of companies "
        'as "Primary", and c.yaml:1:1 already names another one'
    )
    assert (problem.address, str(problem.source)) == ("contacts/k1#companies/k9", "c.yaml:2:1")


def test_the_second_is_found_where_it_is_named_from_the_other_end() -> None:
    plan = Plan()
    assert plan.takes("contacts/1", "companies/8", PRIMARY)
    assert not plan.takes("companies/9", "contacts/1", PRIMARY)


def test_a_company_is_the_primary_one_of_many() -> None:
    plan = Plan()
    assert all(plan.takes(f"contacts/{number}", "companies/8", PRIMARY) for number in range(3))
    assert all(plan.takes("companies/8", f"deals/{number}", PRIMARY) for number in range(3))
    assert plan.resolver.problems == []


def test_a_lead_has_one_primary_company_and_one_primary_contact_beside_it() -> None:
    plan = Plan()
    assert plan.takes("leads/1", "companies/8", PRIMARY)
    assert plan.takes("leads/1", "contacts/5", PRIMARY)
    assert not plan.takes("contacts/6", "leads/1", PRIMARY)


def test_a_company_has_one_parent_whichever_of_the_two_names_it() -> None:
    plan = Plan()
    assert plan.takes("companies/1", "companies/8", TO_PARENT)
    assert plan.takes("companies/8", "companies/2", TO_CHILD)
    assert plan.takes("companies/8", "companies/1", TO_CHILD)  # same as the first, from the other end
    assert not plan.takes("companies/9", "companies/2", TO_CHILD)
    assert not plan.takes("companies/2", "companies/9", TO_PARENT)
    assert not plan.takes("companies/1", "companies/9", TO_PARENT)


@pytest.mark.parametrize("label", [None, BILLING])
def test_other_labels_go_to_as_many_as_are_named(label: Label | None) -> None:
    plan = Plan()
    assert all(plan.takes("contacts/1", f"companies/{number}", label) for number in range(3))
