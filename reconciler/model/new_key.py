"""The request for a plan for a new key, and its result."""

from dataclasses import dataclass

from reconciler.model.key_sources import KeySource


@dataclass(frozen=True, slots=True)
class KeyRequest:
    """The arguments of ``keys create``."""

    object: str  # the object type, as the user wrote it
    name: str  # of the property
    sources: tuple[KeySource, ...]
    restarts: bool = False  # read records again that an interrupted run has read


@dataclass(frozen=True, slots=True)
class KeyResult:
    """The records of a type, by where the values of the new key come from."""

    object: str
    name: str  # of the property
    is_new: bool  # the plan makes the property
    was_archived: bool  # HubSpot restores it, with its old values
    records: int
    filled_already: int
    by_source: tuple[tuple[str, int], ...]  # each source, and how many records it gives their value
    repeated: int  # records whose values others have too
    without: int  # records that no source gives a value
    left_out_file: str | None  # CSV with a row for each of these; None: there are none
    manifest: str | None  # the file that declares the property now; None: one did already
    differs_between_portals: tuple[str, ...]  # sources whose values do, if any record got one

    @property
    def left_out(self) -> int:
        """Number of records that get no value."""
        return self.repeated + self.without
