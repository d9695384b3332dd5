"""Endpoints about the account: details, owners, activated object types, and the number of calls today."""

from datetime import timedelta
from zoneinfo import ZoneInfo

from reconciler.emulator import identity, refusals, request_body, response_format
from reconciler.emulator.calls import Call, Reply
from reconciler.emulator.clock import from_ms, iso, to_ms
from reconciler.emulator.limits import Limits
from reconciler.emulator.object_types import standard_types
from reconciler.emulator.request_context import NO_TYPE, OWNER, Work
from reconciler.emulator.response_format import Json

OWNERS_PAGE = 100
OWNERS_MAX_PAGE = 500
OWNER_KEYS = ("id", "userId")
USERS_PAGE = 100


def account_details(work: Work, call: Call) -> Reply:
    """Serve ``GET /account-info/v3/details``."""
    del call
    account = work.settings["account"]
    moment = from_ms(work.at_ms).astimezone(ZoneInfo(account["timeZone"]))
    offset = moment.utcoffset() or timedelta()
    body = {
        "portalId": work.portal_id,
        **account,
        "utcOffset": moment.strftime("%z")[:3] + ":" + moment.strftime("%z")[3:5],
        "utcOffsetMilliseconds": int(offset.total_seconds() * 1000),
    }
    return Reply(200, body)


def list_owners(work: Work, call: Call) -> Reply:
    """Serve ``GET /crm/v3/owners``."""
    archived = call.flag("archived")
    email = (call.text("email") or "").lower()
    first = identity.cursor(call.text("after"))
    limit = request_body.page_size(call, OWNERS_PAGE, OWNERS_MAX_PAGE)
    owners = sorted(
        (
            owner
            for owner in work.stored(OWNER, NO_TYPE).values()
            if owner["archived"] == archived
            and email in {"", (owner.get("email") or "").lower()}
            and int(owner["id"]) >= first
        ),
        key=lambda owner: int(owner["id"]),
    )
    after = owners[limit]["id"] if len(owners) > limit else None
    return Reply(200, response_format.page_body(work, owners[:limit], after))


def get_owner(work: Work, call: Call) -> Reply:
    """Serve ``GET /crm/v3/owners/{id}``, by owner id or user id."""
    field = call.text("idProperty") or "id"
    if field not in OWNER_KEYS:
        raise refusals.invalid_request(f"idProperty must be one of {', '.join(OWNER_KEYS)}, but was {field}")
    for owner in work.stored(OWNER, NO_TYPE).values():
        if str(owner.get(field)) == call.args["owner_id"] and owner["archived"] == call.flag("archived"):
            return Reply(200, owner)
    raise refusals.not_found()


def list_users(work: Work, call: Call) -> Reply:
    """Serve ``GET /settings/v3/users``: the users are those owners that have a user id."""
    first = identity.cursor(call.text("after"))
    limit = request_body.page_size(call, USERS_PAGE, USERS_PAGE)
    owners = [
        owner
        for owner in work.stored(OWNER, NO_TYPE).values()
        if not owner["archived"] and owner.get("userId") is not None and int(owner["userId"]) >= first
    ]
    users = [_user(owner) for owner in sorted(owners, key=lambda owner: int(owner["userId"]))]
    after = users[limit]["id"] if len(users) > limit else None
    return Reply(200, response_format.page_body(work, users[:limit], after))


def _user(owner: Json) -> Json:
    teams = owner["teams"]
    return {
        "id": str(owner["userId"]),
        "email": owner.get("email"),
        "firstName": owner.get("firstName"),
        "lastName": owner.get("lastName"),
        "roleIds": [],
        "primaryTeamId": next((team["id"] for team in teams if team.get("primary")), None),
        "secondaryTeamIds": [team["id"] for team in teams if not team.get("primary")],
        "superAdmin": False,
    }


def list_teams(work: Work, call: Call) -> Reply:
    """Serve ``GET /settings/v3/users/teams``: the teams to which the owners belong."""
    del call
    found: dict[str, Json] = {}
    for owner in work.stored(OWNER, NO_TYPE).values():
        if owner["archived"] or owner.get("userId") is None:
            continue
        for team in owner["teams"]:
            fresh: Json = {"id": team["id"], "name": team.get("name"), "userIds": [], "secondaryUserIds": []}
            known = found.setdefault(team["id"], fresh)
            known["userIds" if team.get("primary") else "secondaryUserIds"].append(str(owner["userId"]))
    return Reply(200, {"results": list(found.values())})


def enablement_of_all(work: Work, call: Call) -> Reply:
    """Serve ``GET /crm/v3/object-library/enablement``."""
    del call
    types = {t.type_id: True for t in standard_types().values()}
    return Reply(200, {"enablementByObjectTypeId": {**types, **work.settings["enablement"]}})


def enablement_of_type(work: Work, call: Call) -> Reply:
    """Serve ``GET /crm/v3/object-library/enablement/{objectTypeId}``."""
    object_type = work.object_type(call.args["object_type"])
    return Reply(200, {"enablement": work.settings["enablement"].get(object_type.type_id, True)})


def daily_usage(work: Work, call: Call) -> Reply:
    """Serve ``GET /account-info/v3/api-usage/daily/private-apps``."""
    del call
    usage = {
        "name": "private-apps-api-calls-daily",
        "usageLimit": Limits.allowed(work.settings).daily,
        "currentUsage": work.use.today,
        "collectedAt": work.now,
        "fetchStatus": "SUCCESS",
        "resetsAt": iso(to_ms(work.use.resets_at)),
    }
    return Reply(200, {"results": [usage]})
