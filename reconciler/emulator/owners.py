"""Owners: the people to whom records belong. Only seeds create them; the API reads them.

Source: developers.hubspot.com/docs/api-reference/crm-owners-v3/guide
"""

from reconciler.emulator import refusals, response_format
from reconciler.emulator.clock import iso, parse_iso
from reconciler.emulator.response_format import Json
from reconciler.emulator.standard import STANDARD_SINCE

KEYS = (
    *("id", "type", "email", "firstName", "lastName", "userId", "userIdIncludingInactive", "teams"),
    *("createdAt", "updatedAt", "archived"),
)


def full_owner(given: Json) -> Json:
    """Return the owner described by ``given``, an entry of a seed file, with every field of the API."""
    owner_id = response_format.as_text(given.get("id"), "id")
    if not owner_id.isdigit():
        raise refusals.invalid_request(f"the id of an owner must be a number, not {owner_id}")
    unknown = sorted(set(given) - set(KEYS))
    if unknown:
        raise refusals.invalid_request(
            f"{unknown[0]}: an owner has no such key; its keys are {', '.join(KEYS)}"
        )
    dates: Json = {key: iso(parse_iso(given[key])) for key in ("createdAt", "updatedAt") if key in given}
    teams = [
        response_format.as_object(team, "teams")
        for team in response_format.as_list(given.get("teams"), "teams")
    ]
    if given.get("userId") is not None:
        response_format.as_number(given["userId"], "userId")
    return {
        "type": "PERSON",
        "createdAt": STANDARD_SINCE,
        "updatedAt": dates.get("createdAt", STANDARD_SINCE),
        "archived": False,
        "userIdIncludingInactive": given.get("userId"),
        **given,
        **dates,
        "id": owner_id,
        "teams": [{**team, "id": response_format.as_text(team.get("id"), "teams.id")} for team in teams],
    }
