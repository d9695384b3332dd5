"""Unselected records that compete with records of a plan for a unique value.

An unselected record has the value now, or its manifest gives it the value.

A plan of some records (``--target``, ``--exclude``, ``explain``) may leave out the change that frees a value.
It then refuses a change that a plan of everything would make.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from reconciler.model.addresses import RECORD_ID, RecordAddress
from reconciler.model.definitions import ObjectSchema, PortalSchema
from reconciler.model.desired import Desired
from reconciler.model.desired_records import DesiredRecord, Ownership
from reconciler.model.live import LiveRecord
from reconciler.model.personal_data import MaskRules
from reconciler.model.selection import Selection, means
from reconciler.plan.change import Change
from reconciler.plan.records.unique_values import Giver, Value, claims, value_of


@dataclass(frozen=True, slots=True)
class LeftBehind:
    """Finds unselected records that have a unique value now and have another value in the manifests.

    A selected record may need the value that such a record has.
    """

    desired: Desired
    portal: PortalSchema
    selection: Selection
    masks: MaskRules

    def key_names(self, object_name: str) -> Sequence[str]:
        """Return the keys by which manifests name records of a type; none if everything is selected."""
        if not self.selection.is_partial:
            return ()
        groups = (group for group in self.desired.groups if group.object == object_name)
        return sorted({group.key for group in groups} - {RECORD_ID})

    def givers(self, holders: Mapping[Value, LiveRecord]) -> Mapping[Value, Giver]:
        """Return the values in ``holders`` that unselected records have now, each with its record.

        Only records that have another value in the manifests are returned.
        """
        if not self.selection.is_partial:
            return {}
        found = ((value, self._giver(value, live)) for value, live in holders.items())
        return {value: giver for value, giver in found if giver is not None}

    def _giver(self, value: Value, live: LiveRecord) -> Giver | None:
        object_name, name, _ = value
        schema = self.portal.objects[object_name]
        for record in self._records(object_name, live):
            is_selected = self.selection.has(record.address, name)
            if not is_selected and _writes_another(schema, record, value):
                return Giver(record.address.text, self._advice(record, name))
        return None

    def _records(self, object_name: str, live: LiveRecord) -> Iterator[DesiredRecord]:
        for group in self.desired.groups:
            key = live.id if group.key == RECORD_ID else live.properties.get(group.key)
            if group.object == object_name and key:
                record = group.records.find(key)
                if record is not None:
                    yield record

    def _advice(self, record: DesiredRecord, name: str) -> str:
        """Return the advice to select the record; a personal key is replaced by the manifest line."""
        key = record.address
        is_shown = not self.masks.masked_properties(self.portal.objects, [key.key_property])
        which = key.text if is_shown else f"the record at {self.desired.files.ref(record.place)}"
        if means(self.selection.exclude, key) or means(self.selection.exclude, key, name):
            return f"do not exclude {which}"
        return f"add --target {which}" if is_shown else f"add the address of {which} with --target"


def rivals(changes: Sequence[Change], desired: Desired, portal: PortalSchema) -> Iterator[RecordAddress]:
    """Return other records to which manifests give a unique value that ``changes`` write."""
    wanted = {claim.value: changes[claim.number].record for claim in claims(changes, portal.objects)}
    names = {value[:2] for value in wanted}
    for group in desired.groups if wanted else ():
        schema = portal.objects.get(group.object)
        mine = {name for object_name, name in names if object_name == group.object}
        if schema is None or not mine:
            continue
        for record in group.records:
            texts = [(group.key, record.key), *zip(record.names, record.values, strict=True)]
            for name, text in texts:
                if name in mine and isinstance(text, str):
                    key = wanted.get(value_of(schema, name, text))
                    if key is not None and key != record.address:
                        yield record.address


def _writes_another(schema: ObjectSchema, record: DesiredRecord, value: Value) -> bool:
    """Return whether the manifest enforces another value than ``value`` in the record's property."""
    name = value[1]
    if name not in record.names or record.document.ownership_of(name) is not Ownership.ENFORCE:
        return False
    text = record.values[record.names.index(name)]
    return text is None or (isinstance(text, str) and value_of(schema, name, text) != value)
