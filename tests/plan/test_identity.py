"""Identity of records: two names for one record, and old names that are still in state."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from reconciler.model.addresses import RECORD_ID, RecordAddress
from reconciler.model.definitions import Kind, ObjectSchema
from reconciler.model.desired import Desired, DesiredGroup, ListedRecords
from reconciler.model.desired_records import DesiredRecord, Document, RecordDirectives, Write
from reconciler.model.live import LiveRecord
from reconciler.model.owned import OwnedRecord
from reconciler.model.selection import Selection, glob_of
from reconciler.plan.records.identity import (
    OTHER_ADDRESSES,
    Identities,
    alias_warning,
    is_alias,
    is_still,
    key_advice,
    key_problems,
    names_that_identify,
    not_there,
)
from reconciler.plan.values.resolve import Resolver
from reconciler.source import SourceRef
from tests.support.nouns import COMPANIES, FILES, at, definition, desired, document, live, owned

RESOLVER = Resolver(COMPANIES, FILES, {})
CONTACTS = ObjectSchema(
    "contacts",
    "contacts",
    {
        "email": definition("email", Kind.EMAIL),
        "erp_no": definition("erp_no", Kind.NUMBER, is_unique=True),
        OTHER_ADDRESSES: definition(OTHER_ADDRESSES),
    },
    default_key="email",
)
BY_ID = document(key=RECORD_ID)
BY_EMAIL = document("contacts", "email")
LINE = SourceRef("companies.yaml", 10, 3)


@pytest.mark.parametrize(
    ("found", "is_so"),
    [
        (live("9001", {"external_id": "acme"}), True),
        (live("9001", {"external_id": "other"}), False),
        (live("9002", {"external_id": "acme"}), False),
        (live("9001", {"external_id": None}), False),
        (live("9001", {}), False),
    ],
)
def test_a_record_is_still_the_one_that_state_knows_by_its_id_and_its_key(
    found: LiveRecord, is_so: bool
) -> None:
    assert is_still(COMPANIES, owned("acme", "9001", {}), found) is is_so


def test_a_record_that_state_knows_by_its_id_needs_no_other_key() -> None:
    known = replace(owned("", "9001", {}), key=RecordAddress("companies", RECORD_ID, "9001"))
    assert is_still(COMPANIES, known, live("9001", {}))
    assert not is_still(COMPANIES, known, live("9002", {}))


def test_a_key_in_the_portals_spelling_is_the_same_key() -> None:
    known = replace(owned("", "1", {}), key=RecordAddress("contacts", "email", "Ada@x.example"))
    assert is_still(CONTACTS, known, live("1", {"email": "ada@x.example"}))
    number = replace(known, key=RecordAddress("contacts", "erp_no", "7"))
    assert is_still(CONTACTS, number, live("1", {"erp_no": "7.0"}))
    gone = replace(known, key=RecordAddress("contacts", "lost", "x"))
    assert is_still(CONTACTS, gone, live("1", {"lost": "x"}))


@pytest.mark.parametrize(
    ("properties", "within", "is_so"),
    [
        ({"external_id": "acme"}, document(), False),
        ({"external_id": "ACME"}, document(), True),
        ({"external_id": "other"}, document(), True),
        ({"external_id": None}, document(), False),
        ({}, document(), False),
        ({}, BY_ID, False),
        ({"record_id": "other"}, BY_ID, False),
    ],
)
def test_a_record_has_an_alias_where_the_portal_knows_it_by_another_key(
    properties: dict[str, str | None], within: Document, is_so: bool
) -> None:
    """If the live record's key is empty, the key in the manifest is not an alias."""
    assert is_alias(RESOLVER, desired("acme", {}, within), live("9001", properties)) is is_so


