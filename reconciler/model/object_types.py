"""The object types of every HubSpot portal: one table with one row for each type.

Special cases of a type are cells of its row. Custom objects have no row: for these, ``object_type`` returns a
row without special cases.

Sources: https://developers.hubspot.com/docs/guides/api/crm/understanding-the-crm (numbers),
https://developers.hubspot.com/docs/guides/api/crm/using-object-apis (properties of a new record),
https://developers.hubspot.com/docs/guides/apps/authentication/scopes (scopes),
https://developers.hubspot.com/docs/guides/api/crm/object-library (types that must be activated), HubSpot's
OpenAPI collection, https://github.com/HubSpot/HubSpot-public-api-spec-collection (paths, upsert), and
https://github.com/scopiousdigital/kalup (default keys).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from reconciler.model.definitions import Kind

_VERSIONS_KEPT, _VERSIONS_KEPT_OF_CONTACTS = 20, 45
"""Source: https://knowledge.hubspot.com/properties/export-property-history."""


@dataclass(frozen=True, slots=True)
class ObjectType:
    """Facts about one object type that HubSpot documents but its API does not return."""

    name: str  # path name of the type, such as ``companies``, which is used everywhere
    # HubSpot's objectTypeId; None for custom objects, which have one in each portal
    number: str | None = None
    singular: str | None = None  # another name that HubSpot accepts
    documented_path: str = ""  # the path segment in HubSpot's documentation, if it is not the name
    scope: str = ""  # beginning of the type's scopes; empty: "crm.objects." and the name
    has_one_scope: bool = False  # one scope for reading and writing
    further_scopes: tuple[str, ...] = ()
    required: tuple[str, ...] = ()  # properties that a new record must have
    one_of: tuple[str, ...] = ()  # properties of which a new record must have at least one
    pipeline_if_several: str | None = None  # property that is required if the type has several pipelines
    default_key: str | None = None  # property usable as idProperty although its definition does not say so
    # kinds of properties whose definition in HubSpot does not reveal the kind
    kinds: Mapping[str, Kind] = field(default_factory=dict)
    has_pipelines: bool = True  # False: the type's hs_pipeline contains lifecycle stages
    is_read_only: bool = False  # only HubSpot creates and changes records of the type
    # API versions whose specification has no batch/upsert for the type
    without_upsert: frozenset[str] = frozenset()
    by_id_only: frozenset[str] = frozenset()  # keys by which HubSpot does not update records: use the id
    # key property -> the property with the additional keys of the record, such as further e-mail addresses
    secondary_keys: Mapping[str, str] = field(default_factory=dict)
    versions_kept: int = _VERSIONS_KEPT  # number of changes to one property that HubSpot's history shows
    is_switched_on_by_hand: bool = False  # a portal lacks the type until a person activates it
    has_people: bool = False  # records of the type are people: names and addresses are personal data
    # other types to which a record has at most one association labelled "Primary"; None: all types
    one_primary: frozenset[str] | None = frozenset({"companies"})
    also_permitted_by: tuple[str, ...] = ()  # scopes that HubSpot accepts instead of the type's own
    stage_member: str = "state"  # the attribute that pipeline stages of the type have besides their label
    needs_stage_member: bool = False  # whether a new stage must have that attribute
    keeps_closed_stage: bool = False  # each pipeline of the type must have at least one stage that is CLOSED
    has_word_in_schemas: bool = False  # schemas of custom objects name the type by a word, not by its number
    is_with_custom_objects: bool = False  # HubSpot associates every custom object with this type

    @property
    def path(self) -> str:
        """The path segment for this type in HubSpot's documented calls: the type's name or number."""
        return self.documented_path or self.name

    def has_upsert(self, api_version: str) -> bool:
        """Return whether ``api_version`` has ``batch/upsert`` for records of this type."""
        return not self.is_read_only and api_version not in self.without_upsert

    def has_one_primary(self, other: str) -> bool:
        """Return whether a record can have at most one "Primary" association with records of ``other``."""
        return self.one_primary is None or other in self.one_primary

    def required_properties(self, pipeline_count: int) -> tuple[str, ...]:
        """Return the properties that a new record must have in a portal with ``pipeline_count`` pipelines."""
        if self.pipeline_if_several is None or pipeline_count < 2:  # noqa: PLR2004 - several are two or more
            return self.required
        return (*self.required, self.pipeline_if_several)


