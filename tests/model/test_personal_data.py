"""Masked properties: the default ones, and a project's settings."""

from collections.abc import Mapping
from dataclasses import replace

import pytest

from reconciler.model.definitions import Kind, ObjectSchema
from reconciler.model.object_references import ObjectProperty
from reconciler.model.personal_data import MaskRules
from tests.support.nouns import PORTAL, definition

CONTACTS = ObjectSchema(
    name="contacts",
    path="contacts",
    properties={
        prop.name: prop
        for prop in (
            definition("email", Kind.EMAIL, is_unique=True),
            definition("firstname"),
            definition("lastname"),
            definition("jobtitle"),
            definition("diagnosis", is_sensitive=True),
        )
    },
)
WITH_PEOPLE = replace(PORTAL, objects={**PORTAL.objects, "contacts": CONTACTS})
ALL = [
    ObjectProperty(schema.name, name) for schema in WITH_PEOPLE.objects.values() for name in schema.properties
]
DEFAULTS = {
    ("companies", "phone"),
    ("contacts", "diagnosis"),
    ("contacts", "email"),
    ("contacts", "firstname"),
    ("contacts", "lastname"),
}
Globs = Mapping[str, tuple[str, ...]]


def masked(mask: Globs, show: Globs) -> set[tuple[str, str]]:
    return set(MaskRules(mask, show).masked_properties(WITH_PEOPLE.objects, ALL))


def test_people_and_what_the_portal_calls_sensitive_are_masked_by_default() -> None:
    assert masked({}, {}) == DEFAULTS


@pytest.mark.parametrize(
    ("mask", "more"),
    [
        ({"companies": ("annualrevenue",)}, {("companies", "annualrevenue")}),
        ({"companies": ("annual*", "tier")}, {("companies", "annualrevenue"), ("companies", "tier")}),
        ({"*": ("job*", "tier")}, {("companies", "tier"), ("contacts", "jobtitle")}),
        ({"contacts": ("tier",)}, set()),
        ({"companies": ("Tier",)}, set()),
    ],
)
def test_a_project_masks_more(mask: Globs, more: set[tuple[str, str]]) -> None:
    assert masked(mask, {}) == DEFAULTS | more


@pytest.mark.parametrize(
    ("show", "less"),
    [
        ({"contacts": ("firstname", "lastname")}, {("contacts", "firstname"), ("contacts", "lastname")}),
        ({"*": ("phone",)}, {("companies", "phone")}),
        ({"*": ("*",)}, DEFAULTS - {("contacts", "diagnosis")}),  # `show` cannot unmask sensitive properties
    ],
)
def test_a_project_shows_what_is_masked_by_default(show: Globs, less: set[tuple[str, str]]) -> None:
    assert masked({}, show) == DEFAULTS - less


def test_a_property_in_mask_and_show_is_masked() -> None:
    assert masked({"contacts": ("lastname",)}, {"contacts": ("*name",)}) == DEFAULTS - {
        ("contacts", "firstname")
    }


def test_unknown_properties_are_masked_by_name() -> None:
    unknown = [
        ObjectProperty("contacts", "secrets"),
        ObjectProperty("goals", "secret"),
        ObjectProperty("goals", "target"),
    ]

    assert MaskRules({"*": ("secret*",)}).masked_properties(WITH_PEOPLE.objects, unknown) == (
        ("contacts", "secrets"),
        ("goals", "secret"),
    )
