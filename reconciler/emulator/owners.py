"""Owners: the people to whom records belong. Read only, apart from seeds.

developers.hubspot.com/docs/api-reference/crm-owners-v3/guide
"""

from reconciler.emulator import refusals, shapes
from reconciler.emulator.shapes import Json
from reconciler.emulator.standard import STANDARD_SINCE


def full_owner(given: Json) -> Json:
    """An owner with every field that the API answers, from the fields that a seed gives."""
    owner_id = shapes.as_text(given.get("id"), "id")
    if not owner_id.isdigit():
        raise refusals.invalid_request(f"the id of an owner is a number, not {owner_id}")
    return {
        "type": "PERSON",
        "createdAt": STANDARD_SINCE,
        "updatedAt": STANDARD_SINCE,
        "archived": False,
        "teams": [],
        "userIdIncludingInactive": given.get("userId"),
        **given,
        "id": owner_id,
    }