_WITH_PIPELINES = frozenset(
    {
        "appointments",
        "courses",
        "deals",
        "leads",
        "listings",
        "orders",
        "projects",
        "services",
        "tickets",
    }
)
"""The standard types for which HubSpot makes pipelines.

Source: https://developers.hubspot.com/docs/api-reference/crm-pipelines-v3/guide.
"""

_CONTACTS_SCOPE = "crm.objects.contacts"
_LINE_ITEMS_SCOPE = "crm.objects.line_items"
_COMMERCE = ("e-commerce",)

_TYPES = (
    ObjectType(
        "contacts",
        "0-1",
        singular="contact",
        one_of=("email", "firstname", "lastname"),
        default_key="email",
        kinds={"email": Kind.EMAIL},
        has_pipelines=False,
        by_id_only=frozenset({"email"}),  # https://github.com/HubSpot/hubspot-api-nodejs/issues/548
        secondary_keys={"email": "hs_additional_emails"},
        versions_kept=_VERSIONS_KEPT_OF_CONTACTS,
        has_people=True,
        has_word_in_schemas=True,
    ),
    ObjectType(
        "companies",
        "0-2",
        singular="company",
        one_of=("name", "domain"),
        kinds={"domain": Kind.DOMAIN},
        has_pipelines=False,
        one_primary=frozenset(),
        has_word_in_schemas=True,
    ),
    ObjectType(
        "deals",
        "0-3",
        singular="deal",
        documented_path="0-3",
        required=("dealname", "dealstage"),
        pipeline_if_several="pipeline",
        kinds={"pipeline": Kind.PIPELINE, "dealstage": Kind.STAGE},
        stage_member="probability",
        needs_stage_member=True,
        has_word_in_schemas=True,
    ),
    ObjectType(
        "tickets",
        "0-5",
        singular="ticket",
        scope="tickets",
        has_one_scope=True,
        required=("subject", "hs_pipeline_stage"),
        pipeline_if_several="hs_pipeline",
        default_key="hs_external_object_ids",
        also_permitted_by=("crm.objects.tickets.write",),
        stage_member="ticketState",
        keeps_closed_stage=True,
        has_word_in_schemas=True,
    ),
    ObjectType(
        "products",
        "0-7",
        singular="product",
        required=("name",),
        default_key="hs_sku",
        also_permitted_by=_COMMERCE,
    ),
    ObjectType(
        "line_items", "0-8", singular="line_item", default_key="hs_external_id", also_permitted_by=_COMMERCE
    ),
    ObjectType(
        "quotes",
        "0-14",
        singular="quote",
        required=("hs_title", "hs_expiration_date"),
        also_permitted_by=_COMMERCE,
    ),
    ObjectType(
        "communications",
        "0-18",
        scope=_CONTACTS_SCOPE,
        required=("hs_timestamp", "hs_communication_channel_type"),
        is_with_custom_objects=True,
    ),
    ObjectType("feedback_submissions", "0-19", is_read_only=True),
    ObjectType(
        "tasks", "0-27", scope=_CONTACTS_SCOPE, required=("hs_timestamp",), is_with_custom_objects=True
    ),
    ObjectType(
        "notes", "0-46", scope=_CONTACTS_SCOPE, required=("hs_timestamp",), is_with_custom_objects=True
    ),
    ObjectType(
        "meetings", "0-47", scope=_CONTACTS_SCOPE, required=("hs_timestamp",), is_with_custom_objects=True
    ),
    ObjectType(
        "calls", "0-48", scope=_CONTACTS_SCOPE, required=("hs_timestamp",), is_with_custom_objects=True
    ),
    ObjectType(
        "emails",
        "0-49",
        scope=_CONTACTS_SCOPE,
        further_scopes=("sales-email-read",),
        required=("hs_timestamp", "hs_email_direction"),
        is_with_custom_objects=True,
    ),
    ObjectType("invoices", "0-53", required=("hs_currency",)),
    ObjectType("subscriptions", "0-69", required=("hs_name",)),
    ObjectType(
        "goal_targets",
        "0-74",
        singular="goal_target",
        scope="crm.objects.goals",
        required=("hs_goal_name",),
        without_upsert=frozenset({"2026-09"}),
    ),
    ObjectType("discounts", "0-84", scope=_LINE_ITEMS_SCOPE),
    ObjectType("fees", "0-85", scope=_LINE_ITEMS_SCOPE),
    ObjectType("taxes", "0-86", scope=_LINE_ITEMS_SCOPE),
    ObjectType(
        "commerce_payments",
        "0-101",
        scope="crm.objects.commercepayments",
        required=("hs_initial_amount", "hs_initiated_date"),
    ),
    ObjectType("users", "0-115", required=("hs_internal_user_id", "hs_email"), has_people=True),
    ObjectType(
        "postal_mail", "0-116", scope=_CONTACTS_SCOPE, required=("hs_timestamp",), is_with_custom_objects=True
    ),
    ObjectType("orders", "0-123", required=("hs_order_name",)),
    ObjectType("leads", "0-136", required=("hs_lead_name",), has_people=True, one_primary=None),
    ObjectType("carts", "0-142"),
    ObjectType(
        "services",
        "0-162",
        documented_path="0-162",
        required=("hs_name", "hs_pipeline", "hs_pipeline_stage"),
        is_switched_on_by_hand=True,
    ),
    ObjectType(
        "courses", "0-410", documented_path="0-410", required=("hs_course_name",), is_switched_on_by_hand=True
    ),
    ObjectType(
        "listings", "0-420", documented_path="0-420", required=("hs_name",), is_switched_on_by_hand=True
    ),
    ObjectType("appointments", "0-421", required=("hs_appointment_name",), is_switched_on_by_hand=True),
    ObjectType("projects", "0-970", required=("hs_name", "hs_pipeline", "hs_pipeline_stage")),
)

