"""Endpoints about the account itself: details, owners."""

from reconciler.emulator import reading, refusals, shapes
from reconciler.emulator.calls import Call, Reply
from reconciler.emulator.schema import STANDARD_SINCE
from reconciler.emulator.shapes import Json
from reconciler.emulator.work import NO_TYPE, OWNER, Work

OWNERS_PAGE = 100
OWNERS_MAX_PAGE = 500


def account_details(work: Work, call: Call) -> Reply:
    """``GET /account-info/v3/details``."""
    del call
    body: Json = {
        "portalId": work.portal_id,
        **work.settings["account"],
        "utcOffset": "+00:00",
        "utcOffsetMilliseconds": 0,
        "uiDomain": "app.hubspot.com",
        "dataHostingLocation": "na1",
    }
    return Reply(200, body)


def list_owners(work: Work, call: Call) -> Reply:
    """``GET /crm/v3/owners``."""
    archived = call.flag("archived")
    email = call.text("email")
    owners = [
        owner
        for owner in work.stored(OWNER, NO_TYPE).values()
        if owner["archived"] == archived
        and (not email or (owner.get("email") or "").lower() == email.lower())
    ]
    owners.sort(key=lambda owner: int(owner["id"]))
    after = call.text("after")
    if after:
        owners = [owner for owner in owners if int(owner["id"]) >= int(after)]
    limit = reading.page_size(call, OWNERS_PAGE, OWNERS_MAX_PAGE)
    return Reply(200, shapes.page_body(owners[:limit], owners[limit]["id"] if len(owners) > limit else None))


def get_owner(work: Work, call: Call) -> Reply:
    """``GET /crm/v3/owners/{id}``, by owner id or user id."""
    field = call.text("idProperty") or "id"
    for owner in work.stored(OWNER, NO_TYPE).values():
        if str(owner.get(field)) == call.args["owner_id"] and owner["archived"] == call.flag("archived"):
            return Reply(200, owner)
    raise refusals.not_found()


def full_owner(given: Json) -> Json:
    """An owner with every field that the API answers, from the fields that a seed gives."""
    return {
        "type": "PERSON",
        "createdAt": STANDARD_SINCE,
        "updatedAt": STANDARD_SINCE,
        "archived": False,
        "teams": [],
        "userIdIncludingInactive": given.get("userId"),
        **given,
        "id": str(given["id"]),
    }
