"""Written definitions are read as the same definitions."""

from collections.abc import Mapping

from hypothesis import given
from hypothesis import strategies as st

from reconciler.manifest.definitions.merge import merge_definitions
from reconciler.manifest.definitions.write import definitions_text
from reconciler.manifest.documents import read_manifest
from reconciler.manifest.layout.format_text import Formatted, format_text
from reconciler.model.addresses import DefinitionAddress, RecordId, Section, definition_address
from reconciler.model.definition_attributes import OPTIONS, STAGE_NAMES, list_text, option_path
from reconciler.model.portal_definitions import LiveDefinition
from tests.manifest.reading import FILES

TRICKY = [
    "true",
    "007",
    "$0-$50k",
    "a:b#c",
    "null",
    "~",
    "$absent",
    "- x",
    "a/b",
    "100%",
    "records",
    "ownership",
]
texts = st.one_of(
    st.sampled_from([*TRICKY, "two\nlines", "records:\n  a", " blank ", "{a: b}", "x" * 120]),
    st.text(st.characters(codec="utf-8", categories=["L", "N", "P", "S", "Zs"]), min_size=1, max_size=12),
)
names = texts.filter(lambda text: bool(text.strip()) and text != "<<" and "\n" not in text)
listed = st.lists(names, unique_by=lambda name: name.strip().casefold(), min_size=1, max_size=5)
members = st.sampled_from(["true", "false", None])
options = st.tuples(names, texts, st.none() | texts, members)


def live(section: Section, *names: str, object_name: str = "deals", **values: str | None) -> LiveDefinition:
    return LiveDefinition(definition_address(object_name, section, *names), RecordId("x"), values)


def read(text: str) -> dict[DefinitionAddress, dict[str, str | None]]:
    """Return the values of all definitions in a text without problems, which ``fmt`` does not change."""
    assert format_text(text.encode(), "a.yaml") == Formatted(text.encode(), ())
    manifest = read_manifest(text.encode(), FILES, 0)
    assert manifest.problems == (), text
    found, problems = merge_definitions([manifest.documents[0].definitions], FILES)
    assert problems == ()
    return {each.address: dict(zip(each.paths, each.values, strict=True)) for each in found}


def said(values: Mapping[str, str | None], defaults: Mapping[str, str]) -> dict[str, str | None]:
    """Return ``values`` without empty ones and without HubSpot's defaults."""
    return {
        path: text
        for path, text in values.items()
        if text is not None and text != defaults.get(path.rpartition("/")[2])
    }


@given(texts, st.none() | texts, members, st.lists(options, unique_by=lambda option: option[0], max_size=5))
def test_properties_with_options(
    label: str,
    description: str | None,
    hidden: str | None,
    listed: list[tuple[str, str, str | None, str | None]],
) -> None:
    values: dict[str, str | None] = {
        "label": label,
        "type": "enumeration",
        "fieldType": "select",
        "groupName": "erp",
        "description": description,
        "hidden": hidden,
        "displayOrder": "3",
        "dataSensitivity": "non_sensitive",
        OPTIONS: list_text(name for name, *_ in listed),
    }
    for name, *parts in listed:
        for attribute, text in zip(("label", "description", "hidden"), parts, strict=True):
            values[option_path(name, attribute)] = text
    tier = LiveDefinition(definition_address("deals", Section.PROPERTIES, "tier"), RecordId("x"), values)
    defaults = {"hidden": "false", "dataSensitivity": "non_sensitive", "displayOrder": "3"}
    assert read(definitions_text("deals", [tier])) == {tier.address: said(values, defaults)}


@given(listed, listed, st.sampled_from(["0", "0.25", "1"]), st.none() | texts)
def test_pipelines_stages_and_groups(
    pipelines: list[str], stages: list[str], probability: str, label: str | None
) -> None:
    wanted = [
        definition
        for name in pipelines
        for definition in (
            live(Section.PIPELINES, name, label=name, displayOrder="1", **{STAGE_NAMES: list_text(stages)}),
            *(live(Section.STAGES, name, stage, label=stage, probability=probability) for stage in stages),
        )
    ]
    wanted += [live(Section.GROUPS, name, label=label, displayOrder="-1") for name in pipelines]
    expected = {
        each.address: said(each.values, {"displayOrder": each.values.get("displayOrder") or ""})
        for each in wanted
    }
    assert read(definitions_text("deals", reversed(wanted))) == expected


@given(names, texts, st.none() | texts, texts)
def test_labels_and_schemas(name: str, label: str, inverse: str | None, plural: str) -> None:
    of_label = live(
        Section.LABELS, "companies", f"n{name}", object_name="machines", label=label, inverseLabel=inverse
    )
    of_schema = live(
        Section.SCHEMA,
        object_name="machines",
        primaryDisplayProperty="serial_number",
        requiredProperties='["serial_number"]',
        searchableProperties="[]",
        associatedObjects='["companies"]',
        **{"labels/singular": label, "labels/plural": plural},
    )
    found = read(definitions_text("machines", [of_label, of_schema], ["prod*"]))
    assert found == {
        of_label.address: said(of_label.values, {}),
        of_schema.address: said(of_schema.values, {"searchableProperties": "[]"}),
    }


def test_short_forms_are_used() -> None:
    values = {
        OPTIONS: list_text(["gold", "silver", "basic"]),
        "type": "enumeration",
        "label": "Tier",
        "hidden": "false",
        option_path("gold", "label"): "Gold",
        option_path("silver", "label"): "silver",
        option_path("silver", "description"): "from 2024 on",
        option_path("basic", "label"): "basic",
    }
    definitions = [
        LiveDefinition(definition_address("deals", Section.PROPERTIES, "tier"), RecordId("x"), values),
        live(Section.GROUPS, "erp", label="ERP"),
        live(Section.PIPELINES, "Renewals", label="Renewals", **{STAGE_NAMES: '["Won","Open"]'}),
        live(Section.STAGES, "Renewals", "Open", label="Open", probability="0.2", ticketState="OPEN"),
        live(Section.STAGES, "Renewals", "Won", label="Won"),
    ]
    assert definitions_text("deals", definitions) == (
        "object: deals\n"
        "\ngroups:\n  erp: {label: ERP}\n"
        "\nproperties:\n  tier:\n    label: Tier\n    type: enumeration\n"
        "    options:\n      gold: Gold\n      silver: {description: from 2024 on}\n      basic: basic\n"
        "\npipelines:\n  Renewals:\n    stages:\n      Won: {}\n      Open: {probability: 0.2}\n"
    )
