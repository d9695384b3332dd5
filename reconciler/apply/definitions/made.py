"""The records and definitions that a run has created so far: later changes need their ids."""

from dataclasses import dataclass, field

from reconciler.model.addresses import DefinitionAddress, RecordId, ThingAddress
from reconciler.model.labels import REFERENCE, Label, definition_of, inverse_reference, reference_label
from reconciler.model.outcomes import Outcome, Skipped, Stale, done_of
from reconciler.plan.change import Change
from reconciler.plan.definitions.unmade import Unmade


@dataclass(slots=True)
class Made:
    """Records and definitions that this run has created, and definitions that it has changed."""

    ids: dict[ThingAddress, RecordId] = field(default_factory=dict)
    written: list[Change] = field(default_factory=list)  # applied changes of definitions
    unmade: Unmade = field(default_factory=Unmade)
    _labels: dict[str, Label] = field(default_factory=dict)  # new labels, by address

    def add(self, change: Change, address: ThingAddress | None, outcome: Outcome | None) -> None:
        """Add a change with its outcome; ``address`` is the thing that it creates or updates, if any."""
        if isinstance(outcome, Stale) and outcome.found is not None:  # the portal has it already
            self._learn_label(change, outcome.found)
            return
        done = done_of(outcome)
        if done is None:
            self.unmade.add(change)
        if address is None or done is None or done.is_new is False:
            return
        self.ids[address] = done.record_id  # later changes need this id, to associate the record
        if isinstance(address, DefinitionAddress):
            self.written.append(change)
            self._learn_label(change, done.record_id)

    def blocked(self, change: Change) -> Skipped | None:
        """Return an outcome if ``change`` needs a definition that this run did not create; None otherwise."""
        needed = self.unmade.blocking(change)
        return (
            None if needed is None else Skipped(f"not attempted: {needed.text} was not created by this run")
        )

    def _learn_label(self, change: Change, known: RecordId) -> None:
        parts = known.split("/")
        if len(parts) != _LABEL_PARTS:
            return
        _, category, *numbers = parts
        written = {value.name: value.after for value in change.values}
        label = written.get("label") or change.definition.name
        there = reference_label(change.definition.text)
        ends = ((there, label), (inverse_reference(there), written.get("inverseLabel") or label))
        for (reference, text), number in zip(ends, numbers, strict=True):
            if int(number):  # 0: HubSpot does not show the label of this direction
                self._labels[reference.text] = Label(category, int(number), text)

    def label_of(self, label: Label | None) -> Label | Skipped | None:
        """Return the label that this run created, with its number, if ``label`` stands for a planned label.

        Return any other ``label`` as it is, and ``Skipped`` if this run did not create the planned label.
        """
        if label is None or label.category != REFERENCE:
            return label
        found = self._labels.get(label.text)
        return found or _without(definition_of(label))


def _without(address: str) -> Skipped:
    return Skipped(f"not attempted: {address} was not created by this run")


_LABEL_PARTS = 4
"""Number of parts in the id of a label: section, category, and a number for each of the two directions."""