def test_an_alias_is_told_by_what_differs() -> None:
    spelled = alias_warning(RESOLVER, desired("acme", {}), live("1", {"external_id": "ACME"}))
    assert (spelled.message, spelled.advice) == (
        "the key of companies/acme is spelled ACME in the portal",
        "use this spelling here, or leave the key as it is: both keys mean the same record",
    )
    other = alias_warning(RESOLVER, desired("acme", {}), live("1", {"external_id": "acme-2"}))
    assert (other.message, other.advice) == (
        "in the portal, the main external_id of companies/acme is acme-2",
        "write acme-2 here, or leave the key as it is: both keys mean the same record",
    )


def met(records: Sequence[DesiredRecord], found: Sequence[LiveRecord], *, in_order: bool) -> list[str | None]:
    """Return the message about each record, or None; ``in_order``: only one key property is used."""
    identities = Identities()
    named = ListedRecords(sorted(records, key=lambda record: record.key)) if in_order else None
    problems = (
        identities.same_record(RESOLVER, record, there, named)
        for record, there in zip(records, found, strict=True)
    )
    return [problem.message if problem else None for problem in problems]


ACME_ID_9 = live("9", {"external_id": "acme"})


@pytest.mark.parametrize("in_order", [True, False])
def test_a_record_under_two_spellings_is_found_whichever_comes_first(in_order: bool) -> None:
    for first, second in (("Acme", "acme"), ("acme", "zebra")):
        records = [desired(first, {}), desired(second, {})]
        assert met(records, [ACME_ID_9, ACME_ID_9], in_order=in_order) == [
            None,
            f"companies/{second} and companies/{first} are the same record in the portal (9)",
        ]


@pytest.mark.parametrize("in_order", [True, False])
def test_two_records_are_two_whatever_their_keys_look_like(in_order: bool) -> None:
    records = [desired("Acme", {}), desired("acme", {}), desired("beta", {})]
    found = [live("8", {"external_id": "ACME"}), ACME_ID_9, live("7", {"external_id": None})]
    assert met(records, found, in_order=in_order) == [None, None, None]


def test_a_record_is_one_by_its_id_and_by_its_key() -> None:
    records = [desired("acme", {}), desired("9", {}, BY_ID)]
    assert met(records, [ACME_ID_9, ACME_ID_9], in_order=False) == [
        None,
        "companies/=9 and companies/acme are the same record in the portal (9)",
    ]


def test_a_record_that_is_left_out_is_met_where_another_name_leads_to_it() -> None:
    identities = Identities()
    identities.leave_out(desired("acme", {}), COMPANIES, owned("acme", "9", {}))
    renamed = live("9", {"external_id": "other"})
    again = identities.same_record(RESOLVER, desired("zebra", {}), renamed, None)
    assert again is not None
    by_its_own_key = identities.same_record(RESOLVER, desired("other", {}), renamed, None)
    assert by_its_own_key is None  # people changed the key to "other": the old key in state does not matter


def everything(*groups: tuple[str, str, Sequence[DesiredRecord]]) -> Desired:
    return Desired(
        tuple(DesiredGroup(name, by, ListedRecords(records), ()) for name, by, records in groups),
        FILES,
        "sha256:0",
    )


ADA = RecordAddress("contacts", "email", "ada@x.example")
ADA_THERE = live("1", {"email": "ada@x.example", "erp_no": "7", OTHER_ADDRESSES: "a@x.example;b@x.example"})


@pytest.mark.parametrize(
    ("groups", "is_so"),
    [
        ([], False),
        ([("contacts", "erp_no", "7")], True),
        ([("contacts", RECORD_ID, "1")], True),
        ([("contacts", RECORD_ID, "7")], False),
        ([("companies", "erp_no", "7")], False),
        ([("companies", "erp_no", "7"), ("contacts", "erp_no", "7")], True),
        ([("contacts", "lost", "7"), ("contacts", "erp_no", "7")], True),
        ([("contacts", "erp_no", "8")], False),
        ([("contacts", "email", "ada@x.example")], False),  # the key itself is no other key
    ],
)
def test_a_record_is_named_by_any_key_of_its_type(
    groups: Sequence[tuple[str, str, str]], is_so: bool
) -> None:
    manifests = everything(*((name, by, [desired(key, {})]) for name, by, key in groups))
    assert Identities().is_named(CONTACTS, ADA, ADA_THERE, manifests) is is_so


