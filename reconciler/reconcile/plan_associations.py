"""Planning associations, two object types at a time, after all records of these types are compared."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

from reconciler.apply.recovery.recovered_state import RecoveredState
from reconciler.hubspot.associations.read import (
    limits_associations,
    read_association_limits,
    read_labels,
    read_pairs,
)
from reconciler.hubspot.portal.read_portal import read_portal
from reconciler.hubspot.reader import PortalReader
from reconciler.hubspot.records.prefetch import in_chunks, read_ahead
from reconciler.model.addresses import RecordAddress, RecordId
from reconciler.model.associations import OwnedAssociation
from reconciler.model.calls import BATCH_SIZE
from reconciler.model.definitions import PortalSchema
from reconciler.model.desired import Desired
from reconciler.model.desired_records import DesiredAssociation, DesiredRecord, Prune, PruneRule
from reconciler.model.display_names import display_name, display_properties, remembered_name
from reconciler.model.object_references import Direction, GroupKey
from reconciler.model.references import RecordIdentity
from reconciler.plan.associations.compare import AssociationContext, AssociationPlanner
from reconciler.plan.associations.endpoints import (
    Endpoint,
    Endpoints,
    Presence,
    with_display_names,
)
from reconciler.plan.associations.label_limits import directions_of_limits
from reconciler.plan.associations.labels import Labels, Type, directions_of_labels, inverses_within
from reconciler.plan.associations.resolve import AssociationResolver
from reconciler.plan.change import Action, Change, ValueChange
from reconciler.plan.definitions.planned_labels import PlannedLabels
from reconciler.plan.findings import Findings
from reconciler.plan.plan import Held
from reconciler.plan.records.affected import archived_records, moved_records
from reconciler.plan.records.decisions import rest_archives_on
from reconciler.plan.rests_on import association_rested_on
from reconciler.state.store import Store


def paired_objects(
    store: Store, desired: Desired, remembered: Mapping[GroupKey, PruneRule]
) -> Iterator[Direction]:
    """Return the pairs of object types with owned associations that may be removed."""
    pruned = {
        rule.object for rule in (*remembered.values(), *desired.prune_rules) if rule.prune is not Prune.OFF
    }
    return (types for types in store.paired_types() if types.object in pruned or desired.other_environments)


@dataclass(frozen=True, slots=True)
class PlanningAssociations:
    """The data and the steps for making the plan of associations."""

    reader: PortalReader
    portal: PortalSchema
    memory: RecoveredState
    findings: Findings
    endpoints: Endpoints
    rules: AssociationContext
    planned_labels: PlannedLabels = field(default_factory=dict)

    def compare(self, associating: Iterable[DesiredRecord]) -> None:
        """Compare the associations in the manifests, and those that we own, with the live ones."""
        self._note_others()
        named: dict[frozenset[str], list[tuple[DesiredRecord, DesiredAssociation]]] = {
            frozenset(types): []
            for types in self.memory.paired_types()
            if self.portal.objects.keys() >= set(types)
        }
        for record in sorted(associating, key=lambda record: record.address):
            for association in record.associations:
                if association.object not in self.portal.objects:
                    continue  # the portal lacks this type: reported elsewhere
                types = frozenset({record.document.object, association.object})
                named.setdefault(types, []).append((record, association))
        is_limited = any(named.values()) and limits_associations(self.reader)
        for types, associations in sorted(named.items(), key=lambda item: sorted(item[0])):
            self._compare_between(types, associations, is_limited=is_limited)

    def _note_others(self) -> None:
        """Look up the associated records that this plan did not compare."""
        for schema, by, keys in self.endpoints.unknown():
            chunks, names = in_chunks(iter(keys), BATCH_SIZE), display_properties(schema)
            question = partial(_with_names, names)
            for chunk, live in read_ahead(self.reader, schema, by, chunks, question):
                for key in chunk:
                    address, found = RecordAddress(schema.name, by, key), live.get(key)
                    name = display_name(names, found.properties) if found else None
                    if self.endpoints.is_unwanted(address):
                        self.endpoints.note(address, Endpoint(Presence.ABSENT, found.id if found else None))
                    elif found:
                        self.endpoints.note(address, Endpoint(Presence.LIVE, found.id, name))
                    elif key in live.unanswered:
                        self.endpoints.note(address, Endpoint(Presence.UNANSWERED))

    def _compare_between(
        self,
        types: frozenset[str],
        named: Sequence[tuple[DesiredRecord, DesiredAssociation]],
        *,
        is_limited: bool,
    ) -> None:
        moves = {**self.rules.missing, **moved_records(self.findings.changes)}
        owned = [pair.renamed(moves) for pair in self.memory.pairs(min(types), max(types))]
        schemas_of = self.portal.schemas_of
        labels = {
            direction: read_labels(self.reader, *schemas_of(direction))
            for direction in directions_of_labels(named, owned)
        }
        is_labelled = any(association.label for _, association in named)
        limits = {
            direction: read_association_limits(self.reader, *schemas_of(direction))
            for direction in (sorted(directions_of_limits(named)) if is_limited else ())
        }
        labels |= {
            direction: read_labels(self.reader, *schemas_of(direction))
            for direction, limited in limits.items()
            if limited.keys() - {None} and direction not in labels and is_labelled
        }
        files, archived = self.rules.desired.files, archived_records(self.findings.changes)
        within = self._inverses_within(types, named, owned)
        resolver = AssociationResolver(
            self.endpoints, Labels(labels, within, self.planned_labels), files, archived
        )
        planner = AssociationPlanner(self.rules, resolver, resolver.resolve(named), owned, limits)
        live = {
            direction: read_pairs(self.reader, *schemas_of(direction), ids)
            for direction, ids in planner.question().items()
        }
        found = (*planner.decide(live), *resolver.held)
        self._note_removed(found)
        self.findings.add(with_display_names(each, self.endpoints) for each in found)
        self.findings.problems.extend(resolver.problems)

    def _note_removed(self, found: Iterable[Change | Held]) -> None:
        """Take display names from the state for the records whose associations the plan removes.

        These records are not read.
        """
        lacking: dict[str, dict[RecordId, RecordAddress]] = {}
        for change in found:
            if isinstance(change, Change) and change.action is Action.ARCHIVE:
                for key, record_id in zip(change.association.records, change.remote, strict=True):
                    if record_id is not None and self.endpoints.of(key).display_name is None:
                        lacking.setdefault(key.object, {})[record_id] = key
        for object_name, keys in lacking.items():
            for chunk in in_chunks(iter(keys), BATCH_SIZE):
                for record_id, owned in self.memory.owned_by_id(object_name, chunk).items():
                    name = remembered_name(self.portal.objects.get(object_name), owned)
                    self.endpoints.note(keys[record_id], Endpoint(Presence.MISSING, None, name))

    def _inverses_within(
        self,
        types: frozenset[str],
        named: Sequence[tuple[DesiredRecord, DesiredAssociation]],
        owned: Sequence[OwnedAssociation],
    ) -> Mapping[Type, Type]:
        """Find which labels within one type are inverse to each other, if manifests may name both."""
        labelled = [pair for pair in owned if pair.label]
        if len(types) > 1 or not labelled or not any(wanted.label for _, wanted in named):
            return {}
        schema = self.portal.objects[min(types)]
        ids = {record_id for pair in labelled for record_id in (pair.source.id, pair.target.id)}
        return inverses_within(read_pairs(self.reader, schema, schema, ids))


def _with_names(names: Sequence[str], keys: Sequence[str]) -> tuple[Sequence[str], Sequence[str]]:
    return keys, names


def rest_on_associations(
    reader: PortalReader, portal: PortalSchema, memory: RecoveredState, findings: Findings
) -> PortalSchema:
    """Let each change that archives a record depend on the record's owned associations (``rests_on``).

    Then apply does not archive the record if one of these associations has changed in HubSpot. An association
    of two records that are both archived is left out, because the first archive removes it. Return ``portal``
    with the object types of the associated records added.
    """
    going = archived_records(findings.changes)
    known: dict[Direction, dict[RecordId, set[RecordId]]] = {}
    for one, other in memory.paired_types() if going else ():
        for pair in memory.pairs(one, other):
            if sum(end in going for end in pair.records) == 1:
                (own, own_id), (far, far_id) = sorted(pair.records, key=lambda end: end not in going)
                known.setdefault(Direction(own, far), {}).setdefault(own_id, set()).add(far_id)
    lacking = {name for types in known for name in types} - portal.objects.keys()
    others = read_portal(reader, lacking).objects if lacking else {}
    objects = {**portal.objects, **others}
    rests_on: dict[RecordIdentity, list[ValueChange]] = {}
    for (own, far), ids in known.items():
        live = read_pairs(reader, objects[own], objects[far], ids)
        for own_id, far_ids in ids.items():
            labels = {far_id: live.get(own_id, {}).get(far_id) for far_id in far_ids}
            associations = [association_rested_on(far, *each) for each in labels.items()]
            rests_on.setdefault(RecordIdentity(own, own_id), []).extend(associations)
    rest_archives_on(findings, rests_on)
    return replace(portal, objects=objects)
