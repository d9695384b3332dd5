"""Planning a new key: the definition of a unique property, and a value for every record that can get one."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from reconciler.apply.recovery.recovered_state import RecoveredState, version_seen
from reconciler.errors import UsageError
from reconciler.hubspot.definitions.read import read_definitions
from reconciler.hubspot.reader import PortalReader
from reconciler.hubspot.records.prefetch import in_chunks
from reconciler.model.addresses import (
    RECORD_ID,
    DefinitionAddress,
    RecordAddress,
    Section,
    definition_address,
)
from reconciler.model.calls import BATCH_SIZE
from reconciler.model.definitions import Kind, ObjectSchema, PortalSchema, PropertyDef
from reconciler.model.display_names import display_name, display_properties
from reconciler.model.key_sources import KeySource
from reconciler.model.names import NO_DISPLAY_NAMES, DisplayNames
from reconciler.model.owned import Origin, OwnedRecord
from reconciler.model.portal_definitions import LiveDefinition, definition_id
from reconciler.plan.assemble import PlanBasis, assemble
from reconciler.plan.budget import Spent
from reconciler.plan.change import Change, Owned, Reason, ValueChange
from reconciler.plan.context import PlanContext
from reconciler.plan.definitions.changes import create_definition
from reconciler.plan.findings import Findings
from reconciler.plan.owned_changes import owned_of
from reconciler.plan.plan import NO_MANIFESTS, Plan
from reconciler.plan.records.calls import BY_RECORD_ID
from reconciler.plan.records.changes import update_record
from reconciler.plan.values.checks import check_text
from reconciler.plan.values.wrong_value import WrongValue
from reconciler.reconcile.choose_key_values import ChosenValue, KeyValues
from reconciler.reconcile.find_keys import check_properties
from reconciler.reconcile.import_checkpoint import KeptRecord
from reconciler.reconcile.project_check import refuse_other_project
from reconciler.state.store import Store

MOST_UNIQUE = 10
"""Maximum number of unique properties of a type.

Source: https://knowledge.hubspot.com/properties/create-and-edit-properties (require unique values).
"""

_NAME = re.compile("[a-z][a-z0-9_]*")
_RESERVED = re.compile("hs_|a[0-9]+_")


@dataclass(frozen=True, slots=True)
class NewKey:
    """The property that becomes the key of a type, and the sources of its values."""

    portal: PortalSchema
    schema: ObjectSchema
    name: str
    label: str
    sources: tuple[KeySource, ...]
    group: str | None  # group for a new property; None: the portal has the property
    was_archived: bool = False  # whether creating it restores an archived property and its values

    @property
    def names(self) -> tuple[str, ...]:
        """The properties of each record that must be read."""
        known = self.schema.properties
        needed = {name for source in self.sources for name in source.names} | ({self.name} & known.keys())
        return tuple(sorted(needed | set(display_properties(self.schema))))

    @property
    def is_new(self) -> bool:
        """Whether the plan creates the property."""
        return self.group is not None

    @property
    def address(self) -> DefinitionAddress:
        """The address of the property's definition."""
        return definition_address(self.schema.name, Section.PROPERTIES, self.name)

    @property
    def definition(self) -> Mapping[str, str]:
        """The property's definition: values by HubSpot's names, such as ``fieldType``."""
        return {
            "fieldType": "text",
            "groupName": self.group or "",
            "hasUniqueValue": "true",
            "label": self.label,
            "type": "string",
        }


def check_key(
    reader: PortalReader, portal: PortalSchema, schema: ObjectSchema, name: str, sources: Sequence[KeySource]
) -> NewKey:
    """Check that property ``name`` can become the key, or is a key that some records still lack.

    Raises:
        UsageError: the property cannot be a key, or a source names a property that the type does not have.
        HubSpotError: the portal cannot be read.
    """
    check_properties(schema, [each for source in sources for each in source.names])
    label = name.replace("_", " ").capitalize()
    known = schema.properties.get(name)
    if known is not None:
        if not schema.can_identify(name) or known.is_read_only or known.is_calculated:
            raise UsageError(
                f"{schema.name} has a property {name}, and it is not unique\n"
                "    a property can be made unique only when it is created: choose another name"
            )
        return NewKey(portal, schema, name, known.label, tuple(sources), None)
    _check_name(schema, name)
    live = read_definitions(reader, portal, {schema.name: (Section.PROPERTIES,)})[schema.name]
    archived = any(each.is_archived and each.address.name == name for each in live)
    return NewKey(portal, schema, name, label, tuple(sources), _group_of(schema, live), archived)


