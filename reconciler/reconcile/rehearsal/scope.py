"""The scope of the copy for a rehearsal: everything that applying and planning again will read."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from reconciler.hubspot.copies.records import WantedPairs, WantedRecords
from reconciler.hubspot.reader import PortalReader
from reconciler.model.addresses import RECORD_ID, RecordAddress, RecordId
from reconciler.model.definitions import ObjectSchema, PortalSchema
from reconciler.model.desired import Desired
from reconciler.model.desired_records import DesiredRecord
from reconciler.model.object_references import Direction
from reconciler.model.object_types import object_type
from reconciler.model.selection import Selection
from reconciler.plan.associations.endpoints import endpoints_of
from reconciler.plan.change import Action, Change
from reconciler.plan.definitions.held_values import what_records_hold
from reconciler.plan.records.changes import replaced_by
from reconciler.plan.records.unique_values import claims
from reconciler.plan.rests_on import other_end

SYSTEM = (
    *("hs_object_id", "createdate", "hs_createdate", "lastmodifieddate", "hs_lastmodifieddate"),
    "hs_merged_object_ids",
)
"""Properties that HubSpot itself writes: a record's id and times, and the ids of records merged into it."""
_ALWAYS = (*SYSTEM, "lifecyclestage", "hubspot_owner_id")
"""Properties that are always copied, because HubSpot's rules for writes depend on them."""


@dataclass(slots=True)
class Scope:
    """Records and associations to copy, by object type."""

    portal: PortalSchema
    ids: dict[str, set[str]] = field(default_factory=dict)
    keys: dict[tuple[str, str], set[str]] = field(default_factory=dict)  # by type and key property
    claimed: dict[tuple[str, str], set[str]] = field(default_factory=dict)  # unique values of the plan
    names: dict[str, set[str]] = field(default_factory=dict)
    pairs: dict[Direction, set[RecordId]] = field(default_factory=dict)
    # the ids of the records that the plan changes
    record_ids: dict[RecordAddress, RecordId] = field(default_factory=dict)

    def records(self) -> Iterator[WantedRecords]:
        """Return the records to copy: live records, and archived ones with a value that the plan writes."""
        for (name, by), values in sorted(self._all_keys().items()):
            if self._has(name, by):
                yield WantedRecords(self.portal.objects[name], by, sorted(values), self._names(name))
        for (name, by), values in sorted(self.claimed.items()):
            if self._has(name, by):
                yield WantedRecords(
                    self.portal.objects[name], by, sorted(values), self._names(name), is_archived=True
                )
        for name, ids in sorted(self.ids.items()):
            if name in self.portal.objects:
                yield WantedRecords(self.portal.objects[name], RECORD_ID, sorted(ids), self._names(name))

    def archived(self) -> Iterator[tuple[ObjectSchema, list[str]]]:
        """Return the types for which the plan writes unique values, each with the properties to read.

        Archived records of these types may already have such values.
        """
        for name in sorted({name for name, by in self.claimed if self._has(name, by)}):
            schema = self.portal.objects[name]
            wanted = {*_ALWAYS, *(by for of, by in self.claimed if of == name)}
            yield schema, sorted(wanted & schema.properties.keys())

    def associations(self) -> Iterator[WantedPairs]:
        """Return the associations to copy."""
        for direction, ids in sorted(self.pairs.items()):
            if all(name in self.portal.objects for name in direction) and ids:
                yield WantedPairs(*self.portal.schemas_of(direction), sorted(ids))

    @property
    def calls(self) -> int:
        """The minimum number of calls that read this scope."""
        return sum(each.calls for each in self.records()) + sum(each.calls for each in self.associations())

    def _all_keys(self) -> Mapping[tuple[str, str], set[str]]:
        return {
            group: self.keys.get(group, set()) | self.claimed.get(group, set())
            for group in self.keys.keys() | self.claimed.keys()
        }

    def _has(self, name: str, by: str) -> bool:
        schema = self.portal.objects.get(name)
        return schema is not None and schema.can_identify(by)

    def _names(self, name: str) -> list[str]:
        return names_to_copy(self.portal.objects[name], self.names.get(name, set()))

    def add_key(self, key: RecordAddress) -> None:
        """Add the record at ``key`` to the scope."""
        if key.by == RECORD_ID:
            self.ids.setdefault(key.object, set()).add(key.value)
        else:
            self.keys.setdefault((key.object, key.by), set()).add(key.value)

    def add_names(self, name: str, names: Iterable[str]) -> None:
        """Add ``names`` to the properties that are read from records of the object type ``name``."""
        self.names.setdefault(name, set()).update(names)

    def add_ends(self, direction: Direction, record_id: RecordId | None) -> None:
        """Add a record's associations with records of another type; without ``record_id``, add nothing."""
        if record_id is not None:
            self.pairs.setdefault(direction, set()).add(record_id)


