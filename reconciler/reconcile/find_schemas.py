"""Reading object types with their definitions, and owners, for the JSON schema for editors."""

from collections.abc import Collection, Iterator

from reconciler.errors import NotAllowed
from reconciler.hubspot.definitions.read import read_definitions
from reconciler.hubspot.portal.owners import read_owners
from reconciler.hubspot.portal.read_portal import read_portal
from reconciler.hubspot.reader import PortalReader
from reconciler.model.definitions import ObjectSchema, Owner, PortalSchema
from reconciler.model.desired import Desired
from reconciler.model.desired_records import Drift
from reconciler.model.selection import EVERYTHING
from reconciler.plan.definitions.context import DefinitionContext
from reconciler.plan.definitions.planned_schema import planned_schema
from reconciler.plan.definitions.planner import DecidedDefinitions, TypeDefinitions, decide_type, match_type
from reconciler.plan.records.policy import Policy
from reconciler.reconcile.plan_definitions import distinct, made_types, removed_types, sections_of


def find_schemas(
    reader: PortalReader, portal_id: int, objects: Collection[str], desired: Desired
) -> tuple[tuple[ObjectSchema, ...], tuple[Owner, ...]]:
    """Read the object types as they will be after applying the manifests' definitions, and the owners.

    Owners are left out if the token may not read them.

    Raises:
        UsageError: the token belongs to another portal.
        ManifestError: the portal lacks one of the types, and no manifest declares it.
        HubSpotError: the portal cannot be read.
    """
    portal = read_portal(reader, objects, portal_id, made_later=made_types(desired) | removed_types(desired))
    desired = desired.renamed({name: schema.name for name, schema in portal.objects.items()})
    portal = planned_schema(portal, _decided(reader, portal, desired))
    try:
        owners = read_owners(reader, ())
    except NotAllowed:
        owners = ()  # the token lacks the scope for owners
    return tuple({schema.name: schema for schema in portal.objects.values()}.values()), owners


def _decided(reader: PortalReader, portal: PortalSchema, desired: Desired) -> Iterator[DecidedDefinitions]:
    """Compare the definitions in the manifests with the portal as planning does, but without a state."""
    names = {each.address.object for each in desired.definitions}
    wanted = {
        name: tuple(each for each in desired.definitions if each.address.object == name) for name in names
    }
    sections = {name: sections_of(each.address for each in of_type) for name, of_type in wanted.items()}
    live = read_definitions(reader, portal, sections) if sections else {}
    for name in sorted(names):
        known = TypeDefinitions(name, wanted[name], distinct(live.get(name, ())), ())
        schema = portal.objects.get(name)
        context = DefinitionContext(
            portal_id=portal.account.portal_id,
            policy=Policy(Drift.REVERT),
            files=desired.files,
            is_whole=EVERYTHING.has_record,
            stage_names=schema.pipeline_and_stage if schema else None,
        )
        yield decide_type(match_type(known, EVERYTHING), context)
