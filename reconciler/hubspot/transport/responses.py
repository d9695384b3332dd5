"""The shapes that all answers of HubSpot share, including errors: pydantic models.

The shapes of answers about records, associations, definitions and portals are in the folders of these names.

They are tolerant on purpose. HubSpot's specification marks fields as required that real answers leave out,
above all in errors; unknown fields are ignored. Only indispensable fields (a record's id, a property's name)
are required, and an answer that lacks one counts as unreadable.

pydantic reads one hundred records of ten properties in 0.25 ms, as fast as code without pydantic.
"""

from collections.abc import Mapping
from typing import Annotated, Any, Self, TypeVar

import orjson
from pydantic import (
    AliasChoices,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    model_validator,
)
from pydantic.alias_generators import to_camel


class InvalidResponse(ValueError):
    """Error: an answer is not JSON or has another shape; the message shows the place, but no content."""


class Shape(BaseModel):
    """A JSON object from which we read some fields; numbers are accepted where text is expected."""

    model_config = ConfigDict(frozen=True, coerce_numbers_to_str=True, alias_generator=to_camel)

    @classmethod
    def read(cls, body: bytes) -> Self:
        """Read the body of an answer.

        Raises:
            InvalidResponse: the body is cut short or has another shape.
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
    """Read HubSpot's map of names to lists of texts; a single value counts as a list of one.

    Anything other than a map counts as an empty map.
    """
    if not isinstance(value, dict):
        return {}
    return {
        str(name): tuple(_text(item) or "" for item in (items if isinstance(items, list) else [items]))
        for name, items in value.items()
    }


_Text = Annotated[str | None, BeforeValidator(_text)]
_Context = Annotated[Mapping[str, tuple[str, ...]], BeforeValidator(_context)]
ItemT = TypeVar("ItemT")
Dicts = Annotated[tuple[ItemT, ...], BeforeValidator(_dicts)]


class Detail(Shape):
    """One reason for a refusal, from ``errors`` or from a JSON array inside the message."""

    message: _Text = None
    code: _Text = Field(None, validation_alias=AliasChoices("code", "error"))
    place: _Text = Field(None, validation_alias=AliasChoices("name", "in"))  # name of a wrong property
    context: _Context = {}

    @property
    def properties(self) -> tuple[str, ...]:
        """Names of the properties to which the reason refers."""
        return self.context.get("propertyName", ()) or ((self.place,) if self.place else ())


class _Identity(Shape):
    vid: _Text = None


class ErrorBody(Shape):
    """A refusal of a whole request, or one entry of ``errors`` in an answer that was successful in part.

    Every field is optional, and a field of a wrong type is read as well as possible: an error must never make
    the results beside it unreadable.
    """

    message: _Text = None
    category: _Text = None
    correlation_id: _Text = None
    policy_name: _Text = None  # only given in a 429
    context: _Context = {}
    errors: Dicts[Detail] = ()
    identity_profile: Annotated[
        _Identity, BeforeValidator(lambda value: value if isinstance(value, dict) else {})
    ] = _Identity()

    @model_validator(mode="before")
    @classmethod
    def _unwrap(cls, value: Any) -> Any:
        """Unpack an error that some endpoints send as JSON text inside the message of another error."""
        text = value.get("message") if isinstance(value, dict) else None
        if not isinstance(text, str) or not text.startswith("{"):
            return value
        try:
            inner = orjson.loads(text)
        except orjson.JSONDecodeError:
            return value
        return {**value, **inner} if isinstance(inner, dict) and inner.get("message") else value

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
        """The reasons for the refusal: ``errors``. If it is empty: the JSON array inside the message."""
        return self.errors or self.split_message[1]


def read_error(body: bytes) -> ErrorBody:
    """Read the body of any refusal; an HTML page or an empty body gives an error without fields."""
    try:
        return ErrorBody.read(body)
    except InvalidResponse:
        return ErrorBody()


class _Next(Shape):
    after: str


class _Paging(Shape):
    next: _Next | None = None


class Page(Shape):
    """The common part of all lists: it contains a cursor if there are more pages."""

    paging: _Paging | None = None

    @property
    def after(self) -> str | None:
        """The cursor of the next page, None on the last one; do not interpret its text."""
        return self.paging.next.after if self.paging and self.paging.next else None
