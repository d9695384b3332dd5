"""The shapes of answers about definitions, with all parts that reconciler manages."""

from reconciler.hubspot.transport.responses import Page, Shape


class OptionDefinition(Shape):
    """One option of a property, with its position."""

    value: str
    label: str = ""
    description: str | None = None
    hidden: bool | None = None
    display_order: int | None = None


class Modification(Shape):
    """Members that tell which parts of a property may be changed."""

    archivable: bool | None = None
    read_only_definition: bool | None = None
    read_only_options: bool | None = None


class PropertyDefinition(Shape):
    """A property with its whole definition."""

    name: str
    label: str | None = None
    type: str | None = None
    field_type: str | None = None
    group_name: str | None = None
    description: str | None = None
    hidden: bool | None = None
    form_field: bool | None = None
    display_order: str | None = None
    has_unique_value: bool | None = None
    data_sensitivity: str | None = None
    external_options: bool | None = None
    referenced_object_type: str | None = None
    calculation_formula: str | None = None
    number_display_hint: str | None = None
    text_display_hint: str | None = None
    show_currency_symbol: bool | None = None
    currency_property_name: str | None = None
    options: tuple[OptionDefinition, ...] | None = None
    archived: bool | None = None
    hubspot_defined: bool | None = None
    created_at: str | None = None
    updated_at: str | None = None
    updated_user_id: str | None = None
    modification_metadata: Modification | None = None


class GroupDefinition(Shape):
    """A property group."""

    name: str
    label: str | None = None
    display_order: str | None = None
    archived: bool | None = None


class StageMetadata(Shape):
    """The parts of a stage that HubSpot nests, and that only some object types have."""

    probability: str | None = None
    ticket_state: str | None = None
    state: str | None = None


class StageDefinition(Shape):
    """A stage of a pipeline."""

    id: str
    label: str
    display_order: int = 0
    metadata: StageMetadata = StageMetadata()
    archived: bool | None = None
    created_at: str | None = None
    updated_at: str | None = None
    write_permissions: str | None = None


class PipelineDefinition(Shape):
    """A pipeline with its stages."""

    id: str
    label: str
    display_order: int = 0
    stages: tuple[StageDefinition, ...] = ()
    archived: bool | None = None
    created_at: str | None = None
    updated_at: str | None = None


class SchemaLabels(Shape):
    """The two labels of a custom object."""

    singular: str | None = None
    plural: str | None = None


class AssociationName(Shape):
    """One direction of a type of association, with its internal name."""

    id: str
    name: str | None = None
    from_object_type_id: str
    to_object_type_id: str


class SchemaDefinition(Shape):
    """A custom object type; also a standard type, of which HubSpot gives only a part."""

    name: str
    object_type_id: str
    fully_qualified_name: str = ""
    labels: SchemaLabels = SchemaLabels()
    description: str | None = None
    primary_display_property: str | None = None
    secondary_display_properties: tuple[str, ...] = ()
    required_properties: tuple[str, ...] = ()
    searchable_properties: tuple[str, ...] = ()
    allows_sensitive_properties: bool | None = None
    restorable: bool | None = None
    associations: tuple[AssociationName, ...] = ()
    archived: bool | None = None
    created_at: str | None = None
    updated_at: str | None = None


class LabelDefinition(Shape):
    """A type of association in one direction; the association without label has None as its label."""

    category: str
    type_id: int
    label: str | None = None


class PropertyDefinitions(Page):
    """All properties with one sensitivity, either active or archived."""

    results: tuple[PropertyDefinition, ...]


class GroupDefinitions(Page):
    """All property groups of a type."""

    results: tuple[GroupDefinition, ...]


class PipelineDefinitions(Page):
    """All pipelines of a type."""

    results: tuple[PipelineDefinition, ...]


class SchemaDefinitions(Page):
    """All custom object types."""

    results: tuple[SchemaDefinition, ...]


class LabelDefinitions(Shape):
    """All types of association from one object type to another, or those that a create has made."""

    results: tuple[LabelDefinition, ...] = ()


class DefinitionEdit(Shape):
    """One entry in the audit of a pipeline or stage."""

    from_user_id: str | None = None


class DefinitionEdits(Shape):
    """The changes of a pipeline or stage, the newest first."""

    results: tuple[DefinitionEdit, ...] = ()
