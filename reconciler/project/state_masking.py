"""Deciding which values in the state are masked, without reading the portal.

Every run records in the journal which of its properties are personal. If no run recorded it for a property
(the state was imported, or the journal was erased), the property counts as personal.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from reconciler.model.addresses import RECORD_ID, SECTION_MARK, RecordAddress
from reconciler.model.object_references import ObjectProperty
from reconciler.model.owned import OwnedDefinition, OwnedThing
from reconciler.model.personal_data import MaskRules
from reconciler.state.store import Store


@dataclass(frozen=True)
class StateMasking:
    """Decides which properties of owned records are masked.

    If a run has masked a property, the property stays masked, even if the settings say ``show`` later.
    """

    store: Store
    masks: MaskRules

    def keys(self, properties: Iterable[ObjectProperty]) -> frozenset[ObjectProperty]:
        """Return those key properties in ``properties`` whose keys are masked."""
        known = {each for each in properties if each.name != RECORD_ID and each.name[:1] != SECTION_MARK}
        return self._among(known) | {each for each in known if not self.store.has_named(*each)}

    def values(self, record: OwnedThing, others: Iterable[RecordAddress]) -> frozenset[ObjectProperty]:
        """Return the masked properties of ``record``, and the masked key properties of ``others``.

        ``others`` are the associated records. Nothing of a definition is masked.
        """
        if isinstance(record, OwnedDefinition):
            return frozenset()
        object_name = record.key.object
        names = {ObjectProperty(object_name, name) for name in record.sent}
        recorded = {ObjectProperty(object_name, name) for name in self.store.last_runs(record)}
        keys = self.keys(key.key_property for key in (record.key, *others))
        return keys | self._among(names) | (names - recorded)

    def _among(self, pairs: Iterable[ObjectProperty]) -> frozenset[ObjectProperty]:
        pairs = frozenset(pairs)
        return self.masks.named(pairs) | (pairs & self._of_runs)

    @cached_property
    def _of_runs(self) -> frozenset[ObjectProperty]:
        return frozenset(pair for run in self.store.runs() for pair in run.masked_properties)
