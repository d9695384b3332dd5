"""Checks of the keys: whether HubSpot accepts them, and how many records have no value in them."""

from collections.abc import Iterator, Sequence

from reconciler.errors import HubSpotError, ManifestError, ReconcilerError
from reconciler.hubspot.portal.read_portal import read_portal
from reconciler.hubspot.reader import PortalReader
from reconciler.model.addresses import RECORD_ID, Section
from reconciler.model.definitions import ObjectSchema
from reconciler.model.desired import Desired
from reconciler.model.diagnosis import CheckResult
from reconciler.model.keys import why_no_key
from reconciler.model.object_types import object_name
from reconciler.project.doctor.examined import Examined, failed, from_error, passed, skipped, warned
from reconciler.reconcile.plan_definitions import made_types
from reconciler.sentences import counted


def check_keys(examined: Examined) -> Iterator[CheckResult]:
    """Check the key that manifests use for each type; for a type without key, list properties to choose."""
    if examined.reader is None:
        yield skipped("keys", "first correct what the check of the token reports")
        return
    if not examined.objects:
        yield skipped("keys", "no manifest names an object type yet")
        return
    desired = examined.desired
    try:
        made = made_types(desired) if desired else ()
        portal = read_portal(examined.reader, examined.objects, made_later=made)
    except ManifestError as error:
        for problem in error.problems:
            yield failed("keys", str(problem.message), str(problem.advice or ""))
        return
    except ReconcilerError as error:
        yield from_error("keys", error)
        return
    named = {group.object: group.key for group in desired.groups} if desired else {}
    for name in examined.objects:
        schema, key = portal.objects.get(object_name(name)), named.get(name)
        if schema is None:
            yield passed("keys", f"{name}: the next apply creates this object type")
        elif key and desired and key not in schema.properties and _is_made(desired, name, key):
            yield passed("keys", f"{schema.name}: the next apply creates {key}")
        else:
            yield _chosen(examined.reader, schema, key) if key else _possible(schema)


def _is_made(desired: Desired, name: str, key: str) -> bool:
    """Return whether the manifests define ``key`` as a unique property, which need not exist yet."""
    return any(
        each.address.object == name
        and each.address.section is Section.PROPERTIES
        and each.address.name == key
        and each.value("hasUniqueValue") == "true"
        for each in desired.definitions
    )


def _chosen(reader: PortalReader, schema: ObjectSchema, key: str) -> CheckResult:
    """Check the key that the manifests use for a type."""
    if key == RECORD_ID:
        return passed("keys", f"{schema.name}: HubSpot's own record id")
    definition = schema.properties.get(key)
    keys = schema.advisable_keys()
    if definition is None:
        return failed("keys", f"{schema.name}: there is no property {key}", _advice(schema, keys))
    if not schema.can_identify(key):
        return failed(
            "keys", f"{schema.name}: {key} is {why_no_key(schema, definition)}", _advice(schema, keys)
        )
    try:
        lacking, total = (
            reader.searches.count_without(schema.path, key),
            reader.searches.count_records(schema.path).total,
        )
    except HubSpotError:
        return passed("keys", f"{schema.name}: {key} is usable")
    if lacking:
        finding = f"{schema.name}: {key} is usable, but empty in {lacking:,} of {counted(total, 'record')}"
        return warned(
            "keys", finding, "manifests cannot name records without a value; fill the property in HubSpot"
        )
    return passed("keys", f"{schema.name}: {key} is usable, and all {total:,} records have a value")


def _possible(schema: ObjectSchema) -> CheckResult:
    """List the keys that a type could have."""
    keys = schema.advisable_keys()
    if keys:
        return passed("keys", f"{schema.name}: {', '.join(keys)} can be the key")
    return warned("keys", f"{schema.name}: no property can be the key", _advice(schema, keys))


def _advice(schema: ObjectSchema, keys: Sequence[str]) -> str:
    if keys:
        return f"`reconciler keys list {schema.name}` counts the records with a value in {', '.join(keys)}"
    return (
        f"`reconciler keys create {schema.name} PROPERTY --from SOURCE` creates a key property and fills it"
    )
