"""The portal's definitions: object types, properties, pipelines, and owners."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from typing import NamedTuple

from reconciler.model.not_made import NotMade
from reconciler.model.object_references import Direction


class Kind(StrEnum):
    """The kind of a property's values, from its definition: it decides how texts are parsed and compared."""

    TEXT = "text"
    HTML = "html"
    PHONE = "phone"
    EMAIL = "e-mail"
    DOMAIN = "domain"
    NUMBER = "number"
    BOOLEAN = "boolean"
    CHOICE = "single choice"
    CHOICES = "multiple choice"
    DATE = "date"
    DATETIME = "datetime"
    OWNER = "owner"
    OWNERS = "owners"  # several owners
    PIPELINE = "pipeline"
    STAGE = "stage"
    FILES = "file"
    JSON = "json"


@dataclass(frozen=True, slots=True)
class Option:
    """An allowed value of an enumeration: the API uses ``value``, people see ``label``."""

    value: str
    label: str


@dataclass(frozen=True, slots=True)
class PropertyDef:
    """A property as the portal defines it."""

    name: str
    label: str
    kind: Kind
    options: tuple[Option, ...] = ()
    is_unique: bool = False
    is_read_only: bool = False
    is_calculated: bool = False
    is_sensitive: bool = False
    is_hidden: bool = False  # hidden in HubSpot's own pages
    is_custom: bool = False  # made in this portal, and not by HubSpot
    leaving: frozenset[str] = frozenset()  # options that the plan removes


class Declared(NamedTuple):
    """Label and name of a pipeline or a stage in the manifests; its live label may differ."""

    label: str
    name: str


@dataclass(frozen=True, slots=True)
class PipelineStage:
    """One stage of a pipeline."""

    id: str
    label: str
    declared: Declared | None = None


@dataclass(frozen=True, slots=True)
class Pipeline:
    """Ordered stages of deals, tickets and other types."""

    id: str
    label: str
    stages: tuple[PipelineStage, ...]
    declared: Declared | None = None


_PIPELINE_AND_STAGE = (("pipeline", "dealstage"), ("hs_pipeline", "hs_pipeline_stage"))
"""Names of the properties for pipeline and stage: first of deals, then of all other types with pipelines."""


@dataclass(frozen=True)  # without slots, because it caches a result
class ObjectSchema:
    """An object type as the portal defines it."""

    name: str  # path name; of a custom object, its name without the portal's prefix
    path: str  # the path segment in HubSpot's documentation: "companies", "0-3", "2-1234"
    properties: Mapping[str, PropertyDef]
    pipelines: tuple[Pipeline, ...] = ()
    required: tuple[str, ...] = ()  # properties that a new record must have
    one_of: tuple[str, ...] = ()  # properties of which a new record must have at least one
    default_key: str | None = None  # property usable as idProperty although not marked as unique
    primary_display: str | None = None  # the primary display property in a custom type's own schema
    has_upsert: bool = True
    is_read_only: bool = False  # HubSpot's API has no call that writes its records
    is_new: bool = False  # the plan itself creates the type: it has no live records to read
    new_properties: frozenset[str] = frozenset()  # the plan itself creates them: no record has a value
    removed: Mapping[str, PropertyDef] = field(default_factory=dict)  # properties that the plan archives
    not_made: Mapping[tuple[str, ...], NotMade] = field(default_factory=dict)
    """Definitions that manifests declare and the plan does not make, by section and names."""

    def finds_nobody_by(self, name: str) -> bool:
        """Return whether no live record can have a value in property ``name``: the plan creates it."""
        return self.is_new or name in self.new_properties

    def kind_of(self, name: str) -> Kind:
        """Return the kind of property ``name``; of a property that the portal does not have, text."""
        definition = self.properties.get(name)
        return definition.kind if definition else Kind.TEXT

    def can_identify(self, name: str) -> bool:
        """Return whether property ``name`` can be HubSpot's ``idProperty``.

        HubSpot's own ``hs_unique_creation_key``, hidden and read-only, cannot, although it is unique.
        """
        definition = self.properties.get(name)
        if definition is None:
            return False
        is_internal = definition.is_hidden and definition.is_read_only
        return (definition.is_unique and not is_internal) or name == self.default_key

    def advisable_keys(self) -> list[str]:
        """Return the properties that people can see, fill, and use as a key, sorted."""
        return sorted(
            name
            for name, known in self.properties.items()
            if self.can_identify(name) and not (known.is_hidden or known.is_read_only or known.is_calculated)
        )

    @cached_property
    def pipeline_and_stage(self) -> tuple[str, str] | None:
        """The properties for pipeline and stage of a record; None if the type has none."""
        for names in _PIPELINE_AND_STAGE:
            if all(name in self.properties for name in names):
                return names
        pipelines = [name for name, known in self.properties.items() if known.kind is Kind.PIPELINE]
        stages = [name for name, known in self.properties.items() if known.kind is Kind.STAGE]
        return (pipelines[0], stages[0]) if pipelines and stages else None

    def is_step_back(self, name: str, before: str | None, after: str | None) -> bool:
        """Return whether a change of ``name`` sets ``lifecyclestage`` back to an earlier stage.

        HubSpot refuses such a change unless the property is cleared first.

        Source: https://knowledge.hubspot.com/records/use-lifecycle-stages
        """
        definition = self.properties.get(name) if name == "lifecyclestage" else None
        order = [option.value for option in definition.options] if definition else []
        return before in order and after in order and order.index(after) < order.index(before)


@dataclass(frozen=True, slots=True)
class Owner:
    """A person who can own records, as in ``hubspot_owner_id``."""

    id: str
    email: str
    is_active: bool = True  # False: the owner was deactivated and cannot get new records


@dataclass(frozen=True, slots=True)
class Account:
    """The portal itself."""

    portal_id: int
    type: str  # STANDARD, SANDBOX, DEVELOPER_TEST, APP_DEVELOPER
    ui_domain: str = "app.hubspot.com"  # host of HubSpot's pages for this portal

    @property
    def pages(self) -> str:
        """The beginning of the URL of a record's page in HubSpot."""
        return f"https://{self.ui_domain}/contacts/{self.portal_id}/record/"

    def link_to(self, type_number: str, record_id: str) -> str:
        """Return the URL of a record's page in HubSpot."""
        return f"{self.pages}{type_number}/{record_id}"


@dataclass(frozen=True, slots=True)
class PortalSchema:
    """Facts about a portal that planning needs, besides its records."""

    account: Account
    api_version: str
    objects: Mapping[str, ObjectSchema]  # by name

    def schemas_of(self, direction: Direction) -> tuple[ObjectSchema, ObjectSchema]:
        """Return the definitions of both object types of ``direction``."""
        return self.objects[direction.object], self.objects[direction.to_object]
