"""What a token may do: scopes, and what each object type allows at all.

developers.hubspot.com/docs/guides/apps/authentication/scopes
"""

from collections.abc import Mapping

from reconciler.emulator import guesses, refusals
from reconciler.emulator.object_types import ObjectType
from reconciler.emulator.portals import Actor
from reconciler.emulator.routes import Route
from reconciler.emulator.work import Work


def check(work: Work, route: Route, actor: Actor, args: Mapping[str, str]) -> None:
    """Refuses what the object type does not allow, or the token was not granted."""
    if isinstance(route.scopes, tuple):
        scopes = route.scopes
    else:
        object_type = work.object_type(args["object_type"])
        if route.operation:
            _check_operation(work, route, object_type)
        scopes = scopes_of(object_type, route.scopes)
    if not actor.may(scopes):
        raise refusals.missing_scopes(scopes)


def _check_operation(work: Work, route: Route, object_type: ObjectType) -> None:
    is_withheld = (object_type.path, route.operation) in work.version.withheld
    if route.operation not in object_type.operations or is_withheld:
        raise guesses.operation_not_offered()
    if object_type.needs_activation and not work.settings["enablement"].get(object_type.type_id, True):
        raise guesses.type_not_activated(object_type.path)


def scopes_of(object_type: ObjectType, rule: str) -> tuple[str, ...]:
    """The scopes of which a rule (``records.read`` and so on) asks for one."""
    kind, _, access = rule.partition(".")
    records = object_type.read_scopes if access == "read" else object_type.write_scopes
    if kind == "records":
        return records
    stem = "custom" if object_type.is_custom else object_type.path
    schema = f"crm.schemas.{stem}.{access}"
    # Definitions may be read with the scopes of the records, too.
    return (schema, *records) if access == "read" or not object_type.is_custom else (schema,)
