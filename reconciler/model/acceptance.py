"""Live values that manifests are to say: what people changed in HubSpot is right, git follows."""

from dataclasses import dataclass

from reconciler.errors import Problem
from reconciler.model.addresses import RecordKey
from reconciler.model.desired import ManifestValue
from reconciler.source import SourceRef


@dataclass(frozen=True, slots=True)
class Edit:
    """One property of one record of which a manifest is to say something else."""

    key: RecordKey
    name: str
    before: ManifestValue  # what the manifest says
    after: ManifestValue  # what it is to say
    source: SourceRef  # of the value that holds until now, be it the record's own or that of ``all:``

    @property
    def address(self) -> str:
        """Of the property."""
        return self.key.property_address(self.name)


@dataclass(frozen=True, slots=True)
class Acceptance:
    """What becomes of drifted values that the person wants to keep."""

    edits: tuple[Edit, ...]  # sorted by key, then name; once written, at the places where they stand now
    agreed: tuple[Edit, ...]  # manifests that say the live value already, in whatever words; likewise
    problems: tuple[Problem, ...]  # what cannot be written back, and what to do about it
    personal: tuple[tuple[str, str], ...] = ()  # (object, property) whose values are masked when rendered
