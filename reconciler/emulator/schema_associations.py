"""Associations of custom objects, as their schemas list them.

Source: developers.hubspot.com/docs/api-reference/crm-schemas-v3/guide
"""

from collections.abc import Iterable

from reconciler.emulator import association_labels, association_types, refusals, response_format, schemas
from reconciler.emulator.object_types import ObjectType
from reconciler.emulator.request_context import Work
from reconciler.emulator.response_format import Json


def associate(work: Work, object_type: ObjectType, addresses: Iterable[str]) -> None:
    """Create an unlabelled association type between ``object_type`` and each type in ``addresses``.

    No type is created where an unlabelled association type exists already.
    """
    for other in dict.fromkeys(work.object_type(address.lower()) for address in addresses):
        if all(known.label for known in association_types.between(work, object_type, other)):
            add_plain(work, object_type, other, f"{object_type.singular}_to_{other.singular}")


def add_plain(work: Work, from_type: ObjectType, to_type: ObjectType, name: str) -> int:
    """Create the unlabelled association type from one object type to another; return its number."""
    known = association_labels.add(work, from_type, to_type, {"name": name, "label": ""})
    return known[0].type_id


def add_association(work: Work, address: str, given: Json) -> Json:
    """Serve ``POST /{type}/associations``: create an unlabelled association type with another type."""
    from_type = work.object_type(str(given.get("fromObjectTypeId") or address))
    to_type = work.object_type(response_format.as_text(given.get("toObjectTypeId"), "toObjectTypeId"))
    name = given.get("name") or f"{from_type.singular}_to_{to_type.singular}"
    type_id = add_plain(work, from_type, to_type, name)
    own = work.object_type(schemas.stored_schema(work, address)["objectTypeId"])
    return next(a for a in association_types.schema_associations(work, own) if a["id"] == str(type_id))


def remove_association(work: Work, address: str, identifier: str) -> None:
    """Serve ``DELETE /{type}/associations/{id}``: delete the association type with all its associations."""
    own = work.object_type(schemas.stored_schema(work, address)["objectTypeId"])
    for known in association_types.schema_associations(work, own):
        if identifier in {known["id"], known["name"]}:
            ends = (work.object_type(known["fromObjectTypeId"]), work.object_type(known["toObjectTypeId"]))
            association_labels.delete(work, *ends, known["id"])
            return
    raise refusals.not_found(f"association {identifier} does not exist")
