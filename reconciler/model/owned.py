"""Owned records and definitions, as state remembers them between runs."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from reconciler.model.addresses import DefinitionAddress, RecordAddress, RecordId, ThingAddress


class Origin(StrEnum):
    """How a thing became owned by reconciler."""

    CREATED = "created"  # by reconciler: prune may archive the thing
    ADOPTED = "adopted"  # existed before: prune releases it; only ``prune: all`` archives such a record


@dataclass(frozen=True, slots=True)
class OwnedThing:
    """A record or a definition that reconciler owns according to state, with the last applied values."""

    key: ThingAddress
    record_id: RecordId  # for a definition: its section and HubSpot's id, see ``definition_id``
    origin: Origin
    sent: Mapping[str, str | None]  # last applied values, as sent to HubSpot; None: the value was cleared
    answered: Mapping[str, str | None]  # values that HubSpot stored, if they differ from ``sent``
    is_protected: bool = False  # never archived, even if the manifests ask for it

    def expected_live(self, name: str) -> str | None:
        """Return the live value of property ``name`` right after it was last applied."""
        return self.answered[name] if name in self.answered else self.sent[name]


@dataclass(frozen=True, slots=True)
class OwnedRecord(OwnedThing):
    """A record that reconciler owns."""

    key: RecordAddress


@dataclass(frozen=True, slots=True)
class OwnedDefinition(OwnedThing):
    """A definition that reconciler owns."""

    key: DefinitionAddress


def owned_thing(
    key: RecordAddress | DefinitionAddress,
    record_id: RecordId,
    origin: Origin,
    sent: Mapping[str, str | None],
    answered: Mapping[str, str | None],
    *,
    is_protected: bool,
) -> OwnedRecord | OwnedDefinition:
    """Build the owned record or definition at ``key``."""
    if isinstance(key, DefinitionAddress):
        return OwnedDefinition(key, record_id, origin, sent, answered, is_protected)
    return OwnedRecord(key, record_id, origin, sent, answered, is_protected)


_SHOWN_OF_LINEAGE = 8
"""Shown characters of a lineage; it has 36, and the hidden ones are hard to guess."""


@dataclass(frozen=True, slots=True)
class StateVersion:
    """The version of a state: lineage is its identity, serial counts its runs."""

    lineage: str | None  # None: no state yet
    serial: int

    @property
    def brief(self) -> "StateVersion":
        """The version for logs and comments.

        The lineage is shortened, because it is a secret: if ``RECONCILER_PLAN_KEY`` is not set, masks are
        made with the lineage.
        """
        return StateVersion(self.lineage and self.lineage[:_SHOWN_OF_LINEAGE], self.serial)
