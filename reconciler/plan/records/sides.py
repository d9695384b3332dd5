"""The sides of a comparison: a desired record, its live record, and its entry in state."""

from typing import NamedTuple

from reconciler.model.desired_records import DesiredRecord
from reconciler.model.live import LiveRecord
from reconciler.model.owned import OwnedRecord


class RecordSides(NamedTuple):
    """A desired record, with its live record and its entry in state, under its key and its old key."""

    record: DesiredRecord
    live: LiveRecord | None
    owned: OwnedRecord | None
    old_live: LiveRecord | None = None
    old_owned: OwnedRecord | None = None
    # entry in state with the id of the live record, under a key that is neither the desired nor the old key
    moved: OwnedRecord | None = None
    is_made_by_us: bool = False  # whether the journal says that we created the live record
    # entry in state of a record that is not found. The entry is under another key property. Its last applied
    # values contain the key of the desired record, or the key from ``$renamed_from``.
    lost: OwnedRecord | None = None

    @property
    def missing(self) -> OwnedRecord | None:
        """The entry in state of a desired record that is not found live; None if state has none."""
        return self.owned or self.old_owned or self.lost

    @property
    def is_lost(self) -> bool:
        """Whether state has the desired record, and HubSpot has it neither under its key nor its old key."""
        is_found = self.live is not None or self.old_live is not None
        return not is_found and self.missing is not None and not self.record.special.is_absent

    @property
    def same(self) -> OwnedRecord | None:
        """The entry in state with the id of the live record, under any key; None if there is none."""
        live = self.live or self.old_live
        for entry in (self.owned, self.old_owned, self.moved):
            if entry is not None and live is not None and entry.record_id == live.id:
                return entry
        return None
