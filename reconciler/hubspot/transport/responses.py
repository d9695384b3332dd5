"""The shapes of HubSpot's JSON that we read: pydantic models for its answers.

They are tolerant on purpose. HubSpot's specification marks fields as required that real answers leave out,
above all in errors; unknown fields are ignored. Only indispensable fields (a record's id, a property's name)
are required, and an answer that lacks one counts as unreadable.

One hundred records of ten properties take 0.25 ms here, as much as checking them by hand.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Any, Self, TypeVar

import orjson
from pydantic import (
    AfterValidator,
    AliasChoices,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
)
from pydantic.alias_generators import to_camel


class InvalidResponse(ValueError):
    """An answer that is not JSON, or JSON of another shape; it names the place without quoting it."""


class Shape(BaseModel):
    """A JSON object of which we read some fields; numbers are accepted as text."""

    model_config = ConfigDict(frozen=True, coerce_numbers_to_str=True, alias_generator=to_camel)

    @classmethod
    def read(cls, body: bytes) -> Self:
        """Read the body of an answer.

        Raises:
            InvalidResponse: it is cut short or has another shape.
        """
        try:
            return cls.model_validate_json(body)
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False, include_context=False)[0]
            place = ".".join(str(part) for part in first["loc"])
            raise InvalidResponse(f"{first['type']} at {place}" if place else first["type"]) from None


def _text(value: object) -> str | None:
    return value if value is None or isinstance(value, str) else orjson.dumps(value).decode()


def _dicts(value: object) -> list[Any]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _context(value: object) -> Mapping[str, tuple[str, ...]]:
    """Read HubSpot's map of names to lists of texts, and accept other shapes."""
    if not isinstance(value, dict):
        return {}
    return {
        str(name): tuple(_text(item) or "" for item in (items if isinstance(items, list) else [items]))
        for name, items in value.items()
    }


_Text = Annotated[str | None, BeforeValidator(_text)]
_Context = Annotated[Mapping[str, tuple[str, ...]], BeforeValidator(_context)]
ItemT = TypeVar("ItemT")
_Dicts = Annotated[tuple[ItemT, ...], BeforeValidator(_dicts)]


class Detail(Shape):
    """One reason within an error, from its ``errors`` or from the JSON array inside its message."""

    message: _Text = None
    code: _Text = Field(None, validation_alias=AliasChoices("code", "error"))
    place: _Text = Field(None, validation_alias=AliasChoices("name", "in"))  # a property
    context: _Context = {}

    @property
    def properties(self) -> tuple[str, ...]:
        """Names of the properties that it is about."""
        return self.context.get("propertyName", ()) or ((self.place,) if self.place else ())


class _Identity(Shape):
    vid: _Text = None


class ErrorBody(Shape):
    """A refusal of a whole request, or one entry of ``errors`` in a partly successful answer.

    Every field is optional, and a field of a wrong type is read as well as possible: an error must never hide
    the results beside it.
    """

    message: _Text = None
    category: _Text = None
    correlation_id: _Text = None
    policy_name: _Text = None  # only in a 429
    context: _Context = {}
    errors: _Dicts[Detail] = ()
    identity_profile: Annotated[
        _Identity, BeforeValidator(lambda value: value if isinstance(value, dict) else {})
    ] = _Identity()

    @property
    def split_message(self) -> tuple[str, tuple[Detail, ...]]:
        """The message without a JSON array at its end, and the details in that array."""
        text = self.message or ""
        start = text.find("[{")
        if start < 0:
            return text, ()
        try:
            entries = orjson.loads(text[start : text.rfind("]") + 1])
        except orjson.JSONDecodeError:
            return text, ()
        return text[:start].rstrip(" :"), tuple(Detail.model_validate(entry) for entry in _dicts(entries))

    @property
    def details(self) -> tuple[Detail, ...]:
        """The reasons: those in ``errors``, else those inside the message."""
        return self.errors or self.split_message[1]


def _in_utc(moment: datetime) -> datetime:
    """Convert a time to UTC; a year outside the calendar makes the answer unreadable."""
    try:
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except OverflowError as error:
        raise ValueError("a moment beyond all years") from error


def read_error(body: bytes) -> ErrorBody:
    """Read the body of a refusal, whatever it is; an HTML page or an empty body has no fields."""
    try:
        return ErrorBody.read(body)
    except InvalidResponse:
        return ErrorBody()


class VersionBody(Shape):
    """One past value of a property, and its source."""

    value: str | None = None
    timestamp: Annotated[datetime, AfterValidator(_in_utc)]
    source_type: str | None = None
    source_id: str | None = None
    source_label: str | None = None
    updated_by_user_id: str | None = None


class Record(Shape):
    """One record in the answer of a batch call."""

    id: str
    properties: dict[str, str | None] = {}
    properties_with_history: dict[str, tuple[VersionBody, ...]] = {}  # newest first
    object_write_trace_id: str | None = None
    new: bool | None = None  # only in answers of batch/upsert
    created_at: str | None = None


