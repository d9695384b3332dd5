"""What a run has made so far: later changes need its ids, or have to do without it."""

from dataclasses import dataclass, field

from reconciler.model.addresses import DefinitionAddress, RecordId, ThingAddress
from reconciler.model.labels import REFERENCE, Label
from reconciler.model.outcomes import Outcome, Skipped, Stale, done_of
from reconciler.plan.change import Change
from reconciler.plan.definitions.unmade import Unmade


@dataclass(slots=True)
class Made:
    """Records and definitions that this run has created, and definitions that it has changed."""

    ids: dict[ThingAddress, RecordId] = field(default_factory=dict)
    written: list[Change] = field(default_factory=list)  # applied changes of definitions
    unmade: Unmade = field(default_factory=Unmade)
    _labels: dict[str, Label] = field(default_factory=dict)  # new ones, by address

    def add(self, change: Change, address: ThingAddress | None, outcome: Outcome | None) -> None:
        """Add a change with its outcome; ``address`` is what it creates or changes, if anything."""
        if isinstance(outcome, Stale) and outcome.found is not None:  # what needs it has what it needs
            self._learn_label(change, outcome.found)
            return
        done = done_of(outcome)
        if done is None:
            self.unmade.add(change)
        if address is None or done is None or done.is_new is False:
            return
        self.ids[address] = done.record_id  # otherwise its associations are unknown
        if isinstance(address, DefinitionAddress):
            self.written.append(change)
            self._learn_label(change, done.record_id)

    def blocked(self, change: Change) -> Skipped | None:
        """Return the outcome of a change that needs a definition which was not made; None without one."""
        needed = self.unmade.blocking(change)
        return (
            None if needed is None else Skipped(f"not attempted: {needed.text} was not created by this run")
        )

    def _learn_label(self, change: Change, known: RecordId) -> None:
        if label := _label(change, known):
            self._labels[change.definition.text] = label

    def label_of(self, label: Label | None) -> Label | Skipped | None:
        """Return the real label for one that the plan only refers to."""
        if label is None or label.category != REFERENCE:
            return label
        found = self._labels.get(label.text)
        return found or _without(label.text)


def _without(address: str) -> Skipped:
    return Skipped(f"not attempted: {address} was not created by this run")


def _label(change: Change, known: RecordId) -> Label | None:
    """Return a new label; its id has the section, the category, and the numbers from both ends."""
    parts = known.split("/")
    if len(parts) != _LABEL_PARTS:
        return None
    text = next((value.after for value in change.values if value.name == "label"), None)
    return Label(parts[1], int(parts[2]), text or change.definition.name)


_LABEL_PARTS = 4
