"""Accepting drift: live values that manifests take over, because people were right."""

from dataclasses import dataclass

from reconciler.errors import Problem
from reconciler.model.addresses import DefinitionAddress, RecordAddress
from reconciler.model.desired_records import ManifestValue
from reconciler.model.names import NO_NAMES, Names
from reconciler.model.object_references import ObjectProperty
from reconciler.model.tables import TableForm
from reconciler.source import SourceRef


@dataclass(frozen=True, slots=True)
class Edit:
    """A new manifest value for one property of one record, or for one value of a definition.

    Values of definitions are canonical texts by path, see ``definition_attributes``.
    """

    key: RecordAddress | DefinitionAddress
    name: str
    before: ManifestValue  # the present manifest value
    after: ManifestValue  # the new manifest value
    source: SourceRef  # place of the value that wins now, in the record or under ``all:``, or of a cell
    table: TableForm | None = None  # how the table of that cell is written; None: the place is in YAML
    takes_out: bool = False  # the option or stage whose label this is leaves its list
    display_name: str | None = None  # the display name of the record

    @property
    def address(self) -> str:
        """Address of the property."""
        return self.key.property_address(self.name)


@dataclass(frozen=True, slots=True)
class Acceptance:
    """The result for drifted values that the user wants to accept."""

    edits: tuple[Edit, ...]  # sorted by key, then name; after writing, with their new places
    agreed: tuple[Edit, ...]  # manifests that have the live value already, in any spelling; also sorted
    problems: tuple[Problem, ...]  # values that cannot be written, with advice
    # (object type, property) whose values are masked when rendered
    masked_properties: tuple[ObjectProperty, ...] = ()
    names: Names = NO_NAMES  # the names of its properties; values are shown as manifests write them
    lineage: str | None = None  # of the state that the drift was found with
