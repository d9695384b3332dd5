"""Property groups: the headings under which HubSpot shows properties.

Source: developers.hubspot.com/docs/api-reference/crm-properties-v3/guide
"""

from reconciler.emulator import refusals, response_format
from reconciler.emulator.object_types import ObjectType
from reconciler.emulator.request_context import Work
from reconciler.emulator.response_format import Json
from reconciler.emulator.standard import Body

GROUP = "group"


def get(work: Work, object_type: ObjectType, name: str) -> Body:
    """Return one group; refuse with 404 if it does not exist or was archived."""
    body = work.definitions(object_type).groups.get(name)
    if body is None or body["archived"]:
        raise refusals.not_found(f'Property group "{name}" does not exist')
    return body


def create(work: Work, object_type: ObjectType, given: Json) -> Body:
    """Create a group; it may have the name of an archived group."""
    name = response_format.as_text(given.get("name"), "name")
    body = {
        "name": name,
        "label": response_format.as_text(given.get("label"), "label"),
        "displayOrder": given.get("displayOrder", -1),
        "archived": False,
    }
    existing = work.definitions(object_type).groups.get(name)
    if existing is not None and not existing["archived"]:
        raise refusals.Refusal(
            409,
            f'A property group named "{name}" already exists.',
            category="OBJECT_ALREADY_EXISTS",
            context={"name": [name]},
        )
    work.store(GROUP, object_type.type_id, name, body)
    return body


def update(work: Work, object_type: ObjectType, name: str, given: Json) -> Body:
    """Change label or order of a group; ignore everything else."""
    body = {**get(work, object_type, name)}
    body |= {field: given[field] for field in ("label", "displayOrder") if field in given}
    work.store(GROUP, object_type.type_id, name, body)
    return body


def archive(work: Work, object_type: ObjectType, name: str) -> None:
    """Archive a group; refuse a group that has active properties.

    HubSpot nests this refusal in another error.

    Source: the HubSpot notes of github.com/scopiousdigital/kalup.
    """
    body = get(work, object_type, name)
    definitions = work.definitions(object_type).bodies.values()
    if any(definition["groupName"] == name and not definition["archived"] for definition in definitions):
        raise refusals.Refusal(
            400,
            "Can't delete or purge a group with active properties",
            sub_category="PropertyGroupError.GROUP_WITH_ACTIVE_PROPERTIES",
            nested=True,
        )
    work.store(GROUP, object_type.type_id, name, {**body, "archived": True})