def add_changes(scope: Scope, changes: Iterable[Change]) -> None:
    """Add the things that ``changes`` change or depend on, and the unique values that they write."""
    for change in changes:
        if not change.address.records:
            continue
        for key, record_id in zip(change.address.records, change.remote, strict=False):
            scope.add_key(RecordAddress(key.object, RECORD_ID, record_id) if record_id else key)
            if record_id:
                scope.record_ids[key] = record_id
        _add_values(scope, change)
        one, *others = change.address.objects
        if others:
            direction = Direction(one, others[0])
            scope.add_ends(direction, change.remote.id)
            scope.add_ends(direction.back, change.remote.target_id)
        elif one in scope.portal.objects:
            for claim in claims([change], scope.portal.objects):
                scope.claimed.setdefault((claim.value[0], claim.name), set()).add(claim.text)


def _add_values(scope: Scope, change: Change) -> None:
    name = change.object_type
    values = (*change.values, *change.remembered, *change.forgotten, *change.rests_on)
    scope.add_names(name, (value.name for value in values))
    replaced = replaced_by(change)
    if replaced:
        scope.ids.setdefault(name, set()).add(replaced)
    if change.former_record:
        scope.add_key(change.former_record)
    for value in change.rests_on:
        end = other_end(value.name)
        if end is not None:
            scope.add_ends(Direction(name, end[0]), change.remote.id)


def add_desired(scope: Scope, desired: Desired, selection: Selection) -> None:
    """Add everything that a second plan of the selected records will read."""
    for record in selected_records(desired, selection):
        name = record.document.object
        scope.add_key(record.address)
        scope.add_names(name, record.names)
        if record.special.renamed_from:
            scope.add_key(RecordAddress(name, record.document.key, record.special.renamed_from))
        for wanted in record.associations:
            if wanted.object in scope.portal.objects:
                other = scope.portal.objects[wanted.object].name
                scope.add_ends(Direction(name, other), scope.record_ids.get(record.address))
    for schema, by, values in endpoints_of(desired, scope.portal, selection).unknown():
        for value in values:
            scope.add_key(RecordAddress(schema.name, by, value))


def selected_records(desired: Desired, selection: Selection) -> Iterator[DesiredRecord]:
    """Return the records that the manifests name, each with only its selected parts."""
    for group in desired.groups:
        if selection.may_have(group.object):
            for record in group.records:
                narrowed = selection.narrowed(record)
                if narrowed is not None:
                    yield narrowed


def add_holders(scope: Scope, changes: Iterable[Change], reader: PortalReader) -> None:
    """Add records with values of definitions that ``changes`` archive, such as options.

    For each definition, add at most as many records as one search returns.

    Raises:
        HubSpotError: the portal cannot be read.
    """
    for change in changes:
        if change.action is not Action.ARCHIVE or change.address.records:
            continue
        schema = scope.portal.objects.get(change.object_type)
        held = what_records_hold(schema, change) if schema else None
        if schema is not None and held is not None:
            found = reader.searches.find_holders(schema.path, held.name, held.value, held.lacking)
            scope.ids.setdefault(schema.name, set()).update(record.id for record in found.results)
            scope.add_names(schema.name, held.names)


def names_to_copy(schema: ObjectSchema, wanted: Iterable[str], *, computed: bool = True) -> list[str]:
    """Return the properties to copy, sorted: ``wanted``, ``_ALWAYS``, and others that the records need.

    The others are properties that can identify a record, required properties, pipeline and stage. Without
    ``computed``, properties that HubSpot computes are left out, except ``_ALWAYS``.
    """
    names = {*wanted, *schema.required, *schema.one_of, *object_type(schema.name).secondary_keys.values()}
    names |= {each for each in schema.properties if schema.can_identify(each)}
    names |= set(schema.pipeline_and_stage or ())
    if not computed:
        names = {each for each in names if not _is_computed(schema, each)}
    return sorted({*names, *_ALWAYS} & schema.properties.keys())


def _is_computed(schema: ObjectSchema, name: str) -> bool:
    known = schema.properties.get(name)
    return known is not None and (known.is_calculated or known.is_read_only)
