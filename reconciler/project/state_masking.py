"""Masking for values in the state, without asking the portal.

Every run records in the journal which of the shown properties are personal. If no run recorded that (the
state was imported, or the journal erased it), a property counts as personal.
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
    """Masked properties of owned records; a project's ``show`` cannot override the journal."""

    store: Store
    masks: MaskRules

    def keys(self, properties: Iterable[ObjectProperty]) -> frozenset[ObjectProperty]:
        """Return the key ``properties`` whose keys are masked."""
        known = {each for each in properties if each.name != RECORD_ID and each.name[:1] != SECTION_MARK}
        return self._among(known) | {each for each in known if not self.store.has_named(*each)}

    def values(self, record: OwnedThing, others: Iterable[RecordAddress]) -> frozenset[ObjectProperty]:
        """Return pairs of object type and property that are masked for ``record`` and for ``others``.

        Nothing of a definition is.
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