def renamed(key: str, within: Document, former: str) -> DesiredRecord:
    return replace(desired(key, {}, within), special=RecordDirectives(renamed_from=former))


@pytest.mark.parametrize("known", [None, owned("x", "9", {})], ids=["unknown", "known as another record"])
@pytest.mark.parametrize(
    ("left_out", "is_so"),
    [
        (desired("Ada@X.example", {}, BY_EMAIL), True),
        (desired("ada@x.example", {}, BY_EMAIL), True),
        (desired("B@x.example", {}, BY_EMAIL), True),
        (desired("b@x.example", {}, BY_EMAIL), True),
        (desired("c@x.example", {}, BY_EMAIL), False),
        (desired("7", {}, document("contacts", "erp_no")), True),
        (desired("7.0", {}, document("contacts", "erp_no")), True),
        (desired("8", {}, document("contacts", "erp_no")), False),
        (renamed("c@x.example", BY_EMAIL, "B@x.example"), True),
        (renamed("c@x.example", BY_EMAIL, "d@x.example"), False),
        (desired("1", {}, document("contacts", RECORD_ID)), True),
        (desired("2", {}, document("contacts", RECORD_ID)), False),
        (desired("ada@x.example", {}, document("companies", "email")), False),
    ],
)
def test_a_record_that_is_left_out_is_named_all_the_same(
    left_out: DesiredRecord, is_so: bool, known: OwnedRecord | None
) -> None:
    identities = Identities(Selection(exclude=(glob_of(left_out.address.text),)))
    identities.leave_out(left_out, replace(CONTACTS, name=left_out.document.object), known)
    manifests = everything((left_out.document.object, left_out.document.key, [left_out]))
    assert identities.is_named(CONTACTS, ADA, ADA_THERE, manifests) is is_so


def test_the_properties_that_identify_a_record_are_read() -> None:
    manifests = everything(("contacts", "erp_no", []), ("contacts", RECORD_ID, []), ("companies", "name", []))
    assert names_that_identify(CONTACTS, manifests) == {"erp_no", OTHER_ADDRESSES}
    assert names_that_identify(COMPANIES, manifests) == {"name"}


@pytest.mark.parametrize(
    ("within", "advice"),
    [
        (document(), None),
        (document(write=Write.UPSERT), None),
        (document(write=Write.UPDATE), "`write: update` in this document"),
        (BY_ID, "records named by record id are never created"),
    ],
)
def test_a_missing_record_is_created_unless_the_document_forbids_it(
    within: Document, advice: str | None
) -> None:
    problem = not_there(desired("9", {}, within), LINE)
    assert (problem is None) is (advice is None)
    if problem and advice:
        assert (problem.advice or "").startswith(advice)


def test_every_document_with_a_key_that_identifies_nothing_is_told_where_it_says_so() -> None:
    said = (document(key="name"), replace(document(key="name"), key_place=at(4, 2)))
    group = DesiredGroup("companies", "name", ListedRecords(()), said)
    problems = key_problems(RESOLVER, group)
    assert [str(problem.source) for problem in problems] == ["companies.yaml:1:1", "companies.yaml:4:2"]
    assert key_problems(RESOLVER, replace(group, key=RECORD_ID)) == []
    assert key_problems(RESOLVER, replace(group, key="external_id")) == []


def test_a_type_without_a_unique_property_is_told_how_to_get_one() -> None:
    assert key_advice(COMPANIES) == "identify companies by external_id, or by record_id"
    bare = replace(COMPANIES, properties={"name": definition("name")})
    assert key_advice(bare).startswith("`reconciler keys create companies PROPERTY")
