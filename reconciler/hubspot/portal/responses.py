"""The shapes of answers about a portal: account, definitions, owners."""

from reconciler.hubspot.transport.responses import Page, Shape


class EnablementBody(Shape):
    """Whether a type is activated."""

    enablement: bool


class AccountBody(Shape):
    """The account; HubSpot also calls it portal."""

    portal_id: int
    account_type: str
    ui_domain: str | None = None  # host of HubSpot's pages for this account


class TokenBody(Shape):
    """The portal to which a token belongs, and its scopes."""

    hub_id: int
    scopes: tuple[str, ...] = ()


class UsageBody(Shape):
    """A daily limit of calls, and its use."""

    name: str = ""
    current_usage: int | None = None
    usage_limit: int | None = None


class UsagePage(Shape):
    """The daily limits of private apps, and their use."""

    results: tuple[UsageBody, ...] = ()


class OptionBody(Shape):
    """One option of an enumeration property."""

    value: str
    label: str = ""


class Modification(Shape):
    """Members that tell which parts of a property may be changed."""

    read_only_value: bool = False


class PropertyBody(Shape):
    """A property definition."""

    name: str
    label: str = ""
    type: str
    field_type: str | None = None
    options: tuple[OptionBody, ...] | None = None
    calculated: bool | None = None
    archived: bool | None = None
    referenced_object_type: str | None = None
    has_unique_value: bool | None = None
    hidden: bool | None = None
    hubspot_defined: bool | None = None
    data_sensitivity: str | None = None
    modification_metadata: Modification | None = None


class StageBody(Shape):
    """One stage of a pipeline."""

    id: str
    label: str
    archived: bool | None = None


class PipelineBody(Shape):
    """A pipeline of an object type."""

    id: str
    label: str
    stages: tuple[StageBody, ...]
    archived: bool | None = None


class OwnerBody(Shape):
    """A person who can own records, or a queue, which has no e-mail address."""

    id: str
    email: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    user_id: str | None = None
    user_id_including_inactive: str | None = None  # only given for archived owners


class SchemaBody(Shape):
    """A custom object type."""

    name: str
    object_type_id: str
    fully_qualified_name: str
    required_properties: tuple[str, ...] = ()
    primary_display_property: str | None = None


class PropertyPage(Page):
    """All property definitions of a type."""

    results: tuple[PropertyBody, ...]


class PipelinePage(Page):
    """All pipelines of a type."""

    results: tuple[PipelineBody, ...]


class OwnerPage(Page):
    """One page of owners."""

    results: tuple[OwnerBody, ...]


class SchemaPage(Page):
    """All custom object types."""

    results: tuple[SchemaBody, ...]
