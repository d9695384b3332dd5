"""What the portal says about its object types, properties and pipelines, and who may own records."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """How the text of a property is to be read and compared; follows from its definition."""

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
    OWNERS = "owners"  # several of them
    PIPELINE = "pipeline"
    STAGE = "stage"
    FILES = "file"
    JSON = "json"


@dataclass(frozen=True, slots=True)
class Option:
    """An allowed value of an enumeration: ``value`` goes over the wire, ``label`` is for people."""

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
    is_hidden: bool = False  # from people, in HubSpot's own pages


@dataclass(frozen=True, slots=True)
class Stage:
    """One state within a pipeline."""

    id: str
    label: str


@dataclass(frozen=True, slots=True)
class Pipeline:
    """Ordered states of deals, tickets and others."""

    id: str
    label: str
    stages: tuple[Stage, ...]


_PIPELINE_AND_STAGE = (("pipeline", "dealstage"), ("hs_pipeline", "hs_pipeline_stage"))
"""Of deals, and of all others that have pipelines."""


@dataclass(frozen=True, slots=True)
class ObjectSchema:
    """An object type as the portal defines it."""

    name: str  # path name, or the bare name of a custom object
    path: str  # the segment HubSpot documents for its calls: "companies", "0-3", "2-1234"
    properties: Mapping[str, PropertyDef]
    pipelines: tuple[Pipeline, ...] = ()
    required: tuple[str, ...] = ()  # properties without which no record can be created
    one_of: tuple[str, ...] = ()  # properties of which a new record has at least one
    default_key: str | None = None  # usable as idProperty although not flagged unique
    has_upsert: bool = True
    is_read_only: bool = False  # HubSpot's API offers no call that writes its records

    def can_identify(self, name: str) -> bool:
        """Whether property ``name`` can serve as HubSpot's ``idProperty``."""
        definition = self.properties.get(name)
        return definition is not None and (definition.is_unique or name == self.default_key)

    def advisable_keys(self) -> list[str]:
        """The properties that people can recognise records by, sorted: they see them, and can fill them."""
        return sorted(
            name
            for name, known in self.properties.items()
            if self.can_identify(name) and not (known.is_hidden or known.is_read_only or known.is_calculated)
        )

    @property
    def pipeline_and_stage(self) -> tuple[str, str] | None:
        """The properties that say in which pipeline a record is, and at which stage; None without either."""
        for names in _PIPELINE_AND_STAGE:
            if all(name in self.properties for name in names):
                return names
        pipelines = [name for name, known in self.properties.items() if known.kind is Kind.PIPELINE]
        stages = [name for name, known in self.properties.items() if known.kind is Kind.STAGE]
        return (pipelines[0], stages[0]) if pipelines and stages else None

    def is_step_back(self, name: str, before: str | None, after: str | None) -> bool:
        """Whether this takes a lifecycle stage back, which HubSpot does from empty only.

        Source: https://knowledge.hubspot.com/records/use-lifecycle-stages
        """
        definition = self.properties.get(name) if name == "lifecyclestage" else None
        order = [option.value for option in definition.options] if definition else []
        return before in order and after in order and order.index(after) < order.index(before)


@dataclass(frozen=True, slots=True)
class Owner:
    """A person, as records name them in ``hubspot_owner_id``."""

    id: str
    email: str
    is_active: bool = True  # else they were deactivated: nothing can be given to them


@dataclass(frozen=True, slots=True)
class Account:
    """The portal itself."""

    portal_id: int
    type: str  # STANDARD, SANDBOX, DEVELOPER_TEST, APP_DEVELOPER


@dataclass(frozen=True, slots=True)
class PortalSchema:
    """What planning needs to know of a portal besides its records."""

    account: Account
    api_version: str
    objects: Mapping[str, ObjectSchema]  # by name
