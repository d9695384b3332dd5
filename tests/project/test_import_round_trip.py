"""An import writes exactly the values of the portal, for every kind of property and every value."""

import tempfile
from pathlib import Path

from hypothesis import example, given, settings
from hypothesis import strategies as st

from reconciler.errors import Problem, Severity
from reconciler.manifest.load import load_manifests
from reconciler.manifest.tables.write import table_pieces
from reconciler.manifest.write import WrittenDocument, WrittenRecord, document_text
from reconciler.model.addresses import RecordId
from reconciler.model.definitions import (
    Kind,
    ObjectSchema,
    Option,
    Owner,
    Pipeline,
    PipelineStage,
    PropertyDef,
)
from reconciler.model.desired import Desired
from reconciler.model.desired_records import Ownership
from reconciler.model.live import LiveRecord
from reconciler.model.tables import Format
from reconciler.plan.values.equality import same_value
from reconciler.reconcile.import_records import OwnersKnown
from reconciler.source import SourceFiles
from tests.manifest.test_write import AWKWARD

OWNERS = OwnersKnown(
    (
        Owner("71", "ada@acme.example"),
        Owner("72", "Bob@acme.example"),
        Owner("73", "gone@acme.example", is_active=False),
        Owner("74", ""),
        Owner("75", "twin@acme.example"),
        Owner("76", "twin@acme.example"),
    )
)
STAND_INS = {"eve@old.example": "bob@acme.example"}
PIPELINES = (
    Pipeline(
        "p1", "Sales", (PipelineStage("s1", "New"), PipelineStage("s2", "Won"), PipelineStage("s5", "won"))
    ),
    Pipeline("p2", "Renewals", (PipelineStage("s3", "New"), PipelineStage("s4", "s3"))),
    Pipeline("p3", "sales", (PipelineStage("s6", "New"),)),
)
SCHEMA = ObjectSchema(
    "companies",
    "companies",
    {
        name: PropertyDef(name, name, kind, options)
        for name, kind, options in (
            ("external_id", Kind.TEXT, ()),
            *((kind.name.lower(), kind, ()) for kind in Kind),
            ("hs_pipeline", Kind.PIPELINE, ()),
            ("hs_pipeline_stage", Kind.STAGE, ()),
            ("colours", Kind.CHOICES, (Option("RED", "Red"), Option("blue", "Blue"), Option(" x", "X"))),
        )
    },
    pipelines=PIPELINES,
)
TEXTS = st.sampled_from(AWKWARD) | st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\0\ufffe\uffff"), min_size=1
)
JOINED = (
    st.lists(st.sampled_from(["RED", "blue", " x", "OLD", "a", "", "true"]), min_size=1)
    .map(";".join)
    .filter(bool)
)
NUMBERS = (
    st.sampled_from(["1e3", "1E-7", "12.10", "007", "-0", ".5", "5.", "1e999999999", "NaN", "1,000", " 7 "])
    | st.decimals(allow_nan=False, allow_infinity=False).map(str)
    | st.floats(allow_nan=False, allow_infinity=False).map(repr)
)
TIMES = st.sampled_from(
    ["1795305600500", "2026-11-22T09:30:00Z", "2026-11-22T09:30:00.500Z", "2026-11-22", "-1", "soon"]
) | st.datetimes().map(lambda moment: moment.isoformat(timespec="milliseconds") + "Z")
DATES = st.sampled_from(["2026-11-22", "1795392000000", "2026-02-30", "x"]) | st.dates().map(str)
OWNED = st.sampled_from(["71", "72", "73", "74", "75", "76", "99"])
SPECIAL = {
    Kind.NUMBER: NUMBERS,
    Kind.DATETIME: TIMES,
    Kind.DATE: DATES,
    Kind.BOOLEAN: st.sampled_from(["true", "false", "TRUE", "maybe"]),
    Kind.OWNER: OWNED,
    Kind.OWNERS: st.lists(OWNED, min_size=1).map(";".join),
    Kind.CHOICES: JOINED,
    Kind.FILES: JOINED,
    Kind.PIPELINE: st.sampled_from(["p1", "p2", "p3", "p9"]),
    Kind.STAGE: st.sampled_from(["s1", "s2", "s3", "s4", "s5", "s6", "s9"]),
}


def values_of(definition: PropertyDef) -> st.SearchStrategy[str]:
    special = SPECIAL.get(definition.kind)
    return special | TEXTS if special is not None else TEXTS