_BY_NAME = {row.name: row for row in _TYPES}
_NAMES = {row.number: row.name for row in _TYPES} | {row.singular: row.name for row in _TYPES if row.singular}


def object_type(name: str) -> ObjectType:
    """Return the row of a standard type by its path name; for a custom type, one without special cases."""
    return _BY_NAME.get(name) or ObjectType(name)


def object_name(written: str) -> str:
    """Return reconciler's name of the object type that a user wrote.

    >>> object_name("0-3"), object_name("deal"), object_name("deals"), object_name("p12_car")
    ('deals', 'deals', 'deals', 'p12_car')
    """
    return _NAMES.get(written, written)


def makes_pipelines(name: str) -> bool:
    """Return whether users can create pipelines for an object type; for every custom type they can.

    >>> makes_pipelines("deals"), makes_pipelines("machines"), makes_pipelines("contacts")
    (True, True, False)
    """
    return name in _WITH_PIPELINES or name not in _BY_NAME


def names_of(name: str) -> tuple[str, ...]:
    """Return all names of an object type; reconciler's own name is the first.

    >>> names_of("deals"), names_of("machines")
    (('deals', '0-3', 'deal'), ('machines',))
    """
    known = object_type(name)
    return tuple(each for each in (name, known.number, known.singular) if each)


def type_number(name: str) -> str | None:
    """Return HubSpot's ``objectTypeId`` of a standard type; None for custom objects, which vary."""
    return object_type(name).number


def standard_names() -> tuple[str, ...]:
    """Return the path names of all standard types, sorted."""
    return tuple(sorted(_BY_NAME))


def numbers_with_custom_objects() -> frozenset[str]:
    """Return the numbers of the types with which HubSpot associates every custom object."""
    return frozenset(row.number for row in _TYPES if row.is_with_custom_objects and row.number)
