"""New manifests contain exactly the given values, whatever they are, in the form that people write."""

from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from reconciler.errors import UsageError
from reconciler.manifest.documents import ManifestDocument, read_manifest
from reconciler.manifest.layout.format_text import Formatted, format_text
from reconciler.manifest.write import (
    WrittenAssociation,
    WrittenDocument,
    WrittenRecord,
    document_text,
    record_lines,
)
from reconciler.model.desired_records import ManifestValue, Ownership
from reconciler.source import SourceFiles

COMPANIES = WrittenDocument("companies", "external_id", {})
AWKWARD = (
    *("true", "no", "007", "1e3", "~", "null", "Null", "NULL", "-", "- a", "? x", "2026-11-22", "12:30:45"),
    *(" leading", "trailing ", "a: b", "a #b", "#x", "'", '"', "'x'", '"x"', "\\", "\\n", "%x", "@x", "`x`"),
    *("[x", "{x}", "a, b", "&x", "*x", "!x", "|", ">", "=", "<<", "---", "...", "--- x", "x: |", "\ttab"),
    *("x\ty", "one\ntwo", "one\ntwo\n", "\none", "one\n\n", "  one\n two", "one \ntwo", "\n", "a\n---\nb"),
    *("one\n\n  two\nthree", "nel\x85x", "\u2028", "\u00a0x", "\ufeffx", "x\ufeff", "\r", "one\r\ntwo"),
    *("bell\x07", "\x1b[31m", "zero\u200bwidth", "😀", "e\u0301", "שלום", "x" * 5000, "k" * 1100),
    *("<p>a: b</p>", "<p>\n  a\n</p>", "1" * 400, "+49 30 1", "0x1F"),
)
TEXTS = st.sampled_from(AWKWARD) | st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\0\ufffe\uffff"), min_size=1
)
KEYS = TEXTS.filter(lambda text: text != "<<")  # merge keys are refused even in quotes
CHOICES = st.lists(TEXTS, min_size=1, max_size=3).map(tuple)
VALUES = TEXTS | CHOICES | st.none()
NAMES = st.sampled_from(["name", "phone", "description", "tier", "no", "y", "hs_lead_status"])


def read(text: str) -> ManifestDocument:
    manifest = read_manifest(text.encode(), SourceFiles(("companies.yaml",)), 0)
    assert manifest.problems == (), text
    (document,) = manifest.documents
    return document


def said(text: str) -> dict[str, dict[str, ManifestValue]]:
    return {record.key: dict(zip(record.names, record.values, strict=True)) for record in read(text).records}


@given(st.dictionaries(KEYS, st.dictionaries(NAMES, VALUES, min_size=1), min_size=1, max_size=4))
@example({text: {"name": text, "tier": (text, text)} for text in AWKWARD if text != "<<"})
def test_every_value_is_read_as_it_was_meant(values: dict[str, dict[str, ManifestValue]]) -> None:
    records = [WrittenRecord(key, said_of) for key, said_of in values.items()]
    assert said(document_text(COMPANIES, records)) == values


@given(st.dictionaries(NAMES, VALUES, min_size=1))
def test_so_are_shared_values(values: dict[str, ManifestValue]) -> None:
    document = WrittenDocument("companies", "external_id", {}, values)
    assert said(document_text(document, [WrittenRecord("acme", {"city": "Bonn"})])) == {
        "acme": {**values, "city": "Bonn"}
    }


@given(
    st.lists(
        st.builds(WrittenAssociation, TEXTS, st.sampled_from(["", "sku"]), st.just("") | TEXTS),
        min_size=1,
        unique_by=lambda entry: entry.value,
    )
)
def test_so_are_associations(entries: list[WrittenAssociation]) -> None:
    record = WrittenRecord("acme", {}, associations={"contacts": entries})
    (found,) = read(document_text(COMPANIES, [record])).records
    assert [(each.value, each.by, each.label) for each in found.associations] == [
        (entry.value, entry.by or None, entry.label or None) for entry in entries
    ]


@given(st.dictionaries(KEYS, st.dictionaries(NAMES, VALUES, min_size=1), min_size=1, max_size=3))
def test_records_for_an_existing_document_are_read_alike(values: dict[str, dict[str, ManifestValue]]) -> None:
    lines = record_lines([WrittenRecord(key, said_of) for key, said_of in values.items()], "      ")
    assert said(f"object: companies\nkey: external_id\nrecords:\n{lines}") == values


@given(st.dictionaries(KEYS, st.dictionaries(NAMES, VALUES, min_size=1), min_size=1, max_size=4))
@example({text: {"name": text, "tier": (text, text)} for text in AWKWARD if text != "<<"})
def test_fmt_leaves_it_alone(values: dict[str, dict[str, ManifestValue]]) -> None:
    associations = {"contacts": [WrittenAssociation("a"), WrittenAssociation("b", "sku", "x")]}
    owned, shared = {"tier": Ownership.OBSERVE}, {"city": "Bonn"}
    document = WrittenDocument("companies", "external_id", owned, shared, ("prod",))
    records = [WrittenRecord(key, said_of, ("city",), associations) for key, said_of in values.items()]
    text = document_text(document, records).encode()
    assert format_text(text, "companies.yaml") == Formatted(text, ())


def test_it_looks_as_people_write_it() -> None:
    document = WrittenDocument(
        "companies",
        "external_id",
        {"lifecyclestage": Ownership.OBSERVE},
        {"country": "Germany"},
        ("production",),
    )
    records = [
        WrittenRecord(
            "acme",
            {
                "name": "Acme GmbH",
                "annualrevenue": "1200000.50",
                "is_public": "false",
                "debtor_number": "007",
                "note": "null",
                "founded_on": "2026-11-22",
                "product_lines": ("PRINT", "CLOUD"),
                "description": "First line\nSecond: line",
                "phone": None,
            },
            ("country",),
            {
                "contacts": [
                    WrittenAssociation("ada@acme.example"),
                    WrittenAssociation("bob", label="Billing"),
                ]
            },
        ),
        WrittenRecord("globex", {}),
    ]
    assert (
        document_text(document, records)
        == """\
object: companies
key: external_id
environments: [production]

# people and automation change these all day: compared and shown, never written
ownership:
  lifecyclestage: observe

all:
  country: Germany

records:
  acme:
    name: Acme GmbH
    annualrevenue: 1200000.50
    is_public: false
    debtor_number: 007
    note: "null"
    founded_on: 2026-11-22
    product_lines: [PRINT, CLOUD]
    description: |-
      First line
      Second: line
    phone: null
    $unmanaged: [country]
    $associations:
      contacts: [ada@acme.example, {to: bob, label: Billing}]

  globex: {}
"""
    )


def test_a_table_has_a_document_without_records() -> None:
    document = WrittenDocument("companies", "external_id", {}, source={"csv": "data/companies.csv"})
    assert (
        document_text(document)
        == "object: companies\nkey: external_id\n\nsource:\n  csv: data/companies.csv\n"
    )


@pytest.mark.parametrize("text", ["\ud83d", "a\x00b"])
def test_what_yaml_cannot_hold_is_refused(text: Any) -> None:
    with pytest.raises(UsageError, match="cannot be written"):
        document_text(COMPANIES, [WrittenRecord("acme", {"name": text})])