def _check_name(schema: ObjectSchema, name: str) -> None:
    if name == RECORD_ID:
        raise UsageError(f"{RECORD_ID} means HubSpot's own id in manifests\n    choose another name")
    if not _NAME.fullmatch(name) or _RESERVED.match(name):
        raise UsageError(
            f"{name!r} cannot be the name of a property\n"
            "    write small letters, digits and _, beginning with a letter, and neither hs_ nor a123_"
        )
    unique = sorted(each.name for each in schema.properties.values() if each.is_unique and each.is_custom)
    if len(unique) >= MOST_UNIQUE:
        raise UsageError(
            f"{schema.name} has {len(unique)} unique properties, and HubSpot allows {MOST_UNIQUE}: "
            f"{', '.join(unique)}\n    use one of them, or archive one"
        )


def _group_of(schema: ObjectSchema, live: Iterable[LiveDefinition]) -> str:
    """Return the group of a display property, or else of any property; empty if there is none."""
    groups = {each.address.name: each.values.get("groupName") for each in live if not each.is_archived}
    wanted = (groups.get(name) for name in (*display_properties(schema), *sorted(groups)))
    return next((group for group in wanted if group), "")


def fill(key: NewKey, values: KeyValues, records: Iterable[KeptRecord]) -> None:
    """Give a value to each record that can get one; records that have one keep it."""
    portal_id, called = key.portal.account.portal_id, display_properties(key.schema)
    for record in records:
        if held := record.values.get(key.name):
            values.keep(record.id, held)
        else:
            found = (source.value(portal_id, record.id, record.values) for source in key.sources)
            fitting = (_fitting(key, value) for value in found)
            values.add(record.id, fitting, display_name(called, record.values))
    values.choose(len(key.sources))


def _fitting(key: NewKey, value: str | None) -> str | None:
    """Return ``value`` if the property can have it, else None: an existing property may need a number."""
    definition = key.schema.properties.get(key.name)
    if definition is None or value is None:
        return value
    try:
        return check_text(definition, value)
    except WrongValue:
        return None


def plan_key(key: NewKey, values: KeyValues, reader: PortalReader, store: Store, here: PlanContext) -> Plan:
    """Plan the definition and the values; of all these, we own only the definition afterwards.

    Raises:
        PlanRefused: the state belongs to another project.
        StateError: the state cannot be read.
    """
    refuse_other_project(store, here.project)
    seen = version_seen(store, here.created_at)
    findings = Findings(here.keeps_state, here.workspace)
    if key.is_new:
        findings.add([_definition(key)])
    memory = RecoveredState(store, [])
    counted = findings.population(key.schema.name)
    for chunk in in_chunks(values.chosen(), BATCH_SIZE):
        findings.add(_filled(key, chunk, memory))
        counted.named += len(chunk)
    counted.named += values.count(-1)
    counted.found = counted.named
    basis = PlanBasis(
        portal=_with_key(key),
        state=seen,
        manifests=NO_MANIFESTS,
        spent=Spent(reader.calls, reader.daily_remaining, reader.least_seconds),
    )
    return assemble(findings, basis, here)


def _definition(key: NewKey) -> Change:
    made = tuple(
        ValueChange(path, None, text, Reason.MISSING) for path, text in sorted(key.definition.items())
    )
    return create_definition(
        key.address, definition_id(Section.PROPERTIES, key.name), made, None, Owned(Origin.CREATED)
    )


def _filled(key: NewKey, chunk: Sequence[ChosenValue], memory: RecoveredState) -> Iterator[Change]:
    name = key.schema.name
    owned = memory.owned_by_id(name, [chosen.record_id for chosen in chunk])
    for chosen in chunk:
        ours = owned.get(chosen.record_id)
        moves = ours is not None and ours.key.by == RECORD_ID
        filled = update_record(
            key=RecordAddress(name, key.name, chosen.value) if moves else _address(name, chosen, ours),
            record_id=chosen.record_id,
            values=(ValueChange(key.name, None, chosen.value, Reason.FILLED),),
            reason=Reason.FILLED,
            operation=BY_RECORD_ID,
            source=None,
            owned=owned_of(ours) if ours is not None else None,
            moved_from=ours.key if ours is not None and moves else None,
        )
        named = DisplayNames(chosen.display_name) if chosen.display_name else NO_DISPLAY_NAMES
        yield replace(filled, display_names=named)


def _address(object_name: str, chosen: ChosenValue, ours: OwnedRecord | None) -> RecordAddress:
    """Return the record's address in the state; an address with the record id if we do not own the record."""
    return ours.key if ours else RecordAddress(object_name, RECORD_ID, chosen.record_id)


def _with_key(key: NewKey) -> PortalSchema:
    """Return the schema of the portal with the key property added if it is new."""
    if not key.is_new:
        return key.portal
    made = PropertyDef(key.name, key.label, Kind.TEXT, is_unique=True, is_custom=True)
    schema = replace(key.schema, properties={**key.schema.properties, key.name: made})
    names = {name: schema if known is key.schema else known for name, known in key.portal.objects.items()}
    return replace(key.portal, objects=names)
