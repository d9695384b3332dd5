"""The kind of a property's values, from its definition.

Source: https://developers.hubspot.com/docs/guides/api/crm/properties (types and field types).
"""

from collections.abc import Collection

from reconciler.model.definitions import Kind
from reconciler.model.object_types import object_type

_BY_NAME_ANYWHERE = {"hs_email": Kind.EMAIL, "hubspot_owner_id": Kind.OWNER}
_PIPELINE_NAMES = {"hs_pipeline": Kind.PIPELINE, "hs_pipeline_stage": Kind.STAGE}

_BY_TYPE = {
    "number": Kind.NUMBER,
    "bool": Kind.BOOLEAN,
    "date": Kind.DATE,
    "datetime": Kind.DATETIME,
    "phone_number": Kind.PHONE,
    "json": Kind.JSON,
    "object_coordinates": Kind.JSON,
}
_BY_FIELD_TYPE = {"html": Kind.HTML, "phonenumber": Kind.PHONE, "file": Kind.FILES}
_TRUTH = frozenset({"true", "false"})


def kind_of_property(
    object_name: str,
    name: str,
    *,
    type_: str,
    field_type: str | None,
    referenced_type: str | None,
    options: Collection[str],
) -> Kind:
    """Return the kind of the values of the property ``name``; ``options`` are the values it may have."""
    row = object_type(object_name)
    if named := row.kinds.get(name) or _BY_NAME_ANYWHERE.get(name):
        return named
    if name in _PIPELINE_NAMES and row.has_pipelines:
        return _PIPELINE_NAMES[name]
    if type_ == "enumeration":
        return _enumeration(field_type, options, is_about_owners=referenced_type == "OWNER")
    if type_ == "string":
        return _BY_FIELD_TYPE.get(field_type or "", Kind.TEXT)
    return _BY_TYPE.get(type_, Kind.TEXT)


def _enumeration(field_type: str | None, options: Collection[str], *, is_about_owners: bool) -> Kind:
    if field_type == "checkbox":
        return Kind.OWNERS if is_about_owners else Kind.CHOICES
    if is_about_owners:
        return Kind.OWNER
    return Kind.BOOLEAN if set(options) == _TRUTH else Kind.CHOICE