class BatchBody(Shape):
    """The answer of a batch call on records; 200, 201 and 207 have the same shape."""

    results: tuple[Record, ...]
    errors: _Dicts[ErrorBody] = ()

    @classmethod
    def read_or_empty(cls, body: bytes) -> Self:
        """Read a body that may be missing, as in a 204."""
        return cls.read(body) if body else cls(results=())


class EnablementBody(Shape):
    """Whether a type is activated."""

    enablement: bool


class AccountBody(Shape):
    """The account, that is, the portal."""

    portal_id: int
    account_type: str
    ui_domain: str | None = None  # host of HubSpot's pages for this account


class TokenBody(Shape):
    """The portal and the scopes of a token."""

    hub_id: int
    scopes: tuple[str, ...] = ()


class UsageBody(Shape):
    """The use of one daily limit."""

    name: str = ""
    current_usage: int | None = None
    usage_limit: int | None = None


class UsagePage(Shape):
    """The use of the daily limits of private apps."""

    results: tuple[UsageBody, ...] = ()


class OptionBody(Shape):
    """An allowed value of an enumeration."""

    value: str
    label: str = ""


class Modification(Shape):
    """The parts of a property that may be changed."""

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
    """A person (or a queue, which has no e-mail address)."""

    id: str
    email: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    user_id: str | None = None
    user_id_including_inactive: str | None = None  # only of archived owners


class SchemaBody(Shape):
    """A custom object type."""

    name: str
    object_type_id: str
    fully_qualified_name: str
    required_properties: tuple[str, ...] = ()


class _Next(Shape):
    after: str


class _Paging(Shape):
    next: _Next | None = None


class Page(Shape):
    """The common part of all lists: a cursor if there are more pages."""

    paging: _Paging | None = None

    @property
    def after(self) -> str | None:
        """The cursor of the next page; opaque."""
        return self.paging.next.after if self.paging and self.paging.next else None


class RecordPage(Page):
    """Some records of a type."""

    results: tuple[Record, ...]


class FoundBody(Shape):
    """The answer of a search of which only the number of results and the first one matter."""

    total: int
    results: tuple[Record, ...]


class ListBody(Shape):
    """A list of records."""

    list_id: str
    name: str
    object_type_id: str


class ListAnswer(Shape):
    """The answer to a question for one list."""

    list: ListBody


class MemberBody(Shape):
    """A record in a list."""

    record_id: str


class MemberPage(Page):
    """Some members of a list."""

    results: tuple[MemberBody, ...]


class PropertyPage(Page):
    """All property definitions of a type."""

    results: tuple[PropertyBody, ...]


class PipelinePage(Page):
    """All pipelines of a type."""

    results: tuple[PipelineBody, ...]


class OwnerPage(Page):
    """Some owners."""

    results: tuple[OwnerBody, ...]


class SchemaPage(Page):
    """All custom object types."""

    results: tuple[SchemaBody, ...]


class LabelBody(Shape):
    """A type of association; the unlabelled one has no label."""

    category: str
    type_id: int
    label: str | None = None


class LabelPage(Shape):
    """All types of association between two object types, seen from the first."""

    results: tuple[LabelBody, ...]


class AssociationLimitBody(Shape):
    """The number of records of another type that a record may have, at all or under one label."""

    category: str
    type_id: int
    label: str | None = None  # None: the unlabelled association
    user_enforced_max_to_object_ids: int | None = None


class AssociationLimitPage(Shape):
    """The portal's own limits between two object types, seen from the first, or all of its limits."""

    results: tuple[AssociationLimitBody, ...]


class _Id(Shape):
    id: str


class AssociatedBody(Shape):
    """An associated record, and its labels."""

    to_object_id: str
    association_types: tuple[LabelBody, ...] = ()


class AssociationsBody(Page):
    """Some of the records that one record is associated with."""

    from_: _Id = Field(alias="from")
    to: tuple[AssociatedBody, ...] = ()


class AssociationsPage(Shape):
    """The answer of batch/read of associations; a record without associations is an error."""

    results: tuple[AssociationsBody, ...]
    errors: _Dicts[ErrorBody] = ()


class PairedBody(Shape):
    """Two records that were associated. Each call uses other names for them."""

    from_: _Id | None = Field(None, alias="from")
    to: _Id | None = None
    from_object_id: str | None = None
    to_object_id: str | None = None

    @property
    def ids(self) -> tuple[str, str]:
        """The ids of both; empty if the answer does not contain them."""
        one = self.from_.id if self.from_ else self.from_object_id
        other = self.to.id if self.to else self.to_object_id
        return one or "", other or ""


class PairsBody(Shape):
    """The answer of a batch call that creates or removes associations."""

    results: tuple[PairedBody, ...] = ()
    errors: _Dicts[ErrorBody] = ()

    @classmethod
    def read_or_empty(cls, body: bytes) -> Self:
        """Read a body that may be missing, as in a 204."""
        return cls.read(body) if body else cls()