RECORDS = st.dictionaries(
    TEXTS.filter(lambda text: text != "<<"),
    st.fixed_dictionaries(
        {},
        optional={
            name: values_of(known) for name, known in SCHEMA.properties.items() if name != "external_id"
        },
    ),
    min_size=1,
    max_size=3,
)


def written(live: dict[str, dict[str, str]]) -> list[WrittenRecord]:
    wording = OWNERS.wording(SCHEMA, STAND_INS)
    return [
        WrittenRecord(
            key,
            {
                name: wording.written(SCHEMA.properties[name], text, values.get("hs_pipeline"))
                for name, text in values.items()
            },
        )
        for key, values in live.items()
    ]


def read_back(desired: Desired, live: dict[str, dict[str, str]]) -> None:
    """Resolve the read manifests as a plan does, and compare them with the live values."""
    resolver = OWNERS.resolver(SCHEMA, desired.files, STAND_INS)
    records = {record.key: record for record in desired.records_of("companies", "external_id")}
    assert records.keys() == live.keys()
    for key, values in live.items():
        problems: list[Problem] = []
        resolved = resolver.resolve(records[key], LiveRecord(RecordId("1"), values), problems)
        assert [problem for problem in problems if problem.severity is not Severity.WARNING] == []
        assert {value.definition.name for value in resolved} == values.keys()
        for value in resolved:
            live_text = values[value.definition.name]
            assert same_value(value.definition.kind, value.text, live_text), (value, live_text)


def loaded(folder: Path) -> Desired:
    return load_manifests(folder, ["."], "local", ["local"])


@settings(max_examples=40, deadline=None)
@given(RECORDS, st.booleans())
@example(
    {text: {"text": text, "html": text, "choices": text, "number": text} for text in AWKWARD if text != "<<"},
    False,
)
def test_manifests_say_what_is_live(live: dict[str, dict[str, str]], is_observed: bool) -> None:
    names = ("hs_pipeline", "hs_pipeline_stage", "owner", "owners", "pipeline", "stage")
    ownership = dict.fromkeys(names, Ownership.OBSERVE) if is_observed else {}
    document = WrittenDocument("companies", "external_id", ownership)
    with tempfile.TemporaryDirectory() as name:
        (Path(name) / "companies.yaml").write_text(document_text(document, written(live)), newline="")
        read_back(loaded(Path(name)), live)


def has_comma(values: dict[str, str]) -> bool:
    """Return whether a number has a comma, which HubSpot does not store, and which is ambiguous in tables."""
    return "," in values.get("number", "")


@settings(max_examples=8, deadline=None)
@given(RECORDS.filter(lambda live: not any(map(has_comma, live.values()))))
def test_tables_say_what_is_live(live: dict[str, dict[str, str]]) -> None:
    document = WrittenDocument("companies", "external_id", {}, source={"csv": "companies.csv"})
    columns = tuple(name for name in SCHEMA.properties if name != "external_id")
    rows = [(record.key, *(record.values.get(name) for name in columns)) for record in written(live)]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "companies.yaml").write_text(document_text(document))
        content = b"".join(table_pieces(Format.CSV, ("external_id", *columns), rows))
        (folder / "companies.csv").write_bytes(content)
        read_back(loaded(folder), live)


def test_people_read_names_and_not_ids() -> None:
    live = {
        "acme": {
            "owner": "71",
            "owners": "71;72",
            "hs_pipeline": "p2",
            "hs_pipeline_stage": "s3",
            "colours": "RED;blue",
            "number": "1e3",
            "date": "1795392000000",
            "datetime": "1795305600000",
            "text": "one\r\ntwo",
        }
    }
    (record,) = written(live)
    assert record.values == {
        "owner": "ada@acme.example",
        "owners": ("ada@acme.example", "Bob@acme.example"),
        "hs_pipeline": "Renewals",
        "hs_pipeline_stage": "New",
        "colours": ("RED", "blue"),
        "number": "1000",
        "date": "2026-11-23",
        "datetime": "2026-11-22T00:00:00Z",
        "text": "one\ntwo",
    }


def test_what_no_name_leads_back_to_stays_as_it_is() -> None:
    live = {
        "acme": {
            "owner": "99",
            "owners": "71;99",
            "hs_pipeline": "p1",
            "hs_pipeline_stage": "s2",
            "colours": "RED;OLD",
        }
    }
    (record,) = written(live)
    assert record.values == live["acme"]
    assert SourceFiles(()).names == ()
