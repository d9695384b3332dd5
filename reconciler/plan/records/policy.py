"""Settings for conflicts between people and manifests."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from reconciler.model.addresses import DefinitionAddress, ThingAddress
from reconciler.model.desired_records import DesiredRecord, Drift
from reconciler.model.selection import Glob, means, renamed


@dataclass(frozen=True, slots=True)
class Policy:
    """The user's settings for conflicts between manifests and changes by people in HubSpot."""

    drift: Drift
    # ``--take``: values to write although the drift setting leaves them alone. A value that an automation in
    # HubSpot overwrites after every apply is written only if a glob is exactly its address.
    take: tuple[Glob, ...] = ()
    recreate: tuple[Glob, ...] = ()  # ``--recreate``: what to create again
    forgets_unmanaged: bool = (
        True  # remove values from state that no manifest line enforces; False if the plan is partial
    )

    def drift_of(self, record: DesiredRecord, name: str) -> Drift:
        """Return the drift setting for one property of a record."""
        if self.drift is Drift.REVERT or not self.take:
            return self.drift
        return self.drift_at(record.address, name)

    def drift_at(self, key: ThingAddress, name: str) -> Drift:
        """Return the drift setting for one value of a record or definition."""
        return Drift.REVERT if means(self.take, key, name) else self.drift

    def insists(self, record: DesiredRecord, name: str) -> bool:
        """Return whether ``--take`` names exactly this property: then it is written despite an automation."""
        return any(glob.is_exactly(record.address, name) for glob in self.take)

    def recreates(self, record: DesiredRecord) -> bool:
        """Return whether the user asked to create this gone record again."""
        return not record.special.is_partial and means(self.recreate, record.address)

    def recreates_definition(self, key: DefinitionAddress) -> bool:
        """Return whether the user asked to create this gone definition again."""
        return means(self.recreate, key)

    def renamed(self, names: Mapping[str, str]) -> "Policy":
        """Return the policy with object types replaced by their ``names`` in the portal."""
        take, recreate = renamed(self.take, names), renamed(self.recreate, names)
        return replace(self, take=take, recreate=recreate)
