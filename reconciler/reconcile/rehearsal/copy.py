"""Reading the parts of a portal that a rehearsal needs, completely, before the copy is made.

This module cannot write: it has only a reader of the portal.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from reconciler.hubspot.copies.definitions import calls_of_definitions, read_definitions_part
from reconciler.hubspot.copies.records import (
    read_archived_chunks,
    read_association_parts,
    read_record_chunks,
)
from reconciler.hubspot.portal.read_portal import read_portal
from reconciler.hubspot.reader import PortalReader
from reconciler.json_values import Json
from reconciler.model.definitions import PortalSchema
from reconciler.model.desired import Desired
from reconciler.model.exact_selection import exactly
from reconciler.model.object_references import Direction
from reconciler.model.progress import Progress
from reconciler.model.selection import Selection
from reconciler.plan.change import Change
from reconciler.plan.definitions.changes import types_created_by
from reconciler.plan.file.sequences import spooled
from reconciler.plan.plan import Plan
from reconciler.plan.rests_on import other_end
from reconciler.reconcile.copy_calls import refuse_too_many_calls
from reconciler.reconcile.rehearsal.collisions import Collisions
from reconciler.reconcile.rehearsal.scope import (
    Scope,
    add_changes,
    add_desired,
    add_holders,
    selected_records,
)

_ADVICE = "rehearse tomorrow, or rehearse a part of the plan: plan --target GLOB --out FILE"


@dataclass(frozen=True, slots=True)
class Rehearsed:
    """A plan to rehearse, and the manifests for a second plan of the same things afterwards."""

    plan: Plan
    desired: Desired | None  # None: no second plan
    unsettled: Sequence[Change] = ()  # changes of earlier runs whose outcome is unknown

    @property
    def selection(self) -> Selection:
        """The selection of exactly the things of the plan."""
        return exactly({change.address.thing for change in self.plan.changes})

    @property
    def changes(self) -> Iterator[Change]:
        """All changes whose records must be in the copy."""
        yield from self.plan.changes
        yield from self.unsettled


def read_copy(
    reader: PortalReader, rehearsed: Rehearsed, found: list[Collisions], progress: Progress
) -> Iterator[Json]:
    """Read the parts of a copy, definitions first.

    Append one ``Collisions`` to ``found``, and add to it the collisions that are met while reading.

    Raises:
        UsageError: the access token belongs to another portal.
        PlanRefused: fewer calls are left today than the copy needs.
        HubSpotError: the portal cannot be read.
    """
    plan, desired = rehearsed.plan, rehearsed.desired
    portal = read_portal(reader, _objects(rehearsed), plan.portal_id, lacking=[])
    if desired is not None:
        desired = desired.renamed({name: schema.name for name, schema in portal.objects.items()})
    directions = _directions(rehearsed, portal)
    scope = Scope(portal)
    add_changes(scope, rehearsed.changes)
    if desired is not None and plan.changes:
        add_desired(scope, desired, rehearsed.selection)
    refuse_too_many_calls(reader, scope.calls + calls_of_definitions(portal, directions), _ADVICE)
    yield read_definitions_part(reader, portal, directions)
    add_holders(scope, plan.changes, reader)
    collisions = Collisions(portal.objects, plan.changes)
    found.append(collisions)
    total = scope.calls
    for done, (wanted, records) in enumerate(read_record_chunks(reader, scope.records()), start=1):
        collisions.look_at(wanted.schema, wanted.by, records)
        progress(done, total)
        if records:
            yield {"records": {wanted.schema.path: records}}
    for schema, names in scope.archived():
        for records in read_archived_chunks(reader, schema, names):
            held = collisions.among_archived(schema, records)
            if held:
                yield {"records": {schema.path: held}}
    yield from read_association_parts(reader, scope.associations())


def _objects(rehearsed: Rehearsed) -> set[str]:
    """Return the object types to copy: those of the plan, and those associated with its records."""
    changes = spooled(rehearsed.changes)
    objects = changes.objects - types_created_by(changes)
    if rehearsed.desired is not None and rehearsed.plan.changes:
        for record in selected_records(rehearsed.desired, rehearsed.selection):
            objects.add(record.document.object)
            objects.update(wanted.object for wanted in record.associations)
    return objects


def _directions(rehearsed: Rehearsed, portal: PortalSchema) -> set[Direction]:
    """Return the pairs of object types whose association labels are copied."""
    found: set[Direction] = set()
    for change in rehearsed.changes:
        ends = filter(None, (other_end(value.name) for value in change.rests_on))
        found |= {Direction(change.object_type, end[0]) for end in ends}
        one, *others = change.address.objects
        found |= {Direction(one, other) for other in others}
    if rehearsed.desired is not None and rehearsed.plan.changes:
        for record in selected_records(rehearsed.desired, rehearsed.selection):
            found |= {Direction(record.document.object, wanted.object) for wanted in record.associations}
    names = {name: schema.name for name, schema in portal.objects.items()}
    return {Direction(names[one], names[other]) for one, other in found if one in names and other in names}
