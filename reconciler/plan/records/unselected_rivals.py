"""Records that a plan is not about, although it turns on them: they hold, or want, a unique value as well.

A plan of some records only (``--target``, ``--exclude``, ``explain``) leaves out the record that gives a
value up. What it refuses then, a plan of everything would write.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from reconciler.model.addresses import RECORD_ID, RecordKey
from reconciler.model.definitions import ObjectSchema, PortalSchema
from reconciler.model.desired import Desired, DesiredRecord, Ownership
from reconciler.model.live import LiveRecord
from reconciler.model.personal_data import MaskRules
from reconciler.model.selection import Selection, means
from reconciler.plan.change import Change
from reconciler.plan.records.unique_values import Giver, Value, claims, value_of


@dataclass(frozen=True, slots=True)
class LeftBehind:
    """Looks for such records among all that manifests name."""

    desired: Desired
    portal: PortalSchema
    selection: Selection
    masks: MaskRules

    def key_names(self, object_name: str) -> Sequence[str]:
        """The properties by which manifests name records of a type, to be read of whoever holds a value."""
        if not self.selection.is_partial:
            return ()
        groups = (group for group in self.desired.groups if group.object == object_name)
        return sorted({group.key for group in groups} - {RECORD_ID})

    def givers(self, holders: Mapping[Value, LiveRecord]) -> Mapping[Value, Giver]:
        """The values that their holders would give up if they were selected."""
        if not self.selection.is_partial:
            return {}
        found = ((value, self._giver(value, live)) for value, live in holders.items())
        return {value: giver for value, giver in found if giver is not None}

    def _giver(self, value: Value, live: LiveRecord) -> Giver | None:
        object_name, name, _ = value
        schema = self.portal.objects[object_name]
        for record in self._records(object_name, live):
            is_selected = self.selection.has(record.record_key, name)
            if not is_selected and _writes_another(schema, record, value):
                return Giver(record.record_key.address, self._advice(record, name))
        return None

    def _records(self, object_name: str, live: LiveRecord) -> Iterator[DesiredRecord]:
        for group in self.desired.groups:
            key = live.id if group.key == RECORD_ID else live.properties.get(group.key)
            if group.object == object_name and key:
                record = group.records.find(key)
                if record is not None:
                    yield record

    def _advice(self, record: DesiredRecord, name: str) -> str:
        """What to add; a key that may be personal is named by its line."""
        key = record.record_key
        is_shown = not self.masks.personal(self.portal.objects, [(key.object, key.by)])
        which = key.address if is_shown else f"the record at {self.desired.files.ref(record.place)}"
        if means(self.selection.exclude, key) or means(self.selection.exclude, key, name):
            return f"do not exclude {which}"
        return f"add --target {which}" if is_shown else f"add the address of {which} with --target"


def rivals(changes: Sequence[Change], desired: Desired, portal: PortalSchema) -> Iterator[RecordKey]:
    """Records that manifests give a value which ``changes`` give another one."""
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
                    if key is not None and key != record.record_key:
                        yield record.record_key


def _writes_another(schema: ObjectSchema, record: DesiredRecord, value: Value) -> bool:
    """Whether the manifests want something else than ``value`` there."""
    name = value[1]
    if name not in record.names or record.document.ownership_of(name) is not Ownership.ENFORCE:
        return False
    text = record.values[record.names.index(name)]
    return text is None or (isinstance(text, str) and value_of(schema, name, text) != value)
