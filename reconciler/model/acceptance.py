"""The result of accepting drift: live values, changed by people, that are written into the manifests."""

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
    source: SourceRef  # place of the effective value: in the record, under ``all:``, or a cell of a table
    table: TableForm | None = None  # format of the table if ``source`` is a cell; None: ``source`` is in YAML
    takes_out: bool = False  # True: the option or stage with the label ``before`` is removed from its list
    display_name: str | None = None  # the display name of the record

    @property
    def address(self) -> str:
        """Address of the value: ``companies/acme#phone``."""
        return self.key.property_address(self.name)


@dataclass(frozen=True, slots=True)
class Acceptance:
    """The result of accepting drifted values, for all values that the user selected."""

    edits: tuple[Edit, ...]  # sorted by key, then name; once files are written, ``source`` is the new place
    agreed: tuple[Edit, ...]  # manifests have these live values already, in any spelling; also sorted
    problems: tuple[Problem, ...]  # values that cannot be written, with advice
    # (object type, property) whose values are masked when rendered
    masked_properties: tuple[ObjectProperty, ...] = ()
    names: Names = NO_NAMES  # display names of the properties; values are shown as manifests write them
    lineage: str | None = None  # lineage of the state with which the drift was found
