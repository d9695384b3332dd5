"""HubSpot's definitions are converted to those of the model; each property gets the kind of its values."""

from typing import Any

import pytest

from reconciler.hubspot.portal.definitions import pipeline, property_def
from reconciler.hubspot.portal.responses import PipelineBody, PropertyBody
from reconciler.model.definitions import Kind, Option, Pipeline, PipelineStage, PropertyDef
from reconciler.model.object_types import object_type, standard_names

YES_NO = [{"label": "Yes", "value": "true"}, {"label": "No", "value": "false"}]
TIERS = [{"label": "Gold", "value": "gold"}, {"label": "Old", "value": "old", "hidden": True}]
OWNER = {"externalOptions": True, "referencedObjectType": "OWNER"}


def defined(object_name: str = "companies", **body: Any) -> PropertyDef:
    return property_def(object_name, PropertyBody.model_validate({"name": "tier", "type": "string"} | body))


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ({"type": "string", "fieldType": "text"}, Kind.TEXT),
        ({"type": "string", "fieldType": "textarea"}, Kind.TEXT),
        ({"type": "string", "fieldType": "html"}, Kind.HTML),
        ({"type": "string", "fieldType": "phonenumber"}, Kind.PHONE),
        ({"type": "phone_number", "fieldType": "phonenumber"}, Kind.PHONE),
        ({"type": "string", "fieldType": "file"}, Kind.FILES),
        ({"type": "number", "fieldType": "number"}, Kind.NUMBER),
        ({"type": "number", "fieldType": "calculation_equation"}, Kind.NUMBER),
        ({"type": "bool", "fieldType": "booleancheckbox", "options": YES_NO}, Kind.BOOLEAN),
        ({"type": "enumeration", "fieldType": "booleancheckbox", "options": YES_NO}, Kind.BOOLEAN),
        ({"type": "enumeration", "fieldType": "select", "options": TIERS}, Kind.CHOICE),
        ({"type": "enumeration", "fieldType": "radio", "options": []}, Kind.CHOICE),
        ({"type": "enumeration", "fieldType": "checkbox", "options": TIERS}, Kind.CHOICES),
        ({"type": "enumeration", "fieldType": "select", **OWNER}, Kind.OWNER),
        ({"type": "enumeration", "fieldType": "checkbox", **OWNER}, Kind.OWNERS),
        ({"type": "date", "fieldType": "date"}, Kind.DATE),
        ({"type": "datetime", "fieldType": "date"}, Kind.DATETIME),
        ({"type": "json", "fieldType": "text"}, Kind.JSON),
        ({"type": "object_coordinates", "fieldType": "text"}, Kind.JSON),
        ({"type": "something_new"}, Kind.TEXT),
    ],
)
def test_the_kind_follows_from_type_and_field_type(body: dict[str, Any], kind: Kind) -> None:
    assert defined(**body).kind is kind


@pytest.mark.parametrize(
    ("object_name", "name", "kind"),
    [
        ("contacts", "email", Kind.EMAIL),
        ("companies", "email", Kind.TEXT),
        ("users", "hs_email", Kind.EMAIL),
        ("companies", "domain", Kind.DOMAIN),
        ("contacts", "domain", Kind.TEXT),
        ("deals", "pipeline", Kind.PIPELINE),
        ("deals", "dealstage", Kind.STAGE),
        ("car", "pipeline", Kind.TEXT),
        ("tickets", "hs_pipeline", Kind.PIPELINE),
        ("tickets", "hs_pipeline_stage", Kind.STAGE),
        ("car", "hs_pipeline_stage", Kind.STAGE),
        ("contacts", "hs_pipeline", Kind.TEXT),
        ("products", "hubspot_owner_id", Kind.OWNER),
    ],
)
def test_some_names_say_more_than_their_type(object_name: str, name: str, kind: Kind) -> None:
    assert defined(object_name, name=name, type="string", fieldType="text").kind is kind


def test_options_keep_their_order_and_hidden_ones_are_allowed() -> None:
    assert defined(type="enumeration", fieldType="select", options=TIERS).options == (
        Option("gold", "Gold"),
        Option("old", "Old"),
    )


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ({"hasUniqueValue": True}, {"is_unique": True}),
        ({"modificationMetadata": {"readOnlyValue": True, "archivable": False}}, {"is_read_only": True}),
        ({"modificationMetadata": {"readOnlyValue": False, "readOnlyDefinition": True}}, {}),
        ({"calculated": True}, {"is_calculated": True}),
        ({"type": "number", "fieldType": "calculation_equation"}, {"is_calculated": True}),
        ({"dataSensitivity": "highly_sensitive"}, {"is_sensitive": True}),
        ({"dataSensitivity": "non_sensitive"}, {}),
    ],
)
def test_read_only_properties_are_known(body: dict[str, Any], says: dict[str, bool]) -> None:
    definition = defined(**body)
    flags = ("is_unique", "is_read_only", "is_calculated", "is_sensitive")

    assert {name: True for name in flags if getattr(definition, name)} == says


def test_archived_stages_are_no_stages() -> None:
    body = PipelineBody.model_validate(
        {
            "id": "default",
            "label": "Sales",
            "stages": [{"id": "1", "label": "New"}, {"id": "2", "label": "Old", "archived": True}],
        }
    )

    assert pipeline(body) == Pipeline("default", "Sales", (PipelineStage("1", "New"),))


def test_a_pipeline_is_needed_only_where_there_are_several() -> None:
    assert object_type("deals").required_properties(1) == ("dealname", "dealstage")
    assert object_type("deals").required_properties(2) == ("dealname", "dealstage", "pipeline")
    assert object_type("companies").required_properties(0) == ()


def test_default_keys_are_the_documented_ones() -> None:
    assert {name: key for name in standard_names() if (key := object_type(name).default_key)} == {
        "contacts": "email",
        "line_items": "hs_external_id",
        "products": "hs_sku",
        "tickets": "hs_external_object_ids",
    }
