"""Endpoints about the account: details, owners, activated object types, and the use of its limits."""

from datetime import timedelta
from zoneinfo import ZoneInfo

from reconciler.emulator import identity, refusals, request_body, response_format
from reconciler.emulator.calls import Call, Reply
from reconciler.emulator.clock import from_ms, iso, to_ms
from reconciler.emulator.limits import Limits
from reconciler.emulator.object_types import ObjectType, standard_types
from reconciler.emulator.property_checks import MAX_CUSTOM
from reconciler.emulator.request_context import NO_TYPE, OWNER, SCHEMA, Work
from reconciler.emulator.response_format import Json

OWNERS_PAGE = 100
OWNERS_MAX_PAGE = 500
USERS_PAGE = 100
MAX_RECORDS = 15_000_000
MAX_CUSTOM_RECORDS = 1_500_000
MAX_CUSTOM_OVERALL = 10_000


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
    for owner in work.stored(OWNER, NO_TYPE).values():
        if str(owner.get(field)) == call.args["owner_id"] and owner["archived"] == call.flag("archived"):
            return Reply(200, owner)
    raise refusals.not_found()


def list_users(work: Work, call: Call) -> Reply:
    """Serve ``GET /settings/v3/users``: the owners that have a user."""
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
    """Serve ``GET /settings/v3/users/teams``: the teams of the owners."""
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


def _labels(object_type: ObjectType) -> Json:
    return {
        "objectTypeId": object_type.type_id,
        "singularLabel": object_type.label,
        "pluralLabel": object_type.plural_label,
    }


def _used(usage: int, limit: int) -> Json:
    return {"usage": usage, "limit": limit, "percentage": usage / limit * 100}


def _custom_types(work: Work) -> list[ObjectType]:
    schemas = work.stored(SCHEMA, NO_TYPE).values()
    return [work.custom_type(schema) for schema in schemas if not schema["archived"]]


def limits_of_records(work: Work, call: Call) -> Reply:
    """Serve ``GET /crm/v3/limits/records``."""
    del call
    standard = [
        {**_labels(object_type), **_used(work.rows(object_type).count(), MAX_RECORDS)}
        for object_type in dict.fromkeys(standard_types().values())
    ]
    custom = [{**_labels(t), "usage": work.rows(t).count()} for t in _custom_types(work)]
    overall = sum(int(item["usage"]) for item in custom)
    body = {
        "overallUsage": overall,
        "overallLimit": MAX_CUSTOM_RECORDS,
        "overallPercentage": overall / MAX_CUSTOM_RECORDS * 100,
        "byObjectType": custom,
    }
    return Reply(200, {"hubspotDefinedObjectTypes": standard, "customObjectTypes": body})


def limits_of_properties(work: Work, call: Call) -> Reply:
    """Serve ``GET /crm/v3/limits/custom-properties``."""
    del call
    by_type = []
    for object_type in (*dict.fromkeys(standard_types().values()), *_custom_types(work)):
        bodies = work.stored("property", object_type.type_id).values()
        usage = sum(not body["hubspotDefined"] and not body["archived"] for body in bodies)
        by_type.append({**_labels(object_type), **_used(usage, MAX_CUSTOM)})
    overall = sum(int(item["usage"]) for item in by_type)
    body = {
        "overallUsage": overall,
        "overallLimit": MAX_CUSTOM_OVERALL,
        "overallPercentage": overall / MAX_CUSTOM_OVERALL * 100,
        "byObjectType": by_type,
    }
    return Reply(200, body)


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
