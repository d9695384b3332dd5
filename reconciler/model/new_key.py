"""The arguments and the result of ``keys create``, which plans a new key property and its values."""

from dataclasses import dataclass

from reconciler.model.key_sources import KeySource


@dataclass(frozen=True, slots=True)
class KeyRequest:
    """The arguments of ``keys create``."""

    object: str  # the object type, as the user wrote it
    name: str  # name of the new key property
    sources: tuple[KeySource, ...]
    restarts: bool = False  # ignore the checkpoint of an interrupted run: read all records again


@dataclass(frozen=True, slots=True)
class KeyResult:
    """The result of ``keys create``: for each source of values, how many records take the new key from it."""

    object: str
    name: str  # name of the new key property
    is_new: bool  # the plan makes the property
    was_archived: bool  # HubSpot restores the archived property, with its old values
    records: int  # number of live records of the type
    filled_already: int  # number of records that have a value already
    by_source: tuple[tuple[str, int], ...]  # each source, with the number of values from it
    repeated: int  # left-out records whose value another record has, too
    without: int  # left-out records for which no source has a value
    left_out_file: str | None  # CSV with a row for each left-out record; None: there are none
    manifest: str | None  # the new file that declares the property; None: no new file is needed
    differs_between_portals: tuple[str, ...]  # used sources whose values differ between portals

    @property
    def left_out(self) -> int:
        """Number of records that get no value."""
        return self.repeated + self.without
