"""Checks of property definitions: whether fields fit together, and whether the portal has room for them.

Source: developers.hubspot.com/docs/api-reference/crm-properties-v3/guide. Behaviour that it does not document
is taken from the HubSpot notes of github.com/scopiousdigital/kalup.
"""

import re
from collections.abc import Mapping

from reconciler.emulator import formulas, refusals, response_format, tiers
from reconciler.emulator.object_types import ObjectType
from reconciler.emulator.request_context import Work
from reconciler.emulator.response_format import Json
from reconciler.emulator.standard import Body

MAX_UNIQUE = 10
FIELD_TYPES: Mapping[str, frozenset[str]] = {
    "bool": frozenset({"booleancheckbox", "calculation_equation"}),
    "enumeration": frozenset({"select", "radio", "checkbox", "booleancheckbox", "calculation_equation"}),
    "date": frozenset({"date"}),
    "datetime": frozenset({"date"}),
    "number": frozenset({"number", "calculation_equation"}),
    "string": frozenset({"text", "textarea", "html", "file", "phonenumber", "calculation_equation"}),
    "phone_number": frozenset({"phonenumber"}),
}
"""The ``fieldType`` values that each ``type`` allows."""
TYPE_CHANGES = frozenset({("string", "phone_number")})
_REQUIRED = ("name", "label", "type", "fieldType", "groupName")
_NAME = re.compile(r"[a-z][a-z0-9_]{0,99}")
_RESERVED = re.compile(r"(hs_|a[0-9]+_)")
_TEXT_TYPES = frozenset({"string", "phone_number", "enumeration"})


def check_name(name: str) -> None:
    """Refuse a name that is malformed, or that is reserved for HubSpot or apps."""
    if not _NAME.fullmatch(name):
        raise refusals.invalid_request(
            f'"{name}" is not a property name: lower-case letters, digits and underscores, a letter first'
        )
    reserved = _RESERVED.match(name)
    if reserved:
        raise refusals.invalid_request(f'"{name}" begins with "{reserved[1]}", which is reserved')


def check_shape(given: Json) -> None:
    """Refuse a definition that lacks a required field, or has an option without label or value."""
    missing = [field for field in _REQUIRED if not isinstance(given.get(field), str)]
    if missing:
        raise refusals.missing_fields(missing)
    for field in _REQUIRED:
        if not given[field]:
            raise refusals.invalid_request(f"{field} must not be empty")
    for option in response_format.as_list(given.get("options"), "options"):
        for field in ("label", "value"):
            response_format.as_text(
                response_format.as_object(option, "options").get(field), f"options.{field}"
            )


def check_content(work: Work, object_type: ObjectType, given: Json) -> None:
    """Refuse a definition whose fields do not fit together.

    If the definition has a formula, set its ``fieldType`` to the type for formulas before the check.
    """
    if given.get("calculationFormula"):
        given["fieldType"] = "calculation_equation"
    if given["fieldType"] not in FIELD_TYPES.get(given["type"], ()):
        raise refusals.invalid_request(
            f"type {given['type']} and fieldType {given['fieldType']} do not go together"
        )
    group = work.definitions(object_type).groups.get(given["groupName"])
    if group is None or group["archived"]:
        raise refusals.invalid_request(f'property group "{given["groupName"]}" does not exist')
    _check_options(given)
    _check_hints(given)
    check_sensitivity(work, object_type, given.get("dataSensitivity") or "non_sensitive")
    if given.get("calculationFormula"):
        given["calculationFormula"] = formula_of(work, object_type, given["calculationFormula"]).text


def _check_options(given: Json) -> None:
    values = [option["value"] for option in given.get("options") or ()]
    if given["type"] == "bool" and sorted(values) != ["false", "true"]:
        raise _refused("INVALID_BOOLEAN_OPTION", "a bool has exactly the options true and false")
    if given["type"] == "enumeration" and not values and not given.get("externalOptions"):
        raise refusals.invalid_request("an enumeration needs options")
    twice = sorted({value for value in values if values.count(value) > 1})
    if twice:
        raise refusals.invalid_request(f"options must differ in value: [{', '.join(twice)}]")


def check_external(given: Json) -> None:
    """Refuse invalid external options: they need a reference to an object type, and allow one choice only."""
    if not given.get("externalOptions"):
        return
    if not given.get("referencedObjectType") or given.get("options"):
        raise refusals.invalid_request("externalOptions needs a referencedObjectType, and no options")
    if given["fieldType"] == "checkbox":
        raise refusals.invalid_request("externalOptions and fieldType checkbox do not go together")


def _check_hints(given: Json) -> None:
    for field in ("numberDisplayHint", "textDisplayHint"):
        if given.get(field) == "":
            raise refusals.invalid_request(f"{field} must not be empty")
    if given.get("currencyPropertyName") is not None and not given.get("showCurrencySymbol"):
        raise _refused(
            "ONLY_CURRENCY_PROPERTIES_CAN_SPECIFY_CURRENCY",
            "currencyPropertyName needs showCurrencySymbol, which cannot be turned off once it was set",
        )


def check_sensitivity(work: Work, object_type: ObjectType, sensitivity: str) -> None:
    """Refuse a sensitive definition if the token lacks the scope that it needs.

    Refuse the definition, too, if sensitive data is not enabled in the portal.
    """
    if sensitivity == "non_sensitive":
        return
    scope = f"crm.objects.{'custom' if object_type.is_custom else object_type.path}.{sensitivity}.write"
    if not work.may([scope, f"{scope}.v2"]):
        raise refusals.scope_of_the_portal("sensitive-data-property-create")
    if not work.settings["sensitive_data"]:
        raise _refused(
            "PORTAL_NOT_ENABLED_FOR_SENSITIVE_DATA", "the portal is not enabled for sensitive data"
        )


def formula_of(work: Work, object_type: ObjectType, text: str) -> formulas.Formula:
    """Parse a formula; refuse it if it cannot be parsed, or if it names unknown properties."""
    properties = work.definitions(object_type).properties
    texts = frozenset(name for name, known in properties.items() if known.type in _TEXT_TYPES)
    try:
        formula = formulas.parse(text, texts)
    except formulas.FormulaError as error:
        raise refusals.invalid_request(f"calculationFormula: {error}") from None
    for name in formula.names:
        if name not in properties:
            raise refusals.not_found(f'Property "{name}" does not exist')
    return formula


def _refused(sub_category: str, message: str) -> refusals.Refusal:
    return refusals.Refusal(400, message, sub_category=sub_category)


def check_room(work: Work, object_type: ObjectType, bodies: Mapping[str, Body], given: Json) -> None:
    """Refuse a new definition if the portal has reached its limit."""
    custom = [body for body in bodies.values() if not body["hubspotDefined"] and not body["archived"]]
    allowed = tiers.limit(work, tiers.CUSTOM_PROPERTIES, object_type.type_id)
    tiers.refuse(work, tiers.CUSTOM_PROPERTIES, len(custom), allowed)
    if given.get("calculationFormula"):
        tiers.check_calculated(work)
    if given.get("hasUniqueValue") and sum(body["hasUniqueValue"] for body in custom) >= MAX_UNIQUE:
        raise refusals.invalid_request(
            f"there are {MAX_UNIQUE} unique properties already, which is the limit"
        )
