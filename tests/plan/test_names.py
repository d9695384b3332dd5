"""What a plan shows instead of ids: labels, distinct ones for each property, owners, and HubSpot's pages."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.json_values import Wrong
from reconciler.model.addresses import RecordAddress, RecordId
from reconciler.model.definitions import Kind, ObjectSchema, Option, Pipeline, PipelineStage, PropertyDef
from reconciler.model.display_names import display_properties
from reconciler.model.names import Names
from reconciler.plan.file.names import decode_names, encode_names
from reconciler.plan.names import ShownThings
from tests.support.example_plan import NAMES

PAGES = "https://app-eu1.hubspot.com/contacts/7654321/record/"


def schema(*options: Option, kind: Kind = Kind.CHOICE) -> ObjectSchema:
    properties = {
        "dealname": PropertyDef("dealname", "Deal name", Kind.TEXT),
        "tier": PropertyDef("tier", "Tier", kind, options),
        "owner": PropertyDef("owner", "Deal owner", Kind.OWNER),
        "dealstage": PropertyDef("dealstage", "Deal stage", Kind.STAGE),
    }
    stages = (PipelineStage("1", "Open"), PipelineStage("2", "Won"))
    pipelines = (Pipeline("a", "Sales", stages), Pipeline("b", "Renewals", (PipelineStage("3", "Open"),)))
    return ObjectSchema("deals", "0-3", properties, pipelines)


def named(deals: ObjectSchema, name: str, *texts: str, owners: dict[str, str] | None = None) -> Names:
    shown = ShownThings({"deals": deals})
    shown.add("deals", name, *texts)
    return shown.names(owners or {}, PAGES)


def test_stages_have_labels_with_the_id_where_two_are_alike() -> None:
    names = named(schema(), "dealstage", "1", "2", "9")
    texts = [names.value("deals", "dealstage", text) for text in ("1", "2", "3", "9", None)]
    assert texts == ["Open (1)", "Won", "3", "9", None]  # stage 3 has no label, so its id is shown
    assert names.label("deals", "dealstage") == "Deal stage"


def test_owners_have_addresses_and_lists_the_labels_of_their_parts() -> None:
    names = named(schema(), "owner", "71", owners={"71": "ada@acme.example", "72": "bob@acme.example"})
    assert names.value("deals", "owner", "71") == "ada@acme.example"
    several = schema(Option("a", "Alpha"), Option("b", "Beta"), kind=Kind.CHOICES)
    assert named(several, "tier", "a;b;x").value("deals", "tier", "a;b;x") == "Alpha; Beta; x"


@settings(max_examples=60)
@given(st.dictionaries(st.text("ab()1 ", max_size=4), st.text("ab()1 ", max_size=4), max_size=5), st.data())
def test_two_values_never_have_the_same_name(labels: dict[str, str], data: st.DataObject) -> None:
    seen = data.draw(st.lists(st.sampled_from([*labels, "a", "b (a)"]), unique=True))
    names = named(schema(*(Option(*pair) for pair in labels.items())), "tier", *seen)
    assert len({names.value("deals", "tier", text) for text in seen}) == len(seen)


def test_a_record_has_a_page_in_hubspot() -> None:
    deal = RecordAddress("deals", "deal_number", "D-1")
    assert NAMES.link(deal, RecordId("77")) == f"{PAGES}0-3/77"
    assert NAMES.link(deal, None) is None
    assert NAMES.link(RecordAddress("pets", "name", "Rex"), RecordId("77")) is None


@pytest.mark.parametrize(
    "pages",
    [
        "https://app.hubspot.com.evil.example/contacts/1/record/",
        "https://evil.example/contacts/1/record/",
        "http://app.hubspot.com/contacts/1/record/",
        "https://app.hubspot.com/contacts/1/record/\n",
        "javascript:alert(1)",
    ],
)
def test_pages_of_other_hosts_are_refused(pages: str) -> None:
    document: dict[str, Any] = encode_names(NAMES) | {"pages": pages}
    with pytest.raises(Wrong, match="HubSpot's pages"):
        decode_names(document)
    assert decode_names(encode_names(NAMES)) == NAMES


def test_each_type_has_its_display_name() -> None:
    assert display_properties(schema()) == ("dealname",)
    text = PropertyDef("model", "Model", Kind.TEXT)
    assert display_properties(ObjectSchema("cars", "2-7", {"model": text}, primary_display="model")) == (
        "model",
    )
