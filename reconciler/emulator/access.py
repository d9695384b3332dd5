"""Checks whether a call is allowed: scopes of its token, and operations of the object type.

Source: developers.hubspot.com/docs/guides/apps/authentication/scopes
"""

from collections.abc import Mapping

from reconciler.emulator import guesses, refusals, settling
from reconciler.emulator.calls import Actor
from reconciler.emulator.object_types import NOT_IMITATED, ObjectType, standard_types
from reconciler.emulator.request_context import Work
from reconciler.emulator.routes import Route

_FIXED: Mapping[str, tuple[str, ...]] = {
    "lists": ("crm.lists.{access}",),
    "owners": ("crm.objects.owners.read",),
    "users": ("settings.users.read",),
    "teams": ("settings.users.teams.read",),
    "deals": ("crm.objects.deals.{access}",),
    "companies": ("crm.schemas.companies.{access}", "crm.objects.companies.{access}"),
}
"""Rules that require the same scopes for every path, whatever the object type.

The scopes of other rules depend on the object type in the path: ``records``, ``schemas``, and ``custom``
(schemas of custom and standard object types). For ``limits`` and ``type_limits``, any scope that reads
records is enough.
"""


_LAGS = {"schemas": "definitions_ms", "limits": "limits_ms", "type_limits": "limits_ms"}


def check(work: Work, route: Route, actor: Actor, args: Mapping[str, str]) -> None:
    """Refuse a call that the object type does not allow, or for which the token has no scope."""
    access = "write" if route.writes else "read"
    if route.operation:
        _check_operation(work, route, work.object_type(args["object_type"]))
    scopes = _scopes(work, route.rule, access, args)
    if not actor.may(scopes):
        if route.rule == "schemas" and actor.may(_scopes(work, route.rule, "write", args)):
            raise refusals.unreadable()
        raise refusals.missing_scopes(scopes)


def lag_ms(work: Work, route: Route) -> int:
    """Return the age in milliseconds of the definitions that this call sees, to imitate HubSpot's caches."""
    if route.writes or route.rule not in _LAGS:
        return 0
    return settling.lag(work, _LAGS[route.rule])


def _check_operation(work: Work, route: Route, object_type: ObjectType) -> None:
    is_withheld = (object_type.path, route.operation) in work.version.withheld
    if route.operation not in object_type.operations or is_withheld:
        raise guesses.operation_not_offered(work.guesses)
    if object_type.needs_activation and not work.settings["enablement"].get(object_type.type_id, True):
        raise guesses.type_not_activated(work.guesses, object_type.path)


def _scopes(work: Work, rule: str, access: str, args: Mapping[str, str]) -> tuple[str, ...]:
    """Return scopes, one of which the token must have; empty if no scope is needed."""
    if not rule:
        return ()
    if rule in _FIXED:
        return tuple(scope.format(access=access) for scope in _FIXED[rule])
    if rule in {"limits", "type_limits"}:
        records = {scope for known in standard_types().values() for scope in known.read_scopes}
        custom = {"crm.schemas.custom.read"} if rule == "type_limits" else set()
        return tuple(sorted({*records, *custom, "crm.objects.custom.read"}))
    address = args.get("object_type", "")
    if rule == "custom" and address.lower() not in standard_types():
        return (f"crm.schemas.custom.{access}",)
    if address.lower() in NOT_IMITATED:
        return ()  # the endpoint knows what to answer
    object_type = work.object_type(address)
    of_records = object_type.read_scopes if access == "read" else object_type.write_scopes
    if rule == "records":
        return of_records
    schema = f"crm.schemas.{'custom' if object_type.is_custom else object_type.path}.{access}"
    # Scopes of records are enough to read definitions. For tickets, they are enough to write them as well:
    # schemas of tickets have no scopes.
    return (schema, *of_records) if access == "read" or "tickets" in of_records else (schema,)
